"""Help on the screen: in the caller's language, wrapped as a terminal counts columns, readable on a narrow one.

A help text is looked up paragraph by paragraph, as it stands in the source; an option's help as a whole. What is
meant to be typed, the lines behind ``\\b``, stays as it is but for its heading.
"""

from __future__ import annotations

import inspect
import os
import re
import shutil
from collections.abc import Iterable, Iterator

import click

from .language import Words
from .screen import width_of, wrap

__all__ = ["Formatter", "paragraphs", "summary", "translated"]

_EXTRA = re.compile(r"(?P<help>.*?)(?:  \[(?P<extra>[^\[\]]*)\])?", re.DOTALL)
"""An option's help, and what click adds behind two spaces: its default, its range, that it is required."""
_STOP = {"en": re.compile(r".*?\.(?= |$)"), "zh": re.compile(r".*?。")}
_NUMBER = re.compile(r"(?:INTEGER|FLOAT)(?: RANGE)?\b")
"""What click calls a number; its range stands behind the option's help."""
_LEAST = 30
_NARROW = 60


def translated(text: str, words: Words) -> str:
    """A paragraph, an option's help or a heading in the caller's language; English where there is no other."""
    text = " ".join(text.split())
    if words.language == "en":
        return text
    from .texts_zh_help import HELP

    return HELP.get(text, text)


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """The paragraphs of a help text: their first line, and for what is to be typed the lines below it."""
    for block in inspect.cleandoc(text).split("\n\n"):
        lines = block.split("\n")
        if lines[0] == "\b":
            heading, kept = (lines[1], lines[2:]) if lines[1].endswith(":") else ("", lines[1:])
            yield heading, kept
        else:
            yield " ".join(block.split()), []


def paragraphs(text: str) -> Iterator[str]:
    """What of a help text has to be translated."""
    for shown, _ in _blocks(text):
        if shown:
            yield shown


def summary(text: str, words: Words) -> str:
    """The first sentence of a help text."""
    first = translated(next(paragraphs(text), ""), words)
    found = _STOP[words.language].match(first)
    return found[0] if found else first


class Formatter(click.HelpFormatter):
    """Writes the help of one command."""

    def __init__(self, words: Words, max_width: int | None) -> None:
        columns = min(shutil.get_terminal_size((80, 24)).columns, max_width or 80)
        super().__init__(width=max(columns - 2, _LEAST))
        self.words = words

    def _say(self, text: str) -> str:
        return translated(text, self.words)

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The line of usage."""
        lead = f"{self._say('Usage:')} {prog} "
        lead = lead.replace("： ", "：")
        rest = " " * (8 if self.width < _NARROW else width_of(lead))
        line, empty = lead, True
        for word in map(self._say, args.split()):
            if not empty and width_of(line) + width_of(word) > self.width:
                self.write(line.rstrip() + "\n")
                line = rest
            line += word + " "
            empty = False
        self.write(line.rstrip() + "\n")

    def write_heading(self, heading: str) -> None:
        """A heading, bold on a terminal."""
        text = self._say(heading) + ("：" if self.words.language == "zh" else ":")
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        self.write(" " * self.current_indent + (text if plain else click.style(text, bold=True)) + "\n")

    def write_text(self, text: str) -> None:
        """Paragraphs."""
        lead = " " * self.current_indent
        for number, (shown, kept) in enumerate(_blocks(text)):
            if number:
                self.write("\n")
            for line in wrap(self._say(shown), self.width, lead, lead) if shown else ():
                self.write(line + "\n")
            for line in kept:
                self.write(f"{lead}{line}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Two columns: options or commands, and what they are. On a narrow terminal the second stands below."""
        rows = [(_NUMBER.sub("NUMBER", first), second) for first, second in rows]
        lead = " " * self.current_indent
        column = min(max((width_of(first) for first, _ in rows), default=0), col_max) + col_spacing
        if self.width < _NARROW:
            column = 4
        for first, second in rows:
            rest = lead + " " * column
            beside = self.width >= _NARROW and width_of(first) <= column - col_spacing
            if not beside or not second:
                fitting = first if width_of(lead + first) <= self.width else first.replace("|", " | ")
                for line in wrap(fitting, self.width, lead, rest):
                    self.write(line + "\n")
            shown = self._described(second)
            if shown:
                start = lead + first + " " * (column - width_of(first)) if beside else rest
                for line in wrap(shown, self.width, start, rest):
                    self.write(line + "\n")

    def _described(self, text: str) -> str:
        """An option's help with what click adds to it."""
        found = _EXTRA.fullmatch(text)
        if found is None or found["extra"] is None:
            return self._say(text)
        extra = [self._added(item) for item in found["extra"].split("; ")]
        chinese = self.words.language == "zh"
        return f"{self._say(found['help'])}{'' if chinese else ' '}[{('；' if chinese else '; ').join(extra)}]"

    def _added(self, text: str) -> str:
        name, colon, value = text.partition(": ")
        if not colon:
            return self._say(text)
        return f"{self._say(name + ':')}{'' if self.words.language == 'zh' else ' '}{value}"
