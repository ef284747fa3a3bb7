"""Output for people: coloured by rich on a terminal, the same words as plain text anywhere else.

Lines are wrapped here, to the terminal's width (100 columns at most) or to 80, counting a Chinese character as the
two columns it takes. What is to be copied, commands above all, is never wrapped. NO_COLOR is honoured.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["NARROW", "Screen", "is_terminal", "printable", "screen_for", "width_of", "wrap"]

STYLES = {
    "title": "bold",
    "good": "bold green",
    "bad": "bold red",
    "doubt": "bold yellow",
    "dim": "dim",
    "command": "cyan",
    "heading": "bold",
    "code": "#ffffff on #000000",
}
_MOST = 100
_PLAIN = 80
NARROW = 60
"""A telephone held upright: where a table does not fit, its rows become lists."""


def is_terminal(stream: TextIO) -> bool:
    """Whether somebody looks at ``stream`` through a terminal that can do more than print."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width_of(text: str) -> int:
    """Columns that ``text`` takes on a terminal."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


_CLOSING = "，。；：、！？）》」』”…)]"
_OPENING = "（《「『“[("


def _pieces(text: str) -> Iterable[str]:
    """Where a line may break: after a space and beside a Chinese character, but not before what closes or after what
    opens.
    """
    piece = ""
    for char in text:
        if piece and char != " " and char not in _CLOSING and piece[-1] not in _OPENING:
            wide = east_asian_width(char) in "WF" or east_asian_width(piece[-1]) in "WF"
            if wide or piece[-1] == " ":
                yield piece
                piece = ""
        piece += char
    if piece:
        yield piece


def wrap(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Lines of at most ``width`` columns, led by ``first`` and then ``rest``; a longer word stays whole."""
    lines, line, empty = [], first, True
    for piece in _pieces(text):
        if not empty and width_of(line) + width_of(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = rest
        line += piece
        empty = False
    return [*lines, line.rstrip()]


class Screen:
    """Writes to one stream. ``style`` is a name from STYLES."""

    def __init__(self, stream: TextIO, width: int, console: Console | None = None) -> None:
        self._stream = stream
        self._console = console
        self._margin = ""
        self.width = width
        self.marks = _marks(stream)

    @contextmanager
    def indented(self, columns: int) -> Iterator[None]:
        """Inside, everything stands ``columns`` further in."""
        before = self._margin, self.width
        self._margin, self.width = self._margin + " " * columns, self.width - columns
        try:
            yield
        finally:
            self._margin, self.width = before

    def line(self, text: str = "", style: str = "", *, indent: int = 0, hang: int | None = None) -> None:
        """A paragraph, wrapped; further lines stand ``hang`` columns in (by default as far as the first)."""
        rest = " " * (indent if hang is None else hang)
        for line in wrap(text, self.width, " " * indent, rest):
            self._write(line, style)

    def raw(self, text: str, style: str = "", *, indent: int = 0) -> None:
        """A line that is never wrapped."""
        self._write(" " * indent + text, style)

    def document(self, text: str) -> None:
        """A file's text as it is, for whoever sends it into a file."""
        for line in text.rstrip("\n").split("\n"):
            self._write(line)

    def item(self, mark: str, text: str, style: str = "", *, indent: int = 2) -> None:
        """A paragraph behind a mark: "good", "bad" or "note"."""
        sign = self.marks[mark]
        lead = " " * indent + sign + " "
        for number, line in enumerate(wrap(text, self.width, lead, " " * width_of(lead))):
            self._write(line, style if number == 0 else "", indent + len(sign))

    def pairs(self, pairs: Sequence[tuple[str, str]], *, indent: int = 2) -> None:
        """Labels and values in two columns; where labels leave too little of a narrow screen, values stand below."""
        label_width = max((width_of(label) for label, _ in pairs), default=0)
        below = self.width < NARROW and label_width > self.width * 9 // 20
        for label, value in pairs:
            if below:
                self.line(label, indent=indent)
                self.line(value, indent=indent + 2)
                continue
            lead = " " * indent + label + " " * (label_width - width_of(label) + 2)
            for line in wrap(value, self.width, lead, " " * width_of(lead)):
                self._write(line)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1, indent: int = 2) -> None:
        """Columns: the first ``left`` flush left, the others, numbers, flush right. A narrow terminal gets lists."""
        widths = [max(width_of(row[at]) for row in (header, *rows)) for at in range(len(header))]
        if self.width < NARROW and indent + sum(widths) + 2 * len(widths) - 2 > self.width:
            for number, row in enumerate(rows):
                if number:
                    self._write("")
                self.pairs([(label, cell) for label, cell in zip(header, row, strict=True) if cell], indent=indent)
            return
        for number, row in enumerate((header, *rows)):
            if not any(row):
                continue
            cells = []
            for at, cell in enumerate(row):
                pad = " " * (widths[at] - width_of(cell))
                cells.append(cell + pad if at < left else pad + cell)
            self._write((" " * indent + "  ".join(cells)).rstrip(), "dim" if number == 0 else "")

    def commands(self, title: str, commands: Sequence[str]) -> None:
        """What to type next, each on a line of its own."""
        self._write("")
        self.line(title, "heading")
        for command in commands:
            self._write("  " + command, "command")

    def _write(self, line: str, style: str = "", upto: int | None = None) -> None:
        """One line; ``style`` holds for its first ``upto`` characters, or all of it."""
        whole = printable((self._margin + line).rstrip())
        if self._console is None:
            self._stream.write(whole + "\n")
            return
        from rich.text import Text

        text = Text(whole)
        if style:
            start = len(self._margin)
            text.stylize(STYLES[style], start, None if upto is None else start + upto)
        self._console.print(text, soft_wrap=True)


def printable(text: str) -> str:
    """Control characters escaped: what stands in a forged file cannot steer a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _marks(stream: TextIO) -> dict[str, str]:
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
    if encoding.startswith(("utf", "gb")):
        return {"good": "✓", "bad": "✗", "note": "-"}
    return {"good": "ok", "bad": "!!", "note": "-"}


def screen_for(stream: TextIO) -> Screen:
    """The screen for a stream: with colours if it is a terminal."""
    if not is_terminal(stream):
        return Screen(stream, _PLAIN)
    from rich.console import Console

    width = min(shutil.get_terminal_size((80, 24)).columns, _MOST)
    return Screen(stream, width, Console(file=stream, highlight=False, markup=False, emoji=False))
