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

from ..errors import UsageError
from .app import App, pass_app
from .options import FILE, json_option, tz_option
from .screen import Screen
from .sources import PLACE, cache_option, is_published, published, published_trust, sealed_part

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
  mutualchain audit https://ledger.example.org --trust operator.trust --cache audited
  mutualchain audit public --trust operator.trust --sealed for-auditor --key auditor.key

The exit code is the verdict: 0 verified, 1 tampered, 3 could not check."""
)
@click.argument("ledger", type=PLACE, metavar="LEDGER")
@click.option("--trust", type=FILE, metavar="FILE", help="The operator's trust file. [default: LEDGER.trust beside it]")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that check rows.")
@click.option(
    "--sealed", type=PLACE, metavar="PLACE", help="The auditor's part of a published ledger: its sealed rows."
)
@click.option("--key", type=FILE, metavar="FILE", help="The auditor's key, which opens that part.")
@cache_option
@tz_option
@json_option
@pass_app
def audit(
    app: App,
    ledger: str | Path,
    trust: Path | None,
    workers: int,
    sealed: str | Path | None,
    key: Path | None,
    cache: Path | None,
) -> int:
    """Replay the whole chain of LEDGER, read-only, and report everything that is wrong, never only the first thing.

    Checked are every link, signature, hash, counter and rule, and every row: that everybody owed the same, that nothing
    was left out, that money adds up. It may run on a backup, or while a writer is at work.

    LEDGER may also be a published ledger, a folder or an http(s) address: then everything is replayed but the sealed
    rows (credits, withdrawals, exits, notices), and with --sealed and --key those too.
    """
    if is_published(ledger):
        report, own = audit_published(app, ledger, trust, workers, sealed, key, cache), False
    else:
        one_place(sealed, key, cache)
        report, own = run_audit(app, Path(ledger), trust, workers)
    value = report.to_value() | {"trusted": "genesis" if own else "trust file"}
    app.result(value, lambda screen: show_report(screen, report, own=own))
    return report.exit_code


def one_place(sealed: object, key: object, cache: object) -> None:
    """Raises UsageError for options that only a published ledger has a use for."""
    for name, value in (("--sealed", sealed), ("--key", key), ("--cache", cache)):
        if value is not None:
            raise UsageError(f"{name} goes with a published ledger, and this is an operator's own")


def audit_published(
    app: App,
    place: str | Path,
    trust: Path | None,
    workers: int,
    sealed: str | Path | None,
    key: Path | None,
    cache: Path | None,
) -> AuditReport:
    """The report on a published ledger. Raises what opening it and the auditor's part raise, SourceUnreachable."""
    from ..audit import audit_ledger
    from .progress import progress

    trusted = published_trust(place, trust)
    with (
        published(place, trusted, cache) as archive,
        sealed_part(sealed, key, archive.chain) as part,
        _pool(workers) as executor,
        progress(app, "auditing") as tick,
    ):
        return audit_ledger(
            archive,
            trusted,
            sealed=part,
            executor=executor,
            progress=lambda what, done, total: tick(done, total) if what == "blocks" else None,
            clock=time.perf_counter,
            now_ms=app.clock(),
        )


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
            archive,
            trusted or genesis_trust(archive),
            executor=executor,
            progress=blocks,
            clock=time.perf_counter,
            now_ms=app.clock(),
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
