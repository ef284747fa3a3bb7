"""``mutualchain plan propose | amend | close | closing-statement``: a plan's covenant changed, and its end."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ..errors import UsageError
from .app import App, pass_app
from .command import command
from .covenants import covenant_named, covenant_value
from .options import (
    FILE,
    HASH,
    json_option,
    keys_option,
    lang_option,
    ledger_argument,
    plan_argument,
    writes,
)
from .screen import Screen

if TYPE_CHECKING:
    from ..covenant.closing import Statement
    from ..covenant.document import Covenant
    from .language import Words

__all__ = ["FIGURES", "amend", "close", "closing_statement", "propose"]

FIGURES: Final = {
    "members": "members still in",
    "balances": "balances, held for the members",
    "aid": "aid of shared cases, not paid yet",
    "surplus": "surplus, held for the members",
    "holding": "what must be held for the plan",
    "operator": "what the operator has to put in",
    "owed": "what members owe",
    "requests": "requests not decided yet",
    "unshared": "approved cases that no round has shared",
    "refunds": "shares of voided cases to be given back",
    "shares": "shares of all rounds to be given back",
    "advances": "of the unpaid aid: advanced, owed to funders",
    "arrears": "collections that failed and are owed still",
    "given": "put in so far beside the members' money",
}
"""The figures of a statement, for people."""


@command(
    epilog="""\b
Examples:
  mutualchain plan amend ledger critical-illness --covenant new.toml --effective-from 2027-01-01 --reference version-2
  mutualchain plan amend ledger critical-illness --covenant new.toml --proposal 07d1... \\
    --effective-from 2027-01-01 --reference version-2"""
)
@ledger_argument
@plan_argument
@click.option("--covenant", required=True, metavar="FILE.toml", help="The new covenant, whole: a file.")
@click.option(
    "--effective-from",
    "first_day",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    metavar="DATE",
    help="The first day on which it is in force, by the covenant's own calendar.",
)
@click.option("--proposal", type=HASH, help="The proposal that the members passed, where they vote.")
@writes
def amend(
    app: App,
    ledger: Path,
    plan: str,
    covenant: str,
    first_day: Any,
    proposal: bytes | None,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Record the plan's next covenant. It has to give the notice that the present one asks for."""
    from ..covenant.calendar import day_number, start_of
    from .ledgers import acknowledged, writing

    file = covenant_named(covenant).covenant
    when: date = first_day.date()
    effective_ms = start_of(file, day_number(when.year, when.month, when.day))
    with writing(app, ledger, keys) as opened:
        before = opened.book(plan).versions[-1].covenant
        done = opened.money.amend(plan, file, effective_ms, reference=reference, proposal=proposal or b"")
        number = opened.book(plan).versions[-1].number
        value = acknowledged(done, receipt) | {
            "covenant_version": number,
            "effective_ms": effective_ms,
            "covenant_hash": file.hash.hex(),
            "covenant": covenant_value(file),
        }
    clauses = [clause for clause, _, _ in before.differences(file)]

    def show(screen: Screen) -> None:
        words = app.words
        sentence = "Version {number} of the covenant stands in block {height}; it is in force from {day} on."
        screen.line(words.say(sentence, number=number, height=done.height, day=when.isoformat()), "good")
        screen.line(words.say("Changed: {clauses}", clauses=", ".join(clauses) or words.say("none")), indent=2)

    app.result(value, show)


@command(
    epilog="""\b
Example:
  mutualchain plan propose ledger critical-illness --covenant new.toml --reference proposal-1

Members vote by `mutualchain case vote`; what passes is carried out by `mutualchain run`."""
)
@ledger_argument
@plan_argument
@click.option("--covenant", required=True, metavar="FILE.toml", help="The covenant proposed, whole: a file.")
@writes
def propose(
    app: App, ledger: Path, plan: str, covenant: str, reference: str, receipt: Path | None, keys: Path | None
) -> None:
    """Put another covenant to the members' vote, where the covenant says that they vote."""
    from ..covenant.calendar import DAY_MS
    from .ledgers import acknowledged, writing

    file = covenant_named(covenant).covenant
    with writing(app, ledger, keys) as opened:
        done = opened.cases.propose(plan, file, reference=reference)
        closes_ms = done.time_ms + opened.book(plan).covenant.amendments.vote_days * DAY_MS
        value = acknowledged(done, receipt) | {"closes_ms": closes_ms, "covenant_hash": file.hash.hex()}

    def show(screen: Screen) -> None:
        from .dates import moment

        words, name = app.words, "" if done.digest is None else done.digest.hex()
        sentence = "The proposal stands in block {height}. Votes count until {when}."
        when = moment(closes_ms, app.zone, words)
        screen.line(words.say(sentence, height=done.height, when=when), "good")
        screen.pairs([(words.say("proposal"), name)])

    app.result(value, show)


