"""``mutualchain init``: a new ledger, its keys, and the trust file that members get."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import GenesisError, KeyFileError, StoreExists, UsageError
from .app import App, pass_app
from .command import command
from .options import FILE, json_option, lang_option, ledger_argument
from .screen import Screen

if TYPE_CHECKING:
    from ..tlog.trust import TrustFile
    from .language import Words

__all__ = ["init"]


@command(
    epilog="""\b
Examples:
  mutualchain init ledger --origin example.org/mutual-aid
  mutualchain init ledger --origin example.org/mutual-aid --witnesses witnesses.txt"""
)
@ledger_argument
@click.option(
    "--origin", required=True, metavar="NAME", help="The name of the book, for ever, e.g. example.org/mutual-aid."
)
@click.option(
    "--keys",
    type=FILE,
    envvar="MUTUALCHAIN_KEYS",
    metavar="FOLDER",
    help="Where the keys go. [default: LEDGER-keys, beside it]",
)
@click.option(
    "--witnesses",
    type=FILE,
    metavar="FILE",
    help="Who shall cosign this book: a file with the lines witness, group and quorum of a trust file.",
)
@click.option(
    "--existing-keys", is_flag=True, help="Use the three keys in that folder, e.g. after an init that was interrupted."
)
@lang_option
@json_option
@pass_app
def init(app: App, ledger: Path, origin: str, keys: Path | None, witnesses: Path | None, existing_keys: bool) -> None:
    """Make a new ledger in the new or empty folder LEDGER.

    Three keys are made: log.key signs the book, block.key signs its blocks, recovery.key is for the day on which
    block.key is lost or stolen. They lie outside the ledger, so that a copy of it never carries them along. So does
    LEDGER-vault, with the keys of members' personal data.
    LEDGER.trust holds the public half: hand it to members, auditors and everybody else. With --witnesses it asks for
    their quorum, and from then on nothing is written before they have confirmed that this is the newest copy.
    """
    from ..block.genesis import check_origin
    from ..ledger import Ledger, OperatorKeys, Witnesses
    from ..tlog.note import check_key_name
    from ..tlog.trust import Log, TrustFile
    from .files import refuse_existing, write_file
    from .ledgers import keys_folder, read_trust, trust_path
    from .vaults import make_vault, opened_vault, vault_path

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
    vault = vault_path(ledger)
    if not (vault / "data.sqlite").exists():
        make_vault(vault)
    with opened_vault(vault) as held, Ledger.create(ledger, made, clock=app.clock, vault=held) as opened:
        chain = opened.chain
    value = {
        "ledger": str(ledger),
        "origin": origin,
        "chain": chain.hex(),
        "log_key": made.log.vkey,
        "keys": str(folder),
        "trust": str(trust),
        "vault": str(vault),
    }
    app.result(value, lambda screen: _show(screen, app.words, value, ledger, asked))


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


NOTES = (
    "Move {recovery} offline now. It is needed only if block.key is lost or stolen.",
    "Whoever has log.key and block.key can write in this book. Back them up, and keep them private.",
    "{vault} is never in a copy of the ledger. Keep one copy of its keys, none that is old: docs/data-protection.md.",
    "Hand the trust file to members and auditors on a way that does not lead through this server.",
)


def _show(screen: Screen, words: Words, value: dict[str, str], ledger: Path, asked: TrustFile) -> None:
    say = words.say
    screen.line(say("A new ledger: {origin}", origin=value["origin"]), "good")
    screen.pairs(
        [
            (say("ledger"), value["ledger"]),
            (say("chain"), value["chain"]),
            (say("keys"), f"{value['keys']} (log.key, block.key, recovery.key)"),
            (say("vault"), value["vault"]),
            (say("trust file"), value["trust"]),
        ]
    )
    screen.line()
    for note in NOTES:
        screen.item("note", say(note, recovery=str(Path(value["keys"]) / "recovery.key"), vault=value["vault"]))
    if asked.witnesses:
        names = ", ".join(witness.name for witness in asked.witnesses)
        screen.item("note", say("Tell the witnesses the log key, so that they know this book: {names}.", names=names))
    shown = [f"mutualchain keys show {ledger}"] if asked.witnesses else []
    screen.commands(say("Next:"), [*shown, f"mutualchain plan create {ledger} PLAN --title TITLE"])
