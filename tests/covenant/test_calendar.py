"""The covenant's calendar, against the standard library's and against published dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.covenant.calendar import (
    DAY_MS,
    birthday,
    date_of,
    day_number,
    day_of,
    deduction_instant,
    disclosure_instant_after,
    disclosure_instant_at_or_before,
    month_days,
    start_of,
    whole_years,
    year_of,
)
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.posix_tz import parse_rule
from mutualchain.covenant.sections import Calendar
from mutualchain.errors import CovenantError

EPOCH = date(1970, 1, 1)
DATES = st.dates(date(1, 1, 1), date(9998, 12, 31))


def compiled(zone: str) -> bytes:
    """A zone's file of the pinned database, whatever this machine's own says."""
    return (files("tzdata") / "zoneinfo").joinpath(*zone.split("/")).read_bytes()


def rule_of(zone: str) -> str:
    """The POSIX TZ string at the end of a zone's compiled file."""
    return compiled(zone).rsplit(b"\n", 2)[1].decode()


def covenant(rule: str = "CST-8", disclosure: tuple[int, ...] = (), deduction: tuple[int, ...] = ()) -> Covenant:
    kind = "monthly" if disclosure else "event"
    return Covenant(
        "Demo", calendar=Calendar(kind, "Somewhere", rule, "", disclosure, deduction, 0 if disclosure else 3)
    )


XIANGHUBAO = covenant(disclosure=(7, 21), deduction=(14, 28))


def ms(text: str, zone: str = "Asia/Shanghai") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def shown(time_ms: int | None, zone: str = "Asia/Shanghai") -> str:
    assert time_ms is not None
    return datetime.fromtimestamp(time_ms / 1000, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


# --- days ---------------------------------------------------------------------------------------


@given(DATES)
def test_days_are_numbered_as_the_standard_library_numbers_them(when: date) -> None:
    number = day_number(when.year, when.month, when.day)
    assert number == (when - EPOCH).days
    assert date_of(number) == (when.year, when.month, when.day)
    assert month_days(when.year, when.month) == (when.replace(day=28) + timedelta(4)).replace(day=1).toordinal() - (
        when.replace(day=1).toordinal()
    )


AGES = [
    ("the day before the birthday", "1980-05-17", "2019-05-16", 38),
    ("the birthday", "1980-05-17", "2019-05-17", 39),
    ("the day of birth", "2019-05-17", "2019-05-17", 0),
    ("before the birth", "2019-05-17", "2019-05-16", -1),
    ("born on a leap day, 28 February", "1980-02-29", "2019-02-28", 38),
    ("born on a leap day, 1 March", "1980-02-29", "2019-03-01", 39),
    ("born on a leap day, leap day", "1980-02-29", "2020-02-29", 40),
    ("sixty the next day", "1959-03-26", "2019-03-25", 59),
]


@pytest.mark.parametrize(("born", "now", "age"), [row[1:] for row in AGES], ids=[row[0] for row in AGES])
def test_ages_are_whole_years(born: str, now: str, age: int) -> None:
    numbers = [(date.fromisoformat(text) - EPOCH).days for text in (born, now)]
    assert whole_years(*numbers) == age


@given(DATES, st.integers(0, 150))
def test_a_birthday_is_the_first_day_of_an_age(born: date, years: int) -> None:
    start = (born - EPOCH).days
    day = birthday(start, years)
    assert whole_years(start, day) == years
    assert whole_years(start, day - 1) == years - 1


# --- zones --------------------------------------------------------------------------------------

# From these years on each zone has kept to the rule it has now.
ZONES = [
    ("Asia/Shanghai", 1992),
    ("Europe/Berlin", 1996),
    ("Europe/London", 1996),
    ("Europe/Dublin", 1996),  # winter time is the one "saved"
    ("America/New_York", 2007),
    ("America/Havana", 2028),  # the clock changes at midnight
    ("America/Santiago", 2023),
    ("America/Nuuk", 2025),
    ("America/St_Johns", 2012),
    ("Asia/Kolkata", 1970),
    ("Asia/Jerusalem", 2013),  # 26:00, the day after
    ("Australia/Lord_Howe", 2009),  # half an hour
    ("Pacific/Auckland", 2008),
    ("Pacific/Apia", 2022),
    ("Africa/Cairo", 2024),
    ("Antarctica/Troll", 2006),
    ("UTC", 1970),
]


@pytest.mark.parametrize(("zone", "since"), ZONES, ids=[zone for zone, _ in ZONES])
def test_local_days_are_those_of_the_time_zone_database(zone: str, since: int) -> None:
    rules, known = covenant(rule_of(zone)), ZoneInfo.from_file(BytesIO(compiled(zone)))
    first, last = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (since, 2060))
    step = 6_997  # a prime below two hours: every hour of every day of the year is met
    for seconds in range(first, last, step * 7):
        local = datetime.fromtimestamp(seconds, known).replace(tzinfo=None)
        assert day_of(rules, seconds * 1000) == (local.date() - EPOCH).days, local
    for year in range(since, 2060):
        offset = parse_rule(rule_of(zone)).offset_at
        start = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
        for hour in range(366 * 24 if year % 10 == 0 else 0):
            at = start + hour * 3600
            expected = datetime.fromtimestamp(at, known).utcoffset()
            assert expected is not None
            assert offset(at) == expected.total_seconds(), (year, hour)


