"""What the ledger's endorsement is told, what it asks for, and how fast it goes: events, actions, pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from ..tlog.trust import Witness
from ..witness.conversation import CLOCKS_BEHIND, Answer, Request

__all__ = ["Action", "Anchor", "Anchored", "Answered", "Ask", "Event", "Keep", "Pace", "Stored", "Tree", "Wanted"]


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds.

    ``answer``: for one request. ``patience``: for a head to reach its quorum before a newer one is sent. ``hearing``:
    for the witnesses beyond the quorum to be heard before an opened ledger is confirmed. ``between``: from one head to
    the next, at least. ``refresh``: after which a cosignature is asked for again. ``pause``: before a witness that
    failed is asked again, doubling each time up to the second. ``anchor``: from one anchor to the next, an hour short
    of a day so that there is one every day. ``behind``: by which a witness's clock may stand behind ours when it
    confirms.
    """

    answer: float = 10.0
    patience: float = 10.0
    hearing: float = 5.0
    between: float = 1.0
    refresh: float = 3_000.0
    pause: tuple[float, float] = (1.0, 300.0)
    anchor: float = 82_800.0
    behind: float = CLOCKS_BEHIND


class Tree(Protocol):
    """The ledger's block log, as far as it has to be known."""

    def root(self, size: int) -> bytes | None:
        """The root over the first ``size`` blocks; None where there are not so many."""
        ...

    def proof(self, old: int, size: int) -> Sequence[bytes]:
        """The consistency proof between two sizes, ``0 < old < size``."""
        ...


# --- events and actions ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stored:
    """A checkpoint note over ``size`` blocks, signed by the log, is durable in the ledger's store."""

    note: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an Ask: the witness's answer, or in words why there is none."""

    number: int
    answer: Answer | str


@dataclass(frozen=True, slots=True)
class Anchored:
    """An anchor was recorded; ``done`` False: it could not be, and is due again after a while."""

    done: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody waits: the newest head is the target at once, and who failed is asked again without a pause."""

    number: int


Event: TypeAlias = Stored | Answered | Anchored | Wanted | None
"""None: time has passed."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Send ``request`` to ``witness``; tell Answered with this ``number`` within ``seconds``, whatever comes of it."""

    number: int
    witness: Witness
    request: Request
    seconds: float


@dataclass(frozen=True, slots=True)
class Keep:
    """Store ``note``; ``complete``: it has the quorum."""

    note: bytes
    complete: bool


@dataclass(frozen=True, slots=True)
class Anchor:
    """Record ``note``, which has the quorum, on the chain."""

    note: bytes


Action: TypeAlias = Ask | Keep | Anchor
