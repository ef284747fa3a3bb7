"""``mutualchain round``: open, settle and pay out a round; show and list rounds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from .app import App, pass_app
from .language import ENGLISH
from .options import (
    HASH,
    json_option,
    keys_option,
    ledger_argument,
    plan_argument,
    receipt_option,
    reference_option,
    tz_option,
)
from .round_money import correct, failed_option, failed_slots, fund, refund
from .screen import Screen

if TYPE_CHECKING:
    from .overview import RoundOverview

__all__ = ["round_"]


@click.group("round")
def round_() -> None:
    """Open, settle and pay out a round (期); show and list rounds.

    A round has three steps. `open` takes the snapshot of who shares, computes the share and announces it; `settle`
    deducts it from everybody at once; `pay` records that the aid was paid.
    """


@round_.command(
    "open",
    epilog="""\b
Example:
  mutualchain round open ledger critical-illness --case 07d1... --case 88fa... --reference round-1""",
)
@ledger_argument
@plan_argument
@click.option("--case", "cases", type=HASH, multiple=True, required=True, help="A case to share; repeat it for more.")
@click.option("--top-up", metavar="AMOUNT", default="0", help="What somebody else adds, in yuan. [default: 0]")
@reference_option
@receipt_option
@keys_option
@json_option
@pass_app
def open_(
    app: App,
    ledger: Path,
    plan: str,
    cases: tuple[bytes, ...],
    top_up: str,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Take the snapshot, compute the share, announce the round."""
    from ..money import format_amount
    from .ledgers import acknowledged, amount_of, writing
    from .members import receipt_line

    with writing(app, ledger, keys) as opened:
        minor = amount_of(opened, plan, top_up)
        done, terms = opened.open_round(plan, cases, reference=reference, top_up=minor)
        covenant = opened.book(plan).covenant
        value = acknowledged(done, receipt) | {
            "round": {
                "number": terms.number,
                "share": terms.share,
                "headcount": terms.headcount,
                "aid": terms.aid,
                "fee": terms.fee,
                "surplus_in": terms.surplus_in,
                "deficit_in": terms.deficit_in,
                "top_up": terms.top_up,
            }
        }

    def show(screen: Screen) -> None:
        amount: Callable[[int], str] = lambda minor: f"{format_amount(minor, covenant.decimals)} {covenant.currency}"  # noqa: E731
        screen.line(f"Round {terms.number + 1:,} of {plan} is announced in block {done.height:,}.", "good")
        screen.pairs(
            [
                ("aid", f"{amount(terms.aid)} in {len(terms.cases):,} case{'s' if len(terms.cases) != 1 else ''}"),
                ("fee", amount(terms.fee)),
                ("carried over", f"surplus {amount(terms.surplus_in)}, deficit {amount(terms.deficit_in)}"),
                ("shared by", f"{terms.headcount:,} members"),
                ("share", f"{amount(terms.share)} each"),
            ]
        )
        receipt_line(screen, receipt)
        settle_reference = f"round-{terms.number + 1}-settle"
        screen.commands("Next:", [f"mutualchain round settle {ledger} {plan} --reference {settle_reference}"])

    app.result(value, show)


@round_.command(
    epilog="""\b
Example:
  mutualchain round settle ledger critical-illness --reference round-1-settle"""
)
@ledger_argument
@plan_argument
@failed_option
@reference_option
@receipt_option
@keys_option
@json_option
@pass_app
def settle(
    app: App, ledger: Path, plan: str, failed: Path | None, reference: str, receipt: Path | None, keys: Path | None
) -> None:
    """Deduct the announced share from everybody who shares."""
    from .ledgers import acknowledged, writing
    from .members import receipt_line
    from .progress import progress

    with writing(app, ledger, keys) as opened, progress(app, "deducting") as tick:
        slots = failed_slots(app, failed, opened.book(plan).covenant.decimals)
        done = opened.settle_round(plan, failed=slots, reference=reference, progress=tick)
        value = acknowledged(done, receipt)

    def show(screen: Screen) -> None:
        slots = f"{done.rows:,} slot{'s' if done.rows != 1 else ''}"
        screen.line(f"The round is settled: {slots}, recorded in block {done.height:,}.", "good")
        receipt_line(screen, receipt)
        screen.commands(
            "Next:",
            [
                f"mutualchain round show {ledger} {plan}",
                f"mutualchain round pay {ledger} {plan} --case CASE --amount AMOUNT --payment TEXT --reference pay-1",
            ],
        )

    app.result(value, show)


