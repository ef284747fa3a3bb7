"""Contexts and descriptors."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain import canonical
from mutualchain.errors import AggregateError, MutualchainError, SheetFormatError, UnsupportedVersion
from mutualchain.limits import MAX_INT, MAX_PARAMS, MAX_ROWS
from mutualchain.sheet import Descriptor, SheetContext, params_hash, schema

from .reference import Sheet
from .tables import CHAIN, NAMES, PARAMS, columns_of, context_of, rows_of, sheet_of

GOOD = ("charge/1", "plan-1", 3, 0, 1000, (900, 5400), b"r" * 32, b"p" * 32)


def with_field(at: int, value: object) -> tuple[object, ...]:
    return (*GOOD[:at], value, *GOOD[at + 1 :])


def test_a_descriptor_survives_canonical_msgpack() -> None:
    data = canonical.encode(list(GOOD))
    descriptor = Descriptor.from_value(canonical.decode(data, max_size=1000))
    assert canonical.encode(descriptor.to_value()) == data
    assert descriptor.pages == 4
    assert descriptor.total("paid") == 5400
    with pytest.raises(KeyError):
        descriptor.total("rows")


@pytest.mark.parametrize("name", NAMES)
def test_built_descriptors_survive_too(name: str) -> None:
    built, _ = sheet_of(name, 5)
    data = canonical.encode(built.descriptor.to_value())
    assert Descriptor.from_value(canonical.decode(data, max_size=1000)) == built.descriptor


@pytest.mark.parametrize("at", range(8))
@pytest.mark.parametrize(
    "value", [None, -1, 2**63, 1.5, True, "", "Ä", b"", b"x" * 31, b"x" * 33, (), ("a",), {}], ids=repr
)
def test_a_field_of_the_wrong_type_or_range_is_refused(at: int, value: object) -> None:
    with pytest.raises(MutualchainError) as refused:
        Descriptor.from_value(with_field(at, value))  # type: ignore[arg-type]
    unknown_schema = at == 0 and isinstance(value, str)
    assert isinstance(refused.value, UnsupportedVersion if unknown_schema else SheetFormatError)


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (1, "-plan"),
        (1, "Plan"),
        (1, "plan\n"),
        (1, "a" * 65),
        (3, MAX_ROWS),
        (4, 0),
        (4, MAX_ROWS + 1),
        (5, (900,)),
        (5, (900, 5400, 0)),
        (5, (True, 5400)),
        (5, [900, 5400]),
    ],
    ids=repr,
)
def test_a_field_out_of_its_range_is_refused(at: int, value: object) -> None:
    with pytest.raises(SheetFormatError):
        Descriptor.from_value(with_field(at, value))  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [GOOD[:7], (*GOOD, 1), list(GOOD), 5, b"x"], ids=repr)
def test_another_shape_is_refused(value: object) -> None:
    with pytest.raises(SheetFormatError):
        Descriptor.from_value(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("totals", [(1001, 0), (1000, 1000 * (2**32 - 1) + 1)])
def test_impossible_totals_are_refused(totals: tuple[int, int]) -> None:
    with pytest.raises(AggregateError):
        Descriptor.from_value(with_field(5, totals))  # type: ignore[arg-type]


def test_an_unknown_schema_is_no_verdict_whatever_follows() -> None:
    with pytest.raises(UnsupportedVersion):
        Descriptor.from_value(("charge/2", "new field", 1))


def test_only_dense_sheets_have_a_first_slot_and_slots_end_at_32_bits() -> None:
    credit = ("credit/1", "plan-1", 3, 1, 2, (2, 5), b"r" * 32, b"p" * 32)
    with pytest.raises(SheetFormatError):
        Descriptor.from_value(credit)
    Descriptor.from_value((*GOOD[:3], MAX_ROWS - 1000, *GOOD[4:]))
    with pytest.raises(SheetFormatError):
        Descriptor.from_value((*GOOD[:3], MAX_ROWS - 999, *GOOD[4:]))


def test_params_are_hashed_behind_a_tag_and_bounded() -> None:
    assert params_hash(b"") == hashlib.sha256(b"mutualchain/params/v1\n").digest()
    params_hash(bytes(MAX_PARAMS))
    with pytest.raises(SheetFormatError):
        params_hash(bytes(MAX_PARAMS + 1))


@pytest.mark.parametrize("name", NAMES)
def test_the_context_is_the_references(name: str) -> None:
    first = 12 if schema(name).dense else 0
    rows = rows_of(schema(name), columns_of(schema(name), 1))
    sheet = Sheet(name, rows, chain=CHAIN, plan="plan-1", number=9, first=first, params=PARAMS)
    assert context_of(name, number=9, first=first).hash == sheet.ctx


@given(
    chain=st.binary(min_size=32, max_size=32),
    plan=st.text("abc019", min_size=1, max_size=64),
    number=st.integers(0, MAX_INT),
    first=st.integers(0, MAX_ROWS),
)
def test_every_part_of_the_context_counts(chain: bytes, plan: str, number: int, first: int) -> None:
    one = SheetContext(chain, plan, schema("charge/1"), number, first, params_hash(b""))
    others = [
        SheetContext(bytes(32) if chain != bytes(32) else CHAIN, plan, one.schema, number, first, one.params_hash),
        SheetContext(chain, plan[:-1] + ("b" if plan[-1] == "a" else "a"), one.schema, number, first, one.params_hash),
        SheetContext(chain, plan, schema("enrolment/1"), number, first, one.params_hash),
        SheetContext(chain, plan, one.schema, number ^ 1, first, one.params_hash),
        SheetContext(chain, plan, one.schema, number, first ^ 1, one.params_hash),
        SheetContext(chain, plan, one.schema, number, first, params_hash(b"x")),
    ]
    assert len({context.hash for context in [one, *others]}) == 7


@pytest.mark.parametrize(
    "change", [{"chain": b"x"}, {"plan": "P"}, {"number": -1}, {"first": -1}, {"params_hash": "text"}], ids=str
)
def test_a_context_checks_its_parts(change: dict[str, object]) -> None:
    parts = {
        "chain": CHAIN,
        "plan": "plan-1",
        "schema": schema("charge/1"),
        "number": 0,
        "first": 0,
        "params_hash": bytes(32),
    }
    with pytest.raises(SheetFormatError):
        SheetContext(**{**parts, **change})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "held"), [(1, [1]), (65_536, [65_536]), (65_537, [65_536, 1]), (150_000, [65_536, 65_536, 18_928])]
)
def test_a_descriptor_says_how_many_rows_each_bundle_holds(rows: int, held: list[int]) -> None:
    descriptor = Descriptor(schema("charge/1"), "demo", 0, 0, rows, (0, 0), bytes(32), bytes(32))
    assert [descriptor.bundle_rows(index) for index in range(descriptor.bundles)] == held
