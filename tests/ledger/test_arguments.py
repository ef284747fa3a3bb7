"""A wrong argument of any method is refused with a code and a sentence, and nothing is recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mutualchain.errors import MutualchainError, RuleError, UsageError
from mutualchain.ledger import Ledger
from mutualchain.store import MemoryStore

from .world import COVENANT, KEYS, PLAN, books_of, columns, join, key_of, new_ledger

NO_NUMBERS: tuple[Any, ...] = (
    None,
    -1,
    1.0,
    1.5,
    float("nan"),
    True,
    "1",
    b"1",
    2**70,
    -(2**70),
    [1],
    (),
    np.float64(1),
)
NO_HASHES: tuple[Any, ...] = (
    None,
    "",
    b"",
    b"x" * 31,
    b"x" * 33,
    "x" * 32,
    32,
    bytearray(32),
    memoryview(bytes(32)),
    [0] * 32,
)
NO_PLANS: tuple[Any, ...] = (None, "", "A", "a b", "a\0b", "x" * 65, 5, b"demo", ["demo"], "é", "\ud800", "-a")
NO_PATHS: tuple[Any, ...] = (None, 5, b"folder", ["folder"], "a\0b", 1.5)
KEY_COLUMNS: tuple[Any, ...] = (
    None,
    [],
    b"x" * 32,
    np.zeros((0, 32), np.uint8),
    np.zeros((2, 31), np.uint8),
    np.zeros(32, np.uint8),
    np.zeros((2, 32), np.int8),
    np.zeros((2, 32)),
    [[1, 2], [3]],
    [["x"] * 32],
    {"a": 1},
)
NO_COLUMNS: tuple[Any, ...] = (
    None,
    -1,
    1.0,
    True,
    2**64,
    "1",
    [1],
    [1, 2, 3],
    [-1, 1],
    [1.0, 2.0],
    [True, False],
    [2**64, 1],
    [[1, 2], [3]],
    [None, None],
    ["1", "2"],
    [[1], [2]],
    np.zeros((2, 2), np.int64),
    np.array([1, 2], "m8[s]"),
    {1, 2},
)
R = "reference"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    ledger = new_ledger(tmp_path_factory.mktemp("arguments"), store=MemoryStore())
    join(ledger, 0)
    join(ledger, 1)
    return ledger


Make = Callable[[Ledger, Any], object]
KEYS_OF_TWO, COMMITMENTS = columns(2)
NUMBERS: dict[str, Make] = {
    "balance slot": lambda ledger, x: ledger.balance(PLAN, x),
    "next_seq slot": lambda ledger, x: ledger.next_seq(PLAN, x),
    "enrol deposit": lambda ledger, x: ledger.enrol(PLAN, key_of(9), bytes(32), deposit=x, reference=R),
    "enrol since_day": lambda ledger, x: ledger.enrol(
        PLAN,
        key_of(9),
        bytes(32),
        deposit=1000,
        since_day=x,
        reference=R,
    ),
    "credit slot": lambda ledger, x: ledger.credit(PLAN, x, 1, reference=R),
    "credit amount": lambda ledger, x: ledger.credit(PLAN, 0, x, reference=R),
    "credit reason": lambda ledger, x: ledger.credit(PLAN, 0, 1, reference=R, reason=x),
    "withdraw slot": lambda ledger, x: ledger.withdraw(PLAN, x, 1, seq=0, signature=bytes(64), reference=R),
    "withdraw amount": lambda ledger, x: ledger.withdraw(PLAN, 0, x, seq=0, signature=bytes(64), reference=R),
    "withdraw seq": lambda ledger, x: ledger.withdraw(PLAN, 0, 1, seq=x, signature=bytes(64), reference=R),
    "withdraw reason": lambda ledger, x: ledger.withdraw(
        PLAN,
        0,
        1,
        seq=0,
        signature=bytes(64),
        reference=R,
        reason=x,
    ),
    "exit slot": lambda ledger, x: ledger.exit(PLAN, x, seq=0, signature=bytes(64), reference=R),
    "exit seq": lambda ledger, x: ledger.exit(PLAN, 0, seq=x, signature=bytes(64), reference=R),
    "exit reason": lambda ledger, x: ledger.exit(PLAN, 0, seq=0, signature=bytes(64), reference=R, reason=x),
    "case slot": lambda ledger, x: ledger.approve_case(PLAN, slot=x, aid=1, file_hash=bytes(32), reference=R),
    "case aid": lambda ledger, x: ledger.approve_case(PLAN, slot=0, aid=x, file_hash=bytes(32), reference=R),
    "round top-up": lambda ledger, x: ledger.open_round(PLAN, [], top_up=x, reference=R),
    "payout amount": lambda ledger, x: ledger.pay_out(PLAN, bytes(32), x, payment=bytes(32), reference=R),
}
HASHES: dict[str, Make] = {
    "find key": lambda ledger, x: ledger.find(PLAN, x),
    "enrol key": lambda ledger, x: ledger.enrol(PLAN, x, bytes(32), deposit=1000, reference=R),
    "enrol commitment": lambda ledger, x: ledger.enrol(PLAN, key_of(9), x, deposit=1000, reference=R),
    "withdraw signature": lambda ledger, x: ledger.withdraw(PLAN, 0, 1, seq=0, signature=x, reference=R),
    "exit signature": lambda ledger, x: ledger.exit(PLAN, 0, seq=0, signature=x, reference=R),
    "case file": lambda ledger, x: ledger.approve_case(PLAN, slot=0, aid=1, file_hash=x, reference=R),
    "round case": lambda ledger, x: ledger.open_round(PLAN, [x], reference=R),
    "round cases": lambda ledger, x: ledger.open_round(PLAN, x, reference=R),
    "payout case": lambda ledger, x: ledger.pay_out(PLAN, x, 1, payment=bytes(32), reference=R),
    "payout payment": lambda ledger, x: ledger.pay_out(PLAN, bytes(32), 1, payment=x, reference=R),
    "payout payee": lambda ledger, x: ledger.pay_out(PLAN, bytes(32), 1, payee=x, payment=bytes(32), reference=R),
}
PLANS: dict[str, Make] = {
    "create_plan": lambda ledger, x: ledger.create_plan(x, COVENANT, reference=R),
    "enrol": lambda ledger, x: ledger.enrol(x, key_of(9), bytes(32), deposit=1000, reference=R),
    "enrol_many": lambda ledger, x: ledger.enrol_many(x, KEYS_OF_TWO, COMMITMENTS, deposits=1000, reference=R),
    "credit": lambda ledger, x: ledger.credit(x, 0, 1, reference=R),
    "credit_many": lambda ledger, x: ledger.credit_many(x, [0, 1], 1, reference=R),
    "withdraw": lambda ledger, x: ledger.withdraw(x, 0, 1, seq=0, signature=bytes(64), reference=R),
    "exit": lambda ledger, x: ledger.exit(x, 0, seq=0, signature=bytes(64), reference=R),
    "approve_case": lambda ledger, x: ledger.approve_case(x, slot=0, aid=1, file_hash=bytes(32), reference=R),
    "open_round": lambda ledger, x: ledger.open_round(x, [], reference=R),
    "settle_round": lambda ledger, x: ledger.settle_round(x, reference=R),
    "pay_out": lambda ledger, x: ledger.pay_out(x, bytes(32), 1, payment=bytes(32), reference=R),
    "balance": lambda ledger, x: ledger.balance(x, 0),
    "next_seq": lambda ledger, x: ledger.next_seq(x, 0),
    "find": lambda ledger, x: ledger.find(x, bytes(32)),
    "book": lambda ledger, x: ledger.book(x),
}
COLUMNS: dict[str, Make] = {
    "enrol_many deposits": lambda ledger, x: ledger.enrol_many(PLAN, KEYS_OF_TWO, COMMITMENTS, deposits=x, reference=R),
    "enrol_many since_days": lambda ledger, x: ledger.enrol_many(
        PLAN, KEYS_OF_TWO, COMMITMENTS, deposits=1000, since_days=x, reference=R
    ),
    "credit_many slots": lambda ledger, x: ledger.credit_many(PLAN, x, 1, reference=R),
    "credit_many amounts": lambda ledger, x: ledger.credit_many(PLAN, [0, 1], x, reference=R),
    "credit_many reasons": lambda ledger, x: ledger.credit_many(PLAN, [0, 1], 1, reasons=x, reference=R),
}


def refused(world: Ledger, make: Make, wrong: Any, kinds: tuple[type[MutualchainError], ...]) -> None:
    before, size = books_of(world), world.size
    with pytest.raises(kinds) as found:
        make(world, wrong)
    assert found.value.code
    assert found.value.diagnostics()
    assert (books_of(world), world.size) == (before, size)


@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_no_whole_number_in_range_is_refused(world: Ledger, name: str) -> None:
    for wrong in NO_NUMBERS:
        refused(world, NUMBERS[name], wrong, (UsageError,))


@pytest.mark.parametrize("name", HASHES)
def test_what_is_no_bytes_of_the_right_length_is_refused(world: Ledger, name: str) -> None:
    for wrong in NO_HASHES:
        refused(world, HASHES[name], wrong, (UsageError,))


@pytest.mark.parametrize("name", PLANS)
def test_what_is_no_plan_s_name_is_refused(world: Ledger, name: str) -> None:
    for wrong in NO_PLANS:
        refused(world, PLANS[name], wrong, (UsageError, RuleError))


@pytest.mark.parametrize("name", COLUMNS)
def test_what_is_no_column_of_whole_numbers_is_refused(world: Ledger, name: str) -> None:
    for wrong in NO_COLUMNS:
        if name != "credit_many slots" or repr(wrong) not in ("[1]", "[1, 2, 3]"):  # which are slots, if not two
            refused(world, COLUMNS[name], wrong, (UsageError,))


def test_what_is_no_column_of_keys_is_refused(world: Ledger) -> None:
    for wrong in KEY_COLUMNS:
        for make in (
            lambda ledger, x: ledger.enrol_many(PLAN, x, COMMITMENTS, deposits=1000, reference=R),
            lambda ledger, x: ledger.enrol_many(PLAN, KEYS_OF_TWO, x, deposits=1000, reference=R),
            lambda ledger, x: ledger.credit_many(PLAN, [0, 1], 1, reference_hashes=() if x is None else x, reference=R),
        ):
            refused(world, make, wrong, (UsageError,))


def test_what_is_no_covenant_note_key_or_folder_is_refused(world: Ledger, tmp_path: Path) -> None:
    wrong: Any
    for wrong in (None, {}, "covenant", COVENANT.to_bytes()):
        refused(world, lambda ledger, x: ledger.create_plan("other", x, reference=R), wrong, (UsageError,))
    foreign = world.checkpoint().replace(b"example.org/mutual", b"example.org/others")
    for wrong in (None, "note", 5, b"", b"rubbish", foreign, world.checkpoint()[:-9]):
        refused(world, lambda ledger, x: ledger.anchor(x, reference=R), wrong, (MutualchainError,))
    for wrong in NO_PATHS:
        for call in (
            lambda x: Ledger.create(x, KEYS),
            lambda x: Ledger.open(x, KEYS),
            world.backup,
        ):
            with pytest.raises(UsageError):
                call(wrong)
    for wrong in (None, "keys", KEYS.log):
        for make in (Ledger.create, Ledger.open):
            with pytest.raises(UsageError):
                make(tmp_path / "new", wrong)
    for wrong in (-1, None, 1.5, True):
        with pytest.raises(UsageError):
            Ledger.create(tmp_path / "new", KEYS, recovery_delay_ms=wrong)
    assert not (tmp_path / "new").exists()
