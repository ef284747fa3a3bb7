"""audit_ledger: a chain checked from genesis to its last block, and everything that is wrong with it.

    with store.read() as reader:
        report = audit_ledger(Archive(reader), trust, executor=ProcessPoolExecutor())

Read-only and from one snapshot: a ledger may be audited while it is written. The trust file says whose checkpoints
count; blocks that no signed checkpoint covers yet are checked too, and counted with the limits.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeAlias

from ..archive import layout
from ..archive.reading import Archive
from ..archive.replay import Snapshots
from ..block.block import Block
from ..block.entry import CHAIN, Entry
from ..block.keys import RECOVERY, ROTATION
from ..covenant.acts import RoundOpening
from ..covenant.book import Book
from ..covenant.rounds import RoundTerms
from ..errors import LinkError, MutualchainError, TotalMismatch, UnsupportedVersion
from ..store import Store, prefix_end
from ..tlog.trust import TrustFile
from .anchors import Anchors
from .books import Books
from .chain import ChainAudit, Recorded
from .findings import Breach, Findings
from .report import AuditReport, CheckedTo, Counts, PlanTotals, Verdict
from .sheets import SheetAudit
from .stored import StoredCopies

__all__ = ["Progress", "audit_ledger"]

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with ("blocks", done, total), and for large sheets with ("rows", done, total of the sheet)."""

ALWAYS = (
    "That a diagnosis is true, that money left a bank, and that no member is a dummy cannot be seen on a chain.",
    "An event that nobody recorded cannot be seen either.",
)
_CHAIN_KINDS = ("genesis", "anchor", ROTATION, RECOVERY)


def audit_ledger(
    source: Archive | Store,
    trust: TrustFile,
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
    clock: Callable[[], float] | None = None,
) -> AuditReport:
    """Replay a whole ledger and report every finding.

    ``executor`` runs ranges of large sheets and batches of signatures; what it gets is picklable, and processes
    gain far more than threads. ``clock`` returns seconds, such as ``time.monotonic``; without it the report has no
    duration. Raises StoreMissing for a store without a ledger; what is wrong with the ledger is in the report.
    """
    if isinstance(source, Archive):
        return _Audit(source, trust, executor, progress, clock).run()
    with source.read() as reader:
        return _Audit(Archive(reader), trust, executor, progress, clock).run()


class _Audit:
    """One audit under way."""

    def __init__(
        self,
        archive: Archive,
        trust: TrustFile,
        executor: Executor | None,
        progress: Progress | None,
        clock: Callable[[], float] | None,
    ) -> None:
        self.archive, self.trust, self.progress, self.clock = archive, trust, progress, clock
        self.findings = Findings()
        self.stored = StoredCopies(archive.reader, self.findings)
        self.chain = ChainAudit(archive, self.findings, self.stored)
        self.sheets = SheetAudit(self.findings, self.stored, executor, progress)
        self.books = Books(
            archive, self._snapshots(), self.chain.times, self.sheets, self.findings, self.stored, executor
        )
        self.anchors = Anchors(trust, self.chain.nodes, self.chain.times, self.findings)
        self.counts = Counts(rows={})
        self.lost_blocks = 0

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
        checked = self.anchors.newest(self.stored.get(layout.CHECKPOINT), state.origin, size)
        for plan in sorted(self.books.rolls):
            for duplicate in self.books.rolls[plan].duplicates(self.archive):
                self.findings.add(duplicate)
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
                self.findings.add(UnsupportedVersion("an entry of an unknown kind", value=entry.kind), place)
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
            wanted = totals.deposits + totals.credits - totals.withdrawals - totals.charges
            if balances != wanted and not len(self.findings):
                wrong = TotalMismatch("the balances do not add up to what came in and went out")
                self.findings.add(wrong, f"plan {book.plan!r}", expected=wanted, found=balances)
        return PlanTotals(
            plan=book.plan,
            title=book.covenant.title,
            currency=book.covenant.currency,
            decimals=book.covenant.decimals,
            replay=replay,
            members=members.count,
            exits=members.exits if replay == "full" else None,
            rounds=book.rounds,
            round_open=book.open is not None,
            cases=len(book.cases),
            deposits=totals.deposits,
            credits=totals.credits,
            withdrawals=totals.withdrawals,
            charges=totals.charges,
            fees=totals.fees,
            aid=totals.aid,
            payouts=totals.payouts,
            surplus=book.surplus,
            deficit=book.deficit,
            balances=balances,
        )

    def _count(self, plans: tuple[PlanTotals, ...]) -> None:
        counts = self.counts
        counts.blocks = self.archive.size
        counts.plans = len(plans)
        counts.rounds = sum(plan.rounds for plan in plans)
        counts.members = sum(plan.members for plan in plans)
        counts.statements = self.books.statements
        counts.anchors = self.anchors.found
        counts.bytes_hashed = self.chain.bytes_read + self.sheets.hashed

    def _limits(self, checked: CheckedTo | None) -> list[str]:
        """What this audit did not see, a sentence each."""
        found = []
        beyond = 0 if checked is None else self.archive.size - checked.size
        if checked is None:
            found.append("No checkpoint can be relied on here: the chain was held against itself alone.")
        if beyond > 0:
            found.append(f"{beyond} block(s) are not yet under a signed checkpoint; they were checked all the same.")
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
        if self.books.absent_sheets:
            found.append(
                f"A public replay: {self.books.absent_sheets} sealed sheet(s), or their secrets, are not here."
            )
        for plan, reason in sorted(self.books.public.items()):
            found.append(
                f"Plan {plan!r}: balances, statuses and event counts were not recomputed any more, because {reason}."
            )
        for plan, reason in sorted(self.books.unknown.items()):
            found.append(f"Plan {plan!r}: its rules were not applied any more, because {reason}.")
        if self.books.unread_keys:
            found.append(
                f"{self.books.unread_keys} signature(s) of members were not checked: their keys are unreadable."
            )
        if self.findings.dropped:
            found.append(f"{self.findings.dropped} more finding(s) were counted and not kept.")
        return [*found, *ALWAYS]
