"""The same work done by what somebody might use instead: a share deducted from everybody, each row provable.

Every one of them ends with a signed head over all rows, durable, and proves single rows against that head.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mutualchain.ledger.receipts import receipt_from_archive
from mutualchain.record.receipt import Receipt, verify_receipt
from mutualchain.tlog import trust

from . import plans
from .harness import Run, Timer, numbers, run_module, shown
from .others import Outcome, Unavailable, auditchain, postgres, sqlite

__all__ = ["run"]

_PAGE = 4096
_ASKED = 5


def add_options(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--rows", type=numbers, default=None, help="members who pay (1M)")
    parser.add_argument("--slow-rows", type=numbers, default=None, help="members where a tenth of it must do (100K)")


class _Mutualchain:
    """This library, on one ledger for all runs."""

    def __init__(self, folder: Path, rows: int) -> None:
        self._ledger = plans.new_ledger(folder)
        self._rows = rows
        self._rounds = 0
        plans.enrol(self._ledger, rows)

    def __call__(self, folder: Path, rows: int) -> Outcome:
        ledger, number = self._ledger, self._rounds
        self._rounds += 1
        case = plans.approve(ledger, str(number))
        with Timer() as timer:
            ledger.open_round(plans.PLAN, [case], reference=f"open {number}")
            done = ledger.settle_round(plans.PLAN, reference=f"settle {number}")
        trusted = trust.parse(f"log {plans.operator_keys().log.vkey}\nquorum none\n".encode())
        proving, verifying = [], []
        rng = random.Random(number)
        for _ in range(_ASKED):
            slot = rng.randrange(rows)
            with Timer() as proved, ledger.read() as archive:
                receipt = receipt_from_archive(archive, ledger.chain, done.height, "row", 0, slot)
            with Timer() as verified:
                page = verify_receipt(Receipt(*_fields(receipt)), trusted).page
                assert page is not None
                assert page.row(slot)["amount"] == plans.SHARE
            proving.append(proved.seconds)
            verifying.append(verified.seconds)
        return Outcome(timer.seconds, plans.stored_pages(ledger, done.height, _PAGE), proving, verifying)

    def close(self) -> None:
        self._ledger.close()


def _fields(receipt: Receipt) -> tuple[bytes, int, bytes, tuple[bytes, ...], tuple[object, ...]]:
    """The receipt as its file would hand it over."""
    from mutualchain.record.receipt import parse_receipt

    parsed = parse_receipt(receipt.to_bytes())
    return parsed.checkpoint, parsed.height, parsed.block, parsed.proof, parsed.subject


@dataclass
class _Contender:
    name: str
    work: Callable[[Path, int], Outcome]
    rows: int


def _measure(run: Run, contender: _Contender, runs: int, ours: float | None) -> float | None:
    report = run.report
    report.section(f"peers: {contender.name}, {contender.rows:,} rows")
    outcomes: list[Outcome] = []
    for number in range(runs):
        run.progress(f"{contender.name}: run {number + 1} of {runs}")
        with run.folder() as folder:
            try:
                outcomes.append(contender.work(folder, contender.rows))
            except Unavailable as reason:
                run.progress("")
                report.note(f"skipped: {reason}")
                return None
    run.progress("")
    rates = [contender.rows / outcome.seconds for outcome in outcomes]
    report.figure("time for all rows, durable and signed", [outcome.seconds for outcome in outcomes], "s")
    middle = report.figure("rows recorded", rates, "rows/s")
    report.figure("on disk, a row", [outcome.stored / contender.rows for outcome in outcomes], "bytes")
    proving = report.figure("proving one row", [one for item in outcomes for one in item.proving], "s")
    verifying = report.figure("verifying it", [one for item in outcomes for one in item.verifying], "s")
    if ours is not None:
        report.figure("mutualchain's rows a second, times this", ours / middle, "times")
    report.note(f"one row proved and verified in {shown(proving + verifying, 's')}")
    return middle


def run(run: Run) -> None:
    options = run.options
    rows = (options.rows or numbers("50K" if options.quick else "1M"))[0]
    slow = (options.slow_rows or numbers("10K" if options.quick else "100K"))[0]
    runs = options.runs or (1 if options.quick else 3)
    with run.folder() as folder:
        mutualchain = _Mutualchain(folder, rows)
        try:
            ours = _measure(run, _Contender("mutualchain, open_round and settle_round", mutualchain, rows), runs, None)
        finally:
            mutualchain.close()
    for contender in (
        _Contender("a hash-chained table in SQLite", sqlite, rows),
        _Contender("PostgreSQL, COPY and a Merkle tree", postgres, rows),
        _Contender("auditchain", auditchain, min(slow, rows)),
    ):
        _measure(run, contender, runs, ours)
    if slow < rows:
        run.report.note(
            f"auditchain was given {slow:,} rows instead of {rows:,}: its proofs read the whole log every time"
        )


if __name__ == "__main__":
    sys.exit(run_module("peers", __doc__, run, add_options))
