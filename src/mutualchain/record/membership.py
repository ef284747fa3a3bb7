"""Sheets at their place in the plan's log, rows in sheets, and the member's own enrolment.

A leaf of the plan's log of sheets is proven under the root that the last block commits to; a page of the sheet
under the leaf's descriptor; a row is in its page. What is proven is told to the chronicle, which holds it against
everything else that the record shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ..block.plan import PlanLeaf, SheetLeaf
from ..errors import MutualchainError, RecordMismatch, RuleBroken
from ..sheet import Descriptor, verify_page
from ..tlog.merkle import leaf_hash, verify_inclusion
from .bundle import Logged, RecordBundle, Shown
from .order import Chronicle

__all__ = ["Membership", "Row", "octets", "row_of", "verify_sheet_leaf", "whole"]

ENROLMENT = "enrolment/1"
Row: TypeAlias = "dict[str, int | bytes]"


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


def row_of(leaf: SheetLeaf, chain: bytes, shown: Shown, row: int | None = None) -> Row:
    """The row shown by a page: ``row`` of the sheet, or the only one of a sealed page."""
    try:
        page = verify_page(leaf.descriptor, chain, shown.page)
    except MutualchainError as error:
        error.place = error.place or _place_of(leaf.descriptor)
        raise
    if row is None:
        return page.row(page.first_row)
    if not page.first_row <= row < page.first_row + page.rows:
        raise RecordMismatch("the page shown is not the one that holds your row", value=page.index)
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


@dataclass(frozen=True, slots=True)
class Membership:
    """A member's proven row of the enrolment sheet, and the sheet's place."""

    chain: bytes
    plan: str
    slot: int
    height: int
    time_ms: int
    position: int
    batch: Descriptor
    key: bytes
    commitment: bytes
    deposit: int
    since_day: int

    @classmethod
    def verify(cls, bundle: RecordBundle, plan: PlanLeaf, chain: bytes, chronicle: Chronicle) -> Membership:
        """Her row, if the sheet shown holds her slot."""
        leaf = verify_sheet_leaf(bundle.enrolment.logged, plan, chronicle)
        batch, slot = leaf.descriptor, bundle.slot
        if batch.schema.name != ENROLMENT or not 0 <= slot - batch.first < batch.rows:
            raise RecordMismatch("the sheet shown does not hold your enrolment", value=slot)
        later = plan.next_number(ENROLMENT) - batch.number - 1  # sheets, of one slot or more each
        if not batch.number <= batch.first or not 0 <= later <= plan.slots - batch.first - batch.rows:
            raise RuleBroken("your slot does not fit the plan's counters", value=slot)
        if (batch.number == 0) != (batch.first == 0) or (later == 0) != (batch.first + batch.rows == plan.slots):
            raise RuleBroken("your slot does not fit the plan's counters", value=slot)
        row = row_of(leaf, chain, bundle.enrolment, slot - batch.first)
        return cls(
            chain,
            plan.plan,
            slot,
            leaf.height,
            leaf.time_ms,
            bundle.enrolment.logged.position,
            batch,
            octets(row, "key"),
            octets(row, "commitment"),
            whole(row, "deposit"),
            whole(row, "since_day"),
        )
