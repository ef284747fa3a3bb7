"""What a verified record says: the member's own history, in values that a renderer turns into sentences.

Amounts are minor units, times Unix milliseconds, numbers count from 0. These types are made by the verifier
only: holding one means that every check it lists was made.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..tlog.trust import TrustedCheckpoint

__all__ = ["CHECKS", "LIMITS", "CaseFact", "CovenantFact", "EventFact", "RefundFact", "RoundFact", "VerifiedRecord"]

CHECKS = {
    "checkpoint": "The log's key that you trust signed this book, {size} blocks long.",
    "quorum": "{witnesses} of the witnesses you trust saw the same book.",
    "extends": "It continues the book that you saw before, {size} blocks long then; nothing in that was changed.",
    "chain": "The book begins with this chain's genesis block and ends with block {height}, signed by its operator.",
    "enrolment": "Your row stands in slot {slot}, recorded in block {height}.",
    "key": "The key that speaks for that slot, or once did, is yours.",
    "covenants": "Every version of the covenant is here, {count} in all; each round is held against the one in force.",
    "rounds": "Every round since you joined is here, {count} in all; "
    "the signed counter says that there is no later one.",
    "charges": "Each deduction is exactly what the covenant computes; everybody who shared owed the same.",
    "equations": "In each round, what was collected equals aid, fee and what was carried over.",
    "events": "Every round counts your credits, withdrawals and notices; none is missing up to the last round.",
    "notices": "Each notice shows the entry it names, {count} in all: what was decided about you and your cases.",
    "refunds": "Every refund is here, {count} in all; each gives back exactly the case's part of what you paid.",
    "signatures": "Each withdrawal, exit, ballot, request and appeal carries the signature of the key in force then.",
    "balance": "Deposit, credits, refunds, corrections, withdrawals and deductions add up to the balance.",
}
"""Every check by its id; a record lists those that were made."""

LIMITS = {
    "truth": "It cannot prove that a diagnosis is true, only who vouched for it; nor that money left a bank.",
    "unwitnessed": "No witness has cosigned this book: its operator could show somebody else another one.",
    "unpinned": "It was compared with no earlier book: keep this file, and name it with --seen the next time.",
    "no_key": "You gave no passport: whose record this is was not checked.",
    "mandate": "That a collection from your account failed, where a round says so, is the operator's word.",
    "restitutions": "What members ill in the waiting period got back stands in each round's terms; "
    "whose it was, and that the sum is right, an audit shows.",
    "since_last_round": "Since the last round's snapshot {count} credits, withdrawals or notices of yours are shown; "
    "that there were no others shows with the next round.",
    "before_first_round": "Before your first round {count} credits, withdrawals or notices of yours are shown; "
    "that there were no others shows with that round.",
    "others": "Other members' rows and the cases themselves are not in this record: an audit checks them.",
    "time": "Times are the operator's own word.",
}
"""What a result does not say, by id."""


@dataclass(frozen=True, slots=True)
class RoundFact:
    """A round and what it did with the member. ``status`` is a name such as ``"paid"``."""

    number: int
    height: int
    time_ms: int
    snapshot_time_ms: int
    status: str
    amount: int
    share: int
    headcount: int
    aid: int
    fee: int
    surplus_in: int
    surplus_out: int
    shortfall: int
    cases: int
    events: int
    announced_time_ms: int
    covenant_version: int
    divisor: int
    top_up: int
    restituted: int


@dataclass(frozen=True, slots=True)
class EventFact:
    """A credit, withdrawal, exit, notice, correction or ballot of the member; ``amount`` is 0 where there is none.

    ``about`` is the kind of entry that a notice names, ``entry`` its hash, ``says`` its body: byte strings in
    hexadecimal. ``corrects`` is the running number of the credit that a correction takes back, else -1; ``vote`` 1 or 0
    in a ballot, else -1, whose subject is ``entry``.
    """

    kind: str
    seq: int
    height: int
    time_ms: int
    amount: int
    reason: int
    corrects: int = -1
    vote: int = -1
    about: str = ""
    entry: str = ""
    says: tuple[tuple[str, int | str], ...] = ()


@dataclass(frozen=True, slots=True)
class RefundFact:
    """What she got back of her charge in round ``round`` (from 0), because ``case`` was voided."""

    number: int
    height: int
    time_ms: int
    round: int
    case: str
    amount: int


@dataclass(frozen=True, slots=True)
class CaseFact:
    """A case of hers. ``round`` is the number of the round that shared it, ``paid`` what was paid or advanced on it."""

    case: str
    opened_time_ms: int
    requested: int
    aid: int
    state: str
    clause: str
    round: int | None
    paid: int


@dataclass(frozen=True, slots=True)
class CovenantFact:
    """A version of the covenant, in force from ``effective_ms`` on; ``changed`` are the clauses that it changed."""

    version: int
    hash: str
    time_ms: int
    effective_ms: int
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VerifiedRecord:
    """A record that matches the signed chain, and whose chain keeps its rules as far as the record shows.

    ``closing_time_ms`` and ``ended_time_ms`` say when the plan's end was announced, and when it came; 0 is not yet.
    """

    checkpoint: TrustedCheckpoint
    chain: bytes
    plan: str
    title: str
    currency: str
    decimals: int
    slot: int
    public_key: bytes
    commitment: bytes
    joined_height: int
    joined_time_ms: int
    since_day: int
    deposit: int
    rounds: tuple[RoundFact, ...]
    refunds: tuple[RefundFact, ...]
    events: tuple[EventFact, ...]
    own_cases: tuple[CaseFact, ...]
    closing_time_ms: int
    ended_time_ms: int
    covenants: tuple[CovenantFact, ...]
    keys: tuple[bytes, ...]
    balance: int
    arrears: int
    covered: bool
    exited: bool
    as_of_ms: int
    head_height: int
    slots: int
    checks: tuple[tuple[str, dict[str, int]], ...]
    limits: tuple[tuple[str, dict[str, int]], ...]

    @property
    def shared(self) -> int:
        """What the member has paid in all her rounds."""
        return sum(item.amount for item in self.rounds)

    @property
    def refunded(self) -> int:
        """What came back to her for voided cases."""
        return sum(item.amount for item in self.refunds)

    @property
    def cases(self) -> int:
        """How many cases she shared in."""
        return sum(item.cases for item in self.rounds if item.amount)

    def to_value(self) -> dict[str, Any]:
        """Plain values for ``--json``: hashes as hex, everything else as it is."""
        return {
            "origin": self.checkpoint.origin,
            "size": self.checkpoint.size,
            "root": self.checkpoint.root.hex(),
            "chain": self.chain.hex(),
            "plan": self.plan,
            "title": self.title,
            "currency": self.currency,
            "decimals": self.decimals,
            "slot": self.slot,
            "public_key": self.public_key.hex(),
            "commitment": self.commitment.hex(),
            "joined_height": self.joined_height,
            "joined_time_ms": self.joined_time_ms,
            "since_day": self.since_day,
            "deposit": self.deposit,
            "rounds": [asdict(item) for item in self.rounds],
            "refunds": [asdict(item) for item in self.refunds],
            "events": [{**asdict(item), "says": dict(item.says)} for item in self.events],
            "own_cases": [asdict(item) for item in self.own_cases],
            "closing_time_ms": self.closing_time_ms,
            "ended_time_ms": self.ended_time_ms,
            "covenants": [{**asdict(item), "changed": list(item.changed)} for item in self.covenants],
            "keys": [key.hex() for key in self.keys],
            "shared": self.shared,
            "cases": self.cases,
            "refunded": self.refunded,
            "balance": self.balance,
            "arrears": self.arrears,
            "covered": self.covered,
            "exited": self.exited,
            "as_of_ms": self.as_of_ms,
            "head_height": self.head_height,
            "slots": self.slots,
        }
