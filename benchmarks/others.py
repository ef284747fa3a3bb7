"""A share deducted with three other tools, each used as well as its documentation allows.

A row is (round, slot, amount, status, events). Each function records ``rows`` of them durably in a new place,
signs a head over all of them, proves a few rows against that head and verifies what it proved.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import sqlite3
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from mutualchain.tlog import ed25519, merkle

from .cluster import Unavailable, throwaway
from .harness import Timer
from .plans import SHARE

__all__ = ["Outcome", "Unavailable", "auditchain", "postgres", "sqlite"]

_SEED = b"\x04" * 32
_ASKED = 5
_TILE = 256
_ROW = struct.Struct(">IIIHH").pack


@dataclass
class Outcome:
    """Seconds for all rows, bytes on disk, and seconds to prove and to verify single rows."""

    seconds: float
    stored: int
    proving: list[float]
    verifying: list[float]


def _asked(rows: int) -> list[int]:
    rng = random.Random(rows)
    return [rng.randrange(rows) for _ in range(_ASKED)]


def _check_head(head: bytes, signature: bytes) -> None:
    ed25519.verify(ed25519.public_key_of(_SEED), signature, head)


# --- SQLite ---------------------------------------------------------------------------------------


def sqlite(folder: Path, rows: int) -> Outcome:
    """A table in which each row holds the hash of its content and of the row before it.

    WAL, synchronous=FULL, one transaction, one prepared statement run with executemany. A row is proved by what
    the head commits to: every row after it, so the proof is those rows, and verifying is hashing them again.
    """
    path = folder / "chain.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute(
        "create table charge (slot integer primary key, round int, amount int, status int, events int, hash blob)"
    )
    with Timer() as timer:
        previous = bytes(32)

        def chained() -> Any:
            nonlocal previous
            sha256 = hashlib.sha256
            for slot in range(rows):
                previous = sha256(previous + _ROW(0, slot, SHARE, 0, 0)).digest()
                yield slot, 0, SHARE, 0, 0, previous

        connection.execute("begin")
        connection.executemany("insert into charge values (?, ?, ?, ?, ?, ?)", chained())
        connection.execute("commit")
        connection.execute("pragma wal_checkpoint(truncate)")
        head = previous
        signature = ed25519.sign(_SEED, head)
    proving, verifying = [], []
    for slot in _asked(rows):
        with Timer() as proved:
            before = connection.execute("select hash from charge where slot = ?", (slot - 1,)).fetchone()
            later = connection.execute(
                "select round, slot, amount, status, events from charge where slot >= ? order by slot", (slot,)
            ).fetchall()
        with Timer() as verified:
            digest = before[0] if before else bytes(32)
            for row in later:
                digest = hashlib.sha256(digest + _ROW(*row)).digest()
            assert digest == head
            _check_head(head, signature)
        proving.append(proved.seconds)
        verifying.append(verified.seconds)
    connection.close()
    return Outcome(timer.seconds, path.stat().st_size, proving, verifying)


# --- auditchain -----------------------------------------------------------------------------------


def auditchain(folder: Path, rows: int) -> Outcome:
    """Its SQLite backend, ``append_many`` with 10,000 records a call, and one signed checkpoint over all.

    The checkpoint is signed and not every record: that is its own way to proofs which outsiders can check, and
    the faster one.
    """
    try:
        module = import_module("auditchain")
    except ImportError:
        raise Unavailable("auditchain is not installed (make bench installs it)") from None
    return asyncio.run(_auditchain(module, folder / "audit.sqlite", rows))


async def _auditchain(module: Any, path: Path, rows: int) -> Outcome:
    log = module.AuditLog(module.SqliteBackend(path))
    await log.init()
    seed, public_key = module.generate_keypair()
    with Timer() as timer:
        last = None
        for start in range(0, rows, 10_000):
            entries = [
                ("plan", "charge", f"slot:{slot}", {"round": 0, "amount": SHARE, "status": 0, "events": 0})
                for slot in range(start, min(start + 10_000, rows))
            ]
            last = (await log.append_many(entries))[-1]
        root = await log.merkle_root()
        checkpoint = module.make_checkpoint(last, merkle_root=root, signing_key=seed)
        module.save_checkpoint(checkpoint, path.with_suffix(".checkpoint"))
    proving, verifying = [], []
    for slot in _asked(rows):
        with Timer() as proved:
            proof = await log.inclusion_proof(slot)
        with Timer() as verified:
            trusted = module.load_checkpoint(path.with_suffix(".checkpoint"), public_key=public_key)
            assert proof.verify(trusted.merkle_root)
        proving.append(proved.seconds)
        verifying.append(verified.seconds)
    await log.close()
    return Outcome(timer.seconds, path.stat().st_size, proving, verifying)


# --- PostgreSQL -----------------------------------------------------------------------------------


def _levels(leaves: list[bytes]) -> list[list[bytes]]:
    """Every level of the tree over ``leaves``: RFC 6962, a last one without a partner moving up."""
    sha256 = hashlib.sha256
    levels = [leaves]
    while len(levels[-1]) > 1:
        nodes = levels[-1]
        above = [sha256(b"\x01" + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=False)]
        levels.append(above + nodes[len(above) * 2 :])
    return levels


def _binary_rows(rows: int) -> bytes:
    """The rows in COPY's binary format, made by numpy in one piece."""
    kinds = [("fields", ">i2")]
    for name, kind in (("round", "i4"), ("slot", "i4"), ("amount", "i8"), ("status", "i2"), ("events", "i2")):
        kinds += [(f"size of {name}", ">i4"), (name, f">{kind}")]
    table = np.zeros(rows, np.dtype(kinds))
    table["fields"] = 5
    for name in ("round", "slot", "amount", "status", "events"):
        table[f"size of {name}"] = table[name].itemsize
    table["slot"] = np.arange(rows)
    table["amount"] = SHARE
    return b"PGCOPY\n\xff\r\n\0" + bytes(8) + table.tobytes() + b"\xff\xff"


