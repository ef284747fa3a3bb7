"""One world: who takes part and what happens to them, all of it chosen by the seed."""

from __future__ import annotations

from dataclasses import dataclass, field

from mutualchain.tlog.trust import Group, Log, TrustFile, Witness
from mutualchain.witness import quorum
from mutualchain.witness.core import KnownLog

from ..ledger.world import KEYS, ORIGIN
from .clerk import Clerk
from .clockwork import Clockwork
from .house import House, leaves_of, size_of
from .invariants import Broken, Invariants
from .member import Member
from .network import Network
from .shadow import Shadow

LIFE = 60.0
"""Seconds of trouble, in the world's time."""
PEACE = 40.0
"""Seconds without any, after which everything must have come right."""
_SETTLED = 5.0
"""Seconds in which a head gets its quorum where nothing is in the way."""

DEEDS = {
    "enrol": 30,
    "restart": 4,
    "back up": 6,
    "restore": 6,
    "cut off": 5,
    "crash": 5,
    "visit": 20,
    "renew": 20,
}
"""What can happen, and how often beside the rest."""

SHAPES: tuple[tuple[tuple[int, ...], tuple[int, ...], int], ...] = (
    ((1,), (1,), 1),
    ((3,), (2,), 1),
    ((4,), (3,), 1),
    ((4,), (4,), 1),
    ((5,), (4,), 1),
    ((3, 3), (2, 2), 2),
)
"""Groups: how many witnesses each has, how many of them it asks for, and how many groups the quorum asks for."""


def trust_of(shape: tuple[tuple[int, ...], tuple[int, ...], int], witnesses: list[Witness]) -> TrustFile:
    sizes, thresholds, wanted = shape
    groups, start = [], 0
    for number, (size, threshold) in enumerate(zip(sizes, thresholds, strict=True)):
        names = tuple(witness.name for witness in witnesses[start : start + size])
        groups.append(Group(f"g{number}", threshold, names))
        start += size
    groups.append(Group("all", wanted, tuple(group.name for group in groups)))
    return TrustFile((Log(KEYS.log.verifier),), tuple(witnesses), tuple(groups), "all")


@dataclass
class World:
    """A seed's world, ready to be lived through. ``deeds`` counts what was done and seen, to show that much was."""

    seed: int
    deeds: dict[str, int] = field(default_factory=dict)
    shadow: Shadow | None = None

    def __post_init__(self) -> None:
        clock = self.clock = Clockwork(self.seed)
        chance = clock.chance
        self.truth = Invariants()
        self.network = Network(clock, chance.choice((0.0, 0.05, 0.15, 0.3)))
        shape = chance.choice(SHAPES)
        log = KnownLog(ORIGIN, (KEYS.log.verifier,))
        fragile = chance.choice((0.0, 0.03, 0.1))
        self.clerks = [Clerk(clock, self.truth, number, log, fragile=fragile) for number in range(sum(shape[0]))]
        self.network.clerks = {clerk.name: clerk for clerk in self.clerks}
        trust = self.truth.trust = trust_of(shape, [clerk.witness for clerk in self.clerks])
        most = quorum.examine(trust).lies_survived if clock.happens(0.6) else 0
        for clerk in chance.sample(self.clerks, chance.randrange(most + 1)):
            clerk.lying = True
        for clerk in self.clerks:
            clerk.shy = clock.happens(0.3)
        self.truth.liars = tuple(clerk.name for clerk in self.clerks if clerk.lying)
        self.forking = clock.happens(0.3)
        self.restoring = clock.happens(0.4)
        self.house = House(clock, self.network, self.truth, trust, chance.choice((0.0, 0.05, 0.15)))
        self.members = [Member(clock, self.truth, f"m{number}", self.house) for number in range(3)]

    def live(self) -> World:
        """Live through it. Raises Broken when an invariant does not hold."""
        clock = self.clock
        liars = ", ".join(self.truth.liars) or "nobody"
        clock.say(f"{len(self.clerks)} witnesses, {liars} lies, the network is {self.network.rough} rough")
        self.house.create()
        self._busy = True
        self._next()
        if self.forking:
            clock.after(clock.chance.uniform(5.0, LIFE / 2), self._fork)
        clock.run(LIFE)
        self._busy = False
        self._heal()
        clock.run(PEACE)
        self._end()
        return self

    def _next(self) -> None:
        if self._busy:
            self._deed()
            self.clock.after(self.clock.soon(1.0), self._next)

    def _did(self, deed: str) -> None:
        self.deeds[deed] = self.deeds.get(deed, 0) + 1

    def _deed(self) -> None:
        chance, house = self.clock.chance, self.house
        member = chance.choice(self.members)
        what = chance.choices(tuple(DEEDS), tuple(DEEDS.values()))[0]
        self._did(what)
        if what == "enrol":
            house.enrol(member)
        elif what == "restart":
            house.restart()
        elif what == "back up":
            house.back_up()
        elif what == "restore" and self.restoring:
            house.restore()
        elif what == "cut off" and self.network.rough:
            names = [clerk.name for clerk in self.clerks if chance.random() < 0.5]
            self.network.cut_off(names, self.clock.soon(5.0))
        elif what == "crash" and self.network.rough:
            chance.choice(self.clerks).crash("for no reason")
        elif what == "visit":
            member.visit(honest=not self.forking and not house.went_back)
        elif what == "renew":
            house.carefully(lambda: member.renew(house))

    def _fork(self) -> None:
        """The operator makes another history, and shows it to one of the members."""
        self.shadow = Shadow.of(self.clock, self.network, self.truth, self.truth.trust, leaves_of(self.house.data))
        deceived = self.clock.chance.choice(self.members)
        deceived.face, deceived.deceived = self.shadow, True
        self._grow()

    def _grow(self) -> None:
        if self._busy and self.shadow is not None:
            self._did("fork")
            self.shadow.grow()
            self.clock.after(self.clock.soon(2.0), self._grow)

    def _heal(self) -> None:
        self.clock.say("-- peace --")
        self.network.heal()
        self.house.fragile = 0.0
        for clerk in self.clerks:
            clerk.fragile = 0.0

    def _end(self) -> None:
        """After the trouble: what must have come right did, unless somebody lied or two histories were signed."""
        house = self.house
        for member in self.members:
            member.visit(honest=not self.forking and not house.went_back)
            member.insist(house)
        shy = any(clerk.shy for clerk in self.clerks)
        if self.forking or self.truth.liars or house.went_back or (house.swapped and shy):
            return
        self._did("came right")
        assert house.ledger is not None, "a ledger starts again after a crash"
        if house.ledger.objection is not None:
            raise Broken(f"nobody stands in the way, and the ledger is still held back: {house.ledger.objection}")
        house._check_rows()
        shown = house.show(0)
        assert shown is not None, "the truth has no head"
        if size_of(shown[0]) < house.settled_size(self.clock.now - _SETTLED):
            raise Broken(f"the newest head never got its quorum: the ledger has {house.ledger.size} blocks")
