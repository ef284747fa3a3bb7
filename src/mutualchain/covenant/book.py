"""The book of a plan: the state that its covenant works on, and the rules for every change of it.

A cache of the chain: everything in it follows from the blocks. The writer asks a
:class:`~mutualchain.covenant.stage.Stage` whether a group of events is allowed and applies them after the durable
commit; whoever replays the chain feeds recorded sheets to :mod:`~mutualchain.covenant.replay`, which applies the same
rules and returns every violation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import (
    AidRule,
    AmountError,
    CaseUnknown,
    ChargeMismatch,
    MutualchainError,
    NoRoundOpen,
    OverflowRule,
    PayoutAboveAid,
    PlanExists,
    RoundOpen,
    RoundUnbalanced,
    RuleError,
    ShareAboveCap,
    SlotUnknown,
    SnapshotError,
)
from ..limits import MAX_CASES_PER_ROUND, MAX_CHARGE, MAX_TOTAL
from .acts import Act, Adoption, CaseApproval, Payout, RoundOpening
from .capture import Capture, OpenRound
from .document import Covenant
from .members import Members
from .rounds import RoundResult, RoundTerms, check_round

__all__ = ["Book", "CaseState", "Difference", "Totals", "charge_violations"]

Columns = Mapping[str, NDArray[Any]]
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """The ``value`` of an error that names two: what the covenant computes, and what was recorded."""

    expected: object
    found: object

    def __str__(self) -> str:
        return f"{self.found} where {self.expected} is computed"


@dataclass(slots=True)
class CaseState:
    """An approved case: slot and aid, the round that shared it (None before), and what was paid so far."""

    slot: int
    aid: int
    round: int | None = None
    paid: int = 0


@dataclass(slots=True)
class Totals:
    """Sums over the plan's life, in minor units. balances = deposits + credits - withdrawals - charges."""

    deposits: int = 0
    credits: int = 0
    withdrawals: int = 0
    charges: int = 0
    fees: int = 0
    aid: int = 0
    payouts: int = 0


