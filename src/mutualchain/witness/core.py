"""add-checkpoint as a decision: a request and what was seen before in, a response or a new state out.

    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
    (up to 63 lines of base64, a consistency proof from the old size to the checkpoint's)

    (the checkpoint, a signed note)

c2sp.org/tlog-witness@v1.0.0 and its main branch of 2026 where that is stricter. The checks, in this order:

===  ===================================================================================================
400  the body is not of this form
404  the origin, the first line of the note, is of no log that this witness knows
400  what follows is no signed note
403  no trusted key of the log has signed it, or a line under a trusted name and key ID does not verify
400  the text is no checkpoint; the old size is above the checkpoint's
409  the old size is not that of the newest checkpoint cosigned, 0 if none was. The body is that size
422  an empty tree with another root; a proof from old size 0, which needs none; a proof that does not
     verify; the old size again with another root
200  the new state is durable. The body is the witness's signature lines
===  ===================================================================================================

A log is known by its origin; names of its keys may differ from it. Signatures of unknown keys mean nothing.

Two steps, because the state lies between them: :func:`read_submission` needs none, :func:`judge` decides with it.
Whoever drives them swaps the old state for the new one, atomically and durably, *before* anything is signed, and
answers :func:`conflict` if another request was faster. :func:`add_checkpoint` is that driver for anything that
keeps states, in memory or elsewhere.

The new state holds the time of the cosignature, and Ed25519 is deterministic: the cosignature of a state can be
made again, the same to the byte, whenever the answer was lost. Time never runs backwards for a log: a clock
that was set back repeats the last time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from ..errors import (
    CheckpointError,
    KeyFormatError,
    LimitError,
    NoteError,
    NoteSignatureError,
    NoteUnverified,
    ProofError,
)
from ..limits import MAX_PROOF, MAX_WITNESS_REQUEST
from ..tlog import checkpoint as checkpoints
from ..tlog import note as notes
from ..tlog.checkpoint import Checkpoint
from ..tlog.merkle import EMPTY_ROOT, HASH_SIZE, verify_consistency
from ..tlog.note import Signature, Verifier
from ..tlog.strict import from_base64, from_decimal, to_base64

__all__ = [
    "NOTHING",
    "SIZE_TYPE",
    "KnownLog",
    "Response",
    "Seen",
    "States",
    "Submission",
    "add_checkpoint",
    "conflict",
    "cosigned",
    "cosigned_note",
    "format_request",
    "judge",
    "read_submission",
]

TEXT_TYPE: Final = "text/plain; charset=utf-8"
SIZE_TYPE: Final = "text/x.tlog.size"
"""The content type of a 409, whose body is the size that the witness has seen."""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response as a value."""

    status: int
    body: bytes
    content_type: str = TEXT_TYPE


@dataclass(frozen=True, slots=True)
class KnownLog:
    """A log that a witness knows: its origin and its trusted keys, one or more, of type 01.

    Raises KeyFormatError without keys, or for two with the same name and key ID.
    """

    origin: str
    keys: tuple[Verifier, ...]

    def __post_init__(self) -> None:
        checkpoints.Checkpoint(self.origin, 0, EMPTY_ROOT)
        if not self.keys or len({(key.name, key.key_id) for key in self.keys}) < len(self.keys):
            raise KeyFormatError("a log has one or more keys, no two with the same name and ID", value=self.origin)


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest checkpoint of a log that a witness cosigned: size, root (32 bytes), its note, and when.

    ``note`` holds the signature lines that were verified. ``time`` is in seconds since 1970. A note of no bytes: never
    one (:data:`NOTHING`).
    """

    size: int
    root: bytes
    note: bytes
    time: int


NOTHING: Final = Seen(0, EMPTY_ROOT, b"", 0)
"""The state of a log of which no checkpoint was ever cosigned."""


class States(Protocol):
    """What a witness has seen, by origin."""

    def get(self, origin: str) -> Seen:
        """The newest state; NOTHING for a log never seen."""
        ...

    def swap(self, origin: str, old: Seen, new: Seen) -> bool:
        """Replace a state with ``old``'s size and root by ``new``, atomically, and durably on return.

        False, with nothing changed, if size or root are others by then.
        """
        ...


Cosign: TypeAlias = Callable[[Checkpoint, int], Iterable[Signature]]
"""Signs a checkpoint at a time in seconds since 1970; one signature or more."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A well-formed request for a known log, its checkpoint signed by a trusted key.

    ``note`` is the checkpoint with the verified signature lines only. ``root`` is the root as stated, 32 bytes: other
    than ``checkpoint.root`` only for an empty tree that states a wrong one, which is refused later than here.
    """

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes
    checkpoint: Checkpoint
    root: bytes

    @property
    def origin(self) -> str:
        """The log's origin."""
        return self.checkpoint.origin


def format_request(old_size: int, proof: Iterable[bytes], note: bytes) -> bytes:
    """The body that submits ``note`` with ``proof`` (hashes of 32 bytes) from ``old_size``."""
    lines = [f"old {old_size}", *(to_base64(item) for item in proof)]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + note


