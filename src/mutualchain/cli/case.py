"""``mutualchain case``: approve a case, list cases."""

from __future__ import annotations

from pathlib import Path

import click

from .app import App, pass_app
from .options import (
    FILE,
    HASH,
    SLOT,
    json_option,
    keys_option,
    ledger_argument,
    plan_argument,
    receipt_option,
    reference_option,
)
from .screen import Screen

__all__ = ["case"]


@click.group()
def case() -> None:
    """Approve a case (互助案件); list cases."""


@case.command(
    epilog="""\b
Example:
  mutualchain case approve ledger critical-illness --slot 17 --aid 300000 --file case-17.zip --reference case-17

The case file stays with you; only its hash is recorded. Put something random into the file, so that nobody can find
out by guessing what it says."""
)
@ledger_argument
@plan_argument
@click.option("--slot", type=SLOT, required=True, help="The member who fell ill.")
@click.option("--aid", required=True, metavar="AMOUNT", help="The approved aid, in yuan.")
@click.option("--file-hash", type=HASH, help="SHA-256 of the case file, 64 hexadecimal digits.")
@click.option("--file", type=FILE, metavar="FILE", help="The case file, to compute that hash from.")
@reference_option
@receipt_option
@keys_option
@json_option
@pass_app
def approve(
    app: App,
    ledger: Path,
    plan: str,
    slot: int,
    aid: str,
    file_hash: bytes | None,
    file: Path | None,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Record that a case is approved. The answer names the case, for `round open` and `round pay`."""
    from .files import hash_file
    from .ledgers import acknowledged, amount_of, one_of, writing
    from .members import receipt_line

    one_of("the case file", file_hash=file_hash, file=file)
    digest = file_hash if file is None else hash_file(file, "the case file")
    assert digest is not None
    with writing(app, ledger, keys) as opened:
        minor = amount_of(opened, plan, aid)
        done = opened.approve_case(plan, slot=slot, aid=minor, file_hash=digest, reference=reference)
        value = acknowledged(done, receipt)
    name = (done.digest or b"").hex()

    def show(screen: Screen) -> None:
        screen.line(f"The case is approved, recorded in block {done.height:,}.", "good")
        screen.raw(f"case  {name}", indent=2)
        receipt_line(screen, receipt)
        screen.commands("Next:", [f"mutualchain round open {ledger} {plan} --case {name} --reference round-1"])

    app.result(value, show)


@case.command("list")
@ledger_argument
@plan_argument
@json_option
@pass_app
def list_cases(app: App, ledger: Path, plan: str) -> None:
    """List a plan's cases, and where they stand."""
    from .ledgers import snapshot
    from .overview import case_value, plan_overview
    from .status import show_cases

    with snapshot(ledger) as (archive, reader):
        found = plan_overview(archive, reader, plan)

    def show(screen: Screen) -> None:
        if found.cases:
            show_cases(screen, found, list(found.cases))
        else:
            screen.line("No case yet.")

    app.result({"plan": plan, "cases": [case_value(item) for item in found.cases]}, show)
