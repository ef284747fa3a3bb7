"""A round (期): its terms, and the checks that every reader repeats on them.

The terms are the ``params`` of a charge sheet and the body of the entry that announced it: canonical ``[round,
snapshot height, snapshot time, covenant version, covenant hash, share, headcount, divisor, aid, fee, surplus_in,
deficit_in, top_up, restituted, [[case hash, aid]...]]``. With the sheet's two aggregates (how many shared, how much was
paid) everything else follows, all terms non-negative:

    due = share * sharing = paid + shortfall
    paid + surplus_in + top_up + deficit_out = aid + fee + deficit_in + surplus_out     (not both outs above zero)

``restituted`` is what members ill in the waiting period were given back since the round before was announced: it is
missing from what that round left, and without it nobody but an auditor could tell a surplus that was given back from
one that vanished. ``divisor`` is the headcount, or the headcount of the round before where ``sharing.divisor`` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..block import fields
from ..canonical import decode, encode
from ..errors import AmountError, RoundUnbalanced, RuleError, TooFewMembers
from ..limits import MAX_CHARGE, MAX_PARAMS, MAX_ROWS, MAX_TOTAL
from .document import Covenant
from .figures import figures, least_top_up

__all__ = ["Carried", "RoundResult", "RoundTerms", "check_round"]


@dataclass(frozen=True, slots=True)
class RoundTerms:
    """What a charge sheet was made for. Amounts in minor units, ``number`` from 0, time in ms.

    ``shared`` pairs each case's hash with its aid, in the order in which the round names them.
    """

    number: int
    snapshot_height: int
    snapshot_time_ms: int
    covenant_version: int
    covenant_hash: bytes
    share: int
    headcount: int
    divisor: int
    aid: int
    fee: int
    surplus_in: int
    deficit_in: int
    top_up: int
    restituted: int
    shared: tuple[tuple[bytes, int], ...]

    @property
    def cases(self) -> tuple[bytes, ...]:
        """The cases' hashes."""
        return tuple(case for case, _ in self.shared)

    @property
    def aids(self) -> tuple[int, ...]:
        """The cases' aids, in the same order."""
        return tuple(aid for _, aid in self.shared)

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
                self.divisor,
                self.aid,
                self.fee,
                self.surplus_in,
                self.deficit_in,
                self.top_up,
                self.restituted,
                [list(pair) for pair in self.shared],
            ]
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> RoundTerms:
        """Parse strictly. Raises RoundUnbalanced for a value of the wrong type or range."""
        error = RoundUnbalanced
        items = fields.array(decode(data, max_size=MAX_PARAMS), 15, "a round's terms", error)
        shared = [fields.array(pair, 2, "a case", error) for pair in fields.array(items[14], None, "cases", error)]
        return cls(
            fields.integer(items[0], "a round's number", error),
            fields.integer(items[1], "a snapshot's height", error),
            fields.integer(items[2], "a snapshot's time", error),
            fields.integer(items[3], "a covenant's version", error, low=1),
            fields.blob(items[4], 32, "a covenant's hash", error),
            fields.integer(items[5], "a share", error, high=MAX_CHARGE),
            fields.integer(items[6], "a headcount", error, low=1, high=MAX_ROWS),
            fields.integer(items[7], "a divisor", error, low=1, high=MAX_ROWS),
            fields.integer(items[8], "aid", error, high=MAX_TOTAL),
            fields.integer(items[9], "a fee", error, high=MAX_TOTAL),
            fields.integer(items[10], "a surplus in", error, high=MAX_TOTAL),
            fields.integer(items[11], "a deficit in", error, high=MAX_TOTAL),
            fields.integer(items[12], "a top-up", error, high=MAX_TOTAL),
            fields.integer(items[13], "what was given back", error, high=MAX_TOTAL),
            tuple(
                (
                    fields.blob(case, 32, "a case's hash", error),
                    fields.integer(aid, "a case's aid", error, low=1, high=MAX_TOTAL),
                )
                for case, aid in shared
            ),
        )


@dataclass(frozen=True, slots=True)
class RoundResult:
    """What follows from a round's terms and totals, in minor units."""

    due: int
    paid: int
    shortfall: int
    surplus_out: int
    deficit_out: int


class Carried(NamedTuple):
    """What one round leaves to the next: surplus or deficit (after refunds), and how many shared (None: unknown)."""

    surplus: int = 0
    deficit: int = 0
    headcount: int | None = 0

    def divisor(self, covenant: Covenant, headcount: int) -> int | None:
        """What the next round divides by; None where that is not known."""
        if covenant.sharing.divisor == "headcount":
            return headcount
        return None if self.headcount is None else self.headcount or headcount


def check_round(
    terms: RoundTerms, covenant: Covenant, sharing: int, paid: int, carried: Carried | None
) -> tuple[RoundResult, list[RuleError]]:
    """The result of a round, and every rule that its figures break.

    ``sharing`` and ``paid`` are the sheet's proven aggregates; ``carried`` is what the round before left (``Carried()``
    for the first round), or None where that is not known.
    """
    found: list[RuleError] = []
    place = f"round {terms.number + 1}"

    def differ(what: str, stated: int, computed: int, clause: str | None = None) -> None:
        if stated != computed:
            text = f"{what} is stated as {stated} and computed as {computed}"
            found.append(RoundUnbalanced(text, place=place, clause=clause))

    differ("headcount", terms.headcount, sharing)
    differ("aid", terms.aid, sum(terms.aids))
    if terms.covenant_hash != covenant.hash:
        found.append(RoundUnbalanced("the covenant is not the one that the round names", place=place))
    if terms.headcount < covenant.membership.smallest:
        found.append(TooFewMembers(f"{terms.headcount} share where {covenant.membership.smallest} must", place=place))
    divisor = (carried or Carried(headcount=None)).divisor(covenant, terms.headcount)
    if divisor is not None:
        differ("divisor", terms.divisor, divisor, "sharing.divisor")
    carry = {"surplus": terms.surplus_in, "deficit": terms.deficit_in}
    try:
        computed = figures(covenant, terms.aids, terms.headcount, terms.divisor, top_up=terms.top_up, **carry)
    except RuleError as error:
        error.place = place
        found.append(error)
    except AmountError as error:
        found.append(RoundUnbalanced(error.message, place=place))
    else:
        differ("fee", terms.fee, computed.fee, "fee")
        differ("share", terms.share, computed.share, "sharing")
    least = least_top_up(covenant, terms.aids, terms.divisor, **carry)
    if terms.top_up < least:
        text = f"the top-up is {terms.top_up} where the covenant asks for {least}"
        found.append(RoundUnbalanced(text, place=place, clause="sharing.shortfall"))
    if carried is not None:
        differ("surplus in", terms.surplus_in, carried.surplus)
        differ("deficit in", terms.deficit_in, carried.deficit)
    due = terms.share * sharing
    if paid > due:
        found.append(RoundUnbalanced(f"{paid} was paid where {due} was due", place=place))
    net = paid + terms.surplus_in + terms.top_up - terms.aid - terms.fee - terms.deficit_in
    return RoundResult(due, paid, max(due - paid, 0), max(net, 0), max(-net, 0)), found
