"""What members are handed: page proofs and records made, a year's record verified, and how fast the command starts."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from mutualchain.archive.proving import page_proof
from mutualchain.ledger import Ledger
from mutualchain.record.build import RecordBuilder
from mutualchain.record.bulk import build_records
from mutualchain.record.verify import verify_record
from mutualchain.sheet import TreeReader, verify_page
from mutualchain.tlog import trust

from . import plans
from .aged import aged
from .floor import hash_pass
from .harness import Run, Timer, numbers, run_module, shown

BUILT = 2_000.0
VERIFIED = 0.05
STARTED = 2.0
YEAR = 24
SIZE = 64_000.0
AGED = {"blocks": 10_000_000, "sheets": 10_000_000, "entries": 1_000_000, "heads": 24}
"""What a ledger of this size has after a year: a block with credits every three seconds, a hundred thousand cases."""
_MANY = 10_000


def add_options(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--plan", type=numbers, default=None, help="members of the plan, ascending (5M)")
    parser.add_argument("--proofs", type=int, default=None, help="proofs made in a run (2,000)")


def _rates(make: Callable[[int], object], slots: list[int], runs: int) -> list[float]:
    """Calls a second, in ``runs`` parts of ``slots``."""
    found = []
    for part in np.array_split(np.array(slots), runs):
        with Timer() as timer:
            for slot in part.tolist():
                make(slot)
        found.append(len(part) / timer.seconds)
    return found


def _pages(run: Run, ledger: Ledger, slots: list[int], runs: int) -> None:
    report = run.report
    with ledger.read() as archive:
        ref = plans.last_charge(archive)
        reader = TreeReader(ref.descriptor, ledger.chain, lambda level, number: archive.tile(ref, level, number))
        make = lambda slot: page_proof(archive, ledger.chain, ref, slot, reader)  # noqa: E731
        proofs = [make(slot) for slot in slots[:200]]  # also: what is read once is read now
        report.figure("page proofs of one charge sheet", _rates(make, slots, runs), "proofs/s", target=BUILT)
        checks = []
        for proof in proofs:
            with Timer() as timer:
                verify_page(ref.descriptor, ledger.chain, proof)
            checks.append(timer.seconds)
        report.figure("verifying one of them", checks, "s")
        hashed = len(proofs[0].page) + sum(3 + 2 * 48 for _ in proofs[0].path)
        floors = [hash_pass(hashed) for _ in range(200)]
        report.figure("floor: one SHA-256 pass over its page and path", floors, "s")


def _records(run: Run, ledger: Ledger, slots: list[int], runs: int) -> None:
    report = run.report
    log = plans.operator_keys().log.vkey
    trusted = trust.parse(f"log {log}\nquorum none\n".encode())
    with ledger.read() as archive:
        builder = RecordBuilder(archive, plans.PLAN)
        builder.build(slots[0])
        rates = _rates(lambda slot: builder.build(slot).to_bytes(), slots, runs)
        records = [builder.build(slot).to_bytes() for slot in slots[:runs]]
        span = min(_MANY, ledger.book(plans.PLAN).slots // runs)
        many = []
        for part in range(runs):
            with Timer() as timer:
                made = sum(1 for _ in build_records(archive, plans.PLAN, part * span, (part + 1) * span))
            many.append(made / timer.seconds)
    rounds = ledger.book(plans.PLAN).rounds
    report.figure("neighbours' records, streamed", many, "records/s", target=BUILT)
    report.figure(f"records of {rounds} rounds made", rates, "records/s")
    report.figure("size of one", [float(len(data)) for data in records], "bytes")
    verify_record(records[0], trusted)
    checks = []
    for data in records:
        with Timer() as timer:
            verify_record(data, trusted)
        checks.append(timer.seconds)
    wanted = VERIFIED if rounds <= YEAR else None
    report.figure(f"verifying a record of {rounds} rounds", checks, "s", target=wanted, at_least=False)
    _aged(run, records, trusted, rounds)


def _aged(run: Run, records: list[bytes], trusted: trust.TrustFile, rounds: int) -> None:
    """The same records in logs as long as they are after a year, with what makes them continue earlier ones."""
    sizes, checks = [], []
    for data in records:
        old = aged(data, plans.operator_keys(), **AGED)
        sizes.append(float(len(old)))
        with Timer() as timer:
            found = verify_record(old, trusted)
        checks.append(timer.seconds)
        assert found.balance == verify_record(data, trusted).balance
    wanted = rounds <= YEAR
    what = ", ".join(f"{number:,} {name}" for name, number in AGED.items() if name != "heads")
    run.report.note(f"in logs of {what}, continuing the last books handed out:")
    run.report.figure("size of one", sizes, "bytes", target=SIZE if wanted else None, at_least=False)
    run.report.figure("verifying one", checks, "s", target=VERIFIED if wanted else None, at_least=False)


def _start(command: str, *arguments: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", command, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def _starting(run: Run, runs: int) -> None:
    report = run.report
    report.section("proofs: how fast the command starts")
    if find_spec("mutualchain.cli") is None or find_spec("click") is None:
        report.note("skipped: there is no mutualchain.cli, or no click, to start")
        return
    ours = "import sys; sys.argv[0] = 'mutualchain'; from mutualchain.cli import main; main()"
    _start("import click"), _start(ours, "--help")
    clicks, helps, nothing = [], [], []
    for _ in range(runs):
        nothing.append(_start(""))
        clicks.append(_start("import click"))
        helps.append(_start(ours, "--help"))
    report.figure("floor: an empty Python", nothing, "s")
    least = report.figure("importing click", clicks, "s")
    report.figure("mutualchain --help", helps, "s")
    report.figure("times importing click", [value / least for value in helps], "", target=STARTED, at_least=False)


def run(run: Run) -> None:
    options = run.options
    sizes = options.plan or numbers("200K" if options.quick else "5M,20M" if options.full else "5M")
    count = options.proofs or (400 if options.quick else 2_000)
    runs = options.runs or 5
    rng = np.random.default_rng(11)
    with run.folder() as folder, plans.new_ledger(folder) as ledger:
        for size in sizes:
            run.progress(f"enrolling up to {size:,}")
            plans.enrol(ledger, size, odd=0.02, said=lambda done: run.progress(f"enrolled {done:,}"))
            done = ledger.book(plans.PLAN).rounds
            with Timer() as timer:
                for number in range(done, done + YEAR):
                    run.progress(f"{size:,} slots: round {number + 1}")
                    plans.settle_once(ledger, str(number))
            run.progress("")
            run.report.section(f"proofs: random members of {size:,}")
            run.report.note(f"set-up, not counted: {YEAR} rounds settled in {shown(timer.seconds, 's')}")
            slots = rng.integers(0, min(size, plans.BATCH), count).tolist()
            _pages(run, ledger, rng.integers(0, size, count).tolist(), runs)
            _records(run, ledger, slots[: max(count // 10, runs)], runs)
    _starting(run, 3 if options.quick else 15)


if __name__ == "__main__":
    sys.exit(run_module("proofs", __doc__, run, add_options))
