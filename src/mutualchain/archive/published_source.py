"""Files of a published ledger, fetched from a folder or a server: bounded, retried, cached, counted.

A source returns bytes and believes nothing. Each ``get`` names the most that the file may have; what is longer is
not read to the end. Servers are asked with ``Accept-Encoding: gzip, identity``; redirects are refused, so that a
reader knows whom she tells which files she wants; proxies of the environment are not used.

The cache in a folder holds each file after its SHA-256, so that a damaged one is fetched again. Whatever fails
verification is forgotten by the reader (:meth:`Files.forget`). The checkpoint is never cached.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import socket
import ssl
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote, urlsplit

from ..errors import FileMissing, PublishedMissing, PublishedTooLarge, SourceUnreachable, UsageError
from ..limits import MAX_PUBLISHED_CACHE

__all__ = ["Counts", "Files", "Folder", "Limits", "Server", "Source", "source_of"]

_READ: Final = 1 << 16
_AGAIN: Final = (408, 425, 429, 500, 502, 503, 504)
_MISSING: Final = (403, 404, 410)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how often a reader tries: seconds for a connection, for a whole file, attempts, and at once."""

    connect_seconds: float = 10.0
    file_seconds: float = 60.0
    attempts: int = 3
    pause_seconds: float = 0.3
    at_once: int = 8
    cache_bytes: int = MAX_PUBLISHED_CACHE


@dataclass(slots=True)
class Counts:
    """Requests made of the source, and bytes that came from it."""

    requests: int = 0
    bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, requests: int, size: int) -> None:
        """Count more; from any thread."""
        with self._lock:
            self.requests += requests
            self.bytes += size


