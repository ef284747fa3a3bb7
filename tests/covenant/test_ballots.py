"""Ballots in sheets: covered members other than the claimant vote once, while the voting is open."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mutualchain.canonical import encode
from mutualchain.covenant.acts import Adjudication, Approval, Proposal
from mutualchain.covenant.ballots import ballot_params, ballot_violations, replay_ballots, subject_of
from mutualchain.covenant.statements import ballot_message
from mutualchain.errors import (
    BallotRule,
    CanonicalError,
    CaseUnknown,
    MutualchainError,
    SequenceError,
    SlotUnknown,
    TooManyEvents,
)
from mutualchain.limits import MAX_EVENTS_PER_ROUND

from .lives import CHAIN, PLAN, FakePlan, covenant, digest

Rows = Sequence[tuple[int, int, int]]


def columns(rows: Rows) -> dict[str, Any]:
    slots, seqs, votes = zip(*rows, strict=True) if rows else ((), (), ())
    return {
        "slot": np.array(slots, np.uint32),
        "seq": np.array(seqs, np.uint32),
        "vote": np.array(votes, np.uint8),
    }


def cast(plan: FakePlan, subject: bytes, rows: Rows) -> list[MutualchainError]:
    return replay_ballots(plan, columns(rows), ballot_params(subject), plan.now)


def test_ballots_are_counted_and_the_adjudication_states_them() -> None:
    plan = FakePlan()
    case = plan.disputed()
    assert cast(plan, case, [(2, 0, 1), (3, 0, 1)]) == []
    assert cast(plan, case, [(4, 0, 0)]) == []
    assert plan.members.seq[:6].tolist() == [0, 0, 1, 1, 1, 0]
    assert plan.members.pending[:6].tolist() == [0, 0, 1, 1, 1, 0]
    plan.wait(2)
    plan.do(Adjudication(case, 3, 2))
    plan.do(Approval(case, 30_000_000))


def test_members_vote_on_a_proposal_too_the_claimant_of_no_case_excepted() -> None:
    plan = FakePlan(covenant(amendments={"vote": True, "vote_days": 1}))
    proposal = plan.do(Proposal(plan.covenant.to_bytes()))
    assert cast(plan, proposal, [(1, 0, 1)]) == []
    plan.wait(1)
    (wrong,) = cast(plan, proposal, [(2, 0, 1)])
    assert isinstance(wrong, BallotRule)
    assert wrong.clause == "amendments.vote_days"
    plan.do(Adjudication(proposal, 2, 2))
    assert [type(error) for error in ballot_violations(plan, proposal, columns([(3, 0, 1)]), 0)] == [BallotRule]


@pytest.mark.parametrize(
    ("rows", "errors"),
    [
        ([(1, 0, 1)], [BallotRule]),
        ([(9, 0, 1)], [BallotRule]),
        ([(2, 0, 1)], [BallotRule]),
        ([(3, 0, 1), (3, 0, 0)], [BallotRule]),
        ([(3, 0, 1), (3, 1, 0)], [SequenceError, BallotRule]),
        ([(3, 1, 1)], [SequenceError]),
        ([(4, 0, 1)], [TooManyEvents]),
        ([(5, 0, 1)], [TooManyEvents]),
        ([(10, 0, 1), (1, 0, 1)], [SlotUnknown]),
    ],
    ids=[
        "the claimant",
        "not covered",
        "again",
        "twice at once",
        "twice, numbered",
        "number",
        "events",
        "frozen",
        "slot",
    ],
)
def test_what_does_not_count_is_refused(rows: Rows, errors: list[type[MutualchainError]]) -> None:
    plan = FakePlan(lapsed={9})
    case = plan.disputed()
    cast(plan, case, [(2, 0, 1)])
    plan.members.seq[2] = 0
    plan.members.pending[4] = MAX_EVENTS_PER_ROUND
    events = np.zeros(6, np.uint8)
    events[5] = MAX_EVENTS_PER_ROUND
    plan.capture = SimpleNamespace(rows=6, events=events)
    assert [type(error) for error in ballot_violations(plan, case, columns(rows), plan.now)] == errors


def test_of_many_wrong_rows_a_hundred_are_named_and_the_rest_counted() -> None:
    plan = FakePlan(slots=300)
    case = plan.disputed()
    found = ballot_violations(plan, case, columns([(slot, 1, 1) for slot in range(2, 300)]), plan.now)
    assert len(found) == 101
    assert found[-1].message.startswith("198 more rows")


@pytest.mark.parametrize(("days", "open_"), [(-0.1, False), (0, True), (1.99, True), (2, False)])
def test_the_voting_is_open_for_its_days(days: float, open_: bool) -> None:
    plan = FakePlan()
    case = plan.disputed()
    plan.wait(days)
    found = cast(plan, case, [(2, 0, 1)])
    assert not found if open_ else [error.clause for error in found] == ["cases.jury_days"]  # type: ignore[attr-defined]


def test_no_vote_is_open_where_nobody_objected_or_the_votes_were_counted() -> None:
    plan = FakePlan()
    quiet, case = plan.disclosed(3), plan.disputed(2)
    assert [type(error) for error in cast(plan, quiet, [(4, 0, 1)])] == [BallotRule]
    plan.wait(2)
    plan.do(Adjudication(case, 0, 0))
    assert [type(error) for error in cast(plan, case, [(4, 1, 1)])] == [BallotRule]


def test_ballots_on_nothing_change_nothing() -> None:
    plan = FakePlan()
    assert [type(error) for error in cast(plan, digest("none"), [(4, 0, 1)])] == [CaseUnknown]
    assert plan.life.votes == {}


def test_recorded_ballots_count_even_where_they_should_not() -> None:
    plan = FakePlan()
    case = plan.disputed()
    plan.members.pending[3] = MAX_EVENTS_PER_ROUND
    assert cast(plan, case, [(3, 0, 1), (3, 0, 1), (99, 0, 1)])
    votes = plan.life.votes[case]
    assert (votes.ballots, votes.support, votes.voters.tolist()) == (3, 3, [3])
    assert plan.members.pending[3] == MAX_EVENTS_PER_ROUND
    assert plan.members.seq[3] == 2


def test_votes_are_open_on_a_bounded_number_of_subjects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mutualchain.covenant.ballots.MAX_SUBJECTS", 1)
    plan = FakePlan()
    one = plan.disputed(1)
    cast(plan, one, [(4, 0, 1)])
    two = plan.disclosed(2)
    plan.life.cases[two].objections.append(5)
    plan.life.cases[two].window_ms = plan.now
    assert [type(error) for error in cast(plan, two, [(4, 1, 1)])] == [BallotRule]
    assert cast(plan, one, [(5, 0, 1)]) == []


@pytest.mark.parametrize(
    ("params", "error"),
    [(b"", CanonicalError), (encode([]), BallotRule), (encode([b"short"]), BallotRule), (encode(b"x"), BallotRule)],
)
def test_params_name_one_subject(params: bytes, error: type[MutualchainError]) -> None:
    with pytest.raises(error):
        subject_of(params)
    assert [type(found) for found in replay_ballots(FakePlan(), columns([]), params, 0)] == [error]
    assert subject_of(ballot_params(digest("case"))) == digest("case")


def test_a_juror_signs_chain_plan_subject_slot_number_and_vote() -> None:
    subject = digest("case")
    message = ballot_message(CHAIN, PLAN, subject, 4, 2, 1)
    assert message == b"mutualchain/statement/v1\n" + encode([CHAIN, PLAN, ["ballot", subject, 4, 2, 1]])
