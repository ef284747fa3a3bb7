"""A plan runs itself: what its covenant demands by now is done, once, also after a week of silence.

    progress = ledger.advance(collect=lambda plan, opened: failed_slots, pay=bank.pay)
    progress.done, progress.blocked, progress.waiting, progress.next_ms

What is due follows from the state (:mod:`mutualchain.covenant.due`), so that nothing has to be remembered between two
calls and nothing is done twice, whoever calls, and however often. Decisions come before the round that shares what they
decide; many of one kind stand in one block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..covenant.acts import Act, Approval, ClosingNotice, ClosingStatement, Payout, Refusal
from ..covenant.calendar import DAY_MS, day_of, start_of
from ..covenant.closing import Statement, statement_of
from ..covenant.document import Covenant
from ..covenant.due import Duty, due, next_ms, to_remind, waiting_cases
from ..covenant.opened import OpenRound
from ..errors import RuleError
from .arguments import octets
from .cases import Cases
from .core import Core
from .money import Money
from .receipts import Acknowledgement
from .recording import record_act, record_acts
from .rounds import Progress, open_round, settle_round

__all__ = ["Advanced", "Collect", "Done", "Pay", "Running"]

Collect = Callable[[str, OpenRound], Any]
"""Of a plan that collects by mandate: the slots from whose accounts an open round's share could not be collected; None
where that is not known yet."""
Pay = Callable[[Duty], bytes | None]
"""Pays a duty's amount; the 32-byte hash of the payment's reference, or None where it was not paid."""

_PAYABLE: Final = {"case.pay": "member", "advance.repay": "funder"}
_TOGETHER: Final = ("case.refuse", "case.approve", "case.pay", "advance.repay")
_FIRST: Final = (
    *("votes.count", "case.refuse", "case.approve", "amendment.record", "round.settle", "case.refund"),
    "case.restitute",
    *("round.open", "advance.repay", "case.pay", "plan.refund", "plan.statement"),
)
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Done:
    """A duty that was done, and the block in which it stands."""

    duty: Duty
    height: int
    time_ms: int


@dataclass(frozen=True, slots=True)
class Advanced:
    """What a call did, what the covenant forbade, what waits for somebody, and when the next thing comes due."""

    done: tuple[Done, ...]
    blocked: tuple[tuple[Duty, RuleError], ...]
    waiting: tuple[Duty, ...]
    next_ms: int | None


class Running:
    """The part of a ledger that runs by itself, and what ends a plan."""

    _core: Core

    def due(self, plan: str | None = None) -> list[Duty]:
        """What the covenants of all plans, or of one, demand by now. Raises PlanUnknown."""
        core = self._core
        with core.turn:
            core.usable()
            now_ms = core.now()
            books = core.books.values() if plan is None else [core.book(plan)]
            found = [duty for book in books for duty in due(book, now_ms)]
        return sorted(found, key=lambda duty: (duty.at_ms, duty.plan))

    def next_due_ms(self) -> int | None:
        """When something comes due next, as far as the ledger knows; None for nothing."""
        core = self._core
        with core.turn:
            now_ms = core.now()
            found = [next_ms(book, now_ms) for book in core.books.values()]
        return min((at for at in found if at is not None), default=None)

    def advance(
        self,
        plan: str | None = None,
        *,
        collect: Collect | None = None,
        pay: Pay | None = None,
        progress: Progress | None = None,
    ) -> Advanced:
        """Do what the covenants demand by now, of all plans or of one, and say what is left.

        Rounds of plans that collect by mandate are settled where ``collect`` says whose collection failed; aid is paid
        where ``pay`` pays it. What a covenant forbids is left, with the reason; anything else that goes wrong is
        raised, and the next call goes on from there. ``progress(done, total)`` counts the rows of a sheet.
        """
        run = _Run(self._core, collect, pay, progress)
        for name in sorted(self._core.books) if plan is None else [plan]:
            run.plan(name)
        blocked = {duty.reference for duty, _ in run.blocked}
        waiting = [duty for duty in self.due(plan) if duty.reference not in blocked]
        return Advanced(tuple(run.done), tuple(run.blocked), tuple(waiting), self.next_due_ms())

    def to_remind(self, plan: str, start: int = 0, stop: int | None = None) -> NDArray[np.int64]:
        """The slots, among ``start`` to ``stop``, of members whose balance is below ``arrears.remind_below``.

        Raises PlanUnknown.
        """
        with self._core.turn:
            return to_remind(self._core.book(plan), start, stop)[0]

    # --- the end of a plan ----------------------------------------------------------------------

    def announce_closing(self, plan: str, announcement: bytes, *, reference: str | bytes) -> Acknowledgement:
        """Begin to wind a plan down (关停); ``announcement`` is the hash of what is published. Raises ClosingRule."""
        return record_act(self._core, plan, ClosingNotice(octets(announcement, "an announcement's hash")), reference)

    def closing_statement(self, plan: str) -> Statement:
        """What a plan owes, to whom, and out of what it is paid (清算公示). Raises PlanUnknown."""
        with self._core.turn:
            return statement_of(self._core.book(plan))

    def end_plan(self, plan: str, *, reference: str | bytes) -> Acknowledgement:
        """Record the closing statement: the plan has ended. Raises ClosingRule where something is outstanding."""
        with self._core.turn:
            act = ClosingStatement(statement_of(self._core.book(plan)).to_bytes())
            return record_act(self._core, plan, act, reference)


class _Run:
    """One call of :meth:`Running.advance`."""

    def __init__(self, core: Core, collect: Collect | None, pay: Pay | None, progress: Progress | None) -> None:
        self.core, self.collect, self.pay, self.progress = core, collect, pay, progress
        self.done: list[Done] = []
        self.blocked: list[tuple[Duty, RuleError]] = []
        self._left: set[str] = set()

    def plan(self, plan: str) -> None:
        """Do what is due in one plan, until nothing is that can be done."""
        while batch := self._next(plan):
            for at in range(0, len(batch), _BATCH):
                self._together(batch[at : at + _BATCH])

    def _next(self, plan: str) -> list[Duty]:
        """The duties to do now: one, or all of its kind where they stand in one block."""
        with self.core.turn:
            self.core.usable()
            book = self.core.book(plan)
            found = [duty for duty in due(book, self.core.now()) if self._can(duty)]
        if not found:
            return []
        first = min(found, key=lambda duty: _FIRST.index(duty.kind))
        return [duty for duty in found if duty.kind == first.kind] if first.kind in _TOGETHER else [first]

    def _can(self, duty: Duty) -> bool:
        if duty.reference in self._left:
            return False
        if duty.kind == "round.settle" and self.collect is None:
            opened = self.core.book(duty.plan).open
            return opened is not None and not opened.mandate
        return duty.automatic or (duty.kind in _PAYABLE and self.pay is not None)

    def _together(self, batch: Sequence[Duty]) -> None:
        try:
            self._do(batch)
        except RuleError as error:
            if len(batch) == 1:
                self._leave(batch[0], error)
                return
            for duty in batch:  # one of them is forbidden: each for itself
                self._together([duty])

    def _leave(self, duty: Duty, error: RuleError | None = None) -> None:
        """Not this time: the covenant forbids it, or it was not paid."""
        self._left.add(duty.reference)
        if error is not None:
            self.blocked.append((duty, error))

    def _do(self, batch: Sequence[Duty]) -> None:
        first = batch[0]
        if first.kind not in _TOGETHER:
            acknowledged = self._one(first)
            if acknowledged is None:
                self._leave(first)
                return
            self.done.append(Done(first, acknowledged.height, acknowledged.time_ms))
            return
        acts = list(self._acts(batch))
        if not acts:
            return
        found = record_acts(self.core, first.plan, [(act, duty.reference) for duty, act in acts])
        self.done += [Done(duty, item.height, item.time_ms) for (duty, _), item in zip(acts, found, strict=True)]

    def _acts(self, batch: Iterable[Duty]) -> Iterable[tuple[Duty, Act]]:
        for duty in batch:
            if duty.kind == "case.approve":
                yield duty, Approval(duty.subject, duty.amount)
            elif duty.kind == "case.refuse":
                yield duty, Refusal(duty.subject, duty.clause)
            else:
                assert self.pay is not None
                payment = self.pay(duty)
                if payment is None:
                    self._leave(duty)
                else:
                    yield (
                        duty,
                        Payout(duty.subject, duty.amount, _PAYABLE[duty.kind], octets(payment, "a payment's hash")),
                    )

    def _one(self, duty: Duty) -> Acknowledgement | None:
        core, plan, reference = self.core, duty.plan, duty.reference
        if duty.kind == "round.open":
            with core.turn:
                cases = waiting_cases(core.book(plan))
            return open_round(core, plan, cases, 0, reference)[0]
        if duty.kind == "round.settle":
            opened = core.book(plan).open
            assert opened is not None
            failed: Any = ()
            if opened.mandate:
                assert self.collect is not None
                failed = self.collect(plan, opened)
            return None if failed is None else settle_round(core, plan, reference, self.progress, failed)
        if duty.kind in ("case.refund", "plan.refund"):
            return Money(core).refund(plan, duty.subject, reference=reference, progress=self.progress)
        if duty.kind == "case.restitute":
            return Cases(core).restitute(plan, duty.subject, reference=reference)
        if duty.kind == "amendment.record":
            return self._amend(duty)
        if duty.kind == "plan.statement":
            with core.turn:
                return record_act(core, plan, ClosingStatement(statement_of(core.book(plan)).to_bytes()), reference)
        return Cases(core).adjudicate(plan, duty.subject, reference=reference)

    def _amend(self, duty: Duty) -> Acknowledgement:
        """What passed is in force with the first local day after the notice."""
        core = self.core
        with core.turn:
            book = core.book(duty.plan)
            now_ms, covenant = core.now(), book.covenant
            least = now_ms + covenant.amendments.notice_days * DAY_MS
            effective = max(start_of(covenant, day_of(covenant, least) + 1), book.versions[-1].effective_ms)
            passed = Covenant.from_bytes(book.life.proposals[duty.subject].covenant)
            return Money(core).amend(duty.plan, passed, effective, proposal=duty.subject, reference=duty.reference)
