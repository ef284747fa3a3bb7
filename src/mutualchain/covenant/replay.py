"""Recorded sheets applied to a book, with every rule they break: the vectorised side of :mod:`.stage`.

Used where rows are many: bulk calls of the writer, reopening a ledger, and audits. A sheet of a few rows goes
through the very Stage that admitted it; large ones through columns. Both are held against each other, and
against a slow reference model, by the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import (
    AlreadyExited,
    ArrearsRule,
    DepositRule,
    MembershipEnded,
    OverflowRule,
    RuleError,
    SequenceError,
    SlotUnknown,
    StandingRule,
    TooManyEvents,
    UnsupportedVersion,
)
from ..limits import MAX_BALANCE, MAX_CREDIT, MAX_EVENTS_PER_ROUND, MAX_ROWS
from .book import Book
from .calendar import day_of
from .closing import refused_to_join
from .members import ARREARS, ENDED, LEFT
from .stage import Stage, leave
from .standing import births_allowed, joining_violations

__all__ = [
    "Credited",
    "apply_credits",
    "apply_enrolments",
    "apply_notices",
    "credit_violations",
    "enrolment_violations",
    "next_numbers",
    "replay_sheet",
]

Columns = Mapping[str, NDArray[Any]]
Credited = Callable[[int, int], "int | None"]
"""What the credit of a slot with this running number put into her balance; None where that is no such credit."""
_FEW = 512
_SHOWN = 100


def enrolment_violations(book: Book, columns: Columns, birth_days: NDArray[Any] | None = None) -> list[RuleError]:
    """What the covenant has against these new members (keys are the caller's to compare).

    ``birth_days`` are as many whole numbers, days since 1970-01-01, where the caller knows them: nothing records them.
    """
    deposits = columns["deposit"]
    closing = refused_to_join(book)
    found: list[RuleError] = [] if closing is None else [closing]
    first = book.members.count
    if first + len(deposits) > MAX_ROWS:
        found.append(OverflowRule(f"a plan has at most {MAX_ROWS} slots"))
    least = book.covenant.membership.prepay
    low = np.flatnonzero(deposits < least)
    for row in low[:_SHOWN].tolist():
        found.append(DepositRule(f"the deposit {int(deposits[row])} is below {least}", place=f"slot {first + row}"))
    if len(low) > _SHOWN:
        found.append(DepositRule(f"{len(low) - _SHOWN} more deposits are too low"))
    return found if birth_days is None else [*found, *_age_violations(book, birth_days)]


def _age_violations(book: Book, birth_days: NDArray[Any]) -> list[RuleError]:
    """Who is too young or too old to join today."""
    covenant, first = book.covenant, book.members.count
    today = day_of(covenant, book.now_ms)
    earliest, latest = births_allowed(covenant, today)
    wrong = birth_days > latest
    if earliest is not None:
        wrong |= birth_days < earliest
    rows = np.flatnonzero(wrong)
    found: list[RuleError] = []
    for row in rows[:_SHOWN].tolist():
        for error in joining_violations(covenant, int(birth_days[row]), today):
            error.place = f"slot {first + row}"
            found.append(error)
    if len(rows) > _SHOWN:
        text = f"{len(rows) - _SHOWN} more are too young or too old to join"
        found.append(StandingRule(text, clause=found[0].clause))
    return found


def apply_enrolments(book: Book, columns: Columns) -> None:
    """Add recorded members; their keys and commitments stay in the sheet."""
    deposits = columns["deposit"].astype(np.int64)
    book.members.append(deposits, len(deposits), day_of(book.covenant, book.now_ms))
    book.totals.deposits += int(deposits.sum())


def next_numbers(book: Book, slots: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The running number of each row: the slot's next, plus its earlier rows in the same sheet."""
    numbers: NDArray[np.uint32] = (book.members.seq[slots] + _ranks(slots)).astype(np.uint32)
    return numbers


def credit_violations(book: Book, columns: Columns) -> list[RuleError]:
    """What the rules have against a sheet of credits, in columns slot, seq and amount."""
    members = book.members
    slots = columns["slot"].astype(np.int64)
    known = slots < members.count
    if not known.all():
        return [
            SlotUnknown(f"the plan has no slot {int(slots[row])}", value=int(slots[row]), place=f"row {row}")
            for row in np.flatnonzero(~known)[:_SHOWN].tolist()
        ]
    found: list[RuleError] = []

    def report(mask: NDArray[np.bool_], kind: type[RuleError], text: str) -> None:
        rows = np.flatnonzero(mask)
        for row in rows[:_SHOWN].tolist():
            found.append(kind(text, value=int(slots[row]), place=f"row {row}"))
        if len(rows) > _SHOWN:
            found.append(kind(f"{len(rows) - _SHOWN} more rows: {text}"))

    arrears = _arrears_among(book, columns)
    out = members.exited[slots]
    if members.leaving:
        staying = [slot for slot, instant in members.leaving.items() if instant > book.now_ms]
        out[np.isin(slots, staying)] = 0
    report((out == LEFT) & ~arrears, AlreadyExited, "a credit for a member who has left")
    report((out == ENDED) & ~arrears, MembershipEnded, "a credit for a member whose arrears ended her membership")
    ranks = _ranks(slots)
    report(columns["seq"] != members.seq[slots] + ranks, SequenceError, "a running number that is not the next")
    report(members.seq[slots] + ranks >= MAX_ROWS, OverflowRule, "no running number is left")
    events = members.pending[slots] + ranks
    if book.capture is not None:
        taken = slots < book.capture.rows
        events[taken] += book.capture.events[slots[taken]]
    report(events >= MAX_EVENTS_PER_ROUND, TooManyEvents, "too many events since the last round")
    amounts = columns["amount"]
    report(((amounts == 0) | (amounts > MAX_CREDIT)) & ~arrears, OverflowRule, "a credit is zero or too large")
    report(((amounts == 0) | (amounts > MAX_CREDIT)) & arrears, ArrearsRule, "arrears paid are zero or too large")
    if not found:
        touched, inverse = np.unique(slots, return_inverse=True)
        after = members.stored[touched] - members.levy
        np.add.at(after, inverse[~arrears], amounts[~arrears].astype(np.int64))
        report((after > MAX_BALANCE)[inverse], OverflowRule, "a balance would be too large")
        left = members.owed.of(touched)
        np.subtract.at(left, inverse[arrears], amounts[arrears].astype(np.int64))
        report((left < 0)[inverse] & arrears, ArrearsRule, "more arrears are paid than are owed")
    return found


def _arrears_among(book: Book, columns: Columns) -> NDArray[np.bool_]:
    """Which credits pay arrears."""
    if book.covenant.sharing.funding != "mandate" or "reason" not in columns:
        return np.zeros(len(columns["slot"]), bool)
    found: NDArray[np.bool_] = columns["reason"] == ARREARS
    return found


def apply_credits(book: Book, columns: Columns) -> None:
    """Apply a checked sheet of credits."""
    members = book.members
    slots = columns["slot"].astype(np.int64)
    amounts = columns["amount"].astype(np.int64)
    arrears = _arrears_among(book, columns)
    if book.capture is not None:
        book.capture.touch_many(slots)
    np.add.at(members.stored, slots[~arrears], amounts[~arrears])
    np.add.at(members.seq, slots, np.uint32(1))
    np.add.at(members.pending, slots, np.uint8(1))
    paid = int(amounts[arrears].sum())
    if paid:
        members.owed.add_at(slots[arrears], -amounts[arrears])
    book.pot += paid
    book.totals.arrears += paid
    book.totals.credits += int(amounts.sum()) - paid


def apply_notices(book: Book, slots: NDArray[np.int64]) -> None:
    """Count notices to these members, whose rows nobody has seen: a running number and an event each."""
    members = book.members
    np.add.at(members.seq, slots, np.uint32(1))
    counts = np.bincount(slots, minlength=members.count)[: members.count]
    told = np.flatnonzero(counts)
    members.pending[told] = np.minimum(members.pending[told] + counts[told], MAX_EVENTS_PER_ROUND)


def replay_sheet(book: Book, schema: str, columns: Columns, credited: Credited | None = None) -> list[RuleError]:
    """Apply a recorded sheet (any schema but charges and refunds) and return every rule that its rows break.

    A long sheet may come in several parts, each with the rows after those of the part before. What breaks a
    rule is put in force nevertheless, as far as it can be, so that one breach is not reported again with each
    later row that builds on it. Signatures and duplicate keys are the caller's to check; ``credited`` tells what a
    correction corrects. Raises UnsupportedVersion for a schema that has no rules in this release.
    """
    if schema == "enrolment/1":
        found = enrolment_violations(book, columns)
        apply_enrolments(book, columns)
        return found
    if schema == "credit/1" and len(columns["slot"]) > _FEW:
        found = credit_violations(book, columns)
        if found:
            _replay_rows(book, schema, columns, credited)  # so that a broken sheet does the same whatever its length
        else:
            apply_credits(book, columns)
        return found
    return _replay_rows(book, schema, columns, credited)


def _replay_rows(book: Book, schema: str, columns: Columns, credited: Credited | None) -> list[RuleError]:
    stage = Stage(book)
    found: list[RuleError] = []
    counts: dict[type[RuleError], int] = {}
    names = [name for name in ("slot", "seq", "amount", "reason", "corrects") if name in columns]
    lists = {name: columns[name].tolist() for name in names}
    for number in range(len(lists["slot"])):
        row = {name: lists[name][number] for name in names}
        try:
            _stage_row(stage, schema, row, credited)
        except RuleError as error:
            kind = type(error)
            counts[kind] = counts.get(kind, 0) + 1
            if counts[kind] <= _SHOWN:
                error.place = f"row {number}"
                found.append(error)
            stage.apply()
            _put_in_force(book, schema, row)
            stage = Stage(book)
    stage.apply()
    for kind, count in counts.items():
        if count > _SHOWN:
            found.append(kind(f"{count - _SHOWN} more rows break this rule"))
    return found


def _stage_row(stage: Stage, schema: str, row: Mapping[str, int], credited: Credited | None) -> None:
    slot, seq, amount = row["slot"], row["seq"], row.get("amount", 0)
    if schema == "credit/1":
        stage.credit(slot, amount, seq, row.get("reason", 0))
    elif schema == "withdrawal/1":
        stage.withdraw(slot, amount, seq)
    elif schema == "exit/1":
        stage.exit(slot, seq)
    elif schema == "correction/1":
        corrects = row["corrects"]
        known = amount if credited is None else credited(slot, corrects)
        stage.correct(slot, amount, corrects, known, seq)
    elif schema == "notice/1":
        stage.notice(slot, seq)
    else:
        raise UnsupportedVersion("a sheet that this release has no rules for", value=schema)


def _put_in_force(book: Book, schema: str, row: Mapping[str, int]) -> None:
    """What a recorded row that breaks a rule did all the same, as far as the columns can hold it."""
    members, totals = book.members, book.totals
    slot, amount = row["slot"], row.get("amount", 0)
    if slot >= members.count:
        return
    if book.capture is not None:
        book.capture.touch(slot)
    members.seq[slot] = min(row["seq"] + 1, MAX_ROWS)
    members.pending[slot] = min(int(members.pending[slot]) + 1, MAX_EVENTS_PER_ROUND)
    if schema == "exit/1" and not members.exited[slot]:
        members.exited[slot] = LEFT
        members.exits += 1
        leave(book, [slot])
    if amount > MAX_CREDIT:
        return
    if schema == "credit/1" and row.get("reason") == ARREARS and book.covenant.sharing.funding == "mandate":
        members.owed.put(slot, max(members.owed.get(slot) - amount, 0))
        totals.arrears += amount
        book.pot += amount
    elif schema == "credit/1":
        members.stored[slot] += amount
        totals.credits += amount
    elif schema == "withdrawal/1":
        members.stored[slot] -= amount
        totals.withdrawals += amount
    elif schema == "correction/1":
        members.stored[slot] -= amount
        totals.corrections += amount
        book.corrected.add((slot, row["corrects"]))


def _ranks(slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each row, how many earlier rows have the same slot."""
    order = np.argsort(slots, kind="stable")
    ordered = slots[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(slots) else np.zeros(0, np.int64)
    ranks = np.empty(len(slots), np.int64)
    counts = np.diff(np.r_[starts, len(slots)])
    ranks[order] = np.arange(len(slots)) - np.repeat(starts, counts)
    return ranks
