"""A ledger's state read back: the chain's frontiers and keys, the books, the key index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..archive import layout
from ..archive.log_keys import LogKeys
from ..archive.reading import Archive, SheetRef, readable
from ..archive.replay import Replay, read_rows
from ..block.block import block_hash
from ..block.chain import BLOCKS, ENROLMENT, EVENTS, SHEETS, ChainState, PlanState
from ..block.entry import CHAIN, Entry
from ..block.genesis import Genesis
from ..block.keys import BlockKeys
from ..block.plan import EventLeaf, PlanLeaf
from ..covenant.book import Book
from ..covenant.institutions import Registry
from ..errors import KeyFileError, MutualchainError, RecordUnavailable, StoreCorrupt, StoreError
from ..limits import PAGES_PER_BUNDLE
from ..sheet import decode
from ..store import Reader, prefix_end
from ..tlog.checkpoint import open_checkpoint
from ..tlog.checkpoint import parse as parse_checkpoint
from ..tlog.merkle import frontier_from_nodes, leaf_hash, root
from ..tlog.note import Signer, Verifier
from ..tlog.note import parse as parse_note
from .cache import load_books
from .index import KeyIndex
from .keys import OperatorKeys

__all__ = [
    "check_keys",
    "load_index",
    "load_state",
    "log_signers",
    "newest_checkpoint",
    "read_keys",
    "rebuild_books",
    "saved_checkpoint",
]


def load_state(archive: Archive) -> ChainState:
    """The chain's state after its last block, from the store's own records. Raises StoreCorrupt."""
    size = archive.size
    last = archive.header(size - 1)
    if block_hash(archive.block(size - 1)) != archive.head_hash:
        raise StoreCorrupt("the last block is not the one that the head names", place=f"block {size - 1}")
    plans: dict[str, PlanState] = {}
    hashes: dict[str, bytes] = {}
    for plan, data in archive.plan_leaves(size - 1):
        leaf = readable(PlanLeaf.from_bytes, data, f"state of plan {plan!r}")
        plans[plan] = PlanState(
            plan,
            leaf.covenant_version,
            leaf.covenant_hash,
            leaf.slots,
            leaf.numbers,
            frontier_from_nodes(archive.nodes(SHEETS, plan), leaf.sheets_size),
            frontier_from_nodes(archive.nodes(EVENTS, plan), leaf.events_size),
        )
        hashes[plan] = leaf_hash(data)
        if plans[plan].leaf() != leaf:
            raise StoreCorrupt("a plan's logs do not lead to its recorded roots", place=f"plan {plan}")
    if (len(hashes), root([hashes[plan] for plan in sorted(hashes)])) != (last.plan_count, last.plans_root):
        raise StoreCorrupt("the plans' states are not those that the last block names", place=f"block {size - 1}")
    if CHAIN not in plans:
        raise StoreCorrupt("the chain's own state is missing from the store", place="genesis")
    first = archive.block(0)
    genesis = Genesis.from_entry(Entry.from_bytes(archive.entry(0, 0)))
    chain = block_hash(first)
    keys = BlockKeys.from_genesis(genesis)
    for height, time_ms in dict.fromkeys((leaf.height, leaf.time_ms) for leaf in _chain_leaves(archive, plans)):
        entries = [Entry.from_bytes(data) for data in archive.entries(height)]
        keys = keys.apply(chain, time_ms, entries, len(archive.header(height).sheets)) if height else keys
    return ChainState(
        chain=chain,
        origin=genesis.origin,
        log_key=genesis.log_key,
        previous=archive.head_hash,
        time_ms=last.time_ms,
        log=frontier_from_nodes(archive.nodes(BLOCKS), size),
        plans=plans,
        leaf_hashes=hashes,
        keys=keys,
    )


def _chain_leaves(archive: Archive, plans: Mapping[str, PlanState]) -> Iterator[EventLeaf]:
    return (leaf for _, leaf in archive.chain_entries(plans[CHAIN].events.size))


def log_signers(log_keys: LogKeys, keys: OperatorKeys) -> tuple[Signer, ...]:
    """The signers of the keys that sign this log's checkpoints. Raises KeyFileError where one is missing."""
    held = {signer.vkey: signer for signer in keys.logs}
    for key in log_keys.signing:
        if key.vkey not in held:
            given = ", ".join(held)
            raise KeyFileError("the log key is not this chain's", value=given, hint=f"It is {key.vkey}.")
    return tuple(held[key.vkey] for key in log_keys.signing)


