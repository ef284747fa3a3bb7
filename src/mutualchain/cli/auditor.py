"""``mutualchain auditor``: the key to which an operator encrypts the sealed rows for an audit."""

from __future__ import annotations

import os
from pathlib import Path

import click

from .app import App, pass_app
from .command import group
from .options import FILE, json_option, lang_option
from .screen import Screen

__all__ = ["auditor"]


def new_seed() -> bytes:
    """32 random bytes from the operating system."""
    return os.urandom(32)


@group()
def auditor() -> None:
    """An auditor's key: what an operator encrypts the sealed rows to."""


@auditor.command(
    epilog="""\b
Example:
  mutualchain auditor new auditor.key"""
)
@click.argument("file", type=FILE)
@lang_option
@json_option
@pass_app
def new(app: App, file: Path) -> None:
    """Make a key in the new file FILE, under a passphrase.

    The operator gets its public half only, one word, and hands out the sealed rows encrypted to it. The file stays with
    you: whoever has it and its passphrase reads what every member paid in and took out. The passphrase is asked for, or
    taken from MUTUALCHAIN_AUDITOR_PASSPHRASE.
    """
    from ..archive.auditor_key import generate
    from .files import refuse_existing
    from .ledgers import new_passphrase
    from .sources import PASSPHRASE

    refuse_existing(file, "A key is never overwritten. Choose another name.")
    passphrase = new_passphrase(app.words, variable=PASSPHRASE) or ""
    key = generate(file, passphrase.encode(), seed=new_seed())
    _show(app, file, key.text, made=True)


@auditor.command(
    epilog="""\b
Example:
  mutualchain auditor show auditor.key"""
)
@click.argument("file", type=FILE)
@lang_option
@json_option
@pass_app
def show(app: App, file: Path) -> None:
    """Show the public half of a key: what you give the operator. No passphrase is needed."""
    from ..archive.auditor_key import read_public_key

    _show(app, file, read_public_key(file).text, made=False)


def _show(app: App, file: Path, word: str, *, made: bool) -> None:
    def display(screen: Screen) -> None:
        say = app.words.say
        if made:
            screen.line(say("The key is in {file}.", file=str(file)), "good")
        screen.pairs([(say("public key"), word)])
        screen.commands(say("The operator:"), [f"mutualchain publish LEDGER FOLDER --for-auditor {word} SEALED"])

    app.result({"key": str(file), "public_key": word}, display)
