"""A sheet's rows as numpy columns: checked, totalled, and cut into pages and back.

``Columns`` maps each column's name to an array: integers of shape (rows,), byte columns uint8 of shape
(rows, width). Everything here works on whole arrays; a hundred million rows go through it.

A page is its columns one after the other, each contiguous. A bundle is up to 256 consecutive pages, one
after the other: what a store keeps compressed. Neither carries a header: schema and row count say it all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import AggregateError, RowError, SheetFormatError
from ..limits import MAX_TOTAL
from .schema import Column, Schema

__all__ = [
    "Bytes",
    "Columns",
    "aggregates",
    "check_columns",
    "check_shape",
    "decode",
    "encode",
    "page_aggregates",
    "scatter",
    "table",
]

Columns: TypeAlias = dict[str, NDArray[Any]]
Bytes: TypeAlias = NDArray[np.uint8]


def table(schema: Schema, values: Mapping[str, Sequence[int] | Sequence[bytes] | NDArray[Any]]) -> Columns:
    """Columns of ``schema`` from lists or arrays: integers for integer columns, bytes for the others.

    Raises SheetFormatError for a missing or unknown column, unequal lengths, a byte string of another width,
    or an integer that does not fit its column.
    """
    _check_names(schema, values)
    columns = {column.name: _array(column, values[column.name]) for column in schema.columns}
    check_shape(schema, columns)
    return columns


def _array(column: Column, values: Sequence[int] | Sequence[bytes] | NDArray[Any]) -> NDArray[Any]:
    if column.maximum is None:
        if isinstance(values, np.ndarray):
            return values
        if any(not isinstance(value, bytes) or len(value) != column.width for value in values):
            raise SheetFormatError(f"the column {column.name!r} takes byte strings of {column.width} bytes")
        return np.frombuffer(b"".join(values), np.uint8).reshape(-1, column.width)  # type: ignore[arg-type]
    try:
        given = np.asarray(values if len(values) else np.empty(0, column.dtype))
    except ValueError:
        raise SheetFormatError(f"the column {column.name!r} takes one number a row") from None
    if given.dtype == column.dtype:
        return given
    if given.dtype.kind not in "iu" or given.min() < 0 or given.max() > np.iinfo(column.dtype).max:
        raise SheetFormatError(f"the column {column.name!r} takes whole numbers of {8 * column.width} bits")
    return given.astype(column.dtype)


def _check_names(schema: Schema, columns: Mapping[str, object]) -> None:
    if set(columns) != {column.name for column in schema.columns}:
        raise SheetFormatError(f"{schema.name} has other columns than these", value=", ".join(sorted(columns)))


def check_shape(schema: Schema, columns: Columns) -> int:
    """The number of rows of ``columns``. Raises SheetFormatError unless names, types and shapes are the schema's."""
    _check_names(schema, columns)
    shape = columns[schema.columns[0].name].shape
    rows = shape[0] if shape else 0
    for column in schema.columns:
        array = columns[column.name]
        if array.dtype != column.dtype or array.shape != column.shape(rows):
            raise SheetFormatError(
                f"the column {column.name!r} must be {column.dtype.str} of shape {column.shape(rows)}",
                value=f"{array.dtype.str} of shape {array.shape}",
            )
    return rows


def check_columns(schema: Schema, columns: Columns, first_row: int = 0) -> None:
    """Refuse rows that the schema does not allow.

    ``first_row`` is the sheet's row number of the first, for the message. Raises RowError, naming the first
    offending row, for a value above the column's maximum (an unknown status, a vote that is neither 0 nor 1)
    or an amount beside a status that has none.
    """
    for column in schema.columns:
        values, maximum = columns[column.name], column.maximum
        if maximum is not None and maximum < 256**column.width - 1 and values.size and values.max() > maximum:
            at = int(np.argmax(values > maximum))
            raise RowError(
                f"row {first_row + at} has a {column.name} above {maximum}",
                value=int(values[at]),
                place=f"row {first_row + at}",
            )
    for tie in schema.ties:
        wrong = (columns[tie.beside] > tie.at_most) & (columns[tie.column] != 0)
        if wrong.any():
            at = int(np.argmax(wrong))
            raise RowError(
                f"row {first_row + at} has the {tie.beside} {int(columns[tie.beside][at])}, which excludes any "
                f"{tie.column}, and a {tie.column}",
                value=int(columns[tie.column][at]),
                place=f"row {first_row + at}",
            )


