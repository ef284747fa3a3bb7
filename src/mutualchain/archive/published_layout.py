"""How a published ledger lies in files: the paths, and the formats of what is not a C2SP tile.

    checkpoint                              the signed note; the only file that changes
    tile/<L>/<N>[.p/<W>]                    the block log's tiles (c2sp.org/tlog-tiles@v0.1.0)
    tile/entries/<N>[.p/<W>]                the blocks, 256 a bundle
    head/<size>                             what a checkpoint of that size leads to: Head
    entries/<height>                        the entries of a block, where it has any: u32be length || entry, ...
    plan/<plan>/sheets/tile/...             the plan's log of sheets as tlog-tiles; its root stands in the plan leaf
    plan/<plan>/events/tile/...             the plan's log of entries, likewise
    plan/<plan>/slots/<l>/<N>[.p/<W>]       first slot of every 256**l-th enrolment sheet, u32be, 256 a file: a hint
    plan/<plan>/<schema>-<v>/<number>/card  a public sheet: Card
    plan/<plan>/<schema>-<v>/<number>/pages/<n>.gz       its pages, one gzip member, mtime 0
    plan/<plan>/<schema>-<v>/<number>/tile/<L>/<n>       its tree tiles, but the last of every level: Card has them

A number N, n, size, height is written in groups of three digits as C2SP does; ``.p/<W>`` ends the path of what is not
full yet. The chain's own plan, whose name is empty, lies under ``-``, which no plan can be called. Of sealed sheets
there is nothing but the descriptor in the plan's log: already a tile of their trees would tell each row's amount.

Nothing here is trusted. A reader begins with the checkpoint's signatures and proves the rest; positions in a card, in
a head and in ``slots`` only say where to look.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..block import fields
from ..block.entry import CHAIN
from ..block.keys import RECOVERY, ROTATION
from ..canonical import decode, encode
from ..errors import PublishedMismatch
from ..limits import (
    MAX_BLOCK,
    MAX_ENTRIES_PER_BLOCK,
    MAX_ENTRY,
    MAX_PARAMS,
    MAX_PLANS,
    MAX_PROOF,
    MAX_PUBLISHED_CARD,
    MAX_PUBLISHED_HEAD,
    PAGES_PER_BUNDLE,
)
from ..sheet import Descriptor, Schema
from ..tlog.tiles import TILE_WIDTH, EntryBundle

__all__ = [
    "CHECKPOINT",
    "LANDMARKS",
    "Card",
    "Head",
    "card",
    "edge_tiles",
    "entries",
    "format_entries",
    "head",
    "inline",
    "inner_tiles",
    "log_prefix",
    "pack_pages",
    "pages_per_file",
    "parse_entries",
    "piece",
    "piece_rows",
    "pieces",
    "runs",
    "sheet_tile",
    "slot_levels",
    "slots",
    "unpack_pages",
]

CHECKPOINT: Final = "checkpoint"
LANDMARKS: Final = ("genesis", "plan", ROTATION, RECOVERY)
"""The kinds of entries whose positions a head lists: few, and every record shows them."""
_INLINE: Final = 1 << 14
"""A sheet of so few bytes lies in its card whole: most enrolments come one or a few at a time."""
_ENROLMENT_PAGES: Final = 64
"""Keys and commitments do not compress, so a file holds 1,024 enrolments (73 kB) instead of 4,096."""
_E: Final = PublishedMismatch


# --- paths ----------------------------------------------------------------------------------------


def _number(number: int, width: int = TILE_WIDTH) -> str:
    return EntryBundle(number, width).path.removeprefix("tile/entries/")


def _plan(plan: str) -> str:
    return f"plan/{'-' if plan == CHAIN else plan}"


def _sheet(descriptor: Descriptor) -> str:
    return _numbered(descriptor.plan, descriptor.schema.name, descriptor.number)


def _numbered(plan: str, schema: str, number: int) -> str:
    return f"{_plan(plan)}/{schema.replace('/', '-')}/{_number(number)}"


def head(size: int) -> str:
    """What a checkpoint over ``size`` blocks leads to."""
    return f"head/{_number(size)}"


def entries(height: int) -> str:
    """The entries of a block that has any."""
    return f"entries/{_number(height)}"


def log_prefix(plan: str, log: str) -> str:
    """What stands before ``tile/`` in the paths of one of a plan's logs: ``log`` is ``sheets`` or ``events``."""
    return f"{_plan(plan)}/{log}/"


