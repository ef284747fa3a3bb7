"""Apportionment: the share that everybody who shares owes, rounded up to the minor unit.

share = ceil((aid + fee + deficit - surplus - top_up) / headcount), never below zero; what is collected
beyond what was needed is the surplus of the next round. All amounts are integers of the minor unit, and
Python integers: share x headcount passes 2**53 and 2**63. A covenant's further rules are in :mod:`.figures`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import AmountError, NobodyShares
from ..limits import MAX_TOTAL

__all__ = ["FEE_ROUNDINGS", "Apportionment", "apportion", "fee_of", "whole"]

FEE_ROUNDINGS = ("down", "up")
"""How a fee that is no whole number of the minor unit becomes one."""


@dataclass(frozen=True, slots=True)
class Apportionment:
    """A round's figures in minor units: each one's share, the fee, share x headcount, and the surplus left."""

    share: int
    fee: int
    due: int
    surplus: int


def fee_of(aid: int, fee_bp: int, rounding: str = "down") -> int:
    """The fee on ``aid`` at ``fee_bp`` basis points, rounded ``"down"`` or ``"up"`` to the minor unit."""
    quotient, rest = divmod(aid * fee_bp, 10_000)
    return quotient + (1 if rest and rounding == "up" else 0)


def apportion(
    aid: int,
    headcount: int,
    *,
    fee_bp: int = 0,
    surplus: int = 0,
    deficit: int = 0,
    top_up: int = 0,
    fee_rounding: str = "down",
) -> Apportionment:
    """Share ``aid`` and its fee among ``headcount`` members (domain.md section 3 has the published figures).

    ``surplus`` and ``deficit`` are carried over from the round before, ``top_up`` is paid in by somebody
    else. Raises AmountError for what is no whole number or out of range, NobodyShares for a headcount of zero.

    >>> apportion(30_000_000, 5_000_000)
    Apportionment(share=6, fee=0, due=30000000, surplus=0)
    """
    for amount in (aid, surplus, deficit, top_up):
        if not whole(amount) or not 0 <= amount <= MAX_TOTAL:
            raise AmountError("an amount is no whole number, negative or too large", value=amount)
    if not whole(fee_bp) or not 0 <= fee_bp <= 10_000:
        raise AmountError("a fee is 0 to 10,000 basis points", value=fee_bp)
    if fee_rounding not in FEE_ROUNDINGS:
        raise AmountError("a fee is rounded 'down' or 'up'", value=fee_rounding)
    if not whole(headcount):
        raise AmountError("a headcount is a whole number", value=headcount)
    if headcount <= 0:
        raise NobodyShares("nobody shares in this round", value=headcount)
    fee = fee_of(aid, fee_bp, fee_rounding)
    needed = aid + fee + deficit - surplus - top_up
    share = -(-max(needed, 0) // headcount)
    due = share * headcount
    return Apportionment(share, fee, due, due - needed)


def whole(number: object) -> bool:
    """Whether ``number`` is a Python integer: no float ever holds money, and True is no amount."""
    return isinstance(number, int) and not isinstance(number, bool)
