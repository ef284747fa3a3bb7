"""Two trees that cannot both be beginnings of one book, and the four ways of proving it.

``size``    They have the same size and different roots.

``prefix``  The smaller one is not what the larger one begins with. The proof is an RFC 6962 consistency proof from
            another root of the smaller size: with both sizes given, the hashes under the larger root leave one
            possible old root only, and that is not the one that was signed.

``prefixes``  They begin differently up to one size, which is smaller than both: two such proofs, each to its own root.
            Two records that nobody made for each other show this of any size that both of them show.

``block``   At one height under both they hold different blocks: two inclusion proofs. For this neither of the two
            histories has to be at hand; a receipt is one side of it.

Each rests on nothing but the two signed roots and the collision resistance of SHA-256.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ..block import fields
from ..errors import EvidenceFormat, NotEvidence, UnsupportedVersion
from ..limits import MAX_BLOCK, MAX_LOG_SIZE, MAX_PROOF
from ..tlog.checkpoint import Checkpoint
from ..tlog.merkle import leaf_hash, verify_consistency, verify_inclusion

__all__ = [
    "Disagreement",
    "OtherBlock",
    "OtherPrefix",
    "OtherPrefixes",
    "OtherRoot",
    "Prefix",
    "ProvenBlock",
    "from_value",
]

_E = EvidenceFormat


@dataclass(frozen=True, slots=True)
class OtherRoot:
    """Equal sizes, different roots."""

    def to_value(self) -> list[object]:
        """``["size"]``."""
        return ["size"]

    def check(self, first: Checkpoint, second: Checkpoint) -> None:
        """Raises NotEvidence unless the two contradict each other so."""
        if first.size != second.size:
            raise NotEvidence("the two checkpoints are of different sizes, and nothing shows that they disagree")
        if first.root == second.root:
            raise NotEvidence("the two checkpoints are of one book", value=first.root)


@dataclass(frozen=True, slots=True)
class OtherPrefix:
    """The second book begins otherwise than the first, smaller one: its root of that size, and the proof of it."""

    root: bytes
    proof: tuple[bytes, ...]

    def to_value(self) -> list[object]:
        """``["prefix", root, [hash...]]``."""
        return ["prefix", self.root, list(self.proof)]

    def check(self, first: Checkpoint, second: Checkpoint) -> None:
        """Raises NotEvidence, or ProofError for a proof that does not lead to the second root."""
        if not 0 < first.size < second.size:
            raise NotEvidence("the first book is not the smaller one", value=first.size)
        verify_consistency(first.size, second.size, self.proof, self.root, second.root)
        if self.root == first.root:
            raise NotEvidence("the larger book continues the smaller one", value=first.root)


@dataclass(frozen=True, slots=True)
class Prefix:
    """The root of what a book begins with, and the consistency proof from there to the book's own root."""

    root: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class OtherPrefixes:
    """The two books begin differently up to ``size`` blocks."""

    size: int
    first: Prefix
    second: Prefix

    def to_value(self) -> list[object]:
        """``["prefixes", size, [root, [hash...]], [root, [hash...]]]``."""
        return ["prefixes", self.size, *([side.root, list(side.proof)] for side in (self.first, self.second))]

    def check(self, first: Checkpoint, second: Checkpoint) -> None:
        """Raises NotEvidence, or ProofError for a proof that does not lead to its root."""
        for head, side in ((first, self.first), (second, self.second)):
            if not 0 < self.size < head.size:
                raise NotEvidence(
                    "one of the books is not larger than what both are said to begin with", value=head.size
                )
            verify_consistency(self.size, head.size, side.proof, side.root, head.root)
        if self.first.root == self.second.root:
            raise NotEvidence("the two books begin alike", value=self.size)


@dataclass(frozen=True, slots=True)
class ProvenBlock:
    """A leaf of a block log with its inclusion proof. For a mutualchain log it is a block."""

    height: int
    block: bytes
    proof: tuple[bytes, ...]

    def check(self, head: Checkpoint) -> None:
        """Raises ProofError unless the block stands at its height under ``head``."""
        verify_inclusion(leaf_hash(self.block), self.height, head.size, self.proof, head.root)


@dataclass(frozen=True, slots=True)
class OtherBlock:
    """At one height, the first one's, the two books hold different blocks."""

    first: ProvenBlock
    second: ProvenBlock

    def to_value(self) -> list[object]:
        """``["block", height, [block, [hash...]], [block, [hash...]]]``."""
        sides = [[side.block, list(side.proof)] for side in (self.first, self.second)]
        return ["block", self.first.height, *sides]

    def check(self, first: Checkpoint, second: Checkpoint) -> None:
        """Raises NotEvidence, or ProofError for a block that is not under its root."""
        self.first.check(first)
        self.second.check(second)
        if self.first.block == self.second.block:
            raise NotEvidence("the two blocks are the same", value=self.first.height)


Disagreement: TypeAlias = "OtherRoot | OtherPrefix | OtherPrefixes | OtherBlock"


def from_value(value: object) -> Disagreement:
    """Parse strictly. Raises EvidenceFormat, UnsupportedVersion for a proof of another kind."""
    items = fields.array(value, None, "a proof of disagreement", _E)
    kind = items[0] if items else None
    if kind == "size":
        fields.array(value, 1, "a proof by size", _E)
        return OtherRoot()
    if kind == "prefix":
        prefix = _prefix(fields.array(value, 3, "a proof by prefix", _E)[1:])
        return OtherPrefix(prefix.root, prefix.proof)
    if kind == "prefixes":
        fields.array(value, 4, "a proof by two prefixes", _E)
        size = fields.integer(items[1], "a size", _E, high=MAX_LOG_SIZE)
        return OtherPrefixes(size, _prefix(items[2]), _prefix(items[3]))
    if kind == "block":
        fields.array(value, 4, "a proof by block", _E)
        height = fields.integer(items[1], "a height", _E, high=MAX_LOG_SIZE)
        return OtherBlock(_side(height, items[2]), _side(height, items[3]))
    raise UnsupportedVersion("a proof of disagreement of an unknown kind", value=repr(kind)[:40])


def _prefix(value: object) -> Prefix:
    root, proof = fields.array(value, 2, "a root with its proof", _E)
    # one hash more than inclusion takes, above 2**62 leaves
    return Prefix(fields.blob(root, 32, "a root", _E), fields.hashes(proof, _E, most=MAX_PROOF + 1))


def _side(height: int, value: object) -> ProvenBlock:
    block, proof = fields.array(value, 2, "a block with its proof", _E)
    return ProvenBlock(height, fields.blob(block, None, "a block", _E, most=MAX_BLOCK), fields.hashes(proof, _E))
