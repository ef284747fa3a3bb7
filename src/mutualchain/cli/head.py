"""A book's head as eight words: what two people compare who want to know whether they were shown one book."""

from __future__ import annotations

from typing import Protocol

from .language import Words
from .screen import Screen

__all__ = ["Head", "head_line", "head_value", "show_head"]

COMPARE = "The head words of this book. Whoever sees the same words, in a notice or with a witness, sees the same book:"


class Head(Protocol):
    """Whatever names a tree: a checkpoint, a book."""

    @property
    def origin(self) -> str:
        """The log."""
        ...

    @property
    def size(self) -> int:
        """Its leaves."""
        ...

    @property
    def root(self) -> bytes:
        """Its root, 32 bytes."""
        ...


def head_value(head: Head) -> dict[str, str]:
    """The words in each language, as JSON."""
    from ..record.phrase import LANGUAGES, head_words

    return {name: head_words(head.origin, head.size, head.root, name) for name in LANGUAGES}


def head_line(head: Head, words: Words) -> str:
    """The words in one language."""
    from ..record.phrase import head_words

    return head_words(head.origin, head.size, head.root, words.language)


def show_head(screen: Screen, head: Head, words: Words) -> None:
    """The words, and what they are for."""
    screen.line(words.say(COMPARE))
    screen.line(head_line(head, words), "title", indent=2)
