"""Rounds: a snapshot and its announcement, then the deduction from everybody at once.

Neither holds up others for longer than a commit: the snapshot is taken chunk by chunk while events go on being
recorded, and the charge sheet is hashed and compressed before the write transaction.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence

from ..archive import layout
from ..archive.packing import pack
from ..block.entry import Entry
from ..covenant.acts import RoundOpening
from ..covenant.capture import OpenRound
from ..covenant.rounds import RoundTerms
from ..errors import NoRoundOpen, RoundOpen, RoundUnbalanced
from ..limits import MAX_TOTAL
from ..sheet import SheetBuilder, SheetContext
from .arguments import hashes, whole
from .core import Core, reference_key
from .events import request_digest
from .receipts import Acknowledgement, GroupProofs
from .writer import NewSheet

__all__ = ["open_round", "settle_round"]

_ROWS = 1 << 20
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
        time_ms = max(core.now(), core.writer.state.time_ms + 1)
        core.not_before = max(core.not_before, time_ms)
        capture = book.begin_capture(core.writer.state.size - 1, time_ms)
    try:
        terms = book.terms(capture, chosen, top_up)
        RoundTerms.from_bytes(terms.to_bytes())  # refuses what nobody could read back
        opened = book.open_round(capture, terms)
        entry = RoundOpening(terms).to_entry(plan)
        with core.turn:
            done = core.commit_entry(entry, name, digest, lambda: book.put_open(opened))
    finally:
        with core.turn:
            if book.capture is capture:
                book.cancel_capture()
            core.announced.notify_all()
    return done, terms


def _announced(core: Core, seen: Acknowledgement) -> RoundTerms:
    with core.read() as archive:
        return RoundOpening.from_entry(Entry.from_bytes(archive.entry(seen.height, 0))).terms


def settle_round(core: Core, plan: str, reference: str | bytes, progress: Progress | None) -> Acknowledgement:
    """See :meth:`mutualchain.Ledger.settle_round`."""
    name = reference_key(plan, reference)
    digest = request_digest("settle_round", plan)
    with core.turn:
        seen = core.seen(plan, name, digest)
        if seen is not None:
            return seen
        book = core.book(plan)
        opened = book.open
        if opened is None:
            raise NoRoundOpen("no round is open", value=plan)
        if plan in core.settling:
            raise RoundOpen("the round is being settled already", value=plan, hint="Repeat the call when that is done.")
        result = book.result()
        params = opened.terms.to_bytes()
        context = core.context(plan, "charge/1", params=params)
        core.settling.add(plan)
    try:
        sheet = _charge_sheet(context, opened, params, progress)
        if sheet.descriptor.aggregates != opened.totals():
            raise RoundUnbalanced("the charge sheet does not add up to the round", value=sheet.descriptor.aggregates)
        with core.turn:
            time_ms = core.now()
            record = core.record_of(digest, time_ms, "sheet", 0, rows=opened.rows, slot=0)
            extra = [(layout.reference(name), record)]
            done = core.commit(time_ms, [], [sheet], extra, lambda: book.settle(result))
    finally:
        with core.turn:
            core.settling.discard(plan)
    receipt = GroupProofs(done, [], []).batch(0)  # and none of the rows is kept: they are in the store
    return Acknowledgement(plan, done.height, time_ms, 0, None, opened.rows, _make=lambda: receipt)


def _charge_sheet(context: SheetContext, opened: OpenRound, params: bytes, progress: Progress | None) -> NewSheet:
    """Hash and compress the rows; compression runs beside, because it needs no interpreter lock."""
    tiles: list[tuple[int, int, bytes]] = []
    packer = _Packer()
    try:
        builder = SheetBuilder(
            context,
            on_bundle=lambda _, data: packer.put(data),
            on_tile=lambda level, index, data: tiles.append((level, index, data)),
        )
        done = 0
        for columns in opened.chunks(_ROWS):
            builder.append(columns)
            done += len(columns["amount"])
            if progress is not None:
                progress(done, opened.rows)
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
