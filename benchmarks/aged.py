"""A record as a platform of years would hand it out: the same rows, in logs as long as they are by then.

How large a record is depends on how many members a plan has, and on how long the logs are in which its rounds stand:
each round is proven by one path in the plan's log of sheets and one in its log of entries, and each earlier book by
one in the log of blocks. Nobody writes thirty million blocks for a benchmark. So a real record is taken apart, what it
shows is put at places far from each other in long logs of which nothing else is there but the hashes that proofs need,
and the operator's keys sign the head of that. It verifies like any other.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import replace

from mutualchain.block.block import Block, block_hash, sign_header
from mutualchain.block.plan import PlanLeaf
from mutualchain.ledger import OperatorKeys
from mutualchain.record.bundle import Logged, RecordBundle, Shown, ShownRound
from mutualchain.record.continuing import usual_sizes
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.tlog.lineage import Lineage
from mutualchain.tlog.merkle import leaf_hash, node_hash, root, split_point

__all__ = ["Sparse", "aged"]


_OTHERS = "withdrawal/1"
"""What the sheets of others are said to be: of a kind that the record shows none of."""


class Sparse:
    """A log of ``size`` leaves of which few are known, and which is cut at some earlier sizes.

    Of subtrees with neither inside there is only some hash.
    """

    def __init__(self, name: str, size: int, leaves: dict[int, bytes], cuts: set[int] | None = None) -> None:
        self._name, self.size, self._leaves = name, size, leaves
        self._places, self._cuts = sorted(leaves), sorted(cuts or ())

    def _cut(self, start: int, end: int) -> bool:
        at = bisect_right(self._cuts, start)
        return at < len(self._cuts) and self._cuts[at] < end

    def node(self, start: int, end: int) -> bytes:
        """The hash of the subtree over leaves [start, end)."""
        at = bisect_left(self._places, start)
        if (at == len(self._places) or self._places[at] >= end) and not self._cut(start, end):
            return hashlib.sha256(f"{self._name} {start} {end}".encode()).digest()
        if end - start == 1:
            return self._leaves[start]
        middle = split_point(start, end)
        return node_hash(self.node(start, middle), self.node(middle, end))

    def root(self) -> bytes:
        """The root."""
        return self.node(0, self.size)

    def proof(self, index: int) -> tuple[bytes, ...]:
        """The inclusion proof of a leaf."""
        found = []
        start, end = 0, self.size
        while end - start > 1:
            middle = split_point(start, end)
            left = index < middle
            found.append(self.node(middle, end) if left else self.node(start, middle))
            start, end = (start, middle) if left else (middle, end)
        return tuple(reversed(found))

    def lineage(self) -> Lineage:
        """What proves the cuts, which entail no others."""

        def given(start: int, end: int) -> Iterator[bytes]:
            if not self._cut(start, end):
                yield self.node(start, end)
                return
            middle = split_point(start, end)
            yield from given(start, middle)
            yield from given(middle, end)

        return Lineage(tuple(self._cuts), tuple(given(0, self.size)))


def aged(record: bytes, keys: OperatorKeys, *, blocks: int, sheets: int, entries: int, heads: int) -> bytes:
    """``record`` in logs of so many blocks, sheets and entries; records were handed out under ``heads`` heads before.

    ``keys`` have signed the record and sign the new one. It says what the old one said, but for the size of the book.
    """
    old = RecordBundle.from_bytes(record)
    plans = [PlanLeaf.from_bytes(data) for data in old.plans]
    mine = next(at for at, leaf in enumerate(plans) if leaf.plan == old.plan)
    in_sheets = _stretched(sheets, plans[mine].sheets_size)
    in_entries = _stretched(entries, plans[mine].events_size)
    shown = (*old.rounds, *(() if old.before is None else (old.before,)))
    logged = [old.enrolment.logged, *(item.logged for item in shown)]
    logged += [*(item.logged for item in old.refunds), *(item.logged for item in old.events)]
    sheet_log = Sparse("sheets", sheets, {in_sheets(item.position): leaf_hash(item.leaf) for item in logged})
    noted = [*(item.announced for item in shown), *old.covenants, *old.entries]
    entry_log = Sparse("entries", entries, {in_entries(item.position): leaf_hash(item.leaf) for item in noted})
    numbers = dict(plans[mine].numbers)
    numbers[_OTHERS] = numbers.get(_OTHERS, 0) + sheets - plans[mine].sheets_size
    leaf = replace(
        plans[mine], numbers=tuple(sorted(numbers.items())), sheets_size=sheets, sheets_root=sheet_log.root(),
        events_size=entries, events_root=entry_log.root(),
    ).to_bytes()  # fmt: skip
    leaves = (*old.plans[:mine], leaf, *old.plans[mine + 1 :])
    last = Block.from_bytes(old.head[0])
    header = replace(
        last.header, height=blocks - 1, sheets=(), entry_count=0, entries_root=root([]),
        plans_root=root([leaf_hash(data) for data in leaves]),
    )  # fmt: skip
    head = sign_header(header, [keys.block]).to_bytes()
    before = usual_sizes(blocks, [], [blocks * (at + 1) // (heads + 1) for at in range(heads)])
    block_log = Sparse("blocks", blocks, {0: block_hash(old.genesis[0]), blocks - 1: block_hash(head)}, before)
    origin = keys.log.verifier.name

    def there(item: Logged, place: Callable[[int], int], log: Sparse) -> Logged:
        return replace(item, position=place(item.position), proof=log.proof(place(item.position)))

    def row(item: Shown) -> Shown:
        return replace(item, logged=there(item.logged, in_sheets, sheet_log))

    def round_(item: ShownRound) -> ShownRound:
        announced = there(item.announced, in_entries, entry_log)
        return replace(item, logged=there(item.logged, in_sheets, sheet_log), announced=announced)

    return replace(
        old,
        checkpoint=sign_checkpoint(Checkpoint(origin, blocks, block_log.root()), [keys.log]),
        genesis=(*old.genesis[:2], block_log.proof(0)),
        head=(head, block_log.proof(blocks - 1)),
        extends=block_log.lineage(),
        plans=leaves,
        covenants=tuple(there(item, in_entries, entry_log) for item in old.covenants),
        enrolment=row(old.enrolment),
        before=None if old.before is None else round_(old.before),
        rounds=tuple(round_(item) for item in old.rounds),
        refunds=tuple(replace(item, logged=there(item.logged, in_sheets, sheet_log)) for item in old.refunds),
        events=tuple(row(item) for item in old.events),
        entries=tuple(there(item, in_entries, entry_log) for item in old.entries),
    ).to_bytes()


def _stretched(size: int, before: int) -> Callable[[int], int]:
    """Where the places of a log of ``before`` leaves come to lie in one of ``size``: the first stays, far apart."""
    step = size // before
    assert step > 0
    return lambda position: position * step
