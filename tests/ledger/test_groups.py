"""Many threads append; one signature and one durable commit serve all that came in together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mutualchain.errors import (
    BalanceTooLow,
    DuplicateKey,
    MutualchainError,
    OverflowRule,
    SequenceError,
    SlotUnknown,
    TooManyEvents,
)
from mutualchain.ledger import Acknowledgement, Ledger, core, events
from mutualchain.ledger.events import ORDER

from .world import (
    COVENANT,
    KEYS,
    PLAN,
    columns,
    consistent,
    grouped,
    join,
    key_of,
    leave,
    new_ledger,
    proven,
    row_of,
    together,
    withdraw,
)


def test_64_threads_share_blocks_and_each_gets_a_receipt_that_verifies(tmp_path: Path) -> None:
    with new_ledger(tmp_path / "ledger") as ledger:
        join(ledger, 0)
        start, lock = ledger.size, threading.Lock()
        acks: list[Acknowledgement] = []

        def work(thread: int) -> Callable[[], None]:
            def run() -> None:
                for number in range(6):
                    done = [
                        join(ledger, (thread, number)),
                        ledger.credit(PLAN, 0, 1, reference=f"c {thread} {number}")
                        if number < 3
                        else ledger.credit(PLAN, thread % 3, 1, reference=f"d {thread} {number}"),
                    ]
                    with lock:
                        acks.extend(done)

            return run

        ledger.enrol_many(PLAN, *columns(5), deposits=1000, reference="many")
        failures = [found for found in together(*(work(thread) for thread in range(64))) if found is not None]
        assert {type(found) for found in failures} <= {TooManyEvents}, "255 credits between two rounds are the most"
        blocks = ledger.size - start
        assert blocks < len(acks) / 4
        assert len({(ack.height, ack.slot, ack.seq) for ack in acks}) == len(acks)
        for ack in acks[::7]:
            row_of(ack)
        consistent(ledger)


def test_a_forbidden_event_fails_alone(ledger: Ledger) -> None:
    join(ledger, 0)
    size = ledger.size
    found = grouped(
        ledger,
        lambda: ledger.credit(PLAN, 0, 5, reference="1"),
        lambda: ledger.credit(PLAN, 7, 5, reference="2"),
        lambda: ledger.credit(PLAN, 0, 2**41, reference="3"),
        lambda: withdraw(ledger, 0, 0, 5_000, "4", seq=0),
        lambda: withdraw(ledger, 0, 0, 5, "5", seq=4),
        lambda: ledger.credit("none", 0, 5, reference="6"),
        lambda: ledger.credit(PLAN, 0, 6, reference="7"),
    )
    kinds = [type(item) for item in found]
    assert kinds[1:5] == [SlotUnknown, OverflowRule, BalanceTooLow, SequenceError]
    assert kinds[0] is kinds[6] is Acknowledgement
    assert ledger.size == size + 1
    assert ledger.balance(PLAN, 0) == 1011
    consistent(ledger)


def test_a_key_twice_in_a_group_enrols_one_member(ledger: Ledger) -> None:
    found = grouped(
        ledger,
        lambda: ledger.enrol(PLAN, key_of(1), bytes(32), deposit=1000, reference="first"),
        lambda: ledger.enrol(PLAN, key_of(1), bytes(32), deposit=1000, reference="second"),
        lambda: ledger.enrol(PLAN, key_of(2), bytes(32), deposit=1000, reference="third"),
        lambda: ledger.enrol(PLAN, key_of(3), bytes(32), deposit=1, reference="too little"),
    )
    assert [item.slot if isinstance(item, Acknowledgement) else type(item).__name__ for item in found] == [
        0,
        "DuplicateKey",
        1,
        "DepositRule",
    ]
    with pytest.raises(DuplicateKey):
        ledger.enrol(PLAN, key_of(2), bytes(32), deposit=1000, reference="later")
    assert ledger.enrol(PLAN, key_of(3), bytes(32), deposit=1000, reference="enough").slot == 2
    consistent(ledger)


def test_what_a_member_signed_comes_before_what_anybody_can_cause(ledger: Ledger) -> None:
    """A top-up that arrives in the same group takes the running number after the one she signed."""
    for member in range(3):
        join(ledger, member)
    found = grouped(
        ledger,
        lambda: ledger.credit(PLAN, 0, 50, reference="credit"),
        lambda: leave(ledger, 1, 1, "exit", seq=0),
        lambda: withdraw(ledger, 0, 0, 1000, "out", seq=0),
        lambda: join(ledger, 3),
        lambda: ledger.credit(PLAN, 2, 50, reference="other credit"),
    )
    assert all(isinstance(item, Acknowledgement) for item in found), found
    credit, out = found[0], found[2]
    assert isinstance(credit, Acknowledgement)
    assert isinstance(out, Acknowledgement)
    assert (out.seq, credit.seq, credit.height) == (0, 1, out.height)
    with ledger.read() as archive:
        names = [sheet.schema.name for sheet in archive.header(credit.height).sheets]
        assert names == [name for name in ORDER if name != "correction/1"]
    assert ledger.balance(PLAN, 0) == 50
    for ack in found:
        assert isinstance(ack, Acknowledgement)
        row_of(ack)
    consistent(ledger)


def test_a_withdrawal_cannot_spend_the_credit_that_stands_behind_it(ledger: Ledger) -> None:
    join(ledger, 0)
    credit, out = grouped(
        ledger,
        lambda: ledger.credit(PLAN, 0, 50, reference="credit"),
        lambda: withdraw(ledger, 0, 0, 1050, "out", seq=0),
    )
    assert isinstance(credit, Acknowledgement)
    assert isinstance(out, BalanceTooLow)
    consistent(ledger)


def test_a_group_is_never_larger_than_its_bound(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_GROUP", 10)
    sizes: list[int] = []
    grouper = ledger._core.grouper
    commit = grouper._commit

    def counting(group: list[events.Event]) -> None:
        sizes.append(len(group))
        commit(group)

    monkeypatch.setattr(grouper, "_commit", counting)
    with ledger._core.turn:
        threads = [threading.Thread(target=join, args=(ledger, member)) for member in range(35)]
        for thread in threads:
            thread.start()
        threading.Event().wait(0.2)
    for thread in threads:
        thread.join()
    assert sum(sizes) == 35
    assert max(sizes) == 10
    assert ledger.book(PLAN).slots == 35
    consistent(ledger)


def test_a_group_of_many_plans_takes_as_many_blocks_as_it_needs(ledger: Ledger) -> None:
    plans = [f"plan-{number}" for number in range(2 * core._PLANS_PER_BLOCK + 3)]
    for plan in plans:
        ledger.create_plan(plan, COVENANT, reference="plan")
    size = ledger.size
    found = grouped(ledger, *[lambda plan=plan: join(ledger, 0, plan=plan) for plan in plans])
    assert all(isinstance(item, Acknowledgement) and item.slot == 0 for item in found), found
    assert ledger.size == size + 3
    for ack in found[::5]:
        assert isinstance(ack, Acknowledgement)
        descriptor = proven(ack).descriptor
        assert descriptor is not None
        assert descriptor.plan == ack.plan
    consistent(ledger)


def test_255_events_of_a_member_between_two_rounds_are_the_most(ledger: Ledger) -> None:
    join(ledger, 0)
    ledger.credit_many(PLAN, [0] * 254, 1, reference="254")
    with pytest.raises(TooManyEvents):
        ledger.credit_many(PLAN, [0, 0], 1, reference="2")
    found = grouped(ledger, *[lambda n=n: ledger.credit(PLAN, 0, 1, reference=f"{n}") for n in range(3)])
    assert [type(item).__name__ for item in found] == ["Acknowledgement", "TooManyEvents", "TooManyEvents"]
    consistent(ledger)


def test_an_interrupt_in_the_leading_thread_does_not_leave_the_others_waiting(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(ledger, 0)
    grouper = ledger._core.grouper
    commit = grouper._commit

    def interrupted(_: list[events.Event]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(grouper, "_commit", interrupted)
    calls = [lambda n=n: ledger.credit(PLAN, 0, n + 1, reference=f"c-{n}") for n in range(5)]
    found = grouped(ledger, *calls)
    assert [type(item).__name__ for item in found] == ["KeyboardInterrupt"] + ["CommitUncertain"] * 4
    monkeypatch.setattr(grouper, "_commit", commit)
    acks = [call() for call in calls]
    assert [ack.seq for ack in acks] == list(range(5))
    consistent(ledger)


def test_a_leader_that_never_began_is_replaced(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by an interrupt between the instructions that make it the leader and those that lead."""
    join(ledger, 0)
    monkeypatch.setattr(events, "_RESCUE", 0.05)
    grouper = ledger._core.grouper
    lead = grouper._lead
    seen: list[int] = []

    def once(group: events._Group) -> None:
        seen.append(1)
        if len(seen) == 1:
            raise KeyboardInterrupt
        lead(group)

    monkeypatch.setattr(grouper, "_lead", once)
    found = together(*[lambda n=n: ledger.credit(PLAN, 0, 1, reference=f"c-{n}") for n in range(4)])
    assert sum(isinstance(item, KeyboardInterrupt) for item in found) == 1
    assert sum(isinstance(item, Acknowledgement) for item in found) == 3
    consistent(ledger)


