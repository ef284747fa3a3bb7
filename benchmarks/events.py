"""Single events from many threads, a receipt made for each; and how long one waits while a large round is settled."""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mutualchain.ledger import Ledger
from mutualchain.ledger.events import Pending
from mutualchain.sheet import schema

from . import plans
from .floor import durable_write, hash_pass
from .harness import Run, Timer, numbers, run_module, shown

WANTED = 20_000.0
LONGEST = 0.2
_TWO_SYNCS = 2  # a durable commit syncs its pages, and then the page that makes them valid

Make = Callable[[Ledger, random.Random, str], Pending]


def _credit(ledger: Ledger, rng: random.Random, name: str) -> Pending:
    slot = rng.randrange(ledger.book(plans.PLAN).slots)
    return ledger.post_credit(plans.PLAN, slot, 500, reference=name)


def _enrol(ledger: Ledger, rng: random.Random, name: str) -> Pending:
    key = rng.randbytes(31) + b"\x11"
    return ledger.post_enrol(plans.PLAN, key, rng.randbytes(32), deposit=1_000, reference=name)


def _mixed(ledger: Ledger, rng: random.Random, name: str) -> Pending:
    return (_credit if rng.random() < 0.8 else _enrol)(ledger, rng, name)


KINDS: dict[str, Make] = {"credits": _credit, "enrolments": _enrol, "4 credits to 1 enrolment": _mixed}


@dataclass
class Load:
    """Threads that record single events; ``waits`` are their latencies, with when they began.

    Each thread has up to ``flight`` events on their way at once, and makes each one's receipt when it is durable.
    """

    ledger: Ledger
    make: Make
    threads: int
    name: str
    flight: int = 1
    waits: list[tuple[float, float]] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0

    def __post_init__(self) -> None:
        self._stop = threading.Event()

    def _work(self, number: int, limit: int | None) -> None:
        rng = random.Random(f"{self.name}/{number}")
        mine: list[tuple[float, float]] = []
        clock = time.perf_counter
        done = 0
        try:
            while not self._stop.is_set() and (limit is None or done < limit):
                count = self.flight if limit is None else min(self.flight, limit - done)
                posted = []
                for at in range(done, done + count):
                    begin = clock()
                    posted.append((begin, self.make(self.ledger, rng, f"{self.name}/{number}/{at}")))
                for begin, pending in posted:
                    pending.result().receipt()
                    mine.append((begin, clock() - begin))
                done += count
        except BaseException as error:
            self.failures.append(error)
        self.waits += mine

    def start(self, limit: int | None = None) -> None:
        self._threads = [threading.Thread(target=self._work, args=(at, limit)) for at in range(self.threads)]
        self._begun, self._worked = time.perf_counter(), time.process_time()
        for thread in self._threads:
            thread.start()

    def finish(self, stop: bool = False) -> None:
        if stop:
            self._stop.set()
        for thread in self._threads:
            thread.join()
        self.seconds, self.cpu = time.perf_counter() - self._begun, time.process_time() - self._worked
        if self.failures:
            raise self.failures[0]

    def latencies(self) -> np.ndarray:
        return np.array([wait for _, wait in self.waits])


