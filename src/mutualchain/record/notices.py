"""What her notices name: the entries about her, her cases, and the keys that speak for her slot.

Every entry that concerns a member goes with a notice in the same block, and notices are counted and numbered like all
her events: so they are complete up to the last snapshot, and each entry is the one that the plan's log holds. They are
judged only as far as one member can: that others attested, objected and voted is an audit's to check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..block.plan import PlanLeaf
from ..covenant.acts import (
    Act,
    Adjudication,
    Advance,
    Appeal,
    Approval,
    CaseApproval,
    CaseWithdrawal,
    Disclosure,
    Erasure,
    Handover,
    Lift,
    Payout,
    Refusal,
    Rekey,
    RekeyObjection,
    Request,
    Restitution,
    Sanction,
    Void,
    act_of,
)
from ..covenant.calendar import DAY_MS
from ..covenant.statements import Institution, Key, act_message, signatures, verify_statement
from ..errors import CanonicalError, EntryError, RecordIncomplete, RecordMismatch, RuleBroken, RuleError
from .bundle import Logged
from .covenants import Versions
from .facts import CaseFact
from .keys import HerKeys
from .logs import verify_entry
from .order import Chronicle

__all__ = ["HerCase", "Named", "Notices"]


@dataclass(frozen=True, slots=True)
class Named:
    """An entry that a notice of hers names: its hash, its place in the plan's log of entries, what it says."""

    digest: bytes
    position: int
    height: int
    time_ms: int
    act: Act

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{self.act.kind} in block {self.height}"


@dataclass(slots=True)
class HerCase:
    """One of her cases, as far as notices tell. ``round`` is the number of the round that shares it; one without
    ``facts`` was opened by the operator.
    """

    name: bytes
    opened_ms: int
    asked: int
    aid: int = 0
    state: str = "requested"
    before: str = ""
    clause: str = ""
    round: int | None = None
    settled: bool = False
    paid: int = 0
    advanced: int = 0
    repaid: int = 0
    restituted: bool = False
    facts: bool = False

    def fact(self) -> CaseFact:
        """What there is to say of it."""
        return CaseFact(
            case=self.name.hex(),
            opened_time_ms=self.opened_ms,
            requested=self.asked,
            aid=self.aid,
            state=self.state,
            clause=self.clause,
            round=self.round,
            paid=self.paid + self.advanced,
        )


