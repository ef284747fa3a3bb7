"""What the demonstration shows, step by step, for somebody who has never seen any of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..money import format_amount
from .checking import SHOUTED, Outcome, show_outcome
from .dates import seconds
from .demo_forgeries import Damage, Forgery
from .demo_world import PLAN, REAL, TITLE, RoundDone, Step, World
from .screen import width_of

if TYPE_CHECKING:
    from ..audit import AuditReport
    from .app import App

__all__ = ["View"]


def _yuan(minor: int) -> str:
    return f"{format_amount(minor)} yuan"


class View:
    """Writes to the app's screen; with ``--json`` it writes nothing."""

    def __init__(self, app: App, world: World, *, kept: bool) -> None:
        self._app = app
        self._world = world
        self._kept = kept
        self._screen = app.screen
        self._silent = app.json
        self._number = 0
        self._folder = str(world.folder) if kept else "demo"

    @contextmanager
    def _part(self, title: str, step: Step | None = None) -> Iterator[None]:
        """A numbered part: its title with the time it took at the right margin, and what belongs to it below."""
        screen = self._screen
        self._number += 1
        lead = f"{self._number:>2}  {title}"
        took = "" if step is None else seconds(step.seconds)
        gap = max(screen.width - width_of(lead) - len(took), 2)
        screen.line()
        screen.raw(lead + (" " * gap + took if took else ""), "title")
        with screen.indented(4):
            yield

    # --- the ledger -------------------------------------------------------------------------

    def opening(self) -> None:
        """What is about to be shown."""
        if self._silent:
            return
        screen, members = self._screen, self._world.members
        screen.line(f"mutualchain: {members:,} members share one case, and one of them checks it", "title")
        screen.line()
        screen.line(
            f"Everybody prepays 10 yuan. One of them falls ill, and her aid is shared by all. All of it is made up: "
            f"members' keys are random numbers, but for {REAL} members who really hold theirs. "
            "Mutual aid is not insurance."
        )

    def made(self, step: Step) -> None:
        """The ledger was made."""
        if self._silent:
            return
        with self._part("A new book", step):
            self._screen.line(
                f"A chain with the operator's keys, the trust file that members get, and the plan {TITLE} under its "
                "covenant: its rules, hashed and on the chain."
            )

    def joined(self, step: Step) -> None:
        """Members joined."""
        if self._silent:
            return
        with self._part(step.name if self._number < 2 else step.name.replace("members", "more members"), step):
            self._screen.line(
                f"{_yuan(step.rows * 1_000)} prepaid; {step.rate:,.0f} members a second, each key looked for among all "
                "others, each row hashed, signed over and durable."
            )

    def round(self, done: RoundDone) -> None:
        """A round was settled and paid out."""
        if self._silent:
            return
        terms, took = done.terms, done.opening.seconds + done.settling.seconds + done.paid.seconds
        screen = self._screen
        with self._part(f"Round {terms.number + 1}: a case of {_yuan(terms.aid)}", Step("", took)):
            left = f" - {_yuan(terms.surplus_in)} left over" if terms.surplus_in else ""
            sum_ = f"({_yuan(terms.aid)}{left})" if left else _yuan(terms.aid)
            screen.line(f"{sum_} / {terms.headcount:,} members = {_yuan(terms.share)} each", "good")
            rest = (
                f"surplus {_yuan(done.wanted.surplus)}, for the next round"
                if done.wanted.surplus
                else "nothing is left over"
            )
            screen.line(f"Collected {_yuan(done.wanted.due)}; {rest}. Paid out to the hospital.")
            screen.line(
                f"{terms.headcount:,} deductions recorded in {seconds(done.settling.seconds)}: "
                f"{done.settling.rate / 1e6:,.1f} million a second, durable and signed.",
                "dim",
            )

    # --- the member -------------------------------------------------------------------------

    def record(self, step: Step, size: int) -> None:
        """Her record was written."""
        if self._silent:
            return
        with self._part("One member asks for her record", step):
            self._screen.line(
                f"She is number {self._world.her_slot:,}. Her record is one file of {size:,} bytes: her rows, and the "
                "proofs that lead from them to the signed head of the book."
            )

    def checked(self, outcome: Outcome, step: Step) -> None:
        """She checked it."""
        if self._silent:
            return
        screen = self._screen
        with self._part("She checks it, with nothing but that file and her key", step):
            screen.raw("$ mutualchain verify-my-record my-record.mcr --passport member.passport", "command")
            screen.line()
            show_outcome(screen, outcome, self._app.words, self._app.zone)

    def forging(self) -> None:
        """What comes now."""
        if self._silent:
            return
        with self._part("Five forgeries of that file, and what the same check says"):
            pass

    def refused(self, forgery: Forgery, outcome: Outcome) -> None:
        """A forgery was refused."""
        if self._silent:
            return
        screen, error = self._screen, outcome.error
        with screen.indented(4):
            screen.item("bad", forgery.story, "bad", indent=0)
            verdict = SHOUTED[outcome.verdict]
            if error is None:
                screen.line(f"{verdict}?", "bad", indent=2)
                return
            place = f", at {error.place}" if error.place else ""
            screen.line(
                f"{verdict}  {error.code}: {error.message}{place}", "doubt" if outcome.exit_code == 3 else "", indent=2
            )

    # --- the audits -------------------------------------------------------------------------

    def audited(self, report: AuditReport, step: Step) -> None:
        """The chain was audited."""
        if self._silent:
            return
        screen, counts = self._screen, report.counts
        with self._part("An auditor replays the whole chain", step):
            screen.raw("$ mutualchain audit ledger", "command")
            screen.line(SHOUTED[report.verdict.value], "good" if not report.exit_code else "bad")
            screen.line(
                f"{counts.blocks:,} blocks, {counts.sheets:,} sheets, {step.rows:,} rows: every link, signature, hash "
                "and counter, everybody's share, and the money of the whole plan."
            )
            for plan in report.plans:
                balances = "" if plan.balances is None else f" = balances of {_yuan(plan.balances)}"
                screen.line(f"{_yuan(plan.deposits)} prepaid - {_yuan(plan.charges)} deducted{balances}")

    def damaged(self, damage: Damage, report: AuditReport, step: Step) -> None:
        """The changed copy was audited."""
        if self._silent:
            return
        screen = self._screen
        with self._part("The same audit of a copy in which one byte was changed", step):
            screen.line(
                f"What number {damage.slot:,} paid in round 1, in block {damage.height}: {_yuan(damage.before)} became "
                f"{_yuan(damage.after)}."
            )
            screen.raw("$ mutualchain audit damaged --trust ledger.trust", "command")
            screen.line(SHOUTED[report.verdict.value], "bad")
            for finding in report.findings[:4]:
                screen.item("bad", f"{finding.code}  {finding.sentence}", "bad", indent=0)
                if finding.place:
                    screen.line(f"at {finding.place}", indent=2)
                for label, value in (("expected", finding.expected), ("found", finding.found)):
                    if value is not None:
                        screen.line(f"{label:<8}  {value}", "dim", indent=2, hang=12)
            if len(report.findings) > 4:
                screen.line(f"and {len(report.findings) - 4} more")

    # --- the end ----------------------------------------------------------------------------

    def summary(self) -> None:
        """How long it took, and what to try next."""
        if self._silent:
            return
        screen, world = self._screen, self._world
        rows = [
            [step.name, seconds(step.seconds), f"{step.rate:,.0f} rows a second" if step.rows else ""]
            for step in world.steps
        ]
        screen.line()
        screen.line("How long it took", "heading")
        screen.table(["", "", ""], rows)
        folder = self._folder
        following = [
            f"mutualchain verify-my-record {folder}/my-record.mcr --passport {folder}/member.passport",
            f"mutualchain verify-my-record {folder}/forged/deduction.mcr --passport {folder}/member.passport",
            f"mutualchain status {folder}/ledger",
            f"mutualchain audit {folder}/damaged --trust {folder}/ledger.trust",
            f"mutualchain record {folder}/ledger {PLAN} --slot 17 -o member-17.mcr",
            "mutualchain explain MC-042",
        ]
        if self._kept:
            screen.commands("What to try next", following)
        else:
            screen.commands(
                "The ledger is thrown away now. To keep one, and what to try with it:",
                [f"mutualchain demo --members {min(world.members, 100_000)} --keep demo", *following],
            )
