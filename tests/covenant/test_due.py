"""What a covenant demands, when, in which order; and that what is done is demanded no more."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from mutualchain import catalogue
from mutualchain.covenant.acts import (
    Act,
    Adjudication,
    Advance,
    Amendment,
    Approval,
    Attestation,
    CaseApproval,
    Disclosure,
    Objection,
    Payout,
    Proposal,
    Refusal,
    Request,
    Void,
)
from mutualchain.covenant.book import Book
from mutualchain.covenant.calendar import DAY_MS
from mutualchain.covenant.cases import Votes
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.due import Duty, due, next_ms, to_remind, waiting_cases
from mutualchain.covenant.replay import apply_enrolments
from mutualchain.covenant.sections import (
    Aid,
    Amendments,
    Arrears,
    Attested,
    Calendar,
    Cases,
    Maximum,
    Membership,
    Refunds,
)

SIGNATURE = bytes(64)
MONTHLY = Calendar("monthly", disclosure_days=(7, 21), deduction_days=(14, 28))
ROWS = (Maximum(1_000),)


def ms(text: str) -> int:
    """An instant of 2020 in Shanghai, such as ``01-07 00:00``."""
    return round(datetime.fromisoformat(f"2020-{text}").replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)


@dataclass
class Plan:
    """A book, driven by acts at times; every act makes a block of its own."""

    book: Book
    made: int = 0
    height: int = 0
    names: dict[bytes, int] = field(default_factory=dict)

    def at(self, time: str) -> int:
        now = ms(time)
        self.book.tick(now, self.height)
        self.height += 1
        return now

    def record(self, time: str, act: Act) -> bytes:
        """Put an act in force; its name."""
        self.at(time)
        self.made += 1
        name = self.made.to_bytes(32, "big")
        self.book.apply(act, name)
        return name

    def open(self, time: str) -> None:
        now = self.at(time)
        capture = self.book.begin_capture(self.height, now)
        terms = self.book.terms(capture, waiting_cases(self.book))
        self.book.put_open(self.book.open_round(capture, terms))

    def settle(self, time: str) -> None:
        self.at(time)
        self.book.settle(self.book.result())

    def due(self, time: str) -> list[tuple[str, str]]:
        return [(duty.kind, duty.clause) for duty in due(self.book, ms(time))]

    def one(self, time: str) -> Duty:
        (duty,) = due(self.book, ms(time))
        return duty


def plan(covenant: Covenant, members: int = 10, balance: int = 10_000) -> Plan:
    book = Book("p", covenant, now_ms=ms("01-01 12:00"))
    apply_enrolments(book, {"deposit": np.full(members, balance, np.uint32)})
    return Plan(book)


def operators(**changes: Any) -> Covenant:
    """A plan whose operator approves by itself."""
    return Covenant("Demo", **{"aid": Aid(maxima=ROWS), "cases": Cases(request="operator"), **changes})


def requested(**changes: Any) -> Covenant:
    """A plan of members' requests: one investigator, three days of objections, and a jury where somebody objects."""
    cases = Cases(attestations=(Attested(),), objection_days=3, jury="on_objection", jury_days=2, jury_quorum=3)
    return Covenant("Demo", aid=Aid(maxima=ROWS), **{"cases": cases, "calendar": MONTHLY, **changes})


def request(plan: Plan, time: str, slot: int = 0) -> bytes:
    return plan.record(time, Request(slot, 500, plan.made.to_bytes(32, "little"), 1, 0, SIGNATURE))


def disclosed(plan: Plan, time: str, slot: int = 0) -> bytes:
    case = request(plan, time, slot)
    plan.record(time, Attestation(case, "eyes", "investigator", 1, b"", SIGNATURE))
    plan.record(time, Disclosure(case, 500, bytes(32)))
    return case


# --- cases --------------------------------------------------------------------------------------


def test_a_new_plan_demands_nothing() -> None:
    for covenant in (operators(), requested()):
        new = plan(covenant)
        assert due(new.book, ms("12-31 00:00")) == []


def test_a_request_waits_for_those_who_vouch_then_for_its_disclosure() -> None:
    new = plan(requested())
    case = request(new, "01-02 12:00")
    duty = new.one("01-03 00:00")
    assert (duty.kind, duty.clause, duty.subject, duty.detail) == (
        *("case.attest", "cases.attestations", case, "investigator"),
    )
    assert not duty.automatic
    assert (duty.at_ms, duty.amount) == (ms("01-02 12:00"), 500)
    new.record("01-03 00:00", Attestation(case, "eyes", "investigator", 0, b"", SIGNATURE))
    assert new.one("01-03 00:00").kind == "case.attest"
    new.record("01-03 00:00", Attestation(case, "others", "investigator", 1, b"", SIGNATURE))
    assert new.one("01-03 00:00").kind == "case.disclose"


