"""One disclosure checked by anybody, from one file and the key of the log (design: section 5).

    checkpoint -> last block -> plan leaf -> the claimant's enrolment and rows, every round since: as in a record
                                          -> the plan's log of entries: what was recorded about the case, and when
                             -> the chain's own leaf -> its log of entries: the institutions that vouched
    opened facts -> what request and disclosure committed to -> the covenant's tables

Errors mean what they mean in a record: what does not lead to the checkpoint is the file's fault, and what leads there
and contradicts a rule is the book's (MC-176). Nothing in the file is believed for being in the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ..block.entry import Entry
from ..block.genesis import Genesis
from ..block.plan import PlanLeaf, SheetLeaf
from ..covenant.acts import Approval, CaseWithdrawal, Disclosure, Refusal, Request
from ..covenant.ballots import subject_of
from ..covenant.calendar import day_of
from ..covenant.cases import version_of
from ..covenant.document import Covenant
from ..covenant.institutions import Registry
from ..errors import (
    CanonicalError,
    EntryError,
    MutualchainError,
    RecordMismatch,
    RuleBroken,
    RuleError,
    SplitView,
    UsageError,
)
from ..limits import MAX_INT
from ..record.bundle import Logged
from ..record.covenants import Versions
from ..record.facts import VerifiedRecord
from ..record.logs import verify_sheet_leaf, whole
from ..record.membership import Membership
from ..record.order import Chronicle
from ..record.pin import check_extends
from ..record.refunds import Refunds
from ..record.rounds import HerRound, Rounds
from ..record.verify import check_age, check_block_key, genesis_of, head_of, states_of
from ..sheet import Status, params_hash
from ..tlog.trust import TrustedCheckpoint, TrustFile
from .bundle import DisclosureBundle
from .facts import OwnShare, VerifiedDisclosure
from .life import BALLOT, Life, Story
from .opened import Opened
from .result import Established, result_of
from .shown import Noted, ShownLog

__all__ = ["verify_disclosure"]

A = TypeVar("A", Request, Disclosure)


def verify_disclosure(
    data: bytes,
    trust: TrustFile,
    *,
    now_ms: int | None = None,
    max_age_ms: int | None = None,
    record: VerifiedRecord | None = None,
    seen: bytes | None = None,
) -> VerifiedDisclosure:
    """Check a disclosure file completely, or raise the first thing that is wrong with it.

    ``seen`` is the checkpoint note of a book that the reader saw before, which this one must continue. ``record`` is
    the reader's own record, verified under the same trust: the result then has her part of the round that shared the
    case. ``now_ms`` and ``max_age_ms`` refuse a file whose book is older, as for a record. Every error's
    ``exit_code`` is the verdict: 1 tampered, 3 could not check, 4 two books that contradict each other.
    """
    if now_ms is None and trust.max_age is not None:
        raise UsageError("the trust file says how old a disclosure may be, and nobody what time it is")
    bundle = DisclosureBundle.from_bytes(data)
    claimant = bundle.claimant
    checkpoint = trust.open_checkpoint(claimant.checkpoint, now_ms=now_ms)
    first, genesis, chain = genesis_of(claimant, checkpoint)
    head = head_of(claimant, checkpoint, chain)
    extends = check_extends(claimant.extends, checkpoint, trust, seen)
    state, plan = states_of(claimant, head)
    chronicle = Chronicle(first, head.header)
    check_block_key(claimant, genesis, chain, head, state, chronicle)
    try:
        member, versions, rounds, refunds = _claimant(bundle, plan, chain, chronicle)
    except MutualchainError as error:  # the parts of a record speak to its member
        error.place = f"the claimant's rows: {error.place or f'slot {claimant.slot}'}"
        raise
    entries = ShownLog.verify(claimant.entries, plan, chronicle)
    registered = ShownLog.verify(bundle.institutions, state, chronicle)
    ballots = [_ballots(item, plan, bundle.case, chronicle) for item in bundle.ballots]
    positions = [position for position, _ in ballots]
    if positions != sorted(set(positions)):
        raise RecordMismatch("the sheets of ballots shown are not in order, each once")
    chronicle.check(plan)
    for this in [*([] if rounds.before is None else [rounds.before]), *(item.round for item in rounds.hers)]:
        chronicle.check_snapshot(this.terms.snapshot_height, this.terms.snapshot_time_ms, this.place)
    joined_day = day_of(versions.at(member.time_ms).covenant, member.time_ms)
    registry = Registry(reserved=_reserved(bundle, genesis))
    story = Story.of(member.slot, plan.slots, joined_day, versions.all, registry, rounds.hers, refunds.all)
    life = Life(chain, bundle.case, member, versions, story, whole=entries.whole and registered.whole)
    opened = _opened(bundle, chain, plan.plan, entries.entries, life)
    life.live([*registered.entries, *entries.entries], ballots, opened.facts)
    rounds.check_carried(refunds, life.given_back)
    _belongs(life, entries)
    check_age(trust, checkpoint, head.header.time_ms, now_ms, max_age_ms)
    own = None if record is None else _own(record, checkpoint, chain, plan.plan, rounds, bundle.case)
    given, log = record is not None, plan.events_size
    return result_of(Established(checkpoint, head.header, life, opened, refunds, log, joined_day, own, given, extends))


def _claimant(
    bundle: DisclosureBundle, plan: PlanLeaf, chain: bytes, chronicle: Chronicle
) -> tuple[Membership, Versions, Rounds, Refunds]:
    """What a record shows too: enrolment, covenants, every round since, refunds; and her rows are possible ones."""
    claimant = bundle.claimant
    versions = Versions.verify(claimant.covenants, plan, chronicle)
    member = Membership.verify(claimant, plan, chain, chronicle)
    rounds = Rounds(member, plan, versions, chronicle)
    rounds.add(claimant.before, claimant.rounds)
    refunds = Refunds(member, plan, versions, chronicle)
    refunds.add(claimant.refunds, None if rounds.before is None else rounds.before.announced)
    refunds.check(rounds.hers, unseen=versions.restitutes(MAX_INT))
    shared: set[bytes] = set(() if rounds.before is None else rounds.before.terms.cases)
    for item in rounds.hers:
        terms, covenant = item.round.terms, item.round.version.covenant
        if not shared.isdisjoint(terms.cases):
            raise RuleBroken("a case is shared that an earlier round shared already", place=item.round.place)
        shared.update(terms.cases)
        joined = day_of(versions.at(member.time_ms).covenant, member.time_ms)
        wrong = _row(item, covenant, joined, bundle.case in terms.cases)
        if wrong:
            raise RuleBroken(wrong, place=item.round.place)
    return member, versions, rounds, refunds


def _row(item: HerRound, covenant: Covenant, joined_day: int, own: bool) -> str:
    """What a row of the claimant's cannot be, whatever her balance: empty where it is possible.

    ``own`` says that the round shares her case.
    """
    terms, sharing = item.round.terms, covenant.sharing
    status, amount = Status(whole(item.row, "status")), whole(item.row, "amount")
    if (status is Status.PAID and amount != terms.share) or amount > terms.share:
        return f"{amount} was charged where the share is {terms.share}"
    if own and amount and not sharing.recipient_shares:
        return "the claimant shares the own case (sharing.recipient_shares)"
    if status is Status.EXEMPT and sharing.recipient_shares:
        return "the claimant is exempt where recipients share too (sharing.recipient_shares)"
    waits = sharing.waiting_days > 0 and joined_day > day_of(covenant, terms.snapshot_time_ms) - sharing.waiting_days
    if (status is Status.WAITING) != waits and not (waits and status in (Status.LAPSED, Status.EXITED)):
        told = "the claimant still waited" if waits else "the claimant no longer waited"
        return f"{told}, and the row says otherwise (sharing.waiting_days)"
    return ""


def _reserved(bundle: DisclosureBundle, genesis: Genesis) -> set[bytes]:
    """The chain's own keys, which no institution can have."""
    registry = Registry()
    registry.reserve(genesis.to_entry())
    for item in bundle.claimant.keys:
        registry.reserve(Entry.from_bytes(item.body))
    return registry.reserved


