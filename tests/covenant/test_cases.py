"""The life of a case, step by step, and what the covenant forbids at each: by clause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mutualchain.canonical import decode, encode
from mutualchain.covenant import sections
from mutualchain.covenant.acts import (
    Act,
    Adjudication,
    Adoption,
    Advance,
    Appeal,
    Approval,
    Attestation,
    CaseApproval,
    CaseWithdrawal,
    Disclosure,
    Fund,
    Lift,
    Objection,
    Payout,
    Proposal,
    Refusal,
    Request,
    Restitution,
    Sanction,
    Treasury,
    Void,
)
from mutualchain.covenant.calendar import DAY_MS, start_of
from mutualchain.covenant.cases import CaseLife
from mutualchain.covenant.facts import Facts
from mutualchain.errors import (
    AdjudicationMismatch,
    AdvanceRule,
    AidRule,
    AppealRule,
    CaseStep,
    CaseUnknown,
    InstitutionUnknown,
    MutualchainError,
    NotCovered,
    PayoutAboveAid,
    RefusalRule,
    ReportUsed,
    RoleRule,
    RoundOpen,
    RuleError,
    Sanctioned,
    SanctionRule,
    SlotUnknown,
    StandingRule,
    TreasuryRule,
    UnsupportedVersion,
)

from .lives import JOINED, SIGNATURE, FakePlan, changed, covenant, digest, facts_of

AID = 30_000_000


def request(plan: FakePlan, slot: int = 1, amount: int = AID, **values: Any) -> tuple[Request, Facts]:
    facts = facts_of(slot, **values)
    return Request(slot, amount, facts.root, plan.versions[-1].number, 0, SIGNATURE), facts


def attestation(case: bytes, name: str = "eyes", role: str = "investigator", **values: Any) -> Attestation:
    return changed(Attestation(case, name, role, 1, b"", SIGNATURE), **values)


# --- the whole way --------------------------------------------------------------------------------


def test_a_case_goes_from_request_to_payment_in_parts() -> None:
    plan = FakePlan()
    case = plan.requested()
    assert plan.life.cases[case].status == "requested"
    plan.attested(case)
    plan.do(Disclosure(case, AID - 1, digest("fields")))
    assert plan.life.cases[case].window_ms == plan.now + 3 * DAY_MS
    plan.wait(3)
    plan.do(Approval(case, AID - 1))
    assert plan.cases[case].aid == AID - 1
    plan.cases[case].round = 0
    plan.do(Payout(case, AID - 2, "hospital", digest("payment")))
    plan.do(Payout(case, 1, "family", digest("payment 2")))
    assert (plan.life.cases[case].paid, plan.cases[case].paid, plan.totals.payouts) == (AID - 1,) * 3
    with pytest.raises(PayoutAboveAid):
        plan.do(Payout(case, 1, "member", digest("payment 3")))


def test_the_189_day_case_of_the_sources_is_payable_and_one_at_179_days_is_not() -> None:
    plan = FakePlan()
    plan.requested(amount=40_000_000)
    act, facts = request(plan, 2, diagnosed_day=JOINED + 179)
    with pytest.raises(StandingRule) as caught:
        plan.do(act, facts)
    assert caught.value.clause == "aid.waiting"
    plan.check(act)  # whoever does not have the facts has nothing against it
    refused = plan.force(act)
    plan.do(Refusal(refused, "aid.waiting"), facts)


def test_a_jury_decides_where_somebody_objected() -> None:
    plan = FakePlan()
    case = plan.disputed()
    plan.life.votes[case] = _votes(5, 2)
    plan.wait(2)
    with pytest.raises(CaseStep) as caught:
        plan.do(Approval(case, AID))
    assert caught.value.clause == "cases.jury"
    plan.do(Adjudication(case, 5, 2))
    assert case not in plan.life.votes
    with pytest.raises(CaseStep) as caught:
        plan.do(Approval(case, AID))
    assert caught.value.clause == "cases.jury_majority_bp"
    plan.do(Refusal(case, "cases.jury_majority_bp"))


@pytest.mark.parametrize(("ballots", "support", "stands"), [(2, 0, True), (0, 0, True), (3, 2, True), (4, 2, False)])
def test_below_the_quorum_the_first_opinion_stands_and_half_is_no_majority(
    ballots: int, support: int, stands: bool
) -> None:
    plan = FakePlan()
    case = plan.disputed()
    plan.life.votes[case] = _votes(ballots, support)
    plan.wait(2)
    plan.do(Adjudication(case, ballots, support))
    if stands:
        plan.do(Approval(case, AID))
        return
    with pytest.raises(CaseStep):
        plan.do(Approval(case, AID))


def test_an_institution_that_says_it_is_not_true_counts_as_an_objection() -> None:
    plan = FakePlan()
    case = plan.disclosed()
    plan.do(attestation(case, "hands", "charity", supports=0))
    plan.wait(3)
    assert plan.life.cases[case].disputed
    with pytest.raises(CaseStep):
        plan.do(Approval(case, AID))


def test_a_refusal_that_was_appealed_stands_open_again_and_the_jury_votes_anew() -> None:
    plan = FakePlan()
    case = plan.disputed()
    plan.life.votes[case] = _votes(5, 2)
    plan.wait(2)
    plan.do(Adjudication(case, 5, 2))
    refusal = plan.do(Refusal(case, "cases.jury_majority_bp"))
    plan.do(Appeal(1, refusal, digest("grounds"), SIGNATURE))
    found = plan.life.cases[case]
    assert (found.status, found.ballots, found.window_ms) == ("disclosed", -1, plan.now)
    plan.life.votes[case] = _votes(5, 4)
    plan.wait(2)
    plan.do(Adjudication(case, 5, 4))
    plan.do(Approval(case, AID))
    early = plan.requested(2)
    plan.do(Appeal(2, plan.do(Refusal(early, "cases.attestations")), digest("grounds"), SIGNATURE))
    assert plan.life.cases[early].status == "requested"


def test_aid_is_advanced_and_repaid_by_the_round() -> None:
    plan = FakePlan()
    case = plan.disclosed()
    plan.do(Advance(case, AID // 2, "hospital", "", digest("advance"), b""))
    with pytest.raises(AdvanceRule) as caught:
        plan.do(Advance(case, 1, "hospital", "", digest("more"), b""))
    assert caught.value.clause == "advances.most_bp"
    plan.wait(3)
    plan.do(Approval(case, AID))
    plan.cases[case].round = 0
    plan.do(Payout(case, AID // 2, "member", digest("rest")))
    with pytest.raises(PayoutAboveAid):
        plan.do(Payout(case, 1, "member", digest("too much")))
    plan.do(Payout(case, AID // 2, "funder", digest("repaid")))
    with pytest.raises(PayoutAboveAid) as above:
        plan.do(Payout(case, 1, "funder", digest("twice")))
    assert above.value.clause == "advances.by"
    assert plan.cases[case].paid == AID


def test_institutions_advance_where_the_covenant_says_so() -> None:
    plan = FakePlan(covenant(advances={"by": "institutions"}))
    case = plan.disclosed()
    plan.do(Advance(case, 5, "hospital", "hands", digest("a"), SIGNATURE))
    plan.do(Advance(case, 6, "hospital", "hands", digest("b"), SIGNATURE))
    assert plan.life.cases[case].advanced == {"hands": 11}
    with pytest.raises(InstitutionUnknown):
        plan.do(Advance(case, 5, "hospital", "nobody", digest("c"), SIGNATURE))
    with pytest.raises(AdvanceRule):
        plan.do(Advance(case, 5, "hospital", "", digest("d"), b""))


def test_a_void_ends_a_case_wherever_it_stands() -> None:
    plan = FakePlan()
    waiting, announced, shared = plan.approved(1), plan.approved(2), plan.shared(3)
    plan.in_round.add(announced)
    for case in (waiting, announced, shared):
        plan.do(Void(case, "forged_records"))
    assert set(plan.cases) == {announced, shared}
    assert plan.life.voided == dict.fromkeys((waiting, announced, shared), "forged_records")
    with pytest.raises(CaseStep) as caught:
        plan.do(Payout(shared, 1, "member", digest("payment")))
    assert caught.value.clause == "refunds.void"


def test_a_sanction_bars_requests_until_its_day_or_until_it_is_lifted() -> None:
    plan = FakePlan()
    case = plan.shared(1)
    plan.do(Void(case, "malicious"))
    today = JOINED + 203
    for_good = plan.do(Sanction(1, case, "malicious", 0))
    plan.do(Sanction(2, b"", "against_order", today + 2))
    for slot in (1, 2):
        act, facts = request(plan, slot, region="elsewhere")
        with pytest.raises(Sanctioned):
            plan.do(act, facts)
    plan.do(Appeal(1, for_good, digest("grounds"), SIGNATURE))
    assert plan.life.slot_of(Lift(for_good, "appeal")) == 1
    plan.do(Lift(for_good, "appeal"))
    plan.requested(1, region="elsewhere")
    plan.wait(2)
    plan.requested(2, region="elsewhere")


def test_a_member_takes_her_request_back_until_a_round_shares_it() -> None:
    plan = FakePlan()
    for case in (plan.requested(1), plan.disclosed(2), plan.approved(3)):
        plan.do(CaseWithdrawal(case, SIGNATURE))
        assert case not in plan.cases
    announced, shared, advanced = plan.approved(4), plan.shared(5), plan.disclosed(6)
    plan.in_round.add(announced)
    plan.do(Advance(advanced, 5, "member", "", digest("a"), b""))
    for case in (announced, shared, advanced):
        with pytest.raises(CaseStep):
            plan.do(CaseWithdrawal(case, SIGNATURE))


def test_a_report_serves_again_only_the_same_member_whose_case_came_to_nothing() -> None:
    plan = FakePlan()
    first = plan.requested(1)
    plan.do(attestation(first, tag=digest("report")))
    second, other = plan.requested(1, region="b"), plan.requested(2)
    with pytest.raises(ReportUsed) as caught:
        plan.do(attestation(second, tag=digest("report")))
    assert caught.value.clause == "cases.report_once"
    plan.do(CaseWithdrawal(first, SIGNATURE))
    with pytest.raises(ReportUsed):
        plan.do(attestation(other, tag=digest("report")))
    plan.do(attestation(second, tag=digest("report")))
    plan.do(attestation(second, "clinic", "hospital", tag=digest("report")))


def test_the_operator_approves_by_itself_where_the_covenant_says_so() -> None:
    plan = FakePlan(
        covenant(
            cases={"request": "operator", "attestations": (), "objection_days": 0, "jury": "none", "jury_quorum": 0}
        )
    )
    case = plan.do(CaseApproval(1, AID, digest("file")))
    assert plan.life.cases[case].status == "approved"
    assert plan.cases[case].aid == AID
    act, facts = request(plan)
    with pytest.raises(CaseStep) as caught:
        plan.do(act, facts)
    assert caught.value.clause == "cases.request"
    for wrong, error in (
        (CaseApproval(1, AID, digest("file")), CaseUnknown),
        (CaseApproval(1, 40_000_001, digest("other")), AidRule),
        (CaseApproval(99, AID, digest("other")), SlotUnknown),
    ):
        with pytest.raises(error):
            plan.do(wrong)


def test_members_vote_on_a_proposal() -> None:
    rules = covenant(amendments={"vote": True, "vote_days": 5, "quorum": 3})
    plan = FakePlan(rules)
    proposal = plan.do(Proposal(rules.to_bytes()))
    assert plan.life.slot_of(Proposal(rules.to_bytes())) is None
    with pytest.raises(CaseStep):
        plan.do(Proposal(rules.to_bytes()))
    plan.life.votes[proposal] = _votes(3, 2)
    plan.wait(4)
    with pytest.raises(CaseStep) as caught:
        plan.do(Adjudication(proposal, 3, 2))
    assert caught.value.clause == "amendments.vote_days"
    plan.wait(1)
    with pytest.raises(AdjudicationMismatch):
        plan.do(Adjudication(proposal, 3, 3))
    assert not plan.life.passed(proposal, rules)
    plan.do(Adjudication(proposal, 3, 2))
    assert plan.life.passed(proposal, rules)
    assert not plan.life.passed(digest("none"), rules)
    assert plan.life.counted(digest("none")) == (0, 0)
    with pytest.raises(CaseStep):
        plan.do(Adjudication(proposal, 0, 0))
    with pytest.raises(CaseStep) as caught:
        FakePlan().do(Proposal(rules.to_bytes()))
    assert caught.value.clause == "amendments.vote"


def test_a_treasury_statement_is_compared_with_the_ledger_and_never_refused_for_its_sum() -> None:
    plan = FakePlan(holding=1_000)
    plan.do(Treasury("bank", plan.now, 900, SIGNATURE))
    assert [item.difference for item in plan.life.treasury] == [-100]
    for act, error in (
        (Treasury("bank", plan.now, 900, SIGNATURE), TreasuryRule),
        (Treasury("bank", plan.now + 1, 900, SIGNATURE), TreasuryRule),
        (Treasury("eyes", plan.now, 900, SIGNATURE), RoleRule),
        (Treasury("nobody", plan.now, 900, SIGNATURE), InstitutionUnknown),
    ):
        with pytest.raises(error):
            plan.do(act)
    plan.wait(1)
    plan.do(Treasury("bank", plan.now, 1_001, SIGNATURE))
    assert plan.life.treasury[-1].difference == 1


# --- what is forbidden ------------------------------------------------------------------------------

Make = Callable[[FakePlan], tuple[Act, Facts | None]]


def _with(make: Callable[[FakePlan], Act]) -> Make:
    return lambda plan: (make(plan), None)


def _after(plan: FakePlan, act: Act) -> FakePlan:
    plan.do(act)
    return plan


def _lapsed(plan: FakePlan, *, grace: bool = False) -> tuple[Act, Facts]:
    plan.lapsed.add(1)
    if grace:
        plan.arrears.add(1)
    return request(plan)


def _again(plan: FakePlan) -> tuple[Act, Facts]:
    plan.requested()
    act, facts = request(plan)
    return changed(act, amount=AID - 1), facts


def _recorded(plan: FakePlan) -> tuple[Act, Facts]:
    plan.requested()
    return request(plan)


def _much_later(plan: FakePlan) -> tuple[Act, Facts]:
    plan.wait(200)
    return request(plan)


def _waited(plan: FakePlan, days: float, make: Callable[[FakePlan], Act]) -> Act:
    act = make(plan)
    plan.wait(days)
    return act


FORBIDDEN: dict[str, tuple[Make, type[RuleError], str]] = {
    "a request of nobody": (lambda p: request(p, 99), SlotUnknown, "slot"),
    "a request under another version": (
        lambda p: (changed(request(p)[0], version=2), request(p)[1]),
        CaseStep,
        "amendments.transition",
    ),
    "a request recorded twice": (_recorded, CaseStep, "cases"),
    "a second request with the same facts": (_again, CaseStep, "cases.once"),
    "a request without cover": (_lapsed, NotCovered, "sharing.funding"),
    "a request in arrears": (lambda p: _lapsed(p, grace=True), NotCovered, "aid.in_grace"),
    "a request in the waiting period": (
        lambda p: request(p, diagnosed_day=JOINED + 180),
        StandingRule,
        "aid.waiting",
    ),
    "a request above the maximum": (lambda p: request(p, amount=40_000_001), StandingRule, "aid.maxima"),
    "a request for a cause that is not covered": (lambda p: request(p, cause="war"), StandingRule, "aid.causes"),
    "a request of somebody too old to join": (
        lambda p: request(p, birth_day=JOINED - 70 * 366),
        StandingRule,
        "membership.age_most_years",
    ),
    "a request long after the diagnosis": (_much_later, StandingRule, "aid.request_within_days"),
    "an attestation about nothing": (_with(lambda p: attestation(digest("none"))), CaseUnknown, "case"),
    "an attestation in a role one does not have": (
        _with(lambda p: attestation(p.requested(), "eyes", "hospital")),
        RoleRule,
        "institutions.roles",
    ),
    "an attestation of nobody": (
        _with(lambda p: attestation(p.requested(), "nobody")),
        InstitutionUnknown,
        "institutions",
    ),
    "a second attestation": (_with(lambda p: attestation(p.attested(p.requested()))), CaseStep, "cases"),
    "an attestation after the decision": (
        _with(lambda p: attestation(p.approved(), "hands", "charity")),
        CaseStep,
        "cases",
    ),
    "a disclosure without the attestations": (
        _with(lambda p: Disclosure(p.requested(), AID, digest("f"))),
        CaseStep,
        "cases.attestations",
    ),
    "a disclosure against the attestations": (
        _with(lambda p: Disclosure(p.attested(p.requested(), supports=0), AID, digest("f"))),
        CaseStep,
        "cases.attestations",
    ),
    "a disclosure of more than was requested": (
        _with(lambda p: Disclosure(p.attested(p.requested()), AID + 1, digest("f"))),
        AidRule,
        "aid.request",
    ),
    "a second disclosure": (_with(lambda p: Disclosure(p.disclosed(), AID, digest("f"))), CaseStep, "cases"),
    "an objection before the disclosure": (
        _with(lambda p: Objection(p.requested(), 3, digest("g"), SIGNATURE)),
        CaseStep,
        "cases",
    ),
    "an objection too late": (
        _with(lambda p: _waited(p, 3, lambda p: Objection(p.disclosed(), 3, digest("g"), SIGNATURE))),
        CaseStep,
        "cases.objection_days",
    ),
    "a second objection": (
        _with(lambda p: Objection(_objected(p), 7, digest("h"), SIGNATURE)),
        CaseStep,
        "cases",
    ),
    "an objection of nobody": (
        _with(lambda p: Objection(p.disclosed(), 99, digest("g"), SIGNATURE)),
        SlotUnknown,
        "slot",
    ),
    "an objection of no institution": (
        _with(lambda p: Objection(p.disclosed(), "nobody", digest("g"), SIGNATURE)),
        InstitutionUnknown,
        "institutions",
    ),
    "votes counted too early": (_with(lambda p: Adjudication(p.disputed(), 0, 0)), CaseStep, "cases.jury_days"),
    "votes counted where there is no dispute": (
        _with(lambda p: _waited(p, 9, lambda p: Adjudication(p.disclosed(), 0, 0))),
        CaseStep,
        "cases.jury",
    ),
    "votes counted wrong": (
        _with(lambda p: _waited(p, 2, lambda p: Adjudication(p.disputed(), 1, 1))),
        AdjudicationMismatch,
        "cases.jury",
    ),
    "votes counted twice": (
        _with(lambda p: Adjudication(_adjudicated(p), 0, 0)),
        CaseStep,
        "cases.jury",
    ),
    "an approval while one can object": (
        _with(lambda p: Approval(p.disclosed(), AID)),
        CaseStep,
        "cases.objection_days",
    ),
    "an approval of more than was disclosed": (
        _with(lambda p: _waited(p, 3, lambda p: Approval(p.disclosed(), AID + 1))),
        AidRule,
        "cases.disclosure",
    ),
    "an approval of what was not disclosed": (_with(lambda p: Approval(p.requested(), AID)), CaseStep, "cases"),
    "an approval by the operator alone": (
        _with(lambda p: CaseApproval(1, AID, digest("file"))),
        CaseStep,
        "cases.request",
    ),
    "a refusal by no clause": (_with(lambda p: Refusal(p.requested(), "aid.taste")), RefusalRule, "refusal"),
    "a refusal by a clause that is kept": (
        lambda p: (Refusal(p.requested(), "aid.waiting"), facts_of(1)),
        RefusalRule,
        "aid.waiting",
    ),
    "a refusal though all have vouched": (
        _with(lambda p: Refusal(p.attested(p.requested()), "cases.attestations")),
        RefusalRule,
        "cases.attestations",
    ),
    "a refusal before the jury has decided": (
        _with(lambda p: Refusal(p.disputed(), "cases.jury_majority_bp")),
        RefusalRule,
        "cases.jury",
    ),
    "a refusal of an approved case": (_with(lambda p: Refusal(p.approved(), "aid.maxima")), CaseStep, "cases"),
    "a payout before the round": (_with(lambda p: Payout(p.approved(), 1, "member", digest("p"))), CaseUnknown, "case"),
    "a payout for nothing": (_with(lambda p: Payout(digest("none"), 1, "member", digest("p"))), CaseUnknown, "case"),
    "a payout above the aid": (
        _with(lambda p: Payout(p.shared(), AID + 1, "member", digest("p"))),
        PayoutAboveAid,
        "payout",
    ),
    "a repayment of nothing": (
        _with(lambda p: Payout(p.shared(), 1, "funder", digest("p"))),
        PayoutAboveAid,
        "advances.by",
    ),
    "an advance on an undisclosed case": (
        _with(lambda p: Advance(p.requested(), 1, "member", "", digest("p"), b"")),
        CaseStep,
        "cases",
    ),
    "an advance by whom the covenant does not name": (
        _with(lambda p: Advance(p.disclosed(), 1, "member", "hands", digest("p"), SIGNATURE)),
        AdvanceRule,
        "advances.by",
    ),
    "an advance after the round": (
        _with(lambda p: Advance(p.shared(), 1, "member", "", digest("p"), b"")),
        AdvanceRule,
        "advances.by",
    ),
    "a void of what is not approved": (_with(lambda p: Void(p.disclosed(), "malicious")), CaseStep, "cases"),
    "a sanction of nobody": (_with(lambda p: Sanction(99, b"", "malicious", 0)), SlotUnknown, "slot"),
    "a sanction for a case that stands": (
        _with(lambda p: Sanction(1, p.approved(), "malicious", 0)),
        SanctionRule,
        "sanction",
    ),
    "a sanction for another's case": (
        _with(lambda p: Sanction(2, _voided(p), "malicious", 0)),
        SanctionRule,
        "sanction",
    ),
    "a sanction that is over": (_with(lambda p: Sanction(2, b"", "malicious", JOINED)), SanctionRule, "sanction"),
    "a sanction recorded twice": (
        _with(lambda p: p.do(Sanction(2, b"", "malicious", 0)) and Sanction(2, b"", "malicious", 0)),  # type: ignore[arg-type, return-value]
        SanctionRule,
        "sanction",
    ),
    "a lift of no sanction": (_with(lambda p: Lift(digest("none"), "error")), SanctionRule, "sanction"),
    "an appeal against nothing": (
        _with(lambda p: Appeal(1, digest("none"), digest("g"), SIGNATURE)),
        AppealRule,
        "appeal",
    ),
    "an appeal of somebody else": (
        _with(lambda p: Appeal(2, p.do(Refusal(p.requested(), "cases.attestations")), digest("g"), SIGNATURE)),
        AppealRule,
        "appeal",
    ),
    "a withdrawal of nothing": (_with(lambda p: CaseWithdrawal(digest("none"), SIGNATURE)), CaseUnknown, "case"),
}


def _objected(plan: FakePlan) -> bytes:
    case = plan.disclosed()
    plan.do(Objection(case, 7, digest("g"), SIGNATURE))
    return case


def _adjudicated(plan: FakePlan) -> bytes:
    case = plan.disputed()
    plan.wait(2)
    plan.do(Adjudication(case, 0, 0))
    return case


def _voided(plan: FakePlan) -> bytes:
    case = plan.approved()
    plan.do(Void(case, "malicious"))
    return case


def _votes(ballots: int, support: int) -> Any:
    from mutualchain.covenant.cases import Votes

    return Votes(ballots, support)


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_the_covenant_forbids_is_refused_by_its_clause(name: str) -> None:
    make, error, clause = FORBIDDEN[name]
    plan = FakePlan()
    act, facts = make(plan)
    before = plan.life.to_value()
    with pytest.raises(error) as caught:
        plan.do(act, facts)
    assert type(caught.value) is error
    assert caught.value.clause == clause
    assert plan.life.to_value() == before, "a refused act changes nothing"


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_was_recorded_all_the_same_is_put_in_force_as_far_as_it_can_be(name: str) -> None:
    make, _, _ = FORBIDDEN[name]
    plan = FakePlan()
    act, _ = make(plan)
    plan.force(act)
    plan.force(act)
    assert CaseLife.from_value(decode(encode(plan.life.to_value()), max_size=1 << 20)) == plan.life


def test_a_second_appeal_and_a_second_lift_are_refused() -> None:
    plan = FakePlan()
    sanction = plan.do(Sanction(2, b"", "malicious", 0))
    plan.do(Appeal(2, sanction, digest("g"), SIGNATURE))
    with pytest.raises(AppealRule):
        plan.do(Appeal(2, sanction, digest("other"), SIGNATURE))
    plan.do(Lift(sanction, "error"))
    with pytest.raises(SanctionRule):
        plan.do(Lift(sanction, "served"))


def test_one_case_has_a_bounded_number_of_voices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mutualchain.covenant.steps.MAX_ATTESTATIONS", 2)
    plan = FakePlan()
    case = plan.attested(plan.requested())
    with pytest.raises(CaseStep):
        plan.do(attestation(case, "hands", "charity"))


def test_no_jury_without_one_in_the_covenant() -> None:
    plan = FakePlan(covenant(cases={"jury": "none", "jury_quorum": 0}))
    case = plan.disclosed()
    plan.do(Objection(case, "hands", digest("g"), SIGNATURE))
    plan.wait(3)
    plan.do(Approval(case, AID))


def test_a_jury_that_always_decides_needs_no_objection() -> None:
    plan = FakePlan(covenant(cases={"jury": "always"}))
    case = plan.disclosed()
    plan.wait(3)
    with pytest.raises(CaseStep):
        plan.do(Approval(case, AID))
    plan.wait(2)
    plan.do(Adjudication(case, 0, 0))
    plan.do(Approval(case, AID))


def test_in_grace_a_member_can_ask_where_the_covenant_lets_her() -> None:
    plan = FakePlan(covenant(aid={"in_grace": True}), lapsed={1}, arrears={1})
    plan.requested()


@pytest.mark.parametrize(
    ("override", "code", "clause"), [(False, 0, "aid.request_most"), (True, 0, "aid.request_override"), (True, 7, None)]
)
def test_more_than_usual_needs_an_override_with_its_reason(override: bool, code: int, clause: str | None) -> None:
    plan = FakePlan(covenant(aid={"request_most": AID - 1, "request_override": override}))
    act, facts = request(plan)
    act = changed(act, override=code)
    if clause is None:
        plan.do(act, facts)
        return
    with pytest.raises(StandingRule) as caught:
        plan.do(act, facts)
    assert caught.value.clause == clause


def test_aid_beyond_the_maximum_is_not_disclosed() -> None:
    plan = FakePlan()
    act, facts = request(plan, amount=40_000_001)
    case = plan.attested(plan.force(act))
    with pytest.raises(AidRule) as caught:
        plan.do(Disclosure(case, 40_000_001, digest("f")), facts)
    assert caught.value.clause == "aid.maxima"


# --- which version of the covenant ------------------------------------------------------------------


def amended(transition: str, *, at_day: int) -> FakePlan:
    """A plan whose second version, in force from a day on, asks for another waiting period."""
    rules = covenant(amendments={"transition": transition})
    plan = FakePlan(rules)
    changed_rules = covenant(amendments={"transition": transition}, aid={"waiting": (sections.Waiting(189),)})
    plan.amended(changed_rules, start_of(rules, at_day))
    return plan


@pytest.mark.parametrize(
    ("transition", "at_day", "version"),
    [
        ("request", JOINED + 195, 2),
        ("request", JOINED + 205, 1),
        ("diagnosis", JOINED + 195, 1),
        ("diagnosis", JOINED + 189, 2),
        ("joining", JOINED + 1, 1),
        ("joining", JOINED, 2),
    ],
)
def test_a_case_falls_under_the_version_that_was_in_force_then(transition: str, at_day: int, version: int) -> None:
    plan = amended(transition, at_day=at_day)
    act, facts = request(plan)
    with pytest.raises(CaseStep) as caught:
        plan.do(changed(act, version=3 - version), facts)
    assert caught.value.clause == "amendments.transition"
    right = changed(act, version=version)
    if version == 1:
        case = plan.do(right, facts)
        assert plan.life.cases[case].version == 1
        return
    with pytest.raises(StandingRule) as broken:
        plan.do(right, facts)
    assert broken.value.clause == "aid.waiting"


def test_where_the_diagnosis_is_closed_the_version_that_she_signed_counts() -> None:
    plan = amended("diagnosis", at_day=JOINED + 195)
    for version in (1, 2):
        plan.check(changed(request(plan)[0], version=version))


# --- refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clause", "broken", "closing"),
    [
        ("aid.causes", {"cause": "war"}, ("group",)),
        ("aid.request_within_days", {"diagnosed_day": JOINED + 12}, ("cause",)),
        ("aid.maxima", {"group": "none"}, ("cause",)),
        ("aid.waiting", {"diagnosed_day": JOINED + 12}, ("cause",)),
        ("membership.age_most_years", {"birth_day": JOINED - 70 * 366}, ("cause",)),
    ],
)
def test_a_refusal_by_a_mechanical_clause_has_to_be_true_where_the_facts_are_open(
    clause: str, broken: dict[str, Any], closing: tuple[str, ...]
) -> None:
    plan = FakePlan()
    act, facts = request(plan, 2, **broken)
    case = plan.force(act)
    plan.check(Refusal(case, clause), facts)
    good = plan.requested(3)
    with pytest.raises(RefusalRule) as caught:
        plan.check(Refusal(good, clause), facts_of(3))
    assert caught.value.clause == clause
    plan.check(Refusal(good, clause), facts_of(3).only(*closing))
    plan.check(Refusal(good, clause))


def test_a_refusal_by_another_clause_is_the_operators_word_where_no_jury_decides() -> None:
    plan = FakePlan()
    plan.do(Refusal(plan.requested(), "aid.catalogue"))


# --- illness in the waiting period --------------------------------------------------------------------


def refused_in_waiting(plan: FakePlan, clause: str = "aid.waiting") -> bytes:
    act, facts = request(plan, diagnosed_day=JOINED + 100)
    case = plan.attested(plan.force(act))
    with pytest.raises(StandingRule) as caught:
        plan.do(Disclosure(case, AID, digest("f")), facts)
    assert caught.value.clause == "aid.waiting"
    plan.do(Refusal(case, clause), facts)
    return case


def test_illness_in_the_waiting_period_brings_the_shares_back_once() -> None:
    plan = FakePlan(covenant(aid={"ill_in_waiting": "refund_and_end"}))
    plan.check(*request(plan, diagnosed_day=JOINED + 100))
    case = refused_in_waiting(plan)
    assert plan.life.slot_of(Restitution(case, 10)) == 1
    with pytest.raises(AidRule) as caught:
        plan.do(Restitution(case, 11), 10)
    assert caught.value.clause == "aid.ill_in_waiting"
    for name in ("open", "capture"):
        setattr(plan, name, object())
        with pytest.raises(RoundOpen):
            plan.do(Restitution(case, 10), 10)
        setattr(plan, name, None)
    plan.check(Restitution(case, 11))
    plan.do(Restitution(case, 10), 10)
    with pytest.raises(CaseStep):
        plan.do(Restitution(case, 10), 10)
    refusal = next(iter(plan.life.decisions))
    plan.do(Appeal(1, refusal, digest("g"), SIGNATURE))
    assert plan.life.cases[case].status == "refused", "a membership that has ended has no open case"


@pytest.mark.parametrize(
    ("rule", "clause"), [("refuse", "aid.waiting"), ("refund_and_end", "aid.catalogue")], ids=["rule", "clause"]
)
def test_nothing_else_brings_them_back(rule: str, clause: str) -> None:
    plan = FakePlan(covenant(aid={"ill_in_waiting": rule}))
    case = refused_in_waiting(plan, clause)
    with pytest.raises(CaseStep) as caught:
        plan.do(Restitution(case, 10), 10)
    assert caught.value.clause == "aid.ill_in_waiting"


# --- notices and edges ----------------------------------------------------------------------------------


def test_a_member_gets_a_notice_of_what_concerns_her() -> None:
    plan = FakePlan()
    case = plan.disclosed(4)
    life = plan.life
    for act in (attestation(case), Disclosure(case, 1, bytes(32)), Adjudication(case, 0, 0), Void(case, "malicious")):
        assert life.slot_of(act) == 4
    assert life.slot_of(Sanction(5, b"", "malicious", 0)) == 5
    for other in (
        Objection(case, 7, bytes(32), SIGNATURE),
        attestation(digest("none")),
        Lift(digest("none"), "error"),
        Treasury("bank", 0, 0, SIGNATURE),
        Fund("operator", 1, bytes(32), b""),
    ):
        assert life.slot_of(other) is None


def test_acts_that_are_not_a_cases_have_no_rules_here() -> None:
    plan = FakePlan()
    with pytest.raises(UnsupportedVersion):
        plan.check(Adoption(plan.covenant.to_bytes()))
    plan.force(Adoption(plan.covenant.to_bytes()))
    case = plan.disclosed()
    before = plan.life.to_value()
    plan.force(Fund("recovery", 1, bytes(32), case))
    assert plan.life.to_value() == before
    plan.force(Payout(case, 5, "member", digest("payment")))
    assert (plan.life.cases[case].paid, plan.totals.payouts) == (5, 5)


def test_a_life_comes_back_from_its_value() -> None:
    plan = FakePlan(covenant(amendments={"vote": True}))
    for slot, live in enumerate((plan.requested, plan.disclosed, plan.approved, plan.shared, plan.disputed), 1):
        case = live(slot)
        plan.life.votes[case] = _votes(2, 1)
    plan.life.votes[case].voters = plan.life.votes[case].voters.copy()
    plan.do(Proposal(plan.covenant.to_bytes()))
    plan.do(Void(plan.shared(8), "malicious"))
    plan.do(Sanction(8, b"", "malicious", 0))
    plan.do(Treasury("bank", plan.now, 1, SIGNATURE))
    again = CaseLife.from_value(decode(encode(plan.life.to_value()), max_size=1 << 20))
    assert again.to_value() == plan.life.to_value()
    assert (again.roots, again.barred) == (plan.life.roots, plan.life.barred)


def test_every_error_of_a_case_is_one_of_ours() -> None:
    assert all(issubclass(error, MutualchainError) for _, error, _ in FORBIDDEN.values())
