"""What a verified disclosure says: the facts, which checks were made, and what they do not say."""

from __future__ import annotations

from dataclasses import dataclass

from ..block.header import Header
from ..covenant.acts import (
    Advance,
    Approval,
    Attestation,
    CaseApproval,
    Disclosure,
    Handover,
    Objection,
    Payout,
    Refusal,
    Rekey,
    RekeyObjection,
    Restitution,
    Sanction,
)
from ..covenant.calendar import day_of
from ..covenant.cases import Case, version_of
from ..covenant.erasure import erased_facts
from ..covenant.facts import Opening
from ..record.logs import whole
from ..record.refunds import Refunds
from ..record.rounds import HerRound
from ..sheet import Status
from ..tlog.trust import TrustedCheckpoint
from .facts import ClaimantRound, KeyChange, OwnShare, Payment, SanctionFact, SharedRound, VerifiedDisclosure, Voucher
from .life import Life, Step
from .masking import mask_city, mask_name
from .opened import Opened

__all__ = ["Established", "result_of"]

Lines = list[tuple[str, dict[str, int]]]


@dataclass(frozen=True, slots=True)
class Established:
    """Everything that was proven of a case; ``compared`` where the reader's record was given.

    ``extends`` is the size of the book that she saw before.
    """

    checkpoint: TrustedCheckpoint
    head: Header
    life: Life
    opened: Opened
    refunds: Refunds
    entries: int
    joined_day: int
    own: OwnShare | None
    compared: bool
    extends: int | None

    @property
    def complete(self) -> bool:
        """Whether no entry about the case can be missing."""
        return self.life.whole

    @property
    def shared(self) -> HerRound | None:
        """The settled round that shared the case."""
        rounds = self.life.story.rounds
        return next((item for item in rounds if self.life.name in item.round.terms.cases), None)


def result_of(found: Established) -> VerifiedDisclosure:
    """The facts, in the reader's order."""
    life, case = found.life, found.life.case
    member, story = life.member, life.story
    version = version_of(story, case.version)
    rules = version.covenant.cases
    standing = found.opened.standing(version.covenant, found.joined_day)
    disclosed = _last(life, Disclosure)
    begun = next(step for step in life.steps if step.noted.digest == life.name)
    return VerifiedDisclosure(
        checkpoint=found.checkpoint,
        chain=life.chain,
        plan=member.plan,
        title=life.versions.at(found.head.time_ms).covenant.title,
        currency=version.covenant.currency,
        decimals=version.covenant.decimals,
        case=life.name,
        covenant_version=case.version,
        slot=member.slot,
        joined_height=member.height,
        joined_time_ms=member.time_ms,
        joined_day=found.joined_day,
        rounds=tuple(_row(item) for item in story.rounds),
        requested_height=begun.noted.leaf.height,
        requested_time_ms=begun.noted.leaf.time_ms,
        requested_day=day_of(version.covenant, begun.noted.leaf.time_ms),
        requested=case.amount,
        aid=case.aid,
        state=_state(found, case),
        clause=case.clause if case.status == "refused" else "",
        void=story.life.voided.get(life.name, ""),
        disclosed_time_ms=None if disclosed is None else disclosed.noted.leaf.time_ms,
        objections_until_ms=None if disclosed is None else case.window_ms,
        decided_time_ms=_time(life),
        asked=tuple((row.role, row.count) for row in rules.attestations) if case.facts_root else (),
        vouchers=tuple(_voucher(life, step) for step in life.of(Attestation)),
        objections=len(life.of(Objection)),
        objectors=_objectors(life),
        votes=None if case.ballots < 0 else (case.ballots, case.support),
        jury=(rules.jury_quorum, rules.jury_majority_bp) if case.ballots >= 0 else None,
        shown=_masked(found.opened.fields),
        facts=_masked(found.opened.facts),
        age=standing.age,
        age_attested=standing.attested,
        waiting_days=standing.waiting_days(),
        maximum=standing.shown_most(),
        payments=tuple(_payment(step) for step in life.of(Advance, Payout)),
        sanctions=tuple(_sanction(life, step) for step in life.of(Sanction)),
        keys=tuple(_key_change(life, step) for step in life.of(Handover, Rekey)),
        round=_round(found.shared),
        refunded=_refunded(found),
        restituted=_restituted(life),
        recovered=life.recovered,
        other_requests=life.others if found.complete else None,
        erased=erased_facts(story.life, life.name),
        complete=found.complete,
        own=found.own,
        as_of_ms=found.head.time_ms,
        head_height=found.head.height,
        checks=tuple(_checks(found, case)),
        limits=tuple(_limits(found, case)),
    )


