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
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from ..errors import KeyFormatError, LimitError, MutualchainError, NoteUnverified, QuorumError, TrustFileError
from ..limits import MAX_TRUST_FILE, MAX_TRUST_ITEMS
from . import checkpoint as checkpoints
from . import cosignature
from . import note as notes
from .checkpoint import VerifiedCheckpoint
from .cosignature import CosignatureVerifier
from .note import Verifier

__all__ = ["Cosignature", "Group", "Log", "TrustFile", "TrustedCheckpoint", "Witness", "parse"]

_ITEM = re.compile(rb"[\x21-\x7e\x80-\xff]+\Z")
_OUTSIDE = re.compile(rb"[^\x09\x0a\x20-\x7e\x80-\xff]")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}\Z", re.ASCII)
_NONE = "none"


@dataclass(frozen=True, slots=True)
class Log:
    """A log's key, whose name is the log's origin, and where the log is found, if anywhere."""

    key: Verifier
    url: str | None = None


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
    """Logs, witnesses, groups in an order in which each names earlier ones only, and the quorum (None: none).

    Raises TrustFileError for a file that contradicts itself, LimitError above MAX_TRUST_ITEMS of a kind.
    """

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str | None = None

    def __post_init__(self) -> None:
        checker = _Checker()
        for log in self.logs:
            checker.add_log(log)
        for witness in self.witnesses:
            checker.add_witness(witness)
        for group in self.groups:
            checker.add_group(group)
        checker.check_quorum(self.quorum)

    def format(self) -> bytes:
        """The file's bytes, a line each, comments and spacing of an earlier file gone."""
        lines: list[tuple[str | None, ...]] = [("log", log.key.vkey, log.url) for log in self.logs]
        lines += [("witness", witness.name, witness.key.vkey, witness.url) for witness in self.witnesses]
        lines += [("group", group.name, str(group.threshold), *group.members) for group in self.groups]
        lines.append(("quorum", _NONE if self.quorum is None else self.quorum))
        text = "".join(" ".join(item for item in line if item is not None) + "\n" for line in lines)
        return text.encode("utf-8", "surrogateescape")

    def open_checkpoint(self, note: bytes, origin: str | None = None) -> TrustedCheckpoint:
        """The checkpoint in ``note`` once a log of this file (``origin``, or any) signed it and the quorum saw it.

        Raises as :func:`mutualchain.tlog.note.open`; CheckpointError when the text is no checkpoint or of another
        log than ``origin``; NoteUnverified when the log that it names did not sign; QuorumError when too few
        witnesses did.
        """
        keys: list[Verifier] = [log.key for log in self.logs]
        keys += [witness.key for witness in self.witnesses]
        opened = notes.open(note, keys)
        checkpoint = checkpoints.parse(opened.text)
        if origin is not None:
            checkpoints.check_origin(checkpoint, origin)
        log_ids = {(log.key.name, log.key.key_id) for log in self.logs if log.key.name == checkpoint.origin}
        signed = tuple(line for line in opened.signatures if (line.name, line.key_id) in log_ids)
        if not signed:
            raise NoteUnverified("the checkpoint is not signed by the log that it names", value=checkpoint.origin)
        cosigned = tuple(self._cosignatures(opened.signatures))
        self._check_quorum(cosigned)
        return TrustedCheckpoint(checkpoint, note, signed, cosigned)

    def _cosignatures(self, verified: Iterable[notes.Signature]) -> Iterator[Cosignature]:
        lines = tuple(verified)
        for witness in self.witnesses:
            key = witness.key.name, witness.key.key_id
            times = [cosignature.timestamp(line) for line in lines if (line.name, line.key_id) == key]
            if times:
                yield Cosignature(witness, max(times))

    def _check_quorum(self, cosigned: Iterable[Cosignature]) -> None:
        if self.quorum is None:
            return
        seen = {cosignature.witness.name for cosignature in cosigned}
        for group in self.groups:  # members stand before their groups
            if sum(member in seen for member in group.members) >= group.threshold:
                seen.add(group.name)
        if self.quorum not in seen:
            names = {witness.name for witness in self.witnesses}
            had = ", ".join(sorted(seen & names)) or "no witness"
            raise QuorumError(f"the quorum {self.quorum} has not cosigned the checkpoint", value=f"cosigned by {had}")


