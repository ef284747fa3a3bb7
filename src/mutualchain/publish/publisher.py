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

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from ..archive import published_layout as layout
from ..archive.reading import Archive
from ..block.block import Block, block_hash
from ..block.chain import BLOCKS, EVENTS, SHEETS
from ..block.entry import Entry, entries_root, entry_hash
from ..block.genesis import Genesis
from ..block.plan import EventLeaf, PlanLeaf
from ..errors import MutualchainError, ProofError, PublishFolder, PublishRollback, PublishSplit, PublishUnverified
from ..store import Reader
from ..tlog import checkpoint as checkpoints
from ..tlog import merkle
from ..tlog import note as notes
from ..tlog.checkpoint import Checkpoint, VerifiedCheckpoint
from ..tlog.trust import TrustFile
from .folder import Folder
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
    ``trust`` its signature is checked with the log key that genesis names. Sealed rows, secrets, references and
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
        _check_place(folder)
        with Folder(folder) as place, Work(threads) as work:
            return _Publisher(archive, place, work, chosen, recheck, progress).run()


def _checkpoint(archive: Archive, note: bytes | None, trust: TrustFile | None) -> VerifiedCheckpoint:
    """The checkpoint to publish, opened: it is of this ledger's log, and the ledger has the blocks it covers."""
    genesis = Genesis.from_entry(Entry.from_bytes(archive.entry(0, 0)))
    note = archive.checkpoint() if note is None else note
    chosen: VerifiedCheckpoint
    if trust is not None:
        chosen = trust.open_checkpoint(note, genesis.origin)
    else:
        chosen = checkpoints.open_checkpoint(note, genesis.origin, [notes.Verifier.from_vkey(genesis.log_key)])
    if not 0 < chosen.size <= archive.size:
        raise PublishUnverified(f"the checkpoint covers {chosen.size} blocks, the ledger has {archive.size}")
    if merkle.root_from_nodes(archive.nodes(BLOCKS), chosen.size) != chosen.root:
        raise PublishUnverified("the ledger's blocks do not lead to the checkpoint's root", value=chosen.root)
    return chosen


def _check_place(folder: Path) -> None:
    """Refuse a folder in which something else lies."""
    if folder.exists() and not folder.is_dir():
        raise PublishFolder("this is a file, not a folder", value=str(folder))
    if folder.is_dir() and not (folder / ".publish").is_dir() and any(folder.iterdir()):
        raise PublishFolder("the folder is not empty, and nothing was published to it", value=str(folder))


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
        earlier = {state.plan: self._earlier(state.plan, since) for state in states}
        for state in states:
            self._logs(earlier[state.plan], state)
        for state in states:
            self._sheets(earlier[state.plan], state)
        self._head(leaves, states)

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
                continue
            self._all_rows += ref.descriptor.rows
            write_sheet(self._folder, self._work, self._archive, chain, ref, self._told, recheck=self._recheck)
        self._slots(new.plan, old.next_number(ENROLMENT) if old else 0, new.next_number(ENROLMENT))

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
                numbers = range(index * 256 * step, (index * 256 + width) * step, step)
                firsts = [self._archive.sheet(plan, ENROLMENT, number).descriptor.first for number in numbers]
                data = b"".join(first.to_bytes(4, "big") for first in firsts)
                self._work.do(self._folder.put, layout.slots(plan, level, index, width), data)
                if width == 256 and known > index * 256:
                    self._filled.append(layout.slots(plan, level, index, 256))
        self._work.finish()

    # --- the head -----------------------------------------------------------------------------

    def _head(self, leaves: list[tuple[str, bytes]], states: list[PlanLeaf]) -> None:
        archive, size = self._archive, self._size
        head = layout.Head(
            archive.block(0),
            archive.block_proof(0, size),
            archive.block(size - 1),
            archive.block_proof(size - 1, size),
            tuple(data for _, data in leaves),
            tuple((state.plan, tuple(self._landmarks(state)), self._peaks(state)) for state in states),
        )
        for data, height, proof in ((head.genesis, 0, head.genesis_proof), (head.last, size - 1, head.last_proof)):
            merkle.verify_inclusion(block_hash(data), height, size, proof, self._chosen.root)
        self._folder.put(layout.head(size), head.to_bytes())

    def _peaks(self, state: PlanLeaf) -> tuple[bytes, ...]:
        """The perfect subtrees of a plan's log of sheets."""
        found = merkle.frontier_from_nodes(self._archive.nodes(SHEETS, state.plan), state.sheets_size)
        if found.root() != state.sheets_root:
            raise PublishUnverified("the stored nodes of a plan's log of sheets do not make its root", value=state.plan)
        return found.hashes

    def _landmarks(self, state: PlanLeaf) -> Iterator[int]:
        """Positions of the entries that every record shows: from the last head, and those that came since."""
        known, found = self._known(state.plan)
        yield from found
        for position in range(known, state.events_size):
            leaf = EventLeaf.from_bytes(self._archive.event_leaf(state.plan, position))
            if Entry.from_bytes(self._archive.entry(leaf.height, leaf.index)).kind in layout.LANDMARKS:
                yield position

    def _known(self, plan: str) -> tuple[int, tuple[int, ...]]:
        """How far the head that is published goes in a plan's log of entries, and the landmarks it lists."""
        note = self._folder.find(layout.CHECKPOINT)
        if note is None or self._recheck:
            return 0, ()
        old = self._folder.find(layout.head(checkpoints.parse(notes.parse(note).text).size))
        if old is None:
            return 0, ()
        try:
            head = layout.Head.from_bytes(old)
            sizes = {leaf.plan: leaf.events_size for leaf in map(PlanLeaf.from_bytes, head.leaves)}
        except MutualchainError:
            return 0, ()  # damaged: everything is looked through again
        marks = {name: positions for name, positions, _ in head.landmarks}
        return (sizes[plan], marks[plan]) if plan in sizes and plan in marks else (0, ())
