"""A published ledger's blocks, entries, plans and logs, each proven under the checkpoint before it is returned.

The checkpoint is opened with the trust file, the head proven under it, the plans' leaves under the head, and the
plans' logs under those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Self, TypeVar

from ..block.block import Block, block_hash
from ..block.chain import BLOCKS, EVENTS, SHEETS
from ..block.entry import CHAIN, Entry, entries_root, entry_hash
from ..block.header import Header
from ..block.plan import EventLeaf, PlanLeaf
from ..errors import (
    CanonicalError,
    LimitError,
    PlanUnknown,
    ProofError,
    PublishedMismatch,
    RecordUnavailable,
    UnsupportedVersion,
)
from ..limits import (
    MAX_NOTE,
    MAX_PUBLISHED_ENTRIES,
    MAX_PUBLISHED_HEAD,
)
from ..tlog import merkle
from ..tlog.trust import TrustedCheckpoint, TrustFile
from . import published_layout as layout
from .published_log import PublishedLog
from .published_source import Counts, Files

__all__ = ["PublishedChain"]

_T = TypeVar("_T")


class PublishedChain:
    """What a published ledger has of blocks, entries and plans."""

    def __init__(self, files: Files, trust: TrustFile, origin: str | None = None) -> None:
        self._files = files
        note = files.fresh(layout.CHECKPOINT, MAX_NOTE)
        self.trusted: TrustedCheckpoint = trust.open_checkpoint(note, origin)
        self.size = self.trusted.size
        if not self.size:
            raise RecordUnavailable("the published log is empty", value=self.trusted.origin)
        self._blocks = PublishedLog(files, "", self.size, self.trusted.root)
        self._logs: dict[tuple[str, str], PublishedLog] = {}
        self._place = layout.head(self.size)
        self._head = self._parsed(self._place, MAX_PUBLISHED_HEAD, layout.Head.from_bytes)
        self._check_head()
        self.chain = block_hash(self._head.genesis)
        self.head_hash = block_hash(self._head.last)
        self._leaves = self._plan_leaves()
        self._headers: Callable[[int], Header] = lru_cache(maxsize=512)(self._header)

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

    def _check_head(self) -> None:
        head, size, root = self._head, self.size, self.trusted.root
        try:
            merkle.verify_inclusion(block_hash(head.genesis), 0, size, head.genesis_proof, root)
            merkle.verify_inclusion(block_hash(head.last), size - 1, size, head.last_proof, root)
        except ProofError as error:
            raise self._wrong(
                f"a block of the head is not under the checkpoint: {error.message}", self._place
            ) from None

    def _plan_leaves(self) -> dict[str, tuple[bytes, PlanLeaf]]:
        header = self._block(self._head.last).header
        leaves = self._head.leaves
        if len(leaves) != header.plan_count or merkle.root([merkle.leaf_hash(x) for x in leaves]) != header.plans_root:
            raise self._wrong("the plans' state is not what the last block commits to", self._place)
        parsed = [
            (PlanLeaf.from_bytes(data), data) for data in leaves
        ]  # signed: what cannot be read is no file's fault
        return {leaf.plan: (data, leaf) for leaf, data in parsed}

    @staticmethod
    def _block(data: bytes) -> Block:
        return Block.from_bytes(data)

    # --- blocks -------------------------------------------------------------------------------

    def checkpoint(self) -> bytes:
        """The published checkpoint note, as it was opened."""
        return self.trusted.note

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
        return self._block(self.block(height)).header

    def entries(self, height: int) -> list[bytes]:
        """The entries of a block, in order."""
        header = self.header(height)
        if not header.entry_count:
            return []
        found, path = self._entries_file(height)
        if len(found) != header.entry_count or entries_root([entry_hash(x) for x in found]) != header.entries_root:
            raise self._wrong(f"these are not the entries of block {height}", path)
        return found

    def _entries_file(self, height: int) -> tuple[list[bytes], str]:
        """What the file of a block's entries holds, unverified, and its path."""
        path = layout.entries(height)
        return self._parsed(path, MAX_PUBLISHED_ENTRIES, lambda data: layout.parse_entries(data, path)), path

    def entry(self, height: int, index: int) -> bytes:
        """One entry's bytes."""
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

    def _hints(self, plan: str) -> tuple[tuple[int, ...], tuple[bytes, ...]]:
        """What the head says of a plan: positions of its landmarks, subtrees of its log of sheets."""
        found = [(positions, peaks) for name, positions, peaks in self._head.landmarks if name == plan]
        return found[0] if found else ((), ())

    def _log(self, log: str, plan: str) -> PublishedLog:
        if log == BLOCKS:
            return self._blocks
        found = self._logs.get((log, plan))
        if found is None:
            state = self._state(plan)
            sheets = log == SHEETS
            size, root = (state.sheets_size, state.sheets_root) if sheets else (state.events_size, state.events_root)
            found = PublishedLog(self._files, layout.log_prefix(plan, log), size, root)
            if sheets and not found.use_peaks(self._hints(plan)[1]):
                raise self._wrong("the subtrees of a plan's log of sheets do not make its root", self._place, plan)
            self._logs[log, plan] = found
        return found

    def nodes(self, log: str, plan: str = CHAIN) -> merkle.NodeReader:
        """A reader of the perfect nodes of a log, each verified."""
        return self._log(log, plan).read

    def sheet_proof(self, plan: str, position: int, size: int) -> tuple[bytes, ...]:
        """Inclusion of a leaf in a plan's log of sheets."""
        self._log(SHEETS, plan).check_size(size)
        return self._log(SHEETS, plan).proof(position)

    def event_proof(self, plan: str, position: int, size: int) -> tuple[bytes, ...]:
        """Inclusion of a leaf in a plan's log of entries."""
        self._log(EVENTS, plan).check_size(size)
        return self._log(EVENTS, plan).proof(position)

    def event_leaves(self, plan: str, size: int) -> Iterator[tuple[int, EventLeaf]]:
        """(position, leaf) of a plan's log of entries, up to ``size``."""
        log = self._log(EVENTS, plan)
        for position in range(min(size, log.size)):
            yield position, EventLeaf.from_bytes(log.entry(position))

    def entries_of(self, plan: str, size: int, kinds: Sequence[str]) -> Iterator[tuple[int, EventLeaf, bytes]]:
        """(position, leaf, entry) of a plan's entries of these kinds; which they are is the publisher's word."""
        log = self._log(EVENTS, plan)
        log.check_size(size)
        hinted: Iterable[int] = range(size)
        if set(kinds) <= set(layout.LANDMARKS):
            hinted = self._hints(plan)[0]
        for position in hinted:
            if position >= size:
                raise self._wrong("a plan's landmark is not in its log", self._place, position)
            leaf = EventLeaf.from_bytes(log.entry(position))
            found, path = self._entries_file(leaf.height)
            if leaf.index >= len(found) or entry_hash(found[leaf.index]) != leaf.entry_hash:
                raise self._wrong(f"entry {leaf.index} of block {leaf.height} is another one", path)
            if Entry.from_bytes(found[leaf.index]).kind in kinds:
                yield position, leaf, found[leaf.index]
