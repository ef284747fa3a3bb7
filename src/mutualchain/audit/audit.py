"""audit_ledger: a chain checked from genesis to its last block, and everything that is wrong with it.

    with store.read() as reader:
        report = audit_ledger(Archive(reader), trust, executor=ProcessPoolExecutor())

Read-only and from one snapshot: a ledger may be audited while it is written. The trust file says whose checkpoints
count; blocks that no signed checkpoint covers yet are checked too, and counted with the limits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeAlias

from ..archive import layout
from ..archive.published import PublishedArchive
from ..archive.published_reader import NOT_KEPT, PublishedReader
from ..archive.published_sealed import SealedPart
from ..archive.reading import Archive
from ..archive.replay import Snapshots
from ..block.block import Block
from ..block.entry import CHAIN, Entry
from ..block.keys import RECOVERY, ROTATION
from ..covenant.acts import CHAIN_ACTS, RoundOpening, unknown_entry
from ..covenant.book import Book
from ..covenant.rounds import RoundTerms
from ..errors import (
    AuditIncomplete,
    DuplicateKey,
    LinkError,
    MutualchainError,
    TotalMismatch,
    UsageError,
)
from ..store import Store, prefix_end
from ..tlog.trust import TrustFile
from .anchors import Anchors
from .books import Books
from .chain import ChainAudit, Recorded
from .findings import Breach, Findings
from .report import AuditReport, CheckedTo, Counts, PlanTotals, TreasuryLine, Verdict
from .sheets import SheetAudit
from .stored import StoredCopies

__all__ = ["Progress", "audit_ledger"]

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with ("blocks", done, total), and for large sheets with ("rows", done, total of the sheet)."""

ALWAYS = (
    "That a diagnosis is true, that money left a bank, and that no member is a dummy cannot be seen on a chain.",
    "An event that nobody recorded cannot be seen either.",
)
_HOLE = "Ask for the sheet's rows and its secret: without them nobody can tell what they did to the members concerned."
_CHAIN_KINDS = ("genesis", "anchor", ROTATION, RECOVERY, *CHAIN_ACTS)


def audit_ledger(
    source: Archive | Store | PublishedArchive,
    trust: TrustFile,
    *,
    sealed: SealedPart | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    clock: Callable[[], float] | None = None,
    now_ms: int | None = None,
) -> AuditReport:
    """Replay a whole ledger and report every finding.

    ``source`` is a store, a snapshot of one, or a published ledger; of the latter everything but the sealed rows is
    replayed, or with ``sealed``, the auditor's own part opened with her key, those too.

    ``executor`` runs ranges of large sheets and batches of signatures; what it gets is picklable, and processes
    gain far more than threads. ``clock`` returns seconds, such as ``time.monotonic``; without it the report has no
    duration. ``now_ms``, Unix time, is what the trust file's largest age and keys with a window are held against;
    without it age is not judged. Raises StoreMissing for a store without a ledger; what is wrong with the ledger is in
    the report.
    """
    if isinstance(source, PublishedArchive):
        reader = PublishedReader(source, sealed)
        return _Audit(Archive(reader), trust, executor, progress, clock, now_ms, NOT_KEPT).run()
    if sealed is not None:
        raise UsageError("a store has its sealed rows itself: the auditor's part goes with a published ledger")
    if isinstance(source, Archive):
        return _Audit(source, trust, executor, progress, clock, now_ms).run()
    with source.read() as snapshot:
        return _Audit(Archive(snapshot), trust, executor, progress, clock, now_ms).run()


