"""``plan remind``: whom to ask to pay in, page by page, or all of them into a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.harness import PLAN, START, Small, call, done, members_csv, refused, ticking

LOW = "low"
"""A plan that reminds below 5 yuan; its member of slot i has i yuan and 50 fen."""
COVENANT = """\
title = "Low"

[membership]
prepay = "0.00"

[aid]
maxima = [{amount = "100.00"}]

[arrears]
remind_below = "5.00"

[cases]
request = "operator"
"""


@pytest.fixture
def ledger(small: Small) -> Path:
    clock = ticking(START + 50_000_000)
    (small.folder / "low.toml").write_text(COVENANT, encoding="utf-8")
    done("plan", "create", small.ledger, LOW, "--covenant", small.folder / "low.toml", clock=clock)
    head, *rows = members_csv(10, 50).splitlines()
    table = [head, *(f"{row.rpartition(',')[0]},{slot}.50" for slot, row in enumerate(rows))]
    (small.folder / "low.csv").write_text("\n".join(table) + "\n", encoding="utf-8")
    done("enrol", small.ledger, LOW, "--csv", small.folder / "low.csv", "--reference", "all", clock=clock)
    return small.ledger


def test_who_has_less_than_the_covenant_says_is_listed(ledger: Path) -> None:
    value = done("plan", "remind", ledger, LOW, "--json").value
    assert (value["below"], value["members"], value["next"]) == (500, 5, None)
    assert value["rows"] == [
        {"slot": slot, "balance": 100 * slot + 50, "missing": 450 - 100 * slot} for slot in range(5)
    ]
    out = done("plan", "remind", ledger, LOW).out
    assert "5 members have less than 5.00 yuan." in out
    assert out.count("yuan") == 11
    assert "5 位会员的余额低于 5.00 元" in done("plan", "remind", ledger, LOW, "--lang", "zh").out


def test_pages_follow_each_other(ledger: Path) -> None:
    seen: list[int] = []
    following: int | None = 0
    while following is not None:
        page = done("plan", "remind", ledger, LOW, "--json", "--limit", 2, "--first", following).value
        assert len(page["rows"]) <= 2
        assert page["members"] == 5 - len(seen)
        seen += [row["slot"] for row in page["rows"]]
        following = page["next"]
    assert seen == [0, 1, 2, 3, 4]
    assert "More from slot 2 on: --first 2" in done("plan", "remind", ledger, LOW, "--limit", 2).out


def test_all_of_them_go_into_a_file(ledger: Path, tmp_path: Path) -> None:
    file = tmp_path / "remind.csv"
    value = done("plan", "remind", ledger, LOW, file, "--json").value
    assert (value["members"], value["rows"], value["output"]) == (5, [], str(file))
    assert file.read_text() == "slot,balance,missing\n" + "".join(
        f"{slot},{slot}.50,{4 - slot}.50\n" for slot in range(5)
    )
    parts = [tmp_path / f"{part}.jsonl" for part in (1, 2, 3)]
    for number, part in enumerate(parts, 1):
        done("plan", "remind", ledger, LOW, part, "--below", "8", "--part", f"{number}/3")
    rows = [json.loads(line) for part in parts for line in part.read_text().splitlines()]
    assert rows == [{"slot": slot, "balance": 100 * slot + 50, "missing": 750 - 100 * slot} for slot in range(8)]
    refused("plan", "remind", ledger, LOW, file, code="MC-004", exit_code=2)


def test_nobody_is_reminded_where_the_covenant_says_nothing(ledger: Path) -> None:
    assert "arrears.remind_below is 0" in done("plan", "remind", ledger, PLAN).out
    assert done("plan", "remind", ledger, PLAN, "--json").value["members"] == 0
    assert done("plan", "remind", ledger, PLAN, "--json", "--below", "100").value["members"] == 10


def test_what_is_no_amount_or_no_slot_is_refused(ledger: Path) -> None:
    assert call("plan", "remind", ledger, LOW, "--below", "x").code == 2
    refused("plan", "remind", ledger, LOW, "--first", 10, code="MC-002", exit_code=2)
    refused("plan", "remind", ledger, "nowhere", code="MC-082", exit_code=2)
