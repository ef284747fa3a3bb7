"""When a log's key counts, and how old a checkpoint may be: times and ages as a trust file writes them.

    2026-07-01T00:00:00Z     a time: UTC, whole seconds, this one spelling
    90s 36h 3d               an age: a number of seconds, minutes (m), hours or days, the largest unit that fits

A window has two ends, both included; either may be missing. :mod:`mutualchain.tlog.trust` says what has to lie in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..errors import TrustFileError
from ..limits import MAX_TRUST_AGE

__all__ = ["ALWAYS", "Window", "format_age", "format_time", "gaps", "parse_age", "parse_time"]

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z", re.ASCII)
_AGE = re.compile(r"([1-9][0-9]{0,9})([smhd])\Z", re.ASCII)
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = 253_402_300_799  # the end of the year 9999


@dataclass(frozen=True, slots=True)
class Window:
    """From ``not_before`` to ``not_after``, in seconds since 1970, both included; None where there is no end.

    Raises TrustFileError for times outside 1970 to 9999, or a window that ends before it begins.
    """

    not_before: int | None = None
    not_after: int | None = None

    def __post_init__(self) -> None:
        for end in (self.not_before, self.not_after):
            if end is not None and (type(end) is not int or not 0 <= end <= _LAST):
                raise TrustFileError("a time is a number of seconds, within the years 1970 to 9999", value=end)
        if self.not_before is not None and self.not_after is not None and self.not_before > self.not_after:
            raise TrustFileError(
                "a key's time ends before it begins",
                value=f"{format_time(self.not_before)} to {format_time(self.not_after)}",
            )

    def holds(self, at: int) -> bool:
        """Whether ``at``, in seconds since 1970, lies within."""
        return (self.not_before is None or at >= self.not_before) and (self.not_after is None or at <= self.not_after)

    def __str__(self) -> str:
        ends = (("from", self.not_before), ("to", self.not_after))
        return " ".join(f"{word} {format_time(end)}" for word, end in ends if end is not None) or "at any time"


ALWAYS = Window()
"""The window of a key that counts at any time."""


def gaps(windows: Iterable[Window]) -> list[Window]:
    """The times between the first window and the last at which no key counts, in order."""
    found: list[Window] = []
    end: int | None = None  # the last second that is covered so far
    for window in sorted(windows, key=lambda window: window.not_before or 0):
        start = window.not_before or 0
        if end is not None and start > end + 1:
            found.append(Window(end + 1, start - 1))
        if window.not_after is None:
            return found
        end = window.not_after if end is None else max(end, window.not_after)
    return found


def parse_time(text: str) -> int:
    """Seconds since 1970 of a time in the one spelling above. Raises TrustFileError."""
    if _TIME.match(text):
        try:
            return (datetime.fromisoformat(text) - _EPOCH) // timedelta(seconds=1)
        except ValueError:
            pass
    raise TrustFileError("a time is UTC, spelled like 2026-07-01T00:00:00Z", value=text[:40])


def format_time(seconds: int) -> str:
    """The time that is ``seconds`` after the beginning of 1970, within the years 1970 to 9999."""
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_age(text: str) -> int:
    """Seconds of an age of at least a second. Raises TrustFileError."""
    found = _AGE.match(text)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < seconds <= MAX_TRUST_AGE:
        raise TrustFileError("an age is a number of s, m, h or d, of a century at most: 36h, 3d", value=text[:40])
    return seconds


def format_age(seconds: int) -> str:
    """An age in its largest whole unit."""
    unit = next(unit for unit, size in _UNITS.items() if seconds % size == 0)
    return f"{seconds // _UNITS[unit]}{unit}"
