"""Events one by one: bounds at their edges, groups that see each other, and failed commits that change nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mutualchain.covenant.replay import credit_violations
from mutualchain.covenant.stage import Stage
from mutualchain.errors import (
    AlreadyExited,
    BalanceTooLow,
    DepositRule,
    MutualchainError,
    OverflowRule,
    SequenceError,
    SlotUnknown,
    StandingRule,
    TooManyEvents,
)
from mutualchain.limits import MAX_BALANCE, MAX_CHARGE, MAX_CREDIT, MAX_ROWS

from .tables import aged, approve, book, columns_of, opened, sparse, state_of

FORBIDDEN: dict[str, tuple[Callable[[Stage], object], type[MutualchainError]]] = {
    "a negative deposit": (lambda stage: stage.enrol(-1), DepositRule),
    "a deposit no column can hold": (lambda stage: stage.enrol(MAX_CHARGE + 1), DepositRule),
    "a deposit below the prepay": (lambda stage: stage.enrol(9), DepositRule),
    "a credit of nothing": (lambda stage: stage.credit(0, 0), OverflowRule),
    "a negative credit": (lambda stage: stage.credit(0, -1), OverflowRule),
    "a credit too large": (lambda stage: stage.credit(0, MAX_CREDIT + 1), OverflowRule),
    "a credit to an unknown slot": (lambda stage: stage.credit(5, 1), SlotUnknown),
    "a credit to a negative slot": (lambda stage: stage.credit(-1, 1), SlotUnknown),
    "a credit with the number before": (lambda stage: stage.credit(0, 1, -1), SequenceError),
    "a credit with a number left out": (lambda stage: stage.credit(0, 1, 1), SequenceError),
    "a credit to who has left": (lambda stage: stage.credit(1, 1), AlreadyExited),
    "a withdrawal of nothing": (lambda stage: stage.withdraw(0, 0, 0), BalanceTooLow),
    "a negative withdrawal": (lambda stage: stage.withdraw(0, -5, 0), BalanceTooLow),
    "a withdrawal above the balance": (lambda stage: stage.withdraw(0, 11, 0), BalanceTooLow),
    "a withdrawal with a wrong number": (lambda stage: stage.withdraw(0, 1, 1), SequenceError),
    "a second exit": (lambda stage: stage.exit(1, 1), AlreadyExited),
    "an exit with a wrong number": (lambda stage: stage.exit(0, 1), SequenceError),
    "an exit of nobody": (lambda stage: stage.exit(2, 0), SlotUnknown),
    "a notice to nobody": (lambda stage: stage.notice(2), SlotUnknown),
    "a notice with a wrong number": (lambda stage: stage.notice(0, 3), SequenceError),
    "the next number of nobody": (lambda stage: stage.next_seq(2), SlotUnknown),
}


def two_members() -> Stage:
    made = book([10, 10], prepay=10)
    stage = Stage(made)
    stage.exit(1, 0)
    stage.apply()
    return Stage(made)


@pytest.mark.parametrize(("attempt", "error"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_forbidden_event_raises_and_changes_nothing(
    attempt: Callable[[Stage], object], error: type[MutualchainError]
) -> None:
    stage = two_members()
    before = state_of(stage._book)
    with pytest.raises(error) as caught:
        attempt(stage)
    assert type(caught.value) is error
    assert stage.sparse == 0
    stage.apply()
    assert state_of(stage._book) == before


def test_who_is_too_young_joins_not() -> None:
    made = aged(age_least_days=28)
    with pytest.raises(StandingRule) as caught:
        Stage(made).enrol(10, 20_000 - 27)
    assert caught.value.clause == "membership.age_least_days"
    assert Stage(made).enrol(10, 20_000 - 28) == 0


def test_events_of_a_group_see_each_other_and_the_book_sees_none_before_they_are_applied() -> None:
    made = book([10])
    before = state_of(made)
    stage = Stage(made)
    assert [stage.enrol(20), stage.enrol(30)] == [1, 2]
    assert stage.credit(0, 5) == 0
    assert stage.withdraw(0, 15, 1) == 1
    with pytest.raises(BalanceTooLow, match="0 is free"):
        stage.withdraw(0, 1, 2)
    assert stage.notice(0) == 2
    assert stage.exit(0, 3) == 3
    with pytest.raises(AlreadyExited):
        stage.credit(0, 1)
    assert stage.next_seq(0) == 4
    assert state_of(made) == before
    stage.apply()
    assert columns_of(made.members) == {
        "balance": [0, 20, 30],
        "seq": [4, 0, 0],
        "pending": [4, 0, 0],
        "exited": [1, 0, 0],
    }
    totals = made.totals
    assert (totals.deposits, totals.credits, totals.withdrawals) == (60, 5, 15)


def test_a_balance_goes_up_to_its_bound_and_no_further() -> None:
    made = book([10])
    made.members.stored[0] = MAX_BALANCE - MAX_CREDIT
    stage = Stage(made)
    stage.credit(0, MAX_CREDIT - 1)
    with pytest.raises(OverflowRule):
        stage.credit(0, 2)
    stage.credit(0, 1)
    stage.apply()
    assert made.balance(0) == MAX_BALANCE


def test_the_255th_event_since_the_last_round_is_the_last() -> None:
    made = book([10, 10])
    for attempt in range(2):
        stage = Stage(made)
        for _ in range(255):
            stage.notice(0)
        for refused in (stage.notice, stage.credit, stage.withdraw, stage.exit):
            arguments = {"notice": (0,), "credit": (0, 1), "withdraw": (0, 1, 255), "exit": (0, 255)}[refused.__name__]
            if attempt:
                arguments = (*arguments[:-1], 510) if len(arguments) > 1 and arguments[-1] == 255 else arguments
            with pytest.raises(TooManyEvents):
                refused(*arguments)
        stage.apply()
        assert columns_of(made.members)["pending"] == [255, 0]
        opened(made, (approve(made, 2, name=bytes([attempt]) * 32),), 10 * attempt + 1)
        assert made.open is not None
        assert made.open.columns(0, 2)["events"].tolist() == [255, 0]
        made.settle(made.result())


def test_a_member_has_as_many_events_as_their_column_can_number() -> None:
    made = book([10])
    made.members.seq[0] = MAX_ROWS - 1
    last = sparse("credit/1", [(0, 1, MAX_ROWS - 1), (0, 1, MAX_ROWS)])
    assert [(type(error), error.place) for error in credit_violations(made, last)] == [(OverflowRule, "row 1")]
    stage = Stage(made)
    assert stage.credit(0, 1) == MAX_ROWS - 1
    with pytest.raises(OverflowRule, match="no running number"):
        stage.notice(0)
    stage.apply()
    assert columns_of(made.members)["seq"] == [MAX_ROWS]


def test_a_plan_has_as_many_slots_as_its_column_can_name() -> None:
    made = book([10])
    made.members.count = MAX_ROWS - 1
    stage = Stage(made)
    assert stage.enrol(10) == MAX_ROWS - 1
    with pytest.raises(OverflowRule, match="slots"):
        stage.enrol(10)


def test_what_an_open_round_will_deduct_cannot_be_withdrawn() -> None:
    made = book([10, 10, 3])
    opened(made, (approve(made, 15),), 1)  # 5 each, 3 of the third
    stage = Stage(made)
    stage.withdraw(0, 5, 0)
    for slot in (0, 2):
        with pytest.raises(BalanceTooLow, match="1 is asked for where 0 is free"):
            stage.withdraw(slot, 1, 1)
    stage.apply()
    made.settle(made.result())
    assert columns_of(made.members)["balance"] == [0, 5, 0]


def test_who_has_left_can_still_take_out_what_is_hers() -> None:
    stage = two_members()
    assert stage.withdraw(1, 10, 1) == 1
    with pytest.raises(BalanceTooLow):
        stage.withdraw(1, 1, 2)
