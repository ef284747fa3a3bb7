"""The guide and the examples: their configurations are read, their figures computed, their commands exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mutualchain.tlog.trust import Group
from mutualchain.witness import config
from mutualchain.witness.config import Limits
from mutualchain.witness.quorum import examine

from .test_quorum import trust


@pytest.fixture(scope="module")
def guide(root: Path) -> str:
    return (root / "docs" / "witness.md").read_text(encoding="utf-8")


def test_the_guides_configuration_is_one(guide: str, tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", guide, re.DOTALL)
    assert found is not None
    text = "\n".join(line.removeprefix("   ") for line in found[1].splitlines())
    parsed = config.parse(text.encode(), tmp_path)
    assert parsed.limits == Limits(), "the limits shown are the default ones"
    assert list(parsed.logs) == ["example.com/log"]


def test_the_examples_configuration_is_one_and_the_unit_names_it(root: Path) -> None:
    folder = root / "examples" / "witness"
    parsed = config.load(folder / "witness.toml")
    unit = (folder / "mutualchain-witness.service").read_text()
    assert "-m mutualchain.witness.server /etc/mutualchain-witness/witness.toml" in unit
    assert str(parsed.passphrase_file).startswith("/run/credentials/mutualchain-witness.service/")
    assert parsed.listen == ("127.0.0.1", 8380)
    for proxy in ("Caddyfile", "nginx.conf"):
        text = (folder / proxy).read_text()
        assert "127.0.0.1:8380" in text
        pattern = re.search(r"\^/\(add-checkpoint\|\[0-9a-f\]\{64\}/checkpoint\)\$", text)
        assert pattern is not None
        assert re.match(pattern[0], "/add-checkpoint")
        assert not re.match(pattern[0], "/metrics")


def test_the_unit_is_one_that_systemd_reads(root: Path) -> None:
    command = shutil.which("systemd-analyze")
    if command is None:
        pytest.skip("no systemd-analyze here")
    unit = root / "examples" / "witness" / "mutualchain-witness.service"
    done = subprocess.run([command, "verify", str(unit)], capture_output=True, text=True, timeout=30, check=False)
    assert "Unknown key" not in done.stderr


def test_the_guides_table_is_what_the_arithmetic_gives(guide: str) -> None:
    shapes = {
        "all of two groups, each 2 of 3": trust([("a", 2, "w1 w2 w3"), ("b", 2, "w4 w5 w6"), ("q", 2, "a b")], "q"),
        "any of two groups, each 2 of 2": trust([("a", 2, "w1 w2"), ("b", 2, "w3 w4"), ("q", 1, "a b")], "q"),
    }
    rows = re.findall(r"^\| ([^|]+) \| (\d) \| ([^|]+) \| (\d) \|$", guide, re.MULTILINE)
    assert len(rows) == 6
    for shape, shared, liars, absent in rows:
        if plain := re.match(r"(\d) of (\d)\Z", shape):
            names = tuple(f"w{number}" for number in range(1, int(plain[2]) + 1))
            file = trust([("g", int(plain[1]), " ".join(names))], "g")
            assert file.groups == (Group("g", int(plain[1]), names),)
        else:
            file = shapes[shape]
        report = examine(file)
        assert (report.smallest_intersection, report.absences_survived) == (int(shared), int(absent)), shape
        said = "none needed: refused" if report.lies_survived < 0 else str(report.lies_survived)
        assert liars.split(":")[0] == said.split(":")[0], shape
