"""Publishing: what has to be written, in which order, and what must hold before the checkpoint names it.

1. The checkpoint is the newest that the log's key signed and, where the trust file asks for it, a quorum cosigned.
   It continues the one that is published, by a consistency proof; never an older or another one takes its place.
2. Everything that a reader of this checkpoint needs is written, synced, read back and led to what is signed: blocks and
   tiles to the root, entries to the headers, plans' leaves to the last header, the plans' logs to those leaves, sheets
   to their descriptors.
3. All folders are synced; then the checkpoint is put in its place.
4. Partial tiles beside full ones are removed. Those of earlier checkpoints stay until then.

What an earlier checkpoint covers is not looked at again, so an unchanged ledger costs a few reads. ``recheck`` does it
all once more, and mends what is missing or wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from ..archive import published_layout as layout
from ..archive.published_heads import Head, Landmark, PlanHead, verify_head, verify_plan_head
from ..archive.reading import Archive, SheetRef
from ..block.block import Block, block_hash
from ..block.chain import BLOCKS, EVENTS, SHEETS
from ..block.entry import CHAIN, Entry, entries_root, entry_hash
from ..block.genesis import Genesis
from ..block.plan import EventLeaf, PlanLeaf
from ..covenant.document import covenant_hash
from ..errors import MutualchainError, ProofError, PublishFolder, PublishRollback, PublishSplit, PublishUnverified
from ..limits import MAX_LANDMARKS
from ..sheet import params_hash
from ..store import Reader
from ..tlog import checkpoint as checkpoints
from ..tlog import merkle
from ..tlog import note as notes
from ..tlog.checkpoint import Checkpoint, VerifiedCheckpoint
from ..tlog.tiles import format_tile
from ..tlog.trust import TrustFile
from .folder import Folder, check_place
from .sheets import write_sheet
from .trees import write_tree
from .work import Work

__all__ = ["PublishReport", "publish"]

ENROLMENT = "enrolment/1"
Progress = Callable[[str, int, int], None]
"""Told what is written (``"blocks"``, ``"rows"``), how much of it is done, and how much there is."""


class _Readable(Protocol):
    """A store, as far as publishing needs one."""

    def read(self) -> AbstractContextManager[Reader]: ...


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What a run did: blocks published before and now, files and bytes written, whether the checkpoint is new."""

    origin: str
    before: int
    size: int
    files: int
    bytes: int
    cleaned: int
    new_checkpoint: bool


def publish(
    source: Archive | _Readable,
    folder: Path | str,
    *,
    trust: TrustFile | None = None,
    note: bytes | None = None,
    recheck: bool = False,
    progress: Progress | None = None,
    threads: int | None = None,
) -> PublishReport:
    """Write a ledger to ``folder`` as files for everyone, as far as its newest checkpoint goes.

    ``source`` is a store or an archive of one. ``note`` is the checkpoint to publish, else the newest stored. Without
    ``trust`` its signature is checked with the log keys that the ledger names. Sealed rows, secrets, references and
    indexes of members are never written.

    Raises what opening the checkpoint raises (MC-022 and following, QuorumError where too few witnesses cosigned);
    RecordUnavailable where nothing was signed yet; PublishUnverified, PublishRollback, PublishSplit, PublishBusy,
    PublishFolder; what the store raises. The published checkpoint is then still the one before.
    """
    if isinstance(source, Archive):
        reading: AbstractContextManager[Archive] = nullcontext(source)
        return _locked(reading, Path(folder), trust, note, recheck, progress, threads)
    return _locked(_Snapshot(source), Path(folder), trust, note, recheck, progress, threads)


class _Snapshot(AbstractContextManager[Archive]):
    """A store's snapshot as an archive."""

    def __init__(self, store: _Readable) -> None:
        self._reading = store.read()

    def __enter__(self) -> Archive:
        return Archive(self._reading.__enter__())

    def __exit__(self, *failure: object) -> bool | None:
        return self._reading.__exit__(*failure)  # type: ignore[arg-type]


def _locked(
    reading: AbstractContextManager[Archive],
    folder: Path,
    trust: TrustFile | None,
    note: bytes | None,
    recheck: bool,
    progress: Progress | None,
    threads: int | None,
) -> PublishReport:
    with reading as archive:
        chosen = _checkpoint(archive, note, trust)
        check_place(folder)
        with Folder(folder) as place, Work(threads) as work:
            return _Publisher(archive, place, work, chosen, recheck, progress).run()


