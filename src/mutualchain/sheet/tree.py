"""The tree of a sheet: hashes, shape, and folding many nodes at once.

Pages are the leaves of a tree of RFC 6962's shape. Every node commits to the level, the hash *and* the
aggregates of each of its two children; integers are little-endian::

    leaf = SHA-256(10 || ctx || u64 page index || u16 rows || [salt 32, if sealed] || columns)
    node = SHA-256(11 || u8 level || u8 m || m * u64 left || left hash || m * u64 right || right hash)
    root = SHA-256(12 || ctx || u64 rows || u8 m || m * u64 aggregates || top hash)

A *record* is a node as others see it, ``m * u64 aggregates || hash``; so a node's preimage is three bytes
and two records. ``level`` is ceil(log2) of the pages below, which is the height at which RFC 6962's tree
pairs the two; a last node without a partner moves up unchanged and is never repeated.

A *tile* of level k (0, 8, 16, 24) and index n holds the records of up to 256 complete subtrees of 2**k
pages each, from number 256 n on. What is incomplete at the right edge is recomputed from lower tiles.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import AggregateError
from ..limits import MAX_TOTAL, PAGES_PER_BUNDLE
from .columns import Bytes
from .descriptor import SheetContext
from .schema import HASH_BYTES, Schema

__all__ = [
    "TILE_HEIGHT",
    "TILE_WIDTH",
    "Folder",
    "TreeBuilder",
    "join_records",
    "leaf_hash",
    "node_hash",
    "pack_record",
    "path_steps",
    "record_totals",
    "root_hash",
    "unpack_record",
]

LEAF_TAG: Final = 0x10
NODE_TAG: Final = 0x11
ROOT_TAG: Final = 0x12
TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = PAGES_PER_BUNDLE

_sha256 = hashlib.sha256


def leaf_hash(context: SheetContext, index: int, rows: int, page: bytes, salt: bytes = b"") -> bytes:
    """The leaf of page ``index``, which holds ``rows`` rows; ``salt`` is empty unless the sheet is sealed."""
    head = bytes((LEAF_TAG,)) + context.hash + struct.pack("<QH", index, rows)
    return _sha256(head + salt + page).digest()


def node_hash(level: int, left: bytes, right: bytes) -> bytes:
    """The node ``level`` levels up whose children are the records ``left`` and ``right``."""
    return _sha256(bytes((NODE_TAG, level, (len(left) - HASH_BYTES) // 8)) + left + right).digest()


def root_hash(context: SheetContext, rows: int, record: bytes) -> bytes:
    """The root of a sheet of ``rows`` rows whose topmost node is ``record``."""
    head = bytes((ROOT_TAG,)) + context.hash + struct.pack("<QB", rows, (len(record) - HASH_BYTES) // 8)
    return _sha256(head + record).digest()


def pack_record(totals: tuple[int, ...], digest: bytes) -> bytes:
    """``m * u64 || hash``; each total must be within 0..2**64-1."""
    return _record_struct(len(totals)).pack(*totals, digest)


def unpack_record(record: bytes) -> tuple[tuple[int, ...], bytes]:
    """Totals and hash of a record."""
    *totals, digest = _record_struct((len(record) - HASH_BYTES) // 8).unpack(record)
    return tuple(totals), digest


@cache
def _record_struct(totals: int) -> struct.Struct:
    return struct.Struct(f"<{totals}Q{HASH_BYTES}s")


def path_steps(index: int, pages: int) -> list[tuple[int, int]]:
    """The siblings on the way from leaf ``index`` of ``pages`` to the top, as (height, number), bottom-up.

    Sibling (h, s) is the subtree over pages s * 2**h up to, and not including, min((s + 1) * 2**h, pages).
    It stands on the left if s is even. Heights at which the node has no partner are left out.
    """
    steps = []
    for height in range((pages - 1).bit_length()):
        number = index >> height
        if number & 1 or number < (pages - 1) >> height:
            steps.append((height, number ^ 1))
    return steps


def record_totals(records: Bytes, schema: Schema) -> NDArray[np.uint64]:
    """The totals in ``records``, uint8 of shape (n, record_bytes), as ``<u8`` of shape (n, aggregates)."""
    return np.ascontiguousarray(records[:, : schema.record_bytes - HASH_BYTES]).view("<u8")


def join_records(schema: Schema, totals: NDArray[np.uint64], digests: bytes) -> Bytes:
    """Records, uint8 of shape (n, record_bytes), from totals of shape (n, aggregates) and n hashes in a row."""
    split = schema.record_bytes - HASH_BYTES
    records = np.empty((len(totals), schema.record_bytes), np.uint8)
    records[:, :split] = totals.view(np.uint8).reshape(len(totals), split)
    records[:, split:] = np.frombuffer(digests, np.uint8).reshape(-1, HASH_BYTES)
    return records


class Folder:
    """Computes whole levels of a tree. Keeps its buffers, so use one for many calls, and in one thread only."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._capacity = 0
        self._reserve(16)

    def _reserve(self, count: int) -> None:
        self._capacity = max(count, 2 * self._capacity)
        size = 3 + 2 * self._schema.record_bytes
        self._preimages = np.empty((self._capacity, size), np.uint8)
        self._preimages[:, 0] = NODE_TAG
        self._preimages[:, 2] = len(self._schema.aggregates)
        view = self._preimages.reshape(-1).data
        self._slices = [view[at : at + size] for at in range(0, self._capacity * size, size)]

    def parents(self, records: Bytes, level: int) -> Bytes:
        """The records of the next level up: pairs joined, a last one without a partner unchanged.

        ``records`` is uint8 of shape (n, record_bytes), each total at most 2**63-1; ``level`` is the parents'.
        Raises AggregateError if a total passes 2**63-1.
        """
        pairs = len(records) // 2
        paired = records[: 2 * pairs]
        if pairs > self._capacity:
            self._reserve(pairs)
        self._preimages[:pairs, 1] = level
        self._preimages[:pairs, 3:] = paired.reshape(pairs, -1)
        digests = b"".join([_sha256(preimage).digest() for preimage in self._slices[:pairs]])
        children = record_totals(paired, self._schema)
        totals = children[0::2] + children[1::2]  # cannot wrap: both are below 2**63
        if pairs and totals.max() > MAX_TOTAL:
            raise AggregateError("a total in a sheet's tree passes 2**63-1", value=int(totals.max()))
        joined = join_records(self._schema, totals, digests)
        return joined if len(records) == 2 * pairs else np.concatenate([joined, records[-1:]])

    def levels(self, records: Bytes, base: int) -> list[Bytes]:
        """``records`` (1 to 256 nodes of height ``base``) and every level above them, up to a single record."""
        found = [records]
        while len(found[-1]) > 1:
            found.append(self.parents(found[-1], base + len(found)))
        return found

    def eighth(self, records: Bytes, base: int) -> Bytes:
        """The nodes eight levels above ``records``, which must be a multiple of 256."""
        for level in range(base + 1, base + TILE_HEIGHT + 1):
            records = self.parents(records, level)
        return records


