"""Time, chance and the events to come: the only place where any of the three comes from."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

START = 1_800_000_000.0


@dataclass
class Clockwork:
    """Runs events in the order of their time; what happens is said in ``trace``."""

    seed: int
    now: float = START
    steps: int = 0
    trace: list[str] = field(default_factory=list)
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _count: int = 0

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)

    def milliseconds(self) -> int:
        return int(self.now * 1000)

    def say(self, text: str) -> None:
        self.trace.append(f"{self.now - START:9.3f}  {text}")

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (self.now + seconds, self._count, event))

    def happens(self, likelihood: float) -> bool:
        return self.chance.random() < likelihood

    def soon(self, seconds: float) -> float:
        """A delay that is about ``seconds``, and now and then much longer."""
        return self.chance.expovariate(1 / seconds)

    def run(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        end = self.now + seconds
        while self._events and self._events[0][0] <= end:
            self.now, _, event = heapq.heappop(self._events)
            self.steps += 1
            event()
        self.now = end
