"""Anchors: a checkpoint with its cosignatures, recorded on the chain at least once a day.

What lies below an anchored checkpoint existed by the time at which its witnesses signed, on others' word.
Body: ``checkpoint``, the note's bytes, verbatim.
"""

from __future__ import annotations

from ..errors import EntryError
from ..limits import MAX_NOTE
from . import fields
from .entry import CHAIN, Entry

__all__ = ["anchor_entry", "anchored_note"]


def anchor_entry(note: bytes) -> Entry:
    """An entry that records a signed checkpoint note."""
    return Entry(CHAIN, "anchor", {"checkpoint": note})


def anchored_note(entry: Entry) -> bytes:
    """The note that an anchor records; its signatures are for a trust file to judge. Raises EntryError."""
    if entry.plan != CHAIN or entry.kind != "anchor":
        raise EntryError("the entry is no anchor", value=entry.kind)
    body = fields.mapping(entry.body, ("checkpoint",), "an anchor", EntryError)
    return fields.blob(body["checkpoint"], None, "an anchored checkpoint", EntryError, most=MAX_NOTE)
