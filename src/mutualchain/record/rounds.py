"""Her rounds, proven: each a charge sheet of the plan, its terms, the entry that announced it, her row.

Rounds are numbered without gaps, and the plan's counter says how many there are: so none is missing and none comes
later. Everything about a round that does not depend on her own balance is checked here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..block.entry import entry_hash
from ..block.plan import EventLeaf, PlanLeaf, SheetLeaf
from ..covenant.acts import RoundOpening
from ..covenant.calendar import deduction_instant, disclosure_instant_at_or_before
from ..covenant.rounds import Carried, RoundResult, RoundTerms, check_round
from ..covenant.timing import instant_after
from ..errors import CanonicalError, RecordIncomplete, RecordMismatch, RoundUnbalanced, RuleBroken, RuleError
from ..sheet import params_hash
from .bundle import Logged, ShownRound
from .covenants import Version, Versions
from .logs import Row, row_of, verify_event_leaf, verify_sheet_leaf
from .membership import Membership
from .order import Chronicle
from .refunds import Refunds

__all__ = ["HerRound", "Round", "Rounds"]

CHARGE = "charge/1"


@dataclass(frozen=True, slots=True)
class Round:
    """A proven round: its sheet and position, the leaf of its announcement, its terms, what they come to."""

    leaf: SheetLeaf
    position: int
    announced: EventLeaf
    terms: RoundTerms
    version: Version
    result: RoundResult

    @property
    def place(self) -> str:
        """Which round, for messages."""
        return f"round {self.terms.number + 1}"


@dataclass(frozen=True, slots=True)
class HerRound:
    """A round of hers, with her row."""

    round: Round
    row: Row


class Rounds:
    """All rounds of hers, and the last one before."""

    def __init__(self, membership: Membership, plan: PlanLeaf, versions: Versions, chronicle: Chronicle) -> None:
        self._member, self._plan, self._versions, self._chronicle = membership, plan, versions, chronicle
        self.before: Round | None = None
        self.hers: list[HerRound] = []

    def add(self, before: ShownRound | None, shown: Sequence[ShownRound]) -> None:
        """From the first round after she joined to the last that the counter knows."""
        total = self._plan.next_number(CHARGE)
        first = total - len(shown)
        if first < 0 or (before is None) != (first == 0):
            raise RecordIncomplete(f"the plan has had {total} rounds; the record does not account for all of them")
        last: Round | None = None
        if before is not None:
            last = self.before = self._verify(before, first - 1, None)
            self._check_place(last, hers=False)
        for number, item in enumerate(shown, first):
            last = self._verify(item, number, last)
            self._check_place(last, hers=True)
            assert item.page is not None, "a round of hers is parsed with its page"
            self.hers.append(HerRound(last, row_of(last.leaf, self._member.chain, item.page, self._member.slot)))

    def check_carried(self, refunds: Refunds, given_back: Callable[[int, int], int] | None = None) -> None:
        """Each round begins with what the one before left, less what was given back in between. Raises RuleBroken.

        ``given_back`` says what she herself got back for illness in the waiting period, after one block and up to
        another, where that is shown: a round's terms name that of all members.
        """
        last = self.before
        for item in self.hers:
            this = item.round
            since = -1 if last is None else last.announced.height
            hers = 0 if given_back is None else given_back(since, this.announced.height)
            back = this.terms.restituted
            if back < hers:
                text = f"{back} was given back to all members, where {hers} was to you (aid.ill_in_waiting)"
                raise RuleBroken(text, place=this.place)
            if back and not self._versions.restitutes(this.announced.height):
                text = f"{back} was given back for illness in the waiting period without a rule (aid.ill_in_waiting)"
                raise RuleBroken(text, place=this.place)
            if last is not None:
                left = last.result.surplus_out - last.result.deficit_out - this.terms.restituted
                left -= refunds.between(last.announced.height, this.announced.height)
                for what, stated, computed in (
                    ("surplus in", this.terms.surplus_in, max(left, 0)),
                    ("deficit in", this.terms.deficit_in, max(-left, 0)),
                ):
                    if stated != computed:
                        text = f"{what} is stated as {stated} and computed as {computed}"
                        raise RuleBroken(text, place=this.place, value=RoundUnbalanced.code)
            last = this

    def _verify(self, item: ShownRound, number: int, last: Round | None) -> Round:
        """A proven charge sheet with this number, and its terms; ``last`` is the round before, if it is shown."""
        leaf = verify_sheet_leaf(item.logged, self._plan, self._chronicle)
        descriptor, place = leaf.descriptor, f"round {number + 1}"
        if descriptor.schema.name != CHARGE or descriptor.number != number:
            raise RecordIncomplete(f"{place} is missing from the record", value=descriptor.number)
        params = item.logged.body
        if params_hash(params) != descriptor.params_hash:
            raise RecordMismatch(f"the terms of {place} are not those that were signed", place=place)
        try:
            terms = RoundTerms.from_bytes(params)
        except (RuleError, CanonicalError) as error:
            raise RuleBroken(f"the terms of {place} make no sense: {error.message}", place=place) from None
        version = self._versions.at(terms.snapshot_time_ms)
        self._check_terms(leaf, terms, version, number, last)
        sharing, paid = descriptor.aggregates
        known = last is not None or number == 0
        carried = Carried(
            terms.surplus_in if last else 0,
            terms.deficit_in if last else 0,
            last.terms.headcount if last is not None else 0,
        )
        result, found = check_round(terms, version.covenant, sharing, paid, carried if known else None)
        if found:
            raise RuleBroken(_told(found[0]), place=place, value=found[0].code)
        announced = self._announced(item.announced, leaf, terms, version)
        return Round(leaf, item.logged.position, announced, terms, version, result)

    def _check_terms(
        self, leaf: SheetLeaf, terms: RoundTerms, version: Version, number: int, last: Round | None
    ) -> None:
        """Whether number, covenant, snapshot, rows and cases are possible. Raises RuleBroken."""
        place, descriptor = f"round {number + 1}", leaf.descriptor
        if terms.covenant_hash not in {item.hash for item in self._versions.all}:
            raise RuleBroken(f"{place} names a covenant that the plan never adopted", place=place)
        if (terms.number, terms.covenant_version, terms.covenant_hash) != (number, version.number, version.hash):
            raise RuleBroken(f"{place} names another number or covenant than it has", place=place)
        settled, snapshot_ms = (last.leaf.height, last.terms.snapshot_time_ms) if last else (0, -1)
        if not (
            settled <= terms.snapshot_height < leaf.height and snapshot_ms < terms.snapshot_time_ms <= leaf.time_ms
        ):
            raise RuleBroken("a round's snapshot is not between the last round and the round itself", place=place)
        if version.height > terms.snapshot_height:
            raise RuleBroken(f"{place} names a covenant that came after its snapshot", place=place)
        slots = last.leaf.descriptor.rows if last else 1
        if descriptor.first != 0 or not slots <= descriptor.rows <= self._plan.slots:
            raise RuleBroken("a round's rows are not the plan's slots", place=place, value=descriptor.rows)
        most = version.covenant.max_aid
        if len(set(terms.cases)) != len(terms.cases) or any(not 0 < aid <= most for aid in terms.aids):
            raise RuleBroken("a round's aid does not fit its cases", place=place, value=terms.aid)

    def _check_place(self, item: Round, *, hers: bool) -> None:
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

    def _announced(self, item: Logged, charge: SheetLeaf, terms: RoundTerms, version: Version) -> EventLeaf:
        """The leaf of the entry that opened the round with these very terms, between snapshot and charge."""
        place, covenant = f"round {terms.number + 1}", version.covenant
        leaf = verify_event_leaf(item, self._plan, self._chronicle)
        if entry_hash(RoundOpening(terms).to_entry(self._plan.plan).to_bytes()) != leaf.entry_hash:
            raise RecordMismatch(f"the entry shown did not announce {place}", place=place)
        if not terms.snapshot_height < leaf.height <= charge.height or leaf.time_ms < terms.snapshot_time_ms:
            raise RuleBroken(f"{place} was not announced between its snapshot and its charge", place=place)
        monthly = covenant.calendar.kind == "monthly"
        if monthly:
            self._check_days(terms, version, leaf)
        if charge.time_ms < deduction_instant(covenant, terms.snapshot_time_ms if monthly else leaf.time_ms):
            clause = "calendar.deduction_days" if monthly else "calendar.notice_days"
            raise RuleBroken(f"{place} was charged before its day ({clause})", place=place)
        return leaf

    def _check_days(self, terms: RoundTerms, version: Version, announced: EventLeaf) -> None:
        """Whether a monthly round's snapshot is the last instant of disclosure before it was announced."""
        place, at = f"round {terms.number + 1}", terms.snapshot_time_ms
        if disclosure_instant_at_or_before(version.covenant, at) != at:
            raise RuleBroken(f"the snapshot of {place} is no day of disclosure (calendar.disclosure_days)", place=place)
        after = instant_after(self._versions.all, at)
        if after is not None and announced.time_ms >= after:
            text = f"{place} was announced after the next day of disclosure (calendar.disclosure_days)"
            raise RuleBroken(text, place=place)


def _told(error: RuleError) -> str:
    """A rule's message with its clause, where it names one of the covenant's."""
    return f"{error.message} ({error.clause})" if "." in error.clause else error.message
