"""A case for people and as JSON: where it stands, who has vouched, what it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..covenant.cases import Case, version_of
from ..covenant.document import Covenant
from ..errors import CaseUnknown

if TYPE_CHECKING:
    from ..covenant.book import Book
    from .app import App
    from .screen import Screen

__all__ = ["case_lines", "state_value"]

STATES = {
    "requested": "requested",
    "disclosed": "disclosed: one can object until {until}",
    "closed": "disclosed: the objection window has closed",
    "voting": "disputed: jurors vote until {until}",
    "counting": "disputed: the votes wait to be counted",
    "decided": "the jury has decided: {support} of {ballots} in support",
    "approved": "approved: it waits for a round",
    "shared": "shared in round {round}",
    "paid": "paid in full",
    "refused": "refused by {clause}",
    "withdrawn": "withdrawn",
    "void": "void: {reason}",
}
"""Where a case can stand."""


def _found(book: Book, name: bytes) -> tuple[Case, Covenant]:
    case = book.life.cases.get(name)
    if case is None:
        raise CaseUnknown("there is no such case in this plan", value=name)
    return case, version_of(book, case.version).covenant


def _stage(book: Book, name: bytes, case: Case, covenant: Covenant, now_ms: int) -> tuple[str, int | None]:
    """Which of STATES, and until when."""
    shared = book.cases.get(name)
    if case.status == "approved" and shared is not None and shared.round is not None:
        return ("paid" if case.paid + case.advances >= case.aid else "shared"), None
    if case.status != "disclosed":
        return case.status, None
    if now_ms < case.window_ms:
        return "disclosed", case.window_ms
    if not case.jury(covenant):
        return "closed", None
    if case.ballots >= 0:
        return "decided", None
    ends = case.voting_ends(covenant)
    return ("voting", ends) if now_ms < ends else ("counting", None)


def state_value(book: Book, name: bytes, now_ms: int) -> dict[str, Any]:
    """A case as JSON: schemas/case-show.json. Raises CaseUnknown."""
    case, covenant = _found(book, name)
    stage, until = _stage(book, name, case, covenant, now_ms)
    shared = book.cases.get(name)
    return {
        "case": name.hex(),
        "slot": case.slot,
        "state": stage,
        "until_ms": until,
        "requested": case.amount,
        "aid": case.aid,
        "requested_ms": case.requested_ms,
        "covenant_version": case.version,
        "attestations": [
            {"institution": who, "role": role, "supports": bool(supports)}
            for who, (role, supports) in case.attestations.items()
        ],
        "objections": len(case.objections),
        "ballots": None if case.ballots < 0 else case.ballots,
        "support": None if case.support < 0 else case.support,
        "clause": case.clause or None,
        "void": book.life.voided.get(name),
        "round": None if shared is None else shared.round,
        "advanced": case.advances,
        "repaid": case.repaid,
        "paid": case.paid,
    }


def case_lines(screen: Screen, app: App, book: Book, name: bytes, now_ms: int) -> None:
    """A case for people."""
    from ..money import format_amount
    from .dates import moment

    case, covenant = _found(book, name)
    words, value = app.words, state_value(book, name, now_ms)

    def amount(minor: int) -> str:
        return f"{format_amount(minor, covenant.decimals)} {words.currency(covenant.currency)}"

    until = "" if value["until_ms"] is None else moment(value["until_ms"], app.zone, words)
    number = 0 if value["round"] is None else value["round"] + 1
    stage = words.say(
        STATES[value["state"]],
        **_values(STATES[value["state"]], value | {"until": until, "round": number, "reason": value["void"]}),
    )
    screen.raw(name.hex())
    pairs = [(words.say("state"), stage), (words.say("member"), words.say("slot {slot}", slot=case.slot))]
    pairs.append((words.say("asked for"), amount(case.amount)))
    if case.aid:
        pairs.append((words.say("aid"), amount(case.aid)))
    if case.advances:
        pairs.append((words.say("advanced"), f"{amount(case.advances)} ({words.say('repaid')} {amount(case.repaid)})"))
    if case.paid:
        pairs.append((words.say("paid out"), amount(case.paid)))
    screen.pairs(pairs)
    for who, (role, supports) in case.attestations.items():
        says = "{who} ({role}) has vouched." if supports else "{who} ({role}) says that it is not true."
        screen.item("good" if supports else "bad", words.say(says, who=who, role=role))
    for by in case.objections:
        who = words.say("slot {slot}", slot=by) if isinstance(by, int) else by
        screen.item("bad", words.say("{who} objects.", who=who))


def _values(sentence: str, given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if "{" + name + "}" in sentence}