def test_a_ledger_closed_before_a_group_was_written_refuses_it_whole(ledger: Ledger) -> None:
    join(ledger, 0)
    found: list[object] = []

    def run(number: int) -> None:
        try:
            ledger.credit(PLAN, 0, 1, reference=f"c-{number}")
        except MutualchainError as error:
            found.append(error.code)

    with ledger._core.turn:
        threads = [threading.Thread(target=run, args=(number,)) for number in range(5)]
        for thread in threads:
            thread.start()
        threading.Event().wait(0.1)
        ledger._core.break_off("the ledger was closed")
    for thread in threads:
        thread.join(10)
    assert found == ["MC-130"] * 5


def test_events_of_a_group_are_recorded_with_what_they_said(ledger: Ledger) -> None:
    join(ledger, 0)
    found = grouped(
        ledger,
        *[lambda n=n: ledger.credit(PLAN, 0, n + 1, reason=n, reference=f"c-{n}") for n in range(9)],
    )
    for number, ack in enumerate(found):
        assert isinstance(ack, Acknowledgement)
        row = row_of(ack)
        assert (row["slot"], row["seq"], row["amount"], row["reason"]) == (0, number, number + 1, number)


# --- posted without waiting -----------------------------------------------------------------------


def test_one_thread_with_many_events_on_their_way_needs_few_blocks(ledger: Ledger) -> None:
    join(ledger, 0)
    size = ledger.size
    posted = [ledger.post_credit(PLAN, 0, 1, reference=f"c-{n}") for n in range(100)]
    acks = [pending.result() for pending in posted]
    assert [ack.seq for ack in acks] == list(range(100))
    assert ledger.size - size <= 3
    assert [pending.result() for pending in posted] == acks
    consistent(ledger)


