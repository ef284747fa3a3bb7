"""Claims and join requests: committed to as a whole, opened one by one, bound to chain, plan and key."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.canonical import decode, encode
from mutualchain.errors import ClaimError, MutualchainError, StatementSignatureError, UnsupportedVersion
from mutualchain.limits import MAX_CLAIM
from mutualchain.record.claims import NAMES, Claim, Membership, Opening, commitment, open_claim, verify_claim
from mutualchain.record.joining import JoinRequest, make_request
from mutualchain.record.passport import Passport

from .world import ORIGIN, digest

MEMBER = Membership(digest("chain"), "demo", digest("key"))
SALTS = tuple(digest(f"salt {name}") for name in NAMES)
VALUES = {"name": "李明", "birth_date": "1990-02-28", "consent": "yes", "key_holder": "member"}


def claims() -> dict[str, Claim]:
    values: dict[str, str | bytes] = {**dict.fromkeys(NAMES, ""), **VALUES, "join_request": digest("request")}
    return {name: Claim(values[name], salt) for name, salt in zip(NAMES, SALTS, strict=True)}


def content() -> list[Any]:
    """The fields of a request's content."""
    value = decode(request().to_bytes(), max_size=64_000)
    assert isinstance(value, tuple)
    return list(value)


def request(**changes: object) -> JoinRequest:
    passport = Passport(digest("seed"))
    made = make_request(
        passport,
        ORIGIN,
        MEMBER.chain,
        "demo",
        covenant_version=1,
        covenant_hash=digest("covenant"),
        values=VALUES,
        salts=SALTS,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_every_claim_opens_alone(name: str) -> None:
    whole = claims()
    committed = commitment(MEMBER, whole)
    opening = open_claim(MEMBER, whole, name)
    assert verify_claim(opening, MEMBER, committed) == whole[name].value
    others = b"".join(claim.salt for other, claim in whole.items() if other != name)
    shown = opening.claim.salt + b"".join(opening.proof)
    assert not any(others[at : at + 32] in shown for at in range(0, len(others), 32))


@pytest.mark.parametrize(
    "changed",
    [
        lambda item: replace(item, name="id_number"),
        lambda item: replace(item, claim=replace(item.claim, value="王明")),
        lambda item: replace(item, claim=replace(item.claim, salt=bytes(32))),
        lambda item: replace(item, claim=replace(item.claim, salt=bytes(31))),
        lambda item: replace(item, claim=replace(item.claim, value=b"bytes")),
        lambda item: replace(item, claim=replace(item.claim, value="x" * (MAX_CLAIM + 1))),
        lambda item: replace(item, proof=item.proof[:-1]),
        lambda item: replace(item, proof=(*item.proof, bytes(32))),
        lambda item: replace(item, name="height"),
    ],
)
def test_no_other_claim_is_taken_for_the_committed_one(changed: object) -> None:
    opening = open_claim(MEMBER, claims(), "name")
    assert callable(changed)
    wrong: Opening = changed(opening)
    with pytest.raises(ClaimError):
        verify_claim(wrong, MEMBER, commitment(MEMBER, claims()))


@pytest.mark.parametrize(
    "member",
    [
        replace(MEMBER, chain=digest("another")),
        replace(MEMBER, plan="other"),
        replace(MEMBER, public_key=digest("other")),
    ],
)
def test_a_claim_belongs_to_one_membership(member: Membership) -> None:
    opening = open_claim(MEMBER, claims(), "name")
    with pytest.raises(ClaimError):
        verify_claim(opening, member, commitment(MEMBER, claims()))


def test_a_commitment_is_over_every_claim() -> None:
    whole = claims()
    with pytest.raises(ClaimError):
        commitment(MEMBER, {name: claim for name, claim in whole.items() if name != "consent"})
    with pytest.raises(ClaimError):
        commitment(MEMBER, {**whole, "height": whole["name"]})
    with pytest.raises(ClaimError):
        open_claim(MEMBER, whole, "height")


def test_the_same_values_with_other_salts_are_another_commitment() -> None:
    whole = claims()
    other = {**whole, "name": replace(whole["name"], salt=digest("fresh"))}
    assert commitment(MEMBER, whole) != commitment(MEMBER, other)


def test_a_commitment_is_as_the_specification_has_it() -> None:
    whole = claims()
    leaves = [
        hashlib.sha256(
            b"mutualchain/claim/v1\n"
            + whole[name].salt
            + encode([MEMBER.chain, MEMBER.plan, MEMBER.public_key, name, whole[name].value])
        ).digest()
        for name in ("name", "id_number", "birth_date", "health_declaration", "consent", "key_holder", "join_request")
    ]

    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\1" + left + right).digest()

    left = node(node(leaves[0], leaves[1]), node(leaves[2], leaves[3]))
    assert commitment(MEMBER, whole) == node(left, node(node(leaves[4], leaves[5]), leaves[6]))


def test_a_join_request_is_signed_read_back_and_committed_to() -> None:
    made = request()
    assert JoinRequest.from_bytes(made.to_bytes()) == made
    committed = made.verify()
    whole = made.all_claims()
    member = made.member
    assert member.public_key == Passport(digest("seed")).public_key(ORIGIN, "demo")
    assert verify_claim(open_claim(member, whole, "join_request"), member, committed) == made.hash
    assert verify_claim(open_claim(member, whole, "name"), member, committed) == "李明"
    assert verify_claim(open_claim(member, whole, "id_number"), member, committed) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"covenant_version": 2},
        {"covenant_hash": bytes(32)},
        {"claims": {**request().claims, "name": Claim("王明", SALTS[0])}},
        {"claims": {**request().claims, "name": Claim("李明", bytes(32))}},
        {"signature": bytes(64)},
        {"member": replace(request().member, plan="other")},
        {"member": replace(request().member, chain=bytes(32))},
        {"member": replace(request().member, public_key=Passport(bytes(32)).public_key(ORIGIN, "demo"))},
    ],
    ids=str,
)
def test_a_changed_request_is_not_signed(changes: dict[str, object]) -> None:
    with pytest.raises(StatementSignatureError):
        request(**changes).verify()


