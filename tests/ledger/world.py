"""A small chain to test with: keys, members who can sign, a clock that obeys, a store that fails when told."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mutualchain.archive.reading import Archive
from mutualchain.archive.replay import Replay, covenants_of, read_rows
from mutualchain.block.block import BlockSigner
from mutualchain.block.chain import ChainState
from mutualchain.block.entry import Entry
from mutualchain.covenant.book import Book
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.statements import exit_message, withdrawal_message
from mutualchain.ledger import Acknowledgement, Ledger, OperatorKeys
from mutualchain.ledger.core import reference_key
from mutualchain.record.receipt import VerifiedReceipt, parse_receipt, verify_receipt
from mutualchain.store import Reader, Store, Writer
from mutualchain.tlog import ed25519
from mutualchain.tlog.trust import Log, TrustFile
from tests.covenant.tables import state_of

ORIGIN = "example.org/mutual"
PLAN = "demo"
COVENANT = Covenant.simple("Demo")
RECOVERY_SEED = b"3" * 32
KEYS = OperatorKeys.from_seeds(ORIGIN, b"1" * 32, b"2" * 32, RECOVERY_SEED)
TRUST = TrustFile((Log(KEYS.log.verifier),))


def signer_of(seed: bytes) -> BlockSigner:
    return BlockSigner(ed25519.public_key_of(seed), lambda message: ed25519.sign(seed, message))


def digest(*parts: object) -> bytes:
    return hashlib.sha256(repr(parts).encode()).digest()


def seed_of(member: object) -> bytes:
    return digest("member", member)


def key_of(member: object) -> bytes:
    return ed25519.public_key_of(seed_of(member))


def columns(rows: int, first: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Keys and commitments of many members who never sign: any 32 bytes will do."""
    chance = np.random.default_rng(first)
    return chance.integers(0, 256, (rows, 32), np.uint8), chance.integers(0, 256, (rows, 32), np.uint8)


def new_ledger(path: Path, **options: Any) -> Ledger:
    ledger = Ledger.create(path, options.pop("keys", KEYS), **options)
    ledger.create_plan(PLAN, COVENANT, reference="plan")
    return ledger


def join(ledger: Ledger, member: object, *, plan: str = PLAN, deposit: int = 1000) -> Acknowledgement:
    """A member with a key of her own, one by one."""
    return ledger.enrol(plan, key_of(member), digest("claims", member), deposit=deposit, reference=f"join-{member}")


def withdraw(
    ledger: Ledger, member: object, slot: int, amount: int, reference: str, *, plan: str = PLAN, seq: int | None = None
) -> Acknowledgement:
    number = ledger.next_seq(plan, slot) if seq is None else seq
    message = withdrawal_message(ledger.chain, plan, slot, number, amount, reference_key(plan, reference))
    signature = ed25519.sign(seed_of(member), message)
    return ledger.withdraw(plan, slot, amount, seq=number, signature=signature, reference=reference)


def leave(
    ledger: Ledger, member: object, slot: int, reference: str, *, plan: str = PLAN, seq: int | None = None
) -> Acknowledgement:
    number = ledger.next_seq(plan, slot) if seq is None else seq
    signature = ed25519.sign(seed_of(member), exit_message(ledger.chain, plan, slot, number, 0))
    return ledger.exit(plan, slot, seq=number, signature=signature, reference=reference)


def approve(ledger: Ledger, aid: int, reference: str, *, plan: str = PLAN, slot: int = 0) -> bytes:
    ack = ledger.approve_case(plan, slot=slot, aid=aid, file_hash=digest("file", reference), reference=reference)
    assert ack.digest is not None
    return ack.digest


def proven(ack: Acknowledgement, trust: TrustFile = TRUST) -> VerifiedReceipt:
    """What an acknowledgement's receipt proves, after the way through a file."""
    found = verify_receipt(parse_receipt(ack.receipt().to_bytes()), trust)
    assert (found.height, found.time_ms) == (ack.height, ack.time_ms)
    return found


