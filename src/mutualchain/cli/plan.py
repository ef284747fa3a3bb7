"""``mutualchain plan``: begin a plan under its covenant; show and list plans."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputFileError, UsageError
from .app import App, pass_app
from .options import FILE, json_option, keys_option, ledger_argument, plan_argument
from .screen import Screen

if TYPE_CHECKING:
    from ..covenant.document import Covenant

__all__ = ["plan"]

_MOST = 1 << 20
_AMOUNTS = ("prepay", "max_aid", "cap")


@click.group()
def plan() -> None:
    """Begin a plan under its covenant (互助公约); show and list plans."""


@plan.command(
    epilog="""\b
Examples:
  mutualchain plan create ledger critical-illness --title 众托帮 --prepay 10 --max-aid 300000
  mutualchain plan create ledger critical-illness --covenant covenant.toml

A covenant file has the options' names, amounts in quotes: title = "...", prepay = "10", max_aid = "300000",
fee_bp = 0, fee_rounding = "down", cap = "0", currency = "CNY", decimals = 2."""
)
@ledger_argument
@plan_argument
@click.option(
    "--covenant", type=FILE, metavar="FILE.toml", help="The covenant as a file, in place of the options below."
)
@click.option("--title", metavar="TEXT", help="The plan's name for people.")
@click.option("--prepay", metavar="AMOUNT", help="The least deposit on joining, in yuan. [default: 10]")
@click.option("--max-aid", metavar="AMOUNT", help="The most aid for one case, in yuan. [default: 300000]")
@click.option("--fee-bp", type=int, metavar="NUMBER", help="Fee in basis points of the aid: 800 is 8%. [default: 0]")
@click.option("--fee-rounding", type=click.Choice(["down", "up"]), help="Rounding of the fee. [default: down]")
@click.option("--cap", metavar="AMOUNT", help="The most one member pays in one round, 0 for none. [default: 0]")
@click.option("--currency", metavar="CODE", help="ISO 4217 code. [default: CNY]")
@click.option("--decimals", type=int, metavar="NUMBER", help="Decimals of the currency. [default: 2]")
@click.option("--reference", metavar="TEXT", help="Your name for this request. [default: made from the plan's name]")
@keys_option
@json_option
@pass_app
def create(
    app: App,
    /,
    ledger: Path,
    plan: str,
    covenant: Path | None,
    reference: str | None,
    keys: Path | None,
    **options: Any,
) -> None:
    """Begin the plan PLAN (a-z, 0-9 and '-') under a covenant, whose rules and hash then stand on the chain."""
    from .ledgers import acknowledged, writing

    given = {name: value for name, value in options.items() if value is not None}
    if covenant is not None:
        if given:
            names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
            raise UsageError(f"--covenant says everything: {names} cannot be given beside it")
        document = _from_file(covenant)
    else:
        if "title" not in given:
            raise UsageError("a plan needs a --title, or a --covenant file")
        document = _covenant(given)
    with writing(app, ledger, keys) as opened:
        done = opened.create_plan(plan, document, reference=reference if reference is not None else f"plan {plan}")
        value = acknowledged(done, None) | {"covenant_hash": document.hash.hex(), "covenant": covenant_value(document)}

    def show(screen: Screen) -> None:
        screen.line(f"The plan {plan} ({document.title}) stands in block {done.height:,}.", "good")
        show_covenant(screen, document)
        screen.commands("Next:", [f"mutualchain enrol {ledger} {plan} --csv members.csv --reference batch-1"])

    app.result(value, show)


@plan.command("show")
@ledger_argument
@plan_argument
@json_option
@pass_app
def show_plan(app: App, ledger: Path, plan: str) -> None:
    """Show a plan: its covenant, members and money."""
    from .ledgers import snapshot
    from .overview import plan_overview, plan_value

    with snapshot(ledger) as (archive, reader):
        found = plan_overview(archive, reader, plan)

    def show(screen: Screen) -> None:
        from .status import show_one

        show_one(screen, found, app)
        screen.line()
        screen.line("Covenant", "heading")
        show_covenant(screen, found.covenant)

    app.result(plan_value(found) | {"covenant": covenant_value(found.covenant)}, show)


@plan.command("list")
@ledger_argument
@json_option
@pass_app
def list_plans(app: App, ledger: Path) -> None:
    """List a ledger's plans."""
    from .ledgers import snapshot
    from .overview import plan_overview, plan_value

    with snapshot(ledger) as (archive, reader):
        plans = [plan_overview(archive, reader, name) for name in archive.plans() if name]

    def show(screen: Screen) -> None:
        if not plans:
            screen.line("No plan yet.")
            screen.commands("Next:", [f"mutualchain plan create {ledger} PLAN --title TITLE"])
            return
        rows = [[item.plan, item.covenant.title, f"{item.slots:,}", f"{item.rounds:,}"] for item in plans]
        screen.table(["plan", "title", "members", "rounds"], rows, left=2)

    app.result({"plans": [plan_value(item) for item in plans]}, show)


def _covenant(values: dict[str, Any]) -> Covenant:
    """A covenant from values by name, amounts as text. Raises AmountError, CovenantError."""
    from ..covenant.document import Covenant
    from ..money import parse_amount

    decimals = values.get("decimals", 2)
    decimals = decimals if type(decimals) is int and 0 <= decimals <= 4 else 2
    whole = dict(values)
    for name in _AMOUNTS:
        if isinstance(whole.get(name), str):
            whole[name] = parse_amount(whole[name], decimals)
    return Covenant.from_mapping(whole)


def _from_file(path: Path) -> Covenant:
    import tomllib

    from .files import read_file

    data = read_file(path, "a covenant file", _MOST)
    try:
        values = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputFileError(f"the covenant is not TOML: {str(error)[:200]}", place=str(path)) from None
    for name in _AMOUNTS:
        if name in values and not isinstance(values[name], str):
            hint = f'Write amounts in quotes, in yuan: {name} = "10" or "10.50".'
            raise InputFileError(
                f"{name} is not an amount in quotes", place=str(path), value=repr(values[name])[:40], hint=hint
            )
    return _covenant(values)


def covenant_value(covenant: Covenant) -> dict[str, Any]:
    """A covenant as JSON: amounts in minor units."""
    from dataclasses import asdict

    return {**asdict(covenant), "hash": covenant.hash.hex()}


def show_covenant(screen: Screen, covenant: Covenant) -> None:
    """A covenant's parameters, for people."""
    from ..money import format_amount

    def amount(value: int) -> str:
        return f"{format_amount(value, covenant.decimals)} {covenant.currency}"

    screen.pairs(
        [
            ("title", covenant.title),
            ("deposit on joining", f"at least {amount(covenant.prepay)}"),
            ("aid for one case", f"at most {amount(covenant.max_aid)}"),
            ("fee", f"{covenant.fee_bp / 100:g}% of the aid" if covenant.fee_bp else "none"),
            ("cap in one round", amount(covenant.cap) if covenant.cap else "none"),
            ("hash", covenant.hash.hex()),
        ]
    )
