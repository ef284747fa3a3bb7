"""What a record shows, at its place in the plan's logs: sheets, rows of sheets, entries.

A leaf of the plan's log of sheets is proven under the root that the last block commits to; a page of the sheet under
the leaf's descriptor; a row is in its page. An entry is the one that a leaf of the log of entries names. What is proven
is told to the chronicle, which holds it against everything else that the record shows.
"""

from __future__ import annotations

from typing import TypeAlias

from ..block.entry import Entry, entry_hash
from ..block.plan import EventLeaf, PlanLeaf, SheetLeaf
from ..errors import MutualchainError, RecordMismatch, RuleBroken
from ..sheet import Descriptor, PageProof, verify_page
from ..tlog.merkle import leaf_hash, verify_inclusion
from .bundle import Logged
from .order import Chronicle

__all__ = ["Row", "octets", "row_of", "verify_entry", "verify_event_leaf", "verify_sheet_leaf", "whole"]

Row: TypeAlias = "dict[str, int | bytes]"


def verify_event_leaf(item: Logged, log: PlanLeaf, chronicle: Chronicle) -> EventLeaf:
    """A leaf at its place in a plan's log of entries, or in the chain's. Raises ProofError, RecordMismatch."""
    if not 0 <= item.position < log.events_size:
        raise RecordMismatch("an entry is at no place of its log", value=item.position)
    verify_inclusion(leaf_hash(item.leaf), item.position, log.events_size, item.proof, log.events_root)
    leaf = EventLeaf.from_bytes(item.leaf)
    chronicle.add(f"entries of {log.plan!r}", item.position, leaf.height, leaf.time_ms)
    return leaf


def verify_entry(item: Logged, log: PlanLeaf, chronicle: Chronicle) -> tuple[EventLeaf, Entry]:
    """An entry at its place in a plan's log of entries, or in the chain's. Raises ProofError, RecordMismatch."""
    leaf = verify_event_leaf(item, log, chronicle)
    if entry_hash(item.body) != leaf.entry_hash:
        raise RecordMismatch("an entry is not the one that the log names", value=item.position)
    entry = Entry.from_bytes(item.body)
    if entry.plan != log.plan:
        raise RuleBroken("a log holds an entry of another plan", value=entry.plan)
    return leaf, entry


def verify_sheet_leaf(item: Logged, plan: PlanLeaf, chronicle: Chronicle) -> SheetLeaf:
    """A sheet of the plan at its place in the plan's log. Raises ProofError, RecordMismatch."""
    if not 0 <= item.position < plan.sheets_size:
        raise RecordMismatch("a sheet is at no place of the plan's log", value=item.position)
    verify_inclusion(leaf_hash(item.leaf), item.position, plan.sheets_size, item.proof, plan.sheets_root)
    leaf = SheetLeaf.from_bytes(item.leaf)
    if leaf.descriptor.plan != plan.plan:
        raise RuleBroken("the plan's log holds a sheet of another plan", value=leaf.descriptor.plan)
    chronicle.add_sheet(item.position, leaf.height, leaf.time_ms, leaf.descriptor)
    return leaf


def row_of(leaf: SheetLeaf, chain: bytes, proof: PageProof, row: int | None = None) -> Row:
    """The row shown by a page: ``row`` of the sheet, or the only one of a sealed page."""
    try:
        page = verify_page(leaf.descriptor, chain, proof)
    except MutualchainError as error:
        error.place = error.place or _place_of(leaf.descriptor)
        raise
    if row is None:
        return page.row(page.first_row)
    if not page.first_row <= row < page.first_row + page.rows:
        raise RecordMismatch("the page shown is not the one that holds your row", value=proof.index)
    return page.row(row)


def _place_of(descriptor: Descriptor) -> str:
    """Where a sheet stands, in a member's words: her round, her enrolment, her credit."""
    schema = descriptor.schema.name
    if schema == "charge/1":
        return f"round {descriptor.number + 1}"
    return f"your {schema.partition('/')[0]} in sheet {descriptor.number}"


def whole(row: Row, name: str) -> int:
    """A row's integer; 0 for a column that its schema does not have."""
    value = row.get(name, 0)
    assert isinstance(value, int)
    return value


def octets(row: Row, name: str) -> bytes:
    """A row's byte string."""
    value = row[name]
    assert isinstance(value, bytes)
    return value
