"""The vault of a platform: claims of members and facts of cases, encrypted under a key per membership.

    FOLDER/master.key    32 bytes in hexadecimal; may lie elsewhere
    FOLDER/keys/         the keyring: never part of a backup
    FOLDER/data.sqlite   ciphertexts, and the list of erasures: what a backup holds
    FOLDER/lock          one process at a time

``erase`` destroys the membership's key, deletes her ciphertexts and leaves a line in the list of erasures. Backups
made before hold ciphertexts that nothing opens any more; and where an older copy of the keys is put back, opening the
vault with the list of erasures destroys those keys again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from ..block import fields
from ..canonical import Value, decode, encode
from ..errors import (
    LimitError,
    MutualchainError,
    UsageError,
    VaultBusy,
    VaultDamaged,
    VaultErased,
    VaultExists,
    VaultMissing,
)
from ..limits import MAX_ROWS, MAX_VAULT_ITEM
from ..store.failures import system_errors
from .keyring import Keyring

__all__ = ["Erasure", "Vault"]

_VERSION = 1
_MOST_NAME = 128
_TABLES = """
CREATE TABLE item (
    plan TEXT, slot INTEGER, name TEXT, box BLOB NOT NULL, PRIMARY KEY (plan, slot, name)
) WITHOUT ROWID;
CREATE TABLE erasure (
    plan TEXT, slot INTEGER, time_ms INTEGER NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (plan, slot)
);
PRAGMA user_version = 1;
"""
_TAG = b"mutualchain/vault-item/v1\n"


@dataclass(frozen=True, slots=True)
class Erasure:
    """A membership whose personal data was destroyed: when (Unix ms), and why (a short word)."""

    plan: str
    slot: int
    time_ms: int
    reason: str


class Vault:
    """An open vault. Items are canonical values by plan, slot and name; use it as a context manager."""

    def __init__(self, folder: Path, lock: FileIO, database: sqlite3.Connection, keyring: Keyring) -> None:
        self._folder = folder
        self._lock = lock
        self._database = database
        self._keyring = keyring

    # --- opening ----------------------------------------------------------------------------

    @classmethod
    def create(cls, folder: Path, master: bytes) -> Vault:
        """A new vault in a new or empty folder, under a master key of 32 bytes. Raises VaultExists."""
        with system_errors(folder):
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise VaultExists("there is something in this folder already", place=str(folder))
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / "keys").mkdir(mode=0o700)
            with closing(_connect(folder / "data.sqlite")) as database:
                database.executescript(_TABLES)
            (folder / "data.sqlite").chmod(0o600)
        return cls.open(folder, master)

    @classmethod
    def open(cls, folder: Path, master: bytes, *, erased: Iterable[tuple[str, int]] = ()) -> Vault:
        """An existing vault. Raises VaultMissing, VaultBusy, VaultDamaged.

        ``erased`` names memberships (plan, slot) whose erasure stands elsewhere too, such as on the chain: where vault
        and keys were both put back from old copies, they are erased again.
        """
        if len(master) != 32:
            raise VaultDamaged("a vault's master key is 32 bytes", value=len(master))
        path = folder / "data.sqlite"
        with system_errors(folder):
            if not path.is_file():
                raise VaultMissing("there is no vault in this folder", place=str(folder))
            (folder / "keys").mkdir(mode=0o700, exist_ok=True)
            lock = _take(folder)
        try:
            database = _connect(path)
            with _damage(path):
                version = database.execute("PRAGMA user_version").fetchone()[0]
            if version != _VERSION:
                raise VaultDamaged("this is no vault of a known version", value=version, place=str(path))
            vault = cls(folder, lock, database, Keyring(folder / "keys", master))
            for plan, slot in [*((item.plan, item.slot) for item in vault.erasures()), *erased]:
                vault._keyring.destroy(plan, slot)  # an older copy of the keys may have been put back
        except BaseException:
            lock.close()
            raise
        return vault

    def close(self) -> None:
        """Give the vault back."""
        self._database.close()
        self._lock.close()

    def __enter__(self) -> Vault:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- items ------------------------------------------------------------------------------

    def put(self, plan: str, slot: int, items: Mapping[str, object]) -> None:
        """Keep canonical values under names, all or none. Raises VaultErased, LimitError, CanonicalError."""
        self.put_many(plan, {slot: items})

    def put_many(self, plan: str, members: Mapping[int, Mapping[str, object]]) -> None:
        """Keep the items of many memberships, all or none: one flush of the keys, one of the data."""
        rows: list[tuple[str, int, str, bytes]] = []
        for slot, items in members.items():
            _place(plan, slot)
            if self._erasure(plan, slot) is not None:
                raise VaultErased("this membership's data was erased", place=f"plan {plan}, slot {slot}")
            rows += [(plan, slot, name, _content(name, value)) for name, value in items.items()]
        slots = list(members)
        boxes = dict(zip(slots, map(SecretBox, self._keyring.make(plan, slots)), strict=True))
        sealed = [(plan, slot, name, _seal(boxes[slot], plan, slot, name, data)) for _, slot, name, data in rows]
        with _damage(self._folder), self._database:
            self._database.executemany("INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?)", sealed)

    def get(self, plan: str, slot: int, name: str) -> Value:
        """One item. Raises VaultMissing, VaultErased, VaultDamaged."""
        _place(plan, slot)
        with _damage(self._folder):
            row = self._database.execute(
                "SELECT box FROM item WHERE plan = ? AND slot = ? AND name = ?", (plan, slot, name)
            ).fetchone()
        place = f"plan {plan}, slot {slot}"
        if row is None:
            if self._erasure(plan, slot) is not None:
                raise VaultErased("this membership's data was erased", place=place)
            raise VaultMissing(f"the vault has no {name!r}", place=place)
        key = self._keyring.key(plan, slot)
        if key is None:
            raise VaultErased("the key of this membership's data is destroyed", place=place)
        return _unseal(SecretBox(key), plan, slot, name, bytes(row[0]))

    def names(self, plan: str, slot: int) -> list[str]:
        """The names of a membership's items, sorted."""
        _place(plan, slot)
        with _damage(self._folder):
            rows = self._database.execute(
                "SELECT name FROM item WHERE plan = ? AND slot = ? ORDER BY name", (plan, slot)
            ).fetchall()
        return [str(row[0]) for row in rows]

    # --- erasure ----------------------------------------------------------------------------

    def erase(self, plan: str, slot: int, *, now_ms: int, reason: str) -> Erasure:
        """Destroy what the vault has of a membership, and leave a record of it. Safe to repeat.

        The line in the list comes first: a crash after it is made good when the vault is opened again.
        """
        _place(plan, slot)
        done = self._erasure(plan, slot)
        if done is None:
            fields.integer(now_ms, "a time", UsageError)
            done = Erasure(plan, slot, now_ms, fields.name(reason, "a reason", UsageError))
            with _damage(self._folder), self._database:
                self._database.execute("INSERT INTO erasure VALUES (?, ?, ?, ?)", (plan, slot, now_ms, reason))
        self._keyring.destroy(plan, slot)
        with _damage(self._folder), self._database:
            self._database.execute("DELETE FROM item WHERE plan = ? AND slot = ?", (plan, slot))
        return done

    def erasures(self) -> Iterator[Erasure]:
        """Every erasure, by plan and slot."""
        with _damage(self._folder):
            rows = self._database.execute(
                "SELECT plan, slot, time_ms, reason FROM erasure ORDER BY plan, slot"
            ).fetchall()
        return (Erasure(str(plan), int(slot), int(time_ms), str(reason)) for plan, slot, time_ms, reason in rows)

    def _erasure(self, plan: str, slot: int) -> Erasure | None:
        with _damage(self._folder):
            row = self._database.execute(
                "SELECT time_ms, reason FROM erasure WHERE plan = ? AND slot = ?", (plan, slot)
            ).fetchone()
        return None if row is None else Erasure(plan, slot, int(row[0]), str(row[1]))

    # --- copies -----------------------------------------------------------------------------

    def backup(self, path: Path) -> None:
        """A copy of ciphertexts and erasures in the new file ``path``, without any key. Raises VaultExists."""
        with system_errors(path):
            if path.exists():
                raise VaultExists("there is a file of this name already", place=str(path))
            with closing(sqlite3.connect(path)) as copy:
                self._database.backup(copy)
            path.chmod(0o600)


