"""The ledger, for platform backends: record events, run rounds, hand out receipts.

Every call that writes takes the client's ``reference`` (1 to 128 bytes, one for a whole batch): repeated with the
same content it returns the first acknowledgement, with other content it is refused. A call returns when what it
wrote is durable and a checkpoint over it is signed. Amounts are integers of the minor unit (fen).

    with Ledger.create(folder, keys, origin="example.org/mutual") as ledger:
        ledger.create_plan("critical-illness", covenant, reference="plan-1")
        member = ledger.enrol("critical-illness", public_key, commitment, deposit=1000, reference="join-1")
        case = ledger.approve_case("critical-illness", slot=member.slot, aid=30_000_000, file_hash=..., reference="c-1")
        ledger.open_round("critical-illness", [case.digest], reference="r-1-open")
        ledger.settle_round("critical-illness", reference="r-1")
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..archive.facts_vault import FactsVault
from ..archive.log_keys import LogKeys
from ..archive.reading import Archive
from ..block.block import BlockSigner
from ..block.chain import ChainState
from ..block.entry import Entry
from ..block.genesis import DEFAULT_RECOVERY_DELAY_MS, Genesis
from ..covenant.document import Covenant
from ..covenant.rounds import RoundTerms
from ..errors import GenesisError, MutualchainError, StoreFull, StoreReadOnly, UsageError
from ..limits import MAX_TOTAL
from ..store import LmdbStore, Store
from ..tlog.note import Signer
from . import arguments, bulk, entries, rotation, rounds, singles
from .cache import save_books
from .core import Core, system_clock
from .desks import Desks
from .events import Pending
from .gathering import Witnesses
from .keys import OperatorKeys
from .opening import check_keys, load_state, log_signers, newest_checkpoint, rebuild_books, saved_checkpoint
from .reading import Reading
from .receipts import Acknowledgement
from .witnessed import Witnessed
from .writer import BlockWriter

__all__ = ["Ledger"]

_CACHE = "cache/state"


class Ledger(Reading, Witnessed, Desks):
    """One chain, open for writing. Safe for many threads; one process at a time."""

    def __init__(self, core: Core, cache: Path | None, replayed: int) -> None:
        self._core = core
        self._cache = cache
        self._replayed = replayed
        self._opened_at = core.writer.state.size

    # --- opening and closing ----------------------------------------------------------------

    @classmethod
    def create(
        cls,
        path: Path | str,
        keys: OperatorKeys,
        *,
        recovery_delay_ms: int = DEFAULT_RECOVERY_DELAY_MS,
        clock: Callable[[], int] = system_clock,
        store: Store | None = None,
        witnesses: Witnesses | None = None,
        vault: FactsVault | None = None,
        background: bool = True,
    ) -> Ledger:
        """A new chain in a new or empty folder; the log key's name is its origin.

        ``witnesses`` cosign its heads, in the background or, without, in :meth:`gather`; ``vault`` holds the keys of
        members' personal data, without which nobody can request aid. Raises StoreExists, GenesisError, SignerFailed,
        VaultOfAnother; the folder is as empty then as it was. ``store`` replaces the LMDB store, for tests.
        """
        place = arguments.folder(path)
        genesis = _genesis(keys, recovery_delay_ms)
        opened = store if store is not None else LmdbStore.create(place)
        try:
            writer = BlockWriter(opened, keys, ChainState(), None)
            done = writer.commit(clock(), [genesis.to_entry()], [], genesis=genesis)
            if done.failure is not None:
                raise done.failure
            writer.save_checkpoint()
            if vault is not None:
                vault.belongs_to(writer.state.chain)
        except BaseException:
            opened.close()
            if store is None:  # nothing of this chain was released, and its folder would only be in the way
                shutil.rmtree(place / "store", ignore_errors=True)
            raise
        core = Core(opened, writer, {}, clock, background=background, vault=vault)
        core.registry.reserve(genesis.to_entry())
        made = cls(core, None if store is not None else place / _CACHE, 0)
        made._engage(witnesses, created=True)
        return made

    @classmethod
    def open(
        cls,
        path: Path | str,
        keys: OperatorKeys,
        *,
        clock: Callable[[], int] = system_clock,
        store: Store | None = None,
        witnesses: Witnesses | None = None,
        vault: FactsVault | None = None,
        background: bool = True,
    ) -> Ledger:
        """An existing chain. Raises StoreMissing, StoreBusy, StoreCorrupt, KeyFileError, and what the chain breaks.

        If the process died after a block was durable and before its checkpoint was signed, it is signed now. With
        ``witnesses`` nothing is signed before they have confirmed that this is the newest copy (:meth:`confirm`): until
        then the ledger can be read, and every write is refused.
        ``keys.block`` is the block key in force; after a recovery was announced the new one will do, and the recovery
        key will where the old one is lost (nothing but ``recover_block_key`` can be called then). With its ``vault``,
        erasures that were interrupted are completed; VaultOfAnother for one that is another ledger's.
        """
        place = arguments.folder(path)
        if not isinstance(keys, OperatorKeys):
            raise UsageError("a ledger is opened with OperatorKeys", value=type(keys).__name__)
        opened = store if store is not None else LmdbStore.open(place)
        cache = None if store is not None else place / _CACHE
        try:
            if opened.readonly:
                raise StoreReadOnly("a ledger cannot be written through a read-only store")
            with opened.read() as reader:
                archive = Archive(reader)
                state = load_state(archive)
                log_keys = archive.log_keys()
                log_signers(log_keys, keys)
                check_keys(state, keys, clock())
                if vault is not None:
                    vault.belongs_to(state.chain)
                note = newest_checkpoint(archive, state, log_keys.known)
                books, replayed, registry = rebuild_books(archive, state.chain, cache)
                writer = BlockWriter(opened, keys, state, note, log_keys)
                writer.saved = saved_checkpoint(archive)
            if witnesses is None or writer.saved is None:  # one that was never stored was never shown to anybody
                writer.cover()
                with suppress(StoreFull):  # it is stored with the next block that finds room
                    writer.save_checkpoint()
            core = Core(opened, writer, books, clock, background=background, registry=registry, vault=vault)
            made = cls(core, cache, replayed)
            made._engage(witnesses, created=False)
            made.erasures.complete()
        except BaseException:
            opened.close()
            raise
        return made

    def close(self) -> None:
        """Store the newest checkpoint and the state, and give the ledger back. Safe to call twice.

        Raises StoreBusy while other threads read: call it again when they are done. Raises StoreFull or SignerFailed
        where the newest checkpoint could not be stored or signed: the ledger is closed all the same, nothing that was
        acknowledged is lost, and opening makes up for it.
        """
        core = self._core
        if self._gathering is not None:
            self._gathering.close()
        core.grouper.push()  # what was posted without waiting; not with the turn held
        with core.turn:
            try:
                if not core.closed:
                    core.closed = True
                    core.flush()
            finally:
                self._save_books()
                core.break_off("the ledger was closed")
                core.store.close()
        core.join_flusher()

    def _save_books(self) -> None:
        core, state = self._core, self._core.writer.state
        moved = state.size - self._opened_at + self._replayed
        if self._cache is None or not moved or not core.usable_books():
            return
        with suppress(OSError, MutualchainError):  # a cache: without it, opening takes longer
            save_books(self._cache, state.chain, state.size, state.previous, core.books, core.registry)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- plans and members ------------------------------------------------------------------

    def create_plan(self, plan: str, covenant: Covenant, *, reference: str | bytes) -> Acknowledgement:
        """Begin a plan under a covenant. Raises PlanExists."""
        return entries.create_plan(self._core, plan, covenant, reference)

    def enrol(
        self,
        plan: str,
        public_key: bytes,
        commitment: bytes,
        *,
        deposit: int,
        reference: str | bytes,
        since_day: int = 0,
        birth_day: int | None = None,
    ) -> Acknowledgement:
        """One new member: 32-byte Ed25519 key and commitment, deposit in minor units.

        ``birth_day``, in days since 1970-01-01, is held against the covenant's limits of age, to the day, and recorded
        nowhere; without it ``unchecked`` of the result names those limits.
        Raises DuplicateKey, WeakKey, DepositRule, StandingRule, PlanUnknown.
        """
        return self.post_enrol(
            plan,
            public_key,
            commitment,
            deposit=deposit,
            reference=reference,
            since_day=since_day,
            birth_day=birth_day,
        ).result()

    def post_enrol(
        self,
        plan: str,
        public_key: bytes,
        commitment: bytes,
        *,
        deposit: int,
        reference: str | bytes,
        since_day: int = 0,
        birth_day: int | None = None,
    ) -> Pending:
        """As ``enrol``, without waiting: ``result()`` of what it returns waits, and raises what forbade it.

        A thread that has many events in flight lets more of them share a commit.
        """
        return singles.post_enrol(self._core, plan, public_key, commitment, deposit, since_day, birth_day, reference)

    def enrol_many(
        self,
        plan: str,
        public_keys: Any,
        commitments: Any,
        *,
        deposits: Any,
        reference: str | bytes,
        since_days: Any = 0,
        birth_days: Any = None,
    ) -> Acknowledgement:
        """Many new members, as columns: uint8 of shape (n, 32) for keys and commitments, integers for the rest.

        One number stands for all, but for ``birth_days`` (see ``enrol``), of which there is one a member. All are
        recorded or none. ``slot`` of the result is the first one's.
        """
        return bulk.enrol_many(self._core, plan, public_keys, commitments, deposits, since_days, birth_days, reference)

    def credit(self, plan: str, slot: int, amount: int, *, reference: str | bytes, reason: int = 0) -> Acknowledgement:
        """Money in for one member. Raises SlotUnknown, AlreadyExited, TooManyEvents, OverflowRule."""
        return self.post_credit(plan, slot, amount, reference=reference, reason=reason).result()

    def post_credit(self, plan: str, slot: int, amount: int, *, reference: str | bytes, reason: int = 0) -> Pending:
        """As ``credit``, without waiting; see ``post_enrol``."""
        return singles.post_credit(self._core, plan, slot, amount, reason, reference)

    def credit_many(
        self,
        plan: str,
        slots: Any,
        amounts: Any,
        *,
        reference: str | bytes,
        reasons: Any = 0,
        reference_hashes: Any = None,
    ) -> Acknowledgement:
        """Money in for many, as columns; one number stands for all. All are recorded or none."""
        return bulk.credit_many(self._core, plan, slots, amounts, reasons, reference_hashes, reference)

    def withdraw(
        self, plan: str, slot: int, amount: int, *, seq: int, signature: bytes, reference: str | bytes, reason: int = 0
    ) -> Acknowledgement:
        """Money out, on the member's own signature over ``withdrawal_message`` with her next running number.

        Raises BalanceTooLow, SequenceError, StatementSignatureError.
        """
        return singles.withdraw(self._core, plan, slot, amount, seq, signature, reason, reference)

    def exit(
        self, plan: str, slot: int, *, seq: int, signature: bytes, reference: str | bytes, reason: int = 0
    ) -> Acknowledgement:
        """The member leaves, on her own signature over ``exit_message``. Raises AlreadyExited, SequenceError."""
        return singles.exit(self._core, plan, slot, seq, signature, reason, reference)

    # --- cases and rounds -------------------------------------------------------------------

    def approve_case(
        self, plan: str, *, slot: int, aid: int, file_hash: bytes, reference: str | bytes
    ) -> Acknowledgement:
        """A case is approved; ``digest`` of the result names it from then on. Raises AidRule, SlotUnknown."""
        return entries.approve_case(self._core, plan, slot, aid, file_hash, reference)

    def open_round(
        self, plan: str, cases: Sequence[bytes], *, reference: str | bytes, top_up: int = 0
    ) -> tuple[Acknowledgement, RoundTerms]:
        """Take the snapshot, compute the share, announce the round. The deduction is ``settle_round``.

        Raises RoundOpen, CaseUnknown, NobodyShares, ShareAboveCap.
        """
        return rounds.open_round(self._core, plan, cases, top_up, reference)

    def settle_round(
        self, plan: str, *, reference: str | bytes, failed: Any = None, progress: rounds.Progress | None = None
    ) -> Acknowledgement:
        """Deduct the announced share from everybody who shares. ``progress(done, total)`` counts rows.

        ``failed`` are the slots from whose accounts nothing could be collected, in plans that collect by mandate.
        Raises NoRoundOpen, CalendarRule, CollectionRule.
        """
        return rounds.settle_round(self._core, plan, reference, progress, failed)

    def pay_out(
        self, plan: str, case: bytes, amount: int, *, payee: str = "member", payment: bytes, reference: str | bytes
    ) -> Acknowledgement:
        """Aid was paid: ``payment`` is the 32-byte hash of the payer's own reference. Raises PayoutAboveAid."""
        return entries.pay_out(self._core, plan, case, amount, payee, payment, reference)

    def anchor(self, note: bytes, *, reference: str | bytes) -> Acknowledgement:
        """Record a checkpoint of this log with its cosignatures on the chain, at least once a day.

        Raises what opening the note raises (MC-021 and following): one that nobody could read back anchors nothing.
        """
        return entries.anchor(self._core, note, reference)

    # --- keys -------------------------------------------------------------------------------

    def rotate_block_key(self, new_signer: BlockSigner, *, reference: str | bytes) -> Acknowledgement:
        """Name a new block key. The old one signs this block, the new one every block from the next on.

        Both must be at hand: the new key signs its acceptance. Open the ledger with it from now on. Raises
        BlockKeyError (one of the old keys), SignerFailed.
        """
        return rotation.rotate_block_key(self._core, new_signer, reference)

    def recover_block_key(
        self, new_signer: BlockSigner, recovery_signer: BlockSigner, *, reference: str | bytes
    ) -> Acknowledgement:
        """Announce a new block key where the old one is lost or stolen; the recovery key signs this block.

        The new key is in force after the delay that genesis names (a week by default); until then the old one is,
        and a rotation by it cancels the recovery. Raises BlockKeyError, SignerFailed.
        """
        return rotation.recover_block_key(self._core, new_signer, recovery_signer, reference)

    @property
    def log_keys(self) -> LogKeys:
        """The keys that have signed this log's checkpoints, and which of them sign now."""
        return self._core.writer.log_keys

    def begin_log_key_rotation(self, new_signer: Signer) -> None:
        """From now on the log's new key signs every checkpoint beside the present one.

        Readers who trust either accept what both signed: hand out trust files that name both meanwhile, and witnesses
        a configuration that does. Open the ledger with both (``OperatorKeys.new_log``). A second call with the same
        key does nothing. Raises UsageError for a key of another name, or an earlier one; SignerFailed.
        """
        rotation.begin_log_key(self._core, new_signer)

    def finish_log_key_rotation(self, keep: Signer) -> None:
        """From now on ``keep`` signs alone: the new key, or the old one to call the rotation off.

        Raises UsageError for one that does not sign now; SignerFailed.
        """
        rotation.finish_log_key(self._core, keep)


def _genesis(keys: OperatorKeys, recovery_delay_ms: int) -> Genesis:
    """What a new chain begins with, if it could be read back. Raises GenesisError, UsageError."""
    if not isinstance(keys, OperatorKeys):
        raise UsageError("a ledger is made with OperatorKeys", value=type(keys).__name__)
    if keys.recovery_key is None:
        raise GenesisError("a new chain needs the recovery key's public half")
    arguments.whole(recovery_delay_ms, "a recovery delay", MAX_TOTAL)
    genesis = Genesis(keys.log.name, keys.log.vkey, keys.block.public_key, keys.recovery_key, recovery_delay_ms)
    return Genesis.from_entry(Entry.from_bytes(genesis.to_entry().to_bytes()))
