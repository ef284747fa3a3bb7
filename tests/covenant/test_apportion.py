"""The share: published figures to the fen, and what holds for any round."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.covenant.apportionment import Apportionment, apportion, fee_of
from mutualchain.errors import AmountError, NobodyShares
from mutualchain.limits import MAX_ROWS, MAX_TOTAL

AMOUNTS = st.integers(0, MAX_TOTAL)
SMALL = st.integers(0, 10**10)

# aid (yuan), fee (basis points), headcount, surplus in (yuan), share (fen), collected (yuan), surplus out (yuan)
FIGURES = [
    (300_000, 0, 5_000_000, 0, 6, 300_000, 0),
    (300_000, 0, 7_000_000, 0, 5, 350_000, 50_000),
    (300_000, 0, 7_000_000, 50_000, 4, 280_000, 30_000),
    (100 * 300_000, 800, 5_000_000, 0, 648, 32_400_000, 0),
    (300_000, 1_000, 3_300_000, 0, 10, 330_000, 0),
    (300_000, 800, 98_240_000, 0, 1, 982_400, 658_400),
]


@pytest.mark.parametrize(("aid", "fee_bp", "headcount", "surplus", "share", "collected", "left"), FIGURES)
def test_published_figures_come_out_to_the_fen(
    aid: int, fee_bp: int, headcount: int, surplus: int, share: int, collected: int, left: int
) -> None:
    found = apportion(100 * aid, headcount, fee_bp=fee_bp, surplus=100 * surplus)
    assert found == Apportionment(share, aid * fee_bp // 100, 100 * collected, 100 * left)


def test_three_rounds_carry_their_surplus_on() -> None:
    first = apportion(30_000_000, 5_000_000)
    second = apportion(30_000_000, 7_000_000, surplus=first.surplus)
    third = apportion(30_000_000, 7_000_000, surplus=second.surplus)
    assert [(found.share, found.surplus) for found in (first, second, third)] == [
        (6, 0),
        (5, 5_000_000),
        (4, 3_000_000),
    ]


@given(
    aid=AMOUNTS,
    headcount=st.integers(1, MAX_ROWS),
    fee_bp=st.integers(0, 10_000),
    surplus=AMOUNTS | SMALL,
    deficit=AMOUNTS | SMALL,
    top_up=AMOUNTS | SMALL,
    rounding=st.sampled_from(["down", "up"]),
)
def test_everybody_owes_the_same_and_nothing_is_lost(
    aid: int, headcount: int, fee_bp: int, surplus: int, deficit: int, top_up: int, rounding: str
) -> None:
    found = apportion(
        aid, headcount, fee_bp=fee_bp, surplus=surplus, deficit=deficit, top_up=top_up, fee_rounding=rounding
    )
    needed = aid + found.fee + deficit - surplus - top_up
    assert found.due == found.share * headcount
    assert found.due - needed == found.surplus >= 0
    if needed > 0:
        assert found.surplus < headcount, "a fen less each would not have been enough"
    else:
        assert (found.share, found.surplus) == (0, -needed)


@given(AMOUNTS, st.integers(0, 10_000))
def test_a_fee_is_rounded_as_the_covenant_says(aid: int, fee_bp: int) -> None:
    exact = Fraction(aid * fee_bp, 10_000)
    down, up = fee_of(aid, fee_bp), fee_of(aid, fee_bp, "up")
    assert down <= exact < down + 1
    assert up - 1 < exact <= up


def test_products_beyond_64_bits_are_exact() -> None:
    found = apportion(MAX_TOTAL, MAX_ROWS, fee_bp=10_000, deficit=MAX_TOTAL)
    needed = 3 * (2**63 - 1)
    assert found.share == -(-needed // MAX_ROWS)
    assert found.due - needed == found.surplus


@pytest.mark.parametrize("headcount", [0, -1])
def test_a_round_in_which_nobody_shares_has_no_share(headcount: int) -> None:
    with pytest.raises(NobodyShares):
        apportion(1, headcount)


@pytest.mark.parametrize("name", ["aid", "surplus", "deficit", "top_up"])
@pytest.mark.parametrize("amount", [-1, MAX_TOTAL + 1, True, 1.0, "1", None])
def test_what_is_no_amount_is_refused(name: str, amount: Any) -> None:
    with pytest.raises(AmountError):
        apportion(**{"aid": 1, "headcount": 1, name: amount})


@pytest.mark.parametrize(
    "given_", [{"fee_bp": -1}, {"fee_bp": 10_001}, {"fee_bp": True}, {"fee_bp": 0.5}, {"fee_rounding": "even"}]
)
def test_what_is_no_fee_is_refused(given_: dict[str, Any]) -> None:
    with pytest.raises(AmountError, match="a fee is"):
        apportion(1, 1, **given_)


@pytest.mark.parametrize("headcount", [True, 2.0, "2"])
def test_what_is_no_headcount_is_refused(headcount: Any) -> None:
    with pytest.raises(AmountError, match="headcount"):
        apportion(1, headcount)
