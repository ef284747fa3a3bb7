"""Page bundles: compressed, and inflated only to the size that their rows take."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.archive.packing import pack, unpack
from mutualchain.errors import StoreCorrupt


@given(st.binary(min_size=1, max_size=5000))
def test_what_was_packed_unpacks_to_the_same(data: bytes) -> None:
    assert unpack(pack(data), len(data)) == data


@given(st.binary(min_size=1, max_size=500), st.integers(0, 1000))
def test_another_size_than_the_rows_take_is_refused(data: bytes, size: int) -> None:
    if size != len(data):
        with pytest.raises(StoreCorrupt):
            unpack(pack(data), size)


@given(st.binary(max_size=300), st.integers(0, 400))
def test_bytes_that_are_no_bundle_are_refused(data: bytes, size: int) -> None:
    with pytest.raises(StoreCorrupt):
        unpack(data, size)


@given(st.binary(min_size=20, max_size=300), st.data())
def test_a_bundle_that_is_cut_off_or_goes_on_is_refused(data: bytes, draw: st.DataObject) -> None:
    packed = pack(data)
    for wrong in (packed[: draw.draw(st.integers(0, len(packed) - 1))], packed + b"\0", packed + packed):
        with pytest.raises(StoreCorrupt):
            unpack(wrong, len(data))


@given(st.binary(min_size=1, max_size=200), st.data())
def test_a_bundle_with_a_byte_changed_has_the_right_size_or_is_refused(data: bytes, draw: st.DataObject) -> None:
    """Whether the rows are the right ones is for the sheet's root to say."""
    packed = bytearray(pack(data))
    packed[draw.draw(st.integers(0, len(packed) - 1))] ^= draw.draw(st.integers(1, 255))
    with suppress(StoreCorrupt):
        assert len(unpack(bytes(packed), len(data))) == len(data)


def test_a_frame_that_states_no_size_is_refused() -> None:
    frame = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1000))
    with pytest.raises(StoreCorrupt):
        unpack(frame, 1000)


def test_a_bomb_is_refused_before_room_is_made_for_it() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(1 << 26))
    assert len(bomb) < 10_000
    tracemalloc.start()
    with pytest.raises(StoreCorrupt):
        unpack(bomb, 1000)
    # A frame whose header lies about the size: one of 1,000 bytes is stated, more comes out.
    stated = zstandard.ZstdCompressor(write_content_size=True).compress(bytes(1000))
    liar = stated[:7] + bomb[9:]
    with pytest.raises(StoreCorrupt):
        unpack(liar, 1000)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
