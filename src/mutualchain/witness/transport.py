"""The client's HTTP: one request at a time to one witness, with a deadline, and a cap on what is read.

Only ``http`` and ``https`` URLs; no redirects, no proxies from the environment, no compression. A witness that sends a
byte a second, of its headers, a chunk's length or the body, is cut off at the deadline: a timer closes the connection
under the thread that waits, as :meth:`Channel.abort` does from outside.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import Final, Self
from urllib.parse import urlsplit

from ..errors import UsageError
from ..limits import MAX_WITNESS_ANSWER
from .conversation import Answer

__all__ = ["Answer", "Channel", "NoAnswer", "check_url"]

_READ: Final = 8_192


class NoAnswer(Exception):
    """No usable answer came: refused, cut off, too late, too long. The text says why."""


def check_url(url: str) -> str:
    """``url`` without a slash at its end. Raises UsageError for what is no http or https prefix."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable, parts = False, urlsplit("")
    if not usable or parts.query or parts.fragment or parts.username is not None or not url.isascii():
        raise UsageError("a witness's URL is an http or https address without query and password", value=url)
    if any(character <= " " or character == "\x7f" for character in url):
        raise UsageError("a witness's URL has no white space", value=url[:200])
    return url.rstrip("/")


class Channel:
    """Requests to the server of one URL prefix, one after the other, over one connection while it lasts."""

    def __init__(self, prefix: str, deadline: float) -> None:
        """``deadline`` is on the clock of ``time.monotonic``. Raises UsageError as :func:`check_url`."""
        parts = urlsplit(check_url(prefix))
        self._secure = parts.scheme == "https"
        self._host, self._port, self._path = parts.hostname or "", parts.port, parts.path.rstrip("/")
        self._deadline = deadline
        self._lock = threading.Lock()
        self._aborted = False
        self._connection: http.client.HTTPConnection | None = None
        self._sock: socket.socket | None = None  # a connection gives it up before the last answer is read

    def request(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """Send ``body`` to the prefix with ``path`` behind it. Raises NoAnswer."""
        watch = threading.Timer(max(self._deadline - time.monotonic(), 0.0), self._cut)
        watch.daemon = True
        watch.start()
        try:
            connection = self._connected()
            headers = {"User-Agent": "mutualchain", "Accept-Encoding": "identity"}
            if body is not None:
                headers["Content-Type"] = "application/octet-stream"
            connection.request(method, self._path + path, body, headers)
            response = connection.getresponse()
            answer = self._read(response)
        except (OSError, http.client.HTTPException, ValueError) as error:
            late = time.monotonic() >= self._deadline or self._aborted
            self._drop()
            raise NoAnswer(_reason(TimeoutError() if late else error)) from None
        finally:
            watch.cancel()
        if response.will_close:
            self._drop()
        return answer

    def extend(self, deadline: float) -> None:
        """A later deadline, for one more request; not while one is under way."""
        self._deadline = deadline

    def abort(self) -> None:
        """End the request under way, from another thread, and refuse further ones."""
        with self._lock:
            self._aborted = True
        self._cut()

    def _cut(self) -> None:
        with self._lock:
            sock = self._sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the connection back; the next request makes a new one. Not while one is under way."""
        self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connected(self) -> http.client.HTTPConnection:
        seconds = self._remaining()
        if self._connection is not None and self._connection.sock is not None:
            self._connection.sock.settimeout(seconds)
            return self._connection
        connection = (
            http.client.HTTPSConnection(self._host, self._port, timeout=seconds, context=ssl.create_default_context())
            if self._secure
            else http.client.HTTPConnection(self._host, self._port, timeout=seconds)
        )
        with self._lock:
            if self._aborted:
                raise TimeoutError
            self._connection = connection
        connection.connect()
        with self._lock:
            if self._aborted:
                raise TimeoutError
            self._sock = connection.sock
        return connection

    def _read(self, response: http.client.HTTPResponse) -> Answer:
        body = bytearray()
        while True:
            left = self._remaining()
            if self._sock is not None:
                self._sock.settimeout(left)
            chunk = response.read1(_READ)
            if not chunk:
                break
            body += chunk
            if len(body) > MAX_WITNESS_ANSWER:
                raise http.client.HTTPException("the answer is too long")
        self._remaining()  # what was cut off at the deadline is no end
        if response.length:
            raise http.client.IncompleteRead(bytes(body), response.length)
        response.close()  # read1 does not notice the end of a counted body
        after = response.headers.get("Retry-After", "")
        seconds = float(after) if after.isascii() and after.isdigit() and len(after) < 6 else None
        return Answer(response.status, response.headers.get("Content-Type", ""), seconds, bytes(body))

    def _remaining(self) -> float:
        seconds = self._deadline - time.monotonic()
        if seconds <= 0 or self._aborted:
            raise TimeoutError
        return seconds

    def _drop(self) -> None:
        with self._lock:
            connection, self._connection, self._sock = self._connection, None, None
        if connection is not None:
            connection.close()


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "did not answer in time"
    if isinstance(error, OSError):
        return f"cannot be reached: {error.strerror or error}"
    return f"answered with what is no usable HTTP: {str(error)[:100] or type(error).__name__}"
