"""``mutualchain notices``: what to tell each member of a round, for the platform to send."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError
from .app import App, pass_app
from .command import command
from .language import LANGUAGES, Words
from .notice_rows import CSV_HEAD, FORMATS, Lines
from .options import FILE, json_option, lang_option, ledger_argument, plan_argument, tz_option
from .records import chosen, counted, given_checkpoint, range_options, streamed
from .screen import Screen

if TYPE_CHECKING:
    from ..archive.reading import Archive, SheetRef
    from ..covenant.document import Covenant
    from ..covenant.rounds import RoundTerms
    from ..tlog.checkpoint import VerifiedCheckpoint

__all__ = ["notices"]

STATUSES = ("paid", "partial", "capped", "failed", "exempt", "lapsed", "waiting", "exited")
"""What a notice can say, in the order in which it is counted up."""


def _show_template(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    from .notice_texts import builtin

    if value is None or ctx.resilient_parsing:
        return
    app = ctx.ensure_object(App)
    text = builtin(value)
    app.result({"language": value, "template": text}, lambda screen: screen.document(text))
    ctx.exit()


@command(
    epilog="""\b
Examples:
  mutualchain notices ledger critical-illness notices.csv
  mutualchain notices ledger critical-illness notices.jsonl --round 17 --lang zh
  mutualchain notices ledger critical-illness notices.csv --checkpoint records/checkpoint
  mutualchain notices --show-template zh > ours.toml
  mutualchain notices ledger critical-illness - --lang zh --template ours.toml | ./send

A line of CSV is slot,status,amount,balance,text, amounts in yuan; of JSON Lines the same by name, amounts in fen. With
--checkpoint records/checkpoint the words in a notice are those that the member's own record shows."""
)
@ledger_argument
@plan_argument
@click.argument("output", metavar="FILE.csv|FILE.jsonl|-")
@click.option("--round", "number", type=click.IntRange(1), metavar="N", help="Of which round. [default: the last one]")
@click.option("--format", "form", type=click.Choice(FORMATS), help="The form of the lines. [default: by FILE's name]")
@click.option("--template", type=FILE, metavar="FILE.toml", help="Sentences of your own, in place of the usual ones.")
@click.option(
    "--show-template",
    type=click.Choice(LANGUAGES),
    is_eager=True,
    expose_value=False,
    callback=_show_template,
    help="Print the usual template of a language, to make your own of, and nothing else.",
)
@click.option("--everybody", is_flag=True, help="Also those who had left before the round.")
@range_options
@lang_option
@tz_option
@json_option
@pass_app
def notices(
    app: App,
    ledger: Path,
    plan: str,
    output: str,
    number: int | None,
    form: str | None,
    template: Path | None,
    everybody: bool,
    first: int,
    last: int | None,
    part: tuple[int, int] | None,
    note: Path | None,
) -> None:
    """Write a notice for each member of a settled round: her share, her balance, the book's head in eight words.

    One line a member, in English or Chinese (--lang), by your own template if you have one. Who reads the same eight
    words in her notice and in the check of her record was shown the same book as everybody.
    """
    from ..record.bulk import covered
    from .files import read_file
    from .ledgers import snapshot
    from .notice_rows import round_rows
    from .notice_texts import MOST, parse
    from .progress import progress
    from .rebuilt import book_of

    begin = time.perf_counter()
    form = form or ("jsonl" if output.endswith(".jsonl") else "csv")
    own = None if template is None else read_file(template, "a template", MOST)
    words = app.words
    sentences = parse(own, words.language, str(template) if template is not None else "")
    with snapshot(ledger) as (archive, _):
        head = covered(archive, given_checkpoint(note) or archive.checkpoint())
        ref, terms, covenant = _round(archive, plan, head.size, number)
        start, stop = chosen(first, last, part, ref.descriptor.rows)
        lines = Lines(sentences, covenant, terms.share, _shared(app, plan, ref, terms, covenant, head), words)
        lines.form, lines.everybody = form, everybody
        book = book_of(archive, ledger, plan, head.size)
        with progress(app, words.say("notices")) as tick, streamed(app, output) as file:
            if form == "csv":
                file.write(CSV_HEAD.encode())
            for at, rows in round_rows(archive, ref, book, start, stop):
                file.write(lines.of(at, rows).encode())
                tick(at + len(rows) - start, stop - start)
    if output == "-":
        return
    value = counted(plan, output, start, stop, head, time.perf_counter() - begin)
    value |= {"round": terms.number, "language": words.language, "format": form, "left_out": lines.left_out}
    value |= {"notices": lines.told.total(), "told": dict(lines.told), "advised": dict(lines.advised)}
    app.result(value, lambda screen: _show(screen, words, value, head))


