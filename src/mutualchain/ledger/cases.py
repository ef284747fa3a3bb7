"""``ledger.cases``: the life of a case, from the member's request to the last payment, and sanctions.

    act = ledger.cases.draft_request(PLAN, slot=17, amount=30_000_000, facts=facts)
    signed = ledger.cases.message(PLAN, act)                       # what the member signs on her device
    case = ledger.cases.request(PLAN, act, signature=..., facts=facts, reference="case-17").digest
    ledger.cases.attest(PLAN, case, "eyes", "investigator", signature=..., reference="case-17-eyes")
    ledger.cases.disclose(PLAN, case, aid=30_000_000, fields_root=..., reference="case-17-disclosed")
    ledger.cases.approve(PLAN, case, reference="case-17-approved")  # when the objection window has closed

A case is named by ``digest`` of its request's acknowledgement. Every call takes the client's ``reference``: repeated,
it returns the first acknowledgement. Amounts are minor units. Each raises what the covenant forbids, by clause.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..archive.case_facts import charged, facts_of_case
from ..covenant.acts import (
    Act,
    Adjudication,
    Advance,
    Appeal,
    Approval,
    Attestation,
    CaseWithdrawal,
    Disclosure,
    Lift,
    Objection,
    Payout,
    Proposal,
    Refusal,
    Request,
    Restitution,
    Sanction,
    Void,
)
from ..covenant.calendar import whole_years
from ..covenant.cases import Case
from ..covenant.document import Covenant
from ..covenant.facts import Facts
from ..covenant.statements import act_message
from ..covenant.steps import governing
from ..errors import CaseUnknown, FactsMismatch, FactsMissing, UsageError
from ..record.receipt import Receipt
from . import ballots as jury
from .arguments import octets, whole
from .core import Core
from .receipts import Acknowledgement
from .recording import record_act

__all__ = ["Cases"]

Reference = str | bytes


class Cases:
    """The cases of all plans of a ledger, open for writing."""

    def __init__(self, core: Core) -> None:
        self._core = core

    # --- reading ------------------------------------------------------------------------------

    def state(self, plan: str, case: bytes) -> Case:
        """Where a case stands, for reading only. Raises CaseUnknown."""
        with self._core.turn:
            found = self._core.book(plan).life.cases.get(octets(case, "a case"))
        if found is None:
            raise CaseUnknown("there is no such case in this plan", value=case)
        return found

    def facts(self, plan: str, case: bytes) -> Facts | None:
        """The opened facts of a case; None where they were erased, or no vault is at hand."""
        self.state(plan, case)
        with self._core.read() as archive:
            return facts_of_case(archive, self._core.book(plan), case)

    def message(self, plan: str, act: Act) -> bytes:
        """What whoever signs ``act`` signs."""
        return act_message(self._core.chain, plan, act)

    def seal(self, plan: str, slot: int, values: dict[str, Any], salts: list[bytes]) -> Facts:
        """The facts of a case under fresh salts of 32 bytes, one for each of ``Facts.NAMES``.

        The age at the diagnosis is computed where both days are given, and it is not.
        """
        born, found = (values.get(name) for name in Facts.DAYS[::-1])
        if type(born) is int and type(found) is int and values.get("age", "") == "":
            values = {**values, "age": whole_years(born, found)}
        return Facts.seal(self._core.chain, plan, slot, values, salts)

    # --- a request and what is said about it ----------------------------------------------------

    def draft_request(self, plan: str, *, slot: int, amount: int, facts: Facts, override: int = 0) -> Request:
        """The request that a member signs, under the version of the covenant that it falls under. Nothing is recorded.

        Raises FactsMissing where that depends on the day of the diagnosis and the facts do not open it.
        """
        whole(slot, "a slot", 2**32 - 1)
        core = self._core
        with core.turn:
            book = core.book(plan)
            book.balance(slot)
            version = governing(book, slot, facts, core.now())
        if version is None:
            raise FactsMissing("the day of the diagnosis says which version of the covenant counts")
        return Request(slot, amount, facts.root, version, override, b"")

    def request(
        self, plan: str, act: Request, *, signature: bytes, facts: Facts, reference: Reference
    ) -> Acknowledgement:
        """Record a request signed by the member; ``digest`` of the result names the case.

        ``facts`` are kept beside the chain, sealed, never published. Raises StandingRule, NotCovered, Sanctioned,
        CaseStep, FactsMismatch, StatementSignatureError; VaultMissing.
        """
        if not isinstance(act, Request):
            raise UsageError("a request is made by draft_request", value=type(act).__name__)
        if not isinstance(facts, Facts):
            raise UsageError("a request is recorded with its Facts", value=type(facts).__name__)
        if (facts.chain, facts.plan, facts.subject, facts.root) != (self._core.chain, plan, act.slot, act.facts_root):
            raise FactsMismatch("the facts are not those of this request", value=facts.root)
        return self._record(plan, replace(act, signature=signature), reference, facts)

    def attest(
        self,
        plan: str,
        case: bytes,
        institution: str,
        role: str,
        *,
        supports: bool = True,
        tag: bytes = b"",
        signature: bytes,
        reference: Reference,
    ) -> Acknowledgement:
        """An institution vouches for a case or says that it is not true; ``tag`` is its keyed tag of the report.

        Raises RoleRule, InstitutionUnknown, ReportUsed.
        """
        act = Attestation(case, institution, role, int(supports), tag, signature)
        return self._record(plan, act, reference)

    def disclose(
        self, plan: str, case: bytes, *, aid: int, fields_root: bytes, reference: Reference
    ) -> Acknowledgement:
        """Show a case to everybody (公示): the objection window opens. ``fields_root`` is of the masked ``Fields``."""
        return self._record(plan, Disclosure(case, aid, fields_root), reference)

    def object(
        self, plan: str, case: bytes, by: int | str, *, grounds: bytes, signature: bytes, reference: Reference
    ) -> Acknowledgement:
        """A member (her slot) or an institution (its id) objects; ``grounds`` is the hash of what it says."""
        return self._record(plan, Objection(case, by, grounds, signature), reference)

    # --- votes ----------------------------------------------------------------------------------

    def vote(
        self, plan: str, subject: bytes, slot: int, vote: bool, *, seq: int, signature: bytes, reference: Reference
    ) -> Acknowledgement:
        """One ballot on a disputed case or a proposal, signed by the juror. Its receipt proves that it is recorded."""
        return jury.vote(self._core, plan, subject, slot, vote, seq, signature, reference)

    def vote_many(
        self,
        plan: str,
        subject: bytes,
        slots: Any,
        votes: Any,
        *,
        seqs: Any,
        signatures: Any,
        reference: Reference,
    ) -> Acknowledgement:
        """Many ballots as columns: integers, and uint8 of shape (n, 64) for signatures. All are recorded or none."""
        return jury.vote_many(self._core, plan, subject, slots, votes, seqs, signatures, reference)

    def ballot_receipt(self, plan: str, subject: bytes, slot: int) -> Receipt:
        """The proof that a juror's ballot is counted: her row in its sheet. Raises RecordUnavailable without one."""
        return jury.ballot_receipt(self._core, plan, subject, slot)

    def propose(self, plan: str, covenant: Covenant, *, reference: Reference) -> Acknowledgement:
        """Put another covenant to the members' vote; ``digest`` of the result is the subject of the ballots."""
        if not isinstance(covenant, Covenant):
            raise UsageError("a proposal is a Covenant", value=type(covenant).__name__)
        return self._record(plan, Proposal(covenant.to_bytes()), reference)

    def adjudicate(self, plan: str, subject: bytes, *, reference: Reference) -> Acknowledgement:
        """Count the votes on a case or a proposal, when the voting is over."""
        octets(subject, "a subject")
        with self._core.turn:
            ballots, support = self._core.book(plan).life.counted(subject)
        return self._record(plan, Adjudication(subject, ballots, support), reference)

    # --- decisions ------------------------------------------------------------------------------

    def approve(self, plan: str, case: bytes, *, reference: Reference) -> Acknowledgement:
        """Approve a disclosed case with the aid that was disclosed: the next rounds may share it."""
        return self._record(plan, Approval(case, max(self.state(plan, case).aid, 1)), reference)

    def refuse(self, plan: str, case: bytes, clause: str, *, reference: Reference) -> Acknowledgement:
        """Refuse a case by a clause of its covenant. Raises RefusalRule where the case does not break it."""
        return self._record(plan, Refusal(case, clause), reference)

    def restitute(self, plan: str, case: bytes, *, reference: Reference) -> Acknowledgement:
        """Illness in the waiting period: the membership ends, and all shares she paid come back into her balance.

        After a refusal by ``aid.waiting``, where ``aid.ill_in_waiting`` says so. Raises CaseStep, RoundOpen.
        """
        found, core = self.state(plan, case), self._core
        with core.turn:
            core.now()
            with core.read() as archive:
                amount = charged(archive, core.book(plan), found.slot)
            return self._record(plan, Restitution(case, amount), reference)

    def withdraw(self, plan: str, case: bytes, *, signature: bytes, reference: Reference) -> Acknowledgement:
        """The member takes her request back, before a round shares it."""
        return self._record(plan, CaseWithdrawal(case, signature), reference)

    def void(self, plan: str, case: bytes, reason: str, *, reference: Reference) -> Acknowledgement:
        """An approved case has proved false: it is shared and paid no more, and what was shared can be refunded."""
        return self._record(plan, Void(case, reason), reference)

    # --- money ----------------------------------------------------------------------------------

    def advance(
        self,
        plan: str,
        case: bytes,
        amount: int,
        *,
        payee: str = "hospital",
        payment: bytes,
        funder: str = "",
        signature: bytes = b"",
        reference: Reference,
    ) -> Acknowledgement:
        """Aid was paid before its round (先行赔付), by the operator or by an institution, which signs."""
        return self._record(plan, Advance(case, amount, payee, funder, payment, signature), reference)

    def pay(
        self, plan: str, case: bytes, amount: int, *, payee: str = "member", payment: bytes, reference: Reference
    ) -> Acknowledgement:
        """Aid was paid, perhaps in parts; ``payee`` ``funder`` repays what was advanced. Raises PayoutAboveAid."""
        return self._record(plan, Payout(case, amount, payee, payment), reference)

    # --- sanctions --------------------------------------------------------------------------------

    def sanction(
        self, plan: str, slot: int, reason: str, *, case: bytes = b"", until_day: int = 0, reference: Reference
    ) -> Acknowledgement:
        """A member can request no aid until the start of the covenant's day ``until_day`` (0: for good)."""
        return self._record(plan, Sanction(slot, case, reason, until_day), reference)

    def lift(self, plan: str, sanction: bytes, reason: str, *, reference: Reference) -> Acknowledgement:
        """A sanction, named by ``digest`` of its acknowledgement, ends."""
        return self._record(plan, Lift(sanction, reason), reference)

    def appeal(
        self, plan: str, slot: int, against: bytes, *, grounds: bytes, signature: bytes, reference: Reference
    ) -> Acknowledgement:
        """A member appeals against a refusal, a void or a sanction, named by ``digest`` of its acknowledgement."""
        return self._record(plan, Appeal(slot, against, grounds, signature), reference)

    def _record(self, plan: str, act: Act, reference: Reference, facts: Facts | None = None) -> Acknowledgement:
        return record_act(self._core, plan, act, reference, facts=facts)
