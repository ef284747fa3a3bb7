"""Two books of one log compared: the same, one extends the other, a split, or what it would take to tell.

A *book* is a signed checkpoint and whatever else its holder has: the whole log (a published ledger), single blocks (a
receipt's, a record's first and last), the roots of earlier sizes (a record's). What each can say of the other is tried
in this order:

1. equal sizes: the roots decide;
2. the larger one's log is there, or it shows its root of the smaller size: that decides;
3. roots of both at one earlier size, blocks of both at one height: different ones are a split, equal ones decide
   nothing.

Reading a log is given in: nothing here opens a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from ..errors import CannotCompare, NoteUnverified
from ..tlog.lineage import VerifiedLineage
from ..tlog.merkle import (
    NodeReader,
    consistency_proof_from_nodes,
    inclusion_proof_from_nodes,
    root_from_nodes,
)
from ..tlog.trust import TrustFile
from .disagreement import Prefix, ProvenBlock
from .make import block_evidence, prefixes_evidence, split_evidence
from .signed import Statement

__all__ = ["NEEDED", "Book", "Comparison", "Relation", "Tree", "compare", "continues", "split_of"]


class Relation(Enum):
    """How two books stand to each other. The value is the word for it."""

    SAME = "same"
    EXTENDS = "extends"
    SPLIT = "split"
    UNKNOWN = "cannot tell"


NEEDED = {
    "log": "Give the published ledger of the larger book, {size} blocks, or a record of it that was made with "
    "--since the smaller one.",
    "later": "The larger book, {size} blocks, is not the published one yet, or no longer: wait until the published "
    "ledger has as many, or ask why it has not.",
}
"""What it would take to tell, by id."""


class Tree(Protocol):
    """A log that can be read, verified under its signed root: PublishedLog is one."""

    size: int

    @property
    def read(self) -> NodeReader:
        """Perfect nodes."""
        ...

    def entry(self, index: int) -> bytes:
        """What a leaf holds."""
        ...


@dataclass(frozen=True, slots=True)
class Book:
    """A checkpoint that its log signed, and what else is known of its tree.

    ``tree`` is the whole log; ``blocks`` are proven under the checkpoint, as are the roots of earlier sizes in
    ``lineage``. ``name`` is for people.
    """

    name: str
    statement: Statement
    tree: Tree | None = None
    blocks: tuple[ProvenBlock, ...] = ()
    lineage: VerifiedLineage | None = None

    def __post_init__(self) -> None:
        """Raises NoteUnverified unless the log has signed: what witnesses alone have signed is nobody's book."""
        if not self.statement.by_operator:
            raise NoteUnverified("the checkpoint is not signed by the log that it names", value=self.origin)

    @property
    def origin(self) -> str:
        """The log's origin."""
        return self.statement.checkpoint.origin

    @property
    def size(self) -> int:
        """Blocks under the checkpoint."""
        return self.statement.checkpoint.size

    @property
    def root(self) -> bytes:
        """The checkpoint's root."""
        return self.statement.checkpoint.root

    def root_at(self, size: int) -> bytes | None:
        """The root of its first ``size`` blocks, at least one; None where the book does not show it."""
        if size == self.size:
            return self.root
        if self.tree is not None and size < self.size:
            return root_from_nodes(self.tree.read, size)
        return None if self.lineage is None else self.lineage.root_at(size)

    def prefix(self, size: int) -> Prefix:
        """The root of a smaller size that it shows, with the proof of it."""
        root = self.root_at(size)
        assert root is not None
        if self.tree is not None:
            return Prefix(root, consistency_proof_from_nodes(self.tree.read, size, self.size))
        assert self.lineage is not None
        return Prefix(root, self.lineage.consistency_proof(size))


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it. ``evidence`` is the file to keep of a split; ``needed`` a key of NEEDED where nothing did."""

    relation: Relation
    smaller: Book
    larger: Book
    evidence: bytes | None = None
    needed: str | None = None


def compare(first: Book, second: Book, trust: TrustFile) -> Comparison:
    """Compare two books that were opened under ``trust``. Raises CannotCompare for two logs; what reading raises."""
    if first.origin != second.origin:
        raise CannotCompare("the two are of different logs", value=f"{first.origin} and {second.origin}")
    small, large = sorted((first, second), key=lambda book: book.size)
    for evidence in _splits(small, large, trust):
        return Comparison(Relation.SPLIT, small, large, evidence)
    if small.size == large.size:
        return Comparison(Relation.SAME, small, large)
    if small.size == 0 or continues(large, small.statement):
        return Comparison(Relation.EXTENDS, small, large)
    needed = "later" if small.tree is not None else "log"
    return Comparison(Relation.UNKNOWN, small, large, needed=needed)


def continues(book: Book, other: Statement) -> bool:
    """Whether ``book`` shows the root of ``other`` at its size. False says nothing more."""
    size = other.checkpoint.size
    return size == 0 or book.root_at(size) == other.checkpoint.root


def split_of(book: Book, other: Statement, trust: TrustFile) -> bytes | None:
    """Evidence that ``book`` and ``other``, of at most its size, contradict each other, if the book shows that."""
    size, ours = other.checkpoint.size, book.statement
    root = book.root_at(size) if size else other.checkpoint.root
    if root is None or root == other.checkpoint.root:
        return None
    if size == book.size:
        return split_evidence(other.note, ours.note, trust)
    return split_evidence(other.note, ours.note, trust, root=root, proof=book.prefix(size).proof)


def _splits(small: Book, large: Book, trust: TrustFile) -> Iterator[bytes]:
    """Everything that shows the two to contradict each other, the strongest first."""
    found = split_of(large, small.statement, trust)
    if found is not None:
        yield found
    for size in () if small.lineage is None else reversed(small.lineage.sizes):
        if size < small.size and large.root_at(size) not in (None, small.root_at(size)):
            sides = small.statement.note, small.prefix(size), large.statement.note, large.prefix(size)
            yield prefixes_evidence(size, *sides, trust)
    for one in (*small.blocks, *_read(small, large.blocks)):
        for other_block in (*large.blocks, *_read(large, (one,))):
            if one.height == other_block.height and one.block != other_block.block:
                yield block_evidence(small.statement.note, one, large.statement.note, other_block, trust)


def _read(book: Book, wanted: tuple[ProvenBlock, ...]) -> Iterator[ProvenBlock]:
    """The blocks of a book's own log at the heights of ``wanted``."""
    for item in wanted:
        if book.tree is not None and item.height < book.size:
            proof = inclusion_proof_from_nodes(book.tree.read, item.height, book.size)
            yield ProvenBlock(item.height, book.tree.entry(item.height), proof)
