"""c2sp.org/tlog-proof: one entry's proof in a file."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import (
    CheckpointError,
    LimitError,
    MutualchainError,
    NoteError,
    NoteUnverified,
    ProofError,
    ProofFileError,
    QuorumError,
)
from mutualchain.limits import MAX_LOG_SIZE, MAX_PROOF_EXTRA
from mutualchain.tlog import merkle, note, proof, trust
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.tlog.proof import LogProof

from .examples import (
    CHECKPOINT,
    LEAVES,
    LOG,
    OTHER,
    PROOF,
    SIGNED,
    TRUST,
    block_of,
    cosigned,
    only_own_errors_escape,
    refused,
)

HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple)


def test_an_entry_is_proved_with_nothing_but_the_file_and_whom_to_trust() -> None:
    trusted = PROOF.verify(LEAVES[1], TRUST)
    assert trusted.checkpoint == CHECKPOINT
    assert len(trusted.cosignatures) == 3
    assert PROOF.verify(LEAVES[1], TRUST, "example.com/log") == trusted


def test_the_file_in_the_docstring_proves_what_it_says() -> None:
    shown = proof.parse(block_of(proof).encode())
    opened = shown.verify(merkle.leaf_hash(b"second"), trust.parse(block_of(trust).encode()))
    assert opened.size == 3


def test_another_entry_index_log_or_quorum_is_refused() -> None:
    for wrong, leaf, error in (
        (PROOF, LEAVES[0], ProofError),
        (replace(PROOF, index=0), LEAVES[1], ProofError),
        (replace(PROOF, index=3), LEAVES[1], ProofError),
        (replace(PROOF, path=PROOF.path[:1]), LEAVES[1], ProofError),
        (replace(PROOF, note=cosigned(1, 2)), LEAVES[1], QuorumError),
        (replace(PROOF, note=sign_checkpoint(CHECKPOINT, [OTHER])), LEAVES[1], NoteUnverified),
    ):
        with refused(error):
            wrong.verify(leaf, TRUST)
    with refused(CheckpointError):
        PROOF.verify(LEAVES[1], TRUST, "example.com/other")


def test_a_log_of_one_entry_has_a_proof_without_hashes() -> None:
    one = sign_checkpoint(Checkpoint("example.com/log", 1, LEAVES[0]), [LOG])
    data = LogProof(0, (), one).format()
    assert data == b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + one
    proof.parse(data).verify(LEAVES[0], replace(TRUST, quorum=None))


@given(st.integers(0, MAX_LOG_SIZE), HASHES, st.none() | st.binary(max_size=80))
def test_a_proof_written_parses_to_the_same(index: int, path: tuple[bytes, ...], extra: bytes | None) -> None:
    written = LogProof(index, path, SIGNED, extra)
    assert proof.parse(written.format()) == written


def test_what_parses_is_written_the_same_and_only_own_errors_escape() -> None:
    def accept(data: bytes) -> None:
        parsed = proof.parse(data)
        assert parsed.format() == data

    accept(PROOF.format())
    only_own_errors_escape(PROOF.format(), accept)


def test_no_changed_file_proves_the_entry() -> None:
    data = replace(PROOF, extra=None, note=SIGNED).format()
    alone = replace(TRUST, quorum=None)
    unsigned = data.index("— ".encode())
    for at in range(unsigned):
        for bit in range(8):
            changed = bytes([*data[:at], data[at] ^ 1 << bit, *data[at + 1 :]])
            with pytest.raises(MutualchainError):
                proof.parse(changed).verify(LEAVES[1], alone)


HEAD, TAIL = PROOF.format().split(b"\nindex 1\n")
HASH = TAIL.split(b"\n")[0] + b"\n"
MALFORMED = {
    "nothing": b"",
    "no checkpoint": HEAD + b"\nindex 1\n",
    "another version": PROOF.format().replace(b"@v1", b"@v2"),
    "a carriage return": PROOF.format().replace(b"@v1\n", b"@v1\r\n"),
    "no index": HEAD + b"\n\n" + SIGNED,
    "no index and no extra": b"c2sp.org/tlog-proof@v1\n\n" + SIGNED,
    "an index with a leading zero": PROOF.format().replace(b"index 1", b"index 01"),
    "an index of 2**63": PROOF.format().replace(b"index 1", b"index %d" % 2**63),
    "the extra after the index": b"c2sp.org/tlog-proof@v1\nindex 1\nextra eA==\n\n" + SIGNED,
    "two extras": HEAD.replace(b"@v1", b"@v1\nextra eA==") + b"\nindex 1\n" + TAIL,
    "an extra that is no base64": PROOF.format().replace(b"extra ", b"extra ?"),
    "a hash of 31 bytes": PROOF.format().replace(HASH, b"cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycg==\n"),
    "a hash that is no base64": PROOF.format().replace(HASH, b"?\n"),
    "64 hashes": PROOF.format().replace(HASH, HASH * 63),
    "a byte that is no UTF-8": PROOF.format().replace(b"extra", b"\xff"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_no_proof_has(name: str) -> None:
    with refused(ProofFileError):
        proof.parse(MALFORMED[name])


def test_what_follows_must_be_a_note_with_a_checkpoint() -> None:
    head = LogProof(0, (), SIGNED).format().removesuffix(SIGNED)
    with refused(NoteError):
        proof.parse(head + CHECKPOINT.text.encode())
    with refused(CheckpointError):
        proof.parse(head + note.sign("text\n", [LOG]))


@pytest.mark.parametrize(
    "wrong",
    [{"index": -1}, {"index": 2**63}, {"index": True}, {"path": (b"x" * 31,)}, {"path": ("x" * 32,)},
     {"path": [LEAVES[0]]}, {"path": (LEAVES[0],) * 64}],
)  # fmt: skip
def test_no_proof_is_made_of(wrong: dict) -> None:
    with refused(ProofFileError):
        replace(PROOF, **wrong)


def test_a_file_above_its_limits_is_refused() -> None:
    with refused(LimitError):
        replace(PROOF, extra=bytes(MAX_PROOF_EXTRA + 1))
    largest = replace(PROOF, extra=bytes(MAX_PROOF_EXTRA))
    assert proof.parse(largest.format()) == largest
    with refused(LimitError):
        proof.parse(bytes(proof.MAX_PROOF_FILE + 1))
