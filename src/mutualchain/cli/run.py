"""``mutualchain run``: what the covenants demand is done when it comes due, once or on and on."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Final

import click

from ..errors import PlanUnknown, StoreBusy, UsageError
from .app import App, json_text, pass_app
from .command import command
from .options import AGE, PLAN, json_option, keys_option, lang_option, ledger_argument, tz_option
from .screen import Screen
from .vaults import vault_option

if TYPE_CHECKING:
    from ..covenant.document import Covenant
    from ..covenant.due import Duty
    from ..ledger import Ledger
    from ..ledger.advance import Advanced

__all__ = ["DUTIES", "duty_value", "run"]

DUTIES: Final = {
    "case.attest": "case {case} waits for those who vouch: {detail}",
    "case.disclose": "case {case} waits for its disclosure",
    "votes.count": "the votes on {case} counted",
    "case.approve": "case {case} approved with {amount}",
    "case.refuse": "case {case} refused by its jury",
    "amendment.record": "the covenant amended as members voted, by {case}",
    "round.open": "round {number} announced",
    "round.settle": "round {number} deducted",
    "case.refund": "the shares of voided case {case} given back",
    "case.restitute": "what the member of case {case} has shared given back: her membership ends",
    "advance.repay": "{amount} advanced for case {case} to be repaid",
    "case.pay": "{amount} of aid to be paid for case {case}",
    "plan.refund": "the shares of round {number} given back, because the plan ends",
    "plan.outstanding": "{amount} outstanding before the plan can end: {detail}",
    "plan.statement": "the closing statement recorded: the plan has ended",
}
"""What a duty is, for people; done ones and those that wait are listed apart."""


@command(
    epilog="""\b
Examples:
  mutualchain run ledger --once
  mutualchain run ledger --list
  mutualchain run ledger --every 5m --plan critical-illness
  mutualchain run ledger --once --collected xianghubao

What follows from the chain alone is done: votes counted, cases approved or refused, rounds announced and deducted,
shares of voided cases given back. Attestations, disclosures and payments wait for whoever has to make them, and are
listed. Between two looks the ledger is closed, so that others can write."""
)
@ledger_argument
@click.option("--plan", type=PLAN, metavar="PLAN", help="This plan alone. [default: all]")
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
@click.option("--list", "listed", is_flag=True, help="Only list what is due; do nothing.")
@click.option("--every", type=AGE, default="1m", show_default=True, metavar="AGE", help="From one look to the next.")
@click.option(
    "--collected",
    type=PLAN,
    multiple=True,
    metavar="PLAN",
    help="In this plan, which collects by mandate, no collection failed; repeat it for more.",
)
@vault_option
@keys_option
@tz_option
@lang_option
@json_option
@pass_app
def run(
    app: App,
    ledger: Path,
    plan: str | None,
    once: bool,
    listed: bool,
    every: int,
    collected: tuple[str, ...],
    keys: Path | None,
) -> None:
    """Let the plans run: do what their covenants demand by now, and go on doing so.

    Nothing is done twice, however often this is called, and a silence is caught up with. SIGTERM and SIGINT end it
    after the present step. A round of a plan that collects by mandate is deducted here where --collected says that
    nothing failed, else by `mutualchain round settle`.
    """
    if listed and once:
        raise UsageError("--list does nothing, and --once something")
    look = _Look(app, ledger, keys, plan, collected)
    if listed:
        value, show = look.listed()
        app.result(value, show)
        return
    if once:
        progress, covenants = look.advance()
        app.result(_value(progress), lambda screen: _show(app, screen, progress, covenants, quiet=False))
        return
    stop = Event()
    with _stopped_by_signals(stop):
        while not stop.is_set():
            try:
                progress, covenants = look.advance()
            except StoreBusy as error:  # somebody else writes just now
                app.note(error.message)
                stop.wait(min(every, 5))
                continue
            if app.json:
                sys.stdout.write(json_text(_value(progress)) + "\n")
            else:
                _show(app, app.screen, progress, covenants, quiet=True)
            sys.stdout.flush()
            stop.wait(_pause(every, progress.next_ms, app.clock()))


class _Look:
    """One look after another: the ledger opened, advanced, closed."""

    def __init__(self, app: App, ledger: Path, keys: Path | None, plan: str | None, collected: tuple[str, ...]) -> None:
        self.app, self.ledger, self.keys, self.plan, self.collected = app, ledger, keys, plan, collected

    @contextmanager
    def _opened(self) -> Iterator[Ledger]:
        from .ledgers import writing

        with writing(self.app, self.ledger, self.keys) as opened:
            for name in filter(None, (self.plan, *self.collected)):
                if name not in opened.plans:
                    raise PlanUnknown(f"there is no plan {name!r}", value=name)
            yield opened

    def advance(self) -> tuple[Advanced, dict[str, Covenant]]:
        """What was done and what is left, and the covenants to show it by."""
        with self._opened() as opened:
            progress = opened.advance(self.plan, collect=self._failed)
            return progress, {name: opened.book(name).covenant for name in opened.plans}

    def _failed(self, plan: str, _: object) -> list[int] | None:
        """Whose collection failed: nobody's, where the operator says so; else that is not known here."""
        return [] if plan in self.collected else None

    def listed(self) -> tuple[dict[str, Any], Any]:
        with self._opened() as opened:
            duties = opened.due(self.plan)
            at = opened.next_due_ms()
            covenants = {name: opened.book(name).covenant for name in opened.plans}

        def show(screen: Screen) -> None:
            for duty in duties:
                screen.line(_line(self.app, duty, covenants), hang=2)
            if not duties:
                screen.line(self.app.words.say("Nothing is due."), "good")
            _next(self.app, screen, at)

        return {"due": [duty_value(duty) for duty in duties], "next_ms": at}, show


