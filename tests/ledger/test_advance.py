"""A plan that runs itself: what is due is done once, in order, also after a silence; the rest is said."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mutualchain.covenant.acts import ClosingNotice, ClosingStatement
from mutualchain.covenant.calendar import day_number, start_of
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.due import Duty
from mutualchain.covenant.sections import (
    Advances,
    Aid,
    Amendments,
    Arrears,
    Attested,
    Calendar,
    Cases,
    Closing,
    Maximum,
    Membership,
    Sharing,
    Waiting,
)
from mutualchain.errors import ClosingRule, CommitUncertain, PlanClosing, PlanUnknown, StoreFull
from mutualchain.ledger import Ledger
from mutualchain.ledger.advance import Advanced
from mutualchain.store import LmdbStore, MemoryStore
from tests.ledger.casework import AID, Casework, sign
from tests.ledger.world import KEYS, PLAN, Faulty, books_of, digest, join

MONTHLY = Calendar("monthly", disclosure_days=(7, 21), deduction_days=(14, 28))


def rules(**changes: Any) -> Covenant:
    """A plan of members' requests with two rounds a month; who joined on 2014-07-30 is past any waiting."""
    cases = Cases(attestations=(Attested(),), objection_days=3, jury="on_objection", jury_days=2, jury_quorum=3)
    sections: dict[str, Any] = {"cases": cases, "calendar": MONTHLY, "aid": Aid(maxima=(Maximum(AID),))}
    return Covenant("Demo", **sections | changes)


def operators(**changes: Any) -> Covenant:
    return rules(**{"cases": Cases(request="operator"), "calendar": Calendar()} | changes)


def paid(duty: Duty) -> bytes:
    return digest("payment", duty.reference)


def kinds(progress: Advanced) -> list[str]:
    return [item.duty.kind for item in progress.done]


def on(work: Casework, month: int, day: int, hour: int = 9) -> None:
    """Let the clock show an hour of a day after joining."""
    year = 2014 if month >= 8 else 2015
    work.clock.now = start_of(work.rules, day_number(year, month, day)) + hour * 3_600_000


def approved(work: Casework, slot: int = 1, aid: int = AID) -> bytes:
    file = hashlib.sha256(f"{slot} {work.said}".encode()).digest()
    ack = work.ledger.approve_case(PLAN, slot=slot, aid=aid, file_hash=file, reference=work.reference())
    assert ack.digest is not None
    return ack.digest


# --- a period, and a year -----------------------------------------------------------------------


def test_a_period_runs_by_itself() -> None:
    work = Casework(rules())
    on(work, 8, 7)
    cases = [work.disclosed(slot) for slot in (1, 2)]
    assert kinds(work.ledger.advance()) == []
    on(work, 8, 10, 10)
    progress = work.ledger.advance()
    assert kinds(progress) == ["case.approve", "case.approve", "round.open"]
    assert progress.done[0].height == progress.done[1].height  # many of one kind stand in one block
    assert progress.next_ms == start_of(work.rules, day_number(2014, 8, 14))
    assert [duty.kind for duty in progress.waiting] == []
    on(work, 8, 14, 0)
    progress = work.ledger.advance()
    assert kinds(progress) == ["round.settle"]
    assert [(duty.kind, duty.subject) for duty in progress.waiting] == [("case.pay", case) for case in sorted(cases)]
    assert kinds(work.ledger.advance(pay=paid)) == ["case.pay", "case.pay"]
    assert kinds(work.ledger.advance(pay=paid)) == []
    book = work.ledger.book(PLAN)
    assert book.totals.payouts == 2 * AID
    assert book.snapshot_time_ms == start_of(work.rules, day_number(2014, 8, 7))
    assert work.violations() == []