@command(
    epilog="""\b
Examples:
  mutualchain plan close ledger critical-illness --announcement end.pdf --reference closing
  mutualchain plan close ledger critical-illness --end --reference end"""
)
@ledger_argument
@plan_argument
@click.option("--announcement", type=FILE, metavar="FILE", help="What is published: its hash is recorded.")
@click.option("--end", is_flag=True, help="Record the closing statement: nothing is outstanding any more.")
@writes
def close(
    app: App,
    ledger: Path,
    plan: str,
    announcement: Path | None,
    end: bool,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Begin to wind a plan down (关停), or end it.

    From the announcement on nobody joins, and aid can be requested for as long as the covenant says. A plan ends when
    no request, no case and no payment is outstanding; members' balances stay theirs to take out.
    """
    from .files import read_file
    from .ledgers import acknowledged, writing

    if (announcement is None) == (not end):
        raise UsageError("either --announcement or --end is needed")
    data = None if announcement is None else read_file(announcement, "an announcement", 1 << 28)
    with writing(app, ledger, keys) as opened:
        if data is None:
            done = opened.end_plan(plan, reference=reference)
        else:
            done = opened.announce_closing(plan, hashlib.sha256(data).digest(), reference=reference)
        book = opened.book(plan)
        found, covenant = opened.closing_statement(plan), book.covenant
        assert book.closing is not None
        until = book.closing.until_ms(book)
        value = acknowledged(done, receipt) | {"request_until_ms": until, "statement": statement_value(found)}

    def show(screen: Screen) -> None:
        from .dates import moment

        words = app.words
        if data is None:
            screen.line(
                words.say("The plan {plan} has ended, in block {height}.", plan=plan, height=done.height), "good"
            )
        else:
            sentence = "The end of {plan} is announced in block {height}. Aid can be requested until {when}."
            when = moment(until, app.zone, words)
            screen.line(words.say(sentence, plan=plan, height=done.height, when=when), "good")
        show_statement(screen, found, covenant, words)

    app.result(value, show)


@command(
    "closing-statement",
    epilog="""\b
Examples:
  mutualchain plan closing-statement ledger critical-illness
  mutualchain plan closing-statement ledger critical-illness --lang zh --json""",
)
@ledger_argument
@plan_argument
@keys_option
@lang_option
@json_option
@pass_app
def closing_statement(app: App, ledger: Path, plan: str, keys: Path | None) -> None:
    """Show what a plan owes, to whom, and out of what it is paid (清算公示); closing or not."""
    from .ledgers import writing

    with writing(app, ledger, keys) as opened:
        found, covenant = opened.closing_statement(plan), opened.book(plan).covenant
    app.result(
        {"plan": plan, **statement_value(found)}, lambda screen: show_statement(screen, found, covenant, app.words)
    )


def statement_value(found: Statement) -> dict[str, Any]:
    """A statement as JSON."""
    from dataclasses import asdict

    return {
        **asdict(found),
        "difference": found.difference,
        "outstanding": [
            {"figure": name, "amount": amount, "clause": clause} for name, amount, clause in found.outstanding()
        ],
    }


def show_statement(screen: Screen, found: Statement, covenant: Covenant, words: Words) -> None:
    """A statement's two sides, and what is outstanding."""
    from .amounts import amounts

    amount = amounts(covenant.decimals, covenant.currency, words)

    def side(title: str, names: tuple[str, ...]) -> None:
        screen.line()
        screen.line(words.say(title), "heading")
        rows = [[words.say(FIGURES[name]), amount(getattr(found, name))] for name in names]
        total = sum(getattr(found, name) for name in names)
        screen.table(["", ""], [*rows, [words.say("together"), amount(total)]])

    screen.line()
    screen.pairs([(words.say(FIGURES["members"]), f"{found.members:,}")])
    side("There is, or has to come", ("holding", "operator", "owed"))
    side("It is owed", ("balances", "aid", "surplus"))
    screen.line()
    if found.difference:
        sentence = "The two sides differ by {amount}: the books are not in order."
        screen.item("bad", words.say(sentence, amount=amount(found.difference)), "bad", indent=0)
    else:
        screen.item("good", words.say("Both sides are equal."), "good", indent=0)
    left = [item for item in found.outstanding() if item[0] != "difference"]
    if left:
        screen.line()
        screen.line(words.say("Outstanding, before the plan can end"), "heading")
        screen.table(
            ["", "", ""], [[words.say(FIGURES[name]), clause, amount(value)] for name, value, clause in left], left=2
        )
    shown = [name for name in ("advances", "arrears", "given") if getattr(found, name)]
    if shown:
        screen.line()
        screen.pairs([(words.say(FIGURES[name]), amount(getattr(found, name))) for name in shown])
