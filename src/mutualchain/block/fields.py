"""Strict field readers for decoded canonical values: the type, the range, or one clear error.

Every format above canonical msgpack is an array or map of typed fields; these helpers keep each parser to
a line a field and each refusal to one wording.
"""

from __future__ import annotations

import re
from typing import Any

from ..errors import MutualchainError
from ..limits import MAX_INT, MAX_NAME, MAX_PROOF

__all__ = ["array", "blob", "hashes", "integer", "mapping", "name", "text"]

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\Z", re.ASCII)
_NOT_IN_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, surrogates


def array(value: object, length: int | None, what: str, error: type[MutualchainError]) -> tuple[Any, ...]:
    """``value`` as an array, of ``length`` items unless that is None."""
    if not isinstance(value, tuple) or (length is not None and len(value) != length):
        raise error(f"{what} is not an array of {length if length is not None else 'items'}", value=_shown(value))
    return value


def mapping(value: object, keys: tuple[str, ...], what: str, error: type[MutualchainError]) -> dict[str, Any]:
    """``value`` as a map with exactly ``keys``."""
    if not isinstance(value, dict) or set(value) != set(keys):
        raise error(f"{what} is not a map of {', '.join(keys)}", value=_shown(value))
    return value


def integer(value: object, what: str, error: type[MutualchainError], *, low: int = 0, high: int = MAX_INT) -> int:
    """``value`` as an integer within ``low``..``high``; booleans are no integers."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise error(f"{what} is not an integer from {low} to {high}", value=_shown(value))
    return value


def blob(
    value: object, size: int | None, what: str, error: type[MutualchainError], *, most: int | None = None
) -> bytes:
    """``value`` as bytes, of exactly ``size``, or at most ``most``."""
    if not isinstance(value, bytes) or (size is not None and len(value) != size):
        raise error(f"{what} is not {size if size is not None else ''} bytes".replace("  ", " "), value=_shown(value))
    if most is not None and len(value) > most:
        raise error(f"{what} is longer than {most} bytes", value=len(value))
    return value


def hashes(value: object, error: type[MutualchainError], *, most: int = MAX_PROOF) -> tuple[bytes, ...]:
    """``value`` as the hashes of a proof, 32 bytes each, at most ``most``."""
    items = array(value, None, "a proof", error)
    if len(items) > most:
        raise error(f"a proof has more than {most} hashes", value=len(items))
    return tuple(blob(item, 32, "a proof's hash", error) for item in items)


def text(value: object, what: str, error: type[MutualchainError], *, most: int) -> str:
    """``value`` as non-empty text of at most ``most`` characters without control characters."""
    if not isinstance(value, str) or not 0 < len(value) <= most or _NOT_IN_TEXT.search(value):
        raise error(f"{what} is not text of 1 to {most} characters", value=_shown(value))
    return value


def name(value: object, what: str, error: type[MutualchainError]) -> str:
    """``value`` as an identifier ``[a-z0-9][a-z0-9-]*`` of at most 64 characters."""
    if not isinstance(value, str) or len(value) > MAX_NAME or not _NAME.match(value):
        raise error(
            f"{what} is not of the form [a-z0-9][a-z0-9-]* with at most {MAX_NAME} characters", value=_shown(value)
        )
    return value


def _shown(value: object) -> str:
    return repr(value)[:120]
