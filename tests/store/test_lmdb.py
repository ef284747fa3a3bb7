"""Making, copying, growing and closing an LMDB store, and what it says when the engine fails."""

from __future__ import annotations

import errno
import fcntl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lmdb
import pytest

from mutualchain.errors import (
    CommitUncertain,
    HeadMoved,
    LimitError,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreExists,
    StoreFull,
    StoreMissing,
    UsageError,
)
from mutualchain.store import LmdbStore, gate, lockfile, place, prefix_end, protocol
from mutualchain.store import lmdb as module
from mutualchain.store.failures import no_room, translate


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with LmdbStore.create(tmp_path / "ledger", map_size=1 << 21) as store:
        yield store


def put(store: LmdbStore, key: bytes, value: bytes) -> None:
    with store.write(store.head()) as writer:
        writer.put(key, value)
        writer.set_head(key)


# --- folders ------------------------------------------------------------------------------------


def test_a_ledger_is_made_in_a_new_or_empty_folder_for_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "new", "deep/er"):
        folder = tmp_path / name
        with LmdbStore.create(folder) as store:
            assert store.path == folder
            assert not store.readonly
        assert {path.relative_to(folder).as_posix() for path in folder.rglob("*")} == {
            "writer.lock",
            "store",
            "store/data.mdb",
            "store/lock.mdb",
        }
        assert (folder / "store").stat().st_mode & 0o077 == 0
        assert (folder / "store" / "data.mdb").stat().st_mode & 0o177 == 0


def test_nothing_is_made_where_something_is(tmp_path: Path, store: LmdbStore) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter").write_bytes(b"")
    for make in (LmdbStore.create, store.copy_to):
        for name, words in (("file", "file of this name"), ("full", "not empty"), ("ledger", "ledger already")):
            with pytest.raises(StoreExists, match=words):
                make(tmp_path / name)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter"]


def test_what_a_killed_creation_left_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "store.partial").mkdir()
    (tmp_path / "store.partial" / "data.mdb").write_bytes(b"half")
    with pytest.raises(StoreMissing):
        LmdbStore.open(tmp_path)
    with LmdbStore.create(tmp_path) as store:
        assert store.head() is None
    assert not (tmp_path / "store.partial").exists()


def test_a_relative_path_stays_what_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with LmdbStore.create("ledger") as store:
        monkeypatch.chdir("/")
        put(store, b"a", b"1")
        store.copy_to(tmp_path / "copy")
        assert store.path == tmp_path / "ledger"


# --- copies -------------------------------------------------------------------------------------


def test_a_copy_is_one_moment_compacted_and_a_ledger_of_its_own(tmp_path: Path, store: LmdbStore) -> None:
    for number in range(50):
        put(store, b"k%d" % (number % 5), bytes([number]) * 20_000)
    put(store, b"after", b"")
    with store.read() as reader:
        expected = dict(reader.scan(b"", b"\xff"))
    stop = threading.Event()

    def write_on() -> None:
        number = 0
        while not stop.is_set():
            put(store, b"more%d" % number, bytes(1000))
            number += 1

    thread = threading.Thread(target=write_on)
    thread.start()
    try:
        store.copy_to(tmp_path / "copy")
    finally:
        stop.set()
        thread.join()
    with LmdbStore.open(tmp_path / "copy") as copy:
        with copy.read() as reader:
            found = dict(reader.scan(b"", b"\xff"))
            more = sorted(int(key[4:]) for key in found if key.startswith(b"more"))
            assert more == list(range(len(more)))
            assert reader.head() == (b"more%d" % more[-1] if more else b"after")
            assert {key: value for key, value in found.items() if not key.startswith(b"more")} == expected
        put(copy, b"own", b"")
    size = (tmp_path / "copy" / "store" / "data.mdb").stat().st_size
    assert size < (tmp_path / "ledger" / "store" / "data.mdb").stat().st_size


def test_a_copy_is_made_from_a_read_only_store_too(tmp_path: Path, store: LmdbStore) -> None:
    put(store, b"a", b"1")
    store.close()
    with LmdbStore.open(tmp_path / "ledger", readonly=True) as source:
        source.copy_to(tmp_path / "copy")
    with LmdbStore.open(tmp_path / "copy") as copy:
        assert copy.head() == b"a"


# --- growth -------------------------------------------------------------------------------------


def map_size(store: LmdbStore) -> int:
    return store._environment.info()["map_size"]


def test_the_map_grows_before_it_is_full(store: LmdbStore) -> None:
    for number in range(100):
        put(store, b"%d" % number, bytes(200_000))
    assert map_size(store) >= 1 << 25
    with store.read() as reader:
        assert sum(len(value) for _, value in reader.scan(b"", b"\xff")) == 20_000_000


