"""A log written as tlog-tiles (c2sp.org/tlog-tiles@v0.1.0), read back from the files, and led to its root.

Only what a tree of ``size`` leaves has and one of ``since`` leaves lacks is written; partial tiles and bundles of
earlier checkpoints stay until the full one is there.
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import MutualchainError, PublishUnverified
from ..tlog import merkle
from ..tlog.merkle import NodeReader
from ..tlog.tiles import (
    TILE_WIDTH,
    EntryBundle,
    Tile,
    bundles,
    format_bundle,
    format_tile,
    parse_bundle,
    parse_tile,
    tile_reader,
    tiles,
)
from .folder import Folder
from .work import Work

__all__ = ["write_tree"]


def write_tree(
    folder: Folder,
    work: Work,
    prefix: str,
    since: int,
    size: int,
    root: bytes,
    node: NodeReader,
    leaf: Callable[[int], bytes],
) -> list[str]:
    """Write and verify what a log gained; the paths of tiles and bundles that became full.

    ``node`` and ``leaf`` read the log from the ledger. Raises PublishUnverified where the files do not lead to
    ``root``, and what the ledger, the folder and ``format_bundle`` raise.
    """
    for tile in tiles(size, since):
        work.do(folder.put, prefix + tile.path, format_tile(node, tile))
    for bundle in bundles(size, since):
        first = bundle.index * TILE_WIDTH
        data = format_bundle([leaf(first + at) for at in range(bundle.width)])
        work.do(folder.put, prefix + bundle.path, data)
    work.finish()
    try:
        _verify(folder, prefix, since, size, root)
    except PublishUnverified:
        raise
    except MutualchainError as error:
        raise PublishUnverified(f"the log does not verify: {error.message}", place=f"{prefix}tile") from error
    return [prefix + full.path for full in _filled(since, size)]


def _filled(since: int, size: int) -> list[Tile | EntryBundle]:
    """The tiles and bundles that are full for ``size`` leaves and were begun, but not full, for ``since``."""
    found: list[Tile | EntryBundle] = []
    for tile in tiles(size, since):
        if tile.width == TILE_WIDTH and (since >> 8 * tile.level) > tile.index * TILE_WIDTH:
            found.append(tile)
    if since % TILE_WIDTH and since // TILE_WIDTH < size // TILE_WIDTH:
        found.append(EntryBundle(since // TILE_WIDTH))
    return found


def _verify(folder: Folder, prefix: str, since: int, size: int, root: bytes) -> None:
    """Partial tiles lead to the root; full ones to their hash above; entries to the tiles of level 0."""

    def fetch(tile: Tile) -> bytes:
        return folder.read(prefix + tile.path)

    read = tile_reader(fetch, size)
    if merkle.root_from_nodes(read, size) != root:
        raise PublishUnverified("the tiles do not lead to the log's root", value=root, place=f"{prefix}tile")
    for tile in tiles(size, since):
        hashes = parse_tile(fetch(tile), tile.width)
        if tile.width == TILE_WIDTH and merkle.root(hashes) != read(8 * tile.level + 8, tile.index):
            raise PublishUnverified("a tile does not belong to the log", place=prefix + tile.path)
    for bundle in bundles(size, since):
        entries = parse_bundle(folder.read(prefix + bundle.path), bundle.width)
        hashes = parse_tile(fetch(Tile(0, bundle.index, bundle.width)), bundle.width)
        for at, entry in enumerate(entries):
            if merkle.leaf_hash(entry) != hashes[at]:
                where = bundle.index * TILE_WIDTH + at
                raise PublishUnverified(f"entry {where} does not belong to the log", place=prefix + bundle.path)
