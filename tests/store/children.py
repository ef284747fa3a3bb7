"""Other processes for the tests: Python snippets run by a fresh interpreter, talked to through pipes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
PRELUDE = """
import os, sys
from pathlib import Path
from mutualchain.errors import MutualchainError
from mutualchain.store import LmdbStore
folder = Path(sys.argv[1])
def say(text):
    sys.stdout.write(f"{text}\\n")
    sys.stdout.flush()
def hear():
    return sys.stdin.readline().strip()
"""


def command(script: str, folder: Path, *arguments: object) -> list[str]:
    return [sys.executable, "-c", PRELUDE + script, str(folder), *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1"}


def output(script: str, folder: Path, *arguments: object, wrap: Sequence[str] = ()) -> list[str]:
    """The lines that ``script`` prints until it ends, which it has to do well."""
    ran = subprocess.run(
        [*wrap, *command(script, folder, *arguments)], env=environment(), capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


class Child:
    """A running snippet: ``ask`` sends a line and returns the next one."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self._to, self._from = process.stdin, process.stdout

    def send(self, text: str) -> None:
        self._to.write(text + "\n")
        self._to.flush()

    def hear(self) -> str:
        line = self._from.readline()
        assert line, "the child ended"
        return line.rstrip("\n")

    def ask(self, text: str) -> str:
        self.send(text)
        return self.hear()


@contextmanager
def running(script: str, folder: Path, *arguments: object) -> Iterator[Child]:
    """``script`` in a process of its own, killed at the end if it has not ended by itself."""
    with subprocess.Popen(
        command(script, folder, *arguments),
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Child(process)
        finally:
            process.kill()


def own_mounts() -> list[str]:
    """The command that runs another one where it may mount things; skips the test where there is none."""
    unshare = shutil.which("unshare")
    wrap = [unshare or "unshare", "-rm"]
    if unshare is None or subprocess.run([*wrap, "true"], capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root or user namespaces (unshare -rm)")
    return wrap


def on_tmpfs(script: str, folder: Path, size: str) -> list[str]:
    """``output`` with a small tmpfs mounted on ``folder``, seen by that process alone."""
    mount = ["sh", "-c", f'mount -t tmpfs -o size={size} tmpfs "$0" && exec "$@"', str(folder)]
    return output(script, folder, wrap=[*own_mounts(), *mount])
