"""Following a chain: true ledgers pass at every step, and each broken rule comes back as evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mutualchain.evidence import verify_evidence
from mutualchain.tlog import merkle
from mutualchain.tlog.merkle import NodeReader
from mutualchain.tlog.trust import Log, TrustFile
from mutualchain.witness.following import States, follow, is_chain
from tests.evidence.cases import BEGUN, demo, sheets
from tests.evidence.tools import CHAIN_TRUST, Liar, hashed, state
from tests.publish.tools import TRUST, Operator


class Reader:
    """A liar's chain as its published ledger would show it; ``logs`` are the leaves of plans' logs."""

    def __init__(self, liar: Liar, **logs: list[bytes]) -> None:
        self._liar = liar
        self._logs = logs
        self.size = len(liar.blocks)

    def checkpoint(self) -> bytes:
        return self._liar.note

    def block(self, height: int) -> bytes:
        return self._liar.blocks[height]

    def entry(self, height: int, index: int) -> bytes:
        return self._liar.entry

    def block_proof(self, height: int, size: int) -> tuple[bytes, ...]:
        return self._liar.proven(height).proof

    def plan_leaves(self, height: int) -> list[tuple[str, bytes]]:
        return [(leaf.plan, leaf.to_bytes()) for leaf in self._liar.states[height]]

    def nodes(self, log: str, plan: str = "") -> NodeReader:
        hashes = [merkle.leaf_hash(leaf) for leaf in self._logs.get(log, [])]
        return lambda level, index: merkle.root(hashes[index << level : (index + 1) << level])


def told(liar: Liar, earlier: int | None, **logs: list[bytes]) -> str | None:
    """The rule that following finds broken, from a look at ``earlier`` on."""
    known = None
    if earlier is not None:
        known = States(earlier, tuple(leaf.to_bytes() for leaf in liar.states[earlier]))
    found = follow(Reader(liar, **logs), CHAIN_TRUST, known)
    return None if found.evidence is None else verify_evidence(found.evidence, CHAIN_TRUST).finding


Lie = tuple[str, Callable[[Liar], Any], str | None, str | None]
LIES: list[Lie] = [
    ("nothing", lambda liar: liar.add(), None, None),
    ("a height", lambda liar: liar.add(height=9), "height", "height"),
    ("another chain", lambda liar: liar.add(chain=b"x" * 32), "chain", "chain"),
    ("another block before", lambda liar: liar.add(previous=b"x" * 32), "previous", None),
    ("a time before", lambda liar: liar.add(time_ms=1), "time", None),
    ("two states", lambda liar: liar.add([*demo(), state("demo", slots=3)]), "twice", "twice"),
    ("a plan gone", lambda liar: liar.add([BEGUN]), "vanished", None),
    ("members gone", lambda liar: liar.add(demo(slots=1, **_held(b"a"))), "fewer", None),
]


def _held(*names: bytes) -> dict[str, Any]:
    held = sheets(*names)
    del held["slots"]
    return held


@pytest.mark.parametrize(("lie", "known", "fresh"), [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_a_lie_in_a_new_block_is_found_when_it_comes(
    lie: Callable[[Liar], Any], known: str | None, fresh: str | None
) -> None:
    """``fresh``: what a first look finds, which begins at the head."""
    liar = Liar()
    liar.add(demo(slots=5, **_held(b"a")))
    liar.add()
    lie(liar)
    assert told(liar, 2, sheets=[b"a"]) == known
    assert told(liar, None) == fresh


def test_a_lie_between_two_looks_is_found() -> None:
    liar = Liar()
    liar.add()
    liar.add(previous=b"x" * 32)
    liar.add()
    assert told(liar, 1) == "previous"
    assert told(liar, 3) is None, "what lies below the last look was looked at then"


def test_a_rewritten_log_of_a_plan_is_found() -> None:
    liar = Liar()
    liar.add(demo(**sheets(b"a", b"b")))
    liar.add()
    liar.add(demo(**sheets(b"x", b"b", b"c")))
    assert told(liar, 1, sheets=[b"x", b"b", b"c"]) == "rewritten"


def test_states_remembered_of_another_history_convict_nobody() -> None:
    """The two histories are a split, which others find: no rule is broken within this one."""
    liar = Liar()
    for _ in range(3):
        liar.add(demo(slots=1))
    other = States(1, tuple(leaf.to_bytes() for leaf in demo(slots=9)))
    assert follow(Reader(liar), CHAIN_TRUST, other).evidence is None


def test_states_above_what_is_shown_now_are_left_alone() -> None:
    liar = Liar()
    liar.add(demo(slots=1))
    other = States(7, tuple(leaf.to_bytes() for leaf in demo(slots=9)))
    found = follow(Reader(liar), CHAIN_TRUST, other)
    assert (found.evidence, found.states.height) == (None, 1)


def test_a_log_that_is_no_chain_is_known_by_its_first_leaf() -> None:
    assert is_chain(Liar().blocks[0])
    assert not is_chain(b"an entry of another log")
    assert not is_chain(hashed(b"x"))


def test_a_true_ledger_passes_at_every_step() -> None:
    operator = Operator()
    trust = TrustFile((Log(TRUST.logs[0].key),))
    earlier: States | None = None
    steps: list[Callable[[], object]] = [
        lambda: None,
        operator.plan,
        lambda: operator.join(3),
        lambda: operator.join_many(40),
        lambda: operator.credit(2, 500),
        operator.round,
        lambda: operator.plan("second"),
        lambda: operator.blocks(4),
        operator.round,
    ]
    for step in steps:
        step()
        operator.note()
        with operator.ledger.read() as archive:
            found = follow(archive, trust, earlier)
            assert found.evidence is None
            assert found.head_ms == archive.header(archive.size - 1).time_ms
            earlier = found.states
    assert earlier is not None
