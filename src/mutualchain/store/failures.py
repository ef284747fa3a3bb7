"""What LMDB and the operating system say when something fails, in this project's errors."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import lmdb

from mutualchain.errors import StoreBusy, StoreCorrupt, StoreError, StoreFull, StoreMissing

__all__ = ["DENIED", "code_of", "no_room", "system_errors", "translate"]

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
DENIED: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_DAMAGED: Final = (
    lmdb.CorruptedError,
    lmdb.InvalidError,
    lmdb.VersionMismatchError,
    lmdb.PageNotFoundError,
    lmdb.PageFullError,
    lmdb.CursorFullError,
    lmdb.IncompatibleError,
)
_SLACK: Final = 1 << 20


def translate(error: lmdb.Error | OSError, folder: Path, *, wanted: int = 0) -> StoreError:
    """The StoreError for a failure in ``folder``; ``wanted`` is about how many bytes were being written."""
    where = str(folder)
    if isinstance(error, _DAMAGED):
        return StoreCorrupt(f"the storage of this ledger is damaged ({error})", place=where)
    if isinstance(error, (lmdb.MapFullError, lmdb.TxnFullError)):
        return StoreFull("this write is larger than the room reserved for one", place=where)
    code = code_of(error)
    if code in _FULL or (code == errno.EIO and wanted and no_room(folder, wanted)):
        return StoreFull("there is no room left on the disk", place=where)
    if code in DENIED:
        return StoreError("the ledger's files may not be opened or written", place=where)
    if code == errno.ENOENT:
        return StoreMissing("the folder is no ledger: its storage is not there", place=where)
    if code == errno.ENOTDIR:
        return StoreMissing("this is a file, not a ledger's folder", place=where)
    if code == errno.ENOMEM:
        return StoreFull("the process may not map so much memory", place=where, hint="Raise its address space limit.")
    if "already open" in str(error):
        return StoreBusy(
            "this process has the ledger open already, or was forked from one that has",
            place=where,
            hint="Use the open one; start worker processes with 'spawn'.",
        )
    return StoreError(f"the storage engine failed: {error}", place=where)


def code_of(error: BaseException | None) -> int:
    """The operating system's number for a failure; 0 or LMDB's own, negative one where it has none."""
    return (error.errno if isinstance(error, OSError) else getattr(error, "code", 0)) or 0


def no_room(folder: Path, wanted: int) -> bool:
    """Whether the disk, a quota or a limit on file sizes keeps the data file from growing by ``wanted`` bytes.

    LMDB reports a write that stopped halfway as a plain input/output error, which is what a full disk looks
    like. So ask for the room once more, with a file of no name.
    """
    try:
        size = max((file.stat().st_size for file in folder.rglob("data.mdb")), default=0)
        with tempfile.TemporaryFile(dir=folder) as probe:
            os.posix_fallocate(probe.fileno(), size, wanted + _SLACK)
    except OSError as error:
        return error.errno in _FULL
    return False


@contextmanager
def system_errors(folder: Path) -> Iterator[None]:
    """Turn what the operating system or LMDB raises inside into a StoreError about ``folder``."""
    try:
        yield
    except (OSError, lmdb.Error) as error:
        raise translate(error, folder) from error
