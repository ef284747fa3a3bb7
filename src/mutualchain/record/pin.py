"""Pins: the book a member saw before, which the book she is shown now must continue.

A pin is a signed checkpoint note that she kept: from an earlier record, from a receipt, or from anybody she trusts.
A record carries earlier checkpoints with RFC 6962 consistency proofs; all of them are verified, and the pin must be
one of them, or this very book. A shorter book is a rollback, another book of the same size a split view; in both
cases the two notes, signed by one key, are the evidence.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import FrameError, MutualchainError, PinUncovered, RecordMismatch, Rollback, SplitView
from ..limits import MAX_NOTE
from ..tlog.checkpoint import VerifiedCheckpoint, open_checkpoint
from ..tlog.merkle import verify_consistency
from ..tlog.trust import TrustFile
from . import frame
from .bundle import RecordBundle
from .pinfile import PinFile
from .receipt import parse_receipt

__all__ = ["check_extends", "note_in"]


def note_in(data: bytes) -> bytes:
    """The checkpoint note in a record, a receipt, a pin (its newest book) or a checkpoint file; nothing is verified.

    Raises FrameError for anything else, and what parsing the file raises.
    """
    if data.startswith(frame.magic(frame.RECORD)):
        return RecordBundle.from_bytes(data).checkpoint
    if data.startswith(frame.magic(frame.RECEIPT)):
        return parse_receipt(data).checkpoint
    if data.startswith(frame.magic(frame.PIN)):
        return PinFile.from_bytes(data).newest.note
    if not data or len(data) > MAX_NOTE or b"\n\n" not in data:
        raise FrameError("this is no record, no receipt and no checkpoint", value=data[:32])
    return data


def _signed(note: bytes, origin: str, trust: TrustFile) -> VerifiedCheckpoint:
    """An earlier checkpoint: the log's own signature is enough, because only its own word is held against it."""
    return open_checkpoint(note, origin, [log.key for log in trust.logs if log.key.name == origin])


def check_extends(
    shown: Sequence[tuple[bytes, tuple[bytes, ...]]],
    checkpoint: VerifiedCheckpoint,
    trust: TrustFile,
    seen: bytes | None,
) -> int | None:
    """Check every earlier checkpoint shown, and that the book continues ``seen``; returns its size, if given.

    Raises RecordMismatch and ProofError for earlier checkpoints that do not lead here, Rollback, SplitView, and
    PinUncovered where the record does not say how it continues the book seen before.
    """
    origin, last = checkpoint.origin, 0
    known = {checkpoint.size: checkpoint.root}
    for note, proof in shown:
        earlier = _signed(note, origin, trust)
        if not last < earlier.size < checkpoint.size:
            raise RecordMismatch("earlier checkpoints are not in order, each smaller than this one", value=earlier.size)
        verify_consistency(earlier.size, checkpoint.size, proof, earlier.root, checkpoint.root)
        known[earlier.size] = earlier.root
        last = earlier.size
    if seen is None:
        return None
    try:
        pin = _signed(seen, origin, trust)
    except MutualchainError as error:
        error.place = ", ".join(filter(None, ("the book you saw before", error.place)))
        raise
    if pin.size > checkpoint.size:
        raise Rollback(
            f"this book has {checkpoint.size} blocks, the one you saw before had {pin.size}", value=checkpoint.size
        )
    if pin.size and pin.size not in known:
        raise PinUncovered(f"the record does not show how it continues the book of {pin.size} blocks that you saw")
    if pin.size and known[pin.size] != pin.root:
        raise SplitView(f"the book you saw before had other blocks than this one below {pin.size}", value=pin.root)
    return pin.size