@pytest.mark.parametrize("zone", [zone for zone, _ in ZONES])
def test_a_day_starts_at_its_first_instant(zone: str) -> None:
    rules = covenant(rule_of(zone))
    for day in range(20_500, 21_300):
        start = start_of(rules, day)
        assert day_of(rules, start) == day
        assert day_of(rules, start - 1) == day - 1


def test_where_midnight_is_left_out_the_day_starts_when_the_clock_goes_on() -> None:
    havana = covenant("CST5CDT,M3.2.0/0,M11.1.0/1")
    assert start_of(havana, (date(2030, 3, 10) - EPOCH).days) == ms("2030-03-10T01:00", "America/Havana")
    assert start_of(havana, (date(2030, 3, 11) - EPOCH).days) == ms("2030-03-11T00:00", "America/Havana")


def test_where_midnight_comes_twice_the_day_starts_at_the_first() -> None:
    rules = covenant("EET-2EEST,M3.5.0/0,M10.5.0/0:30")  # 00:30 becomes 23:30 of the day before
    day = (date(2030, 10, 27) - EPOCH).days
    first = start_of(rules, day)
    shown = [day_of(rules, first + minutes * 60_000) - day for minutes in (-1, 0, 29, 30, 59, 60)]
    assert shown == [-1, 0, 0, -1, -1, 0]


FORMS = [
    ("J60 is 1 March in every year", "AAA0BBB,J60/0,J300", "2028-02-29T23:59", "2028-03-01T00:00"),
    ("day 59 is 29 February in a leap year", "AAA0BBB,59/0,J300", "2028-02-28T23:59", "2028-02-29T00:00"),
    ("J1 to the year's end", "AAA0BBB,J1/0,J365/23", "2027-12-31T21:59", "2027-12-31T22:00"),
    ("the southern summer", "AAA0BBB,M10.1.0/0,M4.1.0/0", "2028-09-30T23:59", "2028-10-01T00:00"),
]


