"""How a block follows from a chain's state: writer and auditor agree, and each difference is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mutualchain.block import chain as chain_module
from mutualchain.block.block import Block, block_hash, sign_header
from mutualchain.block.chain import BLOCKS, EVENTS, SHEETS, ChainState, PlanState
from mutualchain.block.entry import CHAIN, Entry, entries_root, entry_hash
from mutualchain.block.header import ZERO_HASH, Header
from mutualchain.block.keys import ROTATION
from mutualchain.block.plan import EventLeaf, PlanLeaf, SheetLeaf
from mutualchain.covenant.acts import Adoption
from mutualchain.errors import (
    BlockError,
    BlockSignatureError,
    CanonicalError,
    GenesisError,
    LinkError,
    MutualchainError,
    PlanStateError,
)
from mutualchain.limits import MAX_ROWS
from mutualchain.sheet import Descriptor
from mutualchain.tlog.merkle import leaf_hash, root

from .examples import (
    BLOCK,
    COVENANT,
    GENESIS,
    LOG,
    NEW,
    NEWER,
    ORIGIN,
    RECOVERY_KEY,
    START,
    Operator,
    Recorded,
    sheet,
    small_chain,
)


def before(operator: Operator, height: int) -> ChainState:
    """The state that block ``height`` follows from."""
    state = ChainState()
    for recorded in operator.blocks[:height]:
        state, _, found = state.follow(recorded.block, recorded.entries, recorded.covenants)
        assert found == []
    return state


# --- a chain followed from its bytes ------------------------------------------------------------


def check_followed(operator: Operator) -> None:
    """Following the recorded bytes gives the writer's states, and the logs that the obvious lists give."""
    state = ChainState()
    logs: dict[tuple[str, str], list[bytes]] = {}
    nodes: dict[tuple[str, str, int, int], bytes] = {}
    for height, recorded in enumerate(operator.blocks):
        state, draft, found = state.follow(recorded.block, recorded.entries, recorded.covenants)
        assert found == []
        header = Block.from_bytes(recorded.block).header
        assert draft.header == header == recorded.draft.header
        assert (header.height, state.size) == (height, height + 1)
        for index, data in enumerate(recorded.entries):
            leaf = EventLeaf(height, header.time_ms, index, entry_hash(data))
            logs.setdefault((EVENTS, Entry.from_bytes(data).plan), []).append(leaf_hash(leaf.to_bytes()))
        for descriptor in header.sheets:
            leaf_bytes = SheetLeaf(height, header.time_ms, descriptor).to_bytes()
            logs.setdefault((SHEETS, descriptor.plan), []).append(leaf_hash(leaf_bytes))
        logs.setdefault((BLOCKS, ""), []).append(leaf_hash(recorded.block))
        for node in recorded.nodes:
            nodes[node.log, node.plan, node.level, node.index] = node.hash
        leaves = [state.plans[plan].leaf() for plan in sorted(state.plans)]
        assert header.plans_root == root([leaf_hash(leaf.to_bytes()) for leaf in leaves])
        assert header.plan_count == len(leaves)
        for plan_leaf in leaves:
            events, sheets = logs.get((EVENTS, plan_leaf.plan), []), logs.get((SHEETS, plan_leaf.plan), [])
            assert (plan_leaf.events_size, plan_leaf.events_root) == (len(events), root(events))
            assert (plan_leaf.sheets_size, plan_leaf.sheets_root) == (len(sheets), root(sheets))
            assert PlanLeaf.from_bytes(plan_leaf.to_bytes()) == plan_leaf
        assert state.log.root() == root(logs[BLOCKS, ""])
    assert state == operator.state
    for (log, plan), hashes in logs.items():
        wanted = {
            (log, plan, level, index): root(hashes[index << level : (index + 1) << level])
            for level in range(len(hashes).bit_length())
            for index in range(len(hashes) >> level)
        }
        assert {place: nodes[place] for place in wanted} == wanted, "each perfect node is handed out, once complete"
        assert not [place for place in nodes if place[:2] == (log, plan) and place not in wanted]


