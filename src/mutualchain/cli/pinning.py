"""A verified file's book held against the books its reader saw before: continued, older, rolled back or split.

What was pinned is her own memory, so a size and root of it count without a signature; evidence is made of signed
notes only. In this order:

1. a root at one size that is not the one she saw: a split; also against other pins on this machine, where this log's
   own key has signed them;
2. the newest book she saw is this one, or one that the file shows its book to begin with: good;
3. this very book is one she accepted before she saw a newer one, or that this one was shown to begin with: older;
4. a published ledger, where one was named, holds both or shows that it cannot;
5. otherwise a shorter book is a rollback, and a longer one not shown to continue hers cannot be checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ..disclosure.bundle import DisclosureBundle
from ..errors import MutualchainError, NoteUnverified, PinUncovered, SplitView
from ..evidence import Book, open_statement, split_evidence
from ..evidence.compare import split_of
from ..record import frame
from ..record.bundle import RecordBundle
from ..record.pin import rolled_back, split_at, uncovered
from ..record.pinfile import PinFile, Pinned
from ..tlog.lineage import VerifiedLineage
from ..tlog.merkle import root_from_nodes
from ..tlog.trust import TrustFile

__all__ = ["Alarm", "Held", "SeenBook", "books_of", "evidence_against", "evidence_path", "hold"]


@dataclass(frozen=True, slots=True)
class SeenBook:
    """The book of a file, ready to be pinned, and the proven roots of what it begins with."""

    head: Pinned
    lineage: VerifiedLineage

    def onto(self, pin: PinFile) -> PinFile:
        """The pin that keeps this book too."""
        return pin.adding(self.head, self.lineage.roots())

    def evidence(self, seen: bytes, size: int, trust: TrustFile) -> bytes | None:
        """Evidence that this book does not begin with the one of the note ``seen``; None where no key signed both."""
        prefix = {} if size == self.head.size else {"root": self.lineage.root_at(size)}
        proof = self.lineage.consistency_proof(size)
        try:
            return split_evidence(seen, self.head.note, trust.unconditional(), **prefix, proof=proof)
        except MutualchainError:
            return None


class Alarm(Exception):
    """What was found wrong: the error, and the evidence of it if what contradicts was signed."""

    def __init__(self, error: MutualchainError, evidence: bytes | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.evidence = evidence


@dataclass(frozen=True, slots=True)
class Held:
    """How a file stands to what was seen: ``state`` "first", "same", "extends" or "older", and that book's size."""

    state: str
    size: int | None = None


def books_of(data: bytes, trust: TrustFile, now_ms: int) -> SeenBook:
    """The book of a record or disclosure that was verified under ``trust``, and accepted at ``now_ms``."""
    disclosure = data.startswith(frame.magic(frame.DISCLOSURE))
    bundle = DisclosureBundle.from_bytes(data).claimant if disclosure else RecordBundle.from_bytes(data)
    statement = open_statement(bundle.checkpoint, TrustFile(trust.unconditional().logs))
    stated = statement.checkpoint
    head = Pinned(stated.size, stated.root, statement.note, now_ms)
    return SeenBook(head, bundle.extends.verify(stated.size, stated.root))


def hold(
    book: SeenBook,
    pin: PinFile | None,
    others: Iterable[PinFile],
    trust: TrustFile,
    published: str | None,
    kind: str = "record",
) -> Held:
    """Hold the book of a "record" or "disclosure" against what was seen. Raises Alarm."""
    size = book.head.size
    if pin is not None:
        _check_roots(book, pin, trust)
    for other in others:
        _check_roots(book, other, trust, signed=True)
    if pin is None:
        return Held("first")
    newest = pin.newest
    if newest.size == size:
        return Held("same", size)
    if book.lineage.root_at(newest.size) is not None:
        return Held("extends", newest.size)
    if size < newest.size and pin.root_at(size) is not None:
        return Held("older", newest.size)
    if published is not None:
        _ask(book.head, newest, published, trust)
        return Held("extends" if newest.size < size else "older", newest.size)
    if size > newest.size:
        raise Alarm(uncovered(size, newest.size, kind))
    error = rolled_back(size, newest.size)
    error.hint = (
        "If this is an older file of yours, check the newest one; --published shows whether both are one book. "
        "If it is what you were sent now, keep both files and tell an auditor or a witness."
    )
    raise Alarm(error)


def _check_roots(book: SeenBook, pin: PinFile, trust: TrustFile, *, signed: bool = False) -> None:
    """Raises Alarm where one size has two roots; with ``signed`` only where the log's key signed the other one too."""
    for seen in pin.books:
        root = book.lineage.root_at(seen.size)
        if root is not None and root != seen.root:
            evidence = book.evidence(seen.note, seen.size, trust)
            if evidence is not None or not signed:
                raise Alarm(split_at(seen.size, seen.root), evidence)
    for size, before in () if signed else pin.earlier.items():
        if book.lineage.root_at(size) not in (None, before):
            raise Alarm(split_at(size, before))


def evidence_against(data: bytes, seen: bytes, trust: TrustFile) -> bytes | None:
    """Evidence that a file's book and a checkpoint note that was kept contradict each other, if both were signed."""
    try:
        book = books_of(data, trust, 0)
        size = open_statement(seen, trust.unconditional()).checkpoint.size
    except MutualchainError:
        return None
    return None if book.lineage.root_at(size) is None else book.evidence(seen, size, trust)


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


def evidence_path(beside: Path, evidence: bytes) -> Path:
    """Where evidence is written: beside the record; the same evidence always under the same name."""
    from hashlib import sha256

    return beside.with_name(f"evidence-{sha256(evidence).hexdigest()[:16]}.mce")
