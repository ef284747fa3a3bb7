"""Receipts prove what was recorded, live or from the archive, now or years later; tampered ones prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mutualchain.canonical import Value
from mutualchain.errors import MutualchainError, StoreCorrupt
from mutualchain.ledger import Acknowledgement, Ledger
from mutualchain.ledger.core import reference_key
from mutualchain.ledger.events import Event
from mutualchain.ledger.receipts import receipt_from_archive
from mutualchain.record import frame
from mutualchain.record.receipt import parse_receipt, verify_receipt
from mutualchain.store import MemoryStore
from mutualchain.tlog.merkle import frontier_from_nodes

from .world import (
    KEYS,
    PLAN,
    TRUST,
    Faulty,
    approve,
    columns,
    digest,
    join,
    leave,
    new_ledger,
    proven,
    row_of,
    said,
    withdraw,
)


def everything(ledger: Ledger) -> dict[str, tuple[str, int, int, Acknowledgement]]:
    """One acknowledgement of each kind, with what a receipt of it is asked for: kind, index, row."""
    acks = {
        "enrolment": ("row", 0, 0, join(ledger, 0)),
        "enrolments": ("sheet", 0, 0, ledger.enrol_many(PLAN, *columns(40), deposits=1000, reference="many")),
        "credit": ("row", 0, 0, ledger.credit(PLAN, 0, 70, reference="credit", reason=4)),
        "credits": ("sheet", 0, 0, ledger.credit_many(PLAN, [0, 7, 0], [1, 2, 3], reference="credits")),
        "withdrawal": ("row", 0, 0, withdraw(ledger, 0, 0, 20, "out")),
    }
    case = ledger.approve_case(PLAN, slot=0, aid=410, file_hash=digest("file"), reference="case")
    assert case.digest is not None
    acks["case"] = ("entry", 0, 0, case)
    acks["round"] = ("entry", 0, 0, ledger.open_round(PLAN, [case.digest], reference="open")[0])
    acks["charges"] = ("sheet", 0, 0, ledger.settle_round(PLAN, reference="settle"))
    acks["payout"] = ("entry", 0, 0, ledger.pay_out(PLAN, case.digest, 410, payment=bytes(32), reference="pay"))
    acks["exit"] = ("row", 0, 0, leave(ledger, 0, 0, "exit"))
    return acks


def test_a_receipt_from_the_archive_proves_what_the_live_one_did(ledger: Ledger) -> None:
    acks = everything(ledger)
    with ledger.read() as archive:
        for name, (kind, index, row, ack) in acks.items():
            live = proven(ack)
            later = verify_receipt(receipt_from_archive(archive, ledger.chain, ack.height, kind, index, row), TRUST)
            assert said(live) == said(later), name
            assert live.checkpoint.size == ack.height + 1
            assert later.checkpoint.size == archive.size
            # the older checkpoint is still one of this log
            assert frontier_from_nodes(archive.nodes("blocks"), live.checkpoint.size).root() == live.checkpoint.root


def test_receipts_show_the_rows_and_entries_that_were_written(ledger: Ledger) -> None:
    acks = {name: item[3] for name, item in everything(ledger).items()}
    row = row_of(acks["enrolment"])
    assert (row["commitment"], row["deposit"]) == (digest("claims", 0), 1000)
    row = row_of(acks["credit"])
    assert (row["amount"], row["reason"], row["reference"]) == (70, 4, reference_key(PLAN, "credit"))
    assert row_of(acks["withdrawal"])["amount"] == 20
    assert row_of(acks["exit"])["reason"] == 0
    for name, rows, schema in (
        ("enrolments", 40, "enrolment/1"),
        ("credits", 3, "credit/1"),
        ("charges", 41, "charge/1"),
    ):
        descriptor = proven(acks[name]).descriptor
        assert descriptor is not None
        assert (descriptor.rows, descriptor.schema.name) == (rows, schema)
        assert proven(acks[name]).page is None
    for name, kind in (("case", "case"), ("round", "round"), ("payout", "payout")):
        entry = proven(acks[name]).entry
        assert entry is not None
        assert (entry.plan, entry.kind) == (PLAN, kind)


def test_receipts_of_a_wide_sheet_share_its_tree(ledger: Ledger) -> None:
    """More than one bundle of pages and more than one tile of nodes."""
    ledger.enrol_many(PLAN, *columns(5000), deposits=1000, reference="many")
    wide = ledger.credit_many(PLAN, list(range(700)), list(range(1, 701)), reference="credits")
    with ledger.read() as archive:
        for row in (0, 255, 256, 511, 512, 699):
            found = verify_receipt(receipt_from_archive(archive, ledger.chain, wide.height, "row", 0, row), TRUST)
            assert found.page is not None
            assert found.page.row(row)["amount"] == row + 1
        for slot in (0, 15, 16, 4095, 4096, 4999):
            found = verify_receipt(receipt_from_archive(archive, ledger.chain, wide.height - 1, "row", 0, slot), TRUST)
            assert found.page is not None
            assert found.page.row(slot)["key"] == columns(5000)[0][slot].tobytes()


def test_receipts_of_a_large_group_share_its_tree(ledger: Ledger) -> None:
    join(ledger, 0)
    ledger.enrol_many(PLAN, *columns(699), deposits=1000, reference="many")
    names = [reference_key(PLAN, f"c-{slot}") for slot in range(700)]
    events = [Event("credit/1", PLAN, name, name, (slot + 1, 0, name), slot) for slot, name in enumerate(names)]
    with ledger._core.turn:
        ledger._core._commit_events(events)
    for slot in (0, 1, 255, 256, 511, 512, 698, 699):
        ack = events[slot].result
        assert ack is not None
        assert row_of(ack)["amount"] == slot + 1
        assert said(verify_receipt(ack.receipt(), TRUST)) == said(proven(ack))


def test_a_reference_record_that_is_damaged_is_said_to_be(tmp_path: Path) -> None:
    store = Faulty(MemoryStore())
    with new_ledger(tmp_path, store=store) as ledger:
        join(ledger, 0)
    with store.inner.write(store.head()) as writer:
        writer.put(b"r" + reference_key(PLAN, "join-0"), b"rubbish")
    with Ledger.open(tmp_path, KEYS, store=store) as ledger, pytest.raises(StoreCorrupt):
        join(ledger, 0)


# --- tampered -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def receipts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Small receipts of every kind, as files."""
    with new_ledger(tmp_path_factory.mktemp("receipts"), store=MemoryStore()) as ledger:
        return {name: item[3].receipt().to_bytes() for name, item in everything(ledger).items()}


