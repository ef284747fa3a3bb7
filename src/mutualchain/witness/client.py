"""The ledger's side of witnessing: a checkpoint goes to all witnesses at once, and comes back with a quorum's names.

:func:`gather` after every commit, and hourly without one, to show that the tree is still the newest:

    gathered = gather(note, prove, trust, sizes=sizes)       # note: signed by the log, not yet published
    sizes = gathered.sizes                                   # so that the next time begins where each witness stands
    gathered.require()                                       # or: who is missing, and why
    publish(gathered.note)

:func:`confirm` before a ledger that was opened or restored signs anything: the last checkpoint that it has, which it
signed before, goes to every witness. If one has seen more, the ledger is a copy that was left behind.

What a witness says is believed as far as it can be checked. A cosignature counts once it verifies under the trust
file's key and its time is near ours. A size learned from a 409 only chooses the proof that is sent next. A size
above ours, or a refusal (422), makes the client ask the witness for the checkpoint it holds: if the log's own key
signed it, that is proof (WitnessAhead, WitnessConflict, with the note as their value), and whatever the quorum says,
nothing may be published. Without proof it is one witness's word: it counts as missing, and :func:`gather` raises
WitnessAhead only if there is no quorum without it. :func:`confirm` takes it at its word.

So the ledger keeps a checkpoint durably before it is sent, and gathers for one checkpoint at a time.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..errors import WitnessAhead, WitnessConflict
from ..tlog.checkpoint import Checkpoint
from ..tlog.trust import TrustFile, Witness
from .conversation import (
    CLOCKS_BEHIND,
    Answer,
    Conversation,
    Cosigned,
    Gathered,
    Missing,
    OpenedNote,
    Pause,
    Prove,
    Request,
    Step,
    Why,
)
from .transport import Channel, NoAnswer, check_url

__all__ = ["Gathered", "Missing", "Why", "confirm", "gather"]

_MAX_WITNESSES_AT_ONCE: Final = 64


def gather(
    note: bytes,
    prove: Prove,
    trust: TrustFile,
    *,
    timeout: float = 10.0,
    sizes: Mapping[str, int] | None = None,
    everyone: bool = False,
    now: Callable[[], float] = time.time,
    since: float | None = None,
) -> Gathered:
    """Have the witnesses of ``trust`` cosign ``note``, a checkpoint that a log of ``trust`` signed.

    Returns as soon as there is a quorum (``everyone``: when all have answered), or after ``timeout`` seconds, with what
    there is by then. Cosignatures that the note has already count, and their witnesses are not asked. ``prove`` is
    called from several threads. ``sizes`` are those of an earlier Gathered. ``now`` gives seconds since 1970; a
    cosignature of before ``since`` is no answer.

    Raises WitnessAhead and WitnessConflict as described above; UsageError for a witness's URL that is none; what
    opening the note raises (:meth:`TrustFile.open_checkpoint`, but not QuorumError).
    """
    opened = OpenedNote.of(note, trust)
    kept = {cosigned.witness.name: cosigned for cosigned in opened.cosignatures}
    asked = [witness for witness in trust.witnesses if witness.name not in kept and witness.url is not None]
    for witness in asked:
        check_url(witness.url or "")
    round_ = _Round(opened, prove, now, time.monotonic() + timeout, dict(sizes or {}), since)
    missing = {
        witness.name: Missing(witness, Why.UNASKED, "has no URL in the trust file")
        for witness in trust.witnesses
        if witness.name not in kept and witness.url is None
    }
    enough = trust.has_quorum(kept) and trust.quorum is not None and not everyone
    if not enough:
        for outcome in round_.run(asked):
            if isinstance(outcome, Missing):
                missing[outcome.witness.name] = outcome
            else:
                kept[outcome.cosignature.witness.name] = outcome.cosignature
                opened = opened.with_line(outcome.line)
            if trust.quorum is not None and not everyone and trust.has_quorum(kept):
                break
        round_.stop()
    for witness in asked:
        if witness.name not in kept:
            missing.setdefault(witness.name, Missing(witness, Why.LATE, "had not answered when time was up"))
    gathered = Gathered(
        opened.note,
        tuple(kept[witness.name] for witness in trust.witnesses if witness.name in kept),
        tuple(missing[witness.name] for witness in trust.witnesses if witness.name in missing),
        dict(round_.sizes),
        trust.has_quorum(kept),
    )
    _raise_proven(gathered, opened.checkpoint)
    if not gathered.complete:
        _raise_ahead(gathered, opened.checkpoint)
    return gathered


def confirm(
    note: bytes,
    prove: Prove,
    trust: TrustFile,
    *,
    timeout: float = 10.0,
    now: Callable[[], float] = time.time,
) -> Gathered:
    """Ask every witness whether ``note``, the newest checkpoint that the ledger has, is the newest they know.

    For a ledger that was opened or restored, before it signs anything. Nothing is signed by asking. Cosignatures in the
    note do not count: the answer has to be of now, CLOCKS_BEHIND seconds ago at most. Raises WitnessAhead when a
    witness says it has seen more, proven or not; WitnessConflict; QuorumError when too few answer.
    """
    opened = OpenedNote.of(note, trust)
    since = now() - CLOCKS_BEHIND
    gathered = gather(opened.log_note, prove, trust, timeout=timeout, everyone=True, now=now, since=since)
    _raise_ahead(gathered, opened.checkpoint)
    gathered.require()
    return gathered


def _raise_proven(gathered: Gathered, ours: Checkpoint) -> None:
    for missing in gathered.missing:
        theirs = missing.evidence
        if theirs is None:
            continue
        if theirs.size > ours.size:
            raise WitnessAhead(
                f"{missing.witness.name} holds a checkpoint of size {theirs.size}, signed by the log, where the ledger "
                f"has {ours.size}",
                value=theirs.note.decode(),
            )
        raise WitnessConflict(
            f"{missing.witness.name} holds a checkpoint of size {theirs.size}, signed by the log, of another tree",
            value=theirs.note.decode(),
        )


def _raise_ahead(gathered: Gathered, ours: Checkpoint) -> None:
    ahead = [missing for missing in gathered.missing if missing.why is Why.AHEAD]
    if ahead:
        raise WitnessAhead(
            f"{', '.join(missing.witness.name for missing in ahead)} say they have seen more than size {ours.size}",
            value="; ".join(map(str, ahead)),
        )


# --- one round ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Round:
    """All witnesses at once, a thread each; outcomes come through a queue as they are there.

    ``deadline`` is on the clock of ``time.monotonic``.
    """

    opened: OpenedNote
    prove: Prove
    now: Callable[[], float]
    deadline: float
    sizes: dict[str, int]
    since: float | None
    _over: threading.Event = field(default_factory=threading.Event)
    _outcomes: queue.Queue[Cosigned | Missing | Exception] = field(default_factory=queue.Queue)
    _channels: list[Channel] = field(default_factory=list)
    _slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_MAX_WITNESSES_AT_ONCE))

    def run(self, witnesses: Sequence[Witness]) -> Iterator[Cosigned | Missing]:
        """Ask ``witnesses``; what came of it, one by one, until all have answered or the deadline has come."""
        for witness in witnesses:
            channel = Channel(witness.url or "", self.deadline)
            self._channels.append(channel)
            threading.Thread(
                target=self._ask, args=(witness, channel), name=f"mutualchain-gather-{witness.name}", daemon=True
            ).start()
        for _ in witnesses:
            try:
                outcome = self._outcomes.get(timeout=max(0.0, self.deadline - time.monotonic()))
            except queue.Empty:
                return
            if isinstance(outcome, Exception):
                self.stop()
                raise outcome
            yield outcome

    def stop(self) -> None:
        """Cut off who is still being asked; their threads end by themselves."""
        self._over.set()
        for channel in self._channels:
            channel.abort()

    def _ask(self, witness: Witness, channel: Channel) -> None:
        with self._slots, channel:
            try:
                self._outcomes.put(self._hold(witness, channel))
            except Exception as error:  # a defect of the caller's: shown where it can be seen
                self._outcomes.put(error)

    def _hold(self, witness: Witness, channel: Channel) -> Cosigned | Missing:
        talk = Conversation(self.opened, witness, self.prove, self.sizes.get(witness.name, 0), self.since)
        step: Step = talk.begin()
        while isinstance(step, Request | Pause):
            if isinstance(step, Request):
                step = talk.hear(self._send(channel, step), self.now())
                if talk.size is not None:
                    self.sizes[witness.name] = talk.size
            elif self._pause(step.seconds):
                step = talk.resume()
            else:
                step = Missing(witness, Why.UNREACHABLE, talk.detail)
        return step

    def _send(self, channel: Channel, request: Request) -> Answer | str:
        try:
            return channel.request(request.method, request.path, request.body)
        except NoAnswer as error:
            return str(error)

    def _pause(self, seconds: float) -> bool:
        """Wait; False when the round is over or would be by then."""
        return seconds < self.deadline - time.monotonic() and not self._over.wait(seconds)
