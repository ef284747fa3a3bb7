"""Logs made from fixed seeds that grow, and fork, as a test wants them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256

from mutualchain.tlog import merkle
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.note import Signer
from mutualchain.witness.core import KnownLog, format_request

NOW = 1_767_139_200
WITNESS = CosignatureSigner.from_seed("witness.example.net", bytes([9]) * 32)
MOST = 40


@cache
def leaves(fork: str, at: int) -> tuple[bytes, ...]:
    """MOST leaf hashes; from index ``at`` on they are the fork's own."""
    names = [f"entry {number}" + (fork if number >= at else "") for number in range(MOST)]
    return tuple(merkle.leaf_hash(name.encode()) for name in names)


@dataclass(frozen=True)
class FakeLog:
    """A log that signs whatever it is asked to: ``fork`` names another history from leaf ``at`` on."""

    origin: str
    fork: str = ""
    at: int = 0
    signers: tuple[Signer, ...] = field(default=())

    @property
    def signer(self) -> Signer:
        return Signer.from_seed(self.origin, sha256(self.origin.encode()).digest())

    @property
    def known(self) -> KnownLog:
        return KnownLog(self.origin, (self.signer.verifier,))

    def forked(self, at: int, name: str = "!") -> FakeLog:
        return FakeLog(self.origin, name, at, self.signers)

    def root(self, size: int) -> bytes:
        return merkle.root(leaves(self.fork, self.at)[:size])

    def proof(self, old: int, size: int) -> Sequence[bytes]:
        return merkle.consistency_proof(leaves(self.fork, self.at)[:size], old) if 0 < old < size else ()

    def checkpoint(self, size: int, *extensions: str) -> Checkpoint:
        return Checkpoint(self.origin, size, self.root(size), extensions)

    def note(self, size: int, *extensions: str) -> bytes:
        return sign_checkpoint(self.checkpoint(size, *extensions), self.signers or [self.signer])

    def request(self, old: int, size: int, *, proof: Sequence[bytes] | None = None, note: bytes | None = None) -> bytes:
        path = self.proof(old, size) if proof is None else proof
        return format_request(old, path, self.note(size) if note is None else note)
