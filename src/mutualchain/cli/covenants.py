"""``mutualchain plan catalogue | template | check | compare``: covenants as documents, before they stand on a chain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .app import App, pass_app
from .command import command
from .options import json_option, lang_option
from .screen import Screen

if TYPE_CHECKING:
    from ..covenant.document import Covenant
    from ..covenant.parameters import Kind
    from ..covenant.toml import CovenantFile
    from .language import Words

__all__ = [
    "catalogue",
    "check",
    "compare",
    "covenant_file",
    "covenant_named",
    "covenant_value",
    "show_covenant",
    "template",
]


@command(
    epilog="""\b
Examples:
  mutualchain plan catalogue
  mutualchain plan catalogue --lang zh --json"""
)
@lang_option
@json_option
@pass_app
def catalogue(app: App) -> None:
    """List the covenants that are shipped: the rules of real plans, ready to be read, changed and adopted."""
    from .. import catalogue as shelf

    words = app.words
    found = {name: shelf.load(name) for name in shelf.names()}
    value = {"covenants": [{"name": name, **file_value(file)} for name, file in found.items()]}

    def show(screen: Screen) -> None:
        for name, file in found.items():
            screen.line(f"{name}  {file.covenant.title}", "heading")
            screen.line(words.say(file.about.summary), indent=2)
            marked = len(file.about.open), len(file.about.unconfirmed)
            if any(marked):
                sentence = "Parameters left open by its sources: {open}; unconfirmed: {unconfirmed}."
                screen.line(words.say(sentence, open=marked[0], unconfirmed=marked[1]), "dim", indent=2)
        screen.commands(
            words.say("Next:"),
            ["mutualchain plan template NAME", "mutualchain plan create LEDGER PLAN --catalogue NAME"],
        )

    app.result(value, show)


@command(
    epilog="""\b
Examples:
  mutualchain plan template xianghubao > covenant.toml
  mutualchain plan template zhongtuobang --full --lang zh > covenant.toml"""
)
@click.argument("name", metavar="NAME")
@click.option("--full", is_flag=True, help="Every parameter with what it means, defaults too.")
@lang_option
@json_option
@pass_app
def template(app: App, name: str, full: bool) -> None:
    """Print a covenant as a TOML file to change and adopt. NAME is one of `mutualchain plan catalogue`, or a file."""
    from .. import catalogue as shelf
    from ..covenant.toml import write_toml

    file = covenant_named(name)
    text = write_toml(file.covenant, file.about, language=app.words.language)
    if not full and name in shelf.names():
        text = shelf.source(name)
    app.result({"name": name, **file_value(file), "toml": text}, lambda screen: screen.document(text))


@command(
    epilog="""\b
Examples:
  mutualchain plan check covenant.toml
  mutualchain plan check xianghubao --lang zh"""
)
@click.argument("file", metavar="FILE")
@lang_option
@json_option
@pass_app
def check(app: App, file: str) -> None:
    """Check a covenant's file: every value out of range and every contradiction between rules, all at once."""
    found = covenant_named(file)
    words = app.words

    def show(screen: Screen) -> None:
        screen.item("good", words.say("The covenant holds together."), "good", indent=0)
        show_covenant(screen, found.covenant, words)
        for clauses, sentence in (
            (found.about.open, "Its sources left these open: {clauses}."),
            (found.about.unconfirmed, "These are unconfirmed: {clauses}."),
        ):
            if clauses:
                screen.item("note", words.say(sentence, clauses=", ".join(clauses)))
        screen.line()
        screen.line(words.say("This is not insurance: members of a plan share one another's aid."), "dim")

    app.result(file_value(found), show)


