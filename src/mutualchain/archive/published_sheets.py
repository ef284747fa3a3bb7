"""A published ledger's public sheets: cards, tiles and pages, each proven to be of a sheet in the plan's log."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

import numpy as np

from ..block.chain import EVENTS, SHEETS
from ..block.plan import SheetLeaf
from ..errors import (
    MutualchainError,
    PublishedMismatch,
    RecordUnavailable,
)
from ..limits import (
    MAX_PARAMS,
    MAX_PUBLISHED_CARD,
    PAGES_PER_BUNDLE,
)
from ..sheet import Descriptor, PageProof, VerifiedPage, decode, params_hash, verify_page
from ..sheet.columns import aggregates, check_columns
from ..sheet.tree import Folder, TreeBuilder, leaf_hash, pack_record, path_steps, unpack_record
from ..tlog.tiles import TILE_WIDTH
from ..tlog.trust import TrustFile
from . import published_layout as layout
from .published_chain import PublishedChain
from .published_source import Files
from .reading import SheetRef

__all__ = ["PublishedSheets", "packed_size", "unpublished"]

_CARDS = 4_096
_TREES = 256
"""Files of pages whose records are kept: 25 kB each."""


class PublishedSheets(PublishedChain):
    """What a published ledger has of sheets. ``_pages`` holds sealed pages that their owner gave."""

    def __init__(self, files: Files, trust: TrustFile, origin: str | None = None) -> None:
        super().__init__(files, trust, origin)
        self._cards: OrderedDict[str, tuple[SheetRef, layout.Card]] = OrderedDict()
        self._trees: OrderedDict[tuple[Descriptor, int], list[bytes]] = OrderedDict()
        self._pages: dict[tuple[str, int, int], PageProof] = {}

    # --- sheets -------------------------------------------------------------------------------

    def sheet_at(self, plan: str, position: int) -> SheetRef:
        """The sheet at a position of the plan's log of sheets."""
        leaf = SheetLeaf.from_bytes(self._log(SHEETS, plan).entry(position))
        return SheetRef(leaf.height, leaf.time_ms, -1, position, leaf.descriptor)

    def sheet(self, plan: str, schema: str, number: int) -> SheetRef:
        """The numbered public sheet of a schema. Raises RecordUnavailable for one that the plan does not have."""
        return self._card(plan, schema, number)[0]

    def _card(self, plan: str, schema: str, number: int) -> tuple[SheetRef, layout.Card]:
        path = layout.card(plan, schema, number)
        found = self._cards.get(path)
        if found is None:
            if not 0 <= number < self._state(plan).next_number(schema):
                raise RecordUnavailable(f"plan {plan} has no sheet {schema} number {number}", value=number)
            found = self._cards[path] = self._read_card(path, plan, schema, number)
            if len(self._cards) > _CARDS:
                self._cards.popitem(last=False)
        return found

    def _read_card(self, path: str, plan: str, schema: str, number: int) -> tuple[SheetRef, layout.Card]:
        card = self._parsed(path, MAX_PUBLISHED_CARD, layout.Card.from_bytes)
        self._log(SHEETS, plan).check(card.position, card.leaf, path)
        leaf = SheetLeaf.from_bytes(card.leaf)
        descriptor = leaf.descriptor
        if (descriptor.plan, descriptor.schema.name, descriptor.number) != (plan, schema, number):
            raise self._wrong("the card is another sheet's", path)
        if params_hash(card.params) != descriptor.params_hash:
            raise self._wrong("the params are not those of the sheet", path)
        return SheetRef(leaf.height, leaf.time_ms, -1, card.position, descriptor), card

    def params(self, ref: SheetRef) -> bytes:
        """What a sheet was made for; empty where it has no params."""
        descriptor = ref.descriptor
        if not descriptor.schema.sealed:
            return self._card_of(ref).params
        if descriptor.params_hash == params_hash(b""):
            return b""
        path = layout.params(descriptor.plan, descriptor.schema.name, descriptor.number)
        data = self._files.get(path, MAX_PARAMS)
        if params_hash(data) != descriptor.params_hash:
            raise self._wrong("the params are not those of the sheet", path)
        return data

    def announced(self, ref: SheetRef) -> tuple[int, bytes] | None:
        """Where the entry that announced a charge stands in the plan's log of entries, and its leaf, proven."""
        found = self._card_of(ref).announced
        if found is not None:
            descriptor = ref.descriptor
            place = layout.card(descriptor.plan, descriptor.schema.name, descriptor.number)
            self._log(EVENTS, descriptor.plan).check(*found, place)
            self._leaves_known[descriptor.plan, found[0]] = found[1]
        return found

    def _card_of(self, ref: SheetRef) -> layout.Card:
        descriptor = ref.descriptor
        return self._card(descriptor.plan, descriptor.schema.name, descriptor.number)[1]

    def secret(self, ref: SheetRef) -> bytes:
        """Never there. Raises RecordUnavailable."""
        raise unpublished(ref.descriptor)

    def tile(self, ref: SheetRef, level: int, index: int) -> bytes:
        """A tile of a public sheet's tree as it was published, unverified; of a small sheet computed from its pages."""
        descriptor = ref.descriptor
        if descriptor.schema.sealed:
            raise unpublished(descriptor)
        if layout.inline(descriptor):
            return _tiles_of(descriptor, self._levels(ref, 0)[0])[level, index]
        return self._files.get(layout.sheet_tile(descriptor, level, index), TILE_WIDTH * descriptor.schema.record_bytes)

    def _piece(self, ref: SheetRef, index: int) -> tuple[bytes, str]:
        """What a file of pages holds, pages and path, and its path; of a small sheet the card's pages."""
        descriptor = ref.descriptor
        if layout.inline(descriptor):
            path = layout.card(descriptor.plan, descriptor.schema.name, descriptor.number)
            return self._card_of(ref).pages, path
        path, size = layout.piece(descriptor, index), layout.piece_size(descriptor, index)
        data = self._files.get(path, packed_size(size))
        try:
            return _unpacked(data, size, path), path
        except PublishedMismatch:
            self._files.forget(path)
            raise

    def _levels(self, ref: SheetRef, index: int) -> list[bytes]:
        """The records over the pages of a file, level by level from its leaves to a single one."""
        key = ref.descriptor, index
        found = self._trees.get(key)
        if found is None:
            data, path = self._piece(ref, index)
            try:
                found = self._trees[key] = _tree_over(ref.descriptor, self.chain, index, data)
            except MutualchainError as error:
                raise self._wrong(f"rows of the sheet are impossible: {error.message}", path, error.value) from None
            if len(self._trees) > _TREES:
                self._trees.popitem(last=False)
        return found

    def _proof(self, ref: SheetRef, index: int) -> tuple[PageProof, str]:
        """A page's proof, put together from its file, and the file's path."""
        descriptor, schema = ref.descriptor, ref.descriptor.schema
        size, each = (
            schema.record_bytes,
            descriptor.pages if layout.inline(descriptor) else layout.pages_per_file(schema),
        )
        number, at = divmod(index, each)
        data, place = self._piece(ref, number)
        levels, height = self._levels(ref, number), (each - 1).bit_length()
        rows = schema.rows_in_page(index, descriptor.rows)
        above = iter(range(layout.piece_rows(descriptor, number) * schema.row_bytes, len(data), size))
        path = []
        for step, sibling in path_steps(index, descriptor.pages):
            if step < height:
                start = (sibling - (number << (height - step))) * size
                path.append(levels[step][start : start + size])
            else:
                start = next(above)
                path.append(data[start : start + size])
        page = data[at * schema.page_bytes : at * schema.page_bytes + rows * schema.row_bytes]
        return PageProof(index, rows, page, b"", tuple(map(unpack_record, path))), place

    def page(self, ref: SheetRef, index: int) -> bytes:
        """One page's bytes, verified; a sealed one if it was given."""
        return self._verified(ref, index)[0].page

    def given(self, ref: SheetRef, index: int) -> PageProof | None:
        """A page's proof, verified; of a sealed page if its owner gave it, once ``events_of`` has verified it."""
        if ref.descriptor.schema.sealed:
            return self._pages.get((ref.descriptor.plan, ref.position, index))
        return self._verified(ref, index)[0]

    def _verified(self, ref: SheetRef, index: int) -> tuple[PageProof, VerifiedPage]:
        descriptor = ref.descriptor
        if descriptor.schema.sealed:
            given = self._pages.get((descriptor.plan, ref.position, index))
            if given is None:
                raise unpublished(descriptor)
            return given, verify_page(descriptor, self.chain, given)
        if not 0 <= index < descriptor.pages:
            raise RecordUnavailable("the sheet has no such page", value=index)
        proof, path = self._proof(ref, index)
        try:
            return proof, verify_page(descriptor, self.chain, proof)
        except MutualchainError as error:
            self._trees.clear()
            raise self._wrong(f"page {index} is not in the sheet: {error.message}", path) from None

    def bundle(self, ref: SheetRef, index: int) -> bytes:
        """Up to 256 pages of a public sheet, each verified."""
        first = index * PAGES_PER_BUNDLE
        last = min(first + PAGES_PER_BUNDLE, ref.descriptor.pages)
        return b"".join(self.page(ref, page) for page in range(first, last))

    def raw_bundle(self, ref: SheetRef, index: int) -> bytes:
        """Up to 256 pages of a public sheet as they were published, unverified: for who verifies a whole sheet."""
        schema, found = ref.descriptor.schema, []
        for piece in self._pieces_of(ref, index):
            found.append(self._piece(ref, piece)[0][: layout.piece_rows(ref.descriptor, piece) * schema.row_bytes])
        return b"".join(found)

    def fetch_bundles(self, ref: SheetRef, bundles: range) -> None:
        """Fetch the files of these bundles at once."""
        descriptor = ref.descriptor
        if not layout.inline(descriptor):
            pieces = [piece for index in bundles for piece in self._pieces_of(ref, index)]
            sizes = [packed_size(layout.piece_size(descriptor, piece)) for piece in pieces]
            self._files.prefetch((layout.piece(descriptor, at), size) for at, size in zip(pieces, sizes, strict=True))

    @staticmethod
    def _pieces_of(ref: SheetRef, bundle: int) -> range:
        """The files that hold a bundle's pages; the card counts as one."""
        if layout.inline(ref.descriptor):
            return range(1)
        each = PAGES_PER_BUNDLE // layout.pages_per_file(ref.descriptor.schema)
        return range(bundle * each, min((bundle + 1) * each, layout.pieces(ref.descriptor)))


