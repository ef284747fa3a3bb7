"""The members of a plan as columns: balance, events since the last snapshot, running number, exit.

A round that charges everybody the same must not rewrite every balance, so what is kept is
``balance + levy`` where ``levy`` is the sum of all shares so far: a round adds its share to ``levy`` and corrects
only the rows that paid something else.

Shapes: every column has one item a slot. ``stored`` int64 minor units, ``pending`` uint8, ``seq`` uint32,
``exited`` uint8 (0 or 1). Arrays grow by doubling and start as untouched zero pages.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Members"]

_START = 1024


class Members:
    """Mutable columns of a plan; only :class:`~mutualchain.covenant.book.Book` writes them."""

    __slots__ = ("count", "exited", "exits", "levy", "pending", "seq", "stored")

    def __init__(self) -> None:
        self.count = 0
        self.exits = 0
        self.levy = 0
        self.stored: NDArray[np.int64] = np.zeros(_START, np.int64)
        self.pending: NDArray[np.uint8] = np.zeros(_START, np.uint8)
        self.seq: NDArray[np.uint32] = np.zeros(_START, np.uint32)
        self.exited: NDArray[np.uint8] = np.zeros(_START, np.uint8)

    def balance(self, slot: int) -> int:
        """The balance of ``slot``, in minor units."""
        return int(self.stored[slot]) - self.levy

    def balances(self, start: int, stop: int) -> NDArray[np.int64]:
        """A copy of the balances of slots ``start`` to ``stop``."""
        result: NDArray[np.int64] = self.stored[start:stop] - self.levy
        return result

    def append(self, deposits: NDArray[Any] | int, rows: int) -> int:
        """Add ``rows`` members with these deposits; returns the first slot."""
        first = self.count
        self._reserve(first + rows)
        self.stored[first : first + rows] = deposits
        self.stored[first : first + rows] += self.levy
        self.count = first + rows
        return first

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
        for name in ("stored", "pending", "seq", "exited"):
            old = getattr(self, name)
            new = np.zeros(room, old.dtype)
            new[: self.count] = old[: self.count]
            setattr(self, name, new)
