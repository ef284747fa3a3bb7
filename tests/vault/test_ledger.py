"""A ledger and its vault: what was erased is gone from every copy, and everything else verifies as before."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mutualchain.archive.reading import Archive
from mutualchain.audit import Verdict, audit_ledger
from mutualchain.covenant.acts import Request
from mutualchain.disclosure.build import build_disclosure, stored_facts
from mutualchain.disclosure.verify import verify_disclosure
from mutualchain.errors import (
    CaseUnknown,
    ErasureRule,
    SlotUnknown,
    UsageError,
    VaultDamaged,
    VaultErased,
    VaultMissing,
    VaultOfAnother,
)
from mutualchain.ledger import Acknowledgement, Ledger
from mutualchain.record.build import build_record
from mutualchain.record.verify import verify_record
from mutualchain.store import LmdbStore
from mutualchain.vault import Vault
from tests.covenant.lives import JOINED
from tests.ledger.casework import AID, Casework, sign
from tests.ledger.world import KEYS, PLAN, TRUST, consistent, new_ledger

MASTER = bytes(range(32))


class Office:
    """A ledger on a disk with a vault beside it, and one approved case of member 1."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vault = Vault.create(folder / "vault", MASTER)
        self.work = Casework(store=LmdbStore.create(folder / "ledger"), vault=self.vault)
        self.work.go_to(189)
        self.case = self.work.approved(1)

    @property
    def ledger(self) -> Ledger:
        return self.work.ledger

    def reopen(self, vault: Vault | None) -> None:
        self.ledger.close()
        self.work.ledger = Ledger.open(
            self.folder / "ledger", KEYS, clock=self.work.clock, vault=vault, background=False
        )

    def backup(self) -> Path:
        """A copy of the ledger as `mutualchain backup` makes it."""
        self.ledger.backup(self.folder / "copy")
        return self.folder / "copy"

    def close(self) -> None:
        self.ledger.close()
        self.vault.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.close()


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def opened(store: Path, vault: Vault | None, case: bytes) -> object:
    """What somebody can open who has this copy of the ledger, and this vault."""
    with LmdbStore.open(store, readonly=True) as held, held.read() as reader:
        return stored_facts(Archive(reader, vault), PLAN, case)


def erased(office: Office, whole: bool) -> Acknowledgement:
    """All of member 1's data, or the facts of her case."""
    erasures = office.ledger.erasures
    if whole:
        return erasures.member(PLAN, 1, reason="wish", reference="letter")
    return erasures.facts(PLAN, office.case, reason="wish", reference="letter")


def test_a_ledger_on_the_disk_holds_no_fact_in_clear(office: Office) -> None:
    facts = office.ledger.cases.facts(PLAN, office.case)
    assert facts is not None
    assert facts.number("diagnosed_day") == JOINED + 187
    stored = everything_in(office.folder)
    for item in facts.items:
        assert isinstance(item, tuple)
        assert item[0] not in stored
    assert "某市第一医院".encode() not in stored


@pytest.mark.parametrize("whole", [True, False])
def test_what_was_erased_is_gone_from_a_backup_that_was_made_before(office: Office, whole: bool) -> None:
    copy = office.backup()
    assert opened(copy, office.vault, office.case) is not None
    done = [erased(office, whole) for _ in range(2)]
    assert (done[0].slot, done[0].height) == (1, done[1].height)
    assert office.ledger.cases.facts(PLAN, office.case) is None
    assert opened(copy, office.vault, office.case) is None
    assert office.vault.has_erased(PLAN, 1, b"" if whole else office.case)
    with Ledger.open(copy, KEYS, clock=office.work.clock, vault=office.vault) as restored:
        assert restored.cases.facts(PLAN, office.case) is None
        consistent(restored)


def test_chain_record_audit_and_disclosure_verify_after_an_erasure(office: Office) -> None:
    work, ledger = office.work, office.ledger
    other = work.approved(2)
    ledger.erasures.member(PLAN, 1, reason="wish", reference="letter")
    work.round(office.case, other)
    ledger.cases.pay(PLAN, office.case, AID, payment=bytes(32), reference="paid")
    assert work.violations() == []
    consistent(ledger)
    with ledger.read() as archive:
        report = audit_ledger(archive, TRUST)
        assert (report.verdict, report.findings) == (Verdict.VERIFIED, ())
        counts = report.counts
        assert (counts.cases_requested, counts.cases_opened, counts.cases_erased) == (2, 1, 1)
        assert "The facts of 1 of 2 requested case(s) were erased, on record." in report.limits
        for slot in (1, 2):
            found = verify_record(build_record(archive, PLAN, slot), TRUST)
            assert ("erasure" in {event.about for event in found.events}) is (slot == 1)
        assert verify_disclosure(build_disclosure(archive, PLAN, office.case), TRUST).state == "paid"


