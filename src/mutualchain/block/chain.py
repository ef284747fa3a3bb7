"""The chain's state, and how a block follows from it: the one code for writer, opener and auditor.

``ChainState`` is a value: height, previous hash, time, the block log's frontier, every plan's counters and
logs, the block keys. ``draft`` computes the header that entries and sheets must have; the writer signs it,
``follow`` compares a recorded block with it and returns every difference, never only the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..errors import (
    BlockError,
    BlockSignatureError,
    GenesisError,
    LinkError,
    MutualchainError,
    PlanStateError,
)
from ..limits import MAX_ENTRIES_PER_BLOCK, MAX_PLANS, MAX_ROWS, MAX_SHEETS_PER_BLOCK
from ..sheet import Descriptor
from ..tlog.merkle import Frontier, leaf_hash, root
from .block import Block, block_hash
from .entry import CHAIN, Entry, entries_root, entry_hash
from .genesis import Genesis
from .header import ZERO_HASH, Header
from .keys import BlockKeys
from .plan import EventLeaf, PlanLeaf, SheetLeaf

__all__ = ["BLOCKS", "EVENTS", "SHEETS", "ChainState", "Draft", "LogNode", "PlanState"]

ENROLMENT = "enrolment/1"
"""The one schema that adds slots."""
BLOCKS, SHEETS, EVENTS = "blocks", "sheets", "events"
"""The logs: the chain's blocks, and each plan's sheets and entries."""


@dataclass(frozen=True, slots=True)
class LogNode:
    """A newly completed perfect node of a log: kind of log, plan, level, index, hash."""

    log: str
    plan: str
    level: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class PlanState:
    """A plan's counters and the frontiers of its two logs."""

    plan: str
    covenant_version: int = 0
    covenant_hash: bytes = ZERO_HASH
    slots: int = 0
    numbers: tuple[tuple[str, int], ...] = ()
    sheets: Frontier = field(default_factory=Frontier.empty)
    events: Frontier = field(default_factory=Frontier.empty)

    def leaf(self) -> PlanLeaf:
        """The leaf that a header's ``plans_root`` commits to."""
        return PlanLeaf(
            self.plan,
            self.covenant_version,
            self.covenant_hash,
            self.slots,
            self.numbers,
            self.sheets.size,
            self.sheets.root(),
            self.events.size,
            self.events.root(),
        )

    def add_sheet(self, height: int, time_ms: int, descriptor: Descriptor) -> tuple[PlanState, list[LogNode]]:
        """The state after a sheet. Raises PlanStateError for a wrong number or first slot."""
        schema, numbers = descriptor.schema.name, dict(self.numbers)
        number = numbers.get(schema, 0)
        if descriptor.number != number:
            raise PlanStateError(
                f"sheet {schema} has number {descriptor.number}, and {number} is next", value=self.plan
            )
        numbers[schema] = number + 1
        first, slots = 0, self.slots
        if schema == ENROLMENT:
            first, slots = slots, slots + descriptor.rows
        if descriptor.first != first:
            raise PlanStateError(f"sheet {schema} begins at {descriptor.first}, not {first}", value=self.plan)
        if slots > MAX_ROWS:
            raise PlanStateError(f"a plan has more than {MAX_ROWS} slots", value=self.plan)
        leaf = SheetLeaf(height, time_ms, descriptor).to_bytes()
        sheets, nodes = self.sheets.append(leaf_hash(leaf))
        state = replace(self, slots=slots, numbers=tuple(sorted(numbers.items())), sheets=sheets)
        return state, [LogNode(SHEETS, self.plan, *node) for node in nodes]

    def add_event(self, leaf: EventLeaf) -> tuple[PlanState, list[LogNode]]:
        """The state after an entry."""
        events, nodes = self.events.append(leaf_hash(leaf.to_bytes()))
        return replace(self, events=events), [LogNode(EVENTS, self.plan, *node) for node in nodes]


@dataclass(frozen=True, slots=True)
class Draft:
    """A header that follows from a state, with what the chain looks like after it."""

    header: Header
    plans: Mapping[str, PlanState]
    leaf_hashes: Mapping[str, bytes]
    touched: tuple[str, ...]
    keys: BlockKeys
    signer: bytes
    nodes: tuple[LogNode, ...]