def row_of(ack: Acknowledgement) -> dict[str, int | bytes]:
    """The row that an acknowledgement's receipt proves."""
    found = proven(ack)
    assert found.page is not None
    assert found.descriptor is not None
    if found.descriptor.schema.name == "enrolment/1":
        assert ack.slot is not None
        return found.page.row(ack.slot - found.descriptor.first)
    row = found.page.row(found.page.first_row)
    assert (row["slot"], row["seq"]) == (ack.slot, ack.seq)
    return row


def said(found: VerifiedReceipt) -> tuple[object, ...]:
    """What a receipt proves, without the checkpoint under which it does."""
    page = found.page
    rows = page and [page.row(row) for row in range(page.first_row, page.first_row + page.rows)]
    return found.chain, found.height, found.time_ms, found.descriptor, rows, found.entry


def books_of(ledger: Ledger) -> dict[str, dict[str, object]]:
    return {plan: state_of(ledger.book(plan)) for plan in ledger.plans}


def replayed(archive: Archive) -> dict[str, dict[str, object]]:
    """All books rebuilt from the chain, which must follow block by block and break no rule."""
    return {plan: state_of(book) for plan, book in rebuilt(archive).items()}


def rebuilt(archive: Archive) -> dict[str, Book]:
    """As ``replayed``, the books themselves."""
    state, replay, rows = ChainState(), Replay(archive), read_rows(archive)
    for height in range(archive.size):
        data = archive.entries(height)
        entries = [Entry.from_bytes(item) for item in data]
        state, _, found = state.follow(archive.block(height), data, covenants_of(entries))
        assert not found + replay.block(height, archive.header(height), entries, rows), height
    assert state.previous == archive.head_hash
    return replay.books


def consistent(ledger: Ledger) -> None:
    """The books are those that follow from the chain."""
    with ledger.read() as archive:
        assert archive.size == ledger.size
        books = rebuilt(archive)
        for plan, book in books.items():
            book.tick(ledger.book(plan).now_ms, archive.size - 1)  # which was told of times that no block has
        assert {plan: state_of(book) for plan, book in books.items()} == books_of(ledger)


class Clock:
    """A clock in milliseconds that shows ``now``; it moves on by ``pace`` every time it is asked."""

    def __init__(self, now: int = 1_800_000_000_000, pace: int = 1) -> None:
        self.now, self.pace = now, pace

    def __call__(self) -> int:
        self.now += self.pace
        return self.now


class Faulty:
    """A store whose next writes of blocks fail: ``before`` the commit, or ``after`` it has landed."""

    path: Path | None = None
    readonly = False

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.before: list[BaseException] = []
        self.after: list[BaseException] = []

    def head(self) -> bytes | None:
        return self.inner.head()

    def read(self) -> AbstractContextManager[Reader]:
        return self.inner.read()

    @contextmanager
    def write(self, expected_head: bytes | None, *, reserve: int = 0) -> Iterator[Writer]:
        with self.inner.write(expected_head, reserve=reserve) as writer:
            yield writer
            if reserve and self.before:
                raise self.before.pop(0)
        if reserve and self.after:
            raise self.after.pop(0)

    def copy_to(self, path: Path) -> None:
        self.inner.copy_to(path)

    def close(self) -> None:
        """Stays open, so that the same store can be opened again."""


def together(*calls: Callable[[], object]) -> list[object]:
    """What each call returned or raised, all of them made at once, each in a thread of its own."""
    results: list[object] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = calls[number]()
        except BaseException as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "a thread hangs"
    return results


@contextmanager
def held(ledger: Ledger) -> Iterator[None]:
    """Nobody can write: what comes in meanwhile waits together, and becomes one group."""
    with ledger._core.turn:
        yield


def grouped(ledger: Ledger, *calls: Callable[[], object]) -> list[object]:
    """``together``, in one group whose events stand in the order of the calls."""
    results: list[object] = [None] * len(calls)

    def run(number: int) -> None:
        try:
            results[number] = calls[number]()
        except BaseException as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(len(calls))]
    with held(ledger):
        for number, thread in enumerate(threads):
            thread.start()
            _wait_for_events(ledger, number + 1)
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "a thread hangs"
    return results


def _wait_for_events(ledger: Ledger, count: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        group = ledger._core.grouper._open
        if group is not None and len(group.events) >= count:
            return
        time.sleep(0.0005)
    raise AssertionError("the events do not come in")
