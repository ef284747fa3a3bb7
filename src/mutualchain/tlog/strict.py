"""Strict parsing shared by the formats of this package: one accepted spelling of each value.

Python's own conversions are lenient where these formats are not: ``int`` takes ``+1``, ``1_0`` and
Arabic digits, ``str.splitlines`` splits at U+2028, and base64 decoders ignore what trails.
"""

from __future__ import annotations

import base64
import re

from ..errors import MutualchainError
from ..limits import MAX_LOG_SIZE

__all__ = ["from_base64", "from_decimal", "from_utf8", "has_control", "to_base64"]

_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f]")


def from_decimal(text: str, what: str, error: type[MutualchainError]) -> int:
    """The number that ``text`` spells in ASCII digits without sign or leading zero, at most 2**63 - 1.

    Raises ``error``, naming ``what``.
    """
    if not _DECIMAL.match(text) or (value := int(text)) > MAX_LOG_SIZE:
        raise error(f"{what} is not a decimal number from 0 to 2**63 - 1", value=text[:40])
    return value


def from_base64(text: str, what: str, error: type[MutualchainError]) -> bytes:
    """The bytes that ``text`` spells in padded standard base64, unused bits zero (RFC 4648 sections 3.5 and 4).

    Raises ``error``, naming ``what``.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise error(f"{what} is not base64", value=text[:80]) from None
    if to_base64(data) != text:
        raise error(f"{what} is not the canonical base64 of its bytes", value=text[:80])
    return data


def to_base64(data: bytes) -> str:
    """Padded standard base64 (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def from_utf8(data: bytes, what: str, error: type[MutualchainError]) -> str:
    """The text of ``data``. Raises ``error`` when it is not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as failure:
        raise error(f"{what} is not UTF-8", place=f"byte {failure.start}") from None


def has_control(text: str) -> bool:
    """Whether ``text`` holds a character below U+0020, the newline included."""
    return _CONTROL.search(text) is not None
