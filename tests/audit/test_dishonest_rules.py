"""An operator that signs what the rules of versions, cases, notices, keys and refunds forbid: each with its clause."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import pytest

from mutualchain import canonical
from mutualchain.archive import layout
from mutualchain.archive.reading import Archive
from mutualchain.audit import AuditReport, Breach, Verdict, audit_ledger, render
from mutualchain.covenant.acts import (
    Act,
    Adjudication,
    Advance,
    Amendment,
    Appeal,
    Approval,
    Attestation,
    CaseApproval,
    ClosingNotice,
    Disclosure,
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
    Replacement,
    Request,
    Restitution,
    Revocation,
    Sanction,
    Treasury,
    Void,
)
from mutualchain.covenant.calendar import DAY_MS, day_of
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.facts import Facts
from mutualchain.covenant.refunds import RefundTerms
from mutualchain.covenant.sections import Attested
from mutualchain.covenant.statements import act_message, ballot_message
from mutualchain.ledger.writer import NewSheet
from mutualchain.sheet import Status
from mutualchain.tlog import ed25519
from mutualchain.tlog.merkle import leaf_hash
from tests.audit.operator import PLAN, Operator, seed_of, trust
from tests.audit.story import audit
from tests.ledger.vaults import MemoryVault

SIMPLE = Covenant.simple(PLAN, prepay=100)
ASKED = replace(
    SIMPLE,
    amendments=replace(SIMPLE.amendments, notice_days=2),
    cases=replace(
        SIMPLE.cases, request="member", attestations=(Attested("investigator", 1),), objection_days=2, jury="always"
    ),
    advances=replace(SIMPLE.advances, by="operator", most_bp=5_000),
)
"""Members request, an investigator attests, a jury decides, half can be advanced."""
ENDING = replace(ASKED, aid=replace(ASKED.aid, ill_in_waiting="refund_and_end"))
EYES, BANK, OTHER = b"e" * 32, b"b" * 32, b"o" * 32
FACTS = b"f" * 32
A = TypeVar("A", bound=Act)


class Actor(Operator):
    """An operator that plays the members' and institutions' parts too, with whatever keys the test gives it."""

    def __init__(self, document: Covenant = ASKED, members: int = 20) -> None:
        super().__init__(document=document)
        self.vault = MemoryVault()
        self.document = document
        self.enrol([1_000] * members)
        self.register("eyes", EYES, ("investigator",))
        self.register("bank", BANK, ("custodian",))

    # --- entries ----------------------------------------------------------------------------

    def signed(self, act: A, seed: bytes, plan: str = PLAN, **names: bytes) -> A:
        """``act`` signed; ``names`` are further signatures: field name to seed."""
        message = act_message(self.chain, plan, act)
        seeds = {"signature": seed, **names} if seed else names
        return replace(act, **{name: ed25519.sign(key, message) for name, key in seeds.items()})

    def put(self, act: Act, plan: str = PLAN) -> bytes:
        """Record an entry alone; returns its hash."""
        entry = act.to_entry(plan)
        self.commit([entry])
        return leaf_hash(entry.to_bytes())

    def register(self, name: str, seed: bytes, roles: tuple[str, ...], signer: bytes | None = None) -> bytes:
        act = Registration(name, name.title(), ed25519.public_key_of(seed), roles, b"")
        return self.put(self.signed(act, b"", "", acceptance=signer or seed), "")

    def amend(self, document: Covenant, *, version: int = 2, days: int = 2, proposal: bytes = b"") -> int:
        act = Amendment(document.to_bytes(), version, self.now + 1_000 + days * DAY_MS, proposal)
        self.plans[PLAN].covenant = document
        return self.commit([act.to_entry(PLAN)], covenants={PLAN: (version, act.hash)})

    # --- the steps of a case ----------------------------------------------------------------

    def request(self, slot: int, amount: int = 600, *, seed: bytes | None = None, version: int = 1) -> bytes:
        act = self.signed(Request(slot, amount, FACTS, version, 0, b""), seed or seed_of(slot))
        digest = self.about(slot, act)
        self.plans[PLAN].claimant[digest] = slot
        return digest

    def step(self, case: bytes, act: Act) -> bytes:
        return self.about(self.plans[PLAN].claimant[case], act)

    def attest(
        self, case: bytes, *, by: str = "eyes", seed: bytes = EYES, supports: int = 1, tag: bytes = b"",
        role: str = "investigator",
    ) -> bytes:  # fmt: skip
        return self.step(case, self.signed(Attestation(case, by, role, supports, tag, b""), seed))

    def disclose(self, case: bytes, aid: int = 600) -> bytes:
        return self.step(case, Disclosure(case, aid, b"d" * 32))

    def ballots(self, subject: bytes, slots: Sequence[int], votes: Sequence[int], seed: bytes | None = None) -> None:
        self.commit(sheets=[self.ballot_sheet(subject, slots, votes, seed)])

    def ballot_sheet(
        self, subject: bytes, slots: Sequence[int], votes: Sequence[int], seed: bytes | None = None
    ) -> NewSheet:
        seqs = [self._event(self.plans[PLAN], slot) for slot in slots]
        signatures = [
            ed25519.sign(seed or seed_of(slot), ballot_message(self.chain, PLAN, subject, slot, seq, vote))
            for slot, seq, vote in zip(slots, seqs, votes, strict=True)
        ]
        columns = {"slot": list(slots), "seq": seqs, "vote": list(votes), "signature": signatures}
        return self.sheet("ballot/1", columns, params=canonical.encode([subject]))

    def asked(self, slot: int = 3) -> bytes:
        """A case that was requested, attested and disclosed."""
        case = self.request(slot)
        self.attest(case)
        self.disclose(case)
        return case

    def voted(self, slot: int = 3) -> bytes:
        """And of which three jurors thought well, when the voting closed."""
        case = self.asked(slot)
        self.now += 2 * DAY_MS
        self.ballots(case, [5, 6, 7], [1, 1, 0])
        self.now += 3 * DAY_MS
        return case

    def judged(self, slot: int = 3) -> bytes:
        case = self.voted(slot)
        self.step(case, Adjudication(case, 3, 2))
        return case

    def approved(self, slot: int = 3) -> bytes:
        case = self.judged(slot)
        self.step(case, Approval(case, 600))
        self.plans[PLAN].aid[case] = 600
        return case

    def keep(self, case: bytes, facts: Facts) -> None:
        """Put facts beside the chain, sealed."""
        with self.store.read() as reader:
            head = reader.head()
        with self.store.write(head) as writer:
            writer.put(layout.facts(PLAN, case), self.vault.seal_facts(PLAN, 3, case, facts.to_bytes()))

    # --- money ------------------------------------------------------------------------------

    def shared(self) -> bytes:
        """A case of 200 that the operator approved, and its round."""
        case = self.case(1, 200)
        self.round([case])
        return case

    def refund(self, case: bytes, *, rounds: int = 0, numerator: int = 200, change: int = 0, rows: int = 20) -> None:
        amounts = [10 * numerator // 200] * rows
        amounts[7] += change
        for slot, amount in enumerate(amounts[:20]):
            self.plans[PLAN].balances[slot] += amount
        params = RefundTerms(case, rounds, numerator, 200).to_bytes()
        self.commit(sheets=[self.sheet("refund/1", {"amount": amounts}, params=params)])

    def correct(self, slot: int, amount: int, corrects: int = 0) -> None:
        self.plans[PLAN].balances[slot] -= amount
        seq = self._event(self.plans[PLAN], slot)
        columns = {"slot": [slot], "seq": [seq], "amount": [amount], "corrects": [corrects]}
        self.commit(sheets=[self.sheet("correction/1", columns)])

    def rekey(self, slot: int, seed: bytes, *, acceptance: bytes | None = None) -> bytes:
        act = Rekey(slot, ed25519.public_key_of(seed), "", b"", b"")
        return self.about(slot, self.signed(act, b"", acceptance=acceptance or seed))

    def hand_over(self, slot: int, seed: bytes, signer: bytes | None = None) -> bytes:
        act = Handover(slot, ed25519.public_key_of(seed), b"", b"")
        return self.about(slot, self.signed(act, signer or seed_of(slot), acceptance=seed))


def breaches(report: AuditReport) -> list[tuple[str, str | None, str]]:
    return [(finding.code, finding.clause, finding.place) for finding in report.findings]


# --- honest ---------------------------------------------------------------------------------------


def asked_and_paid(o: Actor) -> None:
    case = o.approved()
    o.step(case, Advance(case, 300, "hospital", "", b"a" * 32, b""))
    o.round([case])
    o.step(case, Payout(case, 300, "member", b"p" * 32))


def keys_change(o: Actor) -> None:
    o.hand_over(3, OTHER)
    o.withdraw(3, 5, seed=OTHER)
    lost = o.rekey(4, b"n" * 32)
    o.about(4, o.signed(RekeyObjection(lost, b""), seed_of(4)))
    o.withdraw(4, 5)
    o.rekey(5, b"m" * 32)
    o.withdraw(5, 5)
    o.now += 7 * DAY_MS
    o.withdraw(5, 5, seed=b"m" * 32)


def version_two(o: Actor) -> None:
    o.amend(replace(o.document, fee=replace(o.document.fee, bp=1_000)))
    o.now += 3 * DAY_MS
    o.put(o.signed(Treasury("bank", o.now - 5, 20_000, b""), BANK))
    o.put(Fund("donation", 7, b"g" * 32, b""))


def undone(o: Actor) -> None:
    case = o.shared()
    o.step(case, Void(case, "malicious"))
    o.refund(case)
    o.about(1, Sanction(1, case, "malicious", 0))
    o.credit([(2, 70)])
    o.correct(2, 70)


def ended(amount: int, *, times: int = 1, clause: str = "aid.waiting") -> Callable[[Actor], None]:
    """After a round that took 30 from each, what the member who fell ill while she waited has paid comes back."""

    def tell(o: Actor) -> None:
        o.round([o.approved()])
        case = o.about(4, o.signed(Request(4, 600, b"other".ljust(32), 1, 0, b""), seed_of(4)))
        o.plans[PLAN].claimant[case] = 4
        o.step(case, Refusal(case, clause))
        for _ in range(times):
            o.step(case, Restitution(case, amount))
            o.plans[PLAN].balances[4] += amount

    return tell


HONEST: dict[str, tuple[Covenant, Callable[[Actor], None]]] = {
    "a case from request to payment": (ASKED, asked_and_paid),
    "keys that change": (ASKED, keys_change),
    "an amendment, a statement of the treasury, a donation": (ASKED, version_two),
    "a void case and what comes back": (SIMPLE, undone),
    "illness in the waiting period": (ENDING, ended(30)),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_the_rules_allow_is_no_finding(name: str) -> None:
    document, tell = HONEST[name]
    operator = Actor(document)
    tell(operator)
    report = audit(operator)
    assert (breaches(report), report.verdict) == ([], Verdict.VERIFIED)
    assert report.plans[0].replay == "full"
    assert report.plans[0].balances == sum(operator.plans[PLAN].balances)


# --- breaches -------------------------------------------------------------------------------------


def told(o: Actor, *items: tuple[int, bytes]) -> None:
    o.commit(sheets=[o.notices(items)])


def two_notices(o: Actor) -> None:
    entry = CaseApproval(2, 100, b"t" * 32).to_entry(PLAN)
    digest = leaf_hash(entry.to_bytes())
    o.commit([entry], [o.notices([(2, digest), (2, digest)])])


def sheet_twice(o: Actor) -> None:
    case = o.shared()
    o.step(case, Void(case, "malicious"))
    o.refund(case)
    o.refund(case)


def void_and_refund(**lies: int) -> Callable[[Actor], None]:
    def tell(o: Actor) -> None:
        case = o.shared()
        o.step(case, Void(case, "malicious"))
        o.refund(case, **lies)

    return tell


def paid_after_void(o: Actor) -> None:
    case = o.shared()
    o.step(case, Void(case, "malicious"))
    o.step(case, Payout(case, 200, "member", b"p" * 32))


def corrected(*items: tuple[int, int, int]) -> Callable[[Actor], None]:
    def tell(o: Actor) -> None:
        o.credit([(2, 70)])
        for slot, amount, corrects in items:
            o.correct(slot, amount, corrects)

    return tell


def two_cases(tag: bytes) -> Callable[[Actor], None]:
    def tell(o: Actor) -> None:
        o.attest(o.request(3), tag=tag)
        act = o.signed(Request(4, 600, b"other".ljust(32), 1, 0, b""), seed_of(4))
        o.plans[PLAN].claimant[(other := o.about(4, act))] = 4
        o.attest(other, tag=tag)

    return tell


def voting(
    slots: Sequence[int], votes: Sequence[int], days: int = 2, seed: bytes | None = None
) -> Callable[[Actor], None]:
    def tell(o: Actor) -> None:
        case = o.asked()
        o.now += days * DAY_MS
        o.ballots(case, slots, votes, seed)

    return tell


def then(first: Callable[[Actor], bytes], act: Callable[[bytes], Act]) -> Callable[[Actor], object]:
    """A case so far, and one more step of it."""

    def tell(o: Actor) -> None:
        case = first(o)
        o.step(case, act(case))

    return tell


def too_late(o: Actor) -> None:
    case = o.asked()
    o.now += 3 * DAY_MS
    o.put(o.signed(Objection(case, 5, b"g" * 32, b""), seed_of(5)))


def lost_vote(o: Actor) -> None:
    case = o.asked()
    o.now += 2 * DAY_MS
    o.ballots(case, [5, 6], [0, 1])
    o.now += 3 * DAY_MS
    o.step(case, Adjudication(case, 2, 1))
    o.step(case, Approval(case, 600))


def old_key(o: Actor) -> None:
    o.hand_over(3, OTHER)
    o.withdraw(3, 5)


def too_early_new_key(o: Actor) -> None:
    o.rekey(5, b"m" * 32)
    o.withdraw(5, 5, seed=b"m" * 32)


def objected_key(o: Actor) -> None:
    lost = o.rekey(4, b"n" * 32)
    o.about(4, o.signed(RekeyObjection(lost, b""), seed_of(4)))
    o.now += 8 * DAY_MS
    o.withdraw(4, 5, seed=b"n" * 32)


def appealed_twice(o: Actor) -> None:
    case = o.shared()
    void = o.step(case, Void(case, "against_order"))
    for grounds in (b"1" * 32, b"2" * 32):
        o.about(1, o.signed(Appeal(1, void, grounds, b""), seed_of(1)))


def sanctioned_request(o: Actor) -> None:
    o.about(3, Sanction(3, b"", "malicious", 0))
    o.request(3)


def treasury(by: str, seed: bytes, *ages: int) -> Callable[[Actor], None]:
    def tell(o: Actor) -> None:
        for age in ages:
            o.put(o.signed(Treasury(by, o.now - age, 20_000, b""), seed))

    return tell


def monthly(**calendar: tuple[int, ...]) -> Covenant:
    return replace(SIMPLE, calendar=replace(SIMPLE.calendar, kind="monthly", **calendar))  # type: ignore[arg-type]


MONTHLY = monthly(disclosure_days=(15,), deduction_days=(20,))
FIFTEENTH = 1_699_977_600_000
"""2023-11-15T00:00 in Shanghai; START_MS is five hours later."""
DECEMBER = 1_702_569_600_000
"""2023-12-15T00:00 there."""


def of_the_month(snapshot: int, deduction: int) -> Callable[[Actor], None]:
    def tell(o: Actor) -> None:
        case = o.case(1, 200)
        height = o.height
        o.now = DECEMBER + 3_600_000
        o.open([case], snapshot_time_ms=snapshot, snapshot_height=height)
        o.now = deduction
        o.settle()

    return tell


def announced(days: int) -> Callable[[Actor], None]:
    def tell(o: Actor) -> None:
        o.open([o.case(1, 200)])
        o.now += days * DAY_MS
        o.settle()

    return tell


Breaks = tuple[Covenant, Callable[[Actor], object], list[tuple[str, str | None, str]]]
OFFICE = replace(ASKED, amendments=replace(ASKED.amendments, vote=True, notice_days=0))

BROKEN: dict[str, Breaks] = {
    # versions
    "a version left out": (ASKED, lambda o: o.amend(ASKED, version=3), [("MC-307", "amendments", "block 5, entry 0")]),
    "an amendment without its notice": (
        ASKED,
        lambda o: o.amend(ASKED, days=1),
        [("MC-307", "amendments.notice_days", "block 5, entry 0")],
    ),
    "an amendment of what cannot change": (
        ASKED,
        lambda o: o.amend(replace(ASKED, currency="USD")),
        [("MC-307", "currency", "block 5, entry 0")],
    ),
    "an amendment that nobody voted on": (
        OFFICE,
        lambda o: o.amend(ASKED),
        [("MC-307", "amendments.vote", "block 5, entry 0")],
    ),
    "a proposal where nobody votes": (
        ASKED,
        lambda o: o.put(Proposal(ASKED.to_bytes())),
        [("MC-328", "amendments.vote", "block 5, entry 0")],
    ),
    # instants
    "a charge before the day of deduction": (
        MONTHLY,
        of_the_month(DECEMBER, DECEMBER + 3 * DAY_MS),
        [("MC-301", "calendar.deduction_days", "block 7, sheet 0")],
    ),
    "a snapshot on another day": (
        MONTHLY,
        of_the_month(DECEMBER + 60_000, DECEMBER + 6 * DAY_MS),
        [("MC-301", "calendar.disclosure_days", "block 6, entry 0, round 1")],
    ),
    "a charge before its notice is over": (
        replace(SIMPLE, calendar=replace(SIMPLE.calendar, notice_days=2)),
        announced(1),
        [("MC-301", "calendar.notice_days", "block 7, sheet 0")],
    ),
    # notices
    "a case without a notice": (
        SIMPLE,
        lambda o: o.case(1, 200, notice=False),
        [("MC-338", "notice", "block 5, plan demo, slot 1")],
    ),
    "a notice in another's row": (
        SIMPLE,
        lambda o: o.commit(
            [(entry := CaseApproval(2, 100, b"t" * 32).to_entry(PLAN))], [o.notices([(3, leaf_hash(entry.to_bytes()))])]
        ),
        [("MC-338", "notice", "block 5, plan demo, slot 2"), ("MC-338", "notice", "block 5, plan demo, slot 3")],
    ),
    "a notice of nothing": (
        SIMPLE,
        lambda o: told(o, (2, b"x" * 32)),
        [("MC-338", "notice", "block 5, plan demo, slot 2")],
    ),
    "the same notice twice": (SIMPLE, two_notices, [("MC-338", "notice", "block 5, plan demo, slot 2")]),
    "a void case that is not told": (
        SIMPLE,
        lambda o: o.put(Void(o.case(1, 200), "malicious")),
        [("MC-338", "notice", "block 6, plan demo, slot 1")],
    ),
    # corrections
    "a correction of what is no credit": (
        SIMPLE,
        corrected((3, 10, 0)),
        [("MC-303", "correction", "block 6, sheet 0, row 0 (slot 3)")],
    ),
    "a correction of more than the credit": (
        SIMPLE,
        corrected((2, 71, 0)),
        [("MC-303", "correction", "block 6, sheet 0, row 0 (slot 2)")],
    ),
    "the same correction twice": (
        SIMPLE,
        corrected((2, 70, 0), (2, 70, 0)),
        [("MC-303", "correction", "block 7, sheet 0, row 0 (slot 2)")],
    ),
    # refunds
    "one refund that is too small": (
        SIMPLE,
        void_and_refund(change=-1),
        [("MC-098", "refunds.void", "block 9, sheet 0, slot 7")],
    ),
    "a refund of half": (SIMPLE, void_and_refund(numerator=100), [("MC-304", "refunds.void", "block 9, sheet 0")]),
    "a refund of another round": (SIMPLE, void_and_refund(rounds=1), [("MC-304", "refunds.void", "block 9, sheet 0")]),
    "a refund of fewer rows": (SIMPLE, void_and_refund(rows=19), [("MC-304", "refunds.void", "block 9, sheet 0")]),
    "a refund of a case that is not void": (
        SIMPLE,
        lambda o: o.refund(o.shared()),
        [("MC-304", "refunds.void", "block 8, sheet 0")],
    ),
    "a second refund": (SIMPLE, sheet_twice, [("MC-304", "refunds.void", "block 10, sheet 0")]),
    "a void case that is paid": (SIMPLE, paid_after_void, [("MC-328", "refunds.void", "block 9, entry 0")]),
    # money
    "a recovery of a case that is not void": (
        SIMPLE,
        lambda o: o.put(Fund("recovery", 5, b"r" * 32, o.shared())),
        [("MC-308", "fund", "block 8, entry 0"), ("MC-338", "notice", "block 8, plan demo, slot 1")],
    ),
    # requests
    "a case that its member did not request": (
        ASKED,
        lambda o: o.case(1, 200),
        [("MC-328", "cases.request", "block 5, entry 0")],
    ),
    "a request that somebody else signed": (
        ASKED,
        lambda o: o.request(3, seed=OTHER),
        [("MC-088", "member's signature", "block 5, entry 0")],
    ),
    "a request under a version that is not in force": (
        ASKED,
        lambda o: o.request(3, version=2),
        [("MC-328", "amendments.transition", "block 5, entry 0")],
    ),
    "a request under a sanction": (ASKED, sanctioned_request, [("MC-327", "sanction", "block 6, entry 0")]),
    "a second request with the same facts": (
        ASKED,
        lambda o: [o.request(3), o.request(3, 500)],
        [("MC-328", "cases.once", "block 6, entry 0")],
    ),
    # vouching
    "an attestation by nobody registered": (
        ASKED,
        lambda o: o.attest(o.request(3), by="ears", seed=OTHER),
        [("MC-322", "institutions", "block 6, entry 0")],
    ),
    "an attestation in another role": (
        ASKED,
        lambda o: o.attest(o.request(3), role="hospital"),
        [("MC-324", "institutions.roles", "block 6, entry 0")],
    ),
    "an attestation with another key": (
        ASKED,
        lambda o: o.attest(o.request(3), seed=OTHER),
        [("MC-088", "member's signature", "block 6, entry 0")],
    ),
    "one report for two cases": (ASKED, two_cases(b"t" * 32), [("MC-329", "cases.report_once", "block 8, entry 0")]),
    "a disclosure that nobody vouched for": (
        ASKED,
        lambda o: o.disclose(o.request(3)),
        [("MC-328", "cases.attestations", "block 6, entry 0")],
    ),
    "a disclosure of more than was requested": (
        ASKED,
        lambda o: (case := o.request(3), o.attest(case), o.disclose(case, 601)),
        [("MC-101", "aid.request", "block 7, entry 0")],
    ),
    "an objection after its window": (
        ASKED,
        too_late,
        [("MC-328", "cases.objection_days", "block 8, entry 0")],
    ),
    # votes
    "a ballot before the voting": (
        ASKED,
        voting([5], [1], days=1),
        [("MC-330", "cases.jury_days", "block 8, sheet 0")],
    ),
    "a ballot of the claimant": (
        ASKED,
        voting([3], [1]),
        [("MC-330", "cases.jury", "block 8, sheet 0, row 0 (slot 3)")],
    ),
    "two ballots of one juror": (
        ASKED,
        voting([5, 5], [1, 1]),
        [
            ("MC-087", "running number", "block 8, sheet 0, row 1 (slot 5)"),
            ("MC-330", "cases.jury", "block 8, sheet 0, row 1 (slot 5)"),
        ],
    ),
    "a ballot that somebody else signed": (
        ASKED,
        voting([5], [1], seed=OTHER),
        [("MC-088", "member's signature", "block 8, sheet 0, row 0 (slot 5)")],
    ),
    "a ballot about nothing": (
        ASKED,
        lambda o: o.ballots(b"n" * 32, [5], [1]),
        [("MC-094", "case", "block 5, sheet 0")],
    ),
    "votes that were not cast": (
        ASKED,
        then(Actor.voted, lambda case: Adjudication(case, 3, 3)),
        [("MC-331", "cases.jury", "block 9, entry 0")],
    ),
    "votes counted too early": (
        ASKED,
        then(Actor.asked, lambda case: Adjudication(case, 0, 0)),
        [("MC-328", "cases.jury_days", "block 8, entry 0")],
    ),
    "an approval that the jury did not decide": (
        ASKED,
        then(Actor.voted, lambda case: Approval(case, 600)),
        [("MC-328", "cases.jury", "block 9, entry 0")],
    ),
    "an approval against the jury": (ASKED, lost_vote, [("MC-328", "cases.jury_majority_bp", "block 10, entry 0")]),
    "an approval of more than was disclosed": (
        ASKED,
        then(Actor.judged, lambda case: Approval(case, 601)),
        [("MC-101", "cases.disclosure", "block 10, entry 0")],
    ),
    # refusals and what follows
    "a refusal by a clause that is not there": (
        ASKED,
        then(Actor.asked, lambda case: Refusal(case, "aid.whim")),
        [("MC-332", "refusal", "block 8, entry 0")],
    ),
    "a refusal against the jury": (
        ASKED,
        then(Actor.judged, lambda case: Refusal(case, "cases.jury")),
        [("MC-332", "cases.jury", "block 10, entry 0")],
    ),
    "an advance beyond the covenant's": (
        ASKED,
        then(Actor.asked, lambda case: Advance(case, 301, "hospital", "", b"a" * 32, b"")),
        [("MC-333", "advances.most_bp", "block 8, entry 0")],
    ),
    "a payment before the round": (
        ASKED,
        then(Actor.approved, lambda case: Payout(case, 600, "member", b"p" * 32)),
        [("MC-094", "case", "block 11, entry 0")],
    ),
    "two appeals against one decision": (SIMPLE, appealed_twice, [("MC-335", "appeal", "block 10, entry 0")]),
    "an appeal against nothing": (
        SIMPLE,
        lambda o: o.about(3, o.signed(Appeal(3, b"n" * 32, b"g" * 32, b""), seed_of(3))),
        [("MC-335", "appeal", "block 5, entry 0")],
    ),
    "a sanction for a case that is not void": (
        SIMPLE,
        lambda o: o.about(1, Sanction(1, o.case(1, 200), "malicious", 0)),
        [("MC-334", "sanction", "block 6, entry 0")],
    ),
    "a sanction lifted that was not there": (
        SIMPLE,
        lambda o: o.put(Lift(b"n" * 32, "appeal")),
        [("MC-334", "sanction", "block 5, entry 0")],
    ),
    "a restitution of more than was paid": (
        ENDING,
        ended(31),
        [("MC-101", "aid.ill_in_waiting", "block 15, entry 0")],
    ),
    "a restitution of a case refused for something else": (
        ENDING,
        ended(30, clause="aid.causes"),
        [("MC-328", "aid.ill_in_waiting", "block 15, entry 0")],
    ),
    "a restitution where the covenant knows none": (
        ASKED,
        ended(30),
        [("MC-328", "aid.ill_in_waiting", "block 15, entry 0")],
    ),
    "the same restitution twice": (
        ENDING,
        ended(30, times=2),
        [("MC-328", "aid.ill_in_waiting", "block 16, entry 0")],
    ),
    # keys
    "a statement by the key before the handover": (
        ASKED,
        old_key,
        [("MC-088", "member's signature", "block 6, sheet 0, row 0 (slot 3)")],
    ),
    "a statement by a key that is not in force yet": (
        ASKED,
        too_early_new_key,
        [("MC-088", "member's signature", "block 6, sheet 0, row 0 (slot 5)")],
    ),
    "a statement by a key that was objected to": (
        ASKED,
        objected_key,
        [("MC-088", "member's signature", "block 7, sheet 0, row 0 (slot 4)")],
    ),
    "a handover that the old key did not sign": (
        ASKED,
        lambda o: o.hand_over(3, OTHER, OTHER),
        [("MC-088", "member's signature", "block 5, entry 0")],
    ),
    "a handover that the new key did not accept": (
        ASKED,
        lambda o: o.rekey(3, OTHER, acceptance=EYES),
        [("MC-088", "member's signature", "block 5, entry 0")],
    ),
    "a key that another member has": (
        ASKED,
        lambda o: o.hand_over(3, seed_of(4)),
        [("MC-084", "one key, one slot", "plan demo, slot 4")],
    ),
    "two keys replaced at once": (
        ASKED,
        lambda o: [o.rekey(3, b"m" * 32), o.rekey(3, b"n" * 32)],
        [("MC-336", "keys.rekey_days", "block 6, entry 0")],
    ),
    # institutions
    "an institution's name twice": (
        ASKED,
        lambda o: o.register("eyes", OTHER, ("hospital",)),
        [("MC-323", "institutions", "block 5, entry 0")],
    ),
    "two roles that must be apart": (
        ASKED,
        lambda o: o.register("all", OTHER, ("custodian", "investigator")),
        [("MC-323", "institutions.apart", "block 5, entry 0")],
    ),
    "an institution that did not accept": (
        ASKED,
        lambda o: o.register("ears", OTHER, ("hospital",), EYES),
        [("MC-088", "member's signature", "block 5, entry 0")],
    ),
    "an institution revoked that is not there": (
        ASKED,
        lambda o: o.put(Revocation("ears", "resigned"), ""),
        [("MC-322", "institutions", "block 5, entry 0")],
    ),
    "an institution's key by a stranger": (
        ASKED,
        lambda o: o.put(
            o.signed(Replacement("eyes", ed25519.public_key_of(OTHER), b"", b""), BANK, "", acceptance=OTHER), ""
        ),
        [("MC-088", "member's signature", "block 5, entry 0")],
    ),
    "a treasury statement of no custodian": (
        ASKED,
        treasury("eyes", EYES, 5),
        [("MC-324", "institutions.roles", "block 5, entry 0")],
    ),
    "a treasury statement of the future": (
        ASKED,
        treasury("bank", BANK, -60_000),
        [("MC-337", "treasury", "block 5, entry 0")],
    ),
    "a treasury statement older than the last": (
        ASKED,
        treasury("bank", BANK, 500, 400_000),
        [("MC-337", "treasury", "block 6, entry 0")],
    ),
    # the end
    "a member enrolled after the end was announced": (
        SIMPLE,
        lambda o: [o.put(ClosingNotice(b"c" * 32)), o.enrol([1_000])],
        [("MC-360", "closing", "block 6, sheet 0")],
    ),
    "the end announced twice": (
        SIMPLE,
        lambda o: [o.put(ClosingNotice(b"c" * 32)), o.put(ClosingNotice(b"d" * 32))],
        [("MC-361", "closing", "block 6, entry 0")],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_signed_breach_is_found_with_its_rule(name: str) -> None:
    document, breach, wanted = BROKEN[name]
    operator = Actor(document)
    breach(operator)
    operator.credit([(9, 5)])
    report = audit(operator)
    assert breaches(report) == wanted
    assert (report.verdict, report.exit_code) == (Verdict.TAMPERED, 1)
    assert {finding.breach for finding in report.findings} == {Breach.RULE}


# --- what is shown, and what is not checked -------------------------------------------------------


def test_what_a_custodian_holds_is_shown_beside_what_the_ledger_expects() -> None:
    operator = Actor(SIMPLE)
    operator.put(operator.signed(Treasury("bank", operator.now, 19_500, b""), BANK))
    report = audit(operator)
    assert report.verdict is Verdict.VERIFIED
    (line,) = report.plans[0].treasury
    assert (line.institution, line.balance, line.expected, line.difference) == ("bank", 19_500, 20_000, -500)
    assert any("difference -5.00" in text for text in render(report))


def test_the_text_names_each_rule() -> None:
    operator = Actor(ASKED)
    operator.amend(ASKED, days=1)
    assert "     rule      amendments.notice_days" in render(audit(operator))


def late(o: Actor, opened: bool) -> AuditReport:
    """A request longer after the diagnosis than the covenant takes it, and its facts in the operator's store."""
    o.now += 60 * DAY_MS
    diagnosed = day_of(ASKED, o.now) - 40
    salts = [bytes([at]) * 32 for at in range(len(Facts.NAMES))]
    facts = Facts.seal(o.chain, PLAN, 3, {"cause": "illness", "group": "critical", "diagnosed_day": diagnosed}, salts)
    act = o.signed(Request(3, 600, facts.root, 1, 0, b""), seed_of(3))
    digest = o.about(3, act)
    if opened:
        o.keep(digest, facts)
    return opened_audit(o)


