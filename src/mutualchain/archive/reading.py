"""A ledger read: blocks, entries, sheets, plan leaves, proofs, from one consistent snapshot of a store.

An :class:`Archive` lives inside one read transaction. It finds and parses; whether what it finds is true is for
the verifiers to say, who get bytes and proofs from it. What is missing or unreadable is StoreCorrupt, by place.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..block import fields
from ..block.block import Block
from ..block.chain import BLOCKS, EVENTS, SHEETS
from ..block.entry import CHAIN, Entry
from ..block.genesis import Genesis
from ..block.header import Header
from ..block.plan import EventLeaf, PlanLeaf, SheetLeaf
from ..errors import (
    MutualchainError,
    PlanUnknown,
    RecordUnavailable,
    SlotUnknown,
    StoreCorrupt,
    StoreError,
    StoreMissing,
    UnsupportedVersion,
)
from ..limits import MAX_ROWS, PAGES_PER_BUNDLE
from ..sheet import Descriptor, PageProof
from ..store import Reader, prefix_end
from ..tlog import merkle
from . import layout
from .facts_vault import FactsVault
from .log_keys import LogKeys
from .packing import unpack

__all__ = ["Archive", "EventRef", "SheetRef", "readable"]

_EVENT = struct.Struct(">QI")
_Parsed = TypeVar("_Parsed")
_Data = TypeVar("_Data", bytes, str)


def readable(parse: Callable[[_Data], _Parsed], data: _Data, what: str) -> _Parsed:
    """``parse(data)``. Raises StoreCorrupt, with ``what`` as the place, for a stored value that does not parse."""
    try:
        return parse(data)
    except StoreCorrupt as error:
        error.place = error.place or what
        raise
    except (StoreError, UnsupportedVersion):
        raise
    except MutualchainError as error:
        raise StoreCorrupt(f"{what} cannot be read: {error.message}", place=what) from error


@dataclass(frozen=True, slots=True)
class SheetRef:
    """A sheet and where it stands: block, index in the block, position in the plan's log of sheets."""

    height: int
    time_ms: int
    index: int
    position: int
    descriptor: Descriptor


@dataclass(frozen=True, slots=True)
class EventRef:
    """A member's sparse event: its running number, its sheet, its row."""

    seq: int
    sheet: SheetRef
    row: int


