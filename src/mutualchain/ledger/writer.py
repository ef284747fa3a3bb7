"""Blocks made durable: the one place that writes a ledger's store.

Order of things, for every block: the header follows from the chain's state; the block key signs it; block,
entries, pages, tree tiles, secrets, log nodes, indexes and head land in one durable transaction; only then the log
key signs the checkpoint, and only then anybody is told. A checkpoint therefore never names a block that could be
lost. It is kept with the next block, or on its own once nothing else comes.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..archive import layout
from ..archive.log_keys import LogKeys
from ..archive.packing import pack
from ..block.block import BlockSigner, sign_header
from ..block.chain import ENROLMENT, ChainState
from ..block.entry import Entry, entry_hash
from ..block.genesis import Genesis
from ..block.plan import EventLeaf, SheetLeaf
from ..errors import BlockKeyError, MutualchainError, SignerFailed
from ..sheet import BuiltSheet, Descriptor, SheetContext, build_sheet
from ..store import Store, Writer
from ..tlog.checkpoint import Checkpoint, sign_checkpoint
from ..tlog.merkle import verify_inclusion
from ..tlog.note import Signer, Verifier
from .keys import OperatorKeys
from .opening import log_signers

__all__ = ["BlockWriter", "Committed", "NewSheet", "head_value", "make_sheet"]

_EVENT = struct.Struct(">QI").pack
_ROWS_INDEXED = 4_096
"""A sparse sheet of more rows is indexed as one sorted segment instead of row by row."""


@dataclass(slots=True)
class NewSheet:
    """A finished sheet on its way into a block. ``bundles`` are compressed, ``built`` is kept for receipts."""

    descriptor: Descriptor
    bundles: list[bytes]
    tiles: list[tuple[int, int, bytes]]
    params: bytes = b""
    secret: bytes | None = None
    slots: NDArray[Any] | None = None
    built: BuiltSheet | None = None


def make_sheet(context: SheetContext, columns: dict[str, NDArray[np.generic]], params: bytes = b"") -> NewSheet:
    """Build a sheet that fits in memory; a sealed one gets a secret of its own."""
    secret = os.urandom(32) if context.schema.sealed else None
    built = build_sheet(context, columns, secret)
    slots = columns["slot"] if context.schema.sealed else None
    return NewSheet(
        built.descriptor, [pack(data) for data in built.bundles], list(built.tiles), params, secret, slots, built
    )


@dataclass(frozen=True, slots=True)
class Committed:
    """A durable block, the checkpoint signed over it, and the proof that the block is the log's last.

    ``failure`` says that the checkpoint could not be signed: the block stays, and is covered by the next one.
    """

    height: int
    time_ms: int
    block: bytes
    checkpoint: bytes
    proof: tuple[bytes, ...]
    chain: bytes
    sheets: tuple[NewSheet, ...] = field(repr=False)
    failure: MutualchainError | None = None


def head_value(size: int, block_hash: bytes) -> bytes:
    """The store's head: the number of blocks and the last one's hash."""
    return size.to_bytes(8, "big") + block_hash


class BlockWriter:
    """Writes blocks. One caller at a time: the ledger's commit lock is held around ``commit``."""

    def __init__(
        self,
        store: Store,
        keys: OperatorKeys,
        state: ChainState,
        checkpoint: bytes | None,
        log_keys: LogKeys | None = None,
    ) -> None:
        """``checkpoint`` is the stored one over all blocks of ``state``; None where there is no such.

        ``log_keys`` are the log's; without them, of a new chain, ``keys.log`` is the only one.
        """
        self.store = store
        self.state = state
        self.log_keys = log_keys or LogKeys.first(keys.log.vkey)
        self._keys = keys
        self.log_signers = log_signers(self.log_keys, keys)
        self._successors: dict[bytes, BlockSigner] = {}
        self.checkpoint = checkpoint
        self._covered = state.size if checkpoint is not None else 0
        self.unsaved = False
        self.saved: tuple[bytes, int] | None = None if checkpoint is None else (checkpoint, state.size)
        """The newest checkpoint that is durable, and its size: no other is shown to witnesses."""
        self.on_saved: Callable[[], None] = lambda: None
        self.objection: Callable[[], MutualchainError | None] = lambda: None
        """Why nothing may be signed now, if so."""
        self._cosigned: bytes | None = None
        self.forget_cosigned = False
        """The ledger has no witnesses any more: what they cosigned last is not the newest to be shown."""

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """The public halves of all keys that ever signed this log's checkpoints."""
        return self.log_keys.known

    def adopt(self, signer: BlockSigner) -> None:
        """A block key that the chain has named: it signs once it is in force."""
        self._successors[signer.public_key] = signer

    def _signer(self, public_key: bytes, given: BlockSigner | None) -> BlockSigner:
        """Whoever can sign with the key that the next block asks for."""
        known = (given or self._keys.block, *self._successors.values())
        for signer in known:
            if signer.public_key == public_key:
                return signer
        raise BlockKeyError("the block key of this process is not the one in force", value=public_key)

    def commit(
        self,
        time_ms: int,
        entries: Sequence[Entry],
        sheets: Sequence[NewSheet],
        *,
        covenants: Mapping[str, tuple[int, bytes]] | None = None,
        extra: Sequence[tuple[bytes, bytes]] = (),
        genesis: Genesis | None = None,
        signer: BlockSigner | None = None,
    ) -> Committed:
        """Record a block durably and sign the checkpoint over it.

        ``extra`` are the writer's own index records; ``signer`` is for a block that another key than the block key
        has to sign. Raises what the state, the signers and the store raise;
        nothing is recorded then.
        """
        self.check_objection()
        state = self.state
        pairs = [(entry, entry.to_bytes()) for entry in entries]
        draft = state.draft(time_ms, pairs, [sheet.descriptor for sheet in sheets], covenants or {})
        block = sign_header(draft.header, [self._signer(draft.signer, signer)]).to_bytes()
        after, nodes = state.accept(draft, block, genesis)
        head = None if state.size == 0 else head_value(state.size, state.previous)
        reserve = sum(len(data) for sheet in sheets for data in sheet.bundles) * 2 + (1 << 24)
        height = state.size
        with self.store.write(head, reserve=reserve) as writer:
            writer.put_new(layout.block(height), block)
            positions: dict[str, int] = {}
            for index, (entry, data) in enumerate(pairs):
                writer.put_new(layout.entry(height, index), data)
                plan = state.plans.get(entry.plan)
                position = positions.setdefault(entry.plan, plan.events.size if plan else 0)
                positions[entry.plan] = position + 1
                leaf = EventLeaf(height, time_ms, index, entry_hash(data))
                writer.put_new(layout.event_leaf(entry.plan, position), leaf.to_bytes())
            self._put_sheets(writer, time_ms, sheets)
            for node in nodes:
                writer.put_new(layout.node(node.log, node.plan, node.level, node.index), node.hash)
            for name in draft.touched:
                writer.put_new(layout.plan_leaf(name, height), draft.plans[name].leaf().to_bytes())
            for key, value in extra:
                writer.put(key, value)
            self._put_checkpoints(writer)
            writer.set_head(head_value(after.size, after.previous))
        self._are_saved()
        self.state = after
        failure = self._try_sign()
        proof = tuple(reversed(state.log.hashes))
        verify_inclusion(after.previous, height, after.size, proof, after.log.root())
        note = self.checkpoint or b""
        return Committed(height, time_ms, block, note, proof, after.chain, tuple(sheets), failure)

    def _try_sign(self) -> MutualchainError | None:
        try:
            self.sign()
        except MutualchainError as error:  # the signer's, or a witness's objection that came at just this moment
            return error
        return None

    def _put_sheets(self, writer: Writer, time_ms: int, sheets: Sequence[NewSheet]) -> None:
        height = self.state.size
        positions: dict[str, int] = {}
        for index, sheet in enumerate(sheets):
            descriptor = sheet.descriptor
            plan, schema = descriptor.plan, descriptor.schema.name
            known = self.state.plans.get(plan)
            position = positions.setdefault(plan, known.sheets.size if known else 0)
            positions[plan] = position + 1
            place = position.to_bytes(8, "big")
            writer.put_new(layout.sheet_leaf(plan, position), SheetLeaf(height, time_ms, descriptor).to_bytes())
            writer.put_new(layout.sheet_number(plan, schema, descriptor.number), place)
            if schema == ENROLMENT:
                writer.put_new(layout.first_slot(plan, descriptor.first), place)
            if sheet.params:
                writer.put_new(layout.params(height, index), sheet.params)
            if sheet.secret is not None:
                writer.put_new(layout.secret(height, index), sheet.secret)
            for number, data in enumerate(sheet.bundles):
                writer.put_new(layout.bundle(height, index, number), data)
            for level, number, data in sheet.tiles:
                writer.put_new(layout.tile(height, index, level, number), data)
            if sheet.slots is not None:
                self._put_events(writer, plan, position, sheet.slots)

    def _put_events(self, writer: Writer, plan: str, position: int, slots: NDArray[np.uint32]) -> None:
        if len(slots) <= _ROWS_INDEXED:
            for row, slot in enumerate(slots.tolist()):
                # Position and row order a member's events; together they are a key of their own.
                writer.put_new(layout.event(plan, slot, position, row), b"")
            return
        order = np.argsort(slots, kind="stable")
        value = slots[order].astype("<u4").tobytes() + order.astype("<u4").tobytes()
        writer.put_new(layout.event_segment(plan, position), value)

    def sign(self) -> None:
        """Sign the checkpoint over everything recorded. Raises SignerFailed; the blocks stay recorded."""
        self.check_objection()
        state = self.state
        checkpoint = Checkpoint(state.origin, state.size, state.log.root())
        try:
            self.checkpoint = sign_checkpoint(checkpoint, self.log_signers)
        except SignerFailed as error:
            raise SignerFailed(
                f"the block was recorded, but its checkpoint could not be signed: {error.message}",
                hint="Look at the log key's signer, then repeat the call with the same reference.",
            ) from error
        self._covered = state.size
        self.unsaved = True

    def cover(self) -> None:
        """Sign the checkpoint unless it covers everything recorded. Raises SignerFailed."""
        if self._covered < self.state.size:
            self.sign()

    def change_log_keys(self, log_keys: LogKeys, signers: tuple[Signer, ...]) -> None:
        """From now on ``signers`` sign: the newest checkpoint and the list of keys become durable together.

        Raises SignerFailed and StoreError, and nothing has changed then; CommitUncertain.
        """
        self.check_objection()
        state = self.state
        note = sign_checkpoint(Checkpoint(state.origin, state.size, state.log.root()), signers)
        with self.store.write(head_value(state.size, state.previous)) as writer:
            writer.put(layout.LOG_KEYS, log_keys.to_bytes())
            writer.put(layout.CHECKPOINT, note)
        self.log_keys, self.log_signers = log_keys, signers
        self.checkpoint, self._covered, self.unsaved = note, state.size, False
        self.saved = note, state.size
        self.on_saved()

    def check_objection(self) -> None:
        """Raises LedgerUnconfirmed, WitnessAhead, WitnessConflict where witnesses stand against signing anything."""
        error = self.objection()
        if error is not None:
            raise error

    def keep(self, note: bytes, complete: bool) -> None:
        """A checkpoint with cosignatures, to be stored with what comes next; ``complete``: with the quorum's."""
        checkpoint = self.checkpoint
        if checkpoint is not None and checkpoint.split(b"\n\n", 1)[0] == note.split(b"\n\n", 1)[0]:
            self.checkpoint = note
            self.unsaved = True
        if complete:
            self._cosigned = note

    def save_checkpoint(self) -> None:
        """Store the newest checkpoint on its own, because no further block has come to carry it."""
        if not self.unsaved and self._cosigned is None:
            return
        with self.store.write(head_value(self.state.size, self.state.previous)) as writer:
            self._put_checkpoints(writer)
        self._are_saved()

    def _put_checkpoints(self, writer: Writer) -> None:
        if self.unsaved and self.checkpoint is not None:
            writer.put(layout.CHECKPOINT, self.checkpoint)
        if self._cosigned is not None:
            writer.put(layout.COSIGNED, self._cosigned)
        elif self.forget_cosigned:
            writer.delete(layout.COSIGNED)

    def _are_saved(self) -> None:
        """What :meth:`_put_checkpoints` wrote is durable."""
        news = self.unsaved and self.checkpoint is not None and (self.saved is None or self.saved[1] < self._covered)
        if news and self.checkpoint is not None:
            self.saved = self.checkpoint, self._covered
        self._cosigned, self.forget_cosigned, self.unsaved = None, False, False
        if news:
            self.on_saved()
