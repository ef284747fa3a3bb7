"""Sheets built by the fast code are those of the reference, however the rows arrive."""

from __future__ import annotations

import tracemalloc

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import AggregateError, RowError, SheetFormatError, UsageError
from mutualchain.limits import MAX_ROWS
from mutualchain.sheet import Columns, Salter, SheetBuilder, build_sheet, schema

from .reference import Sheet
from .tables import NAMES, SEALED, SECRET, columns_of, context_of, secret_of, sheet_of


def stream(name: str, columns: Columns, cuts: list[int]):
    """Everything a builder emits when rows arrive in pieces that end at ``cuts``, in order of emission."""
    emitted: list[tuple[object, ...]] = []
    builder = SheetBuilder(
        context_of(name),
        on_bundle=lambda index, data: emitted.append(("bundle", index, data)),
        on_tile=lambda level, index, data: emitted.append(("tile", level, index, data)),
        secret=secret_of(name),
    )
    rows = len(columns[schema(name).columns[0].name])
    for start, end in zip([0, *cuts], [*cuts, rows], strict=True):
        builder.append({column: values[start:end] for column, values in columns.items()})
    return builder.finish(), emitted


def assert_equal(built, reference: Sheet) -> None:
    assert list(built.bundles) == reference.bundles()
    assert {(level, index): data for level, index, data in built.tiles} == reference.tiles()
    descriptor = built.descriptor
    assert (descriptor.aggregates, descriptor.root) == (reference.totals, reference.root)
    assert (descriptor.rows, descriptor.params_hash) == (len(reference.rows), reference.params_hash)


@given(name=st.sampled_from(NAMES), rows=st.integers(1, 70), seed=st.integers(0, 1000))
def test_a_small_sheet_is_the_references(name: str, rows: int, seed: int) -> None:
    assert_equal(*sheet_of(name, rows, seed))


@pytest.mark.parametrize("pages", [1, 2, 3, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025, 1300])
def test_sealed_sheets_at_the_edges_of_tiles_and_batches_are_the_references(pages: int) -> None:
    assert_equal(*sheet_of("notice/1", pages))


@pytest.mark.parametrize("rows", [15, 16, 17, 31, 32, 33, 4095, 4096, 4097, 4112, 4113, 16384, 16385])
def test_enrolments_at_the_edges_of_pages_and_bundles_are_the_references(rows: int) -> None:
    assert_equal(*sheet_of("enrolment/1", rows))


@pytest.mark.parametrize("rows", [1, 255, 256, 257, 65_535, 65_536, 65_537])
def test_charges_at_the_edges_of_pages_and_bundles_are_the_references(rows: int) -> None:
    assert_equal(*sheet_of("charge/1", rows))


def test_a_tree_of_three_tile_levels_is_the_references() -> None:
    built, reference = sheet_of("ballot/1", 65_536 + 256 + 3)
    assert_equal(built, reference)
    assert {level for level, _, _ in built.tiles} == {0, 8, 16}


@given(
    name=st.sampled_from(["enrolment/1", "notice/1"]),
    rows=st.integers(1, 3000),
    data=st.data(),
)
def test_rows_in_any_pieces_give_the_same_sheet(name: str, rows: int, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, rows), max_size=6)))
    columns = columns_of(schema(name), rows)
    assert stream(name, columns, cuts) == stream(name, columns, [])


def test_charges_in_pieces_around_a_batch_give_the_same_sheet() -> None:
    rows = 2 * 262_144 + 700
    columns = columns_of(schema("charge/1"), rows)
    whole = stream("charge/1", columns, [])
    assert stream("charge/1", columns, [262_143]) == whole
    assert stream("charge/1", columns, [262_144]) == whole
    assert stream("charge/1", columns, list(range(100_000, rows, 100_000))) == whole


def test_rows_may_lie_scattered_in_memory() -> None:
    columns = columns_of(schema("enrolment/1"), 100)
    every_other = {name: values[::2] for name, values in columns.items()}
    packed = {name: values.copy() for name, values in every_other.items()}
    assert build_sheet(context_of("enrolment/1"), every_other) == build_sheet(context_of("enrolment/1"), packed)


