"""Both READMEs are followed from top to bottom, as somebody would who has nothing else, and carry the same commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.test_docs import FENCE
from tests.project.tree import ROOT

LANGUAGES = {"README.md": "en", "README.zh-CN.md": "zh"}
ELSEWHERE = re.compile(r"make |export PATH|cd ")
"""What sets the machine up."""


def commands(name: str) -> list[str]:
    """The commands in the console blocks of a README, those of several lines whole."""
    found: list[str] = []
    for fence in FENCE.finditer((ROOT / name).read_text(encoding="utf-8")):
        if fence["kind"] == "console":
            for line in fence["body"].splitlines():
                if line.startswith("$ "):
                    found.append(line[2:])
                else:
                    found[-1] += "\n" + line
    return found


def test_both_readmes_carry_the_same_commands() -> None:
    english, chinese = (
        [re.sub(r' --lang zh|"(?:大病互助|Critical illness)"', "", line) for line in commands(name)]
        for name in LANGUAGES
    )
    assert english == chinese


@pytest.mark.slow
@pytest.mark.parametrize("name", LANGUAGES)
def test_a_readme_can_be_followed(name: str, tmp_path: Path) -> None:
    """Every command succeeds; CASE is the name that the approval prints."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MUTUALCHAIN_")}
    environment |= {"PYTHONPATH": str(ROOT / "src"), "MUTUALCHAIN_LANG": LANGUAGES[name], "PYTHONUTF8": "1"}
    environment |= {"MUTUALCHAIN_INTAKE_PASSPHRASE": "a passphrase", "MUTUALCHAIN_PINS": str(tmp_path / "pins")}
    case, shown = "", ""
    for line in commands(name):
        if ELSEWHERE.match(line):
            continue
        script = line.replace(" CASE ", f" {case} ").replace(
            "simulate covenant.toml", "simulate covenant.toml --years 1"
        )
        script = re.sub(r"^mutualchain", f"{sys.executable} -m mutualchain", script)
        run = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert run.returncode == 0, line + "\n" + run.stderr + run.stdout
        assert run.stderr == "", line
        found = re.search(r"[0-9a-f]{64}", run.stdout)
        case = found[0] if found and "case approve" in line else case
        shown += run.stdout
    assert {"en": "VERIFIED", "zh": "核验通过"}[LANGUAGES[name]] in shown
