"""What one round costs a member, and how little a server learns of her."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest

from mutualchain.archive import published_layout as layout
from mutualchain.archive.published import GROUP, PublishedArchive, open_published
from mutualchain.errors import PublishedMismatch
from mutualchain.publish import publish
from mutualchain.record.build import build_record
from mutualchain.record.verify import verify_record
from mutualchain.sheet import Descriptor, schema
from tests.publish.tools import FAST, SEALED, TRUST, Operator, reading, served

MOST_REQUESTS, MOST_BYTES = 10, 200_000
SLOTS = 120_000


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan of 120,000 slots with a round in which every 50th has nothing, published; then one round more."""
    operator = Operator()
    operator.plan()
    rows = SLOTS - 500
    keys = np.random.default_rng(1).integers(0, 256, (rows, 32), np.uint8)
    deposits = np.where(np.random.default_rng(2).random(rows) < 0.02, 0, 1_000)
    operator.ledger.enrol_many("demo", keys, keys[::-1].copy(), deposits=deposits, reference="many")
    operator.join_many(500)
    operator.round()
    folder = tmp_path_factory.mktemp("wide")
    publish(operator.store, folder / "one", note=operator.note())
    operator.round()
    publish(operator.store, folder / "two", note=operator.note())
    return folder


@pytest.mark.parametrize("slot", [1, 40_000, SLOTS - 501, SLOTS - 1])
def test_a_whole_record_with_one_round_takes_ten_requests_and_200_kb_at_most(wide: Path, slot: int) -> None:
    """From nothing but the trust file: no cache, no earlier record."""
    with served(wide / "one") as (url, asked), open_published(url, TRUST, limits=FAST) as archive:
        record = build_record(archive, "demo", slot)
        assert len(asked) == archive.counts.requests <= MOST_REQUESTS
        assert archive.counts.bytes <= MOST_BYTES
    assert len(verify_record(record, TRUST).rounds) == 1


def test_the_next_round_costs_five_requests_when_the_rest_is_kept(wide: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with served(wide / "one") as (url, _), open_published(url, TRUST, limits=FAST, cache=cache) as archive:
        build_record(archive, "demo", 40_000)
    with served(wide / "two") as (url, asked), open_published(url, TRUST, limits=FAST, cache=cache) as archive:
        record = build_record(archive, "demo", 40_000)
        assert len(asked) == 5
        assert {path.split("/")[2] for path in asked if path.startswith("plan/")} == {"head", "charge-1"}
        assert archive.counts.bytes <= 50_000
    assert len(verify_record(record, TRUST).rounds) == 2


def charges(rows: int) -> Descriptor:
    return Descriptor(schema("charge/1"), "demo", 7, 0, rows, (rows, rows), b"r" * 32, b"p" * 32)


def enrolments(rows: int) -> Descriptor:
    return Descriptor(schema("enrolment/1"), "demo", 7, 0, rows, (rows, rows), b"r" * 32, b"p" * 32)


class Named:
    """As much of a reader as says which files hold a row."""

    row_files = PublishedArchive._row_files


def files_for(descriptor: Descriptor, slot: int) -> list[tuple[str, int]]:
    low = slot // GROUP * GROUP
    return list(Named.row_files(Named(), descriptor, low, min(low + GROUP, descriptor.rows) - 1))  # type: ignore[arg-type]


def test_a_plan_of_100_million_costs_as_many_requests_and_few_bytes_more(wide: Path) -> None:
    """Which files hold a row, and how long they are, follows from the number of rows alone."""
    small, huge, slot = SLOTS - 500, 100_000_000, 40_000
    more = 0
    for make in (charges, enrolments):
        few, many = files_for(make(small), slot), files_for(make(huge), slot)
        assert len(few) == len(many) == 1
        more += many[0][1] - few[0][1]
    assert 0 < more < 2_000  # the path to the top is ten records longer
    with served(wide / "one") as (url, asked), open_published(url, TRUST, limits=FAST) as archive:
        build_record(archive, "demo", slot)
        assert len(asked) == 7
        assert archive.counts.bytes + more <= MOST_BYTES


def test_where_her_256_slots_lie_in_two_sheets_or_files_it_is_three_requests_more_at_most(wide: Path) -> None:
    """Enrolments of a sheet need not begin at a multiple of 256: its files may part a group, and so may two sheets."""
    for first in range(0, 1_024, 64):
        descriptor = enrolments(5_000_000)
        assert len(list(Named.row_files(Named(), descriptor, first, first + GROUP - 1))) <= 2  # type: ignore[arg-type]
    with served(wide / "one") as (url, asked), open_published(url, TRUST, limits=FAST) as archive:
        build_record(archive, "demo", SLOTS - 501)
        assert len(asked) <= MOST_REQUESTS


def test_the_files_named_for_a_row_are_those_that_are_fetched(published: Path) -> None:
    with served(published) as (url, asked), open_published(url, TRUST, limits=FAST) as archive:
        ref = archive.sheet("demo", "charge/1", 1)
        before = len(asked)
        archive.page(ref, 40_000 // 256)
        assert asked[before:] == [path for path, _ in files_for(ref.descriptor, 40_000)]


def test_a_round_more_costs_two_files_when_the_rest_is_there(published: Path) -> None:
    with reading(published) as archive:
        archive.page(archive.sheet("demo", "charge/1", 0), 3)
        before, size = archive.counts.requests, archive.counts.bytes
        archive.page(archive.sheet("demo", "charge/1", 1), 3)
        assert archive.counts.requests - before <= 2
        assert archive.counts.bytes - size <= 50_000


@pytest.mark.parametrize("low", [0, 256, 65_536, 68_864, 69_120, 69_632])
def test_a_server_cannot_tell_which_of_256_slots_she_has(published: Path, low: int) -> None:
    seen = set()
    for slot in {low + 1, low + 77, low + 139, low + 200, low + GROUP - 1}:
        if slot in SEALED or slot >= 69_950:
            continue
        with served(published) as (url, asked), open_published(url, TRUST, limits=FAST) as archive:
            build_record(archive, "demo", slot)
            seen.add(tuple(sorted(asked)))
    assert len(seen) == 1


def test_pages_that_lie_are_named_though_their_tile_is_computed_from_them(wide: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(wide / "one", tmp_path / "copy"))
    path = copy / "plan/demo/charge-1/000/pages/000.gz"
    for at, value in ((256 * 4, 1), (65_536 * 4 + 3, 9)):  # an amount of another page; an unknown status
        data = bytearray(gzip.decompress(path.read_bytes()))
        data[at] = value
        kept = path.read_bytes()
        path.write_bytes(gzip.compress(bytes(data), mtime=0))
        with reading(copy) as archive, pytest.raises(PublishedMismatch) as caught:
            build_record(archive, "demo", 70)
        assert caught.value.place == "plan/demo/charge-1/000/pages/000.gz"
        path.write_bytes(kept)


def test_paths_of_100_million_rows_are_as_the_layout_says() -> None:
    paths = dict(files_for(charges(100_000_000), 99_000_000))
    assert next(iter(paths)) == "plan/demo/charge-1/007/pages/x001/510.gz"
    assert layout.pieces(charges(100_000_000)) == 1_526
    assert max(len(layout.piece_path(charges(100_000_000), index)) for index in range(1_526)) == 11
