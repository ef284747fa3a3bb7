"""A round's terms and the two equations: both ways, and each wrong figure found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.canonical import decode, encode
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.rounds import Carried, RoundResult, RoundTerms, check_round
from mutualchain.errors import (
    CanonicalError,
    LimitError,
    MutualchainError,
    NobodyShares,
    RoundUnbalanced,
    ShareAboveCap,
)
from mutualchain.limits import MAX_CHARGE, MAX_INT, MAX_PARAMS, MAX_ROWS, MAX_TOTAL
from tests.core.values import VALUES

HASHES = st.binary(min_size=32, max_size=32)
NATURAL = st.integers(0, MAX_INT)
TERMS = st.builds(
    RoundTerms,
    number=NATURAL,
    snapshot_height=NATURAL,
    snapshot_time_ms=NATURAL,
    covenant_version=st.integers(1, MAX_INT),
    covenant_hash=HASHES,
    share=st.integers(0, MAX_CHARGE),
    headcount=st.integers(1, MAX_ROWS),
    divisor=st.integers(1, MAX_ROWS),
    aid=st.integers(0, MAX_TOTAL),
    fee=NATURAL,
    surplus_in=NATURAL,
    deficit_in=NATURAL,
    top_up=NATURAL,
    restituted=NATURAL,
    shared=st.lists(st.tuples(HASHES, st.integers(1, MAX_TOTAL)), max_size=5).map(tuple),
)
COVENANT = Covenant.simple("Demo", fee_bp=800, cap=20)
# 10,000 fen of aid, 8% fee, 30 left of the round before: 10,770 among 1,000 is 11 each, 230 too much
ROUND = RoundTerms(
    3, 40, 50, 1, COVENANT.hash, 11, 1_000, 1_000, 10_000, 800, 30, 0, 0, 0, ((bytes([1]) * 32, 10_000),)
)


@given(TERMS)
def test_terms_come_back_from_their_bytes(terms: RoundTerms) -> None:
    data = terms.to_bytes()
    assert RoundTerms.from_bytes(data) == terms
    assert RoundTerms.from_bytes(data).to_bytes() == data


@given(TERMS, st.integers(0, 14), VALUES)
def test_a_field_exchanged_for_any_value_is_read_as_it_is_written_or_refused(
    terms: RoundTerms, index: int, other: object
) -> None:
    items: list[Any] = list(decode(terms.to_bytes(), max_size=MAX_PARAMS))  # type: ignore[arg-type]
    items[index] = other
    data = encode(items)
    try:
        found = RoundTerms.from_bytes(data)
    except RoundUnbalanced as error:
        error.diagnostics()
    else:
        assert found.to_bytes() == data


BAD_FIELDS: list[tuple[int, object]] = [
    *((index, value) for index in (0, 1, 2, 5, 8, 9, 10, 11, 12) for value in (-1, True, "1", b"")),
    (3, 0),
    (3, True),
    (4, bytes(31)),
    (5, MAX_CHARGE + 1),
    (6, 0),
    (6, MAX_ROWS + 1),
    (6, True),
    (7, 0),
    (7, MAX_ROWS + 1),
    (13, {}),
    (13, [bytes(32)]),
    (13, [[bytes(31), 1]]),
    (13, [["x" * 32, 1]]),
    (13, [[bytes(32), 0]]),
    (13, [[bytes(32), 1, 1]]),
    (13, [[bytes(32)]]),
]


@pytest.mark.parametrize(("index", "value"), BAD_FIELDS)
def test_a_malformed_field_is_refused(index: int, value: object) -> None:
    items: list[Any] = list(decode(ROUND.to_bytes(), max_size=MAX_PARAMS))  # type: ignore[arg-type]
    items[index] = value
    with pytest.raises(RoundUnbalanced):
        RoundTerms.from_bytes(encode(items))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (encode([]), RoundUnbalanced),
        (encode({}), RoundUnbalanced),
        (encode([0] * 13), RoundUnbalanced),
        (b"", CanonicalError),
        (bytes(MAX_PARAMS + 1), LimitError),
    ],
)
def test_what_is_no_terms_is_refused(data: bytes, error: type[MutualchainError]) -> None:
    with pytest.raises(error):
        RoundTerms.from_bytes(data)


# --- the equations ------------------------------------------------------------------------------


BEFORE = Carried(30, 0, 900)


def check(terms: RoundTerms = ROUND, sharing: int = 1_000, paid: int = 11_000, carried: Any = BEFORE) -> Any:
    return check_round(terms, COVENANT, sharing, paid, carried)


def many(**changed: Any) -> RoundTerms:
    """The round with another headcount, and the divisor that goes with it."""
    return replace(ROUND, **{"divisor": changed.get("headcount", 1_000), **changed})


def test_a_round_that_adds_up_has_no_findings() -> None:
    assert check() == (RoundResult(due=11_000, paid=11_000, shortfall=0, surplus_out=230, deficit_out=0), [])
    assert check(carried=None)[1] == []


def test_what_was_not_paid_is_a_shortfall_and_what_is_missing_a_deficit() -> None:
    assert check(paid=10_900)[0] == RoundResult(11_000, 10_900, 100, 130, 0)
    assert check(paid=10_000)[0] == RoundResult(11_000, 10_000, 1_000, 0, 770)


WRONG: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "headcount and sharing": (lambda: check(sharing=999, paid=10_989), ["headcount"]),
    "headcount": (lambda: check(many(headcount=1_001)), ["headcount"]),
    "a headcount so small that the share is wrong too": (
        lambda: check(many(headcount=500), 500, 5_500),
        ["the share would be 22"],
    ),
    "share": (lambda: check(replace(ROUND, share=12), paid=12_000), ["share"]),
    "a share too small": (lambda: check(replace(ROUND, share=10), paid=10_000), ["share"]),
    "fee": (lambda: check(replace(ROUND, fee=801)), ["fee"]),
    "no fee": (lambda: check(replace(ROUND, fee=0)), ["fee"]),
    "aid": (lambda: check(replace(ROUND, aid=20_000)), ["aid"]),
    "aid of a case": (lambda: check(replace(ROUND, shared=((bytes(32), 20_000),))), ["aid", "the share would be 22"]),
    "divisor": (lambda: check(replace(ROUND, divisor=999)), ["divisor"]),
    "surplus in": (lambda: check(replace(ROUND, surplus_in=31)), ["surplus"]),
    "surplus kept": (lambda: check(replace(ROUND, surplus_in=0)), ["surplus"]),
    "deficit in": (lambda: check(replace(ROUND, deficit_in=1)), ["deficit"]),
    "deficit forgotten": (lambda: check(carried=Carried(30, 5)), ["deficit"]),
    "top-up": (lambda: check(replace(ROUND, top_up=1_000)), ["share"]),
    "covenant": (lambda: check(replace(ROUND, covenant_hash=bytes(32))), ["the covenant"]),
    "paid above due": (lambda: check(paid=11_001), ["11001 was paid"]),
    "everything": (
        lambda: check(replace(ROUND, covenant_hash=bytes(32), fee=1, share=99, deficit_in=7), 5, 10**6, Carried(1, 1)),
        ["headcount", "the covenant", "fee", "share", "surplus", "deficit", "1000000 was"],
    ),
}


@pytest.mark.parametrize(("attempt", "named"), WRONG.values(), ids=WRONG)
def test_each_wrong_figure_is_named(attempt: Callable[[], Any], named: list[str]) -> None:
    _, found = attempt()
    for error, name in zip(found, named, strict=True):
        assert error.message.startswith(name)
        assert isinstance(error, RoundUnbalanced | ShareAboveCap)
        assert error.place == "round 4"


def test_a_share_above_the_cap_is_named() -> None:
    _, found = check(many(headcount=500, share=22), 500, 11_000)
    assert [type(error) for error in found] == [ShareAboveCap]


def test_a_round_of_nobody_is_named() -> None:
    _, found = check(many(headcount=0), 0, 0)
    assert [type(error) for error in found] == [NobodyShares]


@given(
    aid=st.integers(1, 10**9),
    headcount=st.integers(1, MAX_ROWS),
    missing=st.integers(0, 10**6),
    surplus=st.integers(0, 10**12),
    deficit=st.integers(0, 10**12),
    top_up=st.integers(0, 10**12),
)
def test_the_two_equations_hold_for_every_round(
    aid: int, headcount: int, missing: int, surplus: int, deficit: int, top_up: int
) -> None:
    covenant = Covenant.simple("Demo", fee_bp=800)
    figures = covenant.apportion(aid, headcount, surplus=surplus, deficit=deficit, top_up=top_up)
    terms = RoundTerms(
        0,
        0,
        0,
        1,
        covenant.hash,
        figures.share,
        headcount,
        headcount,
        aid,
        figures.fee,
        surplus,
        deficit,
        top_up,
        0,
        ((bytes(32), aid),),
    )
    paid = max(figures.due - missing, 0)
    result, found = check_round(terms, covenant, headcount, paid, Carried(surplus, deficit))
    assert found == []
    assert result.due == figures.share * headcount == result.paid + result.shortfall
    assert paid + surplus + top_up + result.deficit_out == aid + figures.fee + deficit + result.surplus_out
    assert min(result.due, result.paid, result.shortfall, result.surplus_out, result.deficit_out) >= 0
    assert not (result.surplus_out and result.deficit_out)
