"""One fact shown: it verifies against what the request committed to, and whatever else is shown does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mutualchain.canonical import encode
from mutualchain.covenant.facts import Facts
from mutualchain.errors import ClaimError, MutualchainError, UnsupportedVersion
from mutualchain.limits import MAX_OPENING
from mutualchain.record import frame
from mutualchain.record.claims import NAMES as CLAIMS
from mutualchain.record.claims import Claim, Membership, claim_file, commitment, open_claim
from mutualchain.record.fact_opening import FactOpening, fact_file, open_fact, read_opened, verify_fact

CHAIN, CASE = bytes([7]) * 32, bytes([9]) * 32
SALTS = [bytes([16 + number]) * 32 for number in range(9)]
VALUES: dict[str, int | str] = {"cause": "illness", "disease": "C50", "diagnosed_day": 16_470, "name": "李*"}
FACTS = Facts.seal(CHAIN, "demo", 17, VALUES, SALTS)


def opened(name: str = "diagnosed_day") -> FactOpening:
    return open_fact(FACTS, CASE, name)


@pytest.mark.parametrize("name", Facts.NAMES)
def test_each_fact_opens_alone(name: str) -> None:
    opening = opened(name)
    found = read_opened(fact_file(opening))
    assert found == opening
    assert isinstance(found, FactOpening)
    assert verify_fact(found, FACTS.root) == VALUES.get(name, "")
    others = {salt for at, salt in enumerate(SALTS) if Facts.NAMES[at] != name}
    assert not any(salt in encode(list(opening.proof)) for salt in others)


@pytest.mark.parametrize(
    "changes",
    [
        {"value": 16_471},
        {"value": ""},
        {"salt": SALTS[0]},
        {"name": "birth_day"},
        {"slot": 18},
        {"plan": "other"},
        {"chain": bytes(32)},
        {"proof": (bytes(32),) * 4},
        {"proof": ()},
    ],
    ids=lambda changes: "".join(changes),
)
def test_nothing_else_is_what_was_committed_to(changes: dict[str, Any]) -> None:
    with pytest.raises(ClaimError):
        verify_fact(replace(opened(), **changes), FACTS.root)


def test_what_is_closed_or_unknown_cannot_be_opened() -> None:
    for facts, name in ((FACTS.only("cause"), "disease"), (FACTS, "blood_group")):
        with pytest.raises(ClaimError):
            open_fact(facts, CASE, name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 2),
        ("version", True),
        ("name", "blood_group"),
        ("name", 7),
        ("value", True),
        ("value", b"illness"),
        ("value", "a" * 201),
        ("slot", -1),
        ("slot", 2**32),
        ("case", bytes(31)),
        ("chain", b""),
        ("salt", bytes(33)),
        ("proof", ["x"]),
        ("plan", "No Plan"),
        ("more", 1),
    ],
)
def test_a_file_of_another_form_is_refused(name: str, value: object) -> None:
    content = frame.unwrap(frame.OPENING, fact_file(opened("cause")), MAX_OPENING)
    assert isinstance(content, dict)
    with pytest.raises((ClaimError, UnsupportedVersion)):
        read_opened(frame.wrap(frame.OPENING, {**content, name: value}))


def test_days_are_numbers_and_the_rest_is_text() -> None:
    for name, value in (("diagnosed_day", "2015-02-04"), ("cause", 3)):
        with pytest.raises(ClaimError):
            read_opened(fact_file(replace(opened(name), value=value)))


@given(st.integers(0, 600), st.integers(1, 255))
@settings(max_examples=150)
def test_a_changed_byte_of_the_content_never_passes(at: int, bits: int) -> None:
    content = bytearray(encode(frame.unwrap(frame.OPENING, fact_file(opened()), MAX_OPENING)))
    content[at % len(content)] ^= bits
    deflated = frame.Shared(frame.OPENING, bytes(content)).finish(b"")
    try:
        found = read_opened(deflated)
        assert isinstance(found, FactOpening)
        value = verify_fact(found, FACTS.root)
    except MutualchainError:
        return
    assert (value, found.name, found.slot, found.plan) == (16_470, "diagnosed_day", 17, "demo")


def test_an_opened_claim_is_read_by_the_same_door() -> None:
    member = Membership(CHAIN, "demo", bytes([3]) * 32)
    claims = {
        name: Claim(bytes(32) if name == "join_request" else name, bytes([at]) * 32) for at, name in enumerate(CLAIMS)
    }
    opening = open_claim(member, claims, "birth_date")
    assert read_opened(claim_file(opening, member, 5)) == (opening, member, 5)
    assert len(commitment(member, claims)) == 32
