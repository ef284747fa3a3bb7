"""POSIX TZ strings: the offset from UTC at any instant, by a rule that fits into a line of a covenant.

    CST-8                                  eight hours ahead of UTC, all year
    CET-1CEST,M3.5.0,M10.5.0/3             from the last Sunday of March, 02:00, to the last of October, 03:00
    <-02>2<-01>,M3.5.0/-1,M10.5.0/0        names in <> may hold digits and signs

The form is that of the POSIX environment variable TZ with RFC 9636's extension: a transition's time of day lies
between -167 and 167 hours. The rule holds for every year, past and to come. At a given instant the last transition
not later than it decides; where two coincide, the later year's, then the one to daylight saving time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ..errors import CovenantError

__all__ = ["DAY_S", "Rule", "parse_rule"]

DAY_S = 86_400

_NAME = r"(?:[A-Za-z]{3,16}|<[A-Za-z0-9+-]{3,16}>)"
_OFFSET = r"[+-]?[0-9]{1,2}(?::[0-5][0-9]){0,2}"
_DATE = r"(?:J[0-9]{1,3}|[0-9]{1,3}|M[0-9]{1,2}\.[1-5]\.[0-6])"
_TIME = r"[+-]?[0-9]{1,3}(?::[0-5][0-9]){0,2}"
_FORM = re.compile(
    f"{_NAME}(?P<standard>{_OFFSET})"
    f"(?:{_NAME}(?P<saving>{_OFFSET})?,(?P<start>{_DATE})(?:/(?P<at>{_TIME}))?,(?P<end>{_DATE})(?:/(?P<until>{_TIME}))?)?",
    re.ASCII,
)
_TWO = 7_200  # 02:00, where a transition names no time


@dataclass(frozen=True, slots=True)
class _Change:
    """A transition's date within a year, and its local time of day in seconds."""

    form: str  # "J", "n" or "M"
    numbers: tuple[int, ...]
    seconds: int

    def local(self, year: int) -> int:
        """Seconds from 1970-01-01 00:00 to the transition in ``year``, by the clock it changes."""
        first = _january_first(year)
        leap = _january_first(year + 1) - first == 366
        if self.form == "n":
            day = first + self.numbers[0]
        elif self.form == "J":  # 29 February is never counted
            day = first + self.numbers[0] - 1 + (leap and self.numbers[0] >= 60)
        else:
            month, week, weekday = self.numbers
            begin = first + _BEFORE[month - 1] + (leap and month > 2)
            length = _BEFORE[month] - _BEFORE[month - 1] + (leap and month == 2)
            day = begin + (weekday - (begin + 4)) % 7 + 7 * (week - 1)  # 1970-01-01 was a Thursday
            if day >= begin + length:
                day -= 7
        return day * DAY_S + self.seconds


_BEFORE = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365)
"""Days of a common year before each month."""


def _january_first(year: int) -> int:
    before = year - 1
    return before * 365 + before // 4 - before // 100 + before // 400 - 719_162


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed rule. Offsets in seconds east of UTC; ``start`` and ``end`` of daylight saving time, if there is any."""

    standard: int
    saving: int
    start: _Change | None = None
    end: _Change | None = None

    def offset_at(self, seconds: int) -> int:
        """The offset at an instant, in seconds east of UTC."""
        if self.start is None:
            return self.standard
        year = 1970 + seconds // 31_556_952
        return next(offset for when, offset in reversed(_transitions(self, year)) if when <= seconds)

    def first_at(self, local: int) -> int:
        """The first instant at which the local clock shows ``local`` (seconds since 1970-01-01 00:00) or later."""
        if self.start is None:
            return local - self.standard
        year = 1970 + local // 31_556_952
        candidates = {local - self.standard, local - self.saving}
        candidates |= {when for when, _ in _transitions(self, year) if abs(when - local) < 3 * DAY_S}
        return min(when for when in candidates if when + self.offset_at(when) >= local)


@lru_cache(maxsize=1024)
def _transitions(rule: Rule, year: int) -> tuple[tuple[int, int], ...]:
    """Instants and the offsets from them on, from two years before to two years after ``year``, in order."""
    assert rule.start is not None
    assert rule.end is not None
    found = []
    for number in range(year - 2, year + 3):
        found.append((rule.end.local(number) - rule.saving, number, 0, rule.standard))
        found.append((rule.start.local(number) - rule.standard, number, 1, rule.saving))
    return tuple((when, offset) for when, _, _, offset in sorted(found))


def parse_rule(text: str) -> Rule:
    """The rule that ``text`` states.

    Raises CovenantError where it is no POSIX TZ string, or names daylight saving time without its dates.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise CovenantError(f"calendar.rule: not a POSIX TZ string: {text!r}", value=text)
    standard = -_seconds(match["standard"], 24, text)
    if match["start"] is None:
        return Rule(standard, standard)
    saving = standard + 3_600 if match["saving"] is None else -_seconds(match["saving"], 24, text)
    return Rule(
        standard, saving, _change(match["start"], match["at"], text), _change(match["end"], match["until"], text)
    )


def _seconds(text: str, most: int, rule: str) -> int:
    sign = -1 if text.startswith("-") else 1
    hours, minutes, seconds, *_ = [int(part) for part in [*text.lstrip("+-").split(":"), "0", "0"]]
    total = hours * 3_600 + minutes * 60 + seconds
    if total > most * 3_600:
        raise CovenantError(f"calendar.rule: more than {most} hours: {rule!r}", value=rule)
    return sign * total


def _change(date: str, time: str | None, rule: str) -> _Change:
    seconds = _TWO if time is None else _seconds(time, 167, rule)
    form = date[0] if date[0] in "JM" else "n"
    numbers = tuple(int(part) for part in date.lstrip("JM").split("."))
    low, high = {"J": (1, 365), "n": (0, 365), "M": (1, 12)}[form]
    if not low <= numbers[0] <= high:
        raise CovenantError(f"calendar.rule: no such day of a year: {rule!r}", value=rule)
    return _Change(form, numbers, seconds)
