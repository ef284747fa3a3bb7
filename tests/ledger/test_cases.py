"""The life of a case through the ledger: each step durable, with its receipt; a refused one leaves nothing behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mutualchain.audit import audit_ledger
from mutualchain.catalogue import load
from mutualchain.covenant.acts import Appeal, CaseWithdrawal, Objection, Restitution
from mutualchain.errors import (
    BallotRule,
    CaseStep,
    CaseUnknown,
    FactsMismatch,
    FactsMissing,
    PayoutAboveAid,
    PlanUnknown,
    RecordUnavailable,
    ReferenceConflict,
    ReportUsed,
    RoundOpen,
    RuleError,
    Sanctioned,
    SlotUnknown,
    StandingRule,
    StatementSignatureError,
    UsageError,
)
from mutualchain.ledger import Ledger
from mutualchain.record.receipt import parse_receipt, verify_receipt
from mutualchain.store import LmdbStore
from tests.covenant.lives import JOINED, covenant
from tests.ledger.casework import AID, Casework, sign
from tests.ledger.world import KEYS, PLAN, TRUST, books_of, consistent, digest, proven, said, withdraw


@pytest.fixture
def work() -> Casework:
    made = Casework()
    made.go_to(189)
    return made


# --- the whole way --------------------------------------------------------------------------------


def test_every_step_of_a_case_has_its_receipt_and_the_books_follow_from_the_chain(work: Casework) -> None:
    cases, steps = work.ledger.cases, []
    steps.append(work.request(1))
    case = steps[0].digest
    assert case is not None
    steps.append(work.attest(case, "eyes", "investigator", tag=digest("report")))
    steps.append(work.attest(case, "clinic", "hospital"))
    steps.append(cases.disclose(PLAN, case, aid=AID, fields_root=digest("fields"), reference="disclose"))
    steps.append(work.objected(case))
    work.wait(3)
    ballots = work.ballots(case, [2, 3, 4, 5], [1, 1, 1, 0])
    cases.vote_many(PLAN, case, **ballots, reference="votes")
    work.wait(2)
    steps.append(cases.adjudicate(PLAN, case, reference="count"))
    steps.append(cases.approve(PLAN, case, reference="approve"))
    work.round(case)
    steps.append(cases.pay(PLAN, case, AID - 1, payee="hospital", payment=digest("bank 1"), reference="pay-1"))
    steps.append(work.ledger.pay_out(PLAN, case, 1, payment=digest("bank 2"), reference="pay-2"))
    for number, ack in enumerate(steps):
        found = proven(ack)
        assert found.entry is not None
        assert found.entry.plan == PLAN
        assert ack.digest is not None
        assert ack.slot == (None if number == 4 else 1), "every step but an objection goes with a notice of hers"
    assert [step.seq for step in steps if step.slot == 1] == list(range(len(steps) - 1))
    assert cases.state(PLAN, case).paid == AID
    consistent(work.ledger)
    assert work.violations() == []


def test_a_repeated_reference_gets_the_first_answer_and_other_content_is_refused(work: Casework) -> None:
    case = work.disclosed()
    work.wait(3)
    first = work.ledger.cases.approve(PLAN, case, reference="approve")
    again = work.ledger.cases.approve(PLAN, case, reference="approve")
    assert (again.height, again.digest, again.slot, again.seq) == (first.height, first.digest, first.slot, first.seq)
    assert proven(again).entry == proven(first).entry
    with pytest.raises(ReferenceConflict):
        work.ledger.cases.refuse(PLAN, case, "aid.waiting", reference="approve")


def test_a_refused_step_leaves_nothing_behind(work: Casework) -> None:
    before, size = books_of(work.ledger), work.ledger.size
    with pytest.raises(StandingRule) as caught:
        work.request(2, diagnosed_day=JOINED + 100)
    assert caught.value.clause == "aid.waiting"
    assert (books_of(work.ledger), work.ledger.size) == (before, size)


def test_cases_survive_closing_with_and_without_the_saved_state(tmp_path: Path) -> None:
    place = tmp_path / "ledger"
    work = Casework(store=LmdbStore.create(place))
    work.go_to(189)
    case, other = work.shared(1), work.disclosed(2)
    work.objected(other)
    before = books_of(work.ledger)
    work.ledger.close()
    for _ in range(2):
        with Ledger.open(place, KEYS, clock=work.clock) as ledger:
            assert books_of(ledger) == before
            assert ledger.cases.state(PLAN, case).status == "approved"
            assert [item.id for item in ledger.institutions.all] == ["eyes", "clinic", "bank", "hands"]
            consistent(ledger)


# --- the shipped covenant ----------------------------------------------------------------------------


def test_the_189_day_case_is_payable_under_the_shipped_covenant_and_one_at_179_days_is_not() -> None:
    work = Casework(load("ehuzhu").covenant)
    work.go_to(191)
    case = work.shared(1, 40_000_000)
    work.ledger.cases.pay(PLAN, case, 40_000_000, payment=digest("bank"), reference="pay")
    with pytest.raises(StandingRule) as caught:
        work.request(2, 40_000_000, diagnosed_day=JOINED + 179)
    assert caught.value.clause == "aid.waiting"
    assert "179 days after joining, and covered after 180" in caught.value.message
    consistent(work.ledger)


# --- facts --------------------------------------------------------------------------------------------


def test_facts_are_kept_beside_the_chain(work: Casework) -> None:
    case = work.requested()
    facts = work.ledger.cases.facts(PLAN, case)
    assert facts is not None
    assert facts.number("diagnosed_day") == JOINED + 187
    with work.ledger.read() as archive:
        public = b"".join(data for height in range(archive.size) for data in archive.entries(height))
    assert case not in public
    assert facts.root in public
    hidden: list[bytes] = []
    for item in facts.items:
        assert isinstance(item, tuple)
        hidden += item[0], str(item[1]).encode()
    assert [secret for secret in hidden if len(secret) > 8 and secret in public] == []


def test_facts_of_something_else_are_not_recorded(work: Casework) -> None:
    facts, other = work.facts(1), work.facts(1, region="elsewhere")
    act = work.ledger.cases.draft_request(PLAN, slot=1, amount=AID, facts=facts)
    for wrong in (other, work.facts(2)):
        with pytest.raises(FactsMismatch):
            work.ledger.cases.request(PLAN, act, signature=bytes(64), facts=wrong, reference="r")


def test_a_covenant_by_the_day_of_the_diagnosis_needs_that_day() -> None:
    work = Casework(covenant(amendments={"transition": "diagnosis"}))
    work.go_to(189)
    with pytest.raises(FactsMissing):
        work.ledger.cases.draft_request(PLAN, slot=1, amount=AID, facts=work.facts().only("cause"))
    work.requested()


# --- signatures ------------------------------------------------------------------------------------------


def test_what_a_member_did_not_sign_is_not_recorded(work: Casework) -> None:
    cases, facts = work.ledger.cases, work.facts(1)
    act = cases.draft_request(PLAN, slot=1, amount=AID, facts=facts)
    for signer in (2, "eyes"):
        with pytest.raises(StatementSignatureError):
            cases.request(PLAN, act, signature=sign(signer, work.message(act)), facts=facts, reference="r")
    case = work.disclosed()
    with pytest.raises(StatementSignatureError):
        cases.withdraw(PLAN, case, signature=sign(2, work.message(CaseWithdrawal(case, b""))), reference="w")
    objection = Objection(case, 3, digest("grounds"), b"")
    with pytest.raises(StatementSignatureError):
        cases.object(
            PLAN, case, 4, grounds=digest("grounds"), signature=sign(3, work.message(objection)), reference="o"
        )


def test_who_is_not_there_is_said(work: Casework) -> None:
    cases = work.ledger.cases
    with pytest.raises(CaseUnknown):
        cases.state(PLAN, digest("none"))
    with pytest.raises(CaseUnknown):
        cases.withdraw(PLAN, digest("none"), signature=bytes(64), reference="w")
    with pytest.raises(PlanUnknown):
        cases.refuse("none", digest("none"), "aid.waiting", reference="r")
    with pytest.raises(SlotUnknown):
        cases.draft_request(PLAN, slot=99, amount=1, facts=work.facts())


@pytest.mark.parametrize(
    "call",
    [
        lambda cases: cases.attest(PLAN, b"short", "eyes", "investigator", signature=bytes(64), reference="r"),
        lambda cases: cases.attest(PLAN, bytes(32), "eyes", "king", signature=bytes(64), reference="r"),
        lambda cases: cases.attest(PLAN, bytes(32), "eyes", "hospital", signature=b"", reference="r"),
        lambda cases: cases.disclose(PLAN, bytes(32), aid=1.5, fields_root=bytes(32), reference="r"),
        lambda cases: cases.object(PLAN, bytes(32), "No Name", grounds=bytes(32), signature=bytes(64), reference="r"),
        lambda cases: cases.pay(PLAN, bytes(32), 0, payment=bytes(32), reference="r"),
        lambda cases: cases.pay(PLAN, bytes(32), 1, payee="friend", payment=bytes(32), reference="r"),
        lambda cases: cases.sanction(PLAN, "one", "malicious", reference="r"),
        lambda cases: cases.void(PLAN, bytes(32), "whim", reference="r"),
        lambda cases: cases.propose(PLAN, "covenant", reference="r"),
        lambda cases: cases.request(PLAN, "act", signature=b"", facts=None, reference="r"),
        lambda cases: cases.state(PLAN, "case"),
    ],
)
def test_a_wrong_argument_is_a_usage_error(work: Casework, call: Any) -> None:
    with pytest.raises(UsageError):
        call(work.ledger.cases)


# --- undoing ------------------------------------------------------------------------------------------------


def test_a_false_case_is_voided_its_member_sanctioned_and_a_sanction_lifted(work: Casework) -> None:
    case, cases = work.shared(1), work.ledger.cases
    cases.void(PLAN, case, "forged_records", reference="void")
    with pytest.raises(CaseStep):
        cases.pay(PLAN, case, 1, payment=digest("bank"), reference="pay")
    sanction = cases.sanction(PLAN, 1, "forged_records", case=case, reference="sanction").digest
    assert sanction is not None
    with pytest.raises(Sanctioned):
        work.request(1, region="elsewhere")
    appeal = Appeal(1, sanction, digest("grounds"), b"")
    cases.appeal(
        PLAN, 1, sanction, grounds=digest("grounds"), signature=sign(1, work.message(appeal)), reference="appeal"
    )
    cases.lift(PLAN, sanction, "appeal", reference="lift")
    work.request(1, region="elsewhere")
    consistent(work.ledger)


def test_one_report_serves_one_case(work: Casework) -> None:
    tag = digest("report 4711")
    work.attest(work.requested(1), "clinic", "hospital", tag=tag)
    with pytest.raises(ReportUsed):
        work.attest(work.requested(2), "clinic", "hospital", tag=tag)


def test_aid_is_advanced_by_the_operator_and_repaid_by_the_round(work: Casework) -> None:
    case, cases = work.disclosed(), work.ledger.cases
    cases.advance(PLAN, case, AID // 2, payment=digest("advance"), reference="advance")
    work.wait(3)
    cases.approve(PLAN, case, reference="approve")
    work.round(case)
    cases.pay(PLAN, case, AID // 2, payee="funder", payment=digest("repaid"), reference="repay")
    cases.pay(PLAN, case, AID // 2, payment=digest("rest"), reference="rest")
    with pytest.raises(PayoutAboveAid):
        cases.pay(PLAN, case, 1, payment=digest("more"), reference="more")
    consistent(work.ledger)


def test_one_payer_tops_up_a_whole_family_in_one_call(work: Casework) -> None:
    """Several slots, one payment: the rows carry the payer's one reference."""
    before = [work.ledger.balance(PLAN, slot) for slot in (3, 4, 5)]
    work.ledger.credit_many(PLAN, [3, 4, 5], [100, 200, 300], reference="family-zhang-2026-05")
    assert [work.ledger.balance(PLAN, slot) for slot in (3, 4, 5)] == [
        balance + more for balance, more in zip(before, (100, 200, 300), strict=True)
    ]


