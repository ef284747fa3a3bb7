"""``ledger.erasures``: personal data destroyed, on record, in every copy at once.

    ledger.erasures.member(PLAN, 17, reason="wish", reference="letter-17")      all that is kept of her
    ledger.erasures.facts(PLAN, case, reason="purpose", reference="case-17")    the facts of one of her cases

First the erasure is recorded, with a notice to the member; then her keys are destroyed in the vault, and what they
opened is taken out of the store. What a crash leaves undone is done when the ledger is opened with its vault again:
the chain says what has to be gone, whichever old copies of vault and keys were put back.
"""

from __future__ import annotations

from ..archive import layout
from ..archive.facts_vault import FactsVault
from ..covenant.acts import Erasure
from ..covenant.book import Book
from .arguments import octets, whole
from .core import Core
from .receipts import Acknowledgement
from .recording import record_act, vault_of
from .writer import head_value

__all__ = ["Erasures"]

Reference = str | bytes


class Erasures:
    """What is erased of the members of all plans of a ledger."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def member(self, plan: str, slot: int, *, reason: str, reference: Reference) -> Acknowledgement:
        """Destroy all that is kept of a member: claims, and the facts of her cases.

        ``reason`` is one of ERASURE_REASONS. Raises VaultMissing, SlotUnknown, ErasureRule.
        """
        return self._erase(plan, Erasure(whole(slot, "a slot", 2**32 - 1), b"", reason), reference)

    def facts(self, plan: str, case: bytes, *, reason: str, reference: Reference) -> Acknowledgement:
        """Destroy the facts of one case that is decided. Raises VaultMissing, CaseUnknown, ErasureRule."""
        name = octets(case, "a case")
        with self._core.turn:
            found = self._core.book(plan).life.cases.get(name)
        slot = 0 if found is None else found.slot
        return self._erase(plan, Erasure(slot, name, reason), reference)

    def complete(self) -> int:
        """Carry out what the chain says is erased and the vault does not know of. How many erasures that were."""
        vault, count = self._core.vault, 0
        with self._core.turn:
            for plan, book in self._core.books.items() if vault is not None else ():
                for act, time_ms in erasures_of(book):
                    if vault is not None and not vault.has_erased(plan, act.slot, act.case):
                        self._carry_out(vault, plan, act, time_ms)
                        count += 1
        return count

    def _erase(self, plan: str, act: Erasure, reference: Reference) -> Acknowledgement:
        with self._core.turn:
            vault = vault_of(self._core)
            done = record_act(self._core, plan, act, reference)
            self._carry_out(vault, plan, act, done.time_ms)
        return done

    def _carry_out(self, vault: FactsVault, plan: str, act: Erasure, time_ms: int) -> None:
        """Safe to repeat. The boxes go first: an erasure that the vault has listed is complete."""
        core, life = self._core, self._core.book(plan).life
        names = [
            name for name, case in life.cases.items() if name == act.case or (not act.case and case.slot == act.slot)
        ]
        with core.read() as archive:
            boxes = {name: archive.facts_box(plan, name) for name in names}
        core.usable()
        state = core.writer.state
        with core.store.write(head_value(state.size, state.previous)) as writer:
            for name, box in boxes.items():
                if box is not None:
                    writer.put(layout.facts(plan, name), vault.emptied(box))
        if not act.case:
            vault.erase(plan, act.slot, now_ms=time_ms, reason=act.reason)
        elif (box := boxes.get(act.case)) is not None:
            vault.erase_facts(plan, act.case, box, now_ms=time_ms, reason=act.reason)


def erasures_of(book: Book) -> list[tuple[Erasure, int]]:
    """The erasures that a plan's chain has recorded, and when (Unix ms)."""
    cases, found = book.life.cases, []
    for whose, (time_ms, reason) in book.life.erased.items():
        slot, case = (whose, b"") if isinstance(whose, int) else (cases[whose].slot, whose)
        found.append((Erasure(slot, case, reason), time_ms))
    return found
