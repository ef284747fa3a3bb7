"""What all benchmarks share: sizes, repeated timings, memory, and a report as text and as JSON.

A figure is measured several times; the median and the range are shown. Where there is a physical floor, it is
measured in the same run, right beside the thing itself, so that a slow or busy machine slows both.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import platform
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

__all__ = [
    "PeakMemory",
    "Report",
    "Run",
    "Timer",
    "add_common",
    "numbers",
    "run_module",
    "shown",
]


def shown(value: float, unit: str) -> str:
    """A number for people: three digits that matter, with a unit they know."""
    if unit == "s":
        for scale, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
            if abs(value) >= scale:
                return f"{_digits(value / scale)} {name}"
        return f"{_digits(value / 1e-6)} us"
    if unit == "bytes":
        for scale, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
            if abs(value) >= scale:
                return f"{_digits(value / scale)} {name}"
        return f"{_digits(value)} bytes"
    if unit.endswith("/s"):
        for scale, name in ((1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
            if abs(value) >= scale:
                return f"{_digits(value / scale)}{name} {unit}"
    return f"{_digits(value)} {unit}".rstrip()


def _digits(value: float) -> str:
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


@dataclass
class Figure:
    """One measured thing; ``samples`` are its runs."""

    section: str
    name: str
    unit: str
    samples: list[float]
    target: float | None = None
    at_least: bool = True

    @property
    def middle(self) -> float:
        return median(self.samples)

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return self.middle >= self.target if self.at_least else self.middle <= self.target

    def line(self) -> str:
        text = f"  {self.name:<46} {shown(self.middle, self.unit):>22}"
        if len(self.samples) > 1:
            low, high = shown(min(self.samples), self.unit), shown(max(self.samples), self.unit)
            text += f"   ({low} to {high}, {len(self.samples)} runs)"
        if self.target is not None:
            bound = "at least" if self.at_least else "at most"
            text += f"   [wanted: {bound} {shown(self.target, self.unit)}: {'met' if self.met else 'MISSED'}]"
        return text


@dataclass
class Report:
    """Collects figures and prints each as soon as it is known."""

    quiet: bool = False
    figures: list[Figure] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    _section: str = ""

    def section(self, title: str) -> None:
        self._section = title
        self._say(f"\n{title}")

    def figure(
        self,
        name: str,
        samples: Sequence[float] | float,
        unit: str,
        *,
        target: float | None = None,
        at_least: bool = True,
    ) -> float:
        """Record a figure and return its median."""
        values = [float(samples)] if isinstance(samples, int | float) else [float(value) for value in samples]
        figure = Figure(self._section, name, unit, values, target, at_least)
        self.figures.append(figure)
        self._say(figure.line())
        return figure.middle

    def note(self, text: str) -> None:
        """A sentence that belongs to the figures: what was scaled, what was skipped and why."""
        self.notes.append((self._section, text))
        self._say(f"  {text}")

    def _say(self, text: str) -> None:
        if not self.quiet:
            print(text, flush=True)

    def to_json(self) -> dict[str, Any]:
        return {
            "machine": machine(),
            "figures": [
                {
                    "section": item.section,
                    "name": item.name,
                    "unit": item.unit,
                    "median": item.middle,
                    "min": min(item.samples),
                    "max": max(item.samples),
                    "runs": len(item.samples),
                    "wanted": item.target,
                    "met": item.met,
                }
                for item in self.figures
            ],
            "notes": [{"section": section, "text": text} for section, text in self.notes],
        }


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "processors": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


@dataclass
class Run:
    """One benchmark's run: its options, its report, and a folder that is removed afterwards."""

    options: argparse.Namespace
    report: Report
    _parent: str | None

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A new folder on the disk that is measured."""
        path = Path(tempfile.mkdtemp(prefix="mutualchain-bench-", dir=self._parent))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def progress(self, text: str) -> None:
        """Where it stands, for somebody who watches; silent otherwise."""
        if sys.stderr.isatty():
            print(f"\r\x1b[2K{text}" if text else "\r\x1b[2K", end="", file=sys.stderr, flush=True)


class Timer:
    """``with Timer() as timer: ...`` then ``timer.seconds``, and ``timer.cpu``: this process's processor time."""

    seconds = 0.0
    cpu = 0.0

    def __enter__(self) -> Timer:
        self._cpu, self._start = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds, self.cpu = time.perf_counter() - self._start, time.process_time() - self._cpu


def give_back() -> None:
    """Return to the system what earlier work freed (glibc keeps it), so that it is not counted as in use."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class PeakMemory:
    """The most private memory (RssAnon) while the block ran, sampled; pages of mapped files do not count.

    ``before`` and ``peak`` are bytes; both 0 where the system does not tell.
    """

    def __init__(self, interval: float = 0.01) -> None:
        self._interval = interval
        self._stop = threading.Event()
        self.before = self.peak = 0

    @staticmethod
    def now() -> int:
        try:
            with open("/proc/self/status", "rb") as file:
                for line in file:
                    if line.startswith(b"RssAnon:"):
                        return int(line.split()[1]) * 1024
        except OSError:
            pass
        return 0

    def _watch(self) -> None:
        while not self._stop.wait(self._interval):
            self.peak = max(self.peak, self.now())

    def __enter__(self) -> PeakMemory:
        give_back()
        self.before = self.peak = self.now()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.peak = max(self.peak, self.now())


def numbers(text: str) -> list[int]:
    """``5000000,20_000_000,100M`` as a list."""
    found = []
    for part in text.split(","):
        part = part.strip().upper().replace("_", "")
        scale = {"K": 1_000, "M": 1_000_000}.get(part[-1:], 1)
        found.append(round(float(part[:-1]) * scale) if scale > 1 else int(part))
    return found


def add_common(parser: argparse.ArgumentParser) -> None:
    """Options that every benchmark has."""
    parser.add_argument("--quick", action="store_true", help="small sizes and few runs: a look, not a measurement")
    parser.add_argument("--full", action="store_true", help="the largest sizes too")
    parser.add_argument("--runs", type=int, default=None, help="runs of each figure")
    parser.add_argument("--dir", default=None, help="where temporary folders go: the disk that is measured")
    parser.add_argument("--json", default=None, metavar="FILE", help="write the figures to FILE as well")


Body = Callable[[Run], None]


def run_all(benchmarks: Sequence[tuple[str, Body]], options: argparse.Namespace) -> Report:
    """Run them one after the other and write the JSON file if one was asked for."""
    report = Report()
    about = machine()
    print(
        f"{about['system']}, {about['processors']} processors, {shown(about['memory_bytes'], 'bytes')} of memory, "
        f"Python {about['python']}"
    )
    for name, body in benchmarks:
        run = Run(options, report, options.dir)
        with Timer() as timer:
            body(run)
        run.progress("")
        print(f"  ({name} took {shown(timer.seconds, 's')})", flush=True)
    if options.json:
        Path(options.json).write_text(
            json.dumps(report.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    return report


def run_module(
    name: str,
    summary: str | None,
    body: Body,
    add_options: Callable[[argparse.ArgumentParser], None],
    arguments: Sequence[str] | None = None,
) -> int:
    """The command line of one benchmark's module."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=summary)
    add_common(parser)
    add_options(parser)
    run_all([(name, body)], parser.parse_args(arguments))
    return 0
