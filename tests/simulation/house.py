"""The operator: the real Ledger on a store in memory. It crashes at any write and any signature, and is restored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mutualchain.archive.reading import Archive
from mutualchain.block.block import block_hash
from mutualchain.block.chain import BLOCKS
from mutualchain.errors import LedgerUnconfirmed, MutualchainError, WitnessAhead, WitnessConflict
from mutualchain.ledger import Ledger, OperatorKeys, Pace, Witnesses
from mutualchain.ledger.errands import Answered, Event
from mutualchain.store import MemoryStore, Reader, Store, Writer
from mutualchain.tlog import ed25519, merkle
from mutualchain.tlog.note import Signer
from mutualchain.tlog.trust import TrustFile

from ..ledger.world import COVENANT, KEYS, ORIGIN, PLAN, digest, key_of
from .clockwork import Clockwork
from .invariants import Broken, History, Invariants
from .network import Network

if TYPE_CHECKING:
    from .member import Member

PACE = Pace(answer=2.0, patience=4.0, hearing=2.0, between=0.5, refresh=20.0, pause=(0.5, 5.0), anchor=40.0, behind=1.0)
_NOWHERE = Path("nowhere")
_LOG_SEED = b"1" * 32
_GIVES_UP = 12.0
"""Seconds after which an operator whose restored copy is not confirmed takes the newest one again."""


class Crash(BaseException):
    """The process is gone, wherever it was."""


@dataclass
class Fuse:
    """Counts down the places at which a process can crash; at 0 it does."""

    clock: Clockwork
    left: int | None = None

    def burn(self, place: str) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                self.left = None
                self.clock.say(f"ledger: crashes {place}")
                raise Crash


class Brittle:
    """A store whose process can crash before a write is durable, and right after."""

    path: Path | None = None
    readonly = False

    def __init__(self, inner: Store, fuse: Fuse) -> None:
        self.inner = inner
        self.fuse = fuse

    def head(self) -> bytes | None:
        return self.inner.head()

    def read(self) -> AbstractContextManager[Reader]:
        return self.inner.read()

    @contextmanager
    def write(self, expected_head: bytes | None, *, reserve: int = 0) -> Iterator[Writer]:
        with self.inner.write(expected_head, reserve=reserve) as writer:
            yield writer
            self.fuse.burn("before a write is durable")
        self.fuse.burn("after a write")

    def copy_to(self, path: Path) -> None:
        self.inner.copy_to(path)

    def close(self) -> None:
        """The data outlives the process."""


def size_of(note: bytes) -> int:
    """The size that a checkpoint states."""
    return int(note.split(b"\n")[1])


def leaves_of(store: Store) -> History:
    """The block hashes in a store, genesis first."""
    with store.read() as reader:
        archive = Archive(reader)
        read = archive.nodes(BLOCKS)
        return tuple(read(0, index) for index in range(archive.size))


@dataclass
class House:
    """``rows`` are the acknowledged references: height and block hash. ``fragile`` is how likely a deed ends badly.

    ``went_back``: an old copy was confirmed, as no quorum had seen what it lacked; so two histories are signed.
    ``swapped``: two copies ran one after the other, so that one may have signed what the other has not stored.
    """

    clock: Clockwork
    network: Network
    truth: Invariants
    witnesses: TrustFile
    fragile: float
    data: MemoryStore = field(default_factory=MemoryStore)
    rows: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)
    backups: list[dict[bytes, bytes]] = field(default_factory=list)
    aside: MemoryStore | None = None
    ledger: Ledger | None = None
    life: int = 0
    allowed: bool = False
    lost: int = 0
    went_back: bool = False
    swapped: bool = False
    _seen: bytes = b""
    _ticks: int = 0
    _references: int = 0

    def __post_init__(self) -> None:
        self.fuse = Fuse(self.clock)
        signer = Signer(ORIGIN, KEYS.log.public_key, self._sign)
        self.keys = OperatorKeys(signer, KEYS.block, KEYS.recovery_key)

    # --- processes ------------------------------------------------------------------------------

    def _sign(self, message: bytes) -> bytes:
        self.fuse.burn("before it signs")
        size = size_of(message)
        leaves = leaves_of(self.data)[:size]
        self.truth.may_sign(leaves, "signs")
        self.truth.signed(leaves)
        self.clock.say(f"ledger: signs {size} {merkle.root(list(leaves)).hex()[:8]}")
        signature = ed25519.sign(_LOG_SEED, message)
        self.fuse.burn("after it has signed")
        return signature

    @property
    def _who(self) -> Witnesses:
        return Witnesses(self.witnesses, pace=PACE)

    def create(self) -> None:
        store = Brittle(self.data, self.fuse)
        self.ledger = Ledger.create(
            _NOWHERE, self.keys, clock=self.clock.milliseconds, store=store, witnesses=self._who, background=False
        )
        self.allowed = True
        self.ledger.create_plan(PLAN, COVENANT, reference="plan")
        self.turn()

    def carefully(self, deed: Callable[[], None]) -> None:
        """Do something that may end in a crash, or be refused because witnesses object."""
        chance = self.clock.chance
        self.fuse.left = chance.randrange(1, 7) if self.clock.happens(self.fragile) else None
        try:
            deed()
        except Crash:
            self.fall()
        except (LedgerUnconfirmed, WitnessAhead, WitnessConflict) as error:
            self.clock.say(f"ledger: refuses, {error.code}")
        except MutualchainError as error:
            raise Broken(f"the ledger fails with {error.code}: {error.message}") from error
        finally:
            self.fuse.left = None

    def fall(self) -> None:
        """The process ends without a word; another one starts after a while."""
        self.ledger, self.life = None, self.life + 1
        self.clock.after(self.clock.soon(1.5), self.start)

    def start(self) -> None:
        if self.ledger is None:
            self.carefully(self._open)

    def _open(self) -> None:
        store = Brittle(self.data, self.fuse)
        self.ledger = Ledger.open(
            _NOWHERE, self.keys, clock=self.clock.milliseconds, store=store, witnesses=self._who, background=False
        )
        self.allowed = False
        self.clock.say(f"ledger: opened with {self.ledger.size} blocks")
        if self.aside is None:
            self._check_rows()
        self.turn()

    def _check_rows(self) -> None:
        leaves = leaves_of(self.data)
        for reference, (height, leaf) in self.rows.items():
            if leaves[height : height + 1] != (leaf,):
                raise Broken(f"the row {reference} was acknowledged in block {height}, and is not there any more")

    # --- witnesses ------------------------------------------------------------------------------

    def turn(self, event: Event = None) -> None:
        """One step of the ledger's gathering, and what follows from it."""
        assert self.ledger is not None, "a ledger that is open"
        gathering, life = self.ledger._gathering, self.life
        assert gathering is not None, "a ledger with witnesses"
        gathering.moment = lambda: self.clock.now

        def hear(answered: Answered) -> None:
            if life == self.life and self.ledger is not None:
                self.carefully(lambda: self.turn(answered))

        for ask in gathering.step(event):
            self.network.send(ask, hear)
        self._look()
        wake = gathering.machine.wake()
        if wake is not None:
            self._ticks += 1
            number = self._ticks
            self.clock.after(max(wake, 0.02), lambda: self._tick(life, number))

    def _tick(self, life: int, number: int) -> None:
        if (life, number) == (self.life, self._ticks) and self.ledger is not None:
            self.carefully(self.turn)

    def _look(self) -> None:
        """What is true now that was not before: a quorum, the leave to sign."""
        assert self.ledger is not None, "a ledger that is open"
        with self.data.read() as reader:
            note = Archive(reader).cosigned()
        if note is not None and note != self._seen:
            self._seen = note
            opened = self.truth.trust.open_checkpoint(note, ORIGIN)
            self.truth.has_kept((opened.size, opened.root))
        if not self.allowed and self.ledger.objection is None:
            self.allowed = True
            leaves = leaves_of(self.data)
            self.clock.say(f"ledger: confirmed with {len(leaves)} blocks")
            self.truth.may_sign(leaves, "opens")
            self._settle_for(leaves)

    def _settle_for(self, leaves: History) -> None:
        """A restored copy may sign: rows that no quorum has ever seen are lost with what came after it."""
        if self.aside is not None:
            newest, self.aside = leaves_of(self.aside), None
            self.went_back = self.went_back or leaves[: len(newest)] != newest
            kept = {name: row for name, row in self.rows.items() if leaves[row[0] : row[0] + 1] == (row[1],)}
            self.lost += len(self.rows) - len(kept)
            self.clock.say(f"ledger: {len(self.rows) - len(kept)} rows are lost, which no quorum had seen")
            self.rows = kept

    # --- deeds ----------------------------------------------------------------------------------

    def enrol(self, member: Member) -> None:
        """Record a member; one that was not acknowledged is sent again, under the same reference."""
        if self.pending and self.clock.happens(0.7):
            reference = self.pending[0]
        else:
            self._references += 1
            reference = f"r{self._references}"
            self.pending.append(reference)
        self.carefully(lambda: self._enrol(reference, member))
        self.clock.after(self.clock.soon(0.1), lambda: self.carefully(self._flush))

    def _enrol(self, reference: str, member: Member) -> None:
        if self.ledger is None:
            return
        ack = self.ledger.enrol(PLAN, key_of(reference), digest(reference), deposit=1000, reference=reference)
        receipt = ack.receipt()
        self.rows[reference] = ack.height, block_hash(receipt.block)
        self.pending.remove(reference)
        member.receipts[reference] = receipt
        self.clock.say(f"ledger: {reference} is recorded in block {ack.height}")
        self.turn()

    def _flush(self) -> None:
        if self.ledger is not None:
            self.ledger._core.flush()
            self.turn()

    def restart(self) -> None:
        if self.ledger is not None:
            self.clock.say("ledger: is ended, and starts again")
            if self.clock.happens(0.5):
                self.carefully(self.ledger.close)
            if self.ledger is not None:
                self.fall()

    def back_up(self) -> None:
        self.backups.append(dict(self.data._state()))

    def restore(self) -> None:
        """Put an old copy in the place of the newest, which stays aside until the old one may sign."""
        if not self.backups or self.aside is not None:
            return
        self.aside, self.data = self.data, MemoryStore()
        self.data._data = dict(self.clock.chance.choice(self.backups))
        self.clock.say(f"ledger: restored to {len(leaves_of(self.data))} of {len(leaves_of(self.aside))} blocks")
        self.fall()
        self.clock.after(_GIVES_UP, self.take_back)

    def take_back(self) -> None:
        """An old copy that was not confirmed is given up."""
        if self.aside is not None:
            self.clock.say("ledger: the old copy was not confirmed; the newest takes its place again")
            self.data, self.aside = self.aside, None
            self.swapped = True
            self.fall()

    def settled_size(self, until: float) -> int:
        """The blocks that were recorded before a moment: an anchor comes by itself, and may have come just now."""
        with self.data.read() as reader:
            archive = Archive(reader)
            return sum(archive.header(height).time_ms <= until * 1000 for height in range(archive.size))

    # --- what members see -----------------------------------------------------------------------

    def show(self, since: int) -> tuple[bytes, tuple[bytes, ...]] | None:
        """The newest cosigned head, and the proof that it extends an earlier one; None where there is none."""
        with self.data.read() as reader:
            archive = Archive(reader)
            note = archive.cosigned()
            if note is None:
                return None
            size = size_of(note)
            proof = merkle.consistency_proof_from_nodes(archive.nodes(BLOCKS), since, size) if 0 < since < size else ()
            return note, proof
