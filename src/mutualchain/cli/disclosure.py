"""``mutualchain disclosure`` writes one case for everybody; ``verify-disclosure`` is anybody's check of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import COULD_NOT_CHECK, USAGE, VERDICTS, MutualchainError, NotYourRecord, UsageError
from .app import App, pass_app
from .options import FILE, HASH, json_option, lang_option, ledger_argument, plan_argument, tz_option
from .screen import Screen

if TYPE_CHECKING:
    from ..disclosure.facts import VerifiedDisclosure
    from ..record.facts import VerifiedRecord
    from ..record.passport import Passport
    from ..tlog.trust import TrustFile

__all__ = ["Outcome", "disclosure", "verify_disclosure"]

_DAY_MS = 86_400_000
_REJOINED = 16
_OPENED = ("cause", "group", "disease", "diagnosed_day", "hospital", "region")
"""Facts of the request that can be opened to everybody: neither name nor birth day."""


@click.command(
    epilog="""\b
Examples:
  mutualchain disclosure ledger critical-illness --case 07d1... -o case-17.mcd
  mutualchain disclosure ledger critical-illness --case 07d1... --fields masked-17.json \\
      --open diagnosed_day -o case-17.mcd

With the day of the diagnosis open, everybody can check the waiting period. Name and birth day are never opened."""
)
@ledger_argument
@plan_argument
@click.option("--case", "name", type=HASH, required=True, help="The case: the name that its request got.")
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE.mcd", help="The file to write.")
@click.option("--fields", type=FILE, metavar="FILE", help="The masked fields to show, as `case mask` wrote them.")
@click.option(
    "--open", "opened", type=click.Choice(_OPENED), multiple=True, help="A fact of the request to open. Repeatable."
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@lang_option
@json_option
@pass_app
def disclosure(
    app: App,
    ledger: Path,
    plan: str,
    name: bytes,
    output: Path,
    fields: Path | None,
    opened: tuple[str, ...],
    force: bool,
) -> None:
    """Write one case as a file that anybody can check without a key (公示).

    It shows the claimant's enrolment and every round since, who vouched and when, the decision, what each member paid
    and what was paid out, under the ledger's newest checkpoint. Of the person it shows what you open, and no more.
    """
    from ..block.block import block_hash
    from ..disclosure.build import build_disclosure, stored_facts
    from .case_mask import read_fields
    from .files import refuse_existing, write_file
    from .ledgers import snapshot

    if not force:
        refuse_existing(output, "Choose another name, or add --force to replace it.")
    with snapshot(ledger) as (archive, _):
        facts = None
        if opened:
            found = stored_facts(archive, plan, name)
            if found is None:
                raise UsageError("the ledger has no facts of this case to open", value=name)
            facts = found.only(*opened)
        chain = block_hash(archive.block(0))
        shown = None if fields is None else read_fields(fields, chain, plan, name)
        data = build_disclosure(archive, plan, name, facts=facts, fields=shown)
    write_file(output, data, force=force)

    def show(screen: Screen) -> None:
        words = app.words
        screen.line(words.say("The disclosure is in {file}: {size} bytes.", file=str(output), size=len(data)), "good")
        screen.commands(words.say("Anybody can check it:"), [f"mutualchain verify-disclosure {output} --trust FILE"])

    app.result({"disclosure": str(output), "plan": plan, "case": name.hex(), "bytes": len(data)}, show)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check: the verified disclosure, or the error that ended it."""

    exit_code: int
    found: VerifiedDisclosure | None = None
    error: MutualchainError | None = None

    @property
    def verdict(self) -> str:
        """A word for the exit code."""
        return VERDICTS[self.exit_code]

    def to_value(self) -> dict[str, Any]:
        """The outcome as JSON: schemas/verify-disclosure.json."""
        from .failures import error_value

        found, error = self.found, self.error
        return {
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "disclosure": None if found is None else found.to_value(),
            "checks": [] if found is None else [{"id": name, **values} for name, values in found.checks],
            "limits": [] if found is None else [{"id": name, **values} for name, values in found.limits],
            "error": None if error is None else error_value(error),
        }


