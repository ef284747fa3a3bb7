"""What must hold after every step. Each is checked at the moment at which it could break.

- *No two histories.* Two checkpoints that contradict each other never both have a quorum, where every liar is taken to
  have cosigned everything. (Fewer lie than two quorums must share.)
- *No witness contradicts itself.* What an honest witness cosigns extends all that it cosigned before, crashes or not.
- *Nothing acknowledged is lost.* After a crash every acknowledged row stands where it was; a copy of the ledger that
  lacks blocks under a head that it once had the quorum for never may sign.
- *Members agree.* What two members accept under their trust file never contradicts itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mutualchain.tlog import merkle
from mutualchain.tlog.checkpoint import Checkpoint
from mutualchain.tlog.trust import TrustFile

Head = tuple[int, bytes]
History = tuple[bytes, ...]


class Broken(AssertionError):
    """An invariant does not hold."""


@dataclass
class Invariants:
    """Knows the leaves below every head that was ever signed, as nobody in the world does."""

    trust: TrustFile = field(default_factory=lambda: TrustFile(()))
    liars: tuple[str, ...] = ()
    histories: dict[Head, History] = field(default_factory=dict)
    cosigners: dict[Head, list[str]] = field(default_factory=dict)
    endorsed: list[Head] = field(default_factory=list)
    last: dict[str, Head] = field(default_factory=dict)
    kept: list[Head] = field(default_factory=list)
    accepted: list[Head] = field(default_factory=list)

    def signed(self, leaves: History) -> Head:
        """A head over ``leaves`` was signed with the log's key."""
        head = len(leaves), merkle.root(list(leaves))
        self.histories[head] = leaves
        return head

    def agree(self, one: Head, other: Head) -> bool:
        first, second = sorted((self.histories[one], self.histories[other]), key=len)
        return second[: len(first)] == first

    def cosigned(self, name: str, checkpoint: Checkpoint) -> None:
        """An honest witness signs."""
        head = checkpoint.size, checkpoint.root
        if name in self.last:
            before = self.last[name]
            if head[0] < before[0] or not self.agree(before, head):
                raise Broken(f"{name} cosigned size {head[0]} after it had cosigned a contradicting {before[0]}")
        self.last[name] = head
        names = self.cosigners.setdefault(head, [])
        if name not in names:
            names.append(name)
        if head not in self.endorsed and self.trust.has_quorum([*names, *self.liars]):
            for other in self.endorsed:
                if not self.agree(head, other):
                    raise Broken(f"heads of sizes {head[0]} and {other[0]} contradict each other, both with a quorum")
            self.endorsed.append(head)

    def has_kept(self, head: Head) -> None:
        """The honest operator has a note of ``head`` with a quorum."""
        if head not in self.kept:
            self.kept.append(head)

    def may_sign(self, leaves: History, what: str) -> None:
        """The honest operator's ledger signs, or could: it has all blocks under every head it had a quorum for."""
        for size, root in self.kept:
            known = self.histories[size, root]
            if leaves[:size] != known[: len(leaves)] or (len(leaves) < size and what == "opens"):
                raise Broken(f"a ledger of {len(leaves)} blocks {what}, and lacks some under the cosigned head {size}")

    def accepts(self, name: str, head: Head) -> None:
        """A member believes a head."""
        for other in self.accepted:
            if not self.agree(head, other):
                raise Broken(f"{name} believes a head of size {head[0]}, and another of {other[0]} was believed before")
        if head not in self.accepted:
            self.accepted.append(head)
