"""Rounds among events: the snapshot is of one moment, whatever goes on beside it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from mutualchain.archive.replay import read_rows
from mutualchain.covenant import capture
from mutualchain.covenant.book import Book, CaseState
from mutualchain.covenant.document import Covenant
from mutualchain.errors import (
    AlreadyExited,
    BalanceTooLow,
    CaseUnknown,
    MutualchainError,
    NobodyShares,
    NoRoundOpen,
    OverflowRule,
    RoundOpen,
    SequenceError,
    ShareAboveCap,
    TooManyEvents,
)
from mutualchain.ledger import Acknowledgement, Ledger
from mutualchain.ledger import rounds as rounds_module
from mutualchain.ledger.events import Event, Pending
from mutualchain.sheet import Status, decode

from .world import PLAN, approve, columns, consistent, join, leave, together, withdraw


def charges(ledger: Ledger, number: int, plan: str = PLAN) -> tuple[list[int], list[int], list[int]]:
    """Amounts, statuses and counts of events of a round, as recorded."""
    with ledger.read() as archive:
        ref = archive.sheet(plan, "charge/1", number)
        parts = [
            decode(ref.descriptor.schema, archive.bundle(ref, at), ref.descriptor.bundle_rows(at))
            for at in range(ref.descriptor.bundles)
        ]
        assert [part["amount"].tolist() for part in read_rows(archive)(ref)] == [
            part["amount"].tolist() for part in parts
        ]
    return tuple(np.concatenate([part[name] for part in parts]).tolist() for name in ("amount", "status", "events"))


def expected(balances: list[int], gone: list[int], aid: int) -> tuple[list[int], list[int]]:
    """Amounts and statuses of a round, said slowly."""
    sharing = [not left and balance > 0 for balance, left in zip(balances, gone, strict=True)]
    share = -(-aid // sum(sharing))
    rows = []
    for balance, left in zip(balances, gone, strict=True):
        if left:
            rows.append((0, Status.EXITED))
        elif balance <= 0:
            rows.append((0, Status.LAPSED))
        elif balance < share:
            rows.append((balance, Status.PARTIAL))
        else:
            rows.append((share, Status.PAID))
    return [amount for amount, _ in rows], [int(status) for _, status in rows]


@contextmanager
def slowly(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.002, rows: int = 16) -> Iterator[threading.Event]:
    """Snapshots take their time, a few rows at a time; the event is set when one has begun."""
    begun = threading.Event()
    part = capture.View._part

    def slow(self: capture.View, start: int, stop: int) -> Any:
        if stop > start + 1:  # not where one member is looked at
            begun.set()
            time.sleep(seconds)
        return part(self, start, stop)

    with monkeypatch.context() as patch:
        patch.setattr(capture, "_CHUNK", rows)
        patch.setattr(capture.View, "_part", slow)
        yield begun


class Traffic:
    """Threads that write events of all kinds until they are stopped, and what was refused to them."""

    def __init__(self, ledger: Ledger, token: object) -> None:
        self.ledger, self.token = ledger, token
        self.refused: list[MutualchainError] = []
        self.done = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(6)]

    def _work(self, thread: int) -> None:
        chance, step = random.Random(f"{self.token} {thread}"), 0
        while not self._stop.is_set():
            step += 1
            try:
                self._write(thread, f"{self.token} {thread} {step}", chance)
                self.done += 1
            except MutualchainError as error:
                self.refused.append(error)

    def _write(self, thread: int, name: str, chance: random.Random) -> None:
        kind = chance.randrange(4)
        if kind == 0:
            self.ledger.credit(PLAN, chance.randrange(512), 7, reference=name)
        elif kind == 1:
            join(self.ledger, name)
        elif kind == 2:
            slots = [12 + chance.randrange(500) for _ in range(40)]
            self.ledger.credit_many(PLAN, slots, 3, reference=name)
        elif thread < 2:  # a withdrawal waits for the announcement, so that others must do something meanwhile
            withdraw(self.ledger, thread, thread, 1, name)

    def __enter__(self) -> Traffic:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive()


def freezing(patch: pytest.MonkeyPatch) -> list[tuple[list[int], list[int], list[int]]]:
    """Copies of balances, exits and counts of events, made at the very moment of each snapshot."""
    frozen: list[tuple[list[int], list[int], list[int]]] = []
    begin = Book.begin_capture

    def freeze(self: Book, height: int, time_ms: int) -> capture.Capture:
        members, count = self.members, self.members.count
        balances = members.balances(0, count).tolist()
        frozen.append((balances, members.exited[:count].tolist(), members.pending[:count].tolist()))
        return begin(self, height, time_ms)

    patch.setattr(Book, "begin_capture", freeze)
    return frozen


def test_the_shares_are_those_of_the_snapshot_whatever_is_written_meanwhile(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for member in range(12):
        join(ledger, member, deposit=1000)
    ledger.enrol_many(PLAN, *columns(500), deposits=np.arange(1000, 1500), reference="many")
    leave(ledger, 11, 11, "leave before")
    for number in range(3):
        case = approve(ledger, 250_000 + number, f"case {number}")
        with Traffic(ledger, number) as traffic:
            gone = leave(ledger, 6 + number, 6 + number, f"leave {number}")
            with slowly(monkeypatch), monkeypatch.context() as patch:
                frozen = freezing(patch)
                before = traffic.done
                _, terms = ledger.open_round(PLAN, [case], reference=f"open {number}")
                assert traffic.done > before + 6, "others write while the snapshot is taken"
            time.sleep(0.02)
            ledger.settle_round(PLAN, reference=f"settle {number}")
            time.sleep(0.02)
        balances, exited, pending = frozen[0]
        amounts, statuses, counts = charges(ledger, number)
        assert (amounts, statuses) == expected(balances, exited, terms.aid - terms.surplus_in + terms.deficit_in)
        assert counts == pending
        assert exited[6 + number] == 1
        assert gone.height <= terms.snapshot_height
        assert {type(error) for error in traffic.refused} <= {
            AlreadyExited,
            BalanceTooLow,
            SequenceError,
            TooManyEvents,
        }
    consistent(ledger)


def test_events_of_an_open_round_count_for_the_next_one(ledger: Ledger) -> None:
    for member in range(4):
        join(ledger, member)
    ledger.credit(PLAN, 0, 100, reference="before")
    case = approve(ledger, 400, "case")
    ledger.open_round(PLAN, [case], reference="open")
    join(ledger, 4)
    ledger.credit(PLAN, 1, 100, reference="after")
    leave(ledger, 2, 2, "leave")
    ledger.credit_many(PLAN, [1, 4], 1, reference="more")
    consistent(ledger)
    ledger.settle_round(PLAN, reference="settle")
    assert charges(ledger, 0) == ([100] * 4, [0] * 4, [2, 0, 0, 0]), "a credit, and the notice of the case"
    assert [ledger.balance(PLAN, slot) for slot in range(5)] == [1000, 1001, 900, 900, 1001]
    ledger.open_round(PLAN, [approve(ledger, 4, "next")], reference="open next")
    ledger.settle_round(PLAN, reference="settle next")
    assert charges(ledger, 1) == ([1, 1, 0, 1, 1], [0, 0, int(Status.EXITED), 0, 0], [1, 2, 1, 0, 1])
    consistent(ledger)


def test_what_an_open_round_will_deduct_cannot_be_withdrawn(ledger: Ledger) -> None:
    for member in range(3):
        join(ledger, member)
    leave(ledger, 2, 2, "leave")
    ledger.open_round(PLAN, [approve(ledger, 600, "case")], reference="open")
    join(ledger, 3)
    with pytest.raises(BalanceTooLow):
        withdraw(ledger, 0, 0, 701, "too much")
    withdraw(ledger, 0, 0, 700, "just right")
    withdraw(ledger, 2, 2, 1000, "who has left owes nothing")
    withdraw(ledger, 3, 3, 1000, "nor does who came later")
    ledger.settle_round(PLAN, reference="settle")
    assert [ledger.balance(PLAN, slot) for slot in range(4)] == [0, 700, 0, 0]
    consistent(ledger)


def test_a_withdrawal_waits_until_a_round_that_is_being_opened_is_announced(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between snapshot and announcement nobody knows what is free; her share must be there when it is deducted."""
    for member in range(40):
        join(ledger, member)
    case = approve(ledger, 24_000, "case")
    with slowly(monkeypatch, seconds=0.1) as begun:

        def late() -> Acknowledgement:
            begun.wait(10)
            assert ledger.book(PLAN).capture is not None
            ledger.credit(PLAN, 2, 5, reference="others go on")
            assert ledger.book(PLAN).capture is not None
            return withdraw(ledger, 0, 0, 1000, "all of it")

        def right() -> Acknowledgement:
            begun.wait(10)
            return withdraw(ledger, 1, 1, 400, "what is left")

        opened, refused, done = together(lambda: ledger.open_round(PLAN, [case], reference="open"), late, right)
    assert isinstance(opened, tuple), opened
    assert isinstance(refused, BalanceTooLow)
    assert isinstance(done, Acknowledgement)
    assert done.height > opened[0].height
    ledger.settle_round(PLAN, reference="settle")
    assert [ledger.balance(PLAN, slot) for slot in range(3)] == [400, 0, 405]
    consistent(ledger)


