"""A member's keys (个人密钥): one 32-byte seed made on her device, and a key pair for every plan she joins.

    key seed = HKDF-SHA256(ikm = seed, no salt, info = "mutualchain/member/v1\\n" || canonical [origin, plan, index])

``index`` is 0, and counts up when she joins the same plan again. The platform sees public keys only. This module
is pure; files, randomness and passphrases are for whoever holds the passport.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field

from ..block import fields
from ..canonical import decode, encode
from ..covenant.statements import exit_message, withdrawal_message
from ..errors import MutualchainError, PassportError, UnsupportedVersion
from ..limits import MAX_TRUST_FILE
from ..tlog import ed25519
from ..tlog.strict import from_base64, to_base64

__all__ = ["MAX_PASSPORT_FILE", "Passport", "member_seed"]

_TAG = b"mutualchain/member/v1\n"
_FIRST_LINE = b"mutualchain passport v1\n"
_VERSION = re.compile(rb"mutualchain passport v[0-9]{1,4}\Z")
MAX_PASSPORT_FILE = 2 * MAX_TRUST_FILE
"""A passport is a seed and the text of a trust file."""


def member_seed(seed: bytes, origin: str, plan: str, index: int = 0) -> bytes:
    """The Ed25519 seed of one membership (RFC 5869 with one block of output)."""
    if len(seed) != 32:
        raise PassportError("a passport's seed is 32 bytes")
    extracted = hmac.digest(bytes(32), seed, hashlib.sha256)
    info = _TAG + encode([origin, plan, index])
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Passport:
    """A seed, and the trust file with which its owner checks what she is shown. The seed is a secret."""

    seed: bytes = field(repr=False)
    trust: bytes = b""

    def public_key(self, origin: str, plan: str, index: int = 0) -> bytes:
        """The public key, 32 bytes, that stands in her row of the plan."""
        return ed25519.public_key_of(member_seed(self.seed, origin, plan, index))

    def sign_withdrawal(
        self,
        chain: bytes,
        origin: str,
        plan: str,
        *,
        slot: int,
        seq: int,
        amount: int,
        reference: bytes,
        reason: int = 0,
        index: int = 0,
    ) -> bytes:
        """Her signature that lets ``amount`` minor units be withdrawn; ``reference`` is the 32-byte reference hash."""
        seed = member_seed(self.seed, origin, plan, index)
        return ed25519.sign(seed, withdrawal_message(chain, plan, slot, seq, amount, reference, reason))

    def sign_exit(
        self, chain: bytes, origin: str, plan: str, *, slot: int, seq: int, reason: int = 0, index: int = 0
    ) -> bytes:
        """Her signature that she leaves the plan."""
        return ed25519.sign(member_seed(self.seed, origin, plan, index), exit_message(chain, plan, slot, seq, reason))

    def to_bytes(self) -> bytes:
        """The passport as a file: a line that says what it is, and base64 of canonical ``[seed, trust file]``."""
        return _FIRST_LINE + to_base64(encode([self.seed, self.trust])).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> Passport:
        """Parse a passport file. Raises PassportError, UnsupportedVersion."""
        if len(data) > MAX_PASSPORT_FILE:
            raise PassportError("the file is too large for a passport", value=len(data))
        line, _, rest = data.partition(b"\n")
        if line + b"\n" != _FIRST_LINE:
            if _VERSION.match(line):
                raise UnsupportedVersion("a passport of an unknown version", value=line[:40])
            raise PassportError("this is not a passport file")
        try:
            text = rest.decode("ascii")
            if not text.endswith("\n"):
                raise PassportError("the passport file is incomplete")
            value = decode(from_base64(text[:-1], "a passport", PassportError), max_size=MAX_PASSPORT_FILE)
            seed, trust = fields.array(value, 2, "a passport", PassportError)
            return cls(
                fields.blob(seed, 32, "a passport's seed", PassportError),
                fields.blob(trust, None, "a passport's trust file", PassportError, most=MAX_TRUST_FILE),
            )
        except PassportError:
            raise
        except (UnicodeDecodeError, MutualchainError):
            raise PassportError("the passport file is damaged") from None
