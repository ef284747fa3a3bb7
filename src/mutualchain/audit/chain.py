"""The chain itself, block by block: links, signatures, entries, plan states, and the log of blocks.

Where all is well, ``ChainState.follow`` says so: the same code by which the writer made the header. Where it is not, a
block is taken apart to say what is wrong, and the replay goes on from the best that is left, so that one damage
is one finding and does not make everything after it look wrong:

* the hash to go on with is the one that the next block, the head, or the stored log names;
* the header of a block that is missing or not signed is put together from the plans' own logs;
* plan states that do not follow are taken from the stored leaves, if those are what the header signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..archive import layout
from ..archive.reading import Archive
from ..archive.replay import covenants_of
from ..block.block import Block, block_hash
from ..block.chain import BLOCKS, ENROLMENT, ChainState, Draft, LogNode, PlanState
from ..block.entry import CHAIN, Entry, entries_root, entry_hash
from ..block.genesis import Genesis
from ..block.header import Header
from ..block.keys import RECOVERY, ROTATION, BlockKeys
from ..block.plan import EventLeaf
from ..errors import (
    AuditIncomplete,
    BlockError,
    BlockSignatureError,
    GenesisError,
    LinkError,
    MutualchainError,
    PlanStateError,
    StoreCorrupt,
    UnsupportedVersion,
)
from ..tlog.merkle import EMPTY_ROOT, HASH_SIZE
from .findings import Breach, Findings
from .recovery import Recovery
from .stored import NodeTable, StoredCopies

__all__ = ["ChainAudit", "Recorded"]

_NO_KEY = bytes(32)
_COUNTERS = ("covenant_version", "covenant_hash", "slots", "numbers", "sheets_size", "events_size")
_ROOTS = ("sheets_root", "events_root")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A block to go on with. ``entries`` has None for what cannot be read; ``digests`` are the hashes signed for.

    ``lost`` has the hash and plan of each entry that is missing or not the one that was signed; ``unknown`` plans hold
    something that this release has no rules for. ``positions`` has each sheet's place in its plan's log.
    """

    height: int
    header: Header
    entries: tuple[Entry | None, ...]
    digests: tuple[bytes, ...]
    positions: tuple[int, ...]
    lost: tuple[tuple[bytes, str], ...] = ()
    unknown: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Found:
    """A block as it was read: bytes, parsed, its entries, what cannot be parsed; and whether it is here, signed."""

    height: int
    data: bytes | None
    block: Block | None
    raws: list[bytes | None] = field(default_factory=list)
    entries: list[Entry | None] = field(default_factory=list)
    faults: dict[int, MutualchainError] = field(default_factory=dict)
    authentic: bool = False
    lost: list[tuple[bytes, str]] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)