@dataclass(slots=True)
class Notices:
    """Her entries. ``add`` what is shown, ``name`` what her notices name, then ``live`` with everything else."""

    chain: bytes
    plan: PlanLeaf
    slot: int
    versions: Versions
    keys: HerKeys
    cases: dict[bytes, HerCase] = field(default_factory=dict)
    _shown: dict[tuple[bytes, int], list[Named]] = field(default_factory=dict)
    _order: list[Named] = field(default_factory=list)
    _sanctions: set[bytes] = field(default_factory=set)
    _rekeys: set[bytes] = field(default_factory=set)
    _refused: dict[bytes, HerCase] = field(default_factory=dict)
    _erased: set[bytes] = field(default_factory=set)
    _lived: int = 0

    def add(self, shown: Sequence[Logged], chronicle: Chronicle) -> None:
        """The entries shown, proven and parsed. Raises RecordMismatch; RuleBroken for one that makes no sense."""
        last = -1
        for item in shown:
            leaf, entry = verify_entry(item, self.plan, chronicle)
            if item.position <= last:
                raise RecordMismatch("the entries about you are not in order", value=item.position)
            last = item.position
            try:
                act = act_of(entry)
            except (EntryError, CanonicalError, RuleError) as error:
                raise RuleBroken(f"an entry makes no sense: {error.message}", place=f"block {leaf.height}") from None
            named = Named(leaf.entry_hash, item.position, leaf.height, leaf.time_ms, act)
            self._shown.setdefault((leaf.entry_hash, leaf.height), []).append(named)
            self._order.append(named)

    def name(self, notices: Mapping[int, tuple[bytes, int]]) -> dict[int, Named]:
        """What each of her notices names; ``notices`` has entry hash and height by running number.

        Follows her keys on the way. Raises RecordIncomplete for an entry that is not shown in the notice's own block,
        RecordMismatch for one that nothing names, RuleBroken for somebody else's or one that she did not sign.
        """
        found: dict[int, Named] = {}
        for seq, (digest, height) in notices.items():
            left = self._shown.get((digest, height))
            if not left:
                raise RecordIncomplete(f"the entry that your notice, event {seq + 1}, names is missing from the record")
            found[seq] = left.pop(0)
        rest = sum(map(len, self._shown.values()))
        if rest:
            raise RecordMismatch("an entry is shown that none of your notices names", value=rest)
        for named in self._order:
            if not self._is_hers(named):
                raise RuleBroken("a notice of yours names an entry that concerns somebody else", place=named.place)
            self._check_signatures(named)
            self._register(named)
        return found

    def _is_hers(self, named: Named) -> bool:
        act = named.act
        slot = getattr(act, "slot", None)
        if slot is not None:
            return bool(slot == self.slot)
        if isinstance(act, Adjudication):
            return act.subject in self.cases
        if isinstance(act, Lift):
            return act.sanction in self._sanctions
        if isinstance(act, RekeyObjection):
            return act.rekey in self._rekeys
        return getattr(act, "case", b"") in self.cases

    def _check_signatures(self, named: Named) -> None:
        """Her own signatures, and those of keys that the entry brings; institutions' are an audit's to check."""
        message = act_message(self.chain, self.plan.plan, named.act)
        for signed in signatures(named.act):
            if isinstance(signed.by, Institution):
                continue
            hers, key = True, self.keys.at(named.height, named.time_ms, named.position)
            if isinstance(signed.by, Key):
                hers, key = False, signed.by.key
            try:
                verify_statement(key, signed.signature, message)
            except RuleError:
                text = f"you did not sign an entry in your name: {named.act.kind}"
                if not hers:
                    text = f"the new key did not sign an entry in its name: {named.act.kind}"
                raise RuleBroken(text, place=named.place) from None

    def _register(self, named: Named) -> None:
        act = named.act
        if isinstance(act, Handover):
            self.keys.hand_over(act.new_key, named.height, named.position, named.time_ms)
        elif isinstance(act, Rekey):
            self._rekeys.add(named.digest)
            days = self.versions.at(named.time_ms).covenant.keys.rekey_days
            due_ms = named.time_ms + days * DAY_MS
            self.keys.replace(named.digest, act.new_key, named.height, named.position, named.time_ms, due_ms)
        elif isinstance(act, RekeyObjection):
            self.keys.object(act.rekey, named.time_ms, named.place)
        elif isinstance(act, Sanction):
            self._sanctions.add(named.digest)
        elif isinstance(act, Request):
            self.cases[named.digest] = HerCase(named.digest, named.time_ms, act.amount, facts=True)
        elif isinstance(act, CaseApproval):
            self.cases[named.digest] = HerCase(named.digest, named.time_ms, act.aid, act.aid)

    def given_back(self, after: int, until: int) -> int:
        """What restitutions gave back to her in blocks above ``after`` and up to ``until``, in minor units."""
        acts = (item.act for item in self._order if after < item.height <= until)
        return sum(act.amount for act in acts if isinstance(act, Restitution))

    # --- her cases ----------------------------------------------------------------------------

    def live(self, height: int) -> None:
        """What her entries up to block ``height`` did to her cases. Raises RuleBroken."""
        while self._lived < len(self._order) and self._order[self._lived].height <= height:
            self._apply(self._order[self._lived])
            self._lived += 1

    def _apply(self, named: Named) -> None:
        act = named.act
        if isinstance(act, CaseApproval):
            self.cases[named.digest].state = "approved"
        elif isinstance(act, Erasure):
            self._erase(act, named.place)
        elif isinstance(act, Sanction):
            if act.case and (act.case not in self.cases or self.cases[act.case].state != "void"):
                raise RuleBroken("a sanction on you is for a case that is not void, or not yours", place=named.place)
        elif isinstance(act, Appeal):
            case = self._refused.get(act.against)
            if case is not None and case.state == "refused" and not case.restituted:  # it stands again where it stood
                case.state = case.before
        elif getattr(act, "case", b"") in self.cases:
            self._apply_to(self.cases[getattr(act, "case", b"")], named)

    def _apply_to(self, case: HerCase, named: Named) -> None:
        act = named.act
        if isinstance(act, Disclosure):
            _step(case, named, ("requested",), "disclosed")
        elif isinstance(act, Approval):
            _step(case, named, ("disclosed",), "approved")
            case.aid = act.aid
            if act.aid > case.asked:
                raise RuleBroken(f"{act.aid} was approved where {case.asked} was requested", place=named.place)
        elif isinstance(act, Refusal):
            case.before, case.clause = case.state, act.clause
            self._refused[named.digest] = case
            _step(case, named, ("requested", "disclosed"), "refused")
        elif isinstance(act, Restitution):
            if (case.state, case.clause, case.restituted) != ("refused", "aid.waiting", False):
                text = "your membership was ended without a case that was refused by aid.waiting (aid.ill_in_waiting)"
                raise RuleBroken(text, place=named.place)
            for other in self.cases.values():  # all that was paid came back, whichever case it was for
                other.restituted = True
        elif isinstance(act, CaseWithdrawal):
            _step(case, named, ("requested", "disclosed", "approved"), "withdrawn")
        elif isinstance(act, Void):
            _step(case, named, ("approved",), "void")
        elif isinstance(act, Advance):
            case.advanced += act.amount
            _check_paid(case, named)
        elif isinstance(act, Payout):
            if act.payee == "funder":
                case.repaid += act.amount
            else:
                case.paid += act.amount
            if not case.settled or case.state != "approved":
                raise RuleBroken(
                    "a case of yours is paid that no round has shared, or that was voided", place=named.place
                )
            _check_paid(case, named)

    def _erase(self, act: Erasure, place: str) -> None:
        """Everything of hers is erased, or the facts of one case: of hers, decided, and once."""
        case = self.cases.get(act.case)
        if act.case and (case is None or not case.facts):
            raise RuleBroken("facts of a case were erased that is none of yours, or had none", place=place)
        if b"" in self._erased or act.case in self._erased:
            raise RuleBroken("something of yours was erased that had been erased before", place=place)
        if any(item.state in ("requested", "disclosed") for item in self.cases.values() if case in (None, item)):
            raise RuleBroken("facts of a case of yours were erased before it was decided", place=place)
        self._erased.add(act.case)

    def share(self, name: bytes, aid: int, number: int, place: str) -> bool:
        """A round shares a case: whether it is hers. Raises RuleBroken where it is shared as it was not approved."""
        case = self.cases.get(name)
        if case is None:
            return False
        if case.state != "approved":  # perhaps its approval is not shown, after the snapshot
            raise RecordIncomplete("a round shares a case of yours, whose approval is missing", place=place)
        if case.aid != aid:
            raise RuleBroken(f"a round shares {aid} for a case of yours, and {case.aid} was approved", place=place)
        case.round = number
        return True

    def settle(self, number: int) -> None:
        """The round that shares some of her cases is charged: they can be paid."""
        for case in self.cases.values():
            case.settled = case.settled or case.round == number

    def facts(self) -> tuple[CaseFact, ...]:
        """Her cases, in the order in which they were opened."""
        return tuple(case.fact() for case in self.cases.values())


def _step(case: HerCase, named: Named, before: tuple[str, ...], after: str) -> None:
    if case.state not in before:
        raise RuleBroken(f"a case of yours was {case.state} when it was {after}", place=named.place)
    case.state = after


def _check_paid(case: HerCase, named: Named) -> None:
    most = case.aid or case.asked
    if case.paid + case.advanced > most or case.repaid > case.advanced:
        raise RuleBroken(f"more than {most} is paid for a case of yours", place=named.place)
