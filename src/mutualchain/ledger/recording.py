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
from ..archive.facts_vault import FactsVault
from ..block.entry import CHAIN, Entry, entry_hash
from ..covenant.acts import Act, Amendment, Disclosure, Erasure, Refusal, Request
from ..covenant.book import Book
from ..covenant.facts import Facts
from ..covenant.rehearsal import ALONE, rehearse
from ..covenant.signing import verify_act, verify_chain_act
from ..covenant.stage import Stage
from ..errors import MutualchainError, ReferenceConflict, UsageError, VaultMissing
from ..sheet import schema, table
from .core import Core, reference_key
from .events import request_digest
from .opening import read_keys
from .receipts import Acknowledgement, GroupProofs
from .writer import NewSheet, make_sheet

__all__ = ["enrolled_key", "record_act", "record_acts", "record_chain_act", "vault_of"]

_NOTICE = schema("notice/1")
_BY_FACTS = (Disclosure, Refusal)
"""What is held against the facts of its case."""


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
    """Record an act of a plan. ``facts`` are a request's, kept beside the chain, sealed; later acts find them there.

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
            sealed = vault_of(core).seal_facts(plan, act.slot, digest, facts.to_bytes())
            extra.append((layout.facts(plan, digest), sealed))

        def apply() -> None:
            stage.apply()  # first: it writes the member's row as it was, and the act may change it
            book.apply(act, digest, time_ms)

        covenants = {plan: (act.version, act.hash)} if isinstance(act, Amendment) else None
        done = core.commit(time_ms, [entry], sheets, extra, apply, covenants)
    proofs = GroupProofs(done, [digest], [data])
    return Acknowledgement(plan, done.height, time_ms, slot, seq, digest=digest, _make=lambda: proofs.entry(0))


def record_acts(core: Core, plan: str, items: Sequence[tuple[Act, str | bytes]]) -> list[Acknowledgement]:
    """Record acts of a plan, each with its reference, in one block: entries in this order, and one sheet of notices.

    Each is held against what the ones before it leave, as a replay does. At most MAX_ENTRIES_PER_BLOCK of them, and
    none that has a block of its own (``rehearsal.ALONE``). Raises what the rules have against any of them, and records
    none then; what was recorded before under its reference is not recorded again.
    """
    for act, _ in items:
        if isinstance(act, (Request, *ALONE)):
            raise UsageError("this kind of entry is recorded alone", value=act.kind)
    names = [reference_key(plan, reference) for _, reference in items]
    if len(set(names)) != len(names):
        raise ReferenceConflict("this reference came twice", place=f"plan {plan}")
    found: dict[int, Acknowledgement] = {}
    fresh: list[_Made] = []
    with core.turn:
        book, time_ms = core.book(plan), core.now()
        stage, tried = Stage(book), rehearse(book, [act for act, _ in items])
        for at, ((act, _), name) in enumerate(zip(items, names, strict=True)):
            entry, data = _bytes_of(act, plan)
            request = request_digest(act.kind, plan, data)
            seen = core.seen(plan, name, request)
            if seen is not None:
                found[at] = seen
                continue
            digest = entry_hash(data)
            verify_act(tried, core.chain, plan, act, time_ms, lambda slot: enrolled_key(core, plan, slot))
            tried.check(act, digest, time_ms, _stored_facts(core, tried, act))
            slot = tried.life.slot_of(act)
            seq = None if slot is None else stage.notice(slot)
            tried.apply(act, digest, time_ms)
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


def vault_of(core: Core) -> FactsVault:
    """Who holds the keys of members' personal data. Raises VaultMissing."""
    if core.vault is None:
        text = "the ledger was opened without the vault that holds the keys of members' personal data"
        raise VaultMissing(text, hint="Name the vault; `mutualchain vault new` makes one.")
    return core.vault


def _stored_facts(core: Core, book: Book, act: Act) -> Facts | int | None:
    name = book.life.case_of(act)
    if isinstance(act, Request | Erasure) or name is None:
        return None
    with core.read() as archive:
        if isinstance(act, _BY_FACTS) and archive.facts_box(book.plan, name) is not None:
            vault_of(core)  # closed facts would let pass what open ones forbid
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
