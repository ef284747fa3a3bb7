"""The covenant's rules once more: plain Python, one member at a time, written from the domain and not from the code.

Nothing here is fast or shared with what it is compared with, but for the error classes' names. Where an attempt
breaks several rules at once, the first one counts in this order: the slot, an exit, the amount, the running number,
the number of events.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from mutualchain import errors

PAID, PARTIAL, EXITED, LAPSED = "paid", "partial", "exited", "lapsed"
CODES = {PAID: 0, PARTIAL: 1, LAPSED: 4, EXITED: 5}
EVENTS = 255
CREDIT = 2**40
BALANCE = 2**53 - 1
DEPOSIT = 2**32 - 1
SHARE = 2**32 - 1
TOTAL = 2**63 - 1


@dataclass
class Rules:
    """The covenant's parameters, in minor units."""

    prepay: int = 10
    max_aid: int = 1_000
    fee_bp: int = 0
    fee_up: bool = False
    cap: int = 0


@dataclass
class Member:
    """One membership. ``events`` counts what concerned her since the last snapshot."""

    balance: int
    seq: int = 0
    events: int = 0
    exited: bool = False


@dataclass
class Case:
    """An approved case."""

    aid: int
    shared: bool = False
    paid: int = 0


@dataclass
class Row:
    """What a round does to one member."""

    amount: int
    status: str
    events: int


@dataclass
class Snapshot:
    """Everybody as she stood at the instant: (balance, exited, events)."""

    members: list[tuple[int, bool, int]]


@dataclass
class Round:
    """An announced round."""

    cases: list[bytes]
    share: int
    headcount: int
    aid: int
    fee: int
    top_up: int
    rows: list[Row]


