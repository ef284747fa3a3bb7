"""A year of a plan with two rounds a month, run by ``advance`` alone: approvals, rounds, deductions, payments.

The covenant is 相互宝's from the catalogue. What members and institutions do, requests, attestations and disclosures,
is timed apart, and so is enrolment.
"""

from __future__ import annotations

import argparse
import hashlib
import sys

import numpy as np
from numpy.typing import NDArray

from mutualchain import catalogue
from mutualchain.covenant.acts import Attestation
from mutualchain.covenant.calendar import DAY_MS, day_number, day_of, start_of
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.due import Duty
from mutualchain.covenant.facts import Facts
from mutualchain.covenant.opened import OpenRound
from mutualchain.ledger import Ledger
from mutualchain.tlog import ed25519
from mutualchain.vault import Vault

from . import plans
from .harness import PeakMemory, Run, Timer, numbers, run_module, shown

PLAN = "year"
FAILING = 0.001
WANTED = 120.0
_HOUR = 3_600_000


def add_options(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--year-members", type=numbers, default=None, help="plan sizes (1M,10M,100M)")
    parser.add_argument("--year-cases", type=int, default=None, help="cases a period (100)")


class Clock:
    """A clock that shows what it is told to."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class Year:
    """A plan of so many members, of whom the first can sign, and a year's cases."""

    def __init__(self, ledger: Ledger, clock: Clock, covenant: Covenant, signers: int) -> None:
        self.ledger, self.clock, self.covenant = ledger, clock, covenant
        self.signers = [hashlib.sha256(f"member {at}".encode()).digest() for at in range(signers)]
        self.eyes = hashlib.sha256(b"eyes").digest()
        self.next = 0
        self.chance = np.random.default_rng(5)

    def enrol(self, members: int, run: Run) -> None:
        keys = np.frombuffer(b"".join(map(ed25519.public_key_of, self.signers)), np.uint8).reshape(-1, 32)
        self.ledger.enrol_many(PLAN, keys, keys, deposits=0, reference="signers")
        while (have := self.ledger.book(PLAN).slots) < members:
            rows = min(plans.BATCH, members - have)
            drawn = plans.random_keys(np.random.default_rng([7, have]), rows)
            self.ledger.enrol_many(PLAN, drawn, drawn, deposits=0, reference=f"members from {have}")
            run.progress(f"enrolled {have + rows:,}")
        desk, key = self.ledger.institutions, ed25519.public_key_of(self.eyes)
        message = desk.message(desk.draft_registration("eyes", "Investigators", key, ("investigator",)))
        acceptance = ed25519.sign(self.eyes, message)
        desk.register("eyes", "Investigators", key, ("investigator",), acceptance=acceptance, reference="eyes")

    def case(self, aid: int) -> None:
        """A member asks for aid, an investigator vouches, the case is disclosed."""
        slot, cases = self.next, self.ledger.cases
        self.next += 1
        today = day_of(self.covenant, self.clock.now)
        values: dict[str, int | str] = dict.fromkeys(Facts.NAMES, "")
        values |= {"cause": "illness", "group": "critical", "birth_day": today - 30 * 365, "diagnosed_day": today - 5}
        salts = [hashlib.sha256(f"{slot} {name}".encode()).digest() for name in Facts.NAMES]
        facts = cases.seal(PLAN, slot, values, salts)
        act = cases.draft_request(PLAN, slot=slot, amount=aid, facts=facts)
        signature = ed25519.sign(self.signers[slot], cases.message(PLAN, act))
        case = cases.request(PLAN, act, signature=signature, facts=facts, reference=f"case {slot}").digest
        assert case is not None
        vouched = Attestation(case, "eyes", "investigator", 1, b"", b"")
        signed = ed25519.sign(self.eyes, cases.message(PLAN, vouched))
        cases.attest(PLAN, case, "eyes", "investigator", signature=signed, reference=f"vouched {slot}")
        cases.disclose(PLAN, case, aid=aid, fields_root=salts[0], reference=f"shown {slot}")

    def collect(self, _: str, opened: OpenRound) -> NDArray[np.int64]:
        """One collection in a thousand fails, and no claimant's."""
        first = len(self.signers)
        drawn = np.unique(self.chance.integers(first, opened.rows, max(int(opened.rows * FAILING), 1)))
        statuses, amounts = opened.rows_of(drawn)
        found: NDArray[np.int64] = drawn[(statuses <= 2) & (amounts > 0)]
        return found


def pay(duty: Duty) -> bytes:
    """A bank's reference."""
    return hashlib.sha256(duty.reference.encode()).digest()


def run(run: Run) -> None:
    options, report = run.options, run.report
    sizes = options.year_members or (numbers("100K") if options.quick else numbers("1M,10M,100M"))
    cases = options.year_cases or (5 if options.quick else 100)
    covenant = catalogue.load("xianghubao").covenant
    for members in sizes:
        aid = min(30_000_000, members * covenant.sharing.cap_case * 9 // 10)
        clock = Clock(start_of(covenant, day_number(2025, 9, 1)))
        with (
            run.folder() as folder,
            Vault.create(folder / "vault", bytes(32)) as vault,
            Ledger.create(folder / "year", plans.operator_keys(), clock=clock, vault=vault) as ledger,
        ):
            ledger.create_plan(PLAN, covenant, reference="plan")
            year = Year(ledger, clock, covenant, 24 * cases)
            with Timer() as joining:
                year.enrol(members, run)
            _year(run, year, members, cases, aid, joining.seconds)
    report.note("enrolment, requests, attestations and disclosures are not counted")


def _year(run: Run, year: Year, members: int, cases: int, aid: int, joining: float) -> None:
    ledger, clock, covenant, report = year.ledger, year.clock, year.covenant, run.report
    done: dict[str, int] = {}
    asked = advanced = worked = longest = 0.0
    with PeakMemory() as memory:
        for month in range(1, 13):
            for day in covenant.calendar.disclosure_days:
                clock.now = start_of(covenant, day_number(2026, month, day)) + 9 * _HOUR
                run.progress(f"{members:,} members: 2026-{month:02}-{day:02}")
                with Timer() as asking:
                    for _ in range(cases):
                        year.case(aid)
                asked += asking.seconds
                end = clock.now + 10 * DAY_MS
                while (at := ledger.next_due_ms()) is not None and at < end:
                    clock.now = max(at, clock.now)
                    with Timer() as going:
                        progress = ledger.advance(collect=year.collect, pay=pay)
                    assert not progress.blocked, progress.blocked
                    advanced, longest = advanced + going.seconds, max(longest, going.seconds)
                    worked += going.cpu
                    for item in progress.done:
                        done[item.duty.kind] = done.get(item.duty.kind, 0) + 1
    run.progress("")
    book = ledger.book(PLAN)
    report.section(f"year: {members:,} members, {book.rounds} rounds, {cases} cases in each")
    report.note(f"set-up, not counted: enrolled in {shown(joining, 's')}, cases requested in {shown(asked, 's')}")
    report.note(", ".join(f"{kind} {count:,}" for kind, count in sorted(done.items())))
    report.figure("a year, by advance alone", advanced, "s", target=WANTED, at_least=False)
    report.figure("the same, as processor time", worked, "s")
    report.figure("a round, with its approvals and payments", advanced / max(book.rounds, 1), "s")
    report.figure("the longest single call", longest, "s")
    report.figure("peak of private memory", float(memory.peak), "bytes")


if __name__ == "__main__":
    sys.exit(run_module("year", __doc__, run, add_options))
