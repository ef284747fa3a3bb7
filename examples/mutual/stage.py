"""Three platforms on loopback: each has a ledger, shows it as files, and witnesses the other two.

Everything here is what an honest operator would run: the witness server as it is, a ledger that gathers cosignatures,
a server of published files. Time is the stage's own, so that a day can pass while you watch.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from mutualchain import Covenant, Ledger, OperatorKeys, Passport
from mutualchain.ledger.gathering import Witnesses
from mutualchain.publish import publish
from mutualchain.record.build import build_record
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.trust import Group, Log, TrustFile, Witness
from mutualchain.witness.app import make_app
from mutualchain.witness.config import Limits
from mutualchain.witness.core import KnownLog
from mutualchain.witness.protocol import make_server
from mutualchain.witness.service import WitnessService
from mutualchain.witness.state import WitnessState

PLAN = "critical-illness"
COVENANT = Covenant.simple("Mutual aid", prepay=10_00, max_aid=300_000_00)


class Clock:
    """What time it is for everybody: now, and as much later as has been waited on the stage."""

    def __init__(self) -> None:
        self._waited = 0.0

    def seconds(self) -> float:
        return time.time() + self._waited

    def milliseconds(self) -> int:
        return int(self.seconds() * 1000)

    def wait(self, seconds: float) -> None:
        self._waited += seconds


class WitnessHouse:
    """A platform's witness, listening on loopback. It knows the logs that it was told of."""

    def __init__(self, name: str, folder: Path, clock: Clock, stack: ExitStack) -> None:
        self.signer = CosignatureSigner.from_seed(name, os.urandom(32))
        WitnessState.create(folder, self.signer.verifier)
        state = stack.enter_context(WitnessState.open(folder, [self.signer.verifier]))
        self._logs: dict[str, KnownLog] = {}
        self._service = WitnessService(state, [self.signer], {}, Limits(), clock=clock.seconds)
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server = make_server(make_app(self._service), Limits(), ())
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve(sockets=[listener])))
        self._thread.start()
        stack.callback(listener.close)
        stack.callback(self._stop)

    def learn(self, keys: OperatorKeys) -> None:
        """Witness this log too, from now on."""
        self._logs[keys.log.name] = KnownLog(keys.log.name, (keys.log.verifier,))
        self._service.configure(self._logs, Limits(per_address=0, per_log=0))

    def shown(self, origin: str) -> str:
        """Where monitors see the newest checkpoint of a log that it has cosigned."""
        return f"{self.url}/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"

    def _stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._service.close()


@dataclass
class Platform:
    """An operator: its keys, its ledger while that is open, and where the world reads it."""

    keys: OperatorKeys
    folder: Path
    clock: Clock
    trust: TrustFile
    url: str = ""
    ledger: Ledger = field(init=False)

    @property
    def origin(self) -> str:
        return self.keys.log.name

    def create(self) -> None:
        """A new ledger, whose heads the other platforms cosign."""
        self.ledger = Ledger.create(
            self.folder / "ledger",
            self.keys,
            clock=self.clock.milliseconds,
            witnesses=Witnesses(self.trust),
            background=False,
        )
        self.ledger.create_plan(PLAN, COVENANT, reference="plan")

    def enrol(self, *passports: Passport) -> None:
        for passport in passports:
            key = passport.public_key(self.origin, PLAN)
            reference = f"join {key.hex()}"
            self.ledger.enrol(PLAN, key, os.urandom(32), deposit=100_00, reference=reference)

    def publish(self) -> None:
        """Gather the witnesses' cosignatures, then show what they have cosigned."""
        self.ledger.gather().require()
        with self.ledger.read() as archive:
            publish(archive, self.folder / "public", trust=self.trust, note=archive.cosigned())

    def record(self, slot: int, *, since: bytes = b"") -> bytes:
        with self.ledger.read() as archive:
            return build_record(archive, PLAN, slot, since=[since] if since else ())


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """Any server of files: here Python's own, on loopback."""

    class Quiet(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Stage:
    """Kindred, Lotus and Harbour: three platforms. Kindred is the one whose operator will turn dishonest."""

    NAMES = ("kindred", "lotus", "harbour")

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self.clock = Clock()
        self.houses = {
            name: WitnessHouse(f"witness.{name}.example", folder / f"{name}-witness", self.clock, stack)
            for name in self.NAMES
        }

    def platform(self, name: str, chain: str) -> Platform:
        """A platform with a new chain that the two others witness: both must have seen what anybody believes."""
        keys = OperatorKeys.from_seeds(f"{name}.example/{chain}", *(os.urandom(32) for _ in range(3)))
        others = [house for other, house in self.houses.items() if other != name]
        for house in others:
            house.learn(keys)
        names = tuple(house.signer.name.split(".")[1] for house in others)
        witnesses = tuple(
            Witness(short, house.signer.verifier, house.url) for short, house in zip(names, others, strict=True)
        )
        trust = TrustFile((Log(keys.log.verifier),), witnesses, (Group("both", 2, names),), "both")
        folder = self.folder / f"{name}-{chain}"
        (folder / "public").mkdir(parents=True)
        platform = Platform(keys, folder, self.clock, trust)
        platform.url = self._stack.enter_context(file_server(folder / "public"))
        platform.create()
        self._stack.callback(lambda: platform.ledger.close())
        return platform
