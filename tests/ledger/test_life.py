"""A ledger made, written, closed and opened again: with its saved state, without it, with a foreign one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mutualchain.errors import (
    GenesisError,
    KeyFileError,
    LedgerClosed,
    PlanExists,
    PlanUnknown,
    SlotUnknown,
    StoreCorrupt,
    StoreExists,
    StoreMissing,
    StoreReadOnly,
)
from mutualchain.ledger import Ledger, OperatorKeys, bulk, opening, writer
from mutualchain.ledger import ledger as ledger_module
from mutualchain.store import LmdbStore, MemoryStore

from .world import (
    COVENANT,
    KEYS,
    ORIGIN,
    PLAN,
    approve,
    books_of,
    columns,
    consistent,
    digest,
    join,
    key_of,
    leave,
    new_ledger,
    proven,
    withdraw,
)


def live(ledger: Ledger, rounds: int = 2) -> None:
    """A bit of everything, ending with an open round and events after its snapshot."""
    for member in range(3):
        join(ledger, member, deposit=1000 + member)
    ledger.enrol_many(PLAN, *columns(40), deposits=np.arange(1000, 1040), reference="bulk")
    for number in range(rounds):
        ledger.credit(PLAN, 1, 500, reference=f"credit-{number}")
        ledger.credit_many(PLAN, [5, 5, 6], [10, 20, 30], reference=f"credits-{number}")
        withdraw(ledger, 1, 1, 300, f"out-{number}")
        case = approve(ledger, 7_003 + number, f"case-{number}")
        ledger.open_round(PLAN, [case], reference=f"open-{number}")
        ledger.credit(PLAN, 2, 1, reference=f"between-{number}")
        ledger.settle_round(PLAN, reference=f"settle-{number}")
        ledger.pay_out(PLAN, case, 5_000, payee="hospital", payment=digest("paid"), reference=f"pay-{number}")
    leave(ledger, 2, 2, "leave")
    ledger.open_round(PLAN, [approve(ledger, 40_000, "last case")], reference="open")
    ledger.credit(PLAN, 1, 70, reference="after the snapshot")
    join(ledger, "late")


def test_every_write_moves_the_balances_as_it_says(ledger: Ledger) -> None:
    first, second = join(ledger, "a"), join(ledger, "b", deposit=1500)
    assert (first.slot, second.slot, first.seq) == (0, 1, None)
    many = ledger.enrol_many(PLAN, *columns(3), deposits=[1000, 2000, 3000], since_days=20_000, reference="many")
    assert (many.slot, many.rows) == (2, 3)
    credited = ledger.credit(PLAN, 0, 200, reference="credit", reason=3)
    assert (credited.slot, credited.seq) == (0, 0)
    ledger.credit_many(PLAN, [0, 4, 0], [5, 6, 7], reference="credits")
    assert ledger.next_seq(PLAN, 0) == 3
    assert withdraw(ledger, "a", 0, 12, "out").seq == 3
    assert leave(ledger, "b", 1, "leave").seq == 0
    assert [ledger.balance(PLAN, slot) for slot in range(5)] == [1200, 1500, 1000, 2000, 3006]

    case = approve(ledger, 400, "case")
    _, terms = ledger.open_round(PLAN, [case], reference="open")
    assert (terms.headcount, terms.share, terms.snapshot_height) == (4, 100, ledger.size - 2)
    ledger.settle_round(PLAN, reference="settle")
    assert [ledger.balance(PLAN, slot) for slot in range(5)] == [1100, 1500, 900, 1900, 2906]
    ledger.pay_out(PLAN, case, 400, payment=digest("payment"), reference="pay")
    totals = ledger.book(PLAN).totals
    assert (totals.deposits, totals.credits, totals.withdrawals, totals.charges) == (8500, 218, 12, 400)
    assert (totals.aid, totals.payouts, totals.fees) == (400, 400, 0)
    assert ledger.find(PLAN, key_of("b")) == 1
    assert ledger.find(PLAN, columns(3)[0][2].tobytes()) == 4
    assert ledger.find(PLAN, bytes(32)) is None
    assert (ledger.origin, ledger.plans) == (ORIGIN, [PLAN])
    consistent(ledger)


def test_an_anchor_records_a_checkpoint_of_this_log(ledger: Ledger) -> None:
    ack = ledger.anchor(ledger.checkpoint(), reference="anchor")
    entry = proven(ack).entry
    assert entry is not None
    assert entry.kind == "anchor"
    assert ledger.anchor(entry.body["checkpoint"], reference="anchor") == ack


def test_a_ledger_is_made_in_an_empty_folder_only_and_opened_where_there_is_one(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing):
        Ledger.open(tmp_path / "ledger", KEYS)
    new_ledger(tmp_path / "ledger").close()
    with pytest.raises(StoreExists):
        Ledger.create(tmp_path / "ledger", KEYS)
    LmdbStore.create(tmp_path / "store").close()
    with pytest.raises(StoreMissing):
        Ledger.open(tmp_path / "store", KEYS)
    with pytest.raises(StoreReadOnly):
        Ledger.open(tmp_path, KEYS, store=MemoryStore(readonly=True))


def test_a_ledger_that_cannot_begin_leaves_no_folder_in_the_way(tmp_path: Path) -> None:
    other = OperatorKeys.from_seeds("mutualchain/origin", b"1" * 32, b"2" * 32, b"3" * 32)
    for keys, delay in ((other, 0), (OperatorKeys(KEYS.log, KEYS.block), 0), (KEYS, 2**40)):
        with pytest.raises(GenesisError):
            Ledger.create(tmp_path / "ledger", keys, recovery_delay_ms=delay)
        assert not (tmp_path / "ledger").exists()
    new_ledger(tmp_path / "ledger").close()


def test_keys_of_another_chain_do_not_open_it(tmp_path: Path) -> None:
    new_ledger(tmp_path / "ledger").close()
    seeds = (b"1" * 32, b"2" * 32, b"3" * 32)
    for origin, changed in ((ORIGIN, 0), (ORIGIN, 1), ("example.org/other", None)):
        keys = OperatorKeys.from_seeds(origin, *(b"9" * 32 if at == changed else seed for at, seed in enumerate(seeds)))
        with pytest.raises(KeyFileError, match="key is not"):
            Ledger.open(tmp_path / "ledger", keys)
    Ledger.open(tmp_path / "ledger", KEYS).close()


def test_a_closed_ledger_says_so_and_closes_again_without_a_word(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path / "ledger")
    ack = join(ledger, 0)
    again = join(ledger, 0)
    ledger.close()
    ledger.close()
    calls: tuple[Callable[[], object], ...] = (
        lambda: join(ledger, 1),
        lambda: join(ledger, 0),
        lambda: ledger.credit(PLAN, 0, 1, reference="c"),
        lambda: withdraw(ledger, 0, 0, 1, "w"),
        lambda: leave(ledger, 0, 0, "e"),
        lambda: ledger.credit_many(PLAN, [0], 1, reference="c"),
        lambda: ledger.enrol_many(PLAN, *columns(1), deposits=1000, reference="b"),
        lambda: ledger.create_plan("other", COVENANT, reference="p"),
        lambda: approve(ledger, 1, "case"),
        lambda: ledger.open_round(PLAN, [], reference="o"),
        lambda: ledger.settle_round(PLAN, reference="s"),
        lambda: ledger.find(PLAN, bytes(32)),
        ledger.checkpoint,
        lambda: ledger.backup(tmp_path / "copy"),
        lambda: ledger.read().__enter__(),
        again.receipt,
    )
    for call in calls:
        with pytest.raises(LedgerClosed):
            call()
    assert proven(ack).page is not None  # what a receipt needs is in memory since it was written


def test_unknown_plans_and_slots_are_named(ledger: Ledger) -> None:
    join(ledger, 0)
    for call in (ledger.balance, ledger.next_seq):
        with pytest.raises(SlotUnknown):
            call(PLAN, 1)
        with pytest.raises(PlanUnknown):
            call("none", 0)
    with pytest.raises(PlanUnknown):
        ledger.credit("none", 0, 1, reference="r")
    with pytest.raises(PlanUnknown):
        ledger.find("none", bytes(32))
    with pytest.raises(PlanExists):
        ledger.create_plan(PLAN, COVENANT, reference="another reference")


# --- opened again -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, object]]]:
    """A ledger with a past and an open round, closed; and its books as they were."""
    folder = tmp_path_factory.mktemp("closed") / "ledger"
    with new_ledger(folder) as ledger:
        live(ledger)
        return folder, books_of(ledger)


@pytest.fixture
def copied(closed: tuple[Path, dict[str, dict[str, object]]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(closed[0], tmp_path / "copy"))


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many blocks each opening replayed."""
    counts: list[int] = []
    original = opening.rebuild_books

    def counting(*arguments: object) -> object:
        books, count, registry = original(*arguments)  # type: ignore[arg-type]
        counts.append(count)
        return books, count, registry

    monkeypatch.setattr(ledger_module, "rebuild_books", counting)
    return counts


