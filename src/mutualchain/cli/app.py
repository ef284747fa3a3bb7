"""The root command, and what one call of it carries: language, time, output."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from .group import LazyGroup
from .language import LANGUAGES

if TYPE_CHECKING:
    from datetime import tzinfo

    from .language import Words
    from .screen import Screen
    from .vaults import VaultPlace

__all__ = ["App", "json_text", "mutualchain", "pass_app", "run"]


def _clock() -> int:
    return time.time_ns() // 1_000_000


class App:
    """One call of the command line. ``clock`` gives Unix milliseconds; tests put another one in its place."""

    def __init__(self, *, clock: Callable[[], int] = _clock) -> None:
        self.clock = clock
        self.json = False
        self.debug = False
        self.unconfirmed = False
        self.vault: VaultPlace | None = None
        self.language: str | None = None
        self.zone: tzinfo | None = None
        self._screen: Screen | None = None

    @property
    def screen(self) -> Screen:
        """Where output for people goes."""
        if self._screen is None:
            from .screen import screen_for

            self._screen = screen_for(sys.stdout)
        return self._screen

    @property
    def words(self) -> Words:
        """The language of this call."""
        from .language import Words, preferred

        return Words(self.language or preferred())

    def result(self, value: dict[str, Any], show: Callable[[Screen], None]) -> None:
        """The outcome of a command: ``value`` as JSON if ``--json`` was given, else ``show`` it to a person."""
        if self.json:
            self.print_json(value)
        else:
            show(self.screen)

    def print_json(self, value: dict[str, Any]) -> None:
        """One JSON document on stdout."""
        sys.stdout.write(json_text(value, indent=2) + "\n")

    def note(self, text: str) -> None:
        """A remark on stderr that does not end the command."""
        from .screen import printable

        lead = "note: " if self.words.language == "en" else f"{self.words.say('note')}："
        sys.stderr.write(f"{lead}{printable(text)}\n")


def json_text(value: dict[str, Any], indent: int | None = None) -> str:
    """``value`` as JSON whose Chinese can be read; what cannot be printed, or would steer a terminal, is escaped."""
    import json
    import re

    def escaped(found: re.Match[str]) -> str:
        return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]

    return re.sub(r"[^\n -~]", escaped, json.dumps(value, ensure_ascii=False, indent=indent))


pass_app = click.make_pass_decorator(App)

EPILOG = """\b
Examples:
  mutualchain demo --members 100000
  mutualchain verify-my-record my-record.mcr --passport my.passport
  mutualchain audit ledger

Every option can be set by an environment variable: MUTUALCHAIN_, the command, the option, e.g.
MUTUALCHAIN_AUDIT_WORKERS=2; MUTUALCHAIN_LANG, MUTUALCHAIN_TZ, MUTUALCHAIN_KEYS, MUTUALCHAIN_PINS and
MUTUALCHAIN_DEBUG hold for all.

`mutualchain explain WORD` says what a word means here, such as slot, head, quorum or sealed.

Exit codes: 0 verified or done, 1 tampered, 2 usage, 3 could not check, 4 rollback or split view."""


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={
        "auto_envvar_prefix": "MUTUALCHAIN",
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
)
@click.version_option(__version__, prog_name="mutualchain", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
@click.pass_obj
def mutualchain(app: App, debug: bool) -> None:
    """An append-only, signed ledger with which a mutual-aid platform proves itself to its members.

    Operators record members, deductions and payouts in it; every member checks her own record by herself; anybody
    who has the ledger can replay all of it. It is not insurance: members of a plan share one another's aid.
    """
    app.debug = debug


def _language(words: list[str]) -> str | None:
    """What --lang says: known before the words are parsed, for help and for what is wrong with them."""
    given = [word.partition("=")[2] for word in words if word.startswith("--lang=")]
    given += [after for word, after in pairwise(words) if word == "--lang"]
    return next((language for language in given if language in LANGUAGES), None)


def run(arguments: Sequence[str] | None = None, app: App | None = None) -> int:
    """Run a command and return its exit code; nothing escapes but ``SystemExit`` of the interpreter itself."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    app = app if app is not None else App()
    words = given[: given.index("--")] if "--" in given else given
    app.json = app.json or "--json" in words
    app.debug = app.debug or "--debug" in words
    app.language = app.language or _language(words)
    try:
        code = mutualchain.main(args=given, prog_name="mutualchain", standalone_mode=False, obj=app)
        sys.stdout.flush()
    except BaseException as error:
        from .failures import report

        return report(error, app, given)
    return code if isinstance(code, int) else 0
