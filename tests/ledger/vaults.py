"""A vault in memory: boxes mean nothing without it, as with the real one."""

from __future__ import annotations

import threading

from mutualchain.errors import VaultDamaged, VaultErased

__all__ = ["MemoryVault"]


class MemoryVault:
    """What :class:`mutualchain.archive.facts_vault.FactsVault` asks for. ``sealed`` is everything it could open."""

    def __init__(self) -> None:
        self.sealed: dict[tuple[str, int, bytes], bytes] = {}
        self.erased: dict[tuple[str, int, bytes], tuple[int, str]] = {}
        self.chain: bytes | None = None
        self._lock = threading.Lock()

    def belongs_to(self, chain: bytes) -> None:
        self.chain = self.chain or chain
        assert self.chain == chain

    def seal_facts(self, plan: str, slot: int, case: bytes, facts: bytes) -> bytes:
        with self._lock:
            if (plan, slot, b"") in self.erased:
                raise VaultErased("this membership's data was erased", value=slot)
            self.sealed[plan, slot, case] = facts
        return slot.to_bytes(4, "big") + bytes(4) + b"sealed"

    def open_facts(self, plan: str, case: bytes, box: bytes) -> bytes | None:
        slot = int.from_bytes(box[:4], "big")
        found = self.sealed.get((plan, slot, case))
        if found is None and box[8:] and not {(plan, slot, b""), (plan, slot, case)} & set(self.erased):
            raise VaultDamaged("this vault has no key for it", value=case)
        return found

    def erase(self, plan: str, slot: int, *, now_ms: int, reason: str) -> None:
        with self._lock:
            self.erased.setdefault((plan, slot, b""), (now_ms, reason))
            for key in [key for key in self.sealed if key[:2] == (plan, slot)]:
                del self.sealed[key]

    def erase_facts(self, plan: str, case: bytes, box: bytes, *, now_ms: int, reason: str) -> None:
        slot = int.from_bytes(box[:4], "big")
        with self._lock:
            self.erased.setdefault((plan, slot, case), (now_ms, reason))
            self.sealed.pop((plan, slot, case), None)

    def has_erased(self, plan: str, slot: int, case: bytes) -> bool:
        return (plan, slot, case) in self.erased

    def emptied(self, box: bytes) -> bytes:
        return box[:8]
