"""Several processes: a second writer is refused, readers get along with a writer, signals and pipes end quietly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.harness import PLAN, Small, done, refused
from tests.project.tree import ROOT

ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT / "src"), "MUTUALCHAIN_LANG": "en"}
COMMAND = (sys.executable, "-m", "mutualchain")

WRITER = """
import sys
from pathlib import Path
from mutualchain import Ledger, OperatorKeys
folder = Path(sys.argv[1])
with Ledger.open(folder / "ledger", OperatorKeys.from_folder(folder / "ledger-keys")) as ledger:
    ledger.credit("critical-illness", 1, 100, reference="held")
    print("open", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def writer(small: Small) -> Iterator[int]:
    """Another process that has the ledger open for writing; its id."""
    program = [sys.executable, "-c", WRITER, str(small.folder)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        assert child.stdout.readline() == "open\n"
        try:
            yield child.pid
        finally:
            child.stdin.write("\n")
            child.stdin.flush()
            assert child.wait(20) == 0


def test_a_second_writer_is_refused_and_readers_are_not(small: Small, tmp_path: Path) -> None:
    with writer(small) as process:
        words = ("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "second")
        result = refused(*words, code="MC-111", exit_code=2)
        assert f"process {process}" in result.err
        assert done("status", small.ledger, "--json").value["plans"][0]["money"]["credits"] == 100
        assert done("audit", small.ledger).out.startswith("VERIFIED\n")
        done("record", small.ledger, PLAN, "--slot", 1, "-o", tmp_path / "one.mcr")
        done("backup", small.ledger, tmp_path / "kept")
    assert done("audit", tmp_path / "kept").out.startswith("VERIFIED\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(small: Small, tmp_path: Path) -> None:
    for path in (small.ledger, small.ledger / "store"):
        path.chmod(0o500)
    (small.ledger / "store" / "data.mdb").chmod(0o400)
    try:
        words = ("credit", small.ledger, PLAN, "--slot", 0, "--amount", "1", "--reference", "r")
        refused(*words, code="MC-110", exit_code=3)
        assert done("status", small.ledger).out
    finally:
        for path in (small.ledger, small.ledger / "store"):
            path.chmod(0o700)


def test_whoever_stops_reading_gets_no_traceback(template: Small) -> None:
    command = [*COMMAND, "explain", "--all"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.read(10)
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(20) == 141


def test_an_interrupt_ends_the_command_and_loses_nothing(tmp_path: Path) -> None:
    command = [*COMMAND, "demo", "--members", "6000000", "--keep", str(tmp_path / "kept")]
    # A shell's background jobs, and so this test among them, may have been told to ignore interrupts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    finally:
        signal.signal(signal.SIGINT, before)
    with child:
        deadline = time.monotonic() + 20
        while not (tmp_path / "kept" / "ledger.trust").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
        child.send_signal(signal.SIGINT)
        assert child.wait(20) == 130
        assert child.stderr is not None
        error = child.stderr.read()
    assert "Traceback" not in error
    assert error.endswith("What was acknowledged is recorded; nothing else is.\n")
    assert done("audit", tmp_path / "kept" / "ledger").out.startswith("VERIFIED\n")


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_terminal_that_knows_no_chinese_shows_no_traceback(encoding: str, template: Small) -> None:
    command = [*COMMAND, "verify-my-record", str(template.record), "--passport", str(template.passport), "--lang", "zh"]
    command += ["--max-age", "36500d"]
    environment = ENVIRONMENT | {"PYTHONIOENCODING": encoding}
    done_ = subprocess.run(command, capture_output=True, env=environment, timeout=30)
    assert (done_.returncode, done_.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("words", [(), ("--json",)], ids=["text", "json"])
def test_output_that_cannot_be_written_is_an_error_of_the_system(words: tuple[str, ...], template: Small) -> None:
    with open("/dev/full", "w") as full:
        command = [*COMMAND, "status", str(template.ledger), *words]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, timeout=30)
    assert result.returncode == 3
    assert result.stderr.startswith("MC-251: the operating system refused: No space left on device\n")
    assert "Traceback" not in result.stderr
