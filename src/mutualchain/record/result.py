"""What a verified history says: the facts, which checks were made, and what they do not say."""

from __future__ import annotations

from ..block.header import Header
from ..sheet import Status
from ..tlog.trust import TrustedCheckpoint
from .covenants import Versions
from .facts import CovenantFact, EventFact, RefundFact, RoundFact, VerifiedRecord
from .history import SPARSE, HerEvent, History
from .logs import whole
from .refunds import Refund
from .rounds import HerRound

__all__ = ["result_of"]

Lines = list[tuple[str, dict[str, int]]]


def result_of(
    history: History, checkpoint: TrustedCheckpoint, head: Header, *, keyed: bool, extends: int | None = None
) -> VerifiedRecord:
    """Everything that was established; ``extends`` is the size of the book that the member saw before."""
    member, plan, standing = history.member, history.plan, history.standing
    covenant = history.versions.at(head.time_ms).covenant
    keys = history.keys.known(head.time_ms)
    closing = history.versions.closing
    gone = standing.out(head.time_ms)
    return VerifiedRecord(
        checkpoint=checkpoint,
        chain=member.chain,
        plan=plan.plan,
        title=covenant.title,
        currency=covenant.currency,
        decimals=covenant.decimals,
        slot=member.slot,
        public_key=keys[-1],
        commitment=member.commitment,
        joined_height=member.height,
        joined_time_ms=member.time_ms,
        since_day=member.since_day,
        deposit=member.deposit,
        rounds=tuple(_round(item) for item in history.rounds.hers),
        refunds=tuple(_refund(item) for item in history.refunds.all if item.amount),
        events=tuple(_event(item) for item in history.events),
        own_cases=history.notices.facts(),
        closing_time_ms=0 if closing is None else closing.time_ms,
        ended_time_ms=0 if closing is None else closing.ended_ms,
        covenants=_covenants(history.versions),
        keys=keys,
        balance=standing.balance,
        arrears=standing.arrears,
        covered=not gone and standing.covered(covenant, head.time_ms),
        exited=gone,
        as_of_ms=head.time_ms,
        head_height=head.height,
        slots=plan.slots,
        checks=tuple(_checks(history, checkpoint, head, keyed, extends)),
        limits=tuple(_limits(history, checkpoint, head, keyed, extends)),
    )


def _checks(history: History, checkpoint: TrustedCheckpoint, head: Header, keyed: bool, extends: int | None) -> Lines:
    member = history.member
    found: Lines = [("checkpoint", {"size": checkpoint.size})]
    if checkpoint.cosignatures:
        found.append(("quorum", {"witnesses": len(checkpoint.cosignatures)}))
    if extends is not None:
        found.append(("extends", {"size": extends}))
    found += [("chain", {"height": head.height}), ("enrolment", {"slot": member.slot, "height": member.height})]
    if keyed:
        found.append(("key", {}))
    found.append(("covenants", {"count": len(history.versions.all)}))
    found += [("rounds", {"count": len(history.rounds.hers)}), ("charges", {}), ("equations", {}), ("events", {})]
    notices = sum(event.kind == "notice" for event in history.events)
    if notices:
        found.append(("notices", {"count": notices}))
    if history.refunds.all:
        found.append(("refunds", {"count": sum(item.amount > 0 for item in history.refunds.all)}))
    return [*found, ("signatures", {}), ("balance", {})]


def _limits(history: History, checkpoint: TrustedCheckpoint, head: Header, keyed: bool, extends: int | None) -> Lines:
    found: Lines = []
    if not checkpoint.cosignatures:
        found += [("unwitnessed", {}), ("time", {})]
    if extends is None:
        found.append(("unpinned", {}))
    if not keyed:
        found.append(("no_key", {}))
    if any(item.covenant.sharing.funding == "mandate" for item in history.versions.all):
        found.append(("mandate", {}))
    if history.versions.restitutes(head.height):
        found.append(("restitutions", {}))
    if any(history.plan.next_number(schema) for schema in SPARSE):
        # What was recorded since the last snapshot can be left out unseen: only the next round counts it.
        later = len(history.events) - history.counted
        found.append(("since_last_round" if history.rounds.hers else "before_first_round", {"count": later}))
    return [*found, ("others", {}), ("truth", {})]


def _round(item: HerRound) -> RoundFact:
    this, row = item.round, item.row
    terms, result = this.terms, this.result
    return RoundFact(
        number=terms.number,
        height=this.leaf.height,
        time_ms=this.leaf.time_ms,
        snapshot_time_ms=terms.snapshot_time_ms,
        status=Status(whole(row, "status")).name.lower(),
        amount=whole(row, "amount"),
        share=terms.share,
        headcount=terms.headcount,
        aid=terms.aid,
        fee=terms.fee,
        surplus_in=terms.surplus_in,
        surplus_out=result.surplus_out,
        shortfall=result.shortfall,
        cases=len(terms.cases),
        events=whole(row, "events"),
        announced_time_ms=this.announced.time_ms,
        covenant_version=terms.covenant_version,
        divisor=terms.divisor,
        top_up=terms.top_up,
        restituted=terms.restituted,
    )


def _refund(item: Refund) -> RefundFact:
    leaf, terms = item.leaf, item.terms
    return RefundFact(leaf.descriptor.number, leaf.height, leaf.time_ms, terms.round, terms.case.hex(), item.amount)


def _event(item: HerEvent) -> EventFact:
    named = item.named
    says = {} if named is None else named.act.body()
    return EventFact(
        kind=item.kind,
        seq=item.seq,
        height=item.height,
        time_ms=item.time_ms,
        amount=item.amount or _amount(says),
        reason=whole(item.row, "reason"),
        corrects=whole(item.row, "corrects") if item.kind == "correction" else -1,
        vote=whole(item.row, "vote") if item.kind == "ballot" else -1,
        about="" if named is None else named.act.kind,
        entry=item.subject.hex() if named is None else named.digest.hex(),
        says=tuple((name, value.hex() if isinstance(value, bytes) else value) for name, value in sorted(says.items())),
    )


def _amount(says: dict[str, object]) -> int:
    """The amount or aid that an entry names, 0 where it names none."""
    value = says.get("amount", says.get("aid", 0))
    return value if isinstance(value, int) else 0


def _covenants(versions: Versions) -> tuple[CovenantFact, ...]:
    found, before = [], None
    for item in versions.all:
        changed = () if before is None else tuple(name for name, _, _ in before.differences(item.covenant))
        found.append(CovenantFact(item.number, item.hash.hex(), item.time_ms, item.effective_ms, changed))
        before = item.covenant
    return tuple(found)
