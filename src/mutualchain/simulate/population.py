"""The members of a simulation as columns beside the book's: who joins, falls ill, leaves and pays, by chance.

All of it is drawn from one generator in one order, so that a seed gives the same run on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..covenant.book import Book
from ..covenant.document import Covenant
from ..covenant.facts import Facts
from ..covenant.members import LEFT
from ..covenant.opened import OpenRound
from ..covenant.replay import apply_credits, apply_enrolments, next_numbers
from ..covenant.standing import Standing
from ..errors import RuleError
from ..sheet import Status
from .assumptions import Assumptions

__all__ = ["Illness", "Population"]

Slots = NDArray[np.int64]
_YEAR = 365.25
_CHAIN = bytes(32)
_SALTS = [bytes([number]) * 32 for number in range(len(Facts.NAMES))]


@dataclass(frozen=True, slots=True)
class Illness:
    """One case: whose, what it can be given by the covenant (0: nothing, by ``clause``)."""

    slot: int
    aid: int
    clause: str = ""


class Population:
    """Members of a book. ``births`` are days since 1970-01-01, int32, an item a slot."""

    def __init__(self, book: Book, assumed: Assumptions, chance: np.random.Generator) -> None:
        self.book, self.assumed, self.chance = book, assumed, chance
        self.births: NDArray[np.int32] = np.zeros(0, np.int32)

    def join(self, count: int, day: int) -> None:
        """So many join on ``day``, of every age that the covenant takes, with what it asks for."""
        covenant = self.book.covenant
        least = max(covenant.membership.age_least_days, 1)
        oldest = covenant.membership.age_most_years or 80
        ages = self.chance.integers(least, max(int((oldest + 1) * _YEAR) - 1, least + 1), count)
        self.births = np.concatenate([self.births, (day - ages).astype(np.int32)])
        apply_enrolments(self.book, {"deposit": np.full(count, covenant.membership.prepay, np.uint32)})

    def active(self) -> Slots:
        """The slots of those who are in."""
        return np.flatnonzero(self.book.members.exited[: self.book.members.count] == 0)

    def leave(self, days: float, today: int) -> int:
        """Some leave within so many days, and all who have reached the age at which membership ends."""
        active, members = self.active(), self.book.members
        going = self.chance.random(len(active)) < self.assumed.leaving * days / _YEAR
        if oldest := self.book.covenant.membership.age_out_years:
            going |= self.births[active] <= today - oldest * _YEAR
        slots = active[going]
        if self.book.capture is not None:
            self.book.capture.touch_many(slots)
        members.exited[slots] = LEFT
        members.exits += len(slots)
        return len(slots)

    # --- illness --------------------------------------------------------------------------------

    def fall_ill(self, covenant: Covenant, days: float, today: int, now_ms: int) -> list[Illness]:
        """Who of the covered falls ill within so many days before ``today``, and what each can be given."""
        active = self.active()
        if not len(active):
            return []
        bounds = [below for below, _ in self.assumed.incidence]
        rates = np.array([rate for _, rate in self.assumed.incidence] + [self.assumed.incidence[-1][1]])
        share = days / _YEAR
        drawn = self.chance.random(len(active))
        at = np.flatnonzero(drawn < (rates.max() + self.assumed.accidents) * share)  # nobody else can be meant
        at = at[self.book.covered(active[at], now_ms)]
        covered, drawn = active[at], drawn[at]
        ages = (today - self.births[covered]) / _YEAR
        illness = rates[np.searchsorted(bounds, ages, side="right")] * share
        ill = drawn < illness
        hurt = ~ill & (drawn < illness + self.assumed.accidents * share)
        found = [(int(slot), "illness") for slot in covered[ill]] + [(int(slot), "accident") for slot in covered[hurt]]
        return [self._case(covenant, slot, cause, days, today, now_ms) for slot, cause in found]

    def _case(self, covenant: Covenant, slot: int, cause: str, days: float, today: int, now_ms: int) -> Illness:
        diagnosed = today - int(self.chance.integers(0, max(int(days), 1)))
        values: dict[str, int | str] = dict.fromkeys(Facts.NAMES, "")
        values |= {"cause": cause, "group": self._group(covenant), "diagnosed_day": diagnosed}
        values |= {"birth_day": int(self.births[slot])}
        facts = Facts.seal(_CHAIN, self.book.plan, slot, values, _SALTS)
        standing = Standing(covenant, facts, self.book.members.joined_day(slot))
        try:
            aid = standing.most()
            wrong = next(iter(standing.violations(aid, now_ms)), None)
        except RuleError as error:
            wrong, aid = error, 0
        if wrong is not None and wrong.clause.startswith("membership.age"):
            wrong = None  # who has joined was of the right age; founders are taken as they are
        if wrong is not None or not aid:
            return Illness(slot, 0, wrong.clause if wrong is not None else "aid.tiers")
        return Illness(slot, aid)

    def _group(self, covenant: Covenant) -> str:
        named = sorted({row.group for row in covenant.aid.maxima if row.group})
        if not named:
            return ""
        plain = any(not row.group for row in covenant.aid.maxima)
        mild = self.chance.random() < self.assumed.mild
        if plain and not mild:
            return "other"
        return str(named[int(self.chance.integers(0, len(named)))])

    # --- money ----------------------------------------------------------------------------------

    def pay_in(self, share: int) -> None:
        """Before the next round: those with little top up, those who owe pay, late collections come in."""
        book, funding = self.book, self.book.covenant.sharing.funding
        active = self.active()
        if funding == "mandate":
            self._credit(
                book.members.owed.slots.astype(np.int64), book.members.owed.values, 1, self.assumed.paying_late
            )
            return
        balances = book.members.balances(0, book.members.count)[active]
        if funding == "postpaid":
            owing = balances < 0
            self._credit(active[owing], -balances[owing], 0, self.assumed.topping_up)
            return
        least = max(book.covenant.arrears.remind_below, 2 * share, 1)
        low = balances < least
        amount = max(book.covenant.membership.prepay, 4 * share, 1)
        self._credit(active[low], np.maximum(amount - np.minimum(balances[low], 0), 1), 0, self.assumed.topping_up)

    def _credit(self, slots: Slots, amounts: NDArray[Any], reason: int, part: float) -> None:
        chosen = self.chance.random(len(slots)) < part
        slots, amounts = slots[chosen], amounts[chosen]
        if len(slots):
            columns: dict[str, NDArray[Any]] = {
                "slot": slots.astype(np.uint32),
                "seq": next_numbers(self.book, slots),
                "amount": amounts.astype(np.uint64),
                "reason": np.full(len(slots), reason, np.uint8),
            }
            apply_credits(self.book, columns)

    def failing(self, opened: OpenRound) -> Slots:
        """The slots from which a collection of a round fails."""
        drawn = np.flatnonzero(self.chance.random(opened.rows) < self.assumed.failing)
        statuses, amounts = opened.rows_of(drawn)
        found: Slots = drawn[(statuses <= Status.CAPPED) & (amounts > 0)]
        return found
