"""An audit's report for people: the verdict, what was looked at, each plan's money, every finding, and the limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .amounts import amounts
from .head import head_line
from .language import Words
from .refusal import SHOUTED
from .rules import where
from .screen import Screen
from .usage import in_words

if TYPE_CHECKING:
    from ..audit import AuditReport, Finding
    from ..audit.report import CheckedTo, PlanTotals

__all__ = ["BREACHES", "MONEY", "REPLAYS", "show_report"]

MONEY = {
    "deposits": "deposits",
    "credits": "credits",
    "withdrawals": "withdrawals",
    "corrections": "corrections",
    "charges": "deducted",
    "collected": "collected by mandate",
    "arrears": "arrears",
    "refunds": "refunds",
    "fees": "fees",
    "aid": "aid",
    "payouts": "paid out",
    "funds": "put in by others",
    "top_ups": "top-ups",
    "pot": "waiting for the next round",
    "surplus": "surplus",
    "deficit": "deficit",
    "balances": "balances",
    "holding": "to be held",
}
"""A plan's sums, in the order in which they are shown."""
_ALWAYS = ("deposits", "credits", "withdrawals", "charges", "fees", "aid", "payouts", "surplus", "deficit", "balances")
REPLAYS = {"full": "full replay", "public": "public replay", "none": "no replay: its rules are unknown here"}
BREACHES = {
    "data": "the stored data is not what was signed",
    "rule": "what was signed breaks a rule",
    "unchecked": "could not be checked",
}
LOOKED = "{blocks} blocks, {entries} entries, {sheets} sheets, {statements} statements of members, {anchors} anchors"
SELF_TRUST = (
    "No trust file was given: the log key was taken from the ledger itself. Whoever made this ledger, it is "
    "consistent; that it is the book your operator signs for everybody, this does not show."
)
BESIDE = (
    "The trust file is {file}, which lay beside the ledger: it shows that the ledger is consistent, not whose it is. "
    "Name one that you got elsewhere with --trust."
)
_STYLES = {0: "good", 1: "bad", 3: "doubt"}


def show_report(screen: Screen, report: AuditReport, words: Words, *, own: bool, beside: str | None = None) -> None:
    """The report; ``own`` says that no trust file was given, ``beside`` which one was found next to the ledger."""
    say = words.say
    screen.line(say(SHOUTED[report.verdict.value]), _STYLES[report.exit_code])
    screen.pairs([(say(label), value) for label, value in _reach(report, words)])
    for plan in report.plans:
        screen.line()
        _show_plan(screen, plan, words)
    if report.findings:
        screen.line()
        count = len(report.findings) + report.dropped
        screen.line(words.count("{count} finding", "{count} findings", count), "heading")
    for number, finding in enumerate(report.findings, 1):
        _show_finding(screen, number, finding, words)
    for code, place, more in report.more:
        screen.line(say("... and {count} more of {code} at {place}", count=more, code=code, place=place), indent=2)
    screen.line()
    screen.line(say("Not checked, or not to be known from a chain"), "heading")
    for limit in report.limits:
        screen.item("note", in_words(limit, words) or limit)
    if beside is not None:
        screen.item("note", say(BESIDE, file=beside))
    if own:
        screen.line()
        screen.item("bad", say(SELF_TRUST), "doubt")


def _reach(report: AuditReport, words: Words) -> list[tuple[str, str]]:
    """What was looked at, and under which head."""
    counts, say = report.counts, words.say
    origin = report.origin or say("unknown")
    shown = {name: getattr(counts, name) for name in ("blocks", "entries", "sheets", "statements", "anchors")}
    pairs = [("chain", report.chain.hex()), ("origin", origin), *_checked_to(report.checkpoint, words)]
    pairs.append(("checked", say(LOOKED, **shown)))
    if counts.rows:
        pairs.append(("rows", ", ".join(f"{count:,} {schema}" for schema, count in sorted(counts.rows.items()))))
    if report.seconds is None:
        pairs.append(("hashed", say("{bytes} bytes", bytes=counts.bytes_hashed)))
    else:
        text = "{bytes} bytes in {time}"
        pairs.append(("hashed", say(text, bytes=counts.bytes_hashed, time=f"{report.seconds:.1f} s")))
    return pairs


def _checked_to(checked: CheckedTo | None, words: Words) -> list[tuple[str, str]]:
    if checked is None:
        return [("checkpoint", words.say("none that can be relied on"))]
    pairs = [
        ("checkpoint", words.say("signed over {size} blocks", size=checked.size)),
        ("root", checked.root.hex()),
        ("head words", head_line(checked, words)),
    ]
    return [*pairs, ("witnesses", ", ".join(checked.cosigned_by))] if checked.cosigned_by else pairs


def _show_plan(screen: Screen, plan: PlanTotals, words: Words) -> None:
    say, amount = words.say, amounts(plan.decimals, plan.currency, words)
    screen.line(say("Plan {plan}: {title}", plan=plan.plan, title=plan.title), "title")
    pairs: list[tuple[str, str]] = [("replay", say(REPLAYS[plan.replay]))]
    if plan.replay_because:
        pairs.append(("not full", in_words(plan.replay_because, words) or plan.replay_because))
    gone = words.count(", {count} of them has left", ", {count} of them have left", plan.exits) if plan.exits else ""
    pairs.append(("members", f"{plan.members:,}{gone}"))
    pairs.append(("rounds", f"{plan.rounds:,}" + (say(", and one more is open") if plan.round_open else "")))
    void = say(", {count} of them void", count=plan.voided) if plan.voided else ""
    pairs.append(("cases", f"{plan.cases:,}{void}"))
    for name, label in MONEY.items():
        value = getattr(plan, name)
        if value or name in _ALWAYS:
            pairs.append((label, say("unknown") if value is None else amount(value)))
    for line in plan.treasury:
        values: dict[str, Any] = {"name": line.institution, "held": amount(line.balance)}
        if line.difference:
            text = "{name} holds {held}, where {expected} is expected: a difference of {difference}"
            values |= {"expected": amount(line.expected), "difference": amount(line.difference)}
        else:
            text = "{name} holds {held}, as expected"
        pairs.append(("custodian", say(text, **values)))
    screen.pairs([(say(label), value) for label, value in pairs])


def _show_finding(screen: Screen, number: int, finding: Finding, words: Words) -> None:
    """One finding: its code and sentence, and where another language is wanted, what the code means in it first."""
    say, told = words.say, None
    if words.language != "en":
        from ..explanations import explain

        told = explain(finding.code, words.language)
    title = finding.sentence if told is None else told.title
    screen.line(f"{number}. {finding.code}  {title}", "bad", indent=2, hang=5 + len(finding.code))
    pairs = [("detail", None if told is None else finding.sentence), ("where", where(finding.place, words))]
    pairs.append(("rule", finding.clause))
    pairs += [("expected", finding.expected), ("found", finding.found), ("means", say(BREACHES[finding.breach.value]))]
    advice = finding.hint if told is None else in_words(finding.hint, words) or told.advice
    shown = [(say(label), str(value)) for label, value in [*pairs, ("do", advice)] if value is not None]
    screen.pairs(shown, indent=5)
