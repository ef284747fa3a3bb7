"""A statement in words, for the member who is about to sign it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ..covenant.acts import Appeal, CaseWithdrawal, Handover, Objection, Rekey, RekeyObjection, Request
from ..covenant.statement_reading import Ballot, Exit, Statement, Withdrawal
from .amounts import amount as money
from .language import Words
from .screen import Screen

if TYPE_CHECKING:
    from ..record.facts import VerifiedRecord

__all__ = ["shown"]

SENTENCES: Final = {
    "withdrawal": "You take {amount} out of the plan.",
    "exit": "You leave the plan. From the next round on you share nothing, and are not covered.",
    "ballot for": "You vote for it.",
    "ballot against": "You vote against it.",
    "request": "You ask for aid of {amount}.",
    "objection": "You object to a case.",
    "case_withdrawn": "You take your request for aid back.",
    "appeal": "You appeal against a decision.",
    "handover": "You hand your membership over to another key. Yours counts no more from then on.",
    "handover new": "You take over a membership: it is handed over to your key.",
    "rekey new": "Your key takes the place of a lost one, unless that one objects in time.",
    "rekey_objection": "You say that your key is not lost: it is not replaced.",
}
"""What each kind of statement does."""


def shown(screen: Screen, words: Words, statement: Statement, record: VerifiedRecord | None, *, new: bool) -> None:
    """What is to be signed: what it does, every value in it, and what was not checked."""
    say, said = words.say, statement.said
    kind = statement.kind + (" new" if new else "")
    if isinstance(said, Ballot):
        kind = "ballot for" if said.vote else "ballot against"
    value = _amount(said.amount, record, words) if isinstance(said, Withdrawal | Request) else ""
    screen.line(say("To be signed:"), "heading")
    screen.line(say(SENTENCES[kind], amount=value), "title", indent=2)
    rows = [("plan", statement.plan), ("chain", statement.chain.hex()), *_values(statement)]
    screen.pairs([(say(label), text) for label, text in rows])
    screen.line()
    if record is None:
        screen.item(
            "note", say("Whether book and slot are yours was not checked: add --record with your record."), indent=2
        )
    elif new:
        screen.item("note", say("Book and plan are those of the record."), indent=2)
    else:
        screen.item("note", say("Book, plan and key are those of your record, and the slot where one is named."))


def _amount(minor: int, record: VerifiedRecord | None, words: Words) -> str:
    if record is not None:
        return money(minor, record.decimals, record.currency, words)
    return words.say("{amount} of the currency's smallest unit (yuan: fen)", amount=minor)


def _values(statement: Statement) -> Iterator[tuple[str, str]]:
    """Every value of a statement but its amount and vote, which stand in the sentence."""
    said = statement.said
    if statement.slot is not None:
        yield "slot", f"{statement.slot:,}"
    if isinstance(said, Withdrawal | Exit | Ballot):
        yield "running number", f"{said.seq:,}"
    if isinstance(said, Withdrawal | Exit) and said.reason:
        yield "reason code", str(said.reason)
    if isinstance(said, Withdrawal):
        yield "reference hash", said.reference.hex()
    if isinstance(said, Ballot):
        yield "voted on", said.subject.hex()
    if isinstance(said, Request):
        yield "covenant version", str(said.version)
        yield "sealed facts", said.facts_root.hex()
        if said.override:
            yield "reason code", str(said.override)
    if isinstance(said, Objection | CaseWithdrawal):
        yield "case", said.case.hex()
    if isinstance(said, Appeal):
        yield "decision", said.against.hex()
    if isinstance(said, Objection | Appeal):
        yield "grounds", said.grounds.hex()
    if isinstance(said, Handover | Rekey):
        yield "new key", said.new_key.hex()
    if isinstance(said, Rekey) and said.voucher:
        yield "voucher", said.voucher
    if isinstance(said, RekeyObjection):
        yield "replacement", said.rekey.hex()
