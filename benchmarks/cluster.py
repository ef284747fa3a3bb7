"""A PostgreSQL cluster that lives for one measurement: in a temporary folder, on a unix socket, fsync on."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

__all__ = ["Unavailable", "throwaway"]


class Unavailable(Exception):
    """Why a contender cannot take part on this machine."""


def _programs() -> Path:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    command = shutil.which("initdb")
    if command is not None:
        found.append(Path(command).resolve().parent)
    if not found:
        raise Unavailable("no PostgreSQL server (Debian: apt-get install postgresql)")
    return max(found)


def _as_somebody(folder: Path) -> list[str]:
    """What to put before a command: PostgreSQL refuses to run as root, so somebody else must."""
    if os.getuid():
        return []
    command = shutil.which("setpriv")
    if command is None:
        raise Unavailable("PostgreSQL refuses to run as root, and there is no setpriv (Debian: util-linux)")
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        for path in (folder.parent, folder):
            path.chmod(0o711 if path != folder else 0o700)
        os.chown(folder, user.pw_uid, user.pw_gid)
        return [command, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]
    raise Unavailable("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")


def _run(words: list[str], folder: Path) -> None:
    with (folder.parent / "output").open("wb") as output:
        done = subprocess.run(words, cwd="/", stdout=output, stderr=subprocess.STDOUT)
    if done.returncode:
        said = (folder.parent / "output").read_text(errors="replace").strip().splitlines()
        raise Unavailable(f"{Path(words[-1] if len(words) == 1 else words[0]).name} failed: {said[-1] if said else ''}")


@contextmanager
def throwaway(folder: Path) -> Iterator[dict[str, str]]:
    """Connection parameters of a new cluster in ``folder``; stopped and gone afterwards. Raises Unavailable."""
    programs = _programs()
    home = folder / "cluster"
    home.mkdir()
    before = _as_somebody(home)
    socket = Path(mkdtemp(prefix="pg-"))  # a socket's path must be short
    try:
        if before:
            status = home.stat()
            os.chown(socket, status.st_uid, status.st_gid)
        data = str(home / "data")
        _run(
            [*before, str(programs / "initdb"), "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--no-locale"],
            home,
        )
        settings = f"-c listen_addresses= -c unix_socket_directories={socket} -c fsync=on -c max_wal_size=4GB"
        settings += " -c shared_buffers=512MB"
        _run([*before, str(programs / "pg_ctl"), "-D", data, "-w", "-l", f"{home}/log", "-o", settings, "start"], home)
        try:
            yield {"host": str(socket), "user": "bench", "dbname": "postgres"}
        finally:
            _run([*before, str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop"], home)
    finally:
        shutil.rmtree(socket, ignore_errors=True)
