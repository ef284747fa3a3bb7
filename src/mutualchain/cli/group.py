"""Commands that are imported when they are used: ``mutualchain --help`` loads nothing but click and this."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from .command import Group, words_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["SECTIONS", "Entry", "LazyGroup", "ReaderGone"]


class Entry(NamedTuple):
    """A command before it is loaded: its module here, its name there, its line in the list of commands."""

    module: str
    name: str
    help: str


SECTIONS: dict[str, dict[str, Entry]] = {
    "Start here": {
        "demo": Entry("demo", "demo", "Millions of members share one case, and one of them checks it."),
        "explain": Entry("explain", "explain", "What an error code means and what to do; what a word means."),
        "schema": Entry("schema", "schema", "What a command prints with --json, as a JSON schema."),
        "completion": Entry("completion", "completion", "Completion of commands and options for your shell."),
    },
    "For members": {
        "passport": Entry("passport", "passport", "Your key to your own record."),
        "verify-my-record": Entry("verify", "verify_my_record", "Check your own record, offline, with your own key."),
        "verify-disclosure": Entry("disclosure_check", "verify_disclosure", "Check one case that everybody is shown."),
        "show": Entry("show", "show", "Open any file readably: record, receipt, disclosure; nothing is checked."),
        "qr": Entry("qr", "qr", "A file, or the link to it, as a QR code: on the terminal, SVG or PNG."),
    },
    "For everybody who compares": {
        "compare": Entry("compare", "compare", "Whether two records, receipts or ledgers show one book."),
        "verify-evidence": Entry("evidence", "verify_evidence", "Who signed two books, or one that breaks its rules."),
        "monitor": Entry("monitor", "monitor", "Follow published ledgers, and raise the alarm."),
        "trust": Entry("trust", "trust", "A trust file: make it, show it, and check what it is worth."),
    },
    "For auditors": {
        "audit": Entry("audit", "audit", "Replay the whole chain and report everything that is wrong."),
        "verify-opened": Entry(
            "vault_open", "verify_opened", "Check one field of a member's data that was opened to you."
        ),
        "auditor": Entry("auditor", "auditor", "An auditor's key, to which sealed rows are encrypted."),
        "status": Entry("status", "status", "What a ledger holds: plans, members, rounds, money."),
    },
    "For institutions that witness one another": {
        "witness": Entry("witness", "witness", "Cosign other logs' checkpoints, and never two that disagree."),
    },
    "The operator's ledger": {
        "init": Entry("init_", "init", "A new ledger, its keys, and the trust file for members."),
        "keys": Entry("keys", "keys", "The operator's keys: show them, and change them."),
        "cosign": Entry("cosign", "cosign", "Have the newest head cosigned by the witnesses of the trust file."),
        "publish": Entry("publish", "publish", "Write a ledger as files for everyone, for any web server."),
        "backup": Entry("backup", "backup", "Copy a ledger while it is being written to."),
        "restore": Entry("backup", "restore", "A new ledger from a backup, checked."),
    },
    "The operator's plans and members": {
        "plan": Entry("plan", "plan", "Covenants, and the plans that run under them."),
        "simulate": Entry("simulate", "simulate", "A covenant played forward: headcount, share, surplus, lapses."),
        "intake": Entry("intake", "intake", "Requests to join: your key for them, and your invitations."),
        "enrol": Entry("members", "enrol", "Record new members: one, or a CSV file of many."),
        "credit": Entry("money_in", "credit", "Record money in: for one member, or a CSV file of many."),
        "withdraw": Entry("members", "withdraw", "Record money out, on the member's own signature."),
        "exit": Entry("members", "exit_", "Record that a member leaves, on her own signature."),
        "member-key": Entry("member_key", "member_key", "A member's key handed over, or a lost one replaced."),
        "vault": Entry("vault", "vault", "Members' personal data, apart from the ledger; erased on demand."),
    },
    "The operator's cases and rounds": {
        "institution": Entry("institution", "institution", "Who may vouch, keep the money and lend: roles and keys."),
        "case": Entry("case", "case", "The life of a case, from the request to the last payment."),
        "round": Entry("round_", "round_", "Open and settle a round; show and list rounds."),
        "run": Entry("run", "run", "Let the plans run: do what their covenants demand when it comes due."),
        "treasury": Entry("treasury", "treasury", "What a custodian holds, compared with the ledger."),
    },
    "What the operator hands out": {
        "record": Entry("record", "record", "Write a member's record, for her to check."),
        "records": Entry("records", "records", "Write the records of all members of a plan."),
        "notices": Entry("notices", "notices", "Write what to tell each member of a round, for you to send."),
        "renew-receipt": Entry("renewal", "renew_receipt", "A receipt again, with the witnesses' cosignatures."),
        "disclosure": Entry("disclosure", "disclosure", "Write one case as a file that anybody can check."),
        "disclosures": Entry("disclosure", "disclosures", "Write all cases of a round so, with an index."),
    },
}
"""All commands, in the order and under the headings in which ``--help`` lists them."""


class ReaderGone(Exception):
    """Whoever read the output has closed it. Click would end the process with code 1, which says "tampered"."""


class LazyGroup(Group):
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

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Command names for a shell's Tab key, without loading any command; options as click does."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        from click.shell_completion import CompletionItem

        from .helping import translated

        words = words_of(ctx)
        return [
            CompletionItem(name, help=translated(entry.help, words))
            for name, entry in self._entries.items()
            if name.startswith(incomplete)
        ]

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
