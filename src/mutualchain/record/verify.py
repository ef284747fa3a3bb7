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
from ..block.plan import EventLeaf, PlanLeaf
from ..covenant.acts import Adoption
from ..covenant.document import Covenant
from ..errors import (
    VERDICTS,
    BlockSignatureError,
    CanonicalError,
    CovenantError,
    EntryError,
    GenesisError,
    MutualchainError,
    NotYourRecord,
    ProofError,
    RecordIncomplete,
    RecordMismatch,
    RuleBroken,
    TooOld,
    UsageError,
)
from ..tlog.merkle import leaf_hash, root, verify_inclusion
from ..tlog.trust import TrustedCheckpoint, TrustFile
from .bundle import Logged, RecordBundle
from .facts import VerifiedRecord
from .history import History
from .membership import Membership
from .order import Chronicle
from .pin import check_extends

__all__ = ["verify_record"]

_CLOCK_SKEW_MS = 86_400_000
"""How far a last block may lie ahead of the reader's clock: clocks of people's machines are hours off at times."""


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

    ``public_key`` is the member's own key, 32 bytes; without it, whose record it is stays unchecked, and the
    result's limits say so. ``seen`` is a checkpoint note that she kept from an earlier check (``record.pin.note_in``
    finds it in a file): the book must continue that one. ``now_ms`` and ``max_age_ms`` refuse a record that is older:
    by the oldest of the witnesses' cosignatures, or the operator's own time where there are none. Every error's
    ``exit_code`` is the verdict: 1 tampered, 3 could not check, 4 rollback or split view.
    """
    if public_key is not None and (type(public_key) is not bytes or len(public_key) != 32):
        raise UsageError("a member's key is 32 bytes", value=public_key)
    if seen is not None and type(seen) is not bytes:
        raise UsageError("a checkpoint's note is bytes", value=type(seen).__name__)
    bundle = RecordBundle.from_bytes(data)
    checkpoint = trust.open_checkpoint(bundle.checkpoint)
    first, genesis, chain = _genesis(bundle, checkpoint)
    head = _head(bundle, checkpoint, chain)
    extends = check_extends(bundle.extends, checkpoint, trust, seen)
    state, plan = _states(bundle, head)
    chronicle = Chronicle(first, head.header)
    _check_block_key(bundle, genesis, chain, head, state, chronicle)
    covenants = _covenants(bundle, plan, chronicle)
    membership = Membership.verify(bundle, plan, chain, chronicle)
    if public_key is not None and membership.key != public_key:
        raise NotYourRecord("the key in this record is not yours", value=membership.key)
    history = History(membership, plan, covenants, chronicle)
    history.add_events(bundle.events)
    history.add_rounds(bundle.before, bundle.rounds)
    history.relive()
    _check_age(checkpoint, head.header.time_ms, now_ms, max_age_ms)
    return history.result(checkpoint, head.header, keyed=public_key is not None, extends=extends)


def _check_age(checkpoint: TrustedCheckpoint, head_ms: int, now_ms: int | None, max_age_ms: int | None) -> None:
    """How old the book is, on the witnesses' word where there are any, else on the operator's own."""
    if now_ms is None:
        return
    if head_ms > now_ms + _CLOCK_SKEW_MS:
        raise TooOld(
            "the record's last block is dated after now",
            value=head_ms,
            hint="Set this machine's clock right. If it is right, the operator's is not: ask for a fresh record.",
        )
    if max_age_ms is None:
        return
    seen_ms = min((item.timestamp * 1000 for item in checkpoint.cosignatures), default=head_ms)
    if now_ms - seen_ms > max_age_ms:
        days = (now_ms - seen_ms) // 86_400_000
        raise TooOld(f"the record shows the book as it was {days} days ago", value=seen_ms)


def _genesis(bundle: RecordBundle, checkpoint: TrustedCheckpoint) -> tuple[Header, Genesis, bytes]:
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


def _head(bundle: RecordBundle, checkpoint: TrustedCheckpoint, chain: bytes) -> Block:
    data, proof = bundle.head
    verify_inclusion(block_hash(data), checkpoint.size - 1, checkpoint.size, proof, checkpoint.root)
    block = Block.from_bytes(data)
    if block.header.height != checkpoint.size - 1 or block.header.chain != chain:
        raise RuleBroken("the last block is not this chain's block at that height", value=block.header.height)
    return block


def _states(bundle: RecordBundle, head: Block) -> tuple[PlanLeaf, PlanLeaf]:
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


def _event(item: Logged, log: PlanLeaf, chronicle: Chronicle) -> tuple[EventLeaf, Entry]:
    """An entry at its place in a plan's log of entries, or in the chain's."""
    if not 0 <= item.position < log.events_size:
        raise RecordMismatch("an entry is at no place of its log", value=item.position)
    verify_inclusion(leaf_hash(item.leaf), item.position, log.events_size, item.proof, log.events_root)
    leaf = EventLeaf.from_bytes(item.leaf)
    if entry_hash(item.body) != leaf.entry_hash:
        raise RecordMismatch("an entry is not the one that the log names", value=item.position)
    chronicle.add(f"entries of {log.plan!r}", item.position, leaf.height, leaf.time_ms)
    entry = Entry.from_bytes(item.body)
    if entry.plan != log.plan:
        raise RuleBroken("a log holds an entry of another plan", value=entry.plan)
    return leaf, entry


def _check_block_key(
    bundle: RecordBundle, genesis: Genesis, chain: bytes, head: Block, state: PlanLeaf, chronicle: Chronicle
) -> None:
    """Follow the changes of the block key, and hold the last block's signature against the key in force."""
    keys, last = BlockKeys.from_genesis(genesis), -1
    header = head.header
    signer: bytes | None = None
    for item in bundle.keys:
        leaf, entry = _event(item, state, chronicle)
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


def _covenants(bundle: RecordBundle, plan: PlanLeaf, chronicle: Chronicle) -> dict[bytes, tuple[int, Covenant, int]]:
    """Covenants by hash, with version and the height of the block that adopted them.

    A plan's log of entries begins with its adoption, so that no earlier covenant can be kept back; a second
    adoption is not among the rules of this release.
    """
    found: dict[bytes, tuple[int, Covenant, int]] = {}
    last = -1
    for item in bundle.covenants:
        leaf, entry = _event(item, plan, chronicle)
        if item.position == 0 and entry.kind != Adoption.kind:
            raise RuleBroken("the plan does not begin with a covenant", value=entry.kind)
        if entry.kind != Adoption.kind or item.position <= last:
            raise RecordMismatch("an entry shown as a covenant is none, or is not in order", value=entry.kind)
        if last < 0 < item.position:
            raise RecordIncomplete("the covenant that the plan began with is missing from the record")
        if found:
            raise RuleBroken("the plan's covenant was replaced", place=f"block {leaf.height}")
        last = item.position
        try:
            act = Adoption.from_entry(entry)
            found[act.hash] = (act.version, Covenant.from_bytes(act.covenant), leaf.height)
        except (CovenantError, EntryError, CanonicalError) as error:
            raise RuleBroken(f"the plan's covenant is none: {error.message}", place=f"block {leaf.height}") from None
    if not found:
        raise RecordIncomplete("the covenant that the plan began with is missing from the record")
    if plan.covenant_hash not in found or found[plan.covenant_hash][0] != plan.covenant_version:
        raise RuleBroken("the covenant in force is not the one that the plan adopted", value=plan.covenant_hash)
    return found


def error_verdict(error: MutualchainError) -> str:
    """The verdict that an error stands for: "tampered", "could not check", "rollback" or "usage"."""
    return VERDICTS[error.exit_code]
