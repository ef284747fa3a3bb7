"""``mutualchain publish``: a ledger as immutable files, for any web server or CDN; sealed rows for an auditor."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import MutualchainError, UsageError
from .app import App, pass_app
from .command import command
from .options import AGE, FILE, json_option, lang_option, ledger_argument
from .screen import Screen

if TYPE_CHECKING:
    from ..archive.auditor_key import AuditorKey
    from ..publish import PublishReport, SealedReport
    from ..tlog.checkpoint import Checkpoint
    from ..tlog.trust import TrustFile

__all__ = ["publish"]


@command(
    epilog="""\b
Examples:
  mutualchain publish ledger public
  mutualchain publish ledger public --trust operator.trust --watch
  mutualchain publish ledger public --for-auditor auditor.pub for-auditor
  mutualchain publish ledger public --recheck

Run it again after new blocks: only what is new is written. docs/publishing.md says what lies where."""
)
@ledger_argument
@click.argument("folder", type=FILE, metavar="FOLDER")
@click.option("--trust", type=FILE, metavar="FILE", help="The operator's trust file. [default: LEDGER.trust beside it]")
@click.option("--recheck", is_flag=True, help="Look at all files again, and mend what is missing or wrong.")
@click.option("--watch", is_flag=True, help="Go on, and publish what is new, until SIGINT or SIGTERM.")
@click.option(
    "--every",
    type=AGE,
    default="5s",
    show_default=True,
    metavar="AGE",
    help="With --watch: from one look to the next.",
)
@click.option(
    "--for-auditor",
    nargs=2,
    type=(str, click.Path(path_type=Path, readable=False)),
    metavar="KEY SEALED",
    help="Write the sealed rows too, to the folder SEALED, encrypted to an auditor's public key (the word, or a file "
    "with it).",
)
@lang_option
@json_option
@pass_app
def publish(
    app: App,
    ledger: Path,
    folder: Path,
    trust: Path | None,
    recheck: bool,
    watch: bool,
    every: int,
    for_auditor: tuple[str, Path] | None,
) -> None:
    """Write LEDGER to FOLDER as files for everyone, up to its newest checkpoint.

    Everything is read back and verified before the checkpoint that names it is put in place; where the trust file asks
    for a quorum of witnesses, the checkpoint has it. Sealed rows (who paid in or took out how much), secrets and
    references are never among the files: an auditor gets them apart, encrypted to her key.
    """
    from ..publish import watch as follow
    from .ledgers import read_trust, trust_path

    for place in (folder,) if for_auditor is None else (folder, for_auditor[1]):
        if place.resolve().is_relative_to(ledger.resolve()):
            raise UsageError("a folder to hand out does not lie inside the ledger's", value=str(place))
    if for_auditor is not None and _entangled(folder.resolve(), for_auditor[1].resolve()):
        raise UsageError("the auditor's part lies apart from the public folder", value=str(for_auditor[1]))
    found = trust if trust is not None else trust_path(ledger)
    job = _Job(
        app,
        ledger,
        folder,
        read_trust(found) if trust is not None or found.exists() else None,
        None if for_auditor is None else (_auditor_key(for_auditor[0]), for_auditor[1]),
    )
    if not watch:
        job.show(*job.run(recheck))
        return
    if app.json:
        raise UsageError("--watch goes on without end, and --json prints one document", hint="Leave one of them out.")
    if recheck:
        job.show(*job.run(recheck))
    with _until_stopped() as stop:
        follow(lambda: job.run(False), stop, every=every, done=job.told, waiting=job.waiting)
    app.screen.line(app.words.say("Stopped. What was published is whole."), "dim")


def _entangled(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _auditor_key(given: str) -> AuditorKey:
    """The public key: the word itself, or a file that holds it, or the auditor's own key file."""
    from ..archive.auditor_key import AuditorKey, read_public_key
    from .files import read_file

    if given.startswith("auditor+"):
        return AuditorKey.from_text(given)
    text = read_file(Path(given), "an auditor's public key", 4_096).decode("utf-8", "replace")
    return read_public_key(Path(given)) if text.count("\n") > 1 else AuditorKey.from_text(text.strip())


@dataclass
class _Job:
    """What one run does, and how it is told."""

    app: App
    ledger: Path
    folder: Path
    trust: TrustFile | None
    auditor: tuple[AuditorKey, Path] | None

    def run(self, recheck: bool) -> tuple[PublishReport, SealedReport | None]:
        """Publish as far as the newest checkpoint goes, then the auditor's part as far."""
        from ..publish import publish as write
        from ..publish import publish_for_auditor
        from .ledgers import reading
        from .progress import progress

        with reading(self.ledger) as archive, progress(self.app, "publishing") as tick:

            def told(_: str, done: int, total: int) -> None:
                tick(done, total)

            report = write(archive, self.folder, trust=self.trust, recheck=recheck, progress=told)
            if self.auditor is None:
                return report, None
            key, place = self.auditor
            return report, publish_for_auditor(archive, place, key, report.size, recheck=recheck, progress=told)

    def show(self, report: PublishReport, sealed: SealedReport | None) -> None:
        """The outcome of one run."""
        from .head import head_value

        words = head_value(self._head())
        value: dict[str, Any] = {"folder": str(self.folder), **asdict(report), "head_words": words, "for_auditor": None}
        if sealed is not None and self.auditor is not None:
            value["for_auditor"] = {"folder": str(self.auditor[1]), **asdict(sealed)}

        def show(screen: Screen) -> None:
            self._lines(screen, report, sealed)
            following = f"mutualchain audit {self.folder} --trust FILE"
            screen.commands(self.app.words.say("Anybody can check it:"), [following])

        self.app.result(value, show)

    def told(self, found: tuple[PublishReport, SealedReport | None]) -> None:
        """The outcome of one of many runs: nothing where nothing was new."""
        report, sealed = found
        if report.files or (sealed is not None and sealed.files):
            self._lines(self.app.screen, report, sealed)

    def waiting(self, error: MutualchainError) -> None:
        """Why nothing could be published just now."""
        self.app.note(self.app.words.say("waiting: {code}: {why}", code=error.code, why=error.message))

    def _head(self) -> Checkpoint:
        """What the folder shows now."""
        from ..tlog import checkpoint as checkpoints
        from ..tlog import note as notes

        return checkpoints.parse(notes.parse((self.folder / "checkpoint").read_bytes()).text)

    def _lines(self, screen: Screen, report: PublishReport, sealed: SealedReport | None) -> None:
        from .head import head_line

        words = self.app.words
        say = words.say
        text = "{folder} holds {size} blocks of {origin}."
        screen.line(say(text, folder=str(self.folder), size=report.size, origin=report.origin), "good")
        screen.pairs([(say("head words"), head_line(self._head(), words))])
        if report.files:
            text = "{files} files with {bytes} bytes were written and verified."
            screen.line(say(text, files=report.files, bytes=report.bytes), indent=2)
        else:
            screen.line(say("It was up to date: nothing was written."), indent=2)
        if sealed is not None and self.auditor is not None:
            text = "{folder} holds their sealed rows for the auditor alone."
            screen.line(say(text, folder=str(self.auditor[1])), "good")
            one, many = "{count} sealed sheet was encrypted.", "{count} sealed sheets were encrypted."
            screen.line(words.count(one, many, sealed.sheets), indent=2)


@contextmanager
def _until_stopped() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set; a second signal does what it always does."""
    stop = threading.Event()
    before: dict[int, Any] = {}

    def on_signal(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, before[number])

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        for held, handler in before.items():
            signal.signal(held, handler)
