"""A round (期): its terms, and the checks that every reader repeats on them.

The terms are the ``params`` of a charge sheet: canonical ``[round, snapshot height, snapshot time, covenant
version, covenant hash, share, headcount, aid, fee, surplus_in, deficit_in, top_up, case hashes]``. With the
sheet's two aggregates (how many shared, how much was paid) everything else follows, all terms non-negative:

    due = share * sharing = paid + shortfall
    paid + surplus_in + top_up + deficit_out = aid + fee + deficit_in + surplus_out     (not both outs above zero)
"""

from __future__ import annotations

from dataclasses import dataclass

from ..block import fields
from ..canonical import decode, encode
from ..errors import NobodyShares, RoundUnbalanced, RuleError, ShareAboveCap
from ..limits import MAX_CHARGE, MAX_PARAMS, MAX_ROWS, MAX_TOTAL
from .document import Covenant

__all__ = ["RoundResult", "RoundTerms", "check_round"]


@dataclass(frozen=True, slots=True)
class RoundTerms:
    """What a charge sheet was made for. Amounts in minor units, ``number`` from 0, time in ms."""

    number: int
    snapshot_height: int
    snapshot_time_ms: int
    covenant_version: int
    covenant_hash: bytes
    share: int
    headcount: int
    aid: int
    fee: int
    surplus_in: int
    deficit_in: int
    top_up: int
    cases: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """Canonical bytes: the sheet's params."""
        return encode(
            [
                self.number,
                self.snapshot_height,
                self.snapshot_time_ms,
                self.covenant_version,
                self.covenant_hash,
                self.share,
                self.headcount,
                self.aid,
                self.fee,
                self.surplus_in,
                self.deficit_in,
                self.top_up,
                list(self.cases),
            ]
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> RoundTerms:
        """Parse strictly. Raises RoundUnbalanced for a value of the wrong type or range."""
        error = RoundUnbalanced
        items = fields.array(decode(data, max_size=MAX_PARAMS), 13, "a round's terms", error)
        cases = fields.array(items[12], None, "a round's cases", error)
        return cls(
            fields.integer(items[0], "a round's number", error),
            fields.integer(items[1], "a snapshot's height", error),
            fields.integer(items[2], "a snapshot's time", error),
            fields.integer(items[3], "a covenant's version", error, low=1),
            fields.blob(items[4], 32, "a covenant's hash", error),
            fields.integer(items[5], "a share", error, high=MAX_CHARGE),
            fields.integer(items[6], "a headcount", error, low=1, high=MAX_ROWS),
            fields.integer(items[7], "aid", error, high=MAX_TOTAL),
            fields.integer(items[8], "a fee", error, high=MAX_TOTAL),
            fields.integer(items[9], "a surplus in", error, high=MAX_TOTAL),
            fields.integer(items[10], "a deficit in", error, high=MAX_TOTAL),
            fields.integer(items[11], "a top-up", error, high=MAX_TOTAL),
            tuple(fields.blob(case, 32, "a case's hash", error) for case in cases),
        )


@dataclass(frozen=True, slots=True)
class RoundResult:
    """What follows from a round's terms and totals, in minor units."""

    due: int
    paid: int
    shortfall: int
    surplus_out: int
    deficit_out: int


def check_round(
    terms: RoundTerms, covenant: Covenant, sharing: int, paid: int, carried: tuple[int, int] | None
) -> tuple[RoundResult, list[RuleError]]:
    """The result of a round, and every rule that its figures break.

    ``sharing`` and ``paid`` are the sheet's proven aggregates; ``carried`` is (surplus, deficit) left by the
    round before, or None where that is not known.
    """
    found: list[RuleError] = []
    place = f"round {terms.number + 1}"

    def differ(what: str, stated: int, computed: int) -> None:
        if stated != computed:
            found.append(RoundUnbalanced(f"{what} is stated as {stated} and computed as {computed}", place=place))

    differ("headcount", terms.headcount, sharing)
    if terms.covenant_hash != covenant.hash:
        found.append(RoundUnbalanced("the covenant is not the one that the round names", place=place))
    try:
        figures = covenant.apportion(
            terms.aid, terms.headcount, surplus=terms.surplus_in, deficit=terms.deficit_in, top_up=terms.top_up
        )
        differ("fee", terms.fee, figures.fee)
        differ("share", terms.share, figures.share)
    except NobodyShares as error:
        found.append(error)
    if covenant.cap and terms.share > covenant.cap:
        found.append(ShareAboveCap(f"the share {terms.share} exceeds the cap {covenant.cap}", place=place))
    if carried is not None:
        differ("surplus in", terms.surplus_in, carried[0])
        differ("deficit in", terms.deficit_in, carried[1])
    due = terms.share * sharing
    if paid > due:
        found.append(RoundUnbalanced(f"{paid} was paid where {due} was due", place=place))
    net = paid + terms.surplus_in + terms.top_up - terms.aid - terms.fee - terms.deficit_in
    return RoundResult(due, paid, max(due - paid, 0), max(net, 0), max(-net, 0)), found
