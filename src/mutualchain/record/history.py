"""A member's history, checked against her plan's logs and counters.

The three promises that make a record complete:

* every sheet shown is a leaf of the plan's log of sheets, whose root the last block commits to;
* rounds and refunds are numbered without gaps and the plan's counters say how many there are, so none is missing and
  none comes later; each has exactly one row for her slot;
* each of her rows counts the sparse events that concerned her since the round before, and each of these
  carries its running number, so none of them is missing either, up to the last snapshot.

What is proven is then lived through again in its order, as the covenant's own state machine would: what she was
charged, what she could take out, when she had left. Only what no editing of the file can bring about is called a
breach of the rules (RuleBroken); whatever might be the file's fault is called that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..block.plan import PlanLeaf
from ..covenant.acts import Restitution
from ..covenant.ballots import subject_of
from ..covenant.statements import ballot_message, exit_message, verify_statement, withdrawal_message
from ..errors import CanonicalError, NotYourRecord, RecordIncomplete, RecordMismatch, RuleBroken, RuleError
from ..limits import MAX_CREDIT, MAX_INT
from ..sheet import Status, params_hash
from .bundle import RecordBundle, Shown
from .covenants import Versions
from .keys import HerKeys
from .logs import Row, octets, row_of, verify_sheet_leaf, whole
from .membership import Membership
from .notices import Named, Notices
from .order import Chronicle
from .refunds import Refund, Refunds
from .rounds import HerRound, Rounds
from .standing import Standing

__all__ = ["SPARSE", "HerEvent", "History"]

SPARSE = {
    "credit/1": "credit",
    "withdrawal/1": "withdrawal",
    "exit/1": "exit",
    "notice/1": "notice",
    "correction/1": "correction",
    "ballot/1": "ballot",
}


@dataclass(frozen=True, slots=True)
class HerEvent:
    """A proven sparse row of hers, and where it stands.

    ``subject`` is what a ballot is on, ``named`` what a notice names.
    """

    kind: str
    seq: int
    position: int
    height: int
    time_ms: int
    row: Row
    subject: bytes = b""
    named: Named | None = None

    @property
    def place(self) -> str:
        """Which event, for messages."""
        return f"event {self.seq + 1}"

    @property
    def amount(self) -> int:
        """Its amount, 0 where it has none."""
        return whole(self.row, "amount")


class History:
    """Collects what is proven of one member, then lives through it again."""

    def __init__(self, membership: Membership, plan: PlanLeaf, versions: Versions, chronicle: Chronicle) -> None:
        self.member, self.plan, self.versions = membership, plan, versions
        self._chronicle = chronicle
        self.keys = HerKeys(membership.key)
        self.notices = Notices(membership.chain, plan, membership.slot, versions, self.keys)
        self.rounds = Rounds(membership, plan, versions, chronicle)
        self.refunds = Refunds(membership, plan, versions, chronicle)
        self.events: list[HerEvent] = []
        self.standing = Standing(membership, versions)
        self._todo: list[HerEvent | Refund] = []
        self._lived = 0
        self.counted = 0

    def add(self, bundle: RecordBundle, public_key: bytes | None, head_ms: int) -> None:
        """Prove everything that the bundle shows of her. Raises NotYourRecord where the slot was never that key's."""
        self._add_events(bundle.events)
        self.notices.add(bundle.entries, self._chronicle)
        self._name_entries()
        if public_key is not None and public_key not in self.keys.known(head_ms):
            raise NotYourRecord("the key in this record is not yours", value=self.member.key)
        for event in self.events:
            self._check_signature(event)
        self.rounds.add(bundle.before, bundle.rounds)
        before = self.rounds.before
        self.refunds.add(bundle.refunds, None if before is None else before.announced)

    # --- events -----------------------------------------------------------------------------

    def _add_events(self, shown: Sequence[Shown]) -> None:
        """Her sparse events: proven, numbered 0, 1, 2, ..., each of her slot."""
        last = (-1, -1)
        for seq, item in enumerate(shown):
            leaf = verify_sheet_leaf(item.logged, self.plan, self._chronicle)
            kind = SPARSE.get(leaf.descriptor.schema.name)
            if kind is None:
                raise RecordMismatch("a sheet shown among your events holds none", value=leaf.descriptor.schema.name)
            row = row_of(leaf, self.member.chain, item.page)
            if whole(row, "slot") != self.member.slot:
                raise RecordMismatch("an event shown is of another member", value=whole(row, "slot"))
            if whole(row, "seq") != seq:
                found = whole(row, "seq") + 1
                raise RecordIncomplete(f"event {seq + 1} of yours is missing: event {found} stands in its place")
            place = (item.logged.position, item.page.index)
            if place <= last or item.logged.position < self.member.position:
                raise RuleBroken("your events are not numbered in the order of their recording", value=seq)
            last = place
            if params_hash(item.logged.body) != leaf.descriptor.params_hash:
                raise RecordMismatch("what a sheet was made for is not what was signed", place=f"event {seq + 1}")
            subject = _subject(item.logged.body, seq) if kind == "ballot" else b""
            self.events.append(HerEvent(kind, seq, item.logged.position, leaf.height, leaf.time_ms, row, subject))

    def _name_entries(self) -> None:
        notices = {
            event.seq: (octets(event.row, "entry"), event.height) for event in self.events if event.kind == "notice"
        }
        named = self.notices.name(notices)
        self.events = [replace(item, named=named.get(item.seq)) for item in self.events]

    def _check_signature(self, event: HerEvent) -> None:
        """A withdrawal, an exit or a ballot is signed by the key in force in its block."""
        member, row, seq = self.member, event.row, event.seq
        if event.kind == "withdrawal":
            amount, reference, reason = event.amount, octets(row, "reference"), whole(row, "reason")
            message = withdrawal_message(member.chain, member.plan, member.slot, seq, amount, reference, reason)
        elif event.kind == "exit":
            message = exit_message(member.chain, member.plan, member.slot, seq, whole(row, "reason"))
        elif event.kind == "ballot":
            message = ballot_message(member.chain, member.plan, event.subject, member.slot, seq, whole(row, "vote"))
        else:
            return
        try:
            verify_statement(self.keys.at(event.height, event.time_ms), octets(row, "signature"), message)
        except RuleError:
            text = f"you did not sign what the chain holds in your name: {event.kind}"
            raise RuleBroken(text, place=event.place) from None

    # --- living through it again --------------------------------------------------------------

    def relive(self) -> None:
        """Apply everything in the order of its recording, by the covenant's rules. Raises what does not follow."""
        self._chronicle.check(self.plan)
        self._check_joining()
        acts = ((item.height, item.named.act) for item in self.events if item.named is not None)
        given = [height for height, act in acts if isinstance(act, Restitution)]
        self.refunds.check(self.rounds.hers, min(given, default=None))
        self.rounds.check_carried(self.refunds, self.notices.given_back)
        self._todo = sorted([*self.events, *self.refunds.all], key=lambda item: item.position)  # stable: by page
        before = self.rounds.before
        shared: set[bytes] = set()
        if before is not None:
            self._chronicle.check_snapshot(before.terms.snapshot_height, before.terms.snapshot_time_ms, before.place)
            shared.update(before.terms.cases)
        for item in self.rounds.hers:
            terms = item.round.terms
            self._chronicle.check_snapshot(terms.snapshot_height, terms.snapshot_time_ms, item.round.place)
            if not shared.isdisjoint(terms.cases):
                raise RuleBroken("a case is shared that an earlier round shared already", place=item.round.place)
            shared.update(terms.cases)
            self._round(item)
        self._live(0)
        self.notices.live(MAX_INT)

    def _check_joining(self) -> None:
        membership = self.versions.at(self.member.time_ms).covenant.membership
        if self.member.deposit < membership.prepay:
            text = f"the covenant asks for a deposit of {membership.prepay} (membership.prepay)"
            raise RuleBroken(text, value=self.member.deposit)

    def _round(self, item: HerRound) -> None:
        """A round of hers: what she was charged by her state at the snapshot, and what she did until the deduction."""
        this, row, standing = item.round, item.row, self.standing
        terms, covenant = this.terms, this.version.covenant
        self._live(0, height=terms.snapshot_height)
        self._check_count(item)
        wanted = standing.at_snapshot(terms, covenant)
        found = Status(whole(row, "status")), whole(row, "amount")
        due = 0 if wanted.mandate else found[1]
        self._live(due, height=this.announced.height - 1)
        self.notices.live(this.announced.height)
        hers = [self.notices.share(case, aid, terms.number, this.place) for case, aid in terms.shared]
        self._check_charge(this.place, found, wanted.rows(any(hers) and not covenant.sharing.recipient_shares))
        standing.announced(wanted)
        self._live(due, position=this.position)
        standing.charge(terms, wanted, found, this.leaf.height, this.leaf.time_ms)
        self.notices.live(this.leaf.height)
        self.notices.settle(terms.number)

    def _live(self, due: int, *, height: int = MAX_INT, position: int = MAX_INT) -> None:
        """Apply what stands up to a block or a place of the log; ``due`` is what an open round will deduct."""
        while self._lived < len(self._todo):
            item = self._todo[self._lived]
            at = item.leaf.height if isinstance(item, Refund) else item.height
            if at > height or item.position > position:
                break
            if isinstance(item, Refund):
                self.standing.refund(item.amount)
            else:
                self._apply(item, due)
            self._lived += 1

    def _apply(self, event: HerEvent, due: int) -> None:
        standing, amount, seq = self.standing, event.amount, event.seq
        if event.kind == "withdrawal":
            free = standing.balance - due
            if not 0 < amount <= free:
                raise RuleBroken(f"{amount} was withdrawn where {free} was free", place=event.place)
            standing.withdraw(amount)
        elif event.kind == "credit":
            if not 0 < amount <= MAX_CREDIT:
                raise RuleBroken("a credit is zero or too large", place=event.place, value=amount)
            standing.credit(seq, amount, whole(event.row, "reason"), event.time_ms)
        elif event.kind == "correction":
            owed = self.versions.at(event.time_ms).covenant.sharing.funding == "postpaid"
            if amount > standing.balance - due and not owed:
                raise RuleBroken(f"{amount} was taken back where {standing.balance - due} was free", place=event.place)
            standing.correct(seq, amount, whole(event.row, "corrects"))
        elif event.kind == "exit":
            standing.leave(seq, event.time_ms)
        elif event.named is not None and isinstance(event.named.act, Restitution):
            standing.restitute(seq, event.named.act.amount)

    def _check_count(self, item: HerRound) -> None:
        """Whether the row counts just the events since the last snapshot. Fewer may be the file's fault, more not."""
        lived = sum(isinstance(done, HerEvent) for done in self._todo[: self._lived])
        shown, events, place = lived - self.counted, whole(item.row, "events"), item.round.place
        self.counted = lived
        if shown < events:
            raise RecordIncomplete(f"{place} counts {events} events of yours; the record shows {shown}", place=place)
        if shown > events:
            raise RuleBroken(f"{place} counts {events} events of yours; the chain holds {shown}", place=place)

    def _check_charge(self, place: str, found: tuple[Status, int], wanted: Sequence[tuple[Status, int]]) -> None:
        """The row, if it is what the covenant computes at the snapshot."""
        if found in wanted:
            return
        (status, amount), (expected, due) = found, wanted[0]
        if status is Status.EXEMPT:  # perhaps the notice of a case is not shown, after the snapshot
            raise RecordIncomplete("you were exempt from a round, and no case of yours in it is shown", place=place)
        raise RuleBroken(
            f"you were charged {amount} ({status.name.lower()}); the covenant computes {due} ({expected.name.lower()})",
            place=place,
        )


def _subject(params: bytes, seq: int) -> bytes:
    """What a ballot is on."""
    try:
        return subject_of(params)
    except (RuleError, CanonicalError) as error:
        raise RuleBroken(f"a ballot of yours is on nothing: {error.message}", place=f"event {seq + 1}") from None
