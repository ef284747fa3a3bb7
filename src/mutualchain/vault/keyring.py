"""Keys that can be destroyed: flat files of 32-byte records, overwritten in place.

A database would leave old pages behind; here the record itself is overwritten and flushed, and nothing else ever held
it. A plan has two files, of one record for every slot and of one for every case whose facts are kept. A key is made of
records and of the vault's master key, so that neither a stolen file nor a stolen master key opens anything alone:

    of a member  HKDF-SHA256(ikm = master || her record, no salt, info = "mutualchain/vault/v1\\n" || [plan, slot])
    of a case    HKDF-SHA256(ikm = master || her record || its record, no salt,
                             info = "mutualchain/vault-facts/v1\\n" || [plan, slot, case])       (lists are canonical)

so that destroying a member's record destroys the keys of all her cases with it. A record of zeros means that there is
no key: never made, or destroyed. What a disk's own electronics keep of overwritten blocks is beyond a program; the
master key on another device is the answer to that.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from ..canonical import encode
from ..errors import VaultDamaged
from ..store.failures import system_errors

__all__ = ["Keyring"]

_MEMBER = b"mutualchain/vault/v1\n"
_FACTS = b"mutualchain/vault-facts/v1\n"
_MAGIC = b"mutualchain vault keys v1\n".ljust(64, b"\0")
_RECORD = 32
_NONE = bytes(_RECORD)


class Keyring:
    """The keys of all plans, in ``folder``. Writing is for one at a time; :class:`~.vault.Vault` holds the lock."""

    def __init__(self, folder: Path, master: bytes, random: Callable[[int], bytes] = os.urandom) -> None:
        self._folder = folder
        self._master = master
        self._random = random

    # --- of members -----------------------------------------------------------------------------

    def key(self, plan: str, slot: int) -> bytes | None:
        """The key of a membership, 32 bytes, or None where there is none. Raises VaultDamaged."""
        record = self._members(plan).read(slot)
        return None if record == _NONE else self._member_key(plan, slot, record)

    def make(self, plan: str, slots: Sequence[int]) -> list[bytes]:
        """The keys of memberships, made where there are none yet; all are durable before they are returned."""
        file = self._members(plan)
        records = dict(zip(slots, file.all_of(slots), strict=True))
        fresh = {slot: self._random(_RECORD) for slot, record in records.items() if record == _NONE}
        file.write(fresh)
        return [self._member_key(plan, slot, fresh.get(slot) or records[slot]) for slot in slots]

    def destroy(self, plan: str, slots: Iterable[int]) -> int:
        """Destroy the keys of memberships, and of their cases. How many there were."""
        return self._destroy(self._members(plan), slots)

    # --- of cases -------------------------------------------------------------------------------

    def case_key(self, plan: str, slot: int, case: bytes, number: int) -> bytes | None:
        """The key of a case's facts; ``number`` is its record's. None where it, or its member's, was destroyed."""
        hers, its = self._members(plan).read(slot), self._cases(plan).read(number)
        return None if _NONE in (hers, its) else self._case_key(plan, slot, case, hers + its)

    def make_for_case(self, plan: str, slot: int, case: bytes) -> tuple[int, bytes]:
        """A new record's number and the key of a case's facts; both are durable before they are returned."""
        self.make(plan, [slot])
        file = self._cases(plan)
        number, record = file.rows(), self._random(_RECORD)
        file.write({number: record})
        return number, self._case_key(plan, slot, case, self._members(plan).read(slot) + record)

    def destroy_cases(self, plan: str, numbers: Iterable[int]) -> int:
        """Destroy the keys of cases, by the numbers of their records. How many there were."""
        return self._destroy(self._cases(plan), numbers)

    def has(self, plan: str, slots: Iterable[int]) -> bool:
        """Whether there is a key of any of these memberships."""
        return any(record != _NONE for record in self._members(plan).all_of(slots))

    def has_cases(self, plan: str, numbers: Iterable[int]) -> bool:
        """Whether there is a key of any of these cases."""
        return any(record != _NONE for record in self._cases(plan).all_of(numbers))

    # --- records --------------------------------------------------------------------------------

    def _destroy(self, file: _Records, rows: Iterable[int]) -> int:
        """Overwrite records: with other bytes first, then with zeros, both flushed."""
        rows = list(rows)
        had = [row for row, record in zip(rows, file.all_of(rows), strict=True) if record != _NONE]
        file.write({row: self._random(_RECORD) for row in had})
        file.write(dict.fromkeys(had, _NONE))
        return len(had)

    def _members(self, plan: str) -> _Records:
        return _Records(self._folder / f"{plan}.keys")

    def _cases(self, plan: str) -> _Records:
        return _Records(self._folder / f"{plan}.cases")

    def _member_key(self, plan: str, slot: int, record: bytes) -> bytes:
        return _hkdf(self._master + record, _MEMBER + encode([plan, slot]))

    def _case_key(self, plan: str, slot: int, case: bytes, records: bytes) -> bytes:
        return _hkdf(self._master + records, _FACTS + encode([plan, slot, case]))


class _Records:
    """One file of records."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self) -> int:
        """How many records the file has room for by now."""
        with system_errors(self._path):
            try:
                return max(0, -(-(self._path.stat().st_size - len(_MAGIC)) // _RECORD))
            except FileNotFoundError:
                return 0

    def read(self, row: int) -> bytes:
        """A record; zeros where there is none. Raises VaultDamaged."""
        return self.all_of([row])[0]

    def all_of(self, rows: Iterable[int]) -> list[bytes]:
        """Records in the order of ``rows``; zeros where there is none. Raises VaultDamaged."""
        with system_errors(self._path):
            try:
                with self._path.open("rb", buffering=0) as file:
                    if file.read(len(_MAGIC)) != _MAGIC:
                        raise VaultDamaged("the keys of a plan are damaged", place=str(self._path))
                    handle = file.fileno()
                    found = (os.pread(handle, _RECORD, len(_MAGIC) + row * _RECORD) for row in rows)
                    return [record.ljust(_RECORD, b"\0") for record in found]
            except FileNotFoundError:
                return [_NONE for _ in rows]

    def write(self, records: Mapping[int, bytes]) -> None:
        """Write records, and wait until they are on the disk."""
        if not records:
            return
        with system_errors(self._path):
            new = not self._path.exists()
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                if new:
                    os.pwrite(handle, _MAGIC, 0)
                for row, record in records.items():
                    os.pwrite(handle, record, len(_MAGIC) + row * _RECORD)
                os.fsync(handle)
            finally:
                os.close(handle)
            if new:
                _sync(self._path.parent)


def _hkdf(material: bytes, info: bytes) -> bytes:
    extracted = hmac.digest(bytes(32), material, hashlib.sha256)
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
