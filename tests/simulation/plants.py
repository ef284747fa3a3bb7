"""Defects, planted one at a time: the simulation must find each, or its silence means nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from mutualchain.ledger.endorsement import Endorsement
from mutualchain.ledger.writer import BlockWriter
from mutualchain.tlog.trust import TrustFile
from mutualchain.witness.core import Seen

from .clerk import Clerk
from .house import Brittle, House

Plant = Callable[[], Any]


def _answers_before_it_is_durable() -> Any:
    """A witness answers from memory, and writes a moment later: a crash in between makes it forget what it said."""
    rise = Clerk.rise

    def swap(self: Clerk, old: Seen, new: Seen) -> bool:
        if (self.durable.size, self.durable.root) != (old.size, old.root):
            return False
        written, life = _disk.setdefault(id(self), self.durable), self.life
        self.durable = new

        def write() -> None:
            if life == self.life:
                _disk[id(self)] = new

        assert written is not None
        self.clock.after(1.0, write)
        return True

    def wake(self: Clerk) -> None:
        self.durable = _disk.get(id(self), self.durable)
        rise(self)

    _disk: dict[int, Seen] = {}
    return patch.multiple(Clerk, swap=swap, rise=wake)


def _does_not_compare_before_it_swaps() -> Any:
    """A witness writes what it decided, whatever was written since it read its state."""

    def swap(self: Clerk, old: Seen, new: Seen) -> bool:
        self.durable = new
        return True

    return patch.object(Clerk, "swap", swap)


def _counts_quorums_that_need_not_meet() -> Any:
    """Half of the witnesses are taken for a quorum, whatever the trust file asks for."""

    def has_quorum(self: TrustFile, names: Iterable[str]) -> bool:
        return self.quorum is None or 2 * len(set(names)) >= len(self.witnesses)

    return patch.object(TrustFile, "has_quorum", has_quorum)


def _signs_after_a_restore() -> Any:
    """A ledger asks nobody whether it is the newest copy."""
    init = Endorsement.__init__

    def confirmed(self: Endorsement, *arguments: Any, **options: Any) -> None:
        init(self, *arguments, **{**options, "confirmed": True})

    return patch.object(Endorsement, "__init__", confirmed)


def _confirms_itself_with_old_cosignatures() -> Any:
    """Cosignatures that the stored note has already count as answers of now."""
    consider = Endorsement._consider

    def careless(self: Endorsement) -> None:
        if self._target is not None:
            self._fresh |= set(self._target.lines)
        consider(self)

    return patch.object(Endorsement, "_consider", careless)


def _sends_before_it_stores() -> Any:
    """A checkpoint goes to the witnesses before it is durable in the ledger's own store."""
    sign = BlockWriter.sign

    def eager(self: BlockWriter) -> None:
        sign(self)
        assert self.checkpoint is not None
        self.saved = self.checkpoint, self.state.size

    return patch.object(BlockWriter, "sign", eager)


def _acknowledges_before_it_is_durable() -> Any:
    """The store forgets its last write in a crash, as one without a sync would."""
    fall, write = House.fall, Brittle.write

    def forgetful(self: Brittle, expected_head: bytes | None, *, reserve: int = 0) -> Any:
        if reserve:
            _before[id(self.inner)] = dict(self.inner._state())  # type: ignore[attr-defined]
        else:  # whatever comes later carries it along
            _before.pop(id(self.inner), None)
        return write(self, expected_head, reserve=reserve)

    def forget(self: House) -> None:
        before = _before.pop(id(self.data), None)
        if before is not None:
            self.data._data = before
        fall(self)

    _before: dict[int, dict[bytes, bytes]] = {}
    return _both(patch.object(Brittle, "write", forgetful), patch.object(House, "fall", forget))


@contextmanager
def _both(*patches: Any) -> Iterator[None]:
    """Several patches as one context."""
    with ExitStack() as stack:
        for item in patches:
            stack.enter_context(item)
        yield


PLANTS: dict[str, Plant] = {
    "a witness answers before it is durable": _answers_before_it_is_durable,
    "a witness does not compare before it swaps": _does_not_compare_before_it_swaps,
    "quorums are counted that need not meet": _counts_quorums_that_need_not_meet,
    "a ledger signs after a restore": _signs_after_a_restore,
    "a ledger is confirmed by old cosignatures": _confirms_itself_with_old_cosignatures,
    "a ledger sends before it has stored": _sends_before_it_stores,
    "a ledger acknowledges before it is durable": _acknowledges_before_it_is_durable,
}
