"""``mutualchain vault``: personal data apart from the ledger, opened field by field, and erased."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import PlanUnknown
from .app import App, pass_app
from .command import group
from .options import (
    FILE,
    HASH,
    SLOT,
    json_option,
    keys_option,
    lang_option,
    ledger_argument,
    plan_argument,
    receipt_option,
    reference_option,
    tz_option,
)
from .screen import Screen
from .vault_open import open_
from .vaults import VaultPlace, make_vault, needed_vault, vault_option, vault_path

if TYPE_CHECKING:
    from ..archive.reading import Archive
    from ..vault import Erasure, Vault

__all__ = ["vault"]

REASONS = {
    "wish": "at her wish",
    "law": "by law or order",
    "purpose": "no longer needed for what it was given for",
    "error": "kept by mistake",
}


@group(order="new list open erase backup")
def vault() -> None:
    """Members' personal data, kept apart from the ledger: opened field by field, and erased.

    The vault holds what members say of themselves, and the keys of the facts of their cases, which lie sealed in the
    ledger. `init` makes it beside the ledger, as LEDGER-vault.
    """


@vault.command(
    epilog="""\b
Examples:
  mutualchain vault new ledger
  mutualchain vault new ledger --vault /srv/vault --master /media/key/master.key"""
)
@ledger_argument
@vault_option
@lang_option
@json_option
@pass_app
def new(app: App, ledger: Path) -> None:
    """Make a vault for LEDGER, and its master key in a new file.

    The master key is better kept on another device: neither a stolen vault nor a stolen key opens anything alone.
    """
    folder, master = app.vault or VaultPlace()
    folder = vault_path(ledger) if folder is None else folder
    path = make_vault(folder, master)

    def show(screen: Screen) -> None:
        say = app.words.say
        text = "The vault is in {folder}, its master key in {file}."
        screen.line(say(text, folder=str(folder), file=str(path)), "good")
        screen.item("note", say("Copies of the ledger hold no keys of it: mirror {keys}.", keys=str(folder / "keys")))
        screen.item("note", say("Keep no old copies of those keys: what was erased could be opened with them."))
        screen.commands(say("Next:"), [f"mutualchain enrol {ledger} PLAN --join-request FILE ..."])

    app.result({"vault": str(folder), "master": str(path)}, show)


@vault.command(
    "list",
    epilog="""\b
Examples:
  mutualchain vault list ledger critical-illness
  mutualchain vault list ledger critical-illness --slot 17""",
)
@ledger_argument
@plan_argument
@click.option("--slot", type=SLOT, help="Her slot: what is kept of her. [default: what was erased, of everybody]")
@vault_option
@lang_option
@tz_option
@json_option
@pass_app
def list_(app: App, ledger: Path, plan: str, slot: int | None) -> None:
    """List what is kept of one member, without showing it; or everything that was erased in PLAN."""
    from .ledgers import reading

    with needed_vault(app, ledger) as opened, reading(ledger) as archive:
        erased = [item for item in opened.erasures() if item.plan == plan and slot in (None, item.slot)]
        items = [] if slot is None else opened.names(plan, slot)
        if plan not in archive.plans():
            raise PlanUnknown(f"there is no plan {plan!r}", value=plan)
        cases = [] if slot is None else list(_sealed(opened, archive, plan, slot))

    def show(screen: Screen) -> None:
        say = app.words.say
        for item in erased:
            screen.line(_erased_line(app, item), "doubt")
        for name in items:
            screen.line(name, indent=2)
        for case in cases:
            screen.line(say("facts of case {case}", case=case), indent=2)
        if not (erased or items or cases):
            text = "Nothing was erased." if slot is None else "Nothing is kept of this member."
            screen.line(say(text))

    value = {"plan": plan, "slot": slot, "items": items, "cases": cases, "erased": [_value(item) for item in erased]}
    app.result(value, show)


def _sealed(vault: Vault, archive: Archive, plan: str, slot: int) -> Any:
    """Her cases whose facts can be opened."""
    from ..block.entry import Entry
    from ..covenant.acts import Request

    size = archive.plan_state(plan, archive.size - 1).events_size
    for _, leaf, data in archive.entries_of(plan, size, (Request.kind,)):
        if Request.from_entry(Entry.from_bytes(data)).slot == slot:
            box = archive.facts_box(plan, leaf.entry_hash)
            if box is not None and vault.open_facts(plan, leaf.entry_hash, box) is not None:
                yield leaf.entry_hash.hex()


def _value(item: Erasure) -> dict[str, Any]:
    case = item.case.hex() if item.case else None
    return {"slot": item.slot, "case": case, "time_ms": item.time_ms, "reason": item.reason}


def _erased_line(app: App, item: Erasure) -> str:
    from .dates import moment

    say = app.words.say
    shown = {
        "slot": item.slot,
        "when": moment(item.time_ms, app.zone, app.words),
        "reason": say(REASONS.get(item.reason, item.reason)),
    }
    if item.case:
        return say("Slot {slot}: facts of case {case} erased on {when}, {reason}.", case=item.case.hex(), **shown)
    return say("Slot {slot}: everything erased on {when}, {reason}.", **shown)


@vault.command(
    epilog="""\b
