"""``mutualchain record`` writes a member's record; ``mutualchain verify-my-record`` is her check of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import RecordUnavailable, UsageError
from .app import App, pass_app
from .options import FILE, HASH, SLOT, json_option, lang_option, ledger_argument, plan_argument, tz_option
from .screen import Screen

if TYPE_CHECKING:
    from ..archive.reading import Archive
    from ..store import Reader

__all__ = ["record", "verify_my_record"]

_DAY_MS = 86_400_000


@click.command(
    epilog="""\b
Examples:
  mutualchain record ledger critical-illness --slot 17 -o member-17.mcr
  mutualchain record ledger critical-illness --passport my.passport -o my-record.mcr"""
)
@ledger_argument
@plan_argument
@click.option("--slot", type=SLOT, help="Her slot.")
@click.option("--key", type=HASH, help="Her public key, 64 hexadecimal digits.")
@click.option("--passport", type=FILE, metavar="FILE", help="Her passport, to take the public key from.")
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE.mcr", help="The file to write.")
@click.option(
    "--since",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="A record, receipt or checkpoint she has: the new record shows that it continues that book.",
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@json_option
@pass_app
def record(
    app: App,
    ledger: Path,
    plan: str,
    slot: int | None,
    key: bytes | None,
    passport: Path | None,
    output: Path,
    since: tuple[Path, ...],
    force: bool,
) -> None:
    """Write a member's record: one file with which she checks everything that concerns her, offline.

    It is cut out of the ledger under its newest checkpoint; no key of the operator's is needed, and a writer may be
    at work meanwhile.
    """
    from ..limits import MAX_BUNDLE_FILE
    from ..record.build import build_record
    from ..record.passport import Passport
    from ..record.pin import note_in
    from .files import read_file, refuse_existing, write_file
    from .ledgers import one_of, read_passport, snapshot
    from .overview import chain_overview

    one_of("whose record", slot=slot, key=key, passport=passport)
    if not force:
        refuse_existing(output, "Choose another name, or add --force to replace it.")
    notes = [note_in(read_file(path, "an earlier record", MAX_BUNDLE_FILE)) for path in since]
    hers: Passport | None = None if passport is None else read_passport(passport)
    with snapshot(ledger) as (archive, reader):
        chain = chain_overview(archive)
        if hers is not None:
            key = hers.public_key(chain.origin, plan)
        found = slot if slot is not None else find_slot(archive, reader, plan, key or b"")
        data = build_record(archive, plan, found, since=notes)
    write_file(output, data, force=force)

    def show(screen: Screen) -> None:
        screen.line(f"The record of slot {found:,} is in {output}: {len(data):,} bytes.", "good")
        screen.line(f"It holds what the checkpoint over {chain.signed_size:,} blocks covers.", indent=2)
        screen.commands("Next, with her passport:", [f"mutualchain verify-my-record {output} --passport my.passport"])

    app.result(
        {"record": str(output), "plan": plan, "slot": found, "bytes": len(data), "size": chain.signed_size}, show
    )


def find_slot(archive: Archive, reader: Reader, plan: str, key: bytes) -> int:
    """The slot of a public key. Raises PlanUnknown, RecordUnavailable."""
    from ..ledger.index import KeyIndex
    from ..ledger.opening import load_index, read_keys

    slots = archive.plan_state(plan, archive.size - 1).slots
    index = KeyIndex(lambda wanted: read_keys(archive, plan, wanted))
    load_index(reader, archive, plan, slots, index)
    slot = index.find(key)
    if slot is None:
        raise RecordUnavailable("this key is not enrolled in the plan", value=key)
    return slot


@click.command(
    epilog="""\b
Examples:
  mutualchain verify-my-record my-record.mcr --passport my.passport
  mutualchain verify-my-record my-record.mcr --passport my.passport --seen last-years.mcr
  mutualchain verify-my-record my-record.mcr --passport my.passport --max-age 2 --lang zh

The exit code is the verdict: 0 verified, 1 tampered, 3 could not check, 4 rollback."""
)
@click.argument("file", type=FILE, metavar="FILE.mcr")
@click.option("--passport", type=FILE, metavar="FILE", help="Your passport: your key, and whom you trust.")
@click.option("--trust", type=FILE, metavar="FILE", help="The trust file. [default: the passport's own]")
@click.option("--key", type=HASH, help="Your public key, in place of the passport.")
@click.option(
    "--seen",
    type=FILE,
    metavar="FILE",
    help="A record, receipt or checkpoint you kept: this record must continue its book, and be made with --since it.",
)
@click.option("--max-age", type=click.IntRange(0, 36_500), metavar="DAYS", help="Refuse a record that is older.")
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
    max_age: int | None,
) -> int:
    """Check your own record, with nothing but the file and your key.

    Everything is computed from what the book's log signed: that you are in it, since when, every round since then and
    what you shared, every payment, your balance; that nothing was left out, and that everybody owed the same.
    """
    from ..limits import MAX_BUNDLE_FILE
    from ..record.pin import note_in
    from ..tlog import trust as trust_files
    from .checking import check_record, show_outcome
    from .files import read_file
    from .ledgers import read_passport, read_trust

    if passport is not None and key is not None:
        raise UsageError("--passport and --key were given: one of them says who you are")
    if passport is None and trust is None:
        hint = "Add --passport FILE, the passport you joined with, or --trust FILE, the platform's trust file."
        raise UsageError("whom do you trust? Neither --passport nor --trust was given", hint=hint)
    hers = None if passport is None else read_passport(passport)
    if trust is not None:
        trusted = read_trust(trust)
    else:
        assert hers is not None
        if not hers.trust:
            raise UsageError("the passport holds no trust file", hint="Name the platform's trust file with --trust.")
        trusted = trust_files.parse(hers.trust)
    outcome = check_record(
        read_file(file, "a record", MAX_BUNDLE_FILE),
        trusted,
        passport=hers,
        public_key=key,
        seen=None if seen is None else note_in(read_file(seen, "an earlier record", MAX_BUNDLE_FILE)),
        now_ms=app.clock(),
        max_age_ms=None if max_age is None else max_age * _DAY_MS,
    )
    app.result(outcome.to_value(), lambda screen: show_outcome(screen, outcome, app.words, app.zone))
    return outcome.exit_code
