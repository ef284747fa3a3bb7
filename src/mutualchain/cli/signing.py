"""Signatures on what is recorded: made here with a passport or an institution's key, or elsewhere and given.

``--message`` prints what has to be signed and records nothing, for whoever keeps a key on another machine.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import UsageError
from .app import App
from .options import FILE, SIGNATURE
from .screen import Screen

if TYPE_CHECKING:
    from ..covenant.acts import Act
    from ..ledger import Acknowledgement, Ledger
    from ..record.passport import Passport

__all__ = [
    "by_institution",
    "by_member",
    "membership",
    "recorded",
    "show_message",
    "signed_by_institution",
    "signed_by_member",
]

F = TypeVar("F", bound=Callable[..., Any])


def _given(command: F) -> F:
    message = click.option("--message", is_flag=True, help="Print what has to be signed, and record nothing.")
    signature = click.option(
        "--signature", type=SIGNATURE, help="The signature, made elsewhere: 128 hexadecimal digits, or @FILE."
    )
    return signature(message(command))


def by_member(command: F) -> F:
    """``--passport``, ``--signature`` or ``--message``: how a member signs."""
    passport = click.option("--passport", type=FILE, metavar="FILE", help="Her passport, to sign with it here.")
    return passport(_given(command))


def by_institution(command: F) -> F:
    """``--key``, ``--signature`` or ``--message``: how an institution signs."""
    key = click.option("--key", type=FILE, metavar="FILE", help="The institution's key file, to sign with it here.")
    return key(_given(command))


def signed_by_member(
    ledger: Ledger, plan: str, slot: int, act: Act, passport: Path | None, signature: bytes | None
) -> bytes:
    """Her signature over ``act``. Raises UsageError for a passport that is not hers."""
    from ..record.passport import member_seed
    from ..tlog import ed25519
    from .ledgers import one_of, read_passport

    one_of("her signature", passport=passport, signature=signature)
    if passport is None:
        assert signature is not None
        return signature
    hers = read_passport(passport)
    seed = member_seed(hers.seed, ledger.origin, plan, membership(ledger, plan, slot, hers))
    return ed25519.sign(seed, ledger.cases.message(plan, act))


def membership(ledger: Ledger, plan: str, slot: int, hers: Passport) -> int:
    """Which of the passport's memberships has its key in this slot now. Raises UsageError where none has."""
    current = ledger.member_keys.current(plan, slot)
    for index, key in enumerate(hers.public_keys(ledger.origin, plan)):
        if key == current:
            return index
    raise UsageError("the passport is not the one whose key is in this slot", value=slot)


def signed_by_institution(message: bytes, key: Path | None, signature: bytes | None) -> bytes:
    """An institution's signature over ``message``."""
    from ..ledger.keys import read_key_file
    from .ledgers import one_of

    one_of("the institution's signature", key=key, signature=signature)
    if key is None:
        assert signature is not None
        return signature
    return read_key_file(key).sign_message(message)


def show_message(app: App, message: bytes, seq: int | None = None) -> None:
    """What has to be signed, for a key that is elsewhere; with the running number that goes with the signature."""

    def show(screen: Screen) -> None:
        screen.line(app.words.say("To be signed with Ed25519, in hexadecimal:"))
        screen.raw(message.hex())
        if seq is not None:
            screen.line(app.words.say("Give the signature back with --seq {number}.", number=str(seq)))

    value: dict[str, object] = {"message": message.hex()}
    app.result(value if seq is None else value | {"seq": seq}, show)


def recorded(
    app: App, done: Acknowledgement, receipt: Path | None, sentence: str, *, commands: list[str] | None = None
) -> None:
    """The outcome of a write: what was recorded where, its name if it has one, and what comes next."""
    from .ledgers import acknowledged

    value = acknowledged(done, receipt)
    name = value["digest"]

    def show(screen: Screen) -> None:
        screen.line(sentence, "good")
        if name is not None:
            screen.raw(f"{app.words.say('name')}  {name}", indent=2)
        if receipt is not None:
            screen.line(app.words.say("The receipt is in {file}.", file=str(receipt)), indent=2)
        if commands:
            screen.commands(app.words.say("Next:"), [line.replace("CASE", str(name)) for line in commands])

    app.result(value, show)
