"""Amounts for people, by language: ``300,000.00 yuan``, ``300,000.00 元``. Babel knows how a locale groups digits."""

from __future__ import annotations

from decimal import Context, Decimal

from .language import Words

__all__ = ["amount", "figure"]

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
