"""Completion: a script for each shell, and what the Tab key offers, without loading what nobody asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mutualchain.cli.completion import SHELLS
from mutualchain.cli.group import SECTIONS
from tests.cli.harness import check, done, refused
from tests.project.tree import ROOT

COMMANDS = [name for section in SECTIONS.values() for name in section]


def offered(*words: str, show: str = "") -> list[str]:
    """What the shell would be offered after these words; ``show`` is run afterwards."""
    program = (
        "import sys; from mutualchain.cli.app import run\n"
        "try: code = run([])\n"
        "finally: print(*sorted({'numpy', 'lmdb', 'rich', 'nacl'} & {name.split('.')[0] for name in sys.modules}), "
        "file=sys.stderr)"
    )
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "src"),
        "_MUTUALCHAIN_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("mutualchain", *words)),
        "COMP_CWORD": str(len(words)),
    }
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert run.stderr.split() == [], run.stderr
    return [line.partition(",")[2] for line in run.stdout.splitlines()]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script_of_its_own(shell: str, tmp_path: Path) -> None:
    script = done("completion", shell).out
    value = done("completion", shell, "--json").value
    check(value, "completion")
    assert value["script"].split() == script.split()
    assert "_MUTUALCHAIN_COMPLETE" in script
    found = shutil.which(shell)
    if found is not None:
        (tmp_path / "script").write_text(script, encoding="utf-8")
        subprocess.run([found, "-n", tmp_path / "script"], check=True, capture_output=True, timeout=60)


def test_another_shell_is_refused() -> None:
    refused("completion", "tcsh", code="MC-002", exit_code=2)


def test_commands_are_offered_without_loading_them() -> None:
    assert offered("") == COMMANDS
    assert offered("verify") == [name for name in COMMANDS if name.startswith("verify")]


def test_options_of_the_root_and_of_a_command_are_offered() -> None:
    assert "--debug" in offered("--")
    assert {"--passport", "--pins", "--no-pin", "--published"} <= set(offered("verify-my-record", "--"))


def test_commands_of_a_group_are_offered() -> None:
    assert "new" in offered("passport", "")
