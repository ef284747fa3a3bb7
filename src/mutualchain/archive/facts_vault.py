"""What a ledger needs of whoever holds the keys of its members' personal data: :class:`mutualchain.vault.Vault`, say.

The facts of cases lie in the ledger's store as boxes. Their keys are elsewhere, so that a copy of the store opens
nothing, and erasing a member reaches every copy.
"""

from __future__ import annotations

from typing import Protocol

__all__ = ["FactsVault"]


class FactsVault(Protocol):
    """Seals and opens the facts of cases, and destroys keys. Safe to call from many threads."""

    def belongs_to(self, chain: bytes) -> None:
        """Whose keys these are: from the first call on, this chain's. Raises VaultOfAnother."""
        ...

    def seal_facts(self, plan: str, slot: int, case: bytes, facts: bytes) -> bytes:
        """A box that only this vault opens; its key is durable by now. Raises VaultErased, VaultBusy."""
        ...

    def open_facts(self, plan: str, case: bytes, box: bytes) -> bytes | None:
        """What was sealed; None where it was erased. Raises VaultDamaged."""
        ...

    def erase(self, plan: str, slot: int, *, now_ms: int, reason: str) -> object:
        """Destroy the keys of all that is kept of a member. Safe to repeat."""
        ...

    def erase_facts(self, plan: str, case: bytes, box: bytes, *, now_ms: int, reason: str) -> object:
        """Destroy the key of one box. Safe to repeat."""
        ...

    def has_erased(self, plan: str, slot: int, case: bytes) -> bool:
        """Whether this erasure (of one case's facts; empty: of all of hers) was carried out here."""
        ...

    def emptied(self, box: bytes) -> bytes:
        """What stays in place of an erased box: whose it was, so that it can be erased again where keys come back."""
        ...
