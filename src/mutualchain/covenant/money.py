"""What a book keeps of the plan's money beside the members' balances, and how it hangs together.

    balances = deposits + credits + refunds - corrections - withdrawals - charges
    holding  = deposits + credits + arrears + collected + funds + top_ups
             - corrections - withdrawals - payouts - fees
             = balances + pot + surplus - deficit + aid of shared cases not paid yet (voided ones left out)

The first holds for every member too; the second is what a custodian's statement is compared with.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CaseState", "Done", "Totals"]


@dataclass(slots=True)
class CaseState:
    """An approved case: slot and aid, the round that shared it (None before), and what was paid so far.

    ``paid`` is everything that left the plan for it, repaid advances included. ``fee`` is its part of the round's
    fee; ``released``: it was voided, and what was not paid is in the pot; ``refunded``: its shares were given back.
    """

    slot: int
    aid: int
    round: int | None = None
    paid: int = 0
    fee: int = 0
    released: bool = False
    refunded: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What is kept of a settled round: rows of its charge sheet, aid and fee, and when it was settled."""

    rows: int
    aid: int
    fee: int
    settled_ms: int = 0


@dataclass(slots=True)
class Totals:
    """Sums over the plan's life, in minor units.

    ``charges`` were taken from balances, ``collected`` by mandate; ``arrears`` were paid for failed collections.
    ``funds`` is recorded money that no member paid, ``top_ups`` what the operator gave with a round beyond it.
    ``fees`` and ``aid`` are those of shared cases; the fee of a voided one is given back.
    """

    deposits: int = 0
    credits: int = 0
    withdrawals: int = 0
    charges: int = 0
    fees: int = 0
    aid: int = 0
    payouts: int = 0
    refunds: int = 0
    corrections: int = 0
    collected: int = 0
    arrears: int = 0
    funds: int = 0
    top_ups: int = 0

    @property
    def holding(self) -> int:
        """What must be there: all that came in less all that went out."""
        came = self.deposits + self.credits + self.arrears + self.collected + self.funds + self.top_ups
        return came - self.corrections - self.withdrawals - self.payouts - self.fees
