"""How it looks to a member when her record is not verified: the verdict, which rule, where, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..covenant.book import Difference
from ..errors import (
    FrameError,
    MutualchainError,
    NotYourRecord,
    PinUncovered,
    PinUnreadable,
    RuleBroken,
    SplitView,
    TooOld,
)
from ..explanations import explain
from .language import Words
from .rules import said, where
from .screen import Screen
from .usage import in_words

__all__ = ["SENTENCES", "SHOUTED", "show_refusal"]

SHOUTED = {"verified": "VERIFIED", "tampered": "TAMPERED", "could not check": "COULD NOT CHECK", "rollback": "ROLLBACK"}
SPLIT = "SPLIT VIEW"
BROKEN = "RULE BROKEN"
"""Tampered with was the book, not the file: who reads the first line only must not blame the messenger."""
SENTENCES = {
    "tampered": "This file does not match the signed chain. Do not rely on anything in it.",
    "other": "This record is genuine, and it is not yours: it says nothing about you.",
    "broken": "This file is genuine, and shows that the book itself breaks a rule: its operator signed it so.",
    "could not check": "Nothing could be concluded: the record is neither confirmed nor refuted.",
    "old": "The record is too old to say how things are: ask for a fresh one.",
    "uncovered": "Whether it continues the book that you saw before could not be checked.",
    "rollback": "The book that this file shows does not go on from the one you saw before.",
}
_MOST = 200
_CLAUSE = re.compile(r"\(([a-z]+\.[a-z_]+)\)")
"""The clause that a message names: a section and a parameter of the covenant."""


def show_refusal(
    screen: Screen,
    verdict: str,
    error: MutualchainError,
    words: Words,
    money: tuple[int, str] = (2, "CNY"),
    sentences: Mapping[str, str] | None = None,
) -> None:
    """The verdict and the error that ended the check; ``money`` is the decimals and the currency of its amounts.

    ``sentences`` say it of another file than a record, where SENTENCES would not do.
    """
    title = {SplitView: SPLIT, RuleBroken: BROKEN}.get(type(error), SHOUTED[verdict])
    screen.line(words.say(title), "doubt" if verdict == "could not check" else "bad")
    kinds: dict[type, str] = {
        RuleBroken: "broken",
        NotYourRecord: "other",
        TooOld: "old",
        PinUncovered: "uncovered",
        PinUnreadable: "uncovered",
    }
    kind = kinds.get(type(error), verdict)
    screen.line(words.say((sentences or {}).get(kind) or SENTENCES[kind]))
    screen.line()
    screen.pairs(_pairs(error, words, money))
    screen.line()
    told = explain(error.code, words.language)
    screen.line(words.say("What it means"), "heading")
    screen.line(told.meaning, indent=2)
    screen.line(words.say("What to do"), "heading")
    own_hint = None if error.hint == type(error).default_hint else in_words(error.hint, words)
    screen.line(own_hint or told.advice, indent=2)


def _plain(sentence: str) -> str:
    """A sentence without what does not matter when two are compared."""
    return sentence.rstrip("。.").casefold()


def _rule(clause: str, words: Words) -> str:
    """What a parameter of the covenant means; empty for what is none."""
    from ..covenant.chinese import CHINESE
    from ..covenant.document import parameters

    if words.language == "zh":
        return CHINESE.get(clause, "")
    return next((item.kind.doc for item in parameters() if item.clause == clause), "")


def _pairs(error: MutualchainError, words: Words, money: tuple[int, str]) -> list[tuple[str, str]]:
    """The reason, where it is, and what was found in place of what."""
    told = explain(error.code, words.language)
    sentence = said(error.message, words, money)
    clause = _CLAUSE.search(error.message) if sentence is not None else None
    rule = "" if clause is None else _rule(clause[1], words)
    if sentence is not None and clause is not None and rule:
        sentence = sentence.replace(f" ({clause[1]})", "").replace(f"（{clause[1]}）", "")
    pairs = [(words.say("reason"), f"{error.code}{'：' if words.language == 'zh' else ': '}{sentence or told.title}")]
    detail = in_words(error.message, words) or error.message
    if sentence is None and _plain(detail) != _plain(told.title):
        pairs.append((words.say("detail"), detail))
    if clause is not None and rule:
        pairs.append((words.say("rule"), f"{clause[1]}{'：' if words.language == 'zh' else ': '}{rule}"))
    if error.place is not None:
        pairs.append((words.say("where"), where(error.place, words)))
    if isinstance(error.value, Difference):
        pairs.append((words.say("expected"), str(error.value.expected)))
        pairs.append((words.say("found"), str(error.value.found)))
    elif error.value is not None and sentence is None and not isinstance(error, TooOld | FrameError):
        shown = error.value.hex() if isinstance(error.value, bytes) else str(error.value)
        pairs.append((words.say("found"), shown if len(shown) <= _MOST else shown[:_MOST] + "..."))
    return pairs
