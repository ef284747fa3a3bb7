"""Rows of members, replayed: enrolments, money in and out, exits, notices, corrections, ballots.

Sealed rows may be missing from a copy: then the plan's balances are unknown from there on, and the audit says so.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..archive.reading import SheetRef
from ..archive.replay import NOTICE, credited
from ..block.chain import ENROLMENT
from ..covenant.ballots import BALLOT, replay_ballots, subject_of
from ..covenant.book import Book
from ..covenant.calendar import day_of
from ..covenant.replay import apply_notices, replay_sheet
from ..errors import BallotRule, MutualchainError, NoticeRule, UnsupportedVersion
from ..limits import MAX_CREDIT, PAGES_PER_BUNDLE
from ..sheet import Columns
from .members import Roll, StatementTask, check_statements, statement_message
from .replaying import Replaying
from .sheets import Outcome

__all__ = ["RowsReplay"]

_STATEMENTS: Final = 2_000
"""Signatures in one task: a tenth of a second."""
_SIGNED: Final = ("withdrawal/1", "exit/1", BALLOT)
_AMOUNTS: Final = {"credit/1": "credits", "withdrawal/1": "withdrawals", "correction/1": "corrections"}


class RowsReplay(Replaying):
    """The part of the books that members' own rows change."""

    def _enrolments(self, book: Book | None, ref: SheetRef) -> None:
        descriptor = ref.descriptor
        roll = self.roll(descriptor.plan)
        roll.add_sheet(ref)
        rows_full = PAGES_PER_BUNDLE * descriptor.schema.page_rows
        before = 0 if book is None else book.totals.deposits

        def take(bundle: int, columns: Columns | None) -> list[MutualchainError]:
            start = bundle * rows_full
            if columns is None:
                if book is not None:
                    rows = min(rows_full, descriptor.rows - start)
                    book.members.append(0, rows, day_of(book.covenant, ref.time_ms))
                return []
            roll.prefixes.append((descriptor.first + start, columns["prefix"]))
            return [] if book is None else list(replay_sheet(book, ENROLMENT, {"deposit": columns["deposit"]}))

        outcome = self._sheets.check(ref, self._chain, None, take)
        if book is not None and not outcome.sound:
            self._go_public(book.plan, f"members' rows in block {ref.height} are damaged")
            book.totals.deposits = before + descriptor.total("deposit")

    def _sparse(self, book: Book | None, ref: SheetRef, place: str, params: bytes | None) -> None:
        descriptor = ref.descriptor
        schema, plan = descriptor.schema.name, descriptor.plan
        parts: list[Columns] = []
        total = _AMOUNTS.get(schema)
        before = 0 if book is None or total is None else getattr(book.totals, total)

        def take(bundle: int, columns: Columns | None) -> list[MutualchainError]:
            if columns is None:
                return []
            parts.append(columns)
            first = bundle * PAGES_PER_BUNDLE
            found = self._statements(book, ref, columns, first, params) if schema in _SIGNED else []
            if book is not None and plan not in self.public:
                found += self._rules(book, schema, columns, first, params)
            return found

        outcome = self._sheets.check(ref, self._chain, None, take)
        slots = np.concatenate([np.zeros(0, np.uint32), *(part["slot"] for part in parts)])
        self.present += not outcome.absent
        if outcome.sound:
            self._stored.sparse_rows(plan, ref.position, slots, place)
        else:
            self._stored.uncounted |= {b"M", b"W"}
            self._missing(book, ref, outcome, place)
        if schema == "exit/1":
            self._left(plan, ref, slots if outcome.sound else None)
        if schema == NOTICE:
            self._noticed(ref, parts if outcome.sound else None)
        if book is not None and total is not None and plan in self.public:
            setattr(book.totals, total, before + descriptor.total("amount"))

    def _left(self, plan: str, ref: SheetRef, slots: NDArray[np.uint32] | None) -> None:
        """Who has left may join again: remembered, or known not to be known."""
        if slots is None:
            self.roll(plan).exits_unread = True
        else:
            self.roll(plan).leave(ref.height, slots)

    def _missing(self, book: Book | None, ref: SheetRef, outcome: Outcome, place: str) -> None:
        plan, schema = ref.descriptor.plan, ref.descriptor.schema.name
        if not outcome.absent:
            self._go_public(plan, f"sealed rows of block {ref.height} are damaged")
            return
        self.absent.append((place, schema))
        if book is not None and schema == NOTICE and self._derive_notices(book, ref.descriptor.rows):
            self.derived += 1
        else:
            self._go_public(plan, f"the sealed rows of {schema} in block {ref.height} are not in this copy")

    def _derive_notices(self, book: Book, rows: int) -> bool:
        """Count the notices that a block's entries ask for, where that is as many as its absent sheet has.

        Whose they are follows from the entries; where the sheet says something else, her event counts will differ.
        """
        wanted = [
            slot for (plan, slot, _), count in self.notices.wanted.items() if plan == book.plan for _ in range(count)
        ]
        if len(wanted) != rows or any(slot >= book.slots for slot in wanted):
            return False
        apply_notices(book, np.array(wanted, np.int64))
        return True

    def _rules(
        self, book: Book, schema: str, columns: Columns, first: int, params: bytes | None
    ) -> list[MutualchainError]:
        """What the rules have against a part of a sheet; rows are numbered within the sheet."""
        try:
            if schema == BALLOT:
                found = self._ballots(book, columns, params)
            else:
                found = list(replay_sheet(book, schema, columns, partial(self._credited, book)))
        except UnsupportedVersion as error:
            self._give_up(book.plan, f"block {self._height} holds rows of {schema}, for which there are no rules yet")
            return [error]
        for wrong in found:
            kind, _, row = (wrong.place or "").partition(" ")
            if kind == "row" and row.isdigit():
                wrong.place = f"row {int(row) + first} (slot {int(columns['slot'][int(row)])})"
        return found

    def _ballots(self, book: Book, columns: Columns, params: bytes | None) -> list[MutualchainError]:
        """What the rules have against ballots; what they are on is signed, so where that is nothing it is a breach."""
        try:
            subject_of(params or b"")
        except MutualchainError as error:
            return [] if params is None else [BallotRule(f"ballots on nothing: {error.message}")]
        return replay_ballots(book, columns, params or b"", self._time_ms)

    def _credited(self, book: Book, slot: int, number: int) -> int | None:
        """What a correction corrects; where that cannot be read, it is believed, and has a finding elsewhere."""
        try:
            return credited(self._archive, book, slot, number)
        except MutualchainError:
            return MAX_CREDIT

    # --- notices ----------------------------------------------------------------------------

    def _noticed(self, ref: SheetRef, parts: list[Columns] | None) -> None:
        """A notice sheet of the block: its rows, or only how many there are."""
        plan = ref.descriptor.plan
        if parts is None:
            self._sealed_notices[plan] += ref.descriptor.rows
            return
        for columns in parts:
            self.notices.hold(plan, columns)

    def _notice_violations(self) -> list[MutualchainError]:
        """What is wrong with the block's notices; of those whose rows are not here, only their number."""
        wanted: Counter[str] = Counter()
        for (plan, slot, entry), count in list(self.notices.wanted.items()):
            if plan in self._sealed_notices or plan in self.unknown:
                wanted[plan] += count
                del self.notices.wanted[plan, slot, entry]
        for plan, slot, entry in list(self.notices.found):
            if plan in self._sealed_notices or plan in self.unknown:
                wanted[plan] -= self.notices.found.pop((plan, slot, entry))
        found: list[MutualchainError] = list(self.notices.violations())
        for plan, rows in self._sealed_notices.items():
            if rows != wanted[plan] and plan not in self.unknown and plan not in self.lost.values():
                text = f"the block has {rows} sealed notices where its entries ask for {wanted[plan]}"
                found.append(NoticeRule(text, place=f"plan {plan}"))
        return found

    # --- statements -------------------------------------------------------------------------

    def _statements(
        self, book: Book | None, ref: SheetRef, columns: Columns, first: int, params: bytes | None
    ) -> list[MutualchainError]:
        """The rows that their members did not sign."""
        schema, plan = ref.descriptor.schema.name, ref.descriptor.plan
        subject = b""
        if schema == BALLOT:
            try:
                subject = subject_of(params or b"")
            except MutualchainError:
                return []  # the rules say so
        slots = columns["slot"].tolist()
        rows = sorted(range(len(slots)), key=slots.__getitem__)  # neighbours' keys lie in one bundle
        found: list[tuple[bytes, bytes, bytes, str]] = []
        for row in rows:
            key = self._key(self.roll(plan), book, slots[row])
            if key is not None:
                message = statement_message(schema, self._chain, plan, columns, row, subject)
                place = f"row {row + first} (slot {slots[row]})"
                found.append((key, columns["signature"][row].tobytes(), message, place))
        return self._verify(found)

    def _key(self, roll: Roll, book: Book | None, slot: int) -> bytes | None:
        """The key in force in a slot; None for no such slot (the rules say so), or one that cannot be read."""
        changed = None if book is None else book.life.keys.key_of(slot, self._time_ms)
        if changed is not None:
            return changed
        try:
            return roll.key(self._archive, slot)
        except LookupError:
            return None
        except MutualchainError:
            self.unread_keys += 1
            return None

    def _verify(self, signed: list[tuple[bytes, bytes, bytes, str]]) -> list[MutualchainError]:
        """Those of these (key, signature, message, place) that do not verify, in order."""
        tasks = []
        for at in range(0, len(signed), _STATEMENTS):
            keys, signatures, messages, places = zip(*signed[at : at + _STATEMENTS], strict=True)
            tasks.append(StatementTask(keys, signatures, messages, places))
        self.statements += len(signed)
        if self._executor is None or len(tasks) <= 1:
            return [error for task in tasks for error in check_statements(task)]
        running = [self._executor.submit(check_statements, task) for task in tasks]
        return [error for future in running for error in future.result()]
