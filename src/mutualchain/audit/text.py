"""An audit's report as lines for people: plain text, no colours, nothing printed here."""

from __future__ import annotations

from ..money import format_amount
from .findings import Breach, Finding
from .report import AuditReport, PlanTotals

__all__ = ["render"]

_SAYS = {
    Breach.DATA: "the stored data is not what was signed",
    Breach.RULE: "what was signed breaks a rule",
    Breach.UNCHECKED: "could not be checked",
}
_MONEY = (
    "deposits", "credits", "withdrawals", "corrections", "charges", "collected", "arrears", "refunds", "fees", "aid",
    "payouts", "funds", "top_ups", "pot", "surplus", "deficit", "balances", "holding",
)  # fmt: skip
_ALWAYS = ("deposits", "credits", "withdrawals", "charges", "fees", "aid", "payouts", "surplus", "deficit", "balances")
"""Sums that are shown also where they are zero."""


def render(report: AuditReport) -> list[str]:
    """The report as lines without line ends: verdict, reach, counts, plans, findings, limits."""
    lines = [report.verdict.value.upper()]
    lines.append(f"  chain       {report.chain.hex()}")
    lines.append(f"  origin      {report.origin or 'unknown'}")
    checked = report.checkpoint
    if checked is None:
        lines.append("  checkpoint  none that can be relied on")
    else:
        lines.append(f"  checkpoint  {checked.size} blocks, root {checked.root.hex()}")
        if checked.cosigned_by:
            lines.append(f"  witnesses   {', '.join(checked.cosigned_by)}")
    lines += _counts(report)
    for plan in report.plans:
        lines += _plan(plan)
    if report.findings:
        lines += ["", f"{len(report.findings) + report.dropped} finding(s)"]
    for number, finding in enumerate(report.findings, 1):
        lines += _finding(number, finding)
    for code, place, count in report.more:
        lines.append(f"  ... and {count} more of {code} at {place}")
    lines += ["", "Not checked, or not to be known from a chain"]
    lines += [f"  - {limit}" for limit in report.limits]
    return lines


def _counts(report: AuditReport) -> list[str]:
    counts = report.counts
    shown = [
        f"{counts.blocks:,} blocks",
        f"{counts.entries:,} entries",
        f"{counts.sheets:,} sheets",
        f"{counts.statements:,} statements of members",
        f"{counts.anchors:,} anchors",
    ]
    lines = ["  checked     " + ", ".join(shown)]
    rows = [f"{count:,} {schema}" for schema, count in sorted((counts.rows or {}).items())]
    if rows:
        lines.append("  rows        " + ", ".join(rows))
    size = f"{counts.bytes_hashed:,} bytes"
    if report.seconds is not None:
        size += f" in {report.seconds:.1f} s"
    lines.append(f"  hashed      {size}")
    return lines


def _plan(plan: PlanTotals) -> list[str]:
    lines = ["", f"Plan {plan.plan!r} ({plan.title}), {plan.replay} replay"]
    if plan.replay_because:
        lines.append(f"  not full    {plan.replay_because}")
    lines.append(f"  members     {plan.members:,}" + ("" if plan.exits is None else f", {plan.exits:,} have left"))
    open_round = ", one more is open" if plan.round_open else ""
    void = f", {plan.voided:,} void" if plan.voided else ""
    lines.append(f"  rounds      {plan.rounds:,}{open_round}, cases {plan.cases:,}{void}")
    for name in _MONEY:
        amount = getattr(plan, name)
        if not amount and name not in _ALWAYS:
            continue
        shown = "unknown" if amount is None else f"{format_amount(amount, plan.decimals)} {plan.currency}"
        lines.append(f"  {name.replace('_', '-'):<11} {shown}")
    for line in plan.treasury:
        held, expected = (format_amount(amount, plan.decimals) for amount in (line.balance, line.expected))
        says = "as expected" if not line.difference else f"difference {format_amount(line.difference, plan.decimals)}"
        lines.append(f"  custodian   {line.institution} holds {held} {plan.currency}, expected {expected}: {says}")
    return lines


def _finding(number: int, finding: Finding) -> list[str]:
    lines = [f"  {number}. {finding.code}  {finding.sentence}", f"     at        {finding.place}"]
    if finding.clause is not None:
        lines.append(f"     rule      {finding.clause}")
    if finding.expected is not None:
        lines.append(f"     expected  {finding.expected}")
    if finding.found is not None:
        lines.append(f"     found     {finding.found}")
    lines += [f"     means     {_SAYS[finding.breach]}", f"     do        {finding.hint}"]
    return lines
