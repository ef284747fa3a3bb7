"""An operator who records what it likes about a case, signed as it should be: what anybody finds out from one file.

With the plan's log whole in the file the verdict is that the book itself breaks a rule (MC-176). Where the log is shown
entry by entry the same file could be an edited one: then it is not accepted, and nobody is accused. The last test of
each kind is the control: the same story without the lie is accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from mutualchain.covenant.acts import (
    Act,
    Adjudication,
    Approval,
    Attestation,
    CaseApproval,
    Payout,
    Request,
    Sanction,
    Void,
)
from mutualchain.disclosure.bundle import DisclosureBundle
from mutualchain.disclosure.verify import verify_disclosure
from mutualchain.errors import MutualchainError, RecordIncomplete, RuleBroken
from mutualchain.record.bundle import Logged, RecordBundle
from mutualchain.record.passport import Passport
from tests.ledger.casework import AID, Casework, sign
from tests.ledger.world import PLAN, TRUST, digest
from tests.record import forge as chains
from tests.record.forge import HER_SLOT, Forge, tell
from tests.record.test_dishonest_operator import twins

from .tools import CLAIMANT, approved, begun, disclose, disclosed, fields_of, file_of, forged_disclosure, paid

WHOLE, SINGLE = 1 << 20, 0


@dataclass(frozen=True)
class Lie:
    """What an operator does to a case, and what the file shows of it."""

    name: str
    tell: Callable[[Casework], bytes]
    says: str
    opened: tuple[str, ...] = ()
    fields: bool = False


def attested_by(work: Casework, case: bytes, name: str, role: str, *, signer: object = None, tag: bytes = b"") -> None:
    act = Attestation(case, name, role, 1, tag, b"")
    work.forge(replace(act, signature=sign(name if signer is None else signer, work.message(act))))


def requested(work: Casework, *, signer: object = CLAIMANT, amount: int = AID, **values: object) -> bytes:
    facts = work.facts(CLAIMANT, **values)
    act = Request(CLAIMANT, amount, facts.root, 1, 0, b"")
    return work.forge(replace(act, signature=sign(signer, work.message(act))), facts=facts)


def invented_attestation(work: Casework) -> bytes:
    case = work.requested(CLAIMANT)
    attested_by(work, case, "eyes", "investigator")
    attested_by(work, case, "clinic", "hospital", signer="the operator")
    forged_disclosure(work, case)
    return case


def unregistered(work: Casework) -> bytes:
    case = work.requested(CLAIMANT)
    attested_by(work, case, "nobody", "investigator")
    return case


def in_another_role(work: Casework) -> bytes:
    case = work.requested(CLAIMANT)
    attested_by(work, case, "eyes", "hospital")
    return case


def revoked(work: Casework) -> bytes:
    case = work.requested(CLAIMANT)
    work.ledger.institutions.revoke("eyes", "misconduct", reference="revoked")
    attested_by(work, case, "eyes", "investigator")
    return case


def twice_by_one(work: Casework) -> bytes:
    case = work.requested(CLAIMANT)
    attested_by(work, case, "eyes", "investigator")
    attested_by(work, case, "eyes", "investigator", tag=digest("another report"))
    return case


def disclosed_before_attested(work: Casework) -> bytes:
    case = work.requested(CLAIMANT)
    forged_disclosure(work, case)
    return work.attested(case)


def approved_early(work: Casework) -> bytes:
    case = disclosed(work)
    work.forge(Approval(case, AID))
    return case


def approved_for_more(work: Casework) -> bytes:
    case = disclosed(work)
    work.wait(3)
    work.forge(Approval(case, AID + 1))
    return case


def approved_against_the_jury(work: Casework) -> bytes:
    case = disclosed(work)
    work.objected(case, "clinic")
    work.wait(3)
    work.ledger.cases.vote_many(PLAN, case, **work.ballots(case, [2, 3, 4], [0, 0, 1]), reference="votes")
    work.wait(2)
    work.ledger.cases.adjudicate(PLAN, case, reference="counted")
    work.forge(Approval(case, AID))
    return case


def miscounted(work: Casework) -> bytes:
    case = disclosed(work)
    work.objected(case, "clinic")
    work.wait(3)
    work.ledger.cases.vote_many(PLAN, case, **work.ballots(case, [2, 3, 4], [0, 0, 1]), reference="votes")
    work.wait(2)
    work.forge(Adjudication(case, 3, 3))
    return case


def objection_passed_over(work: Casework) -> bytes:
    case = disclosed(work)
    work.objected(case, "clinic")
    work.wait(6)
    work.forge(Approval(case, AID))
    return case


def unsigned_request(work: Casework) -> bytes:
    return requested(work, signer="the operator")


def after_the_diagnosis(work: Casework) -> bytes:
    return requested(work, diagnosed_day=work.today - 300)


def in_the_waiting_period(work: Casework) -> bytes:
    return requested(work, diagnosed_day=work.today - 21)


def too_late(work: Casework) -> bytes:
    work.go_to(600)
    return requested(work, diagnosed_day=work.today - 181)


def above_the_maximum(work: Casework) -> bytes:
    return requested(work, amount=40_000_001)


def above_the_maximum_of_the_shown_age(work: Casework) -> bytes:
    case = work.attested(work.requested(CLAIMANT))
    disclose(work, case, age=41)
    return case


def another_disease_group_is_shown(work: Casework) -> bytes:
    case = work.attested(work.requested(CLAIMANT, amount=5_000_000))
    disclose(work, case, aid=5_000_000, group="mild")
    return case


def sanctioned(work: Casework) -> bytes:
    work.ledger.cases.sanction(PLAN, CLAIMANT, "malicious", reference="sanction")
    return requested(work)


def paid_before_shared(work: Casework) -> bytes:
    case = approved(work)
    work.forge(Payout(case, AID, "member", digest("payment")))
    return case


def paid_twice(work: Casework) -> bytes:
    case = paid(work)
    work.forge(Payout(case, 1, "family", digest("again")))
    return case


def paid_though_void(work: Casework) -> bytes:
    case = approved(work)
    work.round(case)
    work.ledger.cases.void(PLAN, case, "malicious", reference="void")
    work.forge(Payout(case, 1, "member", digest("payment")))
    return case


def sanctioned_for_an_unvoided_case(work: Casework) -> bytes:
    case = paid(work)
    work.forge(Sanction(CLAIMANT, case, "malicious", 0))
    return case


def voided_before_approved(work: Casework) -> bytes:
    case = disclosed(work)
    work.forge(Void(case, "malicious"))
    return case


def disclosed_for_more_than_asked(work: Casework) -> bytes:
    case = work.attested(work.requested(CLAIMANT))
    forged_disclosure(work, case, AID + 1)
    return case


LIES = [
    Lie("an attestation is invented", invented_attestation, "not signed by the key"),
    Lie("nobody of that name is registered", unregistered, "no institution of this name"),
    Lie("an institution speaks in a role it does not have", in_another_role, "not registered as hospital"),
    Lie("an institution speaks after it was revoked", revoked, "it was revoked"),
    Lie("an institution speaks twice", twice_by_one, "spoken about this case already"),
    Lie("a case is disclosed before it was attested", disclosed_before_attested, "cases.attestations"),
    Lie("a case is disclosed for more than was asked", disclosed_for_more_than_asked, "more than the"),
    Lie("a case is approved within the objection window", approved_early, "cases.objection_days"),
    Lie("a case is approved for more than was disclosed", approved_for_more, "cases.disclosure"),
    Lie("a case is approved against the jury", approved_against_the_jury, "cases.jury_majority_bp"),
    Lie("an objection is passed over", objection_passed_over, "cases.jury"),
    Lie("votes are counted wrong", miscounted, "1 of 3 were cast"),
    Lie("the claimant never asked", unsigned_request, "not signed by the key"),
    Lie("the claimant joined after the diagnosis", after_the_diagnosis, "after the diagnosis", ("diagnosed_day",)),
    Lie("within the waiting period", in_the_waiting_period, "aid.waiting", ("cause", "diagnosed_day", "birth_day")),
    Lie("asked for too late", too_late, "aid.request_within_days", ("diagnosed_day",)),
    Lie("more than the maximum", above_the_maximum, "aid.maxima", ("group", "diagnosed_day", "birth_day")),
    Lie("more than the shown age's maximum", above_the_maximum_of_the_shown_age, "aid.maxima", fields=True),
    Lie("another group is shown", another_disease_group_is_shown, "the request said", ("group",), fields=True),
    Lie("a sanction is in force", sanctioned, "a sanction is in force"),
    Lie("aid is paid before a round shared it", paid_before_shared, "not shared yet"),
    Lie("aid is paid twice", paid_twice, "left to pay"),
    Lie("a void case is paid", paid_though_void, "refunds.void"),
    Lie("a case is voided that was not approved", voided_before_approved, "would have to be approved"),
    Lie("a sanction for a case that was not voided", sanctioned_for_an_unvoided_case, "not voided"),
]
CERTAIN = ("aid.", "after the diagnosis", "the request said")
"""What follows from proven entries alone: then the book is to blame also where the log is not whole."""


def shown(work: Casework, case: bytes, lie: Lie, most: int) -> bytes:
    values = {"more than the shown age's maximum": {"age": 41}, "another group is shown": {"group": "mild"}}
    fields = fields_of(work, case, **values.get(lie.name, {})) if lie.fields else False  # type: ignore[arg-type]
    return file_of(work, case, *lie.opened, fields=fields, most=most)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_a_lie_about_a_case_is_found_out(lie: Lie) -> None:
    work = begun()
    case = lie.tell(work)
    with pytest.raises(RuleBroken, match=lie.says) as caught:
        verify_disclosure(shown(work, case, lie, WHOLE), TRUST)
    assert (caught.value.code, caught.value.exit_code) == ("MC-176", 1)
    certain = lie.says.startswith(CERTAIN)
    with pytest.raises(RuleBroken if certain else RecordIncomplete, match=lie.says) as single:
        verify_disclosure(shown(work, case, lie, SINGLE), TRUST)
    assert single.value.exit_code == 1


DIAGNOSED = [lie for lie in LIES if "diagnosed_day" in lie.opened and lie.tell is not above_the_maximum]


@pytest.mark.parametrize("lie", DIAGNOSED, ids=lambda lie: lie.name)
def test_what_is_not_opened_cannot_be_held_against_the_covenant_and_the_result_says_so(lie: Lie) -> None:
    work = begun()
    found = verify_disclosure(file_of(work, lie.tell(work), fields=False), TRUST)
    assert "closed" in {name for name, _ in found.limits}


def test_one_report_for_two_members_is_found_out_where_the_log_is_whole() -> None:
    work, tag = begun(), digest("a report")
    first = work.requested(2)
    attested_by(work, first, "eyes", "investigator", tag=tag)
    case = work.requested(CLAIMANT)
    attested_by(work, case, "clinic", "hospital", tag=tag)
    for one in (first, case):
        with pytest.raises(RuleBroken, match="the same report stands in another member's case"):
            verify_disclosure(file_of(work, one, fields=False), TRUST)
    assert verify_disclosure(file_of(work, case, fields=False, most=SINGLE), TRUST).complete is False


def test_the_same_report_after_a_refusal_of_ones_own_case_is_no_lie() -> None:
    work, tag = begun(), digest("a report")
    first = work.requested(CLAIMANT)
    work.attest(first, "eyes", "investigator", tag=tag)
    work.ledger.cases.refuse(PLAN, first, "cases.attestations", reference="refused")
    case = work.requested(CLAIMANT, disease="C61")
    work.attest(case, "eyes", "investigator", tag=tag)
    assert verify_disclosure(file_of(work, case, fields=False), TRUST).complete


# --- the money: a chain laid together by hand -------------------------------------------------------


def approval(forge: Forge, slot: int = HER_SLOT, aid: int = 710) -> bytes:
    """The operator of this plan approves by itself; returns the case's name."""
    act: Act = CaseApproval(slot, aid, digest(f"file {forge.height}"))
    return forge.tell(slot, act)