Examples:
  mutualchain vault erase ledger critical-illness --slot 17 --reason wish --reference letter-17
  mutualchain vault erase ledger critical-illness --case 07d1... --reason purpose --reference case-17

Nothing brings it back: not this vault, and no backup of it or of the ledger, also none that was made before."""
)
@ledger_argument
@plan_argument
@click.option("--slot", type=SLOT, help="Her slot: everything that is kept of her.")
@click.option("--case", "name", type=HASH, help="The facts of this case alone, which has to be decided.")
@click.option(
    "--reason",
    type=click.Choice(list(REASONS)),
    required=True,
    help="Why: at her wish, by law or order, no longer needed for its purpose, kept by mistake.",
)
@reference_option
@receipt_option
@vault_option
@keys_option
@lang_option
@json_option
@pass_app
def erase(
    app: App,
    ledger: Path,
    plan: str,
    slot: int | None,
    name: bytes | None,
    reason: str,
    reference: str,
    receipt: Path | None,
    keys: Path | None,
) -> None:
    """Destroy the keys, the salts and the claims of one member, or the facts of one case. Nothing brings them back.

    The erasure is recorded in the ledger, with a notice to her; chain, records, disclosures and audits verify as
    before. Interrupted, it is completed when the ledger is next opened with its vault.
    """
    from .ledgers import acknowledged, one_of, writing
    from .members import receipt_line

    one_of("what to erase", slot=slot, case=name)
    with writing(app, ledger, keys) as opened:
        if name is not None:
            done = opened.erasures.facts(plan, name, reason=reason, reference=reference)
        else:
            assert slot is not None
            done = opened.erasures.member(plan, slot, reason=reason, reference=reference)
        value = acknowledged(done, receipt)

    def show(screen: Screen) -> None:
        say = app.words.say
        if name is None:
            says = say("The personal data of slot {slot} of {plan} is destroyed.", slot=done.slot, plan=plan)
        else:
            says = say("The facts of case {case} are destroyed.", case=name.hex())
        screen.line(says, "good")
        screen.line(say("That it was, and why, is recorded in block {height}.", height=done.height), indent=2)
        receipt_line(screen, receipt, app.words)
        screen.commands(say("Next:"), [f"mutualchain vault list {ledger} {plan}"])

    app.result(value, show)


@vault.command(
    epilog="""\b
Example:
  mutualchain vault backup ledger vault-2026-11.sqlite"""
)
@ledger_argument
@click.argument("output", type=FILE, metavar="FILE")
@vault_option
@lang_option
@json_option
@pass_app
def backup(app: App, ledger: Path, output: Path) -> None:
    """Copy the vault's data, without any key, to the new file FILE. Put back, it takes the place of data.sqlite."""
    with needed_vault(app, ledger) as opened:
        opened.backup(output)

    def show(screen: Screen) -> None:
        say = app.words.say
        screen.line(say("The copy is in {file}; it holds no key.", file=str(output)), "good")
        screen.commands(say("Next:"), [f"mutualchain backup {ledger} FOLDER"])

    app.result({"backup": str(output)}, show)


vault.add_command(open_)
