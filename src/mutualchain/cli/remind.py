"""``mutualchain plan remind``: the members who should pay in, for the platform to tell them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from .app import App, pass_app
from .command import command
from .options import SLOT, json_option, lang_option, ledger_argument, plan_argument
from .records import PART, chosen, streamed
from .screen import Screen

if TYPE_CHECKING:
    from ..covenant.book import Book
    from ..covenant.document import Covenant

__all__ = ["remind"]

CSV_HEAD: Final = "slot,balance,missing\n"
FORMATS: Final = ("csv", "jsonl")
_STEP: Final = 1 << 20
"""Members looked at together: 8 MiB of balances."""

Row = tuple[int, int]
"""A slot, and its balance in minor units."""


@command(
    epilog="""\b
Examples:
  mutualchain plan remind ledger critical-illness
  mutualchain plan remind ledger critical-illness remind.csv
  mutualchain plan remind ledger critical-illness remind.jsonl --below 2.50 --part 1/4
  mutualchain plan remind ledger critical-illness --json --first 1000000 --limit 500

A line of CSV is slot,balance,missing, amounts in yuan; of JSON Lines the same by name, amounts in fen. What is missing
brings her back to arrears.remind_below. Without FILE the first of them are shown; with --json, next is where the next
page begins."""
)
@ledger_argument
@plan_argument
@click.argument("output", metavar="[FILE.csv|FILE.jsonl|-]", required=False)
@click.option("--below", metavar="AMOUNT", help="Less than this, in yuan. [default: the covenant's remind_below]")
@click.option("--format", "form", type=click.Choice(FORMATS), help="The form of the lines. [default: by FILE's name]")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many to show.")
@click.option("--first", type=SLOT, default=0, metavar="SLOT", help="The first slot. [default: 0]")
@click.option("--last", type=SLOT, metavar="SLOT", help="The last slot. [default: the plan's last]")
@click.option(
    "--part", type=PART, metavar="K/N", help="The K-th of N parts, for several processes at a time, e.g. 2/8."
)
@lang_option
@json_option
@pass_app
def remind(
    app: App,
    ledger: Path,
    plan: str,
    output: str | None,
    below: str | None,
    form: str | None,
    limit: int,
    first: int,
    last: int | None,
    part: tuple[int, int] | None,
) -> None:
    """List the members of PLAN whose balance is low, and who have not left: whom to ask to pay in."""
    from ..money import parse_amount
    from .ledgers import reading
    from .rebuilt import book_of

    with reading(ledger) as archive:
        book = book_of(archive, ledger, plan)
    covenant = book.covenant
    least = covenant.arrears.remind_below if below is None else parse_amount(below, covenant.decimals)
    start, stop = chosen(first, last, part, book.slots)
    value: dict[str, Any] = {"plan": plan, "below": least, "currency": covenant.currency, "decimals": covenant.decimals}
    value |= {"first": start, "last": stop - 1}
    if output is not None:
        form = form or ("jsonl" if output.endswith(".jsonl") else "csv")
        count = _write(app, book, output, form, least, (start, stop))
        value |= {"members": count, "output": output, "rows": [], "next": None}
        if output == "-":
            return
    else:
        value |= _page(book, least, start, stop, limit)
    app.result(value, lambda screen: _show(screen, app, value, covenant))


def _rows(book: Book, least: int, start: int, stop: int) -> Iterator[tuple[int, list[Row]]]:
    """(how many members were looked at, those among them who are to be reminded), chunk by chunk."""
    from ..covenant.due import to_remind

    for low in range(start, stop, _STEP):
        high = min(low + _STEP, stop)
        slots, balances = to_remind(book, low, high, least)
        yield high - start, list(zip(slots.tolist(), balances.tolist(), strict=True))


def _write(app: App, book: Book, output: str, form: str, least: int, slots: tuple[int, int]) -> int:
    """Stream all of them into a file; how many there are."""
    from ..money import format_amount
    from .progress import progress

    start, stop = slots
    decimals, count = book.covenant.decimals, 0

    def line(slot: int, balance: int) -> str:
        if form == "jsonl":
            return json.dumps({"slot": slot, "balance": balance, "missing": least - balance}) + "\n"
        held, missing = (format_amount(minor, decimals, group=False) for minor in (balance, least - balance))
        return f"{slot},{held},{missing}\n"

    with progress(app, app.words.say("members")) as tick, streamed(app, output) as file:
        if form == "csv":
            file.write(CSV_HEAD.encode())
        for done, rows in _rows(book, least, start, stop):
            file.write("".join(line(*row) for row in rows).encode())
            count += len(rows)
            tick(done, stop - start)
    return count


def _page(book: Book, least: int, start: int, stop: int, limit: int) -> dict[str, Any]:
    """The first of them, how many there are in all, and the slot with which the next page begins."""
    shown: list[Row] = []
    following: int | None = None
    count = 0
    for _, rows in _rows(book, least, start, stop):
        room = limit - len(shown)
        shown += rows[:room]
        if following is None and len(rows) > room:
            following = rows[room][0]
        count += len(rows)
    listed = [{"slot": slot, "balance": balance, "missing": least - balance} for slot, balance in shown]
    return {"members": count, "output": None, "rows": listed, "next": following}


def _show(screen: Screen, app: App, value: dict[str, Any], covenant: Covenant) -> None:
    from .amounts import amounts

    words = app.words
    money = amounts(covenant.decimals, covenant.currency, words)
    if covenant.sharing.funding == "mandate":
        screen.line(words.say("Shares of this plan are collected from accounts: nobody has to pay in."), "good")
        return
    if not value["below"]:
        text = "The covenant reminds nobody (arrears.remind_below is 0); --below names another sum."
        screen.line(words.say(text), "good")
        return
    one, many = "{count} member has less than {amount}.", "{count} members have less than {amount}."
    screen.line(words.count(one, many, value["members"], amount=money(value["below"])), "good")
    if value["output"] is not None:
        screen.line(words.say("The list is in {file}.", file=value["output"]), indent=2)
        return
    head = [words.say("slot"), words.say("balance"), words.say("missing")]
    rows = [[str(row["slot"]), money(row["balance"]), money(row["missing"])] for row in value["rows"]]
    if rows:
        screen.table(head, rows)
    if value["next"] is not None:
        screen.line(
            words.say("More from slot {slot} on: --first {slot}, or name a file.", slot=value["next"]), indent=2
        )