class Archive:
    """Reads a ledger through one snapshot. ``size`` is the number of blocks it has.

    With the operator's ``vault`` it opens the facts of cases; without one they are closed.
    """

    at_hand = True

    def __init__(self, reader: Reader, vault: FactsVault | None = None) -> None:
        self._reader = reader
        self._vault = vault
        head = reader.head()
        if head is None or len(head) != 40:
            raise StoreMissing("the store holds no ledger")
        self.size = int.from_bytes(head[:8], "big")
        self.head_hash = head[8:]
        # Caches over functions of the snapshot, not methods of this object: it would never be freed but by a collector.
        self._header = lru_cache(maxsize=512)(lambda height: _read_header(reader, height))
        self._bundle = lru_cache(maxsize=16)(lambda *place: _read_bundle(reader, *place))

    @property
    def reader(self) -> Reader:
        """The snapshot itself, for whoever compares what is stored byte by byte."""
        return self._reader

    # --- blocks -----------------------------------------------------------------------------

    def _need(self, key: bytes, what: str) -> bytes:
        return _need(self._reader, key, what)

    def block(self, height: int) -> bytes:
        """A block's bytes. Raises RecordUnavailable where the chain is not that long."""
        if not 0 <= height < self.size:
            raise RecordUnavailable(f"there is no block {height}: the chain has {self.size}", value=height)
        return _read_block(self._reader, height)

    def header(self, height: int) -> Header:
        """A block's header, parsed; no signature is checked here."""
        if not 0 <= height < self.size:
            raise RecordUnavailable(f"there is no block {height}: the chain has {self.size}", value=height)
        return self._header(height)

    def entries(self, height: int) -> list[bytes]:
        """The entries of a block, in order."""
        count = self.header(height).entry_count
        return [self._need(layout.entry(height, index), f"entry {index} of block {height}") for index in range(count)]

    def entry(self, height: int, index: int) -> bytes:
        """One entry's bytes."""
        return self._need(layout.entry(height, index), f"entry {index} of block {height}")

    def checkpoint(self) -> bytes:
        """The checkpoint to show to others: the newest with a quorum of cosignatures, else the newest signed.

        Raises RecordUnavailable where nothing was signed yet.
        """
        return self.cosigned() or self.signed()

    def cosigned(self) -> bytes | None:
        """The newest checkpoint that the ledger's witnesses have cosigned; None where it has none, or not yet."""
        return self._reader.get(layout.COSIGNED)

    def signed(self) -> bytes:
        """The newest checkpoint that the log has signed. Raises RecordUnavailable where nothing was signed yet."""
        note = self._reader.get(layout.CHECKPOINT)
        if note is None:
            raise RecordUnavailable("the ledger has no signed checkpoint yet")
        return note

    def log_keys(self) -> LogKeys:
        """The keys that have signed this log's checkpoints: genesis's, and what it was changed for since."""
        data = self._reader.get(layout.LOG_KEYS)
        if data is not None:
            return LogKeys.from_bytes(data)
        return readable(LogKeys.first, Genesis.from_entry(Entry.from_bytes(self.entry(0, 0))).log_key, "log keys")

    # --- plans ------------------------------------------------------------------------------

    def plans(self) -> list[str]:
        """The names of all plans, sorted, the chain's own (empty) first."""
        found: list[str] = []
        start, stop = layout.plan_leaves()
        while True:
            pair = next(self._reader.scan(start, stop), None)
            if pair is None:
                return sorted(found)
            name = pair[0][1:].split(b"\0", 1)[0]
            found.append(readable(_plan_name, name, "the name of a plan"))
            start = b"A" + name + b"\x01"

    def plan_leaf(self, plan: str, height: int) -> bytes | None:
        """A plan's leaf after block ``height``; None where it did not exist yet."""
        pair = self._reader.last(layout.plan_leaf(plan, 0), layout.plan_leaf(plan, height + 1))
        return None if pair is None else pair[1]

    def plan_leaves(self, height: int) -> list[tuple[str, bytes]]:
        """Every plan's leaf after block ``height``, sorted by name."""
        leaves = ((plan, self.plan_leaf(plan, height)) for plan in self.plans())
        return [(plan, leaf) for plan, leaf in leaves if leaf is not None]

    def plan_state(self, plan: str, height: int) -> PlanLeaf:
        """A plan's parsed leaf after block ``height``. Raises PlanUnknown."""
        leaf = self.plan_leaf(fields.name(plan, "a plan's name", PlanUnknown), height)
        if leaf is None:
            raise PlanUnknown(f"there is no plan {plan!r}", value=plan)
        return readable(PlanLeaf.from_bytes, leaf, f"state of plan {plan} after block {height}")

    # --- logs -------------------------------------------------------------------------------

    def nodes(self, log: str, plan: str = "") -> merkle.NodeReader:
        """A reader of the perfect nodes of a log: BLOCKS, or a plan's SHEETS or EVENTS."""

        def read(level: int, index: int) -> bytes:
            return self._need(layout.node(log, plan, level, index), f"node {level}/{index} of the log of {log}")

        return read

    def block_proof(self, height: int, size: int) -> tuple[bytes, ...]:
        """Inclusion of block ``height`` in the block log of ``size`` blocks."""
        return merkle.inclusion_proof_from_nodes(self.nodes(BLOCKS), height, size)

    def sheet_proof(self, plan: str, position: int, size: int) -> tuple[bytes, ...]:
        """Inclusion of a leaf in a plan's log of sheets."""
        return merkle.inclusion_proof_from_nodes(self.nodes(SHEETS, plan), position, size)

    def event_proof(self, plan: str, position: int, size: int) -> tuple[bytes, ...]:
        """Inclusion of a leaf in a plan's log of entries."""
        return merkle.inclusion_proof_from_nodes(self.nodes(EVENTS, plan), position, size)

    def event_leaves(self, plan: str, size: int) -> Iterator[tuple[int, EventLeaf]]:
        """(position, leaf) of a plan's log of entries, up to ``size``."""
        for key, data in self._reader.scan(layout.event_leaf(plan, 0), layout.event_leaf(plan, size)):
            position = int.from_bytes(key[-8:], "big")
            yield position, readable(EventLeaf.from_bytes, data, f"entry {position} of plan {plan!r}")

    def entries_of(self, plan: str, size: int, kinds: Sequence[str]) -> Iterator[tuple[int, EventLeaf, bytes]]:
        """(position, leaf, entry) of those of a plan's first ``size`` entries that are of one of ``kinds``."""
        for position, leaf in self.event_leaves(plan, size):
            data = self.entry(leaf.height, leaf.index)
            if Entry.from_bytes(data).kind in kinds:
                yield position, leaf, data

    def sheet_leaf(self, plan: str, position: int) -> bytes:
        """A leaf of a plan's log of sheets, as stored."""
        return self._need(layout.sheet_leaf(plan, position), f"sheet {position} of plan {plan!r}")

    def event_leaf(self, plan: str, position: int) -> bytes:
        """A leaf of a plan's log of entries, as stored."""
        return self._need(layout.event_leaf(plan, position), f"entry {position} of plan {plan!r}")

    def announced(self, ref: SheetRef) -> tuple[int, bytes] | None:
        """Where the entry that announced a charge stands, if that is noted somewhere: it is not; a store is near."""
        return None

    # --- sheets -----------------------------------------------------------------------------

    def sheet_at(self, plan: str, position: int) -> SheetRef:
        """The sheet at a position of the plan's log of sheets."""
        what = f"sheet {position} of plan {plan}"
        leaf = readable(SheetLeaf.from_bytes, self._need(layout.sheet_leaf(plan, position), what), what)
        if leaf.height >= self.size:
            raise StoreCorrupt(f"{what} stands in block {leaf.height}, and there is none", place=what)
        for index, descriptor in enumerate(self.header(leaf.height).sheets):
            if descriptor == leaf.descriptor:
                return SheetRef(leaf.height, leaf.time_ms, index, position, descriptor)
        raise StoreCorrupt(f"block {leaf.height} lacks a sheet of plan {plan}", place=what)

    def sheet(self, plan: str, schema: str, number: int) -> SheetRef:
        """The numbered sheet of a schema."""
        data = self._need(layout.sheet_number(plan, schema, number), f"sheet {schema} number {number} of plan {plan}")
        return self.sheet_at(plan, readable(_position, data, f"place of sheet {schema} number {number} of plan {plan}"))

    def enrolment_of(self, plan: str, slot: int) -> SheetRef:
        """The enrolment sheet that holds ``slot``. Raises SlotUnknown."""
        pair = None
        if 0 <= slot <= MAX_ROWS:
            pair = self._reader.last(layout.first_slot(plan, 0), layout.first_slot(plan, slot) + b"\0")
        if pair is not None:
            ref = self.sheet_at(plan, readable(_position, pair[1], f"enrolments of plan {plan} before slot {slot}"))
            if ref.descriptor.first <= slot < ref.descriptor.first + ref.descriptor.rows:
                return ref
        raise SlotUnknown(f"the plan has no slot {slot}", value=slot)

    def events_of(self, plan: str, slot: int, size: int | None = None) -> list[EventRef]:
        """A member's sparse events in the order of their running numbers.

        ``size`` limits them to the first sheets of the plan's log, e.g. those under a checkpoint.
        """
        places = [_EVENT.unpack(key[-12:]) for key, _ in self._reader.scan(*layout.events(plan, slot))]
        segments = layout.event_segment(plan, 0)
        for key, value in self._reader.scan(segments, prefix_end(segments[:-8])):
            if len(value) % 8:
                raise StoreCorrupt("an index of members' events is damaged", place=f"plan {plan}")
            slots, rows = np.frombuffer(value, "<u4").reshape(2, -1)
            low, high = np.searchsorted(slots, [slot, slot + 1])
            places += [(int.from_bytes(key[-8:], "big"), int(row)) for row in rows[low:high]]
        places.sort()
        if size is not None:
            places = [place for place in places if place[0] < size]
        return [EventRef(seq, self.sheet_at(plan, position), row) for seq, (position, row) in enumerate(places)]

    def slots_with_events(self, plan: str, start: int, stop: int) -> NDArray[np.int64]:
        """The slots from ``start`` to below ``stop`` that had sparse events, sorted."""
        low, high = layout.events(plan, start)[0], layout.events(plan, max(stop - 1, start))[1]
        places = {
            int.from_bytes(key[-_EVENT.size - 4 : -_EVENT.size], "big") for key, _ in self._reader.scan(low, high)
        }
        found = [np.array(sorted(places), np.int64)]
        segments = layout.event_segment(plan, 0)
        for _, value in self._reader.scan(segments, prefix_end(segments[:-8])):
            if len(value) % 8:
                raise StoreCorrupt("an index of members' events is damaged", place=f"plan {plan}")
            slots = np.frombuffer(value, "<u4", len(value) // 8)
            at, to = np.searchsorted(slots, [start, stop])
            found.append(slots[at:to].astype(np.int64))
        result: NDArray[np.int64] = np.unique(np.concatenate(found))
        return result

    def params(self, ref: SheetRef) -> bytes:
        """What a sheet was made for; empty where it has no params."""
        return self._reader.get(layout.params(ref.height, ref.index)) or b""

    def secret(self, ref: SheetRef) -> bytes:
        """The secret of a sealed sheet; only the operator's own store has it."""
        return self._need(layout.secret(ref.height, ref.index), f"secret of sheet {ref.index} of block {ref.height}")

    def facts(self, plan: str, case: bytes) -> bytes | None:
        """The opened facts of a case; None where nobody gave them, they were erased, or no vault is at hand.

        Raises VaultDamaged.
        """
        box = self.facts_box(plan, case)
        return None if box is None or self._vault is None else self._vault.open_facts(plan, case, box)

    def facts_box(self, plan: str, case: bytes) -> bytes | None:
        """The same as they are stored: sealed; None where nobody gave them."""
        return self._reader.get(layout.facts(plan, case))

    def bundle(self, ref: SheetRef, index: int) -> bytes:
        """Up to 256 pages of a sheet, raw."""
        return self._bundle(
            ref.height, ref.index, index, ref.descriptor.bundle_rows(index) * ref.descriptor.schema.row_bytes
        )

    def page(self, ref: SheetRef, index: int) -> bytes:
        """One page's bytes."""
        schema = ref.descriptor.schema
        bundle, at = divmod(index, PAGES_PER_BUNDLE)
        start = at * schema.page_bytes
        return self.bundle(ref, bundle)[
            start : start + schema.rows_in_page(index, ref.descriptor.rows) * schema.row_bytes
        ]

    def tile(self, ref: SheetRef, level: int, index: int) -> bytes:
        """A tile of a sheet's tree."""
        what = f"tile {level}/{index} of sheet {ref.index} of block {ref.height}"
        return self._need(layout.tile(ref.height, ref.index, level, index), what)

    def given(self, ref: SheetRef, index: int) -> PageProof | None:
        """A sealed page that its owner gave: none, as the store has them all."""
        return None

    def prefetch(self, plan: str, slot: int | None = None) -> None:
        """Announce what will be read: nothing to do, as a store is near."""

    def fetch_entries(self, heights: Iterable[int]) -> None:
        """Announce that the entries of these blocks will be read: nothing to do, as a store is near."""

    def chain_entries(self, size: int) -> Iterator[tuple[int, EventLeaf]]:
        """(position, leaf) of the chain's own entries: genesis, block keys, anchors."""
        return self.event_leaves(CHAIN, size)


def _need(reader: Reader, key: bytes, what: str) -> bytes:
    data = reader.get(key)
    if data is None:
        raise StoreCorrupt(f"{what} is missing from the store", place=what)
    return data


def _read_block(reader: Reader, height: int) -> bytes:
    return _need(reader, layout.block(height), f"block {height}")


def _read_header(reader: Reader, height: int) -> Header:
    return readable(Block.from_bytes, _read_block(reader, height), f"block {height}").header


def _read_bundle(reader: Reader, height: int, sheet: int, index: int, size: int) -> bytes:
    what = f"bundle {index} of sheet {sheet} of block {height}"
    packed = _need(reader, layout.bundle(height, sheet, index), what)
    try:
        return unpack(packed, size)
    except StoreCorrupt as error:
        error.place = what
        raise


def _position(data: bytes) -> int:
    if len(data) != 8:
        raise StoreCorrupt("a position in a log is damaged", value=data)
    return int.from_bytes(data, "big")


def _plan_name(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise StoreCorrupt("a plan's name is damaged", value=data) from None
