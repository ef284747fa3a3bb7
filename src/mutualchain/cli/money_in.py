"""``mutualchain credit``: money in, for one member or for many."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from .app import App
from .command import command
from .options import (
    FILE,
    SLOT,
    ledger_argument,
    plan_argument,
    writes,
)
from .screen import Screen

if TYPE_CHECKING:
    from ..ledger import Acknowledgement, Ledger

__all__ = ["credit"]


@command(
    epilog="""\b
Examples:
  mutualchain credit ledger critical-illness --slot 17 --amount 10 --reference payment-4711
  mutualchain credit ledger critical-illness --csv payments.csv --reference day-2026-05-03

The CSV file's first line is slot,amount or slot,amount,reason or slot,amount,reason,reference; a reference there is
the hash of the payment's own reference, 64 hexadecimal digits."""
)
@ledger_argument
@plan_argument
@click.option("--slot", type=SLOT, help="Whose money it is: her slot.")
@click.option("--amount", metavar="AMOUNT", help="What came in, in yuan.")
@click.option("--reason", type=click.IntRange(0, 255), default=0, help="A reason code of yours.")
@click.option("--csv", "table", type=FILE, metavar="FILE", help="Many credits at once: all are recorded, or none.")
@writes
def credit(
    app: App,
    ledger: Path,
    plan: str,
    slot: int | None,
    amount: str | None,
    reason: int,
    table: Path | None,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Record money in: for one member with --slot and --amount, or for many with --csv."""
    from .amounts import amount as money
    from .ledgers import acknowledged, amount_of, one_of, writing
    from .members import receipt_line

    one_of("whose money", slot=slot, csv=table)
    if slot is not None and amount is None:
        raise UsageError("--amount is missing: what came in, in yuan")
    if table is not None and amount is not None:
        raise UsageError("with --csv, the amounts stand in the file")
    with writing(app, ledger, keys) as opened:
        if table is not None:
            done = _many(app, opened, plan, table, reference)
        else:
            assert slot is not None
            assert amount is not None
            minor = amount_of(opened, plan, amount)
            covenant = opened.book(plan).covenant
            amount = money(minor, covenant.decimals, covenant.currency, app.words)
            done = opened.credit(plan, slot, minor, reference=reference, reason=reason)
        value = acknowledged(done, receipt)

    def show(screen: Screen) -> None:
        words, height = app.words, done.height
        if slot is None:
            one, many = "{count} credit, recorded in block {height}.", "{count} credits, recorded in block {height}."
            screen.line(words.count(one, many, done.rows, height=height), "good")
        else:
            text = "{amount} credited to slot {slot}, recorded in block {height}."
            screen.line(words.say(text, amount=amount, slot=slot, height=height), "good")
        receipt_line(screen, receipt, words)
        if slot is None:
            screen.commands(words.say("Next:"), [f"mutualchain status {ledger}"])
        else:
            screen.commands(words.say("Next:"), [f"mutualchain record {ledger} {plan} --slot {slot} -o member.mcr"])

    app.result(value, show)


def _many(app: App, ledger: Ledger, plan: str, path: Path, reference: str) -> Acknowledgement:
    from .progress import progress
    from .tables import read_table, rows_named

    decimals = ledger.book(plan).covenant.decimals
    optional = {"reason": "number", "reference": "hash"}
    with progress(app, "reading rows") as tick:
        table = read_table(path, {"slot": "number", "amount": "amount"}, optional, decimals, tick)
    columns = table.columns
    with rows_named(path, table):
        return ledger.credit_many(
            plan,
            columns["slot"],
            columns["amount"],
            reasons=columns.get("reason", 0),
            reference_hashes=columns.get("reference"),
            reference=reference,
        )
