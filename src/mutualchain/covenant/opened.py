"""An opened round: the charge rows as its snapshot and its terms make them, before they are recorded.

Nearly everybody is charged the same, so what is kept is that usual row, the few that differ, and from which slot on
members are still waiting. The rows themselves are made chunk by chunk, by the writer to record them and by the
auditor to compare them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ChargeMismatch, CollectionRule, RuleError
from ..sheet import Status
from .document import Covenant
from .rounds import RoundTerms
from .sparse import positions

__all__ = ["Difference", "OpenRound", "charge_violations"]

Column = NDArray[Any]
Columns = Mapping[str, Column]
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """The ``value`` of an error that names two: what the covenant computes, and what was recorded."""

    expected: object
    found: object

    def __str__(self) -> str:
        return f"{self.found} where {self.expected} is computed"


@dataclass(slots=True)
class OpenRound:
    """An opened round: charge rows not yet recorded.

    ``rows`` is the number of slots at the snapshot. Each row is the usual one (``usual`` minor units, ``status``), from
    slot ``waiting`` on a waiting member's; ``slots`` (uint32, sorted), ``statuses`` (uint8) and ``amounts`` (uint32)
    are those that differ. ``events`` (uint8, at least ``rows`` long) counts each member's events up to the snapshot.
    ``ending`` are the slots whose memberships end with this snapshot, ``pot`` is the part of the top-up that was in
    the pot. The round may be settled from ``due_ms`` on; ``year`` is its snapshot's calendar year.
    """

    terms: RoundTerms
    covenant: Covenant
    rows: int
    slots: Column
    statuses: Column
    amounts: Column
    events: Column
    usual: int = -1
    status: int = Status.PAID
    waiting: int = -1
    ending: Column = field(default_factory=lambda: np.zeros(0, np.uint32))
    pot: int = 0
    due_ms: int = 0
    year: int = 0

    def __post_init__(self) -> None:
        if self.usual < 0:
            self.usual = self.terms.share
        if self.waiting < 0:
            self.waiting = self.rows

    @property
    def mandate(self) -> bool:
        """Whether amounts are collected from accounts outside, not from balances."""
        return self.covenant.sharing.funding == "mandate"

    def due(self, slot: int) -> int:
        """What ``slot`` will be charged: not free for withdrawal while the round is open."""
        if slot >= self.rows:
            return 0
        at = int(np.searchsorted(self.slots, slot))
        if at < len(self.slots) and int(self.slots[at]) == slot:
            return int(self.amounts[at])
        return self.usual if slot < self.waiting else 0

    def totals(self) -> tuple[int, int]:
        """(how many share, how much they pay): the aggregates of the charge sheet."""
        usual = self.waiting - int(np.searchsorted(self.slots, self.waiting))
        sharing = int(np.count_nonzero(self.statuses <= Status.CAPPED))
        return usual + sharing, usual * self.usual + int(self.amounts.sum(dtype=np.uint64))

    def columns(self, start: int, stop: int) -> dict[str, Column]:
        """The charge rows of slots ``start`` to ``stop``: amount uint32, status uint8, events uint8."""
        amount = np.full(stop - start, self.usual, np.uint32)
        status = np.full(stop - start, self.status, np.uint8)
        if stop > self.waiting:
            amount[max(self.waiting - start, 0) :] = 0
            status[max(self.waiting - start, 0) :] = Status.WAITING
        low, high = np.searchsorted(self.slots, [start, stop])
        at = self.slots[low:high].astype(np.int64) - start
        amount[at] = self.amounts[low:high]
        status[at] = self.statuses[low:high]
        return {"amount": amount, "status": status, "events": self.events[start:stop]}

    def chunks(self, rows: int) -> Iterator[dict[str, Column]]:
        """All charge rows, ``rows`` at a time."""
        for start in range(0, self.rows, rows):
            yield self.columns(start, min(start + rows, self.rows))

    def part(self, start: int, stop: int) -> OpenRound:
        """The rows of slots ``start`` to ``stop`` as a round of its own, its slots counted from 0."""
        low, high = np.searchsorted(self.slots, [start, stop])
        return replace(
            self,
            rows=stop - start,
            slots=(self.slots[low:high] - np.uint32(start)).astype(np.uint32),
            statuses=self.statuses[low:high],
            amounts=self.amounts[low:high],
            events=self.events[start:stop],
            waiting=min(max(self.waiting - start, 0), stop - start),
            ending=self.ending[:0],
        )

    def rows_of(self, slots: Column) -> tuple[Column, Column]:
        """(statuses, amounts) of these slots, all below ``rows``."""
        at, other = positions(slots, self.slots)
        statuses = np.where(slots < self.waiting, np.uint8(self.status), np.uint8(Status.WAITING))
        amounts = np.where(slots < self.waiting, np.int64(self.usual), np.int64(0))
        statuses[other] = self.statuses[at[other]]
        amounts[other] = self.amounts[at[other]]
        return statuses, amounts

    def with_failed(self, failed: Column) -> tuple[OpenRound, Column, Column]:
        """(the round with these collections marked as failed, their sorted slots, what each stays owing).

        Raises CollectionRule for a plan that does not collect by mandate, and for slots from which nothing is due.
        """
        slots = np.unique(failed).astype(np.int64)
        if not len(slots):
            return self, slots, slots
        if not self.mandate:
            raise CollectionRule("only plans that collect by mandate have failed collections", value=int(slots[0]))
        if slots[0] < 0 or slots[-1] >= self.rows:
            raise CollectionRule("the round has no such slot", value=int(slots[0] if slots[0] < 0 else slots[-1]))
        statuses, amounts = self.rows_of(slots)
        nothing = np.flatnonzero((statuses > Status.CAPPED) | (amounts == 0))
        if len(nothing):
            raise CollectionRule("nothing was due from this slot", value=int(slots[nothing[0]]))
        every = np.union1d(self.slots, slots.astype(np.uint32))
        marks, paid = self.rows_of(every)
        at = np.searchsorted(every, slots)
        marks[at], paid[at] = Status.PARTIAL, 0
        return replace(self, slots=every, statuses=marks, amounts=paid.astype(np.uint32)), slots, amounts

    def failed_among(self, start: int, columns: Columns) -> Column:
        """Slots of recorded rows from ``start`` on whose collection failed, where something was due."""
        if not self.mandate:
            return np.zeros(0, np.int64)
        at = np.flatnonzero((columns["status"] == Status.PARTIAL) & (columns["amount"] == 0)) + start
        at = at[at < self.rows]
        statuses, amounts = self.rows_of(at)
        found: Column = at[(statuses <= Status.CAPPED) & (amounts != 0)]
        return found


def charge_violations(opened: OpenRound, start: int, columns: Columns, base: int = 0) -> list[RuleError]:
    """Compare recorded charge rows from slot ``start`` on with those of ``opened``, row by row.

    ``base`` is added to slots in messages, for an ``opened`` that was cut out of a larger one. Which collections by
    mandate failed nobody can compute: such rows are taken as recorded.
    """
    rows = len(columns["amount"])
    if start + rows > opened.rows:
        return [
            ChargeMismatch(f"the sheet has rows beyond slot {base + opened.rows - 1}", place=f"slot {base + start}")
        ]
    wanted = opened.columns(start, start + rows)
    failed = opened.failed_among(start, columns) - start
    wanted["amount"][failed], wanted["status"][failed] = 0, Status.PARTIAL
    if all(np.array_equal(columns[name], wanted[name]) for name in wanted):
        return []
    different = np.zeros(rows, bool)
    for name in wanted:
        different |= columns[name] != wanted[name]
    found: list[RuleError] = []
    for row in np.flatnonzero(different)[:_SHOWN].tolist():
        stated = {name: int(columns[name][row]) for name in wanted}
        computed = {name: int(wanted[name][row]) for name in wanted}
        found.append(
            ChargeMismatch(
                f"the row says {stated}, the covenant computes {computed}",
                value=Difference(computed, stated),
                place=f"slot {base + start + row}",
            )
        )
    rest = int(np.count_nonzero(different)) - len(found)
    if rest:
        first = base + start
        found.append(ChargeMismatch(f"{rest} more rows differ", place=f"slots {first} to {first + rows - 1}"))
    return found
