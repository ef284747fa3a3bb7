"""The versions of a plan's covenant: all of them, from the adoption to the one that the plan's leaf names.

They are numbered 1, 2, 3, ... and the leaf says which is the last, so none can be kept back. An amendment takes effect
when it says, not before its notice is over. Where members vote on amendments, one names the proposal that was voted
on; that the votes were counted right is an audit's to check. Beside them stands the plan's closing, where there is one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from ..block.entry import Entry
from ..block.plan import EventLeaf, PlanLeaf
from ..covenant import timing
from ..covenant.acts import Adoption, Amendment, ClosingNotice, ClosingStatement
from ..covenant.calendar import DAY_MS
from ..covenant.document import Covenant
from ..covenant.plan_rules import FIXED
from ..errors import CanonicalError, CovenantError, EntryError, RecordIncomplete, RecordMismatch, RuleBroken
from .bundle import Logged
from .logs import verify_entry
from .order import Chronicle

__all__ = ["COVENANTS", "Closing", "Version", "Versions"]

COVENANTS = (Adoption.kind, Amendment.kind, ClosingNotice.kind, ClosingStatement.kind)
"""The kinds of entries that a record shows as covenants."""
A = TypeVar("A", Adoption, Amendment)


@dataclass(frozen=True, slots=True)
class Version(timing.Version):
    """A version of the covenant, with its hash and the time of the block that recorded it."""

    hash: bytes
    time_ms: int


@dataclass(frozen=True, slots=True)
class Closing:
    """The plan's end was announced by this entry; ``ended_ms`` is 0 until its closing statement was recorded."""

    entry: bytes
    height: int
    time_ms: int
    ended_ms: int = 0


class Versions:
    """All versions of a plan's covenant, in order; and its closing, if it was announced."""

    def __init__(self, versions: Sequence[Version], closing: Closing | None = None) -> None:
        self.all = tuple(versions)
        self.closing = closing
        self._from = [item.effective_ms for item in self.all]

    @property
    def last(self) -> Version:
        """The newest, in force or not yet."""
        return self.all[-1]

    def at(self, time_ms: int) -> Version:
        """The version in force at ``time_ms``: the last one in effect by then; before all of them the first."""
        return self.all[max(bisect_right(self._from, time_ms) - 1, 0)]

    def restitutes(self, height: int) -> bool:
        """Whether illness in the waiting period ends a membership, by any version recorded up to block ``height``."""
        known = (item.covenant.aid for item in self.all if item.height <= height)
        return any(rules.ill_in_waiting == "refund_and_end" for rules in known)

    @classmethod
    def verify(cls, shown: Sequence[Logged], plan: PlanLeaf, chronicle: Chronicle) -> Versions:
        """Every version up to the one that the plan's leaf names.

        Raises RecordIncomplete where one is missing, RecordMismatch for what does not belong here, RuleBroken for
        versions that contradict each other, the leaf or the rules of amendments.
        """
        found: list[Version] = []
        closing: Closing | None = None
        last = -1
        for item in shown:
            leaf, entry = verify_entry(item, plan, chronicle)
            if item.position == 0 and entry.kind != Adoption.kind:
                raise RuleBroken("the plan does not begin with a covenant", value=entry.kind)
            if entry.kind not in COVENANTS or item.position <= last:
                raise RecordMismatch("an entry shown as a covenant is none, or is not in order", value=entry.kind)
            if last < 0 < item.position:
                raise RecordIncomplete("the covenant that the plan began with is missing from the record")
            last = item.position
            if entry.kind in (ClosingNotice.kind, ClosingStatement.kind):
                closing = _closed(leaf, entry, closing)
            elif found:
                found.append(_amended(leaf, entry, cls(found, closing)))
            else:
                found.append(_adopted(leaf, entry))
        if not found:
            raise RecordIncomplete("the covenant that the plan began with is missing from the record")
        newest = found[-1]
        if newest.number < plan.covenant_version:
            raise RecordIncomplete(f"version {newest.number + 1} of the covenant is missing from the record")
        if (newest.number, newest.hash) != (plan.covenant_version, plan.covenant_hash):
            raise RuleBroken("the covenant in force is not the one that the plan adopted", value=plan.covenant_hash)
        return cls(found, closing)


def _closed(leaf: EventLeaf, entry: Entry, before: Closing | None) -> Closing:
    """The plan's end, announced or come."""
    if before is None:
        if entry.kind == ClosingStatement.kind:
            raise RecordIncomplete("the announcement of the plan's end is missing from the record")
        return Closing(leaf.entry_hash, leaf.height, leaf.time_ms)
    if entry.kind == ClosingNotice.kind or before.ended_ms:
        raise RuleBroken("the plan's end is announced twice, or comes twice", place=f"block {leaf.height}")
    return replace(before, ended_ms=leaf.time_ms)


def _parsed(leaf: EventLeaf, entry: Entry, kind: type[A]) -> tuple[A, Covenant]:
    try:
        act = kind.from_entry(entry)
        return act, Covenant.from_bytes(act.covenant)
    except (CovenantError, EntryError, CanonicalError) as error:
        raise RuleBroken(f"the plan's covenant is none: {error.message}", place=f"block {leaf.height}") from None


def _adopted(leaf: EventLeaf, entry: Entry) -> Version:
    act, covenant = _parsed(leaf, entry, Adoption)
    return Version(act.version, covenant, leaf.time_ms, leaf.height, act.hash, leaf.time_ms)


def _amended(leaf: EventLeaf, entry: Entry, before: Versions) -> Version:
    place = f"block {leaf.height}"
    if entry.kind == Adoption.kind:
        raise RuleBroken("the plan's covenant was replaced", place=place)
    act, covenant = _parsed(leaf, entry, Amendment)
    if before.closing is not None:
        raise RuleBroken("the covenant is amended after the plan's end was announced", place=place)
    last, ruling = before.last, before.at(leaf.time_ms).covenant
    if act.version > last.number + 1:
        raise RecordIncomplete(f"version {last.number + 1} of the covenant is missing from the record")
    if act.version <= last.number:
        raise RuleBroken(f"the plan has two covenants of version {act.version}", place=place)
    for clause in FIXED:
        if covenant.values()[clause] != last.covenant.values()[clause]:
            raise RuleBroken(f"an amendment changes what stays for a plan's life ({clause})", place=place)
    if act.effective_ms < max(leaf.time_ms + ruling.amendments.notice_days * DAY_MS, last.effective_ms):
        text = f"version {act.version} of the covenant takes effect before its notice is over (amendments.notice_days)"
        raise RuleBroken(text, place=place, value=act.effective_ms)
    if ruling.amendments.vote and not act.proposal:
        text = f"version {act.version} of the covenant names no proposal that members voted on (amendments.vote)"
        raise RuleBroken(text, place=place)
    return Version(act.version, covenant, act.effective_ms, leaf.height, act.hash, leaf.time_ms)
