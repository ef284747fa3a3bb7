"""``mutualchain passport``: a member's own key, made on her device."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ..errors import PassportError, UsageError
from .app import App, pass_app
from .options import FILE, PLAN, json_option
from .screen import Screen

__all__ = ["passport"]


def new_seed() -> bytes:
    """32 random bytes from the operating system."""
    return os.urandom(32)


@click.group()
def passport() -> None:
    """Your key (个人密钥) to your own record, made on your own device."""


@passport.command(
    epilog="""\b
Example:
  mutualchain passport new my.passport --trust ledger.trust"""
)
@click.argument("file", type=FILE)
@click.option(
    "--trust", type=FILE, required=True, metavar="FILE", help="The platform's trust file, kept in the passport."
)
@json_option
@pass_app
def new(app: App, file: Path, trust: Path) -> None:
    """Make a passport in the new file FILE.

    It holds a secret that only you have, from which a key for every plan is made, and the trust file with which you
    will check what you are shown. Nobody can make it again for you: keep a copy in a safe place.
    """
    from ..record.passport import Passport
    from .files import write_file
    from .ledgers import read_trust

    trusted = read_trust(trust)
    write_file(file, Passport(new_seed(), trusted.format()).to_bytes(), mode=0o600)
    logs = [log.key.name for log in trusted.logs]

    def show(screen: Screen) -> None:
        screen.line(f"Your passport is in {file}.", "good")
        screen.item("note", "Keep it private: whoever has it can sign withdrawals in your name.")
        screen.item("note", "Keep a copy in a safe place: nobody can make it again for you.")
        screen.item("note", f"It trusts: {', '.join(logs) or 'no log'}.")
        screen.commands("Next:", [f"mutualchain passport show {file} --plan PLAN"])

    app.result({"passport": str(file), "logs": logs}, show)


@passport.command(
    epilog="""\b
Example:
  mutualchain passport show my.passport --plan critical-illness"""
)
@click.argument("file", type=FILE)
@click.option("--plan", type=PLAN, required=True, help="The plan you want to join, or are in.")
@click.option("--origin", metavar="NAME", help="The book, where the passport trusts more than one.")
@click.option("--index", type=click.IntRange(0, 15), default=0, help="0; one more for each time you rejoined.")
@json_option
@pass_app
def show(app: App, file: Path, plan: str, origin: str | None, index: int) -> None:
    """Show your public key for a plan: what you give the platform when you join."""
    from ..tlog import trust as trust_files
    from .ledgers import read_passport

    opened = read_passport(file)
    origins = sorted({log.key.name for log in trust_files.parse(opened.trust).logs}) if opened.trust else []
    if origin is None:
        if len(origins) != 1:
            raise UsageError(
                f"the passport trusts {len(origins)} logs",
                hint="Name one with --origin.",
                value=", ".join(origins) or None,
            )
        origin = origins[0]
    elif origins and origin not in origins:
        raise PassportError(
            "the passport does not trust this log", value=origin, hint=f"It trusts: {', '.join(origins)}."
        )
    key = opened.public_key(origin, plan, index)

    def display(screen: Screen) -> None:
        screen.pairs([("plan", plan), ("book", str(origin)), ("public key", key.hex())])
        screen.line()
        screen.line("The public key is no secret: it stands in your row of the plan, and says nothing about you.")

    app.result({"origin": origin, "plan": plan, "index": index, "public_key": key.hex()}, display)
