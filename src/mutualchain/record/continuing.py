"""Which earlier sizes of the book a record shows itself to continue, so that whoever saw one of them can tell.

A member's device keeps the newest book it accepted (pinfile.py), and the next record must continue that one. Who makes
the record need not know which it was: unless told otherwise, it covers what she can have seen. These are, in this
order, as far as they fit:

1. what she names, always: a checkpoint that she has, or how many blocks it covers;
2. in a small book every earlier size;
3. in a larger one the heads under which records were handed out before, where the platform remembers them; else the
   heads that the plan's newest rounds were settled under, because records are mostly made then.

A member who makes her record herself, from a published ledger, names what her device has kept, and nothing else is
covered: each tile would be one request more.

Each costs the hashes that it does not share with the others (tlog/lineage.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..archive.source import RecordSource
from ..block.chain import BLOCKS
from ..errors import RecordUnavailable, UsageError
from ..tlog.checkpoint import open_checkpoint
from ..tlog.lineage import Lineage, lineage_from_nodes, within
from ..tlog.merkle import root_from_nodes

__all__ = ["Seen", "lineage_of", "named_sizes", "usual_sizes"]

Seen = bytes | int
"""A book that somebody has seen: its checkpoint's note, or how many blocks it has."""

NAMED = 64
"""Books that a record is asked to continue: MAX_EXTENSIONS is what they take in the largest book."""
WHOLE = 256
"""A book of so many blocks is covered whole: 8 kB, in a record whose other proofs are short."""
HASHES = 128
"""What the heads may cost in a larger one: the last six in a book of ten million blocks, the last fourteen in one of
ten thousand. At two rounds a month a member who looks once a quarter is reached, and a year of rounds in the largest
plan takes no more than 64 kB with them (benchmarks/aged.py)."""


def named_sizes(archive: RecordSource, origin: str, size: int, since: Sequence[Seen]) -> set[int]:
    """The sizes of books that a record of ``size`` blocks is to continue; one of this very size needs no proof.

    Raises UsageError for too many, RecordUnavailable where the book does not continue one of them, and what opening a
    checkpoint raises.
    """
    if len(since) > NAMED:
        raise UsageError(f"a record is made since at most {NAMED} earlier books", value=len(since))
    found = set()
    keys, read = archive.log_keys().known, archive.nodes(BLOCKS)
    for seen in since:
        if isinstance(seen, bytes):
            earlier = open_checkpoint(seen, origin, keys)
            blocks, same = earlier.size, True
            if 0 < blocks <= size:  # every book continues the empty one
                same = root_from_nodes(read, blocks) == earlier.root
        else:
            blocks, same = seen, seen >= 0
        if blocks > size or not same:
            raise RecordUnavailable(
                "this ledger does not continue the book that was named",
                value=f"{blocks} blocks, where this one has {size}",
                hint="Look whether this is the right ledger, whole and not an older copy.",
            )
        found.add(blocks)
    return found - {0, size}


def usual_sizes(size: int, settled: Iterable[int], handed_out: Iterable[int]) -> set[int]:
    """What a record of ``size`` blocks covers by itself.

    ``settled`` are the heights of the blocks that settled the plan's rounds, ``handed_out`` the sizes under which
    records were made before: of both the newest first.
    """
    if size <= WHOLE:
        return set(range(1, size))
    before = sorted({blocks for blocks in handed_out if 0 < blocks < size}, reverse=True)
    return {*within(before or (height + 1 for height in settled), size, HASHES)}


def lineage_of(archive: RecordSource, sizes: Iterable[int], size: int) -> Lineage:
    """What proves these earlier sizes in the tree of ``size`` blocks."""
    return lineage_from_nodes(archive.nodes(BLOCKS), sizes, size)
