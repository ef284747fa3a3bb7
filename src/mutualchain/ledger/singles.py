"""Single events of members: the call checked, the member's signature verified, then into the group."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from ..covenant.statements import exit_message, verify_statement, withdrawal_message
from ..errors import RoundOpen, StatementSignatureError
from ..limits import MAX_CHARGE, MAX_DAY, MAX_ROWS, MAX_TOTAL, MIN_DAY
from .arguments import octets, whole
from .core import Core, reference_key
from .events import Event, Pending, request_digest
from .index import check_weak
from .receipts import Acknowledgement
from .recording import enrolled_key

__all__ = ["exit", "post_credit", "post_enrol", "withdraw"]


def post_enrol(
    core: Core,
    plan: str,
    public_key: bytes,
    commitment: bytes,
    deposit: int,
    since_day: int,
    birth_day: int | None,
    reference: str | bytes,
) -> Pending:
    """See :meth:`mutualchain.Ledger.post_enrol`."""
    octets(public_key, "a public key")
    octets(commitment, "a commitment")
    whole(deposit, "a deposit", MAX_CHARGE)
    whole(since_day, "since_day", MAX_ROWS)
    if birth_day is not None:
        whole(birth_day, "a birth day, in days since 1970-01-01,", MAX_DAY, least=MIN_DAY)
    check_weak(np.frombuffer(public_key, np.uint8).reshape(1, 32))
    name = reference_key(plan, reference)
    return _post(core, "enrolment/1", plan, name, (public_key, commitment, deposit, since_day), born=birth_day)


def post_credit(core: Core, plan: str, slot: int, amount: int, reason: int, reference: str | bytes) -> Pending:
    """See :meth:`mutualchain.Ledger.post_credit`."""
    whole(slot, "a slot", MAX_ROWS)
    whole(amount, "an amount", MAX_TOTAL)
    whole(reason, "a reason", 255)
    name = reference_key(plan, reference)
    return _post(core, "credit/1", plan, name, (amount, reason, name), slot)


def withdraw(
    core: Core, plan: str, slot: int, amount: int, seq: int, signature: bytes, reason: int, reference: str | bytes
) -> Acknowledgement:
    """See :meth:`mutualchain.Ledger.withdraw`."""
    whole(slot, "a slot", MAX_ROWS)
    whole(amount, "an amount", MAX_TOTAL)
    whole(reason, "a reason", 255)
    whole(seq, "a running number", MAX_ROWS)
    octets(signature, "a signature", 64)
    name = reference_key(plan, reference)
    message = withdrawal_message(core.chain, plan, slot, seq, amount, name, reason)
    values = amount, reason, name, signature
    key = _signed(core, plan, slot, signature, message)
    while True:
        core.await_announcement(plan)
        try:
            return _post(core, "withdrawal/1", plan, name, values, slot, seq, key=key).result()
        except RoundOpen:  # one began to be opened at just this moment
            continue


def exit(
    core: Core, plan: str, slot: int, seq: int, signature: bytes, reason: int, reference: str | bytes
) -> Acknowledgement:
    """See :meth:`mutualchain.Ledger.exit`."""
    whole(slot, "a slot", MAX_ROWS)
    whole(reason, "a reason", 255)
    whole(seq, "a running number", MAX_ROWS)
    octets(signature, "a signature", 64)
    name = reference_key(plan, reference)
    key = _signed(core, plan, slot, signature, exit_message(core.chain, plan, slot, seq, reason))
    return _post(core, "exit/1", plan, name, (reason, signature), slot, seq, key=key).result()


def _signed(core: Core, plan: str, slot: int, signature: bytes, message: bytes) -> bytes:
    """The key with which a member has signed, empty for the one she joined with: hers now, or the one that comes next.

    Which it has to be the time of the block decides. Raises PlanUnknown, SlotUnknown, StatementSignatureError.
    """
    core.usable()
    keys, now = core.book(plan).life.keys, core.book(plan).now_ms
    current, waiting = keys.key_of(slot, now), keys.pending(slot, now)
    if waiting is not None:
        with suppress(StatementSignatureError):
            verify_statement(waiting.key, signature, message)
            return waiting.key
    verify_statement(current or enrolled_key(core, plan, slot), signature, message)
    return current or b""


def _post(
    core: Core,
    schema: str,
    plan: str,
    name: bytes,
    values: tuple[int | bytes, ...],
    slot: int = -1,
    seq: int | None = None,
    *,
    key: bytes | None = None,
    born: int | None = None,
) -> Pending:
    """Put the event on its way; ``name`` is its reference's key."""
    digest = request_digest(schema, plan, slot, -1 if seq is None else seq, *values)
    return core.grouper.post(Event(schema, plan, name, digest, values, slot, seq, key=key, born=born))
