"""Every benchmark runs at a tiny size and prints figures; whether they are good is nobody's business here."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks import harness
from benchmarks.__main__ import NAMES

TINY = {
    "settle": ["--slots", "2000,4000", "--runs", "2"],
    "enrol": ["--existing", "0,1000", "--batch", "500", "--runs", "2"],
    "events": ["--members", "1000", "--threads", "4", "--each", "3", "--round", "2000", "--runs", "1"],
    "year": ["--year-members", "2000", "--year-cases", "2"],
    "audit": ["--members-audited", "2000", "--charges", "2", "--runs", "1"],
    "proofs": ["--plan", "2000", "--proofs", "10", "--runs", "2", "--quick"],
    "publish": ["--published", "3000", "--runs", "2"],
    "handout": ["--handed", "3000", "--records", "1500", "--runs", "2"],
    "disclosures": ["--disclosed", "3000", "--cases", "3", "--runs", "1"],
    "peers": ["--rows", "600", "--slow-rows", "300", "--runs", "1"],
}
SHOWN = {
    "settle": "rows settled",
    "enrol": "members enrolled",
    "events": "longest wait of an event meanwhile",
    "year": "a year, by advance alone",
    "audit": "charge rows a second of processor time",
    "proofs": "page proofs of one charge sheet",
    "publish": "publishing a round",
    "handout": "records as files",
    "disclosures": "all cases of a round, made",
    "peers": "rows recorded",
}


def test_every_benchmark_is_tried_here() -> None:
    assert sorted(TINY) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_and_prints_figures(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = import_module(f"benchmarks.{name}")
    work = tmp_path / "work"
    work.mkdir()
    file = tmp_path / "figures.json"
    arguments = [*TINY[name], "--dir", str(work), "--json", str(file)]
    assert harness.run_module(name, module.__doc__, module.run, module.add_options, arguments) == 0
    out = capsys.readouterr().out
    figures = json.loads(file.read_text())["figures"]
    if "skipped: there is no mutualchain.audit" not in out:
        assert SHOWN[name] in out
        assert [item for item in figures if item["name"] == SHOWN[name]]
    assert all(item["min"] <= item["median"] <= item["max"] for item in figures)
    assert list(work.iterdir()) == [], "temporary folders are left over"


def test_all_options_get_along_in_one_command() -> None:
    parser = argparse.ArgumentParser()
    harness.add_common(parser)
    for name in NAMES:
        import_module(f"benchmarks.{name}").add_options(parser.add_argument_group(name))
    assert parser.parse_args(["--quick"]).quick


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, "s", "12.3 ms"),
        (2.5e-6, "s", "2.50 us"),
        (1.5, "s", "1.50 s"),
        (45_200_000, "rows/s", "45.2 million rows/s"),
        (300, "bytes", "300 bytes"),
        (2_500_000, "bytes", "2.50 MB"),
        (3.25, "", "3.25"),
    ],
)
def test_numbers_are_shown_for_people(value: float, unit: str, text: str) -> None:
    assert harness.shown(value, unit) == text


@pytest.mark.parametrize(
    ("text", "found"), [("5M,20M", [5_000_000, 20_000_000]), ("1_000", [1000]), ("0,2.5K", [0, 2500])]
)
def test_sizes_are_read(text: str, found: list[int]) -> None:
    assert harness.numbers(text) == found


def test_the_median_is_compared_with_what_is_wanted() -> None:
    report = harness.Report(quiet=True)
    report.section("s")
    report.figure("more is better", [3.0, 1.0, 2.0], "", target=2.0)
    report.figure("less is better", [3.0, 1.0, 4.0], "", target=2.0, at_least=False)
    assert [item["met"] for item in report.to_json()["figures"]] == [True, False]


@pytest.fixture(autouse=True)
def _no_threads_left() -> Iterator[None]:
    yield
    import threading

    assert [thread.name for thread in threading.enumerate() if not thread.daemon] == ["MainThread"]
