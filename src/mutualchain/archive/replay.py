"""The books of all plans, rebuilt from the chain block by block, with every rule that the chain breaks.

The writer runs it on opening, from the last saved state; the auditor from the beginning. Every book is told a block's
time first, then come the block's entries, then its sheets as listed. The snapshot of a round by event lies below the
block that opens it, so such snapshots' heights are looked up before the replay begins; those of monthly calendars
follow from the covenant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..block.chain import ENROLMENT
from ..block.entry import CHAIN, Entry, entry_hash
from ..block.header import Header
from ..covenant.acts import Act, Adoption, Amendment, RoundOpening, act_of, chain_act_of
from ..covenant.ballots import BALLOT, replay_ballots
from ..covenant.book import Book
from ..covenant.document import Covenant
from ..covenant.facts import Facts
from ..covenant.institutions import Registry
from ..covenant.members import ARREARS
from ..covenant.notices import BlockNotices
from ..covenant.refunds import RefundTerms
from ..covenant.replay import replay_sheet
from ..covenant.restitution import restituted_slots
from ..covenant.rounds import RoundTerms
from ..errors import (
    ChargeMismatch,
    MutualchainError,
    NoRoundOpen,
    RefundRule,
    RoundUnbalanced,
    SnapshotError,
)
from ..sheet import Columns, decode
from .case_facts import known_of
from .reading import Archive, SheetRef

__all__ = [
    "CHARGE",
    "NOTICE",
    "REFUND",
    "Replay",
    "SheetRows",
    "Snapshots",
    "covenants_of",
    "credited",
    "placed",
    "read_rows",
    "refund_violations",
]

CHARGE = "charge/1"
REFUND = "refund/1"
NOTICE = "notice/1"
_SHOWN = 100
SheetRows: TypeAlias = Callable[[SheetRef], Iterator[Columns]]
"""Reads (and perhaps verifies) a sheet's rows, a bundle at a time."""


def covenants_of(entries: Sequence[Entry]) -> dict[str, tuple[int, bytes]]:
    """The covenants that a block's entries record: plan to (version, hash)."""
    found = {}
    for entry in entries:
        if entry.plan != CHAIN and entry.kind in (Adoption.kind, Amendment.kind):
            kind = Adoption if entry.kind == Adoption.kind else Amendment
            act = kind.from_entry(entry)
            found[entry.plan] = (act.version, act.hash)
    return found


Snapshots: TypeAlias = dict[int, list[tuple[str, int]]]
"""The heights after which snapshots were taken, each with plans and instants in ms."""


