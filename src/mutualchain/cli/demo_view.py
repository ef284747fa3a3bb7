"""What the demonstration shows, step by step, for somebody who has never seen any of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..explanations import explain
from .amounts import amount
from .checking import SHOUTED, Outcome, show_outcome
from .dates import seconds
from .demo_forgeries import Damage, Forgery
from .demo_world import PLAN, REAL, TITLE, RoundDone, Step, World
from .rules import said, where
from .screen import width_of

if TYPE_CHECKING:
    from ..audit import AuditReport
    from .app import App

__all__ = ["View"]


JOIN = "{count} members join"
STEPS = {"snapshot and announcement": "round {number}: snapshot and announcement", "deduct": "round {number}: deduct"}


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
        self._say = app.words.say

    def _step(self, step: Step) -> str:
        """What a step is called."""
        if step.name.endswith("join"):
            return self._say(JOIN, count=step.rows)
        lead, _, what = step.name.partition(": ")
        return self._say(STEPS[what], number=int(lead[6:])) if what else self._say(step.name)

    def _yuan(self, minor: int) -> str:
        return amount(minor, 2, "CNY", self._app.words)

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
        say = self._say
        text = "mutualchain: {members} members share one case, and one of them checks it"
        screen.line(say(text, members=members), "title")
        screen.line()
        text = (
            "Everybody prepays 10 yuan. One of them falls ill, and her aid is shared by all. All of it is made up: "
            "members' keys are random numbers, but for {real} members who really hold theirs. "
            "Mutual aid is not insurance."
        )
        screen.line(say(text, real=REAL))

    def made(self, step: Step) -> None:
        """The ledger was made."""
        if self._silent:
            return
        text = (
            "A chain with the operator's keys, the trust file that members get, and the plan {title} under its "
            "covenant: its rules, hashed and on the chain."
        )
        with self._part(self._say("A new book"), step):
            self._screen.line(self._say(text, title=TITLE))

    def joined(self, step: Step) -> None:
        """Members joined."""
        if self._silent:
            return
        title = JOIN if self._number < 2 else "{count} more members join"
        text = (
            "{amount} prepaid; {rate} members a second, each key looked for among all others, each row hashed, "
            "signed over and durable."
        )
        with self._part(self._say(title, count=step.rows), step):
            self._screen.line(self._say(text, amount=self._yuan(step.rows * 1_000), rate=round(step.rate)))

    def round(self, done: RoundDone) -> None:
        """A round was settled and paid out."""
        if self._silent:
            return
        terms, took = done.terms, done.opening.seconds + done.settling.seconds + done.paid.seconds
        screen, say, yuan = self._screen, self._say, self._yuan
        title = say("Round {number}: a case of {aid}", number=terms.number + 1, aid=yuan(terms.aid))
        with self._part(title, Step("", took)):
            shared = yuan(terms.aid)
            if terms.surplus_in:
                shared = say("({aid} - {surplus} left over)", aid=shared, surplus=yuan(terms.surplus_in))
            text = "{shared} / {headcount} members = {share} each"
            screen.line(say(text, shared=shared, headcount=terms.headcount, share=yuan(terms.share)), "good")
            if done.wanted.surplus:
                text = "Collected {due}; surplus {surplus}, for the next round. Paid out to the hospital."
            else:
                text = "Collected {due}; nothing is left over. Paid out to the hospital."
            screen.line(say(text, due=yuan(done.wanted.due), surplus=yuan(done.wanted.surplus)))
            text = "{count} deductions recorded in {time}: {rate} a second, durable and signed."
            time, rate = seconds(done.settling.seconds), round(done.settling.rate)
            screen.line(say(text, count=terms.headcount, time=time, rate=rate), "dim")

    # --- the member -------------------------------------------------------------------------

    def record(self, step: Step, size: int) -> None:
        """Her record was written."""
        if self._silent:
            return
        text = (
            "She is number {slot}. Her record is one file of {size} bytes: her rows, and the proofs that lead from "
            "them to the signed head of the book."
        )
        with self._part(self._say("One member asks for her record"), step):
            self._screen.line(self._say(text, slot=self._world.her_slot, size=size))

    def checked(self, outcome: Outcome, step: Step) -> None:
        """She checked it."""
        if self._silent:
            return
        screen = self._screen
        with self._part(self._say("She checks it, with nothing but that file and her key"), step):
            screen.raw("$ mutualchain verify-my-record my-record.mcr --passport member.passport", "command")
            screen.line()
            show_outcome(screen, outcome, self._app.words, self._app.zone)

    def forging(self) -> None:
        """What comes now."""
        if self._silent:
            return
        with self._part(self._say("Five forgeries of that file, and what the same check says")):
            pass

    def refused(self, forgery: Forgery, outcome: Outcome) -> None:
        """A forgery was refused."""
        if self._silent:
            return
        screen, error = self._screen, outcome.error
        with screen.indented(4):
            words = self._app.words
            screen.item("bad", words.say(forgery.story, share=self._world.rounds[0].terms.share), "bad", indent=0)
            verdict = words.say(SHOUTED[outcome.verdict])
            if error is None:
                screen.line(f"{verdict}?", "bad", indent=2)
                return
            text = said(error.message, words, (2, "CNY"))
            if text is None:
                text = error.message if words.language == "en" else explain(error.code, words.language).title
            place = f" ({where(error.place, words)})" if error.place else ""
            screen.line(f"{verdict}  {error.code}: {text}{place}", "doubt" if outcome.exit_code == 3 else "", indent=2)

    # --- the audits -------------------------------------------------------------------------

    def audited(self, report: AuditReport, step: Step) -> None:
        """The chain was audited."""
        if self._silent:
            return
        screen, counts = self._screen, report.counts
        say, yuan = self._say, self._yuan
        with self._part(say("An auditor replays the whole chain"), step):
            screen.raw("$ mutualchain audit ledger", "command")
            screen.line(say(SHOUTED[report.verdict.value]), "good" if not report.exit_code else "bad")
            text = (
                "{blocks} blocks, {sheets} sheets, {rows} rows: every link, signature, hash and counter, everybody's "
                "share, and the money of the whole plan."
            )
            screen.line(say(text, blocks=counts.blocks, sheets=counts.sheets, rows=step.rows))
            for plan in report.plans:
                text = say("{paid} prepaid - {charged} deducted", paid=yuan(plan.deposits), charged=yuan(plan.charges))
                if plan.balances is not None:
                    text += say(" = balances of {balances}", balances=yuan(plan.balances))
                screen.line(text)

    def damaged(self, damage: Damage, report: AuditReport, step: Step) -> None:
        """The changed copy was audited."""
        if self._silent:
            return
        screen, say, yuan = self._screen, self._say, self._yuan
        with self._part(say("The same audit of a copy in which one byte was changed"), step):
            text = "What number {slot} paid in round 1, in block {height}: {before} became {after}."
            before, after = yuan(damage.before), yuan(damage.after)
            screen.line(say(text, slot=damage.slot, height=damage.height, before=before, after=after))
            screen.raw("$ mutualchain audit damaged --trust ledger.trust", "command")
            screen.line(say(SHOUTED[report.verdict.value]), "bad")
            for finding in report.findings[:4]:
                screen.item("bad", f"{finding.code}  {finding.sentence}", "bad", indent=0)
                pairs = (("where", finding.place), ("expected", finding.expected), ("found", finding.found))
                screen.pairs([(say(label), str(value)) for label, value in pairs if value])
            if len(report.findings) > 4:
                screen.line(say("and {count} more", count=len(report.findings) - 4))

    # --- the end ----------------------------------------------------------------------------

    def summary(self) -> None:
        """How long it took, and what to try next."""
        if self._silent:
            return
        screen, world, say = self._screen, self._world, self._say
        rows = [
            [
                self._step(step),
                seconds(step.seconds),
                say("{rate} rows a second", rate=round(step.rate)) if step.rows else "",
            ]
            for step in world.steps
        ]
        screen.line()
        screen.line(say("How long it took"), "heading")
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
            screen.commands(say("What to try next"), following)
        else:
            screen.commands(
                say("The ledger is thrown away now. To keep one, and what to try with it:"),
                [f"mutualchain demo --members {min(world.members, 100_000)} --keep demo", *following],
            )
