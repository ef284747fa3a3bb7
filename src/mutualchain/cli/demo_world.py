"""The world of the demonstration: a ledger, its members, their rounds. Nothing here prints.

Members' keys are random numbers, but for those of five members who really hold theirs. What is claimed about the
others is nothing, so their commitments are the one to no claims.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..covenant.apportionment import Apportionment, apportion
from ..covenant.document import Covenant
from ..covenant.rounds import RoundTerms
from ..errors import DemoFailed
from ..ledger import Ledger, OperatorKeys
from ..record.passport import Passport
from ..tlog.trust import Log, TrustFile
from .files import write_file
from .ledgers import keys_folder, trust_path
from .members import NO_CLAIMS

__all__ = ["ORIGIN", "PLAN", "PREPAY", "RoundDone", "Step", "World"]

ORIGIN = "demo.example/mutual-aid"
PLAN = "critical-illness"
TITLE = "众托帮 (example)"
PREPAY = 1_000
SHARE = 6
"""Fen that the first round costs each member: 300,000 yuan among 5,000,000."""
REAL = 5
_BATCH = 1_000_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done: its name, how long it took, and how many rows it handled."""

    name: str
    seconds: float
    rows: int = 0

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class RoundDone:
    """A settled round and its figures, as the ledger announced them; ``wanted`` is what they must be."""

    terms: RoundTerms
    wanted: Apportionment
    opening: Step
    settling: Step
    paid: Step


@dataclass(slots=True)
class World:
    """The ledger under way. ``folder`` holds everything: ledger, keys, trust file, passports, records."""

    folder: Path
    members: int
    clock: Callable[[], int]
    steps: list[Step] = field(default_factory=list)
    passports: list[Passport] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)
    rounds: list[RoundDone] = field(default_factory=list)
    _ledger: Ledger | None = None
    _surplus: int = 0
    _headcount: int = 0
    _open: ExitStack = field(default_factory=ExitStack)

    @property
    def path(self) -> Path:
        """The ledger's folder."""
        return self.folder / "ledger"

    @property
    def ledger(self) -> Ledger:
        """The open ledger."""
        assert self._ledger is not None
        return self._ledger

    @property
    def her(self) -> Passport:
        """The passport of the member who checks her record: the one in the middle."""
        return self.passports[REAL // 2]

    @property
    def her_slot(self) -> int:
        """Her slot."""
        return self.slots[REAL // 2]

    @property
    def trust(self) -> TrustFile:
        """What members trust."""
        return TrustFile((Log(self._keys.log.verifier),))

    @property
    def _keys(self) -> OperatorKeys:
        return OperatorKeys.from_folder(keys_folder(self.path))

    def step(self, name: str, begin: float, rows: int = 0) -> Step:
        """Note what was done since ``begin`` (``time.perf_counter``)."""
        done = Step(name, time.perf_counter() - begin, rows)
        self.steps.append(done)
        return done

    def create(self) -> Step:
        """The ledger, its keys, its trust file, its plan, and the passports of the few real members."""
        begin = time.perf_counter()
        keys = OperatorKeys.generate(ORIGIN, keys_folder(self.path))
        self._ledger = self._open.enter_context(Ledger.create(self.path, keys, clock=self.clock))
        write_file(trust_path(self.path), self.trust.format())
        covenant = Covenant.simple(TITLE, prepay=PREPAY, max_aid=max(30_000_000, SHARE * self.members))
        self.ledger.create_plan(PLAN, covenant, reference="plan")
        self.passports = [Passport(os.urandom(32), self.trust.format()) for _ in range(REAL)]
        self.slots = [(2 * number + 1) * self.members // (2 * REAL) for number in range(REAL)]
        write_file(self.folder / "member.passport", self.her.to_bytes(), mode=0o600)
        return self.step("make the ledger, its keys and the plan", begin)

    def close(self) -> None:
        """Give the ledger back."""
        self._open.close()

    # --- members ----------------------------------------------------------------------------

    def join(self, count: int, reference: str, progress: Progress) -> Step:
        """``count`` members join, in batches. Only the ledger's work is timed, not the making of random keys."""
        start, spent = self._headcount, 0.0
        nobody = np.broadcast_to(np.frombuffer(NO_CLAIMS, np.uint8), (min(count, _BATCH), 32))
        while (done := self._headcount - start) < count:
            rows = min(_BATCH, count - done)
            keys = self._keys_of(self._headcount, rows)
            begin = time.perf_counter()
            self.ledger.enrol_many(PLAN, keys, nobody[:rows], deposits=PREPAY, reference=f"{reference}-{done}")
            spent += time.perf_counter() - begin
            self._headcount += rows
            progress(done + rows, count)
        step = Step(f"{count:,} members join", spent, count)
        self.steps.append(step)
        return step

    def _keys_of(self, first: int, rows: int) -> NDArray[np.uint8]:
        """Random bytes in place of public keys, and the real ones where real members stand."""
        keys = np.frombuffer(bytearray(os.urandom(32 * rows)), np.uint8).reshape(rows, 32)
        keys[:, 31] &= 0x3F  # well below the prime: canonical, and of no small order
        for passport, slot in zip(self.passports, self.slots, strict=True):
            if first <= slot < first + rows:
                keys[slot - first] = np.frombuffer(passport.public_key(ORIGIN, PLAN), np.uint8)
        return keys

    # --- rounds -----------------------------------------------------------------------------

    def round(self, progress: Progress) -> RoundDone:
        """One case, shared by all, and paid out. Raises DemoFailed if a figure is not what it must be."""
        number = len(self.rounds) + 1
        aid = SHARE * self.members
        patient = self.slots[number % REAL]
        file_hash = hashlib.sha256(f"demo case file {number}".encode()).digest()
        case = self.ledger.approve_case(PLAN, slot=patient, aid=aid, file_hash=file_hash, reference=f"case-{number}")
        assert case.digest is not None
        begin = time.perf_counter()
        _, terms = self.ledger.open_round(PLAN, [case.digest], reference=f"open-{number}")
        opening = self.step(f"round {number}: snapshot and announcement", begin, self._headcount)
        begin = time.perf_counter()
        self.ledger.settle_round(PLAN, reference=f"settle-{number}", progress=progress)
        settling = self.step(f"round {number}: deduct", begin, self._headcount)
        begin = time.perf_counter()
        payment = hashlib.sha256(f"demo payment {number}".encode()).digest()
        self.ledger.pay_out(PLAN, case.digest, aid, payee="hospital", payment=payment, reference=f"pay-{number}")
        paid = Step("pay out", time.perf_counter() - begin)
        wanted = apportion(aid, self._headcount, surplus=self._surplus)
        figures = (terms.headcount, terms.share, terms.fee, self.ledger.book(PLAN).surplus)
        if figures != (self._headcount, wanted.share, wanted.fee, wanted.surplus):
            raise DemoFailed(f"round {number} came out wrong", value=f"{figures}, not {wanted}", place="ledger")
        self._surplus = wanted.surplus
        done = RoundDone(terms, wanted, opening, settling, paid)
        self.rounds.append(done)
        return done
