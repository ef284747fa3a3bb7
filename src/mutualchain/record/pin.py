"""Pins: the book a member saw before, which the book she is shown now must continue.

A pin is a signed checkpoint note that she kept: from an earlier record, from a receipt, or from anybody she trusts.
A record shows earlier sizes of its book (tlog/lineage.py): the root of each follows from the root that is signed now.
The pin must be one of these sizes, or this very one, and have that root. A shorter book is a rollback, another root
a split view; in both cases the two notes, signed by one key, are the evidence, and no editing of the file can bring
either about.
"""

from __future__ import annotations

from ..block import fields
from ..errors import FrameError, MutualchainError, PinUncovered, RecordMismatch, Rollback, SplitView
from ..limits import MAX_DISCLOSURE, MAX_NOTE
from ..tlog.checkpoint import VerifiedCheckpoint, open_checkpoint
from ..tlog.lineage import Lineage
from ..tlog.trust import TrustFile
from . import frame
from .bundle import RecordBundle
from .pinfile import PinFile
from .receipt import parse_receipt

__all__ = ["check_extends", "note_in", "rolled_back", "split_at", "uncovered"]


def note_in(data: bytes) -> bytes:
    """The checkpoint note in a record, disclosure, receipt, pin (its newest book) or checkpoint file; unverified.

    Raises FrameError for anything else, and what parsing the file raises.
    """
    if data.startswith(frame.magic(frame.RECORD)):
        return RecordBundle.from_bytes(data).checkpoint
    if data.startswith(frame.magic(frame.DISCLOSURE)):  # whose other parts are not this package's
        shown = frame.unwrap(frame.DISCLOSURE, data, MAX_DISCLOSURE)
        note = shown.get("checkpoint") if isinstance(shown, dict) else None
        return fields.blob(note, None, "a checkpoint", RecordMismatch, most=MAX_NOTE)
    if data.startswith(frame.magic(frame.RECEIPT)):
        return parse_receipt(data).checkpoint
    if data.startswith(frame.magic(frame.PIN)):
        return PinFile.from_bytes(data).newest.note
    if not data or len(data) > MAX_NOTE or b"\n\n" not in data:
        raise FrameError("this is no record, no disclosure, no receipt and no checkpoint", value=data[:32])
    return data


def _signed(note: bytes, origin: str, trust: TrustFile) -> VerifiedCheckpoint:
    """An earlier checkpoint: the log's own signature is enough, because only its own word is held against it."""
    return open_checkpoint(note, origin, [log.key for log in trust.logs if log.key.name == origin])


def check_extends(shown: Lineage, checkpoint: VerifiedCheckpoint, trust: TrustFile, seen: bytes | None) -> int | None:
    """Check the earlier sizes that are shown, and that the book continues ``seen``; returns its size, if given.

    Raises ProofError for earlier sizes that do not lead here, Rollback, SplitView, and PinUncovered where the record
    does not say how it continues the book seen before.
    """
    lineage = shown.verify(checkpoint.size, checkpoint.root)
    if seen is None:
        return None
    try:
        pin = _signed(seen, checkpoint.origin, trust)
    except MutualchainError as error:
        error.place = ", ".join(filter(None, ("the book you saw before", error.place)))
        raise
    if pin.size > checkpoint.size:
        raise rolled_back(checkpoint.size, pin.size)
    root = lineage.root_at(pin.size)
    if pin.size and root is None:
        raise uncovered(checkpoint.size, pin.size)
    if pin.size and root != pin.root:
        raise split_at(pin.size, pin.root)
    return pin.size


def rolled_back(size: int, seen: int) -> Rollback:
    """The book of ``size`` blocks is shorter than the one of ``seen`` blocks that she saw."""
    return Rollback(f"this book has {size} blocks, the one you saw before had {seen}", value=size)


def split_at(size: int, root: bytes) -> SplitView:
    """The book that she saw, of ``size`` blocks with ``root``, is not what this one begins with."""
    return SplitView(f"the book you saw before, of {size} blocks, is not what this book begins with", value=root)


def uncovered(size: int, seen: int, kind: str = "record") -> PinUncovered:
    """The file, a record or disclosure of ``size`` blocks, does not reach the book of ``seen`` blocks that she saw."""
    return PinUncovered(
        f"the {kind}, of {size} blocks, does not reach the book of {seen} blocks that you saw",
        value=seen,
        hint=f"Ask the platform for one made with --since {seen}. Or add --published with the address of the published "
        "ledger, and check again.",
    )
