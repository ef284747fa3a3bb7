"""Schemas, and the rows and totals they allow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import AggregateError, RowError, SheetFormatError, UnsupportedVersion
from mutualchain.limits import MAX_AGGREGATES, MAX_PAGE, MAX_TOTAL
from mutualchain.sheet import SCHEMAS, Status, aggregates, check_columns, decode, encode, schema, table
from mutualchain.sheet.columns import check_shape

from .reference import LAYOUTS, page_bytes, totals
from .tables import NAMES, columns_of, rows_of

CHARGE = schema("charge/1")
CREDIT = schema("credit/1")


def charges(amount: list[int], status: list[int]):
    return table(CHARGE, {"amount": amount, "status": status, "events": [0] * len(amount)})


def credits_of(amounts: list[int]):
    count = len(amounts)
    return table(
        CREDIT,
        {
            "slot": range(count),
            "seq": [1] * count,
            "amount": amounts,
            "reason": [0] * count,
            "reference": [bytes(32)] * count,
        },
    )


def test_every_schema_of_the_specification_is_known_and_no_other() -> None:
    assert set(SCHEMAS) == set(LAYOUTS)
    for name in ("charge/2", "charge", "", "CHARGE/1", "lottery/1"):
        with pytest.raises(UnsupportedVersion):
            schema(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_stays_within_the_limits_that_parsers_use(name: str) -> None:
    layout = schema(name)
    assert layout.page_bytes <= MAX_PAGE
    assert len(layout.aggregates) <= MAX_AGGREGATES
    assert layout.page_rows == LAYOUTS[name][1]
    assert layout.sealed == LAYOUTS[name][2]
    assert layout.record_bytes == 8 * len(layout.aggregates) + 32


def test_the_first_three_statuses_share() -> None:
    assert [status.name for status in Status if status.shares] == ["PAID", "PARTIAL", "CAPPED"]


@given(name=st.sampled_from(NAMES), rows=st.integers(1, 40), seed=st.integers(0, 99))
def test_rows_become_the_bytes_and_totals_of_the_reference_and_come_back(name: str, rows: int, seed: int) -> None:
    layout = schema(name)
    columns = columns_of(layout, rows, seed)
    plain = rows_of(layout, columns)
    data = encode(layout, columns)
    size = layout.page_rows
    assert data == b"".join(page_bytes(name, plain[at : at + size]) for at in range(0, rows, size))
    assert aggregates(layout, columns) == totals(name, plain)
    back = decode(layout, data, rows)
    check_shape(layout, back)
    assert rows_of(layout, back) == plain
    assert encode(layout, back) == data


@pytest.mark.parametrize("change", [-1, 1])
def test_a_page_of_another_length_is_refused(change: int) -> None:
    with pytest.raises(SheetFormatError):
        decode(CHARGE, bytes(3 * CHARGE.row_bytes + change), 3)


@pytest.mark.parametrize("status", [7, 8, 255])
def test_an_unknown_status_is_refused_by_row_number(status: int) -> None:
    with pytest.raises(RowError) as refused:
        check_columns(CHARGE, charges([0, 0, 0], [0, status, status]), 1000)
    assert refused.value.place == "row 1001"
    assert refused.value.value == status


@pytest.mark.parametrize("status", Status)
def test_only_a_sharing_status_may_have_an_amount(status: Status) -> None:
    check_columns(CHARGE, charges([0], [status]))
    if status.shares:
        check_columns(CHARGE, charges([1], [status]))
        return
    with pytest.raises(RowError) as refused:
        check_columns(CHARGE, charges([5, 1], [0, status]), 10)
    assert refused.value.place == "row 11"


def test_a_vote_is_0_or_1() -> None:
    ballots = columns_of(schema("ballot/1"), 5)
    ballots["vote"][3] = 2
    with pytest.raises(RowError, match="row 3 has a vote above 1"):
        check_columns(schema("ballot/1"), ballots)


def test_an_amount_that_no_total_could_hold_is_refused() -> None:
    check_columns(CREDIT, credits_of([MAX_TOTAL]))
    with pytest.raises(RowError):
        check_columns(CREDIT, credits_of([MAX_TOTAL + 1]))


def test_totals_are_exact_above_53_bits_and_refused_above_63() -> None:
    assert aggregates(CREDIT, credits_of([2**62, 2**62 - 1])) == (2, MAX_TOTAL)
    for amounts in ([2**62, 2**62], [MAX_TOTAL] * 3):
        with pytest.raises(AggregateError):
            aggregates(CREDIT, credits_of(amounts))
    assert aggregates(CHARGE, charges([2**32 - 1] * 300, [0] * 300)) == (300, 300 * (2**32 - 1))


def test_no_rows_are_a_table_too() -> None:
    assert check_shape(CREDIT, credits_of([])) == 0
    check_columns(CREDIT, credits_of([]))


@pytest.mark.parametrize(
    "amount",
    [[-1], [2**32], [2**64], [1.0], ["1"], [True], [None], [[1, 2]], [[1], [1, 2]], [1, 2]],
    ids=str,
)
def test_a_table_takes_only_whole_numbers_that_fit(amount: list[object]) -> None:
    with pytest.raises(SheetFormatError):
        table(CHARGE, {"amount": amount, "status": [0], "events": [0]})  # type: ignore[dict-item]


@pytest.mark.parametrize("entry", [[b"short"], [bytes(33)], ["text"], [5]], ids=str)
def test_a_table_takes_only_bytes_of_the_columns_width(entry: list[object]) -> None:
    with pytest.raises(SheetFormatError):
        table(schema("notice/1"), {"slot": [0], "seq": [1], "entry": entry})  # type: ignore[dict-item]


def test_a_table_takes_arrays_as_they_are() -> None:
    columns = columns_of(CREDIT, 3)
    assert all(table(CREDIT, columns)[name] is values for name, values in columns.items())


def test_missing_surplus_and_misshapen_columns_are_refused() -> None:
    columns = columns_of(CHARGE, 3)
    for wrong in (
        {name: columns[name] for name in ("amount", "status")},
        {**columns, "name": columns["status"]},
        {**columns, "events": columns["events"][:2]},
        {**columns, "events": columns["events"].astype("<u2")},
        {**columns, "events": columns["events"].reshape(3, 1)},
        {**columns, "amount": columns["amount"].astype(">u4")},
        {**columns, "amount": np.zeros((), "<u4")},
    ):
        with pytest.raises(SheetFormatError):
            check_shape(CHARGE, wrong)


@pytest.mark.parametrize(
    ("name", "values", "rows"),
    [
        ("charge/1", (4, 0), 3),
        ("charge/1", (3, 3 * (2**32 - 1) + 1), 3),
        ("charge/1", (0, 1), 3),
        ("charge/1", (-1, 0), 3),
        ("charge/1", (2, -1), 3),
        ("charge/1", (2**31, 2**63), 2**31),
        ("enrolment/1", (2, 0), 3),
        ("enrolment/1", (4, 0), 3),
        ("enrolment/1", (3, 3 * (2**32 - 1) + 1), 3),
        ("credit/1", (3, 2**63), 3),
        ("ballot/1", (3, 4), 3),
    ],
)
def test_totals_that_no_rows_can_have_are_refused(name: str, values: tuple[int, ...], rows: int) -> None:
    with pytest.raises(AggregateError):
        schema(name).check_aggregates(values, rows)


@given(name=st.sampled_from(NAMES), rows=st.integers(1, 300), seed=st.integers(0, 99))
def test_totals_of_real_rows_are_possible(name: str, rows: int, seed: int) -> None:
    layout = schema(name)
    layout.check_aggregates(aggregates(layout, columns_of(layout, rows, seed)), rows)
