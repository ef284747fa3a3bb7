"""Where books are shown, read: published ledgers in folders and behind addresses, checkpoints of witnesses, files.

    a folder, http(s)://host/path            a published ledger (docs/publishing.md), or any log in C2SP's tiles
    http(s)://host/path/checkpoint           a checkpoint alone, such as a witness's monitoring endpoint
    a file                                   a record, receipt or checkpoint that somebody kept

A place is believed nothing; whether the log signed what it shows is all that is asked here. Its tiles are verified
under that signature as they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..archive import published_layout as layout
from ..archive.published import PublishedArchive, open_published
from ..archive.published_log import PublishedLog
from ..archive.published_source import Counts, Files, Limits, Source, source_of
from ..errors import FileMissing, LimitError
from ..evidence.books import book_of_file
from ..evidence.compare import Book
from ..evidence.signed import open_statement
from ..limits import MAX_BUNDLE_FILE, MAX_NOTE
from ..tlog.trust import TrustFile

__all__ = ["Place", "Shown", "open_book"]

_ALONE: Final = "/" + layout.CHECKPOINT


@dataclass(frozen=True, slots=True)
class Shown:
    """What a place shows now: the note as it came, the book, and the ledger below it, if there is one to be read.

    ``live`` says that it may be another one tomorrow: a file stays as it is. ``ledger`` opens the archive under this
    very checkpoint, for a log that is a chain of ours; to be closed.
    """

    note: bytes
    book: Book
    live: bool = True
    ledger: Callable[[], PublishedArchive] | None = None


class Place:
    """A place that is looked at again and again. What a look opened stays open until the next one, or :meth:`close`."""

    def __init__(self, name: str, limits: Limits | None = None) -> None:
        """Raises UsageError for an address of another kind, FileMissing where there is no such folder or file."""
        self.name = name
        self._limits = limits or Limits()
        self._source: Source | None = None
        self._address = "://" in name
        self._alone = self._address and name.rstrip("/").endswith(_ALONE)
        if self._address:
            self._open().close()
        elif not Path(name).exists():
            raise FileMissing("there is no such file or folder", value=name)

    def _open(self) -> Source:
        return source_of(self.name.rstrip("/").removesuffix(_ALONE) if self._alone else self.name, self._limits)

    def look(self, trust: TrustFile) -> Shown:
        """What the place shows now. Raises PublishedMissing, SourceUnreachable, NoteUnverified and what they share."""
        self.close()
        if not self._address and Path(self.name).is_file():
            book = book_of_file(self.name, _read(Path(self.name)), trust)
            return Shown(book.statement.note, book, live=False)
        source = self._source = self._open()
        note = source.fetch(layout.CHECKPOINT, MAX_NOTE)
        statement = open_statement(note, trust)
        checkpoint = statement.checkpoint
        if self._alone or not checkpoint.size:
            return Shown(note, Book(self.name, statement))
        log = PublishedLog(Files(source, self._limits), "", checkpoint.size, checkpoint.root)
        pinned = _Pinned(source, statement.note)

        def ledger() -> PublishedArchive:
            return open_published(pinned, trust.unconditional(), origin=checkpoint.origin, limits=self._limits)

        return Shown(note, Book(self.name, statement, log), ledger=ledger)

    def close(self) -> None:
        """Give connections back: the trees of the last look can be read no longer."""
        if self._source is not None:
            self._source.close()
            self._source = None


@contextmanager
def open_book(name: str, trust: TrustFile, limits: Limits | None = None) -> Iterator[Book]:
    """The book that a place shows, for as long as it is read. Raises as :class:`Place` does."""
    place = Place(name, limits)
    try:
        yield place.look(trust).book
    finally:
        place.close()


class _Pinned:
    """A source whose checkpoint stays the one that was seen: a server may have a newer one a moment later."""

    def __init__(self, source: Source, note: bytes) -> None:
        self._source = source
        self._note = note
        self.counts: Counts = source.counts

    def fetch(self, path: str, most: int) -> bytes:
        return self._note if path == layout.CHECKPOINT else self._source.fetch(path, most)

    def close(self) -> None:
        """The place closes the source."""


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BUNDLE_FILE + 1)
    except OSError as error:
        raise FileMissing(f"the file cannot be read: {error.strerror}", value=str(path)) from None
    if len(data) > MAX_BUNDLE_FILE:
        raise LimitError(f"the file has more than {MAX_BUNDLE_FILE} bytes", place=str(path))
    return data
