"""What all writes of a ledger share: the lock, the clock, the books, the references, one commit.

``turn`` is held while a block is made, never while a sheet of millions is hashed. Whatever fails before the
durable commit leaves books and chain as they were; a failure that leaves open whether the commit landed closes
the ledger, because only reopening can tell.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..archive import layout
from ..archive.facts_vault import FactsVault
from ..archive.reading import Archive
from ..block.block import BlockSigner
from ..block.chain import ChainState
from ..block.entry import Entry, entry_hash
from ..covenant.book import Book
from ..covenant.institutions import Registry
from ..covenant.stage import Stage
from ..covenant.standing import age_clauses
from ..errors import (
    ClockBehind,
    CommitUncertain,
    LedgerClosed,
    MutualchainError,
    PlanUnknown,
    ReferenceConflict,
    RoundOpen,
    StatementSignatureError,
)
from ..record.receipt import Receipt
from ..sheet import SheetContext, params_hash
from ..sheet import schema as schema_of
from ..store import Store
from .events import ORDER, Event, Grouper, columns_of, pack_flat
from .index import KeyIndex
from .opening import load_index, read_keys
from .receipts import Acknowledgement, GroupProofs, receipt_from_archive
from .references import Recorded, recorded, reference_key
from .writer import BlockWriter, Committed, NewSheet, head_value, make_sheet

__all__ = ["Core", "reference_key", "system_clock"]

_PATIENCE_MS = 2_000
"""How far the clock may stand before the last block's time to be waited for."""
_ANNOUNCEMENT = 60.0
"""Seconds that a withdrawal waits for a round that is being opened; a snapshot of 100 million members takes one."""
_QUIET = 0.02
_PLANS_PER_BLOCK = 16
_TAKING = ("withdrawal/1", "correction/1")


