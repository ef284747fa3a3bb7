"""Blocks under one signed head that break the chain's own rules, as far as the blocks themselves show it.

One head is signed, and the log's key vouches for every block below it. So what two of these blocks say of the same
thing are two signed statements, and so are a block's header and the states of the plans that it commits to:

    height      a block says that it stands elsewhere             chain     it names another chain than its own
    count       it counts other plans than it commits to          twice     it commits to two states of one plan
    order       it commits to its plans out of order              previous  it does not name the block before it
    time        a block is dated before an earlier one            vanished  a plan is gone
    fewer       a plan's counter has fallen                       other     a plan's log of one size is another one
    rewritten   a plan's log does not continue what it was        uncounted a counter grew otherwise than the block says

Only values that parse are compared: what cannot be read may be of a later version, and convicts nobody. And only a log
whose first block is a genesis block for its own origin is a chain at all; any other log may hold what it likes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..block.block import Block, block_hash
from ..block.chain import EVENTS, SHEETS
from ..block.entry import CHAIN, Entry, entry_hash
from ..block.genesis import Genesis
from ..block.header import ZERO_HASH, Header
from ..block.plan import PlanLeaf
from ..errors import GenesisError, NotEvidence, ProofError
from ..tlog.checkpoint import Checkpoint
from ..tlog.merkle import leaf_hash, root, verify_consistency, verify_inclusion
from .disagreement import ProvenBlock

__all__ = ["Broken", "Rewritten", "StatedBlock", "broken_rule", "check_genesis", "rules_of_one", "rules_of_two"]

ENROLMENT = "enrolment/1"


@dataclass(frozen=True, slots=True)
class StatedBlock:
    """A block under the head, and every plan's leaf after it; ``leaves`` is empty where the states do not matter."""

    proven: ProvenBlock
    leaves: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A plan's own log under the later block, at the size that it had under the earlier one: its root, and the proof.

    ``log`` is ``"sheets"`` or ``"events"``.
    """

    plan: str
    log: str
    root: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule by its name above, and what the sentence about it needs."""

    rule: str
    values: Mapping[str, int | str]


def check_genesis(proven: ProvenBlock, entry: bytes, head: Checkpoint) -> bytes:
    """The identity of the chain that begins under ``head`` with this block and its only entry.

    Raises ProofError, GenesisError, and what the block or the entry raises that cannot be read.
    """
    if proven.height != 0:
        raise GenesisError("a chain begins with block 0", value=proven.height)
    proven.check(head)
    header = Block.from_bytes(proven.block).header
    verify_inclusion(entry_hash(entry), 0, header.entry_count, (), header.entries_root)
    genesis = Genesis.from_entry(Entry.from_bytes(entry))
    if genesis.origin != head.origin:
        raise GenesisError("the log does not begin with its own genesis block", value=genesis.origin)
    if (header.height, header.chain) != (0, ZERO_HASH):
        raise GenesisError("the first block is no genesis block", value=header.height)
    return block_hash(proven.block)


def broken_rule(
    head: Checkpoint, chain: bytes, blocks: Sequence[StatedBlock], rewritten: Rewritten | None = None
) -> Broken:
    """The rule that one block breaks, or two in the order of their heights.

    Raises NotEvidence where they break none, ProofError for a block or state that is not under the head, and what a
    block or state raises that cannot be read.
    """
    read = [_Read.of(item, head) for item in blocks]
    found: Broken | None = None
    for item in read:
        found = found or next(rules_of_one(chain, item.height, item.header, item.states), None)
    if len(read) == 2 and read[0].height < read[1].height:
        found = found or next(rules_of_two(read[0], read[1]), None)
        if found is None and rewritten is not None:
            found = _rewritten(read[0], read[1], rewritten)
    if found is None:
        raise NotEvidence("the blocks shown break no rule", value=[item.height for item in read])
    return found


@dataclass(frozen=True, slots=True)
class _Read:
    """A block that was read, and the states after it, ``None`` where they are not shown."""

    height: int
    hash: bytes
    header: Header
    states: tuple[PlanLeaf, ...] | None

    @classmethod
    def of(cls, item: StatedBlock, head: Checkpoint) -> _Read:
        item.proven.check(head)
        data = item.proven.block
        header = Block.from_bytes(data).header
        states = None
        if item.leaves:
            if root([leaf_hash(leaf) for leaf in item.leaves]) != header.plans_root:
                raise ProofError("the states shown are not those that the block commits to", value=item.proven.height)
            states = tuple(PlanLeaf.from_bytes(leaf) for leaf in item.leaves)
        return cls(item.proven.height, block_hash(data), header, states)

    def by_plan(self) -> dict[str, PlanLeaf]:
        return {leaf.plan: leaf for leaf in self.states or ()}


# --- one block ----------------------------------------------------------------------------------


