"""A restitution ends a membership, and puts what its member paid into her balance again; nothing comes from nowhere."""

from __future__ import annotations

import numpy as np

from mutualchain.covenant.acts import Request, Restitution
from mutualchain.covenant.book import Book
from mutualchain.covenant.members import ENDED

from .tables import approve, book, opened


def restituted(made: Book, amount: int = 4, slot: int = 1, case: bytes = bytes([7]) * 32) -> None:
    made.apply(Request(slot, 5, bytes(32), 1, 0, bytes(64)), bytes([7]) * 32)
    made.apply(Restitution(case, amount), bytes([8]) * 32)


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
