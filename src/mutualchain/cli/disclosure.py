"""``mutualchain disclosure`` writes one case for everybody, ``disclosures`` all cases of a round, with an index."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputFileError, UsageError
from .app import App, pass_app
from .command import command
from .disclosure_source import Source, checked_folder, open_source
from .options import FILE, HASH, json_option, lang_option, plan_argument
from .screen import Screen
from .sources import PLACE, cache_option
from .vaults import vault_option

if TYPE_CHECKING:
    from ..archive.source import RecordSource
    from ..disclosure.build import DisclosureBuilder
    from ..disclosure.facts import VerifiedDisclosure

__all__ = ["INDEX", "disclosure", "disclosures"]

INDEX = "index.json"
_OPENED = ("cause", "group", "disease", "diagnosed_day", "hospital", "region", "age")
"""Facts of the request that can be opened to everybody: neither name nor birth day."""


def making_options(function: Any) -> Any:
    """What both commands ask: what the file continues, and how a published ledger is read."""
    for option in (
        click.option("--force", is_flag=True, help="Replace what is there."),
        cache_option,
        click.option(
            "--trust", type=FILE, metavar="FILE", help="Of a published ledger: the trust file. [default: beside it]"
        ),
        click.option(
            "--since",
            type=FILE,
            multiple=True,
            metavar="FILE",
            help="A disclosure, record or checkpoint of an earlier time: the file shows that it continues that book.",
        ),
        click.option(
            "--open",
            "opened",
            type=click.Choice(_OPENED),
            multiple=True,
            help="A fact of the request to open. Repeatable.",
        ),
    ):
        function = option(function)
    return function


@command(
    epilog="""\b
Examples:
  mutualchain disclosure ledger critical-illness --case 07d1... -o case-17.mcd
  mutualchain disclosure ledger critical-illness --case 07d1... --fields masked-17.json \\
      --open diagnosed_day -o case-17.mcd
  mutualchain disclosure https://ledger.example.org critical-illness --renew case-17.mcd \\
      --trust operator.trust -o case-17-now.mcd

With the day of the diagnosis open, everybody can check the waiting period. Name and birth day are never opened.
Everything else in the file is public: of a published ledger anybody can make it, or renew one that is older."""
)
@click.argument("ledger", type=PLACE, metavar="LEDGER")
@plan_argument
@click.option("--case", "name", type=HASH, help="The case: the name that its request got.")
@click.option("--renew", type=FILE, metavar="FILE.mcd", help="An older file of the case: what it opens stays open.")
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE.mcd", help="The file to write.")
@click.option("--fields", type=FILE, metavar="FILE", help="The masked fields to show. [default: those in the vault]")
@making_options
@vault_option
@lang_option
@json_option
@pass_app
def disclosure(
    app: App,
    ledger: str | Path,
    plan: str,
    name: bytes | None,
    renew: Path | None,
    output: Path,
    fields: Path | None,
    opened: tuple[str, ...],
    since: tuple[Path, ...],
    trust: Path | None,
    cache: Path | None,
    force: bool,
) -> None:
    """Write one case as a file that anybody can check without a key (公示).

    It shows the claimant's enrolment and every round since, who vouched and when, the decision, what each member paid
    and what was paid out, under the ledger's newest checkpoint. Of the person it shows what you open, and no more.
    """
    from ..limits import MAX_BUNDLE_FILE
    from .files import read_file, refuse_existing, write_file
    from .ledgers import one_of

    one_of("which case", case=name, renew=renew)
    if not force:
        refuse_existing(output, "Choose another name, or add --force to replace it.")
    old = None if renew is None else read_file(renew, "a disclosure", MAX_BUNDLE_FILE)
    if old is not None and (fields is not None or opened):
        raise UsageError("--renew opens what the older file opens; --fields and --open go with --case")
    with open_source(app, ledger, trust, cache) as source:
        if old is not None:
            case, data = _renewed(source.archive, plan, old, _notes(since))
        else:
            assert name is not None
            case, data = name, _one(source, plan, name, fields, opened, _notes(since))
        write_file(output, data, force=force)
        source.remember(plan)

    def show(screen: Screen) -> None:
        words = app.words
        screen.line(words.say("The disclosure is in {file}: {size} bytes.", file=str(output), size=len(data)), "good")
        screen.commands(words.say("Anybody can check it:"), [f"mutualchain verify-disclosure {output} --trust FILE"])

    app.result({"disclosure": str(output), "plan": plan, "case": case.hex(), "bytes": len(data)}, show)


def _renewed(archive: RecordSource, plan: str, old: bytes, since: Sequence[bytes]) -> tuple[bytes, bytes]:
    from ..disclosure.build import renewed
    from ..disclosure.bundle import DisclosureBundle

    bundle = DisclosureBundle.from_bytes(old)
    if bundle.claimant.plan != plan:
        raise UsageError("the file is of another plan", value=bundle.claimant.plan)
    return bundle.case, renewed(archive, bundle, since=since)


def _one(
    source: Source, plan: str, case: bytes, fields: Path | None, opened: tuple[str, ...], since: Sequence[bytes]
) -> bytes:
    builder = source.builder(plan)
    told = builder.told([case])[case]
    facts = source.facts(plan, told, opened)
    if opened and facts is None:
        hint = "None were given, or they were erased, or the vault is not here: name it with --vault."
        raise UsageError("the ledger has no facts of this case to open", value=case, hint=hint)
    return builder.build(told, facts=facts, fields=source.fields(plan, told, fields), since=since)


@command(
    epilog="""\b
Examples:
  mutualchain disclosures ledger critical-illness public/round-24 --round 24 --fields masked --open diagnosed_day
  mutualchain disclosures ledger critical-illness public/round-25 --round 25 --fields masked \\
      --since public/round-24/07d1a2b3c4d5e6f7.mcd
  mutualchain disclosures https://ledger.example.org critical-illness mine --round 24 --trust operator.trust