def _last(life: Life, *kinds: type) -> Step | None:
    return next(iter(reversed(life.of(*kinds))), None)


def _time(life: Life) -> int | None:
    decided = _last(life, Approval, CaseApproval, Refusal)
    return None if decided is None else decided.noted.leaf.time_ms


def _state(found: Established, case: Case) -> str:
    """One word for where the case stands: as the ledger has it, and "shared" or "paid" after the round."""
    if case.status != "approved" or found.shared is None:
        return case.status
    return "paid" if case.paid + case.advances >= case.aid else "shared"


def _masked(opening: Opening | None) -> tuple[tuple[str, int | str], ...]:
    """What is opened, by name, masked once more; empty values are left out."""
    if opening is None:
        return ()
    found: list[tuple[str, int | str]] = []
    for name in opening.NAMES:
        value = opening.get(name)
        if value is None or value == "" or name == "birth_day":
            continue
        if isinstance(value, str):
            value = mask_name(value) if name == "name" else mask_city(value) if name == "region" else value
        found.append((name, value))
    return tuple(found)


def _voucher(life: Life, step: Step) -> Voucher:
    act = step.act
    assert isinstance(act, Attestation)
    known = life.story.registry.institutions[act.institution]
    leaf = step.noted.leaf
    return Voucher(
        act.institution,
        known.title,
        act.role,
        bool(act.supports),
        bool(act.tag),
        leaf.height,
        leaf.time_ms,
        known.revoked,
    )


def _payment(step: Step) -> Payment:
    act, leaf = step.act, step.noted.leaf
    assert isinstance(act, Advance | Payout)
    funder = act.funder if isinstance(act, Advance) else ""
    return Payment(act.kind, act.amount, act.payee, funder, leaf.height, leaf.time_ms)


def _sanction(life: Life, step: Step) -> SanctionFact:
    act = step.act
    assert isinstance(act, Sanction)
    lifted = life.story.life.sanctions[step.noted.digest].lifted
    return SanctionFact(act.reason, act.until_day, lifted, step.noted.leaf.time_ms)


def _objectors(life: Life) -> tuple[str, ...]:
    named = (step.act.by for step in life.of(Objection) if isinstance(step.act, Objection))
    return tuple(life.story.registry.institutions[name].title for name in named if isinstance(name, str))


def _key_change(life: Life, step: Step) -> KeyChange:
    act, leaf = step.act, step.noted.leaf
    objections = (other.act for other in life.of(RekeyObjection))
    objected = any(isinstance(other, RekeyObjection) and other.rekey == step.noted.digest for other in objections)
    voucher = act.voucher if isinstance(act, Rekey) else ""
    return KeyChange(act.kind, voucher, objected, leaf.height, leaf.time_ms)


def _row(item: HerRound) -> ClaimantRound:
    status = Status(whole(item.row, "status")).name.lower()
    return ClaimantRound(item.round.terms.number, item.round.leaf.time_ms, status, whole(item.row, "amount"))