# --- votes ------------------------------------------------------------------------------------------------------


def test_a_juror_proves_that_her_ballot_is_counted(work: Casework) -> None:
    case, cases = work.disclosed(), work.ledger.cases
    work.objected(case)
    work.wait(3)
    one = work.ballots(case, [2], [1])
    ack = cases.vote(PLAN, case, 2, True, seq=one["seqs"][0], signature=one["signatures"][0].tobytes(), reference="v")
    assert (ack.slot, ack.seq, ack.rows) == (2, one["seqs"][0], 1)
    cases.vote_many(PLAN, case, **work.ballots(case, [3, 4, 5], [1, 0, 1]), reference="votes")
    for slot, vote in ((2, 1), (3, 1), (4, 0), (5, 1)):
        found = verify_receipt(parse_receipt(cases.ballot_receipt(PLAN, case, slot).to_bytes()), TRUST)
        assert found.page is not None
        row = found.page.row(found.page.first_row)
        assert (row["slot"], row["vote"]) == (slot, vote)
    again = cases.vote(PLAN, case, 2, True, seq=one["seqs"][0], signature=one["signatures"][0].tobytes(), reference="v")
    assert said(proven(again)) == said(proven(ack))
    with pytest.raises(RecordUnavailable):
        cases.ballot_receipt(PLAN, case, 6)
    work.wait(2)
    counted = cases.adjudicate(PLAN, case, reference="count")
    assert cases.adjudicate(PLAN, case, reference="count").height == counted.height
    assert (cases.state(PLAN, case).ballots, cases.state(PLAN, case).support) == (4, 3)
    consistent(work.ledger)


