"""One process writes; others are refused, or read what is consistent; a backup is taken while writing goes on."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from mutualchain.archive.reading import Archive
from mutualchain.errors import StoreBusy, StoreExists
from mutualchain.ledger import Ledger
from mutualchain.store import LmdbStore
from mutualchain.tlog.merkle import frontier_from_nodes

from ..conftest import ROOT
from ..store.children import output, running
from .world import KEYS, PLAN, TRUST, approve, columns, consistent, join, new_ledger, proven, replayed

OPEN = (
    f"sys.path.insert(0, {str(ROOT)!r})"
    + """
from mutualchain.ledger import Ledger
from tests.ledger.world import KEYS
try:
    Ledger.open(folder, KEYS).close()
    say("opened")
except MutualchainError as error:
    say(error.code)
"""
)

READ = (
    f"sys.path.insert(0, {str(ROOT)!r})"
    + """
from mutualchain.archive.reading import Archive
from tests.ledger.world import *
store = LmdbStore.open(folder, readonly=True)
sizes = []
while hear() == "look":
    with store.read() as reader:
        archive = Archive(reader)
        replayed(archive)
        signed = TRUST.open_checkpoint(archive.checkpoint())
        assert signed.size <= archive.size
        sizes.append(archive.size)
        say(f"{signed.size} {archive.size}")
"""
)


def test_an_open_ledger_refuses_a_second_process_and_a_second_opening(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    with new_ledger(folder) as ledger:
        assert output(OPEN, folder) == ["MC-111"]
        with pytest.raises(StoreBusy):
            Ledger.open(folder, KEYS)
        join(ledger, 0)
    assert output(OPEN, folder) == ["opened"]


def busy(ledger: Ledger, stop: threading.Event) -> threading.Thread:
    """A thread that writes events, batches and rounds until it is stopped."""

    def run() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            join(ledger, f"busy {number}")
            ledger.enrol_many(PLAN, *columns(50, number), deposits=1000, reference=f"many {number}")
            ledger.credit_many(PLAN, [0, 1], 5, reference=f"credits {number}")
            ledger.open_round(PLAN, [approve(ledger, number, f"case {number}")], reference=f"open {number}")
            ledger.credit(PLAN, 0, 5, reference=f"credit {number}")
            ledger.settle_round(PLAN, reference=f"settle {number}")

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_reading_process_sees_whole_blocks_that_follow_while_writing_goes_on(tmp_path: Path) -> None:
    folder, stop = tmp_path / "ledger", threading.Event()
    with new_ledger(folder) as ledger, running(READ, folder) as reader:
        thread = busy(ledger, stop)
        seen = [tuple(int(part) for part in reader.ask("look").split()) for _ in range(12)]
        stop.set()
        thread.join()
        assert seen == sorted(seen)
        assert seen[-1][1] > seen[0][1]
        size = ledger.size
        ledger.checkpoint()
        assert reader.ask("look") == f"{size} {size}"


def test_a_backup_taken_while_writing_is_a_ledger_that_goes_on_from_there(tmp_path: Path) -> None:
    folder, stop = tmp_path / "ledger", threading.Event()
    with new_ledger(folder) as ledger:
        ack = join(ledger, 0)
        thread = busy(ledger, stop)
        copies = [tmp_path / f"copy {number}" for number in range(3)]
        for copy in copies:
            ledger.backup(copy)
        stop.set()
        thread.join()
        with pytest.raises(StoreExists):
            ledger.backup(copies[0])
        with ledger.read() as original:
            for copy in copies:
                assert {path.name for path in copy.rglob("*") if path.is_file()} <= {
                    "data.mdb",
                    "lock.mdb",
                    "writer.lock",
                }
                assert not any(seed in (copy / "store" / "data.mdb").read_bytes() for seed in (b"1" * 32, b"2" * 32))
                with LmdbStore.open(copy, readonly=True) as store, store.read() as reader:
                    archive = Archive(reader)
                    assert archive.size <= original.size
                    assert [archive.block(height) for height in range(archive.size)] == [
                        original.block(height) for height in range(archive.size)
                    ]
                    signed = TRUST.open_checkpoint(archive.checkpoint())
                    assert frontier_from_nodes(original.nodes("blocks"), signed.size).root() == signed.root
                    replayed(archive)
        consistent(ledger)
    with Ledger.open(copies[0], KEYS) as copied:
        assert join(copied, 0) == ack
        proven(join(copied, "who came after the backup"))
        consistent(copied)


def test_reading_is_of_one_moment_and_under_a_checkpoint_over_it(tmp_path: Path) -> None:
    with new_ledger(tmp_path / "ledger") as ledger:
        stop = threading.Event()
        thread = busy(ledger, stop)
        for _ in range(10):
            with ledger.read() as archive:
                assert TRUST.open_checkpoint(archive.checkpoint()).size == archive.size
        stop.set()
        thread.join()


def test_a_ledger_that_is_being_read_closes_when_the_reader_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mutualchain.store.lmdb.PATIENCE", 0.1)
    ledger = new_ledger(tmp_path / "ledger")
    reading, done = threading.Event(), threading.Event()

    def read() -> None:
        with ledger.read() as archive:
            reading.set()
            done.wait(10)
            archive.block(0)

    thread = threading.Thread(target=read)
    thread.start()
    reading.wait(10)
    with pytest.raises(StoreBusy):
        ledger.close()
    done.set()
    thread.join()
    ledger.close()
    Ledger.open(tmp_path / "ledger", KEYS).close()