def test_what_nobody_waits_for_is_recorded_all_the_same(ledger: Ledger) -> None:
    join(ledger, 0)
    pending = ledger.post_credit(PLAN, 0, 7, reference="alone")
    deadline = time.monotonic() + 10
    while ledger.balance(PLAN, 0) != 1007 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert ledger.balance(PLAN, 0) == 1007
    assert pending.result().seq == 0


def test_closing_records_what_was_posted(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path / "ledger", KEYS)
    ledger.create_plan(PLAN, COVENANT, reference="plan")
    join(ledger, 0)
    with ledger._core.turn:  # so that nobody commits it before
        pending = ledger.post_credit(PLAN, 0, 7, reference="last")
    ledger.close()
    assert pending.result().seq == 0
    with Ledger.open(tmp_path / "ledger", KEYS) as again:
        assert again.balance(PLAN, 0) == 1007


def test_a_posted_event_that_is_forbidden_says_so_when_asked(ledger: Ledger) -> None:
    join(ledger, 0)
    good, bad = ledger.post_credit(PLAN, 0, 1, reference="good"), ledger.post_credit(PLAN, 9, 1, reference="bad")
    with pytest.raises(SlotUnknown):
        bad.result()
    assert good.result().seq == 0
    consistent(ledger)


def test_a_full_group_is_committed_before_the_next_event_is_taken(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MAX_GROUP", 4)
    join(ledger, 0)
    posted = [ledger.post_credit(PLAN, 0, 1, reference=f"c-{n}") for n in range(10)]
    assert [pending._event.result is not None for pending in posted[:8]] == [True] * 8
    assert [pending.result().seq for pending in posted] == list(range(10))
    consistent(ledger)
