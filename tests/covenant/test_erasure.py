"""Erasures: once, of a member who is there, never of what a case under way needs; and nothing else changes."""

from __future__ import annotations

import pytest

from mutualchain.canonical import decode, encode
from mutualchain.covenant.acts import CaseApproval, CaseWithdrawal, Erasure
from mutualchain.covenant.cases import CaseLife
from mutualchain.covenant.erasure import erased_facts
from mutualchain.errors import CaseUnknown, ErasureRule, RuleError, SlotUnknown

from .lives import SIGNATURE, FakePlan, digest


@pytest.fixture
def plan() -> FakePlan:
    return FakePlan()


def test_what_a_decided_case_committed_to_can_be_erased_alone(plan: FakePlan) -> None:
    first, second = plan.requested(), plan.requested(2)
    plan.do(CaseWithdrawal(first, SIGNATURE))
    plan.do(Erasure(1, first, "purpose"))
    assert erased_facts(plan.life, first) == (plan.now, "purpose")
    assert erased_facts(plan.life, second) is None
    assert erased_facts(plan.life, digest("no case")) is None


def test_all_of_a_member_covers_her_cases(plan: FakePlan) -> None:
    case = plan.requested()
    plan.do(CaseWithdrawal(case, SIGNATURE))
    plan.do(Erasure(1, b"", "wish"))
    assert erased_facts(plan.life, case) == (plan.now, "wish")
    assert plan.life.cases[case].status == "withdrawn"


def test_a_case_under_way_keeps_its_facts(plan: FakePlan) -> None:
    case, other = plan.requested(), plan.requested(2)
    for act in (Erasure(1, case, "wish"), Erasure(1, b"", "wish")):
        with pytest.raises(ErasureRule) as caught:
            plan.do(act)
        assert caught.value.value == case
    plan.do(Erasure(3, b"", "law"))
    plan.do(CaseWithdrawal(case, SIGNATURE))
    plan.do(Erasure(1, b"", "wish"))
    assert plan.life.cases[other].open


@pytest.mark.parametrize(
    ("slot", "whose", "error"),
    [
        (99, "all", SlotUnknown),
        (2, "hers", CaseUnknown),
        (1, "nobody", CaseUnknown),
        (1, "again", ErasureRule),
        (1, "operator", ErasureRule),
    ],
)
def test_what_cannot_be_erased_is_refused(plan: FakePlan, slot: int, whose: str, error: type[RuleError]) -> None:
    case = plan.requested()
    plan.do(CaseWithdrawal(case, SIGNATURE))
    cases = {"all": b"", "hers": case, "nobody": digest("no case"), "again": case}
    cases["operator"] = plan.force(CaseApproval(1, 5, digest("file")))
    if whose == "again":
        plan.do(Erasure(1, case, "wish"))
    with pytest.raises(error):
        plan.do(Erasure(slot, cases[whose], "error"))


def test_after_all_of_hers_is_erased_there_is_nothing_left_to_erase(plan: FakePlan) -> None:
    case = plan.requested()
    plan.do(CaseWithdrawal(case, SIGNATURE))
    plan.do(Erasure(1, b"", "wish"))
    for act in (Erasure(1, b"", "law"), Erasure(1, case, "law")):
        with pytest.raises(ErasureRule):
            plan.do(act)


def test_erasures_concern_their_member_and_are_saved(plan: FakePlan) -> None:
    case = plan.requested()
    plan.do(CaseWithdrawal(case, SIGNATURE))
    plan.do(Erasure(1, case, "wish"))
    plan.do(Erasure(4, b"", "law"))
    assert plan.life.slot_of(Erasure(4, b"", "law")) == 4
    again = CaseLife.from_value(decode(encode(plan.life.to_value()), max_size=1 << 20))
    assert again.erased == plan.life.erased == {case: (plan.now, "wish"), 4: (plan.now, "law")}
