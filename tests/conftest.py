"""What all tests share: Hypothesis profiles, the repository's files, and what is optional on a user's machine.

Optional things are fixtures that skip with their reason. Where ``MUTUALCHAIN_REQUIRE_<NAME>=1`` is set, as
``.ci/run`` does, their absence fails the test instead.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, Phase, settings

ROOT = Path(__file__).resolve().parent.parent
_COUNT = itertools.count()

# Repeatable by default: a test that passed passes again, and coverage does not waver. Thorough looks further.
settings.register_profile(
    "default",
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "quick", settings.get_profile("default"), max_examples=10, phases=[Phase.explicit, Phase.generate]
)
settings.register_profile(
    "thorough", settings.get_profile("default"), max_examples=2_000, derandomize=False, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def absent(name: str, reason: str) -> NoReturn:
    """Skips the running test for ``reason``, or fails it where ``MUTUALCHAIN_REQUIRE_<NAME>`` asks for the thing."""
    if os.environ.get(f"MUTUALCHAIN_REQUIRE_{name}") == "1":
        pytest.fail(f"{reason} (MUTUALCHAIN_REQUIRE_{name}=1 is set)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of vectors that others made; ``MUTUALCHAIN_VECTORS`` names another one."""
    folder = Path(os.environ.get("MUTUALCHAIN_VECTORS") or ROOT.parent / "shared" / "vectors")
    if not folder.is_dir():
        absent("VECTORS", "no folder ../shared/vectors beside the repository, and MUTUALCHAIN_VECTORS names none")
    return folder


@pytest.fixture(scope="session")
def go() -> Path:
    """The ``go`` command. Whether golang.org/x/mod is to be had shows when it builds (tests/interop/building.py)."""
    command = shutil.which("go")
    if command is None:
        absent("GO", "no Go (Debian: golang-go golang-golang-x-mod-dev)")
    return Path(command)


@pytest.fixture(scope="session")
def nginx() -> Path:
    """The ``nginx`` command."""
    command = shutil.which("nginx")
    if command is None:
        absent("NGINX", "no nginx (Debian: nginx-light)")
    return Path(command)


@pytest.fixture(scope="session")
def matplotlib() -> None:
    """What draws PNG files."""
    if importlib.util.find_spec("matplotlib") is None:
        absent("PLOT", "matplotlib is not installed (make plot)")


@pytest.fixture(scope="session")
def strace() -> Path:
    """The ``strace`` command."""
    command = shutil.which("strace")
    if command is None:
        absent("STRACE", "no strace (Debian: strace)")
    return Path(command)


@pytest.fixture(scope="session")
def postgres() -> Path:
    """The folder of PostgreSQL's own programs (``initdb``, ``pg_ctl``)."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    command = shutil.which("initdb")
    if command is not None:
        found.append(Path(command).parent)
    if not found:
        absent("POSTGRES", "no PostgreSQL server (Debian: postgresql)")
    return max(found)


@pytest.fixture(autouse=True)
def pins(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for the pins that checks keep, which is not the developer's own; made when something is kept."""
    folder = tmp_path_factory.getbasetemp() / "pins" / str(next(_COUNT))
    monkeypatch.setenv("MUTUALCHAIN_PINS", str(folder))
    return folder
