"""``mutualchain vault open`` shows one field to an auditor; ``verify-opened`` is the auditor's check of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import CaseUnknown, ClaimError, PlanUnknown, UsageError, VaultDamaged, VaultErased
from .app import App, pass_app
from .command import command
from .options import FILE, HASH, SLOT, json_option, lang_option, ledger_argument, plan_argument
from .screen import Screen
from .sources import PLACE, cache_option, is_published, published, published_trust
from .vaults import needed_vault, vault_option

if TYPE_CHECKING:
    from ..archive.source import RecordSource
    from ..covenant.acts import Request
    from ..covenant.facts import Facts
    from ..record.claims import Claim, Membership
    from ..record.fact_opening import FactOpening
    from ..vault import Vault

__all__ = ["open_", "verify_opened"]


@command(
    "open",
    epilog="""\b
Examples:
  mutualchain vault open ledger critical-illness --slot 17 --field birth_date -o birth-date.mco
  mutualchain vault open ledger critical-illness --case 07d1... --field diagnosed_day -o diagnosed.mco

Of a member: name, id_number, birth_date, health_declaration, consent, key_holder, join_request.
Of a case: cause, group, disease, diagnosed_day, birth_day, name, hospital, region, age.""",
)
@ledger_argument
@plan_argument
@click.option("--slot", type=SLOT, help="Her slot: what she said of herself when she joined.")
@click.option("--case", "case", type=HASH, help="The case: what was stated when aid was requested.")
@click.option("--field", "name", required=True, metavar="NAME", help="The field to open, such as birth_date.")
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE.mco", help="The file to write, for an auditor.")
@vault_option
@lang_option
@json_option
@pass_app
def open_(app: App, ledger: Path, plan: str, slot: int | None, case: bytes | None, name: str, output: Path) -> None:
    """Open one field to an auditor: the value, its salt and its proof. The others stay closed."""
    from ..record.claims import claim_file, open_claim
    from ..record.fact_opening import fact_file, open_fact
    from .files import write_file
    from .ledgers import one_of, reading

    one_of("whose field", slot=slot, case=case)
    with needed_vault(app, ledger) as vault, reading(ledger, vault) as archive:
        _check_plan(archive, plan)
        if case is not None:
            fact = open_fact(_facts(archive, plan, case), case, name)
            slot, data = fact.slot, fact_file(fact)
        else:
            assert slot is not None
            member, claims = _claims(vault, archive, plan, slot)
            data = claim_file(open_claim(member, claims, name), member, slot)
    write_file(output, data, mode=0o600)

    def show(screen: Screen) -> None:
        say = app.words.say
        says = say("The field {name} of slot {slot} is in {file}.", name=name, slot=slot, file=str(output))
        screen.line(says, "good")
        screen.line(say("It shows this field alone. Give it to the auditor on a way that nobody else reads."), indent=2)
        screen.commands(say("The auditor:"), [f"mutualchain verify-opened {output} {ledger}"])

    value = {"opening": str(output), "plan": plan, "slot": slot, "case": None if case is None else case.hex()}
    app.result(value | {"field": name}, show)


@command(
    "verify-opened",
    epilog="""\b
Examples:
  mutualchain verify-opened birth-date.mco ledger
  mutualchain verify-opened birth-date.mco https://ledger.example.org --trust operator.trust

