"""An operator in slow, obvious Python: honest unless told otherwise, and then it signs its lies properly.

It keeps balances in lists and computes every share by the published formula, so an honest story of it that audits
clean is an independent check of the audit's arithmetic too. What it records goes through the real BlockWriter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from mutualchain.block.anchor import anchor_entry
from mutualchain.block.chain import ChainState, PlanState
from mutualchain.block.entry import Entry
from mutualchain.block.genesis import Genesis
from mutualchain.covenant.acts import Act, Adoption, CaseApproval, Payout, RoundOpening
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.rounds import RoundTerms
from mutualchain.covenant.statements import exit_message, withdrawal_message
from mutualchain.ledger import OperatorKeys
from mutualchain.ledger.writer import BlockWriter, NewSheet, make_sheet
from mutualchain.sheet import SheetContext, params_hash, schema, table
from mutualchain.store import MemoryStore
from mutualchain.tlog import ed25519
from mutualchain.tlog.merkle import leaf_hash
from mutualchain.tlog.trust import Log, TrustFile

ORIGIN = "example.org/mutual"
KEYS = OperatorKeys.from_seeds(ORIGIN, b"1" * 32, b"2" * 32, b"3" * 32)
PLAN = "demo"
START_MS = 1_700_000_000_000
PAID, PARTIAL, LAPSED, EXITED = 0, 1, 4, 5


def seed_of(slot: int) -> bytes:
    return slot.to_bytes(4, "big") * 8


def trust() -> TrustFile:
    return TrustFile((Log(KEYS.log.verifier),))


class Plan:
    """The operator's own idea of a plan: a list item a member."""

    def __init__(self, covenant: Covenant) -> None:
        self.covenant = covenant
        self.balances: list[int] = []
        self.seqs: list[int] = []
        self.events: list[int] = []
        self.exited: list[bool] = []
        self.aid: dict[bytes, int] = {}
        self.claimant: dict[bytes, int] = {}
        self.rounds = self.surplus = self.deficit = 0
        self.open: tuple[RoundTerms, list[tuple[int, int, int]]] | None = None
        self.totals = dict.fromkeys("deposits credits withdrawals charges fees aid payouts".split(), 0)


