"""``mutualchain trust``: a verifier's trust file: made, shown, and checked for what it is worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import QuorumsDisjoint
from .app import App, pass_app
from .command import group
from .language import ENGLISH, Words
from .options import FILE, json_option, lang_option
from .screen import Screen

if TYPE_CHECKING:
    from ..tlog.trust import Group, TrustFile
    from ..witness.quorum import QuorumReport, Said

__all__ = ["trust"]

_SOON = 30 * 86_400


@group()
def trust() -> None:
    """The file that says whom somebody trusts: a log's keys, witnesses, and how many must have seen a book.

    Hand it to members and auditors on a way that does not lead through the ledger's own server. docs/trust.md explains
    every line.
    """


@trust.command(
    epilog="""\b
Examples:
  mutualchain trust make members.trust --from ledger.trust --quorum 3 --max-age 3d \\
    --witness "charity w.charity.example+... https://w.charity.example/" --witness "bank w.bank.example+..." \\
    --witness "press w.press.example+..." --witness "rival w.rival.example+..."
  mutualchain trust make members.trust --log example.org/mutual-aid+... --quorum none
  mutualchain trust make members.trust --from members.old --not-after 3ba31c2e 2026-07-01"""
)
@click.argument("file", type=FILE)
@click.option("--from", "base", type=FILE, metavar="FILE", help="Begin with what another trust file says.")
@click.option("--log", "logs", multiple=True, metavar='"VKEY [URL]"', help="A log's key, whose name is its origin.")
@click.option("--witness", "witnesses", multiple=True, metavar='"NAME VKEY [URL]"', help="A witness.")
@click.option(
    "--group", "groups", multiple=True, metavar='"NAME K MEMBER..."', help="K (or all, any) of witnesses and groups."
)
@click.option("--quorum", metavar="NAME|K|none", help="Who must have seen a checkpoint: a name, or how many of all.")
@click.option(
    "--not-before", "before", nargs=2, multiple=True, metavar="KEY TIME", help="From when a log's key counts."
)
@click.option(
    "--not-after", "after", nargs=2, multiple=True, metavar="KEY TIME", help="Until when: a day, a time in UTC, or now."
)
@click.option("--max-age", metavar="AGE", help="How old the witnesses' word may be, e.g. 36h or 3d.")
@click.option("--force", is_flag=True, help="Write over FILE.")
@lang_option
@json_option
@pass_app
def make(
    app: App,
    file: Path,
    base: Path | None,
    logs: tuple[str, ...],
    witnesses: tuple[str, ...],
    groups: tuple[str, ...],
    quorum: str | None,
    before: tuple[tuple[str, str], ...],
    after: tuple[tuple[str, str], ...],
    max_age: str | None,
    force: bool,
) -> None:
    """Write a trust file to the new file FILE.

    One under which two histories could both be believed with no witness lying is not written; --quorum none asks for
    no witness at all. It is a text of a few lines: later, change it in an editor, and check it.
    """
    from ..witness.quorum import check as check_quorums
    from .files import write_file
    from .ledgers import read_trust
    from .trust_make import make as put_together
    from .trust_make import time_of

    now = app.clock() // 1000
    ends = [
        (which, key, time_of(time, now))
        for which, pairs in (("not-before", before), ("not-after", after))
        for key, time in pairs
    ]
    made = put_together(
        None if base is None else read_trust(base),
        logs=logs,
        witnesses=witnesses,
        groups=groups,
        quorum=quorum,
        ends=ends,
        max_age=max_age,
    )
    if made.quorum is not None:
        check_quorums(made)
    write_file(file, made.format(), force=force)
    value = {"file": str(file)} | _judged(made, now, 1)
    app.result(value, lambda screen: _show_made(screen, app.words, file, made, now))


def _show_made(screen: Screen, words: Words, file: Path, made: TrustFile, now: int) -> None:
    screen.line(words.say("The trust file is in {file}.", file=file), "good")
    for sentence in _doubts(made, now, 1):
        screen.item("note", _said(words, sentence))
    screen.commands(words.say("Next:"), [f"mutualchain trust check {file}"])


@trust.command(
    epilog="""\b
