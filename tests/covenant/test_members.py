"""A plan's columns: they grow, and a round is one number for all."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.covenant.members import Members

JOINS = st.lists(
    st.tuples(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3), st.integers(1, 700)), max_size=8
)


@given(JOINS, st.lists(st.integers(0, 1000), max_size=8))
def test_balances_are_what_was_paid_in_less_the_shares_since(
    joins: list[tuple[list[int], int]], shares: list[int]
) -> None:
    members = Members()
    wanted: list[int] = []
    for number, (deposits, times) in enumerate(joins):
        column = np.array(deposits * times, np.int64)
        assert members.append(column, len(column)) == len(wanted)
        wanted += column.tolist()
        assert members.append(5, 1) == len(wanted)
        wanted.append(5)
        share = shares[number] if number < len(shares) else 0
        members.levy += share
        wanted = [balance - share for balance in wanted]
    assert members.count == len(wanted)
    assert members.balances(0, members.count).tolist() == wanted
    assert [members.balance(slot) for slot in range(min(50, len(wanted)))] == wanted[:50]
    assert {len(column) for column in (members.stored, members.pending, members.seq, members.exited)} == {
        len(members.stored)
    }


def test_columns_keep_what_they_hold_when_they_grow() -> None:
    members = Members()
    members.append(7, 1_000)
    members.seq[999], members.pending[999], members.exited[999] = 3, 2, 1
    members.append(9, 100_000)
    assert (members.seq[999], members.pending[999], members.exited[999], members.balance(999)) == (3, 2, 1, 7)
    assert not members.seq[1_000:].any()
    assert members.balance(100_999) == 9


def test_balances_are_a_copy() -> None:
    members = Members()
    members.append(7, 3)
    members.balances(0, 3)[:] = 0
    assert members.balance(0) == 7


def test_counts_taken_and_given_back_add_to_those_since() -> None:
    members = Members()
    members.append(7, 2)
    members.pending[:2] = [3, 4]
    taken = members.take_pending()
    assert taken[:2].tolist() == [3, 4]
    assert members.pending[:2].tolist() == [0, 0]
    members.pending[1] = 5
    members.append(7, 5_000)
    members.give_back_pending(taken)
    assert members.pending[:3].tolist() == [3, 9, 0]
