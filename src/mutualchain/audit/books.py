"""The rules of the covenants, applied to what was recorded: every block's entries and rows, in order.

The rules are the package ``covenant``'s, which the writer asks before it records. Here is what an auditor needs
beyond: going on after a breach, and knowing what he cannot know. A plan is replayed in one of three ways:

* *full*: every row is there and proven; balances, statuses and event counts are computed and compared;
* *public*: a sealed row or a member's row is missing or damaged. From then on balances are unknown, and what
  does not depend on them is checked: equal shares, totals, the two equations, what is carried over;
* *none*: the chain holds something that this release has no rules for. Hashes and totals only.

What depends on the facts of a case is checked where these were opened to whoever has this copy.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..archive.reading import SheetRef
from ..archive.replay import CHARGE, REFUND
from ..block.chain import ENROLMENT
from ..block.entry import CHAIN, Entry
from ..covenant.acts import Act, Request, chain_act_of
from ..covenant.book import Book
from ..covenant.erasure import erased_facts
from ..covenant.facts import Facts
from ..covenant.signing import keys_of, verify_chain_act
from ..covenant.statements import act_message
from ..errors import CaseUnknown, MutualchainError, RuleError, SlotUnknown, StatementSignatureError, UnsupportedVersion
from .chain import Recorded
from .findings import Breach
from .rounds import RoundsReplay
from .rows import RowsReplay

__all__ = ["Books"]


class Books(RoundsReplay, RowsReplay):
    """The books of all plans."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.cases_requested = 0
        self.cases_opened = 0
        self._place = ""
        self._signed: list[tuple[bytes, bytes, bytes, str]] = []

    def follow(self, recorded: Recorded, chain: bytes) -> None:
        """Apply a block, and report everything that its entries and rows break."""
        self._chain = chain
        self._sealed_notices = Counter()
        self.begin_block(recorded.height, recorded.header.time_ms)
        block = f"block {recorded.height}"
        for plan in recorded.unknown:
            self._give_up(plan, f"{block} holds something that this release does not know")
        for digest, plan in recorded.lost:
            self.lost[digest] = plan
            if plan != CHAIN and plan not in self.books:
                self._give_up(plan, f"its covenant in {block} is damaged")
        for index, (entry, digest) in enumerate(zip(recorded.entries, recorded.digests, strict=True)):
            if entry is not None and entry.plan not in self.unknown:
                self._follow_entry(entry, digest, f"{block}, entry {index}")
        self._report(self._verify(self._signed), "")
        self._signed = []
        for index, descriptor in enumerate(recorded.header.sheets):
            position = recorded.positions[index]
            self._recorded_sheet(SheetRef(recorded.height, recorded.header.time_ms, index, position, descriptor))
        self._report(self._notice_violations(), block)
        self._report(self.snapshots_after(recorded.height), block)

    @property
    def cases_erased(self) -> int:
        """Requested cases whose facts were destroyed, as the chain says."""
        lives = (book.life for book in self.books.values())
        return sum(
            bool(case.facts_root) and erased_facts(life, name) is not None
            for life in lives
            for name, case in life.cases.items()
        )

    # --- entries ----------------------------------------------------------------------------

    def _follow_entry(self, entry: Entry, digest: bytes, place: str) -> None:
        self._place = place
        errors = self._entry(entry, digest)
        if entry.plan != CHAIN and any(isinstance(error, UnsupportedVersion) for error in errors):
            self._give_up(entry.plan, f"{place.split(',')[0]} holds an entry that this release does not know")
        if any(isinstance(error, CaseUnknown) and error.value in self.lost for error in errors):
            self.lost[digest] = entry.plan  # what it did is lost with its case, and whom it concerns
        self._report(errors, place)

    def _chain_entry(self, entry: Entry) -> list[MutualchainError]:
        act = chain_act_of(entry)
        found: list[MutualchainError] = []
        if act is not None:
            try:
                verify_chain_act(self.registry, self._chain, act)
            except StatementSignatureError as error:
                found.append(error)
            except RuleError:
                pass  # who is not there: the rules below say so
        return found + super()._chain_entry(entry)

    def _act(self, book: Book, act: Act, digest: bytes) -> list[MutualchainError]:
        absent: RuleError | None = None
        try:
            message = act_message(self._chain, book.plan, act)
            for key, signature in keys_of(book, act, self._time_ms, self._enrolled(book)):
                self._signed.append((key, signature, message, self._place))
        except RuleError as error:
            absent = error
        except _Unread:
            pass
        found = super()._act(book, act, digest)
        if absent is not None and not found:  # else the rules say who is missing
            found.append(absent)
        return found

    def _enrolled(self, book: Book) -> Any:
        def key(slot: int) -> bytes:
            if not 0 <= slot < book.slots:
                raise SlotUnknown(f"the plan has no slot {slot}", value=slot)
            found = self._key(self.roll(book.plan), None, slot)
            if found is None:
                raise _Unread
            return found

        return key

    def _facts(self, book: Book, act: Act, digest: bytes) -> Facts | int | None:
        """The opened facts of an act's case; what is stored and does not fit its commitment is damage, not a breach."""
        try:
            found = super()._facts(book, act, digest)
        except MutualchainError as error:
            self._findings.add(error, f"{self._place}, facts", breach=Breach.DATA)
            found = None
        if isinstance(act, Request):
            self.cases_requested += 1
            self.cases_opened += isinstance(found, Facts) and not any(isinstance(item, bytes) for item in found.items)
        return found

    # --- sheets -----------------------------------------------------------------------------

    def _recorded_sheet(self, ref: SheetRef) -> None:
        descriptor = ref.descriptor
        schema, plan = descriptor.schema.name, descriptor.plan
        place = f"block {ref.height}, sheet {ref.index}"
        book = None if plan in self.unknown else self.books.get(plan)
        if schema == CHARGE and book is not None:
            self._charge_sheet(book, ref, place)
            return
        if schema == REFUND and book is not None:
            self._refund_sheet(book, ref, place)
            return
        params = self._params(ref, f"{place}, params")
        if schema == ENROLMENT:
            self._enrolments(book, ref)
        elif descriptor.schema.sealed:
            self._sparse(book, ref, place, params)
        else:
            self._sheets.check(ref, self._chain, None, None)


class _Unread(Exception):
    """A key that cannot be read: its signature is counted as not checked."""
