"""Wind-down (关停): announced, carried through under the covenant, and ended by a statement that has to balance.

From the announcement's block on nobody joins and the covenant stays as it is. Aid can be requested for
``closing.request_days`` more; the first ``closing.borne_rounds`` rounds opened from then on are the operator's alone.
Where ``closing.refund`` is "shares", every settled round is given back in full after that, a refund sheet each.

The statement says what the plan owes to whom, and out of what that is paid:

    holding + operator + owed  =  balances + aid + surplus          ``difference`` is what is missing on the right

``holding`` is what must be there, ``operator`` what the operator has to add, ``owed`` what members owe; ``aid`` is that
of shared cases not paid yet. Beside it stands what is not even shared, decided or given back yet: while any of that is
left, or the operator has something to add, or aid is unpaid, the plan is not wound down, and no statement is recorded.
Balances and a surplus stay the members' own: they are held for them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

from ..block.fields import integer
from ..canonical import decode, encode
from ..errors import ClosingRule, ClosingStatementWrong, PlanClosing
from ..limits import MAX_ENTRY, MAX_TOTAL
from .acts import (
    Act,
    Amendment,
    CaseApproval,
    ClosingNotice,
    ClosingStatement,
    Erasure,
    Handover,
    Proposal,
    Rekey,
    RekeyObjection,
    Request,
    Treasury,
)
from .calendar import DAY_MS
from .refunds import RefundTerms
from .restitution import is_owed

if TYPE_CHECKING:
    from .book import Book

__all__ = [
    "Closing",
    "Statement",
    "apply",
    "check",
    "forbid",
    "refused_to_join",
    "round_given_back",
    "round_opened",
    "statement_of",
]

OUTSTANDING: Final = {
    "difference": "closing",
    "requests": "cases.request",
    "unshared": "calendar.kind",
    "aid": "cases.payout_days",
    "advances": "advances.by",
    "refunds": "refunds.void",
    "shares": "closing.refund",
    "operator": "closing.borne_rounds",
}
"""Figures of a statement that have to be zero at the end, and the clause of each."""


_AFTER = (Treasury, Handover, Rekey, RekeyObjection, Erasure)
"""What is recorded of a plan that has ended: that balances are held, under which keys they leave, what is erased."""


@dataclass(slots=True)
class Closing:
    """A plan being wound down: announced by the entry ``name``. ``final_ms`` is -1 until the statement is recorded."""

    name: bytes
    announced_ms: int
    borne: int = 0
    given_back: list[int] = field(default_factory=list)
    final_ms: int = -1

    def until_ms(self, book: Book) -> int:
        """Until when aid can be requested."""
        return self.announced_ms + book.covenant_at(self.announced_ms).closing.request_days * DAY_MS

    def bears(self, book: Book) -> bool:
        """Whether the next round is the operator's alone."""
        return self.borne < book.covenant_at(self.announced_ms).closing.borne_rounds

    def refund_terms(self, book: Book) -> RefundTerms | None:
        """The next round to be given back, what was given back of it for voided cases left out; None for none."""
        if book.covenant_at(self.announced_ms).closing.refund != "shares":
            return None
        number = next((at for at in range(book.rounds) if at not in set(self.given_back)), None)
        if number is None:
            return None
        done = book.done[number]
        left = done.aid + done.fee - _given_back(book, number)
        return RefundTerms(self.name, number, left, max(done.aid + done.fee, 1))

    def to_value(self) -> list[Any]:
        """As canonical values."""
        return [self.name, self.announced_ms, self.borne, list(self.given_back), self.final_ms]

    @classmethod
    def from_value(cls, value: Any) -> Closing:
        """What ``to_value`` gave."""
        name, announced_ms, borne, given_back, final_ms = value
        return cls(name, announced_ms, borne, list(given_back), final_ms)