def _ballots(item: Logged, plan: PlanLeaf, case: bytes, chronicle: Chronicle) -> tuple[int, SheetLeaf]:
    """A sheet of ballots on the case, at its place in the plan's log of sheets."""
    leaf = verify_sheet_leaf(item, plan, chronicle)
    place = f"sheet {item.position}"
    if leaf.descriptor.schema.name != BALLOT or params_hash(item.body) != leaf.descriptor.params_hash:
        raise RecordMismatch("a sheet shown holds no ballots, or others than were signed", place=place)
    try:
        subject = subject_of(item.body)
    except (RuleError, CanonicalError) as error:
        raise RuleBroken(f"ballots are on nothing: {error.message}", place=place) from None
    if subject != case:
        raise RecordMismatch("ballots on something else are shown", place=place)
    return item.position, leaf


def _opened(bundle: DisclosureBundle, chain: bytes, plan: str, entries: Sequence[Noted], life: Life) -> Opened:
    """The openings, and what the covenant says of them."""
    request: Request | None = None
    requested_ms = 0
    shown: Disclosure | None = None
    kinds = {noted.entry.kind for noted in entries if noted.entry.body.get("case") == bundle.case}
    life.dropped = bool(kinds & {Refusal.kind, CaseWithdrawal.kind}) and Approval.kind not in kinds
    for noted in entries:
        if noted.digest == bundle.case and noted.entry.kind == Request.kind:
            request, requested_ms = _parsed(noted, Request), noted.leaf.time_ms
        elif noted.entry.kind == Disclosure.kind:
            act = _parsed(noted, Disclosure)
            shown = act if act.case == bundle.case else shown
    opened = Opened.verify(bundle.facts, bundle.fields, chain, plan, bundle.case, request, shown)
    if request is not None and request.slot != life.member.slot:
        raise RecordMismatch("the case is another member's than the file shows", value=request.slot)
    if request is not None:
        if request.version > life.versions.last.number:
            raise RuleBroken("the request names a covenant that the plan never adopted", place="request")
        covenant = version_of(life.story, request.version).covenant
        aid = 0 if shown is None else shown.aid
        if not life.dropped:
            opened.check(covenant, life.story.members.day, request, requested_ms, aid)
    return opened


