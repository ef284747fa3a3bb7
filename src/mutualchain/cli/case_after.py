"""``mutualchain case``, from the decision on: advance, pay, void, sanction, lift, appeal."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from .app import App
from .case_steps import case_option
from .command import command
from .options import (
    FILE,
    HASH,
    NAME,
    SLOT,
    ledger_argument,
    plan_argument,
    writes,
)
from .signing import by_institution, by_member, recorded, show_message, signed_by_institution, signed_by_member

__all__ = ["advance", "appeal", "lift", "pay", "restitute", "sanction", "void"]

REASONS = ("forged_records", "against_order", "malicious")
_PAYEES = ("member", "hospital", "family")
payment_option = click.option(
    "--payment", required=True, metavar="TEXT", help="The bank's or payer's own reference; its hash is recorded."
)
amount_option = click.option("--amount", required=True, metavar="AMOUNT", help="What was paid, in yuan.")


@command(
    epilog="""\b
Example:
  mutualchain case advance ledger critical-illness --case 07d1... --amount 50000 --payee hospital \\
      --payment bank-17 --reference advance-17"""
)
@ledger_argument
@plan_argument
@case_option
@amount_option
@click.option("--payee", type=click.Choice(_PAYEES), default="hospital", show_default=True, help="Who got it.")
@payment_option
@click.option("--funder", type=NAME, help="The institution that paid; without it, the operator did.")
@by_institution
@writes
def advance(
    app: App,
    ledger: Path,
    plan: str,
    name: bytes,
    amount: str,
    payee: str,
    payment: str,
    funder: str | None,
    key: Path | None,
    signature: bytes | None,
    message: bool,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Record that aid was paid before its round (先行赔付): the round repays it."""
    from ..covenant.acts import Advance
    from .ledgers import amount_of, writing

    digest = hashlib.sha256(payment.encode()).digest()
    with writing(app, ledger, keys) as opened:
        minor, signed = amount_of(opened, plan, amount), b""
        if funder is not None:
            to_sign = opened.cases.message(plan, Advance(name, minor, payee, funder, digest, b""))
            if message:
                show_message(app, to_sign)
                return
            signed = signed_by_institution(to_sign, key, signature)
        done = opened.cases.advance(
            plan, name, minor, payee=payee, payment=digest, funder=funder or "", signature=signed, reference=reference
        )
        following = [f"mutualchain case show {ledger} {plan} {name.hex()}"]
        says = app.words.say("The advance is recorded in block {height}.", height=done.height)
        recorded(app, done, receipt, says, commands=following)