def test_a_write_larger_than_the_room_succeeds_when_repeated_or_announced(store: LmdbStore) -> None:
    with pytest.raises(StoreFull):
        put(store, b"large", bytes(5 << 20))
    assert store.head() is None
    while True:
        try:
            put(store, b"large", bytes(5 << 20))
            break
        except StoreFull:
            pass
    with store.write(b"large", reserve=100 << 20) as writer:
        for number in range(100):
            writer.put(b"%d" % number, bytes(1 << 20))
    assert map_size(store) > 100 << 20


def test_hundreds_of_megabytes_go_into_one_write(tmp_path: Path) -> None:
    with LmdbStore.create(tmp_path / "large") as store:
        with store.write(None) as writer:
            for number in range(8):
                writer.put(b"%d" % number, bytes(40 << 20))
        with store.read() as reader:
            view = reader.view(b"7")
            assert view is not None
            assert view.nbytes == 40 << 20
        store.check()


def test_growth_is_put_off_for_readers_until_it_presses(store: LmdbStore) -> None:
    put(store, b"a", bytes(600_000))
    size = map_size(store)
    with store.read():
        put(store, b"b", bytes(200_000))
        assert map_size(store) == size
        with pytest.raises(StoreFull, match="snapshots of this process"), store.write(b"b", reserve=8 << 20):
            pass
    with store.write(b"b", reserve=8 << 20):
        assert map_size(store) > size


def test_pressing_growth_waits_for_the_readers_of_other_threads(store: LmdbStore) -> None:
    entered, leave = threading.Event(), threading.Event()

    def linger() -> None:
        with store.read():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=linger)
    thread.start()
    entered.wait(10)
    timer = threading.Timer(0.05, leave.set)
    timer.start()
    with store.write(None, reserve=8 << 20) as writer:
        assert leave.is_set()
        writer.put(b"a", bytes(8 << 20))
    thread.join()
    timer.join()


