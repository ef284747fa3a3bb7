"""What a verified disclosure says, in plain sentences, part by part: who, since when, who vouched, decision, money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..disclosure.facts import Payment, SharedRound, VerifiedDisclosure
from .amounts import amount as amount_of
from .dates import day
from .language import Words

if TYPE_CHECKING:
    from datetime import tzinfo

__all__ = ["CAPS", "ERASED", "LABELS", "PAID_TO", "REASONS", "STATES", "WORDS", "Facts", "Line"]

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
PAID_TO = {
    "member": "{amount} was paid to the claimant on {day}.",
    "hospital": "{amount} was paid to the hospital on {day}.",
    "family": "{amount} was paid to the family on {day}.",
    "funder": "{amount} was paid back on {day} to whoever had advanced it.",
}
ERASED = {
    "wish": "as the member wished",
    "law": "as the law asks",
    "purpose": "they were needed no more",
    "error": "they should not have been kept",
}
CAPS = {"case": "{amount} a case", "round": "{amount} a round", "year": "{amount} a year"}
_WIDE = 80
"""Columns in which a case's whole name has room beside its label."""
Line = tuple[str, str]
"""A sentence and how it stands: "" as a paragraph, "good" or "bad" behind that mark, "strong" to be seen first."""


class Facts:
    """The sentences of one disclosure in one language. Each method is a part; one without a sentence is left out."""

    def __init__(self, found: VerifiedDisclosure, words: Words, zone: tzinfo | None) -> None:
        self._found, self._words, self._zone = found, words, zone

    @property
    def parts(self) -> list[tuple[str, list[Line]]]:
        """Headings, and what stands below them."""
        words = self._words
        told: list[tuple[str, Callable[[], Iterator[Line]]]] = [
            (words.say("The claimant"), self._claimant),
            (words.say("The request"), self._request),
            (words.say("The decision"), self._decision),
            (words.say("What everybody shared"), self._shared),
            (words.say("What was paid"), self._paid),
        ]
        found = [(heading, list(lines())) for heading, lines in told]
        return [(heading, lines) for heading, lines in found if lines]

    def person(self, width: int) -> list[tuple[str, str]]:
        """Who it is about, as far as that was opened: what the disclosure shows, else what the request said.

        Where ``width`` columns do not hold the case's name, its first 16 digits stand for it, as in its file's name.
        """
        from ..covenant.calendar import date_of

        found, words = self._found, self._words
        opened = {**dict(found.facts), **dict(found.shown)}
        if found.age is not None:
            opened["age"] = found.age
        name = found.case.hex()
        pairs = [
            (words.say("case"), name if width >= _WIDE else name[:16] + "..."),
            (words.say("member"), words.say("slot {slot}", slot=found.slot)),
        ]
        for name, label in LABELS.items():
            value = opened.get(name)
            if value is None:
                continue
            text = words.say(str(value)) if name in ("cause", "group") and value in WORDS else str(value)
            if name == "diagnosed_day" and isinstance(value, int):
                year, month, number = date_of(value)
                text = f"{year:04}-{month:02}-{number:02}"
            if name == "age" and found.age_attested:
                text = words.say("{age}, by the facts that were vouched for", age=text)
            pairs.append((words.say(label), text))
        return pairs

    def _amount(self, minor: int) -> str:
        return amount_of(minor, self._found.decimals, self._found.currency, self._words)

    def _day(self, time_ms: int) -> str:
        return day(time_ms, self._zone, self._words)

    def _claimant(self) -> Iterator[Line]:
        found, words = self._found, self._words
        text = words.say(
            "The claimant joined on {day} in block {height}, {days} days before asking for aid.",
            day=self._day(found.joined_time_ms),
            height=found.joined_height,
            days=found.requested_day - found.joined_day,
        )
        yield text, ""
        if found.rounds:
            paid = self._amount(sum(item.amount for item in found.rounds))
            text = words.count(
                "In {count} round since then the claimant shared {amount}.",
                "In {count} rounds since then the claimant shared {amount}.",
                len(found.rounds),
                amount=paid,
            )
            yield text, ""
        else:
            yield words.say("There was no round since then."), ""
        other = Counter(item.status for item in found.rounds if item.status != "paid")
        if other:
            listed = words.say(", ").join(f"{words.say(status)} {count:,}" for status, count in sorted(other.items()))
            yield words.say("Rounds in which the share was not paid as everybody owed it: {list}.", list=listed), ""
        diagnosed = dict(found.facts).get("diagnosed_day")
        if isinstance(diagnosed, int) and found.waiting_days is not None:
            text = words.say(
                "The diagnosis came {after} days after joining; the waiting period is {days} days.",
                after=diagnosed - found.joined_day,
                days=found.waiting_days,
            )
            yield text, ""
        elif found.waiting_days is not None:
            yield words.say("The waiting period is {days} days.", days=found.waiting_days), ""
        yield from self._keys()
        yield from self._standing()

    def _keys(self) -> Iterator[Line]:
        words = self._words
        for item in self._found.keys:
            when = self._day(item.time_ms)
            if item.kind == "handover":
                yield words.say("The claimant handed the membership over to another key on {day}.", day=when), ""
            elif item.objected:
                yield words.say("A replacement of the claimant's key, of {day}, was objected to.", day=when), "bad"
            elif item.voucher:
                who = item.voucher
                text = words.say("The claimant's key was replaced on {day}, on the word of {who}.", day=when, who=who)
                yield text, "bad"
            else:
                text = words.say("THE OPERATOR REPLACED THE CLAIMANT'S KEY ON {day}, on its own word.", day=when)
                yield text, "bad"

    def _standing(self) -> Iterator[Line]:
        found, words = self._found, self._words
        for item in found.sanctions:
            reason = words.say(REASONS[item.reason])
            if item.lifted:
                yield words.say("A sanction on the claimant, lifted: {reason}.", reason=reason), ""
            else:
                yield words.say("A sanction on the claimant: {reason}.", reason=reason), "bad"
        if found.complete and not found.sanctions:
            yield words.say("No sanction was ever recorded on the claimant."), ""
        if found.erased is not None:
            when, why = self._day(found.erased[0]), words.say(ERASED[found.erased[1]])
            yield words.say("The facts of the case were erased on {day}: {reason}.", day=when, reason=why), ""
        if found.other_requests:
            yield words.say("Other requests of the claimant: {count}.", count=found.other_requests), ""

    def _request(self) -> Iterator[Line]:
        found, words = self._found, self._words
        asked = self._amount(found.requested)
        yield (
            words.say("Aid of {amount} was asked for on {day}.", amount=asked, day=self._day(found.requested_time_ms)),
            "",
        )
        if found.maximum is not None:
            most = self._amount(found.maximum)
            yield words.say("The covenant's most for such a case is {amount}.", amount=most), ""
        if found.asked:
            listed = words.say(", ").join(
                words.say(role) if count == 1 else words.say("{role} ({count})", role=words.say(role), count=count)
                for role, count in found.asked
            )
            yield words.say("The covenant asks these to vouch: {list}.", list=listed), ""
        for item in found.vouchers:
            who, role, when = item.title, words.say(item.role), self._day(item.time_ms)
            if item.supports:
                yield self._vouched(who, role, when, item.report), "good"
            else:
                yield (
                    words.say("{who} ({role}) said on {day} that it is not true.", who=who, role=role, day=when),
                    "bad",
                )
        if found.files:
            text = words.count(
                "{count} photograph or report belongs to it; --attached checks it.",
                "{count} photographs or reports belong to it; --attached checks one.",
                len(found.files),
            )
            yield text, ""
        if found.disclosed_time_ms is not None:
            shown, aid = self._day(found.disclosed_time_ms), self._amount(found.aid)
            yield words.say("It was shown to everybody on {day}, with {amount}.", day=shown, amount=aid), ""

    def _vouched(self, who: str, role: str, when: str, report: bool) -> str:
        words = self._words
        if report:
            return words.say("{who} ({role}) vouched for it on {day}, with a report.", who=who, role=role, day=when)
        return words.say("{who} ({role}) vouched for it on {day}.", who=who, role=role, day=when)

    def _decision(self) -> Iterator[Line]:
        found, words = self._found, self._words
        if found.disclosed_time_ms is not None:
            told = (
                words.say("{count} objected.", count=found.objections)
                if found.objections
                else words.say("Nobody objected.")
            )
            yield told, ""
            for who in found.objectors:
                yield words.say("{who} objected.", who=who), "bad"
        if found.votes is not None and found.votes[0]:
            ballots, support = found.votes
            yield words.say("{support} of {ballots} jurors were for it.", support=support, ballots=ballots), ""
        if found.votes is not None and found.jury is not None:
            quorum, majority = found.jury
            if found.votes[0] < max(quorum, 1):
                yield (
                    words.say("Fewer than {quorum} voted: what the institutions said stands.", quorum=max(quorum, 1)),
                    "",
                )
            else:
                percent, least = f"{majority / 100:g}", max(quorum, 1)
                text = words.say(
                    "It takes more than {percent}% of at least {quorum} votes.", percent=percent, quorum=least
                )
                yield text, ""
        yield self.state, "strong" if found.state == "void" else ""

    @property
    def state(self) -> str:
        """Where the case stands, in a sentence."""
        found, words = self._found, self._words
        sentence = STATES[found.state]
        values = {
            "day": "" if found.decided_time_ms is None else self._day(found.decided_time_ms),
            "clause": found.clause,
            "reason": words.say(REASONS.get(found.void, found.void)),
        }
        used = {name: value for name, value in values.items() if "{" + name + "}" in sentence}
        return words.say(sentence, **used)

    def _shared(self) -> Iterator[Line]:
        found, words = self._found, self._words
        this = found.round
        if this is None:
            return
        text = words.say(
            "Round {number} of {day}: {aid} of aid, {fee} of fee, cases: {cases}, shared by {headcount} members.",
            number=this.number + 1,
            day=self._day(this.time_ms),
            aid=self._amount(this.aid),
            fee=self._amount(this.fee),
            cases=this.cases,
            headcount=this.headcount,
        )
        yield text, ""
        if this.surplus_in or this.deficit_in or this.top_up:
            carried = words.say(
                "Carried into it: surplus {surplus}, deficit {deficit}; the operator added {top_up}.",
                surplus=self._amount(this.surplus_in),
                deficit=self._amount(this.deficit_in),
                top_up=self._amount(this.top_up),
            )
            yield carried, ""
        if this.restituted:
            back = self._amount(this.restituted)
            yield (
                words.say(
                    "Given back for illness in the waiting period since the round before: {amount}.", amount=back
                ),
                "",
            )
        each, left = self._amount(this.share), self._amount(this.surplus_out)
        yield words.say("Each owed {share}; {surplus} is left over for the next round.", share=each, surplus=left), ""
        if this.shortfall:
            yield words.say("Not paid by those who could not: {amount}.", amount=self._amount(this.shortfall)), ""
        caps = self._caps(this)
        if caps:
            yield words.say("The covenant's cap for one member: {list}.", list=words.say(", ").join(caps)), ""
        if found.own is not None:
            yield words.say("YOUR OWN PART OF IT: {amount}.", amount=self._amount(found.own.amount)), "strong"
        if found.refunded is not None:
            yield words.say("Given back to all who shared it: {amount}.", amount=self._amount(found.refunded)), ""

    def _caps(self, this: SharedRound) -> list[str]:
        caps = {"case": this.cap_case, "round": this.cap_round, "year": this.cap_year}
        return [self._words.say(CAPS[name], amount=self._amount(cap)) for name, cap in caps.items() if cap]

    def _paid(self) -> Iterator[Line]:
        found, words = self._found, self._words
        for item in found.payments:
            yield self._payment(item), ""
        if found.payments or found.state in ("shared", "paid"):
            paid, aid = self._amount(found.paid), self._amount(found.aid)
            yield words.say("Paid so far: {paid} of {aid}.", paid=paid, aid=aid), ""
        if found.restituted is not None:
            text = words.say(
                "The membership was ended, and all shares given back: {amount} (illness in the waiting period).",
                amount=self._amount(found.restituted),
            )
            yield text, ""
        if found.recovered:
            yield words.say("Recovered from the claimant: {amount}.", amount=self._amount(found.recovered)), ""

    def _payment(self, item: Payment) -> str:
        words, values = self._words, {"amount": self._amount(item.amount), "day": self._day(item.time_ms)}
        if item.kind == "advance":
            if item.funder:
                return words.say("{amount} was paid in advance on {day}, by {who}.", **values, who=item.funder)
            return words.say("{amount} was paid in advance on {day}, by the operator.", **values)
        return words.say(PAID_TO[item.payee], **values)