@dataclass(frozen=True, slots=True)
class Statement:
    """A plan's figures for its end, in minor units; see the module. ``members`` counts those still in.

    ``advances`` is the part of unpaid aid that is owed to funders, ``arrears`` what failed collections stay owing, and
    ``given`` what the operator and others have put in so far: all three are in other figures already.
    """

    members: int
    balances: int
    aid: int
    surplus: int
    holding: int
    operator: int
    owed: int
    requests: int
    unshared: int
    refunds: int
    shares: int
    advances: int
    arrears: int
    given: int

    @property
    def difference(self) -> int:
        """What is missing where the two sides do not meet; zero where the books are in order."""
        return self.holding + self.operator + self.owed - self.balances - self.aid - self.surplus

    def outstanding(self) -> list[tuple[str, int, str]]:
        """What keeps the plan from being wound down: (figure, amount, clause), in order."""
        found = [(name, getattr(self, name), clause) for name, clause in OUTSTANDING.items()]
        return [item for item in found if item[1]]

    def to_bytes(self) -> bytes:
        """Canonical bytes, for the entry that ends the plan."""
        return encode(asdict(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> Statement:
        """Parse strictly. Raises ClosingStatementWrong."""
        value = decode(data, max_size=MAX_ENTRY)
        names = [item.name for item in fields(cls)]
        if not isinstance(value, dict) or sorted(value) != sorted(names):
            raise ClosingStatementWrong("a closing statement has other figures", value=repr(value)[:80])
        low = -MAX_TOTAL
        return cls(**{name: integer(value[name], name, ClosingStatementWrong, low=low) for name in names})


def statement_of(book: Book) -> Statement:
    """The figures of a plan as it stands, closing or not."""
    members = book.members
    balances = members.balances(0, members.count)
    below = -int(balances[balances < 0].sum())
    net = book.pot + book.surplus - book.deficit
    shared = {name: case for name, case in book.cases.items() if case.round is not None}
    owing = {name: case for name, case in shared.items() if not case.released}
    life = book.life.cases
    voided = [case for name, case in shared.items() if name in book.life.voided and not case.refunded]
    return Statement(
        members=members.count - members.exits,
        balances=int(balances.sum()) + below,
        aid=sum(case.aid - case.paid for case in owing.values()),
        surplus=max(net, 0),
        holding=book.expected_holding(),
        operator=max(-net, 0),
        owed=below,
        requests=sum(case.amount for case in life.values() if case.open),
        unshared=sum(case.aid for case in book.cases.values() if case.round is None),
        refunds=sum(case.aid + case.fee for case in voided) if book.covenant.refunds.void == "shares" else 0,
        shares=_shares_to_return(book),
        advances=sum(case.advances - case.repaid for name, case in life.items() if name in owing),
        arrears=int(members.owed.values.sum()),
        given=book.totals.funds + book.totals.top_ups,
    )


def _shares_to_return(book: Book) -> int:
    """Aid and fees of rounds whose shares are still to be given back."""
    closing = book.closing
    if closing is None or book.covenant_at(closing.announced_ms).closing.refund != "shares":
        return 0
    left = [at for at in range(book.rounds) if at not in set(closing.given_back)]
    return sum(book.done[at].aid + book.done[at].fee - _given_back(book, at) for at in left)


def _given_back(book: Book, number: int) -> int:
    """Aid and fees of a round's voided cases whose shares were given back."""
    return sum(case.aid + case.fee for case in book.cases.values() if case.round == number and case.refunded)


# --- rules --------------------------------------------------------------------------------------


def refused_to_join(book: Book) -> PlanClosing | None:
    """Why nobody can join, or None."""
    if book.closing is None:
        return None
    return PlanClosing("the plan is being wound down: nobody joins", value=book.plan)


def forbid(book: Book, act: Act, now_ms: int) -> None:
    """Raises PlanClosing for an entry that has no place in a plan that is being wound down."""
    closing = book.closing
    if closing is None:
        return
    if closing.final_ms >= 0 and not isinstance(act, _AFTER):
        raise PlanClosing("the plan has ended", value=book.plan)
    if isinstance(act, Amendment | Proposal):
        raise PlanClosing("the plan is being wound down: its covenant stays as it is", clause="amendments")
    if isinstance(act, Request | CaseApproval) and now_ms >= closing.until_ms(book):
        raise PlanClosing("aid can be requested no more", value=closing.until_ms(book), clause="closing.request_days")


def check(book: Book, act: ClosingNotice | ClosingStatement, now_ms: int) -> None:
    """Raises ClosingRule, ClosingStatementWrong for a step of the wind-down that may not be."""
    closing = book.closing
    if isinstance(act, ClosingNotice):
        if closing is not None:
            raise ClosingRule("the plan is being wound down already", value=closing.announced_ms)
        return
    if closing is None:
        raise ClosingRule("the plan's end was not announced", value=book.plan)
    if now_ms < closing.until_ms(book):
        raise ClosingRule("aid can still be requested", value=closing.until_ms(book), clause="closing.request_days")
    if book.open is not None:
        raise ClosingRule("a round is open", value=book.rounds)
    owed = [name for name, case in book.life.cases.items() if is_owed(book, case)]
    if owed:
        text = "a member who fell ill in the waiting period has not got her shares back"
        raise ClosingRule(text, value=owed[0], clause="aid.ill_in_waiting")
    found = statement_of(book)
    for name, value, clause in found.outstanding():
        raise ClosingRule(f"{name}: {value} minor units are outstanding", value=value, clause=clause)
    if act.statement != found.to_bytes():
        raise ClosingStatementWrong("the closing statement is not what the ledger comes to", value=book.plan)


def apply(book: Book, act: ClosingNotice | ClosingStatement, digest: bytes, now_ms: int) -> None:
    """Put a recorded step in force."""
    if book.closing is None:
        book.closing = Closing(digest, now_ms)
    if isinstance(act, ClosingStatement):
        book.closing.final_ms = now_ms


def round_opened(book: Book) -> None:
    """A round was opened: one of those that the operator bears alone, perhaps."""
    if book.closing is not None and book.closing.bears(book):
        book.closing.borne += 1


def round_given_back(book: Book, terms: RefundTerms) -> None:
    """A refund sheet was recorded: a whole round's, perhaps."""
    if book.closing is not None and terms.case == book.closing.name:
        book.closing.given_back.append(terms.round)
