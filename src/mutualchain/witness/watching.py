"""A monitor at work: looks at places, keeps what it saw, writes evidence, and calls a hook.

The order at each look, so that a crash at any point loses nothing: evidence files, then the state, each whole or not at
all; then the hook, once for each alarm; then the state again, which says that the hook was told. A hook that fails is
called again at the next look. One monitor works with a state file at a time.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import FileIO
from pathlib import Path
from threading import Event as Flag
from typing import Final, Self

from ..errors import FileMissing, LimitError, MonitorBusy, MonitorStateError, MutualchainError, UsageError
from ..limits import MAX_MONITOR_PLACES, MAX_MONITOR_STATE
from ..tlog.trust import TrustFile
from .following import follow, is_chain
from .monitor import Event, Look, View, judge
from .monitor_state import LogMemory, Memory
from .places import Place

__all__ = ["Watch", "inspect"]

_AT_ONCE: Final = 8
_HOOK_SECONDS: Final = 60


class _HookFailed(Exception):
    """The hook could not be run, or ended with another code than 0. The text says which."""


def inspect(place: Place, trust: TrustFile, memory: Memory) -> View:
    """What a place shows, and what following its chain gives. What cannot be read becomes the view's failure."""
    try:
        shown = place.look(trust)
    except MutualchainError as error:
        return View(place.name, failure=error)
    book = shown.book
    view = View(place.name, shown.note, book, live=shown.live, published=shown.ledger is not None)
    if shown.ledger is None or book.tree is None:
        return view
    try:
        if not is_chain(book.tree.entry(0)):
            return view
        earlier = memory.logs.get(book.origin, LogMemory()).states
        with shown.ledger() as archive:
            return replace(view, followed=follow(archive, trust, earlier))
    except MutualchainError as error:
        return replace(view, failure=error)


@dataclass(slots=True)
class Watch:
    """Looks at ``places`` with ``trust``. ``state`` is a file, or None: then nothing is remembered after the end.

    ``folder`` is where evidence goes, ``hook`` a command that gets an event as JSON on its standard input. ``clock``
    gives seconds since 1970. Use it as a context: entering takes the state file, leaving gives it back.

    Entering raises MonitorBusy, MonitorStateError, FileMissing.
    """

    places: Sequence[Place]
    trust: TrustFile
    state: Path | None = None
    folder: Path = Path()
    hook: Sequence[str] = ()
    max_age: int | None = None
    clock: Callable[[], float] = time.time
    memory: Memory = field(default_factory=Memory)
    hook_failure: str | None = None
    _lock: FileIO | None = None
    _stop: Flag = field(default_factory=Flag)

    def __post_init__(self) -> None:
        names = [place.name for place in self.places]
        if not names or len(set(names)) < len(names):
            raise UsageError("a monitor looks at one place or more, at each once", value=", ".join(names))
        if len(names) > MAX_MONITOR_PLACES:
            raise LimitError(f"a monitor looks at {MAX_MONITOR_PLACES} places at most", value=len(names))

    def __enter__(self) -> Self:
        if not self.folder.is_dir():
            raise FileMissing("there is no such folder for evidence", value=str(self.folder))
        if self.state is not None:
            self._lock = _taken(self.state)
            try:
                self.memory = _remembered(self.state)
            except BaseException:
                self._lock.close()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        for place in self.places:
            place.close()
        if self._lock is not None:
            self._lock.close()

    def look(self) -> Look:
        """One look at all places: judged, kept, and told. ``hook_failure`` says afterwards what became of telling.

        Raises OSError where evidence or state cannot be written.
        """
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="mutualchain-monitor") as pool:
            views = list(pool.map(lambda place: inspect(place, self.trust, self.memory), self.places))
        look = judge(self.memory, views, self.trust, int(self.clock()), max_age=self.max_age)
        for place in self.places:
            place.close()
        for name, data in look.files.items():
            _write(self.folder / name, data)
        self._keep(look.memory)
        self.hook_failure = self._tell(look) if self.hook else None
        return replace(look, memory=self.memory)

    def follow(self, every: float, seen: Callable[[Look], None]) -> None:
        """Look every so many seconds until :meth:`stop` is called; ``seen`` gets each look."""
        while not self._stop.is_set():
            begun = time.monotonic()
            seen(self.look())
            self._stop.wait(max(0.0, every - (time.monotonic() - begun)))

    def stop(self) -> None:
        """End :meth:`follow` after the look under way; from a signal handler or another thread."""
        self._stop.set()

    def _keep(self, memory: Memory) -> None:
        self.memory = memory
        if self.state is not None:
            _write(self.state, memory.to_bytes())

    def _tell(self, look: Look) -> str | None:
        """Tell the hook of every alarm that it was not told of, and of the end of those that it was."""
        failure: str | None = None
        alarms = list(self.memory.alarms)
        for at, alarm in enumerate(alarms):
            if not alarm.told:
                try:
                    self._call(Event("alarm", alarm.place, alarm.origin, alarm=alarm))
                    alarms[at] = replace(alarm, told=True)
                except _HookFailed as error:
                    failure = str(error)
        for event in look.events:
            if event.what == "ended" and event.alarm is not None and event.alarm.told:
                try:
                    self._call(event)
                except _HookFailed as error:
                    failure = str(error)
        self._keep(replace(self.memory, alarms=tuple(alarms)))
        return failure

    def _call(self, event: Event) -> None:
        value = event.to_value()
        if event.alarm is not None and event.alarm.evidence:
            value["alarm"]["evidence"] = str((self.folder / event.alarm.evidence).absolute())
        try:
            done = subprocess.run(
                list(self.hook),
                input=json.dumps(value, ensure_ascii=False).encode(),
                stdout=subprocess.DEVNULL,
                timeout=_HOOK_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _HookFailed(f"the hook did not end within {_HOOK_SECONDS} seconds") from None
        except OSError as error:
            raise _HookFailed(f"the hook cannot be run: {error.strerror or error}") from None
        if done.returncode:
            raise _HookFailed(f"the hook ended with exit code {done.returncode}")


def _taken(state: Path) -> FileIO:
    """The lock beside the state file: the file itself is replaced at every look."""
    path = state.with_name(state.name + ".lock")
    try:
        lock = FileIO(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")
    except OSError as error:
        raise FileMissing(f"the state file cannot be kept there: {error.strerror}", value=str(state)) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise MonitorBusy("another monitor works with this state file", value=str(state)) from None
    return lock


def _remembered(state: Path) -> Memory:
    try:
        with state.open("rb") as file:
            return Memory.from_bytes(file.read(MAX_MONITOR_STATE + 1))
    except FileNotFoundError:
        return Memory()
    except OSError as error:
        raise MonitorStateError(f"the state file cannot be read: {error.strerror}", value=str(state)) from None


def _write(path: Path, data: bytes) -> None:
    """A whole file, durably, in the place of an older one."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise
