"""An honest chain audits clean, with the totals that slow arithmetic gives."""

from __future__ import annotations

from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from mutualchain.archive import layout
from mutualchain.archive.reading import Archive
from mutualchain.audit import Verdict, audit_ledger
from mutualchain.audit import sheets as sheet_audit
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.statements import exit_message, withdrawal_message
from mutualchain.errors import StoreMissing
from mutualchain.ledger import Ledger
from mutualchain.ledger.core import reference_key
from mutualchain.sheet import schema
from mutualchain.store import LmdbStore, MemoryStore
from mutualchain.tlog import ed25519
from tests.audit.operator import KEYS, Operator, trust
from tests.audit.story import Copy, Story, audit, shown, story

BIG = 140_000
ROWS_BUNDLE = 256 * 256


def test_the_story_is_verified_with_the_operators_own_sums() -> None:
    report = audit(story().operator)
    assert shown(report) == []
    assert (report.verdict, report.exit_code) == (Verdict.VERIFIED, 0)
    assert [plan.plan for plan in report.plans] == ["demo", "other"]
    for plan in report.plans:
        own = story().operator.plans[plan.plan]
        assert plan.replay == "full"
        assert {name: getattr(plan, name) for name in own.totals} == own.totals
        assert plan.balances == sum(own.balances)
        assert (plan.members, plan.exits) == (len(own.balances), sum(own.exited))
        assert (plan.rounds, plan.surplus, plan.deficit) == (own.rounds, own.surplus, own.deficit)
        assert plan.deposits + plan.credits == plan.withdrawals + plan.charges + plan.balances


def test_the_story_has_everything_that_can_happen() -> None:
    own = story().operator.plans["demo"]
    assert own.totals["charges"] < own.totals["fees"] + own.totals["aid"], "somebody could not pay in full"
    assert own.totals["withdrawals"]
    assert own.totals["payouts"]
    assert any(own.exited)
    assert any(balance == 0 for balance in own.balances)


def test_counts_say_how_much_was_looked_at() -> None:
    counts = audit(story().operator).counts
    assert counts.blocks == len([key for key, _ in story().pairs if key.startswith(b"B")])
    assert counts.entries == len([key for key, _ in story().pairs if key.startswith(b"E")])
    rows = {"enrolment/1": 306, "credit/1": 24, "withdrawal/1": 1, "exit/1": 1, "charge/1": 908, "notice/1": 6}
    assert counts.rows == rows
    assert (counts.sheets, counts.statements, counts.anchors) == (19, 2, 1)
    assert (counts.plans, counts.rounds, counts.members) == (2, 4, 306)
    assert counts.bytes_hashed > 306 * 72 + 908 * 6


def test_the_report_names_the_checkpoint_that_it_was_held_against() -> None:
    report = audit(story().operator)
    state = story().operator.writer.state
    assert report.checkpoint is not None
    assert (report.checkpoint.origin, report.checkpoint.size) == (state.origin, state.size)
    assert report.checkpoint.root == state.log.root()
    assert (report.chain, report.origin, report.head) == (state.chain, state.origin, state.previous)


def test_blocks_beyond_the_checkpoint_are_checked_and_said() -> None:
    operator = Operator()
    operator.enrol([500])
    early = operator.writer.checkpoint
    operator.credit([(0, 5)])
    copy = Copy(replace_pairs(operator))
    copy.data[layout.CHECKPOINT] = early or b""
    report = copy.audit()
    assert report.verdict is Verdict.VERIFIED
    assert any(limit.startswith("1 block(s) are not yet under a signed checkpoint") for limit in report.limits)


def replace_pairs(operator: Operator) -> Story:
    with operator.store.read() as reader:
        return replace(story(), pairs=tuple(reader.scan(b"", b"\xff")), head=reader.head() or b"")


def test_an_archive_will_do_as_well_as_a_store() -> None:
    with story().operator.store.read() as reader:
        assert audit_ledger(Archive(reader), trust()) == audit(story().operator)


def test_a_store_without_a_ledger_is_refused() -> None:
    with pytest.raises(StoreMissing):
        audit_ledger(MemoryStore(), trust())


def test_progress_counts_blocks_and_rows_and_the_clock_is_the_callers() -> None:
    seen: list[tuple[str, int, int]] = []
    ticks = iter([10.0, 12.5])
    store = story().operator.store
    report = audit_ledger(store, trust(), progress=lambda *args: seen.append(args), clock=lambda: next(ticks))
    assert report.seconds == 2.5
    size = report.size
    assert [item for item in seen if item[0] == "blocks"] == [("blocks", at, size) for at in range(1, size + 1)]
    assert ("rows", 301, 301) in seen
    assert audit(story().operator).seconds is None


