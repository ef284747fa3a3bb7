"""A member makes her own record from a published ledger: her slot, and what only she holds, out of her own files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..archive.published import GivenEvent, PublishedArchive
from ..errors import NotYourRecord, UsageError
from ..record import frame
from ..record.build import build_record
from ..record.bundle import RecordBundle
from ..record.continuing import Seen
from ..record.own_rows import rows_of_receipt, rows_of_record
from ..record.passport import Passport
from ..record.receipt import parse_receipt, verify_receipt
from ..tlog.trust import TrustFile
from .sources import published

__all__ = ["Wanted", "own_record"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose record: slot, key or passport, as far as they are known, and the files she has, with their names."""

    plan: str
    slot: int | None
    key: bytes | None
    passport: Passport | None
    files: Sequence[tuple[Path, bytes]]
    since: Sequence[Seen]


def own_record(place: str | Path, trust: TrustFile, cache: Path | None, wanted: Wanted) -> tuple[bytes, int, int]:
    """The record, its slot, and how many blocks its checkpoint covers.

    Which slot a key has is in no published file, so it is taken from her files unless it is named. Raises UsageError
    where none of them says so, and what reading a published ledger and making a record raise.
    """
    events = [event for path, data in wanted.files for event in _rows(path, data)]
    slots = [] if wanted.slot is None else [wanted.slot]
    slots += [slot for _, data in wanted.files for slot in _slot_of_record(data, wanted.plan)]
    with published(place, trust, cache, events) as archive:
        if not slots:
            slots = _slots_of_receipts(archive, trust, wanted)
        if len(set(slots)) > 1:
            raise UsageError(
                "the files, or --slot, are of different slots", value=", ".join(map(str, sorted(set(slots))))
            )
        if not slots:
            raise UsageError(
                "which slot is hers is in no published file",
                hint="Add --slot, or --mine with her last record or, with her passport, her enrolment's receipt.",
            )
        return build_record(archive, wanted.plan, slots[0], since=wanted.since), slots[0], archive.size


def _rows(path: Path, data: bytes) -> list[GivenEvent]:
    """The sealed rows that a file shows. Raises UsageError for one that is neither a record nor a receipt."""
    if data.startswith(frame.magic(frame.RECORD)):
        return rows_of_record(data)
    if data.startswith(frame.magic(frame.RECEIPT)):
        return rows_of_receipt(data)
    raise UsageError("--mine takes a member's record or her receipts", value=str(path))


def _slot_of_record(data: bytes, plan: str) -> list[int]:
    if not data.startswith(frame.magic(frame.RECORD)):
        return []
    bundle = RecordBundle.from_bytes(data)
    return [bundle.slot] if bundle.plan == plan else []


def _slots_of_receipts(archive: PublishedArchive, trust: TrustFile, wanted: Wanted) -> list[int]:
    """The slots in which her receipts show her key enrolled."""
    keys = [] if wanted.key is None else [wanted.key]
    if wanted.passport is not None:
        origin = archive.trusted.origin
        keys += wanted.passport.public_keys(origin, wanted.plan)
    found = []
    for _, data in wanted.files:
        if not data.startswith(frame.magic(frame.RECEIPT)):
            continue
        receipt = verify_receipt(parse_receipt(data), trust, chain=archive.chain)
        if receipt.descriptor is None or (receipt.descriptor.plan, receipt.descriptor.schema.name) != (
            wanted.plan,
            "enrolment/1",
        ):
            continue
        for key in keys:
            try:
                found.append(receipt.row_with("key", key)[0])
            except NotYourRecord:
                continue
    return found
