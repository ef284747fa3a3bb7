"""Refunds of voided cases: sheets that give every member back the very part of her charge that the case took.

Refund sheets are numbered without gaps, and the plan's counter says how many there are, so none can be kept back. What
was refunded before she joined cannot be hers; of everything since she sees the sheet, and her row where it has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..block.plan import EventLeaf, PlanLeaf, SheetLeaf
from ..covenant.refunds import RefundTerms
from ..errors import CanonicalError, RecordIncomplete, RecordMismatch, RuleBroken, RuleError
from ..sheet import params_hash
from .bundle import ShownRefund
from .covenants import Versions
from .logs import row_of, verify_sheet_leaf, whole
from .membership import Membership
from .order import Chronicle

if TYPE_CHECKING:
    from .rounds import HerRound, Round

__all__ = ["Refund", "Refunds"]

REFUND = "refund/1"


@dataclass(frozen=True, slots=True)
class Refund:
    """A proven refund sheet: what it was made for, and her amount (0 where it has no row for her)."""

    leaf: SheetLeaf
    position: int
    terms: RefundTerms
    amount: int

    @property
    def place(self) -> str:
        """Which refund, for messages."""
        return f"refund {self.leaf.descriptor.number + 1}"


class Refunds:
    """All refunds that can concern her."""

    def __init__(self, membership: Membership, plan: PlanLeaf, versions: Versions, chronicle: Chronicle) -> None:
        self._member, self._plan, self._chronicle = membership, plan, chronicle
        self._closing = versions.closing
        self.all: list[Refund] = []

    def add(self, shown: Sequence[ShownRefund], before: EventLeaf | None) -> None:
        """Every refund sheet since she joined, and since ``before``, the last round before that, was announced.

        One that is earlier than both stands first, unless these are all.
        """
        total = self._plan.next_number(REFUND)
        first = total - len(shown)
        if first > 0 and not shown:
            raise RecordIncomplete(f"the plan has had {total} refunds; the record shows none of them")
        if first < 0:
            raise RecordMismatch("more refunds are shown than the plan has had", value=len(shown))
        for number, item in enumerate(shown, first):
            refund = self._verify(item, number)
            late = refund.position > self._member.position or (
                before is not None and refund.leaf.height >= before.height
            )
            if number == first > 0 and late:
                raise RecordIncomplete(f"refund {first} is missing from the record", value=first)
            self.all.append(refund)

    def _verify(self, item: ShownRefund, number: int) -> Refund:
        leaf = verify_sheet_leaf(item.logged, self._plan, self._chronicle)
        descriptor, place = leaf.descriptor, f"refund {number + 1}"
        if descriptor.schema.name != REFUND or descriptor.number != number:
            raise RecordIncomplete(f"{place} is missing from the record", value=descriptor.number)
        if params_hash(item.logged.body) != descriptor.params_hash:
            raise RecordMismatch(f"the terms of {place} are not those that were signed", place=place)
        try:
            terms = RefundTerms.from_bytes(item.logged.body)
        except (RuleError, CanonicalError) as error:
            raise RuleBroken(f"the terms of {place} make no sense: {error.message}", place=place) from None
        hers = descriptor.rows > self._member.slot
        if hers != (item.page is not None):
            raise RecordIncomplete(f"your row in {place} is missing, or is shown though there is none", place=place)
        amount = 0
        if item.page is not None:
            amount = whole(row_of(leaf, self._member.chain, item.page, self._member.slot), "amount")
        return Refund(leaf, item.logged.position, terms, amount)

    def check(self, rounds: Sequence[HerRound], restituted: int | None = None, *, unseen: bool = False) -> None:
        """Each amount is the case's part of her charge in its round, or all that is left of it. Raises RuleBroken.

        Nothing from block ``restituted`` on, in which she got all of her shares back; ``unseen``: perhaps she did, in
        an entry that is not shown.
        """
        by_number = {item.round.terms.number: item for item in rounds}
        refunded: set[tuple[bytes, int]] = set()
        taken: dict[int, int] = {}
        for refund in self.all:
            terms = refund.terms
            if (terms.case, terms.round) in refunded:
                raise RuleBroken("a case is refunded twice", place=refund.place)
            refunded.add((terms.case, terms.round))
            hers = by_number.get(terms.round)
            if hers is not None:
                gone = restituted is not None and refund.leaf.height >= restituted
                self._check_one(refund, hers, taken.get(terms.round, 0), gone, unseen)
            elif refund.leaf.descriptor.rows > self._member.slot:
                raise RuleBroken("a refund is for a round that you were not in", place=refund.place)
            taken[terms.round] = taken.get(terms.round, 0) + terms.numerator

    def between(self, first: int, last: int) -> int:
        """What all members got back in blocks ``first`` to before ``last``, in minor units."""
        return sum(refund.leaf.descriptor.total("amount") for refund in self.all if first <= refund.leaf.height < last)

    def _check_one(self, refund: Refund, hers: HerRound, taken: int, gone: bool, unseen: bool) -> None:
        """``taken`` is what was given back of the round before, of its aid and fee; ``gone``: her shares are."""
        this = hers.round
        if refund.position < this.position:
            raise RuleBroken(f"a refund came before {this.place}, for which it is", place=refund.place)
        if refund.leaf.descriptor.rows != this.leaf.descriptor.rows:
            raise RuleBroken(f"a refund has other rows than {this.place}", place=refund.place)
        if refund.terms != self._wanted(refund, this, taken):
            raise RuleBroken(f"a refund is not for the case's part of {this.place}", place=refund.place)
        amount = 0 if gone else refund.terms.amount(whole(hers.row, "amount"))
        if refund.amount != amount and not (unseen and not refund.amount):
            text = f"{refund.amount} was refunded where {amount} is the case's part of what you paid"
            raise RuleBroken(text, place=refund.place)

    def _wanted(self, refund: Refund, this: Round, taken: int) -> RefundTerms | None:
        """What a refund of this round has to be made for: a case's part, or at the plan's end all that is left."""
        case, terms, closing = refund.terms.case, this.terms, self._closing
        if case in terms.cases:
            return RefundTerms.of(terms, this.version.covenant, case)
        if closing is None:  # perhaps it was left out
            raise RecordIncomplete(
                "a refund is for no case of its round, and no end of the plan is shown", place=refund.place
            )
        if case != closing.entry or refund.leaf.height <= closing.height:
            return None
        whole_round = terms.aid + terms.fee
        return RefundTerms(case, terms.number, whole_round - taken, max(whole_round, 1))
