"""A published ledger read from a folder or a server, verifying all that it returns.

    with open_published("https://example.org/ledger", trust) as archive:
        record = build_record(archive, "demo", slot)

The checkpoint is opened with the trust file, the head proven under it, the plans' leaves under the head; from there
every leaf of a log, every entry, page and tile is proven before it is returned. A server can withhold, and show an
old state that was true (whoever judges the checkpoint's age finds out); it cannot make anything up.

It learns no more of a member than which 256 slots hers is among: where a file would say more (enrolments of a few, a
round that began to count her), what concerns the other slots of her 256 is fetched too. See ``prefetch``.

Sealed rows are not published. A member's credits, withdrawals and notices come from her earlier record or her
receipts, as ``events``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..block.chain import SHEETS
from ..block.plan import SheetLeaf
from ..errors import (
    PublishedMissing,
    RecordUnavailable,
    SlotUnknown,
)
from ..limits import (
    MAX_PUBLISHED_CARD,
)
from ..sheet import Descriptor, PageProof, verify_page
from ..tlog.tiles import TILE_WIDTH
from ..tlog.trust import TrustFile
from . import published_layout as layout
from .published_sheets import PublishedSheets, packed_size
from .published_source import Files, Limits, Source, source_of
from .reading import EventRef, SheetRef

__all__ = ["GivenEvent", "PublishedArchive", "open_published"]

ENROLMENT, CHARGE, REFUND = "enrolment/1", "charge/1", "refund/1"
GROUP = 256
"""Slots among which a server cannot tell a member."""


@dataclass(frozen=True, slots=True)
class GivenEvent:
    """A sealed row that its owner has: the block of its sheet, the sheet, the page with its salt and path."""

    height: int
    descriptor: Descriptor
    proof: PageProof


def open_published(
    source: Path | str | Source,
    trust: TrustFile,
    *,
    origin: str | None = None,
    cache: Path | None = None,
    events: Sequence[GivenEvent] = (),
    limits: Limits | None = None,
) -> PublishedArchive:
    """The ledger published at a folder or an ``http(s)`` prefix, under its newest checkpoint.

    ``origin`` is the log that is expected where ``trust`` names several; ``cache`` a folder that keeps what was
    fetched; ``events`` a member's own sealed rows. Raises what opening the checkpoint raises (MC-022 and following),
    PublishedMissing, PublishedMismatch, PublishedTooLarge, SourceUnreachable, UsageError for an address of another
    kind, RecordUnavailable where nothing was published yet.
    """
    limits = limits or Limits()
    opened = source_of(source, limits) if isinstance(source, (str, Path)) else source
    files = Files(opened, limits, cache)
    try:
        return PublishedArchive(files, trust, origin, events)
    except BaseException:
        files.close()
        raise


class PublishedArchive(PublishedSheets):
    """Reads a published ledger; what :class:`~mutualchain.archive.reading.Archive` is to a store. For one thread."""

    def __init__(
        self, files: Files, trust: TrustFile, origin: str | None = None, events: Sequence[GivenEvent] = ()
    ) -> None:
        super().__init__(files, trust, origin)
        self._given = sorted(events, key=lambda event: (event.height, event.descriptor.number, event.proof.index))

    def __enter__(self) -> PublishedArchive:
        return self

    # --- members ------------------------------------------------------------------------------

    def enrolment_of(self, plan: str, slot: int) -> SheetRef:
        """The enrolment sheet that holds ``slot``. Raises SlotUnknown."""
        state = self._state(plan)
        if not 0 <= slot < state.slots:
            raise SlotUnknown(f"the plan has no slot {slot}", value=slot)
        return next(ref for ref in self._group(plan, slot) if slot < ref.descriptor.first + ref.descriptor.rows)

    def _group(self, plan: str, slot: int) -> list[SheetRef]:
        """The enrolment sheets of all 256 slots among which this one is, in order."""
        low = slot // GROUP * GROUP
        high = min(low + GROUP, self._state(plan).slots) - 1
        first, place = self._enrolment_number(plan, low)
        last, _ = self._enrolment_number(plan, high)
        self._fetch_cards(plan, ENROLMENT, range(first, last + 1))
        found = [self.sheet(plan, ENROLMENT, number) for number in range(first, last + 1)]
        ends = [ref.descriptor.first + ref.descriptor.rows for ref in found]
        if not found or found[0].descriptor.first > low or ends[-1] <= high:
            raise self._wrong(f"the index of enrolments does not lead to slot {slot}", place, slot)
        return [ref for ref, end in zip(found, ends, strict=True) if end > low]

    def _enrolment_number(self, plan: str, slot: int) -> tuple[int, str]:
        """Where the index says that the slot was enrolled, and the file that says so."""
        counts = layout.slot_levels(self._state(plan).next_number(ENROLMENT))
        number, path = 0, ""
        for level in range(len(counts) - 1, -1, -1):
            width = min(TILE_WIDTH, counts[level] - number * TILE_WIDTH)
            if level == len(counts) - 1:
                path, data = self._plan_head_place(plan), self.plan_head(plan).slots
                if len(data) != 4 * width:
                    raise self._wrong("the index of enrolments is cut off", path, len(data))
            else:
                path, data = layout.slots(plan, level, number, width), self._slots(plan, level, number, width)
            firsts = [int.from_bytes(data[at : at + 4], "big") for at in range(0, 4 * width, 4)]
            before = [at for at, first in enumerate(firsts) if first <= slot]
            if not before:
                raise self._wrong(f"the index of enrolments does not lead to slot {slot}", path, slot)
            number = number * TILE_WIDTH + before[-1]
        return number, path

    def _slots(self, plan: str, level: int, index: int, width: int) -> bytes:
        path = layout.slots(plan, level, index, width)
        try:
            data = self._files.get(path, 4 * TILE_WIDTH)
        except PublishedMissing:  # cleaned away: the full one begins alike
            if width == TILE_WIDTH:
                raise
            data = self._files.get(layout.slots(plan, level, index, TILE_WIDTH), 4 * TILE_WIDTH)
        if len(data) not in (4 * width, 4 * TILE_WIDTH):
            raise self._wrong("the index of enrolments is cut off", path, len(data))
        return data

    def events_of(self, plan: str, slot: int, size: int | None = None) -> list[EventRef]:
        """A member's own sealed rows, of those that were given. Raises RecordUnavailable where a round counts more."""
        found = []
        for given in self._given:
            if given.descriptor.plan != plan or not given.descriptor.schema.sealed or given.height >= self.size:
                continue  # another's, or newer than the checkpoint
            ref = self._given_sheet(given)
            row = int(verify_page(ref.descriptor, self.chain, given.proof).columns["slot"][0])
            if row == slot and (size is None or ref.position < size):
                self._pages[plan, ref.position, given.proof.index] = given.proof
                found.append((ref.position, given.proof.index, ref))
        places = {(position, index): ref for position, index, ref in found}
        needed = self._counted(plan, slot)
        if len(places) < needed:
            raise RecordUnavailable(
                f"the rounds count {needed} credits, withdrawals and notices of slot {slot}; {len(places)} were given",
                value=slot,
                hint="They are not published. Give your earlier record and the receipts since then, or ask the "
                "operator for a record.",
            )
        return [EventRef(seq, places[place], place[1]) for seq, place in enumerate(sorted(places))]

    def _counted(self, plan: str, slot: int) -> int:
        """How many sealed rows of hers all rounds together count."""
        total = 0
        for number in range(self._state(plan).next_number(CHARGE)):
            ref = self.sheet(plan, CHARGE, number)
            if slot < ref.descriptor.rows:
                _, page = self._verified(ref, slot // ref.descriptor.schema.page_rows)
                total += int(page.columns["events"][slot - page.first_row])
        return total

    def _given_sheet(self, given: GivenEvent) -> SheetRef:
        """Where the sheet of a given row stands: the log is sorted by height."""
        log = self._log(SHEETS, given.descriptor.plan)
        low, high = 0, log.size
        while low < high:
            middle = (low + high) // 2
            if SheetLeaf.from_bytes(log.entry(middle)).height < given.height:
                low = middle + 1
            else:
                high = middle
        while low < log.size:
            ref = self.sheet_at(given.descriptor.plan, low)
            if ref.height != given.height:
                break
            if ref.descriptor == given.descriptor:
                return ref
            low += 1
        raise RecordUnavailable("a given row is of a sheet that this ledger does not have", value=given.height)

    # --- fetching at once ---------------------------------------------------------------------

    def prefetch(self, plan: str, slot: int | None = None) -> None:
        """Fetch what a record will need at once: the rounds of a plan or, with ``slot``, a member's rows.

        Of every sheet that holds any of the 256 slots around hers it takes the files of all of these.
        """
        dense = {schema: range(self._state(plan).next_number(schema)) for schema in (CHARGE, REFUND)}
        for schema, numbers in dense.items():
            self._fetch_cards(plan, schema, numbers)
        if slot is None:
            return
        low = slot // GROUP * GROUP
        wanted: list[tuple[str, int]] = []
        rounds = (self.sheet(plan, schema, number) for schema, numbers in dense.items() for number in numbers)
        for ref in (*self._group(plan, slot), *rounds):
            start, end = low - ref.descriptor.first, low + GROUP - ref.descriptor.first
            if start < ref.descriptor.rows and end > 0:
                wanted += self._row_files(ref.descriptor, max(start, 0), min(end, ref.descriptor.rows) - 1)
        self._files.prefetch(wanted)

    def _fetch_cards(self, plan: str, schema: str, numbers: range) -> None:
        paths = [layout.card(plan, schema, number) for number in numbers]
        self._files.prefetch((path, MAX_PUBLISHED_CARD) for path in paths if path not in self._cards)

    def _row_files(self, descriptor: Descriptor, first: int, last: int) -> Iterator[tuple[str, int]]:
        """The files of pages that hold the rows ``first`` to ``last``; with each comes the path to the root."""
        if layout.inline(descriptor):
            return
        schema = descriptor.schema
        pages = (first // schema.page_rows, last // schema.page_rows)
        for index in range(pages[0] // layout.pages_per_file(schema), pages[1] // layout.pages_per_file(schema) + 1):
            yield layout.piece(descriptor, index), packed_size(layout.piece_size(descriptor, index))
