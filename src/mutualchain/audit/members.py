"""Members' keys: weak ones, one key in two slots, and the statements that were signed with them.

Of every key 8 bytes are kept until the end (800 MB for a hundred million members); sorted, equal ones stand side by
side, and only those few are read back whole and compared.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..archive.reading import Archive, SheetRef
from ..covenant.statements import ballot_message, exit_message, verify_statement, withdrawal_message
from ..errors import MutualchainError, RuleError, WeakKey
from ..sheet import Columns
from ..tlog.ed25519 import SMALL_ORDER_Y

__all__ = ["Roll", "StatementTask", "check_statements", "key_columns", "statement_message"]

_P = 2**255 - 19
_MASK = (1 << 255) - 1
_WEAK = np.zeros(1 << 15, bool)
"""The top 15 bits that a weak key's y has: all others are strong without a closer look."""
_WEAK[sorted({y >> 240 for y in SMALL_ORDER_Y} | {_P >> 240})] = True


def key_columns(keys: NDArray[np.uint8], first: int) -> tuple[NDArray[np.uint64], list[RuleError]]:
    """The first 8 bytes of each key, uint64, and a WeakKey for each key that is not canonical or of small order.

    ``keys`` is uint8 of shape (n, 32), ``first`` the slot of the first. As for the writer, a key that is merely no
    point of the curve passes: it can sign nothing.
    """
    prefixes = np.ascontiguousarray(keys[:, :8]).view("<u8").ravel()
    ends = (keys[:, 31] & 0x7F).astype(np.uint16) << 8 | keys[:, 30]
    weak: list[RuleError] = []
    for row in np.flatnonzero(_WEAK[ends]).tolist():
        key = keys[row].tobytes()
        y = int.from_bytes(key, "little") & _MASK
        if y >= _P or y in SMALL_ORDER_Y:
            place = f"slot {first + row}"
            weak.append(WeakKey("a public key is of small order or not canonical", value=key, place=place))
    return prefixes, weak


@dataclass(slots=True)
class Roll:
    """A plan's keys: where each slot's row lies, and the prefixes seen, as (first slot, uint64 array).

    ``left`` has who left, as (height, sorted slots); ``exits_unread`` says that some of that is not known.
    """

    plan: str
    firsts: list[int] = field(default_factory=list)
    sheets: list[SheetRef] = field(default_factory=list)
    prefixes: list[tuple[int, NDArray[np.uint64]]] = field(default_factory=list)
    left: list[tuple[int, NDArray[np.uint32]]] = field(default_factory=list)
    exits_unread: bool = False

    def leave(self, height: int, slots: NDArray[np.uint32]) -> None:
        """Members who left in block ``height``."""
        self.left.append((height, np.sort(slots)))

    def has_left(self, slot: int, height: int) -> bool:
        """Whether a member had left before block ``height``."""
        for at, slots in self.left:
            where = int(np.searchsorted(slots, slot))
            if at < height and where < len(slots) and int(slots[where]) == slot:
                return True
        return False

    def add_sheet(self, ref: SheetRef) -> None:
        """An enrolment sheet, in the order of slots."""
        self.firsts.append(ref.descriptor.first)
        self.sheets.append(ref)

    def key(self, archive: Archive, slot: int) -> bytes:
        """The key in a slot. Raises StoreCorrupt where its page cannot be read, LookupError for no such slot."""
        ref = self.sheet_of(slot)
        schema, row = ref.descriptor.schema, slot - ref.descriptor.first
        page = archive.page(ref, row // schema.page_rows)
        start = row % schema.page_rows * 32  # the key is the first column
        return page[start : start + 32]

    def sheet_of(self, slot: int) -> SheetRef:
        """The enrolment sheet of a slot. Raises LookupError for no such slot."""
        at = bisect_right(self.firsts, slot) - 1
        if at < 0 or slot >= self.firsts[at] + self.sheets[at].descriptor.rows:
            raise LookupError(slot)
        return self.sheets[at]

    def duplicates(self, archive: Archive, changed: Iterable[bytes] = ()) -> Iterator[tuple[int, int, bytes]]:
        """Keys that stand in two slots or more: (slot, the one before it or -1, key), each later slot once.

        ``changed`` are keys that members took later: one that is enrolled as well has -1 before it.
        """
        if not self.prefixes:
            return
        later = set(changed)
        heads = np.array([int.from_bytes(key[:8], "little") for key in later], np.uint64)
        ordered = np.concatenate([np.unique(heads), *(part for _, part in self.prefixes)])
        ordered.sort()
        twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        del ordered
        if not len(twice):
            return
        seen: dict[bytes, int] = {}
        for first, part in self.prefixes:
            for row in np.flatnonzero(np.isin(part, twice)).tolist():
                slot = first + row
                try:
                    key = self.key(archive, slot)
                except (MutualchainError, LookupError):
                    continue  # a bundle that cannot be read has its own finding
                if key in later:
                    yield slot, -1, key
                if key in seen:
                    yield slot, seen[key], key
                seen[key] = slot


@dataclass(frozen=True, slots=True)
class StatementTask:
    """Signed statements to check: rows of keys (32 bytes), signatures (64 bytes) and messages, with their places."""

    keys: tuple[bytes, ...]
    signatures: tuple[bytes, ...]
    messages: tuple[bytes, ...]
    places: tuple[str, ...]


def check_statements(task: StatementTask) -> list[MutualchainError]:
    """Every statement that its member did not sign. For executors."""
    found: list[MutualchainError] = []
    for key, signature, message, place in zip(task.keys, task.signatures, task.messages, task.places, strict=True):
        try:
            verify_statement(key, signature, message)
        except MutualchainError as error:
            error.place = place
            found.append(error)
    return found


def statement_message(schema: str, chain: bytes, plan: str, columns: Columns, row: int, subject: bytes = b"") -> bytes:
    """What the member signed for a row of a withdrawal, exit or ballot sheet; ``subject`` is what is voted on."""
    slot, seq = int(columns["slot"][row]), int(columns["seq"][row])
    if schema == "ballot/1":
        return ballot_message(chain, plan, subject, slot, seq, int(columns["vote"][row]))
    if schema == "exit/1":
        return exit_message(chain, plan, slot, seq, int(columns["reason"][row]))
    reference = columns["reference"][row].tobytes()
    amount, reason = int(columns["amount"][row]), int(columns["reason"][row])
    return withdrawal_message(chain, plan, slot, seq, amount, reference, reason)
