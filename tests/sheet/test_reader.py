"""Trees read back from tiles that nobody needs to trust."""

from __future__ import annotations

import pytest

from mutualchain.errors import AggregateError, SheetProofError, UsageError
from mutualchain.sheet import BuiltSheet, TreeReader
from mutualchain.sheet.tree import path_steps, unpack_record

from .tables import CHAIN, reading, sheet_of

SIZES = [1, 2, 3, 5, 255, 256, 257, 258, 300, 511, 512, 513, 600]


def changed(built: BuiltSheet, level: int, index: int, data: bytes):
    intact = reading(built)
    return lambda one, other: data if (one, other) == (level, index) else intact(one, other)


@pytest.mark.parametrize("pages", SIZES)
def test_the_path_of_every_page_is_the_references(pages: int) -> None:
    built, reference = sheet_of("notice/1", pages)
    reader = TreeReader(built.descriptor, CHAIN, reading(built))
    for index in range(pages):
        path = reference.path(index)
        assert [unpack_record(record) for record in reader.path(index)] == path
        assert len(path_steps(index, pages)) == len(path)


def test_paths_in_a_tree_of_three_tile_levels_are_the_references() -> None:
    pages = 65_536 + 256 + 3
    built, reference = sheet_of("notice/1", pages)
    reader = TreeReader(built.descriptor, CHAIN, reading(built))
    edges = [0, 1, 255, 256, 40_000, 65_535, 65_536, 65_537, pages - 4, pages - 3, pages - 2, pages - 1]
    for index in edges:
        assert [unpack_record(record) for record in reader.path(index)] == reference.path(index)


def test_tiles_are_fetched_once_while_the_cache_holds_them() -> None:
    built, _ = sheet_of("notice/1", 1100)
    fetched: list[tuple[int, int]] = []
    intact = reading(built)

    def fetch(level: int, index: int) -> bytes:
        fetched.append((level, index))
        return intact(level, index)

    reader = TreeReader(built.descriptor, CHAIN, fetch)
    for index in range(1100):
        reader.path(index)
    assert sorted(fetched) == [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (8, 0)]
    fetched.clear()
    small = TreeReader(built.descriptor, CHAIN, fetch, cached_tiles=2)
    for index in (0, 256, 1, 512, 2, 257):
        small.path(index)
    # the edge comes first; tile 0 was used last before tile 2 pushed tile 1 out
    assert fetched == [(0, 4), (8, 0), (0, 0), (0, 1), (0, 2), (0, 1)]


@pytest.mark.parametrize("pages", [2, 5, 256, 300, 512])
def test_a_changed_tile_is_noticed_before_it_is_used(pages: int) -> None:
    built, _ = sheet_of("notice/1", pages)
    for level, index, data in built.tiles:
        if pages == 1 << level:
            continue  # the sheet's top alone: no path needs it
        for at in {0, 8, len(data) - 1, len(data) // 2}:
            wrong = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            reader = TreeReader(built.descriptor, CHAIN, changed(built, level, index, wrong))
            with pytest.raises(SheetProofError):
                reader.path(min(index << (level + 8), pages - 1))


def test_a_tile_of_another_length_is_refused() -> None:
    built, _ = sheet_of("notice/1", 300)
    for level, index, data in built.tiles:
        for wrong in (data[:-1], data + b"\0", data[:-40], data + data[:40], b""):
            reader = TreeReader(built.descriptor, CHAIN, changed(built, level, index, wrong))
            with pytest.raises(SheetProofError):
                reader.path(0)


def test_a_tile_with_totals_that_would_overflow_is_refused() -> None:
    built, _ = sheet_of("credit/1", 2)
    ((level, index, data),) = built.tiles
    wrong = data[:8] + b"\xff" * 8 + data[16:]
    with pytest.raises(AggregateError):
        TreeReader(built.descriptor, CHAIN, changed(built, level, index, wrong)).path(0)


def test_the_tiles_of_another_chain_are_refused() -> None:
    built, _ = sheet_of("notice/1", 5)
    with pytest.raises(SheetProofError):
        TreeReader(built.descriptor, bytes(32), reading(built)).path(0)


@pytest.mark.parametrize("index", [-1, 5])
def test_a_page_that_the_sheet_does_not_have_is_refused(index: int) -> None:
    built, _ = sheet_of("notice/1", 5)
    with pytest.raises(UsageError):
        TreeReader(built.descriptor, CHAIN, reading(built)).path(index)


def test_a_reader_keeps_at_least_one_tile() -> None:
    built, _ = sheet_of("notice/1", 5)
    with pytest.raises(UsageError):
        TreeReader(built.descriptor, CHAIN, reading(built), cached_tiles=0)
