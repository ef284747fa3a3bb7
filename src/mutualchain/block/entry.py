"""Entries: the few, rich things of a chain, as canonical msgpack ``[1, plan, kind, body]``.

``plan`` is the plan's name, or empty for what concerns the chain itself (genesis, block keys, anchors).
``body`` is a map. An entry's hash is its RFC 6962 leaf hash; a block's entries form an RFC 6962 tree whose
root stands in the header (SPEC.md section 4). A kind that a release does not know still parses, hashes and
proves; whoever has to act on it raises UnsupportedVersion.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..canonical import decode, encode
from ..errors import EntryError, UnsupportedVersion
from ..limits import MAX_ENTRY
from ..tlog.merkle import leaf_hash, root
from . import fields

__all__ = ["CHAIN", "Entry", "entries_root", "entry_hash"]

CHAIN = ""
"""The plan name of entries that concern the chain itself."""

_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: a plan's name or CHAIN, a kind such as ``"payout"``, and a body (a map)."""

    plan: str
    kind: str
    body: Mapping[str, Any]

    def to_bytes(self) -> bytes:
        """The canonical bytes. Raises EntryError where a field has no place in an entry."""
        if self.plan != CHAIN:
            fields.name(self.plan, "an entry's plan", EntryError)
        if not _KIND.match(self.kind):
            raise EntryError("an entry's kind is not of the form [a-z][a-z0-9_]*", value=self.kind)
        data = encode([1, self.plan, self.kind, dict(self.body)])
        if len(data) > MAX_ENTRY:
            raise EntryError(f"an entry is longer than {MAX_ENTRY} bytes", value=len(data))
        return data

    @classmethod
    def from_bytes(cls, data: bytes) -> Entry:
        """Parse and check the frame of an entry; the body is left to whoever knows the kind."""
        items = fields.array(decode(data, max_size=MAX_ENTRY), None, "an entry", EntryError)
        if not items or items[0] != 1 or isinstance(items[0], bool):
            raise UnsupportedVersion("an entry of an unknown version", value=repr(items[:1])[:40])
        fields.array(items, 4, "an entry", EntryError)
        plan, kind, body = items[1], items[2], items[3]
        if plan != CHAIN:
            fields.name(plan, "an entry's plan", EntryError)
        if not isinstance(kind, str) or not _KIND.match(kind):
            raise EntryError("an entry's kind is not of the form [a-z][a-z0-9_]*", value=repr(kind)[:80])
        if not isinstance(body, dict):
            raise EntryError("an entry's body is not a map", value=repr(body)[:80])
        return cls(plan, kind, body)


def entry_hash(data: bytes) -> bytes:
    """The hash of an entry's bytes: its RFC 6962 leaf hash."""
    return leaf_hash(data)


def entries_root(hashes: Sequence[bytes]) -> bytes:
    """The RFC 6962 root over the hashes of a block's entries, in their order."""
    return root(list(hashes))
