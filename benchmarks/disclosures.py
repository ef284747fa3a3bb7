"""A case for everybody, from request to payment: its file made, its size, verified; all cases of a round."""

from __future__ import annotations

import argparse
import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from mutualchain.covenant.acts import Attestation
from mutualchain.covenant.calendar import day_of
from mutualchain.covenant.document import Covenant
from mutualchain.covenant.facts import Facts, Fields
from mutualchain.covenant.sections import Attested, Cases, Membership
from mutualchain.covenant.statements import act_message
from mutualchain.disclosure.build import DisclosureBuilder, build_disclosure, stored_facts
from mutualchain.disclosure.verify import verify_disclosure
from mutualchain.ledger import Ledger
from mutualchain.tlog import ed25519, trust

from . import plans
from .harness import Run, Timer, numbers, run_module, shown

VERIFIED = 0.05
SIZE = 64_000.0
ROUNDS = 24
_HOSPITAL = b"\x07" * 32


class _Boxes:
    """Stands in for a vault: what it seals stays as it is, because nothing here is secret."""

    def seal_facts(self, plan: str, slot: int, case: bytes, facts: bytes) -> bytes:
        return facts

    def open_facts(self, plan: str, case: bytes, box: bytes) -> bytes | None:
        return box

    def belongs_to(self, chain: bytes) -> None:
        """Any ledger may use it."""

    def erase(self, plan: str, slot: int, *, now_ms: int, reason: str) -> None:
        """Nothing is erased here."""

    def erase_facts(self, plan: str, case: bytes, box: bytes, *, now_ms: int, reason: str) -> None:
        """Nothing is erased here."""

    def has_erased(self, plan: str, slot: int, case: bytes) -> bool:
        return False

    def emptied(self, box: bytes) -> bytes:
        return b""


