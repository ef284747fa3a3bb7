"""compare, verify-evidence and monitor, as members and institutions use them against an operator with two books."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mutualchain.evidence.facts import FINDINGS
from mutualchain.record import frame
from mutualchain.tlog.trust import parse as parse_trust
from tests.cli.harness import LATER, PLAN, Small, call, check, done, refused, ticking
from tests.project.tree import ROOT


@dataclass(frozen=True)
class Two:
    """A ledger, and a copy of it that went on in another way: both published, with a record and a receipt of each."""

    folder: Path
    trust: Path

    def at(self, name: str) -> Path:
        return self.folder / name


def go_on(ledger: Small, name: str, folder: Path, *references: str) -> None:
    """New payments, a receipt for the first, a record, and everything published."""
    clock = ticking(LATER)
    for number, reference in enumerate(references):
        paying = ("--slot", 0, "--amount", "1", "--reference", reference)
        receipt = ("--receipt", folder / f"{name}.receipt") if not number else ()
        done("credit", ledger.ledger, PLAN, *paying, *receipt, clock=clock)
    done("record", ledger.ledger, PLAN, "--slot", 0, "-o", folder / f"{name}.mcr", clock=clock)
    done("publish", ledger.ledger, folder / name, clock=clock)


@pytest.fixture(scope="module")
def two(template: Small, tmp_path_factory: pytest.TempPathFactory) -> Two:
    folder = tmp_path_factory.mktemp("two")
    shown, hidden = template.copy(folder / "a"), template.copy(folder / "b")
    done("publish", template.ledger, folder / "before")
    go_on(shown, "shown", folder, "one", "two", "three")
    go_on(hidden, "hidden", folder, "other", "another")
    return Two(folder, template.trust)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def compared(two: Two, first: str, second: str, *more: object) -> tuple[int, str]:
    result = call("compare", two.at(first), two.at(second), "--trust", two.trust, *more, "--json")
    check(result.value, "compare")
    assert result.value["exit_code"] == result.code
    return result.code, result.value["relation"]


@pytest.mark.parametrize(
    ("first", "second", "code", "relation"),
    [
        ("shown", "shown", 0, "same"),
        ("shown.mcr", "shown", 0, "same"),
        ("before", "shown", 0, "extends"),
        ("shown.receipt", "shown", 0, "extends"),
        ("shown/checkpoint", "shown", 0, "same"),
        ("shown", "hidden", 4, "split"),
        ("hidden.mcr", "shown", 4, "split"),
        ("hidden.receipt", "shown", 4, "split"),
        ("hidden.receipt", "shown.receipt", 4, "split"),
        ("hidden/checkpoint", "shown.mcr", 4, "split"),
        ("shown.mcr", "before", 0, "extends"),
        ("hidden.receipt", "shown/checkpoint", 3, "cannot tell"),
    ],
)
@pytest.mark.usefixtures("here")
def test_two_books_are_compared(two: Two, first: str, second: str, code: int, relation: str) -> None:
    assert compared(two, first, second) == (code, relation)
    assert compared(two, second, first) == (code, relation)
    text = call("compare", two.at(first), two.at(second), "--trust", two.trust)
    assert text.code == code
    assert text.out.startswith(relation.upper())


def test_the_evidence_of_a_split_convicts_before_a_stranger(two: Two, here: Path) -> None:
    result = call("compare", two.at("hidden.receipt"), two.at("shown"), "--trust", two.trust, "-o", here / "split.mce")
    assert result.code == 4
    assert "The evidence is in" in result.out
    checked = call("verify-evidence", here / "split.mce", "--trust", two.trust)
    assert checked.code == 4
    assert checked.out.startswith("CONVICTED\nThe operator of example.org/mutual-aid signed two")
    passport = two.trust.with_name("my.passport")
    assert call("verify-evidence", here / "split.mce", "--passport", passport).out == checked.out
    refused("verify-evidence", here / "split.mce", code="MC-002", exit_code=2)
    machine = call("verify-evidence", here / "split.mce", "--trust", two.trust, "--json")
    check(machine.value, "verify-evidence")
    assert machine.value["verdict"] == "convicted"
    assert machine.value["evidence"]["convicted"][0]["role"] == "operator"
    assert {head["size"] for head in machine.value["evidence"]["heads"]} != set()


def test_a_conviction_in_chinese(two: Two, here: Path) -> None:
    call("compare", two.at("hidden"), two.at("shown"), "--trust", two.trust, "-o", here / "split.mce")
    shown = call("verify-evidence", here / "split.mce", "--trust", two.trust, "--lang", "zh").out
    assert shown.startswith("证据成立\nexample.org/mutual-aid 的运营方签署了两本互相矛盾的账")
    compared_zh = call("compare", two.at("hidden"), two.at("shown"), "--trust", two.trust, "--lang", "zh").out
    assert compared_zh.startswith("分叉")


def test_evidence_is_written_under_a_name_of_its_own_and_never_over_a_file(two: Two, here: Path) -> None:
    for _ in range(2):
        assert compared(two, "hidden", "shown")[0] == 4
    [file] = here.glob("evidence-*.mce")
    assert call("verify-evidence", file, "--trust", two.trust).code == 4
    refused("compare", two.at("hidden"), two.at("shown"), "--trust", two.trust, "-o", file, code="MC-004", exit_code=2)


def stranger(two: Two) -> bytes:
    """A trust file with another key for the same log."""
    from mutualchain.tlog.note import Signer

    origin = parse_trust(two.trust.read_bytes()).logs[0].key.name
    return f"log {Signer.from_seed(origin, b's' * 32).vkey}\nquorum none\n".encode()


def flipped(data: bytes) -> bytes:
    return data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]


@pytest.mark.parametrize(
    ("change", "verdict", "code", "error"),
    [
        (flipped, "not evidence", 1, "MC-013"),
        (lambda data: data[:-1], "could not check", 3, "MC-012"),
        (lambda data: b"", "could not check", 3, "MC-012"),
        (lambda data: frame.wrap(frame.EVIDENCE, [2]), "could not check", 3, "MC-014"),
        (lambda data: frame.wrap(frame.EVIDENCE, 1), "not evidence", 1, "MC-280"),
        (lambda data: _same(data), "not evidence", 1, "MC-281"),
    ],
)
def test_what_is_no_evidence_convicts_nobody(
    two: Two, here: Path, change: Callable[[bytes], bytes], verdict: str, code: int, error: str
) -> None:
    call("compare", two.at("hidden"), two.at("shown"), "--trust", two.trust, "-o", here / "split.mce")
    (here / "other.mce").write_bytes(change((here / "split.mce").read_bytes()))
    machine = call("verify-evidence", here / "other.mce", "--trust", two.trust, "--json")
    check(machine.value, "verify-evidence")
    value = machine.value
    assert (machine.code, value["verdict"], value["error"]["code"]) == (code, verdict, error)
    for language, shout in (("en", verdict.upper()), ("zh", "不构成证据" if code == 1 else "无法核验")):
        text = call("verify-evidence", here / "other.mce", "--trust", two.trust, "--lang", language)
        assert (text.code, text.out.partition("\n")[0]) == (code, shout)
        assert error in text.out


def _same(data: bytes) -> bytes:
    """The first of the two checkpoints twice."""
    value = frame.unwrap(frame.EVIDENCE, data)
    assert isinstance(value, tuple)
    return frame.wrap(frame.EVIDENCE, [1, "split", value[2], value[2], ["size"]])


def test_whom_the_trust_file_does_not_name_is_not_convicted(two: Two, here: Path) -> None:
    call("compare", two.at("hidden"), two.at("shown"), "--trust", two.trust, "-o", here / "split.mce")
    (here / "trust").write_bytes(stranger(two))
    result = call("verify-evidence", here / "split.mce", "--trust", here / "trust")
    assert result.code == 3
    assert "MC-023" in result.out


def test_books_of_another_log_are_refused(two: Two, here: Path) -> None:
    (here / "trust").write_bytes(stranger(two))
    refused("compare", two.at("shown"), two.at("hidden"), "--trust", here / "trust", code="MC-023", exit_code=3)
    refused("compare", two.at("shown"), here / "nowhere", "--trust", two.trust, code="MC-003", exit_code=3)
    refused("compare", two.at("shown"), "ftp://x", "--trust", two.trust, code="MC-002", exit_code=2)


def test_every_finding_can_be_said_in_chinese() -> None:
    from mutualchain.cli.texts_zh import TEXTS

    assert set(FINDINGS.values()) <= set(TEXTS)


# --- monitor --------------------------------------------------------------------------------------


def monitored(two: Two, *words: object) -> tuple[int, list[str]]:
    result = call("monitor", *words, "--trust", two.trust, "--once", "--json", clock=lambda: LATER + 200_000)
    check(result.value, "monitor")
    assert result.code == result.value["exit_code"]
    return result.code, [alarm["kind"] for alarm in result.value["alarms"]]


def test_a_ledger_is_watched_from_call_to_call(two: Two, here: Path) -> None:
    watching = (two.at("before"), "--state", here / "state.json")
    assert monitored(two, *watching) == (0, [])
    assert monitored(two, two.at("shown"), *watching) == (0, [])
    assert monitored(two, two.at("hidden"), *watching) == (0, [])
    assert monitored(two, two.at("shown"), *watching) == (4, ["split"])
    [file] = here.glob("evidence-*.mce")
    assert call("verify-evidence", file, "--trust", two.trust).code == 4


def test_a_look_as_text(two: Two, here: Path) -> None:
    result = call("monitor", two.at("shown"), two.at("hidden"), "--trust", two.trust, "--once")
    assert result.code == 4
    assert "blocks of example.org/mutual-aid" in result.out
    assert "SPLIT VIEW at " in result.out
    quiet = done("monitor", two.at("shown"), "--trust", two.trust, "--once", clock=lambda: LATER + 200_000)
    assert "No alarm." in quiet.out
    assert [path.suffix for path in here.iterdir()] == [".mce"]


def test_age_is_asked_for_where_it_is_wanted(two: Two) -> None:
    assert monitored(two, two.at("shown"), "--max-age", "1h") == (0, [])
    assert monitored(two, two.at("shown"), "--max-age", "10s") == (3, ["stale"])


def test_a_hook_that_fails_is_no_success(two: Two, here: Path) -> None:
    hook = ("--hook", f"{sys.executable} -c 'raise SystemExit(1)'")
    result = call("monitor", two.at("shown"), "--trust", two.trust, "--once", "--max-age", "10s", *hook)
    assert result.code == 3
    assert "note: the hook ended with exit code 1" in result.err
    refused("monitor", here, "--trust", two.trust, "--once", "--hook", "'", code="MC-002", exit_code=2)
    refused("monitor", here, "--trust", two.trust, "--once", "--every", "soon", code="MC-002", exit_code=2)


def test_a_monitor_in_a_process_of_its_own_ends_with_its_verdict(two: Two, here: Path) -> None:
    command = [sys.executable, "-m", "mutualchain", "monitor", str(two.at("shown")), str(two.at("hidden"))]
    command += ["--trust", str(two.trust), "--state", "state.json", "--every", "1s", "--json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(command, cwd=here, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        rest = [json.loads(line) for line in process.stdout.read().splitlines()]
        assert process.wait(timeout=30) == 4
    for value in (first, *rest):
        check(value, "monitor")
    assert [event["event"] for event in first["events"]] == ["grew", "grew", "alarm"]
    assert all(not value["events"] for value in rest)


def test_evidence_is_shown_readably_and_unchecked(two: Two, here: Path) -> None:
    call("compare", two.at("hidden"), two.at("shown"), "--trust", two.trust, "-o", here / "split.mce")
    shown = done("show", here / "split.mce")
    assert "the larger one begins otherwise" in " ".join(shown.out.split())
    assert "Nothing of this was checked" in shown.out
    value = done("show", here / "split.mce", "--json").value
    check(value, "show")
    assert value["kind"] == "evidence"
    assert {"blocks", "other blocks"} <= set(value["says"])
