"""A client's reference names one request for ever: how it is stored, and what it led to.

Stored is canonical ``[request digest, height, time_ms, kind, number, row, rows, slot, seq, entry hash, ages known]``
under a hash of plan and reference; -1 and empty stand for what a write does not have. ``ages known`` is 0 where members
joined whose birth days were not given: those themselves are stored nowhere, nor in any digest.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from ..block.entry import CHAIN
from ..canonical import decode
from ..errors import MutualchainError, ReferenceConflict, ReferenceMissing, StoreCorrupt
from ..limits import MAX_REFERENCE
from .arguments import plan_name

__all__ = ["Recorded", "recorded", "reference_key"]

_MOST = 4_096
"""Bytes: eleven fields, the longest of them two hashes."""


def reference_key(plan: str, reference: str | bytes) -> bytes:
    """The store's name for a client's reference in a plan. Raises ReferenceMissing, UsageError (the plan)."""
    if plan != CHAIN:
        plan_name(plan)
    if not isinstance(reference, str | bytes):
        raise ReferenceMissing("a reference is text or bytes", value=type(reference).__name__)
    try:
        data = reference.encode() if isinstance(reference, str) else reference
    except UnicodeEncodeError:
        raise ReferenceMissing("a reference is text that UTF-8 can spell", value=repr(reference)[:40]) from None
    if not 1 <= len(data) <= MAX_REFERENCE:
        raise ReferenceMissing(f"a reference has 1 to {MAX_REFERENCE} bytes", value=len(data))
    return hashlib.sha256(b"mutualchain/reference/v1\n" + plan.encode() + b"\0" + data).digest()


class Recorded(NamedTuple):
    """What a reference led to; ``kind`` is "row", "sheet" or "entry", ``number`` counts it in its block."""

    digest: bytes
    height: int
    time_ms: int
    kind: str
    number: int
    row: int = 0
    rows: int = 1
    slot: int = -1
    seq: int = -1
    name: bytes = b""
    aged: int = 1


def recorded(plan: str, data: bytes, digest: bytes | None) -> Recorded:
    """What the request with this digest (None: whatever it was) led to.

    Raises ReferenceConflict for another request's, StoreCorrupt.
    """
    try:
        value: Any = decode(data, max_size=_MOST)
        found = Recorded(*value)
    except (MutualchainError, TypeError):
        raise StoreCorrupt("what a reference led to cannot be read", place=f"references of plan {plan}") from None
    if digest is not None and found.digest != digest:
        raise ReferenceConflict("this reference was used for a request with other content", place=f"plan {plan}")
    return found
