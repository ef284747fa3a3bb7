"""``mutualchain explain``: what an error code means and what to do; what a word means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..errors import ERRORS, VERDICTS, UsageError, by_code
from .app import App, pass_app
from .command import command
from .language import Words
from .options import json_option, lang_option
from .screen import Screen

if TYPE_CHECKING:
    from .glossary import Term

__all__ = ["explain"]


@command(
    epilog="""\b
Examples:
  mutualchain explain MC-013
  mutualchain explain checkpoint
  mutualchain explain --words
  mutualchain explain --all --lang zh"""
)
@click.argument("what", metavar="[CODE|WORD]", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All codes.")
@click.option("--words", "glossary", is_flag=True, help="All words: a small glossary.")
@lang_option
@json_option
@pass_app
def explain(app: App, what: tuple[str, ...], everything: bool, glossary: bool) -> None:
    """Explain an error CODE, e.g. MC-013: what it means, and what to do. Or a WORD that screens and help use."""
    from .glossary import GLOSSARY, find

    asked = " ".join(what)
    if (bool(asked), everything, glossary).count(True) != 1:
        raise UsageError("name one code or word, or --all, or --words", hint="E.g. `mutualchain explain MC-013`.")
    term = find(asked)
    terms = GLOSSARY if glossary else (term,) if term is not None else ()
    codes = [kind.code for kind in ERRORS] if everything else [] if terms else [_known(asked)]
    words = app.words
    value = {
        "language": words.language,
        "codes": [_value(item, words) for item in codes],
        "words": [dict(zip(("word", "meaning"), item.told(words.language), strict=True)) for item in terms],
    }

    def show(screen: Screen) -> None:
        for number, item in enumerate(codes):
            if number:
                screen.line()
            _show(screen, item, words)
        for found in terms:
            _show_term(screen, found, words)

    app.result(value, show)


def _show_term(screen: Screen, term: Term, words: Words) -> None:
    name, meaning = term.told(words.language)
    other = term.chinese if words.language == "en" else term.name
    screen.line(f"{name}  {other}", "title")
    screen.line(meaning, indent=2)


def _known(code: str) -> str:
    wanted = code.strip().upper()
    wanted = f"MC-{wanted:0>3}" if wanted.isdigit() else wanted
    kind = by_code(wanted)
    if kind is None:
        hint = "`mutualchain explain --all` lists the codes, `mutualchain explain --words` the words."
        raise UsageError("there is no such code or word", value=code[:40], hint=hint)
    return kind.code


def _value(code: str, words: Words) -> dict[str, object]:
    from ..explanations import explain as told

    kind = by_code(code)
    assert kind is not None
    text = told(code, words.language)
    return {
        "code": code,
        "name": kind.__name__,
        "exit_code": kind.exit_code,
        "title": text.title,
        "meaning": text.meaning,
        "advice": text.advice,
    }


def _show(screen: Screen, code: str, words: Words) -> None:
    from ..explanations import explain as told

    kind = by_code(code)
    assert kind is not None
    text = told(code, words.language)
    screen.line(f"{code}  {text.title}", "title")
    screen.line(text.meaning, indent=2)
    screen.line(text.advice, indent=2)
    verdict = words.say(
        "Exit code {code}: {verdict}.", code=kind.exit_code, verdict=words.say(VERDICTS[kind.exit_code])
    )
    screen.line(verdict, "dim", indent=2)
