"""The facts that a disclosure opens, held against the covenant the case falls under: waiting period, age, maximum.

A request commits to facts and a disclosure to masked fields, each salted (:mod:`~mutualchain.covenant.facts`). What is
opened here leads to a root that was signed, so a rule it breaks is the book's breach, whoever opened it. What stays
closed is not judged: then whoever vouched had to see it, and the result says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..covenant.acts import Disclosure, Request
from ..covenant.document import Covenant
from ..covenant.facts import Facts, Fields
from ..covenant.standing import Standing
from ..errors import CanonicalError, FactsMismatch, RecordMismatch, RuleBroken, RuleError, StandingRule

__all__ = ["DisclosedStanding", "Opened"]

_SAME = ("cause", "group")
"""What request and disclosure both say, in the same words: the covenant's tables are read by them."""


@dataclass(frozen=True, slots=True)
class DisclosedStanding(Standing):
    """A case held against its covenant, by the facts that are open and, where those are closed, the masked fields."""

    fields: Fields | None = None

    def _text(self, name: str) -> str | None:
        found = None if self.facts is None else self.facts.text(name)
        if found is None and self.fields is not None and name in _SAME:
            found = self.fields.text(name) or None
        return found

    @property
    def age(self) -> int | None:
        """Whole years at the diagnosis: from the facts, else as the disclosure states them."""
        if self.attested:
            return Standing.age.fget(self)  # type: ignore[attr-defined, no-any-return]
        return None if self.fields is None else self.fields.number("age")

    @property
    def attested(self) -> bool:
        """Whether the age follows from facts that the claimant signed for, and whoever vouched had before them."""
        days = self._number("birth_day"), self._number("diagnosed_day")
        return None not in days or self._number("age") is not None

    def shown_most(self) -> int | None:
        """The most aid for this case in minor units; None where it depends on what is closed, or no row fits."""
        try:
            return None if self.maximum() is None else self.most()
        except StandingRule:
            return None


@dataclass(frozen=True, slots=True)
class Opened:
    """What a disclosure opens of one case; either part may be missing."""

    facts: Facts | None
    fields: Fields | None

    @classmethod
    def verify(
        cls,
        facts: bytes,
        fields: bytes,
        chain: bytes,
        plan: str,
        case: bytes,
        request: Request | None,
        disclosure: Disclosure | None,
    ) -> Opened:
        """Openings that lead to the roots of the request and of the last disclosure. Raises RecordMismatch."""
        if (facts and request is None) or (fields and disclosure is None):
            raise RecordMismatch("facts are opened that nothing shown committed to")
        try:
            one = Facts.from_bytes(facts, chain, plan, request.slot, request.facts_root) if facts and request else None
            other = (
                Fields.from_bytes(fields, chain, plan, case, disclosure.fields_root) if fields and disclosure else None
            )
        except (FactsMismatch, CanonicalError) as error:
            raise RecordMismatch(f"what is opened is not what was committed to: {error.message}") from None
        return cls(one, other)

    def standing(self, covenant: Covenant, joined_day: int) -> DisclosedStanding:
        """The case held against ``covenant``."""
        return DisclosedStanding(covenant, self.facts, joined_day, self.fields)

    def check(self, covenant: Covenant, joined_day: int, request: Request, requested_ms: int, aid: int) -> None:
        """Everything that the covenant says of the opened facts. Raises RuleBroken.

        ``aid`` is what was disclosed or approved, in minor units; 0 before.
        """
        place = "request"
        found = None if self.facts is None else self.facts.number("diagnosed_day")
        if found is not None and found < joined_day:
            text = f"the claimant joined {joined_day - found} days after the diagnosis"
            raise RuleBroken(text, place=place)
        standing = self.standing(covenant, joined_day)
        back = covenant.aid.ill_in_waiting == "refund_and_end" and not aid
        for wrong in standing.violations(max(request.amount, aid), requested_ms):
            if back and wrong.clause == "aid.waiting":
                continue  # recorded, so that it can be refused and the shares come back; never disclosed
            raise RuleBroken(_told(wrong), place=place, value=wrong.code)
        self._same(standing)

    def _same(self, standing: DisclosedStanding) -> None:
        """Whether the disclosure says what the request said, where both are open."""
        facts, fields = self.facts, self.fields
        if facts is None or fields is None:
            return
        for name in _SAME:
            asked, shown = facts.text(name), fields.text(name)
            if asked and shown and asked != shown:
                text = f"the disclosure says {shown!r} where the request said {asked!r} ({name})"
                raise RuleBroken(text, place="disclosure")
        shown_age = fields.number("age")
        if shown_age is not None and standing.attested and standing.age != shown_age:
            raise RuleBroken(
                f"the disclosure says {shown_age} years where the facts say {standing.age}", place="disclosure"
            )


def _told(error: RuleError) -> str:
    return f"{error.message} ({error.clause})" if "." in error.clause else error.message