def test_a_disclosed_case_is_approved_when_its_window_ends() -> None:
    new = plan(requested())
    case = disclosed(new, "01-07 10:00")
    assert new.due("01-10 09:59") == []
    assert next_ms(new.book, ms("01-07 10:00")) == ms("01-10 10:00")
    duty = new.one("01-10 10:00")
    assert (duty.kind, duty.clause, duty.amount) == ("case.approve", "cases.objection_days", 500)
    assert duty.automatic
    new.record("01-10 10:00", Approval(case, 500))
    assert new.one("01-10 10:00").kind == "round.open"


@pytest.mark.parametrize(
    ("ballots", "support", "then"),
    [
        (2, 0, ("case.approve", "cases.jury")),  # below the quorum the first opinion stands
        (4, 3, ("case.approve", "cases.jury")),
        (4, 2, ("case.refuse", "cases.jury_majority_bp")),
    ],
)
def test_a_disputed_case_waits_for_its_jury(ballots: int, support: int, then: tuple[str, str]) -> None:
    new = plan(requested())
    case = disclosed(new, "01-07 10:00")
    new.record("01-08 00:00", Objection(case, 3, bytes(32), SIGNATURE))
    new.book.life.votes[case] = Votes(ballots, support)
    assert new.due("01-12 09:59") == []
    assert new.one("01-12 10:00").kind == "votes.count"
    assert new.one("01-12 10:00").automatic
    new.record("01-12 10:00", Adjudication(case, ballots, support))
    assert new.due("01-12 10:00") == [then]
    new.record("01-12 10:00", Refusal(case, then[1]) if then[0] == "case.refuse" else Approval(case, 500))
    assert [kind for kind, _ in new.due("01-12 10:00")] == ([] if then[0] == "case.refuse" else ["round.open"])


def test_aid_is_paid_and_advances_are_repaid_after_the_round() -> None:
    cases = Cases(request="operator", payout_days=3)
    new = plan(operators(cases=cases))
    case = new.record("01-02 00:00", CaseApproval(1, 800, bytes(32)))
    new.record("01-02 00:00", Advance(case, 300, "hospital", "", bytes(32), b""))
    new.open("01-02 01:00")
    assert [kind for kind, _ in new.due("01-02 01:00")] == ["round.settle"]
    new.settle("01-02 02:00")
    repay, pay = due(new.book, ms("01-02 02:00"))
    assert (repay.kind, repay.amount, pay.kind, pay.amount) == ("advance.repay", 300, "case.pay", 500)
    assert pay.deadline_ms == ms("01-05 02:00")
    assert not pay.automatic
    new.record("01-03 00:00", Payout(case, 200, "member", bytes(32)))
    new.record("01-03 00:00", Payout(case, 300, "funder", bytes(32)))
    assert [(duty.kind, duty.amount) for duty in due(new.book, ms("01-03 00:00"))] == [("case.pay", 300)]
    new.record("01-03 00:00", Payout(case, 300, "hospital", bytes(32)))
    assert new.due("12-31 00:00") == []


def test_shares_of_a_voided_case_are_given_back_once() -> None:
    new = plan(operators())
    case = new.record("01-02 00:00", CaseApproval(1, 800, bytes(32)))
    new.open("01-02 00:00")
    new.record("01-02 00:30", Void(case, "forged_records"))
    assert [kind for kind, _ in new.due("01-02 01:00")] == ["round.settle"]
    new.settle("01-02 01:00")
    duty = new.one("01-02 01:00")
    assert (duty.kind, duty.clause, duty.subject, duty.automatic) == ("case.refund", "refunds.void", case, True)
    new.book.put_refund(new.book.refund_terms(case), 800)
    assert new.due("01-02 01:00") == []


def test_what_a_void_case_cost_goes_into_the_next_round_where_the_covenant_says_so() -> None:
    new = plan(operators(refunds=Refunds("surplus")))
    case = new.record("01-02 00:00", CaseApproval(1, 800, bytes(32)))
    new.open("01-02 00:00")
    new.settle("01-02 01:00")
    new.record("01-02 02:00", Void(case, "malicious"))
    assert new.due("01-03 00:00") == []


