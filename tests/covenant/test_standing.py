"""What the covenant's tables say about one case: waiting period, maximum, seniority, ages to the day."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.covenant.calendar import birthday, day_number, start_of
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.facts import Facts
from mutualchain.covenant.sections import Aid, Maximum, Membership, Tier, Waiting
from mutualchain.covenant.standing import (
    MECHANICAL,
    Standing,
    age_clauses,
    births_allowed,
    clauses,
    joining_violations,
)
from mutualchain.errors import StandingRule

from .lives import JOINED, covenant, facts_of

TODAY = JOINED + 300


def broken(rules: Covenant, aid: int = 1, opened: Facts | None = None, today: int = TODAY, **facts: Any) -> set[str]:
    """The clauses that a case breaks."""
    standing = Standing(rules, opened if opened is not None else facts_of(**facts), JOINED)
    return {wrong.clause for wrong in standing.violations(aid, start_of(rules, today))}


def with_aid(**aid: Any) -> Covenant:
    return covenant(aid={"waiting": (), "request_within_days": 0, **aid})


def test_189_days_after_joining_is_covered_and_179_is_not() -> None:
    """The published case of e互助: joined 2014-07-30, diagnosed 2015-02-04, nine days after the waiting period."""
    assert day_number(2015, 2, 4) - JOINED == 189
    assert broken(covenant(), 40_000_000, today=JOINED + 200) == set()
    assert broken(covenant(), 40_000_000, today=JOINED + 200, diagnosed_day=JOINED + 179) == {"aid.waiting"}


@pytest.mark.parametrize(
    ("facts", "days"),
    [
        ({}, 180),
        ({"cause": "accident"}, 0),
        ({"birth_day": birthday(JOINED + 189, -60)}, 365),
        ({"birth_day": birthday(JOINED + 189, -60) + 1}, 180),
    ],
)
def test_of_the_waiting_periods_that_fit_the_longest_counts(facts: dict[str, Any], days: int) -> None:
    for after in (days, days + 1):
        found = broken(covenant(), **{"diagnosed_day": JOINED + after, **facts})
        assert ("aid.waiting" in found) == (after == days), (facts, after, found)


def test_a_diagnosis_before_joining_is_never_covered() -> None:
    assert broken(with_aid(), diagnosed_day=JOINED) == {"aid.waiting"}
    assert broken(with_aid(), diagnosed_day=JOINED + 1) == set()


@pytest.mark.parametrize(
    ("facts", "most"),
    [
        ({}, 40_000_000),
        ({"birth_day": birthday(JOINED + 189, -40)}, 20_000_000),
        ({"birth_day": birthday(JOINED + 189, -40) + 1}, 40_000_000),
        ({"group": "mild"}, 5_000_000),
    ],
)
def test_the_most_is_the_first_row_that_fits(facts: dict[str, Any], most: int) -> None:
    assert broken(covenant(), most, **facts) == set()
    assert broken(covenant(), most + 1, **facts) == {"aid.maxima"}


def test_a_group_without_a_row_gets_nothing() -> None:
    assert broken(covenant(), group="cosmetic") == {"aid.maxima"}


@pytest.mark.parametrize(("after", "bp"), [(30, 0), (31, 2_000), (365, 2_000), (366, 4_000), (2_000, 4_000)])
def test_seniority_gives_a_part_of_the_most(after: int, bp: int) -> None:
    rules = with_aid(maxima=(Maximum(1_000),), tiers=(Tier(31, 2_000), Tier(366, 4_000)))
    facts: dict[str, Any] = {"diagnosed_day": JOINED + after, "today": JOINED + 3_000}
    assert broken(rules, 1_000 * bp // 10_000 or 1, **facts) == (set() if bp else {"aid.tiers"})
    assert broken(rules, 1_000 * bp // 10_000 + 1, **facts) == {"aid.tiers"}


@pytest.mark.parametrize(
    ("today", "clauses_broken"),
    [(JOINED + 189, set()), (JOINED + 369, set()), (JOINED + 370, {"aid.request_within_days"})],
)
def test_aid_is_requested_within_180_days_of_the_diagnosis(today: int, clauses_broken: set[str]) -> None:
    assert broken(covenant(), today=today) == clauses_broken


def test_a_diagnosis_lies_not_ahead() -> None:
    assert broken(covenant(), today=JOINED + 188) == {"aid.request_within_days"}
    assert broken(covenant(aid={"request_within_days": 0}), today=JOINED + 2_000) == set()


def test_causes_are_those_of_the_covenant() -> None:
    assert broken(covenant(), cause="war") == {"aid.causes"}


AGES = Covenant(
    "Ages", membership=Membership(age_least_days=28, age_most_years=65, age_out_years=76), aid=Aid(maxima=(Maximum(9),))
)


@pytest.mark.parametrize(
    ("born", "found"),
    [
        (JOINED - 28, set()),
        (JOINED - 27, {"membership.age_least_days"}),
        (birthday(JOINED, -66) + 1, set()),
        (birthday(JOINED, -66), {"membership.age_most_years"}),
    ],
)
def test_ages_at_joining_are_judged_to_the_day(born: int, found: set[str]) -> None:
    assert {wrong.clause for wrong in joining_violations(AGES, born, JOINED)} == found
    assert broken(AGES, birth_day=born, group="") == found


@given(
    least=st.integers(0, 400),
    most=st.sampled_from([0, 1, 4, 59, 75, 150]),
    today=st.one_of(st.integers(-3_000, 40_000), st.sampled_from([day_number(2024, 2, 29), day_number(2023, 3, 1)])),
    off=st.integers(-3, 3),
)
def test_the_birth_days_of_who_can_join_are_those_without_a_violation(
    least: int, most: int, today: int, off: int
) -> None:
    rules = Covenant("Ages", membership=Membership(age_least_days=least, age_most_years=most))
    first, last = births_allowed(rules, today)
    for born in (last + off, today if first is None else first + off):
        allowed = born <= last and (first is None or born >= first)
        assert allowed == (not list(joining_violations(rules, born, today)))
    named = {"membership.age_least_days": least, "membership.age_most_years": most}
    assert age_clauses(rules) == tuple(name for name, value in named.items() if value)


def test_membership_ends_on_a_birthday() -> None:
    rules = Covenant("Out", membership=Membership(age_out_years=60), aid=Aid(maxima=(Maximum(9),)))
    assert broken(rules, birth_day=birthday(JOINED + 189, -60) + 1) == set()
    assert broken(rules, birth_day=birthday(JOINED + 189, -60)) == {"membership.age_out_years"}
    assert broken(rules, birth_day=birthday(JOINED + 189, -60), diagnosed_day="") == set()


def test_an_age_that_the_days_do_not_make_is_refused() -> None:
    assert broken(covenant(), age=30) == set()
    assert broken(covenant(), age=29) == {"facts"}


@pytest.mark.parametrize(
    ("age", "found"),
    [
        (66, set()),
        (67, {"membership.age_most_years"}),
        (70, {"membership.age_most_years", "membership.age_out_years"}),
    ],
)
def test_an_age_alone_breaks_what_it_breaks_for_certain(age: int, found: set[str]) -> None:
    """Diagnosed 189 days after joining, she may have had one birthday since."""
    rules = covenant(membership={"age_out_years": 70})
    assert broken(rules, opened=facts_of(age=age).only("age", "diagnosed_day")) == found


# --- what is not open -----------------------------------------------------------------------------


def test_without_facts_only_the_largest_sum_is_judged() -> None:
    standing = Standing(covenant(), None, JOINED)
    assert standing.most() == 40_000_000
    assert [wrong.clause for wrong in standing.violations(40_000_001, 0)] == ["aid.maxima"]
    assert not list(standing.violations(40_000_000, 0))


@pytest.mark.parametrize(
    ("opened", "clause"),
    [
        (("cause", "group", "diagnosed_day"), None),
        (("cause",), None),
        (("diagnosed_day", "birth_day"), None),
        (("diagnosed_day", "cause", "birth_day"), "aid.waiting"),
    ],
)
def test_a_rule_needs_all_the_facts_it_depends_on(opened: tuple[str, ...], clause: str | None) -> None:
    facts = facts_of(diagnosed_day=JOINED + 150).only(*opened)
    assert broken(covenant(), opened=facts) == ({clause} if clause else set())


def test_a_closed_group_leaves_the_largest_sum_and_closed_seniority_all_of_it() -> None:
    assert Standing(covenant(), facts_of().only("birth_day", "diagnosed_day"), JOINED).maximum() is None
    tiered = Standing(with_aid(tiers=(Tier(0, 2_000),)), facts_of().only("group"), JOINED)
    assert tiered.tier_bp() is None
    assert tiered.most() == 40_000_000
    assert {wrong.clause for wrong in tiered.violations(40_000_001, 0)} == {"aid.maxima"}


def test_a_waiting_period_for_any_cause_needs_no_cause() -> None:
    rules = with_aid(waiting=(Waiting(10),))
    assert broken(rules, opened=facts_of(diagnosed_day=JOINED + 10).only("diagnosed_day")) == {"aid.waiting"}


def test_mechanical_clauses_are_clauses() -> None:
    assert set(MECHANICAL) < clauses(covenant())
    assert "cases.jury" in clauses(covenant())


def test_an_error_names_its_clause() -> None:
    with pytest.raises(StandingRule) as caught:
        Standing(covenant(), facts_of(group="none"), JOINED).most()
    assert caught.value.clause == "aid.maxima"
