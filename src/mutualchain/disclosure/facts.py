"""What a verified disclosure says of a case, in values that a renderer turns into sentences.

Amounts are minor units, times Unix milliseconds, days the covenant's since 1970-01-01, numbers count from 0. These
types are made by the verifier only: holding one means that every check it lists was made.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..tlog.trust import TrustedCheckpoint

__all__ = [
    "CHECKS",
    "LIMITS",
    "ClaimantRound",
    "KeyChange",
    "OwnShare",
    "Payment",
    "SanctionFact",
    "SharedRound",
    "VerifiedDisclosure",
    "Voucher",
]

CHECKS = {
    "checkpoint": "The log's key that you trust signed this book, {size} blocks long.",
    "quorum": "{witnesses} of the witnesses you trust saw the same book.",
    "extends": "It continues the book that you saw before, {size} blocks long then; nothing in that was changed.",
    "chain": "The book begins with this chain's genesis block and ends with block {height}, signed by its operator.",
    "enrolment": "The claimant's row stands in slot {slot}, recorded in block {height}, before the request.",
    "rounds": "Every round since the claimant joined is here with the claimant's row, {count} in all.",
    "entries": "Each entry about the case stands in the plan's log, {count} in all.",
    "complete": "All {count} entries of the plan are here: nothing about this case was left out.",
    "signatures": "The claimant and each institution that spoke signed what stands under their names.",
    "vouched": "Everybody whom the covenant asks for vouched before the case was disclosed, "
    "and was registered for that then.",
    "steps": "Each step came in its order and at its time: disclosure, objections, votes, decision, round, payment.",
    "votes": "The recorded ballots are as many as the decision counts, {count} in all.",
    "facts": "The facts that were opened are those that the claimant signed for; they break no rule.",
    "opened": "The facts that were opened are those that the claimant signed for.",
    "fields": "What is shown of the person is what the disclosure committed to.",
    "attached": "Of the photographs and reports that belong to it you named {count}; they are these very files.",
    "share": "The share follows from aid, fee, what was carried over and how many shared; everybody owed the same.",
    "equations": "In each round, what was collected equals aid, fee and what was carried over.",
    "paid": "No more was paid than was approved.",
    "own": "Your own record shows the same round, and your part of it.",
}
"""Every check by its id; a disclosure lists those that were made."""

LIMITS = {
    "members": "It cannot prove that every member who shared is a person: whether the money of all of them is there, a "
    "custodian's statement shows.",
    "truth": "It cannot prove that a diagnosis is true, only who vouched for it; nor that money left a bank.",
    "unwitnessed": "No witness has cosigned this book: its operator could show somebody else another one.",
    "unpinned": "It was compared with no earlier book: keep this file, and name it with --seen the next time.",
    "time": "Times are the operator's own word.",
    "partial": "The plan's log is too long for one file. Not proven here: that nothing else was recorded about this "
    "case (a payment, somebody who spoke against it, that it was voided) or about the claimant (a sanction), or that "
    "no institution was revoked before it vouched. An audit checks it.",
    "unrecorded": "What nobody recorded does not show: an objection that the operator would not take, for one.",
    "covered": "That the claimant was covered on the day of the request is the operator's word: balances are sealed.",
    "rows": "Why the claimant did not pay the share in {count} rounds is the operator's word: balances are sealed.",
    "waiting": "The diagnosis was not opened: that the waiting period was over is the word of whoever vouched.",
    "age": "The age that was vouched for was not opened: the age, and what depends on it, are as the disclosure states "
    "them.",
    "closed": "Nothing of the person was opened: age, cause and disease are known to whoever vouched, not to you.",
    "erased": "What was known of the person was erased: nobody can open it any more. What stands in files that were "
    "handed out before stays there.",
    "operator": "The operator of this plan approves cases by itself: nobody had to vouch.",
    "objectors": "Who objected is not in this file: {count} objections are counted, their signatures an audit checks.",
    "votes": "Each ballot is sealed: that jurors signed them, and who may vote, an audit checks.",
    "no_record": "Your own share is not here: name your own record to see it.",
    "not_in_record": "Your record does not show the round that shared the case: it ends before, or you joined later.",
    "new": "The case is not shared yet: what each member pays shows after the round.",
}
"""What a result does not say, by id."""


@dataclass(frozen=True, slots=True)
class Voucher:
    """An institution that spoke about the case. ``revoked`` is why it is one no more, or empty."""

    id: str
    title: str
    role: str
    supports: bool
    report: bool
    height: int
    time_ms: int
    revoked: str


@dataclass(frozen=True, slots=True)
class Payment:
    """Aid that was paid. ``kind`` is "payout" or "advance"; ``payee`` as in the entry, ``funder`` empty or its id."""

    kind: str
    amount: int
    payee: str
    funder: str
    height: int
    time_ms: int


@dataclass(frozen=True, slots=True)
class SanctionFact:
    """A sanction on the claimant; ``until_day`` 0 is for good."""

    reason: str
    until_day: int
    lifted: bool
    time_ms: int


@dataclass(frozen=True, slots=True)
class KeyChange:
    """Another key for the claimant's slot: a "handover" by the old key, or a "rekey" on the word of ``voucher``.

    An empty ``voucher`` of a rekey is the operator; ``objected`` says that the old key objected in time.
    """

    kind: str
    voucher: str
    objected: bool
    height: int
    time_ms: int


@dataclass(frozen=True, slots=True)
class ClaimantRound:
    """A row of the claimant's: which round, when, with what status and amount."""

    number: int
    time_ms: int
    status: str
    amount: int


