"""Keys that can be destroyed: a flat file per plan, one record of 32 bytes for every slot, overwritten in place.

A database would leave old pages behind; here the record itself is overwritten and flushed, and nothing else ever held
it. A key is made of the record and of the vault's master key, so that neither a stolen file nor a stolen master key
opens anything alone:

    key = HKDF-SHA256(ikm = master || record, no salt, info = "mutualchain/vault/v1\\n" || canonical [plan, slot])

A record of zeros means that there is no key: never made, or destroyed. What a disk's own electronics keep of
overwritten blocks is beyond a program; the master key on another device is the answer to that.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..canonical import encode
from ..errors import VaultDamaged
from ..store.failures import system_errors

__all__ = ["Keyring"]

_TAG = b"mutualchain/vault/v1\n"
_MAGIC = b"mutualchain vault keys v1\n".ljust(64, b"\0")
_RECORD = 32
_NONE = bytes(_RECORD)


class Keyring:
    """The keys of all plans, in ``folder``. One process at a time; :class:`~.vault.Vault` holds the lock."""

    def __init__(self, folder: Path, master: bytes, random: Callable[[int], bytes] = os.urandom) -> None:
        self._folder = folder
        self._master = master
        self._random = random

    def key(self, plan: str, slot: int) -> bytes | None:
        """The key of a membership, 32 bytes, or None where there is none. Raises VaultDamaged."""
        record = self._read(plan, slot)
        return None if record == _NONE else self._derive(plan, slot, record)

    def make(self, plan: str, slots: Sequence[int]) -> list[bytes]:
        """The keys of memberships, made where there are none yet; all are durable before they are returned."""
        records = {slot: self._read(plan, slot) for slot in slots}
        fresh = {slot: self._random(_RECORD) for slot, record in records.items() if record == _NONE}
        if fresh:
            self._write(plan, fresh)
        return [self._derive(plan, slot, fresh.get(slot) or records[slot]) for slot in slots]

    def destroy(self, plan: str, slot: int) -> bool:
        """Overwrite the record: with other bytes first, then with zeros, both flushed. Whether there was a key."""
        had = self._read(plan, slot) != _NONE
        if had:
            self._write(plan, {slot: self._random(_RECORD)})
            self._write(plan, {slot: _NONE})
        return had

    def _path(self, plan: str) -> Path:
        return self._folder / f"{plan}.keys"

    def _read(self, plan: str, slot: int) -> bytes:
        path = self._path(plan)
        with system_errors(path):
            try:
                with path.open("rb") as file:
                    if file.read(len(_MAGIC)) != _MAGIC:
                        raise VaultDamaged("the keys of a plan are damaged", place=str(path))
                    file.seek(len(_MAGIC) + slot * _RECORD)
                    return file.read(_RECORD).ljust(_RECORD, b"\0")
            except FileNotFoundError:
                return _NONE

    def _write(self, plan: str, records: Mapping[int, bytes]) -> None:
        path = self._path(plan)
        with system_errors(path):
            new = not path.exists()
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                if new:
                    os.pwrite(handle, _MAGIC, 0)
                for slot, record in records.items():
                    os.pwrite(handle, record, len(_MAGIC) + slot * _RECORD)
                os.fsync(handle)
            finally:
                os.close(handle)
            if new:
                _sync(self._folder)

    def _derive(self, plan: str, slot: int, record: bytes) -> bytes:
        extracted = hmac.digest(bytes(32), self._master + record, hashlib.sha256)
        return hmac.digest(extracted, _TAG + encode([plan, slot]) + b"\x01", hashlib.sha256)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
