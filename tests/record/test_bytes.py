"""Every byte of a record changed, every prefix of it cut, its frame damaged, and its tree mutated at random.

Nothing that says something else is accepted, nothing but MutualchainError escapes, every verdict is "tampered" or
"could not check", and an edited file never makes the operator look guilty (never MC-176).

``MUTUALCHAIN_FUZZ=100000 pytest tests/record/test_bytes.py`` mutates so many times instead of some thousand, flips
each bit and all bits of each byte instead of some of one, and cuts every prefix; ``MUTUALCHAIN_FUZZ_SEED`` begins
elsewhere. Memory is bounded meanwhile.
"""

from __future__ import annotations

import copy
import gzip
import os
import random
import zlib
from collections import Counter
from functools import cache
from hashlib import sha256
from typing import Any

import pytest

from mutualchain.errors import (
    CanonicalError,
    FrameDamaged,
    FrameError,
    LimitError,
    MutualchainError,
    UnsupportedVersion,
    UsageError,
)
from mutualchain.record import frame
from mutualchain.record.receipt import parse_receipt, verify_receipt
from mutualchain.record.verify import verify_record
from mutualchain.tlog import ed25519
from tests.hostile.memory import bounded

from .test_receipt import told, true_receipts
from .tools import HEAD, bundle_of, content_of, earlier_roots, file_of, frame_of, said, tree_of, verdict
from .world import TRUST, world

NAME = "second"
MUTATIONS = int(os.environ.get("MUTUALCHAIN_FUZZ", "4000"))
THOROUGH = MUTATIONS >= 100_000
PATTERNS = (0x01, 0x80, 0x13)
EACH_BIT = (*(1 << bit for bit in range(8)), 0xFF)
MEMORY_MB = 256
"""What reading a changed record of 8 KB may take, and more than ten times what it takes."""
SEED = int(os.environ.get("MUTUALCHAIN_FUZZ_SEED", "1"))


