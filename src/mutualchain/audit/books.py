"""The rules of the covenants, applied to what was recorded: every block's entries and rows, in order.

The rules are the package ``covenant``'s, which the writer asks before it records. Here is what an auditor needs
beyond: going on after a breach, and knowing what he cannot know. A plan is replayed in one of three ways:

* *full*: every row is there and proven; balances, statuses and event counts are computed and compared;
* *public*: a sealed row or a member's row is missing or damaged. From then on balances are unknown, and what
  does not depend on them is checked: equal shares, totals, the two equations, what is carried over;
* *none*: the chain holds something that this release has no rules for. Hashes and totals only.
"""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..archive import layout
from ..archive.reading import Archive, SheetRef
from ..archive.replay import CHARGE, Replay, Snapshots
from ..block.chain import ENROLMENT
from ..block.entry import CHAIN
from ..covenant.acts import RoundOpening
from ..covenant.book import Book, Difference
from ..covenant.capture import Capture, OpenRound
from ..covenant.replay import replay_sheet
from ..covenant.rounds import RoundTerms, check_round
from ..errors import (
    COULD_NOT_CHECK,
    CaseUnknown,
    MutualchainError,
    NoRoundOpen,
    RoundUnbalanced,
    RuleError,
    SheetProofError,
    SnapshotError,
    StoreCorrupt,
    UnsupportedVersion,
)
from ..limits import PAGES_PER_BUNDLE
from ..sheet import Columns, params_hash
from .chain import Recorded
from .findings import Breach, Findings
from .members import Roll, StatementTask, check_statements, statement_message
from .ranges import PublicRows, Slice
from .sheets import Comparison, Outcome, SheetAudit
from .stored import StoredCopies

__all__ = ["Books"]

_STATEMENTS: Final = 2_000
"""Signatures in one task: a tenth of a second."""
_SIGNED: Final = ("withdrawal/1", "exit/1")
_AMOUNTS: Final = {"credit/1": "credits", "withdrawal/1": "withdrawals"}


class _StatedCapture(Capture):
    """A snapshot whose balances are unknown: as many share as the round says."""

    __slots__ = ("_stated",)

    def __init__(self, capture: Capture, headcount: int) -> None:
        self.height, self.time_ms = capture.height, capture.time_ms
        self.rows, self.events, self.saved = capture.rows, capture.events, {}
        self._stated = headcount

    def headcount(self) -> int:
        return self._stated

    def exceptions(self, share: int) -> tuple[NDArray[np.uint32], NDArray[np.uint8], NDArray[np.uint32]]:
        return np.zeros(0, np.uint32), np.zeros(0, np.uint8), np.zeros(0, np.uint32)


