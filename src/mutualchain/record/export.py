"""The records of many members written out: as a tree of files that can be gone on with, or as one tar archive.

A tree holds the checkpoint under which all its records are cut, and a thousand records a folder, by slot:

    checkpoint                               the signed head
    critical-illness/1/234/1234567.mcr       the record of slot 1,234,567

Nothing in it is ever half a file. Records are written in a working folder beside them, flushed to the disk a few
thousand at once (``sync``: a flush for each of millions of files would be what everything waits for), and moved in
only then. So whatever interrupts it, what stands in the tree is whole, and the next run makes what is missing, under
the same checkpoint. Several processes may fill one tree. A tar archive has the same names, and is made in one go.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tarfile
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from ..errors import RecordsElsewhere, StoreFull, SystemRefused
from ..limits import MAX_NOTE
from .bulk import RecordStream

__all__ = [
    "CHECKPOINT",
    "FOLDER_ROWS",
    "Written",
    "part_of",
    "record_path",
    "record_tree",
    "tree_checkpoint",
    "write_tar",
]

CHECKPOINT = "checkpoint"
FOLDER_ROWS = 1_000
_LOCK = ".work"
_WORK = ".work-"
_TOGETHER = 32
"""Folders that are flushed and moved in at once: about ten seconds' work is lost by an interruption."""
_BATCH, _AHEAD = 64, 8
"""Records that are written at a time, and how many times that many are made meanwhile: some megabytes."""
_BLOCK = 512
_END = 20 * _BLOCK
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it: records written, their size in bytes, and how many were there already."""

    records: int
    size: int
    present: int = 0


def record_path(plan: str, slot: int) -> str:
    """Where a member's record stands in a tree or an archive."""
    return f"{plan}/{slot // 1_000_000}/{slot // FOLDER_ROWS % 1_000:03}/{slot}.mcr"


