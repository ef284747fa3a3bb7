"""The bodies of a plan's entries, typed: adopting a covenant, approving a case, opening a round, paying out.

Each has ``to_entry(plan)`` and ``from_entry``; ``act_of`` parses any entry of a plan by its kind. Entries of
kinds that this release does not know raise UnsupportedVersion, so that nothing is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from ..block import fields
from ..block.entry import CHAIN, Entry
from ..errors import EntryError, UnsupportedVersion
from ..limits import MAX_ENTRY, MAX_ROWS, MAX_TOTAL
from .document import Covenant, covenant_hash
from .rounds import RoundTerms

__all__ = ["PAYEES", "Act", "Adoption", "CaseApproval", "Payout", "RoundOpening", "act_of"]

PAYEES = ("member", "hospital", "family")
"""To whom aid can be paid."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """A plan begins, under this covenant; ``version`` is 1."""

    kind: ClassVar[str] = "plan"
    covenant: bytes
    version: int = 1

    @property
    def hash(self) -> bytes:
        """The covenant's hash."""
        return covenant_hash(self.covenant)

    def to_entry(self, plan: str) -> Entry:
        """The entry that records it."""
        return Entry(plan, self.kind, {"covenant": self.covenant, "version": self.version})

    @classmethod
    def from_entry(cls, entry: Entry) -> Adoption:
        """Parse strictly; the covenant itself is parsed too."""
        body = fields.mapping(entry.body, ("covenant", "version"), "an adoption", EntryError)
        data = fields.blob(body["covenant"], None, "a covenant", EntryError, most=MAX_ENTRY)
        Covenant.from_bytes(data)
        return cls(data, fields.integer(body["version"], "a covenant's version", EntryError, low=1, high=1))


@dataclass(frozen=True, slots=True)
class CaseApproval:
    """A case is approved: the member's slot, the aid in minor units, the hash of the case file (kept off the chain)."""

    kind: ClassVar[str] = "case"
    slot: int
    aid: int
    file_hash: bytes

    def to_entry(self, plan: str) -> Entry:
        """The entry that records it; its hash names the case."""
        return Entry(plan, self.kind, {"aid": self.aid, "file_hash": self.file_hash, "slot": self.slot})

    @classmethod
    def from_entry(cls, entry: Entry) -> CaseApproval:
        """Parse strictly."""
        body = fields.mapping(entry.body, ("aid", "file_hash", "slot"), "a case", EntryError)
        return cls(
            fields.integer(body["slot"], "a case's slot", EntryError, high=MAX_ROWS),
            fields.integer(body["aid"], "a case's aid", EntryError, low=1, high=MAX_TOTAL),
            fields.blob(body["file_hash"], 32, "a case file's hash", EntryError),
        )


@dataclass(frozen=True, slots=True)
class RoundOpening:
    """A round is opened: the terms that its charge sheet will carry, announced before the deduction."""

    kind: ClassVar[str] = "round"
    terms: RoundTerms

    def to_entry(self, plan: str) -> Entry:
        """The entry that records it."""
        return Entry(plan, self.kind, {"terms": self.terms.to_bytes()})

    @classmethod
    def from_entry(cls, entry: Entry) -> RoundOpening:
        """Parse strictly."""
        body = fields.mapping(entry.body, ("terms",), "a round", EntryError)
        return cls(
            RoundTerms.from_bytes(fields.blob(body["terms"], None, "a round's terms", EntryError, most=MAX_ENTRY))
        )


@dataclass(frozen=True, slots=True)
class Payout:
    """Aid is paid: the case's hash, the amount, to whom, and the hash of the payer's reference."""

    kind: ClassVar[str] = "payout"
    case: bytes
    amount: int
    payee: str
    reference: bytes

    def to_entry(self, plan: str) -> Entry:
        """The entry that records it."""
        return Entry(
            plan,
            self.kind,
            {"amount": self.amount, "case": self.case, "payee": self.payee, "reference": self.reference},
        )

    @classmethod
    def from_entry(cls, entry: Entry) -> Payout:
        """Parse strictly."""
        body = fields.mapping(entry.body, ("amount", "case", "payee", "reference"), "a payout", EntryError)
        if body["payee"] not in PAYEES:
            raise EntryError(f"a payee is one of {', '.join(PAYEES)}", value=repr(body["payee"])[:40])
        return cls(
            fields.blob(body["case"], 32, "a case's hash", EntryError),
            fields.integer(body["amount"], "a payout", EntryError, low=1, high=MAX_TOTAL),
            body["payee"],
            fields.blob(body["reference"], 32, "a payout's reference", EntryError),
        )


Act: TypeAlias = "Adoption | CaseApproval | RoundOpening | Payout"
_ACTS: dict[str, type[Adoption] | type[CaseApproval] | type[RoundOpening] | type[Payout]] = {
    kind.kind: kind for kind in (Adoption, CaseApproval, RoundOpening, Payout)
}


def act_of(entry: Entry) -> Act:
    """The typed body of a plan's entry. Raises UnsupportedVersion for an unknown kind."""
    kind = _ACTS.get(entry.kind)
    if kind is None or entry.plan == CHAIN:
        raise UnsupportedVersion("an entry of an unknown kind", value=entry.kind)
    return kind.from_entry(entry)
