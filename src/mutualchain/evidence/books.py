"""A record, receipt or checkpoint file as a book to compare: its checkpoint, and what it proves under it."""

from __future__ import annotations

from ..errors import FrameError, RecordMismatch
from ..limits import MAX_NOTE
from ..record import frame
from ..record.bundle import RecordBundle
from ..record.receipt import parse_receipt
from ..tlog.merkle import verify_consistency
from ..tlog.trust import TrustFile
from .compare import Book
from .disagreement import ProvenBlock
from .signed import open_statement

__all__ = ["book_of_file"]


def book_of_file(name: str, data: bytes, trust: TrustFile) -> Book:
    """The book that a record file (.mcr), a receipt file or a checkpoint's note shows.

    What is used of it is verified under its checkpoint; a record is not checked beyond that. Raises FrameError for
    any other file, what parsing it raises, NoteUnverified where the log of ``trust`` has not signed it, ProofError and
    RecordMismatch for what does not lead there.
    """
    if data.startswith(frame.magic(frame.RECORD)):
        return _of_record(name, RecordBundle.from_bytes(data), trust)
    if data.startswith(frame.magic(frame.RECEIPT)):
        receipt = parse_receipt(data)
        proven = ProvenBlock(receipt.height, receipt.block, receipt.proof)
        statement = open_statement(receipt.checkpoint, trust)
        proven.check(statement.checkpoint)
        return Book(name, statement, blocks=(proven,))
    if not data or len(data) > MAX_NOTE or b"\n\n" not in data:
        raise FrameError("this is no record, no receipt and no checkpoint", value=data[:32] or None, place=name)
    return Book(name, open_statement(data, trust))


def _of_record(name: str, bundle: RecordBundle, trust: TrustFile) -> Book:
    statement = open_statement(bundle.checkpoint, trust)
    head = statement.checkpoint
    if not head.size:
        raise RecordMismatch("a record is of a book that has blocks", value=head.size)
    blocks = [
        ProvenBlock(0, bundle.genesis[0], bundle.genesis[2]),
        ProvenBlock(head.size - 1, bundle.head[0], bundle.head[1]),
    ]
    for block in blocks:
        block.check(head)
    earlier = []
    for note, proof in bundle.extends:
        found = open_statement(note, trust)
        before = found.checkpoint
        if before.origin != head.origin:
            raise RecordMismatch("an earlier checkpoint in the record is of another log", value=before.origin)
        verify_consistency(before.size, head.size, proof, before.root, head.root)
        if found.by_operator:
            earlier.append(found)
    return Book(name, statement, None, tuple(blocks), tuple(earlier))