def part_of(start: int, stop: int, number: int, parts: int) -> tuple[int, int]:
    """The slots of part ``number`` (from 1) of ``parts``, cut where folders begin, so that no two share one."""
    first, last = start // FOLDER_ROWS, -(-stop // FOLDER_ROWS)
    low, high = (first + (last - first) * at // parts for at in (number - 1, number))
    return min(max(start, low * FOLDER_ROWS), stop), min(max(start, high * FOLDER_ROWS), stop)


# --- a tree of files --------------------------------------------------------------------------


def tree_checkpoint(folder: Path) -> bytes | None:
    """The signed checkpoint of a tree that was begun in ``folder``; None where there is nothing yet.

    Raises RecordsElsewhere for a folder with something else in it.
    """
    with _refusals(folder):
        try:
            with (folder / CHECKPOINT).open("rb") as file:
                return file.read(MAX_NOTE)
        except FileNotFoundError:
            pass
        if folder.exists() and any(not path.name.startswith(_LOCK) for path in folder.iterdir()):
            raise RecordsElsewhere("there is something else in this folder", value=str(folder))
    return None


def record_tree(stream: RecordStream, folder: Path, plan: str, start: int, stop: int, progress: Progress) -> Written:
    """Write the records of slots ``start`` to ``stop`` that are not in ``folder`` yet.

    ``progress`` is told how many of how many are there. Raises RecordsElsewhere for a tree under another checkpoint;
    StoreFull, SystemRefused: then what was finished stays, and a repetition goes on from there.
    """
    with _refusals(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with _work(folder, stream.note) as work:
            tree = _Tree(folder, plan, work)
            runs = tree.missing(start, stop)
            present = done = (stop - start) - sum(high - low for low, high in runs)
            progress(done, stop - start)
            with ThreadPoolExecutor(1) as writer:  # the disk is waited for while the next records are made
                waiting: deque[Future[None]] = deque()
                for batch in _batches(record for low, high in runs for record in stream.build(low, high)):
                    waiting.append(writer.submit(tree.add, batch))
                    if len(waiting) > _AHEAD:
                        waiting.popleft().result()
                    done += len(batch)
                    progress(done, stop - start)
                for task in waiting:
                    task.result()
            tree.publish()
            os.sync()
    return Written(done - present, tree.size, present)


def _batches(records: Iterator[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    while batch := list(islice(records, _BATCH)):
        yield batch


@contextmanager
def _refusals(folder: Path) -> Iterator[None]:
    """What the operating system refuses, in this project's errors."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            hint = "Make room, and repeat the command: what was finished stays, and it goes on from there."
            raise StoreFull("there is no room left on the disk", place=str(folder), hint=hint) from error
        place = str(error.filename or folder)
        raise SystemRefused(f"the operating system refused: {error.strerror or error}", place=place) from error


@contextmanager
def _work(folder: Path, note: bytes) -> Iterator[Path]:
    """A locked folder for what is not finished, in a tree under this checkpoint.

    What an earlier process left behind is removed; what is locked belongs to one that is at work.
    """
    stack = ExitStack()
    with (folder / _LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _claim(folder, note)
        for left in folder.glob(_WORK + "*"):
            with suppress(BlockingIOError), _locked(left):
                shutil.rmtree(left, ignore_errors=True)
        path = Path(tempfile.mkdtemp(prefix=_WORK, dir=folder))
        stack.callback(shutil.rmtree, path, ignore_errors=True)
        stack.enter_context(_locked(path))
    with stack:
        yield path


def _claim(folder: Path, note: bytes) -> None:
    found = tree_checkpoint(folder)
    if found is None:
        made = folder / (_LOCK + CHECKPOINT)
        with made.open("wb") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, folder / CHECKPOINT)
    elif found != note:
        raise RecordsElsewhere("the records in this folder are under another checkpoint", value=str(folder))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """``path`` locked. Raises BlockingIOError where somebody else has it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


@dataclass(slots=True)
class _Tree:
    """A plan's records in a tree: what is missing, what is being written."""

    folder: Path
    plan: str
    work: Path
    size: int = 0
    _begun: dict[int, Path] = field(default_factory=dict)
    _at: int = -1

    def missing(self, start: int, stop: int) -> list[tuple[int, int]]:
        """The slots of ``start`` to ``stop`` without a record, as ranges in order."""
        found: list[tuple[int, int]] = []
        for first in range(start - start % FOLDER_ROWS, stop, FOLDER_ROWS):
            wanted = range(max(start, first), min(stop, first + FOLDER_ROWS))
            try:
                there = set(os.listdir(self._target(first)))
            except FileNotFoundError:
                there = set()
            for slot in wanted if there else (wanted.start,):
                if f"{slot}.mcr" not in there:
                    end = slot + 1 if there else wanted.stop
                    if found and found[-1][1] == slot:
                        found[-1] = found[-1][0], end
                    else:
                        found.append((slot, end))
        return found

    def add(self, records: Sequence[tuple[int, bytes]]) -> None:
        """Write records in the working folder; slots come in order."""
        for slot, data in records:
            self._add(slot, data)

    def _add(self, slot: int, data: bytes) -> None:
        number = slot // FOLDER_ROWS
        if number != self._at:
            if len(self._begun) >= _TOGETHER:
                self.publish()
            self._at = number
            self._begun[number] = self.work / str(number)
            self._begun[number].mkdir(exist_ok=True)
        handle = os.open(f"{self._begun[number]}/{slot}.mcr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
        finally:
            os.close(handle)
        self.size += len(data)

    def publish(self) -> None:
        """Flush what was written, and move it to its place."""
        if not self._begun:
            return
        os.sync()
        for number, made in self._begun.items():
            target = self._target(number * FOLDER_ROWS)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                os.rename(made, target)
                continue
            for name in os.listdir(made):  # the rest of its records
                os.rename(made / name, target / name)
        self._begun.clear()
        self._at = -1

    def _target(self, slot: int) -> Path:
        return (self.folder / record_path(self.plan, slot)).parent


# --- one archive ------------------------------------------------------------------------------


def write_tar(stream: RecordStream, file: BinaryIO, plan: str, start: int, stop: int, progress: Progress) -> Written:
    """Write the checkpoint and the records of slots ``start`` to ``stop`` as a tar archive (POSIX ustar).

    ``file`` is written from beginning to end, never sought: it may be a pipe. The same slots under the same checkpoint
    give the same bytes. Raises what writing raises, as OSError.
    """
    file.write(_tarred(CHECKPOINT, stream.note))
    size = 0
    for slot, data in stream.build(start, stop):
        file.write(_tarred(record_path(plan, slot), data))
        size += len(data)
        if not slot % 64:
            progress(slot - start, stop - start)
    file.write(bytes(_END))
    return Written(stop - start, size)


def _tarred(name: str, data: bytes) -> bytes:
    about = tarfile.TarInfo(name)
    about.size = len(data)
    return about.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % _BLOCK)
