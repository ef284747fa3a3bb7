"""Forged evidence never convicts: whoever edits a file, or lays true statements together as he likes.

The forger holds everything that honest parties ever signed and published, and all evidence that there is, but none of
their keys. He may cut, flip, exchange and invent.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mutualchain.archive.reading import Archive
from mutualchain.block.chain import EVENTS, SHEETS
from mutualchain.block.plan import PlanLeaf
from mutualchain.errors import MutualchainError, NotEvidence
from mutualchain.evidence import verify_evidence
from mutualchain.evidence.bundle import ChainEvidence
from mutualchain.evidence.disagreement import ProvenBlock
from mutualchain.evidence.rules import Rewritten, StatedBlock
from mutualchain.record import frame
from mutualchain.record.build import build_record
from mutualchain.tlog.merkle import consistency_proof_from_nodes, root_from_nodes
from mutualchain.tlog.trust import TrustFile
from tests.record.world import MAIN, world
from tests.record.world import TRUST as WORLD_TRUST

from .cases import all_cases
from .tools import HONEST, ONE, TRUST, TWO, Leaves, cosigned

CASES = all_cases()


def thawed(value: Any) -> Any:
    """A decoded value with lists in place of tuples, to be edited."""
    if isinstance(value, tuple | list):
        return [thawed(item) for item in value]
    return {key: thawed(item) for key, item in value.items()} if isinstance(value, dict) else value


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place below the top."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield (*path, step)
        yield from places(item, (*path, step))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def replacements(old: Any) -> st.SearchStrategy[Any]:
    if isinstance(old, bytes) and old:
        flips = st.integers(0, 8 * len(old) - 1).map(lambda bit: flipped(old, bit))
        return flips | st.sampled_from([old[:-1], old + b"\0", old[1:], b"", old + old])
    if isinstance(old, int):
        return st.sampled_from([old + 1, max(old - 1, 0), 0, 2**63 - 1])
    if isinstance(old, list) and old:
        others = [old[1:], old[:-1], [*old, old[0]], old[::-1], []]
        return st.sampled_from(others).map(copy.deepcopy)
    return st.sampled_from([b"\0" * 32, [b"\0" * 32], "x", 0])


def flipped(data: bytes, bit: int) -> bytes:
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


def convicted(value: Any, trust: TrustFile) -> set[str]:
    """Whom a file of this content convicts; nobody, if it is refused as it must be."""
    try:
        found = verify_evidence(frame.wrap(frame.EVIDENCE, value), trust)
    except MutualchainError as error:
        return set() if error.exit_code in (1, 3) else {error.diagnostics()}
    assert found.convicted
    return {party.name for party in found.convicted}


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_an_edit_of_evidence_convicts_nobody_else(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(CASES))
    value = thawed(frame.unwrap(frame.EVIDENCE, case.data))
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(list(places(value))))
        at(value, path[:-1])[path[-1]] = data.draw(replacements(at(value, path)))
    assert convicted(value, case.trust) <= set(case.convicted)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(CASES), st.integers(0, 2**31), st.integers(1, 255))
def test_a_changed_byte_of_the_file_is_found(case: Any, place: int, change: int) -> None:
    data = bytearray(case.data)
    data[place % len(data)] ^= change
    with pytest.raises(MutualchainError):
        verify_evidence(bytes(data), case.trust)


# --- true statements of the honest, laid together by somebody else -------------------------------

SIZES = (0, 1, 2, 3, 4, 5, 7, 8, 9, 16)
WITNESSES = (ONE, TWO)


@cache
def heads() -> list[bytes]:
    found = [HONEST.note(size) for size in SIZES]
    return found + [cosigned(HONEST.checkpoint(size), *WITNESSES) for size in SIZES]


@cache
def hashes() -> list[bytes]:
    """Every hash that the honest log has published, and some that it has not."""
    published = {HONEST.root(size) for size in range(17)} | {b"\0" * 32, b"\xff" * 32}
    for old in SIZES:
        for new in SIZES:
            published |= set(HONEST.proof(old, new))
    return sorted(published)


@st.composite
def splits(draw: st.DrawFn) -> list[Any]:
    """Two true checkpoints and any proof, true ones among them."""
    first, second = draw(st.sampled_from(heads())), draw(st.sampled_from(heads()))
    some = st.lists(st.sampled_from(hashes()), max_size=6)
    how = draw(st.sampled_from(["size", "prefix", "true prefix", "prefixes", "block"]))
    proof: list[Any]
    if how == "size":
        proof = ["size"]
    elif how == "prefix":
        proof = ["prefix", draw(st.sampled_from(hashes())), draw(some)]
    elif how == "true prefix":
        old, new = draw(st.sampled_from(SIZES)), draw(st.sampled_from(SIZES))
        proof = ["prefix", draw(st.sampled_from(hashes())), list(HONEST.proof(old, new))]
    elif how == "prefixes":
        size, any_root = draw(st.sampled_from(SIZES)), st.sampled_from(hashes())
        larger = [new for new in SIZES if new >= size] or SIZES
        true = [[draw(any_root), list(HONEST.proof(size, draw(st.sampled_from(larger))))] for _ in range(2)]
        proof = ["prefixes", size, *(draw(st.just(side) | st.tuples(any_root, some).map(list)) for side in true)]
    else:
        height = draw(st.integers(0, 8))
        sides = []
        for _ in range(2):
            size = draw(st.sampled_from([size for size in SIZES if size > height]))
            proven = Leaves(HONEST, size).proven(height)
            block = draw(st.sampled_from([proven.block, b"another", *hashes()[:2]]))
            sides.append([block, draw(st.just(list(proven.proof)) | some)])
        proof = ["block", height, *sides]
    return [1, "split", first, second, proof]


@settings(max_examples=600, deadline=None)
@given(splits())
def test_true_checkpoints_of_one_book_convict_nobody_with_any_proof(value: list[Any]) -> None:
    assert convicted(value, TRUST) == set()


@cache
def ledger() -> tuple[bytes, ProvenBlock, bytes, list[StatedBlock]]:
    """A true ledger's checkpoint, genesis block and entry, and every block with the states after it."""
    with world().ledger.read() as archive:
        note = archive.checkpoint()
        size = archive.size
        blocks = [
            StatedBlock(
                ProvenBlock(height, archive.block(height), archive.block_proof(height, size)),
                tuple(leaf for _, leaf in archive.plan_leaves(height)),
            )
            for height in range(size)
        ]
        return note, blocks[0].proven, archive.entry(0, 0), blocks