def forged(forge: Forge, case: bytes, **lies: object) -> bytes:
    """The file of a case, its logs whole."""
    record = RecordBundle.from_bytes(forge.record(**lies))  # type: ignore[arg-type]

    def whole(log: list[tuple[object, bytes]]) -> tuple[Logged, ...]:
        return tuple(Logged(at, leaf.to_bytes(), (), data) for at, (leaf, data) in enumerate(log))  # type: ignore[attr-defined]

    claimant = replace(record, events=(), entries=whole(forge.entries))  # type: ignore[arg-type]
    return DisclosureBundle(claimant, case, whole(forge.chain_entries), (), b"", b"").to_bytes()  # type: ignore[arg-type]


def told(
    *,
    aid: int = 710,
    shared: int = 710,
    terms: dict[str, int] | None = None,
    rows: dict[int, dict[str, int]] | None = None,
    as_if: dict[int, dict[str, int]] | None = None,
    approve: bool = True,
    again: bool = False,
    payout: int = 700,
) -> tuple[Forge, bytes]:
    """The story of a case in a plan whose operator approves alone."""
    names: list[bytes] = []

    def first(forge: Forge) -> None:
        act = CaseApproval(HER_SLOT, aid, digest("file"))
        names.append(forge.tell(HER_SLOT, act) if approve else digest("never approved"))
        forge.round(shared, cases=((names[0], shared),), terms=terms, rows=rows, as_if=as_if)

    def second(forge: Forge) -> None:
        if approve and payout:
            forge.tell(HER_SLOT, Payout(names[0], payout, "member", digest("payment")))
        forge.round(500, cases=((names[0] if again else digest("another"), 500),))

    forge = tell(round1=first, round2=second)
    return forge, names[0]


