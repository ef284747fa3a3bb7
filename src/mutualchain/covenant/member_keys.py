"""Which key is a member's at a time: her key on joining, until it is handed over or replaced.

*Handover*: old key and new key both sign; the new one is in force from that block's sheets on. So a guardian hands a
membership to a child come of age. *Replacement*: the old key is lost. The new key signs, and an institution or the
operator vouches; it is in force ``keys.rekey_days`` later, and until then the old key can object, which ends it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..canonical import Value
from ..errors import KeyFormatError, KeyRule
from ..tlog import ed25519
from .acts import Act, Handover, Rekey, RekeyObjection
from .calendar import DAY_MS

__all__ = ["Change", "MemberKeys"]


@dataclass(frozen=True, slots=True)
class Change:
    """A key that is in force in a slot from ``effective_ms`` on; ``entry`` is what recorded it."""

    entry: bytes
    slot: int
    key: bytes
    effective_ms: int


@dataclass(slots=True)
class MemberKeys:
    """Changes by slot in the order of their effect, and every key that any of them named."""

    changes: dict[int, list[Change]] = field(default_factory=dict)
    slots: dict[bytes, int] = field(default_factory=dict)
    used: set[bytes] = field(default_factory=set)

    def key_of(self, slot: int, time_ms: int) -> bytes | None:
        """The key in force in ``slot`` for a block of that time; None for the one she joined with."""
        found = [change.key for change in self.changes.get(slot, ()) if change.effective_ms <= time_ms]
        return found[-1] if found else None

    def slot_of(self, rekey: bytes) -> int | None:
        """The slot of a replacement, by its entry's hash."""
        return self.slots.get(rekey)

    def pending(self, slot: int, time_ms: int) -> Change | None:
        """The replacement that waits for its day, if there is one."""
        last = self.changes.get(slot, [])[-1:]
        return last[0] if last and last[0].effective_ms > time_ms else None

    def check(self, act: Act, time_ms: int) -> None:
        """Raises KeyRule for what the rules do not allow. That a key is enrolled already is the caller's to see."""
        if isinstance(act, Handover | Rekey):
            if act.new_key in self.used:
                raise KeyRule("the new key was used in this plan already", value=act.new_key)
            try:
                ed25519.check_public_key(act.new_key)
            except KeyFormatError as error:
                raise KeyRule(f"the new key is unusable: {error.message}", value=act.new_key) from None
            if isinstance(act, Rekey) and self.pending(act.slot, time_ms) is not None:
                raise KeyRule("a replacement of this key is under way", value=act.slot)
        elif isinstance(act, RekeyObjection):
            slot = self.slots.get(act.rekey)
            waiting = None if slot is None else self.pending(slot, time_ms)
            if waiting is None or waiting.entry != act.rekey:
                raise KeyRule("no such replacement is under way: it is in force, was objected to, or never was")

    def apply(self, act: Act, entry: bytes, time_ms: int, rekey_days: int) -> None:
        """Put a recorded change in force."""
        if isinstance(act, RekeyObjection):
            slot = self.slots.get(act.rekey)
            if slot is not None:
                changes = self.changes.pop(slot, [])
                kept = [item for item in changes if item.entry != act.rekey or item.effective_ms <= time_ms]
                if kept:
                    self.changes[slot] = kept
        elif isinstance(act, Handover | Rekey):
            days = rekey_days if isinstance(act, Rekey) else 0
            before = [item for item in self.changes.get(act.slot, []) if item.effective_ms <= time_ms]
            self.changes[act.slot] = [*before, Change(entry, act.slot, act.new_key, time_ms + days * DAY_MS)]
            self.slots[entry] = act.slot
            self.used.add(act.new_key)

    def copied(self) -> MemberKeys:
        """The same, to be changed apart."""
        return MemberKeys(dict(self.changes), dict(self.slots), set(self.used))

    def to_value(self) -> list[Any]:
        """Everything, as canonical values."""
        rows = [
            [item.entry, item.slot, item.key, item.effective_ms] for items in self.changes.values() for item in items
        ]
        return [rows, [list(pair) for pair in self.slots.items()], sorted(self.used)]

    @classmethod
    def from_value(cls, value: Value) -> MemberKeys:
        """What ``to_value`` gave."""
        saved: Any = value
        rows, slots, used = saved
        found = cls({}, dict(slots), set(used))
        for row in rows:
            found.changes.setdefault(row[1], []).append(Change(*row))
        return found
