"""Go's golang.org/x/mod/sumdb judges what we make, and we judge what it makes. See go/main.go."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mutualchain.errors import NoteSignatureError, NoteUnverified, ProofError
from mutualchain.tlog import merkle, note
from mutualchain.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.note import Signer, Verifier
from tests.interop.building import build

Ask = Callable[..., dict[str, Any]]

SIZE = 70
ENTRIES = [b"entry %d" % number for number in range(SIZE)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
ROOTS = [merkle.root(LEAVES[:size]) for size in range(SIZE + 1)]
SIZES = [*range(1, 34), 47, 63, 64, 65, 69, 70]

LOG = Signer.from_seed("example.com/log", bytes(range(32)))
OTHER = Signer.from_seed("example.com/他", bytes(range(1, 33)))
WITNESS = CosignatureSigner.from_seed("witness.example.net", bytes(range(2, 34)))
TEXT = "a line\n\nanother, 互助\n"


def encoded(*hashes: bytes) -> list[str]:
    return [base64.b64encode(item).decode() for item in hashes]


def decoded(*texts: str) -> list[bytes]:
    return [base64.b64decode(text) for text in texts]


@pytest.fixture(scope="module")
def ask(go: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Sends a request to the Go program, built once, and returns its answer."""
    program = build(go, root, ".", tmp_path_factory.mktemp("go"))

    def answer(**request: Any) -> dict[str, Any]:
        done = subprocess.run([program], input=json.dumps(request), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return answer


@pytest.fixture(scope="module")
def made_by_go(ask: Ask) -> dict[str, Any]:
    """Go's trees and proofs for every size up to SIZE."""
    return ask(entries=encoded(*ENTRIES))


def inclusion(index: int, size: int, proof: tuple[bytes, ...], **other: Any) -> dict[str, Any]:
    found = {"leaf": encoded(LEAVES[index])[0], "index": index, "size": size, "root": encoded(ROOTS[size])[0]}
    return {**found, "proof": encoded(*proof), **other}


def consistency(old: int, new: int, proof: tuple[bytes, ...], **other: Any) -> dict[str, Any]:
    old_root, new_root = encoded(ROOTS[old], ROOTS[new])
    found = {"old_size": old, "new_size": new, "old_root": old_root, "new_root": new_root}
    return {**found, "proof": encoded(*proof), **other}


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


# --- Go judges us -------------------------------------------------------------------------------


def test_go_opens_notes_that_we_sign(ask: Ask) -> None:
    blob = note.sign(TEXT, [LOG, OTHER]).decode()
    answers = ask(
        open=[
            {"note": blob, "vkeys": [LOG.vkey, OTHER.vkey]},
            {"note": blob, "vkeys": [OTHER.vkey]},
        ]
    )["open"]
    assert [answer["error"] for answer in answers] == ["", ""]
    assert [answer["text"] for answer in answers] == [TEXT, TEXT]
    assert answers[0]["verified"] == [LOG.name, OTHER.name]
    assert (answers[1]["verified"], answers[1]["unverified"]) == ([OTHER.name], [LOG.name])


def test_go_refuses_our_notes_once_tampered_with(ask: Ask) -> None:
    blob = note.sign(TEXT, [LOG])
    line = note.parse(blob).signatures[0]
    forged = note.format(TEXT, [note.Signature(line.name, line.key_id, flipped(line.signature))])
    wrong = [blob.replace(b"a line", b"no line"), forged, blob[:-1], blob.replace("— ".encode(), b"- ")]
    answers = ask(open=[{"note": each.decode(), "vkeys": [LOG.vkey]} for each in wrong])["open"]
    assert all(answer["error"] for answer in answers)
    assert ask(open=[{"note": blob.decode(), "vkeys": [OTHER.vkey]}])["open"][0]["error"]


def test_go_passes_over_cosignatures_as_unknown_and_opens_the_checkpoint(ask: Ask) -> None:
    checkpoint = Checkpoint(LOG.name, SIZE, ROOTS[SIZE])
    blob = note.add_signatures(sign_checkpoint(checkpoint, [LOG]), [WITNESS.cosign(checkpoint, 1767139200)])
    (answer,) = ask(open=[{"note": blob.decode(), "vkeys": [LOG.vkey]}])["open"]
    assert (answer["verified"], answer["unverified"]) == ([LOG.name], [WITNESS.name])


def test_go_accepts_our_inclusion_proofs_and_none_that_was_changed(ask: Ask) -> None:
    good, bad = [], []
    for size in SIZES:
        for index in range(size):
            proof = merkle.inclusion_proof(LEAVES[:size], index)
            good.append(inclusion(index, size, proof))
            bad.append(inclusion(index, size, proof, leaf=encoded(flipped(LEAVES[index]))[0]))
            bad.append(inclusion(index, size, proof, root=encoded(flipped(ROOTS[size]))[0]))
            bad.append(inclusion(index, size, (*proof, LEAVES[0])))
            if proof:
                bad.append(inclusion(index, size, proof[1:]))
                bad.append(inclusion(index, size, (*proof[:-1], flipped(proof[-1]))))
                bad.append({**inclusion(index, size, proof), "index": index ^ 1})
    answers = ask(inclusion=good + bad)["inclusion"]
    assert not any(answers[: len(good)])
    assert all(answers[len(good) :])


def test_go_accepts_our_consistency_proofs_and_none_that_was_changed(ask: Ask) -> None:
    good, bad = [], []
    for new in SIZES:
        for old in range(1, new + 1):
            proof = merkle.consistency_proof(LEAVES[:new], old)
            good.append(consistency(old, new, proof))
            bad.append(consistency(old, new, proof, old_root=encoded(flipped(ROOTS[old]))[0]))
            bad.append(consistency(old, new, proof, new_root=encoded(flipped(ROOTS[new]))[0]))
            bad.append(consistency(old, new, (*proof, LEAVES[0])))
            if proof:
                bad.append(consistency(old, new, proof[:-1]))
                bad.append(consistency(old, new, (flipped(proof[0]), *proof[1:])))
    answers = ask(consistency=good + bad)["consistency"]
    assert not any(answers[: len(good)])
    assert all(answers[len(good) :])


# --- we judge Go --------------------------------------------------------------------------------


def test_we_open_notes_that_go_signs_with_our_keys_to_the_byte(ask: Ask) -> None:
    (signed,) = ask(sign=[{"text": TEXT, "private_keys": [LOG.private_key, OTHER.private_key]}])["signed"]
    assert signed.encode() == note.sign(TEXT, [LOG, OTHER])
    assert len(note.open(signed.encode(), [LOG.verifier, OTHER.verifier]).signatures) == 2


def test_we_read_keys_that_go_makes_and_open_checkpoints_signed_with_them(ask: Ask) -> None:
    ((pair,), text) = ask(keys=["log.example.org"])["keys"], Checkpoint("log.example.org", SIZE, ROOTS[SIZE]).text
    verifier = Verifier.from_vkey(pair["vkey"])
    assert Signer.from_private_key(pair["private_key"]).verifier == verifier
    (signed,) = ask(sign=[{"text": text, "private_keys": [pair["private_key"]]}])["signed"]
    assert open_checkpoint(signed.encode(), "log.example.org", [verifier]).root == ROOTS[SIZE]
    with pytest.raises(NoteSignatureError):
        note.open(signed.replace("\n70\n", "\n71\n").encode(), [verifier])
    with pytest.raises(NoteUnverified):
        note.open(signed.encode(), [LOG.verifier])


def test_gos_roots_are_ours(made_by_go: dict[str, Any]) -> None:
    assert decoded(*made_by_go["roots"]) == ROOTS[1:]


def test_we_accept_gos_inclusion_proofs_and_none_that_was_changed(made_by_go: dict[str, Any]) -> None:
    for case in made_by_go["inclusions"]:
        leaf, root = decoded(case["leaf"], case["root"])
        proof = decoded(*case["proof"] or [])
        merkle.verify_inclusion(leaf, case["index"], case["size"], proof, root)
        assert tuple(proof) == merkle.inclusion_proof(LEAVES[: case["size"]], case["index"])
        with pytest.raises(ProofError):
            merkle.verify_inclusion(flipped(leaf), case["index"], case["size"], proof, root)
    assert len(made_by_go["inclusions"]) == SIZE * (SIZE + 1) // 2


def test_we_accept_gos_consistency_proofs_and_none_that_was_changed(made_by_go: dict[str, Any]) -> None:
    for case in made_by_go["consistents"]:
        old_root, new_root = decoded(case["old_root"], case["new_root"])
        proof = decoded(*case["proof"] or [])
        merkle.verify_consistency(case["old_size"], case["new_size"], proof, old_root, new_root)
        assert tuple(proof) == merkle.consistency_proof(LEAVES[: case["new_size"]], case["old_size"])
        with pytest.raises(ProofError):
            merkle.verify_consistency(case["old_size"], case["new_size"], proof, flipped(old_root), new_root)
    assert len(made_by_go["consistents"]) == SIZE * (SIZE + 1) // 2