class ChainAudit:
    """Follows the blocks in order. ``state`` is the chain after the last one, ``nodes`` the log as computed."""

    def __init__(self, archive: Archive, findings: Findings, stored: StoredCopies) -> None:
        self.state = ChainState()
        self.nodes = NodeTable()
        self.times: list[int] = []
        self.bytes_read = 0
        self.signatures_unchecked = False
        self._keys_doubtful = False
        self._archive = archive
        self._findings = findings
        self._stored = stored
        self._recovery = Recovery(archive, stored)

    def block(self, height: int) -> Recorded | None:
        """Check block ``height`` and move on. None where nothing of it can be known."""
        found = self._read(height)
        if found.block is not None and found.data is not None and None not in found.entries:
            entries = [entry for entry in found.entries if entry is not None]
            raws = [raw for raw in found.raws if raw is not None]
            try:
                after, draft, wrong = self.state.follow(found.data, raws, covenants_of(entries))
            except MutualchainError:
                wrong = [BlockError("taken apart below")]
            if not wrong:
                return self._follow(found, entries, after, draft)
        return self._diagnose(found)

    # --- reading ----------------------------------------------------------------------------

    def _read(self, height: int) -> _Found:
        place = f"block {height}"
        data = self._stored.get(layout.block(height))
        block = None
        unknown: set[str] = set()
        if data is None:
            self._findings.add(StoreCorrupt("the block is missing from the store"), place)
        else:
            self.bytes_read += len(data)
            try:
                block = Block.from_bytes(data)
            except UnsupportedVersion as error:
                if self._recovery.hash_of(height, data, trusted=False) == block_hash(data):
                    self._findings.add(error, place)
                    unknown |= self._recovery.changed_plans(height)
                else:
                    self._findings.add(BlockError("the block is not the one that the chain names"), place)
            except MutualchainError as error:
                self._findings.add(error, place)
        here = block is not None and block.header.height == height
        count = block.header.entry_count if block is not None and here else self._recovery.count_entries(height)
        found = _Found(height, data, block, unknown=unknown)
        for index in range(count):
            self._read_entry(found, index)
        return found

    def _read_entry(self, found: _Found, index: int) -> None:
        entry = None
        raw = self._stored.get(layout.entry(found.height, index))
        if raw is None:
            found.faults[index] = StoreCorrupt("the entry is missing from the store")
        else:
            self.bytes_read += len(raw)
            try:
                entry = Entry.from_bytes(raw)
            except MutualchainError as error:
                found.faults[index] = error
        found.raws.append(raw)
        found.entries.append(entry)

    # --- where all is well ------------------------------------------------------------------

    def _follow(self, found: _Found, entries: Sequence[Entry], after: ChainState, draft: Draft) -> Recorded:
        before, header = self.state, draft.header
        digests = self._compare_leaves(before, header, entries, [raw for raw in found.raws if raw is not None])
        for node in draft.nodes:
            self._stored.node(node)
        for name in draft.touched:
            self._stored.plan_leaf(draft.plans[name], header.height)
        self._append(after.previous)
        self.state = after
        self.times.append(after.time_ms)
        return Recorded(header.height, header, tuple(entries), digests, _positions(before, header))

    def _compare_leaves(
        self, before: ChainState, header: Header, entries: Sequence[Entry], raws: Sequence[bytes]
    ) -> tuple[bytes, ...]:
        """Hold the leaves of the plans' logs against the block; returns the entries' hashes."""
        height, time_ms = header.height, header.time_ms
        digests = tuple(entry_hash(raw) for raw in raws)
        sizes = {name: plan.events.size for name, plan in before.plans.items()}
        for index, entry in enumerate(entries):
            position = sizes.get(entry.plan, 0)
            sizes[entry.plan] = position + 1
            self._stored.event_leaf(entry.plan, position, EventLeaf(height, time_ms, index, digests[index]))
        for index, (sheet, position) in enumerate(zip(header.sheets, _positions(before, header), strict=True)):
            self._stored.sheet_leaf(height, time_ms, index, position, sheet)
        return digests

    def _append(self, digest: bytes) -> None:
        """One more block in the log, whose nodes are held against the stored ones."""
        _, completed = self.state.log.append(digest)
        for level, index, node in completed:
            self.nodes.add(level, node)
            self._stored.node(LogNode(BLOCKS, CHAIN, level, index, node))

    # --- where it is not --------------------------------------------------------------------

    def _diagnose(self, found: _Found) -> Recorded | None:
        height, place = found.height, f"block {found.height}"
        found.authentic = self._check_block(found, place)
        stated = found.block.header if found.block is not None and found.block.header.height == height else None
        if found.authentic or self.signatures_unchecked:
            header = stated
        else:
            header = self._recovery.header(self.state, height) or stated
        if height == 0 and self._genesis(found, header) is None:
            self._refuse_genesis(found, place)
        digests = self._check_entries(found, header, place)
        draft = None if header is None else self._draft(found, header, place)
        plans = self._settle_plans(found, header, draft, place)
        before = self.state
        digest = self._recovery.hash_of(height, found.data, trusted=found.authentic)
        self._append(digest)
        self.state = self._after(found, header, draft, plans, digest)
        self.times.append(self.state.time_ms)
        if header is None:
            return None if not found.unknown else self._nothing_known(found)
        return Recorded(
            height,
            header,
            tuple(found.entries),
            digests,
            _positions(before, header),
            tuple(found.lost),
            frozenset(found.unknown),
        )

    def _nothing_known(self, found: _Found) -> Recorded:
        """A block of which only the plans that it changed are known."""
        state = self.state
        header = Header(state.chain, found.height, state.previous, state.time_ms, 0, EMPTY_ROOT, (), 0, EMPTY_ROOT)
        return Recorded(found.height, header, (), (), (), (), frozenset(found.unknown))

    def _check_block(self, found: _Found, place: str) -> bool:
        """Whether the block belongs here and is signed; its links are looked at only then."""
        block, state = found.block, self.state
        if block is None:
            return False
        header = block.header
        if header.height != found.height:
            wrong = LinkError(f"the block says height {header.height} and stands at {found.height}")
            self._findings.add(wrong, place, expected=found.height, found=header.height)
            return False
        if not self._signed(found, block, place):
            return False
        if header.chain != state.chain:
            self._differ(GenesisError("the block is of another chain"), place, state.chain, header.chain, Breach.DATA)
        if header.previous != state.previous:
            wrong = LinkError("the block names another predecessor")
            self._differ(wrong, place, state.previous, header.previous, Breach.DATA)
        if header.time_ms < state.time_ms:
            wrong = LinkError("the block states a time before that of the block before it")
            self._differ(wrong, place, f"at least {state.time_ms}", header.time_ms, Breach.RULE)
        return True

    def _signed(self, found: _Found, block: Block, place: str) -> bool:
        keys = self.state.keys
        if found.height == 0:
            genesis = self._genesis(found, block.header)
            keys = None if genesis is None else BlockKeys.from_genesis(genesis)
        if keys is None or self.signatures_unchecked:
            return True  # said once, at the genesis block
        entries = [entry for entry in found.entries if entry is not None]
        try:
            block.verify(keys.at(block.header.time_ms).signer(entries))
        except BlockSignatureError as error:
            if self._keys_doubtful:
                self._stop_checking_signatures("an entry that may have changed the block key is lost", place)
                return True
            self._findings.add(error, place)
            return False
        return True

    def _stop_checking_signatures(self, why: str, place: str) -> None:
        self.signatures_unchecked = True
        self._findings.add(AuditIncomplete(f"{why}: no block signature can be checked from here on"), place)

    def _genesis(self, found: _Found, header: Header | None) -> Genesis | None:
        """The genesis entry, if it is the one that its header commits to."""
        entry, raw = (found.entries[0], found.raws[0]) if found.entries else (None, None)
        if header is None or entry is None or raw is None or entries_root([entry_hash(raw)]) != header.entries_root:
            return None
        try:
            return Genesis.from_entry(entry)
        except MutualchainError:
            return None

    def _refuse_genesis(self, found: _Found, place: str) -> None:
        entry = found.entries[0] if found.entries else None
        if entry is not None:
            try:
                Genesis.from_entry(entry)
            except MutualchainError as error:
                self._findings.add(error, f"{place}, entry 0")
        self._stop_checking_signatures("the genesis entry cannot be relied on", place)

    def _check_entries(self, found: _Found, header: Header | None, place: str) -> tuple[bytes, ...]:
        """The hashes that the block commits to; each entry that has another one is named."""
        known = self._recovery.entries(self.state, found.height)
        own = [None if raw is None else entry_hash(raw) for raw in found.raws]
        if header is not None and None not in own:
            digests = tuple(digest for digest in own if digest is not None)
            if entries_root(digests) == header.entries_root:
                for index, error in found.faults.items():
                    self._findings.add(error, f"{place}, entry {index}")
                    found.unknown.add(known[index][0] if index in known else CHAIN)
                return digests
        logged = [known[index][1].entry_hash if index in known else None for index in range(len(own))]
        whole = [digest for digest in logged if digest is not None]
        named = header is not None and len(whole) == len(own) and entries_root(whole) == header.entries_root
        if not named and (header is not None or own):
            wrong = BlockError("the entries are not those that the header commits to")
            self._findings.add(wrong, place, expected=None if header is None else header.entries_root)
        for index, (mine, logs) in enumerate(zip(own, logged, strict=True)):
            if mine == logs:
                continue
            if mine is None:
                self._findings.add(found.faults[index], f"{place}, entry {index}")
            elif named:
                wrong = BlockError("the entry is not the one that the block commits to")
                self._differ(wrong, f"{place}, entry {index}", logs, mine, Breach.DATA)
            plan = known[index][0] if index in known else CHAIN
            found.entries[index] = None
            found.lost.append((logs or mine or bytes(HASH_SIZE), plan))
            self._keys_doubtful |= plan == CHAIN
        return tuple(logs or mine or bytes(HASH_SIZE) for mine, logs in zip(own, logged, strict=True))

    def _differ(self, error: MutualchainError, place: str, expected: object, found: object, breach: Breach) -> None:
        self._findings.add(error, place, expected=expected, found=found, breach=breach)

    # --- the state after a damaged block ----------------------------------------------------

    def _draft(self, found: _Found, header: Header, place: str) -> Draft | None:
        """The state that follows from the header as it stands; what forbids it is a finding."""
        known = self._recovery.entries(self.state, found.height)
        pairs = []
        for index, (entry, raw) in enumerate(zip(found.entries, found.raws, strict=True)):
            plan = known[index][0] if index in known else CHAIN
            pairs.append((entry or Entry(plan, "unreadable", {}), raw or b""))
        covenants: dict[str, tuple[int, bytes]] = {}
        for entry, _ in pairs:
            try:
                covenants |= covenants_of([entry])
            except MutualchainError:
                continue  # the rules report it
        state = replace(self.state, time_ms=min(self.state.time_ms, header.time_ms))
        try:
            return state.draft(header.time_ms, pairs, header.sheets, covenants)
        except MutualchainError as error:
            if found.authentic and not (self.signatures_unchecked or None in found.entries):
                self._findings.add(error, place, breach=Breach.RULE)
        neutral = [(_neutral(entry), raw) for entry, raw in pairs]
        state = replace(state, plans=_as_stated(state.plans, header), keys=state.keys or _unknown_keys())
        try:
            return state.draft(header.time_ms, neutral, header.sheets, covenants)
        except MutualchainError:
            return None

    def _settle_plans(
        self, found: _Found, header: Header | None, draft: Draft | None, place: str
    ) -> Mapping[str, PlanState]:
        """The plan states to go on with: those that follow, or else those that were signed or are stored."""
        stated = None if header is None else (header.plan_count, header.plans_root)
        if draft is not None and stated == (draft.header.plan_count, draft.header.plans_root):
            self._stored.counts[b"A"] += len(draft.touched)
            return draft.plans
        stored = self._recovery.plans(found.height)
        signed = stored is not None and stored.signed_by(stated)
        explained = draft is None or bool(found.lost) or bool(found.unknown) or not found.authentic
        if stored is not None and (signed or not found.authentic):
            if signed and draft is not None and found.authentic:
                self._compare_plans(draft.plans, stored.plans, place, roots=not explained)
            self._stored.counts[b"A"] += len(self._recovery.changed_plans(found.height))
            return stored.plans
        if not explained:
            wrong = PlanStateError("the plans' state in the header is not what follows from the block")
            self._findings.add(wrong, place, breach=Breach.RULE)
        if draft is None:
            return self.state.plans
        self._stored.counts[b"A"] += len(draft.touched)
        return draft.plans

    def _compare_plans(
        self, follows: Mapping[str, PlanState], signed: Mapping[str, PlanState], place: str, *, roots: bool
    ) -> None:
        """Every counter that the header signs for and that does not follow from the block."""
        for plan in sorted({*follows, *signed}):
            mine, stated = follows.get(plan), signed.get(plan)
            if mine is None or stated is None:
                what = "is left out" if stated is None else "follows from no entry"
                self._findings.add(PlanStateError(f"the plan {plan!r} {what}"), place, breach=Breach.RULE)
                continue
            for name in (*_COUNTERS, *(_ROOTS if roots else ())):
                wanted, shown = getattr(mine.leaf(), name), getattr(stated.leaf(), name)
                if wanted != shown:
                    wrong = PlanStateError(f"the header signs for another {name} of the plan than follows")
                    self._differ(wrong, f"{place}, plan {plan!r}", wanted, shown, Breach.RULE)

    def _after(
        self, found: _Found, header: Header | None, draft: Draft | None, plans: Mapping[str, PlanState], digest: bytes
    ) -> ChainState:
        before = self.state
        log, _ = before.log.append(digest)
        time_ms = before.time_ms if header is None else max(before.time_ms, header.time_ms)
        state = replace(
            before,
            previous=digest,
            time_ms=time_ms,
            log=log,
            plans=plans,
            leaf_hashes=self._recovery.leaf_hashes(plans),
            keys=before.keys if draft is None else draft.keys,
        )
        if found.height:
            return state
        genesis = self._genesis(found, header)
        return replace(
            state,
            chain=digest,
            origin="" if genesis is None else genesis.origin,
            log_key="" if genesis is None else genesis.log_key,
            keys=_unknown_keys() if genesis is None else BlockKeys.from_genesis(genesis),
        )


