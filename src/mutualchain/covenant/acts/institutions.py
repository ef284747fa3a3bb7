"""Acts of the chain's own (no plan): institutions registered, revoked, given another key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..sections import ROLES
from .body import Act, accepted, institution, octets, signature, title, word, words

__all__ = ["REVOKED_FOR", "Registration", "Replacement", "Revocation"]

REVOKED_FOR = ("resigned", "misconduct", "key_lost", "closed")
"""Why an institution is one no more."""


@dataclass(frozen=True, slots=True)
class Registration(Act):
    """An institution and its roles; its own key accepts them."""

    kind: ClassVar[str] = "institution"
    SIGNED: ClassVar[tuple[str, ...]] = ("acceptance",)
    id: str = institution()
    title: str = title(120)
    key: bytes = octets(32)
    roles: tuple[str, ...] = words(ROLES)
    acceptance: bytes = accepted()


@dataclass(frozen=True, slots=True)
class Revocation(Act):
    """An institution can sign nothing any more; what it has signed stays."""

    kind: ClassVar[str] = "institution_revoked"
    id: str = institution()
    reason: str = word(REVOKED_FOR)


@dataclass(frozen=True, slots=True)
class Replacement(Act):
    """An institution's key is replaced, at once: signed by the old key, accepted by the new one."""

    kind: ClassVar[str] = "institution_key"
    SIGNED: ClassVar[tuple[str, ...]] = ("acceptance", "signature")
    id: str = institution()
    new_key: bytes = octets(32)
    acceptance: bytes = accepted()
    signature: bytes = signature()
