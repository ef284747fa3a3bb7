"""Recorded sheets: rows and columns come to the same, and each rule that a sheet breaks is named with its row."""

from __future__ import annotations

import copy
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.covenant import replay
from mutualchain.covenant.book import Book
from mutualchain.covenant.stage import Stage
from mutualchain.errors import (
    AlreadyExited,
    BalanceTooLow,
    DepositRule,
    MutualchainError,
    OverflowRule,
    RuleError,
    SequenceError,
    SlotUnknown,
    TooManyEvents,
    UnsupportedVersion,
)
from mutualchain.limits import MAX_BALANCE, MAX_CREDIT, MAX_EVENTS_PER_ROUND, MAX_ROWS

from .tables import aged, as_slots, book, columns_of, enrolments, sparse, state_of

ROWS = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 50)), min_size=1, max_size=1_400)


def both(rows: list[tuple[int, int, int]], made: Book) -> tuple[Book, Book]:
    """The book after the sheet, row by row and by columns."""
    books = copy.deepcopy(made), copy.deepcopy(made)
    for found, few in zip(books, (10**9, 0), strict=True):
        with mock.patch.object(replay, "_FEW", few):
            assert replay.replay_sheet(found, "credit/1", sparse("credit/1", rows)) == []
    return books


@given(ROWS, st.booleans())
def test_credits_replayed_by_rows_and_by_columns_leave_the_same_book(
    picks: list[tuple[int, int]], capture: bool
) -> None:
    made = book([10] * 10)
    stage = Stage(made)
    stage.credit(3, 5)
    stage.apply()
    if capture:
        made.begin_capture(0, 0)
    rows, numbers = [], made.members.seq[:10].tolist()
    for slot, amount in picks:
        if numbers[slot] < 254:
            rows.append((slot, amount, numbers[slot]))
            numbers[slot] += 1
    by_rows, by_columns = both(rows, made)
    assert state_of(by_rows) == state_of(by_columns)
    assert columns_of(by_rows.members)["seq"] == numbers
    if capture:
        assert by_rows.capture is not None
        assert by_columns.capture is not None
        assert (by_rows.capture.saved.keys() == by_columns.capture.saved.keys()) == bool(picks)
        assert by_rows.capture.headcount() == by_columns.capture.headcount() == 10


def test_a_sheet_of_more_than_512_rows_takes_the_path_of_columns() -> None:
    made = book([10] * 600)
    rows = [(slot, 1, 0) for slot in range(600)]
    with mock.patch.object(replay, "Stage", side_effect=AssertionError):
        assert replay.replay_sheet(made, "credit/1", sparse("credit/1", rows)) == []
        with pytest.raises(AssertionError):
            replay.replay_sheet(made, "credit/1", sparse("credit/1", [(0, 1, 1)] * 512))
    assert columns_of(made.members)["balance"] == [11] * 600


@given(st.lists(st.integers(0, 5), max_size=40))
def test_running_numbers_count_the_slot_s_earlier_rows(slots: list[int]) -> None:
    made = book([10] * 6)
    made.members.seq[:6] = [0, 10, 20, 30, 40, 50]
    wanted = [10 * slot + slots[:row].count(slot) for row, slot in enumerate(slots)]
    numbers = replay.next_numbers(made, as_slots(slots))
    assert numbers.tolist() == wanted
    assert numbers.dtype == np.uint32


# --- what a sheet may break ---------------------------------------------------------------------

GOOD = [(slot, 1, 0) for slot in range(4)]
BROKEN: dict[str, tuple[list[tuple[int, int, int]], type[RuleError]]] = {
    "a member who has left": ([*GOOD, (9, 1, 1)], AlreadyExited),
    "a number too high": ([*GOOD, (5, 1, 1)], SequenceError),
    "a number twice": ([*GOOD, (3, 1, 0)], SequenceError),
    "a credit of nothing": ([*GOOD, (5, 0, 0)], OverflowRule),
    "a credit too large": ([*GOOD, (5, MAX_CREDIT + 1, 0)], OverflowRule),
    "a balance too large": ([*GOOD, (8, 2, 0)], OverflowRule),
    "an event too many": ([*GOOD, (7, 1, 255)], TooManyEvents),
    "an unknown slot": ([*GOOD, (10, 1, 0)], SlotUnknown),
}


