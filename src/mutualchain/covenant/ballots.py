"""Ballots: sheets of sealed rows, each signed by its juror, on one subject: a disclosed case, or a proposed covenant.

A sheet's params are canonical ``[subject]``. Covered members other than the claimant vote once, while the voting is
open: on a case from the end of its objection window for ``cases.jury_days``, on a proposal for
``amendments.vote_days`` from its recording. Columns are checked at once, a quarter of a million votes in one call; who
signed what is the caller's to verify.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..block import fields
from ..canonical import decode, encode
from ..errors import BallotRule, CaseUnknown, MutualchainError, RuleError, SequenceError, SlotUnknown, TooManyEvents
from ..limits import MAX_EVENTS_PER_ROUND, MAX_PARAMS, MAX_SUBJECTS
from .cases import PlanView, Votes, version_of

__all__ = ["BALLOT", "apply_ballots", "ballot_params", "ballot_violations", "replay_ballots", "subject_of"]

BALLOT = "ballot/1"
_SHOWN = 100
Columns = Mapping[str, NDArray[Any]]


def ballot_params(subject: bytes) -> bytes:
    """The params of a sheet of ballots on a subject, 32 bytes."""
    return encode([subject])


def subject_of(params: bytes) -> bytes:
    """The subject of a sheet of ballots. Raises BallotRule, CanonicalError."""
    (subject,) = fields.array(decode(params, max_size=MAX_PARAMS), 1, "what a sheet of ballots is for", BallotRule)
    return fields.blob(subject, 32, "the subject of ballots", BallotRule)


def _open_vote(book: PlanView, subject: bytes, now_ms: int) -> int | None:
    """The slot that may not vote, None for a proposal. Raises CaseUnknown, BallotRule where no vote is open."""
    life = book.life
    proposed, case = life.proposals.get(subject), life.cases.get(subject)
    if proposed is not None:
        if proposed.ballots >= 0 or now_ms >= proposed.closes_ms:
            raise BallotRule("the vote is closed", value=subject, clause="amendments.vote_days")
    elif case is None:
        raise CaseUnknown("there is no such case or proposal in this plan", value=subject)
    else:
        covenant = version_of(book, case.version).covenant
        if case.status != "disclosed" or case.ballots >= 0 or not case.jury(covenant):
            raise BallotRule("no vote is open on this case", value=subject)
        if not case.window_ms <= now_ms < case.voting_ends(covenant):
            raise BallotRule("the vote is not open at this time", value=subject, clause="cases.jury_days")
    if subject not in life.votes and len(life.votes) >= MAX_SUBJECTS:
        raise BallotRule(f"votes are open on {MAX_SUBJECTS} subjects already", value=subject)
    return None if case is None else case.slot


def ballot_violations(book: PlanView, subject: bytes, columns: Columns, now_ms: int) -> list[RuleError]:
    """What the rules have against ballots, in columns slot, seq and vote."""
    try:
        claimant = _open_vote(book, subject, now_ms)
    except RuleError as error:
        return [error]
    slots, members = columns["slot"].astype(np.int64), book.members
    found: list[RuleError] = []

    def report(mask: NDArray[np.bool_], kind: type[RuleError], text: str) -> None:
        rows = np.flatnonzero(mask)
        for row in rows[:_SHOWN].tolist():
            found.append(kind(text, value=int(slots[row]), place=f"row {row}"))
        if len(rows) > _SHOWN:
            found.append(kind(f"{len(rows) - _SHOWN} more rows: {text}"))

    unknown = slots >= book.slots
    report(unknown, SlotUnknown, "a ballot of a slot that the plan does not have")
    if unknown.any():
        return found
    report(columns["seq"] != members.seq[slots], SequenceError, "a running number that is not the next")
    events = members.pending[slots].astype(np.int64)
    if book.capture is not None:
        taken = slots < book.capture.rows
        events[taken] += book.capture.events[slots[taken]]
    report(events >= MAX_EVENTS_PER_ROUND, TooManyEvents, "too many events since the last round")
    first = np.zeros(len(slots), bool)
    first[np.unique(slots, return_index=True)[1]] = True
    report(~first, BallotRule, "a member votes twice in one sheet")
    votes = book.life.votes.get(subject, Votes())
    report(np.isin(slots, votes.voters), BallotRule, "the member has voted already")
    if claimant is not None:
        report(slots == claimant, BallotRule, "nobody votes on her own case")
    report(~book.covered(slots, now_ms), BallotRule, "only covered members vote")
    return found


def apply_ballots(book: PlanView, subject: bytes, columns: Columns) -> None:
    """Count ballots; also of members who voted before, because a replay goes on from what was recorded."""
    slots = columns["slot"].astype(np.int64)
    voters, rows = np.unique(slots[slots < book.slots], return_counts=True)
    votes = book.life.votes.setdefault(subject, Votes())
    votes.ballots += len(columns["slot"])
    votes.support += int(columns["vote"].sum(dtype=np.int64))
    votes.voters = np.union1d(votes.voters, voters).astype(np.uint32)
    members = book.members
    members.seq[voters] += rows.astype(np.uint32)
    members.pending[voters] = np.minimum(members.pending[voters] + rows, MAX_EVENTS_PER_ROUND)


def replay_ballots(book: PlanView, columns: Columns, params: bytes, time_ms: int) -> list[MutualchainError]:
    """Apply a recorded sheet of ballots and return every rule that it breaks."""
    try:
        subject = subject_of(params)
    except MutualchainError as error:
        return [error]
    found = ballot_violations(book, subject, columns, time_ms)
    if subject in book.life.cases or subject in book.life.proposals:
        apply_ballots(book, subject, columns)
    return list(found)
