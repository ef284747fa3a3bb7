"""What a plan's covenant demands now: of the writer, of institutions, of whoever pays.

``due(book, now_ms)`` lists it in the order in which it came due. Duties that are ``automatic`` follow from the chain
alone, and ``Ledger.advance`` does them; the others wait for somebody: an attestation, a disclosure, a payment. A duty
that is done leaves the list, because it follows from the state; nothing else remembers it.

A monthly round opens as soon as every case that can still be decided before its day of deduction is decided, and on
that day at the latest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ..limits import MAX_CASES_PER_ROUND
from .calendar import DAY_MS, deduction_instant
from .cases import Case, version_of
from .closing import statement_of
from .document import Covenant
from .restitution import is_owed
from .timing import instant_after, version_at

if TYPE_CHECKING:
    from .book import Book

__all__ = ["AUTOMATIC", "Duty", "due", "next_ms", "to_remind", "waiting_cases"]

AUTOMATIC: Final = (
    "votes.count",
    "case.approve",
    "case.refuse",
    "amendment.record",
    "round.open",
    "round.settle",
    "case.refund",
    "case.restitute",
    "plan.refund",
    "plan.statement",
)
"""Duties that follow from the chain alone."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that the covenant demands, since ``at_ms``. ``subject`` names a case or proposal, if one is meant.

    ``number`` is a round's, from 0; ``amount`` is in minor units; ``deadline_ms`` is 0 where the clause names none.
    """

    kind: str
    plan: str
    at_ms: int
    clause: str
    subject: bytes = b""
    number: int = -1
    amount: int = 0
    detail: str = ""
    deadline_ms: int = 0

    @property
    def automatic(self) -> bool:
        """Whether it follows from the chain alone."""
        return self.kind in AUTOMATIC

    @property
    def reference(self) -> str:
        """A client's reference for doing it: the same for the same duty, so that it is never done twice."""
        subject = f"{self.subject.hex()} " if self.subject else ""
        return f"due {self.kind} {subject}{self.number} {self.at_ms}"


def due(book: Book, now_ms: int) -> list[Duty]:
    """What the plan's covenant demands at ``now_ms``, in the order in which it came due."""
    found = [duty for duty in _duties(book, now_ms) if duty.at_ms <= now_ms]
    return sorted(found, key=lambda duty: (duty.at_ms, _ORDER.index(duty.kind), duty.subject))


def next_ms(book: Book, now_ms: int) -> int | None:
    """The next instant after ``now_ms`` at which something comes due, as far as the book knows; None for none.

    A snapshot's instant is one, because a block has to be made at it for the snapshot to be of it.
    """
    later = [duty.at_ms for duty in _duties(book, now_ms) if duty.at_ms > now_ms]
    if (instant := instant_after(book.versions, now_ms)) is not None:
        later.append(instant)
    return min(later, default=None)


_ORDER: Final = (
    "case.attest",
    "case.disclose",
    "votes.count",
    "case.refuse",
    "case.approve",
    "amendment.record",
    "round.settle",
    "case.refund",
    "case.restitute",
    "round.open",
    "advance.repay",
    "case.pay",
    "plan.refund",
    "plan.outstanding",
    "plan.statement",
)
"""At one instant: what was decided comes before the round that shares it."""


def _duties(book: Book, now_ms: int) -> Iterator[Duty]:
    """Duties with the instants at which they come or came due."""
    for name, case in book.life.cases.items():
        if case.open:
            yield from _deciding(book, name, case)
        elif is_owed(book, case):  # illness in the waiting period: shares come back, and the membership ends
            yield Duty("case.restitute", book.plan, case.requested_ms, "aid.ill_in_waiting", name)
    yield from _paying(book)
    if book.closing is not None:
        yield from _ending(book, now_ms)
    else:
        yield from _amending(book, now_ms)
    if book.open is not None:
        monthly = book.open.covenant.calendar.kind == "monthly"
        clause = "calendar.deduction_days" if monthly else "calendar.notice_days"
        yield Duty("round.settle", book.plan, book.open.due_ms, clause, number=book.rounds)
    else:
        yield from _opening(book, now_ms)


# --- cases --------------------------------------------------------------------------------------


def _deciding(book: Book, name: bytes, case: Case) -> Iterator[Duty]:
    covenant = version_of(book, case.version).covenant
    if case.status == "requested":
        missing = [
            row.role
            for row in covenant.cases.attestations
            if sum(role == row.role and supports == 1 for role, supports in case.attestations.values()) < row.count
        ]
        kind, clause = ("case.attest", "cases.attestations") if missing else ("case.disclose", "cases.request")
        yield Duty(kind, book.plan, case.requested_ms, clause, name, amount=case.amount, detail=", ".join(missing))
        return
    at = _decided_ms(case, covenant)
    if not case.jury(covenant):
        yield Duty("case.approve", book.plan, at, "cases.objection_days", name, amount=case.aid)
    elif case.ballots < 0:
        yield Duty("votes.count", book.plan, at, "cases.jury_days", name)
    elif case.verdict(covenant):
        yield Duty("case.approve", book.plan, at, "cases.jury", name, amount=case.aid)
    else:
        yield Duty("case.refuse", book.plan, at, "cases.jury_majority_bp", name)


