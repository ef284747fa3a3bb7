"""The shipped covenants: they hold, say what is open, and have the published rules."""

from __future__ import annotations

import re
from datetime import timedelta, timezone, tzinfo
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from mutualchain import catalogue
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.posix_tz import parse_rule
from mutualchain.covenant.toml import read_toml, write_toml
from mutualchain.errors import CovenantError, FileMissing

NAMES = catalogue.names()


def test_the_real_plans_are_there() -> None:
    wanted = {"zhongtuobang", "xianghubao", "xianghubao-2018", "shuidi", "ehuzhu", "meituan", "kangai", "chronic"}
    assert wanted <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_covenant_comes_back_from_all_its_forms(name: str) -> None:
    found = catalogue.load(name)
    assert Covenant.from_bytes(found.covenant.to_bytes()) == found.covenant
    assert read_toml(write_toml(found.covenant, found.about)) == found
    assert found.about.summary


@pytest.mark.parametrize("name", NAMES)
def test_a_covenant_depends_on_no_database(name: str) -> None:
    """Its rule and the release that it is from stand in the file, so that its hash is the same everywhere."""
    found = catalogue.load(name)
    assert read_toml(catalogue.source(name)) == found
    assert catalogue.rule_of(found.covenant.calendar.zone)[0] == found.covenant.calendar.rule


@pytest.mark.parametrize("name", NAMES)
def test_what_the_sources_left_open_is_marked_where_it_stands(name: str) -> None:
    text, about = catalogue.source(name), catalogue.load(name).about
    marked: dict[str, set[str]] = {"open": set(), "unconfirmed": set()}
    section = inside = ""
    for line in text.splitlines():
        if match := re.match(r"\[([a-z]+)\]", line):
            section = match[1]
        elif match := re.match(r"([a-z_]+) =", line):
            inside = match[1]
        if match := re.search(r"# (open|unconfirmed)\b", line):
            marked[match[1]].add(f"{section}.{inside}")
    assert marked == {"open": set(about.open), "unconfirmed": set(about.unconfirmed)}
    assert len(about.open) == len(set(about.open))


PUBLISHED: list[tuple[str, str, Any]] = [
    ("zhongtuobang", "membership.prepay", 1_000),
    ("zhongtuobang", "membership.age_least_days", 28),
    ("zhongtuobang", "membership.age_most_years", 75),
    ("zhongtuobang", "fee.bp", 0),
    ("zhongtuobang", "sharing.cap_case", 300),
    ("qingsong", "membership.prepay", 1_000),
    ("qingsong", "arrears.remind_below", 500),
    ("shuidi", "membership.prepay", 300),
    ("ehuzhu", "membership.prepay", 900),
    ("xianghubao", "membership.prepay", 0),
    ("xianghubao", "membership.age_least_days", 30),
    ("xianghubao", "membership.age_most_years", 59),
    ("xianghubao", "aid.ill_in_waiting", "refund_and_end"),
    ("xianghubao", "aid.request_within_days", 180),
    ("xianghubao", "calendar.disclosure_days", (7, 21)),
    ("xianghubao", "calendar.deduction_days", (14, 28)),
    ("xianghubao", "cases.objection_days", 3),
    ("xianghubao", "cases.jury_quorum", 1_000),
    ("xianghubao", "cases.jury_majority_bp", 5_000),
    ("xianghubao", "fee.bp", 800),
    ("xianghubao", "sharing.cap_case", 10),
    ("xianghubao", "sharing.cap_year", 18_800),
    ("xianghubao", "closing.borne_rounds", 3),
    ("xianghubao-2018", "fee.bp", 1_000),
    ("meituan", "sharing.cap_case", 10),
    ("meituan", "closing.refund", "shares"),
    ("kangai", "sharing.cap_case", 200),
    ("kangai", "sharing.divisor", "previous_headcount"),
]


@pytest.mark.parametrize(("name", "clause", "value"), PUBLISHED)
def test_published_rules_stand_in_the_catalogue(name: str, clause: str, value: object) -> None:
    assert catalogue.load(name).covenant.values()[clause] == value


def test_tiers_grow_by_a_fifth_a_year() -> None:
    tiers = catalogue.load("zhongtuobang-2022").covenant.aid.tiers
    assert [(tier.days, tier.bp) for tier in tiers] == [(365 * year, 2_000 * (year + 1)) for year in range(5)]


def test_the_smallest_plans_are_those_that_the_caps_imply() -> None:
    assert catalogue.load("xianghubao").covenant.smallest == 3_240_000
    assert catalogue.load("xianghubao-2018").covenant.smallest == 3_300_000


def test_a_covenant_names_its_disease_catalogue_by_hash() -> None:
    covenant = catalogue.load("chronic").covenant
    found = catalogue.diseases(covenant.aid.catalogue)
    assert found is not None
    groups = {disease.group for disease in found.diseases}
    assert {row.group for row in covenant.aid.maxima} - {""} <= groups
    assert catalogue.diseases(bytes(32)) is None


def test_files_are_read_with_the_rule_of_their_zone(tmp_path: Path) -> None:
    path = tmp_path / "covenant.toml"
    path.write_text('title = "x"\n[calendar]\nzone = "Europe/Berlin"\n', encoding="utf-8")
    calendar = catalogue.read(path).covenant.calendar
    assert (calendar.rule, calendar.tzdata[:2]) == ("CET-1CEST,M3.5.0,M10.5.0/3", "20")


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"title = \xff")
    with pytest.raises(CovenantError, match="UTF-8"):
        catalogue.read(tmp_path / "bytes")
    with pytest.raises(FileMissing):
        catalogue.read(tmp_path / "nothing")
    with pytest.raises(CovenantError, match="xianghubao"):
        catalogue.load("../plans")


@pytest.mark.parametrize(
    "zone", ["", "Asia", "Asia/Beijing", "../zones", "Asia/../UTC", "/etc/passwd", "Asia//Shanghai"]
)
def test_a_zone_that_the_database_does_not_have_is_refused(zone: str) -> None:
    with pytest.raises(CovenantError, match=r"calendar\.zone"):
        catalogue.rule_of(zone)


@pytest.mark.parametrize(
    "zone", ["UTC", "Asia/Shanghai", "Asia/Hong_Kong", "Europe/Dublin", "America/Nuuk", "Asia/Tehran"]
)
def test_a_zone_has_a_rule_and_a_release(zone: str) -> None:
    rule, release = catalogue.rule_of(zone)
    parse_rule(rule)
    assert re.fullmatch("20[0-9]{2}[a-z]{1,2}", release)


def test_a_zone_that_no_rule_describes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A zone whose clock the database lets go by dates of its own, as some do around Ramadan."""
    from mutualchain.catalogue import zones

    shanghai = (files("tzdata") / "zoneinfo" / "Asia" / "Shanghai").read_bytes()
    monkeypatch.setattr(zones, "_compiled", lambda zone: shanghai.replace(b"CST-8\n", b"CST-7\n"))
    monkeypatch.setattr(zones, "ZoneInfo", Fixed)
    with pytest.raises(CovenantError, match="no rule describes Nowhere"):
        zones.rule_of.__wrapped__("Nowhere")


class Fixed:
    """A database that knows one zone, eight hours ahead."""

    @staticmethod
    def from_file(_: object) -> tzinfo:
        return timezone(timedelta(hours=8))
