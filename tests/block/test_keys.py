"""Block keys: rotation, recovery after its delay, recovery cancelled, and every change that is forbidden."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mutualchain.block.chain import ChainState
from mutualchain.block.entry import CHAIN, Entry
from mutualchain.block.keys import RECOVERY, ROTATION, BlockKeys, acceptance_message, key_change_entry
from mutualchain.errors import BlockKeyError, BlockSignatureError

from .examples import (
    BLOCK,
    DELAY,
    GENESIS,
    NEW,
    NEWER,
    RECOVERY_KEY,
    START,
    Operator,
    change,
    sheet,
)

HASH = bytes([7]) * 32
KEYS = BlockKeys.from_genesis(GENESIS)
T = START + 1_000


def follow_all(operator: Operator) -> ChainState:
    """The operator's blocks followed from their bytes; nothing may differ."""
    state = ChainState()
    for recorded in operator.blocks:
        state, _, found = state.follow(recorded.block, recorded.entries, recorded.covenants)
        assert found == []
    return state


def test_a_rotation_puts_the_new_key_in_force_from_the_next_block_on() -> None:
    operator = Operator().begin()
    operator.change_key(ROTATION, BLOCK, NEW, T)
    assert operator.blocks[-1].draft.signer == BLOCK.public_key, "the block of the change is signed by the old key"
    operator.signer = NEW
    assert operator.record(T).draft.signer == NEW.public_key
    assert follow_all(operator) == operator.state
    operator.signer = BLOCK
    old = operator.record(T)
    _, _, found = follow_all(Operator(blocks=operator.blocks[:-1])).follow(old.block, [], {})
    assert [type(error) for error in found] == [BlockSignatureError]


def test_a_recovery_takes_effect_after_its_delay_and_not_before() -> None:
    operator = Operator(signer=BLOCK).begin()
    operator.signer = RECOVERY_KEY
    operator.change_key(RECOVERY, BLOCK, NEW, T)
    assert operator.blocks[-1].draft.signer == RECOVERY_KEY.public_key
    operator.signer = BLOCK
    assert operator.record(T + DELAY - 1).draft.signer == BLOCK.public_key
    assert operator.state.keys is not None
    assert operator.state.keys.pending == (NEW.public_key, T + DELAY)
    operator.signer = NEW
    assert operator.record(T + DELAY).draft.signer == NEW.public_key
    assert operator.state.keys == BlockKeys(NEW.public_key, RECOVERY_KEY.public_key, DELAY)
    assert follow_all(operator) == operator.state


def test_a_rotation_by_the_old_key_within_the_delay_cancels_a_recovery() -> None:
    operator = Operator().begin()
    operator.signer = RECOVERY_KEY
    operator.change_key(RECOVERY, BLOCK, NEW, T)
    operator.signer = BLOCK
    operator.change_key(ROTATION, BLOCK, NEWER, T + DELAY - 1)
    operator.signer = NEWER
    assert operator.record(T + 2 * DELAY).draft.signer == NEWER.public_key
    assert operator.state.keys == BlockKeys(NEWER.public_key, RECOVERY_KEY.public_key, DELAY)
    assert follow_all(operator) == operator.state


def test_a_rotation_by_the_old_key_after_the_delay_is_signed_by_nobody_in_force() -> None:
    operator = Operator().begin()
    operator.signer = RECOVERY_KEY
    operator.change_key(RECOVERY, BLOCK, NEW, T)
    operator.signer = BLOCK
    with pytest.raises(BlockKeyError, match="has not accepted"):
        operator.change_key(ROTATION, BLOCK, NEWER, T + DELAY)  # accepted from BLOCK, and NEW is in force
    late = operator.record(T + DELAY)
    _, _, found = follow_all(Operator(blocks=operator.blocks[:-1])).follow(late.block, [], {})
    assert [type(error) for error in found] == [BlockSignatureError]


def test_a_second_recovery_starts_the_delay_anew() -> None:
    first = KEYS.apply(HASH, T, [change(RECOVERY, HASH, BLOCK, NEW)], 0)
    second = first.apply(HASH, T + 5, [change(RECOVERY, HASH, BLOCK, NEWER)], 0)
    assert second.at(T + DELAY + 4) == second
    assert second.at(T + DELAY + 5).current == NEWER.public_key


