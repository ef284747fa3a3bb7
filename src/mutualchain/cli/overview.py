"""What a ledger says about itself, without being replayed: from plan leaves, sheet descriptors, params and entries.

It believes what is stored; whether that is true, ``audit`` finds out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..archive import layout
from ..archive.reading import Archive
from ..block.entry import Entry
from ..block.genesis import Genesis
from ..block.plan import SheetLeaf
from ..covenant.acts import (
    Adoption,
    Appeal,
    Approval,
    CaseApproval,
    CaseWithdrawal,
    Disclosure,
    Payout,
    Refusal,
    Request,
    RoundOpening,
    Void,
    act_of,
)
from ..covenant.document import Covenant
from ..covenant.rounds import RoundTerms, check_round
from ..errors import StoreCorrupt
from ..store import Reader
from ..tlog import checkpoint as checkpoints
from ..tlog import note as notes

__all__ = [
    "CaseOverview",
    "ChainOverview",
    "PlanOverview",
    "RoundOverview",
    "case_value",
    "chain_overview",
    "plan_overview",
    "plan_value",
    "round_value",
]

SHEETS = ("enrolment/1", "charge/1", "credit/1", "withdrawal/1", "exit/1")


@dataclass(frozen=True, slots=True)
class ChainOverview:
    """The chain and its newest checkpoint. ``signed_size`` blocks lie under it."""

    origin: str
    chain: bytes
    log_key: str
    size: int
    time_ms: int
    signed_size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class RoundOverview:
    """A settled round; amounts in minor units, ``number`` from 0."""

    number: int
    height: int
    time_ms: int
    snapshot_height: int
    snapshot_time_ms: int
    rows: int
    headcount: int
    share: int
    aid: int
    fee: int
    surplus_in: int
    deficit_in: int
    top_up: int
    paid: int
    shortfall: int
    surplus_out: int
    deficit_out: int
    cases: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class CaseOverview:
    """A case: its name, the member, the aid, the round that shared it (from 0, None before), what was paid."""

    digest: bytes
    slot: int
    aid: int
    height: int
    time_ms: int
    round: int | None
    paid: int
    status: str = "approved"

    @property
    def state(self) -> str:
        """Where the case stands: requested, disclosed, refused, withdrawn or void; approved, shared or paid."""
        if self.status != "approved":
            return self.status
        if self.round is None:
            return "approved"
        return "paid" if self.paid >= self.aid else "shared"


@dataclass(frozen=True, slots=True)
class PlanOverview:
    """A plan; ``rows`` and ``sums`` are each schema's rows and money."""

    plan: str
    covenant: Covenant
    covenant_version: int
    slots: int
    rounds: int
    settled: tuple[RoundOverview, ...]
    opened: RoundTerms | None
    cases: tuple[CaseOverview, ...]
    rows: dict[str, int]
    sums: dict[str, int]
    payouts: int

    @property
    def balances(self) -> int:
        """What all members' balances come to."""
        sums = self.sums
        return sums["enrolment/1"] + sums["credit/1"] - sums["withdrawal/1"] - sums["charge/1"]


def chain_overview(archive: Archive) -> ChainOverview:
    """Origin, size, newest checkpoint."""
    from ..block.block import block_hash

    genesis = Genesis.from_entry(Entry.from_bytes(archive.entry(0, 0)))
    checkpoint = checkpoints.parse(notes.parse(archive.signed()).text)
    return ChainOverview(
        genesis.origin,
        block_hash(archive.block(0)),
        archive.log_keys().signing[0].vkey,
        archive.size,
        archive.header(archive.size - 1).time_ms,
        checkpoint.size,
        checkpoint.root,
    )


def plan_overview(archive: Archive, reader: Reader, plan: str) -> PlanOverview:
    """A plan's figures. Raises PlanUnknown."""
    leaf = archive.plan_state(plan, archive.size - 1)
    covenant, cases, opened, payouts = _entries(archive, plan, leaf.events_size)
    rows, sums = dict.fromkeys(SHEETS, 0), dict.fromkeys(SHEETS, 0)
    settled: list[RoundOverview] = []
    for _, data in reader.scan(layout.sheet_leaf(plan, 0), layout.sheet_leaf(plan, leaf.sheets_size)):
        sheet = SheetLeaf.from_bytes(data)
        descriptor = sheet.descriptor
        schema = descriptor.schema.name
        rows[schema] = rows.get(schema, 0) + descriptor.rows
        if len(descriptor.aggregates) > 1:
            sums[schema] = sums.get(schema, 0) + descriptor.aggregates[1]
        if schema == "charge/1":
            ref = archive.sheet(plan, schema, descriptor.number)
            terms = RoundTerms.from_bytes(archive.params(ref))
            settled.append(_round(sheet, terms, covenant))
    for item in settled:
        for digest in item.cases:
            if digest in cases:
                cases[digest]["round"] = item.number
    return PlanOverview(
        plan,
        covenant,
        leaf.covenant_version,
        leaf.slots,
        len(settled),
        tuple(settled),
        opened if opened is not None and opened.number == len(settled) else None,
        tuple(CaseOverview(**{k: v for k, v in item.items() if k != "before"}) for item in cases.values()),
        rows,
        sums,
        payouts,
    )