def opened_audit(operator: Actor) -> AuditReport:
    """The audit of somebody to whom the operator opens its vault."""
    with operator.store.read() as reader:
        return audit_ledger(Archive(reader, operator.vault), trust())


def test_a_rule_about_facts_is_checked_where_they_are_open_and_counted_where_not() -> None:
    document = replace(ASKED, aid=replace(ASKED.aid, request_within_days=30))
    report = late(Actor(document), opened=True)
    assert breaches(report) == [("MC-325", "aid.request_within_days", "block 5, entry 0")]
    assert (report.counts.cases_requested, report.counts.cases_opened) == (1, 1)
    report = late(Actor(document), opened=False)
    assert breaches(report) == []
    assert (report.counts.cases_requested, report.counts.cases_opened) == (1, 0)
    assert any("not opened" in limit for limit in report.limits)


def test_facts_that_are_not_those_of_the_request_are_said() -> None:
    operator = Actor(ASKED)
    digest = operator.request(3)
    salts = [bytes([at]) * 32 for at in range(len(Facts.NAMES))]
    facts = Facts.seal(operator.chain, PLAN, 3, {"cause": "illness"}, salts)
    operator.keep(digest, facts)
    report = opened_audit(operator)
    assert audit(operator).findings == ()
    assert [finding.code for finding in report.findings] == ["MC-320"]


