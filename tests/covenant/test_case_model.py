"""Random histories of cases against the slow reference: what is refused, by which class, and where each case stands.

In the end the state comes back from its saved form, and a replay of all that was recorded breaks no rule and comes to
the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mutualchain.canonical import decode, encode
from mutualchain.covenant.acts import (
    Act,
    Adjudication,
    Advance,
    Appeal,
    Approval,
    Attestation,
    CaseWithdrawal,
    Disclosure,
    Objection,
    Payout,
    Refusal,
    Void,
)
from mutualchain.covenant.ballots import apply_ballots, ballot_params, ballot_violations, replay_ballots
from mutualchain.covenant.calendar import DAY_MS
from mutualchain.covenant.cases import CaseLife
from mutualchain.errors import AppealRule, MutualchainError

from .case_reference import Docket
from .lives import SIGNATURE, FakePlan, covenant, digest, facts_of

SLOTS = st.integers(0, 9)
PICK = st.integers(0, 99)
AID = 100
CASES = 3
"""So few that much happens to each."""


class CaseHistories(RuleBasedStateMachine):
    """Ten members, four institutions, as many cases as come."""

    @initialize(quorum=st.integers(0, 3))
    def begin(self, quorum: int) -> None:
        rules = covenant(cases={"jury_quorum": quorum}, aid={"request_within_days": 0})
        self.plan, self.docket = FakePlan(rules), Docket(quorum)
        self.again = FakePlan(rules)
        self.slots: dict[str, int] = {}
        self.asked: dict[str, int] = {}
        self.shared: set[str] = set()
        self.refusals: dict[str, list[bytes]] = {}
        self.appealed: set[bytes] = set()
        self.count = 0

    # --- both sides -----------------------------------------------------------------------------

    def agree(self, kind: str, case: str, act: Act, wanted: type | None, **more: object) -> bytes | None:
        """The covenant refuses what the reference refuses, by the same class; else both record it."""
        found: MutualchainError | None = None
        try:
            name = self.plan.do(act)
        except MutualchainError as error:
            found = error
        assert (None if found is None else type(found)) is wanted, (kind, found)
        if found is not None:
            return None
        self.docket.told.append((self.plan.now, kind, case, dict(more)))
        self.replayed(lambda: self.again.do(act))
        return name

    def replayed(self, step: Callable[[], object]) -> None:
        self.again.now = self.plan.now
        step()

    def some(self, pick: int) -> str | None:
        found = self.docket.cases()
        return found[pick % len(found)] if found else None

    # --- steps ----------------------------------------------------------------------------------

    @rule(days=st.sampled_from([0.5, 1, 2, 3]))
    def time_goes_by(self, days: float) -> None:
        self.plan.wait(days)

    @rule(slot=SLOTS, amount=st.integers(1, AID))
    def request(self, slot: int, amount: int) -> None:
        if self.count >= CASES:
            return
        self.count += 1
        case = self.plan.requested(slot, amount, region=f"region {self.count}")
        facts = facts_of(slot, region=f"region {self.count}")
        self.slots[case.hex()], self.asked[case.hex()] = slot, amount
        self.docket.told.append((self.plan.now, "request", case.hex(), {"amount": amount}))
        self.replayed(lambda: self.again.requested(slot, amount, region=f"region {self.count}"))
        assert facts.root == self.plan.life.cases[case].facts_root

    @rule(pick=PICK, who=st.sampled_from(["eyes", "clinic"]), supports=st.sampled_from([1] * 7 + [0]))
    def attest(self, pick: int, who: str, supports: int) -> None:
        if (case := self.some(pick)) is None:
            return
        role = "investigator" if who == "eyes" else "hospital"
        act = Attestation(bytes.fromhex(case), who, role, supports, b"", SIGNATURE)
        self.agree("attest", case, act, self.docket.may_attest(case, who), who=who, supports=supports)

    @rule(pick=PICK, aid=st.integers(1, AID))
    def disclose(self, pick: int, aid: int) -> None:
        if (case := self.some(pick)) is None:
            return
        wanted = self.docket.may_disclose(case, aid, self.asked[case])
        self.agree("disclose", case, Disclosure(bytes.fromhex(case), aid, digest("f")), wanted, aid=aid)

    @rule(pick=PICK)
    def vouch_and_disclose(self, pick: int) -> None:
        for who in ("eyes", "clinic"):
            self.attest(pick, who, 1)
        self.disclose(pick, 1 + pick)

    @rule(pick=PICK, by=SLOTS)
    def object(self, pick: int, by: int) -> None:
        if (case := self.some(pick)) is None:
            return
        act = Objection(bytes.fromhex(case), by, digest("g"), SIGNATURE)
        self.agree("object", case, act, self.docket.may_object(self.plan.now, case, by), by=by)

    @rule(pick=PICK, slots=st.lists(SLOTS, min_size=1, max_size=4, unique=True), vote=st.integers(0, 1))
    def vote(self, pick: int, slots: list[int], vote: int) -> None:
        if (case := self.some(pick)) is None:
            return
        seqs = [int(self.plan.members.seq[slot]) for slot in slots]
        columns: dict[str, Any] = {
            "slot": np.array(slots, np.uint32),
            "seq": np.array(seqs, np.uint32),
            "vote": np.full(len(slots), vote, np.uint8),
        }
        subject, now = bytes.fromhex(case), self.plan.now
        found = ballot_violations(self.plan, subject, columns, now)
        wanted = [self.docket.may_vote(now, case, slot, self.slots[case]) for slot in slots]
        assert {type(error) for error in found} == {kind for kind in wanted if kind is not None}
        if not found:
            apply_ballots(self.plan, subject, columns)
            self.docket.told += [(now, "vote", case, {"slot": slot, "vote": vote}) for slot in slots]
            self.replayed(lambda: None)
            assert replay_ballots(self.again, columns, ballot_params(subject), now) == []

    @rule(pick=PICK)
    def count_votes(self, pick: int) -> None:
        if (case := self.some(pick)) is None:
            return
        votes = self.docket.since_appeal(case, "vote")
        support = sum(int(str(more["vote"])) for more in votes)
        act = Adjudication(bytes.fromhex(case), len(votes), support)
        self.agree("count", case, act, self.docket.may_count(self.plan.now, case))

    @rule(pick=PICK)
    def approve(self, pick: int) -> None:
        if (case := self.some(pick)) is None:
            return
        act = Approval(bytes.fromhex(case), max(self.docket.aid(case), 1))
        self.agree("approve", case, act, self.docket.may_approve(self.plan.now, case))

    @rule(pick=PICK)
    def refuse(self, pick: int) -> None:
        if pick % 4 or (case := self.some(pick // 4)) is None:
            return
        act = Refusal(bytes.fromhex(case), "cases.jury_majority_bp")
        name = self.agree("refuse", case, act, self.docket.may_refuse(case))
        if name is not None:
            self.refusals.setdefault(case, []).append(name)

    @rule(pick=PICK, letter=PICK)
    def appeal(self, pick: int, letter: int) -> None:
        """Against the last refusal of a case; each refusal once."""
        case = self.some(pick)
        if case is None or not self.refusals.get(case):
            return
        against = self.refusals[case][-1]
        act = Appeal(self.slots[case], against, digest("letter", letter), SIGNATURE)
        wanted = AppealRule if against in self.appealed else None
        if self.agree("appeal", case, act, wanted) is not None:
            self.appealed.add(against)

    @rule(pick=PICK)
    def withdraw(self, pick: int) -> None:
        if pick % 8 or (case := self.some(pick // 8)) is None:
            return
        act = CaseWithdrawal(bytes.fromhex(case), SIGNATURE)
        self.agree("withdraw", case, act, self.docket.may_withdraw(case, case in self.shared))

    @rule(pick=PICK, amount=st.integers(1, 60))
    def advance(self, pick: int, amount: int) -> None:
        if (case := self.some(pick)) is None:
            return
        act = Advance(bytes.fromhex(case), amount, "member", "", digest("p"), b"")
        wanted = self.docket.may_advance(case, amount, case in self.shared)
        self.agree("advance", case, act, wanted, amount=amount)

    @rule(pick=PICK)
    def share(self, pick: int) -> None:
        """A round shares the case, if it waits for one."""
        case = self.some(pick)
        if case is None or bytes.fromhex(case) not in self.plan.cases:
            return
        for plan in (self.plan, self.again):
            plan.cases[bytes.fromhex(case)].round = 0
        self.shared.add(case)

    @rule(pick=PICK, payee=st.sampled_from(["member", "member", "funder"]), amount=st.integers(1, AID))
    def pay(self, pick: int, payee: str, amount: int) -> None:
        if (case := self.some(pick)) is None:
            return
        act = Payout(bytes.fromhex(case), amount, payee, digest("p", self.plan.now, amount))
        wanted = self.docket.may_pay(case, payee, amount, case in self.shared)
        self.agree("pay", case, act, wanted, amount=amount, payee=payee)

    @rule(pick=PICK)
    def void(self, pick: int) -> None:
        if pick % 4 or (case := self.some(pick // 4)) is None:
            return
        self.agree("void", case, Void(bytes.fromhex(case), "malicious"), self.docket.may_void(case))

    # --- a case driven on, so that histories reach the far end ------------------------------------

    @rule(pick=PICK, aid=st.integers(40, AID), votes=st.lists(st.integers(0, 1), max_size=6), objects=st.booleans())
    def drive_on(self, pick: int, aid: int, votes: list[int], objects: bool) -> None:
        """What comes next for a case, whatever it is; the jury votes as told."""
        if (case := self.some(pick)) is None:
            self.request(pick % 10, AID)
            return
        state, number = self.docket.state(case), self.docket.cases().index(case)
        if state == "requested":
            for who in ("eyes", "clinic"):
                self.attest(number, who, 1)
            self.disclose(number, aid)
        elif state == "disclosed":
            if objects:
                self.object(number, 9)
            self.wait_until(self.docket.window(case))
            jurors = [slot for slot in range(10) if slot != self.slots[case]]
            for slot, vote in zip(jurors, votes, strict=False):
                self.vote(number, [slot], vote)
            if self.docket.disputed(case):
                self.wait_until(self.docket.window(case) + self.docket.jury_days * DAY_MS)
            self.advance(number, 1 + aid // 4)
            self.count_votes(number)
            self.approve(number)
        elif state == "approved":
            self.advance(number, 1 + aid // 4)
            self.share(number)
            for payee, amount in (("member", aid), ("member", aid // 2), ("funder", 1 + aid // 4)):
                self.pay(number, payee, amount)
        elif state == "refused":
            self.appeal(number, pick)

    @rule(pick=PICK, aid=st.integers(40, AID), votes=st.lists(st.integers(0, 1), min_size=2, max_size=6))
    def drive_on_against_an_objection(self, pick: int, aid: int, votes: list[int]) -> None:
        self.drive_on(pick, aid, votes, True)

    @rule(picks=st.lists(PICK, min_size=2, max_size=5), aid=st.integers(40, AID))
    def drive_far(self, picks: list[int], aid: int) -> None:
        for pick in picks:
            self.drive_on(pick, aid, [pick >> bit & 1 for bit in range(4)], bool(pick & 16))

    def wait_until(self, time_ms: int) -> None:
        self.plan.now = max(self.plan.now, time_ms)

    # --- what always holds ------------------------------------------------------------------------

    @invariant()
    def both_say_where_each_case_stands(self) -> None:
        if not hasattr(self, "plan"):
            return
        for case in self.docket.cases():
            found = self.plan.life.cases[bytes.fromhex(case)]
            assert found.status == self.docket.state(case)
            assert found.paid == self.docket.total(case, "pay", payee="member")
            assert found.repaid == self.docket.total(case, "pay", payee="funder")
            assert found.advances == self.docket.total(case, "advance")
            assert found.paid + found.advances <= found.aid or not found.paid + found.advances
            assert found.repaid <= found.advances
        paid = sum(self.docket.total(case, "pay") for case in self.docket.cases())
        assert self.plan.totals.payouts == paid

    def teardown(self) -> None:
        if hasattr(self, "plan"):
            life = self.plan.life
            assert CaseLife.from_value(decode(encode(life.to_value()), max_size=1 << 22)).to_value() == life.to_value()
            assert self.again.life.to_value() == life.to_value()
            assert self.again.totals == self.plan.totals


TestCaseHistories = CaseHistories.TestCase
TestCaseHistories.settings = settings(max_examples=50, stateful_step_count=50, deadline=None)


def test_the_reference_lets_a_disputed_case_through() -> None:
    """The rules above reach the far end, so that what they agree on is not only refusals."""
    machine = CaseHistories()
    machine.begin(2)
    machine.request(1, 90)
    machine.vouch_and_disclose(80)
    machine.object(0, 7)
    machine.plan.wait(3)
    machine.vote(0, [2, 3, 4], 1)
    machine.plan.wait(2)
    machine.count_votes(0)
    machine.approve(0)
    machine.share(0)
    machine.pay(0, "member", 60)
    machine.both_say_where_each_case_stands()
    machine.teardown()
    assert [kind for _, kind, _, _ in machine.docket.told][-3:] == ["count", "approve", "pay"]
    assert machine.plan.now % DAY_MS == machine.again.now % DAY_MS
