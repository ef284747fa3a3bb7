"""What a witness has seen, in LMDB: one record a log, swapped atomically and durable before the answer.

    log/<SHA-256 of the origin>   canonical [1, origin, size, root, note, time]
    key/<SHA-256 of the vkey>     the vkey of a key that this state was made for

**Grouped.** Requests in flight share one durable commit: a thread takes all swaps that are waiting, applies each to
what the others left, commits, and only then tells them. While a commit waits for the disk, the next group gathers.

**Never back.** A swap that would shrink a tree, or change the root of a size, is refused whoever asks for it: what
is written has been decided above, and is checked here again.

**One key, one state.** Two cosignatures of one key contradict each other only when the state between them was lost. So
a state lists the keys it was made for, and opening it for another is refused: a new folder cannot serve an old key
by accident. Never restore a state from a backup. When a state is lost, its key is.

One process at a time (StoreBusy for a second), and no forked child.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from ..canonical import decode, encode
from ..errors import MutualchainError, UsageError, WitnessKeyError, WitnessStateError
from ..limits import MAX_STORE_VALUE, MAX_WITNESS_REQUEST
from ..store import LmdbStore, Reader, Store, Writer, prefix_end
from ..tlog.cosignature import CosignatureVerifier
from .core import NOTHING, Seen

__all__ = ["WitnessState"]

_VERSION: Final = 1
_MAP: Final = 1 << 32
"""Address space to begin with: 4 GiB, eight times the records of MAX_WITNESS_LOGS logs at their largest."""
_MAX_RECORD: Final = MAX_WITNESS_REQUEST + 1_024
_MAX_SWAPS: Final = 4_096
"""Swaps in one commit."""

assert _MAX_RECORD < MAX_STORE_VALUE


@dataclass(frozen=True, slots=True)
class _Swap:
    origin: str
    old: Seen
    new: Seen
    done: Future[bool] = field(default_factory=Future)


class WitnessState:
    """A witness's durable state; implements :class:`mutualchain.witness.core.States`. Safe to share between threads.

    ``on_commit`` is told, in the committing thread, how many swaps each durable commit carried.
    """

    def __init__(self, store: Store, *, on_commit: Callable[[int], None] = lambda count: None) -> None:
        self._store = store
        self._on_commit = on_commit
        self._changed = threading.Condition()
        self._waiting: list[_Swap] = []
        self._closing = False
        self._failure: MutualchainError | None = None
        self._thread = threading.Thread(target=self._run, name="mutualchain-witness-commit", daemon=True)
        self._thread.start()

    # --- making one -----------------------------------------------------------------------------

    @classmethod
    def create(cls, folder: Path, key: CosignatureVerifier) -> None:
        """A new, empty state in ``folder`` (new or empty) for ``key``, which has never signed anything.

        Raises StoreExists, StoreFull, StoreError.
        """
        with LmdbStore.create(folder, map_size=_MAP) as store:
            _add_key(store, key)

    @classmethod
    def add_key(cls, folder: Path, key: CosignatureVerifier) -> None:
        """Let an existing state serve ``key`` too: a new key, or one that has signed with this very state before.

        Raises as :meth:`open`, but not WitnessKeyError.
        """
        with LmdbStore.open(folder, map_size=_MAP) as store:
            _add_key(store, key)

    @classmethod
    def open(
        cls,
        folder: Path,
        keys: Iterable[CosignatureVerifier],
        *,
        on_commit: Callable[[int], None] = lambda count: None,
    ) -> Self:
        """The state in ``folder``, for a witness that signs with ``keys``.

        Raises WitnessKeyError when it was not made for one of them; StoreMissing, StoreBusy, StoreCorrupt, StoreError.
        """
        store = LmdbStore.open(folder, map_size=_MAP)
        try:
            with store.read() as reader:
                for key in keys:
                    if reader.get(_key_key(key)) != key.vkey.encode():
                        raise WitnessKeyError(
                            "this state was not made for the witness's key", value=key.vkey, place=str(folder)
                        )
        except BaseException:
            store.close()
            raise
        return cls(store, on_commit=on_commit)

    @staticmethod
    def look(folder: Path) -> tuple[tuple[str, ...], Mapping[str, Seen]]:
        """The vkeys that the state in ``folder`` was made for, and what was seen of each log, while it may be in use.

        Raises StoreMissing, StoreCorrupt, StoreError, WitnessStateError.
        """
        with LmdbStore.open(folder, readonly=True) as store, store.read() as reader:
            keys = tuple(value.decode() for _, value in reader.scan(_KEY, prefix_end(_KEY)))
            return keys, dict(_decode(value, None) for _, value in reader.scan(_LOG, prefix_end(_LOG)))

    # --- reading --------------------------------------------------------------------------------

    def get(self, origin: str) -> Seen:
        """The newest durable state of a log; NOTHING for one never seen. Raises WitnessStateError, StoreError."""
        with self._store.read() as reader:
            return _read(reader, origin)

    def all(self) -> Mapping[str, Seen]:
        """The states of all logs, by origin."""
        with self._store.read() as reader:
            return dict(_decode(value, None) for _, value in reader.scan(_LOG, prefix_end(_LOG)))

    # --- writing --------------------------------------------------------------------------------

    def submit(self, origin: str, old: Seen, new: Seen) -> Future[bool]:
        """:meth:`swap`, without waiting: the result comes when it is durable."""
        _check_step(origin, old, new)
        swap = _Swap(origin, old, new)
        with self._changed:
            if self._failure is not None:
                raise self._failure
            if self._closing:
                raise UsageError("the witness's state is closed")
            self._waiting.append(swap)
            self._changed.notify()
        return swap.done

    def swap(self, origin: str, old: Seen, new: Seen) -> bool:
        """Replace the state with ``old``'s size and root by ``new``, durably; False if it is another by then.

        Raises WitnessStateError for a step back, StoreFull and StoreError when nothing was changed, CommitUncertain
        when reopening has to show whether it was.
        """
        return self.submit(origin, old, new).result()

    @property
    def failure(self) -> MutualchainError | None:
        """Why nothing can be written any more, if so: only opening the state again helps."""
        return self._failure

    def close(self) -> None:
        """Commit what is waiting, and give everything back. A second call does nothing."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                group, self._waiting = self._waiting[:_MAX_SWAPS], self._waiting[_MAX_SWAPS:]
            if not group:
                return
            self._commit([swap for swap in group if swap.done.set_running_or_notify_cancel()])

    def _commit(self, group: list[_Swap]) -> None:
        try:
            with self._store.write(None) as writer:
                results = [_apply(writer, swap) for swap in group]
        except BaseException as error:
            self._fail(group, error)
            return
        self._on_commit(len(group))
        for swap, result in zip(group, results, strict=True):
            swap.done.set_result(result)

    def _fail(self, group: list[_Swap], error: BaseException) -> None:
        """Nothing of the group counts. Whether the state can still be used, the next group would find out: ask now."""
        try:
            with self._store.write(None):
                pass
        except MutualchainError as failure:
            self._failure = failure
        for swap in group:
            swap.done.set_exception(error)


