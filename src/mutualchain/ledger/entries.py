"""What is recorded as one entry in a block of its own: plans, cases, payouts, anchors."""

from __future__ import annotations

import hashlib

from ..block.anchor import anchor_entry
from ..covenant.acts import PAYEES, Adoption, CaseApproval, Payout
from ..covenant.book import Book
from ..covenant.document import Covenant
from ..errors import CheckpointError, PlanExists, UsageError
from ..limits import MAX_ROWS, MAX_TOTAL
from ..tlog.checkpoint import open_checkpoint
from .arguments import octets, plan_name, whole
from .core import Core, reference_key
from .events import request_digest
from .receipts import Acknowledgement
from .recording import record_act

__all__ = ["anchor", "approve_case", "create_plan", "pay_out"]


def create_plan(core: Core, plan: str, covenant: Covenant, reference: str | bytes) -> Acknowledgement:
    """See :meth:`mutualchain.Ledger.create_plan`."""
    plan_name(plan)
    if not isinstance(covenant, Covenant):
        raise UsageError("a plan begins with a Covenant", value=type(covenant).__name__)
    name = reference_key(plan, reference)
    act = Adoption(covenant.to_bytes())
    digest = request_digest("create_plan", plan, act.covenant)
    with core.turn:
        seen = core.seen(plan, name, digest)
        if seen is not None:
            return seen
        if plan in core.books:
            raise PlanExists(f"there is a plan {plan!r} already", value=plan)

        time_ms, height = core.now(), core.writer.state.size

        def apply() -> None:
            core.books[plan] = Book(plan, covenant, act.version, registry=core.registry, now_ms=time_ms, height=height)

        covenants = {plan: (act.version, act.hash)}
        return core.commit_entry(act.to_entry(plan), name, digest, apply, covenants, time_ms=time_ms)


def approve_case(
    core: Core, plan: str, slot: int, aid: int, file_hash: bytes, reference: str | bytes
) -> Acknowledgement:
    """See :meth:`mutualchain.Ledger.approve_case`."""
    whole(slot, "a slot", MAX_ROWS)
    whole(aid, "an aid", MAX_TOTAL, least=1)
    return record_act(core, plan, CaseApproval(slot, aid, octets(file_hash, "a file's hash")), reference)


def pay_out(
    core: Core, plan: str, case: bytes, amount: int, payee: str, payment: bytes, reference: str | bytes
) -> Acknowledgement:
    """See :meth:`mutualchain.Ledger.pay_out`."""
    octets(case, "a case")
    whole(amount, "an amount", MAX_TOTAL, least=1)
    if payee not in PAYEES:
        raise UsageError(f"a payee is one of {', '.join(PAYEES)}", value=repr(payee)[:40])
    return record_act(core, plan, Payout(case, amount, payee, octets(payment, "a payment's hash")), reference)


def anchor(core: Core, note: bytes, reference: str | bytes) -> Acknowledgement:
    """See :meth:`mutualchain.Ledger.anchor`."""
    name = reference_key("", reference)
    data = octets(note, "a checkpoint", None)
    digest = request_digest("anchor", hashlib.sha256(data).digest())
    signed = open_checkpoint(data, core.writer.state.origin, core.writer.verifiers)
    with core.turn:
        seen = core.seen("", name, digest)
        if seen is not None:
            return seen
        if signed.size > core.writer.state.size:
            raise CheckpointError("the checkpoint is ahead of this ledger", value=signed.size)
        return core.commit_entry(anchor_entry(data), name, digest, lambda: None)
