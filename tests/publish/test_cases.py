"""A plan with a jury: its cases, a vote and its notices published, audited, and in the members' own records."""

from __future__ import annotations

from pathlib import Path

import pytest

from mutualchain.archive.published import open_published
from mutualchain.archive.published_sealed import SealedPart
from mutualchain.audit import audit_ledger
from mutualchain.covenant.ballots import subject_of
from mutualchain.errors import PublishedMismatch
from mutualchain.publish import publish, publish_for_auditor
from mutualchain.record.build import build_record
from mutualchain.record.own_rows import rows_of_record
from tests.ledger.casework import AID, Casework
from tests.ledger.world import PLAN, TRUST, digest
from tests.publish.test_auditor import HERS
from tests.publish.tools import alone, everything, files_of


@pytest.fixture(scope="module")
def voted() -> tuple[Casework, bytes]:
    """A case that was objected to, voted on, approved, shared and paid."""
    work = Casework()
    work.go_to(189)
    case = work.disclosed()
    work.objected(case)
    work.wait(3)
    work.ledger.cases.vote_many(PLAN, case, **work.ballots(case, [2, 3, 4, 5], [1, 1, 1, 0]), reference="votes")
    work.wait(2)
    work.ledger.cases.adjudicate(PLAN, case, reference="count")
    work.ledger.cases.approve(PLAN, case, reference="approve")
    work.round(case)
    work.ledger.pay_out(PLAN, case, AID, payment=digest("bank"), reference="pay")
    work.ledger.checkpoint()
    return work, case


@pytest.fixture(scope="module")
def public(voted: tuple[Casework, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("voted")
    with voted[0].ledger.read() as archive:
        report = publish(archive, folder / "public", trust=TRUST)
        publish_for_auditor(archive, folder / "sealed", HERS.key, report.size)
    return folder


def test_what_a_vote_was_about_is_public_and_who_voted_is_not(voted: tuple[Casework, bytes], public: Path) -> None:
    work, case = voted
    assert subject_of((public / f"public/plan/{PLAN}/ballot-1/000/params").read_bytes()) == case
    with work.ledger.read() as archive:
        ref = archive.sheet(PLAN, "ballot/1", 0)
        row = archive.bundle(ref, 0)
    assert row[-64:] not in everything(public / "public")
    assert {path.name for path in (public / f"public/plan/{PLAN}/ballot-1/000").iterdir()} == {"params"}


def test_sealed_facts_of_cases_are_never_published(voted: tuple[Casework, bytes], public: Path) -> None:
    written = everything(public / "public") + everything(public / "sealed")
    for secret in ("某市第一医院", "李*"):
        assert secret.encode() not in written


def test_the_claimant_and_a_juror_make_the_operators_record_to_the_byte(
    voted: tuple[Casework, bytes], public: Path
) -> None:
    for slot in (1, 2, 9):
        with voted[0].ledger.read() as archive:
            record = build_record(archive, PLAN, slot)
        with open_published(public / "public", TRUST, events=rows_of_record(record)) as published:
            assert build_record(published, PLAN, slot) == alone(record)


def test_the_auditor_sees_what_an_audit_of_the_store_sees(voted: tuple[Casework, bytes], public: Path) -> None:
    with voted[0].ledger.read() as stored:
        own = audit_ledger(stored, TRUST)
    with (
        open_published(public / "public", TRUST) as archive,
        SealedPart(public / "sealed", HERS, chain=archive.chain) as sealed,
    ):
        full = audit_ledger(archive, TRUST, sealed=sealed)
    assert (full.verdict, full.plans, full.findings) == (own.verdict, own.plans, own.findings)


def test_params_of_another_vote_are_noticed(voted: tuple[Casework, bytes], public: Path, tmp_path: Path) -> None:
    path = f"plan/{PLAN}/ballot-1/000/params"
    for name, data in files_of(public / "public").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data if name != path else data[:-1] + bytes([data[-1] ^ 1]))
    with voted[0].ledger.read() as archive:
        record = build_record(archive, PLAN, 2)
    with open_published(tmp_path, TRUST, events=rows_of_record(record)) as published:
        with pytest.raises(PublishedMismatch) as caught:
            build_record(published, PLAN, 2)
        assert caught.value.place == path
