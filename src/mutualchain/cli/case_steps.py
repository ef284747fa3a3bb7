"""``mutualchain case``, from the request to the decision: seal, request, attest, disclose, object, refuse, withdraw."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import UsageError
from .app import App, pass_app
from .command import command
from .options import (
    FILE,
    HASH,
    NAME,
    SLOT,
    json_option,
    keys_option,
    lang_option,
    ledger_argument,
    plan_argument,
    receipt_option,
    reference_option,
    writes,
)
from .screen import Screen
from .signing import by_institution, by_member, recorded, show_message, signed_by_institution, signed_by_member
from .vaults import vault_option

__all__ = ["attest", "disclose", "object_", "refuse", "request", "seal", "withdraw"]

ROLES = ("charity", "custodian", "hospital", "investigator", "jury_office", "volunteers")
case_option = click.option("--case", "name", type=HASH, required=True, help="The case: the name that its request got.")


@command(
    epilog="""\b
Example:
  mutualchain case seal facts.json -o case-17.json

\b
facts.json: {"cause": "illness", "group": "critical", "disease": "C50", "diagnosed_day": "2015-02-04",
"birth_day": "1984-05-01", "name": "L*", "hospital": "First Hospital", "region": "Hangzhou"}"""
)
@click.argument("facts", type=FILE, metavar="FACTS")
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE", help="The sealed facts, a new file.")
@lang_option
@json_option
@pass_app
def seal(app: App, facts: Path, output: Path) -> None:
    """Seal the facts of a case: add a random salt to each, so that any can be shown alone and none be guessed."""
    from .case_facts import new_salts, read_facts, sealed_text
    from .files import write_file

    values, salts = read_facts(facts)
    if salts is not None:
        raise UsageError("these facts are sealed already", value=str(facts))
    write_file(output, sealed_text(values, new_salts()).encode(), mode=0o600)

    def show(screen: Screen) -> None:
        screen.line(app.words.say("The sealed facts are in {file}.", file=str(output)), "good")
        says = (
            "Once the request is recorded, destroy this file and the one it was made of: the vault keeps what they say."
        )
        screen.line(app.words.say(says), indent=2)

    app.result({"facts": str(output)}, show)


@command(
    epilog="""\b
Example:
  mutualchain case request ledger critical-illness --slot 17 --amount 300000 --facts case-17.json \\
      --passport her.passport --reference case-17

The facts stay beside the chain, with the operator, under the vault's keys; only their sealed root is recorded. Where
she signs elsewhere, print what she signs with --message."""
)
@ledger_argument
@plan_argument
@click.option("--slot", type=SLOT, required=True, help="The member who asks for aid.")
@click.option("--amount", required=True, metavar="AMOUNT", help="What she asks for, in yuan.")
@click.option("--facts", type=FILE, required=True, metavar="FILE", help="The sealed facts, as `case seal` made them.")
@click.option("--override", type=click.IntRange(0, 255), default=0, help="Reason code of more than the usual most.")
@by_member
@reference_option
@receipt_option
@vault_option
@keys_option
@lang_option
@json_option
@pass_app
def request(
    app: App,
    ledger: Path,
    plan: str,
    slot: int,
    amount: str,
    facts: Path,
    override: int,
    passport: Path | None,
    signature: bytes | None,
    message: bool,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """A member asks for aid (互助申请), on her own signature. The answer names the case."""
    from .case_facts import read_facts
    from .ledgers import amount_of, writing

    values, salts = read_facts(facts)
    if salts is None:
        raise UsageError("these facts are not sealed", value=str(facts), hint="Seal them first: `case seal`.")
    with writing(app, ledger, keys) as opened:
        cases = opened.cases
        sealed = cases.seal(plan, slot, values, salts)
        minor = amount_of(opened, plan, amount)
        act = cases.draft_request(plan, slot=slot, amount=minor, facts=sealed, override=override)
        if message:
            show_message(app, cases.message(plan, act))
            return
        signed = signed_by_member(opened, plan, slot, act, passport, signature)
        done = cases.request(plan, act, signature=signed, facts=sealed, reference=reference)
        says = app.words.say("The request is recorded in block {height}.", height=done.height)
        recorded(app, done, receipt, says, commands=[f"mutualchain case show {ledger} {plan} CASE"])


@command(
    epilog="""\b
Example:
  mutualchain case attest ledger critical-illness --case 07d1... --institution first-hospital --role hospital \\
      --tag 5f0c... --key hospital.key --reference case-17-hospital"""
)
@ledger_argument
@plan_argument
@case_option
@click.option("--institution", type=NAME, required=True, help="Who vouches.")
@click.option("--role", type=click.Choice(ROLES), required=True, help="In which of its roles.")
@click.option("--against", is_flag=True, help="It says that the case is not true.")
@click.option("--tag", type=HASH, default=b"", help="Its tag of the report's number, as `case tag` makes it.")
@by_institution
@writes
def attest(
    app: App,
    ledger: Path,
    plan: str,
    name: bytes,
    institution: str,
    role: str,
    against: bool,
    tag: bytes,
    key: Path | None,
    signature: bytes | None,
    message: bool,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """An institution vouches for a case (核实证明), or says that it is not true."""
    from ..covenant.acts import Attestation
    from .ledgers import writing

    with writing(app, ledger, keys) as opened:
        act = Attestation(name, institution, role, int(not against), tag, b"")
        if message:
            show_message(app, opened.cases.message(plan, act))
            return
        signed = signed_by_institution(opened.cases.message(plan, act), key, signature)
        done = opened.cases.attest(
            plan, name, institution, role, supports=not against, tag=tag, signature=signed, reference=reference
        )
        says = "{who} speaks against the case, in block {height}." if against else "{who} vouches, in block {height}."
        following = [f"mutualchain case show {ledger} {plan} {name.hex()}"]
        says = app.words.say(says, who=institution, height=done.height)
        recorded(app, done, receipt, says, commands=following)


@command(
    epilog="""\b
