"""Several acts in one block: each is held against what the ones before it leave, by the writer as by a replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from mutualchain.audit import Verdict, audit_ledger
from mutualchain.block.entry import entry_hash
from mutualchain.covenant.acts import (
    Act,
    Adjudication,
    Advance,
    Amendment,
    Appeal,
    Approval,
    Attestation,
    ClosingNotice,
    Fund,
    Lift,
    Objection,
    Payout,
    Refusal,
    Request,
    Restitution,
    Sanction,
    Void,
)
from mutualchain.covenant.state import book_value
from mutualchain.errors import PayoutAboveAid, ReferenceConflict, RuleError, UsageError
from mutualchain.ledger.recording import record_acts
from mutualchain.ledger.writer import make_sheet
from mutualchain.sheet import schema, table

from .casework import AID, Casework, sign
from .world import PLAN, TRUST, digest

SIGNATURE = bytes(64)
Acts = list[Act]


def pay(case: bytes, amount: int, name: str = "bank") -> Payout:
    return Payout(case, amount, "member", digest(name))


def signed(work: Casework, act: Any, who: object) -> Any:
    return type(act)(
        **{**{name: getattr(act, name) for name in act.__slots__}, "signature": sign(who, work.message(act))}
    )


def settled(work: Casework) -> bytes:
    case = work.disclosed()
    work.wait(3)
    return case


def both_attest(work: Casework) -> Acts:
    one, other = work.requested(1), work.requested(2)
    attest = [Attestation(case, "clinic", "hospital", 1, digest("report"), SIGNATURE) for case in (one, other)]
    return [signed(work, act, "clinic") for act in attest]


def twice_refused(work: Casework) -> Acts:
    case = work.requested()
    return [Refusal(case, "cases.attestations"), Refusal(case, "cases.attestations")]


def objected_twice(work: Casework) -> Acts:
    act = signed(work, Objection(work.disclosed(), 6, digest("grounds"), SIGNATURE), 6)
    other = signed(work, Objection(act.case, 6, digest("others"), SIGNATURE), 6)
    return [act, other]


def counted_twice(work: Casework) -> Acts:
    case = work.disclosed()
    work.objected(case)
    work.wait(5)
    return [Adjudication(case, 0, 0), Adjudication(case, 0, 0)]


def lifted_twice(work: Casework) -> Acts:
    sanction = work.ledger.cases.sanction(PLAN, 3, "malicious", reference="sanction").digest
    assert sanction is not None
    return [Lift(sanction, "error"), Lift(sanction, "appeal")]


def appealed_twice(work: Casework) -> Acts:
    case = work.requested()
    refusal = work.ledger.cases.refuse(PLAN, case, "cases.attestations", reference="refuse").digest
    assert refusal is not None
    return [signed(work, Appeal(1, refusal, digest(grounds), SIGNATURE), 1) for grounds in ("one", "two")]


CONTRADICTING: dict[str, tuple[Callable[[Casework], Acts], str]] = {
    "all of it paid, and all of it again": (
        lambda w: [pay(case := w.shared(), AID), pay(case, AID, "again")],
        "payout",
    ),
    "paid, and one fen more": (lambda w: [pay(case := w.shared(), AID), pay(case, 1)], "payout"),
    "paid after its void": (lambda w: [Void(case := w.shared(), "malicious"), pay(case, 1)], "refunds.void"),
    "void twice": (lambda w: [Void(case := w.shared(), "malicious"), Void(case, "against_order")], "cases"),
    "approved twice": (lambda w: [Approval(case := settled(w), AID), Approval(case, AID)], "cases"),
    "approved and refused": (
        lambda w: [Approval(case := settled(w), AID), Refusal(case, "cases.attestations")],
        "cases",
    ),
    "refused and approved": (
        lambda w: [Refusal(case := settled(w), "cases.jury"), Approval(case, AID)],
        "cases",
    ),
    "refused twice": (twice_refused, "cases"),
    "two advances that are too much together": (
        lambda w: [
            Advance(case := w.disclosed(), AID // 2, "hospital", "", digest("bank"), b""),
            Advance(case, 1, "hospital", "", digest("bank"), b""),
        ],
        "advances.most_bp",
    ),
    "one report for two cases": (both_attest, "cases.report_once"),
    "two objections of one member": (objected_twice, "cases"),
    "votes counted twice": (counted_twice, "cases.jury"),
    "the same sanction twice": (lambda w: [Sanction(3, b"", "malicious", 0)] * 2, "sanction"),
    "a sanction lifted twice": (lifted_twice, "sanction"),
    "two appeals against one decision": (appealed_twice, "appeal"),
}


def in_one_block(work: Casework, acts: Sequence[Act]) -> None:
    """What an operator does who asks no rules."""
    core = work.ledger._core
    book, time_ms = core.book(PLAN), core.now()
    entries = [act.to_entry(PLAN) for act in acts]
    names = [entry_hash(entry.to_bytes()) for entry in entries]
    rows: dict[str, list[Any]] = {"slot": [], "seq": [], "entry": []}
    told: dict[int, int] = {}
    for act, name in zip(acts, names, strict=True):
        slot = book.life.slot_of(act)
        book.apply(act, name, time_ms)
        if slot is not None:
            seq = int(book.members.seq[slot]) + told.get(slot, 0)
            told[slot] = told.get(slot, 0) + 1
            for column, value in zip(rows.values(), (slot, seq, name), strict=True):
                column.append(value)
    sheets = [make_sheet(core.context(PLAN, "notice/1"), table(schema("notice/1"), rows))] if told else []
    core.commit(time_ms, entries, sheets, [], lambda: None)


def referenced(acts: Sequence[Act]) -> list[tuple[Act, str | bytes]]:
    return [(act, f"act {number}") for number, act in enumerate(acts)]


@pytest.mark.parametrize("name", CONTRADICTING)
def test_acts_that_contradict_each_other_are_refused_and_nothing_is_recorded(name: str) -> None:
    acts, clause = CONTRADICTING[name]
    work = Casework()
    work.go_to(189)
    items = referenced(acts(work))
    book = work.ledger.book(PLAN)
    size, before = work.ledger.size, book_value(book)
    with pytest.raises(RuleError) as caught:
        record_acts(work.ledger._core, PLAN, items)
    assert caught.value.clause == clause
    assert (work.ledger.size, book_value(book) | {"numbers": before["numbers"]}) == (size, before)
    record_acts(work.ledger._core, PLAN, items[:1])  # each by itself is allowed
    assert work.violations() == []


@pytest.mark.parametrize("name", CONTRADICTING)
def test_forced_into_one_block_the_second_is_reported_by_its_clause(name: str) -> None:
    acts, clause = CONTRADICTING[name]
    work = Casework()
    work.go_to(189)
    in_one_block(work, acts(work))
    place = f"block {work.ledger.size - 1}, entry 1"
    found = [error for error in work.violations() if isinstance(error, RuleError) and error.clause != "notice"]
    assert [(error.clause, error.place) for error in found] == [(clause, place)]
    with work.ledger.read() as archive:
        audited = audit_ledger(archive, TRUST).findings
    assert [(item.clause, item.place) for item in audited if item.clause != "notice"] == [(clause, place)]


def two_approved(work: Casework) -> Acts:
    cases = [work.disclosed(1), work.disclosed(2)]
    work.wait(3)
    return [Approval(case, AID) for case in cases]


FOLLOWING: dict[str, Callable[[Casework], Acts]] = {
    "paid in parts": lambda w: [pay(case := w.shared(), AID - 1), pay(case, 1)],
    "advanced in parts": lambda w: [
        Advance(case := w.disclosed(), 5, "hospital", "", digest("one"), b""),
        Advance(case, 6, "member", "", digest("other"), b""),
    ],
    "void, and a sanction for it": lambda w: [Void(case := w.shared(), "malicious"), Sanction(1, case, "malicious", 0)],
    "void, and money recovered": lambda w: [
        Void(case := w.shared(), "malicious"),
        Fund("recovery", 7, digest("court"), case),
    ],
    "two cases approved": two_approved,
    "advanced and approved": lambda w: [
        Advance(case := settled(w), 5, "hospital", "", digest("one"), b""),
        Approval(case, AID),
    ],
}
"""The second is allowed because of the first, or beside it."""


@pytest.mark.parametrize("name", FOLLOWING)
def test_acts_that_follow_from_each_other_stand_in_one_block(name: str) -> None:
    work = Casework()
    work.go_to(189)
    acts = FOLLOWING[name](work)
    size = work.ledger.size
    found = record_acts(work.ledger._core, PLAN, referenced(acts))
    assert work.ledger.size == size + 1
    assert [ack.digest for ack in found] == [entry_hash(act.to_entry(PLAN).to_bytes()) for act in acts]
    assert work.violations() == []
    with work.ledger.read() as archive:
        assert audit_ledger(archive, TRUST).verdict is Verdict.VERIFIED
    assert record_acts(work.ledger._core, PLAN, referenced(acts)) == found
    assert work.ledger.size == size + 1


def test_what_was_recorded_before_counts_for_what_comes_with_it() -> None:
    work = Casework()
    work.go_to(189)
    case = work.shared()
    items: list[tuple[Act, str | bytes]] = [(pay(case, AID - 1), "first"), (pay(case, 1), "second")]
    record_acts(work.ledger._core, PLAN, items[:1])
    record_acts(work.ledger._core, PLAN, items)
    assert work.ledger.book(PLAN).cases[case].paid == AID
    with pytest.raises(PayoutAboveAid):
        record_acts(work.ledger._core, PLAN, [*items, (pay(case, 1, "third"), "third")])


@pytest.mark.parametrize(
    "act",
    [
        Request(1, 1, digest("facts"), 1, 0, SIGNATURE),
        Restitution(digest("case"), 1),
        ClosingNotice(digest("announcement")),
        Amendment(b"", 2, 0, b""),
    ],
    ids=lambda act: act.kind,
)
def test_what_changes_more_than_a_case_has_a_block_of_its_own(act: Act) -> None:
    work = Casework()
    with pytest.raises(UsageError):
        record_acts(work.ledger._core, PLAN, [(act, "act")])


def test_a_reference_names_one_act() -> None:
    work = Casework()
    acts: list[tuple[Act, str | bytes]] = [(Sanction(slot, b"", "malicious", 0), "same") for slot in (1, 2)]
    with pytest.raises(ReferenceConflict):
        record_acts(work.ledger._core, PLAN, acts)


def test_acts_of_one_block_are_told_apart_by_their_references() -> None:
    work = Casework()
    items: list[tuple[Act, str | bytes]] = [(Sanction(slot, b"", "malicious", 0), f"for {slot}") for slot in (1, 2, 1)]
    with pytest.raises(RuleError):
        record_acts(work.ledger._core, PLAN, [items[0], (items[0][0], "again")])
    one, other = record_acts(work.ledger._core, PLAN, items[:2])
    assert (one.slot, other.slot) == (1, 2)
    assert one.receipt().to_bytes() != other.receipt().to_bytes()
