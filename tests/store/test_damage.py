"""No file, however damaged, crashes the process or passes as a ledger."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

import lmdb
import pytest

from mutualchain.errors import MutualchainError, StoreCorrupt, StoreError, StoreMissing, UnsupportedVersion
from mutualchain.store import LmdbStore, datafile

from .children import output

PAGE = 4096


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger of a few hundred pages: several levels, large values, a free list."""
    with LmdbStore.create(tmp_path / "ledger") as store:
        for number in range(12):
            with store.write(store.head()) as writer:
                for key in range(100):
                    writer.put(b"k%04d" % (key * 7 % 100 + number * 50), bytes([number]) * (key * 97 % 3000))
                writer.put(b"large%d" % (number % 4), bytes([number]) * 50_000)
                writer.set_head(b"%d" % number)
    return tmp_path / "ledger"


def opened(folder: Path, readonly: bool) -> None:
    with LmdbStore.open(folder, readonly=readonly) as store, store.read() as reader:
        for _ in reader.scan(b"", b"\xff" * 511):
            pass


@pytest.mark.parametrize("readonly", [False, True])
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data[:1], id="one byte"),
        pytest.param(lambda data: data[:100], id="part of the first root"),
        pytest.param(lambda data: data[:PAGE], id="one page"),
        pytest.param(lambda data: data[: PAGE + 200], id="the two roots only"),
        pytest.param(lambda data: data[: 2 * PAGE], id="two pages"),
        pytest.param(lambda data: data[: len(data) // 2], id="half"),
        pytest.param(lambda data: data[:-1], id="all but a byte"),
        pytest.param(lambda data: b"not a ledger at all\n" * 1000, id="text"),
        pytest.param(lambda data: bytes(len(data)), id="zeros"),
        pytest.param(lambda data: random.Random(1).randbytes(len(data)), id="noise"),
        pytest.param(lambda data: data[: 2 * PAGE] + bytes(len(data) - 2 * PAGE), id="zeros behind the roots"),
        pytest.param(
            lambda data: data[: 2 * PAGE] + random.Random(2).randbytes(len(data) - 2 * PAGE),
            id="noise behind the roots",
        ),
        pytest.param(lambda data: data[PAGE:], id="without its first page"),
    ],
)
def test_a_damaged_file_is_refused_as_damaged(ledger: Path, damage: Callable[[bytes], bytes], readonly: bool) -> None:
    path = ledger / "store" / "data.mdb"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StoreCorrupt) as caught:
        opened(ledger, readonly)
    assert str(ledger) in caught.value.diagnostics()


