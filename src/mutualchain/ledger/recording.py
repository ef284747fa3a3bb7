"""One act recorded: signatures and rules asked, then the entry, the notice to the member and the case's facts at once.

Everything that happens to a case, a sanction, a member's key or an institution goes through here. The entry and the
notice row of the member whom it concerns stand in one block (clause ``notice``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..archive import layout
from ..archive.case_facts import known_of
from ..block.entry import CHAIN, Entry, entry_hash
from ..covenant.acts import Act, Amendment, Request
from ..covenant.book import Book
from ..covenant.facts import Facts
from ..covenant.signing import verify_act, verify_chain_act
from ..covenant.stage import Stage
from ..errors import MutualchainError, UsageError
from ..sheet import schema, table
from .core import Core, reference_key
from .events import request_digest
from .opening import read_keys
from .receipts import Acknowledgement, GroupProofs
from .writer import NewSheet, head_value, make_sheet

__all__ = ["enrolled_key", "forget_facts", "record_act", "record_acts", "record_chain_act"]

_NOTICE = schema("notice/1")


def enrolled_key(core: Core, plan: str, slot: int) -> bytes:
    """The key with which a member joined. Raises SlotUnknown."""
    core.book(plan).balance(slot)
    with core.read() as archive:
        return bytes(read_keys(archive, plan, np.array([slot]))[0])


def _bytes_of(act: Act, plan: str) -> tuple[Entry, bytes]:
    """The entry, if it could be read back. Raises UsageError: what is wrong is what the caller gave."""
    try:
        entry = act.to_entry(plan)
        data = entry.to_bytes()
        type(act).from_entry(Entry.from_bytes(data))
    except MutualchainError as error:
        raise UsageError(error.message, value=error.value) from None
    return entry, data


def record_act(
    core: Core, plan: str, act: Act, reference: str | bytes, *, facts: Facts | None = None
) -> Acknowledgement:
    """Record an act of a plan. ``facts`` are a request's, kept beside the chain; later acts find them there.

    Raises what signatures and rules have against it; repeated, it returns the first acknowledgement.
    """
    name = reference_key(plan, reference)
    entry, data = _bytes_of(act, plan)
    request = request_digest(act.kind, plan, data)
    digest = entry_hash(data)
    with core.turn:
        seen = core.seen(plan, name, request)
        if seen is not None:
            return seen
        book = core.book(plan)
        time_ms = core.now()
        verify_act(book, core.chain, plan, act, time_ms, lambda slot: enrolled_key(core, plan, slot))
        book.check(act, digest, time_ms, _stored_facts(core, book, act) if facts is None else facts)
        slot = book.life.slot_of(act)
        stage = Stage(book)
        sheets, seq = ([], None) if slot is None else _notice(core, book, stage, slot, digest)
        place = {} if slot is None or seq is None else {"slot": slot, "seq": seq}
        extra = [(layout.reference(name), core.record_of(request, time_ms, "entry", 0, name=digest, **place))]
        if isinstance(act, Request) and facts is not None:
            extra.append((layout.facts(plan, digest), facts.to_bytes()))

        def apply() -> None:
            stage.apply()  # first: it writes the member's row as it was, and the act may change it
            book.apply(act, digest, time_ms)

        covenants = {plan: (act.version, act.hash)} if isinstance(act, Amendment) else None
        done = core.commit(time_ms, [entry], sheets, extra, apply, covenants)
    proofs = GroupProofs(done, [digest], [data])
    return Acknowledgement(plan, done.height, time_ms, slot, seq, digest=digest, _make=lambda: proofs.entry(0))


def record_acts(core: Core, plan: str, items: Sequence[tuple[Act, str | bytes]]) -> list[Acknowledgement]:
    """Record acts of a plan, each with its reference, in one block: entries in this order, and one sheet of notices.

    For acts on different cases that nobody signs, and at most MAX_ENTRIES_PER_BLOCK of them. Raises what the rules have
    against any of them, and records none then; what was recorded before under its reference is not recorded again.
    """
    found: dict[int, Acknowledgement] = {}
    fresh: list[_Made] = []
    with core.turn:
        book, time_ms = core.book(plan), core.now()
        stage = Stage(book)
        for at, (act, reference) in enumerate(items):
            name = reference_key(plan, reference)
            entry, data = _bytes_of(act, plan)
            request = request_digest(act.kind, plan, data)
            seen = core.seen(plan, name, request)
            if seen is not None:
                found[at] = seen
                continue
            digest = entry_hash(data)
            book.check(act, digest, time_ms, _stored_facts(core, book, act))
            slot = book.life.slot_of(act)
            seq = None if slot is None else stage.notice(slot)
            place = {} if slot is None or seq is None else {"slot": slot, "seq": seq}
            record = core.record_of(request, time_ms, "entry", len(fresh), name=digest, **place)
            fresh.append(_Made(at, act, entry, data, digest, slot, seq, (layout.reference(name), record)))
        if fresh:
            found |= _commit_acts(core, book, stage, fresh, time_ms)
    return [found[at] for at in range(len(items))]


class _Made(NamedTuple):
    """An act that is to be recorded: its place among those given, its entry, and the member who gets a notice."""

    at: int
    act: Act
    entry: Entry
    data: bytes
    digest: bytes
    slot: int | None
    seq: int | None
    extra: tuple[bytes, bytes]


def _commit_acts(core: Core, book: Book, stage: Stage, made: list[_Made], time_ms: int) -> dict[int, Acknowledgement]:
    noticed = [item for item in made if item.slot is not None]
    rows: dict[str, Any] = {
        "slot": [m.slot for m in noticed],
        "seq": [m.seq for m in noticed],
        "entry": [m.digest for m in noticed],
    }
    sheets = [make_sheet(core.context(book.plan, _NOTICE.name), table(_NOTICE, rows))] if noticed else []

    def apply() -> None:
        stage.apply()
        for item in made:
            book.apply(item.act, item.digest, time_ms)

    done = core.commit(time_ms, [m.entry for m in made], sheets, [m.extra for m in made], apply)
    proofs = GroupProofs(done, [m.digest for m in made], [m.data for m in made])
    return {
        item.at: Acknowledgement(
            book.plan, done.height, time_ms, item.slot, item.seq, digest=item.digest, _make=partial(proofs.entry, place)
        )
        for place, item in enumerate(made)
    }


def _stored_facts(core: Core, book: Book, act: Act) -> Facts | int | None:
    if isinstance(act, Request) or book.life.case_of(act) is None:
        return None
    with core.read() as archive:
        return known_of(archive, book, act, b"")


def _notice(core: Core, book: Book, stage: Stage, slot: int, digest: bytes) -> tuple[list[NewSheet], int]:
    seq = stage.notice(slot)
    columns = table(_NOTICE, {"slot": [slot], "seq": [seq], "entry": [digest]})
    return [make_sheet(core.context(book.plan, _NOTICE.name), columns)], seq


def record_chain_act(core: Core, act: Act, reference: str | bytes) -> Acknowledgement:
    """Record an institution's act, an entry of the chain itself."""
    name = reference_key(CHAIN, reference)
    entry, data = _bytes_of(act, CHAIN)
    request = request_digest(act.kind, CHAIN, data)
    with core.turn:
        seen = core.seen(CHAIN, name, request)
        if seen is not None:
            return seen
        verify_chain_act(core.registry, core.chain, act)
        core.registry.check(act)
        return core.commit_entry(entry, name, request, lambda: core.registry.apply(act))


def forget_facts(core: Core, plan: str, case: bytes) -> None:
    """Remove the opened facts of a case from the store."""
    with core.turn:
        core.usable()
        state = core.writer.state
        with core.store.write(head_value(state.size, state.previous)) as writer:
            writer.delete(layout.facts(plan, case))
