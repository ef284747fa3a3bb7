"""Money leaves, and a member exits, on her own signature over just that."""

from __future__ import annotations

from typing import Any

import pytest

from mutualchain.covenant.statements import exit_message, withdrawal_message
from mutualchain.errors import StatementSignatureError
from mutualchain.ledger import Acknowledgement, Ledger
from mutualchain.ledger.core import reference_key
from mutualchain.tlog import ed25519

from .world import PLAN, consistent, join, row_of, seed_of

AMOUNT, REASON = 30, 5


def withdraw(ledger: Ledger, signature: bytes) -> Acknowledgement:
    return ledger.withdraw(PLAN, 0, AMOUNT, seq=0, signature=signature, reference="out", reason=REASON)


def leave(ledger: Ledger, signature: bytes) -> Acknowledgement:
    return ledger.exit(PLAN, 0, seq=1, signature=signature, reference="leave", reason=REASON)


def exchanged(values: tuple[Any, ...], at: int, other: object) -> tuple[Any, ...]:
    return (*values[:at], other, *values[at + 1 :])


def test_a_signature_over_anything_else_moves_nothing(ledger: Ledger) -> None:
    join(ledger, 0)
    join(ledger, 1)
    size, name = ledger.size, reference_key(PLAN, "out")
    out: tuple[Any, ...] = (ledger.chain, PLAN, 0, 0, AMOUNT, name, REASON)
    gone: tuple[Any, ...] = (ledger.chain, PLAN, 0, 1, REASON)
    otherwise: tuple[Any, ...] = (bytes(32), "other", 1, 2, 31, reference_key(PLAN, "in"), 6)
    elsewise: tuple[Any, ...] = (bytes(32), "other", 1, 2, 6)
    false = [withdrawal_message(*exchanged(out, at, other)) for at, other in enumerate(otherwise)]
    false += [exit_message(*exchanged(gone, at, other)) for at, other in enumerate(elsewise)]
    true = {withdraw: withdrawal_message(*out), leave: exit_message(*gone)}
    for call, message in true.items():
        forged = [ed25519.sign(seed_of(0), other) for other in false]
        forged += [ed25519.sign(seed_of(1), message), bytes(64), ed25519.sign(seed_of(0), message[:-1])]
        forged += [ed25519.sign(seed_of(0), other) for other in true.values() if other != message]
        for signature in forged:
            with pytest.raises(StatementSignatureError):
                call(ledger, signature)
    assert ledger.size == size
    for number, (call, message) in enumerate(true.items()):
        ack = call(ledger, ed25519.sign(seed_of(0), message))
        assert (ack.seq, row_of(ack)["reason"]) == (number, REASON)
    consistent(ledger)
