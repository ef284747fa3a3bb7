"""A published chain followed from one look to the next: every new block, and every plan's counters.

Not an audit: rows, entries and money are not looked at. It is what a monitor can afford after every block, and what
shows an operator who rewrites a plan's own log or turns a counter back under a log that only grows. What breaks a rule
comes back as evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..block.block import Block, block_hash
from ..block.chain import EVENTS, SHEETS
from ..block.entry import Entry
from ..block.genesis import Genesis
from ..block.header import Header
from ..block.plan import PlanLeaf
from ..errors import (
    BlockError,
    CanonicalError,
    EntryError,
    GenesisError,
    HeaderError,
    NotEvidence,
    ProofError,
    RecordUnavailable,
)
from ..evidence.disagreement import ProvenBlock
from ..evidence.make import chain_evidence
from ..evidence.rules import Rewritten, StatedBlock, rules_of_one
from ..tlog.merkle import NodeReader, consistency_proof_from_nodes, root_from_nodes
from ..tlog.trust import TrustFile

__all__ = ["ChainReader", "Followed", "States", "follow", "is_chain"]


class ChainReader(Protocol):
    """What following needs of a published ledger: PublishedArchive and Archive are one."""

    size: int

    def checkpoint(self) -> bytes: ...
    def block(self, height: int) -> bytes: ...
    def entry(self, height: int, index: int) -> bytes: ...
    def block_proof(self, height: int, size: int) -> tuple[bytes, ...]: ...
    def plan_leaves(self, height: int) -> list[tuple[str, bytes]]: ...
    def nodes(self, log: str, plan: str = "") -> NodeReader: ...


@dataclass(frozen=True, slots=True)
class States:
    """Every plan's leaf after block ``height``, as it was proven at a look."""

    height: int
    leaves: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of it: the states now, when the last block was dated (ms), and evidence where a rule was broken."""

    states: States
    head_ms: int
    evidence: bytes | None


def is_chain(first: bytes) -> bool:
    """Whether the first leaf of a log reads as a block: any other log is followed as a log alone."""
    try:
        Block.from_bytes(first)
    except (BlockError, HeaderError, CanonicalError):
        return False
    return True


def follow(archive: ChainReader, trust: TrustFile, earlier: States | None) -> Followed:
    """Check the blocks since ``earlier`` and the counters now against those then; of a first look, the head alone.

    Raises what reading raises (MC-240 and following), and what a block raises that cannot be read.
    """
    size = archive.size
    known = None if earlier is None or earlier.height >= size else earlier
    now = States(size - 1, tuple(leaf for _, leaf in archive.plan_leaves(size - 1)))
    headers = list(_suspects(archive, size - 1 if known is None else known.height))
    head_ms = Block.from_bytes(archive.block(size - 1)).header.time_ms
    evidence = next(iter(_evidence(archive, trust, headers, known, now)), None)
    return Followed(now, head_ms, evidence)


def _suspects(archive: ChainReader, first: int) -> Iterator[tuple[int, ...]]:
    """Heights of blocks that break a rule, alone or with the one before, from ``first`` on."""
    chain = block_hash(archive.block(0))
    before: tuple[bytes, Header] | None = None
    for height in range(first, archive.size):
        data = archive.block(height)
        header = Block.from_bytes(data).header
        if any(True for _ in rules_of_one(chain, height, header, None)):
            yield (height,)
        if before is not None and (header.previous != before[0] or header.time_ms < before[1].time_ms):
            yield (height - 1, height)
        before = block_hash(data), header


def _evidence(
    archive: ChainReader, trust: TrustFile, suspects: Sequence[tuple[int, ...]], earlier: States | None, now: States
) -> Iterator[bytes]:
    tried: list[tuple[list[StatedBlock], Rewritten | None]] = []
    for heights in suspects:
        tried.append(([StatedBlock(_proven(archive, height)) for height in heights], None))
    head = StatedBlock(_proven(archive, now.height), now.leaves)
    tried.append(([head], None))
    if earlier is not None and earlier.height < now.height:
        pair = [StatedBlock(_proven(archive, earlier.height), earlier.leaves), head]
        tried.append((pair, None))
        tried += [(pair, rewritten) for rewritten in _rewritten(archive, earlier, now)]
    genesis, entry = _proven(archive, 0), _genesis_entry(archive)
    if entry is None:
        return
    for blocks, rewritten in tried:
        try:
            yield chain_evidence(archive.checkpoint(), genesis, entry, blocks, trust, rewritten=rewritten)
        except (NotEvidence, GenesisError, ProofError):  # the states are of another history: a split, not a broken rule
            continue


def _genesis_entry(archive: ChainReader) -> bytes | None:
    """The entry with which a chain of ours begins; None for a log that merely holds blocks."""
    try:
        data = archive.entry(0, 0)
        Genesis.from_entry(Entry.from_bytes(data))
    except (EntryError, GenesisError, RecordUnavailable):
        return None
    return data


def _rewritten(archive: ChainReader, earlier: States, now: States) -> Iterator[Rewritten]:
    """The logs of plans that do not continue what they were. Counters that fell are found without this."""
    after = {leaf.plan: leaf for leaf in map(PlanLeaf.from_bytes, now.leaves)}
    for before in map(PlanLeaf.from_bytes, earlier.leaves):
        state = after.get(before.plan)
        if state is None:
            continue
        logs = [(SHEETS, before.sheets_size, before.sheets_root, state.sheets_size)]
        logs.append((EVENTS, before.events_size, before.events_root, state.events_size))
        for log, size, old, total in logs:
            if 0 < size < total:
                read = archive.nodes(log, before.plan)
                root = root_from_nodes(read, size)
                if root != old:
                    yield Rewritten(before.plan, log, root, consistency_proof_from_nodes(read, size, total))


def _proven(archive: ChainReader, height: int) -> ProvenBlock:
    return ProvenBlock(height, archive.block(height), archive.block_proof(height, archive.size))
