"""Rounds: a snapshot and its announcement, then the deduction from everybody at once.

Neither holds up others for longer than a commit: the snapshot is read chunk by chunk while events go on being
recorded, and the charge sheet is hashed and compressed before the write transaction. Rounds of a monthly calendar open
from the snapshot that was frozen on the day of disclosure.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..archive import layout
from ..archive.packing import pack
from ..block.entry import Entry
from ..covenant.acts import RoundOpening
from ..covenant.book import Book
from ..covenant.capture import Capture
from ..covenant.rounds import RoundTerms
from ..errors import NoRoundOpen, RoundOpen, RoundUnbalanced, UsageError
from ..limits import MAX_TOTAL
from ..sheet import Columns, SheetBuilder, SheetContext
from .arguments import hashes, whole
from .core import Core, reference_key
from .events import request_digest
from .receipts import Acknowledgement, GroupProofs
from .writer import NewSheet

__all__ = ["ROWS", "Progress", "build_chunks", "open_round", "settle_round"]

ROWS = 1 << 20
Progress = Callable[[int, int], None]


def open_round(
    core: Core, plan: str, cases: Sequence[bytes], top_up: int, reference: str | bytes
) -> tuple[Acknowledgement, RoundTerms]:
    """See :meth:`mutualchain.Ledger.open_round`."""
    name = reference_key(plan, reference)
    chosen = hashes(cases, "cases")
    whole(top_up, "a top-up", MAX_TOTAL)
    digest = request_digest("open_round", plan, chosen, top_up)
    with core.turn:
        seen = core.seen(plan, name, digest)
        if seen is not None:
            return seen, _announced(core, seen)
        book = core.book(plan)
        if plan in core.announcing:
            raise RoundOpen("a round is being opened already", value=plan, hint="Repeat the call when that is done.")
        time_ms = max(core.now(), core.writer.state.time_ms + 1)
        capture = book.begin_capture(core.writer.state.size - 1, time_ms)
        if not capture.frozen:
            core.not_before = max(core.not_before, time_ms)
        core.announcing.add(plan)
    try:
        terms = book.terms(capture, chosen, top_up)
        RoundTerms.from_bytes(terms.to_bytes())  # refuses what nobody could read back
        opened = book.open_round(capture, terms)
        entry = RoundOpening(terms).to_entry(plan)
        with core.turn:
            time_ms = core.now()
            _unchanged(book, capture, terms)
            done = core.commit_entry(entry, name, digest, lambda: book.put_open(opened), time_ms=time_ms)
    finally:
        with core.turn:
            core.announcing.discard(plan)
            if book.capture is capture and not capture.frozen:
                book.cancel_capture()
            core.announced.notify_all()
    return done, terms


def _unchanged(book: Book, capture: Capture, terms: RoundTerms) -> None:
    """Raises RoundOpen where refunds, cases or the calendar have overtaken terms that were computed meanwhile."""
    shared = all(
        case in book.cases and book.cases[case].aid == aid and book.cases[case].round is None
        for case, aid in terms.shared
    )
    carried = (book.surplus, book.deficit) == (terms.surplus_in, terms.deficit_in)
    if book.capture is not capture or not shared or not carried:
        raise RoundOpen("the plan changed while the round was being opened", value=book.plan, hint="Repeat the call.")


def _announced(core: Core, seen: Acknowledgement) -> RoundTerms:
    with core.read() as archive:
        return RoundOpening.from_entry(Entry.from_bytes(archive.entry(seen.height, 0))).terms


def settle_round(
    core: Core, plan: str, reference: str | bytes, progress: Progress | None, failed: Any = None
) -> Acknowledgement:
    """See :meth:`mutualchain.Ledger.settle_round`."""
    name = reference_key(plan, reference)
    slots = _slots(failed)
    digest = request_digest("settle_round", plan, *([hashlib.sha256(slots.tobytes()).digest()] if len(slots) else []))
    with core.turn:
        seen = core.seen(plan, name, digest)
        if seen is not None:
            return seen
        book = core.book(plan)
        if book.open is None:
            raise NoRoundOpen("no round is open", value=plan)
        if plan in core.settling:
            raise RoundOpen("the round is being settled already", value=plan, hint="Repeat the call when that is done.")
        core.now()
        opened, _, _ = book.open.with_failed(slots)
        result = book.result(opened)
        params = opened.terms.to_bytes()
        context = core.context(plan, "charge/1", params=params)
        core.settling.add(plan)
    try:
        sheet = build_chunks(context, opened.chunks(ROWS), opened.rows, params, progress)
        if sheet.descriptor.aggregates != opened.totals():
            raise RoundUnbalanced("the charge sheet does not add up to the round", value=sheet.descriptor.aggregates)
        with core.turn:
            time_ms = core.now()
            record = core.record_of(digest, time_ms, "sheet", 0, rows=opened.rows, slot=0)
            extra = [(layout.reference(name), record)]
            done = core.commit(time_ms, [], [sheet], extra, lambda: book.settle(result, opened))
    finally:
        with core.turn:
            core.settling.discard(plan)
    receipt = GroupProofs(done, [], []).batch(0)  # and none of the rows is kept: they are in the store
    return Acknowledgement(plan, done.height, time_ms, 0, None, opened.rows, _make=lambda: receipt)


def _slots(failed: Any) -> NDArray[np.int64]:
    """The slots whose collection failed, sorted. Raises UsageError."""
    try:
        slots = np.asarray([] if failed is None else failed)
        if slots.ndim != 1 or (len(slots) and slots.dtype.kind not in "iu"):
            raise ValueError
    except (ValueError, TypeError, OverflowError):
        raise UsageError("failed collections are a list of slots", value=repr(failed)[:40]) from None
    return np.unique(slots.astype(np.int64))


def build_chunks(
    context: SheetContext, chunks: Iterable[Columns], rows: int, params: bytes, progress: Progress | None
) -> NewSheet:
    """Hash and compress a sheet that comes in chunks; compression runs beside, as it needs no interpreter lock."""
    tiles: list[tuple[int, int, bytes]] = []
    packer = _Packer()
    try:
        builder = SheetBuilder(
            context,
            on_bundle=lambda _, data: packer.put(data),
            on_tile=lambda level, index, data: tiles.append((level, index, data)),
        )
        done = 0
        for columns in chunks:
            builder.append(columns)
            done += len(columns["amount"])
            if progress is not None:
                progress(done, rows)
        descriptor = builder.finish()
    finally:
        bundles = packer.finish()
    return NewSheet(descriptor, bundles, tiles, params)


class _Packer:
    """Compresses bundles in order on one other thread, a bounded number ahead."""

    def __init__(self) -> None:
        self._bundles: list[bytes] = []
        self._failure: BaseException | None = None
        self._queue: queue.Queue[bytes | None] = queue.Queue(64)
        self._thread = threading.Thread(target=self._run, name="mutualchain-pack", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (data := self._queue.get()) is not None:
            if self._failure is None:
                try:
                    self._bundles.append(pack(data))
                except Exception as error:  # whatever it is: a queue that nobody empties would block for ever
                    self._failure = error

    def put(self, data: bytes) -> None:
        self._queue.put(data)

    def finish(self) -> list[bytes]:
        """All bundles, compressed; raises what compressing raised."""
        self._queue.put(None)
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._bundles
