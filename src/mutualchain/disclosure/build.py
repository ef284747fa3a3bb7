"""Disclosures cut out of a ledger, wherever it lies. Who checks them needs none of this.

Everything that a disclosure shows is public, so that anybody can make one from a published ledger; only what is opened
of a person comes from elsewhere: from the operator's store, or from a disclosure made before (:func:`renewed`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from ..archive.reading import Archive
from ..archive.source import RecordSource
from ..block.block import block_hash
from ..block.entry import CHAIN, Entry
from ..block.plan import EventLeaf, SheetLeaf
from ..covenant.acts import (
    Act,
    Adjudication,
    Appeal,
    CaseApproval,
    Disclosure,
    Erasure,
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
from ..covenant.rounds import RoundTerms
from ..errors import CaseUnknown, FactsMismatch, RecordUnavailable
from ..limits import MAX_EVENTS_IN_RECORD, MAX_SHOWN_LOG
from ..record.build import CHARGE, RecordBuilder, chain_state
from ..record.bundle import Logged
from ..sheet import params_hash
from ..tlog.checkpoint import parse as parse_checkpoint
from ..tlog.note import parse as parse_note
from .bundle import DisclosureBundle
from .life import BALLOT

__all__ = ["DisclosureBuilder", "Told", "build_disclosure", "facts_beside", "renewed", "stored_facts", "told_of"]

_INSTITUTIONS = (Registration.kind, Revocation.kind, Replacement.kind)
_Item = tuple[int, EventLeaf, bytes]


def build_disclosure(
    archive: RecordSource,
    plan: str,
    case: bytes,
    *,
    facts: Facts | None = None,
    fields: Fields | None = None,
    since: Sequence[bytes] = (),
    most: int = MAX_SHOWN_LOG,
) -> bytes:
    """The disclosure file of one case, under the archive's newest checkpoint.

    ``facts`` and ``fields`` open what the request and the disclosure committed to, as far as their items are open.
    ``since`` are earlier checkpoint notes that the file shows itself to continue. Logs of up to ``most`` bytes are
    shown whole. Raises PlanUnknown, CaseUnknown, RecordUnavailable, FactsMismatch.
    """
    builder = DisclosureBuilder(archive, plan, most=most)
    return builder.build(builder.told([case])[case], facts=facts, fields=fields, since=since)


def renewed(
    archive: RecordSource, old: DisclosureBundle, *, since: Sequence[bytes] = (), most: int = MAX_SHOWN_LOG
) -> bytes:
    """A disclosure made anew under the newest checkpoint, which opens what the old one did, and continues its book.

    Anybody can do this with a published ledger. Raises as :func:`build_disclosure`.
    """
    plan, notes = old.claimant.plan, (*since, old.claimant.checkpoint)
    builder = DisclosureBuilder(archive, plan, most=most)
    told = builder.told([old.case])[old.case]
    chain = block_hash(archive.block(0))
    facts = Facts.from_bytes(old.facts, chain, plan, told.slot, told.facts_root) if old.facts else None
    fields = Fields.from_bytes(old.fields, chain, plan, old.case, told.fields_root) if old.fields else None
    return builder.build(told, facts=facts, fields=fields, since=notes)


def told_of(archive: Archive, plan: str, case: bytes) -> Told:
    """What the plan's logs tell of a case by now, whether or not it is signed yet. Raises PlanUnknown, CaseUnknown."""
    return DisclosureBuilder(archive, plan, size=archive.size).told([case])[case]


def stored_facts(archive: Archive, plan: str, case: bytes) -> Facts | None:
    """The facts that the operator keeps of a case beside the chain; None where there are none, or they were erased.

    Raises PlanUnknown, CaseUnknown, FactsMismatch.
    """
    return facts_beside(archive, plan, told_of(archive, plan, case))


def facts_beside(archive: Archive, plan: str, told: Told) -> Facts | None:
    """The same, of a case whose entries were found already. Raises FactsMismatch."""
    data = archive.facts(plan, told.case)
    if not told.facts_root or data is None:
        return None
    return Facts.from_bytes(data, block_hash(archive.block(0)), plan, told.slot, told.facts_root)


