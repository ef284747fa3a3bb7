"""One process writes; others read consistent snapshots, follow its growth, and are refused what is not theirs."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mutualchain.errors import StoreBusy, StoreError, StoreReadOnly
from mutualchain.store import LmdbStore

from .children import on_tmpfs, output, running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    LmdbStore.create(tmp_path / "ledger").close()
    return tmp_path / "ledger"


def put(store: LmdbStore, key: bytes, value: bytes) -> None:
    with store.write(store.head()) as writer:
        writer.put(key, value)
        writer.set_head(key)


# --- one writer ---------------------------------------------------------------------------------

OPEN = """
try:
    with LmdbStore.open(folder, readonly=len(sys.argv) > 2) as store:
        say(f"opened, head {store.head()}")
except MutualchainError as error:
    say(f"{error.code} {error.message}")
"""
HOLD = """
with LmdbStore.open(folder) as store:
    say(os.getpid())
    hear()
say("closed")
hear()
"""


def test_a_second_writing_process_is_refused_and_told_who_the_first_is(folder: Path) -> None:
    with LmdbStore.open(folder):
        message = f"MC-111 process {os.getpid()} has this ledger open for writing"
        assert output(OPEN, folder) == [message]
        assert output(OPEN, folder, "readonly") == ["opened, head None"]
    assert output(OPEN, folder) == ["opened, head None"]


def test_the_ledger_is_free_again_when_its_writer_closes_or_is_killed(folder: Path) -> None:
    with running(HOLD, folder) as child:
        assert child.hear() == str(child.process.pid)
        with pytest.raises(StoreBusy, match=str(child.process.pid)):
            LmdbStore.open(folder)
        assert child.ask("close") == "closed"
        LmdbStore.open(folder).close()
    with running(HOLD, folder) as child:
        child.hear()
        child.process.kill()
        child.process.wait()
        LmdbStore.open(folder).close()


def test_a_lock_file_that_names_nobody_still_refuses(folder: Path) -> None:
    with LmdbStore.open(folder):
        (folder / "writer.lock").write_bytes(b"")
        assert output(OPEN, folder) == ["MC-111 another process has this ledger open for writing"]


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("second", [False, True])
def test_a_second_store_of_the_same_process_is_refused(folder: Path, first: bool, second: bool) -> None:
    with LmdbStore.open(folder, readonly=first) as store:
        with pytest.raises(StoreBusy, match="this process has the ledger open already"):
            LmdbStore.open(folder, readonly=second)
        assert store.head() is None
    LmdbStore.open(folder, readonly=second).close()


def test_a_store_that_was_forgotten_lets_go_of_the_ledger(folder: Path) -> None:
    with pytest.warns(ResourceWarning):
        _forget(folder)
    LmdbStore.open(folder).close()


def _forget(folder: Path) -> None:
    LmdbStore.open(folder).head()


FORK = """
store = LmdbStore.open(folder)
with store.write(None) as writer:
    writer.put(b"a", b"1")
for inside in ("nothing", "a read", "a write"):
    block = {"nothing": open(os.devnull), "a read": store.read(), "a write": store.write(None)}[inside]
    with block as transaction:
        child = os.fork()
        if child == 0:
            for call in (store.head, lambda: store.write(None).__enter__(), lambda: store.copy_to(folder / "copy"),
                         lambda: LmdbStore.open(folder), lambda: LmdbStore.open(folder, readonly=True),
                         transaction.head if inside != "nothing" else store.head):
                try:
                    call()
                    say("NOT REFUSED")
                except MutualchainError as error:
                    say(f"{inside}: {error.code}")
            store.close()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
begun, begins = os.pipe()
if os.fork() == 0:
    os.write(begins, b".")  # it runs: what it had inherited is closed
    sys.stdin.readline()
    os._exit(0)
os.read(begun, 1)
with store.write(None) as writer:
    writer.put(b"b", b"2")
