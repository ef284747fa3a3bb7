"""What a verified record says: the member's own history, in values that a renderer turns into sentences.

Amounts are minor units, times Unix milliseconds, numbers count from 0. These types are made by the verifier
only: holding one means that every check it lists was made.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..tlog.trust import TrustedCheckpoint

__all__ = ["CHECKS", "LIMITS", "EventFact", "RoundFact", "VerifiedRecord"]

CHECKS = {
    "checkpoint": "The log's key that you trust signed this book, {size} blocks long.",
    "quorum": "{witnesses} of the witnesses you trust saw the same book.",
    "extends": "It continues the book that you saw before, {size} blocks long then; nothing in that was changed.",
    "chain": "The book begins with this chain's genesis block and ends with block {height}, signed by its operator.",
    "enrolment": "Your row stands in slot {slot}, recorded in block {height}.",
    "key": "The key in that row is yours.",
    "rounds": "Every round since you joined is here, {count} in all; "
    "the signed counter says that there is no later one.",
    "charges": "Each deduction is exactly what the covenant computes; everybody who shared owed the same.",
    "equations": "In each round, what was collected equals aid, fee and what was carried over.",
    "events": "Every round counts your credits, withdrawals and notices; none is missing up to the last round.",
    "signatures": "Each withdrawal and exit carries your own signature.",
    "balance": "Deposit, credits, withdrawals and deductions add up to the balance.",
}
"""Every check by its id; a record lists those that were made."""

LIMITS = {
    "truth": "It cannot prove that a diagnosis is true, only who vouched for it; nor that money left a bank.",
    "unwitnessed": "No witness has cosigned this book: its operator could show somebody else another one.",
    "unpinned": "It was compared with no earlier book: keep this file, and name it with --seen the next time.",
    "no_key": "You gave no passport: whose record this is was not checked.",
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


@dataclass(frozen=True, slots=True)
class EventFact:
    """A credit, withdrawal, exit or notice of the member; ``amount`` is 0 where there is none."""

    kind: str
    seq: int
    height: int
    time_ms: int
    amount: int
    reason: int


@dataclass(frozen=True, slots=True)
class VerifiedRecord:
    """A record that matches the signed chain, and whose chain keeps its rules as far as the record shows."""

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
    events: tuple[EventFact, ...]
    balance: int
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
            "events": [asdict(item) for item in self.events],
            "shared": self.shared,
            "cases": self.cases,
            "balance": self.balance,
            "covered": self.covered,
            "exited": self.exited,
            "as_of_ms": self.as_of_ms,
            "head_height": self.head_height,
            "slots": self.slots,
        }
