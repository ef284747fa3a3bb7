"""``mutualchain audit``: the whole chain replayed, with everything that is wrong."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .app import App, pass_app
from .options import FILE, json_option, ledger_argument, tz_option
from .screen import Screen

if TYPE_CHECKING:
    from ..audit import AuditReport

__all__ = ["audit", "run_audit", "show_report"]

SELF_TRUST = (
    "No trust file was given: the log key was taken from the ledger itself. Whoever made this ledger, it is "
    "consistent; that it is the book your operator signs for everybody, this does not show."
)


@click.command(
    epilog="""\b
Examples:
  mutualchain audit ledger
  mutualchain audit ledger --trust operator.trust --workers 8 --json

The exit code is the verdict: 0 verified, 1 tampered, 3 could not check."""
)
@ledger_argument
@click.option("--trust", type=FILE, metavar="FILE", help="The operator's trust file. [default: LEDGER.trust beside it]")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that check rows.")
@tz_option
@json_option
@pass_app
def audit(app: App, ledger: Path, trust: Path | None, workers: int) -> int:
    """Replay the whole chain of LEDGER, read-only, and report everything that is wrong, never only the first thing.

    Checked are every link, signature, hash, counter and rule, and every row: that everybody owed the same, that nothing
    was left out, that money adds up. It may run on a backup, or while a writer is at work.
    """
    report, own = run_audit(app, ledger, trust, workers)
    value = report.to_value() | {"trusted": "genesis" if own else "trust file"}
    app.result(value, lambda screen: show_report(screen, report, own=own))
    return report.exit_code


def run_audit(app: App, ledger: Path, trust: Path | None, workers: int = 1) -> tuple[AuditReport, bool]:
    """The report, and whether the ledger's own log key had to be trusted."""
    from ..audit import audit_ledger
    from .ledgers import genesis_trust, read_trust, reading, trust_path
    from .progress import progress

    found = trust if trust is not None else trust_path(ledger)
    own = trust is None and not found.exists()
    trusted = None if own else read_trust(found)
    with reading(ledger) as archive, _pool(workers) as executor, progress(app, "auditing") as tick:

        def blocks(what: str, done: int, total: int) -> None:
            tick(done, total) if what == "blocks" else None

        report = audit_ledger(
            archive, trusted or genesis_trust(archive), executor=executor, progress=blocks, clock=time.perf_counter
        )
    return report, own


@contextmanager
def _pool(workers: int) -> Iterator[Executor | None]:
    """Processes of their own: a store does not survive fork, so they are spawned."""
    if workers == 1:
        yield None
        return
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield pool


def show_report(screen: Screen, report: AuditReport, *, own: bool) -> None:
    """The report for people."""
    from ..audit import render

    verdict, *lines = render(report)
    screen.line(verdict, {0: "good", 1: "bad"}.get(report.exit_code, "doubt"))
    for line in lines:
        text = line.lstrip()
        indent = len(line) - len(text)
        label = _LABEL.match(text)
        style = "bad" if _FINDING.match(text) else "heading" if not indent else ""
        screen.line(text, style, indent=indent, hang=indent + (label.end() if label else 0))
    if own:
        screen.line()
        screen.item("bad", SELF_TRUST, "doubt")


_LABEL = re.compile(r"(?:\S+ {2,}|\d+\. MC-\d{3}  |- )")
_FINDING = re.compile(r"\d+\. MC-")
