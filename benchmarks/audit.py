"""An audit of the charge sheets: every hash, rule and sum recomputed, rows a second on one core."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from statistics import median
from typing import Any

from mutualchain.archive.reading import Archive
from mutualchain.ledger import Ledger
from mutualchain.sheet import schema
from mutualchain.store import LmdbStore
from mutualchain.tlog import trust

from . import plans
from .floor import hash_pass
from .harness import PeakMemory, Run, Timer, numbers, run_module, shown

WANTED = 40e6


def add_options(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--members-audited", type=numbers, default=None, help="members of the plan (5M)")
    parser.add_argument("--charges", type=int, default=None, help="rounds settled before the audit (40)")


def _audit(audit: Any, folder: Any, trusted: Any, executor: Any = None) -> Timer:
    """A whole audit timed; it must find nothing."""
    with LmdbStore.open(folder / "ledger", readonly=True) as store, store.read() as reader, Timer() as timer:
        report = audit.audit_ledger(Archive(reader), trusted, executor=executor)
    if report.findings:
        raise AssertionError(f"the audit of a sound ledger found {report.findings[0]}")
    return timer


def _more(whole: list[float], alone: list[float]) -> list[float]:
    """What each of ``whole`` took beyond the median of ``alone``; a tiny ledger's difference may vanish."""
    return [max(seconds - median(alone), 1e-6) for seconds in whole]


def _warm(number: int) -> int:
    """Nothing, slowly enough for every process to have started and imported what it needs."""
    time.sleep(0.05)
    return number


def run(run: Run) -> None:
    options, report = run.options, run.report
    if find_spec("mutualchain.audit") is None:
        report.section("audit")
        report.note("skipped: there is no mutualchain.audit to measure")
        return
    audit = import_module("mutualchain.audit")
    size = (options.members_audited or numbers("200K" if options.quick else "5M"))[0]
    rounds = options.charges or (5 if options.quick else 40)
    runs = options.runs or (2 if options.quick else 3)
    trusted = trust.parse(f"log {plans.operator_keys().log.vkey}\nquorum none\n".encode())
    row_bytes = schema("charge/1").row_bytes
    with run.folder() as folder:
        with plans.new_ledger(folder) as ledger:
            run.progress(f"enrolling {size:,}")
            plans.enrol(ledger, size, odd=0.02)
        alone = [_audit(audit, folder, trusted) for _ in range(runs)]
        with Ledger.open(folder / "ledger", plans.operator_keys()) as ledger:
            for number in range(rounds):
                run.progress(f"round {number + 1} of {rounds}")
                plans.settle_once(ledger, str(number))
        run.progress("auditing")
        with PeakMemory() as memory:
            whole = [_audit(audit, folder, trusted) for _ in range(runs)]
        run.progress("")
        report.section(f"audit: {rounds} charge sheets of {size:,} rows each, one process")
        rows = size * rounds
        charges = _more([item.seconds for item in whole], [item.seconds for item in alone])
        worked = _more([item.cpu for item in whole], [item.cpu for item in alone])
        report.figure("whole audit", [item.seconds for item in whole], "s")
        report.figure("of it enrolments (an audit before the first round)", [item.seconds for item in alone], "s")
        report.figure("charge rows audited", [rows / value for value in charges], "rows/s")
        rates = [rows / value for value in worked]
        report.figure("charge rows a second of processor time", rates, "rows/s", target=WANTED)
        floors = [hash_pass(row_bytes * rows) for _ in range(runs)]
        least = report.figure("floor: one SHA-256 pass over the charge rows", floors, "s")
        report.figure("processor time, against the floor", [value / least for value in worked], "")
        report.figure("peak of private memory", float(memory.peak), "bytes")
        report.section(f"audit: the same on two processes, a sheet of {shown(row_bytes * size, 'bytes')} each time")
        # As the command does it: a store does not survive fork, so processes are spawned; before the clock runs.
        with ProcessPoolExecutor(2, get_context("spawn")) as executor:
            list(executor.map(_warm, range(8)))
            both = [_audit(audit, folder, trusted, executor) for _ in range(runs)]
        report.figure("whole audit, two processes", [item.seconds for item in both], "s")


if __name__ == "__main__":
    sys.exit(run_module("audit", __doc__, run, add_options))
