"""What is left where a block cannot be relied on: the plans' own logs, stored leaves and nodes, the next block.

None of it is trusted for good: what the replay goes on with is held against the next signed header, and the log's
root against the checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..archive import layout
from ..archive.reading import Archive
from ..block.block import Block, block_hash
from ..block.chain import BLOCKS, EVENTS, SHEETS, ChainState, PlanState
from ..block.entry import CHAIN, entries_root
from ..block.header import ZERO_HASH, Header
from ..block.plan import EventLeaf, PlanLeaf, SheetLeaf
from ..errors import MutualchainError
from ..limits import MAX_ENTRIES_PER_BLOCK
from ..sheet import Descriptor
from ..tlog.merkle import HASH_SIZE, frontier_from_nodes, leaf_hash, root
from .stored import StoredCopies

__all__ = ["Recovery", "StoredPlans"]

_ORDER = ("enrolment/1", "withdrawal/1", "exit/1", "credit/1", "notice/1", "ballot/1", "charge/1")
"""The order of a block's sheets: it matters only where a lost block held sheets of several plans."""


@dataclass(frozen=True, slots=True)
class StoredPlans:
    """Plan states put together from stored leaves and nodes."""

    plans: Mapping[str, PlanState]

    def signed_by(self, stated: tuple[int, bytes] | None) -> bool:
        """Whether these are the plans that a header commits to, as (count, root)."""
        hashes = Recovery.leaf_hashes(self.plans)
        return stated == (len(hashes), root([hashes[plan] for plan in sorted(hashes)]))


class Recovery:
    """Looks for second copies. Everything returns None or nothing where there is none."""

    def __init__(self, archive: Archive, stored: StoredCopies) -> None:
        self._archive = archive
        self._stored = stored

    @staticmethod
    def leaf_hashes(plans: Mapping[str, PlanState]) -> dict[str, bytes]:
        """The hash of each plan's leaf."""
        return {name: leaf_hash(plan.leaf().to_bytes()) for name, plan in plans.items()}

    def count_entries(self, height: int) -> int:
        """How many entries of a block are stored, without a gap."""
        for index in range(MAX_ENTRIES_PER_BLOCK):
            if self._stored.get(layout.entry(height, index)) is None:
                return index
        return MAX_ENTRIES_PER_BLOCK

    def changed_plans(self, height: int) -> frozenset[str]:
        """The plans that have a stored leaf of this very block."""
        try:
            plans = self._archive.plans()
        except (MutualchainError, UnicodeDecodeError):
            return frozenset()
        return frozenset(plan for plan in plans if self._stored.get(layout.plan_leaf(plan, height)) is not None)

    def entries(self, state: ChainState, height: int) -> dict[int, tuple[str, EventLeaf]]:
        """The entries of a block as the plans' logs have them: index to plan and leaf."""
        found = {}
        for plan in {*state.plans, *self.changed_plans(height)}:
            known = state.plans.get(plan)
            position = 0 if known is None else known.events.size
            while (data := self._stored.get(layout.event_leaf(plan, position))) is not None:
                try:
                    leaf = EventLeaf.from_bytes(data)
                except MutualchainError:
                    break
                if leaf.height != height:
                    break
                found[leaf.index] = (plan, leaf)
                position += 1
        return found

    def header(self, state: ChainState, height: int) -> Header | None:
        """A block's header, put together from the plans' logs. None where they have nothing of this block."""
        entries = self.entries(state, height)
        sheets: list[Descriptor] = []
        times = {leaf.time_ms for _, leaf in entries.values()}
        for plan in state.plans:
            for leaf in self._sheets(plan, state.plans[plan].sheets.size, height):
                sheets.append(leaf.descriptor)
                times.add(leaf.time_ms)
        if not times or set(entries) != set(range(len(entries))):
            return None
        sheets.sort(key=lambda sheet: (_ORDER.index(sheet.schema.name), sheet.plan, sheet.number))
        stored = self.plans(height)
        hashes = {} if stored is None else self.leaf_hashes(stored.plans)
        return Header(
            chain=state.chain,
            height=height,
            previous=state.previous,
            time_ms=max(times),
            entry_count=len(entries),
            entries_root=entries_root([entries[index][1].entry_hash for index in range(len(entries))]),
            sheets=tuple(sheets),
            plan_count=len(hashes),
            plans_root=root([hashes[plan] for plan in sorted(hashes)]),
        )

    def _sheets(self, plan: str, position: int, height: int) -> list[SheetLeaf]:
        found = []
        while (data := self._stored.get(layout.sheet_leaf(plan, position))) is not None:
            try:
                leaf = SheetLeaf.from_bytes(data)
            except MutualchainError:
                break
            if leaf.height != height:
                break
            found.append(leaf)
            position += 1
        return found

    def plans(self, height: int) -> StoredPlans | None:
        """All plan states after a block, from stored leaves and nodes that agree with each other."""
        found = {}
        try:
            for plan, data in self._archive.plan_leaves(height):
                leaf = PlanLeaf.from_bytes(data)
                found[plan] = PlanState(
                    plan,
                    leaf.covenant_version,
                    leaf.covenant_hash,
                    leaf.slots,
                    leaf.numbers,
                    frontier_from_nodes(self._archive.nodes(SHEETS, plan), leaf.sheets_size),
                    frontier_from_nodes(self._archive.nodes(EVENTS, plan), leaf.events_size),
                )
                if found[plan].leaf() != leaf:
                    return None
        except (MutualchainError, UnicodeDecodeError):
            return None
        return StoredPlans(found) if found else None

    def hash_of(self, height: int, data: bytes | None, *, trusted: bool) -> bytes:
        """The hash under which block ``height`` was recorded: its own, or what others call it."""
        if data is not None and trusted:
            return block_hash(data)
        if height == self._archive.size - 1:
            return self._archive.head_hash
        following = self._stored.get(layout.block(height + 1))
        if following is not None:
            try:
                header = Block.from_bytes(following).header
            except MutualchainError:
                pass
            else:
                if header.height == height + 1:
                    return header.previous
        node = self._stored.get(layout.node(BLOCKS, CHAIN, 0, height))
        if node is not None and len(node) == HASH_SIZE:
            return node
        return ZERO_HASH if data is None else block_hash(data)
