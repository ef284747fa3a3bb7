"""A writer killed with SIGKILL at any moment leaves exactly what it acknowledged, or one transaction more."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from mutualchain.store import LmdbStore

from .children import running

KILLS = 220
KEPT = 40
"""Transactions whose keys stay: each one deletes those of an older one, so that pages are used again."""

# The outer process never opens the ledger; it forks writers, which start in a millisecond because all is imported.
NURSERY = """
KEPT = int(sys.argv[2])
def commit_for_ever():
    store = LmdbStore.open(folder)
    while True:
        head = store.head()
        number = int(head or b"0") + 1
        with store.write(head) as writer:
            for part in range(4):
                size = number * 7919 * (part + 1) % 9000
                writer.put_new(b"t%08d/%d" % (number, part), bytes([number % 251]) * size)
                if number > KEPT:
                    writer.delete(b"t%08d/%d" % (number - KEPT, part))
            writer.set_head(b"%d" % number)
        os.write(1, b"%d\\n" % number)

while hear() == "go":
    child = os.fork()
    if child == 0:
        commit_for_ever()
    say(f"pid {child}")
    os.waitpid(child, 0)
    say("dead")
"""


def _check(folder: Path, acknowledged: int) -> int:
    with LmdbStore.open(folder) as store, store.read() as reader:
        number = int(reader.head() or b"0")
        assert number in (acknowledged, acknowledged + 1)
        expected = {
            b"t%08d/%d" % (older, part): bytes([older % 251]) * (older * 7919 * (part + 1) % 9000)
            for older in range(max(1, number - KEPT + 1), number + 1)
            for part in range(4)
        }
        assert dict(reader.scan(b"t", b"u")) == expected
        return number


def test_after_each_of_many_kills_all_that_was_acknowledged_is_there_and_nothing_in_halves(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    LmdbStore.create(folder).close()
    chance = random.Random(20240229)
    known = unacknowledged = midway = 0
    with running(NURSERY, folder, KEPT) as nursery:
        for _ in range(KILLS):
            lines = [nursery.ask("go")]
            while not lines[-1].startswith("pid"):
                lines.append(nursery.hear())
            time.sleep(chance.uniform(0, 0.05))
            os.kill(int(lines[-1].removeprefix("pid ")), signal.SIGKILL)
            while lines[-1] != "dead":
                lines.append(nursery.hear())
            acknowledged = max([known, *(int(line) for line in lines if line.isdigit())])
            midway += acknowledged > known
            found = _check(folder, acknowledged)
            unacknowledged += found - acknowledged
            known = found
        nursery.send("stop")
    assert midway > KILLS // 3, (
        "most writers were killed before their first commit: the machine is too slow for this test"
    )
    print(f"{KILLS} kills, {known} transactions, {unacknowledged} of them found without acknowledgement")