def test_the_honest_story_is_accepted() -> None:
    forge, case = told()
    found = verify_disclosure(forged(forge, case), chains.TRUST)
    assert found.round is not None
    assert (found.state, found.paid, found.round.share, found.round.headcount) == ("shared", 700, 110, 7)


@pytest.mark.parametrize(
    ("lies", "says"),
    [
        ({"terms": {"share": 111}}, "share is stated as 111"),
        ({"terms": {"headcount": 6}}, "headcount is stated as 6"),
        ({"terms": {"fee": 60}}, "fee is stated as 60"),
        ({"terms": {"surplus_in": 7}}, "surplus in|share is stated"),
        ({"terms": {"aid": 720}}, "aid is stated as 720"),
        ({"rows": {HER_SLOT: {"amount": 0}}}, "0 was charged"),
        ({"rows": {HER_SLOT: {"amount": 111}}}, "was due|was charged"),
        ({"aid": 700}, "shares 710 for the case, of which 700 was approved"),
        ({"payout": 711}, "left to pay"),
        ({"again": True}, "an earlier round shared"),
    ],
)
def test_a_lie_about_the_money_is_found_out(lies: dict[str, object], says: str) -> None:
    forge, case = told(**lies)  # type: ignore[arg-type]
    with pytest.raises(RuleBroken, match=says):
        verify_disclosure(forged(forge, case), chains.TRUST)


