"""Order and time: what everything that a record shows must agree on, whoever chose what to show.

Each leaf says at which height and when it was recorded, and each sheet its number. One record shows few of them,
but these must not contradict one another, the last block or the plan's counters. They are signed, all of them: a
contradiction is the chain's, not the file's, and raises RuleBroken (MC-176).

A snapshot at a time T is the state after the last block before T (design: section 3). So what a record shows was
recorded up to the snapshot's height if, and only if, it was recorded before its time.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import NoReturn

from ..block.header import Header
from ..block.plan import PlanLeaf
from ..errors import RuleBroken
from ..sheet import Descriptor

__all__ = ["BLOCKS", "Chronicle"]

BLOCKS = "blocks"
"""The block log itself, in which position and height are one."""


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    log: str
    position: int
    height: int
    time_ms: int


class Chronicle:
    """Collects places in the chain's logs. ``check`` once all are in, then ``check_snapshot`` for each round."""

    def __init__(self, genesis: Header, head: Header) -> None:
        self._head = head
        self._places: set[_Place] = set()
        self._sheets: dict[int, Descriptor] = {}
        self._heights: list[int] = []
        self._times: list[int] = []
        for header in (genesis, head):
            self.add(BLOCKS, header.height, header.height, header.time_ms)

    def add(self, log: str, position: int, height: int, time_ms: int) -> None:
        """Leaf ``position`` of ``log`` says that it was recorded in block ``height`` at ``time_ms``."""
        self._places.add(_Place(log, position, height, time_ms))

    def add_sheet(self, position: int, height: int, time_ms: int, descriptor: Descriptor) -> None:
        """A leaf of the plan's log of sheets."""
        self.add("sheets", position, height, time_ms)
        self._sheets[position] = descriptor

    def check(self, plan: PlanLeaf) -> None:
        """Raises RuleBroken for the first contradiction in order, time or numbers."""
        last: _Place | None = None
        for place in sorted(self._places):
            if last is not None and last.log == place.log and last.height > place.height:
                _broken(f"entry {place.position} of a log was recorded before the one in front of it", place)
            last = place
        last = None
        for place in sorted(self._places, key=lambda place: (place.height, place.time_ms)):
            if last is not None:
                later = place.height > last.height
                if place.time_ms < last.time_ms or (place.time_ms > last.time_ms and not later):
                    _broken("the times of two blocks contradict their heights", place)
            self._heights.append(place.height)
            self._times.append(place.time_ms)
            last = place
        if self._heights[-1] > self._head.height:
            raise RuleBroken("something is dated after the last block", value=self._heights[-1])
        self._check_numbers(plan)

    def _check_numbers(self, plan: PlanLeaf) -> None:
        before: dict[str, tuple[int, int]] = {}
        for position, sheet in sorted(self._sheets.items()):
            name = sheet.schema.name
            number, total = sheet.number, plan.next_number(name)
            earlier = before.get(name, (-1, -1))
            before[name] = number, position
            if (
                not number - earlier[0] <= position - earlier[1]
                or number <= earlier[0]
                or not 0 < total - number <= plan.sheets_size - position
            ):
                raise RuleBroken(f"sheet {number} of {name} does not fit the plan's counters", value=total)

    def check_snapshot(self, height: int, time_ms: int, place: str) -> None:
        """Raises RuleBroken where the state after block ``height`` is not the state at ``time_ms``."""
        after = bisect_right(self._heights, height)
        if (after and self._times[after - 1] >= time_ms) or (after < len(self._times) and self._times[after] < time_ms):
            raise RuleBroken("a snapshot's height is not what was recorded up to its time", place=place, value=height)


def _broken(message: str, place: _Place) -> NoReturn:
    raise RuleBroken(message, value=place.position, place=f"block {place.height}")
