"""The HTTP interface of a witness, as a Starlette application.

    POST <submission prefix>/add-checkpoint                                c2sp.org/tlog-witness
    GET  <monitoring prefix>/<SHA-256 of the origin>/checkpoint            the same, for monitors
    GET  /healthz   200, or 503 when nothing can be cosigned any more
    GET  /metrics   Prometheus's text format; not for the public

Beyond the specification: 408 for a body that comes too slowly, 413 for one that is too large, 429 for a client or a
log that asks too often, 503 when state or signer fail. Every body is read up to its cap and no further.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response as HttpResponse
from starlette.routing import Route

from ..errors import MutualchainError
from .core import Response
from .metrics import CONTENT_TYPE
from .service import WitnessService

__all__ = ["make_app"]

_log = logging.getLogger("mutualchain.witness")
_CLOSE: Final = {"connection": "close"}
_AGAIN: Final = {"retry-after": "1"}
_HEADERS: Final[Mapping[int, Mapping[str, str]]] = {408: _CLOSE, 413: _CLOSE, 429: _AGAIN | _CLOSE, 503: _AGAIN}
_MONITORED: Final = {"cache-control": "public, max-age=10"}


def make_app(
    service: WitnessService,
    *,
    submission_prefix: str = "",
    monitoring_prefix: str = "",
    on_failure: Callable[[MutualchainError], None] = lambda error: None,
) -> Starlette:
    """The application. ``on_failure`` is told when the state can no longer be written: the process should end."""
    site = _Site(service, on_failure)
    return Starlette(
        routes=[
            Route(f"{submission_prefix}/add-checkpoint", site.add_checkpoint, methods=["POST"]),
            Route(f"{monitoring_prefix}/{{origin_hash}}/checkpoint", site.checkpoint, methods=["GET"]),
            Route("/healthz", site.health, methods=["GET"]),
            Route("/metrics", site.metrics, methods=["GET"]),
        ]
    )


class _Site:
    def __init__(self, service: WitnessService, on_failure: Callable[[MutualchainError], None]) -> None:
        self._service = service
        self._on_failure = on_failure

    async def add_checkpoint(self, request: Request) -> HttpResponse:
        if not self._service.admits(_host(request)):
            return self._answer("add-checkpoint", Response(429, b"too many requests from this address\n"))
        body = await self._body(request)
        if isinstance(body, Response):
            return self._answer("add-checkpoint", body)
        return self._answer("add-checkpoint", await self._guarded(self._service.add_checkpoint(body)))

    async def checkpoint(self, request: Request) -> HttpResponse:
        if not self._service.admits(_host(request)):
            return self._answer("checkpoint", Response(429, b"too many requests from this address\n"))
        answer = await self._guarded(self._service.checkpoint(request.path_params["origin_hash"]))
        return self._answer("checkpoint", answer, _MONITORED if answer.status == 200 else {})

    async def health(self, _: Request) -> HttpResponse:
        failure = self._service.state.failure
        return _http(Response(200, b"ok\n") if failure is None else Response(503, f"{failure.code}\n".encode()))

    async def metrics(self, _: Request) -> HttpResponse:
        return _http(Response(200, self._service.metrics_text().encode(), CONTENT_TYPE))

    def _answer(self, endpoint: str, response: Response, headers: Mapping[str, str] | None = None) -> HttpResponse:
        self._service.metrics.answered(endpoint, response.status)
        return _http(response, headers)

    async def _body(self, request: Request) -> bytes | Response:
        limits = self._service.limits
        declared = request.headers.get("content-length", "0")
        if not declared.isascii() or not declared.isdigit() or int(declared[:20]) > limits.body_bytes:
            return Response(413, f"a request has at most {limits.body_bytes} bytes\n".encode())
        body = bytearray()
        try:
            async with asyncio.timeout(limits.request_seconds):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > limits.body_bytes:
                        return Response(413, f"a request has at most {limits.body_bytes} bytes\n".encode())
        except TimeoutError:
            return Response(408, b"the request came too slowly\n")
        except ClientDisconnect:
            return Response(400, b"the request ended early\n")
        return bytes(body)

    async def _guarded(self, answer: Awaitable[Response]) -> Response:
        """What fails here is the witness's own: nothing was cosigned, and the client may try again."""
        try:
            return await answer
        except MutualchainError as error:
            _log.error("%s", error.diagnostics())
            if self._service.state.failure is not None:
                self._on_failure(error)
            return Response(503, f"{error.code}: the witness cannot cosign now\n".encode())


def _host(request: Request) -> str:
    return request.client.host if request.client is not None else "local"


def _http(response: Response, headers: Mapping[str, str] | None = None) -> HttpResponse:
    every = {"content-type": response.content_type, **_HEADERS.get(response.status, {}), **(headers or {})}
    return HttpResponse(response.body, response.status, every)
