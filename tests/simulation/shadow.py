"""A dishonest operator's other history: the same log key, the same beginning, other blocks from some height on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from mutualchain.ledger.endorsement import Endorsement
from mutualchain.ledger.errands import Anchor, Anchored, Answered, Ask, Event, Keep, Stored
from mutualchain.tlog import merkle
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.tlog.trust import TrustFile

from ..ledger.world import KEYS, ORIGIN
from .clockwork import Clockwork
from .house import PACE, size_of
from .invariants import History, Invariants
from .network import Network


@dataclass
class Shadow:
    """Gathers cosignatures for its own history as an honest ledger would for its own; ``leaves`` are its blocks."""

    clock: Clockwork
    network: Network
    truth: Invariants
    witnesses: TrustFile
    leaves: list[bytes]
    machine: Endorsement = field(init=False)
    cosigned: bytes | None = None
    _ticks: int = 0

    def __post_init__(self) -> None:
        self.machine = Endorsement(
            self.witnesses, self, now=self.clock.now, moment=self.clock.now, pace=PACE, confirmed=True
        )

    @classmethod
    def of(cls, clock: Clockwork, network: Network, truth: Invariants, witnesses: TrustFile, real: History) -> Shadow:
        """A fork of ``real`` at a height that chance chooses."""
        at = clock.chance.randrange(max(0, len(real) - 6), len(real))
        clock.say(f"shadow: forks at {at}")
        return cls(clock, network, truth, witnesses, list(real[:at]))

    def root(self, size: int) -> bytes | None:
        return merkle.root(self.leaves[:size]) if size <= len(self.leaves) else None

    def proof(self, old: int, size: int) -> Sequence[bytes]:
        return merkle.consistency_proof(self.leaves[:size], old)

    def grow(self) -> None:
        self.leaves.append(sha256(f"shadow {len(self.leaves)}".encode()).digest())
        size, root = self.truth.signed(tuple(self.leaves))
        note = sign_checkpoint(Checkpoint(ORIGIN, size, root), [KEYS.log])
        self.clock.say(f"shadow: signs {size} {root.hex()[:8]}")
        self.turn(Stored(note, size))

    def turn(self, event: Event = None) -> None:
        events: list[Event] = [event]
        while events:
            for action in self.machine.handle(events.pop(0), self.clock.now, self.clock.now):
                match action:
                    case Ask():
                        self.network.send(action, self.hear)
                    case Keep(note, True):
                        self.cosigned = note
                    case Anchor():
                        events.append(Anchored())
        wake = self.machine.wake()
        if wake is not None:
            self._ticks += 1
            number = self._ticks
            self.clock.after(max(wake, 0.02), lambda: self.turn() if number == self._ticks else None)

    def hear(self, answered: Answered) -> None:
        self.turn(answered)

    def show(self, since: int) -> tuple[bytes, tuple[bytes, ...]] | None:
        """As the House does, of this history. A pin beyond the fork gets what looks most like a proof."""
        if self.cosigned is None:
            return None
        size = size_of(self.cosigned)
        return self.cosigned, tuple(self.proof(since, size)) if 0 < since < size else ()
