"""Acts of one block tried on a copy: each sees what the ones before it left, and the book itself sees none."""

from __future__ import annotations

import copy

import pytest

from mutualchain.covenant.acts import Act, Appeal, Payout, Refusal, Sanction
from mutualchain.covenant.rehearsal import rehearse
from mutualchain.errors import CaseStep, PayoutAboveAid

from .lives import SIGNATURE, FakePlan, digest


def test_acts_see_each_other_and_the_book_sees_none() -> None:
    plan = FakePlan()
    paid, asked, untouched = plan.shared(), plan.attested(plan.requested(2)), plan.shared(3)
    refusal = plan.force(Refusal(asked, "aid.waiting"))
    acts: list[Act] = [
        Payout(paid, 29_000_000, "member", digest("bank")),
        Appeal(2, refusal, digest("grounds"), SIGNATURE),
        Sanction(4, b"", "malicious", 0),
    ]
    before, kept, money = plan.life.to_value(), copy.deepcopy(plan.cases), copy.copy(plan.totals)
    tried = rehearse(plan, acts)  # type: ignore[arg-type]
    for act in acts:
        tried.do(act)  # type: ignore[attr-defined]
    assert tried.life.to_value() != before
    assert tried.cases[paid].paid == 29_000_000
    assert tried.cases[untouched] is plan.cases[untouched]
    assert (plan.life.to_value(), plan.cases, plan.totals) == (before, kept, money)


def test_a_second_payment_is_held_against_the_first() -> None:
    plan = FakePlan()
    case = plan.shared()
    acts: list[Act] = [Payout(case, 20_000_000, "member", digest(at)) for at in range(2)]
    for act in acts:
        plan.check(act)
    tried = rehearse(plan, acts)  # type: ignore[arg-type]
    tried.do(acts[0])  # type: ignore[attr-defined]
    with pytest.raises(PayoutAboveAid):
        tried.do(acts[1])  # type: ignore[attr-defined]


def test_a_case_is_decided_once() -> None:
    plan = FakePlan()
    case = plan.requested(diagnosed_day="", birth_day="", age="")
    acts: list[Act] = [Refusal(case, "cases.attestations")] * 2
    tried = rehearse(plan, acts)  # type: ignore[arg-type]
    tried.force(acts[0])  # type: ignore[attr-defined]
    with pytest.raises(CaseStep):
        tried.check(acts[1])  # type: ignore[call-arg]