@given(st.data())
def test_no_changed_byte_of_a_request_passes_for_the_same_person(data: st.DataObject) -> None:
    made = request()
    changed = bytearray(made.to_bytes())
    at = data.draw(st.integers(0, len(changed) - 1))
    changed[at] ^= data.draw(st.integers(1, 255))
    try:
        found = JoinRequest.from_bytes(bytes(changed))
        committed = found.verify()
    except MutualchainError:
        return
    # Only the salt of the request's own hash is outside the signature, and it changes the commitment.
    assert found == replace(made, salt=found.salt)
    assert committed != made.verify()


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, 2),
        (0, True),
        (1, b""),
        (2, "No!"),
        (3, bytes(31)),
        (4, 0),
        (5, b""),
        (6, []),
        (7, bytes(31)),
        (8, bytes(63)),
    ],
)
def test_what_is_no_request_is_refused(at: int, value: object) -> None:
    items = content()
    items[at] = value
    with pytest.raises(MutualchainError) as caught:
        JoinRequest.from_bytes(encode(items))
    assert isinstance(
        caught.value, UnsupportedVersion if value == 2 else (ClaimError, UnsupportedVersion, MutualchainError)
    )


@pytest.mark.parametrize(
    "row", [["name", 7, bytes(32)], ["name", "x" * 5_000, bytes(32)], ["name", "", b""], ["age", "", bytes(32)]]
)
def test_a_request_with_a_malformed_claim_is_refused(row: list[object]) -> None:
    items = content()
    items[6] = [row, *items[6][1:]]
    with pytest.raises(ClaimError):
        JoinRequest.from_bytes(encode(items))


def test_unknown_claims_and_missing_salts_are_refused() -> None:
    arguments = {"covenant_version": 1, "covenant_hash": bytes(32)}
    for values, salts in (({"height": "1.70"}, SALTS), ({}, SALTS[:-1])):
        with pytest.raises(ClaimError):
            make_request(Passport(bytes(32)), ORIGIN, bytes(32), "demo", values=values, salts=salts, **arguments)  # type: ignore[arg-type]
