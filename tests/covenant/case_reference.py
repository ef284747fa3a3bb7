"""Cases, votes, keys, sanctions, a plan's end: a list of what happened, asked again for every question.

Slow and obvious, as one would explain the rules to somebody; what is shared with the code it is compared with are the
error classes and the covenant's parameters. Every step either raises what the covenant has against it, the first
reason in the order in which they stand here, or is told and does to the plan's money what it does; it returns the
running number of the notice that the member gets whom it concerns.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from mutualchain import errors
from mutualchain.covenant.document import Covenant
from mutualchain.errors import CaseStep

from .lives import INSTITUTIONS, key_of
from .reference import DAY, Case, End, Member, Plan, Version, date, day_at, start

FIXED_CLAUSES = {
    "aid.causes": ["cause"],
    "aid.request_within_days": ["diagnosed_day"],
    "aid.maxima": ["cause", "group", "diagnosed_day", "birth_day"],
    "aid.tiers": ["cause", "group", "diagnosed_day", "birth_day"],
    "aid.waiting": ["cause", "group", "diagnosed_day", "birth_day"],
    "membership.age_least_days": ["cause", "group", "diagnosed_day", "birth_day"],
    "membership.age_most_years": ["cause", "group", "diagnosed_day", "birth_day"],
    "membership.age_out_years": ["cause", "group", "diagnosed_day", "birth_day"],
}
"""Clauses that follow from facts alone, and the facts without which nobody can tell."""
OTHER_CLAUSES = ("cases.attestations", "cases.jury_majority_bp", "cases.objection_days", "aid.request_most")
AFTER_THE_END = ("treasury", "handover", "rekey", "rekey objection", "erase")
Facts = dict[str, Any]
"""Open facts by name; closed ones are not there."""


@dataclass
class Told:
    """Something that happened: when, what, to which case (or proposal, sanction, key), about whom, and details."""

    at: int
    kind: str
    name: bytes
    slot: int | None
    more: dict[str, Any]


@dataclass
class Docket:
    """A plan's entries. ``told`` is all that is kept; nothing in it is ever changed."""

    plan: Plan
    told: list[Told] = field(default_factory=list)

    # --- what is known --------------------------------------------------------------------------

    def all(self, *kinds: str) -> list[Told]:
        return [item for item in self.told if item.kind in kinds]

    def of(self, name: bytes, *kinds: str) -> list[Told]:
        return [item for item in self.told if item.name == name and item.kind in kinds]

    def cases(self) -> list[bytes]:
        return [item.name for item in self.all("request", "case")]

    def begin(self, name: bytes) -> Told:
        """What made a case. Raises CaseUnknown."""
        found = self.of(name, "request", "case")
        if not found:
            raise errors.CaseUnknown("case")
        return found[0]

    def slot(self, name: bytes) -> int:
        slot = self.begin(name).slot
        assert slot is not None
        return slot

    def covenant(self, name: bytes) -> Covenant:
        """What a case falls under."""
        return self.plan.versions[self.begin(name).more["version"] - 1].covenant

    def state(self, name: bytes) -> str:
        """requested, disclosed, approved, refused, withdrawn or void: the last decision that stands."""
        state, before = "", ""
        after = {"request": "requested", "disclose": "disclosed", "case": "approved", "approve": "approved"}
        after |= {"withdraw": "withdrawn", "void": "void"}
        for item in self.told:
            if item.name != name:
                continue
            if item.kind == "refuse":
                state, before = "refused", state
            elif item.kind == "appeal" and item.more["reopens"]:
                state = before
            else:
                state = after.get(item.kind, state)
        return state

    def since_appeal(self, name: bytes, kind: str) -> list[Told]:
        """What happened since an appeal made the jury vote anew."""
        found: list[Told] = []
        counted = False
        for item in self.told:
            if item.name == name:
                counted = counted or item.kind == "count"
                if item.kind == "appeal" and item.more["reopens"] and counted:
                    found, counted = [], False
                elif item.kind == kind:
                    found.append(item)
        return found

    def window(self, name: bytes) -> int:
        """When the objection window closes, or the appeal reopened the vote."""
        closes = self.of(name, "disclose")[-1].at + self.covenant(name).cases.objection_days * DAY
        counted = False
        for item in self.told:
            if item.name == name:
                counted = counted or item.kind == "count"
                if item.kind == "appeal" and item.more["reopens"] and counted:
                    closes, counted = item.at, False
        return closes

    def voting_ends(self, name: bytes) -> int:
        return self.window(name) + self.covenant(name).cases.jury_days * DAY

    def jury(self, name: bytes) -> bool:
        """Whether a jury decides."""
        against = [item for item in self.of(name, "attest") if not item.more["supports"]]
        disputed = bool(self.of(name, "object") or against)
        mode = self.covenant(name).cases.jury
        return mode == "always" or (mode == "on_objection" and disputed)

    def counted(self, name: bytes) -> bool:
        return bool(self.since_appeal(name, "count"))

    def votes(self, name: bytes) -> tuple[int, int]:
        """(ballots, support) on a case or a proposal."""
        found = [item.more["vote"] for item in self.since_appeal(name, "vote")]
        return len(found), sum(found)

    def upheld(self, name: bytes) -> bool:
        """What the jury found; below the quorum those who vouched are believed."""
        (ballots, support), rules = self.votes(name), self.covenant(name).cases
        if ballots < rules.jury_quorum or not ballots:
            return True
        return Fraction(support, ballots) > Fraction(rules.jury_majority_bp, 10_000)

    def passed(self, name: bytes) -> bool:
        """Whether members have passed a proposal, by what is in force now."""
        (ballots, support), rules = self.votes(name), self.plan.covenant.amendments
        if not self.of(name, "propose") or not self.counted(name) or ballots < rules.quorum or not ballots:
            return False
        return Fraction(support, ballots) > Fraction(rules.majority_bp, 10_000)

    def missing(self, name: bytes) -> bool:
        """Whether somebody whom the covenant asks for has not vouched."""
        said = self.of(name, "attest")
        return any(
            len([item for item in said if item.more["role"] == row.role and item.more["supports"]]) < row.count
            for row in self.covenant(name).cases.attestations
        )

    def sum(self, name: bytes, kind: str, **like: object) -> int:
        found = [item for item in self.of(name, kind) if all(item.more[key] == value for key, value in like.items())]
        return int(sum(item.more["amount"] for item in found))

    def aid(self, name: bytes) -> int:
        """The aid that was disclosed, or that the operator approved by itself; 0 before."""
        shown = self.of(name, "disclose", "case")
        return int(shown[-1].more["aid"]) if shown else 0

    def shared(self, name: bytes) -> int | None:
        """The round that shared a case."""
        case = self.plan.cases.get(name)
        return None if case is None or case.gone else case.shared

    def facts(self, name: bytes) -> Facts:
        """What is open of a case's facts, as long as they are not erased."""
        request = self.begin(name)
        erased = [item for item in self.all("erase") if item.slot == request.slot and item.name in (b"", name)]
        return {} if erased else request.more["facts"]

    def restituted(self, slot: int) -> bool:
        return any(item.slot == slot for item in self.all("restitute"))

    def sanctioned(self, slot: int, day: int) -> bool:
        lifted = {item.name for item in self.all("lift")}
        standing = [item for item in self.all("sanction") if item.slot == slot and item.name not in lifted]
        return any(not item.more["until"] or day < item.more["until"] for item in standing)

    def replacement(self, slot: int) -> Told | None:
        """The replacement of a lost key that waits for its day."""
        waits: Told | None = None
        for item in self.all("rekey", "handover", "rekey objection"):
            if item.slot == slot:
                waits = item if item.kind == "rekey" else None
        return waits if waits is not None and waits.more["from"] > self.plan.now else None

    def key(self, slot: int) -> bytes | None:
        """The key in force in a slot; None for the one that she joined with."""
        current: bytes | None = None
        waits: Told | None = None
        for item in self.all("rekey", "handover", "rekey objection"):
            if item.slot != slot:
                continue
            if waits is not None and waits.more["from"] <= item.at:
                current = waits.more["key"]
            waits = item if item.kind == "rekey" else None
            if item.kind == "handover":
                current = item.more["key"]
        if waits is not None and waits.more["from"] <= self.plan.now:
            current = waits.more["key"]
        return current

    # --- a case held against its covenant ---------------------------------------------------------

    def falls_under(self, slot: int, facts: Facts) -> int | None:
        """The version for a case that is requested now; None where that depends on a closed fact."""
        plan = self.plan
        present = plan.version_at(plan.now) + 1
        transition = plan.covenant.amendments.transition
        day = plan.members[slot].joined if transition == "joining" else facts.get("diagnosed_day")
        if transition == "request":
            return present
        return None if day is None else min(plan.version_at(start(day)) + 1, present)

    @staticmethod
    def years(born: int, day: int) -> int:
        one, other = date(born), date(day)
        return other.year - one.year - ((other.month, other.day) < (one.month, one.day))

    def age(self, facts: Facts) -> int | None:
        """Whole years at the diagnosis: by the two days, or else as she states it."""
        if "birth_day" in facts and "diagnosed_day" in facts:
            return self.years(facts["birth_day"], facts["diagnosed_day"])
        return facts.get("age")

    def most(self, covenant: Covenant, facts: Facts, joined: int) -> int:
        """The most aid; what is not open is taken at its largest. Raises StandingRule where no row fits."""
        tiers, age = covenant.aid.tiers, self.age(facts)
        largest = max(row.amount for row in covenant.aid.maxima)
        if age is not None:
            fitting = [row.amount for row in covenant.aid.maxima if row.age_from <= age < row.age_below]
            if not fitting:
                raise errors.StandingRule("age", clause="aid.maxima")
            largest = fitting[0]
        elif all(row.age_from == 0 and row.age_below == 150 for row in covenant.aid.maxima):
            largest = covenant.aid.maxima[0].amount
        return math.floor(Fraction(largest * self.seniority(tiers, facts, joined), 10_000))

    @staticmethod
    def seniority(tiers: Any, facts: Facts, joined: int) -> int:
        """Basis points of the maximum."""
        if not tiers or "diagnosed_day" not in facts:
            return 10_000
        reached = [row.bp for row in tiers if facts["diagnosed_day"] - joined >= row.days]
        return int(reached[-1]) if reached else 0

    def against(self, covenant: Covenant, facts: Facts, slot: int, aid: int, asked_ms: int) -> list[str]:
        """The clauses that a case breaks, as far as its facts are open."""
        joined, rules = self.plan.members[slot].joined, covenant.membership
        found, born, cause = facts.get("diagnosed_day"), facts.get("birth_day"), facts.get("cause")
        broken: list[str] = []
        if cause is not None and cause not in covenant.aid.causes:
            broken.append("aid.causes")
        if born is not None:
            if joined - born < rules.age_least_days:
                broken.append("membership.age_least_days")
            if rules.age_most_years and self.years(born, joined) > rules.age_most_years:
                broken.append("membership.age_most_years")
            if rules.age_out_years and found is not None and self.years(born, found) >= rules.age_out_years:
                broken.append("membership.age_out_years")
            if found is not None and facts.get("age") not in (None, self.years(born, found)):
                broken.append("facts")
        elif "age" in facts:
            latest = day_at(asked_ms) if found is None else found
            joining = facts["age"] - math.ceil(Fraction(max(latest - joined, 0), 365))  # at least
            if rules.age_most_years and joining > rules.age_most_years:
                broken.append("membership.age_most_years")
            if rules.age_out_years and facts["age"] >= rules.age_out_years:
                broken.append("membership.age_out_years")
        if found is not None:
            waits = self._waiting(covenant, facts)
            if waits is not None and found - joined <= waits:
                broken.append("aid.waiting")
            within = covenant.aid.request_within_days
            if found > day_at(asked_ms) or (within and day_at(asked_ms) - found > within):
                broken.append("aid.request_within_days")
        try:
            if aid > self.most(covenant, facts, joined):
                whole = self.seniority(covenant.aid.tiers, facts, joined) == 10_000
                broken.append("aid.maxima" if whole else "aid.tiers")
        except errors.StandingRule:
            broken.append("aid.maxima")
        return broken

    def _waiting(self, covenant: Covenant, facts: Facts) -> int | None:
        """Days after joining until such a case is covered; None where that depends on a closed fact."""
        days, age = [0], self.age(facts)
        for row in covenant.aid.waiting:
            if (row.cause and "cause" not in facts) or (row.age_from and age is None):
                return None
            old_enough = age is None or age >= row.age_from
            if row.cause in ("", facts.get("cause")) and old_enough:
                days.append(row.days)
        return max(days)

    # --- telling ----------------------------------------------------------------------------------

    def tell(self, kind: str, name: bytes, slot: int | None, **more: Any) -> int | None:
        """It is recorded, and whom it concerns gets a notice: its running number. Raises TooManyEvents."""
        number = None
        if slot is not None:
            self.plan.begin_group()
            number = self.plan.notice(slot, None)
        self.told.append(Told(self.plan.now, kind, name, slot, more))
        return number

    def permit(self, kind: str) -> None:
        """A plan that is being wound down, or has ended, has no place for some entries."""
        end = self.plan.end
        if end is None:
            return
        if end.final and kind not in AFTER_THE_END:
            raise errors.PlanClosing("ended")
        if kind in ("amend", "propose"):
            raise errors.PlanClosing("its covenant stays", clause="amendments")
        if kind in ("request", "case") and self.plan.now >= end.until:
            raise errors.PlanClosing("too late", clause="closing.request_days")

    def case_in(self, name: bytes, *states: str) -> None:
        self.begin(name)
        if self.state(name) not in states:
            raise CaseStep("state")

    @staticmethod
    def active(who: str, *roles: str) -> None:
        if who not in INSTITUTIONS:
            raise errors.InstitutionUnknown(who)
        if roles and not set(roles) & set(INSTITUTIONS[who]):
            raise errors.RoleRule(who)

    def member(self, slot: int) -> Member:
        if not 0 <= slot < len(self.plan.members):
            raise errors.SlotUnknown("slot")
        return self.plan.members[slot]

    # --- from request to decision -----------------------------------------------------------------

    def request(
        self, name: bytes, slot: int, amount: int, root: bytes, facts: Facts, version: int, override: int
    ) -> int | None:
        plan = self.plan
        self.permit("request")
        member = self.member(slot)
        wanted = self.falls_under(slot, facts)
        if version > plan.version_at(plan.now) + 1 or (wanted is not None and wanted != version):
            raise CaseStep("version", clause="amendments.transition")
        covenant = plan.versions[version - 1].covenant
        if covenant.cases.request != "member":
            raise CaseStep("by the operator", clause="cases.request")
        if name in self.cases():
            raise CaseStep("twice")
        same = [item.name for item in self.all("request") if item.more["root"] == root]
        if same and self.state(same[-1]) in ("requested", "disclosed", "approved"):
            raise CaseStep("under way", clause="cases.once")
        if plan.in_grace(member, plan.now):
            if not covenant.aid.in_grace:
                raise errors.NotCovered("in arrears")
        elif not plan.covered(member, plan.now):
            raise errors.NotCovered("not covered", clause="sharing.funding")
        if self.sanctioned(slot, day_at(plan.now)):
            raise errors.Sanctioned("sanction")
        if covenant.aid.request_most and amount > covenant.aid.request_most:
            if not covenant.aid.request_override:
                raise errors.StandingRule("most", clause="aid.request_most")
            if not override:
                raise errors.StandingRule("override", clause="aid.request_override")
        for clause in self.against(covenant, facts, slot, amount, plan.now):
            if clause != "aid.waiting" or covenant.aid.ill_in_waiting != "refund_and_end":
                raise errors.StandingRule("facts", clause=clause)
        return self.tell("request", name, slot, amount=amount, root=root, facts=facts, version=version)

    def attest(self, name: bytes, who: str, role: str, supports: int, tag: bytes) -> int | None:
        self.permit("attest")
        self.case_in(name, "requested", "disclosed")
        self.active(who, role)
        if who in [item.more["who"] for item in self.of(name, "attest")]:
            raise CaseStep("has spoken")
        users = [item.name for item in self.all("attest") if item.more["tag"] == tag] if tag else []
        if users and users[-1] != name:
            again = self.slot(users[-1]) == self.slot(name) and self.state(users[-1]) in ("withdrawn", "refused")
            if not again:
                raise errors.ReportUsed("tag")
        return self.tell("attest", name, self.slot(name), who=who, role=role, supports=supports, tag=tag)

    def disclose(self, name: bytes, aid: int) -> int | None:
        self.permit("disclose")
        self.case_in(name, "requested")
        request, slot, covenant = self.begin(name), self.slot(name), self.covenant(name)
        facts = self.facts(name)
        if self.missing(name):
            raise CaseStep("missing", clause="cases.attestations")
        if aid > request.more["amount"]:
            raise errors.AidRule("more than asked for", clause="aid.request")
        if aid > self.most(covenant, facts, self.plan.members[slot].joined):
            raise errors.AidRule("maximum", clause="aid.maxima")
        for clause in self.against(covenant, facts, slot, aid, request.at):
            raise errors.StandingRule("facts", clause=clause)
        return self.tell("disclose", name, slot, aid=aid)

    def object(self, name: bytes, by: int | str) -> None:
        self.permit("object")
        self.case_in(name, "disclosed")
        if self.plan.now >= self.window(name):
            raise CaseStep("too late", clause="cases.objection_days")
        if isinstance(by, str):
            self.active(by)
        else:
            self.member(by)
        if by in [item.more["by"] for item in self.of(name, "object")]:
            raise CaseStep("has objected")
        self.tell("object", name, None, by=by)

    def vote(self, name: bytes, rows: list[tuple[int, int, int]]) -> set[tuple[type, str]]:
        """Rows of (slot, running number, vote), all or none. What forbids them."""
        plan = self.plan
        try:
            claimant = self._open_vote(name)
        except (errors.BallotRule, errors.CaseUnknown) as error:
            return {(type(error), error.clause)}
        if any(slot >= len(plan.members) for slot, _, _ in rows):
            return {(errors.SlotUnknown, "slot")}
        found: set[tuple[type, str]] = set()
        voted = [item.more["juror"] for item in self.since_appeal(name, "vote")]
        for at, (slot, seq, _) in enumerate(rows):
            member = plan.members[slot]
            if seq != member.seq:
                found.add((errors.SequenceError, "running number"))
            if plan.events_of(slot) >= 255:
                found.add((errors.TooManyEvents, "events per round"))
            if slot in [row[0] for row in rows[:at]] or slot in voted or slot == claimant:
                found.add((errors.BallotRule, "cases.jury"))
            if not plan.covered(member, plan.now):
                found.add((errors.BallotRule, "cases.jury"))
        if not found:
            for slot, _, vote in rows:
                plan.begin_group()
                plan.notice(slot, None)  # a ballot takes a running number, as every row of hers
                self.told.append(Told(plan.now, "vote", name, None, {"juror": slot, "vote": vote}))
        return found

    def _open_vote(self, name: bytes) -> int | None:
        """Who may not vote. Raises where no vote is open."""
        now = self.plan.now
        if proposed := self.of(name, "propose"):
            if self.counted(name) or now >= proposed[0].more["closes"]:
                raise errors.BallotRule("closed", clause="amendments.vote_days")
            return None
        self.begin(name)
        if self.state(name) != "disclosed" or self.counted(name) or not self.jury(name):
            raise errors.BallotRule("none open")
        if not self.window(name) <= now < self.voting_ends(name):
            raise errors.BallotRule("not now", clause="cases.jury_days")
        return self.slot(name)

    def count(self, name: bytes, ballots: int, support: int) -> int | None:
        self.permit("count")
        now = self.plan.now
        if proposed := self.of(name, "propose"):
            slot, closes, clause = None, proposed[0].more["closes"], "amendments.vote_days"
        else:
            self.case_in(name, "disclosed")
            slot, closes, clause = self.slot(name), self.voting_ends(name), "cases.jury_days"
            if not self.jury(name) and now >= self.window(name):
                raise CaseStep("no jury", clause="cases.jury")
        if self.counted(name):
            raise CaseStep("counted", clause="cases.jury")
        if now < closes:
            raise CaseStep("open", clause=clause)
        if (ballots, support) != self.votes(name):
            raise errors.AdjudicationMismatch("sum")
        return self.tell("count", name, slot)

    def case(self, name: bytes, slot: int, aid: int) -> int | None:
        """The operator approves by itself."""
        plan = self.plan
        self.permit("case")
        self.member(slot)
        if plan.covenant.cases.request != "operator":
            raise CaseStep("by members", clause="cases.request")
        if not 0 < aid <= max(row.amount for row in plan.covenant.aid.maxima):
            raise errors.AidRule("aid")
        if name in self.cases():
            raise errors.CaseUnknown("twice")
        number = self.tell("case", name, slot, aid=aid, version=plan.version_at(plan.now) + 1)
        plan.cases[name] = Case(slot, aid)
        return number

    def approve(self, name: bytes, aid: int) -> int | None:
        self.permit("approve")
        self.case_in(name, "disclosed")
        if self.plan.now < self.window(name):
            raise CaseStep("window", clause="cases.objection_days")
        if self.jury(name) and not self.counted(name):
            raise CaseStep("jury", clause="cases.jury")
        if self.jury(name) and not self.upheld(name):
            raise CaseStep("against", clause="cases.jury_majority_bp")
        if aid != self.aid(name):
            raise errors.AidRule("another sum", clause="cases.disclosure")
        number = self.tell("approve", name, self.slot(name))
        self.plan.cases[name] = Case(self.slot(name), aid)
        return number

    def refuse(self, name: bytes, clause: str, digest: bytes) -> int | None:
        self.permit("refuse")
        self.case_in(name, "requested", "disclosed")
        request, slot = self.begin(name), self.slot(name)
        facts, amount = self.facts(name), request.more["amount"]
        if clause in FIXED_CLAUSES:
            broken = clause in self.against(self.covenant(name), facts, slot, amount, request.at)
            if not broken and set(FIXED_CLAUSES[clause]) <= set(facts):
                raise errors.RefusalRule("is kept", clause=clause)
        elif clause not in OTHER_CLAUSES:
            raise errors.RefusalRule("no clause")
        elif clause == "cases.attestations":
            if not self.missing(name) and all(item.more["supports"] for item in self.of(name, "attest")):
                raise errors.RefusalRule("vouched for", clause=clause)
        elif self.jury(name) and (not self.counted(name) or self.upheld(name)):
            raise errors.RefusalRule("the jury's", clause="cases.jury")
        return self.tell("refuse", name, slot, clause=clause, digest=digest)

    def withdraw(self, name: bytes) -> int | None:
        self.permit("withdraw")
        self.case_in(name, "requested", "disclosed", "approved")
        if self.shared(name) is not None or self.plan.announced(name):
            raise CaseStep("shared")
        if self.of(name, "advance"):
            raise CaseStep("advanced", clause="advances.by")
        number = self.tell("withdraw", name, self.slot(name))
        self.plan.share_no_more(name)
        return number

    def restitute(self, name: bytes, amount: int) -> int | None:
        plan = self.plan
        self.permit("restitute")
        self.case_in(name, "refused")
        slot = self.slot(name)
        clause = "aid.ill_in_waiting"
        by = self.of(name, "refuse")[-1].more["clause"]
        ends = self.covenant(name).aid.ill_in_waiting == "refund_and_end"
        if not ends or by != "aid.waiting" or self.restituted(slot):
            raise CaseStep("not for this", clause=clause)
        if plan.round is not None or plan.snapshot is not None:
            raise errors.RoundOpen("round")
        if amount != plan.paid_in(slot):
            raise errors.AidRule("another sum", clause=clause)
        number = self.tell("restitute", name, slot, amount=amount)
        plan.restitute(slot, amount)
        return number

    # --- money ------------------------------------------------------------------------------------

    def advance(self, name: bytes, amount: int, funder: str) -> int | None:
        self.permit("advance")
        self.case_in(name, "disclosed", "approved")
        rules = self.covenant(name).advances
        if rules.by != ("institutions" if funder else "operator"):
            raise errors.AdvanceRule("by whom")
        if funder:
            self.active(funder)
        if self.shared(name) is not None:
            raise errors.AdvanceRule("it is shared")
        if self.sum(name, "advance") + amount > math.floor(Fraction(self.aid(name) * rules.most_bp, 10_000)):
            raise errors.AdvanceRule("too much", clause="advances.most_bp")
        return self.tell("advance", name, self.slot(name), amount=amount)

    def pay(self, name: bytes, payee: str, amount: int) -> int | None:
        self.permit("pay")
        if name in self.cases() and self.state(name) == "void":
            raise CaseStep("void", clause="refunds.void")
        if name not in self.cases() or self.shared(name) is None:
            raise errors.CaseUnknown("not shared")
        advanced = self.sum(name, "advance")
        if payee == "funder":
            if amount > advanced - self.sum(name, "pay", payee="funder"):
                raise errors.PayoutAboveAid("repaid", clause="advances.by")
        elif not 0 < amount <= self.aid(name) - advanced - self.sum(name, "pay", payee="member"):
            raise errors.PayoutAboveAid("paid")
        number = self.tell("pay", name, self.slot(name), amount=amount, payee=payee)
        self.plan.pay_out(name, amount)
        return number

    def void(self, name: bytes, digest: bytes) -> int | None:
        self.permit("void")
        self.case_in(name, "approved")
        number = self.tell("void", name, self.slot(name), digest=digest)
        self.plan.void(name)
        return number

    def fund(self, source: str, amount: int, name: bytes) -> int | None:
        self.permit("fund")
        known = name in self.cases()
        if (source == "recovery") != (name != b"") or (name and not (known and self.state(name) == "void")):
            raise errors.FundRule("fund")
        number = self.tell("fund", name, self.slot(name) if name else None)
        self.plan.fund(amount)
        return number

    def treasury(self, who: str, as_of: int, balance: int) -> None:
        self.permit("treasury")
        self.active(who, "custodian")
        before = [item.more["as of"] for item in self.all("treasury") if item.more["who"] == who]
        if as_of > self.plan.now or (before and as_of <= before[-1]):
            raise errors.TreasuryRule("when")
        more = {"who": who, "as of": as_of, "balance": balance, "expected": self.plan.holding()}
        self.tell("treasury", b"", None, **more)

    # --- members ----------------------------------------------------------------------------------

    def sanction(self, digest: bytes, slot: int, name: bytes, until: int) -> int | None:
        self.permit("sanction")
        self.member(slot)
        if name and not (name in self.cases() and self.state(name) == "void" and self.slot(name) == slot):
            raise errors.SanctionRule("case")
        if until and until <= day_at(self.plan.now):
            raise errors.SanctionRule("over")
        if self.of(digest, "sanction"):
            raise errors.SanctionRule("twice")
        return self.tell("sanction", digest, slot, until=until)

    def lift(self, digest: bytes) -> int | None:
        self.permit("lift")
        if not self.of(digest, "sanction") or self.of(digest, "lift"):
            raise errors.SanctionRule("none")
        return self.tell("lift", digest, self.of(digest, "sanction")[0].slot)

    def decisions(self) -> dict[bytes, tuple[int | None, bytes]]:
        """What can be appealed: entry to (whose, case)."""
        found = {item.more["digest"]: (item.slot, item.name) for item in self.all("refuse", "void")}
        return found | {item.name: (item.slot, b"") for item in self.all("sanction")}

    def appeal(self, slot: int, digest: bytes) -> int | None:
        self.permit("appeal")
        whose, name = self.decisions().get(digest, (None, b""))
        if whose != slot:
            raise errors.AppealRule("whose")
        if digest in [item.more["digest"] for item in self.all("appeal")]:
            raise errors.AppealRule("twice")
        reopens = bool(name) and self.state(name) == "refused" and not self.restituted(slot)
        return self.tell("appeal", name, slot, digest=digest, reopens=reopens)

    def erase(self, slot: int, name: bytes) -> int | None:
        """The keys of a member's data are destroyed: of all of it, or of the facts of one case."""
        self.permit("erase")
        self.member(slot)
        everything = [item for item in self.all("erase") if item.slot == slot and not item.name]
        if everything or (name and self.of(name, "erase")):
            raise errors.ErasureRule("twice")
        if name and (name not in self.cases() or self.slot(name) != slot):
            raise errors.CaseUnknown("hers")
        if name and not self.of(name, "request"):
            raise errors.ErasureRule("no facts")
        hers = [name] if name else [case for case in self.cases() if self.slot(case) == slot]
        if any(self.state(case) in ("requested", "disclosed") for case in hers):
            raise errors.ErasureRule("undecided")
        return self.tell("erase", name, slot)

    def _new_key(self, key: bytes) -> None:
        if key in [item.more["key"] for item in self.all("rekey", "handover")]:
            raise errors.KeyRule("used")

    @staticmethod
    def _no_institutions(key: bytes) -> None:
        if key in [key_of(name) for name in INSTITUTIONS]:
            raise errors.KeyRule("an institution's")

    def handover(self, digest: bytes, slot: int, key: bytes) -> int | None:
        self.permit("handover")
        self.member(slot)
        self._no_institutions(key)
        self._new_key(key)
        return self.tell("handover", digest, slot, key=key)

    def rekey(self, digest: bytes, slot: int, key: bytes, voucher: str) -> int | None:
        self.permit("rekey")
        self.member(slot)
        self._no_institutions(key)
        if voucher:
            self.active(voucher)
        self._new_key(key)
        if self.replacement(slot) is not None:
            raise errors.KeyRule("under way")
        since = self.plan.now + self.plan.covenant.keys.rekey_days * DAY
        return self.tell("rekey", digest, slot, key=key, **{"from": since})

    def object_to_key(self, digest: bytes) -> int | None:
        self.permit("rekey objection")
        named = self.of(digest, "rekey")
        waits = self.replacement(named[0].slot) if named and named[0].slot is not None else None
        if waits is None or waits.name != digest:
            raise errors.KeyRule("none")
        return self.tell("rekey objection", digest, waits.slot)

    # --- the plan as a whole ----------------------------------------------------------------------

    def propose(self, digest: bytes, covenant: Covenant) -> None:
        self.permit("propose")
        rules = self.plan.covenant.amendments
        if not rules.vote or self.of(digest, "propose"):
            raise CaseStep("vote", clause="amendments.vote")
        self.tell("propose", digest, None, covenant=covenant, closes=self.plan.now + rules.vote_days * DAY)

    def amend(self, covenant: Covenant, version: int, since: int, proposal: bytes) -> None:
        plan = self.plan
        self.permit("amend")
        rules, last = plan.covenant.amendments, plan.versions[-1]
        if version != len(plan.versions) + 1:
            raise errors.AmendmentRule("version")
        if since < max(plan.now + rules.notice_days * DAY, last.since):
            raise errors.AmendmentRule("notice", clause="amendments.notice_days")
        if covenant.sharing.funding != last.covenant.sharing.funding:
            raise errors.AmendmentRule("funding", clause="sharing.funding")
        proposed = self.of(proposal, "propose")
        if rules.vote and not (proposed and proposed[0].more["covenant"] == covenant and self.passed(proposal)):
            raise errors.AmendmentRule("not passed", clause="amendments.vote")
        if not rules.vote and proposal:
            raise errors.AmendmentRule("no vote", clause="amendments.vote")
        self.tell("amend", proposal, None)
        plan.versions.append(Version(covenant, since))

    def close(self, digest: bytes) -> None:
        self.permit("close")
        plan = self.plan
        if plan.end is not None:
            raise errors.ClosingRule("already")
        self.tell("close", digest, None)
        plan.end = End(digest, plan.covenant, plan.now)

    def end(self, figures: dict[str, int]) -> None:
        """The closing statement, with these figures."""
        self.permit("end")
        plan = self.plan
        if plan.end is None:
            raise errors.ClosingRule("not announced")
        if plan.now < plan.end.until:
            raise errors.ClosingRule("requests", clause="closing.request_days")
        if plan.round is not None:
            raise errors.ClosingRule("round")
        if plan.snapshot is None and any(self.is_owed(name) for name in self.cases()):
            raise errors.ClosingRule("shares", clause="aid.ill_in_waiting")
        clauses = {
            "requests": "cases.request",
            "unshared": "calendar.kind",
            "aid": "cases.payout_days",
            "advances": "advances.by",
            "refunds": "refunds.void",
            "shares": "closing.refund",
            "operator": "closing.borne_rounds",
        }
        for name, clause in clauses.items():
            if self.figures()[name]:
                raise errors.ClosingRule(name, clause=clause)
        if figures != self.figures():
            raise errors.ClosingStatementWrong("figures")
        self.tell("end", b"", None)
        plan.end.final = True

    def is_owed(self, name: bytes) -> bool:
        """Whether her membership ended by illness while she waited, and her shares have not come back."""
        if self.state(name) != "refused" or self.of(name, "refuse")[-1].more["clause"] != "aid.waiting":
            return False
        ends = self.covenant(name).aid.ill_in_waiting == "refund_and_end"
        return ends and not self.restituted(self.slot(name))

    def figures(self) -> dict[str, int]:
        """What the plan comes to as it stands; see covenant.closing.Statement."""
        plan = self.plan
        balances = [member.balance for member in plan.members]
        standing = {name: case for name, case in plan.cases.items() if not case.gone}
        shared = {name: case for name, case in standing.items() if case.shared is not None}
        owing = [name for name, case in shared.items() if not case.void]
        voided = [case for case in shared.values() if case.void and not case.refunded]
        opened = [name for name in self.cases() if self.state(name) in ("requested", "disclosed")]
        left = plan.pot + plan.net
        return {
            "members": len([member for member in plan.members if member.left_ms is None and not member.ended]),
            "balances": sum(balance for balance in balances if balance > 0),
            "aid": sum(shared[name].aid - shared[name].paid for name in owing),
            "surplus": max(left, 0),
            "holding": plan.holding(),
            "operator": max(-left, 0),
            "owed": -sum(balance for balance in balances if balance < 0),
            "requests": sum(self.begin(name).more["amount"] for name in opened),
            "unshared": sum(case.aid for case in standing.values() if case.shared is None),
            "refunds": sum(case.aid + case.fee for case in voided) if plan.covenant.refunds.void == "shares" else 0,
            "shares": plan.shares_to_return(),
            "advances": sum(self.sum(name, "advance") - self.sum(name, "pay", payee="funder") for name in owing),
            "arrears": sum(member.owed() for member in plan.members),
            "given": plan.sums["funds"] + plan.sums["top_ups"],
        }


def birth_days(years: int, day: int) -> int:
    """A birth day that many years before a day, and never 29 February."""
    at = date(day)
    born = datetime.date(at.year - years, at.month, min(at.day, 28))
    return (born - datetime.date(1970, 1, 1)).days