def test_too_little_address_space_is_reported_only_when_it_is_needed(
    store: LmdbStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.write(None, reserve=4 << 20) as writer:
        writer.put(b"a", bytes(5 << 20))
        writer.set_head(b"a")
    monkeypatch.setattr(module, "address_space", lambda size: False)
    size = map_size(store)
    put(store, b"b", b"")
    assert map_size(store) == size
    with pytest.raises(StoreFull, match="map more memory"), store.write(b"b", reserve=8 << 20):
        pass


# --- closing ------------------------------------------------------------------------------------


def test_closing_waits_for_other_threads_and_gives_up_in_the_end(
    store: LmdbStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, leave = threading.Event(), threading.Event()

    def linger() -> None:
        with store.read() as reader:
            entered.set()
            leave.wait(10)
            assert reader.head() is None

    thread = threading.Thread(target=linger)
    thread.start()
    entered.wait(10)
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    with pytest.raises(StoreBusy, match="other threads"):
        store.close()
    leave.set()
    monkeypatch.setattr(module, "PATIENCE", 10)
    store.close()
    thread.join()


def test_a_reader_inside_may_read_again_while_somebody_waits_to_be_alone() -> None:
    door = gate.Gate()
    first = door.enter()
    alone: list[bool] = []

    def wait() -> None:
        with door.alone(10) as outcome:
            alone.append(outcome)

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not door._wanted:
        pass
    second = door.enter()
    late: list[int] = []
    entering = threading.Thread(target=lambda: late.append(door.enter()))
    entering.start()
    with door.alone(0) as outcome:
        assert not outcome
    door.leave(second)
    assert not late
    door.leave(first)
    waiting.join()
    entering.join()
    assert alone == [True]
    assert len(late) == 1


# --- failures of the engine ---------------------------------------------------------------------


class Failing:
    """LMDB's environment or transaction, some of whose methods fail."""

    def __init__(self, real: Any, **instead: Callable[..., Any]) -> None:
        self._real, self._instead = real, instead

    def __getattr__(self, name: str) -> Any:
        return self._instead.get(name) or getattr(self._real, name)

    def __enter__(self) -> Any:
        return self._real.__enter__()

    def __exit__(self, *error: object) -> Any:
        return self._real.__exit__(*error)


def coded(error: lmdb.Error, code: int) -> lmdb.Error:
    error.code = code  # type: ignore[misc]
    return error


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


def with_failing(store: LmdbStore, **instead: Callable[..., Any]) -> Any:
    real = store._environment
    store._environment = Failing(real, **instead)  # type: ignore[assignment]
    return real


def test_a_commit_that_fails_without_effect_leaves_the_store_usable(store: LmdbStore) -> None:
    put(store, b"a", b"1")
    error = coded(lmdb.Error("mdb_txn_commit"), errno.EIO)

    def begin(**options: Any) -> Any:
        transaction = real.begin(**options)

        def commit() -> None:
            transaction.abort()
            raise error

        return Failing(transaction, commit=commit) if options.get("buffers") else transaction

    real = with_failing(store, begin=begin)
    with pytest.raises(StoreError, match="engine failed") as caught:
        put(store, b"b", b"2")
    assert type(caught.value) is StoreError
    store._environment = real
    put(store, b"c", b"3")
    assert store.head() == b"c"


@pytest.mark.parametrize("landed", [False, True])
def test_a_commit_that_fails_midway_is_uncertain_and_needs_reopening(store: LmdbStore, landed: bool) -> None:
    put(store, b"a", b"1")
    begun: list[object] = []

    def begin(**options: Any) -> Any:
        begun.append(options)
        if not options.get("buffers") and not landed:
            raise lmdb.PanicError("mdb_txn_begin")
        transaction = real.begin(**options)

        def commit() -> None:
            if landed:
                transaction.commit()
            else:
                transaction.abort()
            raise coded(lmdb.Error("mdb_txn_commit"), errno.EIO)

        return Failing(transaction, commit=commit) if options == {"write": True, "buffers": True} else transaction

    real = with_failing(store, begin=begin)
    with pytest.raises(CommitUncertain):
        put(store, b"b", b"2")
    with pytest.raises(StoreError, match="opened again"):
        store.head()
    with pytest.raises(StoreError, match="opened again"):
        store.write(b"a").__enter__()
    store.close()
    with pytest.raises(UsageError):
        store.head()
    with LmdbStore.open(store.path) as again:
        assert again.head() == (b"b" if landed else b"a")


@pytest.mark.parametrize("method", ["get", "cursor"])
def test_what_fails_while_reading_is_an_error_of_ours(store: LmdbStore, method: str) -> None:
    with store.read() as reader:
        real = reader._transaction
        reader._transaction = Failing(real, **{method: raising(lmdb.CorruptedError("page"))})  # type: ignore[assignment]
        with pytest.raises(StoreCorrupt):
            reader.get(b"a") if method == "get" else list(reader.scan(b"a", b"b"))


@pytest.mark.parametrize(
    ("error", "kind", "grows"),
    [(lmdb.MapFullError("full"), StoreFull, True), (lmdb.CorruptedError("page"), StoreCorrupt, False)],
)
@pytest.mark.parametrize("method", ["put", "delete", "commit"])
def test_what_fails_while_writing_is_an_error_of_ours(
    store: LmdbStore, error: lmdb.Error, kind: type[Exception], grows: bool, method: str
) -> None:
    put(store, b"a", b"1")

    def fail() -> None:
        with store.write(b"a") as writer:
            real: Any = writer._transaction
            opened.append(real)
            writer._transaction = Failing(real, **{method: raising(error)})  # type: ignore[assignment]
            if method == "delete":
                writer.delete(b"a")
            else:
                writer.put(b"a", b"2")
            if method == "commit":
                real.abort()

    opened: list[Any] = []
    with pytest.raises(kind):
        fail()
    assert bool(store._wanted) is grows
    assert store.head() == b"a"


def test_what_fails_at_the_beginning_of_a_read_leaves_nobody_inside(store: LmdbStore) -> None:
    real = with_failing(store, begin=raising(lmdb.BadRslotError("mdb_txn_begin")))
    with pytest.raises(StoreError):
        store.head()
    store._environment = Failing(real, begin=raising(KeyboardInterrupt()))  # type: ignore[arg-type,assignment]
    with pytest.raises(KeyboardInterrupt):
        store.head()
    store._environment = real
    store.close()


def test_growth_elsewhere_is_followed(store: LmdbStore) -> None:
    put(store, b"a", b"1")
    failures = [lmdb.MapResizedError("mdb_txn_begin")]

    def begin(**options: Any) -> Any:
        if failures:
            raise failures.pop()
        return real.begin(**options)

    real = with_failing(store, begin=begin)
    assert store.head() == b"a"
    store._environment = real


def test_growth_elsewhere_cannot_be_followed_inside_an_older_read(store: LmdbStore) -> None:
    with store.read():
        real = with_failing(store, begin=raising(lmdb.MapResizedError("mdb_txn_begin")))
        with pytest.raises(StoreBusy, match="has grown"):
            store.head()
        store._environment = real
    assert store.head() is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, ""), StoreFull),
        (OSError(errno.EDQUOT, ""), StoreFull),
        (coded(lmdb.DiskError(""), errno.ENOSPC), StoreFull),
        (coded(lmdb.MemoryError(""), errno.ENOMEM), StoreFull),
        (lmdb.TxnFullError(""), StoreFull),
        (PermissionError(errno.EACCES, ""), StoreError),
        (OSError(errno.EROFS, ""), StoreError),
        (FileNotFoundError(errno.ENOENT, ""), StoreMissing),
        (NotADirectoryError(errno.ENOTDIR, ""), StoreMissing),
        (lmdb.InvalidError(""), StoreCorrupt),
        (lmdb.PageNotFoundError(""), StoreCorrupt),
        (lmdb.PanicError(""), StoreError),
        (OSError(errno.EIO, ""), StoreError),
    ],
)
def test_every_failure_has_its_error(tmp_path: Path, error: lmdb.Error | OSError, kind: type[StoreError]) -> None:
    found = translate(error, tmp_path, wanted=1)
    assert type(found) is kind
    assert found.hint


