"""A witness at work: the decision of ``core``, the durable state and the signers, for any server around them.

The order in which things happen is the whole point:

1. the request is judged by the newest durable state;
2. the new state is swapped in, and is durable: of two requests that extend one state differently, one loses here;
3. only then is anything signed, with the time that the state holds;
4. only then is anything answered.

A crash after 2 loses an answer. The client asks again, learns the size from a 409, and gets the cosignature as a
refresh. A slow signer (an HSM, a KMS) runs in threads, so that it holds up nobody else; one in memory takes less time
than handing it to a thread.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Final

from ..errors import SignerFailed
from ..tlog import note as notes
from ..tlog.checkpoint import Checkpoint, parse
from ..tlog.cosignature import CosignatureSigner
from ..tlog.note import Signature
from .config import Limits
from .core import KnownLog, Response, Seen, Submission, conflict, cosigned, cosigned_note, judge, read_submission
from .limiter import Limiter, address_key
from .metrics import Metrics
from .state import WitnessState

__all__ = ["WitnessService"]

_log = logging.getLogger("mutualchain.witness")
_SHOWN: Final = 2_048
"""Bytes of a refused checkpoint that go into the system's log."""


class WitnessService:
    """What a witness does, without HTTP. One event loop uses it; ``signers`` are keys of the same witness.

    ``signing_threads`` is 0 for keys in memory, which sign in the loop. ``clock`` gives seconds since 1970. Close the
    service after the loop has ended, and the state after that.
    """

    def __init__(
        self,
        state: WitnessState,
        signers: Sequence[CosignatureSigner],
        logs: Mapping[str, KnownLog],
        limits: Limits,
        *,
        metrics: Metrics | None = None,
        signing_threads: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.state = state
        self.metrics = metrics or Metrics()
        self._signers = tuple(signers)
        self._clock = clock
        self._threads = (
            ThreadPoolExecutor(signing_threads, thread_name_prefix="mutualchain-witness-sign")
            if signing_threads
            else None
        )
        self._shown: dict[str, tuple[Seen, bytes]] = {}
        self.configure(logs, limits)

    def configure(self, logs: Mapping[str, KnownLog], limits: Limits) -> None:
        """Use other logs and limits from now on. What was seen of a log that is left out stays in the state."""
        self.logs = dict(logs)
        self.limits = limits
        self._origins = {sha256(origin.encode()).hexdigest(): origin for origin in logs}
        self._by_address, self._by_log = Limiter(limits.per_address), Limiter(limits.per_log)

    def admits(self, host: str) -> bool:
        """Whether a request from this address may be read now."""
        return self._by_address.allow(address_key(host), time.monotonic())

    async def add_checkpoint(self, body: bytes) -> Response:
        """The answer to the add-checkpoint request ``body``: those of ``core``, and 429 for a log that asks too often.

        Raises what the state raises, and SignerFailed.
        """
        submission = read_submission(body, self.logs)
        if isinstance(submission, Response):
            return submission
        if not self._by_log.allow(submission.origin, time.monotonic()):  # after the signature: nobody uses it up for it
            return Response(429, b"this log asks too often\n")
        seen = self.state.get(submission.origin)
        new = judge(submission, seen, int(self._clock()))
        if isinstance(new, Response):
            if new.status == 422:
                _report(submission, seen, new)
            return new
        if not await asyncio.wrap_future(self.state.submit(submission.origin, seen, new)):
            return conflict(self.state.get(submission.origin))
        return cosigned(await self._cosign(submission.checkpoint, new.time))

    async def checkpoint(self, origin_hash: str) -> Response:
        """The newest checkpoint cosigned of the log whose origin has this SHA-256 in lower-case hexadecimal, or 404."""
        origin = self._origins.get(origin_hash)
        seen = self.state.get(origin) if origin is not None else None
        if origin is None or seen is None or not seen.note:
            return Response(404, b"this witness has cosigned no checkpoint of such a log\n")
        shown = self._shown.get(origin)
        if shown is None or shown[0] != seen:
            checkpoint = parse(notes.parse(seen.note).text)
            shown = seen, cosigned_note(seen, await self._cosign(checkpoint, seen.time))
            self._shown[origin] = shown
        return Response(200, shown[1])

    def metrics_text(self) -> str:
        """The metrics, with the size and time of each log that is known and was seen."""
        seen = {origin: state for origin, state in self.state.all().items() if origin in self.logs}
        return self.metrics.text(seen, len(self.logs))

    async def _cosign(self, checkpoint: Checkpoint, at: int) -> list[Signature]:
        if self._threads is None:
            return [signer.cosign(checkpoint, at) for signer in self._signers]
        loop = asyncio.get_running_loop()
        calls = [loop.run_in_executor(self._threads, signer.cosign, checkpoint, at) for signer in self._signers]
        try:
            async with asyncio.timeout(self.limits.request_seconds):
                return list(await asyncio.gather(*calls))
        except TimeoutError:
            raise SignerFailed("the signer did not answer in time", value=checkpoint.origin) from None

    def close(self) -> None:
        """End the signing threads."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)


def _report(submission: Submission, seen: Seen, answer: Response) -> None:
    """A log signed what does not fit what it signed before, or its proof is wrong: people should look at it."""
    _log.warning(
        "%s: refused size %d after size %d (%s): %r",
        submission.origin,
        submission.checkpoint.size,
        seen.size,
        answer.body.decode().strip(),
        submission.note[:_SHOWN],
    )
