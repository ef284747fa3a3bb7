"""What must have become of each member, computed from the deeds alone: slowly, with fractions, one by one."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

from mutualchain.covenant.document import Covenant

from .world import Deed


@dataclass(slots=True)
class Life:
    """A member's history: rounds as (number, status, amount, events counted), events as (kind, amount)."""

    balance: int
    deposit: int
    rounds: list[tuple[int, str, int, int]] = field(default_factory=list)
    events: list[tuple[str, int]] = field(default_factory=list)
    gone: bool = False
    fresh: int = 0


@dataclass(slots=True)
class Figures:
    """A round's figures."""

    share: int
    headcount: int
    aid: int
    fee: int
    surplus_in: int
    surplus_out: int
    shortfall: int


def lives(deeds: list[Deed], covenant: Covenant) -> tuple[dict[int, Life], list[Figures]]:
    """Every member's life, and every round's figures."""
    people: dict[int, Life] = {}
    figures: list[Figures] = []
    surplus = deficit = Fraction(0)
    dues: dict[int, tuple[str, int, int]] = {}
    aid = 0
    for deed in deeds:
        if deed.what == "join":
            people[deed.slot] = Life(deed.amount, deed.amount)
        elif deed.what in ("credit", "withdraw", "exit", "notice"):
            life = people[deed.slot]
            life.balance += {"credit": deed.amount, "withdraw": -deed.amount, "exit": 0, "notice": 0}[deed.what]
            life.gone = life.gone or deed.what == "exit"
            life.events.append(({"withdraw": "withdrawal"}.get(deed.what, deed.what), deed.amount))
            life.fresh += 1
        elif deed.what == "snapshot":
            aid = deed.amount
            dues = {}
        elif deed.what == "top-up":
            fee = math.floor(Fraction(aid * covenant.fee.bp, 10_000))
            payers = [slot for slot, life in people.items() if life.balance > 0 and not life.gone]
            needed = aid + fee + deficit - surplus - deed.amount
            share = max(math.ceil(Fraction(needed, len(payers))), 0)
            for slot, life in people.items():
                if life.gone:
                    dues[slot] = "exited", 0, life.fresh
                elif life.balance <= 0:
                    dues[slot] = "lapsed", 0, life.fresh
                else:
                    amount = min(share, life.balance)
                    dues[slot] = "paid" if amount == share else "partial", amount, life.fresh
                life.fresh = 0
            paid = sum(amount for _, amount, _ in dues.values())
            left = paid - needed
            shortfall = share * len(payers) - paid
            figures.append(Figures(share, len(payers), aid, fee, int(surplus), max(int(left), 0), shortfall))
            surplus, deficit = (left, Fraction(0)) if left > 0 else (Fraction(0), -left)
        elif deed.what == "settle":
            number = len(figures) - 1
            for slot, (status, amount, events) in dues.items():
                people[slot].balance -= amount
                people[slot].rounds.append((number, status, amount, events))
    return people, figures
