"""The steps of a plan's entries, taken by the book and by the reference at once: from a request to the last statement.

Whatever an entry is about, the member whom it concerns gets her notice in the same block, as the writer does it. What
a case has come to by its life is what rounds share and what is paid, voided, refunded; several steps go further by
themselves (``go_on``, ``share_a_case``, ``finish``), so that histories reach the far end of all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from mutualchain.block.entry import Entry
from mutualchain.covenant.acts import (
    Act,
    Adjudication,
    Advance,
    Amendment,
    Appeal,
    Approval,
    Attestation,
    CaseApproval,
    CaseWithdrawal,
    ClosingNotice,
    ClosingStatement,
    Disclosure,
    Erasure,
    Fund,
    Handover,
    Lift,
    Objection,
    Payout,
    Proposal,
    Refusal,
    Registration,
    Rekey,
    RekeyObjection,
    Request,
    Restitution,
    Sanction,
    Treasury,
    Void,
    act_of,
)
from mutualchain.covenant.ballots import apply_ballots, ballot_violations
from mutualchain.covenant.book import Book
from mutualchain.covenant.closing import Statement, statement_of
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.due import Duty, due, next_ms
from mutualchain.covenant.facts import Facts
from mutualchain.covenant.institutions import Registry
from mutualchain.covenant.replay import replay_sheet
from mutualchain.covenant.stage import Stage
from mutualchain.errors import MutualchainError, RuleError

from .case_reference import FIXED_CLAUSES, OTHER_CLAUSES, birth_days
from .lives import CHAIN, INSTITUTIONS, SIGNATURE, digest, key_of
from .money_steps import PICK, MoneySteps
from .random_covenants import ROLES, covenants
from .reference import DAY, Refused, day_at
from .tables import sparse

HASH = digest("something kept elsewhere")
CASES = 4
"""So few are under way at once that much happens to each."""
AMOUNTS = st.sampled_from([1, 10, 49, 100, 150, 100, 76, 151])
ILLNESSES = st.fixed_dictionaries(
    {
        "cause": st.sampled_from(["illness"] * 6 + ["accident", "war"]),
        "days": st.sampled_from([0, 0, 0, 1, 7, 30, -1]),
        "years": st.sampled_from([30] * 6 + [45, 62, 67, 0]),
        "stated": st.sampled_from([0] * 8 + [1, -1]),
        "closed": st.sampled_from(
            [("age",)] * 4
            + [(), (), ("birth_day",), ("birth_day", "age"), ("diagnosed_day",), ("diagnosed_day", "age")]
            + [("cause", "age"), ("birth_day", "diagnosed_day")]
        ),
    }
)
"""What a member says of her illness: its cause, how many days ago it was found, her age, by how much she misstates it,
and what she keeps closed."""
ILL = {"cause": "illness", "days": 0, "years": 30, "stated": 0, "closed": ()}
HURT = {**ILL, "cause": "accident"}
CLAUSES = st.sampled_from(["taste", "aid.waiting", *OTHER_CLAUSES, *FIXED_CLAUSES, "cases.objection_days"])
SOMEBODY = ("eyes", "clinic", "bank", "hands", "nobody")


Arguments = dict[str, Any]
CASE_STEPS: dict[str, st.SearchStrategy[Arguments]] = {}
OTHER_STEPS: dict[str, st.SearchStrategy[Arguments]] = {}
"""Single steps by the names of their methods, each with its arguments."""
Method = TypeVar("Method", bound=Callable[..., None])


def step(
    table: dict[str, st.SearchStrategy[Arguments]], **arguments: st.SearchStrategy[Any]
) -> Callable[[Method], Method]:
    """A method that is one of the single steps."""

    def register(method: Method) -> Method:
        table[method.__name__] = st.fixed_dictionaries(arguments)
        return method

    return register


@st.composite
def steps_of(draw: st.DrawFn, table: dict[str, st.SearchStrategy[Arguments]]) -> list[tuple[str, Arguments]]:
    """A few single steps: method and arguments."""
    names = draw(st.lists(st.sampled_from(list(table)), min_size=1, max_size=4))
    return [(name, draw(table[name])) for name in names]


class EntrySteps(MoneySteps):
    """Cases, votes, sanctions, keys, the covenant and the plan's end."""

    files: dict[bytes, Facts]

    @rule(steps=steps_of(CASE_STEPS))
    def decide_about_cases(self, steps: list[tuple[str, Arguments]]) -> None:
        for name, arguments in steps:
            getattr(self, name)(**arguments)

    @rule(steps=steps_of(OTHER_STEPS))
    def decide_about_members(self, steps: list[tuple[str, Arguments]]) -> None:
        for name, arguments in steps:
            getattr(self, name)(**arguments)

    def institutions(self) -> Registry:
        self.files = {}
        registry = Registry()
        for name, roles in INSTITUTIONS.items():
            registry.apply(Registration(name, name, key_of(name), roles, SIGNATURE))
        return registry

    # --- an entry -------------------------------------------------------------------------------

    def enter(self, step: str, act: Act, name: bytes, theirs: Callable[[], int | None], known: Any = None) -> bool:
        """Record an entry, and the notice to the member whom it concerns, in both, unless both refuse it."""
        self.block()
        stage = Stage(self.book)
        slots: list[int | None] = []

        def mine() -> int | None:
            self.book.check(act, name, facts=known)
            slots.append(self.book.life.slot_of(act))
            return None if slots[0] is None else stage.notice(slots[0])

        number = self.agree(step, mine, theirs)
        if isinstance(number, Refused):
            return False
        assert act_of(Entry.from_bytes(act.to_entry("demo").to_bytes())) == act
        stage.apply()
        self.book.apply(act, name)
        self.record("entry", (act, name, known, None if number is None else (slots[0], 0, number)))
        return True

    def replay_entry(self, book: Book, *item: Any) -> list[MutualchainError]:
        act, name, known, notice = item
        found: list[MutualchainError] = []
        try:
            book.check(act, name, facts=known)
        except RuleError as error:
            found.append(error)
        book.apply(act, name)
        return [*found, *([] if notice is None else replay_sheet(book, "notice/1", sparse("notice/1", [notice])))]

    def fresh(self) -> bytes:
        """The name of the next entry that is recorded."""
        return self.name(1 + len(self.docket.told))

    def a_slot(self, pick: int) -> int:
        """Mostly a slot that there is."""
        return pick % len(self.plan.members) + (1_000 if pick % 50 == 49 else 0)

    def a_covered_slot(self, pick: int) -> int:
        """Somebody who may ask for aid, if there is anybody; rather not one who joined today."""
        plan = self.plan
        found = [slot for slot, member in enumerate(plan.members) if plan.covered(member, plan.now)] or [0]
        older = [slot for slot in found if plan.members[slot].joined < day_at(plan.now)] or found
        return older[pick % len(older)]

    def somebody(self, pick: int) -> int:
        """As above, after somebody has joined and a day has gone by where that is needed."""
        plan = self.plan
        self.block()
        if len([member for member in plan.members if plan.covered(member, plan.now)]) < 2:
            self.enrol_many([30, 30, 20])
        slot = self.a_covered_slot(pick)
        if plan.members[slot].joined == day_at(plan.now):
            self.wait_until(self.now + (1 + plan.covenant.sharing.waiting_days) * DAY)
            self.block()
        return slot

    def a_case(self, pick: int, *states: str) -> bytes:
        """A case in one of these states if there is one; else any; sometimes one that is not there."""
        found = self.docket.cases()
        wanted = [name for name in found if self.docket.state(name) in states]
        names = (wanted if pick % 8 else []) or found
        return names[pick // 8 % len(names)] if names and pick % 40 else self.name(0)

    def of_kind(self, pick: int, *kinds: str) -> bytes:
        """The name of something of a kind that was told."""
        found = [item.name for item in self.docket.all(*kinds)]
        return found[pick % len(found)] if found and pick % 10 else self.name(0)

    def most(self, slot: int) -> int:
        """The most that a member who is hurt today can be given."""
        return self.docket.most(self.plan.covenant, self.facts(HURT), self.plan.members[slot].joined)

    def wait_until(self, time_ms: int) -> None:
        self.now = max(self.now, time_ms)

    def known(self, name: bytes) -> Facts | None:
        """The opened facts of a case that was requested, as long as they are not erased."""
        request = self.docket.of(name, "request")
        return self.files[request[0].more["root"]] if request and self.docket.facts(name) else None

    # --- from request to decision -----------------------------------------------------------------

    @step(CASE_STEPS, pick=PICK, aid=st.sampled_from([0, 1, 10, 49, 100, 150, 151]), again=st.integers(0, 9))
    def approve_alone(self, pick: int, aid: int, again: int) -> None:
        """The operator approves a case by itself."""
        slot = self.a_slot(pick)
        name = self.of_kind(pick, "case") if again == 0 else self.fresh()
        self.enter("case", CaseApproval(slot, aid, HASH), name, lambda: self.docket.case(name, slot, aid))

    @step(
        CASE_STEPS, pick=PICK, amount=AMOUNTS, illness=ILLNESSES, off=st.integers(0, 12), again=st.integers(0, 9),
        override=st.sampled_from([0, 0, 3]),
    )  # fmt: skip
    def request(self, pick: int, amount: int, illness: dict[str, Any], off: int, again: int, override: int) -> None:
        slot = self.a_covered_slot(pick) if pick % 4 else self.a_slot(pick)
        self.ask(slot, amount, illness, off, again, override)

    def ask(
        self, slot: int, amount: int, illness: dict[str, Any] = HURT, off: int = 9, again: int = 9, override: int = 1
    ) -> bytes | None:
        """A member asks for aid; the name of her case, if it is recorded."""
        docket, open_facts = self.docket, self.facts(illness)
        if len([name for name in docket.cases() if docket.state(name) in ("requested", "disclosed")]) >= CASES:
            return None
        salts = [digest("salt", len(self.files), name) for name in Facts.NAMES]
        facts = Facts.seal(CHAIN, "demo", slot, open_facts, salts)
        facts = facts.only(*(name for name in Facts.NAMES if name not in illness["closed"]))
        name = self.of_kind(slot, "request") if again == 0 else self.fresh()
        if again == 1 and (earlier := docket.all("request")):  # the same facts once more
            asked = earlier[slot % len(earlier)]
            slot, facts, shown = asked.slot or 0, self.files[asked.more["root"]], asked.more["facts"]
        else:
            shown = {name: value for name, value in open_facts.items() if name not in illness["closed"]}
        self.block()
        there = slot < len(self.plan.members)
        version = (docket.falls_under(slot, shown) if there else None) or 1
        version = max(version + {0: 1, 1: -1}.get(off, 0), 1)
        act = Request(slot, amount, facts.root, version, override, SIGNATURE)
        done = self.enter(
            "request",
            act,
            name,
            lambda: docket.request(name, slot, amount, facts.root, shown, version, override),
            facts,
        )
        if done:
            self.files[facts.root] = facts
        return name if done else None

    def facts(self, illness: dict[str, Any]) -> dict[str, Any]:
        today = day_at(self.now)
        born = birth_days(illness["years"], today) if illness["years"] else today - 20
        found = today - illness["days"]
        age = max(self.docket.years(born, found) + illness["stated"], 0)
        days = {"diagnosed_day": found, "birth_day": born, "age": age}
        return {"cause": illness["cause"], "group": "critical", **days}

    @step(
        CASE_STEPS,
        pick=PICK,
        who=st.sampled_from(["eyes", "clinic", "eyes", "clinic", "hands", "nobody"]),
        other=st.integers(0, 9),
        supports=st.sampled_from([1] * 7 + [0]),
        tag=st.sampled_from([0, 0, 0, 1, 2]),
    )
    def attest(self, pick: int, who: str, other: int, supports: int, tag: int) -> None:
        name = self.a_case(pick, "requested", "disclosed")
        role = ROLES[(who == "clinic") != (other == 0)]
        mark = digest("report", tag) if tag else b""
        act = Attestation(name, who, role, supports, mark, SIGNATURE)
        self.enter("attest", act, name, lambda: self.docket.attest(name, who, role, supports, mark))

    @step(CASE_STEPS, pick=PICK, aid=AMOUNTS)
    def disclose(self, pick: int, aid: int) -> None:
        self.disclose_case(self.a_case(pick, "requested"), aid)

    def disclose_case(self, name: bytes, aid: int) -> None:
        act = Disclosure(name, aid, HASH)
        self.enter("disclose", act, name, lambda: self.docket.disclose(name, aid), self.known(name))

    @step(CASE_STEPS, pick=PICK, by=st.one_of(PICK, st.sampled_from(SOMEBODY)))
    def object(self, pick: int, by: int | str) -> None:
        name = self.a_case(pick, "disclosed")
        by = self.a_slot(by) if isinstance(by, int) else by
        act = Objection(name, by, HASH, SIGNATURE)
        self.enter("object", act, name, lambda: self.docket.object(name, by))

    @step(
        CASE_STEPS,
        pick=PICK,
        picks=st.lists(PICK, min_size=1, max_size=5),
        votes=st.integers(0, 31),
        off=st.integers(0, 9),
    )
    def vote(self, pick: int, picks: list[int], votes: int, off: int) -> None:
        subject = self.a_case(pick, "disclosed") if pick % 3 else self.of_kind(pick, "propose")
        self.cast(subject, [self.a_slot(slot) for slot in picks], votes, int(off == 0))

    def cast(self, subject: bytes, slots: list[int], votes: int, off: int = 0) -> None:
        """A sheet of ballots; bit i of ``votes`` is what the i-th juror says."""
        self.block()
        known = {slot: self.plan.members[slot].seq for slot in slots if slot < len(self.plan.members)}
        rows = [(slot, known.get(slot, 0) + off, votes >> at & 1) for at, slot in enumerate(slots)]
        columns = sparse("ballot/1", [(slot, 0, seq) for slot, seq, _ in rows], vote=[vote for _, _, vote in rows])
        found = ballot_violations(self.book, subject, columns, self.now)
        wanted = self.docket.vote(subject, rows)
        assert {(type(error), error.clause) for error in found} == wanted
        self.came_to("vote", Refused(type(found[0]), found[0].clause) if found else None)
        if not found:
            apply_ballots(self.book, subject, columns)
            self.record("ballot/1", (subject, columns))

    @step(CASE_STEPS, pick=PICK, off=st.integers(0, 9))
    def count(self, pick: int, off: int) -> None:
        self.count_votes(self.a_case(pick, "disclosed") if pick % 3 else self.of_kind(pick, "propose"), int(off == 0))

    def count_votes(self, subject: bytes, off: int = 0) -> None:
        ballots, support = self.docket.votes(subject)
        act = Adjudication(subject, ballots + off, support)
        self.enter("count", act, subject, lambda: self.docket.count(subject, ballots + off, support))

    @step(CASE_STEPS, pick=PICK, off=st.integers(0, 9))
    def approve(self, pick: int, off: int) -> None:
        self.approve_case(self.a_case(pick, "disclosed"), int(off == 0))

    def approve_case(self, name: bytes, off: int = 0) -> None:
        aid = max(self.docket.aid(name) + off, 1)
        self.enter("approve", Approval(name, aid), name, lambda: self.docket.approve(name, aid))

    @step(CASE_STEPS, pick=PICK, clause=CLAUSES)
    def refuse(self, pick: int, clause: str) -> None:
        self.refuse_case(self.a_case(pick, "requested", "disclosed"), clause)

    def refuse_case(self, name: bytes, clause: str) -> bool:
        entry = self.fresh()
        act, known = Refusal(name, clause), self.known(name)
        return self.enter("refuse", act, entry, lambda: self.docket.refuse(name, clause, entry), known)

    @step(CASE_STEPS, pick=PICK, off=st.integers(0, 9))
    def appeal(self, pick: int, off: int) -> None:
        decisions = list(self.docket.decisions().items()) or [(self.name(0), (0, b""))]
        entry, (whose, _) = decisions[pick % len(decisions)]
        slot = (whose or 0) + (off == 0)
        act = Appeal(slot, entry, HASH, SIGNATURE)
        self.enter("appeal", act, self.fresh(), lambda: self.docket.appeal(slot, entry))

    @step(CASE_STEPS, pick=PICK)
    def withdraw_case(self, pick: int) -> None:
        name = self.a_case(pick, "requested", "approved")
        self.enter("withdraw case", CaseWithdrawal(name, SIGNATURE), name, lambda: self.docket.withdraw(name))

    @step(CASE_STEPS, pick=PICK, off=st.integers(0, 9))
    def restitute(self, pick: int, off: int) -> None:
        self.restitute_case(self.a_case(pick, "refused"), int(off == 0))

    def restitute_case(self, name: bytes, off: int = 0) -> None:
        paid = self.plan.paid_in(self.docket.slot(name)) if name in self.docket.cases() else 0
        act = Restitution(name, paid + off)
        self.enter("restitute", act, name, lambda: self.docket.restitute(name, paid + off), paid)

    # --- money ------------------------------------------------------------------------------------

    @step(CASE_STEPS, pick=PICK, amount=AMOUNTS, funder=st.sampled_from(["", "", "hands", "nobody"]))
    def advance(self, pick: int, amount: int, funder: str) -> None:
        self.advance_case(self.a_case(pick, "disclosed", "approved"), amount, funder)

    def advance_case(self, name: bytes, amount: int, funder: str) -> None:
        act = Advance(name, amount, "member", funder, HASH, SIGNATURE if funder else b"")
        self.enter("advance", act, name, lambda: self.docket.advance(name, amount, funder))

    @step(CASE_STEPS, pick=PICK, amount=AMOUNTS, payee=st.sampled_from(["member", "hospital", "member", "funder"]))
    def pay(self, pick: int, amount: int, payee: str) -> None:
        self.pay_case(self.a_case(pick, "approved"), amount, payee)

    def pay_case(self, name: bytes, amount: int, payee: str) -> None:
        whom = "funder" if payee == "funder" else "member"
        act = Payout(name, amount, payee, HASH)
        self.enter("pay" if whom == "member" else "repay", act, name, lambda: self.docket.pay(name, whom, amount))

    @step(CASE_STEPS, pick=PICK)
    def void(self, pick: int) -> None:
        name, entry = self.a_case(pick, "approved"), self.fresh()
        self.enter("void", Void(name, "malicious"), entry, lambda: self.docket.void(name, entry))

    @step(
        OTHER_STEPS,
        amount=st.sampled_from([1, 9, 60]),
        source=st.sampled_from(["operator", "donation", "recovery"]),
        pick=PICK,
    )
    def fund(self, amount: int, source: str, pick: int) -> None:
        name = self.a_case(pick, "void") if source == "recovery" or pick % 9 == 0 else b""
        act = Fund(source, amount, HASH, name)
        self.enter("fund", act, self.fresh(), lambda: self.docket.fund(source, amount, name))

    @step(
        OTHER_STEPS,
        who=st.sampled_from(["bank", "bank", "bank", "eyes", "nobody"]),
        off=st.sampled_from([0, 0, 1, -DAY]),
    )
    def treasury(self, who: str, off: int) -> None:
        self.block()
        act = Treasury(who, self.now + off, 77, SIGNATURE)
        self.enter("treasury", act, self.fresh(), lambda: self.docket.treasury(who, act.as_of_ms, 77))

    # --- members ----------------------------------------------------------------------------------

    @step(OTHER_STEPS, pick=PICK, days=st.sampled_from([0, 0, 1, 5, -1]), again=st.integers(0, 9), lone=st.booleans())
    def sanction(self, pick: int, days: int, again: int, lone: bool) -> None:
        case = b"" if lone else self.a_case(pick, "void")
        slot = self.docket.slot(case) if case in self.docket.cases() else self.a_slot(pick)
        entry = self.of_kind(pick, "sanction") if again == 0 else self.fresh()
        self.block()
        until = day_at(self.now) + days if days else 0
        act = Sanction(slot, case, "malicious", until)
        self.enter("sanction", act, entry, lambda: self.docket.sanction(entry, slot, case, until))

    @step(OTHER_STEPS, pick=PICK)
    def lift(self, pick: int) -> None:
        if not self.docket.all("sanction") and pick % 4:
            self.sanction(pick, 0, 9, True)
        entry = self.of_kind(pick, "sanction")
        self.enter("lift", Lift(entry, "appeal"), self.fresh(), lambda: self.docket.lift(entry))

    @step(OTHER_STEPS, pick=PICK, whole=st.booleans())
    def erase(self, pick: int, whole: bool) -> None:
        name = b"" if whole else self.a_case(pick, "refused", "approved", "withdrawn")
        mine = name in self.docket.cases() and pick % 20
        slot = self.docket.slot(name) if mine else self.a_slot(pick)
        act = Erasure(slot, name, "wish")
        self.enter("erase", act, self.fresh(), lambda: self.docket.erase(slot, name))

    @step(OTHER_STEPS, pick=PICK, key=st.integers(0, 12))
    def hand_over(self, pick: int, key: int) -> None:
        waiting = [item.slot for item in self.docket.all("rekey") if self.docket.replacement(item.slot or 0)]
        slot = waiting[0] if waiting and waiting[0] is not None and pick % 2 else self.a_slot(pick)
        new, entry = self.a_key(key), self.fresh()
        act = Handover(slot, new, SIGNATURE, SIGNATURE)
        self.enter("handover", act, entry, lambda: self.docket.handover(entry, slot, new))

    @step(OTHER_STEPS, pick=PICK, key=st.integers(0, 12), voucher=st.sampled_from(["", "", "eyes", "nobody"]))
    def rekey(self, pick: int, key: int, voucher: str) -> None:
        slot, new, entry = self.a_slot(pick), self.a_key(key), self.fresh()
        act = Rekey(slot, new, voucher, SIGNATURE, SIGNATURE if voucher else b"")
        self.enter("rekey", act, entry, lambda: self.docket.rekey(entry, slot, new, voucher))

    @staticmethod
    def a_key(number: int) -> bytes:
        return key_of("eyes" if number == 12 else ("key", number))

    @step(OTHER_STEPS, pick=PICK)
    def object_to_key(self, pick: int) -> None:
        if pick % 4:
            self.rekey(pick, pick % 12, "")
        told = self.docket.all("rekey")
        entry = told[-1].name if told and pick % 3 else self.of_kind(pick, "rekey")
        self.enter(
            "rekey objection",
            RekeyObjection(entry, SIGNATURE),
            self.fresh(),
            lambda: self.docket.object_to_key(entry),
        )

    # --- the plan as a whole ----------------------------------------------------------------------

    @rule(data=st.data(), again=st.integers(0, 9))
    def propose(self, data: st.DataObject, again: int) -> None:
        if (not self.plan.covenant.amendments.vote and again % 3) or len(self.docket.all("propose")) > 2:
            return
        drawn = data.draw(covenants(self.funding))
        entry = self.of_kind(again, "propose") if again == 0 else self.fresh()
        self.enter("propose", Proposal(drawn.to_bytes()), entry, lambda: self.docket.propose(entry, drawn))

    @rule(data=st.data(), days=st.sampled_from([0, 1, 7, 7, 30]), off=st.integers(0, 9))
    def amend(self, data: st.DataObject, days: int, off: int) -> None:
        proposed = self.docket.all("propose")
        if self.plan.covenant.amendments.vote and proposed and off > 2:
            item = proposed[off % len(proposed)]
            self.amend_to(item.more["covenant"], item.name, days)
            return
        drawn = data.draw(covenants(None if off == 1 else self.funding))
        self.amend_to(drawn, self.of_kind(off, "propose") if off == 2 else b"", days, int(off == 0))

    @precondition(lambda self: self.plan.covenant.amendments.vote and self.plan.end is None)
    @rule(data=st.data(), votes=st.integers(0, 31), days=st.integers(0, 8))
    def vote_on_the_covenant(self, data: st.DataObject, votes: int, days: int) -> None:
        """A proposal from its recording to the amendment, if it passes."""
        drawn, entry = data.draw(covenants(self.funding)), self.fresh()
        if self.enter("propose", Proposal(drawn.to_bytes()), entry, lambda: self.docket.propose(entry, drawn)):
            members = [slot for slot, member in enumerate(self.plan.members) if self.plan.covered(member, self.now)]
            self.cast(entry, members[: 4 + days % 2] or [0], votes)
            self.wait_until(self.docket.of(entry, "propose")[0].more["closes"])
            self.count_votes(entry)
            self.what_is_due_is_allowed()
            self.amend_to(drawn, entry, days)

    def amend_to(self, covenant: Covenant, proposal: bytes, days: int, off: int = 0) -> None:
        self.block()
        version, since = len(self.plan.versions) + 1 + off, self.now + days * DAY
        act = Amendment(covenant.to_bytes(), version, since, proposal)
        self.enter("amend", act, self.fresh(), lambda: self.docket.amend(covenant, version, since, proposal))

    @step(OTHER_STEPS, lucky=st.integers(0, 6))
    def close(self, lucky: int) -> None:
        if lucky == 0 or self.plan.end is not None:
            entry = self.fresh()
            self.enter("close", ClosingNotice(HASH), entry, lambda: self.docket.close(entry))

    @step(OTHER_STEPS)
    def give_a_round_back(self) -> None:
        if self.plan.end is not None:
            self.give_shares_back(self.plan.end.name)

    @step(OTHER_STEPS, off=st.integers(0, 3))
    def end(self, off: int) -> None:
        self.make_statement(int(off == 0))

    def make_statement(self, off: int = 0) -> None:
        self.block()
        figures = self.docket.figures()
        figures["members"] += off
        act = ClosingStatement(Statement(**figures).to_bytes())
        self.enter("end", act, self.fresh(), lambda: self.docket.end(figures))

    # --- further at once --------------------------------------------------------------------------

    @rule(pick=PICK, aid=st.integers(1, 150), votes=st.integers(0, 31), objects=st.booleans())
    def go_on(self, pick: int, aid: int, votes: int, objects: bool) -> None:
        """What comes next for a case, whatever it is; a jury votes as told."""
        names = self.docket.cases()
        if not names or pick % 5 == 0:
            slot = self.somebody(pick)
            self.ask(slot, min(aid, max(self.most(slot), 1)))
            return
        name = names[pick % len(names)]
        steps = {"requested": self.go_disclose, "disclosed": self.go_decide, "refused": self.go_appeal}
        state = self.docket.state(name)
        if state in steps:
            steps[state](name, aid, votes, objects)
        elif state == "approved":
            self.go_pay(name, aid)

    def go_disclose(self, name: bytes, aid: int, votes: int, objects: bool) -> None:
        request, covenant, slot = self.docket.begin(name), self.docket.covenant(name), self.docket.slot(name)
        if aid % 8 and "aid.waiting" in self.docket.against(covenant, request.more["facts"], slot, 1, request.at):
            self.refuse_case(name, "aid.waiting")
            return
        for row in self.docket.covenant(name).cases.attestations:
            who = "eyes" if row.role == "investigator" else "clinic"
            act = Attestation(name, who, row.role, 1, b"", SIGNATURE)
            self.enter("attest", act, name, lambda who=who, row=row: self.docket.attest(name, who, row.role, 1, b""))  # type: ignore[misc]
        self.disclose_case(name, min(self.docket.begin(name).more["amount"], aid))

    def go_decide(self, name: bytes, aid: int, votes: int, objects: bool) -> None:
        docket = self.docket
        if objects:
            act = Objection(name, "hands", HASH, SIGNATURE)
            self.enter("object", act, name, lambda: docket.object(name, "hands"))
        self.wait_until(docket.window(name))
        if docket.jury(name):
            jurors = [slot for slot, member in enumerate(self.plan.members) if self.plan.covered(member, self.now)]
            if aid % 4 == 0:
                self.cast(name, [docket.slot(name)], 1)
            self.cast(name, [slot for slot in jurors if slot != docket.slot(name)][: 4 + aid % 2] or [0], votes)
            self.wait_until(docket.voting_ends(name))
            self.count_votes(name)
        by = docket.covenant(name).advances.by
        self.advance_case(name, 1 + aid // 4, "hands" if by == "institutions" else "")
        self.approve_case(name)
        if docket.state(name) == "disclosed":
            self.refuse_case(name, "cases.jury_majority_bp")

    def go_appeal(self, name: bytes, aid: int, votes: int, objects: bool) -> None:
        refusal = self.docket.of(name, "refuse")[-1].more
        if refusal["clause"] == "aid.waiting":
            self.restitute_case(name)
            return
        slot, entry = self.docket.slot(name), refusal["digest"]
        act = Appeal(slot, entry, HASH, SIGNATURE)
        self.enter("appeal", act, self.fresh(), lambda: self.docket.appeal(slot, entry))

    def go_pay(self, name: bytes, aid: int) -> None:
        """All that is left, in two parts, and what was advanced for it; or too much."""
        if self.docket.shared(name) is None:
            self.advance_case(name, 1 + aid // 4, "")
            return
        self.pay_case(name, max(self.left(name) + (aid == 1), 1), "member")
        self.pay_case(name, max(self.docket.sum(name, "advance"), 1), "funder")

    def left(self, name: bytes) -> int:
        """The aid of a case that is left to pay, advances beside."""
        docket = self.docket
        return docket.aid(name) - docket.sum(name, "advance") - docket.sum(name, "pay", payee="member")

    @rule(picks=st.lists(PICK, min_size=2, max_size=6), aid=st.integers(1, 150), votes=st.integers(0, 31))
    def go_far(self, picks: list[int], aid: int, votes: int) -> None:
        for pick in picks:
            self.go_on(pick, aid, votes, bool(pick & 16))

    @precondition(lambda self: self.plan.round is None)
    @rule(
        pick=PICK,
        aid=st.sampled_from([1, 10, 49, 70, 100, 150]),
        top_up=st.sampled_from([0, 0, 3]),
        days=st.integers(0, 12),
        failed=st.lists(PICK, min_size=1, max_size=3),
        deciding=st.integers(0, 31),
    )
    def share_a_case(self, pick: int, aid: int, top_up: int, days: int, failed: list[int], deciding: int) -> None:
        """A case from its beginning to its round, and to its payment perhaps."""
        slot = self.somebody(pick)
        name: bytes | None = self.fresh()
        if self.plan.covenant.cases.request == "operator":
            self.approve_alone(slot, aid, 9)
        else:
            name = self.ask(slot, min(aid, max(self.most(slot), 1)))
            if name is not None:
                self.go_disclose(name, aid, 0, False)
            if name is not None and self.docket.state(name) == "disclosed":
                self.go_decide(name, aid, deciding | 7, deciding > 20)
        if self.plan.net < 0 or any(case.shared is None and not case.gone for case in self.plan.cases.values()):
            self.share([1], top_up, days, failed)
        if name in self.docket.cases() and self.docket.shared(name) is not None and deciding % 2:
            self.go_pay(name, aid)

    @rule(pick=PICK, asked=st.booleans())
    def fall_ill_while_waiting(self, pick: int, asked: bool) -> None:
        """Where the covenant ends a membership for it: refused, and what was paid comes back between two rounds."""
        self.block()
        if self.plan.covenant.aid.ill_in_waiting != "refund_and_end":
            return
        if not asked:
            self.enrol_many([30])
        newest = len(self.plan.members) - 1
        name = self.ask(newest, 1, ILL)
        if name is not None and self.refuse_case(name, "aid.waiting"):
            self.restitute_case(name)

    @precondition(lambda self: any(case.shared is not None and not case.void for case in self.plan.cases.values()))
    @rule(pick=PICK)
    def undo_a_case(self, pick: int) -> None:
        """A case that a round has shared proves false, and what it cost comes back."""
        self.undo(pick)

    def undo(self, pick: int) -> None:
        shared = [name for name, case in self.plan.cases.items() if case.shared is not None and not case.void]
        if not shared:
            return
        name, entry = shared[pick % len(shared)], self.fresh()
        self.enter("void", Void(name, "forged_records"), entry, lambda: self.docket.void(name, entry))
        self.give_shares_back(name)

    def finish(self, how: int) -> None:
        """Some histories end with the plan: another round, a case undone, and everything wound down."""
        if how == 0:
            return
        if self.plan.round is not None:
            self.wait_until(self.plan.round.due_ms)
            self.settle([], 1)
        if self.plan.end is None:
            self.share_a_case(how, 49, 0, 0, [how], how)
        if self.funding == "mandate" and any(member.owed() for member in self.plan.members):
            for pick in (0, how):  # one fen too much, and what is owed
                self.pay_arrears(pick)
        if how % 2:
            self.undo(how)
        if self.plan.round is None:
            self.wind_down()

    def wind_down(self) -> None:
        """Announced, and carried through as far as it can be in one go: cases decided, shared, paid, given back."""
        docket = self.docket
        for _ in range(2):  # it is announced once
            self.close(0)
        assert self.plan.end is not None
        if self.plan.end.final:
            return
        self.wait_until(self.plan.end.until)
        for name in docket.cases():
            if docket.state(name) in ("requested", "disclosed"):
                self.enter("withdraw case", CaseWithdrawal(name, SIGNATURE), name, lambda: docket.withdraw(name))  # noqa: B023
        waiting = [name for name, case in self.plan.cases.items() if case.shared is None and not case.gone]
        if waiting or self.plan.net < 0:
            self.share([1, 2, 3][: len(waiting)], 0, 0, [])
        for name, case in list(self.plan.cases.items()):
            if case.shared is not None and case.void:
                self.give_shares_back(name)
            elif case.shared is not None:
                self.pay_rest(name)
        for _ in range(len(self.plan.done)):
            self.give_shares_back(self.plan.end.name)
        self.make_up()
        self.make_statement()
        self.the_closing_statement_balances()
        self.both_keep_the_same()

    def pay_rest(self, name: bytes) -> None:
        if self.left(name):
            self.pay_case(name, self.left(name), "member")
        owed = self.docket.sum(name, "advance") - self.docket.sum(name, "pay", payee="funder")
        if owed:
            self.pay_case(name, owed, "funder")

    def make_up(self) -> None:
        """The operator adds what is missing."""
        missing = self.docket.figures()["operator"]
        if missing:
            act = Fund("operator", missing, HASH, b"")
            self.enter("fund", act, self.fresh(), lambda: self.docket.fund("operator", missing, b""))

    # --- always -----------------------------------------------------------------------------------

    @invariant()
    def both_say_where_each_case_stands(self) -> None:
        docket, life = self.docket, self.book.life
        assert list(life.cases) == docket.cases()
        for name in docket.cases():
            found = life.cases[name]
            assert (found.status, found.slot, found.aid) == (docket.state(name), docket.slot(name), docket.aid(name))
            assert found.paid == docket.sum(name, "pay", payee="member")
            assert found.repaid == docket.sum(name, "pay", payee="funder")
            assert found.advances == docket.sum(name, "advance")
            assert found.paid + found.advances <= found.aid or not found.paid + found.advances
            assert found.repaid <= found.advances
            assert found.restituted == docket.restituted(found.slot) or not found.restituted
            ballots = docket.votes(name) if docket.counted(name) else (-1, -1)
            assert (found.ballots, found.support) == ballots
        assert set(life.voided) == {name for name in docket.cases() if docket.state(name) == "void"}

    @invariant()
    def what_is_due_is_allowed(self) -> None:
        """Nobody has to decide anything for what the covenant demands; a round alone may be held up, by a cap say."""
        book, now = self.book, self.book.now_ms
        following = next_ms(book, now)
        assert following is None or following > now
        for duty in due(book, now):
            assert duty.at_ms <= now
            if duty.automatic and duty.kind != "round.open":
                self.demanded(duty)

    def demanded(self, duty: Duty) -> None:
        """Raises what the rules have against a duty."""
        book, name = self.book, duty.subject
        acts: dict[str, Callable[[], Act]] = {
            "votes.count": lambda: Adjudication(name, *book.life.counted(name)),
            "case.approve": lambda: Approval(name, duty.amount),
            "case.refuse": lambda: Refusal(name, duty.clause),
            "case.restitute": lambda: Restitution(name, self.plan.paid_in(self.docket.slot(name))),
            "plan.statement": lambda: ClosingStatement(statement_of(book).to_bytes()),
        }
        if duty.kind in acts:
            book.check(acts[duty.kind](), bytes(32))
        elif duty.kind in ("case.refund", "plan.refund"):
            book.refund_terms(name)
        elif duty.kind == "round.settle":
            book.result()
        else:
            assert duty.kind == "amendment.record"

    @invariant()
    def both_know_members_and_custodians(self) -> None:
        docket, life, now = self.docket, self.book.life, self.book.now_ms
        for slot in range(self.book.slots):
            assert life.keys.key_of(slot, now) == docket.key(slot)
            assert life.sanctioned(slot, day_at(now)) == docket.sanctioned(slot, day_at(now))
        told = [item.more for item in docket.all("treasury")]
        assert [(item.institution, item.as_of_ms, item.balance, item.expected) for item in life.treasury] == [
            (more["who"], more["as of"], more["balance"], more["expected"]) for more in told
        ]
        for item in docket.all("propose"):
            assert life.passed(item.name, self.book.covenant) == docket.passed(item.name)

    @invariant()
    def the_closing_statement_balances(self) -> None:
        found = statement_of(self.book)
        assert asdict(found) == self.docket.figures()
        assert found.difference == (0 if self.book.open is None else self.book.open.terms.top_up)
        end, closing = self.plan.end, self.book.closing
        assert (end is None) == (closing is None)
        if end is not None and closing is not None:
            assert (end.name, end.borne, end.back) == (closing.name, closing.borne, closing.given_back)
            assert end.final == (closing.final_ms >= 0)
            assert end.until == closing.until_ms(self.book)
