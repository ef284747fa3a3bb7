"""A sheet written: columns in, page bundles, tree tiles and a descriptor out.

Rows stream through in batches of 1,024 pages, so memory does not grow with the sheet; what is finished is
handed to callbacks at once. Nothing is compressed here: that is the store's business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..errors import SheetFormatError, UsageError
from ..limits import MAX_ROWS, PAGES_PER_BUNDLE
from .columns import Columns, aggregates, check_columns, check_shape, encode, page_aggregates, scatter
from .descriptor import Descriptor, SheetContext
from .leaves import LeafHasher, salter_for
from .tree import TreeBuilder, join_records, leaf_hash, pack_record, root_hash, unpack_record

__all__ = ["BuiltSheet", "SheetBuilder", "build_sheet"]

_BATCH_PAGES: Final = 4 * PAGES_PER_BUNDLE
"""Pages hashed together: enough that numpy's cost per call vanishes, little enough to stay in a cache."""


class SheetBuilder:
    """Builds one sheet from columns appended in pieces of any length.

    ``on_bundle(index, data)`` receives each bundle of up to 256 pages, uncompressed, in order;
    ``on_tile(level, index, data)`` each tree tile. ``secret`` (32 bytes) is for sealed schemas only.
    Once a call has raised, the builder refuses further ones. For one thread only.
    """

    def __init__(
        self,
        context: SheetContext,
        *,
        on_bundle: Callable[[int, bytes], None],
        on_tile: Callable[[int, int, bytes], None],
        secret: bytes | None = None,
    ) -> None:
        self._context = context
        self._schema = context.schema
        self._on_bundle = on_bundle
        self._salter = salter_for(context, secret)
        self._tree = TreeBuilder(context.schema, on_tile)
        self._hasher: LeafHasher | None = None
        self._held: Columns = {}
        self._held_rows = 0
        self._rows = 0  # processed, so without the held ones
        self._bundles = 0
        self._open = True

    def append(self, columns: Columns) -> None:
        """Add rows: the schema's columns, all of one length.

        Raises SheetFormatError for other columns, types or shapes and for more rows than a sheet can have,
        RowError for a row that the schema does not allow, AggregateError for a total above 2**63-1. Rows are
        checked when their batch is full, so either of the latter may come from a later call or from
        ``finish``. Callbacks' exceptions pass through.
        """
        rows = check_shape(self._schema, columns)
        if self._rows + self._held_rows + rows > MAX_ROWS - self._context.first:
            raise SheetFormatError("a sheet's slots would pass 2**32-1", value=self._rows + self._held_rows + rows)
        self._close()
        batch, start = _BATCH_PAGES * self._schema.page_rows, 0
        while start < rows:
            if self._held_rows == 0 and rows - start >= batch:
                taken = batch
                self._process({name: values[start : start + batch] for name, values in columns.items()}, batch)
            else:
                taken = min(batch - self._held_rows, rows - start)
                self._hold(columns, start, taken)
                if self._held_rows == batch:
                    self._held_rows = 0
                    self._process(self._held, batch)
            start += taken
        self._open = True

    def finish(self) -> Descriptor:
        """Hash what is left, emit the last bundle and tiles, and return the sheet's descriptor.

        Raises what ``append`` raises; UsageError for a sheet without rows. The builder is then closed.
        """
        self._close()
        if self._held_rows:
            self._process({name: values[: self._held_rows] for name, values in self._held.items()}, self._held_rows)
        return self._descriptor()

    def _close(self) -> None:
        if not self._open:
            raise UsageError("this sheet is finished, or building it failed")
        self._open = False

    def _hold(self, columns: Columns, start: int, count: int) -> None:
        """Copy rows that do not fill a batch yet behind those that wait already."""
        need = self._held_rows + count
        if not self._held or need > len(self._held[self._schema.columns[0].name]):
            room = min(2 * need, _BATCH_PAGES * self._schema.page_rows)
            for column in self._schema.columns:
                grown = np.empty(column.shape(room), column.dtype)
                if self._held_rows:
                    grown[: self._held_rows] = self._held[column.name][: self._held_rows]
                self._held[column.name] = grown
        for name, values in columns.items():
            self._held[name][self._held_rows : need] = values[start : start + count]
        self._held_rows = need

    def _process(self, columns: Columns, rows: int) -> None:
        """Hash ``rows`` rows: whole bundles, unless they are the sheet's last."""
        schema = self._schema
        check_columns(schema, columns, self._rows)
        pages, short = divmod(rows, schema.page_rows)
        first = self._rows // schema.page_rows
        if self._hasher is None or len(self._hasher.pages) < pages:
            self._hasher = LeafHasher(self._context, pages)
        matrix = self._hasher.pages[:pages]
        scatter(schema, columns, pages, matrix)
        salts = None if self._salter is None else self._salter.salts(first, pages)
        digests = self._hasher.digests(first, pages, salts)
        records = join_records(schema, page_aggregates(schema, columns, pages), digests)
        bundles = [matrix[at : at + PAGES_PER_BUNDLE].tobytes() for at in range(0, pages, PAGES_PER_BUNDLE)]
        if short:
            tail = {name: values[rows - short : rows] for name, values in columns.items()}
            page = encode(schema, tail)
            digest = leaf_hash(self._context, first + pages, short, page)  # sealed pages have one row, never fewer
            record = pack_record(aggregates(schema, tail), digest)
            records = np.concatenate([records, np.frombuffer(record, np.uint8).reshape(1, -1)])
            if pages % PAGES_PER_BUNDLE:
                bundles[-1] += page
            else:
                bundles.append(page)
        for bundle in bundles:
            self._on_bundle(self._bundles, bundle)
            self._bundles += 1
        self._tree.add(records)
        self._rows += rows

    def _descriptor(self) -> Descriptor:
        if not self._rows:
            raise UsageError("a sheet has at least one row")
        record = self._tree.finish()
        totals, _ = unpack_record(record)
        context = self._context
        return Descriptor(
            context.schema,
            context.plan,
            context.number,
            context.first,
            self._rows,
            totals,
            root_hash(context, self._rows, record),
            context.params_hash,
        )


@dataclass(frozen=True, slots=True)
class BuiltSheet:
    """A whole sheet in memory: bundles by index, and tiles as (level, index, data)."""

    descriptor: Descriptor
    bundles: tuple[bytes, ...]
    tiles: tuple[tuple[int, int, bytes], ...]


def build_sheet(context: SheetContext, columns: Columns, secret: bytes | None = None) -> BuiltSheet:
    """Build a sheet that fits in memory. Raises what :class:`SheetBuilder` raises."""
    bundles: list[bytes] = []
    tiles: list[tuple[int, int, bytes]] = []
    builder = SheetBuilder(
        context,
        on_bundle=lambda _, data: bundles.append(data),
        on_tile=lambda level, index, data: tiles.append((level, index, data)),
        secret=secret,
    )
    builder.append(columns)
    return BuiltSheet(builder.finish(), tuple(bundles), tuple(tiles))