def test_a_year_runs_by_itself() -> None:
    """Two cases in every period, and a clock that goes on to whatever comes due next."""
    work = Casework(rules(arrears=Arrears(grace_days=14)), deposit=2_000_000_000)
    done: list[str] = []
    for month in (*range(8, 13), *range(1, 8)):
        for day in (7, 21):
            on(work, month, day)
            for slot in (1, 2):
                work.disclosed(slot)
            end = start_of(work.rules, day_number(2014 if month > 7 else 2015, month, day + 8))
            while (at := work.ledger.next_due_ms()) is not None and at < end:
                work.clock.now = max(at, work.clock.now)
                done += kinds(work.ledger.advance(pay=paid))
    assert {kind: done.count(kind) for kind in done} == {
        "case.approve": 48,
        "round.open": 24,
        "round.settle": 24,
        "case.pay": 48,
    }
    book = work.ledger.book(PLAN)
    assert book.rounds == 24
    assert book.totals.payouts == 48 * AID
    assert work.violations() == []


def test_a_week_of_silence_is_caught_up_with_and_nothing_is_done_twice() -> None:
    work = Casework(rules())
    on(work, 8, 6)
    work.disclosed()
    on(work, 8, 15)
    assert kinds(work.ledger.advance(pay=paid)) == ["case.approve", "round.open", "round.settle", "case.pay"]
    assert work.ledger.book(PLAN).snapshot_time_ms == start_of(work.rules, day_number(2014, 8, 7))
    size = work.ledger.size
    for _ in range(3):
        assert work.ledger.advance(pay=paid) == Advanced((), (), (), work.ledger.next_due_ms())
    assert work.ledger.size == size
    assert work.violations() == []


def test_who_goes_on_after_a_failure_does_what_is_left_and_nothing_twice() -> None:
    """The disk is full at the announcement, and the process dies after the deduction is durable."""
    store = Faulty(MemoryStore())
    work = Casework(rules(), store=store)
    on(work, 8, 6)
    work.disclosed()
    on(work, 8, 15)
    store.before = [StoreFull("full")]
    with pytest.raises(StoreFull):
        work.ledger.advance()
    assert kinds(work.ledger.advance()) == ["case.approve", "round.open", "round.settle"]
    on(work, 8, 21)
    work.disclosed(2)
    on(work, 8, 29)
    store.after = [CommitUncertain("unknown")]
    with pytest.raises(CommitUncertain):
        work.ledger.advance()
    work.ledger.close()
    with Ledger.open("unused", KEYS, store=store, clock=work.clock, background=False) as again:
        work.ledger = again
        assert kinds(again.advance(pay=paid)) == ["round.open", "round.settle", "case.pay", "case.pay"]
        assert again.book(PLAN).rounds == 2
        assert work.violations() == []


# --- decisions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("votes", "last"), [([1, 1, 1, 0], "case.approve"), ([0, 0, 1, 1], "case.refuse"), ([0, 0], "case.approve")]
)
def test_a_jurys_votes_are_counted_and_followed(votes: list[int], last: str) -> None:
    work = Casework(rules(calendar=Calendar()))
    on(work, 8, 7)
    case = work.disclosed()
    work.objected(case)
    work.wait(3)
    slots = list(range(2, 2 + len(votes)))
    work.ledger.cases.vote_many(PLAN, case, **work.ballots(case, slots, votes), reference="votes")
    assert kinds(work.ledger.advance()) == []
    work.wait(2)
    done = kinds(work.ledger.advance())
    assert done[:2] == ["votes.count", last]
    state = work.ledger.cases.state(PLAN, case)
    assert state.status == ("refused" if last == "case.refuse" else "approved")
    assert state.clause == ("cases.jury_majority_bp" if last == "case.refuse" else "")
    assert work.violations() == []


