"""``mutualchain enrol``, ``withdraw`` and ``exit``: what happens to one member, and many members at once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import DuplicateKey, ReferenceConflict, UsageError
from .app import App
from .command import command
from .options import (
    FILE,
    HASH,
    SIGNATURE,
    SLOT,
    ledger_argument,
    plan_argument,
    writes,
)
from .screen import Screen
from .signing import membership, show_message
from .vaults import vault_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ledger import Acknowledgement, Ledger
    from ..record.passport import Passport
    from .language import Words

__all__ = ["NO_CLAIMS", "enrol", "exit_", "withdraw"]

NO_CLAIMS = hashlib.sha256(b"").digest()
"""The commitment of somebody about whom nothing is claimed: the RFC 6962 root over no claims."""
_RETRIES = 16


@command(
    epilog="""\b
Examples:
  mutualchain enrol ledger critical-illness --public-key 5f0c... --commitment 91ab... --deposit 10 --reference order-17
  mutualchain enrol ledger critical-illness --join-request request.mcj --intake intake.key --deposit 10 \\
      --reference order-18
  mutualchain enrol ledger critical-illness --csv members.csv --reference import-1

The CSV file's first line is key,commitment,deposit, and may name since_day and birth_date (YYYY-MM-DD) beside them.
A date of birth is held against the covenant's limits of age and recorded nowhere."""
)
@ledger_argument
@plan_argument
@click.option("--public-key", "key", type=HASH, help="Her public key, 64 hexadecimal digits (passport show prints it).")
@click.option(
    "--passport", type=FILE, metavar="FILE", help="Her passport, to take the public key from: for trying things out."
)
@click.option("--join-request", type=FILE, metavar="FILE.mcj", help="Her own sealed request: key and claims are in it.")
@click.option("--intake", type=FILE, metavar="FILE", help="The key that requests are sealed to.")
@vault_option
@click.option("--commitment", type=HASH, help="The commitment to her claims: name, ID number, consent and so on.")
@click.option("--without-claims", is_flag=True, help="Nothing is claimed about her: the commitment to an empty list.")
@click.option("--deposit", metavar="AMOUNT", help="What she pays on joining, in yuan.")
@click.option(
    "--since-day", type=SLOT, help="For members imported from before the ledger: the day they joined, by your word."
)
@click.option(
    "--birth-date",
    metavar="YYYY-MM-DD",
    help="Her date of birth, for the covenant's limits of age. It is not recorded.",
)
@click.option("--csv", "table", type=FILE, metavar="FILE", help="Many members at once: all are recorded, or none.")
@writes
def enrol(app: App, /, ledger: Path, plan: str, table: Path | None, **options: Any) -> None:
    """Record new members of PLAN: one with --public-key or --join-request, or a file of many with --csv."""
    from .ledgers import acknowledged, one_of, writing

    asked = options["join_request"]
    one_of("whom to enrol", public_key=options["key"], passport=options["passport"], join_request=asked, csv=table)
    with writing(app, ledger, options["keys"]) as opened:
        if asked is not None:
            from .admission import admit

            done = admit(app, ledger, opened, plan, asked, options)
        elif table is not None:
            done = _enrol_many(app, opened, plan, table, options)
        else:
            done = _enrol_one(opened, plan, options)
        value = acknowledged(done, options["receipt"])

    def show(screen: Screen) -> None:
        say = app.words.say
        if table is None:
            text = "Slot {slot} of {plan} is hers, recorded in block {height}."
            screen.line(say(text, slot=done.slot, plan=plan, height=done.height), "good")
        else:
            last = (done.slot or 0) + done.rows - 1
            text = app.words.count(
                "{count} member joined {plan} in block {height}.",
                "{count} members joined {plan} in block {height}.",
                done.rows,
                plan=plan,
                height=done.height,
            )
            screen.line(text, "good")
            screen.line(say("Slots {first} to {last}.", first=done.slot, last=last), indent=2)
        if done.unchecked:
            text = "Whether the covenant's limits of age are kept was not checked: no date of birth was given."
            screen.line(say(text), "doubt", indent=2)
        if options["without_claims"]:
            screen.line(say("The commitment is the one to no claims; it cannot be changed later."), "dim", indent=2)
        receipt_line(screen, options["receipt"], app.words)
        screen.commands(say("Next:"), [f"mutualchain record {ledger} {plan} --slot {done.slot} -o member.mcr"])

    app.result(value, show)


