"""``mutualchain backup`` and ``restore``: a ledger copied while it is written to, and a checked copy of a copy."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import LogRootMismatch, StoreExists, UsageError
from .app import App, pass_app
from .command import command
from .options import FILE, json_option, lang_option, ledger_argument, tz_option
from .screen import Screen

if TYPE_CHECKING:
    from .overview import ChainOverview

__all__ = ["backup", "check_copy", "restore"]


@command(
    epilog="""\b
Example:
  mutualchain backup ledger backups/2026-05-03"""
)
@ledger_argument
@click.argument("destination", type=FILE)
@tz_option
@lang_option
@json_option
@pass_app
def backup(app: App, ledger: Path, destination: Path) -> None:
    """Copy LEDGER to the new folder DESTINATION: consistent and durable, while a writer goes on writing.

    The copy holds everything but the operator's keys, which have to be backed up apart from it. LEDGER.trust, if it is
    there, is copied along, to DESTINATION.trust.
    """
    chain = _copy(ledger, destination)
    app.result(_value(ledger, destination, chain), lambda screen: _show_backup(screen, app, destination, chain))


def _show_backup(screen: Screen, app: App, destination: Path, chain: ChainOverview) -> None:
    from .dates import moment

    say = app.words.say
    text = "{origin}: {size} blocks copied to {place}."
    screen.line(say(text, origin=chain.origin, size=chain.size, place=str(destination)), "good")
    screen.line(say("The last one is of {when}.", when=moment(chain.time_ms, app.zone, app.words)), indent=2)
    screen.item("note", say("The keys are not in it: back them up apart from it."))
    screen.commands(say("Next:"), [f"mutualchain audit {destination}"])


@command(
    epilog="""\b
Example:
  mutualchain restore backups/2026-05-03 ledger-2"""
)
@click.argument("source", type=FILE, metavar="BACKUP")
@click.argument("ledger", type=FILE, metavar="NEWLEDGER")
@tz_option
@lang_option
@json_option
@pass_app
def restore(app: App, source: Path, ledger: Path) -> None:
    """Make the ledger NEWLEDGER from a backup, and check that its logs lead to the checkpoint that was signed.

    A backup may be older than what members, receipts and witnesses have seen. Before anything new is signed with it,
    make sure that there is no later copy: a book that loses blocks is a rollback, and shows.
    """
    from .ledgers import asks_witnesses, keys_folder

    chain = _copy(source, ledger)

    def show(screen: Screen) -> None:
        from .dates import moment

        say = app.words.say
        text = "{origin}: {size} blocks restored to {place}, signed and consistent."
        screen.line(say(text, origin=chain.origin, size=chain.size, place=str(ledger)), "good")
        screen.line(say("The last one is of {when}.", when=moment(chain.time_ms, app.zone, app.words)), indent=2)
        text = "What was recorded after that moment is not in it, and members may hold receipts for it."
        screen.item("bad", say(text), "doubt")
        text = "Write in it only if no later copy exists: whoever saw more blocks will see a rollback."
        screen.item("note", say(text))
        if asks_witnesses(ledger):
            text = "`mutualchain cosign {ledger}` asks the witnesses; nothing is written before they agree."
            screen.item("note", say(text, ledger=str(ledger)))
        text = "Keys are looked for in {folder}; --keys names another folder."
        screen.item("note", say(text, folder=str(keys_folder(ledger))))
        screen.commands(say("Next:"), [f"mutualchain audit {ledger}"])

    app.result(_value(source, ledger, chain), show)


def _copy(source: Path, destination: Path) -> ChainOverview:
    """Copy, check the copy, and take the trust file along where there is one; a copy that fails is removed."""
    from ..store import LmdbStore
    from .ledgers import trust_path

    if source.resolve() in destination.resolve().parents:
        raise UsageError("a copy never lies inside the ledger", value=str(destination), hint="Choose another folder.")
    trust, copied = trust_path(source), trust_path(destination)
    if trust.exists() and copied.exists() and trust.read_bytes() != copied.read_bytes():
        raise StoreExists("a trust file of another ledger lies beside the destination", place=str(copied))
    fresh = not destination.exists()
    with LmdbStore.open(source, readonly=True) as store:
        store.copy_to(destination)
    try:
        chain = check_copy(destination)
        if trust.exists() and not copied.exists():
            shutil.copyfile(trust, copied)
    except BaseException:
        shutil.rmtree(destination if fresh else destination / "store", ignore_errors=True)
        raise
    return chain


def check_copy(ledger: Path) -> ChainOverview:
    """Whether the newest checkpoint is the log's own and the recorded blocks lead to it.

    Raises what :func:`load_state` and the signature raise; LogRootMismatch. It is no audit: rows are not read.
    """
    from ..block.chain import BLOCKS
    from ..ledger.opening import load_state
    from ..tlog.merkle import frontier_from_nodes
    from .ledgers import genesis_trust, reading
    from .overview import chain_overview

    with reading(ledger) as archive:
        state = load_state(archive)
        checkpoint = genesis_trust(archive).open_checkpoint(archive.signed(), state.origin)
        if checkpoint.size > archive.size:
            raise LogRootMismatch(
                f"the checkpoint was signed over {checkpoint.size} blocks, and {archive.size} are there",
                place=str(ledger),
            )
        found = frontier_from_nodes(archive.nodes(BLOCKS), checkpoint.size).root()
        if found != checkpoint.root:
            raise LogRootMismatch(
                "the recorded blocks do not lead to the signed checkpoint", value=found, place=str(ledger)
            )
        return chain_overview(archive)


def _value(source: Path, destination: Path, chain: ChainOverview) -> dict[str, object]:
    return {
        "source": str(source),
        "destination": str(destination),
        "origin": chain.origin,
        "chain": chain.chain.hex(),
        "size": chain.size,
        "time_ms": chain.time_ms,
        "checkpoint": {"size": chain.signed_size, "root": chain.root.hex()},
    }
