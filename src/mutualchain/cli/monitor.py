"""``mutualchain monitor``: published ledgers followed, compared with each other and with what they showed before."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ..errors import UsageError
from .app import App, json_text, pass_app
from .command import command
from .options import AGE, FILE, json_option, lang_option, tz_option
from .screen import Screen

if TYPE_CHECKING:
    from ..tlog.checkpoint import Checkpoint
    from ..witness.monitor import Look
    from ..witness.monitor_state import Alarm
    from ..witness.watching import Watch
    from .language import Words

__all__ = ["monitor"]

_HOOK_FAILED: Final = 3
_QUORATE_AGE: Final = 3 * 3600
"""Seconds after which a checkpoint is stale where a quorum cosigns: ledgers have them renewed every hour."""


@command(
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
@click.option("--every", type=AGE, default="5m", show_default=True, metavar="AGE", help="From one look to the next.")
@click.option(
    "--max-age",
    type=AGE,
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
@lang_option
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
            app.result(_value(last[0]), lambda screen: _report(screen, app.words, last[0]))
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


def _newest_heads(look: Look) -> Iterator[Checkpoint]:
    """The largest head that was seen of each log."""
    from ..tlog import checkpoint as checkpoints
    from ..tlog import note as notes

    for log in look.memory.logs.values():
        heads = [checkpoints.parse(notes.parse(note).text) for note in log.heads]
        yield from sorted(heads, key=lambda head: -head.size)[:1]


def _value(look: Look) -> dict[str, Any]:
    from .head import head_value

    return {
        "exit_code": look.exit_code,
        "places": [asdict(item) for item in look.places],
        "events": [event.to_value() for event in look.events],
        "logs": [
            {"origin": head.origin, "size": head.size, "head_words": head_value(head)} for head in _newest_heads(look)
        ],
        "alarms": [alarm.to_value() for alarm in look.memory.alarms],
        "files": sorted(look.files),
    }


def _show(app: App, watch: Watch, last: list[Look], look: Look) -> None:
    """A look among others: with ``--json`` one line each, else what is new."""
    last[:] = [look]
    if app.json:
        sys.stdout.write(json_text(_value(look)) + "\n")
    else:
        _events(app.screen, app, look)
    sys.stdout.flush()
    if watch.hook_failure is not None:
        app.note(watch.hook_failure)


ALARMS = {
    "split": "SPLIT VIEW",
    "rollback": "ROLLBACK",
    "broken rule": "BROKEN RULE",
    "tampered": "TAMPERED",
    "no quorum": "NO QUORUM",
    "stale": "STALE",
    "unreachable": "UNREACHABLE",
}
"""What an alarm is called, by its kind."""


def _alarm(words: Words, alarm: Alarm) -> str:
    kind = words.say(ALARMS[alarm.kind.value])
    return words.say("{kind} at {place}: {text}", kind=kind, place=alarm.place, text=alarm.text)


def _report(screen: Screen, words: Words, look: Look) -> None:
    from .head import head_line

    for item in look.places:
        text = words.say("{place}: {size} blocks of {origin}", place=item.place, size=item.size, origin=item.origin)
        if item.age is not None:
            seen = ", seen by witnesses {ago}" if item.witnessed else ", dated by its operator {ago}"
            text += words.say(seen, ago=_ago(item.age, words))
        screen.line(text)
    screen.pairs([(words.say("head words"), head_line(head, words)) for head in _newest_heads(look)])
    for alarm in look.memory.alarms:
        screen.item("bad", _alarm(words, alarm), "bad")
        if alarm.evidence:
            screen.line(words.say("evidence: {file}", file=alarm.evidence), indent=4)
    if not look.memory.alarms:
        screen.item("good", words.say("No alarm."), "good")


def _events(screen: Screen, app: App, look: Look) -> None:
    from .dates import moment

    words = app.words
    now = moment(app.clock(), app.zone, words)
    for event in look.events:
        if event.what == "grew":
            text = "{place}: {before} to {size} blocks"
            screen.line(f"{now}  {words.say(text, place=event.place, before=event.before, size=event.size)}")
        elif event.alarm is not None:
            over = event.what != "alarm"
            text = words.say("over: {alarm}", alarm=_alarm(words, event.alarm)) if over else _alarm(words, event.alarm)
            screen.line(f"{now}  {text}", "good" if over else "bad", hang=2)
            if event.alarm.evidence and not over:
                screen.line(words.say("evidence: {file}", file=event.alarm.evidence), indent=2)


AGES = (("{count} days ago", 86_400), ("{count} hours ago", 3_600), ("{count} minutes ago", 60))


def _ago(seconds: int, words: Words) -> str:
    for text, size in AGES:
        if seconds >= 2 * size:
            return words.say(text, count=seconds // size)
    return words.say("{count} seconds ago", count=seconds)
