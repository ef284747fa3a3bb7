"""What was published reads back as it was, from a folder and from a server."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from mutualchain.archive.published import open_published
from mutualchain.archive.published_layout import runs, slot_levels
from mutualchain.errors import PublishedMissing, RecordUnavailable, SlotUnknown, UsageError
from mutualchain.publish import publish
from mutualchain.record.build import build_record
from mutualchain.record.own_rows import rows_of_receipt, rows_of_record
from mutualchain.record.verify import verify_record
from tests.publish.tools import FAST, SEALED, TRUST, Operator, alone, large, reading, served
from tests.record import world as members


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "ledger"
    with members.world().ledger.read() as archive:
        publish(archive, folder)
    return folder


@pytest.mark.parametrize("name", members.NAMES)
def test_a_record_made_from_the_published_ledger_is_the_operators_to_the_byte(small: Path, name: str) -> None:
    world = members.world()
    record = world.record(name)
    with open_published(small, members.TRUST, events=rows_of_record(record)) as archive:
        assert build_record(archive, members.MAIN, world.slots[name]) == alone(record)


def test_a_member_makes_her_new_record_from_an_earlier_one_and_receipts(tmp_path: Path) -> None:
    operator = Operator()
    operator.plan()
    operator.join(4)
    receipts = [operator.credit(2, 500)]
    operator.round()
    with operator.ledger.read() as archive:
        earlier = build_record(archive, "demo", 2)
    receipts.append(operator.credit(2, 700))
    operator.credit(1, 100)
    operator.round()
    operator.note()
    publish(operator.store, tmp_path / "ledger", trust=TRUST)
    events = [*rows_of_record(earlier), *rows_of_receipt(receipts[1]), *rows_of_receipt(receipts[0])]
    with reading(tmp_path / "ledger", events=events) as published, operator.ledger.read() as archive:
        record = build_record(published, "demo", 2)
        assert record == alone(build_record(archive, "demo", 2))
    assert verify_record(record, TRUST).rounds


def test_without_her_own_rows_the_record_says_where_to_get_them(small: Path) -> None:
    with open_published(small, members.TRUST) as archive, pytest.raises(RecordUnavailable) as caught:
        build_record(archive, members.MAIN, members.world().slots["founder"])
    assert "earlier record" in caught.value.hint
    assert "credits" in caught.value.message


def test_a_receipt_newer_than_the_published_checkpoint_does_no_harm(tmp_path: Path) -> None:
    operator = Operator()
    operator.plan()
    operator.join(2)
    receipt = operator.credit(1, 500)
    operator.round()
    publish(operator.store, tmp_path / "ledger", note=operator.note())
    newer = operator.credit(1, 600)
    with reading(tmp_path / "ledger", events=[*rows_of_receipt(receipt), *rows_of_receipt(newer)]) as archive:
        assert len(archive.events_of("demo", 1)) == 1


def test_rows_of_others_are_no_help(small: Path) -> None:
    world = members.world()
    others = rows_of_record(world.record("spender"))
    with open_published(small, members.TRUST, events=others) as archive, pytest.raises(RecordUnavailable):
        build_record(archive, members.MAIN, world.slots["founder"])


@pytest.mark.parametrize("slot", [0, 2, 3, 255, 256, 65_535, 65_536, 69_003, 69_005, 69_244, 69_945, 69_949])
def test_slots_of_every_kind_of_sheet_are_found(published: Path, slot: int) -> None:
    with reading(published) as archive, large().ledger.read() as stored:
        assert archive.enrolment_of("demo", slot).descriptor == stored.enrolment_of("demo", slot).descriptor
        if slot not in SEALED:
            assert build_record(archive, "demo", slot) == alone(build_record(stored, "demo", slot))


def test_all_that_is_public_reads_back_as_it_was(published: Path) -> None:
    with reading(published) as archive, large().ledger.read() as stored:
        last = archive.size - 1
        assert archive.size == stored.size
        assert archive.head_hash == stored.head_hash
        assert archive.plan_leaves(last) == stored.plan_leaves(last)
        for height in range(archive.size):
            assert archive.block(height) == stored.block(height)
            assert archive.entries(height) == stored.entries(height)
        for plan in stored.plans():
            state = archive.plan_state(plan, last) if plan else None
            size = state.events_size if state else 1
            assert list(archive.event_leaves(plan, size)) == list(stored.event_leaves(plan, size))
        for schema in ("enrolment/1", "charge/1"):
            for number in range(archive.plan_state("demo", last).next_number(schema)):
                one, other = archive.sheet("demo", schema, number), stored.sheet("demo", schema, number)
                assert archive.params(one) == stored.params(other)
                for index in {0, other.descriptor.bundles - 1}:
                    assert archive.bundle(one, index) == stored.bundle(other, index)


def test_a_server_gives_what_a_folder_gives_and_many_files_come_at_once(published: Path) -> None:
    with (
        served(published) as (url, asked),
        open_published(url, TRUST, limits=FAST) as archive,
        reading(published) as near,
    ):
        assert build_record(archive, "demo", 69_300) == build_record(near, "demo", 69_300)
        assert archive.counts.requests == len(asked) == len(set(asked))
        assert archive.counts.bytes == near.counts.bytes


def test_the_cache_in_a_folder_saves_requests_and_is_checked(published: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with reading(published, cache=cache) as archive:
        record = build_record(archive, "demo", 10)
        first = archive.counts.requests
    for path in cache.rglob("*"):
        if path.is_file() and path.stat().st_size > 5_000:
            path.write_bytes(path.read_bytes()[:-1])  # damaged: fetched again
    with reading(published, cache=cache) as archive:
        assert build_record(archive, "demo", 10) == record
        assert 1 < archive.counts.requests < first
    with reading(published, cache=cache) as archive:
        assert build_record(archive, "demo", 10) == record
        assert archive.counts.requests == 1  # the checkpoint


def test_a_ledger_of_many_small_enrolments_is_found_through_two_levels_of_the_index(tmp_path: Path) -> None:
    operator = Operator()
    operator.plan()
    operator.join(300)
    operator.note()
    publish(operator.store, tmp_path / "ledger")
    with reading(tmp_path / "ledger") as archive, operator.ledger.read() as stored:
        for slot in (0, 255, 256, 299):
            assert archive.enrolment_of("demo", slot).descriptor == stored.enrolment_of("demo", slot).descriptor
        assert (tmp_path / "ledger/plan/demo/slots/1/000.p/2").is_file()


def test_what_is_not_there_is_said(published: Path, tmp_path: Path) -> None:
    with reading(published) as archive:
        with pytest.raises(SlotUnknown):
            archive.enrolment_of("demo", 10**9)
        with pytest.raises(RecordUnavailable):
            archive.sheet("demo", "charge/1", 99)
        with pytest.raises(RecordUnavailable):
            archive.block(10**6)
        with pytest.raises(RecordUnavailable):
            archive.plan_leaves(3)
        with pytest.raises(RecordUnavailable):
            archive.sheet_proof("demo", 0, 1)
        with pytest.raises(RecordUnavailable):
            archive.entry(1, 7)
    with pytest.raises(PublishedMissing):
        reading(tmp_path)
    for address in ("ftp://example.org/x", "https://user@example.org/x", "https:///x", "http://example.org:x/"):
        with pytest.raises(UsageError):
            open_published(address, TRUST)


@pytest.mark.parametrize("count", [1, 255, 256, 257, 65_536, 65_537, 70_000_000])
def test_the_index_has_as_many_levels_as_it_needs(count: int) -> None:
    levels = slot_levels(count)
    assert levels[-1] <= 256
    assert all(above == -(-below // 256) for below, above in itertools.pairwise(levels))
    assert sum(width for _, width in runs(min(count, 70_000), 0)) == min(count, 70_000)