def rules_of_one(chain: bytes, height: int, header: Header, states: Sequence[PlanLeaf] | None) -> Iterator[Broken]:
    """Every rule that the block at ``height`` breaks by itself; ``states`` are all that its header commits to."""
    if header.height != height:
        yield Broken("height", {"height": height, "stated": header.height})
    if height > 0 and header.chain != chain:
        yield Broken("chain", {"height": height})
    if states is None:
        return
    if len(states) != header.plan_count:
        yield Broken("count", {"height": height, "stated": header.plan_count, "found": len(states)})
    names = [leaf.plan for leaf in states]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        yield Broken("twice", {"height": height, "plan": twice[0]})
    elif names != sorted(names) or names[:1] != [CHAIN]:
        yield Broken("order", {"height": height})


# --- two blocks ---------------------------------------------------------------------------------


def rules_of_two(earlier: _Read, later: _Read) -> Iterator[Broken]:
    """Every rule that the two break together; each by itself breaks none."""
    both = {"earlier": earlier.height, "later": later.height}
    if later.header.time_ms < earlier.header.time_ms:
        yield Broken("time", both)
    adjacent = later.height == earlier.height + 1
    if adjacent and later.header.previous != earlier.hash:
        yield Broken("previous", {"height": later.height})
    if earlier.states is None or later.states is None:
        return
    now = later.by_plan()
    for before in earlier.states:
        after = now.get(before.plan)
        if after is None:
            yield Broken("vanished", both | {"plan": before.plan})
        else:
            yield from _counters(before, after, both)
    if adjacent:
        yield from _uncounted(earlier, later)


def _counters(before: PlanLeaf, after: PlanLeaf, both: Mapping[str, int]) -> Iterator[Broken]:
    counters = [("members", before.slots, after.slots), ("sheets", before.sheets_size, after.sheets_size)]
    counters.append(("entries", before.events_size, after.events_size))
    numbers = dict(after.numbers)
    counters += [(schema, count, numbers.get(schema, 0)) for schema, count in before.numbers]
    for what, old, new in counters:
        if new < old:
            values: dict[str, int | str] = {"plan": before.plan, "what": what, "before": old, "after": new}
            yield Broken("fewer", {**both, **values})
    logs = [("sheets", before.sheets_size, before.sheets_root, after.sheets_size, after.sheets_root)]
    logs.append(("entries", before.events_size, before.events_root, after.events_size, after.events_root))
    for what, size, old_root, new_size, new_root in logs:
        if size == new_size and old_root != new_root:
            yield Broken("other", {**both, "plan": before.plan, "what": what})


def _uncounted(earlier: _Read, later: _Read) -> Iterator[Broken]:
    """Counters grow by what the block itself holds, and by nothing else."""
    was, height = earlier.by_plan(), later.height
    entries = 0
    for after in later.states or ():
        before = was.get(after.plan)
        sheets = [sheet for sheet in later.header.sheets if sheet.plan == after.plan]
        joined = sum(sheet.rows for sheet in sheets if sheet.schema.name == ENROLMENT)
        due = Counter(dict(before.numbers) if before else {})
        due.update(sheet.schema.name for sheet in sheets)
        slots = (before.slots if before else 0) + joined
        numbers = dict(after.numbers)
        counters = [(schema, numbers.get(schema, 0), due[schema]) for schema in {*due, *numbers}]
        for what, stated, expected in [("members", after.slots, slots), *sorted(counters)]:
            if stated != expected:
                values: dict[str, int | str] = {"plan": after.plan, "what": what, "stated": stated, "due": expected}
                yield Broken("uncounted", {"height": height, **values})
        entries += after.events_size - (before.events_size if before else 0)
    if entries != later.header.entry_count:
        values = {"plan": CHAIN, "what": "entries", "stated": entries, "due": later.header.entry_count}
        yield Broken("uncounted", {"height": height, **values})


def _rewritten(earlier: _Read, later: _Read, shown: Rewritten) -> Broken | None:
    before, after = earlier.by_plan().get(shown.plan), later.by_plan().get(shown.plan)
    if before is None or after is None:
        raise NotEvidence("the plan whose log is shown is not in both blocks' states", value=shown.plan)
    if shown.log == SHEETS:
        size, old, new_size, new = before.sheets_size, before.sheets_root, after.sheets_size, after.sheets_root
    elif shown.log == EVENTS:
        size, old, new_size, new = before.events_size, before.events_root, after.events_size, after.events_root
    else:
        raise NotEvidence("a plan has a log of sheets and one of entries", value=shown.log)
    verify_consistency(size, new_size, shown.proof, shown.root, new)
    if not size or shown.root == old:
        return None
    what = "sheets" if shown.log == SHEETS else "entries"
    return Broken("rewritten", {"earlier": earlier.height, "later": later.height, "plan": shown.plan, "what": what})
