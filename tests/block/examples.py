"""Keys made from fixed seeds, and a small chain: genesis, a plan, entries and sheets, an anchor, a new block key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mutualchain.block.anchor import anchor_entry
from mutualchain.block.block import BlockSigner, sign_header
from mutualchain.block.chain import ChainState, Draft, LogNode
from mutualchain.block.entry import Entry
from mutualchain.block.genesis import Genesis
from mutualchain.block.keys import ROTATION, acceptance_message, key_change_entry
from mutualchain.covenant.acts import Adoption
from mutualchain.covenant.document import Covenant
from mutualchain.sheet import Descriptor, params_hash, schema
from mutualchain.tlog import ed25519
from mutualchain.tlog.note import Signer

ORIGIN = "example.org/mutual"
LOG = Signer.from_seed(ORIGIN, bytes([1]) * 32)
START = 1_700_000_000_000
DAY = 86_400_000
DELAY = 7 * DAY


def key(number: int) -> BlockSigner:
    """Block key ``number``."""
    seed = bytes([number]) * 32
    return BlockSigner(ed25519.public_key_of(seed), lambda message: ed25519.sign(seed, message))


BLOCK, RECOVERY_KEY, NEW, NEWER = key(2), key(3), key(4), key(5)
GENESIS = Genesis(ORIGIN, LOG.verifier.vkey, BLOCK.public_key, RECOVERY_KEY.public_key, DELAY)
COVENANT = Covenant.simple("Demo")


def change(kind: str, chain: bytes, old: BlockSigner, new: BlockSigner) -> Entry:
    """An entry by which ``new`` takes over from ``old``, with its acceptance."""
    return key_change_entry(kind, new.public_key, new.sign(acceptance_message(chain, old.public_key, new.public_key)))


def sheet(plan: str, name: str, number: int = 0, first: int = 0, rows: int = 3) -> Descriptor:
    """A descriptor that could be true: as many rows, and no amounts."""
    layout = schema(name)
    totals = tuple(rows if item.kind == "rows" else 0 for item in layout.aggregates)
    return Descriptor(layout, plan, number, first, rows, totals, bytes([number]) * 32, params_hash(b""))


Covenants = dict[str, tuple[int, bytes]]


@dataclass
class Recorded:
    """A block as it was recorded, with what is needed to follow it."""

    block: bytes
    entries: list[bytes]
    covenants: Covenants
    draft: Draft
    nodes: tuple[LogNode, ...]


@dataclass
class Operator:
    """Writes blocks the way a ledger does: draft, sign, accept."""

    state: ChainState = field(default_factory=ChainState)
    signer: BlockSigner = BLOCK
    blocks: list[Recorded] = field(default_factory=list)

    def record(
        self,
        time_ms: int,
        entries: Sequence[Entry] = (),
        sheets: Sequence[Descriptor] = (),
        genesis: Genesis | None = None,
    ) -> Recorded:
        covenants: Covenants = {}
        for entry in entries:
            if entry.kind == Adoption.kind:
                act = Adoption.from_entry(entry)
                covenants[entry.plan] = (act.version, act.hash)
        draft = self.state.draft(time_ms, [(entry, entry.to_bytes()) for entry in entries], sheets, covenants)
        block = sign_header(draft.header, [self.signer]).to_bytes()
        self.state, nodes = self.state.accept(draft, block, genesis)
        recorded = Recorded(block, [entry.to_bytes() for entry in entries], covenants, draft, nodes)
        self.blocks.append(recorded)
        return recorded

    def begin(self, genesis: Genesis = GENESIS) -> Operator:
        """Record the genesis block at START."""
        self.record(START, [genesis.to_entry()], genesis=genesis)
        return self

    def adopt(self, plan: str, time_ms: int = START + 1) -> Recorded:
        """Record a plan's covenant."""
        return self.record(time_ms, [Adoption(COVENANT.to_bytes()).to_entry(plan)])

    def change_key(self, kind: str, old: BlockSigner, new: BlockSigner, time_ms: int) -> Recorded:
        """Record a change of the block key, signed by whoever signs now."""
        return self.record(time_ms, [change(kind, self.state.chain, old, new)])


def small_chain() -> Operator:
    """Nine blocks that hold some of everything."""
    operator = Operator().begin()
    operator.adopt("plan-a")
    operator.adopt("plan-b", START + 2)
    operator.record(START + 3, sheets=[sheet("plan-a", "enrolment/1"), sheet("plan-b", "enrolment/1", rows=17)])
    operator.record(
        START + 4,
        [Entry("plan-a", "case", {"aid": 1, "file_hash": bytes(32), "slot": 0}), Entry("plan-b", "note", {})],
        [sheet("plan-a", "enrolment/1", 1, 3, 1), sheet("plan-a", "credit/1"), sheet("plan-a", "notice/1", rows=1)],
    )
    operator.record(START + DAY, [anchor_entry(b"a checkpoint\n")])
    operator.change_key(ROTATION, BLOCK, NEW, START + DAY)
    operator.signer = NEW
    operator.record(START + DAY + 1, sheets=[sheet("plan-a", "charge/1", rows=4)])
    operator.record(START + 2 * DAY)
    return operator
