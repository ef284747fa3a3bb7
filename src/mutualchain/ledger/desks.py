"""What a ledger offers beside members and rounds, each a desk of its own."""

from __future__ import annotations

from .advance import Running
from .cases import Cases
from .core import Core
from .erasures import Erasures
from .institutions import Institutions
from .member_keys import MemberKeyChanges
from .money import Money
from .treasury import Treasury

__all__ = ["Desks"]


class Desks(Running):
    """``cases``, ``institutions``, ``treasury``, ``member_keys``, ``money`` and ``erasures`` of a ledger."""

    _core: Core

    @property
    def cases(self) -> Cases:
        """The life of cases, votes, sanctions: :class:`~mutualchain.ledger.cases.Cases`."""
        return Cases(self._core)

    @property
    def institutions(self) -> Institutions:
        """Who vouches: :class:`~mutualchain.ledger.institutions.Institutions`."""
        return Institutions(self._core)

    @property
    def treasury(self) -> Treasury:
        """What custodians hold: :class:`~mutualchain.ledger.treasury.Treasury`."""
        return Treasury(self._core)

    @property
    def member_keys(self) -> MemberKeyChanges:
        """Members' keys: :class:`~mutualchain.ledger.member_keys.MemberKeyChanges`."""
        return MemberKeyChanges(self._core)

    @property
    def money(self) -> Money:
        """Funds, refunds, corrections, amendments: :class:`~mutualchain.ledger.money.Money`."""
        return Money(self._core)

    @property
    def erasures(self) -> Erasures:
        """Members' personal data, destroyed: :class:`~mutualchain.ledger.erasures.Erasures`."""
        return Erasures(self._core)
