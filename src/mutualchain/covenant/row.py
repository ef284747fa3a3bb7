"""One member's row in a round, from what is known of her: the scalar twin of :mod:`.capture`.

For whoever has one member's history and not the columns: her record's verifier, and a second look at a single row.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..sheet import Status
from .document import Covenant

__all__ = ["Standing", "charge_row"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a round needs to know of a member at its snapshot.

    ``balance`` and ``charged`` (in the snapshot's calendar year so far) in minor units; ``left``: her exit is in
    effect; ``ended``: arrears ended her membership before; ``waiting``: she joined too few days ago; ``exempt``: a
    case of hers is shared and recipients do not share; ``overdue``: she owes for longer than the grace.
    """

    balance: int
    charged: int = 0
    left: bool = False
    ended: bool = False
    waiting: bool = False
    exempt: bool = False
    overdue: bool = False


def charge_row(covenant: Covenant, share: int, member: Standing) -> tuple[Status, int]:
    """(status, amount in minor units) of her row in a round with this share, as if no collection failed."""
    sharing = covenant.sharing
    if member.left:
        return Status.EXITED, 0
    if member.ended:
        return Status.LAPSED, 0
    if member.waiting:
        return Status.WAITING, 0
    if not _covered(covenant, member):
        return Status.LAPSED, 0
    if member.exempt:
        return Status.EXEMPT, 0
    amount = min(share, max(sharing.cap_year - member.charged, 0)) if sharing.cap_year else share
    if sharing.funding == "prepaid" and sharing.short_balance == "take" and member.balance < amount:
        return Status.PARTIAL, member.balance
    return (Status.CAPPED if amount < share else Status.PAID), amount


def _covered(covenant: Covenant, member: Standing) -> bool:
    sharing = covenant.sharing
    if sharing.funding == "prepaid":
        return member.balance > 0
    if sharing.funding == "postpaid" and sharing.credit_limit and member.balance <= -sharing.credit_limit:
        return False
    return not member.overdue
