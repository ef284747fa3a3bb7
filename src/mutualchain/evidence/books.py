"""A record, disclosure, receipt or checkpoint file as a book to compare: its checkpoint, and what that proves."""

from __future__ import annotations

from ..disclosure.bundle import DisclosureBundle
from ..errors import FrameError, RecordMismatch
from ..limits import MAX_NOTE
from ..record import frame
from ..record.bundle import RecordBundle
from ..record.receipt import parse_receipt
from ..tlog.trust import TrustFile
from .compare import Book
from .disagreement import ProvenBlock
from .signed import open_statement

__all__ = ["book_of_file"]


def book_of_file(name: str, data: bytes, trust: TrustFile) -> Book:
    """The book that a record file (.mcr), a disclosure (.mcd), a receipt file or a checkpoint's note shows.

    What is used of it is verified under its checkpoint; a record or disclosure is not checked beyond that. Raises
    FrameError for any other file, what parsing it raises, NoteUnverified where the log of ``trust`` has not signed it,
    ProofError and RecordMismatch for what does not lead there.
    """
    if data.startswith(frame.magic(frame.RECORD)):
        return _of_record(name, RecordBundle.from_bytes(data), trust)
    if data.startswith(frame.magic(frame.DISCLOSURE)):
        return _of_record(name, DisclosureBundle.from_bytes(data).claimant, trust)
    if data.startswith(frame.magic(frame.RECEIPT)):
        receipt = parse_receipt(data)
        proven = ProvenBlock(receipt.height, receipt.block, receipt.proof)
        statement = open_statement(receipt.checkpoint, trust)
        proven.check(statement.checkpoint)
        return Book(name, statement, blocks=(proven,))
    if not data or len(data) > MAX_NOTE or b"\n\n" not in data:
        raise FrameError(
            "this is no record, no disclosure, no receipt and no checkpoint", value=data[:32] or None, place=name
        )
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
    return Book(name, statement, None, tuple(blocks), bundle.extends.verify(head.size, head.root))
