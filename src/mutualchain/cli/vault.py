"""``mutualchain vault``: personal data apart from the ledger, opened field by field, and erased."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import ClaimError, UsageError, VaultDamaged, VaultMissing
from .app import App, pass_app
from .options import FILE, SLOT, json_option, ledger_argument, plan_argument
from .screen import Screen

if TYPE_CHECKING:
    from ..record.claims import Claim, Membership
    from ..vault import Vault

__all__ = ["opened_vault", "vault", "verify_claim"]

_FIRST_LINE = "mutualchain vault master key v1"
_MOST = 200


def new_master() -> bytes:
    """32 random bytes from the operating system."""
    return os.urandom(32)


def opened_vault(folder: Path, master: Path | None) -> Vault:
    """A vault with the master key of ``master``, or of ``folder``/master.key.

    Raises FileMissing, VaultMissing, VaultBusy, VaultDamaged.
    """
    from ..vault import Vault
    from .files import read_file

    path = folder / "master.key" if master is None else master
    if master is None and not folder.is_dir():
        raise VaultMissing("there is no vault in this folder", place=str(folder))
    lines = read_file(path, "a vault's master key", _MOST).decode("utf-8", "replace").split("\n")
    try:
        if len(lines) != 3 or lines[0] != _FIRST_LINE or lines[2]:
            raise ValueError
        key = bytes.fromhex(lines[1])
    except ValueError:
        raise VaultDamaged("this is no vault's master key, or it is damaged", place=str(path)) from None
    return Vault.open(folder, key)


def _vault_argument(command: Any) -> Any:
    return click.argument("folder", type=FILE, metavar="VAULT")(command)


def _master_option(command: Any) -> Any:
    return click.option(
        "--master",
        type=FILE,
        envvar="MUTUALCHAIN_VAULT_MASTER",
        metavar="FILE",
        help="The master key. [default: VAULT/master.key]",
    )(command)


@click.group()
def vault() -> None:
    """What members say of themselves, kept apart from the ledger: opened field by field, and erased."""


@vault.command(
    epilog="""\b
Examples:
  mutualchain vault new vault
  mutualchain vault new vault --master /media/key/master.key"""
)
@_vault_argument
@_master_option
@json_option
@pass_app
def new(app: App, folder: Path, master: Path | None) -> None:
    """Make a vault in the new folder VAULT, and its master key in a new file.

    The master key is better kept on another device: neither a stolen vault nor a stolen key opens anything alone.
    """
    from ..vault import Vault
    from .files import refuse_existing, write_file

    path = folder / "master.key" if master is None else master
    refuse_existing(path, "A key is never overwritten. Choose another name.")
    key = new_master()
    Vault.create(folder, key).close()
    write_file(path, f"{_FIRST_LINE}\n{key.hex()}\n".encode(), mode=0o600)

    def show(screen: Screen) -> None:
        screen.line(f"The vault is in {folder}, its master key in {path}.", "good")
        screen.item("note", "Backups (vault backup) hold no keys: mirror VAULT/keys, but keep no old copies of it.")
        screen.commands("Next:", [f"mutualchain enrol LEDGER PLAN --join-request FILE --vault {folder} ..."])

    app.result({"vault": str(folder), "master": str(path)}, show)


@vault.command(
    "list",
    epilog="""\b
Example:
  mutualchain vault list vault critical-illness --slot 17""",
)
@_vault_argument
@plan_argument
@click.option("--slot", type=SLOT, required=True, help="The member's slot.")
@_master_option
@json_option
@pass_app
def list_(app: App, folder: Path, plan: str, slot: int, master: Path | None) -> None:
    """List what the vault has of one member, without showing it."""
    with opened_vault(folder, master) as opened:
        names = opened.names(plan, slot)
        erased = next((item for item in opened.erasures() if (item.plan, item.slot) == (plan, slot)), None)

    def show(screen: Screen) -> None:
        if erased is not None:
            from .dates import moment

            when = moment(erased.time_ms, app.zone, app.words)
            screen.line(f"Erased on {when}, because of {erased.reason!r}.", "doubt")
        elif not names:
            screen.line("Nothing is kept of this member.")
        for name in names:
            screen.line(name, indent=2)

    value: dict[str, Any] = {"plan": plan, "slot": slot, "items": names, "erased": None}
    if erased is not None:
        value["erased"] = {"time_ms": erased.time_ms, "reason": erased.reason}
    app.result(value, show)


@vault.command(
    "open",
    epilog="""\b
