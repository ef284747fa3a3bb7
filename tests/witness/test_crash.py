"""Killed at any moment: no cosignature contradicts one before, and nothing is said before it is durable."""

from __future__ import annotations

import contextlib
import http.client
import random
import re
import threading
import time
from pathlib import Path

from mutualchain.tlog import note as notes

from .logs import MOST, FakeLog
from .running import Running, nursery, running, write_config

KILLS = 60
KILLED = (OSError, http.client.HTTPException)  # what a client sees of a server that was killed
LOGS = [FakeLog(f"example.com/{number}") for number in range(4)]


class Client(threading.Thread):
    """Two of these for each log try to get the witness to cosign the two branches of a fork."""

    def __init__(self, server: Running, log: FakeLog, got: list[tuple[str, int, bytes]]) -> None:
        super().__init__(daemon=True)
        self.server, self.log, self.got = server, log, got

    def run(self) -> None:
        with contextlib.closing(self.server.connect(5)) as connection, contextlib.suppress(*KILLED):
            old = 0
            while True:
                size = old + random.randrange(2)
                connection.request("POST", "/add-checkpoint", self.log.request(old, size))
                response = connection.getresponse()
                body = response.read()
                if response.status == 200:
                    notes.open(self.log.note(size) + body, [self.server.key])
                    self.got.append((self.log.origin, size, self.log.root(size)))
                    old = min(size, MOST - 1)
                elif response.status == 409:
                    old = min(int(body), MOST - 1)
                else:
                    return  # 422: the other branch won


def test_no_two_cosignatures_contradict_each_other_over_sixty_kills(tmp_path: Path) -> None:
    config = write_config(tmp_path, LOGS)
    got: list[tuple[str, int, bytes]] = []
    newest: dict[str, int] = {}
    source = random.Random(6)
    with nursery() as born:
        for _ in range(KILLS):
            with born.running(config) as server:
                for log in LOGS:  # what was answered was not lost
                    for known in (log, log.forked(20)):
                        answer = server.post(known.request(0, 1))
                        assert answer.status != 409 or int(answer.body) >= newest.get(log.origin, 0)
                clients = [Client(server, branch, got) for log in LOGS for branch in (log, log.forked(20))]
                for client in clients:
                    client.start()
                time.sleep(source.uniform(0.0, 0.06))
            for client in clients:
                client.join(10)
            for origin, size, _ in got:
                newest[origin] = max(newest.get(origin, 0), size)
    roots: dict[tuple[str, int], bytes] = {}
    for origin, size, root in got:
        assert roots.setdefault((origin, size), root) == root, f"two roots of size {size} for {origin}"
    assert len(got) > 50
    for log in LOGS:  # and all of one log are of one branch
        mine = [(size, root) for origin, size, root in got if origin == log.origin]
        assert any(all(branch.root(size) == root for size, root in mine) for branch in (log, log.forked(20)))


def test_every_answer_follows_the_sync_of_its_state(tmp_path: Path, strace: Path) -> None:
    log, trace = LOGS[0], tmp_path / "trace"
    calls = "trace=openat,fdatasync,fsync,msync,write,writev,pwrite64,pwritev,sendto,sendmsg,sendmmsg"
    config = write_config(tmp_path, [log])
    with running(config, wrap=[str(strace), "-D", "-f", "-y", "-s", "64", "-e", calls, "-o", str(trace)]) as server:
        for size in range(1, 13):
            assert server.post(log.request(size - 1, size)).status == 200
        assert server.post(log.request(3, 20)).status == 409
        server.stop()  # with -D strace is the witness's grandchild, and ends by itself after it
    for _ in range(100):
        if "+++ exited" in trace.read_text(errors="replace")[-200:]:
            break
        time.sleep(0.1)
    write_through: set[str] = set()
    unsynced = False
    synced = roots = answered = 0
    for line in trace.read_text(errors="replace").splitlines():
        if opened := re.search(r'openat\(.*/data\.mdb", (\S+?)[,)].* = (\d+)<', line):
            (write_through.add if "SYNC" in opened[1] else write_through.discard)(opened[2])
        elif call := re.search(r"(\w+)\((\d+)<[^>]*/data\.mdb>", line):
            if call[1] in ("fdatasync", "fsync"):
                synced += unsynced
                unsynced = False
            elif call[2] in write_through:
                assert not unsynced, f"the root was written before its pages were on the disk: {line}"
                roots += 1
            else:
                unsynced = True
        elif "HTTP/1.1 200" in line:
            answered += 1
            assert not unsynced
            assert roots >= answered, "answered before pages and root were on the disk"
            assert synced >= answered
    assert answered == 12
    assert roots == 12
