"""The bodies of a plan's entries, typed (SPEC.md section 7.2).

body          how a body is declared and read
plan          covenants adopted and amended, rounds opened, money beside the members', treasury statements
cases         the life of a case
members       sanctions, members' keys, erasures
institutions  institutions: entries of the chain itself

Each has ``to_entry(plan)`` and ``from_entry``; ``act_of`` parses any entry of a plan by its kind, ``chain_act_of`` one
of the chain's own. Kinds that this release does not know raise UnsupportedVersion, so that nothing is passed over.
"""

from __future__ import annotations

from ...block.entry import CHAIN, Entry
from ...errors import UnsupportedVersion
from .body import Act
from .cases import (
    PAYEES,
    VOID_REASONS,
    Adjudication,
    Advance,
    Appeal,
    Approval,
    Attestation,
    CaseApproval,
    CaseWithdrawal,
    Disclosure,
    Objection,
    Payout,
    Refusal,
    Request,
    Restitution,
    Void,
)
from .institutions import REVOKED_FOR, Registration, Replacement, Revocation
from .members import (
    ERASURE_REASONS,
    LIFT_REASONS,
    SANCTION_REASONS,
    Erasure,
    Handover,
    Lift,
    Rekey,
    RekeyObjection,
    Sanction,
)
from .plan import (
    FUND_SOURCES,
    Adoption,
    Amendment,
    ClosingNotice,
    ClosingStatement,
    Fund,
    Proposal,
    RoundOpening,
    Treasury,
)

__all__ = [
    "ACTS",
    "CHAIN_ACTS",
    "ERASURE_REASONS",
    "FUND_SOURCES",
    "LIFT_REASONS",
    "PAYEES",
    "REVOKED_FOR",
    "SANCTION_REASONS",
    "VOID_REASONS",
    "Act",
    "Adjudication",
    "Adoption",
    "Advance",
    "Amendment",
    "Appeal",
    "Approval",
    "Attestation",
    "CaseApproval",
    "CaseWithdrawal",
    "ClosingNotice",
    "ClosingStatement",
    "Disclosure",
    "Erasure",
    "Fund",
    "Handover",
    "Lift",
    "Objection",
    "Payout",
    "Proposal",
    "Refusal",
    "Registration",
    "Rekey",
    "RekeyObjection",
    "Replacement",
    "Request",
    "Restitution",
    "Revocation",
    "RoundOpening",
    "Sanction",
    "Treasury",
    "Void",
    "act_of",
    "chain_act_of",
    "unknown_entry",
]

ACTS: dict[str, type[Act]] = {
    kind.kind: kind
    for kind in (
        Adoption,
        Proposal,
        Amendment,
        RoundOpening,
        Fund,
        Treasury,
        ClosingNotice,
        ClosingStatement,
        Request,
        Attestation,
        Disclosure,
        Objection,
        Adjudication,
        CaseApproval,
        Approval,
        Refusal,
        Restitution,
        CaseWithdrawal,
        Advance,
        Payout,
        Void,
        Appeal,
        Sanction,
        Lift,
        Handover,
        Rekey,
        RekeyObjection,
        Erasure,
    )
}
"""Every kind of entry of a plan."""
CHAIN_ACTS: dict[str, type[Act]] = {kind.kind: kind for kind in (Registration, Revocation, Replacement)}
"""Kinds of entries of the chain itself that these rules know; genesis, block keys and anchors are ``block``'s."""


def unknown_entry(entry: Entry) -> UnsupportedVersion:
    """The error for an entry that these rules do not know, or not in this place."""
    if entry.plan == CHAIN and entry.kind in ACTS:
        return UnsupportedVersion("an entry of a plan's kind among the chain's own entries", value=entry.kind)
    if entry.plan != CHAIN and entry.kind in CHAIN_ACTS:
        return UnsupportedVersion("an entry of the chain's own kind among a plan's entries", value=entry.kind)
    return UnsupportedVersion("an entry of an unknown kind", value=entry.kind)


def act_of(entry: Entry) -> Act:
    """The typed body of a plan's entry. Raises UnsupportedVersion for an unknown kind, EntryError."""
    kind = None if entry.plan == CHAIN else ACTS.get(entry.kind)
    if kind is None:
        raise unknown_entry(entry)
    return kind.from_entry(entry)


def chain_act_of(entry: Entry) -> Act | None:
    """The typed body of an entry of the chain itself; None for a kind that is not these rules'. Raises EntryError."""
    kind = CHAIN_ACTS.get(entry.kind) if entry.plan == CHAIN else None
    return None if kind is None else kind.from_entry(entry)
