"""What a store promises to the code above it, and the rules for keys and values that every store applies.

A store maps keys to values, both bytes, ordered by key as unsigned bytes. Beside them it keeps one
value, the *head*, that names the newest block.

1. **Atomic.** All that one ``write`` did becomes visible and durable together, or none of it does.
2. **Durable.** When a ``write`` has been left without an exception, what it wrote survives the death of
   the process and of the machine. Only then may anything be acknowledged.
3. **Compare and swap.** A ``write`` names the head it was made for and is refused, before its body runs,
   if the head is another one by then (HeadMoved).
4. **Snapshots.** A ``read`` sees the store as it was when the read began, whatever is written meanwhile.
   Readers never wait for a writer, nor a writer for readers.
5. **One writer.** Writes of one store take turns; a second process that wants to write is refused (StoreBusy).

``mutualchain.store.conformance`` is this list as code.

A transaction belongs to the ``with`` block that made it: reader, writer, scans and views refuse or lose
their validity when the block is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Protocol

from mutualchain.errors import LimitError, UsageError
from mutualchain.limits import MAX_STORE_KEY, MAX_STORE_VALUE

__all__ = [
    "HEAD_KEY",
    "Reader",
    "Store",
    "Writer",
    "check_key",
    "check_range",
    "check_value",
    "prefix_end",
]

HEAD_KEY: Final = b"\x00head"
"""Where a store that has only keys and values keeps the head. Keys that begin with a zero byte are the store's own."""
_FIRST_KEY: Final = b"\x01"


class Reader(Protocol):
    """One snapshot. Methods raise UsageError after the transaction has ended, LimitError for impossible keys."""

    def head(self) -> bytes | None:
        """The head of this snapshot; None while nothing has set one."""
        ...

    def get(self, key: bytes) -> bytes | None:
        """A copy of the value, or None."""
        ...

    def view(self, key: bytes) -> memoryview | None:
        """The value without copying it, read-only, or None.

        Valid only until the transaction ends; that includes arrays made from it (``numpy.frombuffer``), which
        no store can take back: they must be gone by then. Inside a write it is a view of a copy.
        """
        ...

    def scan(self, start: bytes, stop: bytes, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Pairs with ``start <= key < stop`` in the order of keys, or against it. Ends where nothing is left.

        Inside a write, writing while a scan is under way ends the scan with UsageError.
        """
        ...

    def last(self, start: bytes, stop: bytes) -> tuple[bytes, bytes] | None:
        """The pair with the greatest key in ``start <= key < stop``, or None."""
        ...


class Writer(Reader, Protocol):
    """The one write transaction under way. Reads through it see what it wrote."""

    def put(self, key: bytes, value: bytes) -> None:
        """Set a key, new or not. StoreFull when there is no room: the transaction is lost then."""
        ...

    def put_new(self, key: bytes, value: bytes) -> None:
        """Set a key that must not exist. AlreadyStored if it does, whatever its value: nothing is changed."""
        ...

    def delete(self, key: bytes) -> bool:
        """Remove a key; says whether it was there."""
        ...

    def set_head(self, head: bytes) -> None:
        """Make ``head`` the head, as part of this transaction."""
        ...


class Store(Protocol):
    """A ledger's storage. Safe to share between threads; not between a process and its forked children."""

    @property
    def path(self) -> Path | None:
        """The ledger's folder; None for a store without one."""
        ...

    @property
    def readonly(self) -> bool:
        """Whether ``write`` is refused with StoreReadOnly."""
        ...

    def head(self) -> bytes | None:
        """The head now."""
        ...

    def read(self) -> AbstractContextManager[Reader]:
        """A snapshot of now. Any number at once, in any threads."""
        ...

    def write(self, expected_head: bytes | None, *, reserve: int = 0) -> AbstractContextManager[Writer]:
        """The write transaction, once it is this caller's turn.

        ``expected_head`` is the head that the caller worked from, None for a store without one. ``reserve``
        says about how many bytes will be written; it matters only for gigabytes.

        Leaving the block commits durably and returns after that. An exception that leaves the block undoes
        everything. Raises HeadMoved, StoreReadOnly, StoreFull, StoreError; UsageError for a write inside a
        write of the same thread; CommitUncertain when only reopening can show whether the commit landed.
        """
        ...

    def copy_to(self, path: Path) -> None:
        """A consistent copy of now as a new ledger folder, while reading and writing go on.

        Raises StoreExists if the folder has anything in it, StoreFull when there is no room.
        """
        ...

    def close(self) -> None:
        """Give everything back. Later calls of anything but ``close`` raise UsageError."""
        ...


def check_key(key: bytes) -> None:
    """Refuse what no store takes as a key: LimitError for its length, UsageError for a wrong type or a first byte 0."""
    if not isinstance(key, bytes):
        raise UsageError(f"a store key is bytes, not {type(key).__name__}", value=key)
    if not 1 <= len(key) <= MAX_STORE_KEY:
        raise LimitError(f"a store key has 1 to {MAX_STORE_KEY} bytes, this one {len(key)}", value=key)
    if key[0] == 0:
        raise UsageError("keys that begin with a zero byte belong to the store itself", value=key)


def check_value(value: bytes) -> None:
    """Refuse what no store takes as a value: UsageError for the type, LimitError for length."""
    if not isinstance(value, bytes):
        raise UsageError(f"a store value is bytes, not {type(value).__name__}")
    if len(value) > MAX_STORE_VALUE:
        raise LimitError(f"a store value has at most {MAX_STORE_VALUE} bytes, this one {len(value)}")


def check_range(start: bytes, stop: bytes) -> tuple[bytes, bytes]:
    """The bounds of a scan, kept clear of the store's own keys. An empty ``start`` is the first key of all."""
    for bound in (start, stop):
        if not isinstance(bound, bytes):
            raise UsageError(f"a bound of a scan is bytes, not {type(bound).__name__}", value=bound)
        if len(bound) > MAX_STORE_KEY:
            raise LimitError(f"a bound of a scan has at most {MAX_STORE_KEY} bytes, this one {len(bound)}", value=bound)
    return max(start, _FIRST_KEY), stop


def prefix_end(prefix: bytes) -> bytes:
    """The least key above every key that begins with ``prefix``: the ``stop`` of a scan over them.

    Raises UsageError if there is none (no byte of the prefix is below 255).
    """
    kept = prefix.rstrip(b"\xff")
    if not kept:
        raise UsageError("no key lies above all keys with this prefix", value=prefix)
    return kept[:-1] + bytes([kept[-1] + 1])