def card(plan: str, schema: str, number: int) -> str:
    """The card of a numbered public sheet."""
    return f"{_numbered(plan, schema, number)}/card"


def piece(descriptor: Descriptor, index: int) -> str:
    """A file of a public sheet's pages."""
    return f"{_sheet(descriptor)}/pages/{_number(index)}.gz"


def sheet_tile(descriptor: Descriptor, level: int, index: int) -> str:
    """A tile of a public sheet's tree that is not the last of its level."""
    return f"{_sheet(descriptor)}/tile/{level}/{_number(index)}"


def slots(plan: str, level: int, index: int, width: int) -> str:
    """First slots of a plan's enrolment sheets."""
    return f"{_plan(plan)}/slots/{level}/{_number(index, width)}"


def slot_levels(count: int) -> list[int]:
    """How many first slots each level of ``slots`` holds for ``count`` enrolment sheets, lowest level first."""
    found = [count]
    while found[-1] > TILE_WIDTH:
        found.append(-(-found[-1] // TILE_WIDTH))
    return found


def runs(count: int, before: int) -> Iterator[tuple[int, int]]:
    """(index, width) of the files of up to 256 that hold ``count`` things and are not there for ``before`` of them."""
    if count > before:
        for index in range(before // TILE_WIDTH, -(-count // TILE_WIDTH)):
            yield index, min(TILE_WIDTH, count - index * TILE_WIDTH)


# --- sheets ---------------------------------------------------------------------------------------


def pages_per_file(schema: Schema) -> int:
    """Pages in a file: a bundle of 256, but fewer enrolments."""
    return _ENROLMENT_PAGES if schema.name == "enrolment/1" else PAGES_PER_BUNDLE


def inline(descriptor: Descriptor) -> bool:
    """Whether the pages lie in the card."""
    return descriptor.rows * descriptor.schema.row_bytes <= _INLINE


def pieces(descriptor: Descriptor) -> int:
    """How many files hold the pages, if they are not in the card."""
    return -(-descriptor.pages // pages_per_file(descriptor.schema))


def piece_rows(descriptor: Descriptor, index: int) -> int:
    """How many rows file ``index`` holds."""
    full = descriptor.schema.page_rows * pages_per_file(descriptor.schema)
    return min(full, descriptor.rows - index * full)


def _tiles(descriptor: Descriptor) -> Iterator[tuple[int, int, bool]]:
    """(level, index, whether it is the last of its level) of all tiles that are not empty. One page needs none."""
    level, last = 0, descriptor.pages - 1
    if not last:
        return
    while True:
        end = last >> (level + 8)
        for index in range(end + 1):
            if (descriptor.pages >> level) > index * TILE_WIDTH:
                yield level, index, index == end
        if not end:
            return
        level += 8


def inner_tiles(descriptor: Descriptor) -> list[tuple[int, int]]:
    """(level, index) of the tiles that are files: full ones, none the last of its level."""
    return [(level, index) for level, index, edge in _tiles(descriptor) if not edge]


def edge_tiles(descriptor: Descriptor) -> list[tuple[int, int]]:
    """(level, index) of the tiles that lie in the card: the last of every level, if it holds anything."""
    return [(level, index) for level, index, edge in _tiles(descriptor) if edge]


def pack_pages(data: bytes) -> bytes:
    """One gzip member of level 1, whose header names no time and no file: the same bytes for the same zlib."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def unpack_pages(data: bytes, size: int, place: str) -> bytes:
    """The ``size`` bytes in a gzip member, inflated no further. Raises PublishedMismatch for anything else.

    A server may have taken the compression off on the way and labelled it as the transport's: then the bytes are
    there already. They are checked against the sheet in either case.
    """
    unpacker = zlib.decompressobj(31)
    try:
        found = unpacker.decompress(data, size + 1)
        if len(found) == size and unpacker.eof and not unpacker.unused_data:
            return found
    except zlib.error:
        pass
    if len(data) == size:
        return data
    raise PublishedMismatch(f"the pages are not one gzip member of {size} bytes", value=len(data), place=place)


@dataclass(frozen=True, slots=True)
class Card:
    """What a reader needs of a sheet beside its pages: ``[1, position, leaf, params, [[level, tile]...], pages]``.

    ``position`` is the sheet's in the plan's log of sheets, ``leaf`` its leaf there, ``tiles`` the last tile of each
    level of its tree; ``pages`` all rows of a small sheet, else empty.
    """

    position: int
    leaf: bytes
    params: bytes
    tiles: tuple[tuple[int, bytes], ...]
    pages: bytes

    def to_bytes(self) -> bytes:
        """The canonical bytes."""
        return encode([1, self.position, self.leaf, self.params, [list(pair) for pair in self.tiles], self.pages])

    @classmethod
    def from_bytes(cls, data: bytes) -> Card:
        """Parse strictly. Raises PublishedMismatch, CanonicalError, LimitError."""
        items = fields.array(decode(data, max_size=MAX_PUBLISHED_CARD), 6, "a sheet's card", _E)
        fields.integer(items[0], "a card's version", _E, low=1, high=1)
        tiles = []
        for pair in fields.array(items[4], None, "a card's tiles", _E):
            level, tile = fields.array(pair, 2, "a card's tile", _E)
            tiles.append((fields.integer(level, "a tile's level", _E, high=24), fields.blob(tile, None, "a tile", _E)))
        return cls(
            fields.integer(items[1], "a sheet's position", _E),
            fields.blob(items[2], None, "a leaf of the sheets log", _E, most=MAX_BLOCK),
            fields.blob(items[3], None, "a sheet's params", _E, most=MAX_PARAMS),
            tuple(tiles),
            fields.blob(items[5], None, "a small sheet's pages", _E, most=_INLINE),
        )


# --- head and entries -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """Genesis and last block with their proofs under the checkpoint, every plan's leaf, and where things stand.

    ``[1, genesis, proof, last, proof, [leaf...], [[plan, [position...], [hash...]]...]]``: positions of LANDMARKS in
    the plan's log of entries, which are a hint, and the roots of the perfect subtrees of its log of sheets, the
    largest first: with them one tile of that log is verified without the others at its edge.
    """

    genesis: bytes
    genesis_proof: tuple[bytes, ...]
    last: bytes
    last_proof: tuple[bytes, ...]
    leaves: tuple[bytes, ...]
    landmarks: tuple[tuple[str, tuple[int, ...], tuple[bytes, ...]], ...]

    def to_bytes(self) -> bytes:
        """The canonical bytes."""
        return encode(
            [
                1,
                self.genesis,
                list(self.genesis_proof),
                self.last,
                list(self.last_proof),
                list(self.leaves),
                [[plan, list(positions), list(peaks)] for plan, positions, peaks in self.landmarks],
            ]
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Head:
        """Parse strictly. Raises PublishedMismatch, CanonicalError, LimitError."""
        items = fields.array(decode(data, max_size=MAX_PUBLISHED_HEAD), 7, "a head", _E)
        fields.integer(items[0], "a head's version", _E, low=1, high=1)
        landmarks = []
        for pair in _many(items[6], MAX_PLANS, "landmarks"):
            plan, positions, peaks = fields.array(pair, 3, "a plan's landmarks", _E)
            if plan != CHAIN:
                fields.name(plan, "a plan's name", _E)
            whole = [fields.integer(item, "a position", _E) for item in fields.array(positions, None, "positions", _E)]
            landmarks.append((plan, tuple(whole), _hashes(peaks)))
        return cls(
            fields.blob(items[1], None, "a genesis block", _E, most=MAX_BLOCK),
            _hashes(items[2]),
            fields.blob(items[3], None, "a last block", _E, most=MAX_BLOCK),
            _hashes(items[4]),
            tuple(fields.blob(item, None, "a plan leaf", _E, most=MAX_BLOCK) for item in _many(items[5], MAX_PLANS)),
            tuple(landmarks),
        )


def _many(value: object, most: int, what: str = "plan leaves") -> tuple[Any, ...]:
    items = fields.array(value, None, what, _E)
    if len(items) > most:
        raise PublishedMismatch(f"more than {most} {what}", value=len(items))
    return items


def _hashes(value: object) -> tuple[bytes, ...]:
    return tuple(fields.blob(item, 32, "a proof's hash", _E) for item in _many(value, MAX_PROOF, "hashes of a proof"))


def format_entries(items: Sequence[bytes]) -> bytes:
    """A block's entries, each after its length as a big-endian u32."""
    return b"".join(len(item).to_bytes(4, "big") + item for item in items)


def parse_entries(data: bytes, place: str) -> list[bytes]:
    """The entries in a file. Raises PublishedMismatch for bytes that are missing or superfluous."""
    found: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + 4
        at = start + int.from_bytes(data[at:start], "big")
        if at > len(data) or at - start > MAX_ENTRY or len(found) >= MAX_ENTRIES_PER_BLOCK:
            raise PublishedMismatch("the entries of a block are cut off or too long", place=place)
        found.append(data[start:at])
    return found
