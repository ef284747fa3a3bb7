"""Block keys: who may sign a block, and how that changes on the chain.

*Rotation* (entry kind ``block_key``): the block that holds it is signed by the old key; the entry carries
the new key and its acceptance, so both have signed. The new key is in force from the next block on.

*Recovery* (entry kind ``block_key_recovery``): the old key is lost or stolen. The offline recovery key
signs the block that announces the new key, and that block holds nothing else. After the delay named in genesis
the new key is in force; a rotation by the old key within the delay cancels it.

Acceptance is the new key's signature over ``"mutualchain/block-key/v1\\n" || canonical [chain, old key, new key]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..canonical import encode
from ..errors import BlockKeyError, KeyFormatError, SignatureError
from ..tlog import ed25519
from . import fields
from .entry import CHAIN, Entry
from .genesis import Genesis

__all__ = ["RECOVERY", "ROTATION", "BlockKeys", "acceptance_message", "key_change_entry"]

ROTATION = "block_key"
RECOVERY = "block_key_recovery"
_TAG = b"mutualchain/block-key/v1\n"


def acceptance_message(chain: bytes, old_key: bytes, new_key: bytes) -> bytes:
    """What the new key signs to accept its office."""
    return _TAG + encode([chain, old_key, new_key])


def key_change_entry(kind: str, new_key: bytes, acceptance: bytes) -> Entry:
    """An entry that changes the block key; ``kind`` is ROTATION or RECOVERY."""
    return Entry(CHAIN, kind, {"new_key": new_key, "acceptance": acceptance})


@dataclass(frozen=True, slots=True)
class BlockKeys:
    """The key in force, the recovery key, and a recovery under way (new key, effective from in ms)."""

    current: bytes
    recovery: bytes
    delay_ms: int
    pending: tuple[bytes, int] | None = None

    @classmethod
    def from_genesis(cls, genesis: Genesis) -> BlockKeys:
        """The keys that genesis names; the genesis block is signed by its own block key."""
        return cls(genesis.block_key, genesis.recovery_key, genesis.recovery_delay_ms)

    def at(self, time_ms: int) -> BlockKeys:
        """The keys at ``time_ms``: a recovery whose delay is over has taken effect."""
        if self.pending is not None and time_ms >= self.pending[1]:
            return replace(self, current=self.pending[0], pending=None)
        return self

    def signer(self, entries: Sequence[Entry]) -> bytes:
        """The key that has to sign a block with these entries (call on ``at(time_ms)``)."""
        return (
            self.recovery if any(entry.kind == RECOVERY and entry.plan == CHAIN for entry in entries) else self.current
        )

    def apply(self, chain: bytes, time_ms: int, entries: Sequence[Entry], sheet_count: int) -> BlockKeys:
        """The keys after a block. Raises BlockKeyError for a change that the rules do not allow."""
        keys = self.at(time_ms)
        changes = [entry for entry in entries if entry.plan == CHAIN and entry.kind in (ROTATION, RECOVERY)]
        if not changes:
            return keys
        if len(changes) > 1:
            raise BlockKeyError("a block changes the block key twice")
        entry = changes[0]
        body = fields.mapping(entry.body, ("acceptance", "new_key"), "a change of the block key", BlockKeyError)
        new_key = fields.blob(body["new_key"], 32, "a block key", BlockKeyError)
        acceptance = fields.blob(body["acceptance"], 64, "an acceptance", BlockKeyError)
        if new_key in (keys.current, keys.recovery):
            raise BlockKeyError("the new block key is one of the old ones", value=new_key)
        try:
            ed25519.check_public_key(new_key)
            ed25519.verify(new_key, acceptance, acceptance_message(chain, keys.current, new_key))
        except (KeyFormatError, SignatureError):
            raise BlockKeyError("the new block key has not accepted", value=new_key) from None
        if entry.kind == ROTATION:
            return replace(keys, current=new_key, pending=None)
        if len(entries) > 1 or sheet_count:
            raise BlockKeyError("a block that announces a recovery holds nothing else")
        return replace(keys, pending=(new_key, time_ms + keys.delay_ms))
