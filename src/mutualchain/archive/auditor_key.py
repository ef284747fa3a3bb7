"""Keys to which things are encrypted, an auditor's or an operator's intake, and the files of their secret halves.

The public key is X25519, written as one word with a checksum, so that a mistyped one is not encrypted to::

    auditor+<hex8>+<base64 of the 32 bytes>     hex8: the first 4 bytes of SHA-256("mutualchain/auditor/v1\\n" || key)

The secret half lies in a text file of mode 0600, under a passphrase, with Argon2id and SecretBox::

    mutualchain <role> key v1
    <the public key, as above>
    <base64 of canonical [salt 16, operations, memory in bytes, sealed]>

``sealed`` is SecretBox (24-byte nonce in front) over the 32-byte secret, which must give the second line.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nacl import pwhash
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox

from ..canonical import decode, encode
from ..errors import FileExists, FileMissing, KeyFileError, MutualchainError, PassphraseError
from ..tlog.strict import from_base64, to_base64

__all__ = [
    "AUDITOR",
    "INTAKE",
    "MODERATE",
    "AuditorKey",
    "AuditorSecret",
    "generate",
    "read_key_file",
    "read_public_key",
]

AUDITOR: Final = "auditor"
INTAKE: Final = "intake"
_NAMES: Final = {AUDITOR: "an auditor's", INTAKE: "an intake"}
_WORD = re.compile(r"(?P<role>[a-z]+)\+(?P<check>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/]{43}=)\Z", re.ASCII)
_MAX_FILE: Final = 4_096
_MAX_COST: Final = (16, 1 << 30)
"""Operations and bytes of memory beyond which a file is not tried: a hostile one could ask for days and all of RAM."""
MODERATE: Final = (pwhash.argon2id.OPSLIMIT_MODERATE, pwhash.argon2id.MEMLIMIT_MODERATE)
"""Argon2id's cost: operations, and memory in bytes (256 MiB, about a second)."""
WEAK_FOR_TESTS: Final = (pwhash.argon2id.OPSLIMIT_MIN, pwhash.argon2id.MEMLIMIT_MIN)
"""A cost that stops nobody."""
_HINT: Final = "Give it at the prompt, or in the environment variable that the command names."


@dataclass(frozen=True, slots=True)
class AuditorKey:
    """The public half: 32 bytes, and what it is for."""

    data: bytes
    role: str = AUDITOR

    @property
    def text(self) -> str:
        """The word that is handed to the operator."""
        check = hashlib.sha256(f"mutualchain/{self.role}/v1\n".encode() + self.data).hexdigest()[:8]
        return f"{self.role}+{check}+{to_base64(self.data)}"

    @classmethod
    def from_text(cls, text: str, role: str = AUDITOR) -> AuditorKey:
        """Raises KeyFileError for a word that is none, of another role, or whose checksum is another key's."""
        match = _WORD.match(text)
        if match is None or match["role"] != role:
            raise KeyFileError(f"this is no {_NAMES[role].partition(' ')[2]} public key", value=text[:80])
        key = cls(from_base64(match["key"], "a public key", KeyFileError), role)
        if key.text != text:
            raise KeyFileError("the checksum of the public key does not fit: it was mistyped", value=text)
        return key

    def seal(self, data: bytes) -> bytes:
        """``data`` for the auditor's eyes only: 48 bytes longer, from a fresh key each time."""
        return SealedBox(PublicKey(self.data)).encrypt(data)


class AuditorSecret:
    """The secret half, which opens what was sealed. It never shows in a ``repr``."""

    __slots__ = ("_box", "key")

    def __init__(self, seed: bytes, role: str = AUDITOR) -> None:
        private = PrivateKey(seed)
        self._box = SealedBox(private)
        self.key = AuditorKey(bytes(private.public_key), role)

    def open(self, sealed: bytes) -> bytes | None:
        """What was sealed; None for anything that was not, or not for this key, or was changed since."""
        try:
            return self._box.decrypt(sealed)
        except (CryptoError, ValueError, TypeError):
            return None


