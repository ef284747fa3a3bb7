"""``mutualchain case``: the life of a case, from the request to the last payment; here approve, show, list and tag."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import UsageError
from . import case_after, case_mask, case_steps, case_votes
from .app import App, pass_app
from .command import group
from .options import (
    FILE,
    HASH,
    SLOT,
    json_option,
    lang_option,
    ledger_argument,
    plan_argument,
    tz_option,
    writes,
)
from .screen import Screen

__all__ = ["case"]


@group(
    order="tag seal request attest mask disclose object vote ballot count approve refuse withdraw advance pay "
    "void restitute sanction lift appeal list show"
)
def case() -> None:
    """The life of a case (互助案件).

    A member requests aid; institutions attest; the case is disclosed, and one can object; where the covenant asks for
    it, jurors vote. Then it is approved or refused, shared in a round, and paid. Where the covenant lets the operator
    approve by itself, `approve` alone begins it.
    """


for _command in (
    *(case_steps.seal, case_steps.request, case_steps.attest, case_mask.mask),
    *(case_steps.disclose, case_steps.object_),
    *(case_votes.vote, case_votes.ballot, case_votes.count, case_steps.refuse, case_steps.withdraw),
    *(case_after.advance, case_after.pay, case_after.void, case_after.restitute),
    *(case_after.sanction, case_after.lift, case_after.appeal),
):
    case.add_command(_command)


@case.command(
    epilog="""\b
Examples:
  mutualchain case approve ledger critical-illness --case 07d1... --reference case-17-approved
  mutualchain case approve ledger critical-illness --slot 17 --aid 300000 --file case-17.zip --reference case-17

The first approves a requested case with the aid that was disclosed; the second is for plans whose operator approves by
itself. The case file stays with you; only its hash is recorded. Put something random into the file, so that nobody can
find out by guessing what it says."""
)
@ledger_argument
@plan_argument
@click.option("--case", "name", type=HASH, help="The requested case.")
@click.option("--slot", type=SLOT, help="The member who fell ill.")
@click.option("--aid", metavar="AMOUNT", help="The approved aid, in yuan.")
@click.option("--file-hash", type=HASH, help="SHA-256 of the case file, 64 hexadecimal digits.")
@click.option("--file", type=FILE, metavar="FILE", help="The case file, to compute that hash from.")
@writes
def approve(
    app: App,
    ledger: Path,
    plan: str,
    name: bytes | None,
    slot: int | None,
    aid: str | None,
    file_hash: bytes | None,
    file: Path | None,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Record that a case is approved. The answer names the case, for `round open` and `case pay`."""
    from .files import hash_file
    from .ledgers import acknowledged, amount_of, one_of, writing
    from .members import receipt_line

    one_of("which case", case=name, slot=slot)
    alone = {"--aid": aid, "--file-hash": file_hash, "--file": file}
    if name is not None and any(value is not None for value in alone.values()):
        raise UsageError(f"with --case, {', '.join(alone)} have no place: what was disclosed is approved")
    if name is None:
        one_of("the case file", file_hash=file_hash, file=file)
    digest = file_hash if file is None else hash_file(file, "the case file")
    with writing(app, ledger, keys) as opened:
        if name is not None:
            done = opened.cases.approve(plan, name, reference=reference)
        else:
            if aid is None:
                raise UsageError("--aid is missing: what is approved, in yuan")
            assert slot is not None
            assert digest is not None
            minor = amount_of(opened, plan, aid)
            done = opened.approve_case(plan, slot=slot, aid=minor, file_hash=digest, reference=reference)
        value = acknowledged(done, receipt)
    shared = name or done.digest or b""

    def show(screen: Screen) -> None:
        say = app.words.say
        screen.line(say("The case is approved, recorded in block {height}.", height=done.height), "good")
        screen.raw(f"{say('case')}  {shared.hex()}", indent=2)
        receipt_line(screen, receipt, app.words)
        following = f"mutualchain round open {ledger} {plan} --case {shared.hex()} --reference round-1"
        screen.commands(say("Next:"), [following])

    app.result(value, show)


@case.command(
    "list",
    epilog="""\b
Example:
  mutualchain case list ledger critical-illness""",
)
@ledger_argument
@plan_argument
@lang_option
@json_option
@pass_app
def list_cases(app: App, ledger: Path, plan: str) -> None:
    """List a plan's cases, and where they stand."""
    from .ledgers import snapshot
    from .overview import case_value, plan_overview
    from .status import show_cases

    with snapshot(ledger) as (archive, reader):
        found = plan_overview(archive, reader, plan)

    def show(screen: Screen) -> None:
        if found.cases:
            show_cases(screen, found, list(found.cases), app.words)
        else:
            screen.line(app.words.say("No case yet."))

    app.result({"plan": plan, "cases": [case_value(item) for item in found.cases]}, show)


@case.command(
    "show",
    epilog="""\b
Example:
  mutualchain case show ledger critical-illness 07d1...""",
)
@ledger_argument
@plan_argument
@click.argument("name", type=HASH, metavar="CASE")
@tz_option
@lang_option
@json_option
@pass_app
def show_case(app: App, ledger: Path, plan: str, name: bytes) -> None:
    """Show where a case stands, who has vouched, and what it waits for."""
    from .case_view import case_lines, state_value
    from .ledgers import reading
    from .rebuilt import book_of

    with reading(ledger) as archive:
        book = book_of(archive, ledger, plan)
    now = app.clock()
    value = state_value(book, name, now)
    app.result({"plan": plan} | value, lambda screen: case_lines(screen, app, book, name, now))


@case.command(
    epilog="""\b
Examples:
  mutualchain case tag --new-key report.key
  mutualchain case tag --key report.key --number B2015-0204

Whoever issues reports keeps the key, and it never leaves the house. The tag goes into `case attest --tag`."""
)
@click.option("--new-key", type=FILE, metavar="FILE", help="Make a key in this new file, and nothing else.")
@click.option("--key", type=FILE, metavar="FILE", help="The issuer's key, as --new-key made it.")
@click.option("--number", metavar="TEXT", help="The report's number, as it is printed.")
@lang_option
@json_option
@pass_app
def tag(app: App, new_key: Path | None, key: Path | None, number: str | None) -> None:
    """The keyed tag of a report's number: a report that serves twice shows, and nobody can guess the number."""
    from ..covenant.facts import report_tag
    from .case_facts import random_hex
    from .files import read_file, write_file
    from .ledgers import one_of

    one_of("the issuer's key", new_key=new_key, key=key)
    if new_key is not None:
        write_file(new_key, random_hex().encode() + b"\n", mode=0o600)
        says = app.words.say("The key is in {file}. Keep it private.", file=str(new_key))
        app.result({"file": str(new_key), "tag": None}, lambda screen: screen.line(says, "good"))
        return
    assert key is not None
    if number is None:
        raise UsageError("--number is missing: the report's number")
    try:
        secret = bytes.fromhex(read_file(key, "the issuer's key", 128).decode("ascii").strip())
        found = report_tag(secret, number).hex()
    except ValueError:
        raise UsageError("the file holds no key of 64 hexadecimal digits", value=str(key)) from None
    app.result({"file": str(key), "tag": found}, lambda screen: screen.raw(found))
