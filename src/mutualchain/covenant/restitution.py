"""What a restitution does to a book: the membership ends, and what its member has paid is in her balance again.

Illness in the waiting period, where ``aid.ill_in_waiting`` says ``refund_and_end``: shares come back without interest.
The sum comes out of what the next round begins with; her balance stays hers to withdraw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .acts import Restitution
from .settling import end_memberships

if TYPE_CHECKING:
    from .book import Book

__all__ = ["restitute"]


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
    book.carry(book.surplus - book.deficit - act.amount)
