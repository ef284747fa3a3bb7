"""A member's history, checked against her plan's logs and counters.

The three promises that make a record complete:

* every sheet shown is a leaf of the plan's log of sheets, whose root the last block commits to;
* rounds are numbered without gaps and the plan's counter says how many there are, so none is missing and none
  comes later; each has exactly one row for her slot;
* each of her rows counts the sparse events that concerned her since the round before, and each of these
  carries its running number, so none of them is missing either, up to the last snapshot.

What is proven is then lived through again in its order, as the covenant's own state machine would: what she was
charged, what she could take out, when she had left. Only what no editing of the file can bring about is called a
breach of the rules (RuleBroken); whatever might be the file's fault is called that.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..block.header import Header
from ..block.plan import PlanLeaf, SheetLeaf
from ..covenant.document import Covenant
from ..covenant.rounds import RoundResult, RoundTerms, check_round
from ..covenant.statements import exit_message, verify_statement, withdrawal_message
from ..errors import CanonicalError, RecordIncomplete, RecordMismatch, RuleBroken, RuleError
from ..limits import MAX_CREDIT, MAX_INT
from ..sheet import Status, params_hash
from ..tlog.trust import TrustedCheckpoint
from .bundle import Logged, Shown
from .facts import EventFact, RoundFact, VerifiedRecord
from .membership import Membership, Row, octets, row_of, verify_sheet_leaf, whole
from .order import Chronicle

__all__ = ["History"]

CHARGE = "charge/1"
SPARSE = {"credit/1": "credit", "withdrawal/1": "withdrawal", "exit/1": "exit", "notice/1": "notice"}


@dataclass(frozen=True, slots=True)
class _Round:
    """A proven round: its sheet and the sheet's position, its terms, and what they come to."""

    leaf: SheetLeaf
    position: int
    terms: RoundTerms
    result: RoundResult

    @property
    def place(self) -> str:
        return f"round {self.terms.number + 1}"


