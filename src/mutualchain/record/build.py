"""A member's record cut out of an archive. Who checks it needs none of this."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from ..archive.proving import page_proof
from ..archive.reading import EventRef, SheetRef
from ..archive.source import RecordSource
from ..block.block import block_hash
from ..block.entry import CHAIN, Entry, entry_hash
from ..block.genesis import Genesis
from ..block.keys import RECOVERY, ROTATION
from ..block.plan import EventLeaf, PlanLeaf, SheetLeaf
from ..covenant.acts import RoundOpening
from ..covenant.rounds import RoundTerms
from ..errors import RecordUnavailable
from ..limits import MAX_INT
from ..sheet import PageProof, TreeReader
from ..tlog.checkpoint import parse as parse_checkpoint
from ..tlog.lineage import Lineage
from ..tlog.note import parse as parse_note
from .bundle import Logged, RecordBundle, Shown, ShownRefund, ShownRound
from .continuing import Seen, lineage_of, named_sizes, usual_sizes
from .covenants import COVENANTS

__all__ = ["RecordBuilder", "build_record", "chain_state"]

CHARGE, REFUND, NOTICE = "charge/1", "refund/1", "notice/1"
_READERS = 256


def chain_state(leaves: Iterable[tuple[str, bytes]]) -> PlanLeaf:
    """The chain's own state among those after a block. Raises RecordUnavailable for an archive that lacks it."""
    found = dict(leaves).get(CHAIN)
    if found is None:
        raise RecordUnavailable("the archive does not have the chain's own state", hint="Audit it: it is damaged.")
    return PlanLeaf.from_bytes(found)


def build_record(
    archive: RecordSource, plan: str, slot: int, *, since: Sequence[Seen] = (), handed_out: Iterable[int] = ()
) -> bytes:
    """The record file of one member, under the archive's newest checkpoint.

    ``since`` are books that the record must show itself to continue, checkpoint notes or numbers of blocks, beside
    those that it covers by itself (continuing.py); ``handed_out`` the sizes under which she may have had records.

    Raises PlanUnknown, SlotUnknown, RecordUnavailable where the checkpoint does not cover her yet or the book does
    not continue one of ``since``, and what opening one of them raises: nobody would accept a record that shows it.
    """
    return RecordBuilder(archive, plan, handed_out=handed_out).build(slot, since=since).to_bytes()