def _entries(
    archive: Archive, plan: str, size: int
) -> tuple[Covenant, dict[bytes, dict[str, Any]], RoundTerms | None, int]:
    covenant: Covenant | None = None
    cases: dict[bytes, dict[str, Any]] = {}
    refused: dict[bytes, dict[str, Any]] = {}
    opened: RoundTerms | None = None
    payouts = 0
    for _, leaf in archive.event_leaves(plan, size):
        act = act_of(Entry.from_bytes(archive.entry(leaf.height, leaf.index)))
        if isinstance(act, Adoption):
            covenant = Covenant.from_bytes(act.covenant)
        elif isinstance(act, CaseApproval | Request):
            cases[leaf.entry_hash] = {
                "digest": leaf.entry_hash,
                "slot": act.slot,
                "aid": act.aid if isinstance(act, CaseApproval) else act.amount,
                "height": leaf.height,
                "time_ms": leaf.time_ms,
                "round": None,
                "paid": 0,
                "status": "approved" if isinstance(act, CaseApproval) else "requested",
            }
        elif isinstance(act, Appeal):
            if act.against in refused:
                refused[act.against].update(status=refused[act.against].pop("before"))
        elif isinstance(act, _STEPS):
            if act.case in cases:
                _step(cases[act.case], act)
                if isinstance(act, Refusal):
                    refused[leaf.entry_hash] = cases[act.case]
        elif isinstance(act, RoundOpening):
            opened = act.terms
        elif isinstance(act, Payout):
            payouts += act.amount
            if act.case in cases:
                cases[act.case]["paid"] += act.amount
    if covenant is None:
        raise StoreCorrupt("a plan has no covenant", place=f"plan {plan}")
    return covenant, cases, opened, payouts


_STEPS = (Disclosure, Approval, Refusal, CaseWithdrawal, Void)
_STATUS = {"disclosure": "disclosed", "approval": "approved", "refusal": "refused", "case_withdrawn": "withdrawn"}


def _step(case: dict[str, Any], act: Disclosure | Approval | Refusal | CaseWithdrawal | Void) -> None:
    """What an entry about a requested case does to its line."""
    if isinstance(act, Refusal):
        case["before"] = case["status"]
    elif isinstance(act, Disclosure | Approval):
        case["aid"] = act.aid
    case["status"] = _STATUS.get(act.kind, act.kind)


def _round(sheet: SheetLeaf, terms: RoundTerms, covenant: Covenant) -> RoundOverview:
    sharing, paid = sheet.descriptor.aggregates
    result, _ = check_round(terms, covenant, sharing, paid, None)
    return RoundOverview(
        terms.number,
        sheet.height,
        sheet.time_ms,
        terms.snapshot_height,
        terms.snapshot_time_ms,
        sheet.descriptor.rows,
        terms.headcount,
        terms.share,
        terms.aid,
        terms.fee,
        terms.surplus_in,
        terms.deficit_in,
        terms.top_up,
        paid,
        result.shortfall,
        result.surplus_out,
        result.deficit_out,
        terms.cases,
    )


def round_value(item: RoundOverview) -> dict[str, Any]:
    """A round as JSON: schemas/status.json."""
    value = {name: getattr(item, name) for name in RoundOverview.__slots__ if name != "cases"}
    return value | {"cases": [case.hex() for case in item.cases]}


def case_value(item: CaseOverview) -> dict[str, Any]:
    """A case as JSON: schemas/status.json."""
    value = {name: getattr(item, name) for name in CaseOverview.__slots__ if name not in ("digest", "status")}
    return {"case": item.digest.hex()} | value | {"state": item.state}


def plan_value(item: PlanOverview) -> dict[str, Any]:
    """A plan as JSON: schemas/status.json."""
    rows, sums = item.rows, item.sums
    return {
        "plan": item.plan,
        "title": item.covenant.title,
        "currency": item.covenant.currency,
        "decimals": item.covenant.decimals,
        "covenant_version": item.covenant_version,
        "slots": item.slots,
        "exits": rows["exit/1"],
        "rounds": [round_value(entry) for entry in item.settled],
        "open_round": None
        if item.opened is None
        else {name: getattr(item.opened, name) for name in ("number", "share", "headcount", "aid", "fee")},
        "cases": [case_value(entry) for entry in item.cases],
        "money": {
            "deposits": sums["enrolment/1"],
            "credits": sums["credit/1"],
            "withdrawals": sums["withdrawal/1"],
            "deductions": sums["charge/1"],
            "balances": item.balances,
            "payouts": item.payouts,
        },
    }
