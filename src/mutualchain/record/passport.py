"""A member's keys (个人密钥): one 32-byte seed made on her device, and a key pair for every plan she joins.

    key seed = HKDF-SHA256(ikm = seed, no salt, info = "mutualchain/member/v1\\n" || canonical [origin, plan, index])

``index`` is 0, and counts up when she joins the same plan again. The platform sees public keys only. This module
is pure; files, randomness and passphrases are for whoever holds the passport.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.secret import SecretBox

from ..block import fields
from ..canonical import decode, encode
from ..covenant.acts import Act
from ..covenant.statements import act_message, exit_message, withdrawal_message
from ..errors import MutualchainError, PassphraseNeeded, PassphraseWrong, PassportError, UnsupportedVersion
from ..limits import MAX_MEMBERSHIPS, MAX_TRUST_FILE
from ..tlog import ed25519
from ..tlog.strict import from_base64, to_base64

__all__ = ["MAX_PASSPORT_FILE", "Lock", "Passport", "is_locked", "member_seed"]

_TAG = b"mutualchain/member/v1\n"
_CHECK = b"mutualchain/passport-check/v1\n"
_FIRST_LINE = b"mutualchain passport v1\n"
_VERSION = re.compile(rb"mutualchain passport v[0-9]{1,4}\Z")
MAX_PASSPORT_FILE = 2 * MAX_TRUST_FILE
"""A passport is a seed and the text of a trust file."""
MAX_PASSES = 16
"""What a file may ask of whoever opens it: sixteen passes over MAX_MEMORY_KIB take some twenty seconds."""
MAX_MEMORY_KIB = 1 << 20


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

    def public_keys(self, origin: str, plan: str) -> Iterator[bytes]:
        """Her keys for a plan, 32 bytes each, by index: the first, and one more for each time she rejoined."""
        return (self.public_key(origin, plan, index) for index in range(MAX_MEMBERSHIPS))

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

    def sign_act(self, chain: bytes, origin: str, plan: str, act: Act, *, index: int = 0) -> bytes:
        """Her signature over an entry that she makes: a request, its withdrawal, an objection, an appeal."""
        return ed25519.sign(member_seed(self.seed, origin, plan, index), act_message(chain, plan, act))

    def to_bytes(self, lock: Lock | None = None) -> bytes:
        """The passport as a file: a line that says what it is, and base64 of a canonical map.

        ``trust`` stands there in clear, ``seed`` in clear or ``locked``, and a ``check`` of both.
        Raises PassphraseNeeded for an empty passphrase.
        """
        value: dict[str, object] = {"check": _check(self.seed, self.trust), "trust": self.trust}
        if lock is None:
            value["seed"] = self.seed
        else:
            key = lock.key()
            box = SecretBox(key).encrypt(self.seed, lock.nonce).ciphertext
            value["locked"] = [lock.salt, lock.passes, lock.memory_kib, lock.nonce, box]
        return _FIRST_LINE + to_base64(encode(value)).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes, passphrase: str | None = None) -> Passport:
        """Parse a passport file. Raises PassportError, UnsupportedVersion, PassphraseNeeded, PassphraseWrong."""
        value = _content(data)
        try:
            name = "locked" if "locked" in value else "seed"
            fields.mapping(value, ("check", name, "trust"), "a passport", PassportError)
            check = fields.blob(value["check"], 8, "a passport's check", PassportError)
            trust = fields.blob(value["trust"], None, "a passport's trust file", PassportError, most=MAX_TRUST_FILE)
            if name == "seed":
                return cls(fields.blob(value["seed"], 32, "a passport's seed", PassportError), trust)._checked(check)
            items = fields.array(value["locked"], 5, "a locked seed", PassportError)
            lock = Lock(
                passphrase or "",
                fields.blob(items[0], 16, "a lock's salt", PassportError),
                fields.blob(items[3], 24, "a lock's nonce", PassportError),
                fields.integer(items[1], "a lock's passes", PassportError, low=1, high=MAX_PASSES),
                fields.integer(items[2], "a lock's memory", PassportError, low=8, high=MAX_MEMORY_KIB),
            )
            box = fields.blob(items[4], 48, "a locked seed", PassportError)
        except PassportError:
            raise
        except MutualchainError:
            raise PassportError("the passport file is damaged") from None
        if passphrase is None:
            raise PassphraseNeeded("the passport is locked")
        try:
            seed = SecretBox(lock.key()).decrypt(box, lock.nonce)
        except CryptoError:
            raise PassphraseWrong("the passphrase does not open the passport") from None
        return cls(seed, trust)._checked(check)

    def _checked(self, check: bytes) -> Passport:
        """A changed character would otherwise make other keys, and a right record would seem somebody else's."""
        if check != _check(self.seed, self.trust):
            raise PassportError("the passport file is damaged")
        return self


@dataclass(frozen=True, slots=True)
class Lock:
    """How a seed is locked at rest: Argon2id (RFC 9106) of the passphrase opens a SecretBox.

    ``salt`` (16 bytes) and ``nonce`` (24) are fresh randomness. The default cost is a second or so on a phone.
    """

    passphrase: str = field(repr=False)
    salt: bytes
    nonce: bytes
    passes: int = 3
    memory_kib: int = 65_536

    def key(self) -> bytes:
        """The 32-byte key. A passphrase is taken in NFKC, so that keyboards do not matter. Raises PassphraseNeeded."""
        text = unicodedata.normalize("NFKC", self.passphrase)
        if not text:
            raise PassphraseNeeded("a passphrase is empty")
        return argon2id.kdf(32, text.encode(), self.salt, opslimit=self.passes, memlimit=self.memory_kib * 1024)


def is_locked(data: bytes) -> bool:
    """Whether a passport file needs a passphrase. Raises PassportError, UnsupportedVersion."""
    return "locked" in _content(data)


def _check(seed: bytes, trust: bytes) -> bytes:
    return hashlib.sha256(_CHECK + encode([seed, trust])).digest()[:8]


def _content(data: bytes) -> dict[str, Any]:
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
    except PassportError:
        raise
    except (UnicodeDecodeError, MutualchainError):
        raise PassportError("the passport file is damaged") from None
    if not isinstance(value, dict):
        raise PassportError("the passport file is damaged")
    return value
