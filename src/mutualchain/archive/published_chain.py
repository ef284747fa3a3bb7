"""A published ledger's blocks, entries, plans and logs, each proven under the checkpoint before it is returned.

The checkpoint is opened with the trust file, the head proven under it, the plans' leaves under the head, and the
plans' logs under those.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Self, TypeVar

from ..block.block import Block, block_hash
from ..block.chain import BLOCKS, EVENTS, SHEETS
from ..block.entry import CHAIN, Entry, entries_root, entry_hash
from ..block.header import Header
from ..block.plan import EventLeaf, PlanLeaf
from ..covenant.document import covenant_hash
from ..errors import (
    BlockError,
    CanonicalError,
    LimitError,
    PlanUnknown,
    ProofError,
    PublishedMismatch,
    PublishedMissing,
    RecordUnavailable,
    UnsupportedVersion,
)
from ..limits import (
    MAX_ENTRY,
    MAX_NOTE,
    MAX_PUBLISHED_ENTRIES,
    MAX_PUBLISHED_HEAD,
)
from ..tlog import merkle
from ..tlog.trust import TrustedCheckpoint, TrustFile
from . import published_layout as layout
from .log_keys import LogKeys
from .published_heads import Head, Landmark, PlanHead, verify_head, verify_plan_head
from .published_log import PublishedLog
from .published_source import Counts, Files

__all__ = ["PublishedChain"]

_T = TypeVar("_T")


class PublishedChain:
    """What a published ledger has of blocks, entries and plans."""

    at_hand = False

    def __init__(self, files: Files, trust: TrustFile, origin: str | None = None) -> None:
        self._files = files
        note = files.fresh(layout.CHECKPOINT, MAX_NOTE)
        now_ms = time.time_ns() // 1_000_000
        self.trusted: TrustedCheckpoint = trust.open_checkpoint(note, origin, now_ms=now_ms)
        self.size = self.trusted.size
        if not self.size:
            raise RecordUnavailable("the published log is empty", value=self.trusted.origin)
        self._blocks = PublishedLog(files, "", self.size, self.trusted.root)
        self._logs: dict[tuple[str, str], PublishedLog] = {}
        self._place = layout.head(self.size)
        self._head = self._parsed(self._place, MAX_PUBLISHED_HEAD, Head.from_bytes)
        self._leaves = self._verify_head()
        self._leaves_known: dict[tuple[str, int], bytes] = {}
        self._plan_heads: dict[str, tuple[PlanHead, dict[int, Landmark]]] = {}
        self.chain = block_hash(self._head.genesis)
        self.head_hash = block_hash(self._head.last)
        self._headers: Callable[[int], Header] = lru_cache(maxsize=512)(self._header)
        self._last_entries: tuple[int, list[bytes]] = -1, []
        trust.check_age(self.trusted, now_ms, stated_ms=self.header(self.size - 1).time_ms)
        self._log_keys = tuple(log.key for log in trust.logs if log.key.name == self.trusted.origin)

    # --- one file -----------------------------------------------------------------------------

    @property
    def counts(self) -> Counts:
        """Requests and bytes so far."""
        return self._files.source.counts

    def close(self) -> None:
        """Give threads and connections back."""
        self._files.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wrong(self, message: str, place: str, value: object = None) -> PublishedMismatch:
        self._files.forget(place)
        return PublishedMismatch(message, value=value, place=place)

    def _parsed(self, path: str, most: int, parse: Callable[[bytes], _T]) -> _T:
        data = self._files.get(path, most)
        try:
            return parse(data)
        except UnsupportedVersion:
            raise
        except (PublishedMismatch, CanonicalError, LimitError) as error:
            raise self._wrong(f"a published file cannot be read: {error.message}", path, error.value) from None

    # --- the head -----------------------------------------------------------------------------

    def _verify_head(self) -> dict[str, tuple[bytes, PlanLeaf]]:
        try:
            leaves = verify_head(self._head, self.size, self.trusted.root)
        except ProofError as error:
            raise self._wrong(
                f"a block of the head is not under the checkpoint: {error.message}", self._place
            ) from None
        except PublishedMismatch as error:
            raise self._wrong(error.message, self._place, error.value) from None
        return {leaf.plan: (data, leaf) for leaf, data in zip(leaves.values(), self._head.leaves, strict=True)}

    def plan_head(self, plan: str) -> PlanHead:
        """A plan's landmarks, proven, with the edge of its log of sheets. Raises PlanUnknown."""
        return self._plan_head(plan)[0]

    def _plan_head(self, plan: str) -> tuple[PlanHead, dict[int, Landmark]]:
        found = self._plan_heads.get(plan)
        if found is None:
            state, path = self._state(plan), self._plan_head_place(plan)
            head = self._head.chain
            if plan != CHAIN:
                head = self._parsed(path, MAX_PUBLISHED_HEAD, PlanHead.from_bytes)
            try:
                verify_plan_head(head, state)
            except (ProofError, PublishedMismatch) as error:
                raise self._wrong(f"a plan's head does not lead to its leaf: {error.message}", path, plan) from None
            found = self._plan_heads[plan] = head, {mark.position: mark for mark in head.landmarks}
        return found

    def _plan_head_place(self, plan: str) -> str:
        state = self._state(plan)
        return self._place if plan == CHAIN else layout.plan_head(plan, state.sheets_size, state.events_size)

    # --- blocks -------------------------------------------------------------------------------

    def checkpoint(self) -> bytes:
        """The published checkpoint note, as it was opened."""
        return self.trusted.note

    def log_keys(self) -> LogKeys:
        """The log's keys as the trust file names them."""
        return LogKeys(self._log_keys, self._log_keys)

    def block(self, height: int) -> bytes:
        """A block's bytes. Raises RecordUnavailable where the chain is not that long."""
        if not 0 <= height < self.size:
            raise RecordUnavailable(f"there is no block {height}: the chain has {self.size}", value=height)
        if height == 0:
            return self._head.genesis
        return self._head.last if height == self.size - 1 else self._blocks.entry(height)

    def header(self, height: int) -> Header:
        """A block's header; no signature is checked here."""
        return self._headers(height)

    def _header(self, height: int) -> Header:
        return Block.from_bytes(self.block(height)).header

    def entries(self, height: int) -> list[bytes]:
        """The entries of a block, in order."""
        header = self.header(height)
        if not header.entry_count:
            return []
        if self._last_entries[0] == height:  # who reads a log asks for them one by one
            return list(self._last_entries[1])
        found, path = self._entries_file(height)
        if len(found) != header.entry_count or entries_root([entry_hash(x) for x in found]) != header.entries_root:
            raise self._wrong(f"these are not the entries of block {height}", path)
        self._last_entries = height, found
        return list(found)

    def _entries_file(self, height: int) -> tuple[list[bytes], str]:
        """What the file of a block's entries holds, unverified, and its path."""
        path = layout.entries(height)
        return self._parsed(path, MAX_PUBLISHED_ENTRIES, lambda data: layout.parse_entries(data, path)), path

    def fetch_entries(self, heights: Iterable[int]) -> None:
        """Fetch the entries of these blocks at once, for who reads all of them."""
        wanted = []
        for height in heights:
            try:
                count = self.header(height).entry_count
            except (PublishedMismatch, PublishedMissing, BlockError):
                continue  # whoever reads the block is told
            if count:
                wanted.append((layout.entries(height), MAX_PUBLISHED_ENTRIES))
        self._files.prefetch(wanted)

    def entry(self, height: int, index: int) -> bytes:
        """One entry's bytes."""
        if height == 0 and index == 0:  # genesis: the head has it
            for mark in self.plan_head(CHAIN).landmarks[:1]:
                if mark.position == 0:
                    return mark.entry
        found = self.entries(height)
        if not 0 <= index < len(found):
            raise RecordUnavailable(f"block {height} has no entry {index}", value=index)
        return found[index]

    def block_proof(self, height: int, size: int) -> tuple[bytes, ...]:
        """Inclusion of block ``height`` in the block log."""
        self._blocks.check_size(size)
        if height == 0:
            return self._head.genesis_proof
        return self._head.last_proof if height == size - 1 else self._blocks.proof(height)

    # --- plans and their logs -----------------------------------------------------------------

    def plans(self) -> list[str]:
        """The names of all plans, sorted, the chain's own (empty) first."""
        return sorted(self._leaves)

    def _at_head(self, height: int) -> None:
        if height != self.size - 1:
            raise RecordUnavailable("the plans' state is published for the last block only", value=height)

    def plan_leaf(self, plan: str, height: int) -> bytes | None:
        """A plan's leaf after the last block; None where there is no such plan."""
        self._at_head(height)
        found = self._leaves.get(plan)
        return found[0] if found else None

    def plan_leaves(self, height: int) -> list[tuple[str, bytes]]:
        """Every plan's leaf after the last block, sorted by name."""
        self._at_head(height)
        return [(plan, self._leaves[plan][0]) for plan in self.plans()]

    def plan_state(self, plan: str, height: int) -> PlanLeaf:
        """A plan's parsed leaf after the last block. Raises PlanUnknown."""
        self._at_head(height)
        return self._state(plan)

    def _state(self, plan: str) -> PlanLeaf:
        found = self._leaves.get(plan)
        if found is None:
            raise PlanUnknown(f"there is no plan {plan!r}", value=plan)
        return found[1]

    def _log(self, log: str, plan: str) -> PublishedLog:
        if log == BLOCKS:
            return self._blocks
        found = self._logs.get((log, plan))
        if found is None:
            state = self._state(plan)
            sheets = log == SHEETS
            size, root = (state.sheets_size, state.sheets_root) if sheets else (state.events_size, state.events_root)
            found = PublishedLog(self._files, layout.log_prefix(plan, log), size, root)
            head = self.plan_head(plan)
            if not found.use_edge(head.sheets if sheets else head.events):
                place = self._plan_head_place(plan)
                raise self._wrong(f"the edge of a plan's log of {log} does not make its root", place, plan)
            self._logs[log, plan] = found
        return found

    def leaf(self, log: str, plan: str, position: int) -> bytes | None:
        """What a leaf of a plan's log holds, verified; None where the log is not that long."""
        if plan not in self._leaves or position >= self._log(log, plan).size:
            return None
        return self._log(log, plan).entry(position)

    def nodes(self, log: str, plan: str = CHAIN) -> merkle.NodeReader:
        """A reader of the perfect nodes of a log, each verified."""
        return self._log(log, plan).read

    def sheet_proof(self, plan: str, position: int, size: int) -> tuple[bytes, ...]:
        """Inclusion of a leaf in a plan's log of sheets."""
        self._log(SHEETS, plan).check_size(size)
        return self._log(SHEETS, plan).proof(position)

    def event_proof(self, plan: str, position: int, size: int) -> tuple[bytes, ...]:
        """Inclusion of a leaf in a plan's log of entries."""
        log = self._log(EVENTS, plan)
        log.check_size(size)
        mark = self._plan_head(plan)[1].get(position)
        return log.proof(position) if mark is None else mark.proof

    def event_leaf(self, plan: str, position: int) -> bytes:
        """A leaf of a plan's log of entries."""
        known = self._leaves_known.get((plan, position))
        return self._log(EVENTS, plan).entry(position) if known is None else known

    def event_leaves(self, plan: str, size: int) -> Iterator[tuple[int, EventLeaf]]:
        """(position, leaf) of a plan's log of entries, up to ``size``."""
        log = self._log(EVENTS, plan)
        for position in range(min(size, log.size)):
            yield position, EventLeaf.from_bytes(log.entry(position))

    def entries_of(self, plan: str, size: int, kinds: Sequence[str]) -> Iterator[tuple[int, EventLeaf, bytes]]:
        """(position, leaf, entry) of a plan's entries of these kinds; which they are is the publisher's word."""
        log = self._log(EVENTS, plan)
        log.check_size(size)
        if set(kinds) <= set(layout.LANDMARKS):
            for mark in self.plan_head(plan).landmarks:
                if Entry.from_bytes(mark.entry).kind in kinds:
                    yield mark.position, EventLeaf.from_bytes(mark.leaf), mark.entry
            return
        for position, leaf in self.event_leaves(plan, size):
            data = self.entry(leaf.height, leaf.index)
            if Entry.from_bytes(data).kind in kinds:
                yield position, leaf, data

    def covenant(self, plan: str, version: int) -> bytes:
        """The bytes of a plan's covenant, for who shows it; only the version in force is held against the plan leaf."""
        path, state = layout.covenant(plan, version), self._state(plan)
        data = self._files.get(path, MAX_ENTRY)
        if version == state.covenant_version and covenant_hash(data) != state.covenant_hash:
            raise self._wrong("this is not the covenant that the plan's leaf names", path, version)
        return data
