"""A plan's state as every header commits to it, and the plan's own logs (SPEC.md section 6).

``plans_root`` is the RFC 6962 root over one leaf per plan, sorted by name, the chain itself (name empty)
first. A leaf is canonical ``[plan, covenant_version, covenant_hash, slots, [[schema, next_number]...],
sheets_size, sheets_root, events_size, events_root]``. The two roots are of the plan's own RFC 6962 logs: of its
sheets, leaves ``[height, time_ms, descriptor]``, and of its entries, leaves ``[height, time_ms, index,
entry hash]``. So one block and short proofs answer what would otherwise take the whole chain: which sheets
there are, and that there are no more.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..canonical import decode, encode
from ..errors import PlanStateError
from ..limits import MAX_BLOCK, MAX_NAME, MAX_ROWS
from ..sheet import Descriptor
from . import fields
from .entry import CHAIN
from .header import ZERO_HASH

__all__ = ["EventLeaf", "PlanLeaf", "SheetLeaf"]


@dataclass(frozen=True, slots=True)
class SheetLeaf:
    """A leaf of a plan's log of sheets: where and when a sheet was recorded, and its descriptor."""

    height: int
    time_ms: int
    descriptor: Descriptor

    def to_bytes(self) -> bytes:
        """Canonical ``[height, time_ms, descriptor]``."""
        return encode([self.height, self.time_ms, self.descriptor.to_value()])

    @classmethod
    def from_bytes(cls, data: bytes) -> SheetLeaf:
        """Parse strictly. Raises PlanStateError or what Descriptor.from_value raises."""
        items = fields.array(decode(data, max_size=MAX_BLOCK), 3, "a leaf of the sheets log", PlanStateError)
        return cls(
            fields.integer(items[0], "a sheet's height", PlanStateError),
            fields.integer(items[1], "a sheet's time", PlanStateError),
            Descriptor.from_value(items[2]),
        )


@dataclass(frozen=True, slots=True)
class EventLeaf:
    """A leaf of a plan's log of entries: block, time, index in the block, the entry's hash."""

    height: int
    time_ms: int
    index: int
    entry_hash: bytes

    def to_bytes(self) -> bytes:
        """Canonical ``[height, time_ms, index, entry hash]``."""
        return encode([self.height, self.time_ms, self.index, self.entry_hash])

    @classmethod
    def from_bytes(cls, data: bytes) -> EventLeaf:
        """Parse strictly. Raises PlanStateError."""
        items = fields.array(decode(data, max_size=MAX_BLOCK), 4, "a leaf of the events log", PlanStateError)
        return cls(
            fields.integer(items[0], "an entry's height", PlanStateError),
            fields.integer(items[1], "an entry's time", PlanStateError),
            fields.integer(items[2], "an entry's index", PlanStateError),
            fields.blob(items[3], 32, "an entry's hash", PlanStateError),
        )


@dataclass(frozen=True, slots=True)
class PlanLeaf:
    """A plan's state after a block. ``numbers`` maps each schema used so far to its next number, sorted."""

    plan: str
    covenant_version: int
    covenant_hash: bytes
    slots: int
    numbers: tuple[tuple[str, int], ...]
    sheets_size: int
    sheets_root: bytes
    events_size: int
    events_root: bytes

    def next_number(self, schema: str) -> int:
        """How many sheets of ``schema`` the plan has: the number that the next one takes."""
        return dict(self.numbers).get(schema, 0)

    def to_bytes(self) -> bytes:
        """The canonical bytes: a leaf under ``plans_root``."""
        return encode(
            [
                self.plan,
                self.covenant_version,
                self.covenant_hash,
                self.slots,
                [list(pair) for pair in self.numbers],
                self.sheets_size,
                self.sheets_root,
                self.events_size,
                self.events_root,
            ]
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> PlanLeaf:
        """Parse strictly: schemas sorted and each once. Raises PlanStateError."""
        items = fields.array(decode(data, max_size=MAX_BLOCK), 9, "a plan leaf", PlanStateError)
        if items[0] != CHAIN:
            fields.name(items[0], "a plan's name", PlanStateError)
        numbers = []
        for pair in fields.array(items[4], None, "a plan's numbers", PlanStateError):
            schema, number = fields.array(pair, 2, "a plan's number", PlanStateError)
            fields.text(schema, "a schema's name", PlanStateError, most=MAX_NAME)
            numbers.append((schema, fields.integer(number, "a schema's next number", PlanStateError, low=1)))
        names = [schema for schema, _ in numbers]
        if names != sorted(set(names)):
            raise PlanStateError("a plan's numbers are not sorted by schema, each once")
        leaf = cls(
            plan=items[0],
            covenant_version=fields.integer(items[1], "a plan's covenant version", PlanStateError),
            covenant_hash=fields.blob(items[2], 32, "a plan's covenant hash", PlanStateError),
            slots=fields.integer(items[3], "a plan's slots", PlanStateError, high=MAX_ROWS),
            numbers=tuple(numbers),
            sheets_size=fields.integer(items[5], "a plan's sheets", PlanStateError),
            sheets_root=fields.blob(items[6], 32, "a plan's sheets root", PlanStateError),
            events_size=fields.integer(items[7], "a plan's events", PlanStateError),
            events_root=fields.blob(items[8], 32, "a plan's events root", PlanStateError),
        )
        if leaf.sheets_size != sum(number for _, number in numbers):
            raise PlanStateError("a plan's numbers do not add up to its sheets", value=leaf.plan)
        if (leaf.covenant_version == 0) != (leaf.covenant_hash == ZERO_HASH):
            raise PlanStateError("a plan's covenant version and hash disagree", value=leaf.plan)
        return leaf