def system_clock() -> int:
    """Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


class Core:
    """The write side's shared state. ``books`` by plan; every method but ``read`` expects ``turn`` to be held."""

    def __init__(
        self,
        store: Store,
        writer: BlockWriter,
        books: dict[str, Book],
        clock: Callable[[], int],
        *,
        background: bool = True,
        registry: Registry | None = None,
        vault: FactsVault | None = None,
    ) -> None:
        """``background`` False: no thread of its own, and checkpoints are stored when the caller flushes."""
        self.background = background
        self.vault = vault
        self.store = store
        self.writer = writer
        self.books = books
        self.registry = Registry() if registry is None else registry
        self.turn = threading.RLock()
        self.grouper = Grouper(self._commit_events, self.turn, self.flush_soon)
        self.announced = threading.Condition(self.turn)
        self.not_before = max((book.now_ms for book in books.values()), default=0)
        self.announcing: set[str] = set()
        self.settling: set[str] = set()
        self.refunding: set[str] = set()
        self.clock = clock
        self._indexes: dict[str, KeyIndex] = {}
        self.closed = False
        self._broken: str | None = None
        self._flusher: threading.Thread | None = None
        self._wake = threading.Event()
        self._ended = threading.Event()

    # --- state ------------------------------------------------------------------------------

    @property
    def chain(self) -> bytes:
        """The chain's identity."""
        return self.writer.state.chain

    def usable(self) -> None:
        """Raises LedgerClosed after ``close`` or a commit whose outcome is unknown."""
        if self._broken is not None:
            raise LedgerClosed(self._broken)

    def break_off(self, reason: str) -> None:
        """No further writes."""
        self._broken = self._broken or reason
        self._ended.set()
        self._wake.set()
        with self.turn:
            self.announced.notify_all()

    def usable_books(self) -> bool:
        """Whether the books stand exactly where the chain does, and no round is being opened on them."""
        captures = [book.capture for book in self.books.values() if book.capture is not None]
        return self._broken is None and all(capture.frozen for capture in captures)

    def join_flusher(self) -> None:
        """Wait for the checkpoint thread, which ends after ``break_off``. Not with ``turn`` held."""
        if self._flusher is not None:
            self._flusher.join()

    def book(self, plan: str) -> Book:
        """A plan's book. Raises PlanUnknown."""
        try:
            return self.books[plan]
        except (KeyError, TypeError):  # a list, say, cannot be looked up at all
            raise PlanUnknown(f"there is no plan {plan!r}", value=plan) from None

    def now(self) -> int:
        """A time for the next block: not before the last one's, never ahead of the clock. Raises ClockBehind.

        Every book is told of it, so ask before anything is held against the covenant: what was in effect before the
        block decides. No later block gets an earlier time.
        """
        least = max(self.writer.state.time_ms, self.not_before)
        patience = time.monotonic() + _PATIENCE_MS / 1000
        while (moment := self.clock()) < least:
            behind = least - moment
            if behind > _PATIENCE_MS or time.monotonic() > patience:  # a clock that stands still is not waited for
                raise ClockBehind(f"the clock stands {behind / 1000:.1f} seconds before the last block", value=least)
            time.sleep(min(behind / 1000, 0.05))
        self.not_before = moment
        for book in self.books.values():
            book.tick(moment, self.writer.state.size - 1)
        return moment

    @contextmanager
    def read(self) -> Iterator[Archive]:
        """A consistent snapshot of everything recorded."""
        with self.store.read() as reader:
            yield Archive(reader, self.vault)

    def index(self, plan: str) -> KeyIndex:
        """The index of a plan's public keys, loaded when it is first needed."""
        index = self._indexes.get(plan)
        if index is None:

            def key_of(slots: NDArray[np.int64]) -> NDArray[np.uint8]:
                with self.read() as archive:
                    return read_keys(archive, plan, slots)

            index = KeyIndex(key_of)
            with self.store.read() as reader:
                load_index(reader, Archive(reader), plan, self.book(plan).slots, index)
            self._indexes[plan] = index
        return index

    def _taken(self, plan: str, key: bytes) -> bool:
        slot, book = self.index(plan).find(key), self.book(plan)
        return key in book.life.keys.used or (slot is not None and not book.may_rejoin(slot))

    # --- references -------------------------------------------------------------------------

    def seen(self, plan: str, reference: bytes, digest: bytes) -> Acknowledgement | None:
        """The first acknowledgement of a repeated reference.

        Raises LedgerClosed, ReferenceConflict for other content.
        """
        self.usable()
        with self.store.read() as reader:
            data = reader.get(layout.reference(reference))
        return None if data is None else self._recall(plan, data, digest)

    def _recall(self, plan: str, data: bytes, digest: bytes) -> Acknowledgement:
        found = recorded(plan, data, digest)
        self.writer.cover()  # the first call may have failed at just this

        def make() -> Receipt:
            with self.turn:
                self.usable()
                self.flush()
            with self.read() as archive:
                return receipt_from_archive(archive, self.chain, found.height, found.kind, found.number, found.row)

        slot, seq = (None if number == -1 else number for number in (found.slot, found.seq))
        name, unknown = found.name or None, not found.aged
        unchecked = age_clauses(self.book(plan).covenant_at(found.time_ms)) if unknown else ()
        return Acknowledgement(plan, found.height, found.time_ms, slot, seq, found.rows, name, unchecked, make)

    def record_of(self, digest: bytes, time_ms: int, kind: str, index: int, **others: Any) -> bytes:
        """What a reference leads to, for the block that comes next; ``others`` are fields of :class:`Recorded`."""
        return pack_flat(list(Recorded(digest, self.writer.state.size, time_ms, kind, index, **others)))

    # --- commits ----------------------------------------------------------------------------

    def commit(
        self,
        time_ms: int,
        entries: Sequence[Entry],
        sheets: Sequence[NewSheet],
        extra: Sequence[tuple[bytes, bytes]],
        apply: Callable[[], None],
        covenants: dict[str, tuple[int, bytes]] | None = None,
        signer: BlockSigner | None = None,
    ) -> Committed:
        """Record a block and then put it in force with ``apply``. Raises as BlockWriter.commit does."""
        self.usable()
        for entry in entries:
            self.registry.check_own(entry)
        before = self.writer.state
        try:
            done = self.writer.commit(time_ms, entries, sheets, extra=extra, covenants=covenants, signer=signer)
            apply()
            for entry in entries:
                self.registry.reserve(entry)
        except BaseException as error:
            # Whatever it was, an interrupt included: books that lag behind the chain must not be worked with.
            if not self._nothing_recorded(before, error):
                self.break_off("a commit was left halfway; what was recorded shows on reopening")
            raise
        self.flush_soon()
        if done.failure is not None:
            raise done.failure
        return done

    def _nothing_recorded(self, before: ChainState, error: BaseException) -> bool:
        """Whether a commit that failed left the store as it was after ``before``, beyond doubt."""
        if isinstance(error, CommitUncertain) or self.writer.state is not before:
            return False
        try:
            return self.store.head() == head_value(before.size, before.previous)
        except MutualchainError:
            return False

    def context(self, plan: str, schema: str, first: int = 0, params: bytes = b"") -> SheetContext:
        """The context of the next sheet of a schema."""
        state = self.writer.state.plans[plan]
        number = dict(state.numbers).get(schema, 0)
        return SheetContext(self.chain, plan, schema_of(schema), number, first, params_hash(params))

    def commit_entry(
        self,
        entry: Entry,
        reference: bytes,
        digest: bytes,
        apply: Callable[[], None],
        covenants: dict[str, tuple[int, bytes]] | None = None,
        signer: BlockSigner | None = None,
        time_ms: int | None = None,
    ) -> Acknowledgement:
        """Record one entry in a block of its own, signed by ``signer`` instead of the block key in force if given.

        ``time_ms`` is what :meth:`now` gave, where rules were asked since.
        """
        time_ms = self.now() if time_ms is None else time_ms
        data = entry.to_bytes()
        name = entry_hash(data)
        record = self.record_of(digest, time_ms, "entry", 0, name=name)
        done = self.commit(time_ms, [entry], [], [(layout.reference(reference), record)], apply, covenants, signer)
        proofs = GroupProofs(done, [name], [data])
        return Acknowledgement(entry.plan, done.height, time_ms, digest=name, _make=lambda: proofs.entry(0))

    def _commit_events(self, events: list[Event]) -> None:
        """Commit a group; every event leaves with a result or an error."""
        try:
            self.usable()
            fresh = self._unseen(events)
            plans = sorted({event.plan for event in fresh})
            for start in range(0, len(plans), _PLANS_PER_BLOCK):
                chosen = set(plans[start : start + _PLANS_PER_BLOCK])
                self._commit_plans([event for event in fresh if event.plan in chosen])
        except MutualchainError as error:
            for event in events:
                if event.result is None and event.error is None:
                    event.error = error
        for event in events:
            twin = event.twin
            if twin is not None:
                event.result, event.error = twin.result, twin.error

    def _unseen(self, events: list[Event]) -> list[Event]:
        """The events that were not recorded before; retries are answered, conflicts refused."""
        fresh: list[Event] = []
        by_reference: dict[bytes, Event] = {}
        with self.store.read() as reader:
            for event in events:
                try:
                    data = reader.get(layout.reference(event.reference))
                    if data is not None:
                        event.result = self._recall(event.plan, data, event.digest)
                        continue
                    twin = by_reference.setdefault(event.reference, event)
                    if twin is event:
                        fresh.append(event)
                    elif twin.digest == event.digest:
                        event.twin = twin
                    else:
                        raise ReferenceConflict("this reference came twice with different content", value=event.plan)
                except MutualchainError as error:
                    event.error = error
        return fresh

    def _commit_plans(self, events: list[Event]) -> None:
        time_ms = self.now()
        stages: dict[str, Stage] = {}
        groups: dict[tuple[int, str], list[Event]] = {}
        keys: dict[str, set[bytes]] = {}
        for event in sorted(events, key=lambda event: ORDER.index(event.schema)):
            try:
                book = self.book(event.plan)
                if event.schema in _TAKING and book.capture is not None and not book.capture.frozen:
                    raise RoundOpen("a round is being opened, and what is free not known yet", hint="Repeat the call.")
                if event.key is not None and (book.life.keys.key_of(event.slot, time_ms) or b"") != event.key:
                    raise StatementSignatureError("the key that signed is not the member's now", value=event.key)
                stage = stages.setdefault(event.plan, Stage(book))
                taken = partial(self._taken, event.plan)
                event.stage(stage, taken, keys.setdefault(event.plan, set()))
            except MutualchainError as error:
                event.error = error
                continue
            groups.setdefault((ORDER.index(event.schema), event.plan), []).append(event)
        if not groups:
            return
        sheets: list[NewSheet] = []
        extra: list[tuple[bytes, bytes]] = []
        for number, ((order, plan), members) in enumerate(sorted(groups.items(), key=lambda item: item[0])):
            layout_, columns = columns_of(ORDER[order], members)
            first = self.book(plan).slots if layout_.dense else 0
            sheets.append(make_sheet(self.context(plan, layout_.name, first), columns))
            for row, event in enumerate(members):
                event.place = (number, row)
                seq = -1 if event.seq is None else event.seq
                place = {"row": row, "slot": event.slot, "seq": seq, "aged": int(event.aged)}
                record = self.record_of(event.digest, time_ms, "row", number, **place)
                extra.append((layout.reference(event.reference), record))
        segments = self._segments(groups)
        extra += [pair for pairs in segments.values() for pair in pairs]

        def apply() -> None:
            for plan, pairs in segments.items():
                self.index(plan).stored([segment for _, segment in pairs])
            for stage in stages.values():
                stage.apply()
            for (order, plan), members in groups.items():
                if ORDER[order] == "enrolment/1":
                    index = self.index(plan)
                    for event in members:
                        key = event.values[0]
                        assert isinstance(key, bytes)
                        index.add(key, event.slot)

        done = self.commit(time_ms, [], sheets, extra, apply)
        proofs = GroupProofs(done, [], [])
        for event in (event for members in groups.values() for event in members):
            sheet, row = event.place
            event.result = Acknowledgement(
                event.plan,
                done.height,
                time_ms,
                event.slot,
                event.seq,
                unchecked=() if event.aged else age_clauses(self.book(event.plan).covenant),
                _make=lambda sheet=sheet, row=row: proofs.row(sheet, row),  # type: ignore[misc]
            )

    def _segments(self, groups: dict[tuple[int, str], list[Event]]) -> dict[str, list[tuple[bytes, bytes]]]:
        """Key-index segments that are due with this commit, by plan."""
        found: dict[str, list[tuple[bytes, bytes]]] = {}
        for order, plan in groups:
            if ORDER[order] == "enrolment/1" and self.index(plan).full:
                index = self.index(plan)
                found[plan] = [
                    (layout.key_segment(plan, index.saved_segments + number), segment)
                    for number, segment in enumerate(index.recent_segment())
                ]
        return found

    # --- checkpoints ------------------------------------------------------------------------

    def flush(self) -> None:
        """Store the newest checkpoint if no block has carried it yet. Raises SignerFailed, StoreError."""
        with self.turn:
            if self._broken is None:
                try:
                    if self.writer.objection() is None:
                        self.writer.cover()
                finally:
                    self.writer.save_checkpoint()

    def await_announcement(self, plan: str) -> None:
        """Wait while a round of ``plan`` is being opened: until its share is known, nobody can say what is free."""
        book = self.book(plan)

        def known() -> bool:
            return book.capture is None or book.capture.frozen or self._broken is not None

        if known():
            return
        with self.turn:
            if not self.announced.wait_for(known, _ANNOUNCEMENT):
                raise RoundOpen("a round is being opened", value=plan, hint="Repeat the call in a moment.")
            self.usable()

    def flush_soon(self) -> None:
        """:meth:`flush` when nothing else has come for a moment."""
        self._wake.set()
        if not self.background:
            return
        if self._flusher is None:
            self._flusher = threading.Thread(target=self._flush_when_quiet, name="mutualchain-checkpoint", daemon=True)
            self._flusher.start()

    def _flush_when_quiet(self) -> None:
        while self._broken is None:
            self._wake.wait()
            while self._wake.is_set():
                self._wake.clear()
                self._ended.wait(_QUIET)
            try:
                self.grouper.push()
                self.flush()
            except MutualchainError:
                continue  # the next block carries it