def _path(connection: Any, slot: int, rows: int) -> tuple[tuple[int, ...], list[bytes]]:
    """A row and the nodes beside its way to the top, by primary keys only."""
    row = connection.execute(
        "select round, slot, amount, status, events from charge where round = 0 and slot = %s", (slot,)
    )
    path = []
    level, index, width = 0, slot, rows
    while width > 1:
        beside = index ^ 1
        if beside < width:
            at = beside % _TILE * 32 + 1
            found = connection.execute(
                "select substring(nodes from %s for 32) from tree where round = 0 and level = %s and tile = %s",
                (at, level, beside // _TILE),
            )
            path.append(bytes(found.fetchone()[0]))
        level, index, width = level + 1, index // 2, (width + 1) // 2
    return row.fetchone(), path


def postgres(folder: Path, rows: int) -> Outcome:
    """COPY, in its binary format, of a row a member, and the levels of a Merkle tree over them in tiles of 256 nodes.

    One transaction, synchronous commit, fsync on. The tree is computed in Python with hashlib.
    """
    try:
        psycopg = import_module("psycopg")
    except ImportError:
        raise Unavailable("psycopg is not installed (make bench installs it)") from None
    with throwaway(folder) as parameters, psycopg.connect(**parameters, autocommit=True) as connection:
        connection.execute(
            "create table charge (round int4, slot int4, amount int8, status int2, events int2,"
            " primary key (round, slot))"
        )
        connection.execute(
            "create table tree (round int4, level int2, tile int4, nodes bytea, primary key (round, level, tile))"
        )
        with Timer() as timer:
            sha256 = hashlib.sha256
            levels = _levels([sha256(b"\0" + _ROW(0, slot, SHARE, 0, 0)).digest() for slot in range(rows)])
            with connection.transaction(), connection.cursor() as cursor:
                with cursor.copy("copy charge from stdin (format binary)") as copy:
                    _send(copy, _binary_rows(rows))
                with cursor.copy("copy tree from stdin (format binary)") as copy:
                    copy.set_types(["int4", "int2", "int4", "bytea"])
                    for level, nodes in enumerate(levels):
                        for tile in range(0, len(nodes), _TILE):
                            copy.write_row((0, level, tile // _TILE, b"".join(nodes[tile : tile + _TILE])))
            head = levels[-1][0]
            signature = ed25519.sign(_SEED, head)
        sizes = connection.execute("select pg_total_relation_size('charge') + pg_total_relation_size('tree')")
        stored = int(sizes.fetchone()[0])
        proving, verifying = [], []
        for slot in _asked(rows):
            with Timer() as proved:
                row, path = _path(connection, slot, rows)
            with Timer() as verified:
                merkle.verify_inclusion(sha256(b"\0" + _ROW(*row)).digest(), slot, rows, tuple(path), head)
                _check_head(head, signature)
            proving.append(proved.seconds)
            verifying.append(verified.seconds)
    return Outcome(timer.seconds, stored, proving, verifying)


def _send(copy: Any, data: Sequence[int]) -> None:
    view = memoryview(data)  # type: ignore[arg-type]
    for start in range(0, len(view), 1 << 20):
        copy.write(view[start : start + (1 << 20)])
