"""``mutualchain case mask``: what everybody will see of a case, made of its sealed facts, masked and salted anew."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputFileError, UsageError
from .app import App, pass_app
from .command import command
from .options import FILE, HASH, json_option, lang_option, ledger_argument, plan_argument
from .screen import Screen
from .vaults import vault_option

if TYPE_CHECKING:
    from ..archive.reading import Archive
    from ..covenant.facts import Fields
    from ..disclosure.build import Told

__all__ = ["fields_of", "mask", "read_fields"]

_MOST = 1 << 16


def masked(values: dict[str, Any], files: Sequence[Path] = ()) -> dict[str, Any]:
    """Fields out of facts: the name masked, the age at the diagnosis in place of days, the region down to the city.

    ``files`` are shown with it, and named by their digests. Raises FileMissing.
    """
    from ..covenant.calendar import whole_years
    from ..disclosure.masking import mask_city, mask_name
    from .files import hash_file

    found = {name: values.get(name, "") for name in ("cause", "group", "disease", "hospital")}
    born, diagnosed = values.get("birth_day", ""), values.get("diagnosed_day", "")
    age = whole_years(born, diagnosed) if born != "" and diagnosed != "" else values.get("age", "")
    name, region = mask_name(values.get("name", "")), mask_city(values.get("region", ""))
    digests = sorted({hash_file(path, "a photograph or report").hex() for path in files})
    return {**found, "name": name, "age": age, "region": region, "files": " ".join(digests)}


@command(
    epilog="""\b
Examples:
  mutualchain case mask ledger critical-illness --case 07d1...
  mutualchain case mask ledger critical-illness --case 07d1... --facts case-17.json --attach photo.jpg -o masked-17.json

The answer is the --fields-root that `case disclose` asks for. The vault keeps the fields until then, and after it for
`mutualchain disclosure`, which opens them; where there is no vault, the file does. What you attach is named by its
SHA-256; show the file itself beside the disclosure, masked as you want it seen."""
)
@ledger_argument
@plan_argument
@click.option("--case", "name", type=HASH, required=True, help="The case: the name that its request got.")
@click.option(
    "--facts",
    type=FILE,
    metavar="FILE",
    help="The facts, as `case seal` takes or makes them. [default: those that the ledger keeps under its vault]",
)
@click.option(
    "--attach", type=FILE, multiple=True, metavar="FILE", help="A photograph or report that will be shown. Repeatable."
)
@click.option(
    "-o", "--output", type=FILE, metavar="FILE", help="The masked fields, a new file. [default: the vault alone]"
)
@vault_option
@lang_option
@json_option
@pass_app
def mask(
    app: App, ledger: Path, plan: str, name: bytes, facts: Path | None, attach: tuple[Path, ...], output: Path | None
) -> None:
    """Mask the facts of a case for everybody to see, and seal them: 李*, the age, the city, the disease."""
    from ..block.block import block_hash
    from ..covenant.facts import Fields
    from ..disclosure.build import told_of
    from .case_facts import read_facts
    from .files import write_file
    from .ledgers import snapshot
    from .vaults import fields_item, vault_at_hand

    values = None if facts is None else read_facts(facts)[0]
    salts = {field: os.urandom(32).hex() for field in Fields.NAMES}
    with vault_at_hand(app, ledger) as vault, snapshot(ledger, vault) as (archive, _):
        archive.plan_state(plan, archive.size - 1)
        chain = block_hash(archive.block(0))
        told = told_of(archive, plan, name)
        shown = masked(_kept(archive, plan, told) if values is None else values, attach)
        sealed = Fields.seal(chain, plan, name, shown, [bytes.fromhex(salts[field]) for field in Fields.NAMES])
        text = json.dumps({**shown, "salts": salts}, ensure_ascii=False, indent=2) + "\n"
        if vault is None and output is None:
            hint = "Name a file with -o, or the vault with --vault."
            raise UsageError("nowhere to keep the masked fields: there is no vault here", hint=hint)
        if output is not None:
            write_file(output, text.encode(), mode=0o600)
        keeps = vault is not None and not told.fields_root
        if vault is not None and keeps:
            vault.put(plan, told.slot, {fields_item(name): text})

    def show(screen: Screen) -> None:
        words = app.words
        if output is not None:
            screen.line(words.say("The masked fields are in {file}.", file=str(output)), "good")
        if keeps:
            screen.line(words.say("The vault keeps the masked fields; `disclosure` takes them from there."), "good")
        screen.line(words.say("What `case disclose` takes as --fields-root:"))
        screen.raw(sealed.root.hex())

    file = None if output is None else str(output)
    app.result({"fields": file, "kept": keeps, "root": sealed.root.hex()}, show)


def _kept(archive: Archive, plan: str, told: Told) -> dict[str, Any]:
    """The facts of a case as the ledger keeps them. Raises UsageError where it has none, or no longer."""
    from ..disclosure.build import facts_beside

    found = facts_beside(archive, plan, told)
    if found is None:
        hint = "None were given, or they were erased, or the vault is not here: name it with --vault."
        raise UsageError(
            "the ledger has no facts of this case to mask; --facts names a file", value=told.case, hint=hint
        )
    return {field: found.get(field) for field in found.NAMES}


def read_fields(path: Path, chain: bytes, plan: str, case: bytes) -> Fields:
    """The fields that ``case mask`` wrote. Raises InputFileError, FactsMismatch."""
    from .files import read_file

    return fields_of(read_file(path, "masked fields", _MOST), str(path), chain, plan, case)


def fields_of(text: bytes, place: str, chain: bytes, plan: str, case: bytes) -> Fields:
    """Masked fields out of what ``case mask`` wrote, at ``place``. Raises InputFileError, FactsMismatch."""
    from ..covenant.facts import Fields

    try:
        found = json.loads(text)
        salts = found.pop("salts")
        known = [bytes.fromhex(salts[field]) for field in Fields.NAMES]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InputFileError("this is no file of masked fields", place=place) from None
    return Fields.seal(chain, plan, case, found, known)
