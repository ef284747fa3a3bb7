"""Canonical msgpack: one value, one encoding (SPEC.md section 2).

Used for everything structured that is hashed or signed. Allowed are maps whose keys match
``[a-z0-9_]+`` in byte order, arrays, byte strings, UTF-8 text, booleans and integers from -2**63 to
2**63-1 in their shortest form, non-negative ones as uint. Floats, nil, ext types, non-shortest lengths,
duplicate or unordered keys, nesting deeper than 16, too many arrays, maps and items
(limits.py) and trailing bytes are refused.

``decode`` scans the structure first, so that a declared length costs nothing before it has been compared
with the bytes that are there; it then decodes, encodes again and compares. Hash the bytes you received,
never bytes you re-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

import msgpack

from .errors import CanonicalError, LimitError
from .limits import MAX_CONTAINERS, MAX_DEPTH, MAX_INT, MAX_ITEMS

__all__ = ["Value", "decode", "encode"]

Value: TypeAlias = "int | bool | str | bytes | tuple[Value, ...] | dict[str, Value]"
"""What decodes: arrays come as tuples."""

_KEY = re.compile(r"[a-z0-9_]+\Z", re.ASCII)


def _prepare(value: object, depth: int) -> object:
    """The same value with map keys in byte order; refuses what has no canonical form."""
    if isinstance(value, bool | bytes):
        return value
    if isinstance(value, int):
        if not -MAX_INT - 1 <= value <= MAX_INT:
            raise CanonicalError("an integer is outside the signed 64-bit range", value=value)
        return value
    if isinstance(value, str):
        return value
    if depth >= MAX_DEPTH:
        raise CanonicalError(f"nesting is deeper than {MAX_DEPTH}")
    if isinstance(value, list | tuple):
        return [_prepare(item, depth + 1) for item in value]
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str) or not _KEY.match(key):
                raise CanonicalError("a map key is not of the form [a-z0-9_]+", value=key)
        return {key: _prepare(value[key], depth + 1) for key in sorted(value)}
    raise CanonicalError(f"a {type(value).__name__} has no canonical form")


def encode(value: object) -> bytes:
    """The canonical bytes of ``value`` (lists and tuples are arrays).

    Raises CanonicalError for a type, integer, key or depth that has no canonical form.
    """
    try:
        packed: bytes = msgpack.packb(_prepare(value, 0), use_bin_type=True)
    except (UnicodeEncodeError, ValueError, OverflowError) as error:
        raise CanonicalError(f"a value has no canonical form: {error}") from None
    return packed


def _scan(data: bytes) -> None:
    """Refuse lengths beyond the data, depth, and types outside the format, without allocating."""
    size, at = len(data), 0
    containers = items = 0
    pending = [1]  # values still expected, per open container
    while pending:
        if pending[-1] == 0:
            pending.pop()
            continue
        pending[-1] -= 1
        if at >= size:
            raise CanonicalError("the value ends too early")
        tag = data[at]
        at += 1
        skip = children = 0
        if tag <= 0x7F or tag >= 0xE0 or tag in (0xC2, 0xC3):
            continue
        if tag <= 0x8F:
            children = 2 * (tag & 15)
        elif tag <= 0x9F:
            children = tag & 15
        elif tag <= 0xBF:
            skip = tag & 31
        elif 0xCC <= tag <= 0xD3:
            skip = 1 << (tag & 3)
        else:
            width = _LENGTH_WIDTH.get(tag)
            if width is None:
                raise CanonicalError("nil, float and ext values are not allowed", value=f"0x{tag:02x}")
            if at + width > size:
                raise CanonicalError("a length ends too early")
            length = int.from_bytes(data[at : at + width], "big")
            at += width
            if tag >= 0xDE:
                children = 2 * length
            elif tag >= 0xDC:
                children = length
            else:
                skip = length
        if skip > size - at or children > size - at:
            raise CanonicalError("a declared length exceeds the data")
        at += skip
        if tag in _CONTAINERS:
            if len(pending) > MAX_DEPTH:
                raise CanonicalError(f"nesting is deeper than {MAX_DEPTH}")
            containers += 1
            items += children
            if containers > MAX_CONTAINERS or items > MAX_ITEMS:
                raise LimitError(
                    f"a value has more than {MAX_CONTAINERS} arrays and maps, or more than {MAX_ITEMS} items"
                )
            pending.append(children)
    if at != size:
        raise CanonicalError("bytes follow the value", value=data[at : at + 32])


_LENGTH_WIDTH = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}
_CONTAINERS = frozenset([*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF])


def decode(data: bytes, *, max_size: int) -> Value:
    """The value of canonical ``data``; arrays become tuples.

    Raises LimitError above ``max_size`` bytes, MAX_CONTAINERS arrays and maps or MAX_ITEMS items in them,
    CanonicalError for anything that ``encode`` would not have written exactly so.
    """
    if len(data) > max_size:
        raise LimitError(f"{len(data)} bytes where at most {max_size} are allowed")
    _scan(data)
    try:
        value: Value = msgpack.unpackb(data, raw=False, use_list=False, strict_map_key=True)
        again = encode(value)
    except CanonicalError:
        raise
    except (ValueError, TypeError, msgpack.exceptions.UnpackException) as error:
        raise CanonicalError(f"not canonical msgpack: {error}") from None
    if again != data:
        raise CanonicalError("the encoding is not the canonical one")
    return value
