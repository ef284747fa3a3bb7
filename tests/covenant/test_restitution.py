"""A restitution ends a membership, and puts what its member paid into her balance again; nothing comes from nowhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mutualchain.covenant.acts import Refusal, Request, Restitution
from mutualchain.covenant.book import Book
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.due import due
from mutualchain.covenant.members import ENDED
from mutualchain.covenant.replay import apply_enrolments

from .tables import approve, book, enrolments, opened


def restituted(made: Book, amount: int = 4, slot: int = 1, case: bytes = bytes([7]) * 32) -> None:
    made.apply(Request(slot, 5, bytes(32), 1, 0, bytes(64)), bytes([7]) * 32)
    made.apply(Restitution(case, amount), bytes([8]) * 32)


def test_it_is_due_between_two_rounds_once_where_the_covenant_says_so() -> None:
    name, rules = bytes([7]) * 32, Covenant.simple("plan", prepay=0, max_aid=100)
    for ends in ("refuse", "refund_and_end"):
        made = Book("demo", replace(rules, aid=replace(rules.aid, ill_in_waiting=ends)))
        apply_enrolments(made, enrolments([10, 10]))
        made.apply(Request(1, 5, bytes(32), 1, 0, bytes(64)), name, 5)
        made.apply(Refusal(name, "aid.waiting"), bytes([9]) * 32, 6)
        wanted = [("case.restitute", "aid.ill_in_waiting", name)] if ends == "refund_and_end" else []
        assert [(duty.kind, duty.clause, duty.subject) for duty in due(made, 10)] == wanted
    made.begin_capture(1, 11)
    assert due(made, 12) == []
    made.cancel_capture()
    made.apply(Restitution(name, 4), bytes([8]) * 32, 13)
    assert due(made, 14) == []


def test_the_sum_comes_out_of_what_is_carried() -> None:
    made = book([10, 10])
    restituted(made)
    assert (made.balance(1), made.deficit, made.surplus, made.totals.refunds) == (14, 4, 0, 4)
    assert (int(made.members.exited[1]), made.members.exits) == (ENDED, 1)
    assert made.covered(np.array([0, 1])).tolist() == [True, False]


def test_what_a_snapshot_has_seen_stays_as_it_was() -> None:
    made = book([10, 10])
    approve(made, 6)
    capture = made.begin_capture(5, 5)
    restituted(made)
    assert capture.headcount(None) == 2
    made.cancel_capture()
    opened(made, (bytes([1]) * 32,), 6)
    assert made.open is not None
    assert made.open.due(1) == 0


def test_one_that_names_no_case_does_nothing() -> None:
    made = book([10, 10])
    restituted(made, slot=5)
    restituted(made, case=bytes([9]) * 32)
    assert (made.balance(1), made.totals.refunds, made.members.exits) == (10, 0, 0)
