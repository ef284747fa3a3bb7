"""A snapshot of who shares, taken while others go on writing, and the charge rows that follow from it.

:class:`Capture` reads the columns in chunks without stopping anybody: whoever changes a member's balance or
exit while it runs first saves the value at the snapshot (``touch``), and each chunk is corrected from what was
saved. The result is an :class:`OpenRound`: the terms, the few rows that do not simply pay the share, and the
events each row counts. The rows themselves are made chunk by chunk, by the writer to record them and by the
auditor to compare them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..sheet import Status
from .members import Members
from .rounds import RoundTerms

__all__ = ["Capture", "OpenRound"]

_CHUNK = 1 << 20
Column = NDArray[Any]


@dataclass(slots=True)
class OpenRound:
    """An opened round: charge rows not yet recorded.

    ``rows`` is the number of slots at the snapshot. ``slots`` (uint32, sorted), ``statuses`` (uint8) and
    ``amounts`` (uint32) are the rows that differ from "pays the share". ``events`` (uint8, at least ``rows``
    long) counts each member's events up to the snapshot.
    """

    terms: RoundTerms
    rows: int
    slots: Column
    statuses: Column
    amounts: Column
    events: Column

    def due(self, slot: int) -> int:
        """What ``slot`` will be charged: not free for withdrawal while the round is open."""
        if slot >= self.rows:
            return 0
        at = int(np.searchsorted(self.slots, slot))
        if at < len(self.slots) and int(self.slots[at]) == slot:
            return int(self.amounts[at])
        return self.terms.share

    def totals(self) -> tuple[int, int]:
        """(how many share, how much they pay): the aggregates of the charge sheet."""
        sharing = self.statuses <= Status.CAPPED
        others = len(self.slots) - int(np.count_nonzero(sharing))
        full = self.rows - len(self.slots)
        return self.rows - others, full * self.terms.share + int(self.amounts.sum(dtype=np.uint64))

    def columns(self, start: int, stop: int) -> dict[str, Column]:
        """The charge rows of slots ``start`` to ``stop``: amount uint32, status uint8, events uint8."""
        amount = np.full(stop - start, self.terms.share, np.uint32)
        status = np.zeros(stop - start, np.uint8)
        low, high = np.searchsorted(self.slots, [start, stop])
        at = self.slots[low:high].astype(np.int64) - start
        amount[at] = self.amounts[low:high]
        status[at] = self.statuses[low:high]
        return {"amount": amount, "status": status, "events": self.events[start:stop]}

    def chunks(self, rows: int) -> Iterator[dict[str, Column]]:
        """All charge rows, ``rows`` at a time."""
        for start in range(0, self.rows, rows):
            yield self.columns(start, min(start + rows, self.rows))


class Capture:
    """A snapshot under way. Create it, with the lock held; then ``headcount`` and ``exceptions`` without it."""

    __slots__ = ("_members", "events", "height", "rows", "saved", "time_ms")

    def __init__(self, members: Members, height: int, time_ms: int) -> None:
        self._members = members
        self.height = height
        self.time_ms = time_ms
        self.rows = members.count
        self.saved: dict[int, tuple[int, int]] = {}
        self.events = members.take_pending()

    def touch(self, slot: int) -> None:
        """Save a member's values at the snapshot; to be called before the first change of them."""
        if slot < self.rows and slot not in self.saved:
            self.saved[slot] = (int(self._members.stored[slot]), int(self._members.exited[slot]))

    def most(self, slot: int, cap: int) -> int:
        """The most that the round to come may charge ``slot``, whose share is not known yet; ``cap`` 0 is none."""
        if slot >= self.rows:
            return 0
        stored, exited = self.saved.get(slot) or (int(self._members.stored[slot]), int(self._members.exited[slot]))
        balance = 0 if exited else max(stored - self._members.levy, 0)
        return min(balance, cap) if cap else balance

    def cancel(self) -> None:
        """Give up: the events counted so far count for the next snapshot."""
        self._members.give_back_pending(self.events)

    def headcount(self) -> int:
        """How many share: active, with a balance above zero."""
        levy, total = self._members.levy, 0
        for stored, exited, _ in self._chunks():
            covered = stored > levy
            if exited is not None:
                covered &= exited == 0
            total += int(np.count_nonzero(covered))
        return total

    def exceptions(self, share: int) -> tuple[Column, Column, Column]:
        """Slots, statuses and amounts of the rows that do not simply pay ``share``."""
        levy = self._members.levy
        parts: list[tuple[Column, Column, Column]] = []
        for stored, exited, start in self._chunks():
            other = stored < levy + share
            # A share of zero still leaves out those who are not covered.
            other |= stored <= levy
            if exited is not None:
                other |= exited != 0
            at = np.flatnonzero(other)
            if not len(at):
                continue
            balance = stored[at] - levy
            status = np.where(balance > 0, np.uint8(Status.PARTIAL), np.uint8(Status.LAPSED))
            amount = np.where(balance > 0, balance, 0)
            if exited is not None:
                gone = exited[at] != 0
                status[gone] = Status.EXITED
                amount[gone] = 0
            parts.append(((at + start).astype(np.uint32), status.astype(np.uint8), amount.astype(np.uint32)))
        if not parts:
            return np.zeros(0, np.uint32), np.zeros(0, np.uint8), np.zeros(0, np.uint32)
        slots, statuses, amounts = zip(*parts, strict=True)
        return np.concatenate(slots), np.concatenate(statuses), np.concatenate(amounts)

    def _chunks(self) -> Iterator[tuple[Column, Column | None, int]]:
        """(stored, exited or None, first slot) as they were at the snapshot."""
        members = self._members
        stored_all, exited_all = members.stored, members.exited
        for start in range(0, self.rows, _CHUNK):
            stop = min(start + _CHUNK, self.rows)
            # Copy first, correct afterwards: whoever changes a value saves the old one before.
            stored = stored_all[start:stop].copy()
            exited = exited_all[start:stop].copy() if members.exits else None
            for slot, (was, gone) in self.saved.copy().items():
                if start <= slot < stop:
                    stored[slot - start] = was
                    if exited is not None:
                        exited[slot - start] = gone
            yield stored, exited, start
