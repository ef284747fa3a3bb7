"""Any covenant: every parameter over its whole range, as far as the rules do not contradict each other."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import strategies as st

from mutualchain.covenant.document import SECTIONS, Covenant
from mutualchain.covenant.parameters import Kind
from mutualchain.errors import CovenantError

__all__ = ["TEXT", "covenants"]

TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=80)
_RULES = ("CST-8", "UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0")
_DAYS = [((), ()), ((7, 21), (14, 28)), ((1,), (10,)), ((31,), (15,))]


def _values(name: str, kind: Kind) -> st.SearchStrategy[Any]:
    """Values that a parameter takes by itself."""
    if kind.name in ("number", "amount"):
        return st.integers(kind.low, kind.high) | st.integers(kind.low, min(kind.low + 40, kind.high))
    if kind.name == "flag":
        return st.booleans()
    if kind.name == "choice":
        return st.sampled_from(kind.choices)
    if kind.name == "octets":
        return st.sampled_from([b"", bytes(range(kind.high))])
    if kind.name == "table":
        if kind.row is int:
            return st.lists(st.integers(1, 31), max_size=3).map(tuple)
        if kind.row is str:
            words = st.sampled_from(["illness", "accident", "death", "x_1"])
            return st.lists(words, min_size=1, unique=True).map(tuple)
        assert isinstance(kind.row, type)
        return st.lists(_section(kind.row), min_size=kind.low, max_size=3).map(tuple)
    if name == "rule":
        return st.sampled_from(_RULES)
    if name == "tzdata":
        return st.sampled_from(["", "2025b"])
    if kind.pattern is not None:
        return st.sampled_from([word for word in ("", "critical", "mild", "Asia/Shanghai") if len(word) >= kind.low])
    return TEXT


def _section(kind: type[Any]) -> st.SearchStrategy[Any]:
    return st.builds(kind, **{item.name: _values(item.name, item.metadata["kind"]) for item in fields(kind)})


@st.composite
def covenants(draw: st.DrawFn) -> Covenant:
    """A covenant; what contradicts other rules falls back to its default."""
    given: dict[str, dict[str, Any]] = {}
    clauses = [(section, item) for section, kind in SECTIONS.items() for item in fields(kind)]
    for section, item in draw(st.lists(st.sampled_from(clauses), max_size=12)):
        given.setdefault(section, {})[item.name] = draw(_values(item.name, item.metadata["kind"]))
    disclosure, deduction = draw(st.sampled_from(_DAYS))
    if disclosure:
        monthly = {"kind": "monthly", "disclosure_days": disclosure, "deduction_days": deduction, "notice_days": 0}
        given["calendar"] = given.get("calendar", {}) | monthly
    title, currency = draw(TEXT), draw(st.from_regex("[A-Z]{3}", fullmatch=True))
    decimals = draw(st.integers(0, 4))
    while True:
        sections = {section: SECTIONS[section](**values) for section, values in given.items()}
        try:
            return Covenant(title, currency, decimals, **sections)
        except CovenantError as error:
            for sentence in error.violations:
                section = sentence.partition(".")[0]
                given.pop(section, None)
                if section in ("cases", "sharing", "membership", "aid", "amendments"):
                    given = {name: values for name, values in given.items() if name in ("fee", "calendar", "arrears")}
