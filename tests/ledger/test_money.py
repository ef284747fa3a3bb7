"""Rounds by the calendar and by mandate, and money beside shares: as calls of the ledger, replayed and reopened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mutualchain.covenant import sections
from mutualchain.covenant.calendar import DAY_MS, start_of
from mutualchain.covenant.document import Covenant
from mutualchain.errors import (
    AlreadyExited,
    AmendmentRule,
    ArrearsRule,
    BalanceTooLow,
    CalendarRule,
    CollectionRule,
    CorrectionRule,
    DuplicateKey,
    FundRule,
    MembershipEnded,
    MutualchainError,
    RefundRule,
    RoundOpen,
    SlotUnknown,
    UsageError,
)
from mutualchain.ledger import Ledger
from mutualchain.ledger import rounds as rounds_module

from .test_rounds import charges
from .world import (
    COVENANT,
    KEYS,
    PLAN,
    Clock,
    approve,
    columns,
    consistent,
    digest,
    join,
    key_of,
    leave,
    together,
    withdraw,
)

MONTHLY = sections.Calendar(kind="monthly", disclosure_days=(7, 21), deduction_days=(14, 28))
TWICE = replace(COVENANT, calendar=MONTHLY)
MANDATE = replace(
    COVENANT,
    membership=sections.Membership(prepay=0),
    sharing=sections.Sharing(funding="mandate"),
    arrears=sections.Arrears(grace_days=5),
)
FEBRUARY = start_of(TWICE, 17_928)  # 2019-02-01


class World:
    """A ledger with one plan, on a clock of its own."""

    def __init__(self, path: Path, covenant: Covenant) -> None:
        self.path, self.clock = path / "ledger", Clock(FEBRUARY)
        self.ledger = Ledger.create(self.path, KEYS, clock=self.clock)
        self.ledger.create_plan(PLAN, covenant, reference="plan")

    def go_to(self, day: float) -> None:
        """Go to a day of February 2019, or beyond."""
        self.clock.now = FEBRUARY + int((day - 1) * DAY_MS)

    def reopen(self) -> Ledger:
        self.ledger.close()
        self.ledger = Ledger.open(self.path, KEYS, clock=self.clock)
        return self.ledger

    def replay(self) -> Ledger:
        """Reopened without the saved state."""
        self.ledger.close()
        (self.path / "cache" / "state").unlink()
        self.ledger = Ledger.open(self.path, KEYS, clock=self.clock)
        return self.ledger

    def settled(self, aid: int, name: str, **options: Any) -> bytes:
        case = approve(self.ledger, aid, name)
        self.ledger.open_round(PLAN, [case], reference=f"open {name}")
        self.ledger.settle_round(PLAN, reference=f"settle {name}", **options)
        return case


@pytest.fixture
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, getattr(request, "param", COVENANT))
    yield world
    world.ledger.close()


under = pytest.mark.parametrize


# --- the calendar -------------------------------------------------------------------------------


@under("made", [TWICE], indirect=True)
@under("how", ["reopen", "replay", "stay"])
def test_a_monthly_round_is_of_the_day_of_disclosure_and_deducted_on_its_day(made: World, how: str) -> None:
    ledger = made.ledger
    for member in range(4):
        join(ledger, member)
    with pytest.raises(CalendarRule, match="no day of disclosure"):
        ledger.open_round(PLAN, [approve(ledger, 40, "early")], reference="too soon")
    made.go_to(7.5)
    join(ledger, 4)
    leave(ledger, 0, 0, "leave after the day of disclosure")
    ledger.credit_many(PLAN, [1, 4], 5, reference="after")
    with pytest.raises(BalanceTooLow):
        withdraw(ledger, 2, 2, 1, "everything may come to be charged")
    made.go_to(10)
    if how != "stay":
        ledger = made.reopen() if how == "reopen" else made.replay()
    consistent(ledger)
    case = approve(ledger, 40, "case")
    _, terms = ledger.open_round(PLAN, [case], reference="open")
    assert (terms.snapshot_time_ms, terms.headcount, terms.share) == (FEBRUARY + 6 * DAY_MS, 4, 10)
    withdraw(ledger, 2, 2, 990, "what is free is known now")
    with pytest.raises(CalendarRule) as caught:
        ledger.settle_round(PLAN, reference="too early")
    assert caught.value.clause == "calendar.deduction_days"
    made.go_to(14)
    if how != "stay":
        ledger = made.reopen() if how == "reopen" else made.replay()
    ledger.settle_round(PLAN, reference="settle")
    assert [ledger.balance(PLAN, slot) for slot in range(5)] == [990, 995, 0, 990, 1005]
    made.go_to(21.2)
    ledger.open_round(PLAN, [approve(ledger, 3, "next", slot=1)], reference="open the next")
    made.go_to(28)
    ledger.settle_round(PLAN, reference="settle the next")
    assert charges(ledger, 1)[0] == [0, 1, 0, 1, 1], "one has left, one has nothing"
    consistent(ledger)


@under("made", [TWICE], indirect=True)
def test_a_day_of_disclosure_without_a_round_gives_way_to_the_next(made: World) -> None:
    ledger = made.ledger
    join(ledger, 0)
    made.go_to(8)
    join(ledger, 1)
    made.go_to(22)
    _, terms = ledger.open_round(PLAN, [approve(ledger, 40, "case")], reference="open")
    assert (terms.headcount, terms.snapshot_time_ms) == (2, FEBRUARY + 20 * DAY_MS)
    consistent(made.reopen())


@under("made", [TWICE], indirect=True)
def test_two_that_open_a_monthly_round_at_once_open_one(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = made.ledger
    for member in range(3):
        join(ledger, member)
    made.go_to(8)
    case = approve(ledger, 30, "case")
    found = together(*[lambda n=n: ledger.open_round(PLAN, [case], reference=f"open {n}") for n in range(3)])
    assert sorted(type(item).__name__ for item in found) == ["RoundOpen", "RoundOpen", "tuple"]
    consistent(ledger)


@under("made", [TWICE], indirect=True)
def test_a_round_that_the_next_day_of_disclosure_overtakes_is_not_announced(
    made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = made.ledger
    join(ledger, 0)
    made.go_to(8)
    case = approve(ledger, 30, "case")
    book = ledger.book(PLAN)
    terms = type(book).terms

    def slow(self: Any, *arguments: Any) -> Any:
        found = terms(self, *arguments)
        made.go_to(22)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(type(book), "terms", slow)
        with pytest.raises(RoundOpen, match="changed"):
            ledger.open_round(PLAN, [case], reference="open")
    assert ledger.open_round(PLAN, [case], reference="open")[1].snapshot_time_ms == FEBRUARY + 20 * DAY_MS
    consistent(ledger)


# --- by mandate -----------------------------------------------------------------------------------


@under("made", [MANDATE], indirect=True)
def test_what_could_not_be_collected_is_owed_and_ends_cover_after_the_grace(made: World) -> None:
    ledger = made.ledger
    for member in range(4):
        join(ledger, member, deposit=0)
    case = approve(ledger, 40, "case")
    ledger.open_round(PLAN, [case], reference="open")
    for failed, error in (([9], CollectionRule), ([-1], CollectionRule), ("all", UsageError), ([[1]], UsageError)):
        with pytest.raises(error):
            ledger.settle_round(PLAN, reference="wrong", failed=failed)
    done = ledger.settle_round(PLAN, reference="settle", failed=np.array([1, 2]))
    assert ledger.settle_round(PLAN, reference="settle", failed=[2, 1, 1]) == done
    assert charges(ledger, 0)[:2] == ([10, 0, 0, 10], [0, 1, 1, 0])
    book = ledger.book(PLAN)
    assert [ledger.balance(PLAN, slot) for slot in range(4)] == [0] * 4, "balances are not touched"
    assert (book.totals.collected, book.deficit) == (20, 20)
    with pytest.raises(ArrearsRule):
        ledger.credit(PLAN, 1, 11, reason=1, reference="more than she owes")
    with pytest.raises(ArrearsRule):
        ledger.credit_many(PLAN, [1, 1], [6, 5], reasons=1, reference="more than she owes, in parts")
    ledger.credit_many(PLAN, [1, 3], [10, 7], reasons=[1, 0], reference="arrears paid")
    assert (ledger.balance(PLAN, 1), ledger.balance(PLAN, 3), book.pot) == (0, 7, 10)
    made.go_to(6.9)
    assert book.in_grace(2, made.clock.now)
    made.go_to(7.1)
    ledger = made.replay()
    _, terms = ledger.open_round(PLAN, [], reference="share the deficit")
    assert (terms.headcount, terms.top_up, terms.share) == (3, 10, 4)
    ledger.settle_round(PLAN, reference="settle the deficit")
    assert charges(ledger, 1)[1] == [0, 0, 4, 0]
    consistent(made.reopen())


@under("made", [replace(MANDATE, arrears=sections.Arrears(lapse="ended"))], indirect=True)
def test_arrears_can_end_a_membership_for_good(made: World) -> None:
    ledger = made.ledger
    for member in range(3):
        join(ledger, member, deposit=100)
    made.settled(30, "case", failed=[1])
    made.go_to(3)
    ledger.credit(PLAN, 1, 5, reference="she is in still")
    ledger.open_round(PLAN, [approve(ledger, 20, "next")], reference="open")
    with pytest.raises(MembershipEnded):
        ledger.credit(PLAN, 1, 5, reference="she is out")
    with pytest.raises(MembershipEnded):
        ledger.credit_many(PLAN, [1], 5, reference="she is out")
    ledger.credit(PLAN, 1, 10, reason=1, reference="what she owes she may pay")
    withdraw(ledger, 1, 1, 105, "and take out what is hers")
    again = ledger.enrol(PLAN, key_of(1), digest("again"), deposit=0, reference="and join again")
    assert (again.slot, ledger.find(PLAN, key_of(1))) == (3, 3)
    consistent(made.replay())


# --- back into the plan -----------------------------------------------------------------------------


def test_who_has_left_may_join_again_in_a_new_slot_with_the_same_key(made: World) -> None:
    ledger = made.ledger
    join(ledger, 0)
    with pytest.raises(DuplicateKey):
        ledger.enrol(PLAN, key_of(0), digest(1), deposit=1000, reference="twice")
    keys, commitments = columns(3)
    keys[1] = np.frombuffer(key_of(0), np.uint8)
    with pytest.raises(DuplicateKey):
        ledger.enrol_many(PLAN, keys, commitments, deposits=1000, reference="many")
    leave(ledger, 0, 0, "leave")
    assert ledger.enrol_many(PLAN, keys, commitments, deposits=1000, reference="many").slot == 1
    assert ledger.find(PLAN, key_of(0)) == 2
    with pytest.raises(AlreadyExited):
        ledger.credit(PLAN, 0, 1, reference="to the old slot")
    with pytest.raises(DuplicateKey):
        ledger.enrol(PLAN, key_of(0), digest(2), deposit=1000, reference="a third time")
    leave(ledger, 0, 2, "leave again")
    ledger = made.reopen()
    assert ledger.enrol(PLAN, key_of(0), digest(2), deposit=1000, reference="a third time").slot == 4
    assert ledger.find(PLAN, key_of(0)) == 4
    consistent(ledger)


@under("made", [replace(COVENANT, membership=sections.Membership(rejoin="never"))], indirect=True)
def test_where_the_covenant_lets_nobody_return_a_key_is_used_once(made: World) -> None:
    join(made.ledger, 0)
    leave(made.ledger, 0, 0, "leave")
    with pytest.raises(DuplicateKey):
        made.ledger.enrol(PLAN, key_of(0), digest(1), deposit=1000, reference="again")


# --- funds, refunds, corrections --------------------------------------------------------------------


@under("made", [replace(COVENANT, membership=sections.Membership(prepay=0))], indirect=True)
def test_a_voided_case_is_refunded_exactly_and_what_is_recovered_goes_into_the_next_round(made: World) -> None:
    ledger, desk = made.ledger, made.ledger.money
    ledger.enrol_many(PLAN, *columns(3), deposits=[1000, 1000, 3], reference="many")
    case = made.settled(30, "case")
    assert [ledger.balance(PLAN, slot) for slot in range(3)] == [990, 990, 0]
    ledger.pay_out(PLAN, case, 20, payment=bytes(32), reference="paid in part")
    with pytest.raises(RefundRule):
        desk.refund(PLAN, case, reference="it is not void")
    with pytest.raises(FundRule):
        desk.fund(PLAN, 20, source="recovery", payment=bytes(32), case=case, reference="not void either")
    ledger.cases.void(PLAN, case, "malicious", reference="void")
    assert ledger.book(PLAN).pot == 10
    seen: list[tuple[int, int]] = []
    done = desk.refund(PLAN, case, reference="refund", progress=lambda *counts: seen.append(counts))
    assert (done.rows, seen) == (3, [(3, 3)])
    assert desk.refund(PLAN, case, reference="refund") == done
    assert [ledger.balance(PLAN, slot) for slot in range(3)] == [1000, 1000, 3], "to the fen"
    with pytest.raises(RefundRule, match="already"):
        desk.refund(PLAN, case, reference="refund twice")
    desk.fund(PLAN, 15, source="recovery", payment=bytes(32), case=case, reference="recovered")
    book = ledger.book(PLAN)
    assert (book.pot, book.deficit) == (25, 30)
    assert book.expected_holding() == 2003 + 25 - 30
    _, terms = ledger.open_round(PLAN, [], reference="open")
    assert (terms.deficit_in, terms.top_up, terms.share) == (30, 25, 2)
    ledger.settle_round(PLAN, reference="settle")
    assert ledger.book(PLAN).expected_holding() == 1997 + 1
    consistent(made.replay())


def test_a_refund_while_a_round_is_open_is_carried_behind_it(made: World) -> None:
    ledger = made.ledger
    ledger.enrol_many(PLAN, *columns(4), deposits=1000, reference="many")
    case = made.settled(40, "case")
    ledger.open_round(PLAN, [approve(ledger, 80, "next")], reference="open")
    ledger.cases.void(PLAN, case, "malicious", reference="void")
    ledger.money.refund(PLAN, case, reference="refund")
    assert [ledger.balance(PLAN, slot) for slot in range(4)] == [1000] * 4
    ledger.settle_round(PLAN, reference="settle")
    book = ledger.book(PLAN)
    assert (book.deficit, book.pot) == (40, 40)
    consistent(made.replay())


@under("broken", ["builder", "commit"])
def test_a_refund_that_fails_changes_nothing_and_can_be_repeated(
    made: World, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    ledger = made.ledger
    ledger.enrol_many(PLAN, *columns(4), deposits=1000, reference="many")
    case = made.settled(40, "case")
    ledger.cases.void(PLAN, case, "malicious", reference="void")

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        if broken == "builder":
            patch.setattr(rounds_module, "pack", fail)
        else:
            patch.setattr(ledger._core.writer, "commit", fail)
        with pytest.raises(RuntimeError):
            ledger.money.refund(PLAN, case, reference="refund")
    assert ledger.balance(PLAN, 0) == 990
    ledger.money.refund(PLAN, case, reference="refund")
    assert ledger.balance(PLAN, 0) == 1000
    consistent(ledger)


def test_a_wrong_credit_is_taken_back_once_and_only_as_far_as_it_is_there(made: World) -> None:
    ledger, desk = made.ledger, made.ledger.money
    join(ledger, 0, deposit=1000)
    join(ledger, 1, deposit=1000)
    wrong = ledger.credit(PLAN, 0, 500, reference="hers was meant to be another's")
    withdraw(ledger, 0, 0, 100, "out")
    attempts: list[tuple[int, int, int, type[MutualchainError]]] = [
        (0, 501, 0, CorrectionRule),
        (0, 50, 1, CorrectionRule),
        (0, 50, 2, CorrectionRule),
        (1, 50, 0, CorrectionRule),
        (7, 50, 0, SlotUnknown),
    ]
    for slot, amount, corrects, error in attempts:
        with pytest.raises(error):
            desk.correct(PLAN, slot, amount, corrects=corrects, reference=f"{slot} {amount} {corrects}")
    assert wrong.seq == 0
    done = desk.correct(PLAN, 0, 400, corrects=0, reference="correct")
    assert (done.seq, ledger.balance(PLAN, 0)) == (2, 1000)
    assert desk.correct(PLAN, 0, 400, corrects=0, reference="correct") == done
    with pytest.raises(CorrectionRule, match="already"):
        desk.correct(PLAN, 0, 100, corrects=0, reference="the rest")
    late = ledger.credit(PLAN, 1, 10, reference="late")
    ledger.open_round(PLAN, [approve(ledger, 2010, "case")], reference="open")
    with pytest.raises(BalanceTooLow):
        desk.correct(PLAN, 1, 10, corrects=late.seq or 0, reference="it is reserved")
    ledger.settle_round(PLAN, reference="settle")
    consistent(made.replay())


def test_a_correction_that_meets_a_snapshot_waits_for_the_announcement(
    made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = made.ledger
    join(ledger, 0)
    ledger.credit(PLAN, 0, 500, reference="wrong")
    book, core = ledger.book(PLAN), ledger._core
    post, tries = core.grouper.post, 0

    def meeting(event: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RoundOpen("being opened")
        return post(event)

    monkeypatch.setattr(core.grouper, "post", meeting)
    made.ledger.money.correct(PLAN, 0, 500, corrects=0, reference="correct")
    assert (tries, ledger.balance(PLAN, 0), book.totals.corrections) == (2, 1000, 500)


@under(
    ("call", "error"),
    [
        (lambda desk: desk.fund(PLAN, 0, source="operator", payment=bytes(32), reference="r"), UsageError),
        (lambda desk: desk.fund(PLAN, 1, source="heaven", payment=bytes(32), reference="r"), UsageError),
        (lambda desk: desk.fund(PLAN, 1, source="operator", payment=bytes(31), reference="r"), UsageError),
        (lambda desk: desk.refund(PLAN, b"", reference="r"), UsageError),
        (lambda desk: desk.correct(PLAN, -1, 1, corrects=0, reference="r"), UsageError),
        (lambda desk: desk.correct(PLAN, 0, 0, corrects=0, reference="r"), UsageError),
        (lambda desk: desk.correct(PLAN, 0, 1, corrects="0", reference="r"), UsageError),
        (lambda desk: desk.amend(PLAN, "covenant", 1, reference="r"), UsageError),
        (lambda desk: desk.amend(PLAN, COVENANT, -1, reference="r"), UsageError),
        (lambda desk: desk.amend(PLAN, COVENANT, 1, proposal=b"1", reference="r"), UsageError),
    ],
)
def test_a_wrong_call_is_refused_as_one(made: World, call: Any, error: type[MutualchainError]) -> None:
    with pytest.raises(error):
        call(made.ledger.money)


# --- amendments -----------------------------------------------------------------------------------


def test_an_amended_covenant_is_in_force_from_its_instant_on(made: World) -> None:
    ledger, desk = made.ledger, made.ledger.money
    join(ledger, 0)
    dear = replace(COVENANT, membership=sections.Membership(prepay=2000))
    effective = made.clock.now + 8 * DAY_MS
    with pytest.raises(AmendmentRule, match="in force from"):
        desk.amend(PLAN, dear, made.clock.now + DAY_MS, reference="without notice")
    with pytest.raises(AmendmentRule, match="currency"):
        desk.amend(PLAN, replace(dear, currency="EUR"), effective, reference="another currency")
    with pytest.raises(AmendmentRule, match="vote"):
        desk.amend(PLAN, dear, effective, proposal=bytes(32), reference="nobody votes here")
    done = desk.amend(PLAN, dear, effective, reference="amend")
    assert desk.amend(PLAN, dear, effective, reference="amend") == done
    join(ledger, 1)
    with ledger.read() as archive:
        leaf = archive.plan_state(PLAN, archive.size - 1)
    assert (leaf.covenant_version, leaf.covenant_hash) == (2, dear.hash)
    made.clock.now = effective
    with pytest.raises(MutualchainError, match="below the covenant's 2000"):
        join(ledger, 2)
    ledger = made.replay()
    join(ledger, 2, deposit=2000)
    assert (ledger.book(PLAN).version, [item.number for item in ledger.book(PLAN).versions]) == (2, [1, 2])
    _, terms = ledger.open_round(PLAN, [approve(ledger, 30, "case")], reference="open")
    assert (terms.covenant_version, terms.covenant_hash) == (2, dear.hash)
    ledger.settle_round(PLAN, reference="settle")
    consistent(made.reopen())
