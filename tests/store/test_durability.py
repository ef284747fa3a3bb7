"""Nothing is acknowledged before it is on the disk: the system calls say so."""

from __future__ import annotations

import re
from pathlib import Path

from mutualchain.store import LmdbStore

from .children import output

COMMITS = 12
WRITER = """
with LmdbStore.open(folder) as store:
    for number in range(int(sys.argv[2])):
        with store.write(store.head()) as writer:
            writer.put(b"%d" % number, bytes(number * 3000))
            writer.set_head(b"%d" % number)
        os.write(1, b"committed\\n")
"""


def test_every_acknowledgement_follows_the_sync_of_its_pages_and_of_its_root(tmp_path: Path, strace: Path) -> None:
    folder, trace = tmp_path / "ledger", tmp_path / "trace"
    LmdbStore.create(folder).close()
    calls = "trace=openat,fdatasync,fsync,msync,write,writev,pwrite64,pwritev"
    lines = output(WRITER, folder, COMMITS, wrap=[str(strace), "-f", "-y", "-s", "16", "-e", calls, "-o", str(trace)])
    assert lines == ["committed"] * COMMITS

    write_through: set[str] = set()
    unsynced = False
    synced = roots = acknowledged = 0
    for line in trace.read_text().splitlines():
        if opened := re.search(r'openat\(.*/data\.mdb", (\S+?)[,)].* = (\d+)<', line):
            if "O_DSYNC" in opened[1] or "O_SYNC" in opened[1]:
                write_through.add(opened[2])
            else:
                write_through.discard(opened[2])
        elif call := re.search(r"(\w+)\((\d+)<[^>]*/data\.mdb>.*= (-?\d+)", line):
            name, descriptor, result = call.groups()
            assert int(result) >= 0, line
            if name in ("fdatasync", "fsync"):
                synced += unsynced
                unsynced = False
            elif descriptor in write_through:
                assert not unsynced, f"the root was written before its pages were on the disk: {line}"
                roots += 1
            else:
                unsynced = True
        elif '"committed\\n"' in line:
            acknowledged += 1
            assert not unsynced
            assert roots == synced == acknowledged, "acknowledged before pages and root were on the disk"
    assert acknowledged == COMMITS
