"""The block key changes on the chain: by rotation at once, by recovery after a delay."""

from __future__ import annotations

from pathlib import Path

import pytest

from mutualchain.block.block import Block, BlockSigner
from mutualchain.errors import (
    BlockKeyError,
    KeyFileError,
    ReferenceConflict,
    SignerFailed,
    UsageError,
)
from mutualchain.ledger import Ledger, OperatorKeys
from mutualchain.store import MemoryStore

from .world import (
    KEYS,
    PLAN,
    RECOVERY_SEED,
    Clock,
    Faulty,
    consistent,
    join,
    new_ledger,
    proven,
    signer_of,
)

NEW = signer_of(b"n" * 32)
NEWER = signer_of(b"N" * 32)
RECOVERY = signer_of(RECOVERY_SEED)


def keys(block: BlockSigner) -> OperatorKeys:
    return OperatorKeys(KEYS.log, block)


def signers(ledger: Ledger) -> list[str]:
    """Who signed each block."""
    names = {"old": KEYS.block, "new": NEW, "newer": NEWER, "recovery": RECOVERY}
    found = []
    with ledger.read() as archive:
        for height in range(archive.size):
            block = Block.from_bytes(archive.block(height))
            found += [name for name, signer in names.items() if _signed(block, signer)]
    return found


def _signed(block: Block, signer: BlockSigner) -> bool:
    try:
        block.verify(signer.public_key)
    except Exception:
        return False
    return True


def test_the_old_key_signs_its_own_succession_and_the_new_one_everything_after(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    with new_ledger(folder) as ledger:
        ack = ledger.rotate_block_key(NEW, reference="rotate")
        assert (ack.plan, ack.height) == ("", 2)
        join(ledger, 0)
        assert ledger.rotate_block_key(NEW, reference="rotate") == ack
        with pytest.raises(ReferenceConflict):
            ledger.rotate_block_key(NEWER, reference="rotate")
        ledger.rotate_block_key(NEWER, reference="again")
        join(ledger, 1)
        assert signers(ledger) == ["old", "old", "old", "new", "new", "newer"]
        assert proven(ack).entry is not None
        consistent(ledger)
    for wrong in (KEYS.block, NEW):
        with pytest.raises(KeyFileError, match="not the one in force"):
            Ledger.open(folder, keys(wrong))
    with Ledger.open(folder, keys(NEWER)) as ledger:
        join(ledger, 2)
        assert ledger.rotate_block_key(NEW, reference="rotate") == ack
        with pytest.raises(BlockKeyError):
            ledger.rotate_block_key(NEWER, reference="to itself")
        assert signers(ledger)[-1] == "newer"
        consistent(ledger)


def test_a_key_that_does_not_accept_or_may_not_is_refused_and_nothing_recorded(ledger: Ledger) -> None:
    def fail(_: bytes) -> bytes:
        raise RuntimeError("no")

    size = ledger.size
    for wrong in (BlockSigner(NEW.public_key, fail), BlockSigner(NEW.public_key, NEWER.sign)):
        with pytest.raises(SignerFailed):
            ledger.rotate_block_key(wrong, reference="r")
    for old in (KEYS.block, RECOVERY):
        with pytest.raises(BlockKeyError):
            ledger.rotate_block_key(old, reference="r")
    for none in (None, KEYS.log, BlockSigner(bytes(32), NEW.sign), BlockSigner(b"short", NEW.sign)):
        with pytest.raises(UsageError):
            ledger.rotate_block_key(none, reference="r")  # type: ignore[arg-type]
        with pytest.raises(UsageError):
            ledger.recover_block_key(none, RECOVERY, reference="r")  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        ledger.recover_block_key(NEW, None, reference="r")  # type: ignore[arg-type]
    for false in (NEWER, KEYS.block, BlockSigner(RECOVERY.public_key, NEW.sign)):
        with pytest.raises((BlockKeyError, SignerFailed)):
            ledger.recover_block_key(NEW, false, reference="r")
    assert ledger.size == size
    ledger.rotate_block_key(NEW, reference="r")
    consistent(ledger)


def test_a_recovered_key_is_in_force_after_the_delay_and_the_old_one_until_then(tmp_path: Path) -> None:
    clock, store = Clock(), Faulty(MemoryStore())
    with new_ledger(tmp_path, store=store, clock=clock, recovery_delay_ms=60_000) as ledger:
        ack = ledger.recover_block_key(NEW, RECOVERY, reference="recover")
        join(ledger, 0)
        clock.now = ack.time_ms + 59_000
        join(ledger, 1)
        clock.now = ack.time_ms + 60_000
        join(ledger, 2)
        assert ledger.recover_block_key(NEW, RECOVERY, reference="recover") == ack
        assert signers(ledger) == ["old", "old", "recovery", "old", "old", "new"]
        consistent(ledger)
    with pytest.raises(KeyFileError):
        Ledger.open(tmp_path, KEYS, store=store, clock=clock)
    with Ledger.open(tmp_path, keys(NEW), store=store, clock=clock) as ledger:
        join(ledger, 3)
        consistent(ledger)


def test_a_lost_key_is_replaced_with_nothing_but_the_recovery_key(tmp_path: Path) -> None:
    clock, store = Clock(), Faulty(MemoryStore())
    new_ledger(tmp_path, store=store, clock=clock, recovery_delay_ms=60_000).close()
    with Ledger.open(tmp_path, keys(RECOVERY), store=store, clock=clock) as ledger:
        with pytest.raises(BlockKeyError):
            join(ledger, 0)
        ack = ledger.recover_block_key(NEW, RECOVERY, reference="recover")
    with Ledger.open(tmp_path, keys(NEW), store=store, clock=clock) as ledger:
        with pytest.raises(BlockKeyError, match="not the one in force"):
            join(ledger, 0)
        clock.now = ack.time_ms + 60_000
        assert join(ledger, 0).slot == 0
        assert signers(ledger) == ["old", "old", "recovery", "new"]
        consistent(ledger)


def test_the_old_key_cancels_a_recovery_that_a_thief_announced(tmp_path: Path) -> None:
    clock, store = Clock(), Faulty(MemoryStore())
    with new_ledger(tmp_path, store=store, clock=clock, recovery_delay_ms=60_000) as ledger:
        ack = ledger.recover_block_key(NEW, RECOVERY, reference="stolen")
        ledger.rotate_block_key(NEWER, reference="rotate")
        clock.now = ack.time_ms + 60_000
        join(ledger, 0)
        assert signers(ledger) == ["old", "old", "recovery", "old", "newer"]
        consistent(ledger)
    with pytest.raises(KeyFileError):
        Ledger.open(tmp_path, keys(NEW), store=store, clock=clock)


def test_a_rotation_whose_checkpoint_could_not_be_signed_is_in_force_all_the_same(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = ledger._core.writer

    def fail() -> None:
        raise SignerFailed("no")

    with monkeypatch.context() as patch:
        patch.setattr(writer, "sign", fail)
        with pytest.raises(SignerFailed):
            ledger.rotate_block_key(NEW, reference="rotate")
    assert ledger.rotate_block_key(NEW, reference="rotate").height == 2
    assert join(ledger, 0).slot == 0
    assert signers(ledger)[-1] == "new"
    assert ledger.plans == [PLAN]
    consistent(ledger)
