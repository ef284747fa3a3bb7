"""A group of events, checked one by one against the book and against each other, then applied together.

The writer stages what came in together, commits it durably, and only then calls ``apply``: a commit that fails
leaves the book as it was. Events are staged in the order in which their sheets stand in the block (enrolments,
withdrawals, exits, credits, notices), so that a replay meets them in the same order.
"""

from __future__ import annotations

from ..errors import (
    AlreadyExited,
    BalanceTooLow,
    DepositRule,
    OverflowRule,
    SequenceError,
    SlotUnknown,
    TooManyEvents,
)
from ..limits import MAX_BALANCE, MAX_CHARGE, MAX_CREDIT, MAX_EVENTS_PER_ROUND, MAX_ROWS
from .book import Book

__all__ = ["Stage"]


class Stage:
    """Pending changes of one group. Every method raises the rule that forbids the event, changing nothing."""

    __slots__ = ("_book", "_deposits", "_exits", "_in", "_out", "_rows", "sparse")

    def __init__(self, book: Book) -> None:
        self._book = book
        self._deposits: list[int] = []
        self._rows: dict[int, list[int]] = {}  # slot -> [balance, seq, pending, exited]
        self._exits = 0
        self._in = 0
        self._out = 0
        self.sparse = 0

    def enrol(self, deposit: int) -> int:
        """A new member; returns her slot."""
        if not 0 <= deposit <= MAX_CHARGE:
            raise DepositRule("a deposit is out of range", value=deposit)
        if deposit < self._book.covenant.prepay:
            raise DepositRule(
                f"the deposit {deposit} is below the covenant's {self._book.covenant.prepay}", value=deposit
            )
        slot = self._book.members.count + len(self._deposits)
        if slot >= MAX_ROWS:
            raise OverflowRule(f"a plan has at most {MAX_ROWS} slots")
        self._deposits.append(deposit)
        return slot

    def next_seq(self, slot: int) -> int:
        """The running number that the next event of ``slot`` takes. Raises SlotUnknown."""
        return self._row(slot)[1]

    def credit(self, slot: int, amount: int, seq: int | None = None) -> int:
        """Money in; returns the event's running number."""
        row = self._active(slot)
        if not 0 < amount <= MAX_CREDIT or row[0] + amount > MAX_BALANCE:
            raise OverflowRule("a credit is zero, negative or too large", value=amount)
        number = self._number(row, slot, seq)
        row[0] += amount
        self._in += amount
        return self._count(row, number)

    def withdraw(self, slot: int, amount: int, seq: int) -> int:
        """Money out, of what no round will deduct. Allowed after an exit."""
        row = self._row(slot)
        free = row[0] - self._book.reserved(slot)
        if not 0 < amount <= free:
            raise BalanceTooLow(f"{amount} is asked for where {max(free, 0)} is free", value=slot)
        number = self._number(row, slot, seq)
        row[0] -= amount
        self._out += amount
        return self._count(row, number)

    def exit(self, slot: int, seq: int) -> int:
        """The member leaves: from the next snapshot on she does not share."""
        row = self._active(slot)
        number = self._number(row, slot, seq)
        row[3] = 1
        self._exits += 1
        return self._count(row, number)

    def notice(self, slot: int, seq: int | None = None) -> int:
        """An entry concerns the member."""
        row = self._row(slot)
        return self._count(row, self._number(row, slot, seq))

    def apply(self) -> None:
        """Put everything staged in force: the block that holds it is durable."""
        book, members = self._book, self._book.members
        capture = book.capture
        for slot, (balance, seq, pending, exited) in self._rows.items():
            if capture is not None:
                capture.touch(slot)
            members.stored[slot] = balance + members.levy
            members.seq[slot] = seq
            members.pending[slot] = pending
            members.exited[slot] = exited
        members.exits += self._exits
        if self._deposits:
            for deposit in self._deposits:
                members.append(deposit, 1)
            book.totals.deposits += sum(self._deposits)
        book.totals.credits += self._in
        book.totals.withdrawals += self._out

    def _row(self, slot: int) -> list[int]:
        row = self._rows.get(slot)
        if row is None:
            members = self._book.members
            if not 0 <= slot < members.count:
                raise SlotUnknown(f"the plan has no slot {slot}", value=slot)
            row = [members.balance(slot), int(members.seq[slot]), int(members.pending[slot]), int(members.exited[slot])]
            self._rows[slot] = row
        return row

    def _active(self, slot: int) -> list[int]:
        row = self._row(slot)
        if row[3]:
            raise AlreadyExited(f"the member of slot {slot} has left", value=slot)
        return row

    def _number(self, row: list[int], slot: int, seq: int | None) -> int:
        if seq is not None and seq != row[1]:
            raise SequenceError(f"running number {seq} where {row[1]} is next", value=slot)
        if row[1] >= MAX_ROWS:
            raise OverflowRule(f"slot {slot} has no running number left", value=slot)
        events = row[2] + self._book.counted(slot)
        if events >= MAX_EVENTS_PER_ROUND:
            raise TooManyEvents(f"slot {slot} had {events} events since the last round", value=slot)
        return row[1]

    def _count(self, row: list[int], number: int) -> int:
        row[1] += 1
        row[2] += 1
        self.sparse += 1
        return number