class TreeBuilder:
    """A tree grown from the left in bounded memory: at most 255 waiting records a tile level.

    ``on_tile(level, index, data)`` receives every tile as soon as it is full, and the short ones at the end.
    """

    def __init__(self, schema: Schema, on_tile: Callable[[int, int, bytes], None]) -> None:
        self._folder = Folder(schema)
        self._on_tile = on_tile
        self._empty = np.empty((0, schema.record_bytes), np.uint8)
        self._waiting: dict[int, Bytes] = {}
        self._emitted: dict[int, int] = {}

    def add(self, records: Bytes, level: int = 0) -> None:
        """Append complete subtrees of 2**level pages; ``level`` is a multiple of 8. Raises AggregateError."""
        waiting = self._waiting.get(level, self._empty)
        if len(waiting):
            records = np.concatenate([waiting, records])
        full = len(records) // TILE_WIDTH * TILE_WIDTH
        for start in range(0, full, TILE_WIDTH):
            self._emit(level, records[start : start + TILE_WIDTH])
        self._waiting[level] = records[full:]
        if full:
            self.add(self._folder.eighth(records[:full], level), level + TILE_HEIGHT)

    def _emit(self, level: int, records: Bytes) -> None:
        index = self._emitted.get(level, 0)
        self._emitted[level] = index + 1
        self._on_tile(level, index, records.tobytes())

    def finish(self, last: Bytes | None = None) -> bytes:
        """Emit the short tiles and return the topmost record.

        ``last``, of shape (1, record_bytes), is an incomplete subtree to the right of everything added, lower
        than all of it. Raises AggregateError.
        """
        edge = self._empty if last is None else last
        for level in sorted(self._waiting):
            records = self._waiting[level]
            if len(records):
                self._emit(level, records)
            records = np.concatenate([records, edge])
            if len(records):
                edge = self._folder.levels(records, level)[-1]
        return edge.tobytes()
