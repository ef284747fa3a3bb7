"""Rounds in the book: what opens one, what is refused, and rounds out of the ordinary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mutualchain.covenant import announcing
from mutualchain.covenant.acts import Adoption, CaseApproval, Payout, RoundOpening
from mutualchain.covenant.book import Book, CaseState, Difference
from mutualchain.covenant.rounds import RoundTerms
from mutualchain.covenant.stage import Stage
from mutualchain.errors import (
    AidRule,
    AmountError,
    CaseUnknown,
    ChargeMismatch,
    MutualchainError,
    NobodyShares,
    NoRoundOpen,
    OverflowRule,
    PayoutAboveAid,
    PlanExists,
    RoundOpen,
    RoundUnbalanced,
    ShareAboveCap,
    SlotUnknown,
    SnapshotError,
)
from mutualchain.limits import MAX_CASES_PER_ROUND, MAX_CHARGE, MAX_PARAMS, MAX_TOTAL

from .tables import CASE, approve, book, columns_of, opened, sparse, state_of

OTHER = bytes([2]) * 32


def settled(made: Book, aid: int, height: int, name: bytes = CASE, top_up: int = 0) -> Book:
    """One whole round."""
    opened(made, (approve(made, aid, name=name),), height, top_up)
    made.settle(made.result())
    return made


# --- what is refused ----------------------------------------------------------------------------


def rounds_of(made: Book, cases: tuple[bytes, ...] = (CASE,), top_up: int = 0) -> RoundTerms:
    return made.terms(made.begin_capture(1, 1), cases, top_up)


REFUSED: dict[str, tuple[Callable[[], object], type[MutualchainError]]] = {
    "a case that nobody approved": (lambda: rounds_of(book([10])), CaseUnknown),
    "no case and no deficit": (lambda: rounds_of(book([10]), ()), CaseUnknown),
    "a negative top-up": (lambda: rounds_of(with_case(), (CASE,), -1), AmountError),
    "a top-up of true": (lambda: rounds_of(with_case(), (CASE,), True), AmountError),
    "one case twice": (lambda: rounds_of(with_case(), (CASE, CASE)), CaseUnknown),
    "nobody with a balance": (lambda: rounds_of(with_case([0, 0])), NobodyShares),
    "nobody at all": (lambda: rounds_of(with_case([10], exits=[0])), NobodyShares),
    "a share above the cap": (lambda: rounds_of(with_case([10], cap=4)), ShareAboveCap),
    "a share that no row can hold": (
        lambda: rounds_of(with_case([10], aid=MAX_CHARGE + 1, max_aid=2**40)),
        OverflowRule,
    ),
    "no open round to settle": (lambda: book([10]).result(), NoRoundOpen),
    "an unknown slot's balance": (lambda: book([10]).balance(1), SlotUnknown),
    "a negative slot's balance": (lambda: book([10]).balance(-1), SlotUnknown),
    "a second snapshot": (lambda: [made := with_case(), made.begin_capture(1, 1), made.begin_capture(2, 2)], RoundOpen),
    "a snapshot while a round is open": (
        lambda: [made := with_case(), opened(made, (CASE,), 1), made.begin_capture(2, 2)],
        RoundOpen,
    ),
    "a snapshot of the last round's height": (lambda: settled(book([10]), 5, 3).begin_capture(3, 9), SnapshotError),
    "a snapshot of the last round's time": (lambda: settled(book([10]), 5, 3).begin_capture(4, 3), SnapshotError),
    "a second covenant": (lambda: book().check(Adoption(book().covenant.to_bytes()), b""), PlanExists),
    "a case of an unknown member": (lambda: book([10]).check(CaseApproval(1, 5, bytes(32)), CASE), SlotUnknown),
    "a case of no aid": (lambda: book([10]).check(CaseApproval(0, 0, bytes(32)), CASE), AidRule),
    "a case above the maximum": (lambda: book([10], max_aid=5).check(CaseApproval(0, 6, bytes(32)), CASE), AidRule),
    "a case approved twice": (lambda: with_case().check(CaseApproval(0, 5, bytes(32)), CASE), CaseUnknown),
    "a payout of an unknown case": (lambda: book().check(Payout(CASE, 1, "member", bytes(32)), b""), CaseUnknown),
    "a payout before the round": (lambda: with_case().check(Payout(CASE, 1, "member", bytes(32)), b""), CaseUnknown),
    "a payout of nothing": (lambda: paid_out(0), PayoutAboveAid),
    "a negative payout": (lambda: paid_out(-1), PayoutAboveAid),
    "a payout above the aid": (lambda: paid_out(6), PayoutAboveAid),
}


def with_case(deposits: list[int] | None = None, exits: list[int] | None = None, aid: int = 5, **covenant: int) -> Book:
    made = book(deposits or [10], **covenant)
    stage = Stage(made)
    for slot in exits or []:
        stage.exit(slot, 0)
    stage.apply()
    approve(made, aid)
    return made


def paid_out(amount: int) -> None:
    settled(book([10]), 5, 1).check(Payout(CASE, amount, "member", bytes(32)), b"")


@pytest.mark.parametrize(("attempt", "error"), REFUSED.values(), ids=REFUSED)
def test_what_the_covenant_forbids_is_refused(attempt: Callable[[], object], error: type[MutualchainError]) -> None:
    with pytest.raises(error) as caught:
        attempt()
    assert type(caught.value) is error


def test_a_refused_round_leaves_everything_as_it_was() -> None:
    made = with_case([10, 3], cap=2)
    before = state_of(made)
    capture = made.begin_capture(1, 1)
    with pytest.raises(ShareAboveCap):
        made.terms(capture, (CASE,))
    made.cancel_capture()
    assert state_of(made) == before


# --- bounds of the format -----------------------------------------------------------------------


def test_a_round_of_the_largest_share_is_recorded_and_read_back() -> None:
    made = book([MAX_CHARGE] * 2, max_aid=2**40)
    opened(made, (approve(made, 2 * MAX_CHARGE),), 1)
    assert made.open is not None
    assert made.open.terms.share == MAX_CHARGE
    assert RoundTerms.from_bytes(made.open.terms.to_bytes()) == made.open.terms
    assert made.open.columns(0, 2)["amount"].tolist() == [MAX_CHARGE] * 2
    made.settle(made.result())
    assert columns_of(made.members)["balance"] == [0, 0]


def test_more_cases_than_terms_can_name_are_refused() -> None:
    made = book([10])
    names = [number.to_bytes(32, "big") for number in range(MAX_CASES_PER_ROUND + 1)]
    for name in names:
        approve(made, 1, name=name)
    capture = made.begin_capture(1, 1)
    with pytest.raises(OverflowRule, match="at most 5900 cases"):
        made.terms(capture, tuple(names))
    largest = made.terms(capture, tuple(names[1:]))
    sums = dict.fromkeys(("aid", "fee", "surplus_in", "deficit_in", "top_up"), MAX_TOTAL)
    wide = replace(largest, shared=tuple((case, MAX_TOTAL) for case in largest.cases), **sums)  # type: ignore[arg-type]
    assert len(wide.to_bytes()) < MAX_PARAMS
    assert RoundTerms.from_bytes(wide.to_bytes()) == wide


def test_a_surplus_that_no_later_round_could_name_is_refused() -> None:
    made = settled(book([10] * 3), 5, 1, top_up=MAX_TOTAL)
    assert made.surplus == MAX_TOTAL - 5
    approve(made, 5, name=OTHER)
    capture = made.begin_capture(5, 5)
    with pytest.raises(OverflowRule, match="range"):
        made.terms(capture, (OTHER,), MAX_TOTAL)
    assert made.terms(capture, (OTHER,), 10).surplus_in == MAX_TOTAL - 5


def test_aid_and_fee_that_would_leave_too_large_a_deficit_are_refused() -> None:
    made = book([10] * 3, max_aid=MAX_TOTAL // 10_000, fee_bp=9_000)
    names = tuple(number.to_bytes(32, "big") for number in range(5_900))
    for name in names:
        approve(made, MAX_TOTAL // 10_000, name=name)
    capture = made.begin_capture(1, 1)
    with pytest.raises(OverflowRule, match="range"):
        made.terms(capture, names, MAX_TOTAL)


# --- rounds out of the ordinary -----------------------------------------------------------------


def test_a_shortfall_becomes_a_deficit_that_the_next_round_shares_even_without_a_case() -> None:
    made = settled(book([3, 20]), 20, 1)  # 10 each; one has only 3
    assert (made.surplus, made.deficit) == (0, 7)
    assert columns_of(made.members)["balance"] == [0, 10]
    capture = opened(made, (), 5)
    assert made.open is not None
    assert (made.open.terms.share, made.open.terms.headcount, made.open.terms.aid) == (7, 1, 0)
    assert capture.headcount() == 1, "who has nothing left is not covered"
    made.settle(made.result())
    assert (made.surplus, made.deficit, made.rounds) == (0, 0, 2)
    assert columns_of(made.members)["balance"] == [0, 3]


def test_a_surplus_can_make_a_share_of_nothing_and_the_lapsed_stay_out() -> None:
    made = settled(book([10, 10, 0]), 1, 1)  # 1 each of two: a fen too much
    assert made.surplus == 1
    settled(made, 1, 5, name=OTHER)
    assert made.surplus == 0
    assert columns_of(made.members)["balance"] == [9, 9, 0]
    third = bytes([3]) * 32
    opened(made, (approve(made, 2, name=third),), 9, top_up=5)
    assert made.open is not None
    rows = made.open.columns(0, 3)
    assert (rows["amount"].tolist(), rows["status"].tolist()) == ([0, 0, 0], [0, 0, 4])
    assert made.open.totals() == (2, 0)
    assert made.result().surplus_out == 3


def test_when_everybody_has_lapsed_nobody_shares_until_somebody_tops_up() -> None:
    made = settled(book([5, 5]), 10, 1)
    approve(made, 5, name=OTHER)
    capture = made.begin_capture(4, 4)
    with pytest.raises(NobodyShares):
        made.terms(capture, (OTHER,))
    made.cancel_capture()
    stage = Stage(made)
    stage.credit(1, 1)
    stage.apply()
    opened(made, (OTHER,), 5)
    made.settle(made.result())
    assert (columns_of(made.members)["balance"], made.deficit) == ([0, 0], 4)


def test_a_share_equal_to_the_balance_is_paid_in_full() -> None:
    made = book([5, 6, 4])
    opened(made, (approve(made, 15),), 1)
    assert made.open is not None
    assert made.open.columns(0, 3)["status"].tolist() == [0, 0, 1]


def test_a_case_is_paid_out_in_parts_up_to_its_aid() -> None:
    made = settled(book([10] * 2), 7, 1)
    for amount in (3, 4):
        act = Payout(CASE, amount, "hospital", bytes(32))
        made.check(act, b"")
        made.apply(act, b"")
    assert made.cases[CASE] == CaseState(0, 7, 0, 7)
    assert made.totals.payouts == 7
    with pytest.raises(PayoutAboveAid, match="0 of 7"):
        made.check(Payout(CASE, 1, "member", bytes(32)), b"")


def test_a_recorded_entry_is_put_in_force_even_where_it_breaks_a_rule() -> None:
    made = settled(book([10] * 2), 7, 1)
    made.apply(Payout(CASE, 9, "member", bytes(32)), b"")
    made.apply(Payout(OTHER, 2, "member", bytes(32)), b"")
    made.apply(CaseApproval(1, 50, bytes(32)), CASE)
    assert made.cases == {CASE: CaseState(0, 7, 0, 9)}, "a case approved again stays what it was"
    assert made.totals.payouts == 11


def test_opening_a_round_changes_nothing_by_itself() -> None:
    made = with_case()
    before = state_of(made)
    made.apply(RoundOpening(rounds_of(made)), b"")
    made.check(RoundOpening(replace(made.terms(made.capture, (CASE,)), share=0)), b"")  # type: ignore[arg-type]
    made.cancel_capture()
    assert state_of(made) == before


# --- a recorded round, judged -------------------------------------------------------------------

FIELDS: dict[str, object] = {
    "number": 5,
    "snapshot_time_ms": 2,
    "covenant_version": 2,
    "covenant_hash": bytes(32),
    "share": 9,
    "headcount": 3,
    "divisor": 3,
    "aid": 6,
    "fee": 1,
    "surplus_in": 1,
    "deficit_in": 1,
}


def recorded(**changes: object) -> tuple[Book, list[MutualchainError]]:
    """A book after a recorded opening that states these fields otherwise, and what was found."""
    made = with_case([10, 10], fee_bp=0)
    capture = made.begin_capture(1, 1)
    terms = replace(made.terms(capture, (CASE,)), **changes)  # type: ignore[arg-type]
    return made, made.replay_opening(RoundOpening(terms), capture)


def test_a_recorded_opening_that_is_right_has_no_findings() -> None:
    made, found = recorded()
    assert found == []
    assert made.open is not None


@pytest.mark.parametrize(("name", "value"), FIELDS.items())
def test_each_field_of_a_recorded_opening_that_is_wrong_is_named(name: str, value: object) -> None:
    made, found = recorded(**{name: value})
    assert [type(error) for error in found] == [RoundUnbalanced]
    assert found[0].message.startswith(f"{name} is stated as")
    assert "is computed" in found[0].diagnostics()
    assert isinstance(found[0].value, Difference)
    assert str(found[0].value.found) in found[0].message
    assert made.open is not None, "the audit goes on with the round as recorded"


def test_all_wrong_fields_of_a_recorded_opening_are_named() -> None:
    _, found = recorded(**FIELDS)
    assert sorted(error.message.split()[0] for error in found) == sorted(FIELDS)


def test_a_recorded_round_of_no_known_case_is_named_and_followed() -> None:
    made, found = recorded(shared=((OTHER, 5),))
    assert [type(error) for error in found] == [CaseUnknown]
    made.settle(made.settlement()[0])
    assert made.rounds == 1
    assert made.cases[CASE].round is None


def test_figures_that_nobody_can_compute_with_are_named() -> None:
    made = with_case([10, 10])
    made.surplus = MAX_TOTAL + 1
    capture = made.begin_capture(1, 1)
    terms = RoundTerms(0, 1, 1, 1, made.covenant.hash, 3, 2, 2, 5, 0, 0, 0, 0, 0, ((CASE, 5),))
    assert [type(error) for error in made.replay_opening(RoundOpening(terms), capture)] == [AmountError]


def test_a_recorded_opening_without_its_snapshot_or_in_an_open_round_opens_nothing() -> None:
    made = with_case()
    capture = made.begin_capture(1, 1)
    opening = RoundOpening(made.terms(capture, (CASE,)))
    assert [type(error) for error in made.replay_opening(opening, None)] == [SnapshotError]
    assert made.open is None
    assert made.replay_opening(opening, capture) == []
    assert [type(error) for error in made.replay_opening(opening, capture)] == [RoundOpen]


def test_a_settlement_with_wrong_terms_says_so() -> None:
    made, _ = recorded(share=9)
    result, found = made.settlement()
    assert found
    assert result.due == 18
    with pytest.raises(RoundUnbalanced):
        made.result()


def test_charge_rows_without_an_open_round_are_refused() -> None:
    found = book([10]).charge_violations(0, sparse("credit/1", [(0, 1, 0)]))
    assert [type(error) for error in found] == [NoRoundOpen]


def test_many_wrong_charge_rows_are_counted_and_not_all_spelled_out() -> None:
    made = book([10] * 300)
    opened(made, (approve(made, 300),), 1)
    assert made.open is not None
    rows = {name: column.copy() for name, column in made.open.columns(50, 300).items()}
    rows["amount"][20:] = 2
    found = made.charge_violations(50, rows)
    assert len(found) == 101
    assert {type(error) for error in found} == {ChargeMismatch}
    assert (found[0].place, found[-1].place) == ("slot 70", "slots 50 to 299")
    assert found[-1].message == "130 more rows differ"
    assert made.charge_violations(50, made.open.columns(50, 300)) == []
    assert "beyond slot 299" in made.charge_violations(51, rows)[0].message


def test_what_a_finding_shows_of_hashes_and_cases_is_short() -> None:
    assert announcing._shown(bytes(32)) == "0" * 16
    assert announcing._shown(((CASE, 5), (OTHER, 7))) == f"{CASE.hex()[:16]}: 5, {OTHER.hex()[:16]}: 7"
    assert announcing._shown(((CASE, 5),) * 4).endswith(": 5, ...")
    assert announcing._shown(7) == "7"
