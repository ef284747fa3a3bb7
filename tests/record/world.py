"""An honest ledger with members of every fate, what was done to it, and its records.

Deterministic but for the keys of strangers: fixed seeds, a clock that moves a second with every look, and secrets of
sealed sheets counted up. ``NAMES`` are those of the members who are told of.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from unittest import mock

import numpy as np

from mutualchain.block.block import BlockSigner
from mutualchain.covenant.document import Covenant
from mutualchain.ledger import Ledger, OperatorKeys, writer
from mutualchain.ledger.core import reference_key
from mutualchain.record.build import build_record
from mutualchain.record.passport import Passport
from mutualchain.store import MemoryStore
from mutualchain.tlog import ed25519
from mutualchain.tlog.note import Signer
from mutualchain.tlog.trust import Log, TrustFile

from .tools import digest as digest

ORIGIN = "example.org/mutual"
START_MS = 1_760_000_000_000
LOG = Signer.from_seed(ORIGIN, b"l" * 32)
TRUST = TrustFile((Log(LOG.verifier),))
NEXT_BLOCK_SEED = b"n" * 32
COVENANT = Covenant.simple("Example plan", prepay=100, max_aid=1_000_000, fee_bp=800, cap=400)
OTHER = Covenant.simple("Another plan", prepay=0, max_aid=1_000_000)
MAIN, SECOND, THIRD = "demo", "other", "zeta"


@contextmanager
def fixed_secrets() -> Iterator[None]:
    """Secrets of sealed sheets, in the order in which they are asked for."""
    count = iter(range(10_000))
    fixed = SimpleNamespace(urandom=lambda _: digest(f"sheet secret {next(count)}"))
    with mock.patch.object(writer, "os", fixed):
        yield


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done in a plan, in the words of whoever did it."""

    what: str
    slot: int = -1
    amount: int = 0


@dataclass(slots=True)
class World:
    """A finished ledger, and what the one who ran it wrote down."""

    ledger: Ledger
    slots: dict[str, int] = field(default_factory=dict)
    passports: dict[int, tuple[Passport, int]] = field(default_factory=dict)
    deeds: dict[str, list[Deed]] = field(default_factory=dict)
    early: dict[str, bytes] = field(default_factory=dict)
    _records: dict[tuple[str, int], bytes] = field(default_factory=dict)

    def record(self, slot: int | str, plan: str = MAIN) -> bytes:
        """The record of a slot, or of a member by name."""
        number = self.slots[slot] if isinstance(slot, str) else slot
        if (plan, number) not in self._records:
            with self.ledger.read() as archive:
                self._records[plan, number] = build_record(archive, plan, number)
        return self._records[plan, number]

    def key(self, slot: int | str, plan: str = MAIN) -> bytes:
        """The public key in a slot."""
        passport, index = self.passports[self.slots[slot] if isinstance(slot, str) else slot]
        return passport.public_key(ORIGIN, plan, index)