@command(
    epilog="""\b
Example:
  mutualchain case pay ledger critical-illness --case 07d1... --amount 300000 --payee hospital --payment bank-18 \\
      --reference pay-18

--payee funder repays what was advanced. The record is the operator's word that money moved; that it left a bank, the
custodian's statement shows (`treasury state`)."""
)
@ledger_argument
@plan_argument
@case_option
@amount_option
@click.option(
    "--payee", type=click.Choice((*_PAYEES, "funder")), default="member", show_default=True, help="Who got it."
)
@payment_option
@writes
def pay(
    app: App,
    ledger: Path,
    plan: str,
    name: bytes,
    amount: str,
    payee: str,
    payment: str,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Record that aid was paid, perhaps in parts: never more than was approved."""
    from .ledgers import amount_of, writing

    with writing(app, ledger, keys) as opened:
        minor = amount_of(opened, plan, amount)
        digest = hashlib.sha256(payment.encode()).digest()
        done = opened.cases.pay(plan, name, minor, payee=payee, payment=digest, reference=reference)
        following = [f"mutualchain case show {ledger} {plan} {name.hex()}"]
        says = app.words.say("The payout is recorded in block {height}.", height=done.height)
        recorded(app, done, receipt, says, commands=following)


@command(
    epilog="""\b
Example:
  mutualchain case void ledger critical-illness --case 07d1... --reason forged_records --reference void-17"""
)
@ledger_argument
@plan_argument
@case_option
@click.option("--reason", type=click.Choice(REASONS), required=True, help="Why the case is void.")
@writes
def void(
    app: App,
    ledger: Path,
    plan: str,
    name: bytes,
    reason: str,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """A case has proved false: it is shared and paid no more, and what was shared can be refunded."""
    from .ledgers import writing

    with writing(app, ledger, keys) as opened:
        done = opened.cases.void(plan, name, reason, reference=reference)
        following = [f"mutualchain round refund {ledger} {plan} --case {name.hex()} --reference refund-1"]
        says = app.words.say("The case is void, in block {height}.", height=done.height)
        recorded(app, done, receipt, says, commands=following)


@command(
    epilog="""\b
Example:
  mutualchain case restitute ledger critical-illness --case 07d1... --reference restitute-17

For a case that was refused by aid.waiting, in plans whose covenant says aid.ill_in_waiting = "refund_and_end"."""
)
@ledger_argument
@plan_argument
@case_option
@writes
def restitute(
    app: App, ledger: Path, plan: str, name: bytes, reference: str, receipt: Path | None, keys: Path | None
) -> None:
    """Illness in the waiting period: the membership ends, and all shares she paid come back into her balance."""
    from .ledgers import writing

    with writing(app, ledger, keys) as opened:
        done = opened.cases.restitute(plan, name, reference=reference)
        says = app.words.say("Her shares are back in her balance, in block {height}.", height=done.height)
        following = [f"mutualchain case show {ledger} {plan} {name.hex()}"]
        recorded(app, done, receipt, says, commands=following)


@command(
    epilog="""\b
Example:
  mutualchain case sanction ledger critical-illness --slot 17 --case 07d1... --reason forged_records \\
      --until 2027-01-01 --reference sanction-17"""
)
@ledger_argument
@plan_argument
@click.option("--slot", type=SLOT, required=True, help="The member.")
@click.option("--case", "name", type=HASH, default=b"", help="The voided case that it follows from.")
@click.option("--reason", type=click.Choice(REASONS), required=True, help="Why.")
@click.option("--until", metavar="DATE", help="The day on which it ends, like 2027-01-01; without it, for good.")
@writes
def sanction(
    app: App,
    ledger: Path,
    plan: str,
    slot: int,
    name: bytes,
    reason: str,
    until: str | None,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """A member can request no aid, for a time or for good (黑名单)."""
    from .case_facts import day_from
    from .ledgers import writing

    day = 0 if until is None else day_from(until, "--until")
    with writing(app, ledger, keys) as opened:
        done = opened.cases.sanction(plan, slot, reason, case=name, until_day=day, reference=reference)
        following = [f"mutualchain case list {ledger} {plan}"]
        says = app.words.say("The sanction is recorded in block {height}.", height=done.height)
        recorded(app, done, receipt, says, commands=following)


@command(
    epilog="""\b
Example:
  mutualchain case lift ledger critical-illness --sanction 88fa... --reason appeal --reference lift-17"""
)
@ledger_argument
@plan_argument
@click.option("--sanction", "named", type=HASH, required=True, help="The sanction: the name that it got.")
@click.option("--reason", type=click.Choice(("appeal", "error", "served")), required=True, help="Why it ends.")
@writes
def lift(
    app: App,
    ledger: Path,
    plan: str,
    named: bytes,
    reason: str,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """A sanction ends."""
    from .ledgers import writing

    with writing(app, ledger, keys) as opened:
        done = opened.cases.lift(plan, named, reason, reference=reference)
        following = [f"mutualchain case list {ledger} {plan}"]
        says = app.words.say("The sanction is lifted in block {height}.", height=done.height)
        recorded(app, done, receipt, says, commands=following)


@command(
    epilog="""\b
Example:
  mutualchain case appeal ledger critical-illness --slot 17 --against 88fa... --file letter.pdf \\
      --passport her.passport --reference appeal-17"""
)
@ledger_argument
@plan_argument
@click.option("--slot", type=SLOT, required=True, help="The member who appeals.")
@click.option("--against", type=HASH, required=True, help="The refusal, void or sanction: the name that it got.")
@click.option("--file", type=FILE, required=True, metavar="FILE", help="The grounds; only the file's hash is recorded.")
@by_member
@writes
def appeal(
    app: App,
    ledger: Path,
    plan: str,
    slot: int,
    against: bytes,
    file: Path,
    passport: Path | None,
    signature: bytes | None,
    message: bool,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """A member appeals (申诉) against a refusal, a void or a sanction, on her own signature."""
    from ..covenant.acts import Appeal
    from .files import hash_file
    from .ledgers import writing

    grounds = hash_file(file, "the grounds")
    with writing(app, ledger, keys) as opened:
        act = Appeal(slot, against, grounds, b"")
        if message:
            show_message(app, opened.cases.message(plan, act))
            return
        signed = signed_by_member(opened, plan, slot, act, passport, signature)
        done = opened.cases.appeal(plan, slot, against, grounds=grounds, signature=signed, reference=reference)
        following = [f"mutualchain case list {ledger} {plan}"]
        says = app.words.say("The appeal is recorded in block {height}.", height=done.height)
        recorded(app, done, receipt, says, commands=following)
