"""Honest cases, disclosed at every stage of their lives: what anybody is told of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

import mutualchain
from mutualchain.covenant.acts import Appeal, Disclosure, Handover, Refusal, Rekey, Request, Restitution
from mutualchain.covenant.facts import Facts
from mutualchain.covenant.statements import act_message
from mutualchain.disclosure.build import build_disclosure, stored_facts
from mutualchain.disclosure.bundle import DisclosureBundle
from mutualchain.disclosure.facts import CHECKS, LIMITS, OwnShare, VerifiedDisclosure
from mutualchain.disclosure.verify import verify_disclosure
from mutualchain.errors import (
    CaseUnknown,
    FactsMismatch,
    RuleBroken,
    SplitView,
    StandingRule,
    TooOld,
    UsageError,
)
from mutualchain.ledger import Ledger
from mutualchain.store import MemoryStore
from mutualchain.tlog.trust import TrustedCheckpoint
from tests.covenant.lives import covenant
from tests.ledger.casework import AID, Casework, sign
from tests.ledger.world import PLAN, TRUST, approve, digest, join, key_of, new_ledger

from .tools import CLAIMANT, READER, approved, begun, disclosed, fields_of, file_of, paid, record_of, story


def checked(work: Casework, case: bytes, *names: str, **options: object) -> VerifiedDisclosure:
    found = verify_disclosure(file_of(work, case, *names, **options), TRUST)  # type: ignore[arg-type]
    assert [name for name, _ in found.checks if name not in CHECKS] == []
    assert [name for name, _ in found.limits if name not in LIMITS] == []
    return found


def ids(lines: tuple[tuple[str, dict[str, int]], ...]) -> set[str]:
    return {name for name, _ in lines}


def test_a_paid_case_is_told_from_beginning_to_end() -> None:
    work, case = story()
    found = checked(work, case, "diagnosed_day")
    assert (found.case, found.slot, found.state, found.aid, found.paid) == (case, CLAIMANT, "paid", AID, AID)
    assert [(item.id, item.role, item.supports) for item in found.vouchers] == [
        ("eyes", "investigator", True),
        ("clinic", "hospital", True),
    ]
    assert found.round is not None
    assert (found.round.share, found.round.headcount, found.round.aid) == (AID // 10, 10, AID)
    assert [(item.status, item.amount) for item in found.rounds] == [("paid", AID // 10)]
    assert dict(found.shown)["name"] == "李*"
    assert (found.waiting_days, found.maximum, found.age) == (180, 40_000_000, 31)
    assert found.complete
    assert found.other_requests == 0
    assert {"complete", "signatures", "vouched", "facts", "fields", "share", "paid"} <= ids(found.checks)
    assert {"age", "covered", "unwitnessed", "truth", "no_record"} <= ids(found.limits)
    assert not {"waiting", "partial"} & ids(found.limits)


def test_in_a_log_too_long_for_a_file_each_entry_is_proven_alone_and_the_result_says_so() -> None:
    work, case = story()
    whole, single = checked(work, case), checked(work, case, most=0)
    assert "partial" in ids(single.limits)
    assert "complete" not in ids(single.checks)
    assert single.other_requests is None
    same = ("state", "aid", "payments", "round", "vouchers", "rounds", "requested_time_ms")
    assert all(getattr(whole, name) == getattr(single, name) for name in same)


def test_what_is_not_opened_is_said_not_to_be_known() -> None:
    work, case = story()
    closed = checked(work, case, fields=False)
    assert (closed.shown, closed.facts, closed.age, closed.waiting_days, closed.maximum) == ((), (), None, None, None)
    assert "closed" in ids(closed.limits)
    shown = checked(work, case)
    assert {"waiting", "age"} <= ids(shown.limits)
    everything = checked(work, case, *Facts.NAMES)
    assert not {"waiting", "age", "closed"} & ids(everything.limits)
    assert "birth_day" not in dict(everything.facts)


def test_a_case_is_told_at_every_stage() -> None:
    work = begun()
    case = work.requested(CLAIMANT)
    first = checked(work, case, fields=False)
    assert (first.state, first.vouchers, first.disclosed_time_ms) == ("requested", (), None)
    work.attested(case)
    fields = fields_of(work, case)
    work.ledger.cases.disclose(PLAN, case, aid=AID, fields_root=fields.root, reference="disclosed")
    assert checked(work, case).state == "disclosed"
    work.wait(3)
    work.ledger.cases.approve(PLAN, case, reference="approved")
    waits = checked(work, case)
    assert (waits.state, waits.round, waits.paid) == ("approved", None, 0)
    assert "new" in ids(waits.limits)
    work.round(case)
    assert checked(work, case).state == "shared"
    work.ledger.cases.pay(PLAN, case, AID // 2, payment=digest("half"), reference="half")
    assert (checked(work, case).state, checked(work, case).paid) == ("shared", AID // 2)
    work.ledger.cases.pay(PLAN, case, AID // 2, payee="hospital", payment=digest("rest"), reference="rest")
    assert checked(work, case).state == "paid"


def test_a_disputed_case_counts_objections_and_votes() -> None:
    work = begun()
    case = disclosed(work)
    work.objected(case, 7)
    work.objected(case, "clinic")
    work.wait(3)
    work.ledger.cases.vote_many(PLAN, case, **work.ballots(case, [2, 3], [1, 1]), reference="some")
    work.ledger.cases.vote_many(PLAN, case, **work.ballots(case, [4, 5], [1, 0]), reference="others")
    work.wait(2)
    work.ledger.cases.adjudicate(PLAN, case, reference="counted")
    work.ledger.cases.approve(PLAN, case, reference="approved")
    for most in (1 << 20, 0):
        found = checked(work, case, most=most)
        assert (found.objections, found.objectors) == (2, ("The clinic",))
        assert (found.votes, found.state) == ((4, 3), "approved")
        assert {"objectors", "votes"} <= ids(found.limits)
        assert dict(found.limits)["objectors"] == {"count": 1}


def test_a_refusal_an_appeal_and_a_withdrawal_are_told() -> None:
    work = begun()
    case = disclosed(work)
    refused = work.ledger.cases.refuse(PLAN, case, "cases.objection_days", reference="refused")
    found = checked(work, case)
    assert (found.state, found.clause) == ("refused", "cases.objection_days")
    assert refused.digest is not None
    act = Appeal(CLAIMANT, refused.digest, digest("grounds"), b"")
    signature = sign(CLAIMANT, work.message(act))
    work.ledger.cases.appeal(
        PLAN, CLAIMANT, refused.digest, grounds=digest("grounds"), signature=signature, reference="appeal"
    )
    assert checked(work, case).state == "disclosed"
    assert checked(work, case, most=0).state == "disclosed"


def test_a_voided_case_is_told_with_its_refund_and_the_sanction() -> None:
    work = begun()
    case = paid(work, amount=AID // 3)
    work.ledger.cases.void(PLAN, case, "forged_records", reference="void")
    work.ledger.cases.sanction(PLAN, CLAIMANT, "forged_records", case=case, reference="sanction")
    work.ledger.money.refund(PLAN, case, reference="refund")
    for most in (1 << 20, 0):
        found = checked(work, case, most=most)
        assert (found.state, found.void, found.refunded) == ("void", "forged_records", AID)
        assert [(item.reason, item.lifted) for item in found.sanctions] == [("forged_records", False)]


def test_an_advance_and_its_repayment_are_counted_once() -> None:
    work = begun()
    case = approved(work)
    work.ledger.cases.advance(PLAN, case, AID // 2, payment=digest("advance"), reference="advance")
    work.round(case)
    work.ledger.cases.pay(PLAN, case, AID // 2, payee="funder", payment=digest("repaid"), reference="repaid")
    work.ledger.cases.pay(PLAN, case, AID // 2, payment=digest("rest"), reference="rest")
    found = checked(work, case)
    assert (found.state, found.paid, len(found.payments)) == ("paid", AID, 3)


def test_a_key_that_was_handed_over_signs_the_request() -> None:
    work = begun()
    act = Handover(CLAIMANT, key_of("new"), b"", b"")
    message = act_message(work.ledger.chain, PLAN, act)
    work.ledger.member_keys.hand_over(
        PLAN, CLAIMANT, key_of("new"), acceptance=sign("new", message), signature=sign(CLAIMANT, message), reference="h"
    )
    facts = work.facts(CLAIMANT)
    request = work.ledger.cases.draft_request(PLAN, slot=CLAIMANT, amount=AID, facts=facts)
    signature = sign("new", work.message(request))
    ack = work.ledger.cases.request(PLAN, request, signature=signature, facts=facts, reference="request")
    assert ack.digest is not None
    for most in (1 << 20, 0):
        found = checked(work, ack.digest, fields=False, most=most)
        assert (found.state, [item.kind for item in found.keys]) == ("requested", ["handover"])


def test_an_institution_that_was_revoked_later_has_vouched_all_the_same() -> None:
    work = begun()
    case = disclosed(work)
    work.ledger.institutions.revoke("eyes", "closed", reference="revoked")
    assert [item.revoked for item in checked(work, case).vouchers] == ["closed", ""]


def test_the_other_requests_of_the_claimant_are_counted() -> None:
    work = begun()
    other = work.requested(CLAIMANT, disease="C61")
    case = disclosed(work)
    assert checked(work, case).other_requests == 1
    assert checked(work, other, fields=False).other_requests == 1


def test_a_plan_whose_operator_approves_alone_is_told_as_such() -> None:
    ledger: Ledger = new_ledger("unused", store=MemoryStore(), background=False)  # type: ignore[arg-type]
    for member in range(4):
        join(ledger, member)
    case = approve(ledger, 400, "case", slot=2)
    ledger.open_round(PLAN, [case], reference="open")
    ledger.settle_round(PLAN, reference="settle")
    ledger.pay_out(PLAN, case, 400, payee="member", payment=digest("p"), reference="pay")
    with ledger.read() as archive:
        found = verify_disclosure(build_disclosure(archive, PLAN, case), TRUST)
    assert (found.state, found.slot, found.vouchers) == ("paid", 2, ())
    assert "operator" in ids(found.limits)
    assert "signatures" not in ids(found.checks)


# --- the reader's own share ---------------------------------------------------------------------


def test_the_reader_sees_what_she_shared() -> None:
    work, case = story()
    found = verify_disclosure(file_of(work, case), TRUST, record=record_of(work))
    assert found.own == OwnShare(READER, "paid", AID // 10)
    assert "own" in ids(found.checks)
    assert "no_record" not in ids(found.limits)


def test_a_record_of_another_plan_says_nothing_here() -> None:
    work, case = story()
    with pytest.raises(UsageError, match="another plan"):
        verify_disclosure(file_of(work, case), TRUST, record=replace(record_of(work), plan="other"))


def test_a_record_that_shows_another_round_is_a_split_view() -> None:
    work, case = story()
    record = record_of(work)
    lie = replace(record, rounds=(replace(record.rounds[0], headcount=9),))
    with pytest.raises(SplitView) as caught:
        verify_disclosure(file_of(work, case), TRUST, record=lie)
    assert caught.value.exit_code == 4


def test_two_books_of_one_log_are_a_split_view() -> None:
    work, case = story()
    record = record_of(work)
    seen = record.checkpoint
    other = TrustedCheckpoint(replace(seen.checkpoint, root=digest("another root")), seen.note, seen.signatures, ())
    for lie in (replace(record, chain=digest("another chain")), replace(record, checkpoint=other)):
        with pytest.raises(SplitView, match="two different books of one log"):
            verify_disclosure(file_of(work, case), TRUST, record=lie)


def test_a_record_that_ends_before_the_round_says_nothing_of_it() -> None:
    work = begun()
    case = approved(work)
    record = record_of(work)
    work.round(case)
    found = verify_disclosure(file_of(work, case), TRUST, record=record)
    assert found.own is None
    assert "not_in_record" in ids(found.limits)


# --- bounds of the call -------------------------------------------------------------------------


def test_an_old_file_is_refused_when_age_is_asked_for() -> None:
    work, case = story()
    data, now = file_of(work, case), work.clock.now
    assert verify_disclosure(data, TRUST, now_ms=now, max_age_ms=1_000).complete
    with pytest.raises(TooOld):
        verify_disclosure(data, TRUST, now_ms=now + 86_400_000, max_age_ms=1_000)


def test_only_what_was_committed_to_can_be_opened() -> None:
    work, case = story()
    with pytest.raises(FactsMismatch):
        file_of(work, case, fields=fields_of(work, case, age=30))
    with pytest.raises(CaseUnknown):
        file_of(work, digest("nothing"))


def test_a_bundle_is_written_as_it_was_read() -> None:
    work, case = story()
    for most in (1 << 20, 0):
        data = file_of(work, case, "cause", most=most)
        assert DisclosureBundle.from_bytes(data).to_bytes() == data


def test_the_package_exports_the_check() -> None:
    assert mutualchain.verify_disclosure is verify_disclosure
    assert mutualchain.VerifiedDisclosure is VerifiedDisclosure


def test_a_covenant_amended_in_between_rules_what_came_after() -> None:
    work = begun(covenant(amendments={"notice_days": 0}))
    case = disclosed(work)
    assert checked(work, case).covenant_version == 1


def test_illness_in_the_waiting_period_ends_the_membership_and_gives_all_shares_back() -> None:
    rules = covenant(aid={"ill_in_waiting": "refund_and_end"})
    work = begun(rules)
    work.round(approved(work, 2))
    facts = work.facts(CLAIMANT, diagnosed_day=work.today - 100)
    closed = facts.only("cause", "group", "birth_day")
    act = work.ledger.cases.draft_request(PLAN, slot=CLAIMANT, amount=AID, facts=closed)
    signature = sign(CLAIMANT, work.message(act))
    case = work.ledger.cases.request(PLAN, act, signature=signature, facts=closed, reference="request").digest
    assert case is not None
    work.ledger.cases.refuse(PLAN, case, "aid.waiting", reference="refused")
    work.ledger.cases.restitute(PLAN, case, reference="back")
    with work.ledger.read() as archive:
        found = verify_disclosure(build_disclosure(archive, PLAN, case, facts=facts), TRUST)
    assert (found.state, found.clause, found.restituted) == ("refused", "aid.waiting", AID // 10)
    assert "opened" in ids(found.checks)


def test_a_restitution_of_another_sum_is_a_lie() -> None:
    work = begun(covenant(aid={"ill_in_waiting": "refund_and_end"}))
    case = work.requested(CLAIMANT)
    work.forge(Refusal(case, "aid.waiting"))
    work.forge(Restitution(case, 5))
    with pytest.raises(RuleBroken, match="0 was paid, and 5 would come back"):
        verify_disclosure(file_of(work, case, fields=False), TRUST)


def test_a_refusal_that_the_open_facts_belie_is_found_out() -> None:
    work = begun()
    case = work.requested(CLAIMANT)
    work.forge(Refusal(case, "aid.waiting"))
    with pytest.raises(RuleBroken, match="does not break this clause"):
        verify_disclosure(file_of(work, case, "cause", "group", "diagnosed_day", "birth_day", fields=False), TRUST)


def ill_in_waiting(work: Casework) -> tuple[bytes, Facts]:
    """A request with a diagnosis in the waiting period, recorded so that it can be refused and the shares come back."""
    facts = work.facts(CLAIMANT, diagnosed_day=work.today - 100)
    closed = facts.only("cause", "group", "birth_day")
    act = work.ledger.cases.draft_request(PLAN, slot=CLAIMANT, amount=AID, facts=closed)
    signature = sign(CLAIMANT, work.message(act))
    case = work.ledger.cases.request(PLAN, act, signature=signature, facts=closed, reference="request").digest
    assert case is not None
    return case, facts


def test_a_request_in_the_waiting_period_that_waits_for_its_refusal_breaks_no_rule() -> None:
    """Where the covenant gives the shares back it has to be recorded; to be disclosed is what it must not."""
    work = begun(covenant(aid={"ill_in_waiting": "refund_and_end"}))
    case, facts = ill_in_waiting(work)
    with work.ledger.read() as archive:
        assert verify_disclosure(build_disclosure(archive, PLAN, case, facts=facts), TRUST).state == "requested"
    work.attested(case)
    work.forge(Disclosure(case, AID, fields_of(work, case).root))
    with work.ledger.read() as archive, pytest.raises(RuleBroken, match=r"aid\.waiting"):
        verify_disclosure(build_disclosure(archive, PLAN, case, facts=facts), TRUST)


def test_a_refused_case_that_no_row_of_the_covenant_fits_has_no_maximum() -> None:
    work = begun()
    facts = work.facts(CLAIMANT, group="unheard")
    act = Request(CLAIMANT, AID, facts.root, 1, 0, b"")
    case = work.forge(replace(act, signature=sign(CLAIMANT, work.message(act))), facts=facts)
    work.ledger.cases.refuse(PLAN, case, "aid.maxima", reference="refused")
    found = checked(work, case, "group", "diagnosed_day", "birth_day", fields=False)
    assert (found.state, found.clause, found.maximum) == ("refused", "aid.maxima", None)


def test_what_was_erased_is_told_with_day_and_reason() -> None:
    work = begun()
    case = paid(work)
    work.ledger.erasures.facts(PLAN, case, reason="wish", reference="erased")
    for most in (1 << 20, 0):
        found = checked(work, case, fields=False, most=most)
        assert found.erased == (work.clock.now, "wish")
        assert {"erased", "closed"} <= ids(found.limits)
    with work.ledger.read() as archive:
        assert stored_facts(archive, PLAN, case) is None


def test_an_age_that_is_only_stated_excludes_who_was_too_old_to_join() -> None:
    work = begun()
    for age, right in ((65, True), (66, True), (67, False)):
        case = work.attested(work.requested(CLAIMANT, amount=1_000_000, group="mild", disease=str(age)))
        fields = fields_of(work, case, age=age, group="mild")
        reference = work.reference()
        work.ledger.cases.disclose(PLAN, case, aid=1_000_000, fields_root=fields.root, reference=reference)
        data = file_of(work, case, fields=fields)
        if right:
            assert verify_disclosure(data, TRUST).age == age
        else:
            with pytest.raises(RuleBroken, match=r"membership\.age_most_years"):
                verify_disclosure(data, TRUST)


def test_a_key_handed_over_to_itself_is_no_handover() -> None:
    work = begun()
    act = Handover(CLAIMANT, key_of(CLAIMANT), b"", b"")
    message = act_message(work.ledger.chain, PLAN, act)
    work.forge(replace(act, signature=sign(CLAIMANT, message), acceptance=sign(CLAIMANT, message)))
    case = work.requested(CLAIMANT)
    with pytest.raises(RuleBroken, match="the one that she joined with"):
        verify_disclosure(file_of(work, case, fields=False), TRUST)


def test_the_age_that_was_vouched_for_is_opened_without_the_birth_day() -> None:
    work, case = story()
    found = checked(work, case, "age", "diagnosed_day")
    assert (found.age, found.age_attested, found.maximum, found.waiting_days) == (31, True, 40_000_000, 180)
    assert not {"age", "waiting"} & ids(found.limits)
    assert set(dict(found.facts)) == {"age", "diagnosed_day"}


def test_an_age_that_the_days_belie_is_refused_at_the_request() -> None:
    work = begun()
    facts = work.facts(CLAIMANT, age=30)
    act = Request(CLAIMANT, AID, facts.root, 1, 0, b"")
    with pytest.raises(StandingRule, match="30 years are stated where the days make 31"):
        work.ledger.cases.request(
            PLAN, act, signature=sign(CLAIMANT, work.message(act)), facts=facts, reference="request"
        )
    case = work.forge(replace(act, signature=sign(CLAIMANT, work.message(act))), facts=facts)
    with pytest.raises(RuleBroken, match="30 years are stated"):
        verify_disclosure(file_of(work, case, *Facts.NAMES, fields=False), TRUST)


def test_a_key_that_the_operator_replaced_by_itself_is_told() -> None:
    """It could ask for aid in a member's name with it."""
    work = begun()
    act = Rekey(CLAIMANT, key_of("new"), "", b"", b"")
    message = act_message(work.ledger.chain, PLAN, act)
    work.forge(replace(act, acceptance=sign("new", message)))
    work.wait(work.rules.keys.rekey_days + 1)
    facts = work.facts(CLAIMANT)
    request = work.ledger.cases.draft_request(PLAN, slot=CLAIMANT, amount=AID, facts=facts)
    signature = sign("new", work.message(request))
    case = work.ledger.cases.request(PLAN, request, signature=signature, facts=facts, reference="request").digest
    assert case is not None
    for most in (1 << 20, 0):
        found = checked(work, case, fields=False, most=most)
        assert [(item.kind, item.voucher, item.objected) for item in found.keys] == [("rekey", "", False)]
