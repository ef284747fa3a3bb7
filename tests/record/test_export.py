"""Everybody's records written out: whole files only, gone on with after any interruption, under one checkpoint."""

from __future__ import annotations

import errno
import io
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.archive.reading import Archive
from mutualchain.errors import RecordsElsewhere, RecordUnavailable, StoreFull, SystemRefused
from mutualchain.ledger import Ledger
from mutualchain.record import export
from mutualchain.record.build import build_record
from mutualchain.record.bulk import RecordStream
from mutualchain.record.export import CHECKPOINT, FOLDER_ROWS, Written, part_of, record_path, record_tree, write_tar
from mutualchain.store import MemoryStore
from tests.ledger.world import KEYS, PLAN, approve, columns, digest

ROWS = 2_345


def nothing(done: int, total: int) -> None:
    assert 0 <= done <= total


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    from mutualchain.covenant.document import Covenant

    store = MemoryStore()
    with Ledger.create("unused", KEYS, store=store, background=False) as made:
        made.create_plan(PLAN, Covenant.simple("Demo"), reference="plan")
        keys, commitments = columns(ROWS)
        made.enrol_many(PLAN, keys, commitments, deposits=1_000, reference="all")
        case = approve(made, 6 * ROWS, "case")
        made.open_round(PLAN, [case], reference="open")
        made.settle_round(PLAN, reference="settle")
        made.credit(PLAN, 1_500, 7, reference="hers")
        yield made


@pytest.fixture
def archive(ledger: Ledger) -> Iterator[Archive]:
    with ledger.read() as found:
        yield found


@pytest.fixture
def stream(archive: Archive) -> RecordStream:
    return RecordStream(archive, PLAN)


