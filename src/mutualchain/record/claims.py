"""A member's claims: what she says of herself on joining, committed to and opened one by one (SPEC.md section 21).

    leaf       = SHA-256("mutualchain/claim/v1\\n" || salt || canonical [chain, plan, public key, name, value])
    commitment = the RFC 6962 root over the leaves of all NAMES, in their order

Every claim has a salt of 32 random bytes and stands in the tree even where it is empty, so that a commitment says
nothing, not even which claims were made. Whoever destroys salts and values leaves a number that nobody can open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..block import fields
from ..canonical import encode
from ..errors import ClaimError, ProofError, UnsupportedVersion
from ..limits import MAX_CLAIM, MAX_OPENING, MAX_ROWS
from ..tlog.merkle import inclusion_proof, root, verify_inclusion
from . import frame

__all__ = [
    "KEY_HOLDERS",
    "NAMES",
    "Claim",
    "Membership",
    "Opening",
    "claim_file",
    "commitment",
    "leaf_of",
    "open_claim",
    "read_claim_file",
    "verify_claim",
]

_TAG = b"mutualchain/claim/v1\n"

NAMES = ("name", "id_number", "birth_date", "health_declaration", "consent", "key_holder", "join_request")
"""The claims, in their order. ``join_request`` is the hash of what she signed, the others are text."""

KEY_HOLDERS = ("member", "platform", "guardian")
"""Who holds the key of the membership. Anybody but the member herself weakens what her record proves."""


@dataclass(frozen=True, slots=True)
class Membership:
    """What claims are bound to: the chain, the plan and the member's public key (32 bytes)."""

    chain: bytes
    plan: str
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """A value and its salt (32 bytes); both are personal data and never stand on the chain."""

    value: str | bytes = field(repr=False)
    salt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Opening:
    """One claim shown, with its proof against the commitment; the others stay closed."""

    name: str
    claim: Claim
    proof: tuple[bytes, ...]


def leaf_of(member: Membership, name: str, claim: Claim) -> bytes:
    """The leaf of one claim. Raises ClaimError for an unknown name, a value or a salt that is none."""
    if name not in NAMES:
        raise ClaimError("there is no such claim", value=name)
    wanted = bytes if name == "join_request" else str
    if type(claim.value) is not wanted or len(claim.value) > MAX_CLAIM:
        raise ClaimError(f"the claim {name!r} is {wanted.__name__} of at most {MAX_CLAIM}", value=name)
    if len(claim.salt) != 32:
        raise ClaimError("a claim's salt is 32 bytes", value=name)
    content = encode([member.chain, member.plan, member.public_key, name, claim.value])
    return hashlib.sha256(_TAG + claim.salt + content).digest()


def commitment(member: Membership, claims: Mapping[str, Claim]) -> bytes:
    """What stands in her row of the enrolment sheet. Raises ClaimError where a claim is missing or unknown."""
    return root(_leaves(member, claims))


def open_claim(member: Membership, claims: Mapping[str, Claim], name: str) -> Opening:
    """One claim with its proof. Raises ClaimError."""
    leaves = _leaves(member, claims)
    if name not in NAMES:
        raise ClaimError("there is no such claim", value=name)
    return Opening(name, claims[name], tuple(inclusion_proof(leaves, NAMES.index(name))))


def verify_claim(opening: Opening, member: Membership, committed: bytes) -> str | bytes:
    """The value that was committed to. Raises ClaimError where this one was not."""
    leaf = leaf_of(member, opening.name, opening.claim)
    try:
        verify_inclusion(leaf, NAMES.index(opening.name), len(NAMES), opening.proof, committed)
    except ProofError:
        raise ClaimError("the claim is not the one that was committed to", value=opening.name) from None
    return opening.claim.value


def claim_file(opening: Opening, member: Membership, slot: int) -> bytes:
    """An opened claim as a file (.mco): a framed canonical map."""
    value = {
        "version": 1,
        "chain": member.chain,
        "plan": member.plan,
        "public_key": member.public_key,
        "slot": slot,
        "name": opening.name,
        "value": opening.claim.value,
        "salt": opening.claim.salt,
        "proof": list(opening.proof),
    }
    return frame.wrap(frame.OPENING, value)


def read_claim_file(data: bytes) -> tuple[Opening, Membership, int]:
    """An opened claim, whose it says to be, and the slot it names; nothing is verified yet.

    Raises what :func:`frame.unwrap` raises, UnsupportedVersion, ClaimError.
    """
    error = ClaimError
    value = frame.unwrap(frame.OPENING, data, MAX_OPENING)
    if not isinstance(value, dict) or value.get("version") != 1 or isinstance(value.get("version"), bool):
        raise UnsupportedVersion("an opened claim of an unknown version")
    names = ("chain", "name", "plan", "proof", "public_key", "salt", "slot", "value", "version")
    items = fields.mapping(value, names, "an opened claim", error)
    if items["name"] not in NAMES or not isinstance(items["value"], str | bytes):
        raise ClaimError("there is no such claim", value=repr(items["name"])[:40])
    member = Membership(
        fields.blob(items["chain"], 32, "a chain", error),
        fields.name(items["plan"], "a plan", error),
        fields.blob(items["public_key"], 32, "a public key", error),
    )
    claim = Claim(items["value"], fields.blob(items["salt"], 32, "a salt", error))
    opening = Opening(items["name"], claim, fields.hashes(items["proof"], error))
    return opening, member, fields.integer(items["slot"], "a slot", error, high=MAX_ROWS)


def _leaves(member: Membership, claims: Mapping[str, Claim]) -> list[bytes]:
    if set(claims) != set(NAMES):
        raise ClaimError("a commitment is over every claim, each once", value=sorted(set(claims) ^ set(NAMES)))
    return [leaf_of(member, name, claims[name]) for name in NAMES]
