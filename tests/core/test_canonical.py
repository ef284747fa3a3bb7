"""Canonical msgpack: one value has one encoding, and everything else is refused before it costs anything."""

from __future__ import annotations

import tracemalloc
from collections import UserDict
from types import MappingProxyType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mutualchain import canonical
from mutualchain.canonical import Value, decode, encode
from mutualchain.errors import CanonicalError, LimitError
from mutualchain.limits import MAX_BUNDLE, MAX_CONTAINERS, MAX_DEPTH, MAX_ITEMS

from .values import KEYS, SCALARS, VALUES, packed

SIZE = 1 << 20


def nested(depth: int, inner: bytes = b"") -> bytes:
    """``depth`` arrays of one item, one in the other; the innermost is empty, or holds ``inner``."""
    return b"\x91" * (depth - 1) + (b"\x91" + inner if inner else b"\x90")


# --- both ways ----------------------------------------------------------------------------------


@given(VALUES)
@example(())
@example({})
@example(tuple(range(16)))
@example({f"k{number:05}": number for number in range(70_000)})
@example(tuple([True] * 70_000))
@example("x" * 31 + "y")
@example("z" * 70_000)
@example(b"z" * 70_000)
@example("李*")
@example("\x00\x1b")
def test_every_value_comes_back_from_its_bytes(value: Value) -> None:
    data = encode(value)
    found = decode(data, max_size=1 << 21)
    assert found == value
    assert repr(found) == repr(decode(encode(found), max_size=1 << 21)), "True is not 1"
    assert data == packed(value), "the bytes that the specification gives"


@given(SCALARS)
def test_a_value_keeps_its_type(value: Value) -> None:
    assert type(decode(encode(value), max_size=SIZE)) is type(value)


@given(st.dictionaries(KEYS, st.integers(0, 9)))
def test_the_order_in_which_a_map_was_built_does_not_matter(value: dict[str, int]) -> None:
    backwards = dict(reversed(value.items()))
    assert encode(backwards) == encode(value)
    assert encode(UserDict(value)) == encode(value)
    assert encode(MappingProxyType(value)) == encode(value)
    assert list(decode(encode(backwards), max_size=SIZE)) == sorted(value)  # type: ignore[arg-type]


def test_lists_and_tuples_are_the_same_array() -> None:
    assert encode([1, [2, (3,)]]) == encode((1, (2, [3])))


@given(st.binary(max_size=60) | VALUES.map(packed))
def test_whatever_is_accepted_is_written_exactly_so(data: bytes) -> None:
    try:
        value = decode(data, max_size=SIZE)
    except (CanonicalError, LimitError):
        return
    assert encode(value) == data


@given(VALUES.map(packed), st.data())
def test_changed_bytes_raise_nothing_but_our_own_errors(data: bytes, draw: st.DataObject) -> None:
    changed = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(changed)))
        end = draw.draw(st.integers(at, min(at + 3, len(changed))))
        changed[at:end] = draw.draw(st.binary(max_size=4))
    try:
        value = decode(bytes(changed), max_size=SIZE)
    except (CanonicalError, LimitError) as error:
        error.diagnostics()
    else:
        assert encode(value) == changed


def test_every_pair_of_bytes_is_accepted_canonically_or_refused() -> None:
    accepted = 0
    for number in range(2**16):
        data = number.to_bytes(2, "big")
        try:
            value = decode(data, max_size=SIZE)
        except CanonicalError:
            continue
        assert encode(value) == packed(value) == data
        accepted += 1
    # uint8 from 128, int8 below -32, text of one ASCII byte, an array of any one-byte value (as in the assertion)
    ones = 128 + 32 + 2 + 1 + 1 + 1
    assert accepted == 128 + 96 + 128 + ones + 1, "empty bytes are the one value more: c4 00"


# --- refused when written -----------------------------------------------------------------------

NO_FORM: dict[str, object] = {
    "nil": None,
    "a float": 1.0,
    "a float in a map in an array": [{"a": 0.5}],
    "a set": {1},
    "a bytearray": bytearray(b"x"),
    "an object": object(),
    "an integer of 2**63": 2**63,
    "an integer of 2**64": 2**64,
    "an integer below -2**63": -(2**63) - 1,
    "an integer of 5,000 digits": 10**5_000,
    "a lone surrogate": "\ud800",
    "a key that is a number": {1: 1},
    "a key that is bytes": {b"a": 1},
    "an empty key": {"": 1},
    "a key with a capital": {"Ab": 1},
    "a key with a hyphen": {"a-b": 1},
    "a key with a newline at its end": {"a\n": 1},
    "a key with other digits than ASCII": {"a٣": 1},
    "keys of two types": {"a": 1, 2: 2},
}


