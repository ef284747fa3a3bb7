"""``mutualchain plan apportion``: what a round would cost each member, by a covenant, before any ledger is there."""

from __future__ import annotations

import click

from .app import App, pass_app
from .command import command
from .covenants import covenant_named
from .options import json_option, lang_option
from .screen import Screen

__all__ = ["apportion"]


@command(
    epilog="""\b
Examples:
  mutualchain plan apportion zhongtuobang --aid 300000 --headcount 5000000
  mutualchain plan apportion xianghubao --aid 300000 --cases 100 --headcount 5000000
  mutualchain plan apportion covenant.toml --aid 300000 --headcount 7000000 --surplus 50000 --json"""
)
@click.argument("covenant", metavar="COVENANT")
@click.option("--aid", required=True, metavar="AMOUNT", help="Aid of each case, in the currency's major unit.")
@click.option("--cases", type=click.IntRange(1, 7_000), default=1, show_default=True, help="So many such cases.")
@click.option("--headcount", type=click.IntRange(1), required=True, help="How many share.")
@click.option("--surplus", default="0", metavar="AMOUNT", help="Surplus of the round before. [default: 0]")
@click.option("--deficit", default="0", metavar="AMOUNT", help="Deficit of the round before. [default: 0]")
@lang_option
@json_option
@pass_app
def apportion(app: App, covenant: str, aid: str, cases: int, headcount: int, surplus: str, deficit: str) -> None:
    """Compute a round's figures: each one's share, the fee, what is collected, and the surplus left.

    COVENANT is a file or a name of `mutualchain plan catalogue`. A share above a cap is refused, as in a ledger.
    """
    from ..money import parse_amount
    from .amounts import amounts

    rules = covenant_named(covenant).covenant
    each, carried, owed = (parse_amount(text, rules.decimals) for text in (aid, surplus, deficit))
    found = rules.apportion([each] * cases, headcount, surplus=carried, deficit=owed)
    words = app.words
    amount = amounts(rules.decimals, rules.currency, words)

    def show(screen: Screen) -> None:
        say = words.say
        rows = [
            (say("cases"), f"{cases:,}"),
            (say("aid"), amount(each * cases)),
            (say("fee"), amount(found.fee)),
            (
                say("carried in"),
                say("surplus {surplus}, deficit {deficit}", surplus=amount(carried), deficit=amount(owed)),
            ),
            (say("shared by"), say("{count} members", count=headcount)),
            (say("each"), amount(found.share)),
            (say("collected"), amount(found.due)),
            (say("surplus left") if found.surplus >= 0 else say("deficit left"), amount(abs(found.surplus))),
        ]
        screen.line(rules.title, "heading")
        screen.pairs(rows)

    value = {
        "title": rules.title,
        "covenant_hash": rules.hash.hex(),
        "cases": cases,
        "aid": each * cases,
        "fee": found.fee,
        "headcount": headcount,
        "surplus_in": carried,
        "deficit_in": owed,
        "share": found.share,
        "due": found.due,
        "surplus_out": max(found.surplus, 0),
        "deficit_out": max(-found.surplus, 0),
    }
    app.result(value, show)
