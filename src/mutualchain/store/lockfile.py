"""One writing process a ledger: ``writer.lock``, held with flock(2) for as long as the ledger is open.

The kernel lets go of it when the process ends, however it ends, so a stale lock cannot exist. The file
holds the writer's process id, only so that the refusal can name it, and is never removed.
"""

from __future__ import annotations

import fcntl
import os
from io import FileIO
from pathlib import Path
from typing import Final

from mutualchain.errors import StoreBusy
from mutualchain.store.failures import system_errors

__all__ = ["LOCK_FILE", "hold_off_writers", "take"]

LOCK_FILE: Final = "writer.lock"


def take(folder: Path) -> FileIO:
    """Become the writer of the ledger in ``folder``; the file to close for giving that up.

    Raises StoreBusy if another process, or another store of this one, is the writer or holds writers off.
    """
    with system_errors(folder):
        lock = FileIO(os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.truncate(0)
            lock.write(b"%d\n" % os.getpid())
        except BlockingIOError:
            holder = lock.read(20).strip()
            lock.close()
            raise _busy(folder, holder) from None
        except BaseException:
            lock.close()
            raise
    return lock


def hold_off_writers(folder: Path) -> FileIO | None:
    """Keep everyone from writing while a reader that LMDB's reader table cannot show is at work.

    The file to close afterwards; None if the ledger never had a writer here (a copy on a medium that
    cannot be written). Raises StoreBusy while somebody writes.
    """
    with system_errors(folder):
        try:
            lock = FileIO(folder / LOCK_FILE)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = lock.read(20).strip()
            lock.close()
            raise _busy(folder, holder) from None
        except BaseException:
            lock.close()
            raise
    return lock


def _busy(folder: Path, holder: bytes) -> StoreBusy:
    if holder == b"%d" % os.getpid():
        return StoreBusy("this process has the ledger open already", value=str(folder), hint="Use the open one.")
    name = f"process {int(holder)}" if holder.isdigit() else "another process"
    return StoreBusy(f"{name} has this ledger open for writing", value=str(folder))
