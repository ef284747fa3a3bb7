"""A snapshot taken while others go on writing is the state at its instant, whatever they write in between."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.covenant import capture as capture_module
from mutualchain.covenant import replay
from mutualchain.covenant.book import Book
from mutualchain.covenant.capture import Capture, View
from mutualchain.covenant.members import Members
from mutualchain.covenant.opened import OpenRound
from mutualchain.covenant.stage import Stage
from mutualchain.errors import MutualchainError, TooManyEvents
from mutualchain.sheet import Status

from .tables import approve, as_slots, book, columns_of, enrolments, opened, sparse
from .test_rounds import COVENANT, ROUND

CHUNK = 8
Rows = list[tuple[int, int, int]]


def frozen(members: Members, share: int) -> tuple[int, Rows]:
    """Headcount and the rows that do not simply pay, one member at a time."""
    headcount, rows = 0, []
    for slot in range(members.count):
        balance, exited = members.balance(slot), bool(members.exited[slot])
        headcount += balance > 0 and not exited
        if exited:
            rows.append((slot, int(Status.EXITED), 0))
        elif balance <= 0:
            rows.append((slot, int(Status.LAPSED), 0))
        elif balance < share:
            rows.append((slot, int(Status.PARTIAL), balance))
    return headcount, rows


def captured(capture: Capture, share: int) -> tuple[int, Rows]:
    """What the capture says."""
    usual, status, slots, statuses, amounts, ending = capture.rows_for(share)
    assert (usual, status, len(ending)) == (share, Status.PAID, 0)
    assert [column.dtype.str for column in (slots, statuses, amounts)] == ["<u4", "|u1", "<u4"]
    return capture.headcount(), list(zip(slots.tolist(), statuses.tolist(), amounts.tolist(), strict=True))


def random_book(seed: int, rows: int = 50, *, exits: bool = True) -> Book:
    """Members with little money, some of whom have left, after a few rounds."""
    source = random.Random(seed)
    made = book([source.choice([0, 1, 5, 9, 10, 11, 30]) for _ in range(rows)])
    for height in range(1, source.randrange(4) + 1):
        name = approve(made, source.randrange(1, 5) * rows, name=bytes([height]) * 32)
        try:
            opened(made, (name,), height)
        except MutualchainError:
            made.cancel_capture()
            continue
        made.settle(made.result())
    if exits:
        stage = Stage(made)
        for slot in source.sample(range(rows), rows // 5):
            stage.exit(slot, stage.next_seq(slot))
        stage.apply()
    return made


def disturb(made: Book, source: random.Random) -> None:
    """One thing that may happen while a snapshot is taken: money in or out, an exit, many credits, joins that grow."""
    slot = source.randrange(made.slots)
    stage = Stage(made)
    try:
        match source.randrange(6):
            case 0:
                stage.credit(slot, source.randrange(1, 50))
            case 1:
                stage.withdraw(slot, max(made.free(slot), 0), stage.next_seq(slot))
            case 2:
                stage.exit(slot, stage.next_seq(slot))
            case 3:
                stage.notice(slot)
            case 4:
                slots = [source.randrange(made.slots) for _ in range(5)]
                rows = zip(slots, [3] * 5, replay.next_numbers(made, as_slots(slots)).tolist(), strict=True)
                columns = sparse("credit/1", rows)
                if not replay.credit_violations(made, columns):
                    replay.apply_credits(made, columns)
            case _:
                grows = made.slots < 5_000 and source.randrange(5) == 0
                replay.apply_enrolments(made, enrolments([source.randrange(50)] * (made.slots if grows else 1)))
    except MutualchainError:
        return
    stage.apply()


class Interrupting(dict[int, tuple[Any, Any]]):
    """The saved pieces; something happens between the copy of a chunk and its correction."""

    def __init__(self, happen: Callable[[], None]) -> None:
        super().__init__()
        self.happen = happen
        self.busy = False

    def __bool__(self) -> bool:
        if not self.busy:  # what happens looks at members too
            self.busy = True
            self.happen()
            self.busy = False
        return len(self) > 0


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_module, "_CHUNK", CHUNK)
    monkeypatch.setattr(capture_module, "PIECE", 3)


@pytest.mark.parametrize("where", ["between chunks", "between copy and correction", "both"])
@pytest.mark.parametrize("seed", range(12))
def test_writes_between_the_passes_of_a_snapshot_do_not_show_in_it(
    where: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, source = random_book(seed, exits=seed % 3 > 0), random.Random(seed)
    wanted = frozen(made.members, 10)
    events = made.members.pending[: made.slots].tolist()
    capture = made.begin_capture(99, 99)
    ranges = View._ranges
    happened = 0

    def happen() -> None:
        nonlocal happened
        happened += 1
        for _ in range(3):
            disturb(made, source)

    def interrupted(start: int, stop: int) -> Iterator[tuple[int, int]]:
        for chunk in ranges(start, stop):
            happen()
            yield chunk
            happen()

    if where != "between copy and correction":
        monkeypatch.setattr(View, "_ranges", staticmethod(interrupted))
    if where != "between chunks":
        capture.saved = Interrupting(happen)
    assert captured(capture, 10) == wanted
    assert captured(capture, 10) == wanted, "a second pass sees the same"
    assert capture.events[: capture.rows].tolist() == events
    assert happened >= 2 * 50 // CHUNK


def test_writers_in_other_threads_do_not_show_in_a_snapshot() -> None:
    made, source = random_book(5, rows=3_000), random.Random(7)
    wanted = frozen(made.members, 10)
    capture = made.begin_capture(99, 99)
    stop, turn = threading.Event(), threading.Lock()

    def write() -> None:
        while not stop.is_set():
            with turn:
                disturb(made, source)
                if made.slots > 20_000:
                    break

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            assert captured(capture, 10) == wanted
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(capture.saved) > 10, "the writers did write"


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.integers(0, 20), st.data())
def test_the_rows_of_a_round_are_its_exceptions_and_the_share_for_everybody_else(
    deposits: list[int], share: int, data: st.DataObject
) -> None:
    made = book(deposits)
    stage = Stage(made)
    for slot in data.draw(st.sets(st.integers(0, len(deposits) - 1))):
        stage.exit(slot, 0)
    stage.apply()
    _, wanted = frozen(made.members, share)
    capture = made.begin_capture(0, 0)
    changed = capture.rows_for(share)
    columns = changed.slots, changed.statuses, changed.amounts, capture.events
    rows = OpenRound(replace(ROUND, share=share), COVENANT, capture.rows, *columns)
    exceptions = {slot: (status, amount) for slot, status, amount in wanted}
    expected = [exceptions.get(slot, (0, share)) for slot in range(len(deposits))]
    found = rows.columns(0, rows.rows)
    assert list(zip(found["status"].tolist(), found["amount"].tolist(), strict=True)) == expected
    assert [rows.due(slot) for slot in range(len(deposits) + 2)] == [amount for _, amount in expected] + [0, 0]
    sharing = sum(status <= Status.CAPPED for status, _ in expected)
    assert rows.totals() == (sharing, sum(amount for _, amount in expected))
    start = data.draw(st.integers(0, len(deposits) - 1))
    part = rows.columns(start, len(deposits))
    assert {name: column.tolist() for name, column in part.items()} == {
        name: column[start:].tolist() for name, column in found.items()
    }


def test_nobody_is_an_exception_where_all_can_pay() -> None:
    made = book([10, 10])
    rows = made.begin_capture(0, 0).rows_for(10)
    assert (len(rows.slots), len(rows.statuses), len(rows.amounts)) == (0, 0, 0)


def test_who_joins_after_the_snapshot_is_neither_counted_nor_charged() -> None:
    made = book([10, 10])
    name = approve(made, 6)
    capture = made.begin_capture(0, 0)
    replay.apply_enrolments(made, enrolments([10] * 3_000))
    made.put_open(made.open_round(capture, made.terms(capture, (name,))))
    assert made.open is not None
    assert (made.open.rows, made.open.terms.headcount, made.open.terms.share) == (2, 2, 3)
    made.settle(made.result())
    assert made.members.balances(0, 4).tolist() == [7, 7, 10, 10]
    assert made.members.balance(3_001) == 10


@pytest.mark.parametrize(("before", "amount", "status"), [(True, 0, Status.EXITED), (False, 5, Status.PAID)])
def test_who_leaves_on_or_after_the_snapshot_still_owes_that_round(before: bool, amount: int, status: int) -> None:
    made = book([10, 10])
    name = approve(made, 10 if not before else 5)
    stage = Stage(made)
    stage.exit(0, 0)
    if before:
        stage.apply()
    capture = made.begin_capture(0, 0)
    if not before:
        stage = Stage(made)
        stage.exit(0, 0)
        stage.apply()
    made.put_open(made.open_round(capture, made.terms(capture, (name,))))
    assert made.open is not None
    row = made.open.columns(0, 1)
    assert (row["amount"][0], row["status"][0]) == (amount, status)


# --- what a running snapshot reserves, and what giving it up costs ------------------------------


@pytest.mark.parametrize(("cap", "free"), [(0, 0), (4, 6), (50, 0)])
def test_what_a_round_may_come_to_charge_cannot_be_taken_out_before_it_is_announced(cap: int, free: int) -> None:
    made = book([10, 10, 0], cap=cap)
    stage = Stage(made)
    stage.exit(1, 0)
    stage.apply()
    capture = made.begin_capture(0, 0)
    assert [made.free(slot) for slot in range(3)] == [free, 10, 0]
    replay.apply_credits(made, sparse("credit/1", [(0, 5, 0), (2, 5, 0)]))
    replay.apply_enrolments(made, enrolments([7]))
    assert [made.free(slot) for slot in range(4)] == [free + 5, 10, 5, 7], "what came in since is hers"
    stage = Stage(made)
    stage.withdraw(0, free + 5, 1)
    with pytest.raises(MutualchainError, match="is free"):
        stage.withdraw(0, 1, 2)
    stage.apply()
    assert [column[0] for column in capture.saved[0]] == [10, 0]
    made.cancel_capture()
    assert made.free(0) == 10 - free


def test_events_on_both_sides_of_a_snapshot_that_is_given_up_fit_into_one_row() -> None:
    made = book([10, 10])
    replay.apply_credits(made, sparse("credit/1", [(0, 1, seq) for seq in range(200)]))
    made.begin_capture(0, 0)
    replay.apply_enrolments(made, enrolments([10] * 2_000))
    stage = Stage(made)
    for _ in range(55):
        stage.credit(0, 1)
    with pytest.raises(TooManyEvents, match="had 255 events"):
        stage.credit(0, 1)
    stage.apply()
    late = sparse("credit/1", [(1_500, 1, 0), (0, 1, 255), (1, 1, 0)])
    assert [(type(error), error.place) for error in replay.credit_violations(made, late)] == [(TooManyEvents, "row 1")]
    made.cancel_capture()
    made.cancel_capture()
    assert columns_of(made.members)["pending"][:2] == [255, 0]
    assert columns_of(made.members)["seq"][:2] == [255, 0]
