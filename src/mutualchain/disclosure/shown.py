"""The entries that a disclosure shows, proven: a log as a whole, or single entries of one that is too long for a file.

Of a whole log nothing can be left out, so what does not follow in it is the operator's doing (RuleBroken). Of single
entries an editor may have dropped some: then the same is said of the file, not of whoever signed the book
(RecordIncomplete).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..block.entry import Entry, entry_hash
from ..block.plan import EventLeaf, PlanLeaf
from ..errors import MutualchainError, ProofError, RecordIncomplete, RecordMismatch, RuleBroken
from ..record.bundle import Logged
from ..record.logs import verify_entry
from ..record.order import Chronicle
from ..tlog.merkle import leaf_hash, root

__all__ = ["Noted", "ShownLog", "blame"]


@dataclass(frozen=True, slots=True)
class Noted:
    """A proven entry, and where it stands."""

    digest: bytes
    position: int
    leaf: EventLeaf
    entry: Entry

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{self.entry.kind} in block {self.leaf.height}"


@dataclass(frozen=True, slots=True)
class ShownLog:
    """Proven entries of one log in their order; ``whole`` where these are all that there are."""

    entries: tuple[Noted, ...]
    whole: bool

    @classmethod
    def verify(cls, shown: Sequence[Logged], log: PlanLeaf, chronicle: Chronicle) -> ShownLog:
        """Prove what is shown of a log. Raises ProofError, RecordMismatch; RuleBroken for what can be no entry."""
        positions = [item.position for item in shown]
        if positions != sorted(set(positions)):
            raise RecordMismatch("the entries shown are not in order, each once")
        whole = len(shown) == log.events_size
        if not whole:
            return cls(tuple(_single(item, log, chronicle) for item in shown), False)
        if positions != list(range(len(shown))):
            raise RecordMismatch("a log that is shown as a whole has other positions than it has entries")
        if any(item.proof for item in shown):
            raise RecordMismatch("a log that is shown as a whole has proofs of single entries")
        if root([leaf_hash(item.leaf) for item in shown]) != log.events_root:
            raise ProofError("the entries shown are not those of the log")
        return cls(tuple(_of_whole(item, log, chronicle) for item in shown), True)


def _single(item: Logged, log: PlanLeaf, chronicle: Chronicle) -> Noted:
    leaf, entry = verify_entry(item, log, chronicle)
    return Noted(leaf.entry_hash, item.position, leaf, entry)


def _of_whole(item: Logged, log: PlanLeaf, chronicle: Chronicle) -> Noted:
    leaf = EventLeaf.from_bytes(item.leaf)
    chronicle.add(f"entries of {log.plan!r}", item.position, leaf.height, leaf.time_ms)
    if entry_hash(item.body) != leaf.entry_hash:
        raise RecordMismatch("an entry is not the one that the log names", value=item.position)
    entry = Entry.from_bytes(item.body)
    if entry.plan != log.plan:
        raise RuleBroken("a log holds an entry of another plan", value=entry.plan)
    return Noted(leaf.entry_hash, item.position, leaf, entry)


def blame(error: MutualchainError, place: str, whole: bool) -> MutualchainError:
    """What to say of an entry that the rules refuse: the book breaks them, or something may be missing in the file."""
    clause = getattr(error, "clause", "")
    told = f"{error.message} ({clause})" if "." in clause else error.message
    if whole:
        return RuleBroken(told, place=place, value=error.code)
    text = f"an entry is missing from the file, or the book breaks a rule: {told}"
    return RecordIncomplete(text, place=place, value=error.code)
