"""``mutualchain round fund``, ``refund`` and ``correct``: money beside joining, topping up and sharing."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .app import App
from .command import command
from .options import (
    FILE,
    HASH,
    SLOT,
    ledger_argument,
    plan_argument,
    writes,
)
from .screen import Screen

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["correct", "failed_option", "failed_slots", "fund", "refund"]

_SOURCES = ["operator", "donation", "fund", "recovery"]


def failed_slots(app: App, path: Path | None, decimals: int) -> Sequence[int]:
    """The slots of a CSV file with a column ``slot``; none without a file. Raises FileMissing, InputFileError."""
    from .progress import progress
    from .tables import read_table

    if path is None:
        return ()
    with progress(app, "reading rows") as tick:
        table = read_table(path, {"slot": "number"}, {}, decimals, tick)
    found: list[int] = table.columns["slot"].tolist()
    return found


failed_option = click.option(
    "--failed",
    type=FILE,
    metavar="FILE.csv",
    help="Of a plan that collects by mandate: a CSV file, its first line slot, of those from whom nothing came.",
)


@command(
    epilog="""\b
Example:
  mutualchain round fund ledger critical-illness --amount 5000 --source donation --payment bank-17 --reference fund-1"""
)
@ledger_argument
@plan_argument
@click.option("--amount", required=True, metavar="AMOUNT", help="What came in, in yuan.")
@click.option("--source", type=click.Choice(_SOURCES), required=True, help="Who paid it.")
@click.option("--case", "name", type=HASH, help="The voided case, for a recovery.")
@click.option("--payment", required=True, metavar="TEXT", help="The payer's own reference; its hash is recorded.")
@writes
def fund(
    app: App,
    ledger: Path,
    plan: str,
    amount: str,
    source: str,
    name: bytes | None,
    payment: str,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Record money for the next round that no member paid: that round takes all of it as its top-up."""
    from .ledgers import acknowledged, amount_of, writing
    from .members import receipt_line

    digest = hashlib.sha256(payment.encode()).digest()
    with writing(app, ledger, keys) as opened:
        minor = amount_of(opened, plan, amount)
        case = b"" if name is None else name
        done = opened.money.fund(plan, minor, source=source, payment=digest, reference=reference, case=case)
        value = acknowledged(done, receipt)

    def show(screen: Screen) -> None:
        text = "The money is recorded in block {height}; the next round shares that much less."
        screen.line(app.words.say(text, height=done.height), "good")
        receipt_line(screen, receipt, app.words)
        screen.commands(app.words.say("Next:"), [f"mutualchain plan show {ledger} {plan}"])

    app.result(value, show)


@command(
    epilog="""\b
Example:
  mutualchain round refund ledger critical-illness --case 07d1... --reference refund-1"""
)
@ledger_argument
@plan_argument
@click.option("--case", "name", type=HASH, required=True, help="The voided case (case void).")
@writes
def refund(
    app: App, ledger: Path, plan: str, name: bytes, reference: str, receipt: Path | None, keys: Path | None
) -> None:
    """Give everybody back exactly what a voided case cost her: one sheet with a row for each of its round."""
    from .ledgers import acknowledged, writing
    from .members import receipt_line
    from .progress import progress

    with writing(app, ledger, keys) as opened, progress(app, "giving back") as tick:
        done = opened.money.refund(plan, name, reference=reference, progress=tick)
        value = acknowledged(done, receipt)

    def show(screen: Screen) -> None:
        text = app.words.count(
            "The case is given back: {count} row, in block {height}.",
            "The case is given back: {count} rows, in block {height}.",
            done.rows,
            height=done.height,
        )
        screen.line(text, "good")
        receipt_line(screen, receipt, app.words)
        screen.commands(app.words.say("Next:"), [f"mutualchain plan show {ledger} {plan}"])

    app.result(value, show)


@command(
    epilog="""\b
Example:
  mutualchain round correct ledger critical-illness --slot 17 --amount 5 --credit 3 --reference correction-1"""
)
@ledger_argument
@plan_argument
@click.option("--slot", type=SLOT, required=True, help="Her slot, which is her number in the plan.")
@click.option("--amount", required=True, metavar="AMOUNT", help="What is taken back, in yuan: the credit's at most.")
@click.option("--credit", "corrects", type=SLOT, required=True, metavar="NUMBER", help="That credit's running number.")
@writes
def correct(
    app: App,
    ledger: Path,
    plan: str,
    slot: int,
    amount: str,
    corrects: int,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Take back a wrong credit of a member, or a part of it. The credit stays, and the correction names it."""
    from .ledgers import acknowledged, amount_of, writing
    from .members import receipt_line

    with writing(app, ledger, keys) as opened:
        minor = amount_of(opened, plan, amount)
        done = opened.money.correct(plan, slot, minor, corrects=corrects, reference=reference)
        value = acknowledged(done, receipt)

    def show(screen: Screen) -> None:
        screen.line(app.words.say("The correction is recorded in block {height}.", height=done.height), "good")
        receipt_line(screen, receipt, app.words)
        screen.commands(app.words.say("Next:"), [f"mutualchain record {ledger} {plan} --slot {slot} -o member.mcr"])

    app.result(value, show)
