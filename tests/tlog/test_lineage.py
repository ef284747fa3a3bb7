"""Many earlier trees in one proof: held against RFC 6962's definition, and what a verifier refuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import ProofError, UsageError
from mutualchain.tlog import merkle
from mutualchain.tlog.lineage import Lineage, lineage_from_nodes, within

from . import reference
from .test_merkle import LEAVES, NODES, nodes_of

TREES = st.integers(2, 130).flatmap(
    lambda size: st.tuples(st.just(size), st.lists(st.integers(1, size - 1), unique=True).map(sorted))
)


def entailed(size: int, sizes: Sequence[int], start: int = 0) -> list[int]:
    """The sizes, and every other place at which the module's definition cuts the tree."""
    if not any(start < cut < start + size for cut in sizes):
        return []
    k = reference.split(size)
    return [*entailed(k, sizes, start), start + k, *entailed(size - k, sizes, start + k)]


def given_hashes(leaves: Sequence[bytes], sizes: Sequence[int], start: int = 0) -> list[bytes]:
    """The module's definition of what is given, as it is written."""
    end = start + len(leaves)
    if not any(start < size < end for size in sizes):
        return [reference.mth(leaves)]
    k = reference.split(len(leaves))
    return given_hashes(leaves[:k], sizes, start) + given_hashes(leaves[k:], sizes, start + k)


@given(TREES)
def test_the_hashes_are_those_of_the_definition_and_prove_every_earlier_root(tree: tuple[int, list[int]]) -> None:
    size, sizes = tree
    lineage = lineage_from_nodes(NODES, reversed(sizes), size)
    assert list(lineage.hashes) == (given_hashes(LEAVES[:size], sizes) if sizes else [])
    assert list(lineage.sizes) == entailed(size, sizes)
    assert {*sizes} <= {*lineage.sizes}
    assert len(lineage.hashes) == (len(lineage.sizes) + 1 if sizes else 0)
    proven = lineage.verify(size, reference.mth(LEAVES[:size]))
    assert list(proven.roots()) == [(old, reference.mth(LEAVES[:old])) for old in lineage.sizes]
    assert proven.root_at(size) == reference.mth(LEAVES[:size])
    for old in range(1, size):
        if old in lineage.sizes:
            assert proven.consistency_proof(old) == reference.consistency(old, LEAVES[:size])
        else:
            assert proven.root_at(old) is None
            with pytest.raises(UsageError):
                proven.consistency_proof(old)


@pytest.mark.parametrize("size", range(2, 40))
def test_for_one_size_it_is_rfc_6962s_proof_with_the_old_root_written_out(size: int) -> None:
    for old in range(1, size):
        proof = reference.consistency(old, LEAVES[:size])
        whole = old & (old - 1) == 0  # a perfect old tree is one subtree, whose root the proof leaves out
        lineage = lineage_from_nodes(NODES, [old], size)
        assert sorted(lineage.hashes) == sorted([*proof, reference.mth(LEAVES[:old])] if whole else proof)


def test_what_many_sizes_share_stands_there_once() -> None:
    every = lineage_from_nodes(NODES, range(1, 128), 128)
    assert list(every.hashes) == LEAVES[:128]


@given(TREES, st.integers(1, 140))
def test_as_many_sizes_are_chosen_as_the_hashes_allow_the_first_ones_first(
    tree: tuple[int, list[int]], most: int
) -> None:
    size, sizes = tree
    wanted = sizes[::-1]
    chosen = within(wanted, size, most)
    count = next((at for at, old in enumerate(wanted) if old not in chosen), len(wanted))
    lineage = lineage_from_nodes(NODES, wanted[:count], size)
    assert lineage.sizes == chosen
    assert len(lineage.hashes) <= most
    if count < len(wanted):
        assert len(lineage_from_nodes(NODES, wanted[: count + 1], size).hashes) > most


def test_sizes_that_are_none_are_passed_over_and_repetitions_cost_nothing() -> None:
    assert within([0, -1, 130, 131, 5, 5, 7, 5], 130, 100) == within([7, 5], 130, 100)
    assert within([5], 130, 100) == (4, 5, 6, 8, 16, 32, 64, 128)
    assert within([], 130, 100) == within([5], 130, 8) == ()