@dataclass(frozen=True, slots=True)
class ChainState:
    """Everything a next block depends on. ``size`` is the number of blocks, the next block's height."""

    chain: bytes = ZERO_HASH
    origin: str = ""
    log_key: str = ""
    previous: bytes = ZERO_HASH
    time_ms: int = 0
    log: Frontier = field(default_factory=Frontier.empty)
    plans: Mapping[str, PlanState] = field(default_factory=dict)
    leaf_hashes: Mapping[str, bytes] = field(default_factory=dict)
    keys: BlockKeys | None = None

    @property
    def size(self) -> int:
        """Blocks so far."""
        return self.log.size

    def draft(
        self,
        time_ms: int,
        entries: Sequence[tuple[Entry, bytes]],
        sheets: Sequence[Descriptor],
        covenants: Mapping[str, tuple[int, bytes]],
    ) -> Draft:
        """The header that follows, and the state after it.

        ``entries`` are pairs of entry and bytes; ``covenants`` maps each plan that gets a (new) covenant
        in this block to its version and hash. Raises LinkError, PlanStateError, BlockKeyError, GenesisError.
        """
        height = self.size
        if time_ms < self.time_ms:
            raise LinkError("a block's time lies before the one before it", value=time_ms)
        if len(entries) > MAX_ENTRIES_PER_BLOCK or len(sheets) > MAX_SHEETS_PER_BLOCK:
            raise BlockError("a block has too many entries or sheets", value=(len(entries), len(sheets)))
        parsed = [entry for entry, _ in entries]
        keys = self._keys(height, parsed)
        plans = dict(self.plans)
        touched: dict[str, None] = {}
        for plan, (version, covenant_hash) in covenants.items():
            state = plans.get(plan) or PlanState(plan)
            plans[plan] = replace(state, covenant_version=version, covenant_hash=covenant_hash)
            touched[plan] = None
        nodes: list[LogNode] = []
        hashes = [entry_hash(data) for _, data in entries]
        for index, entry in enumerate(parsed):
            if entry.plan == CHAIN:
                plans.setdefault(CHAIN, PlanState(CHAIN))
            if entry.plan not in plans:
                raise PlanStateError("an entry belongs to no plan of this chain", value=entry.plan)
            leaf = EventLeaf(height, time_ms, index, hashes[index])
            plans[entry.plan], new = plans[entry.plan].add_event(leaf)
            touched[entry.plan] = None
            nodes += new
        for sheet in sheets:
            if sheet.plan not in plans:
                raise PlanStateError("a sheet belongs to no plan of this chain", value=sheet.plan)
            plans[sheet.plan], new = plans[sheet.plan].add_sheet(height, time_ms, sheet)
            touched[sheet.plan] = None
            nodes += new
        if len(plans) > MAX_PLANS:
            raise PlanStateError(f"a chain has more than {MAX_PLANS} plans", value=len(plans))
        leaf_hashes = dict(self.leaf_hashes)
        for plan in touched:
            leaf_hashes[plan] = leaf_hash(plans[plan].leaf().to_bytes())
        header = Header(
            chain=self.chain,
            height=height,
            previous=self.previous,
            time_ms=time_ms,
            entry_count=len(entries),
            entries_root=entries_root(hashes),
            sheets=tuple(sheets),
            plan_count=len(plans),
            plans_root=root([leaf_hashes[plan] for plan in sorted(leaf_hashes)]),
        )
        now = keys.at(time_ms)
        return Draft(
            header,
            plans,
            leaf_hashes,
            tuple(sorted(touched)),
            keys.apply(self.chain, time_ms, parsed, len(sheets)),
            now.signer(parsed),
            tuple(nodes),
        )

    def _keys(self, height: int, entries: Sequence[Entry]) -> BlockKeys:
        if self.keys is not None:
            if any(entry.kind == "genesis" for entry in entries):
                raise GenesisError("a genesis entry stands in a later block", value=height)
            return self.keys
        if len(entries) != 1:
            raise GenesisError("a genesis block holds the genesis entry alone", value=len(entries))
        return BlockKeys.from_genesis(Genesis.from_entry(entries[0]))

    def accept(
        self, draft: Draft, block: bytes, genesis: Genesis | None = None
    ) -> tuple[ChainState, tuple[LogNode, ...]]:
        """The state after ``block`` was recorded, and all newly completed nodes of all logs."""
        digest = block_hash(block)
        log, nodes = self.log.append(digest)
        state = replace(
            self,
            chain=digest if self.size == 0 else self.chain,
            origin=genesis.origin if genesis is not None else self.origin,
            log_key=genesis.log_key if genesis is not None else self.log_key,
            previous=digest,
            time_ms=draft.header.time_ms,
            log=log,
            plans=draft.plans,
            leaf_hashes=draft.leaf_hashes,
            keys=draft.keys,
        )
        return state, (*draft.nodes, *(LogNode(BLOCKS, "", *node) for node in nodes))

    def follow(
        self, data: bytes, entries: Sequence[bytes], covenants: Mapping[str, tuple[int, bytes]]
    ) -> tuple[ChainState, Draft, list[MutualchainError]]:
        """Check a recorded block against this state; return the state after it and every difference.

        Raises only where nothing can follow: bytes that do not parse, entries that are none, numbering
        that leaves no state to go on from.
        """
        block = Block.from_bytes(data)
        header = block.header
        parsed = [(Entry.from_bytes(entry), entry) for entry in entries]
        found: list[MutualchainError] = []
        if header.time_ms < self.time_ms:
            found.append(LinkError(f"the time goes back from {self.time_ms} to {header.time_ms}"))
        draft = self.draft(max(header.time_ms, self.time_ms), parsed, header.sheets, covenants)
        wanted = draft.header
        if header.chain != wanted.chain:
            found.append(GenesisError("the block is of another chain", value=header.chain))
        if header.height != wanted.height:
            found.append(LinkError(f"the block says height {header.height} and stands at {wanted.height}"))
        if header.previous != wanted.previous:
            found.append(LinkError("the block names another predecessor", value=header.previous))
        if (header.entry_count, header.entries_root) != (wanted.entry_count, wanted.entries_root):
            found.append(BlockError("the entries are not those that the header commits to", value=header.entries_root))
        if (header.plan_count, header.plans_root) != (wanted.plan_count, wanted.plans_root):
            found.append(PlanStateError("the plans' state is not what follows from the block", value=header.plans_root))
        try:
            block.verify(draft.signer)
        except BlockSignatureError as error:
            found.append(error)
        genesis = Genesis.from_entry(parsed[0][0]) if self.size == 0 else None
        state, _ = self.accept(draft, data, genesis)
        return state, draft, found