def test_an_erasure_that_was_interrupted_is_completed_when_the_ledger_is_opened_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = office.backup()

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "erase", crash)
        with pytest.raises(KeyboardInterrupt):
            office.ledger.erasures.member(PLAN, 1, reason="law", reference="order")
    assert not office.vault.has_erased(PLAN, 1)
    assert opened(copy, office.vault, office.case) is not None
    office.reopen(None)
    assert opened(copy, office.vault, office.case) is not None
    office.reopen(office.vault)
    assert opened(copy, office.vault, office.case) is None
    assert office.vault.has_erased(PLAN, 1)
    with pytest.raises(ErasureRule):
        office.ledger.erasures.member(PLAN, 1, reason="law", reference="another")


@pytest.mark.parametrize("whole", [True, False])
def test_a_vault_put_back_from_before_is_erased_again_because_the_chain_says_so(office: Office, whole: bool) -> None:
    copy = office.backup()
    office.vault.close()
    shutil.copytree(office.folder / "vault", office.folder / "old")
    office.vault = Vault.open(office.folder / "vault", MASTER)
    office.reopen(office.vault)
    erased(office, whole)
    with Vault.open(office.folder / "old", MASTER) as old:
        assert opened(copy, old, office.case) is not None
        office.reopen(old)
        assert opened(copy, old, office.case) is None
        office.reopen(None)


def test_an_erased_member_cannot_request_aid(office: Office) -> None:
    office.ledger.erasures.member(PLAN, 3, reason="wish", reference="letter")
    size = office.ledger.size
    with pytest.raises(VaultErased):
        office.work.request(3)
    assert office.ledger.size == size


def test_without_the_vault_the_ledger_works_but_for_what_needs_it(office: Office) -> None:
    case = office.work.requested(2)
    office.work.attested(case)
    office.reopen(None)
    ledger, work = office.ledger, office.work
    assert ledger.cases.facts(PLAN, case) is None
    ledger.credit(PLAN, 4, 5, reference="credit")
    facts = work.facts(5)
    act: Request = ledger.cases.draft_request(PLAN, slot=5, amount=AID, facts=facts)
    size = ledger.size
    with pytest.raises(VaultMissing):
        ledger.cases.request(PLAN, act, signature=sign(5, work.message(act)), facts=facts, reference="five")
    with pytest.raises(VaultMissing):
        ledger.cases.disclose(PLAN, case, aid=AID, fields_root=bytes(32), reference="shown")
    with pytest.raises(VaultMissing):
        ledger.erasures.member(PLAN, 1, reason="wish", reference="letter")
    assert ledger.size == size
    assert work.violations() == []


def test_another_vault_is_noticed(office: Office) -> None:
    with Vault.create(office.folder / "another", MASTER) as another:
        office.reopen(another)
        with pytest.raises(VaultDamaged):
            office.ledger.cases.facts(PLAN, office.case)


def test_another_ledgers_vault_is_refused_before_anything_in_it_is_erased(office: Office, tmp_path: Path) -> None:
    office.ledger.erasures.member(PLAN, 3, reason="wish", reference="letter")
    with Vault.create(tmp_path / "others", MASTER) as others:
        new_ledger(tmp_path / "other", vault=others).close()
        others.put(PLAN, 3, {"claims": "somebody else's"})
        with pytest.raises(VaultOfAnother):
            office.reopen(others)
        assert others.get(PLAN, 3, "claims") == "somebody else's"
        with pytest.raises(VaultOfAnother):
            Ledger.create(tmp_path / "new", KEYS, vault=others)
        assert not (tmp_path / "new" / "store").exists()
    office.reopen(office.vault)


def test_what_cannot_be_erased_is_refused_before_anything_is_destroyed(office: Office) -> None:
    open_case = office.work.requested(2)
    erasures, size = office.ledger.erasures, office.ledger.size
    for call, error in (
        (lambda: erasures.member(PLAN, 2, reason="wish", reference="r"), ErasureRule),
        (lambda: erasures.facts(PLAN, open_case, reason="wish", reference="r"), ErasureRule),
        (lambda: erasures.facts(PLAN, bytes(32), reason="wish", reference="r"), CaseUnknown),
        (lambda: erasures.member(PLAN, 99, reason="wish", reference="r"), SlotUnknown),
        (lambda: erasures.member(PLAN, 2, reason="because", reference="r"), UsageError),
    ):
        with pytest.raises(error):
            call()
    assert office.ledger.size == size
    assert list(office.vault.erasures()) == []
    assert office.ledger.cases.facts(PLAN, open_case) is not None
