"""Fee, share, caps and top-ups under every rule of a covenant: tables of figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mutualchain.covenant import sections
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.figures import fees_of, figures, least_top_up
from mutualchain.covenant.rounds import Carried, RoundTerms, check_round
from mutualchain.errors import AmountError, NobodyShares, OverflowRule, RoundUnbalanced, ShareAboveCap, TooFewMembers
from mutualchain.limits import MAX_CHARGE, MAX_TOTAL

PLAIN = Covenant.simple("Demo", prepay=0, max_aid=10**12)


def covenant(fee: dict[str, Any] | None = None, **sharing: Any) -> Covenant:
    return replace(PLAIN, sharing=sections.Sharing(**sharing), fee=sections.Fee(**(fee or {})))


FEES: list[tuple[dict[str, Any], list[int], int, list[int]]] = [
    ({"bp": 800}, [1_000, 1_005], 160, [79, 80]),
    ({"bp": 800, "rounding": "up"}, [1_000, 1_005], 161, [80, 80]),
    ({"bp": 800, "per": "case"}, [1_000, 1_005], 160, [80, 80]),
    ({"bp": 800, "per": "case", "rounding": "up"}, [1_000, 1_005], 161, [80, 81]),
    ({"bp": 800, "base": "gross"}, [9_200], 800, [800]),
    ({"bp": 1_000, "base": "gross", "rounding": "up"}, [10, 10], 3, [1, 1]),
    ({}, [7, 8], 0, [0, 0]),
    ({"bp": 800}, [], 0, []),
]


@pytest.mark.parametrize(("fee", "aids", "whole", "parts"), FEES)
def test_the_fee_is_of_the_aid_or_of_the_whole_and_rounded_once_or_for_each_case(
    fee: dict[str, Any], aids: list[int], whole: int, parts: list[int]
) -> None:
    assert fees_of(covenant(fee), aids) == (whole, parts)


# (rules of sharing, fee, aids, divisor, surplus, deficit, top-up) -> share
SHARES: dict[str, tuple[dict[str, Any], dict[str, Any], list[int], int, int, int, int, int]] = {
    "rounded up once": ({}, {}, [10, 10], 3, 0, 0, 0, 7),
    "rounded up for each case": ({"rounding": "case"}, {}, [10, 10], 3, 0, 0, 0, 8),
    "each case with its fee": ({"rounding": "case"}, {"bp": 1_000, "per": "case"}, [10, 10], 11, 0, 0, 0, 2),
    "the round's fee apart": ({"rounding": "case"}, {"bp": 1_000}, [10, 10], 11, 0, 0, 0, 3),
    "a surplus beside cases rounded up": ({"rounding": "case"}, {}, [10, 10], 3, 4, 0, 0, 7),
    "a deficit beside cases rounded up": ({"rounding": "case"}, {}, [10, 10], 3, 0, 1, 0, 9),
    "a top-up that covers everything": ({"rounding": "case"}, {}, [10, 10], 3, 0, 0, 50, 0),
    "no case but a deficit": ({}, {}, [], 3, 0, 7, 0, 3),
    "the cap of a round, carried": ({"cap_round": 5, "above_cap": "carry"}, {}, [30], 3, 0, 0, 0, 5),
    "the cap of a case, carried": ({"cap_case": 4, "above_cap": "carry"}, {}, [30, 3], 3, 0, 0, 0, 8),
    "the cap of a case where there is none": ({"cap_case": 4, "above_cap": "carry"}, {}, [], 3, 0, 90, 0, 4),
    "the lower of two caps": ({"cap_case": 4, "cap_round": 7, "above_cap": "carry"}, {}, [30, 30], 3, 0, 0, 0, 7),
}


@pytest.mark.parametrize("case", SHARES.values(), ids=SHARES)
def test_the_share_follows_from_the_rules(case: Any) -> None:
    sharing, fee, aids, divisor, surplus, deficit, top_up, share = case
    found = figures(covenant(fee, **sharing), aids, divisor, divisor, surplus=surplus, deficit=deficit, top_up=top_up)
    assert found.share == share
    assert found.uncapped >= share


REFUSED: dict[str, tuple[dict[str, Any], list[int], type[Exception], str]] = {
    "above the cap of a round": ({"cap_round": 9}, [28], ShareAboveCap, "sharing.cap_round"),
    "above the cap of a case": ({"cap_case": 9}, [27, 28], ShareAboveCap, "sharing.cap_case"),
    "cases below the cap and a deficit above": ({"cap_case": 9}, [27], ShareAboveCap, "sharing.cap_case"),
    "above the cap that the operator has to pay": (
        {"cap_round": 9, "above_cap": "top_up"},
        [28],
        ShareAboveCap,
        "sharing.cap_round",
    ),
}


@pytest.mark.parametrize(("sharing", "aids", "error", "clause"), REFUSED.values(), ids=REFUSED)
def test_a_share_above_a_cap_is_refused_by_the_cap_s_clause(
    sharing: dict[str, Any], aids: list[int], error: type[Exception], clause: str
) -> None:
    with pytest.raises(ShareAboveCap) as caught:
        figures(covenant(**sharing), aids, 3, 3, deficit=2 if aids == [27] else 0)
    assert caught.value.clause == clause
    assert f"rule:  {clause}" in caught.value.diagnostics()


def test_what_the_format_cannot_hold_is_refused() -> None:
    for aids, divisor, error in (
        ([MAX_CHARGE + 1], 1, OverflowRule),
        ([MAX_TOTAL, MAX_TOTAL], 2**32, OverflowRule),
        ([MAX_TOTAL + 1], 1, AmountError),
        ([-1], 1, AmountError),
        ([5], 0, NobodyShares),
    ):
        with pytest.raises(error):
            figures(PLAIN, aids, divisor, divisor)


@pytest.mark.parametrize(
    ("sharing", "aids", "surplus", "deficit", "least"),
    [
        ({}, [30], 0, 9, 0),
        ({"shortfall": "operator"}, [30], 0, 9, 9),
        ({"cap_round": 7, "above_cap": "top_up"}, [30], 0, 0, 9),
        ({"cap_round": 7, "above_cap": "top_up"}, [30], 5, 0, 4),
        ({"cap_round": 12, "above_cap": "top_up"}, [30], 0, 0, 0),
        ({"cap_round": 7, "above_cap": "top_up", "rounding": "case"}, [10, 20], 0, 0, 12),
        ({"cap_round": 7, "above_cap": "top_up", "shortfall": "operator"}, [30], 0, 20, 29),
        ({"cap_case": 3, "above_cap": "top_up"}, [30, 30], 0, 0, 42),
    ],
)
def test_the_operator_pays_at_least_what_the_covenant_says(
    sharing: dict[str, Any], aids: list[int], surplus: int, deficit: int, least: int
) -> None:
    rules = covenant(**sharing)
    assert least_top_up(rules, aids, 3, surplus=surplus, deficit=deficit) == least
    figures(rules, aids, 3, 3, surplus=surplus, deficit=deficit, top_up=least)
    assert least_top_up(rules, aids, 0, surplus=surplus, deficit=deficit) in (deficit, 0)


# --- held against recorded terms ------------------------------------------------------------------


def terms(rules: Covenant, **changed: Any) -> RoundTerms:
    plain: dict[str, Any] = {"share": 10, "headcount": 3, "divisor": 3, "aid": 30, "fee": 0, "surplus_in": 0}
    plain |= {"deficit_in": 0, "top_up": 0, "restituted": 0, "shared": ((bytes(32), 30),)}
    return RoundTerms(1, 5, 6, 1, rules.hash, **(plain | changed))


def found(rules: Covenant, carried: Carried | None, **changed: Any) -> list[tuple[type[Exception], str]]:
    made = terms(rules, **changed)
    _, errors = check_round(made, rules, made.headcount, made.share * made.headcount, carried)
    assert all(error.place == "round 2" for error in errors)
    return [(type(error), error.clause) for error in errors]


def test_a_round_is_held_against_the_rules_of_its_covenant() -> None:
    before = covenant(divisor="previous_headcount")
    assert found(before, Carried(0, 0, 6), divisor=6, share=5) == []
    assert found(before, Carried(0, 0, 6)) == [(RoundUnbalanced, "sharing.divisor")]
    assert found(before, Carried(0, 0, 0)) == []
    assert found(before, None, divisor=6, share=5) == []
    smallest = replace(PLAIN, membership=sections.Membership(prepay=0, smallest=4))
    assert found(smallest, Carried()) == [(TooFewMembers, "membership.smallest")]
    operator = covenant(shortfall="operator")
    assert found(operator, Carried(0, 9), deficit_in=9, share=13) == [(RoundUnbalanced, "sharing.shortfall")]
    assert found(operator, Carried(0, 9), deficit_in=9, top_up=9) == []
    assert found(covenant(cap_round=9), Carried()) == [(ShareAboveCap, "sharing.cap_round")]
    impossible = {"shared": ((bytes(32), MAX_TOTAL + 1),), "aid": MAX_TOTAL + 1}
    assert found(PLAIN, Carried(), **impossible)[0][0] is RoundUnbalanced
