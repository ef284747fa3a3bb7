"""Sessions as somebody would have them, in transcripts/*.txt: run again with fixed keys and clock, and compared.

``UPDATE_TRANSCRIPTS=1 python -m pytest tests/cli/test_transcripts.py`` writes them again. Lines that begin with "$" are
commands; "#" does something to a file, see ACTIONS.
"""

from __future__ import annotations

import itertools
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.cli.harness import START, call, members_csv, ticking

FOLDER = Path(__file__).parent / "transcripts"
SESSIONS = sorted(FOLDER.glob("*.txt"))
UPDATE = os.environ.get("UPDATE_TRANSCRIPTS") == "1"


def _flip() -> None:
    path = Path("my-record.mcr")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


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
}


def seeds() -> Callable[..., bytes]:
    count = itertools.count(1)
    return lambda *_: next(count).to_bytes(32, "big")


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_a_session_runs_as_written(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mutualchain.ledger.keys.new_seed", seeds())
    monkeypatch.setattr("mutualchain.cli.passport.new_seed", seeds())
    monkeypatch.setattr("mutualchain.ledger.writer.os", SimpleNamespace(urandom=seeds()))
    clock = ticking(START)
    written = path.read_text(encoding="utf-8")
    found: list[str] = []
    for line in written.replace("\\\n", "\\\\n").splitlines():
        if line in ACTIONS:
            ACTIONS[line]()
            found.append(line)
        elif line.startswith("$ "):
            command = line.replace("\\\\n", "\\\n")
            words = shlex.split(command.replace("\\\n", " "))[2:]
            result = call(*words, clock=clock)
            output = (result.err + result.out).replace(str(tmp_path), "/home/she")
            output = re.sub(r"\d+\.\d s$", "0.0 s", output, flags=re.MULTILINE)
            output = re.sub(r'"seconds": [\d.e-]+', '"seconds": 0.0', output)
            found += [command, *output.splitlines(), *([f"[exit code {result.code}]"] if result.code else []), ""]
    text = "\n".join(found).rstrip("\n") + "\n"
    if UPDATE:
        path.write_text(text, encoding="utf-8")
    assert text == written


def test_there_are_sessions() -> None:
    assert {path.stem for path in SESSIONS} == {"auditor", "errors", "member", "operator"}
