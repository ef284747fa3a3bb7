"""The books saved beside the store, so that opening a ledger need not replay its whole life.

A cache, nothing more: it names the chain, the size and the last block's hash it was made at, carries checksums (one
of what describes the columns, one of that and the columns), and is ignored (and the chain replayed) if anything about
it is not right. Deleting it is always safe.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from ..canonical import decode, encode
from ..covenant.book import Book, CaseState, Totals
from ..covenant.capture import OpenRound
from ..covenant.document import Covenant
from ..covenant.members import Members
from ..covenant.rounds import RoundTerms
from ..errors import MutualchainError
from ..limits import MAX_BUNDLE

__all__ = ["load_books", "save_books"]

_MAGIC = b"mutualchain state v1\n"
_COLUMNS = (("stored", "<i8"), ("pending", "|u1"), ("seq", "<u4"), ("exited", "|u1"))
_ROUND = (("slots", "<u4"), ("statuses", "|u1"), ("amounts", "<u4"), ("events", "|u1"))
_CHUNK = 1 << 24


def save_books(path: Path, chain: bytes, size: int, head: bytes, books: dict[str, Book]) -> None:
    """Write the books as they stand after ``size`` blocks; atomically, replacing what was there."""
    columns: list[NDArray[Any]] = []
    meta = {"chain": chain, "size": size, "head": head, "plans": [_meta(book, columns) for book in books.values()]}
    data = encode(meta)
    building = path.with_suffix(".partial")
    digest = hashlib.sha256(data)
    compressor = zstandard.ZstdCompressor(level=1)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        with building.open("wb") as file:
            file.write(_MAGIC + bytes(64) + len(data).to_bytes(4, "little") + data)
            with compressor.stream_writer(file, closefd=False) as stream:
                for column in columns:
                    raw = np.ascontiguousarray(column).data.cast("B")
                    for start in range(0, len(raw), _CHUNK):
                        part = raw[start : start + _CHUNK]
                        digest.update(part)
                        stream.write(part)
            file.seek(len(_MAGIC))
            file.write(hashlib.sha256(data).digest() + digest.digest())
        os.replace(building, path)
    finally:
        with contextlib.suppress(OSError):
            building.unlink(missing_ok=True)


def load_books(path: Path, chain: bytes, block_hash_at: Any) -> tuple[int, dict[str, Book]] | None:
    """(size, books) if the file is whole and of this chain; ``block_hash_at(size)`` is the hash of block size - 1."""
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return None
            meta_digest, wanted = file.read(32), file.read(32)
            length = int.from_bytes(file.read(4), "little")
            if length > MAX_BUNDLE:
                return None
            data = file.read(length)
            if hashlib.sha256(data).digest() != meta_digest:
                return None  # before its counts are believed and room is made for so many members
            meta = decode(data, max_size=MAX_BUNDLE)
            assert isinstance(meta, dict)
            if meta["chain"] != chain or meta["head"] != block_hash_at(meta["size"]):
                return None
            digest = hashlib.sha256(data)
            with zstandard.ZstdDecompressor().stream_reader(file) as stream:
                books = [_book(item, stream, digest) for item in meta["plans"]]  # type: ignore[union-attr]
            if digest.digest() != wanted:
                return None
            return meta["size"], {book.plan: book for book in books}  # type: ignore[return-value]
    except (OSError, MutualchainError, KeyError, AssertionError, TypeError, ValueError, zstandard.ZstdError):
        return None


def _meta(book: Book, columns: list[NDArray[Any]]) -> dict[str, Any]:
    members = book.members
    columns += [getattr(members, name)[: members.count].astype(kind, copy=False) for name, kind in _COLUMNS]
    opened: list[Any] = []
    if book.open is not None:
        opened = [book.open.terms.to_bytes(), book.open.rows, len(book.open.slots)]
        parts = {name: getattr(book.open, name) for name, _ in _ROUND}
        parts["events"] = parts["events"][: book.open.rows]
        columns += [parts[name].astype(kind, copy=False) for name, kind in _ROUND]
    return {
        "plan": book.plan,
        "covenant": book.covenant.to_bytes(),
        "version": book.version,
        "members": [members.count, members.exits, members.levy],
        "cases": [
            [digest, case.slot, case.aid, -1 if case.round is None else case.round, case.paid]
            for digest, case in book.cases.items()
        ],
        "open": opened,
        "round": [book.rounds, book.surplus, book.deficit, book.snapshot_height, book.snapshot_time_ms],
        "totals": list(asdict(book.totals).values()),
    }


def _book(meta: Any, stream: Any, digest: Any) -> Book:
    book = Book(meta["plan"], Covenant.from_bytes(meta["covenant"]), meta["version"])
    count, exits, levy = meta["members"]
    members = Members()
    members.count, members.exits, members.levy = count, exits, levy
    for name, kind in _COLUMNS:
        column = _read(stream, digest, count, kind)
        setattr(members, name, column if count else getattr(members, name))
    book.members = members
    for case, slot, aid, number, paid in meta["cases"]:
        book.cases[case] = CaseState(slot, aid, None if number < 0 else number, paid)
    if meta["open"]:
        terms, rows, exceptions = meta["open"]
        sizes = {"events": rows}
        parts = [_read(stream, digest, sizes.get(name, exceptions), kind) for name, kind in _ROUND]
        book.open = OpenRound(RoundTerms.from_bytes(terms), rows, *parts)
    book.rounds, book.surplus, book.deficit, book.snapshot_height, book.snapshot_time_ms = meta["round"]
    book.totals = Totals(**{item.name: value for item, value in zip(fields(Totals), meta["totals"], strict=True)})
    return book


def _read(stream: Any, digest: Any, count: int, kind: str) -> NDArray[Any]:
    column: NDArray[Any] = np.empty(count, kind)
    raw = column.data.cast("B") if count else memoryview(b"")
    at = 0
    while at < len(raw):
        got = stream.readinto(raw[at : at + _CHUNK])
        if not got:
            raise ValueError("the state ends too early")
        at += got
    digest.update(raw)
    return column
