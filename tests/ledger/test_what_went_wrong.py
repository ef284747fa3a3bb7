"""What went wrong in practice, as far as rules see it: refused at append, and reported at replay where it is forced.

Each row names a failure of real plans, the clause that it breaks and the error's code. ``attempt`` is what an honest
ledger is asked to record; ``force`` is what an operator signs who asks no rules. docs/covenant.md shows the same table,
and a test holds them together.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mutualchain.audit import Verdict, audit_ledger
from mutualchain.block.entry import entry_hash
from mutualchain.covenant.acts import (
    Adjudication,
    Adoption,
    Amendment,
    Approval,
    Attestation,
    CaseApproval,
    ClosingNotice,
    ClosingStatement,
    Disclosure,
    Payout,
    Refusal,
    Request,
    RoundOpening,
)
from mutualchain.covenant.calendar import DAY_MS
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.statements import withdrawal_message
from mutualchain.errors import RuleError, StatementSignatureError, by_code
from mutualchain.ledger import Ledger
from mutualchain.ledger.core import reference_key
from mutualchain.ledger.writer import make_sheet
from mutualchain.sheet import Status, schema, table
from tests.covenant.lives import covenant

from .casework import AID, Casework, sign
from .world import PLAN, TRUST, digest, key_of

SIGNATURE = bytes(64)
RULES = replace(covenant(), fee=replace(covenant().fee, bp=800))
Story = Callable[[Casework], object]


@dataclass(frozen=True)
class Failure:
    """A failure of real plans; ``attempt`` is None where no call of the ledger takes what would be wrong."""

    clause: str
    code: str
    attempt: Story | None
    force: Story


# --- rounds that an operator makes up --------------------------------------------------------------


def forced_round(
    work: Casework,
    *,
    pocketed: int = 0,
    rows: Callable[[dict[str, Any]], None] = lambda columns: None,
    **lies: Any,
) -> None:
    """Announce and deduct a round whose terms or rows are not what the covenant makes them."""
    case, core = work.approved(), work.ledger._core
    book = core.book(PLAN)
    time_ms = max(core.now(), core.writer.state.time_ms + 1)
    capture = book.begin_capture(core.writer.state.size - 1, time_ms)
    terms = replace(book.terms(capture, (case,)), **lies)
    if pocketed:
        terms = replace(terms, surplus_in=terms.surplus_in - pocketed)
    if terms.share == book.terms(capture, (case,)).share and (lies or pocketed):
        needed = terms.aid + terms.fee + terms.deficit_in - terms.surplus_in - terms.top_up
        terms = replace(terms, share=-(-needed // terms.divisor))
    opened = book.open_round(capture, terms)
    core.commit(time_ms, [RoundOpening(terms).to_entry(PLAN)], [], [], lambda: book.put_open(opened))
    columns = {name: column.copy() for name, column in opened.columns(0, opened.rows).items()}
    rows(columns)
    params = terms.to_bytes()
    sheet = make_sheet(core.context(PLAN, "charge/1", params=params), columns, params)
    core.commit(core.now(), [], [sheet], [], lambda: None)


def hide(columns: dict[str, Any]) -> None:
    """A member who pays is said to have lapsed: the others pay her part next time."""
    columns["status"][7], columns["amount"][7] = Status.LAPSED, 0


def charge_more(columns: dict[str, Any]) -> None:
    columns["amount"][7] += 1


def surplus_first(work: Casework) -> None:
    """A round that leaves a surplus, of which the next one knows less."""
    work.shared(2, AID - 7)
    assert work.ledger.book(PLAN).surplus > 3
    forced_round(work, pocketed=3)


# --- cases ------------------------------------------------------------------------------------------


def late_joiner(work: Casework) -> int:
    """Somebody who joins when she is ill already, and is said to have been a member for years."""
    done = work.ledger.enrol(
        PLAN, key_of("late"), digest("late"), deposit=10_000_000, since_day=10_000, reference="late"
    )
    assert done.slot is not None
    return done.slot


def asked_by(work: Casework, slot: int, who: object) -> tuple[Request, Any]:
    facts = work.facts(slot)
    return Request(slot, AID, facts.root, 1, 0, SIGNATURE), facts


def conjured(work: Casework, *, forced: bool) -> None:
    act, facts = asked_by(work, late_joiner(work), "late")
    if forced:
        work.forge(act, facts=facts)
        return
    signature = sign("late", work.message(act))
    work.ledger.cases.request(PLAN, act, signature=signature, facts=facts, reference="request")


def same_report(work: Casework) -> bytes:
    work.attest(work.requested(1), "clinic", "hospital", tag=digest("report"))
    return work.requested(2)


def paid_in_full(work: Casework) -> bytes:
    case = work.shared()
    work.ledger.cases.pay(PLAN, case, AID, payment=digest("bank"), reference="pay")
    return case


def outvoted(work: Casework) -> bytes:
    case = work.disclosed()
    work.objected(case)
    work.wait(3)
    work.ledger.cases.vote_many(PLAN, case, **work.ballots(case, [2, 3, 4], [0, 0, 0]), reference="votes")
    work.wait(2)
    return case


def miscounted(work: Casework) -> Adjudication:
    return Adjudication(outvoted(work), 3, 3)


def counted(work: Casework) -> bytes:
    case = outvoted(work)
    work.ledger.cases.adjudicate(PLAN, case, reference="count")
    return case


# --- the covenant -----------------------------------------------------------------------------------

DEARER = replace(RULES, fee=replace(RULES.fee, bp=1_600))


def amendment(work: Casework, days: float) -> Amendment:
    return Amendment(DEARER.to_bytes(), 2, work.clock.now + int(days * DAY_MS), b"")


def put_covenant(work: Casework, act: Adoption | Amendment) -> None:
    core = work.ledger._core
    entry, time_ms = act.to_entry(PLAN), core.now()
    name = entry_hash(entry.to_bytes())
    apply = partial(core.book(PLAN).apply, act, name, time_ms) if isinstance(act, Amendment) else lambda: None
    core.commit(time_ms, [entry], [], [], apply, {PLAN: (act.version, act.hash)})


def changed_meanwhile(work: Casework) -> Covenant:
    """The aid is halved after she fell ill, and cases fall under what was in force at the diagnosis."""
    poorer = replace(work.rules, aid=replace(work.rules.aid, maxima=(work.rules.aid.maxima[2],)))
    work.ledger.money.amend(PLAN, poorer, work.clock.now + 8 * DAY_MS, reference="amend")
    work.wait(9)
    return poorer


def under_new_rules(work: Casework, *, forced: bool) -> None:
    facts = work.facts(3, diagnosed_day=work.today)
    changed_meanwhile(work)
    act = Request(3, 1_000, facts.root, 2, 0, SIGNATURE)
    if forced:
        work.forge(act, facts=facts)
        return
    signature = sign(3, work.message(act))
    work.ledger.cases.request(PLAN, act, signature=signature, facts=facts, reference="request")


def by_diagnosis() -> Casework:
    return Casework(replace(RULES, amendments=replace(RULES.amendments, transition="diagnosis")))


# --- the end ----------------------------------------------------------------------------------------


def closing(work: Casework) -> Casework:
    work.ledger.announce_closing(PLAN, digest("the end"), reference="closing")
    work.wait(work.rules.closing.request_days + 1)
    return work


def unpaid(work: Casework) -> Casework:
    """Less than half of what was approved has been paid when the plan ends."""
    case = work.shared()
    work.ledger.cases.pay(PLAN, case, AID * 4 // 10, payment=digest("bank"), reference="part")
    return closing(work)


def statement(work: Casework, **lies: int) -> ClosingStatement:
    figures = work.ledger.closing_statement(PLAN)
    return ClosingStatement(replace(figures, **lies).to_bytes())


def withdrawn_without_her(work: Casework) -> None:
    """Her balance is taken, and no signature of hers is there."""
    core = work.ledger._core
    rows: dict[str, Any] = {
        "slot": [5],
        "seq": [0],
        "amount": [7],
        "reason": [0],
        "reference": [digest("r")],
        "signature": [SIGNATURE],
    }
    sheet = make_sheet(core.context(PLAN, "withdrawal/1"), table(schema("withdrawal/1"), rows))
    core.commit(core.now(), [], [sheet], [], lambda: None)


FAILURES: dict[str, Failure] = {
    "a join made up at the time of a case, with years of membership beside it": Failure(
        "aid.waiting", "MC-325", partial(conjured, forced=False), partial(conjured, forced=True)
    ),
    "a case for which nobody vouches": Failure(
        "cases.attestations",
        "MC-328",
        lambda w: w.ledger.cases.disclose(PLAN, w.requested(), aid=AID, fields_root=digest("f"), reference="d"),
        lambda w: w.forge(Disclosure(w.requested(), AID, digest("f"))),
    ),
    "a case for which an institution of nobody's vouches": Failure(
        "institutions",
        "MC-322",
        lambda w: w.ledger.cases.attest(
            PLAN, w.requested(), "shell", "hospital", signature=SIGNATURE, reference="attest"
        ),
        lambda w: w.forge(Attestation(w.requested(), "shell", "hospital", 1, b"", SIGNATURE)),
    ),
    "a case that the operator approves by itself where members request": Failure(
        "cases.request",
        "MC-328",
        lambda w: w.ledger.approve_case(PLAN, slot=1, aid=AID, file_hash=digest("file"), reference="case"),
        lambda w: w.forge(CaseApproval(1, AID, digest("file"))),
    ),
    "a case approved before anybody could object": Failure(
        "cases.objection_days",
        "MC-328",
        lambda w: w.ledger.cases.approve(PLAN, w.disclosed(), reference="approve"),
        lambda w: w.forge(Approval(w.disclosed(), AID)),
    ),
    "a case approved against the jury": Failure(
        "cases.jury_majority_bp",
        "MC-328",
        lambda w: w.ledger.cases.approve(PLAN, counted(w), reference="approve"),
        lambda w: w.forge(Approval(counted(w), AID)),
    ),
    "votes miscounted": Failure("cases.jury", "MC-331", None, lambda w: w.forge(miscounted(w))),
    "a headcount hidden: a member who pays is left out": Failure(
        "equal shares", "MC-098", None, partial(forced_round, rows=hide)
    ),
    "a headcount stated too low": Failure(
        "the two equations", "MC-097", None, partial(forced_round, headcount=9, divisor=9)
    ),
    "a headcount padded": Failure("the two equations", "MC-097", None, partial(forced_round, headcount=11, divisor=11)),
    "one member charged more than the others": Failure(
        "equal shares", "MC-098", None, partial(forced_round, rows=charge_more)
    ),
    "a share that is not what aid, fee and headcount make it": Failure(
        "the two equations", "MC-097", None, partial(forced_round, share=3_240_001)
    ),
    "a surplus that vanishes": Failure("the two equations", "MC-097", None, surplus_first),
    "a fee above the covenant's": Failure("the two equations", "MC-097", None, partial(forced_round, fee=4_800_000)),
    "a dearer covenant without an amendment": Failure(
        "amendments",
        "MC-100",
        None,
        lambda w: put_covenant(w, Adoption(DEARER.to_bytes())),
    ),
    "a fee raised without notice": Failure(
        "amendments.notice_days",
        "MC-307",
        lambda w: w.ledger.money.amend(PLAN, DEARER, w.clock.now + DAY_MS, reference="amend"),
        lambda w: put_covenant(w, amendment(w, 1)),
    ),
    "rules changed after the diagnosis": Failure(
        "amendments.transition",
        "MC-328",
        partial(under_new_rules, forced=False),
        partial(under_new_rules, forced=True),
    ),
    "a refusal without a clause": Failure(
        "refusal",
        "MC-332",
        lambda w: w.ledger.cases.refuse(PLAN, w.requested(), "our decision", reference="refuse"),
        lambda w: w.forge(Refusal(w.requested(), "our decision")),
    ),
    "a refusal by a clause that is kept": Failure(
        "aid.waiting",
        "MC-332",
        lambda w: w.ledger.cases.refuse(PLAN, w.requested(), "aid.waiting", reference="refuse"),
        lambda w: w.forge(Refusal(w.requested(), "aid.waiting")),
    ),
    "the same report used for two cases": Failure(
        "cases.report_once",
        "MC-329",
        lambda w: w.attest(same_report(w), "clinic", "hospital", tag=digest("report")),
        lambda w: w.forge(Attestation(same_report(w), "clinic", "hospital", 1, digest("report"), SIGNATURE)),
    ),
    "a double payout": Failure(
        "payout",
        "MC-095",
        lambda w: w.ledger.cases.pay(PLAN, paid_in_full(w), AID, payment=digest("again"), reference="again"),
        lambda w: w.forge(Payout(paid_in_full(w), AID, "member", digest("again"))),
    ),
    "a shutdown with aid unpaid": Failure(
        "cases.payout_days",
        "MC-361",
        lambda w: unpaid(w).ledger.end_plan(PLAN, reference="end"),
        lambda w: w.forge(statement(unpaid(w))),
    ),
    "a closing statement that leaves balances out": Failure(
        "closing", "MC-362", None, lambda w: w.forge(statement(closing(w), balances=0, holding=0))
    ),
    "a shutdown on the day that it is announced": Failure(
        "closing.request_days",
        "MC-361",
        lambda w: (
            w.ledger.announce_closing(PLAN, digest("the end"), reference="closing"),
            w.ledger.end_plan(PLAN, reference="end"),
        ),
        lambda w: (w.forge(ClosingNotice(digest("the end"))), w.forge(statement(w))),
    ),
    "a balance kept: taken out without its member": Failure(
        "member's signature",
        "MC-088",
        lambda w: w.ledger.withdraw(PLAN, 5, 7, seq=0, signature=SIGNATURE, reference="kept"),
        withdrawn_without_her,
    ),
}


def prepared(name: str) -> Casework:
    work = by_diagnosis() if name == "rules changed after the diagnosis" else Casework(RULES)
    work.go_to(189)
    return work


@pytest.mark.parametrize("name", [name for name, failure in FAILURES.items() if failure.attempt is not None])
def test_it_is_refused_at_append_by_its_clause(name: str) -> None:
    failure, work = FAILURES[name], prepared(name)
    assert failure.attempt is not None
    with pytest.raises(RuleError) as caught:
        failure.attempt(work)
    assert (caught.value.clause, caught.value.code) == (failure.clause, failure.code)
    assert work.violations() == []


@pytest.mark.parametrize("name", FAILURES)
def test_forced_into_a_chain_it_is_reported_at_replay_by_its_clause(name: str) -> None:
    failure, work = FAILURES[name], prepared(name)
    failure.force(work)
    found = [error for error in work.violations() if isinstance(error, RuleError)]
    with work.ledger.read() as archive:
        report = audit_ledger(archive, TRUST)
    assert report.verdict is Verdict.TAMPERED
    said = {(finding.clause, finding.code) for finding in report.findings}
    assert (failure.clause, failure.code) in said
    assert all(finding.place.startswith("block ") for finding in report.findings)
    if failure.code != StatementSignatureError.code:  # a replay leaves signatures to the audit
        assert (failure.clause, failure.code) in {(error.clause, error.code) for error in found}


COMPUTED = {
    Ledger.open_round: {"plan", "cases", "reference", "top_up"},
    Ledger.settle_round: {"plan", "reference", "failed", "progress"},
    Ledger.end_plan: {"plan", "reference"},
}


@pytest.mark.parametrize("method", COMPUTED, ids=lambda method: method.__name__)
def test_what_no_call_takes_is_computed_by_the_writer(method: Callable[..., object]) -> None:
    """Headcount, share, fee, surplus, votes and closing figures: nobody hands them in, so nobody can hand in others."""
    assert set(inspect.signature(method).parameters) - {"self"} == COMPUTED[method]
    computed = {name for name, failure in FAILURES.items() if failure.attempt is None}
    assert {word for name in computed for word in name.split()} >= {"headcount", "share", "fee", "surplus", "votes"}


def test_the_table_in_the_docs_is_this_one(root: Path) -> None:
    text = (root / "docs" / "covenant.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+?) \| `([^|`]+)` \| (MC-\d{3}) \| ([^|]+?) \|$", text, re.MULTILINE)
    wanted = [
        (name, failure.clause, failure.code, "refused" if failure.attempt else "computed by the writer")
        for name, failure in FAILURES.items()
    ]
    assert rows == wanted
    assert all(by_code(code) is not None for _, _, code, _ in rows)


def test_a_withdrawal_that_she_signed_is_none_of_these() -> None:
    """The control: the same row, with her signature."""
    work = Casework(RULES)
    work.go_to(189)
    message = withdrawal_message(work.ledger.chain, PLAN, 5, 0, 7, reference_key(PLAN, "kept"), 0)
    work.ledger.withdraw(PLAN, 5, 7, seq=0, signature=sign(5, message), reference="kept")
    assert work.violations() == []


def test_an_honest_round_is_none_of_these() -> None:
    """The control: the same way to force a round, without a lie in it."""
    work = prepared("")
    forced_round(work)
    assert work.violations() == []