class Narrator:
    """Tells a ledger what to do and writes it down."""

    def __init__(self, chain: str = "first") -> None:
        self._now = START_MS if chain == "first" else START_MS + 500
        keys = OperatorKeys.from_seeds(ORIGIN, b"l" * 32, b"b" * 32, b"r" * 32)
        self.ledger = Ledger.create("unused", keys, clock=self._clock, store=MemoryStore())
        self.world = World(self.ledger)
        self._count = iter(range(10_000))

    def _clock(self) -> int:
        self._now += 1000
        return self._now

    def _next(self) -> str:
        return f"reference {next(self._count)}"

    def _did(self, plan: str, what: str, slot: int = -1, amount: int = 0) -> None:
        self.world.deeds.setdefault(plan, []).append(Deed(what, slot, amount))

    def plan(self, plan: str, covenant: Covenant) -> None:
        self.ledger.create_plan(plan, covenant, reference=self._next())

    def join(
        self, *names: str, deposit: int, plan: str = MAIN, passport: Passport | None = None, index: int = 0
    ) -> None:
        for name in names:
            person = passport if passport is not None else Passport(digest(f"seed of {name}"))
            key, commitment = person.public_key(ORIGIN, plan, index), digest(f"commitment of {name}")
            ack = self.ledger.enrol(plan, key, commitment, deposit=deposit, reference=self._next())
            assert ack.slot is not None
            self._did(plan, "join", ack.slot, deposit)
            if plan == MAIN:
                self.world.slots[name] = ack.slot
                self.world.passports[ack.slot] = (person, index)

    def join_many(self, count: int, *, deposit: int, plan: str = MAIN) -> None:
        people = [Passport(digest(f"stranger {next(self._count)}")) for _ in range(count)]
        keys = np.frombuffer(b"".join(person.public_key(ORIGIN, plan) for person in people), np.uint8).reshape(-1, 32)
        ack = self.ledger.enrol_many(plan, keys, keys[::-1].copy(), deposits=deposit, reference=self._next())
        assert ack.slot is not None
        for slot, person in enumerate(people, ack.slot):
            self._did(plan, "join", slot, deposit)
            if plan == MAIN:
                self.world.passports[slot] = (person, 0)

    def credit(self, name: str | int, amount: int, plan: str = MAIN) -> None:
        slot = self.world.slots[name] if isinstance(name, str) else name
        self.ledger.credit(plan, slot, amount, reference=self._next(), reason=3)
        self._did(plan, "credit", slot, amount)

    def credit_many(self, *slots: int, amount: int) -> None:
        self.ledger.credit_many(MAIN, np.array(slots), np.array([amount] * len(slots)), reference=self._next())
        for slot in slots:
            self._did(MAIN, "credit", slot, amount)

    def withdraw(self, name: str, amount: int) -> None:
        slot, reference = self.world.slots[name], self._next()
        person, index = self.world.passports[slot]
        seq = self.ledger.next_seq(MAIN, slot)
        signature = person.sign_withdrawal(
            self.ledger.chain,
            ORIGIN,
            MAIN,
            slot=slot,
            seq=seq,
            amount=amount,
            reference=reference_key(MAIN, reference),
            reason=4,
            index=index,
        )
        self.ledger.withdraw(MAIN, slot, amount, seq=seq, signature=signature, reference=reference, reason=4)
        self._did(MAIN, "withdraw", slot, amount)

    def leave(self, name: str) -> None:
        slot = self.world.slots[name]
        person, index = self.world.passports[slot]
        seq = self.ledger.next_seq(MAIN, slot)
        signature = person.sign_exit(self.ledger.chain, ORIGIN, MAIN, slot=slot, seq=seq, reason=2, index=index)
        self.ledger.exit(MAIN, slot, seq=seq, signature=signature, reference=self._next(), reason=2)
        self._did(MAIN, "exit", slot)

    def open(self, *aids: int, plan: str = MAIN, top_up: int = 0) -> None:
        cases = []
        for aid in aids:
            file_hash = digest(f"file {next(self._count)}")
            ack = self.ledger.approve_case(plan, slot=0, aid=aid, file_hash=file_hash, reference=self._next())
            assert ack.digest is not None
            cases.append(ack.digest)
            self._did(plan, "notice", 0, aid)
        self.ledger.open_round(plan, cases, reference=self._next(), top_up=top_up)
        self._did(plan, "snapshot", amount=sum(aids))
        self._did(plan, "top-up", amount=top_up)

    def settle(self, plan: str = MAIN) -> None:
        self.ledger.settle_round(plan, reference=self._next())
        self._did(plan, "settle")

    def round(self, *aids: int, plan: str = MAIN, top_up: int = 0) -> None:
        self.open(*aids, plan=plan, top_up=top_up)
        self.settle(plan)

    def rotate(self) -> None:
        new = BlockSigner(ed25519.public_key_of(NEXT_BLOCK_SEED), lambda data: ed25519.sign(NEXT_BLOCK_SEED, data))
        self.ledger.rotate_block_key(new, reference=self._next())


def _tell(teller: Narrator) -> World:
    world = teller.world
    for plan, covenant in ((MAIN, COVENANT), (SECOND, OTHER), (THIRD, OTHER)):
        teller.plan(plan, covenant)
    teller.join("founder", deposit=1000)
    teller.join_many(290, deposit=400)
    teller.join("poor", deposit=130)
    teller.join("leaver", "spender", deposit=1000)
    teller.join_many(20, deposit=500, plan=SECOND)
    teller.credit("founder", 250)
    teller.round(20_000, 5_000, top_up=300)
    teller.join("second", deposit=900)
    teller.join_many(40, deposit=600)
    teller.credit_many(5, world.slots["second"], 7, 5, 5, amount=111)
    teller.withdraw("spender", 300)
    teller.leave("leaver")
    teller.round(4_000, plan=SECOND)
    for name in ("founder", "second"):
        world.early[name] = world.record(name)
    world._records.clear()
    teller.open(25_000)
    teller.withdraw("founder", 400)
    teller.credit("poor", 20)
    teller.join("between", deposit=700)
    teller.settle()
    teller.withdraw("leaver", 100)
    teller.join("returned", deposit=800, passport=world.passports[world.slots["leaver"]][0], index=1)
    teller.rotate()
    teller.credit("founder", 60)
    teller.round(18_000)
    teller.round(1_000)
    teller.join("late", "latest", deposit=100)
    teller.credit("late", 5)
    teller.withdraw("spender", 1)
    return world


@cache
def world(chain: str = "first") -> World:
    """The ledger; ``chain`` other than "first" is a chain of the same operator, key and origin, begun anew."""
    with fixed_secrets():
        return _tell(Narrator(chain))


NAMES = ("founder", "poor", "leaver", "spender", "second", "between", "returned", "late", "latest")
