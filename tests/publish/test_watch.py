"""Following a ledger: what is new is published, what passes is waited for, what does not ends the watch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mutualchain.errors import (
    MutualchainError,
    PublishBusy,
    PublishFolder,
    PublishRollback,
    PublishSplit,
    PublishUnverified,
    QuorumError,
    RecordUnavailable,
)
from mutualchain.publish import PublishReport, publish, watch
from mutualchain.publish.folder import Folder
from tests.publish.tools import TRUST, Operator


class Stop(threading.Event):
    """Set after so many pauses, which it writes down instead of waiting."""

    def __init__(self, pauses: int) -> None:
        super().__init__()
        self.left = pauses
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout or 0.0)
        self.left -= 1
        if self.left <= 0:
            self.set()
        return self.is_set()


def telling(*outcomes: Any) -> Callable[[], Any]:
    """Returns or raises one outcome after the other, the last one for ever."""
    left = list(outcomes)

    def once() -> Any:
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, BaseException):
            raise found
        return found

    return once


def test_a_growing_ledger_is_published_step_by_step(tmp_path: Path) -> None:
    operator = Operator()
    operator.plan()
    operator.note()
    reports: list[PublishReport] = []

    def once() -> PublishReport:
        report = publish(operator.store, tmp_path, trust=TRUST)
        if len(reports) % 2:
            operator.join(1)
            operator.note()
        return report

    assert watch(once, Stop(5), every=1.5, done=reports.append) == 5
    sizes = [report.size for report in reports]
    assert sizes == [2, 2, 3, 3, 4]
    assert [report.new_checkpoint for report in reports] == [True, False, True, False, True]


def test_a_stop_that_was_asked_for_before_does_nothing() -> None:
    stop = threading.Event()
    stop.set()
    assert watch(telling(PublishSplit("never called")), stop) == 0


def test_what_passes_is_waited_for_and_told_once() -> None:
    few, busy = QuorumError("one of two witnesses"), PublishBusy("somebody else")
    told: list[MutualchainError] = []
    stop = Stop(7)
    runs = watch(telling(few, few, busy, 1, few, RecordUnavailable("none"), 2), stop, every=2, waiting=told.append)
    assert runs == 2
    assert [str(error.code) for error in told] == [few.code, busy.code, few.code, "MC-178"]
    assert stop.pauses == [4, 8, 16, 2, 4, 8, 2]


def test_pauses_do_not_grow_beyond_five_minutes() -> None:
    stop = Stop(12)
    watch(telling(QuorumError("none")), stop, every=10)
    assert max(stop.pauses) == 300
    slow = Stop(3)
    watch(telling(QuorumError("none")), slow, every=3_600)
    assert slow.pauses == [3_600, 3_600, 3_600]


@pytest.mark.parametrize("error", [PublishSplit("x"), PublishRollback("x"), PublishUnverified("x"), PublishFolder("x")])
def test_what_does_not_pass_ends_the_watch(error: MutualchainError) -> None:
    with pytest.raises(type(error)):
        watch(telling(1, error), Stop(9))


def test_a_full_disk_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = Operator()
    operator.note()
    told: list[MutualchainError] = []
    left = [2]
    real = Folder.put

    def full(self: Folder, path: str, data: bytes) -> None:
        left[0] -= 1
        if left[0] >= 0:
            error = PublishFolder("there is no room left on the disk")
            error.__cause__ = OSError(28, "No space left on device")
            raise error
        real(self, path, data)

    monkeypatch.setattr(Folder, "put", full)
    runs = watch(lambda: publish(operator.store, tmp_path), Stop(4), every=0.1, waiting=told.append)
    assert (runs, len(told)) == (2, 1)
