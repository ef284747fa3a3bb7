"""``mutualchain passport``: a member's own key, made on her device."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError
from .app import App, pass_app
from .command import group
from .ending import GIVE, NOT_SEEN
from .joining import join
from .options import FILE, PLAN, json_option, lang_option
from .passport_sign import origin_of, sign
from .screen import Screen, width_of

if TYPE_CHECKING:
    from ..record.passport import Lock

__all__ = ["passport"]

_COLUMNS = 4
_WIDE = 60


def new_seed() -> bytes:
    """32 random bytes from the operating system."""
    return os.urandom(32)


def new_lock(passphrase: str) -> Lock:
    """A lock for a passport, with fresh salt and nonce."""
    from ..record.passport import Lock

    return Lock(passphrase, os.urandom(16), os.urandom(24))


@group(order="new join show sign phrase restore lock")
def passport() -> None:
    """Your key (个人密钥) to your own record, made on your own device."""


def _trust_option(command: Any) -> Any:
    return click.option(
        "--trust", type=FILE, required=True, metavar="FILE", help="The platform's trust file, kept in the passport."
    )(command)


def _words_option(command: Any) -> Any:
    return click.option(
        "--words", type=click.Choice(["en", "zh"]), help="Language of the 24 words. [default: that of the result]"
    )(command)


def _lock_option(command: Any) -> Any:
    return click.option(
        "--lock/--no-lock",
        default=None,
        help="Lock it with a passphrase, from MUTUALCHAIN_PASSPHRASE or asked for. [default: ask on a terminal]",
    )(command)


@passport.command(
    epilog="""\b
Examples:
  mutualchain passport new my.passport --trust ledger.trust
  mutualchain passport new my.passport --trust ledger.trust --words zh --lock"""
)
@click.argument("file", type=FILE)
@_trust_option
@_words_option
@_lock_option
@lang_option
@json_option
@pass_app
def new(app: App, file: Path, trust: Path, words: str | None, lock: bool | None) -> None:
    """Make a passport in the new file FILE, and show the 24 words from which it can be made again.

    It holds a secret that only you have, from which a key for every plan is made, and the trust file with which you
    will check what you are shown. Write the 24 words down on paper: nobody else can make it again for you.
    """
    from ..record.phrase import phrase_of

    seed = new_seed()
    value = _write(app, file, seed, trust, lock)
    phrase = phrase_of(seed, words or app.words.language)

    def show(screen: Screen) -> None:
        _made(app, screen, file, value)
        screen.line()
        _show_phrase(app, screen, phrase)
        screen.commands(app.words.say("Next:"), [f"mutualchain passport show {file} --plan PLAN"])

    app.result(value | {"phrase": phrase}, show)


@passport.command(
    epilog="""\b
Examples:
  mutualchain passport restore my.passport --trust ledger.trust
  mutualchain passport restore my.passport --trust ledger.trust --phrase-file words.txt"""
)
@click.argument("file", type=FILE)
@_trust_option
@click.option("--phrase-file", type=FILE, metavar="FILE", help="A text file of the 24 words, instead of being asked.")
@_lock_option
@lang_option
@json_option
@pass_app
def restore(app: App, file: Path, trust: Path, phrase_file: Path | None, lock: bool | None) -> None:
    """Make a lost passport again, in the new file FILE, from its 24 words (English or Chinese)."""
    from ..record.phrase import seed_of
    from .files import refuse_existing

    refuse_existing(file, "Nothing was done. Choose another name for the passport.")
    value = _write(app, file, seed_of(_phrase(app, phrase_file)), trust, lock)

    def show(screen: Screen) -> None:
        _made(app, screen, file, value)
        screen.item("note", app.words.say(NOT_SEEN))
        following = f"mutualchain verify-my-record my-record.mcr --passport {file} --seen my-last-record.mcr"
        screen.commands(app.words.say("Next:"), [following])

    app.result(value, show)


@passport.command(
    epilog="""\b
Example:
  mutualchain passport phrase my.passport --words zh"""
)
@click.argument("file", type=FILE)
@_words_option
@lang_option
@json_option
@pass_app
def phrase(app: App, file: Path, words: str | None) -> None:
    """Show the 24 words of a passport again, to write them down."""
    from ..record.phrase import phrase_of
    from .ledgers import read_passport

    found = phrase_of(read_passport(file).seed, words or app.words.language)
    app.result({"passport": str(file), "phrase": found}, lambda screen: _show_phrase(app, screen, found))


@passport.command(
    epilog="""\b