def packed_size(size: int) -> int:
    """The most that ``size`` bytes take as a gzip member, whatever packed them."""
    return size + size // 1000 + 1024


def _tree_over(descriptor: Descriptor, chain: bytes, index: int, data: bytes) -> list[bytes]:
    """The records over the pages of file ``index`` of a sheet, or of a small one's card, from the leaves up."""
    schema, context = descriptor.schema, descriptor.context(chain)
    each = layout.pages_per_file(schema)
    records = []
    for page in range(index * each, min((index + 1) * each, descriptor.pages)):
        rows, at = schema.rows_in_page(page, descriptor.rows), (page - index * each) * schema.page_bytes
        raw = data[at : at + rows * schema.row_bytes]
        columns = decode(schema, raw, rows)
        check_columns(schema, columns, page * schema.page_rows)
        records.append(pack_record(aggregates(schema, columns), leaf_hash(context, page, rows, raw)))
    leaves = np.frombuffer(b"".join(records), np.uint8).reshape(-1, schema.record_bytes)
    return [level.tobytes() for level in Folder(schema).levels(leaves, 0)]


def _tiles_of(descriptor: Descriptor, leaves: bytes) -> dict[tuple[int, int], bytes]:
    """All tiles of a small sheet."""
    found: dict[tuple[int, int], bytes] = {}
    tree = TreeBuilder(descriptor.schema, lambda level, index, data: found.__setitem__((level, index), data))
    tree.add(np.frombuffer(leaves, np.uint8).reshape(-1, descriptor.schema.record_bytes))
    tree.finish()
    return found


@lru_cache(maxsize=32)
def _unpacked(data: bytes, size: int, path: str) -> bytes:
    return layout.unpack_pages(data, size, path)


def unpublished(descriptor: Descriptor) -> RecordUnavailable:
    """The error for sealed rows that were not given."""
    return RecordUnavailable(
        f"the rows of {descriptor.schema.name} number {descriptor.number} are sealed and not published",
        hint="Their owner has them in her receipts and in her earlier record: give those as events.",
    )