Example:
  mutualchain case disclose ledger critical-illness --case 07d1... --aid 300000 --fields-root 91ab... \\
      --reference case-17-disclosed"""
)
@ledger_argument
@plan_argument
@case_option
@click.option("--aid", required=True, metavar="AMOUNT", help="The aid that is disclosed, in yuan.")
@click.option("--fields-root", type=HASH, required=True, help="The root that `case mask` printed.")
@reference_option
@receipt_option
@vault_option
@keys_option
@lang_option
@json_option
@pass_app
def disclose(
    app: App,
    ledger: Path,
    plan: str,
    name: bytes,
    aid: str,
    fields_root: bytes,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Show a case to everybody (公示): from now on one can object."""
    from .ledgers import amount_of, writing

    with writing(app, ledger, keys) as opened:
        minor = amount_of(opened, plan, aid)
        done = opened.cases.disclose(plan, name, aid=minor, fields_root=fields_root, reference=reference)
        says = app.words.say("The case is disclosed in block {height}.", height=done.height)
        following = [f"mutualchain case show {ledger} {plan} {name.hex()}"]
        recorded(app, done, receipt, says, commands=following)


@command(
    "object",
    epilog="""\b
Examples:
  mutualchain case object ledger critical-illness --case 07d1... --slot 21 --file letter.pdf --passport her.passport \\
      --reference objection-1
  mutualchain case object ledger critical-illness --case 07d1... --institution hands --file letter.pdf \\
      --key hands.key --reference objection-2""",
)
@ledger_argument
@plan_argument
@case_option
@click.option("--slot", type=SLOT, help="The member who objects.")
@click.option("--institution", type=NAME, help="The institution that objects.")
@click.option("--file", type=FILE, required=True, metavar="FILE", help="The grounds; only the file's hash is recorded.")
@click.option("--key", type=FILE, metavar="FILE", help="The institution's key file, to sign with it here.")
@by_member
@writes
def object_(
    app: App,
    ledger: Path,
    plan: str,
    name: bytes,
    slot: int | None,
    institution: str | None,
    file: Path,
    key: Path | None,
    passport: Path | None,
    signature: bytes | None,
    message: bool,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """A member or an institution objects to a disclosed case (异议)."""
    from ..covenant.acts import Objection
    from .files import hash_file
    from .ledgers import one_of, writing

    one_of("who objects", slot=slot, institution=institution)
    grounds = hash_file(file, "the grounds")
    with writing(app, ledger, keys) as opened:
        by = institution if slot is None else slot
        assert by is not None
        act = Objection(name, by, grounds, b"")
        if message:
            show_message(app, opened.cases.message(plan, act))
            return
        if slot is None:
            signed = signed_by_institution(opened.cases.message(plan, act), key, signature)
        else:
            signed = signed_by_member(opened, plan, slot, act, passport, signature)
        done = opened.cases.object(plan, name, by, grounds=grounds, signature=signed, reference=reference)
        following = [f"mutualchain case show {ledger} {plan} {name.hex()}"]
        says = app.words.say("The objection is recorded in block {height}.", height=done.height)
        recorded(app, done, receipt, says, commands=following)


@command(
    epilog="""\b
Example:
  mutualchain case refuse ledger critical-illness --case 07d1... --clause aid.waiting --reference case-17-refused"""
)
@ledger_argument
@plan_argument
@case_option
@click.option("--clause", required=True, metavar="CLAUSE", help="The covenant's clause that the case breaks.")
@reference_option
@receipt_option
@vault_option
@keys_option
@lang_option
@json_option
@pass_app
def refuse(
    app: App,
    ledger: Path,
    plan: str,
    name: bytes,
    clause: str,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Refuse a case by a clause of the covenant. She can appeal."""
    from .ledgers import writing

    with writing(app, ledger, keys) as opened:
        done = opened.cases.refuse(plan, name, clause, reference=reference)
        says = app.words.say("The case is refused by {clause}, in block {height}.", clause=clause, height=done.height)
        following = [f"mutualchain case show {ledger} {plan} {name.hex()}"]
        recorded(app, done, receipt, says, commands=following)


@command(
    epilog="""\b
Example:
  mutualchain case withdraw ledger critical-illness --case 07d1... --passport her.passport --reference case-17-back"""
)
@ledger_argument
@plan_argument
@case_option
@by_member
@writes
def withdraw(
    app: App,
    ledger: Path,
    plan: str,
    name: bytes,
    passport: Path | None,
    signature: bytes | None,
    message: bool,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """The member takes her request back, before a round shares it."""
    from ..covenant.acts import CaseWithdrawal
    from .ledgers import writing

    with writing(app, ledger, keys) as opened:
        act = CaseWithdrawal(name, b"")
        if message:
            show_message(app, opened.cases.message(plan, act))
            return
        slot = opened.cases.state(plan, name).slot
        signed = signed_by_member(opened, plan, slot, act, passport, signature)
        done = opened.cases.withdraw(plan, name, signature=signed, reference=reference)
        following = [f"mutualchain case show {ledger} {plan} {name.hex()}"]
        says = app.words.say("The request is withdrawn in block {height}.", height=done.height)
        recorded(app, done, receipt, says, commands=following)
