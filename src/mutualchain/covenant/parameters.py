"""How a covenant's parameters are declared, checked and turned into canonical values.

A section is a frozen dataclass; each field's metadata says what it takes, so that one piece of code parses,
validates and describes every section, and reports every violation at once, each by the name of its clause
(``section.parameter``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from ..limits import MAX_COVENANT_ROWS

__all__ = [
    "Kind",
    "amount",
    "choice",
    "flag",
    "number",
    "octets",
    "parse_section",
    "plain",
    "table",
    "text",
    "violations",
    "wrong",
]

S = TypeVar("S")
_LINE = 300  # characters of one violation, however long the value is
_PLAIN = {int: "a whole number", str: "text"}
_NOT_IN_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, surrogates


@dataclass(frozen=True, slots=True)
class Kind:
    """What a parameter takes: ``name`` for people and documents, its range, and a sentence."""

    name: str
    doc: str
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    row: type[Any] | None = None


def _field(default: Any, kind: Kind) -> Any:
    return field(default=default, metadata={"kind": kind})


def number(default: int, low: int, high: int, doc: str) -> Any:
    """A whole number from ``low`` to ``high``."""
    return _field(default, Kind("number", doc, low, high))


def amount(default: int, low: int, high: int, doc: str) -> Any:
    """An amount in minor units; a text of the major unit in a TOML document."""
    return _field(default, Kind("amount", doc, low, high))


def flag(default: bool, doc: str) -> Any:
    """True or false; 1 or 0 in canonical bytes."""
    return _field(default, Kind("flag", doc))


def choice(default: str, choices: tuple[str, ...], doc: str) -> Any:
    """One of a few words."""
    return _field(default, Kind("choice", doc, choices=choices))


def text(default: str, most: int, doc: str, pattern: str | None = None, least: int = 0) -> Any:
    """Text of ``least`` to ``most`` characters without control characters, of the form ``pattern`` if given."""
    compiled = None if pattern is None else re.compile(pattern + r"\Z", re.ASCII)
    return _field(default, Kind("text", doc, least, most, pattern=compiled))


def octets(default: bytes, length: int, doc: str) -> Any:
    """``length`` bytes, or none; hexadecimal in a TOML document."""
    return _field(default, Kind("octets", doc, high=length))


def table(default: tuple[Any, ...], row: type[Any], doc: str, least: int = 0, most: int = MAX_COVENANT_ROWS) -> Any:
    """``least`` to ``most`` rows, each a dataclass ``row`` of this module's fields (or int, or str)."""
    return _field(default, Kind("table", doc, least, most, row=row))


def wrong(kind: Kind, value: object) -> str | None:
    """What is wrong with one value, or None. Tables are checked row by row by :func:`violations`."""
    if kind.name in ("number", "amount"):
        if type(value) is not int or not kind.low <= value <= kind.high:
            return f"a whole number from {kind.low} to {kind.high}, not {value!r}"
    elif kind.name == "flag":
        if type(value) is not bool:
            return f"true or false, not {value!r}"
    elif kind.name == "choice":
        if value not in kind.choices:
            return f"one of {', '.join(kind.choices)}, not {value!r}"
    elif kind.name == "octets":
        if type(value) is not bytes or len(value) not in (0, kind.high):
            return f"{kind.high} bytes or none, not {value!r}"
    else:  # text: tables are checked row by row
        if not isinstance(value, str) or not kind.low <= len(value) <= kind.high or _NOT_IN_TEXT.search(value):
            return f"text of {kind.low} to {kind.high} characters, not {value!r}"
        if kind.pattern is not None and value and not kind.pattern.match(value):
            return f"text of the form {kind.pattern.pattern.removesuffix(chr(92) + 'Z')}, not {value!r}"
    return None


