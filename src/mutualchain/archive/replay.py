"""The books of all plans, rebuilt from the chain block by block, with every rule that the chain breaks.

The writer runs it on opening, from the last saved state; the auditor from the beginning. Each block's entries
come first, then its sheets as listed. A round's snapshot lies below the block that opens it, so the snapshots' heights
are looked up before the replay begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..block.chain import ENROLMENT
from ..block.entry import CHAIN, Entry, entry_hash
from ..block.header import Header
from ..covenant.acts import Adoption, RoundOpening, act_of
from ..covenant.book import Book
from ..covenant.document import Covenant
from ..covenant.replay import replay_sheet
from ..covenant.rounds import RoundTerms
from ..errors import MutualchainError, NoRoundOpen, PlanExists, RoundUnbalanced, SnapshotError
from ..sheet import Columns, decode
from .reading import Archive, SheetRef

__all__ = ["CHARGE", "Replay", "SheetRows", "Snapshots", "covenants_of", "placed", "read_rows"]

CHARGE = "charge/1"
SheetRows: TypeAlias = Callable[[SheetRef], Iterator[Columns]]
"""Reads (and perhaps verifies) a sheet's rows, a bundle at a time."""


def covenants_of(entries: Sequence[Entry]) -> dict[str, tuple[int, bytes]]:
    """The covenants that a block's entries put in force: plan to (version, hash)."""
    found = {}
    for entry in entries:
        if entry.plan != CHAIN and entry.kind == Adoption.kind:
            act = Adoption.from_entry(entry)
            found[entry.plan] = (act.version, act.hash)
    return found


Snapshots: TypeAlias = dict[int, list[tuple[str, int]]]
"""The heights after which snapshots were taken, each with plans and instants in ms."""


class Replay:
    """Books by plan, and the heights at which snapshots have to be taken (looked up unless they are given)."""

    def __init__(
        self, archive: Archive, books: dict[str, Book] | None = None, snapshots: Snapshots | None = None
    ) -> None:
        self._archive = archive
        self.books: dict[str, Book] = {} if books is None else books
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
        """Take the snapshots of the state after block ``height``."""
        found: list[MutualchainError] = []
        for plan, time_ms in self._snapshots.get(height, []):
            book = self.books.get(plan)
            if book is None:
                found.append(SnapshotError("a snapshot of a plan that does not exist yet", value=plan))
            elif book.capture is None and not (book.open and book.open.terms.snapshot_height == height):
                try:
                    book.begin_capture(height, time_ms)
                except MutualchainError as error:
                    found.append(error)
        return found

    def block(self, height: int, header: Header, entries: Sequence[Entry], rows: SheetRows) -> list[MutualchainError]:
        """Apply a block and return every rule it breaks, each with its place."""
        found: list[MutualchainError] = []
        for index, entry in enumerate(entries):
            if entry.plan != CHAIN:
                errors = self._entry(entry, entry_hash(entry.to_bytes()))
                found += placed(errors, f"block {height}, entry {index}")
        for index, descriptor in enumerate(header.sheets):
            book = self.books.get(descriptor.plan)
            if book is None:
                continue  # the chain's own rules report a sheet without a plan
            ref = SheetRef(height, header.time_ms, index, -1, descriptor)
            errors = self._charge(book, ref, rows) if descriptor.schema.name == CHARGE else self._sheet(book, ref, rows)
            found += placed(errors, f"block {height}, sheet {index}")
        return found + self.snapshots_after(height)

    def _entry(self, entry: Entry, digest: bytes) -> list[MutualchainError]:
        book = self.books.get(entry.plan)
        try:
            act = act_of(entry)
            if isinstance(act, Adoption):
                if book is not None:
                    return [PlanExists("the plan has a covenant already", value=entry.plan)]
                covenant = Covenant.from_bytes(act.covenant)
                self.books[entry.plan] = Book(entry.plan, covenant, act.version)
                return []
            if book is None:
                return []  # reported by the chain's own rules
            if isinstance(act, RoundOpening):
                return self._opening(book, act)
            found: list[MutualchainError] = []
            try:
                book.check(act, digest)
            except MutualchainError as error:
                found.append(error)
            book.apply(act, digest)
            return found
        except MutualchainError as error:
            return [error]

    def _opening(self, book: Book, act: RoundOpening) -> list[MutualchainError]:
        capture = book.capture
        if capture is not None and capture.height != act.terms.snapshot_height:
            capture = None
        return list(book.replay_opening(act, capture))

    def _sheet(self, book: Book, ref: SheetRef, rows: SheetRows) -> list[MutualchainError]:
        schema = ref.descriptor.schema.name
        found: list[MutualchainError] = []
        if schema == ENROLMENT:
            for columns in rows(ref):
                found += replay_sheet(book, schema, columns)
            return found
        parts = list(rows(ref))
        if parts:
            names = parts[0].keys()
            whole: dict[str, NDArray[Any]] = {name: np.concatenate([part[name] for part in parts]) for name in names}
            found += replay_sheet(book, schema, whole)
        return found

    def _charge(self, book: Book, ref: SheetRef, rows: SheetRows) -> list[MutualchainError]:
        if book.open is None:
            return [NoRoundOpen("a charge sheet was recorded without an open round", value=book.plan)]
        found: list[MutualchainError] = []
        terms = RoundTerms.from_bytes(self._archive.params(ref))
        if terms != book.open.terms:
            found.append(RoundUnbalanced("the charge sheet's terms are not those that were announced"))
        descriptor = ref.descriptor
        if descriptor.rows != book.open.rows:
            found.append(
                RoundUnbalanced(f"the sheet has {descriptor.rows} rows where the snapshot had {book.open.rows} slots")
            )
        if descriptor.aggregates != book.open.totals():
            found.append(
                RoundUnbalanced(f"the sheet's totals are {descriptor.aggregates}, computed are {book.open.totals()}")
            )
        start = 0
        for columns in rows(ref):
            found += book.charge_violations(start, columns)
            start += len(columns["amount"])
        result, errors = book.settlement()
        found += errors
        book.settle(result)
        return found


def read_rows(archive: Archive) -> SheetRows:
    """Rows as the store has them, unverified: for the writer's own ledger. Charges are not read at all."""

    def rows(ref: SheetRef) -> Iterator[Columns]:
        descriptor = ref.descriptor
        if descriptor.schema.name == CHARGE:
            return
        for index in range(descriptor.bundles):
            yield decode(descriptor.schema, archive.bundle(ref, index), descriptor.bundle_rows(index))

    return rows


def placed(errors: Sequence[MutualchainError], place: str) -> list[MutualchainError]:
    """``errors``, each with ``place`` before its own."""
    for error in errors:
        error.place = place if error.place is None else f"{place}, {error.place}"
    return list(errors)