say("parent goes on")
os.kill(os.getpid(), 9)
"""


def test_a_forked_child_is_refused_and_neither_harms_nor_outlives_its_parent(folder: Path) -> None:
    with running(FORK, folder) as child:
        for inside in ("nothing", "a read", "a write"):
            codes = [child.hear() for _ in range(6)]
            assert codes == [f"{inside}: MC-{code}" for code in (110, 110, 110, 111, 111, 110)]
        assert child.hear() == "parent goes on"
        child.process.wait()
        with LmdbStore.open(folder) as store, store.read() as reader:
            assert (reader.get(b"a"), reader.get(b"b")) == (b"1", b"2")


# --- readers ------------------------------------------------------------------------------------

READER = """
def shown(reader):
    values = [value for _, value in reader.scan(b"k", b"l")]
    assert len(set(values)) <= 1, "a snapshot with parts of two writes"
    return f"{reader.head()} {len(values)} {sum(map(len, values))}"

with LmdbStore.open(folder, readonly=True, map_size=1 << 20) as store:
    while True:
        with store.read() as reader:
            say(shown(reader))
            while hear() == "again":
                say(shown(reader))
            say("left")
        if hear() == "end":
            break
"""


def fill(store: LmdbStore, number: int, size: int) -> None:
    with store.write(store.head(), reserve=10 * size) as writer:
        for part in range(10):
            writer.put(b"k%d" % part, bytes([number]) * size)
        writer.set_head(b"%d" % number)


def test_a_reader_in_another_process_sees_one_moment_while_the_writer_commits(folder: Path) -> None:
    with LmdbStore.open(folder) as store:
        fill(store, 1, 100)
        with running(READER, folder) as reader:
            assert reader.hear() == "b'1' 10 1000"
            for number in range(2, 30):
                fill(store, number, 100 + number)
                assert reader.ask("again") == "b'1' 10 1000"
            assert reader.ask("leave") == "left"
            assert reader.ask("new") == "b'29' 10 1290"


def test_the_map_grows_while_readers_are_in_another_process_and_they_follow(folder: Path) -> None:
    with LmdbStore.open(folder, map_size=1 << 20) as store:
        fill(store, 1, 1_000)
        with running(READER, folder) as reader:
            assert reader.hear() == "b'1' 10 10000"
            for number in range(2, 8):
                fill(store, number, 100_000 * number)
                assert reader.ask("again") == "b'1' 10 10000"
            assert reader.ask("leave") == "left"
            assert reader.ask("new") == "b'7' 10 7000000"
            assert reader.ask("leave") == "left"
            fill(store, 8, 3_000_000)
            assert reader.ask("new") == "b'8' 10 30000000"


def test_a_reader_killed_in_a_snapshot_does_not_keep_its_pages_for_ever(folder: Path) -> None:
    with LmdbStore.open(folder) as store:
        fill(store, 1, 100_000)
    with running(READER, folder) as reader:
        reader.hear()
    with LmdbStore.open(folder) as store:
        for number in range(2, 40):
            fill(store, number, 100_000)
    assert (folder / "store" / "data.mdb").stat().st_size < 6_000_000


def test_a_read_only_store_reads_and_refuses_to_write(folder: Path) -> None:
    with LmdbStore.open(folder) as store:
        put(store, b"a", b"1")
    with LmdbStore.open(folder, readonly=True) as store:
        assert store.head() == b"a"
        with pytest.raises(StoreReadOnly), store.write(b"a"):
            pass


MANY = """
store = LmdbStore.open(folder, readonly=True)
snapshots = []
try:
    for _ in range(2000):
        snapshot = store.read()
        snapshot.__enter__()
        snapshots.append(snapshot)
except MutualchainError as error:
    say(f"{len(snapshots)} {error.code}")