def test_a_file_cut_off_anywhere_is_refused(ledger: Path) -> None:
    path = ledger / "store" / "data.mdb"
    data = path.read_bytes()
    for pages in range(2, len(data) // PAGE, 3):
        path.write_bytes(data[: pages * PAGE + 17])
        with pytest.raises(StoreCorrupt):
            opened(ledger, readonly=True)


# Every page, damaged in turn, in a process that may be killed by it, and must not be.
DAMAGES = """
import random
chance = random.Random(int(sys.argv[2]))
path = folder / "store" / "data.mdb"
whole = path.read_bytes()
outcomes = {"read": 0, "refused": 0}
for round in range(int(sys.argv[3])):
    data = bytearray(whole)
    page = chance.randrange(len(data) // 4096) * 4096
    kind = chance.randrange(4)
    if kind == 0:
        data[page : page + 4096] = chance.randbytes(4096)
    elif kind == 1:
        data[page + chance.randrange(160)] ^= 1 << chance.randrange(8)
    elif kind == 2:
        data[page : page + 4096] = data[(other := chance.randrange(len(data) // 4096) * 4096) : other + 4096]
    else:
        data[page + 16 + chance.randrange(60)] = chance.randrange(256)
    path.write_bytes(data)
    try:
        with LmdbStore.open(folder, readonly=True) as store, store.read() as reader:
            for key, value in reader.scan(b"", b"\\xff" * 511):
                assert reader.get(key) is not None or True
        outcomes["read"] += 1
    except MutualchainError as error:
        outcomes["refused"] += 1
        assert error.code in ("MC-112", "MC-113", "MC-014"), error.diagnostics()
say(outcomes)
"""


def test_damage_anywhere_is_refused_or_read_and_never_crashes(ledger: Path) -> None:
    (line,) = output(DAMAGES, ledger, 7, 400)
    assert eval(line)["refused"] > 100


def put_at(path: Path, offset: int, form: str, value: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(struct.pack(form, value))


@pytest.mark.parametrize(
    ("offset", "form", "value"),
    [
        pytest.param(16, "=I", 1, id="magic"),
        pytest.param(20, "=I", 3, id="version"),
        pytest.param(40, "=I", 1000, id="page size that is no power of two"),
        pytest.param(40, "=I", 8192, id="page size of another file"),
        pytest.param(44, "=H", 4, id="flags of the free list"),
        pytest.param(92, "=H", 4, id="flags of the data"),
        pytest.param(136, "=Q", 2**60, id="last page"),
    ],
)
def test_a_root_that_states_nonsense_is_refused(ledger: Path, offset: int, form: str, value: int) -> None:
    put_at(ledger / "store" / "data.mdb", offset, form, value)
    with pytest.raises(StoreCorrupt):
        opened(ledger, readonly=True)


def test_a_node_or_value_outside_its_bounds_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    with LmdbStore.create(folder) as store:
        with store.write(None) as writer:
            writer.put(b"a", b"small")
            writer.put(b"b", bytes(10_000))
        with store.read() as reader:
            number = reader.number()
    path = folder / "store" / "data.mdb"
    whole = path.read_bytes()
    with path.open("rb") as file:
        root = next(root for root in datafile._roots(file) if root.transaction == number)
    leaf = root.data * PAGE
    nodes = [leaf + node for node in struct.unpack_from("=3H", whole, leaf + 16)]
    (run,) = struct.unpack_from("=Q", whole, nodes[2] + 9)
    for offset, form, value in (
        (leaf + 16, "=H", 20),
        (nodes[1] + 6, "=H", 5000),
        (nodes[1], "=H", 5000),
        (nodes[1] + 4, "=H", 2),
        (nodes[2], "=H", 20_000),
        (nodes[2] + 9, "=Q", 1),
        (nodes[2] + 9, "=Q", 2**50),
        (nodes[2] + 9, "=Q", root.data),
        (run * PAGE + 12, "=I", 2),
        (run * PAGE + 12, "=I", 2**31),
    ):
        path.write_bytes(whole)
        opened(folder, readonly=True)
        put_at(path, offset, form, value)
        with pytest.raises(StoreCorrupt):
            opened(folder, readonly=True)


def test_a_free_list_that_names_pages_in_use_is_refused(ledger: Path) -> None:
    with LmdbStore.open(ledger, readonly=True) as store, store.read() as reader:
        number = reader.number()
    path = ledger / "store" / "data.mdb"
    with path.open("rb") as file:
        root = next(root for root in datafile._roots(file) if root.transaction == number)
        file.seek(root.free * PAGE)
        page = file.read(PAGE)
    (node,) = struct.unpack_from("=H", page, 16)
    value = root.free * PAGE + node + 16
    count = struct.unpack_from("=Q", page, node + 16)[0]
    for change in ((value, count + 500), (value + 8, root.data), (value + 8, 1), (value + 8, 2**40)):
        whole = path.read_bytes()
        put_at(path, change[0], "=Q", change[1])
        with pytest.raises(StoreCorrupt):
            opened(ledger, readonly=True)
        path.write_bytes(whole)
    opened(ledger, readonly=False)


def test_large_free_lists_are_walked_too(tmp_path: Path) -> None:
    with LmdbStore.create(tmp_path / "ledger") as store:
        with store.write(None) as writer:
            for number in range(3000):
                writer.put(b"%d" % number, bytes(3000))
        with store.write(None) as writer:
            for number in range(3000):
                writer.delete(b"%d" % number)
        store.check()
    opened(tmp_path / "ledger", readonly=False)


def test_pages_given_back_unwritten_do_not_make_a_file_look_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "ledger"

    def give_back_many(store: LmdbStore) -> None:
        for keys, kept, size in ((1, 0, 100_000), (1, 0, 100_000), (2000, 1500, 3000)):
            with store.write(None) as writer:
                for number in range(keys):
                    writer.put(b"%04d" % number, bytes(size))
                for number in range(kept, keys):
                    writer.delete(b"%04d" % number)

    def missing(store: LmdbStore) -> int:
        counted = (store._environment.info()["last_pgno"] + 1) * PAGE
        return counted - (folder / "store" / "data.mdb").stat().st_size

    with pytest.MonkeyPatch.context() as killed, LmdbStore.create(folder) as store:
        killed.setattr(store, "_fill_up", lambda: None)  # as if a kill had come between the commit and this
        give_back_many(store)
        assert missing(store) > 50 * PAGE
    with LmdbStore.open(folder, readonly=True) as store:
        assert missing(store) > 50 * PAGE
        monkeypatch.setattr(datafile, "CHECK_UPTO", 0)
    opened(folder, readonly=True)
    with LmdbStore.open(folder) as store:
        assert missing(store) == 0
    with LmdbStore.open(folder) as store:
        give_back_many(store)
        assert missing(store) == 0
    with (folder / "store" / "data.mdb").open("r+b") as file:
        file.truncate(3_000_000)
    with pytest.raises(StoreCorrupt, match="beyond the end"):
        opened(folder, readonly=True)


# --- folders that are something else ------------------------------------------------------------


def test_what_is_no_ledger_is_reported_missing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    for name in ("none", "empty", "file", "file/below"):
        for readonly in (False, True):
            with pytest.raises(StoreMissing):
                LmdbStore.open(tmp_path / name, readonly=readonly)
    assert not list((tmp_path / "empty").iterdir())


def test_a_ledger_whose_data_file_is_gone_is_damaged(ledger: Path) -> None:
    (ledger / "store" / "data.mdb").unlink()
    with pytest.raises(StoreCorrupt, match="gone"):
        LmdbStore.open(ledger)


def foreign(folder: Path, key: bytes, value: bytes) -> None:
    (folder / "store").mkdir(parents=True)
    with lmdb.open(str(folder / "store"), lib_version=0) as environment, environment.begin(write=True) as transaction:
        transaction.put(key, value)


def test_another_programs_lmdb_file_is_no_ledger(tmp_path: Path) -> None:
    foreign(tmp_path, b"key", b"value")
    with pytest.raises(StoreMissing, match="another program"):
        LmdbStore.open(tmp_path)
    with pytest.raises(StoreMissing, match="another program"):
        LmdbStore.open(tmp_path, readonly=True)


def test_a_later_format_is_named_as_such(tmp_path: Path) -> None:
    foreign(tmp_path, b"\x00format", b"mutualchain/store/v2\n")
    with pytest.raises(UnsupportedVersion):
        LmdbStore.open(tmp_path)


def test_a_snapshot_whose_root_was_displaced_is_walked_again(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert datafile.check_pages(ledger, 1) is False
    answers = iter([False, False, True])
    with LmdbStore.open(ledger) as store:
        monkeypatch.setattr(datafile, "check_pages", lambda *_: next(answers))
        store.check()
        assert next(answers, None) is None
        monkeypatch.setattr(datafile, "check_pages", lambda *_: False)
        with pytest.raises(StoreError, match="stand still"):
            store.check()


def test_every_error_has_a_code_and_a_hint(ledger: Path) -> None:
    (ledger / "store" / "data.mdb").write_bytes(b"")
    with pytest.raises(MutualchainError) as caught:
        LmdbStore.open(ledger)
    assert caught.value.code == "MC-113"
    assert "restore" in caught.value.hint