def _written() -> int:
    """Bytes that this process has sent to the disk so far; 0 where the system does not tell."""
    try:
        for line in Path("/proc/self/io").read_text().splitlines():
            if line.startswith("write_bytes:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def _floor(folder: Path, blocks: int, written: int, hashed: int) -> float:
    """Seconds for the same number of durable commits of as many bytes, and one hash over the rows."""
    part = max(written // blocks // _TWO_SYNCS, 512)
    probes = [durable_write(folder, part) for _ in range(40)]
    return float(np.median(probes)) * _TWO_SYNCS * blocks + hash_pass(hashed)


def _throughput(run: Run, folder: Path, ledger: Ledger, each: int, runs: int, threads: int, flight: int) -> None:
    report = run.report
    way = "one at a time" if flight == 1 else f"{flight} on their way in each"
    for name, make in KINDS.items():
        report.section(f"events: {name}, {threads} threads, {way}, a receipt for each")
        rates, middles, tails, longest, grouped, worked, ratios = [], [], [], [], [], [], []
        kept = schema("enrolment/1" if make is _enrol else "credit/1").row_bytes
        for number in range(runs):
            run.progress(f"{name}: run {number + 1} of {runs}")
            load = Load(ledger, make, threads, f"{name} {flight} {number}", flight)
            size, written = ledger.size, _written()
            load.start(each)
            load.finish()
            count, blocks = threads * each, ledger.size - size
            waits = load.latencies()
            rates.append(count / load.seconds)
            middles.append(float(np.percentile(waits, 50)))
            tails.append(float(np.percentile(waits, 99)))
            longest.append(float(waits.max()))
            grouped.append(count / blocks)
            worked.append(load.cpu / count)
            ratios.append(load.seconds / _floor(folder, blocks, _written() - written, kept * count))
        run.progress("")
        report.figure("events recorded, receipts included", rates, "events/s", target=WANTED if flight > 1 else None)
        report.figure("latency, p50", middles, "s")
        report.figure("latency, p99", tails, "s")
        report.figure("latency, longest", longest, "s")
        report.figure("events a block (one signature, one commit)", grouped, "")
        report.figure("processor time an event", worked, "s")
        report.figure("ratio to the floor: as many durable writes", ratios, "")


def _beside_a_round(run: Run, ledger: Ledger, size: int, runs: int, threads: int) -> None:
    """The longest wait of a single event while a round of ``size`` slots is opened and settled."""
    report = run.report
    run.progress(f"enrolling up to {size:,}")
    plans.enrol(ledger, size, odd=0.02, said=lambda done: run.progress(f"enrolled {done:,}"))
    report.section(f"events: while a round of {size:,} slots is opened and settled, {threads} threads")
    worst, tails, rates, calm, settled = [], [], [], [], []
    for number in range(runs):
        run.progress(f"round {number + 1} of {runs}")
        load = Load(ledger, _credit, threads, f"beside {size}/{number}")
        case = plans.approve(ledger, f"beside {size}/{number}")
        load.start()
        time.sleep(1.0)
        begin = time.perf_counter()
        ledger.open_round(plans.PLAN, [case], reference=f"open {size}/{number}")
        with Timer() as timer:
            ledger.settle_round(plans.PLAN, reference=f"settle {size}/{number}")
        end = time.perf_counter()
        load.finish(stop=True)
        during = [wait for start, wait in load.waits if start < end and start + wait > begin]
        before = [wait for start, wait in load.waits if start + wait <= begin]
        worst.append(max(during))
        calm.append(max(before))
        tails.append(float(np.percentile(during, 99)))
        rates.append(len(during) / (end - begin))
        settled.append(timer.seconds)
    run.progress("")
    report.figure("longest wait of an event meanwhile", worst, "s", target=LONGEST, at_least=False)
    report.figure("longest wait in the second before", calm, "s")
    report.figure("latency meanwhile, p99", tails, "s")
    report.figure("events recorded meanwhile", rates, "events/s")
    report.figure("settle_round beside them", settled, "s")


def add_options(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--members", type=numbers, default=None, help="members of the plan (1M)")
    parser.add_argument("--threads", type=int, default=64, help="threads that record events (64)")
    parser.add_argument("--flight", type=int, default=32, help="events that a thread has on their way at once (32)")
    parser.add_argument("--each", type=int, default=None, help="events of each thread in a run (300)")
    parser.add_argument("--round", type=numbers, default=None, help="slots of the round settled meanwhile (20M)")


def run(run: Run) -> None:
    options = run.options
    members = (options.members or numbers("50K" if options.quick else "1M"))[0]
    each = options.each or (30 if options.quick else 300)
    runs = options.runs or (3 if options.quick else 5)
    sizes = options.round or numbers("500K" if options.quick else "20M,100M" if options.full else "20M")
    with run.folder() as folder, plans.new_ledger(folder) as ledger:
        plans.enrol(ledger, members)
        for flight in dict.fromkeys((1, options.flight)):
            _throughput(run, folder, ledger, each, runs, options.threads, flight)
    with run.folder() as folder, plans.new_ledger(folder) as ledger:
        for size in sizes:
            _beside_a_round(run, ledger, size, min(runs, 3), options.threads)
    run.report.note(f"threads switch every {shown(sys.getswitchinterval(), 's')} at the latest (Python's default)")


if __name__ == "__main__":
    sys.exit(run_module("events", __doc__, run, add_options))