def generate(
    path: Path,
    passphrase: bytes,
    *,
    role: str = AUDITOR,
    seed: bytes | None = None,
    cost: tuple[int, int] | None = None,
) -> AuditorKey:
    """Make a key and write it to ``path`` (mode 0600, never over an existing file); its public half.

    ``seed`` is 32 random bytes and ``cost`` MODERATE if not given. Raises PassphraseError for an empty passphrase,
    FileExists, FileMissing.
    """
    if not passphrase:
        raise PassphraseError("the passphrase is empty", hint=_HINT)
    seed, cost = os.urandom(32) if seed is None else seed, cost or MODERATE
    key, salt = AuditorSecret(seed, role).key, os.urandom(pwhash.argon2id.SALTBYTES)
    sealed = encode([salt, *cost, bytes(_box(passphrase, salt, cost).encrypt(seed))])
    text = f"{_first_line(role)}\n{key.text}\n{to_base64(sealed)}\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise FileExists("this file exists already; a key is never overwritten", value=str(path)) from None
    except OSError as error:
        raise FileMissing(f"the key cannot be written: {error.strerror}", value=str(path)) from None
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    return key


def read_public_key(path: Path, role: str = AUDITOR) -> AuditorKey:
    """The public half in a key file; no passphrase is needed, and nothing proves it. Raises KeyFileError."""
    return _parse(path, role)[0]


def read_key_file(path: Path, passphrase: bytes, role: str = AUDITOR) -> AuditorSecret:
    """The key in ``path``. Raises KeyFileError for a file that is missing or damaged, PassphraseError."""
    key, data = _parse(path, role)
    try:
        match decode(data, max_size=_MAX_FILE):
            case (bytes() as salt, int() as operations, int() as memory, bytes() as sealed):
                pass
            case _:
                raise _damaged(path, role)
    except MutualchainError:
        raise _damaged(path, role) from None
    costs = zip(WEAK_FOR_TESTS, (operations, memory), _MAX_COST, strict=True)
    if len(salt) != pwhash.argon2id.SALTBYTES or not all(least <= cost <= most for least, cost, most in costs):
        raise KeyFileError("the key file asks for an impossible effort to open it", value=(operations, memory))
    try:
        seed = _box(passphrase, salt, (operations, memory)).decrypt(sealed)
    except CryptoError:
        raise PassphraseError("the passphrase does not open the key file", value=str(path), hint=_HINT) from None
    secret = AuditorSecret(seed, role) if len(seed) == 32 else None
    if secret is None or secret.key != key:
        raise _damaged(path, role)
    return secret


def _box(passphrase: bytes, salt: bytes, cost: tuple[int, int]) -> SecretBox:
    return SecretBox(pwhash.argon2id.kdf(SecretBox.KEY_SIZE, passphrase, salt, opslimit=cost[0], memlimit=cost[1]))


def _first_line(role: str) -> str:
    return f"mutualchain {role} key v1"


def _damaged(path: Path, role: str) -> KeyFileError:
    return KeyFileError(f"this is not {_NAMES[role]} key file, or it is damaged", value=str(path))


def _parse(path: Path, role: str) -> tuple[AuditorKey, bytes]:
    """The public key and what is sealed."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except OSError as error:
        hint = "Check the path of the key file."
        raise KeyFileError(f"the key file cannot be read: {error.strerror}", value=str(path), hint=hint) from None
    lines = data.decode("utf-8", "replace").split("\n")
    if len(data) > _MAX_FILE or len(lines) != 4 or lines[0] != _first_line(role) or lines[3]:
        raise _damaged(path, role)
    return AuditorKey.from_text(lines[1], role), from_base64(lines[2], "the sealed key", KeyFileError)
