"""A record in logs of millions: the benchmark's long logs are proven like any others, and its size has a bound."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import plans
from benchmarks.aged import Sparse, aged
from benchmarks.proofs import AGED
from mutualchain.errors import MutualchainError
from mutualchain.record.build import build_record
from mutualchain.record.bundle import RecordBundle
from mutualchain.record.verify import verify_record
from mutualchain.tlog.merkle import verify_inclusion
from mutualchain.tlog.trust import Log, TrustFile

from .tools import edited

TRUST = TrustFile((Log(plans.operator_keys().log.verifier),))
SLOT = 70_000


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A record of 24 rounds in a plan of 140,000."""
    with plans.new_ledger(tmp_path_factory.mktemp("aged")) as ledger:
        plans.enrol(ledger, 140_000, odd=0.02)
        for number in range(24):
            plans.settle_once(ledger, str(number))
        with ledger.read() as archive:
            return build_record(archive, plans.PLAN, SLOT)


def test_it_says_what_it_said_in_a_short_book(year: bytes) -> None:
    young, old = verify_record(year, TRUST), verify_record(aged(year, plans.operator_keys(), **AGED), TRUST)
    assert old.checkpoint.size == AGED["blocks"]
    assert (old.rounds, old.balance, old.slot) == (young.rounds, young.balance, young.slot)


def test_a_year_in_the_largest_plan_takes_no_more_than_64_kilobytes(year: bytes) -> None:
    """To the top of 100 million rows it is nine levels more than here, in each round and at the enrolment.

    From 140,000 members to nine million a level took 36 bytes; hashes do not compress, totals do.
    """
    old = aged(year, plans.operator_keys(), **AGED)
    page = RecordBundle.from_bytes(old).rounds[0].page
    assert page is not None
    assert len(page.path) == 10  # 547 pages; 390,625 pages have 19
    assert len(old) + 25 * 9 * 37 < 64_000
    assert 100 < len(RecordBundle.from_bytes(old).extends.hashes) <= 128


def test_nothing_in_it_can_be_changed_either(year: bytes) -> None:
    old = aged(year, plans.operator_keys(), **AGED)
    for path in (("extends", 1, 3), ("rounds", 5, 2, 7), ("rounds", 5, 4, 2, 9), ("covenants", 0, 2, 1), ("plans", 1)):

        def flip(tree: object, path: tuple[object, ...] = path) -> None:
            for step in path[:-1]:
                tree = tree[step]  # type: ignore[index]
            data = tree[path[-1]]  # type: ignore[index]
            tree[path[-1]] = bytes([data[0] ^ 1]) + data[1:]  # type: ignore[index]

        with pytest.raises(MutualchainError):
            verify_record(edited(old, flip), TRUST)


def test_a_sparse_log_is_a_log(tmp_path: Path) -> None:
    log = Sparse("a log", 1_000_003, {0: b"a" * 32, 5: b"b" * 32, 1_000_002: b"c" * 32}, {4, 999})
    for index, leaf in ((0, b"a"), (5, b"b"), (1_000_002, b"c")):
        verify_inclusion(leaf * 32, index, log.size, log.proof(index), log.root())
