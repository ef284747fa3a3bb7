"""``mutualchain enrol``, ``withdraw`` and ``exit``: what happens to one member, and many members at once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import DuplicateKey, ReferenceConflict, UsageError
from .app import App, pass_app
from .options import (
    FILE,
    HASH,
    SIGNATURE,
    SLOT,
    json_option,
    keys_option,
    ledger_argument,
    plan_argument,
    receipt_option,
    reference_option,
)
from .screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ledger import Acknowledgement, Ledger
    from ..record.passport import Passport

__all__ = ["NO_CLAIMS", "enrol", "exit_", "withdraw"]

NO_CLAIMS = hashlib.sha256(b"").digest()
"""The commitment of somebody about whom nothing is claimed: the RFC 6962 root over no claims."""
_RETRIES = 16


@click.command(
    epilog="""\b
Examples:
  mutualchain enrol ledger critical-illness --key 5f0c... --commitment 91ab... --deposit 10 --reference order-17
  mutualchain enrol ledger critical-illness --join-request request.mcj --intake intake.key --vault vault \\
      --deposit 10 --reference order-18
  mutualchain enrol ledger critical-illness --csv members.csv --reference import-1

The CSV file's first line is key,commitment,deposit or key,commitment,deposit,since_day."""
)
@ledger_argument
@plan_argument
@click.option("--key", type=HASH, help="Her public key, 64 hexadecimal digits (passport show prints it).")
@click.option(
    "--passport", type=FILE, metavar="FILE", help="Her passport, to take the public key from: for trying things out."
)
@click.option("--join-request", type=FILE, metavar="FILE.mcj", help="Her own sealed request: key and claims are in it.")
@click.option("--intake", type=FILE, metavar="FILE", help="The key that requests are sealed to.")
@click.option("--vault", type=FILE, metavar="FOLDER", help="The vault that keeps the claims of a request.")
@click.option("--master", type=FILE, metavar="FILE", help="The vault's master key. [default: FOLDER/master.key]")
@click.option("--commitment", type=HASH, help="The commitment to her claims: name, ID number, consent and so on.")
@click.option("--without-claims", is_flag=True, help="Nothing is claimed about her: the commitment to an empty list.")
@click.option("--deposit", metavar="AMOUNT", help="What she pays on joining, in yuan.")
@click.option(
    "--since-day", type=SLOT, help="For members imported from before the ledger: the day they joined, by your word."
)
@click.option("--csv", "table", type=FILE, metavar="FILE", help="Many members at once: all are recorded, or none.")
@reference_option
@receipt_option
@keys_option
@json_option
@pass_app
def enrol(app: App, /, ledger: Path, plan: str, table: Path | None, **options: Any) -> None:
    """Record new members of PLAN: one with --key, or a file of many with --csv."""
    from .ledgers import acknowledged, one_of, writing

    asked = options["join_request"]
    one_of("whom to enrol", key=options["key"], passport=options["passport"], join_request=asked, csv=table)
    with writing(app, ledger, options["keys"]) as opened:
        if asked is not None:
            from .admission import admit

            done = admit(app, opened, plan, asked, options)
        elif table is not None:
            done = _enrol_many(app, opened, plan, table, options)
        else:
            done = _enrol_one(opened, plan, options)
        value = acknowledged(done, options["receipt"])

    def show(screen: Screen) -> None:
        if table is None:
            screen.line(f"Slot {done.slot:,} of {plan} is hers, recorded in block {done.height:,}.", "good")
        else:
            last = (done.slot or 0) + done.rows - 1
            count = f"{done.rows:,} member{'s' if done.rows != 1 else ''}"
            screen.line(f"{count} joined {plan} in block {done.height:,}.", "good")
            screen.line(f"Slots {done.slot:,} to {last:,}.", indent=2)
        if options["without_claims"]:
            screen.line("The commitment is the one to no claims; it cannot be changed later.", "dim", indent=2)
        receipt_line(screen, options["receipt"])
        screen.commands("Next:", [f"mutualchain record {ledger} {plan} --slot {done.slot} -o member.mcr"])

    app.result(value, show)


def receipt_line(screen: Screen, receipt: Path | None) -> None:
    """Where the receipt is, if one was written."""
    if receipt is not None:
        screen.line(f"The receipt is in {receipt}.", indent=2)


def _enrol_one(ledger: Ledger, plan: str, options: dict[str, Any]) -> Acknowledgement:
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
    )


