"""``enrol --birth-date`` and the column ``birth_date``: held against the covenant's limits of age, to the day."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.harness import PLAN, START, Small, call, done, members_csv, refused, ticking

AGED = "xianghubao"
"""A plan of the catalogue for members of 30 days to 59 years."""
LIMITS = ["membership.age_least_days", "membership.age_most_years"]
KEY = "ab" * 31 + "11"
ONE = ("--public-key", KEY, "--without-claims", "--deposit", "0", "--reference", "she")


@pytest.fixture
def aged(small: Small) -> Path:
    """A ledger with that plan; it is 3 May 2026."""
    done("plan", "create", small.ledger, AGED, "--catalogue", AGED, clock=ticking(START + 50_000_000))
    return small.ledger


def with_births(folder: Path, births: list[str]) -> Path:
    head, *rows = members_csv(len(births), 700).splitlines()
    path = folder / "births.csv"
    lines = [f"{head},birth_date", *(f"{row},{born}" for row, born in zip(rows, births, strict=True))]
    path.write_text("\n".join(lines).replace(",10,", ",0,") + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("born", "clause"), [("2026-04-05", LIMITS[0]), ("1966-05-04", LIMITS[1])])
def test_who_is_too_young_or_too_old_is_refused_by_the_clause(born: str, clause: str, aged: Path) -> None:
    result = refused("enrol", aged, AGED, *ONE, "--birth-date", born, code="MC-325", exit_code=2)
    assert f"rule:  {clause}" in result.err
    path = with_births(aged.parent, ["1990-02-28", born, "2000-02-29"])
    result = refused("enrol", aged, AGED, "--csv", path, "--reference", "many", code="MC-325", exit_code=2)
    assert f"rule:  {clause}" in result.err
    assert f"at:    {path}, line 3" in result.err


def test_who_is_old_enough_and_young_enough_joins(aged: Path) -> None:
    answer = done("enrol", aged, AGED, *ONE, "--birth-date", "2026-04-03", "--json", clock=ticking(START + 100_000_000))
    assert answer.value["unchecked"] == []
    path = with_births(aged.parent, ["1966-05-06", "2026-04-03"])
    answer = done("enrol", aged, AGED, "--csv", path, "--reference", "many", clock=ticking(START + 100_000_000))
    assert "not checked" not in answer.out


def test_without_a_date_of_birth_the_answer_says_that_nothing_was_checked(aged: Path) -> None:
    words = ("enrol", aged, AGED, *ONE)
    assert "limits of age are kept was not checked" in done(*words, clock=ticking(START + 100_000_000)).out
    later = ticking(START + 200_000_000)
    assert done(*words, "--json", clock=later).value["unchecked"] == LIMITS
    assert "年龄要求" in done(*words, "--lang", "zh", clock=later).out
    other = ("--public-key", KEY, "--without-claims", "--deposit", "10", "--reference", "her")
    assert done("enrol", aged, PLAN, *other, "--json", clock=later).value["unchecked"] == []


@pytest.mark.parametrize("born", ["1990-2-28", "28.2.1990", "1990-02-30", "19900228", "x"])
def test_what_is_no_date_is_said(born: str, aged: Path) -> None:
    assert call("enrol", aged, AGED, *ONE, "--birth-date", born).code == 2
    path = with_births(aged.parent, ["1990-02-28", born])
    result = refused("enrol", aged, AGED, "--csv", path, "--reference", "r", code="MC-250", exit_code=2)
    assert f"line 3: birth_date: no date as YYYY-MM-DD: '{born}'" in result.err
