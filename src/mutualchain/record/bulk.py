"""Records of many members at once, for a platform that hands out everybody's: the same bytes as one by one.

Members whose rows share their pages and who had no event of their own have records that differ in nothing but the
slot. The slot stands near the end of the file's content, so what comes before it is proven, encoded and compressed
once for up to sixteen members; each file is then finished from a copy of the compressor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..archive.reading import Archive
from ..block.chain import BLOCKS
from ..block.entry import Entry
from ..block.genesis import Genesis
from ..canonical import encode
from ..errors import RecordMismatch, RecordUnavailable
from ..sheet import schema
from ..tlog.checkpoint import VerifiedCheckpoint, open_checkpoint
from ..tlog.merkle import root_from_nodes
from . import frame
from .build import CHARGE, RecordBuilder

__all__ = ["RecordStream", "build_records", "covered"]

_SCAN = 1 << 16


class RecordStream:
    """The records of a plan's members, all under one checkpoint: the archive's newest, or an earlier one.

    ``note`` is that checkpoint as signed, ``checkpoint`` what it says, ``slots`` how many members it covers.
    """

    def __init__(
        self, archive: Archive, plan: str, checkpoint: bytes | None = None, *, handed_out: Iterable[int] = ()
    ) -> None:
        """``handed_out`` are sizes under which members had records before, which theirs will continue.

        Raises PlanUnknown, RecordUnavailable for a ledger that does not continue the book of ``checkpoint``.
        """
        self.note = archive.checkpoint() if checkpoint is None else checkpoint
        self.checkpoint = covered(archive, self.note)
        self._archive = _Under(archive, self.note)
        self._plan = plan
        self._builder = RecordBuilder(self._archive, plan, handed_out=handed_out)
        self.slots = archive.plan_state(plan, self.checkpoint.size - 1).slots

    def build(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """The record files of slots ``start`` to ``stop``, in order, each byte for byte what ``build_record`` gives.

        Raises as ``build_record`` does, at the first slot it concerns.
        """
        for first in range(start, stop, _SCAN):
            last = min(first + _SCAN, stop)
            busy = set(self._archive.slots_with_events(self._plan, first, last).tolist())
            yield from self._stretch(range(first, last), busy)

    def _stretch(self, slots: range, busy: set[int]) -> Iterator[tuple[int, bytes]]:
        charged = schema(CHARGE).page_rows
        shared: frame.Shared | None = None
        end = -1
        for slot in slots:
            if slot in busy:
                yield slot, self._builder.build(slot).to_bytes()
                continue
            if slot > end:
                ref = self._archive.enrolment_of(self._plan, slot)
                rows, first = ref.descriptor.schema.page_rows, ref.descriptor.first
                index = (slot - first) // rows
                shared = None
                end = min(first + min((index + 1) * rows, ref.descriptor.rows), slot - slot % charged + charged) - 1
            if shared is None:
                shared = _shared(self._builder, slot)
            yield slot, shared.finish(_tail(slot))


def build_records(archive: Archive, plan: str, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    """The record files of slots ``start`` to ``stop`` under the archive's newest checkpoint: see RecordStream."""
    return RecordStream(archive, plan).build(start, stop)


def covered(archive: Archive, note: bytes) -> VerifiedCheckpoint:
    """What a checkpoint of this ledger says. Raises RecordUnavailable where the ledger does not continue its book."""
    genesis = Genesis.from_entry(Entry.from_bytes(archive.entry(0, 0)))
    found = open_checkpoint(note, genesis.origin, archive.log_keys().known)
    if not 0 < found.size <= archive.size or root_from_nodes(archive.nodes(BLOCKS), found.size) != found.root:
        raise RecordUnavailable("this ledger does not continue the book of that checkpoint", value=found.size)
    return found


class _Under(Archive):
    """The same archive as it is shown under one checkpoint."""

    def __init__(self, archive: Archive, note: bytes) -> None:
        super().__init__(archive.reader)
        self._note = note

    def checkpoint(self) -> bytes:
        return self._note


def _shared(builder: RecordBuilder, slot: int) -> frame.Shared:
    """What the records of a page's members begin with."""
    content = encode(builder.build(slot).to_value())
    tail = _tail(slot)
    if not content.endswith(tail):
        raise RecordMismatch("a record does not end with its slot and version", value=slot)
    return frame.Shared(frame.RECORD, content[: -len(tail)])


def _tail(slot: int) -> bytes:
    """The last two pairs of a record's map, in canonical bytes."""
    return encode("slot") + encode(slot) + encode("version") + encode(1)
