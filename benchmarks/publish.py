"""Publishing: a plan from nothing, a round more, nothing new; and what one record costs her who makes it from that."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from mutualchain.archive.published import open_published
from mutualchain.ledger import Ledger
from mutualchain.publish import PublishReport, publish
from mutualchain.record.build import build_record
from mutualchain.record.verify import verify_record
from mutualchain.sheet import schema
from mutualchain.store import LmdbStore
from mutualchain.tlog import trust
from mutualchain.tlog.trust import TrustFile

from . import plans
from .floor import floor
from .harness import PeakMemory, Run, Timer, numbers, run_module, shown

SECONDS, UNCHANGED = 60.0, 1.0
REQUESTS, BYTES = 10, 200_000


def add_options(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--published", type=numbers, default=None, help="members of the plan (5M; --full: 100M too)")


def _published(folder: Path, trusted: TrustFile) -> tuple[PublishReport, Timer, PeakMemory]:
    """The ledger published as far as it goes, from a store opened for reading, as the command does it."""
    with (
        LmdbStore.open(folder / "ledger", readonly=True) as store,
        PeakMemory() as memory,
        Timer() as timer,
    ):
        report = publish(store, folder / "public", trust=trusted)
    return report, timer, memory


class _Files(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """A web server of files on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(folder)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _records(run: Run, folder: Path, trusted: TrustFile, size: int) -> None:
    """Whole records with one round, each made from nothing over HTTP, and verified."""
    requests, received, seconds = [], [], []
    for slot in (1, size // 3, size // 2 + 77, size - 1):
        with _served(folder / "public") as url, Timer() as timer, open_published(url, trusted) as archive:
            record = build_record(archive, plans.PLAN, slot)
            requests.append(float(archive.counts.requests))
            received.append(float(archive.counts.bytes))
        seconds.append(timer.seconds)
        if len(verify_record(record, trusted).rounds) != 1:
            raise AssertionError("a record with one round was expected")
    run.report.figure("requests for a whole record with one round", requests, "", target=REQUESTS, at_least=False)
    run.report.figure("bytes for it", received, "bytes", target=BYTES, at_least=False)
    run.report.figure("making it", seconds, "s")


def _one(run: Run, size: int, runs: int) -> None:
    report = run.report
    trusted = trust.parse(f"log {plans.operator_keys().log.vkey}\nquorum none\n".encode())
    with run.folder() as folder:
        with plans.new_ledger(folder) as ledger:
            plans.enrol(ledger, size, odd=0.02, said=lambda have: run.progress(f"enrolling {have:,} of {size:,}"))
        run.progress(f"publishing {size:,} enrolments")
        report.section(f"publish: a plan of {size:,} slots, 2% exceptions in its rounds")
        found, timer, memory = _published(folder, trusted)
        report.figure("publishing the enrolments", timer.seconds, "s")
        report.figure("files of enrolments", float(found.files), "")
        report.figure("bytes of enrolments", float(found.bytes), "bytes")
        report.figure("private memory meanwhile", float(memory.peak - memory.before), "bytes")
        whole, peaks, floors = [], [], []
        rows = size * schema("charge/1").row_bytes
        for number in range(runs):
            run.progress(f"round {number + 1} of {runs}")
            with Ledger.open(folder / "ledger", plans.operator_keys()) as ledger:
                plans.settle_once(ledger, str(number))
            found, timer, memory = _published(folder, trusted)
            whole.append(timer.seconds)
            peaks.append(float(memory.peak - memory.before))
            floors.append(floor(folder, rows, found.bytes))
            if number == 0:
                _records(run, folder, trusted, size)
        report.figure("publishing a round", whole, "s", target=SECONDS, at_least=False)
        report.figure("files of a round", float(found.files), "")
        report.figure("bytes of a round", float(found.bytes), "bytes")
        report.figure("private memory meanwhile, a round", peaks, "bytes")
        least = report.figure(f"floor: SHA-256 over {shown(rows, 'bytes')}, one durable write", floors, "s")
        report.figure("publishing a round, against the floor", [seconds / least for seconds in whole], "")
        same = [_published(folder, trusted) for _ in range(max(runs, 3))]
        if any(again.files for again, _, _ in same):
            raise AssertionError("publishing an unchanged ledger wrote something")
        report.figure("nothing new", [timer.seconds for _, timer, _ in same], "s", target=UNCHANGED, at_least=False)


def run(run: Run) -> None:
    options = run.options
    sizes = options.published or numbers("200K" if options.quick else "5M,100M" if options.full else "5M")
    for size in sizes:
        _one(run, size, options.runs or (2 if options.quick else 3))


if __name__ == "__main__":
    sys.exit(run_module("publish", __doc__, run, add_options))
