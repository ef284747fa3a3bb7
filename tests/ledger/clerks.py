"""Witnesses of a ledger under test: on loopback, or asked by hand with a clock that the test holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mutualchain.ledger import Pace, Witnesses
from mutualchain.ledger.endorsement import Endorsement
from mutualchain.ledger.errands import Action, Anchor, Answered, Ask, Event, Keep, Stored
from mutualchain.tlog.trust import Group, Log, TrustFile
from mutualchain.witness.conversation import Answer
from mutualchain.witness.core import KnownLog

from ..witness.fakes import Fake
from ..witness.logs import NOW, FakeLog
from .world import KEYS, ORIGIN

KNOWN = KnownLog(ORIGIN, (KEYS.log.verifier,))
QUICK = Pace(answer=5.0, patience=2.0, hearing=1.0, between=0.02, pause=(0.05, 1.0))


def trust_of(fakes: Sequence[Fake], k: int, log: KnownLog = KNOWN) -> TrustFile:
    """A trust file that asks for ``k`` of them."""
    names = tuple(fake.name for fake in fakes)
    group = Group("g", k, names)
    return TrustFile(tuple(Log(key) for key in log.keys), tuple(fake.witness for fake in fakes), (group,), "g")


def witnesses(fakes: Sequence[Fake], k: int, **more) -> Witnesses:
    return Witnesses(trust_of(fakes, k), **{"pace": QUICK, **more})


@dataclass
class Table:
    """An Endorsement on its own, of a FakeLog's tree, with witnesses that answer when the test lets them."""

    fakes: list[Fake]
    k: int
    log: FakeLog = field(default_factory=lambda: FakeLog("example.com/log"))
    length: int = 40
    now: float = float(NOW)
    moment: float = 1_000.0
    options: dict = field(default_factory=dict)
    kept: list[tuple[int, bool]] = field(default_factory=list)
    anchors: list[int] = field(default_factory=list)
    asked: list[Ask] = field(default_factory=list)

    def __post_init__(self) -> None:
        for fake in self.fakes:
            fake.url = f"https://{fake.name}.example/"
            fake.time = lambda: int(self.now)
        self.trust = trust_of(self.fakes, self.k, self.log.known)
        pace = self.options.pop("pace", Pace())
        self.machine = Endorsement(self.trust, self, now=self.now, moment=self.moment, pace=pace, **self.options)

    # the tree

    def root(self, size: int) -> bytes | None:
        return self.log.root(size) if size <= self.length else None

    def proof(self, old: int, size: int) -> Sequence[bytes]:
        return self.log.proof(old, size)

    # what happens

    def tell(self, event: Event = None, *, wait: float = 0.0) -> list[Ask]:
        """What the endorsement asks for after an event, ``wait`` seconds later."""
        self.now += wait
        self.moment += wait
        return self._take(self.machine.handle(event, self.now, self.moment))

    def _take(self, actions: Iterable[Action]) -> list[Ask]:
        asks = []
        for action in actions:
            if isinstance(action, Ask):
                asks.append(action)
            elif isinstance(action, Keep):
                opened = self.trust.unconditional().open_checkpoint(action.note)
                self.kept.append((opened.size, action.complete))
                if action.complete:
                    self.trust.open_checkpoint(action.note)
            elif isinstance(action, Anchor):
                self.anchors.append(self.trust.open_checkpoint(action.note).size)
        self.asked += asks
        return asks

    def stored(self, size: int) -> list[Ask]:
        return self.tell(Stored(self.log.note(size), size))

    def answer(self, asks: Iterable[Ask], *, wait: float = 0.01) -> None:
        """Let the witnesses answer, and go on until nobody is being asked any more."""
        open_asks = list(asks)
        while open_asks:
            ask = open_asks.pop(0)
            open_asks += self.tell(Answered(ask.number, self.answer_of(ask)), wait=wait)

    def answer_of(self, ask: Ask) -> Answer | str:
        fake = next(fake for fake in self.fakes if fake.name == ask.witness.name)
        if ask.request.body is None:
            said = fake.get(ask.request.path)
        else:
            said = fake.post(ask.request.body)
        if said.status == 0:
            return "did not answer in time"
        return Answer(said.status, said.content_type, None, said.body)

    def silent(self, asks: Iterable[Ask]) -> list[Ask]:
        """Nobody answers."""
        return [more for ask in asks for more in self.tell(Answered(ask.number, "did not answer in time"))]
