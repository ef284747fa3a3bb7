"""The bytes of a disclosure changed, every prefix of it cut, its frame damaged, and its tree mutated at random.

Nothing that says something else is accepted, nothing but MutualchainError escapes, every verdict is "tampered" or
"could not check", and an edited file never makes the operator look guilty (never MC-176).

``MUTUALCHAIN_FUZZ=100000 pytest tests/disclosure/test_bytes.py`` mutates so many times instead of some thousand, flips
each bit and all bits of every byte, not some of one in some, and cuts every prefix; ``MUTUALCHAIN_FUZZ_SEED`` begins
elsewhere. Memory is bounded meanwhile.
"""

from __future__ import annotations

import copy
import os
import random
from collections import Counter
from functools import cache
from typing import Any

import pytest

from mutualchain.covenant.document import Covenant
from mutualchain.disclosure.bundle import DisclosureBundle
from mutualchain.disclosure.facts import VerifiedDisclosure
from mutualchain.disclosure.verify import verify_disclosure
from mutualchain.errors import CanonicalError, FrameDamaged, FrameError, MutualchainError, UnsupportedVersion
from mutualchain.record import frame
from mutualchain.tlog import ed25519
from tests.hostile.memory import bounded
from tests.ledger.casework import AID
from tests.ledger.world import PLAN, TRUST
from tests.record.test_bytes import EACH_BIT, MEMORY_MB, NUMBERS, PATTERNS, THINGS, alike, nodes
from tests.record.tools import ForgeryAccepted, content_of, earlier_roots, file_of, frame_of, tree_of

from . import tools
from .tools import begun, disclosed, said, verdict

