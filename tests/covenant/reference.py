"""The covenant's rules once more: plain Python, one member at a time, written from the domain and not from the code.

Nothing here is fast or shared with what it is compared with, but for the error classes' names and the covenant's
parameters. A member is her own history: what was charged when, what came in when; a snapshot is a copy of everybody;
the calendar looks at one day after the other. Where an attempt breaks several rules at once, the first one counts in
this order: the slot, an exit, the amount, the running number, the number of events. What is decided about cases, and
every other entry, is :mod:`.case_reference`'s; what that does to the money is here.
"""

from __future__ import annotations

import copy
import datetime
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from mutualchain import errors
from mutualchain.covenant.document import Covenant

PAID, PARTIAL, CAPPED, EXEMPT, LAPSED, EXITED, WAITING = range(7)
SHARING = (PAID, PARTIAL, CAPPED)
EVENTS = 255
CREDIT = 2**40
BALANCE = 2**53 - 1
DEPOSIT = 2**32 - 1
SHARE = 2**32 - 1
TOTAL = 2**63 - 1
HOUR = 3_600_000
DAY = 24 * HOUR


# --- the calendar of CST-8: UTC+8 the whole year --------------------------------------------------


def day_at(time_ms: int) -> int:
    return (time_ms + 8 * HOUR) // DAY


def start(day: int) -> int:
    return day * DAY - 8 * HOUR


def date(day: int) -> datetime.date:
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=day)


def is_one_of(day: int, days: Sequence[int]) -> bool:
    """Whether a day is one of these days of its month; a day that the month lacks is its last."""
    last = (date(day).replace(day=28) + datetime.timedelta(days=4)).replace(day=1) - datetime.timedelta(days=1)
    return date(day).day in [min(wanted, last.day) for wanted in days]


# --- what is kept -------------------------------------------------------------------------------


@dataclass
class Row:
    """What a settled round did to one member; ``due`` is what she would have paid had her collection not failed.

    ``counted`` and ``tracked``: whether years' sums, and who is short, were kept then.
    """

    number: int
    settled_ms: int
    year: int
    amount: int
    status: int
    due: int
    counted: bool
    tracked: bool


@dataclass
class Member:
    """One membership. ``events`` counts what concerned her since the last snapshot; ``returned`` is what came back."""

    balance: int
    joined: int
    seq: int = 0
    events: int = 0
    left_ms: int | None = None
    ended: bool = False
    rows: list[Row] = field(default_factory=list)
    arrears_paid: int = 0
    returned: int = 0
    restituted: bool = False
    credits: dict[int, int] = field(default_factory=dict)
    corrected: set[int] = field(default_factory=set)

    def left(self, time_ms: int) -> bool:
        return self.left_ms is not None and self.left_ms <= time_ms

    def owed(self) -> int:
        """By mandate: shares whose collection failed, less arrears paid."""
        return sum(row.due - row.amount for row in self.rows) - self.arrears_paid


@dataclass
class Case:
    """An approved case; ``gone``: voided before any round announced it."""

    slot: int
    aid: int
    fee: int = 0
    shared: int | None = None
    paid: int = 0
    void: bool = False
    gone: bool = False
    refunded: bool = False


@dataclass
class Snapshot:
    """Everybody as she stood at the instant, and the covenant in force then."""

    time_ms: int
    height: int
    members: list[Member]
    version: int
    pot: int
    frozen: bool


@dataclass
class Round:
    """An announced round: figures, and (status, amount, events) of every row."""

    cases: list[bytes]
    version: int
    time_ms: int
    share: int
    headcount: int
    divisor: int
    aid: int
    fee: int
    fees: list[int]
    surplus: int
    deficit: int
    top_up: int
    restituted: int
    pot: int
    rows: list[tuple[int, int, int]]
    ends: list[int]
    due_ms: int = 0


@dataclass
class Version:
    """A recorded covenant, in force from ``since`` on."""

    covenant: Covenant
    since: int


@dataclass
class End:
    """A wind-down: its name, what was in force when it was announced, and how far it has come."""

    name: bytes
    covenant: Covenant
    announced: int
    borne: int = 0
    back: list[int] = field(default_factory=list)
    final: bool = False

    @property
    def until(self) -> int:
        """Until when aid can be requested."""
        return self.announced + self.covenant.closing.request_days * DAY


