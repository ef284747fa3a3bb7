"""The operator's keys: the log key, the block key, the recovery key, and the files they lie in.

A key file is one line of text in the de facto format of ``golang.org/x/mod/sumdb/note``:
``PRIVATE+KEY+<name>+<key id>+<base64>``. It must be readable by its owner only. Where an HSM or a KMS signs
instead, pass :class:`~mutualchain.tlog.note.Signer` and :class:`~mutualchain.block.block.BlockSigner` objects whose
``sign`` calls it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..block.block import BlockSigner
from ..errors import FileExists, FileMissing, KeyFileError, KeyFormatError
from ..tlog import ed25519
from ..tlog.note import Signer

__all__ = ["NEW_LOG_KEY", "OperatorKeys", "new_seed", "read_key_file", "write_key_file"]

NEW_LOG_KEY: Final = "log-new.key"
"""The file of the log's next key, beside ``log.key``, until it takes its place."""
_MAX_KEY_FILE = 4096


def new_seed() -> bytes:
    """32 random bytes from the operating system."""
    return os.urandom(32)


def write_key_file(path: Path, signer: Signer) -> None:
    """Write a private key, mode 0600, never over an existing file."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise FileExists(f"{path} exists already; a key is never overwritten", value=str(path)) from None
    except OSError as error:
        raise FileMissing(f"cannot write {path}: {error.strerror}", value=str(path)) from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(signer.private_key + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_key_file(path: Path) -> Signer:
    """Read a private key. Raises KeyFileError for a missing, shared or malformed file."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_MAX_KEY_FILE + 1)
    except OSError as error:
        raise KeyFileError(f"cannot read the key file {path}: {error.strerror}", value=str(path)) from None
    if mode & 0o077:
        raise KeyFileError(f"the key file {path} is open to others", value=oct(mode & 0o777), hint=f"chmod 600 {path}")
    try:
        return Signer.from_private_key(data.decode("ascii").strip())
    except (KeyFormatError, UnicodeDecodeError):
        raise KeyFileError(f"{path} holds no private key", value=str(path)) from None


@dataclass(frozen=True, slots=True)
class OperatorKeys:
    """What an operator signs with: ``log`` signs checkpoints, ``block`` signs blocks.

    ``recovery_key`` is the public half of the offline recovery key; only ``Ledger.create`` needs it. ``new_log`` is the
    log's next key, which signs beside ``log`` while the one takes the other's place.
    """

    log: Signer
    block: BlockSigner
    recovery_key: bytes | None = None
    new_log: Signer | None = None

    @property
    def logs(self) -> tuple[Signer, ...]:
        """The log's signers: one, or two while its key changes."""
        return (self.log,) if self.new_log is None else (self.log, self.new_log)

    @classmethod
    def from_seeds(
        cls, origin: str, log_seed: bytes, block_seed: bytes, recovery_seed: bytes | None = None
    ) -> OperatorKeys:
        """Keys held in memory; seeds are 32 bytes each."""
        return cls(
            Signer.from_seed(origin, log_seed),
            BlockSigner(ed25519.public_key_of(block_seed), lambda message: ed25519.sign(block_seed, message)),
            None if recovery_seed is None else ed25519.public_key_of(recovery_seed),
        )

    @classmethod
    def from_folder(cls, folder: Path) -> OperatorKeys:
        """Keys from the files ``log.key`` and ``block.key``; ``recovery.key`` and ``log-new.key`` if they are there."""
        log, block = read_key_file(folder / "log.key"), read_key_file(folder / "block.key")
        recovery, new = folder / "recovery.key", folder / NEW_LOG_KEY
        return cls(
            log,
            BlockSigner(block.public_key, block.sign_message),
            read_key_file(recovery).public_key if recovery.exists() else None,
            read_key_file(new) if new.exists() else None,
        )

    @classmethod
    def generate(cls, origin: str, folder: Path) -> OperatorKeys:
        """Make three new keys and write ``log.key``, ``block.key`` and ``recovery.key`` into ``folder``.

        Move ``recovery.key`` offline afterwards: it is needed only when the block key is lost or stolen.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        signers = {name: Signer.from_seed(origin, new_seed()) for name in ("log", "block", "recovery")}
        for name, signer in signers.items():
            write_key_file(folder / f"{name}.key", signer)
        return cls.from_folder(folder)
