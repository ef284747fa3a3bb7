"""``mutualchain verify-evidence``: who is convicted of what, before anybody who knows the keys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ..errors import COULD_NOT_CHECK, TAMPERED, MutualchainError, UsageError
from .app import App, pass_app
from .command import command
from .options import FILE, json_option, lang_option
from .screen import Screen

if TYPE_CHECKING:
    from ..evidence import VerifiedEvidence
    from .language import Words

__all__ = ["CONVICTED", "show_conviction", "verify_evidence"]

CONVICTED: Final = 4
"""The exit code of a conviction: two histories, or one that breaks its rules; never 0, which says that all is well."""
VERDICTS: Final = {CONVICTED: "convicted", TAMPERED: "not evidence", COULD_NOT_CHECK: "could not check"}
SHOUTED: Final = {
    "convicted": "CONVICTED",
    "not evidence": "NOT EVIDENCE",
    "could not check": "COULD NOT CHECK",
}
SENTENCES: Final = {
    "not evidence": "This file convicts nobody. Do not pass it on as evidence.",
    "could not check": "Nothing could be concluded: by this check nobody is convicted, and nobody cleared.",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check: the conviction, or the error that ended it."""

    exit_code: int
    found: VerifiedEvidence | None = None
    error: MutualchainError | None = None

    @property
    def verdict(self) -> str:
        """A word for the exit code."""
        return VERDICTS[self.exit_code]

    def to_value(self) -> dict[str, Any]:
        """The outcome as JSON: schemas/verify-evidence.json."""
        from .failures import error_value

        return {
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "evidence": None if self.found is None else self.found.to_value(),
            "error": None if self.error is None else error_value(self.error),
        }


@command(
    epilog="""\b
Examples:
  mutualchain verify-evidence split.mce --trust operator.trust
  mutualchain verify-evidence split.mce --trust operator.trust --lang zh

Exit codes: 4 somebody is convicted; 1 the file is no evidence, and convicts nobody; 3 could not check, for example
because the trust file does not name whom it is about; 2 usage. Never 0."""
)
@click.argument("file", type=FILE, metavar="FILE.mce")
@click.option("--trust", type=FILE, metavar="FILE", help="A trust file with the keys of operator and witnesses.")
@click.option("--passport", type=FILE, metavar="FILE", help="Your passport: its trust file, where --trust names none.")
@lang_option
@json_option
@pass_app
def verify_evidence(app: App, file: Path, trust: Path | None, passport: Path | None) -> int:
    """Check evidence against an operator or a witness, with nothing but the file and their keys.

    Evidence is made of signed statements that contradict each other, or of a signed book that breaks its own rules.
    Who made the file does not matter: whoever signed both statements is convicted by his own signatures, and an edited
    file convicts nobody.
    """
    from ..evidence import verify_evidence as check
    from ..limits import MAX_BUNDLE_FILE
    from .files import read_file
    from .ledgers import read_passport, trusted_by

    if passport is None and trust is None:
        hint = "Add --trust FILE, the platform's trust file, or --passport FILE, the passport you joined with."
        raise UsageError("whom do you trust? Neither --trust nor --passport was given", hint=hint)
    trusted = trusted_by(trust, None if passport is None else read_passport(passport))
    data = read_file(file, "an evidence file", MAX_BUNDLE_FILE)
    try:
        outcome = Outcome(CONVICTED, found=check(data, trusted))
    except MutualchainError as error:
        outcome = Outcome(TAMPERED if error.exit_code == TAMPERED else COULD_NOT_CHECK, error=error)
    app.result(outcome.to_value(), lambda screen: _show(screen, outcome, app.words))
    return outcome.exit_code


def _show(screen: Screen, outcome: Outcome, words: Words) -> None:
    if outcome.found is not None:
        show_conviction(screen, outcome.found, words)
    elif outcome.error is not None:
        _show_failure(screen, outcome.verdict, outcome.error, words)


def show_conviction(screen: Screen, found: VerifiedEvidence, words: Words) -> None:
    """A conviction, for people: the sentence, what was signed, and what it does not say."""
    from ..evidence.facts import LIMITS

    screen.line(words.say(SHOUTED["convicted"]), "bad")
    screen.line(found.sentence(words.say))
    screen.line(words.say("This holds before everybody who knows these keys, whoever made the file."))
    screen.line()
    screen.line(words.say("What was signed"), "heading")
    for head in found.heads:
        screen.line(words.say("{size} blocks, with the root", size=head.size), indent=2)
        screen.raw(head.root.hex(), indent=4)
    screen.line(words.say("with the keys"), indent=2)
    for party in found.convicted:
        for key in party.keys:
            screen.raw(key, indent=4)
    screen.line()
    screen.line(words.say("What this does not say"), "heading")
    for name in found.limits:
        screen.item("note", words.say(LIMITS[name]))


def _show_failure(screen: Screen, verdict: str, error: MutualchainError, words: Words) -> None:
    from ..explanations import explain

    screen.line(words.say(SHOUTED[verdict]), "bad" if verdict == "not evidence" else "doubt")
    screen.line(words.say(SENTENCES[verdict]))
    screen.line()
    told = explain(error.code, words.language)
    reason = f"{error.code}: {error.message}" if words.language == "en" else f"{error.code}：{told.title}"
    pairs = [(words.say("reason"), reason)]
    if words.language != "en":
        pairs.append((words.say("detail"), error.message))
    if error.place is not None:
        pairs.append((words.say("where"), error.place))
    screen.pairs(pairs)
    screen.line()
    screen.line(words.say("What it means"), "heading")
    screen.line(told.meaning, indent=2)
    screen.line(words.say("What to do"), "heading")
    screen.line(told.advice, indent=2)
