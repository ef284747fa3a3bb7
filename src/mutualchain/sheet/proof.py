"""One page of a sheet, and the proof that it belongs to the descriptor a header names.

The verifier computes the page's aggregates itself and takes only the siblings' from the proof. It refuses
siblings whose totals no honest rows could have; otherwise a forged row could be balanced by an impossible
total beside it. Which siblings there are follows from the page's index and the sheet's row count alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from ..canonical import Value
from ..errors import AggregateError, SheetFormatError, SheetProofError, UsageError
from ..limits import MAX_AGGREGATES, MAX_INT, MAX_PAGE, MAX_ROWS, MAX_SHEET_PATH, MAX_TOTAL
from .columns import Columns, aggregates, check_columns, decode
from .descriptor import Descriptor, check_octets, check_whole
from .leaves import SALT_BYTES
from .reader import TreeReader
from .schema import HASH_BYTES
from .tree import leaf_hash, node_hash, pack_record, path_steps, root_hash, unpack_record

__all__ = ["PageProof", "Sibling", "VerifiedPage", "prove_page", "verify_page"]

Sibling: TypeAlias = tuple[tuple[int, ...], bytes]
"""A subtree beside the path: its totals in schema order, and its hash."""

_MAX_PAGE_ROWS: Final = 2**16 - 1


@dataclass(frozen=True, slots=True)
class PageProof:
    """Page ``index`` with its bytes, its salt (empty unless the sheet is sealed) and its siblings, bottom-up."""

    index: int
    rows: int
    page: bytes
    salt: bytes
    path: tuple[Sibling, ...]

    def to_value(self) -> list[object]:
        """``[index, rows, page, salt, [[[total...], hash]...]]``, for canonical msgpack."""
        path = [[list(totals), digest] for totals, digest in self.path]
        return [self.index, self.rows, self.page, self.salt, path]

    @classmethod
    def from_value(cls, value: Value) -> PageProof:
        """The proof that decoded canonical msgpack shows; nothing is verified yet.

        Raises SheetFormatError for a wrong type, and for a value or length above its limit.
        """
        if not isinstance(value, tuple) or len(value) != 5:
            raise SheetFormatError("a page proof is an array of 5")
        index, rows, page, salt, path = value
        check_whole(index, "page index", 0, MAX_ROWS - 1)
        check_whole(rows, "number of rows in the page", 1, _MAX_PAGE_ROWS)
        if not isinstance(page, bytes) or len(page) > MAX_PAGE:
            raise SheetFormatError(f"a page is at most {MAX_PAGE} bytes")
        if not isinstance(salt, bytes) or len(salt) not in (0, SALT_BYTES):
            raise SheetFormatError(f"a salt is empty or {SALT_BYTES} bytes", value=salt)
        if not isinstance(path, tuple) or len(path) > MAX_SHEET_PATH:
            raise SheetFormatError(f"a path is an array of at most {MAX_SHEET_PATH} siblings")
        # mypy: the two checks above make these an int
        return cls(index, rows, page, salt, tuple(_sibling(item) for item in path))  # type: ignore[arg-type]


def _sibling(value: Value) -> Sibling:
    if not isinstance(value, tuple) or len(value) != 2:
        raise SheetFormatError("a sibling is an array of its totals and its hash")
    totals, digest = value
    if not isinstance(totals, tuple) or len(totals) > MAX_AGGREGATES:
        raise SheetFormatError(f"a sibling's totals are an array of at most {MAX_AGGREGATES}")
    return tuple(check_whole(total, "sibling's total", 0, MAX_INT) for total in totals), check_octets(digest, "hash")


@dataclass(frozen=True, slots=True)
class VerifiedPage:
    """A page that is in the sheet. ``first_row`` is the sheet's row number of its first row."""

    index: int
    first_row: int
    rows: int
    columns: Columns

    def row(self, number: int) -> dict[str, int | bytes]:
        """Row ``number``, counted from the sheet's first. Raises UsageError if it is on another page."""
        at = number - self.first_row
        if not 0 <= at < self.rows:
            raise UsageError("the row is on another page", value=number)
        return {
            name: int(values[at]) if values.ndim == 1 else values[at].tobytes() for name, values in self.columns.items()
        }


def prove_page(reader: TreeReader, index: int, page: bytes, salt: bytes = b"") -> PageProof:
    """The proof of page ``index``, whose bytes (and salt, if sealed) the caller has.

    Raises UsageError for a page that the sheet does not have, and what the reader raises. The page itself is
    not checked: :func:`verify_page` does that.
    """
    path = tuple([unpack_record(record) for record in reader.path(index)])
    rows = reader.descriptor.schema.rows_in_page(index, reader.descriptor.rows)
    return PageProof(index, rows, page, salt, path)


def verify_page(descriptor: Descriptor, chain: bytes, proof: PageProof) -> VerifiedPage:
    """The rows of one page, once it is certain that they are in the sheet that ``descriptor`` names.

    ``descriptor`` must come from a verified header, ``chain`` (32 bytes) from the trusted chain. Raises
    SheetFormatError for a page, salt or path of another size than index and row count imply; RowError for
    rows that the schema does not allow; AggregateError for impossible totals; SheetProofError if the path does
    not lead to the descriptor's aggregates and root.
    """
    layout, index = descriptor.schema, proof.index
    if not 0 <= index < descriptor.pages:
        raise SheetFormatError("the sheet has no such page", value=index)
    if proof.rows != layout.rows_in_page(index, descriptor.rows):
        raise SheetFormatError("the page holds another number of rows than its place implies", value=proof.rows)
    if len(proof.salt) != (SALT_BYTES if layout.sealed else 0):
        raise SheetFormatError(f"the salt has {len(proof.salt)} bytes", value=proof.salt)
    steps = path_steps(index, descriptor.pages)
    if len(proof.path) != len(steps):
        raise SheetFormatError(f"the path has {len(proof.path)} siblings where {len(steps)} are implied")

    first_row = index * layout.page_rows
    columns = decode(layout, proof.page, proof.rows)
    check_columns(layout, columns, first_row)
    context = descriptor.context(chain)
    totals = aggregates(layout, columns)
    digest = leaf_hash(context, index, proof.rows, proof.page, proof.salt)
    for (height, number), (theirs, beside) in zip(steps, proof.path, strict=True):
        if len(theirs) != len(totals) or len(beside) != HASH_BYTES:
            raise SheetFormatError(f"a sibling in a tree of {layout.name} has {len(totals)} totals and a hash")
        layout.check_aggregates(theirs, _rows_below(descriptor, height, number))
        mine, other = pack_record(totals, digest), pack_record(theirs, beside)
        digest = node_hash(height + 1, mine, other) if number & 1 else node_hash(height + 1, other, mine)
        totals = tuple([one + more for one, more in zip(totals, theirs, strict=True)])
        if max(totals) > MAX_TOTAL:
            raise AggregateError("a total on the path passes 2**63-1", value=max(totals))
    if totals != descriptor.aggregates:
        raise SheetProofError("the path leads to other totals than the descriptor's")
    if root_hash(context, descriptor.rows, pack_record(totals, digest)) != descriptor.root:
        raise SheetProofError("the path leads to another root than the descriptor's", value=descriptor.root)
    return VerifiedPage(index, first_row, proof.rows, columns)


def _rows_below(descriptor: Descriptor, height: int, number: int) -> int:
    """How many rows the subtree (height, number) holds."""
    page_rows = descriptor.schema.page_rows
    return min((number + 1 << height) * page_rows, descriptor.rows) - (number << height) * page_rows
