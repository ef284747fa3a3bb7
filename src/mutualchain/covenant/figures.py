"""A round's figures under a covenant: fee, divisor, share, caps, and the top-up that the covenant demands.

    needed = aid + fee + deficit - surplus - top_up

``sharing.rounding`` "round": share = ceil(needed / divisor). "case": every case's part, its aid and its fee, is
rounded up by itself, and what else is needed or at hand once more; a fee computed once a round is part of that rest.
A share is never below zero. :func:`figures` is what writer, replay and every verifier of a round compute by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import AmountError, NobodyShares, OverflowRule, ShareAboveCap
from ..limits import MAX_CHARGE, MAX_TOTAL
from .apportionment import whole

if TYPE_CHECKING:
    from .document import Covenant

__all__ = ["Figures", "fees_of", "figures", "least_top_up", "whole_top_up"]


@dataclass(frozen=True, slots=True)
class Figures:
    """A round's figures in minor units. ``uncapped`` is the share before caps whose rest is carried."""

    aid: int
    fee: int
    share: int
    uncapped: int


def fees_of(covenant: Covenant, aids: Sequence[int]) -> tuple[int, list[int]]:
    """(the round's fee, each case's part of it): parts of a fee computed once a round are rounded down."""
    if covenant.fee.per == "case":
        parts = [covenant.fee_of(aid) for aid in aids]
        return sum(parts), parts
    aid = sum(aids)
    fee = covenant.fee_of(aid)
    return fee, [fee * part // aid for part in aids]


def figures(
    covenant: Covenant,
    aids: Sequence[int],
    headcount: int,
    divisor: int,
    *,
    surplus: int = 0,
    deficit: int = 0,
    top_up: int = 0,
) -> Figures:
    """Share the cases' ``aids`` among ``headcount`` members, divided by ``divisor``.

    Raises AmountError for what is no amount, NobodyShares for nobody, ShareAboveCap where ``sharing.above_cap`` does
    not carry what a cap leaves (the clause is the cap's), OverflowRule for what the format cannot hold.
    """
    if headcount <= 0 or divisor <= 0:
        raise NobodyShares("nobody shares in this round", value=headcount)
    for amount in (*aids, surplus, deficit, top_up):
        if not whole(amount) or not 0 <= amount <= MAX_TOTAL:
            raise AmountError("an amount is no whole number, negative or too large", value=amount)
    aid = sum(aids)
    fee, rest = _rest(covenant, aids, surplus, deficit)
    parts = _parts(covenant, aids, divisor)
    uncapped = max(parts - (top_up - rest) // divisor, 0)
    share = uncapped if covenant.sharing.above_cap != "carry" else min(uncapped, _limit(covenant, len(aids)))
    # The share is a u32 column. Whoever pays less leaves a smaller surplus, and a deficit of at most what is needed.
    needed, due = aid + fee + deficit, share * headcount
    most = max(needed, due, due + surplus + top_up - needed)
    if share > MAX_CHARGE or most > MAX_TOTAL:
        raise OverflowRule("the round's figures leave the range of the format", value=max(share, most))
    if covenant.sharing.above_cap != "carry":
        _hold_caps(covenant, aids, divisor, share)
    return Figures(aid, fee, share, uncapped)


def least_top_up(covenant: Covenant, aids: Sequence[int], divisor: int, *, surplus: int, deficit: int) -> int:
    """The least top-up with which the covenant lets a round open: a deficit that is the operator's to make good, and
    what lies above the caps where the operator pays that.
    """
    least = deficit if covenant.sharing.shortfall == "operator" else 0
    limit = _limit(covenant, len(aids))
    if covenant.sharing.above_cap == "top_up" and divisor > 0:
        _, rest = _rest(covenant, aids, surplus, deficit)
        least = max(least, rest - (limit - _parts(covenant, aids, divisor)) * divisor)
    return least


def whole_top_up(covenant: Covenant, aids: Sequence[int], divisor: int, *, surplus: int, deficit: int) -> int:
    """The least top-up with which the share is zero: what the operator adds to a round that it bears alone."""
    if divisor <= 0:  # nobody shares: no top-up makes a round of that
        return 0
    _, rest = _rest(covenant, aids, surplus, deficit)
    return max(rest + _parts(covenant, aids, divisor) * divisor, 0)


def _rest(covenant: Covenant, aids: Sequence[int], surplus: int, deficit: int) -> tuple[int, int]:
    """(fee, what is needed beside the cases' own parts)."""
    fee, _ = fees_of(covenant, aids)
    if covenant.sharing.rounding == "round":
        return fee, sum(aids) + fee + deficit - surplus
    return fee, deficit - surplus + (fee if covenant.fee.per == "round" else 0)


def _parts(covenant: Covenant, aids: Sequence[int], divisor: int) -> int:
    """The sum of the shares that are rounded case by case."""
    if covenant.sharing.rounding == "round":
        return 0
    per_case = covenant.fee.per == "case"
    return sum(-(-(aid + (covenant.fee_of(aid) if per_case else 0)) // divisor) for aid in aids)


def _limit(covenant: Covenant, cases: int) -> int:
    """The most that the caps let one member pay in a round of so many cases."""
    sharing = covenant.sharing
    limits = [MAX_CHARGE]
    if sharing.cap_round:
        limits.append(sharing.cap_round)
    if sharing.cap_case:
        limits.append(sharing.cap_case * max(cases, 1))
    return min(limits)


def _hold_caps(covenant: Covenant, aids: Sequence[int], divisor: int, share: int) -> None:
    sharing = covenant.sharing
    if sharing.cap_case and sharing.above_cap == "refuse":
        for aid in aids:
            part = -(-(aid + covenant.fee_of(aid)) // divisor)
            if part > sharing.cap_case:
                raise ShareAboveCap(
                    f"one case would cost {part} where {sharing.cap_case} is the cap",
                    value=aid,
                    clause="sharing.cap_case",
                )
    limit = _limit(covenant, len(aids))
    if share > limit:
        capped = "sharing.cap_round" if limit == sharing.cap_round else "sharing.cap_case"
        raise ShareAboveCap(f"the share would be {share} where {limit} is the cap", value=share, clause=capped)