def _checkpoint(archive: Archive, note: bytes | None, trust: TrustFile | None) -> VerifiedCheckpoint:
    """The checkpoint to publish, opened: it is of this ledger's log, and the ledger has the blocks it covers."""
    genesis = Genesis.from_entry(Entry.from_bytes(archive.entry(0, 0)))
    note = archive.checkpoint() if note is None else note
    chosen: VerifiedCheckpoint
    if trust is not None:
        now_ms = time.time_ns() // 1_000_000
        chosen = trusted = trust.open_checkpoint(note, genesis.origin, now_ms=now_ms)
        if 0 < trusted.size <= archive.size:  # what readers with this file would refuse as too old is not published
            trust.check_age(trusted, now_ms, stated_ms=archive.header(trusted.size - 1).time_ms)
    else:
        chosen = checkpoints.open_checkpoint(note, genesis.origin, archive.log_keys().known)
    if not 0 < chosen.size <= archive.size:
        raise PublishUnverified(f"the checkpoint covers {chosen.size} blocks, the ledger has {archive.size}")
    if merkle.root_from_nodes(archive.nodes(BLOCKS), chosen.size) != chosen.root:
        raise PublishUnverified("the ledger's blocks do not lead to the checkpoint's root", value=chosen.root)
    return chosen


