"""A ledger's witnesses at work: ``endorsement`` decides, the store keeps what came of it, ``courier`` asks.

In a thread of its own, beside the commits and never before them; or driven by hand, by whoever waits in
:meth:`Gathering.until`. One thread at a time takes :meth:`Gathering.step`.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import count
from typing import Final

from ..archive.reading import Archive
from ..block.chain import BLOCKS
from ..block.entry import CHAIN, Entry
from ..block.plan import EventLeaf
from ..errors import MutualchainError, TrustFileError, UsageError
from ..tlog import merkle
from ..tlog.checkpoint import parse as parse_checkpoint
from ..tlog.note import Verifier
from ..tlog.note import parse as parse_note
from ..tlog.trust import Log, TrustFile
from ..witness import quorum
from ..witness.conversation import Gathered
from ..witness.transport import check_url
from .core import Core
from .courier import Courier
from .endorsement import Endorsement
from .entries import anchor
from .errands import Anchor, Anchored, Ask, Event, Keep, Pace, Stored, Wanted

__all__ = ["Gathering", "Witnesses"]

_LEAST: Final = 0.01
_LONGEST: Final = 3_600.0
_AFTER_FAILURE: Final = 1.0
"""Seconds between two steps where time alone is waited for, and after a step that failed."""


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Who cosigns a ledger's heads: the ``witness``, ``group`` and ``quorum`` lines of ``trust``; its logs count not.

    ``wait``: seconds for which opening waits for the witnesses. ``insist``: write although too few of them answer
    whether this is the newest copy of the ledger; not although one has seen more.

    Raises QuorumsDisjoint where two quorums need not share a witness, TrustFileError where those with a URL make
    none, UsageError for a URL that is none.
    """

    trust: TrustFile
    wait: float = 10.0
    insist: bool = False
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        if not isinstance(self.trust, TrustFile):
            raise UsageError("witnesses are named by a TrustFile", value=type(self.trust).__name__)
        reached = [witness for witness in self.trust.witnesses if witness.url is not None]
        for witness in reached:
            check_url(witness.url or "")
        if self.trust.quorum is not None:
            quorum.check(self.trust)
            if not self.trust.has_quorum(witness.name for witness in reached):
                raise TrustFileError(
                    "the witnesses that have a URL make no quorum",
                    value=self.trust.quorum,
                    hint="Add each witness's URL at the end of its line.",
                )


