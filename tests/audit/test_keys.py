"""Block keys on the chain: changes that the rules allow, changes that they do not, and changes that were lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from mutualchain.archive import layout
from mutualchain.audit import Breach, Verdict, audit_ledger
from mutualchain.audit import rows as row_audit
from mutualchain.block.block import BlockSigner
from mutualchain.block.chain import ChainState
from mutualchain.block.entry import Entry
from mutualchain.block.genesis import Genesis
from mutualchain.block.keys import ROTATION, acceptance_message, key_change_entry
from mutualchain.covenant.statements import withdrawal_message
from mutualchain.ledger.writer import NewSheet
from mutualchain.tlog import ed25519
from tests.audit.operator import KEYS, ORIGIN, PLAN, Operator, seed_of, trust
from tests.audit.story import Copy, Story, audit, shown

NEW_SEED = b"4" * 32
NEW = BlockSigner(ed25519.public_key_of(NEW_SEED), lambda message: ed25519.sign(NEW_SEED, message))


def rotate(operator: Operator, seed: bytes = NEW_SEED) -> int:
    old = KEYS.block.public_key
    acceptance = ed25519.sign(seed, acceptance_message(operator.chain, old, NEW.public_key))
    height = operator.commit([key_change_entry(ROTATION, NEW.public_key, acceptance)])
    operator.writer._keys = replace(KEYS, block=NEW)
    return height


def rotated() -> tuple[Operator, int]:
    operator = Operator()
    operator.enrol([1_000] * 5)
    height = rotate(operator)
    operator.round([operator.case(1, 100)])
    return operator, height


def copy_of(operator: Operator) -> Copy:
    with operator.store.read() as reader:
        return Copy(Story({}, tuple(reader.scan(b"", b"\xff")), reader.head() or b"", operator))


def test_a_key_that_changed_by_the_rules_is_fine() -> None:
    assert shown(audit(rotated()[0])) == []


def test_after_a_lost_key_change_signatures_cannot_be_checked() -> None:
    operator, height = rotated()
    copy = copy_of(operator)
    copy.remove(layout.entry(height, 0))
    report = copy.audit()
    assert shown(report) == [("MC-113", f"block {height}, entry 0"), ("MC-200", f"block {height + 1}")]
    assert report.verdict is Verdict.TAMPERED


def test_a_block_under_a_key_of_the_operators_own_is_found() -> None:
    operator = Operator()
    operator.enrol([1_000] * 5)
    stranger = replace(KEYS, block=NEW)
    operator.writer._keys = stranger
    keys = operator.writer.state.keys
    assert keys is not None
    operator.writer.state = replace(operator.writer.state, keys=replace(keys, current=NEW.public_key))
    operator.credit([(1, 5)])
    operator.credit([(2, 5)])
    assert shown(audit(operator)) == [("MC-063", "block 3"), ("MC-063", "block 4")]


def test_a_key_change_that_nobody_accepted_is_found() -> None:
    operator = Operator()
    operator.enrol([1_000] * 5)
    entry = key_change_entry(ROTATION, NEW.public_key, b"s" * 64)
    with pytest.raises(Exception, match="accepted"):
        operator.commit([entry])
    record_blindly(operator, entry)
    report = audit(operator)
    assert shown(report) == [("MC-066", "block 3")]
    assert report.findings[0].breach is Breach.RULE


def test_a_second_genesis_is_found() -> None:
    operator = Operator()
    assert KEYS.recovery_key is not None
    record_blindly(operator, Genesis(ORIGIN, KEYS.log.vkey, KEYS.block.public_key, KEYS.recovery_key).to_entry())
    assert shown(audit(operator)) == [("MC-065", "block 2")]


def record_blindly(operator: Operator, entry: Entry) -> None:
    """Record an entry of the chain that the writer's own state would refuse."""
    state = operator.writer.state

    class Blind(type(state)):  # type: ignore[misc]
        __slots__ = ()

        def draft(self, time_ms, entries, sheets, covenants):
            neutral = [(replace(item, kind="anchor"), data) for item, data in entries]
            return super().draft(time_ms, neutral, sheets, covenants)

    operator.writer.state = Blind(**{name: getattr(state, name) for name in state.__dataclass_fields__})
    operator.commit([entry])


@pytest.mark.parametrize(("field", "code"), [("previous", "MC-067"), ("chain", "MC-065")])
def test_a_signed_block_that_follows_another_history_is_found(field: str, code: str) -> None:
    operator = Operator()
    operator.enrol([1_000] * 5)
    state = operator.writer.state
    sheet = operator.sheet("enrolment/1", enrolment(), first=5)
    changed: dict[str, Any] = {field: b"x" * 32}
    lie(operator, replace(state, **changed), sheet)
    assert shown(audit(operator))[:1] == [(code, "block 3")]


def enrolment() -> dict[str, Any]:
    return {"key": [b"k" * 32], "commitment": [b"c" * 32], "deposit": [1_000], "since_day": [0]}


def lie(operator: Operator, doctored: ChainState, sheet: NewSheet) -> None:
    """Let the writer sign from another state, with its store's head moved there and back."""
    honest = operator.writer.state
    head = operator.store.head()
    operator.writer.state = doctored
    with operator.store.write(head) as writer:
        writer.set_head(honest.size.to_bytes(8, "big") + doctored.previous)
    operator.commit(sheets=[sheet])


def test_statements_are_checked_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_audit, "_STATEMENTS", 3)
    operator = Operator()
    operator.enrol([1_000] * 10)
    seeds = [seed_of(slot) if slot != 7 else b"z" * 32 for slot in range(10)]
    operator.commit(
        sheets=[
            operator.sheet(
                "withdrawal/1",
                {
                    "slot": list(range(10)),
                    "seq": [0] * 10,
                    "amount": [5] * 10,
                    "reason": [0] * 10,
                    "reference": [b"w" * 32] * 10,
                    "signature": [
                        ed25519.sign(seed, withdrawal_message(operator.chain, PLAN, slot, 0, 5, b"w" * 32))
                        for slot, seed in enumerate(seeds)
                    ],
                },
            )
        ]
    )
    with ThreadPoolExecutor(2) as threads:
        report = audit_ledger(operator.store, trust(), executor=threads)
    assert shown(report) == [("MC-088", "block 3, sheet 0, row 7 (slot 7)")]
    assert report.counts.statements == 10
    assert report == audit(operator)