def truth_of(name: str) -> tuple[Any, ...]:
    return said(verify_record(world().record(name), TRUST, public_key=world().key(name)))


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures found good are not checked again: most changes leave them alone, and they cost the most."""
    monkeypatch.setattr(ed25519, "verify", cache(ed25519.verify))


# --- the content ----------------------------------------------------------------------------------


def test_no_byte_of_the_content_can_be_changed() -> None:
    """Not one change is benign in a record whose checkpoint has one signature."""
    content, key, truth = content_of(world().record(NAME)), world().key(NAME), truth_of(NAME)
    assert 4_000 < len(content) < 10_000
    codes: Counter[str] = Counter()
    for at in range(len(content)):
        for pattern in EACH_BIT if THOROUGH else PATTERNS[at % 3 : at % 3 + 1]:
            changed = content[:at] + bytes([content[at] ^ pattern]) + content[at + 1 :]
            error = verdict(frame_of(changed), TRUST, key, truth)
            assert error is not None, f"byte {at} may be changed by {pattern:#x}"
            codes[error.code] += 1
    assert len(codes) > 8, codes  # the flips reached every layer


def test_bytes_cannot_be_set_to_what_other_formats_begin_with() -> None:
    content, key, truth = content_of(world().record(NAME)), world().key(NAME), truth_of(NAME)
    for at in range(0, len(content), 1 if THOROUGH else 31):
        for value in (0x00, 0xFF, 0x90, 0xC1, 0xDD):
            changed = content[:at] + bytes([value]) + content[at + 1 :]
            if changed != content:
                assert verdict(frame_of(changed), TRUST, key, truth) is not None


def test_no_byte_of_the_content_can_be_left_out_or_doubled() -> None:
    content, key, truth = content_of(world().record(NAME)), world().key(NAME), truth_of(NAME)
    for at in range(0, len(content), 1 if THOROUGH else 5):
        for changed in (content[:at] + content[at + 1 :], content[: at + 1] + content[at:]):
            if changed != content:
                assert verdict(frame_of(changed), TRUST, key, truth) is not None


def test_every_prefix_of_the_content_is_refused() -> None:
    content = content_of(world().record(NAME))
    for end in range(0, len(content), 1 if THOROUGH else 3):
        with pytest.raises(CanonicalError):
            verify_record(frame_of(content[:end]), TRUST)


# --- the file -------------------------------------------------------------------------------------


def test_every_prefix_of_the_file_is_incomplete() -> None:
    data = world().record(NAME)
    for end in range(len(data)):
        with pytest.raises(FrameError) as caught:
            verify_record(data[:end], TRUST)
        assert (caught.value.code, caught.value.exit_code) == ("MC-012", 3)


def test_every_byte_of_the_frame_is_watched() -> None:
    data = world().record(NAME)
    for at in range(len(data)):
        for pattern in EACH_BIT if THOROUGH else (0x01, 0x20, 0x80):
            changed = data[:at] + bytes([data[at] ^ pattern]) + data[at + 1 :]
            with pytest.raises(MutualchainError) as caught:
                verify_record(changed, TRUST)
            if at < HEAD:  # another kind of file, or another version of this one
                assert type(caught.value) in (FrameError, UnsupportedVersion)
            elif at < HEAD + 4:  # a length: more than there is, or less
                assert type(caught.value) in (FrameError, FrameDamaged)
            else:
                assert type(caught.value) is FrameDamaged


def test_what_follows_a_file_is_refused() -> None:
    for more in (b"\0", b"\n", world().record(NAME)):
        with pytest.raises(FrameDamaged):
            verify_record(world().record(NAME) + more, TRUST)


def test_other_files_are_told_apart() -> None:
    other = frame.wrap("disclosure", [1])
    for data, error, says in (
        (b"", FrameError, "empty"),
        (other, FrameError, "this is a disclosure file"),
        (frame.wrap(frame.RECEIPT, [1]), FrameError, "this is a receipt file"),
        (b"PK\x03\x04" + bytes(100), FrameError, "not a record file"),
        (b"mutualchain record v2\n" + bytes(100), UnsupportedVersion, "unknown version"),
        (b"mutualchain riddle v1\n" + bytes(100), FrameError, "not a record file"),
        (b"mutualchain \xff v1\n" + bytes(100), FrameError, "not a record file"),
        (b"mutualchain record v1\r\n" + bytes(100), FrameError, "not a record file"),
        (b"\n" * 100, FrameError, "not a record file"),
    ):
        with pytest.raises(error, match=says):
            verify_record(data, TRUST)


def test_a_payload_is_one_gzip_member_and_nothing_else() -> None:
    content = content_of(world().record(NAME))
    plain = zlib.compress(content)
    member = gzip.compress(content, mtime=0)
    for payload in (
        content,
        plain,
        member + member,
        member + b"\0",
        member[:-1],
        member[:-8] + bytes(8),
        b"",
        gzip.compress(b"", mtime=0),
    ):
        with pytest.raises((FrameDamaged, CanonicalError)):
            verify_record(packed(payload), TRUST)
    assert said(verify_record(packed(member), TRUST)) == said(verify_record(world().record(NAME), TRUST))


def packed(payload: bytes) -> bytes:
    return b"mutualchain record v1\n" + len(payload).to_bytes(4, "little") + sha256(payload).digest() + payload


def test_wrapping_and_unwrapping_give_each_other_back() -> None:
    values: tuple[Any, ...] = (1, b"", "x", (), {}, (1, (b"2", {"a": True})))
    for value in values:
        assert frame.unwrap(frame.RECORD, frame.wrap(frame.RECORD, value)) == value
        assert frame.wrap(frame.RECORD, value) == frame.wrap(frame.RECORD, value)
    with pytest.raises(LimitError):
        frame.unwrap(frame.RECORD, frame.wrap(frame.RECORD, bytes(1000)), 999)
    with pytest.raises(UsageError):
        frame.unwrap(frame.RECORD, "text")  # type: ignore[arg-type]


# --- the tree -------------------------------------------------------------------------------------

NUMBERS = (0, 1, -1, 255, 256, 2**31, 2**32 - 1, 2**32, 2**53, 2**63 - 1, -(2**63))
THINGS: tuple[Any, ...] = (0, True, False, b"", "", [], {}, b"\0" * 32, [[]], {"a": 1}, "x" * 300, -1)


def nodes(tree: Any) -> list[tuple[Any, Any]]:
    """(container, key) of every node below the top."""
    found = []
    todo = [tree]
    while todo:
        here = todo.pop()
        keys = list(here) if isinstance(here, dict) else range(len(here))
        for key in keys:
            found.append((here, key))
            if isinstance(here[key], dict | list):
                todo.append(here[key])
    return found


def mutate(tree: Any, chance: random.Random) -> None:
    """One change of a tree, in place, of the kind somebody or something might make."""
    places = nodes(tree)
    here, key = chance.choice(places)
    value = here[key]
    what = chance.randrange(8)
    if what == 0 and isinstance(here, list):
        del here[key]
    elif what == 1 and isinstance(here, list):
        here.insert(key, copy.deepcopy(value))
    elif what == 2:  # another node of the same type in its place
        alike = [at[0][at[1]] for at in chance.sample(places, min(40, len(places)))]
        alike = [item for item in alike if type(item) is type(value)]
        here[key] = copy.deepcopy(chance.choice(alike)) if alike else chance.choice(THINGS)
    elif what == 3 and isinstance(here, list):
        other = chance.randrange(len(here))
        here[key], here[other] = here[other], here[key]
    elif what == 4:
        here[key] = copy.deepcopy(chance.choice(THINGS))
    elif isinstance(value, bool):
        here[key] = int(value)
    elif isinstance(value, int):
        here[key] = chance.choice([value + 1, value - 1, -value, value * 2, *NUMBERS])
        here[key] = max(min(here[key], 2**63 - 1), -(2**63))
    elif isinstance(value, bytes):
        at = chance.randrange(len(value) + 1)
        flipped = bytes(byte ^ (1 << chance.randrange(8)) if place == at else byte for place, byte in enumerate(value))
        here[key] = chance.choice(
            [flipped, flipped, value[:at], value[at:], value + b"\0", value[:at] + b"\xff" + value[at:]]
        )
    elif isinstance(value, str):
        here[key] = value + "x"
    elif isinstance(value, list):
        here[key] = value[::-1] if chance.random() < 0.5 else value * 2
    else:
        value[str(chance.randrange(10))] = 1


def test_a_mutated_record_is_refused_or_says_the_same() -> None:
    chance = random.Random(SEED)
    names = ["founder", "second", "between", "leaver", "latest"]
    trees = {name: tree_of(world().record(name)) for name in names}
    truths = {name: truth_of(name) for name in names}
    books = {name: earlier_roots(bundle_of(world().record(name))) for name in names}
    assert all(len(book) > 30 for book in books.values())  # each of them shows every earlier size
    refused = 0
    with bounded(MEMORY_MB):
        for _ in range(MUTATIONS):
            name = chance.choice(names)
            tree = copy.deepcopy(trees[name])
            for _ in range(chance.choice([1, 1, 1, 2, 3])):
                mutate(tree, chance)
            if allowed(tree, trees[name]):
                continue
            error = verdict(file_of(tree), TRUST, world().key(name), truths[name], books[name])
            less = isinstance(tree, dict) and alike({**trees[name], "extends": tree.get("extends")}, tree)
            assert error is not None or less, f"a mutation of the record of {name} was accepted"
            refused += error is not None
    assert refused > MUTATIONS * 0.8


@pytest.mark.parametrize("at", range(64))
def test_an_edited_lineage_never_continues_another_book(at: int) -> None:
    """Sizes and hashes are what a pin is held against: whatever is changed, what is accepted is the true book's."""
    chance = random.Random(f"{SEED} {at}")
    true = tree_of(world().record("latest"))
    book = earlier_roots(bundle_of(world().record("latest")))
    for _ in range(max(MUTATIONS // 100, 8)):
        tree = copy.deepcopy(true)
        sizes, hashes = tree["extends"]
        for part in (sizes, hashes)[: 1 + at % 2]:
            for _ in range(chance.choice([1, 1, 2, 8])):
                way, place = chance.randrange(4), chance.randrange(len(part) or 1)
                if way == 0 and part:
                    del part[place]
                elif way == 1:
                    part.insert(place, chance.choice([*range(1, len(book) + 3), 2**62]) if part is sizes else bytes(32))
                elif way == 2:
                    del part[place:]
                elif part:
                    part[place] = part[chance.randrange(len(part))]
        sizes.sort()
        verdict(file_of(tree), TRUST, world().key("latest"), truth_of("latest"), book)


def allowed(tree: Any, true: Any) -> bool:
    """Whether only events after the last snapshot were left out: the documented limit (see test_edited_files)."""
    events = tree.get("events") if isinstance(tree, dict) else None
    return (
        isinstance(events, list)
        and alike({**true, "events": events}, tree)
        and alike(events, true["events"][: len(events)])
    )


def alike(one: Any, other: Any) -> bool:
    """Equal, and of equal types: True is no 1."""
    return one == other and repr(one) == repr(other)


def test_a_mutated_receipt_is_refused_or_says_the_same() -> None:
    chance = random.Random(SEED)
    receipts = true_receipts()
    trees = [tree_of(data) for data in receipts]
    truths = [told(verify_receipt(parse_receipt(data), TRUST)) for data in receipts]
    for _ in range(MUTATIONS // 2):
        which = chance.randrange(len(trees))
        tree = copy.deepcopy(trees[which])
        mutate(tree, chance)
        if repr(tree) == repr(trees[which]):
            continue
        refused = None
        try:
            found = verify_receipt(parse_receipt(file_of(tree, "receipt")), TRUST)
        except MutualchainError as error:
            refused = error
        if refused is None:  # of a receipt for a row one for its sheet can be made: it is true, and says less
            assert tree[5] == trees[which][5] or tree[5][0] == "sheet"
            assert told(found)[:5] == truths[which][:5]
        else:
            assert refused.exit_code in (1, 3), refused.diagnostics()
