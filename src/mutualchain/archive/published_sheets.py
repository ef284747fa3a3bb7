"""A published ledger's public sheets: cards, tiles and pages, each proven to be of a sheet in the plan's log."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

from ..block.chain import SHEETS
from ..block.plan import SheetLeaf
from ..errors import (
    MutualchainError,
    PublishedMismatch,
    PublishedMissing,
    PublishedTooLarge,
    RecordUnavailable,
    SourceUnreachable,
)
from ..limits import (
    MAX_PUBLISHED_CARD,
    PAGES_PER_BUNDLE,
)
from ..sheet import Descriptor, PageProof, TreeReader, VerifiedPage, params_hash, prove_page, verify_page
from ..tlog.tiles import TILE_WIDTH
from ..tlog.trust import TrustFile
from . import published_layout as layout
from .published_chain import PublishedChain
from .published_source import Files
from .reading import SheetRef

__all__ = ["PublishedSheets", "packed_size", "unpublished"]

_CARDS = 4_096
_READERS = 256


class PublishedSheets(PublishedChain):
    """What a published ledger has of sheets. ``_pages`` holds sealed pages that their owner gave."""

    def __init__(self, files: Files, trust: TrustFile, origin: str | None = None) -> None:
        super().__init__(files, trust, origin)
        self._cards: OrderedDict[str, tuple[SheetRef, layout.Card]] = OrderedDict()
        self._readers: OrderedDict[tuple[str, int], TreeReader] = OrderedDict()
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
        return self._card_of(ref).params

    def _card_of(self, ref: SheetRef) -> layout.Card:
        descriptor = ref.descriptor
        return self._card(descriptor.plan, descriptor.schema.name, descriptor.number)[1]

    def secret(self, ref: SheetRef) -> bytes:
        """Never there. Raises RecordUnavailable."""
        raise unpublished(ref.descriptor)

    def tile(self, ref: SheetRef, level: int, index: int) -> bytes:
        """A tile of a sheet's tree, for a TreeReader, which verifies it."""
        descriptor = ref.descriptor
        if descriptor.schema.sealed:
            raise unpublished(descriptor)
        if index == (descriptor.pages - 1) >> (level + 8):
            return dict(self._card_of(ref).tiles).get(level, b"")
        return self._files.get(layout.sheet_tile(descriptor, level, index), TILE_WIDTH * descriptor.schema.record_bytes)

    def _piece(self, ref: SheetRef, index: int) -> tuple[bytes, str]:
        """A file of pages, as it is, and its path."""
        descriptor = ref.descriptor
        if layout.inline(descriptor):
            path = layout.card(descriptor.plan, descriptor.schema.name, descriptor.number)
            return self._card_of(ref).pages, path
        path, size = layout.piece(descriptor, index), self._piece_size(descriptor, index)
        data = self._files.get(path, packed_size(size))
        try:
            return _unpacked(data, size, path), path
        except PublishedMismatch:
            self._files.forget(path)
            raise

    @staticmethod
    def _piece_size(descriptor: Descriptor, index: int) -> int:
        return layout.piece_rows(descriptor, index) * descriptor.schema.row_bytes

    def page(self, ref: SheetRef, index: int) -> bytes:
        """One page's bytes, verified; a sealed one if it was given."""
        return self._verified(ref, index)[0].page

    def given(self, ref: SheetRef, index: int) -> PageProof | None:
        """A sealed page that its owner gave, verified by ``events_of``."""
        return self._pages.get((ref.descriptor.plan, ref.position, index))

    def _verified(self, ref: SheetRef, index: int) -> tuple[PageProof, VerifiedPage]:
        descriptor = ref.descriptor
        schema = descriptor.schema
        if schema.sealed:
            given = self._pages.get((descriptor.plan, ref.position, index))
            if given is None:
                raise unpublished(descriptor)
            return given, verify_page(descriptor, self.chain, given)
        if not 0 <= index < descriptor.pages:
            raise RecordUnavailable("the sheet has no such page", value=index)
        data, path = self._piece(ref, index // layout.pages_per_file(schema))
        start = 0 if layout.inline(descriptor) else index // layout.pages_per_file(schema)
        at = (index - start * layout.pages_per_file(schema)) * schema.page_bytes
        page = data[at : at + schema.rows_in_page(index, descriptor.rows) * schema.row_bytes]
        try:
            proof = prove_page(self._reader(ref), index, page)
        except (PublishedMissing, PublishedTooLarge, SourceUnreachable, PublishedMismatch, RecordUnavailable):
            raise  # of a file on the way to the tree
        except MutualchainError as error:
            self._forget_tree(ref, index)
            place = self._tree_place(descriptor, error.place)
            text = f"the tree of {schema.name} number {descriptor.number} does not lead to its root: {error.message}"
            raise self._wrong(text, place) from None
        try:
            return proof, verify_page(descriptor, self.chain, proof)
        except MutualchainError as error:
            raise self._wrong(f"page {index} is not in the sheet: {error.message}", path) from None

    def _reader(self, ref: SheetRef) -> TreeReader:
        key = ref.descriptor.plan, ref.position
        found = self._readers.get(key)
        if found is None:
            found = TreeReader(ref.descriptor, self.chain, lambda level, index: self.tile(ref, level, index))
            self._readers[key] = found
            if len(self._readers) > _READERS:
                self._readers.popitem(last=False)
        return found

    @staticmethod
    def _tree_place(descriptor: Descriptor, place: str | None) -> str:
        """The file of the tile that a TreeReader complained of; the tiles that lead to the root are in the card."""
        level, _, index = (place or "").removeprefix("tile ").partition("/")
        if index and int(index) != (descriptor.pages - 1) >> (int(level) + 8):
            return layout.sheet_tile(descriptor, int(level), int(index))
        return layout.card(descriptor.plan, descriptor.schema.name, descriptor.number)

    def _forget_tree(self, ref: SheetRef, page: int) -> None:
        descriptor = ref.descriptor
        self._readers.pop((descriptor.plan, ref.position), None)
        card = layout.card(descriptor.plan, descriptor.schema.name, descriptor.number)
        self._cards.pop(card, None)
        self._files.forget(card)
        for level in (0, 8, 16, 24):
            self._files.forget(layout.sheet_tile(descriptor, level, page >> (level + 8)))

    def bundle(self, ref: SheetRef, index: int) -> bytes:
        """Up to 256 pages of a public sheet, each verified."""
        first = index * PAGES_PER_BUNDLE
        last = min(first + PAGES_PER_BUNDLE, ref.descriptor.pages)
        return b"".join(self.page(ref, page) for page in range(first, last))


def packed_size(size: int) -> int:
    """The most that ``size`` bytes take as a gzip member, whatever packed them."""
    return size + size // 1000 + 1024


@lru_cache(maxsize=32)
def _unpacked(data: bytes, size: int, path: str) -> bytes:
    return layout.unpack_pages(data, size, path)


def unpublished(descriptor: Descriptor) -> RecordUnavailable:
    """The error for sealed rows that were not given."""
    return RecordUnavailable(
        f"the rows of {descriptor.schema.name} number {descriptor.number} are sealed and not published",
        hint="Their owner has them in her receipts and in her earlier record: give those as events.",
    )
