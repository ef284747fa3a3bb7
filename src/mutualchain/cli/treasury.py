"""``mutualchain treasury``: what custodians say they hold, compared with what the ledger expects them to."""

from __future__ import annotations

from pathlib import Path

import click

from .app import App, pass_app
from .command import group
from .options import (
    NAME,
    json_option,
    lang_option,
    ledger_argument,
    plan_argument,
    tz_option,
    writes,
)
from .screen import Screen
from .signing import by_institution, recorded, show_message, signed_by_institution

__all__ = ["treasury"]


@group()
def treasury() -> None:
    """What a custodian (存管银行) holds for a plan, on its own signature, compared with the ledger."""


@treasury.command(
    epilog="""\b
Example:
  mutualchain treasury state ledger critical-illness --institution bank --balance 61337.02 --key bank.key \\
      --reference bank-2026-05

A sum that differs from the ledger's is recorded and shown: it is what the statement is for."""
)
@ledger_argument
@plan_argument
@click.option("--institution", type=NAME, required=True, help="The custodian.")
@click.option("--balance", required=True, metavar="AMOUNT", help="What it holds for the plan, in yuan.")
@click.option("--as-of", type=click.IntRange(0), metavar="MS", help="The instant, Unix milliseconds. [default: now]")
@by_institution
@writes
def state(
    app: App,
    ledger: Path,
    plan: str,
    institution: str,
    balance: str,
    as_of: int | None,
    key: Path | None,
    signature: bytes | None,
    message: bool,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Record what a custodian says it holds (资金公示)."""
    from .ledgers import amount_of, writing

    with writing(app, ledger, keys) as opened:
        desk, minor = opened.treasury, amount_of(opened, plan, balance)
        at = app.clock() if as_of is None else as_of
        to_sign = desk.message(plan, institution, at, minor)
        if message:
            show_message(app, to_sign)
            return
        signed = signed_by_institution(to_sign, key, signature)
        done = desk.state(plan, institution, as_of_ms=at, balance=minor, signature=signed, reference=reference)
        says = app.words.say("The statement is recorded in block {height}.", height=done.height)
        recorded(app, done, receipt, says, commands=[f"mutualchain treasury show {ledger} {plan}"])


@treasury.command(
    "show",
    epilog="""\b
Example:
  mutualchain treasury show ledger critical-illness""",
)
@ledger_argument
@plan_argument
@tz_option
@lang_option
@json_option
@pass_app
def show_statements(app: App, ledger: Path, plan: str) -> None:
    """Show a plan's treasury statements beside what the ledger expected, and what it expects now."""
    from ..money import format_amount
    from .dates import day
    from .ledgers import reading
    from .rebuilt import book_of

    with reading(ledger) as archive:
        book = book_of(archive, ledger, plan)
    found, words, covenant = book.life.treasury, app.words, book.covenant
    expected = book.expected_holding()

    def show(screen: Screen) -> None:
        amount = f"{format_amount(expected, covenant.decimals)} {words.currency(covenant.currency)}"
        screen.line(words.say("The ledger expects {amount} to be held for {plan} now.", amount=amount, plan=plan))
        if not found:
            screen.line(words.say("No custodian has said anything yet."), indent=2)
            return
        names = ("as of", "custodian", "says it holds", "the ledger expects", "difference")
        rows = [
            [
                day(item.as_of_ms, app.zone, words),
                item.institution,
                format_amount(item.balance, covenant.decimals),
                format_amount(item.expected, covenant.decimals),
                format_amount(item.difference, covenant.decimals),
            ]
            for item in found
        ]
        screen.table([words.say(name) for name in names], rows, left=2)
        if found[-1].difference < 0:
            screen.item("bad", words.say("The last statement falls short of what the ledger expects."), "bad")

    names = ("institution", "as_of_ms", "balance", "expected", "difference", "recorded_ms")
    value = [{name: getattr(item, name) for name in names} for item in found]
    app.result({"plan": plan, "expected": expected, "statements": value}, show)
