"""A ledger with members, institutions and cases, everybody signing for herself, and an operator who can also forge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mutualchain.archive import layout
from mutualchain.archive.facts_vault import FactsVault
from mutualchain.archive.reading import Archive
from mutualchain.archive.replay import Replay, covenants_of, read_rows
from mutualchain.block.entry import CHAIN, Entry, entry_hash
from mutualchain.covenant.acts import Act, Attestation, Objection
from mutualchain.covenant.calendar import DAY_MS, day_of, start_of
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.facts import Facts
from mutualchain.covenant.stage import Stage
from mutualchain.covenant.statements import act_message, ballot_message
from mutualchain.errors import MutualchainError
from mutualchain.ledger import Acknowledgement, Ledger
from mutualchain.ledger.recording import _notice
from mutualchain.store import MemoryStore, Store
from mutualchain.tlog import ed25519
from tests.covenant.lives import INSTITUTIONS, JOINED, covenant
from tests.ledger.vaults import MemoryVault
from tests.ledger.world import KEYS, PLAN, Clock, digest, key_of, seed_of

AID = 30_000_000
MEMBERS = 10


def sign(signer: object, message: bytes) -> bytes:
    return ed25519.sign(seed_of(signer), message)


class Casework:
    """A ledger with one plan of ten members, slot i belonging to member i, joined at 00:00 of day JOINED."""

    def __init__(
        self,
        rules: Covenant | None = None,
        *,
        store: Store | None = None,
        vault: FactsVault | None = None,
        deposit: int = 10_000_000,
    ) -> None:
        self.rules = covenant() if rules is None else rules
        self.clock = Clock(start_of(self.rules, JOINED))
        self.store = MemoryStore() if store is None else store
        self.vault: FactsVault = MemoryVault() if vault is None else vault
        self.ledger = Ledger.create(
            "unused", KEYS, store=self.store, clock=self.clock, vault=self.vault, background=False
        )
        self.ledger.create_plan(PLAN, self.rules, reference="plan")
        self.said = 0
        for member in range(MEMBERS):
            self.ledger.enrol(
                PLAN, key_of(member), digest("claims", member), deposit=deposit, reference=f"join-{member}"
            )
        for name, roles in INSTITUTIONS.items():
            self.register(name, roles)

    def register(self, name: str, roles: tuple[str, ...]) -> Acknowledgement:
        desk = self.ledger.institutions
        message = desk.message(desk.draft_registration(name, f"The {name}", key_of(name), roles))
        return desk.register(
            name, f"The {name}", key_of(name), roles, acceptance=sign(name, message), reference=f"register-{name}"
        )

    def go_to(self, day: float) -> None:
        """Let the clock show a day after joining."""
        self.clock.now = start_of(self.rules, JOINED) + int(day * DAY_MS)

    def wait(self, days: float) -> None:
        self.clock.now += int(days * DAY_MS)

    @property
    def today(self) -> int:
        return day_of(self.rules, self.clock.now)

    def reference(self) -> str:
        self.said += 1
        return f"reference-{self.said}"

    def message(self, act: Act) -> bytes:
        return act_message(self.ledger.chain, PLAN, act)

    # --- a case's way -------------------------------------------------------------------------

    def facts(self, slot: int = 1, **values: Any) -> Facts:
        known: dict[str, Any] = {"cause": "illness", "group": "critical", "disease": "C50", "birth_day": 5_000}
        known |= {"diagnosed_day": self.today - 2, "name": "李*", "hospital": "某市第一医院", "region": "某市"}
        salts = [digest("salt", slot, sorted(values.items()), name) for name in Facts.NAMES]
        return self.ledger.cases.seal(PLAN, slot, known | values, salts)

    def request(self, slot: int = 1, amount: int = AID, **values: Any) -> Acknowledgement:
        facts = self.facts(slot, **values)
        act = self.ledger.cases.draft_request(PLAN, slot=slot, amount=amount, facts=facts)
        signature = sign(slot, self.message(act))
        return self.ledger.cases.request(PLAN, act, signature=signature, facts=facts, reference=self.reference())

    def requested(self, slot: int = 1, amount: int = AID, **values: Any) -> bytes:
        ack = self.request(slot, amount, **values)
        assert ack.digest is not None
        return ack.digest

    def attest(self, case: bytes, name: str, role: str, *, supports: bool = True, tag: bytes = b"") -> Acknowledgement:
        signature = sign(name, self.message(Attestation(case, name, role, int(supports), tag, b"")))
        return self.ledger.cases.attest(
            PLAN, case, name, role, supports=supports, tag=tag, signature=signature, reference=self.reference()
        )

    def attested(self, case: bytes) -> bytes:
        for row in self.rules.cases.attestations:
            name = next(name for name, roles in INSTITUTIONS.items() if row.role in roles)
            self.attest(case, name, row.role, tag=digest("report", case, name))
        return case

    def disclosed(self, slot: int = 1, amount: int = AID, **values: Any) -> bytes:
        case = self.attested(self.requested(slot, amount, **values))
        self.ledger.cases.disclose(PLAN, case, aid=amount, fields_root=digest("fields"), reference=self.reference())
        return case

    def objected(self, case: bytes, by: int | str = 7) -> Acknowledgement:
        signature = sign(by, self.message(Objection(case, by, digest("grounds"), b"")))
        return self.ledger.cases.object(
            PLAN, case, by, grounds=digest("grounds"), signature=signature, reference=self.reference()
        )

    def approved(self, slot: int = 1, amount: int = AID, **values: Any) -> bytes:
        case = self.disclosed(slot, amount, **values)
        self.wait(self.rules.cases.objection_days)
        self.ledger.cases.approve(PLAN, case, reference=self.reference())
        return case

    def round(self, *cases: bytes) -> None:
        self.ledger.open_round(PLAN, list(cases), reference=self.reference())
        self.wait(self.rules.calendar.notice_days)
        self.ledger.settle_round(PLAN, reference=self.reference())

    def shared(self, slot: int = 1, amount: int = AID) -> bytes:
        case = self.approved(slot, amount)
        self.round(case)
        return case

    def ballots(self, subject: bytes, slots: list[int], votes: list[int]) -> dict[str, Any]:
        """Columns of signed ballots."""
        seqs = [self.ledger.next_seq(PLAN, slot) for slot in slots]
        signed = [
            sign(slot, ballot_message(self.ledger.chain, PLAN, subject, slot, seq, vote))
            for slot, seq, vote in zip(slots, seqs, votes, strict=True)
        ]
        signatures = np.frombuffer(b"".join(signed), np.uint8).reshape(-1, 64)
        return {"slots": slots, "votes": votes, "seqs": seqs, "signatures": signatures}

    # --- an operator who records what it likes --------------------------------------------------

    def forge(self, act: Act, *, facts: Facts | None = None, notice: bool = True, plan: str = PLAN) -> bytes:
        """Record an act that nobody has checked, properly signed by the block key; returns its entry's hash."""
        core = self.ledger._core
        entry = act.to_entry(plan)
        name = entry_hash(entry.to_bytes())
        time_ms = core.now()
        sheets: list[Any] = []
        apply: Callable[[], None] = lambda: None  # noqa: E731
        if plan != CHAIN:
            book = core.book(plan)
            slot = book.life.slot_of(act)
            stage = Stage(book)
            if slot is not None and slot < book.slots and notice:
                sheets, _ = _notice(core, book, stage, slot, name)

            def apply() -> None:
                stage.apply()
                book.apply(act, name, time_ms)

        else:

            def apply() -> None:
                core.registry.apply(act)

        extra = []
        if facts is not None:
            assert isinstance(facts.subject, int)
            sealed = self.vault.seal_facts(plan, facts.subject, name, facts.to_bytes())
            extra.append((layout.facts(plan, name), sealed))
        core.commit(time_ms, [entry], sheets, extra, apply)
        return name

    def violations(self, *, closed: bool = False) -> list[MutualchainError]:
        """What a replay of the whole chain reports; ``closed``: by whoever does not have the vault."""
        with self.ledger.read() as opened:
            archive = Archive(opened.reader) if closed else opened
            replay, rows = Replay(archive), read_rows(archive)
            found: list[MutualchainError] = []
            for height in range(archive.size):
                entries = [Entry.from_bytes(data) for data in archive.entries(height)]
                covenants_of(entries)
                found += replay.block(height, archive.header(height), entries, rows)
        return found
