"""``mutualchain show``: a file that people get, opened readably. It repeats what the file says; nothing is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .app import App, pass_app
from .command import command
from .options import FILE, json_option, lang_option, tz_option
from .screen import Screen

__all__ = ["show"]

CHECKS = {
    "record": "mutualchain verify-my-record {file} --passport my.passport",
    "disclosure": "mutualchain verify-disclosure {file} --trust operator.trust",
    "evidence": "mutualchain verify-evidence {file} --trust operator.trust",
    "opening": "mutualchain verify-opened {file} LEDGER",
    "receipt": "mutualchain compare {file} URL --trust operator.trust",
    "checkpoint": "mutualchain compare {file} URL --trust operator.trust",
    "trust file": "mutualchain trust check {file}",
    "covenant": "mutualchain plan check {file}",
}
"""How a file of each kind is checked; URL is the published ledger."""
NEXT = {
    "invitation": "mutualchain passport join my.passport {file} -o request.mcj",
    "passport": "mutualchain passport show {file} --plan PLAN",
    "facts": "mutualchain case seal {file} -o sealed.json",
}
"""What somebody who has such a file does with it."""
UNCHECKED = "Nothing of this was checked."
HER_OWN = ("passport", "trust file", "facts", "sealed facts", "fields")
"""What its owner made herself, so that there is nothing to be checked."""
NOBODY_YET = "Nothing of this was checked: it convicts nobody yet."


@command(
    epilog="""\b
Examples:
  mutualchain show my-record.mcr
  mutualchain show public/checkpoint --lang zh"""
)
@click.argument("file", type=FILE)
@lang_option
@tz_option
@json_option
@pass_app
def show(app: App, file: Path) -> None:
    """Show what a file of any kind says: record, receipt, disclosure, evidence, passport, trust file, checkpoint, pin.

    NOTHING is checked: the command that is named at the end does that.
    """
    from ..limits import MAX_BUNDLE_FILE
    from .files import read_file
    from .opened import KINDS, open_file

    if app.json:
        app.language = "en"  # for programs, the same everywhere
    data = read_file(file, "a file of mutualchain", MAX_BUNDLE_FILE)
    kind, pairs = open_file(data, app)
    value: dict[str, Any] = {"file": str(file), "kind": kind, "checked": False, "says": dict(pairs)}

    def display(screen: Screen) -> None:
        say = app.words.say
        screen.line(say("{file}: {what}", file=file, what=say(KINDS[kind])), "title")
        screen.pairs([(say(label), text) for label, text in pairs])
        if kind not in HER_OWN:
            screen.line()
            screen.line(say(NOBODY_YET if kind == "evidence" else UNCHECKED), "doubt")
        if kind in CHECKS:
            screen.commands(say("To check it:"), [CHECKS[kind].format(file=file)])
        if kind in NEXT:
            screen.commands(say("Next:"), [NEXT[kind].format(file=file)])

    app.result(value, display)
