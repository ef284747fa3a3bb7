"""A member's check of her record: the outcome, and how it looks to her (design: section 5).

One outcome for the command, the demonstration and whoever else shows a verdict: facts first, in her words, then the
verdict, the checks that were made, and what a result does not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..covenant.book import Difference
from ..errors import COULD_NOT_CHECK, USAGE, VERDICTS, MutualchainError, NotYourRecord, RuleBroken, TooOld
from ..explanations import explain
from ..money import format_amount
from ..record.facts import CHECKS, LIMITS, RoundFact, VerifiedRecord
from ..record.verify import verify_record
from ..tlog.trust import TrustFile
from .dates import day, moment
from .failures import error_value
from .language import Words
from .screen import Screen

if TYPE_CHECKING:
    from datetime import tzinfo

    from ..record.passport import Passport

__all__ = ["Outcome", "check_record", "show_outcome"]

SHOUTED = {"verified": "VERIFIED", "tampered": "TAMPERED", "could not check": "COULD NOT CHECK", "rollback": "ROLLBACK"}
_REJOINED = 16
_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check: the verified record, or the error that ended it."""

    verdict: str
    exit_code: int
    record: VerifiedRecord | None = None
    error: MutualchainError | None = None

    def to_value(self) -> dict[str, Any]:
        """The outcome as JSON: schemas/verify-my-record.json."""
        record, error = self.record, self.error
        return {
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "record": None if record is None else record.to_value(),
            "checks": [] if record is None else [{"id": name, **values} for name, values in record.checks],
            "limits": [] if record is None else [{"id": name, **values} for name, values in record.limits],
            "error": None if error is None else error_value(error),
        }


def check_record(
    data: bytes,
    trust: TrustFile,
    *,
    passport: Passport | None = None,
    public_key: bytes | None = None,
    seen: bytes | None = None,
    now_ms: int | None = None,
    max_age_ms: int | None = None,
) -> Outcome:
    """Check a record file, against a passport's keys or one key, or without any.

    Every error that the data causes is a verdict. What the library calls a usage error is one too, because here
    the data made the call wrong: nothing could be concluded.
    """
    try:
        found = verify_record(data, trust, public_key=public_key, seen=seen, now_ms=now_ms, max_age_ms=max_age_ms)
        if passport is not None:
            origin = found.checkpoint.origin
            keys = [passport.public_key(origin, found.plan, index) for index in range(_REJOINED)]
            hers = found.public_key if found.public_key in keys else keys[0]
            found = verify_record(data, trust, public_key=hers, seen=seen, now_ms=now_ms, max_age_ms=max_age_ms)
    except MutualchainError as error:
        code = COULD_NOT_CHECK if error.exit_code == USAGE else error.exit_code
        return Outcome(VERDICTS[code], code, error=error)
    return Outcome("verified", 0, record=found)


def show_outcome(screen: Screen, outcome: Outcome, words: Words, zone: tzinfo | None) -> None:
    """The outcome for the member."""
    if outcome.record is not None:
        _show_record(screen, outcome.record, words, zone)
    elif outcome.error is not None:
        _show_failure(screen, outcome, outcome.error, words)


# --- verified -------------------------------------------------------------------------------------


def _show_record(screen: Screen, record: VerifiedRecord, words: Words, zone: tzinfo | None) -> None:
    for sentence in facts(record, words, zone):
        screen.line(sentence)
    if record.rounds:
        screen.line()
        _show_rounds(screen, record, words, zone)
    screen.line()
    screen.line(words.say("VERIFIED"), "good")
    when = moment(record.as_of_ms, zone, words)
    screen.line(
        words.say(
            "This is what stands in the book of {origin}, {size} blocks long, as of {when}.",
            origin=record.checkpoint.origin,
            size=record.checkpoint.size,
            when=when,
        )
    )
    screen.line()
    screen.line(words.say("What was checked"), "heading")
    for name, values in record.checks:
        screen.item("good", words.say(CHECKS[name], **values), "good")
    screen.line()
    screen.line(words.say("What this does not say"), "heading")
    for name, values in record.limits:
        screen.item("note", words.say(LIMITS[name], **values))
    screen.item("note", words.say("This is not insurance: members of a plan share one another's aid."))