def test_what_members_voted_for_becomes_the_covenant() -> None:
    work = Casework(operators(amendments=Amendments(vote=True, quorum=3, vote_days=5, notice_days=7)))
    on(work, 8, 7)
    other = replace(work.rules, title="Other")
    subject = work.ledger.cases.propose(PLAN, other, reference="proposal").digest
    assert subject is not None
    votes = work.ballots(subject, [1, 2, 3], [1, 1, 0])
    work.ledger.cases.vote_many(PLAN, subject, **votes, reference="votes")
    work.wait(5)
    assert kinds(work.ledger.advance()) == ["votes.count", "amendment.record"]
    (_, version) = work.ledger.book(PLAN).versions
    assert version.covenant == other
    assert version.effective_ms == start_of(work.rules, day_number(2014, 8, 20))
    assert kinds(work.ledger.advance()) == []
    assert work.violations() == []


# --- rounds -------------------------------------------------------------------------------------


def test_many_cases_stand_in_few_blocks() -> None:
    work = Casework(operators(calendar=MONTHLY, sharing=Sharing(funding="postpaid")), deposit=1_000)
    for number in range(50):
        approved(work, number % 10, 1_000)
    on(work, 8, 14, 0)
    size = work.ledger.size
    progress = work.ledger.advance(pay=paid)
    assert kinds(progress) == ["round.open", "round.settle", *["case.pay"] * 50]
    assert work.ledger.size == size + 3
    receipts = [ack.height for ack in progress.done if ack.duty.kind == "case.pay"]
    assert len(set(receipts)) == 1
    assert work.violations() == []


def test_a_collection_is_settled_by_whoever_collects() -> None:
    work = Casework(operators(sharing=Sharing(funding="mandate"), membership=Membership(prepay=0)), deposit=0)
    approved(work, 1, 1_000)
    progress = work.ledger.advance()
    assert kinds(progress) == ["round.open"]
    assert [(duty.kind, duty.automatic) for duty in progress.waiting] == [("round.settle", True)]
    seen = []

    def collect(plan: str, opened: Any) -> list[int]:
        seen.append((plan, opened.terms.share))
        return [3, 4]

    assert kinds(work.ledger.advance(collect=collect)) == ["round.settle"]
    assert seen == [(PLAN, 100)]
    assert work.ledger.book(PLAN).totals.collected == 800
    assert work.ledger.book(PLAN).deficit == 200
    assert work.violations() == []


def test_what_the_covenant_forbids_is_said_and_left() -> None:
    work = Casework(operators(sharing=Sharing(cap_round=5)))
    approved(work, 1, 1_000)
    for _ in range(2):
        progress = work.ledger.advance()
        assert progress.done == ()
        ((duty, error),) = progress.blocked
        assert (duty.kind, error.code, error.clause) == ("round.open", "MC-092", "sharing.cap_round")
        assert progress.waiting == ()


def test_one_of_many_that_is_forbidden_holds_up_no_other() -> None:
    """Too many events of one member: her case waits, the others are approved."""
    work = Casework(rules(calendar=Calendar()))
    on(work, 8, 7)
    cases = [work.disclosed(slot) for slot in (1, 2, 3)]
    work.ledger.book(PLAN).members.pending[2] = 255
    work.wait(3)
    progress = work.ledger.advance()
    assert kinds(progress) == ["case.approve", "case.approve", "round.open", "round.settle"]
    ((duty, error),) = progress.blocked
    assert (duty.subject, error.code) == (cases[1], "MC-096")


def test_what_was_not_paid_waits() -> None:
    work = Casework(operators())
    first, second = approved(work, 1, 1_000), approved(work, 2, 2_000)
    work.ledger.advance()
    asked: list[bytes] = []

    def pay(duty: Duty) -> bytes | None:
        asked.append(duty.subject)
        return paid(duty) if duty.subject == first else None

    progress = work.ledger.advance(pay=pay)
    assert [item.duty.subject for item in progress.done] == [first]
    assert [(duty.kind, duty.subject, duty.amount) for duty in progress.waiting] == [("case.pay", second, 2_000)]
    assert sorted(asked) == sorted([first, second])


