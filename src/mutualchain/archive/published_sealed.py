"""The auditor's part of a published ledger: sealed rows with their salts' secret, encrypted to one auditor's key.

A folder of its own, which is handed to the auditor and to nobody else::

    auditor                                          four lines: magic, origin, chain in hex, the auditor's public key
    plan/<plan>/<schema>-<v>/<number>/<index>        a chunk of a sealed sheet

A chunk is ``"mutualchain/sealed/v1\\n" || u32be length || box || SHA-256 of all before``. The box is libsodium's
sealed box (X25519 with an ephemeral key, XSalsa20-Poly1305) over canonical::

    [1, chain, plan, schema, number, index, chunks, secret, [bundle...], [[level, tile index, tile]...]]

so that a chunk that was put in another's place is noticed. Chunk ``i`` of the first ceil(bundles / 16) holds up to 16
bundles of pages from bundle 16 i on, as stored before compression, and the tiles of level 0 over them; each later
chunk up to 64 tiles of the levels above, from the lowest level up. The secret (32 bytes) is the sheet's: salts follow
from it (SPEC.md section 3.4). The digest at the end is for the operator, who cannot open what he wrote.

Nothing here is trusted: whoever audits leads the rows to the root that the chain signed. Who encrypted is not proven,
and need not be.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from ..block import fields
from ..canonical import decode, encode
from ..errors import MutualchainError, PublishedMismatch, PublishedMissing, SealedUnreadable
from ..limits import MAX_SEALED_CHUNK, PAGES_PER_BUNDLE
from ..sheet import Descriptor
from . import published_layout as layout
from .auditor_key import AuditorKey, AuditorSecret
from .published_source import Files, Limits, Source, source_of

__all__ = [
    "MARKER",
    "Chunk",
    "SealedPart",
    "chunk_bundles",
    "chunk_tiles",
    "chunks",
    "marker",
    "pack_chunk",
    "unpack_chunk",
    "upper_tiles",
    "whole",
]

MAGIC: Final = b"mutualchain/sealed/v1\n"
MARKER: Final = "auditor"
BUNDLES: Final = 16
"""Bundles in a chunk: with the tiles over them 660 kB at most."""
TILES: Final = 64
"""Tiles above level 0 in a chunk: 786 kB at most."""
_MAX_FILE: Final = len(MAGIC) + 4 + MAX_SEALED_CHUNK + 48 + 32
_MAX_MARKER: Final = 4_096
_E: Final = PublishedMismatch


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one chunk holds."""

    secret: bytes
    bundles: tuple[bytes, ...]
    tiles: tuple[tuple[int, int, bytes], ...]


# --- what is where --------------------------------------------------------------------------------


def chunk_bundles(descriptor: Descriptor, index: int) -> range:
    """The bundles in chunk ``index``; none in those that hold the upper tiles."""
    return range(index * BUNDLES, max(index * BUNDLES, min((index + 1) * BUNDLES, descriptor.bundles)))


