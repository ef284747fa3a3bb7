"""Where a ledger's bytes live: an ordered key-value store with one atomic, durable write at a time.

    protocol      what a store promises: Store, Reader, Writer, and the rules for keys and values
    lmdb          LmdbStore, the default: one LMDB file in the ledger's folder
    memory        MemoryStore, for tests: a dict that checks its callers
    conformance   the executable form of the promises; run it against a store of your own

    transaction, gate, lockfile,          parts of the LMDB store: its Reader and Writer, readers and
    place, datafile, failures             remapping, the one writing process, the folder, what is checked
                                          before the engine sees a file, errors

Nothing here knows a block, a sheet or a signature. What is stored is checked by whoever reads it.
"""

from __future__ import annotations

from mutualchain.store.lmdb import LmdbStore
from mutualchain.store.memory import MemoryStore
from mutualchain.store.protocol import Reader, Store, Writer, prefix_end

__all__ = ["LmdbStore", "MemoryStore", "Reader", "Store", "Writer", "prefix_end"]