def _positions(before: ChainState, header: Header) -> tuple[int, ...]:
    """Each sheet's place in its plan's log of sheets."""
    sizes = {name: plan.sheets.size for name, plan in before.plans.items()}
    found = []
    for sheet in header.sheets:
        found.append(sizes.get(sheet.plan, 0))
        sizes[sheet.plan] = found[-1] + 1
    return tuple(found)


def _neutral(entry: Entry) -> Entry:
    """The entry as something that changes nothing but its plan's log."""
    changes = entry.plan == CHAIN and entry.kind in (ROTATION, RECOVERY, "genesis")
    return Entry(entry.plan, "unreadable", {}) if changes else entry


def _as_stated(plans: Mapping[str, PlanState], header: Header) -> dict[str, PlanState]:
    """Plan states in which the header's first sheet of each schema has the number and slot that it states."""
    found, seen = dict(plans), set()
    for sheet in header.sheets:
        state = found.get(sheet.plan)
        if state is None or (sheet.plan, sheet.schema.name) in seen:
            continue
        seen.add((sheet.plan, sheet.schema.name))
        numbers = {**dict(state.numbers), sheet.schema.name: sheet.number}
        slots = sheet.first if sheet.schema.name == ENROLMENT else state.slots
        found[sheet.plan] = replace(state, numbers=tuple(sorted(numbers.items())), slots=slots)
    return found


def _unknown_keys() -> BlockKeys:
    return BlockKeys(_NO_KEY, _NO_KEY, 0)
