"""What the covenant says about one case from its facts: covered or not, how much at most, and by which clause not.

Pure arithmetic over the covenant's tables; what is not open is not judged. Days are the covenant's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import RuleError, StandingRule
from .calendar import birthday, date_of, day_number, day_of, whole_years
from .document import SECTIONS, Covenant
from .facts import Facts

__all__ = ["AGES", "MECHANICAL", "Standing", "age_clauses", "births_allowed", "clauses", "joining_violations"]

AGES = ("membership.age_least_days", "membership.age_most_years")
"""Clauses that are about how old somebody is who joins."""

MECHANICAL = (
    "aid.causes",
    "aid.maxima",
    "aid.request_within_days",
    "aid.tiers",
    "aid.waiting",
    "membership.age_least_days",
    "membership.age_most_years",
    "membership.age_out_years",
)
"""Clauses that follow from facts alone: a refusal by one of them has to be true where they are open."""

_NOBODY = "Nobody of this age is a member under this covenant: check the date of birth."


def clauses(covenant: Covenant) -> frozenset[str]:
    """Every clause of a covenant: ``section.parameter``."""
    return frozenset(
        f"{section}.{name}" for section in SECTIONS for name in getattr(covenant, section).__dataclass_fields__
    )


def joining_violations(covenant: Covenant, birth_day: int, joined_day: int) -> Iterator[RuleError]:
    """What the covenant has against somebody of this birth day joining on a day: to the day."""
    membership = covenant.membership
    if joined_day - birth_day < membership.age_least_days:
        yield _wrong(
            "membership.age_least_days",
            f"{joined_day - birth_day} days old on joining, where {membership.age_least_days} is the least",
            _NOBODY,
        )
    if membership.age_most_years and whole_years(birth_day, joined_day) > membership.age_most_years:
        yield _wrong(
            "membership.age_most_years",
            f"{whole_years(birth_day, joined_day)} years old on joining, where {membership.age_most_years} is the most",
            _NOBODY,
        )


def age_clauses(covenant: Covenant) -> tuple[str, ...]:
    """Which limits of age a covenant sets for joining."""
    return tuple(clause for clause in AGES if getattr(covenant.membership, clause.partition(".")[2]))


def births_allowed(covenant: Covenant, joined_day: int) -> tuple[int | None, int]:
    """The first birth day (None: any) and the last one with which somebody can join on a day, as days of 1970.

    What :func:`joining_violations` says of one person, as two numbers to hold a column of millions against.
    """
    membership = covenant.membership
    last = joined_day - membership.age_least_days
    if not membership.age_most_years:
        return None, last
    too_old = membership.age_most_years + 1
    year, month, day = date_of(joined_day)
    first = day_number(year - too_old, month, day)
    while birthday(first, too_old) <= joined_day:
        first += 1
    return first, last


@dataclass(frozen=True, slots=True)
class Standing:
    """A case held against the covenant it falls under; ``now_ms`` is Unix time.

    ``joined_day`` is the day of the enrolment's block: what an operator says of the time before the chain
    (``since_day``) gives no seniority, or a member could be conjured up with any.
    """

    covenant: Covenant
    facts: Facts | None
    joined_day: int

    def _number(self, name: str) -> int | None:
        return None if self.facts is None else self.facts.number(name)

    def _text(self, name: str) -> str | None:
        return None if self.facts is None else self.facts.text(name)

    @property
    def age(self) -> int | None:
        """Whole years at the diagnosis: from the two days, else as it was sealed; None where neither is open."""
        born, found = self._number("birth_day"), self._number("diagnosed_day")
        return self._number("age") if born is None or found is None else whole_years(born, found)

    def waiting_days(self) -> int | None:
        """Days after the day of joining until such a case is covered: of the rows that fit the longest.

        None where a row depends on what is not open.
        """
        longest = 0
        cause, age = self._text("cause"), self.age
        for row in self.covenant.aid.waiting:
            if (row.cause and cause is None) or (row.age_from and age is None):
                return None
            if row.cause in ("", cause) and (age is None or age >= row.age_from):
                longest = max(longest, row.days)
        return longest

    def maximum(self) -> int | None:
        """The most aid by group and age, before seniority: the first row that fits; None where it is not known.

        Raises StandingRule where no row fits.
        """
        group, age = self._text("group"), self.age
        for row in self.covenant.aid.maxima:
            aged = row.age_from > 0 or row.age_below < 150
            if (row.group and group is None) or (aged and age is None):
                return None
            if row.group in ("", group) and (age is None or row.age_from <= age < row.age_below):
                return row.amount
        raise _wrong("aid.maxima", f"no aid for group {group!r} at age {age}")

    def tier_bp(self) -> int | None:
        """How much of the maximum seniority gives at the diagnosis, in basis points; None where that is not open."""
        tiers = self.covenant.aid.tiers
        found = self._number("diagnosed_day")
        if not tiers:
            return 10_000
        if found is None:
            return None
        reached = [row.bp for row in tiers if row.days <= found - self.joined_day]
        return reached[-1] if reached else 0

    def most(self) -> int:
        """The most aid for this case in minor units; what is not open is taken at its largest. Raises StandingRule."""
        maximum, bp = self.maximum(), self.tier_bp()
        largest = self.covenant.max_aid if maximum is None else maximum
        return largest * (10_000 if bp is None else bp) // 10_000

    def violations(self, aid: int, now_ms: int) -> Iterator[RuleError]:
        """Every rule that the case breaks with ``aid`` minor units requested at ``now_ms``, by clause."""
        covenant, cause = self.covenant, self._text("cause")
        if cause is not None and cause not in covenant.aid.causes:
            yield _wrong("aid.causes", f"{cause!r} is no cause that is covered")
        yield from self._ages(now_ms)
        yield from self._days(now_ms)
        try:
            most = self.most()
        except StandingRule as error:
            yield error
            return
        if aid > most:
            bp = self.tier_bp()
            clause = "aid.maxima" if bp in (None, 10_000) else "aid.tiers"
            yield _wrong(clause, f"{aid} is asked for where {most} is the most")

    def _ages(self, now_ms: int) -> Iterator[RuleError]:
        born, found = self._number("birth_day"), self._number("diagnosed_day")
        if born is None:
            if self.age is not None:
                yield from self._stated(self.age, day_of(self.covenant, now_ms) if found is None else found)
            return
        yield from joining_violations(self.covenant, born, self.joined_day)
        out = self.covenant.membership.age_out_years
        if out and found is not None and found >= birthday(born, out):
            yield _wrong("membership.age_out_years", f"diagnosed on or after the birthday number {out}")
        stated = self._number("age")
        if found is not None and stated is not None and stated != whole_years(born, found):
            text = f"{stated} years are stated where the days make {whole_years(born, found)}"
            yield _wrong("facts", text)

    def _stated(self, age: int, latest: int) -> Iterator[RuleError]:
        """What an age breaks for certain where the birth day is closed; the diagnosis was on ``latest`` or before."""
        membership = self.covenant.membership
        birthdays = -(-max(latest - self.joined_day, 0) // 365)
        if membership.age_most_years and age - birthdays > membership.age_most_years:
            text = f"at least {age - birthdays} years old on joining, where {membership.age_most_years} is the most"
            yield _wrong("membership.age_most_years", text)
        if membership.age_out_years and age >= membership.age_out_years:
            text = f"diagnosed on or after the birthday number {membership.age_out_years}"
            yield _wrong("membership.age_out_years", text)

    def _days(self, now_ms: int) -> Iterator[RuleError]:
        found, waiting = self._number("diagnosed_day"), self.waiting_days()
        if found is None:
            return
        after, today = found - self.joined_day, day_of(self.covenant, now_ms)
        if waiting is not None and after <= waiting:
            yield _wrong("aid.waiting", f"diagnosed {after} days after joining, and covered after {waiting}")
        within = self.covenant.aid.request_within_days
        if found > today:
            yield _wrong("aid.request_within_days", "the diagnosis lies ahead of the request")
        elif within and today - found > within:
            yield _wrong(
                "aid.request_within_days", f"{today - found} days after the diagnosis, where {within} are allowed"
            )


def _wrong(clause: str, text: str, hint: str | None = None) -> StandingRule:
    return StandingRule(text, clause=clause, hint=hint)
