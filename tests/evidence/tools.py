"""Logs that fork, witnesses that lie, and chains of blocks that say whatever a test wants them to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mutualchain.block.block import BlockSigner, block_hash, sign_header
from mutualchain.block.entry import CHAIN, entry_hash
from mutualchain.block.genesis import Genesis
from mutualchain.block.header import ZERO_HASH, Header
from mutualchain.block.plan import PlanLeaf
from mutualchain.evidence.disagreement import ProvenBlock
from mutualchain.evidence.rules import StatedBlock
from mutualchain.tlog import ed25519, merkle
from mutualchain.tlog import note as notes
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.note import Signer
from mutualchain.tlog.trust import Log, TrustFile, Witness
from tests.witness.logs import NOW, FakeLog

ORIGIN = "example.com/log"
HONEST = FakeLog(ORIGIN)
FORK = HONEST.forked(3)
ONE, TWO = (CosignatureSigner.from_seed(f"{name}.example.net", name.encode() * 8) for name in ("once", "many"))
TRUST = TrustFile((Log(HONEST.signer.verifier),), (Witness("one", ONE.verifier), Witness("two", TWO.verifier)))
STRANGERS = TrustFile((Log(Signer.from_seed(ORIGIN, b"s" * 32).verifier),))


def cosigned(checkpoint: Checkpoint, *witnesses: CosignatureSigner, log: FakeLog | None = HONEST) -> bytes:
    """A checkpoint with cosignatures; ``log`` None: that the log never signed."""
    lines = [witness.cosign(checkpoint, NOW) for witness in witnesses]
    if log is None:
        return notes.format(checkpoint.text, lines)
    note = sign_checkpoint(checkpoint, [log.signer])
    return notes.add_signatures(note, lines) if lines else note


class Leaves:
    """The tree of a fake log, for whoever holds all of it."""

    def __init__(self, log: FakeLog, size: int) -> None:
        self.log, self.size = log, size

    def _hashes(self) -> Sequence[bytes]:
        return [merkle.leaf_hash(self.entry(at)) for at in range(self.size)]

    def read(self, level: int, index: int) -> bytes:
        return merkle.root(self._hashes()[index << level : (index + 1) << level])

    def entry(self, index: int) -> bytes:
        return (f"entry {index}" + (self.log.fork if index >= self.log.at else "")).encode()

    def proven(self, height: int) -> ProvenBlock:
        return ProvenBlock(height, self.entry(height), merkle.inclusion_proof(self._hashes(), height))


# --- chains of blocks ---------------------------------------------------------------------------

CHAIN_ORIGIN = "liar.example/mutual"
LOG = Signer.from_seed(CHAIN_ORIGIN, b"L" * 32)
CHAIN_TRUST = TrustFile((Log(LOG.verifier),))
SEED, RECOVERY = b"B" * 32, b"R" * 32
SIGNER = BlockSigner(ed25519.public_key_of(SEED), lambda message: ed25519.sign(SEED, message))
EMPTY = merkle.EMPTY_ROOT


def state(plan: str, **more: Any) -> PlanLeaf:
    """A plan's leaf: nothing has happened in it, but for what is said."""
    zero = PlanLeaf(
        plan, 0 if plan == CHAIN else 1, ZERO_HASH if plan == CHAIN else b"c" * 32, 0, (), 0, EMPTY, 0, EMPTY
    )
    return replace(zero, **more)


def hashed(*items: bytes) -> bytes:
    return merkle.root([merkle.leaf_hash(item) for item in items])


@dataclass
class Liar:
    """A chain whose blocks are true to each other until a test says otherwise."""

    origin: str = CHAIN_ORIGIN
    blocks: list[bytes] = field(default_factory=list)
    states: list[tuple[PlanLeaf, ...]] = field(default_factory=list)
    entry: bytes = b""

    def __post_init__(self) -> None:
        self.entry = (
            Genesis(
                self.origin,
                Signer.from_seed(self.origin, b"L" * 32).vkey,
                SIGNER.public_key,
                ed25519.public_key_of(RECOVERY),
            )
            .to_entry()
            .to_bytes()
        )
        one = entry_hash(self.entry)
        self.add([state(CHAIN, events_size=1, events_root=hashed(b"genesis"))], entry_count=1, entries_root=one)

    def add(self, states: Sequence[PlanLeaf] | None = None, **header: Any) -> Liar:
        """A block; the states after it are those before unless they are given."""
        height = len(self.blocks)
        shown = tuple(self.states[-1] if states is None else states)
        leaves = [merkle.leaf_hash(leaf.to_bytes()) for leaf in shown]
        honest = Header(
            block_hash(self.blocks[0]) if height else ZERO_HASH,
            height,
            block_hash(self.blocks[-1]) if height else ZERO_HASH,
            1_760_000_000_000 + 1000 * height,
            0,
            EMPTY,
            (),
            len(shown),
            merkle.root(leaves),
        )
        self.blocks.append(sign_header(replace(honest, **header), [SIGNER]).to_bytes())
        self.states.append(shown)
        return self

    @property
    def hashes(self) -> list[bytes]:
        return [block_hash(block) for block in self.blocks]

    @property
    def head(self) -> Checkpoint:
        return Checkpoint(self.origin, len(self.blocks), merkle.root(self.hashes))

    @property
    def note(self) -> bytes:
        return sign_checkpoint(self.head, [Signer.from_seed(self.origin, b"L" * 32)])

    def proven(self, height: int) -> ProvenBlock:
        return ProvenBlock(height, self.blocks[height], merkle.inclusion_proof(self.hashes, height))

    def stated(self, height: int, *, states: bool = True) -> StatedBlock:
        leaves = tuple(leaf.to_bytes() for leaf in self.states[height]) if states else ()
        return StatedBlock(self.proven(height), leaves)
