"""The tree and its entries as immutable files (c2sp.org/tlog-tiles@v0.1.0).

    tile/0/x001/x234/067          tile 1234067 of level 0: the hashes of leaves 315921152 to 315921407
    tile/1/000.p/17               the first tile of level 1, as far as it goes: 17 hashes
    tile/entries/x001/000         the entries of leaves 256000 to 256255

A full tile is 256 hashes, 8192 bytes. Hash i of tile n at level l is the perfect node (8 * l, 256 * n + i)
of the tree, so level 0 holds leaf hashes, and each full tile is one hash of the level above. What does not
fill a tile lies in one partial tile a level, whose path ends in its width, 1 to 255. A number is written in
groups of three digits, every one but the last after an "x". An entry bundle holds the entries of a tile of
level 0, each after its length as a big-endian u16.

Tiles carry no signature. What is computed from them counts once it has led to a checkpoint's root, so do not
trust a node of :func:`tile_reader` for itself: make a proof with it and verify the proof.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ..errors import TileError, UsageError
from ..limits import MAX_LOG_SIZE
from . import merkle
from .merkle import HASH_SIZE, NodeReader
from .strict import from_decimal

__all__ = [
    "MAX_ENTRY_SIZE",
    "TILE_WIDTH",
    "EntryBundle",
    "Tile",
    "bundles",
    "format_bundle",
    "format_tile",
    "parse_bundle",
    "parse_path",
    "parse_tile",
    "tile_reader",
    "tiles",
]

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
"""Hashes in a full tile, entries in a full bundle."""
MAX_LEVEL: Final = 63
MAX_ENTRY_SIZE: Final = 65_535
"""Bytes of an entry: what a u16 counts."""
_CACHED_TILES: Final = 64  # half a MiB; a proof in the largest log reads 8 paths of tiles

_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tile:
    """The name of a tile: level 0 to 63, index from 0, width 1 to 256 hashes. Raises TileError for others."""

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if type(self.level) is not int or not 0 <= self.level <= MAX_LEVEL:
            raise TileError("a tile's level is a number from 0 to 63", value=self.level)
        _check_index_and_width(self.index, self.width)

    @property
    def path(self) -> str:
        """The path below the log's prefix."""
        return f"tile/{self.level}/{_number_path(self.index, self.width)}"

    @property
    def full(self) -> Tile:
        """The full tile of which this is the beginning, or which this is."""
        return Tile(self.level, self.index)


@dataclass(frozen=True, slots=True)
class EntryBundle:
    """The name of an entry bundle: index from 0, width 1 to 256 entries. Raises TileError for others."""

    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        _check_index_and_width(self.index, self.width)

    @property
    def path(self) -> str:
        """The path below the log's prefix."""
        return f"tile/entries/{_number_path(self.index, self.width)}"


def parse_path(path: str) -> Tile | EntryBundle:
    """The tile or bundle that ``path`` names. Raises TileError for any path that none of them has."""
    match = _PATH.match(path) if type(path) is str else None
    if match is None:
        raise TileError("this is not the path of a tile or entry bundle", value=path)
    level, groups, partial = match.groups()
    index = int(groups.replace("/", "").replace("x", ""))
    width = TILE_WIDTH if partial is None else from_decimal(partial, "a tile's width", TileError)
    named = EntryBundle(index, width) if level == "entries" else Tile(int(level), index, width)
    if named.path != path:
        raise TileError("the path of a tile has one spelling", value=path, hint=f"It should be {named.path}.")
    return named


# --- which files a tree has ---------------------------------------------------------------------


def tiles(size: int, since: int = 0) -> Iterator[Tile]:
    """The tiles of a tree of ``size`` leaves, lowest level first; with ``since``, those a tree of that size lacks.

    Raises UsageError for sizes out of range or order.
    """
    _check_sizes(size, since)
    level = 0
    while size >> TILE_HEIGHT * level:
        nodes, before = size >> TILE_HEIGHT * level, since >> TILE_HEIGHT * level
        yield from (Tile(level, index, width) for index, width in _new_runs(nodes, before))
        level += 1


def bundles(size: int, since: int = 0) -> Iterator[EntryBundle]:
    """The entry bundles of a tree of ``size`` leaves; with ``since``, those a tree of that size lacks.

    Raises UsageError for sizes out of range or order.
    """
    _check_sizes(size, since)
    yield from (EntryBundle(index, width) for index, width in _new_runs(size, since))


