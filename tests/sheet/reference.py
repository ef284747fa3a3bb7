"""A slow, obvious sheet: loops over rows, RFC 6962's recursion, ``struct`` and nothing of ``mutualchain``.

Written from SPEC.md, so that the fast code has something to disagree with.
"""

from __future__ import annotations

import hashlib
import hmac
import struct

import msgpack

Row = dict[str, int | bytes]
Node = tuple[tuple[int, ...], bytes]

# name: (columns as struct formats, rows in a page, sealed)
LAYOUTS: dict[str, tuple[list[tuple[str, str]], int, bool]] = {
    "enrolment/1": ([("key", "32s"), ("commitment", "32s"), ("deposit", "I"), ("since_day", "I")], 16, False),
    "charge/1": ([("amount", "I"), ("status", "B"), ("events", "B")], 256, False),
    "refund/1": ([("amount", "I")], 256, False),
    "credit/1": (
        [("slot", "I"), ("seq", "I"), ("amount", "Q"), ("reason", "B"), ("reference", "32s")],
        1,
        True,
    ),
    "withdrawal/1": (
        [("slot", "I"), ("seq", "I"), ("amount", "Q"), ("reason", "B"), ("reference", "32s"), ("signature", "64s")],
        1,
        True,
    ),
    "exit/1": ([("slot", "I"), ("seq", "I"), ("reason", "B"), ("signature", "64s")], 1, True),
    "correction/1": ([("slot", "I"), ("seq", "I"), ("amount", "Q"), ("corrects", "I")], 1, True),
    "notice/1": ([("slot", "I"), ("seq", "I"), ("entry", "32s")], 1, True),
    "ballot/1": ([("slot", "I"), ("seq", "I"), ("vote", "B"), ("signature", "64s")], 1, True),
}


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def number(value: int | bytes) -> int:
    assert isinstance(value, int)
    return value


def totals(schema: str, rows: list[Row]) -> tuple[int, ...]:
    if schema == "enrolment/1":
        return len(rows), sum(number(row["deposit"]) for row in rows)
    if schema == "charge/1":
        sharing = sum(1 for row in rows if row["status"] in (0, 1, 2))
        return sharing, sum(number(row["amount"]) for row in rows)
    if schema in ("credit/1", "withdrawal/1", "refund/1", "correction/1"):
        return len(rows), sum(number(row["amount"]) for row in rows)
    if schema == "ballot/1":
        return len(rows), sum(number(row["vote"]) for row in rows)
    return (len(rows),)


def page_bytes(schema: str, rows: list[Row]) -> bytes:
    columns, _, _ = LAYOUTS[schema]
    return b"".join(struct.pack("<" + kind, row[name]) for name, kind in columns for row in rows)


def hkdf(secret: bytes, info: bytes) -> bytes:
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def words(values: tuple[int, ...]) -> bytes:
    return b"".join(struct.pack("<Q", value) for value in values)


class Sheet:
    """A whole sheet. ``first`` is 0 unless given."""

    def __init__(
        self,
        schema: str,
        rows: list[Row],
        *,
        chain: bytes,
        plan: str,
        number: int,
        first: int = 0,
        params: bytes = b"",
        secret: bytes = b"",
    ) -> None:
        _, page_rows, sealed = LAYOUTS[schema]
        self.schema, self.rows = schema, rows
        self.params_hash = sha(b"mutualchain/params/v1\n", params)
        identity = [chain, plan, schema, number, first, page_rows, self.params_hash]
        self.ctx = sha(b"mutualchain/sheet/v1\n", msgpack.packb(identity, use_bin_type=True))
        self.cut = [rows[at : at + page_rows] for at in range(0, len(rows), page_rows)]
        self.pages = [page_bytes(schema, page) for page in self.cut]
        self.salts = [
            hkdf(secret, b"mutualchain/salt/v1\n" + self.ctx + struct.pack("<Q", index)) if sealed else b""
            for index in range(len(self.pages))
        ]
        self._known: dict[tuple[int, int], Node] = {}
        self.totals, top = self.node(0, len(self.pages))
        head = b"\x12" + self.ctx + struct.pack("<QB", len(rows), len(self.totals))
        self.root = sha(head, words(self.totals), top)

    def leaf(self, index: int) -> Node:
        rows = self.cut[index]
        place = struct.pack("<QH", index, len(rows))
        return totals(self.schema, rows), sha(b"\x10", self.ctx, place, self.salts[index], self.pages[index])

    def node(self, low: int, high: int) -> Node:
        """The subtree over pages low..high-1, as RFC 6962 section 2.1 splits it."""
        if (low, high) not in self._known:
            self._known[low, high] = self.leaf(low) if high - low == 1 else self.join(low, high)
        return self._known[low, high]

    def join(self, low: int, high: int) -> Node:
        split, level = 1, 1
        while 2 * split < high - low:
            split, level = 2 * split, level + 1
        left, right = self.node(low, low + split), self.node(low + split, high)
        joined = tuple(one + other for one, other in zip(left[0], right[0], strict=True))
        head = bytes([0x11, level, len(joined)])
        return joined, sha(head, words(left[0]), left[1], words(right[0]), right[1])

    def path(self, index: int, low: int = 0, high: int | None = None) -> list[Node]:
        """The siblings of page ``index``, bottom-up."""
        high = len(self.pages) if high is None else high
        if high - low == 1:
            return []
        split = 1
        while 2 * split < high - low:
            split = 2 * split
        middle = low + split
        if index < middle:
            return [*self.path(index, low, middle), self.node(middle, high)]
        return [*self.path(index, middle, high), self.node(low, middle)]

    def bundles(self) -> list[bytes]:
        return [b"".join(self.pages[at : at + 256]) for at in range(0, len(self.pages), 256)]

    def tiles(self) -> dict[tuple[int, int], bytes]:
        """Complete subtrees only, at levels 0, 8, 16, 24."""
        found: dict[tuple[int, int], bytes] = {}
        for level in (0, 8, 16, 24):
            width = 2**level
            for place in range(len(self.pages) // width):
                sums, digest = self.node(place * width, place * width + width)
                key = (level, place // 256)
                found[key] = found.get(key, b"") + words(sums) + digest
        return found
