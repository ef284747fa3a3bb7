"""Every byte of every kind of file changed, every prefix cut, its tree mutated, its size and nesting blown up.

Nothing but the project's own errors escapes, what is signed is never said otherwise, and memory stays bounded. A file
that nobody signs (an invitation, a pin, a trust file) may say something else once it was edited and framed again; then
the file's own frame is what tells damage from a different file.
"""

from __future__ import annotations

import copy
import hashlib
import os
import random
import zlib
from collections.abc import Iterator
from functools import cache

import pytest

from mutualchain.errors import USAGE, FrameDamaged, FrameError, LimitError, MutualchainError, UnsupportedVersion
from mutualchain.record import frame
from mutualchain.tlog import ed25519
from tests.record.test_bytes import EACH_BIT, PATTERNS, mutate
from tests.record.tools import content_of, file_of, frame_of, thaw

from .kinds import FRAMED, KINDS, Kind
from .memory import bounded

MUTATIONS = int(os.environ.get("MUTUALCHAIN_FUZZ", "2000"))
THOROUGH = MUTATIONS >= 100_000
SEED = int(os.environ.get("MUTUALCHAIN_FUZZ_SEED", "1"))
MEMORY_MB = 256
BOMB_MB = 1_024
"""What a file of 16 MiB that inflates to the most that its kind may have can take: its tree, and that encoded again."""


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ed25519, "verify", cache(ed25519.verify))


@cache
def truth(kind: Kind) -> object:
    return kind.read(kind.true())


def held(kind: Kind, data: bytes) -> MutualchainError | None:
    """Read a changed file: the refusal, or None. What is signed must say the same, or less."""
    refused: MutualchainError | None = None
    try:
        found = kind.read(data)
    except MutualchainError as error:
        refused = error
    if refused is not None:
        assert not kind.verdict or refused.exit_code != USAGE, refused.diagnostics()
        return refused
    assert not kind.signed or found == truth(kind) or kind.less(found, truth(kind)), f"{kind.name} says {found}"
    return None


def changed(data: bytes, stride: int) -> Iterator[bytes]:
    for at in range(0, len(data), 1 if THOROUGH else stride):
        for pattern in EACH_BIT if THOROUGH else PATTERNS[at % 3 : at % 3 + 1]:
            yield data[:at] + bytes([data[at] ^ pattern]) + data[at + 1 :]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_true_file_is_read(kind: Kind) -> None:
    assert truth(kind) is not None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_byte_of_a_file_can_be_changed_or_cut(kind: Kind) -> None:
    """Of what is framed or locked, every change is found; a trust file is text that its reader compares by herself."""
    data = kind.true()
    found = [held(kind, other) for other in changed(data, 1 + len(data) // 400)]
    cut = [held(kind, data[:end]) for end in range(0, len(data), 1 if THOROUGH else 1 + len(data) // 200)]
    if kind.frame:
        assert all(type(error) in (FrameDamaged, FrameError, UnsupportedVersion) for error in found)
        assert all(type(error) is FrameError and error.exit_code == 3 for error in cut)
    elif kind.signed and not kind.name.startswith("content"):  # which holds a salt that nobody signs
        assert all(cut)
        assert sum(error is None for error in found) <= len(found) // 50  # how much memory opens a key, below a KiB


@pytest.mark.parametrize("kind", FRAMED, ids=lambda kind: kind.name)
def test_no_byte_of_what_was_signed_can_be_changed_and_framed_again(kind: Kind) -> None:
    content = content_of(kind.true())
    for other in changed(content, 1 + len(content) // 400):
        held(kind, frame_of(other, kind.frame))
    for end in range(0, len(content), 1 if THOROUGH else 1 + len(content) // 100):
        assert held(kind, frame_of(content[:end], kind.frame)) is not None


def test_trees_mutated_at_random_end_in_the_projects_own_errors() -> None:
    chance = random.Random(SEED)
    trees = {kind.name: thaw(frame.unwrap(kind.frame, kind.true())) for kind in FRAMED}
    refused = 0
    with bounded(MEMORY_MB):
        for _ in range(MUTATIONS):
            kind = chance.choice(FRAMED)
            tree = copy.deepcopy(trees[kind.name])
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                mutate(tree, chance)
            refused += held(kind, file_of(tree, kind.frame)) is not None
    assert refused > MUTATIONS // 2


# --- what is made to cost -------------------------------------------------------------------------


def packed(kind: str, content: bytes) -> bytes:
    return frame_of(content, kind)


def long_array(size: int) -> bytes:
    return b"\xdd" + size.to_bytes(4, "big")


BOMBS = {
    "zeros": lambda most: bytes(most),
    "zeros, and far more than any kind may have": lambda most: bytes(4 * most),
    "an array of a million": lambda most: long_array(min(most - 5, 1 << 23)) + b"\x01" * min(most - 5, 1 << 23),
    "an array of integers as long as can be": lambda most: (
        long_array((most - 5) // 9) + (b"\xcf" + b"\xff" * 8) * ((most - 5) // 9)
    ),
    "arrays in an array": lambda most: long_array(most - 5) + b"\x90" * (most - 5),
    "maps in an array": lambda most: long_array(min(most - 5, 1 << 20)) + b"\x80" * min(most - 5, 1 << 20),
    "an array that says four billion": lambda most: b"\xdd\xff\xff\xff\xff",
    "a map that says four billion": lambda most: b"\xdf\xff\xff\xff\xff",
    "bytes that say four billion": lambda most: b"\xc6\xff\xff\xff\xff",
    "text that says four billion": lambda most: b"\xdb\xff\xff\xff\xff",
    "nested a million deep": lambda most: b"\x91" * min(most, 1 << 20),
    "maps nested a million deep": lambda most: b"\x81\xa1a" * min(most // 3, 1 << 20),
    "one byte string": lambda most: b"\xc6" + (most - 5).to_bytes(4, "big") + bytes(most - 5),
    "one text": lambda most: b"\xdb" + (most - 5).to_bytes(4, "big") + b"a" * (most - 5),
    "an extension": lambda most: b"\xc9\xff\xff\xff\xff\x01",
}
MOST = {"receipt": 4 << 20, "evidence": 12 << 20, "join": 1 << 21, "invitation": 1 << 21, "opening": 1 << 16}
LARGEST = 16 << 20 if THOROUGH else 1 << 17
ONE_EACH = tuple({kind.frame: kind for kind in FRAMED}.values())


@pytest.mark.parametrize("name", BOMBS)
def test_small_files_that_blow_up_are_refused_within_bounds(name: str) -> None:
    for kind in ONE_EACH:
        data = packed(kind.frame, BOMBS[name](min(MOST.get(kind.frame, LARGEST), LARGEST)))
        with bounded(BOMB_MB):
            assert held(kind, data) is not None


@cache
def three_hundred_megabytes() -> bytes:
    """A gzip member of zeros, a thousandth as long."""
    deflater = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join(deflater.compress(bytes(1 << 20)) for _ in range(300)) + deflater.flush()


@pytest.mark.parametrize("kind", ONE_EACH, ids=lambda kind: kind.frame)
def test_a_bomb_is_not_inflated_beyond_the_bound(kind: Kind) -> None:
    payload = three_hundred_megabytes()
    assert len(payload) < 2 << 20
    head = frame.magic(kind.frame) + len(payload).to_bytes(4, "little") + hashlib.sha256(payload).digest()
    with bounded(MEMORY_MB):
        assert type(held(kind, head + payload)) is LimitError
