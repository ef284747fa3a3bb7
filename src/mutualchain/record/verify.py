"""A member's record checked, by herself, from one file and the key she trusts (design: section 5).

    checkpoint -> last block -> plan leaf -> counters: how many rounds there are, and no more
                                          -> the plan's own logs: each sheet of hers, and its place
               -> genesis block -> the chain's identity, and through key changes the block key in force

Everything is computed from what the checkpoint signs; nothing in the file is believed for being in the file.
What does not lead to the checkpoint raises MC-020 to MC-067 or MC-171/172: the file does not match the signed
chain. What leads there and contradicts a rule raises MC-176: the chain itself breaks its covenant.
"""

from __future__ import annotations

from ..block.block import Block, block_hash
from ..block.entry import CHAIN, Entry, entry_hash
from ..block.genesis import Genesis
from ..block.header import ZERO_HASH, Header
from ..block.keys import RECOVERY, ROTATION, BlockKeys
from ..block.plan import PlanLeaf
from ..errors import (
    VERDICTS,
    BlockSignatureError,
    GenesisError,
    MutualchainError,
    ProofError,
    RecordMismatch,
    RuleBroken,
    TooOld,
    UsageError,
)
from ..tlog.merkle import leaf_hash, root, verify_inclusion
from ..tlog.trust import CLOCKS_APART_MS, TrustedCheckpoint, TrustFile
from .bundle import RecordBundle
from .covenants import Versions
from .facts import VerifiedRecord
from .history import History
from .logs import verify_entry
from .membership import Membership
from .order import Chronicle
from .pin import check_extends
from .result import result_of

__all__ = ["check_age", "check_block_key", "genesis_of", "head_of", "states_of", "verify_record"]


def verify_record(
    data: bytes,
    trust: TrustFile,
    *,
    public_key: bytes | None = None,
    seen: bytes | None = None,
    now_ms: int | None = None,
    max_age_ms: int | None = None,
) -> VerifiedRecord:
    """Check a record file completely, or raise the first thing that is wrong with it.

    ``public_key`` is the member's own key, 32 bytes, the one in force or an earlier one; without it, whose record it is
    stays unchecked, and the result's limits say so. ``seen`` is a checkpoint note that she kept from an earlier check
    (``record.pin.note_in`` finds it in a file): the book must continue that one. ``now_ms`` and ``max_age_ms`` refuse a
    record that is older, as :meth:`~mutualchain.tlog.trust.TrustFile.check_age` says; a trust file with an age of its
    own needs ``now_ms``.
    Every error's ``exit_code`` is the verdict: 1 tampered, 3 could not check, 4 rollback or split view.
    """
    if now_ms is None and trust.max_age is not None:
        raise UsageError("the trust file says how old a record may be, and nobody what time it is")
    if public_key is not None and (type(public_key) is not bytes or len(public_key) != 32):
        raise UsageError("a member's key is 32 bytes", value=public_key)
    if seen is not None and type(seen) is not bytes:
        raise UsageError("a checkpoint's note is bytes", value=type(seen).__name__)
    bundle = RecordBundle.from_bytes(data)
    checkpoint = trust.open_checkpoint(bundle.checkpoint, now_ms=now_ms)
    first, genesis, chain = genesis_of(bundle, checkpoint)
    head = head_of(bundle, checkpoint, chain)
    extends = check_extends(bundle.extends, checkpoint, trust, seen)
    state, plan = states_of(bundle, head)
    chronicle = Chronicle(first, head.header)
    check_block_key(bundle, genesis, chain, head, state, chronicle)
    versions = Versions.verify(bundle.covenants, plan, chronicle)
    membership = Membership.verify(bundle, plan, chain, chronicle)
    history = History(membership, plan, versions, chronicle)
    history.add(bundle, public_key, head.header.time_ms)
    history.relive()
    check_age(trust, checkpoint, head.header.time_ms, now_ms, max_age_ms)
    return result_of(history, checkpoint, head.header, keyed=public_key is not None, extends=extends)


