"""What a log says to one witness: send, learn its size from a 409, send again, and check what comes back.

Pure. A :class:`Conversation` is told what was answered, and says what comes next: a :class:`Request` to be sent, a
:class:`Pause` to be kept, or what came of it: :class:`Cosigned`, or :class:`Missing` with the reason. Clock and network
are the driver's: threads in ``client``, the ledger's own in ``ledger.courier``, a simulation in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from hashlib import sha256
from typing import Final, TypeAlias

from ..errors import MutualchainError, NoteError, ProofError, QuorumError, UsageError
from ..limits import MAX_WITNESS_REQUEST
from ..tlog import checkpoint as checkpoints
from ..tlog import cosignature, merkle
from ..tlog import note as notes
from ..tlog.checkpoint import Checkpoint, VerifiedCheckpoint
from ..tlog.note import Signature, Verifier
from ..tlog.strict import from_decimal
from ..tlog.trust import Cosignature, TrustFile, Witness
from .core import SIZE_TYPE, format_request

__all__ = [
    "CLOCKS_APART",
    "CLOCKS_BEHIND",
    "Answer",
    "Conversation",
    "Cosigned",
    "Gathered",
    "Missing",
    "OpenedNote",
    "Pause",
    "Prove",
    "Request",
    "Step",
    "Why",
]

CLOCKS_APART: Final = 3_600
"""Seconds by which a fresh cosignature's time may differ from ours."""
CLOCKS_BEHIND: Final = 60
"""Seconds by which a witness's clock may stand behind ours where its answer has to be of now.

An old cosignature of the same head can be sent again by whoever sits on the wire, where that is not encrypted."""
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
class Answer:
    """An HTTP answer: status, content type, seconds after which to come again (if it says), body up to its cap."""

    status: int
    content_type: str
    retry_after: float | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request: ``path`` stands behind the witness's URL."""

    method: str
    path: str
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Seconds to wait before :meth:`Conversation.resume`."""

    seconds: float


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
class Cosigned:
    """A cosignature that verified under the trust file's key, and its line for the note."""

    cosignature: Cosignature
    line: Signature


Step: TypeAlias = Request | Pause | Cosigned | Missing
"""What comes next in a conversation; the last two end it."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What came together: the note with its verified cosignatures, whose they are, and who is missing.

    ``complete`` says whether they make the trust file's quorum. ``sizes`` is what each witness is known to have seen.
    """

    note: bytes
    cosignatures: tuple[Cosignature, ...]
    missing: tuple[Missing, ...]
    sizes: Mapping[str, int]
    complete: bool

    def require(self) -> None:
        """Raises QuorumError, naming who is missing and why, unless there is a quorum."""
        if not self.complete:
            raise QuorumError(
                f"{len(self.cosignatures)} witnesses have cosigned the checkpoint, and that is no quorum",
                value="; ".join(map(str, self.missing)) or "the trust file names nobody else",
                hint="Try again when the missing witnesses answer. Nothing is lost: what was gathered is kept.",
            )


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
        """Raises as :meth:`TrustFile.open_checkpoint`, but not QuorumError."""
        opened = trust.unconditional().open_checkpoint(note)
        log_note = notes.format(opened.checkpoint.text, opened.signatures)
        keys = tuple(log.key for log in trust.logs if log.key.name == opened.origin)
        return cls(note, log_note, opened.checkpoint, keys, opened.cosignatures)

    def with_line(self, line: Signature) -> OpenedNote:
        """The same with one more line in its note."""
        return replace(self, note=notes.add_signatures(self.note, [line]))


