"""What is acknowledged is on the disk, says a trace; and a full disk takes nothing back."""

from __future__ import annotations

import re
from pathlib import Path

from mutualchain.ledger import Ledger

from ..conftest import ROOT
from ..store.children import output
from .world import KEYS, PLAN, consistent, join, new_ledger

WRITES = 6
WRITER = (
    f"sys.path.insert(0, {str(ROOT)!r})"
    + """
from mutualchain.ledger import Ledger
from tests.ledger.world import *
ledger = Ledger.open(folder, KEYS)
for number in range(int(sys.argv[2])):
    match number % 3:
        case 0:
            join(ledger, f"member {number}")
        case 1:
            ledger.enrol_many(PLAN, *columns(100, number), deposits=1000, reference=f"many {number}")
        case _:
            ledger.credit_many(PLAN, [0, 1, 2], number, reference=f"credits {number}")
    os.write(1, b"acknowledged\\n")
os._exit(0)
"""
)


def test_every_acknowledgement_follows_the_sync_of_its_block(tmp_path: Path, strace: Path) -> None:
    folder, trace = tmp_path / "ledger", tmp_path / "trace"
    new_ledger(folder).close()
    calls = "trace=openat,fdatasync,fsync,msync,write,writev,pwrite64,pwritev"
    wrap = [str(strace), "-f", "-y", "-s", "16", "-e", calls, "-o", str(trace)]
    assert output(WRITER, folder, WRITES, wrap=wrap) == ["acknowledged"] * WRITES

    roots = acknowledged = 0
    synced_roots: set[str] = set()
    unsynced = False
    for line in trace.read_text().splitlines():
        if opened := re.search(r'openat\(.*/data\.mdb", (\S+?)[,)].* = (\d+)<', line):
            (synced_roots.add if "SYNC" in opened[1] else synced_roots.discard)(opened[2])
        elif call := re.search(r"(\w+)\((\d+)<[^>]*/data\.mdb>", line):
            name, descriptor = call.groups()
            if name in ("fdatasync", "fsync"):
                unsynced = False
            elif descriptor in synced_roots:
                assert not unsynced, f"the root was written before its pages were on the disk: {line}"
                roots += 1
            else:
                unsynced = True
        elif '"acknowledged\\n"' in line:
            acknowledged += 1
            assert roots >= acknowledged, "acknowledged before the root of its block was on the disk"
    assert acknowledged == WRITES


FULL = (
    f"sys.path.insert(0, {str(ROOT)!r})"
    + """
import resource
from mutualchain.errors import StoreFull
from mutualchain.ledger import Ledger
from tests.ledger.world import *
ENDLESS = resource.RLIM_INFINITY
data = folder / "store" / "data.mdb"
ledger = Ledger.open(folder, KEYS)
keys, commitments = columns(5000)
writes = [
    lambda: join(ledger, "new"),
    lambda: ledger.enrol_many(PLAN, keys, commitments, deposits=1000, reference="many"),
    lambda: ledger.credit_many(PLAN, list(range(5000)), 7, reference="credits"),
    lambda: ledger.credit(PLAN, 0, 5, reference="credit"),
    lambda: ledger.open_round(PLAN, [approve(ledger, 5003, "case")], reference="open")[0],
    lambda: ledger.settle_round(PLAN, reference="settle"),
]
refused = 0
for number, write in enumerate(writes):
    # Fill what is free inside the file, so that a write has to grow it.
    before = books_of(ledger), ledger.size
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, ENDLESS))
    try:
        proven(write())
    except StoreFull as error:
        refused += 1
        say(f"{error.code}")
        if number != 4:  # which approves a case first
            assert (books_of(ledger), ledger.size) == before, number
    resource.setrlimit(resource.RLIMIT_FSIZE, (ENDLESS, ENDLESS))
    size = ledger.size
    ack = write()
    assert write() == ack
    proven(ack)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, ENDLESS))
try:
    ledger.credit(PLAN, 0, 6, reference="last")
except StoreFull:
    say("full to the end")
try:
    ledger.close()
except StoreFull:
    say("closed without room")
ledger.close()
resource.setrlimit(resource.RLIMIT_FSIZE, (ENDLESS, ENDLESS))
assert refused
"""
)


def test_a_full_disk_refuses_what_does_not_fit_and_the_retry_works_when_there_is_room(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    with new_ledger(folder) as ledger:
        join(ledger, 0)
    lines = output(FULL, folder)
    assert set(lines) <= {"MC-114", "full to the end", "closed without room"}
    assert lines.count("MC-114") >= 4, lines
    assert "full to the end" in lines
    with Ledger.open(folder, KEYS) as ledger:
        assert ledger.book(PLAN).slots == 5002
        assert ledger.credit(PLAN, 0, 6, reference="last").seq is not None
        consistent(ledger)
