"""Statements read back, so that nobody's key signs bytes that nobody has read (SPEC.md section 7.6).

A member signs withdrawals, exits and ballots (rows), and the entries in ``OF_MEMBERS``. ``read_statement`` takes the
bytes of one of these, as :mod:`.statements` makes them, and nothing else: what it returns is what the bytes say, whole,
since the same bytes come out of it again. What an institution signs, or a request to join, is refused like any other.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..block import fields
from ..block.entry import Entry
from ..canonical import decode
from ..errors import CanonicalError, EntryError, LimitError, StatementUnreadable
from ..limits import MAX_ROWS, MAX_STATEMENT, MAX_TOTAL
from .acts import Act, Appeal, CaseWithdrawal, Handover, Objection, Rekey, RekeyObjection, Request
from .statements import TAG, act_message, ballot_message, exit_message, withdrawal_message

__all__ = ["OF_MEMBERS", "Ballot", "Exit", "Said", "Statement", "Withdrawal", "read_statement"]

OF_MEMBERS: dict[str, type[Act]] = {
    kind.kind: kind for kind in (Request, Objection, CaseWithdrawal, Appeal, Handover, Rekey, RekeyObjection)
}
"""Entries that a member's key signs: hers in force, or the new one that an entry names."""
_ROWS = {"withdrawal": 6, "exit": 4, "ballot": 5}
_UNSIGNED = bytes(64)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """``amount`` minor units out; ``reference`` is the hash of the request's reference."""

    slot: int
    seq: int
    amount: int
    reason: int
    reference: bytes


@dataclass(frozen=True, slots=True)
class Exit:
    """She leaves the plan; ``reason`` is a code."""

    slot: int
    seq: int
    reason: int


@dataclass(frozen=True, slots=True)
class Ballot:
    """Her vote on a case or a proposal, by its entry's hash: 1 for, 0 against."""

    subject: bytes
    slot: int
    seq: int
    vote: int


Said = Withdrawal | Exit | Ballot | Act


@dataclass(frozen=True, slots=True)
class Statement:
    """What a member signs: of which chain (the hash of its genesis block), of which plan, and what it says.

    An entry's signatures are zeros here: they are no part of what is signed.
    """

    chain: bytes
    plan: str
    said: Said

    @property
    def kind(self) -> str:
        """Of a row: "withdrawal", "exit" or "ballot"; else the kind of the entry."""
        return self.said.kind if isinstance(self.said, Act) else type(self.said).__name__.lower()

    @property
    def slot(self) -> int | None:
        """The member's slot, where the statement names it."""
        said = self.said
        found = said.by if isinstance(said, Objection) else getattr(said, "slot", None)
        return found if isinstance(found, int) else None

    @property
    def new_key(self) -> bytes | None:
        """The key that the statement puts in place of the present one."""
        return self.said.new_key if isinstance(self.said, Handover | Rekey) else None

    def to_bytes(self) -> bytes:
        """The bytes that are signed."""
        said = self.said
        if isinstance(said, Withdrawal):
            return withdrawal_message(
                self.chain, self.plan, said.slot, said.seq, said.amount, said.reference, said.reason
            )
        if isinstance(said, Exit):
            return exit_message(self.chain, self.plan, said.slot, said.seq, said.reason)
        if isinstance(said, Ballot):
            return ballot_message(self.chain, self.plan, said.subject, said.slot, said.seq, said.vote)
        return act_message(self.chain, self.plan, said)


def read_statement(data: bytes) -> Statement:
    """The statement in ``data``, at most MAX_STATEMENT bytes. Raises StatementUnreadable for anything else."""
    if len(data) > MAX_STATEMENT:
        raise StatementUnreadable(f"a statement has {MAX_STATEMENT} bytes at most", value=len(data))
    if not data.startswith(TAG):
        raise StatementUnreadable("this does not begin as a statement does", value=data[:32])
    try:
        value = decode(data[len(TAG) :], max_size=MAX_STATEMENT)
    except (CanonicalError, LimitError) as error:
        raise StatementUnreadable(f"the statement is damaged: {error.message}", value=error.value) from None
    chain, plan, words = fields.array(value, 3, "a statement", StatementUnreadable)
    chain = fields.blob(chain, 32, "a statement's chain", StatementUnreadable)
    plan = fields.name(plan, "a statement's plan", StatementUnreadable)
    found = Statement(chain, plan, _said(plan, fields.array(words, None, "a statement", StatementUnreadable)))
    if found.to_bytes() != data:
        raise StatementUnreadable("the statement says more than is read of it")
    return found


def _said(plan: str, words: tuple[object, ...]) -> Said:
    kind = words[0] if words else None
    if not isinstance(kind, str) or (kind not in _ROWS and kind not in OF_MEMBERS):
        raise StatementUnreadable("no member signs a statement of this kind", value=repr(kind)[:80])
    if kind in OF_MEMBERS:
        return _act(plan, OF_MEMBERS[kind], words)
    fields.array(words, _ROWS[kind], "a statement", StatementUnreadable)
    if kind == "ballot":
        subject = fields.blob(words[1], 32, "what a ballot is on", StatementUnreadable)
        return Ballot(subject, _number(words[2]), _number(words[3]), _code(words[4], 1))
    slot, seq = _number(words[1]), _number(words[2])
    if kind == "exit":
        return Exit(slot, seq, _code(words[3], 255))
    amount = fields.integer(words[3], "an amount", StatementUnreadable, low=1, high=MAX_TOTAL)
    reference = fields.blob(words[5], 32, "a reference", StatementUnreadable)
    return Withdrawal(slot, seq, amount, _code(words[4], 255), reference)


def _act(plan: str, kind: type[Act], words: tuple[object, ...]) -> Act:
    body = fields.array(words, 2, "a statement", StatementUnreadable)[1]
    if not isinstance(body, dict):
        raise StatementUnreadable("the body of an entry is not a map", value=repr(body)[:80])
    try:
        act = kind.from_entry(Entry(plan, kind.kind, body | dict.fromkeys(kind.SIGNED, _UNSIGNED)))
    except EntryError as error:
        raise StatementUnreadable(error.message, value=error.value) from None
    if isinstance(act, Objection) and isinstance(act.by, str):
        raise StatementUnreadable("this is an institution's statement", value=act.by)
    return act


def _number(value: object) -> int:
    return fields.integer(value, "a slot or running number", StatementUnreadable, high=MAX_ROWS)


def _code(value: object, high: int) -> int:
    return fields.integer(value, "a code", StatementUnreadable, high=high)
