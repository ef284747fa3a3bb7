"""``mutualchain simulate``: a covenant played forward, so that an operator sees what it does before adopting it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from .app import App, pass_app
from .command import command
from .covenants import covenant_named
from .options import FILE, json_option, lang_option
from .screen import Screen

if TYPE_CHECKING:
    from ..simulate import Simulation
    from .language import Words

__all__ = ["LABELS", "simulate"]

LABELS: Final = {
    "headcount": "members who share",
    "share": "share of a round",
    "carried over": "surplus, or deficit below zero",
    "lapsed": "lapsed at the snapshot",
}


class Ages(click.ParamType[tuple[tuple[int, float], ...]]):
    """Rates by age: 40:0.0003,60:0.001,150:0.003."""

    name = "ages"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            rows = [row.partition(":") for row in value.split(",")]
            return tuple((int(below), float(rate)) for below, _, rate in rows)
        except ValueError:
            self.fail(f"{value[:80]!r} is not of the form 40:0.0003,60:0.001,150:0.003.", param, ctx)


@command(
    epilog="""\b
Examples:
  mutualchain simulate zhongtuobang
  mutualchain simulate covenant.toml --members 5000000 --years 5 --png run.png
  mutualchain simulate xianghubao --members 10000000 --incidence 40:0.0002,60:0.001,150:0.003 --seed 7 --json

Chance decides who falls ill, leaves and pays late; all else is the covenant's own rules. The result is as good as its
assumptions, and promises nothing. A PNG needs matplotlib: install mutualchain[plot]."""
)
@click.argument("covenant", metavar="COVENANT")
@click.option(
    "--members",
    type=click.IntRange(1),
    help="Members at first. [default: a million, or twice as many as the covenant's caps need]",
)
@click.option("--years", type=click.IntRange(1, 100), default=3, show_default=True, help="Years to play.")
@click.option("--new", is_flag=True, help="The plan begins now: all are in their waiting period at first.")
@click.option("--joining", type=float, default=0.05, show_default=True, help="New members a year, of those at first.")
@click.option("--leaving", type=float, default=0.05, show_default=True, help="How many of those in leave a year.")
@click.option(
    "--incidence",
    type=Ages(),
    metavar="AGE:RATE,...",
    help="Illness a year and member, below each age. [default: 30:0.0001,40:0.0003,50:0.0006,60:0.0012,150:0.003]",
)
@click.option("--accidents", type=float, default=0.0001, show_default=True, help="Accidents a year and member.")
@click.option("--topping-up", type=float, default=0.95, show_default=True, help="Of those with little who pay in.")
@click.option("--failing", type=float, default=0.01, show_default=True, help="Collections by mandate that fail.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed, the same run.")
@click.option("--png", type=FILE, metavar="FILE", help="Draw it into this new file too.")
@lang_option
@json_option
@pass_app
def simulate(app: App, /, covenant: str, new: bool, seed: int, png: Path | None, **given: Any) -> None:
    """Play a covenant forward and draw headcount, share, surplus and lapses.

    COVENANT is a file or a name of `mutualchain plan catalogue`.
    """
    from ..simulate import Assumptions
    from ..simulate import simulate as play
    from ..simulate.draw import write_png
    from .files import refuse_existing
    from .progress import progress

    if png is not None:
        refuse_existing(png, "Choose another name for the PNG.")
    rules = covenant_named(covenant).covenant
    given["members"] = given["members"] or max(1_000_000, 2 * rules.smallest)
    assumed = Assumptions(settled=not new, **{name: value for name, value in given.items() if value is not None})
    with progress(app, "playing") as shown:
        run = play(rules, assumed, seed=seed, progress=shown)
    if png is not None:
        write_png(run, png)
    app.result(_value(run, png), lambda screen: _show(screen, run, app.words, png))


def _value(run: Simulation, png: Path | None) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "title": run.covenant.title,
        "covenant_hash": run.covenant.hash.hex(),
        "currency": run.covenant.currency,
        "decimals": run.covenant.decimals,
        "seed": run.seed,
        "assumptions": run.assumed.to_value(),
        "years": [asdict(year) for year in run.years()],
        "refusals": [{"clause": clause, "cases": count} for clause, count in run.refusals],
        "periods": [asdict(period) for period in run.periods],
        "png": None if png is None else str(png),
    }


def _show(screen: Screen, run: Simulation, words: Words, png: Path | None) -> None:
    from ..money import format_amount
    from ..simulate.draw import chart, series

    decimals, say = run.covenant.decimals, words.say

    def amount(value: int) -> str:
        return format_amount(value, decimals)

    screen.line(f"{run.covenant.title}: {say('{count} members', count=run.assumed.members)}", "heading")
    unicode = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "").startswith(("utf", "gb"))
    for name, values in series(run).items():
        money = name in ("share", "carried over")
        low, high = min(values, default=0), max(values, default=0)
        spelled = [amount(value) if money else f"{value:,}" for value in (low, high)]
        screen.line()
        screen.line(f"{say(LABELS[name])}  ({spelled[0]} - {spelled[1]})", "dim", indent=2)
        for line in chart(values, screen.width - 4, unicode=unicode):
            screen.raw(line, indent=2)
    screen.line()
    header = ["year", "members", "cases", "aid", "share in the year", "largest", "lapsed", "no round"]
    rows = [
        [
            str(year.year),
            f"{year.members:,}",
            f"{year.cases:,}",
            amount(year.aid),
            amount(year.cost),
            amount(year.largest),
            f"{year.lapsed:,}",
            f"{year.blocked:,}",
        ]
        for year in run.years()
    ]
    screen.table([say(name) for name in header], rows)
    blocked = sorted({item.rule for item in run.periods if item.rule})
    if blocked:
        sentence = "Where no round could open, the covenant forbade it: {clauses}."
        screen.item("bad", say(sentence, clauses=", ".join(blocked)), "bad", indent=0)
    if run.refusals:
        counted = ", ".join(f"{clause} {count:,}" for clause, count in run.refusals)
        screen.item("note", say("Cases that the covenant gives nothing: {counted}.", counted=counted), indent=0)
    if png is not None:
        screen.line(say("Drawn in {file}.", file=png))
    screen.line()
    screen.line(say("This is a simulation under assumptions, and no promise."), "dim")