class Replay:
    """Books by plan and the registry of institutions; and the heights at which snapshots have to be taken.

    Those are looked up unless they are given. ``own``: the writer's own ledger, whose charge and refund rows are what
    it computed when it wrote them, and are read only where they say something else.
    """

    def __init__(
        self,
        archive: Archive,
        books: dict[str, Book] | None = None,
        snapshots: Snapshots | None = None,
        *,
        registry: Registry | None = None,
        own: bool = False,
    ) -> None:
        self._archive = archive
        self.books: dict[str, Book] = {} if books is None else books
        self.registry = Registry() if registry is None else registry
        self.notices = BlockNotices()
        self._own = own
        self._time_ms = 0
        self._height = -1
        self._snapshots = self._find_snapshots() if snapshots is None else snapshots

    def _find_snapshots(self) -> Snapshots:
        found: Snapshots = {}
        for plan in self._archive.plans():
            if plan == CHAIN:
                continue
            size = self._archive.plan_state(plan, self._archive.size - 1).events_size
            for _, leaf in self._archive.event_leaves(plan, size):
                entry = Entry.from_bytes(self._archive.entry(leaf.height, leaf.index))
                if entry.kind == RoundOpening.kind:
                    terms = RoundOpening.from_entry(entry).terms
                    found.setdefault(terms.snapshot_height, []).append((plan, terms.snapshot_time_ms))
        return found

    def snapshots_after(self, height: int) -> list[MutualchainError]:
        """Take the snapshots of the state after block ``height``, for rounds by event."""
        found: list[MutualchainError] = []
        for plan, time_ms in self._snapshots.get(height, []):
            book = self.books.get(plan)
            if book is None:
                found.append(SnapshotError("a snapshot of a plan that does not exist yet", value=plan))
            elif book.covenant_at(time_ms).calendar.kind == "monthly":
                continue
            elif (book.capture is None or book.capture.frozen) and not (
                book.open and book.open.terms.snapshot_height == height
            ):
                try:
                    book.begin_capture(height, time_ms)
                except MutualchainError as error:
                    found.append(error)
        return found

    # --- blocks -----------------------------------------------------------------------------

    def block(self, height: int, header: Header, entries: Sequence[Entry], rows: SheetRows) -> list[MutualchainError]:
        """Apply a block and return every rule it breaks, each with its place."""
        found: list[MutualchainError] = []
        self.begin_block(height, header.time_ms)
        for index, entry in enumerate(entries):
            errors = self._entry(entry, entry_hash(entry.to_bytes()))
            found += placed(errors, f"block {height}, entry {index}")
        for index, descriptor in enumerate(header.sheets):
            book = self.books.get(descriptor.plan)
            if book is None:
                continue  # the chain's own rules report a sheet without a plan
            ref = SheetRef(height, header.time_ms, index, -1, descriptor)
            found += placed(self._any_sheet(book, ref, rows), f"block {height}, sheet {index}")
        found += placed(self.notices.violations(), f"block {height}")
        return found + self.snapshots_after(height)

    def begin_block(self, height: int, time_ms: int) -> None:
        """A block of this time and height comes: tell every book, and expect the block's own notices."""
        self._height, self._time_ms = height, time_ms
        self.notices = BlockNotices()
        for book in self.books.values():
            book.tick(time_ms, height - 1)

    def _any_sheet(self, book: Book, ref: SheetRef, rows: SheetRows) -> list[MutualchainError]:
        schema = ref.descriptor.schema.name
        if schema == CHARGE:
            return self._charge(book, ref, rows)
        return self._refund(book, ref, rows) if schema == REFUND else self._sheet(book, ref, rows)

    # --- entries ----------------------------------------------------------------------------

    def _entry(self, entry: Entry, digest: bytes) -> list[MutualchainError]:
        """Apply an entry of a plan or of the chain, and return every rule that it breaks."""
        try:
            if entry.plan == CHAIN:
                return self._chain_entry(entry)
            book, act = self.books.get(entry.plan), act_of(entry)
            if isinstance(act, Adoption):
                if book is not None:
                    book.check(act, digest)  # which says that there is a covenant already
                self.books[entry.plan] = Book(
                    entry.plan,
                    Covenant.from_bytes(act.covenant),
                    act.version,
                    registry=self.registry,
                    now_ms=self._time_ms,
                    height=max(self._height, 0),
                )
                return []
            if book is None:
                return []  # reported by the chain's own rules
            return self._opening(book, act) if isinstance(act, RoundOpening) else self._act(book, act, digest)
        except MutualchainError as error:
            return [error]

    def _chain_entry(self, entry: Entry) -> list[MutualchainError]:
        self.registry.reserve(entry)
        act = chain_act_of(entry)
        if act is None:
            self.registry.check_own(entry)
            return []
        found: list[MutualchainError] = []
        try:
            self.registry.check(act)
        except MutualchainError as error:
            found.append(error)
        self.registry.apply(act)
        return found

    def _act(self, book: Book, act: Act, digest: bytes) -> list[MutualchainError]:
        found: list[MutualchainError] = []
        try:
            book.check(act, digest, facts=self._facts(book, act, digest))
        except MutualchainError as error:
            found.append(error)
        book.apply(act, digest)
        self.notices.want(book.plan, book.life.slot_of(act), digest)
        return found

    def _facts(self, book: Book, act: Act, digest: bytes) -> Facts | int | None:
        """What the rules need to know of an act beside the chain, where this reader has it."""
        return known_of(self._archive, book, act, digest)

    def _opening(self, book: Book, act: RoundOpening) -> list[MutualchainError]:
        capture = book.capture
        if capture is not None and capture.height != act.terms.snapshot_height:
            capture = None
        return list(book.replay_opening(act, capture))

    # --- sheets -----------------------------------------------------------------------------

    def _sheet(self, book: Book, ref: SheetRef, rows: SheetRows) -> list[MutualchainError]:
        schema = ref.descriptor.schema.name
        found: list[MutualchainError] = []
        if schema == ENROLMENT:
            for columns in rows(ref):
                found += replay_sheet(book, schema, columns)
            return found
        parts = list(rows(ref))
        if not parts:
            return found
        whole: dict[str, NDArray[Any]] = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        if schema == BALLOT:
            return replay_ballots(book, whole, self._archive.params(ref), self._time_ms)
        if schema == NOTICE:
            self.notices.hold(book.plan, whole)
        return list(replay_sheet(book, schema, whole, partial(credited, self._archive, book)))

    def _charge(self, book: Book, ref: SheetRef, rows: SheetRows) -> list[MutualchainError]:
        opened = book.open
        if opened is None:
            return [NoRoundOpen("a charge sheet was recorded without an open round", value=book.plan)]
        found: list[MutualchainError] = []
        terms = RoundTerms.from_bytes(self._archive.params(ref))
        if terms != opened.terms:
            found.append(RoundUnbalanced("the charge sheet's terms are not those that were announced"))
        descriptor = ref.descriptor
        if descriptor.rows != opened.rows:
            found.append(
                RoundUnbalanced(f"the sheet has {descriptor.rows} rows where the snapshot had {opened.rows} slots")
            )
        failed: list[NDArray[Any]] = []
        if opened.mandate or not self._own:
            start = 0
            for columns in rows(ref):
                found += book.charge_violations(start, columns)
                failed.append(opened.failed_among(start, columns))
                start += len(columns["amount"])
        opened, _, _ = opened.with_failed(np.concatenate([np.zeros(0, np.int64), *failed]))
        if descriptor.aggregates != opened.totals():
            found.append(
                RoundUnbalanced(f"the sheet's totals are {descriptor.aggregates}, computed are {opened.totals()}")
            )
        result, errors = book.settlement(opened)
        found += errors
        book.settle(result, opened)
        return found

    def _refund(self, book: Book, ref: SheetRef, rows: SheetRows) -> list[MutualchainError]:
        found: list[MutualchainError] = []
        terms = RefundTerms.from_bytes(self._archive.params(ref))
        try:
            wanted = book.refund_terms(terms.case)
            if wanted != terms:
                found.append(RefundRule(f"the refund is stated as {terms} and computed as {wanted}"))
            if ref.descriptor.rows != book.done[wanted.round].rows:
                found.append(RefundRule("the refund has other rows than its round", value=ref.descriptor.rows))
        except MutualchainError as error:
            found.append(error)
        restituted = restituted_slots(book)
        charged = iter(()) if self._own or found else rows(self._archive.sheet(book.plan, CHARGE, terms.round))
        start = 0
        for columns in rows(ref):
            paid = next(charged, None)
            if paid is not None:
                found += refund_violations(terms.rows(start, paid["amount"], restituted), start, columns)
            book.refund(terms, start, columns["amount"])
            start += len(columns["amount"])
        book.put_refund(terms, ref.descriptor.total("amount"))
        return found


