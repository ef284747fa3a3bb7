"""``mutualchain status``: what a ledger holds, read without being replayed, while a writer may be at work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .app import App, pass_app
from .command import command
from .options import json_option, lang_option, ledger_argument, tz_option
from .screen import Screen

if TYPE_CHECKING:
    from ..archive.reading import Archive
    from ..tlog.checkpoint import Checkpoint
    from ..tlog.trust import TrustedCheckpoint
    from .language import Words
    from .overview import CaseOverview, ChainOverview, PlanOverview

__all__ = ["show_cases", "show_one", "status"]

_CASES = 8
_ROUNDS = 8


@command(
    epilog="""\b
Example:
  mutualchain status ledger"""
)
@ledger_argument
@tz_option
@lang_option
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

    words = app.words
    last = moment(chain.time_ms, app.zone, words)
    screen.line(chain.origin, "title")
    screen.pairs(
        [
            (words.say("chain"), chain.chain.hex()),
            (words.say("blocks"), words.say("{size}, the last one of {when}", size=chain.size, when=last)),
            (words.say("checkpoint"), words.say("signed over {size} blocks", size=chain.signed_size)),
            (words.say("root"), chain.root.hex()),
            (words.say("head words"), head_line(_head(chain), words)),
            *_cosigned_pairs(app, cosigned),
        ]
    )
    for item in plans:
        screen.line()
        show_one(screen, item, app)
    if plans:
        screen.commands(words.say("Next:"), [f"mutualchain audit {ledger}"])
    else:
        screen.line()
        screen.line(words.say("No plan yet."))
        screen.commands(words.say("Next:"), [f"mutualchain plan create {ledger} PLAN --title TITLE"])


def _cosigned_pairs(app: App, cosigned: TrustedCheckpoint | None) -> list[tuple[str, str]]:
    from .dates import moment

    if cosigned is None:
        return []
    say = app.words.say
    pairs = [(say("cosigned"), say("{size} blocks, by the witnesses' quorum", size=cosigned.size))]
    for item in cosigned.cosignatures:
        pairs.append(("", f"{item.witness.name}, {moment(item.timestamp * 1000, app.zone, app.words)}"))
    return pairs


def show_one(screen: Screen, item: PlanOverview, app: App) -> None:
    """One plan's figures, for people."""
    from .amounts import amounts, figure
    from .dates import day

    words = app.words
    say, decimals = words.say, item.covenant.decimals
    amount = amounts(decimals, item.covenant.currency, words)
    screen.line(say("Plan {plan}: {title}", plan=item.plan, title=item.covenant.title), "title")
    exits, sums = item.rows["exit/1"], item.sums
    gone = words.count(", {count} of them has left", ", {count} of them have left", exits) if exits else ""
    joining, later = amount(sums["enrolment/1"]), amount(sums["credit/1"])
    deducted = amount(sums["charge/1"])
    screen.pairs(
        [
            (say("members"), f"{item.slots:,}{gone}"),
            (say("money in"), say("{joining} on joining, {later} later", joining=joining, later=later)),
            (say("money out"), say("{amount} withdrawn", amount=amount(sums["withdrawal/1"]))),
            (
                say("deducted"),
                words.count("{amount} in {count} round", "{amount} in {count} rounds", item.rounds, amount=deducted),
            ),
            (say("balances"), amount(item.balances)),
            (say("paid out"), amount(item.payouts)),
        ]
    )
    if item.opened is not None:
        terms = item.opened
        opened = say(
            "Round {number} is open: {share} each from {headcount} members.",
            number=terms.number + 1,
            share=amount(terms.share),
            headcount=terms.headcount,
        )
        screen.item("note", opened)
    if item.settled:
        screen.line()
        rows = [
            [
                f"{entry.number + 1:,}",
                day(entry.time_ms, app.zone, words),
                figure(entry.aid, decimals, words),
                f"{entry.headcount:,}",
                figure(entry.share, decimals, words),
                figure(entry.surplus_out, decimals, words),
            ]
            for entry in item.settled[-_ROUNDS:]
        ]
        header = [say(name) for name in ("round", "settled", "aid", "shared by", "each", "surplus left")]
        screen.table(header, rows, left=2)
        _rest(screen, words, _ROUNDS, len(item.settled), "mutualchain round list")
    if item.cases:
        screen.line()
        show_cases(screen, item, list(item.cases[-_CASES:]), words)
        _rest(screen, words, _CASES, len(item.cases), "mutualchain case list")


def _rest(screen: Screen, words: Words, shown: int, count: int, command: str) -> None:
    """That there are more than are shown."""
    if count > shown:
        text = words.say(
            "The last {shown} of {count}; `{command}` shows all.", shown=shown, count=count, command=command
        )
        screen.line(text, "dim", indent=2)


STATES = {
    "requested": "requested",
    "disclosed": "disclosed",
    "approved": "approved",
    "refused": "refused",
    "withdrawn": "taken back",
    "void": "void",
    "announced": "announced",
    "shared": "shared",
    "paid": "shared",
}
"""Where a case stands, in a word; what was paid of it is said beside it."""


def show_cases(screen: Screen, item: PlanOverview, cases: list[CaseOverview], words: Words) -> None:
    """Cases, for people: each with its whole name, because that is what `round open` asks for."""
    from .amounts import amounts

    amount = amounts(item.covenant.decimals, item.covenant.currency, words)
    for case in cases:
        screen.raw(f"{words.say('case')}  {case.digest.hex()}", indent=2)
        text = words.say(
            "slot {slot}, aid {aid}: {state}",
            slot=case.slot,
            aid=amount(case.aid),
            state=words.say(STATES.get(case.state, case.state)),
        )
        if case.round is not None:
            text += words.say(" in round {number}", number=case.round + 1)
        if case.paid:
            text += words.say(", {amount} paid", amount=amount(case.paid))
        screen.line(text, indent=8)
