"""Published figures, to the fen, from the shipped covenants; and published history, as far as it is plausible."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from mutualchain import catalogue
from mutualchain.covenant.calendar import day_number, disclosure_instant_after, start_of
from mutualchain.covenant.document import Covenant
from mutualchain.errors import ShareAboveCap

YUAN = 100

FIGURES = [
    # covenant, cases, aid of each, headcount, surplus in (yuan), share (fen), collected, surplus out (yuan)
    ("zhongtuobang", 1, 300_000, 5_000_000, 0, 6, 300_000, 0),
    ("zhongtuobang", 1, 300_000, 7_000_000, 0, 5, 350_000, 50_000),
    ("zhongtuobang", 1, 300_000, 7_000_000, 50_000, 4, 280_000, 30_000),
    ("xianghubao", 100, 300_000, 5_000_000, 0, 648, 32_400_000, 0),
    ("xianghubao-2018", 1, 300_000, 3_300_000, 0, 10, 330_000, 0),
    ("xianghubao", 1, 300_000, 98_240_000, 0, 1, 982_400, 658_400),
]
each_figure = pytest.mark.parametrize(
    ("name", "cases", "aid", "headcount", "surplus", "share", "collected", "left"),
    FIGURES,
    ids=[f"{row[0]}, {row[1]} x {row[2]:,} among {row[3]:,}, {row[4]:,} over" for row in FIGURES],
)


@each_figure
def test_the_published_figures_come_out_to_the_fen(
    name: str, cases: int, aid: int, headcount: int, surplus: int, share: int, collected: int, left: int
) -> None:
    covenant = catalogue.load(name).covenant
    found = covenant.apportion([aid * YUAN] * cases, headcount, surplus=surplus * YUAN)
    assert (found.share, found.due, found.surplus) == (share, collected * YUAN, left * YUAN)


def test_one_member_fewer_and_the_cap_is_passed() -> None:
    for name, smallest in (("xianghubao", 3_240_000), ("xianghubao-2018", 3_300_000)):
        covenant = catalogue.load(name).covenant
        assert covenant.smallest == smallest
        assert covenant.apportion(30_000_000, smallest).share == 10
        with pytest.raises(ShareAboveCap) as caught:
            covenant.apportion(30_000_000, smallest - 1)
        assert caught.value.clause == "sharing.cap_case"


def test_a_cap_that_carries_leaves_a_deficit() -> None:
    """The example plan takes 20 yuan a round at most, from 1,000 members who share 25,000 yuan and a fee."""
    covenant = catalogue.load("chronic").covenant
    aids = [500_000] * 5
    found = covenant.apportion(aids, 1_000)
    assert found.fee == 77_320  # 3% of aid and fee together, rounded up
    assert (found.share, found.due, found.surplus) == (2_000, 2_000_000, -(2_500_000 + 77_320 - 2_000_000))


# --- published history --------------------------------------------------------------------------

HISTORY = Path(__file__).with_name("xianghubao.csv")
ROWS = {row["period"]: row for row in csv.DictReader(HISTORY.read_text(encoding="utf-8").splitlines())}
XIANGHUBAO = catalogue.load("xianghubao").covenant
FIRST = catalogue.load("xianghubao-2018").covenant


def cases_for(covenant: Covenant, share: int, headcount: int) -> int:
    """How many cases of the largest aid make this share, at least."""
    case = covenant.max_aid + covenant.fee_of(covenant.max_aid)
    return -(-(share - 1) * headcount // case)


def rounds_in(year: int) -> int:
    count, at = 0, start_of(XIANGHUBAO, day_number(year, 1, 1)) - 1
    while (at := disclosure_instant_after(XIANGHUBAO, at) or 0) < start_of(XIANGHUBAO, day_number(year + 1, 1, 1)):
        count += 1
    return count


def test_the_first_large_case_was_shared_by_those_past_their_waiting_period() -> None:
    """0.03 yuan for 300,000 and a fee of 10% leaves 11 to 16.5 million who shared. 20 to 47 million had joined by then,
    10 million of them within nine days: those past 90 days of waiting. Shared by all of them it had been 0.02 or 0.01.
    """
    row = ROWS["2019-first-large-case"]
    aid, share = int(row["aid_yuan"]) * YUAN, round(float(row["share_yuan"]) * YUAN)
    assert int(row["fee_bp"]) == FIRST.fee.bp
    assert FIRST.apportion(aid, 11_000_000).share == share == FIRST.apportion(aid, 16_499_999).share
    assert [FIRST.apportion(aid, count).share for count in (10_000_000, 20_000_000, 47_000_000)] == [4, 2, 1]


def test_a_period_of_one_yuan_is_some_hundreds_of_cases() -> None:
    share = round(float(ROWS["2019-07-1"]["share_yuan"]) * YUAN)
    few, many = (cases_for(XIANGHUBAO, share, count) for count in (47_000_000, 105_520_000))
    assert 100 < few < many < 400
    for count, cases in ((47_000_000, few), (105_520_000, many)):
        assert XIANGHUBAO.apportion([30_000_000] * cases, count).share in (share - 1, share)


def test_the_years_sums_fit_their_rounds_and_caps() -> None:
    for year in (2019, 2020):
        total = round(float(ROWS[str(year)]["share_yuan"]) * YUAN)
        assert rounds_in(year) == 24
        assert total <= XIANGHUBAO.sharing.cap_year
        cases = cases_for(XIANGHUBAO, total // 24, 100_000_000)
        assert all(
            XIANGHUBAO.apportion([30_000_000] * cases, 100_000_000).share <= XIANGHUBAO.sharing.cap_case * cases
            for _ in range(24)
        )


def test_what_a_critical_illness_cost_in_december_2020_follows_from_the_incidence() -> None:
    """4 to 5 yuan among 98.24 million are 1,200 to 1,500 cases in half a month: about 3 in 10,000 a year."""
    cases = [cases_for(XIANGHUBAO, share, 98_240_000) for share in (400, 500)]
    yearly = [24 * count / 98_240_000 for count in cases]
    assert 1_200 < cases[0] < cases[1] < 1_530
    assert all(0.0002 < rate < 0.0005 for rate in yearly)
    headcounts = [int(row["members_sharing"]) for row in ROWS.values() if row["members_sharing"]]
    assert max(headcounts) == 105_520_000
    assert all(count > XIANGHUBAO.smallest for count in headcounts)
