"""What a platform hands out after a round: everybody's record and everybody's notice, written from end to end."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

from mutualchain.cli.app import App
from mutualchain.cli.app import run as command

from . import plans
from .floor import durable_write
from .harness import Run, Timer, numbers, run_module, shown

RECORDS = 2_000.0
YEAR = 24


def add_options(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--handed", type=numbers, default=None, help="members of the plan, ascending (5M)")
    parser.add_argument("--records", type=int, default=None, help="records written in a run (40,000)")


def _called(*words: object) -> None:
    """Run a command as `mutualchain` does, in this process."""
    with redirect_stdout(io.StringIO()) as out:
        code = command([str(word) for word in words], App())
    if code:
        raise RuntimeError(out.getvalue())


def _size(path: Path) -> int:
    return (
        sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) if path.is_dir() else path.stat().st_size
    )


def _written(run: Run, name: str, unit: str, runs: int, each: Callable[[int, Path], int], target: float | None) -> None:
    """``each(number, path)`` writes one run's output to ``path`` and returns how many there are in it."""
    rates, ratios, sizes, worked = [], [], [], []
    with run.folder() as folder:
        for number in range(runs):
            path = folder / str(number)
            with Timer() as timer:
                count = each(number, path)
            size = _size(path)
            floor = durable_write(folder, size)
            rates.append(count / timer.seconds)
            worked.append(count / timer.cpu)
            ratios.append(timer.seconds / floor)
            sizes.append(size / count)
    run.report.figure(name, rates, unit, target=target)
    run.report.figure("the same, a second of processor time", worked, unit)
    run.report.figure("bytes of each", sizes, "bytes")
    run.report.figure("times one durable write of the same bytes", ratios, "")


def run(run: Run) -> None:
    options = run.options
    sizes = options.handed or numbers("100K" if options.quick else "5M")
    count = options.records or (5_000 if options.quick else 40_000)
    runs = options.runs or 5
    with run.folder() as folder:
        for at, size in enumerate(sizes):
            place = folder / str(at)
            place.mkdir()
            with plans.new_ledger(place) as ledger, Timer() as timer:
                plans.enrol(ledger, size, odd=0.02, said=lambda done: run.progress(f"enrolled {done:,}"))
                for number in range(YEAR):
                    run.progress(f"{size:,} slots: round {number + 1}")
                    plans.settle_once(ledger, str(number))
            run.progress("")
            _handed_out(run, place / "ledger", size, min(count, size), runs)
            run.report.note(f"set-up, not counted: {YEAR} rounds settled in {shown(timer.seconds, 's')}")


def _handed_out(run: Run, ledger: Path, size: int, count: int, runs: int) -> None:
    run.report.section(f"handout: {size:,} members, {YEAR} rounds")
    firsts = np.linspace(0, size - count, runs).astype(int).tolist()

    def records(number: int, path: Path) -> int:
        first = firsts[number]
        _called("records", ledger, plans.PLAN, path, "--first", first, "--last", first + count - 1)
        return count

    def archive(number: int, path: Path) -> int:
        first, tar = firsts[number], path.with_suffix(".tar")
        _called("records", ledger, plans.PLAN, tar, "--first", first, "--last", first + count - 1)
        tar.rename(path)
        return count

    def notices(number: int, path: Path) -> int:
        _called("notices", ledger, plans.PLAN, path, "--lang", ("en", "zh")[number % 2])
        return size

    _written(run, "records as files", "records/s", runs, records, RECORDS)
    _written(run, "records as an archive", "records/s", runs, archive, RECORDS)
    _written(run, "notices of the last round", "notices/s", runs, notices, None)


if __name__ == "__main__":
    import sys

    sys.exit(run_module("handout", __doc__, run, add_options))
