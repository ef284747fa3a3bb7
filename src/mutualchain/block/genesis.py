"""Genesis: the first entry of the first block, and through its hash the identity of a chain.

Body: ``origin`` (the checkpoint origin, for people), ``log_key`` (C2SP vkey of the log), ``block_key`` and
``recovery_key`` (Ed25519, 32 bytes), ``recovery_delay_ms``. ``chain`` in all later blocks is the hash of the
genesis block; in the genesis block itself it is 32 zero bytes, so that nothing has to hash itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import GenesisError, KeyFormatError
from ..limits import MAX_KEY_NAME
from ..tlog import ed25519
from ..tlog.note import Verifier
from . import fields
from .entry import CHAIN, Entry

__all__ = ["DEFAULT_RECOVERY_DELAY_MS", "RESERVED_ORIGINS", "Genesis", "check_origin"]

RESERVED_ORIGINS = ("mutualchain/", "cosignature/")
"""Origins that could be confused with the tags of other signed things."""
DEFAULT_RECOVERY_DELAY_MS = 7 * 86_400_000
"""A week in which witnesses and members can see that a recovery was announced."""
_MAX_DELAY_MS = 366 * 86_400_000
_KEYS = ("block_key", "log_key", "origin", "recovery_delay_ms", "recovery_key")


def check_origin(origin: str) -> str:
    """The origin, if a C2SP key name can be equal to it and no tag of ours begins with it."""
    fields.text(origin, "an origin", GenesisError, most=MAX_KEY_NAME)
    if any(char.isspace() for char in origin) or "+" in origin:
        raise GenesisError("an origin has no spaces and no '+'", value=origin)
    if origin.startswith(RESERVED_ORIGINS):
        raise GenesisError("the origin begins with a reserved prefix", value=origin)
    return origin


@dataclass(frozen=True, slots=True)
class Genesis:
    """What a chain begins with. Keys are public; ``log_key`` is a vkey whose name equals ``origin``."""

    origin: str
    log_key: str
    block_key: bytes
    recovery_key: bytes
    recovery_delay_ms: int = DEFAULT_RECOVERY_DELAY_MS

    def to_entry(self) -> Entry:
        """The genesis entry. Raises GenesisError for what ``from_entry`` would refuse."""
        self._check()
        return Entry(
            CHAIN,
            "genesis",
            {
                "origin": self.origin,
                "log_key": self.log_key,
                "block_key": self.block_key,
                "recovery_key": self.recovery_key,
                "recovery_delay_ms": self.recovery_delay_ms,
            },
        )

    @classmethod
    def from_entry(cls, entry: Entry) -> Genesis:
        """Parse strictly. Raises GenesisError."""
        if entry.plan != CHAIN or entry.kind != "genesis":
            raise GenesisError("the first entry is not a genesis entry", value=entry.kind)
        body = fields.mapping(entry.body, _KEYS, "a genesis entry", GenesisError)
        genesis = cls(**body)
        genesis._check()
        return genesis

    def _check(self) -> None:
        check_origin(self.origin)
        fields.text(self.log_key, "a log key", GenesisError, most=1024)
        fields.blob(self.block_key, 32, "a block key", GenesisError)
        fields.blob(self.recovery_key, 32, "a recovery key", GenesisError)
        fields.integer(self.recovery_delay_ms, "a recovery delay", GenesisError, high=_MAX_DELAY_MS)
        try:
            verifier = Verifier.from_vkey(self.log_key)
            ed25519.check_public_key(self.block_key)
            ed25519.check_public_key(self.recovery_key)
        except KeyFormatError as error:
            raise GenesisError(f"a genesis key is unusable: {error.message}", value=error.value) from None
        if verifier.name != self.origin:
            raise GenesisError("the log key's name is not the origin", value=verifier.name)
        if self.block_key == self.recovery_key:
            raise GenesisError("block key and recovery key are the same")
