"""Amounts: integers of the currency's minor unit (fen for CNY), and their text for people.

Python integers throughout: share x headcount passes 2**53 and 2**63. No float ever holds money.
"""

from __future__ import annotations

import re

from .errors import AmountError
from .limits import MAX_TOTAL

__all__ = ["format_amount", "parse_amount"]

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,18})(?:\.([0-9]{1,4}))?\Z", re.ASCII)


def parse_amount(text: str, decimals: int = 2) -> int:
    """Minor units of a plain decimal such as ``"10"``, ``"0.06"`` or ``"300,000.5"``.

    Commas are accepted only as thousands separators. Raises AmountError for signs, exponents, spaces,
    other digits than ASCII, more places than ``decimals``, or more than 2**63-1 minor units.
    """
    plain = text
    if "," in text:
        if not re.fullmatch(r"[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?", text, re.ASCII):
            raise AmountError("not an amount", value=text)
        plain = text.replace(",", "")
    match = _DECIMAL.match(plain)
    if match is None:
        raise AmountError("not an amount", value=text)
    whole, places = match.group(1), match.group(2) or ""
    if len(places) > decimals:
        raise AmountError(f"an amount has at most {decimals} decimals", value=text)
    amount = int(whole + places.ljust(decimals, "0"))
    if amount > MAX_TOTAL:
        raise AmountError("the amount is too large", value=text)
    return amount


def format_amount(amount: int, decimals: int = 2, *, group: bool = True) -> str:
    """``amount`` minor units as text: 30000000 -> ``"300,000.00"``; the sign of a negative one leads."""
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    whole, rest = divmod(amount, 10**decimals)
    shown = f"{whole:,}" if group else str(whole)
    return f"{sign}{shown}.{rest:0{decimals}d}" if decimals else f"{sign}{shown}"
