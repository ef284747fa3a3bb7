"""What a member is asked to sign is read back to the last byte, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.canonical import encode
from mutualchain.covenant.acts import (
    Act,
    Appeal,
    Attestation,
    CaseWithdrawal,
    Handover,
    Objection,
    Rekey,
    RekeyObjection,
    Request,
    Treasury,
)
from mutualchain.covenant.statement_reading import OF_MEMBERS, Ballot, Exit, Statement, Withdrawal, read_statement
from mutualchain.covenant.statements import (
    TAG,
    act_message,
    ballot_message,
    exit_message,
    join_message,
    signatures,
    withdrawal_message,
)
from mutualchain.errors import StatementUnreadable
from mutualchain.limits import MAX_NAME, MAX_ROWS, MAX_STATEMENT, MAX_TOTAL

CHAIN, CASE, KEY, NONE = bytes(range(32)), b"\x05" * 32, b"\x07" * 32, bytes(64)
PLAN = "critical-illness"
ACTS: dict[str, tuple[Act, int | None, bytes | None]] = {
    "request": (Request(17, 30_000_000, CASE, 2, 5, NONE), 17, None),
    "objection": (Objection(CASE, 21, KEY, NONE), 21, None),
    "case_withdrawn": (CaseWithdrawal(CASE, NONE), None, None),
    "appeal": (Appeal(17, CASE, KEY, NONE), 17, None),
    "handover": (Handover(17, KEY, NONE, NONE), 17, KEY),
    "rekey": (Rekey(17, KEY, "first-hospital", NONE, NONE), 17, KEY),
    "rekey_objection": (RekeyObjection(CASE, NONE), None, None),
}


def test_a_withdrawal_is_read_back() -> None:
    data = withdrawal_message(CHAIN, PLAN, 17, 3, 250, CASE, 9)
    found = read_statement(data)
    assert found == Statement(CHAIN, PLAN, Withdrawal(17, 3, 250, 9, CASE))
    assert (found.kind, found.slot, found.new_key, found.to_bytes()) == ("withdrawal", 17, None, data)


def test_an_exit_is_read_back() -> None:
    data = exit_message(CHAIN, PLAN, 17, 4, 255)
    found = read_statement(data)
    assert found == Statement(CHAIN, PLAN, Exit(17, 4, 255))
    assert (found.kind, found.slot, found.to_bytes()) == ("exit", 17, data)


@pytest.mark.parametrize("vote", [0, 1])
def test_a_ballot_is_read_back(vote: int) -> None:
    data = ballot_message(CHAIN, PLAN, CASE, 21, 5, vote)
    found = read_statement(data)
    assert found == Statement(CHAIN, PLAN, Ballot(CASE, 21, 5, vote))
    assert (found.kind, found.slot, found.to_bytes()) == ("ballot", 21, data)


@pytest.mark.parametrize("kind", ACTS)
def test_an_entry_that_she_signs_is_read_back(kind: str) -> None:
    act, slot, key = ACTS[kind]
    data = act_message(CHAIN, PLAN, act)
    found = read_statement(data)
    assert (found.said, found.kind, found.slot, found.new_key) == (act, kind, slot, key)
    assert found.to_bytes() == data


def test_every_entry_that_a_members_key_signs_is_among_them() -> None:
    assert set(ACTS) == set(OF_MEMBERS)
    assert all(signatures(act) for act, _, _ in ACTS.values())


def test_the_longest_statement_is_far_below_the_bound() -> None:
    name = "a" * MAX_NAME
    longest = [
        withdrawal_message(CHAIN, name, MAX_ROWS, MAX_ROWS, MAX_TOTAL, CASE, 255),
        act_message(CHAIN, name, Rekey(MAX_ROWS, KEY, name, NONE, NONE)),
        act_message(CHAIN, name, Request(MAX_ROWS, MAX_TOTAL, CASE, MAX_TOTAL, 255, NONE)),
    ]
    assert all(read_statement(data).to_bytes() == data for data in longest)
    assert max(map(len, longest)) == 260 < MAX_STATEMENT


def words(*statement: object, chain: object = CHAIN, plan: object = PLAN) -> bytes:
    return TAG + encode([chain, plan, list(statement)])


BODY = {"case": CASE, "by": 21, "grounds": KEY}
GOOD = exit_message(CHAIN, PLAN, 17, 4, 0)
HOSTILE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "does not begin"),
    "the tag alone": (TAG, "damaged"),
    "a checkpoint": (b"example.org/mutual-aid\n12\nAAAA\n", "does not begin"),
    "a cosignature": (b"cosignature/v1\ntime 1\nexample.org/log\n1\nAAAA\n", "does not begin"),
    "a block": (b"mutualchain/block/v1\n" + bytes(64), "does not begin"),
    "another version": (b"mutualchain/statement/v2\n" + GOOD[len(TAG) :], "does not begin"),
    "trailing bytes": (GOOD + b"\x00", "damaged"),
    "a newline after it": (GOOD + b"\n", "damaged"),
    "cut": (GOOD[:-1], "damaged"),
    "huge": (TAG + bytes(MAX_STATEMENT), "at most"),
    "huge inside": (TAG + b"\xc6\xff\xff\xff\xff", "damaged"),
    "not the shortest form": (TAG + b"\xdc\x00\x03" + GOOD[len(TAG) + 1 :], "damaged"),
    "a map": (TAG + encode({"chain": CHAIN}), "not an array of 3"),
    "two items": (TAG + encode([CHAIN, PLAN]), "not an array of 3"),
    "a chain of 31 bytes": (words("exit", 17, 4, 0, chain=CHAIN[:31]), "chain is not 32 bytes"),
    "a chain as text": (words("exit", 17, 4, 0, chain="a" * 32), "chain is not 32 bytes"),
    "no plan": (words("exit", 17, 4, 0, plan=""), "plan is not of the form"),
    "control characters": (words("exit", 17, 4, 0, plan="a\x1b[2Jb"), "plan is not of the form"),
    "a plan that is a number": (words("exit", 17, 4, 0, plan=1), "plan is not of the form"),
    "no words": (words(), "of this kind"),
    "words as text": (TAG + encode([CHAIN, PLAN, "exit"]), "not an array"),
    "an unknown kind": (words("pay", 17, 4, 0), "of this kind"),
    "a kind that is a number": (words(1, 17, 4, 0), "of this kind"),
    "a request to join": (join_message(CHAIN, PLAN, KEY, 1, CASE, CASE), "of this kind"),
    "an attestation": (act_message(CHAIN, PLAN, Attestation(CASE, "eyes", "hospital", 1, b"", NONE)), "of this kind"),
    "a treasury statement": (act_message(CHAIN, PLAN, Treasury("bank", 1, 2, NONE)), "of this kind"),
    "an institution's objection": (act_message(CHAIN, PLAN, Objection(CASE, "eyes", KEY, NONE)), "institution"),
    "a word too many": (words("exit", 17, 4, 0, 0), "not an array of 4"),
    "a word too few": (words("withdrawal", 17, 4, 1, 0), "not an array of 6"),
    "a negative slot": (words("exit", -1, 4, 0), "running number is not an integer"),
    "a slot that is true": (words("exit", True, 4, 0), "running number is not an integer"),
    "a number beyond the rows": (words("exit", 17, MAX_ROWS + 1, 0), "running number is not an integer"),
    "a reason of 256": (words("exit", 17, 4, 256), "code is not an integer"),
    "a vote of 2": (words("ballot", CASE, 21, 5, 2), "code is not an integer"),
    "a ballot on nothing": (words("ballot", b"", 21, 5, 1), "ballot is on is not 32 bytes"),
    "an amount of 0": (words("withdrawal", 17, 4, 0, 0, CASE), "amount is not an integer"),
    "a negative amount": (words("withdrawal", 17, 4, -5, 0, CASE), "amount is not an integer"),
    "a reference as text": (words("withdrawal", 17, 4, 5, 0, "order-17"), "reference is not 32 bytes"),
    "an entry without a body": (words("objection"), "not an array of 2"),
    "a body that is no map": (words("objection", [CASE, 21, KEY]), "not a map"),
    "a body with a field too many": (words("objection", BODY | {"amount": 5}), "not a map of"),
    "a body with a field too few": (words("case_withdrawn", {}), "not a map of"),
    "a body with its signature": (words("objection", BODY | {"signature": NONE}), "says more"),
    "a body of wrong types": (words("objection", BODY | {"case": "x"}), "not 32 bytes"),
    "an objection by true": (words("objection", BODY | {"by": True}), "not an integer"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_whatever_is_no_statement_of_a_member_is_refused(case: str) -> None:
    data, says = HOSTILE[case]
    with pytest.raises(StatementUnreadable, match=says):
        read_statement(data)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_says_something_else(at: int, flip: int) -> None:
    data = bytes(byte ^ flip if place == at else byte for place, byte in enumerate(GOOD))
    try:
        found = read_statement(data)
    except StatementUnreadable:
        return
    assert found.to_bytes() == data != GOOD
    assert found != read_statement(GOOD)


@given(st.binary(max_size=MAX_STATEMENT))
def test_what_is_read_of_any_bytes_is_all_of_them(rest: bytes) -> None:
    try:
        found = read_statement(TAG + rest)
    except StatementUnreadable:
        return
    assert found.to_bytes() == TAG + rest
