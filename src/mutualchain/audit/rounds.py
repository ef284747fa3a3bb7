"""Rounds and refunds, replayed: announcements against their snapshots, charges and refunds row by row.

Where balances are known, every row is compared with what the covenant computes; where not, with what no balance
explains. After a breach the books go on from what was recorded.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..archive import layout
from ..archive.reading import SheetRef
from ..covenant.acts import RoundOpening
from ..covenant.announcing import exempt_of
from ..covenant.book import Book, Difference
from ..covenant.capture import Capture, Rows
from ..covenant.opened import OpenRound
from ..covenant.refunds import RefundTerms
from ..covenant.restitution import restituted_slots
from ..covenant.rounds import Carried, RoundTerms, check_round
from ..errors import CalendarRule, MutualchainError, NoRoundOpen, RefundRule, RoundUnbalanced, RuleError, SnapshotError
from ..limits import PAGES_PER_BUNDLE
from ..sheet import Columns
from .findings import Breach
from .ranges import PublicRows, RefundRows, Slice
from .replaying import Replaying
from .sheets import Comparison

__all__ = ["RoundsReplay"]


class _StatedCapture(Capture):
    """A snapshot whose balances are unknown: as many share as the round says."""

    __slots__ = ("_stated",)

    def __init__(self, capture: Capture, headcount: int) -> None:
        for kind in Capture.__mro__:
            for name in getattr(kind, "__slots__", ()):
                setattr(self, name, getattr(capture, name))
        self._stated = headcount

    def headcount(self, exempt: NDArray[Any] | None = None) -> int:
        return self._stated

    def rows_for(self, share: int, exempt: NDArray[Any] | None = None) -> Rows:
        nobody = np.zeros(0, np.uint32)
        return Rows(share, 0, nobody, np.zeros(0, np.uint8), nobody, nobody)


class RoundsReplay(Replaying):
    """The part of the books that rounds and refunds change."""

    def _opening(self, book: Book, act: RoundOpening) -> list[MutualchainError]:
        """Open a recorded round; where its snapshot is not to be had, from the state as it is now."""
        terms = act.terms
        if book.open is not None:
            return list(book.replay_opening(act, None))
        found: list[MutualchainError] = [*self._snapshot_time(terms), *self._disclosure(book, terms)]
        capture = book.capture
        if capture is None or (capture.height, capture.time_ms) != (terms.snapshot_height, terms.snapshot_time_ms):
            if not found:
                found.append(SnapshotError("the round's snapshot is no block before it", value=terms.snapshot_height))
            book.cancel_capture()
            capture = book.new_capture(terms.snapshot_height, terms.snapshot_time_ms)
        if book.plan in self.public:
            capture = _StatedCapture(capture, terms.headcount)
        found += book.replay_opening(act, capture)
        self._opened(book, terms)
        if terms.snapshot_height >= self._height:  # impossible, and not to be built on
            book.snapshot_height, book.snapshot_time_ms = self._height - 1, self._times[self._height - 1]
        self._said[book.plan] = {type(error) for error in found}
        return found

    def _opened(self, book: Book, terms: RoundTerms) -> None:
        """Go on from what was recorded, so that one breach is not said again each round; remember who is out now."""
        if book.open is None:
            return
        book.surplus, book.deficit = terms.surplus_in, terms.deficit_in
        if len(book.open.ending):
            self.roll(book.plan).leave(self._height, book.open.ending)

    def _snapshot_time(self, terms: RoundTerms) -> list[RuleError]:
        """A snapshot at T is the state after the last block with a time below T, and that block is here already."""
        at, times, place = terms.snapshot_height, self._times, f"round {terms.number + 1}"
        if at + 1 >= len(times):
            wrong = SnapshotError("the snapshot is of a block that was yet to come", place=place)
            wrong.value = Difference(f"at most block {len(times) - 2}", f"block {at}")
            return [wrong]
        if times[at] < terms.snapshot_time_ms <= times[at + 1]:
            return []
        wrong = SnapshotError(f"block {at} is not the last one before the snapshot's instant", place=place)
        wrong.value = Difference(f"after {times[at]}, at most {times[at + 1]}", terms.snapshot_time_ms)
        return [wrong]

    def _disclosure(self, book: Book, terms: RoundTerms) -> list[RuleError]:
        """The snapshot of a monthly calendar is that of the last day of disclosure."""
        if book.covenant_at(terms.snapshot_time_ms).calendar.kind != "monthly":
            return []
        frozen = book.capture if book.capture is not None and book.capture.frozen else None
        if frozen is not None and frozen.time_ms == terms.snapshot_time_ms:
            return []
        text = "the snapshot is not that of the last day of disclosure"
        expected = "no round before the next one" if frozen is None else frozen.time_ms
        value = Difference(expected, terms.snapshot_time_ms)
        return [CalendarRule(text, value=value, place=f"round {terms.number + 1}", clause="calendar.disclosure_days")]

    # --- charges ----------------------------------------------------------------------------

    def _charge_sheet(self, book: Book, ref: SheetRef, place: str) -> None:
        descriptor = ref.descriptor
        terms = self._terms(ref, place)
        if book.open is None:
            if book.plan not in self.lost.values():
                self._findings.add(NoRoundOpen("a charge sheet was recorded without an open round"), place)
            if terms is not None:
                self._report(self._opening(book, RoundOpening(terms)), place)
        opened = book.open
        self._charges.setdefault(book.plan, {})[descriptor.number] = ref
        if opened is None:
            self._sheets.check(ref, self._chain, None, None)
            return
        if terms is not None and terms != opened.terms:
            self._findings.extend(_terms_differ(terms, opened.terms), place)
        public = book.plan in self.public
        if not opened.mandate:
            self._check_totals(book, opened, ref, place)
        outcome = self._sheets.check(ref, self._chain, _comparison(book, opened, public), None)
        if opened.mandate:
            if not public and len(outcome.failed):
                opened, _, _ = opened.with_failed(outcome.failed)
                self.failed_collections += len(outcome.failed)
            self._check_totals(book, opened, ref, place)
        self._settle(book, opened, descriptor.aggregates, place)
        if outcome.corrections is None:
            self._go_public(book.plan, f"too many rows of block {ref.height} are not what the covenant computes")
        for slots, beyond in outcome.corrections or ():
            if not opened.mandate:
                book.members.stored[slots] -= beyond
            if book.members.year_less is not None:
                book.members.year_less[slots] -= beyond

    def _check_totals(self, book: Book, opened: OpenRound, ref: SheetRef, place: str) -> None:
        """A charge sheet's rows and totals, as its descriptor states them."""
        descriptor = ref.descriptor
        stated = [("row count", descriptor.rows, opened.rows)]
        if book.plan not in self.public:
            names = (f"total {item.name!r}" for item in descriptor.schema.aggregates)
            stated += zip(names, descriptor.aggregates, opened.totals(), strict=True)
        for name, found, wanted in stated:
            if found != wanted:
                wrong = RoundUnbalanced(f"the sheet's {name} is not what the covenant computes")
                self._findings.add(wrong, place, expected=wanted, found=found)

    def _settle(self, book: Book, opened: OpenRound, recorded: tuple[int, ...], place: str) -> None:
        """Hold the round's totals against the two equations, and go on from what was recorded."""
        sharing, paid = recorded
        terms = opened.terms
        carried = Carried(terms.surplus_in, terms.deficit_in, book.headcount)
        result, errors = check_round(terms, opened.covenant, sharing, paid, carried)
        said = self._said.pop(book.plan, set())
        if book.plan not in self.public and recorded != opened.totals():
            said.add(RoundUnbalanced)  # the totals have their findings already
        self._findings.extend((error for error in errors if type(error) not in said), place)
        if book.now_ms < opened.due_ms:
            monthly = opened.covenant.calendar.kind == "monthly"
            wrong = CalendarRule(
                "the round is charged before its day",
                value=Difference(f"{opened.due_ms} or later", book.now_ms),
                clause="calendar.deduction_days" if monthly else "calendar.notice_days",
            )
            self._findings.add(wrong, place)
        book.settle(result, opened)

    def _terms(self, ref: SheetRef, place: str) -> RoundTerms | None:
        """What a charge sheet was made for, if it can be relied on."""
        where = f"{place}, params"
        data = self._params(ref, where)
        if data is None:
            return None
        try:
            return RoundTerms.from_bytes(data)
        except MutualchainError as error:
            self._findings.add(error, where, breach=Breach.RULE)
            return None

    # --- refunds ----------------------------------------------------------------------------

    def _refund_sheet(self, book: Book, ref: SheetRef, place: str) -> None:
        """Rows against the charges of the round that shared the void case; totals into the books."""
        where, terms = f"{place}, params", None
        data = self._params(ref, where)
        try:
            terms = None if data is None else RefundTerms.from_bytes(data)
        except MutualchainError as error:
            self._findings.add(error, where, breach=Breach.RULE)
        charged = None if terms is None else self._charges.get(book.plan, {}).get(terms.round)
        if terms is not None:
            self._report(self._refund_rules(book, ref, terms), place)
        comparison = None if terms is None or charged is None else self._refund_comparison(book, terms, ref, charged)
        rows_full = PAGES_PER_BUNDLE * ref.descriptor.schema.page_rows

        def take(bundle: int, columns: Columns | None) -> list[MutualchainError]:
            if columns is not None and terms is not None and book.plan not in self.public:
                book.refund(terms, bundle * rows_full, columns["amount"])
            return []

        outcome = self._sheets.check(ref, self._chain, comparison, take)
        if terms is not None:
            book.put_refund(terms, ref.descriptor.total("amount"))
        if terms is None or not outcome.sound:
            self._go_public(book.plan, f"refunds in block {ref.height} are damaged")

    def _refund_rules(self, book: Book, ref: SheetRef, terms: RefundTerms) -> list[MutualchainError]:
        try:
            wanted = book.refund_terms(terms.case)
        except MutualchainError as error:
            return [error]
        found: list[MutualchainError] = []
        for name in RefundTerms.__dataclass_fields__:
            stated, computed = getattr(terms, name), getattr(wanted, name)
            if stated != computed:
                text = f"{name} of the refund is not what the round and its case make it"
                found.append(RefundRule(text, value=Difference(computed, stated)))
        rows = book.done[wanted.round].rows
        if ref.descriptor.rows != rows:
            text = "the refund has other rows than its round"
            found.append(RefundRule(text, value=Difference(rows, ref.descriptor.rows)))
        return found

    def _refund_comparison(self, book: Book, terms: RefundTerms, ref: SheetRef, charged: SheetRef) -> Comparison:
        restituted = restituted_slots(book)
        rows = PAGES_PER_BUNDLE * ref.descriptor.schema.page_rows

        def compare(start: int, stop: int) -> RefundRows:
            numbers = range(start // rows, min(-(-stop // rows), charged.descriptor.bundles))
            packed = tuple(self._stored.get(layout.bundle(charged.height, charged.index, number)) for number in numbers)
            return RefundRows(terms, start, charged.descriptor.rows, packed, restituted)

        return compare


def _comparison(book: Book, opened: OpenRound, public: bool) -> Comparison:
    if public:
        exempt = exempt_of(book, opened.covenant, opened.terms.cases)
        sharing = opened.covenant.sharing
        rows = PublicRows(opened.terms.share, opened.waiting, sharing.funding, sharing.cap_year, exempt)
        return lambda start, stop: rows
    return lambda start, stop: Slice.of(opened, start, stop)


def _terms_differ(stated: RoundTerms, announced: RoundTerms) -> list[MutualchainError]:
    """Each figure of a charge sheet's terms that is not the announced one."""
    found: list[MutualchainError] = []
    for name in RoundTerms.__dataclass_fields__:
        mine, told = getattr(stated, name), getattr(announced, name)
        if mine != told:
            text = f"the charge sheet's {name} is not the one that was announced"
            found.append(RoundUnbalanced(text, value=Difference(told, mine)))
    return found
