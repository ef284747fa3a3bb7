"""RFC 6962 section 2.1 as it is written, recursion and all: slow, obvious, and what the fast code is held to."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from mutualchain.tlog.merkle import leaf_hash


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def split(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def mth(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = split(len(hashes))
    return sha256(b"\x01" + mth(hashes[:k]) + mth(hashes[k:])).digest()


def path(index: int, hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    if len(hashes) == 1:
        return ()
    k = split(len(hashes))
    if index < k:
        return (*path(index, hashes[:k]), mth(hashes[k:]))
    return (*path(index - k, hashes[k:]), mth(hashes[:k]))


def consistency(old: int, hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    return () if old == 0 else subproof(old, hashes, True)


def subproof(old: int, hashes: Sequence[bytes], whole: bool) -> tuple[bytes, ...]:
    if old == len(hashes):
        return () if whole else (mth(hashes),)
    k = split(len(hashes))
    if old <= k:
        return (*subproof(old, hashes[:k], whole), mth(hashes[k:]))
    return (*subproof(old - k, hashes[k:], False), mth(hashes[:k]))
