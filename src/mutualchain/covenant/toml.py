"""Covenants as TOML, the form in which people read and write them.

A file has the head (``title``, ``currency``, ``decimals``), a table per section, and what a person needs: amounts are
text of the major unit (``prepay = "10.00"``), hashes hexadecimal text, days and basis points whole numbers. What is
left out takes its default. ``[about]`` is no part of the covenant: it says where the rules come from, and which clauses
its sources left open or only one weak source knows.

Reading gives the covenant, whose canonical bytes are hashed; the text itself never is. :func:`write_toml` writes any
covenant as a commented file that reads back to the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from .. import toml_text
from ..errors import AmountError, CovenantError
from ..limits import MAX_COVENANT_FILE, MAX_COVENANT_ROWS
from ..money import format_amount, parse_amount
from .chinese import CHINESE
from .document import HEAD, SECTIONS, Covenant, parameters
from .parameters import Kind

__all__ = ["About", "CovenantFile", "RuleOf", "read_toml", "text_of", "write_toml"]

RuleOf = Callable[[str], tuple[str, str]]
"""A time zone's POSIX rule and the release of the database it is from, by the zone's name. Raises CovenantError."""


@dataclass(frozen=True, slots=True)
class About:
    """What a file says about its covenant. ``open`` and ``unconfirmed`` are clauses."""

    summary: str = ""
    sources: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CovenantFile:
    """A file as it was read."""

    covenant: Covenant
    about: About = About()


# --- reading ------------------------------------------------------------------------------------


def read_toml(text: str, rule_of: RuleOf | None = None) -> CovenantFile:
    """The covenant that a TOML document states.

    With ``rule_of`` a document may name a ``calendar.zone`` without its rule; one that names both has to agree with it.
    Raises CovenantError with all violations.
    """
    if len(text) > MAX_COVENANT_FILE:
        raise CovenantError(f"a covenant's file has at most {MAX_COVENANT_FILE:,} characters", value=len(text))
    try:
        values = toml_text.load(text)
    except ValueError as error:
        raise CovenantError(f"not a TOML document: {error}") from None
    found: list[str] = []
    about = _about(values.pop("about", {}), found)
    decimals = values.get("decimals", 2)
    decimals = decimals if type(decimals) is int and 0 <= decimals <= 4 else 2
    given = {name: _section(name, value, decimals, found) for name, value in values.items()}
    if rule_of is not None:
        _take_rule(given, rule_of, found)
    try:
        covenant = Covenant.from_mapping(given)
    except CovenantError as error:
        # What could not be read is named for that alone, and not for being missing or of the wrong type as well.
        named = {sentence.partition(":")[0] for sentence in found}
        found += [sentence for sentence in error.violations if sentence.partition(":")[0] not in named]
        raise CovenantError("; ".join(found), violations=tuple(found)) from None
    if found:
        raise CovenantError("; ".join(found), violations=tuple(found))
    return CovenantFile(covenant, about)


def _section(name: str, value: object, decimals: int, found: list[str]) -> object:
    cls = SECTIONS.get(name)
    return value if cls is None else _fields(cls, value, name, decimals, found)


def _fields(cls: type[Any], value: object, place: str, decimals: int, found: list[str]) -> object:
    """A section or a row with its texts turned into amounts and bytes; anything else as it is."""
    if not isinstance(value, Mapping):
        return value
    kinds: dict[str, Kind] = {item.name: item.metadata["kind"] for item in fields(cls)}
    return {
        name: _value(kinds[name], item, f"{place}.{name}", decimals, found) if name in kinds else item
        for name, item in value.items()
    }


def _value(kind: Kind, value: object, place: str, decimals: int, found: list[str]) -> object:
    if kind.name == "amount":
        try:
            return parse_amount(value if isinstance(value, str) else "", decimals)
        except AmountError:
            found.append(f'{place}: an amount in quotes, such as "10" or "300,000.50", not {value!r}'[:300])
            return kind.low
    if kind.name == "octets":
        try:
            return bytes.fromhex(value if isinstance(value, str) else "no")
        except ValueError:
            found.append(f"{place}: {2 * kind.high} hexadecimal digits in quotes, not {value!r}"[:300])
            return b""
    if kind.name == "table" and isinstance(kind.row, type) and kind.row not in (int, str) and isinstance(value, list):
        return [
            _fields(kind.row, row, f"{place}[{at}]", decimals, found)
            for at, row in enumerate(value[: MAX_COVENANT_ROWS + 1])
        ]
    return value


def _take_rule(given: dict[str, Any], rule_of: RuleOf, found: list[str]) -> None:
    """The rule of the zone that a document names, or a violation where it names another."""
    calendar = given.setdefault("calendar", {})
    if not isinstance(calendar, dict):
        return
    zone = calendar.get("zone", Covenant("-").calendar.zone)
    if not isinstance(zone, str):
        return
    try:
        rule, release = rule_of(zone)
    except CovenantError as error:
        if "rule" not in calendar:
            found.append(error.message)
        return
    stated = calendar.setdefault("rule", rule)
    if stated == rule:
        calendar.setdefault("tzdata", release)
    elif isinstance(stated, str):
        found.append(f"calendar.rule: the rule of {zone} is {rule} in tzdata {release}, not {stated}"[:300])


def _about(value: object, found: list[str]) -> About:
    if not isinstance(value, dict):
        found.append("about: a table")
        return About()
    names = {item.name for item in fields(About)}
    found += [f"about.{name}: unknown" for name in sorted(value) if name not in names]
    clauses = {item.clause for item in parameters()}
    given: dict[str, Any] = {}
    for name in names & set(value):
        item = value[name]
        if name == "summary":
            if not isinstance(item, str):
                found.append("about.summary: text")
                continue
        elif not isinstance(item, list) or not all(isinstance(row, str) for row in item):
            found.append(f"about.{name}: a list of texts")
            continue
        elif name != "sources" and (unknown := [row for row in item if row not in clauses]):
            found.append(f"about.{name}: no such parameter: {', '.join(unknown)}"[:300])
            continue
        given[name] = item if isinstance(item, str) else tuple(item)
    return About(**given)


# --- writing ------------------------------------------------------------------------------------


def write_toml(covenant: Covenant, about: About | None = None, *, language: str = "en") -> str:
    """A covenant as a TOML document with every parameter, each under its sentence in ``language`` (``en``, ``zh``)."""
    return "\n".join(_lines(covenant, about, language)) + "\n"


def _lines(covenant: Covenant, about: About | None, language: str) -> Iterator[str]:
    def say(clause: str, english: str) -> str:
        return "# " + (CHINESE.get(clause, english) if language == "zh" else english)

    yield from _OPENING[language]
    for name, kind in HEAD.items():
        yield say(name, kind.doc)
        yield f"{name} = {text_of(kind, getattr(covenant, name), covenant.decimals)}"
    for name, cls in SECTIONS.items():
        section = getattr(covenant, name)
        yield ""
        yield say(name, (cls.__doc__ or "").strip().partition("\n")[0])
        yield f"[{name}]"
        for item in fields(cls):
            kind = item.metadata["kind"]
            choices = f" ({' | '.join(kind.choices)})" if kind.choices else ""
            yield say(f"{name}.{item.name}", kind.doc) + choices
            yield f"{item.name} = {text_of(kind, getattr(section, item.name), covenant.decimals)}"
    if about is not None:
        yield ""
        yield "# " + _ABOUT[language]
        yield "[about]"
        for item in fields(About):
            yield f"{item.name} = {_plain(getattr(about, item.name))}"


_OPENING = {
    "en": (
        "# The covenant of a mutual-aid plan. It is not insurance: members share one another's aid.",
        "# Amounts are in quotes; days are whole numbers; bp are basis points, 10,000 being all.",
        "",
    ),
    "zh": (
        "# 互助计划的公约。这不是保险：会员互相分摊互助金。",
        "# 金额写在引号里；天数为整数；bp 为万分之几，10,000 即全部。",
        "",
    ),
}
_ABOUT = {
    "en": "No part of the covenant: where its rules come from, and which of them are open or unconfirmed.",
    "zh": "不属于公约：规则的来源，以及哪些条款来源未明确或未经证实。",
}
_LEFT_OUT = {"group": "", "cause": "", "age_from": 0, "age_below": 150}
"""Of a row: what says nothing."""


def text_of(kind: Kind, value: Any, decimals: int) -> str:
    """A parameter's value as it stands in a TOML document."""
    if kind.name == "amount":
        return f'"{format_amount(value, decimals)}"'
    if kind.name != "table" or kind.row in (int, str):
        return _plain(value)
    rows = []
    for row in value:
        cells = [
            f"{item.name} = {text_of(item.metadata['kind'], getattr(row, item.name), decimals)}"
            for item in fields(row)
            if getattr(row, item.name) != _LEFT_OUT.get(item.name)
        ]
        rows.append("{ " + ", ".join(cells) + " }")
    return "[" + ", ".join(rows) + "]" if len(rows) <= 1 else "[\n    " + ",\n    ".join(rows) + ",\n]"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f'"{value.hex()}"'
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return str(value)
