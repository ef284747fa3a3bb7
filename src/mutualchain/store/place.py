"""A ledger's folder and address space: making the one whole or not at all, and finding room in the other."""

from __future__ import annotations

import mmap
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import lmdb

from mutualchain.errors import StoreExists
from mutualchain.store import datafile, lockfile
from mutualchain.store.failures import system_errors, translate

__all__ = ["LEAST_MAP", "MAX_READERS", "PARTIAL", "address_space", "new_folder", "open_environment"]

PARTIAL: Final = "store.partial"
"""Where a store is built before it is renamed to its place; a leftover of a creation that was killed."""
LEAST_MAP: Final = 1 << 20
"""The smallest map, in bytes, that is tried where address space is scarce."""
MAX_READERS: Final = 1024
"""Snapshots open at once, over all processes: 64 bytes each in lock.mdb."""


def open_environment(
    directory: Path, map_size: int, folder: Path, *, readonly: bool = False, lock: bool = True
) -> lmdb.Environment:
    """LMDB's environment in ``directory``, with as much of ``map_size`` as the address space has room for."""
    size = map_size
    while True:
        try:
            return lmdb.open(
                str(directory),
                map_size=size,
                readonly=readonly,
                lock=lock,
                create=False,
                mode=0o700,
                max_readers=MAX_READERS,
                max_spare_txns=1,
                lib_version=0,
            )
        except (lmdb.Error, OSError) as error:
            size //= 2
            if not (isinstance(error, lmdb.MemoryError) and size >= LEAST_MAP):
                raise translate(error, folder) from error


def address_space(size: int) -> bool:
    """Whether the process may map ``size`` bytes more. Asked first, because LMDB cannot take back a failed growth."""
    try:
        mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=0).close()
    except (OSError, ValueError, OverflowError):
        return False
    return True


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A place to build a store in. Left without an exception, it becomes the store of ``folder``, durably."""
    with system_errors(folder):
        if folder.exists():
            _refuse_occupied(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = lockfile.take(folder)
    building = folder / PARTIAL
    try:
        with system_errors(folder):
            _refuse_occupied(folder)
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir(mode=0o700)
        yield building
        with system_errors(folder):
            (building / "lock.mdb").unlink(missing_ok=True)
            for synced in (building / datafile.DATA_FILE, building):
                _sync(synced)
            building.rename(folder / datafile.STORE_FOLDER)
            for synced in (folder, folder.absolute().parent):
                _sync(synced)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    finally:
        lock.close()


def _refuse_occupied(folder: Path) -> None:
    if not folder.is_dir():
        raise StoreExists("there is a file of this name", place=str(folder))
    names = {entry.name for entry in folder.iterdir()}
    if datafile.STORE_FOLDER in names:
        raise StoreExists("this folder is a ledger already", place=str(folder))
    if names - {lockfile.LOCK_FILE, PARTIAL}:
        raise StoreExists("this folder is not empty", place=str(folder))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