@dataclass(slots=True)
class Book:
    """A plan's members, cases, round and totals. ``surplus`` and ``deficit`` are carried to the next round."""

    plan: str
    covenant: Covenant
    version: int
    members: Members = field(default_factory=Members)
    cases: dict[bytes, CaseState] = field(default_factory=dict)
    capture: Capture | None = None
    open: OpenRound | None = None
    rounds: int = 0
    surplus: int = 0
    deficit: int = 0
    snapshot_height: int = -1
    snapshot_time_ms: int = -1
    totals: Totals = field(default_factory=Totals)

    @property
    def slots(self) -> int:
        """Memberships so far."""
        return self.members.count

    def balance(self, slot: int) -> int:
        """The balance of ``slot`` in minor units. Raises SlotUnknown."""
        if not 0 <= slot < self.members.count:
            raise SlotUnknown(f"the plan has no slot {slot}", value=slot)
        return self.members.balance(slot)

    def free(self, slot: int) -> int:
        """The balance less what is reserved: what can be withdrawn; negative where more is reserved."""
        return self.balance(slot) - self.reserved(slot)

    def reserved(self, slot: int) -> int:
        """What an open round will deduct, or the most that one whose snapshot is being taken may come to deduct.

        Without the second a member could take out, between snapshot and announcement, what she is then charged.
        """
        if self.open is not None:
            return self.open.due(slot)
        return self.capture.most(slot, self.covenant.cap) if self.capture is not None else 0

    def counted(self, slot: int) -> int:
        """A member's events that a running snapshot has counted.

        They count against the most events between two rounds still, because a snapshot may be given up.
        """
        return int(self.capture.events[slot]) if self.capture is not None and slot < self.capture.rows else 0

    # --- rounds -----------------------------------------------------------------------------

    def begin_capture(self, height: int, time_ms: int) -> Capture:
        """Start a snapshot of the state after block ``height``. Raises RoundOpen, SnapshotError."""
        if self.open is not None or self.capture is not None:
            raise RoundOpen(f"round {self.rounds + 1} is open already", value=self.plan)
        if height <= self.snapshot_height or time_ms <= self.snapshot_time_ms:
            raise SnapshotError("the snapshot does not lie after the last round's", value=time_ms)
        self.capture = Capture(self.members, height, time_ms)
        return self.capture

    def cancel_capture(self) -> None:
        """Give the running snapshot up, as if it had never begun."""
        if self.capture is not None:
            self.capture.cancel()
            self.capture = None

    def terms(self, capture: Capture, cases: tuple[bytes, ...], top_up: int = 0) -> RoundTerms:
        """The terms of the next round at this snapshot.

        Raises CaseUnknown, NobodyShares, ShareAboveCap, AmountError for a top-up out of range, and OverflowRule for
        figures that the format cannot hold, now or in the round after this one.
        """
        aid = self._aid(cases)
        headcount = capture.headcount()
        figures = self.covenant.apportion(aid, headcount, surplus=self.surplus, deficit=self.deficit, top_up=top_up)
        # The share is a u32 column. Whoever pays less leaves a smaller surplus, and a deficit of at most ``needed``.
        needed = aid + figures.fee + self.deficit
        if figures.share > MAX_CHARGE or max(needed, figures.due, figures.surplus) > MAX_TOTAL:
            raise OverflowRule("the round's figures leave the range of the format", value=max(needed, figures.surplus))
        if self.covenant.cap and figures.share > self.covenant.cap:
            raise ShareAboveCap(f"the share would be {figures.share} where {self.covenant.cap} is the cap", value=aid)
        return RoundTerms(
            number=self.rounds,
            snapshot_height=capture.height,
            snapshot_time_ms=capture.time_ms,
            covenant_version=self.version,
            covenant_hash=self.covenant.hash,
            share=figures.share,
            headcount=headcount,
            aid=aid,
            fee=figures.fee,
            surplus_in=self.surplus,
            deficit_in=self.deficit,
            top_up=top_up,
            cases=cases,
        )

    def open_round(self, capture: Capture, terms: RoundTerms) -> OpenRound:
        """The round that these terms make of the snapshot; ``apply`` of the opening entry puts it in force."""
        slots, statuses, amounts = capture.exceptions(terms.share)
        return OpenRound(terms, capture.rows, slots, statuses, amounts, capture.events)

    def put_open(self, opened: OpenRound) -> None:
        """The opening was recorded: the round is open and the snapshot done."""
        self.capture = None
        self.open = opened
        self.snapshot_height = opened.terms.snapshot_height
        self.snapshot_time_ms = opened.terms.snapshot_time_ms

    def settlement(self) -> tuple[RoundResult, list[RuleError]]:
        """What the open round comes to, and what its figures get wrong. Raises NoRoundOpen."""
        if self.open is None:
            raise NoRoundOpen("no round is open", value=self.plan)
        sharing, paid = self.open.totals()
        return check_round(self.open.terms, self.covenant, sharing, paid, (self.surplus, self.deficit))

    def result(self) -> RoundResult:
        """What the open round comes to. Raises NoRoundOpen; RoundUnbalanced where its terms do not add up."""
        result, found = self.settlement()
        if found:
            raise found[0]
        return result

    def settle(self, result: RoundResult) -> None:
        """The charge sheet was recorded: charge everybody. Cost grows with the exceptions, not the members."""
        opened = self.open
        assert opened is not None, "settle without an open round"
        members, share = self.members, opened.terms.share
        members.levy += share
        # Each slot occurs once; add.at takes half the time of fancy indexing, and others are waiting.
        np.add.at(members.stored, opened.slots.astype(np.int64), np.int64(share) - opened.amounts.astype(np.int64))
        members.stored[opened.rows : members.count] += share
        for case in opened.terms.cases:
            if case in self.cases:
                self.cases[case].round = self.rounds
        self.totals.charges += result.paid
        self.totals.fees += opened.terms.fee
        self.totals.aid += opened.terms.aid
        self.surplus, self.deficit = result.surplus_out, result.deficit_out
        self.rounds += 1
        self.open = None

    def _aid(self, cases: tuple[bytes, ...]) -> int:
        if len(cases) > MAX_CASES_PER_ROUND:
            raise OverflowRule(f"a round shares at most {MAX_CASES_PER_ROUND} cases", value=len(cases))
        if len(set(cases)) != len(cases):
            raise CaseUnknown("a case is named twice in one round")
        total = 0
        for case in cases:
            state = self.cases.get(case)
            if state is None or state.round is not None:
                raise CaseUnknown("a case is not approved, or was shared already", value=case)
            total += state.aid
        if not cases and not self.deficit:
            raise CaseUnknown("a round needs a case, or a deficit to share")
        return total

    # --- entries ----------------------------------------------------------------------------

    def check(self, act: Act, digest: bytes) -> None:
        """Raises what the covenant has against an entry; ``digest`` is the entry's hash."""
        if isinstance(act, Adoption):
            raise PlanExists("the plan has a covenant already", value=self.plan)
        if isinstance(act, CaseApproval):
            self.balance(act.slot)
            if not 0 < act.aid <= self.covenant.max_aid:
                raise AidRule(
                    f"the aid {act.aid} is not from 1 to the covenant's {self.covenant.max_aid}", value=act.aid
                )
            if digest in self.cases:
                raise CaseUnknown("the same case was approved already", value=digest)
        if isinstance(act, Payout):
            state = self.cases.get(act.case)
            if state is None or state.round is None:
                raise CaseUnknown("the case is not approved, or was not shared yet", value=act.case)
            if not 0 < act.amount <= state.aid - state.paid:
                raise PayoutAboveAid(f"{state.aid - state.paid} of {state.aid} is left to pay", value=act.amount)

    def apply(self, act: Act, digest: bytes) -> None:
        """Put a recorded entry in force (a round's opening goes through ``put_open``).

        Even one that ``check`` refuses: a replay goes on from what was recorded.
        """
        if isinstance(act, CaseApproval):
            self.cases.setdefault(digest, CaseState(act.slot, act.aid))
        elif isinstance(act, Payout):
            if act.case in self.cases:
                self.cases[act.case].paid += act.amount
            self.totals.payouts += act.amount

    def replay_opening(self, act: RoundOpening, capture: Capture | None) -> list[MutualchainError]:
        """Open a recorded round from its snapshot, and say what its terms get wrong."""
        found: list[MutualchainError] = []
        terms = act.terms
        if self.open is not None:
            return [RoundOpen("a round is opened while one is open", value=self.plan)]
        if capture is None:
            return [SnapshotError("the round's snapshot is no block before it", value=terms.snapshot_height)]
        try:
            wanted = self.terms(capture, terms.cases, terms.top_up)
        except (RuleError, AmountError) as error:
            found.append(error)
        else:
            for name in RoundTerms.__dataclass_fields__:
                stated, computed = getattr(terms, name), getattr(wanted, name)
                if stated != computed:
                    found.append(
                        RoundUnbalanced(
                            f"{name} is stated as {_shown(stated)} and computed as {_shown(computed)}",
                            value=Difference(_shown(computed), _shown(stated)),
                            place=f"round {terms.number + 1}",
                        )
                    )
        self.put_open(self.open_round(capture, terms))
        return found

    # --- sheets, replayed -------------------------------------------------------------------

    def charge_violations(self, start: int, columns: Columns) -> list[RuleError]:
        """Compare recorded charge rows from slot ``start`` on with what the covenant computes, row by row."""
        if self.open is None:
            return [NoRoundOpen("a charge sheet was recorded without an open round", value=self.plan)]
        return charge_violations(self.open, start, columns)


def charge_violations(opened: OpenRound, start: int, columns: Columns, base: int = 0) -> list[RuleError]:
    """Compare recorded charge rows from slot ``start`` on with those of ``opened``, row by row.

    ``base`` is added to slots in messages, for an ``opened`` that was cut out of a larger one.
    """
    rows = len(columns["amount"])
    if start + rows > opened.rows:
        return [
            ChargeMismatch(f"the sheet has rows beyond slot {base + opened.rows - 1}", place=f"slot {base + start}")
        ]
    wanted = opened.columns(start, start + rows)
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


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()[:16]
    if isinstance(value, tuple):
        return f"{len(value)} cases"
    return str(value)
