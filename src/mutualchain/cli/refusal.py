"""How it looks to a member when her record is not verified: the verdict, which rule, where, and what to do."""

from __future__ import annotations

from ..covenant.book import Difference
from ..errors import MutualchainError, NotYourRecord, PinUncovered, PinUnreadable, RuleBroken, SplitView, TooOld
from ..explanations import explain
from .language import Words
from .rules import said, where
from .screen import Screen

__all__ = ["SENTENCES", "SHOUTED", "show_refusal"]

SHOUTED = {"verified": "VERIFIED", "tampered": "TAMPERED", "could not check": "COULD NOT CHECK", "rollback": "ROLLBACK"}
SPLIT = "SPLIT VIEW"
SENTENCES = {
    "tampered": "This file does not match the signed chain. Do not rely on anything in it.",
    "other": "This record is genuine, and it is not yours: it says nothing about you.",
    "broken": "This file matches the signed chain, and the chain itself breaks a rule.",
    "could not check": "Nothing could be concluded: the record is neither confirmed nor refuted.",
    "old": "The record is too old to say how things are: ask for a fresh one.",
    "uncovered": "Whether it continues the book that you saw before could not be checked.",
    "rollback": "The book that this file shows does not go on from the one you saw before.",
}
_MOST = 200


def show_refusal(
    screen: Screen, verdict: str, error: MutualchainError, words: Words, money: tuple[int, str] = (2, "CNY")
) -> None:
    """The verdict and the error that ended the check; ``money`` is the decimals and the currency of its amounts."""
    title = SPLIT if isinstance(error, SplitView) else SHOUTED[verdict]
    screen.line(words.say(title), "doubt" if verdict == "could not check" else "bad")
    kinds: dict[type, str] = {
        RuleBroken: "broken",
        NotYourRecord: "other",
        TooOld: "old",
        PinUncovered: "uncovered",
        PinUnreadable: "uncovered",
    }
    screen.line(words.say(SENTENCES[kinds.get(type(error), verdict)]))
    screen.line()
    screen.pairs(_pairs(error, words, money))
    screen.line()
    told = explain(error.code, words.language)
    screen.line(words.say("What it means"), "heading")
    screen.line(told.meaning, indent=2)
    screen.line(words.say("What to do"), "heading")
    own_hint = error.hint != type(error).default_hint
    screen.line(error.hint if words.language == "en" and own_hint else told.advice, indent=2)


def _pairs(error: MutualchainError, words: Words, money: tuple[int, str]) -> list[tuple[str, str]]:
    """The reason, where it is, and what was found in place of what."""
    told = explain(error.code, words.language)
    sentence = said(error.message, words, money)
    if words.language == "en":
        pairs = [("reason", f"{error.code}: {sentence or error.message}")]
    elif sentence is not None:
        pairs = [(words.say("reason"), f"{error.code}：{sentence}")]
    else:
        pairs = [(words.say("reason"), f"{error.code}：{told.title}"), (words.say("detail"), error.message)]
    if error.place is not None:
        pairs.append((words.say("where"), where(error.place, words)))
    if isinstance(error.value, Difference):
        pairs.append((words.say("expected"), str(error.value.expected)))
        pairs.append((words.say("found"), str(error.value.found)))
    elif error.value is not None and sentence is None and not isinstance(error, TooOld):
        shown = error.value.hex() if isinstance(error.value, bytes) else str(error.value)
        pairs.append((words.say("found"), shown if len(shown) <= _MOST else shown[:_MOST] + "..."))
    return pairs
