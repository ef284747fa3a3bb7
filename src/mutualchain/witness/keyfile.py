"""A witness's key at rest: a text file, encrypted under a passphrase with Argon2id and SecretBox.

    mutualchain witness key v1
    witness.example.net+a6d5338d+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X
    <base64 of canonical [salt 16, operations, memory in bytes, sealed]>

The second line is the public key, for people to read and to hand on. ``sealed`` is SecretBox (24-byte nonce in
front) over the 32-byte seed and the key's name, under the 32 bytes that Argon2id makes of the passphrase. So what
is in clear cannot be changed unnoticed: seed and name must give the second line.

Where an HSM or a KMS signs, there is no key file: pass a :class:`~mutualchain.tlog.cosignature.CosignatureSigner`
whose ``sign_message`` calls it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from nacl import pwhash
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from ..canonical import decode, encode
from ..errors import FileExists, FileMissing, KeyFileError, KeyFormatError, MutualchainError, PassphraseError
from ..tlog.cosignature import CosignatureSigner, CosignatureVerifier
from ..tlog.strict import from_base64, to_base64

__all__ = ["MODERATE", "WEAK_FOR_TESTS", "generate", "read_key_file", "read_public_key", "read_secret_file"]

_FIRST_LINE: Final = "mutualchain witness key v1"
_MAX_KEY_FILE: Final = 4_096
_MAX_COST: Final = (16, 1 << 30)
"""Operations and bytes of memory beyond which a file is not tried: a hostile one could ask for days and all of RAM."""

MODERATE: Final = (pwhash.argon2id.OPSLIMIT_MODERATE, pwhash.argon2id.MEMLIMIT_MODERATE)
"""Argon2id's cost: operations, and memory in bytes (256 MiB, about a second)."""
WEAK_FOR_TESTS: Final = (pwhash.argon2id.OPSLIMIT_MIN, pwhash.argon2id.MEMLIMIT_MIN)
"""A cost that stops nobody."""


def generate(
    path: Path, name: str, passphrase: bytes, *, seed: bytes | None = None, cost: tuple[int, int] = MODERATE
) -> CosignatureVerifier:
    """Make a key called ``name``, write it to ``path`` (mode 0600, never over an existing file); its public half.

    ``name`` should be a URL without its scheme, ``witness.example.org``. ``seed`` is 32 random bytes if not given.
    Raises PassphraseError for an empty passphrase, KeyFormatError, FileExists, FileMissing.
    """
    if not passphrase:
        raise PassphraseError("the passphrase is empty")
    seed = os.urandom(32) if seed is None else seed
    verifier = CosignatureSigner.from_seed(name, seed).verifier
    salt = os.urandom(pwhash.argon2id.SALTBYTES)
    sealed = _box(passphrase, salt, cost).encrypt(seed + name.encode())
    text = f"{_FIRST_LINE}\n{verifier.vkey}\n{to_base64(encode([salt, *cost, bytes(sealed)]))}\n"
    _write_new(path, text.encode())
    return verifier


def read_public_key(path: Path) -> CosignatureVerifier:
    """The public key on the file's second line; no passphrase is needed, and nothing proves it. Raises KeyFileError."""
    return _parse(path)[0]


def read_key_file(path: Path, passphrase: bytes) -> CosignatureSigner:
    """The signer in ``path``.

    Raises KeyFileError for a file that is missing, open to others or damaged; PassphraseError.
    """
    verifier, sealed = _parse(path)
    try:
        match decode(sealed, max_size=_MAX_KEY_FILE):
            case (bytes() as salt, int() as operations, int() as memory, bytes() as box):
                pass
            case _:
                raise KeyFileError(f"{path} is damaged", value=str(path))
    except KeyFileError:
        raise
    except MutualchainError:
        raise KeyFileError(f"{path} is damaged", value=str(path)) from None
    least, most = WEAK_FOR_TESTS, _MAX_COST
    if len(salt) != pwhash.argon2id.SALTBYTES or not (
        least[0] <= operations <= most[0] and least[1] <= memory <= most[1]
    ):
        raise KeyFileError(f"{path} asks for an impossible effort to open it", value=(operations, memory))
    try:
        opened = _box(passphrase, salt, (operations, memory)).decrypt(box)
    except CryptoError:
        raise PassphraseError(f"the passphrase does not open {path}, or the file is damaged") from None
    if opened[32:] != verifier.name.encode():
        raise KeyFileError(f"the public key in {path} is not that of the sealed key", value=verifier.vkey)
    signer = CosignatureSigner.from_seed(verifier.name, opened[:32])
    if signer.verifier != verifier:
        raise KeyFileError(f"the public key in {path} is not that of the sealed key", value=verifier.vkey)
    return signer


def read_secret_file(path: Path, what: str, *, forbidden: int = 0o077) -> bytes:
    """The bytes of a file of at most 4,096 bytes whose mode has none of the bits ``forbidden``.

    Raises KeyFileError for one that is missing, too long, or open to others.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_MAX_KEY_FILE + 1)
    except OSError as error:
        raise KeyFileError(f"cannot read {what} {path}: {error.strerror}", value=str(path)) from None
    if mode & forbidden:
        raise KeyFileError(f"{what} {path} is open to others", value=oct(mode & 0o777), hint=f"chmod 600 {path}")
    if len(data) > _MAX_KEY_FILE:
        raise KeyFileError(f"{what} {path} is longer than {_MAX_KEY_FILE} bytes", value=str(path))
    return data


def _box(passphrase: bytes, salt: bytes, cost: tuple[int, int]) -> SecretBox:
    key = pwhash.argon2id.kdf(SecretBox.KEY_SIZE, passphrase, salt, opslimit=cost[0], memlimit=cost[1])
    return SecretBox(key)


def _parse(path: Path) -> tuple[CosignatureVerifier, bytes]:
    """The public key and what is sealed."""
    lines = read_secret_file(path, "the key file").decode("utf-8", "replace").split("\n")
    if len(lines) != 4 or lines[0] != _FIRST_LINE or lines[3]:
        raise KeyFileError(f"{path} is no witness's key file", value=lines[0][:60])
    try:
        return CosignatureVerifier.from_vkey(lines[1]), from_base64(lines[2], "the sealed key", KeyFileError)
    except (KeyFormatError, KeyFileError):
        raise KeyFileError(f"{path} is damaged", value=str(path)) from None


def _write_new(path: Path, data: bytes) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise FileExists(f"{path} exists already; a key is never overwritten", value=str(path)) from None
    except OSError as error:
        raise FileMissing(f"cannot write {path}: {error.strerror}", value=str(path)) from None
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
