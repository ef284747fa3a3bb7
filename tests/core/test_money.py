"""Amounts: text to minor units and back, without a float and without a guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import AmountError
from mutualchain.limits import MAX_TOTAL
from mutualchain.money import format_amount, parse_amount

AMOUNTS = st.integers(0, MAX_TOTAL)
DECIMALS = st.integers(0, 4)


@given(AMOUNTS, DECIMALS, st.booleans())
def test_an_amount_comes_back_from_its_text(amount: int, decimals: int, group: bool) -> None:
    assert parse_amount(format_amount(amount, decimals, group=group), decimals) == amount


@given(st.from_regex(r"(0|[1-9][0-9]{0,18})(\.[0-9]{2})?", fullmatch=True))
def test_text_with_all_its_decimals_comes_back_from_its_amount(text: str) -> None:
    try:
        amount = parse_amount(text)
    except AmountError:
        assert int(text.replace(".", "")) * (1 if "." in text else 100) > MAX_TOTAL
        return
    assert format_amount(amount, group=False) == (text if "." in text else text + ".00")


@given(st.text("0123456789.,-+ e٣\n", max_size=12), DECIMALS)
def test_any_text_is_an_amount_or_refused(text: str, decimals: int) -> None:
    try:
        amount = parse_amount(text, decimals)
    except AmountError:
        return
    whole, _, places = format_amount(amount, decimals, group=False).partition(".")
    given_whole, _, given_places = text.replace(",", "").partition(".")
    assert (whole, places) == (given_whole, given_places.ljust(decimals, "0"))


@pytest.mark.parametrize(
    ("text", "decimals", "amount"),
    [
        ("0.06", 2, 6),
        ("10", 2, 1_000),
        ("0.5", 2, 50),
        ("0", 2, 0),
        ("0.00", 2, 0),
        ("300,000", 2, 30_000_000),
        ("300,000.5", 2, 30_000_050),
        ("1,234,567.89", 2, 123_456_789),
        ("10", 0, 10),
        ("0.0001", 4, 1),
        ("92,233,720,368,547,758.07", 2, MAX_TOTAL),
    ],
)
def test_these_texts_are_these_amounts(text: str, decimals: int, amount: int) -> None:
    assert parse_amount(text, decimals) == amount


@pytest.mark.parametrize(
    "text",
    "-1|+1| 1|1 |1\n|1e3|1.|.5|01|00|1.234|1.23456|1,00|1,0000|,100|0,100|1,000.|1,,000|٣|１|0x10|ten|1_000|1.0.0|"
    "92233720368547758.08|99999999999999999999|".split("|"),
)
def test_what_could_be_misread_is_no_amount(text: str) -> None:
    with pytest.raises(AmountError):
        parse_amount(text)


@pytest.mark.parametrize(
    ("amount", "decimals", "group", "text"),
    [
        (30_000_000, 2, True, "300,000.00"),
        (30_000_000, 2, False, "300000.00"),
        (6, 2, True, "0.06"),
        (0, 2, True, "0.00"),
        (-6, 2, True, "-0.06"),
        (-123_456, 2, True, "-1,234.56"),
        (1_000, 0, True, "1,000"),
        (-5, 0, False, "-5"),
        (5, 4, True, "0.0005"),
    ],
)
def test_these_amounts_show_as_these_texts(amount: int, decimals: int, group: bool, text: str) -> None:
    assert format_amount(amount, decimals, group=group) == text


def test_a_place_more_than_the_currency_has_is_refused() -> None:
    assert parse_amount("1.5", 1) == 15
    with pytest.raises(AmountError, match="at most 0 decimals"):
        parse_amount("1.5", 0)
