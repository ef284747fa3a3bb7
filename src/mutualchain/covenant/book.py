"""The book of a plan: the state that its covenant works on, and the rules for every change of it.

A cache of the chain: everything in it follows from the blocks. The writer asks a
:class:`~mutualchain.covenant.stage.Stage` whether a group of events is allowed and applies them after the durable
commit; whoever replays the chain feeds recorded sheets to :mod:`~mutualchain.covenant.replay`, which applies the same
rules and returns every violation. Both call :meth:`Book.tick` with a block's time before anything of that block.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import (
    AmountError,
    CalendarRule,
    MutualchainError,
    NoRoundOpen,
    PlanExists,
    RoundOpen,
    RuleError,
    SlotUnknown,
    SnapshotError,
)
from ..limits import MAX_TOTAL
from . import closing, settling, steps
from .acts import Act, Adoption, Amendment, ClosingNotice, ClosingStatement, Fund, Restitution, RoundOpening, Void
from .announcing import exempt_of, terms_of, terms_violations
from .apportionment import whole
from .calendar import deduction_instant
from .capture import Capture, Past
from .cases import CaseLife
from .closing import Closing
from .document import Covenant
from .figures import fees_of
from .institutions import Registry
from .members import Members
from .money import CaseState, Done, Totals
from .opened import Difference, OpenRound, charge_violations
from .plan_rules import amendment_rule, fund_rule, refund_terms
from .refunds import RefundTerms
from .restitution import restitute
from .rounds import Carried, RoundResult, RoundTerms, check_round
from .timing import Version, instant_after, version_at

__all__ = ["Book", "CaseState", "Difference", "Totals", "Version", "charge_violations"]

Columns = Mapping[str, NDArray[Any]]


class Book:
    """A plan's members, cases, round and totals. ``surplus`` and ``deficit`` are carried to the next round.

    ``pot`` is money beside the members', which the next round takes; ``restituted`` what members ill in the waiting
    period got back since the last announcement; ``headcount`` is the last round's, ``done`` are all
    settled ones, ``past`` those whose unpaid shares are not overdue yet; ``corrected`` the credits taken back, as
    (slot, running number). ``life`` is the cases' own state; ``registry``, the chain's institutions, is shared by all
    books. ``now_ms`` and ``height`` are those of the block that is being made or applied.
    """

    __slots__ = (
        "capture", "cases", "closing", "corrected", "deficit", "done", "headcount", "height", "instant", "life",
        "members", "now_ms", "open", "past", "plan", "pot", "registry", "restituted", "rounds", "snapshot_height",
        "snapshot_time_ms", "surplus", "totals", "versions",
    )  # fmt: skip

    def __init__(
        self,
        plan: str,
        covenant: Covenant,
        version: int = 1,
        *,
        registry: Registry | None = None,
        now_ms: int = 0,
        height: int = 0,
    ) -> None:
        self.plan = plan
        self.versions = [Version(version, covenant, now_ms, height)]
        self.members = Members()
        self.cases: dict[bytes, CaseState] = {}
        self.capture: Capture | None = None
        self.open: OpenRound | None = None
        self.rounds = 0
        self.surplus = 0
        self.deficit = 0
        self.headcount = 0
        self.pot = self.restituted = 0
        self.snapshot_height = -1
        self.snapshot_time_ms = -1
        self.totals = Totals()
        self.done: list[Done] = []
        self.past: tuple[Past, ...] = ()
        self.corrected: set[tuple[int, int]] = set()
        self.life = CaseLife()
        self.closing: Closing | None = None
        self.registry = Registry() if registry is None else registry
        self.now_ms = now_ms
        self.height = height
        self.instant = instant_after(self.versions, now_ms)
        if covenant.sharing.cap_year:
            self.members.count_years()

    # --- covenant and time --------------------------------------------------------------------

    @property
    def covenant(self) -> Covenant:
        """The covenant in force at ``now_ms``."""
        return self.covenant_at(self.now_ms)

    @property
    def version(self) -> int:
        """The number of the covenant in force at ``now_ms``."""
        return version_at(self.versions, self.now_ms).number

    def covenant_at(self, time_ms: int) -> Covenant:
        """The covenant in force at ``time_ms``."""
        return version_at(self.versions, time_ms).covenant

    def tick(self, time_ms: int, height: int) -> None:
        """A block of this time comes after block ``height``: freeze the snapshot of an instant that has come.

        An instant at which a round is open has no snapshot; one that comes before the last snapshot was used replaces
        it, and so does a covenant with rounds by event.
        """
        self.now_ms, self.height = max(self.now_ms, time_ms), height + 1
        if self.capture is not None and self.capture.frozen and self.covenant.calendar.kind == "event":
            self.cancel_capture()
        if self.open is not None or self.instant is None or self.now_ms < self.instant:
            return
        last = self.instant
        while (following := instant_after(self.versions, last)) is not None and following <= self.now_ms:
            last = following
        self.instant = following
        if self.covenant.calendar.kind == "monthly":
            self.cancel_capture()
            self.capture = self.new_capture(height, last, frozen=True)

    # --- questions ----------------------------------------------------------------------------

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
        """What an open round will deduct, or the most that one whose snapshot was taken may come to deduct.

        Without the second a member could take out, between snapshot and announcement, what she is then charged.
        """
        if self.open is not None:
            return 0 if self.open.mandate else self.open.due(slot)
        return self.capture.most(slot) if self.capture is not None else 0

    def counted(self, slot: int) -> int:
        """A member's events that a running snapshot has counted.

        They count against the most events between two rounds still, because a snapshot may be given up.
        """
        return int(self.capture.events[slot]) if self.capture is not None and slot < self.capture.rows else 0

    def covered(self, slots: NDArray[np.int64], time_ms: int | None = None) -> NDArray[np.bool_]:
        """Which of these slots would share in a round with a snapshot at ``time_ms`` (the block's unless given)."""
        at = self.now_ms if time_ms is None else time_ms
        return settling.view_at(self.members, self.covenant_at(at), at, self.past).covered(slots)

    def in_grace(self, slot: int, time_ms: int | None = None) -> bool:
        """Whether a member is in arrears, and not for longer than the grace.

        Prepaid: a round found too little in her balance, and there is nothing in it still. Post-paid: she owes. By
        mandate: a collection failed.
        """
        at = self.now_ms if time_ms is None else time_ms
        return settling.in_grace(self.members, self.covenant_at(at), at, self.past, slot)

    def may_rejoin(self, slot: int) -> bool:
        """Whether the key of a slot may take another: once its member has left, where the covenant lets her return."""
        return self.covenant.membership.rejoin == "new_slot" and bool(self.members.exited[slot])

    def announced(self, case: bytes) -> bool:
        """Whether the open round shares this case."""
        return self.open is not None and case in self.open.terms.cases

    def expected_holding(self) -> int:
        """What must be held for the plan, in minor units."""
        return self.totals.holding

    @property
    def carried(self) -> Carried:
        """What the next round begins with."""
        return Carried(self.surplus, self.deficit, self.headcount)

    # --- rounds -----------------------------------------------------------------------------

    def begin_capture(self, height: int, time_ms: int) -> Capture:
        """The snapshot for a round: the frozen one of a monthly calendar, else of the state after block ``height``.

        Raises RoundOpen, SnapshotError, CalendarRule.
        """
        if self.open is not None:
            raise RoundOpen(f"round {self.rounds + 1} is open already", value=self.plan)
        if self.covenant_at(time_ms).calendar.kind == "monthly":
            if self.capture is None or not self.capture.frozen:
                raise CalendarRule(
                    "no day of disclosure has come since the last round",
                    value=self.instant,
                    clause="calendar.disclosure_days",
                )
            return self.capture
        if self.capture is not None and not self.capture.frozen:
            raise RoundOpen(f"round {self.rounds + 1} is being opened already", value=self.plan)
        if height <= self.snapshot_height or time_ms <= self.snapshot_time_ms:
            raise SnapshotError("the snapshot does not lie after the last round's", value=time_ms)
        self.cancel_capture()  # a frozen one of a calendar that is not in force any more
        self.capture = self.new_capture(height, time_ms)
        return self.capture

    def new_capture(self, height: int, time_ms: int, *, frozen: bool = False) -> Capture:
        """A snapshot of the state as it is, for an instant not before the last block's."""
        members, version = self.members, version_at(self.versions, time_ms)
        for slot in [slot for slot, instant in members.leaving.items() if instant <= time_ms]:
            del members.leaving[slot]
        coverage = settling.coverage_at(members, version.covenant, time_ms, self.past)
        return Capture(members, height, time_ms, coverage, version=version.number, pot=self.pot, frozen=frozen)

    def cancel_capture(self) -> None:
        """Give the running snapshot up, as if it had never begun."""
        if self.capture is not None:
            self.capture.cancel()
            self.capture = None

    def terms(self, capture: Capture, cases: tuple[bytes, ...], top_up: int = 0) -> RoundTerms:
        """The terms of the next round at this snapshot; ``top_up`` is the operator's beyond what the pot holds.

        What the covenant makes the operator pay is added. Raises CaseUnknown, NobodyShares, TooFewMembers,
        ShareAboveCap, AmountError for a top-up out of range, and OverflowRule for figures that the format cannot hold.
        """
        if not whole(top_up) or not 0 <= top_up <= MAX_TOTAL:
            raise AmountError("a top-up is no whole number, negative or too large", value=top_up)
        return terms_of(self, capture, cases, capture.pot + top_up)

    def open_round(self, capture: Capture, terms: RoundTerms) -> OpenRound:
        """The round that these terms make of the snapshot; ``put_open`` puts it in force."""
        covenant = capture.coverage.covenant
        rows = capture.rows_for(terms.share, exempt_of(self, covenant, terms.cases))
        return OpenRound(
            terms,
            covenant,
            capture.rows,
            rows.slots,
            rows.statuses,
            rows.amounts,
            capture.events,
            usual=rows.usual,
            status=rows.status,
            waiting=capture.coverage.waiting,
            ending=rows.ending,
            pot=capture.pot,
            year=capture.coverage.year,
        )

    def put_open(self, opened: OpenRound) -> None:
        """The opening was recorded in this block: the round is open, the snapshot done, the pot taken."""
        terms, covenant = opened.terms, opened.covenant
        monthly = covenant.calendar.kind == "monthly"
        opened.due_ms = deduction_instant(covenant, terms.snapshot_time_ms if monthly else self.now_ms)
        self.capture, self.restituted = None, 0
        self.open = opened
        self.snapshot_height = terms.snapshot_height
        self.snapshot_time_ms = terms.snapshot_time_ms
        self.pot -= opened.pot
        self.totals.top_ups += terms.top_up - opened.pot
        settling.end_memberships(self.members, opened.ending)
        closing.round_opened(self)

    def settlement(self, opened: OpenRound | None = None) -> tuple[RoundResult, list[RuleError]]:
        """What the open round comes to if settled in this block, and what is wrong with that. Raises NoRoundOpen.

        ``opened`` is the open round with its failed collections.
        """
        opened = self.open if opened is None else opened
        if opened is None:
            raise NoRoundOpen("no round is open", value=self.plan)
        terms = opened.terms
        sharing, paid = opened.totals()
        divisor = None if opened.covenant.sharing.divisor == "headcount" else self.headcount
        carried = Carried(terms.surplus_in, terms.deficit_in, divisor)
        result, found = check_round(terms, opened.covenant, sharing, paid, carried)
        if self.now_ms < opened.due_ms:
            monthly = opened.covenant.calendar.kind == "monthly"
            clause = "calendar.deduction_days" if monthly else "calendar.notice_days"
            text = f"round {terms.number + 1} is settled at {self.now_ms}, and may be from {opened.due_ms} on"
            found.append(CalendarRule(text, value=opened.due_ms, clause=clause))
        return result, found

    def result(self, opened: OpenRound | None = None) -> RoundResult:
        """As :meth:`settlement`. Raises NoRoundOpen, CalendarRule; RoundUnbalanced for terms that do not add up."""
        result, found = self.settlement(opened)
        if found:
            raise found[0]
        return result

    def settle(self, result: RoundResult, opened: OpenRound | None = None) -> None:
        """The charge sheet was recorded in this block: charge everybody. ``opened`` as in :meth:`settlement`."""
        announced = self.open
        assert announced is not None, "settle without an open round"
        opened = announced if opened is None else opened
        terms = opened.terms
        settling.settle_members(self.members, opened, announced, self.now_ms)
        self.past = settling.keep_past(self.past, self.versions, opened, announced, self.now_ms)
        if opened.mandate:
            self.totals.collected += result.paid
        else:
            self.totals.charges += result.paid
        _, fees = fees_of(opened.covenant, terms.aids)
        for case, fee in zip(terms.cases, fees, strict=True):
            if case in self.cases:
                self.cases[case].round, self.cases[case].fee = self.rounds, fee
        self.totals.fees += terms.fee
        self.totals.aid += terms.aid
        # What changed since the announcement, by refunds, is carried on.
        net = result.surplus_out - result.deficit_out
        self.carry(net + (self.surplus - self.deficit) - (terms.surplus_in - terms.deficit_in))
        self.headcount = terms.headcount
        self.done.append(Done(opened.rows, terms.aid, terms.fee, self.now_ms))
        self.rounds += 1
        self.open = None
        self.instant = instant_after(self.versions, self.now_ms)
        for case in terms.cases:
            self._release(case)

    def carry(self, net: int) -> None:
        """What the next round begins with: a surplus, or below zero a deficit."""
        self.surplus, self.deficit = max(net, 0), max(-net, 0)

    def replay_opening(self, act: RoundOpening, capture: Capture | None) -> list[MutualchainError]:
        """Open a recorded round from its snapshot, and say what its terms get wrong."""
        found: list[MutualchainError] = []
        terms = act.terms
        if self.open is not None:
            return [RoundOpen("a round is opened while one is open", value=self.plan)]
        if capture is None:
            return [SnapshotError("the round's snapshot is no block before it", value=terms.snapshot_height)]
        found += terms_violations(self, capture, terms)
        self.put_open(self.open_round(capture, terms))
        return found

    # --- refunds and entries ------------------------------------------------------------------

    def refund_terms(self, case: bytes) -> RefundTerms:
        """What a refund of a voided case is made for. Raises CaseUnknown, RefundRule."""
        return refund_terms(self, case)

    def refund(self, terms: RefundTerms, start: int, amounts: NDArray[Any]) -> None:
        """Give back a part of a refund sheet, from slot ``start`` on."""
        stop = min(start + len(amounts), self.members.count)
        if self.capture is not None:
            self.capture.touch_many(np.arange(start, stop))
        self.members.stored[start:stop] += amounts[: stop - start].astype(np.int64)

    def put_refund(self, terms: RefundTerms, total: int) -> None:
        """A refund sheet was recorded, its rows given back: its ``total`` is missing from what is carried."""
        if terms.case in self.cases:
            self.cases[terms.case].refunded = True
        closing.round_given_back(self, terms)
        self.totals.refunds += total
        self.carry(self.surplus - self.deficit - total)

    def _release(self, case: bytes) -> None:
        """A case both shared and void: what was not paid of its aid, and its fee, are there for the next round."""
        state = self.cases.get(case)
        if state is not None and state.round is not None and case in self.life.voided and not state.released:
            state.released = True
            self.pot += state.aid - state.paid + state.fee
            self.totals.fees -= state.fee
            self.totals.aid -= state.aid

    def share_case(self, case: bytes, slot: int, aid: int) -> None:
        """An approved case waits for a round."""
        self.cases.setdefault(case, CaseState(slot, aid))

    def check(self, act: Act, digest: bytes, now_ms: int | None = None, facts: Any = None) -> None:
        """Raises what the covenant has against an entry; ``digest`` is the entry's hash, ``facts`` its case's if open.

        ``now_ms`` is the block's time, as of the last ``tick`` unless given.
        """
        at = self.now_ms if now_ms is None else now_ms
        closing.forbid(self, act, at)
        if isinstance(act, Adoption):
            text = "the plan has a covenant already, and nothing but an amendment changes it"
            raise PlanExists(text, value=self.plan, clause="amendments")
        if isinstance(act, Amendment):
            amendment_rule(self, act, at)
        elif isinstance(act, Fund):
            fund_rule(self, act)
        elif isinstance(act, ClosingNotice | ClosingStatement):
            closing.check(self, act, at)
        elif not isinstance(act, RoundOpening):
            steps.check(self, act, digest, at, facts)

    def apply(self, act: Act, digest: bytes, now_ms: int | None = None) -> None:
        """Put a recorded entry in force (a round's opening goes through ``put_open``).

        Even one that ``check`` refuses: a replay goes on from what was recorded.
        """
        at = self.now_ms if now_ms is None else now_ms
        if isinstance(act, Amendment):
            covenant = Covenant.from_bytes(act.covenant)
            self.versions.append(Version(act.version, covenant, act.effective_ms, self.height))
            if covenant.sharing.cap_year:
                self.members.count_years()
            if self.instant is not None or covenant.calendar.kind == "monthly":
                self.instant = instant_after(self.versions, at)
        elif isinstance(act, Fund):
            self.pot += act.amount
            self.totals.funds += act.amount
        elif isinstance(act, ClosingNotice | ClosingStatement):
            closing.apply(self, act, digest, at)
        else:
            self.life.apply(self, act, digest, at)
            if isinstance(act, Void):
                self._release(act.case)
            elif isinstance(act, Restitution):
                restitute(self, act)

    # --- sheets, replayed -------------------------------------------------------------------

    def charge_violations(self, start: int, columns: Columns) -> list[RuleError]:
        """Compare recorded charge rows from slot ``start`` on with what the covenant computes, row by row."""
        if self.open is None:
            return [NoRoundOpen("a charge sheet was recorded without an open round", value=self.plan)]
        return charge_violations(self.open, start, columns)