def crowded() -> Book:
    """Ten members: 7 had all her events, 8 has all a balance can hold but one, 9 has left."""
    made = book([10] * 10)
    stage = Stage(made)
    for _ in range(255):
        stage.notice(7)
    stage.exit(9, 0)
    stage.apply()
    made.members.stored[8] = MAX_BALANCE - 1
    return made


@pytest.mark.parametrize(("rows", "error"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("few", [512, 0], ids=["by rows", "by columns"])
def test_a_rule_that_a_sheet_of_credits_breaks_is_named_with_its_row(
    rows: list[tuple[int, int, int]], error: type[RuleError], few: int
) -> None:
    with mock.patch.object(replay, "_FEW", few):
        found = replay.replay_sheet(crowded(), "credit/1", sparse("credit/1", rows))
    assert [(type(item), item.place) for item in found] == [(error, "row 4")]
    assert found[0].diagnostics()


@given(
    st.lists(
        st.tuples(
            st.integers(0, 11),
            st.sampled_from([0, 1, 1, 2, MAX_CREDIT + 1, 2**63 - 1]),
            st.sampled_from([0, 0, 1, 255, 2**32 - 1]),
        ),
        min_size=1,
        max_size=30,
    ),
    st.booleans(),
)
def test_a_broken_sheet_does_the_same_by_rows_and_by_columns(rows: list[tuple[int, int, int]], capture: bool) -> None:
    books, verdicts = [], []
    for few in (512, 0):
        made = crowded()
        if capture:
            made.begin_capture(0, 0)
        with mock.patch.object(replay, "_FEW", few):
            verdicts.append(bool(replay.replay_sheet(made, "credit/1", sparse("credit/1", rows))))
        books.append(state_of(made))
    assert books[0] == books[1]
    assert verdicts[0] == verdicts[1]


def test_what_breaks_a_rule_is_put_in_force_as_it_was_recorded() -> None:
    made = crowded()
    made.begin_capture(0, 0)
    exits = made.members.exits
    for schema, rows in {
        "credit/1": [(9, 4, 1), (5, 7, 3), (7, 1, 255), (12, 1, 0), (6, MAX_CREDIT + 1, 0)],
        "withdrawal/1": [(0, 11, 0)],
        "exit/1": [(1, 0, 6), (9, 0, 2)],
        "notice/1": [(2, 0, 2**32 - 1)],
    }.items():
        replay.replay_sheet(made, schema, sparse(schema, rows))
    state = columns_of(made.members)
    assert state["balance"] == [-1, 10, 10, 10, 10, 17, 10, 11, MAX_BALANCE - 1, 14]
    assert state["seq"] == [1, 7, MAX_ROWS, 0, 0, 4, 1, 256, 0, 3]
    assert state["pending"] == [1, 1, 1, 0, 0, 1, 1, 1, 0, 2]
    assert state["exited"] == [0, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert made.members.exits == exits + 1
    assert (made.totals.credits, made.totals.withdrawals) == (12, 11)
    assert made.capture is not None
    assert [column[1] for column in made.capture.saved[0]] == [10, 0], "the snapshot is still the one before"


def test_every_row_of_a_sheet_that_breaks_a_rule_is_named() -> None:
    rows = [*GOOD, (9, 1, 1), (5, 0, 0), (6, 1, 9), (7, 1, 255)]
    wanted = [AlreadyExited, OverflowRule, SequenceError, TooManyEvents]
    for few in (512, 0):
        with mock.patch.object(replay, "_FEW", few):
            found = replay.replay_sheet(crowded(), "credit/1", sparse("credit/1", rows))
        assert sorted(kind.__name__ for kind in map(type, found)) == [kind.__name__ for kind in wanted]
        assert sorted(str(error.place) for error in found) == ["row 4", "row 5", "row 6", "row 7"]


def test_the_rows_of_members_there_are_count_beside_those_of_unknown_slots() -> None:
    made = book([10] * 10)
    rows = [(slot, 1, 0) for slot in range(600)]
    found = replay.replay_sheet(made, "credit/1", sparse("credit/1", rows))
    assert {type(error) for error in found} == {SlotUnknown}
    assert len(found) == 100
    assert columns_of(made.members)["balance"] == [11] * 10


def test_many_broken_rows_are_counted_and_not_all_spelled_out() -> None:
    made = book([10] * 600)
    found = replay.credit_violations(made, sparse("credit/1", [(slot, 1, 7) for slot in range(600)]))
    assert len(found) == 101
    assert found[-1].message.startswith("500 more rows")
    assert {type(error) for error in found} == {SequenceError}
    again = replay.replay_sheet(made, "notice/1", sparse("notice/1", [(slot, 0, 7) for slot in range(600)]))
    assert len(again) == 101
    assert again[-1].message == "500 more rows break this rule"


@pytest.mark.parametrize(
    ("schema", "rows", "errors"),
    [
        ("withdrawal/1", [(0, 5, 0), (0, 6, 1), (1, 5, 0), (9, 4, 1)], [BalanceTooLow]),
        ("withdrawal/1", [(10, 1, 0), (0, 1, 1)], [SlotUnknown, SequenceError]),
        ("exit/1", [(0, 0, 0), (0, 0, 1), (9, 0, 1), (1, 0, 2)], [AlreadyExited, AlreadyExited, SequenceError]),
        ("notice/1", [(0, 0, 0), (7, 0, 255), (10, 0, 0)], [TooManyEvents, SlotUnknown]),
    ],
)
def test_each_rule_that_other_sheets_break_is_named(
    schema: str, rows: list[tuple[int, int, int]], errors: list[type[MutualchainError]]
) -> None:
    found = replay.replay_sheet(crowded(), schema, sparse(schema, rows))
    assert [type(error) for error in found] == errors
    assert all(error.place is not None for error in found)


def test_a_sheet_without_rules_in_this_release_is_not_passed_over() -> None:
    with pytest.raises(UnsupportedVersion):
        replay.replay_sheet(crowded(), "ballot/1", sparse("ballot/1", [(0, 0, 0)]))


def test_deposits_below_the_prepay_are_named_and_counted() -> None:
    made = book(prepay=10)
    found = replay.replay_sheet(made, "enrolment/1", enrolments([10, 9, *[0] * 120]))
    assert len(found) == 101
    assert {type(error) for error in found} == {DepositRule}
    assert (found[0].place, found[-1].message) == ("slot 1", "21 more deposits are too low")
    assert made.slots == 122, "they have joined all the same: the chain says so"


def test_who_is_too_young_or_too_old_to_join_is_named_and_counted() -> None:
    made = aged(age_least_days=28, age_most_years=59)
    joining = enrolments([0] * 130)
    born = np.full(130, 10_000)
    assert replay.enrolment_violations(made, joining, born) == []
    born[5:] = 20_001
    born[4] = -3_000
    found = replay.enrolment_violations(made, joining, born)
    clauses = {(error.place, error.clause) for error in found[:-1]}
    assert {("slot 4", "membership.age_most_years"), ("slot 5", "membership.age_least_days")} <= clauses
    assert len(found) == 101
    assert found[-1].message == "26 more are too young or too old to join"
    assert replay.enrolment_violations(aged(), joining, np.full(130, -30_000)) == [], "no limits of age"


def test_notices_that_nobody_has_seen_count_for_their_members() -> None:
    made = book([10] * 3)
    replay.apply_notices(made, np.array([2, 0, 2]))
    assert made.members.seq[:3].tolist() == [1, 0, 2]
    assert made.members.pending[:3].tolist() == [1, 0, 2]
    replay.apply_notices(made, np.full(300, 1))
    assert made.members.pending[:3].tolist() == [1, MAX_EVENTS_PER_ROUND, 2]


def test_more_members_than_slots_are_named() -> None:
    made = book([10])
    made.members.count = MAX_ROWS - 1
    assert replay.enrolment_violations(made, enrolments([10])) == []
    assert [type(error) for error in replay.enrolment_violations(made, enrolments([10, 10]))] == [OverflowRule]
