"""What a checkpoint leads to, in two kinds of files: one for the log as a whole, one for each plan.

``head/<size>`` is :class:`Head`: genesis and last block with their proofs under the checkpoint, every plan's leaf, and
the chain's own landmarks. ``plan/<plan>/head/<sheets>/<events>`` is :class:`PlanHead`: a plan's landmarks (the entries
that every record shows) with their proofs under the plan leaf, the tiles at the edge of its two logs, and the top of
the index of enrolments. A plan's head changes only with the plan, so a plan in which nothing happens gets none.

With the two a reader stands on signed ground after three requests. Nothing in them is trusted:
:func:`verify_head` and :func:`verify_plan_head` say what is proven, for the publisher before it writes a checkpoint
and for the reader after. That *all* landmarks are listed is not: a record in which one is left out does not verify.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..block import fields
from ..block.block import Block, block_hash
from ..block.entry import entry_hash
from ..block.plan import EventLeaf, PlanLeaf
from ..canonical import decode, encode
from ..errors import PublishedMismatch
from ..limits import MAX_BLOCK, MAX_ENTRY, MAX_LANDMARKS, MAX_PLANS, MAX_PROOF, MAX_PUBLISHED_HEAD
from ..tlog import merkle
from ..tlog.tiles import TILE_WIDTH

__all__ = ["Head", "Landmark", "PlanHead", "verify_head", "verify_plan_head"]

_E = PublishedMismatch
_TILE_BYTES = TILE_WIDTH * merkle.HASH_SIZE


@dataclass(frozen=True, slots=True)
class Landmark:
    """An entry that every record shows: its place and leaf in the plan's log of entries, itself, and the proof."""

    position: int
    leaf: bytes
    entry: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PlanHead:
    """``[[[position, leaf, entry, [hash...]]...], [tile...], [tile...], slots]``; the file has version 1 in front.

    ``sheets`` and ``events`` are the tiles of the plan's two logs that are not full, the lowest level first. ``slots``
    is the topmost level of the index of enrolments (first slots, u32be), a hint.
    """

    landmarks: tuple[Landmark, ...]
    sheets: tuple[bytes, ...] = ()
    events: tuple[bytes, ...] = ()
    slots: bytes = b""

    def to_value(self) -> list[Any]:
        """The head as a canonical value."""
        marks = [[mark.position, mark.leaf, mark.entry, list(mark.proof)] for mark in self.landmarks]
        return [marks, list(self.sheets), list(self.events), self.slots]

    def to_bytes(self) -> bytes:
        """The file."""
        return encode([1, *self.to_value()])

    @classmethod
    def from_value(cls, value: object) -> PlanHead:
        """Parse strictly. Raises PublishedMismatch."""
        items = fields.array(value, 4, "a plan's head", _E)
        landmarks = []
        for mark in _many(items[0], MAX_LANDMARKS, "landmarks"):
            position, leaf, entry, proof = fields.array(mark, 4, "a landmark", _E)
            landmarks.append(
                Landmark(
                    fields.integer(position, "a position", _E),
                    fields.blob(leaf, None, "a leaf of the log of entries", _E, most=MAX_BLOCK),
                    fields.blob(entry, None, "an entry", _E, most=MAX_ENTRY),
                    _hashes(proof),
                )
            )
        slots = fields.blob(items[3], None, "the top of the index of enrolments", _E, most=4 * TILE_WIDTH)
        return cls(tuple(landmarks), _tiles(items[1]), _tiles(items[2]), slots)

    @classmethod
    def from_bytes(cls, data: bytes) -> PlanHead:
        """Parse a file strictly. Raises PublishedMismatch, CanonicalError, LimitError."""
        items = fields.array(decode(data, max_size=MAX_PUBLISHED_HEAD), 5, "a plan's head", _E)
        fields.integer(items[0], "a plan's head's version", _E, low=1, high=1)
        return cls.from_value(tuple(items[1:]))


