"""``mutualchain record``: a member's record, written to one file; ``verify-my-record`` is her check of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import MutualchainError, RecordUnavailable, UsageError
from .app import App, pass_app
from .command import command
from .options import FILE, HASH, SLOT, json_option, lang_option, plan_argument
from .screen import Screen
from .sources import PLACE, cache_option, is_published, own_trust

if TYPE_CHECKING:
    from ..archive.reading import Archive
    from ..record.continuing import Seen
    from ..record.passport import Passport
    from ..store import Reader
    from .language import Words

__all__ = ["find_slot", "record"]

T = TypeVar("T")
_BLOCKS = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


@command(
    epilog="""\b
Examples:
  mutualchain record ledger critical-illness --slot 17 -o member-17.mcr
  mutualchain record ledger critical-illness --passport my.passport -o my-record.mcr
  mutualchain record https://ledger.example.org critical-illness --passport my.passport --mine last.mcr -o my-record.mcr

A published ledger shows nobody's credits, withdrawals and notices: hers come from what she holds, her last record and
the receipts since then (--mine). A server learns which 256 slots hers is among, and no more.

Her device keeps the newest book she accepted, and her next record must continue it. An operator's ledger remembers
under which heads records were handed out (LEDGER/handed-out), so a new one reaches her last one by itself; with her
passport it also continues what her last check on this machine has kept. --since is for any other: a file of hers, or
the number of blocks that her check named."""
)
@click.argument("ledger", type=PLACE, metavar="LEDGER")
@plan_argument
@click.option("--slot", type=SLOT, help="Her slot, which is her number in the plan.")
@click.option("--public-key", "key", type=HASH, help="Her public key, 64 hexadecimal digits.")
@click.option("--passport", type=FILE, metavar="FILE", help="Her passport, to take the public key from.")
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE.mcr", help="The file to write.")
@click.option(
    "--since",
    type=FILE,
    multiple=True,
    metavar="FILE|BLOCKS",
    help="A record, receipt or checkpoint she has, or how many blocks it covers: the record shows how it went on.",
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
@lang_option
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
    from .handed_out import handed_out, remember
    from .ledgers import one_of, read_passport, snapshot
    from .overview import chain_overview

    if not force:
        refuse_existing(output, "Choose another name, or add --force to replace it.")
    notes: list[Seen] = [
        int(path.name)
        if _BLOCKS.fullmatch(str(path))
        else note_in(read_file(path, "an earlier record", MAX_BUNDLE_FILE))
        for path in since
    ]
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
        one_of("whose record", slot=slot, public_key=key, passport=passport)
        for name, given in (("--mine", mine), ("--trust", trust), ("--cache", cache)):
            if given:
                raise UsageError(f"{name} goes with a published ledger, and this is an operator's own")
        with snapshot(Path(ledger)) as (archive, reader):
            chain = chain_overview(archive)
            if hers is not None:
                key = hers.public_key(chain.origin, plan)
            found = slot if slot is not None else find_slot(archive, reader, plan, key or b"")
            at, size, seen = found, chain.signed_size, _seen(hers, chain.origin, plan)
            had = handed_out(Path(ledger), plan, at)
            data = _continuing(lambda since: build_record(archive, plan, at, since=since, handed_out=had), notes, seen)
    write_file(output, data, force=force)
    why = None if is_published(ledger) else remember(Path(ledger), plan, size, found)

    noted = why is None and not is_published(ledger)
    value = {"record": str(output), "plan": plan, "slot": found, "bytes": len(data), "size": size, "noted": noted}
    app.result(value, lambda screen: _show(screen, app.words, value, why))


def _show(screen: Screen, words: Words, value: dict[str, Any], why: str | None) -> None:
    text = "The record of slot {slot} is in {file}: {bytes} bytes."
    screen.line(words.say(text, slot=value["slot"], file=value["record"], bytes=value["bytes"]), "good")
    screen.line(words.say("It holds what the checkpoint over {size} blocks covers.", size=value["size"]), indent=2)
    if why is not None:
        text = "That it was handed out could not be noted ({why}): make her next one with --since {size}."
        screen.item("note", words.say(text, why=why, size=str(value["size"])))
    following = f"mutualchain verify-my-record {value['record']} --passport my.passport"
    screen.commands(words.say("Next, with her passport:"), [following])


def _seen(passport: Passport | None, origin: str, plan: str) -> list[Seen]:
    """What her earlier checks on this machine kept of the book."""
    from .pins import pinned_notes

    return [] if passport is None else [*pinned_notes(origin, passport.public_keys(origin, plan))]


def _continuing(build: Callable[[list[Seen]], T], notes: list[Seen], seen: list[Seen]) -> T:
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
