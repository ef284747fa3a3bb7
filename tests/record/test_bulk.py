"""Records of many members at once are byte for byte those made one by one."""

from __future__ import annotations

import pytest

from mutualchain.canonical import decode, encode
from mutualchain.errors import SlotUnknown
from mutualchain.record import frame
from mutualchain.record.build import build_record
from mutualchain.record.bulk import build_records

from .world import MAIN, SECOND, world


@pytest.mark.parametrize("plan", [MAIN, SECOND])
def test_they_are_the_same_files(plan: str) -> None:
    with world().ledger.read() as archive:
        slots = archive.plan_state(plan, archive.size - 1).slots
        found = dict(build_records(archive, plan, 0, slots))
        assert list(found) == list(range(slots))
        for slot, data in found.items():
            assert data == build_record(archive, plan, slot), slot


def test_a_part_of_them_can_be_asked_for() -> None:
    with world().ledger.read() as archive:
        assert dict(build_records(archive, MAIN, 3, 3)) == {}
        assert [slot for slot, _ in build_records(archive, MAIN, 3, 21)] == list(range(3, 21))


def test_a_slot_that_is_not_there_ends_it() -> None:
    with world().ledger.read() as archive:
        slots = archive.plan_state(MAIN, archive.size - 1).slots
        with pytest.raises(SlotUnknown):
            list(build_records(archive, MAIN, slots - 1, slots + 1))


@pytest.mark.parametrize("size", [0, 1, 1_000, 40_000])
def test_a_shared_beginning_gives_what_wrapping_the_whole_gives(size: int) -> None:
    content = encode([bytes(range(256)) * (size // 256 + 1), 7])
    for cut in (0, 1, len(content) // 2, len(content) - 1):
        shared = frame.Shared(frame.RECORD, content[:cut])
        for _ in range(2):
            assert shared.finish(content[cut:]) == frame.wrap(frame.RECORD, decode(content, max_size=1 << 20))
