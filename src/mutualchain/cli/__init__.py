"""The command line: ``mutualchain``, or ``python -m mutualchain``.

    app         the root command and what one call of it carries
    group       commands that are imported when they are used
    failures    every error on its way out: one sentence, code, hint, exit code
    screen      output for people: rich on a terminal, plain text elsewhere
    progress    progress of what takes longer than a second, on stderr
    options     options that many commands share
    files       reading and writing files, within bounds
    tables      CSV files of members and credits
    ledgers     ledgers opened for reading and for writing
    overview    what a ledger says about itself without being replayed
    language    English and Simplified Chinese
    dates       times for people
    checking    a member's check of her record, and how its verdict looks
    init_, plan, passport, members, money_in, case, round_, status, record, show, audit, backup, explain
                the commands
    trust, keys, witness
                trust files, the operator's keys, a witness: groups of commands
    trust_make  trust files put together from options, and changed as text
    demo, demo_*  the demonstration

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
