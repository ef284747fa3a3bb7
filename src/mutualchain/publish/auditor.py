"""The auditor's part: sealed sheets encrypted to one key, in a folder of their own, as far as a checkpoint goes.

Every sheet is led to its root before anything of it is encrypted. What was written cannot be opened again here, so
each file ends with its own digest, and is read back. A run that was broken off is repeated; ``upto`` in the folder's
``.publish`` says through which checkpoint the part is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..archive import published_layout as layout
from ..archive.auditor_key import AuditorKey
from ..archive.published_sealed import (
    MARKER,
    Chunk,
    chunk_bundles,
    chunk_tiles,
    chunks,
    marker,
    pack_chunk,
    upper_tiles,
    whole,
)
from ..archive.reading import Archive, SheetRef
from ..block.block import block_hash
from ..block.entry import Entry
from ..block.genesis import Genesis
from ..block.plan import PlanLeaf
from ..errors import MutualchainError, PublishFolder, PublishRollback, PublishUnverified, StoreError
from ..limits import PAGES_PER_BUNDLE
from ..sheet import RangeVerifier, TreeReader, combine_ranges
from .folder import Folder, check_place

__all__ = ["SealedReport", "publish_for_auditor"]

_UPTO: Final = ".publish/upto"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class SealedReport:
    """What a run wrote: blocks covered before and now, sealed sheets, files, bytes."""

    before: int
    size: int
    sheets: int
    files: int
    bytes: int


def publish_for_auditor(
    archive: Archive,
    folder: Path | str,
    key: AuditorKey,
    size: int,
    *,
    recheck: bool = False,
    progress: Progress | None = None,
) -> SealedReport:
    """Write each sealed sheet of the first ``size`` blocks, encrypted to ``key``: what is new, with ``recheck`` all.

    ``progress`` is told ``("sealed", done, all)`` sheets. Raises PublishFolder for a folder that holds something else,
    or another key's or ledger's part; PublishRollback where it goes further than ``size``; PublishUnverified for rows
    that do not lead to their sheet's root; PublishBusy; what the store raises.
    """
    if not 0 < size <= archive.size:
        raise PublishUnverified(f"{size} blocks are to be covered, the ledger has {archive.size}", value=size)
    path = Path(folder)
    check_place(path)
    with Folder(path) as place:
        return _Run(archive, place, key, size, progress).run(recheck)


class _Run:
    """One run."""

    def __init__(self, archive: Archive, folder: Folder, key: AuditorKey, size: int, progress: Progress | None) -> None:
        self._archive = archive
        self._folder = folder
        self._key = key
        self._size = size
        self._progress = progress
        self._chain = block_hash(archive.block(0))

    def run(self, recheck: bool) -> SealedReport:
        self._mark()
        before = self._upto()
        if before > self._size:
            raise PublishRollback(
                f"the auditor's part covers {before} blocks, and the checkpoint {self._size}", value=self._size
            )
        done = 0
        if before < self._size or recheck:
            refs = list(self._sheets(0 if recheck else before))
            for done, ref in enumerate(refs, 1):
                self._write(ref)
                if self._progress is not None:
                    self._progress("sealed", done, len(refs))
            self._folder.settle()
            self._folder.replace(_UPTO, b"%d\n" % self._size)
            self._folder.settle()
        return SealedReport(before, self._size, done, self._folder.written, self._folder.bytes)

    def _mark(self) -> None:
        genesis = Genesis.from_entry(Entry.from_bytes(self._archive.entry(0, 0)))
        wanted = marker(genesis.origin, self._chain, self._key)
        found = self._folder.find(MARKER)
        if found is not None and found != wanted:
            raise PublishFolder("the folder is another key's, or of another ledger", value=found[:200])
        self._folder.put(MARKER, wanted)

    def _upto(self) -> int:
        data = self._folder.find(_UPTO) or b"0"
        return int(data) if data.strip().isdigit() else 0

    def _sheets(self, since: int) -> Iterator[SheetRef]:
        for plan, data in self._archive.plan_leaves(self._size - 1):
            leaf = self._archive.plan_leaf(plan, since - 1) if since else None
            first = 0 if leaf is None else PlanLeaf.from_bytes(leaf).sheets_size
            for position in range(first, PlanLeaf.from_bytes(data).sheets_size):
                ref = self._archive.sheet_at(plan, position)
                if ref.descriptor.schema.sealed:
                    yield ref

    def _write(self, ref: SheetRef) -> None:
        descriptor, chain = ref.descriptor, self._chain
        paths = [
            layout.sealed(descriptor.plan, descriptor.schema.name, descriptor.number, index)
            for index in range(chunks(descriptor))
        ]
        if all(whole(self._folder.find(path) or b"") for path in paths):
            for path in paths:
                self._folder.touch(path)
            return
        self._verify(ref)
        for index, path in enumerate(paths):
            chunk = Chunk(
                self._archive.secret(ref),
                tuple(self._archive.bundle(ref, number) for number in chunk_bundles(descriptor, index)),
                tuple((level, at, self._archive.tile(ref, level, at)) for level, at in chunk_tiles(descriptor, index)),
            )
            self._folder.put(path, pack_chunk(self._key, descriptor, chain, index, chunk))

    def _verify(self, ref: SheetRef) -> None:
        """The rows lead to the root with their salts, and the tiles are those of the rows."""
        descriptor = ref.descriptor
        what = f"{descriptor.schema.name} number {descriptor.number} of plan {descriptor.plan}"
        try:
            verifier = RangeVerifier(descriptor, self._chain, secret=self._archive.secret(ref))
            for bundle in range(descriptor.bundles):
                verifier.add(self._archive.bundle(ref, bundle))
                if self._archive.tile(ref, 0, bundle) != verifier.leaves:
                    raise PublishUnverified("a tree tile is not that of the rows", place=what)
            combine_ranges(descriptor, self._chain, [verifier.summary()])
            tree = TreeReader(descriptor, self._chain, lambda level, index: self._archive.tile(ref, level, index))
            if upper_tiles(descriptor):
                for page in range(0, descriptor.pages, PAGES_PER_BUNDLE):
                    tree.path(page)
        except (PublishUnverified, StoreError):
            raise
        except MutualchainError as error:
            raise PublishUnverified(f"sealed rows do not verify: {error.message}", place=what) from error
