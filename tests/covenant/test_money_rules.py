"""Who shares, who owes, what comes back: each rule of rounds and money in the smallest plan that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.canonical import decode, encode
from mutualchain.covenant import sections
from mutualchain.covenant.acts import Amendment, CaseApproval, Fund, Proposal, RoundOpening, Void
from mutualchain.covenant.book import Book
from mutualchain.covenant.calendar import DAY_MS, start_of
from mutualchain.covenant.cases import Proposed
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.institutions import Registry
from mutualchain.covenant.members import ARREARS
from mutualchain.covenant.refunds import RefundTerms
from mutualchain.covenant.replay import apply_credits, apply_enrolments, credit_violations, replay_sheet
from mutualchain.covenant.row import Standing, charge_row
from mutualchain.covenant.sparse import Sparse
from mutualchain.covenant.stage import Stage
from mutualchain.covenant.state import book_columns, book_from, book_value
from mutualchain.covenant.timing import Version, instant_after, version_at
from mutualchain.errors import (
    AlreadyExited,
    AmendmentRule,
    AmountError,
    ArrearsRule,
    BalanceTooLow,
    CalendarRule,
    CollectionRule,
    CorrectionRule,
    FundRule,
    MembershipEnded,
    MutualchainError,
    OverflowRule,
    RefundRule,
    RoundOpen,
    TooFewMembers,
)
from mutualchain.limits import MAX_CHARGE, MAX_ENTRY, MAX_TOTAL
from mutualchain.sheet import Status

from .tables import columns_of, enrolments, sparse, state_of

PLAIN = Covenant.simple("Demo", prepay=0, max_aid=10**9)
DAY = 17_928  # 2019-02-01
NAMES = [bytes([number]) * 32 for number in range(1, 10)]


def rules(**changed: Any) -> Covenant:
    return replace(PLAIN, **changed)


class Plan:
    """A book whose blocks come on days after 2019-02-01."""

    def __init__(self, covenant: Covenant, deposits: list[int]) -> None:
        self.day, self.cases = 0.0, 0
        self.book = Book("demo", covenant, 1, now_ms=self.now)
        self.join(deposits)

    @property
    def now(self) -> int:
        return start_of(PLAIN, DAY) + int(self.day * DAY_MS)

    def block(self, day: float | None = None) -> None:
        self.day = self.day + 0.01 if day is None else day
        self.book.tick(self.now, self.book.height)

    def join(self, deposits: list[int]) -> None:
        self.block()
        apply_enrolments(self.book, enrolments(deposits))

    def stage(self, events: Callable[[Stage], object]) -> None:
        self.block()
        stage = Stage(self.book)
        events(stage)
        stage.apply()

    def open(self, aid: int, slot: int = 0, top_up: int = 0) -> bytes:
        self.block()
        name = NAMES[self.cases]
        self.cases += 1
        self.book.apply(CaseApproval(slot, aid, bytes(32)), name)
        self.announce((name,), top_up)
        return name

    def announce(self, cases: tuple[bytes, ...], top_up: int = 0) -> None:
        self.block()
        capture = self.book.begin_capture(self.book.height, self.now + 1)
        try:
            terms = self.book.terms(capture, cases, top_up)
        except MutualchainError:
            self.book.cancel_capture()
            raise
        self.book.put_open(self.book.open_round(capture, terms))

    def settle(self, failed: tuple[int, ...] = (), day: float | None = None) -> None:
        self.block(day)
        assert self.book.open is not None
        opened, _, _ = self.book.open.with_failed(np.array(failed, np.int64))
        self.book.settle(self.book.result(opened), opened)

    def share(self, aid: int, *, slot: int = 0, failed: tuple[int, ...] = ()) -> bytes:
        name = self.open(aid, slot)
        self.settle(failed)
        return name

    @property
    def rows(self) -> list[tuple[str, int]]:
        """Status and amount of every row of the open round."""
        assert self.book.open is not None
        columns = self.book.open.columns(0, self.book.open.rows)
        return [
            (Status(status).name, amount)
            for status, amount in zip(columns["status"].tolist(), columns["amount"].tolist(), strict=True)
        ]

    @property
    def balances(self) -> list[int]:
        return columns_of(self.book.members)["balance"]


# --- who shares -----------------------------------------------------------------------------------


def test_who_joined_too_few_days_ago_waits_and_is_charged_nothing() -> None:
    plan = Plan(rules(sharing=sections.Sharing(waiting_days=3)), [100, 100])
    plan.block(2)
    plan.join([100, 0])
    plan.stage(lambda stage: stage.exit(3, 0))
    plan.block(3.5)
    plan.open(20)
    assert plan.rows == [("PAID", 10), ("PAID", 10), ("WAITING", 0), ("EXITED", 0)]
    assert plan.book.open is not None
    assert plan.book.open.totals() == (2, 20)
    assert [plan.book.free(slot) for slot in range(4)] == [90, 90, 100, 0]
    plan.settle()
    assert plan.balances == [90, 90, 100, 0]
    plan.block(5)
    plan.open(30)
    assert [row[0] for row in plan.rows] == ["PAID", "PAID", "PAID", "EXITED"]


def test_an_exit_takes_effect_after_the_notice_and_rounds_before_are_owed() -> None:
    plan = Plan(rules(membership=sections.Membership(prepay=0, exit_notice_days=3)), [100, 100])
    plan.stage(lambda stage: stage.exit(0, 0))
    with pytest.raises(AlreadyExited, match="leaving already"):
        plan.stage(lambda stage: stage.exit(0, 1))
    plan.stage(lambda stage: stage.credit(0, 5))
    apply_credits(plan.book, sparse("credit/1", [(0, 1, 2)]))
    plan.block(2.9)
    plan.share(20)
    assert plan.balances == [96, 90]
    plan.block(3.1)
    with pytest.raises(AlreadyExited, match="has left"):
        plan.stage(lambda stage: stage.credit(0, 5))
    assert [type(error) for error in credit_violations(plan.book, sparse("credit/1", [(0, 1, 3)]))] == [AlreadyExited]
    plan.open(10)
    assert plan.rows == [("EXITED", 0), ("PAID", 10)]
    assert plan.book.members.leaving == {}


def test_whose_case_is_shared_does_not_share_where_the_covenant_says_so() -> None:
    plan = Plan(rules(sharing=sections.Sharing(recipient_shares=False)), [100, 100, 0])
    plan.open(30, slot=1)
    assert plan.rows == [("PAID", 30), ("EXEMPT", 0), ("LAPSED", 0)]


def test_no_round_opens_below_the_smallest_headcount() -> None:
    plan = Plan(rules(membership=sections.Membership(prepay=0, smallest=3)), [100, 100, 0])
    with pytest.raises(TooFewMembers) as caught:
        plan.open(30)
    assert caught.value.clause == "membership.smallest"


def test_what_the_year_s_cap_leaves_is_paid_and_the_next_year_begins_anew() -> None:
    plan = Plan(rules(sharing=sections.Sharing(cap_year=15)), [100, 100, 12])
    plan.share(30)
    plan.join([100])
    plan.open(40)
    assert plan.rows == [("CAPPED", 5), ("CAPPED", 5), ("PARTIAL", 2), ("PAID", 10)]
    plan.settle()
    assert (plan.balances, plan.book.deficit) == ([85, 85, 0, 90], 18)
    plan.open(12)
    assert plan.rows == [("CAPPED", 0), ("CAPPED", 0), ("LAPSED", 0), ("CAPPED", 5)], "what is left of hers is less"
    plan.settle()
    plan.block(400)
    plan.open(24)
    assert plan.book.open is not None
    assert plan.book.open.terms.share == 17, "24 and the deficit of 25 among three"
    assert plan.rows == [("CAPPED", 15), ("CAPPED", 15), ("LAPSED", 0), ("CAPPED", 15)]


def test_a_balance_below_the_share_is_owed_in_full_where_the_covenant_says_so() -> None:
    plan = Plan(rules(sharing=sections.Sharing(short_balance="owe")), [100, 4, 0])
    plan.share(20)
    assert (plan.balances, plan.book.deficit) == ([90, -6, 0], 0)
    plan.open(5)
    assert plan.rows == [("PAID", 5), ("LAPSED", 0), ("LAPSED", 0)]


def test_the_divisor_can_be_the_headcount_of_the_round_before() -> None:
    plan = Plan(rules(sharing=sections.Sharing(divisor="previous_headcount")), [100, 100])
    plan.share(20)
    plan.join([100, 100])
    plan.share(20)
    assert (plan.balances, plan.book.surplus) == ([80, 80, 90, 90], 20)


# --- arrears ----------------------------------------------------------------------------------------


def test_prepaid_members_with_nothing_left_are_out_for_good_after_the_grace() -> None:
    plan = Plan(rules(arrears=sections.Arrears(grace_days=2, lapse="ended")), [100, 4, 4, 0])
    plan.share(40)
    assert [plan.book.in_grace(slot) for slot in range(4)] == [False, True, True, True]
    plan.stage(lambda stage: stage.credit(1, 1))
    plan.block(2.9)
    plan.open(2)
    assert plan.rows == [("PAID", 10), ("PARTIAL", 1), ("LAPSED", 0), ("LAPSED", 0)]
    plan.settle()
    plan.stage(lambda stage: stage.credit(2, 1))
    plan.block(3.5)
    assert not plan.book.in_grace(3)
    plan.open(2)
    assert columns_of(plan.book.members)["exited"] == [0, 0, 0, 2]
    with pytest.raises(MembershipEnded):
        plan.stage(lambda stage: stage.credit(3, 1))
    late = credit_violations(plan.book, sparse("credit/1", [(3, 1, 0)]))
    assert [type(error) for error in late] == [MembershipEnded]
    assert not plan.book.in_grace(3)
    assert plan.book.may_rejoin(3)
    plan.settle()
    plan.open(2)
    assert plan.rows[3] == ("LAPSED", 0)


def test_an_exit_under_way_ends_with_the_membership() -> None:
    covenant = rules(
        membership=sections.Membership(prepay=0, exit_notice_days=30), arrears=sections.Arrears(lapse="ended")
    )
    plan = Plan(covenant, [100, 4])
    plan.share(40)
    plan.stage(lambda stage: stage.exit(1, 0))
    plan.block(3)
    plan.open(2)
    assert columns_of(plan.book.members)["exited"] == [0, 2]
    assert (plan.book.members.exits, plan.book.members.leaving) == (1, {})


def test_post_paid_members_are_covered_until_a_share_is_overdue() -> None:
    sharing = sections.Sharing(funding="postpaid")
    plan = Plan(rules(sharing=sharing, arrears=sections.Arrears(grace_days=2)), [0, 0, 50])
    plan.share(30)
    assert plan.balances == [-10, -10, 40]
    plan.block(2)
    plan.share(30)
    plan.stage(lambda stage: stage.credit(1, 10))
    plan.join([0])
    plan.block(3.5)
    assert plan.book.covered(np.arange(4)).tolist() == [False, True, True, True]
    assert [plan.book.in_grace(slot) for slot in range(4)] == [False, True, False, False]
    plan.open(30)
    assert plan.rows == [("LAPSED", 0), ("PAID", 10), ("PAID", 10), ("PAID", 10)]
    plan.settle()
    plan.stage(lambda stage: stage.credit(0, 10))
    plan.block(3.9)
    assert plan.book.covered(np.array([0])).tolist() == [True], "the share that is left is not overdue"


def test_post_paid_members_owe_no_more_than_the_limit_before_they_lapse() -> None:
    plan = Plan(rules(sharing=sections.Sharing(funding="postpaid", credit_limit=10)), [0, 5, 30])
    plan.share(30)
    plan.open(5)
    assert plan.rows == [("LAPSED", 0), ("PAID", 3), ("PAID", 3)]


def test_who_waited_or_was_exempt_owes_nothing_of_those_rounds() -> None:
    sharing = sections.Sharing(funding="postpaid", recipient_shares=False, waiting_days=2)
    plan = Plan(rules(sharing=sharing, arrears=sections.Arrears(grace_days=30)), [0, 0])
    plan.block(2.5)
    plan.join([0])
    plan.share(10, slot=0)
    assert plan.balances == [0, -10, 0]
    plan.block(20)
    plan.stage(lambda stage: stage.credit(1, 9))
    assert plan.book.covered(np.arange(3)).tolist() == [True] * 3
    plan.block(33)
    assert plan.book.covered(np.arange(3)).tolist() == [True, False, True]


def test_failed_collections_are_owed_and_paid_into_the_pot() -> None:
    plan = Plan(rules(sharing=sections.Sharing(funding="mandate"), arrears=sections.Arrears(grace_days=1)), [0] * 4)
    plan.share(40, failed=(1, 2))
    assert plan.balances == [0] * 4
    assert (plan.book.totals.collected, plan.book.deficit) == (20, 20)
    assert [plan.book.in_grace(slot) for slot in range(4)] == [False, True, True, False]
    for amount, seq in ((0, 0), (11, 0)):
        with pytest.raises(ArrearsRule):
            plan.stage(lambda stage, amount=amount, seq=seq: stage.credit(1, amount, seq, ARREARS))  # type: ignore[misc]
    plan.stage(lambda stage: stage.credit(1, 4, 0, ARREARS))
    paid = sparse("credit/1", [(1, 6, 1), (2, 1, 0), (3, 2, 0)], reason=[1, 1, 0])
    assert credit_violations(plan.book, paid) == []
    apply_credits(plan.book, paid)
    assert (plan.balances, plan.book.pot, plan.book.totals.arrears) == ([0, 0, 0, 2], 11, 11)
    for row in ((2, 10, 1), (2, 0, 1)):
        wrong = credit_violations(plan.book, sparse("credit/1", [row], reason=[1]))
        assert [type(error) for error in wrong] == [ArrearsRule]
    plan.block(2.5)
    plan.announce(())
    assert [row[0] for row in plan.rows] == ["PAID", "PAID", "LAPSED", "PAID"]
    assert plan.book.open is not None
    assert (plan.book.open.terms.top_up, plan.book.reserved(0)) == (11, 0)
    for failed, text in (((2,), "nothing was due"), ((-1,), "no such slot"), ((4,), "no such slot")):
        with pytest.raises(CollectionRule, match=text):
            plan.settle(failed)
    plan.settle((0,))
    assert plan.book.members.owed.of(np.arange(4)).tolist() == [3, 0, 9, 0]


def test_only_collections_by_mandate_can_fail() -> None:
    plan = Plan(PLAIN, [10])
    plan.open(5)
    with pytest.raises(CollectionRule, match="only plans"):
        plan.settle((0,))


def test_arrears_paid_beyond_what_is_owed_are_found_in_a_replay_and_kept() -> None:
    plan = Plan(rules(sharing=sections.Sharing(funding="mandate")), [0] * 2)
    plan.share(20, failed=(1,))
    found = replay_sheet(plan.book, "credit/1", sparse("credit/1", [(1, 11, 0)], reason=[1]))
    assert [type(error) for error in found] == [ArrearsRule]
    assert (plan.book.pot, plan.book.members.owed.get(1)) == (11, 0)


# --- money beside the members -----------------------------------------------------------------------


def test_the_pot_and_what_the_operator_owes_go_into_the_next_round() -> None:
    sharing = sections.Sharing(shortfall="operator", cap_round=5, above_cap="top_up")
    plan = Plan(rules(sharing=sharing), [100, 2])
    plan.book.apply(Fund("donation", 3, bytes(32), b""), b"")
    plan.open(20)
    assert plan.book.open is not None
    assert (plan.book.open.terms.share, plan.book.open.terms.top_up, plan.book.pot) == (5, 10, 0)
    plan.settle()
    assert (plan.book.deficit, plan.book.totals.top_ups, plan.book.totals.funds) == (3, 7, 3)
    plan.announce(())
    assert plan.book.open is not None
    assert (plan.book.open.terms.share, plan.book.open.terms.top_up) == (0, 3)


def test_a_top_up_below_the_pot_is_found() -> None:
    plan = Plan(PLAIN, [100, 100])
    plan.book.apply(Fund("operator", 4, bytes(32), b""), b"")
    plan.book.apply(CaseApproval(0, 20, bytes(32)), NAMES[0])
    plan.block()
    capture = plan.book.begin_capture(plan.book.height, plan.now + 1)
    terms = replace(plan.book.terms(capture, (NAMES[0],)), top_up=0, share=10)
    found = plan.book.replay_opening(RoundOpening(terms), capture)
    assert [error.message.split(" is ")[0] for error in found] == ["share", "top_up"]


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (Fund("operator", 5, bytes(32), NAMES[0]), FundRule),
        (Fund("recovery", 5, bytes(32), b""), FundRule),
        (Fund("recovery", 5, bytes(32), NAMES[0]), FundRule),
        (Fund("operator", MAX_TOTAL, bytes(32), b""), OverflowRule),
    ],
)
def test_money_has_to_fit_its_source(act: Fund, error: type[MutualchainError]) -> None:
    plan = Plan(PLAIN, [10])
    plan.book.apply(Fund("operator", 1, bytes(32), b""), b"")
    with pytest.raises(error):
        plan.book.check(act, b"")


def test_a_case_voided_while_its_round_is_open_is_released_when_it_settles() -> None:
    plan = Plan(rules(fee=sections.Fee(bp=1_000)), [100, 100])
    name = plan.open(20)
    plan.book.check(Void(name, "malicious"), b"")
    plan.book.apply(Void(name, "malicious"), b"")
    assert plan.book.pot == 0
    plan.settle()
    assert (plan.book.pot, plan.book.totals.fees, plan.book.totals.aid) == (22, 0, 0)
    plan.book.apply(Void(name, "malicious"), b"")
    assert plan.book.pot == 22, "once"
    terms = plan.book.refund_terms(name)
    assert terms == RefundTerms(name, 0, 22, 22)
    plan.book.refund(terms, 0, terms.amounts(np.array([11, 11, 99])))
    plan.book.put_refund(terms, 22)
    assert (plan.balances, plan.book.deficit) == ([100, 100], 22)


def test_a_refund_while_a_snapshot_waits_does_not_change_the_snapshot() -> None:
    monthly = sections.Calendar(kind="monthly", disclosure_days=(3, 20), deduction_days=(5, 25))
    plan = Plan(rules(calendar=monthly), [100, 100])
    plan.block(2.5)
    name = plan.open(20)
    plan.settle(day=4.5)
    plan.book.apply(Void(name, "malicious"), b"")
    plan.block(20)
    assert plan.book.capture is not None
    terms = plan.book.refund_terms(name)
    plan.book.refund(terms, 0, np.array([10, 10], np.uint32))
    plan.book.put_refund(terms, 20)
    assert plan.balances == [100, 100]
    rows = plan.book.capture.rows_for(95)
    assert (rows.statuses.tolist(), rows.amounts.tolist()) == ([1, 1], [90, 90])
    with pytest.raises(RefundRule, match="already"):
        plan.book.refund_terms(name)


def test_refunds_go_by_the_covenant() -> None:
    plan = Plan(rules(refunds=sections.Refunds(void="surplus")), [100])
    name = plan.share(20)
    with pytest.raises(RefundRule, match="not void"):
        plan.book.refund_terms(name)
    plan.book.apply(Void(name, "malicious"), b"")
    assert plan.book.pot == 20
    with pytest.raises(RefundRule, match="next round"):
        plan.book.refund_terms(name)


@given(st.lists(st.integers(0, MAX_CHARGE), max_size=9), st.integers(1, 2**40), st.integers(0, 100))
def test_a_refund_s_column_is_each_row_s_amount(charged: list[int], whole: int, part: int) -> None:
    terms = RefundTerms(bytes(32), 0, whole * part // 100, whole)
    assert terms.amounts(np.array(charged, np.uint32)).tolist() == [terms.amount(amount) for amount in charged]
    assert RefundTerms.from_bytes(terms.to_bytes()) == terms


@pytest.mark.parametrize(
    "items", [[], [bytes(31), 0, 1, 1], [bytes(32), -1, 1, 1], [bytes(32), 0, 1, 0], [bytes(32), 0, 1]]
)
def test_refund_terms_are_read_strictly(items: list[object]) -> None:
    with pytest.raises(RefundRule):
        RefundTerms.from_bytes(encode(items))


def test_a_refund_names_a_case_of_its_round() -> None:
    plan = Plan(PLAIN, [100])
    plan.share(20)
    name = plan.open(10)
    assert plan.book.open is not None
    assert RefundTerms.of(plan.book.open.terms, PLAIN, name).numerator == 10
    with pytest.raises(RefundRule, match="did not share"):
        RefundTerms.of(plan.book.open.terms, PLAIN, bytes(32))


# --- corrections ----------------------------------------------------------------------------------


def test_a_correction_takes_back_a_credit_once_and_what_is_there() -> None:
    plan = Plan(PLAIN, [10])
    plan.stage(lambda stage: stage.credit(0, 50))
    wrong: list[tuple[tuple[int, int, int | None], type[MutualchainError]]] = [
        ((51, 0, 50), CorrectionRule),
        ((0, 0, 50), CorrectionRule),
        ((5, 0, None), CorrectionRule),
        ((5, 1, 50), CorrectionRule),
        ((61, 0, 70), BalanceTooLow),
    ]
    for (amount, corrects, credited), error in wrong:
        with pytest.raises(error):
            plan.stage(lambda stage, a=amount, c=corrects, k=credited: stage.correct(0, a, c, k))  # type: ignore[misc]
    plan.stage(lambda stage: stage.correct(0, 50, 0, 50, 1))
    assert (plan.balances, plan.book.totals.corrections) == ([10], 50)
    with pytest.raises(CorrectionRule, match="already"):
        plan.stage(lambda stage: stage.correct(0, 50, 0, 50))
    twice = sparse("correction/1", [(0, 1, 2), (0, 1, 3)], corrects=[1, 1])
    found = replay_sheet(plan.book, "correction/1", twice, lambda slot, seq: 5)
    assert [type(error) for error in found] == [CorrectionRule]
    assert plan.balances == [8], "what was recorded is in force"


def test_a_correction_in_a_post_paid_plan_is_owed() -> None:
    plan = Plan(rules(sharing=sections.Sharing(funding="postpaid")), [0])
    plan.stage(lambda stage: stage.credit(0, 50))
    plan.share(30)
    plan.stage(lambda stage: stage.correct(0, 50, 0, 50))
    assert plan.balances == [-30]


# --- the calendar ---------------------------------------------------------------------------------


MONTHLY = sections.Calendar(kind="monthly", disclosure_days=(7, 21), deduction_days=(14, 28))


def test_a_round_of_the_calendar_opens_from_its_day_and_is_deducted_on_its_day() -> None:
    plan = Plan(rules(calendar=MONTHLY), [100, 100])
    with pytest.raises(CalendarRule, match="no day"):
        plan.open(10)
    plan.block(6.5)
    plan.join([100])
    plan.stage(lambda stage: stage.credit(0, 5))
    assert plan.book.capture is not None
    assert plan.book.capture.rows == 2
    plan.book.apply(CaseApproval(0, 20, bytes(32)), NAMES[5])
    plan.announce((NAMES[5],))
    with pytest.raises(RoundOpen):
        plan.announce((NAMES[5],))
    with pytest.raises(CalendarRule) as caught:
        plan.settle()
    assert caught.value.clause == "calendar.deduction_days"
    plan.settle(day=22)
    assert plan.balances == [95, 90, 100]
    plan.block(27)
    assert plan.book.capture is None, "the round was open on the second day of disclosure"


def test_rounds_by_event_are_deducted_after_their_notice() -> None:
    plan = Plan(rules(calendar=sections.Calendar(notice_days=2)), [100])
    plan.open(10)
    with pytest.raises(CalendarRule) as caught:
        plan.settle()
    assert caught.value.clause == "calendar.notice_days"
    plan.settle(day=plan.day + 2.1)
    assert plan.balances == [90]


def test_instants_follow_each_version_of_the_covenant_while_it_is_in_force() -> None:
    event, other = (
        rules(),
        rules(calendar=sections.Calendar(kind="monthly", disclosure_days=(10,), deduction_days=(12,))),
    )
    begin, days = start_of(PLAIN, DAY), lambda day: start_of(PLAIN, DAY) + (day - 1) * DAY_MS
    versions = [
        Version(1, rules(calendar=MONTHLY), begin, 0),
        Version(2, other, days(10), 1),
        Version(3, event, days(40), 2),
    ]
    assert instant_after(versions, begin) == days(7)
    assert instant_after(versions, days(7)) == days(10), "an instant at which a version begins is its own"
    assert instant_after(versions, days(10)) == days(38)
    assert instant_after(versions, days(38)) is None
    assert version_at(versions, begin - 1) is versions[0], "before any is in force"


def test_a_snapshot_that_waits_is_given_up_where_rounds_come_by_event_from_now_on() -> None:
    plan = Plan(rules(calendar=MONTHLY), [100])
    plan.block(6.5)
    event = rules(amendments=sections.Amendments(notice_days=0))
    plan.book.apply(Amendment(event.to_bytes(), 2, plan.now + DAY_MS, b""), b"")
    plan.block()
    assert plan.book.capture is not None
    plan.block(8)
    assert plan.book.capture is None
    plan.share(10)
    assert plan.balances == [90]
    late = Plan(rules(calendar=MONTHLY), [100])
    late.book.apply(Amendment(event.to_bytes(), 2, late.now + 10 * DAY_MS, b""), b"")
    late.block(12)
    assert late.book.capture is None, "nor is one taken of a day that nobody saw"


# --- amendments -----------------------------------------------------------------------------------


def amendment(covenant: Covenant, *, version: int = 2, days: float = 8, proposal: bytes = b"") -> Amendment:
    return Amendment(covenant.to_bytes(), version, start_of(PLAIN, DAY) + int(days * DAY_MS), proposal)


@pytest.mark.parametrize(
    ("act", "clause"),
    [
        (amendment(PLAIN, version=3), "amendments"),
        (amendment(PLAIN, days=7), "amendments.notice_days"),
        (amendment(replace(PLAIN, decimals=0)), "decimals"),
        (amendment(rules(sharing=sections.Sharing(funding="mandate"))), "sharing.funding"),
        (amendment(PLAIN, proposal=bytes(32)), "amendments.vote"),
    ],
)
def test_an_amendment_comes_in_turn_with_notice_and_leaves_what_cannot_change(act: Amendment, clause: str) -> None:
    plan = Plan(PLAIN, [10])
    with pytest.raises(AmendmentRule) as caught:
        plan.book.check(act, b"")
    assert caught.value.clause == clause


def test_an_amendment_that_members_vote_on_needs_their_vote() -> None:
    plan = Plan(rules(amendments=sections.Amendments(vote=True, quorum=1)), [10])
    for proposal in (b"", NAMES[0]):
        with pytest.raises(AmendmentRule, match="not passed"):
            plan.book.check(amendment(PLAIN, proposal=proposal), b"")
    plan.book.apply(Proposal(PLAIN.to_bytes()), NAMES[0])
    with pytest.raises(AmendmentRule, match="not passed"):
        plan.book.check(amendment(PLAIN, proposal=NAMES[0]), b"")
    plan.book.life.proposals[NAMES[0]] = Proposed(PLAIN.to_bytes(), 0, 3, 2)
    plan.book.check(amendment(PLAIN, proposal=NAMES[0]), b"")
    other = rules(fee=sections.Fee(bp=100))
    with pytest.raises(AmendmentRule, match="not passed"):
        plan.book.check(amendment(other, proposal=NAMES[0]), b"")


def test_a_cap_of_the_year_that_comes_by_amendment_counts_from_its_recording() -> None:
    plan = Plan(PLAIN, [100, 100])
    plan.share(20)
    plan.book.apply(amendment(rules(sharing=sections.Sharing(cap_year=15)), days=0), b"")
    plan.book.apply(amendment(rules(sharing=sections.Sharing(cap_year=15)), version=3, days=0), b"")
    plan.share(20)
    plan.open(20)
    assert (plan.rows, plan.book.version) == ([("CAPPED", 5), ("CAPPED", 5)], 3)
    plan.join([7] * 3_000)
    assert plan.book.members.joined_day(2) == DAY
    plan.settle()
    plan.open(3_000)
    assert plan.rows == [("CAPPED", 0), ("CAPPED", 0), *[("PAID", 2)] * 3_000]


def test_a_plan_without_members_is_saved_and_loaded() -> None:
    for covenant in (PLAIN, rules(sharing=sections.Sharing(cap_year=5))):
        book = Book("demo", covenant)
        again = book_from(decode(encode(book_value(book)), max_size=MAX_ENTRY), book_columns(book), Registry())
        assert state_of(again) == state_of(book)
        apply_enrolments(again, enrolments([5]))
        assert again.balance(0) == 5


# --- parts ------------------------------------------------------------------------------------------


@given(
    st.dictionaries(st.integers(0, 30), st.integers(-5, 5), max_size=9),
    st.dictionaries(st.integers(0, 30), st.integers(-5, 5), max_size=9),
)
def test_sparse_columns_are_dictionaries(one: dict[int, int], other: dict[int, int]) -> None:
    first = Sparse(np.array(sorted(one), np.uint32), np.array([one[slot] for slot in sorted(one)], np.int64))
    slots = np.array(sorted(other), np.uint32)
    found = first.plus(slots, np.array([other[slot] for slot in sorted(other)], np.int64))
    wanted = {slot: one.get(slot, 0) + other.get(slot, 0) for slot in {*one, *other}}
    assert dict(zip(found.slots.tolist(), found.values.tolist(), strict=True)) == {
        slot: value for slot, value in wanted.items() if value
    }
    assert [first.get(slot) for slot in range(32)] == [one.get(slot, 0) for slot in range(32)]
    assert first.of(np.arange(31, -1, -1)).tolist() == [one.get(slot, 0) for slot in range(31, -1, -1)]
    first.put(40, 7)
    assert first.get(40) == 0, "a slot that is not named keeps 0"
    if one:
        slot = min(one)
        first.put(slot, 9)
        first.add_at(np.array([slot, slot]), np.array([1, 1]))
        assert first.get(slot) == 11


def test_cover_of_many_is_looked_up_at_once() -> None:
    plan = Plan(PLAIN, [slot % 3 for slot in range(3_000)])
    plan.stage(lambda stage: stage.exit(1, 0))
    slots = np.arange(2_999, -1, -2)
    wanted = [slot % 3 > 0 and slot != 1 for slot in slots.tolist()]
    assert plan.book.covered(slots).tolist() == wanted
    assert plan.book.covered(slots[-200:]).tolist() == wanted[-200:]


@pytest.mark.parametrize(
    ("sharing", "member", "row"),
    [
        ({}, Standing(5), (Status.PARTIAL, 5)),
        ({}, Standing(10), (Status.PAID, 10)),
        ({}, Standing(0), (Status.LAPSED, 0)),
        ({}, Standing(10, left=True, ended=True), (Status.EXITED, 0)),
        ({}, Standing(10, ended=True, waiting=True), (Status.LAPSED, 0)),
        ({}, Standing(10, waiting=True, exempt=True), (Status.WAITING, 0)),
        ({}, Standing(10, exempt=True), (Status.EXEMPT, 0)),
        ({"short_balance": "owe"}, Standing(5), (Status.PAID, 10)),
        ({"cap_year": 12}, Standing(50, charged=5), (Status.CAPPED, 7)),
        ({"cap_year": 12}, Standing(3, charged=5), (Status.PARTIAL, 3)),
        ({"cap_year": 12}, Standing(50, charged=15), (Status.CAPPED, 0)),
        ({"funding": "postpaid"}, Standing(-50), (Status.PAID, 10)),
        ({"funding": "postpaid"}, Standing(-50, overdue=True), (Status.LAPSED, 0)),
        ({"funding": "postpaid", "credit_limit": 50}, Standing(-50), (Status.LAPSED, 0)),
        ({"funding": "mandate"}, Standing(0), (Status.PAID, 10)),
    ],
)
def test_one_member_s_row(sharing: dict[str, Any], member: Standing, row: tuple[Status, int]) -> None:
    assert charge_row(rules(sharing=sections.Sharing(**sharing)), 10, member) == row


def test_a_top_up_is_an_amount() -> None:
    plan = Plan(PLAIN, [10])
    plan.book.apply(CaseApproval(0, 5, bytes(32)), NAMES[0])
    capture = plan.book.begin_capture(plan.book.height, plan.now + 1)
    for top_up in (-1, MAX_TOTAL + 1, 1.0, True):
        with pytest.raises(AmountError):
            plan.book.terms(capture, (NAMES[0],), top_up)  # type: ignore[arg-type]