NAMES = ["enrolment", "credit", "withdrawal", "exit", "credits", "case"]


def flips(value: Value, path: str = "") -> list[tuple[str, Callable[[], Value]]]:
    """Every byte and every number of a canonical value changed, one at a time."""
    if isinstance(value, bytes):
        return [
            (f"{path}[{at}]", lambda at=at: value[:at] + bytes([value[at] ^ 1 << at % 8]) + value[at + 1 :])  # type: ignore[misc]
            for at in range(len(value))
        ]
    if isinstance(value, tuple):
        found: list[tuple[str, Callable[[], Value]]] = []
        for number, item in enumerate(value):
            for name, make in flips(item, f"{path}/{number}"):
                found.append(
                    (name, lambda number=number, make=make: (*value[:number], make(), *value[number + 1 :]))  # type: ignore[misc]
                )
        return found
    if isinstance(value, str):
        return [(path, lambda: value + "x")]
    return [(path, lambda: value + 1)]  # type: ignore[operator]


@pytest.mark.parametrize("name", NAMES)
def test_a_receipt_with_any_byte_changed_is_refused(receipts: dict[str, bytes], name: str) -> None:
    data = receipts[name]
    value = frame.unwrap(frame.RECEIPT, data)
    changed = flips(value)
    assert len(changed) > 400
    accepted = []
    for place, make in changed:
        try:
            verify_receipt(parse_receipt(frame.wrap(frame.RECEIPT, make())), TRUST)
        except MutualchainError:
            continue
        accepted.append(place)
    # An index that names the same thing twice, or a byte of the note that no signature covers, would stand here.
    assert accepted == []


@pytest.mark.parametrize("name", NAMES)
def test_a_receipt_s_file_with_any_byte_changed_or_cut_off_is_refused(receipts: dict[str, bytes], name: str) -> None:
    data = receipts[name]
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :]
        for wrong in (changed, data[:at], data[:at] + data[at + 1 :]):
            with pytest.raises(MutualchainError):
                verify_receipt(parse_receipt(wrong), TRUST)


def test_a_receipt_cannot_be_put_together_from_parts_of_others(receipts: dict[str, bytes]) -> None:
    values = {name: frame.unwrap(frame.RECEIPT, receipts[name]) for name in receipts}
    for one, value in values.items():
        for other, foreign in values.items():
            for part in range(1, 6):
                assert isinstance(value, tuple)
                assert isinstance(foreign, tuple)
                mixed = (*value[:part], foreign[part], *value[part + 1 :])
                if mixed in (value, foreign) or (part == 5 and foreign[5] == ("sheet", 0)):
                    continue  # the same again, or the true statement that this block has a sheet
                with pytest.raises(MutualchainError):
                    print(part, other, one, verify_receipt(parse_receipt(frame.wrap(frame.RECEIPT, mixed)), TRUST))


@pytest.mark.parametrize(
    "subject",
    [
        (),
        ("row",),
        ("row", 0),
        ("row", 0, ()),
        ("sheet",),
        ("sheet", 9),
        ("sheet", -1),
        ("sheet", True),
        ("sheet", 0, 0),
        ("entry", 0),
        ("entry", 0, b"", ()),
        ("entry", 0, 0, ()),
        ("entry", 0, b"", (b"short",)),
        ("entry", 0, b"", (bytes(32),) * 64),
        ("page", 0),
        (0, 0),
    ],
    ids=repr,
)
def test_a_receipt_for_something_impossible_is_refused(receipts: dict[str, bytes], subject: tuple[Value, ...]) -> None:
    value = frame.unwrap(frame.RECEIPT, receipts["credit"])
    assert isinstance(value, tuple)
    with pytest.raises(MutualchainError):
        verify_receipt(parse_receipt(frame.wrap(frame.RECEIPT, (*value[:5], subject))), TRUST)


def test_an_approved_case_is_named_by_its_entry_s_hash(ledger: Ledger) -> None:
    join(ledger, 0)
    assert approve(ledger, 5, "case") in ledger.book(PLAN).cases