@dataclass(frozen=True)
class Refused:
    """What forbade an attempt: the error's class and the rule's clause."""

    kind: type[Exception]
    clause: str | None


class Plan:
    """A plan of a few members."""

    def __init__(self, covenant: Covenant, now: int) -> None:
        self.versions = [Version(covenant, now)]
        self.now = self.looked = now
        self.height = 0
        self.members: list[Member] = []
        self.cases: dict[bytes, Case] = {}
        self.snapshot: Snapshot | None = None
        self.round: Round | None = None
        self.done: list[Round] = []
        self.net = 0
        self.pot = 0
        self.restituted = 0
        self.end: End | None = None
        self.known = 0
        self.kept_since = -(10**18)
        kinds = "deposits credits withdrawals charges fees aid payouts refunds corrections collected arrears funds"
        self.sums = dict.fromkeys([*kinds.split(), "top_ups"], 0)

    # --- time -------------------------------------------------------------------------------

    def at(self, time_ms: int) -> Covenant:
        return self.versions[self.version_at(time_ms)].covenant

    def version_at(self, time_ms: int) -> int:
        return max([number for number, item in enumerate(self.versions) if item.since <= time_ms], default=0)

    @property
    def covenant(self) -> Covenant:
        return self.at(self.now)

    def tick(self, time_ms: int) -> None:
        """A block of this time comes: instants of the calendar that have come since are looked at one by one."""
        self.now = time_ms
        self.height += 1
        if self.snapshot is not None and self.snapshot.frozen and self.covenant.calendar.kind == "event":
            self.give_up()
        if self.round is not None:
            return
        for day in range(day_at(self.looked), day_at(self.now) + 1):
            instant = start(day)
            comes = self.looked < instant <= self.now and is_one_of(day, self.at(instant).calendar.disclosure_days)
            if comes and self.covenant.calendar.kind == "monthly":
                self.give_up()
                self.take(instant, self.height - 1, frozen=True)
        self.looked = self.now

    def take(self, time_ms: int, height: int, *, frozen: bool) -> None:
        self.snapshot = Snapshot(
            time_ms, height, copy.deepcopy(self.members), self.version_at(time_ms), self.pot, frozen
        )
        for member in self.members:
            member.events = 0

    def give_up(self) -> None:
        if self.snapshot is not None:
            for member, was in zip(self.members, self.snapshot.members, strict=False):
                member.events += was.events
            self.snapshot = None

    # --- single events ----------------------------------------------------------------------

    def begin_group(self) -> None:
        """Events are recorded in groups; who joins in a group has no slot yet that its other events could name."""
        self.known = len(self.members)

    def enrol(self, deposit: int) -> int:
        if self.end is not None:
            raise errors.PlanClosing("nobody joins")
        if not 0 <= deposit <= DEPOSIT or deposit < self.covenant.membership.prepay:
            raise errors.DepositRule("deposit")
        self.members.append(Member(deposit, day_at(self.now)))
        self.sums["deposits"] += deposit
        return len(self.members) - 1

    def credit(self, slot: int, amount: int, seq: int | None, reason: int = 0) -> int:
        if reason == 1 and self.covenant.sharing.funding == "mandate":
            member = self._member(slot)
            if not 0 < amount <= min(member.owed(), CREDIT):
                raise errors.ArrearsRule("amount")
            number = self._number(slot, seq)
            member.arrears_paid += amount
            self.pot += amount
            self.sums["arrears"] += amount
            return number
        member = self._active(slot)
        if amount <= 0 or amount > CREDIT or member.balance + amount > BALANCE:
            raise errors.OverflowRule("amount")
        number = self._number(slot, seq)
        member.balance += amount
        member.credits[number] = amount
        self.sums["credits"] += amount
        return number

    def withdraw(self, slot: int, amount: int, seq: int) -> int:
        member = self._member(slot)
        if amount <= 0 or amount > member.balance - self.reserved(slot):
            raise errors.BalanceTooLow("amount")
        number = self._number(slot, seq)
        member.balance -= amount
        self.sums["withdrawals"] += amount
        return number

    def correct(self, slot: int, amount: int, corrects: int, seq: int | None) -> int:
        member = self._member(slot)
        if corrects in member.corrected or not 0 < amount <= member.credits.get(corrects, 0):
            raise errors.CorrectionRule("correction")
        if self.covenant.sharing.funding != "postpaid" and amount > member.balance - self.reserved(slot):
            raise errors.BalanceTooLow("amount")
        number = self._number(slot, seq)
        member.balance -= amount
        member.corrected.add(corrects)
        self.sums["corrections"] += amount
        return number

    def exit(self, slot: int, seq: int) -> int:
        member = self._active(slot)
        if member.left_ms is not None:
            raise errors.AlreadyExited("exit")
        number = self._number(slot, seq)
        notice = self.covenant.membership.exit_notice_days
        member.left_ms = start(day_at(self.now) + notice) if notice else self.now
        return number

    def notice(self, slot: int, seq: int | None) -> int:
        self._member(slot)
        return self._number(slot, seq)

    def reserved(self, slot: int) -> int:
        """What she cannot take out: the announced amount, or what an amount not announced yet may be at most."""
        if self.covenant.sharing.funding == "mandate":
            return 0
        if self.round is not None:
            return self.round.rows[slot][1] if slot < len(self.round.rows) else 0
        if self.snapshot is not None and slot < len(self.snapshot.members):
            member, covenant = self.snapshot.members[slot], self.versions[self.snapshot.version].covenant
            time_ms = self.snapshot.time_ms
            if member.left(time_ms) or member.ended or self._waits(member, covenant, time_ms):
                return 0
            most = max(member.balance, 0)
            return min(most, covenant.sharing.cap_round) if covenant.sharing.cap_round else most
        return 0

    def _member(self, slot: int) -> Member:
        if not 0 <= slot < self.known:
            raise errors.SlotUnknown("slot")
        return self.members[slot]

    def _active(self, slot: int) -> Member:
        member = self._member(slot)
        if member.ended:
            raise errors.MembershipEnded("ended")
        if member.left(self.now):
            raise errors.AlreadyExited("exit")
        return member

    def _number(self, slot: int, seq: int | None) -> int:
        member = self.members[slot]
        if seq is not None and seq != member.seq:
            raise errors.SequenceError("seq")
        if self.events_of(slot) >= EVENTS:
            raise errors.TooManyEvents("events")
        member.seq += 1
        member.events += 1
        return member.seq - 1

    def events_of(self, slot: int) -> int:
        """What counts against the most events between two rounds."""
        events = self.members[slot].events
        if self.snapshot is not None and slot < len(self.snapshot.members):
            events += self.snapshot.members[slot].events  # the snapshot may be given up, and then they count again
        return events

    def credit_many(self, rows: list[tuple[int, int, int, int]]) -> set[type[errors.RuleError]]:
        """Rows of (slot, amount, seq, reason): all or none. What forbids them."""
        if any(not 0 <= row[0] < len(self.members) for row in rows):
            return {errors.SlotUnknown}
        mandate = self.covenant.sharing.funding == "mandate"
        found: set[type[errors.RuleError]] = set()
        for at, (slot, amount, seq, reason) in enumerate(rows):
            member, earlier = self.members[slot], [row for row in rows[:at] if row[0] == slot]
            arrears = mandate and reason == 1
            if not arrears and member.ended:
                found.add(errors.MembershipEnded)
            elif not arrears and member.left(self.now):
                found.add(errors.AlreadyExited)
            if not 0 < amount <= CREDIT:
                found.add(errors.ArrearsRule if arrears else errors.OverflowRule)
            if seq != member.seq + len(earlier):
                found.add(errors.SequenceError)
            if self.events_of(slot) + len(earlier) >= EVENTS:
                found.add(errors.TooManyEvents)
        if found:
            return found
        for slot in {row[0] for row in rows}:
            paid = sum(row[1] for row in rows if row[0] == slot and mandate and row[3] == 1)
            rest = sum(row[1] for row in rows if row[0] == slot) - paid
            if paid > self.members[slot].owed():
                found.add(errors.ArrearsRule)
            if self.members[slot].balance + rest > BALANCE:
                found.add(errors.OverflowRule)
        if not found:
            self.begin_group()
            for slot, amount, seq, reason in rows:
                self.credit(slot, amount, seq, reason)
        return found

    # --- what entries do to the money -----------------------------------------------------------

    def announced(self, name: bytes) -> bool:
        """Whether the open round shares a case."""
        return self.round is not None and name in self.round.cases

    def share_no_more(self, name: bytes) -> None:
        """A case that no round has announced is shared by none."""
        case = self.cases.get(name)
        if case is not None and case.shared is None and not self.announced(name):
            case.gone = True

    def pay_out(self, name: bytes, amount: int) -> None:
        self.cases[name].paid += amount
        self.sums["payouts"] += amount

    def void(self, name: bytes) -> None:
        case = self.cases[name]
        case.void = True
        self.share_no_more(name)
        if case.shared is not None:
            self._release(case)

    def _release(self, case: Case) -> None:
        """Nobody is owed this aid any more, and the operator gives the fee back: it is there for the next round."""
        self.pot += case.aid - case.paid + case.fee
        self.sums["fees"] -= case.fee
        self.sums["aid"] -= case.aid

    def fund(self, amount: int) -> None:
        self.pot += amount
        self.sums["funds"] += amount

    def paid_in(self, slot: int) -> int:
        """What a member was charged in all rounds, less what came back of them."""
        member = self.members[slot]
        return sum(row.amount for row in member.rows) - member.returned

    def restitute(self, slot: int, amount: int) -> None:
        """Her membership ends, and what she paid is hers again."""
        member = self.members[slot]
        member.ended = member.restituted = True
        member.balance += amount
        self.net -= amount
        self.restituted += amount
        self.sums["refunds"] += amount

    def holding(self) -> int:
        """What has come in and has not gone out."""
        came = ("deposits", "credits", "arrears", "collected", "funds", "top_ups")
        went = ("corrections", "withdrawals", "payouts", "fees")
        return sum(self.sums[name] for name in came) - sum(self.sums[name] for name in went)

    # --- refunds ------------------------------------------------------------------------------

    def refund(self, name: bytes) -> list[int]:
        """Give back what everybody paid for a void case, or, for an ending plan, for a round; row by row."""
        if self.end is not None and name == self.end.name:
            return self._return_round(self.end)
        case = self.cases.get(name)
        if case is None or case.shared is None or not case.void or case.refunded:
            raise errors.RefundRule("case")
        if self.covenant.refunds.void != "shares":
            raise errors.RefundRule("surplus")
        done = self.done[case.shared]
        case.refunded = True
        return self._give_back(case.shared, Fraction(case.aid + case.fee, done.aid + done.fee))

    def _return_round(self, end: End) -> list[int]:
        left = [number for number in range(len(self.done)) if number not in end.back]
        if end.covenant.closing.refund != "shares" or not left or self.now < end.until:
            raise errors.RefundRule("not yet", clause="closing.refund")
        done = self.done[left[0]]
        end.back.append(left[0])
        return self._give_back(
            left[0], Fraction(done.aid + done.fee - self._voided_in(left[0]), max(done.aid + done.fee, 1))
        )

    def _voided_in(self, number: int) -> int:
        """Aid and fees of a round's void cases whose shares were given back."""
        return sum(case.aid + case.fee for case in self.cases.values() if case.shared == number and case.refunded)

    def shares_to_return(self) -> int:
        """Aid and fees of the rounds that an ending plan has still to give back."""
        if self.end is None or self.end.covenant.closing.refund != "shares":
            return 0
        left = [number for number in range(len(self.done)) if number not in self.end.back]
        return sum(self.done[number].aid + self.done[number].fee - self._voided_in(number) for number in left)

    def _give_back(self, number: int, part: Fraction) -> list[int]:
        rows = [(member, row.amount) for member in self.members for row in member.rows if row.number == number]
        back = [0 if member.restituted else math.floor(amount * part) for member, amount in rows]
        for member, amount in zip(self.members, back, strict=False):
            member.balance += amount
            member.returned += amount
        self.net -= sum(back)
        self.sums["refunds"] += sum(back)
        return back

    # --- rounds -------------------------------------------------------------------------------

    def begin(self, time_ms: int) -> None:
        if self.round is not None:
            raise errors.RoundOpen("open")
        if self.at(time_ms).calendar.kind == "monthly":
            if self.snapshot is None or not self.snapshot.frozen:
                raise errors.CalendarRule("instant", clause="calendar.disclosure_days")
            return
        if self.snapshot is not None and not self.snapshot.frozen:
            raise errors.RoundOpen("opening")
        self.give_up()
        self.take(time_ms, self.height, frozen=False)

    def announce(self, cases: list[bytes], extra: int) -> Round:
        """The next round's figures and rows, from the snapshot; nothing is open yet."""
        snapshot = self.snapshot
        assert snapshot is not None
        if not 0 <= extra <= TOTAL:
            raise errors.AmountError("top-up")
        covenant, sharing = self.versions[snapshot.version].covenant, self.versions[snapshot.version].covenant.sharing
        if len(set(cases)) < len(cases):
            raise errors.CaseUnknown("twice")
        known = [name for name, case in self.cases.items() if case.shared is None and not case.gone]
        if not set(cases) <= set(known):
            raise errors.CaseUnknown("case")
        if not cases and self.net >= 0:
            raise errors.CaseUnknown("nothing to share")
        aids = [self.cases[name].aid for name in cases]
        recipients = set() if sharing.recipient_shares else {self.cases[name].slot for name in cases}
        fee, fees = self._fees(covenant, aids)
        kinds = [self._kind(slot, member, snapshot, recipients) for slot, member in enumerate(snapshot.members)]
        headcount = kinds.count(PAID)
        if 0 < headcount < covenant.membership.smallest:
            raise errors.TooFewMembers("smallest")
        if headcount == 0:
            raise errors.NobodyShares("nobody")
        divisor = headcount
        if sharing.divisor == "previous_headcount" and self.done:
            divisor = self.done[-1].headcount
        surplus, deficit = max(self.net, 0), max(-self.net, 0)

        def share_with(top_up: int) -> int:
            other = deficit - surplus - top_up
            if sharing.rounding == "round":
                return max(math.ceil(Fraction(sum(aids) + fee + other, divisor)), 0)
            if covenant.fee.per == "round":
                parts, other = [math.ceil(Fraction(aid, divisor)) for aid in aids], other + fee
            else:
                parts = [math.ceil(Fraction(aid + part, divisor)) for aid, part in zip(aids, fees, strict=True)]
            return max(sum(parts) + math.ceil(Fraction(other, divisor)), 0)

        limits = [sharing.cap_round] if sharing.cap_round else []
        limits += [sharing.cap_case * max(len(cases), 1)] if sharing.cap_case else []
        limit = min([*limits, SHARE])
        top_up = snapshot.pot + extra
        if sharing.shortfall == "operator":
            top_up = max(top_up, deficit)
        if sharing.above_cap == "top_up":
            while share_with(top_up) > limit:  # each unit beyond is paid for everybody
                top_up += max((share_with(top_up) - limit - 1) * divisor, 1)
        if self.end is not None and self.end.borne < self.end.covenant.closing.borne_rounds:
            while share_with(top_up) > 0:  # the operator bears this round alone
                top_up += max((share_with(top_up) - 1) * divisor, 1)
        if top_up > TOTAL:
            raise errors.AmountError("top-up")
        share = share_with(top_up)
        if sharing.above_cap == "carry":
            share = min(share, limit)
        needed, due = sum(aids) + fee + deficit, share * headcount
        if share > SHARE or max(needed, due, due + surplus + top_up - needed) > TOTAL:
            raise errors.OverflowRule("range")
        if sharing.above_cap == "refuse" and sharing.cap_case:
            for aid in aids:
                if math.ceil(Fraction(aid + self._fees(covenant, [aid])[0], divisor)) > sharing.cap_case:
                    raise errors.ShareAboveCap("case", clause="sharing.cap_case")
        if share > limit:
            clause = "sharing.cap_round" if limit == sharing.cap_round else "sharing.cap_case"
            raise errors.ShareAboveCap("cap", clause=clause)
        rows = [
            (*self._amount(covenant, member, kind, share, snapshot), member.events)
            for member, kind in zip(snapshot.members, kinds, strict=True)
        ]
        ends = [slot for slot, member in enumerate(snapshot.members) if self._ends(member, kinds[slot], snapshot)]
        return Round(
            cases, snapshot.version, snapshot.time_ms, share, headcount, divisor, sum(aids), fee, fees, surplus,
            deficit, top_up, self.restituted, snapshot.pot, rows, ends,
        )  # fmt: skip

    @staticmethod
    def _fees(covenant: Covenant, aids: list[int]) -> tuple[int, list[int]]:
        """The fee, and what of it belongs to each case."""
        bp, base = covenant.fee.bp, 10_000 - (covenant.fee.bp if covenant.fee.base == "gross" else 0)
        rounded = math.ceil if covenant.fee.rounding == "up" else math.floor
        if covenant.fee.per == "case":
            fees = [rounded(Fraction(aid * bp, base)) for aid in aids]
            return sum(fees), fees
        fee = rounded(Fraction(sum(aids) * bp, base))
        return fee, [math.floor(Fraction(fee * aid, sum(aids))) for aid in aids]

    @staticmethod
    def _waits(member: Member, covenant: Covenant, time_ms: int) -> bool:
        return day_at(time_ms) - member.joined < covenant.sharing.waiting_days

    def _kind(self, slot: int, member: Member, snapshot: Snapshot, recipients: set[int]) -> int:
        """Whether she shares (PAID), or why not."""
        covenant, time_ms = self.versions[snapshot.version].covenant, snapshot.time_ms
        if member.left(time_ms) and not member.ended:
            return EXITED
        if member.ended:
            return LAPSED
        if self._waits(member, covenant, time_ms):
            return WAITING
        if not self.pays_her_way(member, covenant, time_ms):
            return LAPSED
        return EXEMPT if slot in recipients else PAID

    def covered(self, member: Member, time_ms: int) -> bool:
        """Whether she would share in a round with a snapshot at that time."""
        covenant = self.at(time_ms)
        out = member.left(time_ms) or member.ended
        return not out and not self._waits(member, covenant, time_ms) and self.pays_her_way(member, covenant, time_ms)

    def in_grace(self, member: Member, time_ms: int) -> bool:
        """Whether she is in arrears, and not for longer than the grace."""
        covenant = self.at(time_ms)
        if covenant.sharing.funding == "prepaid":
            short = member.balance <= 0 and self.short_since(member) is not None
            out = member.left(time_ms) or member.ended
            return not out and short and not self.overdue(member, covenant, time_ms)
        owes = member.owed() if covenant.sharing.funding == "mandate" else -member.balance
        return owes > 0 and self.covered(member, time_ms)

    def pays_her_way(self, member: Member, covenant: Covenant, time_ms: int) -> bool:
        sharing = covenant.sharing
        if sharing.funding == "prepaid":
            return member.balance > 0
        if sharing.funding == "postpaid" and sharing.credit_limit and member.balance <= -sharing.credit_limit:
            return False
        return not self.overdue(member, covenant, time_ms)

    def limit(self, covenant: Covenant, time_ms: int) -> int:
        """What was deducted before this, and is unpaid, is overdue."""
        return max(start(day_at(time_ms) - covenant.arrears.grace_days), self.kept_since)

    def overdue(self, member: Member, covenant: Covenant, time_ms: int) -> bool:
        limit = self.limit(covenant, time_ms)
        if covenant.sharing.funding == "postpaid":
            return member.balance + sum(row.amount for row in member.rows if row.settled_ms >= limit) < 0
        if covenant.sharing.funding == "mandate":
            old = sum(row.due - row.amount for row in member.rows if row.settled_ms < limit)
            return old > member.arrears_paid
        since = self.short_since(member)
        return (
            member.balance <= 0 and since is not None and since < start(day_at(time_ms) - covenant.arrears.grace_days)
        )

    def short_since(self, member: Member) -> int | None:
        """Prepaid: since when rounds have found too little in her balance."""
        since: int | None = None
        for row in member.rows:
            if row.status == PARTIAL or (row.status == LAPSED and since is None):
                since = row.settled_ms
            elif row.status != LAPSED:
                since = None
            if not row.tracked:
                since = None
        return since

    def _amount(self, covenant: Covenant, member: Member, kind: int, share: int, snapshot: Snapshot) -> tuple[int, int]:
        if kind != PAID:
            return kind, 0
        amount, status = share, PAID
        if covenant.sharing.cap_year:
            year = date(day_at(snapshot.time_ms)).year
            charged = sum(row.amount for row in member.rows if row.year == year and row.counted)
            amount = min(share, max(covenant.sharing.cap_year - charged, 0))
            status = CAPPED if amount < share else PAID
        takes = covenant.sharing.funding == "prepaid" and covenant.sharing.short_balance == "take"
        return (PARTIAL, member.balance) if takes and member.balance < amount else (status, amount)

    def _ends(self, member: Member, kind: int, snapshot: Snapshot) -> bool:
        covenant = self.versions[snapshot.version].covenant
        lapsed = kind == LAPSED and not member.ended and covenant.arrears.lapse == "ended"
        return lapsed and self.overdue(member, covenant, snapshot.time_ms)

    def open(self, announced: Round) -> None:
        assert self.snapshot is not None
        covenant = self.versions[announced.version].covenant
        announced.due_ms = self.now + covenant.calendar.notice_days * DAY
        if covenant.calendar.kind == "monthly":
            day = day_at(announced.time_ms) + 1
            while not is_one_of(day, covenant.calendar.deduction_days):
                day += 1
            announced.due_ms = start(day)
        self.snapshot = None
        self.restituted = 0
        self.round = announced
        self.pot -= announced.pot
        self.sums["top_ups"] += announced.top_up - announced.pot
        if self.end is not None and self.end.borne < self.end.covenant.closing.borne_rounds:
            self.end.borne += 1
        for slot in announced.ends:
            self.members[slot].ended = True

    def settle(self, failed: Sequence[int] = ()) -> None:
        done = self.round
        if done is None:
            raise errors.NoRoundOpen("none")
        covenant = self.versions[done.version].covenant
        mandate = covenant.sharing.funding == "mandate"
        for slot in failed:
            if (
                not mandate
                or not 0 <= slot < len(done.rows)
                or done.rows[slot][0] not in SHARING
                or not done.rows[slot][1]
            ):
                raise errors.CollectionRule("failed")
        if self.now < done.due_ms:
            monthly = covenant.calendar.kind == "monthly"
            clause = "calendar.deduction_days" if monthly else "calendar.notice_days"
            raise errors.CalendarRule("due", clause=clause)
        counted = any(item.covenant.sharing.cap_year for item in self.versions)
        tracked = covenant.arrears.grace_days > 0 or covenant.arrears.lapse == "ended"
        year, paid = date(day_at(done.time_ms)).year, 0
        for slot, (member, (status, due, _)) in enumerate(zip(self.members, done.rows, strict=False)):
            amount, status = (0, PARTIAL) if slot in failed else (due, status)
            member.rows.append(Row(len(self.done), self.now, year, amount, status, due, counted, tracked))
            member.balance -= 0 if mandate else amount
            paid += amount
        self.net += paid + done.top_up - done.aid - done.fee
        self.sums["fees"] += done.fee
        self.sums["aid"] += done.aid
        self.sums["collected" if mandate else "charges"] += paid
        for name, fee in zip(done.cases, done.fees, strict=True):
            self.cases[name].shared, self.cases[name].fee = len(self.done), fee
            if self.cases[name].void:
                self._release(self.cases[name])
        grace = max(item.covenant.arrears.grace_days for item in self.versions)
        if covenant.sharing.funding != "prepaid":
            self.kept_since = max(self.kept_since, start(day_at(self.now) - grace))
        self.done.append(done)
        self.round = None
        self.looked = self.now


def outcome(attempt: Callable[[], object]) -> object:
    """What an attempt returns, or what forbade it."""
    try:
        return attempt()
    except errors.MutualchainError as error:
        error.diagnostics()
        return Refused(type(error), getattr(error, "clause", None))
