"""The example of three platforms runs, and in every act the right people notice, with the evidence that there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

BOOKS = r"evidence, [\d,]+ bytes: The operator of kindred.example/{act} signed two (?:different )?books"
PROMISED = {
    "rewrites": [r"Ann's check: MC-029", r"Ann's check: MC-175", r"monitor: SPLIT:", BOOKS],
    "forks": [r"Bo's check: MC-029", r"compare their records: split", BOOKS, r"pointed at both places: .*split"],
    "truncates": [
        *(r"Ann's check: MC-174", r"monitor: ROLLBACK:", r"evidence: none"),
        *(r"Ann compares her receipt: split", BOOKS, r"monitor: SPLIT:", BOOKS),
    ],
    "freezes": [r"Ann's check: MC-173", r"monitor: STALE:", r"evidence: none"],
    "restores": [r"signs nothing: MC-225", r"monitor: SPLIT:", BOOKS, r"Ann's check: MC-175"],
}


@pytest.fixture(scope="module")
def acts(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the example printed, act by act."""
    done = subprocess.run(
        [sys.executable, str(root / "examples" / "mutual" / "run.py")],
        cwd=tmp_path_factory.mktemp("mutual"),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found = re.split(r"^Kindred (\w+)\. ", done.stdout, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


@pytest.mark.parametrize("act", PROMISED)
def test_who_notices_and_with_what_evidence(act: str, acts: dict[str, str]) -> None:
    at = 0
    for wanted in PROMISED[act]:
        found = re.compile(wanted.replace("{act}", act)).search(acts[act], at)
        assert found, f"{wanted} in\n{acts[act]}"
        at = found.start()


def test_every_act_is_played(acts: dict[str, str]) -> None:
    assert list(acts) == list(PROMISED)


def test_the_table_tells_of_the_same_acts(root: Path) -> None:
    table = (root / "examples" / "mutual" / "README.md").read_text(encoding="utf-8")
    assert [name for name in PROMISED if f"\n| {name}" not in table] == []
