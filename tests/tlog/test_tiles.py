"""c2sp.org/tlog-tiles: paths, which tiles a tree has, and reading a tree from them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import ProofError, TileError, UsageError
from mutualchain.limits import MAX_LOG_SIZE
from mutualchain.tlog import merkle, tiles
from mutualchain.tlog.merkle import Frontier
from mutualchain.tlog.tiles import EntryBundle, Tile, parse_path

from .examples import block_of, mutations, refused
from .reference import leaves

WIDTHS = st.integers(1, 256)
INDEXES = st.integers(0, 10**7) | st.integers(0, MAX_LOG_SIZE)

PATHS: dict[str, Tile | EntryBundle] = {
    "tile/0/000": Tile(0, 0),
    "tile/0/x001/x234/067": Tile(0, 1234067),
    "tile/1/x001/000": Tile(1, 1000),
    "tile/1/000.p/17": Tile(1, 0, 17),
    "tile/63/999.p/255": Tile(63, 999, 255),
    "tile/entries/000": EntryBundle(0),
    "tile/entries/x001/000.p/1": EntryBundle(1000, 1),
}


# --- paths --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_a_path_names_one_tile(path: str) -> None:
    assert parse_path(path) == PATHS[path]
    assert PATHS[path].path == path


def test_the_paths_in_the_docstring_are_such() -> None:
    shown = [line.split()[0] for line in block_of(tiles).splitlines()]
    assert [parse_path(path) for path in shown] == [Tile(0, 1234067), Tile(1, 0, 17), EntryBundle(1000)]


@given(st.builds(Tile, st.integers(0, 63), INDEXES, WIDTHS) | st.builds(EntryBundle, INDEXES, WIDTHS))
def test_every_path_parses_to_its_tile(tile: Tile | EntryBundle) -> None:
    assert parse_path(tile.path) == tile


def test_what_parses_has_that_path_and_only_own_errors_escape() -> None:
    for path in PATHS:
        for mutated in mutations(path.encode(), 300):
            text = mutated.decode("utf-8", "replace")
            with contextlib.suppress(TileError):
                assert parse_path(text).path == text


@pytest.mark.parametrize(
    "path",
    ["", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000", "tile/01/000",
     "tile/64/000", "tile/-1/000", "tile/0/x000/000", "tile/0/x000/001", "tile/0/001/000", "tile/0/x001",
     "tile/0/x01/000", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0",
     "tile/0/000.p/01", "tile/0/000.p/256", "tile/0/000.p/999", "tile/0/000.p/1000",
     "tile/0/000/", "/tile/0/000", "tile/0/000\n", "tile/0/٠٠٠", "tile//000", "tile/data/000", "tile/entries/0",
     "tile/8/0/000", "tile/0/000.p/1.p/1", "tile/0/x999/x999/x999/x999/x999/x999/999", None],
)  # fmt: skip
def test_no_tile_has_the_path(path: str) -> None:
    with refused(TileError):
        parse_path(path)


@pytest.mark.parametrize(
    "parts",
    [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 2**63, 1), (0, 0, 0), (0, 0, 257), (True, 0, 1), (0, 1.0, 1),
     (0, 0, True)],
)  # fmt: skip
def test_no_tile_is_named_by(parts: tuple[int, int, int]) -> None:
    with refused(TileError):
        Tile(*parts)


def test_a_partial_tile_knows_its_full_one() -> None:
    assert Tile(1, 3, 17).full == Tile(1, 3) == Tile(1, 3).full


# --- which tiles --------------------------------------------------------------------------------


def test_a_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    found = list(tiles.tiles(70_000))
    assert [tile for tile in found if tile.level == 0] == [*(Tile(0, n) for n in range(273)), Tile(0, 273, 112)]
    assert [tile for tile in found if tile.level == 1] == [Tile(1, 0), Tile(1, 1, 17)]
    assert [tile for tile in found if tile.level > 1] == [Tile(2, 0, 1)]
    assert list(tiles.bundles(70_000)) == [*(EntryBundle(n) for n in range(273)), EntryBundle(273, 112)]


@pytest.mark.parametrize(
    ("size", "paths"),
    [
        (0, []),
        (1, ["tile/0/000.p/1"]),
        (255, ["tile/0/000.p/255"]),
        (256, ["tile/0/000", "tile/1/000.p/1"]),
        (257, ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]),
        (300, ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"]),
    ],
)
def test_the_tiles_of_small_trees_are(size: int, paths: list[str]) -> None:
    assert [tile.path for tile in tiles.tiles(size)] == paths


@given(st.integers(0, 140_000).flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size))))
def test_tiles_since_a_size_are_those_that_it_lacks(case: tuple[int, int]) -> None:
    since, size = case
    assert set(tiles.tiles(size, since)) == set(tiles.tiles(size)) - set(tiles.tiles(since))
    assert set(tiles.bundles(size, since)) == set(tiles.bundles(size)) - set(tiles.bundles(since))


@pytest.mark.parametrize(("size", "since"), [(1, 2), (-1, 0), (1, -1), (2**63, 0), (1.0, 0), (1, True)])
def test_no_tree_shrinks(size: int, since: int) -> None:
    for listing in (tiles.tiles, tiles.bundles):
        with refused(UsageError):
            list(listing(size, since))


# --- content ------------------------------------------------------------------------------------

SIZE = 70_000


@pytest.fixture(scope="module")
def nodes() -> dict[tuple[int, int], bytes]:
    """All perfect nodes of a tree of 70,000 leaves."""
    found = {}
    frontier = Frontier.empty()
    for leaf in leaves(SIZE):
        frontier, completed = frontier.append(leaf)
        found.update({(level, index): node for level, index, node in completed})
    return found


class Files:
    """Tiles as a log serves them that grew through ``sizes``: a partial one goes once the full one is there."""

    def __init__(self, nodes: dict[tuple[int, int], bytes], *sizes: int) -> None:
        self.asked: list[Tile] = []
        served = {tile for size in sizes for tile in tiles.tiles(size)}
        served = {tile for tile in served if tile.full == tile or tile.full not in served}
        self.content = {tile: tiles.format_tile(lambda *node: nodes[node], tile) for tile in served}

    def __call__(self, tile: Tile) -> bytes:
        self.asked.append(tile)
        return self.content[tile] if tile in self.content else self.content[tile.full]


def test_a_tree_is_read_back_from_its_tiles(nodes: dict[tuple[int, int], bytes]) -> None:
    files = Files(nodes, SIZE)
    read = tiles.tile_reader(files, SIZE)
    for level in range(17):
        for index in {0, (SIZE >> level) // 2, (SIZE >> level) - 1}:
            assert read(level, index) == nodes[level, index]
    assert merkle.root_from_nodes(read, SIZE) == merkle.root_from_nodes(lambda *node: nodes[node], SIZE)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 513, 65_536, 65_537, SIZE])
def test_proofs_from_tiles_verify_and_ask_for_few(nodes: dict[tuple[int, int], bytes], size: int) -> None:
    files = Files(nodes, size)
    read = tiles.tile_reader(files, size)
    root = merkle.root_from_nodes(read, size)
    for index in {0, size // 3, size - 1}:
        files.asked.clear()
        proof = merkle.inclusion_proof_from_nodes(read, index, size)
        assert len(files.asked) <= 6
        merkle.verify_inclusion(nodes[0, index], index, size, proof, root)
    old = size // 2 + 1
    proof = merkle.consistency_proof_from_nodes(read, old, size)
    merkle.verify_consistency(old, size, proof, merkle.root_from_nodes(read, old), root)


def test_a_full_tile_serves_where_the_partial_one_is_gone(nodes: dict[tuple[int, int], bytes]) -> None:
    later = Files(nodes, 300, 512)
    assert Tile(0, 1, 44) not in later.content
    read = tiles.tile_reader(later, 300)
    assert [merkle.root_from_nodes(read, size) for size in (299, 300)] == [
        merkle.root([nodes[0, index] for index in range(size)]) for size in (299, 300)
    ]


@pytest.mark.parametrize(("level", "index"), [(0, 300), (0, -1), (-1, 0), (8, 1), (9, 0), (64, 0)])
def test_there_is_no_node_outside_the_tree(level: int, index: int) -> None:
    with refused(UsageError, "no perfect node"):
        tiles.tile_reader(lambda tile: bytes(32 * tile.width), 300)(level, index)


@pytest.mark.parametrize("length", [0, 31, 32 * 43, 32 * 45, 32 * 255, 32 * 257])
def test_a_tile_of_another_length_is_refused(length: int) -> None:
    with refused(TileError, "width"):
        tiles.tile_reader(lambda tile: bytes(length), 300)(0, 260)


def test_a_tree_of_no_size_is_not_read() -> None:
    with refused(UsageError):
        tiles.tile_reader(bytes, -1)  # type: ignore[arg-type]


def test_a_tile_is_the_bytes_of_its_hashes() -> None:
    hashes = leaves(5)
    content = tiles.format_tile(lambda level, index: hashes[index], Tile(0, 0, 5))
    assert content == b"".join(hashes)
    assert tiles.parse_tile(content, 5) == tuple(hashes)
    with refused(ProofError):
        tiles.format_tile(lambda level, index: b"short", Tile(0, 0, 5))


# --- entry bundles ------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_a_bundle_written_parses_to_the_same_entries(entries: list[bytes]) -> None:
    data = tiles.format_bundle(entries)
    assert tiles.parse_bundle(data, len(entries)) == tuple(entries)
    with refused(TileError):
        tiles.parse_bundle(data, len(entries) + 1)
    with refused(TileError):
        tiles.parse_bundle(data, len(entries) - 1)


def test_a_bundle_is_each_entry_after_its_length() -> None:
    assert tiles.format_bundle([b"ab", b""]) == b"\x00\x02ab\x00\x00"
    assert tiles.parse_bundle(tiles.format_bundle([b"x" * 65_535]), 1) == (b"x" * 65_535,)


def test_what_parses_is_written_the_same_and_no_other_error_escapes() -> None:
    data = tiles.format_bundle([b"first", b"second", b"x" * 300])
    for mutated in mutations(data):
        with contextlib.suppress(TileError):
            assert tiles.format_bundle(tiles.parse_bundle(mutated, 3)) == mutated


@pytest.mark.parametrize("entries", [[], [b""] * 257, [b"x" * 65_536], ["text"]], ids=["none", "257", "long", "text"])
def test_no_bundle_holds(entries: list[bytes]) -> None:
    with refused(TileError):
        tiles.format_bundle(entries)
