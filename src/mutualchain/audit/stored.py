"""The copies that a store keeps beside the chain: log nodes, leaves, plan leaves, indexes.

None of them is signed by itself and all follow from the blocks, so each is computed again and compared. A copy that
differs proves nothing false, but it breaks proofs and records, or makes them incomplete: a finding. So is one
too many, which could stand in the way of a right one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..archive import layout
from ..block.chain import ENROLMENT, ChainState, LogNode, PlanState
from ..block.plan import EventLeaf, SheetLeaf
from ..errors import (
    PublishedMismatch,
    PublishedMissing,
    PublishedTooLarge,
    SealedUnreadable,
    StoreCorrupt,
    StoredCopyMismatch,
)
from ..sheet import Descriptor
from ..store import Reader, prefix_end
from ..tlog.merkle import HASH_SIZE
from .findings import Findings

__all__ = ["NodeTable", "StoredCopies"]

_KINDS = {
    b"B": "blocks",
    b"E": "entries",
    b"P": "params of sheets",
    b"T": "tree tiles",
    b"N": "log nodes",
    b"D": "leaves of the plans' logs of sheets",
    b"V": "leaves of the plans' logs of entries",
    b"Q": "places of numbered sheets",
    b"F": "places of first slots",
    b"A": "plan leaves",
    b"M": "places of members' events",
    b"W": "sorted places of members' events",
}


class NodeTable:
    """The perfect nodes of the block log as they were computed, 64 bytes a block: roots of any size so far."""

    def __init__(self) -> None:
        self._levels: list[bytearray] = []

    def add(self, level: int, node: bytes) -> None:
        """The next node of a level."""
        if level == len(self._levels):
            self._levels.append(bytearray())
        self._levels[level] += node

    def read(self, level: int, index: int) -> bytes:
        """A node that was added: a ``merkle.NodeReader``."""
        return bytes(self._levels[level][index * HASH_SIZE : (index + 1) * HASH_SIZE])


class StoredCopies:
    """Compares copies as the replay comes by, and counts them."""

    def __init__(self, reader: Reader, findings: Findings, not_kept: frozenset[bytes] = frozenset()) -> None:
        """``not_kept`` are the kinds of copies that this place does not have: a published ledger is no store."""
        self._reader = reader
        self._findings = findings
        self._not_kept = not_kept
        self._told: set[tuple[str, str | None]] = set()
        self.counts: dict[bytes, int] = dict.fromkeys(_KINDS, 0)
        self.uncounted: set[bytes] = set()
        """Kinds of which nobody can say how many there should be, because rows or blocks are not known."""

    def get(self, key: bytes) -> bytes | None:
        """A stored value. One that the engine cannot read is a finding, and as good as missing."""
        try:
            return self._reader.get(key)
        except StoreCorrupt as error:
            self._findings.add(error)
            return None
        except (PublishedMissing, PublishedMismatch, PublishedTooLarge, SealedUnreadable) as error:
            if (error.code, error.place) not in self._told:  # one file holds many values
                self._told.add((error.code, error.place))
                self._findings.add(error)
            return None

    def expect(self, key: bytes, value: bytes, what: str, place: str) -> None:
        """One copy: it should be there and be ``value``."""
        if key[:1] in self._not_kept:
            return
        found = self.get(key)
        if found is None:
            self._findings.add(StoredCopyMismatch(f"{what} is missing from the store", place=place), expected=value)
        elif found != value:
            wrong = StoredCopyMismatch(f"{what} is not what the chain gives", place=place)
            self._findings.add(wrong, expected=value, found=found)

    def node(self, node: LogNode) -> None:
        """A completed node of any log."""
        owner = f"plan {node.plan}" if node.plan else "chain"
        place = f"{owner}, log of {node.log}, node {node.level}/{node.index}"
        self.expect(layout.node(node.log, node.plan, node.level, node.index), node.hash, "a log's node", place)

    def plan_leaf(self, state: PlanState, height: int) -> None:
        """A plan's leaf after a block that changed it."""
        data = state.leaf().to_bytes()
        self.counts[b"A"] += 1
        self.expect(layout.plan_leaf(state.plan, height), data, "a plan's leaf", f"block {height}, plan {state.plan!r}")

    def event_leaf(self, plan: str, position: int, leaf: EventLeaf) -> None:
        """A leaf of a plan's log of entries."""
        place = f"block {leaf.height}, entry {leaf.index}"
        self.expect(layout.event_leaf(plan, position), leaf.to_bytes(), "the leaf in the plan's log of entries", place)

    def sheet_leaf(self, height: int, time_ms: int, index: int, position: int, descriptor: Descriptor) -> None:
        """A leaf of a plan's log of sheets, and the places by which a sheet is found."""
        where, plan, at = f"block {height}, sheet {index}", descriptor.plan, position.to_bytes(8, "big")
        leaf = SheetLeaf(height, time_ms, descriptor).to_bytes()
        self.expect(layout.sheet_leaf(plan, position), leaf, "the leaf in the plan's log of sheets", where)
        number = layout.sheet_number(plan, descriptor.schema.name, descriptor.number)
        self.expect(number, at, "the place of a numbered sheet", where)
        if descriptor.schema.name == ENROLMENT:
            self.expect(layout.first_slot(plan, descriptor.first), at, "the place of a first slot", where)

    def sparse_rows(self, plan: str, position: int, slots: NDArray[np.uint32], place: str) -> None:
        """Where each of a sheet's sparse rows is found: row by row, or one sorted segment for all."""
        if b"M" in self._not_kept:
            return
        segment = self.get(layout.event_segment(plan, position))
        if segment is not None:
            order = np.argsort(slots, kind="stable")
            wanted = slots[order].astype("<u4").tobytes() + order.astype("<u4").tobytes()
            self.counts[b"W"] += 1
            if segment != wanted:
                wrong = StoredCopyMismatch("the sorted places of members' events are not those of the rows")
                self._findings.add(wrong, place)
            return
        self.counts[b"M"] += len(slots)
        for row, slot in enumerate(slots.tolist()):
            self.expect(
                layout.event(plan, slot, position, row), b"", "the place of a member's event", f"{place}, row {row}"
            )

    def finish(self, state: ChainState) -> None:
        """Compare how many copies there are with how many there should be: too many are a finding of their own."""
        if self._not_kept:
            return  # of files somewhere else nobody can say how many there are
        self.counts[b"B"] = state.size
        self.counts[b"N"] = _nodes(state.size)
        for plan in state.plans.values():
            numbers = dict(plan.numbers)
            self.counts[b"N"] += _nodes(plan.sheets.size) + _nodes(plan.events.size)
            self.counts[b"D"] += plan.sheets.size
            self.counts[b"Q"] += plan.sheets.size
            self.counts[b"V"] += plan.events.size
            self.counts[b"F"] += numbers.get(ENROLMENT, 0)
        expected, found = {}, {}
        for prefix, wanted in self.counts.items():
            if prefix in self.uncounted:
                continue
            there = sum(1 for _ in self._reader.scan(prefix, prefix_end(prefix)))
            if there > wanted:
                expected[_KINDS[prefix]], found[_KINDS[prefix]] = wanted, there
        if found:
            wrong = StoredCopyMismatch("the store holds more than the chain gives")
            self._findings.add(wrong, "store", expected=expected, found=found)


def _nodes(size: int) -> int:
    """How many perfect nodes a log of ``size`` leaves has."""
    return 2 * size - size.bit_count()