class _StoredTree:
    """The block log as the store has it."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def root(self, size: int) -> bytes | None:
        with self._core.read() as archive:
            return merkle.root_from_nodes(archive.nodes(BLOCKS), size) if size <= archive.size else None

    def proof(self, old: int, size: int) -> Sequence[bytes]:
        with self._core.read() as archive:
            return merkle.consistency_proof_from_nodes(archive.nodes(BLOCKS), old, size)


class Gathering:
    """The endorsement of one open ledger. ``created``: it was made just now, and no other copy can be newer."""

    def __init__(self, core: Core, witnesses: Witnesses, *, created: bool) -> None:
        self._core = core
        self._keys: tuple[Verifier, ...] = ()
        self._witnesses = witnesses
        with core.store.read() as reader:
            archive = Archive(reader)
            kept, anchored = _kept(archive), _last_anchor(archive, core.writer.state.plans[CHAIN].events.size)
        self.machine = Endorsement(
            self._trust(),
            _StoredTree(core),
            now=self._now(),
            moment=time.monotonic(),
            pace=witnesses.pace,
            confirmed=created,
            insist=witnesses.insist,
            kept=kept,
            anchored=anchored,
        )
        self.failure: Exception | None = None
        self._objected = not created
        self._told: tuple[bytes, int] | None = None
        self._listening = False
        self._wanted = count(1)
        self._driving = threading.Lock()
        self._inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._courier = Courier(self._inbox.put)
        self.moment: Callable[[], float] = time.monotonic
        self._closed = False
        self._thread: threading.Thread | None = None
        core.writer.objection = self.machine.objection
        core.writer.on_saved = self._nudge

    def _trust(self) -> TrustFile:
        """The witnesses' trust file with the keys that this ledger's log has, and no other log's."""
        self._keys = self._core.writer.verifiers
        return replace(self._witnesses.trust, logs=tuple(Log(key) for key in self._keys), max_age=None)

    def _now(self) -> float:
        return self._core.clock() / 1000

    # --- one step -------------------------------------------------------------------------------

    def step(self, event: Event = None) -> list[Ask]:
        """Let the endorsement decide, do what it asks for here, and return who is to be asked."""
        self._listening = True
        if self._core.writer.verifiers is not self._keys:
            self.machine.trust = self._trust()
        events: list[Event] = [*self._news(), event]
        asks: list[Ask] = []
        while events:
            for action in self.machine.handle(events.pop(0), self._now(), self.moment()):
                if isinstance(action, Ask):
                    asks.append(action)
                elif isinstance(action, Keep):
                    self._keep(action)
                else:
                    events.append(self._anchor(action))
            if self._objected and self.machine.objection() is None:
                self._objected = False
                self._store_soon()  # blocks that a crash left without a checkpoint get theirs now
            events += self._news()
        self._listening = not self.machine.pending
        return asks

    def _news(self) -> list[Event]:
        """The checkpoint that has become durable since the last time, if one has."""
        saved = self._core.writer.saved
        if saved is None or saved is self._told:
            return []
        self._told = saved
        return [Stored(*saved)]

    def _keep(self, action: Keep) -> None:
        with self._core.turn:
            self._core.writer.keep(action.note, action.complete)
        self._store_soon()

    def _store_soon(self) -> None:
        """In the background when nothing else comes for a moment; else now."""
        if self._core.background:
            self._core.flush_soon()
        else:
            with suppress(MutualchainError):  # the next block carries it
                self._core.flush()

    def _anchor(self, action: Anchor) -> Anchored:
        try:
            anchor(self._core, action.note, b"mutualchain/anchor/" + sha256(action.note).digest())
        except MutualchainError:
            return Anchored(False)
        self._store_soon()
        return Anchored()

    # --- driving --------------------------------------------------------------------------------

    def _nudge(self) -> None:
        """A checkpoint was stored. Called while a block is made, so nothing is done here but to say so."""
        if self._listening:
            self._listening = False
            self._inbox.put(None)

    def start(self) -> None:
        """Gather in a thread of its own from now on."""
        self._thread = threading.Thread(target=self._run, name="mutualchain-gathering", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._closed:
            try:
                self._drive(lambda: self._closed, None)
            except MutualchainError as error:
                self.failure = error
                time.sleep(_AFTER_FAILURE)

    def _drive(self, over: Callable[[], bool], deadline: float | None) -> None:
        event: Event = None
        while True:
            for ask in self.step(event):
                self._courier.carry(ask)
            with self._changed:
                self._changed.notify_all()
            left = _LONGEST if deadline is None else deadline - time.monotonic()
            if over() or left <= 0:
                return
            wake = self.machine.wake()
            pause = min(left, _LONGEST if wake is None else max(wake, _LEAST))
            try:
                event = self._inbox.get(timeout=pause)
            except queue.Empty:
                event = None

    def until(self, done: Callable[[], bool], timeout: float) -> bool:
        """Whether ``done()`` came true within ``timeout`` seconds, or cannot any more; it is asked after every step.

        Witnesses that failed are asked again at once, and only then ``done`` is looked at.
        """
        number = next(self._wanted)
        self._inbox.put(Wanted(number))

        def over() -> bool:
            return self._closed or self.machine.barred or (self.machine.wanted >= number and done())

        if self._thread is None:
            with self._driving:
                self._drive(over, time.monotonic() + timeout)
        else:
            with self._changed:
                self._changed.wait_for(over, timeout)
        return over() and not self._closed

    def close(self) -> None:
        """End the thread and all conversations. Not with the ledger's turn held."""
        self._closed = True
        self._inbox.put(None)
        if self._thread is not None:
            self._thread.join()
        self._courier.close()
        with self._changed:
            self._changed.notify_all()

    # --- what is asked of it --------------------------------------------------------------------

    def confirm(self, timeout: float) -> None:
        """Wait until the ledger may sign. Raises what :meth:`Endorsement.objection` says when time is up."""
        machine = self.machine
        if machine.objection() is not None:
            self.until(lambda: machine.objection() is None or machine.settled(), timeout)
        error = machine.objection()
        if error is not None:
            raise error

    def gather(self, timeout: float, everyone: bool) -> Gathered:
        """Wait for cosignatures of the newest stored checkpoint."""
        machine, saved = self.machine, self._core.writer.saved
        size = 0 if saved is None else saved[1]

        def done() -> bool:
            if machine.size >= size and machine.settled():
                return True
            report = machine.report()
            return not everyone and machine.size >= size and report is not None and report.complete

        self.until(done, timeout)
        error, report = machine.objection(), machine.report()
        if error is not None or report is None:
            raise error or UsageError("the ledger has no checkpoint that could be cosigned")
        return report


def _kept(archive: Archive) -> Stored | None:
    note = archive.cosigned()
    return None if note is None else Stored(note, parse_checkpoint(parse_note(note).text).size)


def _last_anchor(archive: Archive, count: int) -> float:
    """When the last of the chain's ``count`` entries that is an anchor was recorded, in seconds since 1970, or 0."""
    for position in reversed(range(count)):
        leaf = EventLeaf.from_bytes(archive.event_leaf(CHAIN, position))
        if Entry.from_bytes(archive.entry(leaf.height, leaf.index)).kind == "anchor":
            return leaf.time_ms / 1000
    return 0.0
