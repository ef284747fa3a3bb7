"""The Go programs beside this, built: with Go's own pinned and hashed module, or with Debian's copy of it.

``go/go.mod`` and ``go/go.sum`` pin golang.org/x/mod. Where Debian's package lies on the machine it takes the module's
place, so that nothing is downloaded; elsewhere Go fetches what it does not have, and checks its hash.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.conftest import absent

__all__ = ["build"]

MODULE = "golang.org/x/mod"
DEBIAN = Path("/usr/share/gocode/src") / MODULE


def build(go: Path, root: Path, package: str, folder: Path) -> Path:
    """The program of ``package`` (``.`` or ``./published``), built into ``folder``; absent where that is impossible."""
    source, program = root / "tests/interop/go", folder / "program"
    environment = os.environ | {"CGO_ENABLED": "0", "GO111MODULE": "on", "GOFLAGS": "", "GOWORK": "off"}
    environment["GOTOOLCHAIN"] = "local"
    environment.setdefault("GOCACHE", str(folder / "cache"))
    words = [str(go), "build", "-o", str(program)]
    if (DEBIAN / "sumdb/tlog").is_dir():
        there = folder / "go.mod"
        there.write_text(f"{(source / 'go.mod').read_text()}\nreplace {MODULE} => {DEBIAN}\n")
        shutil.copy(source / "go.sum", folder / "go.sum")
        words.append(f"-modfile={there}")
        environment |= {"GOPROXY": "off", "GOFLAGS": "-mod=mod"}
        built = subprocess.run([*words, package], cwd=source, env=environment, capture_output=True, text=True)
        assert built.returncode == 0, built.stderr
        return program
    try:
        built = subprocess.run(
            [*words, "-mod=readonly", package], cwd=source, env=environment, capture_output=True, text=True, timeout=120
        )
    except subprocess.TimeoutExpired:
        absent("GO", f"{MODULE} could not be fetched in two minutes (Debian: golang-golang-x-mod-dev)")
    if built.returncode:
        reason = built.stderr.strip().splitlines()
        absent("GO", f"{MODULE} is not to be had (Debian: golang-golang-x-mod-dev): {reason[-1] if reason else ''}")
    return program
