"""The Merkle tree of RFC 6962 section 2.1: roots, proofs, and appending with O(log n) state.

    leaf = SHA-256(00 || data)      node = SHA-256(01 || left || right)      no leaves: SHA-256 of nothing

A tree of n > 1 leaves splits at the largest power of two below n, so that nothing is ever hashed twice
and no leaf is repeated. A *perfect node* (level, index) covers exactly the leaves
``index * 2**level`` to ``(index + 1) * 2**level - 1``; once complete it never changes, which is why logs
store them. Every root and proof is built here either from all leaf hashes or from stored perfect nodes.

Sizes count leaves, indexes count from 0, both at most 2**63 - 1. Hashes are 32 ``bytes``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from ..errors import ProofError, UsageError
from ..limits import MAX_LOG_SIZE

__all__ = [
    "EMPTY_ROOT",
    "HASH_SIZE",
    "Frontier",
    "NodeReader",
    "check_hash",
    "consistency_proof",
    "consistency_proof_from_nodes",
    "consistency_ranges",
    "fold",
    "frontier_from_nodes",
    "inclusion_proof",
    "inclusion_proof_from_nodes",
    "leaf_hash",
    "node_hash",
    "range_root",
    "root",
    "root_from_nodes",
    "split_point",
    "verify_consistency",
    "verify_inclusion",
]

HASH_SIZE = 32
"""Bytes of a SHA-256 hash."""
EMPTY_ROOT = sha256(b"").digest()
"""The root of the tree without leaves."""

NodeReader: TypeAlias = Callable[[int, int], bytes]
"""``read(level, index)`` returns the hash of that perfect node; it raises what its caller expects of it."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of the leaf that holds ``data`` (RFC 6962 section 2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above ``left`` and ``right``, 32 bytes each (RFC 6962 section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


# --- from all leaf hashes -----------------------------------------------------------------------


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over ``leaf_hashes``; EMPTY_ROOT when there are none. Raises UsageError for what is no hash."""
    level = [_given(item) for item in leaf_hashes]
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        # Pairing from the left and carrying an odd last one up gives the splits of RFC 6962.
        above = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        if len(level) & 1:
            above.append(level[-1])
        level = above
    return level[0]


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """PATH(index, leaves) of RFC 6962 section 2.1.1: siblings of the path, the leaf's first.

    Raises UsageError for an index outside the tree or a leaf hash that is none.
    """
    return tuple(root(leaf_hashes[start:end]) for start, end in _inclusion_ranges(index, len(leaf_hashes)))


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """PROOF(old_size, leaves) of RFC 6962 section 2.1.2; empty for an old size of 0 or of the whole tree.

    Raises UsageError for an old size outside the tree or a leaf hash that is none.
    """
    return tuple(root(leaf_hashes[start:end]) for start, end in consistency_ranges(old_size, len(leaf_hashes)))


# --- from stored perfect nodes ------------------------------------------------------------------


def root_from_nodes(read: NodeReader, size: int) -> bytes:
    """The root of the tree of ``size`` leaves, from at most 63 nodes. Raises UsageError for a bad size."""
    return frontier_from_nodes(read, size).root()


def frontier_from_nodes(read: NodeReader, size: int) -> Frontier:
    """The state with which to go on appending to a tree of ``size`` leaves.

    Raises UsageError for a bad size, ProofError when ``read`` returns something that is no hash.
    """
    _check_size(size)
    return Frontier(size, tuple(_stored(read, level, index) for level, index in _perfect_nodes(0, size)))


def inclusion_proof_from_nodes(read: NodeReader, index: int, size: int) -> tuple[bytes, ...]:
    """As :func:`inclusion_proof`, for leaf ``index`` in the tree of ``size`` leaves, from O(log**2 n) nodes.

    Raises UsageError for an index outside the tree, ProofError when ``read`` returns something that is no hash.
    """
    return tuple(range_root(read, start, end) for start, end in _inclusion_ranges(index, size))


def consistency_proof_from_nodes(read: NodeReader, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """As :func:`consistency_proof`, between the trees of ``old_size`` and ``new_size`` leaves.

    Raises UsageError when ``old_size`` exceeds ``new_size``, ProofError when ``read`` returns something that
    is no hash.
    """
    return tuple(range_root(read, start, end) for start, end in consistency_ranges(old_size, new_size))


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that appending needs of a tree: the roots of its perfect subtrees, the largest (leftmost) first.

    A tree of ``size`` leaves has one of them for every bit of ``size``. Raises UsageError when ``size`` and
    ``hashes`` do not fit each other.
    """

    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        _check_size(self.size)
        if type(self.hashes) is not tuple or len(self.hashes) != self.size.bit_count():
            raise UsageError(f"a tree of {self.size} leaves has {self.size.bit_count()} perfect subtrees")
        for item in self.hashes:
            _given(item)

    @classmethod
    def empty(cls) -> Frontier:
        """The tree without leaves."""
        return cls(0, ())

    def append(self, leaf_hash: bytes) -> tuple[Frontier, tuple[tuple[int, int, bytes], ...]]:
        """The tree with one more leaf, and every perfect node that this completed, as (level, index, hash).

        The first of them is the leaf itself, at level 0 and index ``size``; each next one lies a level higher.
        Raises UsageError for what is no hash, or when the tree is full.
        """
        size = self.size
        if size >= MAX_LOG_SIZE:
            raise UsageError("the log is full", value=size)
        node = _given(leaf_hash)
        completed = [(0, size, node)]
        kept = len(self.hashes)
        level = 0
        while size >> level & 1:
            kept -= 1
            level += 1
            node = node_hash(self.hashes[kept], node)
            completed.append((level, size >> level, node))
        # The parts are right by construction: going round __post_init__ halves the cost of an append.
        grown = object.__new__(Frontier)
        object.__setattr__(grown, "size", size + 1)
        object.__setattr__(grown, "hashes", (*self.hashes[:kept], node))
        return grown, tuple(completed)

    def root(self) -> bytes:
        """The root of the tree, EMPTY_ROOT for none."""
        return fold(self.hashes) if self.hashes else EMPTY_ROOT


