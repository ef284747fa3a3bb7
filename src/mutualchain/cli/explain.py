"""``mutualchain explain``: what an error code means, and what to do."""

from __future__ import annotations

import click

from ..errors import ERRORS, VERDICTS, UsageError, by_code
from .app import App, pass_app
from .language import Words
from .options import json_option, lang_option
from .screen import Screen

__all__ = ["explain"]


@click.command(
    epilog="""\b
Examples:
  mutualchain explain MC-013
  mutualchain explain --all --lang zh"""
)
@click.argument("code", required=False)
@click.option("--all", "everything", is_flag=True, help="All codes.")
@lang_option
@json_option
@pass_app
def explain(app: App, code: str | None, everything: bool) -> None:
    """Explain the error CODE, e.g. MC-013: what it means, and what to do."""
    if everything == (code is not None):
        raise UsageError("name one code, or --all", hint="E.g. `mutualchain explain MC-013`.")
    codes = [kind.code for kind in ERRORS] if code is None else [_known(code)]
    words = app.words
    value = {"language": words.language, "codes": [_value(item, words) for item in codes]}

    def show(screen: Screen) -> None:
        for number, item in enumerate(codes):
            if number:
                screen.line()
            _show(screen, item, words)

    app.result(value, show)


def _known(code: str) -> str:
    wanted = code.strip().upper()
    wanted = f"MC-{wanted:0>3}" if wanted.isdigit() else wanted
    kind = by_code(wanted)
    if kind is None:
        raise UsageError("there is no such code", value=code[:40], hint="`mutualchain explain --all` lists them.")
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
