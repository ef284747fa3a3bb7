"""A snapshot of who shares, taken while others go on writing, and the charge rows that follow from it.

:class:`Capture` reads the columns in chunks without stopping anybody: whoever changes a member's balance or exit
first saves her piece of the columns as it was (``touch``), and each chunk is corrected from what was saved. A snapshot
that waits for its round for days (monthly calendars) costs a copy of those pieces only that were changed since.
:class:`Coverage` is what the covenant says about who shares at that instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..sheet import Status
from .document import Covenant
from .members import ENDED, LEFT, Members
from .sparse import positions

__all__ = ["PIECE", "Capture", "Coverage", "Past", "Rows", "View"]

_CHUNK = 1 << 20
_FEW = 256
PIECE: Final = 4_096
"""Slots that are saved together before the first change of one of them: 36 kB."""
Column = NDArray[Any]


def _none() -> Column:
    return np.zeros(0, np.uint32)


@dataclass(frozen=True, slots=True)
class Past:
    """What a settled round left to be paid by credits: ``usual`` below slot ``waiting``, but for some slots."""

    settled_ms: int
    usual: int
    waiting: int
    slots: Column
    amounts: Column


@dataclass(slots=True)
class Coverage:
    """Who shares at a snapshot, by the covenant in force then.

    ``waiting``: the first slot that waits still. ``staying``: sorted slots whose exits are not in effect yet.
    ``overdue``: sorted slots in arrears for longer than the grace. ``past``: rounds that are not overdue yet. ``year``
    is the snapshot's calendar year.
    """

    covenant: Covenant
    waiting: int
    year: int = 0
    staying: Column = field(default_factory=_none)
    overdue: Column = field(default_factory=_none)
    past: tuple[Past, ...] = ()


class Rows(NamedTuple):
    """Charge rows: the usual one; ``slots``, ``statuses``, ``amounts`` of those that differ; who is out for good."""

    usual: int
    status: int
    slots: Column
    statuses: Column
    amounts: Column
    ending: Column


class _Part(NamedTuple):
    """Slots from ``start`` on as they stood at the snapshot; ``exited`` is None where nobody ever left."""

    start: int
    stored: Column
    exited: Column | None


class View:
    """Members as they stand at an instant, and what a round would make of them. ``saved`` overrides the columns."""

    __slots__ = ("_members", "coverage", "rows", "saved")

    def __init__(self, members: Members, coverage: Coverage, rows: int | None = None) -> None:
        self._members = members
        self.coverage = coverage
        self.rows = members.count if rows is None else rows
        self.saved: dict[int, tuple[Column, Column]] = {}

    # --- one member -------------------------------------------------------------------------

    def most(self, slot: int) -> int:
        """The most that the round to come may charge ``slot`` of what she has, while its share is not known."""
        if slot >= self.coverage.waiting or self.coverage.covenant.sharing.funding == "mandate":
            return 0
        part = self._part(slot, slot + 1)
        if part.exited is not None and part.exited[0]:
            return 0
        cap = self.coverage.covenant.sharing.cap_round
        balance = max(int(part.stored[0]) - self._members.levy, 0)
        return min(balance, cap) if cap else balance

    # --- everybody --------------------------------------------------------------------------

    def headcount(self, exempt: Column | None = None) -> int:
        """How many share; ``exempt`` are sorted slots that do not, because their own cases are shared."""
        total = 0
        for part in self._parts(0, self.coverage.waiting):
            covered = ~self._lapsed(part)
            if part.exited is not None:
                covered &= part.exited == 0
            if exempt is not None:
                covered[_within(exempt, part)] = False
            total += int(np.count_nonzero(covered))
        return total

    def covered(self, slots: Column) -> NDArray[np.bool_]:
        """Which of these slots (int64, any order) share, or would if there were a round."""
        found = np.zeros(len(slots), bool)
        order = np.argsort(slots, kind="stable")
        ordered = slots[order]
        few = len(slots) <= _FEW
        ranges = ((slot, slot + 1) for slot in ordered.tolist()) if few else self._ranges(0, self.coverage.waiting)
        for start, stop in ranges:
            low, high = np.searchsorted(ordered, [start, stop])
            if low < high and 0 <= start < self.coverage.waiting:
                part = self._part(start, stop)
                shares = ~self._lapsed(part)
                if part.exited is not None:
                    shares &= part.exited == 0
                found[order[low:high]] = shares[ordered[low:high] - start]
        return found

    def rows_for(self, share: int, exempt: Column | None = None) -> Rows:
        """The rows of a round with this share."""
        usual, left = self._year(share)
        status = int(Status.CAPPED if usual < share else Status.PAID)
        found: list[tuple[Column, Column, Column]] = []
        ending: list[Column] = []
        for part in self._parts(0, self.coverage.waiting):
            lapsed = None if self._prepaid else self._lapsed(part)
            at = self._others(part, usual, lapsed, exempt, left is not None)
            if len(at):
                self._judge(part, at, (share, usual, status), lapsed, exempt, left, found, ending)
        for part in self._parts(self.coverage.waiting, self.rows):
            at = np.flatnonzero(part.exited) if part.exited is not None else np.zeros(0, np.intp)
            if len(at):
                assert part.exited is not None
                statuses = np.where(part.exited[at] == LEFT, np.uint8(Status.EXITED), np.uint8(Status.LAPSED))
                found.append(((at + part.start).astype(np.uint32), statuses, np.zeros(len(at), np.uint32)))
        if not found:
            return Rows(usual, status, _none(), np.zeros(0, np.uint8), _none(), _none())
        slots, statuses, amounts = (np.concatenate(column) for column in zip(*found, strict=True))
        return Rows(usual, status, slots, statuses, amounts, np.concatenate(ending) if ending else _none())

    def _others(
        self, part: _Part, usual: int, lapsed: Column | None, exempt: Column | None, capped: bool
    ) -> NDArray[np.intp]:
        """Where in a part the rows may differ from the usual one."""
        # A share of zero still leaves out those who are not covered.
        least = 1 if self._owes else max(usual, 1)
        other = part.stored < self._members.levy + least if lapsed is None else lapsed.copy()
        if part.exited is not None:
            other |= part.exited != 0
        if capped and self._members.year_less is not None:
            other |= self._members.year_less[part.start : part.start + len(other)] != 0
        if exempt is not None:
            other[_within(exempt, part)] = True
        return np.flatnonzero(other)

    def _judge(
        self,
        part: _Part,
        at: NDArray[np.intp],
        terms: tuple[int, int, int],
        lapsed: Column | None,
        exempt: Column | None,
        left: int | None,
        found: list[tuple[Column, Column, Column]],
        ending: list[Column],
    ) -> None:
        """Statuses and amounts of some rows of a part; adds those that differ from the usual row to ``found``."""
        share, usual, usual_status = terms
        slots = at + part.start
        amount = np.full(len(at), usual, np.int64)
        if left is not None and self._members.year_less is not None:
            amount = np.minimum(share, np.maximum(left + self._members.year_less[slots], 0))
        status = np.where(amount < share, np.uint8(Status.CAPPED), np.uint8(Status.PAID))
        if lapsed is None:
            balance = part.stored[at] - self._members.levy
            if not self._owes:
                short = balance < amount
                amount[short], status[short] = balance[short], Status.PARTIAL
            out = balance <= 0
        else:
            out = lapsed[at]
        if exempt is not None:
            status[_is_in(slots, exempt)] = Status.EXEMPT
        status[out] = Status.LAPSED
        gone = np.zeros(len(at), np.uint8) if part.exited is None else part.exited[at]
        status[gone == LEFT], status[gone == ENDED] = Status.EXITED, Status.LAPSED
        amount[status > Status.CAPPED] = 0
        if self.coverage.covenant.arrears.lapse == "ended":
            over = out & (gone == 0)
            over &= self._overdue_debt(part)[at] if self._postpaid else _is_in(slots, self.coverage.overdue)
            ending.append(slots[over].astype(np.uint32))
        kept = (amount != usual) | (status != usual_status)
        found.append((slots[kept].astype(np.uint32), status[kept], amount[kept].astype(np.uint32)))

    # --- rules ------------------------------------------------------------------------------

    @property
    def _prepaid(self) -> bool:
        return self.coverage.covenant.sharing.funding == "prepaid"

    @property
    def _owes(self) -> bool:
        return self.coverage.covenant.sharing.short_balance == "owe"

    @property
    def _postpaid(self) -> bool:
        return self.coverage.covenant.sharing.funding == "postpaid"

    def _year(self, share: int) -> tuple[int, int | None]:
        """(what the usual row pays, what the year's cap leaves of it for whom it was charged in full).

        The second is None where the cap touches nobody.
        """
        cap = self.coverage.covenant.sharing.cap_year
        before = self._members.year_levy if self._members.year == self.coverage.year else 0
        if not cap or before + share <= cap:
            return share, None
        if not before:
            return cap, None  # nobody was charged anything this year
        return min(share, max(cap - before, 0)), cap - before

    def _lapsed(self, part: _Part) -> Column:
        """Who is not covered for want of money."""
        if self._prepaid:
            empty: Column = part.stored <= self._members.levy
            return empty
        if not self._postpaid:
            lapsed: Column = np.zeros(len(part.stored), bool)
            lapsed[_within(self.coverage.overdue, part)] = True
            return lapsed
        limit = self.coverage.covenant.sharing.credit_limit
        lapsed = self._overdue_debt(part)
        if limit:
            lapsed |= part.stored <= self._members.levy - limit
        return lapsed

    def _overdue_debt(self, part: _Part) -> Column:
        """Post-paid: who owes more than what the rounds charged that are not overdue yet."""
        past = self.coverage.past
        value = part.stored - (self._members.levy - sum(item.usual for item in past))
        start, stop = part.start, part.start + len(value)
        for item in past:
            if item.waiting < stop:
                value[max(item.waiting - start, 0) :] -= item.usual
            low, high = np.searchsorted(item.slots, [start, stop])
            at = item.slots[low:high].astype(np.int64) - start
            value[at] += item.amounts[low:high].astype(np.int64) - item.usual
        debt: Column = value < 0
        return debt

    # --- columns ----------------------------------------------------------------------------

    def _parts(self, start: int, stop: int) -> Iterator[_Part]:
        """The slots from ``start`` to ``stop`` as they were at the snapshot, in chunks."""
        for low, high in self._ranges(start, stop):
            yield self._part(low, high)

    @staticmethod
    def _ranges(start: int, stop: int) -> Iterator[tuple[int, int]]:
        return ((low, min(low + _CHUNK, stop)) for low in range(start, stop, _CHUNK))

    def _part(self, start: int, stop: int) -> _Part:
        members = self._members
        # Copy first, correct afterwards: whoever changes a value saves the old one before.
        stored = members.stored[start:stop].copy()
        exited = members.exited[start:stop].copy() if members.exits else None
        if self.saved:
            for piece in range(start // PIECE, -(-stop // PIECE)):
                was = self.saved.get(piece)
                if was is not None:
                    low, high = max(piece * PIECE, start), min((piece + 1) * PIECE, stop)
                    inside = slice(low - piece * PIECE, high - piece * PIECE)
                    stored[low - start : high - start] = was[0][inside]
                    if exited is not None:
                        exited[low - start : high - start] = was[1][inside]
        part = _Part(start, stored, exited)
        if exited is not None and len(self.coverage.staying):
            exited[_within(self.coverage.staying, part)] = 0
        return part


class Capture(View):
    """A snapshot under way. Create it, with the lock held; then ``headcount`` and ``rows_for`` without it.

    ``frozen``: it was taken at an instant of the calendar and waits for its round. ``pot`` is the money beside the
    members' that the round takes; ``version`` the covenant's in force at ``time_ms``.
    """

    __slots__ = ("events", "frozen", "height", "pot", "time_ms", "version")

    def __init__(
        self,
        members: Members,
        height: int,
        time_ms: int,
        coverage: Coverage,
        *,
        version: int = 1,
        pot: int = 0,
        frozen: bool = False,
    ) -> None:
        super().__init__(members, coverage)
        self.height = height
        self.time_ms = time_ms
        self.version = version
        self.pot = pot
        self.frozen = frozen
        self.events = members.take_pending()

    def touch(self, slot: int) -> None:
        """Save a member's piece as it was at the snapshot; to be called before the first change in it."""
        if slot < self.rows and slot // PIECE not in self.saved:
            self._save(slot // PIECE)

    def touch_many(self, slots: Column) -> None:
        """As ``touch`` for many slots, in any order."""
        for piece in np.unique(slots[slots < self.rows] // PIECE).tolist():
            if piece not in self.saved:
                self._save(piece)

    def _save(self, piece: int) -> None:
        part = slice(piece * PIECE, (piece + 1) * PIECE)
        self.saved[piece] = self._members.stored[part].copy(), self._members.exited[part].copy()

    def cancel(self) -> None:
        """Give up: the events counted so far count for the next snapshot."""
        self._members.give_back_pending(self.events)


def _within(slots: Column, part: _Part) -> NDArray[np.int64]:
    """The places in ``part`` of those of the sorted ``slots`` that lie in it."""
    low, high = np.searchsorted(slots, [part.start, part.start + len(part.stored)])
    found: NDArray[np.int64] = slots[low:high].astype(np.int64) - part.start
    return found


def _is_in(slots: Column, among: Column) -> NDArray[np.bool_]:
    return positions(slots, among)[1]
