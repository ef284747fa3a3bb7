"""Hostile sizes: what a small file can cost, and what the largest allowed one does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mutualchain import canonical
from mutualchain.errors import LimitError, MutualchainError
from mutualchain.limits import (
    MAX_BUNDLE_FILE,
    MAX_CHANGES_IN_RECORD,
    MAX_EVENTS_IN_RECORD,
    MAX_RECEIPT,
    MAX_RECORD,
    MAX_ROUNDS_IN_RECORD,
)
from mutualchain.record.receipt import parse_receipt
from mutualchain.record.verify import verify_record

from .tools import content_of, file_of, frame_of, tree_of
from .world import TRUST, world

MEBIBYTE = 1 << 20


def array(count: int, item: bytes, declared: int | None = None) -> bytes:
    return b"\xdd" + (count if declared is None else declared).to_bytes(4, "big") + item * count


def with_list(name: str, count: int, item: Callable[[Any], Any]) -> bytes:
    """A true record in which a list is very long."""
    tree = tree_of(world().record("founder"))
    tree[name] = [item(tree)] * count
    return file_of(tree)


FILES: dict[str, Callable[[], bytes]] = {
    "a gzip bomb of zeros": lambda: frame_of(bytes(1 << 30)),
    "a gzip bomb of arrays": lambda: frame_of(array(MAX_RECORD - 5, b"\x90")),
    "a gzip bomb of maps": lambda: frame_of(array(MAX_RECORD - 5, b"\x80")),
    "sixteen mebibytes of nested arrays": lambda: frame_of(b"\x91" * (16 * MEBIBYTE)),
    "nested arrays as large as a record may be": lambda: frame_of(b"\x91" * MAX_RECORD),
    "an array that declares four billion items": lambda: frame_of(array(0, b"", 2**32 - 1)),
    "a byte string that declares four billion bytes": lambda: frame_of(b"\xc6\xff\xff\xff\xff"),
    "a text that declares four billion bytes": lambda: frame_of(b"\xdb\xff\xff\xff\xff"),
    "a map that declares four billion pairs": lambda: frame_of(b"\xdf\xff\xff\xff\xff"),
    "a frame that declares four billion bytes": lambda: b"mutualchain record v1\n" + b"\xff" * 36 + bytes(100),
    "one byte string as large as a record may be": lambda: frame_of(canonical.encode(bytes(MAX_RECORD - 5))),
    "a hundred thousand rounds": lambda: with_list("rounds", 100_000, lambda t: 0),
    "a hundred thousand events": lambda: with_list("events", 100_000, lambda t: []),
    "a hundred thousand keys": lambda: with_list("keys", 100_000, lambda t: [0, b"", [], b""]),
    "a hundred thousand covenants": lambda: with_list("covenants", 100_000, lambda t: {}),
    "as many rounds as a record may have": lambda: with_list(
        "rounds", MAX_ROUNDS_IN_RECORD, lambda t: [0, b"", [], b"", [0, 1, b"", b"", []]]
    ),
    "one event as often as a record may have events": lambda: with_list("events", 4_000, lambda t: t["events"][0]),
    "one change of key as often as a record may have": lambda: with_list(
        "keys", MAX_CHANGES_IN_RECORD, lambda t: t["keys"][0]
    ),
    "a proof of a million hashes": lambda: edit_proof(1_000_000, b""),
    "a file larger than any": lambda: b"mutualchain record v1\n" + bytes(MAX_BUNDLE_FILE),
}


def edit_proof(count: int, item: bytes) -> bytes:
    tree = tree_of(world().record("founder"))
    tree["head"][1] = [item] * count
    return file_of(tree)


LIGHT = [name for name in FILES if "declares" in name or "nested" in name or "larger" in name or "zeros" in name]

CHILD = """
import resource, sys
from pathlib import Path
from mutualchain.errors import MutualchainError
from mutualchain.record.verify import verify_record
from mutualchain.tlog.trust import parse

folder = Path(sys.argv[1])
trust = parse((folder / "trust").read_bytes())
begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sorted(folder.glob("*.mcr")):
    try:
        verify_record(path.read_bytes(), trust)
    except MutualchainError as error:
        assert error.exit_code in (1, 3), path
        assert len(error.diagnostics()) < 2_000, path
    else:
        raise SystemExit(f"{path} was accepted")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun)
"""


@pytest.mark.parametrize("name", LIGHT)
def test_a_file_that_declares_or_hides_much_costs_no_more_than_a_record_may(name: str) -> None:
    data = FILES[name]()
    tracemalloc.start(1)
    try:
        with pytest.raises(MutualchainError) as caught:
            verify_record(data, TRUST)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.exit_code in (1, 3)
    assert peak < 4 * MAX_RECORD
    if "declares" in name:
        assert peak < MEBIBYTE


def test_no_hostile_file_takes_more_than_200_mebibytes(tmp_path: Path) -> None:
    """Measured by the system, in a process of its own: tracing each allocation of millions takes minutes."""
    (tmp_path / "trust").write_bytes(TRUST.format())
    for number, make in enumerate(FILES.values()):
        (tmp_path / f"{number}.mcr").write_bytes(make())
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout) < 200 * 1024  # kibibytes


def test_limits_are_told_as_limits() -> None:
    for data in (frame_of(bytes(MAX_RECORD + 1)), FILES["a file larger than any"]()):
        with pytest.raises(LimitError) as caught:
            verify_record(data, TRUST)
        assert caught.value.exit_code == 3
    with pytest.raises(LimitError):
        parse_receipt(frame_of(bytes(MAX_RECEIPT + 1), "receipt"))


def test_the_lists_that_the_limits_allow_fit_into_a_record() -> None:
    """The bounds on counts bind before the bound on bytes does, or not at all: none is out of all proportion."""
    tree = tree_of(world().record("founder"))
    for name, most in (("rounds", MAX_ROUNDS_IN_RECORD), ("events", MAX_EVENTS_IN_RECORD)):
        size = len(canonical.encode(tree[name][0]))
        assert size * most < 4 * MAX_RECORD


@pytest.mark.parametrize("name", ["ints", "events"])
def test_the_largest_record_takes_seconds_at_most(name: str) -> None:
    if name == "ints":
        data = frame_of(array(MAX_RECORD - 5, b"\x01"))
    else:
        one = len(canonical.encode(tree_of(world().record("founder"))["events"][0]))
        data = with_list("events", min((MAX_RECORD - 20_000) // one, MAX_EVENTS_IN_RECORD), lambda t: t["events"][0])
        assert len(content_of(data)) > MAX_RECORD // 3
    begun = time.process_time()
    with pytest.raises(MutualchainError):
        verify_record(data, TRUST)
    assert time.process_time() - begun < 20