def true_chain(*heights: int, rewritten: Rewritten | None = None) -> ChainEvidence:
    note, genesis, entry, blocks = ledger()
    return ChainEvidence(note, genesis, entry, tuple(blocks[height] for height in heights), rewritten)


def test_no_two_blocks_of_a_true_ledger_convict_it() -> None:
    size = len(ledger()[3])
    pairs = [
        (one, two) for one in range(size) for two in range(one + 1, size) if two == one + 1 or (one * two) % 7 == 1
    ]
    assert len(pairs) > size
    for one, two in pairs:
        with pytest.raises(NotEvidence):
            verify_evidence(true_chain(one, two).to_bytes(), WORLD_TRUST)


def test_no_plans_log_of_a_true_ledger_convicts_it() -> None:
    blocks = ledger()[3]
    with world().ledger.read() as archive:
        for early in (3, 9):
            for leaf in map(PlanLeaf.from_bytes, blocks[early].leaves):
                for log, size in ((SHEETS, leaf.sheets_size), (EVENTS, leaf.events_size)):
                    shown = _shown(archive, leaf.plan, log, size)
                    with pytest.raises(NotEvidence):
                        verify_evidence(true_chain(early, -1, rewritten=shown).to_bytes(), WORLD_TRUST)


def _shown(archive: Archive, plan: str, log: str, size: int) -> Rewritten:
    state = next(leaf for leaf in map(PlanLeaf.from_bytes, ledger()[3][-1].leaves) if leaf.plan == plan)
    total = state.sheets_size if log == SHEETS else state.events_size
    read = archive.nodes(log, plan)
    return Rewritten(plan, log, root_from_nodes(read, size), consistency_proof_from_nodes(read, size, total))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_an_edit_of_what_a_true_ledger_shows_convicts_nobody(data: st.DataObject) -> None:
    size = len(ledger()[3])
    heights = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=2))
    value = thawed(frame.unwrap(frame.EVIDENCE, true_chain(*heights).to_bytes()))
    path = data.draw(st.sampled_from([path for path in places(value) if path[0] > 1]))
    at(value, path[:-1])[path[-1]] = data.draw(replacements(at(value, path)))
    assert convicted(value, WORLD_TRUST) == set()


@cache
def honest_records() -> list[Any]:
    with world().ledger.read() as archive:
        files = [build_record(archive, MAIN, slot) for slot in (0, 7, world().slots["leaver"], world().slots["late"])]
    return [thawed(frame.unwrap(frame.RECORD, data)) for data in files]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_an_edit_of_a_true_record_convicts_nobody(data: st.DataObject) -> None:
    """MC-176 is said of data that leads to the checkpoint only: no editing of the file can bring it about."""
    record = copy.deepcopy(data.draw(st.sampled_from(honest_records())))
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(list(places(record))))
        others = [copy.deepcopy(elsewhere(other, path)) for other in honest_records()]
        at(record, path[:-1])[path[-1]] = data.draw(replacements(at(record, path)) | st.sampled_from(others))
    try:
        file = frame.wrap(frame.RECORD, record)
    except MutualchainError:
        return
    assert convicted([1, "record", file], WORLD_TRUST) == set()


def elsewhere(record: Any, path: tuple[Any, ...]) -> Any:
    """What stands at a place of another record, or nothing like it."""
    try:
        return at(record, path)
    except (KeyError, IndexError, TypeError):
        return []
