"""As any client of c2sp.org/tlog-tiles sees it: the paths, the tiles, the entries, with nothing of ours in between."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from mutualchain.publish import publish
from mutualchain.tlog import checkpoint as checkpoints
from mutualchain.tlog import merkle
from mutualchain.tlog.tiles import Tile, parse_path, tile_reader
from tests.publish.tools import LOG, ORIGIN, Operator, files_of


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of more than two full tiles."""
    folder = tmp_path_factory.mktemp("log") / "ledger"
    operator = Operator()
    operator.blocks(100)
    publish(operator.store, folder, note=operator.note())
    operator.blocks(440)
    publish(operator.store, folder, note=operator.note())
    return folder


def test_the_tiles_lead_to_the_signed_root_and_the_entries_to_the_tiles(log: Path) -> None:
    opened = checkpoints.open_checkpoint((log / "checkpoint").read_bytes(), ORIGIN, [LOG.verifier])
    read = tile_reader(lambda tile: (log / tile.path).read_bytes(), opened.size)
    assert merkle.root_from_nodes(read, opened.size) == opened.root
    for index in (0, 255, 256, opened.size - 1):
        number, at = divmod(index, 256)
        width = min(256, opened.size - 256 * number)
        path = f"tile/entries/{number:03}" + (f".p/{width}" if width < 256 else "")
        data = (log / path).read_bytes()
        for _ in range(at):
            data = data[2 + int.from_bytes(data[:2], "big") :]
        entry = data[2 : 2 + int.from_bytes(data[:2], "big")]
        proof = merkle.inclusion_proof_from_nodes(read, index, opened.size)
        merkle.verify_inclusion(hashlib.sha256(b"\0" + entry).digest(), index, opened.size, proof, opened.root)


def test_the_paths_are_those_of_the_specification(log: Path) -> None:
    size = checkpoints.open_checkpoint((log / "checkpoint").read_bytes(), ORIGIN, [LOG.verifier]).size
    paths = {path for path in files_of(log) if path.startswith("tile/")}
    rest = size - 512
    assert paths == {
        "tile/0/000",
        "tile/0/001",
        f"tile/0/002.p/{rest}",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
        f"tile/entries/002.p/{rest}",
    }
    for path in paths:
        named = parse_path(path)
        if isinstance(named, Tile):
            assert (log / path).stat().st_size == 32 * named.width
    assert (log / "tile/0/000").stat().st_size == 8192


def test_the_logs_of_plans_are_tiles_too(published: Path) -> None:
    paths = [path for path in files_of(published) if re.match(r"plan/[^/]+/(sheets|events)/", path)]
    assert paths
    for path in paths:
        parse_path("/".join(path.split("/")[3:]))
