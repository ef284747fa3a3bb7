"""The keys that speak for a slot, in the order in which they came into force.

The first stands in her enrolment row. A handover puts another in force from its entry on; the replacement of a lost
key comes after a delay (``keys.rekey_days``), unless the old key objects.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import RuleBroken

__all__ = ["HerKeys"]

_SHEETS = 1 << 62
"""Sheets come after the entries of their block."""


@dataclass(frozen=True, slots=True)
class _Key:
    """In force from a block time on, after the entry at ``position`` of block ``height``."""

    key: bytes
    since_ms: int = -1
    height: int = -1
    position: int = -1


class HerKeys:
    """The keys of one slot. Changes are told in the order of their entries."""

    def __init__(self, key: bytes) -> None:
        self._keys = [_Key(key)]
        self._used = {key}
        self._pending: tuple[bytes, _Key] | None = None  # a replacement that is not due yet, by its entry

    def at(self, height: int, time_ms: int, position: int = _SHEETS) -> bytes:
        """The key in force for the entry at ``position`` of the plan's log, or for the sheets of block ``height``."""
        self._come_due(time_ms)
        return next(
            item.key
            for item in reversed(self._keys)
            if item.since_ms <= time_ms and (item.height, item.position) < (height, position)
        )

    def known(self, time_ms: int) -> tuple[bytes, ...]:
        """Every key that was in force at some time up to ``time_ms``, the newest last."""
        self._come_due(time_ms)
        return tuple(item.key for item in self._keys)

    def hand_over(self, key: bytes, height: int, position: int, time_ms: int) -> None:
        """Another key, at once; a replacement under way does not come. Raises RuleBroken for one used before."""
        self._come_due(time_ms)
        self._use(key, height)
        self._pending = None
        self._keys.append(_Key(key, time_ms, height, position))

    def replace(self, entry: bytes, key: bytes, height: int, position: int, time_ms: int, due_ms: int) -> None:
        """Another key at ``due_ms``, unless it is objected to; ``entry`` names it.

        Raises RuleBroken for a key used before, or where another replacement is under way.
        """
        self._come_due(time_ms)
        self._use(key, height)
        if self._pending is not None:
            raise RuleBroken("your key is replaced while a replacement is under way", place=f"block {height}")
        self._pending = entry, _Key(key, due_ms, height, position)

    def object(self, entry: bytes, time_ms: int, place: str) -> None:
        """A replacement does not come. Raises RuleBroken where it has come already, or is none."""
        self._come_due(time_ms)
        if self._pending is None or self._pending[0] != entry:
            raise RuleBroken("an objection names no replacement of your key that is under way", place=place)
        self._pending = None

    def _use(self, key: bytes, height: int) -> None:
        if key in self._used:
            raise RuleBroken("your key is replaced by one that was used before", place=f"block {height}")
        self._used.add(key)

    def _come_due(self, time_ms: int) -> None:
        if self._pending is not None and self._pending[1].since_ms <= time_ms:
            self._keys.append(self._pending[1])
            self._pending = None
