"""One log read through its tiles: how many files it takes, and that each is held against the root."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from mutualchain.archive.published_layout import edge_of_log
from mutualchain.archive.published_log import PublishedLog
from mutualchain.archive.published_source import Counts, Files, Limits
from mutualchain.errors import PublishedMismatch, PublishedMissing, UsageError
from mutualchain.tlog import merkle
from mutualchain.tlog.tiles import Tile, bundles, format_bundle, format_tile, tile_reader, tiles


@dataclass
class Memory:
    """Files in memory."""

    files: dict[str, bytes]
    counts: Counts = field(default_factory=Counts)

    def fetch(self, path: str, most: int) -> bytes:
        self.counts.add(1, 0)
        if path not in self.files:
            raise PublishedMissing("missing", place=path)
        return self.files[path]

    def close(self) -> None:
        return


def tree(size: int) -> tuple[dict[str, bytes], merkle.Frontier]:
    """The files of a log of small leaves, and its subtrees."""
    nodes: dict[tuple[int, int], bytes] = {}
    frontier = merkle.Frontier.empty()
    for leaf in range(size):
        frontier, new = frontier.append(merkle.leaf_hash(b"%d" % leaf))
        nodes.update({(level, index): digest for level, index, digest in new})
    files = {f"p/{tile.path}": format_tile(lambda level, index: nodes[level, index], tile) for tile in tiles(size)}
    for bundle in bundles(size):
        files[f"p/{bundle.path}"] = format_bundle([b"%d" % (256 * bundle.index + at) for at in range(bundle.width)])
    return files, frontier


def log_of(files: dict[str, bytes], frontier: merkle.Frontier) -> tuple[PublishedLog, Counts]:
    memory = Memory(dict(files))
    return PublishedLog(Files(memory, Limits()), "p/", frontier.size, frontier.root()), memory.counts


def edge(files: dict[str, bytes], size: int) -> list[bytes]:
    """The tiles at the log's edge."""
    return [files[f"p/{tile.path}"] for tile in edge_of_log(size)]


def test_a_proof_in_a_log_of_66_000_takes_two_files_with_its_edge_known() -> None:
    files, frontier = tree(66_000)
    for index in (0, 65_535):
        log, counts = log_of(files, frontier)
        assert log.use_edge(edge(files, log.size))
        leaf = merkle.leaf_hash(b"%d" % index)
        merkle.verify_inclusion(leaf, index, log.size, log.proof(index), log.root)
        assert log.read(0, index) == leaf
        assert counts.requests <= 2


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 300])
@pytest.mark.parametrize("known", [True, False])
def test_every_tile_and_entry_is_held_against_the_root(size: int, known: bool) -> None:
    files, frontier = tree(size)
    log, _ = log_of(files, frontier)
    assert not known or log.use_edge(edge(files, size))
    for index in range(size):
        assert log.entry(index) == b"%d" % index
        merkle.verify_inclusion(merkle.leaf_hash(b"%d" % index), index, size, log.proof(index), log.root)
    for path, data in files.items():
        changed = bytearray(data)
        changed[1] ^= 1
        for wrong in (bytes(changed), data[:-1], data + data, b""):
            log, _ = log_of(files | {path: wrong}, frontier)
            if known:
                log.use_edge(edge(files, size))
            failed, place = 0, None
            for index in {0, size // 2, 255 % size, size - 1}:
                try:
                    assert log.entry(index) == b"%d" % index
                    log.proof(index)
                except PublishedMismatch as error:
                    failed += 1
                    place = error.place
            assert failed or known  # what the edge already tells is not fetched
            assert not failed or path in (place or "")


def test_an_edge_that_does_not_make_the_root_is_not_used() -> None:
    files, frontier = tree(300)
    log, _ = log_of(files, frontier)
    right = edge(files, 300)
    assert not log.use_edge(right[:-1])
    assert not log.use_edge(right[::-1])
    assert not log.use_edge([bytes(len(tile)) for tile in right])
    assert log.read(8, 0) == frontier.hashes[0]
    with pytest.raises(UsageError):
        log.read(0, 300)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65_536, 70_000])
def test_the_edge_of_a_log_is_what_a_client_of_tlog_tiles_fetches_for_its_root(size: int) -> None:
    asked: list[Tile] = []

    def fetch(tile: Tile) -> bytes:
        asked.append(tile)
        return bytes(32 * tile.width)

    merkle.root_from_nodes(tile_reader(fetch, size), size)
    assert sorted(asked, key=lambda tile: tile.level) == edge_of_log(size)
