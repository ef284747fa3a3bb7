"""Between ledgers and witnesses: requests and answers get lost, late, doubled, out of order, or are old ones again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mutualchain.ledger.errands import Answered, Ask
from mutualchain.witness.conversation import Answer

from .clockwork import Clockwork

if TYPE_CHECKING:
    from .clerk import Clerk


_OLD = 3.0
"""Seconds after which an answer may be sent again in the place of another: more than clocks here can be apart."""


@dataclass
class Network:
    """``rough`` is how likely each mishap is; 0 once it is ``healed``."""

    clock: Clockwork
    rough: float
    clerks: dict[str, Clerk] = field(default_factory=dict)
    cut: dict[str, float] = field(default_factory=dict)
    heard: dict[str, list[tuple[float, Answer]]] = field(default_factory=dict)

    def heal(self) -> None:
        self.rough = 0.0
        self.cut = {}

    def cut_off(self, names: list[str], seconds: float) -> None:
        self.clock.say(f"network: {', '.join(names)} cut off for {seconds:.1f} s")
        for name in names:
            self.cut[name] = self.clock.now + seconds

    def _mishap(self, times: float = 1.0) -> bool:
        return self.clock.happens(self.rough * times)

    def send(self, ask: Ask, hear: Callable[[Answered], None]) -> None:
        """Take ``ask`` to its witness, perhaps; ``hear`` is told of it sooner or later, perhaps more than once."""
        name = ask.witness.name
        self.clock.after(ask.seconds, lambda: hear(Answered(ask.number, "did not answer in time")))

        def back(answer: Answer) -> None:
            heard = self.heard.setdefault(name, [])
            old = [answer for at, answer in heard if at < self.clock.now - _OLD]
            heard.append((self.clock.now, answer))
            if old and self._mishap(0.3):
                answer = self.clock.chance.choice(old)
            for _ in range(self._copies(name)):
                self.clock.after(self._delay(ask), lambda: hear(Answered(ask.number, answer)))

        for _ in range(self._copies(name)):
            self.clock.after(self._delay(ask), lambda: self.clerks[name].receive(ask.request, back))

    def _copies(self, name: str) -> int:
        if self.cut.get(name, 0.0) > self.clock.now or self._mishap():
            return 0
        return 2 if self._mishap() else 1

    def _delay(self, ask: Ask) -> float:
        slow = self._mishap()
        return self.clock.soon(2 * ask.seconds if slow else 0.05)
