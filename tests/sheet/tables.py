"""Rows to test with: random but allowed, and the same ones for the fast code and for the reference."""

from __future__ import annotations

import numpy as np

from mutualchain.sheet import BuiltSheet, Columns, SheetContext, build_sheet, params_hash
from mutualchain.sheet.schema import SCHEMAS, Schema, schema

from .reference import Row, Sheet

CHAIN = bytes(range(32))
SECRET = bytes(range(100, 132))
PARAMS = b"round 7"
NAMES = sorted(SCHEMAS)
SEALED = [name for name in NAMES if SCHEMAS[name].sealed]


def columns_of(layout: Schema, rows: int, seed: int = 1) -> Columns:
    """Random rows; amounts up to 2**40, so that no total overflows."""
    random = np.random.default_rng(seed)
    columns: Columns = {}
    for column in layout.columns:
        if column.maximum is None:
            columns[column.name] = random.integers(0, 256, (rows, column.width), np.uint8)
        else:
            top = min(column.maximum, 2**40)
            columns[column.name] = random.integers(0, top + 1, rows, np.uint64).astype(column.dtype)
    for tie in layout.ties:
        columns[tie.column][columns[tie.beside] > tie.at_most] = 0
    return columns


def rows_of(layout: Schema, columns: Columns) -> list[Row]:
    """The same rows as dicts of Python values."""
    lists = {
        column.name: columns[column.name].tolist()
        if column.maximum is not None
        else [row.tobytes() for row in columns[column.name]]
        for column in layout.columns
    }
    return [dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]


def context_of(name: str, *, number: int = 7, first: int = 0, chain: bytes = CHAIN) -> SheetContext:
    return SheetContext(chain, "plan-1", schema(name), number, first, params_hash(PARAMS))


def secret_of(name: str) -> bytes | None:
    return SECRET if schema(name).sealed else None


def sheet_of(name: str, rows: int, seed: int = 1) -> tuple[BuiltSheet, Sheet]:
    """A sheet built by the package, and the reference's."""
    columns = columns_of(schema(name), rows, seed)
    return build_sheet(context_of(name), columns, secret_of(name)), reference_of(name, columns)


def reference_of(name: str, columns: Columns) -> Sheet:
    rows = rows_of(schema(name), columns)
    return Sheet(name, rows, chain=CHAIN, plan="plan-1", number=7, params=PARAMS, secret=secret_of(name) or b"")


def reading(built: BuiltSheet):
    """A ``read_tile`` over a built sheet's tiles."""
    tiles = {(level, index): data for level, index, data in built.tiles}
    return lambda level, index: tiles[level, index]
