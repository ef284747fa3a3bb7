"""What one round costs a member, and how little a server learns of her."""

from __future__ import annotations

from pathlib import Path

import pytest

from mutualchain.archive.published import GROUP, open_published
from mutualchain.record.build import build_record
from tests.publish.tools import FAST, TRUST, reading, served


@pytest.mark.parametrize("slot", [0, 40_000, 69_949])
def test_her_row_of_one_round_takes_at_most_ten_requests_and_200_kb(published: Path, slot: int) -> None:
    """From nothing: checkpoint, head, the round's card, the proof that it is in the log, her page with its path."""
    with served(published) as (url, asked), open_published(url, TRUST, limits=FAST) as archive:
        number = 1
        ref = archive.sheet("demo", "charge/1", number)
        archive.sheet_proof("demo", ref.position, archive.plan_state("demo", archive.size - 1).sheets_size)
        archive.params(ref)
        archive.page(ref, slot // 256)
        assert len(asked) == archive.counts.requests <= 10
        assert archive.counts.bytes <= 200_000


def test_a_round_more_costs_three_files_when_the_rest_is_there(published: Path) -> None:
    with reading(published) as archive:
        archive.page(archive.sheet("demo", "charge/1", 0), 3)
        before, size = archive.counts.requests, archive.counts.bytes
        archive.page(archive.sheet("demo", "charge/1", 1), 3)
        assert archive.counts.requests - before <= 3
        assert archive.counts.bytes - size <= 100_000


@pytest.mark.parametrize("low", [0, 256, 65_536, 68_864, 69_120, 69_632])
def test_a_server_cannot_tell_which_of_256_slots_she_has(published: Path, low: int) -> None:
    seen = set()
    for slot in {low, low + 1, low + 77, low + 139, low + 200, low + GROUP - 1}:
        if slot in (4, 69_001) or slot >= 69_950:
            continue
        with served(published) as (url, asked), open_published(url, TRUST, limits=FAST) as archive:
            build_record(archive, "demo", slot)
            seen.add(tuple(sorted(asked)))
    assert len(seen) == 1
