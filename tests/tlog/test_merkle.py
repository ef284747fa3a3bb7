"""RFC 6962 section 2.1: the tree, its proofs, and what a verifier refuses."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import ProofError, UsageError
from mutualchain.limits import MAX_LOG_SIZE
from mutualchain.tlog import merkle
from mutualchain.tlog.merkle import EMPTY_ROOT, Frontier

from . import reference

LEAVES = reference.leaves(130)
SIZES = st.integers(0, 130)


def nodes_of(hashes: list[bytes]) -> Callable[[int, int], bytes]:
    """The perfect nodes of a tree, as appending gives them out."""
    stored = {}
    frontier = Frontier.empty()
    for item in hashes:
        frontier, completed = frontier.append(item)
        stored.update({(level, index): node for level, index, node in completed})
    return lambda level, index: stored[level, index]


NODES = nodes_of(LEAVES)


# --- roots --------------------------------------------------------------------------------------


def test_leaves_and_nodes_are_hashed_under_different_first_bytes() -> None:
    assert merkle.leaf_hash(b"data") == sha256(b"\x00data").digest()
    assert merkle.node_hash(b"l" * 32, b"r" * 32) == sha256(b"\x01" + b"l" * 32 + b"r" * 32).digest()
    assert sha256(b"").digest() == EMPTY_ROOT


@pytest.mark.parametrize("size", range(131))
def test_the_root_is_that_of_the_recursive_definition(size: int) -> None:
    assert merkle.root(LEAVES[:size]) == reference.mth(LEAVES[:size])
    assert merkle.root_from_nodes(NODES, size) == reference.mth(LEAVES[:size])


def test_a_tree_of_six_is_not_the_tree_that_repeats_its_last_leaves() -> None:
    assert merkle.root(LEAVES[:6]) != merkle.root(LEAVES[:6] + LEAVES[4:6])


# --- appending ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", range(131))
def test_a_frontier_holds_one_hash_a_bit_and_knows_the_root(size: int) -> None:
    frontier = Frontier.empty()
    for item in LEAVES[:size]:
        frontier, _ = frontier.append(item)
    assert (frontier.size, len(frontier.hashes)) == (size, size.bit_count())
    assert frontier.root() == reference.mth(LEAVES[:size])
    assert merkle.frontier_from_nodes(NODES, size) == frontier == Frontier(size, frontier.hashes)


def test_an_append_gives_out_each_perfect_node_that_it_completes_once() -> None:
    frontier, seen = Frontier.empty(), []
    for number, item in enumerate(LEAVES):
        before = frontier
        frontier, completed = frontier.append(item)
        assert completed[0] == (0, number, item)
        for level, index, node in completed:
            assert (index + 1) << level == number + 1
            assert node == reference.mth(LEAVES[index << level : (index + 1) << level])
        assert before.size == number  # the old one is as it was
        seen += [(level, index) for level, index, _ in completed]
    assert sorted(seen) == sorted((level, index) for level in range(8) for index in range(130 >> level))


@pytest.mark.parametrize(
    ("size", "hashes"),
    [(1, ()), (0, (LEAVES[0],)), (3, (LEAVES[0],)), (1, (b"short",)), (1, [LEAVES[0]]), (-1, ()), (2**63, (LEAVES[0],)),
     (True, (LEAVES[0],)), (1, ("text",))],
)  # fmt: skip
def test_a_frontier_whose_parts_do_not_fit_is_refused(size: int, hashes: tuple[bytes, ...]) -> None:
    with pytest.raises(UsageError):
        Frontier(size, hashes)


def test_a_full_log_takes_no_leaf() -> None:
    full = Frontier(MAX_LOG_SIZE, (LEAVES[0],) * 63)
    with pytest.raises(UsageError, match="full"):
        full.append(LEAVES[0])


@pytest.mark.parametrize("wrong", [b"", b"x" * 31, b"x" * 33, "x" * 32, bytearray(32), None])
def test_only_32_bytes_can_be_a_leaf_hash(wrong: bytes) -> None:
    for call in (lambda: Frontier.empty().append(wrong), lambda: merkle.root([wrong])):
        with pytest.raises(UsageError, match="32 bytes"):
            call()


# --- proofs -------------------------------------------------------------------------------------


@given(st.integers(1, 130).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
def test_every_inclusion_proof_is_the_recursive_one_and_verifies(case: tuple[int, int]) -> None:
    index, size = case
    proof = merkle.inclusion_proof(LEAVES[:size], index)
    assert proof == reference.path(index, LEAVES[:size])
    assert proof == merkle.inclusion_proof_from_nodes(NODES, index, size)
    merkle.verify_inclusion(LEAVES[index], index, size, proof, merkle.root(LEAVES[:size]))


@given(SIZES.flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size))))
def test_every_consistency_proof_is_the_recursive_one_and_verifies(case: tuple[int, int]) -> None:
    old, new = case
    proof = merkle.consistency_proof(LEAVES[:new], old)
    assert proof == reference.consistency(old, LEAVES[:new])
    assert proof == merkle.consistency_proof_from_nodes(NODES, old, new)
    merkle.verify_consistency(old, new, proof, merkle.root(LEAVES[:old]), merkle.root(LEAVES[:new]))


def test_the_largest_log_has_proofs_of_63_hashes() -> None:
    proof = merkle.inclusion_proof_from_nodes(lambda level, index: LEAVES[0], 0, MAX_LOG_SIZE)
    assert len(proof) == 63
    # A consistency proof may be one longer; C2SP's witnesses take 63, which last for 2**62 leaves.
    assert len(merkle.consistency_proof_from_nodes(lambda level, index: LEAVES[0], 3, MAX_LOG_SIZE)) == 64
    assert len(merkle.consistency_proof_from_nodes(lambda level, index: LEAVES[0], 3, 2**62)) == 63


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 5), (2**63, 5), (True, 5), (0, -1), (0, 2**63)])
def test_no_proof_is_made_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(UsageError):
        merkle.inclusion_proof_from_nodes(NODES, index, size)


@pytest.mark.parametrize(("old", "new"), [(2, 1), (-1, 5), (0, 2**63), (1.0, 2), (0, False)])
def test_no_proof_is_made_between_sizes_out_of_order(old: int, new: int) -> None:
    with pytest.raises(UsageError):
        merkle.consistency_proof_from_nodes(NODES, old, new)


def test_a_stored_node_that_is_no_hash_is_noticed() -> None:
    with pytest.raises(ProofError, match="stored node 0 of level 2"):
        merkle.root_from_nodes(lambda level, index: b"short", 5)


# --- refusals -----------------------------------------------------------------------------------


def flips(data: bytes) -> list[bytes]:
    return [bytes([*data[:at], data[at] ^ 1 << bit, *data[at + 1 :]]) for at in range(len(data)) for bit in range(8)]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 8])
def test_every_flipped_bit_of_an_inclusion_proof_is_refused(size: int) -> None:
    root = merkle.root(LEAVES[:size])
    for index in {0, size // 2, size - 1}:
        proof = merkle.inclusion_proof(LEAVES[:size], index)
        for leaf in flips(LEAVES[index]):
            with pytest.raises(ProofError):
                merkle.verify_inclusion(leaf, index, size, proof, root)
        for wrong in flips(root):
            with pytest.raises(ProofError):
                merkle.verify_inclusion(LEAVES[index], index, size, proof, wrong)
        for position in range(len(proof)):
            for wrong in flips(proof[position]):
                changed = [*proof[:position], wrong, *proof[position + 1 :]]
                with pytest.raises(ProofError):
                    merkle.verify_inclusion(LEAVES[index], index, size, changed, root)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 5), (4, 7), (6, 8), (5, 5), (0, 3)])
def test_every_flipped_bit_of_a_consistency_proof_is_refused(old: int, new: int) -> None:
    old_root, new_root = merkle.root(LEAVES[:old]), merkle.root(LEAVES[:new])
    proof = merkle.consistency_proof(LEAVES[:new], old)
    for wrong in flips(old_root):
        with pytest.raises(ProofError):
            merkle.verify_consistency(old, new, proof, wrong, new_root)
    if old:  # any tree follows the empty one
        for wrong in flips(new_root):
            with pytest.raises(ProofError):
                merkle.verify_consistency(old, new, proof, old_root, wrong)
    for position in range(len(proof)):
        for wrong in flips(proof[position]):
            changed = [*proof[:position], wrong, *proof[position + 1 :]]
            with pytest.raises(ProofError):
                merkle.verify_consistency(old, new, changed, old_root, new_root)


@pytest.mark.parametrize("size", range(1, 20))
def test_a_proof_proves_its_own_index_only(size: int) -> None:
    # Another size can fit: a proof holds for every size whose path has the same turns, under the same root.
    root = merkle.root(LEAVES[:size])
    for index in range(size):
        proof = merkle.inclusion_proof(LEAVES[:size], index)
        for other in {*range(size + 2), -1, 2**63, 2**64 - 1} - {index}:
            with pytest.raises(ProofError):
                merkle.verify_inclusion(LEAVES[index], other, size, proof, root)
        for longer in ([*proof, LEAVES[0]], [LEAVES[0], *proof]):
            with pytest.raises(ProofError):
                merkle.verify_inclusion(LEAVES[index], index, size, longer, root)
        if proof:
            for shorter in (proof[1:], proof[:-1]):
                with pytest.raises(ProofError):
                    merkle.verify_inclusion(LEAVES[index], index, size, shorter, root)


@pytest.mark.parametrize("new", range(1, 20))
def test_a_consistency_proof_has_one_length(new: int) -> None:
    new_root = merkle.root(LEAVES[:new])
    for old in range(new + 1):
        old_root = merkle.root(LEAVES[:old])
        proof = merkle.consistency_proof(LEAVES[:new], old)
        wrong = [[*proof, LEAVES[0]], [LEAVES[0], *proof], *([proof[1:], proof[:-1]] if proof else [])]
        for other in wrong:
            with pytest.raises(ProofError):
                merkle.verify_consistency(old, new, other, old_root, new_root)


REFUSED_INCLUSIONS: dict[str, Any] = {
    "a leaf hash of 31 bytes": (b"x" * 31, 0, 1, [], LEAVES[0]),
    "text for a leaf hash": ("x" * 32, 0, 1, [], LEAVES[0]),
    "a root of 33 bytes": (LEAVES[0], 0, 1, [], LEAVES[0] + b"x"),
    "a proof hash of 31 bytes": (LEAVES[0], 0, 2, [b"x" * 31], LEAVES[0]),
    "bytes for a proof": (LEAVES[0], 0, 2, LEAVES[1], LEAVES[0]),
    "nothing for a proof": (LEAVES[0], 0, 1, None, LEAVES[0]),
    "a number for a proof hash": (LEAVES[0], 0, 2, [7], LEAVES[0]),
    "an empty tree": (EMPTY_ROOT, 0, 0, [], EMPTY_ROOT),
    "a size of 2**63": (LEAVES[0], 0, 2**63, [], LEAVES[0]),
    "a size that is no number": (LEAVES[0], 0, "1", [], LEAVES[0]),
    "an index that is no number": (LEAVES[0], False, 1, [], LEAVES[0]),
}


@pytest.mark.parametrize("name", REFUSED_INCLUSIONS)
def test_inclusion_is_refused_of(name: str) -> None:
    with pytest.raises(ProofError):
        merkle.verify_inclusion(*REFUSED_INCLUSIONS[name])


REFUSED_CONSISTENCIES: dict[str, Any] = {
    "a larger old tree": (2, 1, [], merkle.root(LEAVES[:2]), LEAVES[0]),
    "a negative old size": (-1, 1, [], EMPTY_ROOT, LEAVES[0]),
    "a size of 2**63": (1, 2**63, [], LEAVES[0], LEAVES[0]),
    "an empty old tree with another root": (0, 1, [], LEAVES[0], LEAVES[0]),
    "an empty new tree with another root": (0, 0, [], EMPTY_ROOT, LEAVES[0]),
    "a proof from an empty tree": (0, 1, [LEAVES[0]], EMPTY_ROOT, LEAVES[0]),
    "a proof from a tree to itself": (1, 1, [LEAVES[0]], LEAVES[0], LEAVES[0]),
    "two roots of one size": (1, 1, [], LEAVES[0], LEAVES[1]),
    "an old root of 31 bytes": (1, 1, [], b"x" * 31, b"x" * 31),
    "text for a new root": (0, 1, [], EMPTY_ROOT, "x" * 32),
    "bytes for a proof": (1, 2, LEAVES[1], LEAVES[0], merkle.root(LEAVES[:2])),
    "no proof where there is one": (3, 4, [], merkle.root(LEAVES[:3]), merkle.root(LEAVES[:4])),
    "a proof too long by far": (1, 2, [LEAVES[0]] * 70, LEAVES[0], merkle.root(LEAVES[:2])),
}


@pytest.mark.parametrize("name", REFUSED_CONSISTENCIES)
def test_consistency_is_refused_of(name: str) -> None:
    with pytest.raises(ProofError):
        merkle.verify_consistency(*REFUSED_CONSISTENCIES[name])


def test_an_old_root_alone_that_is_wrong_is_refused() -> None:
    # 3 of 5: the proof starts inside the old tree, so that only the comparison at the end sees the old root.
    proof = merkle.consistency_proof(LEAVES[:5], 3)
    with pytest.raises(ProofError, match="old root"):
        merkle.verify_consistency(3, 5, proof, LEAVES[0], merkle.root(LEAVES[:5]))
    with pytest.raises(ProofError, match="new root"):
        merkle.verify_consistency(3, 5, proof, merkle.root(LEAVES[:3]), LEAVES[0])


# --- vectors that others made -------------------------------------------------------------------


def decoded(case: dict, *names: str) -> list[bytes]:
    return [base64.b64decode(case[name]) for name in names]


def agrees(case: dict, verify: Callable[[], None]) -> bool:
    try:
        verify()
    except ProofError:
        return bool(case["wantErr"])
    return not case["wantErr"]


def test_the_public_inclusion_vectors_agree(vectors: Path) -> None:
    cases = json.loads((vectors / "rfc6962-inclusion.json").read_text())
    for case in cases:
        leaf, root = decoded(case, "leafHash", "root")
        proof = [base64.b64decode(item) for item in case["proof"] or []]
        assert agrees(
            case, lambda: merkle.verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)  # noqa: B023
        ), case["case"]  # fmt: skip
    assert len(cases) > 40


def test_the_public_consistency_vectors_agree(vectors: Path) -> None:
    cases = json.loads((vectors / "rfc6962-consistency.json").read_text())
    for case in cases:
        old_root, new_root = decoded(case, "root1", "root2")
        proof = [base64.b64decode(item) for item in case["proof"] or []]
        assert agrees(
            case, lambda: merkle.verify_consistency(case["size1"], case["size2"], proof, old_root, new_root)  # noqa: B023
        ), case["case"]  # fmt: skip
    assert len(cases) > 40
