"""What a monitor remembers between looks, and the file that holds it: one JSON document.

    {"version": 1,
     "places": {name: {"origin", "size", "largest", "grew"}},       sizes in blocks, times in seconds since 1970
     "logs": {origin: {"heads": [note...], "height", "leaves": [base64...]}},
     "alarms": [{"kind", "place", "origin", "since", "text", "code", "evidence", "told"}...]}

``heads`` are the checkpoints seen that no other one seen is known to continue: one, as long as all is well. They are
kept verbatim, because two of them may turn out to be the two halves of evidence. The file is believed no more than
that: heads are opened again with the trust file at every look.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any, Final, TypeVar

from ..errors import MonitorStateError, NoteError
from ..limits import MAX_LOG_SIZE, MAX_MONITOR_STATE
from ..tlog.strict import from_base64, to_base64
from .following import States

__all__ = ["Alarm", "Kind", "LogMemory", "Memory", "PlaceMemory"]

_VERSION: Final = 1
T = TypeVar("T")


class Kind(Enum):
    """What an alarm is about, the most serious first."""

    SPLIT = "split"
    ROLLBACK = "rollback"
    BROKEN = "broken rule"
    TAMPERED = "tampered"
    QUORUM = "no quorum"
    STALE = "stale"
    UNREACHABLE = "unreachable"

    @property
    def exit_code(self) -> int:
        """What the command returns while it stands: 4 two histories, 1 tampered, 3 could not check."""
        return {Kind.SPLIT: 4, Kind.ROLLBACK: 4, Kind.BROKEN: 1, Kind.TAMPERED: 1}.get(self, 3)

    @property
    def lasting(self) -> bool:
        """Whether it never ends by itself: what was signed stays signed."""
        return self in (Kind.SPLIT, Kind.BROKEN)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something wrong at a place since a time (seconds since 1970).

    ``evidence`` names a file, or nothing; ``told`` says that the hook was told of it.
    """

    kind: Kind
    place: str
    origin: str
    since: int
    text: str
    code: str
    evidence: str
    told: bool = False

    @property
    def key(self) -> tuple[Kind, str, str]:
        """What makes it the same alarm at the next look."""
        return self.kind, self.place, self.origin

    def to_value(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"kind": self.kind.value}


@dataclass(frozen=True, slots=True)
class PlaceMemory:
    """A place as last seen: whose log, how many blocks, the most that it ever showed, and when it last grew."""

    origin: str
    size: int
    largest: int
    grew: int


@dataclass(frozen=True, slots=True)
class LogMemory:
    """A log: the notes of its heads, and the plans' states at the last look that could read them."""

    heads: tuple[bytes, ...] = ()
    states: States | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """All of it. ``places`` by name, ``logs`` by origin."""

    places: Mapping[str, PlaceMemory] = field(default_factory=dict)
    logs: Mapping[str, LogMemory] = field(default_factory=dict)
    alarms: tuple[Alarm, ...] = ()

    def to_bytes(self) -> bytes:
        """The file."""
        value = {
            "version": _VERSION,
            "places": {name: asdict(place) for name, place in sorted(self.places.items())},
            "logs": {origin: _log_value(log) for origin, log in sorted(self.logs.items())},
            "alarms": [alarm.to_value() for alarm in self.alarms],
        }
        return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Memory:
        """Parse strictly. Raises MonitorStateError."""
        if len(data) > MAX_MONITOR_STATE:
            raise MonitorStateError(f"the state file is longer than {MAX_MONITOR_STATE} bytes", value=len(data))
        try:
            value = json.loads(data.decode("utf-8"))
        except (ValueError, RecursionError):
            raise MonitorStateError("the state file is no JSON document") from None
        top = _Reader(value, ("version", "places", "logs", "alarms"))
        if top.take("version", int) != _VERSION:
            raise MonitorStateError("the state file is of an unknown version", value=str(value)[:40])
        return cls(
            {name: _place(item) for name, item in top.take("places", dict).items()},
            {origin: _log(item) for origin, item in top.take("logs", dict).items()},
            tuple(_alarm(item) for item in top.take("alarms", list)),
        )


def _log_value(log: LogMemory) -> dict[str, Any]:
    states = log.states or States(0, ())
    leaves = [to_base64(leaf) for leaf in states.leaves]
    return {"heads": [note.decode() for note in log.heads], "height": states.height, "leaves": leaves}


class _Reader:
    """A JSON object with exactly these names, each of one type."""

    def __init__(self, value: object, names: tuple[str, ...]) -> None:
        if not isinstance(value, dict) or set(value) != set(names):
            raise MonitorStateError(f"the state file has no object of {', '.join(names)}", value=str(value)[:80])
        self._value = value

    def take(self, name: str, kind: type[T]) -> T:
        found = self._value[name]
        if type(found) is not kind:
            raise MonitorStateError(f"{name} in the state file is of another type", value=str(found)[:80])
        return found

    def number(self, name: str) -> int:
        found = self.take(name, int)
        if not 0 <= found <= MAX_LOG_SIZE:
            raise MonitorStateError(f"{name} in the state file is out of range", value=found)
        return found


def _place(value: object) -> PlaceMemory:
    item = _Reader(value, ("origin", "size", "largest", "grew"))
    return PlaceMemory(item.take("origin", str), item.number("size"), item.number("largest"), item.number("grew"))


def _log(value: object) -> LogMemory:
    item = _Reader(value, ("heads", "height", "leaves"))
    try:
        leaves = tuple(from_base64(leaf, "a state", NoteError) for leaf in item.take("leaves", list))
        heads = tuple(note.encode() for note in item.take("heads", list))
    except (NoteError, AttributeError, TypeError, UnicodeEncodeError):
        raise MonitorStateError("a head or a state in the state file cannot be read") from None
    return LogMemory(heads, States(item.number("height"), leaves) if leaves else None)


def _alarm(value: object) -> Alarm:
    item = _Reader(value, ("kind", "place", "origin", "since", "text", "code", "evidence", "told"))
    try:
        kind = Kind(item.take("kind", str))
    except ValueError:
        raise MonitorStateError("an alarm of an unknown kind in the state file") from None
    texts = [item.take(name, str) for name in ("place", "origin", "text", "code", "evidence")]
    place, origin, text, code, evidence = texts
    return Alarm(kind, place, origin, item.number("since"), text, code, evidence, item.take("told", bool))