Example:
  mutualchain trust show ledger.trust"""
)
@click.argument("file", type=FILE)
@lang_option
@json_option
@pass_app
def show(app: App, file: Path) -> None:
    """Show what a trust file says: keys and their times, witnesses, groups, the quorum."""
    from .ledgers import read_trust

    found = read_trust(file)
    app.result({"file": str(file)} | _value(found), lambda screen: _show(screen, app.words, found))


@trust.command(
    epilog="""\b
Examples:
  mutualchain trust check ledger.trust
  mutualchain trust check ledger.trust --lies 2 --strict

Exit codes: 0 for a file that holds, with or without doubts; 2 for one under which two histories can both be believed
with no witness lying, and with --strict for one with doubts."""
)
@click.argument("file", type=FILE)
@click.option(
    "--lies", type=click.IntRange(0, 1_000), default=1, show_default=True, help="Witnesses that may lie, or be robbed."
)
@click.option("--strict", is_flag=True, help="Refuse a file that leaves doubts.")
@lang_option
@json_option
@pass_app
def check(app: App, file: Path, lies: int, strict: bool) -> int:
    """Work out what a trust file is worth: how many witnesses must lie before two histories can both be believed.

    Every honest witness cosigns one history only, so all who stand in both quorums must lie. The smallest such number
    is computed exactly, for nested groups too.
    """
    from .ledgers import read_trust

    found = read_trust(file)
    now = app.clock() // 1000
    value = _judged(found, now, lies)
    refused = value["verdict"] == "refused" or (strict and value["verdict"] == "doubtful")
    value |= {"file": str(file), "exit_code": 2 if refused else 0}
    app.result(value, lambda screen: _show_check(screen, app.words, found, now, lies, refused))
    return 2 if refused else 0


# --- what a file says -----------------------------------------------------------------------------


def _value(found: TrustFile) -> dict[str, Any]:
    from ..tlog.validity import format_time

    def time(end: int | None) -> str | None:
        return None if end is None else format_time(end)

    return {
        "logs": [
            {
                "origin": log.key.name,
                "vkey": log.key.vkey,
                "url": log.url,
                "not_before": time(log.window.not_before),
                "not_after": time(log.window.not_after),
            }
            for log in found.logs
        ],
        "witnesses": [
            {"name": _text(witness.name), "vkey": witness.key.vkey, "url": witness.url} for witness in found.witnesses
        ],
        "groups": [
            {"name": _text(group.name), "threshold": group.threshold, "members": [_text(m) for m in group.members]}
            for group in found.groups
        ],
        "quorum": None if found.quorum is None else _text(found.quorum),
        "max_age_seconds": found.max_age,
    }


def _text(name: str) -> str:
    """A name for output: the format allows bytes that are no UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _show(screen: Screen, words: Words, found: TrustFile) -> None:
    from ..tlog.validity import ALWAYS, format_age

    for log in found.logs:
        screen.raw(log.key.vkey, "title")
        if log.url is not None:
            screen.raw(log.url, indent=2)
        if log.window != ALWAYS:
            screen.line(words.say("Its signature counts {window}.", window=_window(words, log.window)), indent=2)
    screen.line()
    groups = {group.name: group for group in found.groups}
    keys = {witness.name: witness for witness in found.witnesses}

    if found.quorum is None:
        screen.line(words.say("No witness is asked for."))
    else:
        screen.line(words.say("These must have seen a checkpoint:"), "heading")
    open_ends = [] if found.quorum is None else [(found.quorum, 1)]
    while open_ends:  # not by recursion: groups may lie a thousand deep
        name, depth = open_ends.pop()
        if name in groups:
            screen.raw(f"{_text(name)}: {_wanted(words, groups[name])}", indent=2 * depth)
            open_ends += [(member, min(depth + 1, 8)) for member in reversed(groups[name].members)]
        else:
            at = "" if keys[name].url is None else f"  {keys[name].url}"
            screen.raw(f"{_text(name)}  {keys[name].key.vkey}{at}", indent=2 * depth)
    if found.max_age is not None:
        screen.line()
        screen.line(words.say("Their word may be {age} old.", age=format_age(found.max_age)))


def _wanted(words: Words, group: Group) -> str:
    return words.say("{wanted} of {total}", wanted=group.threshold, total=len(group.members))


