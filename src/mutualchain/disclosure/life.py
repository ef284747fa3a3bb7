"""A case lived through again: every entry about it, in its order, under the covenant's own rules.

The rules are the writer's (:mod:`~mutualchain.covenant.steps`), asked with what one case and one member's public rows
show of a plan. What they cannot show is taken as the operator's word, and the result says so: that she was covered on
the day of the request (her balance is sealed), and who objected (other members' keys are not in the file).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..block.entry import CHAIN
from ..block.plan import EventLeaf, SheetLeaf
from ..covenant import steps
from ..covenant.acts import (
    Act,
    Adjudication,
    Appeal,
    Attestation,
    CaseApproval,
    Erasure,
    Fund,
    Handover,
    Lift,
    Objection,
    Rekey,
    RekeyObjection,
    Request,
    Restitution,
    Sanction,
    act_of,
    chain_act_of,
)
from ..covenant.cases import Case, CaseLife, Votes, version_of
from ..covenant.facts import Facts
from ..covenant.institutions import Registry
from ..covenant.money import CaseState, Totals
from ..covenant.rounds import RoundTerms
from ..covenant.signing import verify_act, verify_chain_act
from ..errors import (
    AdjudicationMismatch,
    CanonicalError,
    EntryError,
    KeyRule,
    MutualchainError,
    RecordIncomplete,
    RecordMismatch,
    RuleBroken,
    RuleError,
    SlotUnknown,
    UnsupportedVersion,
)
from ..record.covenants import Versions
from ..record.logs import whole
from ..record.membership import Membership
from ..record.refunds import Refund
from ..record.rounds import HerRound
from ..sheet import Status
from .shown import Noted, blame

__all__ = ["Life", "Step", "Story"]

BALLOT = "ballot/1"


@dataclass(frozen=True, slots=True)
class Step:
    """An entry about the case that was lived through."""

    noted: Noted
    act: Act


@dataclass(slots=True)
class _Members:
    """What is known of the plan's members: when the claimant joined."""

    day: int

    def joined_day(self, slot: int) -> int:
        return self.day


@dataclass(slots=True)
class Story:
    """A plan as one case shows it: what the rules of :mod:`~mutualchain.covenant.steps` need of a book."""

    slot: int
    slots: int
    members: Any
    versions: Sequence[Any]
    registry: Registry
    rounds: Sequence[HerRound]
    refunds: Sequence[Refund]
    life: CaseLife = field(default_factory=CaseLife)
    cases: dict[bytes, Any] = field(default_factory=dict)
    totals: Any = field(default_factory=Totals)
    capture: Any = None
    open: RoundTerms | None = None

    @classmethod
    def of(
        cls,
        slot: int,
        slots: int,
        joined_day: int,
        versions: Sequence[Any],
        registry: Registry,
        rounds: Sequence[HerRound],
        refunds: Sequence[Refund],
    ) -> Story:
        """The plan before the case: the claimant's slot and day of joining, covenants, proven rounds and refunds."""
        return cls(slot, slots, _Members(joined_day), versions, registry, rounds, refunds)

    def balance(self, slot: int) -> int:
        """Raises SlotUnknown where the plan has no such slot; balances are sealed."""
        if not 0 <= slot < self.slots:
            raise SlotUnknown(f"the plan has no slot {slot}", value=slot)
        return 0

    def covered(self, slots: NDArray[np.int64], time_ms: int) -> NDArray[np.bool_]:
        """Whether the claimant can have been covered: she had not left by the last snapshot before."""
        last = [item for item in self.rounds if item.round.terms.snapshot_time_ms <= time_ms]
        left = bool(last) and last[-1].row["status"] == Status.EXITED
        return np.array([not (left and int(slot) == self.slot) for slot in slots], bool)

    def in_grace(self, slot: int, time_ms: int) -> bool:
        """Whether a member is in arrears: not known."""
        return False

    def expected_holding(self) -> int:
        """What a custodian should hold: not known."""
        return 0

    def announced(self, case: bytes) -> bool:
        """Whether the open round names the case."""
        return self.open is not None and case in self.open.cases

    def share_case(self, case: bytes, slot: int, aid: int) -> None:
        """An approved case waits for its round."""
        self.cases.setdefault(case, CaseState(slot, aid))


