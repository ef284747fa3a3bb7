"""The record bundle (.mcr): everything a member needs to check her record, in one file (SPEC.md section 10).

Canonical map, version 1. ``leaf`` and ``proof`` always mean a leaf's bytes and its RFC 6962 inclusion proof:

    version      1
    checkpoint   the signed checkpoint note
    genesis      [block 0, genesis entry, proof in the block log]
    head         [last block under the checkpoint, proof in the block log]
    extends      [[size...], [hash...]]: earlier sizes of the book, and what proves them (tlog/lineage.py)
    plans        [leaf...]: every plan's state after the last block, the chain's own first
    plan         the name of hers
    keys         [[position, leaf, proof in the chain's log of entries, entry]...]   changes of the block key
    covenants    [[position, leaf, proof in the plan's log of entries, entry]...]   every version, votes on them
    slot         her slot
    enrolment    [position, leaf, proof in the plan's log of sheets, page proof]
    before       [] or [[position, leaf, proof, params, announcement]]: the last round before she was in the plan
    rounds       [[position, leaf, proof, params, announcement, page proof]...]: every round since
    refunds      [[position, leaf, proof, params, [page proof] or []]...]: every refund since, and the one before
    events       [[position, leaf, proof, params, page proof]...]: every credit, withdrawal, exit, notice, correction
                 and ballot of hers
    entries      [[position, leaf, proof in the plan's log of entries, entry]...]: what her notices name

``announcement`` is ``[position, leaf, proof]`` of the entry that opened the round: its body is the params.

Parsing here is strict about types and bounds and verifies nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..block import fields
from ..canonical import Value
from ..errors import RecordMismatch, UnsupportedVersion
from ..limits import (
    MAX_BLOCK,
    MAX_CHANGES_IN_RECORD,
    MAX_ENTRY,
    MAX_EVENTS_IN_RECORD,
    MAX_EXTENSIONS,
    MAX_NOTE,
    MAX_PARAMS,
    MAX_PLANS,
    MAX_RECORD,
    MAX_REFUNDS_IN_RECORD,
    MAX_ROUNDS_IN_RECORD,
    MAX_ROWS,
)
from ..sheet import PageProof
from ..tlog.lineage import Lineage
from . import frame

__all__ = ["Logged", "RecordBundle", "Shown", "ShownRefund", "ShownRound"]

_E = RecordMismatch
_KEYS = (
    "before",
    "checkpoint",
    "covenants",
    "enrolment",
    "entries",
    "events",
    "extends",
    "genesis",
    "head",
    "keys",
    "plan",
    "plans",
    "refunds",
    "rounds",
    "slot",
    "version",
)


@dataclass(frozen=True, slots=True)
class Logged:
    """A leaf at a position of a log, its proof, and what belongs to it: an entry or a sheet's params."""

    position: int
    leaf: bytes
    proof: tuple[bytes, ...]
    body: bytes = b""

    def to_value(self) -> list[object]:
        """``[position, leaf, proof, body]``."""
        return [self.position, self.leaf, list(self.proof), self.body]

    @classmethod
    def from_value(cls, value: object, most: int, body: bool = True) -> Logged:
        """Parse strictly; ``body`` says whether one is expected, of at most ``most`` bytes."""
        items = fields.array(value, 4 if body else 3, "a leaf with its proof", _E)
        return cls(
            fields.integer(items[0], "a position", _E),
            fields.blob(items[1], None, "a leaf", _E, most=MAX_BLOCK),
            fields.hashes(items[2], _E),
            fields.blob(items[3], None, "a leaf's body", _E, most=most) if body else b"",
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """A sheet's leaf in the plan's log, with its params, and the page of it that holds the member's row."""

    logged: Logged
    page: PageProof

    def to_value(self, params: bool = True) -> list[object]:
        """``[position, leaf, proof, params, page proof]``; an enrolment's without params."""
        whole = self.logged.to_value()
        return [*(whole if params else whole[:3]), self.page.to_value()]

    @classmethod
    def from_value(cls, value: object, params: bool = True) -> Shown:
        """Parse strictly."""
        items = fields.array(value, 5 if params else 4, "a row with its proof", _E)
        return cls(Logged.from_value(items[:-1], MAX_PARAMS, params), PageProof.from_value(items[-1]))


@dataclass(frozen=True, slots=True)
class ShownRound:
    """A charge sheet with its params, the entry that announced it (without its body), her page of it if it is hers."""

    logged: Logged
    announced: Logged
    page: PageProof | None = None

    def to_value(self) -> list[object]:
        """``[position, leaf, proof, params, [position, leaf, proof], (page proof)]``."""
        page = [] if self.page is None else [self.page.to_value()]
        return [*self.logged.to_value(), self.announced.to_value()[:3], *page]

    @classmethod
    def from_value(cls, value: object, hers: bool) -> ShownRound:
        """Parse strictly; ``hers`` says whether a page is expected."""
        items = fields.array(value, 6 if hers else 5, "a round with its proof", _E)
        announced = Logged.from_value(items[4], 0, body=False)
        return cls(
            Logged.from_value(items[:4], MAX_PARAMS), announced, PageProof.from_value(items[5]) if hers else None
        )


@dataclass(frozen=True, slots=True)
class ShownRefund:
    """A refund sheet with its params, and her page of it, if it has a row for her."""

    logged: Logged
    page: PageProof | None

    def to_value(self) -> list[object]:
        """``[position, leaf, proof, params, [page proof] or []]``."""
        return [*self.logged.to_value(), [] if self.page is None else [self.page.to_value()]]

    @classmethod
    def from_value(cls, value: object) -> ShownRefund:
        """Parse strictly."""
        items = fields.array(value, 5, "a refund with its proof", _E)
        pages = fields.array(items[4], None, "a refund's page", _E)
        if len(pages) > 1:
            raise _E("a refund shows more than one page", value=len(pages))
        return cls(Logged.from_value(items[:4], MAX_PARAMS), PageProof.from_value(pages[0]) if pages else None)


@dataclass(frozen=True, slots=True)
class RecordBundle:
    """A parsed, unverified record bundle. Pairs and triples are as the module's table says."""

    checkpoint: bytes
    genesis: tuple[bytes, bytes, tuple[bytes, ...]]
    head: tuple[bytes, tuple[bytes, ...]]
    extends: Lineage
    plans: tuple[bytes, ...]
    plan: str
    keys: tuple[Logged, ...]
    covenants: tuple[Logged, ...]
    slot: int
    enrolment: Shown
    before: ShownRound | None
    rounds: tuple[ShownRound, ...]
    refunds: tuple[ShownRefund, ...]
    events: tuple[Shown, ...]
    entries: tuple[Logged, ...]

    def to_value(self) -> dict[str, object]:
        """The bundle as the module's table has it."""
        return {
            "version": 1,
            "checkpoint": self.checkpoint,
            "genesis": [self.genesis[0], self.genesis[1], list(self.genesis[2])],
            "head": [self.head[0], list(self.head[1])],
            "extends": [list(self.extends.sizes), list(self.extends.hashes)],
            "plans": list(self.plans),
            "plan": self.plan,
            "keys": [item.to_value() for item in self.keys],
            "covenants": [item.to_value() for item in self.covenants],
            "slot": self.slot,
            "enrolment": self.enrolment.to_value(False),
            "before": [] if self.before is None else [self.before.to_value()],
            "rounds": [item.to_value() for item in self.rounds],
            "refunds": [item.to_value() for item in self.refunds],
            "events": [item.to_value() for item in self.events],
            "entries": [item.to_value() for item in self.entries],
        }

    def to_bytes(self) -> bytes:
        """The bundle as a file."""
        return frame.wrap(frame.RECORD, self.to_value())

    @classmethod
    def from_bytes(cls, data: bytes) -> RecordBundle:
        """Parse a file strictly. Raises what :func:`frame.unwrap` raises, RecordMismatch, SheetFormatError."""
        return cls.from_value(frame.unwrap(frame.RECORD, data, MAX_RECORD))

    @classmethod
    def from_value(cls, value: Value) -> RecordBundle:
        """Parse a decoded value strictly."""
        if not isinstance(value, dict) or value.get("version") != 1 or isinstance(value.get("version"), bool):
            raise UnsupportedVersion("a record of an unknown version")
        items = fields.mapping(value, _KEYS, "a record", _E)
        genesis = fields.array(items["genesis"], 3, "a record's genesis", _E)
        head = fields.array(items["head"], 2, "a record's last block", _E)
        before = fields.array(items["before"], None, "a record's earlier round", _E)
        if len(before) > 1:
            raise _E("a record shows more than one round before its member joined", value=len(before))
        return cls(
            fields.blob(items["checkpoint"], None, "a checkpoint", _E, most=MAX_NOTE),
            (
                fields.blob(genesis[0], None, "a genesis block", _E, most=MAX_BLOCK),
                fields.blob(genesis[1], None, "a genesis entry", _E, most=MAX_ENTRY),
                fields.hashes(genesis[2], _E),
            ),
            (fields.blob(head[0], None, "a block", _E, most=MAX_BLOCK), fields.hashes(head[1], _E)),
            _lineage(items["extends"]),
            tuple(fields.blob(item, None, "a state", _E, most=MAX_BLOCK) for item in _many(items["plans"], MAX_PLANS)),
            fields.name(items["plan"], "a record's plan", _E),
            tuple(Logged.from_value(item, MAX_ENTRY) for item in _many(items["keys"], MAX_CHANGES_IN_RECORD)),
            tuple(Logged.from_value(item, MAX_ENTRY) for item in _many(items["covenants"], MAX_CHANGES_IN_RECORD)),
            fields.integer(items["slot"], "a slot", _E, high=MAX_ROWS),
            Shown.from_value(items["enrolment"], False),
            ShownRound.from_value(before[0], False) if before else None,
            tuple(ShownRound.from_value(item, True) for item in _many(items["rounds"], MAX_ROUNDS_IN_RECORD)),
            tuple(ShownRefund.from_value(item) for item in _many(items["refunds"], MAX_REFUNDS_IN_RECORD)),
            tuple(Shown.from_value(item) for item in _many(items["events"], MAX_EVENTS_IN_RECORD)),
            tuple(Logged.from_value(item, MAX_ENTRY) for item in _many(items["entries"], MAX_EVENTS_IN_RECORD)),
        )


def _lineage(value: object) -> Lineage:
    sizes, hashes = fields.array(value, 2, "the earlier sizes of a book", _E)
    return Lineage(
        tuple(fields.integer(item, "an earlier size", _E, low=1) for item in _many(sizes, MAX_EXTENSIONS)),
        fields.hashes(hashes, _E, most=MAX_EXTENSIONS + 1),
    )


def _many(value: object, most: int) -> tuple[object, ...]:
    items = fields.array(value, None, "a list in a record", _E)
    if len(items) > most:
        raise _E(f"a record lists more than {most} things", value=len(items))
    return items
