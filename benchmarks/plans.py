"""Ledgers to measure on: synthetic members in bulk, and a few with real keys who can sign.

Keys of synthetic members are random bytes: the ledger treats them like any other, and nobody can sign with them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mutualchain.archive.reading import Archive, SheetRef
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.sections import Membership, Sharing
from mutualchain.covenant.statements import exit_message
from mutualchain.ledger import Ledger, OperatorKeys
from mutualchain.tlog import ed25519

__all__ = [
    "BATCH",
    "ORIGIN",
    "PLAN",
    "SHARE",
    "Calendar",
    "approve",
    "enrol",
    "enrol_like",
    "exit_some",
    "last_charge",
    "mixed_ledger",
    "new_ledger",
    "operator_keys",
    "random_keys",
    "settle_once",
    "stored_bytes",
    "stored_pages",
]

ORIGIN = "bench.example/mutual"
PLAN = "bench"
BATCH = 5_000_000
SHARE = 6
"""What everybody owes in each round: 0.06 yuan, as in the round that the demo shows."""
_MOST_AID = 10**13


def operator_keys() -> OperatorKeys:
    """The same keys every time: nothing here is secret."""
    return OperatorKeys.from_seeds(ORIGIN, b"\x01" * 32, b"\x02" * 32, b"\x03" * 32)


def new_ledger(folder: Path) -> Ledger:
    """A new ledger with one plan in which anybody may join with any deposit."""
    ledger = Ledger.create(folder / "ledger", operator_keys())
    ledger.create_plan(PLAN, Covenant.simple("benchmark", prepay=0, max_aid=_MOST_AID), reference="plan")
    return ledger


def mixed_ledger(folder: Path, clock: Callable[[], int]) -> Ledger:
    """A new ledger whose plan has members wait for 30 days, and caps what they pay in a year at a share and a half."""
    covenant = replace(
        Covenant.simple("benchmark", prepay=0, max_aid=_MOST_AID),
        membership=Membership(prepay=0, exit_notice_days=1),
        sharing=Sharing(waiting_days=30, cap_year=SHARE * 3 // 2, shortfall="operator"),
    )
    ledger = Ledger.create(folder / "mixed", operator_keys(), clock=clock)
    ledger.create_plan(PLAN, covenant, reference="plan")
    return ledger


class Calendar:
    """A clock that goes on as the real one does, and can be put forward by days."""

    def __init__(self) -> None:
        self._ahead = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self._ahead

    def forward(self, days: int) -> None:
        """So many days pass."""
        self._ahead += days * 86_400_000

    def next_year(self) -> None:
        """Go on to the next tenth of January."""
        today = datetime.fromtimestamp(self() / 1000, UTC)
        self.forward((datetime(today.year + 1, 1, 10, tzinfo=UTC) - today).days)


def random_keys(rng: np.random.Generator, rows: int) -> NDArray[np.uint8]:
    """Keys and commitments of ``rows`` synthetic members: uint8 of shape (rows, 32)."""
    return rng.integers(0, 2**64, (rows, 4), np.uint64).view(np.uint8)


def deposits(rng: np.random.Generator, rows: int, odd: float) -> NDArray[np.uint32]:
    """Ten yuan each, but for the fraction ``odd``: half of those have nothing, half less than one share."""
    amounts = np.full(rows, 1_000, np.uint32)
    drawn = rng.random(rows)
    amounts[drawn < odd / 2] = 0
    few = (drawn >= odd / 2) & (drawn < odd)
    amounts[few] = rng.integers(1, SHARE, int(few.sum()), np.uint32)
    return amounts


def enrol_like(ledger: Ledger, rows: int, deposit: NDArray[np.uint32] | int) -> None:
    """Enrol ``rows`` more synthetic members with this deposit."""
    have = ledger.book(PLAN).slots
    keys = random_keys(np.random.default_rng([2, have]), rows)
    ledger.enrol_many(PLAN, keys, keys, deposits=deposit, reference=f"members from {have}")


def enrol(
    ledger: Ledger, upto: int, *, odd: float = 0.0, seed: int = 1, said: Callable[[int], None] | None = None
) -> None:
    """Enrol synthetic members until the plan has ``upto`` slots."""
    while (have := ledger.book(PLAN).slots) < upto:
        rows = min(BATCH, upto - have)
        rng = np.random.default_rng([seed, have])
        keys = random_keys(rng, rows)
        ledger.enrol_many(PLAN, keys, keys, deposits=deposits(rng, rows, odd), reference=f"members from {have}")
        if said is not None:
            said(have + rows)


def exit_some(ledger: Ledger, count: int) -> None:
    """Enrol ``count`` members with real keys and let them leave by their own signatures."""
    first = ledger.book(PLAN).slots
    seeds = [(first + at).to_bytes(32, "big") for at in range(count)]
    keys = np.frombuffer(b"".join(map(ed25519.public_key_of, seeds)), np.uint8).reshape(-1, 32)
    ledger.enrol_many(PLAN, keys, keys, deposits=1_000, reference=f"signers from {first}")
    for slot, seed in enumerate(seeds, first):
        signature = ed25519.sign(seed, exit_message(ledger.chain, PLAN, slot, 0, 0))
        ledger.exit(PLAN, slot, seq=0, signature=signature, reference=f"exit {slot}")


def approve(ledger: Ledger, name: str) -> bytes:
    """A case that costs everybody about SHARE, approved: its hash."""
    aid = SHARE * ledger.book(PLAN).slots * 49 // 50
    file_hash = hashlib.sha256(name.encode()).digest()
    case = ledger.approve_case(PLAN, slot=0, aid=max(aid, 1), file_hash=file_hash, reference=f"case {name}")
    assert case.digest is not None
    return case.digest


def settle_once(ledger: Ledger, name: str) -> None:
    """A case and a round that shares it, without measuring anything."""
    ledger.open_round(PLAN, [approve(ledger, name)], reference=f"open {name}")
    ledger.settle_round(PLAN, reference=f"settle {name}")


def last_charge(archive: Archive) -> SheetRef:
    """The charge sheet of the round settled last."""
    state = archive.plan_state(PLAN, archive.size - 1)
    return archive.sheet(PLAN, "charge/1", dict(state.numbers)["charge/1"] - 1)


def _stored(ledger: Ledger, height: int) -> list[int]:
    prefixes = [letter + height.to_bytes(8, "big") for letter in (b"G", b"T", b"P")]
    with ledger._core.store.read() as reader:
        return [len(value) for prefix in prefixes for _, value in reader.scan(prefix, prefix + b"\xff" * 16)]


def stored_bytes(ledger: Ledger, height: int) -> int:
    """What a block stored of its sheets: compressed pages, tree tiles, terms."""
    return sum(_stored(ledger, height))


def stored_pages(ledger: Ledger, height: int, page: int) -> int:
    """The same in whole pages of the store's file, which a large value takes for itself."""
    return sum(-(-(size + 16) // page) * page for size in _stored(ledger, height))