def _new_runs(count: int, before: int) -> Iterator[tuple[int, int]]:
    """(index, width) of the runs of up to 256 that ``count`` things make and ``before`` of them did not."""
    if count == before:
        return
    for index in range(before // TILE_WIDTH, count // TILE_WIDTH):
        yield index, TILE_WIDTH
    if count % TILE_WIDTH:
        yield count // TILE_WIDTH, count % TILE_WIDTH


# --- tiles --------------------------------------------------------------------------------------


def format_tile(read: NodeReader, tile: Tile) -> bytes:
    """The content of ``tile``: its hashes one after the other. Raises ProofError when ``read`` returns no hash."""
    level, first = TILE_HEIGHT * tile.level, TILE_WIDTH * tile.index
    hashes = [read(level, first + i) for i in range(tile.width)]
    return b"".join(merkle.check_hash(item, f"a hash of {tile.path}") for item in hashes)


def parse_tile(data: bytes, width: int) -> tuple[bytes, ...]:
    """The ``width`` hashes of a tile's content. Raises TileError unless ``data`` is exactly so long."""
    if type(data) is not bytes or len(data) != width * HASH_SIZE:
        raise TileError(f"a tile of width {width} is {width * HASH_SIZE} bytes", value=len(data))
    return tuple(data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE))


def tile_reader(fetch: Callable[[Tile], bytes], size: int) -> NodeReader:
    """A reader of the perfect nodes of a tree of ``size`` leaves, over its tiles, of which it keeps the last few.

    ``fetch`` returns the content of a tile, or raises what the caller expects. Asked for a partial tile it may
    return the full one, as logs may delete a partial tile then. Raises UsageError for a bad size; the reader
    raises UsageError for a node outside the tree and TileError for a tile of a wrong length.
    """
    _check_sizes(size, 0)

    @lru_cache(maxsize=_CACHED_TILES)
    def hashes(tile: Tile) -> tuple[bytes, ...]:
        data = fetch(tile)
        width = TILE_WIDTH if len(data) == TILE_WIDTH * HASH_SIZE else tile.width
        return parse_tile(data, width)[: tile.width]

    def read(level: int, index: int) -> bytes:
        if not 0 <= level <= MAX_LEVEL or index < 0 or (index + 1) << level > size:
            raise UsageError(f"a tree of {size} leaves has no perfect node {index} of level {level}")
        height = level % TILE_HEIGHT
        first = index << height  # the first of the 2**height hashes beneath, in the tiles of this level
        nodes = size >> level - height
        width = min(TILE_WIDTH, nodes - first // TILE_WIDTH * TILE_WIDTH)
        found = hashes(Tile(level // TILE_HEIGHT, first // TILE_WIDTH, width))
        return merkle.root(found[first % TILE_WIDTH : first % TILE_WIDTH + (1 << height)])

    return read


# --- entry bundles ------------------------------------------------------------------------------


def format_bundle(entries: Sequence[bytes]) -> bytes:
    """The content of a bundle of 1 to 256 ``entries``. Raises TileError for too many, or one above 65,535 bytes."""
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise TileError("a bundle holds 1 to 256 entries", value=len(entries))
    for entry in entries:
        if type(entry) is not bytes or len(entry) > MAX_ENTRY_SIZE:
            raise TileError(f"an entry is at most {MAX_ENTRY_SIZE} bytes", value=len(entry))
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_bundle(data: bytes, width: int) -> tuple[bytes, ...]:
    """The entries in a bundle's content, exactly ``width`` of them. Raises TileError."""
    entries = []
    at = 0
    for number in range(width):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if at > len(data):
            raise TileError("the entry bundle ends too early", place=f"entry {number} of {width}")
        entries.append(data[start:at])
    if at != len(data):
        raise TileError("bytes follow the last entry of the bundle", value=len(data) - at)
    return tuple(entries)


def _number_path(index: int, width: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *leading, last = (digits[i : i + 3] for i in range(0, len(digits), 3))
    path = "/".join([*(f"x{group}" for group in leading), last])
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def _check_index_and_width(index: int, width: int) -> None:
    if type(index) is not int or not 0 <= index <= MAX_LOG_SIZE:
        raise TileError("a tile's index is a number from 0 to 2**63 - 1", value=index)
    if type(width) is not int or not 1 <= width <= TILE_WIDTH:
        raise TileError("a tile's width is a number from 1 to 256", value=width)


def _check_sizes(size: int, since: int) -> None:
    if type(size) is not int or type(since) is not int or not 0 <= since <= size <= MAX_LOG_SIZE:
        raise UsageError("a tree's size is a number from 0 to 2**63 - 1, and none shrinks", value=(since, size))
