"""The evidence file (.mce), framed as all files that people get (SPEC.md section 9). Canonical content:

    [1, "split", note, note, proof]                       two checkpoints, the smaller one first; proof: disagreement.py
    [1, "chain", note, genesis, [block...], rewritten]    blocks under one checkpoint that break a rule: rules.py
    [1, "record", file]                                   a record of a chain that breaks a rule
    [1, "disclosure", file]                               a disclosure of such a chain

with genesis = [block 0, its entry, [hash...]], block = [height, block, [hash...], [leaf...]], one or two of them, where
[leaf...] are all the plans' states after the block or nothing, and rewritten = [] or [plan, "sheets" or "events",
root, [hash...]]. Parsing is strict about types and bounds and verifies nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ..block import fields
from ..block.chain import EVENTS, SHEETS
from ..block.entry import CHAIN
from ..errors import EvidenceFormat, UnsupportedVersion
from ..limits import MAX_BLOCK, MAX_ENTRY, MAX_EVIDENCE, MAX_LOG_SIZE, MAX_NOTE, MAX_PLANS, MAX_PROOF, MAX_RECORD
from ..record import frame
from . import disagreement
from .disagreement import Disagreement, ProvenBlock
from .rules import Rewritten, StatedBlock

__all__ = ["ChainEvidence", "DisclosureEvidence", "Evidence", "RecordEvidence", "SplitEvidence", "parse_evidence"]

_E = EvidenceFormat


@dataclass(frozen=True, slots=True)
class SplitEvidence:
    """Two checkpoints of one log that contradict each other."""

    first: bytes
    second: bytes
    proof: Disagreement

    def to_bytes(self) -> bytes:
        """The file."""
        return frame.wrap(frame.EVIDENCE, [1, "split", self.first, self.second, self.proof.to_value()])


@dataclass(frozen=True, slots=True)
class ChainEvidence:
    """One or two blocks under one checkpoint that break a rule."""

    note: bytes
    genesis: ProvenBlock
    entry: bytes
    blocks: tuple[StatedBlock, ...]
    rewritten: Rewritten | None = None

    def to_bytes(self) -> bytes:
        """The file."""
        blocks = [
            [item.proven.height, item.proven.block, list(item.proven.proof), list(item.leaves)] for item in self.blocks
        ]
        shown = self.rewritten
        rewritten = [] if shown is None else [shown.plan, shown.log, shown.root, list(shown.proof)]
        genesis = [self.genesis.block, self.entry, list(self.genesis.proof)]
        return frame.wrap(frame.EVIDENCE, [1, "chain", self.note, genesis, blocks, rewritten])


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    """A record file whose chain breaks a rule."""

    record: bytes

    def to_bytes(self) -> bytes:
        """The file."""
        return frame.wrap(frame.EVIDENCE, [1, "record", self.record])


@dataclass(frozen=True, slots=True)
class DisclosureEvidence:
    """A disclosure whose chain breaks a rule."""

    disclosure: bytes

    def to_bytes(self) -> bytes:
        """The file."""
        return frame.wrap(frame.EVIDENCE, [1, "disclosure", self.disclosure])


Evidence: TypeAlias = "SplitEvidence | ChainEvidence | RecordEvidence | DisclosureEvidence"


def parse_evidence(data: bytes) -> Evidence:
    """Parse a file strictly. Raises what :func:`frame.unwrap` raises, EvidenceFormat, UnsupportedVersion."""
    items = fields.array(frame.unwrap(frame.EVIDENCE, data, MAX_EVIDENCE), None, "evidence", _E)
    if not items or items[0] != 1 or isinstance(items[0], bool):
        raise UnsupportedVersion("evidence of an unknown version", value=repr(items[:1])[:40])
    kind = items[1] if len(items) > 1 else None
    if kind == "split":
        fields.array(items, 5, "evidence of a split", _E)
        return SplitEvidence(_note(items[2]), _note(items[3]), disagreement.from_value(items[4]))
    if kind == "chain":
        fields.array(items, 6, "evidence of a broken rule", _E)
        block, entry, proof = fields.array(items[3], 3, "a genesis block", _E)
        return ChainEvidence(
            _note(items[2]),
            ProvenBlock(0, fields.blob(block, None, "a block", _E, most=MAX_BLOCK), fields.hashes(proof, _E)),
            fields.blob(entry, None, "a genesis entry", _E, most=MAX_ENTRY),
            tuple(_block(item) for item in _some(items[4], 1, 2, "blocks")),
            _rewritten(items[5]),
        )
    if kind == "record":
        fields.array(items, 3, "evidence of a record", _E)
        return RecordEvidence(fields.blob(items[2], None, "a record", _E, most=MAX_RECORD))
    if kind == "disclosure":
        fields.array(items, 3, "evidence of a disclosure", _E)
        return DisclosureEvidence(fields.blob(items[2], None, "a disclosure", _E, most=MAX_RECORD))
    raise UnsupportedVersion("evidence of an unknown kind", value=repr(kind)[:40])


def _note(value: object) -> bytes:
    return fields.blob(value, None, "a checkpoint", _E, most=MAX_NOTE)


def _some(value: object, least: int, most: int, what: str) -> tuple[object, ...]:
    items = fields.array(value, None, what, _E)
    if not least <= len(items) <= most:
        raise _E(f"evidence shows {least} to {most} {what}", value=len(items))
    return items


def _block(value: object) -> StatedBlock:
    height, block, proof, leaves = fields.array(value, 4, "a block with its proof", _E)
    proven = ProvenBlock(
        fields.integer(height, "a height", _E, high=MAX_LOG_SIZE),
        fields.blob(block, None, "a block", _E, most=MAX_BLOCK),
        fields.hashes(proof, _E),
    )
    shown = _some(leaves, 0, MAX_PLANS, "states")
    return StatedBlock(proven, tuple(fields.blob(leaf, None, "a state", _E, most=MAX_BLOCK) for leaf in shown))


def _rewritten(value: object) -> Rewritten | None:
    items = fields.array(value, None, "a plan's log", _E)
    if not items:
        return None
    plan, log, root, proof = fields.array(value, 4, "a plan's log", _E)
    if plan != CHAIN:
        fields.name(plan, "a plan's name", _E)
    if log not in (SHEETS, EVENTS):
        raise _E("a plan has a log of sheets and one of events", value=repr(log)[:40])
    return Rewritten(plan, log, fields.blob(root, 32, "a root", _E), fields.hashes(proof, _E, most=MAX_PROOF + 1))
