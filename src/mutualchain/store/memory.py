"""A store in memory, for tests: an immutable dict per committed state, and strict about its callers.

A commit replaces the dict, so a snapshot is a reference to one. What LMDB cannot notice, this store does:
every view is taken from a private copy, and an array that still holds one when its transaction ends is
reported as the UsageError it is.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mutualchain.errors import AlreadyStored, HeadMoved, StoreReadOnly, UsageError
from mutualchain.store.gate import PATIENCE, Gate, Turn
from mutualchain.store.lmdb import LmdbStore
from mutualchain.store.protocol import HEAD_KEY, check_key, check_range, check_value

__all__ = ["MemoryReader", "MemoryStore", "MemoryWriter"]


class MemoryReader:
    """A Reader over one dict that nobody changes."""

    def __init__(self, data: Mapping[bytes, bytes]) -> None:
        self._data: Mapping[bytes, bytes] | None = data
        self._views: list[tuple[bytearray, memoryview]] = []
        self._changes = 0

    def _live(self) -> Mapping[bytes, bytes]:
        if self._data is None:
            raise UsageError("this transaction has ended")
        return self._data

    def head(self) -> bytes | None:
        return self._live().get(HEAD_KEY)

    def get(self, key: bytes) -> bytes | None:
        check_key(key)
        return self._live().get(key)

    def view(self, key: bytes) -> memoryview | None:
        value = self.get(key)
        if value is None:
            return None
        lent = bytearray(value)
        shown = memoryview(lent).toreadonly()
        self._views.append((lent, shown))
        return shown

    def scan(self, start: bytes, stop: bytes, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        start, stop = check_range(start, stop)
        return self._walk(start, stop, reverse)

    def _walk(self, start: bytes, stop: bytes, reverse: bool) -> Iterator[tuple[bytes, bytes]]:
        keys = sorted(self._live())
        chosen = keys[bisect_left(keys, start) : bisect_left(keys, stop)]
        changes = self._changes
        for key in reversed(chosen) if reverse else chosen:
            data = self._live()
            if changes != self._changes:
                raise UsageError("something was written during this scan")
            yield key, data[key]

    def last(self, start: bytes, stop: bytes) -> tuple[bytes, bytes] | None:
        return next(self.scan(start, stop, reverse=True), None)

    def end(self, *, strict: bool) -> None:
        """Take every view back. ``strict`` reports an array that still holds one."""
        self._data = None
        held = False
        for lent, shown in self._views:
            shown.release()
            try:
                lent.clear()
            except BufferError:
                held = True
        self._views.clear()
        if held and strict:
            raise UsageError(
                "an array or view made from Reader.view outlives its transaction",
                hint="Copy what is needed later, and delete the array before the `with` block ends.",
            )


class MemoryWriter(MemoryReader):
    """The Writer: works on a copy of the dict."""

    def __init__(self, data: dict[bytes, bytes]) -> None:
        super().__init__(data)
        self._own = data

    def _set(self, key: bytes, value: bytes) -> None:
        self._live()
        self._changes += 1
        self._own[key] = value

    def put(self, key: bytes, value: bytes) -> None:
        check_key(key)
        check_value(value)
        self._set(key, value)

    def put_new(self, key: bytes, value: bytes) -> None:
        check_key(key)
        check_value(value)
        if key in self._live():
            raise AlreadyStored("this key is written once and for all", value=key)
        self._set(key, value)

    def delete(self, key: bytes) -> bool:
        check_key(key)
        self._live()
        self._changes += 1
        return self._own.pop(key, None) is not None

    def set_head(self, head: bytes) -> None:
        check_value(head)
        self._set(HEAD_KEY, head)


class MemoryStore:
    """A Store without a folder. ``readonly`` refuses writes, for testing callers that must not write."""

    path: Path | None = None

    def __init__(self, *, readonly: bool = False) -> None:
        self.readonly = readonly
        self._data: dict[bytes, bytes] | None = {}
        self._turn = Turn(threading.Lock())
        self._gate = Gate()

    def _state(self) -> dict[bytes, bytes]:
        if self._data is None:
            raise UsageError("the store is closed")
        return self._data

    def head(self) -> bytes | None:
        return self._state().get(HEAD_KEY)

    @contextmanager
    def read(self) -> Iterator[MemoryReader]:
        reader = MemoryReader(self._state())
        ticket = self._gate.enter()
        try:
            yield reader
            reader.end(strict=True)
        finally:
            reader.end(strict=False)
            self._gate.leave(ticket)

    @contextmanager
    def write(self, expected_head: bytes | None, *, reserve: int = 0) -> Iterator[MemoryWriter]:
        if self.readonly:
            raise StoreReadOnly("this store was opened read-only")
        with self._turn:
            data = dict(self._state())
            if data.get(HEAD_KEY) != expected_head:
                raise HeadMoved("the head is not the one this write was made for", value=data.get(HEAD_KEY))
            writer = MemoryWriter(data)
            try:
                yield writer
                writer.end(strict=True)
            finally:
                writer.end(strict=False)
            self._data = data

    def copy_to(self, path: Path) -> None:
        """The content as an LMDB ledger in ``path``."""
        state = self._state()
        with LmdbStore.create(path) as copy, copy.write(None) as writer:
            for key, value in state.items():
                if key == HEAD_KEY:
                    writer.set_head(value)
                else:
                    writer.put(key, value)

    def close(self) -> None:
        if self._data is not None:
            with self._turn, self._gate.shut(PATIENCE):
                self._data = None

    def __enter__(self) -> MemoryStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
