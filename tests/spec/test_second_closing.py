"""A plan's end by SPEC.md alone: refunds of whole rounds, rounds borne by the operator, the statement's figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mutualchain.covenant.acts import ClosingNotice, ClosingStatement
from mutualchain.covenant.closing import Statement, statement_of
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.refunds import RefundTerms
from mutualchain.covenant.sections import Advances, Aid, Calendar, Cases, Closing, Fee, Maximum, Refunds
from mutualchain.covenant.statements import exit_message
from mutualchain.errors import MutualchainError
from tests.ledger.casework import Casework, sign
from tests.ledger.world import ORIGIN, PLAN, TRUST, digest
from tests.spec.files import chain_value
from tests.spec.second import Refused, Trust
from tests.spec.second_chain import Chain

FIGURES = [item.name for item in fields(Statement)]


def rules(**changes: Any) -> Covenant:
    sections: dict[str, Any] = {"cases": Cases(request="operator"), "calendar": Calendar(), "fee": Fee(bp=800)}
    sections |= {"aid": Aid(maxima=(Maximum(10_000),)), "advances": Advances(by="operator")}
    return Covenant("Demo", **sections | changes)


class Ending(Casework):
    """A plan that ends. What an honest ledger refuses is not done; what is forged is done all the same."""

    def __init__(self, covenant: Covenant, deposit: int = 10_000) -> None:
        super().__init__(covenant, deposit=deposit)
        self.known: list[bytes] = []
        self.closing = b""

    def tried(self, call: Callable[..., Any], *args: Any, **more: Any) -> Any:
        try:
            return call(*args, reference=self.reference(), **more)
        except MutualchainError:
            return None

    def approve(self, slot: int, aid: int) -> None:
        ack = self.tried(self.ledger.approve_case, PLAN, slot=slot, aid=aid, file_hash=digest("file", self.said))
        if ack is not None:
            self.known.append(ack.digest)

    def share(self, slot: int, aid: int) -> None:
        self.approve(slot, aid)
        if self.known and self.tried(self.ledger.open_round, PLAN, self.known[-1:]):
            self.tried(self.ledger.settle_round, PLAN)

    def pay(self, slot: int, aid: int) -> None:
        if self.known:
            case = self.known[slot % len(self.known)]
            self.tried(self.ledger.pay_out, PLAN, case, aid, payee="member", payment=digest("payment"))

    def void(self, slot: int, aid: int) -> None:
        if self.known:
            self.tried(self.ledger.cases.void, PLAN, self.known[slot % len(self.known)], "malicious")

    def refund(self, slot: int, aid: int) -> None:
        if self.known:
            self.tried(self.ledger.money.refund, PLAN, self.known[slot % len(self.known)])

    def fund(self, slot: int, aid: int) -> None:
        self.tried(self.ledger.money.fund, PLAN, aid, source="operator", payment=digest("fund", self.said))

    def leave(self, slot: int, aid: int) -> None:
        seq = self.ledger.next_seq(PLAN, slot)
        signature = sign(slot, exit_message(self.ledger.chain, PLAN, slot, seq, 0))
        self.tried(self.ledger.exit, PLAN, slot, seq=seq, signature=signature, reason=0)

    def announce(self, slot: int, aid: int) -> None:
        ack = self.tried(self.ledger.announce_closing, PLAN, digest("announcement"))
        self.closing = ack.digest if ack is not None else self.closing

    def later(self, slot: int, aid: int) -> None:
        self.wait(1 + slot)

    def give_back(self, slot: int, aid: int) -> None:
        if self.closing:
            self.tried(self.ledger.money.refund, PLAN, self.closing)

    def end(self, slot: int, aid: int) -> None:
        self.tried(self.ledger.end_plan, PLAN)

    # --- an operator who ends it as it likes --------------------------------------------------

    def false_end(self, slot: int, aid: int) -> None:
        figures = statement_of(self.ledger.book(PLAN))
        name = FIGURES[aid % len(FIGURES)]
        by = slot - 5  # 0: the true one, perhaps too early
        self.forge(ClosingStatement(replace(figures, **{name: getattr(figures, name) + by}).to_bytes()))

    def false_refund(self, slot: int, aid: int) -> None:
        book = self.ledger.book(PLAN)
        name = self.closing or (self.known[0] if self.known else b"")
        if name and book.rounds:
            number = min(slot, book.rounds - 1)
            done = book.done[number]
            terms = RefundTerms(name, number, (done.aid + done.fee) * (aid % 3) // 2, max(done.aid + done.fee, 1))
            with mock.patch("mutualchain.covenant.book.refund_terms", return_value=terms):
                self.tried(self.ledger.money.refund, PLAN, name)

    def false_notice(self, slot: int, aid: int) -> None:
        self.closing = self.forge(ClosingNotice(digest("again", aid)))

    # --- both verifiers -----------------------------------------------------------------------

    def codes(self) -> set[str]:
        """What the library's replay finds."""
        return {error.code for error in self.violations()}

    def second(self) -> str:
        """What the second verifier stops at; empty for nothing."""
        with self.ledger.read() as archive:
            value = chain_value(archive, ORIGIN, PLAN)
        try:
            Chain(value, Trust(TRUST.format()))
        except Refused as refused:
            return refused.code
        return ""