class History:
    """Collects proven events and rounds of one member, then lives through them again."""

    def __init__(
        self,
        membership: Membership,
        plan: PlanLeaf,
        covenants: dict[bytes, tuple[int, Covenant, int]],
        chronicle: Chronicle,
    ) -> None:
        self._member = membership
        self._plan = plan
        self._covenants = covenants
        self._chronicle = chronicle
        self._events: list[EventFact] = []
        self._lived = 0
        self._counted = 0
        self._before: _Round | None = None
        self._rounds: list[tuple[_Round, Row]] = []
        self._facts: list[RoundFact] = []
        self._balance = membership.deposit
        self._exited = False

    # --- events -----------------------------------------------------------------------------

    def add_events(self, shown: tuple[Shown, ...]) -> None:
        """Her sparse events: proven, numbered 0, 1, 2, ..., each of her slot, signed where it must be."""
        last = (-1, -1)
        for seq, item in enumerate(shown):
            leaf = verify_sheet_leaf(item.logged, self._plan, self._chronicle)
            kind = SPARSE.get(leaf.descriptor.schema.name)
            if kind is None:
                raise RecordMismatch("a sheet shown among your events holds none", value=leaf.descriptor.schema.name)
            row = row_of(leaf, self._member.chain, item)
            if whole(row, "slot") != self._member.slot:
                raise RecordMismatch("an event shown is of another member", value=whole(row, "slot"))
            if whole(row, "seq") != seq:
                raise RecordIncomplete(f"event number {seq} is missing: {whole(row, 'seq')} stands in its place")
            place = (item.logged.position, item.page.index)
            if place <= last or item.logged.position < self._member.position:
                raise RuleBroken("your events are not numbered in the order of their recording", value=seq)
            last = place
            self._check_signature(kind, row)
            amount, reason = whole(row, "amount"), whole(row, "reason")
            self._events.append(EventFact(kind, seq, leaf.height, leaf.time_ms, amount, reason))

    def _check_signature(self, kind: str, row: Row) -> None:
        member, slot, seq = self._member, whole(row, "slot"), whole(row, "seq")
        if kind == "withdrawal":
            amount, reference = whole(row, "amount"), octets(row, "reference")
            reason = whole(row, "reason")
            message = withdrawal_message(member.chain, member.plan, slot, seq, amount, reference, reason)
        elif kind == "exit":
            message = exit_message(member.chain, member.plan, slot, seq, whole(row, "reason"))
        else:
            return
        try:
            verify_statement(member.key, octets(row, "signature"), message)
        except RuleError:
            raise RuleBroken(f"the chain holds a {kind} that you did not sign", place=f"event {seq}") from None

    # --- rounds -----------------------------------------------------------------------------

    def add_rounds(self, before: Logged | None, shown: tuple[Shown, ...]) -> None:
        """Her rounds: all from the first after she joined to the last that the counter knows."""
        total = self._plan.next_number(CHARGE)
        first = total - len(shown)
        if first < 0 or (before is None) != (first == 0):
            raise RecordIncomplete(f"the plan has had {total} rounds; the record does not account for all of them")
        last: _Round | None = None
        if before is not None:
            last = self._before = self._verify_round(before, first - 1, None)
            self._check_place_of(last, hers=False)
        for number, item in enumerate(shown, first):
            last = self._verify_round(item.logged, number, last)
            self._check_place_of(last, hers=True)
            self._rounds.append((last, row_of(last.leaf, self._member.chain, item, self._member.slot)))

    def _verify_round(self, item: Logged, number: int, last: _Round | None) -> _Round:
        """A proven charge sheet with this number, and its terms; ``last`` is the round before, if it is shown."""
        leaf = verify_sheet_leaf(item, self._plan, self._chronicle)
        descriptor, place = leaf.descriptor, f"round {number + 1}"
        if descriptor.schema.name != CHARGE or descriptor.number != number:
            raise RecordIncomplete(f"{place} is missing from the record", value=descriptor.number)
        if params_hash(item.body) != descriptor.params_hash:
            raise RecordMismatch(f"the terms of {place} are not those that were signed", place=place)
        try:
            terms = RoundTerms.from_bytes(item.body)
        except (RuleError, CanonicalError) as error:
            raise RuleBroken(f"the terms of {place} make no sense: {error.message}", place=place) from None
        return _Round(leaf, item.position, terms, self._check_terms(leaf, terms, number, last))

    def _check_terms(self, leaf: SheetLeaf, terms: RoundTerms, number: int, last: _Round | None) -> RoundResult:
        """What a round's terms come to. Raises RuleBroken for what is wrong with them."""
        place, descriptor = f"round {number + 1}", leaf.descriptor
        if terms.covenant_hash not in self._covenants:
            raise RuleBroken(f"{place} names a covenant that the plan never adopted", place=place)
        version, covenant, adopted = self._covenants[terms.covenant_hash]
        if terms.number != number or terms.covenant_version != version or adopted > terms.snapshot_height:
            raise RuleBroken(f"{place} names another number or covenant than it has", place=place)
        settled, snapshot_ms = (last.leaf.height, last.terms.snapshot_time_ms) if last else (0, -1)
        if not (
            settled <= terms.snapshot_height < leaf.height and snapshot_ms < terms.snapshot_time_ms <= leaf.time_ms
        ):
            raise RuleBroken("a round's snapshot is not between the last round and the round itself", place=place)
        slots = last.leaf.descriptor.rows if last else 1
        if descriptor.first != 0 or not slots <= descriptor.rows <= self._plan.slots:
            raise RuleBroken("a round's rows are not the plan's slots", place=place, value=descriptor.rows)
        cases = len(terms.cases)
        if len(set(terms.cases)) != cases or not cases <= terms.aid <= cases * covenant.max_aid:
            raise RuleBroken("a round's aid does not fit its cases", place=place, value=terms.aid)
        sharing, paid = descriptor.aggregates
        carried = (last.result.surplus_out, last.result.deficit_out) if last else (0, 0)
        result, found = check_round(terms, covenant, sharing, paid, carried if last or number == 0 else None)
        if found:
            raise RuleBroken(found[0].message, place=place, value=found[0].code)
        return result

    def _check_place_of(self, item: _Round, *, hers: bool) -> None:
        """Whether a round is one of hers, and is shown as what it is."""
        batch, rows = self._member.batch, item.leaf.descriptor.rows
        was_in = item.terms.snapshot_height >= self._member.height
        if was_in != (rows > self._member.slot):
            if was_in:
                raise RuleBroken(
                    "a round has no row for you, though you had joined before its snapshot", place=item.place
                )
            raise RuleBroken("a round charges you that was before you joined", place=item.place)
        if not was_in and hers:
            raise RecordMismatch("a round shown as yours was before you joined", place=item.place)
        if was_in and not hers:
            raise RecordIncomplete(f"{item.place} was after you joined, and your row in it is missing")
        if rows < batch.first + batch.rows if was_in else rows > batch.first:
            raise RuleBroken("a round has rows for some only of those who joined with you", place=item.place)

    # --- living through it again --------------------------------------------------------------

    def relive(self) -> None:
        """Apply everything in the order of its recording, by the covenant's rules. Raises what does not follow."""
        self._chronicle.check(self._plan)
        _, covenant, _ = self._covenants[self._plan.covenant_hash]
        if self._member.deposit < covenant.prepay:
            raise RuleBroken(f"the covenant asks for a deposit of {covenant.prepay}", value=self._member.deposit)
        if self._before is not None:
            terms = self._before.terms
            self._chronicle.check_snapshot(terms.snapshot_height, terms.snapshot_time_ms, self._before.place)
        shared: set[bytes] = set(self._before.terms.cases) if self._before is not None else set()
        for item, row in self._rounds:
            terms = item.terms
            self._chronicle.check_snapshot(terms.snapshot_height, terms.snapshot_time_ms, item.place)
            if not shared.isdisjoint(terms.cases):
                raise RuleBroken("a case is shared that an earlier round shared already", place=item.place)
            shared.update(terms.cases)
            self._live(0, height=terms.snapshot_height)
            self._check_count(item, row)
            due = self._check_charge(item, row)
            self._live(due, height=item.leaf.height)
            self._balance -= due
            self._facts.append(_fact(item, row))
        self._live(0, height=MAX_INT)

    def _live(self, due: int, *, height: int) -> None:
        """Apply the events up to block ``height``; ``due`` is what an open round will deduct meanwhile."""
        while self._lived < len(self._events) and self._events[self._lived].height <= height:
            self._apply(self._events[self._lived], due)
            self._lived += 1

    def _apply(self, event: EventFact, due: int) -> None:
        place = f"event {event.seq}"
        if event.kind == "withdrawal":
            if not 0 < event.amount <= self._balance - due:
                raise RuleBroken(f"{event.amount} was withdrawn where {self._balance - due} was free", place=place)
            self._balance -= event.amount
        elif event.kind in ("credit", "exit") and self._exited:
            raise RuleBroken(f"the chain holds a {event.kind} after your exit", place=place)
        elif event.kind == "credit":
            if not 0 < event.amount <= MAX_CREDIT:
                raise RuleBroken("a credit is zero or too large", place=place, value=event.amount)
            self._balance += event.amount
        elif event.kind == "exit":
            self._exited = True

    def _check_count(self, item: _Round, row: Row) -> None:
        """Whether the row counts just the events since the last snapshot. Fewer may be the file's fault, more not."""
        shown, events = self._lived - self._counted, whole(row, "events")
        self._counted = self._lived
        if shown < events:
            text = f"{item.place} counts {events} events of yours; the record shows {shown}"
            raise RecordIncomplete(text, place=item.place)
        if shown > events:
            text = f"{item.place} counts {events} events of yours; the chain holds {shown}"
            raise RuleBroken(text, place=item.place)

    def _check_charge(self, item: _Round, row: Row) -> int:
        """The amount in her row, if it is what the covenant computes at the snapshot."""
        share, balance = item.terms.share, self._balance
        wanted = (Status.PAID, share)
        if self._exited:
            wanted = (Status.EXITED, 0)
        elif balance <= 0:
            wanted = (Status.LAPSED, 0)
        elif balance < share:
            wanted = (Status.PARTIAL, balance)
        amount, status = whole(row, "amount"), Status(whole(row, "status"))
        if (status, amount) != wanted:
            raise RuleBroken(
                f"you were charged {amount} ({status.name.lower()}); the covenant computes "
                f"{wanted[1]} ({wanted[0].name.lower()})",
                place=item.place,
            )
        return amount

    # --- the result -------------------------------------------------------------------------

    def result(
        self, checkpoint: TrustedCheckpoint, head: Header, *, keyed: bool, extends: int | None = None
    ) -> VerifiedRecord:
        """Everything that was established; ``extends`` is the size of the book that the member saw before."""
        member, plan = self._member, self._plan
        _, covenant, _ = self._covenants[plan.covenant_hash]
        checks: list[tuple[str, dict[str, int]]] = [("checkpoint", {"size": checkpoint.size})]
        limits: list[tuple[str, dict[str, int]]] = []
        if checkpoint.cosignatures:
            checks.append(("quorum", {"witnesses": len(checkpoint.cosignatures)}))
        else:
            limits += [("unwitnessed", {}), ("time", {})]
        if extends is None:
            limits.append(("unpinned", {}))
        else:
            checks.append(("extends", {"size": extends}))
        checks += [("chain", {"height": head.height}), ("enrolment", {"slot": member.slot, "height": member.height})]
        if keyed:
            checks.append(("key", {}))
        else:
            limits.append(("no_key", {}))
        checks += [("rounds", {"count": len(self._facts)}), ("charges", {}), ("equations", {}), ("events", {})]
        checks += [("signatures", {}), ("balance", {})]
        if any(plan.next_number(schema) for schema in SPARSE):
            # What was recorded since the last snapshot can be left out unseen: only the next round counts it.
            later = len(self._events) - self._counted
            limits.append(("since_last_round" if self._facts else "before_first_round", {"count": later}))
        limits += [("others", {}), ("truth", {})]
        return VerifiedRecord(
            checkpoint=checkpoint,
            chain=member.chain,
            plan=plan.plan,
            title=covenant.title,
            currency=covenant.currency,
            decimals=covenant.decimals,
            slot=member.slot,
            public_key=member.key,
            commitment=member.commitment,
            joined_height=member.height,
            joined_time_ms=member.time_ms,
            since_day=member.since_day,
            deposit=member.deposit,
            rounds=tuple(self._facts),
            events=tuple(self._events),
            balance=self._balance,
            covered=self._balance > 0 and not self._exited,
            exited=self._exited,
            as_of_ms=head.time_ms,
            head_height=head.height,
            slots=plan.slots,
            checks=tuple(checks),
            limits=tuple(limits),
        )


def _fact(item: _Round, row: Row) -> RoundFact:
    terms, result = item.terms, item.result
    return RoundFact(
        number=terms.number,
        height=item.leaf.height,
        time_ms=item.leaf.time_ms,
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
    )