def flipped(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_the_saved_state_spares_the_replay_and_says_the_same(
    closed: tuple[Path, dict[str, dict[str, object]]], copied: Path, blocks: list[int]
) -> None:
    with Ledger.open(copied, KEYS) as ledger:
        assert books_of(ledger) == closed[1]
        consistent(ledger)
        ledger.settle_round(PLAN, reference="settle the open one")
        consistent(ledger)
        after = books_of(ledger)
    with Ledger.open(copied, KEYS) as ledger:
        assert books_of(ledger) == after
    assert blocks == [0, 0]


@pytest.mark.parametrize(
    "damage", ["missing", "empty", "cut", "magic", "first", "counts", "columns", "rubbish", "folder"]
)
def test_a_missing_or_damaged_state_is_ignored_and_the_chain_replayed(
    closed: tuple[Path, dict[str, dict[str, object]]], copied: Path, blocks: list[int], damage: str
) -> None:
    cache = copied / "cache" / "state"
    whole = cache.read_bytes()
    if damage == "missing":
        shutil.rmtree(copied / "cache")
    elif damage == "folder":
        cache.unlink()
        cache.mkdir()
    elif damage == "empty":
        cache.write_bytes(b"")
    elif damage == "cut":
        cache.write_bytes(whole[:-3])
    elif damage == "rubbish":
        cache.write_bytes(whole[:25] + bytes(255 - byte for byte in whole[25:]))
    else:
        flipped(
            cache, {"magic": 0, "first": 30, "counts": whole.index(b"members") + 8, "columns": len(whole) - 20}[damage]
        )
    with Ledger.open(copied, KEYS) as ledger:
        assert blocks == [ledger.size]
        assert books_of(ledger) == closed[1]
        consistent(ledger)


def test_every_byte_of_a_saved_state_counts_or_does_not_matter(
    closed: tuple[Path, dict[str, dict[str, object]]], copied: Path
) -> None:
    cache = copied / "cache" / "state"
    whole = cache.read_bytes()
    for at in range(0, len(whole), 97):
        flipped(cache, at)
        with Ledger.open(copied, KEYS) as ledger:
            assert books_of(ledger) == closed[1], at
            ledger._cache = None
        cache.write_bytes(whole)


def test_a_state_of_before_is_brought_up_to_date_and_one_of_another_chain_ignored(
    tmp_path: Path, blocks: list[int]
) -> None:
    folder = tmp_path / "ledger"
    with new_ledger(folder) as ledger:
        live(ledger, rounds=1)
        old = ledger.size
    stale = (folder / "cache" / "state").read_bytes()
    with Ledger.open(folder, KEYS) as ledger:
        ledger.settle_round(PLAN, reference="settle")
        ledger.credit(PLAN, 0, 5, reference="later")
        books, size = books_of(ledger), ledger.size
    (folder / "cache" / "state").write_bytes(stale)
    with Ledger.open(folder, KEYS) as ledger:
        assert books_of(ledger) == books
    with new_ledger(tmp_path / "other") as other:
        join(other, 0)
    shutil.copy(tmp_path / "other" / "cache" / "state", folder / "cache" / "state")
    with Ledger.open(folder, KEYS) as ledger:
        assert books_of(ledger) == books
    assert blocks == [0, size - old, size]


def test_a_state_that_is_ahead_of_a_restored_backup_is_ignored(tmp_path: Path, blocks: list[int]) -> None:
    with new_ledger(tmp_path / "ledger") as ledger:
        join(ledger, 0)
        ledger.backup(tmp_path / "copy")
        join(ledger, 1)
    shutil.copytree(tmp_path / "ledger" / "cache", tmp_path / "copy" / "cache")
    with Ledger.open(tmp_path / "copy", KEYS) as ledger:
        assert ledger.book(PLAN).slots == 1
        join(ledger, "other history")
        join(ledger, "yet another")
        ledger._cache = None
    with Ledger.open(tmp_path / "copy", KEYS) as ledger:
        assert ledger.book(PLAN).slots == 3
        consistent(ledger)
    assert blocks[0] == 3


def test_a_snapshot_taken_before_the_state_was_saved_is_found_again(tmp_path: Path) -> None:
    """The round is opened by a process that dies before it saves anything."""
    folder = tmp_path / "ledger"
    with new_ledger(folder) as ledger:
        for member in range(4):
            join(ledger, member)
        case = approve(ledger, 400, "case")
    ledger = Ledger.open(folder, KEYS)
    ledger.open_round(PLAN, [case], reference="open")
    ledger.credit(PLAN, 0, 5, reference="after")
    books = books_of(ledger)
    ledger._cache = None
    ledger.close()
    with Ledger.open(folder, KEYS) as ledger:
        assert books_of(ledger) == books
        assert ledger.book(PLAN).open is not None
        ledger.settle_round(PLAN, reference="settle")
        consistent(ledger)


def test_a_disk_without_room_for_the_state_does_not_keep_a_ledger_from_closing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ledger_module, "save_books", full)
    new_ledger(tmp_path / "ledger").close()
    monkeypatch.undo()
    with Ledger.open(tmp_path / "ledger", KEYS) as ledger:
        assert ledger.plans == [PLAN]


