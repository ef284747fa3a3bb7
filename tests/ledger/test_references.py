"""A reference names one request for ever: repeated it leads to the first answer, with other content it is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mutualchain.errors import MutualchainError, ReferenceConflict, ReferenceMissing
from mutualchain.ledger import Acknowledgement, Ledger

from .world import (
    COVENANT,
    KEYS,
    PLAN,
    approve,
    columns,
    consistent,
    digest,
    grouped,
    join,
    key_of,
    leave,
    new_ledger,
    proven,
    said,
    withdraw,
)


def writes(ledger: Ledger, case: bytes, other: bool = False) -> dict[str, Callable[[], Acknowledgement]]:
    """Every kind of write, each with a reference; ``other`` changes the content and keeps the reference."""
    extra, seed = int(other), digest("other" if other else "same")
    keys, commitments = columns(3, first=extra)
    return {
        "plan": lambda: (
            ledger.create_plan("second", COVENANT, reference="1")
            if not other
            else ledger.create_plan("second", type(COVENANT)("Other"), reference="1")
        ),
        "enrol": lambda: ledger.enrol(PLAN, key_of("z"), seed, deposit=1000, reference="2"),
        "enrol_many": lambda: ledger.enrol_many(PLAN, keys, commitments, deposits=1000, reference="3"),
        "credit": lambda: ledger.credit(PLAN, 0, 10 + extra, reference="4"),
        "credit_many": lambda: ledger.credit_many(PLAN, [0, 1], 10 + extra, reference="5"),
        "withdraw": lambda: withdraw(ledger, 0, 0, 3 + extra, "6", seq=3),
        "exit": lambda: leave(ledger, extra, extra, "7", seq=(4, 1)[extra]),
        "case": lambda: ledger.approve_case(PLAN, slot=0, aid=5 + extra, file_hash=seed, reference="8"),
        "open": lambda: ledger.open_round(PLAN, [case], top_up=extra, reference="9")[0],
        "settle": lambda: (
            ledger.settle_round(PLAN, reference="10") if not other else ledger.credit(PLAN, 1, 1, reference="10")
        ),
        "pay": lambda: ledger.pay_out(PLAN, case, 1 + extra, payment=seed, reference="11"),
        "anchor": lambda: ledger.anchor(ledger.checkpoint() if other else NOTES[0], reference="12"),
    }


NOTES: list[bytes] = []


def test_a_retry_of_any_write_returns_the_first_acknowledgement_and_an_equivalent_receipt(tmp_path: Path) -> None:
    with new_ledger(tmp_path / "ledger") as ledger:
        join(ledger, 0)
        join(ledger, 1)
        case = approve(ledger, 30, "case")
        NOTES[:] = [ledger.checkpoint()]
        first = {name: call() for name, call in writes(ledger, case).items()}
        receipts = {name: said(proven(ack)) for name, ack in first.items()}
        size = ledger.size
        for _ in range(2):
            for name, call in writes(ledger, case).items():
                again = call()
                assert again == first[name], name
                assert said(proven(again)) == receipts[name], name
        assert ledger.size == size
        consistent(ledger)
    with Ledger.open(tmp_path / "ledger", KEYS) as ledger:
        for name, call in writes(ledger, case).items():
            again = call()
            assert again == first[name], name
            assert said(proven(again)) == receipts[name], name
        for name, call in writes(ledger, case, other=True).items():
            with pytest.raises(ReferenceConflict):
                print(name, call())
        assert ledger.size == size


def test_an_open_round_s_terms_come_back_with_the_retry(ledger: Ledger) -> None:
    join(ledger, 0)
    case = approve(ledger, 30, "case")
    first = ledger.open_round(PLAN, [case], reference="open")
    assert ledger.open_round(PLAN, [case], reference="open") == first
    ledger.settle_round(PLAN, reference="settle")
    assert ledger.open_round(PLAN, [case], reference="open") == first


def test_a_reference_that_was_refused_is_free_for_another_try(ledger: Ledger) -> None:
    with pytest.raises(MutualchainError):
        ledger.credit(PLAN, 0, 10, reference="r")
    join(ledger, 0)
    assert ledger.credit(PLAN, 0, 20, reference="r").seq == 0


def test_the_same_reference_twice_in_one_group_is_one_event(ledger: Ledger) -> None:
    join(ledger, 0)
    same, twin, other = grouped(
        ledger,
        lambda: ledger.credit(PLAN, 0, 10, reference="r"),
        lambda: ledger.credit(PLAN, 0, 10, reference="r"),
        lambda: ledger.credit(PLAN, 0, 11, reference="r"),
    )
    assert isinstance(same, Acknowledgement)
    assert isinstance(twin, Acknowledgement)
    assert same == twin
    assert said(proven(same)) == said(proven(twin))
    assert isinstance(other, ReferenceConflict)
    assert ledger.balance(PLAN, 0) == 1010


def test_a_twin_of_what_is_forbidden_is_forbidden_too(ledger: Ledger) -> None:
    found = grouped(ledger, *[lambda: ledger.credit(PLAN, 9, 10, reference="r")] * 2)
    assert [type(error).__name__ for error in found] == ["SlotUnknown"] * 2
    assert found[0] is not found[1], "errors raised in two threads must not share a traceback"


def test_plans_have_references_of_their_own(ledger: Ledger) -> None:
    ledger.create_plan("second", COVENANT, reference="plan")
    assert join(ledger, 0).height < join(ledger, 0, plan="second").height
    assert ledger.credit(PLAN, 0, 1, reference="c").height < ledger.credit("second", 0, 2, reference="c").height


@pytest.mark.parametrize(
    "reference", ["", b"", "x" * 129, "字" * 43, "\ud800", None, 5, 5.0, True, ["r"], bytearray(b"r")]
)
def test_a_write_without_a_proper_reference_is_refused(ledger: Ledger, reference: object) -> None:
    join(ledger, 0)
    size = ledger.size
    for call in (
        lambda: ledger.credit(PLAN, 0, 1, reference=reference),  # type: ignore[arg-type]
        lambda: ledger.credit_many(PLAN, [0], 1, reference=reference),  # type: ignore[arg-type]
        lambda: ledger.enrol_many(PLAN, *columns(1), deposits=1000, reference=reference),  # type: ignore[arg-type]
        lambda: ledger.approve_case(PLAN, slot=0, aid=1, file_hash=bytes(32), reference=reference),  # type: ignore[arg-type]
        lambda: ledger.open_round(PLAN, [], reference=reference),  # type: ignore[arg-type]
        lambda: ledger.settle_round(PLAN, reference=reference),  # type: ignore[arg-type]
        lambda: ledger.create_plan("other", COVENANT, reference=reference),  # type: ignore[arg-type]
        lambda: ledger.anchor(ledger.checkpoint(), reference=reference),  # type: ignore[arg-type]
    ):
        with pytest.raises(ReferenceMissing):
            call()
    assert ledger.size == size


def test_a_reference_may_be_text_or_bytes_of_up_to_128(ledger: Ledger) -> None:
    join(ledger, 0)
    ack = ledger.credit(PLAN, 0, 1, reference="付款-1")
    assert ledger.credit(PLAN, 0, 1, reference="付款-1".encode()) == ack
    assert ledger.credit(PLAN, 0, 1, reference=b"\0" * 128).seq == 1
