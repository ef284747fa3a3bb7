"""How a published ledger lies in files: the paths, and the formats of what is not a C2SP tile.

    checkpoint                              the signed note; the only file that changes
    tile/<L>/<N>[.p/<W>]                    the block log's tiles (c2sp.org/tlog-tiles@v0.1.0)
    tile/entries/<N>[.p/<W>]                the blocks, 256 a bundle
    head/<size>                             what a checkpoint of that size leads to: published_heads.Head
    entries/<height>                        the entries of a block, where it has any: u32be length || entry, ...
    plan/<plan>/head/<sheets>/<events>      what a plan leaf with logs of these sizes leads to: published_heads.PlanHead
    plan/<plan>/covenants/<version>         a covenant: the canonical bytes whose hash the plan leaf has
    plan/<plan>/sheets/tile/...             the plan's log of sheets as tlog-tiles; its root stands in the plan leaf
    plan/<plan>/events/tile/...             the plan's log of entries, likewise
    plan/<plan>/slots/<l>/<N>[.p/<W>]       first slot of every 256**l-th enrolment sheet, u32be, 256 a file: a hint
    plan/<plan>/<schema>-<v>/<number>/card  a public sheet: Card
    plan/<plan>/<schema>-<v>/<number>/pages/<n>.gz       its pages and the path from them to the top, one gzip member
    plan/<plan>/<schema>-<v>/<number>/tile/<L>/<n>       the tiles of its tree
    plan/<plan>/<schema>-<v>/<number>/params             of a sealed sheet, where it has any: what it was made for

A number N, n, size, height is written in groups of three digits as C2SP does; ``.p/<W>`` ends the path of what is not
full yet. The chain's own plan, whose name is empty, lies under ``-``, which no plan can be called. Of sealed sheets
there is nothing but the descriptor in the plan's log, and params: already a tile of their trees would tell amounts.

Nothing here is trusted. A reader begins with the checkpoint's signatures and proves the rest; positions in a card and
``slots`` only say where to look.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

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
    MAX_PUBLISHED_CARD,
    PAGES_PER_BUNDLE,
)
from ..sheet import Descriptor, Schema
from ..sheet.tree import path_steps
from ..tlog.tiles import TILE_WIDTH, EntryBundle, Tile

__all__ = [
    "CHECKPOINT",
    "LANDMARKS",
    "Card",
    "card",
    "covenant",
    "edge_of_log",
    "entries",
    "format_entries",
    "head",
    "inline",
    "log_prefix",
    "pack_pages",
    "pages_per_file",
    "params",
    "parse_entries",
    "piece",
    "piece_path",
    "piece_rows",
    "piece_size",
    "pieces",
    "plan_head",
    "runs",
    "sealed",
    "sheet_tile",
    "sheet_tiles",
    "slot_levels",
    "slots",
    "unpack_pages",
]

CHECKPOINT: Final = "checkpoint"
LANDMARKS: Final = ("genesis", "plan", "amendment", "closing", "closing_statement", ROTATION, RECOVERY)
"""The kinds of entries that a plan's head holds: few, and every record shows them."""
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


def plan_head(plan: str, sheets: int, events: int) -> str:
    """What a plan's leaf leads to, whose logs have so many sheets and entries."""
    return f"{_plan(plan)}/head/{_number(sheets)}/{_number(events)}"


def covenant(plan: str, version: int) -> str:
    """A version of a plan's covenant."""
    return f"{_plan(plan)}/covenants/{_number(version)}"