def test_one_size_of_the_largest_log_takes_64_hashes_at_most() -> None:
    size = 2**63 - 1
    assert 2**62 + 1 in within([2**62 + 1], size, 64)
    lineage = lineage_from_nodes(lambda level, index: bytes(32), [1, 2**62 + 1, size - 1], size)
    assert len(lineage.hashes) < 192


def _with(change: Callable[[list[bytes]], object]) -> Callable[[Lineage], Lineage]:
    def edit(lineage: Lineage) -> Lineage:
        hashes = list(lineage.hashes)
        change(hashes)
        return Lineage(lineage.sizes, tuple(hashes))

    return edit


EDITS: dict[str, Callable[[Lineage], Lineage]] = {
    "without the first hash": _with(lambda hashes: hashes.pop(0)),
    "without the last hash": _with(lambda hashes: hashes.pop()),
    "without any hash": _with(lambda hashes: hashes.clear()),
    "with a hash more": _with(lambda hashes: hashes.append(bytes(32))),
    "with the last hash twice": _with(lambda hashes: hashes.append(hashes[-1])),
    "with two hashes exchanged": _with(lambda hashes: hashes.reverse()),
    "with a short hash": _with(lambda hashes: hashes.__setitem__(0, bytes(31))),
    "with a hash of the wrong type": _with(lambda hashes: hashes.__setitem__(0, "x" * 32)),  # type: ignore[call-overload]
    "of other sizes": lambda lineage: Lineage((5, 20), lineage.hashes),
    "of the wanted sizes only": lambda lineage: Lineage((5, 21), lineage.hashes),
    "without the first size": lambda lineage: Lineage(lineage.sizes[1:], lineage.hashes),
    "without the last size": lambda lineage: Lineage(lineage.sizes[:-1], lineage.hashes),
    "without a size that is entailed": lambda lineage: Lineage(
        tuple(size for size in lineage.sizes if size != 16), lineage.hashes
    ),
    "of one size more": lambda lineage: Lineage((*lineage.sizes, 97), lineage.hashes),
    "of sizes in another order": lambda lineage: Lineage(lineage.sizes[::-1], lineage.hashes),
    "of one size twice": lambda lineage: Lineage((*lineage.sizes, lineage.sizes[-1]), lineage.hashes),
    "of the empty tree": lambda lineage: Lineage((0, *lineage.sizes), lineage.hashes),
    "of a negative size": lambda lineage: Lineage((-1, *lineage.sizes), lineage.hashes),
    "of the whole tree": lambda lineage: Lineage((*lineage.sizes, 100), lineage.hashes),
    "of a larger tree": lambda lineage: Lineage((*lineage.sizes, 101), lineage.hashes),
    "of truth values": lambda lineage: Lineage((True, *lineage.sizes), lineage.hashes),
    "of no size, with hashes": lambda lineage: Lineage((), lineage.hashes),
}


@pytest.mark.parametrize("name", EDITS)
def test_nothing_else_is_a_proof(name: str) -> None:
    lineage = lineage_from_nodes(NODES, [5, 21], 100)
    with pytest.raises(ProofError):
        EDITS[name](lineage).verify(100, merkle.root(LEAVES[:100]))


def test_it_proves_nothing_of_another_tree() -> None:
    lineage = lineage_from_nodes(NODES, [5, 21], 100)
    for size, root in ((100, bytes(32)), (101, merkle.root(LEAVES[:101])), (99, merkle.root(LEAVES[:99])), (100, b"")):
        with pytest.raises(ProofError):
            lineage.verify(size, root)


@given(st.integers(2, 100), st.data())
def test_a_fork_shows_at_every_size_above_it(size: int, data: st.DataObject) -> None:
    """Two trees that part at some leaf have the same earlier roots up to there, and no same one after it."""
    fork = data.draw(st.integers(0, size - 1))
    other = nodes_of([*LEAVES[:fork], bytes(32), *LEAVES[fork + 1 : size]])
    mine = lineage_from_nodes(NODES, range(1, size), size).verify(size, merkle.root(LEAVES[:size]))
    theirs = lineage_from_nodes(other, range(1, size), size).verify(size, merkle.root_from_nodes(other, size))
    for old in range(1, size):
        assert (mine.root_at(old) == theirs.root_at(old)) == (old <= fork)


@pytest.mark.parametrize("sizes", [[0], [100], [101], [-1, 5]])
def test_no_lineage_is_made_of_sizes_that_are_none(sizes: list[int]) -> None:
    with pytest.raises(UsageError):
        lineage_from_nodes(NODES, sizes, 100)