@dataclass(frozen=True, slots=True)
class Head:
    """``[1, genesis, proof, last, proof, [leaf...], chain]``: ``chain`` is the chain's own plan's head."""

    genesis: bytes
    genesis_proof: tuple[bytes, ...]
    last: bytes
    last_proof: tuple[bytes, ...]
    leaves: tuple[bytes, ...]
    chain: PlanHead

    def to_bytes(self) -> bytes:
        """The canonical bytes."""
        proofs = list(self.genesis_proof), list(self.last_proof)
        return encode(
            [1, self.genesis, proofs[0], self.last, proofs[1], list(self.leaves), self.chain.to_value()],
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Head:
        """Parse strictly. Raises PublishedMismatch, CanonicalError, LimitError."""
        items = fields.array(decode(data, max_size=MAX_PUBLISHED_HEAD), 7, "a head", _E)
        fields.integer(items[0], "a head's version", _E, low=1, high=1)
        leaves = _many(items[5], MAX_PLANS, "plan leaves")
        return cls(
            fields.blob(items[1], None, "a genesis block", _E, most=MAX_BLOCK),
            _hashes(items[2]),
            fields.blob(items[3], None, "a last block", _E, most=MAX_BLOCK),
            _hashes(items[4]),
            tuple(fields.blob(item, None, "a plan leaf", _E, most=MAX_BLOCK) for item in leaves),
            PlanHead.from_value(items[6]),
        )


def verify_head(head: Head, size: int, root: bytes) -> dict[str, PlanLeaf]:
    """The plans' leaves, by name, once genesis, last block and leaves are proven under a root over ``size`` blocks.

    Raises ProofError for a block that is not under the root, PublishedMismatch for leaves that are not what the last
    block commits to, and what a block or a leaf raises that cannot be read.
    """
    merkle.verify_inclusion(block_hash(head.genesis), 0, size, head.genesis_proof, root)
    merkle.verify_inclusion(block_hash(head.last), size - 1, size, head.last_proof, root)
    header, leaves = Block.from_bytes(head.last).header, head.leaves
    if (
        len(leaves) != header.plan_count
        or merkle.root([merkle.leaf_hash(item) for item in leaves]) != header.plans_root
    ):
        raise PublishedMismatch("the plans' state is not what the last block commits to", value=size - 1)
    return {leaf.plan: leaf for leaf in map(PlanLeaf.from_bytes, leaves)}


def verify_plan_head(head: PlanHead, state: PlanLeaf) -> dict[int, EventLeaf]:
    """The landmarks' leaves, by position, once each landmark is proven to be an entry of the plan's.

    Raises ProofError for a leaf that is not in the plan's log of entries, PublishedMismatch for an entry that is not
    the leaf's or landmarks out of order. The edges are verified by whoever reads the logs.
    """
    found: dict[int, EventLeaf] = {}
    for mark in head.landmarks:
        if found and mark.position <= max(found):
            raise PublishedMismatch("the landmarks of a plan are out of order", value=mark.position)
        size, root = state.events_size, state.events_root
        merkle.verify_inclusion(merkle.leaf_hash(mark.leaf), mark.position, size, mark.proof, root)
        leaf = EventLeaf.from_bytes(mark.leaf)
        if entry_hash(mark.entry) != leaf.entry_hash:
            raise PublishedMismatch("a landmark's entry is not the one of its leaf", value=mark.position)
        found[mark.position] = leaf
    return found


def _many(value: object, most: int, what: str) -> Sequence[Any]:
    items = fields.array(value, None, what, _E)
    if len(items) > most:
        raise PublishedMismatch(f"more than {most} {what}", value=len(items))
    return items


def _tiles(value: object) -> tuple[bytes, ...]:
    return tuple(fields.blob(tile, None, "a tile", _E, most=_TILE_BYTES) for tile in _many(value, 8, "tiles"))


def _hashes(value: object) -> tuple[bytes, ...]:
    return tuple(fields.blob(item, 32, "a proof's hash", _E) for item in _many(value, MAX_PROOF, "hashes of a proof"))