def receipt_line(screen: Screen, receipt: Path | None, words: Words) -> None:
    """Where the receipt is, if one was written."""
    if receipt is not None:
        screen.line(words.say("The receipt is in {file}.", file=str(receipt)), indent=2)


def _enrol_one(ledger: Ledger, plan: str, options: dict[str, Any]) -> Acknowledgement:
    from .joining import birth_day
    from .ledgers import amount_of, read_passport

    if options["deposit"] is None:
        raise UsageError("--deposit is missing: what she pays on joining, in yuan")
    if (options["commitment"] is None) != options["without_claims"]:
        raise UsageError(
            "either --commitment or --without-claims is needed",
            hint="A commitment binds her name, ID number and consent without showing them; it cannot be added later.",
        )
    key = options["key"]
    if key is None:
        key = read_passport(options["passport"]).public_key(ledger.origin, plan)
    return ledger.enrol(
        plan,
        key,
        NO_CLAIMS if options["without_claims"] else options["commitment"],
        deposit=amount_of(ledger, plan, options["deposit"]),
        reference=options["reference"],
        since_day=options["since_day"] or 0,
        birth_day=birth_day(options["birth_date"] or ""),
    )


def _enrol_many(app: App, ledger: Ledger, plan: str, path: Path, options: dict[str, Any]) -> Acknowledgement:
    from .progress import progress
    from .tables import read_table, rows_named

    alone = [name for name in ("commitment", "deposit", "since_day", "birth_date") if options[name] is not None]
    if alone or options["without_claims"]:
        raise UsageError("with --csv, commitments and deposits stand in the file")
    wanted = {"key": "hash", "commitment": "hash", "deposit": "amount"}
    book = ledger.book(plan)
    with progress(app, "reading rows") as tick:
        optional = {"since_day": "number", "birth_date": "date"}
        table = read_table(path, wanted, optional, book.covenant.decimals, tick)
    columns = table.columns
    try:
        with rows_named(path, table, book.slots):
            return ledger.enrol_many(
                plan,
                columns["key"],
                columns["commitment"],
                deposits=columns["deposit"],
                since_days=columns.get("since_day", 0),
                birth_days=columns.get("birth_date"),
                reference=options["reference"],
            )
    except DuplicateKey as error:
        error.hint = "Nothing was recorded. Take the row out, or use the reference of the batch that it came with."
        raise


def signing_options(command: Any) -> Any:
    """How she signed: with her passport here, or elsewhere."""
    for option in (
        click.option("--message", is_flag=True, help="Print what has to be signed, and record nothing."),
        click.option("--seq", type=SLOT, help="Her running number that the signature names."),
        click.option(
            "--signature", type=SIGNATURE, help="Her signature, made elsewhere: 128 hexadecimal digits, or @FILE."
        ),
        click.option("--passport", type=FILE, metavar="FILE", help="Her passport, to sign with it here."),
        click.option("--slot", type=SLOT, required=True, help="Her slot, which is her number in the plan."),
    ):
        command = option(command)
    return command


def _check_signing(passport: Path | None, signature: bytes | None, seq: int | None, message: bool) -> Passport | None:
    from .ledgers import one_of, read_passport

    if message:
        return None
    one_of("her signature", passport=passport, signature=signature)
    if signature is not None and seq is None:
        raise UsageError("--signature needs --seq, the running number that she signed")
    return None if passport is None else read_passport(passport)


def _signed(
    ledger: Ledger, plan: str, slot: int, seq: int | None, submit: Callable[[int], Acknowledgement]
) -> Acknowledgement:
    """Submit with her next running number; a retry has the number that it had the first time."""
    if seq is not None:
        return submit(seq)
    following = ledger.next_seq(plan, slot)
    try:
        return submit(following)
    except ReferenceConflict:
        for earlier in range(following - 1, max(-1, following - 1 - _RETRIES), -1):
            try:
                return submit(earlier)
            except ReferenceConflict:
                continue
        raise


