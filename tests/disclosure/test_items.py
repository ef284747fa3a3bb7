"""What the issue asks of a disclosure, item by item: each is shown as a fact, and a forged value of it is refused.

The forger is the operator itself, with every key of the ledger. Where one file cannot show a lie, the result says so: a
forgery is refused with a rule of the covenant, or it stands under the limit that is named here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from mutualchain.covenant.acts import Adjudication, Approval, Payout, Request
from mutualchain.disclosure.facts import LIMITS, VerifiedDisclosure
from mutualchain.disclosure.verify import verify_disclosure
from mutualchain.errors import RecordIncomplete, RuleBroken
from tests.ledger.casework import AID, Casework, sign
from tests.ledger.world import PLAN, TRUST, digest, key_of
from tests.record.forge import HER_SLOT
from tests.record.forge import TRUST as CHAINS

from . import test_lies as lies
from .tools import CLAIMANT, approved, begun, disclose, disclosed, fields_of, file_of, paid

SINGLE = 0


@dataclass(frozen=True)
class Forgery:
    """A lie about one item. ``refused`` is what its refusal says; else ``limit`` is what the result does not claim."""

    item: str
    name: str
    check: Callable[[], VerifiedDisclosure]
    refused: str = ""
    limit: str = ""


def told(tell: Callable[[Casework], bytes], *opened: str, most: int = 1 << 20, **shown: Any) -> Any:
    """Check what an operator recorded, some of its facts opened, and its fields with these values."""

    def check() -> VerifiedDisclosure:
        work = begun()
        case = tell(work)
        fields = fields_of(work, case, **shown) if shown else False
        return verify_disclosure(file_of(work, case, *opened, fields=fields, most=most), TRUST)

    return check


def money(**lie: Any) -> Callable[[], VerifiedDisclosure]:
    """The same of a round laid together by hand."""
    return lambda: verify_disclosure(lies.forged(*lies.told(**lie)), CHAINS)


def unpaid(status: int) -> Callable[[], VerifiedDisclosure]:
    """The claimant is left out of a round with this status, and the round's figures follow."""
    return money(as_if={HER_SLOT: {"balance": 0}}, rows={HER_SLOT: {"amount": 0, "status": status}})


def shown_age(age: int) -> Callable[[Casework], bytes]:
    def tell(work: Casework) -> bytes:
        case = work.attested(work.requested(CLAIMANT, amount=1_000_000))
        disclose(work, case, aid=1_000_000, age=age)
        return case

    return tell


def conjured(work: Casework) -> bytes:
    """A member who joined the day before, backed by a claim of years before the chain began."""
    work.ledger.enrol(
        PLAN, key_of("conjured"), digest("claims"), deposit=10_000_000, since_day=10_000, reference="conjured"
    )
    work.wait(1)
    slot = work.ledger.book(PLAN).slots - 1
    facts = work.facts(slot)
    act = Request(slot, AID, facts.root, 1, 0, b"")
    return work.forge(replace(act, signature=sign("conjured", work.message(act))), facts=facts)


def hidden_sanction(work: Casework) -> bytes:
    """A sanction and what it forbids, in a log that is shown entry by entry; the file leaves the sanction out."""
    work.ledger.cases.sanction(PLAN, CLAIMANT, "malicious", until_day=work.today + 1, reference="sanction")
    work.wait(2)
    return disclosed(work)


def untaken_objection(work: Casework) -> bytes:
    """Somebody objected, and the operator recorded nothing of it."""
    return approved(work)


def miscounted(work: Casework) -> bytes:
    case = disclosed(work)
    work.objected(case, "clinic")
    work.wait(3)
    work.ledger.cases.vote_many(PLAN, case, **work.ballots(case, [2, 3, 4], [0, 0, 1]), reference="votes")
    work.wait(2)
    work.forge(Adjudication(case, 3, 2))
    return case


def stuffed(work: Casework) -> bytes:
    """Ballots counted as cast. That their signatures are jurors' is in sealed rows."""
    case = disclosed(work)
    work.objected(case, "clinic")
    work.wait(3)
    work.ledger.cases.vote_many(PLAN, case, **work.ballots(case, [2, 3, 4], [1, 1, 0]), reference="votes")
    work.wait(2)
    work.ledger.cases.adjudicate(PLAN, case, reference="counted")
    return case


def more_than_disclosed(work: Casework) -> bytes:
    case = disclosed(work)
    work.wait(3)
    work.forge(Approval(case, AID + 1))
    return case


def paid_twice(work: Casework) -> bytes:
    case = paid(work)
    work.forge(Payout(case, 1, "family", digest("again")))
    return case