def refund_violations(wanted: NDArray[np.uint32], start: int, columns: Columns) -> list[MutualchainError]:
    """Rows from slot ``start`` on that do not give back what the round's same rows were charged for the case."""
    at = np.flatnonzero(columns["amount"] != wanted[: len(columns["amount"])])
    return [
        ChargeMismatch(
            f"{int(columns['amount'][row])} is given back where {int(wanted[row])} is computed",
            place=f"slot {start + row}",
            clause="refunds.void",
        )
        for row in at[:_SHOWN].tolist()
    ]


def credited(archive: Archive, book: Book, slot: int, number: int) -> int | None:
    """What the event of ``slot`` with this running number put into her balance; None where it is no such credit."""
    events = archive.events_of(book.plan, slot)
    if not 0 <= number < len(events) or events[number].sheet.descriptor.schema.name != "credit/1":
        return None
    ref, row = events[number].sheet, events[number].row
    columns = decode(ref.descriptor.schema, archive.page(ref, row), 1)
    if int(columns["reason"][0]) == ARREARS and book.covenant.sharing.funding == "mandate":
        return None
    return int(columns["amount"][0])


def read_rows(archive: Archive) -> SheetRows:
    """Rows as the store has them, unverified: for the writer's own ledger."""

    def rows(ref: SheetRef) -> Iterator[Columns]:
        descriptor = ref.descriptor
        for index in range(descriptor.bundles):
            yield decode(descriptor.schema, archive.bundle(ref, index), descriptor.bundle_rows(index))

    return rows


def placed(errors: Sequence[MutualchainError], place: str) -> list[MutualchainError]:
    """``errors``, each with ``place`` before its own."""
    for error in errors:
        error.place = place if error.place is None else f"{place}, {error.place}"
    return list(errors)