class Books(Replay):
    """The books of all plans. ``public`` and ``unknown`` map plans to the reason why they are not replayed in full.

    ``lost`` has the hash and plan of every entry that could not be applied.
    """

    def __init__(
        self,
        archive: Archive,
        snapshots: Snapshots,
        times: list[int],
        sheets: SheetAudit,
        findings: Findings,
        stored: StoredCopies,
        executor: Executor | None,
    ) -> None:
        super().__init__(archive, {}, snapshots)
        self.rolls: dict[str, Roll] = {}
        self.public: dict[str, str] = {}
        self.unknown: dict[str, str] = {}
        self.lost: dict[bytes, str] = {}
        self.absent_sheets = 0
        self.statements = 0
        self.unread_keys = 0
        self._times = times
        self._sheets = sheets
        self._findings = findings
        self._stored = stored
        self._executor = executor
        self._chain = b""
        self._height = 0
        self._said: dict[str, set[type[MutualchainError]]] = {}

    def follow(self, recorded: Recorded, chain: bytes) -> None:
        """Apply a block, and report everything that its entries and rows break."""
        self._chain, self._height = chain, recorded.height
        for plan in recorded.unknown:
            self._give_up(plan, f"block {recorded.height} holds something that this release does not know")
        for digest, plan in recorded.lost:
            self.lost[digest] = plan
            if plan != CHAIN and plan not in self.books:
                self._give_up(plan, f"its covenant in block {recorded.height} is damaged")
        for index, (entry, digest) in enumerate(zip(recorded.entries, recorded.digests, strict=True)):
            if entry is None or entry.plan == CHAIN or entry.plan in self.unknown:
                continue
            errors = self._entry(entry, digest)
            if any(isinstance(error, UnsupportedVersion) for error in errors):
                self._give_up(entry.plan, f"block {recorded.height} holds an entry that this release does not know")
            self._report(errors, f"block {recorded.height}, entry {index}")
        for index, descriptor in enumerate(recorded.header.sheets):
            position = recorded.positions[index]
            self._recorded_sheet(SheetRef(recorded.height, recorded.header.time_ms, index, position, descriptor))
        self._report(self.snapshots_after(recorded.height), f"block {recorded.height}")

    def _report(self, errors: list[MutualchainError], place: str) -> None:
        """Report what is broken, but for what names a lost case or plan: that has its finding where it was lost."""
        for error in errors:
            lost = (isinstance(error, CaseUnknown) and error.value in self.lost) or (
                isinstance(error, SnapshotError) and error.value in self.unknown
            )
            if not lost:  # and what is read here was signed, so it is a rule that is broken
                signed = None if error.exit_code == COULD_NOT_CHECK else Breach.RULE
                self._findings.add(error, place, breach=signed)

    def _give_up(self, plan: str, reason: str) -> None:
        self.unknown.setdefault(plan, reason)

    def _go_public(self, plan: str, reason: str) -> None:
        self.public.setdefault(plan, reason)

    # --- rounds -----------------------------------------------------------------------------

    def _opening(self, book: Book, act: RoundOpening) -> list[MutualchainError]:
        """Open a recorded round; where its snapshot is not to be had, from the state as it is now."""
        terms = act.terms
        if book.open is not None:
            return list(book.replay_opening(act, None))
        found: list[MutualchainError] = list(self._snapshot_time(terms))
        capture = book.capture
        if capture is None or capture.height != terms.snapshot_height:
            if not found:
                found.append(SnapshotError("the round's snapshot is no block before it", value=terms.snapshot_height))
            book.cancel_capture()
            capture = Capture(book.members, terms.snapshot_height, terms.snapshot_time_ms)
        if book.plan in self.public:
            capture = _StatedCapture(capture, terms.headcount)
        found += book.replay_opening(act, capture)
        if terms.snapshot_height >= self._height:  # impossible, and not to be built on
            book.snapshot_height, book.snapshot_time_ms = self._height - 1, self._times[self._height - 1]
        self._said[book.plan] = {type(error) for error in found}
        return found

    def _snapshot_time(self, terms: RoundTerms) -> list[RuleError]:
        """A snapshot at T is the state after the last block with a time below T, and that block is here already."""
        at, times, place = terms.snapshot_height, self._times, f"round {terms.number + 1}"
        if at + 1 >= len(times):
            wrong = SnapshotError("the snapshot is of a block that was yet to come", place=place)
            wrong.value = Difference(f"at most block {len(times) - 2}", f"block {at}")
            return [wrong]
        if times[at] < terms.snapshot_time_ms <= times[at + 1]:
            return []
        wrong = SnapshotError(f"block {at} is not the last one before the snapshot's instant", place=place)
        wrong.value = Difference(f"after {times[at]}, at most {times[at + 1]}", terms.snapshot_time_ms)
        return [wrong]

    def _charge_sheet(self, book: Book, ref: SheetRef, place: str) -> None:
        descriptor = ref.descriptor
        terms = self._terms(ref, place)
        if book.open is None:
            if book.plan not in self.lost.values():
                self._findings.add(NoRoundOpen("a charge sheet was recorded without an open round"), place)
            if terms is not None:
                self._report(self._opening(book, RoundOpening(terms)), place)
        opened = book.open
        if opened is None:
            self._sheets.check(ref, self._chain, None, None)
            return
        if terms is not None and terms != opened.terms:
            self._findings.extend(_terms_differ(terms, opened.terms), place)
        public = book.plan in self.public
        stated = [("row count", descriptor.rows, opened.rows)]
        if not public:
            names = (f"total {item.name!r}" for item in descriptor.schema.aggregates)
            stated += zip(names, descriptor.aggregates, opened.totals(), strict=True)
        for name, found, wanted in stated:
            if found != wanted:
                wrong = RoundUnbalanced(f"the sheet's {name} is not what the covenant computes")
                self._findings.add(wrong, place, expected=wanted, found=found)
        outcome = self._sheets.check(ref, self._chain, _comparison(opened, public), None)
        self._settle(book, opened, descriptor.aggregates, place)
        if outcome.corrections is None:
            self._go_public(book.plan, f"too many rows of block {ref.height} are not what the covenant computes")
        for slots, beyond in outcome.corrections or ():
            book.members.stored[slots] -= beyond

    def _settle(self, book: Book, opened: OpenRound, recorded: tuple[int, ...], place: str) -> None:
        """Hold the round's totals against the two equations, and go on from what was recorded."""
        sharing, paid = recorded
        result, errors = check_round(opened.terms, book.covenant, sharing, paid, (book.surplus, book.deficit))
        said = self._said.pop(book.plan, set())
        if book.plan not in self.public and recorded != opened.totals():
            said.add(RoundUnbalanced)  # the totals have their findings already
        self._findings.extend((error for error in errors if type(error) not in said), place)
        book.settle(result)

    def _terms(self, ref: SheetRef, place: str) -> RoundTerms | None:
        """What the sheet was made for, if it can be relied on."""
        where = f"{place}, params"
        data = self._params(ref, where)
        if data is None:
            return None
        try:
            return RoundTerms.from_bytes(data)
        except MutualchainError as error:
            self._findings.add(error, where, breach=Breach.RULE)
            return None

    def _params(self, ref: SheetRef, place: str) -> bytes | None:
        data = self._stored.get(layout.params(ref.height, ref.index))
        wanted = ref.descriptor.params_hash
        if data is None:
            if wanted != params_hash(b""):
                self._stored.counts[b"P"] += 1
                self._findings.add(StoreCorrupt("what the sheet was made for is missing from the store"), place)
            return None
        self._stored.counts[b"P"] += 1
        try:
            found = params_hash(data)
        except MutualchainError as error:
            self._findings.add(error, place)
            return None
        if found != wanted:
            wrong = SheetProofError("what the sheet was made for is not what it commits to")
            self._findings.add(wrong, place, expected=wanted, found=found)
            return None
        return data

    # --- sheets -----------------------------------------------------------------------------

    def _recorded_sheet(self, ref: SheetRef) -> None:
        descriptor = ref.descriptor
        schema, plan = descriptor.schema.name, descriptor.plan
        place = f"block {ref.height}, sheet {ref.index}"
        book = None if plan in self.unknown else self.books.get(plan)
        if schema == ENROLMENT:
            self._enrolments(book, ref)
        elif schema == CHARGE and book is not None:
            self._charge_sheet(book, ref, place)
        elif descriptor.schema.sealed:
            self._sparse(book, ref, place)
        else:
            self._sheets.check(ref, self._chain, None, None)
        if schema != CHARGE or book is None:
            self._params(ref, f"{place}, params")

    def _enrolments(self, book: Book | None, ref: SheetRef) -> None:
        descriptor = ref.descriptor
        roll = self.rolls.setdefault(descriptor.plan, Roll(descriptor.plan))
        roll.add_sheet(ref)
        rows_full = PAGES_PER_BUNDLE * descriptor.schema.page_rows
        before = 0 if book is None else book.totals.deposits

        def take(bundle: int, columns: Columns | None) -> list[MutualchainError]:
            start = bundle * rows_full
            if columns is None:
                if book is not None:
                    book.members.append(0, min(rows_full, descriptor.rows - start))
                return []
            roll.prefixes.append((descriptor.first + start, columns["prefix"]))
            return [] if book is None else list(replay_sheet(book, ENROLMENT, {"deposit": columns["deposit"]}))

        outcome = self._sheets.check(ref, self._chain, None, take)
        if book is not None and not outcome.sound:
            self._go_public(book.plan, f"members' rows in block {ref.height} are damaged")
            book.totals.deposits = before + descriptor.total("deposit")

    def _sparse(self, book: Book | None, ref: SheetRef, place: str) -> None:
        descriptor = ref.descriptor
        schema, plan = descriptor.schema.name, descriptor.plan
        slots: list[NDArray[np.uint32]] = []
        total = _AMOUNTS.get(schema)
        before = 0 if book is None or total is None else getattr(book.totals, total)

        def take(bundle: int, columns: Columns | None) -> list[MutualchainError]:
            if columns is None:
                return []
            slots.append(columns["slot"])
            first = bundle * PAGES_PER_BUNDLE
            found = self._statements(schema, plan, columns, first) if schema in _SIGNED else []
            if book is not None and plan not in self.public:
                found += self._rules(book, schema, columns, first)
            return found

        outcome = self._sheets.check(ref, self._chain, None, take)
        if outcome.sound:
            self._stored.sparse_rows(plan, ref.position, np.concatenate(slots), place)
        else:
            self._stored.uncounted |= {b"M", b"W"}
            self._missing(plan, ref, outcome)
        if book is not None and total is not None and plan in self.public:
            setattr(book.totals, total, before + descriptor.total("amount"))

    def _missing(self, plan: str, ref: SheetRef, outcome: Outcome) -> None:
        if outcome.absent:
            self.absent_sheets += 1
            self._go_public(plan, f"the sealed rows of block {ref.height} are not in this copy")
        else:
            self._go_public(plan, f"sealed rows of block {ref.height} are damaged")

    def _rules(self, book: Book, schema: str, columns: Columns, first: int) -> list[MutualchainError]:
        """What the rules have against a part of a sheet; rows are numbered within the sheet."""
        try:
            found: list[MutualchainError] = list(replay_sheet(book, schema, columns))
        except UnsupportedVersion as error:
            self._give_up(book.plan, f"block {self._height} holds rows of {schema}, for which there are no rules yet")
            return [error]
        for wrong in found:
            kind, _, row = (wrong.place or "").partition(" ")
            if kind == "row" and row.isdigit():
                wrong.place = f"row {int(row) + first} (slot {int(columns['slot'][int(row)])})"
        return found

    def _statements(self, schema: str, plan: str, columns: Columns, first: int) -> list[MutualchainError]:
        """The rows that their members did not sign."""
        roll = self.rolls.setdefault(plan, Roll(plan))
        slots = columns["slot"].tolist()
        rows = sorted(range(len(slots)), key=slots.__getitem__)  # neighbours' keys lie in one bundle
        tasks = [
            self._statement_task(roll, schema, columns, rows[at : at + _STATEMENTS], first)
            for at in range(0, len(rows), _STATEMENTS)
        ]
        self.statements += sum(len(task.keys) for task in tasks)
        if self._executor is None or len(tasks) == 1:
            return [error for task in tasks for error in check_statements(task)]
        running = [self._executor.submit(check_statements, task) for task in tasks]
        return [error for future in running for error in future.result()]

    def _statement_task(self, roll: Roll, schema: str, columns: Columns, rows: list[int], first: int) -> StatementTask:
        found: list[tuple[bytes, bytes, bytes, str]] = []
        for row in rows:
            slot = int(columns["slot"][row])
            try:
                key = roll.key(self._archive, slot)
            except LookupError:
                continue  # no such slot: the rules say so
            except MutualchainError:
                self.unread_keys += 1
                continue
            message = statement_message(schema, self._chain, roll.plan, columns, row)
            found.append((key, columns["signature"][row].tobytes(), message, f"row {row + first} (slot {slot})"))
        keys, signatures, messages, places = zip(*found, strict=True) if found else ((), (), (), ())
        return StatementTask(tuple(keys), tuple(signatures), tuple(messages), tuple(places))


def _comparison(opened: OpenRound, public: bool) -> Comparison:
    if public:
        rows = PublicRows(opened.terms.share)
        return lambda start, stop: rows
    return lambda start, stop: Slice.of(opened, start, stop)


def _terms_differ(stated: RoundTerms, announced: RoundTerms) -> list[MutualchainError]:
    """Each figure of a charge sheet's terms that is not the announced one."""
    found: list[MutualchainError] = []
    for name in RoundTerms.__dataclass_fields__:
        mine, told = getattr(stated, name), getattr(announced, name)
        if mine != told:
            text = f"the charge sheet's {name} is not the one that was announced"
            found.append(RoundUnbalanced(text, value=Difference(told, mine)))
    return found
