"""Notices: every entry about a member stands in one block with a row of hers that names it (clause ``notice``).

Her rows are numbered without gaps, and each round counts them, so that no entry about her can be kept from her record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from ..errors import NoticeRule

__all__ = ["BlockNotices"]

_SHOWN = 100


@dataclass(slots=True)
class BlockNotices:
    """The notices that a block's entries ask for, and those that it holds; both as (plan, slot, entry hash)."""

    wanted: Counter[tuple[str, int, bytes]] = field(default_factory=Counter)
    found: Counter[tuple[str, int, bytes]] = field(default_factory=Counter)

    def want(self, plan: str, slot: int | None, entry: bytes) -> None:
        """An entry of the block concerns this member; None: it concerns nobody."""
        if slot is not None:
            self.wanted[plan, slot, entry] += 1

    def hold(self, plan: str, columns: Mapping[str, NDArray[Any]]) -> None:
        """A notice sheet of the block: columns slot and entry."""
        for slot, entry in zip(columns["slot"].tolist(), columns["entry"], strict=True):
            self.found[plan, slot, entry.tobytes()] += 1

    def violations(self) -> list[NoticeRule]:
        """Entries without their notice, and notices without their entry."""
        return [
            *self._differing(self.wanted - self.found, "an entry concerns the member, and no notice of hers names it"),
            *self._differing(self.found - self.wanted, "a notice names no entry of its block that concerns the member"),
        ]

    @staticmethod
    def _differing(counted: Mapping[tuple[str, int, bytes], int], text: str) -> list[NoticeRule]:
        shown: Iterable[tuple[str, int, bytes]] = list(counted)[:_SHOWN]
        found = [NoticeRule(text, value=entry, place=f"plan {plan}, slot {slot}") for plan, slot, entry in shown]
        if len(counted) > _SHOWN:
            found.append(NoticeRule(f"{len(counted) - _SHOWN} more: {text}"))
        return found
