"""Times for people: Unix milliseconds in a time zone, in English or Chinese."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from .language import Words

__all__ = ["day", "moment", "seconds"]


def _local(time_ms: int, zone: tzinfo | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(zone)
    except (OverflowError, ValueError, OSError):
        return None


def day(time_ms: int, zone: tzinfo | None, words: Words) -> str:
    """``3 May 2026`` or ``2026年5月3日``; a time no calendar holds as its number."""
    when = _local(time_ms, zone)
    if when is None:
        return f"{time_ms} ms"
    from babel.dates import format_date

    return format_date(when, "long", locale=words.locale)


def moment(time_ms: int, zone: tzinfo | None, words: Words) -> str:
    """The day with hour, minute and offset from UTC."""
    when = _local(time_ms, zone)
    if when is None:
        return f"{time_ms} ms"
    offset = when.strftime("%z")
    shown = "UTC" if offset == "+0000" else f"UTC{offset[:3]}" + (f":{offset[3:]}" if offset[3:] != "00" else "")
    return f"{day(time_ms, zone, words)} {when:%H:%M} {shown}"


def seconds(duration: float) -> str:
    """A duration with three digits or so: ``0.004 s``, ``1.25 s``, ``12.5 s``."""
    return f"{duration:.3f} s" if duration < 1 else f"{duration:.2f} s" if duration < 10 else f"{duration:.1f} s"
