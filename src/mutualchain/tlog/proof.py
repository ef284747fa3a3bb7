"""One entry's proof as a file that needs no network (c2sp.org/tlog-proof, version 1, ``.tlog-proof``).

    c2sp.org/tlog-proof@v1
    index 1
    oa8DAjHKL9IOzzDFKUuvj2kyHQm7FqxTiFzNF6OFKA0=
    ZW0+j1RCOM324y1kD1G6CRSVmxTt16UtC4uZq0yKxsY=

    example.com/log
    3
    w2UeVBcUxT1kjsx7rsp/4sNu9PplvM4ksdcShkN95WY=

    — example.com/log 1FXFIaAnuD9Uf8vam/KvuNA2sMuSwpdRRw8bqj7mXjwCaJMODu8yddfT+eWlfotmvUJSgVXolCC4Je6ebwfodwBziAQ=
    — witness.example.net ptUzjQAAAABpVGeAUcMcSQMt5sBqhh7YrR7ukowZbildg8v2oQ42VE3K+d6vY/+G55fPtPpJn2JqZhMUe2k+HULvjw+CHxr5G1euDA==

that is the version, the entry's index in decimal, the hashes of its inclusion proof in base64, the leaf's
sibling first, an empty line, and the checkpoint with its signatures, verbatim. Between the first two lines
may stand ``extra`` and base64 of what an application wants to hand over beside it. Nothing authenticates
that extra data. The entry itself is not in the file: whoever has it computes its leaf hash. This
one proves the entry ``second`` to whoever has the trust file in :mod:`mutualchain.tlog.trust`.
"""  # noqa: E501 - the line is the real one

from __future__ import annotations

from dataclasses import dataclass

from ..errors import LimitError, ProofFileError
from ..limits import MAX_LOG_SIZE, MAX_NOTE, MAX_PROOF, MAX_PROOF_EXTRA
from . import checkpoint as checkpoints
from . import note as notes
from .merkle import HASH_SIZE, verify_inclusion
from .strict import from_base64, from_decimal, from_utf8, to_base64
from .trust import TrustedCheckpoint, TrustFile

__all__ = ["MAX_PROOF_FILE", "LogProof", "parse"]

_VERSION = "c2sp.org/tlog-proof@v1"
MAX_PROOF_FILE = MAX_NOTE + 2 * MAX_PROOF_EXTRA + 64 * MAX_PROOF
"""Bytes of a file: its parts at their largest, the extra data in base64."""


@dataclass(frozen=True, slots=True)
class LogProof:
    """A proof not yet verified: the entry's index, its path, the checkpoint's note, and unauthenticated extra data.

    Raises ProofFileError for parts that make no proof, LimitError for extra data above MAX_PROOF_EXTRA bytes,
    NoteError or CheckpointError for a ``note`` that holds no checkpoint.
    """

    index: int
    path: tuple[bytes, ...]
    note: bytes
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if type(self.index) is not int or not 0 <= self.index <= MAX_LOG_SIZE:
            raise ProofFileError("an index is a number from 0 to 2**63 - 1", value=self.index)
        if type(self.path) is not tuple or len(self.path) > MAX_PROOF:
            raise ProofFileError(f"a proof has at most {MAX_PROOF} hashes")
        for item in self.path:
            if type(item) is not bytes or len(item) != HASH_SIZE:
                raise ProofFileError("a hash of the proof is not 32 bytes", value=item)
        if self.extra is not None and len(self.extra) > MAX_PROOF_EXTRA:
            raise LimitError(f"{len(self.extra)} bytes of extra data where {MAX_PROOF_EXTRA} are allowed")
        checkpoints.parse(notes.parse(self.note).text)

    def format(self) -> bytes:
        """The file's bytes."""
        lines = [_VERSION]
        if self.extra is not None:
            lines.append(f"extra {to_base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines.extend(to_base64(item) for item in self.path)
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.note

    def verify(
        self, leaf_hash: bytes, trust: TrustFile, origin: str | None = None, *, now_ms: int | None = None
    ) -> TrustedCheckpoint:
        """Check that the entry with ``leaf_hash`` is in a log that ``trust`` trusts: ``origin``, or any.

        Returns the checkpoint. Raises as :meth:`mutualchain.tlog.trust.TrustFile.open_checkpoint`, and ProofError
        when the path does not lead from the leaf to the checkpoint's root.
        """
        trusted = trust.open_checkpoint(self.note, origin, now_ms=now_ms)
        verify_inclusion(leaf_hash, self.index, trusted.size, self.path, trusted.root)
        return trusted


def parse(data: bytes) -> LogProof:
    """The proof that ``data`` spells, unverified. Raises LimitError above MAX_PROOF_FILE bytes, else as LogProof."""
    if len(data) > MAX_PROOF_FILE:
        raise LimitError(f"a tlog-proof of {len(data)} bytes where at most {MAX_PROOF_FILE} are allowed")
    head, divider, note = data.partition(b"\n\n")
    if not divider:
        raise ProofFileError("the tlog-proof has no empty line before its checkpoint")
    lines = from_utf8(head, "the tlog-proof", ProofFileError).split("\n")
    if lines.pop(0) != _VERSION:
        raise ProofFileError(f"the first line is not {_VERSION}", value=head[:40])
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = from_base64(lines.pop(0).removeprefix("extra "), "the extra data", ProofFileError)
    if not lines or not lines[0].startswith("index "):
        raise ProofFileError("the line with the index is missing")
    index = from_decimal(lines.pop(0).removeprefix("index "), "the index", ProofFileError)
    if len(lines) > MAX_PROOF:
        raise ProofFileError(f"a proof has at most {MAX_PROOF} hashes", value=len(lines))
    path = tuple(from_base64(line, "a hash of the proof", ProofFileError) for line in lines)
    return LogProof(index, path, note, extra)
