"""A covenant played forward: the same seed gives the same run, its rounds follow the covenant, its books balance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mutualchain import catalogue
from mutualchain.covenant.closing import statement_of
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.sections import (
    Aid,
    Arrears,
    Calendar,
    Cases,
    Fee,
    Maximum,
    Membership,
    Sharing,
    Tier,
    Waiting,
)
from mutualchain.errors import UsageError
from mutualchain.simulate import Assumptions, simulate
from mutualchain.simulate.draw import SERIES, chart, series, write_png
from mutualchain.simulate.play import _Play

SMALL = Assumptions(members=20_000, years=1)
CALM = replace(SMALL, incidence=((150, 0.0),), accidents=0.0)


def plan(**sections: Any) -> Covenant:
    parts: dict[str, Any] = {"aid": Aid(maxima=(Maximum(1_000_000),)), "cases": Cases(request="operator")}
    return Covenant("Demo", **parts | sections)


@pytest.mark.parametrize("name", catalogue.names())
def test_every_shipped_covenant_plays_and_its_books_balance(name: str) -> None:
    covenant = catalogue.load(name).covenant
    covenant = replace(covenant, sharing=replace(covenant.sharing, cap_case=0))  # so that a small plan may share
    play = _Play(covenant, SMALL, 3)
    periods = [play.period(begin, end) for begin, end in play.instants()]
    assert sum(period.cases for period in periods) > 0
    assert sum(period.share for period in periods) > 0
    assert statement_of(play.book).difference == 0
    assert statement_of(play.book).aid == 0
    rounds = [period for period in periods if period.share]
    assert all(period.paid <= period.share * period.sharing for period in rounds)
    assert all(period.rule == "" for period in periods)


def test_the_same_seed_gives_the_same_run_and_another_another() -> None:
    covenant = catalogue.load("zhongtuobang").covenant
    one, same, other = (simulate(covenant, SMALL, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one.periods != other.periods


def test_every_share_is_the_covenants() -> None:
    covenant = plan(fee=Fee(bp=800), aid=Aid(maxima=(Maximum(1_000_000),), tiers=(Tier(0, 2_000), Tier(365, 10_000))))
    surplus, deficit = 0, 0
    rounds = 0
    for period in simulate(covenant, SMALL).periods:
        if period.aid:
            found = covenant.apportion(period.aid, period.sharing, surplus=surplus, deficit=deficit)
            assert (found.share, found.fee) == (period.share, period.fee)
            net = period.paid + surplus - deficit - period.aid - period.fee
            assert (period.surplus, period.deficit) == (max(net, 0), max(-net, 0))
            rounds += 1
        surplus, deficit = period.surplus, period.deficit
    assert rounds > 5


def test_nobody_falls_ill_where_nobody_does() -> None:
    run = simulate(plan(), CALM)
    assert all((period.cases, period.share, period.sharing) == (0, 0, 0) for period in run.periods)
    assert run.refusals == ()
    assert [year.cost for year in run.years()] == [0]


def test_members_join_and_leave_at_their_rates() -> None:
    run = simulate(plan(), replace(CALM, joining=0.2, leaving=0.1, years=2))
    joined, left = (sum(getattr(period, name) for period in run.periods) for name in ("joined", "left"))
    assert 7_400 < joined < 8_400  # of 20,000, in two years less a week
    assert 3_700 < left < 4_700
    assert run.periods[-1].members == 20_000 + joined - left
    still = simulate(plan(), replace(CALM, joining=0.0, leaving=0.0))
    assert {period.members for period in still.periods} == {20_000}


def test_membership_ends_at_the_covenants_age() -> None:
    membership = Membership(age_most_years=65, age_out_years=66)
    still = replace(CALM, leaving=0.0, joining=0.0)
    found = sum(period.left for period in simulate(plan(membership=membership), still).periods)
    assert 200 < found < 400  # of ages spread evenly over 66 years, one in 66 a year
    assert sum(period.left for period in simulate(plan(), still).periods) == 0


def test_a_new_plan_gives_nothing_in_its_waiting_period() -> None:
    waiting = Aid(maxima=(Maximum(1_000_000),), waiting=(Waiting(180),))
    run = simulate(plan(aid=waiting), replace(SMALL, settled=False, incidence=((150, 0.02),)))
    early = [period for period in run.periods if period.day < run.periods[0].day + 170]
    assert sum(period.cases for period in early) == 0
    assert sum(period.refused for period in early) > 50
    assert sum(period.cases for period in run.periods) > 50
    assert dict(run.refusals)["aid.waiting"] >= sum(period.refused for period in early)


def test_rounds_that_the_covenant_forbids_are_named_and_their_cases_wait() -> None:
    run = simulate(plan(sharing=Sharing(cap_round=1)), SMALL)
    assert {period.rule for period in run.periods if period.rule} == {"sharing.cap_round"}
    assert sum(period.share for period in run.periods) == 0
    assert run.years()[0].blocked == sum(period.rule != "" for period in run.periods)
    few = simulate(plan(membership=Membership(smallest=30_000)), SMALL)
    assert {period.rule for period in few.periods if period.rule} == {"membership.smallest"}


def test_who_does_not_pay_lapses() -> None:
    calendar = Calendar("monthly", disclosure_days=(7, 21), deduction_days=(14, 28))
    sharing = Sharing(funding="mandate")
    covenant = plan(sharing=sharing, calendar=calendar, arrears=Arrears(grace_days=7))
    assumed = replace(SMALL, incidence=((150, 0.01),), failing=0.2, paying_late=0.5)
    run = simulate(covenant, assumed)
    assert max(period.lapsed for period in run.periods) > 1_000
    good = simulate(covenant, replace(assumed, failing=0.0))
    assert max(period.lapsed for period in good.periods) == 0
    assert all(period.paid == period.share * period.sharing for period in good.periods)


def test_post_paid_plans_run_on_credit() -> None:
    covenant = plan(
        sharing=Sharing(funding="postpaid"), membership=Membership(prepay=0), arrears=Arrears(grace_days=30)
    )
    run = simulate(covenant, replace(SMALL, topping_up=0.5))
    assert sum(period.share for period in run.periods) > 0
    assert max(period.lapsed for period in run.periods) > 0


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**64), st.sampled_from(["prepaid", "postpaid", "mandate"]), st.booleans())
def test_books_balance_for_any_seed(seed: int, funding: str, monthly: bool) -> None:
    calendar = Calendar("monthly", disclosure_days=(1,), deduction_days=(15,)) if monthly else Calendar()
    covenant = plan(sharing=Sharing(funding=funding), calendar=calendar)
    play = _Play(covenant, Assumptions(members=2_000, years=1, incidence=((150, 0.02),)), seed)
    for begin, end in play.instants():
        play.period(begin, end)
        assert statement_of(play.book).difference == 0


WRONG: list[dict[str, Any]] = [
    {"members": 0},
    {"members": 1.5},
    {"years": 0},
    {"years": 101},
    {"event_days": 0},
    {"joining": -0.1},
    {"joining": 11},
    {"leaving": 1.5},
    {"mild": True},
    {"failing": "often"},
    {"incidence": ()},
    {"incidence": ((40, 0.1), (30, 0.1))},
    {"incidence": ((40, 2.0),)},
]


@pytest.mark.parametrize("values", WRONG)
def test_assumptions_out_of_range_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Assumptions(**values)


def test_a_seed_is_a_number() -> None:
    for seed in (-1, 1.0, "1"):
        with pytest.raises(UsageError):
            simulate(plan(), CALM, seed=seed)  # type: ignore[arg-type]


def test_progress_counts_periods() -> None:
    seen: list[tuple[int, int]] = []
    run = simulate(plan(), CALM, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(at + 1, len(run.periods)) for at in range(len(run.periods))]


# --- drawn --------------------------------------------------------------------------------------


def test_a_chart_goes_from_zero_to_the_highest() -> None:
    assert chart([0, 1, 2, 3, 4], 10, 1) == [" ▂▄▆█"]
    assert chart([0, 4, 8], 10, 2) == ["  █", " ██"]
    assert chart([-4, 0, 4], 10, 2) == ["  █", " ██"]
    assert chart([7, 7], 10, 1) == ["██"]
    assert chart([0, 0], 10, 2) == ["  ", "  "]
    assert chart([], 10, 2) == ["", ""]
    assert chart([0, 4, 8], 10, 1, unicode=False) == [" :#"]


def test_a_chart_is_no_wider_than_asked_for() -> None:
    lines = chart(list(range(1_000)), 40, 4)
    assert {len(line) for line in lines} == {40}
    assert lines[-1] == "".join(sorted(lines[-1]))


def test_a_run_has_a_value_a_period_in_every_series() -> None:
    run = simulate(catalogue.load("zhongtuobang").covenant, SMALL)
    found = series(run)
    assert tuple(found) == SERIES
    assert {len(values) for values in found.values()} == {len(run.periods)}
    assert found["share"] == [period.share for period in run.periods]


@pytest.mark.usefixtures("matplotlib")
def test_a_png_is_drawn(tmp_path: Any) -> None:
    run = simulate(catalogue.load("zhongtuobang").covenant, replace(SMALL, members=2_000))
    path = tmp_path / "run.png"
    write_png(run, path)
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert path.stat().st_size > 10_000


def test_without_matplotlib_a_png_is_refused(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mutualchain.simulate.draw.has_plot", lambda: False)
    with pytest.raises(UsageError, match="matplotlib"):
        write_png(simulate(plan(), CALM), tmp_path / "run.png")


def test_births_are_within_what_the_covenant_takes() -> None:
    play = _Play(catalogue.load("xianghubao").covenant, SMALL, 1)
    start = play.book.now_ms // 86_400_000
    ages = (start - play.people.births) / 365.25
    assert np.all(ages >= 30 / 366)
    assert np.all(ages < 60.01)