@click.command(
    epilog="""\b
Examples:
  mutualchain verify-disclosure case-17.mcd --trust operator.trust
  mutualchain verify-disclosure case-17.mcd --passport my.passport --record my-record.mcr
  mutualchain verify-disclosure case-17.mcd --trust operator.trust --lang zh

The exit code is the verdict: 0 verified, 1 tampered, 3 could not check, 4 two books that contradict each other."""
)
@click.argument("file", type=FILE, metavar="FILE.mcd")
@click.option("--trust", type=FILE, metavar="FILE", help="The trust file. [default: the passport's own]")
@click.option("--passport", type=FILE, metavar="FILE", help="Your passport: whom you trust, and whose --record it is.")
@click.option("--record", type=FILE, metavar="FILE", help="Your own record: the answer says what you shared.")
@click.option("--max-age", type=click.IntRange(0, 36_500), metavar="DAYS", help="Refuse a file that is older.")
@lang_option
@tz_option
@json_option
@pass_app
def verify_disclosure(
    app: App, file: Path, trust: Path | None, passport: Path | None, record: Path | None, max_age: int | None
) -> int:
    """Check one case that is shown to everybody, with nothing but the file and the log's key.

    Everything is computed from what the book's log signed: since when the claimant was a member, who vouched, whether
    each step was allowed then, what everybody shared and what was paid.
    """
    from ..limits import MAX_BUNDLE_FILE
    from .disclosure_view import show_disclosure
    from .files import read_file
    from .ledgers import read_passport

    if passport is None and trust is None:
        hint = "Add --trust FILE, the platform's trust file, or --passport FILE, the passport you joined with."
        raise UsageError("whom do you trust? Neither --trust nor --passport was given", hint=hint)
    hers = None if passport is None else read_passport(passport)
    trusted = _trusted(trust, hers)
    data = read_file(file, "a disclosure", MAX_BUNDLE_FILE)
    mine = None if record is None else read_file(record, "a record", MAX_BUNDLE_FILE)
    max_age_ms = None if max_age is None else max_age * _DAY_MS
    outcome = check_disclosure(data, trusted, passport=hers, record=mine, now_ms=app.clock(), max_age_ms=max_age_ms)
    app.result(outcome.to_value(), lambda screen: show_disclosure(screen, outcome, app.words, app.zone))
    return outcome.exit_code


def _trusted(trust: Path | None, passport: Passport | None) -> TrustFile:
    from ..tlog import trust as trust_files
    from .ledgers import read_trust

    if trust is not None:
        return read_trust(trust)
    assert passport is not None
    if not passport.trust:
        raise UsageError("the passport holds no trust file", hint="Name the platform's trust file with --trust.")
    return trust_files.parse(passport.trust)


def check_disclosure(
    data: bytes,
    trust: TrustFile,
    *,
    passport: Passport | None = None,
    record: bytes | None = None,
    now_ms: int | None = None,
    max_age_ms: int | None = None,
) -> Outcome:
    """Check a disclosure file, with the reader's own record where it is given. Every error is a verdict."""
    from ..disclosure.verify import verify_disclosure as check

    try:
        mine = None if record is None else _mine(record, trust, passport, now_ms)
        return Outcome(0, found=check(data, trust, now_ms=now_ms, max_age_ms=max_age_ms, record=mine))
    except MutualchainError as error:
        return Outcome(COULD_NOT_CHECK if error.exit_code == USAGE else error.exit_code, error=error)


def _mine(data: bytes, trust: TrustFile, passport: Passport | None, now_ms: int | None) -> VerifiedRecord:
    """The reader's record, checked as she would check it. Errors say that it is the record they are about."""
    from ..record.verify import verify_record

    try:
        found = verify_record(data, trust, now_ms=now_ms)
        if passport is not None:
            origin = found.checkpoint.origin
            keys = [passport.public_key(origin, found.plan, index) for index in range(_REJOINED)]
            if not set(keys) & set(found.keys):
                raise NotYourRecord("the key in this record is not yours", value=found.public_key)
    except MutualchainError as error:
        error.place = f"your record{'' if error.place is None else ': ' + error.place}"
        raise
    return found
