"""``mutualchain verify-disclosure``: anybody's check of one case, held against the book that was seen before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ..errors import (
    COULD_NOT_CHECK,
    USAGE,
    VERDICTS,
    MutualchainError,
    NotYourRecord,
    RecordMismatch,
    Rollback,
    RuleBroken,
    SplitView,
    UsageError,
)
from .app import App, pass_app
from .command import command
from .options import AGE, FILE, json_option, lang_option, tz_option
from .pins import Pins, pin_options, pins_folder

if TYPE_CHECKING:
    from ..disclosure.facts import VerifiedDisclosure
    from ..record.facts import VerifiedRecord
    from ..record.passport import Passport
    from ..tlog.trust import TrustFile
    from .checking import PinState

__all__ = ["NOBODY", "Outcome", "check_disclosure", "verify_disclosure"]

NOBODY: Final = bytes(32)
"""Whose pin it is that a reader without a passport keeps: no member's key, as no signature verifies under it."""
_OLDER = (
    "If this file is from an earlier time, --published shows whether both are one book, and `mutualchain disclosure "
    "--renew` makes it anew. If it is what is shown to everybody now, keep both files and tell an auditor or a witness."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check: the verified disclosure, or the error that ended it; the pin, and evidence if there is any.

    ``money`` is decimals and currency of the amounts in an error, as far as the file tells.
    """

    exit_code: int
    found: VerifiedDisclosure | None = None
    error: MutualchainError | None = None
    pin: PinState | None = None
    evidence: str | None = None
    unwritten: str | None = None
    money: tuple[int, str] = (2, "CNY")

    @property
    def verdict(self) -> str:
        """A word for the exit code."""
        return VERDICTS[self.exit_code]

    def failed(self, error: MutualchainError) -> Outcome:
        """The same check, ended by ``error``. A usage error that the data caused is no verdict about it."""
        code = COULD_NOT_CHECK if error.exit_code == USAGE else error.exit_code
        return replace(self, exit_code=code, found=None, error=error)

    def holding(self, pin: PinState) -> Outcome:
        """With what the pin adds to the checks and the limits."""
        found = self.found
        assert found is not None
        checks, limits = list(found.checks), [item for item in found.limits if item[0] != "unpinned"]
        known = any(name == "extends" for name, _ in checks)
        if pin.state in ("same", "extends") and not known:
            checks.insert(1 + (checks[1][0] == "quorum"), ("extends", {"size": pin.size or 0}))
        if pin.state == "older":
            limits.insert(0, ("older", {"size": pin.size or 0}))
        if not pin.kept:
            limits.insert(0, ("unkept", {}))
        elif pin.state == "first" and not known:
            limits.insert(0, ("first", {}))
        return replace(self, found=replace(found, checks=tuple(checks), limits=tuple(limits)), pin=pin)

    def to_value(self) -> dict[str, Any]:
        """The outcome as JSON: schemas/verify-disclosure.json."""
        from .failures import error_value
        from .head import head_value

        found, error = self.found, self.error
        return {
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "disclosure": None if found is None else found.to_value(),
            "head_words": None if found is None else head_value(found.checkpoint),
            "checks": [] if found is None else [{"id": name, **values} for name, values in found.checks],
            "limits": [] if found is None else [{"id": name, **values} for name, values in found.limits],
            "pin": None if self.pin is None else self.pin.to_value(),
            "evidence": self.evidence,
            "error": None if error is None else error_value(error),
        }


@command(
    epilog="""\b
Examples:
  mutualchain verify-disclosure case-17.mcd --trust operator.trust
  mutualchain verify-disclosure case-17.mcd --passport my.passport --record my-record.mcr
  mutualchain verify-disclosure case-17.mcd --trust operator.trust --published https://ledger.example.org
  mutualchain verify-disclosure case-17.mcd --trust operator.trust --lang zh

The newest book you accepted is kept, and the next file must continue it. It does where it was made with --since the
last ones; else --published names the published ledger that shows it.

The exit code is the verdict: 0 verified, 1 tampered, 3 could not check, 4 rollback or split view. Where what was signed
contradicts itself, the evidence is written beside the file."""
)
@click.argument("file", type=FILE, metavar="FILE.mcd")
@click.option("--trust", type=FILE, metavar="FILE", help="The trust file. [default: the passport's own]")
@click.option("--passport", type=FILE, metavar="FILE", help="Your passport: whom you trust, and whose --record it is.")
@click.option("--record", type=FILE, metavar="FILE", help="Your own record: the answer says what you shared.")
@click.option(
    "--seen",
    type=FILE,
    metavar="FILE",
    help="A disclosure, record, receipt or checkpoint you kept: this file must continue its book.",
)
@click.option("--published", metavar="DIR|URL", help="A published ledger that shows how the book went on.")
@click.option(
    "--attached",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="A photograph or report shown with the case: whether it is the one that was committed to. Repeatable.",
)
@pin_options
@click.option("--max-age", type=AGE, metavar="AGE", help="Refuse a file that is older, e.g. 2d or 36h.")
@click.option(
    "--evidence", type=FILE, metavar="FILE.mce", help="Where to write evidence. [default: evidence-....mce beside it]"
)
@lang_option
@tz_option
@json_option
@pass_app
def verify_disclosure(
    app: App,
    file: Path,
    trust: Path | None,
    passport: Path | None,
    record: Path | None,
    seen: Path | None,
    published: str | None,
    attached: tuple[Path, ...],
    pins: Path | None,
    no_pin: bool,
    max_age: int | None,
    evidence: Path | None,
) -> int:
    """Check one case that is shown to everybody, with nothing but the file and the log's key.

    Everything is computed from what the book's log signed: since when the claimant was a member, who vouched, whether
    each step was allowed then, what everybody shared and what was paid.
    """
    from ..limits import MAX_BUNDLE_FILE
    from ..record.pin import note_in
    from .disclosure_view import show_disclosure
    from .files import read_file, refuse_existing
    from .ledgers import read_passport, trusted_by

    if passport is None and trust is None:
        hint = "Add --trust FILE, the platform's trust file, or --passport FILE, the passport you joined with."
        raise UsageError("whom do you trust? Neither --trust nor --passport was given", hint=hint)
    if published is not None and no_pin:
        raise UsageError("--published says how your pin goes on, and --no-pin that there is none")
    if evidence is not None:
        refuse_existing(evidence, "Choose another name for the evidence.")
    hers = None if passport is None else read_passport(passport)
    trusted = trusted_by(trust, hers)
    data = read_file(file, "a disclosure", MAX_BUNDLE_FILE)
    mine = None if record is None else read_file(record, "a record", MAX_BUNDLE_FILE)
    note = None if seen is None else note_in(read_file(seen, "an earlier file", MAX_BUNDLE_FILE))
    max_age_ms = None if max_age is None else max_age * 1000
    now_ms = app.clock()
    outcome = check_disclosure(
        data, trusted, passport=hers, record=mine, seen=note, now_ms=now_ms, max_age_ms=max_age_ms
    )
    outcome = _with_files(outcome, attached)
    against = [kept for kept in (note, None if mine is None else _note(mine)) if kept is not None]
    proof = _evidence(outcome.error, data, trusted, against)
    if not no_pin and outcome.found is not None:
        folder = Pins(pins_folder(pins))
        outcome, proof = _held(outcome, data, trusted, folder, _owner(outcome.found, folder, hers), published, now_ms)
    outcome = _written(outcome, proof, evidence, file)
    app.result(outcome.to_value(), lambda screen: show_disclosure(screen, outcome, app.words, app.zone))
    return outcome.exit_code


def check_disclosure(
    data: bytes,
    trust: TrustFile,
    *,
    passport: Passport | None = None,
    record: bytes | None = None,
    seen: bytes | None = None,
    now_ms: int | None = None,
    max_age_ms: int | None = None,
) -> Outcome:
    """Check a disclosure file, with the reader's own record where it is given. Every error is a verdict."""
    from ..disclosure.bundle import DisclosureBundle
    from ..disclosure.verify import verify_disclosure as check
    from .checking import money_of

    try:
        mine = None if record is None else _mine(record, trust, passport, now_ms)
        found = check(data, trust, now_ms=now_ms, max_age_ms=max_age_ms, record=mine, seen=seen)
    except MutualchainError as error:
        money = money_of(lambda: DisclosureBundle.from_bytes(data).claimant)
        return replace(Outcome(0).failed(error), money=money)
    return Outcome(0, found=found)


def _mine(data: bytes, trust: TrustFile, passport: Passport | None, now_ms: int | None) -> VerifiedRecord:
    """The reader's record, checked as she would check it. Errors say that it is the record they are about."""
    from ..record.verify import verify_record

    try:
        found = verify_record(data, trust, now_ms=now_ms)
        if passport is not None and not set(passport.public_keys(found.checkpoint.origin, found.plan)) & {*found.keys}:
            raise NotYourRecord("the key in this record is not yours", value=found.public_key)
    except MutualchainError as error:
        error.place = f"your record{'' if error.place is None else ': ' + error.place}"
        raise
    return found


def _with_files(outcome: Outcome, attached: tuple[Path, ...]) -> Outcome:
    """The outcome, unless one of these is no file of the case. Raises FileMissing."""
    from .files import hash_file

    found = outcome.found
    if found is None or not attached:
        return outcome
    for path in attached:
        if hash_file(path, "a photograph or report").hex() not in found.files:
            text = "this is none of the photographs and reports that the disclosure committed to"
            if not found.files:
                return outcome.failed(UsageError("the disclosure names no photographs or reports", value=str(path)))
            return outcome.failed(RecordMismatch(text, value=str(path)))
    checks = (*found.checks, ("attached", {"count": len(attached)}))
    return replace(outcome, found=replace(found, checks=checks))


# --- the pin --------------------------------------------------------------------------------------


def _owner(found: VerifiedDisclosure, pins: Pins, passport: Passport | None) -> bytes:
    """By whose key the pin lies: the reader's own in this plan, where she has one already, or nobody's."""

    if passport is None:
        return NOBODY
    keys = list(passport.public_keys(found.checkpoint.origin, found.plan))
    kept = (key for key in keys if pins.path(found.checkpoint.origin, key).exists())
    return next(kept, keys[0])


def _held(
    outcome: Outcome, data: bytes, trust: TrustFile, pins: Pins, owner: bytes, published: str | None, now_ms: int
) -> tuple[Outcome, bytes | None]:
    """The outcome after the file was held against the pin, which then holds its book too; and evidence, if any."""
    from .holding import hold_file
    from .pinning import books_of

    found = outcome.found
    assert found is not None
    head = found.checkpoint
    held = hold_file(books_of(data, trust, now_ms), pins, head.origin, owner, trust, published, "disclosure")
    if isinstance(held.error, Rollback):
        held.error.hint = _OLDER
    if held.error is not None:
        return replace(outcome.failed(held.error), pin=held.pin), held.evidence
    return outcome.holding(held.pin), None


# --- evidence -------------------------------------------------------------------------------------


def _note(record: bytes) -> bytes | None:
    from ..record.pin import note_in

    try:
        return note_in(record)
    except MutualchainError:
        return None


def _evidence(error: MutualchainError | None, data: bytes, trust: TrustFile, against: list[bytes]) -> bytes | None:
    """Evidence of what contradicts signed statements, if the files hold it."""
    return next(_found(error, data, trust, against), None)


def _found(error: MutualchainError | None, data: bytes, trust: TrustFile, against: list[bytes]) -> Iterator[bytes]:
    from ..evidence import disclosure_evidence
    from .pinning import evidence_against

    if isinstance(error, SplitView):
        for note in against:
            evidence = evidence_against(data, note, trust)
            if evidence is not None:
                yield evidence
    elif isinstance(error, RuleBroken):
        try:
            yield disclosure_evidence(data, trust)
        except MutualchainError:
            return  # it is the reader's own record that is in the wrong, or the key is not the log's


def _written(outcome: Outcome, proof: bytes | None, wanted: Path | None, file: Path) -> Outcome:
    """The outcome, with where the evidence was written, or why it was not."""
    from .files import write_file
    from .pinning import evidence_path

    if proof is None:
        return outcome
    path = wanted if wanted is not None else evidence_path(file, proof)
    try:
        write_file(path, proof, force=wanted is None)
    except MutualchainError as error:
        return replace(outcome, unwritten=error.message)
    return replace(outcome, evidence=str(path))
