"""uvicorn's parts, with what they lack for strangers' requests: a limit on how slowly and how long headers come."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from .config import Limits

__all__ = ["Server", "make_server"]

_MAX_HEADERS: Final = 1 << 14
"""Bytes of request line and headers. Clients of this protocol send 300."""
_KEEP_ALIVE: Final = 65
"""Seconds that an idle connection stays open: longer than reverse proxies keep theirs, so that they close first."""
_BACKLOG: Final = 1_024


class _Patient(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """An HTTP connection that is closed when the head of a request takes too long or is too large."""

    seconds = 10

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._head = 0
        self._deadline: asyncio.TimerHandle | None = self.loop.call_later(self.seconds, self._give_up)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._head = 0
            self._stop()
            return
        self._head += len(data)
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.seconds, self._give_up)
        if self._head > _MAX_HEADERS:
            self._give_up()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._stop()
        if not self.transport.is_closing():
            self.transport.close()


class Server(uvicorn.Server):
    """uvicorn's server, which leaves signals to its caller."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def make_server(app: Starlette, limits: Limits, proxies: tuple[str, ...]) -> Server:
    """A server for ``app``; it stops gracefully once ``should_exit`` is set."""
    protocol = type("PatientProtocol", (_Patient,), {"seconds": limits.request_seconds})
    return Server(
        uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            limit_concurrency=limits.connections,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=limits.request_seconds + 5,
        )
    )
