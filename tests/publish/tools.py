"""A published ledger to test on, a server for it, and a way to look into everything that was written."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from mutualchain.archive.published import PublishedArchive, open_published
from mutualchain.archive.published_source import Limits
from mutualchain.covenant.document import Covenant
from mutualchain.ledger import Ledger, OperatorKeys
from mutualchain.record.bundle import RecordBundle
from mutualchain.store import MemoryStore
from mutualchain.tlog.lineage import Lineage
from mutualchain.tlog.note import Signer
from mutualchain.tlog.trust import Log, TrustFile

ORIGIN = "example.org/published"
LOG = Signer.from_seed(ORIGIN, b"l" * 32)
TRUST = TrustFile((Log(LOG.verifier),))
FAST = Limits(connect_seconds=2, file_seconds=2, attempts=2, pause_seconds=0.01)


def alone(record: bytes) -> bytes:
    """An operator's record without the earlier sizes that it covers: each would be a request to a server."""
    return replace(RecordBundle.from_bytes(record), extends=Lineage()).to_bytes()


SEALED = (0, 4, 69_001)
"""Slots of the large ledger that have sealed rows: the claimant's notices, credits."""


class Operator:
    """A ledger with a clock of its own, and short words for what is done to it."""

    def __init__(self, seed: bytes = b"b") -> None:
        self._now = 1_760_000_000_000
        self._count = 0
        self.store = MemoryStore()
        keys = OperatorKeys.from_seeds(ORIGIN, b"l" * 32, seed * 32, b"r" * 32)
        self.ledger = Ledger.create("unused", keys, clock=self._clock, store=self.store)

    def _clock(self) -> int:
        self._now += 1000
        return self._now

    def reference(self) -> str:
        self._count += 1
        return f"reference {self._count}"

    def plan(self, plan: str = "demo") -> None:
        self.ledger.create_plan(plan, Covenant.simple("Example plan", prepay=0), reference=self.reference())

    def join_many(self, count: int, plan: str = "demo") -> None:
        keys = np.random.default_rng(self._count + count).integers(0, 256, (count, 32), np.uint8)
        self.ledger.enrol_many(plan, keys, keys[::-1].copy(), deposits=1000, reference=self.reference())

    def join(self, count: int = 1, plan: str = "demo") -> None:
        for _ in range(count):
            self.join_many(1, plan)

    def credit(self, slot: int, amount: int, plan: str = "demo") -> bytes:
        return self.ledger.credit(plan, slot, amount, reference=self.reference()).receipt().to_bytes()

    def round(self, plan: str = "demo", aid: int = 50_000) -> None:
        file_hash = self._count.to_bytes(32, "big")
        case = self.ledger.approve_case(plan, slot=0, aid=aid, file_hash=file_hash, reference=self.reference())
        self.ledger.open_round(plan, [case.digest], reference=self.reference())  # type: ignore[list-item]
        self.ledger.settle_round(plan, reference=self.reference())

    def blocks(self, count: int) -> None:
        """So many blocks more, with an enrolment each in a plan of their own."""
        if "filler" not in self.ledger.plans:
            self.plan("filler")
        self.join(count, "filler")

    def note(self) -> bytes:
        return self.ledger.checkpoint()


@cache
def large() -> Operator:
    """A plan of 70,000 with enrolments of every size, two rounds and sealed rows. Nobody may write to it."""
    operator = Operator()
    operator.plan()
    operator.plan("second")
    operator.join(3)
    operator.join_many(69_000)
    operator.join(2)
    operator.join_many(240)
    operator.join_many(300, "second")
    operator.credit(69_001, 777_000_111)
    operator.round()
    operator.join_many(700)
    operator.join(5)
    operator.credit(4, 31_337)
    operator.round()
    operator.note()
    return operator


def reading(folder: Path, **more: object) -> PublishedArchive:
    """The published ledger in a folder."""
    return open_published(folder, TRUST, **more)  # type: ignore[arg-type]


def files_of(folder: Path) -> dict[str, bytes]:
    """Every published file by its path."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and ".publish" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def everything(folder: Path) -> bytes:
    """All published bytes, and what is inside the compressed ones; hidden files too."""
    parts = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            parts += [str(path.relative_to(folder)).encode(), data]
            if path.suffix == ".gz":
                parts.append(gzip.decompress(data))
    return b"\n".join(parts)


Answer = Callable[[BaseHTTPRequestHandler, Path], None]


def plain(handler: BaseHTTPRequestHandler, path: Path) -> None:
    """Answer as any server of files does."""
    if not path.is_file():
        handler.send_error(404)
        return
    body = path.read_bytes()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def served(folder: Path, answer: Answer = plain) -> Iterator[tuple[str, list[str]]]:
    """A server on loopback: its prefix, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            path = self.path.removeprefix("/ledger/")
            asked.append(path)
            answer(self, folder / path)

        def log_message(self, format: str, *args: object) -> None:
            return

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            return  # readers hang up on servers that misbehave

    server = Quiet(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/ledger", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