def test_a_withdrawal_that_meets_a_snapshot_at_the_last_moment_tries_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(ledger, 0)
    case = approve(ledger, 600, "case")
    core, book = ledger._core, ledger.book(PLAN)
    post = core.grouper.post
    begun: list[capture.Capture] = []

    def meeting(event: Event) -> Pending:
        if not begun:  # after it looked, and before it is written
            begun.append(book.begin_capture(ledger.size - 1, core.writer.state.time_ms + 1))
            threading.Timer(0.05, give_up).start()
        return post(event)

    def give_up() -> None:
        with core.turn:
            book.cancel_capture()
            core.announced.notify_all()

    monkeypatch.setattr(core.grouper, "post", meeting)
    assert withdraw(ledger, 0, 0, 500, "out").seq == 1
    ledger.open_round(PLAN, [case], reference="open")
    consistent(ledger)


# --- what does not come about -------------------------------------------------------------------


def test_a_round_that_cannot_be_opened_leaves_the_next_one_right(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = "capped"
    ledger.create_plan(plan, Covenant.simple("Capped", cap=50), reference="plan")
    with pytest.raises(NoRoundOpen):
        ledger.settle_round(plan, reference="settle")
    for member in range(4):
        join(ledger, member, plan=plan)
    ledger.credit_many(plan, [0, 0, 1], 10, reference="before")
    dear, cheap = approve(ledger, 1000, "dear", plan=plan), approve(ledger, 100, "cheap", plan=plan)
    size = ledger.size
    for number, (cases, error) in enumerate(
        (([dear], ShareAboveCap), ([], CaseUnknown), ([bytes(32)], CaseUnknown), ([cheap, cheap], CaseUnknown))
    ):
        with pytest.raises(error):
            ledger.open_round(plan, cases, reference=f"open {number}")
        assert ledger.book(plan).capture is None
    assert ledger.size == size
    ledger.credit(plan, 0, 10, reference="between")

    with slowly(monkeypatch, seconds=0.05, rows=2) as begun:

        def meanwhile() -> None:
            begun.wait(10)
            ledger.credit(plan, 1, 10, reference="while it fails")

        found, _ = together(lambda: ledger.open_round(plan, [dear], reference="open dear"), meanwhile)
    assert isinstance(found, ShareAboveCap)
    ledger.open_round(plan, [cheap], reference="open")
    ledger.settle_round(plan, reference="settle")
    assert charges(ledger, 0, plan) == ([25] * 4, [0] * 4, [5, 2, 0, 0])
    consistent(ledger)


def test_a_round_needs_somebody_who_shares(ledger: Ledger) -> None:
    join(ledger, 0)
    case = approve(ledger, 5, "case")
    leave(ledger, 0, 0, "leave")
    with pytest.raises(NobodyShares):
        ledger.open_round(PLAN, [case], reference="open")
    consistent(ledger)


def test_a_round_that_the_format_cannot_hold_is_refused_before_it_is_announced(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A share beyond a row's column, or more cases than the terms can name: nobody could settle or read it."""
    ledger.create_plan("dear", Covenant.simple("Dear", max_aid=2**40), reference="plan")
    join(ledger, 0, plan="dear")
    case = approve(ledger, 2**33, "case", plan="dear")
    size, book = ledger.size, ledger.book("dear")
    with pytest.raises(OverflowRule):
        ledger.open_round("dear", [case], reference="open")
    many = [number.to_bytes(32, "big") for number in range(9_000)]
    with monkeypatch.context() as patch:
        patch.setattr(book, "cases", {name: CaseState(0, 1) for name in many})
        with pytest.raises(OverflowRule):
            ledger.open_round("dear", many, reference="open")
    assert ledger.size == size
    assert book.capture is None
    consistent(ledger)


def test_a_round_is_opened_once_and_settled_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    for member in range(40):
        join(ledger, member)
    case, other = approve(ledger, 400, "case"), approve(ledger, 400, "other")
    with slowly(monkeypatch, 0.02):
        found = together(
            lambda: ledger.open_round(PLAN, [case], reference="one"),
            lambda: ledger.open_round(PLAN, [other], reference="two"),
        )
    assert sorted(type(item).__name__ for item in found) == ["RoundOpen", "tuple"]
    with pytest.raises(RoundOpen):
        ledger.open_round(PLAN, [other], reference="three")
    balance = ledger.balance(PLAN, 0)
    settled = together(*[lambda n=n: ledger.settle_round(PLAN, reference=f"s-{n}") for n in range(4)])
    acks = [item for item in settled if isinstance(item, Acknowledgement)]
    assert len(acks) == 1
    assert {type(item) for item in settled} <= {Acknowledgement, RoundOpen, NoRoundOpen}
    assert ledger.balance(PLAN, 0) == balance - 10
    consistent(ledger)


def test_a_settling_that_fails_can_be_repeated(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    join(ledger, 0)
    ledger.open_round(PLAN, [approve(ledger, 400, "case")], reference="open")

    def stop(done: int, total: int) -> None:
        assert (done, total) == (1, 1)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        ledger.settle_round(PLAN, reference="settle", progress=stop)

    def broken(_: bytes) -> bytes:
        raise RuntimeError("the compressor broke")

    with monkeypatch.context() as patch:
        patch.setattr(rounds_module, "pack", broken)
        with pytest.raises(RuntimeError, match="compressor"):
            ledger.settle_round(PLAN, reference="settle")
    seen: list[tuple[int, int]] = []
    ack = ledger.settle_round(PLAN, reference="settle", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 1)]
    assert ledger.settle_round(PLAN, reference="settle") == ack
    assert ledger.balance(PLAN, 0) == 600
    consistent(ledger)


def test_a_compressor_that_breaks_does_not_hang_a_long_settling(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More bundles than the queue holds, behind one that failed."""

    def broken(_: bytes) -> bytes:
        raise RuntimeError("the compressor broke")

    packer = rounds_module._Packer()
    monkeypatch.setattr(rounds_module, "pack", broken)
    for _ in range(200):
        packer.put(b"bundle")
    with pytest.raises(RuntimeError):
        packer.finish()


def test_a_balance_never_shows_a_round_half_settled(ledger: Ledger) -> None:
    """Whoever lapsed pays nothing, at every moment."""
    ledger.create_plan("free", Covenant.simple("Free", prepay=0), reference="plan")
    ledger.enrol_many("free", *columns(3000), deposits=np.arange(3000) % 2 * 1000, reference="many")
    case = approve(ledger, 1_500_000, "case", plan="free")
    ledger.open_round("free", [case], reference="open")
    stop, seen = threading.Event(), set()

    def look() -> None:
        while not stop.is_set():
            seen.add(ledger.balance("free", 0))

    thread = threading.Thread(target=look)
    thread.start()
    ledger.settle_round("free", reference="settle")
    stop.set()
    thread.join()
    assert seen <= {0}
    assert ledger.balance("free", 1) == 0
    consistent(ledger)
