"""A whole sheet verified, for auditors: from its page bundles back to the descriptor's root and totals.

A range of bundles can be verified alone, in another process, and leaves a small summary; the summaries of
all ranges are then combined. Bundles are 256 pages and stand on 256-page boundaries, so each one is a
subtree of its own. No aggregate is taken from anybody: all are computed from rows.

    verifier = RangeVerifier(descriptor, chain)
    for bundle in bundles:
        columns = verifier.add(bundle)       # decoded rows, to compare with what they should be
    combine_ranges(descriptor, chain, [verifier.summary()])
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import SheetFormatError, SheetProofError, UsageError
from ..limits import PAGES_PER_BUNDLE
from .columns import Bytes, Columns, aggregates, check_columns, decode, page_aggregates
from .descriptor import Descriptor
from .leaves import SALT_BYTES, LeafHasher, Salter
from .tree import (
    TILE_HEIGHT,
    Folder,
    TreeBuilder,
    join_records,
    leaf_hash,
    pack_record,
    root_hash,
    unpack_record,
)

__all__ = ["RangeSummary", "RangeVerifier", "combine_ranges", "verify_range", "verify_sheet"]


@dataclass(frozen=True, slots=True)
class RangeSummary:
    """What verifying bundles ``start`` to ``start + count - 1`` left: their subtrees' records, one after the other.

    It is as trustworthy as the process that made it; never take one from a stranger.
    """

    start: int
    count: int
    records: bytes


class RangeVerifier:
    """Takes the bundles of a sheet from number ``start`` on, in order.

    ``secret`` (32 bytes) gives the salts of a sealed sheet; without it, every ``add`` needs that bundle's salts.
    Raises UsageError for a secret that the schema has no use for. For one thread only.
    """

    def __init__(self, descriptor: Descriptor, chain: bytes, start: int = 0, *, secret: bytes | None = None) -> None:
        layout = descriptor.schema
        if start < 0 or start * PAGES_PER_BUNDLE >= descriptor.pages:
            raise UsageError("the sheet has no such bundle", value=start)
        if secret is not None and not layout.sealed:
            raise UsageError(f"a sheet of {layout.name} is not sealed and takes no secret")
        self._descriptor = descriptor
        self._context = descriptor.context(chain)
        self._salter = None if secret is None else Salter(self._context, secret)
        self._hasher = LeafHasher(self._context, min(descriptor.pages, PAGES_PER_BUNDLE))
        self._folder = Folder(layout)
        self._start = start
        self._records: list[bytes] = []
        self.leaves = b""
        """The records of the leaves of the bundle that was added last: what the tree's tile of level 0 holds."""

    @property
    def next_row(self) -> int:
        """The sheet's row number of the first row of the bundle that ``add`` expects."""
        return (self._start + len(self._records)) * PAGES_PER_BUNDLE * self._descriptor.schema.page_rows

    def add(self, bundle: bytes, salts: bytes | None = None) -> Columns:
        """The rows of the next bundle, decoded. They are in the sheet if ``combine_ranges`` says so later.

        ``salts`` holds 32 bytes for every page of a sealed sheet, and stays None for others. Raises
        SheetFormatError for a bundle or salts of another size than the sheet implies, or a bundle too many;
        RowError for rows that the schema does not allow; AggregateError for a total above 2**63-1; UsageError if
        salts are missing or superfluous.
        """
        layout, first_row = self._descriptor.schema, self.next_row
        rows = min(PAGES_PER_BUNDLE * layout.page_rows, self._descriptor.rows - first_row)
        if rows <= 0:
            raise SheetFormatError("a bundle follows the sheet's last", value=self._start + len(self._records))
        columns = decode(layout, bundle, rows)
        check_columns(layout, columns, first_row)
        records = self._leaves(bundle, columns, rows, first_row // layout.page_rows, salts)
        self.leaves = records.tobytes()
        self._records.append(self._folder.levels(records, 0)[-1].tobytes())
        return columns

    def _leaves(self, bundle: bytes, columns: Columns, rows: int, first: int, salts: bytes | None) -> Bytes:
        layout = self._descriptor.schema
        pages, short = divmod(rows, layout.page_rows)
        if self._salter is not None and salts is None:
            salts = self._salter.salts(first, pages)
        elif layout.sealed != (salts is not None) or self._salter is not None:
            raise UsageError("a sealed sheet is verified with its secret or with its salts, another with neither")
        if salts is not None and len(salts) != pages * SALT_BYTES:
            raise SheetFormatError(f"a bundle of {pages} sealed rows has {len(salts)} bytes of salts")
        full = pages * layout.page_bytes
        self._hasher.pages[:pages] = np.frombuffer(bundle, np.uint8)[:full].reshape(pages, layout.page_bytes)
        digests = self._hasher.digests(first, pages, salts)
        records = join_records(layout, page_aggregates(layout, columns, pages), digests)
        if short:
            tail = {name: values[rows - short :] for name, values in columns.items()}
            digest = leaf_hash(self._context, first + pages, short, bundle[full:])
            record = pack_record(aggregates(layout, tail), digest)
            records = np.concatenate([records, np.frombuffer(record, np.uint8).reshape(1, -1)])
        return records

    def summary(self) -> RangeSummary:
        """The summary of all bundles added so far."""
        return RangeSummary(self._start, len(self._records), b"".join(self._records))


def combine_ranges(descriptor: Descriptor, chain: bytes, summaries: Iterable[RangeSummary]) -> None:
    """Check that ranges verified with the same descriptor and chain make up the sheet; their order is free.

    Raises SheetFormatError if they leave a bundle out or cover one twice, SheetProofError if root or totals
    are not the descriptor's, AggregateError for a total above 2**63-1.
    """
    layout = descriptor.schema
    full, ragged = divmod(descriptor.pages, PAGES_PER_BUNDLE)
    expected = full + (1 if ragged else 0)
    found, parts = 0, []
    for summary in sorted(summaries, key=lambda item: (item.start, item.count)):
        if summary.start != found or len(summary.records) != summary.count * layout.record_bytes:
            raise SheetFormatError("the ranges overlap or leave a gap", place=f"bundle {min(found, summary.start)}")
        found += summary.count
        parts.append(summary.records)
    if found != expected:
        raise SheetFormatError(f"{found} bundles of the sheet's {expected} were verified")
    records = np.frombuffer(b"".join(parts), np.uint8).reshape(expected, layout.record_bytes)
    tree = TreeBuilder(layout, lambda level, index, data: None)
    tree.add(records[:full], TILE_HEIGHT)
    top = tree.finish(records[full:])
    if unpack_record(top)[0] != descriptor.aggregates:
        raise SheetProofError("the sheet's rows have other totals than the descriptor's")
    if root_hash(descriptor.context(chain), descriptor.rows, top) != descriptor.root:
        raise SheetProofError("the sheet's rows have another root than the descriptor's", value=descriptor.root)


def verify_range(
    descriptor: Descriptor, chain: bytes, start: int, bundles: Iterable[bytes], *, secret: bytes | None = None
) -> RangeSummary:
    """Verify bundles ``start`` and following; for executors. Raises what :class:`RangeVerifier` raises."""
    verifier = RangeVerifier(descriptor, chain, start, secret=secret)
    for bundle in bundles:
        verifier.add(bundle)
    return verifier.summary()


def verify_sheet(
    descriptor: Descriptor, chain: bytes, bundles: Iterable[bytes], *, secret: bytes | None = None
) -> None:
    """Verify a whole sheet. Raises what :class:`RangeVerifier` and :func:`combine_ranges` raise."""
    combine_ranges(descriptor, chain, [verify_range(descriptor, chain, 0, bundles, secret=secret)])