def test_advances_are_repaid_and_shares_of_voided_cases_given_back() -> None:
    work = Casework(operators(advances=Advances("operator")))
    case, false = approved(work, 1, 1_000), approved(work, 2, 3_000)
    work.ledger.cases.advance(PLAN, case, 400, payment=digest("a"), reference="advance")
    work.ledger.advance()
    work.ledger.cases.void(PLAN, false, "malicious", reference="void")
    progress = work.ledger.advance(pay=paid)
    assert kinds(progress) == ["case.refund", "advance.repay", "case.pay"]
    assert work.ledger.book(PLAN).balance(5) == 10_000_000 - 100
    assert work.violations() == []


def test_illness_in_the_waiting_period_gives_shares_back_and_ends_the_membership() -> None:
    """相互宝: shares come back without interest, and the membership ends."""
    aid = Aid(maxima=(Maximum(AID),), waiting=(Waiting(365, "illness"),), ill_in_waiting="refund_and_end")
    work = Casework(rules(aid=aid, calendar=Calendar()))
    on(work, 8, 7)
    work.disclosed(2, cause="accident")
    work.wait(3)
    assert kinds(work.ledger.advance(pay=paid)) == ["case.approve", "round.open", "round.settle", "case.pay"]
    assert work.ledger.balance(PLAN, 1) == 10_000_000 - AID // 10
    facts = work.facts(1).only("cause")  # when it was diagnosed stays closed, and shows later
    act = work.ledger.cases.draft_request(PLAN, slot=1, amount=AID, facts=facts)
    signature = sign(1, work.message(act))
    case = work.ledger.cases.request(PLAN, act, signature=signature, facts=facts, reference="ill").digest
    assert case is not None
    work.ledger.cases.refuse(PLAN, case, "aid.waiting", reference="refused")
    assert [(duty.kind, duty.clause) for duty in work.ledger.due()] == [("case.restitute", "aid.ill_in_waiting")]
    assert kinds(work.ledger.advance()) == ["case.restitute"]
    assert work.ledger.balance(PLAN, 1) == 10_000_000
    assert kinds(work.ledger.advance()) == []
    assert work.violations() == []


# --- all plans, one plan ------------------------------------------------------------------------


@pytest.fixture
def two() -> Casework:
    work = Casework(operators())
    work.ledger.create_plan("other", operators(), reference="other")
    join(work.ledger, "x", plan="other")
    ack = work.ledger.approve_case("other", slot=0, aid=10, file_hash=bytes(32), reference="o")
    assert ack.digest is not None
    approved(work, 1, 1_000)
    return work


def test_all_plans_run_or_one(two: Casework) -> None:
    assert {duty.plan for duty in two.ledger.due()} == {PLAN, "other"}
    assert {duty.plan for duty in two.ledger.due("other")} == {"other"}
    assert {item.duty.plan for item in two.ledger.advance("other").done} == {"other"}
    assert {item.duty.plan for item in two.ledger.advance().done} == {PLAN}
    with pytest.raises(PlanUnknown):
        two.ledger.advance("none")
    with pytest.raises(PlanUnknown):
        two.ledger.due("none")


# --- the end of a plan --------------------------------------------------------------------------


