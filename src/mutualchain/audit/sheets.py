"""A sheet's page bundles and tree tiles, held against its root and against each other.

Bundles go in ranges to an executor, or are checked here; a few ranges are under way at once, so memory does not grow
with the sheet. Root, bundles and tiles are three accounts of the same rows: where they disagree, the two that lead to
the signed root say which one is damaged, and of a damaged bundle which pages.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..archive import layout
from ..archive.reading import SheetRef
from ..covenant.book import Difference
from ..errors import MutualchainError, SheetProofError, StoreCorrupt, StoredCopyMismatch
from ..limits import PAGES_PER_BUNDLE
from ..sheet import Columns, RangeSummary, Schema, combine_ranges
from ..sheet.tree import TILE_HEIGHT, Folder, TreeBuilder
from .findings import Breach, Findings
from .ranges import Corrections, PublicRows, RangeResult, RangeTask, RefundRows, Slice, check_range
from .stored import StoredCopies

__all__ = ["Comparison", "Outcome", "SheetAudit", "Taker"]

_TASK_BYTES: Final = 8 << 20
"""Inflated bytes of one range: a few milliseconds of work, so that an executor's own cost does not show."""
_AHEAD: Final = 8
"""Ranges under way at once: 64 MiB inflated, if all were at the same time."""

_TRIED: Final = 8
"""Bundles that differ from their tiles, up to which every combination is tried: 256."""
_CORRECTED: Final = 1 << 20
"""Charge rows that differ and whose difference is carried on: 16 MiB of them."""

Comparison = Callable[[int, int], Slice | PublicRows | RefundRows]
"""What the rows from one number to another should be."""
Taker = Callable[[int, Columns | None], list[MutualchainError]]
"""Takes the rows from a bundle on (None: unreadable) and returns the rules that they break."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the rows were there at all, and whether each of them is proven to be what was signed.

    ``corrections`` are what proven rows charge beyond what they should; None where they are too many to keep.
    ``failed`` are the slots from which a proven charge says that it could not be collected.
    """

    absent: bool
    sound: bool
    corrections: tuple[Corrections, ...] | None = ()
    failed: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(slots=True)
class _Work:
    """A sheet being checked: records of its bundles, and what is wrong so far."""

    ref: SheetRef
    chain: bytes
    place: str
    tops: list[bytes | None] = field(default_factory=list)
    odd: dict[int, bytes] = field(default_factory=dict)
    unreadable: set[int] = field(default_factory=set)
    broken: list[tuple[int, list[MutualchainError]]] = field(default_factory=list)
    corrections: list[tuple[int, Corrections]] = field(default_factory=list)
    corrected: int = 0
    failed: list[tuple[int, NDArray[np.int64]]] = field(default_factory=list)

    @property
    def schema(self) -> Schema:
        return self.ref.descriptor.schema