def test_wrong_ballots_are_all_refused_together(work: Casework) -> None:
    case, cases = work.disclosed(), work.ledger.cases
    work.objected(case)
    work.wait(3)
    size = work.ledger.size
    with pytest.raises(BallotRule):
        cases.vote_many(PLAN, case, **work.ballots(case, [2, 1], [1, 1]), reference="votes")
    good = work.ballots(case, [2, 3], [1, 1])
    forged = {**good, "votes": [1, 0]}
    with pytest.raises(StatementSignatureError) as caught:
        cases.vote_many(PLAN, case, **forged, reference="votes")
    assert caught.value.place == "row 1 (slot 3)"
    wrongs: list[dict[str, Any]] = [{"slots": []}, {"votes": [2, 1]}, {"seqs": [0]}]
    for wrong in (*wrongs, {"signatures": good["signatures"][:1]}):
        with pytest.raises(UsageError):
            cases.vote_many(PLAN, case, **{**good, **wrong}, reference="votes")
    assert work.ledger.size == size
    cases.vote_many(PLAN, case, **good, reference="votes")
    again = cases.vote_many(PLAN, case, **good, reference="votes")
    assert again.rows == 2


def test_many_ballots_are_verified_in_batches(work: Casework, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mutualchain.ledger.ballots._BATCH", 2)
    case, cases = work.disclosed(), work.ledger.cases
    work.objected(case)
    work.wait(3)
    good = work.ballots(case, [2, 3, 4, 5, 6], [1, 0, 1, 0, 1])
    with pytest.raises(StatementSignatureError):
        cases.vote_many(PLAN, case, **{**good, "votes": [1, 0, 1, 0, 0]}, reference="votes")
    cases.vote_many(PLAN, case, **good, reference="votes")


def test_members_vote_on_another_covenant() -> None:
    work = Casework(covenant(amendments={"vote": True, "vote_days": 2, "quorum": 3}))
    proposed = covenant(amendments={"vote": True, "vote_days": 2, "quorum": 3}, fee={"bp": 100})
    subject = work.ledger.cases.propose(PLAN, proposed, reference="propose").digest
    assert subject is not None
    work.ledger.cases.vote_many(PLAN, subject, **work.ballots(subject, [1, 2, 3], [1, 1, 0]), reference="votes")
    work.wait(2)
    work.ledger.cases.adjudicate(PLAN, subject, reference="count")
    assert work.ledger.book(PLAN).life.passed(subject, work.rules)
    consistent(work.ledger)


# --- illness in the waiting period ----------------------------------------------------------------------------------


def ill_in_waiting(**aid: Any) -> Casework:
    """A plan that has had a round, and a member whose illness began in the waiting period: her case was refused."""
    work = Casework(covenant(aid={"ill_in_waiting": "refund_and_end", **aid}))
    work.go_to(189)
    work.shared(1, 1_000)
    work.go_to(200)
    return work


def refused_in_waiting(work: Casework) -> bytes:
    case = work.attested(work.requested(2, 500, diagnosed_day=JOINED + 100))
    with pytest.raises(StandingRule):
        work.ledger.cases.disclose(PLAN, case, aid=500, fields_root=digest("f"), reference="disclose")
    work.ledger.cases.refuse(PLAN, case, "aid.waiting", reference="refuse")
    return case


def test_illness_in_the_waiting_period_ends_the_membership_and_gives_the_shares_back() -> None:
    work = ill_in_waiting()
    case, ledger = refused_in_waiting(work), work.ledger
    before = ledger.balance(PLAN, 2)
    assert before == 10_000_000 - 100
    ack = ledger.cases.restitute(PLAN, case, reference="restitute")
    assert (ledger.balance(PLAN, 2), ledger.book(PLAN).totals.refunds) == (10_000_000, 100)
    assert ack.slot == 2
    assert not ledger.book(PLAN).covered(np.array([2]))[0]
    assert ledger.cases.restitute(PLAN, case, reference="restitute").height == ack.height
    with pytest.raises(CaseStep):
        ledger.cases.restitute(PLAN, case, reference="again")
    withdraw(ledger, 2, 2, 10_000_000, "hers")
    consistent(ledger)
    assert work.violations() == []
    with ledger.read() as archive:
        assert audit_ledger(archive, TRUST).findings == ()


def test_two_cases_in_the_waiting_period_give_the_shares_back_once() -> None:
    work = ill_in_waiting()
    first = refused_in_waiting(work)
    second = work.attested(work.requested(2, 400, diagnosed_day=JOINED + 101))
    work.ledger.cases.refuse(PLAN, second, "aid.waiting", reference="refuse the second")
    work.ledger.cases.restitute(PLAN, first, reference="restitute")
    with pytest.raises(CaseStep):
        work.ledger.cases.restitute(PLAN, second, reference="restitute again")
    assert "case.restitute" not in [duty.kind for duty in work.ledger.due()]
    assert work.ledger.book(PLAN).totals.refunds == 100
    consistent(work.ledger)


def test_a_restitution_gives_back_what_was_paid_and_not_a_fen_more() -> None:
    work = ill_in_waiting()
    case = refused_in_waiting(work)
    work.forge(Restitution(case, 101))
    assert [error.clause for error in work.violations() if isinstance(error, RuleError)] == ["aid.ill_in_waiting"]


def test_a_restitution_waits_until_the_round_is_settled() -> None:
    work = ill_in_waiting()
    case, other = refused_in_waiting(work), work.approved(3, 1_000)
    work.ledger.open_round(PLAN, [other], reference="open")
    with pytest.raises(RoundOpen):
        work.ledger.cases.restitute(PLAN, case, reference="restitute")
    work.ledger.settle_round(PLAN, reference="settle")
    work.ledger.cases.restitute(PLAN, case, reference="restitute")
    assert work.ledger.balance(PLAN, 2) == 10_000_000
    consistent(work.ledger)


def test_where_the_covenant_only_refuses_nothing_comes_back() -> None:
    work = ill_in_waiting(ill_in_waiting="refuse")
    case = work.requested(2, 500)
    work.ledger.cases.refuse(PLAN, case, "cases.attestations", reference="refuse")
    with pytest.raises(CaseStep) as caught:
        work.ledger.cases.restitute(PLAN, case, reference="restitute")
    assert caught.value.clause == "aid.ill_in_waiting"
