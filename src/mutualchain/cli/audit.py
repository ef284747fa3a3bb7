"""``mutualchain audit``: the whole chain replayed, with everything that is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from .app import App, pass_app
from .command import command
from .options import FILE, json_option, lang_option, tz_option
from .sources import PLACE, cache_option, is_published, published, published_trust, sealed_part
from .vaults import vault_option

if TYPE_CHECKING:
    from ..audit import AuditReport

__all__ = ["audit", "run_audit"]


@command(
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
@vault_option
@tz_option
@lang_option
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
    from .audit_view import show_report
    from .ledgers import trust_path

    if is_published(ledger):
        report, own, beside = audit_published(app, ledger, trust, workers, sealed, key, cache), False, None
    else:
        one_place(sealed, key, cache)
        report, own = run_audit(app, Path(ledger), trust, workers)
        beside = None if own or trust is not None else str(trust_path(Path(ledger)))
    value = report.to_value() | {"trusted": "genesis" if own else "trust file"}
    app.result(value, lambda screen: show_report(screen, report, app.words, own=own, beside=beside))
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
    from .vaults import vault_at_hand

    found = trust if trust is not None else trust_path(ledger)
    own = trust is None and not found.exists()
    trusted = None if own else read_trust(found)
    with (
        vault_at_hand(app, ledger) as vault,
        reading(ledger, vault) as archive,
        _pool(workers) as executor,
        progress(app, "auditing") as tick,
    ):

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
