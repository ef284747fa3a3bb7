"""Bulk enrolment: a million members a call, duplicates refused, against plans that have many members already."""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from mutualchain.errors import DuplicateKey
from mutualchain.ledger import Ledger
from mutualchain.sheet import schema

from . import plans
from .floor import floor
from .harness import Run, Timer, numbers, run_module, shown

WANTED = 1e6
_INDEXED = 12  # bytes of the key index a member: eight of the key, four of the slot


def add_options(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--existing", type=numbers, default=None, help="members enrolled before, ascending (0,5M,20M)")
    parser.add_argument("--batch", type=int, default=None, help="members a call (1,000,000)")


def _lookups(ledger: Ledger, keys: list[bytes]) -> list[float]:
    """Seconds of each look-up of a key, among them as many that nobody has."""
    found = []
    for key in keys:
        begin = time.perf_counter()
        ledger.find(plans.PLAN, key)
        found.append(time.perf_counter() - begin)
    return found


def _refusal(ledger: Ledger, rng: np.random.Generator, known: bytes, batch: int) -> float:
    """Seconds until a batch is refused because one of its keys is enrolled already."""
    keys = plans.random_keys(rng, batch)
    keys[batch // 2] = np.frombuffer(known, np.uint8)
    with Timer() as timer:
        try:
            ledger.enrol_many(plans.PLAN, keys, keys, deposits=1_000, reference=f"twice {rng.integers(2**62)}")
        except DuplicateKey:
            pass
        else:
            raise AssertionError("a key was enrolled twice")
    return timer.seconds


def run(run: Run) -> None:
    options, report = run.options, run.report
    sizes = options.existing or (numbers("0,200K") if options.quick else numbers("0,5M,20M"))
    batch = options.batch or (100_000 if options.quick else 1_000_000)
    runs = options.runs or 5
    row_bytes = schema("enrolment/1").row_bytes
    rng = np.random.default_rng(7)
    with run.folder() as folder, plans.new_ledger(folder) as ledger:
        for size in sizes:
            run.progress(f"enrolling up to {size:,}")
            plans.enrol(ledger, size, said=lambda done: run.progress(f"enrolled {done:,}"))
            report.section(f"enrol: {batch:,} members a call, {ledger.book(plans.PLAN).slots:,} enrolled before")
            times, floors, ratios = [], [], []
            known: list[bytes] = []
            for number in range(runs):
                run.progress(f"batch {number + 1} of {runs}")
                keys = plans.random_keys(rng, batch)
                commitments = plans.random_keys(rng, batch)
                amounts = np.full(batch, 1_000, np.uint32)
                with Timer() as timer:
                    done = ledger.enrol_many(
                        plans.PLAN, keys, commitments, deposits=amounts, reference=f"batch {size}/{number}"
                    )
                least = floor(folder, row_bytes * batch, plans.stored_bytes(ledger, done.height) + _INDEXED * batch)
                times.append(timer.seconds)
                floors.append(least)
                ratios.append(timer.seconds / least)
                known += [keys[row].tobytes() for row in rng.integers(0, batch, 40).tolist()]
            run.progress("")
            report.figure("enrol_many, a call", times, "s")
            report.figure("members enrolled", [batch / value for value in times], "members/s", target=WANTED)
            report.figure("floor: one SHA-256 pass, one durable write", floors, "s")
            report.figure("ratio to the floor", ratios, "")
            there = _lookups(ledger, known)
            absent = _lookups(ledger, [keys.tobytes() for keys in plans.random_keys(rng, len(known))])
            report.figure("look-up of a key that is there", there, "s")
            report.figure("look-up of a key that is not", absent, "s")
            refused = [_refusal(ledger, rng, known[at], batch) for at in range(min(runs, 3))]
            report.figure("refusing a call with one key enrolled already", refused, "s")
            report.note(f"{shown(len(there) / sum(there), 'look-ups/s')} of keys that are there")


if __name__ == "__main__":
    sys.exit(run_module("enrol", __doc__, run, add_options))
