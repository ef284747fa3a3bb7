"""What a write returns: where it was recorded, and the receipt for it, made when it is asked for.

All events that were committed together share a block, a checkpoint and the trees of their sheets; a receipt
cuts its own row and path out of them. After a restart, or for a retried call, the same is read from the archive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..archive.proving import page_proof
from ..archive.reading import Archive, SheetRef
from ..block.chain import BLOCKS
from ..block.entry import entry_hash
from ..errors import RecordUnavailable
from ..limits import PAGES_PER_BUNDLE
from ..record.receipt import Receipt
from ..sheet import SALT_BYTES, Salter
from ..sheet.tree import node_hash, pack_record, unpack_record
from ..tlog.checkpoint import parse as parse_checkpoint
from ..tlog.merkle import inclusion_proof, inclusion_proof_from_nodes
from ..tlog.note import parse as parse_note
from .writer import Committed, NewSheet

__all__ = ["Acknowledgement", "GroupProofs", "receipt_from_archive"]


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A durable write. ``slot`` and ``seq`` where the write has them, ``rows`` for a batch (first slot in ``slot``).

    ``digest`` is the entry's hash where an entry was written (a case is named by it). Amounts are minor
    units, times Unix milliseconds. ``unchecked`` names clauses that could not be held against what was recorded: limits
    of age, where members joined whose birth days were not given.
    """

    plan: str
    height: int
    time_ms: int
    slot: int | None = None
    seq: int | None = None
    rows: int = 1
    digest: bytes | None = None
    unchecked: tuple[str, ...] = ()
    _make: Callable[[], Receipt] | None = field(default=None, repr=False, compare=False)

    def receipt(self) -> Receipt:
        """The proof that it was recorded, under a signed checkpoint."""
        if self._make is None:
            raise RecordUnavailable("no receipt can be made for this write")
        return self._make()


_Record = tuple[tuple[int, ...], bytes]
"""Totals and hash of a node."""


class _Tree:
    """All levels of a small sheet's tree, folded once, and the salts of its pages. Never changed, so free to share."""

    __slots__ = ("_levels", "_pages", "_salts")

    def __init__(self, new: NewSheet, chain: bytes) -> None:
        assert new.built is not None, "only sheets built in memory have receipts by row"
        descriptor = new.descriptor
        size = descriptor.schema.record_bytes
        data = b"".join([tile for level, _, tile in new.built.tiles if level == 0])
        records = [data[at : at + size] for at in range(0, len(data), size)]
        self._pages = len(records)
        self._levels = [[unpack_record(record) for record in records]]
        while len(records) > 1:
            records = _parents(records, self._levels[-1], len(self._levels))
            self._levels.append([unpack_record(record) for record in records])
        self._salts = b""
        if new.secret is not None:
            self._salts = Salter(descriptor.context(chain), new.secret).salts(0, self._pages)

    def path(self, index: int) -> tuple[_Record, ...]:
        """What stands beside the way from page ``index`` to the top, bottom-up."""
        found = []
        for level in self._levels:
            if index ^ 1 < len(level):  # a last node without a partner has moved up unchanged
                found.append(level[index ^ 1])
            index >>= 1
        return tuple(found)

    def salt(self, index: int) -> bytes:
        """The salt of a page; empty where pages have none."""
        return self._salts[index * SALT_BYTES : (index + 1) * SALT_BYTES]


def _parents(records: list[bytes], parts: list[_Record], level: int) -> list[bytes]:
    """The next level up; a last node without a partner moves up unchanged."""
    above = []
    for at in range(1, len(records), 2):
        totals = tuple([one + more for one, more in zip(parts[at - 1][0], parts[at][0], strict=True)])
        above.append(pack_record(totals, node_hash(level, records[at - 1], records[at])))
    return above if len(records) % 2 == 0 else [*above, records[-1]]


class GroupProofs:
    """The trees of one commit, shared by its receipts; safe for many threads."""

    def __init__(self, done: Committed, hashes: list[bytes], entries: list[bytes]) -> None:
        self._done = done
        self._hashes = hashes
        self._entries = entries
        self._trees: dict[int, _Tree] = {}

    def row(self, sheet: int, row: int) -> Receipt:
        """The receipt of one row."""
        new = self._done.sheets[sheet]
        return self._receipt(("row", sheet, self._page(sheet, new, row)))

    def batch(self, sheet: int) -> Receipt:
        """The receipt of a whole sheet."""
        return self._receipt(("sheet", sheet))

    def entry(self, index: int) -> Receipt:
        """The receipt of an entry."""
        return self._receipt(("entry", index, self._entries[index], inclusion_proof(self._hashes, index)))

    def _receipt(self, subject: tuple[object, ...]) -> Receipt:
        done = self._done
        return Receipt(done.checkpoint, done.height, done.block, done.proof, subject)

    def _page(self, sheet: int, new: NewSheet, row: int) -> tuple[object, ...]:
        """The page's proof as ``PageProof.to_value`` has it."""
        assert new.built is not None, "only sheets built in memory have receipts by row"
        descriptor, bundles = new.descriptor, new.built.bundles
        schema = descriptor.schema
        index = row // schema.page_rows
        rows = schema.rows_in_page(index, descriptor.rows)
        start = index % PAGES_PER_BUNDLE * schema.page_bytes
        page = bundles[index // PAGES_PER_BUNDLE][start : start + rows * schema.row_bytes]
        tree = self._trees.get(sheet)
        if tree is None:
            # Two threads may both make it; either is right, and no lock is held that a third would wait for.
            tree = self._trees[sheet] = _Tree(new, self._done.chain)
        return index, rows, page, tree.salt(index), tree.path(index)


def receipt_from_archive(archive: Archive, chain: bytes, height: int, kind: str, index: int, row: int) -> Receipt:
    """The receipt of what stands in block ``height``, under the newest checkpoint of the archive that covers it.

    Under the one that witnesses have cosigned where that goes so far, else under the newest that was signed.
    ``kind`` is "row", "sheet" or "entry"; ``index`` the sheet's or entry's; ``row`` the sheet's row.
    """
    note = archive.checkpoint()
    size = parse_checkpoint(parse_note(note).text).size
    if height >= size:
        note = archive.signed()
        size = parse_checkpoint(parse_note(note).text).size
    if height >= size:
        raise RecordUnavailable("the newest checkpoint does not cover this block yet", value=height)
    proof = inclusion_proof_from_nodes(archive.nodes(BLOCKS), height, size)
    header = archive.header(height)
    subject: tuple[object, ...]
    if kind == "entry":
        entries = archive.entries(height)
        hashes = [entry_hash(data) for data in entries]
        subject = ("entry", index, entries[index], inclusion_proof(hashes, index))
    elif kind == "sheet":
        subject = ("sheet", index)
    else:
        ref = SheetRef(height, header.time_ms, index, -1, header.sheets[index])
        subject = ("row", index, _tuples(page_proof(archive, chain, ref, row).to_value()))
    return Receipt(note, height, archive.block(height), proof, subject)


def _tuples(value: object) -> object:
    """Arrays as they decode, so that a receipt need not be written and read to be verified."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list | tuple) else value
