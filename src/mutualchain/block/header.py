"""The header: what the operator signs of a block (SPEC.md section 5).

Canonical msgpack ``[1, chain, height, previous, time_ms, [entry_count, entries_root], [descriptor...],
[plan_count, plans_root]]``. ``height`` is the block's index in the block log; ``previous`` the block hash
(RFC 6962 leaf hash) of the block before; ``time_ms`` Unix milliseconds, never decreasing. Genesis has 32
zero bytes as chain and as previous.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..canonical import decode, encode
from ..errors import HeaderError, UnsupportedVersion
from ..limits import MAX_BLOCK, MAX_ENTRIES_PER_BLOCK, MAX_PLANS, MAX_SHEETS_PER_BLOCK
from ..sheet import Descriptor
from . import fields

__all__ = ["ZERO_HASH", "Header"]

ZERO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class Header:
    """A block's header. Hashes are 32 bytes; ``time_ms`` is Unix time in milliseconds."""

    chain: bytes
    height: int
    previous: bytes
    time_ms: int
    entry_count: int
    entries_root: bytes
    sheets: tuple[Descriptor, ...]
    plan_count: int
    plans_root: bytes

    def to_bytes(self) -> bytes:
        """The canonical bytes that are signed and hashed."""
        data = encode(
            [
                1,
                self.chain,
                self.height,
                self.previous,
                self.time_ms,
                [self.entry_count, self.entries_root],
                [sheet.to_value() for sheet in self.sheets],
                [self.plan_count, self.plans_root],
            ]
        )
        if len(data) > MAX_BLOCK:
            raise HeaderError("a header is too long for a block", value=len(data))
        return data

    @classmethod
    def from_bytes(cls, data: bytes) -> Header:
        """Parse strictly. Raises HeaderError, CanonicalError, LimitError or UnsupportedVersion."""
        value = decode(data, max_size=MAX_BLOCK)
        items = fields.array(value, None, "a header", HeaderError)
        if not items or items[0] != 1 or isinstance(items[0], bool):
            raise UnsupportedVersion("a header of an unknown version", value=repr(items[:1])[:40])
        fields.array(value, 8, "a header", HeaderError)
        entries = fields.array(items[5], 2, "the entries of a header", HeaderError)
        sheets = fields.array(items[6], None, "the sheets of a header", HeaderError)
        plans = fields.array(items[7], 2, "the plans of a header", HeaderError)
        if len(sheets) > MAX_SHEETS_PER_BLOCK:
            raise HeaderError(f"a block has more than {MAX_SHEETS_PER_BLOCK} sheets", value=len(sheets))
        return cls(
            chain=fields.blob(items[1], 32, "a header's chain", HeaderError),
            height=fields.integer(items[2], "a header's height", HeaderError),
            previous=fields.blob(items[3], 32, "a header's previous hash", HeaderError),
            time_ms=fields.integer(items[4], "a header's time", HeaderError),
            entry_count=fields.integer(entries[0], "a header's entry count", HeaderError, high=MAX_ENTRIES_PER_BLOCK),
            entries_root=fields.blob(entries[1], 32, "a header's entries root", HeaderError),
            sheets=tuple(Descriptor.from_value(sheet) for sheet in sheets),
            plan_count=fields.integer(plans[0], "a header's plan count", HeaderError, high=MAX_PLANS),
            plans_root=fields.blob(plans[1], 32, "a header's plans root", HeaderError),
        )
