"""``mutualchain passport sign``: a member signs on her own device, and reads before what it is that she signs.

What comes out of a command's ``--message`` is parsed to the last byte, told in words, confirmed, and signed. Nothing
else is: not a statement of another kind, not one of another plan or, where her record is at hand, of another book.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ..errors import NotYourRecord, PassportError, StatementUnreadable, UsageError
from .app import App, pass_app
from .command import command
from .options import FILE, PLAN, json_option, lang_option
from .screen import Screen

if TYPE_CHECKING:
    from ..covenant.statement_reading import Statement
    from ..record.facts import VerifiedRecord
    from ..record.passport import Passport

__all__ = ["message_in", "origin_of", "sign"]

_MOST: Final = 1 << 14
"""Bytes of what a message stands in: --message with --json, or a letter around it."""


@dataclass(frozen=True, slots=True)
class Signer:
    """With which key of a passport a statement is signed; ``new`` where it is the one that the statement appoints."""

    origin: str
    index: int
    public_key: bytes
    new: bool


@command(
    epilog="""\b
Examples:
  mutualchain passport sign my.passport message.txt --record my-record.mcr
  mutualchain passport sign my.passport message.txt --record my-record.mcr --yes -o signature.txt

The platform's command prints the message with --message, and takes the signature back with --signature, as digits or
as @signature.txt."""
)
@click.argument("passport", type=FILE)
@click.argument("message", metavar="FILE|-|HEX")
@click.option(
    "--record", type=FILE, metavar="FILE.mcr", help="Your record: book, plan, slot and key are held against it."
)
@click.option("--trust", type=FILE, metavar="FILE", help="The trust file. [default: the passport's own]")
@click.option("--plan", type=PLAN, help="The plan that you mean: the message has to be for it.")
@click.option("--origin", metavar="NAME", help="The book, where the passport trusts more than one.")
@click.option("--index", type=click.IntRange(0, 15), help="How often you had joined the plan before.")
@click.option("--yes", is_flag=True, help="You know what you sign: do not ask.")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Write the signature to this new file.")
@lang_option
@json_option
@pass_app
def sign(
    app: App,
    passport: Path,
    message: str,
    record: Path | None,
    trust: Path | None,
    plan: str | None,
    origin: str | None,
    index: int | None,
    yes: bool,
    output: Path | None,
) -> None:
    """Sign a withdrawal, an exit, a ballot, or what you say about your case or key, on your own device.

    It is shown in words first. Whatever is no such statement, or for another plan or book than yours, is refused.
    """
    from ..covenant.statement_reading import read_statement
    from ..tlog import ed25519
    from .files import refuse_existing, write_file
    from .ledgers import read_passport
    from .passport_said import shown
    from .screen import screen_for

    if output is not None:
        refuse_existing(output, "Nothing was signed. Choose another name for the signature.")
    statement = read_statement(message_in(_given(message)))
    if plan is not None and plan != statement.plan:
        raise UsageError(
            "the message is for another plan", value=statement.plan, hint="Sign nothing that you do not mean."
        )
    if not yes and (app.json or message == "-" or not sys.stdin.isatty()):
        raise UsageError("what is to be signed has to be confirmed", hint="Read it on a terminal, or give --yes.")
    opened = read_passport(passport)
    hers = None if record is None else _held(app, opened, record, trust, statement)
    signer = _signer(opened, statement, hers, origin, index)
    if not app.json:  # beside the question; and where the signature is printed, a script reads it alone
        screen = app.screen if yes and output is not None else screen_for(sys.stderr)
        shown(screen, app.words, statement, hers, new=signer.new)
    if not yes and not click.confirm(app.words.say("Do you want to sign this?"), err=True):
        raise UsageError("nothing was signed: you did not confirm it", hint="A signature needs your agreement.")
    signature = ed25519.sign(_seed(opened, statement.plan, signer), statement.to_bytes())
    if output is not None:
        write_file(output, signature.hex().encode() + b"\n")

    def show(screen: Screen) -> None:
        if output is None:
            screen.raw(signature.hex())
        else:
            screen.line(app.words.say("The signature is in {file}.", file=str(output)), "good")

    app.result(_value(statement, signer, hers is not None) | {"signature": signature.hex()}, show)


def origin_of(passport: Passport, origin: str | None) -> str:
    """The book for which a passport makes keys. Raises UsageError where it is not clear, PassportError."""
    from ..tlog import trust as trust_files

    origins = sorted({log.key.name for log in trust_files.parse(passport.trust).logs}) if passport.trust else []
    if origin is None:
        if len(origins) != 1:
            raise UsageError(
                f"the passport trusts {len(origins)} logs",
                hint="Name one with --origin.",
                value=", ".join(origins) or None,
            )
        return origins[0]
    if origins and origin not in origins:
        raise PassportError(
            "the passport does not trust this log", value=origin, hint=f"It trusts: {', '.join(origins)}."
        )
    return origin


def message_in(data: bytes) -> bytes:
    """The message in what was given: its bytes, or a text with one such message in hexadecimal.

    Raises StatementUnreadable where there is none, or more than one.
    """
    from ..covenant.statements import TAG

    if len(data) > _MOST:
        raise StatementUnreadable(f"a message takes {_MOST} bytes at most", value=len(data))
    if data.startswith(TAG):
        return data
    begins = TAG.hex().encode()
    found = re.findall(rb"(?<![0-9A-Za-z])%b[0-9a-f]*(?![0-9A-Za-z])" % begins, data, re.IGNORECASE)
    if len(found) != 1:
        what = "there is no message to be signed in this" if not found else "there is more than one message in this"
        raise StatementUnreadable(what, value=data[:32])
    if len(found[0]) % 2:
        raise StatementUnreadable("the message has half a byte: a digit is missing or too many", value=len(found[0]))
    return bytes.fromhex(found[0].decode())


def _given(message: str) -> bytes:
    from .files import read_file

    if message == "-":
        stream: Any = getattr(sys.stdin, "buffer", sys.stdin)
        found = stream.read(_MOST + 1)
        return found if isinstance(found, bytes) else str(found).encode()
    if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", message, re.ASCII) and not os.path.lexists(message):
        return message.encode()
    return read_file(Path(message), "a message", _MOST)


def _held(app: App, passport: Passport, file: Path, trust: Path | None, statement: Statement) -> VerifiedRecord:
    """Her record, verified, of the book and plan of the statement. Raises UsageError, and what a check raises."""
    from ..limits import MAX_BUNDLE_FILE
    from ..record.verify import verify_record
    from .files import read_file
    from .ledgers import trusted_by

    data = read_file(file, "a record", MAX_BUNDLE_FILE)
    record = verify_record(data, trusted_by(trust, passport), now_ms=app.clock())
    hint = "Sign nothing that you do not mean."
    if statement.chain != record.chain:
        raise UsageError("the message is for another book than your record's", value=statement.chain.hex(), hint=hint)
    if statement.plan != record.plan:
        raise UsageError("the message is for another plan", value=statement.plan, hint=hint)
    if statement.slot is not None and statement.slot != record.slot:
        raise UsageError("the message is for another slot than your record's", value=statement.slot, hint=hint)
    return record


def _signer(
    passport: Passport, statement: Statement, record: VerifiedRecord | None, origin: str | None, index: int | None
) -> Signer:
    """The new key where the statement appoints one of this passport's, else hers by her record, else by ``index``."""
    book = origin_of(passport, origin) if record is None else record.checkpoint.origin
    all_keys = enumerate(passport.public_keys(book, statement.plan))
    keys = {at: key for at, key in all_keys if index in (None, at)}
    new = next((at for at, key in keys.items() if key == statement.new_key), None)
    if new is not None:
        return Signer(book, new, keys[new], new=True)
    if statement.kind == "rekey":
        raise UsageError("this passport does not have the new key that the message names", value=statement.new_key)
    if record is None:
        chosen = index or 0
    else:
        mine = [at for at, key in keys.items() if key in record.keys]
        if not mine:
            raise NotYourRecord("the key in this record is not yours", value=record.public_key)
        chosen = next((at for at in mine if keys[at] == record.public_key), mine[-1])
    return Signer(book, chosen, keys[chosen], new=False)


def _seed(passport: Passport, plan: str, signer: Signer) -> bytes:
    from ..record.passport import member_seed

    return member_seed(passport.seed, signer.origin, plan, signer.index)


def _value(statement: Statement, signer: Signer, checked: bool) -> dict[str, Any]:
    said = statement.said
    names = [item.name for item in fields(said) if item.name not in getattr(said, "SIGNED", ())]
    says = {name: getattr(said, name) for name in names}
    return {
        "kind": statement.kind,
        "chain": statement.chain.hex(),
        "plan": statement.plan,
        "says": {name: value.hex() if isinstance(value, bytes) else value for name, value in says.items()},
        "origin": signer.origin,
        "index": signer.index,
        "public_key": signer.public_key.hex(),
        "new_key": signer.new,
        "record_checked": checked,
    }
