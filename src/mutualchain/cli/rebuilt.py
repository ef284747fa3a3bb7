"""What a reader of a ledger rebuilds from the chain, without the operator's keys: books, and the registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..archive.reading import Archive
from ..block.entry import CHAIN, Entry
from ..block.plan import PlanLeaf
from ..covenant.acts import chain_act_of
from ..covenant.institutions import Registry
from ..errors import PlanUnknown

if TYPE_CHECKING:
    from ..covenant.book import Book

__all__ = ["book_of", "registry_of"]


def registry_of(archive: Archive) -> Registry:
    """The institutions, from the chain's own entries."""
    registry = Registry()
    state = PlanLeaf.from_bytes(archive.plan_leaf(CHAIN, archive.size - 1) or b"")
    for _, leaf in archive.chain_entries(state.events_size):
        act = chain_act_of(Entry.from_bytes(archive.entry(leaf.height, leaf.index)))
        if act is not None:
            registry.apply(act)
    return registry


def book_of(archive: Archive, ledger: Path, plan: str, size: int | None = None) -> Book:
    """A plan's book: the state that was saved beside the ledger, and what was recorded since, replayed.

    ``size`` asks for the book after so many blocks. Raises PlanUnknown, and the first thing that the chain breaks.
    """
    from ..block.block import block_hash
    from ..ledger.opening import rebuild_books

    books, *_ = rebuild_books(archive, block_hash(archive.block(0)), ledger / "cache/state", size)
    if plan not in books:
        raise PlanUnknown(f"there is no plan {plan!r}", value=plan)
    return books[plan]