class Operator:
    """Writes blocks. Every method records one block and returns its height."""

    def __init__(self, **covenant: Any) -> None:
        self.store = MemoryStore()
        self.writer = BlockWriter(self.store, KEYS, ChainState(), None)
        self.now = START_MS
        self.plans: dict[str, Plan] = {}
        assert KEYS.recovery_key is not None
        genesis = Genesis(ORIGIN, KEYS.log.vkey, KEYS.block.public_key, KEYS.recovery_key)
        self.writer.commit(self.now, [genesis.to_entry()], [], genesis=genesis)
        self.adopt(PLAN, **covenant)

    # --- blocks -----------------------------------------------------------------------------

    @property
    def chain(self) -> bytes:
        return self.writer.state.chain

    @property
    def height(self) -> int:
        return self.writer.state.size - 1

    def commit(
        self,
        entries: Sequence[Entry] = (),
        sheets: Sequence[NewSheet] = (),
        *,
        time_ms: int | None = None,
        covenants: dict[str, tuple[int, bytes]] | None = None,
    ) -> int:
        self.now += 1_000
        if time_ms is not None:
            self.writer.state = replace(self.writer.state, time_ms=0)  # the writer would refuse to go back
        self.writer.commit(self.now if time_ms is None else time_ms, entries, sheets, covenants=covenants)
        self.writer.save_checkpoint()
        return self.height

    @contextmanager
    def pretending(self, plan: str = PLAN, **fields: Any) -> Iterator[None]:
        """Sign the next block as if the plan's counters were these."""
        state = self.writer.state
        plans = {**state.plans, plan: replace(state.plans[plan], **fields)}
        self.writer.state = replace(state, plans=plans)
        yield

    def sheet(
        self, name: str, columns: dict[str, Any], *, plan: str = PLAN, first: int = 0, params: bytes = b""
    ) -> NewSheet:
        layout = schema(name)
        number = dict(self.writer.state.plans[plan].numbers).get(name, 0)
        context = SheetContext(self.chain, plan, layout, number, first, params_hash(params))
        return make_sheet(context, table(layout, columns), params)

    def state(self, plan: str = PLAN) -> PlanState:
        return self.writer.state.plans[plan]

    # --- plans and members ------------------------------------------------------------------

    def adopt(self, plan: str, document: Covenant | None = None, **covenant: Any) -> int:
        document = document or Covenant.simple(plan, **{"prepay": 100, **covenant})
        act = Adoption(document.to_bytes())
        self.plans[plan] = Plan(document)
        return self.commit([act.to_entry(plan)], covenants={plan: (1, act.hash)})

    def enrol(self, deposits: Sequence[int], *, plan: str = PLAN, keys: Sequence[bytes] | None = None) -> int:
        book = self.plans[plan]
        first = len(book.balances)
        if keys is None:
            keys = [ed25519.public_key_of(seed_of(first + at)) for at in range(len(deposits))]
        for deposit in deposits:
            book.balances.append(deposit)
            book.seqs.append(0)
            book.events.append(0)
            book.exited.append(False)
            book.totals["deposits"] += deposit
        rows = len(deposits)
        columns = {"key": keys, "commitment": [b"c" * 32] * rows, "deposit": list(deposits), "since_day": [0] * rows}
        return self.commit(sheets=[self.sheet("enrolment/1", columns, plan=plan, first=self.state(plan).slots)])

    def _event(self, book: Plan, slot: int) -> int:
        book.seqs[slot] += 1
        book.events[slot] += 1
        return book.seqs[slot] - 1

    def credit(self, items: Sequence[tuple[int, int]], *, plan: str = PLAN) -> int:
        book, seqs = self.plans[plan], []
        for slot, amount in items:
            seqs.append(self._event(book, slot))
            book.balances[slot] += amount
            book.totals["credits"] += amount
        rows = len(items)
        columns = {
            "slot": [slot for slot, _ in items],
            "seq": seqs,
            "amount": [amount for _, amount in items],
            "reason": [0] * rows,
            "reference": [b"r" * 32] * rows,
        }
        return self.commit(sheets=[self.sheet("credit/1", columns, plan=plan)])

    def withdraw(self, slot: int, amount: int, *, plan: str = PLAN, seed: bytes | None = None, told: int = 1) -> int:
        book = self.plans[plan]
        seq, reference = self._event(book, slot), b"w" * 32
        book.balances[slot] -= amount
        book.totals["withdrawals"] += amount
        message = withdrawal_message(self.chain, plan, slot, seq, amount, reference, told)
        columns = {
            "slot": [slot],
            "seq": [seq],
            "amount": [amount],
            "reason": [1],
            "reference": [reference],
            "signature": [ed25519.sign(seed or seed_of(slot), message)],
        }
        return self.commit(sheets=[self.sheet("withdrawal/1", columns, plan=plan)])

    def leave(self, slot: int, *, plan: str = PLAN, seed: bytes | None = None) -> int:
        book = self.plans[plan]
        seq = self._event(book, slot)
        book.exited[slot] = True
        signature = ed25519.sign(seed or seed_of(slot), exit_message(self.chain, plan, slot, seq, 2))
        columns = {"slot": [slot], "seq": [seq], "reason": [2], "signature": [signature]}
        return self.commit(sheets=[self.sheet("exit/1", columns, plan=plan)])

    # --- cases and rounds -------------------------------------------------------------------

    def about(self, slot: int, act: Act, *, plan: str = PLAN, notice: bool = True) -> bytes:
        """Record an entry with the notice for the member whom it concerns; returns the entry's hash."""
        entry = act.to_entry(plan)
        digest = leaf_hash(entry.to_bytes())
        self.commit([entry], [self.notices([(slot, digest)], plan)] if notice else [])
        return digest

    def notices(self, items: Sequence[tuple[int, bytes]], plan: str = PLAN) -> NewSheet:
        """A sheet of notices: (slot, entry hash)."""
        seqs = [self._event(self.plans[plan], slot) for slot, _ in items]
        columns = {"slot": [slot for slot, _ in items], "seq": seqs, "entry": [digest for _, digest in items]}
        return self.sheet("notice/1", columns, plan=plan)

    def case(self, slot: int, aid: int, *, plan: str = PLAN, notice: bool = True) -> bytes:
        act = CaseApproval(slot, aid, leaf_hash(str(self.height).encode()))
        digest = self.about(slot, act, plan=plan, notice=notice)
        self.plans[plan].aid[digest] = aid
        self.plans[plan].claimant[digest] = slot
        return digest

    def open(self, cases: Sequence[bytes], *, plan: str = PLAN, **lies: Any) -> int:
        """Announce a round; ``lies`` replace fields of its terms, which the deduction then follows."""
        book = self.plans[plan]
        covered = [not gone and balance > 0 for gone, balance in zip(book.exited, book.balances, strict=True)]
        aid = sum(book.aid[case] for case in cases)
        fee = aid * book.covenant.fee.bp // 10_000
        headcount = lies.get("headcount", sum(covered))
        needed = aid + fee + book.deficit - book.surplus
        terms = RoundTerms(
            number=book.rounds,
            snapshot_height=self.height,
            snapshot_time_ms=self.now + 500,
            covenant_version=1,
            covenant_hash=book.covenant.hash,
            share=max(0, (needed + headcount - 1) // headcount),
            headcount=headcount,
            divisor=headcount,
            aid=aid,
            fee=fee,
            surplus_in=book.surplus,
            deficit_in=book.deficit,
            top_up=0,
            restituted=0,
            shared=tuple((case, book.aid[case]) for case in cases),
        )
        terms = replace(terms, **lies)
        rows = []
        for slot, balance in enumerate(book.balances):
            if book.exited[slot]:
                rows.append((0, EXITED, book.events[slot]))
            elif balance <= 0:
                rows.append((0, LAPSED, book.events[slot]))
            elif balance < terms.share:
                rows.append((balance, PARTIAL, book.events[slot]))
            else:
                rows.append((terms.share, PAID, book.events[slot]))
        book.events = [0] * len(book.events)
        book.open = (terms, rows)
        return self.commit([RoundOpening(terms).to_entry(plan)])

    def settle(
        self,
        *,
        plan: str = PLAN,
        change: Callable[[list[tuple[int, int, int]]], None] | None = None,
        terms: RoundTerms | None = None,
        keep: int = 0,
    ) -> int:
        """Deduct. ``change`` edits the rows, ``keep`` is what the operator pockets of the surplus."""
        book = self.plans[plan]
        assert book.open is not None
        announced, rows = book.open
        if change is not None:
            change(rows)
        terms = terms or announced
        params = terms.to_bytes()
        amounts, statuses, events = zip(*rows, strict=True)
        columns = {"amount": list(amounts), "status": list(statuses), "events": list(events)}
        for slot, amount in enumerate(amounts):
            book.balances[slot] -= amount
        paid = sum(amounts)
        net = paid + terms.surplus_in + terms.top_up - terms.aid - terms.fee - terms.deficit_in
        book.surplus, book.deficit = max(net, 0) - keep, max(-net, 0)
        for name, amount in (("charges", paid), ("fees", terms.fee), ("aid", terms.aid)):
            book.totals[name] += amount
        book.rounds += 1
        book.open = None
        return self.commit(sheets=[self.sheet("charge/1", columns, plan=plan, params=params)])

    def round(self, cases: Sequence[bytes], *, plan: str = PLAN, **lies: Any) -> int:
        self.open(cases, plan=plan, **lies)
        return self.settle(plan=plan)

    def pay(self, case: bytes, amount: int, *, plan: str = PLAN) -> int:
        self.plans[plan].totals["payouts"] += amount
        self.about(self.plans[plan].claimant.get(case, 0), Payout(case, amount, "hospital", b"p" * 32), plan=plan)
        return self.height

    def anchor(self, note: bytes | None = None) -> int:
        return self.commit([anchor_entry(note or self.writer.checkpoint or b"")])


def np_flip(data: bytes, at: int, bit: int = 1) -> bytes:
    """``data`` with one bit of byte ``at`` changed."""
    array = np.frombuffer(data, np.uint8).copy()
    array[at] ^= bit
    return array.tobytes()
