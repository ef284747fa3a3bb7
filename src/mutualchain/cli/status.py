"""``mutualchain status``: what a ledger holds, read without being replayed, while a writer may be at work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .app import App, pass_app
from .language import ENGLISH
from .options import json_option, ledger_argument, tz_option
from .screen import Screen

if TYPE_CHECKING:
    from ..archive.reading import Archive
    from ..tlog.checkpoint import Checkpoint
    from ..tlog.trust import TrustedCheckpoint
    from .overview import CaseOverview, ChainOverview, PlanOverview

__all__ = ["show_cases", "show_one", "status"]

_CASES = 8
_ROUNDS = 8


@click.command(
    epilog="""\b
Example:
  mutualchain status ledger"""
)
@ledger_argument
@tz_option
@json_option
@pass_app
def status(app: App, ledger: Path) -> None:
    """Show what LEDGER holds: the chain, its newest checkpoint, plans, members, rounds and money.

    Figures are taken from what is stored; `mutualchain audit` checks that they are true.
    """
    from .cosign import cosignatures_value
    from .head import head_value
    from .ledgers import snapshot
    from .overview import chain_overview, plan_overview, plan_value

    with snapshot(ledger) as (archive, reader):
        chain = chain_overview(archive)
        cosigned = _cosigned(ledger, archive)
        plans = [plan_overview(archive, reader, name) for name in archive.plans() if name]
    value: dict[str, Any] = {
        "ledger": str(ledger),
        "origin": chain.origin,
        "chain": chain.chain.hex(),
        "log_key": chain.log_key,
        "size": chain.size,
        "time_ms": chain.time_ms,
        "checkpoint": {"size": chain.signed_size, "root": chain.root.hex()},
        "head_words": head_value(_head(chain)),
        "cosigned": None
        if cosigned is None
        else {"size": cosigned.size, "cosignatures": cosignatures_value(cosigned.cosignatures)},
        "plans": [plan_value(item) for item in plans],
    }
    app.result(value, lambda screen: _show(screen, app, ledger, chain, cosigned, plans))


def _head(chain: ChainOverview) -> Checkpoint:
    from ..tlog.checkpoint import Checkpoint

    return Checkpoint(chain.origin, chain.signed_size, chain.root)


def _cosigned(ledger: Path, archive: Archive) -> TrustedCheckpoint | None:
    """The newest head that the witnesses' quorum has cosigned, with those cosignatures that the trust file knows."""
    from .ledgers import genesis_trust, read_trust, trust_path

    note, beside = archive.cosigned(), trust_path(ledger)
    if note is None:
        return None
    trust = genesis_trust(archive)
    if beside.exists():
        known = read_trust(beside)
        trust = replace(trust, witnesses=known.witnesses)
    return trust.open_checkpoint(note)


def _show(
    screen: Screen,
    app: App,
    ledger: Path,
    chain: ChainOverview,
    cosigned: TrustedCheckpoint | None,
    plans: list[PlanOverview],
) -> None:
    from .dates import moment
    from .head import head_line

    screen.line(chain.origin, "title")
    screen.pairs(
        [
            ("chain", chain.chain.hex()),
            ("blocks", f"{chain.size:,}, the last one of {moment(chain.time_ms, app.zone, ENGLISH)}"),
            ("checkpoint", f"signed over {chain.signed_size:,} blocks"),
            ("root", chain.root.hex()),
            ("in words", head_line(_head(chain), app.words)),
            *_cosigned_pairs(app, cosigned),
        ]
    )
    for item in plans:
        screen.line()
        show_one(screen, item, app)
    if plans:
        screen.commands("Next:", [f"mutualchain audit {ledger}"])
    else:
        screen.commands("No plan yet. Next:", [f"mutualchain plan create {ledger} PLAN --title TITLE"])


def _cosigned_pairs(app: App, cosigned: TrustedCheckpoint | None) -> list[tuple[str, str]]:
    from .dates import moment

    if cosigned is None:
        return []
    pairs = [("cosigned", f"{cosigned.size:,} blocks, by the witnesses' quorum")]
    for item in cosigned.cosignatures:
        pairs.append(("", f"{item.witness.name}, {moment(item.timestamp * 1000, app.zone, ENGLISH)}"))
    return pairs


def show_one(screen: Screen, item: PlanOverview, app: App) -> None:
    """One plan's figures, for people."""
    from ..money import format_amount
    from .dates import day

    decimals, currency = item.covenant.decimals, item.covenant.currency

    def amount(minor: int) -> str:
        return f"{format_amount(minor, decimals)} {currency}"

    screen.line(f"Plan {item.plan}: {item.covenant.title}", "title")
    exits = item.rows["exit/1"]
    gone = f", {exits:,} of them {'has' if exits == 1 else 'have'} left" if exits else ""
    sums = item.sums
    screen.pairs(
        [
            ("members", f"{item.slots:,}{gone}"),
            ("money in", f"{amount(sums['enrolment/1'])} on joining, {amount(sums['credit/1'])} later"),
            ("money out", f"{amount(sums['withdrawal/1'])} withdrawn"),
            ("deducted", f"{amount(sums['charge/1'])} in {item.rounds:,} round{'s' if item.rounds != 1 else ''}"),
            ("balances", amount(item.balances)),
            ("paid out", amount(item.payouts)),
        ]
    )
    if item.opened is not None:
        terms = item.opened
        screen.item(
            "note", f"Round {terms.number + 1:,} is open: {amount(terms.share)} each from {terms.headcount:,} members."
        )
    if item.settled:
        screen.line()
        rows = [
            [
                f"{entry.number + 1:,}",
                day(entry.time_ms, app.zone, ENGLISH),
                format_amount(entry.aid, decimals),
                f"{entry.headcount:,}",
                format_amount(entry.share, decimals),
                format_amount(entry.surplus_out, decimals),
            ]
            for entry in item.settled[-_ROUNDS:]
        ]
        screen.table(["round", "settled", f"aid, {currency}", "shared by", "share", "surplus left"], rows, left=2)
        if len(item.settled) > _ROUNDS:
            screen.line(
                f"The last {_ROUNDS} of {len(item.settled):,}; `mutualchain round list` shows all.", "dim", indent=2
            )
    if item.cases:
        screen.line()
        show_cases(screen, item, list(item.cases[-_CASES:]))
        if len(item.cases) > _CASES:
            screen.line(
                f"The last {_CASES} of {len(item.cases):,}; `mutualchain case list` shows all.", "dim", indent=2
            )


def show_cases(screen: Screen, item: PlanOverview, cases: list[CaseOverview]) -> None:
    """Cases, for people: the name in full below the table, because it is what `round open` asks for."""
    from ..money import format_amount

    decimals = item.covenant.decimals
    for case in cases:
        where = "" if case.round is None else f" in round {case.round + 1:,}"
        paid = f", {format_amount(case.paid, decimals)} paid" if case.paid else ""
        screen.raw(f"case  {case.digest.hex()}", indent=2)
        screen.line(
            f"slot {case.slot:,}, aid {format_amount(case.aid, decimals)} {item.covenant.currency}: "
            f"{case.state if case.state != 'paid' else 'shared'}{where}{paid}",
            indent=8,
        )
