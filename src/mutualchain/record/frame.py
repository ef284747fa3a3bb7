"""The frame of every file that people get (SPEC.md section 9): a line, a length, a checksum, one gzip member.

    magic line     "mutualchain <kind> v1\\n"
    length         u32, little-endian: bytes of the gzip member
    checksum       SHA-256 of the gzip member
    payload        one gzip member (mtime 0) of canonical msgpack

The length tells a file that is incomplete (MC-012) from one that was changed (MC-013); neither the checksum nor
gzip's own proves anything about who wrote it. Inflating stops at a hard cap.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from typing import Final

from ..canonical import Value, decode, encode
from ..errors import FrameDamaged, FrameError, LimitError, UnsupportedVersion, UsageError
from ..limits import MAX_BUNDLE, MAX_BUNDLE_FILE

__all__ = [
    "DISCLOSURE",
    "EVIDENCE",
    "INVITATION",
    "JOIN",
    "OPENING",
    "PIN",
    "RECEIPT",
    "RECORD",
    "Shared",
    "magic",
    "unwrap",
    "wrap",
]

RECORD: Final = "record"
RECEIPT: Final = "receipt"
DISCLOSURE: Final = "disclosure"
EVIDENCE: Final = "evidence"
INVITATION: Final = "invitation"
JOIN: Final = "join"
OPENING: Final = "opening"
PIN: Final = "pin"
_KINDS: Final = {RECORD, RECEIPT, DISCLOSURE, EVIDENCE, INVITATION, JOIN, OPENING, PIN}
_MAGIC: Final = b"mutualchain "
_LINE: Final = re.compile(rb"mutualchain ([a-z]{1,20}) v[0-9]{1,4}\Z")
_OTHER: Final = "`mutualchain show` says what a file is, and how it is checked."
_GZIP: Final = 31
"""zlib's window bits for one gzip member; its header then carries no name and no time."""


def magic(kind: str) -> bytes:
    """The first line of a file of ``kind``."""
    return _MAGIC + kind.encode() + b" v1\n"


def wrap(kind: str, value: object) -> bytes:
    """The file of ``kind`` that holds ``value``. The same value gives the same bytes, under the same zlib."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, _GZIP)
    payload = deflater.compress(encode(value)) + deflater.flush()
    return _framed(kind, payload)


class Shared:
    """Files whose contents begin alike: what they share is compressed once, and each is what ``wrap`` gives for it."""

    def __init__(self, kind: str, beginning: bytes) -> None:
        """``beginning`` are the first bytes of every file's canonical content."""
        self._kind = kind
        self._deflater = zlib.compressobj(9, zlib.DEFLATED, _GZIP)
        self._begun = self._deflater.compress(beginning)

    def finish(self, rest: bytes) -> bytes:
        """The file whose content goes on, and ends, with ``rest``."""
        deflater = self._deflater.copy()
        return _framed(self._kind, self._begun + deflater.compress(rest) + deflater.flush())


def _framed(kind: str, payload: bytes) -> bytes:
    return magic(kind) + len(payload).to_bytes(4, "little") + hashlib.sha256(payload).digest() + payload


def unwrap(kind: str, data: bytes, most: int = MAX_BUNDLE) -> Value:
    """The value in a file of ``kind``; nothing of it is verified yet. Inflated it has ``most`` bytes at most.

    Raises FrameError (another kind of file, or incomplete), UnsupportedVersion, FrameDamaged, LimitError,
    CanonicalError; UsageError for what is not bytes.
    """
    if type(data) is not bytes:
        raise UsageError("a file's content is bytes", value=type(data).__name__)
    if len(data) > MAX_BUNDLE_FILE:
        raise LimitError(f"the file has {len(data)} bytes where at most {MAX_BUNDLE_FILE} are allowed")
    if not data:
        raise FrameError("the file is empty")
    payload = _payload(kind, data)
    inflater = zlib.decompressobj(wbits=_GZIP)
    try:
        content = inflater.decompress(payload, most + 1)
    except zlib.error:
        raise FrameDamaged("the file's content cannot be inflated") from None
    if len(content) > most:
        raise LimitError(f"the file's content is larger than {most} bytes")
    if not inflater.eof or inflater.unused_data:
        raise FrameDamaged("the file's content is not one gzip member")
    return decode(content, max_size=most)


def _payload(kind: str, data: bytes) -> bytes:
    first = magic(kind)
    if not data.startswith(first):
        if first.startswith(data):
            raise FrameError("the file is incomplete")
        line = data[:64].split(b"\n", 1)[0]
        found = _LINE.match(line)
        if found and found[1].decode() == kind:
            raise UnsupportedVersion("a file of an unknown version", value=line)
        if found and found[1].decode() in _KINDS:
            raise FrameError(f"this is {_a(found[1].decode())} file, not {_a(kind)} file", hint=_OTHER)
        raise FrameError(f"this is not {_a(kind)} file of mutualchain", value=line[:32], hint=_OTHER)
    rest = data[len(first) :]
    if len(rest) < 36 or len(rest) - 36 < int.from_bytes(rest[:4], "little"):
        raise FrameError("the file is incomplete")
    payload = rest[36:]
    if len(payload) != int.from_bytes(rest[:4], "little") or hashlib.sha256(payload).digest() != rest[4:36]:
        raise FrameDamaged("the file was changed after it was written, or damaged on its way")
    return payload


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