@pytest.mark.parametrize("value", NO_FORM.values(), ids=NO_FORM)
def test_a_value_without_a_canonical_form_is_not_written(value: object) -> None:
    with pytest.raises(CanonicalError) as caught:
        encode(value)
    assert "MC-010" in caught.value.diagnostics()


def test_a_value_that_holds_itself_is_not_written() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(CanonicalError, match="deeper"):
        encode(loop)


# --- refused when read --------------------------------------------------------------------------

REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "nil": b"\xc0",
    "the byte that is never used": b"\xc1",
    "float32": b"\xca\x00\x00\x00\x00",
    "float64": b"\xcb" + bytes(8),
    "ext8": b"\xc7\x00\x01",
    "ext16": b"\xc8\x00\x00\x01",
    "ext32": b"\xc9\x00\x00\x00\x00\x01",
    "fixext1": b"\xd4\x01\x00",
    "fixext16": b"\xd8\x01" + bytes(16),
    "a timestamp": b"\xd6\xff\x00\x00\x00\x00",
    "nil in an array": b"\x91\xc0",
    "1 as uint8": b"\xcc\x01",
    "127 as uint8": b"\xcc\x7f",
    "255 as uint16": b"\xcd\x00\xff",
    "65535 as uint32": b"\xce\x00\x00\xff\xff",
    "2**32-1 as uint64": b"\xcf\x00\x00\x00\x00\xff\xff\xff\xff",
    "2**63 as uint64": b"\xcf\x80" + bytes(7),
    "2**64-1 as uint64": b"\xcf" + b"\xff" * 8,
    "a positive number as int8": b"\xd0\x01",
    "200 as int16": b"\xd1\x00\xc8",
    "2**40 as int64": b"\xd3" + (2**40).to_bytes(8, "big"),
    "-1 as int8": b"\xd0\xff",
    "-128 as int16": b"\xd1\xff\x80",
    "-2**31 as int64": b"\xd3\xff\xff\xff\xff\x80\x00\x00\x00",
    "an integer that ends too early": b"\xcd\x01",
    "text of one byte as str8": b"\xd9\x01a",
    "text of 31 bytes as str8": b"\xd9\x1f" + b"a" * 31,
    "text of 32 bytes as str16": b"\xda\x00\x20" + b"a" * 32,
    "text of 256 bytes as str32": b"\xdb\x00\x00\x01\x00" + b"a" * 256,
    "bytes of one byte as bin16": b"\xc5\x00\x01a",
    "bytes of one byte as bin32": b"\xc6\x00\x00\x00\x01a",
    "an array of one as array16": b"\xdc\x00\x01\x01",
    "an array of one as array32": b"\xdd\x00\x00\x00\x01\x01",
    "a map of one as map16": b"\xde\x00\x01\xa1a\x01",
    "a map of one as map32": b"\xdf\x00\x00\x00\x01\xa1a\x01",
    "a length that ends too early": b"\xdd\x00\x00",
    "text that ends too early": b"\xa2a",
    "an array that ends too early": b"\x92\x01",
    "a map that ends too early": b"\x81\xa1a",
    "keys out of order": b"\x82\xa1b\x01\xa1a\x02",
    "the same key twice": b"\x82\xa1a\x01\xa1a\x01",
    "a key with a capital": b"\x81\xa1A\x01",
    "an empty key": b"\x81\xa0\x01",
    "a key that is a number": b"\x81\x01\x01",
    "a key that is bytes": b"\x81\xc4\x01a\x01",
    "a key that is an array": b"\x81\x91\x01\x01",
    "a key that is a map": b"\x81\x80\x01",
    "a key that is a boolean": b"\x81\xc3\x01",
    "a key not in its shortest form": b"\x81\xd9\x01a\x01",
    "a byte after the value": b"\x01\x00",
    "a second value": b"\x90\x90",
    "text that is no UTF-8": b"\xa1\xff",
    "text with an overlong form": b"\xa2\xc0\xaf",
    "text with a surrogate": b"\xa3\xed\xa0\x80",
    "text beyond Unicode": b"\xa4\xf4\x90\x80\x80",
    "17 arrays in each other": nested(17),
    "17 maps in each other": b"\x81\xa1a" * 16 + b"\x80",
    "a thousand arrays in each other": nested(1_000),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_bytes_that_are_not_canonical_are_refused(data: bytes) -> None:
    with pytest.raises(CanonicalError) as caught:
        decode(data, max_size=SIZE)
    assert type(caught.value) is CanonicalError


