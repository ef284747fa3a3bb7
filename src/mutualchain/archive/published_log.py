"""One log of a published ledger: every tile is held against the signed root before a hash of it is used.

The tiles that are not full lead to the root together; a full one leads to its hash in the tile above. So whatever
comes out of :meth:`PublishedLog.read` is a node of the signed tree.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from ..errors import ProofError, PublishedMismatch, PublishedMissing, RecordUnavailable, TileError
from ..tlog import merkle
from ..tlog.tiles import (
    MAX_ENTRY_SIZE,
    TILE_WIDTH,
    EntryBundle,
    Tile,
    parse_bundle,
    parse_tile,
    tile_reader,
)
from .published_layout import edge_of_log
from .published_source import Files

__all__ = ["PublishedLog"]

_TILE_BYTES: Final = TILE_WIDTH * merkle.HASH_SIZE
_BUNDLE_BYTES: Final = TILE_WIDTH * (MAX_ENTRY_SIZE + 2)
_KEPT: Final = 1_024
"""Verified tiles kept: 8 MiB."""


class PublishedLog:
    """The tree of ``size`` leaves under ``root`` (32 bytes), whose tiles lie below ``prefix``. Safe between threads."""

    def __init__(self, files: Files, prefix: str, size: int, root: bytes) -> None:
        self._files = files
        self._prefix = prefix
        self.size = size
        self.root = root
        self._tiles: OrderedDict[Tile, bytes] = OrderedDict()
        self._edge: dict[Tile, bytes] = {}
        self._lock = threading.RLock()
        self._read = tile_reader(self._verified, size)

    def check_size(self, size: int) -> None:
        """Raises RecordUnavailable unless ``size`` is the log's under this checkpoint."""
        if size != self.size:
            raise RecordUnavailable(f"this log is read at {self.size} leaves only, under its checkpoint", value=size)

    def use_edge(self, tiles: Sequence[bytes]) -> bool:
        """Take the tiles that are not full, the lowest level first, if they make the root; says whether they do.

        They need not be fetched then.
        """
        places = edge_of_log(self.size)
        if [len(data) for data in tiles] != [merkle.HASH_SIZE * place.width for place in places]:
            return False
        edge = dict(zip(places, tiles, strict=True))
        if merkle.root_from_nodes(tile_reader(edge.__getitem__, self.size), self.size) != self.root:
            return False
        self._edge = edge
        return True

    # --- nodes --------------------------------------------------------------------------------

    def read(self, level: int, index: int) -> bytes:
        """A perfect node, verified. Raises PublishedMismatch, PublishedMissing, UsageError for a node outside."""
        with self._lock:
            return self._read(level, index)

    def proof(self, index: int) -> tuple[bytes, ...]:
        """The inclusion proof of a leaf."""
        return merkle.inclusion_proof_from_nodes(self.read, index, self.size)

    def _fetch(self, tile: Tile | EntryBundle, most: int) -> tuple[bytes, str]:
        """A file of the log, or, where it was cleaned away, the full one of which it is the beginning."""
        path = self._prefix + tile.path
        try:
            return self._files.get(path, most), path
        except PublishedMissing:
            if tile.width == TILE_WIDTH:
                raise
            full = Tile(tile.level, tile.index) if isinstance(tile, Tile) else EntryBundle(tile.index)
            try:
                return self._files.get(self._prefix + full.path, most), self._prefix + full.path
            except PublishedMissing:
                pass
            raise

    def _raw(self, tile: Tile) -> bytes:
        data, path = self._fetch(tile, _TILE_BYTES)
        try:
            width = TILE_WIDTH if len(data) == _TILE_BYTES else tile.width
            return b"".join(parse_tile(data, width)[: tile.width])
        except TileError as error:
            self._files.forget(path)
            raise PublishedMismatch(error.message, value=error.value, place=path) from None

    def _verified(self, tile: Tile) -> bytes:
        if not self._edge:
            self._read_edge()
        found = self._edge.get(tile) or self._tiles.get(tile)
        if found is None:
            found = self._raw(tile)
            above = self._read(8 * (tile.level + 1), tile.index)
            if merkle.root(parse_tile(found, tile.width)) != above:
                path = self._prefix + tile.path
                self._files.forget(path)
                raise PublishedMismatch("a tile does not belong to the signed tree", place=path)
            self._tiles[tile] = found
            if len(self._tiles) > _KEPT:
                self._tiles.popitem(last=False)
        return found

    def _read_edge(self) -> None:
        """The tiles that are not full: together they make the root."""
        edge: dict[Tile, bytes] = {}

        def fetch(tile: Tile) -> bytes:
            edge[tile] = self._raw(tile)
            return edge[tile]

        try:
            if merkle.root_from_nodes(tile_reader(fetch, self.size), self.size) == self.root:
                self._edge = edge
                return
        except (ProofError, TileError) as error:
            raise PublishedMismatch(error.message, place=self._prefix + "tile") from None
        paths = [self._prefix + tile.path for tile in edge]
        for path in paths:
            self._files.forget(path)
        raise PublishedMismatch("the tiles do not lead to the signed root", value=self.root, place=", ".join(paths))

    # --- leaves -------------------------------------------------------------------------------

    def _bundle(self, index: int) -> EntryBundle:
        number = index // TILE_WIDTH
        return EntryBundle(number, min(TILE_WIDTH, self.size - number * TILE_WIDTH))

    def entry(self, index: int) -> bytes:
        """What leaf ``index`` holds, verified. Raises PublishedMismatch, PublishedMissing."""
        bundle = self._bundle(index)
        data, path = self._fetch(bundle, _BUNDLE_BYTES)
        try:
            try:
                found = parse_bundle(data, bundle.width)
            except TileError:
                if path == self._prefix + bundle.path:
                    raise
                found = parse_bundle(data, TILE_WIDTH)
        except TileError as error:
            self._files.forget(path)
            raise PublishedMismatch(error.message, value=error.value, place=path) from None
        entry = found[index % TILE_WIDTH]
        self.check(index, entry, path)
        return entry

    def check(self, index: int, data: bytes, place: str) -> None:
        """Raises PublishedMismatch, naming the file ``place``, unless ``data`` is what leaf ``index`` holds."""
        if not 0 <= index < self.size or merkle.leaf_hash(data) != self.read(0, index):
            self._files.forget(place)
            raise PublishedMismatch(f"this is not leaf {index} of the signed tree", place=place)