def files_in(folder: Path) -> dict[str, bytes]:
    """Everything that a reader of the folder sees."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".work")
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def wanted(archive: Archive, slots: range) -> dict[str, bytes]:
    records = RecordStream(archive, PLAN).build(slots.start, slots.stop)
    return {record_path(PLAN, slot): data for slot, data in records} | {CHECKPOINT: archive.checkpoint()}


# --- where a record stands ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slot", "path"),
    [
        (0, "demo/0/000/0.mcr"),
        (999, "demo/0/000/999.mcr"),
        (1_234_567, "demo/1/234/1234567.mcr"),
        (2**32 - 1, "demo/4294/967/4294967295.mcr"),
    ],
)
def test_a_path_follows_from_the_slot(slot: int, path: str) -> None:
    assert record_path(PLAN, slot) == path


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(1, 40))
def test_parts_are_all_there_is_and_no_two_share_a_folder(start: int, rows: int, parts: int) -> None:
    stop = start + rows
    cuts = [part_of(start, stop, number, parts) for number in range(1, parts + 1)]
    assert cuts[0][0] == start
    assert cuts[-1][1] == stop
    for (_, end), (begin, _) in pairwise(cuts):
        assert end == begin
        assert begin % FOLDER_ROWS == 0 or begin in (start, stop)


# --- a tree -------------------------------------------------------------------------------------


def test_a_tree_has_every_record_and_the_checkpoint(stream: RecordStream, archive: Archive, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    done = record_tree(stream, tmp_path / "new", PLAN, 990, 1_020, lambda *at: told.append(at))
    assert files_in(tmp_path / "new") == wanted(archive, range(990, 1_020))
    assert done == Written(30, sum(len(build_record(archive, PLAN, slot)) for slot in range(990, 1_020)))
    assert told[0] == (0, 30)


def test_what_is_missing_is_made_and_nothing_else_touched(
    stream: RecordStream, archive: Archive, tmp_path: Path
) -> None:
    record_tree(stream, tmp_path, PLAN, 5, 12, nothing)
    before = (tmp_path / record_path(PLAN, 7)).stat()
    (tmp_path / record_path(PLAN, 9)).unlink()
    done = record_tree(stream, tmp_path, PLAN, 0, 20, nothing)
    assert (done.records, done.present) == (14, 6)
    assert files_in(tmp_path) == wanted(archive, range(20))
    assert (tmp_path / record_path(PLAN, 7)).stat() == before
    assert record_tree(stream, tmp_path, PLAN, 0, 20, nothing) == Written(0, 0, 20)


@pytest.mark.parametrize("how", ["write", "sync", "rename"])
@pytest.mark.parametrize("nth", [1, 2, 900])
def test_an_interruption_leaves_whole_files_and_the_next_run_goes_on(
    how: str, nth: int, stream: RecordStream, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_TOGETHER", 1)
    count = 0

    def falling(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            nonlocal count
            count += 1
            if count >= nth:
                raise KeyboardInterrupt
            return real(*given)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(os, how, falling(getattr(os, how)))
        try:
            record_tree(stream, tmp_path, PLAN, 300, ROWS, nothing)
        except KeyboardInterrupt:
            pass
        else:
            assert nth == 900
    everything = wanted(archive, range(300, ROWS))
    assert files_in(tmp_path).items() <= everything.items()
    record_tree(stream, tmp_path, PLAN, 300, ROWS, nothing)
    assert files_in(tmp_path) == everything


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_has_is_not(
    stream: RecordStream, archive: Archive, tmp_path: Path
) -> None:
    record_tree(stream, tmp_path, PLAN, 0, 1, nothing)
    left, taken = tmp_path / ".work-left", tmp_path / ".work-taken"
    for path in (left, taken):
        (path / "7").mkdir(parents=True)
        (path / "7" / "7000.mcr").write_bytes(b"half")
    with export._locked(taken):
        record_tree(stream, tmp_path, PLAN, 1, 2, nothing)
    assert not left.exists()
    assert taken.exists()
    shutil.rmtree(taken)
    assert files_in(tmp_path) == wanted(archive, range(2))


def test_a_full_disk_is_said_to_be_full_and_what_is_there_stays_whole(
    stream: RecordStream, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_TOGETHER", 1)
    real, room = os.write, 5_000_000

    def write(handle: int, data: Any) -> int:
        nonlocal room
        room -= len(data)
        if room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(handle, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        with pytest.raises(StoreFull):
            record_tree(stream, tmp_path, PLAN, 0, ROWS, nothing)
    found = files_in(tmp_path)
    assert len(found) % FOLDER_ROWS == 1
    assert found.items() <= wanted(archive, range(ROWS)).items()


def test_a_folder_with_something_else_is_left_alone(stream: RecordStream, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("hers")
    with pytest.raises(RecordsElsewhere):
        record_tree(stream, tmp_path, PLAN, 0, 3, nothing)
    assert [path.name for path in tmp_path.iterdir() if path.name != ".work"] == ["letters.txt"]


def test_a_file_is_no_folder(stream: RecordStream, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SystemRefused):
        record_tree(stream, tmp_path / "file", PLAN, 0, 3, nothing)


def test_a_tree_goes_on_under_its_own_checkpoint_while_the_ledger_grows(tmp_path: Path) -> None:
    from mutualchain.covenant.document import Covenant

    with Ledger.create("unused", KEYS, store=MemoryStore(), background=False) as made:
        made.create_plan(PLAN, Covenant.simple("Demo"), reference="plan")
        for member in range(4):
            made.enrol(PLAN, bytes([member]) * 31 + b"\x11", digest(member), deposit=1_000, reference=f"{member}")
        made.checkpoint()
        with made.read() as archive:
            record_tree(RecordStream(archive, PLAN), tmp_path, PLAN, 0, 2, nothing)
            everything = wanted(archive, range(4))
        made.credit(PLAN, 3, 5, reference="hers")
        made.enrol(PLAN, bytes(31) + b"\x12", digest("late"), deposit=1_000, reference="late")
        made.checkpoint()
        with made.read() as archive:
            with pytest.raises(RecordsElsewhere):
                record_tree(RecordStream(archive, PLAN), tmp_path, PLAN, 0, 2, nothing)
            stream = RecordStream(archive, PLAN, export.tree_checkpoint(tmp_path))
            assert stream.slots == 4
            record_tree(stream, tmp_path, PLAN, 0, 4, nothing)
            assert files_in(tmp_path) == everything
            with pytest.raises(RecordUnavailable):
                list(stream.build(4, 5))


def test_a_checkpoint_of_another_book_is_refused(archive: Archive) -> None:
    with Ledger.create("unused", KEYS, store=MemoryStore(), background=False) as other:
        other.checkpoint()
        with other.read() as there, pytest.raises(RecordUnavailable):
            RecordStream(archive, PLAN, there.checkpoint())


# --- an archive ---------------------------------------------------------------------------------


def test_a_tar_archive_unpacks_into_the_same_tree(stream: RecordStream, archive: Archive, tmp_path: Path) -> None:
    out = io.BytesIO()
    done = write_tar(stream, out, PLAN, 1_490, 1_510, nothing)
    with tarfile.open(fileobj=io.BytesIO(out.getvalue())) as found:
        found.extractall(tmp_path, filter="data")
    assert files_in(tmp_path) == wanted(archive, range(1_490, 1_510))
    assert done.records == 20
    again = io.BytesIO()
    write_tar(stream, again, PLAN, 1_490, 1_510, nothing)
    assert again.getvalue() == out.getvalue()
    assert record_tree(stream, tmp_path, PLAN, 1_490, 1_510, nothing).present == 20
