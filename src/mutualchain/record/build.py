"""A member's record cut out of an archive. Who checks it needs none of this."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial

from ..archive.proving import page_proof
from ..archive.reading import SheetRef
from ..archive.source import RecordSource
from ..block.block import block_hash
from ..block.chain import BLOCKS
from ..block.entry import CHAIN, Entry
from ..block.genesis import Genesis
from ..block.keys import RECOVERY, ROTATION
from ..block.plan import PlanLeaf, SheetLeaf
from ..covenant.rounds import RoundTerms
from ..errors import RecordUnavailable, UsageError
from ..limits import MAX_EXTENSIONS
from ..sheet import PageProof, TreeReader
from ..tlog.checkpoint import open_checkpoint
from ..tlog.checkpoint import parse as parse_checkpoint
from ..tlog.merkle import consistency_proof_from_nodes, root_from_nodes
from ..tlog.note import Verifier
from ..tlog.note import parse as parse_note
from .bundle import Logged, RecordBundle, Shown

__all__ = ["RecordBuilder", "build_record"]

CHARGE = "charge/1"
_READERS = 256


def build_record(archive: RecordSource, plan: str, slot: int, *, since: Sequence[bytes] = ()) -> bytes:
    """The record file of one member, under the archive's newest checkpoint.

    ``since`` are earlier checkpoint notes, MAX_EXTENSIONS at most, that the record is to show itself to continue.

    Raises PlanUnknown, SlotUnknown, RecordUnavailable where the checkpoint does not cover her yet or the book does
    not continue one of ``since``, and what opening one of them raises: nobody would accept a record that shows it.
    """
    return RecordBuilder(archive, plan).build(slot, since=since).to_bytes()


class RecordBuilder:
    """Makes the records of many members of one plan; what they share is read once."""

    def __init__(self, archive: RecordSource, plan: str) -> None:
        self._archive = archive
        self._plan = plan
        self._note = archive.checkpoint()
        self._size = parse_checkpoint(parse_note(self._note).text).size
        if not 0 < self._size <= archive.size:
            raise RecordUnavailable("the checkpoint does not fit this archive", value=self._size)
        leaves = archive.plan_leaves(self._size - 1)
        self._leaf = archive.plan_state(plan, self._size - 1)
        self._state = PlanLeaf.from_bytes(dict(leaves)[CHAIN])
        archive.prefetch(plan)
        genesis = archive.block(0)
        self._chain = block_hash(genesis)
        self._readers: OrderedDict[int, TreeReader] = OrderedDict()
        self._rounds = [archive.sheet(plan, CHARGE, number) for number in range(self._leaf.next_number(CHARGE))]
        terms = [archive.params(ref) for ref in self._rounds]
        for data in terms:
            RoundTerms.from_bytes(data)  # a record whose terms nobody can read is not made
        self._logged = [self._sheet(ref, data) for ref, data in zip(self._rounds, terms, strict=True)]

        def proof(height: int) -> tuple[bytes, ...]:
            return archive.block_proof(height, self._size)

        self._genesis = genesis, archive.entry(0, 0), proof(0)
        self._last = archive.block(self._size - 1), proof(self._size - 1)
        self._plans = tuple(data for _, data in leaves)
        self._keys = self._entries(CHAIN, self._state.events_size, (ROTATION, RECOVERY))
        self._covenants = self._entries(plan, self._leaf.events_size, ("plan",))

    def build(self, slot: int, *, since: Sequence[bytes] = ()) -> RecordBundle:
        """One member's record. Raises SlotUnknown, RecordUnavailable."""
        archive = self._archive
        enrolment = archive.enrolment_of(self._plan, slot)
        if enrolment.height >= self._size:
            raise RecordUnavailable("the newest checkpoint does not cover this member yet", value=slot)
        archive.prefetch(self._plan, slot)
        hers = [at for at, ref in enumerate(self._rounds) if ref.descriptor.rows > slot]
        first = hers[0] if hers else len(self._rounds)
        events = archive.events_of(self._plan, slot, self._leaf.sheets_size)
        return RecordBundle(
            checkpoint=self._note,
            genesis=self._genesis,
            head=self._last,
            extends=self._extends(since),
            plans=self._plans,
            plan=self._plan,
            keys=self._keys,
            covenants=self._covenants,
            slot=slot,
            enrolment=self._shown(enrolment, slot - enrolment.descriptor.first),
            before=self._logged[first - 1] if first else None,
            rounds=tuple(Shown(self._logged[at], self._page(self._rounds[at], slot)) for at in hers),
            events=tuple(self._shown(event.sheet, event.row) for event in events),
        )

    def _extends(self, since: Sequence[bytes]) -> tuple[tuple[bytes, tuple[bytes, ...]], ...]:
        """Each earlier checkpoint with its consistency proof; one of this very size needs none."""
        if not since:
            return ()
        if len(since) > MAX_EXTENSIONS:
            raise UsageError(f"a record shows at most {MAX_EXTENSIONS} earlier checkpoints", value=len(since))
        genesis = Genesis.from_entry(Entry.from_bytes(self._genesis[1]))
        keys = [Verifier.from_vkey(genesis.log_key)]
        read = self._archive.nodes(BLOCKS)
        found: dict[int, tuple[bytes, tuple[bytes, ...]]] = {}
        for note in since:
            earlier = open_checkpoint(note, genesis.origin, keys)
            if earlier.size == 0:  # every book continues the empty one
                continue
            if earlier.size > self._size or root_from_nodes(read, earlier.size) != earlier.root:
                raise RecordUnavailable("this ledger does not continue the book of that checkpoint", value=earlier.size)
            if earlier.size < self._size:
                found[earlier.size] = note, consistency_proof_from_nodes(read, earlier.size, self._size)
        return tuple(found[size] for size in sorted(found))

    def _entries(self, plan: str, size: int, kinds: tuple[str, ...]) -> tuple[Logged, ...]:
        found = self._archive.entries_of(plan, size, kinds)
        return tuple(
            Logged(position, leaf.to_bytes(), self._archive.event_proof(plan, position, size), data)
            for position, leaf, data in found
        )

    def _sheet(self, ref: SheetRef, params: bytes = b"") -> Logged:
        leaf = SheetLeaf(ref.height, ref.time_ms, ref.descriptor).to_bytes()
        proof = self._archive.sheet_proof(self._plan, ref.position, self._leaf.sheets_size)
        return Logged(ref.position, leaf, proof, params)

    def _shown(self, ref: SheetRef, row: int) -> Shown:
        return Shown(self._sheet(ref), self._page(ref, row))

    def _page(self, ref: SheetRef, row: int) -> PageProof:
        reader = self._readers.get(ref.position)
        if reader is None:
            read = partial(self._archive.tile, ref)
            reader = TreeReader(ref.descriptor, self._chain, read)
            self._readers[ref.position] = reader
            if len(self._readers) > _READERS:
                self._readers.popitem(last=False)
        return page_proof(self._archive, self._chain, ref, row, reader)