@command(
    epilog="""\b
Example:
  mutualchain withdraw ledger critical-illness --slot 17 --amount 2.50 --passport her.passport --reference w-1"""
)
@ledger_argument
@plan_argument
@signing_options
@click.option("--amount", required=True, metavar="AMOUNT", help="What she takes out, in yuan.")
@writes
def withdraw(
    app: App,
    ledger: Path,
    plan: str,
    slot: int,
    passport: Path | None,
    signature: bytes | None,
    seq: int | None,
    message: bool,
    amount: str,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Record money out for one member, on her own signature."""
    from ..covenant.statements import withdrawal_message
    from ..ledger.core import reference_key
    from .amounts import amount as money
    from .ledgers import acknowledged, amount_of, writing

    hers = _check_signing(passport, signature, seq, message)
    with writing(app, ledger, keys) as opened:
        minor, name = amount_of(opened, plan, amount), reference_key(plan, reference)
        covenant = opened.book(plan).covenant
        shown = money(minor, covenant.decimals, covenant.currency, app.words)
        if message:
            number = opened.next_seq(plan, slot) if seq is None else seq
            show_message(app, withdrawal_message(opened.chain, plan, slot, number, minor, name), number)
            return

        index = 0 if hers is None else membership(opened, plan, slot, hers)

        def submit(number: int) -> Acknowledgement:
            signed = signature
            if hers is not None:
                place = opened.chain, opened.origin, plan
                signed = hers.sign_withdrawal(*place, slot=slot, seq=number, amount=minor, reference=name, index=index)
            return opened.withdraw(plan, slot, minor, seq=number, signature=signed or b"", reference=reference)

        done = _signed(opened, plan, slot, seq, submit)
        value = acknowledged(done, receipt)

    def show(screen: Screen) -> None:
        text = "{amount} withdrawn by slot {slot}, recorded in block {height}."
        screen.line(app.words.say(text, amount=shown, slot=slot, height=done.height), "good")
        receipt_line(screen, receipt, app.words)
        screen.commands(app.words.say("Next:"), [f"mutualchain record {ledger} {plan} --slot {slot} -o member.mcr"])

    app.result(value, show)


@command(
    "exit",
    epilog="""\b
Example:
  mutualchain exit ledger critical-illness --slot 17 --passport her.passport --reference leave-17""",
)
@ledger_argument
@plan_argument
@signing_options
@click.option("--reason", type=click.IntRange(0, 255), default=0, help="A reason code of yours; she signs it too.")
@writes
def exit_(
    app: App,
    ledger: Path,
    plan: str,
    slot: int,
    passport: Path | None,
    signature: bytes | None,
    seq: int | None,
    message: bool,
    reason: int,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Record that a member leaves, on her own signature."""
    from ..covenant.statements import exit_message
    from .ledgers import acknowledged, writing

    hers = _check_signing(passport, signature, seq, message)
    with writing(app, ledger, keys) as opened:
        if message:
            number = opened.next_seq(plan, slot) if seq is None else seq
            show_message(app, exit_message(opened.chain, plan, slot, number, reason), number)
            return

        index = 0 if hers is None else membership(opened, plan, slot, hers)

        def submit(number: int) -> Acknowledgement:
            signed = signature
            if hers is not None:
                place = opened.chain, opened.origin, plan
                signed = hers.sign_exit(*place, slot=slot, seq=number, reason=reason, index=index)
            return opened.exit(plan, slot, seq=number, signature=signed or b"", reference=reference, reason=reason)

        done = _signed(opened, plan, slot, seq, submit)
        value = acknowledged(done, receipt)

    def show(screen: Screen) -> None:
        say = app.words.say
        text = "Slot {slot} has left {plan}, recorded in block {height}."
        screen.line(say(text, slot=slot, plan=plan, height=done.height), "good")
        text = "From the next round on she shares nothing. What is left of her balance she can withdraw."
        screen.line(say(text), indent=2)
        receipt_line(screen, receipt, app.words)
        screen.commands(say("Next:"), [f"mutualchain record {ledger} {plan} --slot {slot} -o member.mcr"])

    app.result(value, show)
