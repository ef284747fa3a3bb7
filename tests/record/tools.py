"""Files taken apart and put together again, as somebody would who has everything but the operator's keys."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mutualchain import canonical
from mutualchain.errors import MutualchainError, RuleBroken
from mutualchain.record.bundle import RecordBundle
from mutualchain.record.facts import VerifiedRecord
from mutualchain.record.verify import verify_record
from mutualchain.tlog import checkpoint, note
from mutualchain.tlog.trust import TrustFile

HEAD = len(b"mutualchain record v1\n")


def digest(text: str) -> bytes:
    """32 bytes that anybody can make again."""
    return hashlib.sha256(text.encode()).digest()


def frame_of(content: bytes, kind: str = "record") -> bytes:
    """A file around any content, with the right length and checksum."""
    deflater = zlib.compressobj(1, zlib.DEFLATED, 31)
    payload = deflater.compress(content) + deflater.flush()
    head = b"mutualchain " + kind.encode() + b" v1\n"
    return head + len(payload).to_bytes(4, "little") + hashlib.sha256(payload).digest() + payload


def content_of(data: bytes) -> bytes:
    """The canonical bytes inside a file."""
    return gzip.decompress(data[data.index(b"\n") + 37 :])


def thaw(value: Any) -> Any:
    """A decoded value with lists for tuples, to be changed."""
    if isinstance(value, tuple):
        return [thaw(item) for item in value]
    if isinstance(value, dict):
        return {key: thaw(item) for key, item in value.items()}
    return value


def tree_of(data: bytes) -> Any:
    """The decoded content of a file, to be changed."""
    return thaw(canonical.decode(content_of(data), max_size=1 << 26))


def file_of(tree: Any, kind: str = "record") -> bytes:
    """The file that holds a tree."""
    return frame_of(canonical.encode(tree), kind)


def edited(data: bytes, edit: Callable[[Any], object]) -> bytes:
    """A file whose tree was changed in place by ``edit``."""
    tree = tree_of(data)
    edit(tree)
    return file_of(tree)


def said(record: VerifiedRecord) -> tuple[Any, ...]:
    """Everything that a verified record says, the note's own bytes left out."""
    checkpoint = record.checkpoint
    identity = checkpoint.origin, checkpoint.size, checkpoint.root, checkpoint.cosignatures
    return (identity, replace(record, checkpoint=None))  # type: ignore[arg-type]


class ForgeryAccepted(AssertionError):
    """A changed file was accepted and says something else."""


def earlier_roots(bundle: RecordBundle) -> dict[int, bytes]:
    """By size, the roots of the books that a verified file is shown to continue: what a pin is held against."""
    head = checkpoint.parse(note.parse(bundle.checkpoint).text)
    return dict(bundle.extends.verify(head.size, head.root).roots())


def verdict(
    data: bytes,
    trust: TrustFile,
    key: bytes | None,
    truth: tuple[Any, ...],
    book: Mapping[int, bytes] | None = None,
) -> MutualchainError | None:
    """What a reader is told of a changed file: an error, or None if it says just what the true one says.

    Nothing but MutualchainError may escape; the verdict is "tampered" or "could not check"; an edited file must never
    put the blame on the operator. ``book`` has the root of the true book at each of its sizes: an accepted file may
    show fewer of them to be continued, and no other.
    """
    try:
        record = verify_record(data, trust, public_key=key)
    except RuleBroken as error:
        raise ForgeryAccepted(f"an edited file accuses the operator: {error.message}") from error
    except MutualchainError as error:
        found = error
    else:
        if said(record) != truth:
            raise ForgeryAccepted(f"a changed file says something else: {record.to_value()}")
        if book is not None:
            for size, root in earlier_roots(bundle_of(data)).items():
                if book.get(size) != root:
                    raise ForgeryAccepted(f"a changed file continues a book of {size} blocks that there never was")
        return None
    assert found.exit_code in (1, 3), found.diagnostics()
    return found


def bundle_of(data: bytes) -> RecordBundle:
    """The parsed bundle."""
    return RecordBundle.from_bytes(data)
