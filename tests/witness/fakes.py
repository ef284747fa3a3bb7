"""Witnesses of a few lines on loopback, which can be told to misbehave."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.trust import Witness
from mutualchain.witness.core import KnownLog, Response, Seen, add_checkpoint, cosigned_note

from .logs import NOW, FakeLog
from .test_core import Memory

LOG = FakeLog("example.com/log")
Behave = Callable[["Fake", bytes], Response]


@dataclass
class Fake:
    """One witness. ``time`` is what it signs; ``held`` another note that it shows to monitors than the one it has."""

    number: int
    behave: Behave | None = None
    knows: KnownLog = LOG.known
    states: Memory = field(default_factory=Memory)
    bodies: list[bytes] = field(default_factory=list)
    time: int | Callable[[], int] = NOW
    url: str = ""
    held: bytes | None = None

    @property
    def signer(self) -> CosignatureSigner:
        return CosignatureSigner.from_seed(f"w{self.number}.example.net", bytes([self.number]) * 32)

    @property
    def name(self) -> str:
        return f"w{self.number}"

    def honest(self, body: bytes) -> Response:
        cosign = lambda checkpoint, at: [self.signer.cosign(checkpoint, at)]  # noqa: E731
        now = self.time if isinstance(self.time, int) else self.time()
        return add_checkpoint(body, {self.knows.origin: self.knows}, self.states, cosign, now)

    def post(self, body: bytes) -> Response:
        self.bodies.append(body)
        return self.behave(self, body) if self.behave else self.honest(body)

    def get(self, path: str) -> Response:
        seen = self.seen
        if path != f"/{sha256(self.knows.origin.encode()).hexdigest()}/checkpoint" or (not seen.note and not self.held):
            return Response(404, b"")
        return Response(200, self.held or cosigned_note(seen, []))

    @property
    def seen(self) -> Seen:
        return self.states.get(self.knows.origin)

    def saw(self, size: int, log: FakeLog = LOG) -> Fake:
        self.states.states[LOG.origin] = Seen(size, log.root(size), log.note(size), NOW - 10)
        return self

    @property
    def witness(self) -> Witness:
        return Witness(self.name, self.signer.verifier, self.url)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: Fake

    def do_POST(self) -> None:
        self.answer(self.fake.post(self.rfile.read(int(self.headers["Content-Length"]))))

    def do_GET(self) -> None:
        self.answer(self.fake.get(self.path))

    def answer(self, response: Response) -> None:
        with contextlib.suppress(OSError):
            self.send_response(response.status)
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
            if 300 <= response.status < 400:
                self.send_header("Location", self.fake.url)
            self.end_headers()
            self.wfile.write(response.body)

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Callable[..., list[Fake]]]:
    """A function that puts witnesses on loopback: fakes, behaviours, or None for an honest one."""
    servers: list[_Server] = []

    def start(*fakes: Fake | Behave | None) -> list[Fake]:
        made = []
        for number, item in enumerate(fakes, 1):
            fake = item if isinstance(item, Fake) else Fake(number, item)
            server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"fake": fake}))
            server.daemon_threads = True
            servers.append(server)
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            fake.url = f"http://127.0.0.1:{server.server_address[1]}/"
            made.append(fake)
        return made

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