@command(
    epilog="""\b
Examples:
  mutualchain plan compare xianghubao-2018 xianghubao
  mutualchain plan compare zhongtuobang covenant.toml --lang zh"""
)
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@lang_option
@json_option
@pass_app
def compare(app: App, first: str, second: str) -> None:
    """Show the clauses in which two covenants differ. A and B are files or names of the catalogue."""
    from ..covenant.document import parameters

    words = app.words
    one, other = covenant_named(first).covenant, covenant_named(second).covenant
    kinds = {item.clause: item.kind for item in parameters()}
    found = one.differences(other)
    value = {
        "a": {"name": first, "hash": one.hash.hex()},
        "b": {"name": second, "hash": other.hash.hex()},
        "differences": [
            {"clause": clause, "a": json_value(mine), "b": json_value(theirs)} for clause, mine, theirs in found
        ],
    }

    def show(screen: Screen) -> None:
        if not found:
            screen.line(words.say("They are the same covenant."), "good")
            return
        for clause, mine, theirs in found:
            kind = kinds[clause]
            screen.line(clause, "heading")
            screen.line(_sentence(clause, kind, words), "dim", indent=2)
            screen.pairs([(first, _shown(kind, mine, one, words)), (second, _shown(kind, theirs, other, words))])
        screen.line()
        screen.line(words.count("{count} clause differs.", "{count} clauses differ.", len(found)))

    app.result(value, show)


def covenant_named(name: str) -> CovenantFile:
    """The covenant of a file, or of the catalogue's name where there is no such file.

    Raises FileMissing, LimitError, InputFileError for what is no TOML, and CovenantError with all violations.
    """
    from .. import catalogue as shelf

    path = Path(name)
    return shelf.load(name) if name in shelf.names() and not path.exists() else covenant_file(path)


def covenant_file(path: Path) -> CovenantFile:
    """The covenant of a file. Raises as :func:`covenant_named` does."""
    from ..catalogue import rule_of
    from ..covenant.toml import read_toml
    from ..errors import CovenantError, InputFileError
    from ..limits import MAX_COVENANT_FILE
    from .files import read_file

    data = read_file(path, "a covenant file", MAX_COVENANT_FILE)
    try:
        return read_toml(data.decode("utf-8"), rule_of)
    except UnicodeDecodeError:
        raise InputFileError("a covenant is text in UTF-8", place=str(path)) from None
    except CovenantError as error:
        if error.violations:
            raise
        raise InputFileError(error.message, place=str(path)) from None


# --- values -------------------------------------------------------------------------------------


def json_value(value: Any) -> Any:
    """A parameter's value for JSON: bytes as hexadecimal, rows as objects."""
    from dataclasses import asdict, is_dataclass

    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [json_value(row) for row in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def covenant_value(covenant: Covenant) -> dict[str, Any]:
    """A covenant as JSON: the head, a section each, and the hash; amounts in minor units."""
    whole: dict[str, Any] = {}
    for clause, value in covenant.values().items():
        section, _, name = clause.partition(".")
        if name:
            whole.setdefault(section, {})[name] = json_value(value)
        else:
            whole[clause] = value
    return {**whole, "smallest": covenant.smallest, "hash": covenant.hash.hex()}


def file_value(file: CovenantFile) -> dict[str, Any]:
    """A covenant's file as JSON."""
    about = file.about
    return {
        "covenant": covenant_value(file.covenant),
        "summary": about.summary,
        "sources": list(about.sources),
        "open": list(about.open),
        "unconfirmed": list(about.unconfirmed),
    }


def _sentence(clause: str, kind: Kind, words: Words) -> str:
    from ..covenant.chinese import CHINESE

    return CHINESE.get(clause, kind.doc) if words.language == "zh" else kind.doc


def _shown(kind: Kind, value: Any, covenant: Covenant, words: Words) -> str:
    """A value for people: amounts with their currency, tables in one line."""
    from ..covenant.toml import text_of

    if kind.name == "amount":
        from .amounts import amount

        return amount(value, covenant.decimals, covenant.currency, words)
    text = text_of(kind, value, covenant.decimals)
    if kind.name in ("choice", "text"):
        return str(value)
    return text.replace("\n    ", " ").replace(",\n]", " ]").replace("\n", " ") if value else words.say("none")


def show_covenant(screen: Screen, covenant: Covenant, words: Words) -> None:
    """What most people ask of a covenant first."""
    from .opened_texts import covenant_pairs

    screen.pairs([(words.say(label), value) for label, value in covenant_pairs(covenant, words)])
