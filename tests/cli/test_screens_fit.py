"""The main screens at 40, 80 and 120 columns, in both languages: nothing is wider that could be broken."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import redirect_stdout

import pytest
from rich.console import Console

from mutualchain.cli.app import App, run
from mutualchain.cli.screen import Screen, width_of
from tests.cli.harness import LATER, PLAN, Small, ticking

SCREENS: dict[str, Callable[[Small], tuple[object, ...]]] = {
    "verify-my-record": lambda s: ("verify-my-record", s.record, "--passport", s.passport, "--no-pin"),
    "another's record": lambda s: ("verify-my-record", s.record, "--passport", s.other, "--no-pin"),
    "show": lambda s: ("show", s.record),
    "passport show": lambda s: ("passport", "show", s.passport, "--plan", PLAN),
    "passport phrase": lambda s: ("passport", "phrase", s.passport),
    "trust check": lambda s: ("trust", "check", s.trust),
    "status": lambda s: ("status", s.ledger),
    "audit": lambda s: ("audit", s.ledger, "--trust", s.trust),
    "plan show": lambda s: ("plan", "show", s.ledger, PLAN),
    "plan catalogue": lambda s: ("plan", "catalogue"),
    "plan check": lambda s: ("plan", "check", "xianghubao"),
    "round show": lambda s: ("round", "show", s.ledger, PLAN),
    "round list": lambda s: ("round", "list", s.ledger, PLAN),
    "case list": lambda s: ("case", "list", s.ledger, PLAN),
    "closing": lambda s: ("plan", "closing-statement", s.ledger, PLAN),
    "compare": lambda s: ("compare", s.record, s.record, "--trust", s.trust),
    "glossary": lambda s: ("explain", "--words"),
    "errors": lambda s: ("explain", "--all"),
}
WHOLE = re.compile(r"\S{32,}|\bmutualchain .*|\[[a-z_.]+\]")
"""What is to be copied as it is: a hash, a key, a path, a command."""


@pytest.mark.parametrize("columns", [40, 80, 120])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_fits_the_terminal(
    name: str, language: str, columns: int, template: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUTUALCHAIN_LANG", language)
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=columns, highlight=False, markup=False, emoji=False)
    app = App(clock=ticking(LATER))
    app._screen = Screen(stream, min(columns, 100), console)
    with redirect_stdout(stream):
        run([str(word) for word in SCREENS[name](template)], app)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()).splitlines()
    assert len(lines) > 1
    assert [line for line in lines if width_of(line) > min(columns, 100) and not WHOLE.search(line)] == []
