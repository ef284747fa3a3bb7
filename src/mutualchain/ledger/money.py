"""Money beside joining, topping up and sharing: funds for the next round, refunds of voided cases, corrections."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..archive import layout
from ..archive.replay import CHARGE, REFUND, credited
from ..covenant.acts import FUND_SOURCES, Amendment, Fund
from ..covenant.document import Covenant
from ..covenant.refunds import RefundTerms
from ..covenant.restitution import restituted_slots
from ..errors import RefundRule, RoundOpen, UsageError
from ..limits import MAX_ROWS, MAX_TOTAL
from ..sheet import Columns, decode
from .arguments import octets, whole
from .core import Core, reference_key
from .events import Event, request_digest
from .receipts import Acknowledgement, GroupProofs
from .recording import record_act
from .rounds import Progress, build_chunks

__all__ = ["Money"]

CORRECTION = "correction/1"


class Money:
    """The ledger's calls for money that is neither a member's credit nor a round's; ``Ledger.money``."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def fund(
        self, plan: str, amount: int, *, source: str, payment: bytes, reference: str | bytes, case: bytes = b""
    ) -> Acknowledgement:
        """Money for the next round that no member paid, in minor units; that round takes it as its top-up.

        ``source`` is "operator", "donation", "fund" or "recovery", which names the voided ``case``; ``payment`` is the
        32-byte hash of the payer's own reference. Raises FundRule, OverflowRule, PlanUnknown.
        """
        whole(amount, "an amount", MAX_TOTAL, least=1)
        if source not in FUND_SOURCES:
            raise UsageError(f"a source is one of {', '.join(FUND_SOURCES)}", value=repr(source)[:40])
        named = octets(case, "a case") if case else b""
        return record_act(self._core, plan, Fund(source, amount, octets(payment, "a payment's hash"), named), reference)

    def amend(
        self, plan: str, covenant: Covenant, effective_ms: int, *, reference: str | bytes, proposal: bytes = b""
    ) -> Acknowledgement:
        """The plan's next covenant, in force from ``effective_ms`` on; ``proposal`` names what the members passed.

        Raises AmendmentRule, PlanUnknown.
        """
        if not isinstance(covenant, Covenant):
            raise UsageError("a plan is amended with a Covenant", value=type(covenant).__name__)
        whole(effective_ms, "an instant", MAX_TOTAL)
        named = octets(proposal, "a proposal") if proposal else b""
        core = self._core
        with core.turn:  # a repeated call names the version that it was given the first time
            book = core.book(plan)
            data = covenant.to_bytes()
            known = [item.number for item in book.versions[1:] if item.covenant == covenant]
            known = [number for number in known if book.versions[number - 1].effective_ms == effective_ms]
            version = known[-1] if known else book.versions[-1].number + 1
            return record_act(core, plan, Amendment(data, version, effective_ms, named), reference)

    def correct(self, plan: str, slot: int, amount: int, *, corrects: int, reference: str | bytes) -> Acknowledgement:
        """Take back a wrong credit of a member, or a part of it: ``corrects`` is that credit's running number.

        Raises CorrectionRule, BalanceTooLow where the money was spent meanwhile, SlotUnknown, PlanUnknown.
        """
        whole(slot, "a slot", MAX_ROWS)
        whole(amount, "an amount", MAX_TOTAL, least=1)
        whole(corrects, "a running number", MAX_ROWS)
        core, name = self._core, reference_key(plan, reference)
        core.usable()
        core.book(plan).balance(slot)
        with core.read() as archive:
            known = credited(archive, core.book(plan), slot, corrects)
        digest = request_digest(CORRECTION, plan, slot, amount, corrects)
        event = Event(CORRECTION, plan, name, digest, (amount, corrects), slot, credited=known)
        while True:
            core.await_announcement(plan)
            try:
                return core.grouper.post(event).result()
            except RoundOpen:  # one began to be opened at just this moment
                event = Event(CORRECTION, plan, name, digest, (amount, corrects), slot, credited=known)

    def refund(
        self, plan: str, case: bytes, *, reference: str | bytes, progress: Progress | None = None
    ) -> Acknowledgement:
        """Give everybody back what a voided case cost, exactly: one sheet with a row for every row of its round.

        ``progress(done, total)`` counts rows. Raises RefundRule, PlanUnknown.
        """
        octets(case, "a case")
        core, name = self._core, reference_key(plan, reference)
        digest = request_digest("refund", plan, case)
        with core.turn:
            seen = core.seen(plan, name, digest)
            if seen is not None:
                return seen
            book = core.book(plan)
            core.now()
            terms = book.refund_terms(case)
            if plan in core.refunding:
                raise RefundRule("a refund of this plan is being made already", value=case, hint="Repeat the call.")
            params, rows = terms.to_bytes(), book.done[terms.round].rows
            context = core.context(plan, REFUND, params=params)
            core.refunding.add(plan)
        try:
            parts: list[NDArray[np.uint32]] = []
            restituted = restituted_slots(book)
            sheet = build_chunks(context, _given_back(core, plan, terms, restituted, parts), rows, params, progress)
            with core.turn:
                time_ms = core.now()
                book.refund_terms(case)
                if not np.array_equal(restituted, restituted_slots(book)):
                    text = "a member got all her shares back while the refund was being made"
                    raise RefundRule(text, value=case, hint="Repeat the call.")
                record = core.record_of(digest, time_ms, "sheet", 0, rows=rows, slot=0)

                def apply() -> None:
                    start = 0
                    for amounts in parts:
                        book.refund(terms, start, amounts)
                        start += len(amounts)
                    book.put_refund(terms, sheet.descriptor.total("amount"))

                done = core.commit(time_ms, [], [sheet], [(layout.reference(name), record)], apply)
        finally:
            with core.turn:
                core.refunding.discard(plan)
        receipt = GroupProofs(done, [], []).batch(0)
        return Acknowledgement(plan, done.height, time_ms, 0, None, rows, _make=lambda: receipt)


def _given_back(
    core: Core, plan: str, terms: RefundTerms, restituted: NDArray[np.int64], parts: list[NDArray[np.uint32]]
) -> Iterator[Columns]:
    """The refund's rows from the recorded charges, a bundle at a time; they are added to ``parts`` too."""
    with core.read() as archive:
        ref = archive.sheet(plan, CHARGE, terms.round)
        start = 0
        for index in range(ref.descriptor.bundles):
            charged = decode(ref.descriptor.schema, archive.bundle(ref, index), ref.descriptor.bundle_rows(index))
            parts.append(terms.rows(start, charged["amount"], restituted))
            start += len(parts[-1])
            yield {"amount": parts[-1]}
