"""A receipt (回执): the proof that one row or entry was recorded, under a signed checkpoint.

Content, canonical: ``[1, checkpoint note, height, block, [log proof hash...], subject]``, with subject
``["row", sheet index, page proof]``, ``["sheet", sheet index]`` for a whole batch, or ``["entry", index, entry,
[proof hash...]]``. A receipt needs nothing else to be checked but the log's key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..block import fields
from ..block.block import Block, block_hash
from ..block.entry import Entry, entry_hash
from ..errors import GenesisError, NotYourRecord, RecordMismatch, UnsupportedVersion
from ..limits import MAX_ENTRIES_PER_BLOCK, MAX_LOG_SIZE, MAX_NOTE, MAX_RECEIPT, MAX_SHEETS_PER_BLOCK
from ..sheet import Descriptor, PageProof, VerifiedPage, verify_page
from ..tlog.merkle import verify_inclusion
from ..tlog.trust import TrustedCheckpoint, TrustFile
from . import frame

__all__ = ["Receipt", "VerifiedReceipt", "parse_receipt", "verify_receipt"]

_E = RecordMismatch


@dataclass(frozen=True, slots=True)
class Receipt:
    """An unverified receipt. ``subject`` is a canonical value as the module describes it."""

    checkpoint: bytes
    height: int
    block: bytes
    proof: tuple[bytes, ...]
    subject: tuple[Any, ...]

    def to_bytes(self) -> bytes:
        """The receipt as a file."""
        value = [1, self.checkpoint, self.height, self.block, list(self.proof), list(self.subject)]
        return frame.wrap(frame.RECEIPT, value)


@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """What a receipt proves: the block's height and time, and the row, sheet or entry in it."""

    checkpoint: TrustedCheckpoint
    chain: bytes
    height: int
    time_ms: int
    descriptor: Descriptor | None = None
    page: VerifiedPage | None = None
    entry: Entry | None = None

    def row_with(self, name: str, value: int | bytes) -> tuple[int, dict[str, int | bytes]]:
        """The row whose column ``name`` is ``value``, such as the key in an enrolment, and its number.

        The number counts from the plan's first slot where the sheet is dense, else from the sheet's first row. A
        page shows neighbours too: only this says which row is meant. Raises NotYourRecord if none, or several, are.
        """
        if self.page is not None and self.descriptor is not None:
            first, base = self.page.first_row, self.descriptor.first
            rows = [(base + first + at, self.page.row(first + at)) for at in range(self.page.rows)]
            found = [item for item in rows if item[1].get(name) == value]
            if len(found) == 1:
                return found[0]
        raise NotYourRecord("the receipt does not show one row of yours", value=value)


def parse_receipt(data: bytes) -> Receipt:
    """Parse a receipt file strictly. Raises what :func:`frame.unwrap` raises, and RecordMismatch."""
    items = fields.array(frame.unwrap(frame.RECEIPT, data, MAX_RECEIPT), None, "a receipt", _E)
    if not items or items[0] != 1 or isinstance(items[0], bool):
        raise UnsupportedVersion("a receipt of an unknown version", value=repr(items[:1])[:40])
    fields.array(items, 6, "a receipt", _E)
    return Receipt(
        fields.blob(items[1], None, "a checkpoint", _E, most=MAX_NOTE),
        fields.integer(items[2], "a height", _E, high=MAX_LOG_SIZE),
        fields.blob(items[3], None, "a block", _E),
        fields.hashes(items[4], _E),
        fields.array(items[5], None, "a receipt's subject", _E),
    )


def verify_receipt(
    receipt: Receipt, trust: TrustFile, *, chain: bytes | None = None, now_ms: int | None = None
) -> VerifiedReceipt:
    """What ``receipt`` proves to somebody who trusts ``trust`` and, if she knows it, expects ``chain`` (32 bytes).

    Raises what opening the checkpoint raises (MC-022 and following), ProofError where the block is not in
    the log, what :func:`verify_page` raises where the row is not in the block, RecordMismatch; GenesisError for
    another chain.
    """
    checkpoint = trust.open_checkpoint(receipt.checkpoint, now_ms=now_ms)
    verify_inclusion(block_hash(receipt.block), receipt.height, checkpoint.size, receipt.proof, checkpoint.root)
    header = Block.from_bytes(receipt.block).header
    expected, chain = chain, header.chain if header.height else block_hash(receipt.block)
    if header.height != receipt.height:
        raise RecordMismatch("the block's height is not its place in the log", value=header.height)
    if expected is not None and chain != expected:
        raise GenesisError("the receipt is of another chain", value=chain)
    done = VerifiedReceipt(checkpoint, chain, header.height, header.time_ms)
    subject = receipt.subject
    if subject and subject[0] == "entry":
        return _entry(done, header.entry_count, header.entries_root, subject)
    what = subject[0] if subject else None
    if what not in ("row", "sheet"):
        raise UnsupportedVersion("a receipt for something unknown", value=repr(what)[:40])
    fields.array(subject, 3 if what == "row" else 2, "a receipt's subject", _E)
    index = fields.integer(subject[1], "a sheet's index", _E, high=MAX_SHEETS_PER_BLOCK)
    if index >= len(header.sheets):
        raise RecordMismatch("the block has no such sheet", value=index)
    descriptor = header.sheets[index]
    page = verify_page(descriptor, chain, PageProof.from_value(subject[2])) if what == "row" else None
    return VerifiedReceipt(checkpoint, chain, header.height, header.time_ms, descriptor, page)


def _entry(done: VerifiedReceipt, count: int, root: bytes, subject: Sequence[Any]) -> VerifiedReceipt:
    _, index, data, hashes = fields.array(subject, 4, "a receipt's subject", _E)
    fields.integer(index, "an entry's index", _E, high=MAX_ENTRIES_PER_BLOCK)
    fields.blob(data, None, "an entry", _E)
    verify_inclusion(entry_hash(data), index, count, fields.hashes(hashes, _E), root)
    return VerifiedReceipt(done.checkpoint, done.chain, done.height, done.time_ms, entry=Entry.from_bytes(data))
