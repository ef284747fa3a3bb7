"""c2sp.org/tlog-checkpoint and c2sp.org/tlog-cosignature."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.errors import (
    CheckpointError,
    CosignatureError,
    KeyFormatError,
    NoteSignatureError,
    NoteUnverified,
    UsageError,
)
from mutualchain.limits import MAX_LOG_SIZE
from mutualchain.tlog import checkpoint, cosignature, note
from mutualchain.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from mutualchain.tlog.cosignature import CosignatureSigner, CosignatureVerifier
from mutualchain.tlog.merkle import EMPTY_ROOT
from mutualchain.tlog.note import Signature, Verifier

from .examples import (
    CHECKPOINT,
    LOG,
    MIRROR_NOTE,
    MIRROR_TIME,
    MIRROR_VKEY,
    OTHER,
    SIGNED,
    SUM_NOTE,
    SUM_VKEY,
    WITNESSES,
    block_of,
    only_own_errors_escape,
    refused,
)

LINES = st.text(st.characters(exclude_categories=["Cs"], min_codepoint=0x20), min_size=1, max_size=60)
ROOT = b"r" * 32
WITNESS = WITNESSES[0]


# --- checkpoints --------------------------------------------------------------------------------


def test_a_checkpoint_of_gos_checksum_database_opens_though_its_key_has_another_name() -> None:
    opened = open_checkpoint(SUM_NOTE, "go.sum database tree", [Verifier.from_vkey(SUM_VKEY)])
    assert (opened.origin, opened.size, opened.root[:2]) == ("go.sum database tree", 30055305, b"\x99w")
    assert (opened.note, len(opened.signatures)) == (SUM_NOTE, 1)


def test_the_docstrings_show_real_notes() -> None:
    assert block_of(checkpoint).encode() == SUM_NOTE
    assert block_of(cosignature, 0).encode() == MIRROR_NOTE
    text = note.parse(MIRROR_NOTE).text
    assert block_of(cosignature, 1).encode() == cosignature.message(text, MIRROR_TIME)


@given(LINES, st.integers(1, MAX_LOG_SIZE), st.binary(min_size=32, max_size=32), st.lists(LINES, max_size=3))
def test_a_checkpoint_written_parses_to_the_same(origin: str, size: int, root: bytes, extensions: list[str]) -> None:
    written = Checkpoint(origin[:60], size, root, tuple(extensions))
    assert checkpoint.parse(written.text) == written


def test_what_parses_is_written_the_same_and_only_own_errors_escape() -> None:
    text = replace(CHECKPOINT, extensions=("extension",)).text

    def accept(data: bytes) -> None:
        as_text = data.decode("utf-8", "surrogateescape")
        assert checkpoint.parse(as_text).text == as_text

    accept(text.encode())
    only_own_errors_escape(text.encode(), accept)


def test_an_empty_tree_has_the_root_of_nothing() -> None:
    assert checkpoint.parse(Checkpoint("log", 0, EMPTY_ROOT).text).size == 0
    with refused(CheckpointError, "empty tree"):
        Checkpoint("log", 0, ROOT)


ENCODED = "cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI="
MALFORMED = {
    "nothing": "",
    "bytes": b"log\n1\n" + ENCODED.encode() + b"\n",
    "no newline at the end": f"log\n1\n{ENCODED}",
    "two lines": "log\n1\n",
    "an empty origin": f"\n1\n{ENCODED}\n",
    "an origin of 256 bytes": f"{'x' * 256}\n1\n{ENCODED}\n",
    "an origin with a tab": f"l\tog\n1\n{ENCODED}\n",
    "an origin with a surrogate": f"l\ud800og\n1\n{ENCODED}\n",
    "a leading zero": f"log\n01\n{ENCODED}\n",
    "a sign": f"log\n+1\n{ENCODED}\n",
    "a negative size": f"log\n-1\n{ENCODED}\n",
    "an underscore": f"log\n1_0\n{ENCODED}\n",
    "a space": f"log\n 1\n{ENCODED}\n",
    "Arabic digits": f"log\n٣\n{ENCODED}\n",
    "no size": f"log\n\n{ENCODED}\n",
    "a size of 2**63": f"log\n{2**63}\n{ENCODED}\n",
    "a size of 5,000 digits": f"log\n{'9' * 5000}\n{ENCODED}\n",
    "a root of 31 bytes": "log\n1\ncnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycg==\n",
    "a root with bits behind the end": f"log\n1\n{ENCODED[:-2]}J=\n",
    "a carriage return": f"log\n1\r\n{ENCODED}\n",
    "an empty extension": f"log\n1\n{ENCODED}\n\n",
    "an extension with a control character": f"log\n1\n{ENCODED}\nx\x01\n",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_no_checkpoint_has(name: str) -> None:
    with refused(CheckpointError):
        checkpoint.parse(MALFORMED[name])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [{"size": True}, {"size": -1}, {"size": 2**63}, {"size": 1.0}, {"root": "x" * 32}, {"root": b""},
     {"origin": None}, {"extensions": ("",)}, {"extensions": ["x"]}, {"extensions": ("a\nb",)}],
)  # fmt: skip
def test_no_checkpoint_is_made_of(wrong: dict) -> None:
    with refused(CheckpointError):
        replace(CHECKPOINT, **wrong)


def test_a_checkpoint_opens_for_its_own_log_only() -> None:
    assert open_checkpoint(SIGNED, "example.com/log", [LOG.verifier]).checkpoint == CHECKPOINT
    with refused(CheckpointError, "another log"):
        open_checkpoint(SIGNED, "example.com/other", [LOG.verifier])
    with refused(NoteUnverified):
        open_checkpoint(SIGNED, "example.com/log", [OTHER.verifier])
    with refused(NoteSignatureError):
        open_checkpoint(SIGNED.replace(b"\n3\n", b"\n4\n"), "example.com/log", [LOG.verifier])


# --- cosignatures -------------------------------------------------------------------------------


def test_the_cosignature_of_another_implementation_verifies() -> None:
    opened = note.open(MIRROR_NOTE, [CosignatureVerifier.from_vkey(MIRROR_VKEY)])
    assert cosignature.timestamp(opened.signatures[0]) == MIRROR_TIME
    assert CosignatureVerifier.from_vkey(MIRROR_VKEY).vkey == MIRROR_VKEY


@given(st.integers(1, MAX_LOG_SIZE))
def test_a_cosignature_made_verifies_and_tells_its_time(time: int) -> None:
    line = WITNESS.cosign(CHECKPOINT, time)
    opened = note.open(note.add_signatures(SIGNED, [line]), [WITNESS.verifier])
    assert opened.signatures == (line,)
    assert len(line.signature) == 72
    assert cosignature.timestamp(line) == time


def test_a_cosignature_fits_one_time_and_one_checkpoint() -> None:
    line = WITNESS.cosign(CHECKPOINT, MIRROR_TIME)
    later = Signature(line.name, line.key_id, (MIRROR_TIME + 1).to_bytes(8, "big") + line.signature[8:])
    for blob in (
        note.add_signatures(SIGNED, [later]),
        note.add_signatures(sign_checkpoint(replace(CHECKPOINT, extensions=("x",)), [LOG]), [line]),
    ):
        with refused(CosignatureError, WITNESS.name):
            note.open(blob, [WITNESS.verifier])
        assert note.open(blob, [LOG.verifier]).unverified


@pytest.mark.parametrize("time", [0, 2**63, 2**64 - 1])
def test_a_cosignature_with_a_time_out_of_range_is_refused(time: int) -> None:
    text = CHECKPOINT.text
    signed = time.to_bytes(8, "big") + WITNESS.sign_message(cosignature.message(text, time))
    with refused(CosignatureError, "time"):
        WITNESS.verifier.verify(text, signed)


@pytest.mark.parametrize("length", [0, 64, 71, 73])
def test_a_cosignature_of_another_length_is_refused(length: int) -> None:
    with refused(CosignatureError, "72 bytes"):
        WITNESS.verifier.verify(CHECKPOINT.text, bytes(length))


@pytest.mark.parametrize("time", [0, -1, 2**63, 1.5, True])
def test_nothing_is_cosigned_at_no_time(time: int) -> None:
    with refused(UsageError):
        WITNESS.cosign(CHECKPOINT, time)


def test_a_witnesss_key_signs_no_plain_note() -> None:
    with refused(UsageError, "cosign"):
        note.sign("text\n", [WITNESS])


def test_the_same_public_key_as_log_and_as_witness_has_two_ids_and_two_texts() -> None:
    as_log = Verifier(WITNESS.name, WITNESS.public_key)
    assert as_log.key_id != WITNESS.verifier.key_id
    assert CosignatureSigner.from_private_key(WITNESS.private_key).vkey == WITNESS.vkey
    for text, kind in ((WITNESS.vkey, Verifier), (as_log.vkey, CosignatureVerifier)):
        with refused(KeyFormatError, "type"):
            kind.from_vkey(text)
    assert note.open(note.add_signatures(SIGNED, [WITNESS.cosign(CHECKPOINT, 1)]), [LOG.verifier, as_log]).unverified
