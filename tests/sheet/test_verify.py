"""Whole sheets verified from their bundles, at once or in ranges."""

from __future__ import annotations

import pickle
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import AggregateError, RowError, SheetFormatError, SheetProofError, UsageError
from mutualchain.sheet import (
    BuiltSheet,
    RangeSummary,
    RangeVerifier,
    combine_ranges,
    schema,
    verify_range,
    verify_sheet,
)

from .reference import Row
from .tables import CHAIN, NAMES, SECRET, rows_of, secret_of, sheet_of


def ranges_of(built: BuiltSheet, cuts: list[int], executor: Executor) -> list[RangeSummary]:
    name = built.descriptor.schema.name
    edges = [0, *cuts, len(built.bundles)]
    jobs = [
        executor.submit(verify_range, built.descriptor, CHAIN, start, built.bundles[start:end], secret=secret_of(name))
        for start, end in pairwise(edges)
    ]
    return [job.result() for job in reversed(jobs)]


@given(name=st.sampled_from(NAMES), rows=st.integers(1, 600), seed=st.integers(0, 99))
def test_a_built_sheet_is_verified_and_its_rows_come_back(name: str, rows: int, seed: int) -> None:
    built, reference = sheet_of(name, rows, seed)
    verify_sheet(built.descriptor, CHAIN, built.bundles, secret=secret_of(name))
    verifier = RangeVerifier(built.descriptor, CHAIN, secret=secret_of(name))
    found: list[Row] = []
    for bundle in built.bundles:
        assert verifier.next_row == len(found)
        found += rows_of(schema(name), verifier.add(bundle))
    assert found == reference.rows
    combine_ranges(built.descriptor, CHAIN, [verifier.summary()])


@pytest.mark.parametrize("pages", [256, 257, 512, 513, 1024, 1300])
def test_sheets_at_the_edges_of_bundles_are_verified(pages: int) -> None:
    for rows in (16 * pages, 16 * pages - 5):
        built, _ = sheet_of("enrolment/1", rows)
        verify_sheet(built.descriptor, CHAIN, built.bundles)


def test_a_sheet_of_more_than_256_bundles_is_verified() -> None:
    built, _ = sheet_of("notice/1", 65_536 + 300)
    verify_sheet(built.descriptor, CHAIN, built.bundles, secret=SECRET)


def test_ranges_run_on_an_executor_and_are_combined_in_any_order() -> None:
    built, _ = sheet_of("enrolment/1", 16 * 1300)
    with ThreadPoolExecutor(2) as executor:
        for cuts in ([], [1], [5], [1, 2, 3, 4, 5], [2, 2, 4]):
            combine_ranges(built.descriptor, CHAIN, ranges_of(built, cuts, executor))


def test_what_goes_to_another_process_and_comes_back_survives_the_way() -> None:
    built, _ = sheet_of("credit/1", 3)
    summary = verify_range(built.descriptor, CHAIN, 0, built.bundles, secret=SECRET)
    for value in (built.descriptor, summary, schema("charge/1")):
        assert pickle.loads(pickle.dumps(value)) == value


def test_ranges_that_overlap_or_leave_a_gap_are_refused() -> None:
    built, _ = sheet_of("notice/1", 600)
    one, two, three = (verify_range(built.descriptor, CHAIN, at, [built.bundles[at]], secret=SECRET) for at in range(3))
    for wrong in (
        [],
        [one, two],
        [one, three],
        [two, three],
        [one, two, two, three],
        [one, two, three, replace(three, start=3)],
        [one, two, replace(three, records=three.records[:-1])],
    ):
        with pytest.raises(SheetFormatError):
            combine_ranges(built.descriptor, CHAIN, wrong)
    combine_ranges(built.descriptor, CHAIN, [three, one, two])


