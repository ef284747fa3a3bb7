"""Facts of a case: committed to, opened one by one, and never anything else than what was committed to."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.canonical import decode, encode
from mutualchain.covenant.facts import Facts, Fields, report_tag
from mutualchain.errors import CanonicalError, FactsMismatch, MutualchainError
from mutualchain.tlog.merkle import root

from .lives import CHAIN, PLAN, digest, facts_of

SALTS = [digest("salt", number) for number in range(9)]


def test_a_fact_is_the_leaf_that_the_docstring_says() -> None:
    facts = Facts.seal(CHAIN, PLAN, 3, {"cause": "illness", "diagnosed_day": 16_000}, SALTS)
    values: dict[str, Any] = {"cause": "illness", "diagnosed_day": 16_000}
    leaves = [
        hashlib.sha256(b"mutualchain/fact/v1\n" + salt + encode([CHAIN, PLAN, 3, name, values.get(name, "")])).digest()
        for name, salt in zip(Facts.NAMES, SALTS, strict=True)
    ]
    assert facts.leaves == leaves
    assert facts.root == root(leaves)


def test_fields_of_a_disclosure_have_leaves_of_their_own() -> None:
    case = digest("case")
    fields = Fields.seal(CHAIN, PLAN, case, {"name": "李*", "age": 30}, SALTS[:8])
    assert fields.root != Fields.seal(CHAIN, PLAN, digest("other"), {"name": "李*", "age": 30}, SALTS[:8]).root
    assert Fields.from_bytes(fields.to_bytes(), CHAIN, PLAN, case, fields.root) == fields
    assert fields.number("age") == 30


@given(st.sets(st.sampled_from(Facts.NAMES)))
def test_what_is_opened_comes_back_and_the_rest_stays_closed(names: set[str]) -> None:
    facts = facts_of()
    found = Facts.from_bytes(facts.only(*names).to_bytes(), CHAIN, PLAN, 1, facts.root)
    assert {name: found.get(name) for name in Facts.NAMES} == {
        name: facts.get(name) if name in names else None for name in Facts.NAMES
    }
    assert found.root == facts.root


def test_numbers_and_text_are_told_apart() -> None:
    facts = facts_of(birth_day="", group="")
    assert facts.number("birth_day") is None
    assert facts.text("birth_day") == ""
    assert facts.number("cause") is None
    assert facts.text("diagnosed_day") is None
    assert facts.only().get("cause") is None


DIGESTS = [digest("file", number).hex() for number in range(17)]


@pytest.mark.parametrize(
    "files",
    [
        "a photograph",
        DIGESTS[0].upper(),
        DIGESTS[0] + " ",
        f"{DIGESTS[0]}  {DIGESTS[0]}",
        f"{DIGESTS[0]} {DIGESTS[0]}",
        " ".join(sorted(DIGESTS[:3], reverse=True)),
        " ".join(sorted(DIGESTS)),
    ],
)
def test_files_are_digests_in_order_each_once(files: str) -> None:
    with pytest.raises(FactsMismatch):
        Fields.seal(CHAIN, PLAN, digest("case"), {"files": files}, SALTS[:8])


def test_up_to_sixteen_files_are_named() -> None:
    files = " ".join(sorted(DIGESTS[:16]))
    fields = Fields.seal(CHAIN, PLAN, digest("case"), {"files": files}, SALTS[:8])
    assert Fields.from_bytes(fields.to_bytes(), CHAIN, PLAN, digest("case"), fields.root).text("files") == files


@pytest.mark.parametrize(
    ("values", "salts"),
    [
        ({"colour": "red"}, SALTS),
        ({"cause": 1}, SALTS),
        ({"cause": "x" * 201}, SALTS),
        ({"cause": "two\nlines"}, SALTS),
        ({"diagnosed_day": "yesterday"}, SALTS),
        ({"diagnosed_day": True}, SALTS),
        ({"diagnosed_day": 10**9}, SALTS),
        ({}, SALTS[:8]),
        ({}, [*SALTS[:8], b"short"]),
        ({}, [SALTS[0]] * 9),
    ],
)
def test_what_is_no_fact_is_not_sealed(values: dict[str, Any], salts: list[bytes]) -> None:
    with pytest.raises(FactsMismatch):
        Facts.seal(CHAIN, PLAN, 1, values, salts)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda items: items[:-1], FactsMismatch),
        (lambda items: [[bytes(31), "illness"], *items[1:]], FactsMismatch),
        (lambda items: [[bytes(32), "illness", 0], *items[1:]], FactsMismatch),
        (lambda items: [b"x", *items[1:]], FactsMismatch),
        (lambda items: [[items[0][0], "accident"], *items[1:]], FactsMismatch),
        (lambda items: [items[1], items[0], *items[2:]], FactsMismatch),
        (lambda items: "facts", FactsMismatch),
    ],
)
def test_an_opening_of_something_else_is_refused(change: Any, error: type[MutualchainError]) -> None:
    facts = facts_of()
    items: Any = decode(facts.to_bytes(), max_size=10_000)
    with pytest.raises(error):
        Facts.from_bytes(encode(change(list(items))), CHAIN, PLAN, 1, facts.root)


@pytest.mark.parametrize("where", [(bytes(32), PLAN, 1), (CHAIN, "other", 1), (CHAIN, PLAN, 2)])
def test_facts_of_another_chain_plan_or_member_do_not_lead_to_the_root(where: tuple[bytes, str, int]) -> None:
    facts = facts_of()
    with pytest.raises(FactsMismatch):
        Facts.from_bytes(facts.to_bytes(), *where, facts.root)


def test_bytes_that_are_not_canonical_are_refused() -> None:
    with pytest.raises(CanonicalError):
        Facts.from_bytes(b"\xc1", CHAIN, PLAN, 1, bytes(32))


def test_the_tag_of_a_report_is_keyed_and_the_same_however_its_number_is_typed() -> None:
    key = bytes(range(32))
    expected = hmac.digest(key, b"mutualchain/report/v1\nB2015-0204", "sha256")
    assert report_tag(key, "B2015-0204") == report_tag(key, " Ｂ２０１５-0204\n") == expected
    assert report_tag(bytes(32), "B2015-0204") != expected
    for wrong in ((b"short", "1"), (key, "  "), (key, "x" * 201)):
        with pytest.raises(FactsMismatch):
            report_tag(*wrong)
