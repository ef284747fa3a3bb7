"""Findings: what an audit reports, all of it, and never so much of one kind that the rest is lost in it.

A finding is one of three things, and ``breach`` says which: the stored *data* is not what was signed; what was
signed breaks a *rule*; or something stayed *unchecked*. The first two make the verdict TAMPERED, the third alone
COULD NOT CHECK.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ..covenant.book import Difference
from ..errors import COULD_NOT_CHECK, USAGE, MutualchainError, RuleError
from ..limits import MAX_FINDINGS, MAX_FINDINGS_ALIKE

__all__ = ["Breach", "Finding", "Findings"]

_SHOWN = 160
_SIGNED = "The operator signed what its rules forbid. Keep this copy: it shows the breach."


class Breach(StrEnum):
    """What a finding says: stored data differs from what was signed, a signed rule is broken, or neither is known."""

    DATA = "data"
    RULE = "rule"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: stable code, a sentence, where it stands, what should be there and what is.

    ``clause`` names the rule that is broken, ``section.parameter`` where it is one of the covenant's.
    """

    code: str
    sentence: str
    place: str
    expected: str | None
    found: str | None
    hint: str
    breach: Breach
    clause: str | None = None

    def to_value(self) -> dict[str, object]:
        """The finding for JSON."""
        return {
            "code": self.code,
            "breach": self.breach.value,
            "clause": self.clause,
            "sentence": self.sentence,
            "place": self.place,
            "expected": self.expected,
            "found": self.found,
            "hint": self.hint,
        }


class Findings:
    """Collects findings: MAX_FINDINGS in all, MAX_FINDINGS_ALIKE of one code in one sheet, block or log."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.dropped = 0
        self._alike: Counter[tuple[str, str]] = Counter()
        self._breaches: Counter[Breach] = Counter()

    def __len__(self) -> int:
        return len(self.kept) + self.dropped

    def seen(self, breach: Breach) -> bool:
        """Whether a finding of this kind was added, kept or not."""
        return self._breaches[breach] > 0

    def add(
        self,
        error: MutualchainError,
        place: str | None = None,
        *,
        expected: object = None,
        found: object = None,
        breach: Breach | None = None,
    ) -> None:
        """Add what ``error`` says. ``place`` stands before the error's own; ``breach`` follows from its class."""
        where = ", ".join(part for part in (place, error.place) if part)
        kind = breach or _breach_of(error)
        self._breaches[kind] += 1
        group = (error.code, ", ".join(where.split(", ")[:2]))
        self._alike[group] += 1
        if self._alike[group] > MAX_FINDINGS_ALIKE or len(self.kept) >= MAX_FINDINGS:
            self.dropped += 1
            return
        if expected is None and found is None:
            if isinstance(error.value, Difference):
                expected, found = error.value.expected, error.value.found
            else:
                found = error.value
        # a rule's hint is for whoever asks the writer, unless its breach is one that only an auditor meets
        hint = _SIGNED if kind is Breach.RULE and error.exit_code == USAGE else error.hint
        clause = error.clause if isinstance(error, RuleError) and kind is not Breach.DATA else None
        self.kept.append(Finding(error.code, error.message, where, _shown(expected), _shown(found), hint, kind, clause))

    def extend(self, errors: Iterable[MutualchainError], place: str | None = None) -> None:
        """Add several at one place."""
        for error in errors:
            self.add(error, place)

    def more(self) -> list[tuple[str, str, int]]:
        """Where findings of one kind were too many to keep: code, place, how many were left out there."""
        return [
            (code, place, count - MAX_FINDINGS_ALIKE)
            for (code, place), count in self._alike.items()
            if count > MAX_FINDINGS_ALIKE
        ]


def _breach_of(error: MutualchainError) -> Breach:
    if error.exit_code == COULD_NOT_CHECK:
        return Breach.UNCHECKED
    return Breach.RULE if isinstance(error, RuleError) else Breach.DATA


def _shown(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    text = str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
