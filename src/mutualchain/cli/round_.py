"""``mutualchain round``: open and settle a round; show and list rounds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from .app import App, pass_app
from .command import group
from .options import (
    HASH,
    json_option,
    lang_option,
    ledger_argument,
    plan_argument,
    tz_option,
    writes,
)
from .round_money import correct, failed_option, failed_slots, fund, refund
from .screen import Screen

if TYPE_CHECKING:
    from .language import Words
    from .overview import RoundOverview

__all__ = ["round_"]


@group("round", order="open settle fund refund correct show list")
def round_() -> None:
    """Open and settle a round (期); show and list rounds.

    A round has three steps. `open` takes the snapshot of who shares, computes the share and announces it; `settle`
    deducts it from everybody at once; `case pay` then records that the aid was paid.
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
@writes
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
    from .amounts import amounts
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
        words = app.words
        say, amount = words.say, amounts(covenant.decimals, covenant.currency, words)
        number = terms.number + 1
        text = "Round {number} of {plan} is announced in block {height}."
        screen.line(say(text, number=number, plan=plan, height=done.height), "good")
        screen.pairs(
            [
                (say("aid"), _aid(words, amount(terms.aid), len(terms.cases))),
                (say("fee"), amount(terms.fee)),
                (say("carried in"), _carried(words, amount(terms.surplus_in), amount(terms.deficit_in))),
                (say("shared by"), say("{count} members", count=terms.headcount)),
                (say("each"), amount(terms.share)),
            ]
        )
        receipt_line(screen, receipt, words)
        following = f"mutualchain round settle {ledger} {plan} --reference round-{number}-settle"
        screen.commands(say("Next:"), [following])

    app.result(value, show)


@round_.command(
    epilog="""\b
Example:
  mutualchain round settle ledger critical-illness --reference round-1-settle"""
)
@ledger_argument
@plan_argument
@failed_option
@writes
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
        text = app.words.count(
            "The round is settled: {count} row, in block {height}.",
            "The round is settled: {count} rows, in block {height}.",
            done.rows,
            height=done.height,
        )
        screen.line(text, "good")
        receipt_line(screen, receipt, app.words)
        screen.commands(
            app.words.say("Next:"),
            [
                f"mutualchain round show {ledger} {plan}",
                f"mutualchain case pay {ledger} {plan} --case CASE --amount AMOUNT --payment TEXT --reference pay-1",
            ],
        )

    app.result(value, show)


for command in (fund, refund, correct):
    round_.add_command(command)


def _aid(words: Words, aid: str, cases: int) -> str:
    return words.count("{amount} in {count} case", "{amount} in {count} cases", cases, amount=aid)


def _carried(words: Words, surplus: str, deficit: str) -> str:
    return words.say("surplus {surplus}, deficit {deficit}", surplus=surplus, deficit=deficit)


def _rounds(ledger: Path, plan: str) -> tuple[tuple[RoundOverview, ...], str, int]:
    from .ledgers import snapshot
    from .overview import plan_overview

    with snapshot(ledger) as (archive, reader):
        found = plan_overview(archive, reader, plan)
    return found.settled, found.covenant.currency, found.covenant.decimals


@round_.command(
    "list",
    epilog="""\b
Example:
  mutualchain round list ledger critical-illness""",
)
@ledger_argument
@plan_argument
@tz_option
@lang_option
@json_option
@pass_app
def list_rounds(app: App, ledger: Path, plan: str) -> None:
    """List a plan's settled rounds."""
    from .amounts import figure
    from .dates import day
    from .overview import round_value

    rounds, _, decimals = _rounds(ledger, plan)

    def show(screen: Screen) -> None:
        words = app.words
        if not rounds:
            screen.line(words.say("No round was settled yet."))
            return
        rows = [
            [
                f"{item.number + 1:,}",
                day(item.time_ms, app.zone, words),
                f"{len(item.cases):,}",
                figure(item.aid, decimals, words),
                f"{item.headcount:,}",
                figure(item.share, decimals, words),
            ]
            for item in rounds
        ]
        header = [words.say(name) for name in ("round", "settled", "cases", "aid", "shared by", "each")]
        screen.table(header, rows, left=2)

    app.result({"plan": plan, "rounds": [round_value(item) for item in rounds]}, show)


@round_.command(
    "show",
    epilog="""\b
Examples:
  mutualchain round show ledger critical-illness
  mutualchain round show ledger critical-illness 3 --json""",
)
@ledger_argument
@plan_argument
@click.argument("number", type=click.IntRange(1), required=False, metavar="[ROUND]")
@tz_option
@lang_option
@json_option
@pass_app
def show_round(app: App, ledger: Path, plan: str, number: int | None) -> None:
    """Show a settled round in full: ROUND counts from 1; without it, the last one."""
    from .amounts import amounts
    from .dates import moment
    from .overview import round_value

    rounds, currency, decimals = _rounds(ledger, plan)
    if not rounds or (number is not None and number > len(rounds)):
        count = f"{len(rounds):,} settled round{'s' if len(rounds) != 1 else ''}"
        raise UsageError(f"the plan has {count}", value=number, hint="`mutualchain round list` lists them.")
    item = rounds[number - 1 if number is not None else -1]

    def show(screen: Screen) -> None:
        words = app.words
        say, amount = words.say, amounts(decimals, currency, words)

        def at(time_ms: int, height: int) -> str:
            return say("{when}, block {height}", when=moment(time_ms, app.zone, words), height=height)

        screen.line(say("Round {number} of {plan}", number=item.number + 1, plan=plan), "title")
        screen.pairs(
            [
                (say("settled"), at(item.time_ms, item.height)),
                (say("snapshot"), at(item.snapshot_time_ms, item.snapshot_height)),
                (say("aid"), _aid(words, amount(item.aid), len(item.cases))),
                (say("fee"), amount(item.fee)),
                (say("carried in"), _carried(words, amount(item.surplus_in), amount(item.deficit_in))),
                (say("topped up"), amount(item.top_up)),
                (say("shared by"), say("{count} of {all} members", count=item.headcount, all=item.rows)),
                (say("each"), amount(item.share)),
                (say("received"), amount(item.paid)),
                (say("shortfall"), amount(item.shortfall)),
                (say("carried out"), _carried(words, amount(item.surplus_out), amount(item.deficit_out))),
            ]
        )
        for case in item.cases:
            screen.raw(f"{say('case')}  {case.hex()}", indent=2)

    app.result({"plan": plan} | round_value(item), show)
