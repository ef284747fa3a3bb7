"""Single events, and how a group of them becomes the sheets of one block.

Many threads append; whoever first waits for a group leads it, and takes everything that has come in by the time it
may write: one signature and one durable commit serve all. The rules are asked event by event, so
one that the covenant forbids fails alone.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field

import msgpack
import numpy as np

from ..canonical import encode
from ..covenant.stage import Stage
from ..errors import CommitUncertain, DuplicateKey, MutualchainError
from ..limits import MAX_GROUP
from ..sheet import Schema, schema, table
from .receipts import Acknowledgement

__all__ = ["Event", "Grouper", "Pending", "columns_of", "pack_flat", "request_digest"]

ORDER = ("enrolment/1", "withdrawal/1", "exit/1", "credit/1", "correction/1")
"""The order of sheets in a block. What members sign comes before what anybody can cause, so that a top-up that
arrives at the same moment does not take the running number that she signed."""

_RESCUE = 5.0
"""Seconds after which a thread that waits for its group's leader sees for itself what became of it."""


_PLAIN = frozenset((int, str, bytes))


def pack_flat(values: list[object]) -> bytes:
    """Canonical bytes of a list, at a fifth of the cost where it holds integers, text and bytes only.

    For those msgpack's own encoding is the canonical one. Raises CanonicalError.
    """
    if _PLAIN.issuperset(map(type, values)):
        try:
            packed: bytes = msgpack.packb(values, use_bin_type=True)
        except (ValueError, OverflowError):
            return encode(values)  # which says what is wrong
        return packed
    return encode(values)


def request_digest(kind: str, *arguments: object) -> bytes:
    """What a reference stands for: a retry must have the same."""
    return hashlib.sha256(b"mutualchain/request/v1\n" + pack_flat([kind, *arguments])).digest()


@dataclass(slots=True)
class Event:
    """One event on its way: ``values`` are the row's columns but slot and seq, in schema order.

    ``credited`` is the amount of the credit that a correction corrects; ``key`` the one that a signature was checked
    with, empty for the one she joined with: it must be the member's when the event is recorded. ``born`` is the birth
    day of somebody who joins, where it is known; it is recorded nowhere.
    """

    schema: str
    plan: str
    reference: bytes
    digest: bytes
    values: tuple[int | bytes, ...]
    slot: int = -1
    seq: int | None = None
    credited: int | None = None
    key: bytes | None = None
    born: int | None = None
    result: Acknowledgement | None = None
    error: MutualchainError | None = None
    twin: Event | None = None
    place: tuple[int, int] = (0, 0)

    def stage(self, stage: Stage, taken: Callable[[bytes], bool], fresh: set[bytes]) -> None:
        """Ask the rules, and take slot and running number. Raises what forbids it.

        ``taken``: whether a key has a slot that it has not left; ``fresh``: the keys that join with this group.
        """
        if self.schema == "enrolment/1":
            key, _, deposit, _ = self.values
            assert isinstance(key, bytes)
            assert isinstance(deposit, int)
            if key in fresh or taken(key):
                raise DuplicateKey("the public key is enrolled in this plan already", value=key)
            self.slot = stage.enrol(deposit, self.born)
            fresh.add(key)
        elif self.schema == "exit/1":
            self.seq = stage.exit(self.slot, self._signed_seq())
        else:
            amount = self.values[0]
            assert isinstance(amount, int)
            if self.schema == "withdrawal/1":
                self.seq = stage.withdraw(self.slot, amount, self._signed_seq())
                return
            second = self.values[1]
            assert isinstance(second, int)
            if self.schema == "credit/1":
                self.seq = stage.credit(self.slot, amount, self.seq, second)
            else:
                self.seq = stage.correct(self.slot, amount, second, self.credited, self.seq)

    @property
    def aged(self) -> bool:
        """Whether nobody joins with it whose age is not known."""
        return self.born is not None or self.schema != "enrolment/1"

    def _signed_seq(self) -> int:
        assert self.seq is not None, "a signed statement names its running number"
        return self.seq

    def row(self) -> tuple[int | bytes, ...]:
        """The row's columns in schema order."""
        if self.schema == "enrolment/1":
            return self.values
        assert self.seq is not None
        return (self.slot, self.seq, *self.values)


def columns_of(
    name: str, events: Sequence[Event]
) -> tuple[Schema, dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]]:
    """The schema and columns of a sheet of single events."""
    layout = schema(name)
    values = zip(*(event.row() for event in events), strict=True)
    lists = {column.name: list(part) for column, part in zip(layout.columns, values, strict=True)}
    return layout, table(layout, lists)


@dataclass(slots=True)
class _Group:
    """``gates`` are locks, held: whoever waits waits for hers to be released. ``led``: somebody will commit it."""

    events: list[Event] = field(default_factory=list)
    gates: list[threading.Lock] = field(default_factory=list)
    led: bool = False
    taken: bool = False
    decided: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """A single event on its way. It is recorded whether or not anybody asks for its result."""

    _grouper: Grouper
    _group: _Group
    _event: Event

    def result(self) -> Acknowledgement:
        """Wait until the event is durable. Raises what forbade it, or what failed."""
        self._grouper.wait(self._group)
        event = self._event
        if event.error is not None:
            raise copy(event.error)  # it may be raised in many threads, each with a traceback of its own
        if event.result is None:
            raise CommitUncertain("the group that this event was in did not finish")
        return event.result


class Grouper:
    """Collects events from many threads and hands them on in groups of at most ``MAX_GROUP``.

    Whoever first waits for a group leads it; ``posted`` is called when a new group begins, so that one for which
    nobody waits is committed too (``push``).
    """

    def __init__(
        self, commit: Callable[[list[Event]], None], turn: threading.RLock, posted: Callable[[], None]
    ) -> None:
        self._commit = commit
        self._turn = turn
        self._posted = posted
        self._lock = threading.Lock()
        self._open: _Group | None = None

    def post(self, event: Event) -> Pending:
        """Put ``event`` on its way and return at once, unless its group is full: then commit that first."""
        with self._lock:
            group = self._open
            begins = group is None or len(group.events) >= MAX_GROUP
            if group is None or begins:
                group = self._open = _Group()
            group.events.append(event)
            full = len(group.events) >= MAX_GROUP
        if begins:
            self._posted()
        if full:
            self.wait(group)
        return Pending(self, group, event)

    def push(self) -> None:
        """Commit what has been posted and nobody waits for yet."""
        group = self._open
        if group is not None:
            self.wait(group)

    def wait(self, group: _Group) -> None:
        """Return when ``group`` has been committed, by this thread if nobody else does."""
        with self._lock:
            if group.decided:
                return
            leads, group.led = not group.led, True
            if not leads:
                gate = threading.Lock()
                gate.acquire()
                group.gates.append(gate)
        if leads:
            self._lead(group)
        elif not gate.acquire(timeout=_RESCUE):
            self._lead(group)  # the leader is slow, or was interrupted before it could begin

    def _lead(self, group: _Group) -> None:
        """Commit the group, once, and wake everybody in it, whatever happens."""
        mine = False
        try:
            with self._turn:
                with self._lock:
                    if group.taken:
                        return  # and decided: whoever took it held the turn until it was
                    group.taken = mine = True
                    if self._open is group:
                        self._open = None
                self._commit(group.events)
        finally:
            with self._lock:
                wake = mine or not group.taken
                group.taken = True
                group.decided = group.decided or wake
                if self._open is group:
                    self._open = None
            for gate in group.gates if wake else ():
                gate.release()
