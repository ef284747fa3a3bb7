"""The arguments of the ledger's methods, checked before anything else happens.

What is wrong with a call is a UsageError that names the argument: never an exception of Python's or numpy's own, and
never an error that speaks of tampering.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..block import fields
from ..errors import UsageError

__all__ = ["folder", "hashes", "octets", "plan_name", "whole"]


def whole(value: object, what: str, most: int, *, least: int = 0) -> int:
    """A whole number from ``least`` to ``most``; booleans and floats are none."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise UsageError(f"{what} is a whole number from {least} to {most}", value=repr(value)[:40])
    return value


def octets(value: object, what: str, size: int | None = 32) -> bytes:
    """Bytes, ``size`` of them unless that is None."""
    if not isinstance(value, bytes) or (size is not None and len(value) != size):
        raise UsageError(f"{what} is {'' if size is None else f'{size} '}bytes", value=repr(value)[:40])
    return value


def hashes(values: object, what: str) -> tuple[bytes, ...]:
    """A list of 32-byte hashes."""
    if isinstance(values, str | bytes) or not isinstance(values, Sequence):
        raise UsageError(f"{what} are a list of hashes", value=repr(values)[:40])
    return tuple(octets(value, f"each of {what}") for value in values)


def plan_name(value: object) -> str:
    """A plan's name: ``[a-z0-9][a-z0-9-]*``, at most 64 characters."""
    return fields.name(value, "a plan's name", UsageError)


def folder(value: object) -> Path:
    """A folder's path."""
    if not isinstance(value, str | Path) or "\0" in str(value):
        raise UsageError("a ledger's folder is named by text or a Path", value=repr(value)[:40])
    return Path(value)
