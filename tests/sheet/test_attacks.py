"""Trees that an operator might build to cheat. He chooses root and totals freely: only the shape can stop him.

Each attack is carried out in full, with hashes computed as its author would; a control shows that the same
machinery, used honestly, is accepted.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from mutualchain.errors import AggregateError, RowError, SheetFormatError, SheetProofError
from mutualchain.sheet import Descriptor, PageProof, build_sheet, schema, verify_page
from mutualchain.sheet.tree import leaf_hash, node_hash, pack_record, path_steps, root_hash, unpack_record

from .reference import Node
from .tables import CHAIN, columns_of, context_of, reference_of, secret_of, sheet_of


def climb(descriptor: Descriptor, proof: PageProof, totals: tuple[int, ...], *, level_shift: int = 0) -> bytes:
    """The topmost record over the page and its siblings, with totals wrapped like unchecked 64-bit sums."""
    context = descriptor.context(CHAIN)
    record = pack_record(totals, leaf_hash(context, proof.index, proof.rows, proof.page, proof.salt))
    for (height, number), (theirs, digest) in zip(path_steps(proof.index, descriptor.pages), proof.path, strict=False):
        other = pack_record(theirs, digest)
        left, right = (record, other) if number & 1 else (other, record)
        mine, _ = unpack_record(record)
        joined = tuple((one + more) % 2**64 for one, more in zip(mine, theirs, strict=True))
        record = pack_record(joined, node_hash(height + 1 + level_shift, left, right))
    return record


def signed(descriptor: Descriptor, record: bytes) -> Descriptor:
    """A descriptor over the same rows with ``record`` as the top, as if the operator had signed it."""
    totals, _ = unpack_record(record)
    return replace(descriptor, aggregates=totals, root=root_hash(descriptor.context(CHAIN), descriptor.rows, record))


def honest(name: str, pages: int, index: int) -> tuple[Descriptor, PageProof, Node]:
    """A descriptor, the proof of one page, and the page's leaf."""
    rows = pages * schema(name).page_rows
    built, reference = sheet_of(name, rows)
    proof = PageProof(
        index, len(reference.cut[index]), reference.pages[index], reference.salts[index], tuple(reference.path(index))
    )
    return built.descriptor, proof, reference.leaf(index)


def forged(name: str, pages: int, index: int, *siblings: tuple[int, ...]) -> tuple[Descriptor, PageProof]:
    """A tree whose siblings of page ``index`` claim these totals, and hold whatever hashes to 32 bytes."""
    descriptor, proof, (totals, _) = honest(name, pages, index)
    proof = replace(proof, path=tuple((theirs, hashlib.sha256(b"x").digest()) for theirs in siblings))
    return signed(descriptor, climb(descriptor, proof, totals)), proof


def test_the_machinery_of_these_tests_accepts_what_is_possible() -> None:
    for name, pages, index, siblings in (
        ("charge/1", 2, 0, [(256, 256 * (2**32 - 1))]),
        ("charge/1", 2, 0, [(0, 0)]),
        ("enrolment/1", 3, 1, [(16, 0), (16, 16 * (2**32 - 1))]),
        ("credit/1", 4, 2, [(1, 5), (2, 2**62)]),
    ):
        verify_page(*with_chain(forged(name, pages, index, *siblings)))


def with_chain(attack: tuple[Descriptor, PageProof]) -> tuple[Descriptor, bytes, PageProof]:
    return attack[0], CHAIN, attack[1]


