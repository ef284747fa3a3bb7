"""The members of a plan as columns: balance, events since the last snapshot, running number, exit.

A round that charges everybody the same must not rewrite every balance, so what is kept is
``balance + levy`` where ``levy`` is the sum of all usual amounts so far: a round adds its usual amount to ``levy`` and
corrects only the rows that paid something else. What a member was charged in the calendar year is kept in the same
way, as ``year_levy - year_less``, where the covenant caps it.

Shapes: every column has one item a slot. ``stored`` int64 minor units, ``pending`` uint8, ``seq`` uint32,
``exited`` uint8 (0 in, ``LEFT`` by her exit, ``ENDED`` by her arrears). Arrays grow by doubling and start as
untouched zero pages. What concerns few members is kept beside: exits that are not in effect yet, arrears.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .sparse import Sparse

__all__ = ["ARREARS", "ENDED", "LEFT", "Members"]

_START = 1024
LEFT: Final = 1
ENDED: Final = 2
ARREARS: Final = 1
"""The reason code of a credit that pays arrears, in plans that collect by mandate."""


class Members:
    """Mutable columns of a plan; only :class:`~mutualchain.covenant.book.Book` writes them.

    ``leaving`` maps slots to the instant from which their exit is in effect, where that lies ahead. ``owed``: unpaid
    shares of plans that collect by mandate. ``short``: since when (ms) members of a prepaid plan have had nothing to
    pay with. ``joins``: the first slot of every local day on
    which somebody joined, as [day, slot].
    """

    __slots__ = (
        "count",
        "exited",
        "exits",
        "joins",
        "leaving",
        "levy",
        "owed",
        "pending",
        "seq",
        "short",
        "stored",
        "year",
        "year_less",
        "year_levy",
    )

    def __init__(self) -> None:
        self.count = 0
        self.exits = 0
        self.levy = 0
        self.stored: NDArray[np.int64] = np.zeros(_START, np.int64)
        self.pending: NDArray[np.uint8] = np.zeros(_START, np.uint8)
        self.seq: NDArray[np.uint32] = np.zeros(_START, np.uint32)
        self.exited: NDArray[np.uint8] = np.zeros(_START, np.uint8)
        self.leaving: dict[int, int] = {}
        self.owed = Sparse()
        self.short = Sparse()
        self.joins: list[list[int]] = []
        self.year = 0
        self.year_levy = 0
        self.year_less: NDArray[np.int64] | None = None

    def balance(self, slot: int) -> int:
        """The balance of ``slot``, in minor units."""
        return int(self.stored[slot]) - self.levy

    def balances(self, start: int, stop: int) -> NDArray[np.int64]:
        """A copy of the balances of slots ``start`` to ``stop``."""
        result: NDArray[np.int64] = self.stored[start:stop] - self.levy
        return result

    def append(self, deposits: NDArray[Any] | int, rows: int, day: int = 0) -> int:
        """Add ``rows`` members who join on local ``day`` with these deposits; returns the first slot."""
        first = self.count
        self._reserve(first + rows)
        self.stored[first : first + rows] = deposits
        self.stored[first : first + rows] += self.levy
        if self.year_less is not None:
            self.year_less[first : first + rows] = self.year_levy
        if rows and (not self.joins or self.joins[-1][0] < day):
            self.joins.append([day, first])
        self.count = first + rows
        return first

    def joined_day(self, slot: int) -> int:
        """The local day on which ``slot`` joined."""
        return self.joins[bisect_right(self.joins, slot, key=lambda item: item[1]) - 1][0]

    def first_after(self, day: int) -> int:
        """The first slot that joined after local ``day``."""
        at = bisect_right(self.joins, day, key=lambda item: item[0])
        return self.joins[at][1] if at < len(self.joins) else self.count

    def out(self, slot: int, now_ms: int) -> int:
        """``LEFT`` or ``ENDED`` if she is out at ``now_ms``, else 0: an exit may not be in effect yet."""
        state = int(self.exited[slot])
        return 0 if state == LEFT and self.leaving.get(slot, now_ms) > now_ms else state

    def count_years(self) -> None:
        """Begin to keep what everybody is charged in a calendar year."""
        if self.year_less is None:
            self.year_less = np.zeros(len(self.stored), np.int64)

    def new_year(self, year: int) -> None:
        """Nobody has been charged anything in ``year`` yet."""
        self.year, self.year_levy = year, 0
        self.year_less = np.zeros(len(self.stored), np.int64)

    def take_pending(self) -> NDArray[np.uint8]:
        """The counts of events so far, and start counting anew (a snapshot was taken)."""
        taken = self.pending
        self.pending = np.zeros(len(taken), np.uint8)
        return taken

    def give_back_pending(self, taken: NDArray[np.uint8]) -> None:
        """Undo :meth:`take_pending`, keeping what was counted since."""
        self.pending[: len(taken)] += taken

    def _reserve(self, size: int) -> None:
        have = len(self.stored)
        if size <= have:
            return
        room = max(size, 2 * have)
        for name in ("stored", "pending", "seq", "exited", "year_less"):
            old = getattr(self, name)
            if old is None:
                continue
            new = np.zeros(room, old.dtype)
            new[: self.count] = old[: self.count]
            setattr(self, name, new)