class _Publisher:
    """One run."""

    def __init__(
        self,
        archive: Archive,
        folder: Folder,
        work: Work,
        chosen: VerifiedCheckpoint,
        recheck: bool,
        progress: Progress | None,
    ) -> None:
        self._archive = archive
        self._folder = folder
        self._work = work
        self._chosen = chosen
        self._size = chosen.size
        self._recheck = recheck
        self._progress = progress
        self._filled: list[str] = []
        self._before = 0
        self._rows = self._all_rows = 0

    def run(self) -> PublishReport:
        """Publish, or find that there is nothing to do."""
        published = self._published()
        before = published.size if published else 0
        if before < self._size or self._recheck:
            since = 0 if self._recheck else before
            self._write(since)
        new = self._put_checkpoint()
        cleaned = self._folder.clean()
        return PublishReport(
            self._chosen.origin, before, self._size, self._folder.written, self._folder.bytes, cleaned, new
        )

    # --- the checkpoint -----------------------------------------------------------------------

    def _published(self) -> Checkpoint | None:
        """What the folder's checkpoint says, once it is certain that the chosen one continues it."""
        note = self._folder.find(layout.CHECKPOINT)
        if note is None:
            return None
        try:
            old = checkpoints.parse(notes.parse(note).text)
        except MutualchainError as error:
            raise PublishFolder(
                f"the published checkpoint cannot be read: {error.message}",
                place=layout.CHECKPOINT,
                hint="Publish to an empty folder, and compare the two.",
            ) from error
        new = self._chosen.checkpoint
        if old.origin != new.origin:
            raise PublishFolder("another log was published to this folder", value=old.origin)
        if old.size > new.size:
            raise PublishRollback(
                f"{old.size} blocks are published, and the checkpoint to publish covers {new.size}", value=new.size
            )
        try:
            proof = merkle.consistency_proof_from_nodes(self._archive.nodes(BLOCKS), old.size, new.size)
            merkle.verify_consistency(old.size, new.size, proof, old.root, new.root)
        except ProofError as error:
            raise PublishSplit(
                f"the checkpoint does not continue the published one: {error.message}", value=old.root
            ) from error
        return old

    def _put_checkpoint(self) -> bool:
        """The last step. A note with the same tree and no signature that the published one lacks changes nothing."""
        note = self._chosen.note
        old = self._folder.find(layout.CHECKPOINT)
        if old is not None:
            known, ours = notes.parse(old), notes.parse(note)
            if known.text == ours.text and set(ours.signatures) <= set(known.signatures):
                return False
        self._folder.plan_cleaning(self._filled)
        self._folder.settle()
        self._folder.replace(layout.CHECKPOINT, note)
        self._folder.settle()
        return True

    # --- everything else ----------------------------------------------------------------------

    def _write(self, since: int) -> None:
        archive, size = self._archive, self._size
        leaves = archive.plan_leaves(size - 1)
        states = [PlanLeaf.from_bytes(data) for _, data in leaves]
        last = Block.from_bytes(archive.block(size - 1)).header
        if len(leaves) != last.plan_count or last.plans_root != merkle.root([merkle.leaf_hash(x) for _, x in leaves]):
            raise PublishUnverified("the plans' state is not what the last block commits to", value=size - 1)
        self._tree("", since, size, self._chosen.root, archive.nodes(BLOCKS), archive.block)
        self._entries(since)
        self._before = since
        earlier = {state.plan: self._earlier(state.plan, since) for state in states}
        for state in states:
            self._logs(earlier[state.plan], state)
        for state in states:
            self._sheets(earlier[state.plan], state)
        self._heads(leaves, earlier)

    def _earlier(self, plan: str, since: int) -> PlanLeaf | None:
        """A plan's state under the checkpoint that is published."""
        data = self._archive.plan_leaf(plan, since - 1) if since else None
        return None if data is None else PlanLeaf.from_bytes(data)

    def _tree(
        self, prefix: str, since: int, size: int, root: bytes, node: merkle.NodeReader, leaf: Callable[[int], bytes]
    ) -> None:
        self._filled += write_tree(self._folder, self._work, prefix, since, size, root, node, leaf)

    def _entries(self, since: int) -> None:
        """Each block's entries, held against its header."""
        for height in range(since, self._size):
            header = self._archive.header(height)
            if header.entry_count:
                found = self._archive.entries(height)
                if entries_root([entry_hash(item) for item in found]) != header.entries_root:
                    raise PublishUnverified("the entries are not those of their block", place=f"block {height}")
                self._work.do(self._folder.put, layout.entries(height), layout.format_entries(found))
            if self._progress is not None:
                self._progress("blocks", height + 1, self._size)
        self._work.finish()

    def _logs(self, old: PlanLeaf | None, new: PlanLeaf) -> None:
        archive, plan = self._archive, new.plan
        logs = (
            (SHEETS, old.sheets_size if old else 0, new.sheets_size, new.sheets_root, archive.sheet_leaf),
            (EVENTS, old.events_size if old else 0, new.events_size, new.events_root, archive.event_leaf),
        )
        for log, since, size, root, leaf in logs:
            if since < size:
                prefix, nodes = layout.log_prefix(plan, log), archive.nodes(log, plan)
                self._tree(prefix, since, size, root, nodes, partial(leaf, plan))

    def _sheets(self, old: PlanLeaf | None, new: PlanLeaf) -> None:
        """A plan's public sheets, and the index by which an enrolment is found."""
        chain = block_hash(self._archive.block(0))
        for position in range(old.sheets_size if old else 0, new.sheets_size):
            ref = self._archive.sheet_at(new.plan, position)
            if ref.descriptor.schema.sealed:
                self._params(ref)
                continue
            self._all_rows += ref.descriptor.rows
            write_sheet(self._folder, self._work, self._archive, chain, ref, self._told, recheck=self._recheck)
        self._slots(new.plan, old.next_number(ENROLMENT) if old else 0, new.next_number(ENROLMENT))

    def _params(self, ref: SheetRef) -> None:
        """What a sealed sheet was made for: which vote, never whose."""
        descriptor, data = ref.descriptor, self._archive.params(ref)
        if params_hash(data) != descriptor.params_hash:
            raise PublishUnverified("the params are not those of the sheet", place=f"sheet {ref.position}")
        if data:
            self._folder.put(layout.params(descriptor.plan, descriptor.schema.name, descriptor.number), data)

    def _told(self, rows: int) -> None:
        self._rows += rows
        if self._progress is not None:
            self._progress("rows", self._rows, self._all_rows)

    def _slots(self, plan: str, since: int, count: int) -> None:
        if since == count:
            return
        levels = layout.slot_levels(count)
        for level, many in enumerate(levels):
            step = 256**level
            known = -(-since // step)
            for index, width in layout.runs(many, known):
                data = self._firsts(plan, range(index * 256 * step, (index * 256 + width) * step, step))
                self._work.do(self._folder.put, layout.slots(plan, level, index, width), data)
                if width == 256 and known > index * 256:
                    self._filled.append(layout.slots(plan, level, index, 256))
        self._work.finish()

    def _firsts(self, plan: str, numbers: range) -> bytes:
        """The first slots of enrolment sheets."""
        firsts = (self._archive.sheet(plan, ENROLMENT, number).descriptor.first for number in numbers)
        return b"".join(first.to_bytes(4, "big") for first in firsts)

    # --- heads --------------------------------------------------------------------------------

    def _heads(self, leaves: list[tuple[str, bytes]], earlier: dict[str, PlanLeaf | None]) -> None:
        """What readers begin with: each changed plan's head and covenants, then the log's."""
        archive, size = self._archive, self._size
        heads = {}
        for plan, data in leaves:
            state, old = PlanLeaf.from_bytes(data), earlier[plan]
            if plan == CHAIN or old != state:
                heads[plan] = self._plan_head(state, old)
        head = Head(
            archive.block(0),
            archive.block_proof(0, size),
            archive.block(size - 1),
            archive.block_proof(size - 1, size),
            tuple(data for _, data in leaves),
            heads.pop(CHAIN),
        )
        verify_head(head, size, self._chosen.root)
        for plan, found in heads.items():
            state = PlanLeaf.from_bytes(dict(leaves)[plan])
            self._folder.put(layout.plan_head(plan, state.sheets_size, state.events_size), found.to_bytes())
        self._folder.put(layout.head(size), head.to_bytes())

    def _plan_head(self, state: PlanLeaf, old: PlanLeaf | None) -> PlanHead:
        archive, plan = self._archive, state.plan
        marks = []
        for position in self._landmarks(state, old):
            leaf = archive.event_leaf(plan, position)
            place = EventLeaf.from_bytes(leaf)
            entry = archive.entry(place.height, place.index)
            marks.append(Landmark(position, leaf, entry, archive.event_proof(plan, position, state.events_size)))
            self._covenant(state, Entry.from_bytes(entry))
        if len(marks) > MAX_LANDMARKS:
            raise PublishUnverified(f"a plan has more than {MAX_LANDMARKS} covenants or keys", value=plan)
        nodes = archive.nodes(SHEETS, plan)
        sheets = tuple(format_tile(nodes, tile) for tile in layout.edge_of_log(state.sheets_size))
        nodes = archive.nodes(EVENTS, plan)
        events = tuple(format_tile(nodes, tile) for tile in layout.edge_of_log(state.events_size))
        head = PlanHead(tuple(marks), sheets, events, self._top_slots(state))
        verify_plan_head(head, state)
        return head

    def _covenant(self, state: PlanLeaf, entry: Entry) -> None:
        """A covenant as a file of its own."""
        if entry.plan == CHAIN:
            return
        version, data = entry.body.get("version"), entry.body.get("covenant")
        if type(version) is not int or type(data) is not bytes:
            raise PublishUnverified("an adoption names no covenant", place=f"plan {state.plan}")
        if version == state.covenant_version and covenant_hash(data) != state.covenant_hash:
            raise PublishUnverified("the covenant is not the one in the plan's leaf", place=f"plan {state.plan}")
        self._folder.put(layout.covenant(state.plan, version), data)

    def _top_slots(self, state: PlanLeaf) -> bytes:
        """The topmost level of the index of enrolments."""
        count = state.next_number(ENROLMENT)
        if not count:
            return b""
        step: int = 256 ** (len(layout.slot_levels(count)) - 1)
        return self._firsts(state.plan, range(0, count, step))

    def _landmarks(self, state: PlanLeaf, old: PlanLeaf | None) -> Iterator[int]:
        """Positions of the entries that every record shows: from the last head, and those that came since."""
        known, found = self._known(old)
        yield from found
        for position in range(known, state.events_size):
            leaf = EventLeaf.from_bytes(self._archive.event_leaf(state.plan, position))
            if Entry.from_bytes(self._archive.entry(leaf.height, leaf.index)).kind in layout.LANDMARKS:
                yield position

    def _known(self, old: PlanLeaf | None) -> tuple[int, tuple[int, ...]]:
        """How far the head that is published goes in a plan's log of entries, and the landmarks it lists."""
        if old is None:
            return 0, ()
        try:
            if old.plan == CHAIN:
                head = Head.from_bytes(self._folder.read(layout.head(self._before))).chain
            else:
                path = layout.plan_head(old.plan, old.sheets_size, old.events_size)
                head = PlanHead.from_bytes(self._folder.read(path))
            verify_plan_head(head, old)
        except MutualchainError:
            return 0, ()  # damaged: everything is looked through again
        return old.events_size, tuple(mark.position for mark in head.landmarks)
