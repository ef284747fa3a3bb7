"""``mutualchain case vote`` and ``count``: the jury's ballots, one by one or a file of many, and what they come to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError
from .app import App, pass_app
from .command import command
from .options import (
    FILE,
    HASH,
    SIGNATURE,
    SLOT,
    json_option,
    keys_option,
    lang_option,
    ledger_argument,
    plan_argument,
    writes,
)
from .signing import membership, recorded, show_message

if TYPE_CHECKING:
    from ..ledger import Acknowledgement, Ledger

__all__ = ["ballot", "count", "vote"]

subject_option = click.option(
    "--on", "subject", type=HASH, required=True, help="The disputed case, or the proposal, that is voted on."
)


@command(
    epilog="""\b
Examples:
  mutualchain case vote ledger critical-illness --on 07d1... --slot 21 --for --passport her.passport --reference v-21
  mutualchain case vote ledger critical-illness --on 07d1... --csv ballots.csv --reference votes-1

The CSV file's first line is slot,seq,vote,signature: her slot, the running number that she signed, 1 for or 0 against,
and 128 hexadecimal digits."""
)
@ledger_argument
@plan_argument
@subject_option
@click.option("--slot", type=SLOT, help="The juror.")
@click.option("--for/--against", "supports", default=None, help="Her vote.")
@click.option("--seq", type=SLOT, help="Her running number that the signature names.")
@click.option("--signature", type=SIGNATURE, help="Her signature, made elsewhere: 128 hexadecimal digits, or @FILE.")
@click.option("--passport", type=FILE, metavar="FILE", help="Her passport, to sign with it here.")
@click.option("--message", is_flag=True, help="Print what has to be signed, and record nothing.")
@click.option("--csv", "table", type=FILE, metavar="FILE", help="Many ballots at once: all are recorded, or none.")
@writes
def vote(app: App, /, ledger: Path, plan: str, subject: bytes, table: Path | None, **options: Any) -> None:
    """Record the ballots of jurors (赔审团), each signed by the juror herself."""
    from .ledgers import one_of, writing

    one_of("whose ballots", slot=options["slot"], csv=table)
    with writing(app, ledger, options["keys"]) as opened:
        if table is not None:
            done = _many(app, opened, plan, subject, table, options["reference"])
        elif options["message"]:
            _show(app, opened, plan, subject, options)
            return
        else:
            done = _one(opened, plan, subject, options)
        says = app.words.count(
            "{count} ballot is recorded in block {height}.",
            "{count} ballots are recorded in block {height}.",
            done.rows,
            height=done.height,
        )
        following = [f"mutualchain case count {ledger} {plan} --on {subject.hex()} --reference count-1"]
        recorded(app, done, options["receipt"], says, commands=following)


def _show(app: App, ledger: Ledger, plan: str, subject: bytes, options: dict[str, Any]) -> None:
    from ..covenant.statements import ballot_message

    slot, supports, seq = (options[name] for name in ("slot", "supports", "seq"))
    if supports is None:
        raise UsageError("her vote is missing: --for or --against")
    number = ledger.next_seq(plan, slot) if seq is None else seq
    show_message(app, ballot_message(ledger.chain, plan, subject, slot, number, int(supports)), number)


def _one(ledger: Ledger, plan: str, subject: bytes, options: dict[str, Any]) -> Acknowledgement:
    from ..covenant.statements import ballot_message
    from ..record.passport import member_seed
    from ..tlog import ed25519
    from .ledgers import one_of, read_passport

    slot, supports, seq, signature = (options[name] for name in ("slot", "supports", "seq", "signature"))
    if supports is None:
        raise UsageError("her vote is missing: --for or --against")
    one_of("her signature", passport=options["passport"], signature=signature)
    if signature is not None and seq is None:
        raise UsageError("--signature needs --seq, the running number that she signed")
    number = ledger.next_seq(plan, slot) if seq is None else seq
    if signature is None:
        hers = read_passport(options["passport"])
        seed = member_seed(hers.seed, ledger.origin, plan, membership(ledger, plan, slot, hers))
        signature = ed25519.sign(seed, ballot_message(ledger.chain, plan, subject, slot, number, int(supports)))
    return ledger.cases.vote(
        plan, subject, slot, supports, seq=number, signature=signature, reference=options["reference"]
    )


def _many(app: App, ledger: Ledger, plan: str, subject: bytes, path: Path, reference: str) -> Acknowledgement:
    from .progress import progress
    from .tables import read_table, rows_named

    wanted = {"slot": "number", "seq": "number", "vote": "number", "signature": "signature"}
    with progress(app, "reading rows") as tick:
        table = read_table(path, wanted, {}, 0, tick)
    columns = table.columns
    with rows_named(path, table):
        return ledger.cases.vote_many(
            plan,
            subject,
            columns["slot"],
            columns["vote"],
            seqs=columns["seq"],
            signatures=columns["signature"],
            reference=reference,
        )


@command(
    epilog="""\b
Example:
  mutualchain case ballot ledger critical-illness --on 07d1... --slot 21 -o ballot-21.mct"""
)
@ledger_argument
@plan_argument
@subject_option
@click.option("--slot", type=SLOT, required=True, help="The juror.")
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE", help="The receipt, a new file.")
@keys_option
@lang_option
@json_option
@pass_app
def ballot(app: App, ledger: Path, plan: str, subject: bytes, slot: int, output: Path, keys: Path | None) -> None:
    """Write the receipt of a juror's ballot: her proof that it is counted."""
    from .files import write_file
    from .ledgers import writing

    with writing(app, ledger, keys) as opened:
        write_file(output, opened.cases.ballot_receipt(plan, subject, slot).to_bytes())
    says = app.words.say("The receipt is in {file}.", file=str(output))
    app.result({"receipt": str(output)}, lambda screen: screen.line(says, "good"))


@command(
    epilog="""\b
Example:
  mutualchain case count ledger critical-illness --on 07d1... --reference case-17-counted"""
)
@ledger_argument
@plan_argument
@subject_option
@writes
def count(
    app: App, ledger: Path, plan: str, subject: bytes, reference: str, receipt: Path | None, keys: Path | None
) -> None:
    """Count the votes when the voting is over (审议). Below the quorum the first opinion stands."""
    from .ledgers import writing

    with writing(app, ledger, keys) as opened:
        done = opened.cases.adjudicate(plan, subject, reference=reference)
        ballots, support = opened.book(plan).life.counted(subject)
        says = app.words.say(
            "{support} of {ballots} support it, recorded in block {height}.",
            support=support,
            ballots=ballots,
            height=done.height,
        )
        following = [f"mutualchain run {ledger} --list"]
        recorded(app, done, receipt, says, commands=following)
