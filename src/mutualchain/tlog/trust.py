"""The trust file: which logs and witnesses somebody trusts (c2sp.org/tlog-policy).

    # the log, and who else must have seen its tree
    log example.com/log+d455c521+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4 https://example.com/log/
    witness net witness.example.net+a6d5338d+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X
    group others any net
    quorum others

Items of a line stand apart by spaces and tabs; empty lines and lines that begin with "#" say nothing.

- ``log`` vkey [URL]: a log's key, of type 01. Its name is the log's origin. Any of the logs' keys will do, so a
  log that changes its key has two lines for a while.
- ``witness`` name vkey [URL]: a witness's key, of type 04, and a name for use in this file.
- ``group`` name ``all`` | ``any`` | k, member ...: has seen a tree when so many of its members have. Members are
  witnesses and groups of lines above, each a member of one group only, so none counts twice.
- ``quorum`` name | ``none``: exactly once: the witness or group of a line above that must have seen the tree.

No two logs and no two witnesses have the same public key. Bytes are tab, newline, 20 to 7E and 80 to FF; what is
not ASCII is opaque and need not be UTF-8, but a key name must be.

**Ours.** C2SP has no place for more, but ignores comments. So three kinds of lines begin with "#mutualchain", and we
refuse what we do not know there. Other readers of the file skip them, and ask for less than we do:

    log example.com/log+d455c521+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4
    log example.com/log+556406d6+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk
    quorum none
    #mutualchain not-after example.com/log+d455c521 2026-07-01T00:00:00Z
    #mutualchain not-before example.com/log+556406d6 2026-06-01T00:00:00Z
    #mutualchain max-age 3d

- ``not-before``, ``not-after`` name and key ID of a log, time: the key's *window*, both ends included. A signature of
  the key counts for a checkpoint that the quorum cosigned within the window, on the witnesses' word and not the
  log's. Where the quorum is none, nobody says when; then it counts while the reader's own clock is in the window.
- ``max-age`` age: a checkpoint that is to show the log as it is now has cosignatures of a quorum that are no older.
  Without a quorum, what the log's operator says of the time has to do. What a receipt or an anchor proves, stays
  proven at any age.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, NoReturn

from ..errors import (
    KeyFormatError,
    KeyNotInForce,
    LimitError,
    MutualchainError,
    NoteUnverified,
    QuorumError,
    TooOld,
    TrustFileError,
)
from ..limits import MAX_TRUST_FILE
from . import checkpoint as checkpoints
from . import cosignature
from . import note as notes
from .checkpoint import VerifiedCheckpoint
from .cosignature import CosignatureVerifier
from .note import Verifier
from .trust_rules import NONE, Rules
from .validity import ALWAYS, Window, format_age, format_time, parse_age, parse_time

__all__ = [
    "CLOCKS_APART_MS",
    "Cosignature",
    "Group",
    "Log",
    "TrustFile",
    "TrustedCheckpoint",
    "Witness",
    "key_label",
    "parse",
]

CLOCKS_APART_MS: Final = 86_400_000
"""How far ahead of the reader's clock a time may lie: clocks of people's machines are hours off at times."""
_OURS = "#mutualchain"
_MEANT = re.compile(r"#+[ \t]*mutualchain[ \t]+(not|max)[-_ ]?(before|after|age)\b", re.IGNORECASE)
_OUTSIDE = re.compile(rb"[^\x09\x0a\x20-\x7e\x80-\xff]")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Log:
    """A log's key, whose name is the log's origin; where the log is found, if anywhere; when the key counts."""

    key: Verifier
    url: str | None = None
    window: Window = ALWAYS


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: its name in this file, its key, and where it takes checkpoints, if anywhere."""

    name: str
    key: CosignatureVerifier
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group of witnesses and groups that has seen a tree when ``threshold`` of its ``members`` have."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A verified cosignature: the witness, and when it saw the tree, in seconds since 1970."""

    witness: Witness
    timestamp: int


@dataclass(frozen=True, slots=True)
class TrustedCheckpoint(VerifiedCheckpoint):
    """A checkpoint that its log signed and the trust file's quorum of witnesses cosigned.

    ``cosignatures`` holds one for each witness of the file that cosigned, the newest, in the file's order.
    """

    cosignatures: tuple[Cosignature, ...]


