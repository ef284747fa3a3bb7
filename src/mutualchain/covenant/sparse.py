"""A number for few of many slots, as sorted columns: what members owe, or since when they have not paid.

A dictionary of two million members takes half a second to fill and a quarter of a gigabyte; these take a tenth.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Sparse", "positions"]

Slots = NDArray[Any]


def positions(slots: Slots, among: Slots) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each of ``slots`` stands in the sorted ``among``, and whether it is there at all."""
    at = np.searchsorted(among, slots)
    if not len(among):
        return at, np.zeros(len(slots), bool)
    at[at == len(among)] = 0
    return at, among[at] == slots


class Sparse:
    """``slots`` (uint32, sorted, each once) and ``values`` (int64); whoever is not named has 0."""

    __slots__ = ("slots", "values")

    def __init__(self, slots: Slots | None = None, values: NDArray[Any] | None = None) -> None:
        self.slots: NDArray[np.uint32] = np.zeros(0, np.uint32) if slots is None else slots.astype(np.uint32)
        self.values: NDArray[np.int64] = np.zeros(0, np.int64) if values is None else values.astype(np.int64)

    def get(self, slot: int) -> int:
        """The value of one slot."""
        at = int(np.searchsorted(self.slots, slot))
        return int(self.values[at]) if at < len(self.slots) and int(self.slots[at]) == slot else 0

    def put(self, slot: int, value: int) -> None:
        """Change the value of a slot that is named already, or that keeps 0."""
        at = int(np.searchsorted(self.slots, slot))
        if at < len(self.slots) and int(self.slots[at]) == slot:
            self.values[at] = value

    def of(self, slots: Slots) -> NDArray[np.int64]:
        """The values of these slots, in their order."""
        at, there = positions(slots, self.slots)
        found = np.zeros(len(slots), np.int64)
        found[there] = self.values[at[there]]
        return found

    def plus(self, slots: Slots, values: NDArray[Any]) -> Sparse:
        """The sum of this and ``values`` of the sorted ``slots``, without those who then have 0."""
        every = np.union1d(self.slots, slots.astype(np.uint32))
        total = self.of(every) + Sparse(slots, values).of(every)
        kept = total != 0
        return Sparse(every[kept], total[kept])

    def add_at(self, slots: Slots, values: NDArray[Any]) -> None:
        """Add to slots that are named already (any order, repeats allowed); others must not be given."""
        at, there = positions(slots, self.slots)
        assert there.all(), "a slot that is not named"
        np.add.at(self.values, at, values)
