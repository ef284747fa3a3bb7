"""From public key to slot: found and never enrolled twice, in whatever way and order keys came in."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mutualchain.errors import DuplicateKey, StoreCorrupt, WeakKey
from mutualchain.ledger import Ledger, index
from mutualchain.ledger.index import KeyIndex, check_weak
from mutualchain.store import MemoryStore

from .world import KEYS, PLAN, Faulty, columns, consistent, digest, new_ledger


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of a few keys, merged often."""
    monkeypatch.setattr(index, "FLUSH_AT", 4)
    monkeypatch.setattr(index, "_FAN", 3)


def key(number: int) -> bytes:
    return digest("key", number)


def test_keys_are_found_through_singles_batches_merges_and_reopening(tmp_path: Path) -> None:
    chance, store = random.Random(5), Faulty(MemoryStore())
    known: dict[bytes, int] = {}
    ledger = new_ledger(tmp_path, store=store)
    for step in range(40):
        fresh = [key(len(known) + number) for number in range(chance.choice((1, 1, 1, 2, 5, 30)))]
        first = ledger.book(PLAN).slots
        if len(fresh) == 1:
            ledger.enrol(PLAN, fresh[0], bytes(32), deposit=1000, reference=f"{step}")
        else:
            batch = np.frombuffer(b"".join(fresh), np.uint8).reshape(-1, 32)
            ledger.enrol_many(PLAN, batch, np.zeros_like(batch), deposits=1000, reference=f"{step}")
        known |= {item: first + number for number, item in enumerate(fresh)}
        if step % 7 == 6:
            ledger.close()
            ledger = Ledger.open(tmp_path, KEYS, store=store)
        if step % 3 == 2:
            assert all(ledger.find(PLAN, item) == slot for item, slot in known.items())
            old = chance.choice(list(known))
            with pytest.raises(DuplicateKey):
                ledger.enrol(PLAN, old, bytes(32), deposit=1000, reference=f"again {step}")
            batch = np.frombuffer(key(10_000) + old, np.uint8).reshape(-1, 32)
            with pytest.raises(DuplicateKey, match="enrolled already"):
                ledger.enrol_many(PLAN, batch, batch, deposits=1000, reference=f"again {step}")
            assert ledger.find(PLAN, key(10_000)) is None
    assert len(ledger._core.index(PLAN)._segments) < 12
    assert ledger.book(PLAN).slots == len(known)
    consistent(ledger)
    ledger.close()


def test_a_batch_that_fails_leaves_no_trace_in_the_index(tmp_path: Path) -> None:
    store = Faulty(MemoryStore())
    with new_ledger(tmp_path, store=store) as ledger:
        for number in range(9):
            ledger.enrol(PLAN, key(number), bytes(32), deposit=1000, reference=f"{number}")
        keys, commitments = columns(6)
        for _ in range(2):
            store.before.append(MemoryError())
            with pytest.raises(MemoryError):
                ledger.enrol_many(PLAN, keys, commitments, deposits=1000, reference="many")
            assert ledger.find(PLAN, keys[0].tobytes()) is None
        ledger.enrol_many(PLAN, keys, commitments, deposits=1000, reference="many")
    with Ledger.open(tmp_path, KEYS, store=store) as ledger:
        assert [ledger.find(PLAN, keys[row].tobytes()) for row in range(6)] == list(range(9, 15))
        assert [ledger.find(PLAN, key(number)) for number in range(9)] == list(range(9))


def test_keys_that_begin_alike_are_told_apart(ledger: Ledger) -> None:
    keys = np.frombuffer(b"".join(b"a like begin" + bytes([number]) * 20 for number in range(7)), np.uint8).reshape(
        -1, 32
    )
    ledger.enrol_many(PLAN, keys[:5], keys[:5], deposits=1000, reference="many")
    for number in range(5):
        assert ledger.find(PLAN, keys[number].tobytes()) == number
    assert ledger.find(PLAN, keys[5].tobytes()) is None
    ledger.enrol(PLAN, keys[5].tobytes(), bytes(32), deposit=1000, reference="one")
    with pytest.raises(DuplicateKey) as found:
        ledger.enrol_many(PLAN, keys[[6, 5]], keys[[6, 5]], deposits=1000, reference="more")
    assert found.value.place == "row 1"
    with pytest.raises(DuplicateKey) as found:
        ledger.enrol_many(PLAN, keys[[6, 3]], keys[[6, 3]], deposits=1000, reference="more")
    assert found.value.place == "row 1"
    with pytest.raises(DuplicateKey) as found:
        ledger.enrol_many(PLAN, keys[[6, 6]], keys[[6, 6]], deposits=1000, reference="more")
    assert found.value.place == "row 1"


def test_a_damaged_or_overlong_index_is_refused(tmp_path: Path) -> None:
    def key_of(_: object) -> np.ndarray:
        raise AssertionError

    for segment in (b"", b"x" * 11, b"x" * 13):
        with pytest.raises(StoreCorrupt):
            KeyIndex(key_of).load(segment)
    store = Faulty(MemoryStore())
    new_ledger(tmp_path, store=store).close()
    with store.inner.write(store.head()) as writer:
        writer.put(b"k" + PLAN.encode() + b"\0" + bytes(4), bytes(12))
    with Ledger.open(tmp_path, KEYS, store=store) as ledger, pytest.raises(StoreCorrupt):
        ledger.find(PLAN, key(0))


def weak() -> Iterator[bytes]:
    for low in index._SMALL_ORDER:
        for sign in (0, 0x80):
            yield low[:31] + bytes([low[31] | sign])
    for above in (0, 1, 18):
        yield (2**255 - 19 + above).to_bytes(32, "little")
    yield b"\xff" * 32


@pytest.mark.parametrize("wrong", [*weak()], ids=lambda wrong: wrong.hex()[:4] + wrong.hex()[-2:])
def test_weak_keys_are_refused_alone_and_in_batches(ledger: Ledger, wrong: bytes) -> None:
    with pytest.raises(WeakKey):
        ledger.enrol(PLAN, wrong, bytes(32), deposit=1000, reference="r")
    keys = columns(3)[0]
    keys[1] = np.frombuffer(wrong, np.uint8)
    with pytest.raises(WeakKey) as found:
        ledger.enrol_many(PLAN, keys, keys, deposits=1000, reference="r")
    assert found.value.place == "row 1"
    assert ledger.book(PLAN).slots == 0


def test_keys_that_only_look_weak_are_accepted() -> None:
    make: Callable[[int], bytes] = lambda number: number.to_bytes(32, "little")  # noqa: E731
    fine = [make(2), make(2**248), make(2**255 - 20 - 256), make(0x7FFF << 232), bytes(31) + b"\x05"]
    check_weak(np.frombuffer(b"".join(fine), np.uint8).reshape(-1, 32))
