"""One member's money and standing, lived through again: what her row in a round must say.

The rules are those by which :mod:`~mutualchain.covenant.capture` makes everybody's rows at once; here they are applied
to one member, from what her record proves: her balance, her own earlier rows, the day on which she joined, her exit.
What was due before the days of grace and is unpaid is *overdue* (``arrears.grace_days``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..covenant import row
from ..covenant.calendar import day_of, start_of, year_of
from ..covenant.document import Covenant
from ..covenant.members import ARREARS
from ..covenant.rounds import RoundTerms
from ..covenant.settling import overdue_before
from ..errors import RuleBroken
from ..sheet import Status
from .covenants import Versions
from .membership import Membership

__all__ = ["Charge", "Standing"]


@dataclass(frozen=True, slots=True)
class Charge:
    """What the covenant computes for her at a snapshot, unless a case of hers exempts her; ``ends``: for good."""

    covenant: Covenant
    share: int
    known: row.Standing
    ends: bool

    @property
    def mandate(self) -> bool:
        """Whether the share is collected from her account, and not taken from her balance."""
        return self.covenant.sharing.funding == "mandate"

    @property
    def asked(self) -> int:
        """What is due from her, in minor units."""
        return row.charge_row(self.covenant, self.share, self.known)[1]

    def rows(self, exempt: bool) -> tuple[tuple[Status, int], ...]:
        """The rows that are right: the first; and by mandate that the collection failed, which nobody can compute."""
        status, amount = row.charge_row(self.covenant, self.share, replace(self.known, exempt=exempt))
        return ((status, amount), (Status.PARTIAL, 0)) if self.mandate and amount else ((status, amount),)


@dataclass(frozen=True, slots=True)
class _Credit:
    """A credit of hers; one that paid arrears cannot be corrected, and none twice."""

    amount: int
    fixed: bool


@dataclass(frozen=True, slots=True)
class _Settled:
    """A settled round of hers: where and when, its calendar year, what it took, what stayed unpaid of a collection."""

    height: int
    time_ms: int
    year: int
    amount: int
    failed: int


class Standing:
    """What is known of her between two events. Amounts in minor units."""

    def __init__(self, membership: Membership, versions: Versions) -> None:
        self._member, self._versions = membership, versions
        self.balance = membership.deposit
        self.arrears = 0
        self._joined_day = day_of(versions.at(membership.time_ms).covenant, membership.time_ms)
        self._left_ms: int | None = None
        self._ended = False
        self._short_ms = 0
        self._paid = 0
        self._rounds: list[_Settled] = []
        self._recent: list[_Settled] = []
        self._credits: dict[int, _Credit] = {}

    # --- events -----------------------------------------------------------------------------

    def credit(self, seq: int, amount: int, reason: int, time_ms: int) -> None:
        """Money in; by mandate, with the reason for it, what was not collected is paid. Raises RuleBroken."""
        place = f"event {seq + 1}"
        arrears = reason == ARREARS and self._versions.at(time_ms).covenant.sharing.funding == "mandate"
        if arrears:
            if amount > self.arrears:
                raise RuleBroken(f"{amount} of arrears was paid where {self.arrears} was owed", place=place)
            self.arrears -= amount
        elif self._ended or self._has_left(time_ms):
            raise RuleBroken("the chain holds a credit after your exit", place=place)
        else:
            self.balance += amount
        self._credits[seq] = _Credit(amount, arrears)

    def correct(self, seq: int, amount: int, corrects: int) -> None:
        """A wrong credit is taken back."""
        found = self._credits.get(corrects)
        if found is None or found.fixed or not 0 < amount <= found.amount:
            raise RuleBroken("a correction names no credit of yours that it could take back", place=f"event {seq + 1}")
        self._credits[corrects] = _Credit(found.amount, True)
        self.balance -= amount

    def withdraw(self, amount: int) -> None:
        """Money out."""
        self.balance -= amount

    def refund(self, amount: int) -> None:
        """A voided case's part of her charge comes back."""
        self.balance += amount
        self._paid -= amount

    def restitute(self, seq: int, amount: int) -> None:
        """All that she has paid comes back, and she is out. Raises RuleBroken for another amount."""
        if amount != self._paid:
            text = f"{amount} came back where {self._paid} was paid (aid.ill_in_waiting)"
            raise RuleBroken(text, place=f"event {seq + 1}")
        self.balance += amount
        self._ended = True

    def leave(self, seq: int, time_ms: int) -> None:
        """She leaves: in effect at once, or after ``membership.exit_notice_days``. Raises RuleBroken a second time."""
        if self._left_ms is not None or self._ended:
            raise RuleBroken("the chain holds an exit after your exit", place=f"event {seq + 1}")
        covenant = self._versions.at(time_ms).covenant
        days = covenant.membership.exit_notice_days
        self._left_ms = start_of(covenant, day_of(covenant, time_ms) + days) if days else time_ms

    def _has_left(self, time_ms: int) -> bool:
        return self._left_ms is not None and self._left_ms <= time_ms

    def out(self, time_ms: int) -> bool:
        """Whether she is out: her exit is in effect, or arrears ended her membership."""
        return self._ended or self._has_left(time_ms)

    # --- rounds -----------------------------------------------------------------------------

    def at_snapshot(self, terms: RoundTerms, covenant: Covenant) -> Charge:
        """What the covenant computes for her as she stands now, at the snapshot."""
        at = terms.snapshot_time_ms
        known = self._known(covenant, at)
        lapsed = row.charge_row(covenant, terms.share, known)[0] is Status.LAPSED
        ends = lapsed and covenant.arrears.lapse == "ended" and self._for_long(covenant, at, known)
        return Charge(covenant, terms.share, known, ends)

    def covered(self, covenant: Covenant, at_ms: int) -> bool:
        """Whether she would share in a round with its snapshot at ``at_ms``."""
        status, _ = row.charge_row(covenant, 0, self._known(covenant, at_ms))
        return status is Status.PAID

    def _known(self, covenant: Covenant, at_ms: int) -> row.Standing:
        waits = covenant.sharing.waiting_days
        return row.Standing(
            balance=self.balance,
            charged=self._charged_in(year_of(covenant, at_ms)),
            left=self._has_left(at_ms) and not self._ended,
            ended=self._ended,
            waiting=self._joined_day > day_of(covenant, at_ms) - waits if waits else False,
            overdue=self._overdue(covenant, at_ms),
        )

    def _overdue(self, covenant: Covenant, at_ms: int) -> bool:
        """Whether she owes for longer than the grace, post-paid or by mandate."""
        limit = overdue_before(covenant, at_ms)
        recent = [item for item in self._recent if item.time_ms >= limit]
        if covenant.sharing.funding == "mandate":
            return self.arrears > sum(item.failed for item in recent)
        return covenant.sharing.funding == "postpaid" and self.balance + sum(item.amount for item in recent) < 0

    def _for_long(self, covenant: Covenant, at_ms: int, known: row.Standing) -> bool:
        """Whether her arrears are overdue, of who is lapsed."""
        if covenant.sharing.funding == "prepaid":
            return 0 < self._short_ms < overdue_before(covenant, at_ms)
        return known.overdue

    def _charged_in(self, year: int) -> int:
        """What she was charged in a calendar year, since the covenant caps it."""
        since = min((item.height for item in self._versions.all if item.covenant.sharing.cap_year), default=0)
        return sum(item.amount for item in self._rounds if item.year == year and item.height >= since)

    def announced(self, charge: Charge) -> None:
        """The round was opened: whose arrears were overdue at its snapshot is out."""
        self._ended = self._ended or charge.ends

    def charge(self, terms: RoundTerms, wanted: Charge, found: tuple[Status, int], height: int, time_ms: int) -> None:
        """The round was charged in block ``height``, with the row ``found``."""
        status, amount = found
        covenant, failed = wanted.covenant, 0
        self._paid += amount
        if wanted.mandate:
            failed = wanted.asked if status is Status.PARTIAL else 0
            self.arrears += failed
        else:
            self.balance -= amount
        settled = _Settled(height, time_ms, year_of(covenant, terms.snapshot_time_ms), amount, failed)
        self._rounds.append(settled)
        grace = max(item.covenant.arrears.grace_days for item in self._versions.all if item.height <= height)
        limit = start_of(covenant, day_of(covenant, time_ms) - grace)
        self._recent = [*(item for item in self._recent if item.time_ms >= limit), settled]
        if status is Status.PARTIAL or (status is Status.LAPSED and not self._short_ms):
            self._short_ms = time_ms
        elif status is not Status.LAPSED:
            self._short_ms = 0
