"""Acts in the life of a case, from its request to its payment, and what comes after.

A case is named by the hash of its request's entry; where the covenant lets the operator approve by itself, by the hash
of its approval's. ``reference`` fields are hashes of somebody's own reference, such as a bank's. Nothing here is text
about a person: facts are salted leaves under ``facts_root`` (:mod:`..facts`), documents are hashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...limits import MAX_TOTAL
from ..sections import ROLES
from .body import (
    Act,
    amount,
    case,
    code,
    digest,
    institution,
    octets,
    party,
    signature,
    slot,
    title,
    whole,
    word,
)

__all__ = [
    "PAYEES",
    "VOID_REASONS",
    "Adjudication",
    "Advance",
    "Appeal",
    "Approval",
    "Attestation",
    "CaseApproval",
    "CaseWithdrawal",
    "Disclosure",
    "Objection",
    "Payout",
    "Refusal",
    "Request",
    "Restitution",
    "Void",
]

PAYEES = ("member", "hospital", "family", "funder")
"""To whom aid can be paid; ``funder`` is repaid what it advanced."""
VOID_REASONS = ("forged_records", "against_order", "malicious")
"""The three published reasons: bought medical records, against public order, malicious initiation."""

_SIGNATURE = ("signature",)


@dataclass(frozen=True, slots=True)
class Request(Act):
    """A member asks for aid, by her key, under a ``version`` of the covenant.

    ``override`` is the reason code of a request above ``aid.request_most``, else 0.
    """

    kind: ClassVar[str] = "request"
    SIGNED: ClassVar[tuple[str, ...]] = _SIGNATURE
    slot: int = slot()
    amount: int = amount()
    facts_root: bytes = digest()
    version: int = whole(1)
    override: int = code()
    signature: bytes = signature()


@dataclass(frozen=True, slots=True)
class Attestation(Act):
    """An institution vouches for a case (``supports`` 1) or says that it is not true (0).

    ``tag`` is the keyed hash of the report's number under the issuer's own key, so that the same report shows when it
    serves twice; none where there is no report.
    """

    kind: ClassVar[str] = "attestation"
    SIGNED: ClassVar[tuple[str, ...]] = _SIGNATURE
    case: bytes = case()
    institution: str = institution()
    role: str = word(ROLES)
    supports: int = whole(0, 1)
    tag: bytes = octets(32, optional=True)
    signature: bytes = signature()


@dataclass(frozen=True, slots=True)
class Disclosure(Act):
    """A case is shown to everybody: the aid asked for now, and the root over its salted, masked fields."""

    kind: ClassVar[str] = "disclosure"
    case: bytes = case()
    aid: int = amount()
    fields_root: bytes = digest()


@dataclass(frozen=True, slots=True)
class Objection(Act):
    """Somebody objects to a disclosed case: a member (``by`` her slot) or an institution (its id)."""

    kind: ClassVar[str] = "objection"
    SIGNED: ClassVar[tuple[str, ...]] = _SIGNATURE
    case: bytes = case()
    by: int | str = party()
    grounds: bytes = digest()
    signature: bytes = signature()


@dataclass(frozen=True, slots=True)
class Adjudication(Act):
    """What the ballots on ``subject`` (a case or an amendment) come to: how many there are, how many in support."""

    kind: ClassVar[str] = "adjudication"
    subject: bytes = digest()
    ballots: int = whole()
    support: int = whole()


@dataclass(frozen=True, slots=True)
class CaseApproval(Act):
    """The operator approves a case by itself: slot, aid in minor units, hash of the case file (kept off the chain)."""

    kind: ClassVar[str] = "case"
    slot: int = slot()
    aid: int = amount()
    file_hash: bytes = digest()


@dataclass(frozen=True, slots=True)
class Approval(Act):
    """A requested case is approved, with the aid that was disclosed: the next rounds may share it."""

    kind: ClassVar[str] = "approval"
    case: bytes = case()
    aid: int = amount()


@dataclass(frozen=True, slots=True)
class Refusal(Act):
    """A requested case is refused, by a clause of the covenant (``section.parameter``)."""

    kind: ClassVar[str] = "refusal"
    case: bytes = case()
    clause: str = title()


@dataclass(frozen=True, slots=True)
class Restitution(Act):
    """Illness in the waiting period, where the covenant says so: the membership ends, and all shares paid come back.

    ``case`` was refused by ``aid.waiting``; ``amount`` is what its member was charged, less what was refunded.
    """

    kind: ClassVar[str] = "restitution"
    case: bytes = case()
    amount: int = whole(0, MAX_TOTAL)


@dataclass(frozen=True, slots=True)
class CaseWithdrawal(Act):
    """The member takes her request back, by her key."""

    kind: ClassVar[str] = "case_withdrawn"
    SIGNED: ClassVar[tuple[str, ...]] = _SIGNATURE
    case: bytes = case()
    signature: bytes = signature()


@dataclass(frozen=True, slots=True)
class Advance(Act):
    """Aid paid before its round is settled, by the operator (``funder`` empty) or an institution, which signs it."""

    kind: ClassVar[str] = "advance"
    SIGNED: ClassVar[tuple[str, ...]] = _SIGNATURE
    case: bytes = case()
    amount: int = amount()
    payee: str = word(PAYEES[:3])
    funder: str = institution(optional=True)
    reference: bytes = digest()
    signature: bytes = signature(optional=True)


@dataclass(frozen=True, slots=True)
class Payout(Act):
    """Aid is paid: the case's hash, the amount, to whom, and the hash of the payer's reference."""

    kind: ClassVar[str] = "payout"
    case: bytes = case()
    amount: int = amount()
    payee: str = word(PAYEES)
    reference: bytes = digest()


@dataclass(frozen=True, slots=True)
class Void(Act):
    """An approved case has proved false: it is shared and paid no more, and what was shared goes back."""

    kind: ClassVar[str] = "void"
    case: bytes = case()
    reason: str = word(VOID_REASONS)


@dataclass(frozen=True, slots=True)
class Appeal(Act):
    """A member appeals, by her key, against a refusal, a void or a sanction: ``against`` is that entry's hash."""

    kind: ClassVar[str] = "appeal"
    SIGNED: ClassVar[tuple[str, ...]] = _SIGNATURE
    slot: int = slot()
    against: bytes = digest()
    grounds: bytes = digest()
    signature: bytes = signature()