HONEST = "approve share share pay void refund fund leave later announce give_back end".split()
FORGED = "false_end false_refund false_notice".split()
STEPS = st.lists(
    st.tuples(st.sampled_from([*HONEST, *FORGED]), st.integers(0, 9), st.sampled_from([1, 7, 500, 540, 1_000, 5_000])),
    min_size=4,
    max_size=16,
)
COVENANTS = st.builds(
    rules,
    closing=st.builds(Closing, request_days=st.sampled_from([0, 0, 3]), refund=st.sampled_from(["shares", "balances"]),
                      borne_rounds=st.integers(0, 2)),
    refunds=st.builds(Refunds, void=st.sampled_from(["shares", "surplus"])),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(COVENANTS, STEPS)
def test_both_give_the_same_verdict_on_plans_that_end_somehow(
    covenant: Covenant, steps: list[tuple[str, int, int]]
) -> None:
    work = Ending(covenant)
    for name, slot, aid in steps:
        getattr(work, name)(slot, aid)
    codes, second = work.codes(), work.second()
    assert (second in codes) if codes else not second, (codes, second)


def told(covenant: Covenant, *steps: str) -> Ending:
    """Steps in a row: a name, perhaps with a slot and an amount."""
    work = Ending(covenant)
    for step in steps:
        name, *numbers = step.split()
        slot, aid = map(int, numbers or (1, 500))
        getattr(work, name)(slot, aid)
    return work


SHARES = rules(closing=Closing(request_days=0, refund="shares", borne_rounds=1))
BALANCES = rules(closing=Closing(request_days=3, refund="balances"))
DOWN = ("share 1 500", "pay 0 500", "share 2 1000", "void 1 1", "refund 1 1", "announce", "share 3 700", "pay 2 700")
STORIES = {
    "all shares back": (SHARES, (*DOWN, *["give_back"] * 4, "fund 0 540", "end"), "", True),
    "balances kept": (BALANCES, ("share", "pay", "leave 4 0", "announce", "later 3 0", "end"), "", True),
    "an end that is not announced": (BALANCES, ("false_end 5 0",), "MC-361", False),
    "an end before its day": (BALANCES, ("announce", "false_end 5 0"), "MC-361", False),
    "an end with aid unpaid": (
        SHARES, ("share", "announce", "give_back", "fund 0 540", "false_end 5 0"), "MC-361", False,
    ),
    "an end before shares came back": (SHARES, ("share", "pay", "announce", "false_end 5 0"), "MC-361", False),
    "an end with a case that waits": (SHARES, ("approve", "announce", "false_end 5 0"), "MC-361", False),
    "two announcements": (SHARES, ("announce", "false_notice"), "MC-361", False),
    "two ends": (SHARES, ("announce", "end", "false_end 5 0"), "MC-360", False),
    "a round given back twice": (
        SHARES, ("share", "pay", "announce", "give_back", "false_refund 0 2"), "MC-304", False,
    ),
    "a round given back in part": (SHARES, ("share", "pay", "announce", "false_refund 0 1"), "MC-304", False),
    "rounds given back in another order": (
        SHARES, ("share", "share", "announce", "false_refund 1 5"), "MC-304", False,
    ),
    "shares given back where balances are": (
        BALANCES, ("share", "announce", "later 5 0", "false_refund 0 5"), "MC-304", False,
    ),
    "shares given back too early": (
        rules(closing=Closing(request_days=9, refund="shares")),
        ("share", "announce", "false_refund 0 5"),
        "MC-304", False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
def test_both_say_the_same_of_a_plan_s_end(name: str) -> None:
    covenant, steps, code, ended = STORIES[name]
    work = told(covenant, *steps)
    assert work.second() == code
    assert (code in work.codes()) if code else not work.codes()
    closing = work.ledger.book(PLAN).closing
    assert not ended or (closing is not None and closing.final_ms >= 0)


@pytest.mark.parametrize("figure", FIGURES)
def test_no_figure_of_a_statement_can_be_another(figure: str) -> None:
    work = told(SHARES, *DOWN, *["give_back"] * 4, "fund 0 540")
    true = statement_of(work.ledger.book(PLAN))
    work.forge(ClosingStatement(replace(true, **{figure: getattr(true, figure) + 1}).to_bytes()))
    assert work.second() == "MC-362"
    assert work.codes() == {"MC-362"}


def test_the_first_rounds_after_the_announcement_are_the_operators() -> None:
    work = told(rules(closing=Closing(request_days=9, borne_rounds=1)), "share", "announce")
    before = work.ledger.balance(PLAN, 7)
    work.share(2, 700)
    assert work.ledger.balance(PLAN, 7) == before
    work.share(3, 900)
    assert work.ledger.balance(PLAN, 7) < before
    assert (work.codes(), work.second()) == (set(), "")
    with mock.patch("mutualchain.covenant.closing.Closing.bears", return_value=False):
        other = told(rules(closing=Closing(request_days=9, borne_rounds=1)), "share", "announce", "share 2 700")
    assert other.codes() == {"MC-097"}
    assert other.second() == "MC-097"