def test_no_thread_outlives_its_ledger(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path / "ledger")
    flusher = ledger._core._flusher
    assert flusher is not None
    assert flusher.is_alive()
    ledger.close()
    assert not flusher.is_alive()


# --- what opening refuses -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"B" + (3).to_bytes(8, "big"), None),
        (b"B" + (3).to_bytes(8, "big"), b"rubbish"),
        (b"B" + (0).to_bytes(8, "big"), None),
        (b"E" + (0).to_bytes(8, "big") + bytes(4), None),
        (b"A" + PLAN.encode() + b"\0" + (3).to_bytes(8, "big"), None),
        (b"A" + PLAN.encode() + b"\0" + (3).to_bytes(8, "big"), b"rubbish"),
        (b"A\0" + (0).to_bytes(8, "big"), None),
        (b"Nb\2" + (0).to_bytes(8, "big"), None),
        (b"C", b"rubbish"),
    ],
)
def test_a_store_with_a_hole_is_not_written_to_any_further(tmp_path: Path, key: bytes, value: bytes | None) -> None:
    with new_ledger(tmp_path / "ledger") as ledger:
        join(ledger, 0)
        join(ledger, 1)
        assert ledger.size == 4
    with LmdbStore.open(tmp_path / "ledger") as store, store.write(store.head()) as writer:
        assert writer.delete(key), "the key is one that is there"
        if value is not None:
            writer.put(key, value)
    with pytest.raises(StoreCorrupt):
        Ledger.open(tmp_path / "ledger", KEYS)


