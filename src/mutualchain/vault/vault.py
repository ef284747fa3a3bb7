"""The vault of a platform: claims of members and facts of cases, encrypted under a key per membership.

    FOLDER/master.key    32 bytes in hexadecimal; may lie elsewhere
    FOLDER/keys/         the keyring: never part of a backup
    FOLDER/data.sqlite   ciphertexts, and the list of erasures: what a backup holds
    FOLDER/lock          who writes; reading needs no lock

What members say of themselves lies here as items. The facts of their cases lie in the ledger's own store, written with
the request that commits to them, as boxes that only this vault's keys open (:meth:`Vault.seal_facts`):

    box = u32 slot || u32 number of the case's key || SecretBox(nonce || ciphertext)       the rest is gone once erased

``erase`` destroys a membership's key, deletes her ciphertexts and leaves a line in the list of erasures;
``erase_facts`` does so for one case. Backups made before, of the vault or of the ledger, hold ciphertexts that nothing
opens any more; and where an older copy of the keys is put back, opening the vault with the list of erasures destroys
those keys again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import struct
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    VaultOfAnother,
)
from ..limits import MAX_ROWS, MAX_VAULT_ITEM
from ..store.failures import system_errors
from .keyring import Keyring

__all__ = ["Erasure", "Vault"]

_VERSION = 2
_MOST_NAME = 128
_PATIENCE = 10.0
_PLACE = struct.Struct(">II")
_TABLES = """
CREATE TABLE item (
    plan TEXT, slot INTEGER, name TEXT, box BLOB NOT NULL, PRIMARY KEY (plan, slot, name)
) WITHOUT ROWID;
CREATE TABLE erasure (
    plan TEXT, slot INTEGER, whose BLOB, number INTEGER NOT NULL, time_ms INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (plan, slot, whose)
) WITHOUT ROWID;
CREATE TABLE about (chain BLOB NOT NULL);
PRAGMA user_version = 2;
"""
_TAG = b"mutualchain/vault-item/v1\n"


@dataclass(frozen=True, slots=True)
class Erasure:
    """Whose personal data was destroyed: when (Unix ms), and why (a short word).

    ``case`` names the case whose facts alone it was; empty: all that was kept of the member.
    """

    plan: str
    slot: int
    time_ms: int
    reason: str
    case: bytes = b""


class Vault:
    """An open vault. Items are canonical values by plan, slot and name; use it as a context manager."""

    def __init__(self, folder: Path, database: sqlite3.Connection, keyring: Keyring) -> None:
        self._folder = folder
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
    def open(cls, folder: Path, master: bytes) -> Vault:
        """An existing vault. Raises VaultMissing, VaultDamaged; VaultBusy where an erasure has to be completed."""
        if len(master) != 32:
            raise VaultDamaged("a vault's master key is 32 bytes", value=len(master))
        path = folder / "data.sqlite"
        with system_errors(folder):
            if not path.is_file():
                raise VaultMissing("there is no vault in this folder", place=str(folder))
            (folder / "keys").mkdir(mode=0o700, exist_ok=True)
        database = _connect(path)
        try:
            with _damage(path):
                version = database.execute("PRAGMA user_version").fetchone()[0]
            if version != _VERSION:
                raise VaultDamaged("this is no vault of a known version", value=version, place=str(path))
            vault = cls(folder, database, Keyring(folder / "keys", master))
            vault._complete()
        except BaseException:
            database.close()
            raise
        return vault

    def _complete(self) -> None:
        """Destroy what is listed as erased: a crash came between, or an older copy of the keys was put back."""
        members: defaultdict[str, list[int]] = defaultdict(list)
        cases: defaultdict[str, list[int]] = defaultdict(list)
        for plan, slot, whose, number in self._rows("SELECT plan, slot, whose, number FROM erasure"):
            (cases if whose else members)[plan].append(number if whose else slot)
        ring = self._keyring
        keys = any(ring.has(plan, slots) for plan, slots in members.items())
        keys = keys or any(ring.has_cases(plan, numbers) for plan, numbers in cases.items())
        if not keys and not self._rows("SELECT 1 FROM item JOIN erasure USING (plan, slot) WHERE whose = x'' LIMIT 1"):
            return
        with self._alone(), _damage(self._folder), self._database:
            of_erased = "EXISTS (SELECT 1 FROM erasure e WHERE (e.plan, e.slot, whose) = (item.plan, item.slot, x''))"
            self._database.execute(f"DELETE FROM item WHERE {of_erased}")
            for plan, slots in members.items():
                ring.destroy(plan, slots)
            for plan, numbers in cases.items():
                ring.destroy_cases(plan, numbers)

    def belongs_to(self, chain: bytes) -> None:
        """The vault is the ledger's with this chain, from its first use on. Raises VaultOfAnother.

        Slots are the same numbers in every ledger: in another one's vault an erasure would hit somebody else.
        """
        if self._rows("SELECT chain FROM about") == [(chain,)]:
            return
        with self._alone():
            found = self._rows("SELECT chain FROM about")
            used = self._rows("SELECT 1 FROM item LIMIT 1") or self._rows("SELECT 1 FROM erasure LIMIT 1")
            if found and found != [(chain,)] and (used or any((self._folder / "keys").iterdir())):
                raise VaultOfAnother("this vault belongs to another ledger", value=found[0][0], place=str(self._folder))
            with _damage(self._folder), self._database:
                self._database.execute("DELETE FROM about")
                self._database.execute("INSERT INTO about VALUES (?)", (chain,))

    def close(self) -> None:
        """Give the vault back."""
        self._database.close()

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
            rows += [(plan, slot, name, _content(name, value)) for name, value in items.items()]
        slots = list(members)
        with self._alone():
            self._refuse_erased(plan, slots)
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

    # --- facts of cases, in the ledger's store ----------------------------------------------------

    def seal_facts(self, plan: str, slot: int, case: bytes, facts: bytes) -> bytes:
        """The box in which the ledger's store keeps the facts of a member's case. Raises VaultErased, LimitError."""
        _place(plan, slot)
        if len(facts) > MAX_VAULT_ITEM:
            raise LimitError(f"an item has at most {MAX_VAULT_ITEM} bytes", value=len(facts))
        with self._alone():
            self._refuse_erased(plan, [slot])
            number, key = self._keyring.make_for_case(plan, slot, case)
        return _PLACE.pack(slot, number) + SecretBox(key).encrypt(facts, os.urandom(SecretBox.NONCE_SIZE))

    def open_facts(self, plan: str, case: bytes, box: bytes) -> bytes | None:
        """The facts of a case; None where they were erased. Raises VaultDamaged, also for another vault's box."""
        place = f"the facts of case {case.hex()[:16]}"
        if len(box) < _PLACE.size:
            raise VaultDamaged("a box is damaged", place=place)
        slot, number = _PLACE.unpack_from(box)
        if len(box) == _PLACE.size:
            return None
        key = self._keyring.case_key(plan, slot, case, number)
        if key is None:
            if any(self._erasure(plan, slot, whose) for whose in (b"", case)):
                return None
            raise VaultDamaged("this vault has no key for it: it is not the one it was sealed with", place=place)
        try:
            return bytes(SecretBox(key).decrypt(box[_PLACE.size :]))
        except (CryptoError, ValueError):
            raise VaultDamaged("it cannot be opened: damaged, or under another master key", place=place) from None

    # --- erasure ----------------------------------------------------------------------------

    def erase(self, plan: str, slot: int, *, now_ms: int, reason: str) -> Erasure:
        """Destroy what the vault has of a membership, her cases' keys too, and leave a record of it. Safe to repeat.

        The line in the list comes first: a crash after it is made good when the vault is opened again.
        """
        with self._alone():
            done = self._listed(plan, slot, b"", 0, now_ms, reason)
            self._keyring.destroy(plan, [slot])
            with _damage(self._folder), self._database:
                self._database.execute("DELETE FROM item WHERE plan = ? AND slot = ?", (plan, slot))
        return done

    def erase_facts(self, plan: str, case: bytes, box: bytes, *, now_ms: int, reason: str) -> Erasure:
        """Destroy the key of one case's facts, which ``box`` names, and leave a record of it. Safe to repeat.

        Items whose name ends with a space and the case, in hexadecimal, go with it.
        """
        if len(box) < _PLACE.size:
            raise VaultDamaged("a box is damaged", place=f"the facts of case {case.hex()[:16]}")
        slot, number = _PLACE.unpack_from(box)
        with self._alone():
            done = self._listed(plan, slot, case, number, now_ms, reason)
            self._keyring.destroy_cases(plan, [number])
            with _damage(self._folder), self._database:
                of_case = (plan, slot, f"% {case.hex()}")
                self._database.execute("DELETE FROM item WHERE plan = ? AND slot = ? AND name LIKE ?", of_case)
        return done

    def has_erased(self, plan: str, slot: int, case: bytes = b"") -> bool:
        """Whether all of a member's data was erased; with ``case``, whether the facts of that case were."""
        return self._erasure(plan, slot, case) is not None

    def emptied(self, box: bytes) -> bytes:
        """What is left of an erased box: which keys it was under, so that they can be destroyed again."""
        return box[: _PLACE.size]

    def erasures(self) -> Iterator[Erasure]:
        """Every erasure, by plan, slot and case."""
        rows = self._rows("SELECT plan, slot, time_ms, reason, whose FROM erasure ORDER BY plan, slot, whose")
        return (Erasure(str(plan), int(slot), int(ms), str(why), bytes(case)) for plan, slot, ms, why, case in rows)

    def _listed(self, plan: str, slot: int, case: bytes, number: int, now_ms: int, reason: str) -> Erasure:
        """The erasure's line, the first one if there is one already."""
        _place(plan, slot)
        done = self._erasure(plan, slot, case)
        if done is None:
            fields.integer(now_ms, "a time", UsageError)
            done = Erasure(plan, slot, now_ms, fields.name(reason, "a reason", UsageError), case)
            with _damage(self._folder), self._database:
                line = (plan, slot, case, number, now_ms, reason)
                self._database.execute("INSERT INTO erasure VALUES (?, ?, ?, ?, ?, ?)", line)
        return done

    def _erasure(self, plan: str, slot: int, case: bytes = b"") -> Erasure | None:
        query = "SELECT time_ms, reason FROM erasure WHERE plan = ? AND slot = ? AND whose = ?"
        row = next(iter(self._rows(query, plan, slot, case)), None)
        return None if row is None else Erasure(plan, slot, int(row[0]), str(row[1]), case)

    def _refuse_erased(self, plan: str, slots: list[int]) -> None:
        for slot in slots:
            if self._erasure(plan, slot) is not None:
                raise VaultErased("this membership's data was erased", place=f"plan {plan}, slot {slot}")

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with _damage(self._folder):
            return self._database.execute(query, values).fetchall()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else writes meanwhile, in this process or another. Raises VaultBusy after some seconds."""
        until = time.monotonic() + _PATIENCE
        with system_errors(self._folder):
            handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > until:
                        raise VaultBusy("another process is writing in the vault", place=str(self._folder)) from None
                    time.sleep(0.01)
            yield
        finally:
            os.close(handle)

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