def test_what_is_finished_is_emitted_at_once_and_in_order() -> None:
    _, emitted = stream("notice/1", columns_of(schema("notice/1"), 2100), [])
    bundles = [event[1] for event in emitted if event[0] == "bundle"]
    assert bundles == list(range(9))
    assert emitted.index(next(event for event in emitted if event[0] == "tile")) < 6
    for level, count in ((0, 9), (8, 1)):
        assert [event[2] for event in emitted if event[:2] == ("tile", level)] == list(range(count))


def test_memory_does_not_grow_with_the_sheet() -> None:
    piece = columns_of(schema("charge/1"), 50_000)

    def peak(pieces: int) -> int:
        builder = SheetBuilder(context_of("charge/1"), on_bundle=lambda i, d: None, on_tile=lambda k, i, d: None)
        tracemalloc.start()
        try:
            for _ in range(pieces):
                builder.append(piece)
            builder.finish()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(80) < 1.1 * peak(16)


def test_salts_are_hkdf_of_the_sheets_secret() -> None:
    _, reference = sheet_of("exit/1", 300)
    salter = Salter(context_of("exit/1"), SECRET)
    assert salter.salts(0, 300) == b"".join(reference.salts)
    assert salter.salt(299) == reference.salts[299]


@pytest.mark.parametrize("index", [0, 1, 256, 2**32 - 2])
def test_salts_are_those_of_another_hkdf(index: int) -> None:
    context = context_of("exit/1")
    info = b"mutualchain/salt/v1\n" + context.hash + index.to_bytes(8, "little")
    other = HKDF(algorithm=SHA256(), length=32, salt=None, info=info)
    assert Salter(context, SECRET).salt(index) == other.derive(SECRET)


@pytest.mark.parametrize("name", SEALED)
def test_another_secret_is_another_root(name: str) -> None:
    columns = columns_of(schema(name), 3)
    one = build_sheet(context_of(name), columns, SECRET).descriptor
    other = build_sheet(context_of(name), columns, bytes(32)).descriptor
    assert one.root != other.root
    assert one.aggregates == other.aggregates


def test_a_secret_is_asked_for_exactly_where_rows_are_sealed() -> None:
    for name, secret in (("credit/1", None), ("charge/1", SECRET), ("credit/1", b"short")):
        with pytest.raises(UsageError):
            build_sheet(context_of(name), columns_of(schema(name), 1), secret)


def test_a_sheet_without_rows_is_refused() -> None:
    with pytest.raises(UsageError):
        build_sheet(context_of("charge/1"), columns_of(schema("charge/1"), 0))


def test_a_sheet_never_has_more_slots_than_32_bits_name() -> None:
    columns = columns_of(schema("charge/1"), 10)
    build_sheet(context_of("charge/1", first=MAX_ROWS - 10), columns)
    with pytest.raises(SheetFormatError):
        build_sheet(context_of("charge/1", first=MAX_ROWS - 9), columns)


def test_a_bad_row_is_named_by_its_number_in_the_sheet_and_ends_the_building() -> None:
    columns = columns_of(schema("ballot/1"), 3000)
    columns["vote"][2500] = 2
    builder = SheetBuilder(
        context_of("ballot/1"), on_bundle=lambda i, d: None, on_tile=lambda k, i, d: None, secret=SECRET
    )
    builder.append(columns)
    with pytest.raises(RowError) as refused:
        builder.finish()
    assert refused.value.place == "row 2500"
    for again in (builder.finish, lambda: builder.append(columns)):
        with pytest.raises(UsageError):
            again()


def test_a_finished_builder_takes_nothing_more() -> None:
    builder = SheetBuilder(context_of("charge/1"), on_bundle=lambda i, d: None, on_tile=lambda k, i, d: None)
    builder.append(columns_of(schema("charge/1"), 1))
    builder.finish()
    with pytest.raises(UsageError):
        builder.finish()


@pytest.mark.parametrize("rows", [2, 300])
def test_a_total_above_63_bits_is_refused(rows: int) -> None:
    columns = columns_of(schema("credit/1"), rows)
    columns["amount"][:] = 2**63 // rows + 1
    with pytest.raises(AggregateError):
        build_sheet(context_of("credit/1"), columns, SECRET)