@dataclass(frozen=True, slots=True)
class TrustFile:
    """Logs, witnesses, groups in an order in which each names earlier ones only, the quorum (None: none), an age.

    ``max_age`` is in seconds; None: any. Raises TrustFileError for a file that contradicts itself, LimitError above
    MAX_TRUST_ITEMS of a kind.
    """

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str | None = None
    max_age: int | None = None

    def __post_init__(self) -> None:
        rules = Rules()
        for log in self.logs:
            rules.add_log(log)
        for witness in self.witnesses:
            rules.add_witness(witness)
        for group in self.groups:
            rules.add_group(group)
        rules.check_quorum(self.quorum)
        rules.check_max_age(self.max_age)

    def format(self) -> bytes:
        """The file's bytes, a line each, comments and spacing of an earlier file gone."""
        lines: list[tuple[str | None, ...]] = []
        for log in self.logs:
            lines.append(("log", log.key.vkey, log.url))
            for word, end in (("not-before", log.window.not_before), ("not-after", log.window.not_after)):
                if end is not None:
                    lines.append((_OURS, word, key_label(log.key), format_time(end)))
        lines += [("witness", witness.name, witness.key.vkey, witness.url) for witness in self.witnesses]
        lines += [("group", group.name, str(group.threshold), *group.members) for group in self.groups]
        lines.append(("quorum", NONE if self.quorum is None else self.quorum))
        if self.max_age is not None:
            lines.append((_OURS, "max-age", format_age(self.max_age)))
        text = "".join(" ".join(item for item in line if item is not None) + "\n" for line in lines)
        return text.encode("utf-8", "surrogateescape")

    def unconditional(self) -> TrustFile:
        """The same logs and witnesses, and nothing asked of a checkpoint but a log's signature.

        For what is only held against the log's own word, and for whoever gathers cosignatures.
        """
        logs = tuple(replace(log, window=ALWAYS) for log in self.logs)
        return TrustFile(logs, self.witnesses, self.groups)

    def open_checkpoint(
        self, note: bytes, origin: str | None = None, *, now_ms: int | None = None
    ) -> TrustedCheckpoint:
        """The checkpoint in ``note`` once a log of this file (``origin``, or any) signed it and the quorum saw it.

        ``now_ms``, in milliseconds since 1970, is what keys with a window are held against where the quorum is none;
        how old the checkpoint may be is for :meth:`check_age`. Raises as :func:`mutualchain.tlog.note.open`;
        CheckpointError when the text is no checkpoint or of another log than ``origin``; NoteUnverified when the log
        that it names did not sign; QuorumError when too few witnesses did; KeyNotInForce when the key that signed
        does not count for a checkpoint of that time.
        """
        keys: list[Verifier] = [log.key for log in self.logs]
        keys += [witness.key for witness in self.witnesses]
        opened = notes.open(note, keys)
        checkpoint = checkpoints.parse(opened.text)
        if origin is not None:
            checkpoints.check_origin(checkpoint, origin)
        named = {(log.key.name, log.key.key_id): log for log in self.logs if log.key.name == checkpoint.origin}
        signed = [line for line in opened.signatures if (line.name, line.key_id) in named]
        if not signed:
            raise NoteUnverified("the checkpoint is not signed by the log that it names", value=checkpoint.origin)
        cosigned = tuple(self._cosignatures(opened.signatures))
        self._check_quorum(cosigned)
        logs = [named[line.name, line.key_id] for line in signed]
        counting = tuple(
            line for line, log in zip(signed, logs, strict=True) if self._counts(log.window, cosigned, now_ms)
        )
        if not counting:
            self._refuse_keys(logs, now_ms)
        newest = {item.witness.name: item for item in sorted(cosigned, key=lambda item: item.timestamp)}
        in_order = tuple(newest[witness.name] for witness in self.witnesses if witness.name in newest)
        return TrustedCheckpoint(checkpoint, note, counting, in_order)

    def has_quorum(self, witnesses: Iterable[str]) -> bool:
        """Whether witnesses of these names make the quorum."""
        if self.quorum is None:
            return True
        seen = set(witnesses)
        for group in self.groups:  # members stand before their groups
            if sum(member in seen for member in group.members) >= group.threshold:
                seen.add(group.name)
        return self.quorum in seen

    def seen_at(self, opened: TrustedCheckpoint) -> int | None:
        """The latest time, in seconds since 1970, of which a quorum says: then or later this was the newest tree.

        Without a quorum the oldest of the cosignatures, None where there is none.
        """
        times = sorted({item.timestamp for item in opened.cosignatures})
        if self.quorum is None:
            return times[0] if times else None
        seen = [
            at
            for at in times
            if self.has_quorum(item.witness.name for item in opened.cosignatures if item.timestamp >= at)
        ]
        return seen[-1] if seen else None

    def check_age(
        self, opened: TrustedCheckpoint, now_ms: int, *, stated_ms: int | None = None, max_age_ms: int | None = None
    ) -> None:
        """Raises TooOld unless ``opened`` shows the log as it was recently enough, in milliseconds since 1970.

        By :meth:`seen_at`, or, where that says nothing, ``stated_ms``, the operator's own word. ``max_age_ms`` is the
        reader's own wish, beside the file's: the stricter one holds.
        """
        wishes = [max_age_ms, None if self.max_age is None else self.max_age * 1000]
        most = min((wish for wish in wishes if wish is not None), default=None)
        if most is None:
            return
        seen = self.seen_at(opened)
        seen_ms = stated_ms if seen is None else seen * 1000
        if seen_ms is None:
            raise TooOld("nobody says when the checkpoint was the newest", value=opened.size)
        if seen_ms > now_ms + CLOCKS_APART_MS:
            raise TooOld(
                "the checkpoint is dated after now",
                value=seen_ms,
                hint="Set this machine's clock right. If it is right, the witnesses' are not: ask for a fresh copy.",
            )
        if now_ms - seen_ms > most:
            raise TooOld(f"the book is shown as it was {_ago(now_ms - seen_ms)} ago", value=seen_ms)

    def _counts(self, window: Window, cosigned: Iterable[Cosignature], now_ms: int | None) -> bool:
        """Whether a key of this window counts for a checkpoint with these cosignatures."""
        if window == ALWAYS:
            return True
        if self.quorum is None:
            return now_ms is not None and window.holds(now_ms // 1000)
        return self.has_quorum(item.witness.name for item in cosigned if window.holds(item.timestamp))

    def _refuse_keys(self, logs: Iterable[Log], now_ms: int | None) -> NoReturn:
        keys = "; ".join(f"{key_label(log.key)}: {log.window}" for log in logs)
        if self.quorum is not None:
            message = "the witnesses' quorum did not cosign the checkpoint while the key that signed it counts"
        elif now_ms is None:
            message = "no witness says when the checkpoint was signed, and its key does not count at any time"
        else:
            message = "the key that signed the checkpoint does not count now, and no witness says when it signed"
        raise KeyNotInForce(message, value=keys)

    def _cosignatures(self, verified: Iterable[notes.Signature]) -> Iterator[Cosignature]:
        """Every one of them, in the file's order."""
        lines = tuple(verified)
        for witness in self.witnesses:
            key = witness.key.name, witness.key.key_id
            for line in lines:
                if (line.name, line.key_id) == key:
                    yield Cosignature(witness, cosignature.timestamp(line))

    def _check_quorum(self, cosigned: Iterable[Cosignature]) -> None:
        names = {item.witness.name for item in cosigned}
        if not self.has_quorum(names):
            had = ", ".join(sorted(names)) or "no witness"
            raise QuorumError(f"the quorum {self.quorum} has not cosigned the checkpoint", value=f"cosigned by {had}")


def key_label(key: Verifier) -> str:
    """What names a key in the lines that are ours: its name, a plus sign, its key ID in hexadecimal."""
    return f"{key.name}+{key.key_id.hex()}"


def _ago(ms: int) -> str:
    hours = ms // 3_600_000
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours" if hours >= 2 else f"{ms // 60_000} minutes"


def parse(data: bytes) -> TrustFile:
    """The trust file that ``data`` spells.

    Raises TrustFileError, whose place is the line, and LimitError above MAX_TRUST_FILE bytes.
    """
    if len(data) > MAX_TRUST_FILE:
        raise LimitError(f"a trust file of {len(data)} bytes where at most {MAX_TRUST_FILE} are allowed")
    if not data.endswith(b"\n"):
        raise TrustFileError("a trust file ends with a newline")
    reader = _Reader()
    for number, line in enumerate(data[:-1].split(b"\n"), 1):
        try:
            reader.read_line(line, f"line {number}")
        except (TrustFileError, KeyFormatError, LimitError) as error:
            _raise_at(error, f"line {number}")
    return reader.finish()


def _raise_at(error: MutualchainError, place: str) -> NoReturn:
    if isinstance(error, LimitError):
        raise LimitError(error.message, place=place) from None
    raise TrustFileError(error.message, value=error.value, place=place, hint=error.hint) from None


class _Reader:
    """A trust file being read, line by line."""

    def __init__(self) -> None:
        self.rules = Rules()
        self.logs: list[Log] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.quorum: str | None = None
        self.quorum_seen = False
        self.ends: dict[tuple[str, str], tuple[int, str]] = {}  # (which end, key): seconds, and the line
        self.max_age: int | None = None

    def read_line(self, line: bytes, place: str) -> None:
        found = _OUTSIDE.search(line)
        if found:
            raise TrustFileError("a control character stands in the line", value=found[0])
        words = line.decode("utf-8", "surrogateescape").replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if words and words[0] != _OURS and _MEANT.match(" ".join(words)):
            raise TrustFileError(f'such a line begins with "{_OURS} " to have a meaning', value=" ".join(words)[:80])
        if not words or (words[0].startswith("#") and words[0] != _OURS):
            return
        keyword, *items = words
        if keyword == _OURS:
            self._read_ours(items, place)
        elif keyword == "log" and 1 <= len(items) <= 2:
            self._read_log(*items)
        elif keyword == "witness" and 2 <= len(items) <= 3:
            self._read_witness(*items)
        elif keyword == "group" and len(items) >= 3:
            self._read_group(items[0], items[1], tuple(items[2:]))
        elif keyword == "quorum" and len(items) == 1:
            self._read_quorum(items[0])
        elif keyword in ("log", "witness", "group", "quorum"):
            raise TrustFileError(f"a {keyword} line does not have {len(items)} items", value=" ".join(items))
        else:
            raise TrustFileError("a line begins with log, witness, group or quorum", value=keyword)

    def finish(self) -> TrustFile:
        if not self.quorum_seen:
            raise TrustFileError("the quorum line is missing", hint='Add "quorum none" to ask for no witness.')
        logs = tuple(replace(log, window=self._window(log)) for log in self.logs)
        known = {key_label(log.key) for log in self.logs}
        for (_, label), (_, place) in self.ends.items():
            if label not in known:
                raise TrustFileError("no log of the file has this key", value=label, place=place)
        return TrustFile(logs, tuple(self.witnesses), tuple(self.groups), self.quorum, self.max_age)

    def _window(self, log: Log) -> Window:
        label = key_label(log.key)
        before, after = (self.ends.get((which, label)) for which in ("not-before", "not-after"))
        try:
            return Window(before[0] if before else None, after[0] if after else None)
        except TrustFileError as error:
            _raise_at(error, (after or before or (0, ""))[1])

    def _read_ours(self, items: list[str], place: str) -> None:
        if len(items) == 3 and items[0] in ("not-before", "not-after"):
            which, label, time = items
            if (which, label) in self.ends:
                raise TrustFileError(f"the key has two {which} lines", value=label)
            self.ends[which, label] = parse_time(time), place
        elif len(items) == 2 and items[0] == "max-age":
            if self.max_age is not None:
                raise TrustFileError("a trust file has one max-age line")
            self.max_age = parse_age(items[1])
        else:
            raise TrustFileError(
                f'a line that begins with "{_OURS}" goes on with not-before or not-after, a key and a time, or max-age',
                value=" ".join(items)[:80],
            )

    def _read_log(self, vkey: str, url: str | None = None) -> None:
        log = Log(Verifier.from_vkey(vkey), url)
        self.rules.add_log(log)
        self.logs.append(log)

    def _read_witness(self, name: str, vkey: str, url: str | None = None) -> None:
        witness = Witness(name, CosignatureVerifier.from_vkey(vkey), url)
        self.rules.add_witness(witness)
        self.witnesses.append(witness)

    def _read_group(self, name: str, wanted: str, members: tuple[str, ...]) -> None:
        named = {"all": len(members), "any": 1}
        if wanted not in named and not _NUMBER.match(wanted):
            raise TrustFileError('a group asks for "all", "any" or a number of its members', value=wanted)
        group = Group(name, named.get(wanted) or int(wanted), members)
        self.rules.add_group(group)
        self.groups.append(group)

    def _read_quorum(self, name: str) -> None:
        if self.quorum_seen:
            raise TrustFileError("a trust file has one quorum line")
        self.quorum_seen = True
        self.quorum = None if name == NONE else name
        self.rules.check_quorum(self.quorum)
