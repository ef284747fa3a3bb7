"""The LMDB store's Reader and Writer: one LMDB transaction each, with every failure turned into a StoreError."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NoReturn, Protocol

import lmdb

from mutualchain.errors import AlreadyStored, UsageError
from mutualchain.store.failures import translate
from mutualchain.store.protocol import HEAD_KEY, check_key, check_range, check_value

__all__ = ["LmdbReader", "LmdbWriter", "Owner"]

_OVERHEAD: Final = 4096
"""What a pair may take beside its bytes: a page that is copied, or the rest of a value's last page."""


class Owner(Protocol):
    """What a transaction asks of the store it belongs to."""

    path: Path

    def usable(self) -> None:
        """Raise if the store is closed, was forked or has failed."""
        ...

    def grow_next_time(self) -> None:
        """Note that the map was too small for this transaction."""
        ...


class LmdbReader:
    """A Reader: one LMDB transaction. Made by ``LmdbStore.read``."""

    def __init__(self, owner: Owner, transaction: lmdb.Transaction[memoryview]) -> None:
        self._owner = owner
        self._transaction: lmdb.Transaction[memoryview] | None = transaction
        self._views: list[memoryview] = []
        self._changes = 0
        self._written = 0

    def _live(self) -> lmdb.Transaction[memoryview]:
        self._owner.usable()
        if self._transaction is None:
            raise UsageError("this transaction has ended")
        return self._transaction

    def _failed(self, error: lmdb.Error) -> NoReturn:
        raise translate(error, self._owner.path, wanted=self._written) from error

    def _find(self, key: bytes) -> memoryview | None:
        try:
            return self._live().get(key)
        except lmdb.Error as error:
            self._failed(error)

    def head(self) -> bytes | None:
        found = self._find(HEAD_KEY)
        return None if found is None else bytes(found)

    def get(self, key: bytes) -> bytes | None:
        check_key(key)
        found = self._find(key)
        return None if found is None else bytes(found)

    def view(self, key: bytes) -> memoryview | None:
        check_key(key)
        found = self._find(key)
        if found is not None:
            self._views.append(found)
        return found

    def scan(self, start: bytes, stop: bytes, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        start, stop = check_range(start, stop)
        return self._walk(start, stop, reverse)

    def _walk(self, start: bytes, stop: bytes, reverse: bool) -> Iterator[tuple[bytes, bytes]]:
        if start >= stop:
            return
        changes = self._changes
        try:
            with self._live().cursor() as cursor:
                there = cursor.set_range(stop if reverse else start)
                if reverse:
                    there = cursor.prev() if there else cursor.last()
                while there:
                    key = bytes(cursor.key())
                    if not start <= key < stop:
                        return
                    yield key, bytes(cursor.value())
                    self._live()
                    if changes != self._changes:
                        raise UsageError("something was written during this scan")
                    there = cursor.prev() if reverse else cursor.next()
        except lmdb.Error as error:
            self._failed(error)

    def last(self, start: bytes, stop: bytes) -> tuple[bytes, bytes] | None:
        return next(self.scan(start, stop, reverse=True), None)

    def number(self) -> int:
        """LMDB's number of the snapshot: that of the write which made it."""
        return self._live().id()

    def end(self) -> None:
        """Take the views back and drop the snapshot; for a writer, drop all that it wrote."""
        transaction, self._transaction = self._transaction, None
        for view in self._views:
            view.release()
        self._views.clear()
        if transaction is not None:
            transaction.abort()


class LmdbWriter(LmdbReader):
    """The Writer: LMDB's one write transaction. Made by ``LmdbStore.write``."""

    def view(self, key: bytes) -> memoryview | None:
        found = self.get(key)
        return None if found is None else memoryview(found)

    def _set(self, key: bytes, value: bytes, *, overwrite: bool = True) -> bool:
        transaction = self._live()
        self._changes += 1
        self._written += len(key) + len(value) + _OVERHEAD
        try:
            return transaction.put(key, value, overwrite=overwrite)
        except lmdb.MapFullError as error:
            self._owner.grow_next_time()
            self._failed(error)
        except lmdb.Error as error:
            self._failed(error)

    def put(self, key: bytes, value: bytes) -> None:
        check_key(key)
        check_value(value)
        self._set(key, value)

    def put_new(self, key: bytes, value: bytes) -> None:
        check_key(key)
        check_value(value)
        if not self._set(key, value, overwrite=False):
            raise AlreadyStored("this key is written once and for all", value=key)

    def delete(self, key: bytes) -> bool:
        check_key(key)
        transaction = self._live()
        self._changes += 1
        try:
            return transaction.delete(key)
        except lmdb.MapFullError as error:
            self._owner.grow_next_time()
            self._failed(error)
        except lmdb.Error as error:
            self._failed(error)

    def set_head(self, head: bytes) -> None:
        check_value(head)
        self._set(HEAD_KEY, head)

    def commit(self) -> None:
        """Make all of it durable. Raises what LMDB raises; the transaction has ended either way."""
        transaction = self._live()
        self._transaction = None
        try:
            transaction.commit()
        except lmdb.MapFullError:
            self._owner.grow_next_time()
            raise