@pytest.mark.parametrize(("rule", "before", "after"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
def test_transitions_are_found_in_each_form(rule: str, before: str, after: str) -> None:
    parsed = parse_rule(rule)
    offsets = [parsed.offset_at(ms(text, "UTC") // 1000) for text in (before, after)]
    assert sorted(offsets) == [0, 3600]


def test_daylight_saving_time_can_last_all_year() -> None:
    parsed = parse_rule("XXX3EDT4,0/0,J365/23")  # RFC 9636's own example: four hours behind, always
    assert {parsed.offset_at(hour * 3_600) for hour in range(24 * 366 * 5)} == {-4 * 3_600}


BAD_RULES = [
    "", "CST", "CST-25", "CST-8:60", "C-8", "CST-8 ", " CST-8", "CST-8\n", "CST--8", "8", "Asia/Shanghai", ":CST-8",
    "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M0.5.0,M10.5.0", "CST-٨",
    "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J300", "CET-1CEST,J366,J300",
    "CET-1CEST,366,J300", "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/3,", "<C>-8", "<中国标准>-8",
]  # fmt: skip


@pytest.mark.parametrize("rule", BAD_RULES)
def test_what_is_no_rule_is_refused_by_its_clause(rule: str) -> None:
    with pytest.raises(CovenantError, match=r"calendar\.rule"):
        parse_rule(rule)


@given(st.text(alphabet="CSTE0123456789-+:,./MJ<>", max_size=40) | st.text(max_size=20))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    try:
        rule = parse_rule(text)
    except CovenantError as error:
        error.diagnostics()
    else:
        assert abs(rule.offset_at(1_700_000_000)) <= 86_400


# --- rounds -------------------------------------------------------------------------------------


def test_a_year_of_two_rounds_a_month() -> None:
    """相互宝: disclosed on the 7th and 21st, deducted on the 14th and 28th."""
    at, found = ms("2019-12-31T23:59"), []
    for _ in range(24):
        snapshot = disclosure_instant_after(XIANGHUBAO, at)
        assert snapshot is not None
        found.append((shown(snapshot), shown(deduction_instant(XIANGHUBAO, snapshot))))
        at = snapshot
    assert found == [
        (f"2020-{month:02}-{day:02} 00:00", f"2020-{month:02}-{day + 7:02} 00:00")
        for month in range(1, 13)
        for day in (7, 21)
    ]
    assert year_of(XIANGHUBAO, at) == 2020


def test_an_instant_is_not_after_itself() -> None:
    snapshot = ms("2020-02-07T00:00")
    assert disclosure_instant_after(XIANGHUBAO, snapshot - 1) == snapshot
    assert shown(disclosure_instant_after(XIANGHUBAO, snapshot)) == "2020-02-21 00:00"
    assert disclosure_instant_at_or_before(XIANGHUBAO, snapshot) == snapshot
    assert shown(disclosure_instant_at_or_before(XIANGHUBAO, snapshot - 1)) == "2020-01-21 00:00"


def test_midnight_is_the_covenants_own() -> None:
    """00:00 in Shanghai is 16:00 UTC of the day before."""
    assert disclosure_instant_after(XIANGHUBAO, ms("2020-02-06T16:00", "UTC") - 1) == ms("2020-02-06T16:00", "UTC")


def test_the_31st_is_the_last_day_of_any_month() -> None:
    rules = covenant(disclosure=(15, 31), deduction=(20, 5))
    at, found = ms("2027-12-31T12:00"), []
    for _ in range(6):
        at = disclosure_instant_after(rules, at) or 0
        found.append(shown(at)[5:10])
    assert found == ["01-15", "01-31", "02-15", "02-29", "03-15", "03-31"]
    assert shown(deduction_instant(rules, ms("2028-02-29T00:00"))) == "2028-03-05 00:00"
    assert shown(disclosure_instant_at_or_before(rules, ms("2028-01-01T00:00"))) == "2027-12-31 00:00"


def test_rounds_by_event_have_no_instants_but_a_notice() -> None:
    rules = covenant()
    assert disclosure_instant_after(rules, 0) is None
    assert disclosure_instant_at_or_before(rules, 0) is None
    assert deduction_instant(rules, 1_000) == 1_000 + 3 * DAY_MS


@given(
    st.integers(0, 4_102_444_800_000),
    st.sampled_from([zone for zone, _ in ZONES]),
    st.sampled_from([((7, 21), (14, 28)), ((1,), (31,)), ((31,), (5,)), ((10, 28), (20, 5))]),
)
def test_before_and_after_meet(time_ms: int, zone: str, days: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    rules = covenant(rule_of(zone), *days)
    before, after = disclosure_instant_at_or_before(rules, time_ms), disclosure_instant_after(rules, time_ms)
    assert before is not None
    assert after is not None
    assert before <= time_ms < after
    assert disclosure_instant_after(rules, before) == after
    assert before < deduction_instant(rules, before) < after
