"""Evidence made from what somebody holds. Each function verifies what it made: nothing leaves that does not convict.

Only signature lines of the trust file's keys go into the file, so that it says no more than it proves; of a receipt
only its block goes in, not the row that it is for. A record goes in whole: it shows its member's own history.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..record.receipt import parse_receipt
from ..tlog.trust import TrustFile
from .bundle import ChainEvidence, DisclosureEvidence, Evidence, RecordEvidence, SplitEvidence
from .disagreement import Disagreement, OtherBlock, OtherPrefix, OtherPrefixes, OtherRoot, Prefix, ProvenBlock
from .rules import Rewritten, StatedBlock
from .signed import open_statement
from .verify import verify_evidence

__all__ = [
    "block_evidence",
    "chain_evidence",
    "disclosure_evidence",
    "prefixes_evidence",
    "receipt_evidence",
    "record_evidence",
    "split_evidence",
]


def split_evidence(
    first: bytes, second: bytes, trust: TrustFile, *, root: bytes | None = None, proof: Sequence[bytes] = ()
) -> bytes:
    """Two checkpoint notes that contradict each other, of equal size, or ``first`` of the smaller one.

    For different sizes ``root`` is the root of the first so many leaves of the second one's tree, and ``proof`` the
    consistency proof from there (32 bytes each). Raises as :func:`verify_evidence` where they do not contradict.
    """
    how: Disagreement = OtherRoot() if root is None else OtherPrefix(root, tuple(proof))
    return _split(first, second, how, trust)


def prefixes_evidence(size: int, first: bytes, one: Prefix, second: bytes, other: Prefix, trust: TrustFile) -> bytes:
    """Two checkpoint notes of books that begin differently up to ``size`` blocks. Raises as :func:`verify_evidence`."""
    return _split(first, second, OtherPrefixes(size, one, other), trust)


def block_evidence(first: bytes, one: ProvenBlock, second: bytes, other: ProvenBlock, trust: TrustFile) -> bytes:
    """Two checkpoint notes with different blocks at one height. Raises as :func:`verify_evidence`."""
    return _split(first, second, OtherBlock(one, other), trust)


def receipt_evidence(receipt: bytes, note: bytes, other: ProvenBlock, trust: TrustFile) -> bytes:
    """A receipt file, and a checkpoint note under which another block stands at the receipt's height.

    Raises as :func:`verify_evidence`, and what parsing the receipt raises.
    """
    held = parse_receipt(receipt)
    return block_evidence(held.checkpoint, ProvenBlock(held.height, held.block, held.proof), note, other, trust)


def chain_evidence(
    note: bytes,
    genesis: ProvenBlock,
    entry: bytes,
    blocks: Sequence[StatedBlock],
    trust: TrustFile,
    *,
    rewritten: Rewritten | None = None,
) -> bytes:
    """One or two blocks under a checkpoint that break a rule; ``genesis`` with its ``entry`` says of which chain.

    Raises as :func:`verify_evidence` where they break none.
    """
    stripped = open_statement(note, trust).note
    return _checked(ChainEvidence(stripped, genesis, entry, tuple(blocks), rewritten), trust)


def record_evidence(record: bytes, trust: TrustFile) -> bytes:
    """A record file whose chain breaks a rule (MC-176). Raises as :func:`verify_evidence` where it breaks none."""
    return _checked(RecordEvidence(record), trust)


def disclosure_evidence(disclosure: bytes, trust: TrustFile) -> bytes:
    """A disclosure whose chain breaks a rule (MC-176). Raises as :func:`verify_evidence` where it breaks none."""
    return _checked(DisclosureEvidence(disclosure), trust)


def _split(first: bytes, second: bytes, how: Disagreement, trust: TrustFile) -> bytes:
    notes = open_statement(first, trust).note, open_statement(second, trust).note
    return _checked(SplitEvidence(*notes, how), trust)


def _checked(evidence: Evidence, trust: TrustFile) -> bytes:
    data = evidence.to_bytes()
    verify_evidence(data, trust)
    return data
