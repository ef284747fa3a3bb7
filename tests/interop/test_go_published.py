"""Go's golang.org/x/mod/sumdb verifies a published ledger: checkpoint, cosignatures, tiles, entries, a proof.

The program, go/published/main.go, knows c2sp.org's formats and nothing of ours.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mutualchain.archive.published import open_published
from mutualchain.publish import publish
from mutualchain.tlog import checkpoint as checkpoints
from mutualchain.tlog import note as notes
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.trust import Log, TrustFile, Witness
from tests.interop.building import build
from tests.publish.tools import LOG, ORIGIN, Operator

ONE = CosignatureSigner.from_seed("one.example", b"1" * 32)
TWO = CosignatureSigner.from_seed("two.example", b"2" * 32)
SEEN = 1_760_000_000
TRUST = TrustFile((Log(LOG.verifier),), (Witness("one", ONE.verifier), Witness("two", TWO.verifier)))
BLOCKS = 300

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A published log of more than a tile, cosigned by two, and an earlier checkpoint of it."""
    folder = tmp_path_factory.mktemp("published") / "ledger"
    operator = Operator()
    operator.plan()
    operator.blocks(200)
    old = cosigned(operator.note())
    publish(operator.store, folder, note=old, trust=TRUST)
    operator.blocks(BLOCKS - 200)
    publish(operator.store, folder, note=cosigned(operator.note()), trust=TRUST)
    return folder, old


def cosigned(note: bytes) -> bytes:
    said = checkpoints.parse(notes.parse(note).text)
    return notes.add_signatures(note, [ONE.cosign(said, SEEN), TWO.cosign(said, SEEN + 1)])


@pytest.fixture(scope="module")
def program(go: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(go, root, "./published", tmp_path_factory.mktemp("go"))


@pytest.fixture
def ask(program: Path, log: tuple[Path, bytes]) -> Ask:
    """Has Go verify the log, or what is named; its answer, or {"error": its reason}."""

    def answer(**changed: Any) -> dict[str, Any]:
        vkeys = [ONE.verifier.vkey, TWO.verifier.vkey]
        request = {"folder": str(log[0]), "log": LOG.vkey, "witnesses": vkeys, "index": 7} | changed
        done = subprocess.run([program], input=json.dumps(request), capture_output=True, text=True, timeout=60)
        return json.loads(done.stdout) if done.returncode == 0 else {"error": done.stderr.strip()}

    return answer


@pytest.mark.parametrize("index", [0, 7, 255, 256, BLOCKS])
def test_go_verifies_checkpoint_cosignatures_root_and_a_proof(ask: Ask, log: tuple[Path, bytes], index: int) -> None:
    with open_published(log[0], TRUST) as archive:
        size, root, block = archive.size, archive.trusted.root, archive.block(index)
        proof = [base64.b64encode(item).decode() for item in archive.block_proof(index, size)]
    found = ask(index=index, proof=proof, old=log[1].decode())
    assert "error" not in found, found
    assert (found["origin"], found["size"], base64.b64decode(found["root"])) == (ORIGIN, size, root)
    assert found["cosigned"] == {"one.example": SEEN, "two.example": SEEN + 1}
    assert base64.b64decode(found["entry"]) == block
    assert (found["proof"] or []) == proof
    assert found["consistency"]


def test_go_refuses_what_was_changed(ask: Ask, log: tuple[Path, bytes], tmp_path: Path) -> None:
    paths = ["checkpoint", "tile/0/000", "tile/0/001.p", "tile/1/000.p", "tile/entries/000", "tile/entries/001.p"]
    for name in paths:
        copy = Path(shutil.copytree(log[0], tmp_path / name.replace("/", "-")))
        place = copy / name
        path = place if place.is_file() else max(place.iterdir(), key=lambda path: int(path.name))
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        assert ask(folder=str(copy))["error"], name
        path.unlink()
        assert ask(folder=str(copy))["error"], name


def test_go_refuses_other_keys_proofs_and_histories(ask: Ask) -> None:
    stranger = CosignatureSigner.from_seed("three.example", b"3" * 32)
    imposter = CosignatureSigner.from_seed("one.example", b"3" * 32)
    assert "known keys signed" in ask(witnesses=[stranger.verifier.vkey])["error"]
    assert "known keys signed" in ask(witnesses=[imposter.verifier.vkey])["error"]
    assert ask(witnesses=[LOG.vkey])["error"]  # a log's key is no cosigner's
    assert ask(log=notes.Signer.from_seed(ORIGIN, b"s" * 32).vkey)["error"]
    assert ask(proof=[base64.b64encode(bytes(32)).decode()])["error"]
    other = checkpoints.sign_checkpoint(checkpoints.Checkpoint(ORIGIN, 100, b"r" * 32), [LOG])
    assert ask(old=other.decode())["error"]
