"""Values that have a canonical form, and a writer of msgpack that is free to write any other."""

from __future__ import annotations

import struct

from hypothesis import strategies as st

KEYS = st.text("abcxyz0189_", min_size=1, max_size=6)
INTEGERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from(
        [edge + step for bits in (5, 7, 8, 16, 32) for edge in (2**bits, -(2**bits)) for step in (-1, 0, 1)]
    ),
)
SCALARS = st.one_of(st.booleans(), INTEGERS, st.text(max_size=40), st.binary(max_size=300))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=20).map(tuple),
        st.dictionaries(KEYS, inner, max_size=20),
    ),
    max_leaves=40,
)
"""What ``decode`` returns: arrays are tuples."""


def packed(value: object) -> bytes:
    """Canonical msgpack written down from the specification, byte by byte: the slow, obvious other implementation."""
    match value:
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return _packed_integer(value)
        case bytes():
            return _packed_length(len(value), {8: 0xC4, 16: 0xC5, 32: 0xC6}) + value
        case str():
            data = value.encode()
            if len(data) < 32:
                return bytes([0xA0 | len(data)]) + data
            return _packed_length(len(data), {8: 0xD9, 16: 0xDA, 32: 0xDB}) + data
        case tuple() | list():
            return _packed_count(len(value), 0x90, 0xDC) + b"".join(packed(item) for item in value)
        case dict():
            pairs = sorted((key.encode(), key) for key in value)
            return _packed_count(len(value), 0x80, 0xDE) + b"".join(
                packed(key) + packed(value[key]) for _, key in pairs
            )
    raise TypeError(type(value))


def _packed_integer(value: int) -> bytes:
    if 0 <= value < 128:
        return bytes([value])
    if -32 <= value < 0:
        return bytes([256 + value])
    if value >= 0:
        return next(
            bytes([tag]) + struct.pack(">" + form, value)
            for bits, tag, form in ((8, 0xCC, "B"), (16, 0xCD, "H"), (32, 0xCE, "I"), (64, 0xCF, "Q"))
            if value < 2**bits
        )
    return next(
        bytes([tag]) + struct.pack(">" + form, value)
        for bits, tag, form in ((8, 0xD0, "b"), (16, 0xD1, "h"), (32, 0xD2, "i"), (64, 0xD3, "q"))
        if value >= -(2 ** (bits - 1))
    )


def _packed_length(length: int, tags: dict[int, int]) -> bytes:
    return next(bytes([tag]) + length.to_bytes(bits // 8, "big") for bits, tag in tags.items() if length < 2**bits)


def _packed_count(count: int, short: int, tag: int) -> bytes:
    if count < 16:
        return bytes([short | count])
    return bytes([tag]) + struct.pack(">H", count) if count < 2**16 else bytes([tag + 1]) + struct.pack(">I", count)
