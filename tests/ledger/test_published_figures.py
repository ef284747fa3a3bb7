"""The published figures through a whole ledger: requests, attestations, disclosure, and ``advance`` does the rest.

Aid and headcount are a thousandth of the published ones, so that shares are the same to the fen and all sums a
thousandth. The covenants are those of the catalogue, as they are shipped.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from mutualchain import catalogue
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.due import Duty
from mutualchain.errors import StandingRule
from tests.covenant.lives import INSTITUTIONS
from tests.covenant.test_figures import FIGURES
from tests.ledger.casework import MEMBERS, Casework
from tests.ledger.world import PLAN, columns, digest

AID = 30_000
"""300 yuan, a thousandth of 300,000."""


def paid(duty: Duty) -> bytes:
    return digest("payment", duty.reference)


def plan_of(name: str, headcount: int) -> Casework:
    """A ledger with so many members under a shipped covenant, past every waiting period."""
    covenant = catalogue.load(name).covenant
    work = Casework(covenant, deposit=max(covenant.membership.prepay, 10_000))
    keys, commitments = columns(headcount - MEMBERS, 5)
    work.ledger.enrol_many(PLAN, keys, commitments, deposits=10_000, reference="many")
    work.go_to(200)
    return work


def disclose(work: Casework, cases: int) -> None:
    """So many cases of 300 yuan, requested, vouched for and disclosed at one instant."""
    for number in range(cases):
        case = work.requested(number % MEMBERS, AID, disease=f"C{number}", group="critical")
        for row in work.rules.cases.attestations:
            name = next(name for name, roles in INSTITUTIONS.items() if row.role in roles)
            work.attest(case, name, row.role, tag=digest("report", case, name))
        work.ledger.cases.disclose(PLAN, case, aid=AID, fields_root=digest("fields"), reference=work.reference())


def run_until_paid(work: Casework) -> None:
    """Let the plan run until nothing comes due that has to do with a round."""
    rounds = work.ledger.book(PLAN).rounds
    for _ in range(20):
        progress = work.ledger.advance(collect=lambda plan, opened: [], pay=paid)
        assert progress.blocked == ()
        if work.ledger.book(PLAN).rounds > rounds and not progress.waiting:
            return
        at = work.ledger.next_due_ms()
        assert at is not None
        work.clock.now = max(at, work.clock.now) + 3_600_000  # whoever is asked once an hour
    pytest.fail("the round did not come to its end")


SINGLE = [row for row in FIGURES if row[4] == 0]


@pytest.mark.parametrize("figure", SINGLE, ids=lambda row: f"{row[0]}, {row[1]} x {row[2]:,} among {row[3]:,}")
def test_a_published_figure_comes_out_of_a_whole_ledger(figure: tuple[str, int, int, int, int, int, int, int]) -> None:
    name, cases, _, headcount, _, share, collected, left = figure
    work = plan_of(name, headcount // 1_000)
    disclose(work, cases)
    run_until_paid(work)
    book = work.ledger.book(PLAN)
    with work.ledger.read() as archive:
        sheet = archive.sheet(PLAN, "charge/1", 0)
    assert sheet.descriptor.aggregates == (headcount // 1_000, collected // 10)
    assert sheet.descriptor.aggregates[1] == share * (headcount // 1_000)
    assert (book.surplus, book.deficit) == (left // 10, 0)
    assert book.totals.payouts == cases * AID
    assert work.violations() == []


def test_the_surplus_goes_into_the_next_apportionment() -> None:
    """众托帮 with seven million: 0.05 yuan each, then 0.04, because 50,000 were over."""
    work = plan_of("zhongtuobang", 7_000)
    found = []
    for _ in range(2):
        disclose(work, 1)
        run_until_paid(work)
        book = work.ledger.book(PLAN)
        found.append((work.ledger.balance(PLAN, 5_000), book.surplus))
        work.wait(1)
    assert found == [(10_000 - 5, 5_000), (10_000 - 9, 3_000)]


def test_189_days_are_past_the_waiting_period_and_179_are_not() -> None:
    """A member of e互助 was diagnosed 189 days after joining, nine days after the waiting period, and got 400,000."""
    for days, payable in ((189, True), (181, True), (180, False), (179, False)):
        work = Casework(catalogue.load("ehuzhu").covenant)
        work.go_to(200)
        diagnosed = work.today - 200 + days
        if payable:
            assert work.requested(1, 40_000_000, diagnosed_day=diagnosed, birth_day=-1_000)
            continue
        with pytest.raises(StandingRule) as caught:
            work.requested(1, 40_000_000, diagnosed_day=diagnosed, birth_day=-1_000)
        assert caught.value.clause == "aid.waiting"


def test_the_smallest_plan_is_held_by_its_cap() -> None:
    covenant: Covenant = catalogue.load("xianghubao").covenant
    small = replace(covenant, membership=replace(covenant.membership, smallest=0))
    assert small.smallest == 3_240_000
    work = Casework(small, deposit=0)
    work.go_to(200)
    disclose(work, 1)
    for _ in range(4):
        progress = work.ledger.advance(collect=lambda plan, opened: [])
        if progress.blocked:
            break
        work.clock.now = max(work.ledger.next_due_ms() or 0, work.clock.now)
    ((duty, error),) = progress.blocked
    assert (duty.kind, error.clause) == ("round.open", "sharing.cap_case")
