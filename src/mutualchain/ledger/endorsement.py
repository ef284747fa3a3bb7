"""The ledger's standing with its witnesses, as a decision: what happened goes in, what to do comes out. Pure.

``errands`` has the events (a checkpoint is durable, a witness answered, time has passed) and the actions (ask a
witness, keep a note with its cosignatures, record an anchor). Nothing here waits, and no commit waits for it.

**Before anything is signed.** A ledger that was opened, and perhaps restored from a backup, is *unconfirmed*. The
newest checkpoint that it had stored goes to all witnesses. It is confirmed once a quorum has cosigned that checkpoint
now, none says it has seen more, and all have been heard or ``hearing`` is over. Two quorums share an honest witness,
so a copy that lacks blocks under a checkpoint that a quorum had cosigned is never confirmed. What a witness *says*
stops an unconfirmed ledger; what it *proves*, with a checkpoint that the log's key signed and that is not of this
tree, stops any (:meth:`Endorsement.objection`), for good.

**From then on** one head at a time is the *target*: the newest stored when it was chosen. All witnesses are asked for
it. A newer one takes its place once the target has its quorum or ``patience`` is over, and not before ``between``, so
that a busy ledger asks once a second and its heads do reach their quorum. A cosignature that comes late still counts
for the head that it is of. Cosignatures older than ``refresh`` are asked for again: while nothing happens the head's
are never older than an hour.

A checkpoint is sent only after it was stored, so that no witness can know more than a ledger that crashed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Final

from ..errors import LedgerUnconfirmed, MutualchainError, WitnessAhead, WitnessConflict
from ..tlog import note as notes
from ..tlog.checkpoint import VerifiedCheckpoint
from ..tlog.note import Signature
from ..tlog.trust import Cosignature, TrustFile, Witness
from ..witness.conversation import (
    Answer,
    Conversation,
    Cosigned,
    Gathered,
    Missing,
    OpenedNote,
    Pause,
    Request,
    Step,
    Why,
)
from .errands import Action, Anchor, Anchored, Answered, Ask, Event, Keep, Pace, Stored, Tree, Wanted

__all__ = ["Endorsement"]


@dataclass(slots=True)
class _Head:
    """A checkpoint and the cosignatures it has: by witness, each with the moment at which it came."""

    stored: Stored
    opened: OpenedNote
    began: float
    wanted: int
    lines: dict[str, tuple[Cosignature, Signature, float]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return self.opened.checkpoint.size

    def cosignatures(self, trust: TrustFile) -> tuple[Cosignature, ...]:
        return tuple(self.lines[witness.name][0] for witness in trust.witnesses if witness.name in self.lines)

    def note(self, trust: TrustFile) -> bytes:
        found = [self.lines[witness.name][1] for witness in trust.witnesses if witness.name in self.lines]
        return notes.add_signatures(self.opened.log_note, found)


@dataclass(slots=True)
class _Peer:
    """A witness that can be asked. ``asked`` is the number of the Ask under way, 0 for none; ``ready`` a moment."""

    witness: Witness
    pause: float
    size: int = 0
    talk: Conversation | None = None
    about: _Head | None = None
    asked: int = 0
    ready: float = -inf
    missing: Missing | None = None
    ahead: int = 0


_TICK: Final = 0.001
"""Clocks here count milliseconds: whoever waits for a moment waits one more, and has not come too early."""
_ANCHOR_AGAIN: Final = 60.0
"""Seconds after which an anchor that could not be recorded is tried again."""


class Endorsement:
    """See above. One caller at a time.

    ``now`` is in seconds since 1970, as cosignatures have it, and may jump. ``moment``, by which everything is waited
    for, is in seconds on a clock that only goes on, such as ``time.monotonic``.
    """

    def __init__(
        self,
        trust: TrustFile,
        tree: Tree,
        *,
        now: float,
        moment: float,
        pace: Pace | None = None,
        confirmed: bool = False,
        insist: bool = False,
        kept: Stored | None = None,
        anchored: float = 0.0,
    ) -> None:
        """``kept`` is the stored note with a quorum, ``anchored`` the last anchor's time, ``confirmed`` for a ledger
        that was made just now. ``insist``: a ledger whose witnesses do not answer is confirmed all the same.

        Raises as opening ``kept`` does.
        """
        self.trust = trust
        self.confirmed = confirmed
        self.wanted = 0
        self._tree = tree
        self._pace = pace or Pace()
        self._insist = insist
        self._wall = now
        self._time = moment
        self._numbers = 0
        self._newest: Stored | None = None
        self._target: _Head | None = None
        self._kept = None if kept is None else self._head(kept, now)
        self._fresh: set[str] = set()
        self._barred: Callable[[], MutualchainError] | None = None
        self._anchored = anchored
        self._anchoring = False
        self._anchor_ready = -inf
        first = self._pace.pause[0]
        self._peers = [_Peer(witness, first) for witness in trust.witnesses if witness.url is not None]

    # --- what it knows --------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """The size of the head that is being gathered for; 0 before there is one."""
        return self._target.size if self._target is not None else 0

    def objection(self) -> MutualchainError | None:
        """Why nothing may be signed now: WitnessAhead, WitnessConflict, LedgerUnconfirmed; None if it may."""
        if self._barred is not None:
            return self._barred()
        if self.confirmed:
            return None
        ahead = [peer for peer in self._peers if peer.ahead]
        if ahead:
            named = "; ".join(f"{peer.witness.name} says it has seen size {peer.ahead}" for peer in ahead)
            return WitnessAhead(f"the ledger has {self.size} blocks, and a witness says it has seen more", value=named)
        return LedgerUnconfirmed(
            "the witnesses have not confirmed yet that this is the newest copy of the ledger",
            value="; ".join(str(item) for item in self._missing()) or None,
        )

    def report(self) -> Gathered | None:
        """What was gathered for the target; None before there is one."""
        head = self._target
        if head is None:
            return None
        return Gathered(
            head.note(self.trust),
            head.cosignatures(self.trust),
            tuple(self._missing()),
            {peer.witness.name: peer.size for peer in self._peers if peer.size},
            self._complete(head),
        )

    def settled(self) -> bool:
        """Whether every witness that can be asked has cosigned the target or failed to, and none is being asked."""
        head = self._target
        return head is not None and all(
            not peer.asked and peer.talk is None and (peer.witness.name in self._have() or peer.missing is not None)
            for peer in self._peers
        )

    def wake(self) -> float | None:
        """Seconds after which time alone makes something due; None if nothing ever."""
        moments = list(self._moments())
        left = min(moments) - self._time if moments else None
        return left if left is None else left + _TICK if left > 0 else 0.0

    @property
    def pending(self) -> bool:
        """Whether a newer head waits for its turn."""
        return self._newest is not None and (self._target is None or self._newest is not self._target.stored)

    @property
    def barred(self) -> bool:
        """Whether a witness has proven that another tree, or a larger one, was signed."""
        return self._barred is not None

    # --- what happens ---------------------------------------------------------------------------

    def handle(self, event: Event, now: float, moment: float) -> list[Action]:
        """What to do after ``event``. Raises as opening a Stored note does."""
        self._wall, self._time = now, max(self._time, moment)
        actions: list[Action] = []
        if self._barred is not None:
            return actions
        match event:
            case Stored():
                if self._newest is None or (event.note != self._newest.note and event.size >= self._newest.size):
                    self._newest = event
            case Wanted(number):
                self._hurry(number)
            case Answered(number, answer):
                actions += self._hear(number, answer)
            case Anchored(done):
                self._anchoring = False
                self._anchor_ready = self._time + (0 if done else _ANCHOR_AGAIN)
                self._anchored = now if done else self._anchored
        if self._barred is None:  # else nothing more is asked, kept or recorded
            self._consider()
            actions += self._move_on()
            actions += self._ask_all()
            actions += self._anchor()
        return actions

    def _hurry(self, number: int) -> None:
        self.wanted = number
        for peer in self._peers:
            if not peer.asked and peer.talk is None and peer.missing is not None:
                peer.ready, peer.pause, peer.missing = self._time, self._pace.pause[0], None

    def _head(self, stored: Stored, now: float) -> _Head:
        """A head with the cosignatures that its note has already. Raises as opening the note does."""
        opened = OpenedNote.of(stored.note, self.trust)
        head = _Head(stored, opened, self._time, self.wanted)
        lines = notes.parse(opened.note).signatures
        for item in opened.cosignatures:
            key, stamp = item.witness.key, item.timestamp.to_bytes(8, "big")
            for line in lines:
                if (line.name, line.key_id) == (key.name, key.key_id) and line.signature.startswith(stamp):
                    head.lines[item.witness.name] = item, line, self._time - max(0.0, now - item.timestamp)
        return head

    def _have(self) -> set[str]:
        """Whose cosignature of the target counts now."""
        return set(self._target.lines) if self.confirmed and self._target is not None else self._fresh

    def _complete(self, head: _Head) -> bool:
        return self.trust.has_quorum(head.lines)

    def _missing(self) -> Iterator[Missing]:
        asked = {peer.witness.name: peer for peer in self._peers}
        have = self._have()
        for witness in self.trust.witnesses:
            if witness.name in have:
                continue
            peer = asked.get(witness.name)
            if peer is None:
                yield Missing(witness, Why.UNASKED, "has no URL in the trust file")
            else:
                yield peer.missing or Missing(witness, Why.LATE, "has not answered yet")

    # --- answers --------------------------------------------------------------------------------

    def _hear(self, number: int, answer: Answer | str) -> list[Action]:
        for peer in self._peers:
            if number and peer.asked == number:
                assert peer.talk is not None, "an Ask belongs to a conversation"
                peer.asked = 0
                return self._follow(peer, peer.talk.hear(answer, self._wall))
        return []

    def _follow(self, peer: _Peer, step: Step) -> list[Action]:
        talk, head = peer.talk, peer.about
        assert talk is not None, "a step is of a conversation"
        assert head is not None, "a conversation is about a head"
        if talk.size is not None:
            peer.size = talk.size
        if isinstance(step, Request):
            self._numbers += 1
            peer.asked = self._numbers
            return [Ask(self._numbers, peer.witness, step, self._pace.answer)]
        if isinstance(step, Pause):
            peer.ready = self._time + step.seconds
            return []
        peer.talk = peer.about = None
        if isinstance(step, Cosigned):
            peer.missing, peer.ahead, peer.ready, peer.pause = None, 0, self._time, self._pace.pause[0]
            return self._take(head, step)
        peer.missing = step
        peer.ahead = peer.size if step.why is Why.AHEAD and self._tree.root(peer.size) is None else 0
        peer.ready = self._time + peer.pause
        most = self._pace.pause[1] if self.confirmed else self._pace.patience  # nobody can write until they answer
        peer.pause = min(2 * peer.pause, most)
        if step.evidence is not None:
            self._weigh(step, step.evidence)
        if head is not self._target and not peer.ahead and step.why is Why.AHEAD:
            peer.missing, peer.ready = None, self._time  # it had seen more than an older head: ask about this one
        return []

    def _take(self, head: _Head, step: Cosigned) -> list[Action]:
        """A cosignature that came: is there anything to store?"""
        name = step.cosignature.witness.name
        head.lines[name] = step.cosignature, step.line, self._time
        if head is self._target:
            self._fresh.add(name)
        return self._kept_as(head)

    def _kept_as(self, head: _Head) -> list[Action]:
        if self._complete(head) and (self._kept is None or head.size >= self._kept.size):
            self._kept = head
            return [Keep(head.note(self.trust), True)]
        return [Keep(head.note(self.trust), False)] if head is self._target else []

    def _weigh(self, step: Missing, theirs: VerifiedCheckpoint) -> None:
        """A checkpoint that the log's key signed: if it is not of this tree, nothing more is signed."""
        root = self._tree.root(theirs.size)
        if root == theirs.root:
            self._adopt(Stored(theirs.note, theirs.size))
            return
        name, note = step.witness.name, theirs.note.decode()
        held = f"{name} holds a checkpoint of {theirs.size} blocks that the log's key has signed"
        if root is None:
            self._barred = partial(WitnessAhead, f"{held}; the ledger has fewer", value=note)
        else:
            self._barred = partial(WitnessConflict, f"{held}, of another tree", value=note)

    def _adopt(self, shown: Stored) -> None:
        """The log has signed more of this very tree than is stored: another copy of the ledger did. Confirm that."""
        if not self.confirmed and shown.size > self.size:
            self._newest = shown
            self._target = self._head(shown, self._wall)
            self._fresh = set()
            for peer in self._peers:
                peer.missing, peer.ready = None, self._time

    # --- what follows ---------------------------------------------------------------------------

    def _consider(self) -> None:
        """Whether the ledger is confirmed now."""
        head = self._target
        if self.confirmed or head is None or any(peer.ahead for peer in self._peers):
            return
        heard = all(peer.witness.name in self._fresh or peer.missing is not None for peer in self._peers)
        if heard or self._time - head.began >= self._pace.hearing:
            self.confirmed = self._insist or self.trust.has_quorum(self._fresh)

    def _move_on(self) -> list[Action]:
        """A newer head becomes the target when it is its turn."""
        old, newest = self._target, self._newest
        if newest is None or not self.pending or self._turn() > self._time:
            return []
        head = self._target = self._head(newest, self._wall)
        if old is None or old.size < head.size:
            return []
        head.lines = old.lines | head.lines  # the same tree, signed anew by the log: cosignatures stay what they are
        return self._kept_as(head) if head.lines else []

    def _turn(self) -> float:
        """The moment from which a newer head may take the target's place."""
        head = self._target
        if head is None:
            return -inf
        if not self.confirmed:
            return inf
        if self.wanted > head.wanted:
            return self._time
        return head.began + (self._pace.between if self._complete(head) else self._pace.patience)

    def _ask_all(self) -> list[Action]:
        head = self._target
        actions: list[Action] = []
        for peer in self._peers:
            if head is None or peer.asked or peer.ready > self._time:
                continue
            if peer.talk is not None and peer.about is head:
                actions += self._follow(peer, peer.talk.resume())
            elif self._due(peer, head) <= self._time:
                prove = partial(self._tree.proof, size=head.size)
                peer.talk = Conversation(head.opened, peer.witness, prove, peer.size, self._since(peer, head))
                peer.about = head
                actions += self._follow(peer, peer.talk.begin())
            else:
                peer.talk = peer.about = None  # one about an older head, which nobody needs any more
        return actions

    def _since(self, peer: _Peer, head: _Head) -> float | None:
        """From when an answer has to be: one of before is somebody's old answer again."""
        if not self.confirmed:
            return self._wall - self._pace.behind
        line = head.lines.get(peer.witness.name)
        return None if line is None else line[0].timestamp

    def _due(self, peer: _Peer, head: _Head) -> float:
        """The moment from which the peer's cosignature of ``head`` is wanted."""
        line = head.lines.get(peer.witness.name)
        if line is None or (not self.confirmed and peer.witness.name not in self._fresh):
            return peer.ready
        return max(peer.ready, line[2] + self._pace.refresh)

    def _anchor(self) -> list[Action]:
        if self._anchor_due() > self._time or self._kept is None:
            return []
        self._anchoring = True
        return [Anchor(self._kept.note(self.trust))]

    def _anchor_due(self) -> float:
        """The moment from which an anchor is wanted; never, while the head has no quorum that could be recorded."""
        kept = self._kept
        if not self.confirmed or self._anchoring or kept is None or not kept.lines or kept.size != self.size:
            return inf
        return max(self._anchor_ready, self._time + self._anchored + self._pace.anchor - self._wall)

    def _moments(self) -> Iterator[float]:
        """When time alone makes something due."""
        head = self._target
        if head is None or self._barred is not None:
            return
        for peer in self._peers:
            if not peer.asked:
                yield peer.ready if peer.talk is not None and peer.about is head else self._due(peer, head)
        if not self.confirmed and self._time < head.began + self._pace.hearing:
            yield head.began + self._pace.hearing
        if self.confirmed and self.pending:
            yield self._turn()
        due = self._anchor_due()
        if due < inf:
            yield due
