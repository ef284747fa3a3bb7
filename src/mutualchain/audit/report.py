"""The result of an audit: verdict, findings, totals, how far it reached, and what it could not look at.

``to_value`` gives plain values for ``--json``. Its names are stable: fields are added, never renamed. Amounts are
integers of the plan's minor unit, hashes are lower-case hexadecimal.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from .findings import Finding

__all__ = ["AuditReport", "CheckedTo", "Counts", "PlanTotals", "TreasuryLine", "Verdict"]

FORMAT = "mutualchain/audit/v1"


class Verdict(StrEnum):
    """What an audit concludes."""

    VERIFIED = "verified"
    TAMPERED = "tampered"
    COULD_NOT_CHECK = "could not check"


EXIT_CODES = {Verdict.VERIFIED: 0, Verdict.TAMPERED: 1, Verdict.COULD_NOT_CHECK: 3}


@dataclass(frozen=True, slots=True)
class CheckedTo:
    """The signed checkpoint that the chain was held against. ``cosigned_by`` names the trust file's witnesses."""

    origin: str
    size: int
    root: bytes
    cosigned_by: tuple[str, ...] = ()


@dataclass(slots=True)
class Counts:
    """How much was looked at. ``rows`` by schema; ``bytes_hashed`` of blocks, entries and page bundles, inflated.

    Of ``cases_requested`` the facts of ``cases_opened`` were here whole, and those of ``cases_erased`` were destroyed,
    as the chain says. ``failed_collections`` is the operator's word.
    """

    blocks: int = 0
    entries: int = 0
    sheets: int = 0
    rows: dict[str, int] | None = None
    plans: int = 0
    rounds: int = 0
    members: int = 0
    statements: int = 0
    anchors: int = 0
    cases_requested: int = 0
    cases_opened: int = 0
    cases_erased: int = 0
    failed_collections: int = 0
    bytes_hashed: int = 0

    def add_rows(self, schema: str, rows: int) -> None:
        """Count a sheet."""
        self.rows = self.rows or {}
        self.rows[schema] = self.rows.get(schema, 0) + rows
        self.sheets += 1


@dataclass(frozen=True, slots=True)
class TreasuryLine:
    """What a custodian says it holds, and what the ledger expected then; ``difference`` below zero is missing."""

    institution: str
    as_of_ms: int
    balance: int
    expected: int
    difference: int


@dataclass(frozen=True, slots=True)
class PlanTotals:
    """Sums over a plan's life in minor units. ``balances`` is None where sealed rows were missing.

    balances = deposits + credits + refunds - corrections - withdrawals - charges. ``holding`` is what must be held for
    the plan, by what came in and went out; ``pot`` waits for the next round. ``rounds`` are settled ones;
    ``round_open`` says that one more is announced. ``replay`` is "full", "public" (a sealed row or a member's row could
    not be read, so balances and statuses were not recomputed) or "none" (rules unknown to this release);
    ``replay_because`` says why it is not full, and is empty where it is.
    """

    plan: str
    title: str
    currency: str
    decimals: int
    replay: str
    replay_because: str
    covenant_version: int
    members: int
    exits: int | None
    rounds: int
    round_open: bool
    cases: int
    voided: int
    deposits: int
    credits: int
    withdrawals: int
    charges: int
    fees: int
    aid: int
    payouts: int
    refunds: int
    corrections: int
    collected: int
    arrears: int
    funds: int
    top_ups: int
    pot: int
    surplus: int
    deficit: int
    balances: int | None
    holding: int
    treasury: tuple[TreasuryLine, ...]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Everything that an audit found. ``dropped`` counts findings beyond those kept; ``more`` says where."""

    verdict: Verdict
    chain: bytes
    origin: str
    size: int
    head: bytes
    checkpoint: CheckedTo | None
    counts: Counts
    plans: tuple[PlanTotals, ...]
    findings: tuple[Finding, ...]
    dropped: int
    more: tuple[tuple[str, str, int], ...]
    limits: tuple[str, ...]
    seconds: float | None = None

    @property
    def exit_code(self) -> int:
        """0 verified, 1 tampered, 3 could not check."""
        return EXIT_CODES[self.verdict]

    def to_value(self) -> dict[str, object]:
        """The report for JSON."""
        checked = self.checkpoint
        value: dict[str, object] = {
            "format": FORMAT,
            "verdict": self.verdict.value,
            "exit_code": self.exit_code,
            "chain": self.chain.hex(),
            "origin": self.origin,
            "size": self.size,
            "head": self.head.hex(),
            "checkpoint": None
            if checked is None
            else {
                "origin": checked.origin,
                "size": checked.size,
                "root": checked.root.hex(),
                "cosigned_by": list(checked.cosigned_by),
            },
            "counts": {**asdict(self.counts), "rows": dict(sorted((self.counts.rows or {}).items()))},
            "plans": [{**asdict(plan), "treasury": [asdict(line) for line in plan.treasury]} for plan in self.plans],
            "findings": [finding.to_value() for finding in self.findings],
            "findings_not_kept": self.dropped,
            "findings_not_kept_at": [
                {"code": code, "place": place, "count": count} for code, place, count in self.more
            ],
            "limits": list(self.limits),
        }
        if self.seconds is not None:
            value["seconds"] = round(self.seconds, 3)
        return value