def _round(archive: Archive, plan: str, size: int, number: int | None) -> tuple[SheetRef, RoundTerms, Covenant]:
    """A settled round's charge, its terms, and the covenant that it was made under. Raises UsageError, PlanUnknown."""
    from ..archive.replay import CHARGE
    from ..block.entry import Entry
    from ..covenant.acts import Adoption, Amendment
    from ..covenant.document import Covenant
    from ..covenant.rounds import RoundTerms

    state = archive.plan_state(plan, size - 1)
    rounds = state.next_number(CHARGE)
    if not rounds or (number is not None and number > rounds):
        settled = f"{rounds:,} settled round{'s' if rounds != 1 else ''}"
        raise UsageError(f"under this checkpoint the plan has {settled}", value=number)
    ref = archive.sheet(plan, CHARGE, rounds - 1 if number is None else number - 1)
    terms = RoundTerms.from_bytes(archive.params(ref))
    for _, _, data in archive.entries_of(plan, state.events_size, (Adoption.kind, Amendment.kind)):
        entry = Entry.from_bytes(data)
        act = (Adoption if entry.kind == Adoption.kind else Amendment).from_entry(entry)
        if act.version == terms.covenant_version:
            return ref, terms, Covenant.from_bytes(act.covenant)
    raise UsageError("the plan's covenant is not in this ledger", value=terms.covenant_version)


def _shared(
    app: App, plan: str, ref: SheetRef, terms: RoundTerms, covenant: Covenant, head: VerifiedCheckpoint
) -> dict[str, str]:
    """What all notices of a round show alike."""
    from .amounts import amounts
    from .dates import day
    from .head import head_line

    words = app.words
    money = amounts(covenant.decimals, covenant.currency, words)
    return {
        "title": covenant.title,
        "plan": plan,
        "round": f"{terms.number + 1:,}",
        "day": day(ref.time_ms, app.zone, words),
        "cases": words.count("{count} case", "{count} cases", len(terms.cases)),
        "members": words.count("{count} member", "{count} members", terms.headcount),
        "aid": money(terms.aid),
        "share": money(terms.share),
        "words": head_line(head, words),
        "blocks": f"{head.size:,}",
    }


def _show(screen: Screen, words: Words, value: dict[str, Any], head: VerifiedCheckpoint) -> None:
    from .dates import seconds
    from .head import head_line

    one, many = "{count} notice of round {round} is in {place}.", "{count} notices of round {round} are in {place}."
    shown = {"round": value["round"] + 1, "place": value["output"]}
    screen.line(words.count(one, many, value["notices"], **shown), "good")
    told, advised = value["told"], value["advised"]
    screen.pairs([(words.say(status), f"{told[status]:,}") for status in STATUSES if status in told], indent=4)
    asked = sum(advised.get(name, 0) for name in ("low", "empty", "owing"))
    if asked:
        screen.line(words.count("{count} is asked to pay in.", "{count} are asked to pay in.", asked), indent=2)
    if value["left_out"]:
        one = "{count} who had left before is not told; --everybody tells her too."
        many = "{count} who had left before are not told; --everybody tells them too."
        screen.line(words.count(one, many, value["left_out"]), indent=2)
    screen.line(
        words.say(
            "In {time}, under the head of {size} blocks. In words:", size=head.size, time=seconds(value["seconds"])
        ),
        indent=2,
    )
    screen.line(head_line(head, words), "title", indent=4)
