"""Following a ledger: whatever is new is published, until somebody says stop.

What passes by itself is waited for: too few cosignatures under the newest checkpoint, none at all yet, another process
publishing, a full disk. What does not (another history, a rollback, rows that do not verify) ends the watch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

from ..errors import (
    KeyNotInForce,
    MutualchainError,
    PublishBusy,
    PublishFolder,
    QuorumError,
    RecordUnavailable,
    StoreBusy,
    TooOld,
)

__all__ = ["PASSING", "watch"]

PASSING: Final = (QuorumError, TooOld, KeyNotInForce, RecordUnavailable, PublishBusy, StoreBusy)
"""What may be otherwise a moment later."""
_LONGEST: Final = 300.0
_T = TypeVar("_T")


def watch(
    once: Callable[[], _T],
    stop: threading.Event,
    *,
    every: float = 5.0,
    done: Callable[[_T], None] | None = None,
    waiting: Callable[[MutualchainError], None] | None = None,
) -> int:
    """Call ``once`` every so many seconds until ``stop`` is set; how often it succeeded.

    ``done`` gets what it returned, ``waiting`` each error that may pass, the first time and whenever it is another one;
    while it lasts, the pauses grow to five minutes. Raises every other error. A run under way is finished first.
    """
    runs, pause, told = 0, every, ""
    while not stop.is_set():
        try:
            found = once()
        except PASSING as error:
            if waiting is not None and error.message != told:
                waiting(error)
            told, pause = error.message, min(2 * pause, max(every, _LONGEST))
        except PublishFolder as error:
            if not isinstance(error.__cause__, OSError):
                raise
            if waiting is not None and error.message != told:
                waiting(error)
            told, pause = error.message, min(2 * pause, max(every, _LONGEST))
        else:
            runs, pause, told = runs + 1, every, ""
            if done is not None:
                done(found)
        stop.wait(pause)
    return runs
