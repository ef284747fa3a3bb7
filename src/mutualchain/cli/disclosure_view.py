"""A disclosure as it looks to anybody: the facts first, in plain words, then the verdict, the checks, the limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..disclosure.facts import CHECKS, LIMITS, VerifiedDisclosure
from ..errors import MutualchainError, RuleBroken
from ..explanations import explain
from ..money import format_amount
from .dates import day, moment
from .head import show_head
from .language import Words
from .screen import Screen

if TYPE_CHECKING:
    from datetime import tzinfo

    from .disclosure import Outcome

__all__ = ["show_disclosure"]

STATES = {
    "requested": "The case waits for those who vouch.",
    "disclosed": "The case is shown to everybody, and not decided yet.",
    "approved": "The case was approved on {day}, and waits for its round.",
    "shared": "The case was approved on {day}.",
    "paid": "The case was approved on {day}.",
    "refused": "The case was refused on {day}, by the covenant's rule {clause}.",
    "withdrawn": "The claimant took the request back.",
    "void": "THE CASE PROVED FALSE AND IS VOID: {reason}.",
}
REASONS = {
    "forged_records": "bought medical records",
    "against_order": "against public order",
    "malicious": "malicious initiation",
}
WORDS = ("illness", "accident", "critical", "mild")
"""Causes and groups that plans commonly have; others are shown as the covenant names them."""
LABELS = {
    "name": "who",
    "age": "age at the diagnosis",
    "region": "city",
    "cause": "cause",
    "group": "group",
    "disease": "disease",
    "diagnosed_day": "diagnosed on",
    "hospital": "hospital",
}
SHOUTED = {"tampered": "TAMPERED", "could not check": "COULD NOT CHECK", "rollback": "ROLLBACK"}
SENTENCES = {
    "tampered": "This file does not match the signed chain. Do not rely on anything in it.",
    "broken": "This file matches the signed chain, and the chain itself breaks a rule.",
    "could not check": "Nothing could be concluded: the case is neither confirmed nor refuted.",
    "rollback": "This file and your record show two books that contradict each other.",
}
Amount = Callable[[int], str]


def show_disclosure(screen: Screen, outcome: Outcome, words: Words, zone: tzinfo | None) -> None:
    """The outcome, for anybody."""
    if outcome.found is not None:
        _show_found(screen, outcome.found, words, zone)
    elif outcome.error is not None:
        _show_failure(screen, outcome, outcome.error, words)


def _show_found(screen: Screen, found: VerifiedDisclosure, words: Words, zone: tzinfo | None) -> None:
    def amount(minor: int) -> str:
        return f"{format_amount(minor, found.decimals)} {words.currency(found.currency)}"

    screen.line(words.say("A case of {title}", title=found.title), "title")
    screen.pairs(_person(found, words))
    screen.line()
    for line in (*_membership(found, words, zone, amount), *_steps(found, words, zone, amount)):
        screen.line(line)
    for voucher in found.vouchers:
        who, role = voucher.title, words.say(voucher.role)
        if voucher.supports:
            when = day(voucher.time_ms, zone, words)
            screen.item("good", words.say("{who} ({role}) vouched for it on {day}.", who=who, role=role, day=when))
        else:
            screen.item("bad", words.say("{who} ({role}) says that it is not true.", who=who, role=role))
    for line in (*_decision(found, words, zone), *_money(found, words, zone, amount)):
        screen.line(line)
    screen.line()
    screen.line(words.say("VERIFIED"), "good")
    screen.line(
        words.say(
            "This is what stands in the book of {origin}, {size} blocks long, as of {when}.",
            origin=found.checkpoint.origin,
            size=found.checkpoint.size,
            when=moment(found.as_of_ms, zone, words),
        )
    )
    show_head(screen, found.checkpoint, words)
    screen.line()
    screen.line(words.say("What was checked"), "heading")
    for name, values in found.checks:
        screen.item("good", words.say(CHECKS[name], **values), "good")
    screen.line()
    screen.line(words.say("What this does not say"), "heading")
    for name, values in found.limits:
        screen.item("note", words.say(LIMITS[name], **values))
    screen.item("note", words.say("This is not insurance: members of a plan share one another's aid."))


def _person(found: VerifiedDisclosure, words: Words) -> list[tuple[str, str]]:
    """Who it is about, as far as that was opened: what the disclosure shows, else what the request said."""
    from ..covenant.calendar import date_of

    opened = {**dict(found.facts), **dict(found.shown)}
    pairs = [(words.say("case"), found.case.hex()), (words.say("member"), words.say("slot {slot}", slot=found.slot))]
    for name, label in LABELS.items():
        value = opened.get(name)
        if value is None:
            continue
        if name == "diagnosed_day" and isinstance(value, int):
            year, month, number = date_of(value)
            text = f"{year:04}-{month:02}-{number:02}"
        else:
            text = words.say(str(value)) if name in ("cause", "group") and value in WORDS else str(value)
        pairs.append((words.say(label), text))
    return pairs


def _membership(found: VerifiedDisclosure, words: Words, zone: tzinfo | None, amount: Amount) -> list[str]:
    lines = [
        words.say(
            "The claimant joined on {day} in block {height}, {days} days before asking for aid.",
            day=day(found.joined_time_ms, zone, words),
            height=found.joined_height,
            days=found.requested_day - found.joined_day,
        )
    ]
    if found.rounds:
        paid = sum(item.amount for item in found.rounds)
        lines.append(
            words.count(
                "In {count} round since then the claimant shared {amount}.",
                "In {count} rounds since then the claimant shared {amount}.",
                len(found.rounds),
                amount=amount(paid),
            )
        )
    if dict(found.facts).get("diagnosed_day") is not None and found.waiting_days is not None:
        after = int(dict(found.facts)["diagnosed_day"]) - found.joined_day
        lines.append(
            words.say(
                "The diagnosis came {after} days after joining; the waiting period is {days} days.",
                after=after,
                days=found.waiting_days,
            )
        )
    for item in found.sanctions:
        reason = words.say(REASONS[item.reason])
        if item.lifted:
            lines.append(words.say("A sanction on the claimant, lifted: {reason}.", reason=reason))
        else:
            lines.append(words.say("A sanction on the claimant: {reason}.", reason=reason))
    if found.other_requests:
        lines.append(words.say("Other requests of the claimant: {count}.", count=found.other_requests))
    return lines


def _steps(found: VerifiedDisclosure, words: Words, zone: tzinfo | None, amount: Amount) -> list[str]:
    asked = words.say(
        "Aid of {amount} was asked for on {day}.",
        amount=amount(found.requested),
        day=day(found.requested_time_ms, zone, words),
    )
    lines = [asked]
    if found.maximum is not None:
        lines.append(words.say("The covenant's most for such a case is {amount}.", amount=amount(found.maximum)))
    if found.disclosed_time_ms is not None:
        shown = day(found.disclosed_time_ms, zone, words)
        lines.append(
            words.say("It was shown to everybody on {day}, with {amount}.", day=shown, amount=amount(found.aid))
        )
    return lines


def _decision(found: VerifiedDisclosure, words: Words, zone: tzinfo | None) -> list[str]:
    lines = []
    if found.disclosed_time_ms is not None:
        objected = words.say("{count} objected.", count=found.objections)
        lines.append(objected if found.objections else words.say("Nobody objected."))
    if found.votes is not None:
        ballots, support = found.votes
        lines.append(words.say("{support} of {ballots} jurors were for it.", support=support, ballots=ballots))
    sentence = STATES[found.state]
    values = {
        "day": "" if found.decided_time_ms is None else day(found.decided_time_ms, zone, words),
        "clause": found.clause,
        "reason": words.say(REASONS.get(found.void, found.void)),
    }
    used = {name: value for name, value in values.items() if "{" + name + "}" in sentence}
    return [*lines, words.say(sentence, **used)]


def _money(found: VerifiedDisclosure, words: Words, zone: tzinfo | None, amount: Amount) -> list[str]:
    lines: list[str] = []
    this = found.round
    if this is not None:
        lines.append(
            words.say(
                "Round {number} of {day}: {aid} of aid, {fee} of fee, cases: {cases}, shared by {headcount} members.",
                number=this.number + 1,
                day=day(this.time_ms, zone, words),
                aid=amount(this.aid),
                fee=amount(this.fee),
                cases=this.cases,
                headcount=this.headcount,
            )
        )
        if this.surplus_in or this.deficit_in or this.top_up:
            lines.append(
                words.say(
                    "Carried into it: surplus {surplus}, deficit {deficit}; the operator added {top_up}.",
                    surplus=amount(this.surplus_in),
                    deficit=amount(this.deficit_in),
                    top_up=amount(this.top_up),
                )
            )
        each, left = amount(this.share), amount(this.surplus_out)
        lines.append(
            words.say("Each owed {share}; {surplus} is left over for the next round.", share=each, surplus=left)
        )
    if found.own is not None:
        lines.append(words.say("YOUR OWN PART OF IT: {amount}.", amount=amount(found.own.amount)))
    if found.payments or found.state in ("shared", "paid"):
        lines.append(words.say("Paid so far: {paid} of {aid}.", paid=amount(found.paid), aid=amount(found.aid)))
    if found.refunded is not None:
        lines.append(words.say("Given back to all who shared it: {amount}.", amount=amount(found.refunded)))
    if found.restituted is not None:
        lines.append(
            words.say(
                "The membership was ended, and all shares given back: {amount} (illness in the waiting period).",
                amount=amount(found.restituted),
            )
        )
    if found.recovered:
        lines.append(words.say("Recovered from the claimant: {amount}.", amount=amount(found.recovered)))
    return lines


def _show_failure(screen: Screen, outcome: Outcome, error: MutualchainError, words: Words) -> None:
    screen.line(words.say(SHOUTED[outcome.verdict]), "doubt" if outcome.exit_code == 3 else "bad")
    screen.line(words.say(SENTENCES["broken" if isinstance(error, RuleBroken) else outcome.verdict]))
    screen.line()
    told = explain(error.code, words.language)
    pairs = [(words.say("reason"), f"{error.code}: {error.message}")]
    if words.language != "en":
        pairs = [(words.say("reason"), f"{error.code}：{told.title}"), (words.say("detail"), error.message)]
    if error.place is not None:
        pairs.append((words.say("where"), error.place))
    screen.pairs(pairs)
    screen.line()
    screen.line(words.say("What it means"), "heading")
    screen.line(told.meaning, indent=2)
    screen.line(words.say("What to do"), "heading")
    screen.line(told.advice, indent=2)