Examples:
  mutualchain passport lock my.passport -o locked.passport
  mutualchain passport lock my.passport -o open.passport --no-lock"""
)
@click.argument("file", type=FILE)
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE", help="The new file to write.")
@click.option("--lock/--no-lock", default=True, help="With a new passphrase, or with none. [default: with one]")
@lang_option
@json_option
@pass_app
def lock(app: App, file: Path, output: Path, lock: bool) -> None:
    """Write the passport FILE to a new file with another passphrase, or with none.

    FILE stays as it is: delete it once the new one is in its place.
    """
    from .files import refuse_existing, write_file
    from .ledgers import new_passphrase, read_passport

    refuse_existing(output, "Nothing was done. Choose another name.")
    opened = read_passport(file)
    chosen = new_passphrase(app.words, variable="MUTUALCHAIN_NEW_PASSPHRASE") if lock else None
    write_file(output, opened.to_bytes(None if chosen is None else new_lock(chosen)), mode=0o600)

    def show(screen: Screen) -> None:
        text = "{file} opens with the new passphrase." if lock else "{file} opens without a passphrase."
        screen.line(app.words.say(text, file=output), "good")

    app.result({"passport": str(output), "locked": lock}, show)


@passport.command(
    epilog="""\b
Example:
  mutualchain passport show my.passport --plan critical-illness"""
)
@click.argument("file", type=FILE)
@click.option("--plan", type=PLAN, required=True, help="The plan you want to join, or are in.")
@click.option("--origin", metavar="NAME", help="The book, where the passport trusts more than one.")
@click.option("--index", type=click.IntRange(0, 15), default=0, help="How often you had joined the plan before.")
@lang_option
@json_option
@pass_app
def show(app: App, file: Path, plan: str, origin: str | None, index: int) -> None:
    """Show your public key and address for a plan: what you give the platform when you join."""
    from ..record.address import address_of
    from .ledgers import read_passport

    opened = read_passport(file)
    origin = origin_of(opened, origin)
    key = opened.public_key(origin, plan, index)
    say = app.words.say

    def display(screen: Screen) -> None:
        rows = [("plan", plan), ("book", origin), ("public key", key.hex()), ("address", address_of(key))]
        screen.pairs([(say(name), value) for name, value in rows])
        screen.line()
        screen.line(say(GIVE))
        following = f"mutualchain verify-my-record my-record.mcr --passport {file}"
        screen.commands(say("When the platform has sent you your record:"), [following])

    value = {"origin": origin, "plan": plan, "index": index, "public_key": key.hex(), "address": address_of(key)}
    app.result(value, display)


passport.add_command(join)
passport.add_command(sign)


def _write(app: App, file: Path, seed: bytes, trust: Path, lock: bool | None) -> dict[str, Any]:
    """Write a passport, locked if wanted; what it is, as JSON."""
    from ..record.passport import Passport
    from .files import refuse_existing, write_file
    from .ledgers import new_passphrase, read_trust

    refuse_existing(file, "Nothing was done. Choose another name for the passport.")
    trusted = read_trust(trust)
    wanted = lock if lock is not None else "MUTUALCHAIN_PASSPHRASE" in os.environ or sys.stdin.isatty()
    passphrase = new_passphrase(app.words, optional=lock is None) if wanted else None
    closed = None if passphrase is None else new_lock(passphrase)
    write_file(file, Passport(seed, trusted.format()).to_bytes(closed), mode=0o600)
    return {"passport": str(file), "locked": closed is not None, "logs": [log.key.name for log in trusted.logs]}


def _made(app: App, screen: Screen, file: Path, value: dict[str, Any]) -> None:
    say = app.words.say
    screen.line(say("Your passport is in {file}.", file=file), "good")
    if value["locked"]:
        screen.item("note", say("It is locked: it opens with your passphrase only."))
    else:
        screen.item("note", say("Keep it private: whoever has it can sign withdrawals in your name."))
    screen.item("note", say("It trusts: {logs}.", logs=", ".join(value["logs"]) or say("no log")))


def _show_phrase(app: App, screen: Screen, phrase: str) -> None:
    say = app.words.say
    words = phrase.split()
    columns = _COLUMNS if screen.width >= _WIDE else _COLUMNS // 2
    rows = -(-len(words) // columns)
    screen.line(say("Your 24 words. Write them down on paper, in their order, and show them to nobody:"), "heading")
    for row in range(rows):
        cells = [f"{at + 1:>2} {words[at]}" + " " * (10 - width_of(words[at])) for at in range(row, len(words), rows)]
        screen.raw("  " + "".join(cells).rstrip())
    screen.line(say("Whoever has them has your passport. With them you make it again if you lose it."))


def _phrase(app: App, path: Path | None) -> str:
    from .files import read_file

    if path is not None:
        try:
            return read_file(path, "a phrase", 4_096).decode("utf-8")
        except UnicodeDecodeError:
            raise UsageError("the phrase is not UTF-8 text", value=str(path)) from None
    if sys.stdin.isatty():
        return str(click.prompt(app.words.say("Your 24 words"), err=True))
    return sys.stdin.read(4_096)