# --- rounds by event ----------------------------------------------------------------------------


def test_a_round_by_event_opens_for_every_case_that_waits_and_settles_after_its_notice() -> None:
    new = plan(operators(calendar=Calendar(notice_days=3)))
    for slot in (1, 2):
        new.record("01-02 00:00", CaseApproval(slot, 800, bytes([slot]) * 32))
    duty = new.one("01-02 00:00")
    assert (duty.kind, duty.number, duty.detail) == ("round.open", 0, "2 cases")
    assert duty.reference == new.one("01-05 00:00").reference
    new.open("01-02 12:00")
    assert new.due("01-05 11:59") == []
    assert next_ms(new.book, ms("01-02 12:00")) == ms("01-05 12:00")
    assert new.due("01-05 12:00") == [("round.settle", "calendar.notice_days")]
    new.settle("01-05 12:00")
    assert {duty.kind for duty in due(new.book, ms("01-05 12:00"))} == {"case.pay"}


def test_cases_that_come_while_a_round_is_open_wait_for_the_next() -> None:
    new = plan(operators())
    new.record("01-02 00:00", CaseApproval(1, 800, bytes(32)))
    new.open("01-02 00:00")
    new.record("01-02 00:00", CaseApproval(2, 800, bytes(32)))
    assert [kind for kind, _ in new.due("01-02 00:00")] == ["round.settle"]
    new.settle("01-02 00:00")
    assert ("round.open", "calendar.kind") in new.due("01-02 00:00")
    assert len(waiting_cases(new.book)) == 1


# --- monthly rounds -----------------------------------------------------------------------------


def test_a_year_of_disclosures_deductions_and_payments() -> None:
    """相互宝's calendar: cases disclosed on the 7th, approved on the 10th, shared at once, deducted on the 14th."""
    new = plan(requested(), balance=100_000)
    found = []
    for month in range(1, 13):
        for day in (7, 21):
            case = disclosed(new, f"{month:02}-{day:02} 09:00", slot=month % 10)
            assert new.due(f"{month:02}-{day + 3:02} 08:59") == []
            assert new.one(f"{month:02}-{day + 3:02} 09:00").kind == "case.approve"
            new.record(f"{month:02}-{day + 3:02} 09:00", Approval(case, 500))
            assert new.one(f"{month:02}-{day + 3:02} 09:00").kind == "round.open"
            new.open(f"{month:02}-{day + 3:02} 09:00")
            assert new.due(f"{month:02}-{day + 6:02} 23:59") == []
            assert new.one(f"{month:02}-{day + 7:02} 00:00").kind == "round.settle"
            new.settle(f"{month:02}-{day + 7:02} 00:00")
            found.append(new.book.snapshot_time_ms)
            assert new.one(f"{month:02}-{day + 7:02} 00:00").kind == "case.pay"
            new.record(f"{month:02}-{day + 7:02} 01:00", Payout(case, 500, "member", bytes(32)))
            assert new.due(f"{month:02}-{day + 7:02} 01:00") == []
    assert found == [ms(f"{month:02}-{day:02} 00:00") for month in range(1, 13) for day in (7, 21)]


def test_no_round_opens_before_its_day() -> None:
    new = plan(operators(calendar=MONTHLY))
    new.record("01-02 00:00", CaseApproval(1, 800, bytes(32)))
    assert new.due("01-06 23:59") == []
    assert next_ms(new.book, ms("01-02 00:00")) == ms("01-07 00:00")
    assert new.due("01-07 00:00") == [("round.open", "calendar.kind")]


def test_a_round_waits_for_cases_that_can_still_join_it_and_not_for_others() -> None:
    new = plan(requested())
    first = disclosed(new, "01-07 09:00", 1)
    new.record("01-10 09:00", Approval(first, 500))
    second = disclosed(new, "01-10 12:00", 2)  # decided on the 13th: before the deduction
    late = disclosed(new, "01-11 12:00", 3)  # decided on the 14th: after it
    assert new.due("01-12 00:00") == []
    assert new.due("01-13 12:00") == [("case.approve", "cases.objection_days")]
    new.record("01-13 12:00", Approval(second, 500))
    assert new.due("01-13 12:00") == [("round.open", "calendar.kind")]
    assert late not in waiting_cases(new.book)


