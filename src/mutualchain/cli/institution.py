"""``mutualchain institution``: who may vouch, keep the money and lend: keys, registration, revocation."""

from __future__ import annotations

from pathlib import Path

import click

from .app import App, pass_app
from .case_steps import ROLES
from .command import group
from .options import (
    FILE,
    HASH,
    NAME,
    SIGNATURE,
    json_option,
    lang_option,
    ledger_argument,
    writes,
)
from .screen import Screen
from .signing import recorded, show_message, signed_by_institution

__all__ = ["institution"]

name_option = click.option("--name", type=NAME, required=True, help="The institution.")


@group()
def institution() -> None:
    """Who may vouch, keep the money and lend: institutions (机构), their roles and keys, on the chain."""


@institution.command(
    "new-key",
    epilog="""\b
Example:
  mutualchain institution new-key hospital.key --name first-hospital

The institution makes its key itself, and hands out the public half only.""",
)
@click.argument("file", type=FILE, metavar="FILE")
@name_option
@lang_option
@json_option
@pass_app
def new_key(app: App, file: Path, name: str) -> None:
    """Make an institution's key in a new file, which only its owner can read."""
    from ..ledger.keys import new_seed, write_key_file
    from ..tlog.note import Signer

    signer = Signer.from_seed(name, new_seed())
    write_key_file(file, signer)

    def show(screen: Screen) -> None:
        screen.line(app.words.say("The key is in {file}. Keep it private.", file=str(file)), "good")
        screen.raw(f"{app.words.say('public key')}  {signer.public_key.hex()}", indent=2)

    app.result({"file": str(file), "public_key": signer.public_key.hex()}, show)


@institution.command(
    epilog="""\b
Example:
  mutualchain institution register ledger --name first-hospital --title "First Hospital" --role hospital \\
      --public-key 5f0c... --key hospital.key --reference first-hospital

Roles that judge one another stay apart: a custodian is nothing else, an investigator no hospital and no jury office."""
)
@ledger_argument
@name_option
@click.option("--title", required=True, help="Its name for people.")
@click.option(
    "--role", "roles", type=click.Choice(ROLES), multiple=True, required=True, help="A role; repeat it for more."
)
@click.option("--public-key", type=HASH, required=True, help="Its public key, 64 hexadecimal digits.")
@click.option("--key", type=FILE, metavar="FILE", help="Its key file, to accept with it here.")
@click.option("--signature", type=SIGNATURE, help="Its acceptance, made elsewhere, 128 hexadecimal digits.")
@click.option("--message", is_flag=True, help="Print what has to be signed, and record nothing.")
@writes
def register(
    app: App,
    ledger: Path,
    name: str,
    title: str,
    roles: tuple[str, ...],
    public_key: bytes,
    key: Path | None,
    signature: bytes | None,
    message: bool,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Register an institution; its own key accepts."""
    from .ledgers import writing

    with writing(app, ledger, keys) as opened:
        desk, chosen = opened.institutions, sorted(set(roles))
        to_sign = desk.message(desk.draft_registration(name, title, public_key, chosen))
        if message:
            show_message(app, to_sign)
            return
        signed = signed_by_institution(to_sign, key, signature)
        done = desk.register(name, title, public_key, chosen, acceptance=signed, reference=reference)
        says = app.words.say("{who} is registered in block {height}.", who=name, height=done.height)
        recorded(app, done, receipt, says, commands=[f"mutualchain institution list {ledger}"])


@institution.command(
    epilog="""\b
Example:
  mutualchain institution revoke ledger --name first-hospital --reason misconduct --reference revoke-1"""
)
@ledger_argument
@name_option
@click.option(
    "--reason",
    type=click.Choice(("resigned", "misconduct", "key_lost", "closed")),
    required=True,
    help="Why it is an institution no more.",
)
@writes
def revoke(
    app: App, ledger: Path, name: str, reason: str, reference: str, receipt: Path | None, keys: Path | None
) -> None:
    """An institution can sign nothing any more; what it has signed stays."""
    from .ledgers import writing

    with writing(app, ledger, keys) as opened:
        done = opened.institutions.revoke(name, reason, reference=reference)
        following = [f"mutualchain institution list {ledger}"]
        says = app.words.say("{who} is revoked in block {height}.", who=name, height=done.height)
        recorded(app, done, receipt, says, commands=following)


@institution.command(
    "replace-key",
    epilog="""\b
Example:
  mutualchain institution replace-key ledger --name first-hospital --old-key hospital.key --new-key new.key \\
      --reference first-hospital-key-2""",
)
@ledger_argument
@name_option
@click.option("--old-key", type=FILE, required=True, metavar="FILE", help="Its present key file.")
@click.option("--new-key", "fresh", type=FILE, required=True, metavar="FILE", help="Its new key file.")
@writes
def replace_key(
    app: App,
    ledger: Path,
    name: str,
    old_key: Path,
    fresh: Path,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Replace an institution's key, at once: the old one signs, the new one accepts."""
    from ..covenant.acts import Replacement
    from ..ledger.keys import read_key_file
    from .ledgers import writing

    old, new = read_key_file(old_key), read_key_file(fresh)
    with writing(app, ledger, keys) as opened:
        desk = opened.institutions
        to_sign = desk.message(Replacement(name, new.public_key, b"", b""))
        done = desk.replace_key(
            name,
            new.public_key,
            signature=old.sign_message(to_sign),
            acceptance=new.sign_message(to_sign),
            reference=reference,
        )
        says = app.words.say("{who} has a new key from block {height} on.", who=name, height=done.height)
        following = [f"mutualchain institution list {ledger}"]
        recorded(app, done, receipt, says, commands=following)


@institution.command(
    "list",
    epilog="""\b
Example:
  mutualchain institution list ledger""",
)
@ledger_argument
@lang_option
@json_option
@pass_app
def list_institutions(app: App, ledger: Path) -> None:
    """List the institutions of a ledger, revoked ones too."""
    from .ledgers import reading
    from .rebuilt import registry_of

    with reading(ledger) as archive:
        found = list(registry_of(archive).institutions.values())

    def show(screen: Screen) -> None:
        if not found:
            screen.line(app.words.say("No institution is registered yet."))
        for item in found:
            state = "" if not item.revoked else app.words.say(" (revoked: {reason})", reason=item.revoked)
            screen.line(f"{item.id}: {item.title}{state}")
            screen.line(", ".join(item.roles), indent=2)
            screen.raw(f"{app.words.say('public key')}  {item.key.hex()}", indent=2)

    value = [
        {
            "id": item.id,
            "title": item.title,
            "roles": list(item.roles),
            "public_key": item.key.hex(),
            "revoked": item.revoked or None,
        }
        for item in found
    ]
    app.result({"institutions": value}, show)
