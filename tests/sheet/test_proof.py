"""One page and its path: what proves it, and that nothing else does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain import canonical
from mutualchain.errors import AggregateError, MutualchainError, RowError, SheetFormatError, SheetProofError, UsageError
from mutualchain.limits import MAX_PAGE, MAX_ROWS
from mutualchain.sheet import BuiltSheet, Descriptor, PageProof, TreeReader, prove_page, schema, verify_page

from .reference import Sheet
from .tables import CHAIN, NAMES, reading, rows_of, sheet_of

REFUSALS = (SheetFormatError, SheetProofError, AggregateError, RowError)


def proof_of(built: BuiltSheet, reference: Sheet, index: int) -> PageProof:
    reader = TreeReader(built.descriptor, CHAIN, reading(built))
    return prove_page(reader, index, reference.pages[index], reference.salts[index])


def flipped(data: bytes, bit: int) -> bytes:
    at = bit // 8
    return data[:at] + bytes([data[at] ^ (1 << bit % 8)]) + data[at + 1 :]


def assert_refused(descriptor: Descriptor, proof: PageProof, chain: bytes = CHAIN) -> None:
    with pytest.raises(REFUSALS):
        verify_page(descriptor, chain, proof)


@given(name=st.sampled_from(NAMES), pages=st.integers(1, 9), short=st.integers(0, 255), seed=st.integers(0, 99))
def test_every_page_is_proved_to_its_rows(name: str, pages: int, short: int, seed: int) -> None:
    size = schema(name).page_rows
    built, reference = sheet_of(name, pages * size - short % size, seed)
    for index in range(pages):
        proof = proof_of(built, reference, index)
        assert list(proof.path) == reference.path(index)
        again = PageProof.from_value(canonical.decode(canonical.encode(proof.to_value()), max_size=1 << 16))
        assert again == proof
        verified = verify_page(built.descriptor, CHAIN, again)
        assert (verified.index, verified.first_row, verified.rows) == (index, index * size, len(reference.cut[index]))
        assert rows_of(schema(name), verified.columns) == reference.cut[index]
        assert verified.row(verified.first_row) == reference.cut[index][0]


def test_a_row_is_asked_for_by_its_number_in_the_sheet() -> None:
    built, reference = sheet_of("charge/1", 300)
    verified = verify_page(built.descriptor, CHAIN, proof_of(built, reference, 1))
    assert verified.row(299) == reference.rows[299]
    for number in (255, 300, -1, 0):
        with pytest.raises(UsageError):
            verified.row(number)


@pytest.mark.parametrize("name", NAMES)
def test_every_changed_bit_of_a_page_is_noticed(name: str) -> None:
    built, reference = sheet_of(name, 3 * schema(name).page_rows)
    proof = proof_of(built, reference, 1)
    for bit in range(8 * len(proof.page)):
        assert_refused(built.descriptor, replace(proof, page=flipped(proof.page, bit)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("index", [0, 2, 4])
def test_every_changed_bit_of_a_path_or_a_salt_is_noticed(name: str, index: int) -> None:
    built, reference = sheet_of(name, 5 * schema(name).page_rows)
    proof = proof_of(built, reference, index)
    for step, (totals, digest) in enumerate(proof.path):
        changed = [(totals, flipped(digest, bit)) for bit in range(256)]
        for at, total in enumerate(totals):
            changed += [((*totals[:at], total ^ (1 << bit), *totals[at + 1 :]), digest) for bit in range(64)]
        for sibling in changed:
            assert_refused(
                built.descriptor, replace(proof, path=(*proof.path[:step], sibling, *proof.path[step + 1 :]))
            )
    for bit in range(8 * len(proof.salt)):
        assert_refused(built.descriptor, replace(proof, salt=flipped(proof.salt, bit)))


@pytest.mark.parametrize("name", ["charge/1", "credit/1", "enrolment/1"])
def test_every_changed_bit_of_a_descriptor_is_noticed(name: str) -> None:
    built, reference = sheet_of(name, 3 * schema(name).page_rows)
    proof = proof_of(built, reference, 1)
    value = canonical.encode(built.descriptor.to_value())
    refused = 0
    for bit in range(8 * len(value)):
        try:
            descriptor = Descriptor.from_value(canonical.decode(flipped(value, bit), max_size=1000))
        except MutualchainError:
            refused += 1
        else:
            assert_refused(descriptor, proof)
    assert 0 < refused < 8 * len(value)


def test_a_page_proves_nothing_on_another_chain_or_as_another_page() -> None:
    built, reference = sheet_of("charge/1", 1024)
    proof = proof_of(built, reference, 1)
    assert_refused(built.descriptor, proof, bytes(32))
    for index in (0, 2, 3, 4, -1):
        assert_refused(built.descriptor, replace(proof, index=index))
    for change in ({"plan": "plan-2"}, {"number": 8}, {"first": 1}, {"params_hash": bytes(32)}):
        assert_refused(replace(built.descriptor, **change), proof)


@pytest.mark.parametrize("name", ["charge/1", "credit/1"])
def test_parts_of_another_length_are_refused(name: str) -> None:
    built, reference = sheet_of(name, 5 * schema(name).page_rows)
    proof = proof_of(built, reference, 2)
    totals, digest = proof.path[0]
    for change in (
        {"page": proof.page[:-1]},
        {"page": proof.page + b"\0"},
        {"page": b""},
        {"salt": proof.salt[:-1] if proof.salt else bytes(32)},
        {"salt": b"" if proof.salt else b"\0"},
        {"rows": proof.rows + 1},
        {"rows": proof.rows - 1},
        {"path": proof.path[:-1]},
        {"path": proof.path[1:]},
        {"path": (*proof.path, proof.path[0])},
        {"path": ()},
        {"path": tuple(reversed(proof.path))},
        {"path": ((totals[:-1], digest), *proof.path[1:])},
        {"path": (((*totals, 0), digest), *proof.path[1:])},
        {"path": ((totals, digest[:-1]), *proof.path[1:])},
        {"path": ((totals, digest + b"\0"), *proof.path[1:])},
    ):
        assert_refused(built.descriptor, replace(proof, **change))


def test_there_is_no_proof_of_a_page_that_is_not_there() -> None:
    built, _ = sheet_of("charge/1", 257)
    for index in (-1, 2):
        with pytest.raises(UsageError):
            prove_page(TreeReader(built.descriptor, CHAIN, reading(built)), index, b"")


SIBLING = ((1, 2), b"h" * 32)


@pytest.mark.parametrize(
    "value",
    [
        5,
        (0, 1, b"", b""),
        (0, 1, b"", b"", (), 1),
        [0, 1, b"", b"", ()],
        (-1, 1, b"", b"", ()),
        (MAX_ROWS, 1, b"", b"", ()),
        (True, 1, b"", b"", ()),
        (0, 0, b"", b"", ()),
        (0, 65_536, b"", b"", ()),
        (0, 1, "text", b"", ()),
        (0, 1, bytes(MAX_PAGE + 1), b"", ()),
        (0, 1, b"", "", ()),
        (0, 1, b"", b"x", ()),
        (0, 1, b"", b"", b""),
        (0, 1, b"", b"", (SIBLING,) * 33),
        (0, 1, b"", b"", (5,)),
        (0, 1, b"", b"", (SIBLING[:1],)),
        (0, 1, b"", b"", ((5, b"h" * 32),)),
        (0, 1, b"", b"", (((0,) * 9, b"h" * 32),)),
        (0, 1, b"", b"", (((-1,), b"h" * 32),)),
        (0, 1, b"", b"", (((2**63,), b"h" * 32),)),
        (0, 1, b"", b"", (((False,), b"h" * 32),)),
        (0, 1, b"", b"", (((1,), b"h" * 31),)),
        (0, 1, b"", b"", (((1,), "h" * 32),)),
    ],
    ids=range(24),
)
def test_a_proof_of_another_form_is_refused_before_anything_is_computed(value: canonical.Value) -> None:
    with pytest.raises(SheetFormatError):
        PageProof.from_value(value)


def test_a_proof_at_every_limit_is_read() -> None:
    value = (MAX_ROWS - 1, 65_535, bytes(MAX_PAGE), bytes(32), (((0,) * 8, bytes(32)),) * 32)
    assert tuple(PageProof.from_value(value).to_value()[:4]) == value[:4]


@given(
    name=st.sampled_from(["charge/1", "credit/1"]),
    edits=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255), st.integers(0, 2)), min_size=1, max_size=4),
)
def test_edited_bytes_of_a_proof_raise_only_the_projects_errors(name: str, edits: list[tuple[int, int, int]]) -> None:
    built, reference = sheet_of(name, 3)
    data = intact = canonical.encode(proof_of(built, reference, 0).to_value())
    for at, byte, kind in edits:
        at %= len(data)
        data = data[:at] + bytes([byte])[: kind != 0] + data[at + (kind != 2) :]  # remove, replace or insert a byte
    if data == intact:
        return
    try:
        edited = PageProof.from_value(canonical.decode(data, max_size=1 << 16))
        verified = verify_page(built.descriptor, CHAIN, edited)
    except MutualchainError:
        return
    raise AssertionError(f"page {verified.index} was accepted although its proof was edited")
