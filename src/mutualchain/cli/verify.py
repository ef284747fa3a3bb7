"""``mutualchain verify-my-record``: a member checks her own record, and it is held against the book she saw before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import MutualchainError, RuleBroken, SplitView, TooOld, UsageError
from .app import App, pass_app
from .command import command
from .options import AGE, FILE, HASH, json_option, lang_option, tz_option
from .pins import Pins, pin_options, pins_folder

if TYPE_CHECKING:
    from ..record.passport import Passport
    from ..tlog.trust import TrustFile
    from .checking import Outcome

__all__ = ["verify_my_record"]

DAY_S = 86_400
USUAL_DAYS = 92
"""How old a record may be where nobody says otherwise: plans share at least once a quarter, so an older one is stale.
"""


@command(
    epilog="""\b
Examples:
  mutualchain verify-my-record my-record.mcr --passport my.passport
  mutualchain verify-my-record my-record.mcr --passport my.passport --published https://ledger.example.org
  mutualchain verify-my-record my-record.mcr --passport my.passport --seen last-years.mcr --max-age 2d --lang zh

The newest book you accepted is kept, and the next record must continue it. Where a record does not reach that book, the
message says which one to ask for; or --published names the published ledger that shows it.

The exit code is the verdict: 0 verified, 1 tampered, 3 could not check, 4 rollback or split view. Where what was signed
contradicts itself, the evidence is written beside the record."""
)
@click.argument("file", type=FILE, metavar="FILE.mcr")
@click.option("--passport", type=FILE, metavar="FILE", help="Your passport: your key, and whom you trust.")
@click.option("--trust", type=FILE, metavar="FILE", help="The trust file. [default: the passport's own]")
@click.option("--public-key", "key", type=HASH, help="Your public key, in place of the passport.")
@click.option(
    "--seen",
    type=FILE,
    metavar="FILE",
    help="A record, receipt or checkpoint you kept: this record must continue its book.",
)
@click.option(
    "--opened",
    type=FILE,
    metavar="FILE.mco",
    help="A claim of yours that the platform opened to you, such as who holds your key (key_holder).",
)
@click.option("--published", metavar="DIR|URL", help="A published ledger that shows how the book went on.")
@pin_options
@click.option(
    "--max-age",
    type=AGE,
    metavar="AGE",
    help=f"Refuse a record that is older, e.g. 2d or 36h. [default: the trust file's, else {USUAL_DAYS}d]",
)
@click.option(
    "--evidence", type=FILE, metavar="FILE.mce", help="Where to write evidence. [default: evidence-....mce beside it]"
)
@lang_option
@tz_option
@json_option
@pass_app
def verify_my_record(
    app: App,
    file: Path,
    passport: Path | None,
    trust: Path | None,
    key: bytes | None,
    seen: Path | None,
    opened: Path | None,
    published: str | None,
    pins: Path | None,
    no_pin: bool,
    max_age: int | None,
    evidence: Path | None,
) -> int:
    """Check your own record, with nothing but the file and your key.

    Everything is computed from what the book's log signed: that you are in it, since when, every round since then and
    what you shared, every payment, your balance; that nothing was left out, and that everybody owed the same.
    """
    from ..limits import MAX_BUNDLE_FILE, MAX_OPENING
    from ..record.pin import note_in
    from .checking import check_record, show_outcome
    from .claimed import with_claim
    from .files import read_file, refuse_existing
    from .ledgers import read_passport, trusted_by

    if passport is not None and key is not None:
        raise UsageError("--passport and --public-key were given: one of them says who you are")
    if passport is None and trust is None:
        hint = "Add --passport FILE, the passport you joined with, or --trust FILE, the platform's trust file."
        raise UsageError("whom do you trust? Neither --passport nor --trust was given", hint=hint)
    if published is not None and no_pin:
        raise UsageError("--published says how your pin goes on, and --no-pin that there is none")
    if evidence is not None:
        refuse_existing(evidence, "Choose another name for the evidence.")
    hers = None if passport is None else read_passport(passport)
    trusted = trusted_by(trust, hers)
    data = read_file(file, "a record", MAX_BUNDLE_FILE)
    note = None if seen is None else note_in(read_file(seen, "an earlier record", MAX_BUNDLE_FILE))
    now_ms = app.clock()
    usual = USUAL_DAYS * DAY_S if trusted.max_age is None else None
    seconds = usual if max_age is None else max_age
    outcome = check_record(
        data,
        trusted,
        passport=hers,
        public_key=key,
        seen=note,
        now_ms=now_ms,
        max_age_ms=None if seconds is None else seconds * 1000,
    )
    if opened is not None:
        outcome = with_claim(outcome, read_file(opened, "an opened claim", 2 * MAX_OPENING))
    error = outcome.error
    if max_age is None and isinstance(error, TooOld) and error.hint == TooOld.default_hint:
        error.hint = "Ask for a fresh record. One that is meant to be old is checked with a larger --max-age."
    if not no_pin and outcome.record is not None:
        outcome = _held(outcome, data, trusted, hers, key, Pins(pins_folder(pins)), published, now_ms)
    outcome = _with_evidence(outcome, data, trusted, note, evidence, file)
    app.result(outcome.to_value(), lambda screen: show_outcome(screen, outcome, app.words, app.zone))
    return outcome.exit_code


# --- pins -----------------------------------------------------------------------------------------


def _held(
    outcome: Outcome,
    data: bytes,
    trust: TrustFile,
    passport: Passport | None,
    key: bytes | None,
    pins: Pins,
    published: str | None,
    now_ms: int,
) -> Outcome:
    """The outcome after the record was held against her pin, which then holds it too."""
    from .holding import hold_file
    from .pinning import books_of

    record = outcome.record
    assert record is not None
    origin, owner = record.checkpoint.origin, _owner(record.keys, passport, key, record.checkpoint.origin, record.plan)
    held = hold_file(books_of(data, trust, now_ms), pins, origin, owner, trust, published, "record")
    if held.error is not None:
        return replace(outcome.failed(held.error), pin=held.pin, evidence_bytes=held.evidence)
    return outcome.holding(held.pin)


def _owner(keys: tuple[bytes, ...], passport: Passport | None, key: bytes | None, origin: str, plan: str) -> bytes:
    """The key by which her pin is found: hers as she named it, since what the file says might be another's."""
    if key is not None:
        return key
    if passport is None:
        return keys[0]
    return next(mine for mine in passport.public_keys(origin, plan) if mine in keys)


# --- evidence -------------------------------------------------------------------------------------


def _with_evidence(
    outcome: Outcome, data: bytes, trust: TrustFile, seen: bytes | None, wanted: Path | None, file: Path
) -> Outcome:
    """Evidence of what contradicts signed statements, written beside the record; where it is, or why it is not."""
    from .files import write_file
    from .pinning import evidence_path

    evidence = outcome.evidence_bytes or _evidence(outcome.error, data, trust, seen)
    if evidence is None:
        return outcome
    path = wanted if wanted is not None else evidence_path(file, evidence)
    try:
        write_file(path, evidence, force=wanted is None)
    except MutualchainError as error:
        return replace(outcome, unwritten=error.message)
    return replace(outcome, evidence=str(path))


def _evidence(error: MutualchainError | None, data: bytes, trust: TrustFile, seen: bytes | None) -> bytes | None:
    from ..evidence import record_evidence
    from .pinning import evidence_against

    if isinstance(error, SplitView) and seen is not None:
        return evidence_against(data, seen, trust)
    if not isinstance(error, RuleBroken):
        return None
    try:
        return record_evidence(data, trust)
    except MutualchainError:
        return None  # it shows itself with her key alone, or under a key that is not the log's