class SheetAudit:
    """Checks sheets one after the other."""

    def __init__(
        self, findings: Findings, stored: StoredCopies, executor: Executor | None, progress: Progress | None
    ) -> None:
        self.hashed = 0
        self._findings = findings
        self._stored = stored
        self._executor = executor
        self._progress = progress

    def check(self, ref: SheetRef, chain: bytes, compare: Comparison | None, take: Taker | None) -> Outcome:
        """Check all of a sheet. ``take`` gets every part of its rows in order, before the whole is proven.

        What the rows themselves break is reported only of rows that are proven: others were never signed.
        """
        place = f"block {ref.height}, sheet {ref.index}"
        work = _Work(ref, chain, place)
        self._stored.counts[b"T"] += _tiles(ref)
        secret = None
        if ref.descriptor.schema.sealed:
            secret = self._stored.get(layout.secret(ref.height, ref.index))
            if secret is not None and len(secret) != 32:
                self._findings.add(StoreCorrupt("the sheet's secret is not 32 bytes", place=place), found=secret)
                secret = None
            first = self._stored.get(layout.bundle(ref.height, ref.index, 0)) if secret is not None else None
            if first is None and (secret is None or _bundles(ref) == 1):
                self._tiles_alone(work)
                return Outcome(absent=True, sound=False)
        for result in self._run(self._tasks(work, secret, compare)):
            self._collect(work, result, take)
            if self._progress is not None:
                rows = min(len(work.tops) * PAGES_PER_BUNDLE * work.schema.page_rows, ref.descriptor.rows)
                self._progress("rows", rows, ref.descriptor.rows)
        return self._conclude(work)

    # --- ranges -----------------------------------------------------------------------------

    def _tasks(self, work: _Work, secret: bytes | None, compare: Comparison | None) -> Iterator[RangeTask]:
        descriptor, height, index = work.ref.descriptor, work.ref.height, work.ref.index
        rows = PAGES_PER_BUNDLE * descriptor.schema.page_rows
        step = max(1, _TASK_BYTES // (rows * descriptor.schema.row_bytes))
        total = _bundles(work.ref)
        for start in range(0, total, step):
            numbers = range(start, min(start + step, total))
            yield RangeTask(
                descriptor,
                work.chain,
                start,
                tuple(self._stored.get(layout.bundle(height, index, number)) for number in numbers),
                tuple(self._stored.get(layout.tile(height, index, 0, number)) for number in numbers),
                secret,
                None if compare is None else compare(start * rows, min(numbers.stop * rows, descriptor.rows)),
            )

    def _run(self, tasks: Iterator[RangeTask]) -> Iterator[RangeResult]:
        """Results in the order of tasks, a bounded number of them under way."""
        first = next(tasks)
        second = next(tasks, None)
        if second is None or self._executor is None:
            yield check_range(first)
            if second is not None:
                yield check_range(second)
                yield from map(check_range, tasks)
            return
        running: deque[Future[RangeResult]] = deque()
        for task in (first, second):
            running.append(self._executor.submit(check_range, task))
        for task in tasks:
            if len(running) >= _AHEAD:
                yield running.popleft().result()
            running.append(self._executor.submit(check_range, task))
        while running:
            yield running.popleft().result()

    def _collect(self, work: _Work, result: RangeResult, take: Taker | None) -> None:
        self.hashed += result.hashed
        faulty = {fault.bundle: fault.error for fault in result.faults}
        for at, top in enumerate(result.tops):
            bundle = result.start + at
            if top is None:
                error = faulty.get(bundle) or StoreCorrupt("the page bundle is missing from the store")
                self._findings.add(error, f"{work.place}, bundle {bundle}", breach=Breach.DATA)
                work.unreadable.add(bundle)
        work.tops += result.tops
        work.odd.update((odd.bundle, odd.records) for odd in result.odd)
        work.broken += [(bundle, list(errors)) for bundle, errors in result.wrong]
        work.failed += result.failed
        work.corrected += sum(len(slots) for _, (slots, _) in result.corrections)
        if work.corrected <= _CORRECTED:
            work.corrections += result.corrections
        if take is None:
            return
        parts = {part.bundle: part.columns for part in result.parts}
        if work.schema.sealed:
            if parts:
                first = min(parts)
                whole = [parts[bundle] for bundle in sorted(parts)]
                joined = {name: np.concatenate([part[name] for part in whole]) for name in parts[first]}
                work.broken.append((first, take(first, joined)))
            return
        for bundle in range(result.start, result.start + len(result.tops)):
            work.broken.append((bundle, take(bundle, parts.get(bundle))))

    # --- what the three accounts say ---------------------------------------------------------

    def _conclude(self, work: _Work) -> Outcome:
        chosen, error = self._agree(work)
        if chosen is None:
            self._findings.add(error, work.place, breach=Breach.DATA)
            return Outcome(absent=False, sound=False)
        bad = set(work.unreadable)
        for bundle, leaves in sorted(work.odd.items()):
            if chosen[bundle] == work.tops[bundle]:
                self._bad_tile(work, 0, bundle, leaves)
            else:
                bad.add(bundle)
                self._bad_pages(work, bundle, leaves)
        self._upper_tiles(work, chosen)
        if bad and work.schema.sealed:
            return Outcome(absent=False, sound=False)
        for bundle, errors in work.broken:
            if bundle not in bad:
                self._findings.extend(errors, work.place)
        failed = np.concatenate([np.zeros(0, np.int64), *(item for at, item in work.failed if at not in bad)])
        if work.corrected > _CORRECTED:
            return Outcome(absent=False, sound=not bad, corrections=None, failed=failed)
        kept = tuple(item for bundle, item in work.corrections if bundle not in bad)
        return Outcome(absent=False, sound=not bad, corrections=kept, failed=failed)

    def _tiles_alone(self, work: _Work) -> None:
        """Of rows that are not here, the tiles may be: then they lead to the root."""
        if self._stored.get(layout.tile(work.ref.height, work.ref.index, 0, 0)) is None:
            return
        work.tops = [None] * _bundles(work.ref)
        work.unreadable = set(range(len(work.tops)))
        chosen, _ = self._agree(work)
        if chosen is None:
            wrong = StoredCopyMismatch("the tree tiles do not lead to the sheet's root", place=work.place)
            self._findings.add(wrong, expected=work.ref.descriptor.root)
        else:
            self._upper_tiles(work, chosen)

    def _agree(self, work: _Work) -> tuple[list[bytes] | None, MutualchainError]:
        """The bundles' records that lead to the root: as computed, or where need be as the tiles have them."""
        from_tiles = {bundle: self._tile_top(work, bundle) for bundle in {*work.odd, *work.unreadable}}
        failure: MutualchainError = SheetProofError("neither bundles nor tiles lead to the sheet's root")
        for attempt, doubted in enumerate(self._doubts(work)):
            tops = []
            for bundle, top in enumerate(work.tops):
                other = from_tiles.get(bundle)
                tops.append(other if other is not None and (top is None or bundle in doubted) else top)
            whole = [top for top in tops if top is not None]
            if len(whole) < len(tops):
                break
            try:
                combine_ranges(work.ref.descriptor, work.chain, [RangeSummary(0, len(whole), b"".join(whole))])
            except MutualchainError as error:
                failure = error if attempt == 0 else failure
            else:
                return whole, failure
        return None, failure

    def _doubts(self, work: _Work) -> Iterator[set[int]]:
        """Which bundles to take from the tiles, the likeliest first: none, all that differ, then some of them."""
        odd = sorted(work.odd)
        yield set()
        if odd:
            yield set(odd)
            yield {bundle for bundle in odd if self._upper_record(work, bundle) != work.tops[bundle]}
        if 1 < len(odd) <= _TRIED:
            for choice in product((False, True), repeat=len(odd)):
                yield {bundle for bundle, doubted in zip(odd, choice, strict=True) if doubted}

    def _tile_top(self, work: _Work, bundle: int) -> bytes | None:
        """The topmost record over a stored tile of leaves, if it has as many as the bundle."""
        schema = work.schema
        pages = min(PAGES_PER_BUNDLE, work.ref.descriptor.pages - bundle * PAGES_PER_BUNDLE)
        data = self._stored.get(layout.tile(work.ref.height, work.ref.index, 0, bundle))
        if data is None or len(data) != pages * schema.record_bytes:
            return None
        records = np.frombuffer(data, np.uint8).reshape(pages, schema.record_bytes)
        try:
            return Folder(schema).levels(records, 0)[-1].tobytes()
        except MutualchainError:
            return None

    def _upper_record(self, work: _Work, bundle: int) -> bytes | None:
        """What the stored tile above says of a bundle."""
        size = work.schema.record_bytes
        index, at = divmod(bundle, PAGES_PER_BUNDLE)
        data = self._stored.get(layout.tile(work.ref.height, work.ref.index, TILE_HEIGHT, index))
        return None if data is None else data[at * size : (at + 1) * size]

    def _upper_tiles(self, work: _Work, chosen: list[bytes]) -> None:
        """Hold the tiles above the leaves against the tree."""
        descriptor, schema = work.ref.descriptor, work.schema
        full = descriptor.pages // PAGES_PER_BUNDLE
        records = np.frombuffer(b"".join(chosen), np.uint8).reshape(-1, schema.record_bytes)

        def compare(level: int, index: int, data: bytes) -> None:
            if self._stored.get(layout.tile(work.ref.height, work.ref.index, level, index)) != data:
                self._bad_tile(work, level, index, data)

        tree = TreeBuilder(schema, compare)
        tree.add(records[:full], TILE_HEIGHT)
        tree.finish(records[full:])

    def _bad_tile(self, work: _Work, level: int, index: int, wanted: bytes) -> None:
        found = self._stored.get(layout.tile(work.ref.height, work.ref.index, level, index))
        place = f"{work.place}, tile {level}/{index}"
        what = "is missing from the store" if found is None else "is not the one that the rows give"
        size = work.schema.record_bytes
        at = next(
            (at for at in range(0, len(wanted), size) if (found or b"")[at : at + size] != wanted[at : at + size]), 0
        )
        wrong = StoredCopyMismatch(f"the tree tile {what}", place=f"{place}, node {at // size}")
        self._findings.add(wrong, expected=wanted[at : at + size], found=(found or b"")[at : at + size])

    def _bad_pages(self, work: _Work, bundle: int, leaves: bytes) -> None:
        """Name each page of a damaged bundle, and the row in it that shows, if one does."""
        tile = self._stored.get(layout.tile(work.ref.height, work.ref.index, 0, bundle)) or b""
        size, schema, first = work.schema.record_bytes, work.schema, work.ref.descriptor.first
        rows = _rows_by_page(work, bundle)
        for at in range(len(leaves) // size):
            mine, signed = leaves[at * size : (at + 1) * size], tile[at * size : (at + 1) * size]
            if mine == signed:
                continue
            page = bundle * PAGES_PER_BUNDLE + at
            start = first + page * schema.page_rows
            stop = start + schema.rows_in_page(page, work.ref.descriptor.rows)
            what = f"slots {start} to {stop - 1}" if schema.dense else f"row {page}"
            place = f"{work.place}, page {page} ({what})"
            wrong = SheetProofError("the page is not the one that the sheet's root commits to")
            shown = next((rows[slot] for slot in range(start, stop) if slot in rows), None)
            if shown is None:
                self._findings.add(wrong, place, expected=signed[-32:], found=mine[-32:], breach=Breach.DATA)
            else:
                row, difference = shown
                where = f"{place}, {row}"
                self._findings.add(
                    wrong, where, expected=difference.expected, found=difference.found, breach=Breach.DATA
                )


def _rows_by_page(work: _Work, bundle: int) -> dict[int, tuple[str, Difference]]:
    """The rows of a bundle that are not what they should be, by slot."""
    found = {}
    for number, errors in work.broken:
        for error in errors if number == bundle else ():
            if isinstance(error.value, Difference) and (error.place or "").startswith("slot "):
                found[int((error.place or "")[5:])] = (error.place or "", error.value)
    return found


def _bundles(ref: SheetRef) -> int:
    return -(-ref.descriptor.pages // PAGES_PER_BUNDLE)


def _tiles(ref: SheetRef) -> int:
    """How many tiles a sheet's tree has: on each level that is kept, one for 256 complete subtrees or fewer."""
    found, complete = 0, ref.descriptor.pages
    while complete:
        found += -(-complete // PAGES_PER_BUNDLE)
        complete //= PAGES_PER_BUNDLE
    return found
