"""What an honest writer refuses, recorded all the same by one that is not: a replay reports it by its clause.

The failures of real plans are among them: a report used twice, a payout twice, a refusal without a clause, aid above
the maximum, votes miscounted, rules changed after the diagnosis, a case that nobody vouched for.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mutualchain.audit import audit_ledger
from mutualchain.block.entry import CHAIN
from mutualchain.covenant.acts import (
    Act,
    Adjudication,
    Advance,
    Appeal,
    Approval,
    Attestation,
    CaseApproval,
    CaseWithdrawal,
    Disclosure,
    Lift,
    Objection,
    Payout,
    Refusal,
    Registration,
    Rekey,
    Request,
    Revocation,
    Sanction,
    Treasury,
    Void,
)
from mutualchain.covenant.facts import Facts
from mutualchain.errors import RuleError
from tests.covenant.lives import JOINED
from tests.ledger.casework import AID, Casework
from tests.ledger.world import PLAN, TRUST, digest, key_of

SIGNATURE = bytes(64)
Forgery = Callable[[Casework], object]


def request(work: Casework, amount: int = AID, **facts: object) -> tuple[Request, Facts]:
    opened = work.facts(3, **facts)
    return Request(3, amount, opened.root, 1, 0, SIGNATURE), opened


def forced_request(work: Casework, amount: int = AID, **facts: object) -> bytes:
    act, opened = request(work, amount, **facts)
    return work.forge(act, facts=opened)


def much_later(work: Casework) -> bytes:
    work.go_to(400)
    return forced_request(work, diagnosed_day=JOINED + 189)


def disputed(work: Casework) -> bytes:
    case = work.disclosed()
    work.objected(case)
    work.wait(3)
    return case


def twice_paid(work: Casework) -> Act:
    case = work.shared()
    work.ledger.cases.pay(PLAN, case, AID, payment=digest("bank"), reference="pay")
    return Payout(case, AID, "member", digest("bank again"))


def same_report(work: Casework) -> Act:
    work.attest(work.requested(1), "clinic", "hospital", tag=digest("report"))
    return Attestation(work.requested(2), "clinic", "hospital", 1, digest("report"), SIGNATURE)


def miscounted(work: Casework) -> Act:
    case = disputed(work)
    work.ledger.cases.vote_many(PLAN, case, **work.ballots(case, [2, 3, 4], [0, 0, 0]), reference="votes")
    work.wait(2)
    return Adjudication(case, 3, 3)


def outvoted(work: Casework) -> Act:
    case = disputed(work)
    work.ledger.cases.vote_many(PLAN, case, **work.ballots(case, [2, 3, 4], [0, 0, 0]), reference="votes")
    work.wait(2)
    work.ledger.cases.adjudicate(PLAN, case, reference="count")
    return Approval(case, AID)


def revoked(work: Casework) -> Act:
    case = work.requested()
    work.ledger.institutions.revoke("eyes", "misconduct", reference="revoke")
    return Attestation(case, "eyes", "investigator", 1, b"", SIGNATURE)


def voided(work: Casework) -> Act:
    case = work.shared()
    work.ledger.cases.void(PLAN, case, "malicious", reference="void")
    return Payout(case, 1, "member", digest("bank"))


def sanctioned(work: Casework) -> bytes:
    work.ledger.cases.sanction(PLAN, 3, "malicious", reference="sanction")
    return forced_request(work)


def late(work: Casework) -> Act:
    case = work.disclosed()
    work.wait(3)
    return Objection(case, 6, digest("g"), SIGNATURE)


FORCED: dict[str, tuple[Forgery, str]] = {
    "diagnosed in the waiting period": (lambda w: forced_request(w, diagnosed_day=JOINED + 179), "aid.waiting"),
    "requested long after the diagnosis": (
        lambda w: much_later(w),
        "aid.request_within_days",
    ),
    "above the maximum": (lambda w: forced_request(w, 40_000_001), "aid.maxima"),
    "a cause that is not covered": (lambda w: forced_request(w, cause="war"), "aid.causes"),
    "too old to have joined": (lambda w: forced_request(w, birth_day=-20_000), "membership.age_most_years"),
    "while sanctioned": (sanctioned, "sanction"),
    "under rules of another time": (
        lambda w: w.forge(Request(3, AID, digest("facts"), 2, 0, SIGNATURE)),
        "amendments.transition",
    ),
    "approved by the operator alone": (lambda w: w.forge(CaseApproval(1, AID, digest("file"))), "cases.request"),
    "vouched for by the same report twice": (lambda w: w.forge(same_report(w)), "cases.report_once"),
    "vouched for in another role": (
        lambda w: w.forge(Attestation(w.requested(), "clinic", "investigator", 1, b"", SIGNATURE)),
        "institutions.roles",
    ),
    "vouched for by somebody revoked": (lambda w: w.forge(revoked(w)), "institutions"),
    "disclosed without anybody vouching": (
        lambda w: w.forge(Disclosure(w.requested(), AID, digest("f"))),
        "cases.attestations",
    ),
    "approved while one can object": (lambda w: w.forge(Approval(w.disclosed(), AID)), "cases.objection_days"),
    "approved before the jury decided": (lambda w: w.forge(Approval(disputed(w), AID)), "cases.jury"),
    "approved against the jury": (lambda w: w.forge(outvoted(w)), "cases.jury_majority_bp"),
    "votes miscounted": (lambda w: w.forge(miscounted(w)), "cases.jury"),
    "refused without a clause": (lambda w: w.forge(Refusal(w.requested(), "taste")), "refusal"),
    "refused by a clause that is kept": (lambda w: w.forge(Refusal(w.requested(), "aid.waiting")), "aid.waiting"),
    "an objection after the window": (lambda w: w.forge(late(w)), "cases.objection_days"),
    "paid before the round": (lambda w: w.forge(Payout(w.approved(), 1, "member", digest("bank"))), "case"),
    "paid twice": (lambda w: w.forge(twice_paid(w)), "payout"),
    "paid after the void": (lambda w: w.forge(voided(w)), "refunds.void"),
    "advanced by whom nobody asked": (
        lambda w: w.forge(Advance(w.disclosed(), 1, "member", "hands", digest("bank"), SIGNATURE)),
        "advances.by",
    ),
    "advanced beyond the part": (
        lambda w: w.forge(Advance(w.disclosed(), AID, "member", "", digest("bank"), b"")),
        "advances.most_bp",
    ),
    "voided though never approved": (lambda w: w.forge(Void(w.disclosed(), "malicious")), "cases"),
    "withdrawn after the round": (lambda w: w.forge(CaseWithdrawal(w.shared(), SIGNATURE)), "cases"),
    "sanctioned for a case that stands": (
        lambda w: w.forge(Sanction(1, w.approved(), "malicious", 0)),
        "sanction",
    ),
    "a lift of nothing": (lambda w: w.forge(Lift(digest("none"), "error")), "sanction"),
    "an appeal against nothing": (lambda w: w.forge(Appeal(1, digest("none"), digest("g"), SIGNATURE)), "appeal"),
    "two replacements of one key": (
        lambda w: [w.forge(Rekey(1, key_of(name), "", SIGNATURE, b"")) for name in ("one", "two")],
        "keys.rekey_days",
    ),
    "a statement of no custodian": (
        lambda w: w.forge(Treasury("eyes", w.clock.now, 1, SIGNATURE)),
        "institutions.roles",
    ),
    "an institution in two roles that are apart": (
        lambda w: w.forge(Registration("x", "X", key_of("x"), ("custodian", "hospital"), SIGNATURE), plan=CHAIN),
        "institutions.apart",
    ),
    "one key for two institutions": (
        lambda w: w.forge(Registration("x", "X", key_of("eyes"), ("charity",), SIGNATURE), plan=CHAIN),
        "institutions.apart",
    ),
    "an unknown institution revoked": (lambda w: w.forge(Revocation("x", "closed"), plan=CHAIN), "institutions"),
    "a member not told": (
        lambda w: w.forge(Sanction(2, b"", "malicious", 0), notice=False),
        "notice",
    ),
}


@pytest.mark.parametrize("name", FORCED)
def test_what_was_forced_into_the_chain_is_reported_by_its_clause(name: str) -> None:
    forge, clause = FORCED[name]
    work = Casework()
    work.go_to(189)
    assert work.violations() == []
    forge(work)
    found = work.violations()
    assert [error.clause for error in found if isinstance(error, RuleError)] == [clause]
    assert len(found) == 1
    assert (found[0].place or "").startswith(f"block {work.ledger.size - 1}")
    with work.ledger.read() as archive:
        assert clause in {finding.clause for finding in audit_ledger(archive, TRUST).findings}


def test_whoever_does_not_have_the_facts_reports_nothing_that_needs_them() -> None:
    work = Casework()
    work.go_to(189)
    forced_request(work, diagnosed_day=JOINED + 179)
    assert [error.clause for error in work.violations() if isinstance(error, RuleError)] == ["aid.waiting"]
    assert work.violations(closed=True) == []


def test_facts_that_were_exchanged_are_reported() -> None:
    work = Casework()
    work.go_to(189)
    act, _ = request(work)
    work.forge(act, facts=work.facts(3, region="elsewhere"))
    assert [error.clause for error in work.violations() if isinstance(error, RuleError)] == ["facts"]