@round_.command(
    epilog="""\b
Example:
  mutualchain round pay ledger critical-illness --case 07d1... --amount 300000 --payee hospital \\
      --payment bank-20260503-17 --reference pay-1

Recording a payout is the operator's word that money moved; that it left a bank, the custodian's statement shows."""
)
@ledger_argument
@plan_argument
@click.option("--case", "name", type=HASH, required=True, help="The case.")
@click.option("--amount", required=True, metavar="AMOUNT", help="What was paid, in yuan.")
@click.option("--payee", type=click.Choice(["member", "hospital", "family"]), default="member", show_default=True)
@click.option("--payment", metavar="TEXT", help="The bank's or payer's own reference; its hash is recorded.")
@click.option("--payment-hash", type=HASH, help="That hash itself, 64 hexadecimal digits.")
@reference_option
@receipt_option
@keys_option
@json_option
@pass_app
def pay(
    app: App,
    ledger: Path,
    plan: str,
    name: bytes,
    amount: str,
    payee: str,
    payment: str | None,
    payment_hash: bytes | None,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Record that aid was paid."""
    from .ledgers import acknowledged, amount_of, one_of, writing
    from .members import receipt_line

    one_of("the payment", payment=payment, payment_hash=payment_hash)
    digest = payment_hash if payment is None else hashlib.sha256(payment.encode()).digest()
    assert digest is not None
    with writing(app, ledger, keys) as opened:
        minor = amount_of(opened, plan, amount)
        done = opened.pay_out(plan, name, minor, payee=payee, payment=digest, reference=reference)
        value = acknowledged(done, receipt)

    def show(screen: Screen) -> None:
        screen.line(f"The payout is recorded in block {done.height:,}.", "good")
        receipt_line(screen, receipt)
        screen.commands("Next:", [f"mutualchain case list {ledger} {plan}"])

    app.result(value, show)


for command in (fund, refund, correct):
    round_.add_command(command)


def _rounds(ledger: Path, plan: str) -> tuple[tuple[RoundOverview, ...], str, int]:
    from .ledgers import snapshot
    from .overview import plan_overview

    with snapshot(ledger) as (archive, reader):
        found = plan_overview(archive, reader, plan)
    return found.settled, found.covenant.currency, found.covenant.decimals


@round_.command("list")
@ledger_argument
@plan_argument
@tz_option
@json_option
@pass_app
def list_rounds(app: App, ledger: Path, plan: str) -> None:
    """List a plan's settled rounds."""
    from ..money import format_amount
    from .dates import day
    from .overview import round_value

    rounds, currency, decimals = _rounds(ledger, plan)

    def show(screen: Screen) -> None:
        if not rounds:
            screen.line("No round was settled yet.")
            return
        rows = [
            [
                f"{item.number + 1:,}",
                day(item.time_ms, app.zone, ENGLISH),
                f"{len(item.cases):,}",
                format_amount(item.aid, decimals),
                f"{item.headcount:,}",
                format_amount(item.share, decimals),
            ]
            for item in rounds
        ]
        screen.table(["round", "settled", "cases", f"aid, {currency}", "shared by", "share"], rows, left=2)

    app.result({"plan": plan, "rounds": [round_value(item) for item in rounds]}, show)


@round_.command("show")
@ledger_argument
@plan_argument
@click.argument("number", type=click.IntRange(1), required=False, metavar="[ROUND]")
@tz_option
@json_option
@pass_app
def show_round(app: App, ledger: Path, plan: str, number: int | None) -> None:
    """Show a settled round in full: ROUND counts from 1; without it, the last one."""
    from ..money import format_amount
    from .dates import moment
    from .overview import round_value

    rounds, currency, decimals = _rounds(ledger, plan)
    if not rounds or (number is not None and number > len(rounds)):
        count = f"{len(rounds):,} settled round{'s' if len(rounds) != 1 else ''}"
        raise UsageError(f"the plan has {count}", value=number, hint="`mutualchain round list` lists them.")
    item = rounds[number - 1 if number is not None else -1]

    def show(screen: Screen) -> None:
        amount: Callable[[int], str] = lambda minor: f"{format_amount(minor, decimals)} {currency}"  # noqa: E731
        screen.line(f"Round {item.number + 1:,} of {plan}", "title")
        screen.pairs(
            [
                ("settled", f"{moment(item.time_ms, app.zone, ENGLISH)}, block {item.height:,}"),
                ("snapshot", f"{moment(item.snapshot_time_ms, app.zone, ENGLISH)}, block {item.snapshot_height:,}"),
                ("aid", f"{amount(item.aid)} in {len(item.cases):,} case{'s' if len(item.cases) != 1 else ''}"),
                ("fee", amount(item.fee)),
                ("carried in", f"surplus {amount(item.surplus_in)}, deficit {amount(item.deficit_in)}"),
                ("topped up", amount(item.top_up)),
                ("shared by", f"{item.headcount:,} of {item.rows:,} slots"),
                ("share", f"{amount(item.share)} each"),
                ("collected", amount(item.paid)),
                ("shortfall", amount(item.shortfall)),
                ("carried out", f"surplus {amount(item.surplus_out)}, deficit {amount(item.deficit_out)}"),
            ]
        )
        for case in item.cases:
            screen.raw(f"case  {case.hex()}", indent=2)

    app.result({"plan": plan} | round_value(item), show)
