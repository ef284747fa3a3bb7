"""``mutualchain member-key``: a membership handed over to another key, a lost key replaced after a delay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import UsageError
from .app import App, pass_app
from .command import group
from .options import (
    FILE,
    HASH,
    NAME,
    SIGNATURE,
    SLOT,
    json_option,
    lang_option,
    ledger_argument,
    plan_argument,
    writes,
)
from .screen import Screen
from .signing import by_member, recorded, show_message, signed_by_member

__all__ = ["member_key"]

slot_option = click.option("--slot", type=SLOT, required=True, help="Her slot, which is her number in the plan.")
index_option = click.option(
    "--index", type=click.IntRange(0, 255), default=0, help="Which membership of the plan the new key is made for."
)


def new_key_options(command: Any) -> Any:
    """The new key, here as a passport or elsewhere; ``--message``, for keys that are elsewhere."""
    for option in (
        click.option("--message", is_flag=True, help="Print what has to be signed, and record nothing."),
        index_option,
        click.option(
            "--acceptance", type=SIGNATURE, help="The new key's signature, made elsewhere: digits as above, or @FILE."
        ),
        click.option("--new-key", type=HASH, help="The new public key, where its passport is elsewhere."),
        click.option(
            "--new-passport", "fresh", type=FILE, metavar="FILE", help="The passport with the new key, to sign here."
        ),
    ):
        command = option(command)
    return command


class _NewKey:
    """The key that is to come, and its signature."""

    def __init__(self, origin: str, plan: str, options: dict[str, Any]) -> None:
        """Raises UsageError unless it is given in one way."""
        from ..record.passport import member_seed
        from ..tlog import ed25519
        from .ledgers import one_of, read_passport

        fresh, self.key, self._made = options["fresh"], options["new_key"], options["acceptance"]
        one_of("the new key", new_passport=fresh, new_key=self.key)
        self._seed = None
        if fresh is not None:
            self._seed = member_seed(read_passport(fresh).seed, origin, plan, options["index"])
            self.key = ed25519.public_key_of(self._seed)

    def accepts(self, message: bytes) -> bytes:
        """Its signature over ``message``. Raises UsageError where it is missing."""
        from ..tlog import ed25519

        if self._seed is not None:
            return ed25519.sign(self._seed, message)
        if self._made is None:
            raise UsageError("--new-key needs --acceptance, the new key's own signature")
        return bytes(self._made)


@group("member-key")
def member_key() -> None:
    """A member's key: handed over by a guardian, or replaced when it is lost."""


@member_key.command(
    "hand-over",
    epilog="""\b
Example:
  mutualchain member-key hand-over ledger critical-illness --slot 17 --passport guardian.passport \\
      --new-passport child.passport --reference handover-17""",
)
@ledger_argument
@plan_argument
@slot_option
@click.option("--passport", type=FILE, metavar="FILE", help="The passport with the present key.")
@click.option("--signature", type=SIGNATURE, help="The signature, made elsewhere: 128 hexadecimal digits, or @FILE.")
@new_key_options
@writes
def hand_over(
    app: App,
    /,
    ledger: Path,
    plan: str,
    slot: int,
    passport: Path | None,
    signature: bytes | None,
    message: bool,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
    **new: Any,
) -> None:
    """A membership passes to another key at once, signed by both: a guardian hands it to a child come of age."""
    from ..covenant.acts import Handover
    from .ledgers import writing

    with writing(app, ledger, keys) as opened:
        fresh = _NewKey(opened.origin, plan, new)
        act = Handover(slot, fresh.key, b"", b"")
        to_sign = opened.member_keys.message(plan, act)
        if message:
            show_message(app, to_sign)
            return
        signed = signed_by_member(opened, plan, slot, act, passport, signature)
        accepted = fresh.accepts(to_sign)
        done = opened.member_keys.hand_over(
            plan, slot, act.new_key, signature=signed, acceptance=accepted, reference=reference
        )
        says = app.words.say("Slot {slot} has a new key from block {height} on.", slot=slot, height=done.height)
        following = [f"mutualchain member-key show {ledger} {plan} --slot {slot}"]
        recorded(app, done, receipt, says, commands=following)