def add_options(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--disclosed", type=numbers, default=None, help="members of the plan, ascending (1M)")
    parser.add_argument("--cases", type=int, default=None, help="cases that the last round shares (100)")


def _digest(*parts: object) -> bytes:
    return hashlib.sha256(repr(parts).encode()).digest()


def _ledger(folder: Path, clock: plans.Calendar) -> Ledger:
    """A new ledger in whose plan members request aid and a hospital vouches."""
    simple = Covenant.simple("benchmark", prepay=0, max_aid=10**13)
    cases = Cases(attestations=(Attested("hospital"),))
    covenant = replace(simple, membership=Membership(prepay=0), cases=cases)
    ledger = Ledger.create(folder / "ledger", plans.operator_keys(), clock=clock, vault=_Boxes())
    ledger.create_plan(plans.PLAN, covenant, reference="plan")
    desk, key = ledger.institutions, ed25519.public_key_of(_HOSPITAL)
    message = desk.message(desk.draft_registration("clinic", "A Hospital", key, ("hospital",)))
    acceptance = ed25519.sign(_HOSPITAL, message)
    desk.register("clinic", "A Hospital", key, ("hospital",), acceptance=acceptance, reference="clinic")
    return ledger


def _claimants(ledger: Ledger, count: int) -> int:
    """So many members with real keys, who can ask for aid: the first one's slot."""
    first = ledger.book(plans.PLAN).slots
    keys = np.frombuffer(b"".join(ed25519.public_key_of(_digest(at)) for at in range(count)), np.uint8).reshape(-1, 32)
    ledger.enrol_many(plans.PLAN, keys, keys, deposits=100_000, reference="claimants")
    return first


def _case(ledger: Ledger, clock: plans.Calendar, slot: int, at: int) -> tuple[bytes, Fields]:
    """A case as far as its approval, by the claimant with key ``at``."""
    desk, aid = ledger.cases, max(plans.SHARE * ledger.book(plans.PLAN).slots // 100, 100)
    day = day_of(ledger.book(plans.PLAN).covenant, clock())
    values: dict[str, int | str] = {"cause": "illness", "group": "critical", "disease": "C50", "diagnosed_day": day}
    values |= {"birth_day": 5_000, "name": "李小明", "hospital": "某市第一医院", "region": "某市"}
    facts = desk.seal(plans.PLAN, slot, values, [_digest("salt", at, name) for name in Facts.NAMES])
    act = desk.draft_request(plans.PLAN, slot=slot, amount=aid, facts=facts)
    signature = ed25519.sign(_digest(at), act_message(ledger.chain, plans.PLAN, act))
    case = desk.request(plans.PLAN, act, signature=signature, facts=facts, reference=f"request {at}").digest
    assert case is not None
    message = act_message(ledger.chain, plans.PLAN, Attestation(case, "clinic", "hospital", 1, b"", b""))
    vouched = ed25519.sign(_HOSPITAL, message)
    desk.attest(plans.PLAN, case, "clinic", "hospital", signature=vouched, reference=f"vouched {at}")
    masked: dict[str, int | str] = {"name": "李*", "age": 40, "region": "某市", "cause": "illness", "group": "critical"}
    fields = Fields.seal(ledger.chain, plans.PLAN, case, masked, [_digest("field", at, name) for name in Fields.NAMES])
    desk.disclose(plans.PLAN, case, aid=aid, fields_root=fields.root, reference=f"disclosed {at}")
    desk.approve(plans.PLAN, case, reference=f"approved {at}")
    return case, fields


def _story(run: Run, ledger: Ledger, clock: plans.Calendar, size: int, count: int) -> tuple[list[bytes], Fields]:
    """A year of rounds, the last of which shares ``count`` cases; theirs, and what is shown of the first."""
    plans.enrol(ledger, max(size - ROUNDS - count, 0), said=lambda done: run.progress(f"enrolled {done:,}"))
    first = _claimants(ledger, ROUNDS + count)
    clock.forward(1)
    last: list[tuple[bytes, Fields]] = []
    for number in range(ROUNDS):
        run.progress(f"{size:,} slots: round {number + 1}")
        many = count if number == ROUNDS - 1 else 1
        made = [_case(ledger, clock, first + number + at, number + at) for at in range(many)]
        ledger.open_round(plans.PLAN, [case for case, _ in made], reference=f"open {number}")
        ledger.settle_round(plans.PLAN, reference=f"settle {number}")
        last = made
    run.progress("")
    aid = ledger.book(plans.PLAN).life.cases[last[0][0]].aid
    ledger.cases.pay(plans.PLAN, last[0][0], aid, payment=_digest("paid"), reference="paid")
    return [case for case, _ in last], last[0][1]


def _measured(run: Run, ledger: Ledger, cases: list[bytes], fields: Fields, runs: int) -> None:
    report, trusted = run.report, trust.parse(f"log {plans.operator_keys().log.vkey}\nquorum none\n".encode())
    with ledger.read() as archive:
        facts = stored_facts(archive, plans.PLAN, cases[0])
        assert facts is not None
        opened = facts.only("diagnosed_day")
        for most in (1 << 20, 0):
            data = build_disclosure(archive, plans.PLAN, cases[0], facts=opened, fields=fields, most=most)
            made: list[float] = []
            checked: list[float] = []
            for _ in range(runs):
                with Timer() as timer:
                    build_disclosure(archive, plans.PLAN, cases[0], facts=opened, fields=fields, most=most)
                made.append(timer.seconds)
                with Timer() as timer:
                    verify_disclosure(data, trusted)
                checked.append(timer.seconds)
            how, size, limit = ("logs whole", None, None) if most else ("entry by entry", SIZE, VERIFIED)
            report.figure(f"size of one, {how}", len(data), "bytes", target=size, at_least=False)
            report.figure(f"made by itself, {how}", made, "s")
            report.figure(f"verified, {how}", checked, "s", target=limit, at_least=False)
        rates = []
        for _ in range(runs):
            with Timer() as timer:
                builder = DisclosureBuilder(archive, plans.PLAN)
                written = sum(len(builder.build(told)) for told in builder.told(cases).values())
            rates.append(len(cases) / timer.seconds)
        report.figure("all cases of a round, made", rates, "disclosures/s")
        report.figure("bytes of each", written / len(cases), "bytes")


def run(run: Run) -> None:
    options = run.options
    sizes = options.disclosed or numbers("50K" if options.quick else "1M")
    count, runs = options.cases or (20 if options.quick else 100), options.runs or 5
    with run.folder() as folder:
        for at, size in enumerate(sizes):
            (folder / str(at)).mkdir()
            clock = plans.Calendar()
            with _ledger(folder / str(at), clock) as ledger, Timer() as timer:
                cases, fields = _story(run, ledger, clock, size, count)
                run.report.section(f"disclosures: a case in a plan of {size:,}, {ROUNDS} rounds, {count} in the last")
                _measured(run, ledger, cases, fields, runs)
            run.report.note(f"set-up and all: {shown(timer.seconds, 's')}")


if __name__ == "__main__":
    sys.exit(run_module("disclosures", __doc__, run, add_options))
