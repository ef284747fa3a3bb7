"""A published ledger as a store's snapshot, for the audit: each stored key is looked up among the published files.

Blocks, entries, params, pages, tree tiles and the logs' nodes and leaves come from their files, sealed sheets from the
auditor's part where there is one. What an operator's store keeps beside them and nobody publishes is NOT_KEPT here.

What a file fails to prove raises PublishedMismatch, PublishedMissing or PublishedTooLarge, which name it; pages and
tiles of sheets are returned as they are, since the audit leads them to their roots itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..block.chain import BLOCKS, EVENTS, SHEETS
from ..errors import (
    MutualchainError,
    PublishedMismatch,
    PublishedMissing,
    PublishedTooLarge,
    SealedUnreadable,
    SourceUnreachable,
    UsageError,
)
from ..limits import PAGES_PER_BUNDLE
from . import layout as stored
from .packing import pack
from .published import PublishedArchive
from .published_sealed import SealedPart
from .reading import SheetRef

__all__ = ["NOT_KEPT", "PublishedReader"]

NOT_KEPT: Final = frozenset([b"Q", b"F", b"A", b"M", b"W"])
"""Indexes, and the plans' leaves of earlier blocks: what follows from the rest and is not published."""
_CHARGE: Final = "charge/1"
_ENTRIES_AHEAD: Final = 64
_BUNDLES_AHEAD: Final = 8


class PublishedReader:
    """The snapshot of a published ledger under its checkpoint. For one thread."""

    def __init__(self, archive: PublishedArchive, sealed: SealedPart | None = None) -> None:
        self._archive = archive
        self._sealed = sealed

    def head(self) -> bytes | None:
        """The size and the last block's hash, as the checkpoint has them."""
        return self._archive.size.to_bytes(8, "big") + self._archive.head_hash

    def view(self, key: bytes) -> memoryview | None:
        """As ``get``."""
        found = self.get(key)
        return None if found is None else memoryview(found)

    def last(self, start: bytes, stop: bytes) -> tuple[bytes, bytes] | None:
        """Nothing: only indexes are read so."""
        return None

    def scan(self, start: bytes, stop: bytes, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """All entries (``E``) or all params (``P``) that can be read; nothing of other kinds."""
        if start == b"E":
            yield from self._all_entries()
        elif start == b"P":
            yield from self._all_params()

    def get(self, key: bytes) -> bytes | None:
        """What a store has under this key, as far as it is published. Raises what reading a file raises."""
        if key == stored.CHECKPOINT:
            return self._archive.checkpoint()
        find = _KINDS.get(key[:1])
        try:
            return None if find is None else find(self, key)
        except (SourceUnreachable, SealedUnreadable, PublishedMissing, PublishedMismatch, PublishedTooLarge):
            raise
        except MutualchainError:
            return None  # a signed block that cannot be parsed, which the audit says of the block itself

    # --- blocks and entries -------------------------------------------------------------------

    def _block(self, key: bytes) -> bytes | None:
        height = int.from_bytes(key[1:], "big")
        return self._archive.block(height) if height < self._archive.size else None

    def _entry(self, key: bytes) -> bytes | None:
        height, index = int.from_bytes(key[1:9], "big"), int.from_bytes(key[9:], "big")
        if height >= self._archive.size:
            return None
        if index == 0:
            self._fetch_entries(height)
        found = self._archive.entries(height)
        return found[index] if index < len(found) else None

    def _fetch_entries(self, height: int) -> None:
        """The files of the entries that come next, several at once."""
        window = range(height, min(height + _ENTRIES_AHEAD, self._archive.size))
        if height % _ENTRIES_AHEAD == 0:
            self._archive.fetch_entries(window)

    def _all_entries(self) -> Iterator[tuple[bytes, bytes]]:
        for height in range(self._archive.size):
            self._fetch_entries(height)
            try:
                found = self._archive.entries(height)
            except SourceUnreachable:
                raise
            except MutualchainError:
                continue  # said when the audit comes to this block
            for index, data in enumerate(found):
                yield stored.entry(height, index), data

    # --- logs ---------------------------------------------------------------------------------

    def _node(self, key: bytes) -> bytes | None:
        log = {b"Nb": BLOCKS, b"Ns": SHEETS, b"Ne": EVENTS}[key[:2]]
        plan = "" if log == BLOCKS else key[2:-10].decode("ascii")
        level, index = key[-9], int.from_bytes(key[-8:], "big")
        if plan not in self._archive.plans():
            return None
        try:
            return self._archive.nodes(log, plan)(level, index)
        except UsageError:
            return None  # outside the tree

    def _leaf(self, key: bytes) -> bytes | None:
        log = {b"D": SHEETS, b"V": EVENTS}[key[:1]]
        return self._archive.leaf(log, key[1:-9].decode("ascii"), int.from_bytes(key[-8:], "big"))

    # --- sheets -------------------------------------------------------------------------------

    def _ref(self, key: bytes) -> SheetRef | None:
        height, index = int.from_bytes(key[1:9], "big"), int.from_bytes(key[9:11], "big")
        if height >= self._archive.size:
            return None
        header = self._archive.header(height)
        if index >= len(header.sheets):
            return None
        return SheetRef(height, header.time_ms, index, -1, header.sheets[index])

    def _params(self, key: bytes) -> bytes | None:
        ref = self._ref(key)
        return None if ref is None else self._archive.params(ref) or None

    def _all_params(self) -> Iterator[tuple[bytes, bytes]]:
        for plan in self._archive.plans():
            for number in range(self._archive.plan_state(plan, self._archive.size - 1).next_number(_CHARGE)):
                try:
                    ref = self._archive.sheet(plan, _CHARGE, number)
                    index = self._archive.header(ref.height).sheets.index(ref.descriptor)
                    yield stored.params(ref.height, index), self._archive.params(ref)
                except SourceUnreachable:
                    raise
                except (MutualchainError, ValueError):
                    continue  # said when the audit comes to this sheet

    def _secret(self, key: bytes) -> bytes | None:
        ref = self._ref(key)
        if ref is None or self._sealed is None or not ref.descriptor.schema.sealed:
            return None
        return self._sealed.secret(ref.descriptor)

    def _bundle(self, key: bytes) -> bytes | None:
        ref, index = self._ref(key), int.from_bytes(key[11:], "big")
        if ref is None or index >= ref.descriptor.bundles:
            return None
        if not ref.descriptor.schema.sealed:
            if index % _BUNDLES_AHEAD == 0:
                self._archive.fetch_bundles(ref, range(index, min(index + _BUNDLES_AHEAD, ref.descriptor.bundles)))
            return pack(self._archive.raw_bundle(ref, index))
        found = None if self._sealed is None else self._sealed.bundle(ref.descriptor, index)
        return None if found is None else pack(found)

    def _tile(self, key: bytes) -> bytes | None:
        ref, level, index = self._ref(key), key[11], int.from_bytes(key[12:], "big")
        if ref is None or (ref.descriptor.pages >> level) <= index * PAGES_PER_BUNDLE:
            return None
        if ref.descriptor.schema.sealed:
            return None if self._sealed is None else self._sealed.tile(ref.descriptor, level, index)
        return self._archive.tile(ref, level, index)


_KINDS: Final = {
    b"B": PublishedReader._block,
    b"E": PublishedReader._entry,
    b"N": PublishedReader._node,
    b"D": PublishedReader._leaf,
    b"V": PublishedReader._leaf,
    b"P": PublishedReader._params,
    b"G": PublishedReader._bundle,
    b"T": PublishedReader._tile,
    b"s": PublishedReader._secret,
}
