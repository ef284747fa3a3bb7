"""Entry, header, block and the leaves of a plan's logs: both ways, and strict about every field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.block.anchor import anchor_entry, anchored_note
from mutualchain.block.block import Block, BlockSigner, block_hash, block_key_id, sign_header
from mutualchain.block.entry import CHAIN, Entry, entries_root, entry_hash
from mutualchain.block.header import ZERO_HASH, Header
from mutualchain.block.plan import EventLeaf, PlanLeaf, SheetLeaf
from mutualchain.canonical import decode, encode
from mutualchain.errors import (
    AggregateError,
    BlockError,
    BlockSignatureError,
    CanonicalError,
    EntryError,
    HeaderError,
    LimitError,
    MutualchainError,
    PlanStateError,
    SheetFormatError,
    SignerFailed,
    UnsupportedVersion,
)
from mutualchain.limits import MAX_BLOCK, MAX_ENTRY, MAX_INT, MAX_ROWS
from mutualchain.sheet import Descriptor
from mutualchain.tlog.merkle import leaf_hash, root
from tests.core.values import VALUES

from .examples import BLOCK, NEW, key, sheet

Parse = Callable[[bytes], Any]

NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)
KINDS = st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True)
NATURAL = st.integers(0, MAX_INT)
HASHES = st.binary(min_size=32, max_size=32)
BODIES = st.dictionaries(st.from_regex(r"[a-z0-9_]{1,8}", fullmatch=True), VALUES, max_size=5)
ENTRIES = st.builds(Entry, NAMES | st.just(CHAIN), KINDS, BODIES)
SCHEMAS = st.sampled_from(["enrolment/1", "charge/1", "credit/1", "notice/1"])
SHEETS = st.builds(
    lambda plan, name, number, first, rows: sheet(
        plan, name, number % 256, first if name == "enrolment/1" else 0, rows
    ),
    NAMES,
    SCHEMAS,
    NATURAL,
    st.integers(0, 1000),
    st.integers(1, 1000),
)
HEADERS = st.builds(
    Header,
    HASHES,
    NATURAL,
    HASHES,
    NATURAL,
    st.integers(0, 4096),
    HASHES,
    st.lists(SHEETS, max_size=4).map(tuple),
    st.integers(0, 256),
    HASHES,
)
NUMBERS = st.dictionaries(SCHEMAS, st.integers(1, 2**40)).map(lambda found: tuple(sorted(found.items())))
PLAN_LEAVES = st.builds(
    lambda plan, adopted, slots, numbers, sheets_root, events, events_root: PlanLeaf(
        plan,
        adopted[0],
        adopted[1],
        slots,
        numbers,
        sum(number for _, number in numbers),
        sheets_root,
        events,
        events_root,
    ),
    NAMES | st.just(CHAIN),
    st.just((0, ZERO_HASH)) | st.tuples(st.integers(1, MAX_INT), HASHES.filter(any)),
    st.integers(0, MAX_ROWS),
    NUMBERS,
    HASHES,
    NATURAL,
    HASHES,
)
FORMATS: dict[str, tuple[st.SearchStrategy[Any], Parse]] = {
    "entry": (ENTRIES, Entry.from_bytes),
    "header": (HEADERS, Header.from_bytes),
    "plan leaf": (PLAN_LEAVES, PlanLeaf.from_bytes),
    "sheet leaf": (st.builds(SheetLeaf, NATURAL, NATURAL, SHEETS), SheetLeaf.from_bytes),
    "event leaf": (st.builds(EventLeaf, NATURAL, NATURAL, NATURAL, HASHES), EventLeaf.from_bytes),
    "block": (HEADERS.map(lambda header: sign_header(header, [BLOCK, NEW])), Block.from_bytes),
}
each_format = pytest.mark.parametrize(("values", "parse"), FORMATS.values(), ids=FORMATS)


# --- both ways ----------------------------------------------------------------------------------


@each_format
@given(st.data())
def test_what_is_written_is_read_back(values: st.SearchStrategy[Any], parse: Parse, data: st.DataObject) -> None:
    value = data.draw(values)
    written = value.to_bytes()
    assert parse(written) == value
    assert parse(written).to_bytes() == written


@each_format
@given(st.data())
def test_changed_bytes_parse_to_what_writes_them_or_are_refused(
    values: st.SearchStrategy[Any], parse: Parse, data: st.DataObject
) -> None:
    written = bytearray(data.draw(values).to_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(written)))
        end = data.draw(st.integers(at, min(at + 3, len(written))))
        written[at:end] = data.draw(st.binary(max_size=4))
    try:
        value = parse(bytes(written))
    except MutualchainError as error:
        error.diagnostics()
    else:
        assert value.to_bytes() == written


@each_format
@given(st.data(), VALUES)
def test_a_field_exchanged_for_any_value_parses_to_what_writes_it_or_is_refused(
    values: st.SearchStrategy[Any], parse: Parse, data: st.DataObject, other: object
) -> None:
    items = list(decode(data.draw(values).to_bytes(), max_size=MAX_ENTRY))  # type: ignore[arg-type]
    items[data.draw(st.integers(0, len(items) - 1))] = other  # type: ignore[call-overload]
    written = encode(items)
    try:
        value = parse(written)
    except MutualchainError as error:
        error.diagnostics()
    else:
        assert value.to_bytes() == written


# --- entry --------------------------------------------------------------------------------------

BAD_ENTRIES: dict[str, tuple[object, type[MutualchainError]]] = {
    "no array": ({}, EntryError),
    "empty": ([], UnsupportedVersion),
    "version 2": ([2, "p", "case", {}], UnsupportedVersion),
    "version 2 with other fields": ([2, "p"], UnsupportedVersion),
    "version true": ([True, "p", "case", {}], UnsupportedVersion),
    "three fields": ([1, "p", "case"], EntryError),
    "five fields": ([1, "p", "case", {}, 0], EntryError),
    "a plan that is no name": ([1, "Plan", "case", {}], EntryError),
    "a plan that is bytes": ([1, b"", "case", {}], EntryError),
    "a plan that is false": ([1, False, "case", {}], EntryError),
    "a plan that is zero": ([1, 0, "case", {}], EntryError),
    "an empty kind": ([1, "p", "", {}], EntryError),
    "a kind with a capital": ([1, "p", "Case", {}], EntryError),
    "a kind that begins with a digit": ([1, "p", "1case", {}], EntryError),
    "a kind of 33 characters": ([1, "p", "k" * 33, {}], EntryError),
    "a kind that is bytes": ([1, "p", b"case", {}], EntryError),
    "a body that is an array": ([1, "p", "case", []], EntryError),
    "a body that is text": ([1, "p", "case", ""], EntryError),
}


@pytest.mark.parametrize(("value", "error"), BAD_ENTRIES.values(), ids=BAD_ENTRIES)
def test_a_malformed_entry_is_refused(value: object, error: type[MutualchainError]) -> None:
    with pytest.raises(error):
        Entry.from_bytes(encode(value))


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        (Entry("Plan", "case", {}), EntryError),
        (Entry("p", "Case", {}), EntryError),
        (Entry("p", "case", {"Key": 1}), CanonicalError),
        (Entry("p", "case", {"a": 1.5}), CanonicalError),
        (Entry("p", "case", {"a": bytes(MAX_ENTRY)}), EntryError),
    ],
)
def test_an_entry_that_could_not_be_read_is_not_written(entry: Entry, error: type[MutualchainError]) -> None:
    with pytest.raises(error):
        entry.to_bytes()


def test_an_entry_of_the_largest_size_is_read_and_a_larger_one_is_not() -> None:
    room = MAX_ENTRY - len(Entry("p", "case", {"a": bytes(2**16)}).to_bytes()) + 2**16
    data = Entry("p", "case", {"a": bytes(room)}).to_bytes()
    assert len(data) == MAX_ENTRY
    assert Entry.from_bytes(data).body["a"] == bytes(room)
    with pytest.raises(LimitError):
        Entry.from_bytes(data + b"\x00")


def test_an_unknown_kind_still_parses_hashes_and_proves() -> None:
    data = Entry("p", "of_the_future", {"x": (1, 2)}).to_bytes()
    assert Entry.from_bytes(data).kind == "of_the_future"
    assert entry_hash(data) == leaf_hash(data)
    assert entries_root([entry_hash(data)]) == root([leaf_hash(data)])


# --- header -------------------------------------------------------------------------------------

HEADER = Header(bytes([1]) * 32, 7, bytes([2]) * 32, 1_000, 2, bytes([3]) * 32, (sheet("p", "credit/1"),), 1, bytes(32))


def header_items() -> list[Any]:
    return list(decode(HEADER.to_bytes(), max_size=MAX_BLOCK))  # type: ignore[arg-type]


BAD_HEADER_FIELDS: list[tuple[int, object, type[MutualchainError]]] = [
    (0, 0, UnsupportedVersion),
    (0, 2, UnsupportedVersion),
    (0, True, UnsupportedVersion),
    (0, "1", UnsupportedVersion),
    (1, bytes(31), HeaderError),
    (1, "x" * 32, HeaderError),
    (2, -1, HeaderError),
    (2, True, HeaderError),
    (2, "7", HeaderError),
    (3, bytes(33), HeaderError),
    (4, -1, HeaderError),
    (4, False, HeaderError),
    (5, [2], HeaderError),
    (5, [2, bytes(32), 0], HeaderError),
    (5, [4097, bytes(32)], HeaderError),
    (5, [True, bytes(32)], HeaderError),
    (5, [-1, bytes(32)], HeaderError),
    (5, [2, bytes(31)], HeaderError),
    (5, {}, HeaderError),
    (6, {}, HeaderError),
    (6, b"", HeaderError),
    (6, [[]], SheetFormatError),
    (6, [["credit/2", "p", 0, 0, 1, [1, 0], bytes(32), bytes(32)]], UnsupportedVersion),
    (6, [["credit/1", "p", 0, 0, 1, [2, 0], bytes(32), bytes(32)]], AggregateError),
    (6, [["credit/1", "p", 0, 0, True, [1, 0], bytes(32), bytes(32)]], SheetFormatError),
    (6, [sheet("p", "notice/1").to_value()] * 129, HeaderError),
    (7, [1], HeaderError),
    (7, [4097, bytes(32)], HeaderError),
    (7, [True, bytes(32)], HeaderError),
    (7, [1, "x" * 32], HeaderError),
]


@pytest.mark.parametrize(("index", "value", "error"), BAD_HEADER_FIELDS)
def test_a_header_with_a_malformed_field_is_refused(index: int, value: object, error: type[MutualchainError]) -> None:
    items = header_items()
    items[index] = value
    with pytest.raises(error):
        Header.from_bytes(encode(items))


@pytest.mark.parametrize("data", [b"\x90", encode({}), encode(1)])
def test_what_is_no_header_is_refused(data: bytes) -> None:
    with pytest.raises((HeaderError, UnsupportedVersion)):
        Header.from_bytes(data)


def test_a_header_with_a_field_more_or_less_is_refused() -> None:
    for items in (header_items()[:-1], [*header_items(), 0]):
        with pytest.raises(HeaderError):
            Header.from_bytes(encode(items))


def test_a_header_too_long_for_a_block_is_neither_written_nor_read() -> None:
    long = Header(bytes(32), 0, bytes(32), 0, 0, bytes(32), (HEADER.sheets[0],) * 1_000, 0, bytes(32))
    with pytest.raises(HeaderError, match="too long"):
        long.to_bytes()
    with pytest.raises(LimitError):
        Header.from_bytes(bytes(MAX_BLOCK + 1))


# --- block --------------------------------------------------------------------------------------

SIGNATURE = [bytes(8), bytes(64)]
BAD_BLOCKS: dict[str, tuple[object, type[MutualchainError]]] = {
    "no array": ({}, BlockError),
    "one part": ([HEADER.to_bytes()], BlockError),
    "three parts": ([HEADER.to_bytes(), [SIGNATURE], 0], BlockError),
    "a header that is no bytes": ([header_items(), [SIGNATURE]], BlockError),
    "a header that is none": ([b"\x90", [SIGNATURE]], UnsupportedVersion),
    "a header that is not canonical": ([b"\xc0", [SIGNATURE]], CanonicalError),
    "signatures that are a map": ([HEADER.to_bytes(), {}], BlockError),
    "no signature": ([HEADER.to_bytes(), []], BlockError),
    "five signatures": ([HEADER.to_bytes(), [[bytes([n]) * 8, bytes(64)] for n in range(5)]], BlockError),
    "one key twice": ([HEADER.to_bytes(), [SIGNATURE, SIGNATURE]], BlockError),
    "a signature without key": ([HEADER.to_bytes(), [[bytes(64)]]], BlockError),
    "a signature that is bytes": ([HEADER.to_bytes(), [bytes(72)]], BlockError),
    "a key id of 7 bytes": ([HEADER.to_bytes(), [[bytes(7), bytes(64)]]], BlockError),
    "a signature of 63 bytes": ([HEADER.to_bytes(), [[bytes(8), bytes(63)]]], BlockError),
    "a key id that is a number": ([HEADER.to_bytes(), [[8, bytes(64)]]], BlockError),
}


@pytest.mark.parametrize(("value", "error"), BAD_BLOCKS.values(), ids=BAD_BLOCKS)
def test_a_malformed_block_is_refused(value: object, error: type[MutualchainError]) -> None:
    with pytest.raises(error):
        Block.from_bytes(encode(value))


def test_a_block_longer_than_its_bound_is_neither_written_nor_read() -> None:
    with pytest.raises(BlockError, match="longer"):
        Block(bytes(MAX_BLOCK), HEADER, ((bytes(8), bytes(64)),)).to_bytes()
    with pytest.raises(LimitError):
        Block.from_bytes(bytes(MAX_BLOCK + 1))


@pytest.mark.parametrize(
    "signatures", [(), ((bytes(8), bytes(64)),) * 2, tuple((bytes([n] * 8), bytes(64)) for n in range(5))]
)
def test_a_block_that_could_not_be_read_is_not_written(signatures: tuple[tuple[bytes, bytes], ...]) -> None:
    with pytest.raises(BlockError):
        Block(HEADER.to_bytes(), HEADER, signatures).to_bytes()


def test_a_block_verifies_under_the_keys_that_signed_it_and_no_other() -> None:
    block = Block.from_bytes(sign_header(HEADER, [BLOCK, NEW]).to_bytes())
    block.verify(BLOCK.public_key)
    block.verify(NEW.public_key)
    with pytest.raises(BlockSignatureError, match="not signed by the key"):
        block.verify(key(9).public_key)


def test_a_block_whose_header_or_signature_was_changed_does_not_verify() -> None:
    block = sign_header(HEADER, [BLOCK])
    (key_id, signature) = block.signatures[0]
    other = Header.from_bytes(encode([*header_items()[:2], 8, *header_items()[3:]]))
    for changed in (
        Block(other.to_bytes(), other, block.signatures),
        Block(block.header_bytes, HEADER, ((key_id, bytes([signature[0] ^ 1]) + signature[1:]),)),
        Block(block.header_bytes, HEADER, ((key_id, sign_header(HEADER, [NEW]).signatures[0][1]),)),
    ):
        with pytest.raises(BlockSignatureError, match="does not verify"):
            changed.verify(BLOCK.public_key)


def test_a_signature_on_the_bare_header_is_none() -> None:
    bare = Block(HEADER.to_bytes(), HEADER, ((block_key_id(BLOCK.public_key), BLOCK.sign(HEADER.to_bytes())),))
    with pytest.raises(BlockSignatureError):
        bare.verify(BLOCK.public_key)


def test_a_block_s_hash_is_its_leaf_hash() -> None:
    data = sign_header(HEADER, [BLOCK]).to_bytes()
    assert block_hash(data) == leaf_hash(data)


def failing(message: bytes) -> bytes:
    raise OSError("the HSM is away")


@pytest.mark.parametrize(
    ("sign", "text"),
    [
        (failing, "the HSM is away"),
        (lambda message: bytes(64), "does not verify"),
        (lambda message: b"", "does not verify"),
        (lambda message: None, "failed"),
        (NEW.sign, "does not verify"),
    ],
)
def test_a_signer_that_fails_or_lies_is_reported(sign: Callable[[bytes], bytes], text: str) -> None:
    with pytest.raises(SignerFailed, match=text):
        sign_header(HEADER, [BlockSigner(BLOCK.public_key, sign)])


# --- leaves -------------------------------------------------------------------------------------

LEAF = PlanLeaf("p", 1, bytes([1]) * 32, 5, (("charge/1", 2), ("credit/1", 1)), 3, bytes(32), 4, bytes(32))


def leaf_items() -> list[Any]:
    return list(decode(LEAF.to_bytes(), max_size=MAX_BLOCK))  # type: ignore[arg-type]


BAD_LEAF_FIELDS: list[tuple[int, object]] = [
    (0, "P"),
    (0, b""),
    (0, False),
    (0, 0),
    (1, True),
    (1, -1),
    (1, 0),
    (2, bytes(31)),
    (2, ZERO_HASH),
    (3, -1),
    (3, MAX_ROWS + 1),
    (3, True),
    (4, {}),
    (4, [["charge/1", 2], ["credit/1"]]),
    (4, [["charge/1", 3], ["credit/1", 0]]),
    (4, [["charge/1", True], ["credit/1", 2]]),
    (4, [["credit/1", 1], ["charge/1", 2]]),
    (4, [["charge/1", 1], ["charge/1", 2]]),
    (4, [["charge/1", 2]]),
    (4, [["", 2], ["credit/1", 1]]),
    (4, [["x" * 65, 3]]),
    (4, [[1, 3]]),
    (5, 2),
    (5, True),
    (5, -3),
    (6, bytes(33)),
    (7, -1),
    (7, False),
    (8, "x" * 32),
]


@pytest.mark.parametrize(("index", "value"), BAD_LEAF_FIELDS)
def test_a_plan_leaf_with_a_malformed_field_is_refused(index: int, value: object) -> None:
    items = leaf_items()
    items[index] = value
    with pytest.raises(PlanStateError):
        PlanLeaf.from_bytes(encode(items))


def test_a_plan_without_a_covenant_has_version_zero_and_no_hash() -> None:
    none = PlanLeaf(CHAIN, 0, ZERO_HASH, 0, (), 0, bytes(32), 1, bytes(32))
    assert PlanLeaf.from_bytes(none.to_bytes()) == none
    with pytest.raises(PlanStateError, match="disagree"):
        PlanLeaf.from_bytes(PlanLeaf(CHAIN, 0, bytes([1]) * 32, 0, (), 0, bytes(32), 1, bytes(32)).to_bytes())


def test_a_plan_leaf_says_which_number_comes_next() -> None:
    assert [LEAF.next_number(schema) for schema in ("charge/1", "credit/1", "exit/1")] == [2, 1, 0]


@pytest.mark.parametrize("value", [[], [1, 2], [1, 2, 3, 4], {}, [-1, 0, 0], [True, 0, 0], [0, -1, 0]])
def test_a_malformed_leaf_of_the_sheets_log_is_refused(value: object) -> None:
    if isinstance(value, list) and len(value) == 3:
        value[2] = sheet("p", "credit/1").to_value()
    with pytest.raises(PlanStateError):
        SheetLeaf.from_bytes(encode(value))


def test_a_leaf_of_the_sheets_log_holds_a_descriptor() -> None:
    with pytest.raises(SheetFormatError):
        SheetLeaf.from_bytes(encode([0, 0, 0]))
    assert isinstance(SheetLeaf.from_bytes(encode([0, 0, sheet("p", "exit/1").to_value()])).descriptor, Descriptor)


@pytest.mark.parametrize(
    "value",
    [
        {},
        [0, 0, 0],
        [0, 0, 0, bytes(32), 0],
        [True, 0, 0, bytes(32)],
        [0, -1, 0, bytes(32)],
        [0, 0, "0", bytes(32)],
        [0, 0, 0, bytes(31)],
    ],
)
def test_a_malformed_leaf_of_the_events_log_is_refused(value: object) -> None:
    with pytest.raises(PlanStateError):
        EventLeaf.from_bytes(encode(value))


# --- anchor -------------------------------------------------------------------------------------


@given(st.binary(max_size=400))
def test_an_anchor_keeps_the_note_byte_for_byte(note: bytes) -> None:
    assert anchored_note(Entry.from_bytes(anchor_entry(note).to_bytes())) == note


@pytest.mark.parametrize(
    "entry",
    [
        Entry("p", "anchor", {"checkpoint": b""}),
        Entry(CHAIN, "genesis", {"checkpoint": b""}),
        Entry(CHAIN, "anchor", {}),
        Entry(CHAIN, "anchor", {"checkpoint": b"", "more": 1}),
        Entry(CHAIN, "anchor", {"checkpoint": "text"}),
        Entry(CHAIN, "anchor", {"checkpoint": bytes((1 << 20) + 1)}),
    ],
)
def test_what_is_no_anchor_is_refused(entry: Entry) -> None:
    with pytest.raises(EntryError):
        anchored_note(entry)