def check_keys(state: ChainState, keys: OperatorKeys, now_ms: int) -> None:
    """Raises KeyFileError where this block key cannot continue this chain.

    The block key has to be in force, or about to be (a recovery whose delay runs), or the recovery key itself, with
    which nothing but a recovery can be recorded.
    """
    assert state.keys is not None, "a chain has keys from its genesis on"
    known = state.keys.at(now_ms)
    pending = () if known.pending is None else (known.pending[0],)
    if keys.block.public_key not in (known.current, known.recovery, *pending):
        raise KeyFileError(
            "the block key is not the one in force", value=keys.block.public_key, hint=f"It is {known.current.hex()}."
        )


def newest_checkpoint(archive: Archive, state: ChainState, verifiers: Sequence[Verifier]) -> bytes | None:
    """The stored checkpoint if it covers every block; None where it has to be signed anew.

    Raises StoreCorrupt for one that is ahead of the blocks, or contradicts them: signing again would show two
    histories.
    """
    try:
        note = archive.signed()
        signed = open_checkpoint(note, state.origin, verifiers)
    except StoreError:
        raise
    except RecordUnavailable:
        return None
    except MutualchainError as error:
        raise StoreCorrupt(f"the stored checkpoint cannot be read: {error.message}", place="checkpoint") from error
    if signed.size > state.size:
        raise StoreCorrupt(f"{signed.size} blocks were signed, {state.size} are there", place="checkpoint")
    if signed.size and frontier_from_nodes(archive.nodes(BLOCKS), signed.size).root() != signed.root:
        raise StoreCorrupt("the blocks are not those that were signed", place="checkpoint")
    return note if signed.size == state.size else None


def saved_checkpoint(archive: Archive) -> tuple[bytes, int] | None:
    """The stored checkpoint and its size, whatever it covers; None where nothing was signed yet."""
    try:
        note = archive.signed()
    except RecordUnavailable:
        return None
    return note, parse_checkpoint(parse_note(note).text).size


def rebuild_books(
    archive: Archive, chain: bytes, cache: Path | None, size: int | None = None
) -> tuple[dict[str, Book], int, Registry]:
    """The books after the last block, how many blocks had to be replayed, and the institutions.

    ``size`` asks for the books after so many blocks. Raises the first violation that the replay finds: a chain that
    breaks its own rules is not continued.
    """
    end = archive.size if size is None else size

    def hash_at(size: int) -> bytes | None:
        return block_hash(archive.block(size - 1)) if 0 < size <= end else None

    saved = load_books(cache, chain, hash_at) if cache is not None else None
    start, books, registry = saved if saved is not None else (0, {}, Registry())
    replay = Replay(archive, books, registry=registry, own=True)
    rows = read_rows(archive)
    found = replay.snapshots_after(start - 1) if start else []
    for height in range(start, end):
        if found:
            break
        entries = [Entry.from_bytes(data) for data in archive.entries(height)]
        found = replay.block(height, archive.header(height), entries, rows)
    if found:
        raise found[0]
    return replay.books, end - start, registry


def read_keys(archive: Archive, plan: str, slots: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The public keys of these slots: uint8 of shape (n, 32). Sorted slots are read fastest."""
    keys = np.empty((len(slots), 32), np.uint8)
    ref: SheetRef | None = None
    for at, slot in enumerate(slots.tolist()):
        if ref is None or not 0 <= slot - ref.descriptor.first < ref.descriptor.rows:
            ref = archive.enrolment_of(plan, slot)
        row = slot - ref.descriptor.first
        schema = ref.descriptor.schema
        page = archive.page(ref, row // schema.page_rows)
        start = row % schema.page_rows * 32  # the key is the first column
        keys[at] = np.frombuffer(page, np.uint8, 32, start)
    return keys


def load_index(reader: Reader, archive: Archive, plan: str, slots: int, index: KeyIndex) -> None:
    """Fill an index: the stored segments, then the members enrolled one by one since."""
    segments = layout.key_segment(plan, 0)
    for _, value in reader.scan(segments, prefix_end(segments[:-4])):
        index.load(value)
    if index.covered > slots:
        raise StoreCorrupt("the key index covers more members than the plan has", place=f"plan {plan}")
    slot = index.covered
    while slot < slots:
        ref = archive.enrolment_of(plan, slot)
        schema, first = ref.descriptor.schema, ref.descriptor.first
        assert schema.name == ENROLMENT
        size = schema.page_rows * PAGES_PER_BUNDLE
        bundle = (slot - first) // size
        rows = ref.descriptor.bundle_rows(bundle)
        keys = decode(schema, archive.bundle(ref, bundle), rows)["key"]
        begin = first + bundle * size
        for row in range(slot - begin, rows):
            index.add(keys[row].tobytes(), begin + row)
        slot = begin + rows