def _pause(every: int, next_ms: int | None, now_ms: int) -> float:
    """Seconds until the next look: sooner where something comes due sooner."""
    return every if next_ms is None else min(max((next_ms - now_ms) / 1000, 0.1), every)


@contextmanager
def _stopped_by_signals(stop: Event) -> Iterator[None]:
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# --- shown --------------------------------------------------------------------------------------


def duty_value(duty: Duty) -> dict[str, Any]:
    """A duty as JSON."""
    return {
        "kind": duty.kind,
        "plan": duty.plan,
        "clause": duty.clause,
        "at_ms": duty.at_ms,
        "deadline_ms": duty.deadline_ms or None,
        "subject": duty.subject.hex() or None,
        "round": duty.number if duty.number >= 0 else None,
        "amount": duty.amount,
        "detail": duty.detail,
        "automatic": duty.automatic,
    }


def _value(progress: Advanced) -> dict[str, Any]:
    return {
        "done": [{**duty_value(item.duty), "height": item.height, "time_ms": item.time_ms} for item in progress.done],
        "blocked": [
            {**duty_value(duty), "error": error.code, "rule": error.clause, "message": error.message}
            for duty, error in progress.blocked
        ],
        "waiting": [duty_value(duty) for duty in progress.waiting],
        "next_ms": progress.next_ms,
    }


def _line(app: App, duty: Duty, covenants: dict[str, Covenant]) -> str:
    from .amounts import amount as money

    covenant = covenants[duty.plan]
    amount = money(duty.amount, covenant.decimals, covenant.currency, app.words)
    sentence = app.words.say(
        DUTIES[duty.kind], case=duty.subject.hex()[:16], amount=amount, number=duty.number + 1, detail=duty.detail
    )
    return f"{duty.plan}: {sentence} ({duty.clause})"


def _show(app: App, screen: Screen, progress: Advanced, covenants: dict[str, Covenant], *, quiet: bool) -> None:
    from .dates import moment

    say = app.words.say
    for item in progress.done:
        screen.item(
            "good", f"{moment(item.time_ms, app.zone, app.words)}  {_line(app, item.duty, covenants)}", indent=0
        )
    for duty, error in progress.blocked:
        screen.item("bad", f"{_line(app, duty, covenants)}: {error.code} {error.message}", "bad", indent=0)
    if quiet:
        return
    if progress.waiting:
        screen.line(say("These wait for somebody:"), "heading")
        for duty in progress.waiting:
            screen.item("note", _line(app, duty, covenants))
    if not progress.done and not progress.blocked and not progress.waiting:
        screen.line(say("Nothing is due."), "good")
    _next(app, screen, progress.next_ms)


def _next(app: App, screen: Screen, at: int | None) -> None:
    from .dates import moment

    if at is not None:
        screen.line(app.words.say("Next: {when}", when=moment(at, app.zone, app.words)), "dim")