def test_on_the_day_of_deduction_a_round_waits_no_longer() -> None:
    new = plan(requested())
    first = disclosed(new, "01-07 09:00", 1)
    disputed = disclosed(new, "01-07 10:00", 2)
    new.record("01-07 11:00", Objection(disputed, 3, bytes(32), SIGNATURE))
    new.record("01-10 09:00", Approval(first, 500))
    assert new.due("01-12 09:59") == []
    assert new.due("01-13 00:00") == [("votes.count", "cases.jury_days")]
    assert new.due("01-14 00:00") == [("round.open", "calendar.kind"), ("votes.count", "cases.jury_days")]


def test_a_week_of_silence_is_caught_up_with() -> None:
    """Nothing is done between the disclosure and the day after the deduction: then all of it is due, in order."""
    new = plan(requested())
    case = disclosed(new, "01-06 09:00")
    assert new.due("01-15 00:00") == [("case.approve", "cases.objection_days")]
    new.record("01-15 00:00", Approval(case, 500))
    assert new.due("01-15 00:00") == [("round.open", "calendar.kind")]
    new.open("01-15 00:00")
    assert new.book.snapshot_time_ms == ms("01-07 00:00")
    assert new.due("01-15 00:00") == [("round.settle", "calendar.deduction_days")]
    new.settle("01-15 00:00")
    assert [kind for kind, _ in new.due("01-15 00:00")] == ["case.pay"]


def test_an_instant_that_passed_in_silence_is_that_of_the_last_disclosure_day() -> None:
    new = plan(operators(calendar=MONTHLY))
    new.record("01-02 00:00", CaseApproval(1, 800, bytes(32)))
    assert new.one("01-30 00:00").at_ms == ms("01-21 00:00")
    new.open("01-30 00:00")
    assert new.book.snapshot_time_ms == ms("01-21 00:00")


# --- the covenant -------------------------------------------------------------------------------


def test_a_vote_on_the_covenant_is_counted_and_what_passed_is_recorded() -> None:
    amendments = Amendments(vote=True, quorum=3, vote_days=5)
    new = plan(operators(amendments=amendments))
    other = replace(new.book.covenant, title="Other").to_bytes()
    name = new.record("01-02 00:00", Proposal(other))
    assert new.due("01-06 23:59") == []
    duty = new.one("01-07 00:00")
    assert (duty.kind, duty.clause, duty.subject) == ("votes.count", "amendments.vote_days", name)
    new.record("01-07 00:00", Adjudication(name, 4, 3))
    assert new.due("01-07 00:00") == [("amendment.record", "amendments.vote")]
    new.record("01-08 00:00", Amendment(other, 2, ms("01-15 00:00"), name))
    assert new.due("12-31 00:00") == []


def test_what_did_not_pass_is_forgotten() -> None:
    new = plan(operators(amendments=Amendments(vote=True, quorum=3, vote_days=5)))
    name = new.record("01-02 00:00", Proposal(replace(new.book.covenant, title="Other").to_bytes()))
    new.record("01-07 00:00", Adjudication(name, 4, 2))
    assert new.due("12-31 00:00") == []


# --- references, members ------------------------------------------------------------------------


def test_duties_have_references_of_their_own() -> None:
    new = plan(requested())
    for slot in range(3):
        disclosed(new, "01-07 09:00", slot)
    found = due(new.book, ms("01-10 09:00"))
    assert len({duty.reference for duty in found}) == 3
    assert all(len(duty.reference.encode()) <= 128 for duty in found)


def test_members_below_the_reminder_are_listed() -> None:
    new = plan(operators(arrears=Arrears(remind_below=500), membership=Membership(prepay=0)))
    new.book.members.stored[[2, 5, 7]] = [499, 500, 0]
    new.book.members.exited[7] = 1
    assert [column.tolist() for column in to_remind(new.book)] == [[2], [new.book.balance(2)]]
    assert [column.tolist() for column in to_remind(plan(operators()).book)] == [[], []]
    assert to_remind(new.book, 0, 2)[0].tolist() == []
    assert to_remind(new.book, 2, 900, below=1 << 40)[0].tolist() == [2, 3, 4, 5, 6, 8, 9]  # slot 7 has left
    assert to_remind(new.book, below=0)[0].tolist() == []


def test_a_shipped_covenant_runs() -> None:
    new = plan(catalogue.load("chronic").covenant)
    assert next_ms(new.book, ms("01-15 00:00")) == ms("01-31 00:00")
    assert next_ms(plan(operators()).book, ms("01-15 00:00")) is None
    assert DAY_MS == 86_400_000
