"""Refunds after a restitution: whoever got all of her shares back gets nothing of them a second time.

Writer, replay, audit, her record and another's, and the verifiers written from SPEC.md alone come to the same.
"""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import numpy as np
import pytest

from mutualchain.audit import Verdict, audit_ledger
from mutualchain.covenant.acts import ClosingStatement
from mutualchain.covenant.sections import Closing
from mutualchain.errors import ClosingRule, MutualchainError
from mutualchain.record.build import build_record
from mutualchain.record.verify import verify_record
from tests.covenant.lives import JOINED, covenant
from tests.ledger.casework import Casework
from tests.ledger.world import ORIGIN, PLAN, TRUST, consistent
from tests.spec.files import chain_value
from tests.spec.second import Refused, Trust
from tests.spec.second_chain import Chain
from tests.spec.second_record import record

RULES = covenant(aid={"ill_in_waiting": "refund_and_end"})
ENDING = replace(RULES, closing=Closing(request_days=0, refund="shares"))
HERS, OTHER = 2, 5
DEPOSIT = 10_000_000


def restituted(rules: object = RULES) -> tuple[Casework, bytes]:
    """A round of 100 each; then slot 2 proves to have fallen ill in the waiting period, and gets her 100 back."""
    work = Casework(rules)  # type: ignore[arg-type]
    work.go_to(189)
    shared = work.shared(1, 1_000)
    work.ledger.cases.pay(PLAN, shared, 1_000, payment=b"p" * 32, reference="paid")
    work.go_to(200)
    case = work.attested(work.requested(HERS, 500, diagnosed_day=JOINED + 100))
    work.ledger.cases.refuse(PLAN, case, "aid.waiting", reference="refuse")
    work.ledger.cases.restitute(PLAN, case, reference="restitute")
    return work, shared


def void(work: Casework, shared: bytes) -> None:
    work.ledger.cases.void(PLAN, shared, "forged_records", reference="void")
    work.ledger.money.refund(PLAN, shared, reference="refund")


def close(work: Casework, shared: bytes) -> None:
    closing = work.ledger.announce_closing(PLAN, b"c" * 32, reference="closing").digest
    assert closing is not None
    work.wait(1)
    work.ledger.money.refund(PLAN, closing, reference="refund")


def verdicts(work: Casework) -> dict[str, str]:
    """What everybody stops at, or finds first; empty where all is well."""
    with work.ledger.read() as archive:
        report = audit_ledger(archive, TRUST)
        found = {"audit": "" if report.verdict is Verdict.VERIFIED else report.findings[0].code}
        violations = work.violations()
        found["replay"] = violations[0].code if violations else ""
        try:
            Chain(chain_value(archive, ORIGIN, PLAN), Trust(TRUST.format()))
            found["second chain"] = ""
        except Refused as refused:
            found["second chain"] = refused.code
        for name, slot in (("her record", HERS), ("another's record", OTHER)):
            data = build_record(archive, PLAN, slot)
            for reader in ("", "second "):
                try:
                    if reader:
                        record(data, Trust(TRUST.format()))
                    else:
                        verify_record(data, TRUST)
                    found[reader + name] = ""
                except (MutualchainError, Refused) as error:
                    found[reader + name] = error.code
    return found


@pytest.mark.parametrize(("rules", "undo"), [(RULES, void), (ENDING, close)], ids=["a void case", "the plan's end"])
def test_she_gets_nothing_and_everybody_finds_that_right(rules: object, undo: object) -> None:
    work, shared = restituted(rules)
    assert work.ledger.balance(PLAN, HERS) == DEPOSIT
    undo(work, shared)  # type: ignore[operator]
    assert [work.ledger.balance(PLAN, slot) for slot in range(10)] == [DEPOSIT] * 10
    assert work.ledger.book(PLAN).totals.refunds == 100 + 900
    consistent(work.ledger)
    assert set(verdicts(work).values()) == {""}


@pytest.mark.parametrize(("rules", "undo"), [(RULES, void), (ENDING, close)], ids=["a void case", "the plan's end"])
def test_her_shares_given_back_twice_are_found_by_everybody_who_sees_her_row(rules: object, undo: object) -> None:
    work, shared = restituted(rules)
    with mock.patch("mutualchain.ledger.money.restituted_slots", return_value=np.zeros(0, np.int64)):
        undo(work, shared)  # type: ignore[operator]
    assert work.ledger.balance(PLAN, HERS) == DEPOSIT + 100
    wanted = {"audit": "MC-098", "replay": "MC-098", "second chain": "MC-098"}
    wanted |= {
        "her record": "MC-176",
        "second her record": "MC-176",
        "another's record": "",
        "second another's record": "",
    }
    assert verdicts(work) == wanted


def test_a_plan_does_not_end_while_her_shares_have_not_come_back() -> None:
    """An operator who ends it all the same is found out by both; once they have come back, it ends."""
    work = Casework(replace(RULES, closing=Closing(request_days=0)))
    work.go_to(189)
    shared = work.shared(1, 1_000)
    work.ledger.cases.pay(PLAN, shared, 1_000, payment=b"p" * 32, reference="paid")
    work.go_to(200)
    case = work.attested(work.requested(HERS, 500, diagnosed_day=JOINED + 100))
    work.ledger.cases.refuse(PLAN, case, "aid.waiting", reference="refuse")
    work.ledger.announce_closing(PLAN, b"c" * 32, reference="closing")
    with pytest.raises(ClosingRule) as caught:
        work.ledger.end_plan(PLAN, reference="too early")
    assert caught.value.clause == "aid.ill_in_waiting"
    work.ledger.money.fund(PLAN, 100, source="operator", payment=b"f" * 32, reference="fund")
    kinds = [done.duty.kind for done in work.ledger.advance().done]
    assert kinds == ["case.restitute", "plan.statement"]
    assert set(verdicts(work).values()) == {""}
    other = Casework(replace(RULES, closing=Closing(request_days=0)))
    other.go_to(200)
    left = other.attested(other.requested(HERS, 500, diagnosed_day=JOINED + 100))
    other.ledger.cases.refuse(PLAN, left, "aid.waiting", reference="refuse")
    other.ledger.announce_closing(PLAN, b"c" * 32, reference="closing")
    other.forge(ClosingStatement(other.ledger.closing_statement(PLAN).to_bytes()))
    found = verdicts(other)
    assert {found[name] for name in ("audit", "replay", "second chain")} == {"MC-361"}


def test_a_refund_before_the_restitution_is_hers_and_counts() -> None:
    work = Casework(RULES)
    work.go_to(189)
    shared = work.shared(1, 1_000)
    void(work, shared)
    other = work.shared(3, 2_000)
    work.go_to(200)
    case = work.attested(work.requested(HERS, 500, diagnosed_day=JOINED + 100))
    work.ledger.cases.refuse(PLAN, case, "aid.waiting", reference="refuse")
    paid = DEPOSIT - work.ledger.balance(PLAN, HERS)
    work.ledger.cases.restitute(PLAN, case, reference="restitute")
    assert work.ledger.balance(PLAN, HERS) == DEPOSIT
    assert paid == 200
    work.ledger.cases.void(PLAN, other, "malicious", reference="void other")
    work.ledger.money.refund(PLAN, other, reference="refund other")
    assert work.ledger.balance(PLAN, HERS) == DEPOSIT
    assert set(verdicts(work).values()) == {""}
