"""A full disk refuses a write and harms nothing; with room again, writing goes on."""

from __future__ import annotations

from pathlib import Path

from mutualchain.store import LmdbStore

from .children import on_tmpfs, output

TOOLS = """
import resource
from mutualchain.errors import StoreFull

def put(store, key, size):
    with store.write(store.head()) as writer:
        writer.put(key, os.urandom(size))
        writer.set_head(key)

def refused(store, key, size):
    try:
        put(store, key, size)
    except StoreFull as error:
        say(f"{error.code} {error.message}")
        return True
    return False
"""
LIMITED = (
    TOOLS
    + """
store = LmdbStore.create(folder)
put(store, b"1", 100_000)
endless = resource.RLIM_INFINITY
data = folder / "store" / "data.mdb"
for room, size in ((0, 50_000), (30_000, 200_000), (1_000_000, 300_000_000)):
    resource.setrlimit(resource.RLIMIT_FSIZE, (data.stat().st_size + room, endless))
    assert refused(store, b"2", size)
    assert store.head() == b"1"
    resource.setrlimit(resource.RLIMIT_FSIZE, (endless, endless))
    put(store, b"1", 10)
put(store, b"2", 200_000)
store.close()
"""
)
FULL = (
    TOOLS
    + """
ballast = folder / "ballast"
store = LmdbStore.create(folder / "ledger")
ballast.write_bytes(bytes(2 << 20))
number = 0
while not refused(store, b"k%05d" % (number + 1), 50_000):
    number += 1
assert number > 10
assert store.head() == b"k%05d" % number
with store.read() as reader:
    assert len(list(reader.scan(b"k", b"l"))) == number
assert refused(store, b"x", 500_000)
try:
    store.copy_to(folder / "copy")
except StoreFull:
    assert not (folder / "copy" / "store").exists()
else:
    raise SystemExit("a copy on a full disk")
ballast.unlink()
put(store, b"k%05d" % (number + 1), 50_000)
store.close()
with LmdbStore.open(folder / "ledger") as store, store.read() as reader:
    assert len(list(reader.scan(b"k", b"l"))) == number + 1
    assert store.head() == b"k%05d" % (number + 1)
    put(store, b"k%05d" % (number + 2), 50_000)
say("whole")
"""
)


def test_a_limit_on_file_sizes_refuses_a_write_and_the_same_process_goes_on_without_it(tmp_path: Path) -> None:
    assert output(LIMITED, tmp_path / "ledger") == ["MC-114 there is no room left on the disk"] * 3
    with LmdbStore.open(tmp_path / "ledger") as store, store.read() as reader:
        assert store.head() == b"2"
        assert [(key, len(value)) for key, value in reader.scan(b"", b"\xff")] == [(b"1", 10), (b"2", 200_000)]


def test_a_full_file_system_refuses_a_write_and_loses_nothing(tmp_path: Path) -> None:
    lines = on_tmpfs(FULL, tmp_path, "6m")
    assert set(lines[:-1]) == {"MC-114 there is no room left on the disk"}
    assert lines[-1] == "whole"