FOLDER gets a file for each case, named by the first 16 digits of its name, and index.json, which lists them. What is
shown of a person is what `case mask` kept in the vault, or a file of the same name in --fields."""
)
@click.argument("ledger", type=PLACE, metavar="LEDGER")
@plan_argument
@click.argument("folder", type=FILE, metavar="FOLDER")
@click.option("--round", "number", type=click.IntRange(1), help="All cases that this round shared, counted from 1.")
@click.option("--case", "names", type=HASH, multiple=True, help="Or these cases. Repeatable.")
@click.option(
    "--fields", type=FILE, metavar="FOLDER", help="Masked fields, a file CASE.json for each. [default: the vault's]"
)
@making_options
@vault_option
@lang_option
@json_option
@pass_app
def disclosures(
    app: App,
    ledger: str | Path,
    plan: str,
    folder: Path,
    number: int | None,
    names: tuple[bytes, ...],
    fields: Path | None,
    opened: tuple[str, ...],
    since: tuple[Path, ...],
    trust: Path | None,
    cache: Path | None,
    force: bool,
) -> None:
    """Write all cases of a round as files that anybody can check, with an index of them: a platform's page of a period.

    All are under one checkpoint, and each is checked as a reader will check it before it is written. The ledger's logs
    are read once, however many cases there are. The index is written last.
    """
    from .files import refuse_existing, write_file
    from .progress import progress

    if (number is None) == (not names):
        raise UsageError("which cases: --round or --case is needed, and not both")
    if not force:
        refuse_existing(folder / INDEX, "Choose another folder, or add --force to replace what is there.")
    checked_folder(fields)
    notes = _notes(since)
    with open_source(app, ledger, trust, cache) as source, progress(app, app.words.say("disclosures")) as tick:
        builder = source.builder(plan)
        cases = list(dict.fromkeys(names)) if number is None else builder.cases_of_round(number - 1)
        folder.mkdir(parents=True, exist_ok=True)
        listed, found = [], None
        for data, found in _all(source, builder, plan, cases, fields, opened, notes):
            path = folder / f"{found.case.hex()[:16]}.mcd"
            write_file(path, data, force=force)
            listed.append(_listed(path, data, found))
            tick(len(listed), len(cases))
        source.remember(plan)
    value = _index(plan, number, listed, found)
    write_file(folder / INDEX, (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode(), force=force)
    size = sum(item["bytes"] for item in listed)

    def show(screen: Screen) -> None:
        done = app.words.count(
            "{count} disclosure is in {folder}: {size} bytes.",
            "{count} disclosures are in {folder}: {size} bytes.",
            len(listed),
            folder=str(folder),
            size=size,
        )
        screen.line(done, "good")
        screen.line(app.words.say("The index of them is {file}.", file=str(folder / INDEX)), indent=2)
        closed = sum(not item["opened"] for item in listed)
        if opened and closed:
            text = app.words.say("Cases of which no fact could be opened: {count}.", count=closed)
            screen.line(text, "doubt", indent=2)
        first = folder / str(listed[0]["file"])
        screen.commands(
            app.words.say("Anybody can check one:"), [f"mutualchain verify-disclosure {first} --trust FILE"]
        )

    app.result({"folder": str(folder), "index": str(folder / INDEX), "bytes": size, **value}, show)


def _all(
    source: Source,
    builder: DisclosureBuilder,
    plan: str,
    cases: Sequence[bytes],
    fields: Path | None,
    opened: tuple[str, ...],
    since: Sequence[bytes],
) -> Iterator[tuple[bytes, VerifiedDisclosure]]:
    """Each case's file, and what a reader will be told of it. Raises what a reader would be told of a bad one."""
    from ..disclosure.verify import verify_disclosure

    bare = source.trust.unconditional()
    for told in builder.told(cases).values():
        facts, shown = source.facts(plan, told, opened), source.fields(plan, told, fields)
        data = builder.build(told, facts=facts, fields=shown, since=since)
        yield data, verify_disclosure(data, bare)


def _listed(path: Path, data: bytes, found: VerifiedDisclosure) -> dict[str, Any]:
    return {
        "case": found.case.hex(),
        "file": path.name,
        "bytes": len(data),
        "sha256": sha256(data).hexdigest(),
        "state": found.state,
        "requested": found.requested,
        "aid": found.aid,
        "paid": found.paid,
        "shown": dict(found.shown),
        "opened": sorted(name for name, _ in found.facts),
    }


def _index(
    plan: str, number: int | None, listed: list[dict[str, Any]], found: VerifiedDisclosure | None
) -> dict[str, Any]:
    """What a page of a period lists. Amounts are minor units."""
    from .head import head_value

    if found is None:
        raise InputFileError("the round shared no case")
    head, shared = found.checkpoint, found.round if number is not None else None
    period = None
    if shared is not None:
        names = ("time_ms", "share", "headcount", "aid", "fee", "surplus_in", "surplus_out", "deficit_in", "top_up")
        period = {"number": shared.number, **{name: getattr(shared, name) for name in names}}
    return {
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "head_words": head_value(head),
        "chain": found.chain.hex(),
        "plan": plan,
        "title": found.title,
        "currency": found.currency,
        "decimals": found.decimals,
        "round": period,
        "cases": listed,
    }


def _notes(files: Sequence[Path]) -> list[bytes]:
    from ..limits import MAX_BUNDLE_FILE
    from ..record.pin import note_in
    from .files import read_file

    return [note_in(read_file(path, "an earlier file", MAX_BUNDLE_FILE)) for path in files]