class Life:
    """One case's life. ``live`` once everything that is shown was proven.

    ``dropped`` says that it was refused or withdrawn, and not approved: then its facts may well break a rule.
    """

    def __init__(
        self, chain: bytes, case: bytes, member: Membership, versions: Versions, story: Story, *, whole: bool
    ) -> None:
        self.chain, self.name, self.member, self.versions = chain, case, member, versions
        self.story, self.whole, self.dropped = story, whole, False
        self.steps: list[Step] = []
        self.recovered = 0
        self.others = 0
        self.unsigned = 0
        self.ballot_sheets = 0
        self._tags: dict[bytes, bytes] = {}
        self._slots: dict[bytes, int] = {}

    @property
    def case(self) -> Case:
        """Where the case stands in the end. Raises RecordIncomplete where its first entry is not shown."""
        found = self.story.life.cases.get(self.name)
        if found is None:
            raise RecordIncomplete("the entry that began the case is missing from the file", value=self.name)
        return found

    def of(self, *kinds: type[Act]) -> list[Step]:
        """The steps of some kinds, in their order."""
        return [step for step in self.steps if isinstance(step.act, kinds)]

    def live(self, entries: Sequence[Noted], ballots: Sequence[tuple[int, SheetLeaf]], facts: Facts | None) -> None:
        """Everything in the order of its recording: a block's entries, also the chain's own, before its sheets."""
        queue: list[tuple[tuple[int, int, int], Any]] = []
        queue += [((item.leaf.height, 0, item.leaf.index), item) for item in entries]
        queue += [((leaf.height, 1, position), leaf) for position, leaf in ballots]
        for item in self.story.rounds:
            announced, this = item.round.announced, item.round
            queue.append(((announced.height, 0, announced.index), (announced, this.terms)))
            queue.append(((this.leaf.height, 1, this.position), this.terms))
        for _, item in sorted(queue, key=lambda pair: pair[0]):
            if isinstance(item, Noted) and item.entry.plan == CHAIN:
                self._register(item)
            elif isinstance(item, Noted):
                self._enter(item, facts)
            elif isinstance(item, SheetLeaf):
                self._vote(item)
            elif isinstance(item, tuple):
                self._announce(*item)
            else:
                self._settle(item)

    # --- entries --------------------------------------------------------------------------------

    def _register(self, noted: Noted) -> None:
        """An institution is registered, revoked, or given another key; other entries of the chain's own pass by."""
        registry = self.story.registry
        try:
            act = chain_act_of(noted.entry)
        except (EntryError, CanonicalError, RuleError) as error:
            raise RuleBroken(f"an entry makes no sense: {error.message}", place=noted.place) from None
        if act is None:
            return
        try:
            verify_chain_act(registry, self.chain, act)
            registry.check(act)
        except MutualchainError as error:
            raise blame(error, noted.place, self.whole) from None
        registry.apply(act)

    def _enter(self, noted: Noted, facts: Facts | None) -> None:
        try:
            act = act_of(noted.entry)
        except (EntryError, CanonicalError, RuleError) as error:
            raise RuleBroken(f"an entry makes no sense: {error.message}", place=noted.place) from None
        if not self._concerns(act, noted.digest):
            self._elsewhere(act, noted)
            return
        if isinstance(act, Request | CaseApproval):
            if act.slot != self.member.slot:
                raise RecordMismatch("the case is another member's than the file shows", value=act.slot)
            if noted.leaf.height <= self.member.height:
                raise RuleBroken("the claimant asked for aid before she had joined", place=noted.place)
        try:
            self._check(act, noted, facts)
        except AdjudicationMismatch as error:  # sheets of ballots can be left out of any file
            counted, _ = self.story.life.counted(self.name)
            more = isinstance(act, Adjudication) and counted >= act.ballots
            raise blame(error, noted.place, self.whole and more) from None
        except UnsupportedVersion:
            raise
        except MutualchainError as error:
            raise blame(error, noted.place, self.whole) from None
        self.story.life.apply(self.story, act, noted.digest, noted.leaf.time_ms)
        if isinstance(act, Fund):
            self.recovered += act.amount
        self.steps.append(Step(noted, act))

    def _concerns(self, act: Act, digest: bytes) -> bool:
        """Whether an entry is about the case, the claimant's standing or her key."""
        life, slot = self.story.life, self.member.slot
        if isinstance(act, Request | CaseApproval):
            return digest == self.name
        if isinstance(act, Sanction | Handover | Rekey):
            return act.slot == slot
        if isinstance(act, Erasure):
            return act.slot == slot and act.case in (b"", self.name)
        if isinstance(act, Appeal):
            return act.slot == slot and act.against in life.decisions
        if isinstance(act, Lift):
            return act.sanction in life.sanctions
        if isinstance(act, RekeyObjection):
            return life.keys.slot_of(act.rekey) is not None
        return life.case_of(act) == self.name

    def _elsewhere(self, act: Act, noted: Noted) -> None:
        """Another case's entry: the claimant's other requests are counted, and reports that serve twice are found."""
        if isinstance(act, Request | CaseApproval):
            self._slots[noted.digest] = act.slot
            self.others += act.slot == self.member.slot
        elif isinstance(act, Attestation):
            self._report(act, noted)

    def _report(self, act: Attestation, noted: Noted) -> None:
        other = self._tags.setdefault(act.tag, act.case) if act.tag else act.case
        if other == act.case or self.name not in (other, act.case):
            return
        if self._slots.get(other if act.case == self.name else act.case) != self.member.slot:
            raise blame(RuleBroken("the same report stands in another member's case"), noted.place, self.whole)

    def _check(self, act: Act, noted: Noted, facts: Facts | None) -> None:
        story, time_ms = self.story, noted.leaf.time_ms
        known: Facts | int | None = None if isinstance(act, Request) and self.dropped else facts
        if isinstance(act, Restitution):
            known = self._charged(noted.leaf.height)
        stranger = isinstance(act, Objection) and isinstance(act.by, int) and act.by != self.member.slot
        if stranger:  # her key is in no row shown here
            self.unsigned += 1
        else:
            verify_act(story, self.chain, self.member.plan, act, time_ms, self._enrolled)
        if isinstance(act, Attestation):
            self._report(act, noted)
        if isinstance(act, Handover | Rekey) and act.new_key == self.member.key:
            raise KeyRule("the new key is the one that she joined with", value=act.new_key)
        if isinstance(act, Fund) or (isinstance(act, Sanction) and act.case not in (b"", self.name)):
            return
        steps.check(story, act, noted.digest, time_ms, known)

    def _charged(self, height: int) -> int:
        """What the claimant was charged in rounds settled before a block, less what was refunded by then."""
        charges = (whole(item.row, "amount") for item in self.story.rounds if item.round.leaf.height < height)
        return sum(charges) - sum(item.amount for item in self.story.refunds if item.leaf.height < height)

    def _enrolled(self, slot: int) -> bytes:
        if slot != self.member.slot:
            raise SlotUnknown("the file does not show this member's key", value=slot)
        return self.member.key

    # --- votes and rounds -------------------------------------------------------------------------

    def _vote(self, leaf: SheetLeaf) -> None:
        case = self.story.life.cases.get(self.name)
        place, descriptor = f"ballots in block {leaf.height}", leaf.descriptor
        if case is None:
            raise blame(RuleBroken("votes were cast on a case that was not requested yet"), place, self.whole)
        covenant = version_of(self.story, case.version).covenant
        open_ = case.status == "disclosed" and case.ballots < 0 and case.jury(covenant)
        if not open_ or not case.window_ms <= leaf.time_ms < case.voting_ends(covenant):
            raise blame(RuleBroken("votes were cast when none was open (cases.jury_days)"), place, self.whole)
        votes = self.story.life.votes.setdefault(self.name, Votes())
        votes.ballots += descriptor.total("ballots")
        votes.support += descriptor.total("support")
        self.ballot_sheets += 1

    def _announce(self, leaf: EventLeaf, terms: RoundTerms) -> None:
        self.story.open = terms
        if self.name not in terms.cases:
            return
        place = f"round {terms.number + 1}"
        shared = self.story.cases.get(self.name)
        if shared is None:
            raise blame(RuleBroken("a round shares the case, which was not approved"), place, self.whole)
        if shared.round is not None:
            raise RuleBroken("two rounds share the case", place=place)
        aid = terms.aids[terms.cases.index(self.name)]
        if aid != shared.aid:
            text = f"the round shares {aid} for the case, of which {shared.aid} was approved"
            raise blame(RuleBroken(text), place, self.whole)

    def _settle(self, terms: RoundTerms) -> None:
        self.story.open = None
        if self.name in self.story.cases and self.name in terms.cases:
            self.story.cases[self.name].round = terms.number

    # --- sums ---------------------------------------------------------------------------------------

    def given_back(self, after: int, until: int) -> int:
        """What came back to the claimant for illness in the waiting period, after one block and up to another."""
        return sum(
            step.act.amount
            for step in self.of(Restitution)
            if isinstance(step.act, Restitution) and after < step.noted.leaf.height <= until
        )
