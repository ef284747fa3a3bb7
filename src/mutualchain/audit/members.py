"""Members' keys: weak ones, one key in two slots, and the statements that were signed with them.

Of every key 8 bytes are kept until the end (800 MB for a hundred million members); sorted, equal ones stand side by
side, and only those few are read back whole and compared.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..archive.reading import Archive, SheetRef
from ..covenant.statements import exit_message, verify_statement, withdrawal_message
from ..errors import DuplicateKey, MutualchainError, RuleError, WeakKey
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
    """A plan's keys: where each slot's row lies, and the prefixes seen, as (first slot, uint64 array)."""

    plan: str
    firsts: list[int] = field(default_factory=list)
    sheets: list[SheetRef] = field(default_factory=list)
    prefixes: list[tuple[int, NDArray[np.uint64]]] = field(default_factory=list)

    def add_sheet(self, ref: SheetRef) -> None:
        """An enrolment sheet, in the order of slots."""
        self.firsts.append(ref.descriptor.first)
        self.sheets.append(ref)

    def key(self, archive: Archive, slot: int) -> bytes:
        """The key in a slot. Raises StoreCorrupt where its page cannot be read, LookupError for no such slot."""
        at = bisect_right(self.firsts, slot) - 1
        if at < 0 or slot >= self.firsts[at] + self.sheets[at].descriptor.rows:
            raise LookupError(slot)
        ref = self.sheets[at]
        schema, row = ref.descriptor.schema, slot - self.firsts[at]
        page = archive.page(ref, row // schema.page_rows)
        start = row % schema.page_rows * 32  # the key is the first column
        return page[start : start + 32]

    def duplicates(self, archive: Archive) -> Iterator[DuplicateKey]:
        """Keys that stand in two slots or more, each later slot once."""
        if not self.prefixes:
            return
        ordered = np.concatenate([part for _, part in self.prefixes])
        ordered.sort()
        twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        del ordered
        if not len(twice):
            return
        seen: dict[bytes, int] = {}
        for first, part in self.prefixes:
            for row in np.flatnonzero(np.isin(part, twice)).tolist():
                try:
                    key = self.key(archive, first + row)
                except (MutualchainError, LookupError):
                    continue  # a bundle that cannot be read has its own finding
                other = seen.setdefault(key, first + row)
                if other != first + row:
                    yield DuplicateKey(
                        f"the key in slot {first + row} is enrolled in slot {other} already",
                        value=key,
                        place=f"plan {self.plan}, slot {first + row}",
                    )


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


def statement_message(schema: str, chain: bytes, plan: str, columns: Columns, row: int) -> bytes:
    """What the member signed for a row of a withdrawal or exit sheet."""
    slot, seq = int(columns["slot"][row]), int(columns["seq"][row])
    if schema == "exit/1":
        return exit_message(chain, plan, slot, seq, int(columns["reason"][row]))
    reference = columns["reference"][row].tobytes()
    amount, reason = int(columns["amount"][row]), int(columns["reason"][row])
    return withdrawal_message(chain, plan, slot, seq, amount, reference, reason)
