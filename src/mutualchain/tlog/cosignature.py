"""Cosignatures: witnesses' timestamped signatures on checkpoints (c2sp.org/tlog-cosignature@v1.0.1, Ed25519).

    rome2026h1.example.org
    300
    gw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU=

    — mirror.example.org P7FI7wAAAABpVGeAjA1S4pJm6MbcXjX7UUImu4azZtrfcVW2uyr/LXIYlwEJzXC0N0EiZkbqfLdXt/4gVEEuGmxJjAfXKMCISpsJAg==

A cosignature is a signature line under a key of type 04, here
``mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O``. Behind the key ID stand the time in
seconds since 1970 as a big-endian u64, from 1 to 2**63 - 1 (here 1767139200), and the Ed25519 signature of

    cosignature/v1
    time 1767139200
    rome2026h1.example.org
    300
    gw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU=

that is two lines and the whole text of the checkpoint. It says: at that time this was the largest tree that I
had seen of this log, and consistent with all that I saw before. The message does not name the witness, so
each witness has a key of its own, used for nothing else.
"""  # noqa: E501 - the line is the real one

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import CosignatureError, SignatureError, UsageError
from ..limits import MAX_LOG_SIZE
from . import ed25519
from .checkpoint import Checkpoint
from .note import Signature, Signer, Verifier, made

__all__ = ["COSIGNATURE_SIZE", "CosignatureSigner", "CosignatureVerifier", "message", "timestamp"]

COSIGNATURE_SIZE = 8 + ed25519.SIGNATURE_SIZE
"""Bytes behind the key ID: timestamp and signature."""
_MAX_TIMESTAMP = MAX_LOG_SIZE


def message(checkpoint_text: str, timestamp: int) -> bytes:
    """What a witness signs at ``timestamp`` (seconds since 1970)."""
    return f"cosignature/v1\ntime {timestamp}\n{checkpoint_text}".encode()


def timestamp(signature: Signature) -> int:
    """The time of a cosignature, in seconds since 1970. Raises CosignatureError when it has none."""
    return _split(signature.name, signature.signature)[0]


@dataclass(frozen=True, slots=True)
class CosignatureVerifier(Verifier):
    """A witness's key, of type 04. As :class:`mutualchain.tlog.note.Verifier`."""

    type_byte: ClassVar[int] = 0x04

    def verify(self, text: str, signature: bytes) -> None:
        """Check the 72 bytes of ``signature`` on the checkpoint ``text``. Raises CosignatureError."""
        time, signed = _split(self.name, signature)
        try:
            ed25519.verify(self.public_key, signed, message(text, time))
        except SignatureError as error:
            raise CosignatureError(
                f"the cosignature of {self.name} does not fit the checkpoint: {error.message}"
            ) from None


@dataclass(frozen=True, slots=True)
class CosignatureSigner(Signer):
    """A witness's signer. As :class:`mutualchain.tlog.note.Signer`, with the key type 04."""

    type_byte: ClassVar[int] = 0x04

    @property
    def verifier(self) -> CosignatureVerifier:
        """The key with which others verify."""
        key: CosignatureVerifier = made(CosignatureVerifier, self.name, self.public_key)
        return key

    def sign(self, text: str) -> Signature:
        """Refused: a cosignature needs a time. Raises UsageError."""
        raise UsageError("a witness's key signs checkpoints with a time: use cosign", value=self.name)

    def cosign(self, checkpoint: Checkpoint, timestamp: int) -> Signature:
        """The cosignature of ``checkpoint`` at ``timestamp``, seconds since 1970.

        The caller has verified the checkpoint and its consistency with the last one it cosigned. Raises UsageError
        for a time outside 1 to 2**63 - 1, SignerFailed as :meth:`mutualchain.tlog.note.Signer.sign`.
        """
        if type(timestamp) is not int or not 0 < timestamp <= _MAX_TIMESTAMP:
            raise UsageError("a cosignature's time is a number of seconds from 1 to 2**63 - 1", value=timestamp)
        signed = self._signed(message(checkpoint.text, timestamp))
        return Signature(self.name, self.verifier.key_id, timestamp.to_bytes(8, "big") + signed)


def _split(name: str, signature: bytes) -> tuple[int, bytes]:
    if len(signature) != COSIGNATURE_SIZE:
        raise CosignatureError(f"the cosignature of {name} is not {COSIGNATURE_SIZE} bytes", value=signature)
    time = int.from_bytes(signature[:8], "big")
    if not 0 < time <= _MAX_TIMESTAMP:
        raise CosignatureError(f"the cosignature of {name} has a time outside 1 to 2**63 - 1", value=time)
    return time, signature[8:]