@pytest.mark.parametrize("inner", [b"\x01", b"\xa1a"])
def test_sixteen_levels_are_allowed_and_seventeen_are_not(inner: bytes) -> None:
    value = decode(nested(MAX_DEPTH, inner), max_size=SIZE)
    assert encode(value) == nested(MAX_DEPTH, inner)
    assert decode(nested(MAX_DEPTH), max_size=SIZE)
    with pytest.raises(CanonicalError, match="deeper"):
        encode([value])
    with pytest.raises(CanonicalError, match="deeper"):
        decode(b"\x91" + nested(MAX_DEPTH, inner), max_size=SIZE)
    siblings = b"\x92" + nested(MAX_DEPTH - 1) * 2
    assert encode(decode(siblings, max_size=SIZE)) == siblings, "depth is counted along a path, not in all"


def test_true_is_not_one_and_false_is_not_zero() -> None:
    assert (encode(True), encode(1)) == (b"\xc3", b"\x01")
    assert (encode(False), encode(0)) == (b"\xc2", b"\x00")
    assert decode(b"\xc3", max_size=1) is True
    assert decode(b"\x91\x00", max_size=2) == (0,)


def test_more_bytes_than_allowed_are_refused_unread() -> None:
    assert decode(b"\x01", max_size=1) == 1
    with pytest.raises(LimitError, match="2 bytes where at most 1 are allowed"):
        decode(b"\xc0\xc0", max_size=1)


# --- what a hostile input costs -----------------------------------------------------------------

GREEDY: dict[str, bytes] = {
    f"{name} of {count}": tag + count.to_bytes(4, "big") + bytes(3)
    for count in (2**32 - 1, 2**31, 10**8)
    for name, tag in {"bytes": b"\xc6", "text": b"\xdb", "array": b"\xdd", "map": b"\xdf"}.items()
}
GREEDY["arrays in arrays, each as long as what is left"] = b"".join(
    b"\xdd" + (5 * (15 - level)).to_bytes(4, "big") for level in range(15)
)
GREEDY["15 arrays of 2**32-1"] = b"\xdd\xff\xff\xff\xff" * 15


@pytest.mark.parametrize("data", GREEDY.values(), ids=GREEDY)
def test_a_declared_length_allocates_nothing(data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(CanonicalError):
            decode(data, max_size=SIZE)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100_000


def test_an_array_whose_items_do_not_all_come_is_refused_before_it_is_made() -> None:
    # every level declares as much as there are bytes behind it, so that no single length is beyond the data
    filler = bytes(60_000)
    data = b"".join(b"\xdd" + (50_000).to_bytes(4, "big") for _ in range(15)) + filler
    tracemalloc.start()
    try:
        with pytest.raises(CanonicalError, match="too early"):
            decode(data, max_size=SIZE)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100_000, "fifteen tuples of 50,000 would take six million bytes"


def test_many_small_containers_are_refused_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical, "MAX_CONTAINERS", 1_001)
    allowed = b"\xdc" + (1_000).to_bytes(2, "big") + b"\x80" * 1_000
    assert len(decode(allowed, max_size=SIZE)) == 1_000  # type: ignore[arg-type]
    with pytest.raises(LimitError, match="1001 arrays and maps"):
        decode(b"\xdc" + (1_001).to_bytes(2, "big") + b"\x80" * 1_001, max_size=SIZE)


def test_many_items_are_refused_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical, "MAX_ITEMS", 20)
    assert decode(b"\x92\x99" + bytes(9) + b"\x99" + bytes(9), max_size=SIZE) == ((0,) * 9, (0,) * 9)
    with pytest.raises(LimitError, match="or more than 20 items"):
        decode(b"\x92\x99" + bytes(9) + b"\x9a" + bytes(10), max_size=SIZE)
    with pytest.raises(LimitError):
        decode(encode({f"k{number:02}": number for number in range(11)}), max_size=SIZE)


def test_the_bound_on_containers_is_what_a_hostile_file_of_the_largest_size_meets() -> None:
    for filler, count in {b"\x80": MAX_CONTAINERS, b"\x00": MAX_ITEMS + 1}.items():
        with pytest.raises(LimitError):
            decode(b"\xdd" + count.to_bytes(4, "big") + filler * count, max_size=MAX_BUNDLE)
