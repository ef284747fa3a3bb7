"""Every entry about a member has a notice of hers in its block, and every notice its entry."""

from __future__ import annotations

import numpy as np
import pytest

from mutualchain.covenant.notices import BlockNotices
from mutualchain.sheet import schema, table

from .lives import digest


def sheet(*rows: tuple[int, bytes]) -> dict[str, np.ndarray]:
    slots, entries = zip(*rows, strict=True)
    return dict(table(schema("notice/1"), {"slot": list(slots), "seq": [0] * len(rows), "entry": list(entries)}))


def test_entries_and_notices_that_match_break_nothing() -> None:
    block = BlockNotices()
    block.want("demo", 3, digest(1))
    block.want("demo", None, digest(2))
    block.want("other", 3, digest(3))
    block.hold("demo", sheet((3, digest(1))))
    block.hold("other", sheet((3, digest(3))))
    assert block.violations() == []


@pytest.mark.parametrize(
    ("plan", "row", "count"),
    [
        ("demo", (4, digest(1)), 2),
        ("demo", (3, digest(2)), 2),
        ("other", (3, digest(1)), 2),
    ],
)
def test_a_notice_of_another_member_entry_or_plan_is_none(plan: str, row: tuple[int, bytes], count: int) -> None:
    block = BlockNotices()
    block.want("demo", 3, digest(1))
    block.hold(plan, sheet(row))
    found = block.violations()
    assert [wrong.clause for wrong in found] == ["notice"] * count
    assert found[0].place == "plan demo, slot 3"
    assert found[0].value == digest(1)


def test_a_notice_twice_is_one_too_many() -> None:
    block = BlockNotices()
    block.want("demo", 3, digest(1))
    block.hold("demo", sheet((3, digest(1)), (3, digest(1))))
    assert len(block.violations()) == 1


def test_of_many_a_hundred_are_named() -> None:
    block = BlockNotices()
    for number in range(150):
        block.want("demo", number, digest(number))
    found = block.violations()
    assert len(found) == 101
    assert found[-1].message.startswith("50 more")
