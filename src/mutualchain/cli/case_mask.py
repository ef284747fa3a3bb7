"""``mutualchain case mask``: what everybody will see of a case, made of its sealed facts, masked and salted anew."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputFileError
from .app import App, pass_app
from .options import FILE, HASH, json_option, lang_option, ledger_argument, plan_argument
from .screen import Screen

if TYPE_CHECKING:
    from ..covenant.facts import Fields

__all__ = ["mask", "read_fields"]

_MOST = 1 << 16


def masked(values: dict[str, Any]) -> dict[str, Any]:
    """Fields out of facts: the name masked, the age at the diagnosis in place of days, the region down to the city."""
    from ..covenant.calendar import whole_years
    from ..disclosure.masking import mask_city, mask_name

    found = {name: values.get(name, "") for name in ("cause", "group", "disease", "hospital")}
    born, diagnosed = values.get("birth_day", ""), values.get("diagnosed_day", "")
    age = whole_years(born, diagnosed) if born != "" and diagnosed != "" else ""
    name, region = mask_name(values.get("name", "")), mask_city(values.get("region", ""))
    return {**found, "name": name, "age": age, "region": region}


@click.command(
    epilog="""\b
Example:
  mutualchain case mask ledger critical-illness --case 07d1... --facts case-17.json -o masked-17.json

The answer is the --fields-root that `case disclose` asks for; `mutualchain disclosure` opens the fields by the file."""
)
@ledger_argument
@plan_argument
@click.option("--case", "name", type=HASH, required=True, help="The case: the name that its request got.")
@click.option(
    "--facts", type=FILE, required=True, metavar="FILE", help="The facts, as `case seal` takes or makes them."
)
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE", help="The masked fields, a new file.")
@lang_option
@json_option
@pass_app
def mask(app: App, ledger: Path, plan: str, name: bytes, facts: Path, output: Path) -> None:
    """Mask the facts of a case for everybody to see, and seal them: 李*, the age, the city, the disease."""
    from ..block.block import block_hash
    from ..covenant.facts import Fields
    from .case_facts import read_facts
    from .files import write_file
    from .ledgers import snapshot

    values, _ = read_facts(facts)
    shown = masked(values)
    salts = {field: os.urandom(32).hex() for field in Fields.NAMES}
    with snapshot(ledger) as (archive, _):
        archive.plan_state(plan, archive.size - 1)
        chain = block_hash(archive.block(0))
    sealed = Fields.seal(chain, plan, name, shown, [bytes.fromhex(salts[field]) for field in Fields.NAMES])
    text = json.dumps({**shown, "salts": salts}, ensure_ascii=False, indent=2) + "\n"
    write_file(output, text.encode(), mode=0o600)

    def show(screen: Screen) -> None:
        words = app.words
        screen.line(words.say("The masked fields are in {file}.", file=str(output)), "good")
        screen.line(words.say("What `case disclose` takes as --fields-root:"))
        screen.raw(sealed.root.hex())

    app.result({"fields": str(output), "root": sealed.root.hex()}, show)


def read_fields(path: Path, chain: bytes, plan: str, case: bytes) -> Fields:
    """The fields that ``case mask`` wrote. Raises InputFileError, FactsMismatch."""
    from ..covenant.facts import Fields
    from .files import read_file

    try:
        found = json.loads(read_file(path, "masked fields", _MOST))
        salts = found.pop("salts")
        known = [bytes.fromhex(salts[field]) for field in Fields.NAMES]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InputFileError("this is no file of masked fields", place=str(path)) from None
    return Fields.seal(chain, plan, case, found, known)