def test_recovered_keys_can_rotate_and_recover_again() -> None:
    keys = KEYS.apply(HASH, T, [change(RECOVERY, HASH, BLOCK, NEW)], 0)
    later = T + DELAY
    assert keys.apply(HASH, later, [change(ROTATION, HASH, NEW, NEWER)], 0).current == NEWER.public_key
    again = keys.apply(HASH, later, [change(RECOVERY, HASH, NEW, BLOCK)], 0)
    assert (again.current, again.pending) == (NEW.public_key, (BLOCK.public_key, later + DELAY))


def test_entries_of_plans_change_no_key() -> None:
    impostor = Entry("plan", ROTATION, change(ROTATION, HASH, BLOCK, NEW).body)
    recovery = Entry("plan", RECOVERY, change(RECOVERY, HASH, BLOCK, NEW).body)
    assert KEYS.apply(HASH, T, [impostor, recovery], 3) == KEYS
    assert KEYS.signer([impostor, recovery]) == BLOCK.public_key


def accepted(old: bytes, new: bytes, chain: bytes = HASH) -> bytes:
    return NEW.sign(acceptance_message(chain, old, new))


ANCHOR = Entry(CHAIN, "anchor", {"checkpoint": b""})
FORBIDDEN: dict[str, Callable[[], tuple[list[Entry], int]]] = {
    "two changes": lambda: ([change(ROTATION, HASH, BLOCK, NEW), change(ROTATION, HASH, NEW, NEWER)], 0),
    "a rotation and a recovery": lambda: (
        [change(ROTATION, HASH, BLOCK, NEW), change(RECOVERY, HASH, BLOCK, NEWER)],
        0,
    ),
    "a recovery with another entry": lambda: ([change(RECOVERY, HASH, BLOCK, NEW), ANCHOR], 0),
    "a recovery with a sheet": lambda: ([change(RECOVERY, HASH, BLOCK, NEW)], 1),
    "the key in force": lambda: ([change(ROTATION, HASH, BLOCK, BLOCK)], 0),
    "the recovery key": lambda: ([change(ROTATION, HASH, BLOCK, RECOVERY_KEY)], 0),
    "an acceptance for another chain": lambda: ([change(ROTATION, bytes(32), BLOCK, NEW)], 0),
    "an acceptance from another key": lambda: ([change(ROTATION, HASH, NEWER, NEW)], 0),
    "somebody else's acceptance": lambda: (
        [key_change_entry(ROTATION, NEWER.public_key, accepted(BLOCK.public_key, NEWER.public_key))],
        0,
    ),
    "a key of small order": lambda: ([key_change_entry(ROTATION, bytes(32), bytes(64))], 0),
    "a key of 31 bytes": lambda: ([key_change_entry(ROTATION, bytes(31), bytes(64))], 0),
    "an acceptance of 63 bytes": lambda: ([key_change_entry(ROTATION, NEW.public_key, bytes(63))], 0),
    "no acceptance": lambda: ([Entry(CHAIN, ROTATION, {"new_key": NEW.public_key})], 0),
    "a field more": lambda: ([Entry(CHAIN, ROTATION, {**change(ROTATION, HASH, BLOCK, NEW).body, "x": 1})], 0),
}


@pytest.mark.parametrize("make", FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_change_that_the_rules_do_not_allow_is_refused(make: Callable[[], tuple[list[Entry], int]]) -> None:
    entries, sheets = make()
    with pytest.raises(BlockKeyError):
        KEYS.apply(HASH, T, entries, sheets)


def test_a_rotation_may_stand_beside_other_things() -> None:
    operator = Operator().begin()
    operator.adopt("plan", T)
    operator.record(T, [ANCHOR, change(ROTATION, operator.state.chain, BLOCK, NEW)], [sheet("plan", "enrolment/1")])
    assert operator.state.keys is not None
    assert operator.state.keys.current == NEW.public_key
    assert follow_all(operator) == operator.state
