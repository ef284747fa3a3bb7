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
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from mutualchain.archive.auditor_key import WEAK_FOR_TESTS
from mutualchain.cli import schemas
from tests.cli.harness import START, call, members_csv, ticking

FOLDER = Path(__file__).parent / "transcripts"
SESSIONS = sorted(FOLDER.glob("*.txt"))
UPDATE = os.environ.get("UPDATE_TRANSCRIPTS") == "1"


def _flip(name: str = "my-record.mcr") -> None:
    path = Path(name)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _beginning(name: str) -> str:
    """The first lines of a file, which stand in the session."""
    return "\n".join(Path(name).read_text(encoding="utf-8").splitlines()[:3]) + "\n"


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
    "# one byte of diagnosed.mco is changed": partial(_flip, "diagnosed.mco"),
    "# notices.csv begins like this": partial(_beginning, "notices.csv"),
    "# notices.jsonl begins like this": partial(_beginning, "notices.jsonl"),
    "# ours.csv begins like this": partial(_beginning, "ours.csv"),
    "# ours.toml has a sentence of our own": lambda: Path("ours.toml").write_text(
        '[what]\npaid = "{title}: {amount} for {cases}. Thank you!"\n', encoding="utf-8"
    ),
    "# ours.toml has a wrong sentence": lambda: Path("ours.toml").write_text(
        '[advice]\nlow = "Only {left} is left."\n', encoding="utf-8"
    ),
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
    monkeypatch.setenv("MUTUALCHAIN_INTAKE_PASSPHRASE", "a passphrase")
    monkeypatch.setattr("mutualchain.cli.intake.new_seed", seeds())
    monkeypatch.setattr("mutualchain.cli.joining.os", SimpleNamespace(urandom=seeds()))
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
            done = ACTIONS[line]()
            found += [line, *(done.splitlines() if isinstance(done, str) else ())]
        elif line.startswith("$ "):
            command = line.replace("\\\\n", "\\\n")
            words = shlex.split(command.replace("\\\n", " "))[2:]
            result = call(*words, clock=partial(_later, tick, days))
            output = (result.err + result.out).replace(str(tmp_path), "/home/she")
            output = re.sub(r"\b\d+\.\d+ s\b", "0.0 s", output)
            output = re.sub(r'"seconds": [\d.e-]+', '"seconds": 0.0', output)
            found += [command, *output.splitlines(), *([f"[exit code {result.code}]"] if result.code else []), ""]
    text = "\n".join(found).rstrip("\n") + "\n"
    if UPDATE:
        assert ended_otherwise(written, text) == [], (
            "a name in a command is stale, or the command broke: see to it first"
        )
        path.write_text(text, encoding="utf-8")
    assert text == written


WRITES = {tuple(words.split()) for words in schemas.SHARED["written"].split("|")}
MORE = {("init",), ("plan", "create"), ("round", "open"), ("record",), ("publish",), ("backup",), ("restore",)}


def ended_otherwise(before: str, after: str) -> list[str]:
    """Commands of a session that end with another exit code than they did; new ones, without output, are left out."""
    pairs = zip(steps(before), steps(after), strict=True)
    code = re.compile(r"^\[exit code (\d+)\]$", re.MULTILINE)
    return [" ".join(new) for (_, old), (new, now) in pairs if old.strip() and code.findall(old) != code.findall(now)]


def test_a_command_that_ends_otherwise_is_noticed() -> None:
    before = "$ mutualchain a\nx\n\n$ mutualchain b\ny\n[exit code 1]\n\n$ mutualchain c\n"
    after = (
        "$ mutualchain a\nx\n[exit code 2]\n\n$ mutualchain b\nz\n[exit code 1]\n\n$ mutualchain c\nz\n[exit code 1]\n"
    )
    assert ended_otherwise(before, after) == ["a"]


def steps(text: str) -> Iterator[tuple[list[str], str]]:
    """Each command of a session, and what came of it."""
    text = text.replace("\\\n", " ")
    for part in re.split(r"^\$ (?=mutualchain )", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield shlex.split(command)[1:], output


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_every_step_says_what_comes_next(path: Path) -> None:
    """What somebody writes ends with a command to go on with, in every session."""
    for words, output in steps(path.read_text(encoding="utf-8")):
        wrote = any(tuple(words[:size]) in WRITES | MORE for size in (1, 2, 3))
        if wrote and not {"--json", "--message", "-"} & set(words) and "[exit code" not in output:
            assert re.search(r"^\S.*[:：]\n  mutualchain ", output, re.MULTILINE), words


def test_there_are_sessions() -> None:
    found = {path.stem for path in SESSIONS}
    assert found == {
        "auditor",
        "case",
        "disclosure",
        "errors",
        "handout",
        "member",
        "operator",
        "privacy",
        "published",
        "trust",
        "watcher",
    }