def _round(item: HerRound | None) -> SharedRound | None:
    if item is None:
        return None
    this = item.round
    terms, result, sharing = this.terms, this.result, this.version.covenant.sharing
    return SharedRound(
        number=terms.number,
        height=this.leaf.height,
        time_ms=this.leaf.time_ms,
        announced_time_ms=this.announced.time_ms,
        covenant_version=terms.covenant_version,
        share=terms.share,
        headcount=terms.headcount,
        divisor=terms.divisor,
        aid=terms.aid,
        fee=terms.fee,
        surplus_in=terms.surplus_in,
        deficit_in=terms.deficit_in,
        top_up=terms.top_up,
        restituted=terms.restituted,
        paid=result.paid,
        surplus_out=result.surplus_out,
        shortfall=result.shortfall,
        cases=len(terms.cases),
        cap_case=sharing.cap_case,
        cap_round=sharing.cap_round,
        cap_year=sharing.cap_year,
    )


def _refunded(found: Established) -> int | None:
    sheets = [item for item in found.refunds.all if item.terms.case == found.life.name]
    return sum(item.leaf.descriptor.total("amount") for item in sheets) if sheets else None


def _restituted(life: Life) -> int | None:
    return next((step.act.amount for step in life.of(Restitution) if isinstance(step.act, Restitution)), None)


def _checks(found: Established, case: Case) -> Lines:
    life, checkpoint = found.life, found.checkpoint
    lines: Lines = [("checkpoint", {"size": checkpoint.size})]
    if checkpoint.cosignatures:
        lines.append(("quorum", {"witnesses": len(checkpoint.cosignatures)}))
    if found.extends is not None:
        lines.append(("extends", {"size": found.extends}))
    lines.append(("chain", {"height": found.head.height}))
    lines.append(("enrolment", {"slot": life.member.slot, "height": life.member.height}))
    if life.story.rounds:
        lines.append(("rounds", {"count": len(life.story.rounds)}))
    lines.append(("entries", {"count": len(life.steps)}))
    if found.complete:
        lines.append(("complete", {"count": found.entries}))
    if case.facts_root:
        lines.append(("signatures", {}))
        if life.of(Attestation) and life.of(Disclosure):
            lines.append(("vouched", {}))
    lines.append(("steps", {}))
    if case.ballots > 0:
        lines.append(("votes", {"count": case.ballots}))
    facts = "opened" if life.dropped else "facts"
    lines += [(name, {}) for name, part in ((facts, found.opened.facts), ("fields", found.opened.fields)) if part]
    if found.shared is not None:
        lines += [("share", {}), ("equations", {})]
    if life.of(Payout, Advance):
        lines.append(("paid", {}))
    return [*lines, ("own", {})] if found.own is not None else lines


def _limits(found: Established, case: Case) -> Lines:
    life, opened = found.life, found.opened
    lines: Lines = [] if found.checkpoint.cosignatures else [("unwitnessed", {}), ("time", {})]
    if found.extends is None:
        lines.append(("unpinned", {}))
    if not found.complete:
        lines.append(("partial", {}))
    unpaid = sum(whole(item.row, "status") != Status.PAID for item in life.story.rounds)
    if unpaid:
        lines.append(("rows", {"count": unpaid}))
    if case.facts_root:
        lines += [("covered", {}), ("unrecorded", {})]
        if erased_facts(life.story.life, life.name) is not None:
            lines.append(("erased", {}))
        if opened.facts is None and opened.fields is None:
            lines.append(("closed", {}))
        else:
            if opened.facts is None or opened.facts.number("diagnosed_day") is None:
                lines.append(("waiting", {}))
            if not opened.standing(version_of(life.story, case.version).covenant, found.joined_day).attested:
                lines.append(("age", {}))
    else:
        lines.append(("operator", {}))
    if life.unsigned:
        lines.append(("objectors", {"count": life.unsigned}))
    if case.ballots > 0:
        lines.append(("votes", {}))
    if found.shared is None and (case.open or case.status == "approved"):
        lines.append(("new", {}))
    if found.own is None and found.shared is not None:
        lines.append(("not_in_record" if found.compared else "no_record", {}))
    if found.shared is not None:
        lines.append(("members", {}))
    return [*lines, ("truth", {})]
