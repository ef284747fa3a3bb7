"""Stores, signers and clocks that fail at any point: nothing half done, and the retry with the same reference works."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mutualchain.block.block import BlockSigner
from mutualchain.errors import (
    ClockBehind,
    CommitUncertain,
    LedgerClosed,
    SignerFailed,
    StoreFull,
)
from mutualchain.ledger import Acknowledgement, Ledger, OperatorKeys
from mutualchain.store import LmdbStore, MemoryStore
from mutualchain.tlog.merkle import frontier_from_nodes
from mutualchain.tlog.note import Signer

from .world import (
    COVENANT,
    KEYS,
    PLAN,
    TRUST,
    Clock,
    Faulty,
    approve,
    books_of,
    columns,
    consistent,
    grouped,
    join,
    leave,
    new_ledger,
    proven,
    withdraw,
)


def case_of(ledger: Ledger) -> bytes:
    return next(iter(ledger.book(PLAN).cases))


STEPS: dict[str, Callable[[Ledger], Acknowledgement]] = {
    "plan": lambda ledger: ledger.create_plan("second", COVENANT, reference="plan"),
    "enrol": lambda ledger: join(ledger, 0),
    "enrol_many": lambda ledger: ledger.enrol_many(PLAN, *columns(3), deposits=1000, reference="many"),
    "credit": lambda ledger: ledger.credit(PLAN, 0, 10, reference="credit"),
    "credit_many": lambda ledger: ledger.credit_many(PLAN, [0, 1], 10, reference="credits"),
    "withdraw": lambda ledger: withdraw(ledger, 0, 0, 5, "out", seq=2),
    "case": lambda ledger: ledger.approve_case(PLAN, slot=1, aid=30, file_hash=bytes(32), reference="case"),
    "open": lambda ledger: ledger.open_round(PLAN, [case_of(ledger)], reference="open")[0],
    "settle": lambda ledger: ledger.settle_round(PLAN, reference="settle"),
    "pay": lambda ledger: ledger.pay_out(PLAN, case_of(ledger), 3, payment=bytes(32), reference="pay"),
    "exit": lambda ledger: leave(ledger, 0, 0, "exit", seq=3),
}
"""One of every write, in an order in which each is allowed."""


def seen_of(ledger: Ledger) -> tuple[object, ...]:
    return ledger.size, books_of(ledger), ledger._core.store.head()


# --- the store ----------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [StoreFull("no room"), MemoryError(), KeyboardInterrupt()])
def test_a_write_that_fails_before_its_commit_changes_nothing(
    faulty: Faulty, tmp_path: Path, error: BaseException
) -> None:
    with new_ledger(tmp_path, store=faulty) as ledger:
        for name, step in STEPS.items():
            before = seen_of(ledger)
            faulty.before.append(error)
            with pytest.raises(type(error)):
                step(ledger)
            assert seen_of(ledger) == before, name
            step(ledger)
            assert ledger.size == before[0] + 1, name  # type: ignore[operator]
        consistent(ledger)


def test_a_group_whose_write_fails_fails_whole_and_works_when_repeated(faulty: Faulty, tmp_path: Path) -> None:
    with new_ledger(tmp_path, store=faulty) as ledger:
        join(ledger, 0)
        calls = [lambda n=n: ledger.credit(PLAN, 0, n + 1, reference=f"c-{n}") for n in range(5)]
        faulty.before.append(StoreFull("no room"))
        assert [type(item) for item in grouped(ledger, *calls)] == [StoreFull] * 5
        assert ledger.balance(PLAN, 0) == 1000
        assert all(isinstance(item, Acknowledgement) for item in grouped(ledger, *calls))
        assert ledger.balance(PLAN, 0) == 1015
        consistent(ledger)


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("error", [CommitUncertain("midway"), KeyboardInterrupt(), MemoryError()])
def test_a_commit_of_unknown_outcome_closes_the_ledger_and_opening_tells(
    tmp_path: Path, error: BaseException, landed: bool
) -> None:
    store = Faulty(MemoryStore())
    ledger = new_ledger(tmp_path, store=store)
    for name, step in STEPS.items():
        before = books_of(ledger)
        (store.after if landed else store.before).append(error)
        with pytest.raises(type(error)):
            step(ledger)
        if landed or isinstance(error, CommitUncertain):
            with pytest.raises(LedgerClosed):
                step(ledger)
            ledger.close()
            ledger = Ledger.open(tmp_path, KEYS, store=store)
        assert (books_of(ledger) == before) is not landed
        size = ledger.size
        proven(step(ledger))
        assert ledger.size == size + (not landed), name
        consistent(ledger)
    ledger.close()


def test_a_ledger_that_broke_saves_no_state(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    new_ledger(folder).close()
    saved = (folder / "cache" / "state").read_bytes()
    store = Faulty(LmdbStore.open(folder))
    ledger = Ledger.open(folder, KEYS, store=store)
    ledger._cache = folder / "cache" / "state"
    store.after.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        join(ledger, 0)
    ledger.close()
    store.inner.close()
    assert (folder / "cache" / "state").read_bytes() == saved
    with Ledger.open(folder, KEYS) as ledger:
        assert ledger.book(PLAN).slots == 1
        consistent(ledger)


# --- signers ------------------------------------------------------------------------------------


class Moody:
    """A signer that fails, lies or is interrupted when told; otherwise it signs."""

    def __init__(self, sign: Callable[[bytes], bytes]) -> None:
        self.sign = sign
        self.moods: list[Any] = []
        self.calls = 0

    def __call__(self, message: bytes) -> bytes:
        self.calls += 1
        mood = self.moods.pop(0) if self.moods else None
        if isinstance(mood, BaseException):
            raise mood
        return self.sign(message) if mood is None else mood[0]


RUBBISH = ((None,), (b"",), (bytes(64),), ("x" * 64,), (7,), (b"\xff" * 64,), ([1],))


def moody(tmp_path: Path) -> tuple[Ledger, Moody, Moody]:
    block, log = Moody(KEYS.block.sign), Moody(KEYS.log.sign_message)
    keys = OperatorKeys(
        Signer(KEYS.log.name, KEYS.log.public_key, log), BlockSigner(KEYS.block.public_key, block), KEYS.recovery_key
    )
    return new_ledger(tmp_path, keys=keys, store=MemoryStore()), block, log


@pytest.mark.parametrize("mood", [RuntimeError("the HSM is gone"), *RUBBISH], ids=repr)
def test_a_block_signer_that_fails_leaves_everything_as_it_was(tmp_path: Path, mood: object) -> None:
    ledger, block, _ = moody(tmp_path)
    for name, step in STEPS.items():
        before = seen_of(ledger)
        block.moods.append(mood)
        with pytest.raises(SignerFailed):
            step(ledger)
        assert seen_of(ledger) == before, name
        step(ledger)
    consistent(ledger)
    ledger.close()


@pytest.mark.parametrize("mood", [RuntimeError("the KMS is gone"), *RUBBISH], ids=repr)
def test_a_log_signer_that_fails_leaves_the_block_and_the_retry_signs(tmp_path: Path, mood: object) -> None:
    ledger, _, log = moody(tmp_path)
    for name, step in STEPS.items():
        size = ledger.size
        with ledger._core.turn:  # so that no other thread asks the signer meanwhile
            log.moods += [mood, mood]
            with pytest.raises(SignerFailed):
                step(ledger)
            assert ledger.size == size + 1, name
            with pytest.raises(SignerFailed):
                step(ledger)
        ack = step(ledger)
        assert (ack.height, ledger.size) == (size, size + 1)
        proven(ack)
    consistent(ledger)
    ledger.close()


def test_a_checkpoint_that_could_not_be_signed_is_made_up_for_by_the_next_write(tmp_path: Path) -> None:
    ledger, _, log = moody(tmp_path)
    with ledger._core.turn:
        log.moods.append(RuntimeError())
        with pytest.raises(SignerFailed):
            join(ledger, 0)
        ack = join(ledger, 1)
    checkpoint = proven(ack).checkpoint
    assert checkpoint.size == ledger.size == 4
    assert TRUST.open_checkpoint(ledger.checkpoint()).size == 4
    ledger.close()


def test_reading_and_backup_do_not_need_the_signer(tmp_path: Path) -> None:
    ledger, _, log = moody(tmp_path)
    older = ledger.checkpoint()
    with ledger._core.turn:
        log.moods += [RuntimeError()] * 4
        with pytest.raises(SignerFailed):
            join(ledger, 0)
        with ledger.read() as archive:
            assert archive.checkpoint() == older
            assert archive.size == 3
        ledger.backup(tmp_path / "copy")
        with pytest.raises(SignerFailed):
            ledger.checkpoint()
        assert TRUST.open_checkpoint(ledger.checkpoint()).size == 3
    ledger.close()
    with Ledger.open(tmp_path / "copy", KEYS) as copy:
        assert copy.size == 3


@pytest.mark.parametrize("which", ["block", "log"])
def test_a_chain_that_cannot_be_signed_does_not_begin(tmp_path: Path, which: str) -> None:
    def fail(_: bytes) -> bytes:
        raise RuntimeError("no")

    keys = OperatorKeys(
        KEYS.log if which == "block" else Signer(KEYS.log.name, KEYS.log.public_key, fail),
        KEYS.block if which == "log" else BlockSigner(KEYS.block.public_key, fail),
        KEYS.recovery_key,
    )
    with pytest.raises(SignerFailed):
        Ledger.create(tmp_path / "ledger", keys)
    new_ledger(tmp_path / "ledger").close()


def test_a_stop_while_the_checkpoint_is_being_signed_keeps_books_and_chain_together(tmp_path: Path) -> None:
    """The block is durable by then. Going on with books that lack it would give the next event the same number."""
    block, log = Moody(KEYS.block.sign), Moody(KEYS.log.sign_message)
    keys = OperatorKeys(Signer(KEYS.log.name, KEYS.log.public_key, log), KEYS.block, KEYS.recovery_key)
    store = Faulty(MemoryStore())
    ledger = new_ledger(tmp_path, keys=keys, store=store)
    with ledger._core.turn:
        log.moods.append(KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            join(ledger, 0)
        with pytest.raises(LedgerClosed):
            join(ledger, 1)
    ledger.close()
    with Ledger.open(tmp_path, KEYS, store=store) as ledger:
        assert join(ledger, 0).slot == 0
        assert join(ledger, 1).slot == 1
        consistent(ledger)
    assert not block.moods


def test_a_ledger_that_is_whole_opens_without_asking_the_log_key_to_sign(tmp_path: Path) -> None:
    new_ledger(tmp_path / "ledger").close()
    log = Moody(KEYS.log.sign_message)
    keys = OperatorKeys(Signer(KEYS.log.name, KEYS.log.public_key, log), KEYS.block)
    with Ledger.open(tmp_path / "ledger", keys) as ledger:
        assert TRUST.open_checkpoint(ledger.checkpoint()).size == 2
    assert log.calls == 0


def test_a_checkpoint_that_was_never_signed_is_signed_at_opening_and_extends_the_last(tmp_path: Path) -> None:
    store = Faulty(MemoryStore())
    ledger = new_ledger(tmp_path, store=store)
    older = TRUST.open_checkpoint(ledger.checkpoint())
    store.after.append(CommitUncertain("as if killed here"))
    with pytest.raises(CommitUncertain):
        join(ledger, 0)
    ledger.close()
    with Ledger.open(tmp_path, KEYS, store=store) as ledger:
        newer = TRUST.open_checkpoint(ledger.checkpoint())
        assert (older.size, newer.size) == (2, 3)
        with ledger.read() as archive:
            assert frontier_from_nodes(archive.nodes("blocks"), older.size).root() == older.root
        proven(join(ledger, 0))


# --- clocks -------------------------------------------------------------------------------------


def test_a_clock_that_steps_back_a_little_is_waited_for(tmp_path: Path) -> None:
    clock = Clock(pace=20)
    with new_ledger(tmp_path, store=MemoryStore(), clock=clock) as ledger:
        last = join(ledger, 0).time_ms
        clock.now -= 300
        assert join(ledger, 1).time_ms >= last
        consistent(ledger)


def test_a_clock_that_jumps_back_stops_all_writes_until_it_has_caught_up(tmp_path: Path) -> None:
    clock = Clock()
    with new_ledger(tmp_path, store=MemoryStore(), clock=clock) as ledger:
        for name in ("enrol", "enrol_many"):
            STEPS[name](ledger)
        before = clock.now
        for name in ("credit", "credit_many", "case"):
            clock.now = before - 3_600_000
            size = ledger.size
            with pytest.raises(ClockBehind, match="3600"):
                STEPS[name](ledger)
            assert ledger.size == size
        with pytest.raises(ClockBehind):
            ledger.open_round(PLAN, [], reference="open")
        assert ledger.book(PLAN).capture is None
        clock.now = before
        assert ledger.credit(PLAN, 0, 10, reference="credit").time_ms > before
        consistent(ledger)


def test_a_clock_that_stands_still_just_before_the_last_block_does_not_hang_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mutualchain.ledger.core._PATIENCE_MS", 100)
    clock = Clock()
    with new_ledger(tmp_path, store=MemoryStore(), clock=clock) as ledger:
        join(ledger, 0)
        clock.now, clock.pace = clock.now - 50, 0
        with pytest.raises(ClockBehind):
            join(ledger, 1)


def test_a_clock_that_jumped_ahead_and_back_is_behind_what_was_recorded_meanwhile(tmp_path: Path) -> None:
    clock = Clock()
    store = Faulty(MemoryStore())
    ledger = new_ledger(tmp_path, store=store, clock=clock)
    before = clock.now
    clock.now += 86_400_000
    ahead = join(ledger, 0)
    clock.now = before
    for _ in range(2):
        with pytest.raises(ClockBehind):
            join(ledger, 1)
        ledger.close()
        ledger = Ledger.open(tmp_path, KEYS, store=store, clock=clock)
        assert join(ledger, 0) == ahead  # a retry is answered whatever the clock says
        assert ledger.balance(PLAN, 0) == 1000
    clock.now = before + 86_400_100
    assert join(ledger, 1).slot == 1
    consistent(ledger)
    ledger.close()


def test_a_snapshot_lies_between_two_blocks_even_if_the_clock_does_not_move(tmp_path: Path) -> None:
    clock = Clock(pace=0)
    with new_ledger(tmp_path, store=MemoryStore(), clock=clock) as ledger:
        join(ledger, 0)
        case = approve(ledger, 10, "case")
        timer = threading.Timer(0.1, lambda: setattr(clock, "pace", 1))
        timer.start()
        ack, terms = ledger.open_round(PLAN, [case], reference="open")
        with ledger.read() as archive:
            snapshot = archive.header(terms.snapshot_height)
        assert snapshot.time_ms < terms.snapshot_time_ms <= ack.time_ms
        timer.join()
        consistent(ledger)