# --- verification -------------------------------------------------------------------------------


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that ``leaf_hash`` is leaf ``index`` of the ``size`` leaves under ``root`` (RFC 9162 section 2.1.3.2).

    Raises ProofError otherwise, and for arguments that are no such thing.
    """
    _check_number(size, "the tree's size")
    _check_number(index, "the leaf's index")
    if index >= size:
        raise ProofError(f"there is no leaf {index} in a tree of {size}", value=index)
    path = _check_path(proof)
    node, fn, sn = check_hash(leaf_hash, "the leaf hash"), index, size - 1
    for sibling in path:
        if sn == 0:
            raise ProofError("the inclusion proof is too long", value=len(path))
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while fn and not fn & 1:
                fn >>= 1
                sn >>= 1
        else:
            node = node_hash(node, sibling)
        fn >>= 1
        sn >>= 1
    if sn != 0:
        raise ProofError("the inclusion proof is too short", value=len(path))
    if node != check_hash(root, "the root"):
        raise ProofError(f"the inclusion proof of leaf {index} does not lead to the root of {size} leaves", value=node)


def verify_consistency(old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of ``old_size`` leaves is the beginning of that of ``new_size`` (RFC 9162 section 2.1.4.2).

    An old size of 0 takes the empty proof and EMPTY_ROOT. Raises ProofError otherwise, and for arguments
    that are no such thing.
    """
    _check_number(old_size, "the old size")
    _check_number(new_size, "the new size")
    if old_size > new_size:
        raise ProofError(f"the old tree, of {old_size}, is larger than the new one, of {new_size}", value=old_size)
    check_hash(old_root, "the old root")
    check_hash(new_root, "the new root")
    path = _check_path(proof)
    for size, given in ((old_size, old_root), (new_size, new_root)):
        if size == 0 and given != EMPTY_ROOT:
            raise ProofError("a tree without leaves has another root", value=given)
    if old_size in (0, new_size):
        if path:
            raise ProofError("the consistency proof should be empty", value=len(path))
        if old_size == new_size and old_root != new_root:
            raise ProofError(f"two trees of {old_size} leaves have different roots", value=new_root)
        return
    old, new = _consistent_roots(old_size, new_size, path, old_root)
    if old != old_root:
        raise ProofError(f"the consistency proof does not lead to the old root, of {old_size} leaves", value=old)
    if new != new_root:
        raise ProofError(f"the consistency proof does not lead to the new root, of {new_size} leaves", value=new)


