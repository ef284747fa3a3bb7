"""Locks pin every package with hashes, cover what pyproject.toml asks for, and never say where packages come from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project.tree import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PYTHONS = ("3.11", "3.12", "3.13", "3.14")

NEEDED = {
    "run": [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]],
    "test": [
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["dev"],
        *PROJECT["project"]["optional-dependencies"]["witness"],
    ],
    "bench": [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["bench"]],
    "plot": [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["plot"]],
}


def problems(text: str) -> list[str]:
    """What is wrong with a lock: an option, an address, a package without ``==`` or without a hash."""
    wrong = []
    if re.search(r"://|\b(?:www|pypi|files)\.\w|\bfile:", text):
        wrong.append("names an address")
    for logical in text.replace("\\\n", " ").splitlines():
        line = logical.partition(" #")[0].strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("-"):
            wrong.append(f"option: {line}")
        elif not re.match(r"[A-Za-z0-9._-]+(?:\[[a-z,]+\])?==[^\s;*]+(?:\s|;|$)", line):
            wrong.append(f"not pinned: {line[:60]}")
        elif not re.search(r"--hash=sha256:[0-9a-f]{64}(?:\s|$)", line):
            wrong.append(f"no hash: {line[:60]}")
    return wrong


def pins(lock: Path) -> list[Requirement]:
    lines = lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    return [Requirement(line.partition("--hash")[0].strip()) for line in lines if re.match(r"\w", line)]


def chosen(lock: Path, python: str) -> dict[str, str]:
    """``name -> version`` that pip would install from ``lock`` on Linux with CPython of ``python``."""
    machine = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    found: dict[str, str] = {}
    for pin in pins(lock):
        if pin.marker is None or pin.marker.evaluate(machine):
            name = canonicalize_name(pin.name)
            assert name not in found, f"{lock.name} pins {name} twice for Python {python}"
            found[name] = next(iter(pin.specifier)).version
    return found


def test_the_locks_are_the_four_that_make_installs() -> None:
    assert [lock.stem for lock in LOCKS] == ["bench", "plot", "run", "test"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_package_is_pinned_with_hashes_and_no_address_is_named(lock: Path) -> None:
    assert problems(lock.read_text(encoding="utf-8")) == []
    assert pins(lock)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_satisfies_what_pyproject_asks_for(lock: Path, python: str) -> None:
    found = chosen(lock, python)
    for needed in map(Requirement, NEEDED[lock.stem]):
        name = canonicalize_name(needed.name)
        assert name in found, f"{lock.name} lacks {name}: make lock"
        assert needed.specifier.contains(found[name]), f"{lock.name} has {name} {found[name]}: make lock"


@pytest.mark.parametrize("python", PYTHONS)
def test_one_environment_serves_all_locks(python: str) -> None:
    run = chosen(ROOT / "requirements" / "run.txt", python)
    for lock in LOCKS:
        assert chosen(lock, python).items() >= run.items()


def test_what_benchmarks_compare_with_stays_out_of_the_other_locks() -> None:
    for stem in ("run", "test"):
        assert not {"auditchain", "psycopg"} & chosen(ROOT / "requirements" / f"{stem}.txt", "3.11").keys()


@pytest.mark.parametrize(
    "text",
    [
        "numpy>=2 --hash=sha256:" + "0" * 64,
        "numpy==2.*  --hash=sha256:" + "0" * 64,
        "numpy==2.1.0",
        "numpy==2.1.0 \\\n    --hash=sha256:00",
        "--index-url somewhere",
        "numpy @ https://example.org/numpy.whl --hash=sha256:" + "0" * 64,
        "# from https://example.org/simple",
    ],
)
def test_a_planted_problem_is_found(text: str) -> None:
    assert problems(text)