@dataclass(frozen=True, slots=True)
class SharedRound:
    """The round that shared the case; settled rounds alone are known here. A cap of 0 is none.

    ``restituted`` is what members got back since the round before, for illness in the waiting period.
    """

    number: int
    height: int
    time_ms: int
    announced_time_ms: int
    covenant_version: int
    share: int
    headcount: int
    divisor: int
    aid: int
    fee: int
    surplus_in: int
    deficit_in: int
    top_up: int
    restituted: int
    paid: int
    surplus_out: int
    shortfall: int
    cases: int
    cap_case: int
    cap_round: int
    cap_year: int


@dataclass(frozen=True, slots=True)
class OwnShare:
    """The reader's own row of that round, out of a record of hers that was verified too."""

    slot: int
    status: str
    amount: int


@dataclass(frozen=True, slots=True)
class VerifiedDisclosure:
    """A disclosure that matches the signed chain, and whose chain keeps its rules as far as the file shows.

    ``shown`` are the masked fields that were opened, by name; ``facts`` those of the request. ``clause`` and ``void``
    say why a case was refused or voided. ``asked`` are (role, how many) of those who must vouch; ``objectors`` the
    titles of the institutions among those who objected. ``votes`` is (ballots, support) once they were counted, and
    ``jury`` the (quorum, majority in basis points) that they are held against. ``age_attested`` says that the age
    follows from facts that the claimant signed for. ``erased`` is (when, why) the facts were erased, so that nobody
    can open them any more. ``refunded`` is what all members got back; ``restituted`` what she did, whose membership
    illness in the waiting period ended. ``waiting_days`` and ``maximum`` are the covenant's for this case, None where
    they depend on what is not open. ``own`` is the reader's share where her record was given.
    """

    checkpoint: TrustedCheckpoint
    chain: bytes
    plan: str
    title: str
    currency: str
    decimals: int
    case: bytes
    covenant_version: int
    slot: int
    joined_height: int
    joined_time_ms: int
    joined_day: int
    rounds: tuple[ClaimantRound, ...]
    requested_height: int
    requested_time_ms: int
    requested_day: int
    requested: int
    aid: int
    state: str
    clause: str
    void: str
    disclosed_time_ms: int | None
    objections_until_ms: int | None
    decided_time_ms: int | None
    asked: tuple[tuple[str, int], ...]
    vouchers: tuple[Voucher, ...]
    objections: int
    objectors: tuple[str, ...]
    votes: tuple[int, int] | None
    jury: tuple[int, int] | None
    shown: tuple[tuple[str, int | str], ...]
    facts: tuple[tuple[str, int | str], ...]
    age: int | None
    age_attested: bool
    waiting_days: int | None
    maximum: int | None
    payments: tuple[Payment, ...]
    sanctions: tuple[SanctionFact, ...]
    keys: tuple[KeyChange, ...]
    round: SharedRound | None
    refunded: int | None
    restituted: int | None
    recovered: int
    other_requests: int | None
    erased: tuple[int, str] | None
    complete: bool
    own: OwnShare | None
    as_of_ms: int
    head_height: int
    checks: tuple[tuple[str, dict[str, int]], ...]
    limits: tuple[tuple[str, dict[str, int]], ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The SHA-256 of each photograph and report that belongs to what is shown, in hexadecimal."""
        return tuple(str(dict(self.shown).get("files", "")).split())

    @property
    def paid(self) -> int:
        """What was paid to her, for her, or in advance; repaid advances are not counted twice."""
        return sum(item.amount for item in self.payments if item.payee != "funder")

    def to_value(self) -> dict[str, Any]:
        """Plain values for ``--json``: hashes as hex, everything else as it is."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        return {
            "origin": self.checkpoint.origin,
            "size": self.checkpoint.size,
            "root": self.checkpoint.root.hex(),
            "chain": self.chain.hex(),
            "case": self.case.hex(),
            **plain,
            "rounds": [asdict(item) for item in self.rounds],
            "asked": [{"role": role, "count": count} for role, count in self.asked],
            "vouchers": [asdict(item) for item in self.vouchers],
            "objectors": list(self.objectors),
            "votes": None if self.votes is None else {"ballots": self.votes[0], "support": self.votes[1]},
            "jury": None if self.jury is None else {"quorum": self.jury[0], "majority_bp": self.jury[1]},
            "shown": dict(self.shown),
            "facts": dict(self.facts),
            "payments": [asdict(item) for item in self.payments],
            "paid": self.paid,
            "sanctions": [asdict(item) for item in self.sanctions],
            "keys": [asdict(item) for item in self.keys],
            "round": None if self.round is None else asdict(self.round),
            "erased": None if self.erased is None else {"time_ms": self.erased[0], "reason": self.erased[1]},
            "own": None if self.own is None else asdict(self.own),
        }


_PLAIN = (
    *("plan", "title", "currency", "decimals", "covenant_version", "slot"),
    *("joined_height", "joined_time_ms", "joined_day", "requested_height", "requested_time_ms"),
    *("requested_day", "requested", "aid"),
    *("state", "clause", "void", "disclosed_time_ms", "objections_until_ms", "decided_time_ms", "objections"),
    *(
        "age",
        "age_attested",
        "waiting_days",
        "maximum",
        "refunded",
        "restituted",
        "recovered",
        "other_requests",
        "complete",
    ),
    *("as_of_ms", "head_height"),
)
