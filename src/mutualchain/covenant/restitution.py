"""What a restitution does to a book: the membership ends, and what its member has paid is in her balance again.

Illness in the waiting period, where ``aid.ill_in_waiting`` says ``refund_and_end``: shares come back without interest.
The sum comes out of what the next round begins with, whose terms name it; her balance stays hers to withdraw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .acts import Restitution
from .cases import Case, version_of
from .settling import end_memberships

if TYPE_CHECKING:
    from .book import Book

__all__ = ["is_owed", "restitute", "restituted_slots"]


def restitute(book: Book, act: Restitution) -> None:
    """Put a recorded restitution in force, as far as its case exists."""
    case = book.life.cases.get(act.case)
    if case is None or case.slot >= book.members.count:
        return
    if book.capture is not None:
        book.capture.touch(case.slot)
    book.members.stored[case.slot] += act.amount
    end_memberships(book.members, np.array([case.slot], np.uint32))
    book.totals.refunds += act.amount
    book.restituted += act.amount
    book.carry(book.surplus - book.deficit - act.amount)


def is_owed(book: Book, case: Case) -> bool:
    """Whether all shares of a case's member are to come back, and can: between two rounds."""
    refused = case.status == "refused" and case.clause == "aid.waiting" and not case.restituted
    if not refused or book.open is not None or book.capture is not None:
        return False
    return version_of(book, case.version).covenant.aid.ill_in_waiting == "refund_and_end"


def restituted_slots(book: Book) -> NDArray[np.int64]:
    """The sorted slots of members who got all of their shares back: refunds give them nothing any more."""
    return np.unique([case.slot for case in book.life.cases.values() if case.restituted]).astype(np.int64)