class _Checker:
    """The rules between lines, told of one line after the other."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.members: set[str] = set()
        self.log_keys: set[bytes] = set()
        self.witness_keys: set[bytes] = set()
        self.groups = 0

    def add_log(self, log: Log) -> None:
        if type(log.key) is not Verifier:
            raise TrustFileError("a log's key is of type 01", value=log.key)
        self._add_key(self.log_keys, log.key.public_key, "logs")
        _check_url(log.url)

    def add_witness(self, witness: Witness) -> None:
        if type(witness.key) is not CosignatureVerifier:
            raise TrustFileError("a witness's key is of type 04", value=witness.key)
        self._add_name(witness.name)
        self._add_key(self.witness_keys, witness.key.public_key, "witnesses")
        _check_url(witness.url)

    def add_group(self, group: Group) -> None:
        if type(group.threshold) is not int or not 1 <= group.threshold <= len(group.members):
            raise TrustFileError(
                f"the group {group.name} of {len(group.members)} members asks for {group.threshold} of them"
            )
        for member in group.members:
            if member not in self.names:
                raise TrustFileError(f"the group {group.name} names {member}, which no line above defines")
            if member in self.members:
                raise TrustFileError(f"{member} is a member twice")
            self.members.add(member)
        self._add_name(group.name)
        self.groups += 1
        if self.groups > MAX_TRUST_ITEMS:
            raise LimitError(f"a trust file has at most {MAX_TRUST_ITEMS} groups")

    def check_quorum(self, quorum: str | None) -> None:
        if quorum is not None and quorum not in self.names:
            raise TrustFileError(f"the quorum {quorum} is no witness or group that a line above defines")

    def _add_name(self, name: str) -> None:
        _check_item(name, "a name")
        if name == _NONE:
            raise TrustFileError('the name "none" is taken')
        if name in self.names:
            raise TrustFileError(f"the name {name} is defined twice")
        self.names.add(name)

    def _add_key(self, keys: set[bytes], public_key: bytes, what: str) -> None:
        if public_key in keys:
            raise TrustFileError(f"two {what} have the same public key", value=public_key)
        keys.add(public_key)
        if len(keys) > MAX_TRUST_ITEMS:
            raise LimitError(f"a trust file has at most {MAX_TRUST_ITEMS} {what}")


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
            reader.read_line(line)
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
        self.checker = _Checker()
        self.logs: list[Log] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.quorum: str | None = None
        self.quorum_seen = False

    def read_line(self, line: bytes) -> None:
        found = _OUTSIDE.search(line)
        if found:
            raise TrustFileError("a control character stands in the line", value=found[0])
        words = line.decode("utf-8", "surrogateescape").replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if not words or words[0].startswith("#"):
            return
        keyword, *items = words
        if keyword == "log" and 1 <= len(items) <= 2:
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
        return TrustFile(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), self.quorum)

    def _read_log(self, vkey: str, url: str | None = None) -> None:
        log = Log(Verifier.from_vkey(vkey), url)
        self.checker.add_log(log)
        self.logs.append(log)

    def _read_witness(self, name: str, vkey: str, url: str | None = None) -> None:
        witness = Witness(name, CosignatureVerifier.from_vkey(vkey), url)
        self.checker.add_witness(witness)
        self.witnesses.append(witness)

    def _read_group(self, name: str, wanted: str, members: tuple[str, ...]) -> None:
        named = {"all": len(members), "any": 1}
        if wanted not in named and not _NUMBER.match(wanted):
            raise TrustFileError('a group asks for "all", "any" or a number of its members', value=wanted)
        group = Group(name, named.get(wanted) or int(wanted), members)
        self.checker.add_group(group)
        self.groups.append(group)

    def _read_quorum(self, name: str) -> None:
        if self.quorum_seen:
            raise TrustFileError("a trust file has one quorum line")
        self.quorum_seen = True
        self.quorum = None if name == _NONE else name
        self.checker.check_quorum(self.quorum)


def _check_url(url: str | None) -> None:
    if url is not None:
        _check_item(url, "a URL")


def _check_item(item: str, what: str) -> None:
    try:
        octets = item.encode("utf-8", "surrogateescape")
    except (UnicodeEncodeError, AttributeError):
        octets = b""
    if not _ITEM.match(octets) or octets.decode("utf-8", "surrogateescape") != item:
        raise TrustFileError(f"{what} is one or more characters without spaces or control characters", value=item)
