"""A join request: what a member signs on her own device before she is in, and only her platform can read.

The content, canonical:

    [1, chain, plan, public key, covenant version, covenant hash, [[name, value, salt]...], salt, signature]

with every claim but ``join_request``, whose salt is the one that stands alone. Signed is the statement ``["join",
public key, covenant version, covenant hash, root]``, where ``root`` is the RFC 6962 root over those claims' leaves: she
agrees to this covenant, by its hash, and to these claims. The request's own hash is the last claim of her commitment,
so that her row in the plan commits to what she signed. On its way the content is sealed to the operator's key (a NaCl
sealed box), so that only her platform can read it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ..block import fields
from ..canonical import decode, encode
from ..covenant.statements import join_message, verify_statement
from ..errors import ClaimError, UnsupportedVersion
from ..limits import MAX_CLAIM, MAX_ROWS
from ..tlog import ed25519
from ..tlog.merkle import root
from .claims import NAMES, Claim, Membership, commitment, leaf_of
from .passport import Passport, member_seed

__all__ = ["JoinRequest", "make_request"]

_TAG = b"mutualchain/join/v1\n"
_SIGNED = NAMES[:-1]
_MOST = 64_000


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """A request to join. Unverified until :meth:`verify`."""

    member: Membership
    covenant_version: int
    covenant_hash: bytes
    claims: dict[str, Claim]
    salt: bytes
    signature: bytes

    def to_bytes(self) -> bytes:
        """The canonical content, to be sealed."""
        member = self.member
        claims = [[name, self.claims[name].value, self.claims[name].salt] for name in _SIGNED]
        head = [1, member.chain, member.plan, member.public_key, self.covenant_version, self.covenant_hash]
        return encode([*head, claims, self.salt, self.signature])

    @classmethod
    def from_bytes(cls, data: bytes) -> JoinRequest:
        """Parse strictly; nothing is verified yet. Raises ClaimError, UnsupportedVersion, CanonicalError."""
        error = ClaimError
        items = fields.array(decode(data, max_size=_MOST), None, "a join request", error)
        if not items or items[0] != 1 or isinstance(items[0], bool):
            raise UnsupportedVersion("a join request of an unknown version", value=repr(items[:1])[:40])
        fields.array(items, 9, "a join request", error)
        rows = [fields.array(row, 3, "a claim", error) for row in fields.array(items[6], len(_SIGNED), "claims", error)]
        if tuple(row[0] for row in rows) != _SIGNED:
            raise ClaimError("a join request has every claim, each once and in its place")
        claims = {
            name: Claim(
                _text(row[1], name),
                fields.blob(row[2], 32, "a claim's salt", error),
            )
            for name, row in zip(_SIGNED, rows, strict=True)
        }
        return cls(
            Membership(
                fields.blob(items[1], 32, "a chain", error),
                fields.name(items[2], "a plan", error),
                fields.blob(items[3], 32, "a public key", error),
            ),
            fields.integer(items[4], "a covenant's version", error, low=1, high=MAX_ROWS),
            fields.blob(items[5], 32, "a covenant's hash", error),
            claims,
            fields.blob(items[7], 32, "a salt", error),
            fields.blob(items[8], 64, "a signature", error),
        )

    def message(self) -> bytes:
        """What she signs."""
        top = root([leaf_of(self.member, name, self.claims[name]) for name in _SIGNED])
        member = self.member
        return join_message(
            member.chain, member.plan, member.public_key, self.covenant_version, self.covenant_hash, top
        )

    @property
    def hash(self) -> bytes:
        """What the last claim of her commitment is."""
        return hashlib.sha256(_TAG + self.to_bytes()).digest()

    def all_claims(self) -> dict[str, Claim]:
        """Every claim of her commitment, her request's hash among them: what the platform's vault keeps."""
        return {**self.claims, NAMES[-1]: Claim(self.hash, self.salt)}

    def verify(self) -> bytes:
        """The commitment for her row, once her signature is found good. Raises StatementSignatureError, ClaimError."""
        verify_statement(self.member.public_key, self.signature, self.message())
        return commitment(self.member, self.all_claims())


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_CLAIM:
        raise ClaimError(f"the claim {name!r} is text of at most {MAX_CLAIM} characters", value=name)
    return value


def make_request(
    passport: Passport,
    origin: str,
    chain: bytes,
    plan: str,
    *,
    covenant_version: int,
    covenant_hash: bytes,
    values: dict[str, str],
    salts: tuple[bytes, ...],
    index: int = 0,
) -> JoinRequest:
    """A request signed with the passport's key for the plan; claims that ``values`` leaves out are empty.

    ``salts`` are len(NAMES) times 32 fresh random bytes. Raises ClaimError for an unknown claim.
    """
    if set(values) - set(_SIGNED):
        raise ClaimError("there is no such claim", value=sorted(set(values) - set(_SIGNED)))
    if len(salts) != len(NAMES):
        raise ClaimError("every claim has a salt of its own", value=len(salts))
    member = Membership(chain, plan, passport.public_key(origin, plan, index))
    claims = {name: Claim(values.get(name, ""), salt) for name, salt in zip(_SIGNED, salts, strict=False)}
    draft = JoinRequest(member, covenant_version, covenant_hash, claims, salts[-1], bytes(64))
    signature = ed25519.sign(member_seed(passport.seed, origin, plan, index), draft.message())
    return JoinRequest(member, covenant_version, covenant_hash, claims, salts[-1], signature)
