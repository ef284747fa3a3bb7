"""The small chain of SPEC.md and its forged sisters, from fixed seeds, times and secrets.

Nothing here is secret: whoever has this file can sign for ``example.org/mutual``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from unittest import mock

import numpy as np

from mutualchain.block.block import BlockSigner
from mutualchain.block.chain import BLOCKS
from mutualchain.covenant.acts import Act, Attestation, Handover
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.sections import Attested
from mutualchain.covenant.statements import act_message, ballot_message
from mutualchain.ledger import Acknowledgement, Ledger, OperatorKeys, writer
from mutualchain.ledger.core import reference_key
from mutualchain.ledger.events import Event
from mutualchain.record.build import build_record
from mutualchain.record.bundle import RecordBundle
from mutualchain.record.passport import Passport, member_seed
from mutualchain.sheet import Status
from mutualchain.store import MemoryStore, Store
from mutualchain.tlog import ed25519
from mutualchain.tlog.checkpoint import Checkpoint, sign_checkpoint
from mutualchain.tlog.checkpoint import parse as parse_checkpoint
from mutualchain.tlog.cosignature import CosignatureSigner
from mutualchain.tlog.lineage import lineage_from_nodes
from mutualchain.tlog.note import Signer, add_signatures
from mutualchain.tlog.note import parse as parse_note
from mutualchain.tlog.trust import Group, Log, TrustFile, Witness
from tests.ledger.vaults import MemoryVault

ORIGIN = "example.org/mutual"
PLAN = "demo"
START_MS = 1_760_000_000_000  # 2025-10-09T08:53:20Z
LOG_SEED, BLOCK_SEED, RECOVERY_SEED, NEXT_SEED, WITNESS_SEED = (bytes([n]) * 32 for n in (1, 2, 3, 4, 5))
LOG = Signer.from_seed(ORIGIN, LOG_SEED)
WITNESS = CosignatureSigner.from_seed("witness.example.net", WITNESS_SEED)
MEMBERS = tuple(Passport(bytes([0x40 + slot]) * 32) for slot in range(4))
COVENANT = Covenant.simple("Example plan", prepay=100, max_aid=100_000, fee_bp=800, cap=500)
AMENDED = replace(
    COVENANT,
    fee=replace(COVENANT.fee, bp=1_000),
    calendar=replace(COVENANT.calendar, notice_days=1),
    cases=replace(
        COVENANT.cases, request="member", attestations=(Attested("investigator", 1),), objection_days=2, jury="always"
    ),
    advances=replace(COVENANT.advances, by="operator"),
)
"""The second version: members request, an investigator attests, a jury decides."""
EYES_SEED = bytes([6]) * 32
HEIR = Passport(b"\x44" * 32)
"""To whom slot 3 is handed over."""
DAY_MS = 86_400_000
FACTS = {
    "cause": "illness", "group": "critical", "disease": "C50", "diagnosed_day": 20_375, "birth_day": 7_000,
    "name": "李*", "hospital": "East", "region": "杭州", "age": 36,
}  # fmt: skip
TRUST = TrustFile((Log(LOG.verifier),))
WITNESSED = TrustFile((Log(LOG.verifier),), (Witness("net", WITNESS.verifier),), (Group("seen", 1, ("net",)),), "seen")
STRANGER = TrustFile((Log(Signer.from_seed(ORIGIN, bytes([9]) * 32).verifier),))


def public_key(slot: int) -> bytes:
    return MEMBERS[slot].public_key(ORIGIN, PLAN)


def fixed(text: str) -> bytes:
    """32 bytes that anybody can make again."""
    return hashlib.sha256(f"mutualchain SPEC.md: {text}".encode()).digest()


@contextmanager
def fixed_secrets() -> Iterator[None]:
    """Secrets of sealed sheets, in the order in which they are asked for."""
    count = iter(range(1_000))
    with mock.patch.object(writer, "os", SimpleNamespace(urandom=lambda _: fixed(f"sheet secret {next(count)}"))):
        yield


@dataclass(slots=True)
class Story:
    """A finished chain: its store, and what the writes returned, by name."""

    store: Store
    chain: bytes
    acks: dict[str, Acknowledgement] = field(default_factory=dict)
    receipts: dict[str, bytes] = field(default_factory=dict)
    records: dict[int, bytes] = field(default_factory=dict)
    notes: dict[str, bytes] = field(default_factory=dict)
    extending: bytes = b""


class Teller:
    """Tells the story to a ledger. ``twist`` names what is forged on the way, with the operator's own keys."""

    def __init__(self, twist: str = "") -> None:
        self.now = START_MS
        self.twist = twist
        self.store = MemoryStore()
        keys = OperatorKeys.from_seeds(ORIGIN, LOG_SEED, BLOCK_SEED, RECOVERY_SEED)
        self.ledger = Ledger.create("unused", keys, clock=lambda: self.now, store=self.store, vault=MemoryVault())
        self.story = Story(self.store, self.ledger.chain)

    def later(self) -> None:
        self.now += 60_000

    def note(self, name: str, ack: Acknowledgement) -> Acknowledgement:
        self.story.acks[name] = ack
        self.story.receipts[name] = ack.receipt().to_bytes()
        self.story.notes[name] = self.ledger.checkpoint()
        self.later()
        return ack

    def enrol_three(self) -> None:
        keys = np.frombuffer(b"".join(public_key(slot) for slot in range(3)), np.uint8).reshape(3, 32)
        commitments = np.frombuffer(b"".join(fixed(f"commitment {slot}") for slot in range(3)), np.uint8)
        deposits = np.array([1000, 1000, 300])
        ack = self.ledger.enrol_many(PLAN, keys, commitments.reshape(3, 32), deposits=deposits, reference="join-012")
        self.note("enrolment", ack)

    def round(self, number: int, aid: int, slot: int) -> bytes:
        ledger = self.ledger
        file_hash = fixed(f"case file {number}")
        case = ledger.approve_case(PLAN, slot=slot, aid=aid, file_hash=file_hash, reference=f"case-{number}")
        assert case.digest is not None
        self.note(f"case-{number}", case)
        opening, _ = ledger.open_round(PLAN, [case.digest], reference=f"open-{number}")
        self.note(f"opening-{number}", opening)
        self.forge_rows(number)
        self.note(f"charge-{number}", ledger.settle_round(PLAN, reference=f"settle-{number}"))
        return case.digest

    def forge_rows(self, number: int) -> None:
        opened = self.ledger.book(PLAN).open
        assert opened is not None
        if self.twist == "uncounted" and number == 0:
            opened.events[0] = 0
        if self.twist == "unequal" and number == 0:
            opened.slots = np.concatenate([np.zeros(1, np.uint32), opened.slots])
            opened.statuses = np.concatenate([np.array([Status.PAID], np.uint8), opened.statuses])
            opened.amounts = np.concatenate([np.array([opened.terms.share - 1], np.uint32), opened.amounts])

    def withdraw(self) -> None:
        name = reference_key(PLAN, "out-0")
        signer = MEMBERS[1 if self.twist == "unsigned" else 0]
        seq = self.ledger.next_seq(PLAN, 0)
        amount = 150
        signature = signer.sign_withdrawal(
            self.ledger.chain,
            ORIGIN,
            PLAN,
            slot=0,
            seq=seq,
            amount=amount,
            reference=name,
            reason=1 if self.twist == "reason" else 2,
        )
        if self.twist in ("unsigned", "reason"):
            event = Event("withdrawal/1", PLAN, name, bytes(32), (amount, 2, name, signature), 0, seq)
            self.note("withdrawal", self.ledger._core.grouper.post(event).result())
            return
        ack = self.ledger.withdraw(PLAN, 0, amount, seq=seq, signature=signature, reference="out-0", reason=2)
        self.note("withdrawal", ack)

    def leave(self) -> None:
        seq = self.ledger.next_seq(PLAN, 1)
        signature = MEMBERS[1].sign_exit(self.ledger.chain, ORIGIN, PLAN, slot=1, seq=seq, reason=1)
        self.note("exit", self.ledger.exit(PLAN, 1, seq=seq, signature=signature, reference="exit-1", reason=1))

    def rotate(self) -> None:
        new = BlockSigner(ed25519.public_key_of(NEXT_SEED), lambda message: ed25519.sign(NEXT_SEED, message))
        self.note("rotation", self.ledger.rotate_block_key(new, reference="rotate"))

    # --- after the first two rounds -------------------------------------------------------------

    def sign(self, passport: Passport, act: Act) -> bytes:
        return ed25519.sign(member_seed(passport.seed, ORIGIN, PLAN, 0), act_message(self.ledger.chain, PLAN, act))

    def undo(self, case: bytes) -> None:
        """A case proves false: void, its shares given back; and a credit was wrong."""
        ledger = self.ledger
        self.note("void", ledger.cases.void(PLAN, case, "malicious", reference="void-1"))
        self.note("refund", ledger.money.refund(PLAN, case, reference="refund-1"))
        self.note("sanction", ledger.cases.sanction(PLAN, 0, "malicious", case=case, reference="sanction-0"))
        self.note("credit-2", ledger.credit(PLAN, 2, 70, reference="in-2", reason=1))
        correction = ledger.money.correct(PLAN, 2, 70, corrects=0, reference="back-2")
        self.note("correction", correction)

    def amend(self) -> None:
        """The covenant's second version, whose notice passes; an institution that may attest under it."""
        ledger = self.ledger
        effective = self.now + 7 * DAY_MS
        self.note("amendment", ledger.money.amend(PLAN, AMENDED, effective_ms=effective, reference="amend-2"))
        key = ed25519.public_key_of(EYES_SEED)
        draft = ledger.institutions.draft_registration("eyes", "Eyes Ltd", key, ["investigator"])
        acceptance = ed25519.sign(EYES_SEED, ledger.institutions.message(draft))
        ack = ledger.institutions.register(
            "eyes", "Eyes Ltd", key, ["investigator"], acceptance=acceptance, reference="eyes"
        )
        self.note("institution", ack)
        self.now = effective

    def hand_over(self) -> None:
        """Slot 3 passes to another key."""
        new_key = HEIR.public_key(ORIGIN, PLAN)
        act = Handover(3, new_key, b"", b"")
        signature, acceptance = self.sign(MEMBERS[3], act), self.sign(HEIR, act)
        ack = self.ledger.member_keys.hand_over(
            PLAN, 3, new_key, signature=signature, acceptance=acceptance, reference="key-3"
        )
        self.note("handover", ack)

    def ask(self) -> bytes:
        """Slot 3 asks for aid by the new key; the case is attested, disclosed, judged and approved."""
        ledger, cases = self.ledger, self.ledger.cases
        facts = cases.seal(PLAN, 3, FACTS, [fixed(f"fact salt {at}") for at in range(len(FACTS))])
        act = cases.draft_request(PLAN, slot=3, amount=700, facts=facts)
        ack = cases.request(PLAN, act, signature=self.sign(HEIR, act), facts=facts, reference="request-3")
        self.note("request", ack)
        case = ack.digest
        assert case is not None
        said = Attestation(case, "eyes", "investigator", 1, fixed("report tag"), b"")
        signature = ed25519.sign(EYES_SEED, act_message(ledger.chain, PLAN, said))
        ack = cases.attest(
            PLAN, case, "eyes", "investigator", tag=fixed("report tag"), signature=signature, reference="eyes-3"
        )
        self.note("attestation", ack)
        fields_root = fixed("fields root")
        self.note("disclosure", cases.disclose(PLAN, case, aid=600, fields_root=fields_root, reference="shown-3"))
        self.now += 2 * DAY_MS
        seq = ledger.next_seq(PLAN, 0)
        signature = ed25519.sign(
            member_seed(MEMBERS[0].seed, ORIGIN, PLAN, 0), ballot_message(ledger.chain, PLAN, case, 0, seq, 1)
        )
        self.note("ballot", cases.vote(PLAN, case, 0, True, seq=seq, signature=signature, reference="vote-0"))
        self.now += 3 * DAY_MS
        self.note("adjudication", cases.adjudicate(PLAN, case, reference="count-3"))
        self.note("approval", cases.approve(PLAN, case, reference="yes-3"))
        return case

    def share(self, case: bytes) -> None:
        """A round under the second version, with its day of notice; a part advanced before, the rest paid after."""
        ledger = self.ledger
        ack = ledger.cases.advance(PLAN, case, 100, payee="hospital", payment=fixed("advance"), reference="advance-3")
        self.note("advance", ack)
        ledger.money.fund(PLAN, 30, source="donation", payment=fixed("gift"), reference="gift")
        self.later()
        opening, _ = ledger.open_round(PLAN, [case], reference="open-2")
        self.note("opening-2", opening)
        self.now += DAY_MS
        self.note("charge-2", ledger.settle_round(PLAN, reference="settle-2"))
        paid = ledger.pay_out(PLAN, case, 500, payee="member", payment=fixed("payment 3"), reference="pay-3")
        self.note("payout-3", paid)

    def tell(self) -> Story:
        ledger = self.ledger
        self.later()
        self.note("plan", ledger.create_plan(PLAN, COVENANT, reference="plan"))
        self.enrol_three()
        self.note("credit-0", ledger.credit(PLAN, 0, 500, reference="in-0", reason=1))
        case = self.round(0, 1000, 1)
        pay = ledger.pay_out(PLAN, case, 1000, payee="hospital", payment=fixed("payment"), reference="pay-0")
        self.note("payout", pay)
        ack = ledger.enrol(
            PLAN, public_key(3), fixed("commitment 3"), deposit=1000, reference="join-3", since_day=20_370
        )
        self.note("enrolment-3", ack)
        self.withdraw()
        self.leave()
        false = self.round(1, 501, 0)
        self.note("anchor", ledger.anchor(cosigned(ledger.checkpoint()), reference="anchor"))
        self.rotate()
        self.note("credit-3", ledger.credit(PLAN, 3, 25, reference="in-3", reason=1))
        self.undo(false)
        self.amend()
        self.hand_over()
        self.share(self.ask())
        with ledger.read() as archive:
            self.story.records = {slot: build_record(archive, PLAN, slot) for slot in range(4)}
            sizes = [
                parse_checkpoint(parse_note(self.story.notes[name]).text).size for name in ("charge-0", "charge-1")
            ]
            bundle = RecordBundle.from_bytes(self.story.records[0])
            some = lineage_from_nodes(archive.nodes(BLOCKS), sizes, archive.size)
            self.story.extending = replace(bundle, extends=some).to_bytes()
        ledger._core.break_off("the story is told")  # and its store stays open, to be read
        return self.story


def cosigned(note: bytes) -> bytes:
    """A checkpoint's note with the witness's line."""
    checkpoint = parse_checkpoint(parse_note(note).text)
    return add_signatures(note, [WITNESS.cosign(checkpoint, START_MS // 1000 + 3600)])


def signed_note(size: int, root: bytes) -> bytes:
    """Any checkpoint, under the log's own signature."""
    return sign_checkpoint(Checkpoint(ORIGIN, size, root), [LOG])


def witnessed(record: bytes) -> bytes:
    """A record whose checkpoint the witness has cosigned since."""
    bundle = RecordBundle.from_bytes(record)
    parts = {name: getattr(bundle, name) for name in RecordBundle.__dataclass_fields__}
    return RecordBundle(**(parts | {"checkpoint": cosigned(bundle.checkpoint)})).to_bytes()


def tell(twist: str = "") -> Story:
    """The whole story; ``twist`` is "", "unequal", "unsigned", "reason" or "uncounted"."""
    with fixed_secrets():
        return Teller(twist).tell()
