"""The audit: a whole chain replayed read-only, by code that the operator's writing side has no part in.

    audit      audit_ledger: everything below in order, from genesis to the last block
    findings   what is wrong, all of it, each with code, place, expected and found
    report     the result: verdict, totals, what was checked and what was not
    text       the report as lines for people
    chain      block by block: links, signatures, entries, plan states; going on after damage
    books      the rules of the covenants, entry by entry and row by row; going on where rows are missing
    rounds     of these: announcements, charges, refunds
    rows       of these: enrolments, money in and out, exits, notices, corrections, ballots
    replaying  what these share
    sheets     page bundles and tree tiles of a sheet against its root
    ranges     a range of bundles checked, in any thread or process
    members    keys: weak ones, duplicates, statements signed with them
    anchors    checkpoints: the newest one, and those recorded on the chain
    stored     the copies that a store keeps beside the chain: nodes, leaves, indexes

Nothing here writes, prints or reads a clock, and nothing of the package ``ledger`` is imported.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from .audit import Progress, audit_ledger
from .findings import Breach, Finding
from .report import AuditReport, CheckedTo, Counts, PlanTotals, TreasuryLine, Verdict
from .text import render

__all__ = [
    "AuditReport",
    "Breach",
    "CheckedTo",
    "Counts",
    "Finding",
    "PlanTotals",
    "Progress",
    "TreasuryLine",
    "Verdict",
    "audit_ledger",
    "render",
]


class _Callable(ModuleType):
    """The package itself audits when it is called: ``mutualchain.audit(archive, trust)``."""

    def __call__(self, *arguments: Any, **options: Any) -> AuditReport:
        return audit_ledger(*arguments, **options)


sys.modules[__name__].__class__ = _Callable
