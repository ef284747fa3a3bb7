"""``mutualchain passport join``: a member asks to join, on her own device; and the operator's opening of that."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import ClaimError, KeyFileError, UsageError
from .app import App, pass_app
from .command import command
from .options import FILE, json_option, lang_option
from .screen import Screen

if TYPE_CHECKING:
    from ..record.invitation import Invitation
    from ..record.joining import JoinRequest

__all__ = ["birth_day", "join", "open_request"]


def new_salt() -> bytes:
    """32 random bytes from the operating system."""
    return os.urandom(32)


@command(
    epilog="""\b
Examples:
  mutualchain passport join my.passport critical-illness.mci --name 李明 --birth-date 1990-02-28 -o request.mcj
  mutualchain passport join my.passport critical-illness.mci --agree -o request.mcj"""
)
@click.argument("passport", type=FILE)
@click.argument("invitation", type=FILE)
@click.option("--name", default="", metavar="TEXT", help="Your name.")
@click.option("--id-number", default="", metavar="TEXT", help="Your ID number.")
@click.option("--birth-date", default="", metavar="YYYY-MM-DD", help="Your date of birth.")
@click.option("--health", default="", metavar="TEXT", help="What you declare of your health.")
@click.option(
    "--key-holder",
    type=click.Choice(["member", "guardian", "platform"]),
    default="member",
    show_default=True,
    help="Who holds this passport: anybody but the member herself weakens what her record proves.",
)
@click.option("--index", type=click.IntRange(0, 15), default=0, help="How often you had joined the plan before.")
@click.option("--agree", is_flag=True, help="You have read the covenant and agree to it; else you are asked.")
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE.mcj", help="The request to write.")
@lang_option
@json_option
@pass_app
def join(
    app: App,
    /,
    passport: Path,
    invitation: Path,
    output: Path,
    agree: bool,
    index: int,
    **claims: str,
) -> None:
    """Ask to join the plan of an INVITATION: you agree to its covenant, and sign what you say of yourself.

    The request is sealed: only the operator can read it. On the ledger there will be a commitment to your claims, which
    says nothing about you, and which only you and the operator can open, one claim at a time.
    """
    from ..archive.auditor_key import INTAKE, AuditorKey
    from ..record.claims import NAMES
    from ..record.invitation import SealedRequest
    from ..record.joining import make_request
    from .files import refuse_existing, write_file
    from .ledgers import read_passport

    say = app.words.say
    refuse_existing(output, "Nothing was done. Choose another name for the request.")
    found = _invitation(invitation)
    birth_day(claims["birth_date"])
    word = AuditorKey.from_text(found.intake, INTAKE)
    opened = read_passport(passport)
    if not agree:
        if app.json or not sys.stdin.isatty():
            hint = "Read it on a terminal, without --agree, or give --agree."
            raise UsageError("you have to agree to the covenant", hint=hint)
        _show_covenant(app, found)
        if not click.confirm(say("Do you agree to this covenant?"), err=True):
            raise UsageError("nothing was asked for: you did not agree", hint="A request needs your agreement.")
    values = {
        "name": claims["name"],
        "id_number": claims["id_number"],
        "birth_date": claims["birth_date"],
        "health_declaration": claims["health"],
        "consent": "agreed",
        "key_holder": claims["key_holder"],
    }
    request = make_request(
        opened,
        found.origin,
        found.chain,
        found.plan,
        covenant_version=found.covenant_version,
        covenant_hash=found.covenant.hash,
        values=values,
        salts=tuple(new_salt() for _ in NAMES),
        index=index,
    )
    write_file(output, SealedRequest(found.origin, found.plan, word.seal(request.to_bytes())).to_bytes(), mode=0o600)

    def show(screen: Screen) -> None:
        screen.line(say("Your request to join {title} is in {file}.", title=found.covenant.title, file=output), "good")
        screen.item("note", say("Send it to the platform: only the platform can read it."))
        screen.item("note", say("You agreed to covenant {version}, {hash}.", **_covenant_named(found)))
        if claims["key_holder"] != "member":
            screen.item("note", say("Your key is held by somebody else, who could sign in your name."))
        following = f"mutualchain verify-my-record my-record.mcr --passport {passport}"
        screen.commands(say("When the platform has sent you your record:"), [following])

    value = {"request": str(output), "origin": found.origin, "plan": found.plan, **_covenant_named(found)}
    app.result(value | {"public_key": request.member.public_key.hex()}, show)


def birth_day(text: str) -> int | None:
    """Days from 1970-01-01 to a date of birth as YYYY-MM-DD; None for none. Raises UsageError."""
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
        if found.isoformat() != text:
            raise ValueError
    except ValueError:
        raise UsageError("this is no date of birth", value=text[:40], hint="Give it as YYYY-MM-DD.") from None
    return (found - date(1970, 1, 1)).days


def open_request(path: Path, key: Path) -> JoinRequest:
    """A request opened with the operator's intake key, and verified.

    Raises FileMissing, FrameError, KeyFileError, PassphraseError, ClaimError, StatementSignatureError.
    """
    from ..archive.auditor_key import INTAKE, read_key_file
    from ..limits import MAX_BUNDLE_FILE
    from ..record.invitation import SealedRequest
    from ..record.joining import JoinRequest
    from .files import read_file
    from .intake import PASSPHRASE
    from .sources import passphrase_of

    sealed = SealedRequest.from_bytes(read_file(path, "a join request", MAX_BUNDLE_FILE))
    secret = read_key_file(key, passphrase_of(key, PASSPHRASE).encode(), INTAKE)
    content = secret.open(sealed.sealed)
    if content is None:
        raise KeyFileError("the request is not sealed to this key, or was changed", value=str(path))
    request = JoinRequest.from_bytes(content)
    request.verify()
    if request.member.plan != sealed.plan:
        raise ClaimError("the request is for another plan than the file says", value=sealed.plan)
    return request


def _invitation(path: Path) -> Invitation:
    from ..limits import MAX_BUNDLE_FILE
    from ..record.invitation import Invitation
    from .files import read_file

    return Invitation.from_bytes(read_file(path, "an invitation", MAX_BUNDLE_FILE))


def _covenant_named(found: Invitation) -> dict[str, Any]:
    return {"version": found.covenant_version, "hash": found.covenant.hash.hex()}


def _show_covenant(app: App, found: Invitation) -> None:
    from ..covenant.toml import write_toml
    from .covenants import show_covenant
    from .screen import printable, screen_for

    text = write_toml(found.covenant, language=app.words.language)
    click.echo("\n".join(map(printable, text.split("\n"))), err=True)  # a stranger's titles, for a terminal
    screen = screen_for(sys.stderr)
    screen.line(app.words.say("In short:"), "heading")
    show_covenant(screen, found.covenant, app.words)
    screen.line(app.words.say("This is not insurance: members of a plan share one another's aid."))
