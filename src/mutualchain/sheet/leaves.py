"""Leaves of many pages at once, and the salts of sealed sheets.

A leaf's preimage is laid out by numpy in a buffer that is kept from batch to batch; SHA-256 then runs over
slices of it that were cut once. That is as fast as hashlib is.

The salt of page ``index`` of a sealed sheet is HKDF-SHA256 (RFC 5869) of the sheet's 32-byte secret, with
no HKDF salt and the info ``"mutualchain/salt/v1\\n" || ctx || u64 index``, 32 bytes long.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

import numpy as np

from ..errors import UsageError
from .columns import Bytes
from .descriptor import SheetContext
from .schema import HASH_BYTES
from .tree import LEAF_TAG

__all__ = ["SALT_BYTES", "LeafHasher", "Salter", "salter_for"]

SALT_BYTES: Final = 32
_SALT_TAG: Final = b"mutualchain/salt/v1\n"
_BLOCK: Final = 64  # SHA-256's, to which HMAC pads its key
_INDEX, _ROWS, _SALT = 33, 41, 43  # where the fields of a leaf's preimage begin; 0 is the tag, 1 the ctx

_sha256 = hashlib.sha256


class Salter:
    """The salts of one sealed sheet. ``secret`` is 32 bytes; raises UsageError for another length."""

    def __init__(self, context: SheetContext, secret: bytes) -> None:
        if len(secret) != SALT_BYTES:
            raise UsageError(f"a sheet's secret has {SALT_BYTES} bytes", value=len(secret))
        key = hmac.digest(bytes(HASH_BYTES), secret, "sha256").ljust(_BLOCK, b"\0")
        # HMAC's two hashes, begun: a copy of each costs a third of what a new HMAC does
        self._inner = _sha256(bytes(byte ^ 0x36 for byte in key) + _SALT_TAG + context.hash)
        self._outer = _sha256(bytes(byte ^ 0x5C for byte in key))

    def salts(self, first: int, count: int) -> bytes:
        """The salts of pages ``first`` to ``first + count - 1``, one after the other."""
        inner_copy, outer_copy = self._inner.copy, self._outer.copy
        found = []
        for index in range(first, first + count):
            inner, outer = inner_copy(), outer_copy()
            inner.update(index.to_bytes(8, "little") + b"\x01")  # HKDF-Expand's counter: one block is enough
            outer.update(inner.digest())
            found.append(outer.digest())
        return b"".join(found)

    def salt(self, index: int) -> bytes:
        """The salt of page ``index``."""
        return self.salts(index, 1)


def salter_for(context: SheetContext, secret: bytes | None) -> Salter | None:
    """A Salter if the schema is sealed, else None. Raises UsageError if the secret is missing or superfluous."""
    if context.schema.sealed != (secret is not None):
        state = "sealed and needs its secret" if context.schema.sealed else "not sealed and takes no secret"
        raise UsageError(f"a sheet of {context.schema.name} is {state}")
    return None if secret is None else Salter(context, secret)


class LeafHasher:
    """Hashes up to ``capacity`` full pages at a time. Fill ``pages``, then call ``digests``.

    ``pages`` is uint8 of shape (capacity, page_bytes), a view into the preimages. For one thread only.
    """

    def __init__(self, context: SheetContext, capacity: int) -> None:
        layout = context.schema
        head = _SALT + (SALT_BYTES if layout.sealed else 0)
        size = head + layout.page_bytes
        self._preimages = np.empty((capacity, size), np.uint8)
        self._preimages[:, 0] = LEAF_TAG
        self._preimages[:, 1:_INDEX] = np.frombuffer(context.hash, np.uint8)
        self._preimages[:, _ROWS:_SALT] = np.frombuffer(layout.page_rows.to_bytes(2, "little"), np.uint8)
        self.pages: Bytes = self._preimages[:, head:]
        view = self._preimages.reshape(-1).data
        self._slices = [view[at : at + size] for at in range(0, capacity * size, size)]

    def digests(self, first: int, count: int, salts: bytes | None) -> bytes:
        """The hashes of the first ``count`` pages as leaves ``first`` and following, one after the other."""
        indexes = np.arange(first, first + count, dtype="<u8")
        self._preimages[:count, _INDEX:_ROWS] = indexes.view(np.uint8).reshape(count, 8)
        if salts is not None:
            salted = np.frombuffer(salts, np.uint8).reshape(count, SALT_BYTES)
            self._preimages[:count, _SALT : _SALT + SALT_BYTES] = salted
        return b"".join([_sha256(preimage).digest() for preimage in self._slices[:count]])
