"""Both stores keep all promises, and the suite notices stores that do not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

from mutualchain.errors import HeadMoved, LimitError
from mutualchain.store import LmdbStore, MemoryStore, Store, conformance
from mutualchain.store.memory import MemoryReader, MemoryWriter


@pytest.fixture(params=["memory", "lmdb", "lmdb in a small map"])
def factory(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    numbers = count()
    if request.param == "memory":
        return MemoryStore
    map_size = 1 << 24 if "small" in request.param else 1 << 36
    return lambda: LmdbStore.create(tmp_path / str(next(numbers)), map_size=map_size)


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_a_store_conforms(check: conformance.Check, factory: conformance.Factory) -> None:
    check(factory)


def test_run_makes_every_check() -> None:
    conformance.run(MemoryStore)


class _CommitsWhatFailed(MemoryStore):
    @contextmanager
    def write(self, expected_head: bytes | None, *, reserve: int = 0) -> Iterator[MemoryWriter]:
        if self.head() != expected_head:
            raise HeadMoved("moved")
        yield MemoryWriter(self._state())


class _HidesErrors(MemoryStore):
    @contextmanager
    def write(self, expected_head: bytes | None, *, reserve: int = 0) -> Iterator[MemoryWriter]:
        with suppress(ValueError), super().write(expected_head) as writer:
            yield writer


class _Overwrites(MemoryStore):
    @contextmanager
    def write(self, expected_head: bytes | None, *, reserve: int = 0) -> Iterator[MemoryWriter]:
        with super().write(expected_head) as writer:
            writer.put_new = writer.put  # type: ignore[method-assign]
            yield writer


class _AnyHead(MemoryStore):
    @contextmanager
    def write(self, expected_head: bytes | None, *, reserve: int = 0) -> Iterator[MemoryWriter]:
        with super().write(self.head()) as writer:
            yield writer


class _ReadersWait(MemoryStore):
    @contextmanager
    def read(self) -> Iterator[MemoryReader]:
        if self._turn._lock.locked() and threading.current_thread() is not threading.main_thread():
            time.sleep(0.3)
        with super().read() as reader:
            yield reader


class _ReadersFail(MemoryStore):
    @contextmanager
    def read(self) -> Iterator[MemoryReader]:
        if threading.current_thread() is not threading.main_thread():
            raise OSError("not in threads")
        with super().read() as reader:
            yield reader


class _Speechless(MemoryStore):
    @contextmanager
    def write(self, expected_head: bytes | None, *, reserve: int = 0) -> Iterator[MemoryWriter]:
        with super().write(expected_head) as writer:
            writer.get = self._refuse  # type: ignore[method-assign]
            yield writer

    def _refuse(self, key: bytes) -> bytes | None:
        raise LimitError("")


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (_CommitsWhatFailed, "expected"),
        (_HidesErrors, "did not leave the write"),
        (_Overwrites, "AlreadyStored was not raised"),
        (_AnyHead, "a write for the head"),
        (_ReadersWait, "has to wait"),
        (_ReadersFail, "a thread failed"),
        (_Speechless, "without a message"),
    ],
)
def test_the_suite_finds_a_store_that_breaks_a_promise(
    broken: conformance.Factory, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conformance, "_PATIENCE", 0.1)
    with pytest.raises(AssertionError, match=words):
        conformance.run(broken)
