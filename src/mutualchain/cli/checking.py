"""A member's check of her record: the outcome, and how it looks to her (design: section 5).

One outcome for the command, the demonstration and whoever else shows a verdict: facts first, in her words, then the
verdict, the checks that were made, and what a result does not say. What it looks like when it fails: refusal.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import COULD_NOT_CHECK, USAGE, VERDICTS, MutualchainError
from ..record.bundle import RecordBundle
from ..record.facts import CHECKS, LIMITS, RoundFact, VerifiedRecord
from ..record.verify import verify_record
from ..tlog.trust import TrustFile
from .amounts import amount, figure
from .claimed import CLAIM_CHECKS, CLAIM_LIMITS
from .dates import day, moment
from .ending import EVIDENCE, show_end
from .failures import error_value
from .head import head_value, show_head
from .language import Words
from .refusal import SHOUTED, show_refusal
from .screen import NARROW, Screen
from .told import told
from .usage import in_words

if TYPE_CHECKING:
    from datetime import tzinfo

    from ..record.passport import Passport

__all__ = [
    "SHOUTED",
    "Outcome",
    "PinState",
    "check_record",
    "facts",
    "money_of",
    "show_evidence",
    "show_outcome",
]

_ROUNDS = 12
PIN_LIMITS = {
    "first": "It was compared with no earlier book, because it is the first one of yours that was checked here. "
    "It is kept: the next one must continue it.",
    "older": "You have seen a newer book, {size} blocks long: this one is older, and does not say what came since.",
    "unkept": "It could not be kept for the next time ({why}): keep this file, and name it with --seen.",
}
"""What a pin has to say, by its state."""
_LIMITS = LIMITS | PIN_LIMITS | CLAIM_LIMITS


COUNTED = {
    ("quorum", 1): "One of the witnesses you trust saw the same book.",
    ("covenants", 1): "The covenant is here, in its only version; each round is held against it.",
    ("rounds", 0): "There was no round since you joined: the signed counter says so.",
    ("rounds", 1): "The one round since you joined is here; the signed counter says that there is no later one.",
    ("notices", 1): "The one notice of yours shows the entry it names: what was decided about you or your case.",
    ("refunds", 0): "Every refund since you joined was looked at; none of them was for you.",
    ("refunds", 1): "The one refund of yours is here; it gives back exactly the case's part of what you paid.",
    ("since_last_round", 0): "No credit, withdrawal or notice of yours is shown since the last round's snapshot; "
    "that there was none shows with the next round.",
    ("since_last_round", 1): "One credit, withdrawal or notice of yours is shown since the last round's snapshot; "
    "that there was no other shows with the next round.",
    ("before_first_round", 0): "No credit, withdrawal or notice of yours is shown before your first round; "
    "that there was none shows with that round.",
    ("before_first_round", 1): "One credit, withdrawal or notice of yours is shown before your first round; "
    "that there was no other shows with that round.",
}
"""What a check or a limit says of none or of one, where the usual sentence speaks of many."""


@dataclass(frozen=True, slots=True)
class PinState:
    """What came of holding a record against the member's pin.

    ``state`` is "first", "same", "extends", "older", "contradicted" or "unreadable"; ``size`` the newest book she had
    seen; ``why`` says why the pin was not kept.
    """

    state: str
    size: int | None
    file: str
    kept: bool
    why: str | None

    def to_value(self) -> dict[str, Any]:
        """As JSON."""
        return {"state": self.state, "size": self.size, "file": self.file, "kept": self.kept, "why": self.why}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check: the verified record, or the error that ended it; its pin, and evidence if there is any.

    ``decimals`` and ``currency`` are those of the amounts in an error, as far as the file tells.
    """

    verdict: str
    exit_code: int
    record: VerifiedRecord | None = None
    error: MutualchainError | None = None
    pin: PinState | None = None
    evidence: str | None = None
    evidence_bytes: bytes | None = None
    unwritten: str | None = None
    money: tuple[int, str] = (2, "CNY")

    def failed(self, error: MutualchainError) -> Outcome:
        """The same check, ended by ``error``. A usage error that the data caused is no verdict about it."""
        code = COULD_NOT_CHECK if error.exit_code == USAGE else error.exit_code
        return replace(self, verdict=VERDICTS[code], exit_code=code, record=None, error=error)

    def holding(self, pin: PinState) -> Outcome:
        """With what the pin adds to the checks and the limits."""
        record = self.record
        assert record is not None
        checks, limits = list(record.checks), [item for item in record.limits if item[0] != "unpinned"]
        if pin.state in ("same", "extends") and all(name != "extends" for name, _ in checks):
            checks.insert(1 + (checks[1][0] == "quorum"), ("extends", {"size": pin.size or 0}))
        if pin.state == "older":
            limits.insert(0, ("older", {"size": pin.size or 0}))
        if not pin.kept:
            limits.insert(0, ("unkept", {}))
        elif pin.state == "first" and all(name != "extends" for name, _ in checks):
            limits.insert(0, ("first", {}))
        return replace(self, record=replace(record, checks=tuple(checks), limits=tuple(limits)), pin=pin)

    def to_value(self) -> dict[str, Any]:
        """The outcome as JSON: schemas/verify-my-record.json."""
        record, error = self.record, self.error
        return {
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "record": None if record is None else record.to_value(),
            "head_words": None if record is None else head_value(record.checkpoint),
            "checks": [] if record is None else [{"id": name, **values} for name, values in record.checks],
            "limits": [] if record is None else [{"id": name, **values} for name, values in record.limits],
            "pin": None if self.pin is None else self.pin.to_value(),
            "evidence": self.evidence,
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

    Whether the record is true comes first, whose it is then: another member's genuine record is not tampered with.
    Every error that the data causes is a verdict. What the library calls a usage error is one too, because here
    the data made the call wrong: nothing could be concluded.
    """
    try:
        found = verify_record(data, trust, seen=seen, now_ms=now_ms, max_age_ms=max_age_ms)
        hers = public_key
        if passport is not None:
            keys = list(passport.public_keys(found.checkpoint.origin, found.plan))
            hers = next((key for key in keys if key in found.keys), keys[0])
        if hers is not None:
            found = verify_record(data, trust, public_key=hers, seen=seen, now_ms=now_ms, max_age_ms=max_age_ms)
    except MutualchainError as error:
        return replace(Outcome("", 0).failed(error), money=money_of(lambda: RecordBundle.from_bytes(data)))
    return Outcome("verified", 0, record=found, money=(found.decimals, found.currency))


def money_of(read: Callable[[], RecordBundle]) -> tuple[int, str]:
    """Decimals and currency of the covenant that a refused file shows, for the amounts that are named."""
    from ..block.entry import Entry
    from ..covenant.document import Covenant

    try:
        shown = read().covenants[-1]
        text = Entry.from_bytes(shown.body).body["covenant"]
        covenant = Covenant.from_bytes(text if isinstance(text, bytes) else b"")
    except (MutualchainError, LookupError):
        return 2, "CNY"
    return covenant.decimals, covenant.currency


def show_outcome(screen: Screen, outcome: Outcome, words: Words, zone: tzinfo | None) -> None:
    """The outcome for the member."""
    if outcome.record is not None:
        _show_record(screen, outcome.record, words, zone, outcome.pin)
    elif outcome.error is not None:
        show_refusal(screen, outcome.verdict, outcome.error, words, outcome.money)
        show_evidence(screen, outcome.evidence, outcome.unwritten, words)


def show_evidence(screen: Screen, file: str | None, unwritten: str | None, words: Words) -> None:
    """Where evidence was written, or why it was not; nothing where there is none."""
    if file is not None:
        screen.line()
        screen.line(words.say(EVIDENCE, file=file))
        screen.raw(f"mutualchain verify-evidence {file} --passport FILE", "command", indent=2)
    elif unwritten is not None:
        screen.line()
        screen.line(words.say("There is evidence, and it could not be written: {why}.", why=unwritten), "doubt")
        screen.line(words.say("Check again with --evidence FILE, a place where you may write."), indent=2)


# --- verified -------------------------------------------------------------------------------------


def _show_record(
    screen: Screen, record: VerifiedRecord, words: Words, zone: tzinfo | None, pin: PinState | None
) -> None:
    for at, sentence in enumerate(facts(record, words, zone)):
        screen.line(sentence, hang=0 if at else 2)  # the first has the plan's title: no word of it begins a line
    decided = told(record, words, zone)
    for sentence, style in decided:
        screen.line(sentence, style, hang=2)
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
    show_head(screen, record.checkpoint, words)
    screen.line()
    screen.line(words.say("What was checked"), "heading")
    for name, values in record.checks:
        screen.item("good", _sentence(name, CHECKS.get(name) or CLAIM_CHECKS[name], values, words), "good")
    screen.line()
    screen.line(words.say("What this does not say"), "heading")
    why = "" if pin is None or pin.why is None else in_words(pin.why, words) or pin.why
    for name, values in record.limits:
        if name == "unkept":
            screen.item("note", words.say(PIN_LIMITS[name], why=why))
        else:
            screen.item("note", _sentence(name, _LIMITS[name], values, words))
    screen.item("note", words.say("This is not insurance: members of a plan share one another's aid."))
    balance = amount(record.balance, record.decimals, record.currency, words)
    found = _ending(record, doubt=any(style == "doubt" for _, style in decided))
    show_end(screen, words.say("Your balance is {amount}.", amount=balance), found, words)


def _ending(record: VerifiedRecord, *, doubt: bool) -> set[str]:
    """What there is to say at the end, as ``ending.NEXT`` names it."""
    limits, gone = {name for name, _ in record.limits}, record.exited or bool(record.ended_time_ms)
    holds = {
        "doubt": doubt,
        "uncovered": not gone and not record.covered,
        "owing": not gone and record.arrears > 0,
        "unkept": "unpinned" in limits and not gone,
        "well": not gone,
        "case": True,
    }
    return limits | {name for name, held in holds.items() if held}


def _sentence(name: str, usual: str, values: dict[str, int], words: Words) -> str:
    """A check's or a limit's sentence, as many as it counts."""
    counted = [COUNTED.get((name, value)) for key, value in values.items() if key in ("count", "witnesses")]
    return words.say(next((sentence for sentence in counted if sentence), usual), **values)


def facts(record: VerifiedRecord, words: Words, zone: tzinfo | None) -> list[str]:
    """The member's history in sentences."""

    def money(minor: int) -> str:
        return amount(minor, record.decimals, record.currency, words)

    joined = words.say(
        "You joined {title} on {day} in block {height}, with {deposit}.",
        title=record.title,
        day=day(record.joined_time_ms, zone, words),
        height=record.joined_height,
        deposit=money(record.deposit),
    )
    if record.rounds:
        shared = words.count(
            "In {count} round you shared {amount}",
            "In {count} rounds you shared {amount}",
            len(record.rounds),
            amount=money(record.shared),
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
            found.append(words.count(one, many, len(events), amount=money(sum(event.amount for event in events))))
    if record.refunded:
        found.append(words.say("You got back {amount} of what you had shared.", amount=money(record.refunded)))
    if record.arrears:
        found.append(words.say("You owe {amount} for earlier rounds.", amount=money(record.arrears)))
    gap = "" if words.language == "zh" else " "
    found += _erased(record, words, zone)
    return [*found, *_end(record, words, zone), gap.join(_standing(record, words, money(record.balance)))]


def _end(record: VerifiedRecord, words: Words, zone: tzinfo | None) -> list[str]:
    if record.ended_time_ms:
        return [words.say("The plan ended on {day}.", day=day(record.ended_time_ms, zone, words))]
    if record.closing_time_ms:
        when = day(record.closing_time_ms, zone, words)
        return [words.say("The end of the plan was announced on {day}.", day=when)]
    return []


def _erased(record: VerifiedRecord, words: Words, zone: tzinfo | None) -> Iterator[str]:
    """What the operator recorded that it destroyed of her data."""
    for event in record.events:
        if event.about == "erasure":
            all_of_it = "On {day} the operator recorded that it destroyed what it kept of you."
            one_case = "On {day} the operator recorded that it destroyed the facts of a case of yours."
            says = one_case if dict(event.says).get("case") else all_of_it
            yield words.say(says, day=day(event.time_ms, zone, words))


def _standing(record: VerifiedRecord, words: Words, balance: str) -> list[str]:
    if record.exited:
        state = words.say("You have left the plan.")
    elif record.covered and record.balance > 0:
        state = words.say("It is above zero: you are covered, as far as the covenant's other rules allow.")
    elif record.covered:
        state = words.say("You are covered, as far as the covenant's other rules allow.")
    elif record.balance > 0:
        state = words.say("You are not covered now.")
    else:
        state = words.say("It is not above zero: you are not covered.")
    return [words.say("Your balance is {amount}.", amount=balance), state]


def _show_rounds(screen: Screen, record: VerifiedRecord, words: Words, zone: tzinfo | None) -> None:
    header = [words.say(name) for name in ("round", "date", "aid", "shared by", "each", "you")]

    def row(item: RoundFact) -> list[str]:
        yours = figure(item.amount, record.decimals, words)
        return [
            f"{item.number + 1:,}",
            day(item.time_ms, zone, words),
            figure(item.aid, record.decimals, words),
            f"{item.headcount:,}",
            figure(item.share, record.decimals, words),
            yours if item.status == "paid" else f"{yours} ({words.say(item.status)})",
        ]

    rows = [header, *(row(item) for item in record.rounds[-_ROUNDS:])]
    if screen.width < NARROW:  # a telephone: a line for each round says more than a list of its figures
        rows = [[cells[0], cells[1], cells[-1]] for cells in rows]
    screen.table(rows[0], rows[1:], left=2)
    if len(record.rounds) > _ROUNDS:
        text = words.say(
            "The last {shown} of {count} rounds; --json lists all.", shown=_ROUNDS, count=len(record.rounds)
        )
        screen.line(text, "dim", indent=2)