@pytest.mark.parametrize("name", ["charge/1", "credit/1"])
def test_a_changed_byte_anywhere_is_noticed(name: str) -> None:
    built, _ = sheet_of(name, 300)
    for at, bundle in enumerate(built.bundles):
        for byte in range(0, len(bundle), 37):
            wrong = list(built.bundles)
            wrong[at] = bundle[:byte] + bytes([bundle[byte] ^ 1]) + bundle[byte + 1 :]
            with pytest.raises((SheetProofError, RowError)):
                verify_sheet(built.descriptor, CHAIN, wrong, secret=secret_of(name))


def test_a_bundle_missing_added_exchanged_or_of_another_length_is_refused() -> None:
    built, _ = sheet_of("notice/1", 600)
    one, two, three = built.bundles
    for wrong in ([one, two], [one, two, three, three], [one, two, three[:-1]], [one, two, three + b"\0"], [], [three]):
        with pytest.raises(SheetFormatError):
            verify_sheet(built.descriptor, CHAIN, wrong, secret=SECRET)
    with pytest.raises(SheetProofError):
        verify_sheet(built.descriptor, CHAIN, [two, one, three], secret=SECRET)


def test_another_chain_secret_total_or_root_is_refused() -> None:
    built, _ = sheet_of("credit/1", 5)
    descriptor = built.descriptor
    for other, chain, secret in (
        (descriptor, bytes(32), SECRET),
        (descriptor, CHAIN, bytes(32)),
        (replace(descriptor, aggregates=(5, 1)), CHAIN, SECRET),
        (replace(descriptor, root=bytes(32)), CHAIN, SECRET),
    ):
        with pytest.raises(SheetProofError):
            verify_sheet(other, chain, built.bundles, secret=secret)


def test_rows_that_the_schema_does_not_allow_are_named_by_their_number() -> None:
    built, _ = sheet_of("ballot/1", 300)
    second = bytearray(built.bundles[1])
    second[8] = 2
    with pytest.raises(RowError) as refused:
        verify_sheet(built.descriptor, CHAIN, [built.bundles[0], bytes(second)], secret=SECRET)
    assert refused.value.place == "row 256"


def test_amounts_that_overflow_together_are_refused() -> None:
    built, _ = sheet_of("credit/1", 2)
    huge = (2**63 - 1).to_bytes(8, "little")
    bundle = bytearray(built.bundles[0])
    bundle[8:16] = bundle[57:65] = huge
    with pytest.raises(AggregateError):
        verify_sheet(built.descriptor, CHAIN, [bytes(bundle)], secret=SECRET)


def test_salts_do_in_place_of_the_secret() -> None:
    built, reference = sheet_of("exit/1", 300)
    verifier = RangeVerifier(built.descriptor, CHAIN)
    for start, bundle in zip((0, 256), built.bundles, strict=True):
        verifier.add(bundle, b"".join(reference.salts[start : start + 256]))
    combine_ranges(built.descriptor, CHAIN, [verifier.summary()])
    with pytest.raises(SheetFormatError):
        RangeVerifier(built.descriptor, CHAIN).add(built.bundles[0], bytes(32 * 255))


def test_secret_and_salts_are_given_exactly_where_they_are_needed() -> None:
    sealed, _ = sheet_of("exit/1", 2)
    public, _ = sheet_of("charge/1", 2)
    for built, secret, salts in (
        (sealed, None, None),
        (sealed, SECRET, bytes(64)),
        (public, None, bytes(64)),
        (public, SECRET, None),
        (sealed, b"short", None),
    ):
        with pytest.raises(UsageError):
            RangeVerifier(built.descriptor, CHAIN, secret=secret).add(built.bundles[0], salts)


@pytest.mark.parametrize("start", [-1, 2, 3])
def test_a_range_begins_inside_the_sheet(start: int) -> None:
    built, _ = sheet_of("notice/1", 512)
    with pytest.raises(UsageError):
        RangeVerifier(built.descriptor, CHAIN, start, secret=SECRET)
