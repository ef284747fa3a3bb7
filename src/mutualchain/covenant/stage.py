"""A group of events, checked one by one against the book and against each other, then applied together.

The writer stages what came in together, commits it durably, and only then calls ``apply``: a commit that fails
leaves the book as it was. Events are staged in the order in which their sheets stand in the block (enrolments,
withdrawals, exits, credits, corrections, notices), so that a replay meets them in the same order. ``Book.tick`` comes
first, with the block's time.
"""

from __future__ import annotations

from ..errors import (
    AlreadyExited,
    ArrearsRule,
    BalanceTooLow,
    CorrectionRule,
    DepositRule,
    MembershipEnded,
    OverflowRule,
    SequenceError,
    SlotUnknown,
    TooManyEvents,
)
from ..limits import MAX_BALANCE, MAX_CHARGE, MAX_CREDIT, MAX_EVENTS_PER_ROUND, MAX_ROWS
from .book import Book
from .calendar import day_of, start_of
from .closing import refused_to_join
from .members import ARREARS, ENDED, LEFT
from .standing import joining_violations

__all__ = ["Stage", "leave"]


class _Row:
    """One member as the group leaves her so far."""

    __slots__ = ("balance", "exited", "out", "owed", "pending", "seq")

    def __init__(self, book: Book, slot: int) -> None:
        members = book.members
        self.balance = members.balance(slot)
        self.seq = int(members.seq[slot])
        self.pending = int(members.pending[slot])
        self.exited = int(members.exited[slot])
        self.out = members.out(slot, book.now_ms)
        self.owed = members.owed.get(slot)


