"""Nothing that is stored may change unnoticed, and no damage may stop an audit."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mutualchain.audit import Verdict
from tests.audit.story import Copy, shown, story

KEYS = sorted(key for key, _ in story().pairs)
SEALED = {key[1:] for key in KEYS if key.startswith(b"s")}


def may_be_absent(key: bytes) -> bool:
    """Secrets and sealed bundles: without any of them it is a public replay, without some a copy with holes."""
    return key[:1] == b"s" or (key[:1] == b"G" and key[1:11] in SEALED)


@pytest.mark.parametrize("kind", sorted({key[:1] for key in KEYS}), ids=lambda kind: kind.decode())
def test_every_stored_value_counts(kind: bytes) -> None:
    rng = random.Random(kind[0])
    keys = [key for key in KEYS if key[:1] == kind]
    for number, key in enumerate(keys if len(keys) <= 30 else rng.sample(keys, 30)):
        copy = Copy()
        value = copy.data[key]
        if value and number % 2:
            copy.flip(key, rng.randrange(len(value)), 1 << rng.randrange(8))
        else:
            copy.remove(key)
        assert copy.audit().verdict is not Verdict.VERIFIED, key


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(KEYS), st.integers(0, 2**16), st.integers(0, 8)), min_size=2, max_size=12))
def test_any_number_of_damages_is_reported_and_none_stops_the_audit(damages: list[tuple[bytes, int, int]]) -> None:
    copy = Copy()
    for key, at, bit in damages:
        value = copy.data.get(key)
        if value is None:
            continue
        if bit == 8 or not value:
            copy.remove(key)
        else:
            copy.flip(key, at % len(value), 1 << bit)
    report = copy.audit()
    changed = [
        key
        for key, value in story().pairs
        if copy.data.get(key) != value and not (may_be_absent(key) and key not in copy.data)
    ]
    assert (report.verdict is Verdict.VERIFIED) <= (not changed), shown(report)
    assert report.to_value()["findings_not_kept"] == report.dropped


@given(st.permutations([key for key in KEYS if key[:1] == b"B"]))
@settings(max_examples=10)
def test_blocks_in_any_other_order_are_found(order: list[bytes]) -> None:
    copy, original = Copy(), Copy().data
    for key, other in zip([key for key in KEYS if key[:1] == b"B"], order, strict=True):
        copy.data[key] = original[other]
    moved = sum(copy.data[key] != original[key] for key in original)
    report = copy.audit()
    assert len([code for code, _ in shown(report) if code == "MC-067"]) == moved
