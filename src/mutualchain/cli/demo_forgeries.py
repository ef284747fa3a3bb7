"""Files that a dishonest operator, or anybody else, might hand to a member, and a ledger that somebody changed.

Each forgery comes with what its check must say. Nothing here prints.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..archive import layout
from ..archive.packing import pack
from ..archive.reading import Archive
from ..ledger import Ledger, OperatorKeys
from ..ledger.keys import new_seed
from ..limits import PAGES_PER_BUNDLE
from ..record import frame
from ..record.build import build_record
from ..sheet import schema
from ..store import LmdbStore, MemoryStore
from .demo_world import ORIGIN, PLAN, PREPAY, World
from .members import NO_CLAIMS

__all__ = ["Damage", "Forgery", "damage_copy", "forgeries"]

CHARGE = "charge/1"
_OTHERS = 9


@dataclass(frozen=True, slots=True)
class Forgery:
    """A forged record: what was done to it (``{share}``: her share in fen), and the codes its check may end with."""

    name: str
    story: str
    data: bytes
    codes: tuple[str, ...]


def forgeries(world: World, record: bytes, others: bytes) -> Iterator[Forgery]:
    """Five of them; ``others`` is another member's genuine record."""
    flipped = bytearray(record)
    flipped[len(flipped) // 2] ^= 1
    yield Forgery("flipped", "One byte of the file was changed.", bytes(flipped), ("MC-013",))
    yield Forgery(
        "deduction",
        "Her deduction in round 1 was lowered by a fen, from {share}, and the file was given a right checksum again.",
        _edited(record, world.her_slot),
        ("MC-042",),
    )
    yield Forgery(
        "round", "Round 2 was left out, and the file given a right checksum.", _without_round(record), ("MC-171",)
    )
    yield Forgery(
        "book",
        "The platform keeps a second book in which she paid less, and signs it with another key.",
        _second_book(world),
        ("MC-023",),
    )
    yield Forgery("other", "She was sent another member's record: genuine, but not hers.", others, ("MC-170",))


def _opened(record: bytes) -> dict[str, Any]:
    value = frame.unwrap(frame.RECORD, record)
    assert isinstance(value, dict)
    return dict(value)


def _edited(record: bytes, slot: int) -> bytes:
    """Her amount in the first round, one fen less: the page that shows it no longer hashes to what was signed."""
    value = _opened(record)
    first, *rest = value["rounds"]
    *logged, (index, rows, page, salt, path) = first
    changed = bytearray(page)
    changed[4 * (slot % schema(CHARGE).page_rows)] -= 1
    value["rounds"] = [[*logged, [index, rows, bytes(changed), salt, path]], *rest]
    return frame.wrap(frame.RECORD, value)


def _without_round(record: bytes) -> bytes:
    value = _opened(record)
    first, _, *rest = value["rounds"]
    value["rounds"] = [first, *rest]
    return frame.wrap(frame.RECORD, value)


def _second_book(world: World) -> bytes:
    """A whole, consistent chain under the same name, in which she and a few others share; other keys sign it."""
    keys = OperatorKeys.from_seeds(ORIGIN, new_seed(), new_seed(), new_seed())
    covenant = world.ledger.book(PLAN).covenant
    with Ledger.create("", keys, clock=world.clock, store=MemoryStore()) as ledger:
        ledger.create_plan(PLAN, covenant, reference="plan")
        hers = world.her.public_key(ORIGIN, PLAN)
        slot = ledger.enrol(PLAN, hers, NO_CLAIMS, deposit=PREPAY, reference="she").slot
        shape = (_OTHERS, 32)
        random = np.frombuffer(b"".join(new_seed() for _ in range(_OTHERS)), np.uint8).reshape(shape) & 0x3F
        nobody = np.broadcast_to(np.frombuffer(NO_CLAIMS, np.uint8), shape)
        ledger.enrol_many(PLAN, random, nobody, deposits=PREPAY, reference="others")
        case = ledger.approve_case(PLAN, slot=1, aid=_OTHERS + 1, file_hash=bytes(32), reference="case")
        assert case.digest is not None
        assert slot is not None
        ledger.open_round(PLAN, [case.digest], reference="open")
        ledger.settle_round(PLAN, reference="settle")
        with ledger.read() as archive:
            return build_record(archive, PLAN, slot)


@dataclass(frozen=True, slots=True)
class Damage:
    """One byte of a stored page that was changed: whose amount, in which block, from what to what (minor units)."""

    slot: int
    height: int
    before: int
    after: int


def damage_copy(ledger: Path, copy: Path, slot: int) -> Damage:
    """Copy a ledger and change one byte of the copy: the amount that ``slot`` paid in the first round.

    The page bundle is taken out of the store, changed and put back as the store keeps it, so that nothing but
    the content is wrong. Only LMDB knows where a page lies; the chain's hashes do not care.
    """
    with LmdbStore.open(ledger, readonly=True) as store:
        store.copy_to(copy)
    kind = schema(CHARGE)
    page, row = divmod(slot, kind.page_rows)
    number, at = divmod(page, PAGES_PER_BUNDLE)
    place = at * kind.page_bytes + 4 * row  # amounts are the first column of a page, four bytes each
    with LmdbStore.open(copy) as store:
        with store.read() as reader:
            archive = Archive(reader)
            ref = archive.sheet(PLAN, CHARGE, 0)
            data = bytearray(archive.bundle(ref, number))
        before = int.from_bytes(data[place : place + 4], "little")
        data[place] = (data[place] - 1) % 256
        after = int.from_bytes(data[place : place + 4], "little")
        with store.write(store.head(), reserve=1 << 24) as writer:
            writer.put(layout.bundle(ref.height, ref.index, number), pack(bytes(data)))
    return Damage(slot, ref.height, before, after)
