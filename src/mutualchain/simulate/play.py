"""The periods of a simulation, one after another: what happens between two snapshots, then the round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from ..covenant.book import Book
from ..covenant.calendar import DAY_MS, date_of, day_number, day_of, disclosure_instant_after, start_of
from ..covenant.document import Covenant
from ..covenant.due import waiting_cases
from ..covenant.opened import OpenRound
from ..errors import RuleError, UsageError
from ..sheet import Status
from .assumptions import Assumptions
from .population import Population

__all__ = ["Period", "Simulation", "Year", "simulate"]

_FIRST_YEAR = 2026
_SETTLED = 3_650
"""Days of membership that the founders have behind them, where they are settled."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Period:
    """One period: members in, its cases, and its round; amounts in minor units, ``day`` since 1970-01-01.

    ``share`` is 0 and ``rule`` names a clause where the covenant let no round open; without a case there is none
    either, and ``rule`` is empty. ``refused`` counts cases that the covenant gives nothing.
    """

    day: int
    members: int
    joined: int
    left: int
    cases: int
    refused: int
    sharing: int
    lapsed: int
    waiting: int
    aid: int
    fee: int
    share: int
    paid: int
    surplus: int
    deficit: int
    top_up: int
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Year:
    """A year of a simulation: what it cost one who shared in every round, and the largest single share."""

    year: int
    members: int
    cases: int
    refused: int
    aid: int
    fee: int
    cost: int
    largest: int
    lapsed: int
    surplus: int
    deficit: int
    blocked: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """A covenant played forward under assumptions. ``refusals`` counts refused cases by clause."""

    covenant: Covenant
    assumed: Assumptions
    seed: int
    periods: tuple[Period, ...]
    refusals: tuple[tuple[str, int], ...]

    def years(self) -> list[Year]:
        """The periods added up by calendar year."""
        found: dict[int, list[Period]] = {}
        for period in self.periods:
            found.setdefault(date_of(period.day)[0], []).append(period)
        return [_year(year, periods) for year, periods in found.items()]


def _year(year: int, periods: list[Period]) -> Year:
    last = periods[-1]
    return Year(
        year,
        last.members,
        sum(item.cases for item in periods),
        sum(item.refused for item in periods),
        sum(item.aid for item in periods),
        sum(item.fee for item in periods),
        sum(item.share for item in periods),
        max(item.share for item in periods),
        max(item.lapsed for item in periods),
        last.surplus,
        last.deficit,
        sum(bool(item.rule) for item in periods),
    )


def simulate(
    covenant: Covenant, assumed: Assumptions | None = None, *, seed: int = 1, progress: Progress | None = None
) -> Simulation:
    """Play ``covenant`` forward. The same arguments give the same run. ``progress(done, total)`` counts periods.

    Raises UsageError for a seed that is no whole number from 0 on.
    """
    if type(seed) is not int or seed < 0:
        raise UsageError("a seed is a whole number from 0 on", value=seed)
    play = _Play(covenant, assumed or Assumptions(), seed)
    instants = list(play.instants())
    periods = []
    for at, (begin, end) in enumerate(instants):
        periods.append(play.period(begin, end))
        if progress is not None:
            progress(at + 1, len(instants))
    return Simulation(covenant, play.assumed, seed, tuple(periods), tuple(play.refusals.most_common()))


