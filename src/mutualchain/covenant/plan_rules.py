"""What the covenant has against entries of a plan as a whole: amendments, and money beside the members'."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import AmendmentRule, FundRule, OverflowRule, RefundRule
from ..limits import MAX_TOTAL
from .acts import Amendment, Fund
from .calendar import DAY_MS
from .document import Covenant
from .refunds import RefundTerms

if TYPE_CHECKING:
    from .book import Book

__all__ = ["FIXED", "amendment_rule", "fund_rule", "refund_terms"]

FIXED = ("currency", "decimals", "sharing.funding")
"""What no amendment changes, because every amount so far has its meaning by it."""


def amendment_rule(book: Book, act: Amendment, now_ms: int) -> None:
    """Raises AmendmentRule for a version out of turn, too short a notice, a missing vote, or a change of what stays."""
    last, present = book.versions[-1], book.covenant_at(now_ms)
    if act.version != last.number + 1:
        raise AmendmentRule(f"version {act.version} where {last.number + 1} is next", value=act.version)
    notice = present.amendments.notice_days
    least = max(now_ms + notice * DAY_MS, last.effective_ms)
    if act.effective_ms < least:
        raise AmendmentRule(
            f"it would be in force from {act.effective_ms} on, and can be from {least} on",
            value=act.effective_ms,
            clause="amendments.notice_days",
        )
    values, before = Covenant.from_bytes(act.covenant).values(), last.covenant.values()
    for name in FIXED:
        if values[name] != before[name]:
            raise AmendmentRule(f"{name} stays {before[name]!r} for a plan's life", value=values[name], clause=name)
    if present.amendments.vote:
        proposed = book.life.proposals.get(act.proposal)
        if proposed is None or proposed.covenant != act.covenant or not book.life.passed(act.proposal, present):
            raise AmendmentRule("the members have not passed it", value=act.proposal, clause="amendments.vote")
    elif act.proposal:
        raise AmendmentRule("members do not vote on amendments of this plan", clause="amendments.vote")


def fund_rule(book: Book, act: Fund) -> None:
    """Raises FundRule, OverflowRule for money that does not fit its source, or the format."""
    if (act.source == "recovery") != bool(act.case):
        raise FundRule("a recovery names its case, and nothing else does", value=act.source)
    if act.case and act.case not in book.life.voided:
        raise FundRule("the case that money is recovered from is not void", value=act.case)
    if book.pot + act.amount > MAX_TOTAL:
        raise OverflowRule("the pot would leave the range of the format", value=act.amount)


def refund_terms(book: Book, case: bytes) -> RefundTerms:
    """What a refund of a voided case is made for, or of a round where a closing plan gives all back.

    Raises RefundRule.
    """
    if book.closing is not None and case == book.closing.name:
        terms = book.closing.refund_terms(book)
        if terms is None or book.now_ms < book.closing.until_ms(book):
            raise RefundRule("no round is to be given back, or not yet", value=case, clause="closing.refund")
        return terms
    state = book.cases.get(case)
    if state is None or state.round is None or case not in book.life.voided:
        raise RefundRule("the case is not void, or no round has shared it", value=case)
    if state.refunded:
        raise RefundRule("its shares were given back already", value=case)
    if book.covenant.refunds.void != "shares":
        raise RefundRule("what a void case cost goes into the next round, by the covenant", value=case)
    done = book.done[state.round]
    return RefundTerms(case, state.round, state.aid + state.fee, done.aid + done.fee)