LEDGER may be a copy of the operator's, or a published one. The exit code says what came of it: 0 it is what was
committed to, 1 it is not, 3 it could not be checked.""",
)
@click.argument("opening", type=FILE, metavar="FILE.mco")
@click.argument("ledger", type=PLACE, metavar="LEDGER")
@click.option("--trust", type=FILE, metavar="FILE", help="Of a published ledger: the operator's trust file.")
@cache_option
@lang_option
@json_option
@pass_app
def verify_opened(app: App, opening: Path, ledger: str | Path, trust: Path | None, cache: Path | None) -> None:
    """Check an opened field against what the ledger commits to, and show it. No key and no vault is needed."""
    from ..limits import MAX_OPENING
    from ..record.claims import verify_claim as verify
    from ..record.fact_opening import FactOpening, read_opened
    from .files import read_file

    found = read_opened(read_file(opening, "an opened field", 2 * MAX_OPENING))
    with _source(ledger, trust, cache) as archive:
        if isinstance(found, FactOpening):
            plan, slot, name, case = found.plan, found.slot, found.name, found.case
            shown = _verified_fact(archive, found)
        else:
            claim, member, slot = found
            plan, name, case = member.plan, claim.name, b""
            enrolled, committed = _enrolled(archive, plan, slot)
            if enrolled != member:
                raise ClaimError("the claim is of another membership than this one", value=member.public_key)
            value = verify(claim, member, committed)
            shown = value.hex() if isinstance(value, bytes) else value

    def show(screen: Screen) -> None:
        say = app.words.say
        says = "This is what was stated when aid was requested." if case else "This is what she said when she joined."
        screen.line(say(says), "good")
        pairs = [(say("plan"), plan), (say("slot"), f"{slot:,}"), (name, str(shown) or say("(nothing)"))]
        screen.pairs([*pairs[:2], *([(say("case"), case.hex())] if case else []), pairs[2]])
        screen.line()
        screen.line(say("That it is true, no ledger can say: it shows that it was not changed since."), "dim")

    value_ = {"plan": plan, "slot": slot, "case": case.hex() if case else None, "field": name, "value": shown}
    app.result(value_, show)


# --- from the vault ---------------------------------------------------------------------------------


def _claims(vault: Vault, archive: RecordSource, plan: str, slot: int) -> tuple[Membership, dict[str, Claim]]:
    """A member's claims, which are those that her row commits to."""
    from ..record.claims import Claim, commitment
    from .admission import CLAIMS

    rows = vault.get(plan, slot, CLAIMS)
    claims: dict[str, Claim] = {}
    for row in rows if isinstance(rows, tuple) else ():
        match row:
            case (str() as name, (str() | bytes()) as value, bytes() as salt):
                claims[name] = Claim(value, salt)
            case _:
                raise VaultDamaged("the claims in the vault cannot be read", place=f"plan {plan}, slot {slot}")
    member, committed = _enrolled(archive, plan, slot)
    if commitment(member, claims) != committed:
        raise ClaimError("the vault's claims are not those that the ledger commits to", place=f"slot {slot}")
    return member, claims


def _facts(archive: RecordSource, plan: str, case: bytes) -> Facts:
    """The facts of a case. Raises CaseUnknown, VaultErased, FactsMismatch."""
    from ..archive.reading import Archive
    from ..block.block import block_hash
    from ..covenant.facts import Facts

    assert isinstance(archive, Archive)
    request = _request(archive, plan, case)
    data = archive.facts(plan, case)
    if data is None:
        raise VaultErased("the facts of this case were erased", value=case)
    return Facts.from_bytes(data, block_hash(archive.block(0)), plan, request.slot, request.facts_root)


# --- from the ledger --------------------------------------------------------------------------------


@contextmanager
def _source(ledger: str | Path, trust: Path | None, cache: Path | None) -> Iterator[RecordSource]:
    """A copy of the operator's ledger, or a published one."""
    from .ledgers import reading

    if is_published(ledger):
        with published(ledger, published_trust(ledger, trust), cache) as files:
            yield files
        return
    for name, given in (("--trust", trust), ("--cache", cache)):
        if given is not None:
            raise UsageError(f"{name} goes with a published ledger, and this is an operator's own")
    with reading(Path(ledger)) as archive:
        yield archive


def _check_plan(archive: RecordSource, plan: str) -> None:
    if plan not in dict(archive.plan_leaves(archive.size - 1)):
        raise PlanUnknown(f"there is no plan {plan!r}", value=plan)


def _enrolled(archive: RecordSource, plan: str, slot: int) -> tuple[Membership, bytes]:
    """The membership in ``slot`` and its commitment."""
    from ..block.block import block_hash
    from ..record.claims import Membership
    from ..sheet import decode

    _check_plan(archive, plan)
    ref = archive.enrolment_of(plan, slot)
    schema, row = ref.descriptor.schema, slot - ref.descriptor.first
    page, at = divmod(row, schema.page_rows)
    columns = decode(schema, archive.page(ref, page), schema.rows_in_page(page, ref.descriptor.rows))
    member = Membership(block_hash(archive.block(0)), plan, columns["key"][at].tobytes())
    return member, columns["commitment"][at].tobytes()


def _request(archive: RecordSource, plan: str, case: bytes) -> Request:
    from ..block.entry import Entry
    from ..covenant.acts import Request

    _check_plan(archive, plan)
    size = archive.plan_state(plan, archive.size - 1).events_size
    for _, leaf, data in archive.entries_of(plan, size, (Request.kind,)):
        if leaf.entry_hash == case:
            return Request.from_entry(Entry.from_bytes(data))
    raise CaseUnknown("no request of this name is recorded in the plan", value=case)


def _verified_fact(archive: RecordSource, found: FactOpening) -> str:
    """The value, days as dates. Raises ClaimError."""
    from ..block.block import block_hash
    from ..record.fact_opening import verify_fact
    from .case_facts import fact_text

    request = _request(archive, found.plan, found.case)
    if (block_hash(archive.block(0)), request.slot) != (found.chain, found.slot):
        raise ClaimError("the fact is of another member or book than the case", value=found.case)
    return fact_text(found.name, verify_fact(found, request.facts_root))