def test_a_copy_that_fails_leaves_nothing(store: LmdbStore, tmp_path: Path) -> None:
    real = with_failing(store, copyfd=raising(coded(lmdb.Error("mdb_env_copyfd2"), errno.ENOSPC)))
    with pytest.raises(StoreFull):
        store.copy_to(tmp_path / "copy")
    store._environment = real
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["writer.lock"]
    store.copy_to(tmp_path / "copy")


def test_where_readers_cannot_register_writers_are_held_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "ledger"
    LmdbStore.create(folder).close()

    def open_environment(*arguments: Any, lock: bool = True, **options: Any) -> lmdb.Environment:
        if lock:
            raise StoreError("denied") from coded(lmdb.ReadonlyError(""), errno.EACCES)
        return place.open_environment(*arguments, lock=lock, **options)

    monkeypatch.setattr(module, "open_environment", open_environment)
    with LmdbStore.open(folder, readonly=True) as store:
        assert store.head() is None
        with pytest.raises(StoreBusy):
            lockfile.take(folder)
    with lockfile.take(folder), pytest.raises(StoreBusy):
        LmdbStore.open(folder, readonly=True)
    (folder / "writer.lock").unlink()
    with LmdbStore.open(folder, readonly=True) as store:
        assert store.head() is None
    with pytest.raises(StoreError, match="denied"):
        LmdbStore.open(folder)


@pytest.mark.parametrize("hold", [lockfile.take, lockfile.hold_off_writers])
def test_a_file_system_without_locks_is_an_error_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: Callable[[Path], object]
) -> None:
    (tmp_path / "writer.lock").touch()
    monkeypatch.setattr(fcntl, "flock", raising(OSError(errno.ENOLCK, "No locks available")))
    with pytest.raises(StoreError, match="No locks"):
        hold(tmp_path)


def test_less_address_space_makes_a_smaller_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = lmdb.open

    def limited(path: str, **options: Any) -> lmdb.Environment:
        if options["map_size"] > limit:
            raise coded(lmdb.MemoryError(path), errno.ENOMEM)
        return real(path, **options)

    limit = 1 << 30
    monkeypatch.setattr(lmdb, "open", limited)
    with LmdbStore.create(tmp_path / "ledger") as store:
        assert map_size(store) == limit
    limit = 1 << 19
    with pytest.raises(StoreFull, match="map so much memory"):
        LmdbStore.open(tmp_path / "ledger")
    assert not place.address_space(1 << 60)
    assert place.address_space(1 << 30)


def test_a_store_in_a_forked_child_is_of_no_use_and_its_closing_does_nothing(store: LmdbStore) -> None:
    store._forked()
    with pytest.raises(StoreError, match="forked"):
        store.head()
    store.close()
    store._environment.close()


def test_asking_for_room_finds_none_where_nothing_can_be_made(tmp_path: Path) -> None:
    assert not no_room(tmp_path, 1)
    assert not no_room(tmp_path / "none", 1)
    assert no_room(tmp_path, 1 << 60)


# --- the rest -----------------------------------------------------------------------------------


def test_the_refused_head_is_shown(store: LmdbStore) -> None:
    put(store, b"a", b"1")
    with pytest.raises(HeadMoved) as caught, store.write(None):
        pass
    assert caught.value.value == b"a"


def test_a_value_above_the_bound_is_refused(store: LmdbStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAX_STORE_VALUE", 1000)
    with pytest.raises(LimitError, match="at most 1000"):
        put(store, b"a", bytes(1001))
    put(store, b"a", bytes(1000))


def test_the_end_of_a_prefix_is_the_least_key_above_it() -> None:
    for prefix, end in ((b"a", b"b"), (b"a\x00", b"a\x01"), (b"a\xff\xff", b"b"), (b"\xfe\xff", b"\xff")):
        assert prefix_end(prefix) == end
        assert prefix <= prefix + b"\xff" * 9 < end
    for prefix in (b"", b"\xff\xff"):
        with pytest.raises(UsageError):
            prefix_end(prefix)
