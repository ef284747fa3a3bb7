"""Keys changed while the ledger lives.

*The block key*, by rotation or by recovery; ``block/keys.py`` has the rules. Either is an entry in a block of its own.
From the moment that the chain names the new key, its signer is kept beside the old one, and each block is signed by
whichever is in force at its time.

*The log key* is named by trust files, so nothing on the chain changes: the new key signs every checkpoint beside the
old one until all who check know it, and then alone. Which keys sign is kept in the store (``archive/log_keys.py``),
together with the first checkpoint that they signed.
"""

from __future__ import annotations

from ..archive.log_keys import LogKeys
from ..block.block import BlockSigner
from ..block.keys import RECOVERY, ROTATION, acceptance_message, key_change_entry
from ..errors import CommitUncertain, KeyFormatError, SignatureError, SignerFailed, UsageError
from ..tlog import ed25519
from ..tlog.note import Signer
from .core import Core, reference_key
from .events import request_digest
from .receipts import Acknowledgement

__all__ = ["begin_log_key", "finish_log_key", "recover_block_key", "rotate_block_key"]


def rotate_block_key(core: Core, new: BlockSigner, reference: str | bytes) -> Acknowledgement:
    """See :meth:`mutualchain.Ledger.rotate_block_key`."""
    return _change(core, ROTATION, new, None, reference)


def recover_block_key(core: Core, new: BlockSigner, recovery: BlockSigner, reference: str | bytes) -> Acknowledgement:
    """See :meth:`mutualchain.Ledger.recover_block_key`."""
    if not isinstance(recovery, BlockSigner):
        raise UsageError("a recovery is signed by a BlockSigner", value=type(recovery).__name__)
    return _change(core, RECOVERY, new, recovery, reference)


def _change(
    core: Core, kind: str, new: BlockSigner, signer: BlockSigner | None, reference: str | bytes
) -> Acknowledgement:
    if not isinstance(new, BlockSigner):
        raise UsageError("a new block key is a BlockSigner", value=type(new).__name__)
    try:
        ed25519.check_public_key(new.public_key)
    except KeyFormatError as error:
        raise UsageError(f"the new block key is unusable: {error.message}", value=repr(new.public_key)[:80]) from None
    name, digest = reference_key("", reference), request_digest(kind, new.public_key)
    with core.turn:
        seen = core.seen("", name, digest)
        if seen is not None:
            return seen
        keys = core.writer.state.keys
        assert keys is not None, "a chain has keys from its genesis on"
        old = keys.at(core.now()).current
        entry = key_change_entry(kind, new.public_key, _acceptance(new, core.chain, old))
        return core.commit_entry(entry, name, digest, lambda: core.writer.adopt(new), signer=signer)


def _acceptance(new: BlockSigner, chain: bytes, old: bytes) -> bytes:
    """The new key's signature that it takes office. Raises SignerFailed."""
    message = acceptance_message(chain, old, new.public_key)
    try:
        signature = bytes(new.sign(message))
    except Exception as error:
        raise SignerFailed(f"the new block key's signer failed: {error}") from error
    try:
        ed25519.verify(new.public_key, signature, message)
    except SignatureError:
        raise SignerFailed("the new block key's signer returned a signature that does not verify") from None
    return signature


def begin_log_key(core: Core, new: Signer) -> None:
    """See :meth:`mutualchain.Ledger.begin_log_key_rotation`."""
    if type(new) is not Signer or new.name != core.writer.state.origin:
        raise UsageError("a log key is a Signer named as the log's origin", value=repr(new)[:80])
    with core.turn:
        core.usable()
        keys = core.writer.log_keys
        if new.verifier in keys.signing:
            return
        if new.verifier in keys.known:
            raise UsageError("the new log key has been one before", value=new.vkey)
        if len(keys.signing) > 1:
            raise UsageError("the log key is being changed already", value=keys.signing[-1].vkey)
        _change_log_keys(core, keys.begun(new.verifier), (*core.writer.log_signers, new))


def finish_log_key(core: Core, keep: Signer) -> None:
    """See :meth:`mutualchain.Ledger.finish_log_key_rotation`."""
    if type(keep) is not Signer:
        raise UsageError("a log key is a Signer", value=repr(keep)[:80])
    with core.turn:
        core.usable()
        keys = core.writer.log_keys
        kept = tuple(signer for signer in core.writer.log_signers if signer.vkey == keep.vkey)
        if not kept:
            raise UsageError("the key to keep does not sign this log now", value=repr(keep)[:80])
        if len(keys.signing) > 1:
            _change_log_keys(core, keys.only(kept[0].verifier), kept)


def _change_log_keys(core: Core, keys: LogKeys, signers: tuple[Signer, ...]) -> None:
    try:
        core.writer.change_log_keys(keys, signers)
    except CommitUncertain:
        core.break_off("a change of the log key was left halfway; which key signs shows on reopening")
        raise
