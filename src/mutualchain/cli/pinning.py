"""A verified record held against the books its member saw before: continued, older, rolled back or split.

What was pinned is her own memory, so a size and root of it count without a signature; evidence is made of signed
notes only. In this order:

1. a book of one size with another root, in her pin or among the earlier ones that the record continues: a split;
   also against other pins on this machine, where this log's own key has signed them;
2. the newest book she saw is this one, or one that the record shows itself to continue: good;
3. this very book is one she accepted before she saw a newer one: good, and older;
4. a published ledger, where one was named, holds both or shows that it cannot;
5. otherwise a shorter book is a rollback, and a longer one not shown to continue hers cannot be checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import MutualchainError, NoteUnverified, PinUncovered, Rollback, SplitView
from ..evidence import Book, open_statement, split_evidence
from ..evidence.compare import split_of
from ..record.bundle import RecordBundle
from ..record.pinfile import PinFile, Pinned
from ..tlog import checkpoint as checkpoints
from ..tlog import note as notes
from ..tlog.merkle import root_from_nodes
from ..tlog.trust import TrustFile

if TYPE_CHECKING:
    from ..record.facts import VerifiedRecord

__all__ = ["Alarm", "Held", "books_of", "evidence_against", "evidence_path", "hold"]

Books = dict[int, Pinned]


class Alarm(Exception):
    """What was found wrong: the error, and the evidence of it if what contradicts was signed."""

    def __init__(self, error: MutualchainError, evidence: bytes | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.evidence = evidence


@dataclass(frozen=True, slots=True)
class Held:
    """How a record stands to what was seen: ``state`` "first", "same", "extends" or "older", and that book's size."""

    state: str
    size: int | None = None


def books_of(record: VerifiedRecord, data: bytes, trust: TrustFile, now_ms: int) -> Books:
    """The book of a verified record file and the earlier ones that it continues, by size, ready to be pinned."""
    bundle = RecordBundle.from_bytes(data)
    logs = TrustFile(trust.unconditional().logs)
    found: Books = {}
    for note in (bundle.checkpoint, *(earlier for earlier, _ in bundle.extends)):
        stated = checkpoints.parse(notes.parse(note).text)
        found[stated.size] = Pinned(stated.size, stated.root, open_statement(note, logs).note, now_ms)
    assert record.checkpoint.size in found
    return found


def hold(
    books: Books, size: int, pin: PinFile | None, others: Iterator[PinFile], trust: TrustFile, published: str | None
) -> Held:
    """Hold the book of ``size`` blocks and its earlier ones against what was seen. Raises Alarm."""
    if pin is not None:
        _check_roots(books, pin, trust)
    for other in others:
        _check_roots(books, other, trust, signed=True)
    if pin is None:
        return Held("first")
    newest = pin.newest
    if newest.size == size:
        return Held("same", size)
    if newest.size in books:
        return Held("extends", newest.size)
    if size < newest.size and pin.at(size) is not None:
        return Held("older", newest.size)
    if published is not None:
        _ask(books[size], newest, published, trust)
        return Held("extends" if newest.size < size else "older", newest.size)
    raise Alarm(_shorter(size, newest.size) if size < newest.size else _uncovered(size, newest.size))


def _check_roots(books: Books, pin: PinFile, trust: TrustFile, *, signed: bool = False) -> None:
    """Raises Alarm where one size has two roots; with ``signed`` only where the log's key signed the other one too."""
    for seen in pin.books:
        book = books.get(seen.size)
        if book is not None and book.root != seen.root:
            evidence = _evidence(seen, book, trust)
            if evidence is not None or not signed:
                text = f"the book you saw before had other blocks than this one below {seen.size}"
                raise Alarm(SplitView(text, value=seen.root), evidence)


def evidence_against(data: bytes, seen: bytes, trust: TrustFile) -> bytes | None:
    """Evidence that a record file and a checkpoint note that was kept contradict each other, by one size."""
    bundle = RecordBundle.from_bytes(data)
    for note in (bundle.checkpoint, *(earlier for earlier, _ in bundle.extends)):
        try:
            return split_evidence(seen, note, trust.unconditional())
        except MutualchainError:
            continue
    return None


def _evidence(one: Pinned, other: Pinned, trust: TrustFile) -> bytes | None:
    try:
        return split_evidence(one.note, other.note, trust.unconditional())
    except MutualchainError:
        return None  # no key of the trust file signed both


def _ask(book: Pinned, seen: Pinned, published: str, trust: TrustFile) -> None:
    """Whether a published ledger holds both books. Raises Alarm where it holds one of them otherwise, or neither."""
    from ..witness.places import open_book

    with _errors(published), open_book(published, trust.unconditional()) as place:
        for item in (seen, book):
            _check_against(place, item, trust)
        if place.tree is None or place.size < max(book.size, seen.size):
            raise Alarm(
                PinUncovered(
                    f"the published ledger shows {place.size} blocks, fewer than the larger of the two books",
                    value=place.size,
                    hint="Wait until it has as many blocks, or ask why it has not, then check again.",
                )
            )


def _check_against(place: Book, item: Pinned, trust: TrustFile) -> None:
    if item.size > place.size:
        return
    root = place.root if item.size == place.size else None
    if root is None and place.tree is not None:
        root = root_from_nodes(place.tree.read, item.size)
    if root is None or root == item.root:
        return
    evidence, keys = None, trust.unconditional()
    with suppress(NoteUnverified):  # signed by a key that the trust file no longer names
        evidence = split_of(place, open_statement(item.note, keys), keys)
    text = f"the published ledger has other blocks below {item.size} than this book or the one you saw before"
    raise Alarm(SplitView(text, value=item.root), evidence)


@contextmanager
def _errors(published: str) -> Iterator[None]:
    try:
        yield
    except MutualchainError as error:
        error.place = ", ".join(filter(None, (f"the published ledger {published}", error.place)))
        raise Alarm(error) from None


def _shorter(size: int, seen: int) -> Rollback:
    return Rollback(
        f"this book has {size} blocks, the one you saw before had {seen}",
        value=size,
        hint="If this is an older file of yours, check the newest one; --published shows whether both are one book. "
        "If it is what you were sent now, keep both files and tell an auditor or a witness.",
    )


def _uncovered(size: int, seen: int) -> PinUncovered:
    return PinUncovered(
        f"the record, of {size} blocks, does not show how it continues the book of {seen} blocks that you saw",
        hint="Ask for a record made with --since your last one, or add --published with the published ledger's "
        "folder or address, then check again.",
    )


def evidence_path(beside: Path, evidence: bytes) -> Path:
    """Where evidence is written: beside the record; the same evidence always under the same name."""
    from hashlib import sha256

    return beside.with_name(f"evidence-{sha256(evidence).hexdigest()[:16]}.mce")
