"""What a plan knows of its cases, sanctions, votes and members' keys: the state that :mod:`.steps` judges by.

requested -> disclosed -> approved -> (shared by a round) -> paid; or refused, withdrawn; an approved one may be voided.

A cache of the chain, as the book is: ``apply`` puts every recorded act in force, also one that the rules refuse,
because a replay goes on from what was recorded. Times are block times in Unix milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..canonical import Value
from . import timing
from .acts import (
    Act,
    Adjudication,
    Advance,
    Appeal,
    Approval,
    Attestation,
    CaseApproval,
    CaseWithdrawal,
    Disclosure,
    Erasure,
    Handover,
    Lift,
    Objection,
    Payout,
    Proposal,
    Refusal,
    Rekey,
    RekeyObjection,
    Request,
    Restitution,
    Sanction,
    Treasury,
    Void,
)
from .calendar import DAY_MS
from .document import Covenant
from .institutions import Registry
from .member_keys import MemberKeys
from .timing import Version

__all__ = [
    "Case",
    "CaseLife",
    "PlanView",
    "Proposed",
    "Sanctioned",
    "Statement",
    "Votes",
    "version_at",
    "version_of",
]


class PlanView(Protocol):
    """What the life of cases needs of a plan's book."""

    @property
    def slots(self) -> int: ...
    @property
    def versions(self) -> Sequence[Version]: ...
    @property
    def cases(self) -> dict[bytes, Any]: ...
    @property
    def totals(self) -> Any: ...
    @property
    def members(self) -> Any: ...
    @property
    def capture(self) -> Any: ...
    @property
    def open(self) -> Any: ...
    @property
    def registry(self) -> Registry: ...
    @property
    def life(self) -> CaseLife: ...
    def balance(self, slot: int) -> int: ...
    def covered(self, slots: NDArray[np.int64], time_ms: int) -> NDArray[np.bool_]: ...
    def in_grace(self, slot: int, time_ms: int) -> bool: ...
    def expected_holding(self) -> int: ...
    def announced(self, case: bytes) -> bool: ...
    def share_case(self, case: bytes, slot: int, aid: int) -> None: ...


def version_at(book: PlanView, time_ms: int) -> Version:
    """The version of the covenant in force at a time; before any, the first."""
    return timing.version_at(book.versions, time_ms)


def version_of(book: PlanView, number: int) -> Version:
    """A version by its number; the newest below it where there is no such."""
    return next(item for item in reversed(book.versions) if item.number <= number)


@dataclass(slots=True)
class Case:
    """Where a case stands. ``version`` is the covenant's that it falls under; amounts in minor units.

    ``facts_root`` is empty where the operator approved by itself.

    ``attestations`` maps institutions to (role, supports); ``advanced`` maps funders (empty: the operator) to amounts.
    ``ballots`` is -1 until the jury's votes are counted.
    """

    slot: int
    amount: int
    facts_root: bytes
    requested_ms: int
    version: int
    status: str = "requested"
    aid: int = 0
    window_ms: int = 0
    attestations: dict[str, tuple[str, int]] = field(default_factory=dict)
    objections: list[int | str] = field(default_factory=list)
    ballots: int = -1
    support: int = -1
    before: str = ""
    clause: str = ""
    advanced: dict[str, int] = field(default_factory=dict)
    paid: int = 0
    repaid: int = 0
    restituted: bool = False

    @property
    def open(self) -> bool:
        """Whether it is not decided yet."""
        return self.status in ("requested", "disclosed")

    @property
    def disputed(self) -> bool:
        """Whether somebody objected, or an institution said that it is not true."""
        return bool(self.objections) or any(not supports for _, supports in self.attestations.values())

    @property
    def advances(self) -> int:
        """What was paid before the round, by all funders."""
        return sum(self.advanced.values())

    def jury(self, covenant: Covenant) -> bool:
        """Whether the jury decides."""
        mode = covenant.cases.jury
        return mode == "always" or (mode == "on_objection" and self.disputed)

    def voting_ends(self, covenant: Covenant) -> int:
        """When the last ballot may be cast."""
        return self.window_ms + covenant.cases.jury_days * DAY_MS

    def verdict(self, covenant: Covenant) -> bool:
        """What the jury found; below the quorum the first opinion, the attestations', stands."""
        if self.ballots < max(covenant.cases.jury_quorum, 1):
            return True
        return self.support * 10_000 > covenant.cases.jury_majority_bp * self.ballots