def edge_of_log(size: int) -> list[Tile]:
    """The tiles of a log of ``size`` leaves that are not full, the lowest level first: together they make the root."""
    found = []
    for level in range(8):
        nodes = size >> 8 * level
        if nodes % TILE_WIDTH:
            found.append(Tile(level, nodes // TILE_WIDTH, nodes % TILE_WIDTH))
    return found


def log_prefix(plan: str, log: str) -> str:
    """What stands before ``tile/`` in the paths of one of a plan's logs: ``log`` is ``sheets`` or ``events``."""
    return f"{_plan(plan)}/{log}/"


def card(plan: str, schema: str, number: int) -> str:
    """The card of a numbered public sheet."""
    return f"{_numbered(plan, schema, number)}/card"


def params(plan: str, schema: str, number: int) -> str:
    """What a sealed sheet was made for, where it has any params."""
    return f"{_numbered(plan, schema, number)}/params"


def piece(descriptor: Descriptor, index: int) -> str:
    """A file of a public sheet's pages."""
    return f"{_sheet(descriptor)}/pages/{_number(index)}.gz"


def sheet_tile(descriptor: Descriptor, level: int, index: int) -> str:
    """A tile of a public sheet's tree."""
    return f"{_sheet(descriptor)}/tile/{level}/{_number(index)}"


def sealed(plan: str, schema: str, number: int, index: int) -> str:
    """A chunk of a sealed sheet, in the auditor's folder."""
    return f"{_numbered(plan, schema, number)}/{_number(index)}"


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


def piece_path(descriptor: Descriptor, index: int) -> list[tuple[int, int]]:
    """(height, number) of the records that follow the pages in file ``index``: beside the way from it to the top."""
    each = pages_per_file(descriptor.schema)
    height = each.bit_length() - 1
    return [step for step in path_steps(index * each, descriptor.pages) if step[0] >= height]


def piece_size(descriptor: Descriptor, index: int) -> int:
    """How many bytes file ``index`` holds before it is compressed."""
    schema = descriptor.schema
    return piece_rows(descriptor, index) * schema.row_bytes + len(piece_path(descriptor, index)) * schema.record_bytes


def sheet_tiles(descriptor: Descriptor) -> list[tuple[int, int]]:
    """(level, index) of the tiles of a sheet's tree, the lowest level first; none where its pages are in the card."""
    found, level = [], 0
    while not inline(descriptor) and (complete := descriptor.pages >> level):
        found += [(level, index) for index in range(-(-complete // TILE_WIDTH))]
        level += 8
    return found


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
    """What a reader needs of a sheet beside its pages.

    ``[1, position, leaf, params, pages, [] or [position, leaf]]``: the sheet's position in the plan's log of sheets,
    its leaf there, all pages of a small sheet (else empty); and of a charge, where the entry that announced it stands
    in the plan's log of entries, with that leaf.
    """

    position: int
    leaf: bytes
    params: bytes
    pages: bytes
    announced: tuple[int, bytes] | None = None

    def to_bytes(self) -> bytes:
        """The canonical bytes."""
        return encode([1, self.position, self.leaf, self.params, self.pages, list(self.announced or ())])

    @classmethod
    def from_bytes(cls, data: bytes) -> Card:
        """Parse strictly. Raises PublishedMismatch, CanonicalError, LimitError."""
        items = fields.array(decode(data, max_size=MAX_PUBLISHED_CARD), 6, "a sheet's card", _E)
        fields.integer(items[0], "a card's version", _E, low=1, high=1)
        announced = fields.array(items[5], None, "an announcement's place", _E)
        if len(announced) not in (0, 2):
            raise PublishedMismatch("an announcement's place is a position and a leaf", value=len(announced))
        return cls(
            fields.integer(items[1], "a sheet's position", _E),
            fields.blob(items[2], None, "a leaf of the sheets log", _E, most=MAX_BLOCK),
            fields.blob(items[3], None, "a sheet's params", _E, most=MAX_PARAMS),
            fields.blob(items[4], None, "a small sheet's pages", _E, most=_INLINE),
            None
            if not announced
            else (
                fields.integer(announced[0], "an announcement's position", _E),
                fields.blob(announced[1], None, "a leaf of the log of entries", _E, most=MAX_BLOCK),
            ),
        )


# --- entries ---------------------------------------------------------------------------------------


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
