"""What a settled round does to the members: charges, the year's sums, and who is in arrears since when.

Cost grows with the rows that differ from the usual one, not with the members.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..sheet import Status
from .calendar import day_of, start_of, year_of
from .capture import Coverage, Past, View
from .document import Covenant
from .members import ENDED, Members
from .opened import OpenRound
from .sparse import Sparse
from .timing import Version

__all__ = [
    "charge",
    "coverage_at",
    "end_memberships",
    "in_grace",
    "keep_past",
    "overdue_before",
    "settle_members",
    "view_at",
]


def overdue_before(covenant: Covenant, time_ms: int) -> int:
    """Shares deducted before this instant and still unpaid at ``time_ms`` are in arrears beyond the grace.

    Coverage lapses with the day that follows ``arrears.grace_days`` whole days after the day of the deduction.
    """
    return start_of(covenant, day_of(covenant, time_ms) - covenant.arrears.grace_days)


def coverage_at(members: Members, covenant: Covenant, time_ms: int, past: Sequence[Past]) -> Coverage:
    """Who shares at an instant, as the members stand now."""
    waiting = members.count
    if covenant.sharing.waiting_days:
        waiting = members.first_after(day_of(covenant, time_ms) - covenant.sharing.waiting_days)
    staying = sorted(slot for slot, instant in members.leaving.items() if instant > time_ms)
    limit = overdue_before(covenant, time_ms)
    recent = tuple(item for item in past if item.settled_ms >= limit)
    overdue = np.zeros(0, np.uint32)
    if covenant.sharing.funding == "mandate":
        owed = Sparse(members.owed.slots, members.owed.values)
        for item in recent:
            owed.values -= Sparse(item.slots, item.amounts).of(owed.slots)
        overdue = owed.slots[owed.values > 0]
    elif covenant.sharing.funding == "prepaid":
        overdue = members.short.slots[members.short.values < limit]
    return Coverage(
        covenant,
        waiting,
        year=year_of(covenant, time_ms),
        staying=np.array(staying, np.uint32),
        overdue=overdue.copy(),
        past=recent if covenant.sharing.funding == "postpaid" else (),
    )


def view_at(members: Members, covenant: Covenant, time_ms: int, past: Sequence[Past]) -> View:
    """The members as a round with a snapshot at ``time_ms`` would see them now."""
    return View(members, coverage_at(members, covenant, time_ms, past))


def in_grace(members: Members, covenant: Covenant, time_ms: int, past: Sequence[Past], slot: int) -> bool:
    """Whether ``slot`` is in arrears, and not for longer than the grace; see :meth:`.book.Book.in_grace`."""
    if members.out(slot, time_ms):
        return False
    if covenant.sharing.funding == "prepaid":
        since = members.short.get(slot)
        return members.balance(slot) <= 0 and since > 0 and since >= overdue_before(covenant, time_ms)
    owes = members.owed.get(slot) if covenant.sharing.funding == "mandate" else -members.balance(slot)
    return owes > 0 and bool(view_at(members, covenant, time_ms, past).covered(np.array([slot]))[0])


def end_memberships(members: Members, slots: NDArray[np.uint32]) -> None:
    """These members are out for good: their arrears were overdue at a snapshot."""
    at = slots.astype(np.int64)
    members.exits += int(np.count_nonzero(members.exited[at] == 0))
    members.exited[at] = ENDED
    for slot in set(members.leaving).intersection(at.tolist()):
        del members.leaving[slot]


def charge(members: Members, opened: OpenRound) -> None:
    """Take the round's amounts from the balances (not by mandate), and count them for the year where that is kept."""
    low = int(np.searchsorted(opened.slots, opened.waiting))
    slots = opened.slots[:low].astype(np.int64)
    less = np.int64(opened.usual) - opened.amounts[:low].astype(np.int64)
    if not opened.mandate:
        members.levy += opened.usual
        # Each slot occurs once; add.at takes half the time of fancy indexing, and others are waiting.
        np.add.at(members.stored, slots, less)
        members.stored[opened.waiting : members.count] += opened.usual
    if members.year_less is not None:
        if members.year != opened.year:
            members.new_year(opened.year)
        members.year_levy += opened.usual
        np.add.at(members.year_less, slots, less)
        members.year_less[opened.waiting : members.count] += opened.usual


def settle_members(members: Members, opened: OpenRound, announced: OpenRound, now_ms: int) -> None:
    """Everything that settling in a block of ``now_ms`` does to the members' columns.

    ``opened`` is the round as it is recorded, ``announced`` the same before failed collections were marked.
    """
    charge(members, opened)
    covenant = opened.covenant
    if opened.mandate:
        slots, amounts = failed_in(opened, announced)
        members.owed = members.owed.plus(slots, amounts)
    elif covenant.sharing.funding == "prepaid" and (covenant.arrears.grace_days or covenant.arrears.lapse == "ended"):
        _keep_short(members, opened, now_ms)
    else:
        members.short = Sparse()


def failed_in(opened: OpenRound, announced: OpenRound) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(slots whose collection failed, what each stays owing)."""
    failed = (opened.statuses == Status.PARTIAL) & (opened.amounts == 0)
    slots = opened.slots[failed].astype(np.int64)
    return slots, announced.rows_of(slots)[1].astype(np.int64)


def _keep_short(members: Members, opened: OpenRound, now_ms: int) -> None:
    """Prepaid: since when members have had nothing to pay with; who paid in full or was not asked starts anew."""
    kinds = opened.statuses
    short = (kinds == Status.PARTIAL) | (kinds == Status.LAPSED)
    slots = opened.slots[short]
    before = members.short.of(slots)
    members.short = Sparse(slots, np.where((kinds[short] == Status.LAPSED) & (before > 0), before, np.int64(now_ms)))


def keep_past(
    past: Sequence[Past], versions: Sequence[Version], opened: OpenRound, announced: OpenRound, now_ms: int
) -> tuple[Past, ...]:
    """The rounds whose unpaid shares are not overdue yet, with the one settled now.

    By the longest grace that any version gives; a share that is overdue by it stays so.
    """
    funding = opened.covenant.sharing.funding
    if funding == "prepaid":
        return ()
    if funding == "mandate":
        slots, amounts = failed_in(opened, announced)
        new = Past(now_ms, 0, opened.rows, slots, amounts)
    else:
        low = int(np.searchsorted(opened.slots, opened.waiting))
        new = Past(now_ms, opened.usual, opened.waiting, opened.slots[:low], opened.amounts[:low])
    grace = max(item.covenant.arrears.grace_days for item in versions)
    limit = start_of(opened.covenant, day_of(opened.covenant, now_ms) - grace)
    return (*(item for item in past if item.settled_ms >= limit), new)
