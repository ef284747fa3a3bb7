"""``ledger.treasury``: what custodians say they hold, compared with what the ledger expects them to."""

from __future__ import annotations

from ..covenant.acts import Treasury as Stated
from ..covenant.cases import Statement
from ..covenant.statements import act_message
from .core import Core
from .receipts import Acknowledgement
from .recording import record_act

__all__ = ["Treasury"]


class Treasury:
    """Treasury statements (资金公示) of all plans of a ledger."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def expected(self, plan: str) -> int:
        """What must be held for a plan now, in minor units."""
        with self._core.turn:
            return self._core.book(plan).expected_holding()

    def statements(self, plan: str) -> list[Statement]:
        """All statements so far, each with what was expected when it was recorded, and the difference."""
        with self._core.turn:
            return list(self._core.book(plan).life.treasury)

    def message(self, plan: str, institution: str, as_of_ms: int, balance: int) -> bytes:
        """What the custodian signs."""
        return act_message(self._core.chain, plan, Stated(institution, as_of_ms, balance, b""))

    def state(
        self, plan: str, institution: str, *, as_of_ms: int, balance: int, signature: bytes, reference: str | bytes
    ) -> Acknowledgement:
        """Record a custodian's statement. A sum that differs from the ledger's is shown, never refused.

        Raises RoleRule, InstitutionUnknown, TreasuryRule for one that is older than the last.
        """
        return record_act(self._core, plan, Stated(institution, as_of_ms, balance, signature), reference)