@dataclass(slots=True)
class Told:
    """What a plan's logs tell of one case: the claimant's slot, entries, sheets of ballots, what was committed to.

    The roots are empty where nothing was committed to.
    """

    case: bytes
    slot: int
    facts_root: bytes = b""
    fields_root: bytes = b""
    items: list[_Item] = field(default_factory=list)
    ballots: list[Logged] = field(default_factory=list)


class DisclosureBuilder:
    """Makes the disclosures of many cases of one plan: its logs are read once, what cases share is proven once."""

    def __init__(
        self,
        archive: RecordSource,
        plan: str,
        *,
        most: int = MAX_SHOWN_LOG,
        size: int | None = None,
        handed_out: Iterable[int] = (),
    ) -> None:
        """``size`` blocks are looked at, by default those that the archive's checkpoint covers, as each file does.

        ``handed_out`` are the sizes of books that readers may have seen, which the files continue.
        """
        self._archive, self._plan, self._handed_out = archive, plan, tuple(handed_out)
        if size is None:
            size = parse_checkpoint(parse_note(archive.checkpoint()).text).size
        self._leaf = archive.plan_state(plan, size - 1)
        own = chain_state(archive.plan_leaves(size - 1))
        self._log = _Log(archive, plan, self._leaf.events_size, most)
        self._own = _Log(archive, CHAIN, own.events_size, most)
        self._records: RecordBuilder | None = None
        self._institutions: tuple[Logged, ...] | None = None

    def cases_of_round(self, number: int) -> list[bytes]:
        """The cases that a settled round shared, in its order; rounds count from 0. Raises RecordUnavailable."""
        if not 0 <= number < self._leaf.next_number(CHARGE):
            text = f"round {number + 1} is not settled, or the newest checkpoint does not cover it"
            raise RecordUnavailable(text, value=number + 1)
        params = self._archive.params(self._archive.sheet(self._plan, CHARGE, number))
        return list(RoundTerms.from_bytes(params).cases)

    def told(self, cases: Sequence[bytes]) -> dict[bytes, Told]:
        """What the logs tell of each of ``cases``, in this order. Raises CaseUnknown."""
        begun, wanted = {}, set(cases)
        for _, leaf in self._log.leaves():
            if leaf.entry_hash in wanted:
                act = act_of(Entry.from_bytes(self._archive.entry(leaf.height, leaf.index)))
                if isinstance(act, Request | CaseApproval):
                    root = act.facts_root if isinstance(act, Request) else b""
                    begun[leaf.entry_hash] = Told(leaf.entry_hash, act.slot, root)
        unknown = [case for case in cases if case not in begun]
        if unknown:
            text = "there is no such case in this plan, or the newest checkpoint does not cover it"
            raise CaseUnknown(text, value=unknown[0])
        found = {case: begun[case] for case in cases}
        _gather(self._log, found.values())
        self._count(found)
        return found

    def build(
        self, told: Told, *, facts: Facts | None = None, fields: Fields | None = None, since: Sequence[bytes] = ()
    ) -> bytes:
        """The file of one case. Raises FactsMismatch for an opening of something else, and as a record's builder."""
        for opening, root in ((facts, told.facts_root), (fields, told.fields_root)):
            if opening is not None and opening.root != root:
                raise FactsMismatch("what is opened is not what the case committed to", value=opening.root)
        if self._records is None:
            self._records = RecordBuilder(self._archive, self._plan, handed_out=self._handed_out)
        if self._institutions is None:
            chosen = [item for item in self._own if Entry.from_bytes(item[2]).kind in _INSTITUTIONS]
            self._institutions = self._own.shown(chosen)
        record = self._records.build(told.slot, since=since, public=True)
        return DisclosureBundle(
            replace(record, entries=self._log.shown(told.items)),
            told.case,
            self._institutions,
            tuple(told.ballots),
            b"" if facts is None else facts.to_bytes(),
            b"" if fields is None else fields.to_bytes(),
        ).to_bytes()

    def _count(self, found: dict[bytes, Told]) -> None:
        """Every sheet of ballots on the cases."""
        wanted = {params_hash(ballot_params(case)): told for case, told in found.items()}
        for number in range(self._leaf.next_number(BALLOT)):
            ref = self._archive.sheet(self._plan, BALLOT, number)
            told = wanted.get(ref.descriptor.params_hash)
            if told is not None and ref.position < self._leaf.sheets_size:
                leaf = SheetLeaf(ref.height, ref.time_ms, ref.descriptor).to_bytes()
                proof = self._archive.sheet_proof(self._plan, ref.position, self._leaf.sheets_size)
                told.ballots.append(Logged(ref.position, leaf, proof, ballot_params(told.case)))