@dataclass(slots=True)
class _Play:
    covenant: Covenant
    assumed: Assumptions
    seed: int
    book: Book = field(init=False)
    people: Population = field(init=False)
    refusals: Counter[str] = field(default_factory=Counter)
    height: int = 0
    made: int = 0
    last_share: int = 0

    def __post_init__(self) -> None:
        start = start_of(self.covenant, day_number(_FIRST_YEAR, 1, 1))
        founded = start - (_SETTLED if self.assumed.settled else 1) * DAY_MS
        self.book = Book("simulated", self.covenant, now_ms=founded)
        self.people = Population(self.book, self.assumed, np.random.Generator(np.random.PCG64(self.seed)))
        self.people.join(self.assumed.members, day_of(self.covenant, start))
        self.tick(start)

    def tick(self, time_ms: int) -> int:
        """A block at this time, or at the last one's."""
        self.height += 1
        self.book.tick(time_ms, self.height)
        return self.book.now_ms

    def instants(self) -> Iterator[tuple[int, int]]:
        """Beginning and end of every period: from one snapshot to the next."""
        covenant = self.covenant
        at = start_of(covenant, day_number(_FIRST_YEAR, 1, 1))
        end = start_of(covenant, day_number(_FIRST_YEAR + self.assumed.years, 1, 1))
        while True:
            step = max(self.assumed.event_days, covenant.calendar.notice_days + 1) * DAY_MS
            following = disclosure_instant_after(covenant, at) or at + step
            if following >= end:
                return
            yield at, following
            at = following

    def period(self, begin: int, end: int) -> Period:
        """Everything between two snapshots, and the round at the second."""
        book, people, covenant = self.book, self.people, self.covenant
        middle = max((begin + end) // 2, book.now_ms)
        self.tick(middle)
        days = (end - begin) / DAY_MS
        today = day_of(covenant, middle)
        joined = int(people.chance.poisson(self.assumed.members * self.assumed.joining * days / 365.25))
        people.join(joined, today)
        left = people.leave(days, today)
        people.pay_in(self.last_share)
        illnesses = people.fall_ill(covenant, days, day_of(covenant, end), end)
        for illness in illnesses:
            if illness.aid:
                self.made += 1
                book.share_case(self.made.to_bytes(32, "big"), illness.slot, illness.aid)
            else:
                self.refusals[illness.clause] += 1
        refused = sum(not illness.aid for illness in illnesses)
        self.tick(max(end, book.now_ms) + 1)
        return self._round(day_of(covenant, end), joined, left, len(illnesses) - refused, refused)

    def _round(self, day: int, joined: int, left: int, cases: int, refused: int) -> Period:
        book = self.book
        sharing = lapsed = waiting = aid = fee = share = paid = top_up = 0
        rule = ""
        try:
            opened = self._open()
        except RuleError as error:
            rule, opened = error.clause, None
        if opened is not None:
            terms = opened.terms
            waiting = opened.rows - opened.waiting
            lapsed = int(np.count_nonzero(opened.statuses == Status.LAPSED))
            aid, fee, share, sharing, top_up = terms.aid, terms.fee, terms.share, terms.headcount, terms.top_up
            paid = self._settle(opened)
            self.last_share = share
        return Period(
            *(day, book.members.count - book.members.exits, joined, left, cases, refused, sharing, lapsed, waiting),
            *(aid, fee, share, paid, book.surplus, book.deficit, top_up, rule),
        )

    def _open(self) -> OpenRound | None:
        """Announce a round for the cases that wait; None where none does."""
        book = self.book
        chosen = waiting_cases(book)
        if not chosen:
            return None
        now_ms = self.tick(book.now_ms + self.covenant.cases.objection_days * DAY_MS)
        capture = book.begin_capture(self.height, now_ms)
        try:
            terms = book.terms(capture, chosen)
        except RuleError:
            if not capture.frozen:
                book.cancel_capture()
            raise
        book.put_open(book.open_round(capture, terms))
        return book.open

    def _settle(self, opened: OpenRound) -> int:
        """Deduct the round, and pay the aid."""
        book = self.book
        self.tick(max(opened.due_ms, book.now_ms))
        if opened.mandate and self.assumed.failing:
            opened, _, _ = opened.with_failed(self.people.failing(opened))
        result = book.result(opened)
        book.settle(result, opened)
        for name in opened.terms.cases:
            book.cases[name].paid = book.cases[name].aid
            book.totals.payouts += book.cases[name].aid
        return result.paid
