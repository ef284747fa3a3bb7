"""What a ledger that is open for writing can be asked: its head, its plans and members, a snapshot, a backup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ..archive.reading import Archive
from ..covenant.book import Book
from ..errors import SignerFailed, StoreFull
from ..limits import MAX_ROWS
from . import arguments
from .core import Core

__all__ = ["Reading"]


class Reading:
    """The part of a ledger that changes nothing."""

    _core: Core

    @property
    def origin(self) -> str:
        """The checkpoint origin."""
        return self._core.writer.state.origin

    @property
    def chain(self) -> bytes:
        """The chain's identity: the hash of its genesis block."""
        return self._core.chain

    @property
    def size(self) -> int:
        """Blocks recorded."""
        return self._core.writer.state.size

    @property
    def plans(self) -> list[str]:
        """The names of all plans."""
        return sorted(self._core.books)

    def book(self, plan: str) -> Book:
        """A plan's state, for reading only. Raises PlanUnknown."""
        return self._core.book(plan)

    def balance(self, plan: str, slot: int) -> int:
        """A member's balance in minor units. Raises PlanUnknown, SlotUnknown."""
        arguments.whole(slot, "a slot", MAX_ROWS)
        with self._core.turn:  # a round that is being settled shows whole or not at all
            return self._core.book(plan).balance(slot)

    def next_seq(self, plan: str, slot: int) -> int:
        """The running number that the member's next event takes: what she signs over."""
        arguments.whole(slot, "a slot", MAX_ROWS)
        with self._core.turn:
            book = self._core.book(plan)
            book.balance(slot)
            return int(book.members.seq[slot])

    def find(self, plan: str, public_key: bytes) -> int | None:
        """The slot of a public key, or None. Raises PlanUnknown."""
        arguments.octets(public_key, "a public key")
        with self._core.turn:
            self._core.usable()
            self._core.book(plan)
            return self._core.index(plan).find(public_key)

    @contextmanager
    def read(self) -> Iterator[Archive]:
        """A consistent snapshot of everything recorded, under the checkpoint over it.

        Where that cannot be signed or stored now, under the newest stored one.
        """
        core = self._core
        with ExitStack() as stack:
            with core.turn:
                core.usable()
                with suppress(SignerFailed, StoreFull):
                    core.flush()
                archive = stack.enter_context(core.read())
            yield archive

    def backup(self, path: Path | str) -> None:
        """A consistent copy as a new ledger folder, without keys, while writing goes on.

        Raises StoreExists, StoreFull.
        """
        place = arguments.folder(path)
        with self._core.turn:
            self._core.usable()
            with suppress(SignerFailed, StoreFull):
                self._core.flush()
        self._core.store.copy_to(place)
