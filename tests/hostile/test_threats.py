"""docs/threats.md is true: every code exists, and every row names a test that is there."""

from __future__ import annotations

import re

import pytest

from mutualchain.errors import by_code
from tests.project.tree import ROOT

TEXT = (ROOT / "docs/threats.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.partition("## Beyond detection")[0].splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| who |"))
]


def test_the_table_is_there() -> None:
    assert len(ROWS) > 30
    assert all(len(row) == 4 and row[1] and row[2] and row[3] for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1][:60])
def test_a_row_names_codes_and_a_test_that_are_there(row: list[str]) -> None:
    for code in re.findall(r"MC-\d{3}", row[2]):
        known = by_code(code)
        assert known is not None, code
    named = [part.strip() for part in row[3].split(";")]
    for part in named:
        found = re.fullmatch(r"`(tests/[a-z_/0-9]+\.py)`: (.+)", part)
        assert found, part
        source = re.sub(r"\s+", " ", (ROOT / found[1]).read_text(encoding="utf-8"))
        assert found[2] in source, part


def test_it_is_linked() -> None:
    for name in ("README.md", "README.zh-CN.md", "SECURITY.md"):
        assert "docs/threats.md" in (ROOT / name).read_text(encoding="utf-8")