def test_a_plan_is_wound_down() -> None:
    work = Casework(operators(closing=Closing(request_days=30, refund="shares")))
    approved(work, 1, 1_000)
    work.ledger.advance(pay=paid)
    with pytest.raises(ClosingRule):
        work.ledger.end_plan(PLAN, reference="too early")
    ack = work.ledger.announce_closing(PLAN, digest("announcement"), reference="closing")
    assert ack.digest is not None
    with pytest.raises(PlanClosing):
        join(work.ledger, "late")
    last = approved(work, 2, 2_000)
    assert kinds(work.ledger.advance(pay=paid)) == ["round.open", "round.settle", "case.pay"]
    work.wait(30)
    progress = work.ledger.advance()
    assert kinds(progress) == ["plan.refund", "plan.refund"]
    assert [work.ledger.balance(PLAN, slot) for slot in range(10)] == [10_000_000] * 10
    assert [(duty.kind, duty.amount) for duty in progress.waiting] == [("plan.outstanding", 3_000)]
    work.ledger.money.fund(PLAN, 3_000, source="operator", payment=digest("f"), reference="fund")
    assert kinds(work.ledger.advance()) == ["plan.statement"]
    statement = work.ledger.closing_statement(PLAN)
    assert (statement.balances, statement.holding, statement.difference) == (100_000_000, 100_000_000, 0)
    with pytest.raises(PlanClosing):
        approved(work, 3, 1)
    assert kinds(work.ledger.advance()) == []
    assert last in work.ledger.book(PLAN).cases
    assert work.violations() == []


def test_an_ended_plan_comes_back_when_it_is_opened_again(tmp_path: Path) -> None:
    place = tmp_path / "ledger"
    work = Casework(operators(closing=Closing(request_days=0)), store=LmdbStore.create(place))
    work.ledger.announce_closing(PLAN, digest("announcement"), reference="closing")
    work.ledger.end_plan(PLAN, reference="end")
    books, closing = books_of(work.ledger), work.ledger.book(PLAN).closing
    assert closing is not None
    assert closing.final_ms >= 0
    work.ledger.close()
    for _ in range(2):
        with Ledger.open(place, KEYS, clock=work.clock) as again:
            assert books_of(again) == books
            assert again.book(PLAN).closing == closing
            with pytest.raises(PlanClosing):
                join(again, "late")
        (place / "cache" / "state").unlink()


# --- forced into a chain ------------------------------------------------------------------------


def test_an_end_that_was_forced_is_reported_at_replay() -> None:
    """A platform ends a plan and keeps back aid; or states figures that are not the ledger's."""
    work = Casework(operators(closing=Closing(request_days=0)))
    approved(work, 1, 1_000)
    work.ledger.advance()
    work.forge(ClosingNotice(digest("announcement")))
    statement = work.ledger.closing_statement(PLAN)
    assert statement.aid == 1_000
    work.forge(ClosingStatement(statement.to_bytes()))
    (error,) = work.violations()
    assert isinstance(error, ClosingRule)
    assert error.clause == "cases.payout_days"

    work = Casework(operators(closing=Closing(request_days=0)))
    work.forge(ClosingNotice(digest("announcement")))
    statement = work.ledger.closing_statement(PLAN)
    work.forge(ClosingStatement(replace(statement, balances=0, holding=0).to_bytes()))
    assert [error.code for error in work.violations()] == ["MC-362"]


def test_a_member_who_joined_after_the_announcement_is_reported_at_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Casework(operators())
    work.ledger.announce_closing(PLAN, digest("announcement"), reference="closing")
    with monkeypatch.context() as patch:
        patch.setattr("mutualchain.covenant.stage.refused_to_join", lambda book: None)
        join(work.ledger, "late")
    assert [error.code for error in work.violations()] == ["MC-360"]


def test_a_round_that_the_operator_did_not_bear_is_reported_at_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Casework(operators(closing=Closing(borne_rounds=1)))
    work.ledger.announce_closing(PLAN, digest("announcement"), reference="closing")
    approved(work, 1, 1_000)
    with monkeypatch.context() as patch:
        patch.setattr("mutualchain.covenant.announcing.whole_top_up", lambda *_, **__: 0)
        work.ledger.advance()
    assert {error.code for error in work.violations()} == {"MC-097"}


def test_members_with_little_are_listed_for_a_reminder() -> None:
    work = Casework(operators(arrears=Arrears(remind_below=500)), deposit=1_000)
    assert work.ledger.to_remind(PLAN).tolist() == []
    approved(work, 1, 6_000)
    work.ledger.advance()
    assert work.ledger.to_remind(PLAN).tolist() == list(range(10))
