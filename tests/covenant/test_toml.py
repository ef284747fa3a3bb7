"""Covenants as TOML: any covenant comes back to the same bytes, and all that is wrong is said at once."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.covenant.chinese import CHINESE
from mutualchain.covenant.document import SECTIONS, Covenant, parameters
from mutualchain.covenant.sections import Aid, Maximum, Waiting
from mutualchain.covenant.toml import About, CovenantFile, read_toml, write_toml
from mutualchain.errors import CovenantError
from mutualchain.limits import MAX_COVENANT_FILE
from tests.covenant.covenants import TEXT, covenants

CLAUSES = sorted(item.clause for item in parameters())
ABOUTS = st.builds(
    About,
    summary=TEXT,
    sources=st.lists(TEXT, max_size=2).map(tuple),
    open=st.lists(st.sampled_from(CLAUSES), max_size=3).map(tuple),
    unconfirmed=st.lists(st.sampled_from(CLAUSES), max_size=3).map(tuple),
)


def clauses(error: CovenantError) -> list[str]:
    return [sentence.partition(":")[0] for sentence in error.violations]


def shanghai(zone: str) -> tuple[str, str]:
    """A time zone database of one zone."""
    if zone != "Asia/Shanghai":
        raise CovenantError(f"calendar.zone: there is no time zone {zone!r}")
    return "CST-8", "2026f"


@given(covenants(), st.none() | ABOUTS, st.sampled_from(["en", "zh"]))
def test_any_covenant_comes_back_from_its_file(covenant: Covenant, about: About | None, language: str) -> None:
    found = read_toml(write_toml(covenant, about, language=language))
    assert found == CovenantFile(covenant, about or About())
    assert found.covenant.to_bytes() == covenant.to_bytes()


def test_a_file_names_every_parameter_under_its_sentence() -> None:
    text = write_toml(Covenant("Demo"))
    values = tomllib.loads(text)
    assert list(values) == ["title", "currency", "decimals", *SECTIONS]
    for item in parameters():
        assert f"# {item.kind.doc}" in text
    chinese = write_toml(Covenant("Demo"), language="zh")
    assert all(sentence in chinese for sentence in CHINESE.values())


def test_every_sentence_stands_in_chinese_too() -> None:
    assert set(CHINESE) == {item.clause for item in parameters()} | set(SECTIONS)
    assert all(sentence.endswith("。") for sentence in CHINESE.values())


def test_people_write_yuan_words_and_comments() -> None:
    text = """
    title = "互助"          # the name
    [membership]
    prepay = "10"
    [aid]
    maxima = [{ amount = "300,000.50", age_below = 40 }, { amount = "1" }]
    waiting = [{ days = 180, cause = "illness" }]
    catalogue = "1111111111111111111111111111111111111111111111111111111111111111"
    in_grace = true
    """
    covenant = read_toml(text).covenant
    assert covenant.membership.prepay == 1_000
    assert covenant.aid == Aid(
        maxima=(Maximum(30_000_050, age_below=40), Maximum(100)),
        waiting=(Waiting(180, "illness"),),
        catalogue=b"\x11" * 32,
        in_grace=True,
    )


@pytest.mark.parametrize(("decimals", "amount"), [(0, "1,000"), (2, "10.00"), (3, "1"), (4, "0.1000")])
def test_amounts_have_the_currencys_decimals(decimals: int, amount: str) -> None:
    text = f'title = "x"\ndecimals = {decimals}\n[membership]\nprepay = "{amount}"\n'
    assert read_toml(text).covenant.membership.prepay == 1_000


WRONG: list[tuple[str, str, list[str]]] = [
    ("an amount without quotes", "[membership]\nprepay = 10", ["membership.prepay"]),
    ("an amount with a point and no quotes", "[sharing]\ncap_round = 0.1", ["sharing.cap_round"]),
    ("an amount that is none", '[membership]\nprepay = "ten"', ["membership.prepay"]),
    ("more decimals than the currency", '[membership]\nprepay = "0.001"', ["membership.prepay"]),
    ("an amount above its range", '[membership]\nprepay = "99,999,999,999"', ["membership.prepay"]),
    ("a row's amount", "[aid]\nmaxima = [{ amount = 5 }]", ["aid.maxima[0].amount"]),
    ("a hash that is none", '[aid]\ncatalogue = "xyz"', ["aid.catalogue"]),
    ("a short hash", '[aid]\ncatalogue = "00"', ["aid.catalogue"]),
    ("a hash as a number", "[aid]\ncatalogue = 0", ["aid.catalogue"]),
    ("a unknown section", "[bonus]\nmuch = 1", ["bonus"]),
    ("an unknown parameter", "[fee]\npercent = 8", ["fee.percent"]),
    ("a section that is a number", "fee = 8", ["fee"]),
    ("rows that are numbers", "[aid]\nmaxima = [1]", ["aid.maxima[0]"]),
    ("a fraction of a day", "[arrears]\ngrace_days = 1.5", ["arrears.grace_days"]),
    ("a date", "[arrears]\ngrace_days = 2020-01-01", ["arrears.grace_days"]),
    ("a flag as a number", "[aid]\nin_grace = 1", ["aid.in_grace"]),
    ("an unknown zone", '[calendar]\nzone = "Asia/Beijing"', ["calendar.zone"]),
    ("a rule that is not the zone's", '[calendar]\nrule = "CST-9"', ["calendar.rule"]),
    ("a rule that is none", '[calendar]\nrule = "Shanghai"', ["calendar.rule"]),
    ("a rule that is a number", "[calendar]\nrule = 8", ["calendar.rule"]),
    ("a zone that is a number", "[calendar]\nzone = 8", ["calendar.zone"]),
    ("a calendar that is none", "calendar = 8", ["calendar"]),
    ("about that is none", "about = 8", ["about"]),
    ("about something unknown", "[about]\nauthor = 'x'", ["about.author"]),
    ("a summary that is none", "[about]\nsummary = 1", ["about.summary"]),
    ("sources that are none", "[about]\nsources = 'one'", ["about.sources"]),
    ("open about nothing", "[about]\nopen = ['fee.percent']", ["about.open"]),
    ("two at once", '[membership]\nprepay = 1\n[fee]\nbp = -1\n[cases]\njury = "maybe"',
     ["membership.prepay", "fee.bp", "cases.jury"]),
    ("a contradiction beside what cannot be read", "[membership]\nprepay = 1\nage_most_years = 9\nage_out_years = 9",
     ["membership.prepay", "membership.age_out_years"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_all_that_is_wrong_is_named(text: str, expected: list[str]) -> None:
    with pytest.raises(CovenantError) as caught:
        read_toml(f'title = "Demo"\n{text}\n', shanghai)
    assert clauses(caught.value) == expected


def test_a_zone_brings_its_rule() -> None:
    calendar = read_toml('title = "x"\n[calendar]\nzone = "Asia/Shanghai"\n', shanghai).covenant.calendar
    assert (calendar.rule, calendar.tzdata) == ("CST-8", "2026f")
    assert read_toml('title = "x"\n', shanghai).covenant.calendar.tzdata == "2026f"


def test_a_document_keeps_the_release_it_names() -> None:
    text = 'title = "x"\n[calendar]\nzone = "Asia/Shanghai"\nrule = "CST-8"\ntzdata = "2020a"\n'
    assert read_toml(text, shanghai).covenant.calendar.tzdata == "2020a"


def test_a_rule_stands_for_itself_where_the_database_has_no_such_zone() -> None:
    text = 'title = "x"\n[calendar]\nzone = "Mars/Olympus"\nrule = "MTC0:37"\n'
    assert read_toml(text, shanghai).covenant.calendar.rule == "MTC0:37"


@pytest.mark.parametrize(
    "text", ["", "title", 'title = "x"\ntitle = "y"', "x" * (MAX_COVENANT_FILE + 1), "a=" + "[" * 9_999]
)
def test_what_is_no_covenant_is_refused(text: str) -> None:
    with pytest.raises(CovenantError):
        read_toml(text)


@given(st.text(max_size=200))
def test_only_our_own_error_escapes(text: str) -> None:
    try:
        read_toml(text, shanghai)
    except CovenantError as error:
        error.diagnostics()