@member_key.command(
    epilog="""\b
Examples:
  mutualchain member-key replace ledger critical-illness --slot 17 --new-passport new.passport --reference lost-17
  mutualchain member-key replace ledger critical-illness --slot 17 --new-passport new.passport \\
      --voucher first-hospital --key hospital.key --reference lost-17"""
)
@ledger_argument
@plan_argument
@slot_option
@new_key_options
@click.option("--voucher", type=NAME, help="The institution that vouches; without it, the operator does.")
@click.option("--key", type=FILE, metavar="FILE", help="The voucher's key file.")
@writes
def replace(
    app: App,
    /,
    ledger: Path,
    plan: str,
    slot: int,
    voucher: str | None,
    key: Path | None,
    message: bool,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
    **new: Any,
) -> None:
    """Replace a lost key, after the days in which the old one can object."""
    from ..covenant.acts import Rekey
    from ..ledger.keys import read_key_file
    from .ledgers import writing

    if (voucher is None) != (key is None) and not message:
        raise UsageError("--voucher and --key belong together")
    with writing(app, ledger, keys) as opened:
        fresh = _NewKey(opened.origin, plan, new)
        act = Rekey(slot, fresh.key, voucher or "", b"", b"")
        to_sign = opened.member_keys.message(plan, act)
        if message:
            show_message(app, to_sign)
            return
        done = opened.member_keys.replace(
            plan,
            slot,
            act.new_key,
            acceptance=fresh.accepts(to_sign),
            voucher=act.voucher,
            signature=b"" if key is None else read_key_file(key).sign_message(to_sign),
            reference=reference,
        )
        days = opened.book(plan).covenant.keys.rekey_days
        says = app.words.say(
            "The replacement is recorded in block {height}, in force {days} days later unless the old key objects.",
            height=done.height,
            days=days,
        )
        following = [f"mutualchain member-key show {ledger} {plan} --slot {slot}"]
        recorded(app, done, receipt, says, commands=following)


@member_key.command(
    "object",
    epilog="""\b
Example:
  mutualchain member-key object ledger critical-illness --slot 17 --replacement 88fa... --passport her.passport \\
      --reference not-lost-17""",
)
@ledger_argument
@plan_argument
@slot_option
@click.option("--replacement", type=HASH, required=True, help="The replacement: the name that it got.")
@by_member
@writes
def object_(
    app: App,
    ledger: Path,
    plan: str,
    slot: int,
    replacement: bytes,
    passport: Path | None,
    signature: bytes | None,
    message: bool,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """The old key says that it is not lost: the replacement does not come."""
    from ..covenant.acts import RekeyObjection
    from .ledgers import writing

    with writing(app, ledger, keys) as opened:
        act = RekeyObjection(replacement, b"")
        if message:
            show_message(app, opened.member_keys.message(plan, act))
            return
        signed = signed_by_member(opened, plan, slot, act, passport, signature)
        done = opened.member_keys.object(plan, replacement, signature=signed, reference=reference)
        says = app.words.say("The replacement is off, in block {height}.", height=done.height)
        following = [f"mutualchain member-key show {ledger} {plan} --slot {slot}"]
        recorded(app, done, receipt, says, commands=following)


@member_key.command(
    "show",
    epilog="""\b
Example:
  mutualchain member-key show ledger critical-illness --slot 17""",
)
@ledger_argument
@plan_argument
@slot_option
@lang_option
@json_option
@pass_app
def show_key(app: App, ledger: Path, plan: str, slot: int) -> None:
    """Show the key in force in a slot, and a replacement that waits for its day."""
    import numpy as np

    from ..covenant.signing import member_key as in_force
    from ..ledger.opening import read_keys
    from .dates import moment
    from .ledgers import reading
    from .rebuilt import book_of

    with reading(ledger) as archive:
        book = book_of(archive, ledger, plan)
        book.balance(slot)
        enrolled = read_keys(archive, plan, np.array([slot]))[0].tobytes()
        now = app.clock()
        key = in_force(book, slot, now, lambda _: enrolled)
        waiting = book.life.keys.pending(slot, now)

    def show(screen: Screen) -> None:
        screen.raw(f"{app.words.say('public key')}  {key.hex()}")
        if waiting is not None:
            when = moment(waiting.effective_ms, app.zone, app.words)
            screen.line(app.words.say("A replacement is in force from {when} on:", when=when))
            screen.raw(waiting.key.hex(), indent=2)

    value = {
        "plan": plan,
        "slot": slot,
        "public_key": key.hex(),
        "pending": None
        if waiting is None
        else {
            "public_key": waiting.key.hex(),
            "effective_ms": waiting.effective_ms,
            "replacement": waiting.entry.hex(),
        },
    }
    app.result(value, show)