def _enrol_many(app: App, ledger: Ledger, plan: str, path: Path, options: dict[str, Any]) -> Acknowledgement:
    from .progress import progress
    from .tables import read_table, rows_named

    alone = [name for name in ("commitment", "deposit", "since_day") if options[name] is not None]
    if alone or options["without_claims"]:
        raise UsageError("with --csv, commitments and deposits stand in the file")
    wanted = {"key": "hash", "commitment": "hash", "deposit": "amount"}
    book = ledger.book(plan)
    with progress(app, "reading rows") as tick:
        table = read_table(path, wanted, {"since_day": "number"}, book.covenant.decimals, tick)
    columns = table.columns
    try:
        with rows_named(path, table, book.slots):
            return ledger.enrol_many(
                plan,
                columns["key"],
                columns["commitment"],
                deposits=columns["deposit"],
                since_days=columns.get("since_day", 0),
                reference=options["reference"],
            )
    except DuplicateKey as error:
        error.hint = "Nothing was recorded. Take the row out, or use the reference of the batch that it came with."
        raise


def signing_options(command: Any) -> Any:
    """How she signed: with her passport here, or elsewhere."""
    for option in (
        click.option("--seq", type=SLOT, help="Her running number that the signature names."),
        click.option("--signature", type=SIGNATURE, help="Her signature, made elsewhere, 128 hexadecimal digits."),
        click.option("--passport", type=FILE, metavar="FILE", help="Her passport, to sign with it here."),
        click.option("--slot", type=SLOT, required=True, help="Her slot."),
    ):
        command = option(command)
    return command


def _check_signing(passport: Path | None, signature: bytes | None, seq: int | None) -> Passport | None:
    from .ledgers import one_of, read_passport

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


@click.command(
    epilog="""\b
Example:
  mutualchain withdraw ledger critical-illness --slot 17 --amount 2.50 --passport her.passport --reference w-1"""
)
@ledger_argument
@plan_argument
@signing_options
@click.option("--amount", required=True, metavar="AMOUNT", help="What she takes out, in yuan.")
@reference_option
@receipt_option
@keys_option
@json_option
@pass_app
def withdraw(
    app: App,
    ledger: Path,
    plan: str,
    slot: int,
    passport: Path | None,
    signature: bytes | None,
    seq: int | None,
    amount: str,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Record money out for one member, on her own signature."""
    from ..ledger.core import reference_key
    from ..money import format_amount
    from .ledgers import acknowledged, amount_of, writing

    hers = _check_signing(passport, signature, seq)
    with writing(app, ledger, keys) as opened:
        minor, name = amount_of(opened, plan, amount), reference_key(plan, reference)
        covenant = opened.book(plan).covenant
        shown = f"{format_amount(minor, covenant.decimals)} {covenant.currency}"

        def submit(number: int) -> Acknowledgement:
            signed = signature
            if hers is not None:
                signed = hers.sign_withdrawal(
                    opened.chain, opened.origin, plan, slot=slot, seq=number, amount=minor, reference=name
                )
            return opened.withdraw(plan, slot, minor, seq=number, signature=signed or b"", reference=reference)

        done = _signed(opened, plan, slot, seq, submit)
        value = acknowledged(done, receipt)

    def show(screen: Screen) -> None:
        screen.line(f"{shown} withdrawn by slot {slot:,}, recorded in block {done.height:,}.", "good")
        receipt_line(screen, receipt)

    app.result(value, show)


@click.command(
    "exit",
    epilog="""\b
Example:
  mutualchain exit ledger critical-illness --slot 17 --passport her.passport --reference leave-17""",
)
@ledger_argument
@plan_argument
@signing_options
@click.option("--reason", type=click.IntRange(0, 255), default=0, help="A reason code of yours; she signs it too.")
@reference_option
@receipt_option
@keys_option
@json_option
@pass_app
def exit_(
    app: App,
    ledger: Path,
    plan: str,
    slot: int,
    passport: Path | None,
    signature: bytes | None,
    seq: int | None,
    reason: int,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Record that a member leaves, on her own signature."""
    from .ledgers import acknowledged, writing

    hers = _check_signing(passport, signature, seq)
    with writing(app, ledger, keys) as opened:

        def submit(number: int) -> Acknowledgement:
            signed = signature
            if hers is not None:
                signed = hers.sign_exit(opened.chain, opened.origin, plan, slot=slot, seq=number, reason=reason)
            return opened.exit(plan, slot, seq=number, signature=signed or b"", reference=reference, reason=reason)

        done = _signed(opened, plan, slot, seq, submit)
        value = acknowledged(done, receipt)

    def show(screen: Screen) -> None:
        screen.line(f"Slot {slot:,} has left {plan}, recorded in block {done.height:,}.", "good")
        screen.line(
            "From the next round on she shares nothing. What is left of her balance she can withdraw.", indent=2
        )
        receipt_line(screen, receipt)

    app.result(value, show)
