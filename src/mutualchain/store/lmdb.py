"""The default store: one LMDB file, ``<ledger>/store/data.mdb``, with LMDB's own locks beside it.

    <ledger>/writer.lock         who writes (lockfile)
    <ledger>/store/data.mdb      the data; format of LMDB 0.9, whatever newer engines py-lmdb brings
    <ledger>/store/lock.mdb      LMDB's reader table; may be deleted while nobody has the ledger open

A commit writes its pages, waits for fdatasync, then writes the meta page through a descriptor opened with
O_DSYNC: two durable steps, and the second makes all of the first valid at once. Readers take no lock that
a writer holds.

The map is reserved address space, not memory or disk. It begins so large that it hardly ever grows; when
it must, it doubles before a write begins, while no reader of this process is inside. Readers in other
processes notice at their next read and follow.

A read-only opening needs no writable disk. Where LMDB's reader table cannot be used (no permission to write
``lock.mdb``), writers are held off for as long as the reader has the ledger open; on a medium on which nothing
can be locked at all, nobody else may write to it through another path meanwhile.

A store does not survive fork: in a forked child every call is refused.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Final

import lmdb

from mutualchain.errors import (
    CommitUncertain,
    HeadMoved,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreMissing,
    StoreReadOnly,
    UnsupportedVersion,
    UsageError,
)
from mutualchain.store import datafile, lockfile
from mutualchain.store.failures import DENIED, code_of, system_errors, translate
from mutualchain.store.gate import PATIENCE, Gate, Turn
from mutualchain.store.place import LEAST_MAP, MAX_READERS, address_space, new_folder, open_environment
from mutualchain.store.protocol import HEAD_KEY
from mutualchain.store.transaction import LmdbReader, LmdbWriter

__all__ = ["LmdbStore"]

FORMAT_KEY: Final = b"\x00format"
FORMAT: Final = b"mutualchain/store/v1\n"
"""The first thing in every store: so that another program's LMDB file is not taken for a ledger."""

RESERVATION: Final = 1 << 36
"""Address space a ledger's map begins with: 64 GiB. Less where the process may not have so much."""
HEADROOM: Final = 4 << 30
"""Free room that a write should find: more than any one block takes. A smaller map keeps half of itself free."""


