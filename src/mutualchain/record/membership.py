"""The member's own enrolment: her row, and the place of its sheet among all enrolments."""

from __future__ import annotations

from dataclasses import dataclass

from ..block.plan import PlanLeaf
from ..errors import RecordMismatch, RuleBroken
from ..sheet import Descriptor
from .bundle import RecordBundle
from .logs import octets, row_of, verify_sheet_leaf, whole
from .order import Chronicle

__all__ = ["Membership"]

ENROLMENT = "enrolment/1"


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
        row = row_of(leaf, chain, bundle.enrolment.page, slot - batch.first)
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
