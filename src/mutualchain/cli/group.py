"""Commands that are imported when they are used: ``mutualchain --help`` loads nothing but click and this."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import click

__all__ = ["SECTIONS", "Entry", "LazyGroup", "ReaderGone"]


class Entry(NamedTuple):
    """A command before it is loaded: its module here, its name there, its line in the list of commands."""

    module: str
    name: str
    help: str


SECTIONS: dict[str, dict[str, Entry]] = {
    "Start here": {
        "demo": Entry("demo", "demo", "Millions of members share one case, and one of them checks it."),
        "explain": Entry("explain", "explain", "What an error code means, and what to do."),
        "show": Entry("show", "show", "Open a record, receipt or trust file readably; nothing is checked."),
    },
    "For members": {
        "passport": Entry("passport", "passport", "Your key to your own record."),
        "verify-my-record": Entry("record", "verify_my_record", "Check your own record, offline, with your own key."),
    },
    "For whoever holds a copy of the ledger": {
        "status": Entry("status", "status", "What a ledger holds: plans, members, rounds, money."),
        "audit": Entry("audit", "audit", "Replay the whole chain and report everything that is wrong."),
    },
    "For the operator": {
        "init": Entry("init_", "init", "A new ledger, its keys, and the trust file for members."),
        "plan": Entry("plan", "plan", "Begin a plan under its covenant; show and list plans."),
        "enrol": Entry("members", "enrol", "Record new members: one, or a CSV file of many."),
        "credit": Entry("money_in", "credit", "Record money in: for one member, or a CSV file of many."),
        "withdraw": Entry("members", "withdraw", "Record money out, on the member's own signature."),
        "exit": Entry("members", "exit_", "Record that a member leaves, on her own signature."),
        "case": Entry("case", "case", "Approve a case; list cases."),
        "round": Entry("round_", "round_", "Open, settle and pay out a round; show and list rounds."),
        "record": Entry("record", "record", "Write a member's record, for her to check."),
        "publish": Entry("publish", "publish", "Write a ledger as files for everyone, for any web server."),
        "backup": Entry("backup", "backup", "Copy a ledger while it is being written to."),
        "restore": Entry("backup", "restore", "A new ledger from a backup, checked."),
    },
}
"""All commands, in the order and under the headings in which ``--help`` lists them."""


class ReaderGone(Exception):
    """Whoever read the output has closed it. Click would end the process with code 1, which says "tampered"."""


class LazyGroup(click.Group):
    """The root group: knows its commands by name and imports the one that is asked for."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self._entries = {name: entry for section in SECTIONS.values() for name, entry in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self._entries.get(cmd_name)
        if entry is None:
            return None
        command = getattr(import_module(f".{entry.module}", __package__), entry.name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest names where there is no such command."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self._entries, 1)
            if not near:
                raise
            raise click.UsageError(f"No such command {args[0]!r}. Did you mean {near[0]!r}?", ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        """As click does, but for a reader that went away."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGone from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, by section, without loading any of them."""
        for title, entries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.help) for name, entry in entries.items()], col_max=20)
