"""Many earlier trees shown at once to be the beginning of a later one: a consistency proof for several sizes.

RFC 6962 proves one old size at a time, and whoever makes the proof has to know which. Here the tree of ``size`` leaves
is cut at several old sizes: a subtree in which an old tree ends is opened into its two parts, and of every other one
only the hash is given, from left to right. All the cuts that this makes are listed: where one hash ends and the next
begins, an old tree ends too, and costs nothing.

    node(a, b)        the subtree over leaves a to b - 1, of the whole tree: node(0, size)
                      no old size m with a < m < b: the next of ``hashes``
                      else: node_hash(node(a, k), node(k, b)), k as RFC 6962 divides a subtree; k is an old size
    prefix(a, b, m)   the same without the leaves from m on, a < m <= b
                      m == b: node(a, b)      m <= k: prefix(a, k, m)      else: node_hash(node(a, k), prefix(k, b, m))

``node(0, size)`` must be the known root. Then ``prefix(0, size, m)`` is the one root that the first m leaves can have
(or SHA-256 has a collision), so the old roots need not be given: they follow, and whoever kept another root for one
of these sizes holds the proof that there are two logs. There is one more hash than there are sizes. Those of RFC 6962's
consistency proof from an old size are among the subtrees; for many sizes, what their proofs share stands there once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..errors import ProofError, UsageError
from .merkle import NodeReader, check_hash, consistency_ranges, fold, node_hash, range_root, split_point

__all__ = ["Lineage", "VerifiedLineage", "lineage_from_nodes", "within"]

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Lineage:
    """Old sizes, ascending, and the hashes (32 bytes each) that prove them, one more. Unverified."""

    sizes: tuple[int, ...] = ()
    hashes: tuple[bytes, ...] = ()

    def verify(self, size: int, root: bytes) -> VerifiedLineage:
        """Every old root, in the tree of ``size`` leaves with ``root``. Raises ProofError where that is not proven."""
        check_hash(root, "the root")
        if any(type(item) is not int for item in self.sizes) or list(self.sizes) != sorted(set(self.sizes)):
            raise ProofError("the earlier sizes are not in order, each once", value=len(self.sizes))
        if not self.sizes:
            if self.hashes:
                raise ProofError("there are hashes, and no earlier size that they prove", value=len(self.hashes))
            return VerifiedLineage(size, root, (), {})
        if not 0 < self.sizes[0] <= self.sizes[-1] < size:
            raise ProofError(f"an earlier size is not between 0 and {size}", value=self.sizes[-1])
        nodes: dict[Range, bytes] = {}
        left, listed = list(reversed(self.hashes)), set(self.sizes)

        def node(start: int, end: int) -> bytes:
            if not _cut(self.sizes, start, end):
                if not left:
                    raise ProofError("too few hashes for the earlier sizes", value=len(self.hashes))
                found = check_hash(left.pop(), "a hash of the earlier sizes")
            else:
                middle = split_point(start, end)
                if middle not in listed:
                    raise ProofError("an earlier size that is proven with the others is not listed", value=middle)
                found = node_hash(node(start, middle), node(middle, end))
            nodes[start, end] = found
            return found

        top = node(0, size)
        if left:
            raise ProofError("too many hashes for the earlier sizes", value=len(self.hashes))
        if top != root:
            raise ProofError(f"the earlier sizes do not lead to the root of {size} leaves", value=top)
        return VerifiedLineage(size, root, self.sizes, nodes)


@dataclass(frozen=True, slots=True)
class VerifiedLineage:
    """A tree of ``size`` leaves, and the proven roots of its beginnings. Made by :meth:`Lineage.verify` alone.

    ``sizes`` are the earlier ones, ascending; ``nodes`` the subtrees by the leaves [start, end) that they cover.
    """

    size: int
    root: bytes
    sizes: tuple[int, ...]
    nodes: Mapping[Range, bytes]

    def root_at(self, size: int) -> bytes | None:
        """The root of the first ``size`` leaves, of this very size the tree's own; None for one that is not shown."""
        if size == self.size:
            return self.root
        at = bisect_left(self.sizes, size)
        if at == len(self.sizes) or self.sizes[at] != size:
            return None
        return fold([self.nodes[found] for found in _prefix(size, self.size)])

    def roots(self) -> Iterator[tuple[int, bytes]]:
        """Every earlier size with its root, ascending."""
        for size in self.sizes:
            found = self.root_at(size)
            assert found is not None
            yield size, found

    def consistency_proof(self, size: int) -> tuple[bytes, ...]:
        """RFC 6962's proof from one of ``sizes``, or from this very size. Raises UsageError for another one."""
        if self.root_at(size) is None:
            raise UsageError("this lineage shows no tree of that size", value=size)
        return tuple(self.nodes[found] for found in consistency_ranges(size, self.size))


def lineage_from_nodes(read: NodeReader, sizes: Iterable[int], size: int) -> Lineage:
    """The lineage of a tree of ``size`` leaves from stored nodes: these sizes, in any order, and what they entail.

    Raises UsageError for another size, ProofError when ``read`` returns something that is no hash.
    """
    wanted = sorted(set(sizes))
    if not wanted:
        return Lineage()
    if not 0 < wanted[0] <= wanted[-1] < size:
        raise UsageError(f"an earlier size is not between 0 and {size}", value=wanted[-1])
    cuts = tuple(sorted({cut for old in wanted for cut in _cuts(old, size)}))

    def given(start: int, end: int) -> Iterator[bytes]:
        if not _cut(cuts, start, end):
            yield range_root(read, start, end)
            return
        middle = split_point(start, end)
        yield from given(start, middle)
        yield from given(middle, end)

    return Lineage(cuts, tuple(given(0, size)))


def within(wanted: Iterable[int], size: int, hashes: int) -> tuple[int, ...]:
    """As many of the ``wanted`` sizes, the first ones first, as at most so many hashes prove, and what they entail.

    The first that would need more ends the choice, so ``wanted`` may be endless. Sizes that are not between 0 and
    ``size`` are passed over. Ascending.
    """
    chosen: set[int] = set()
    for old in wanted:
        if not 0 < old < size or old in chosen:
            continue
        more = {*_cuts(old, size)} - chosen
        if len(chosen) + len(more) + 1 > hashes:
            break
        chosen |= more
    return tuple(sorted(chosen))


def _cuts(old: int, size: int) -> Iterator[int]:
    """Where subtrees are divided so that the tree of ``old`` leaves ends between two of them; ``old`` is the last."""
    start, end = 0, size
    while start < old < end:
        middle = split_point(start, end)
        yield middle
        start, end = (start, middle) if old <= middle else (middle, end)


def _prefix(old: int, size: int) -> Iterator[Range]:
    """The subtrees of the tree of ``size`` leaves that make up that of ``old`` leaves, left to right."""
    start, end = 0, size
    while end != old:
        middle = split_point(start, end)
        if old <= middle:
            end = middle
        else:
            yield start, middle
            start = middle
    yield start, end


def _cut(sizes: Sequence[int], start: int, end: int) -> bool:
    """Whether one of the ascending ``sizes`` lies inside [start, end), at neither end of it."""
    at = bisect_right(sizes, start)
    return at < len(sizes) and sizes[at] < end
