"""Commands and groups as all of them are here: help in the caller's language, a variable for every option.

    @command(epilog=...)        in place of @click.command
    @group()                    in place of @click.group; its own .command() and .group() make the same kinds

The variable of an option is MUTUALCHAIN_, the words of the command, and the option as it is typed, whatever the
function calls its value: ``plan amend --effective-from`` is MUTUALCHAIN_PLAN_AMEND_EFFECTIVE_FROM.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from .language import LANGUAGES

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from .language import Words

__all__ = ["Command", "Context", "Group", "command", "group", "variable_of", "words_here", "words_of"]


def words_of(ctx: click.Context) -> Words:
    """The language of a call."""
    from .language import Words, preferred

    app = ctx.find_root().obj  # none while a shell completes a line
    found: Words = app.words if hasattr(app, "words") else Words(preferred())
    return found


def words_here() -> Words:
    """The language of the call that is under way."""
    return words_of(click.get_current_context())


def variable_of(ctx: click.Context, option: click.Option) -> str | None:
    """The environment variable of an option of the command in ``ctx``."""
    if not ctx.auto_envvar_prefix:
        return None
    long = max(option.opts, key=len).lstrip("-")
    return f"{ctx.auto_envvar_prefix}_{long.replace('-', '_').upper()}"


class Context(click.Context):
    """A context whose help is written by :class:`.helping.Formatter`."""

    def make_formatter(self) -> click.HelpFormatter:
        from .helping import Formatter

        return Formatter(words_of(self), self.max_content_width)


class _Named(click.Command):
    """What commands and groups have in common."""

    context_class = Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with the variable of every option named after the option."""
        for option in self.params:
            if isinstance(option, click.Option) and option.envvar is None and option.allow_from_autoenv:
                option.envvar = variable_of(ctx, option)
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """As click does, in the caller's language."""
        found = super().shell_complete(ctx, incomplete)
        words = words_of(ctx)
        if words.language != "en":
            from .helping import translated

            for item in found:
                item.help = item.help and translated(item.help, words)
        return found


class Command(_Named):
    """A command."""


class Group(_Named, click.Group):
    """A group of commands. Its list says the whole first sentence of each."""

    command_class = Command
    group_class = type

    def __init__(self, *given: Any, order: str = "", **attributes: Any) -> None:
        """``order`` names the commands in the order in which one needs them; those it leaves out come last."""
        super().__init__(*given, **attributes)
        self.order = order.split()
        self.params.append(
            click.Option(
                ["--lang"],
                type=click.Choice(LANGUAGES),
                expose_value=False,
                allow_from_autoenv=False,
                help="Language of help, results and errors. [default: MUTUALCHAIN_LANG, else the locale's]",
            )
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in their order."""
        return [
            *(name for name in self.order if name in self.commands),
            *(name for name in self.commands if name not in self.order),
        ]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest names where there is no such command."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            names = self.list_commands(ctx)
            near = [name for name in names if name.startswith(args[0])] or get_close_matches(args[0], names, 1)
            if not near:
                raise
            meant = f"one of: {', '.join(map(repr, near))}" if len(near) > 1 else repr(near[0])
            raise click.UsageError(f"No such command {args[0]!r}. Did you mean {meant}?", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands."""
        from .helping import summary

        named = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary(found.help or "", words_of(ctx))) for name, found in named if found])


def command(name: str | None = None, **attributes: Any) -> Callable[[Callable[..., Any]], Command]:
    """A decorator that makes a command, as click's."""
    return click.command(name, cls=Command, **attributes)


def group(name: str | None = None, **attributes: Any) -> Callable[[Callable[..., Any]], Group]:
    """A decorator that makes a group, as click's."""
    return click.group(name, cls=Group, **attributes)
