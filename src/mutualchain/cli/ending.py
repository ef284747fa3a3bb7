"""The last lines of a check: on a small terminal they are all that is in sight, so they say the verdict once more.

What stands above them fills more than a screen. Whoever looks only here must see whether all is well, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .language import Words
from .screen import Screen

__all__ = ["EVIDENCE", "GIVE", "NEXT", "NOT_SEEN", "show_end"]

NEXT: Final = {
    "well": "There is nothing you have to do. After the next round, check your next record on this device.",
    "doubt": "Please read what is marked above: only you can say whether it is right.",
    "older": "You have seen a newer book than this one: ask for a fresh file.",
    "uncovered": "You are not covered now: ask the platform whether there is anything to do, such as to pay in.",
    "owing": "You owe something for earlier rounds: pay it in, so that you stay covered.",
    "unkept": "Keep this file: name it with --seen in the next check.",
    "later": "There is nothing you have to do. You have seen a newer book: a fresh file shows what came since.",
    "case": "There is nothing you have to do.",
}
"""What to do next, by what came of the check; the first of them that holds is said."""
EVIDENCE: Final = "The evidence is in {file}. Give it to auditors, witnesses and other members: anybody can check it."
GIVE: Final = "Give the public key to the platform when you join. It is no secret, and says nothing about you."
NOT_SEEN: Final = (
    "Which books you had seen is not in the words. Where you kept an earlier record, name it with --seen in the next "
    "check: it shows that nothing of it was changed."
)
"""What a passport that was made again does not know."""
_ORDER: Final = ("doubt", "older", "uncovered", "owing", "unkept", "well", "later", "case")


def show_end(screen: Screen, sentence: str, found: Iterable[str], words: Words) -> None:
    """The verdict with ``sentence``, said already, and what to do; ``found`` are the names in NEXT that hold."""
    name = next(name for name in _ORDER if name in set(found))
    screen.line()
    screen.line(words.say("VERIFIED: {sentence}", sentence=sentence), "good")
    screen.line(words.say(NEXT[name]), "doubt" if name in ("doubt", "older", "uncovered", "owing") else "")