def _parsed(noted: Noted, kind: type[A]) -> A:
    try:
        return kind.from_entry(noted.entry)
    except (EntryError, CanonicalError) as error:
        raise RuleBroken(f"an entry makes no sense: {error.message}", place=noted.place) from None


def _belongs(life: Life, entries: ShownLog) -> None:
    """The case is there, and nothing is shown, in a log that is not whole, that does not concern it."""
    assert life.case.slot == life.member.slot
    if not entries.whole and len(life.steps) != len(entries.entries):
        raise RecordMismatch("an entry is shown that does not concern the case")


def _own(
    record: VerifiedRecord, checkpoint: TrustedCheckpoint, chain: bytes, plan: str, rounds: Rounds, case: bytes
) -> OwnShare | None:
    """The reader's row of the round that shared the case. Raises UsageError, SplitView."""
    theirs = record.checkpoint
    if theirs.origin == checkpoint.origin and (
        record.chain != chain or (theirs.size == checkpoint.size and theirs.root != checkpoint.root)
    ):
        raise SplitView("your record and this file show two different books of one log", value=theirs.root)
    if (record.chain, record.plan) != (chain, plan):
        raise UsageError("your record is of another plan than this case", value=record.plan)
    mine = {item.number: item for item in record.rounds}
    for item in rounds.hers:
        terms, this = item.round.terms, mine.get(item.round.terms.number)
        if this is None:
            continue
        ours = (terms.share, terms.headcount, terms.aid, terms.fee, item.round.leaf.height, item.round.leaf.time_ms)
        if ours != (this.share, this.headcount, this.aid, this.fee, this.height, this.time_ms):
            raise SplitView("your record and this file show two different rounds", place=item.round.place)
        if case in terms.cases:
            return OwnShare(record.slot, this.status, this.amount)
    return None