class Conversation:
    """One checkpoint and one witness. ``size`` is what the witness is known to have seen, as soon as it has said so."""

    __slots__ = ("_attempts", "_dispute", "_old", "_opened", "_pause", "_prove", "_since", "detail", "size", "witness")

    def __init__(
        self, opened: OpenedNote, witness: Witness, prove: Prove, old: int = 0, since: float | None = None
    ) -> None:
        """``old`` is the size that the witness is believed to have seen; 0 where nothing is known.

        A cosignature of before ``since``, in seconds since 1970, is no answer.
        """
        self.witness = witness
        self.size: int | None = None
        self.detail = "was not asked"
        self._opened = opened
        self._prove = prove
        self._old = min(old, opened.checkpoint.size)
        self._since = since
        self._attempts = _ATTEMPTS
        self._pause = _FIRST_PAUSE
        self._dispute: tuple[Why, str] | None = None

    def begin(self) -> Step:
        """What to do first."""
        return self._asking()

    def resume(self) -> Step:
        """What to do after a Pause."""
        return self._asking()

    def hear(self, answer: Answer | str, now: float) -> Step:
        """What to do after ``answer``: the witness's, or why there is none. ``now`` is in seconds since 1970."""
        try:
            if self._dispute is not None:
                return self._settle(answer, *self._dispute)
            if isinstance(answer, str):
                return self._again(answer)
            if answer.status == 409:
                return self._learn(answer)
            if answer.status in _TRY_AGAIN:
                return self._again(f"answered {answer.status}", answer.retry_after)
            if answer.status == 200:
                return self._check(answer, now)
            said = answer.body[:200].decode("utf-8", "replace").strip()
            detail = f"answered {answer.status}" + (f": {said}" if said else "")
            if answer.status == 422:
                return self._doubt(Why.REFUSED, detail)
            return Missing(self.witness, Why.REFUSED, detail)
        except MutualchainError as error:
            return self._given_up(error)

    # --- asking ---------------------------------------------------------------------------------

    def _asking(self) -> Step:
        if not self._attempts:
            return Missing(self.witness, Why.UNREACHABLE, self.detail)
        self._attempts -= 1
        opened = self._opened
        try:
            proof = self._prove(self._old) if 0 < self._old < opened.checkpoint.size else ()
            body = format_request(self._old, proof, opened.log_note)
            if len(body) > MAX_WITNESS_REQUEST:
                raise UsageError("the checkpoint is too large for a witness", value=len(body))
        except MutualchainError as error:
            return self._given_up(error)
        return Request("POST", "/add-checkpoint", body)

    def _given_up(self, error: MutualchainError) -> Missing:
        """A proof that cannot be made is ours, but the other witnesses shall go on."""
        return Missing(self.witness, Why.REFUSED, f"was not asked to the end: {error.message}")

    def _again(self, detail: str, after: float | None = None) -> Step:
        self.detail = detail
        if not self._attempts:
            return Missing(self.witness, Why.UNREACHABLE, detail)
        seconds = max(self._pause, min(after or 0.0, _LONGEST_PAUSE))
        self._pause = min(2 * seconds, _LONGEST_PAUSE)
        return Pause(seconds)

    def _learn(self, answer: Answer) -> Step:
        ours, size = self._opened.checkpoint.size, _size_in(answer)
        if size is None or size == self._old:
            return Missing(self.witness, Why.WRONG, "answered 409 without a size that says why")
        self.size = size
        if size > ours:
            return self._doubt(Why.AHEAD, f"has seen size {size}, the ledger {ours}")
        self._old = size
        self.detail = "answered 409 again and again"
        return self._asking()

    # --- checking -------------------------------------------------------------------------------

    def _check(self, answer: Answer, now: float) -> Step:
        """The witness's own line in the answer; others mean nothing."""
        opened, key = self._opened, self.witness.key
        try:
            signed = notes.open(opened.checkpoint.text.encode() + b"\n" + answer.body, [key])
        except MutualchainError as error:
            return Missing(self.witness, Why.WRONG, f"answered with no cosignature of its key: {error.message}")
        line = max(signed.signatures, key=cosignature.timestamp)
        at = cosignature.timestamp(line)
        apart = at - int(now)
        if abs(apart) > CLOCKS_APART:
            return Missing(self.witness, Why.WRONG, f"signed with a time {abs(apart)} seconds from ours")
        if self._since is not None and at < int(self._since):
            return Missing(self.witness, Why.WRONG, "answered with a cosignature of long before it was asked")
        self.size = opened.checkpoint.size
        return Cosigned(Cosignature(self.witness, at), line)

    def _doubt(self, why: Why, detail: str) -> Request:
        """Ask for the checkpoint that the witness holds: signed by the log, it is proof."""
        self._dispute = why, detail
        return Request("GET", f"/{sha256(self._opened.checkpoint.origin.encode()).hexdigest()}/checkpoint")

    def _settle(self, answer: Answer | str, why: Why, detail: str) -> Missing:
        ours = self._opened.checkpoint
        if isinstance(answer, str):
            return Missing(self.witness, why, detail)
        try:
            theirs = checkpoints.open_checkpoint(answer.body, ours.origin, self._opened.log_keys)
        except MutualchainError:
            return Missing(self.witness, why, detail)
        same = theirs.size == ours.size and theirs.root == ours.root
        if theirs.size < ours.size and self._extends(theirs):
            same = True
        return Missing(self.witness, why, detail, None if same else theirs)

    def _extends(self, theirs: VerifiedCheckpoint) -> bool:
        """Whether our tree extends theirs: then there is no conflict, whatever the witness meant."""
        ours = self._opened.checkpoint
        proof = self._prove(theirs.size) if theirs.size else ()
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
