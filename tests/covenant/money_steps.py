"""The steps of a plan's members, money and rounds, taken by the book and by a slow reference at once.

Joins, money in and out, exits, corrections, refunds, rounds by event and by the calendar, under random covenants. What
the steps do is done to both, which must agree on what is refused, by which class and clause, and on everything that is
kept; the sums must add up after every step. In the end all that was recorded is replayed into new books, row by row and
column by column, and once from a saved state.

The entries of a plan, from a request for aid to the closing statement, are :mod:`.entry_steps`; the machine that takes
all steps is run by :mod:`.test_model`.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from unittest import mock

import numpy as np
from hypothesis import currently_in_test_context, event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mutualchain.canonical import decode, encode
from mutualchain.covenant import capture as capture_module
from mutualchain.covenant import replay
from mutualchain.covenant.acts import RoundOpening
from mutualchain.covenant.ballots import ballot_params, replay_ballots
from mutualchain.covenant.book import Book
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.institutions import Registry
from mutualchain.covenant.opened import charge_violations
from mutualchain.covenant.refunds import RefundTerms
from mutualchain.covenant.restitution import restituted_slots
from mutualchain.covenant.rounds import RoundTerms
from mutualchain.covenant.row import Standing, charge_row
from mutualchain.covenant.stage import Stage
from mutualchain.covenant.state import book_columns, book_from, book_value
from mutualchain.errors import ChargeMismatch, MutualchainError
from mutualchain.sheet import Columns, Status

from .case_reference import Docket
from .random_covenants import covenants
from .reference import (
    CREDIT,
    DAY,
    HOUR,
    SHARING,
    Plan,
    Refused,
    Round,
    Snapshot,
    date,
    day_at,
    is_one_of,
    outcome,
    start,
)
from .tables import as_slots, columns_of, enrolments, sparse, state_of, state_of_reference

ORDER = ("enrolment/1", "withdrawal/1", "exit/1", "credit/1", "correction/1", "notice/1")
AMOUNTS = st.sampled_from(["all", "all and one", 0, -1, 1, 2, 5, 20, 100, CREDIT, CREDIT + 1])
EVENTS = st.tuples(st.sampled_from(ORDER), st.integers(0, 40), AMOUNTS, st.sampled_from([0] * 8 + [1, -1]))
PICK = st.integers(0, 1_000)
BEGIN = start(19_720) + 5 * HOUR  # 2023-12-29: a year ends soon
Recorded = tuple[int, str, Any]
REACHED: Counter[tuple[str, str]] = Counter()
"""How often each kind of step came to which end, in all histories so far: "done", or the clause that forbade it."""


class MoneySteps(RuleBasedStateMachine):
    """Members, money, rounds. ``recorded`` has the time, kind and content of every block."""

    book: Book
    plan: Plan
    docket: Docket
    recorded: list[Recorded]
    now: int
    registry: Registry

    @initialize(covenant=covenants(), deposits=st.lists(st.integers(0, 60), max_size=12), ending=st.integers(0, 5))
    def begin(self, covenant: Covenant, deposits: list[int], ending: int) -> None:
        self.ending = ending
        self.now = BEGIN
        self.registry = self.institutions()
        self.book = Book("demo", covenant, 1, registry=self.registry, now_ms=BEGIN)
        self.plan = Plan(covenant, BEGIN)
        self.docket = Docket(self.plan)
        self.recorded = [(BEGIN, "nothing", None)]
        self.funding = covenant.sharing.funding
        prepay = covenant.membership.prepay
        self.enrol_many([deposit for deposit in deposits if deposit >= prepay] or [20])

    def institutions(self) -> Registry:
        """Who is registered on the chain."""
        return Registry()

    # --- blocks -----------------------------------------------------------------------------

    @property
    def height(self) -> int:
        return len(self.recorded) - 1

    def block(self) -> None:
        """A block is about to be recorded, now."""
        self.book.tick(self.now, self.height)
        self.plan.height = self.height
        self.plan.tick(self.now)

    def record(self, kind: str, item: Any) -> None:
        self.recorded.append((self.now, kind, item))

    def agree(self, step: str, mine: Callable[[], object], theirs: Callable[[], object]) -> object:
        """Both attempts come to the same; what the reference returns."""
        wanted = outcome(theirs)
        found = outcome(mine)
        assert found == wanted, (step, found, wanted)
        self.came_to(step, wanted)
        return wanted

    def came_to(self, step: str, wanted: object) -> None:
        """Count it, so that statistics show which ends the histories reach."""
        end = (wanted.clause or wanted.kind.__name__) if isinstance(wanted, Refused) else "done"
        REACHED[step, end] += 1
        if currently_in_test_context():
            event(f"{step}: {end}")

    @rule(days=st.sampled_from([0, 0, 1, 1, 2, 5, 9, 14, 16, 40]), hours=st.integers(0, 30))
    def time_goes_by(self, days: int, hours: int) -> None:
        self.now += days * DAY + hours * HOUR

    @rule(days=st.integers(1, 15))
    def midnight_comes(self, days: int) -> None:
        self.now = start((self.now + 8 * HOUR) // DAY + days)

    # --- joins and money ----------------------------------------------------------------------

    @rule(deposits=st.lists(st.sampled_from([12, 15, 20, 30, 30, 2**32 - 1, 11, 0]), min_size=1, max_size=5))
    def enrol_many(self, deposits: list[int]) -> None:
        self.block()
        columns = enrolments(deposits)
        found = replay.enrolment_violations(self.book, columns)
        wanted = [] if self.plan.end is None else ["closing"]
        wanted += ["prepay" for deposit in deposits if deposit < self.plan.covenant.membership.prepay]
        assert [error.clause for error in found] == wanted
        self.came_to("enrol many", Refused(type(found[0]), wanted[0]) if found else None)
        if not found:
            replay.apply_enrolments(self.book, columns)
            for deposit in deposits:
                self.plan.enrol(deposit)
            self.record("enrolment/1", columns)

    @rule(events=st.lists(EVENTS, min_size=1, max_size=8), fails=st.integers(0, 9))
    def group(self, events: list[tuple[str, int, int | str, int]], fails: int) -> None:
        self.block()
        before = copy.deepcopy(self.plan)
        stage = Stage(self.book)
        rows: dict[str, list[tuple[int, int, int, int]]] = {name: [] for name in ORDER}
        self.plan.begin_group()
        for name, slot, amount, off in sorted(events, key=lambda event: ORDER.index(event[0])):
            row = self.stage_one(stage, name, slot, amount, off)
            if row is not None:
                rows[name].append(row)
        assert stage.sparse == sum(len(rows[name]) for name in ORDER[1:])
        if fails == 0:  # the commit failed: the stage is dropped
            self.plan = self.docket.plan = before
            return
        stage.apply()
        for name in ORDER:
            events_of = [row[:3] for row in rows[name]]
            last = [row[3] for row in rows[name]]
            if rows[name] and name == "enrolment/1":
                self.record(name, enrolments([amount for _, amount, _ in events_of]))
            elif rows[name]:
                other = {"credit/1": "reason", "correction/1": "corrects"}.get(name)
                self.record(name, sparse(name, events_of, **({other: last} if other else {})))

    def stage_one(
        self, stage: Stage, name: str, slot: int, wanted: int | str, off: int
    ) -> tuple[int, int, int, int] | None:
        """Stage one event in both; its row, if it is allowed."""
        plan = self.plan
        other = int(slot % 3 == 0)
        slot = slot % plan.known if slot < 38 else plan.known + slot - 39
        slot = self.fitting(name, slot, other)
        there = slot < plan.known
        amount = self.sum_of(name, slot, wanted, other)
        if name == "enrolment/1":
            found = self.agree("enrol", lambda: stage.enrol(amount), lambda: plan.enrol(amount))
            return (0, amount, 0, 0) if isinstance(found, int) else None
        seq = (plan.members[slot].seq if there else 0) + off
        assert outcome(lambda: stage.next_seq(slot)) == outcome(lambda: plan._member(slot).seq)
        given = None if off == 0 and amount == 5 else seq
        if name == "withdrawal/1":
            found = self.agree(
                "withdraw", lambda: stage.withdraw(slot, amount, seq), lambda: plan.withdraw(slot, amount, seq)
            )
        elif name == "exit/1":
            found = self.agree("exit", lambda: stage.exit(slot, seq), lambda: plan.exit(slot, seq))
        elif name == "credit/1":
            found = self.agree(
                "arrears" if other and self.funding == "mandate" else "credit",
                lambda: stage.credit(slot, amount, given, other),
                lambda: plan.credit(slot, amount, given, other),
            )
        elif name == "correction/1":
            credits = plan.members[slot].credits if there else {}
            other = max(credits, default=0) if amount != 2 else 0
            if amount == 20 and there and credits:
                amount = credits[other]
            known = self.credited(slot, other)
            found = self.agree(
                "correct",
                lambda: stage.correct(slot, amount, other, known, given),
                lambda: plan.correct(slot, amount, other, given),
            )
        else:
            found = self.agree("notice", lambda: stage.notice(slot, given), lambda: plan.notice(slot, given))
        return (slot, amount, found, other) if isinstance(found, int) else None

    def sum_of(self, name: str, slot: int, amount: int | str, other: int) -> int:
        """An amount in minor units: what is owed, or what is free, where that is what is meant."""
        plan = self.plan
        there = slot < plan.known
        if there and other and self.funding == "mandate" and name == "credit/1" and amount not in (0, -1):
            return plan.members[slot].owed() + (amount == 100)
        if isinstance(amount, int):
            return amount
        free = plan.members[slot].balance - plan.reserved(slot) if there else 5
        return free + (amount == "all and one")

    def fitting(self, name: str, slot: int, other: int) -> int:
        """Rather a slot for which there is something to pay or to correct."""
        members = self.plan.members[: self.plan.known]
        wanted: list[int] = []
        if name == "correction/1":
            wanted = [at for at, member in enumerate(members) if set(member.credits) - member.corrected]
        elif name == "credit/1" and other and self.funding == "mandate":
            wanted = [at for at, member in enumerate(members) if member.owed()]
        return wanted[slot % len(wanted)] if wanted and slot % 8 else slot

    def credited(self, slot: int, number: int) -> int | None:
        """What is recorded of a credit: a writer looks it up in the ledger, where credits of this group are not yet."""
        return self.plan.members[slot].credits.get(number) if slot < len(self.plan.members) else None

    @rule(
        picks=st.lists(
            st.tuples(PICK, st.sampled_from([1, 7, 30, 30, CREDIT, CREDIT + 1, 0]), st.sampled_from([0, 0, 1])),
            min_size=1,
            max_size=12,
        ),
        unknown=st.integers(0, 9),
        off=st.integers(0, 9),
    )
    def credit_many(self, picks: list[tuple[int, int, int]], unknown: int, off: int) -> None:
        count = len(self.plan.members)
        slots = [pick % count for pick, _, _ in picks]
        numbers = replay.next_numbers(self.book, as_slots(slots)).tolist()
        rows = [
            (slot, self.plan.members[slot].owed() if reason and amount == 7 else amount, seq, reason)
            for slot, (_, amount, reason), seq in zip(slots, picks, numbers, strict=True)
        ]
        if unknown == 0:
            rows[-1] = (count + 1, 5, 0, 0)
        if off == 0:
            rows[0] = (rows[0][0], rows[0][1], rows[0][2] + 1, 0)
        self.credit_columns(rows)

    @precondition(lambda self: self.funding == "mandate" and any(member.owed() for member in self.plan.members))
    @rule(pick=PICK)
    def pay_arrears(self, pick: int) -> None:
        self.group([("credit/1", 3 * (pick % 12), 100 if pick % 5 == 0 else 1, 0)], 1)

    @rule(pick=PICK, times=st.sampled_from([100, 250, 255, 256]))
    def credit_one_over_and_over(self, pick: int, times: int) -> None:
        slot = pick % len(self.plan.members)
        seq = self.plan.members[slot].seq
        self.credit_columns([(slot, 1, seq + number, 0) for number in range(times)])

    def credit_columns(self, rows: list[tuple[int, int, int, int]]) -> None:
        self.block()
        columns = sparse("credit/1", [row[:3] for row in rows], reason=[row[3] for row in rows])
        found = replay.credit_violations(self.book, columns)
        wanted = self.plan.credit_many(rows)
        assert {(type(error), error.clause) for error in found} == {(kind, kind.clause) for kind in wanted}
        self.came_to("credit many", Refused(type(found[0]), found[0].clause) if found else None)
        if not wanted:
            replay.apply_credits(self.book, columns)
            self.record("credit/1", columns)

    # --- refunds ------------------------------------------------------------------------------------

    @staticmethod
    def name(number: int) -> bytes:
        return number.to_bytes(32, "big")

    def some_case(self, pick: int) -> bytes:
        """A case that may be shared, or one that is not there."""
        names = [*self.plan.cases, self.name(0)]
        return names[pick % len(names)]

    @rule(pick=PICK)
    def refund(self, pick: int) -> None:
        void = [name for name, case in self.plan.cases.items() if case.void]
        name = void[pick % len(void)] if void and pick % 5 else self.some_case(pick)
        self.give_shares_back(name)

    def give_shares_back(self, name: bytes) -> None:
        """A refund sheet: of a void case, or of a round where the plan is ending."""
        self.block()
        ending = self.plan.end is not None and name == self.plan.end.name
        terms = outcome(lambda: self.book.refund_terms(name))
        wanted = outcome(lambda: self.plan.refund(name))
        self.came_to("refund a round" if ending else "refund", wanted)
        if not isinstance(wanted, list):
            assert terms == wanted
            return
        assert isinstance(terms, RefundTerms)
        assert RefundTerms.from_bytes(terms.to_bytes()) == terms
        if not ending:
            opening = [item.terms for _, kind, item in self.recorded if kind == "open"][terms.round]
            assert RefundTerms.of(opening, self.book.versions[opening.covenant_version - 1].covenant, name) == terms
        charged = [item[0] for _, kind, item in self.recorded if kind == "charge/1"][terms.round]
        gone = restituted_slots(self.book)
        amounts = terms.rows(0, charged["amount"], gone)
        scalar = [terms.amount(amount) for amount in charged["amount"].tolist()]
        assert amounts.tolist() == wanted == [0 if slot in gone else amount for slot, amount in enumerate(scalar)]
        halves = [terms.rows(at, charged["amount"][at : at + 5], gone) for at in range(0, len(amounts), 5)]
        assert np.concatenate(halves).tolist() == wanted
        self.give_back(self.book, terms, amounts)
        self.record("refund/1", (terms, amounts))

    @staticmethod
    def give_back(book: Book, terms: RefundTerms, amounts: Any) -> None:
        for at in range(0, len(amounts), 7):
            book.refund(terms, at, amounts[at : at + 7])
        book.put_refund(terms, int(amounts.sum()))

    # --- rounds -------------------------------------------------------------------------------

    def take_snapshot(self) -> None:
        self.now += 1
        self.book.now_ms = self.plan.now = self.now

        def mine() -> None:
            self.book.begin_capture(self.height, self.now)

        self.agree("snapshot", mine, self.begin_round)

    def begin_round(self) -> None:
        self.plan.height = self.height
        self.plan.begin(self.now)

    @property
    def idle(self) -> bool:
        return self.plan.snapshot is None and self.plan.round is None

    @precondition(lambda self: self.plan.round is None)
    @rule()
    def take_the_snapshot(self) -> None:
        self.block()
        self.take_snapshot()

    def share(self, picks: list[int], top_up: int, days: int, failed: list[int]) -> None:
        """A whole round, if one can be: the day of disclosure, snapshot, announcement, deduction."""
        self.await_disclosure()
        self.block()
        self.take_snapshot()
        if self.plan.snapshot is not None:
            self.open_round(picks, top_up)
        if self.plan.round is not None and days < 10:
            self.now = max(self.now, self.plan.round.due_ms) + days % 3
            self.settle(failed, 1)

    def await_disclosure(self) -> None:
        """Go on to the next day of disclosure, where the calendar is monthly and none has come."""
        for _ in range(40 if self.plan.snapshot is None else 0):
            days = self.plan.at(self.now).calendar.disclosure_days
            if not days or is_one_of(day_at(self.now), days):
                return
            self.now = start(day_at(self.now) + 1)

    @precondition(lambda self: not self.idle)
    @rule(lucky=st.integers(0, 9))
    def take_another_snapshot(self, lucky: int) -> None:
        if lucky == 0:
            self.block()
            self.take_snapshot()

    @precondition(lambda self: self.plan.round is None)
    @rule(lucky=st.integers(0, 9))
    def settle_no_round(self, lucky: int) -> None:
        if lucky == 0:
            self.block()
            self.agree("settle", lambda: self.book.result(), self.plan.settle)

    @precondition(lambda self: self.plan.snapshot is not None and not self.plan.snapshot.frozen)
    @rule()
    def give_up(self) -> None:
        self.book.cancel_capture()
        self.plan.give_up()

    @precondition(lambda self: self.plan.snapshot is not None)
    @rule(picks=st.lists(PICK, max_size=3), top_up=st.sampled_from([0, 0, 0, 7, 500, -1, 2**63 - 1]))
    def open_round(self, picks: list[int], top_up: int) -> None:
        self.block()
        plan, capture = self.plan, self.book.capture
        snapshot = plan.snapshot
        if capture is None or snapshot is None:  # a covenant with rounds by event has come into force
            assert capture is None
            assert snapshot is None
            return
        assert (capture.height, capture.time_ms, capture.pot) == (snapshot.height, snapshot.time_ms, snapshot.pot)
        waiting = [name for name, case in plan.cases.items() if case.shared is None and not case.gone] or [bytes(31)]
        cases = [waiting[pick % len(waiting)] if pick % 7 else bytes([9]) * 32 for pick in picks]
        wanted = outcome(lambda: plan.announce(cases, top_up))
        terms = outcome(lambda: self.book.terms(capture, tuple(cases), top_up))
        self.came_to("open", wanted)
        if isinstance(wanted, Refused):
            assert terms == wanted
            return
        assert isinstance(terms, RoundTerms)
        assert isinstance(wanted, Round)
        for name in ("share", "headcount", "divisor", "aid", "fee", "top_up", "restituted"):
            assert getattr(terms, name) == getattr(wanted, name)
        assert (terms.surplus_in, terms.deficit_in, terms.number) == (wanted.surplus, wanted.deficit, len(plan.done))
        assert RoundTerms.from_bytes(terms.to_bytes()) == terms
        self.book.put_open(self.book.open_round(capture, terms))
        plan.open(wanted)
        assert self.book.open is not None
        assert self.book.open.due_ms == wanted.due_ms
        self.one_row_at_a_time(snapshot, wanted)
        self.record("open", RoundOpening(terms))

    def one_row_at_a_time(self, snapshot: Snapshot, announced: Round) -> None:
        """The scalar rule gives the same rows, from what one member's history shows."""
        covenant = self.plan.versions[announced.version].covenant
        year = date(day_at(snapshot.time_ms)).year
        recipients = {self.plan.cases[name].slot for name in announced.cases}
        for slot, (member, (status, amount, _)) in enumerate(zip(snapshot.members, announced.rows, strict=True)):
            standing = Standing(
                member.balance,
                sum(row.amount for row in member.rows if row.year == year and row.counted),
                member.left(snapshot.time_ms) and not member.ended,
                member.ended,
                Plan._waits(member, covenant, snapshot.time_ms),
                slot in recipients and not covenant.sharing.recipient_shares,
                self.plan.overdue(member, covenant, snapshot.time_ms),
            )
            assert charge_row(covenant, announced.share, standing) == (Status(status), amount)

    @precondition(lambda self: self.plan.round is not None)
    @rule(failed=st.lists(PICK, max_size=4), wild=st.integers(0, 6))
    def settle(self, failed: list[int], wild: int) -> None:
        self.block()
        plan, announced = self.plan, self.book.open
        assert plan.round is not None
        assert announced is not None
        rows = announced.columns(0, announced.rows)
        assert list(zip(*(rows[name].tolist() for name in ("status", "amount", "events")), strict=True)) == (
            plan.round.rows
        )
        parts = list(announced.chunks(3))
        assert {name: [x for part in parts for x in part[name].tolist()] for name in rows} == {
            name: column.tolist() for name, column in rows.items()
        }
        paying = [slot for slot, (status, amount, _) in enumerate(plan.round.rows) if status in SHARING and amount]
        slots = failed if wild == 0 else [paying[pick % len(paying)] for pick in failed if paying]
        slots = slots if self.funding == "mandate" or wild == 0 else []
        carried = plan.net
        wanted = outcome(lambda: plan.settle(sorted(set(slots))))
        opened = outcome(lambda: announced.with_failed(as_slots(slots))[0])
        self.came_to("settle", wanted)
        if isinstance(wanted, Refused):
            found = opened if isinstance(opened, Refused) else outcome(lambda: self.book.result(opened))  # type: ignore[arg-type]
            assert found == wanted
            return
        assert not isinstance(opened, Refused)
        rows = opened.columns(0, opened.rows)  # type: ignore[attr-defined]
        self.refuse_wrong_rows(rows)
        result = self.book.result(opened)  # type: ignore[arg-type]
        terms = announced.terms
        self.book.settle(result, opened)  # type: ignore[arg-type]
        sharing = [row for row in rows["status"].tolist() if row <= 2]
        assert result.due == terms.share * len(sharing) == result.paid + result.shortfall
        assert result.paid == rows["amount"].sum()
        assert result.paid + terms.surplus_in + terms.top_up + result.deficit_out == (
            terms.aid + terms.fee + terms.deficit_in + result.surplus_out
        )
        assert min(asdict(result).values()) >= 0
        assert result.deficit_out == 0 or result.surplus_out == 0
        refunded = terms.surplus_in - terms.deficit_in - carried
        assert self.book.surplus - self.book.deficit == result.surplus_out - result.deficit_out - refunded
        self.record("charge/1", (rows, slots))

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
        opened = self.book.open
        assert opened is not None
        half = len(rows["amount"]) // 2
        part = {name: column[half:] for name, column in rows.items()}
        assert charge_violations(opened.part(half, opened.rows), 0, part, half) == []

    # --- always -------------------------------------------------------------------------------

    @invariant()
    def both_keep_the_same(self) -> None:
        book, plan = self.book, self.plan
        assert columns_of(book.members) == state_of_reference(plan)
        assert asdict(book.totals) == plan.sums
        assert (book.rounds, book.surplus - book.deficit, book.pot) == (len(plan.done), plan.net, plan.pot)
        assert {name: (case.aid, case.round, case.paid, case.refunded) for name, case in book.cases.items()} == {
            name: (case.aid, case.shared, case.paid, case.refunded)
            for name, case in plan.cases.items()
            if not case.gone
        }
        assert book.slots == len(plan.members)
        assert (book.open is None, book.capture is None) == (plan.round is None, plan.snapshot is None)
        plan.begin_group()
        for slot in range(book.slots):
            assert book.free(slot) == plan.members[slot].balance - plan.reserved(slot)

    @invariant()
    def cover_is_what_a_round_would_find(self) -> None:
        book, plan = self.book, self.plan
        covenant, at = plan.covenant, plan.now
        covered = book.covered(np.arange(book.slots)[::-1]).tolist()[::-1]
        assert covered == [plan.covered(member, at) for member in plan.members]
        for slot, member in enumerate(plan.members):
            assert book.in_grace(slot) == plan.in_grace(member, at)
            assert book.may_rejoin(slot) == (
                covenant.membership.rejoin == "new_slot" and (member.left_ms is not None or member.ended)
            )

    @invariant()
    def no_money_comes_from_nowhere(self) -> None:
        book, totals = self.book, self.book.totals
        balances = sum(book.balance(slot) for slot in range(book.slots))
        came, went = totals.deposits + totals.credits + totals.refunds, totals.withdrawals + totals.corrections
        assert balances == came - went - totals.charges
        unpaid = sum(
            case.aid - case.paid for case in book.cases.values() if case.round is not None and not case.released
        )
        held = book.pot + (book.open.pot if book.open is not None else 0)
        if book.open is not None:
            held += book.open.terms.top_up - book.open.pot
        assert book.expected_holding() == balances + held + book.surplus - book.deficit + unpaid == self.plan.holding()

    @invariant()
    def nobody_is_charged_what_she_does_not_have(self) -> None:
        plain = all(
            item.covenant.sharing.short_balance == "take" and item.covenant.sharing.funding == "prepaid"
            for item in self.plan.versions
        )
        if plain:
            assert all(self.book.free(slot) >= 0 for slot in range(self.book.slots))

    # --- replayed -----------------------------------------------------------------------------

    def teardown(self) -> None:
        if not hasattr(self, "recorded"):
            return
        self.finish(self.ending)
        if self.plan.snapshot is not None and not self.plan.snapshot.frozen:
            self.give_up()
        middle = len(self.recorded) // 2
        for few, reopened in ((512, -1), (0, middle)):
            with mock.patch.object(replay, "_FEW", few), mock.patch.object(capture_module, "_CHUNK", 5):
                assert differences(state_of(self.replayed(reopened)), state_of(self.book)) == []
        assert differences(state_of(saved_and_loaded(self.book, self.registry)), state_of(self.book)) == []

    def finish(self, how: int) -> None:
        """What happens at the end of a history."""

    def replay_entry(self, book: Book, *item: Any) -> list[MutualchainError]:
        """A recorded entry in a new book."""
        raise NotImplementedError

    def replayed(self, reopened: int) -> Book:
        """All that was recorded, in a new book; no rule may be broken. Once it is saved and loaded in between."""
        book = Book("demo", self.plan.versions[0].covenant, 1, registry=self.registry, now_ms=BEGIN)
        openings = [item.terms for _, kind, item in self.recorded if kind == "open"]
        snapshots = {terms.snapshot_height: terms.snapshot_time_ms for terms in openings}
        for height, (time_ms, kind, item) in enumerate(self.recorded):
            found: list[MutualchainError] = []
            if height:
                book.tick(time_ms, height - 1)
            if kind == "entry":
                found += self.replay_entry(book, *item)
            elif kind == "ballot/1":
                subject, columns = item
                found += replay_ballots(book, columns, ballot_params(subject), time_ms)
            elif kind == "open":
                found += book.replay_opening(item, book.capture)
            elif kind == "charge/1":
                rows, slots = item
                found += book.charge_violations(0, rows)
                assert book.open is not None
                failed = book.open.failed_among(0, rows)
                assert failed.tolist() == sorted(set(slots))
                opened, _, _ = book.open.with_failed(failed)
                result, errors = book.settlement(opened)
                found += errors
                book.settle(result, opened)
            elif kind == "refund/1":
                assert book.refund_terms(item[0].case) == item[0]
                self.give_back(book, *item)
            elif kind != "nothing":
                found += replay.replay_sheet(book, kind, item, self.credited)
            assert found == []
            time_after = snapshots.get(height)
            if time_after is not None and book.covenant_at(time_after).calendar.kind == "event":
                book.begin_capture(height, time_after)
            if height == reopened and (book.capture is None or book.capture.frozen):
                book = saved_and_loaded(book, self.registry)
        book.tick(self.book.now_ms, self.height)
        return book


def differences(found: Any, wanted: Any, place: str = "") -> list[tuple[str, Any, Any]]:
    """Where two states differ, by name: short enough to be read."""
    if isinstance(found, dict) and isinstance(wanted, dict) and found.keys() == wanted.keys():
        return [item for name in wanted for item in differences(found[name], wanted[name], f"{place}.{name}")]
    return [] if found == wanted else [(place, found, wanted)]


def saved_and_loaded(book: Book, registry: Registry) -> Book:
    """A book as a writer finds it when it opens the ledger again."""
    value = decode(encode(book_value(book)), max_size=1 << 24)
    columns = {name: column.copy() for name, column in book_columns(book).items()}
    return book_from(value, columns, registry)