def test_a_chain_followed_from_its_bytes_gives_the_writer_s_states() -> None:
    check_followed(small_chain())


KINDS = ["case", "note", "of_the_future"]
STEPS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from(KINDS)), max_size=4),
        st.lists(
            st.tuples(
                st.sampled_from(["a", "b"]), st.sampled_from(["enrolment/1", "charge/1", "exit/1"]), st.integers(1, 9)
            ),
            max_size=4,
        ),
        st.booleans(),
    ),
    max_size=8,
)


@given(STEPS)
@settings(max_examples=settings().max_examples // 2)
def test_any_chain_followed_from_its_bytes_gives_the_writer_s_states(steps: Any) -> None:
    operator = Operator().begin()
    operator.adopt("a")
    operator.adopt("b")
    time_ms, spare = START + 1, NEW
    for pause, entries, sheets, rotates in steps:
        time_ms += pause
        described: list[Descriptor] = []
        plans = dict(operator.state.plans)
        for plan, name, rows in sheets:
            leaf = plans[plan].leaf()
            first = leaf.slots if name == "enrolment/1" else 0
            descriptor = sheet(plan, name, leaf.next_number(name), first, rows)
            plans[plan], _ = plans[plan].add_sheet(0, 0, descriptor)
            described.append(descriptor)
        operator.record(
            time_ms, [Entry(plan, kind, {"n": number}) for number, (plan, kind) in enumerate(entries)], described
        )
        if rotates:
            operator.change_key(ROTATION, operator.signer, spare, time_ms)
            operator.signer, spare = spare, operator.signer
    check_followed(operator)


def test_the_chain_s_identity_is_the_hash_of_its_genesis_block() -> None:
    operator = Operator().begin()
    first = operator.blocks[0]
    assert operator.state.chain == block_hash(first.block) == operator.state.previous
    header = Block.from_bytes(first.block).header
    assert (header.chain, header.previous, header.height) == (ZERO_HASH, ZERO_HASH, 0)
    assert (operator.state.origin, operator.state.log_key) == (ORIGIN, LOG.verifier.vkey)


def test_times_may_be_equal_and_never_go_back() -> None:
    operator = Operator().begin()
    operator.record(START)
    with pytest.raises(LinkError, match="before the one before it"):
        operator.record(START - 1)


# --- each field changed, and signed again -------------------------------------------------------

OTHER = bytes([9]) * 32
HEADER_CHANGES: dict[str, tuple[Callable[[Header], Header], list[type[MutualchainError]]]] = {
    "chain": (lambda header: replace(header, chain=OTHER), [GenesisError]),
    "height above": (lambda header: replace(header, height=header.height + 1), [LinkError]),
    "height below": (lambda header: replace(header, height=header.height - 1), [LinkError]),
    "previous": (lambda header: replace(header, previous=OTHER), [LinkError]),
    "a time that goes back": (lambda header: replace(header, time_ms=START - 1), [LinkError, PlanStateError]),
    "a later time": (lambda header: replace(header, time_ms=header.time_ms + 1), [PlanStateError]),
    "entry count": (lambda header: replace(header, entry_count=header.entry_count + 1), [BlockError]),
    "entries root": (lambda header: replace(header, entries_root=OTHER), [BlockError]),
    "a sheet's root": (
        lambda header: replace(header, sheets=(replace(header.sheets[0], root=OTHER), *header.sheets[1:])),
        [PlanStateError],
    ),
    "a sheet left out": (lambda header: replace(header, sheets=header.sheets[:-1]), [PlanStateError]),
    "sheets in another order": (lambda header: replace(header, sheets=header.sheets[::-1]), [PlanStateError]),
    "plan count": (lambda header: replace(header, plan_count=header.plan_count + 1), [PlanStateError]),
    "plans root": (lambda header: replace(header, plans_root=OTHER), [PlanStateError]),
    "everything that can be": (
        lambda header: replace(header, chain=OTHER, height=99, previous=OTHER, time_ms=0, entries_root=OTHER),
        [LinkError, GenesisError, LinkError, LinkError, BlockError, PlanStateError],
    ),
}
HEIGHT = 4


@pytest.mark.parametrize(("change", "errors"), HEADER_CHANGES.values(), ids=HEADER_CHANGES)
def test_a_field_of_the_header_changed_and_signed_again_is_named(
    change: Callable[[Header], Header], errors: list[type[MutualchainError]]
) -> None:
    operator = small_chain()
    recorded = operator.blocks[HEIGHT]
    changed = change(recorded.draft.header)
    state, _, found = before(operator, HEIGHT).follow(
        sign_header(changed, [BLOCK]).to_bytes(), recorded.entries, recorded.covenants
    )
    assert [type(error) for error in found] == errors
    assert all(error.diagnostics() for error in found)
    assert state.size == HEIGHT + 1, "the audit goes on behind it"


def test_an_entry_changed_exchanged_or_left_out_is_named() -> None:
    operator = small_chain()
    recorded = operator.blocks[HEIGHT]
    first, second = recorded.entries
    for entries in (
        [second, first],
        [first],
        [first, second, second],
        [first, Entry("plan-b", "note", {"x": 1}).to_bytes()],
    ):
        _, _, found = before(operator, HEIGHT).follow(recorded.block, entries, {})
        assert [type(error) for error in found] == [BlockError, PlanStateError]


def test_a_covenant_that_the_block_does_not_adopt_is_named() -> None:
    operator = small_chain()
    adoption = operator.blocks[1]
    for covenants in (
        {},
        {"plan-a": (2, COVENANT.hash)},
        {"plan-a": (1, OTHER)},
        {**adoption.covenants, "x": (1, OTHER)},
    ):
        state = before(operator, 1)
        if not covenants:
            with pytest.raises(PlanStateError, match="no plan"):
                state.follow(adoption.block, adoption.entries, covenants)
            continue
        _, _, found = state.follow(adoption.block, adoption.entries, covenants)
        assert [type(error) for error in found] == [PlanStateError]


@pytest.mark.parametrize("signer", [NEW, NEWER, RECOVERY_KEY])
def test_a_block_signed_by_a_key_that_is_not_in_force_is_named(signer: Any) -> None:
    operator = small_chain()
    recorded = operator.blocks[HEIGHT]
    data = sign_header(recorded.draft.header, [signer]).to_bytes()
    _, _, found = before(operator, HEIGHT).follow(data, recorded.entries, recorded.covenants)
    assert [type(error) for error in found] == [BlockSignatureError]


def test_a_block_of_another_chain_does_not_follow() -> None:
    other = Operator().begin(replace(GENESIS, recovery_delay_ms=5))
    mine = Operator().begin()
    stray = other.record(START + 1)
    _, _, found = mine.state.follow(stray.block, [], {})
    assert [type(error) for error in found] == [GenesisError, LinkError, PlanStateError]


def test_bytes_that_are_no_block_and_entries_that_are_none_stop_it() -> None:
    operator = small_chain()
    recorded = operator.blocks[HEIGHT]
    state = before(operator, HEIGHT)
    with pytest.raises(CanonicalError):
        state.follow(recorded.block[:-1], recorded.entries, {})
    with pytest.raises(CanonicalError):
        state.follow(recorded.block, [b""], {})


# --- what no state allows -----------------------------------------------------------------------


def refused(entries: list[Entry] | None = None, sheets: list[Descriptor] | None = None) -> Recorded:
    operator = Operator().begin()
    operator.adopt("p")
    return operator.record(START + 2, entries or [], sheets or [])


REFUSED: dict[str, tuple[list[Entry], list[Descriptor], type[MutualchainError], str]] = {
    "a second genesis": ([GENESIS.to_entry()], [], GenesisError, "later block"),
    "an entry of no plan": ([Entry("q", "case", {})], [], PlanStateError, "entry belongs to no plan"),
    "a sheet of no plan": ([], [sheet("q", "exit/1")], PlanStateError, "sheet belongs to no plan"),
    "a number left out": ([], [sheet("p", "exit/1", 1)], PlanStateError, "has number 1, and 0 is next"),
    "a number twice": ([], [sheet("p", "exit/1"), sheet("p", "exit/1")], PlanStateError, "has number 0, and 1 is next"),
    "a gap between slots": ([], [sheet("p", "enrolment/1", 0, 1)], PlanStateError, "begins at 1, not 0"),
    "slots twice": (
        [],
        [sheet("p", "enrolment/1"), sheet("p", "enrolment/1", 1, 2)],
        PlanStateError,
        "begins at 2, not 3",
    ),
    "charges that begin late": ([], [sheet("p", "charge/1", 0, 5)], PlanStateError, "begins at 5, not 0"),
    "129 sheets": ([], [sheet("p", "exit/1", number) for number in range(129)], BlockError, "too many"),
    "4,097 entries": ([Entry("p", "note", {})] * 4_097, [], BlockError, "too many"),
}


@pytest.mark.parametrize(("entries", "sheets", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_follow_is_refused_before_it_is_signed(
    entries: list[Entry], sheets: list[Descriptor], error: type[MutualchainError], text: str
) -> None:
    with pytest.raises(error, match=text):
        refused(entries, sheets)


def test_a_plan_has_no_more_slots_than_its_rows_can_name() -> None:
    full = PlanState("p", slots=MAX_ROWS - 1)
    after, _ = full.add_sheet(0, 0, sheet("p", "enrolment/1", 0, MAX_ROWS - 1, 1))
    assert after.slots == MAX_ROWS
    with pytest.raises(PlanStateError, match="more than"):
        # a descriptor that ends beyond the last slot cannot be made; one that lies about its first is refused above
        replace(after, numbers=(("enrolment/1", 1),)).add_sheet(0, 0, lying(MAX_ROWS, 1))


def lying(first: int, rows: int) -> Descriptor:
    made = sheet("p", "enrolment/1", 1, 0, rows)
    object.__setattr__(made, "first", first)
    return made


def test_a_chain_has_no_more_plans_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_module, "MAX_PLANS", 3)
    operator = Operator().begin()
    operator.adopt("a")
    operator.adopt("b")
    with pytest.raises(PlanStateError, match="more than 3 plans"):
        operator.adopt("c")


def test_the_genesis_block_holds_the_genesis_entry_alone() -> None:
    entry = GENESIS.to_entry()
    for entries in ([], [entry, entry], [entry, Entry(CHAIN, "anchor", {"checkpoint": b""})]):
        with pytest.raises(GenesisError, match="alone"):
            Operator().record(START, entries)
    with pytest.raises(GenesisError, match="not a genesis entry"):
        Operator().record(START, [Entry(CHAIN, "anchor", {"checkpoint": b""})])
    with pytest.raises(PlanStateError, match="no plan"):
        Operator().record(START, [entry], [sheet("p", "exit/1")])


def test_a_plan_can_be_adopted_and_used_in_one_block() -> None:
    operator = Operator().begin()
    operator.record(START, [Adoption(COVENANT.to_bytes()).to_entry("p")], [sheet("p", "enrolment/1")])
    assert operator.state.plans["p"].leaf().slots == 3
    check_followed(operator)


def test_only_plans_that_a_block_touches_get_a_new_leaf() -> None:
    operator = small_chain()
    assert [recorded.draft.touched for recorded in operator.blocks] == [
        ("",),
        ("plan-a",),
        ("plan-b",),
        ("plan-a", "plan-b"),
        ("plan-a", "plan-b"),
        ("",),
        ("",),
        ("plan-a",),
        (),
    ]
    quiet = operator.blocks[-1].draft
    assert quiet.header.entries_root == entries_root([])
    assert quiet.header.plans_root == operator.blocks[-2].draft.header.plans_root
