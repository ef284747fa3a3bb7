"""``mutualchain monitor``: published ledgers followed, compared with each other and with what they showed before."""

from __future__ import annotations

import json
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ..errors import TrustFileError, UsageError
from .app import App, pass_app
from .language import ENGLISH
from .options import FILE, json_option, tz_option
from .screen import Screen

if TYPE_CHECKING:
    from ..witness.monitor import Look
    from ..witness.watching import Watch

__all__ = ["monitor"]

_HOOK_FAILED: Final = 3
_QUORATE_AGE: Final = 3 * 3600
"""Seconds after which a checkpoint is stale where a quorum cosigns: ledgers have them renewed every hour."""


class Age(click.ParamType[int]):
    """A number of seconds, as 90s, 30m, 36h or 3d."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from ..tlog.validity import parse_age

        if isinstance(value, int):
            return value
        try:
            return parse_age(value)
        except TrustFileError as error:
            self.fail(f"{error.message}.", param, ctx)


@click.command(
    epilog="""\b
Examples:
  mutualchain monitor https://ledger.example.org --trust operator.trust --state monitor.json
  mutualchain monitor public https://mirror.example.net --trust operator.trust --state monitor.json --once
  mutualchain monitor public --trust operator.trust --state monitor.json --every 10m --hook "mail-alarm --to us"

Exit codes, by the most serious alarm that stands at the end: 0 none; 4 split or rollback; 1 what is published does not
match what was signed, or breaks a rule; 3 stale, without quorum or unreachable, or the hook failed; 2 usage.
docs/monitor.md says more."""
)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option(
    "--trust", type=FILE, required=True, metavar="FILE", help="A trust file with the logs' keys and witnesses."
)
@click.option("--state", type=FILE, metavar="FILE", help="Where to remember what was seen. [default: nowhere]")
@click.option("--once", is_flag=True, help="Look once and end.")
@click.option("--every", type=Age(), default="5m", show_default=True, metavar="AGE", help="From one look to the next.")
@click.option(
    "--max-age",
    type=Age(),
    metavar="AGE",
    help="Alarm where nobody has confirmed a book as the newest for so long. [default: 3h where a quorum cosigns]",
)
@click.option(
    "--hook", metavar="COMMAND", help="Run this for every alarm and its end, with JSON on its standard input."
)
@click.option(
    "--evidence", type=FILE, metavar="FOLDER", help="Where to write evidence. [default: beside the state, or here]"
)
@tz_option
@json_option
@pass_app
def monitor(
    app: App,
    sources: tuple[str, ...],
    trust: Path,
    state: Path | None,
    once: bool,
    every: int,
    max_age: int | None,
    hook: str | None,
    evidence: Path | None,
) -> int:
    """Follow published ledgers: that they grow and never shrink, continue what they showed, and are fresh.

    A SOURCE is a published ledger (a folder or an address), an address that ends in /checkpoint, such as a witness's,
    or a checkpoint, record or receipt that somebody kept. All sources of one log are compared with each other. Where
    two books contradict each other, the evidence is written at once. SIGTERM and SIGINT end it after the present look.
    """
    from ..witness.places import Place
    from ..witness.watching import Watch
    from .ledgers import read_trust

    trusted = read_trust(trust)
    if max_age is None and trusted.max_age is None and trusted.quorum is not None:
        max_age = _QUORATE_AGE
    watch = Watch(
        [Place(name) for name in sources],
        trusted,
        state,
        folder=evidence if evidence is not None else state.parent if state is not None else Path(),
        hook=_words(hook),
        max_age=max_age,
        clock=lambda: app.clock() / 1000,
    )
    last: list[Look] = []
    with watch:
        if once:
            last.append(watch.look())
            app.result(_value(last[0]), lambda screen: _report(screen, last[0]))
        else:
            with _stopped_by_signals(watch):
                watch.follow(every, lambda look: _show(app, watch, last, look))
    if watch.hook_failure is not None:
        app.note(watch.hook_failure)
    code = last[-1].exit_code if last else 0
    return code or (_HOOK_FAILED if watch.hook_failure is not None else 0)


def _words(hook: str | None) -> list[str]:
    if hook is None:
        return []
    try:
        found = shlex.split(hook)
    except ValueError as error:
        raise UsageError(f"the hook is no command line: {error}", value=hook) from None
    if not found:
        raise UsageError("the hook is an empty command")
    return found


@contextmanager
def _stopped_by_signals(watch: Watch) -> Iterator[None]:
    def stop(*_: object) -> None:
        watch.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _value(look: Look) -> dict[str, Any]:
    return {
        "exit_code": look.exit_code,
        "places": [asdict(item) for item in look.places],
        "events": [event.to_value() for event in look.events],
        "alarms": [alarm.to_value() for alarm in look.memory.alarms],
        "files": sorted(look.files),
    }


def _show(app: App, watch: Watch, last: list[Look], look: Look) -> None:
    """A look among others: with ``--json`` one line each, else what is new."""
    last[:] = [look]
    if app.json:
        sys.stdout.write(json.dumps(_value(look), ensure_ascii=False) + "\n")
    else:
        _events(app.screen, app, look)
    sys.stdout.flush()
    if watch.hook_failure is not None:
        app.note(watch.hook_failure)


def _report(screen: Screen, look: Look) -> None:
    for item in look.places:
        whose = "seen by witnesses" if item.witnessed else "dated by its operator"
        age = "" if item.age is None else f", {whose} {_ago(item.age)} ago"
        screen.line(f"{item.place}: {item.size:,} blocks of {item.origin}{age}")
    for alarm in look.memory.alarms:
        screen.item("bad", f"{alarm.kind.value.upper()} at {alarm.place}: {alarm.text}", "bad")
        if alarm.evidence:
            screen.line(f"evidence: {alarm.evidence}", indent=4)
    if not look.memory.alarms:
        screen.item("good", "No alarm.", "good")


def _events(screen: Screen, app: App, look: Look) -> None:
    from .dates import moment

    now = moment(app.clock(), app.zone, ENGLISH)
    for event in look.events:
        if event.what == "grew":
            screen.line(f"{now}  {event.place}: {event.before:,} to {event.size:,} blocks")
        elif event.alarm is not None:
            over = "" if event.what == "alarm" else "over: "
            text = f"{now}  {over}{event.alarm.kind.value.upper()} at {event.place}: {event.alarm.text}"
            screen.line(text, "good" if over else "bad", hang=2)
            if event.alarm.evidence and not over:
                screen.line(f"evidence: {event.alarm.evidence}", indent=2)


def _ago(seconds: int) -> str:
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
