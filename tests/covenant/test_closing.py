"""Wind-down: who bears what, what is owed to whom, and a statement that has to balance."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.canonical import encode
from mutualchain.covenant.acts import (
    Advance,
    Amendment,
    CaseApproval,
    ClosingNotice,
    ClosingStatement,
    Erasure,
    Fund,
    Handover,
    Payout,
    Proposal,
    Request,
    Treasury,
    Void,
)
from mutualchain.covenant.closing import OUTSTANDING, Closing, Statement, statement_of
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.due import due, waiting_cases
from mutualchain.covenant.replay import enrolment_violations
from mutualchain.covenant.sections import Aid, Cases, Maximum, Sharing
from mutualchain.covenant.sections import Closing as Rules
from mutualchain.covenant.stage import Stage
from mutualchain.covenant.state import book_columns, book_from, book_value
from mutualchain.errors import CaseStep, ClosingRule, ClosingStatementWrong, NobodyShares, PlanClosing, RefundRule
from tests.covenant.test_due import Plan, ms, operators, plan

HASH = bytes(32)
NOTICE = ClosingNotice(HASH)


def closing(rules: Rules | None = None, **changes: Any) -> Covenant:
    return operators(closing=Rules(request_days=10) if rules is None else rules, **changes)


def shared(new: Plan, time: str, slot: int = 1, aid: int = 800, *, pay: bool = True) -> bytes:
    """A case that is approved, shared by a round of its own and paid."""
    case = new.record(time, CaseApproval(slot, aid, new.made.to_bytes(32, "big")))
    new.open(time)
    new.settle(time)
    if pay:
        new.record(time, Payout(case, aid, "member", HASH))
    return case


def end(new: Plan, time: str) -> bytes:
    """Record the closing statement, checked."""
    new.at(time)
    act = ClosingStatement(statement_of(new.book).to_bytes())
    new.book.check(act, HASH)
    return new.record(time, act)


def outstanding(new: Plan) -> dict[str, int]:
    return {name: amount for name, amount, _ in statement_of(new.book).outstanding()}


# --- the announcement ---------------------------------------------------------------------------


def test_a_plan_is_announced_to_end_once() -> None:
    new = plan(closing())
    new.book.check(NOTICE, HASH)
    name = new.record("02-01 00:00", NOTICE)
    assert new.book.closing == Closing(name, ms("02-01 00:00"))
    with pytest.raises(ClosingRule):
        new.book.check(NOTICE, HASH)


def test_nobody_joins_a_plan_that_is_wound_down() -> None:
    new = plan(closing())
    assert Stage(new.book).enrol(1_000) == 10
    columns = {"deposit": np.array([1_000], np.uint32)}
    assert enrolment_violations(new.book, columns) == []
    new.record("02-01 00:00", NOTICE)
    with pytest.raises(PlanClosing):
        Stage(new.book).enrol(1_000)
    assert [type(error) for error in enrolment_violations(new.book, columns)] == [PlanClosing]


def test_the_covenant_stays_as_it_is() -> None:
    new = plan(closing())
    new.record("02-01 00:00", NOTICE)
    data = replace(new.book.covenant, title="Other").to_bytes()
    for act in (Amendment(data, 2, ms("04-01 00:00"), b""), Proposal(data)):
        with pytest.raises(PlanClosing) as caught:
            new.book.check(act, HASH)
        assert caught.value.clause == "amendments"


def test_aid_is_requested_until_the_last_day() -> None:
    new = plan(closing())
    new.record("02-01 00:00", NOTICE)
    new.at("02-10 23:59")
    new.book.check(CaseApproval(1, 800, HASH), HASH)
    with pytest.raises(CaseStep):  # of a plan whose operator approves by itself, and for no other reason
        new.book.check(Request(1, 800, HASH, 1, 0, bytes(64)), HASH)
    new.at("02-11 00:00")
    for act in (CaseApproval(1, 800, HASH), Request(1, 800, HASH, 1, 0, bytes(64))):
        with pytest.raises(PlanClosing) as caught:
            new.book.check(act, HASH)
        assert caught.value.clause == "closing.request_days"


# --- rounds that the operator bears -------------------------------------------------------------


@pytest.mark.parametrize("rounding", ["round", "case"])
def test_the_first_rounds_after_the_announcement_are_the_operators(rounding: str) -> None:
    """相互宝: the last three periods were borne by the platform."""
    new = plan(closing(Rules(borne_rounds=3), sharing=Sharing(rounding=rounding)))
    shared(new, "01-02 00:00", aid=701)
    assert new.book.balance(0) == 10_000 - 71
    new.record("02-01 00:00", NOTICE)
    before = new.book.members.balances(0, 10).tolist()
    for number in range(3):
        shared(new, f"02-0{number + 2} 00:00", aid=703)
        assert new.book.members.balances(0, 10).tolist() == before
    assert new.book.totals.top_ups >= 3 * 703 - 9
    shared(new, "02-08 00:00", aid=1_000)
    assert new.book.balance(0) < before[0]
    assert statement_of(new.book).difference == 0


@pytest.mark.parametrize("rounding", ["round", "case"])
def test_nobody_is_left_to_share_a_round_that_the_operator_bears(rounding: str) -> None:
    new = plan(closing(Rules(borne_rounds=3), sharing=Sharing(rounding=rounding)), members=1)
    new.record("02-01 00:00", NOTICE)
    new.book.members.stored[0] = 0
    with pytest.raises(NobodyShares):
        shared(new, "02-02 00:00", 0, 700)


# --- the statement ------------------------------------------------------------------------------


def test_a_plan_without_anything_owes_nothing() -> None:
    new = plan(closing(), members=0)
    statement = statement_of(new.book)
    assert set(asdict(statement).values()) == {0}
    assert statement.outstanding() == []


def test_every_claim_stands_in_its_place() -> None:
    new = plan(closing())
    shared(new, "01-02 00:00", 1, 800)
    unpaid = shared(new, "01-03 00:00", 2, 705, pay=False)
    new.record("01-03 00:00", Payout(unpaid, 200, "hospital", HASH))
    false = shared(new, "01-05 00:00", 4, 305, pay=False)
    new.record("01-06 00:00", Void(false, "malicious"))
    new.record("01-07 00:00", CaseApproval(3, 900, HASH))
    statement = statement_of(new.book)
    assert statement.members == 10
    assert statement.balances == 10 * (10_000 - 80 - 71 - 30)
    assert statement.aid == 505
    assert (
        statement.surplus == 305
    )  # that of rounding was used up; there is the void case's aid, until it is given back
    assert statement.unshared == 900
    assert statement.refunds == 305
    assert statement.holding == 100_000 - 800 - 200
    assert statement.difference == 0
    assert outstanding(new) == {"unshared": 900, "aid": 505, "refunds": 305}


def test_what_funders_advanced_is_theirs() -> None:
    new = plan(closing())
    case = new.record("01-02 00:00", CaseApproval(1, 800, HASH))
    new.record("01-02 00:00", Advance(case, 300, "hospital", "", HASH, b""))
    new.open("01-02 00:00")
    new.settle("01-02 00:00")
    assert outstanding(new) == {"aid": 800, "advances": 300}
    new.record("01-02 00:00", Payout(case, 500, "member", HASH))
    assert outstanding(new) == {"aid": 300, "advances": 300}
    new.record("01-02 00:00", Payout(case, 300, "funder", HASH))
    assert outstanding(new) == {}


def test_a_platform_that_keeps_aid_back_cannot_end() -> None:
    """One paid 28,500 of 61,337.02 yuan at its end, and kept the balances."""
    new = plan(closing(aid=Aid(maxima=(Maximum(6_133_702),))), balance=1_000_000)
    case = shared(new, "01-02 00:00", aid=6_133_702, pay=False)
    new.record("01-03 00:00", Payout(case, 2_850_000, "member", HASH))
    new.record("02-01 00:00", NOTICE)
    statement = statement_of(new.book)
    assert (statement.aid, statement.difference) == (3_283_702, 0)
    assert statement.balances == 10_000_000 - 10 * 613_371
    with pytest.raises(ClosingRule) as caught:
        end(new, "03-01 00:00")
    assert (caught.value.clause, caught.value.value) == ("cases.payout_days", 3_283_702)
    new.record("03-02 00:00", Payout(case, 3_283_702, "member", HASH))
    end(new, "03-02 00:00")
    assert statement_of(new.book).balances == statement.balances  # still the members' own


def test_a_deficit_is_the_operators_to_make_good() -> None:
    new = plan(closing(sharing=Sharing(cap_round=50, above_cap="carry")))
    shared(new, "01-02 00:00", aid=800)
    new.record("02-01 00:00", NOTICE)
    assert outstanding(new) == {"operator": 300}
    new.record("02-02 00:00", Fund("operator", 299, HASH, b""))
    assert outstanding(new) == {"operator": 1}
    new.record("02-02 00:00", Fund("operator", 2, HASH, b""))
    assert outstanding(new) == {}
    assert (statement_of(new.book).surplus, statement_of(new.book).given) == (1, 301)
    end(new, "02-11 00:00")


def test_what_members_owe_is_no_money_that_is_there() -> None:
    new = plan(closing(sharing=Sharing(funding="postpaid"), membership=operators().membership), balance=0)
    shared(new, "01-02 00:00", aid=800)
    statement = statement_of(new.book)
    assert (statement.owed, statement.balances, statement.holding, statement.difference) == (800, 0, -800, 0)


def test_a_book_that_does_not_add_up_shows_by_how_much() -> None:
    new = plan(closing())
    shared(new, "01-02 00:00")
    new.book.members.stored[3] -= 7
    assert outstanding(new) == {"difference": 7}
    new.record("02-01 00:00", NOTICE)
    with pytest.raises(ClosingRule):
        end(new, "03-01 00:00")


# --- all shares refunded ------------------------------------------------------------------------


def test_all_shares_are_given_back_round_by_round() -> None:
    """美团: all shares were refunded."""
    new = plan(closing(Rules(request_days=10, refund="shares")))
    shared(new, "01-02 00:00", aid=800)
    false = shared(new, "01-03 00:00", aid=300)
    new.record("01-03 12:00", Void(false, "malicious"))
    terms = new.book.refund_terms(false)
    new.book.refund(terms, 0, np.full(10, terms.amount(30), np.uint32))
    new.book.put_refund(terms, 300)
    assert new.book.balance(0) == 10_000 - 80
    name = new.record("02-01 00:00", NOTICE)
    assert outstanding(new)["shares"] == 800
    new.at("02-10 00:00")
    with pytest.raises(RefundRule):
        new.book.refund_terms(name)
    found = []
    for _ in range(2):
        duty = next(duty for duty in due(new.book, ms("02-11 00:00")) if duty.kind == "plan.refund")
        assert duty.automatic
        new.at("02-11 00:00")
        terms = new.book.refund_terms(name)
        found.append((terms.round, terms.numerator, terms.denominator))
        charged = [80, 30][terms.round]
        new.book.refund(terms, 0, np.full(10, terms.amount(charged), np.uint32))
        new.book.put_refund(terms, 10 * terms.amount(charged))
    assert found == [(0, 800, 800), (1, 0, 300)]
    assert new.book.members.balances(0, 10).tolist() == [10_000] * 10
    with pytest.raises(RefundRule):
        new.book.refund_terms(name)
    # The voided case's aid was paid out: that is missing beside what was rightly shared.
    assert outstanding(new) == {"operator": 1_100}
    new.record("02-12 00:00", Fund("operator", 1_100, HASH, b""))
    end(new, "02-12 00:00")


# --- the end ------------------------------------------------------------------------------------


def test_a_plan_ends_when_nothing_is_outstanding() -> None:
    new = plan(closing())
    shared(new, "01-02 00:00")
    with pytest.raises(ClosingRule, match="announced"):
        end(new, "01-03 00:00")
    new.record("02-01 00:00", NOTICE)
    with pytest.raises(ClosingRule) as caught:
        end(new, "02-10 23:59")
    assert caught.value.clause == "closing.request_days"
    assert [duty.kind for duty in due(new.book, ms("02-10 00:00"))] == []
    (duty,) = due(new.book, ms("02-11 00:00"))
    assert (duty.kind, duty.clause, duty.automatic) == ("plan.statement", "closing.request_days", True)
    end(new, "02-11 00:00")
    assert due(new.book, ms("12-31 00:00")) == []
    new.book.check(Handover(1, bytes([1]) * 32, bytes(64), bytes(64)), HASH)
    new.book.check(Erasure(1, b"", "wish"), HASH)
    for act in (CaseApproval(1, 800, HASH), Fund("operator", 1, HASH, b""), NOTICE):
        with pytest.raises(PlanClosing, match="ended"):
            new.book.check(act, HASH)


def test_no_round_is_open_at_the_end() -> None:
    new = plan(closing())
    new.record("01-02 00:00", CaseApproval(1, 800, HASH))
    new.record("02-01 00:00", NOTICE)
    new.open("02-11 00:00")
    with pytest.raises(ClosingRule, match="a round is open"):
        end(new, "02-11 00:00")
    assert waiting_cases(new.book)


def test_what_is_outstanding_is_a_duty_that_nobody_does_by_itself() -> None:
    new = plan(closing(sharing=Sharing(cap_round=50, above_cap="carry")))
    shared(new, "01-02 00:00", aid=800)
    new.record("02-01 00:00", NOTICE)
    (duty,) = due(new.book, ms("02-11 00:00"))
    assert (duty.kind, duty.clause, duty.amount, duty.automatic) == (
        *("plan.outstanding", "closing.borne_rounds", 300, False),
    )


def test_a_statement_that_says_something_else_is_refused() -> None:
    new = plan(closing())
    shared(new, "01-02 00:00")
    new.record("02-01 00:00", NOTICE)
    new.at("03-01 00:00")
    statement = statement_of(new.book)
    wrong = replace(statement, balances=statement.balances - 1, holding=statement.holding - 1)
    with pytest.raises(ClosingStatementWrong):
        new.book.check(ClosingStatement(wrong.to_bytes()), HASH)


def test_a_recorded_end_without_an_announcement_is_taken_as_it_is() -> None:
    """A replay goes on from what was recorded, after it has said what is wrong with it."""
    new = plan(closing())
    new.record("02-01 00:00", ClosingStatement(b""))
    assert new.book.closing is not None
    assert new.book.closing.final_ms == ms("02-01 00:00")


# --- bytes --------------------------------------------------------------------------------------

FIGURES = st.builds(Statement, **{name: st.integers(-(2**62), 2**62) for name in Statement.__dataclass_fields__})


@given(FIGURES)
def test_a_statement_comes_back_from_its_bytes(statement: Statement) -> None:
    assert Statement.from_bytes(statement.to_bytes()) == statement
    assert statement.difference == sum(
        getattr(statement, name) * (1 if name in ("holding", "operator", "owed") else -1)
        for name in ("holding", "operator", "owed", "balances", "aid", "surplus")
    )


def test_other_bytes_are_no_statement() -> None:
    figures: dict[str, Any] = dict.fromkeys(Statement.__dataclass_fields__, 0)
    values: list[Any] = [[], {**figures, "extra": 0}, {**figures, "aid": b""}, {**figures, "aid": True}]
    for value in values:
        with pytest.raises(ClosingStatementWrong):
            Statement.from_bytes(encode(value))
    assert set(OUTSTANDING) - {"difference"} <= set(figures)


def test_a_closing_plan_is_saved_and_comes_back() -> None:
    new = plan(closing())
    shared(new, "01-02 00:00")
    new.record("02-01 00:00", NOTICE)
    again = book_from(book_value(new.book), book_columns(new.book), new.book.registry)
    assert again.closing == new.book.closing
    assert statement_of(again) == statement_of(new.book)


def test_a_plan_that_is_open_has_a_statement_too() -> None:
    covenant = Covenant("Demo", cases=Cases(request="operator"))
    assert statement_of(plan(covenant).book).holding == 100_000
    assert Treasury("bank", 0, 0, bytes(64)).kind == "treasury"