def upper_tiles(descriptor: Descriptor) -> list[tuple[int, int]]:
    """(level, index) of a sheet's tiles above level 0, the lowest level first."""
    found, level = [], 8
    while complete := descriptor.pages >> level:
        found += [(level, index) for index in range(-(-complete // PAGES_PER_BUNDLE))]
        level += 8
    return found


def chunks(descriptor: Descriptor) -> int:
    """How many chunks a sheet has."""
    return -(-descriptor.bundles // BUNDLES) + -(-len(upper_tiles(descriptor)) // TILES)


def chunk_tiles(descriptor: Descriptor, index: int) -> list[tuple[int, int]]:
    """(level, index) of the tiles in a chunk."""
    first = -(-descriptor.bundles // BUNDLES)
    if index < first:
        return [(0, bundle) for bundle in chunk_bundles(descriptor, index)]
    return upper_tiles(descriptor)[(index - first) * TILES : (index - first + 1) * TILES]


def _chunk_of_tile(descriptor: Descriptor, level: int, index: int) -> int:
    if not level:
        return index // BUNDLES
    return -(-descriptor.bundles // BUNDLES) + upper_tiles(descriptor).index((level, index)) // TILES


# --- the format -----------------------------------------------------------------------------------


def marker(origin: str, chain: bytes, key: AuditorKey) -> bytes:
    """What the file ``auditor`` holds."""
    return MAGIC + f"{origin}\n{chain.hex()}\n{key.text}\n".encode()


def _binding(descriptor: Descriptor, chain: bytes, index: int) -> list[bytes | str | int]:
    schema = descriptor.schema.name
    return [1, chain, descriptor.plan, schema, descriptor.number, index, chunks(descriptor)]


def pack_chunk(key: AuditorKey, descriptor: Descriptor, chain: bytes, index: int, chunk: Chunk) -> bytes:
    """A chunk's file."""
    tiles = [list(tile) for tile in chunk.tiles]
    box = key.seal(encode([*_binding(descriptor, chain, index), chunk.secret, list(chunk.bundles), tiles]))
    data = MAGIC + len(box).to_bytes(4, "big") + box
    return data + hashlib.sha256(data).digest()


def whole(data: bytes) -> bool:
    """Whether a chunk's file is as it was written: what somebody can tell who cannot open it."""
    return data.startswith(MAGIC) and hashlib.sha256(data[:-32]).digest() == data[-32:]


def unpack_chunk(
    secret: AuditorSecret, data: bytes, descriptor: Descriptor, chain: bytes, index: int, place: str
) -> Chunk:
    """A chunk opened: of this chain, plan, schema, number and index, with the bundles and tiles that belong there.

    Raises PublishedMismatch for a file that is damaged or another chunk's, SealedUnreadable for one that this key does
    not open.
    """
    start = len(MAGIC) + 4
    if not whole(data) or int.from_bytes(data[len(MAGIC) : start], "big") != len(data) - start - 32:
        raise PublishedMismatch("a sealed chunk is damaged", place=place)
    opened = secret.open(data[start:-32])
    if opened is None:
        raise SealedUnreadable("a sealed chunk is not encrypted to this key", place=place)
    try:
        items = fields.array(decode(opened, max_size=MAX_SEALED_CHUNK), 10, "a sealed chunk", _E)
        if list(items[:7]) != _binding(descriptor, chain, index):
            raise PublishedMismatch("a sealed chunk is another one's", place=place)
        bundles = tuple(fields.blob(item, None, "a bundle", _E) for item in fields.array(items[8], None, "bundles", _E))
        tiles = []
        for item in fields.array(items[9], None, "tiles", _E):
            level, number, tile = fields.array(item, 3, "a tile", _E)
            tiles.append((level, number, fields.blob(tile, None, "a tile", _E)))
        chunk = Chunk(fields.blob(items[7], 32, "a sheet's secret", _E), bundles, tuple(tiles))
    except MutualchainError as error:
        raise PublishedMismatch(f"a sealed chunk cannot be read: {error.message}", place=place) from None
    sizes = [
        descriptor.bundle_rows(bundle) * descriptor.schema.row_bytes for bundle in chunk_bundles(descriptor, index)
    ]
    if [len(bundle) for bundle in bundles] != sizes or [tile[:2] for tile in tiles] != chunk_tiles(descriptor, index):
        raise PublishedMismatch("a sealed chunk does not hold what belongs in it", place=place)
    return chunk


# --- reading --------------------------------------------------------------------------------------


class SealedPart:
    """The auditor's folder, opened with her key. Give it to ``audit_ledger``; close it when done."""

    def __init__(
        self, place: Path | str | Source, secret: AuditorSecret, *, chain: bytes, limits: Limits | None = None
    ) -> None:
        """Raises SealedUnreadable for a part that was sealed for another key or chain, and what reading raises."""
        limits = limits or Limits()
        self._files = Files(source_of(place, limits) if isinstance(place, (str, Path)) else place, limits)
        self._secret = secret
        self._chain = chain
        self._chunk = lru_cache(maxsize=8)(self._read)
        try:
            lines = self._files.fresh(MARKER, _MAX_MARKER).split(b"\n")
            if len(lines) != 5 or lines[0] + b"\n" != MAGIC:
                raise SealedUnreadable("this is no auditor's part of a ledger", place=MARKER)
            if lines[2] != chain.hex().encode():
                raise SealedUnreadable("the sealed part is of another ledger", value=lines[2][:64])
            if lines[3] != secret.key.text.encode():
                raise SealedUnreadable("the sealed part is for another auditor's key", value=lines[3][:80])
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give threads and connections back."""
        self._files.close()

    def __enter__(self) -> SealedPart:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, descriptor: Descriptor, index: int) -> Chunk:
        path = layout.sealed(descriptor.plan, descriptor.schema.name, descriptor.number, index)
        data = self._files.get(path, _MAX_FILE)
        try:
            return unpack_chunk(self._secret, data, descriptor, self._chain, index, path)
        except MutualchainError:
            self._files.forget(path)
            raise

    def _there(self, descriptor: Descriptor, index: int) -> Chunk | None:
        try:
            return self._chunk(descriptor, index)
        except PublishedMissing:
            return None

    def secret(self, descriptor: Descriptor) -> bytes | None:
        """A sheet's secret; None where the part does not have the sheet. Raises what opening a chunk raises."""
        chunk = self._there(descriptor, 0)
        return None if chunk is None else chunk.secret

    def bundle(self, descriptor: Descriptor, index: int) -> bytes | None:
        """Up to 256 rows of a sealed sheet, raw; None where they are not here."""
        chunk = self._there(descriptor, index // BUNDLES)
        return None if chunk is None else chunk.bundles[index % BUNDLES]

    def tile(self, descriptor: Descriptor, level: int, index: int) -> bytes | None:
        """A tile of a sealed sheet's tree; None where it is not here."""
        number = _chunk_of_tile(descriptor, level, index)
        chunk = self._there(descriptor, number)
        if chunk is None:
            return None
        return next(tile for at, tiles, tile in chunk.tiles if (at, tiles) == (level, index))
