"""``mutualchain record``: a member's record, written to one file; ``verify-my-record`` is her check of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from ..errors import MutualchainError, RecordUnavailable, UsageError
from .app import App, pass_app
from .options import FILE, HASH, SLOT, json_option, plan_argument
from .screen import Screen
from .sources import PLACE, cache_option, is_published, own_trust

if TYPE_CHECKING:
    from ..archive.reading import Archive
    from ..record.passport import Passport
    from ..store import Reader

__all__ = ["find_slot", "record"]

T = TypeVar("T")


@click.command(
    epilog="""\b
Examples:
  mutualchain record ledger critical-illness --slot 17 -o member-17.mcr
  mutualchain record ledger critical-illness --passport my.passport -o my-record.mcr
  mutualchain record https://ledger.example.org critical-illness --passport my.passport --mine last.mcr -o my-record.mcr

A published ledger shows nobody's credits, withdrawals and notices: hers come from what she holds, her last record and
the receipts since then (--mine). A server learns which 256 slots hers is among, and no more. With her passport, the
record continues the book that her last check on this machine has kept."""
)
@click.argument("ledger", type=PLACE, metavar="LEDGER")
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
@click.option(
    "--mine",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="Of a published ledger: her last record, or a receipt since then.",
)
@click.option(
    "--trust", type=FILE, metavar="FILE", help="Of a published ledger: the trust file. [default: the passport's]"
)
@cache_option
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@json_option
@pass_app
def record(
    app: App,
    ledger: str | Path,
    plan: str,
    slot: int | None,
    key: bytes | None,
    passport: Path | None,
    output: Path,
    since: tuple[Path, ...],
    mine: tuple[Path, ...],
    trust: Path | None,
    cache: Path | None,
    force: bool,
) -> None:
    """Write a member's record: one file with which she checks everything that concerns her, offline.

    It is cut out of the ledger under its newest checkpoint; no key of the operator's is needed, and a writer may be
    at work meanwhile. LEDGER may also be a published ledger, a folder or an http(s) address, from which she makes her
    record herself.
    """
    from ..limits import MAX_BUNDLE_FILE
    from ..record.build import build_record
    from ..record.pin import note_in
    from .files import read_file, refuse_existing, write_file
    from .ledgers import one_of, read_passport, snapshot
    from .overview import chain_overview

    if not force:
        refuse_existing(output, "Choose another name, or add --force to replace it.")
    notes = [note_in(read_file(path, "an earlier record", MAX_BUNDLE_FILE)) for path in since]
    hers: Passport | None = None if passport is None else read_passport(passport)
    if is_published(ledger):
        from .own_record import Wanted, own_record

        files = [(path, read_file(path, "a record or receipt", MAX_BUNDLE_FILE)) for path in mine]
        trusted = own_trust(ledger, trust, hers)
        seen = [note for log in trusted.logs for note in _seen(hers, log.key.name, plan)]
        data, found, size = _continuing(
            lambda since: own_record(ledger, trusted, cache, Wanted(plan, slot, key, hers, files, since)), notes, seen
        )
    else:
        one_of("whose record", slot=slot, key=key, passport=passport)
        for name, given in (("--mine", mine), ("--trust", trust), ("--cache", cache)):
            if given:
                raise UsageError(f"{name} goes with a published ledger, and this is an operator's own")
        with snapshot(Path(ledger)) as (archive, reader):
            chain = chain_overview(archive)
            if hers is not None:
                key = hers.public_key(chain.origin, plan)
            found = slot if slot is not None else find_slot(archive, reader, plan, key or b"")
            at, size, seen = found, chain.signed_size, _seen(hers, chain.origin, plan)
            data = _continuing(lambda since: build_record(archive, plan, at, since=since), notes, seen)
    write_file(output, data, force=force)

    def show(screen: Screen) -> None:
        screen.line(f"The record of slot {found:,} is in {output}: {len(data):,} bytes.", "good")
        screen.line(f"It holds what the checkpoint over {size:,} blocks covers.", indent=2)
        screen.commands("Next, with her passport:", [f"mutualchain verify-my-record {output} --passport my.passport"])

    app.result({"record": str(output), "plan": plan, "slot": found, "bytes": len(data), "size": size}, show)


def _seen(passport: Passport | None, origin: str, plan: str) -> list[bytes]:
    """What her earlier checks on this machine kept of the book."""
    from .checking import passport_keys
    from .pins import pinned_notes

    return [] if passport is None else pinned_notes(origin, passport_keys(passport, origin, plan))


def _continuing(build: Callable[[list[bytes]], T], notes: list[bytes], seen: list[bytes]) -> T:
    """A record that continues what she named and what she saw; a book that does not go on so is her check's to find."""
    try:
        return build(list(dict.fromkeys((*notes, *seen))))
    except MutualchainError:
        if not seen:
            raise
        return build(notes)


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
