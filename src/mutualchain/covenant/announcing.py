"""The terms with which a round opens at a snapshot, and what recorded ones get wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import AmountError, CaseUnknown, MutualchainError, OverflowRule, RoundUnbalanced, RuleError, TooFewMembers
from ..limits import MAX_CASES_PER_ROUND
from .capture import Capture
from .document import Covenant
from .figures import figures, least_top_up, whole_top_up
from .opened import Difference
from .rounds import RoundTerms

if TYPE_CHECKING:
    from .book import Book

__all__ = ["exempt_of", "terms_of", "terms_violations"]


def terms_of(book: Book, capture: Capture, cases: tuple[bytes, ...], top_up: int) -> RoundTerms:
    """The terms of the next round, with ``top_up`` or what the covenant asks for at least.

    Raises CaseUnknown, NobodyShares, TooFewMembers, ShareAboveCap, AmountError, OverflowRule.
    """
    version = next(item for item in book.versions if item.number == capture.version)
    covenant = version.covenant
    shared = _shared(book, cases)
    aids = tuple(aid for _, aid in shared)
    headcount = capture.headcount(exempt_of(book, covenant, cases))
    if 0 < headcount < covenant.membership.smallest:
        raise TooFewMembers(f"{headcount} share where {covenant.membership.smallest} must", value=headcount)
    divisor = book.carried.divisor(covenant, headcount) or headcount
    carry = {"surplus": book.surplus, "deficit": book.deficit}
    total = max(top_up, least_top_up(covenant, aids, divisor, **carry))
    if book.closing is not None and book.closing.bears(book):
        total = max(total, whole_top_up(covenant, aids, divisor, **carry))
    found = figures(covenant, aids, headcount, divisor, top_up=total, **carry)
    return RoundTerms(
        number=book.rounds,
        snapshot_height=capture.height,
        snapshot_time_ms=capture.time_ms,
        covenant_version=version.number,
        covenant_hash=covenant.hash,
        share=found.share,
        headcount=headcount,
        divisor=divisor,
        aid=found.aid,
        fee=found.fee,
        surplus_in=book.surplus,
        deficit_in=book.deficit,
        top_up=total,
        restituted=book.restituted,
        shared=shared,
    )


def _shared(book: Book, cases: tuple[bytes, ...]) -> tuple[tuple[bytes, int], ...]:
    if len(cases) > MAX_CASES_PER_ROUND:
        raise OverflowRule(f"a round shares at most {MAX_CASES_PER_ROUND} cases", value=len(cases))
    if len(set(cases)) != len(cases):
        raise CaseUnknown("a case is named twice in one round")
    for case in cases:
        state = book.cases.get(case)
        if state is None or state.round is not None:
            raise CaseUnknown("a case is not approved, or was shared already", value=case)
    if not cases and not book.deficit:
        raise CaseUnknown("a round needs a case, or a deficit to share")
    return tuple((case, book.cases[case].aid) for case in cases)


def exempt_of(book: Book, covenant: Covenant, cases: tuple[bytes, ...]) -> NDArray[np.int64] | None:
    """The sorted slots that do not share, because their own cases are shared; None where recipients share."""
    if covenant.sharing.recipient_shares:
        return None
    return np.unique([book.cases[case].slot for case in cases if case in book.cases]).astype(np.int64)


def terms_violations(book: Book, capture: Capture, terms: RoundTerms) -> list[MutualchainError]:
    """What recorded terms get wrong at a snapshot, figure by figure."""
    try:
        wanted = terms_of(book, capture, terms.cases, max(terms.top_up, capture.pot))
    except (RuleError, AmountError) as error:
        return [error]
    found: list[MutualchainError] = []
    for name in RoundTerms.__dataclass_fields__:
        stated, computed = getattr(terms, name), getattr(wanted, name)
        if stated != computed:
            found.append(
                RoundUnbalanced(
                    f"{name} is stated as {_shown(stated)} and computed as {_shown(computed)}",
                    value=Difference(_shown(computed), _shown(stated)),
                    place=f"round {terms.number + 1}",
                )
            )
    return found


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()[:16]
    if isinstance(value, tuple):
        return ", ".join(f"{case.hex()[:16]}: {aid}" for case, aid in value[:3]) + (", ..." if len(value) > 3 else "")
    return str(value)
