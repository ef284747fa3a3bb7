"""Acts of a plan as a whole: its covenant adopted and amended, rounds opened, money beside the members'."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from ...block import fields as readers
from ...block.entry import Entry
from ...errors import EntryError
from ...limits import MAX_ENTRY
from ..document import Covenant, covenant_hash
from ..rounds import RoundTerms
from .body import Act, amount, bounded, digest, institution, moment, signature, whole, word

__all__ = [
    "FUND_SOURCES",
    "Adoption",
    "Amendment",
    "ClosingNotice",
    "ClosingStatement",
    "Fund",
    "Proposal",
    "RoundOpening",
    "Treasury",
]

FUND_SOURCES = ("operator", "recovery", "donation", "fund")
"""Where money that no member paid comes from."""


@dataclass(frozen=True, slots=True)
class Adoption(Act):
    """A plan begins, under this covenant; ``version`` is 1."""

    kind: ClassVar[str] = "plan"
    covenant: bytes = bounded(MAX_ENTRY)
    version: int = whole(1, 1, default=1)

    @property
    def hash(self) -> bytes:
        """The covenant's hash."""
        return covenant_hash(self.covenant)

    @classmethod
    def from_entry(cls, entry: Entry) -> Adoption:
        """Parse strictly; the covenant itself is parsed too."""
        found = super(Adoption, cls).from_entry(entry)
        Covenant.from_bytes(found.covenant)
        return found


@dataclass(frozen=True, slots=True)
class Proposal(Act):
    """Another covenant is put to the members' vote; its entry's hash is the subject of the ballots."""

    kind: ClassVar[str] = "proposal"
    covenant: bytes = bounded(MAX_ENTRY)

    @classmethod
    def from_entry(cls, entry: Entry) -> Proposal:
        """Parse strictly; the covenant itself is parsed too."""
        found = super(Proposal, cls).from_entry(entry)
        Covenant.from_bytes(found.covenant)
        return found


@dataclass(frozen=True, slots=True)
class Amendment(Act):
    """The covenant's next ``version``, in force from ``effective_ms`` on.

    ``proposal`` is the hash of the proposal's entry where members voted on it, else none.
    """

    kind: ClassVar[str] = "amendment"
    covenant: bytes = bounded(MAX_ENTRY)
    version: int = whole(2)
    effective_ms: int = moment()
    proposal: bytes = digest(optional=True)

    @property
    def hash(self) -> bytes:
        """The covenant's hash."""
        return covenant_hash(self.covenant)

    @classmethod
    def from_entry(cls, entry: Entry) -> Amendment:
        """Parse strictly; the covenant itself is parsed too."""
        found = super(Amendment, cls).from_entry(entry)
        Covenant.from_bytes(found.covenant)
        return found


@dataclass(frozen=True, slots=True)
class RoundOpening(Act):
    """A round is opened: the terms that its charge sheet will carry, announced before the deduction."""

    kind: ClassVar[str] = "round"
    terms: RoundTerms = field(metadata={"read": None})

    def to_entry(self, plan: str) -> Entry:
        """The entry that records it."""
        return Entry(plan, self.kind, {"terms": self.terms.to_bytes()})

    @classmethod
    def from_entry(cls, entry: Entry) -> RoundOpening:
        """Parse strictly."""
        body = readers.mapping(entry.body, ("terms",), "a round", EntryError)
        data = readers.blob(body["terms"], None, "a round's terms", EntryError, most=MAX_ENTRY)
        return cls(RoundTerms.from_bytes(data))


@dataclass(frozen=True, slots=True)
class Fund(Act):
    """Money for the next round that no member paid: the operator's, a donation, or recovered from a voided case.

    ``reference`` is the hash of the payer's own reference; ``case`` is named by a recovery, and by nothing else.
    """

    kind: ClassVar[str] = "fund"
    source: str = word(FUND_SOURCES)
    amount: int = amount()
    reference: bytes = digest()
    case: bytes = digest(optional=True)


@dataclass(frozen=True, slots=True)
class Treasury(Act):
    """What a custodian says it holds for the plan: ``balance`` in minor units at ``as_of_ms``, signed by its key."""

    kind: ClassVar[str] = "treasury"
    SIGNED: ClassVar[tuple[str, ...]] = ("signature",)
    institution: str = institution()
    as_of_ms: int = moment()
    balance: int = whole()
    signature: bytes = signature()


@dataclass(frozen=True, slots=True)
class ClosingNotice(Act):
    """The plan's wind-down is announced; ``announcement`` is the hash of what was published."""

    kind: ClassVar[str] = "closing"
    announcement: bytes = digest()


@dataclass(frozen=True, slots=True)
class ClosingStatement(Act):
    """The plan has ended, and this is what it comes to: :class:`~mutualchain.covenant.closing.Statement`."""

    kind: ClassVar[str] = "closing_statement"
    statement: bytes = bounded(MAX_ENTRY)
