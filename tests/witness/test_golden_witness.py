"""The bytes of a witness's records, requests and answers. A change of them orphans the states of running witnesses."""

from __future__ import annotations

from pathlib import Path

import pytest

from mutualchain.errors import KeyFileError
from mutualchain.store import MemoryStore
from mutualchain.tlog.strict import from_base64, to_base64
from mutualchain.witness.core import NOTHING, Seen, add_checkpoint, cosigned_note
from mutualchain.witness.keyfile import read_key_file
from mutualchain.witness.state import WitnessState
from tests.golden import load

from .logs import NOW, WITNESS, FakeLog
from .test_core import Memory

LOG = FakeLog("example.com/log")


def record() -> tuple[bytes, bytes]:
    store = MemoryStore()
    state = WitnessState(store)
    state.swap(LOG.origin, NOTHING, Seen(5, LOG.root(5), LOG.note(5), NOW))
    with store.read() as reader:
        [pair] = reader.scan(b"log/", b"log0")
    state.close()
    return pair


def regenerate() -> dict[str, object]:
    """File name to content. The key file was made once: its salt and nonce are random."""
    states = Memory()
    logs = {LOG.origin: LOG.known}
    cosign = lambda checkpoint, at: [WITNESS.cosign(checkpoint, at)]  # noqa: E731
    exchange = []
    for old, size in [(0, 5), (3, 9), (5, 9)]:
        answer = add_checkpoint(LOG.request(old, size), logs, states, cosign, NOW)
        exchange.append(
            {
                "request": LOG.request(old, size).decode(),
                "status": answer.status,
                "content_type": answer.content_type,
                "body": answer.body.decode(),
            }
        )
    seen = states.get(LOG.origin)
    key, value = record()
    return {
        "witness": {
            "log_vkey": LOG.signer.vkey,
            "witness_vkey": WITNESS.vkey,
            "exchange": exchange,
            "shown_to_monitors": cosigned_note(seen, cosign(LOG.checkpoint(9), seen.time)).decode(),
            "record_key": key.hex(),
            "record": value.hex(),
        }
    }


def test_the_golden_bytes_of_the_witness_are_unchanged() -> None:
    for name, content in regenerate().items():
        assert load(name) == content


SEALED = (
    "lMQQCMpCAiSIUj0+pTliX84MawHNIADEW73ZdDFSSCPKVUQLGDQ+yDyhIEtCSBBz9E3XZivxyp+FBNyTgTSUdKA8+R"
    "+v64j6XP6BJLPkyylLWztZWLlFT2VPgFzcS0sOJhf/pXFwakBHZmsjjuoq2SKVBNg="
)


def test_a_key_file_of_the_first_release_is_read_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(f"mutualchain witness key v1\n{WITNESS.vkey}\n{SEALED}\n")
    path.chmod(0o600)
    assert to_base64(from_base64(SEALED, "the sealed key", KeyFileError)) == SEALED
    assert read_key_file(path, b"correct horse").vkey == WITNESS.vkey
    path.write_text(f"mutualchain witness key v1\n{WITNESS.vkey}\n{SEALED[4:]}\n")
    with pytest.raises(KeyFileError):
        read_key_file(path, b"correct horse")
