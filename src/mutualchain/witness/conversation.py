"""What the ledger says to one witness: send, learn its size from a 409, send again, and check what comes back.

Outcomes are values: :class:`Cosigned`, or :class:`Missing` with the reason.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from hashlib import sha256
from typing import Final, TypeAlias

from ..errors import MutualchainError, NoteError, ProofError, UsageError
from ..limits import MAX_WITNESS_REQUEST
from ..tlog import checkpoint as checkpoints
from ..tlog import cosignature, merkle
from ..tlog import note as notes
from ..tlog.checkpoint import Checkpoint, VerifiedCheckpoint
from ..tlog.note import Signature, Verifier
from ..tlog.strict import from_decimal
from ..tlog.trust import Cosignature, TrustFile, Witness
from .core import SIZE_TYPE, format_request
from .transport import Answer, Channel, NoAnswer

__all__ = ["CLOCKS_APART", "Conversation", "Cosigned", "Errand", "Missing", "OpenedNote", "Prove", "Why"]

CLOCKS_APART: Final = 3_600
"""Seconds by which a fresh cosignature's time may differ from ours."""
_ATTEMPTS: Final = 6
"""Requests to one witness that may fail before it is given up; sizes learned from a 409 count too."""
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
"""Seconds between attempts, doubling from the first to the longest."""
_TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})

Prove: TypeAlias = Callable[[int], Sequence[bytes]]
"""The consistency proof, hashes of 32 bytes, to the checkpoint's size from an old one: 1 or more, and below it."""


class Why(Enum):
    """Why a witness's cosignature is missing."""

    UNASKED = "has no URL in the trust file"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    WRONG = "wrong answer"
    AHEAD = "has seen more"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Missing:
    """A witness whose cosignature is not there, and why: a kind and a phrase that follows the witness's name.

    ``evidence`` is a checkpoint that the witness holds and the log's key signed, of another tree or a larger one.
    """

    witness: Witness
    why: Why
    detail: str
    evidence: VerifiedCheckpoint | None = None

    def __str__(self) -> str:
        return f"{self.witness.name} {self.detail}"


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A checkpoint that its log signed: the note, the same with the log's lines only, and cosignatures it had."""

    note: bytes
    log_note: bytes
    checkpoint: Checkpoint
    log_keys: tuple[Verifier, ...]
    cosignatures: tuple[Cosignature, ...]

    @classmethod
    def of(cls, note: bytes, trust: TrustFile) -> OpenedNote:
        opened = replace(trust, quorum=None).open_checkpoint(note)
        log_note = notes.format(opened.checkpoint.text, opened.signatures)
        keys = tuple(log.key for log in trust.logs if log.key.name == opened.origin)
        return cls(note, log_note, opened.checkpoint, keys, opened.cosignatures)

    def with_line(self, line: Signature) -> OpenedNote:
        return replace(self, note=notes.add_signatures(self.note, [line]))


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A cosignature that verified under the trust file's key, and its line for the note."""

    cosignature: Cosignature
    line: Signature


@dataclass(slots=True)
class Errand:
    """What all witnesses are asked for in one round. ``deadline`` is on the clock of ``time.monotonic``."""

    opened: OpenedNote
    prove: Prove
    now: Callable[[], float]
    deadline: float
    sizes: dict[str, int]
    over: threading.Event = field(default_factory=threading.Event)

    def pause(self, seconds: float) -> bool:
        """Wait; False when the round is over or would be by then."""
        return seconds < self.deadline - time.monotonic() and not self.over.wait(seconds)