def test_a_round_that_shares_what_was_never_approved_is_found_out() -> None:
    forge, case = told(approve=False)
    with pytest.raises(RuleBroken, match="a round shares the case, which was not approved"):
        verify_disclosure(forged(forge, case), chains.TRUST)


def test_a_case_that_is_nowhere_is_missing_in_the_file() -> None:
    forge, _ = told()
    with pytest.raises(RecordIncomplete, match="the entry that began the case"):
        verify_disclosure(forged(forge, digest("nothing")), chains.TRUST)


@pytest.mark.parametrize("at", [0, 1], ids=["chain", "plan"])
def test_two_states_in_one_block_are_found_out(at: int) -> None:
    forge, case = told()
    with pytest.raises(RuleBroken, match="each once"):
        verify_disclosure(forged(forge, case, states=twins(at)), chains.TRUST)


def test_a_round_left_out_is_missed() -> None:
    forge, case = told()

    def second(item: chains.Recorded) -> bool:
        return item.leaf.descriptor.schema.name == "charge/1" and item.leaf.descriptor.number == 1

    with pytest.raises(MutualchainError, match=r"missing|account for all") as caught:
        verify_disclosure(forged(forge, case, leave_out=second), chains.TRUST)
    assert caught.value.exit_code == 1


def told_early(names: list[bytes]) -> Forge:
    """A case in a block before the claimant's enrolment; its name comes into ``names``."""

    def early(forge: Forge) -> None:
        forge.step()
        names.append(forge.enter(CaseApproval(HER_SLOT, 710, digest("file")).to_entry(chains.PLAN)))
        keys = [Passport(digest(f"member {slot}")).public_key(chains.ORIGIN, chains.PLAN) for slot in (4, 6)]
        forge.enrol(keys[0], chains.HER_KEY, keys[1])

    return tell(second=early)


def test_whoever_asks_for_aid_has_joined_before() -> None:
    names: list[bytes] = []
    forge = told_early(names)
    with pytest.raises(RuleBroken, match="before she had joined"):
        verify_disclosure(forged(forge, names[0]), chains.TRUST)


def test_another_members_rows_are_not_the_claimants() -> None:
    forge, case = told()
    with pytest.raises(MutualchainError) as caught:
        verify_disclosure(forged(forge, case, slot=4), chains.TRUST)
    assert caught.value.exit_code == 1
    assert not isinstance(caught.value, RuleBroken)
