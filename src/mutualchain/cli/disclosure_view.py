"""A disclosure as it looks to anybody: the facts first, in plain words, then the verdict, the checks, the limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..disclosure.facts import CHECKS, LIMITS, VerifiedDisclosure
from .checking import PIN_LIMITS as OF_RECORDS
from .checking import show_evidence
from .dates import moment
from .disclosure_facts import Facts
from .ending import show_end
from .head import show_head
from .language import Words
from .refusal import show_refusal
from .screen import Screen
from .usage import in_words

if TYPE_CHECKING:
    from datetime import tzinfo

    from .checking import PinState
    from .disclosure_check import Outcome

__all__ = ["COUNTED", "PIN_LIMITS", "SENTENCES", "show_disclosure"]

PIN_LIMITS = OF_RECORDS | {
    "first": "It was compared with no earlier book, because it is the first of this log that was checked here. "
    "It is kept: the next one must continue it.",
}
"""What a pin has to say, by its state."""

SENTENCES = {
    "could not check": "Nothing could be concluded: the case is neither confirmed nor refuted.",
    "old": "The file is too old to say how things are: ask for a fresh one.",
    "rollback": "The book that this file shows does not go on from the one you saw before.",
}
"""What a failed check of a disclosure says otherwise than one of a record."""
COUNTED = {
    ("quorum", 1): "One of the witnesses you trust saw the same book.",
    ("rounds", 1): "The one round since the claimant joined is here with the claimant's row.",
    ("votes", 1): "The one recorded ballot is the one that the decision counts.",
    ("attached", 1): "The photograph or report that you named is the one that belongs to it.",
    ("rows", 1): "Why the claimant did not pay the share in one round is the operator's word: balances are sealed.",
    ("objectors", 1): "Who objected is not in this file: one objection is counted, its signature an audit checks.",
}
"""What a check or a limit says of one, where the usual sentence speaks of many."""


def show_disclosure(screen: Screen, outcome: Outcome, words: Words, zone: tzinfo | None) -> None:
    """The outcome, for anybody."""
    if outcome.found is not None:
        _show_found(screen, outcome.found, words, zone, outcome.pin)
    elif outcome.error is not None:
        show_refusal(screen, outcome.verdict, outcome.error, words, outcome.money, SENTENCES)
        show_evidence(screen, outcome.evidence, outcome.unwritten, words)


def _show_found(
    screen: Screen, found: VerifiedDisclosure, words: Words, zone: tzinfo | None, pin: PinState | None
) -> None:
    facts = Facts(found, words, zone)
    screen.line(words.say("A case of {title}", title=found.title), "title", hang=2)  # no word of it begins a line
    screen.pairs(facts.person(screen.width))
    for heading, lines in facts.parts:
        screen.line()
        screen.line(heading, "heading")
        for text, style in lines:
            if style in ("good", "bad"):
                screen.item(style, text, style)
            else:
                screen.line(text, "title" if style else "", indent=2)
    screen.line()
    screen.line(words.say("VERIFIED"), "good")
    screen.line(
        words.say(
            "This is what stands in the book of {origin}, {size} blocks long, as of {when}.",
            origin=found.checkpoint.origin,
            size=found.checkpoint.size,
            when=moment(found.as_of_ms, zone, words),
        )
    )
    screen.line()
    show_head(screen, found.checkpoint, words)
    screen.line()
    screen.line(words.say("What was checked"), "heading")
    for name, values in found.checks:
        screen.item("good", words.say(_told(name, values, CHECKS), **values), "good")
    screen.line()
    screen.line(words.say("What this does not say"), "heading")
    why = "" if pin is None or pin.why is None else in_words(pin.why, words) or pin.why
    for name, values in found.limits:
        told = {"why": why} if name == "unkept" else values
        screen.item("note", words.say(PIN_LIMITS.get(name) or _told(name, values, LIMITS), **told))
    screen.item("note", words.say("This is not insurance: members of a plan share one another's aid."))
    ending = {"later" if name == "older" else name for name, _ in found.limits}  # what it shows stays so
    show_end(screen, facts.state, ending | {"case"}, words)


def _told(name: str, values: Mapping[str, int], usual: Mapping[str, str]) -> str:
    """A check's or a limit's sentence, as many as it counts."""
    return next((COUNTED[name, value] for value in values.values() if (name, value) in COUNTED), usual[name])
