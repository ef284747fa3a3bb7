"""The command line: ``mutualchain``, or ``python -m mutualchain``.

What every command stands on:

    app         the root command and what one call of it carries
    group       all commands in their order, imported when they are used
    command     commands and groups: a variable for every option, help in the caller's language
    helping     help on the screen; usage: what is wrong with a call, in another language
    options     options that many commands share
    failures    every error on its way out: one sentence, code, hint, exit code
    screen      output for people: rich on a terminal, plain text elsewhere; progress on stderr
    language    English and Simplified Chinese; texts_zh*: the Chinese; rules: a verifier's messages
    dates, amounts, head
                times, money and heads for people, by their locale
    glossary    the words that screens and help use
    schemas     the shapes of what --json prints
    files, tables
                reading and writing files within bounds; CSV files
    ledgers, sources, overview, rebuilt
                ledgers opened, for reading wherever they lie, and what they say about themselves

Commands that many files make: a member's check is verify, checking, refusal, holding, pins and pinning; cases are case,
case_*; the demonstration demo, demo_*; trust files trust, trust_make. Any other file is the command of its name.

Exit codes: 0 verified or done, 1 tampered, 2 usage, 3 could not check, 4 rollback; 130 interrupted, 141 the reader of
the output went away.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and end the process with its exit code."""
    from .app import run

    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")  # a terminal that knows no Chinese shows question marks, not a traceback
    sys.exit(run(arguments))