def violations(section: object, name: str) -> list[str]:
    """Every parameter of ``section`` that is out of its range, a sentence each that begins with its clause."""
    found: list[str] = []
    for item in fields(section):  # type: ignore[arg-type]
        kind: Kind = item.metadata["kind"]
        value = getattr(section, item.name)
        place = f"{name}.{item.name}" if name else item.name
        if kind.name != "table":
            if (what := wrong(kind, value)) is not None:
                found.append(f"{place}: {what}"[:_LINE])
            continue
        if not isinstance(value, tuple) or not kind.low <= len(value) <= kind.high:
            found.append(f"{place}: {kind.low} to {kind.high} rows, not {value!r}"[:_LINE])
            continue
        for at, row in enumerate(value):
            if kind.row in _PLAIN:
                if type(row) is not kind.row:
                    found.append(f"{place}[{at}]: {_PLAIN[kind.row]}, not {row!r}"[:_LINE])
            elif not isinstance(kind.row, type) or not isinstance(row, kind.row):
                found.append(f"{place}[{at}]: not a row, {row!r}"[:_LINE])
            else:
                found += violations(row, f"{place}[{at}]")
    return found


def plain(section: object) -> dict[str, Any]:
    """A section as canonical values: flags as 0 and 1, tables as arrays of maps."""

    def value_of(kind: Kind, value: Any) -> Any:
        if kind.name == "flag":
            return int(value)
        if kind.name == "table":
            return [row if kind.row in _PLAIN else plain(row) for row in value]
        return value

    return {item.name: value_of(item.metadata["kind"], getattr(section, item.name)) for item in fields(section)}  # type: ignore[arg-type]


def parse_section(cls: type[S], value: object, name: str, found: list[str], *, complete: bool) -> S | None:
    """A section from a map, or None where it is none; adds every violation to ``found``.

    With ``complete`` every parameter must be there and flags are 0 or 1 (canonical bytes); without it absent ones take
    their defaults and flags are booleans (documents that people write). What is wrong is left at its default, so that
    the rest can be looked at too.
    """
    if not isinstance(value, Mapping):
        found.append(f"{name}: a table, not {value!r}"[:_LINE])
        return None
    known = {item.name: item for item in fields(cls)}  # type: ignore[arg-type]
    prefix = f"{name}." if name else ""
    found += [f"{prefix}{key}: unknown parameter"[:_LINE] for key in sorted(map(str, value)) if key not in known]
    values: dict[str, Any] = {}
    for key, item in known.items():
        if key in value:
            before = len(found)
            parsed = _parsed(item.metadata["kind"], value[key], prefix + key, found, complete)
            if len(found) == before:
                values[key] = parsed
        elif complete:
            found.append(f"{prefix}{key}: missing")
    return cls(**values)


def _parsed(kind: Kind, value: object, place: str, found: list[str], complete: bool) -> Any:
    if kind.name == "table":
        return _rows(kind, value, place, found, complete)
    if kind.name == "flag" and complete:
        if type(value) is not int or value not in (0, 1):
            found.append(f"{place}: 0 or 1, not {value!r}"[:_LINE])
        return bool(value)
    if (what := wrong(kind, value)) is not None:
        found.append(f"{place}: {what}"[:_LINE])
    return value


def _rows(kind: Kind, value: object, place: str, found: list[str], complete: bool) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        found.append(f"{place}: rows, not {value!r}"[:_LINE])
        return ()
    if not kind.low <= len(value) <= kind.high:
        found.append(f"{place}: {kind.low} to {kind.high} rows, not {len(value)}")
        return ()
    if kind.row in _PLAIN:
        for at, row in enumerate(value):
            if type(row) is not kind.row:
                found.append(f"{place}[{at}]: {_PLAIN[kind.row]}, not {row!r}"[:_LINE])
        return tuple(value)
    assert isinstance(kind.row, type)
    return tuple(
        parse_section(kind.row, row, f"{place}[{at}]", found, complete=complete) for at, row in enumerate(value)
    )