# --- a real ledger, large enough for several bundles and ranges ----------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audit") / "ledger"
    seed = b"s" * 32
    rng = np.random.default_rng(7)
    keys = rng.integers(0, 256, (BIG, 32), np.uint8)
    slots = rng.choice(BIG, 6_000, replace=False)
    with Ledger.create(path, KEYS) as ledger:
        ledger.create_plan("demo", Covenant.simple("demo", prepay=10, fee_bp=800), reference="plan")
        ledger.enrol("demo", ed25519.public_key_of(seed), b"c" * 32, deposit=1_000, reference="e")
        deposits = np.full(BIG, 1_000)
        deposits[rng.choice(BIG, BIG // 50, replace=False)] = 15
        ledger.enrol_many("demo", keys, keys[::-1].copy(), deposits=deposits, reference="many")
        ledger.credit_many("demo", slots, 50, reference="credits")
        name = reference_key("demo", "w")
        message = withdrawal_message(ledger.chain, "demo", 0, 0, 30, name)
        ledger.withdraw("demo", 0, 30, seq=0, signature=ed25519.sign(seed, message), reference="w")
        for number in range(3):
            case = ledger.approve_case(
                "demo", slot=5, aid=BIG * 6, file_hash=bytes([number]) * 32, reference=f"c{number}"
            )
            assert case.digest is not None
            ledger.open_round("demo", [case.digest], reference=f"o{number}")
            ledger.settle_round("demo", reference=f"s{number}")
            ledger.pay_out("demo", case.digest, 100, payment=b"p" * 32, reference=f"p{number}")
            if number == 1:
                left = ed25519.sign(seed, exit_message(ledger.chain, "demo", 0, 1, 0))
                ledger.exit("demo", 0, seq=1, signature=left, reference="x")
    return path


def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_audit, "_TASK_BYTES", 1 << 19)


def test_a_ledger_of_many_bundles_is_verified(folder: Path) -> None:
    with LmdbStore.open(folder, readonly=True) as store:
        report = audit_ledger(store, trust())
    assert shown(report) == []
    assert report.counts.rows == {
        "enrolment/1": BIG + 1,
        "credit/1": 6_000,
        "withdrawal/1": 1,
        "exit/1": 1,
        "charge/1": 3 * (BIG + 1),
        "notice/1": 6,
    }
    plan = report.plans[0]
    # three rounds of 7 each (6 and 8%, rounded up); 2% had 15 for 21
    assert plan.deposits + plan.credits - plan.withdrawals - plan.charges == plan.balances
    assert (plan.rounds, plan.exits, plan.payouts) == (3, 1, 300)


@pytest.mark.parametrize("kind", ["inline", "threads", "processes"])
def test_every_executor_gives_the_same_report(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with LmdbStore.open(folder, readonly=True) as store:
        wanted = audit_ledger(store, trust())
        small_ranges(monkeypatch)
        executor: Executor | None = None
        if kind == "threads":
            executor = ThreadPoolExecutor(2)
        elif kind == "processes":
            executor = ProcessPoolExecutor(2, mp_context=get_context("spawn"))
        try:
            assert audit_ledger(store, trust(), executor=executor) == wanted
        finally:
            if executor is not None:
                executor.shutdown()


def test_every_executor_finds_the_same_damage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LmdbStore.open(folder, readonly=True) as store, store.read() as reader:
        source = replace(story(), pairs=tuple(reader.scan(b"", b"\xff")), head=reader.head() or b"")
    copy = Copy(source)
    charge = next(int.from_bytes(key[1:9], "big") for key, _ in source.pairs if key.startswith(b"P"))
    enrolled = next(
        int.from_bytes(key[1:9], "big") for key in copy.data if key[:1] == b"T" and key[1:9] > bytes(7) + b"\x02"
    )
    copy.edit_bundle(layout.bundle(charge, 0, 1), ROWS_BUNDLE * 6, 17 * 1_536 + 4 * 9, 200)
    copy.remove(layout.bundle(charge, 0, 2))
    copy.flip(layout.tile(charge, 0, 0, 0), 100)
    copy.flip(layout.tile(charge, 0, 8, 0), 1)
    copy.edit_bundle(layout.bundle(enrolled, 0, 3), 4_096 * schema("enrolment/1").row_bytes, 1_152 * 7 + 40, 1)
    damaged = copy.store()
    slot = ROWS_BUNDLE + 17 * 256 + 9
    page = 256 + 17
    reports = [audit_ledger(damaged, trust())]
    small_ranges(monkeypatch)
    with ThreadPoolExecutor(2) as threads:
        reports += [audit_ledger(damaged, trust()), audit_ledger(damaged, trust(), executor=threads)]
    assert reports[0] == reports[1] == reports[2]
    first = 1 + (3 * 256 + 7) * 16
    assert sorted(shown(reports[0])) == sorted(
        [
            ("MC-042", f"block {enrolled}, sheet 0, page {3 * 256 + 7} (slots {first} to {first + 15})"),
            ("MC-113", f"block {charge}, sheet 0, bundle 2"),
            ("MC-042", f"block {charge}, sheet 0, page {page} (slots {page * 256} to {page * 256 + 255}), slot {slot}"),
            ("MC-203", f"block {charge}, sheet 0, tile 0/0, node 2"),
            ("MC-203", f"block {charge}, sheet 0, tile 8/0, node 0"),
        ]
    )