@pytest.mark.parametrize(
    ("name", "pages", "index", "siblings"),
    [
        pytest.param("charge/1", 2, 0, [(257, 0)], id="more sharing than rows beside"),
        pytest.param("charge/1", 3, 0, [(0, 0), (257, 0)], id="more sharing than rows above"),
        pytest.param("charge/1", 2, 1, [(0, 1)], id="paid by nobody"),
        pytest.param("charge/1", 2, 0, [(1, 2**32)], id="paid more than one row can"),
        pytest.param("enrolment/1", 3, 1, [(15, 0), (17, 0)], id="rows moved between subtrees"),
        pytest.param("enrolment/1", 3, 1, [(16, 2**36), (16, 0)], id="a deposit above what rows can hold"),
        pytest.param("credit/1", 3, 0, [(0, 0), (2, 0)], id="a subtree without its row"),
        pytest.param("credit/1", 4, 0, [(1, 2**63 - 1), (2, 2**63 - 1)], id="a sum that wraps to a small one"),
        pytest.param("credit/1", 2, 0, [(1, 2**64 - 2**20)], id="a negative amount in two's complement"),
        pytest.param("ballot/1", 2, 0, [(1, 2)], id="two votes of one ballot"),
    ],
)
def test_a_sibling_with_totals_that_no_rows_have_is_refused(name: str, pages: int, index: int, siblings) -> None:
    with pytest.raises(AggregateError):
        verify_page(*with_chain(forged(name, pages, index, *siblings)))


def test_a_negative_total_is_refused_although_it_has_no_encoding() -> None:
    descriptor, proof, _ = honest("credit/1", 2, 0)
    with pytest.raises(AggregateError):
        verify_page(descriptor, CHAIN, replace(proof, path=(((1, -5), proof.path[0][1]),)))


def test_a_sum_that_overflows_on_the_path_is_refused() -> None:
    descriptor, proof, _ = honest("credit/1", 2, 0)
    with pytest.raises(AggregateError, match="on the path"):
        verify_page(descriptor, CHAIN, replace(proof, path=(((1, 2**63 - 1), proof.path[0][1]),)))


def test_a_page_cannot_claim_other_totals_than_its_rows_have() -> None:
    descriptor, proof, ((sharing, paid), _) = honest("charge/1", 2, 0)
    for claimed in ((sharing - 1, paid), (sharing, paid + 1)):
        attack = signed(descriptor, climb(descriptor, proof, claimed))
        with pytest.raises(SheetProofError):
            verify_page(attack, CHAIN, proof)


@pytest.mark.parametrize(("status", "amount"), [(7, 0), (255, 0), (3, 1), (6, 2**32 - 1)])
def test_rows_that_the_schema_does_not_allow_are_refused_in_a_consistent_tree(status: int, amount: int) -> None:
    descriptor, proof, (totals, _) = honest("charge/1", 2, 0)
    page = amount.to_bytes(4, "little") + proof.page[4:1024] + bytes([status]) + proof.page[1025:]
    proof = replace(proof, page=page)
    with pytest.raises(RowError):
        verify_page(signed(descriptor, climb(descriptor, proof, totals)), CHAIN, proof)


class TestTheSumOnlyTree:
    """Where a node hashes only the *sum* of its children, each of two owners can be shown his own split.

    The operator owes 100 and 70 and publishes a total of 100: to the first he says that the other has 0, to the
    second that the other has 30. Both add up to 100, and the hash is the same.
    """

    AMOUNTS = (100, 70)

    def leaves(self):
        columns = columns_of(schema("credit/1"), 2)
        columns["amount"][:] = self.AMOUNTS
        return columns, reference_of("credit/1", columns)

    def test_the_broken_form_accepts_both_splits(self) -> None:
        _, reference = self.leaves()
        hashes = [reference.leaf(index)[1] for index in (0, 1)]

        def broken(total: int) -> bytes:
            return hashlib.sha256(total.to_bytes(8, "little") + hashes[0] + hashes[1]).digest()

        published = broken(100)
        for own, claimed in ((100, 0), (70, 30)):
            assert broken(own + claimed) == published

    @pytest.mark.parametrize("split", [(100, 0), (30, 70)])
    def test_here_one_of_the_two_always_finds_out(self, split: tuple[int, int]) -> None:
        columns, reference = self.leaves()
        built = build_sheet(context_of("credit/1"), columns, secret_of("credit/1"))
        records = [pack_record((1, split[index]), reference.leaf(index)[1]) for index in (0, 1)]
        top = pack_record((2, 100), node_hash(1, *records))
        descriptor = signed(built.descriptor, top)
        accepted = []
        for index, own in enumerate(self.AMOUNTS):
            other = reference.leaf(1 - index)[1]
            outcomes = []
            for claimed in (0, 30, 100 - own, split[1 - index], self.AMOUNTS[1 - index]):
                path = (((1, claimed), other),)
                proof = PageProof(index, 1, reference.pages[index], reference.salts[index], path)
                try:
                    verify_page(descriptor, CHAIN, proof)
                except SheetProofError:
                    outcomes.append(False)
                else:
                    outcomes.append(True)
            accepted.append(any(outcomes))
        assert accepted.count(True) == 1