Example:
  mutualchain vault open vault ledger critical-illness --slot 17 --field birth_date -o birth-date.mco""",
)
@_vault_argument
@ledger_argument
@plan_argument
@click.option("--slot", type=SLOT, required=True, help="The member's slot.")
@click.option("--field", "name", required=True, metavar="NAME", help="The claim to open, such as birth_date.")
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE.mco", help="The file to write, for an auditor.")
@_master_option
@json_option
@pass_app
def open_(
    app: App, folder: Path, ledger: Path, plan: str, slot: int, name: str, output: Path, master: Path | None
) -> None:
    """Open one claim of a member to an auditor: the value, its salt and its proof. The others stay closed."""
    from ..record.claims import claim_file, commitment, open_claim
    from .files import write_file

    with opened_vault(folder, master) as opened:
        claims = _claims(opened, plan, slot)
    member, committed = _enrolled(ledger, plan, slot)
    if commitment(member, claims) != committed:
        raise ClaimError("the vault's claims are not those that the ledger commits to", place=f"slot {slot}")
    opening = open_claim(member, claims, name)
    write_file(output, claim_file(opening, member, slot), mode=0o600)

    def show(screen: Screen) -> None:
        screen.line(f"The claim {name} of slot {slot:,} is in {output}.", "good")
        screen.commands("The auditor:", [f"mutualchain vault verify {output} {ledger}"])

    app.result({"opening": str(output), "plan": plan, "slot": slot, "field": name}, show)


@vault.command(
    "verify",
    epilog="""\b
Example:
  mutualchain vault verify birth-date.mco ledger""",
)
@click.argument("opening", type=FILE)
@ledger_argument
@json_option
@pass_app
def verify_claim(app: App, opening: Path, ledger: Path) -> None:
    """Check an opened claim against the commitment in the member's row of the ledger, and show it."""
    from ..limits import MAX_BUNDLE_FILE
    from ..record.claims import read_claim_file
    from ..record.claims import verify_claim as verify
    from .files import read_file

    found, member, slot = read_claim_file(read_file(opening, "an opened claim", MAX_BUNDLE_FILE))
    enrolled, committed = _enrolled(ledger, member.plan, slot)
    if enrolled != member:
        raise ClaimError("the claim is of another membership than this one", value=member.public_key)
    value = verify(found, member, committed)
    shown = value.hex() if isinstance(value, bytes) else value

    def show(screen: Screen) -> None:
        screen.line("This is what she said when she joined.", "good")
        screen.pairs([("plan", member.plan), ("slot", f"{slot:,}"), (found.name, shown or "(nothing)")])
        screen.line()
        screen.line("That it is true, no ledger can say: it shows that it was not changed since.", "dim")

    app.result({"plan": member.plan, "slot": slot, "field": found.name, "value": shown}, show)


@vault.command(
    epilog="""\b
Example:
  mutualchain vault erase vault critical-illness --slot 17 --reason at-her-wish"""
)
@_vault_argument
@plan_argument
@click.option("--slot", type=SLOT, required=True, help="The member's slot.")
@click.option("--reason", required=True, metavar="WORD", help="Why, as one word of a-z, 0-9 and '-'.")
@_master_option
@json_option
@pass_app
def erase(app: App, folder: Path, plan: str, slot: int, reason: str, master: Path | None) -> None:
    """Destroy the key, the salts and the claims of one member. Nothing brings them back.

    Backups made before hold what nobody can open any more. The ledger, records and audits verify as before.
    """
    with opened_vault(folder, master) as opened:
        done = opened.erase(plan, slot, now_ms=app.clock(), reason=reason)

    def show(screen: Screen) -> None:
        screen.line(f"The personal data of slot {slot:,} of {plan} is destroyed.", "good")
        screen.item("note", "A record of it stays in the vault: when, and why.")

    app.result({"plan": plan, "slot": slot, "time_ms": done.time_ms, "reason": done.reason}, show)


@vault.command(
    epilog="""\b
Example:
  mutualchain vault backup vault vault-2026-11.sqlite"""
)
@_vault_argument
@click.argument("output", type=FILE, metavar="FILE")
@_master_option
@json_option
@pass_app
def backup(app: App, folder: Path, output: Path, master: Path | None) -> None:
    """Copy the vault's data, without any key, to the new file FILE. Put back, it takes the place of data.sqlite."""
    with opened_vault(folder, master) as opened:
        opened.backup(output)
    app.result({"backup": str(output)}, lambda screen: screen.line(f"The copy is in {output}.", "good"))


def _claims(opened: Vault, plan: str, slot: int) -> dict[str, Claim]:
    from ..record.claims import Claim
    from .admission import CLAIMS

    rows = opened.get(plan, slot, CLAIMS)
    claims: dict[str, Claim] = {}
    for row in rows if isinstance(rows, tuple) else ():
        match row:
            case (str() as name, (str() | bytes()) as value, bytes() as salt):
                claims[name] = Claim(value, salt)
            case _:
                raise VaultDamaged("the claims in the vault cannot be read", place=f"plan {plan}, slot {slot}")
    return claims


def _enrolled(ledger: Path, plan: str, slot: int) -> tuple[Membership, bytes]:
    """The membership in ``slot`` and its commitment, from the ledger."""
    from ..block.block import block_hash
    from ..record.claims import Membership
    from ..sheet import decode
    from .ledgers import snapshot

    with snapshot(ledger) as (archive, _):
        if plan not in archive.plans():
            raise UsageError(f"there is no plan {plan!r}", value=plan)
        ref = archive.enrolment_of(plan, slot)
        schema, row = ref.descriptor.schema, slot - ref.descriptor.first
        page = row // schema.page_rows
        columns = decode(schema, archive.page(ref, page), schema.rows_in_page(page, ref.descriptor.rows))
        at = row % schema.page_rows
        member = Membership(block_hash(archive.block(0)), plan, columns["key"][at].tobytes())
        return member, columns["commitment"][at].tobytes()
