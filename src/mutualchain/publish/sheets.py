"""Public sheets written out: pages as gzip members, tree tiles, and a card at the end.

Bundles go from the store's compression to gzip in threads, a few at a time, and are read back and hashed there; the
summaries of all must make up the descriptor that the chain committed to. So must the tiles. Only then the card is
written, so that a sheet whose card is there is done: a run that was broken off goes on after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future

from ..archive import layout as stored
from ..archive import published_layout as layout
from ..archive.packing import unpack
from ..archive.reading import Archive, SheetRef
from ..block.entry import entry_hash
from ..block.plan import EventLeaf, SheetLeaf
from ..covenant.acts import RoundOpening
from ..covenant.rounds import RoundTerms
from ..errors import MutualchainError, PublishedMismatch, PublishUnverified, StoreCorrupt
from ..limits import PAGES_PER_BUNDLE
from ..sheet import Descriptor, RangeSummary, RangeVerifier, Schema, TreeReader, combine_ranges, params_hash
from .folder import Folder
from .work import Work

__all__ = ["write_sheet"]

CHARGE = "charge/1"
_CHUNK = 4
"""Bundles that one job takes: 1.5 MB of charges."""

Progress = Callable[[int], None]


def write_sheet(
    folder: Folder,
    work: Work,
    archive: Archive,
    chain: bytes,
    ref: SheetRef,
    progress: Progress | None = None,
    *,
    recheck: bool = False,
) -> None:
    """Publish one public sheet, unless its card says that this was done; with ``recheck`` in any case.

    ``progress`` is told how many rows are written. Raises PublishUnverified where the stored sheet is not the one that
    the chain committed to or does not read back so, and what the store and the folder raise.
    """
    descriptor = ref.descriptor
    place = layout.card(descriptor.plan, descriptor.schema.name, descriptor.number)
    card = _card(archive, ref)
    if not recheck and folder.find(place) == card.to_bytes():
        folder.touch(place)
        return
    what = f"{descriptor.schema.name} number {descriptor.number} of plan {descriptor.plan}"
    try:
        if params_hash(card.params) != descriptor.params_hash:
            raise PublishUnverified("the params are not those of the sheet", place=what)
        if card.pages:
            verifier = RangeVerifier(descriptor, chain)
            verifier.add(card.pages)
            combine_ranges(descriptor, chain, [verifier.summary()])
        else:
            _write_pages(folder, work, archive, chain, ref, progress)
            _write_tiles(folder, work, archive, chain, ref)
    except (PublishUnverified, StoreCorrupt):
        raise
    except MutualchainError as error:
        if error.code in ("MC-247", "MC-248"):
            raise
        raise PublishUnverified(f"the sheet does not verify: {error.message}", place=error.place or what) from error
    if not card.pages:
        folder.settle()
    folder.put(place, card.to_bytes())
    if progress is not None and card.pages:
        progress(descriptor.rows)


def _card(archive: Archive, ref: SheetRef) -> layout.Card:
    descriptor = ref.descriptor
    return layout.Card(
        ref.position,
        SheetLeaf(ref.height, ref.time_ms, descriptor).to_bytes(),
        archive.params(ref),
        archive.bundle(ref, 0) if layout.inline(descriptor) else b"",
        _announced(archive, ref) if descriptor.schema.name == CHARGE else None,
    )


def _announced(archive: Archive, ref: SheetRef) -> tuple[int, bytes] | None:
    """The entry that opened a round with these terms: between snapshot and charge, in a log sorted by height."""
    plan = ref.descriptor.plan
    terms = RoundTerms.from_bytes(archive.params(ref))
    digest = entry_hash(RoundOpening(terms).to_entry(plan).to_bytes())
    low, high = 0, archive.plan_state(plan, ref.height).events_size
    while low < high:
        middle = (low + high) // 2
        if EventLeaf.from_bytes(archive.event_leaf(plan, middle)).height <= terms.snapshot_height:
            low = middle + 1
        else:
            high = middle
    for position in range(low, archive.plan_state(plan, ref.height).events_size):
        leaf = archive.event_leaf(plan, position)
        if EventLeaf.from_bytes(leaf).entry_hash == digest:
            return position, leaf
    return None


# --- pages ----------------------------------------------------------------------------------------


def _write_pages(
    folder: Folder, work: Work, archive: Archive, chain: bytes, ref: SheetRef, progress: Progress | None
) -> None:
    descriptor = ref.descriptor
    jobs: list[Future[RangeSummary]] = []
    tree = TreeReader(descriptor, chain, lambda level, index: archive.tile(ref, level, index))
    count = descriptor.bundles
    for start in range(0, count, _CHUNK):
        numbers = range(start, min(start + _CHUNK, count))
        packed = [_packed(archive, ref, index) for index in numbers]
        paths = _paths(tree, descriptor, numbers)
        jobs.append(work.do(_write_bundles, folder, descriptor, chain, start, packed, paths))
        if progress is not None:
            progress(sum(descriptor.bundle_rows(start + at) for at in range(len(packed))))
    work.finish()
    combine_ranges(descriptor, chain, [job.result() for job in jobs])


def _paths(tree: TreeReader, descriptor: Descriptor, bundles: range) -> dict[int, bytes]:
    """What follows the pages in each file: the records beside the way from it to the top."""
    each = layout.pages_per_file(descriptor.schema)
    files = range(bundles.start * PAGES_PER_BUNDLE // each, -(-bundles.stop * PAGES_PER_BUNDLE // each))
    found = {}
    for index in files[: layout.pieces(descriptor) - files.start]:
        path = tree.path(index * each)
        found[index] = b"".join(path[len(path) - len(layout.piece_path(descriptor, index)) :])
    return found


def _packed(archive: Archive, ref: SheetRef, index: int) -> bytes:
    data = archive.reader.get(stored.bundle(ref.height, ref.index, index))
    if data is None:
        what = f"bundle {index} of sheet {ref.index} of block {ref.height}"
        raise StoreCorrupt(f"{what} is missing from the store", place=what)
    return data


def _write_bundles(
    folder: Folder, descriptor: Descriptor, chain: bytes, start: int, packed: list[bytes], paths: dict[int, bytes]
) -> RangeSummary:
    """Write bundles ``start`` and following, read them back, and hash what came back."""
    schema = descriptor.schema
    verifier = RangeVerifier(descriptor, chain, start)
    for number, data in enumerate(packed, start):
        rows = min(PAGES_PER_BUNDLE * schema.page_rows, descriptor.rows - number * PAGES_PER_BUNDLE * schema.page_rows)
        raw = unpack(data, rows * schema.row_bytes)
        back = [
            _write_piece(folder, descriptor, index, part + paths[index])[: len(part)]
            for index, part in _parts(schema, number, raw)
        ]
        verifier.add(b"".join(back))
    return verifier.summary()


def _parts(schema: Schema, bundle: int, raw: bytes) -> Iterator[tuple[int, bytes]]:
    """(index of the file, its bytes) of one bundle."""
    size = layout.pages_per_file(schema) * schema.page_bytes
    first = bundle * (PAGES_PER_BUNDLE // layout.pages_per_file(schema))
    for at in range(0, len(raw), size):
        yield first + at // size, raw[at : at + size]


def _write_piece(folder: Folder, descriptor: Descriptor, index: int, raw: bytes) -> bytes:
    """What the file holds after it was written; one that a broken run left is kept if it is right."""
    path = layout.piece(descriptor, index)
    left = folder.find(path)
    if left is not None:
        try:
            if layout.unpack_pages(left, len(raw), path) == raw and left != raw:
                folder.touch(path)
                return raw
        except PublishedMismatch:
            pass
    folder.replace(path, layout.pack_pages(raw))
    back = layout.unpack_pages(folder.read(path), len(raw), path)
    if back != raw:
        raise PublishUnverified("a file does not read back as it was written", place=path)
    return back


# --- tiles ----------------------------------------------------------------------------------------


def _write_tiles(folder: Folder, work: Work, archive: Archive, chain: bytes, ref: SheetRef) -> None:
    descriptor = ref.descriptor
    for level, index in layout.sheet_tiles(descriptor):
        work.do(folder.put, layout.sheet_tile(descriptor, level, index), archive.tile(ref, level, index))
    work.finish()
    tree = TreeReader(descriptor, chain, lambda level, index: folder.read(layout.sheet_tile(descriptor, level, index)))
    for page in range(0, descriptor.pages, PAGES_PER_BUNDLE):
        tree.path(page)  # raises unless the tile below and all above lead to the root
