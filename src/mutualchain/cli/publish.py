"""``mutualchain publish``: a ledger as immutable files, for any web server or CDN."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from ..errors import UsageError
from .app import App, pass_app
from .options import FILE, json_option, ledger_argument
from .screen import Screen

__all__ = ["publish"]


@click.command(
    epilog="""\b
Examples:
  mutualchain publish ledger public
  mutualchain publish ledger public --trust operator.trust --recheck

Run it again after new blocks: only what is new is written. docs/publishing.md says what lies where."""
)
@ledger_argument
@click.argument("folder", type=FILE, metavar="FOLDER")
@click.option("--trust", type=FILE, metavar="FILE", help="The operator's trust file. [default: LEDGER.trust beside it]")
@click.option("--recheck", is_flag=True, help="Look at all files again, and mend what is missing or wrong.")
@json_option
@pass_app
def publish(app: App, ledger: Path, folder: Path, trust: Path | None, recheck: bool) -> None:
    """Write LEDGER to FOLDER as files for everyone, up to its newest checkpoint.

    Everything is read back and verified before the checkpoint that names it is put in place. Sealed rows (who paid in
    or took out how much), secrets and references are never among the files.
    """
    from ..publish import publish as write
    from .ledgers import read_trust, reading, trust_path
    from .progress import progress

    if folder.resolve().is_relative_to(ledger.resolve()):
        raise UsageError("a public folder does not lie inside the ledger's", value=str(folder))
    found = trust if trust is not None else trust_path(ledger)
    trusted = read_trust(found) if trust is not None or found.exists() else None
    with reading(ledger) as archive, progress(app, "publishing") as tick:
        report = write(
            archive, folder, trust=trusted, recheck=recheck, progress=lambda _, done, total: tick(done, total)
        )

    def show(screen: Screen) -> None:
        screen.line(f"{folder} holds {report.size:,} blocks of {report.origin}.", "good")
        if report.files:
            screen.line(f"{report.files:,} files with {report.bytes:,} bytes were written and verified.", indent=2)
        else:
            screen.line("It was up to date: nothing was written.", indent=2)

    app.result({"folder": str(folder), **asdict(report)}, show)
