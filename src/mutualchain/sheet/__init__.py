"""Sheets: large uniform tables whose every row is provable to its owner, up to totals that are signed.

| module       | what it holds                                                                    |
|--------------|----------------------------------------------------------------------------------|
| `schema`     | the kinds of tables: columns, page sizes, aggregates, row rules                  |
| `columns`    | rows as numpy arrays: checked, totalled, cut into pages and back                 |
| `descriptor` | what a header says of a sheet, and the context bound into every leaf             |
| `tree`       | hashes, shape and folding of the aggregate tree                                  |
| `leaves`     | leaves of many pages at once; salts of sealed sheets                             |
| `builder`    | columns in, page bundles, tree tiles and a descriptor out                        |
| `reader`     | nodes of a tree from its tiles                                                   |
| `proof`      | one page and its path: made and verified                                         |
| `verify`     | a whole sheet from its bundles, in ranges                                        |

Pure: no clock, no randomness, no files. Uncompressed bytes in and out.
"""

from __future__ import annotations

from .builder import BuiltSheet, SheetBuilder, build_sheet
from .columns import Columns, aggregates, check_columns, decode, encode, table
from .descriptor import Descriptor, SheetContext, params_hash
from .leaves import SALT_BYTES, Salter
from .proof import PageProof, VerifiedPage, prove_page, verify_page
from .reader import TreeReader
from .schema import SCHEMAS, Aggregate, Column, Schema, Status, Tie, schema
from .verify import RangeSummary, RangeVerifier, combine_ranges, verify_range, verify_sheet

__all__ = [
    "SALT_BYTES",
    "SCHEMAS",
    "Aggregate",
    "BuiltSheet",
    "Column",
    "Columns",
    "Descriptor",
    "PageProof",
    "RangeSummary",
    "RangeVerifier",
    "Salter",
    "Schema",
    "SheetBuilder",
    "SheetContext",
    "Status",
    "Tie",
    "TreeReader",
    "VerifiedPage",
    "aggregates",
    "build_sheet",
    "check_columns",
    "combine_ranges",
    "decode",
    "encode",
    "params_hash",
    "prove_page",
    "schema",
    "table",
    "verify_page",
    "verify_range",
    "verify_sheet",
]