def page_aggregates(schema: Schema, columns: Columns, pages: int) -> NDArray[np.uint64]:
    """The aggregates of each of the first ``pages`` full pages, as ``<u8`` of shape (pages, aggregates).

    The columns must have passed :func:`check_columns`; then no page's total can overflow 64 bits.
    """
    rows = schema.page_rows
    totals = np.empty((pages, len(schema.aggregates)), "<u8")
    for at, item in enumerate(schema.aggregates):
        if item.kind == "rows":
            totals[:, at] = rows
            continue
        values = columns[item.column][: pages * rows].reshape(pages, rows)
        if item.kind == "count":
            totals[:, at] = (values <= item.at_most).view(np.uint8).sum(axis=1, dtype=np.uint16)
        else:
            totals[:, at] = values[:, 0] if rows == 1 else values.sum(axis=1, dtype=np.uint64)
    return totals


def aggregates(schema: Schema, columns: Columns) -> tuple[int, ...]:
    """The aggregates of all rows, exactly. Raises AggregateError for one above 2**63-1."""
    totals = []
    for item in schema.aggregates:
        if item.kind == "rows":
            total = len(columns[schema.columns[0].name])
        elif item.kind == "count":
            total = int(np.count_nonzero(columns[item.column] <= item.at_most))
        else:
            values = columns[item.column]
            # halves, because a sum of 64-bit values may pass 64 bits and numpy would not say so
            total = int(values.sum(dtype=np.uint64)) if values.itemsize < 8 else _sum64(values)
        if total > MAX_TOTAL:
            raise AggregateError(f"the total {item.name!r} is above 2**63-1", value=total)
        totals.append(total)
    return tuple(totals)


def _sum64(values: NDArray[Any]) -> int:
    high, low = values >> np.uint64(32), values & np.uint64(2**32 - 1)
    return (int(high.sum(dtype=np.uint64)) << 32) + int(low.sum(dtype=np.uint64))


def scatter(schema: Schema, columns: Columns, pages: int, out: Bytes) -> None:
    """Lay the first ``pages`` full pages out, one per row of ``out``, uint8 of shape (pages, page_bytes)."""
    rows, at = schema.page_rows, 0
    for column in schema.columns:
        size = column.width * rows
        part = np.ascontiguousarray(columns[column.name][: pages * rows])
        out[:, at : at + size] = part.view(np.uint8).reshape(pages, size)
        at += size


def encode(schema: Schema, columns: Columns) -> bytes:
    """The bytes of the pages that hold ``columns``: a page, or a bundle of pages, the last one perhaps short."""
    rows = check_shape(schema, columns)
    pages, short = divmod(rows, schema.page_rows)
    matrix = np.empty((pages, schema.page_bytes), np.uint8)
    scatter(schema, columns, pages, matrix)
    if not short:
        return matrix.tobytes()
    tail = [columns[column.name][rows - short :].tobytes() for column in schema.columns]
    return b"".join([matrix.tobytes(), *tail])


def decode(schema: Schema, data: bytes, rows: int) -> Columns:
    """The columns of ``rows`` rows from a page's or a bundle's bytes; :func:`encode` backwards.

    Raises SheetFormatError unless ``data`` is exactly as long as that many rows are.
    """
    if len(data) != rows * schema.row_bytes:
        raise SheetFormatError(f"{len(data)} bytes where {rows} rows of {schema.name} take {rows * schema.row_bytes}")
    pages, short = divmod(rows, schema.page_rows)
    flat = np.frombuffer(data, np.uint8)
    matrix = flat[: pages * schema.page_bytes].reshape(pages, schema.page_bytes)
    tail = flat[pages * schema.page_bytes :]
    columns: Columns = {}
    at = 0
    for column in schema.columns:
        size, start = column.width * schema.page_rows, at * schema.page_rows
        part = np.ascontiguousarray(matrix[:, start : start + size]).reshape(-1)
        if short:
            part = np.concatenate([part, tail[at * short : (at + column.width) * short]])
        columns[column.name] = part.view(column.dtype).reshape(column.shape(rows))
        at += column.width
    return columns
