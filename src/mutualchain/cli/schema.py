"""``mutualchain schema``: the shape of what a command prints with ``--json``."""

from __future__ import annotations

import json

import click

from ..errors import UsageError
from .app import App, mutualchain, pass_app
from .command import command
from .options import json_option, lang_option
from .screen import Screen

__all__ = ["schema"]


@command(
    epilog="""\b
Examples:
  mutualchain schema verify-my-record
  mutualchain schema plan create
  mutualchain schema error"""
)
@click.argument("words", metavar="COMMAND...", nargs=-1, required=True)
@lang_option
@json_option
@pass_app
def schema(app: App, words: tuple[str, ...]) -> None:
    """Show the JSON schema of what COMMAND prints with --json; `error` is what any command prints that fails.

    Within a schema, a $ref names another one of this command. Fields are only ever added.
    """
    from . import schemas

    found = schemas.of(words)
    if found is None and _is_command(words):
        raise UsageError("this is a group of commands: name one of them", value=" ".join(words))
    if found is None:
        raise UsageError("there is no such command", value=" ".join(words)[:80], hint="See `mutualchain --help`.")
    value = schemas.load(found)

    def show(screen: Screen) -> None:
        screen.document(json.dumps(value, ensure_ascii=False, indent=2))

    app.result(value, show)


def _is_command(words: tuple[str, ...]) -> bool:
    found: click.Command | None = mutualchain
    for word in words:
        found = found.get_command(click.Context(found), word) if isinstance(found, click.Group) else None
    return found is not None
