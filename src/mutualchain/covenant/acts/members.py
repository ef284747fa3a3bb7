"""Acts about a membership itself: sanctions and their lifting, keys replaced and handed over, data erased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .body import Act, accepted, digest, institution, octets, signature, slot, whole, word

__all__ = [
    "ERASURE_REASONS",
    "LIFT_REASONS",
    "SANCTION_REASONS",
    "Erasure",
    "Handover",
    "Lift",
    "Rekey",
    "RekeyObjection",
    "Sanction",
]

SANCTION_REASONS = ("forged_records", "against_order", "malicious")
"""Why a member cannot request aid for a time, or for good."""
LIFT_REASONS = ("appeal", "error", "served")
"""Why a sanction ends before its day."""
ERASURE_REASONS = ("error", "law", "purpose", "wish")
"""Why data is erased: kept by mistake, by law or order, no longer needed for what it was given for, at her wish."""


@dataclass(frozen=True, slots=True)
class Sanction(Act):
    """A member cannot request aid until ``until_day`` (the covenant's days since 1970-01-01; 0: for good).

    ``case`` is the voided case that it follows from, or none.
    """

    kind: ClassVar[str] = "sanction"
    slot: int = slot()
    case: bytes = digest(optional=True)
    reason: str = word(SANCTION_REASONS)
    until_day: int = whole()


@dataclass(frozen=True, slots=True)
class Lift(Act):
    """A sanction ends; it is named by its entry's hash."""

    kind: ClassVar[str] = "lift"
    sanction: bytes = digest()
    reason: str = word(LIFT_REASONS)


@dataclass(frozen=True, slots=True)
class Handover(Act):
    """A membership passes to another key at once, signed by both: a guardian hands it to a child come of age."""

    kind: ClassVar[str] = "handover"
    SIGNED: ClassVar[tuple[str, ...]] = ("acceptance", "signature")
    slot: int = slot()
    new_key: bytes = octets(32)
    acceptance: bytes = accepted()
    signature: bytes = signature()


@dataclass(frozen=True, slots=True)
class Rekey(Act):
    """A lost key is replaced after a delay: on the word of an institution, which signs, or of the operator (empty)."""

    kind: ClassVar[str] = "rekey"
    SIGNED: ClassVar[tuple[str, ...]] = ("acceptance", "signature")
    slot: int = slot()
    new_key: bytes = octets(32)
    voucher: str = institution(optional=True)
    acceptance: bytes = accepted()
    signature: bytes = signature(optional=True)


@dataclass(frozen=True, slots=True)
class RekeyObjection(Act):
    """The old key says that it is not lost: the replacement, named by its entry's hash, does not come."""

    kind: ClassVar[str] = "rekey_objection"
    SIGNED: ClassVar[tuple[str, ...]] = ("signature",)
    rekey: bytes = digest()
    signature: bytes = signature()


@dataclass(frozen=True, slots=True)
class Erasure(Act):
    """The keys of a member's personal data were destroyed: of all of it, or of the facts of one ``case``."""

    kind: ClassVar[str] = "erasure"
    slot: int = slot()
    case: bytes = digest(optional=True)
    reason: str = word(ERASURE_REASONS)