def read_submission(body: bytes, logs: Mapping[str, KnownLog]) -> Submission | Response:
    """The request in ``body``, up to what can be said without the witness's state; 400, 403 or 404 otherwise."""
    try:
        old_size, proof, note = _parse_body(body)
    except NoteError as error:
        return _refusal(400, error.message)
    log = logs.get(_origin_of(note))
    if log is None:
        return _refusal(404, "this witness does not know the log")
    try:
        opened = notes.open(note, log.keys)
        checkpoint, root = _parse_text(opened.text)
    except (NoteUnverified, NoteSignatureError) as error:
        return _refusal(403, error.message)
    except (NoteError, LimitError, CheckpointError) as error:
        return _refusal(400, error.message)
    if old_size > checkpoint.size:
        return _refusal(400, "the old size is above the checkpoint's")
    return Submission(old_size, proof, notes.format(opened.text, opened.signatures), checkpoint, root)


def judge(submission: Submission, seen: Seen, now: int) -> Seen | Response:
    """The state after cosigning ``submission`` at ``now`` (seconds since 1970), or 409 or 422. Signs nothing."""
    checkpoint = submission.checkpoint
    if submission.old_size != seen.size:
        return conflict(seen)
    if submission.root != checkpoint.root:
        return _refusal(422, "an empty tree has another root")
    try:
        verify_consistency(seen.size, checkpoint.size, submission.proof, seen.root, checkpoint.root)
    except ProofError as error:
        return _refusal(422, error.message)
    return Seen(checkpoint.size, checkpoint.root, submission.note, max(now, seen.time, 1))


def conflict(seen: Seen) -> Response:
    """409: what the witness has seen is of another size than the client thought."""
    return Response(409, f"{seen.size}\n".encode(), SIZE_TYPE)


def cosigned(signatures: Iterable[Signature]) -> Response:
    """200, with the witness's signature lines."""
    return Response(200, "".join(f"{signature.line}\n" for signature in signatures).encode())


def cosigned_note(seen: Seen, signatures: Iterable[Signature]) -> bytes:
    """The checkpoint to show to monitors: the log's verified signature lines and the witness's, nobody else's."""
    return notes.add_signatures(seen.note, signatures)


def add_checkpoint(body: bytes, logs: Mapping[str, KnownLog], states: States, cosign: Cosign, now: int) -> Response:
    """The whole of add-checkpoint. Raises what ``states`` and ``cosign`` raise; an unanswered state is no loss."""
    submission = read_submission(body, logs)
    if isinstance(submission, Response):
        return submission
    seen = states.get(submission.origin)
    new = judge(submission, seen, now)
    if isinstance(new, Response):
        return new
    if not states.swap(submission.origin, seen, new):
        return conflict(states.get(submission.origin))
    return cosigned(cosign(submission.checkpoint, new.time))


_OLD: Final = re.compile(rb"old (\S{1,20})\Z", re.ASCII)
_MAX_HEAD: Final = 32 + (MAX_PROOF + 1) * 48


def _parse_body(body: bytes) -> tuple[int, tuple[bytes, ...], bytes]:
    """Old size, proof and note. Raises NoteError."""
    if len(body) > MAX_WITNESS_REQUEST:
        raise NoteError("the request is too large")
    divider = body.find(b"\n\n", 0, _MAX_HEAD)
    if divider < 0:
        raise NoteError("the request has no empty line before the checkpoint, or more than 63 hashes")
    first, *hashes = body[:divider].split(b"\n")
    old = _OLD.match(first)
    if old is None:
        raise NoteError("the request does not begin with an old size")
    if len(hashes) > MAX_PROOF:
        raise NoteError("the request has more than 63 hashes")
    old_size = from_decimal(old[1].decode("ascii", "replace"), "the old size", NoteError)
    return old_size, tuple(_parse_hash(line) for line in hashes), body[divider + 2 :]


def _parse_hash(line: bytes) -> bytes:
    item = from_base64(line.decode("ascii", "replace"), "a hash of the proof", NoteError)
    if len(item) != HASH_SIZE:
        raise NoteError("a hash of the proof is not 32 bytes")
    return item


def _origin_of(note: bytes) -> str:
    return note.partition(b"\n")[0].decode("utf-8", "replace")


def _parse_text(text: str) -> tuple[Checkpoint, bytes]:
    """The checkpoint, and its root as stated. Raises CheckpointError, but not for the root of an empty tree."""
    origin, *rest = text.split("\n", 3)
    if len(rest) == 3 and rest[0] == "0":
        root = from_base64(rest[1], "the checkpoint's root", CheckpointError)
        if len(root) == HASH_SIZE:
            return checkpoints.parse("\n".join((origin, "0", to_base64(EMPTY_ROOT), rest[2]))), root
    checkpoint = checkpoints.parse(text)
    return checkpoint, checkpoint.root


def _refusal(status: int, message: str) -> Response:
    return Response(status, f"{message}\n".encode())
