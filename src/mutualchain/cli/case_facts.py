"""The facts of a case in a JSON file: what happened to whom and when, with the salts that seal it.

    {"cause": "illness", "group": "critical", "disease": "C50", "diagnosed_day": "2015-02-04",
     "birth_day": "1984-05-01", "name": "李*", "hospital": "某市第一医院", "region": "某市"}

Days are dates. ``case seal`` adds ``salts``, a random number for each fact; who has the sealed file can show any of the
facts, and who has only the chain can guess none.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..covenant.calendar import date_of, day_number, whole_years
from ..covenant.facts import Facts
from ..errors import InputFileError
from .files import read_file

__all__ = ["day_from", "day_text", "fact_text", "new_salts", "random_hex", "read_facts", "sealed_text"]

_MOST = 1 << 16
_DAYS = range(-500_000, 2_500_000)
"""Days since 1970-01-01 that a calendar has a date for."""


def day_from(text: object, what: str) -> int:
    """A day's number from a date, YYYY-MM-DD. Raises InputFileError."""
    from datetime import date

    try:
        found = date.fromisoformat(text if isinstance(text, str) and len(text) == 10 else "")
    except ValueError:
        raise InputFileError(f"{what} is a date like 2015-02-04", value=repr(text)[:40]) from None
    return day_number(found.year, found.month, found.day)


def day_text(number: int) -> str:
    """A day's date, YYYY-MM-DD."""
    year, month, day = date_of(number)
    return f"{year:04}-{month:02}-{day:02}"


def fact_text(name: str, value: int | str) -> str:
    """A fact of a case for people: days as dates."""
    return day_text(value) if name in Facts.DAYS and isinstance(value, int) and value in _DAYS else str(value)


def random_hex() -> str:
    """32 random bytes in hexadecimal: a salt, or an issuer's key."""
    return os.urandom(32).hex()


def new_salts() -> dict[str, str]:
    """A random salt for each fact, in hexadecimal."""
    return {name: random_hex() for name in Facts.NAMES}


def read_facts(path: Path) -> tuple[dict[str, Any], list[bytes] | None]:
    """The values of a facts file, days as numbers, and its salts if it is sealed. Raises InputFileError."""
    try:
        found = json.loads(read_file(path, "a facts file", _MOST))
    except (ValueError, RecursionError):
        raise InputFileError("the file is not JSON", place=str(path)) from None
    if not isinstance(found, dict):
        raise InputFileError("a facts file is one JSON object", place=str(path))
    salts = found.pop("salts", None)
    for name in Facts.DAYS:
        if found.get(name, "") != "":
            found[name] = day_from(found[name], name)
    born, diagnosed = found.get("birth_day", ""), found.get("diagnosed_day", "")
    if salts is None and born != "" and diagnosed != "" and found.get("age", "") == "":
        found["age"] = whole_years(born, diagnosed)
    unknown = sorted(set(found) - set(Facts.NAMES))
    if unknown:
        raise InputFileError(f"unknown facts: {', '.join(unknown)}"[:200], place=str(path))
    return found, None if salts is None else _salts(salts, path)


def _salts(salts: object, path: Path) -> list[bytes]:
    try:
        if not isinstance(salts, dict) or set(salts) != set(Facts.NAMES):
            raise ValueError
        return [bytes.fromhex(salts[name]) for name in Facts.NAMES]
    except (ValueError, TypeError):
        raise InputFileError("the salts are 64 hexadecimal digits for each fact", place=str(path)) from None


def sealed_text(values: dict[str, Any], salts: dict[str, str]) -> str:
    """A sealed facts file."""
    shown = {name: values.get(name, "") for name in Facts.NAMES}
    for name in Facts.DAYS:
        if shown[name] != "":
            shown[name] = day_text(shown[name])
    return json.dumps({**shown, "salts": salts}, ensure_ascii=False, indent=2) + "\n"