hear()
os.kill(os.getpid(), 9)
"""


def test_too_many_snapshots_are_refused_and_those_of_dead_processes_make_room(folder: Path) -> None:
    with LmdbStore.open(folder) as store, running(MANY, folder) as child:
        assert child.hear() == "1023 MC-111"  # the writer keeps a place for its next read
        with store.read(), pytest.raises(StoreBusy, match="1024 snapshots"):
            store.head()
        child.send("die")
        child.process.wait()
        with store.read():
            assert store.head() is None


# --- places that cannot be written --------------------------------------------------------------

UNPRIVILEGED = """
import stat
import lmdb._envid  # while its folder can still be read
top, nobody = folder.parent, 65534
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(nobody)
    os.setuid(nobody)
"""


@pytest.fixture
def public(folder: Path) -> Iterator[Path]:
    """A ledger that everyone may read and nobody but root may write."""
    with LmdbStore.open(folder) as store:
        put(store, b"a", b"1")
    top = Path(tempfile.mkdtemp())
    shutil.copytree(folder, top / "ledger")
    for path in (top, *top.rglob("*")):
        path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH | (0o111 if path.is_dir() else 0))
    yield top / "ledger"
    for path in (top, *top.rglob("*")):
        path.chmod(0o700)
    shutil.rmtree(top)


def test_without_permission_to_write_a_ledger_can_be_read_and_writers_wait_outside(public: Path) -> None:
    reader = UNPRIVILEGED + OPEN.replace('say(f"opened', 'hear(); say(f"opened').replace("try:", 'say("begun")\ntry:')
    with running(reader, public, "readonly") as child:
        assert child.hear() == "begun"
        assert child.ask("go on") == "opened, head b'a'"
    assert output(UNPRIVILEGED + OPEN, public) == ["MC-110 the ledger's files may not be opened or written"]
    if os.geteuid() == 0:
        held = UNPRIVILEGED + "with LmdbStore.open(folder, readonly=True) as store:\n    say(store.head())\n    hear()"
        with running(held, public) as child:
            assert child.hear() == "b'a'"
            with pytest.raises(StoreBusy):
                LmdbStore.open(public)
        with LmdbStore.open(public):
            assert output(UNPRIVILEGED + OPEN, public, "readonly")[0].startswith("MC-111 process")
    os.chmod(public, 0o755)
    (public / "writer.lock").unlink()
    assert output(UNPRIVILEGED + OPEN, public, "readonly") == ["opened, head b'a'"]
    for name in ("store", "store/data.mdb"):
        (public / name).chmod(0)
        assert output(UNPRIVILEGED + OPEN, public, "readonly")[0].startswith("MC-110")
        (public / name).chmod(0o755)


ON_READ_ONLY = """
import subprocess
with LmdbStore.create(folder / "ledger") as store, store.write(None) as writer:
    writer.set_head(b"h")
subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
with LmdbStore.open(folder / "ledger", readonly=True) as store:
    say(store.head())
try:
    LmdbStore.open(folder / "ledger")
except MutualchainError as error:
    say(error.code)
"""


def test_a_ledger_on_a_read_only_medium_can_be_read(tmp_path: Path) -> None:
    assert on_tmpfs(ON_READ_ONLY, tmp_path, "2m") == ["b'h'", "MC-110"]


SMALL = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), resource.RLIM_INFINITY))
store = LmdbStore.open(folder)
for number in range(40):
    with store.write(store.head()) as writer:
        writer.put(b"%d" % number, bytes(100_000))
        writer.set_head(b"%d" % number)
say(store.head())
try:
    with store.write(store.head(), reserve=1 << 40):
        pass
except MutualchainError as error:
    say(error.code)
say(store.head())
store.close()
resource.setrlimit(resource.RLIMIT_AS, (1 << 20, resource.RLIM_INFINITY))
try:
    LmdbStore.open(folder)
except MutualchainError as error:
    say(error.code)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="address space limits differ elsewhere")
def test_little_address_space_is_enough(folder: Path) -> None:
    assert output(SMALL, folder, 1 << 30) == ["b'39'", "MC-114", "b'39'", "MC-114"]


def test_a_folder_that_may_not_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError):
        LmdbStore.create(tmp_path / "file" / "ledger")
