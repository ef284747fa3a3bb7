"""An operator that signs what its covenant forbids: each breach is found in the block that holds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mutualchain.audit import Breach, Verdict
from mutualchain.block.entry import Entry
from mutualchain.covenant.rounds import RoundTerms
from mutualchain.tlog import ed25519
from tests.audit.operator import EXITED, PAID, PARTIAL, PLAN, START_MS, Operator, seed_of
from tests.audit.story import audit, shown

Row = tuple[int, int, int]
Rows = list[Row]


def begin(**covenant: int) -> Operator:
    """Twenty members with 1,000 each, so that a case of 200 costs 10."""
    operator = Operator(**covenant)
    operator.enrol([1_000] * 20)
    return operator


def go_on(operator: Operator) -> None:
    """An honest round and a credit afterwards: what went wrong before must not make them look wrong."""
    operator.round([operator.case(1, 400)])
    operator.credit([(3, 5)])


def row(slot: int, value: Row) -> Callable[[Rows], None]:
    return lambda rows: rows.__setitem__(slot, value)


def unequal(o: Operator) -> None:
    o.open([o.case(1, 200)])
    o.settle(change=row(7, (12, PAID, 0)))


def favoured(o: Operator) -> None:
    o.open([o.case(1, 200)])
    o.settle(change=row(7, (8, PARTIAL, 0)))


def left_out(o: Operator) -> None:
    o.open([o.case(1, 200)])
    o.settle(change=row(7, (0, EXITED, 0)))


def wrong_share(o: Operator) -> None:
    o.round([o.case(1, 200)], share=12)


def secret_fee(o: Operator) -> None:
    o.round([o.case(1, 200)], fee=20, share=11)


def lost_surplus(o: Operator) -> None:
    o.open([o.case(1, 201)])
    o.settle(keep=19)


def shaved(o: Operator) -> None:
    o.round([o.case(1, 200)], headcount=10, share=20)


def padded(o: Operator) -> None:
    o.round([o.case(1, 200)], headcount=25, share=8)


def padded_rows(o: Operator) -> None:
    o.open([o.case(1, 200)])
    book = o.plans[PLAN]
    book.balances += [0] * 5
    o.settle(change=lambda rows: rows.extend([(10, PAID, 0)] * 5))
    del book.balances[20:]


def fewer_events(o: Operator) -> None:
    o.credit([(3, 5)] * 3)
    o.open([o.case(1, 200)])
    o.settle(change=row(3, (10, PAID, 2)))


def other_terms(o: Operator) -> None:
    o.open([o.case(1, 200)])
    opened = o.plans[PLAN].open
    assert opened is not None
    o.settle(terms=replace(opened[0], snapshot_time_ms=opened[0].snapshot_time_ms + 1))


def double_payout(o: Operator) -> None:
    case = o.case(1, 200)
    o.round([case])
    o.pay(case, 200)
    o.pay(case, 200)


def generous_payout(o: Operator) -> None:
    case = o.case(1, 200)
    o.round([case])
    o.pay(case, 201)


def early_payout(o: Operator) -> None:
    o.pay(o.case(1, 200), 200)


def shared_twice(o: Operator) -> None:
    case = o.case(1, 200)
    o.round([case])
    o.round([case])


def named_twice(o: Operator) -> None:
    case = o.case(1, 200)
    o.round([case, case])


def conjured_case(o: Operator) -> None:
    o.plans[PLAN].aid[b"x" * 32] = 200
    o.round([b"x" * 32])


def backdated(o: Operator) -> None:
    o.credit([(1, 5)])
    book, first = o.plans[PLAN], o.state().slots
    columns = {"key": [b"k" * 32], "commitment": [b"c" * 32], "deposit": [1_000], "since_day": [0]}
    for column, value in ((book.balances, 1_000), (book.seqs, 0), (book.events, 0)):
        column.append(value)
    book.exited.append(False)
    o.commit(sheets=[o.sheet("enrolment/1", columns, first=first)], time_ms=START_MS + 1)


def wrong_number(o: Operator) -> None:
    with o.pretending(numbers=(("credit/1", 5), ("enrolment/1", 1))):
        o.credit([(1, 5)])


def wrong_first_slot(o: Operator) -> None:
    with o.pretending(slots=30):
        o.enrol([1_000])


def shaved_counter(o: Operator) -> None:
    with o.pretending(slots=10):
        o.case(1, 200)


def charge_unannounced(o: Operator) -> None:
    book = o.plans[PLAN]
    case = o.case(1, 200)
    shared = ((case, 200),)
    terms = RoundTerms(0, o.height, o.now + 500, 1, book.covenant.hash, 10, 20, 20, 200, 0, 0, 0, 0, 0, shared)
    book.open = (terms, [(10, PAID, count) for count in book.events])
    book.events = [0] * 20
    o.settle()


def opened_twice(o: Operator) -> None:
    case = o.case(1, 200)
    o.open([case])
    first = o.plans[PLAN].open
    o.open([case])
    o.plans[PLAN].open = first
    o.settle()


def no_seq(o: Operator) -> None:
    o.plans[PLAN].seqs[4] = 3
    o.credit([(4, 10)])
    o.withdraw(4, 10)


def no_seq_in_bulk(o: Operator) -> None:
    o.plans[PLAN].seqs[4] = 3
    o.credit([(5, 1)] * 200 + [(6, 3)] * 200 + [(7, 1)] * 200 + [(4, 1)])


def after_exit(o: Operator) -> None:
    o.leave(4)
    o.credit([(4, 10)])


def unknown_slot(o: Operator) -> None:
    book = o.plans[PLAN]
    for column in (book.balances, book.seqs, book.events):
        column.append(0)
    o.credit([(20, 10)])
    for column in (book.balances, book.seqs, book.events):
        column.pop()


BROKEN: dict[str, tuple[Callable[[Operator], object], dict[str, int], list[tuple[str, str]]]] = {
    "an unequal charge": (unequal, {}, [("MC-097", "block 5, sheet 0"), ("MC-098", "block 5, sheet 0, slot 7")]),
    "one who pays less": (favoured, {}, [("MC-097", "block 5, sheet 0"), ("MC-098", "block 5, sheet 0, slot 7")]),
    "one left out": (
        left_out,
        {},
        [("MC-097", "block 5, sheet 0"), ("MC-097", "block 5, sheet 0"), ("MC-098", "block 5, sheet 0, slot 7")],
    ),
    "a wrong share": (wrong_share, {}, [("MC-097", "block 4, entry 0, round 1")]),
    "a secret fee": (secret_fee, {}, [("MC-097", "block 4, entry 0, round 1")] * 2),
    "a lost surplus": (lost_surplus, {}, [("MC-097", "block 7, entry 0, round 2")]),
    "a shaved headcount": (shaved, {}, [("MC-097", "block 4, entry 0, round 1")] * 3),
    "a padded headcount": (padded, {}, [("MC-097", "block 4, entry 0, round 1")] * 3),
    "rows of nobody": (
        padded_rows,
        {},
        [*[("MC-097", "block 5, sheet 0")] * 3, ("MC-098", "block 5, sheet 0, slot 0")],
    ),
    "an events counter too small": (fewer_events, {}, [("MC-098", "block 6, sheet 0, slot 3")]),
    "other terms than announced": (other_terms, {}, [("MC-097", "block 5, sheet 0")]),
    "a payout made twice": (double_payout, {}, [("MC-095", "block 7, entry 0")]),
    "a payout above the aid": (generous_payout, {}, [("MC-095", "block 6, entry 0")]),
    "a payout before the round": (early_payout, {}, [("MC-094", "block 4, entry 0")]),
    "a case shared twice": (shared_twice, {}, [("MC-094", "block 6, entry 0")]),
    "a case named twice": (named_twice, {}, [("MC-094", "block 4, entry 0")]),
    "a case that nobody approved": (conjured_case, {}, [("MC-094", "block 3, entry 0")]),
    "a key in two slots": (
        lambda o: o.enrol([1_000], keys=[ed25519.public_key_of(seed_of(3))]),
        {},
        [("MC-084", f"plan {PLAN}, slot 20")],
    ),
    "a weak key": (lambda o: o.enrol([1_000], keys=[bytes(32)]), {}, [("MC-102", "block 3, sheet 0, slot 20")]),
    "a backdated enrolment": (backdated, {}, [("MC-067", "block 4")]),
    "a wrong number": (wrong_number, {}, [("MC-064", "block 3")]),
    "a wrong first slot": (wrong_first_slot, {}, [("MC-064", "block 3")]),
    "a counter shaved in a header": (shaved_counter, {}, [("MC-064", f"block 3, plan {PLAN!r}")]),
    "a withdrawal that she did not sign": (
        lambda o: o.withdraw(4, 10, seed=b"z" * 32),
        {},
        [("MC-088", "block 3, sheet 0, row 0 (slot 4)")],
    ),
    "a withdrawal for another reason than she signed": (
        lambda o: o.withdraw(4, 10, told=2),
        {},
        [("MC-088", "block 3, sheet 0, row 0 (slot 4)")],
    ),
    "an exit that she did not sign": (
        lambda o: o.leave(4, seed=b"z" * 32),
        {},
        [("MC-088", "block 3, sheet 0, row 0 (slot 4)")],
    ),
    "a withdrawal above the balance": (
        lambda o: o.withdraw(4, 5_000),
        {},
        [("MC-086", "block 3, sheet 0, row 0 (slot 4)")],
    ),
    "a running number left out": (no_seq, {}, [("MC-087", "block 3, sheet 0, row 0 (slot 4)")]),
    "one left out in bulk": (no_seq_in_bulk, {}, [("MC-087", "block 3, sheet 0, row 600 (slot 4)")]),
    "a credit after an exit": (after_exit, {}, [("MC-089", "block 4, sheet 0, row 0 (slot 4)")]),
    "a credit for nobody": (unknown_slot, {}, [("MC-083", "block 3, sheet 0, row 0 (slot 20)")]),
    "a deposit too low": (lambda o: o.enrol([5]), {}, [("MC-085", "block 3, sheet 0, slot 20")]),
    "aid above the most": (lambda o: o.round([o.case(1, 700)]), {"max_aid": 500}, [("MC-101", "block 3, entry 0")]),
    "a share above the cap": (
        lambda o: o.round([o.case(1, 700)]),
        {"cap": 30},
        [("MC-092", "block 4, entry 0")],
    ),
    "a case of nobody": (
        lambda o: o.round([o.case(55, 200, notice=False)]),
        {},
        [("MC-083", "block 3, entry 0"), ("MC-338", f"block 3, plan {PLAN}, slot 55")],
    ),
    "an early snapshot": (
        lambda o: o.round([o.case(1, 200)], snapshot_height=2),
        {},
        [("MC-099", "block 4, entry 0, round 1"), *[("MC-098", f"block {at}, sheet 0, slot 1") for at in (5, 8)]],
    ),
    "a snapshot yet to come": (
        lambda o: o.round([o.case(1, 200)], snapshot_height=50),
        {},
        [("MC-099", "block 4, entry 0, round 1")],
    ),
    "a snapshot at another time": (
        lambda o: o.round([o.case(1, 200)], snapshot_time_ms=START_MS),
        {},
        [("MC-099", "block 4, entry 0, round 1")],
    ),
    "a round's number": (
        lambda o: o.round([o.case(1, 200)], number=4),
        {},
        [("MC-097", "block 4, entry 0, round 5")],
    ),
    "a charge that nobody announced": (charge_unannounced, {}, [("MC-091", "block 4, sheet 0")]),
    "a round opened twice": (opened_twice, {}, [("MC-090", "block 4"), ("MC-090", "block 5, entry 0")]),
    "a malformed payout": (
        lambda o: o.commit([Entry(PLAN, "payout", {"slot": 1})]),
        {},
        [("MC-060", "block 3, entry 0")],
    ),
    "a second covenant": (
        lambda o: o.commit([Entry(PLAN, "plan", {"covenant": o.plans[PLAN].covenant.to_bytes(), "version": 1})]),
        {},
        [("MC-100", "block 3, entry 0")],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_signed_breach_is_found_where_it_is_and_nothing_else(name: str) -> None:
    breach, covenant, wanted = BROKEN[name]
    operator = begin(**covenant)
    breach(operator)
    go_on(operator)
    report = audit(operator)
    assert shown(report) == wanted
    assert (report.verdict, report.exit_code) == (Verdict.TAMPERED, 1)
    assert {finding.breach for finding in report.findings} == {Breach.RULE}


@pytest.mark.parametrize(
    ("breach", "expected", "found"),
    [
        (unequal, "200", "202"),
        (wrong_share, "10", "12"),
        (lost_surplus, "19", "0"),
        (fewer_events, "amount 10, status 0, events 3", "amount 10, status 0, events 2"),
        (shaved_counter, "20", "10"),
    ],
)
def test_a_finding_shows_what_should_be_and_what_is(
    breach: Callable[[Operator], object], expected: str, found: str
) -> None:
    operator = begin()
    breach(operator)
    go_on(operator)
    finding = audit(operator).findings[0]
    assert (finding.expected, finding.found) == (expected, found)


def test_several_breaches_are_all_reported() -> None:
    operator = begin()
    for breach in (lost_surplus, unequal, double_payout):
        breach(operator)
    operator.withdraw(4, 10, seed=b"z" * 32)
    operator.enrol([1_000], keys=[ed25519.public_key_of(seed_of(3))])
    go_on(operator)
    codes = [code for code, _ in shown(audit(operator))]
    assert codes == ["MC-097", "MC-097", "MC-098", "MC-095", "MC-088", "MC-084"]


def test_what_is_wrong_everywhere_does_not_hide_what_is_wrong_once() -> None:
    operator = Operator()
    operator.enrol([1_000] * 2_000)
    operator.open([operator.case(1, 2_000)])
    operator.settle(change=lambda rows: rows.__setitem__(slice(0, 2_000), [(2, PAID, 0)] * 2_000))
    operator.withdraw(4, 10, seed=b"z" * 32)
    report = audit(operator)
    codes = [code for code, _ in shown(report)]
    assert codes.count("MC-098") == 20
    assert codes.count("MC-088") == 1
    assert report.dropped == 81
    assert report.more == (("MC-098", "block 5, sheet 0", 81),)
    assert report.plans[0].balances == sum(operator.plans[PLAN].balances)
