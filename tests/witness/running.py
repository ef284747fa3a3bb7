"""A witness in a process of its own, on loopback, and a client that says exactly what it is told to."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mutualchain.tlog.cosignature import CosignatureVerifier
from mutualchain.witness.keyfile import WEAK_FOR_TESTS
from mutualchain.witness.server import PASSPHRASE, keygen

from .logs import FakeLog

SOURCE = Path(__file__).resolve().parents[2] / "src"
NAME = "witness.example.net"
SECRET = "correct horse"
GENEROUS: Mapping[str, int] = {"per_address": 0, "per_log": 0}


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    body: bytes


def write_config(
    folder: Path, logs: Iterable[FakeLog], *, limits: Mapping[str, int] = GENEROUS, extra: Sequence[str] = ()
) -> Path:
    """A configuration in ``folder``; the key and the state beside it are made if they are not there."""
    lines = [f'name = "{NAME}"', 'key_file = "witness.key"', 'state = "state"', 'listen = "127.0.0.1:0"', *extra]
    lines += ["[limits]", *(f"{name} = {value}" for name, value in limits.items())]
    for log in logs:
        keys = ", ".join(f'"{key.vkey}"' for key in log.known.keys)
        lines += ["[[log]]", f'origin = "{log.origin}"', f"keys = [{keys}]"]
    path = folder / "witness.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if not (folder / "witness.key").exists():
        keygen(folder / "witness.key", folder / "state", NAME, SECRET.encode(), cost=WEAK_FOR_TESTS)
    return path


def key_of(folder: Path) -> CosignatureVerifier:
    from mutualchain.witness.keyfile import read_public_key

    return read_public_key(folder / "witness.key")


class Running:
    """A witness that listens."""

    def __init__(self, process: subprocess.Popen[str], folder: Path, address: str) -> None:
        self.process = process
        self.folder = folder
        self.url = address
        self.port = int(address.rpartition(":")[2])
        self.key = key_of(folder)

    def connect(self, seconds: float = 20) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = self.connect()
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.headers["Content-Type"] or "", response.read())
        finally:
            connection.close()

    def post(self, body: bytes) -> Answer:
        return self.ask("POST", "/add-checkpoint", body)

    def shown(self, log: FakeLog) -> Answer:
        return self.ask("GET", f"/{sha256(log.origin.encode()).hexdigest()}/checkpoint")

    def raw(self, seconds: float = 20) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), seconds)

    def stop(self) -> tuple[int, str]:
        """Ends it gracefully: exit code and what it wrote to stderr."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        """Waits for one that was told to end already: a second signal could meet it on its way out."""
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, err


def command(config: Path) -> list[str]:
    return [sys.executable, "-m", "mutualchain", "witness", "serve", str(config)]


def environment(passphrase: str | None = SECRET) -> dict[str, str]:
    found = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1"}
    found.pop(PASSPHRASE, None)
    return found if passphrase is None else found | {PASSPHRASE: passphrase}


@contextmanager
def running(config: Path, *, wrap: Sequence[str] = ()) -> Iterator[Running]:
    """The witness of ``config``, listening; killed at the end if it has not ended by itself."""
    with subprocess.Popen(
        [*wrap, *command(config)],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.startswith("listening on "):
                process.kill()
                raise AssertionError(process.communicate()[1])
            yield Running(process, config.parent, line.removeprefix("listening on ").strip())
        finally:
            process.kill()


NURSERY = """
import os, sys
from mutualchain.cli.app import run
from mutualchain.cli import witness
from mutualchain.witness import app, protocol, server
for line in sys.stdin:
    child = os.fork()
    if not child:
        os._exit(run(["witness", "serve", line.strip()]))
    print("child", child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


class Nursery:
    """A process with everything imported, of which each witness is a fork: so that sixty can be born and killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def _hear(self, *wanted: str) -> dict[str, str]:
        assert self._process.stdout is not None
        found: dict[str, str] = {}
        while set(wanted) - found.keys():
            word, _, rest = self._process.stdout.readline().strip().partition(" ")
            assert word in wanted, word
            found[word] = rest
        return found

    @contextmanager
    def running(self, config: Path) -> Iterator[Running]:
        """A witness, killed with SIGKILL when the block is left."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{config}\n")
        self._process.stdin.flush()
        said = self._hear("child", "listening")
        try:
            yield Running(self._process, config.parent, said["listening"].removeprefix("on "))
        finally:
            os.kill(int(said["child"]), signal.SIGKILL)
            self._hear("ended")


@contextmanager
def nursery() -> Iterator[Nursery]:
    with subprocess.Popen(
        [sys.executable, "-c", NURSERY],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield Nursery(process)
        finally:
            process.kill()


def refusal(config: Path, passphrase: str | None = SECRET) -> tuple[int, str]:
    """Exit code and stderr of a witness that does not start."""
    done = subprocess.run(
        command(config),
        env=environment(passphrase),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    return done.returncode, done.stderr
