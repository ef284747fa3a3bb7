"""The rule of a time zone, from the database that is installed with mutualchain (the ``tzdata`` package).

A covenant states its rule itself, so that its instants never depend on a database; this is where the rule comes from
when a covenant is written.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

from ..covenant.posix_tz import parse_rule
from ..errors import CovenantError

__all__ = ["rule_of"]

_YEARS = 10
_STEP = 6 * 3_600


@cache
def rule_of(zone: str) -> tuple[str, str]:
    """The POSIX rule of ``zone`` (e.g. ``"CST-8"`` for Asia/Shanghai) and the database's release (e.g. ``"2026f"``).

    Raises CovenantError for a zone that the database does not have, and for one that no rule describes: in the ten
    years after the release the database itself departs from it.
    """
    release: str = import_module("tzdata").IANA_VERSION
    data = _compiled(zone)
    rule = data.rsplit(b"\n", 2)[1].decode("ascii") if data.endswith(b"\n") else ""
    parsed = parse_rule(rule)
    known = ZoneInfo.from_file(BytesIO(data))
    year = int(release[:4]) + 1
    first, last = (int(datetime(at, 1, 1, tzinfo=UTC).timestamp()) for at in (year, year + _YEARS))
    for seconds in range(first, last, _STEP):
        offset = datetime.fromtimestamp(seconds, known).utcoffset()
        if offset is None or offset.total_seconds() != parsed.offset_at(seconds):
            when = datetime.fromtimestamp(seconds, UTC).date()
            raise CovenantError(
                f"calendar.rule: no rule describes {zone} on {when} (tzdata {release}): state one yourself", value=zone
            )
    return rule, release


def _compiled(zone: str) -> bytes:
    parts = zone.split("/")
    if all(part and part.strip(".") for part in parts):
        try:
            return (files("tzdata") / "zoneinfo").joinpath(*parts).read_bytes()
        except (OSError, ValueError):
            pass
    raise CovenantError(f"calendar.zone: there is no time zone {zone!r} in the database"[:200], value=zone)