class Stage:
    """Pending changes of one group. Every method raises the rule that forbids the event, changing nothing."""

    __slots__ = ("_arrears", "_book", "_corrected", "_deposits", "_exits", "_in", "_out", "_rows", "_taken", "sparse")

    def __init__(self, book: Book) -> None:
        self._book = book
        self._deposits: list[int] = []
        self._rows: dict[int, _Row] = {}
        self._exits: list[int] = []
        self._corrected: set[tuple[int, int]] = set()
        self._in = 0
        self._out = 0
        self._arrears = 0
        self._taken = 0
        self.sparse = 0

    def enrol(self, deposit: int, birth_day: int | None = None) -> int:
        """A new member; returns her slot. ``birth_day`` (since 1970-01-01) is held against the limits of age."""
        if (closing := refused_to_join(self._book)) is not None:
            raise closing
        if not 0 <= deposit <= MAX_CHARGE:
            raise DepositRule("a deposit is out of range", value=deposit)
        least = self._book.covenant.membership.prepay
        if deposit < least:
            raise DepositRule(f"the deposit {deposit} is below the covenant's {least}", value=deposit)
        if birth_day is not None:
            for wrong in joining_violations(
                self._book.covenant, birth_day, day_of(self._book.covenant, self._book.now_ms)
            ):
                raise wrong
        slot = self._book.members.count + len(self._deposits)
        if slot >= MAX_ROWS:
            raise OverflowRule(f"a plan has at most {MAX_ROWS} slots")
        self._deposits.append(deposit)
        return slot

    def next_seq(self, slot: int) -> int:
        """The running number that the next event of ``slot`` takes. Raises SlotUnknown."""
        return self._row(slot).seq

    def credit(self, slot: int, amount: int, seq: int | None = None, reason: int = 0) -> int:
        """Money in; returns the event's running number. With reason ``ARREARS``, a failed collection is paid."""
        if reason == ARREARS and self._book.covenant.sharing.funding == "mandate":
            return self._pay_arrears(slot, amount, seq)
        row = self._active(slot)
        if not 0 < amount <= MAX_CREDIT or row.balance + amount > MAX_BALANCE:
            raise OverflowRule("a credit is zero, negative or too large", value=amount)
        number = self._number(row, slot, seq)
        row.balance += amount
        self._in += amount
        return self._count(row, number)

    def _pay_arrears(self, slot: int, amount: int, seq: int | None) -> int:
        row = self._row(slot)
        if not 0 < amount <= min(row.owed, MAX_CREDIT):
            raise ArrearsRule(f"{amount} is paid where {row.owed} is owed", value=slot)
        number = self._number(row, slot, seq)
        row.owed -= amount
        self._arrears += amount
        return self._count(row, number)

    def withdraw(self, slot: int, amount: int, seq: int) -> int:
        """Money out, of what no round will deduct. Allowed after an exit."""
        row = self._row(slot)
        free = row.balance - self._book.reserved(slot)
        if not 0 < amount <= free:
            raise BalanceTooLow(f"{amount} is asked for where {max(free, 0)} is free", value=slot)
        number = self._number(row, slot, seq)
        row.balance -= amount
        self._out += amount
        return self._count(row, number)

    def correct(self, slot: int, amount: int, corrects: int, credited: int | None, seq: int | None = None) -> int:
        """Take back a wrong credit, the one with running number ``corrects``, at most once and at most its amount.

        ``credited`` is that credit's amount as it was recorded, None where it is no credit to the balance. What was
        spent meanwhile cannot be taken back, but in post-paid plans, where it is owed then.
        """
        row = self._row(slot)
        done = (slot, corrects) in self._book.corrected or (slot, corrects) in self._corrected
        if credited is None or done or corrects >= row.seq or not 0 < amount <= credited:
            wrong = "was corrected already" if done else f"is {credited or 'no credit'}, not {amount} or more"
            raise CorrectionRule(f"event {corrects} of slot {slot} {wrong}", value=corrects)
        free = row.balance - self._book.reserved(slot)
        if amount > free and self._book.covenant.sharing.funding != "postpaid":
            raise BalanceTooLow(f"{amount} is taken back where {max(free, 0)} is free", value=slot)
        number = self._number(row, slot, seq)
        row.balance -= amount
        self._taken += amount
        self._corrected.add((slot, corrects))
        return self._count(row, number)

    def exit(self, slot: int, seq: int) -> int:
        """The member leaves: snapshots after the covenant's notice do not count her."""
        row = self._active(slot)
        if row.exited:
            raise AlreadyExited(f"the member of slot {slot} is leaving already", value=slot)
        number = self._number(row, slot, seq)
        row.exited = LEFT
        if not self._book.covenant.membership.exit_notice_days:
            row.out = LEFT
        self._exits.append(slot)
        return self._count(row, number)

    def notice(self, slot: int, seq: int | None = None) -> int:
        """An entry concerns the member."""
        row = self._row(slot)
        return self._count(row, self._number(row, slot, seq))

    def apply(self) -> None:
        """Put everything staged in force: the block that holds it is durable."""
        book, members = self._book, self._book.members
        capture = book.capture
        for slot, row in self._rows.items():
            if capture is not None:
                capture.touch(slot)
            members.stored[slot] = row.balance + members.levy
            members.seq[slot] = row.seq
            members.pending[slot] = row.pending
            members.exited[slot] = row.exited
            members.owed.put(slot, row.owed)
        members.exits += len(self._exits)
        leave(book, self._exits)
        if self._deposits:
            day = day_of(book.covenant, book.now_ms)
            for deposit in self._deposits:
                members.append(deposit, 1, day)
        book.corrected |= self._corrected
        totals = book.totals
        totals.deposits += sum(self._deposits)
        totals.credits += self._in
        totals.withdrawals += self._out
        totals.corrections += self._taken
        totals.arrears += self._arrears
        book.pot += self._arrears

    def _row(self, slot: int) -> _Row:
        row = self._rows.get(slot)
        if row is None:
            if not 0 <= slot < self._book.members.count:
                raise SlotUnknown(f"the plan has no slot {slot}", value=slot)
            row = self._rows[slot] = _Row(self._book, slot)
        return row

    def _active(self, slot: int) -> _Row:
        row = self._row(slot)
        if row.out == ENDED:
            raise MembershipEnded(f"the membership of slot {slot} has ended", value=slot)
        if row.out:
            raise AlreadyExited(f"the member of slot {slot} has left", value=slot)
        return row

    def _number(self, row: _Row, slot: int, seq: int | None) -> int:
        if seq is not None and seq != row.seq:
            raise SequenceError(f"running number {seq} where {row.seq} is next", value=slot)
        if row.seq >= MAX_ROWS:
            raise OverflowRule(f"slot {slot} has no running number left", value=slot)
        events = row.pending + self._book.counted(slot)
        if events >= MAX_EVENTS_PER_ROUND:
            raise TooManyEvents(f"slot {slot} had {events} events since the last round", value=slot)
        return row.seq

    def _count(self, row: _Row, number: int) -> int:
        row.seq += 1
        row.pending += 1
        self.sparse += 1
        return number


def leave(book: Book, slots: list[int]) -> None:
    """Exits recorded now are in effect after the covenant's notice: with the start of a day, or at once."""
    covenant = book.covenant
    notice = covenant.membership.exit_notice_days
    if slots and notice:
        effective = start_of(covenant, day_of(covenant, book.now_ms) + notice)
        book.members.leaving |= dict.fromkeys(slots, effective)