MUTATIONS = int(os.environ.get("MUTUALCHAIN_FUZZ", "1500"))
THOROUGH = MUTATIONS >= 100_000
SEED = int(os.environ.get("MUTUALCHAIN_FUZZ_SEED", "1"))
KIND = "disclosure"
HEAD = len(frame.magic(KIND))


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures found good are not checked again, nor covenants parsed: most changes leave them alone."""
    monkeypatch.setattr(ed25519, "verify", cache(ed25519.verify))
    monkeypatch.setattr(Covenant, "from_bytes", cache(Covenant.from_bytes))
    monkeypatch.setattr(Covenant, "hash", property(cache(Covenant.hash.fget)))  # type: ignore[attr-defined]


@cache
def file(most: int) -> bytes:
    """A disputed, voted, shared and paid case; its logs whole, or entry by entry."""
    work = begun()
    case = disclosed(work)
    work.objected(case, "clinic")
    work.wait(3)
    work.ledger.cases.vote_many(PLAN, case, **work.ballots(case, [2, 3, 4], [1, 1, 0]), reference="votes")
    work.wait(2)
    work.ledger.cases.adjudicate(PLAN, case, reference="counted")
    work.ledger.cases.approve(PLAN, case, reference="approved")
    work.round(case)
    work.ledger.cases.pay(PLAN, case, AID // 2, payment=bytes(32), reference="paid")
    return tools.file_of(work, case, "diagnosed_day", "cause", most=most)


@cache
def truth(most: int) -> tuple[Any, ...]:
    return said(verify_disclosure(file(most), TRUST))


LOGS = pytest.mark.parametrize("most", [1 << 20, 0], ids=["whole", "single"])


@LOGS
def test_no_byte_of_the_content_can_be_changed(most: int) -> None:
    content = content_of(file(most))
    assert 6_000 < len(content) < 16_000
    codes: Counter[str] = Counter()
    for at in range(0, len(content), 1 if THOROUGH else 7 if most else 19):
        for pattern in EACH_BIT if THOROUGH else PATTERNS[at % 3 : at % 3 + 1]:
            changed = content[:at] + bytes([content[at] ^ pattern]) + content[at + 1 :]
            error = verdict(frame_of(changed, KIND), truth(most))
            assert error is not None, f"byte {at} may be changed by {pattern:#x}"
            codes[error.code] += 1
    assert len(codes) > 6, codes  # the flips reached every layer


@LOGS
def test_no_byte_can_be_left_out_or_doubled(most: int) -> None:
    content = content_of(file(most))
    for at in range(0, len(content), 1 if THOROUGH else 41):
        for changed in (content[:at] + content[at + 1 :], content[: at + 1] + content[at:]):
            if changed != content:
                assert verdict(frame_of(changed, KIND), truth(most)) is not None


def test_every_prefix_of_the_content_is_refused() -> None:
    content = content_of(file(1 << 20))
    for end in range(0, len(content), 1 if THOROUGH else 7):
        with pytest.raises(CanonicalError):
            verify_disclosure(frame_of(content[:end], KIND), TRUST)


def test_every_prefix_of_the_file_is_incomplete() -> None:
    data = file(1 << 20)
    for end in range(len(data)):
        with pytest.raises(FrameError) as caught:
            verify_disclosure(data[:end], TRUST)
        assert caught.value.exit_code == 3


def test_every_byte_of_the_frame_is_watched() -> None:
    data = file(1 << 20)
    for at in range(len(data)):
        for pattern in EACH_BIT if THOROUGH else (0x01, 0x20, 0x80):
            changed = data[:at] + bytes([data[at] ^ pattern]) + data[at + 1 :]
            with pytest.raises(MutualchainError) as caught:
                verify_disclosure(changed, TRUST)
            expected = (FrameError, UnsupportedVersion, FrameDamaged) if at < HEAD + 4 else (FrameDamaged,)
            assert type(caught.value) in expected


def test_another_kind_of_file_is_told_apart() -> None:
    with pytest.raises(FrameError, match="this is a record file, not a disclosure file"):
        verify_disclosure(frame.wrap(frame.RECORD, {}), TRUST)
    with pytest.raises(UnsupportedVersion):
        verify_disclosure(frame.wrap(frame.DISCLOSURE, {"version": 2}), TRUST)


@LOGS
def test_a_tree_mutated_at_random_is_refused_or_says_the_same(most: int) -> None:
    chance = random.Random(f"{SEED} {most}")
    origin = tree_of(file(most))
    refused = 0
    with bounded(MEMORY_MB):
        for _ in range(MUTATIONS // 2):
            tree = copy.deepcopy(origin)
            for _ in range(chance.choice((1, 1, 1, 2, 5))):
                mutate(chance, tree)
            try:
                data = file_of(tree, KIND)
            except CanonicalError:
                continue  # no file can hold it: an integer too large, a key of another form
            if told(data, most) is not None:
                refused += 1
            elif not most:
                continue
            else:  # what is opened, and how far back the book is shown, can be less
                free = {"facts", "fields", "extends"}
                assert alike({**origin, **{name: tree[name] for name in free}}, tree)
    assert refused > MUTATIONS // 2 * 0.8


def told(data: bytes, most: int) -> MutualchainError | None:
    """The verdict on a changed file. Anybody can leave out what is opened of a person; and entries at the end, of
    a log that is not whole. The result says so, and what it tells is true as far as it goes."""
    try:
        error = verdict(data, truth(most))
        if error is None:
            continued(data, most)
        return error
    except tools.ForgeryAccepted:
        found, true = verify_disclosure(data, TRUST), verify_disclosure(file(most), TRUST)
    assert less(found, true)
    continued(data, most)
    if most:
        assert found.complete
        assert all(getattr(found, name) == getattr(true, name) for name in ("vouchers", "payments", "state", "votes"))
        assert (found.facts, found.shown) != (true.facts, true.shown)
    else:
        assert "partial" in {name for name, _ in found.limits}
    return None


def continued(data: bytes, most: int) -> None:
    """An accepted file continues no other books than the true one does: it may show fewer of them."""
    book = book_of(most)
    for size, root in earlier_roots(DisclosureBundle.from_bytes(data).claimant).items():
        if book.get(size) != root:
            raise ForgeryAccepted(f"a changed file continues a book of {size} blocks that there never was")


@cache
def book_of(most: int) -> dict[int, bytes]:
    return earlier_roots(DisclosureBundle.from_bytes(file(most)).claimant)


def less(found: VerifiedDisclosure, true: VerifiedDisclosure) -> bool:
    """Whether one result tells a part of what the other tells, and nothing else."""
    lists = ("vouchers", "payments", "sanctions", "facts", "shown")
    same = ("case", "slot", "rounds", "round", "requested", "requested_time_ms", "joined_time_ms", "plan", "chain")
    return all(set(getattr(found, name)) <= set(getattr(true, name)) for name in lists) and all(
        getattr(found, name) == getattr(true, name) for name in same
    )


def mutate(chance: random.Random, tree: Any) -> None:
    """One change: a value replaced, dropped, doubled, swapped, or taken from elsewhere in the tree."""
    places = nodes(tree)
    here, key = chance.choice(places)
    other, there = chance.choice(places)
    way = chance.randrange(7)
    if way == 0:
        here[key] = chance.choice(NUMBERS)
    elif way == 1:
        here[key] = copy.deepcopy(chance.choice(THINGS))
    elif way == 2:
        here[key] = copy.deepcopy(other[there])
    elif way == 3:
        here[key], other[there] = copy.deepcopy(other[there]), copy.deepcopy(here[key])
    elif way == 4:
        del here[key]
    elif way == 5 and isinstance(here, list):
        here.insert(key, copy.deepcopy(here[key]))
    elif isinstance(here[key], bytes) and here[key]:
        at = chance.randrange(len(here[key]))
        here[key] = here[key][:at] + bytes([here[key][at] ^ 1 << chance.randrange(8)]) + here[key][at + 1 :]
    elif type(here[key]) is int:
        here[key] += chance.choice((-1, 1))


@pytest.mark.parametrize("name", ["entries", "institutions", "ballots", "rounds", "covenants"])
def test_nothing_can_be_left_out_where_the_logs_are_whole(name: str) -> None:
    count = len(tree_of(file(1 << 20))[name])
    assert count
    for at in range(count):
        tree = tree_of(file(1 << 20))
        del tree[name][at]
        assert verdict(file_of(tree, KIND), truth(1 << 20)) is not None


@LOGS
@pytest.mark.parametrize("name", ["entries", "institutions", "ballots", "rounds", "covenants"])
def test_nothing_can_be_shown_twice(most: int, name: str) -> None:
    for at in range(len(tree_of(file(most))[name])):
        tree = tree_of(file(most))
        tree[name].insert(at, tree[name][at])
        assert verdict(file_of(tree, KIND), truth(most)) is not None


def test_of_single_entries_only_what_no_later_one_needs_can_be_left_out() -> None:
    """Somebody who objected, an institution that said nothing, the payment at the end: the limits say so."""
    free = Counter[str]()
    for name in ("entries", "institutions", "ballots", "rounds", "covenants"):
        for at in range(len(tree_of(file(0))[name])):
            tree = tree_of(file(0))
            del tree[name][at]
            free[name] += told(file_of(tree, KIND), 0) is None
    assert free == {"entries": 1, "institutions": 2, "ballots": 0, "rounds": 0, "covenants": 0}
