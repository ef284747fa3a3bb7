"""The physical floor: one SHA-256 pass over the bytes that are hashed, one durable write of the bytes that are stored.

Nothing that hashes and stores the same can be faster on the same machine; so the ratio to it is what remains
of a figure when the machine is taken out of it.
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

__all__ = ["durable_write", "floor", "hash_pass"]

_PIECE = 1 << 20
_BUFFER = os.urandom(16 * _PIECE)


def hash_pass(size: int) -> float:
    """Seconds for one SHA-256 over ``size`` bytes, a megabyte at a time."""
    view = memoryview(_BUFFER)
    digest = hashlib.sha256()
    begin = time.perf_counter()
    for start in range(0, size, _PIECE):
        at = start % len(view)
        digest.update(view[at : at + min(_PIECE, size - start)])
    digest.digest()
    return time.perf_counter() - begin


def durable_write(folder: Path, size: int) -> float:
    """Seconds to write ``size`` bytes to a new file and have them on the disk (fdatasync)."""
    view = memoryview(_BUFFER)
    path = folder / "floor.bin"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        begin = time.perf_counter()
        left = size
        while left > 0:
            left -= os.write(handle, view[: min(left, len(view))])
        os.fdatasync(handle)
        return time.perf_counter() - begin
    finally:
        os.close(handle)
        path.unlink()


def floor(folder: Path, hashed: int, stored: int) -> float:
    """Seconds that hashing ``hashed`` bytes once and storing ``stored`` bytes durably take, one after the other."""
    return hash_pass(hashed) + durable_write(folder, stored)
