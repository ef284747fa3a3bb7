"""The folder that is published to: every file appears whole and durable, or not at all.

A file is written under ``.publish/``, synced, and renamed to its place; the folders it lies in are synced by
``settle``, which the publisher calls before it writes the checkpoint (and before a sheet's card, which says that the
rest of the sheet is there). A crash leaves at most files that nothing names yet: the next run finds and keeps those
that are right. ``.publish/`` also holds the lock, and the list of what to clean once a checkpoint is out.
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from ..errors import PublishBusy, PublishFolder, PublishUnverified

__all__ = ["Folder", "check_place"]

_PRIVATE: Final = ".publish"
_CLEAN: Final = f"{_PRIVATE}/clean"
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        text = "there is no room left on the disk" if error.errno in _FULL else f"the system refused: {error.strerror}"
        raise PublishFolder(text, place=str(path), hint="Look at the disk and the permissions, then repeat.") from error


class Folder:
    """A locked folder. ``put`` and ``read`` may be called from several threads. Close it when done."""

    def __init__(self, path: Path) -> None:
        """Raises PublishBusy while another process or another Folder of this one publishes there, PublishFolder."""
        self.path = path
        with _refusals(path):
            (path / _PRIVATE).mkdir(parents=True, exist_ok=True)
            self._held = os.open(path / _PRIVATE / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._held)
            raise PublishBusy("another process publishes to this folder", value=str(path)) from None
        self._count = itertools.count()
        self._touched: set[Path] = {path}
        self._lock = threading.Lock()
        self.written = 0
        self.bytes = 0
        with _refusals(path):
            for left in (path / _PRIVATE).glob("new-*"):
                left.unlink()

    def close(self) -> None:
        """Let others publish."""
        os.close(self._held)

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- reading ------------------------------------------------------------------------------

    def find(self, path: str) -> bytes | None:
        """A file's content, or None."""
        try:
            return (self.path / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise PublishFolder(f"a file cannot be read: {error.strerror}", place=path) from error

    def read(self, path: str) -> bytes:
        """A file's content. Raises PublishUnverified where it is gone."""
        data = self.find(path)
        if data is None:
            raise PublishUnverified("a published file is missing", place=path)
        return data

    # --- writing ------------------------------------------------------------------------------

    def put(self, path: str, data: bytes) -> None:
        """Make ``data`` the content of a file. Raises PublishUnverified if it does not read back so, PublishFolder."""
        if self.find(path) != data:
            self.replace(path, data)
            if self.find(path) != data:
                raise PublishUnverified("a file does not read back as it was written", place=path)
        self.touch(path)

    def replace(self, path: str, data: bytes) -> None:
        """Write a file, whatever was there."""
        place = self.path / path
        passing = self.path / _PRIVATE / f"new-{next(self._count)}"
        with _refusals(place):
            self._folders(place.parent)
            descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(descriptor, view) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(passing, place)
        self.touch(path)
        with self._lock:
            self.written += 1
            self.bytes += len(data)

    def _folders(self, folder: Path) -> None:
        """Make a folder and those above it, and remember the ones whose content changed."""
        if not folder.is_dir():
            self._folders(folder.parent)
            folder.mkdir(exist_ok=True)
            with self._lock:
                self._touched.add(folder.parent)

    def touch(self, path: str) -> None:
        """Have ``settle`` make the name of a file durable; one that was found may be from a run that crashed."""
        with self._lock:
            for parent in PurePosixPath(path).parents:
                self._touched.add(self.path / parent)

    def settle(self) -> None:
        """Make the names of all files durable that were put since the last time."""
        with self._lock:
            touched, self._touched = self._touched, set()
        with _refusals(self.path):
            for folder in sorted(touched):
                descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    # --- cleaning -----------------------------------------------------------------------------

    def plan_cleaning(self, full: Iterable[str]) -> None:
        """Remember files beside which partial ones may lie (``<path>.p/``), for :meth:`clean`, over a crash too."""
        old = (self.find(_CLEAN) or b"").decode().split()
        wanted = sorted({*old, *full})
        if wanted != old:
            self.replace(_CLEAN, "".join(f"{path}\n" for path in wanted).encode())

    def clean(self) -> int:
        """Remove the partial files beside each full one that is there. How many folders of them there were."""
        removed = 0
        for path in (self.find(_CLEAN) or b"").decode().split():
            partial = self.path / f"{path}.p"
            if (self.path / path).is_file() and partial.is_dir():
                with _refusals(partial):
                    shutil.rmtree(partial)
                removed += 1
        with _refusals(self.path):
            (self.path / _CLEAN).unlink(missing_ok=True)
        return removed


def check_place(folder: Path) -> None:
    """Refuse a folder in which something else lies. Raises PublishFolder."""
    if folder.exists() and not folder.is_dir():
        raise PublishFolder("this is a file, not a folder", value=str(folder))
    if folder.is_dir() and not (folder / _PRIVATE).is_dir() and any(folder.iterdir()):
        raise PublishFolder("the folder is not empty, and nothing was published to it", value=str(folder))