def _consistent_roots(old_size: int, new_size: int, path: Sequence[bytes], old_root: bytes) -> tuple[bytes, bytes]:
    """The two roots to which ``path`` leads, for 0 < old_size < new_size."""
    if not old_size & (old_size - 1):
        path = (old_root, *path)  # a perfect old tree is its own first node, which proofs leave out
    if not path:
        raise ProofError("the consistency proof is too short", value=0)
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    old = new = path[0]
    for sibling in path[1:]:
        if sn == 0:
            raise ProofError("the consistency proof is too long", value=len(path))
        if fn & 1 or fn == sn:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
            while fn and not fn & 1:
                fn >>= 1
                sn >>= 1
        else:
            new = node_hash(new, sibling)
        fn >>= 1
        sn >>= 1
    if sn != 0:
        raise ProofError("the consistency proof is too short", value=len(path))
    return old, new


# --- shapes -------------------------------------------------------------------------------------


def _inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The leaves [start, end) under each hash of an inclusion proof, the leaf's sibling first."""
    _check_size(size)
    if type(index) is not int or not 0 <= index < size:
        raise UsageError(f"there is no leaf {index} in a tree of {size}", value=index)
    ranges = []
    start, end = 0, size
    while end - start > 1:
        middle = split_point(start, end)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old_size: int, new_size: int) -> list[tuple[int, int]]:
    """The leaves [start, end) under each hash of a consistency proof, in the proof's order."""
    _check_size(old_size)
    _check_size(new_size)
    if old_size > new_size:
        raise UsageError(f"the old tree, of {old_size}, is larger than the new one, of {new_size}", value=old_size)
    if old_size == 0:
        return []
    ranges = []
    start, end = 0, new_size
    while end != old_size:
        middle = split_point(start, end)
        if old_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:  # else this subtree is the whole old tree, whose root the verifier has
        ranges.append((start, end))
    return ranges[::-1]


def split_point(start: int, end: int) -> int:
    """Where the subtree over [start, end) divides: after the largest power of two below its size."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _perfect_nodes(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The perfect nodes that make up the subtree over [start, end), left to right."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def range_root(read: NodeReader, start: int, end: int) -> bytes:
    """The root over the leaves [start, end), which are a subtree of some tree: its perfect nodes, folded."""
    return fold([_stored(read, level, index) for level, index in _perfect_nodes(start, end)])


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees, given left to right."""
    node = hashes[-1]
    for left in reversed(hashes[:-1]):
        node = node_hash(left, node)
    return node


# --- arguments ----------------------------------------------------------------------------------


def _check_size(size: int) -> None:
    if type(size) is not int or not 0 <= size <= MAX_LOG_SIZE:
        raise UsageError("a tree's size is a number from 0 to 2**63 - 1", value=size)


def _given(item: bytes) -> bytes:
    if type(item) is not bytes or len(item) != HASH_SIZE:
        raise UsageError("a hash is 32 bytes", value=item)
    return item


def _stored(read: NodeReader, level: int, index: int) -> bytes:
    return check_hash(read(level, index), f"the stored node {index} of level {level}")


def _check_number(number: int, what: str) -> None:
    if type(number) is not int or not 0 <= number <= MAX_LOG_SIZE:
        raise ProofError(f"{what} is not a number from 0 to 2**63 - 1", value=number)


def check_hash(item: bytes, what: str) -> bytes:
    """``item``, 32 bytes. Raises ProofError, naming ``what``, when it is something else."""
    if type(item) is not bytes or len(item) != HASH_SIZE:
        raise ProofError(f"{what} is not 32 bytes", value=item)
    return item


def _check_path(proof: Sequence[bytes]) -> Sequence[bytes]:
    if not isinstance(proof, list | tuple):
        raise ProofError("a proof is a list of hashes", value=proof)
    for position, item in enumerate(proof):
        check_hash(item, f"hash {position} of the proof")
    return proof
