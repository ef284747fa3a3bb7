"""The repository's own files, for the tests that read them: what git knows or would add, without git a walk."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "mutualchain"

_MADE = {".git", ".venv", "__pycache__", "build", "dist", "node_modules"}


@cache
def project_files() -> tuple[Path, ...]:
    """Every file of the project, absolute and sorted; nothing that was made from them."""
    return tuple(sorted(path for path in _git_files() or _walked_files() if path.is_file()))


def _git_files() -> list[Path]:
    if not (ROOT / ".git").exists():
        return []
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):  # no git here, or a checkout that belongs to somebody else
        return []
    return [ROOT / name for name in listed.split("\0") if name]


def _walked_files() -> list[Path]:
    found = []
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if not any(part in _MADE or part.endswith((".egg-info", "_cache")) for part in parts):
            found.append(path)
    return found


def name_of(path: Path) -> str:
    """The path as the repository knows it, with slashes."""
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str | None:
    """The file's text, or None where it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
