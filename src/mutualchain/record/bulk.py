"""Records of many members at once, for a platform that hands out everybody's: the same bytes as one by one.

Members whose rows share their pages and who had no event of their own have records that differ in nothing but the
slot. The slot stands near the end of the file's content, so what comes before it is proven, encoded and compressed
once for up to sixteen members; each file is then finished from a copy of the compressor.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..archive.reading import Archive
from ..canonical import encode
from ..errors import RecordMismatch
from ..sheet import schema
from . import frame
from .build import CHARGE, RecordBuilder

__all__ = ["build_records"]

_SCAN = 1 << 16


def build_records(archive: Archive, plan: str, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    """The record files of slots ``start`` to ``stop``, in order, each byte for byte what ``build_record`` gives.

    All are under the archive's newest checkpoint. Raises as ``build_record`` does, at the first slot it concerns.
    """
    builder = RecordBuilder(archive, plan)
    for first in range(start, stop, _SCAN):
        last = min(first + _SCAN, stop)
        busy = set(archive.slots_with_events(plan, first, last).tolist())
        yield from _stretch(archive, builder, plan, range(first, last), busy)


def _stretch(
    archive: Archive, builder: RecordBuilder, plan: str, slots: range, busy: set[int]
) -> Iterator[tuple[int, bytes]]:
    charged = schema(CHARGE).page_rows
    shared: frame.Shared | None = None
    end = -1
    for slot in slots:
        if slot in busy:
            yield slot, builder.build(slot).to_bytes()
            continue
        if slot > end:
            ref = archive.enrolment_of(plan, slot)
            rows, first = ref.descriptor.schema.page_rows, ref.descriptor.first
            index = (slot - first) // rows
            shared = None
            end = min(first + min((index + 1) * rows, ref.descriptor.rows), slot - slot % charged + charged) - 1
        if shared is None:
            shared = _shared(builder, slot)
        yield slot, shared.finish(_tail(slot))


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
