"""A disclosure cut out of an operator's archive. Who checks it needs none of this."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..archive.reading import Archive
from ..block.block import block_hash
from ..block.entry import CHAIN, Entry
from ..block.plan import EventLeaf, PlanLeaf, SheetLeaf
from ..covenant.acts import (
    Act,
    Adjudication,
    Appeal,
    CaseApproval,
    Disclosure,
    Handover,
    Lift,
    Rekey,
    RekeyObjection,
    Request,
    RoundOpening,
    Sanction,
    act_of,
)
from ..covenant.acts.institutions import Registration, Replacement, Revocation
from ..covenant.ballots import ballot_params
from ..covenant.facts import Facts, Fields
from ..errors import CaseUnknown, FactsMismatch
from ..limits import MAX_EVENTS_IN_RECORD, MAX_SHOWN_LOG
from ..record.build import RecordBuilder
from ..record.bundle import Logged
from ..sheet import params_hash
from ..tlog.checkpoint import parse as parse_checkpoint
from ..tlog.note import parse as parse_note
from .bundle import DisclosureBundle
from .life import BALLOT

__all__ = ["build_disclosure", "stored_facts"]

_INSTITUTIONS = (Registration.kind, Revocation.kind, Replacement.kind)
_Item = tuple[int, EventLeaf, bytes]


def build_disclosure(
    archive: Archive,
    plan: str,
    case: bytes,
    *,
    facts: Facts | None = None,
    fields: Fields | None = None,
    most: int = MAX_SHOWN_LOG,
) -> bytes:
    """The disclosure file of one case, under the archive's newest checkpoint.

    ``facts`` and ``fields`` open what the request and the disclosure committed to, as far as their items are open.
    Logs of up to ``most`` bytes are shown whole. Raises PlanUnknown, CaseUnknown, RecordUnavailable, FactsMismatch.
    """
    size = parse_checkpoint(parse_note(archive.checkpoint()).text).size
    leaf = archive.plan_state(plan, size - 1)
    own = PlanLeaf.from_bytes(dict(archive.plan_leaves(size - 1))[CHAIN])
    log = _Log(archive, plan, leaf.events_size)
    slot, hers = _concerning(log, case)
    request, disclosed = _committed(hers)
    for opening, root in (
        (facts, None if request is None else request.facts_root),
        (fields, None if disclosed is None else disclosed.fields_root),
    ):
        if opening is not None and opening.root != root:
            raise FactsMismatch("what is opened is not what the case committed to", value=opening.root)
    record = RecordBuilder(archive, plan).build(slot)
    chain_log = _Log(archive, CHAIN, own.events_size)
    institutions = [item for item in chain_log if Entry.from_bytes(item[2]).kind in _INSTITUTIONS]
    bundle = DisclosureBundle(
        replace(record, extends=(), events=(), entries=log.shown(hers, most)),
        case,
        chain_log.shown(institutions, most),
        tuple(_ballots(archive, plan, case, leaf.next_number(BALLOT), leaf.sheets_size)),
        b"" if facts is None else facts.to_bytes(),
        b"" if fields is None else fields.to_bytes(),
    )
    return bundle.to_bytes()


def stored_facts(archive: Archive, plan: str, case: bytes) -> Facts | None:
    """The facts that the operator keeps of a case beside the chain; None where there are none, or they were erased.

    Raises PlanUnknown, CaseUnknown, FactsMismatch.
    """
    leaf = archive.plan_state(plan, archive.size - 1)
    _, hers = _concerning(_Log(archive, plan, leaf.events_size), case)
    request, data = _committed(hers)[0], archive.facts(plan, case)
    if request is None or data is None:
        return None
    return Facts.from_bytes(data, block_hash(archive.block(0)), plan, request.slot, request.facts_root)


def _committed(hers: list[_Item]) -> tuple[Request | None, Disclosure | None]:
    """The request that a case began with, and its last disclosure."""
    request: Request | None = None
    disclosed: Disclosure | None = None
    for _, _, data in hers:
        act = act_of(Entry.from_bytes(data))
        if isinstance(act, Request):
            request = act
        elif isinstance(act, Disclosure):
            disclosed = act
    return request, disclosed


class _Log:
    """A log of entries as far as a checkpoint covers it."""

    def __init__(self, archive: Archive, plan: str, size: int) -> None:
        self._archive, self._plan, self._size = archive, plan, size

    def __iter__(self) -> Iterator[_Item]:
        for position, leaf in self._archive.event_leaves(self._plan, self._size):
            yield position, leaf, self._archive.entry(leaf.height, leaf.index)

    def shown(self, chosen: list[_Item], most: int) -> tuple[Logged, ...]:
        """The whole log without proofs where that is small enough, else what was chosen, each with its proof."""
        if self._size <= MAX_EVENTS_IN_RECORD:
            whole, room = [], most
            for position, leaf, data in self:
                whole.append(Logged(position, leaf.to_bytes(), (), data))
                room -= len(data)
                if room < 0:
                    break
            else:
                return tuple(whole)
        return tuple(
            Logged(position, leaf.to_bytes(), self._archive.event_proof(self._plan, position, self._size), data)
            for position, leaf, data in chosen
        )


def _concerning(log: _Log, case: bytes) -> tuple[int, list[_Item]]:
    """The claimant's slot, and the entries about the case, about her standing and her key. Raises CaseUnknown."""
    acts = [(item, act_of(Entry.from_bytes(item[2]))) for item in log]
    slot = next((_slot(act) for (_, leaf, _), act in acts if leaf.entry_hash == case and _slot(act) is not None), None)
    if slot is None:
        raise CaseUnknown("there is no such case in this plan, or the newest checkpoint does not cover it", value=case)
    named, found = {case}, []
    for item, act in acts:
        digest = item[1].entry_hash
        if digest == case or _about(act, case, slot, named):
            found.append(item)
            if not isinstance(act, Request | CaseApproval):
                named.add(digest)
    return slot, found


def _slot(act: Act) -> int | None:
    return act.slot if isinstance(act, Request | CaseApproval) else None


def _about(act: Act, case: bytes, slot: int, named: set[bytes]) -> bool:
    """Whether an act concerns the case; ``named`` are the hashes of those before that do."""
    if isinstance(act, Request | CaseApproval | RoundOpening):
        return False
    if isinstance(act, Sanction | Handover | Rekey):
        return act.slot == slot
    if isinstance(act, Appeal):
        return act.slot == slot and act.against in named
    if isinstance(act, Lift):
        return act.sanction in named
    if isinstance(act, RekeyObjection):
        return act.rekey in named
    if isinstance(act, Adjudication):
        return act.subject == case
    return getattr(act, "case", b"") == case


def _ballots(archive: Archive, plan: str, case: bytes, sheets: int, size: int) -> Iterator[Logged]:
    """Every sheet of ballots on the case."""
    params = ballot_params(case)
    wanted = params_hash(params)
    for number in range(sheets):
        ref = archive.sheet(plan, BALLOT, number)
        if ref.descriptor.params_hash == wanted:
            leaf = SheetLeaf(ref.height, ref.time_ms, ref.descriptor).to_bytes()
            yield Logged(ref.position, leaf, archive.sheet_proof(plan, ref.position, size), params)