@dataclass
class Plan:
    """A plan of a few members."""

    rules: Rules
    members: list[Member] = field(default_factory=list)
    cases: dict[bytes, Case] = field(default_factory=dict)
    snapshot: Snapshot | None = None
    round: Round | None = None
    rounds: int = 0
    surplus: int = 0
    deficit: int = 0
    known: int = 0
    deposits: int = 0
    credits: int = 0
    withdrawals: int = 0
    charges: int = 0
    fees: int = 0
    aid: int = 0
    payouts: int = 0

    # --- single events ----------------------------------------------------------------------

    def begin_group(self) -> None:
        """Events are recorded in groups; who joins in a group has no slot yet that its other events could name."""
        self.known = len(self.members)

    def enrol(self, deposit: int) -> int:
        if not 0 <= deposit <= DEPOSIT or deposit < self.rules.prepay:
            raise errors.DepositRule("deposit")
        self.members.append(Member(deposit))
        self.deposits += deposit
        return len(self.members) - 1

    def credit(self, slot: int, amount: int, seq: int | None) -> int:
        member = self._active(slot)
        if amount <= 0 or amount > CREDIT or member.balance + amount > BALANCE:
            raise errors.OverflowRule("amount")
        number = self._number(slot, seq)
        member.balance += amount
        self.credits += amount
        return number

    def withdraw(self, slot: int, amount: int, seq: int) -> int:
        member = self._member(slot)
        if amount <= 0 or amount > member.balance - self.reserved(slot):
            raise errors.BalanceTooLow("amount")
        number = self._number(slot, seq)
        member.balance -= amount
        self.withdrawals += amount
        return number

    def exit(self, slot: int, seq: int) -> int:
        member = self._active(slot)
        number = self._number(slot, seq)
        member.exited = True
        return number

    def notice(self, slot: int, seq: int | None) -> int:
        self._member(slot)
        return self._number(slot, seq)

    def reserved(self, slot: int) -> int:
        """What she cannot take out: the announced amount, or what an amount not announced yet may be at most."""
        if self.round is not None:
            return self.round.rows[slot].amount if slot < len(self.round.rows) else 0
        if self.snapshot is not None and slot < len(self.snapshot.members):
            balance, exited, _ = self.snapshot.members[slot]
            if exited or balance <= 0:
                return 0
            return min(balance, self.rules.cap) if self.rules.cap else balance
        return 0

    def _member(self, slot: int) -> Member:
        if not 0 <= slot < self.known:
            raise errors.SlotUnknown("slot")
        return self.members[slot]

    def _active(self, slot: int) -> Member:
        member = self._member(slot)
        if member.exited:
            raise errors.AlreadyExited("exit")
        return member

    def _number(self, slot: int, seq: int | None) -> int:
        member = self.members[slot]
        if seq is not None and seq != member.seq:
            raise errors.SequenceError("seq")
        events = member.events
        if self.snapshot is not None and slot < len(self.snapshot.members):
            events += self.snapshot.members[slot][2]  # the snapshot may be given up, and then they count again
        if events >= EVENTS:
            raise errors.TooManyEvents("events")
        member.seq += 1
        member.events += 1
        return member.seq - 1

    # --- many at once -----------------------------------------------------------------------

    def credit_many(self, rows: list[tuple[int, int, int]]) -> set[type[errors.MutualchainError]]:
        """Rows of (slot, amount, seq): all or none. What forbids them."""
        unknown = [row for row in rows if not 0 <= row[0] < len(self.members)]
        if unknown:
            return {errors.SlotUnknown}
        found: set[type[errors.MutualchainError]] = set()
        balances = {slot: self.members[slot].balance for slot, _, _ in rows}
        numbers = {slot: self.members[slot].seq for slot, _, _ in rows}
        counts = {slot: self.members[slot].events for slot, _, _ in rows}
        if self.snapshot is not None:
            for slot in counts:
                if slot < len(self.snapshot.members):
                    counts[slot] += self.snapshot.members[slot][2]
        for slot, amount, seq in rows:
            if self.members[slot].exited:
                found.add(errors.AlreadyExited)
            if not 0 < amount <= CREDIT:
                found.add(errors.OverflowRule)
            if seq != numbers[slot]:
                found.add(errors.SequenceError)
            if counts[slot] >= EVENTS:
                found.add(errors.TooManyEvents)
            numbers[slot] += 1
            counts[slot] += 1
            balances[slot] += amount
        if not found and any(balance > BALANCE for balance in balances.values()):
            found.add(errors.OverflowRule)
        if not found:
            for slot, amount, _ in rows:
                member = self.members[slot]
                member.balance += amount
                member.seq += 1
                member.events += 1
                self.credits += amount
        return found

    # --- cases and rounds -------------------------------------------------------------------

    def approve(self, name: bytes, slot: int, aid: int) -> None:
        if not 0 <= slot < len(self.members):
            raise errors.SlotUnknown("slot")
        if not 0 < aid <= self.rules.max_aid:
            raise errors.AidRule("aid")
        if name in self.cases:
            raise errors.CaseUnknown("twice")
        self.cases[name] = Case(aid)

    def pay_out(self, name: bytes, amount: int) -> None:
        case = self.cases.get(name)
        if case is None or not case.shared:
            raise errors.CaseUnknown("case")
        if amount <= 0 or case.paid + amount > case.aid:
            raise errors.PayoutAboveAid("amount")
        case.paid += amount
        self.payouts += amount

    def take_snapshot(self) -> None:
        if self.round is not None or self.snapshot is not None:
            raise errors.RoundOpen("open")
        self.snapshot = Snapshot([(member.balance, member.exited, member.events) for member in self.members])
        for member in self.members:
            member.events = 0

    def give_up(self) -> None:
        assert self.snapshot is not None
        for slot, (_, _, events) in enumerate(self.snapshot.members):
            self.members[slot].events += events
        self.snapshot = None

    def announce(self, cases: list[bytes], top_up: int) -> Round:
        """The next round's figures and rows, from the snapshot; nothing is open yet."""
        assert self.snapshot is not None
        if len(set(cases)) < len(cases) or any(name not in self.cases or self.cases[name].shared for name in cases):
            raise errors.CaseUnknown("case")
        if not cases and self.deficit == 0:
            raise errors.CaseUnknown("nothing to share")
        if not 0 <= top_up <= TOTAL:
            raise errors.AmountError("top-up")
        aid = sum(self.cases[name].aid for name in cases)
        exact = Fraction(aid * self.rules.fee_bp, 10_000)
        fee = math.ceil(exact) if self.rules.fee_up else math.floor(exact)
        headcount = len([1 for balance, exited, _ in self.snapshot.members if balance > 0 and not exited])
        if headcount == 0:
            raise errors.NobodyShares("nobody")
        needed = aid + fee + self.deficit - self.surplus - top_up
        share = max(math.ceil(Fraction(needed, headcount)), 0)
        if share > SHARE or share * headcount - needed > TOTAL:
            raise errors.OverflowRule("range")
        if self.rules.cap and share > self.rules.cap:
            raise errors.ShareAboveCap("cap")
        rows = []
        for balance, exited, events in self.snapshot.members:
            if exited:
                rows.append(Row(0, EXITED, events))
            elif balance <= 0:
                rows.append(Row(0, LAPSED, events))
            elif balance < share:
                rows.append(Row(balance, PARTIAL, events))
            else:
                rows.append(Row(share, PAID, events))
        return Round(cases, share, headcount, aid, fee, top_up, rows)

    def open(self, announced: Round) -> None:
        self.snapshot = None
        self.round = announced

    def settle(self) -> None:
        if self.round is None:
            raise errors.NoRoundOpen("none")
        done = self.round
        for member, row in zip(self.members, done.rows, strict=False):
            member.balance -= row.amount
        paid = sum(row.amount for row in done.rows)
        left = paid + self.surplus + done.top_up - done.aid - done.fee - self.deficit
        self.surplus, self.deficit = max(left, 0), max(-left, 0)
        for name in done.cases:
            self.cases[name].shared = True
        self.charges += paid
        self.fees += done.fee
        self.aid += done.aid
        self.rounds += 1
        self.round = None


def outcome(attempt: Callable[[], object]) -> object:
    """What an attempt returns, or the class of what it raises."""
    try:
        return attempt()
    except errors.MutualchainError as error:
        error.diagnostics()
        return type(error)
