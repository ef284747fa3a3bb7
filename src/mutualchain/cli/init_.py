"""``mutualchain init``: a new ledger, its keys, and the trust file that members get."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import GenesisError, KeyFileError, StoreExists, UsageError
from .app import App, pass_app
from .options import FILE, json_option, ledger_argument
from .screen import Screen

if TYPE_CHECKING:
    from ..tlog.trust import TrustFile

__all__ = ["init"]


@click.command(
    epilog="""\b
Examples:
  mutualchain init ledger --origin example.org/mutual-aid
  mutualchain init ledger --origin example.org/mutual-aid --witnesses witnesses.txt"""
)
@ledger_argument
@click.option(
    "--origin", required=True, metavar="NAME", help="The name of the book, for ever, e.g. example.org/mutual-aid."
)
@click.option("--keys", type=FILE, metavar="FOLDER", help="Where the keys go. [default: LEDGER-keys, beside it]")
@click.option(
    "--witnesses",
    type=FILE,
    metavar="FILE",
    help="Who shall cosign this book: a file with the lines witness, group and quorum of a trust file.",
)
@click.option(
    "--existing-keys", is_flag=True, help="Use the three keys in that folder, e.g. after an init that was interrupted."
)
@json_option
@pass_app
def init(app: App, ledger: Path, origin: str, keys: Path | None, witnesses: Path | None, existing_keys: bool) -> None:
    """Make a new ledger in the new or empty folder LEDGER.

    Three keys are made: log.key signs the book, block.key signs its blocks, recovery.key is for the day on which
    block.key is lost or stolen. They lie outside the ledger, so that a copy of it never carries them along.
    LEDGER.trust holds the public half: hand it to members, auditors and everybody else. With --witnesses it asks for
    their quorum, and from then on nothing is written before they have confirmed that this is the newest copy.
    """
    from ..block.genesis import check_origin
    from ..ledger import Ledger, OperatorKeys, Witnesses
    from ..tlog.note import check_key_name
    from ..tlog.trust import Log, TrustFile
    from .files import refuse_existing, write_file
    from .ledgers import keys_folder, read_trust, trust_path

    if not origin.isascii():
        raise UsageError(
            "an origin is of ASCII characters only", value=origin, hint="e.g. --origin example.org/mutual-aid"
        )
    try:
        check_key_name(check_origin(origin))
    except GenesisError as error:  # here it is the call that is wrong, not a chain
        raise UsageError(error.message, value=error.value, hint="e.g. --origin example.org/mutual-aid") from None
    asked = TrustFile(()) if witnesses is None else Witnesses(read_trust(witnesses)).trust
    folder = keys if keys is not None else keys_folder(ledger)
    trust = trust_path(ledger)
    _check_places(ledger, folder)
    taken = "A trust file of this name belongs to another ledger: choose another folder."
    if existing_keys:
        made = OperatorKeys.from_folder(folder)
        if made.log.name != origin:
            raise KeyFileError("the log key there is of another origin", value=made.log.name)
    else:
        refuse_existing(trust, taken)
        for name in ("log", "block", "recovery"):
            refuse_existing(
                folder / f"{name}.key", "Name another folder with --keys, or add --existing-keys to use them."
            )
        made = OperatorKeys.generate(origin, folder)
    # The ledger comes last: interrupted at any moment before, the same command with --existing-keys goes on.
    content = replace(asked, logs=(Log(made.log.verifier),)).format()
    if not (trust.is_file() and trust.read_bytes() == content):
        refuse_existing(trust, taken)
        write_file(trust, content)
    with Ledger.create(ledger, made, clock=app.clock) as opened:
        chain = opened.chain
    value = {
        "ledger": str(ledger),
        "origin": origin,
        "chain": chain.hex(),
        "log_key": made.log.vkey,
        "keys": str(folder),
        "trust": str(trust),
    }
    app.result(value, lambda screen: _show(screen, ledger, origin, chain, folder, trust, asked))


def _check_places(ledger: Path, folder: Path) -> None:
    """Refuse before anything is made: keys inside the ledger, a folder that is taken."""
    if not ledger.resolve().name:
        raise UsageError("the root of the file system cannot be a ledger", value=str(ledger))
    if ledger.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise UsageError("keys never lie inside the ledger", value=str(folder), hint="Name another folder with --keys.")
    if ledger.exists() and not ledger.is_dir():
        raise StoreExists("there is a file of this name", place=str(ledger))
    if ledger.is_dir() and (ledger / "store").exists():
        raise StoreExists("this folder is a ledger already", place=str(ledger))
    if ledger.is_dir() and any(item.name not in ("writer.lock", "store.partial") for item in ledger.iterdir()):
        raise StoreExists("this folder is not empty", place=str(ledger))


def _show(screen: Screen, ledger: Path, origin: str, chain: bytes, folder: Path, trust: Path, asked: TrustFile) -> None:
    screen.line(f"A new ledger: {origin}", "good")
    screen.pairs(
        [
            ("ledger", str(ledger)),
            ("chain", chain.hex()),
            ("keys", f"{folder} (log.key, block.key, recovery.key)"),
            ("trust file", str(trust)),
        ]
    )
    screen.line()
    screen.item(
        "note", f"Move {folder / 'recovery.key'} offline now. It is needed only if block.key is lost or stolen."
    )
    screen.item(
        "note", "Whoever has log.key and block.key can write in this book. Back them up, and keep them private."
    )
    screen.item("note", "Hand the trust file to members and auditors on a way that does not lead through this server.")
    if asked.witnesses:
        names = ", ".join(witness.name for witness in asked.witnesses)
        screen.item("note", f"Tell the witnesses the log key, so that they know this book: {names}.")
    screen.commands("Next:", [f"mutualchain plan create {ledger} PLAN --title TITLE"])
