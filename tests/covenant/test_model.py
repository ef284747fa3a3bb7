"""The book against a slow reference: any history of joins, money, rounds and attempts at what is forbidden.

Whatever the machine does is done to both, which must agree on what is refused, by which class, and on everything that
is kept. In the end all that was recorded is replayed into new books, row by row and column by column.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mutualchain.covenant import capture as capture_module
from mutualchain.covenant import replay
from mutualchain.covenant.acts import Act, CaseApproval, Payout, RoundOpening
from mutualchain.covenant.book import Book
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.rounds import RoundTerms
from mutualchain.covenant.stage import Stage
from mutualchain.errors import ChargeMismatch, MutualchainError
from mutualchain.sheet import Columns

from .reference import CODES, CREDIT, Plan, Rules, outcome
from .tables import as_slots, columns_of, enrolments, sparse, state_of, state_of_reference

ORDER = ("enrolment/1", "withdrawal/1", "exit/1", "credit/1", "notice/1")
AMOUNTS = st.sampled_from(["all", "all and one", 0, -1, 1, 2, 5, 20, 100, CREDIT, CREDIT + 1])
EVENTS = st.tuples(st.sampled_from(ORDER), st.integers(0, 40), AMOUNTS, st.sampled_from([0] * 8 + [1, -1]))
PICK = st.integers(0, 1_000)
Recorded = tuple[str, Any]


class Histories(RuleBasedStateMachine):
    book: Book
    plan: Plan
    recorded: list[Recorded]

    @initialize(
        prepay=st.integers(0, 12),
        cap=st.sampled_from([0, 0, 3, 8, 40]),
        fee=st.sampled_from([0, 0, 800, 1_234, 10_000]),
        up=st.booleans(),
        deposits=st.lists(st.integers(0, 30), max_size=12),
    )
    def begin(self, prepay: int, cap: int, fee: int, up: bool, deposits: list[int]) -> None:
        rounding = "up" if up else "down"
        covenant = Covenant("Demo", prepay=prepay, max_aid=150, fee_bp=fee, fee_rounding=rounding, cap=cap)
        self.book = Book("demo", covenant, 1)
        self.plan = Plan(Rules(prepay, 150, fee, up, cap))
        self.recorded = [("nothing", None)]
        self.enrol_many([deposit for deposit in deposits if deposit >= prepay] or [20])

    @property
    def height(self) -> int:
        return len(self.recorded) - 1

    def agree(self, mine: Callable[[], object], theirs: Callable[[], object]) -> object:
        """Both attempts come to the same; what the reference returns."""
        wanted = outcome(theirs)
        assert outcome(mine) == wanted
        return wanted

    # --- joins and money ----------------------------------------------------------------------

    @rule(deposits=st.lists(st.sampled_from([12, 15, 20, 30, 30, 2**32 - 1, 11, 0]), min_size=1, max_size=5))
    def enrol_many(self, deposits: list[int]) -> None:
        columns = enrolments(deposits)
        found = replay.enrolment_violations(self.book, columns)
        low = [deposit for deposit in deposits if deposit < self.plan.rules.prepay]
        assert len(found) == len(low)
        if not low:
            replay.apply_enrolments(self.book, columns)
            for deposit in deposits:
                self.plan.enrol(deposit)
            self.recorded.append(("enrolment/1", columns))

    @rule(events=st.lists(EVENTS, min_size=1, max_size=8), fails=st.integers(0, 9))
    def group(self, events: list[tuple[str, int, int | str, int]], fails: int) -> None:
        before = copy.deepcopy(self.plan)
        stage, rows = Stage(self.book), {name: [] for name in ORDER}  # type: ignore[var-annotated]
        self.plan.begin_group()
        for name, slot, amount, off in sorted(events, key=lambda event: ORDER.index(event[0])):
            row = self.stage_one(stage, name, slot, amount, off)
            if row is not None:
                rows[name].append(row)
        assert stage.sparse == sum(len(rows[name]) for name in ORDER[1:])
        if fails == 0:  # the commit failed: the stage is dropped
            self.plan = before
            return
        stage.apply()
        for name in ORDER:
            if rows[name] and name == "enrolment/1":
                self.recorded.append((name, enrolments([amount for _, amount, _ in rows[name]])))
            elif rows[name]:
                self.recorded.append((name, sparse(name, rows[name])))

    def stage_one(self, stage: Stage, name: str, slot: int, amount: int | str, off: int) -> tuple[int, int, int] | None:
        """Stage one event in both; its row, if it is allowed."""
        plan = self.plan
        slot = slot % plan.known if slot < 38 else plan.known + slot - 39
        there = slot < plan.known
        if isinstance(amount, str):
            free = plan.members[slot].balance - plan.reserved(slot) if there else 5
            amount = free + (amount == "all and one")
        if name == "enrolment/1":
            found = self.agree(lambda: stage.enrol(amount), lambda: plan.enrol(amount))
            return (0, amount, 0) if isinstance(found, int) else None
        seq = (plan.members[slot].seq if there else 0) + off
        assert outcome(lambda: stage.next_seq(slot)) == outcome(lambda: plan._member(slot).seq)
        if name == "withdrawal/1":
            found = self.agree(lambda: stage.withdraw(slot, amount, seq), lambda: plan.withdraw(slot, amount, seq))
        elif name == "exit/1":
            found = self.agree(lambda: stage.exit(slot, seq), lambda: plan.exit(slot, seq))
        elif name == "credit/1":
            given = None if off == 0 and amount == 5 else seq
            found = self.agree(lambda: stage.credit(slot, amount, given), lambda: plan.credit(slot, amount, given))
        else:
            given = None if off == 0 and amount == 5 else seq
            found = self.agree(lambda: stage.notice(slot, given), lambda: plan.notice(slot, given))
        return (slot, amount, found) if isinstance(found, int) else None

    @rule(
        picks=st.lists(
            st.tuples(PICK, st.sampled_from([1, 7, 30, 30, CREDIT, CREDIT + 1, 0])), min_size=1, max_size=12
        ),
        unknown=st.integers(0, 9),
        off=st.integers(0, 9),
    )
    def credit_many(self, picks: list[tuple[int, int]], unknown: int, off: int) -> None:
        count = len(self.plan.members)
        slots = [pick % count for pick, _ in picks]
        numbers = replay.next_numbers(self.book, as_slots(slots)).tolist()
        rows = [(slot, amount, seq) for slot, (_, amount), seq in zip(slots, picks, numbers, strict=True)]
        if unknown == 0:
            rows[-1] = (count + 1, 5, 0)
        if off == 0:
            rows[0] = (rows[0][0], rows[0][1], rows[0][2] + 1)
        self.credit_columns(rows)

    @rule(pick=PICK, times=st.sampled_from([100, 250, 255, 256]))
    def credit_one_over_and_over(self, pick: int, times: int) -> None:
        slot = pick % len(self.plan.members)
        seq = self.plan.members[slot].seq
        self.credit_columns([(slot, 1, seq + number) for number in range(times)])

    def credit_columns(self, rows: list[tuple[int, int, int]]) -> None:
        columns = sparse("credit/1", rows)
        found = replay.credit_violations(self.book, columns)
        wanted = self.plan.credit_many(rows)
        assert {type(error) for error in found} == wanted
        if not wanted:
            replay.apply_credits(self.book, columns)
            self.recorded.append(("credit/1", columns))

    # --- cases and rounds ---------------------------------------------------------------------

    @rule(pick=PICK, aid=st.sampled_from([0, 1, 10, 49, 100, 150, 151]), again=st.integers(0, 9))
    def approve(self, pick: int, aid: int, again: int) -> None:
        act = CaseApproval(pick % (len(self.plan.members) + 1), aid, bytes(32))
        name = (0 if again == 0 else len(self.plan.cases)).to_bytes(32, "big")
        if self.agree(lambda: self.book.check(act, name), lambda: self.plan.approve(name, act.slot, aid)) is None:
            self.put(act, name)

    @rule(pick=PICK, amount=st.sampled_from([0, -1, 1, 20, 50, 150]))
    def pay_out(self, pick: int, amount: int) -> None:
        act = Payout((pick % (len(self.plan.cases) + 1)).to_bytes(32, "big"), amount, "member", bytes(32))
        if self.agree(lambda: self.book.check(act, b""), lambda: self.plan.pay_out(act.case, amount)) is None:
            self.put(act, b"")

    def put(self, act: Act, name: bytes) -> None:
        self.book.apply(act, name)
        self.recorded.append(("entry", (act, name)))

    def take_snapshot(self) -> None:
        def mine() -> None:
            self.book.begin_capture(self.height, self.height)

        self.agree(mine, self.plan.take_snapshot)

    @precondition(lambda self: self.plan.snapshot is None and self.plan.round is None)
    @rule()
    def take_the_snapshot(self) -> None:
        self.take_snapshot()

    @precondition(lambda self: self.plan.snapshot is None and self.plan.round is None)
    @rule(aid=st.sampled_from([1, 10, 49, 100, 150]), top_up=st.sampled_from([0, 0, 3]), now=st.booleans())
    def share_a_case(self, aid: int, top_up: int, now: bool) -> None:
        self.approve(0, aid, 1)
        self.take_snapshot()
        self.open_round([1], top_up)
        if self.plan.round is not None and now:
            self.settle()

    @precondition(lambda self: self.plan.snapshot is not None or self.plan.round is not None)
    @rule(lucky=st.integers(0, 9))
    def take_another_snapshot(self, lucky: int) -> None:
        if lucky == 0:
            self.take_snapshot()

    @precondition(lambda self: self.plan.round is None)
    @rule()
    def settle_no_round(self) -> None:
        self.agree(lambda: self.book.result(), self.plan.settle)

    @precondition(lambda self: self.plan.snapshot is not None)
    @rule()
    def give_up(self) -> None:
        self.book.cancel_capture()
        self.plan.give_up()

    @precondition(lambda self: self.plan.snapshot is not None)
    @rule(picks=st.lists(PICK, max_size=3), top_up=st.sampled_from([0, 0, 0, 7, 500, -1, 2**63 - 1]))
    def open_round(self, picks: list[int], top_up: int) -> None:
        plan, capture = self.plan, self.book.capture
        assert capture is not None
        waiting = [name for name, case in plan.cases.items() if not case.shared] or [bytes(31)]
        cases = [waiting[pick % len(waiting)] if pick % 7 else bytes([9]) * 32 for pick in picks]
        wanted = outcome(lambda: plan.announce(cases, top_up))
        terms = outcome(lambda: self.book.terms(capture, tuple(cases), top_up))
        if isinstance(wanted, type):
            assert terms is wanted
            return
        assert isinstance(terms, RoundTerms)
        for name in ("share", "headcount", "aid", "fee", "top_up"):
            assert getattr(terms, name) == getattr(wanted, name)
        assert (terms.surplus_in, terms.deficit_in, terms.number) == (plan.surplus, plan.deficit, plan.rounds)
        assert RoundTerms.from_bytes(terms.to_bytes()) == terms
        self.book.put_open(self.book.open_round(capture, terms))
        plan.open(wanted)  # type: ignore[arg-type]
        self.recorded.append(("open", RoundOpening(terms)))

    @precondition(lambda self: self.plan.round is not None)
    @rule()
    def settle(self) -> None:
        plan, opened = self.plan, self.book.open
        assert plan.round is not None
        assert opened is not None
        rows = opened.columns(0, opened.rows)
        assert rows["amount"].tolist() == [row.amount for row in plan.round.rows]
        assert rows["status"].tolist() == [CODES[row.status] for row in plan.round.rows]
        assert rows["events"].tolist() == [row.events for row in plan.round.rows]
        parts = list(opened.chunks(3))
        assert {name: [x for part in parts for x in part[name].tolist()] for name in rows} == {
            name: column.tolist() for name, column in rows.items()
        }
        self.refuse_wrong_rows(rows)
        result = self.book.result()
        carried = self.plan.surplus, self.plan.deficit
        terms = opened.terms
        self.book.settle(result)
        plan.settle()
        sharing = [row for row in rows["status"].tolist() if row <= 2]
        assert result.due == terms.share * len(sharing) == result.paid + result.shortfall
        assert result.paid == rows["amount"].sum()
        assert result.paid + carried[0] + terms.top_up + result.deficit_out == (
            terms.aid + terms.fee + carried[1] + result.surplus_out
        )
        assert min(asdict(result).values()) >= 0
        assert result.deficit_out == 0 or result.surplus_out == 0
        self.recorded.append(("charge/1", rows))

    def refuse_wrong_rows(self, rows: Columns) -> None:
        """Each column of the charge sheet changed in one row is found, and said where."""
        assert self.book.charge_violations(0, rows) == []
        last = len(rows["amount"]) - 1
        for name in rows:
            wrong = {other: column.copy() for other, column in rows.items()}
            wrong[name][last] ^= 1
            found = self.book.charge_violations(0, wrong)
            assert [(type(error), error.place) for error in found] == [(ChargeMismatch, f"slot {last}")]
        assert isinstance(self.book.charge_violations(1, rows)[0], ChargeMismatch), "rows beyond the snapshot"

    # --- always -------------------------------------------------------------------------------

    @invariant()
    def both_keep_the_same(self) -> None:
        book, plan = self.book, self.plan
        assert columns_of(book.members) == state_of_reference(plan)
        for name, value in asdict(book.totals).items():
            assert getattr(plan, name) == value
        assert (book.rounds, book.surplus, book.deficit) == (plan.rounds, plan.surplus, plan.deficit)
        assert {name: (case.aid, case.round is not None, case.paid) for name, case in book.cases.items()} == {
            name: (case.aid, case.shared, case.paid) for name, case in plan.cases.items()
        }
        assert book.slots == len(plan.members)
        assert (book.open is None, book.capture is None) == (plan.round is None, plan.snapshot is None)
        for slot in range(book.slots):
            assert book.free(slot) == plan.members[slot].balance - plan.reserved(slot)

    @invariant()
    def no_money_comes_from_nowhere(self) -> None:
        totals = self.book.totals
        balances = sum(self.book.balance(slot) for slot in range(self.book.slots))
        assert balances == totals.deposits + totals.credits - totals.withdrawals - totals.charges

    @invariant()
    def nobody_owes_anything(self) -> None:
        assert all(self.book.free(slot) >= 0 for slot in range(self.book.slots))

    # --- replayed -----------------------------------------------------------------------------

    def teardown(self) -> None:
        if not hasattr(self, "recorded"):
            return
        if self.book.capture is not None:
            self.give_up()
        for few in (512, 0):
            with mock.patch.object(replay, "_FEW", few), mock.patch.object(capture_module, "_CHUNK", 5):
                assert state_of(self.replayed()) == state_of(self.book)

    def replayed(self) -> Book:
        """All that was recorded, in a new book; no rule may be broken."""
        book = Book("demo", self.book.covenant, 1)
        snapshots = {item.terms.snapshot_height for kind, item in self.recorded if kind == "open"}
        for height, (kind, item) in enumerate(self.recorded):
            found: list[MutualchainError] = []
            if kind == "entry":
                act, name = item
                book.check(act, name)
                book.apply(act, name)
            elif kind == "open":
                found += book.replay_opening(item, book.capture)
            elif kind == "charge/1":
                found += book.charge_violations(0, item)
                result, errors = book.settlement()
                found += errors
                book.settle(result)
            elif kind != "nothing":
                found += replay.replay_sheet(book, kind, item)
            assert found == []
            if height in snapshots:
                book.begin_capture(height, height)
        return book


Histories.TestCase.settings = settings(max_examples=4 * settings().max_examples, stateful_step_count=40)
TestHistories = Histories.TestCase