class RecordBuilder:
    """Makes the records of many members of one plan; what they share is read once."""

    def __init__(self, archive: RecordSource, plan: str, *, handed_out: Iterable[int] = ()) -> None:
        self._archive = archive
        self._plan = plan
        self._note = archive.checkpoint()
        self._size = parse_checkpoint(parse_note(self._note).text).size
        if not 0 < self._size <= archive.size:
            raise RecordUnavailable("the checkpoint does not fit this archive", value=self._size)
        leaves = archive.plan_leaves(self._size - 1)
        self._leaf = archive.plan_state(plan, self._size - 1)
        self._state = chain_state(leaves)
        archive.prefetch(plan)
        genesis = archive.block(0)
        self._chain = block_hash(genesis)
        self._readers: OrderedDict[int, TreeReader] = OrderedDict()
        self._pages: dict[int, tuple[int, PageProof]] = {}
        self._rounds = [archive.sheet(plan, CHARGE, number) for number in range(self._leaf.next_number(CHARGE))]
        terms = [archive.params(ref) for ref in self._rounds]
        parsed_terms = [RoundTerms.from_bytes(data) for data in terms]
        self._logged = [self._sheet(ref, data) for ref, data in zip(self._rounds, terms, strict=True)]

        def proof(height: int) -> tuple[bytes, ...]:
            return archive.block_proof(height, self._size)

        self._genesis = genesis, archive.entry(0, 0), proof(0)
        self._origin = Genesis.from_entry(Entry.from_bytes(self._genesis[1])).origin
        self._last = archive.block(self._size - 1), proof(self._size - 1)
        self._plans = tuple(data for _, data in leaves)
        self._keys = self._entries(CHAIN, self._state.events_size, (ROTATION, RECOVERY))
        self._covenants = self._entries(plan, self._leaf.events_size, COVENANTS)
        self._announced = [
            self._announcement(ref, parsed) for ref, parsed in zip(self._rounds, parsed_terms, strict=True)
        ]
        self._opened = [EventLeaf.from_bytes(item.leaf).height for item in self._announced]
        refunds = [archive.sheet(plan, REFUND, number) for number in range(self._leaf.next_number(REFUND))]
        self._refunds = [(ref, self._sheet(ref, archive.params(ref))) for ref in refunds]
        settled = [ref.height for ref in reversed(self._rounds)]
        self._usual = usual_sizes(self._size, settled, handed_out) if archive.at_hand else set()
        self._extends = lineage_of(archive, self._usual, self._size)

    def build(self, slot: int, *, since: Sequence[Seen] = (), public: bool = False) -> RecordBundle:
        """One member's record; with ``public`` only what everybody may see of her, without sealed rows and her entries.

        Raises SlotUnknown, RecordUnavailable.
        """
        archive = self._archive
        enrolment = archive.enrolment_of(self._plan, slot)
        if enrolment.height >= self._size:
            raise RecordUnavailable("the newest checkpoint does not cover this member yet", value=slot)
        archive.prefetch(self._plan, slot)
        hers = [at for at, ref in enumerate(self._rounds) if ref.descriptor.rows > slot]
        first = hers[0] if hers else len(self._rounds)
        events = [] if public else archive.events_of(self._plan, slot, self._leaf.sheets_size)
        shown = [self._shown(event.sheet, event.row) for event in events]
        return RecordBundle(
            checkpoint=self._note,
            genesis=self._genesis,
            head=self._last,
            extends=self._continuing(since),
            plans=self._plans,
            plan=self._plan,
            keys=self._keys,
            covenants=self._covenants,
            slot=slot,
            enrolment=self._shown(enrolment, slot - enrolment.descriptor.first),
            before=ShownRound(self._logged[first - 1], self._announced[first - 1]) if first else None,
            rounds=tuple(
                ShownRound(self._logged[at], self._announced[at], self._page(self._rounds[at], slot)) for at in hers
            ),
            refunds=tuple(self._refunded(slot, enrolment.position, first - 1)),
            events=tuple(shown),
            entries=tuple(self._named(events, shown)),
        )

    def _refunded(self, slot: int, joined: int, before: int) -> Iterator[ShownRefund]:
        """From the last refund before she joined, and before round ``before`` was announced; with her page, if any."""
        announced = self._opened[before] if before >= 0 else MAX_INT
        earlier = sum(ref.position < joined and ref.height < announced for ref, _ in self._refunds)
        for ref, logged in self._refunds[max(earlier - 1, 0) :]:
            yield ShownRefund(logged, self._page(ref, slot) if ref.descriptor.rows > slot else None)

    def _named(self, events: Sequence[EventRef], shown: Sequence[Shown]) -> list[Logged]:
        """The entries that her notices name, in order."""
        found: dict[int, Logged] = {}
        for event, row in zip(events, shown, strict=True):
            if event.sheet.descriptor.schema.name != NOTICE:
                continue
            digest = row.page.page[8:40]  # after slot and seq
            height = event.sheet.height
            position, leaf = self._find(digest, height, height)
            data = self._archive.entry(height, leaf.index)
            proof = self._archive.event_proof(self._plan, position, self._leaf.events_size)
            found[position] = Logged(position, leaf.to_bytes(), proof, data)
        return [found[position] for position in sorted(found)]

    def _continuing(self, since: Sequence[Seen]) -> Lineage:
        if not since:
            return self._extends
        named = named_sizes(self._archive, self._origin, self._size, since)
        return self._extends if named <= self._usual else lineage_of(self._archive, named | self._usual, self._size)

    def _entries(self, plan: str, size: int, kinds: tuple[str, ...]) -> tuple[Logged, ...]:
        found = self._archive.entries_of(plan, size, kinds)
        return tuple(
            Logged(position, leaf.to_bytes(), self._archive.event_proof(plan, position, size), data)
            for position, leaf, data in found
        )

    def _announcement(self, ref: SheetRef, terms: RoundTerms) -> Logged:
        """The entry that opened a round with these terms, between its snapshot and its charge; without its body."""
        digest = entry_hash(RoundOpening(terms).to_entry(self._plan).to_bytes())
        noted = self._archive.announced(ref)
        if noted is not None and EventLeaf.from_bytes(noted[1]).entry_hash == digest:
            position, leaf = noted[0], EventLeaf.from_bytes(noted[1])
        else:
            position, leaf = self._find(digest, terms.snapshot_height + 1, ref.height)
        proof = self._archive.event_proof(self._plan, position, self._leaf.events_size)
        return Logged(position, leaf.to_bytes(), proof)

    def _find(self, digest: bytes, first: int, last: int) -> tuple[int, EventLeaf]:
        """Where an entry of the plan stands that blocks ``first`` to ``last`` hold: the log is sorted by height."""
        low, high = 0, self._leaf.events_size
        while low < high:
            middle = (low + high) // 2
            if self._event_leaf(middle).height < first:
                low = middle + 1
            else:
                high = middle
        for position in range(low, self._leaf.events_size):
            leaf = self._event_leaf(position)
            if leaf.entry_hash == digest:
                return position, leaf
            if leaf.height > last:
                break
        raise RecordUnavailable("an entry that the record has to show is not in the plan's log", value=digest)

    def _event_leaf(self, position: int) -> EventLeaf:
        return EventLeaf.from_bytes(self._archive.event_leaf(self._plan, position))

    def _sheet(self, ref: SheetRef, params: bytes = b"") -> Logged:
        leaf = SheetLeaf(ref.height, ref.time_ms, ref.descriptor).to_bytes()
        proof = self._archive.sheet_proof(self._plan, ref.position, self._leaf.sheets_size)
        return Logged(ref.position, leaf, proof, params)

    def _shown(self, ref: SheetRef, row: int) -> Shown:
        return Shown(self._sheet(ref, self._archive.params(ref)), self._page(ref, row))

    def _page(self, ref: SheetRef, row: int) -> PageProof:
        reader = self._readers.get(ref.position)
        if reader is None:
            read = partial(self._archive.tile, ref)
            reader = TreeReader(ref.descriptor, self._chain, read)
            self._readers[ref.position] = reader
            if len(self._readers) > _READERS:
                self._pages.pop(self._readers.popitem(last=False)[0], None)
        index = row // ref.descriptor.schema.page_rows
        last = self._pages.get(ref.position)
        if last is None or last[0] != index:  # neighbours share a page, and often come one after the other
            last = self._pages[ref.position] = index, page_proof(self._archive, self._chain, ref, row, reader)
        return last[1]