class _Log:
    """A log of entries as far as a checkpoint covers it."""

    def __init__(self, archive: RecordSource, plan: str, size: int, most: int) -> None:
        self._archive, self._plan, self._size, self._most = archive, plan, size, most
        self._whole: tuple[Logged, ...] | None = None
        self._tried = False

    def leaves(self) -> Iterator[tuple[int, EventLeaf]]:
        return self._archive.event_leaves(self._plan, self._size)

    def __iter__(self) -> Iterator[_Item]:
        """Every entry, fetched by some hundred blocks at a time."""
        for _, stretch in groupby(self.leaves(), lambda item: item[0] // _AT_ONCE):
            leaves = list(stretch)
            self._archive.fetch_entries(dict.fromkeys(leaf.height for _, leaf in leaves))
            for position, leaf in leaves:
                yield position, leaf, self._archive.entry(leaf.height, leaf.index)

    def shown(self, chosen: list[_Item]) -> tuple[Logged, ...]:
        """The whole log without proofs where that is small enough, else what was chosen, each with its proof."""
        if not self._tried:
            self._tried, self._whole = True, self._all()
        if self._whole is not None:
            return self._whole
        return tuple(
            Logged(position, leaf.to_bytes(), self._archive.event_proof(self._plan, position, self._size), data)
            for position, leaf, data in chosen
        )

    def _all(self) -> tuple[Logged, ...] | None:
        if self._size > MAX_EVENTS_IN_RECORD:
            return None
        whole, room = [], self._most
        for position, leaf, data in self:
            whole.append(Logged(position, leaf.to_bytes(), (), data))
            room -= len(data)
            if room < 0:
                return None
        return tuple(whole)


def _gather(log: Iterable[_Item], wanted: Iterable[Told]) -> None:
    """The entries about each case, about its claimant's standing and key, in one reading of the log."""
    by_case: dict[bytes, Told] = {}
    by_slot: dict[int, list[Told]] = defaultdict(list)
    naming: dict[bytes, list[Told]] = {}
    for told in wanted:
        by_case[told.case] = told
        by_slot[told.slot].append(told)
    for item in log:
        digest = item[1].entry_hash
        act = act_of(Entry.from_bytes(item[2]))
        concerned = _concerned(act, digest, by_case, by_slot, naming)
        for told in concerned:
            told.items.append(item)
            if isinstance(act, Disclosure):
                told.fields_root = act.fields_root
        if concerned and digest not in by_case:
            naming[digest] = concerned


def _concerned(
    act: Act, digest: bytes, by_case: dict[bytes, Told], by_slot: dict[int, list[Told]], naming: dict[bytes, list[Told]]
) -> list[Told]:
    """Which of the cases an act concerns; ``naming`` are the acts before that do, by what later ones call them."""
    if isinstance(act, Request | CaseApproval):
        return [by_case[digest]] if digest in by_case else []
    if isinstance(act, RoundOpening):
        return []
    if isinstance(act, Sanction | Handover | Rekey):
        return by_slot.get(act.slot, [])
    if isinstance(act, Erasure):
        return [told for told in by_slot.get(act.slot, []) if act.case in (b"", told.case)]
    if isinstance(act, Appeal):
        return [told for told in naming.get(act.against, []) if told.slot == act.slot]
    if isinstance(act, Lift):
        return naming.get(act.sanction, [])
    if isinstance(act, RekeyObjection):
        return naming.get(act.rekey, [])
    case = act.subject if isinstance(act, Adjudication) else getattr(act, "case", b"")
    return [by_case[case]] if case in by_case else []


_AT_ONCE = 256
"""Entries of which the blocks are fetched together."""
