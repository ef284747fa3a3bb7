"""Golden bytes of sheets. A change here means that signed roots, stored tiles and members' proofs no longer match.

Rows are written as fixed arithmetic, not drawn from a random generator, so that any implementation can make
them: byte b of row r in the byte column number c is (r + 3 b + 7 c) mod 256; an integer is (r + 1) (c + 11),
taken modulo its column's maximum + 1, or 0 where the row's status excludes an amount.
"""

from __future__ import annotations

import pytest

from mutualchain.sheet import (
    BuiltSheet,
    Columns,
    Schema,
    TreeReader,
    build_sheet,
    prove_page,
    schema,
    table,
    verify_page,
)
from tests.golden import load

from .tables import CHAIN, NAMES, PARAMS, SECRET, context_of, reading, reference_of, secret_of

SHEETS = [
    *((name, rows) for name in NAMES for rows in (1, 5)),
    ("charge/1", 256),
    ("charge/1", 600),
    ("enrolment/1", 49),
    ("notice/1", 259),
]


def fixed_rows(layout: Schema, rows: int) -> Columns:
    values: dict[str, list[int] | list[bytes]] = {}
    for at, column in enumerate(layout.columns):
        if column.maximum is None:
            values[column.name] = [bytes((r + 3 * b + 7 * at) % 256 for b in range(column.width)) for r in range(rows)]
        else:
            values[column.name] = [(r + 1) * (at + 11) % (column.maximum + 1) for r in range(rows)]
    columns = table(layout, values)
    for tie in layout.ties:
        columns[tie.column][columns[tie.beside] > tie.at_most] = 0
    return columns


def build(name: str, rows: int) -> BuiltSheet:
    return build_sheet(context_of(name), fixed_rows(schema(name), rows), secret_of(name))


def described(name: str, rows: int) -> dict[str, object]:
    built = build(name, rows)
    reference = reference_of(name, fixed_rows(schema(name), rows))
    page = len(reference.pages) - 1
    reader = TreeReader(built.descriptor, CHAIN, reading(built))
    proof = prove_page(reader, page, reference.pages[page], reference.salts[page])
    verify_page(built.descriptor, CHAIN, proof)
    found: dict[str, object] = {
        "schema": name,
        "rows": rows,
        "ctx": context_of(name).hash.hex(),
        "aggregates": list(built.descriptor.aggregates),
        "root": built.descriptor.root.hex(),
        "last_page": {
            "index": page,
            "page": proof.page.hex(),
            "salt": proof.salt.hex(),
            "path": [{"aggregates": list(totals), "hash": digest.hex()} for totals, digest in proof.path],
        },
    }
    if rows <= 5:
        found["bundles"] = [bundle.hex() for bundle in built.bundles]
        found["tiles"] = {f"{level}/{index}": data.hex() for level, index, data in built.tiles}
    return found


def regenerate() -> dict[str, object]:
    """The content of ``sheet.json``."""
    return {
        "sheet": {
            "chain": CHAIN.hex(),
            "plan": "plan-1",
            "number": 7,
            "first": 0,
            "params": PARAMS.hex(),
            "secret": SECRET.hex(),
            "sheets": [described(name, rows) for name, rows in SHEETS],
        }
    }


def test_the_golden_bytes_of_sheets_are_unchanged() -> None:
    for name, content in regenerate().items():
        assert load(name) == content


@pytest.mark.parametrize(("name", "rows"), SHEETS)
def test_the_reference_gives_the_golden_roots_too(name: str, rows: int) -> None:
    golden = next(item for item in load("sheet")["sheets"] if (item["schema"], item["rows"]) == (name, rows))
    reference = reference_of(name, fixed_rows(schema(name), rows))
    assert reference.root.hex() == golden["root"]
    assert [
        {"aggregates": list(totals), "hash": digest.hex()}
        for totals, digest in reference.path(len(reference.pages) - 1)
    ] == golden["last_page"]["path"]
