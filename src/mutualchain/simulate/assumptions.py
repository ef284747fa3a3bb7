"""What a simulation assumes about members. Rates are a year and a member unless said otherwise."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from ..errors import UsageError

__all__ = ["Assumptions"]

_MOST_MEMBERS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Members and their habits.

    ``members`` are in at the beginning, past every waiting period with ``settled`` True. ``joining`` is new members of
    those, ``leaving`` of those in. ``incidence`` is illness by age, as (below this age, rate), the last one for all
    older; ``accidents`` besides. ``mild`` of the cases fall into a named group where the covenant has several.
    ``topping_up`` is how many of those who have little pay in before the next round; ``failing`` how many collections
    by mandate fail in a round, ``paying_late`` how many of those are paid before the next. ``event_days`` is how often
    a plan that shares by event does so.

    Raises UsageError for what is out of range.
    """

    members: int = 1_000_000
    years: int = 3
    settled: bool = True
    joining: float = 0.05
    leaving: float = 0.05
    incidence: tuple[tuple[int, float], ...] = ((30, 0.0001), (40, 0.0003), (50, 0.0006), (60, 0.0012), (150, 0.0030))
    accidents: float = 0.0001
    mild: float = 0.2
    topping_up: float = 0.95
    failing: float = 0.01
    paying_late: float = 0.8
    event_days: int = 7

    def __post_init__(self) -> None:
        for name, low, high in (("members", 1, _MOST_MEMBERS), ("years", 1, 100), ("event_days", 1, 366)):
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise UsageError(f"{name} is a whole number from {low:,} to {high:,}", value=value)
        rates = ("joining", "leaving", "accidents", "mild", "topping_up", "failing", "paying_late")
        for name in rates:
            most = 10.0 if name == "joining" else 1.0
            if not _rate(getattr(self, name), most):
                raise UsageError(f"{name} is a number from 0 to {most:g}", value=getattr(self, name))
        ages = [below for below, _ in self.incidence]
        if not ages or ages != sorted(set(ages)) or not all(_rate(rate, 1.0) for _, rate in self.incidence):
            raise UsageError("incidence has rising ages, and rates from 0 to 1", value=self.incidence)

    def to_value(self) -> dict[str, Any]:
        """Everything assumed, for JSON."""
        found = {item.name: getattr(self, item.name) for item in fields(self)}
        return {**found, "incidence": [list(row) for row in self.incidence]}


def _rate(value: object, most: float) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and 0 <= value <= most
