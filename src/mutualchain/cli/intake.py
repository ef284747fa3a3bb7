"""``mutualchain intake``: how people ask an operator to join, by files that only the operator can read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import PlanUnknown
from .app import App, pass_app
from .command import group
from .options import FILE, json_option, lang_option, ledger_argument, plan_argument
from .screen import Screen

if TYPE_CHECKING:
    from ..archive.reading import Archive
    from ..covenant.document import Covenant

__all__ = ["PASSPHRASE", "intake"]

PASSPHRASE = "MUTUALCHAIN_INTAKE_PASSPHRASE"


def new_seed() -> bytes:
    """32 random bytes from the operating system."""
    return os.urandom(32)


@group()
def intake() -> None:
    """Requests to join: your key for them, and the invitations that you hand out."""


@intake.command(
    epilog="""\b
Example:
  mutualchain intake new intake.key"""
)
@click.argument("file", type=FILE)
@lang_option
@json_option
@pass_app
def new(app: App, file: Path) -> None:
    """Make the key in the new file FILE, under a passphrase: people seal their requests to its public half.

    The passphrase is asked for, or taken from MUTUALCHAIN_INTAKE_PASSPHRASE.
    """
    from ..archive.auditor_key import INTAKE, generate
    from .files import refuse_existing
    from .ledgers import new_passphrase

    refuse_existing(file, "A key is never overwritten. Choose another name.")
    passphrase = new_passphrase(app.words, variable=PASSPHRASE) or ""
    key = generate(file, passphrase.encode(), role=INTAKE, seed=new_seed())
    _show(app, file, key.text, made=True)


@intake.command(
    epilog="""\b
Example:
  mutualchain intake show intake.key"""
)
@click.argument("file", type=FILE)
@lang_option
@json_option
@pass_app
def show(app: App, file: Path) -> None:
    """Show the public half of the key in FILE. No passphrase is needed."""
    from ..archive.auditor_key import INTAKE, read_public_key

    _show(app, file, read_public_key(file, INTAKE).text, made=False)


def _show(app: App, file: Path, word: str, *, made: bool) -> None:
    def display(screen: Screen) -> None:
        say = app.words.say
        if made:
            screen.line(say("The key is in {file}.", file=str(file)), "good")
        screen.pairs([(say("public key"), word)])
        screen.commands(say("Next:"), [f"mutualchain intake invite LEDGER PLAN --intake {file} -o plan.mci"])

    app.result({"key": str(file), "public_key": word}, display)


@intake.command(
    epilog="""\b
Example:
  mutualchain intake invite ledger critical-illness --intake intake.key -o critical-illness.mci"""
)
@ledger_argument
@plan_argument
@click.option("--intake", "key", type=FILE, required=True, metavar="FILE", help="The key that requests are sealed to.")
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE.mci", help="The file to write.")
@lang_option
@json_option
@pass_app
def invite(app: App, ledger: Path, plan: str, key: Path, output: Path) -> None:
    """Write an invitation to PLAN: its covenant, and the public half of your key. Everybody may have it."""
    from ..archive.auditor_key import INTAKE, read_public_key
    from ..block.block import block_hash
    from ..block.entry import Entry
    from ..block.genesis import Genesis
    from ..record.invitation import Invitation
    from .files import write_file
    from .ledgers import snapshot

    word = read_public_key(key, INTAKE).text
    with snapshot(ledger) as (archive, _):
        if plan not in archive.plans():
            raise PlanUnknown(f"there is no plan {plan!r}", value=plan)
        version, covenant = _covenant_now(archive, plan, app.clock())
        origin = Genesis.from_entry(Entry.from_bytes(archive.entry(0, 0))).origin
        chain = block_hash(archive.block(0))
    write_file(output, Invitation(origin, chain, plan, version, covenant, word).to_bytes())

    def display(screen: Screen) -> None:
        say = app.words.say
        text = "The invitation to {plan} ({title}, covenant {version}) is in {file}."
        screen.line(say(text, plan=plan, title=covenant.title, version=version, file=str(output)), "good")
        screen.commands(say("A member:"), [f"mutualchain passport join my.passport {output} -o request.mcj"])

    value = {"invitation": str(output), "plan": plan, "covenant_version": version, "covenant_hash": covenant.hash.hex()}
    app.result(value, display)


def _covenant_now(archive: Archive, plan: str, now_ms: int) -> tuple[int, Covenant]:
    """The version in force and its covenant, from the plan's log of entries."""
    from ..block.entry import Entry
    from ..covenant.acts import Adoption, Amendment, act_of
    from ..covenant.document import Covenant

    version, data = 0, b""
    size = archive.plan_state(plan, archive.size - 1).events_size
    for _, _, entry in archive.entries_of(plan, size, (Adoption.kind, Amendment.kind)):
        act = act_of(Entry.from_bytes(entry))
        if isinstance(act, Adoption) or (isinstance(act, Amendment) and act.effective_ms <= now_ms):
            version, data = act.version, act.covenant
    return version, Covenant.from_bytes(data)
