"""Carries the ledger's requests to its witnesses: a thread and a connection for each, made when first needed."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Final

from ..tlog.trust import Witness
from ..witness.transport import Channel, NoAnswer
from .errands import Answered, Ask

__all__ = ["Courier"]

_IDLE: Final = 30.0
"""Seconds after which a connection is not used again: servers close idle ones after about a minute."""


class Courier:
    """``deliver`` is called, from the witness's thread, with what came of each Ask."""

    def __init__(self, deliver: Callable[[Answered], None]) -> None:
        self._deliver = deliver
        self._rounds: dict[str, _Round] = {}

    def carry(self, ask: Ask) -> None:
        """Send the request of ``ask`` soon; one at a time to each witness."""
        found = self._rounds.get(ask.witness.name)
        if found is None:
            found = self._rounds[ask.witness.name] = _Round(ask.witness, self._deliver)
        found.asks.put(ask)

    def close(self) -> None:
        """Cut off what is under way; the threads end by themselves, and deliver nothing any more."""
        for found in self._rounds.values():
            found.close()
        self._rounds = {}


class _Round:
    """One witness's."""

    def __init__(self, witness: Witness, deliver: Callable[[Answered], None]) -> None:
        self.asks: queue.SimpleQueue[Ask | None] = queue.SimpleQueue()
        self._deliver = deliver
        self._closed = False
        self._channel = Channel(witness.url or "", time.monotonic())
        threading.Thread(target=self._run, name=f"mutualchain-witness-{witness.name}", daemon=True).start()

    def close(self) -> None:
        self._closed = True
        self._channel.abort()
        self.asks.put(None)

    def _run(self) -> None:
        used = 0.0
        with self._channel as channel:
            while (ask := self.asks.get()) is not None and not self._closed:
                now = time.monotonic()
                if now - used > _IDLE:
                    channel.close()
                channel.extend(now + ask.seconds)
                request = ask.request
                try:
                    answer = Answered(ask.number, channel.request(request.method, request.path, request.body))
                except NoAnswer as error:
                    answer = Answered(ask.number, str(error))
                except Exception as error:  # a defect, but one for which nobody should wait for ever
                    answer = Answered(ask.number, f"could not be asked: {type(error).__name__}: {error}")
                used = time.monotonic()
                if not self._closed:
                    self._deliver(answer)
