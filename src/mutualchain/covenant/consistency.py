"""Contradictions between a covenant's rules: each value may be in its range and the whole still impossible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..errors import CovenantError
from .calendar import day_number, deduction_instant, disclosure_instant_after, start_of
from .posix_tz import parse_rule

if TYPE_CHECKING:
    from .document import Covenant

__all__ = ["contradictions"]

Check = Callable[["Covenant"], Iterable[str]]

_CHECKS: list[tuple[frozenset[str], Check]] = []


def _concerns(*clauses: str) -> Callable[[Check], Check]:
    """Registers a check, and the clauses without which it means nothing."""

    def register(check: Check) -> Check:
        _CHECKS.append((frozenset(clauses), check))
        return check

    return register


def contradictions(covenant: Any, violations: Iterable[str] = ()) -> list[str]:
    """Every pair of rules that cannot hold together, a sentence each that begins with a clause.

    ``covenant`` has a covenant's sections; checks that concern one of ``violations`` (sentences that begin with their
    clauses) are left out.
    """
    wrong = {sentence.partition(":")[0].partition("[")[0] for sentence in violations}
    found: list[str] = []
    for clauses, check in _CHECKS:
        if not any(clause in wrong or clause.partition(".")[0] in wrong for clause in clauses):
            found += check(covenant)
    return found


@_concerns("calendar.rule")
def _rule(covenant: Covenant) -> Iterator[str]:
    try:
        parse_rule(covenant.calendar.rule)
    except CovenantError as error:
        yield error.message


@_concerns("calendar.kind", "calendar.disclosure_days", "calendar.deduction_days", "calendar.notice_days")
def _days(covenant: Covenant) -> Iterator[str]:
    calendar = covenant.calendar
    for name in ("disclosure_days", "deduction_days"):
        days = getattr(calendar, name)
        if any(not 1 <= day <= 31 for day in days) or len(set(days)) != len(days):
            yield f"calendar.{name}: different days of the month from 1 to 31, not {list(days)}"
    if calendar.kind == "event" and (calendar.disclosure_days or calendar.deduction_days):
        yield "calendar.kind: days of the month are for monthly rounds"
    if calendar.kind == "monthly" and calendar.notice_days:
        yield "calendar.notice_days: for rounds by event; monthly ones have their deduction days"


@_concerns("calendar.kind", "calendar.disclosure_days", "calendar.deduction_days", "calendar.rule")
def _monthly(covenant: Covenant) -> Iterator[str]:
    """Each round has to be deducted before the next one is disclosed, in months of every length."""
    calendar = covenant.calendar
    days = {*calendar.disclosure_days, *calendar.deduction_days}
    if calendar.kind != "monthly" or any(not 1 <= day <= 31 for day in days) or any(_rule(covenant)):
        return
    if not calendar.disclosure_days or len(calendar.disclosure_days) != len(calendar.deduction_days):
        yield "calendar.deduction_days: as many as disclosure days, and at least one"
        return
    snapshot = disclosure_instant_after(covenant, start_of(covenant, day_number(2027, 1, 1)))
    for _ in range(26 * len(calendar.disclosure_days)):  # a common year and a leap year
        assert snapshot is not None
        following = disclosure_instant_after(covenant, snapshot)
        assert following is not None
        if not deduction_instant(covenant, snapshot) < following:
            yield "calendar.deduction_days: each after its disclosure day and before the next one, in every month"
            return
        snapshot = following


@_concerns("membership.age_least_days", "membership.age_most_years", "membership.age_out_years")
def _ages(covenant: Covenant) -> Iterator[str]:
    membership = covenant.membership
    if membership.age_out_years and membership.age_out_years <= membership.age_most_years:
        yield "membership.age_out_years: who can still join would be out already"
    oldest = membership.age_most_years or membership.age_out_years
    if oldest and membership.age_least_days >= 365 * (oldest + 1):
        yield "membership.age_least_days: nobody is old enough and young enough to join"


@_concerns("aid.maxima")
def _maxima(covenant: Covenant) -> Iterator[str]:
    rows = covenant.aid.maxima
    for at, row in enumerate(rows):
        if row.age_from >= row.age_below:
            yield f"aid.maxima[{at}]: an age from {row.age_from} to below {row.age_below} is empty"
        elif any(
            earlier.group in ("", row.group) and earlier.age_from <= row.age_from and earlier.age_below >= row.age_below
            for earlier in rows[:at]
        ):
            yield f"aid.maxima[{at}]: never reached, because an earlier row fits whatever it fits"


@_concerns("aid.tiers")
def _tiers(covenant: Covenant) -> Iterator[str]:
    tiers = covenant.aid.tiers
    for at, (earlier, later) in enumerate(pairwise(tiers), 1):
        if later.days <= earlier.days or later.bp < earlier.bp:
            yield f"aid.tiers[{at}]: a later tier has more days and no less of the maximum"


@_concerns("aid.causes")
def _causes(covenant: Covenant) -> Iterator[str]:
    causes = covenant.aid.causes
    if len(set(causes)) != len(causes) or not all(_is_word(cause) for cause in causes):
        yield f"aid.causes: different words of a-z, 0-9 and _, not {list(causes)}"


def _is_word(value: str) -> bool:
    return 0 < len(value) <= 32 and value.isascii() and value.replace("_", "a").isalnum() and value == value.lower()


@_concerns("aid.causes", "aid.waiting")
def _waiting(covenant: Covenant) -> Iterator[str]:
    for at, row in enumerate(covenant.aid.waiting):
        if row.cause not in ("", *covenant.aid.causes):
            yield f"aid.waiting[{at}]: {row.cause} is no covered cause"


@_concerns("aid.request_most", "aid.request_override")
def _request(covenant: Covenant) -> Iterator[str]:
    if covenant.aid.request_override and not covenant.aid.request_most:
        yield "aid.request_override: there is no request_most to override"


@_concerns("sharing.funding", "sharing.credit_limit")
def _credit(covenant: Covenant) -> Iterator[str]:
    if covenant.sharing.funding != "postpaid" and covenant.sharing.credit_limit:
        yield "sharing.credit_limit: only post-paid plans give credit"


@_concerns("sharing.above_cap", "sharing.cap_case", "sharing.cap_round")
def _caps(covenant: Covenant) -> Iterator[str]:
    if covenant.sharing.above_cap != "refuse" and not (covenant.sharing.cap_case or covenant.sharing.cap_round):
        yield "sharing.above_cap: there is no cap"


@_concerns("cases.attestations")
def _roles(covenant: Covenant) -> Iterator[str]:
    roles = [item.role for item in covenant.cases.attestations]
    if len(set(roles)) != len(roles):
        yield "cases.attestations: each role once"


@_concerns("cases.jury", "cases.objection_days", "cases.jury_quorum")
def _jury(covenant: Covenant) -> Iterator[str]:
    if covenant.cases.jury == "on_objection" and not covenant.cases.objection_days:
        yield "cases.jury: without days for objections none can come"
    if covenant.cases.jury == "none" and covenant.cases.jury_quorum:
        yield "cases.jury_quorum: there is no jury"


@_concerns("cases.request", "cases.attestations", "cases.objection_days", "cases.jury")
def _process(covenant: Covenant) -> Iterator[str]:
    cases = covenant.cases
    if cases.request == "operator" and (cases.attestations or cases.objection_days or cases.jury != "none"):
        yield "cases.request: attestations, objections and juries are for cases that members request"


@_concerns("amendments.vote", "amendments.quorum")
def _vote(covenant: Covenant) -> Iterator[str]:
    if covenant.amendments.quorum and not covenant.amendments.vote:
        yield "amendments.quorum: members do not vote"
