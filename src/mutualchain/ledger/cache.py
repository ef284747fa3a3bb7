"""The books saved beside the store, so that opening a ledger need not replay its whole life.

A cache, nothing more: it names the chain, the size and the last block's hash it was made at, carries checksums (one
of what describes the columns, one of that and the columns), and is ignored (and the chain replayed) if anything about
it is not right. Deleting it is always safe.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from ..canonical import decode, encode
from ..covenant.book import Book
from ..covenant.institutions import Registry
from ..covenant.state import book_columns, book_from, book_value
from ..errors import MutualchainError
from ..limits import MAX_STATE

__all__ = ["load_books", "save_books"]

_MAGIC = b"mutualchain state v2\n"
_KINDS = ("<i8", "<u4", "<i4", "|u1")
_CHUNK = 1 << 24
_BROKEN = (
    OSError,
    MutualchainError,
    KeyError,
    AssertionError,
    AttributeError,
    TypeError,
    ValueError,
    StopIteration,
    zstandard.ZstdError,
)
"""Whatever a file that is no saved state can make of reading it."""


def save_books(path: Path, chain: bytes, size: int, head: bytes, books: dict[str, Book], registry: Registry) -> None:
    """Write the books as they stand after ``size`` blocks; atomically, replacing what was there."""
    columns: list[NDArray[Any]] = []
    plans = [_meta(book, columns) for book in books.values()]
    meta = {"chain": chain, "size": size, "head": head, "registry": registry.to_value(), "plans": plans}
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


def load_books(path: Path, chain: bytes, block_hash_at: Any) -> tuple[int, dict[str, Book], Registry] | None:
    """(size, books, institutions) if the file is whole and of this chain.

    ``block_hash_at(size)`` is the hash of block size - 1.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return None
            meta_digest, wanted = file.read(32), file.read(32)
            length = int.from_bytes(file.read(4), "little")
            if length > MAX_STATE:
                return None
            data = file.read(length)
            if hashlib.sha256(data).digest() != meta_digest:
                return None  # before its counts are believed and room is made for so many members
            meta = decode(data, max_size=MAX_STATE)
            assert isinstance(meta, dict)
            if meta["chain"] != chain or meta["head"] != block_hash_at(meta["size"]):
                return None
            digest = hashlib.sha256(data)
            with zstandard.ZstdDecompressor().stream_reader(file) as stream:
                registry = Registry.from_value(meta["registry"])
                books = [_book(item, stream, digest, registry) for item in meta["plans"]]  # type: ignore[union-attr]
            if digest.digest() != wanted:
                return None
            return meta["size"], {book.plan: book for book in books}, registry  # type: ignore[return-value]
    except _BROKEN:
        return None


def _meta(book: Book, columns: list[NDArray[Any]]) -> dict[str, Any]:
    named = book_columns(book)
    columns += named.values()
    shapes = [[name, column.dtype.str, len(column)] for name, column in named.items()]
    return {"book": book_value(book), "columns": shapes}


def _book(meta: Any, stream: Any, digest: Any, registry: Registry) -> Book:
    columns: dict[str, NDArray[Any]] = {}
    for name, kind, count in meta["columns"]:
        if kind not in _KINDS:
            raise ValueError("a column of an unknown kind")
        columns[name] = _read(stream, digest, count, kind)
    return book_from(meta["book"], columns, registry)


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