def check_age(
    trust: TrustFile, checkpoint: TrustedCheckpoint, head_ms: int, now_ms: int | None, max_age_ms: int | None
) -> None:
    """How old the book is, on the witnesses' word where there are any, else on the operator's own."""
    if now_ms is None:
        return
    if head_ms > now_ms + CLOCKS_APART_MS:
        raise TooOld(
            "the record's last block is dated after now",
            value=head_ms,
            hint="Set this machine's clock right. If it is right, the operator's is not: ask for a fresh record.",
        )
    trust.check_age(checkpoint, now_ms, stated_ms=head_ms, max_age_ms=max_age_ms)


def genesis_of(bundle: RecordBundle, checkpoint: TrustedCheckpoint) -> tuple[Header, Genesis, bytes]:
    """The genesis block's header, its entry, and the chain's identity, which is its hash."""
    data, entry, proof = bundle.genesis
    chain = block_hash(data)
    verify_inclusion(chain, 0, checkpoint.size, proof, checkpoint.root)
    block = Block.from_bytes(data)
    header = block.header
    verify_inclusion(entry_hash(entry), 0, header.entry_count, (), header.entries_root)
    genesis = Genesis.from_entry(Entry.from_bytes(entry))
    if genesis.origin != checkpoint.origin:
        raise GenesisError("the chain begins under another origin than its checkpoint names", value=genesis.origin)
    if (header.height, header.chain, header.previous, header.sheets) != (0, ZERO_HASH, ZERO_HASH, ()):
        raise GenesisError("the first block is no genesis block", value=header.height)
    block.verify(genesis.block_key)
    return header, genesis, chain


def head_of(bundle: RecordBundle, checkpoint: TrustedCheckpoint, chain: bytes) -> Block:
    """The last block under the checkpoint; whose signature it carries is not checked yet."""
    data, proof = bundle.head
    verify_inclusion(block_hash(data), checkpoint.size - 1, checkpoint.size, proof, checkpoint.root)
    block = Block.from_bytes(data)
    if block.header.height != checkpoint.size - 1 or block.header.chain != chain:
        raise RuleBroken("the last block is not this chain's block at that height", value=block.header.height)
    return block


def states_of(bundle: RecordBundle, head: Block) -> tuple[PlanLeaf, PlanLeaf]:
    """The chain's own state and the plan's. All plans are shown, so that none can have two states in one block."""
    count, top = head.header.plan_count, head.header.plans_root
    if len(bundle.plans) != count or root([leaf_hash(data) for data in bundle.plans]) != top:
        raise ProofError("the plans shown are not those of the last block", value=len(bundle.plans))
    leaves = [PlanLeaf.from_bytes(data) for data in bundle.plans]
    names = [leaf.plan for leaf in leaves]
    if names != sorted(set(names)) or names[:1] != [CHAIN]:
        raise RuleBroken("the last block's plans are not in order, each once, the chain's own first")
    if bundle.plan not in names:
        raise RecordMismatch("the record names no plan of the chain", value=bundle.plan)
    return leaves[0], leaves[names.index(bundle.plan)]


def check_block_key(
    bundle: RecordBundle, genesis: Genesis, chain: bytes, head: Block, state: PlanLeaf, chronicle: Chronicle
) -> None:
    """Follow the changes of the block key, and hold the last block's signature against the key in force."""
    keys, last = BlockKeys.from_genesis(genesis), -1
    header = head.header
    signer: bytes | None = None
    for item in bundle.keys:
        leaf, entry = verify_entry(item, state, chronicle)
        if entry.kind not in (ROTATION, RECOVERY):
            raise RecordMismatch("an entry shown as a change of the block key is none", value=entry.kind)
        if item.position <= last:
            raise RecordMismatch("changes of the block key are not in order", value=item.position)
        last = item.position
        if leaf.height == header.height:  # signed by whom the change finds in office
            signer = keys.at(leaf.time_ms).signer([entry])
        keys = keys.apply(chain, leaf.time_ms, [entry], 0)
    try:
        head.verify(signer or keys.at(header.time_ms).current)
    except BlockSignatureError:
        text = "the last block is not signed by the block key in force"
        raise BlockSignatureError(text, value=header.height) from None


def error_verdict(error: MutualchainError) -> str:
    """The verdict that an error stands for: "tampered", "could not check", "rollback" or "usage"."""
    return VERDICTS[error.exit_code]
