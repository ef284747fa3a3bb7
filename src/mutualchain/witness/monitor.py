"""A monitor's decision: what it remembers and what places show now in, alarms and evidence out. Pure.

At every look, of every place: the log has signed what it shows, and the quorum has cosigned it recently enough; it has
no fewer blocks than it showed before; what is new keeps the chain's rules. And of all places of one log, and all that
any of them ever showed: each is continued by whatever is larger, as far as that can be read. What cannot be told yet is
remembered until it can, so that an operator who shows a shorter book, and goes on from there, is convicted by the first
block above the old height.

========== ========= ==============================================================================================
alarm      exit code
========== ========= ==============================================================================================
split      4         two signed books contradict each other, here or at another place or time: evidence; for good
rollback   4         a place shows fewer blocks than it did, until it has as many again
broken     1         the book breaks a rule that its blocks show: evidence; for good
tampered   1         what the place has does not match what the log signed
no quorum  3         too few witnesses have cosigned what the place shows, or with a key that does not count
stale      3         it was shown to be the newest too long ago
unreach.   3         the place does not answer, or something there cannot be read
========== ========= ==============================================================================================

Reading is done by whoever calls: a view holds what was read, and a tree that reads on demand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeAlias

from ..errors import TAMPERED, KeyNotInForce, MutualchainError, QuorumError, TooOld
from ..evidence.compare import Book, continues, split_of
from ..evidence.signed import Statement, open_statement
from ..evidence.verify import verify_evidence
from ..limits import MAX_MONITOR_HEADS
from ..tlog.trust import TrustedCheckpoint, TrustFile
from .following import Followed, States
from .monitor_state import Alarm, Kind, LogMemory, Memory, PlaceMemory

__all__ = ["Event", "Look", "PlaceReport", "View", "judge"]


_Root: TypeAlias = "tuple[int, bytes]"
"""Size and root of a book."""


@dataclass(frozen=True, slots=True)
class View:
    """What was read at a place: its note as it came and its book, or why there is none.

    ``live``: it is to be the newest state. ``published``: it is to have a quorum. ``failure`` is the first thing that
    went wrong in reading; ``followed`` what following the chain gave.
    """

    place: str
    note: bytes = b""
    book: Book | None = None
    live: bool = True
    published: bool = False
    followed: Followed | None = None
    failure: MutualchainError | None = None


@dataclass(frozen=True, slots=True)
class PlaceReport:
    """A place at this look: blocks, and how many seconds ago it was the newest; None: unknown.

    ``witnessed`` says that the age is the witnesses' word; else it is the operator's own.
    """

    place: str
    origin: str
    size: int
    age: int | None
    witnessed: bool


@dataclass(frozen=True, slots=True)
class Event:
    """Something new: ``"grew"`` (from, to), ``"alarm"`` or ``"ended"`` (the alarm)."""

    what: str
    place: str
    origin: str
    before: int = 0
    size: int = 0
    alarm: Alarm | None = None

    def to_value(self) -> dict[str, Any]:
        """Plain values, for the hook and ``--json``."""
        alarm = None if self.alarm is None else self.alarm.to_value()
        return {"event": self.what, "place": self.place, "origin": self.origin, "before": self.before,
                "size": self.size, "alarm": alarm}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """What came of a look. ``files`` are new evidence files by name; ``memory`` is for the next look."""

    memory: Memory
    places: tuple[PlaceReport, ...]
    events: tuple[Event, ...]
    files: Mapping[str, bytes]

    @property
    def exit_code(self) -> int:
        """Of the most serious alarm that stands: 4, 1, 3; 0 where there is none."""
        codes = {alarm.kind.exit_code for alarm in self.memory.alarms}
        return next((code for code in (4, TAMPERED, 3) if code in codes), 0)


def judge(memory: Memory, views: Sequence[View], trust: TrustFile, now: int, *, max_age: int | None = None) -> Look:
    """Judge one look at all places, at ``now`` (seconds since 1970). ``max_age`` is in seconds, beside the file's own.

    Raises nothing: what reading raises, becomes an alarm at its place.
    """
    judgement = _Judgement(memory, trust, now, max_age)
    for view in views:
        judgement.place(view)
    for origin in {view.book.origin: None for view in views if view.book is not None}:
        judgement.log(origin, [view for view in views if view.book is not None and view.book.origin == origin])
    return judgement.result({view.place for view in views})


@dataclass(slots=True)
class _Judgement:
    memory: Memory
    trust: TrustFile
    now: int
    max_age: int | None
    places: dict[str, PlaceMemory] = field(default_factory=dict)
    logs: dict[str, LogMemory] = field(default_factory=dict)
    alarms: dict[tuple[Kind, str, str], Alarm] = field(default_factory=dict)
    reports: list[PlaceReport] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places, self.logs = dict(self.memory.places), dict(self.memory.logs)

    # --- one place ----------------------------------------------------------------------------

    def place(self, view: View) -> None:
        """Everything that a place says by itself."""
        if view.failure is not None:
            self._failed(view, view.failure)
        if view.book is None:
            return
        age, witnessed = self._fresh(view, view.book)
        self.reports.append(PlaceReport(view.place, view.book.origin, view.book.size, age, witnessed))
        self._sizes(view, view.book)
        if view.followed is not None and view.followed.evidence is not None:
            self._convicted(Kind.BROKEN, view.place, view.book.origin, view.followed.evidence)

    def _failed(self, view: View, error: MutualchainError) -> None:
        kind = Kind.TAMPERED if error.exit_code == TAMPERED else Kind.UNREACHABLE
        known = self.memory.places.get(view.place)
        origin = view.book.origin if view.book is not None else known.origin if known is not None else ""
        text = error.message + (f" ({error.place})" if error.place else "")
        self._alarm(kind, view.place, origin, text, error.code)

    def _fresh(self, view: View, book: Book) -> tuple[int | None, bool]:
        """The place's age in seconds, and whether on the witnesses' word; alarms where it has no quorum, or is old."""
        if not view.live:
            return None, False
        if not view.published:
            return self._fresh_alone(view, book), True
        head_ms = view.followed.head_ms if view.followed is not None else None
        try:
            opened = self.trust.open_checkpoint(view.note, book.origin, now_ms=self.now * 1000)
            self._check_age(opened, head_ms)
        except (QuorumError, KeyNotInForce) as error:
            self._alarm(Kind.QUORUM, view.place, book.origin, error.message, error.code)
            return None, False
        except TooOld as error:
            self._alarm(Kind.STALE, view.place, book.origin, error.message, error.code)
        except MutualchainError as error:
            self._failed(view, error)
            return None, False
        seen = self.trust.seen_at(opened)
        at = seen if seen is not None else None if head_ms is None else head_ms // 1000
        return None if at is None else max(self.now - at, 0), seen is not None

    def _fresh_alone(self, view: View, book: Book) -> int | None:
        """The age of a checkpoint alone, which needs no quorum: that of its newest cosignature."""
        newest = max((at for _, at in book.statement.cosigned), default=None)
        if newest is None:
            return None
        if self.max_age is not None and self.now - newest > self.max_age:
            text = f"the checkpoint was last cosigned {self.now - newest} seconds ago"
            self._alarm(Kind.STALE, view.place, book.origin, text, TooOld.code)
        return max(self.now - newest, 0)

    def _check_age(self, opened: TrustedCheckpoint, head_ms: int | None) -> None:
        wish = None if self.max_age is None else self.max_age * 1000
        self.trust.check_age(opened, self.now * 1000, stated_ms=head_ms, max_age_ms=wish)

    def _sizes(self, view: View, book: Book) -> None:
        known = self.memory.places.get(view.place)
        if known is None or known.origin != book.origin:
            self.places[view.place] = PlaceMemory(book.origin, book.size, book.size, self.now)
            self.events.append(Event("grew", view.place, book.origin, 0, book.size))
            return
        grew = book.size > known.size
        if grew:
            self.events.append(Event("grew", view.place, book.origin, known.size, book.size))
        if book.size < known.largest:
            text = f"it shows {book.size} blocks, and has shown {known.largest}"
            self._alarm(Kind.ROLLBACK, view.place, book.origin, text, "MC-174")
        largest = max(book.size, known.largest)
        self.places[view.place] = PlaceMemory(book.origin, book.size, largest, self.now if grew else known.grew)

    # --- one log ------------------------------------------------------------------------------

    def log(self, origin: str, views: Sequence[View]) -> None:
        """Hold everything that was ever seen of a log against everything that can be read now."""
        known = self.memory.logs.get(origin, LogMemory())
        statements: dict[_Root, Statement] = {}  # what was known comes first: a contradiction is whose who came later
        for statement in (*self._opened(known.heads), *(view.book.statement for view in views if view.book)):
            statements.setdefault((statement.checkpoint.size, statement.checkpoint.root), statement)
        told: set[frozenset[_Root]] = set()
        heads = [statement for statement in statements.values() if not self._continued(statement, views, told)]
        heads.sort(key=lambda statement: statement.checkpoint.size)
        notes = tuple(statement.note for statement in heads[-MAX_MONITOR_HEADS:])
        self.logs[origin] = LogMemory(notes, self._states(known, views))

    def _opened(self, notes: Iterable[bytes]) -> Iterable[Statement]:
        """Heads kept earlier; those that the trust file no longer speaks for are let go."""
        for note in notes:
            try:
                yield open_statement(note, self.trust)
            except MutualchainError:
                continue

    def _continued(self, statement: Statement, views: Sequence[View], told: set[frozenset[_Root]]) -> bool:
        """Whether any larger book is known to continue this one; alarms where one contradicts it, once a pair."""
        checkpoint, continued = statement.checkpoint, False
        for view in views:
            book = view.book
            if book is None or book.size < checkpoint.size:
                continue
            pair = frozenset([(book.size, book.root), (checkpoint.size, checkpoint.root)])
            if len(pair) == 1 or pair in told:
                continue
            try:
                if continues(book, statement):
                    continued = True
                    continue
                evidence = split_of(book, statement, self.trust)
            except MutualchainError as error:
                self._failed(view, error)
                continue
            if evidence is not None:
                told.add(pair)
                self._convicted(Kind.SPLIT, view.place, book.origin, evidence)
        return continued

    @staticmethod
    def _states(known: LogMemory, views: Sequence[View]) -> States | None:
        found = [view.followed.states for view in views if view.followed is not None]
        return max(found, key=lambda states: states.height, default=known.states)

    # --- alarms -------------------------------------------------------------------------------

    def _convicted(self, kind: Kind, place: str, origin: str, evidence: bytes) -> None:
        sentence = verify_evidence(evidence, self.trust).sentence()
        code = "MC-175" if kind is Kind.SPLIT else "MC-176"
        self._alarm(kind, place, origin, sentence, code, evidence)

    def _alarm(self, kind: Kind, place: str, origin: str, text: str, code: str, evidence: bytes | None = None) -> None:
        key = kind, place, origin
        if key in self.alarms:
            return
        old = next((alarm for alarm in self.memory.alarms if alarm.key == key), None)
        if old is not None and kind.lasting:
            self.alarms[key] = old
            return
        name = ""
        if evidence is not None:
            name = f"evidence-{sha256(evidence).hexdigest()[:16]}.mce"
            self.files[name] = evidence
        since, told = (self.now, False) if old is None else (old.since, old.told)
        self.alarms[key] = Alarm(kind, place, origin, since, text, code, name, told)
        if old is None:
            self.events.append(Event("alarm", place, origin, alarm=self.alarms[key]))

    def result(self, looked_at: set[str]) -> Look:
        """The look, with the alarms that last and those of places that were not looked at."""
        for old in self.memory.alarms:
            if old.key in self.alarms:
                continue
            if old.kind.lasting or old.place not in looked_at:
                self.alarms[old.key] = old
            else:
                self.events.append(Event("ended", old.place, old.origin, alarm=old))
        order = list(Kind)
        alarms = tuple(sorted(self.alarms.values(), key=lambda alarm: (order.index(alarm.kind), alarm.place)))
        memory = Memory(self.places, self.logs, alarms)
        return Look(memory, tuple(self.reports), tuple(self.events), self.files)
