"""The state: swapped atomically, never back, durable before it is said, one commit for many, one process, one key."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from mutualchain.canonical import encode
from mutualchain.errors import (
    MutualchainError,
    StoreBusy,
    StoreExists,
    StoreFull,
    StoreMissing,
    UsageError,
    WitnessKeyError,
    WitnessStateError,
)
from mutualchain.store import LmdbStore, MemoryStore
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.witness.core import NOTHING, Seen
from mutualchain.witness.state import WitnessState

from .logs import NOW, WITNESS, FakeLog
from .running import SOURCE

KEY = WITNESS.verifier
LOG = FakeLog("example.com/log")


def at(size: int, log: FakeLog = LOG, time: int = NOW) -> Seen:
    return Seen(size, log.root(size), log.note(size), time)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    WitnessState.create(tmp_path / "state", KEY)
    return tmp_path / "state"


def test_what_was_swapped_in_is_there_after_reopening(folder: Path) -> None:
    with WitnessState.open(folder, [KEY]) as state:
        assert state.get(LOG.origin) == NOTHING
        assert state.swap(LOG.origin, NOTHING, at(5))
        assert state.swap(LOG.origin, at(5), at(9))
        assert state.swap("example.com/其他", NOTHING, at(0))
    with WitnessState.open(folder, [KEY]) as state:
        assert state.get(LOG.origin) == at(9)
        assert state.all() == {LOG.origin: at(9), "example.com/其他": at(0)}


def test_a_swap_from_another_state_changes_nothing(folder: Path) -> None:
    with WitnessState.open(folder, [KEY]) as state:
        state.swap(LOG.origin, NOTHING, at(5))
        assert not state.swap(LOG.origin, NOTHING, at(9))
        assert not state.swap(LOG.origin, at(4), at(9))
        assert not state.swap(LOG.origin, at(5, LOG.forked(2)), at(9, LOG.forked(2)))
        assert state.get(LOG.origin) == at(5)


def test_the_state_never_goes_back_whoever_asks(folder: Path) -> None:
    with WitnessState.open(folder, [KEY]) as state:
        state.swap(LOG.origin, NOTHING, at(5))
        for new in (at(4), NOTHING, replace(at(5), root=bytes(32))):
            with pytest.raises(WitnessStateError):
                state.swap(LOG.origin, at(5), new)
        with pytest.raises(UsageError):
            state.swap(LOG.origin, at(5), replace(at(9), note=b""))
        assert state.swap(LOG.origin, at(5), at(5, time=NOW - 50))
        assert state.get(LOG.origin).time == NOW, "nor does its time"


def test_of_many_threads_that_extend_one_state_exactly_one_wins(folder: Path) -> None:
    commits: list[int] = []
    with WitnessState.open(folder, [KEY], on_commit=commits.append) as state, ThreadPoolExecutor(32) as threads:
        state.swap(LOG.origin, NOTHING, at(5))
        start = threading.Barrier(32)

        def race(number: int) -> bool:
            start.wait()
            return state.swap(LOG.origin, at(5), at(6 + number, LOG.forked(5, str(number))))

        assert sorted(threads.map(race, range(32))) == [False] * 31 + [True]
    assert sum(commits) == 33


def test_swaps_in_flight_share_a_commit(folder: Path) -> None:
    commits: list[int] = []
    with WitnessState.open(folder, [KEY], on_commit=commits.append) as state:
        seen = at(5)
        done = [state.submit(f"example.com/{number}", NOTHING, seen) for number in range(200)]
        assert all(future.result() for future in done)
    assert sum(commits) == 200
    assert len(commits) <= 100, "while one commit waits for the disk, the next group gathers"


def test_closing_commits_what_is_waiting_and_then_refuses(folder: Path) -> None:
    state = WitnessState.open(folder, [KEY])
    done = [state.submit(f"example.com/{number}", NOTHING, at(5)) for number in range(50)]
    state.close()
    state.close()
    assert all(future.result(0) for future in done)
    with pytest.raises(UsageError):
        state.swap(LOG.origin, NOTHING, at(5))


class Failing(MemoryStore):
    """A store whose next commits fail as told."""

    errors: list[MutualchainError]

    def write(self, expected_head: bytes | None, *, reserve: int = 0):
        if self.errors:
            raise self.errors.pop(0)
        return super().write(expected_head, reserve=reserve)


def test_a_full_disk_refuses_the_group_and_the_next_one_may_pass() -> None:
    store = Failing()
    store.errors = [StoreFull("full")]
    state = WitnessState(store)
    with pytest.raises(StoreFull):
        state.swap(LOG.origin, NOTHING, at(5))
    assert state.failure is None
    assert state.get(LOG.origin) == NOTHING
    assert state.swap(LOG.origin, NOTHING, at(5))
    state.close()


def test_a_store_that_cannot_go_on_is_said_to_have_failed() -> None:
    store = Failing()
    store.errors = [StoreFull("midway"), StoreFull("reopen")]
    state = WitnessState(store)
    with pytest.raises(StoreFull, match="midway"):
        state.swap(LOG.origin, NOTHING, at(5))
    assert state.failure is not None
    with pytest.raises(StoreFull, match="reopen"):
        state.swap(LOG.origin, NOTHING, at(5))
    state.close()


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"\xff",
        encode([2, LOG.origin, 5, bytes(32), b"x", 1]),
        encode([1, "example.com/other", 5, bytes(32), b"x", 1]),
        encode([1, LOG.origin, -5, bytes(32), b"x", 1]),
        encode([1, LOG.origin, 5, bytes(31), b"x", 1]),
        encode([1, LOG.origin, 5, bytes(32), b"", 1]),
        encode([1, LOG.origin, 5, bytes(32), b"x", 0]),
        encode([1, LOG.origin, 5, bytes(32), b"x"]),
    ],
)
def test_a_damaged_record_is_never_taken_for_nothing_seen(folder: Path, record: bytes) -> None:
    with WitnessState.open(folder, [KEY]) as state:
        state.swap(LOG.origin, NOTHING, at(5))
    with LmdbStore.open(folder) as store:
        with store.read() as reader:
            [(key, _)] = list(reader.scan(b"log/", b"log0"))
        with store.write(None) as writer:
            writer.put(key, record)
    with WitnessState.open(folder, [KEY]) as state:
        with pytest.raises(WitnessStateError):
            state.get(LOG.origin)
        with pytest.raises(WitnessStateError):
            state.swap(LOG.origin, NOTHING, at(5))


def test_a_state_serves_the_keys_it_was_made_for_only(folder: Path) -> None:
    other = CosignatureSigner.from_seed(KEY.name, bytes([8]) * 32).verifier
    for keys in ([other], [KEY, other]):
        with pytest.raises(WitnessKeyError):
            WitnessState.open(folder, keys)
    WitnessState.add_key(folder, other)
    WitnessState.open(folder, [KEY, other]).close()


def test_a_state_that_is_not_there_is_not_made_by_opening_it(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(StoreMissing):
        WitnessState.open(tmp_path / "nothing", [KEY])
    assert not (tmp_path / "nothing").exists()
    with pytest.raises(StoreExists):
        WitnessState.create(folder, KEY)


def test_a_second_process_is_refused(folder: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom mutualchain.errors import StoreBusy\n"
        "from mutualchain.witness.state import WitnessState\n"
        "try:\n    WitnessState.open(Path(sys.argv[1]), [])\nexcept StoreBusy:\n    print('busy')\n"
    )
    with WitnessState.open(folder, [KEY]):
        with pytest.raises(StoreBusy):
            WitnessState.open(folder, [KEY])
        done = subprocess.run(
            [sys.executable, "-c", program, str(folder)],
            env=os.environ | {"PYTHONPATH": str(SOURCE)},
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.stdout == "busy\n", done.stderr


def test_a_forked_child_is_refused(folder: Path) -> None:
    program = (
        "import os, sys, threading, warnings\nwarnings.simplefilter('ignore')\nfrom pathlib import Path\n"
        "from mutualchain.errors import MutualchainError\nfrom mutualchain.witness.state import WitnessState\n"
        "state = WitnessState.open(Path(sys.argv[1]), [])\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    try:\n        state.get('x')\n"
        "    except MutualchainError:\n        os._exit(7)\n"
        "    os._exit(1)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout == "7\n", done.stderr