def test_a_store_that_lost_blocks_which_were_signed_is_refused(tmp_path: Path) -> None:
    """Signing again at a height that was signed before would show two histories."""
    with new_ledger(tmp_path / "ledger") as ledger:
        ledger.backup(tmp_path / "copy")
        join(ledger, 0)
        note = ledger.checkpoint()
    with LmdbStore.open(tmp_path / "copy") as store, store.write(store.head()) as writer:
        writer.put(b"C", note)
    with pytest.raises(StoreCorrupt, match="3 blocks were signed, 2 are there"):
        Ledger.open(tmp_path / "copy", KEYS)
    with Ledger.create(tmp_path / "fork", KEYS) as fork:
        fork.create_plan("other", COVENANT, reference="plan")
        join(fork, 0, plan="other")
        join(fork, 1, plan="other")
    with LmdbStore.open(tmp_path / "fork") as store, store.write(store.head()) as writer:
        writer.put(b"C", note)
    with pytest.raises(StoreCorrupt, match="not those that were signed"):
        Ledger.open(tmp_path / "fork", KEYS)


# --- batches beside single events -----------------------------------------------------------------


def test_a_batch_is_hashed_again_where_others_came_before_it(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing a batch holds nobody up; what was recorded meanwhile moves its place, and its rows' numbers."""
    join(ledger, 0)
    real, busy = writer.make_sheet, [True]

    def make(*arguments: object) -> object:
        if busy:
            busy.clear()
            join(ledger, "meanwhile")
            ledger.credit(PLAN, 0, 5, reference="meanwhile")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(bulk, "make_sheet", make)
    keys = np.frombuffer(b"".join(key_of(f"batch-{n}") for n in range(3)), np.uint8).reshape(3, 32)
    batch = ledger.enrol_many(PLAN, keys, keys, deposits=1000, reference="batch")
    assert (batch.slot, batch.rows) == (2, 3)
    busy.append(True)
    monkeypatch.setattr(bulk, "make_sheet", lambda *arguments: make_twice(ledger, real, busy, *arguments))
    ledger.credit_many(PLAN, [0, 2], 7, reference="credits")
    assert [ledger.balance(PLAN, slot) for slot in range(5)] == [1013, 1000, 1007, 1000, 1000]
    consistent(ledger)


def make_twice(ledger: Ledger, real: Callable[..., object], busy: list[bool], *arguments: object) -> object:
    if busy:
        busy.clear()
        ledger.credit(PLAN, 0, 1, reference="in between")
    return real(*arguments)
