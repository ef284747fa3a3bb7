"""Settling a round: everybody's share deducted, provable row by row, durable, signed.

With ``--mixed`` also a round of a plan whose members pay in part, are capped, lapsed, waiting and gone.
"""

from __future__ import annotations

import argparse
import sys
from statistics import median
from typing import NamedTuple

import numpy as np

from mutualchain.ledger import Ledger
from mutualchain.sheet import Status, decode, schema

from . import plans
from .floor import floor
from .harness import PeakMemory, Run, Timer, numbers, run_module, shown

ODD = 0.02
EXITS = 200
WANTED = 40e6


def add_options(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--slots", type=numbers, default=None, help="plan sizes, ascending (5M,20M,100M)")
    parser.add_argument("--mixed", action="store_true", help="rounds of every status too, against the plain ones")


class _Plain(NamedTuple):
    """What a plain round took, opening and settling, in seconds of the clock and of the processors."""

    seconds: float
    cpu: float


def _round(ledger: Ledger, name: str) -> tuple[Timer, Timer, int, PeakMemory]:
    """(opening, settling, height of the charge's block, memory while settling)."""
    case = plans.approve(ledger, name)
    with Timer() as opening:
        ledger.open_round(plans.PLAN, [case], reference=f"open {name}")
    with PeakMemory() as memory, Timer() as settling:
        done = ledger.settle_round(plans.PLAN, reference=f"settle {name}")
    return opening, settling, done.height, memory


def run(run: Run) -> None:
    options, report = run.options, run.report
    sizes = options.slots or (numbers("200K,1M") if options.quick else numbers("5M,20M,100M"))
    runs = options.runs or 5
    row_bytes = schema("charge/1").row_bytes
    before: tuple[int, float] | None = None
    plain: dict[int, _Plain] = {}
    with run.folder() as folder, plans.new_ledger(folder) as ledger:
        for size in sizes:
            run.progress(f"enrolling up to {size:,}")
            with Timer() as joining:
                have = ledger.book(plans.PLAN).slots
                plans.exit_some(ledger, min(EXITS, size // 100))
                plans.enrol(ledger, size, odd=ODD, said=lambda done: run.progress(f"enrolled {done:,}"))
            report.section(f"settle: {size:,} slots, {ODD:.0%} of them exceptions")
            report.note(f"set-up, not counted: {size - have:,} members enrolled in {shown(joining.seconds, 's')}")
            opened, settled, worked, both, floors, ratios, peaks, added = [], [], [], [], [], [], [], []
            stored = 0
            for number in range(runs):
                run.progress(f"{size:,} slots: round {number + 1} of {runs}")
                opening, settling, height, memory = _round(ledger, f"{size}/{number}")
                stored = plans.stored_bytes(ledger, height)
                least = floor(folder, row_bytes * size, stored)
                opened.append(opening.seconds)
                settled.append(settling.seconds)
                worked.append(settling.cpu)
                both.append(opening.cpu + settling.cpu)
                floors.append(least)
                ratios.append(settling.seconds / least)
                peaks.append(float(memory.peak))
                added.append(float(memory.peak - memory.before))
            run.progress("")
            opening_middle = report.figure("open_round (snapshot, share, announcement)", opened, "s")
            middle = report.figure("settle_round", settled, "s")
            report.figure("rows settled", [size / value for value in settled], "rows/s", target=WANTED)
            report.figure("rows a second of processor time", [size / value for value in worked], "rows/s")
            report.figure("floor: one SHA-256 pass, one durable write", floors, "s")
            report.figure("ratio to the floor", ratios, "")
            report.figure("stored, pages compressed and tree", stored, "bytes")
            report.figure("stored a row", stored / size, "bytes")
            report.figure("peak of private memory (state, key index, round)", peaks, "bytes")
            report.figure("the same a slot", [peak / size for peak in peaks], "bytes")
            report.figure("of it added by settling, a slot", [more / size for more in added], "bytes")
            if before is not None:
                report.figure(f"time, at {size / before[0]:.3g} times the slots", middle / before[1], "times")
            before = size, middle
            plain[size] = _Plain(opening_middle + middle, median(both))
    for size in sizes if options.mixed else ():
        _mixed(run, size, runs, plain[size])


def _mixed(run: Run, size: int, runs: int, plain: _Plain) -> None:
    """Rounds at the year's cap, with members of every status, against plain rounds of as many slots."""
    report, clock, few = run.report, plans.Calendar(), size // 200
    opened, settled, worked, counted = [], [], [], np.zeros(len(Status), np.int64)
    with run.folder() as folder, plans.mixed_ledger(folder, clock) as ledger:
        plans.exit_some(ledger, EXITS)
        plans.enrol(ledger, size - 3 * few, said=lambda done: run.progress(f"enrolled {done:,}"))
        plans.enrol_like(ledger, few, 0)
        for number in range(runs):
            run.progress(f"{size:,} slots of every status: round {number + 1} of {runs}")
            clock.next_year()
            _round(ledger, f"first {number}")
            plans.enrol_like(ledger, few, 2)
            clock.forward(40)
            plans.enrol_like(ledger, few, 1_000)
            opening, settling, _, _ = _round(ledger, f"second {number}")
            opened.append(opening.seconds)
            settled.append(settling.seconds)
            worked.append(opening.cpu + settling.cpu)
        rows = ledger.book(plans.PLAN).done[-1].rows
        with ledger.read() as archive:
            ref = plans.last_charge(archive)
            for bundle in range(ref.descriptor.bundles):
                columns = decode(ref.descriptor.schema, archive.bundle(ref, bundle), ref.descriptor.bundle_rows(bundle))
                counted += np.bincount(columns["status"], minlength=len(Status))
    run.progress("")
    report.section(f"settle: {rows:,} slots of every status, at the cap of the year")
    shares = ", ".join(f"{Status(at).name.lower()} {count:,}" for at, count in enumerate(counted.tolist()) if count)
    report.note(f"the last round: {shares}")
    opening_middle = report.figure("open_round (snapshot, share, announcement)", opened, "s")
    middle = report.figure("settle_round", settled, "s")
    report.figure("rows settled", [rows / value for value in settled], "rows/s")
    whole = opening_middle + middle
    report.figure("times the plain round, opening and settling", whole / plain.seconds, "times")
    report.figure("the same in processor time", median(worked) / plain.cpu, "times")


if __name__ == "__main__":
    sys.exit(run_module("settle", __doc__, run, add_options))