class LmdbStore:
    """A Store in a folder. Made by ``create`` or ``open``; a context manager that closes itself."""

    def __init__(self, path: Path, environment: lmdb.Environment, *, readonly: bool, lock: FileIO | None) -> None:
        self.path: Path = path
        self.readonly = readonly
        self._environment = environment
        self._page_size = environment.stat()["psize"]
        self._lock = lock
        self._gate = Gate()
        self._turn = Turn(threading.Lock())
        self._wanted = 0
        self._refusal: str | None = None
        _STORES.add(self)

    # --- making one -----------------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path | str, *, map_size: int = RESERVATION) -> LmdbStore:
        """A new, empty ledger folder, made durable and opened for writing.

        Raises StoreExists if the folder has anything in it; StoreBusy, StoreFull, StoreError.
        """
        folder = Path(path).absolute()
        with new_folder(folder) as building:
            environment = open_environment(building, map_size, folder)
            with system_errors(folder):
                with environment.begin(write=True) as transaction:
                    transaction.put(FORMAT_KEY, FORMAT)
                environment.close()
        return cls.open(folder, map_size=map_size)

    @classmethod
    def open(cls, path: Path | str, *, readonly: bool = False, map_size: int = RESERVATION) -> LmdbStore:
        """The ledger in a folder. ``readonly`` needs no permission to write and gets along with a writer.

        ``map_size`` is the address space to begin with, in bytes. Raises StoreMissing, StoreCorrupt,
        StoreBusy, StoreFull (no address space), UnsupportedVersion, StoreError.
        """
        folder = Path(path).absolute()
        datafile.check_roots(folder)
        lock = None if readonly else lockfile.take(folder)
        environment = None
        try:
            try:
                environment = open_environment(folder / datafile.STORE_FOLDER, map_size, folder, readonly=readonly)
            except StoreError as error:
                if not (readonly and code_of(error.__cause__) in DENIED):
                    raise
                lock = lockfile.hold_off_writers(folder)
                environment = open_environment(
                    folder / datafile.STORE_FOLDER, map_size, folder, readonly=True, lock=False
                )
            store = cls(folder, environment, readonly=readonly, lock=lock)
            store._accept()
        except BaseException:
            if environment is not None:
                environment.close()
            if lock is not None:
                lock.close()
            raise
        return store

    def _accept(self) -> None:
        """All that can be wrong with a file that LMDB opens, before any of its data is touched."""
        with system_errors(self.path):
            self._environment.reader_check()
            needed = (self._environment.info()["last_pgno"] + 1) * self._page_size
            size = datafile.data_path(self.path).stat().st_size
        if size < needed or size <= datafile.CHECK_UPTO:
            self.check()
        with system_errors(self.path), self._environment.begin() as transaction:
            format = transaction.get(FORMAT_KEY)
        if format is None:
            raise StoreMissing("the folder holds another program's LMDB file, no ledger", place=str(self.path))
        if format != FORMAT:
            raise UnsupportedVersion("this ledger's storage is of another version", value=format, place=str(self.path))
        if not self.readonly:
            self._fill_up()

    def check(self) -> None:
        """Walk all pages of the data file, while reading and writing go on. StoreCorrupt with the first wrong one.

        ``open`` does it by itself for files of up to 64 MiB, and for one that seems to have been cut off.
        """
        for _ in range(_ATTEMPTS):
            with self.read() as reader:
                if datafile.check_pages(self.path, reader.number()):
                    return
        raise StoreError("the ledger is written to so fast that it does not stand still to be checked")

    # --- reading --------------------------------------------------------------------------------

    def head(self) -> bytes | None:
        """The head now; None for a store without one."""
        with self.read() as reader:
            return reader.head()

    @contextmanager
    def read(self) -> Iterator[LmdbReader]:
        """A snapshot of now. Raises StoreBusy when 1,024 of them are open."""
        ticket, transaction = self._snapshot()
        reader = LmdbReader(self, transaction)
        try:
            yield reader
        finally:
            if self._refusal != _FORKED:
                reader.end()
                self._gate.leave(ticket)

    def _snapshot(self) -> tuple[int, lmdb.Transaction[memoryview]]:
        while True:
            self.usable()
            ticket = self._gate.enter()
            try:
                self.usable()
                return ticket, self._environment.begin(buffers=True)
            except lmdb.MapResizedError:
                self._gate.leave(ticket)
                self._adopt_growth()
            except lmdb.ReadersFullError as error:
                self._gate.leave(ticket)
                if not self._environment.reader_check():
                    raise StoreBusy(f"{MAX_READERS} snapshots of this ledger are open", hint="Close some.") from error
            except lmdb.Error as error:
                self._gate.leave(ticket)
                raise translate(error, self.path) from error
            except BaseException:
                self._gate.leave(ticket)
                raise

    def _adopt_growth(self) -> None:
        """Another process's map outgrew this one's: follow it."""
        with self._gate.alone(PATIENCE) as alone, system_errors(self.path):
            if not alone:
                raise StoreBusy(
                    "the ledger has grown; snapshots from before are open", hint="Leave them, then read again."
                )
            self._environment.set_mapsize(0)

    # --- writing --------------------------------------------------------------------------------

    @contextmanager
    def write(self, expected_head: bytes | None, *, reserve: int = 0) -> Iterator[LmdbWriter]:
        """The write transaction; see Store.write. StoreFull leaves the store usable: make room and repeat."""
        if self.readonly:
            raise StoreReadOnly("this ledger was opened read-only", place=str(self.path))
        self.usable()
        with self._turn:
            self.usable()
            with system_errors(self.path):
                self._make_room(max(LEAST_MAP, reserve + reserve // 4, self._wanted))
                writer = LmdbWriter(self, self._environment.begin(write=True, buffers=True))
            try:
                found = writer.head()
                if found != expected_head:
                    raise HeadMoved("the head is not the one this write was made for", value=found)
                yield writer
                self._commit(writer, expected_head)
            finally:
                if self._refusal != _FORKED:
                    writer.end()

    def _commit(self, writer: LmdbWriter, before: bytes | None) -> None:
        try:
            counted = self._environment.info()["last_txnid"]
            writer.commit()
        except lmdb.Error as error:
            failure = translate(error, self.path, wanted=writer._written)
            if not self._unchanged(counted, before):
                self._refusal = "a commit failed midway: the ledger must be opened again"
                raise CommitUncertain("the durable commit failed midway", place=str(self.path)) from error
            raise failure from error
        self._fill_up()

    def _unchanged(self, counted: int, head: bytes | None) -> bool:
        """Whether a commit that failed left everything as it was, and the engine in working order."""
        try:
            with self._environment.begin(write=True) as transaction:
                return transaction.get(HEAD_KEY) == head and self._environment.info()["last_txnid"] == counted
        except lmdb.Error:
            return False

    def _fill_up(self) -> None:
        """Let the file reach up to the last page that LMDB counts.

        A page that a transaction took and gave back may lie beyond the end without ever having been written.
        The file is made as long as it says, so that a file which is shorter has been cut off; should this be
        missed, ``check`` finds out which of the two it is.
        """
        path = datafile.data_path(self.path)
        needed = (self._environment.info()["last_pgno"] + 1) * self._page_size
        with suppress(OSError):
            if path.stat().st_size < needed:
                os.truncate(path, needed)

    def grow_next_time(self) -> None:
        """Have the next write find twice the room: this one did not fit."""
        self._wanted = self._environment.info()["map_size"]

    def _make_room(self, needed: int) -> None:
        """Grow the map when it gets full. Readers are waited for only when it gets pressing; what cannot wait fails.

        ``needed`` bytes must be free for this write to begin at all.
        """
        info = self._environment.info()
        size = info["map_size"]
        free = size - (info["last_pgno"] + 1) * self._page_size
        comfortable = max(needed, min(size // 2, HEADROOM))
        if free >= comfortable:
            return
        target = size
        while target - size + free < comfortable:
            target *= 2
        if not address_space(target - size):
            if free < needed:
                raise StoreFull("the process may not map more memory", hint="Raise its address space limit.")
            return
        with self._gate.alone(PATIENCE if free < comfortable // 4 else 0) as alone:
            if alone:
                self._environment.set_mapsize(target)
                self._wanted = 0
            elif free < needed:
                raise StoreFull(
                    "the store must grow, and snapshots of this process are open",
                    hint="Leave the open reads, then repeat the call with the same reference.",
                )

    # --- the rest -------------------------------------------------------------------------------

    def copy_to(self, path: Path | str) -> None:
        """A consistent, compacted copy of now in a new ledger folder, durable on return; see Store.copy_to."""
        folder = Path(path).absolute()
        self.usable()
        with new_folder(folder) as building, self.read(), system_errors(folder):
            copy = os.open(building / datafile.DATA_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                self._environment.copyfd(copy, compact=True)
            except lmdb.Error as error:
                size = datafile.data_path(self.path).stat().st_size
                raise translate(error, folder, wanted=size) from error
            finally:
                os.close(copy)

    def close(self) -> None:
        """Close the file and let go of the ledger. Waits for the reads and the write of other threads.

        UsageError inside a read or write of this thread; StoreBusy if other threads' reads do not end.
        """
        if self._refusal == _CLOSED or self._refusal == _FORKED:
            return
        with self._turn, self._gate.shut(PATIENCE):
            self._refusal = _CLOSED
            self._environment.close()
            if self._lock is not None:
                self._lock.close()

    def __enter__(self) -> LmdbStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def usable(self) -> None:
        """Raise UsageError if the store is closed, StoreError if it was forked or a commit failed midway."""
        if self._refusal is not None:
            raise (UsageError if self._refusal == _CLOSED else StoreError)(self._refusal)

    def _forked(self) -> None:
        """In a forked child: refuse from now on, and drop the copy of the lock, which would outlive the parent."""
        self._refusal = _FORKED
        if self._lock is not None:
            self._lock.close()


_ATTEMPTS: Final = 100
"""Two commits of another process must fall between two system calls of this one to make an attempt fail."""
_CLOSED: Final = "the store is closed"
_FORKED: Final = "this process was forked from the one that opened the ledger: open it anew in a spawned process"
_STORES: weakref.WeakSet[LmdbStore] = weakref.WeakSet()


def _disown_stores() -> None:
    for store in list(_STORES):
        store._forked()


os.register_at_fork(after_in_child=_disown_stores)
