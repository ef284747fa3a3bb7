"""``mutualchain plan``: covenants, and the plans that run under them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import PlanExists, ReferenceConflict, UsageError
from .app import App, pass_app
from .apportion import apportion
from .closing import amend, close, closing_statement, propose
from .command import group
from .covenants import catalogue, check, compare, covenant_file, covenant_value, show_covenant, template
from .options import FILE, json_option, keys_option, lang_option, ledger_argument, plan_argument
from .remind import remind
from .screen import Screen

if TYPE_CHECKING:
    from ..covenant.document import Covenant

__all__ = ["plan"]

_AMOUNTS = ("prepay", "max_aid", "cap")


@group(order="catalogue template check compare apportion create list show remind propose amend close closing-statement")
def plan() -> None:
    """Covenants (互助公约), and the plans that run under them."""


for command in (catalogue, template, check, compare, apportion, remind, propose, amend, close, closing_statement):
    plan.add_command(command)


@plan.command(
    epilog="""\b
Examples:
  mutualchain plan create ledger critical-illness --title 众托帮 --prepay 10 --max-aid 300000
  mutualchain plan create ledger critical-illness --covenant covenant.toml
  mutualchain plan create ledger critical-illness --catalogue xianghubao

The options below make a plan without a process: the operator approves cases, and rounds come when it opens them. A
covenant's file says everything; `mutualchain plan template NAME` prints one to begin with."""
)
@ledger_argument
@plan_argument
@click.option(
    "--covenant", type=FILE, metavar="FILE.toml", help="The covenant as a file, in place of the options below."
)
@click.option("--catalogue", metavar="NAME", help="A covenant of `mutualchain plan catalogue`, as it is.")
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
@lang_option
@json_option
@pass_app
def create(
    app: App,
    /,
    ledger: Path,
    plan: str,
    covenant: Path | None,
    catalogue: str | None,
    reference: str | None,
    keys: Path | None,
    **options: Any,
) -> None:
    """Begin the plan PLAN (a-z, 0-9 and '-') under a covenant, whose rules and hash then stand on the chain."""
    from .ledgers import acknowledged, writing

    given = {name: value for name, value in options.items() if value is not None}
    document = _chosen(covenant, catalogue, given)
    with writing(app, ledger, keys) as opened:
        try:
            done = opened.create_plan(plan, document, reference=reference if reference is not None else f"plan {plan}")
        except ReferenceConflict:
            if reference is not None:
                raise
            raise PlanExists(f"there is a plan {plan} already", value=plan) from None
        value = acknowledged(done, None) | {"covenant_hash": document.hash.hex(), "covenant": covenant_value(document)}

    def show(screen: Screen) -> None:
        text = "The plan {plan} ({title}) stands in block {height}."
        screen.line(app.words.say(text, plan=plan, title=document.title, height=done.height), "good")
        show_covenant(screen, document, app.words)
        screen.commands(
            app.words.say("Next:"), [f"mutualchain enrol {ledger} {plan} --csv members.csv --reference batch-1"]
        )

    app.result(value, show)


@plan.command(
    "show",
    epilog="""\b
Examples:
  mutualchain plan show ledger critical-illness
  mutualchain plan show ledger critical-illness --toml > covenant.toml""",
)
@ledger_argument
@plan_argument
@click.option("--toml", is_flag=True, help="Print the covenant alone, whole, as a TOML file.")
@lang_option
@json_option
@pass_app
def show_plan(app: App, ledger: Path, plan: str, toml: bool) -> None:
    """Show a plan: its covenant, members and money."""
    from .ledgers import snapshot
    from .overview import plan_overview, plan_value

    with snapshot(ledger) as (archive, reader):
        found = plan_overview(archive, reader, plan)

    def show(screen: Screen) -> None:
        from .status import show_one

        if toml:
            from ..covenant.toml import write_toml

            screen.document(write_toml(found.covenant, language=app.words.language))
            return
        show_one(screen, found, app)
        screen.line()
        screen.line(app.words.say("Covenant"), "heading")
        show_covenant(screen, found.covenant, app.words)

    app.result(plan_value(found) | {"covenant": covenant_value(found.covenant)}, show)


@plan.command(
    "list",
    epilog="""\b
Example:
  mutualchain plan list ledger""",
)
@ledger_argument
@lang_option
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
            screen.line(app.words.say("No plan yet."))
            screen.commands(app.words.say("Next:"), [f"mutualchain plan create {ledger} PLAN --title TITLE"])
            return
        rows = [[item.plan, item.covenant.title, f"{item.slots:,}", f"{item.rounds:,}"] for item in plans]
        screen.table([app.words.say(name) for name in ("plan", "title", "members", "rounds")], rows, left=2)

    app.result({"plans": [plan_value(item) for item in plans]}, show)


def _chosen(covenant: Path | None, catalogue: str | None, given: dict[str, Any]) -> Covenant:
    """The covenant that the options name: a file, one of the catalogue, or a simple one of values."""
    from .. import catalogue as shelf

    if covenant is not None and catalogue is not None:
        raise UsageError("--covenant and --catalogue cannot be given together")
    if covenant is not None or catalogue is not None:
        if given:
            names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
            first = "--covenant" if covenant is not None else "--catalogue"
            raise UsageError(f"{first} says everything: {names} cannot be given beside it")
        return shelf.load(catalogue or "").covenant if covenant is None else covenant_file(covenant).covenant
    if "title" not in given:
        raise UsageError("a plan needs a --title, a --covenant file or a --catalogue name")
    return _simple(given)


def _simple(values: dict[str, Any]) -> Covenant:
    """A covenant from the simple options, amounts as text. Raises AmountError, CovenantError."""
    from ..covenant.document import Covenant
    from ..money import parse_amount

    decimals = values.get("decimals", 2)
    decimals = decimals if type(decimals) is int and 0 <= decimals <= 4 else 2
    whole: dict[str, Any] = {
        name: parse_amount(value, decimals) if name in _AMOUNTS else value for name, value in values.items()
    }
    return Covenant.simple(**whole)
