"""The covenant's calendar: its local days, ages in whole years, and the instants of monthly rounds.

Every instant follows from ``calendar.rule``, a POSIX TZ string that stands in the covenant, so that whoever has the
chain computes the same instants whatever time zone database his machine has. A day is a number, counted from
1970-01-01; it begins at the first instant at which the local clock shows it: 00:00, or later where the clock is put
forward at midnight. Times are integers of milliseconds since 1970-01-01 00:00 UTC.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .posix_tz import DAY_S, Rule, parse_rule

if TYPE_CHECKING:
    from .document import Covenant

__all__ = [
    "DAY_MS",
    "birthday",
    "date_of",
    "day_number",
    "day_of",
    "deduction_instant",
    "disclosure_instant_after",
    "disclosure_instant_at_or_before",
    "start_of",
    "whole_years",
    "year_of",
]

DAY_MS = 86_400_000


@lru_cache(maxsize=64)
def _rule(text: str) -> Rule:
    return parse_rule(text)


# --- days ---------------------------------------------------------------------------------------


def day_number(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date of the Gregorian calendar.

    >>> day_number(2019, 3, 26)
    17981
    """
    year -= month <= 2
    era_year = year % 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return year // 400 * 146_097 + era_year * 365 + era_year // 4 - era_year // 100 + of_year - 719_468


def date_of(day: int) -> tuple[int, int, int]:
    """Year, month and day of the month of a day's number.

    >>> date_of(17981)
    (2019, 3, 26)
    """
    era, of_era = divmod(day + 719_468, 146_097)
    era_year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * era_year + era_year // 4 - era_year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return era * 400 + era_year + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


def month_days(year: int, month: int) -> int:
    """How many days a month has."""
    return day_number(year + month // 12, month % 12 + 1, 1) - day_number(year, month, 1)


def whole_years(birth_day: int, day: int) -> int:
    """Age on ``day`` in whole years: a year is complete on the date of birth, for 29 February else on 1 March.

    Negative before the birth.
    """
    born, now = date_of(birth_day), date_of(day)
    return now[0] - born[0] - (now[1:] < born[1:])


def birthday(birth_day: int, years: int) -> int:
    """The first day on which :func:`whole_years` is ``years``."""
    year, month, day = date_of(birth_day)
    return day_number(year + years, month, day)  # 29 February of a common year is counted on: 1 March


# --- local time ---------------------------------------------------------------------------------


def day_of(covenant: Covenant, time_ms: int) -> int:
    """The covenant's local day at ``time_ms``."""
    seconds = time_ms // 1000
    return (seconds + _rule(covenant.calendar.rule).offset_at(seconds)) // DAY_S


def start_of(covenant: Covenant, day: int) -> int:
    """The first instant, in ms, at which the covenant's local day is ``day`` or later."""
    return _rule(covenant.calendar.rule).first_at(day * DAY_S) * 1000


def year_of(covenant: Covenant, time_ms: int) -> int:
    """The covenant's local calendar year at ``time_ms``: what ``sharing.cap_year`` counts by."""
    return date_of(day_of(covenant, time_ms))[0]


# --- rounds -------------------------------------------------------------------------------------


def disclosure_instant_after(covenant: Covenant, time_ms: int) -> int | None:
    """The first snapshot of a monthly calendar that lies after ``time_ms``; None where rounds come by event."""
    return _after(covenant, covenant.calendar.disclosure_days, time_ms)


def disclosure_instant_at_or_before(covenant: Covenant, time_ms: int) -> int | None:
    """The last snapshot of a monthly calendar not later than ``time_ms``; None where rounds come by event."""
    days = covenant.calendar.disclosure_days
    if not days:
        return None
    year, month, _ = date_of(day_of(covenant, time_ms))
    month += 1
    while True:
        for day in reversed(_month(days, year, month)):
            if (start := start_of(covenant, day)) <= time_ms:
                return start
        year, month = _shifted(year, month, -1)


def deduction_instant(covenant: Covenant, time_ms: int) -> int:
    """When a round may be deducted, at the earliest.

    Monthly: 00:00 of the first deduction day after the snapshot ``time_ms``. By event: ``calendar.notice_days`` times
    24 hours after the announcement ``time_ms``.
    """
    found = _after(covenant, covenant.calendar.deduction_days, time_ms)
    return time_ms + covenant.calendar.notice_days * DAY_MS if found is None else found


def _after(covenant: Covenant, days: tuple[int, ...], time_ms: int) -> int | None:
    """The start of the first of these days of the month that lies after ``time_ms``; None for no days."""
    if not days:
        return None
    year, month, _ = date_of(day_of(covenant, time_ms))
    while True:
        for day in _month(days, year, month):
            if (start := start_of(covenant, day)) > time_ms:
                return start
        year, month = _shifted(year, month, 1)


def _shifted(year: int, month: int, by: int) -> tuple[int, int]:
    year_more, month_less = divmod(month - 1 + by, 12)
    return year + year_more, month_less + 1


def _month(days: tuple[int, ...], year: int, month: int) -> list[int]:
    """The numbers of these days of a month, in order; a day that the month does not have is its last."""
    year, month = _shifted(year, month, 0)
    last = month_days(year, month)
    return sorted({day_number(year, month, min(day, last)) for day in days})