def test_a_repeated_last_leaf_is_another_sheet() -> None:
    columns = columns_of(schema("credit/1"), 3)
    repeated = {name: values[[0, 1, 2, 2]] for name, values in columns.items()}
    three, four = reference_of("credit/1", columns), reference_of("credit/1", repeated)
    assert three.pages[2] == four.pages[3]
    assert three.leaf(2) != four.leaf(3)

    # pairing the odd last leaf with itself, as some trees do
    built = build_sheet(context_of("credit/1"), columns, secret_of("credit/1"))
    proof = PageProof(2, 1, three.pages[2], three.salts[2], (three.leaf(2), three.node(0, 2)))
    with pytest.raises(SheetFormatError):
        verify_page(built.descriptor, CHAIN, proof)
    for rows, index in ((4, 2), (4, 3)):
        claimed = replace(built.descriptor, rows=rows, aggregates=(rows, three.totals[1] + three.leaf(2)[0][1]))
        with pytest.raises(SheetProofError):
            verify_page(claimed, CHAIN, replace(proof, index=index))


def test_a_subtree_counted_twice_leaves_the_other_without_a_proof() -> None:
    descriptor, proof, leaf = honest("enrolment/1", 2, 0)
    twice = signed(descriptor, climb(descriptor, replace(proof, path=(leaf,)), leaf[0]))
    verify_page(twice, CHAIN, replace(proof, path=(leaf,)))  # page 0 cannot see what stands beside it
    _, other, other_leaf = honest("enrolment/1", 2, 1)
    for index, page in ((1, other.page), (1, proof.page)):
        for sibling in (leaf, other_leaf):
            with pytest.raises(SheetProofError):
                verify_page(twice, CHAIN, replace(other, index=index, page=page, path=(sibling,)))


@pytest.mark.parametrize("shift", [-1, 1])
def test_a_node_hashed_at_another_level_is_refused(shift: int) -> None:
    descriptor, proof, (totals, _) = honest("credit/1", 5, 1)
    assert signed(descriptor, climb(descriptor, proof, totals)) == descriptor
    with pytest.raises(SheetProofError):
        verify_page(signed(descriptor, climb(descriptor, proof, totals, level_shift=shift)), CHAIN, proof)


def test_a_node_is_never_taken_for_a_page() -> None:
    """A tree of two pages shown as one page whose "columns" are the node's own preimage."""
    _, reference = sheet_of("notice/1", 2)
    built, _ = sheet_of("notice/1", 1)
    top = reference.node(0, 2)
    (left, one), (right, two) = reference.node(0, 1), reference.node(1, 2)
    preimage = bytes([0x11, 1, 1]) + pack_record(left, one) + pack_record(right, two)
    assert hashlib.sha256(preimage).digest() == top[1]
    claimed = signed(built.descriptor, pack_record((1,), top[1]))
    for page in (preimage, preimage[1:], preimage[43:], preimage[43:83], preimage[-40:]):
        with pytest.raises((SheetFormatError, SheetProofError)):
            verify_page(claimed, CHAIN, PageProof(0, 1, page, preimage[11:43], ()))


@pytest.mark.parametrize("rows", [3, 4, 6, 8, 9])
def test_a_tree_padded_or_cut_to_another_row_count_is_refused(rows: int) -> None:
    descriptor, proof, _ = honest("notice/1", 5, 4)
    padded = replace(descriptor, rows=rows, aggregates=(rows,))
    with pytest.raises((SheetFormatError, SheetProofError)):
        verify_page(padded, CHAIN, proof)
    # the same top under a root that names the other count
    top = pack_record((rows,), climb(descriptor, proof, (1,))[-32:])
    with pytest.raises((SheetFormatError, SheetProofError)):
        verify_page(signed(padded, top), CHAIN, proof)
