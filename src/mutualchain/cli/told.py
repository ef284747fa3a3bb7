"""What was decided about a member, for her screen: keys, cases, sanctions, erasures, changes of the covenant.

All of it is in her verified record, and right by the rules. Whether it was she who asked for a new key, or for aid, no
rule can know: only she can, so she is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from .amounts import amount
from .dates import day
from .disclosure_facts import ERASED, REASONS
from .language import Words

if TYPE_CHECKING:
    from datetime import tzinfo

    from ..record.facts import CaseFact, EventFact, VerifiedRecord

__all__ = ["CASES", "KEYS", "OTHERS", "told"]

KEYS: Final = {
    "replaced": "On {day} another key was asked for your slot, as if yours were lost; it speaks for the slot now. "
    "If you did not ask for it, tell the platform and an auditor.",
    "asked": "On {day} another key was asked for your slot, as if yours were lost. "
    "If you did not ask for it, object before it comes into force: `mutualchain member-key object --help`.",
    "objected": "On {day} another key was asked for your slot, and you objected: yours stays in force.",
    "handover": "On {day} your slot was handed over to another key, by the signature of the one before it.",
}
CASES: Final = {
    "requested": "A case in your name was opened on {day}, for {asked}: it waits for those who vouch.",
    "disclosed": "A case in your name was opened on {day}, for {asked}: it is shown to everybody, and not decided yet.",
    "approved": "A case in your name was opened on {day}, for {asked}: {aid} was approved, of which {paid} is paid.",
    "refused": "A case in your name was opened on {day}, for {asked}: it was refused by the covenant's rule {clause}.",
    "withdrawn": "A case in your name was opened on {day}, for {asked}: you took it back.",
    "void": "A case in your name was opened on {day}, for {asked}: it proved false and is void; {paid} had been paid.",
}
OTHERS: Final = {
    "sanction": "On {day} you were barred from asking for aid, for {reason}.",
    "lift": "On {day} a bar from asking for aid was lifted.",
    "erasure": "On {day} what the platform knew of you, or of a case of yours, was erased: {reason}.",
    "restitution": "On {day} all that you had shared came back, and your membership ended.",
    "covenant": "On {day} the covenant was changed, in force from {since}: {clauses}.",
}
_MOST: Final = 12
_CLAUSES: Final = 6
Told = tuple[int, str, str]
"""When, the sentence, its style: "doubt" for what only she can know to be right."""


def told(record: VerifiedRecord, words: Words, zone: tzinfo | None) -> list[tuple[str, str]]:
    """(sentence, style) in the order of time, the newest if there are many."""
    found = sorted([*_events(record, words, zone), *_cases(record, words, zone), *_covenants(record, words, zone)])
    return [(sentence, style) for _, sentence, style in found[-_MOST:]]


def _events(record: VerifiedRecord, words: Words, zone: tzinfo | None) -> Iterator[Told]:
    objected = {dict(item.says).get("rekey") for item in record.events if item.about == "rekey_objection"}
    known = {key.hex() for key in record.keys}
    for item in record.events:
        when, says = day(item.time_ms, zone, words), dict(item.says)
        if item.about == "rekey":
            state = "objected" if item.entry in objected else "replaced" if says.get("new_key") in known else "asked"
            yield item.time_ms, words.say(KEYS[state], day=when), "" if state == "objected" else "doubt"
        elif item.about == "handover":
            yield item.time_ms, words.say(KEYS["handover"], day=when), "doubt"
        elif item.about in OTHERS:
            yield item.time_ms, words.say(OTHERS[item.about], day=when, reason=_reason(item, words)), ""


def _reason(item: EventFact, words: Words) -> str:
    reason = str(dict(item.says).get("reason", ""))
    sentence = (REASONS if item.about == "sanction" else ERASED).get(reason)
    return reason if sentence is None else words.say(sentence)


def _cases(record: VerifiedRecord, words: Words, zone: tzinfo | None) -> Iterator[Told]:
    def money(minor: int) -> str:
        return amount(minor, record.decimals, record.currency, words)

    item: CaseFact
    for item in record.own_cases:
        sentence = words.say(
            CASES[item.state],
            day=day(item.opened_time_ms, zone, words),
            asked=money(item.requested),
            aid=money(item.aid),
            paid=money(item.paid),
            clause=item.clause,
        )
        yield item.opened_time_ms, sentence, ""


def _covenants(record: VerifiedRecord, words: Words, zone: tzinfo | None) -> Iterator[Told]:
    for item in record.covenants:
        if item.changed and item.time_ms >= record.joined_time_ms:
            more = ", ..." if len(item.changed) > _CLAUSES else ""
            clauses = ", ".join(item.changed[:_CLAUSES]) + more
            when, since = day(item.time_ms, zone, words), day(item.effective_ms, zone, words)
            yield item.time_ms, words.say(OTHERS["covenant"], day=when, since=since, clauses=clauses), ""