@dataclass(slots=True)
class Conversation:
    """One witness: send, learn its size, send again."""

    errand: Errand
    witness: Witness
    channel: Channel
    detail: str = "was not asked"

    def hold(self) -> Cosigned | Missing:
        ours = self.errand.opened.checkpoint
        old = min(self.errand.sizes.get(self.witness.name, 0), ours.size)
        pause = _FIRST_PAUSE
        for _ in range(_ATTEMPTS):
            answer = self._send(old)
            if answer is not None and answer.status == 409:
                size = _size_in(answer)
                if size is None or size == old:
                    return Missing(self.witness, Why.WRONG, "answered 409 without a size that says why")
                self.errand.sizes[self.witness.name] = size
                if size > ours.size:
                    return self._disputed(Why.AHEAD, f"has seen size {size}, the ledger {ours.size}")
                old = size
                continue
            if answer is not None and answer.status not in _TRY_AGAIN:
                return self._settled(answer)
            if answer is not None:
                self.detail = f"answered {answer.status}"
                pause = max(pause, min(answer.retry_after or 0.0, _LONGEST_PAUSE))
            if not self.errand.pause(pause):
                break
            pause = min(2 * pause, _LONGEST_PAUSE)
        return Missing(self.witness, Why.UNREACHABLE, self.detail)

    def _send(self, old: int) -> Answer | None:
        """The answer, or None when there was none that could be used."""
        opened = self.errand.opened
        proof = self.errand.prove(old) if 0 < old < opened.checkpoint.size else ()
        body = format_request(old, proof, opened.log_note)
        if len(body) > MAX_WITNESS_REQUEST:
            raise UsageError("the checkpoint is too large for a witness", value=len(body))
        try:
            return self.channel.request("POST", "/add-checkpoint", body)
        except NoAnswer as error:
            self.detail = str(error)
            return None

    def _settled(self, answer: Answer) -> Cosigned | Missing:
        if answer.status == 200:
            return self._cosigned(answer)
        said = answer.body[:200].decode("utf-8", "replace").strip()
        detail = f"answered {answer.status}" + (f": {said}" if said else "")
        if answer.status == 422:
            return self._disputed(Why.REFUSED, detail)
        return Missing(self.witness, Why.REFUSED, detail)

    def _cosigned(self, answer: Answer) -> Cosigned | Missing:
        """The witness's own line in the answer; others mean nothing."""
        opened, key = self.errand.opened, self.witness.key
        try:
            signed = notes.open(opened.checkpoint.text.encode() + b"\n" + answer.body, [key])
        except MutualchainError as error:
            return Missing(self.witness, Why.WRONG, f"answered with no cosignature of its key: {error.message}")
        line = max(signed.signatures, key=cosignature.timestamp)
        at = cosignature.timestamp(line)
        apart = at - int(self.errand.now())
        if abs(apart) > CLOCKS_APART:
            return Missing(self.witness, Why.WRONG, f"signed with a time {abs(apart)} seconds from ours")
        self.errand.sizes[self.witness.name] = opened.checkpoint.size
        return Cosigned(Cosignature(self.witness, at), line)

    def _disputed(self, why: Why, detail: str) -> Missing:
        """Ask for the checkpoint that the witness holds: signed by the log, it is proof."""
        opened = self.errand.opened
        ours = opened.checkpoint
        try:
            path = f"/{sha256(ours.origin.encode()).hexdigest()}/checkpoint"
            answer = self.channel.request("GET", path)
            theirs = checkpoints.open_checkpoint(answer.body, ours.origin, opened.log_keys)
        except (NoAnswer, MutualchainError):
            return Missing(self.witness, why, detail)
        same = theirs.size == ours.size and theirs.root == ours.root
        if theirs.size < ours.size and self._extends(theirs):
            same = True
        return Missing(self.witness, why, detail, None if same else theirs)

    def _extends(self, theirs: VerifiedCheckpoint) -> bool:
        """Whether our tree extends theirs: then there is no conflict, whatever the witness meant."""
        ours = self.errand.opened.checkpoint
        proof = self.errand.prove(theirs.size) if theirs.size else ()
        try:
            merkle.verify_consistency(theirs.size, ours.size, proof, theirs.root, ours.root)
        except ProofError:
            return False
        return True


def _size_in(answer: Answer) -> int | None:
    """The size that a 409 states, spelled as the specification asks; None for any other."""
    if answer.content_type.partition(";")[0].strip().lower() != SIZE_TYPE or not answer.body.endswith(b"\n"):
        return None
    try:
        return from_decimal(answer.body[:-1].decode("ascii"), "the size", NoteError)
    except (NoteError, UnicodeDecodeError):
        return None
