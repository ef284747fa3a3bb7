"""A checkpoint as a statement: what it says, and which parties of a trust file have said it.

Here a note is read the other way round than by whoever relies on it. Who relies on a checkpoint refuses the whole note
for one false line; who holds a checkpoint against its signer asks only whether this key signed this text. A line that
does not verify convicts nobody and clears nobody: otherwise a liar would only have to add one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ..errors import MutualchainError, NoteUnverified
from ..tlog import checkpoint as checkpoints
from ..tlog import note as notes
from ..tlog.checkpoint import Checkpoint
from ..tlog.cosignature import timestamp
from ..tlog.note import Signature, Verifier
from ..tlog.trust import TrustFile

__all__ = ["Party", "Role", "Statement", "common", "open_statement"]


class Role(Enum):
    """What a party is in a trust file."""

    OPERATOR = "operator"
    WITNESS = "witness"


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who signs: the operator of a log, by its origin, or a witness, by its key's name.

    ``keys`` are vkeys. All the keys that a trust file names for one origin are that operator's. A witness is one key.
    """

    role: Role
    name: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A checkpoint and the parties that signed it. ``note`` holds their lines and nobody else's.

    ``cosigned`` is when each witness, by vkey, signed last, in seconds since 1970.
    """

    checkpoint: Checkpoint
    note: bytes
    parties: tuple[Party, ...]
    cosigned: tuple[tuple[str, int], ...]

    @property
    def by_operator(self) -> bool:
        """Whether the log itself has signed it."""
        return any(party.role is Role.OPERATOR for party in self.parties)


def open_statement(note: bytes, trust: TrustFile) -> Statement:
    """What ``note`` says, and who of ``trust`` says so; no quorum is asked for.

    Raises NoteUnverified when nobody does, CheckpointError for what is no checkpoint, NoteError, LimitError.
    """
    parsed = notes.parse(note)
    checkpoint = checkpoints.parse(parsed.text)
    lines = tuple(dict.fromkeys(parsed.signatures))
    logs = [log.key for log in trust.logs if log.key.name == checkpoint.origin]
    signed = [(key, line) for key in logs for line in _verified(key, parsed.text, lines)]
    parties: list[Party] = []
    if signed:
        parties.append(Party(Role.OPERATOR, checkpoint.origin, tuple(key.vkey for key in logs)))
    cosigned: list[tuple[str, int]] = []
    kept = [line for _, line in signed]
    for witness in trust.witnesses:
        found = list(_verified(witness.key, parsed.text, lines))
        if found:
            newest = max(found, key=timestamp)
            parties.append(Party(Role.WITNESS, witness.key.name, (witness.key.vkey,)))
            cosigned.append((witness.key.vkey, timestamp(newest)))
            kept.append(newest)
    if not parties:
        names = ", ".join(dict.fromkeys(line.name for line in lines))
        raise NoteUnverified("no key of the trust file has signed the checkpoint", value=f"signed by {names}")
    return Statement(checkpoint, notes.format(parsed.text, kept), tuple(parties), tuple(cosigned))


def _verified(key: Verifier, text: str, lines: tuple[Signature, ...]) -> Iterator[Signature]:
    for line in lines:
        if (line.name, line.key_id) == (key.name, key.key_id):
            try:
                key.verify(text, line.signature)
            except MutualchainError:
                continue
            yield line


def common(first: Statement, second: Statement) -> tuple[Party, ...]:
    """The parties that signed both."""
    return tuple(party for party in first.parties if party in second.parties)
