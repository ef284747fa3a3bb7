"""From public key to slot: who is enrolled already, at a million new members a second.

A B-tree write at a random place for every member is what this avoids. New keys are kept as sorted segments of
8-byte prefixes with their slots, written once; a lookup is a binary search in each segment, and segments of like
size are merged in memory. A prefix that is found is only a candidate: the key itself is read back and compared.

Segments cover the slots from 0 without gaps. Members who enrolled one by one since the last segment are kept in
a dictionary and become a segment when they are many, or before a batch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..errors import DuplicateKey, StoreCorrupt, WeakKey

__all__ = ["KeyIndex", "check_weak"]

Prefixes = NDArray[np.uint64]
Slots = NDArray[np.uint32]
Keys = NDArray[np.uint8]

FLUSH_AT = 65_536
_FAN = 8

# y = 0, 1, -1 and the two of order 8, with either sign (RFC 8032; tlog.ed25519 explains).
_SMALL_ORDER = tuple(
    bytes.fromhex(text)
    for text in (
        "00" * 32,
        "01" + "00" * 31,
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
)


def check_weak(keys: Keys) -> None:
    """Refuse keys of small order or not canonical. ``keys`` is uint8 of shape (n, 32). Raises WeakKey.

    That a key is a point of the curve is not checked: one that is none can sign nothing.
    """
    ends = (keys[:, 31] & 0x7F).astype(np.uint16) << 8 | keys[:, 30]
    suspect = np.flatnonzero((ends == 0x7FFF) | (ends == 0) | (ends == 0x05FC) | (ends == 0x7A03))
    for row in suspect.tolist():
        key = bytearray(keys[row].tobytes())
        key[31] &= 0x7F
        if bytes(key) in _SMALL_ORDER or int.from_bytes(key, "little") >= 2**255 - 19:
            raise WeakKey(
                "a public key is of small order or not canonical", value=keys[row].tobytes(), place=f"row {row}"
            )


def prefixes_of(keys: Keys) -> Prefixes:
    """The first 8 bytes of each key as an integer."""
    return np.ascontiguousarray(keys[:, :8]).view(np.uint64).ravel()


class KeyIndex:
    """The keys of one plan. ``key_of(slots)`` reads enrolled keys back: uint8 of shape (n, 32)."""

    def __init__(self, key_of: Callable[[NDArray[np.int64]], Keys]) -> None:
        self._key_of = key_of
        self._segments: list[tuple[Prefixes, Slots]] = []
        self._recent: dict[bytes, int] = {}
        self.saved_segments = 0
        self.covered = 0

    def load(self, segment: bytes) -> None:
        """Add a stored segment; in the order in which they were stored."""
        prefixes, slots = _unpack(segment)
        self._add(prefixes, slots)
        self.saved_segments += 1
        self.covered += len(slots)

    def find(self, key: bytes) -> int | None:
        """The newest slot of ``key``, or None: who has left may have joined again."""
        slot = self._recent.get(key)
        if slot is not None:
            return slot
        found: int | None = None
        wanted = np.frombuffer(key[:8], np.uint64)[0]
        for prefixes, slots in self._segments:
            low, high = np.searchsorted(prefixes, wanted, "left"), np.searchsorted(prefixes, wanted, "right")
            for at in range(int(low), int(high)):
                candidate = slots[at : at + 1].astype(np.int64)
                if (found is None or candidate[0] > found) and self._key_of(candidate)[0].tobytes() == key:
                    found = int(candidate[0])
        return found

    def add(self, key: bytes, slot: int) -> None:
        """A single new member; the caller has asked ``find`` before."""
        self._recent[key] = slot

    def check_batch(
        self, keys: Keys, may_rejoin: Callable[[int], bool] = lambda slot: False
    ) -> tuple[Prefixes, NDArray[np.int64]]:
        """Refuse a batch in which a key occurs twice or is enrolled already; (sorted prefixes, their rows).

        ``may_rejoin`` says of a slot whether its key may take another. Raises DuplicateKey, naming the row.
        """
        prefixes = prefixes_of(keys)
        order = np.argsort(prefixes)
        ordered = prefixes[order]
        same = np.flatnonzero(ordered[1:] == ordered[:-1])
        for at in same.tolist():
            row = order[at]
            later = at + 1
            while later < len(ordered) and ordered[later] == ordered[at]:
                if np.array_equal(keys[row], keys[order[later]]):
                    self._refuse(keys, max(int(row), int(order[later])))
                later += 1
        for known, _ in self._segments:
            at_left = np.searchsorted(known, ordered)
            at_left[at_left == len(known)] = 0
            hits = np.flatnonzero(known[at_left] == ordered) if len(known) else np.zeros(0, np.int64)
            for hit in hits.tolist():
                row = int(order[hit])
                slot = self.find(keys[row].tobytes())
                if slot is not None and not may_rejoin(slot):
                    self._refuse(keys, row)
        for key, slot in self._recent.items():
            at = int(np.searchsorted(ordered, np.frombuffer(key[:8], np.uint64)[0]))
            while at < len(ordered) and ordered[at : at + 1].tobytes() == key[:8]:
                if keys[order[at]].tobytes() == key and not may_rejoin(slot):
                    self._refuse(keys, int(order[at]))
                at += 1
        return ordered, order

    def _refuse(self, keys: Keys, row: int) -> None:
        raise DuplicateKey(
            "a public key is enrolled already, or twice in this batch", value=keys[row].tobytes(), place=f"row {row}"
        )

    def batch_segments(self, ordered: Prefixes, order: NDArray[np.int64], first: int) -> list[bytes]:
        """The segments to store for a checked batch whose first slot is ``first``: the recent ones, and the batch."""
        segments = self.recent_segment()
        segments.append(_pack(ordered, (order + first).astype(np.uint32)))
        return segments

    def recent_segment(self) -> list[bytes]:
        """What to store of the members since the last segment: one segment, or none."""
        if not self._recent:
            return []
        keys = np.frombuffer(b"".join(self._recent), np.uint8).reshape(-1, 32)
        slots = np.fromiter(self._recent.values(), np.uint32, len(self._recent))
        prefixes = prefixes_of(keys)
        order = np.argsort(prefixes)
        return [_pack(prefixes[order], slots[order])]

    @property
    def full(self) -> bool:
        """Whether the recent members are many enough for a segment of their own."""
        return len(self._recent) >= FLUSH_AT

    def stored(self, segments: list[bytes]) -> None:
        """These segments were committed."""
        self._recent.clear()
        for segment in segments:
            self.load(segment)

    def _add(self, prefixes: Prefixes, slots: Slots) -> None:
        self._segments.append((prefixes, slots))
        while len(self._segments) >= _FAN:
            tail = self._segments[-_FAN:]
            if len(tail[0][0]) > _FAN * len(tail[-1][0]):
                break
            merged = np.concatenate([part for part, _ in tail])
            rows = np.concatenate([part for _, part in tail])
            order = np.argsort(merged, kind="stable")
            self._segments[-_FAN:] = [(merged[order], rows[order])]


def _pack(prefixes: Prefixes, slots: Slots) -> bytes:
    return prefixes.astype("<u8").tobytes() + slots.astype("<u4").tobytes()


def _unpack(segment: bytes) -> tuple[Prefixes, Slots]:
    count, rest = divmod(len(segment), 12)
    if rest or not count:
        raise StoreCorrupt("a segment of the key index is damaged", value=len(segment))
    prefixes = np.frombuffer(segment, "<u8", count)
    return prefixes.astype(np.uint64, copy=False), np.frombuffer(segment, "<u4", count, 8 * count).astype(
        np.uint32, copy=False
    )