class Source(Protocol):
    """Where files lie."""

    counts: Counts

    def fetch(self, path: str, most: int) -> bytes:
        """The file. Raises PublishedMissing, PublishedTooLarge, SourceUnreachable."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


class Folder:
    """A published ledger in a folder."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise FileMissing("there is no such folder", value=str(path))
        self._path = path
        self.counts = Counts()

    def fetch(self, path: str, most: int) -> bytes:
        """The file, if it is one of at most ``most`` bytes."""
        try:
            with open(self._path / path, "rb") as file:
                data = file.read(most + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise PublishedMissing("a published file is missing", place=path) from None
        except OSError as error:
            raise SourceUnreachable(f"a published file cannot be read: {error.strerror}", place=path) from None
        finally:
            self.counts.add(1, 0)
        self.counts.add(0, len(data))
        if len(data) > most:
            raise PublishedTooLarge(f"a published file is longer than {most} bytes", value=most, place=path)
        return data

    def close(self) -> None:
        """Nothing to give back."""


class Server:
    """A published ledger behind an ``http`` or ``https`` prefix. One connection a thread, kept open."""

    def __init__(self, url: str, limits: Limits, sleep: Callable[[float], None] = time.sleep) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            raise UsageError("the address has an impossible port", value=url) from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError("a published ledger lies in a folder or behind an http or https address", value=url)
        if parts.username or parts.password or parts.query or parts.fragment:
            raise UsageError("the address has no user, query or fragment", value=url)
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, port
        self._prefix = quote(parts.path.rstrip("/"), safe="/%")
        self._limits = limits
        self._sleep = sleep
        self._local = threading.local()
        self._open: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self._tls = ssl.create_default_context() if self._secure else None
        self.counts = Counts()

    def fetch(self, path: str, most: int) -> bytes:
        """The file, after as many attempts as the limits allow."""
        pause = self._limits.pause_seconds
        for left in range(self._limits.attempts - 1, -1, -1):
            try:
                return self._once(path, most)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._drop()
                if not left:
                    told = str(error) or type(error).__name__
                    raise SourceUnreachable(f"the server did not answer: {told[:120]}", place=path) from None
            self._sleep(pause)
            pause *= 3
        raise UsageError("a reader makes one attempt at least", value=self._limits.attempts)

    def _connection(self) -> http.client.HTTPConnection:
        found: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if found is None:
            seconds = self._limits.connect_seconds
            if self._tls is not None:
                found = http.client.HTTPSConnection(self._host, self._port, timeout=seconds, context=self._tls)
            else:
                found = http.client.HTTPConnection(self._host, self._port, timeout=seconds)
            self._local.connection = found
            with self._lock:
                self._open.append(found)
        return found

    def _drop(self) -> None:
        found = getattr(self._local, "connection", None)
        if found is not None:
            found.close()
            self._local.connection = None
            with self._lock:
                if found in self._open:
                    self._open.remove(found)

    def _once(self, path: str, most: int) -> bytes:
        deadline = time.monotonic() + self._limits.file_seconds
        connection = self._connection()
        self.counts.add(1, 0)
        held: list[socket.socket] = []
        watch = threading.Timer(self._limits.file_seconds, _abort, (connection, held))
        watch.daemon = True
        watch.start()  # breaks the connection: headers, a chunk's length or trailers may come a byte at a time
        try:
            response = self._answer(connection, path, held)
            try:
                self._check_status(response, path)
                inflate = _inflater(response.getheader("Content-Encoding"), path)
                return self._body(response, most, inflate, deadline, path)
            except BaseException:
                response.close()  # what is left is not read; an answer that ends its connection holds the socket
                raise
        except BaseException:
            self._drop()
            raise
        finally:
            watch.cancel()

    def _answer(
        self, connection: http.client.HTTPConnection, path: str, held: list[socket.socket]
    ) -> http.client.HTTPResponse:
        """The head of an answer. ``held`` gets the socket, which a connection gives up before the answer is read."""
        headers = {"Accept-Encoding": "gzip, identity", "User-Agent": "mutualchain"}
        connection.request("GET", f"{self._prefix}/{path}", headers=headers)
        held.append(connection.sock)
        return connection.getresponse()

    def _check_status(self, response: http.client.HTTPResponse, path: str) -> None:
        status = response.status
        if status == 200:
            return
        if status in _MISSING:
            raise PublishedMissing(f"a published file is missing (HTTP {status})", place=path)
        if 300 <= status < 400:
            raise SourceUnreachable("the server redirects, and redirects are not followed", value=status, place=path)
        if status in _AGAIN:
            raise http.client.HTTPException(f"HTTP {status}")
        raise SourceUnreachable(f"the server answers with HTTP {status}", value=status, place=path)

    def _body(
        self, response: http.client.HTTPResponse, most: int, inflate: _Inflate, deadline: float, path: str
    ) -> bytes:
        found = bytearray()
        received = 0
        cap = most + most // 1000 + 1024  # what gzip adds where nothing can be compressed
        while True:
            part = response.read1(_READ)
            if time.monotonic() > deadline:  # what was cut off then is no end either
                raise TimeoutError(f"not finished after {self._limits.file_seconds:g} seconds")
            self.counts.add(0, len(part))
            received += len(part)
            found += inflate(part, most + 1 - len(found))
            if len(found) > most or received > cap:
                raise PublishedTooLarge(f"a published file is longer than {most} bytes", value=most, place=path)
            if not part:
                break
        if response.length:  # fewer bytes than the server announced
            raise http.client.IncompleteRead(bytes(found[:16]), response.length)
        response.close()  # the answer was read whole: the connection takes the next request
        return bytes(found)

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()


def _abort(connection: http.client.HTTPConnection, held: list[socket.socket]) -> None:
    for sock in held or [connection.sock]:
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


_Inflate = Callable[[bytes, int], bytes]


def _inflater(encoding: str | None, path: str) -> _Inflate:
    if encoding is None or encoding.lower() == "identity":
        return lambda part, room: part
    if encoding.lower() not in ("gzip", "x-gzip"):
        raise SourceUnreachable("the server compresses in a way that it was not asked for", value=encoding, place=path)
    unpacker = zlib.decompressobj(31)

    def inflate(part: bytes, room: int) -> bytes:
        try:
            if part:
                return unpacker.decompress(part, max(room, 1))
        except zlib.error as error:
            raise http.client.HTTPException(f"what the server compressed cannot be inflated: {error}") from None
        if not unpacker.eof:
            raise http.client.HTTPException("what the server compressed ends too early")
        return b""

    return inflate


class Files:
    """A source with caches: in memory, least recently used out first, and in ``folder`` if one is given."""

    def __init__(self, source: Source, limits: Limits, folder: Path | None = None) -> None:
        self.source = source
        self._limits = limits
        self._folder = folder
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    def get(self, path: str, most: int) -> bytes:
        """A file that never changes. Raises PublishedMissing, PublishedTooLarge, SourceUnreachable."""
        with self._lock:
            data = self._held.get(path)
            if data is not None:
                self._held.move_to_end(path)
                return data
        data = self._cached(path, most)
        if data is None:
            data = self.source.fetch(path, most)
            self._keep(path, data)
        with self._lock:
            self._bytes += len(data) - len(self._held.pop(path, b""))
            self._held[path] = data
            while self._bytes > self._limits.cache_bytes and len(self._held) > 1:
                self._bytes -= len(self._held.popitem(last=False)[1])
        return data

    def fresh(self, path: str, most: int) -> bytes:
        """A file that changes, from its place itself."""
        return self.source.fetch(path, most)

    def prefetch(self, wanted: Iterable[tuple[str, int]]) -> None:
        """Fetch all of these (path, most), several at once. What cannot be had is left for :meth:`get` to report."""
        jobs = list(dict.fromkeys(wanted))
        if self._limits.at_once < 2 or len(jobs) < 2:
            for job in jobs:
                self._try(job)
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._limits.at_once, thread_name_prefix="published")
        for _ in self._pool.map(self._try, jobs):
            pass

    def _try(self, job: tuple[str, int]) -> None:
        try:
            self.get(*job)
        except (PublishedMissing, PublishedTooLarge, SourceUnreachable):
            return

    def forget(self, path: str) -> None:
        """Drop a file that turned out to be wrong from both caches."""
        with self._lock:
            self._bytes -= len(self._held.pop(path, b""))
        if self._folder is not None:
            self._place(path).unlink(missing_ok=True)

    def _place(self, path: str) -> Path:
        assert self._folder is not None
        name = hashlib.sha256(path.encode()).hexdigest()
        return self._folder / name[:2] / name[2:]

    def _cached(self, path: str, most: int) -> bytes | None:
        if self._folder is None:
            return None
        try:
            with open(self._place(path), "rb") as file:
                data = file.read(most + 33)
        except OSError:
            return None
        whole = len(data) <= most + 32 and hashlib.sha256(data[32:]).digest() == data[:32]
        return data[32:] if whole else None

    def _keep(self, path: str, data: bytes) -> None:
        if self._folder is None:
            return
        place = self._place(path)
        passing = place.with_name(f"{place.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            passing.write_bytes(hashlib.sha256(data).digest() + data)
            os.replace(passing, place)
        except OSError:
            passing.unlink(missing_ok=True)  # a cache that cannot be written is none

    def close(self) -> None:
        """Stop the threads and close the source."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
        self.source.close()


def source_of(place: Path | str, limits: Limits) -> Source:
    """The folder or server at ``place``. Raises UsageError for other schemes, FileMissing for no folder."""
    if isinstance(place, str) and "://" in place:
        return Server(place, limits)
    return Folder(Path(place))
