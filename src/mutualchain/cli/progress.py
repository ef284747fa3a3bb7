"""Progress of what takes longer than a moment: one line on stderr if that is a terminal, silence otherwise.

The line is erased at the end, so that what stays on the screen is the output alone; nothing else may be written
meanwhile.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from .screen import is_terminal, width_of

if TYPE_CHECKING:
    from .app import App
    from .language import Words

__all__ = ["progress"]

_PATIENCE = 0.5
_EVERY = 0.05
_BAR = 24
_ERASE = "\r\x1b[2K"


@contextmanager
def progress(app: App, what: str) -> Iterator[Callable[[int, int], None]]:
    """A function ``(done, total)`` that shows how far ``what`` is, once that has taken half a second."""
    if app.json or not is_terminal(sys.stderr):
        yield lambda done, total: None
        return
    bar = _Bar(app.words.say(what), app.words, sys.stderr)
    try:
        yield bar
    finally:
        bar.close()


class _Bar:
    def __init__(self, what: str, words: Words, stream: TextIO) -> None:
        self._what = what
        self._words = words
        self._stream = stream
        self._begin = time.monotonic()
        self._last = 0.0
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._begin < _PATIENCE or now - self._last < _EVERY or total <= 0:
            return
        self._last, self._shown = now, True
        full = min(done * _BAR // total, _BAR)
        counted = self._words.say("{done} of {total}", done=done, total=total)
        line = f"  {self._what} [{'#' * full}{'.' * (_BAR - full)}] {done * 100 // total:>3}%  {counted}"
        wide = width_of(line) - len(line)  # a Chinese character takes two columns
        self._stream.write(_ERASE + line[: max(shutil.get_terminal_size().columns - 1 - wide, 0)])
        self._stream.flush()

    def close(self) -> None:
        """Leave no trace."""
        if self._shown:
            self._stream.write(_ERASE)
            self._stream.flush()
