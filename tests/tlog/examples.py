"""Keys made from fixed seeds, a small log under them, and the notes that C2SP's documents and others' logs give."""

from __future__ import annotations

import inspect
import random
import re
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from mutualchain.errors import MutualchainError
from mutualchain.tlog import merkle, note
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.note import Signer, Verifier
from mutualchain.tlog.proof import LogProof
from mutualchain.tlog.trust import Group, Log, TrustFile, Witness

FOO_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
FOO_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
SUM_VKEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
SUM_NOTE = (
    "go.sum database tree\n30055305\nmXfgRcJ0bG0j3CPdKwgGWtUzBUbX67saZGRmFuJGGsM=\n\n— sum.golang.org "
    "Az3grpgEild5qw7+5dtV13Kf1C2Xurm8q4fhdxvcsDHnqNTaxL2AFjBY+2TyGKevucFcAAlWFJJYle3EJlDCrQ+y3A8=\n"
).encode()
MIRROR_VKEY = "mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O"
MIRROR_NOTE = (
    "rome2026h1.example.org\n300\ngw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU=\n\n— mirror.example.org "
    "P7FI7wAAAABpVGeAjA1S4pJm6MbcXjX7UUImu4azZtrfcVW2uyr/LXIYlwEJzXC0N0EiZkbqfLdXt/4gVEEuGmxJjAfXKMCISpsJAg==\n"
).encode()
MIRROR_TIME = 1767139200

LOG = Signer.from_seed("example.com/log", bytes(range(32)))
NEW_LOG = Signer.from_seed("example.com/log", bytes(range(1, 33)))
OTHER = Signer.from_seed("example.com/other", bytes(range(2, 34)))
WITNESSES = tuple(
    CosignatureSigner.from_seed(f"witness{number}.example.net", bytes([number]) * 32) for number in range(1, 6)
)
ENTRIES = (b"first", b"second", b"third")
LEAVES = tuple(merkle.leaf_hash(entry) for entry in ENTRIES)
CHECKPOINT = Checkpoint("example.com/log", 3, merkle.root(LEAVES))
SIGNED = sign_checkpoint(CHECKPOINT, [LOG])


def cosigned(*numbers: int, time: int = MIRROR_TIME, checkpoint: Checkpoint = CHECKPOINT, by: Signer = LOG) -> bytes:
    """The checkpoint signed by its log and cosigned by the witnesses of those numbers, from 1."""
    lines = [WITNESSES[number - 1].cosign(checkpoint, time + number) for number in numbers]
    return note.add_signatures(sign_checkpoint(checkpoint, [by]), lines)


TRUST = TrustFile(
    (Log(LOG.verifier, "https://example.com/log/"), Log(NEW_LOG.verifier)),
    tuple(Witness(f"w{number}", signer.verifier) for number, signer in enumerate(WITNESSES, 1)),
    (Group("xs", 2, ("w1", "w2", "w3")), Group("ys", 1, ("w4", "w5")), Group("both", 2, ("xs", "ys"))),
    "both",
)
PROOF = LogProof(1, merkle.inclusion_proof(LEAVES, 1), cosigned(1, 2, 4), b"extra")


def block_of(module: ModuleType, number: int = 0) -> str:
    """An indented block of a module's docstring: its example. Blocks that one empty line divides are one."""
    text = inspect.getdoc(module) or ""
    blocks = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", text + "\n", re.MULTILINE)
    return inspect.cleandoc(blocks[number]) + "\n"


def mutations(data: bytes, count: int = 400) -> Iterator[bytes]:
    """``data`` with bytes flipped, removed, doubled, or replaced by troublesome ones: the same every time."""
    source = random.Random(len(data))
    trouble = [
        b"\n",
        b"\n\n",
        b"\r\n",
        b" ",
        b"+",
        b"=",
        b"0",
        b"\x00",
        b"\xff",
        "\u2028".encode(),
        "٣".encode(),
        b"- ",
    ]
    for _ in range(count):
        at = source.randrange(len(data))
        end = at + source.choice([0, 1, 1, 2, 5, 40])
        insert = source.choice([b"", bytes([source.randrange(256)]), source.choice(trouble), data[at:end] * 2])
        yield data[:at] + insert + data[end:]
    for cut in range(0, len(data), 7):
        yield data[:cut]
        yield data[cut:]


def only_own_errors_escape(data: bytes, accept: Callable[[bytes], None]) -> None:
    """Feeds mutations to ``accept``, which parses and checks what it accepted."""
    refused = 0
    for mutated in mutations(data):
        try:
            accept(mutated)
        except MutualchainError as error:
            refused += bool(error.diagnostics())
    assert refused > 100


def refused(error: type[MutualchainError], match: str = "") -> pytest.RaisesExc[MutualchainError]:
    """``pytest.raises`` for exactly ``error``, not one of its subclasses."""
    return pytest.raises(error, match=match or None, check=lambda raised: type(raised) is error)


FOO = Verifier.from_vkey(FOO_VKEY)
