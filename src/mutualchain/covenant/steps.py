"""The rules for every step of a case, a sanction, a vote, a key, a treasury statement: each refusal names its clause.

``check(book, act, digest, now_ms, known)`` is what the writer asks before it records, and a replay after: the same code
with the block's time. ``known`` are the case's opened facts, or None; rules that need them are not judged without
(the writer asks for them, a public replay does not have them). Signatures are :mod:`.signing`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import (
    AdjudicationMismatch,
    AdvanceRule,
    AidRule,
    AppealRule,
    CaseStep,
    CaseUnknown,
    KeyRule,
    NotCovered,
    PayoutAboveAid,
    RefusalRule,
    ReportUsed,
    RoundOpen,
    Sanctioned,
    SanctionRule,
    StandingRule,
    TreasuryRule,
    UnsupportedVersion,
)
from ..limits import MAX_ATTESTATIONS
from .acts import (
    Act,
    Adjudication,
    Advance,
    Appeal,
    Approval,
    Attestation,
    CaseApproval,
    CaseWithdrawal,
    Disclosure,
    Erasure,
    Handover,
    Lift,
    Objection,
    Payout,
    Proposal,
    Refusal,
    Rekey,
    RekeyObjection,
    Request,
    Restitution,
    Sanction,
    Treasury,
    Void,
)
from .calendar import day_of, start_of
from .cases import Case, CaseLife, PlanView, version_at, version_of
from .document import Covenant
from .erasure import check_erasure
from .facts import Facts
from .standing import MECHANICAL, Standing, clauses

__all__ = ["check", "governing", "standing_of"]


@dataclass(frozen=True, slots=True)
class _Step:
    """One act about to be checked."""

    book: PlanView
    digest: bytes
    now_ms: int
    facts: Facts | None
    paid: int | None = None

    @property
    def life(self) -> CaseLife:
        return self.book.life

    @property
    def covenant(self) -> Covenant:
        """The covenant in force now."""
        return version_at(self.book, self.now_ms).covenant

    def case(self, name: bytes, *statuses: str) -> tuple[Case, Covenant]:
        """A case in one of these states, and the covenant it falls under. Raises CaseUnknown, CaseStep."""
        found = self.life.cases.get(name)
        if found is None:
            raise CaseUnknown("there is no such case in this plan", value=name)
        if found.status not in statuses:
            raise CaseStep(f"the case is {found.status}, and would have to be {' or '.join(statuses)}", value=name)
        return found, version_of(self.book, found.version).covenant


def check(book: PlanView, act: Act, digest: bytes, now_ms: int, known: Facts | int | None = None) -> None:
    """Raises what the covenant has against an act at ``now_ms``; ``digest`` is its entry's hash.

    ``known`` are the case's opened facts; for a restitution what its member has paid, in minor units.
    """
    rule = _RULES.get(type(act))
    if rule is None:
        raise UnsupportedVersion("an entry that this release has no rules for", value=act.kind)
    if isinstance(known, int):
        rule(_Step(book, digest, now_ms, None, known), act)
    else:
        rule(_Step(book, digest, now_ms, known), act)


def governing(book: PlanView, slot: int, facts: Facts | None, now_ms: int) -> int | None:
    """The covenant version that a case requested now falls under; None where that depends on a closed diagnosis."""
    current = version_at(book, now_ms)
    transition = current.covenant.amendments.transition
    if transition == "request":
        return current.number
    if transition == "joining":
        return min(version_at(book, start_of(current.covenant, book.members.joined_day(slot))).number, current.number)
    found = None if facts is None else facts.number("diagnosed_day")
    if found is None:
        return None
    return min(version_at(book, start_of(current.covenant, found)).number, current.number)


def standing_of(book: PlanView, case: Case, facts: Facts | None) -> Standing:
    """A case held against the covenant it falls under."""
    return Standing(version_of(book, case.version).covenant, facts, book.members.joined_day(case.slot))


# --- requests ---------------------------------------------------------------------------------


def _request(step: _Step, act: Request) -> None:
    book, life = step.book, step.life
    book.balance(act.slot)
    wanted = governing(book, act.slot, step.facts, step.now_ms)
    newest = version_at(book, step.now_ms).number
    if act.version > newest or (wanted is not None and act.version != wanted):
        text = f"the case falls under version {wanted or newest} of the covenant, not {act.version}"
        raise CaseStep(text, value=act.slot, clause="amendments.transition")
    covenant = version_of(book, act.version).covenant
    if covenant.cases.request != "member":
        raise CaseStep("cases of this plan are approved by the operator alone", clause="cases.request")
    if step.digest in life.cases:
        raise CaseStep("the same request is recorded already", value=step.digest)
    earlier = life.cases.get(life.roots.get(act.facts_root, b""))
    if earlier is not None and (earlier.open or earlier.status == "approved"):
        raise CaseStep("a case with these facts is under way already", value=act.facts_root, clause="cases.once")
    _covered(step, covenant, act.slot)
    if life.sanctioned(act.slot, day_of(covenant, step.now_ms)):
        raise Sanctioned("a sanction is in force for this member", value=act.slot)
    _within(step, covenant, act)


def _covered(step: _Step, covenant: Covenant, slot: int) -> None:
    if step.book.in_grace(slot, step.now_ms):
        if not covenant.aid.in_grace:
            raise NotCovered("the member is in arrears", value=slot)
    elif not step.book.covered(np.array([slot], np.int64), step.now_ms)[0]:
        raise NotCovered("the member is not covered", value=slot, clause="sharing.funding")


def _within(step: _Step, covenant: Covenant, act: Request) -> None:
    """Amount, cause, age, waiting period, time: as far as the facts are open."""
    most = covenant.aid.request_most
    if most and act.amount > most and not (covenant.aid.request_override and act.override):
        clause = "aid.request_override" if covenant.aid.request_override else "aid.request_most"
        raise StandingRule(f"{act.amount} is asked for where {most} is the most", value=act.amount, clause=clause)
    standing = Standing(covenant, step.facts, step.book.members.joined_day(act.slot))
    for wrong in standing.violations(act.amount, step.now_ms):
        if wrong.clause == "aid.waiting" and covenant.aid.ill_in_waiting == "refund_and_end":
            continue  # recorded, so that it can be refused and the shares come back; never disclosed
        wrong.value = act.slot
        raise wrong


# --- vouching, disclosure, objection ------------------------------------------------------------


def _attestation(step: _Step, act: Attestation) -> None:
    case, _ = step.case(act.case, "requested", "disclosed")
    step.book.registry.in_role(act.institution, act.role)
    if act.institution in case.attestations:
        raise CaseStep("the institution has spoken about this case already", value=act.institution)
    if len(case.attestations) >= MAX_ATTESTATIONS:
        raise CaseStep(f"at most {MAX_ATTESTATIONS} institutions speak about one case")
    other = step.life.tags.get(act.tag, act.case) if act.tag else act.case
    if other != act.case:
        earlier = step.life.cases[other]
        if earlier.slot != case.slot or earlier.status not in ("withdrawn", "refused"):
            raise ReportUsed("the same report stands in another case", value=other)


def _missing(case: Case, covenant: Covenant) -> str | None:
    """The role of which too few institutions have vouched; None where all have."""
    for row in covenant.cases.attestations:
        found = [name for name, (role, supports) in case.attestations.items() if role == row.role and supports]
        if len(found) < row.count:
            return row.role
    return None


def _disclosure(step: _Step, act: Disclosure) -> None:
    case, covenant = step.case(act.case, "requested")
    role = _missing(case, covenant)
    if role is not None:
        raise CaseStep("not enough institutions have vouched for the case", value=role, clause="cases.attestations")
    _aid(step, case, act.aid)
    for wrong in standing_of(step.book, case, step.facts).violations(act.aid, case.requested_ms):
        raise wrong


def _aid(step: _Step, case: Case, aid: int) -> None:
    if aid > case.amount:
        raise AidRule(f"{aid} is more than the {case.amount} that was requested", value=aid, clause="aid.request")
    most = standing_of(step.book, case, step.facts).most()
    if aid > most:
        raise AidRule(f"{aid} is more than the covenant's {most}", value=aid, clause="aid.maxima")


def _objection(step: _Step, act: Objection) -> None:
    case, _ = step.case(act.case, "disclosed")
    if step.now_ms >= case.window_ms:
        raise CaseStep("the objection window has closed", value=act.case, clause="cases.objection_days")
    if isinstance(act.by, str):
        step.book.registry.active(act.by)
    else:
        step.book.balance(act.by)
    if act.by in case.objections:
        raise CaseStep("the same party has objected already", value=act.by)


# --- deciding -----------------------------------------------------------------------------------


def _adjudication(step: _Step, act: Adjudication) -> None:
    proposed = step.life.proposals.get(act.subject)
    if proposed is not None:
        counted, ends, clause = proposed.ballots >= 0, proposed.closes_ms, "amendments.vote_days"
    else:
        case, covenant = step.case(act.subject, "disclosed")
        counted, ends, clause = case.ballots >= 0, case.voting_ends(covenant), "cases.jury_days"
        if not case.jury(covenant) and step.now_ms >= case.window_ms:
            raise CaseStep("nobody objected, and the covenant asks for no jury", value=act.subject, clause="cases.jury")
    if counted:
        raise CaseStep("the votes were counted already", value=act.subject, clause="cases.jury")
    if step.now_ms < ends:
        raise CaseStep("the voting is still open", value=act.subject, clause=clause)
    ballots, support = step.life.counted(act.subject)
    if (act.ballots, act.support) != (ballots, support):
        raise AdjudicationMismatch(
            f"{act.support} of {act.ballots} are stated where {support} of {ballots} were cast",
            value=act.subject,
        )


def _case_approval(step: _Step, act: CaseApproval) -> None:
    step.book.balance(act.slot)
    covenant = step.covenant
    if covenant.cases.request != "operator":
        raise CaseStep("cases of this plan are requested by members", clause="cases.request")
    if not 0 < act.aid <= covenant.max_aid:
        raise AidRule(f"the aid {act.aid} is not from 1 to the covenant's {covenant.max_aid}", value=act.aid)
    if step.digest in step.life.cases:
        raise CaseUnknown("the same case was approved already", value=step.digest)


def _approval(step: _Step, act: Approval) -> None:
    case, covenant = step.case(act.case, "disclosed")
    if step.now_ms < case.window_ms:
        raise CaseStep("the objection window is open", value=act.case, clause="cases.objection_days")
    if case.jury(covenant):
        if case.ballots < 0:
            raise CaseStep("the jury has not decided", value=act.case, clause="cases.jury")
        if not case.verdict(covenant):
            raise CaseStep("the jury decided against the case", value=act.case, clause="cases.jury_majority_bp")
    if act.aid != case.aid:
        raise AidRule(f"{case.aid} was disclosed, not {act.aid}", value=act.aid, clause="cases.disclosure")


def _refusal(step: _Step, act: Refusal) -> None:
    case, covenant = step.case(act.case, "requested", "disclosed")
    if act.clause not in clauses(covenant):
        raise RefusalRule("the covenant has no such clause", value=act.clause)
    if act.clause in MECHANICAL:
        if step.facts is not None and not _violated(step, case, act.clause):
            raise RefusalRule("the case does not break this clause", value=act.clause, clause=act.clause)
    elif act.clause == "cases.attestations":
        if _missing(case, covenant) is None and not any(not said for _, said in case.attestations.values()):
            raise RefusalRule("all institutions that are asked for have vouched", value=act.clause, clause=act.clause)
    elif case.jury(covenant) and (case.ballots < 0 or case.verdict(covenant)):
        raise RefusalRule("the jury has not decided against the case", value=act.clause, clause="cases.jury")


def _violated(step: _Step, case: Case, clause: str) -> bool:
    """Whether the open facts show that a case breaks a clause, or leave it open."""
    assert step.facts is not None
    standing = standing_of(step.book, case, step.facts)
    if any(wrong.clause == clause for wrong in standing.violations(case.amount, case.requested_ms)):
        return True
    needed = {"aid.causes": ("cause",), "aid.request_within_days": ("diagnosed_day",)}
    names = needed.get(clause, ("cause", "group", "diagnosed_day", "birth_day"))
    return any(step.facts.get(name) is None for name in names)


def _restitution(step: _Step, act: Restitution) -> None:
    case, covenant = step.case(act.case, "refused")
    ends = covenant.aid.ill_in_waiting == "refund_and_end"
    if not ends or case.clause != "aid.waiting" or case.restituted:
        text = "only illness in the waiting period ends a membership, where the covenant says so, and once"
        raise CaseStep(text, value=act.case, clause="aid.ill_in_waiting")
    if step.book.open is not None or step.book.capture is not None:
        raise RoundOpen("a round that may charge the member is not settled yet", value=act.case)
    if step.paid is not None and act.amount != step.paid:
        text = f"{step.paid} was paid, and {act.amount} would come back"
        raise AidRule(text, value=act.amount, clause="aid.ill_in_waiting")


def _withdrawal(step: _Step, act: CaseWithdrawal) -> None:
    case, _ = step.case(act.case, "requested", "disclosed", "approved")
    shared = step.book.cases.get(act.case)
    if step.book.announced(act.case) or (shared is not None and shared.round is not None):
        raise CaseStep("a round shares the case already", value=act.case)
    if case.advances:
        raise CaseStep("aid was advanced for the case", value=act.case, clause="advances.by")


# --- money --------------------------------------------------------------------------------------


def _advance(step: _Step, act: Advance) -> None:
    case, covenant = step.case(act.case, "disclosed", "approved")
    by = covenant.advances.by
    if by == "nobody" or (by == "operator") != (act.funder == ""):
        raise AdvanceRule(f"aid of this plan is advanced by {by}", value=act.funder)
    if act.funder:
        step.book.registry.active(act.funder)
    shared = step.book.cases.get(act.case)
    if shared is not None and shared.round is not None:
        raise AdvanceRule("the case's round is settled: it is paid, not advanced", value=act.case)
    most = case.aid * covenant.advances.most_bp // 10_000
    if case.advances + act.amount > most:
        text = f"{case.advances} of at most {most} was advanced already"
        raise AdvanceRule(text, value=act.amount, clause="advances.most_bp")


def _payout(step: _Step, act: Payout) -> None:
    case, shared = step.life.cases.get(act.case), step.book.cases.get(act.case)
    if case is not None and case.status == "void":
        raise CaseStep("the case was voided", value=act.case, clause="refunds.void")
    if case is None or shared is None or shared.round is None:
        raise CaseUnknown("the case is not approved, or was not shared yet", value=act.case)
    if act.payee == "funder":
        left, what = case.advances - case.repaid, case.advances
        if act.amount > left:
            text = f"{left} of {what} advanced is left to repay"
            raise PayoutAboveAid(text, value=act.amount, clause="advances.by")
        return
    left = case.aid - case.paid - case.advances
    if not 0 < act.amount <= left:
        raise PayoutAboveAid(f"{max(left, 0)} of {case.aid} is left to pay", value=act.amount)


def _void(step: _Step, act: Void) -> None:
    step.case(act.case, "approved")


def _treasury(step: _Step, act: Treasury) -> None:
    step.book.registry.in_role(act.institution, "custodian")
    if act.as_of_ms > step.now_ms:
        raise TreasuryRule("the statement is dated ahead", value=act.as_of_ms)
    if any(item.institution == act.institution and item.as_of_ms >= act.as_of_ms for item in step.life.treasury):
        raise TreasuryRule("the custodian's last statement is not older than this one", value=act.as_of_ms)


# --- members ------------------------------------------------------------------------------------


def _sanction(step: _Step, act: Sanction) -> None:
    step.book.balance(act.slot)
    if act.case:
        case = step.life.cases.get(act.case)
        if case is None or case.status != "void" or case.slot != act.slot:
            raise SanctionRule("the case was not voided, or is another member's", value=act.case)
    if act.until_day and act.until_day <= day_of(step.covenant, step.now_ms):
        raise SanctionRule("the sanction would be over before it begins", value=act.until_day)
    if step.digest in step.life.sanctions:
        raise SanctionRule("the same sanction is recorded already", value=step.digest)


def _lift(step: _Step, act: Lift) -> None:
    found = step.life.sanctions.get(act.sanction)
    if found is None or found.lifted:
        raise SanctionRule("there is no such sanction, or it was lifted", value=act.sanction)


def _appeal(step: _Step, act: Appeal) -> None:
    slot, _ = step.life.decisions.get(act.against, (-1, b""))
    if slot != act.slot:
        raise AppealRule("this is no refusal, void or sanction of the member's", value=act.against)
    if act.against in step.life.appealed:
        raise AppealRule("the member has appealed against it already", value=act.against)


def _key_change(step: _Step, act: Handover | Rekey | RekeyObjection) -> None:
    if not isinstance(act, RekeyObjection):
        step.book.balance(act.slot)
        registry = step.book.registry
        if act.new_key in registry.keys or act.new_key in registry.reserved:
            raise KeyRule("the new key is an institution's, or the chain's own", value=act.new_key)
        if isinstance(act, Rekey) and act.voucher:
            registry.active(act.voucher)
    step.life.keys.check(act, step.now_ms)


def _proposal(step: _Step, act: Proposal) -> None:
    if not step.covenant.amendments.vote:
        raise CaseStep("members do not vote on the covenant", clause="amendments.vote")
    if step.digest in step.life.proposals:
        raise CaseStep("the same proposal is recorded already", value=step.digest, clause="amendments.vote")


_RULES: dict[type[Act], Callable[[_Step, Any], None]] = {
    Request: _request,
    Attestation: _attestation,
    Disclosure: _disclosure,
    Objection: _objection,
    Adjudication: _adjudication,
    CaseApproval: _case_approval,
    Approval: _approval,
    Refusal: _refusal,
    CaseWithdrawal: _withdrawal,
    Restitution: _restitution,
    Advance: _advance,
    Payout: _payout,
    Void: _void,
    Appeal: _appeal,
    Sanction: _sanction,
    Lift: _lift,
    Handover: _key_change,
    Rekey: _key_change,
    RekeyObjection: _key_change,
    Treasury: _treasury,
    Proposal: _proposal,
    Erasure: lambda step, act: check_erasure(step.book, act),
}