_LOG: Final = b"log/"
_KEY: Final = b"key/"


def _log_key(origin: str) -> bytes:
    return _LOG + sha256(origin.encode()).digest()


def _key_key(key: CosignatureVerifier) -> bytes:
    return _KEY + sha256(key.vkey.encode()).digest()


def _add_key(store: Store, key: CosignatureVerifier) -> None:
    with store.write(None) as writer:
        writer.put(_key_key(key), key.vkey.encode())


def _apply(writer: Writer, swap: _Swap) -> bool:
    stored = _read(writer, swap.origin)
    if (stored.size, stored.root) != (swap.old.size, swap.old.root):
        return False
    new = swap.new
    record = encode([_VERSION, swap.origin, new.size, new.root, new.note, max(new.time, stored.time)])
    writer.put(_log_key(swap.origin), record)
    return True


def _check_step(origin: str, old: Seen, new: Seen) -> None:
    if new.size < old.size or (new.size == old.size and new.root != old.root):
        raise WitnessStateError(
            f"the state of {origin} would go from size {old.size} to {new.size}, or to another root", value=new.size
        )
    if not new.note or len(new.note) > MAX_WITNESS_REQUEST or new.time <= 0:
        raise UsageError("a state has the note that was cosigned, and when", value=origin)


def _read(reader: Reader, origin: str) -> Seen:
    value = reader.get(_log_key(origin))
    return NOTHING if value is None else _decode(value, origin)[1]


def _decode(value: bytes, origin: str | None) -> tuple[str, Seen]:
    try:
        decoded = decode(value, max_size=_MAX_RECORD)
    except MutualchainError:
        decoded = ()
    match decoded:
        case (1, str() as named, int() as size, bytes() as root, bytes() as note, int() as time) if (
            origin in (None, named) and size >= 0 and len(root) == 32 and note and time > 0
        ):
            return named, Seen(size, root, note, time)
    raise WitnessStateError("a record of the witness's state is damaged", value=value[:64], place=origin)
