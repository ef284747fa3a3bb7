"""The keys that have signed a log's checkpoints, and which of them sign now.

Genesis names the first. A new key signs beside the old one for a while, then alone; who checks learns of it from a
trust file, not from here. This is the operator's own list, in the store, for two uses: that a ledger is not opened
with the wrong key, and that notes which an earlier key signed are still known for the ledger's own.

    canonical [1, [[vkey, signs]...]]     signs: 0 or 1; in the order in which the keys came
"""

from __future__ import annotations

from dataclasses import dataclass

from ..canonical import decode, encode
from ..errors import MutualchainError, StoreCorrupt
from ..limits import MAX_LOG_KEYS
from ..tlog.note import Verifier

__all__ = ["LogKeys"]

_VERSION = 1
_MAX_SIZE = 1 << 17


@dataclass(frozen=True, slots=True)
class LogKeys:
    """``known`` are all, in the order in which they came; ``signing`` those that sign every new checkpoint."""

    known: tuple[Verifier, ...]
    signing: tuple[Verifier, ...]

    @classmethod
    def first(cls, vkey: str) -> LogKeys:
        """Those of a log that never changed its key. Raises KeyFormatError."""
        key = Verifier.from_vkey(vkey)
        return cls((key,), (key,))

    @classmethod
    def from_bytes(cls, data: bytes) -> LogKeys:
        """Raises StoreCorrupt."""
        try:
            match decode(data, max_size=_MAX_SIZE):
                case (1, tuple() as pairs) if 0 < len(pairs) <= MAX_LOG_KEYS:
                    found = [_pair(pair) for pair in pairs]
                    known = tuple(key for key, _ in found)
                    signing = tuple(key for key, signs in found if signs)
                    if signing and len(set(known)) == len(known) and len({key.name for key in known}) == 1:
                        return cls(known, signing)
        except MutualchainError:
            pass
        raise _unreadable(data)

    def to_bytes(self) -> bytes:
        """As :meth:`from_bytes` reads it."""
        return encode([_VERSION, [[key.vkey, int(key in self.signing)] for key in self.known]])

    def begun(self, new: Verifier) -> LogKeys:
        """With a new key that signs beside the others."""
        known = tuple(key for key in self.known if key != new)
        signing = tuple(key for key in self.signing if key != new)
        return LogKeys((*known, new), (*signing, new))

    def only(self, key: Verifier) -> LogKeys:
        """The same, of which this one signs alone."""
        return LogKeys(self.known, (key,))


def _pair(value: object) -> tuple[Verifier, bool]:
    match value:
        case (str() as vkey, (0 | 1) as signs):
            return Verifier.from_vkey(vkey), bool(signs)
    raise _unreadable(value)


def _unreadable(value: object) -> StoreCorrupt:
    return StoreCorrupt("the list of the log's keys cannot be read", value=repr(value)[:80], place="log keys")
