"""How many checkpoints a second a witness cosigns: ``python -m tests.witness.load [REQUESTS] [SECONDS]``.

A server process and this client process on loopback; 64 logs, one connection each, every request growth of a log
with a consistency proof. All requests are made and signed before the clock starts. Bounded in count and in time.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from mutualchain.tlog import merkle
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.witness.core import format_request

from .logs import FakeLog
from .running import Running, running, write_config

ORIGINS = 64
REQUESTS = 6_400
SECONDS = 30.0


def prepared(log: FakeLog, count: int) -> list[bytes]:
    """Whole HTTP requests, each one the growth of ``log`` by a leaf."""
    leaves = [merkle.leaf_hash(b"%d" % number) for number in range(count)]
    found = []
    for size in range(1, count + 1):
        note = sign_checkpoint(Checkpoint(log.origin, size, merkle.root(leaves[:size])), [log.signer])
        proof = merkle.consistency_proof(leaves[:size], size - 1) if size > 1 else ()
        body = format_request(size - 1, proof, note)
        head = f"POST /add-checkpoint HTTP/1.1\r\nHost: witness\r\nContent-Length: {len(body)}\r\n\r\n"
        found.append(head.encode() + body)
    return found


async def one_log(server: Running, requests: list[bytes], deadline: float, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        for request in requests:
            began = time.perf_counter()
            if began > deadline:
                return
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            times.append(time.perf_counter() - began)
    finally:
        writer.close()
        await writer.wait_closed()


async def load(server: Running, requests: list[list[bytes]], seconds: float) -> tuple[float, list[float]]:
    """Seconds it took, and the seconds of every answer."""
    times: list[float] = []
    began = time.perf_counter()
    await asyncio.gather(*(one_log(server, each, began + seconds, times) for each in requests))
    return time.perf_counter() - began, sorted(times)


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(folder: Path, count: int, seconds: float) -> str:
    """One run, in words."""
    logs = [FakeLog(f"log{number}.example.com") for number in range(ORIGINS)]
    requests = [prepared(log, max(1, count // ORIGINS)) for log in logs]
    with running(write_config(folder, logs)) as server:
        before = processor_seconds(server.process.pid)
        took, times = asyncio.run(load(server, requests, seconds))
        spent = processor_seconds(server.process.pid) - before
        metrics = server.ask("GET", "/metrics").body.decode()
    commits = int(metrics.partition("\nmutualchain_witness_commits_total ")[2].partition("\n")[0])
    return (
        f"{len(times)} checkpoints of {ORIGINS} logs cosigned in {took:.2f} s: {len(times) / took:,.0f} a second, "
        f"{len(times) / commits:.1f} to a commit, median {times[len(times) // 2] * 1e3:.0f} ms, "
        f"99 of 100 under {times[len(times) * 99 // 100] * 1e3:.0f} ms; "
        f"the server used {spent / len(times) * 1e3:.2f} ms of processor time for each"
    )


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    limit = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    with tempfile.TemporaryDirectory() as name:
        print(measure(Path(name), min(count, 100_000), min(limit, 120.0)))