def _decided_ms(case: Case, covenant: Covenant) -> int:
    """When a disclosed case can be decided, as things stand."""
    return case.voting_ends(covenant) if case.jury(covenant) else case.window_ms


def _paying(book: Book) -> Iterator[Duty]:
    """Shared cases: aid to be paid, advances to be repaid, and shares of voided ones to be given back."""
    for name, shared in book.cases.items():
        if shared.round is None:
            continue
        settled = book.done[shared.round].settled_ms
        if name in book.life.voided:
            if book.covenant.refunds.void == "shares" and not shared.refunded and book.open is None:
                yield Duty("case.refund", book.plan, settled, "refunds.void", name, number=shared.round)
            continue
        case = book.life.cases.get(name)
        advances, repaid = (case.advances, case.repaid) if case is not None else (0, 0)
        days = version_of(book, case.version).covenant.cases.payout_days if case is not None else 0
        deadline = settled + days * DAY_MS if days else 0
        if advances > repaid:
            left = advances - repaid
            yield Duty("advance.repay", book.plan, settled, "advances.by", name, amount=left, deadline_ms=deadline)
        paid = case.paid if case is not None else shared.paid
        if (left := shared.aid - paid - advances) > 0:
            yield Duty("case.pay", book.plan, settled, "cases.payout_days", name, amount=left, deadline_ms=deadline)


# --- the covenant -------------------------------------------------------------------------------


def _amending(book: Book, now_ms: int) -> Iterator[Duty]:
    """Votes on proposals to be counted, and what passed to be recorded as an amendment."""
    present = book.covenant_at(now_ms)
    adopted = {version.covenant.to_bytes() for version in book.versions[1:]}
    for name, proposed in book.life.proposals.items():
        if proposed.ballots < 0:
            yield Duty("votes.count", book.plan, proposed.closes_ms, "amendments.vote_days", name)
        elif proposed.covenant not in adopted and book.life.passed(name, present):
            yield Duty("amendment.record", book.plan, proposed.closes_ms, "amendments.vote", name)


def _ending(book: Book, now_ms: int) -> Iterator[Duty]:
    """What is left of a wind-down once the last day for requests has passed."""
    closing = book.closing
    assert closing is not None
    until = closing.until_ms(book)
    if closing.final_ms >= 0:
        return
    if now_ms < until or book.open is not None:
        yield Duty("plan.statement", book.plan, max(until, now_ms + 1), "closing.request_days")
        return
    terms = closing.refund_terms(book)
    if terms is not None:
        yield Duty("plan.refund", book.plan, until, "closing.refund", closing.name, number=terms.round)
        return
    left = statement_of(book).outstanding()
    if not left:
        yield Duty("plan.statement", book.plan, until, "closing.request_days")
    for name, amount, clause in left:
        yield Duty("plan.outstanding", book.plan, until, clause, amount=amount, detail=name)


# --- rounds -------------------------------------------------------------------------------------


def waiting_cases(book: Book) -> tuple[bytes, ...]:
    """The approved cases that no round has shared, in the order of their approval, as many as one round takes."""
    waiting = [name for name, shared in book.cases.items() if shared.round is None]
    return tuple(waiting[:MAX_CASES_PER_ROUND])


def _opening(book: Book, now_ms: int) -> Iterator[Duty]:
    """A round for the cases that wait."""
    cases = waiting_cases(book)
    if not cases:
        return
    if version_at(book.versions, now_ms).covenant.calendar.kind != "monthly":
        yield _round(book, max(book.life.cases[name].requested_ms for name in cases), len(cases))
        return
    snapshot = _snapshot_ms(book, now_ms)
    if snapshot is None:
        return
    undecided = [
        _decided_ms(case, version_of(book, case.version).covenant)
        for case in book.life.cases.values()
        if case.status == "disclosed"
    ]
    last = deduction_instant(version_at(book.versions, snapshot).covenant, snapshot)
    pending = [at for at in undecided if at <= last]
    if not pending or now_ms >= last:
        yield _round(book, snapshot, len(cases))
    else:
        yield _round(book, max(*pending, now_ms + 1), len(cases))


def _round(book: Book, at_ms: int, cases: int) -> Duty:
    return Duty("round.open", book.plan, at_ms, "calendar.kind", number=book.rounds, detail=f"{cases} cases")


def _snapshot_ms(book: Book, now_ms: int) -> int | None:
    """The snapshot that a monthly round opened now would have: the last instant that has come since the last round."""
    found = book.capture.time_ms if book.capture is not None and book.capture.frozen else None
    instant = book.instant
    while instant is not None and instant <= now_ms:
        found, instant = instant, instant_after(book.versions, instant)
    return found


# --- members ------------------------------------------------------------------------------------


def to_remind(
    book: Book, start: int = 0, stop: int | None = None, below: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(slots, balances) of members still in who have less than ``below`` minor units, among ``start`` to ``stop``.

    ``below`` is ``arrears.remind_below`` unless given. Nobody where it is 0, and where shares are collected from
    accounts outside. What it costs in memory grows with the slots that are asked for.
    """
    least, members = book.covenant.arrears.remind_below if below is None else below, book.members
    stop = members.count if stop is None else min(stop, members.count)
    if not least or book.covenant.sharing.funding == "mandate":
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    balances = members.balances(start, stop)
    at = np.flatnonzero((balances < least) & (members.exited[start:stop] == 0))
    return at + start, balances[at]