def facts(record: VerifiedRecord, words: Words, zone: tzinfo | None) -> list[str]:
    """The member's history in sentences."""

    def amount(minor: int) -> str:
        return f"{format_amount(minor, record.decimals)} {words.currency(record.currency)}"

    joined = words.say(
        "You joined {title} on {day} in block {height}, with {deposit}.",
        title=record.title,
        day=day(record.joined_time_ms, zone, words),
        height=record.joined_height,
        deposit=amount(record.deposit),
    )
    if record.rounds:
        shared = words.count(
            "In {count} round you shared {amount}",
            "In {count} rounds you shared {amount}",
            len(record.rounds),
            amount=amount(record.shared),
        ) + words.count(" in {count} case.", " in {count} cases.", record.cases)
    else:
        shared = words.say("There was no round since then.")
    found = [joined, shared]
    for kind, one, many in (
        ("credit", "You paid in {amount} later.", "You paid in {amount} later, {count} times."),
        ("withdrawal", "You took out {amount}.", "You took out {amount}, {count} times."),
    ):
        events = [event for event in record.events if event.kind == kind]
        if events:
            found.append(words.count(one, many, len(events), amount=amount(sum(event.amount for event in events))))
    balance = words.say("Your balance is {amount}.", amount=amount(record.balance))
    if record.exited:
        state = words.say("You have left the plan.")
    elif record.covered:
        state = words.say("It is above zero: you are covered, as far as the covenant's other rules allow.")
    else:
        state = words.say("It is not above zero: you are not covered.")
    gap = "" if words.language == "zh" else " "
    return [*found, f"{balance}{gap}{state}"]


def _show_rounds(screen: Screen, record: VerifiedRecord, words: Words, zone: tzinfo | None) -> None:
    header = [words.say(name) for name in ("round", "date", "aid", "shared by", "each", "you")]

    def row(item: RoundFact) -> list[str]:
        yours = format_amount(item.amount, record.decimals)
        return [
            f"{item.number + 1:,}",
            day(item.time_ms, zone, words),
            format_amount(item.aid, record.decimals),
            f"{item.headcount:,}",
            format_amount(item.share, record.decimals),
            yours if item.status == "paid" else f"{yours} ({words.say(item.status)})",
        ]

    screen.table(header, [row(item) for item in record.rounds[-_ROUNDS:]], left=2)
    if len(record.rounds) > _ROUNDS:
        text = words.say(
            "The last {shown} of {count} rounds; --json lists all.", shown=_ROUNDS, count=len(record.rounds)
        )
        screen.line(text, "dim", indent=2)


# --- not verified ---------------------------------------------------------------------------------

_SENTENCES = {
    "tampered": "This file does not match the signed chain. Do not rely on anything in it.",
    "other": "This is not your record. It may be genuine, and it says nothing about you.",
    "broken": "This file matches the signed chain, and the chain itself breaks a rule.",
    "could not check": "Nothing could be concluded: the record is neither confirmed nor refuted.",
    "rollback": "The book that this file shows does not go on from the one you saw before.",
}


def _show_failure(screen: Screen, outcome: Outcome, error: MutualchainError, words: Words) -> None:
    screen.line(words.say(SHOUTED[outcome.verdict]), "doubt" if outcome.exit_code == 3 else "bad")
    sentence = {RuleBroken: "broken", NotYourRecord: "other"}.get(type(error), outcome.verdict)
    screen.line(words.say(_SENTENCES[sentence]))
    screen.line()
    told = explain(error.code, words.language)
    pairs = [(words.say("reason"), f"{error.code}: {error.message}")]
    if words.language != "en":
        pairs = [(words.say("reason"), f"{error.code}：{told.title}"), (words.say("detail"), error.message)]
    if error.place is not None:
        pairs.append((words.say("where"), error.place))
    if isinstance(error.value, Difference):
        pairs.append((words.say("expected"), str(error.value.expected)))
        pairs.append((words.say("found"), str(error.value.found)))
    elif error.value is not None and not isinstance(error, TooOld):
        shown = error.value.hex() if isinstance(error.value, bytes) else str(error.value)
        pairs.append((words.say("found"), shown if len(shown) <= 200 else shown[:200] + "..."))
    screen.pairs(pairs)
    screen.line()
    screen.line(words.say("What it means"), "heading")
    screen.line(told.meaning, indent=2)
    screen.line(words.say("What to do"), "heading")
    screen.line(
        error.hint if words.language == "en" and error.hint != type(error).default_hint else told.advice, indent=2
    )