def _window(words: Words, window: Any) -> str:
    from ..tlog.validity import format_time

    if window.not_before is None:
        return words.say("until {end}", end=format_time(window.not_after))
    if window.not_after is None:
        return words.say("from {start}", start=format_time(window.not_before))
    return words.say("from {start} to {end}", start=format_time(window.not_before), end=format_time(window.not_after))


# --- what it is worth -----------------------------------------------------------------------------

KEY_SENTENCES = {
    "no-log": "The file names no log: nothing is believed under it.",
    "no-key-now": "No key of {origin} counts now.",
    "key-gap": "No key of {origin} counts from {start} to {end}.",
    "key-ends": "The last key of {origin} counts until {end}: hand out a new trust file before.",
    "no-age": "No largest age is asked for: an old book passes for the newest one.",
    "age-without-quorum": "The largest age is held against the operator's own word, because no witness is asked for.",
}
"""Doubts about keys and ages, by name."""


def _doubts(found: TrustFile, now: int, lies: int) -> list[Said]:
    from ..witness.quorum import examine

    return [*examine(found).doubts(lies), *_key_doubts(found, now)]


def _key_doubts(found: TrustFile, now: int) -> list[Said]:
    from ..tlog.validity import format_time, gaps

    said: list[Said] = [] if found.logs else [("no-log", {})]
    for origin in dict.fromkeys(log.key.name for log in found.logs):
        windows = [log.window for log in found.logs if log.key.name == origin]
        ends = [window.not_after for window in windows if window.not_after is not None]
        if not any(window.holds(now) for window in windows):
            said.append(("no-key-now", {"origin": origin}))
        elif len(ends) == len(windows) and max(ends) - now < _SOON:
            said.append(("key-ends", {"origin": origin, "end": format_time(max(ends))}))
        for gap in gaps(windows):
            start, end = gap.not_before or 0, gap.not_after or 0
            said.append(("key-gap", {"origin": origin, "start": format_time(start), "end": format_time(end)}))
    if found.max_age is None and found.quorum is not None:
        said.append(("no-age", {}))
    if found.max_age is not None and found.quorum is None:
        said.append(("age-without-quorum", {}))
    return said


def _judged(found: TrustFile, now: int, lies: int) -> dict[str, Any]:
    """The arithmetic and the doubts, as JSON: schemas/trust-check.json."""
    from ..witness.quorum import examine

    report = examine(found)
    doubts = _doubts(found, now, lies)
    verdict = "refused" if report.lies_survived < 0 else "doubtful" if doubts else "holds"
    return {
        "verdict": verdict,
        "code": QuorumsDisjoint.code if verdict == "refused" else None,
        "quorum": None if report.quorum is None else _text(report.quorum),
        "witnesses": len(report.witnesses),
        "smallest_quorum": report.smallest_quorum,
        "smallest_intersection": report.smallest_intersection,
        "lies_survived": report.lies_survived,
        "absences_survived": report.absences_survived,
        "weakest_pair": [sorted(map(_text, names)) for names in report.weakest_pair],
        "sentences": [_said(ENGLISH, item) for item in report.said],
        "doubts": [{"id": item[0], "sentence": _said(ENGLISH, item)} for item in doubts],
    }


def _said(words: Words, item: Said) -> str:
    from ..witness.quorum import SENTENCES

    name, values = item
    shown = {key: _text(value) if isinstance(value, str) else value for key, value in values.items()}
    return words.say((SENTENCES | KEY_SENTENCES)[name], **shown)


def _show_check(screen: Screen, words: Words, found: TrustFile, now: int, lies: int, refused: bool) -> None:
    from ..witness.quorum import examine

    report: QuorumReport = examine(found)
    doubts = _doubts(found, now, lies)
    if report.lies_survived < 0:
        screen.line(words.say("REFUSED"), "bad")
    elif doubts:
        screen.line(
            words.say("REFUSED") if refused else words.say("IT HOLDS, WITH DOUBTS"), "bad" if refused else "doubt"
        )
    else:
        screen.line(words.say("IT HOLDS"), "good")
    for item in report.said:
        screen.line(_said(words, item), indent=2)
    if doubts:
        screen.line()
        for item in doubts:
            screen.item("bad", _said(words, item), "doubt")
