"""Threads of one process around one memory map: writers take turns, and remapping waits for readers.

LMDB may replace its map (to grow it, or to adopt another process's growth) only while this process has
no transaction open. Readers pass a Gate; who must remap asks to be alone behind it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from mutualchain.errors import StoreBusy, UsageError

__all__ = ["PATIENCE", "Gate", "Turn"]

PATIENCE: Final = 10.0
"""Seconds to wait for the readers of this process to leave. They read for milliseconds."""


class Turn:
    """A lock that refuses its owner a second time instead of waiting for ever."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._owner: int | None = None

    def __enter__(self) -> None:
        me = threading.get_ident()
        if self._owner == me:
            raise UsageError("a write of this thread is under way: leave it before the next, or before closing")
        self._lock.acquire()
        self._owner = me

    def __exit__(self, *_: object) -> None:
        self._owner = None
        self._lock.release()


class Gate:
    """Counts who is inside, by thread, and lets one thread be alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside: Counter[int] = Counter()
        self._wanted = False

    def enter(self) -> int:
        """Go in, and get what ``leave`` wants. Waits while somebody is, or waits to be, alone.

        A thread that is inside already is never kept waiting: it could not leave if it were.
        """
        me = threading.get_ident()
        with self._changed:
            while self._wanted and not self._inside[me]:
                self._changed.wait()
            self._inside[me] += 1
        return me

    def leave(self, ticket: int) -> None:
        """Go out; any thread may do it for another."""
        with self._changed:
            self._inside[ticket] -= 1
            if not self._inside[ticket]:
                del self._inside[ticket]
            self._changed.notify_all()

    @contextmanager
    def alone(self, seconds: float) -> Iterator[bool]:
        """Yields True with nobody inside, and keeps it so; False if that did not come about in ``seconds``.

        False at once for a thread that is inside itself: waiting for oneself ends never.
        """
        me = threading.get_ident()
        with self._changed:
            alone = False
            if not self._inside[me] and self._changed.wait_for(lambda: not self._wanted, seconds):
                self._wanted = True
                alone = self._changed.wait_for(lambda: not self._inside.total(), seconds)
                if not alone:
                    self._release()
        try:
            yield alone
        finally:
            if alone:
                with self._changed:
                    self._release()

    @contextmanager
    def shut(self, seconds: float) -> Iterator[None]:
        """``alone``, for closing: UsageError in a thread that is inside, StoreBusy if others do not leave."""
        with self.alone(seconds) as alone:
            if not alone and self._inside[threading.get_ident()]:
                raise UsageError("a read of this thread is under way: leave it before closing")
            if not alone:
                raise StoreBusy("snapshots of this ledger are open in other threads", hint="Leave them, then close.")
            yield

    def _release(self) -> None:
        self._wanted = False
        self._changed.notify_all()
