"""A sheet's tree read back from its tiles, each checked against the root before it is used.

The reader needs a function that fetches one tile; where from is the caller's business. It keeps the
recomputed right edge, and the tiles it used last with all nodes inside them, so that many proofs of one
sheet cost little more than cutting bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import numpy as np

from ..errors import AggregateError, SheetProofError, UsageError
from ..limits import MAX_TOTAL
from .columns import Bytes
from .descriptor import Descriptor
from .tree import TILE_HEIGHT, TILE_WIDTH, Folder, path_steps, record_totals, root_hash

__all__ = ["TreeReader"]

_CACHED_TILES: Final = 1_024
"""Tiles kept with their inner nodes, 25 kB each: enough for 67 million charges at full speed."""


class TreeReader:
    """The nodes of one sheet's tree.

    ``read_tile(level, index)`` returns a tile's bytes as the builder emitted them; what it raises passes
    through. ``chain`` is the chain's identity. Tiles are untrusted: one that does not lead to the
    descriptor's root raises SheetProofError. For one thread only.
    """

    def __init__(
        self,
        descriptor: Descriptor,
        chain: bytes,
        read_tile: Callable[[int, int], bytes],
        *,
        cached_tiles: int = _CACHED_TILES,
    ) -> None:
        if cached_tiles < 1:
            raise UsageError("a tree reader keeps at least one tile", value=cached_tiles)
        self.descriptor = descriptor
        self._context = descriptor.context(chain)
        self._read_tile = read_tile
        self._folder = Folder(descriptor.schema)
        self._limit = cached_tiles
        self._cache: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()
        self._edge: dict[tuple[int, int], list[bytes]] = {}

    def path(self, index: int) -> list[bytes]:
        """The records beside the way from page ``index`` to the top, bottom-up, as ``tree.path_steps`` lists them.

        Raises UsageError for a page that the sheet does not have, SheetProofError or AggregateError for tiles that
        do not belong to the sheet.
        """
        if not 0 <= index < self.descriptor.pages:
            raise UsageError("the sheet has no such page", value=index)
        size = self.descriptor.schema.record_bytes
        levels: list[bytes] = []
        base, found = -1, []
        for height, number in path_steps(index, self.descriptor.pages):
            inner = height % TILE_HEIGHT
            if height - inner != base:
                base = height - inner
                levels = self._levels(base, index >> (base + TILE_HEIGHT))
            at = (number & ((TILE_WIDTH >> inner) - 1)) * size
            found.append(levels[inner][at : at + size])
        return found

    def _levels(self, level: int, index: int) -> list[bytes]:
        """The tile's records and every level above them, as far as the tile goes."""
        if not self._edge:
            self._edge = self._read_edge()
        found = self._edge.get((level, index)) or self._cache.get((level, index))
        if found is None:
            found = [nodes.tobytes() for nodes in self._fold(level, index, None)]
            # only a tile at the right edge has none above it
            above = self._levels(level + TILE_HEIGHT, index >> TILE_HEIGHT)[0]
            at = (index & (TILE_WIDTH - 1)) * len(found[-1])
            if found[-1] != above[at : at + len(found[-1])]:
                raise SheetProofError("a tree tile does not belong to the sheet", place=f"tile {level}/{index}")
            self._cache[level, index] = found
            if len(self._cache) > self._limit:
                self._cache.popitem(last=False)
        elif (level, index) in self._cache:
            self._cache.move_to_end((level, index))
        return found

    def _read_edge(self) -> dict[tuple[int, int], list[bytes]]:
        """The last tile of every level, from the bottom up, and with it the root."""
        edge: dict[tuple[int, int], list[bytes]] = {}
        carried: Bytes | None = None
        last = self.descriptor.pages - 1
        level = 0
        while True:
            index = last >> (level + TILE_HEIGHT)
            levels = self._fold(level, index, carried)
            edge[level, index] = [nodes.tobytes() for nodes in levels]
            carried = levels[-1]
            if not index:
                break
            level += TILE_HEIGHT
        if root_hash(self._context, self.descriptor.rows, carried.tobytes()) != self.descriptor.root:
            raise SheetProofError("the tree tiles do not lead to the sheet's root", value=self.descriptor.root)
        return edge

    def _fold(self, level: int, index: int, carried: Bytes | None) -> list[Bytes]:
        """All levels inside a tile; ``carried`` is the top of the last tile below, for a tile at the right edge.

        If the sheet ends with a complete subtree, that top is stored here as well, and must be the same.
        """
        layout = self.descriptor.schema
        complete = min((self.descriptor.pages >> level) - index * TILE_WIDTH, TILE_WIDTH)
        data = self._read_tile(level, index) if complete else b""
        if len(data) != complete * layout.record_bytes:
            raise SheetProofError(f"a tree tile has {len(data)} bytes", place=f"tile {level}/{index}")
        records = np.frombuffer(data, np.uint8).reshape(complete, layout.record_bytes)
        totals = record_totals(records, layout)
        if complete and totals.max() > MAX_TOTAL:
            raise AggregateError("a total in a tree tile passes 2**63-1", place=f"tile {level}/{index}")
        if carried is not None and self.descriptor.pages % (1 << level):
            records = np.concatenate([records, carried])
        elif carried is not None and records[-1:].tobytes() != carried.tobytes():
            raise SheetProofError("a tree tile does not belong to the sheet", place=f"tile {level}/{index}")
        return self._folder.levels(records, level)
