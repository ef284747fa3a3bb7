"""Sessions as somebody would have them, in transcripts/*.txt: run again with fixed keys and clock, and compared.

``UPDATE_TRANSCRIPTS=1 python -m pytest tests/cli/test_transcripts.py`` writes them again. Lines that begin with "$" are
commands; "#" does something to a file, see ACTIONS, or lets days pass.
"""

from __future__ import annotations

import itertools
import os
import re
import shlex
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from mutualchain.archive.auditor_key import WEAK_FOR_TESTS
from tests.cli.harness import START, call, members_csv, ticking

FOLDER = Path(__file__).parent / "transcripts"
SESSIONS = sorted(FOLDER.glob("*.txt"))
UPDATE = os.environ.get("UPDATE_TRANSCRIPTS") == "1"


def _flip(name: str = "my-record.mcr") -> None:
    path = Path(name)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAYS = re.compile(r"# (\d+) days? pass(?:es)?")
FACTS = """{"cause": "illness", "group": "critical", "disease": "C50", "diagnosed_day": "2026-11-15",
 "birth_day": "1984-05-01", "name": "李*", "hospital": "某市第一医院", "region": "某市"}
"""
ACTIONS: dict[str, Callable[[], object]] = {
    "# members.csv has nine members": lambda: Path("members.csv").write_text(members_csv(9), encoding="utf-8"),
    "# payments.csv has three payments": lambda: Path("payments.csv").write_text(
        "slot,amount\n0,5\n3,2.50\n4,1\n", encoding="utf-8"
    ),
    "# wrong.csv has two wrong rows": lambda: Path("wrong.csv").write_text(
        "slot,amount\n0,5.001\nfour,1\n", encoding="utf-8"
    ),
    "# case-1.zip is the case file": lambda: Path("case-1.zip").write_bytes(b"a case, and something random"),
    "# one byte of my-record.mcr is changed": _flip,
    "# one byte of case.mcd is changed": partial(_flip, "case.mcd"),
    "# facts.json has the facts of her case": lambda: Path("facts.json").write_text(FACTS, encoding="utf-8"),
    "# letter.txt says why": lambda: Path("letter.txt").write_text("I know him.\n", encoding="utf-8"),
    "# our-ledger and its keys are copied to hidden": lambda: [
        shutil.copytree(f"our-ledger{part}", f"hidden{part}") for part in ("", "-keys")
    ],
}


def _later(tick: Callable[[], int], days: int) -> int:
    return tick() + days * 86_400_000


def seeds() -> Callable[..., bytes]:
    count = itertools.count(1)
    return lambda *_: next(count).to_bytes(32, "big")


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_a_session_runs_as_written(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUTUALCHAIN_PINS", str(tmp_path / "pins"))
    monkeypatch.setattr("mutualchain.ledger.keys.new_seed", seeds())
    monkeypatch.setattr("mutualchain.cli.passport.new_seed", seeds())
    monkeypatch.setattr("mutualchain.cli.auditor.new_seed", seeds())
    monkeypatch.setattr("mutualchain.archive.auditor_key.MODERATE", WEAK_FOR_TESTS)
    monkeypatch.setenv("MUTUALCHAIN_AUDITOR_PASSPHRASE", "a passphrase")
    monkeypatch.setattr("mutualchain.ledger.writer.os", SimpleNamespace(urandom=seeds()))
    monkeypatch.setattr("mutualchain.cli.case_facts.os", SimpleNamespace(urandom=seeds()))
    monkeypatch.setattr("mutualchain.cli.case_mask.os", SimpleNamespace(urandom=seeds()))
    days, tick = 0, ticking(START)
    written = path.read_text(encoding="utf-8")
    found: list[str] = []
    for line in written.replace("\\\n", "\\\\n").splitlines():
        if passing := DAYS.fullmatch(line):
            days += int(passing[1])
            found.append(line)
        elif line in ACTIONS:
            ACTIONS[line]()
            found.append(line)
        elif line.startswith("$ "):
            command = line.replace("\\\\n", "\\\n")
            words = shlex.split(command.replace("\\\n", " "))[2:]
            result = call(*words, clock=partial(_later, tick, days))
            output = (result.err + result.out).replace(str(tmp_path), "/home/she")
            output = re.sub(r"\d+\.\d s$", "0.0 s", output, flags=re.MULTILINE)
            output = re.sub(r'"seconds": [\d.e-]+', '"seconds": 0.0', output)
            found += [command, *output.splitlines(), *([f"[exit code {result.code}]"] if result.code else []), ""]
    text = "\n".join(found).rstrip("\n") + "\n"
    if UPDATE:
        path.write_text(text, encoding="utf-8")
    assert text == written


def test_there_are_sessions() -> None:
    found = {path.stem for path in SESSIONS}
    assert found == {"auditor", "case", "disclosure", "errors", "member", "operator", "published", "trust", "watcher"}