def test_a_key_joins_again_where_the_covenant_lets_it_and_had_left() -> None:
    for rejoin, leaves, wanted in (
        ("new_slot", True, []),
        ("new_slot", False, ["MC-084"]),
        ("never", True, ["MC-084"]),
    ):
        operator = Actor(replace(SIMPLE, membership=replace(SIMPLE.membership, rejoin=rejoin)))
        if leaves:
            operator.leave(3)
        operator.enrol([1_000], keys=[ed25519.public_key_of(seed_of(3))])
        assert [code for code, _, _ in breaches(audit(operator))] == wanted


def test_collections_that_failed_are_the_operator_s_word_and_counted() -> None:
    operator = Actor(replace(SIMPLE, sharing=replace(SIMPLE.sharing, funding="mandate")))
    operator.open([operator.case(1, 200)])
    operator.settle(change=lambda rows: rows.__setitem__(7, (0, int(Status.PARTIAL), 0)))
    report = audit(operator)
    assert breaches(report) == []
    assert report.counts.failed_collections == 1
    assert any("fail" in limit for limit in report.limits)
    assert (report.plans[0].collected, report.plans[0].balances) == (190, 20_000)


def test_a_collection_of_half_is_no_collection() -> None:
    operator = Actor(replace(SIMPLE, sharing=replace(SIMPLE.sharing, funding="mandate")))
    operator.open([operator.case(1, 200)])
    operator.settle(change=lambda rows: rows.__setitem__(7, (5, int(Status.PARTIAL), 0)))
    assert "MC-098" in [code for code, _, _ in breaches(audit(operator))]
