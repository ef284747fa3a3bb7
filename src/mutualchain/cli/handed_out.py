"""Under which heads records were handed out: a line for each in ``LEDGER/handed-out``, so that the next reach them.

    <blocks> <plan> <slot, or * for all members>

A member's next record must show how its book continues the one that she has seen. In a small book every earlier size
is shown anyway; in a large one these are. The file is a convenience: where it is lost, whoever is told "could not
check" names the number of blocks she saw with ``record --since``.
"""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path
from typing import Final

__all__ = ["handed_out", "remember"]

_NAME: Final = "handed-out"
_MOST: Final = 8 << 20
"""Bytes, some 300,000 lines. Above them the older half of the lines of single members goes."""


def handed_out(ledger: Path, plan: str, slot: int | None = None) -> list[int]:
    """The sizes of the books under which a member may have had records; without ``slot``, all members at once."""
    try:
        with (ledger / _NAME).open("rb") as file:
            lines = file.read(2 * _MOST)
    except OSError:
        return []
    whose = r"\*" if slot is None else rf"(?:\*|{slot})"
    found = re.findall(rf"^([1-9][0-9]{{0,18}}) {re.escape(plan)} {whose}$".encode(), lines, re.MULTILINE)
    return sorted({int(size) for size in found}, reverse=True)


def remember(ledger: Path, plan: str, size: int, slot: int | None = None) -> str | None:
    """Note that a member, or without ``slot`` all, had a record of ``size`` blocks; returns why it was not noted."""
    line = f"{size} {plan} {'*' if slot is None else slot}\n".encode()
    try:
        handle = os.open(ledger / _NAME, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            length = os.fstat(handle).st_size
            last = os.pread(handle, len(line) + 1, max(length - len(line) - 1, 0))
            if last in (line, b"\n" + line):
                return None
            if length > _MOST:
                _shorten(handle, length)
            os.write(handle, line if last[-1:] in (b"", b"\n") else b"\n" + line)
        finally:
            os.close(handle)
    except OSError as error:
        return error.strerror or str(error)
    return None


def _shorten(handle: int, length: int) -> None:
    lines = os.pread(handle, length, 0).splitlines(keepends=True)
    half = len(lines) // 2
    kept = [line for line in lines[:half] if line.endswith(b" *\n")] + lines[half:]
    os.ftruncate(handle, 0)
    os.write(handle, b"".join(kept))