def _place(plan: str, slot: int) -> None:
    fields.name(plan, "a plan", UsageError)
    fields.integer(slot, "a slot", UsageError, high=MAX_ROWS)


def _content(name: str, value: object) -> bytes:
    if not 0 < len(name) <= _MOST_NAME:
        raise UsageError(f"an item's name has 1 to {_MOST_NAME} characters", value=name[:80])
    content = encode(value)
    if len(content) > MAX_VAULT_ITEM:
        raise LimitError(f"an item has at most {MAX_VAULT_ITEM} bytes", value=len(content))
    return content


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False)
    with _damage(path):
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA secure_delete = ON")
    return database


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise VaultDamaged(f"the vault cannot be used: {error}", place=str(path)) from None
    except sqlite3.DatabaseError as error:
        raise VaultDamaged(f"the vault is damaged: {error}", place=str(path)) from None


def _take(folder: Path) -> FileIO:
    lock = FileIO(os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise VaultBusy("another process has the vault open", place=str(folder)) from None
    return lock


def _seal(box: SecretBox, plan: str, slot: int, name: str, content: bytes) -> bytes:
    nonce = os.urandom(SecretBox.NONCE_SIZE)
    return bytes(box.encrypt(_bound(plan, slot, name) + content, nonce))


def _unseal(box: SecretBox, plan: str, slot: int, name: str, data: bytes) -> Value:
    bound = _bound(plan, slot, name)
    try:
        content = box.decrypt(data)
        if not content.startswith(bound):  # a row that was moved to another name
            raise VaultDamaged("an item is not the one that was kept under this name", value=name)
        return decode(content[len(bound) :], max_size=MAX_VAULT_ITEM)
    except (CryptoError, ValueError):
        raise VaultDamaged("an item cannot be opened: damaged, or under another master key", value=name) from None
    except VaultDamaged:
        raise
    except MutualchainError as error:
        raise VaultDamaged(f"an item cannot be read: {error.message}", value=name) from None


def _bound(plan: str, slot: int, name: str) -> bytes:
    return hashlib.sha256(_TAG + encode([plan, slot, name])).digest()