FORGERIES = [
    Forgery(
        "enrolment",
        "years before the chain are no seniority",
        told(conjured, "cause", "diagnosed_day"),
        "after the diagnosis|aid.waiting",
    ),
    Forgery("enrolment", "asked for before it", lambda: early(), "before she had joined"),
    Forgery("enrolment", "dated by nobody else", told(disclosed), limit="time"),
    Forgery("row in every round", "one left out", lambda: left_out(), "account for all|missing"),
    Forgery("row in every round", "less than the share", money(rows={HER_SLOT: {"amount": 0}}), "0 was charged"),
    Forgery("row in every round", "waiting where nobody waits", unpaid(6), "waited"),
    Forgery("row in every round", "exempt where all share", unpaid(3), "exempt"),
    Forgery(
        "row in every round",
        "lapsed, as balances are sealed",
        unpaid(4),
        limit="rows",
    ),
    Forgery(
        "waiting period",
        "ill in it",
        told(lies.in_the_waiting_period, "cause", "diagnosed_day", "birth_day"),
        "aid.waiting",
    ),
    Forgery("waiting period", "the day closed", told(lies.in_the_waiting_period), limit="closed"),
    Forgery("age", "too old for so much", told(lies.above_the_maximum_of_the_shown_age, age=41), "aid.maxima"),
    Forgery(
        "age", "another than the facts say", told(shown_age(30), "birth_day", "diagnosed_day", age=30), "facts say 31"
    ),
    Forgery("age", "another than was vouched for", told(shown_age(30), "age", age=30), "facts say 31"),
    Forgery("age", "too old to have joined", told(shown_age(70), age=70), "age_most_years"),
    Forgery("age", "what was vouched for closed", told(disclosed, age=31), limit="age"),
    Forgery("cap", "asked for more", told(lies.above_the_maximum, "group", "diagnosed_day", "birth_day"), "aid.maxima"),
    Forgery(
        "cap",
        "shown in another group",
        told(lies.another_disease_group_is_shown, "group", group="mild"),
        "the request said",
    ),
    Forgery("sanctions", "one in force", told(lies.sanctioned), "a sanction is in force"),
    Forgery("sanctions", "one for a case that stands", told(lies.sanctioned_for_an_unvoided_case), "not voided"),
    Forgery("sanctions", "one left out of a part of a log", told(hidden_sanction, most=SINGLE), limit="partial"),
    Forgery("who vouched", "invented", told(lies.invented_attestation), "not signed by the key"),
    Forgery("who vouched", "nobody registered", told(lies.unregistered), "no institution of this name"),
    Forgery("who vouched", "in another role", told(lies.in_another_role), "not registered as hospital"),
    Forgery("when vouched", "after it was shown", told(lies.disclosed_before_attested), "cases.attestations"),
    Forgery("when vouched", "after it was revoked", told(lies.revoked), "it was revoked"),
    Forgery("objections", "passed over", told(lies.objection_passed_over), "cases.jury"),
    Forgery("objections", "the window cut short", told(lies.approved_early), "cases.objection_days"),
    Forgery("objections", "never recorded", told(untaken_objection), limit="unrecorded"),
    Forgery("jury count", "stated otherwise", told(miscounted), "1 of 3 were cast"),
    Forgery("jury count", "decided against it", told(lies.approved_against_the_jury), "cases.jury_majority_bp"),
    Forgery("jury count", "who cast the ballots", told(stuffed), limit="votes"),
    Forgery("aid", "more than was disclosed", told(more_than_disclosed), "cases.disclosure"),
    Forgery("aid", "another sum shared", money(aid=700), "of which 700 was approved"),
    Forgery("aid", "shared and never approved", money(approve=False), "not approved"),
    Forgery("fee", "raised", money(terms={"fee": 60}), "fee is stated as 60"),
    Forgery("surplus", "lost", money(terms={"surplus_in": 7}), "surplus in|share is stated"),
    Forgery("headcount", "shaved", money(terms={"headcount": 6}), "headcount is stated as 6"),
    Forgery("headcount", "padded with nobody's rows", money(), limit="members"),
    Forgery("share", "raised", money(terms={"share": 111}), "share is stated as 111"),
    Forgery("share", "two rounds for one case", money(again=True), "an earlier round shared"),
    Forgery("what was paid", "more than was approved", money(payout=711), "left to pay"),
    Forgery("what was paid", "twice", told(paid_twice), "left to pay"),
    Forgery("what was paid", "before it was shared", told(lies.paid_before_shared), "not shared yet"),
    Forgery("what was paid", "out of the bank", told(approved), limit="truth"),
]
ITEMS = {
    *("enrolment", "row in every round", "waiting period", "age", "cap", "sanctions", "who vouched", "when vouched"),
    *("objections", "jury count", "aid", "fee", "surplus", "headcount", "share", "what was paid"),
}


def early() -> VerifiedDisclosure:
    """The request stands below the enrolment."""
    names: list[bytes] = []
    forge = lies.told_early(names)
    return verify_disclosure(lies.forged(forge, names[0]), CHAINS)


def left_out() -> VerifiedDisclosure:
    forge, case = lies.told()

    def second(item: Any) -> bool:
        return bool(item.leaf.descriptor.schema.name == "charge/1" and item.leaf.descriptor.number == 1)

    return verify_disclosure(lies.forged(forge, case, leave_out=second), CHAINS)


def test_every_item_is_forged() -> None:
    assert {forgery.item for forgery in FORGERIES} == ITEMS


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: f"{forgery.item}, {forgery.name}")
def test_a_forged_value_is_refused_or_said_not_to_be_proven(forgery: Forgery) -> None:
    if forgery.refused:
        with pytest.raises((RuleBroken, RecordIncomplete), match=forgery.refused):
            forgery.check()
        return
    limits = {name for name, _ in forgery.check().limits}
    assert not forgery.limit or forgery.limit in limits
    assert limits <= set(LIMITS)
