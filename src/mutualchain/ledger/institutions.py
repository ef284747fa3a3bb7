"""``ledger.institutions``: who may vouch, keep the money and lend, registered on the chain with keys and roles."""

from __future__ import annotations

from collections.abc import Sequence

from ..block.entry import CHAIN
from ..covenant.acts import Act, Registration, Replacement, Revocation
from ..covenant.institutions import Registered
from ..covenant.statements import act_message
from ..errors import UsageError
from .core import Core
from .receipts import Acknowledgement
from .recording import record_chain_act

__all__ = ["Institutions"]

Reference = str | bytes


class Institutions:
    """The institutions of a chain, open for writing. Each call raises InstitutionRule for what the rules forbid."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def all(self) -> list[Registered]:
        """All institutions in the order of their registration, revoked ones too."""
        with self._core.turn:
            return list(self._core.registry.institutions.values())

    def message(self, act: Act) -> bytes:
        """What the keys of an institution sign for an act of ``draft_registration`` or ``draft_replacement``."""
        return act_message(self._core.chain, CHAIN, act)

    @staticmethod
    def draft_registration(name: str, title: str, key: bytes, roles: Sequence[str]) -> Registration:
        """A registration for the institution's key to accept. Nothing is recorded."""
        if isinstance(roles, str):
            raise UsageError("roles are a list of words", value=roles)
        return Registration(name, title, key, tuple(sorted(roles)), b"")

    def register(
        self, name: str, title: str, key: bytes, roles: Sequence[str], *, acceptance: bytes, reference: Reference
    ) -> Acknowledgement:
        """Register an institution; ``acceptance`` is its own key's signature. Raises InstitutionRule."""
        draft = self.draft_registration(name, title, key, roles)
        act = Registration(draft.id, draft.title, draft.key, draft.roles, acceptance)
        return record_chain_act(self._core, act, reference)

    def revoke(self, name: str, reason: str, *, reference: Reference) -> Acknowledgement:
        """An institution can sign nothing any more. Raises InstitutionUnknown."""
        return record_chain_act(self._core, Revocation(name, reason), reference)

    def replace_key(
        self, name: str, new_key: bytes, *, signature: bytes, acceptance: bytes, reference: Reference
    ) -> Acknowledgement:
        """An institution's key is replaced at once: the old key signs, the new one accepts."""
        return record_chain_act(self._core, Replacement(name, new_key, acceptance, signature), reference)