class _Audit:
    """One audit under way."""

    def __init__(
        self,
        archive: Archive,
        trust: TrustFile,
        executor: Executor | None,
        progress: Progress | None,
        clock: Callable[[], float] | None,
        now_ms: int | None = None,
        not_kept: frozenset[bytes] = frozenset(),
    ) -> None:
        self.archive, self.trust, self.progress, self.clock = archive, trust, progress, clock
        self.findings = Findings()
        self.stored = StoredCopies(archive.reader, self.findings, not_kept)
        self.chain = ChainAudit(archive, self.findings, self.stored)
        self.sheets = SheetAudit(self.findings, self.stored, executor, progress)
        self.books = Books(
            archive, self._snapshots(), self.chain.times, self.sheets, self.findings, self.stored, executor
        )
        self.anchors = Anchors(trust, self.chain.nodes, self.chain.times, self.findings, now_ms)
        self.counts = Counts(rows={})
        self.cosigned = False
        self.lost_blocks = 0
        self.unknown_rejoins = 0

    def run(self) -> AuditReport:
        """Every block, then what only the whole shows."""
        started = self.clock() if self.clock is not None else 0.0
        size = self.archive.size
        for height in range(size):
            recorded = self.chain.block(height)
            if recorded is None:
                self.lost_blocks += 1
            else:
                self._block(recorded)
            if recorded is None or recorded.unknown:
                self.stored.uncounted |= {b"E", b"P", b"T", b"M", b"W"}
            if self.progress is not None:
                self.progress("blocks", height + 1, size)
        state = self.chain.state
        if state.previous != self.archive.head_hash:
            wrong = LinkError("the head names another last block")
            self.findings.add(wrong, "head", expected=self.archive.head_hash, found=state.previous)
        checked = self._checkpoints(state.origin, size)
        self._holes()
        self.unknown_rejoins = sum(self._duplicates(plan) for plan in sorted(self.books.rolls))
        self.stored.finish(state)
        plans = tuple(self._totals(book) for _, book in sorted(self.books.books.items()))
        self._count(plans)
        return AuditReport(
            verdict=self._verdict(),
            chain=state.chain,
            origin=state.origin,
            size=size,
            head=self.archive.head_hash,
            checkpoint=checked,
            counts=self.counts,
            plans=plans,
            findings=tuple(self.findings.kept),
            dropped=self.findings.dropped,
            more=tuple(self.findings.more()),
            limits=tuple(self._limits(checked)),
            seconds=None if self.clock is None else self.clock() - started,
        )

    def _holes(self) -> None:
        """Sealed rows that are missing from a copy that has others: not a public copy, but one with holes."""
        if not self.books.present:
            return
        said = {finding.place for finding in self.findings.kept}
        for place, schema in self.books.absent:
            if place in said:  # its secret is damaged, perhaps
                continue
            text = f"the sealed rows of {schema} are not in this copy, which has those of other sheets"
            self.findings.add(AuditIncomplete(text, hint=_HOLE), place)

    def _duplicates(self, plan: str) -> int:
        """Report keys in two slots; how many there are of whom nobody can say whether they had left before."""
        roll, book = self.books.rolls[plan], self.books.books.get(plan)
        unknown = 0
        for slot, other, key in roll.duplicates(self.archive, () if book is None else book.life.keys.used):
            place = f"plan {plan}, slot {slot}"
            if other < 0:
                text = f"the key in slot {slot} is one that a member took later"
                self.findings.add(DuplicateKey(text, value=key, place=place))
                continue
            ref = roll.sheet_of(slot)
            rules = None if book is None else book.covenant_at(ref.time_ms).membership
            if rules is not None and rules.rejoin == "new_slot":
                if roll.has_left(other, ref.height):
                    continue
                if roll.exits_unread:
                    unknown += 1
                    continue
            text = f"the key in slot {slot} is enrolled in slot {other} already"
            self.findings.add(DuplicateKey(text, value=key, place=place))
        return unknown

    def _block(self, recorded: Recorded) -> None:
        state = self.chain.state
        height, time_ms = recorded.height, recorded.header.time_ms
        self.stored.counts[b"E"] += len(recorded.entries)
        self.counts.entries += len(recorded.entries)
        for descriptor in recorded.header.sheets:
            self.counts.add_rows(descriptor.schema.name, descriptor.rows)
        for index, entry in enumerate(recorded.entries):
            if entry is None or entry.plan != CHAIN:
                continue
            place = f"block {height}, entry {index}"
            if entry.kind == "anchor":
                self.anchors.recorded(entry, height, time_ms, place, state.origin, state.log_key)
            elif entry.kind not in _CHAIN_KINDS:
                self.findings.add(unknown_entry(entry), place)
        self.books.follow(recorded, state.chain)

    def _snapshots(self) -> Snapshots:
        """Where rounds took their snapshots: from the announcements, and from the sheets where those are lost."""
        found: dict[tuple[str, int], int] = {}
        reader = self.archive.reader
        for _, data in reader.scan(b"E", prefix_end(b"E")):
            if b"round" in data[:256]:
                try:
                    entry = Entry.from_bytes(data)
                    terms = RoundOpening.from_entry(entry).terms if entry.kind == RoundOpening.kind else None
                except MutualchainError:
                    continue  # said when its block comes by
                if terms is not None:
                    found.setdefault((entry.plan, terms.snapshot_height), terms.snapshot_time_ms)
        for key, data in reader.scan(b"P", prefix_end(b"P")):
            height, sheet = int.from_bytes(key[1:9], "big"), int.from_bytes(key[9:11], "big")
            try:
                terms = RoundTerms.from_bytes(data)
                block = self.stored.get(layout.block(height))
                sheets = () if block is None else Block.from_bytes(block).header.sheets
            except MutualchainError:
                continue
            if sheet < len(sheets):
                found.setdefault((sheets[sheet].plan, terms.snapshot_height), terms.snapshot_time_ms)
        snapshots: Snapshots = {}
        for (plan, at), time_ms in found.items():
            snapshots.setdefault(at, []).append((plan, time_ms))
        return snapshots

    # --- the report -------------------------------------------------------------------------

    def _verdict(self) -> Verdict:
        if self.findings.seen(Breach.DATA) or self.findings.seen(Breach.RULE):
            return Verdict.TAMPERED
        return Verdict.COULD_NOT_CHECK if self.findings.seen(Breach.UNCHECKED) else Verdict.VERIFIED

    def _totals(self, book: Book) -> PlanTotals:
        totals, members = book.totals, book.members
        replay = "none" if book.plan in self.books.unknown else "public" if book.plan in self.books.public else "full"
        balances = None
        if replay == "full":
            balances = int(members.stored[: members.count].sum()) - members.levy * members.count
            self._check_equations(book, balances)
        sums = {name: getattr(totals, name) for name in type(totals).__dataclass_fields__}
        return PlanTotals(
            plan=book.plan,
            title=book.covenant.title,
            currency=book.covenant.currency,
            decimals=book.covenant.decimals,
            replay=replay,
            replay_because=self.books.unknown.get(book.plan) or self.books.public.get(book.plan) or "",
            covenant_version=book.version,
            members=members.count,
            exits=members.exits if replay == "full" else None,
            rounds=book.rounds,
            round_open=book.open is not None,
            cases=len(book.cases),
            voided=len(book.life.voided),
            pot=book.pot,
            surplus=book.surplus,
            deficit=book.deficit,
            balances=balances,
            holding=totals.holding,
            treasury=tuple(
                TreasuryLine(item.institution, item.as_of_ms, item.balance, item.expected, item.difference)
                for item in book.life.treasury
            ),
            **sums,
        )

    def _check_equations(self, book: Book, balances: int) -> None:
        """The two equations of a plan's money; said only where nothing else explains why they do not hold."""
        totals, opened = book.totals, book.open
        wanted = totals.deposits + totals.credits + totals.refunds - totals.corrections - totals.withdrawals
        wanted -= totals.charges
        unpaid = sum(
            case.aid - case.paid for case in book.cases.values() if case.round is not None and not case.released
        )
        there = balances + book.pot + book.surplus - book.deficit + unpaid + (opened.terms.top_up if opened else 0)
        for what, computed, found in (
            ("the balances do not add up to what came in and went out", wanted, balances),
            ("what must be held is not what it is for", totals.holding, there),
        ):
            if computed != found and not len(self.findings):
                self.findings.add(TotalMismatch(what), f"plan {book.plan!r}", expected=computed, found=found)

    def _count(self, plans: tuple[PlanTotals, ...]) -> None:
        counts = self.counts
        counts.blocks = self.archive.size
        counts.plans = len(plans)
        counts.rounds = sum(plan.rounds for plan in plans)
        counts.members = sum(plan.members for plan in plans)
        counts.statements = self.books.statements
        counts.anchors = self.anchors.found
        counts.cases_requested = self.books.cases_requested
        counts.cases_opened = self.books.cases_opened
        counts.cases_erased = self.books.cases_erased
        counts.failed_collections = self.books.failed_collections
        counts.bytes_hashed = self.chain.bytes_read + self.sheets.hashed

    def _checkpoints(self, origin: str, size: int) -> CheckedTo | None:
        """The newest checkpoint that the log has signed, and the one that witnesses have cosigned, if there is one."""
        signed, cosigned = self.stored.get(layout.CHECKPOINT), self.stored.get(layout.COSIGNED)
        checked = self.anchors.newest(signed, origin, size, shown=cosigned is None)
        self.cosigned = cosigned is not None
        return self.anchors.newest(cosigned, origin, size) if cosigned is not None else checked

    def _limits(self, checked: CheckedTo | None) -> list[str]:
        """What this audit did not see, a sentence each."""
        found = []
        beyond = 0 if checked is None else self.archive.size - checked.size
        if checked is None:
            found.append("No checkpoint can be relied on here: the chain was held against itself alone.")
        if beyond > 0:
            what = "cosigned" if self.cosigned else "signed"
            found.append(f"{beyond} block(s) are not yet under a {what} checkpoint; they were checked all the same.")
        if self.trust.quorum is None:
            found.append("The trust file asks for no witness: the operator could show somebody else another history.")
        if self.anchors.found > self.anchors.quorate and self.trust.quorum is not None:
            found.append(f"{self.anchors.found - self.anchors.quorate} anchor(s) do not carry the quorum of witnesses.")
        if self.anchors.unknown:
            found.append(f"{self.anchors.unknown} anchor(s) are signed by no key that is known here.")
        if self.chain.signatures_unchecked:
            found.append("Block signatures were not checked any more after the entry that names the key was lost.")
        if self.books.lost:
            found.append(f"{len(self.books.lost)} entries are lost, and what they did is in no total.")
        if self.lost_blocks:
            found.append(f"{self.lost_blocks} block(s) are lost, and so is what they held.")
        if self.books.absent:
            kind = "A copy with holes" if self.books.present else "A public replay"
            counted = Counter(schema for _, schema in self.books.absent)
            listed = ", ".join(f"{number} of {schema}" for schema, number in sorted(counted.items()))
            found.append(
                f"{kind}: {len(self.books.absent)} sealed sheet(s), or their secrets, are not here ({listed})."
            )
        if self.books.derived:
            found.append(
                f"{self.books.derived} sheet(s) of notices were not read: whom they tell was taken from the entries."
            )
        for plan, reason in sorted(self.books.public.items()):
            found.append(
                f"Plan {plan!r}: balances, statuses and event counts were not recomputed any more, because {reason}."
            )
        for plan, reason in sorted(self.books.unknown.items()):
            found.append(f"Plan {plan!r}: its rules were not applied any more, because {reason}.")
        erased = self.books.cases_erased
        if erased:
            found.append(
                f"The facts of {erased} of {self.books.cases_requested} requested case(s) were erased, on record."
            )
        closed = self.books.cases_requested - self.books.cases_opened - erased
        if closed > 0:
            found.append(
                f"{closed} of {self.books.cases_requested} requested case(s) are not opened here: their causes, ages, "
                "diagnoses and waiting periods were not checked."
            )
        if self.books.failed_collections:
            found.append(
                f"{self.books.failed_collections} collection(s) failed, by the operator's word: nobody else can tell."
            )
        if self.unknown_rejoins:
            found.append(
                f"{self.unknown_rejoins} key(s) stand in two slots; whether their members had left before is not known."
            )
        if self.books.unread_keys:
            found.append(
                f"{self.books.unread_keys} signature(s) of members were not checked: their keys are unreadable."
            )
        if self.findings.dropped:
            found.append(f"{self.findings.dropped} more finding(s) were counted and not kept.")
        return [*found, *ALWAYS]
