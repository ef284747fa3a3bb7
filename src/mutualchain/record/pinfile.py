"""A pin file (存照): the books that one member has accepted of one log, kept by herself to hold the next one against.

Framed as all files are (SPEC.md section 9), kind ``pin``. Canonical content, the largest book first, each size once:

    [1, origin, public key, [[size, root, checkpoint note, time in ms when she accepted it]...], [[size, root]...]]

It says what she saw, in her own hand: size and root count as they stand, even when the key that signed the note has
been retired since. The note is kept for evidence, which needs the signature. The last part is what the books were
shown to begin with, so that an older file of hers, opened after a newer one, is known for what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..block import fields
from ..errors import RecordMismatch, UnsupportedVersion
from ..limits import MAX_KEY_NAME, MAX_LOG_SIZE, MAX_NOTE, MAX_PIN, MAX_PINNED, MAX_PINNED_ROOTS
from . import frame

__all__ = ["PinFile", "Pinned"]

_E = RecordMismatch


@dataclass(frozen=True, slots=True)
class Pinned:
    """A book that was accepted: blocks, root (32 bytes), the signed note, and when (Unix ms)."""

    size: int
    root: bytes
    note: bytes
    time_ms: int


@dataclass(frozen=True, slots=True)
class PinFile:
    """What one member has accepted of one log.

    ``books`` is never empty: the newest one first. ``earlier`` are roots, by size, of what these were shown to begin
    with.
    """

    origin: str
    public_key: bytes
    books: tuple[Pinned, ...]
    earlier: Mapping[int, bytes] = field(default_factory=dict)

    @property
    def newest(self) -> Pinned:
        """The largest book that was accepted."""
        return self.books[0]

    def root_at(self, size: int) -> bytes | None:
        """The root of the book of this size, if one was accepted or is what an accepted one begins with."""
        return next((book.root for book in self.books if book.size == size), self.earlier.get(size))

    def adding(self, book: Pinned, earlier: Iterable[tuple[int, bytes]] = ()) -> PinFile:
        """With one more book, and what it was shown to begin with; of one size the earlier acceptance stays.

        What is smallest goes above MAX_PINNED and MAX_PINNED_ROOTS.
        """
        found = {item.size: item for item in (book, *self.books)}
        largest = sorted(found.values(), key=lambda item: -item.size)[:MAX_PINNED]
        roots = {**dict(earlier), **self.earlier}
        kept = sorted(size for size in roots if size < largest[0].size)[-MAX_PINNED_ROOTS:]
        return PinFile(self.origin, self.public_key, tuple(largest), {size: roots[size] for size in kept})

    def to_bytes(self) -> bytes:
        """The file."""
        books = [[book.size, book.root, book.note, book.time_ms] for book in self.books]
        earlier = [[size, root] for size, root in sorted(self.earlier.items())]
        return frame.wrap(frame.PIN, [1, self.origin, self.public_key, books, earlier])

    @classmethod
    def from_bytes(cls, data: bytes) -> PinFile:
        """Parse strictly. Raises what :func:`frame.unwrap` raises, RecordMismatch, UnsupportedVersion."""
        items = fields.array(frame.unwrap(frame.PIN, data, MAX_PIN), None, "a pin", _E)
        if not items or items[0] != 1 or isinstance(items[0], bool):
            raise UnsupportedVersion("a pin of an unknown version", value=repr(items[:1])[:40])
        fields.array(items, 5, "a pin", _E)
        books = tuple(_pinned(item) for item in fields.array(items[3], None, "a pin's books", _E))
        sizes = [book.size for book in books]
        if not 0 < len(books) <= MAX_PINNED or sizes != sorted(set(sizes), reverse=True):
            raise _E("a pin's books are not in order, the largest first", value=len(books))
        key = fields.blob(items[2], 32, "a member's key", _E)
        earlier = [_earlier(item) for item in fields.array(items[4], None, "a pin's earlier roots", _E)]
        before = [size for size, _ in earlier]
        if len(before) > MAX_PINNED_ROOTS or before != sorted(set(before)) or before[-1:] >= sizes[:1]:
            raise _E("a pin's earlier roots are not in order, each below its newest book", value=len(before))
        return cls(fields.text(items[1], "an origin", _E, most=MAX_KEY_NAME), key, books, dict(earlier))


def _earlier(value: object) -> tuple[int, bytes]:
    size, root = fields.array(value, 2, "an earlier root", _E)
    return fields.integer(size, "a book's size", _E, low=1, high=MAX_LOG_SIZE), fields.blob(root, 32, "a root", _E)


def _pinned(value: object) -> Pinned:
    size, root, note, time_ms = fields.array(value, 4, "a pinned book", _E)
    return Pinned(
        fields.integer(size, "a book's size", _E, low=1, high=MAX_LOG_SIZE),
        fields.blob(root, 32, "a root", _E),
        fields.blob(note, None, "a checkpoint", _E, most=MAX_NOTE),
        fields.integer(time_ms, "a time", _E),
    )
