"""Where things are written: never through somebody's link, never outside the folder that was named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mutualchain.block import fields
from mutualchain.cli.files import write_file
from mutualchain.cli.pinning import evidence_path
from mutualchain.cli.pins import Pins
from mutualchain.errors import FileExists, MutualchainError, RecordMismatch
from mutualchain.record.pinfile import PinFile

from .kinds import pin

SECRET = b"of somebody else"


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim"
    path.write_bytes(SECRET)
    return path


def test_a_pin_is_not_written_through_a_link(tmp_path: Path, victim: Path) -> None:
    kept = PinFile.from_bytes(pin())
    pins = Pins(tmp_path / "pins")
    with pins.locked(kept.origin, kept.public_key):
        path = pins.path(kept.origin, kept.public_key)
        for name in (path, path.with_name(f".{path.name}.{os.getpid()}.partial")):
            name.symlink_to(victim)
        assert pins.write(kept) == path
    assert victim.read_bytes() == SECRET
    assert not path.is_symlink()
    assert pins.read(kept.origin, kept.public_key) == kept


@pytest.mark.parametrize("origin", ["../../etc/passwd", "/etc/passwd", "a\0b", "a/" * 100, "..", "\u202e", ""])
def test_a_pins_name_comes_from_a_hash(origin: str, tmp_path: Path) -> None:
    path = Pins(tmp_path).path(origin, bytes(32))
    assert path.parent == tmp_path
    assert path.name.isascii()


def test_evidence_replaces_a_link_and_not_what_it_leads_to(tmp_path: Path, victim: Path) -> None:
    path = evidence_path(tmp_path / "her.mcr", b"evidence")
    path.symlink_to(victim)
    write_file(path, b"evidence", force=True)
    assert victim.read_bytes() == SECRET
    assert path.read_bytes() == b"evidence"
    assert not path.is_symlink()


def test_without_force_a_link_is_a_file_that_is_there(tmp_path: Path, victim: Path) -> None:
    for name, target in (("link", victim), ("dangling", tmp_path / "nowhere")):
        (tmp_path / name).symlink_to(target)
        with pytest.raises(FileExists):
            write_file(tmp_path / name, b"x")
    assert victim.read_bytes() == SECRET
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "name", ["..", "../x", "/x", "a/b", "a\\b", "", ".", "A", "a\n", "a\0", "\u0430", "-a", "con" * 40, "a ", "a.b"]
)
def test_a_plans_name_is_never_a_path(name: str) -> None:
    """Published ledgers, archives of records and vaults name folders after plans: what a file says is held to this."""
    with pytest.raises(MutualchainError):
        fields.name(name, "a plan", RecordMismatch)
