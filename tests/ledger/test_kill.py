"""A ledger killed with SIGKILL at any moment has everything that it acknowledged, and at most one block more."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from mutualchain.block.chain import BLOCKS
from mutualchain.ledger import Ledger
from mutualchain.record.receipt import parse_receipt, verify_receipt
from mutualchain.store import LmdbStore
from mutualchain.tlog.checkpoint import VerifiedCheckpoint
from mutualchain.tlog.merkle import (
    consistency_proof_from_nodes,
    verify_consistency,
)

from ..conftest import ROOT
from ..store.children import running
from .world import KEYS, TRUST, consistent, join, new_ledger

KILLS = 64

# The outer process never opens the ledger; it forks writers, which start in a moment because all is imported.
WRITER = (
    f"sys.path.insert(0, {str(ROOT)!r})"
    + """
import threading
from mutualchain.errors import RuleError
from mutualchain.ledger import Ledger
from tests.ledger.world import *

def report(kind, ack):
    line = f"{kind} {ack.height} {ack.receipt().to_bytes().hex()}\\n"
    assert len(line) < 65536
    with lock:  # a pipe takes a longer line in parts
        for at in range(0, len(line), 4096):
            os.write(1, line[at:at + 4096].encode())

def events(ledger, thread, token):
    number = 0
    while True:
        number += 1
        name = f"{token}-{thread}-{number}"
        try:
            report("enrol", join(ledger, name))
            report("credit", ledger.credit(PLAN, thread, number, reference=name))
            report("withdrawal", withdraw(ledger, thread, thread, 1, "out " + name))
        except RuleError:  # 255 events since the last round, or her balance used up
            report("credit", ledger.credit(PLAN, ledger.book(PLAN).slots - 1, 1000, reference="instead " + name))

def write_for_ever(token):
    ledger = Ledger.open(folder, KEYS)
    for thread in range(3):
        threading.Thread(target=events, args=(ledger, thread, token), daemon=True).start()
    number = 0
    if ledger.book(PLAN).open is not None:
        report("settle", ledger.settle_round(PLAN, reference=f"settle late {token}"))
    while True:
        number += 1
        name = f"{token}-{number}"
        rows = 200 + number
        report("many", ledger.enrol_many(PLAN, *columns(rows, hash(name) % 2**32), deposits=1000, reference=name))
        report("credits", ledger.credit_many(PLAN, list(range(rows)), 5, reference="c" + name))
        ack = ledger.approve_case(PLAN, slot=0, aid=number, file_hash=digest(name), reference="case" + name)
        report("case", ack)
        report("open", ledger.open_round(PLAN, [ack.digest], reference="open" + name)[0])
        report("settle", ledger.settle_round(PLAN, reference="settle" + name))

while (token := hear()) != "stop":
    child = os.fork()
    if child == 0:
        lock = threading.Lock()
        write_for_ever(token)
    say(f"pid {child}")
    os.waitpid(child, 0)
    say("dead")
"""
)


class Witnessed:
    """Everything that was acknowledged so far, and every checkpoint that was released."""

    def __init__(self) -> None:
        self.receipts: list[bytes] = []
        self.checkpoints: dict[int, VerifiedCheckpoint] = {}

    def hear(self, line: str) -> None:
        kind, height, data = line.split(" ")
        receipt = bytes.fromhex(data)
        found = verify_receipt(parse_receipt(receipt), TRUST)
        assert found.height == int(height), kind
        self.receipts.append(receipt)
        self.checkpoints[found.checkpoint.size] = found.checkpoint

    def check(self, folder: Path, news: list[bytes]) -> int:
        """Open the ledger and compare; the number of blocks that nobody was told of."""
        with LmdbStore.open(folder) as store:
            head = store.head()
        assert head is not None
        size = int.from_bytes(head[:8], "big")
        told = max(self.checkpoints, default=0)
        with Ledger.open(folder, KEYS) as ledger:
            assert ledger.size == size
            newest = TRUST.open_checkpoint(ledger.checkpoint())
            assert newest.size == size
            with ledger.read() as archive:
                assert archive.checkpoint() == newest.note
                nodes = archive.nodes(BLOCKS)
                for old in self.checkpoints.values():
                    proof = consistency_proof_from_nodes(nodes, old.size, size)
                    verify_consistency(old.size, size, proof, old.root, newest.root)
                for data in news:
                    found = verify_receipt(parse_receipt(data), TRUST)
                    descriptor, entry = found.descriptor, found.entry
                    header = archive.header(found.height)
                    assert descriptor is None or descriptor in header.sheets
                    assert entry is None or entry.to_bytes() in archive.entries(found.height)
        self.checkpoints[size] = newest
        return size - told


def test_after_each_of_many_kills_the_ledger_is_what_was_acknowledged(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    with new_ledger(folder) as ledger:
        for member in range(3):
            join(ledger, member, deposit=100_000)
    chance, witnessed = random.Random(20240301), Witnessed()
    witnessed.check(folder, [])  # what was there before the first writer is not behind
    told = unheard = 0
    with running(WRITER, folder) as nursery:
        for number in range(KILLS):
            lines = [nursery.ask(f"life{number}")]
            while not lines[-1].startswith("pid"):
                lines.append(nursery.hear())
            time.sleep(chance.uniform(0.02, 0.12))
            os.kill(int(lines[-1].removeprefix("pid ")), signal.SIGKILL)
            while not lines[-1].endswith("dead"):
                lines.append(nursery.hear())
            before = len(witnessed.receipts)
            # The last report may have been cut off by the kill, and "dead" stand behind what there is of it.
            for line in lines:
                if line.count(" ") == 2 and not line.endswith("dead"):
                    witnessed.hear(line)
            news = witnessed.receipts[before:]
            told += bool(news)
            behind = witnessed.check(folder, news)
            unheard += behind
            assert behind <= 4, "one block in the making for each of the four threads, whose report was not heard"
        nursery.send("stop")
    assert told > KILLS // 3, "most writers were killed before their first write: the machine is too slow for this test"
    with Ledger.open(folder, KEYS) as ledger:
        consistent(ledger)
    print(f"{KILLS} kills, {len(witnessed.receipts)} receipts, {unheard} blocks that nobody was told of")
