"""Erasures as SPEC.md section 7.7 states them: library and second verifier agree, on honest ones and on forged ones."""

from __future__ import annotations

import pytest

from mutualchain.covenant.acts import CaseWithdrawal, Erasure
from mutualchain.disclosure.build import build_disclosure
from mutualchain.disclosure.verify import verify_disclosure
from mutualchain.record.build import build_record
from mutualchain.record.verify import verify_record
from tests.ledger.casework import Casework
from tests.ledger.world import PLAN, TRUST
from tests.spec.second import Trust
from tests.spec.second_record import record
from tests.spec.test_second_disclosure import SINGLE, WHOLE, agreed


@pytest.fixture
def work() -> Casework:
    made = Casework()
    made.go_to(189)
    return made


def shown(work: Casework, case: bytes, most: int) -> bytes:
    work.ledger.checkpoint()
    with work.ledger.read() as archive:
        return build_disclosure(archive, PLAN, case, most=most)


@pytest.mark.parametrize("most", [WHOLE, SINGLE])
@pytest.mark.parametrize("whole", [True, False])
def test_an_erasure_is_shown_with_the_case(work: Casework, whole: bool, most: int) -> None:
    case, other = work.approved(1), work.approved(2)
    if whole:
        work.ledger.erasures.member(PLAN, 1, reason="wish", reference="letter")
    else:
        work.ledger.erasures.facts(PLAN, case, reason="wish", reference="letter")
    data = shown(work, case, most)
    assert agreed(data, TRUST) == ""
    assert verify_disclosure(data, TRUST).erased is not None
    assert verify_disclosure(shown(work, other, most), TRUST).erased is None


def test_a_record_names_it(work: Casework) -> None:
    work.ledger.erasures.member(PLAN, 3, reason="purpose", reference="r")
    work.ledger.checkpoint()
    with work.ledger.read() as archive:
        data = build_record(archive, PLAN, 3)
    assert [event.about for event in verify_record(data, TRUST).events] == ["erasure"]
    assert record(data, Trust(TRUST.format()))["events"][0]["about"] == "erasure"


@pytest.mark.parametrize("lie", ["a case under way", "twice", "after everything", "somebody else's", "without facts"])
def test_what_the_rule_forbids_is_found(work: Casework, lie: str) -> None:
    case = work.requested(1)
    act = Erasure(1, case, "wish")
    if lie != "a case under way":
        work.forge(CaseWithdrawal(case, bytes(64)))
    if lie in ("twice", "after everything"):
        work.forge(Erasure(1, case if lie == "twice" else b"", "law"))
    if lie == "somebody else's":
        act = Erasure(2, case, "wish")
    if lie == "without facts":
        act = Erasure(1, bytes(32), "wish")
    work.forge(act)
    wanted = {"somebody else's": "case", "without facts": "case"}.get(lie, "erasure")
    assert wanted in {getattr(error, "clause", "") for error in work.violations()}


def test_the_disclosure_of_a_case_erased_under_way_is_refused_by_both(work: Casework) -> None:
    case = work.disclosed(1)
    work.forge(Erasure(1, case, "wish"))
    assert agreed(shown(work, case, WHOLE), TRUST) != ""