@dataclass(slots=True)
class Votes:
    """Ballots on one subject. ``voters`` are the slots that voted, sorted, until the votes are counted."""

    ballots: int = 0
    support: int = 0
    voters: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))


@dataclass(slots=True)
class Proposed:
    """A covenant put to the vote; ``ballots`` is -1 until the votes are counted."""

    covenant: bytes
    closes_ms: int
    ballots: int = -1
    support: int = -1


@dataclass(frozen=True, slots=True)
class Statement:
    """A custodian's statement, and what the ledger expected it to hold when it was recorded."""

    institution: str
    as_of_ms: int
    balance: int
    expected: int
    recorded_ms: int

    @property
    def difference(self) -> int:
        """What the custodian holds beyond what is expected; below zero where it is missing."""
        return self.balance - self.expected


@dataclass(slots=True)
class Sanctioned:
    """A sanction: on whom, until the start of which day (0: for good), and whether it was lifted."""

    slot: int
    until_day: int
    lifted: bool = False


@dataclass(slots=True)
class CaseLife:
    """Cases by name, report tags, sanctions, decisions that can be appealed, votes, keys, treasury statements.

    ``voided`` maps cases to reasons; ``decisions`` maps the hashes of refusals, voids and sanctions to slot and case;
    ``erased`` maps slots (all of hers) and cases (their facts) to when, in ms, and why.
    ``roots`` (of facts, to their last case) and ``barred`` (slots, to their sanctions) are indexes of the others.
    """

    cases: dict[bytes, Case] = field(default_factory=dict)
    tags: dict[bytes, bytes] = field(default_factory=dict)
    voided: dict[bytes, str] = field(default_factory=dict)
    sanctions: dict[bytes, Sanctioned] = field(default_factory=dict)
    decisions: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)
    appealed: set[bytes] = field(default_factory=set)
    proposals: dict[bytes, Proposed] = field(default_factory=dict)
    votes: dict[bytes, Votes] = field(default_factory=dict)
    keys: MemberKeys = field(default_factory=MemberKeys)
    treasury: list[Statement] = field(default_factory=list)
    erased: dict[int | bytes, tuple[int, str]] = field(default_factory=dict)
    roots: dict[bytes, bytes] = field(default_factory=dict)
    barred: dict[int, list[bytes]] = field(default_factory=dict)

    # --- questions --------------------------------------------------------------------------

    def sanctioned(self, slot: int, day: int) -> bool:
        """Whether a sanction is in force for ``slot`` on ``day``."""
        found = (self.sanctions[name] for name in self.barred.get(slot, ()))
        return any(not item.lifted and (not item.until_day or day < item.until_day) for item in found)

    def passed(self, proposal: bytes, covenant: Covenant) -> bool:
        """Whether members have passed a proposal under the covenant that was in force."""
        found = self.proposals.get(proposal)
        if found is None or found.ballots < max(covenant.amendments.quorum, 1):
            return False
        return found.support * 10_000 > covenant.amendments.majority_bp * found.ballots

    def counted(self, subject: bytes) -> tuple[int, int]:
        """(ballots, support) on a subject: those that are being cast, else those that were counted."""
        for item in (self.votes.get(subject), self.proposals.get(subject), self.cases.get(subject)):
            if item is not None:
                return max(item.ballots, 0), max(item.support, 0)
        return 0, 0

    def slot_of(self, act: Act) -> int | None:
        """The member whom an act concerns, and who gets a notice of it; None for none, or an unknown case's."""
        if isinstance(act, Request | CaseApproval | Appeal | Sanction | Handover | Rekey | Erasure):
            return act.slot
        if isinstance(act, RekeyObjection):
            return self.keys.slot_of(act.rekey)
        if isinstance(act, Lift):
            return self.sanctions[act.sanction].slot if act.sanction in self.sanctions else None
        if isinstance(act, Objection):
            return None
        name = self.case_of(act)
        return self.cases[name].slot if name in self.cases else None

    @staticmethod
    def case_of(act: Act) -> bytes | None:
        """The name of the case that an act is about; None for a request, which makes one."""
        if isinstance(act, Adjudication):
            return act.subject
        return getattr(act, "case", None) or None

    # --- entries, put in force ----------------------------------------------------------------

    def apply(self, book: PlanView, act: Act, digest: bytes, now_ms: int) -> None:
        """Put a recorded act in force, as far as what it names exists."""
        if isinstance(act, Request):
            case = Case(act.slot, act.amount, act.facts_root, now_ms, act.version)
            self.cases.setdefault(digest, case)
            self.roots[act.facts_root] = digest
        elif isinstance(act, CaseApproval):
            version = version_at(book, now_ms)
            case = Case(act.slot, act.aid, b"", now_ms, version.number, "approved", act.aid)
            self.cases.setdefault(digest, case)
            book.share_case(digest, act.slot, act.aid)
        elif isinstance(act, Sanction):
            self.sanctions.setdefault(digest, Sanctioned(act.slot, act.until_day))
            if digest not in self.barred.setdefault(act.slot, []):
                self.barred[act.slot].append(digest)
            self.decisions[digest] = act.slot, act.case
        elif isinstance(act, Erasure):
            self.erased.setdefault(act.case or act.slot, (now_ms, act.reason))
        elif isinstance(act, Lift):
            if act.sanction in self.sanctions:
                self.sanctions[act.sanction].lifted = True
        elif isinstance(act, Proposal):
            days = version_at(book, now_ms).covenant.amendments.vote_days
            self.proposals.setdefault(digest, Proposed(act.covenant, now_ms + days * DAY_MS))
        elif isinstance(act, Treasury):
            expected = book.expected_holding()
            self.treasury.append(Statement(act.institution, act.as_of_ms, act.balance, expected, now_ms))
        elif isinstance(act, Handover | Rekey | RekeyObjection):
            self.keys.apply(act, digest, now_ms, version_at(book, now_ms).covenant.keys.rekey_days)
        elif isinstance(act, Appeal):
            self._appeal(act, now_ms)
        elif isinstance(act, Adjudication) and act.subject in self.proposals:
            proposed = self.proposals[act.subject]
            proposed.ballots, proposed.support = act.ballots, act.support
            self.votes.pop(act.subject, None)
        else:
            name = self.case_of(act)
            if name in self.cases:
                self._step(book, act, name, self.cases[name], digest, now_ms)
        if isinstance(act, Payout):
            book.totals.payouts += act.amount

    def _step(self, book: PlanView, act: Act, name: bytes, case: Case, digest: bytes, now_ms: int) -> None:
        if isinstance(act, Attestation):
            case.attestations.setdefault(act.institution, (act.role, act.supports))
            if act.tag:
                self.tags[act.tag] = name
        elif isinstance(act, Disclosure):
            days = version_of(book, case.version).covenant.cases.objection_days
            case.status, case.aid, case.window_ms = "disclosed", act.aid, now_ms + days * DAY_MS
        elif isinstance(act, Objection):
            case.objections.append(act.by)
        elif isinstance(act, Adjudication):
            case.ballots, case.support = act.ballots, act.support
            self.votes.pop(name, None)
        elif isinstance(act, Approval):
            case.status, case.aid = "approved", act.aid
            book.share_case(name, case.slot, act.aid)
        elif isinstance(act, Refusal):
            case.before, case.status, case.clause = case.status, "refused", act.clause
            self.decisions[digest] = case.slot, name
        elif isinstance(act, Restitution):
            for other in self.cases.values():  # it ended a membership, and gave back all that was paid in it
                other.restituted = other.restituted or other.slot == case.slot
        elif isinstance(act, CaseWithdrawal):
            case.status = "withdrawn"
            self._share_no_more(book, name)
        elif isinstance(act, Advance):
            case.advanced[act.funder] = case.advanced.get(act.funder, 0) + act.amount
        elif isinstance(act, Payout):
            self._pay(book, act, name, case)
        elif isinstance(act, Void):
            case.status = "void"
            self.voided[name] = act.reason
            self.decisions[digest] = case.slot, name
            self._share_no_more(book, name)

    def _pay(self, book: PlanView, act: Payout, name: bytes, case: Case) -> None:
        if act.payee == "funder":
            case.repaid += act.amount
        else:
            case.paid += act.amount
        if name in book.cases:
            book.cases[name].paid += act.amount

    def _share_no_more(self, book: PlanView, name: bytes) -> None:
        """A case that no round has announced is shared by none. An announced one is settled, and refunded then."""
        shared = book.cases.get(name)
        if shared is not None and shared.round is None and not book.announced(name):
            del book.cases[name]

    def _appeal(self, act: Appeal, now_ms: int) -> None:
        """A refused case stands again where it stood, and a jury votes anew. Sanctions and voids wait to be lifted."""
        self.appealed.add(act.against)
        _, name = self.decisions.get(act.against, (0, b""))
        case = self.cases.get(name)
        if case is not None and case.status == "refused" and not case.restituted:
            case.status = case.before
            if case.ballots >= 0:
                case.ballots = case.support = -1
                case.window_ms = now_ms

    # --- saved --------------------------------------------------------------------------------

    def to_value(self) -> dict[str, Any]:
        """Everything, as canonical values."""
        return {
            "cases": [[name, _case_value(case)] for name, case in self.cases.items()],
            "tags": _pairs(self.tags),
            "voided": _pairs(self.voided),
            "sanctions": [[name, item.slot, item.until_day, item.lifted] for name, item in self.sanctions.items()],
            "decisions": [[name, slot, case] for name, (slot, case) in self.decisions.items()],
            "appealed": sorted(self.appealed),
            "proposals": [[name, *astuple(item)] for name, item in self.proposals.items()],
            "votes": [
                [name, item.ballots, item.support, item.voters.astype("<u4").tobytes()]
                for name, item in self.votes.items()
            ],
            "keys": self.keys.to_value(),
            "treasury": [list(astuple(item)) for item in self.treasury],
            "erased": [[whose, *why] for whose, why in self.erased.items()],
        }

    @classmethod
    def from_value(cls, value: Value) -> CaseLife:
        """What ``to_value`` gave."""
        saved: Any = value
        found = cls(
            {name: _case_from(fields) for name, fields in saved["cases"]},
            dict(saved["tags"]),
            dict(saved["voided"]),
            {name: Sanctioned(*fields) for name, *fields in saved["sanctions"]},
            {name: (slot, case) for name, slot, case in saved["decisions"]},
            set(saved["appealed"]),
            {name: Proposed(*fields) for name, *fields in saved["proposals"]},
            {
                name: Votes(ballots, support, np.frombuffer(voters, "<u4").astype(np.uint32))
                for name, ballots, support, voters in saved["votes"]
            },
            MemberKeys.from_value(saved["keys"]),
            [Statement(*fields) for fields in saved["treasury"]],
            {whose: (time_ms, reason) for whose, time_ms, reason in saved["erased"]},
        )
        found.roots = {case.facts_root: name for name, case in found.cases.items() if case.facts_root}
        for name, item in found.sanctions.items():
            found.barred.setdefault(item.slot, []).append(name)
        return found


def _pairs(values: dict[bytes, Any]) -> list[Any]:
    return [list(pair) for pair in values.items()]


def _case_value(case: Case) -> dict[str, Any]:
    value = asdict(case)
    value["attestations"] = [[name, *spoken] for name, spoken in case.attestations.items()]
    value["advanced"] = [list(pair) for pair in case.advanced.items()]
    return value


def _case_from(value: Any) -> Case:
    fields = dict(value)
    fields["attestations"] = {name: (role, supports) for name, role, supports in fields["attestations"]}
    fields["advanced"] = dict(fields["advanced"])
    fields["objections"] = list(fields["objections"])
    return Case(**fields)
