"""Amounts for people, by language: ``300,000.00 yuan``, ``300,000.00 元``. Babel knows how a locale groups digits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal

from ..money import format_amount
from .language import Words

__all__ = ["amount", "amounts", "figure"]

_EXACT = Context(prec=40)


def figure(minor: int, decimals: int, words: Words) -> str:
    """Minor units as a number alone."""
    from babel.numbers import format_decimal

    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    exact = Decimal(minor).scaleb(-decimals, context=_EXACT)
    return format_decimal(exact, pattern, locale=words.locale, decimal_quantization=False)


def amount(minor: int, decimals: int, currency: str, words: Words) -> str:
    """Minor units with what people call the currency."""
    return f"{figure(minor, decimals, words)} {words.currency(currency)}"


def amounts(decimals: int, currency: str, words: Words) -> Callable[[int], str]:
    """:func:`amount` for millions of them: how the locale writes numbers is asked once."""
    sample = figure(-1_234_567 * 10**decimals, decimals, words)
    plain = format_amount(-1_234_567 * 10**decimals, decimals)
    if sample != plain:  # another grouping, other signs
        return lambda minor: amount(minor, decimals, currency, words)
    called = words.currency(currency)
    return lambda minor: f"{format_amount(minor, decimals)} {called}"
