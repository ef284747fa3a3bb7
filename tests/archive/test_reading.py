"""A ledger read: what is missing or damaged is named by its place, and nothing but this project's errors comes out."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from mutualchain.archive.proving import page_proof
from mutualchain.archive.reading import Archive
from mutualchain.block.plan import PlanLeaf, SheetLeaf
from mutualchain.errors import (
    MutualchainError,
    PlanUnknown,
    RecordUnavailable,
    SlotUnknown,
    StoreCorrupt,
    StoreMissing,
)
from mutualchain.sheet import verify_page
from mutualchain.store import MemoryStore
from mutualchain.store.memory import MemoryReader
from mutualchain.store.protocol import HEAD_KEY

from ..ledger.world import COVENANT, PLAN, Faulty, approve, columns, join, key_of, new_ledger, withdraw

SMALL, WIDE = 4, 5000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[bytes, bytes]:
    """Everything a ledger with a bit of everything stores."""
    store = MemoryStore()
    with new_ledger(tmp_path_factory.mktemp("archive"), store=Faulty(store)) as ledger:
        ledger.create_plan("another", COVENANT, reference="plan")
        for member in range(SMALL):
            join(ledger, member)
        ledger.enrol_many(PLAN, *columns(WIDE), deposits=1000, reference="many")
        ledger.credit(PLAN, 1, 5, reference="one")
        ledger.credit_many(PLAN, list(range(WIDE)), 7, reference="all")
        withdraw(ledger, 1, 1, 3, "out")
        ledger.credit_many(PLAN, [1, 2, 1], 9, reference="few")
        ledger.open_round(PLAN, [approve(ledger, WIDE + SMALL, "case")], reference="open")
        ledger.settle_round(PLAN, reference="settle")
        ledger.checkpoint()
    assert store._data is not None
    return dict(store._data)


def opened(data: dict[bytes, bytes]) -> Archive:
    return Archive(MemoryReader(data))


@pytest.fixture
def archive(data: dict[bytes, bytes]) -> Archive:
    return opened(data)


def chain_of(archive: Archive) -> bytes:
    return archive.header(1).chain


def test_plans_members_and_sheets_are_found(archive: Archive) -> None:
    assert archive.plans() == ["", "another", PLAN]
    assert archive.enrolment_of(PLAN, 3).descriptor.first == 3
    wide = archive.enrolment_of(PLAN, SMALL)
    assert (wide.descriptor.first, wide.descriptor.rows) == (SMALL, WIDE)
    assert archive.enrolment_of(PLAN, SMALL + WIDE - 1) == wide
    assert archive.sheet(PLAN, "enrolment/1", SMALL) == wide
    assert archive.sheet_at(PLAN, wide.position) == wide
    state = archive.plan_state(PLAN, archive.size - 1)
    assert (state.slots, state.next_number("enrolment/1"), state.next_number("charge/1")) == (
        SMALL + WIDE,
        SMALL + 1,
        1,
    )
    assert archive.plan_state(PLAN, wide.height - 1).slots == SMALL
    assert [name for name, _ in archive.plan_leaves(1)] == ["", PLAN]
    assert [PlanLeaf.from_bytes(leaf).plan for _, leaf in archive.plan_leaves(archive.size - 1)] == archive.plans()


def test_a_member_s_events_come_in_the_order_of_their_running_numbers(archive: Archive) -> None:
    found = archive.events_of(PLAN, 1)
    assert [event.seq for event in found] == list(range(5))
    assert [event.sheet.descriptor.schema.name for event in found] == [
        "credit/1",
        "credit/1",
        "withdrawal/1",
        "credit/1",
        "credit/1",
    ]
    chain = chain_of(archive)
    for event in found:
        page = verify_page(event.sheet.descriptor, chain, page_proof(archive, chain, event.sheet, event.row))
        assert (page.row(event.row)["slot"], page.row(event.row)["seq"]) == (1, event.seq)
    assert archive.events_of(PLAN, 1, found[2].sheet.position) == found[:2]
    assert len(archive.events_of(PLAN, WIDE - 1)) == 1
    assert archive.events_of(PLAN, WIDE) == []
    assert archive.events_of("another", 0) == []


def test_pages_and_tiles_of_wide_sheets_lead_to_their_roots(archive: Archive) -> None:
    chain = chain_of(archive)
    for ref in (
        archive.sheet(PLAN, "charge/1", 0),
        archive.enrolment_of(PLAN, SMALL),
        archive.sheet(PLAN, "credit/1", 1),
    ):
        rows = ref.descriptor.rows
        for row in {0, 1, 255, 256, 4095, 4096, rows - 1}:
            assert verify_page(ref.descriptor, chain, page_proof(archive, chain, ref, row)).row(row)
    ref = archive.enrolment_of(PLAN, 2)
    assert verify_page(ref.descriptor, chain, page_proof(archive, chain, ref, 0)).row(0)["key"] == key_of(2)


def test_what_there_is_not_is_said_not_to_be(archive: Archive) -> None:
    for height in (-1, archive.size, 2**70):
        for call in (archive.block, archive.header, archive.entries):
            with pytest.raises(RecordUnavailable):
                call(height)
    for slot in (-1, SMALL + WIDE, 2**32, 2**70):
        with pytest.raises(SlotUnknown):
            archive.enrolment_of(PLAN, slot)
    with pytest.raises(SlotUnknown):
        archive.enrolment_of("another", 0)
    for plan in ("none", "", "de", "demo-", "a\0b", "x" * 65, "字", None, 5):
        with pytest.raises(PlanUnknown):
            archive.plan_state(plan, archive.size - 1)  # type: ignore[arg-type]
    assert archive.plan_leaf(PLAN, 0) is None
    assert archive.params(archive.enrolment_of(PLAN, 0)) == b""


@pytest.mark.parametrize("head", [None, b"", b"short", bytes(41)])
def test_a_store_without_a_ledger_is_none(data: dict[bytes, bytes], head: bytes | None) -> None:
    changed = {key: value for key, value in data.items() if key != HEAD_KEY}
    with pytest.raises(StoreMissing):
        opened(changed if head is None else {**changed, HEAD_KEY: head})


def test_a_checkpoint_that_was_never_stored_is_unavailable(data: dict[bytes, bytes]) -> None:
    archive = opened({key: value for key, value in data.items() if key != b"C"})
    with pytest.raises(RecordUnavailable):
        archive.checkpoint()


# --- damage -------------------------------------------------------------------------------------

READS: dict[str, tuple[bytes, Callable[[Archive], object]]] = {
    "block": (b"B", lambda archive: [archive.block(height) for height in range(archive.size)]),
    "header": (b"B", lambda archive: [archive.header(height) for height in range(archive.size)]),
    "entry": (b"E", lambda archive: [archive.entries(height) for height in range(archive.size)]),
    "sheet": (b"D", lambda archive: [archive.sheet_at(PLAN, position) for position in range(9)]),
    "number": (b"Q", lambda archive: [archive.sheet(PLAN, "credit/1", number) for number in range(3)]),
    "first slot": (b"F", lambda archive: [archive.enrolment_of(PLAN, slot) for slot in range(SMALL + 1)]),
    "bundle": (
        b"G",
        lambda archive: [
            archive.bundle(ref, index)
            for ref in (archive.sheet_at(PLAN, position) for position in range(9))
            for index in range(ref.descriptor.bundles)
        ],
    ),
    "tile": (b"T", lambda archive: page_proof(archive, archive.header(1).chain, archive.enrolment_of(PLAN, SMALL), 0)),
    "secret": (b"s", lambda archive: [archive.secret(archive.sheet(PLAN, "credit/1", number)) for number in range(3)]),
    "node": (b"Nb", lambda archive: [archive.block_proof(height, archive.size) for height in range(archive.size)]),
    "sheet node": (b"Ns", lambda archive: [archive.sheet_proof(PLAN, position, 9) for position in range(9)]),
    "entry node": (b"Ne", lambda archive: [archive.event_proof(PLAN, position, 3) for position in range(3)]),
    "plan": (
        b"A" + PLAN.encode(),
        lambda archive: [archive.plan_state(PLAN, height) for height in range(1, archive.size)],
    ),
    "event leaf": (b"V", lambda archive: list(archive.event_leaves(PLAN, 3))),
    "segment": (b"W", lambda archive: archive.events_of(PLAN, 1)),
}
MAY_LACK = {"event leaf", "segment", "plan"}
"""Ranges that are read as far as they go: whether they are complete is for counters to say."""
ONLY_BYTES = {"block", "entry", "secret", "node", "sheet node", "entry node", "tile"}
"""Handed on as they are: whether they are true is for proofs to say."""


@pytest.mark.parametrize("name", READS)
def test_a_value_that_is_missing_is_named_by_its_place(data: dict[bytes, bytes], name: str) -> None:
    prefix, read = READS[name]
    read(opened(data))
    keys = [key for key in data if key.startswith(prefix)]
    assert keys
    found: list[MutualchainError] = []
    for key in keys:
        archive = opened({other: value for other, value in data.items() if other != key})
        try:
            read(archive)
        except (StoreCorrupt, SlotUnknown, PlanUnknown) as error:
            found.append(error)
    assert all(error.place for error in found if isinstance(error, StoreCorrupt))
    assert found or name in MAY_LACK


@pytest.mark.parametrize("name", sorted(set(READS) - ONLY_BYTES))
@pytest.mark.parametrize("damage", ["empty", "cut", "longer", "flipped", "rubbish", "foreign"])
def test_a_value_that_is_damaged_is_named_by_its_place(data: dict[bytes, bytes], name: str, damage: str) -> None:
    prefix, read = READS[name]
    found: list[MutualchainError] = []
    for key in [key for key in data if key.startswith(prefix)][-6:]:
        value = data[key]
        wrong = {
            "empty": b"",
            "cut": value[:-1],
            "longer": value + b"\0",
            "flipped": bytes([value[0] ^ 0xFF]) + value[1:],
            "rubbish": b"\xff" * len(value),
            "foreign": data[b"C"],
        }[damage]
        archive = opened({**data, key: wrong})
        try:
            read(archive)
        except MutualchainError as error:
            found.append(error)
    for each in found:
        # Or of another version; or a slot that no sheet holds any more.
        assert each.place if isinstance(each, StoreCorrupt) else each.code in ("MC-014", "MC-083"), each


def test_a_sheet_that_points_into_a_block_without_it_is_corrupt(data: dict[bytes, bytes]) -> None:
    leaves = [key for key in data if key.startswith(b"D" + PLAN.encode())]
    leaf = SheetLeaf.from_bytes(data[leaves[0]])
    for height in (0, 10**6, 2**62):
        moved = SheetLeaf(height, leaf.time_ms, leaf.descriptor).to_bytes()
        archive = opened({**data, leaves[0]: moved})
        with pytest.raises(StoreCorrupt) as found:
            archive.sheet_at(PLAN, 0)
        assert found.value.place == f"sheet 0 of plan {PLAN}"


def test_a_plan_whose_name_is_damaged_is_corrupt(data: dict[bytes, bytes]) -> None:
    archive = opened({**data, b"A\xff\xfe\0" + bytes(8): b"leaf"})
    with pytest.raises(StoreCorrupt):
        archive.plans()


# --- memory -------------------------------------------------------------------------------------


def test_an_archive_and_what_it_cached_are_freed_with_the_last_reference(
    data: dict[bytes, bytes], tmp_path: Path
) -> None:
    """Not at some later collection: every read of a ledger makes one."""
    with new_ledger(tmp_path, store=MemoryStore()) as ledger:
        gc.collect()
        gc.disable()
        try:
            with ledger.read() as archive:
                archive.header(0)
                gone = weakref.ref(archive)
            del archive
            assert gone() is None
        finally:
            gc.enable()
