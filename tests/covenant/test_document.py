"""The covenant as a document: both ways, and all that is wrong with it at once."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.canonical import decode, encode
from mutualchain.covenant.document import Covenant, covenant_hash
from mutualchain.errors import CanonicalError, CovenantError, LimitError, MutualchainError, UnsupportedVersion
from mutualchain.limits import MAX_CHARGE, MAX_ENTRY, MAX_TOTAL
from tests.core.values import VALUES

COVENANTS = st.builds(
    Covenant,
    title=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=80),
    currency=st.from_regex("[A-Z]{3}", fullmatch=True),
    decimals=st.integers(0, 4),
    prepay=st.integers(0, MAX_CHARGE),
    max_aid=st.integers(1, MAX_TOTAL // 10_000),
    fee_bp=st.integers(0, 10_000),
    fee_rounding=st.sampled_from(["down", "up"]),
    cap=st.integers(0, MAX_CHARGE),
)
DEMO = Covenant("Demo")
VALUE = decode(DEMO.to_bytes(), max_size=MAX_ENTRY)
assert isinstance(VALUE, dict)


@given(COVENANTS)
def test_a_covenant_comes_back_from_its_bytes_and_its_parameters(covenant: Covenant) -> None:
    assert Covenant.from_bytes(covenant.to_bytes()) == covenant
    assert Covenant.from_mapping(asdict(covenant)) == covenant
    assert covenant.hash == covenant_hash(covenant.to_bytes())


@given(COVENANTS, COVENANTS)
def test_covenants_that_differ_have_different_hashes(one: Covenant, other: Covenant) -> None:
    assert (one == other) == (one.hash == other.hash)


@given(COVENANTS, st.sampled_from([*VALUE, "another"]), VALUES)
def test_a_parameter_exchanged_for_any_value_is_read_as_it_is_written_or_refused(
    covenant: Covenant, name: str, other: object
) -> None:
    data = encode({"format": 1, **asdict(covenant), name: other})
    try:
        found = Covenant.from_bytes(data)
    except (CovenantError, UnsupportedVersion) as error:
        error.diagnostics()
    else:
        assert found.to_bytes() == data


BAD: list[tuple[str, object]] = [
    ("title", ""),
    ("title", "x" * 81),
    ("title", "a\nb"),
    ("title", "a\x7f"),
    ("title", "a\x9bb"),
    ("title", "\ud800"),
    ("title", 1),
    ("title", b"Demo"),
    ("currency", "cny"),
    ("currency", "CN"),
    ("currency", "CNYX"),
    ("currency", "A1B"),
    ("currency", "A1 "),
    ("currency", "CNY\n"),
    ("currency", "ÄÖÜ"),
    ("currency", 1),
    ("decimals", -1),
    ("decimals", 5),
    ("decimals", True),
    ("prepay", -1),
    ("prepay", MAX_CHARGE + 1),
    ("prepay", 10.0),
    ("max_aid", 0),
    ("max_aid", MAX_TOTAL),
    ("max_aid", True),
    ("fee_bp", 10_001),
    ("fee_bp", -1),
    ("fee_bp", "8%"),
    ("fee_rounding", "even"),
    ("fee_rounding", ["down"]),
    ("fee_rounding", True),
    ("cap", -1),
    ("cap", MAX_CHARGE + 1),
    ("cap", None),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_parameter_out_of_its_range_is_named(name: str, value: Any) -> None:
    with pytest.raises(CovenantError) as caught:
        replace(DEMO, **{name: value})
    assert [violation.split(":")[0] for violation in caught.value.violations] == [name]
    with pytest.raises(CovenantError):
        Covenant.from_mapping({"title": "Demo", name: value})
    assert caught.value.diagnostics().encode()


def test_all_violations_are_reported_at_once() -> None:
    wrong = {"currency": "yuan", "decimals": 9, "prepay": -1, "max_aid": 0, "fee_bp": -1, "fee_rounding": "", "cap": -1}
    with pytest.raises(CovenantError) as caught:
        Covenant.from_mapping({**wrong, "jury": 1, "colour": 2})
    named = {violation.split(":")[0] for violation in caught.value.violations}
    assert named == {*wrong, "title", "unknown parameter 'jury'", "unknown parameter 'colour'"}
    assert all(violation in caught.value.message for violation in caught.value.violations)


def test_a_recorded_covenant_names_every_parameter_and_no_other() -> None:
    assert isinstance(VALUE, dict)
    wrong = {**VALUE, "cap": -1, "extra": 1}
    del wrong["prepay"], wrong["title"]
    with pytest.raises(CovenantError) as caught:
        Covenant.from_bytes(encode(wrong))
    named = {violation.split(":")[0] for violation in caught.value.violations}
    assert named == {"prepay", "title", "cap", "unknown parameter 'extra'"}


def test_parameters_left_out_of_a_draft_take_their_defaults() -> None:
    assert Covenant.from_mapping({"title": "Demo"}) == DEMO


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", CanonicalError),
        (encode([]), CovenantError),
        (encode({}), UnsupportedVersion),
        (encode({**VALUE, "format": 2}), UnsupportedVersion),
        (encode({**VALUE, "format": True}), UnsupportedVersion),
        (bytes(MAX_ENTRY + 1), LimitError),
    ],
)
def test_what_is_no_covenant_of_this_format_is_refused(data: bytes, error: type[MutualchainError]) -> None:
    with pytest.raises(error):
        Covenant.from_bytes(data)


def test_a_covenant_shares_out_under_its_own_fee() -> None:
    covenant = Covenant("Demo", fee_bp=833, fee_rounding="up")
    assert covenant.apportion(1_001, 10).fee == 84
    assert replace(covenant, fee_rounding="down").apportion(1_001, 10).fee == 83
    found = covenant.apportion(1_001, 10, surplus=80, deficit=6, top_up=1)
    assert (found.share, found.due, found.surplus) == (101, 1_010, 0)
