"""Institutions, treasury statements and members' keys through the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mutualchain.block.entry import CHAIN
from mutualchain.covenant.acts import Handover, Registration, Rekey, RekeyObjection, Replacement
from mutualchain.errors import (
    DuplicateKey,
    InstitutionRule,
    InstitutionUnknown,
    KeyRule,
    ReferenceConflict,
    StatementSignatureError,
    TreasuryRule,
    UsageError,
)
from mutualchain.ledger import Ledger
from mutualchain.store import LmdbStore
from tests.ledger.casework import Casework, sign
from tests.ledger.world import KEYS, PLAN, consistent, digest, key_of, leave, proven, seed_of, signer_of, withdraw


@pytest.fixture
def work() -> Casework:
    made = Casework()
    made.go_to(189)
    return made


# --- institutions -----------------------------------------------------------------------------------


def test_an_institution_is_registered_replaced_and_revoked_each_with_a_receipt(work: Casework) -> None:
    desk = work.ledger.institutions
    registered = work.register("court", ("jury_office",))
    found = proven(registered)
    assert found.entry is not None
    assert (found.entry.plan, found.entry.kind) == (CHAIN, "institution")
    message = desk.message(Replacement("court", key_of("new court"), b"", b""))
    replaced = desk.replace_key(
        "court",
        key_of("new court"),
        signature=sign("court", message),
        acceptance=sign("new court", message),
        reference="replace",
    )
    revoked = desk.revoke("court", "resigned", reference="revoke")
    assert [proven(ack).entry.kind for ack in (replaced, revoked)] == ["institution_key", "institution_revoked"]  # type: ignore[union-attr]
    assert [(item.id, item.revoked) for item in desk.all][-1] == ("court", "resigned")
    assert work.register("court", ("jury_office",)).height == registered.height, "a retry gets the first answer"
    consistent(work.ledger)


def test_what_is_no_institution_is_refused(work: Casework) -> None:
    desk = work.ledger.institutions
    with pytest.raises(InstitutionRule):
        work.register("both", ("custodian", "hospital"))
    with pytest.raises(InstitutionUnknown):
        desk.revoke("nobody", "closed", reference="r")
    with pytest.raises(StatementSignatureError):
        desk.register("x", "X", key_of("x"), ["charity"], acceptance=sign("y", b""), reference="r")
    key = KEYS.block.public_key
    with pytest.raises(InstitutionRule):
        desk.register("x", "X", key, ["charity"], acceptance=_by_block_key(desk, key), reference="r")
    with pytest.raises(InstitutionRule):
        work.ledger.rotate_block_key(signer_of(seed_of("eyes")), reference="rotate")
    with pytest.raises(ReferenceConflict):
        desk.revoke("eyes", "closed", reference="register-eyes")
    for wrong in ({"roles": "charity"}, {"roles": ["king"]}, {"name": "No Name"}, {"key": b"short"}):
        values: dict[str, Any] = {"name": "x", "title": "X", "key": key_of("x"), "roles": ["charity"]} | wrong
        with pytest.raises(UsageError):
            desk.register(**values, acceptance=bytes(64), reference="r")


def _by_block_key(desk: Any, key: bytes) -> bytes:
    message: bytes = desk.message(Registration("x", "X", key, ("charity",), b""))
    return KEYS.block.sign(message)


def test_institutions_survive_closing(tmp_path: Path) -> None:
    work = Casework(store=LmdbStore.create(tmp_path / "ledger"))
    work.ledger.institutions.revoke("hands", "closed", reference="revoke")
    before = work.ledger.institutions.all
    work.ledger.close()
    for _ in range(2):
        with Ledger.open(tmp_path / "ledger", KEYS, clock=work.clock) as ledger:
            assert ledger.institutions.all == before


# --- treasury -----------------------------------------------------------------------------------------


def state(work: Casework, balance: int, *, as_of: int | None = None, signer: str = "bank") -> Any:
    desk = work.ledger.treasury
    at = work.clock.now if as_of is None else as_of
    message = desk.message(PLAN, "bank", at, balance)
    return desk.state(
        PLAN, "bank", as_of_ms=at, balance=balance, signature=sign(signer, message), reference=work.reference()
    )


def test_what_a_custodian_holds_is_compared_with_the_ledger(work: Casework) -> None:
    expected = work.ledger.treasury.expected(PLAN)
    assert expected == 10 * 10_000_000
    found = proven(state(work, expected)).entry
    assert found is not None
    assert (found.kind, found.body["balance"]) == ("treasury", expected)
    work.wait(1)
    state(work, expected - 28_500)
    assert [item.difference for item in work.ledger.treasury.statements(PLAN)] == [0, -28_500]
    with pytest.raises(TreasuryRule):
        state(work, expected, as_of=0)
    with pytest.raises(StatementSignatureError):
        state(work, expected, signer="eyes")
    consistent(work.ledger)


# --- members' keys ---------------------------------------------------------------------------------------


def hand_over(work: Casework, slot: int, old: object, new: object) -> Any:
    desk = work.ledger.member_keys
    message = desk.message(PLAN, Handover(slot, key_of(new), b"", b""))
    return desk.hand_over(
        PLAN,
        slot,
        key_of(new),
        signature=sign(old, message),
        acceptance=sign(new, message),
        reference=work.reference(),
    )


def replace(work: Casework, slot: int, new: object, voucher: str = "") -> Any:
    desk = work.ledger.member_keys
    message = desk.message(PLAN, Rekey(slot, key_of(new), voucher, b"", b""))
    return desk.replace(
        PLAN,
        slot,
        key_of(new),
        voucher=voucher,
        acceptance=sign(new, message),
        signature=sign(voucher, message) if voucher else b"",
        reference=work.reference(),
    )


def test_a_guardian_hands_a_membership_over_and_cannot_sign_for_it_any_more(work: Casework) -> None:
    ledger = work.ledger
    ack = hand_over(work, 1, 1, "child")
    assert (ack.slot, ack.seq) == (1, 0)
    assert ledger.member_keys.current(PLAN, 1) == key_of("child")
    assert ledger.member_keys.current(PLAN, 2) == key_of(2)
    with pytest.raises(StatementSignatureError):
        withdraw(ledger, 1, 1, 5, "w")
    withdraw(ledger, "child", 1, 5, "w")
    with pytest.raises(StatementSignatureError):
        leave(ledger, 1, 1, "leave")
    leave(ledger, "child", 1, "leave")
    consistent(ledger)


def test_a_lost_key_is_replaced_after_a_week_unless_the_old_one_objects(work: Casework) -> None:
    ledger, desk = work.ledger, work.ledger.member_keys
    replace(work, 1, "new", "eyes")
    stolen = replace(work, 2, "thief").digest
    message = desk.message(PLAN, RekeyObjection(stolen, b""))
    with pytest.raises(StatementSignatureError):
        desk.object(PLAN, stolen, signature=sign("thief", message), reference="objection")
    desk.object(PLAN, stolen, signature=sign(2, message), reference="objection")
    with pytest.raises(StatementSignatureError):
        withdraw(ledger, "new", 1, 5, "too early")
    withdraw(ledger, 1, 1, 5, "before")
    work.wait(8)
    with pytest.raises(StatementSignatureError):
        withdraw(ledger, 1, 1, 5, "after")
    withdraw(ledger, "new", 1, 5, "after")
    withdraw(ledger, 2, 2, 5, "still hers")
    with pytest.raises(KeyRule):
        desk.object(PLAN, stolen, signature=sign(2, message), reference="again")
    consistent(ledger)


def test_the_new_key_can_ask_for_aid(work: Casework) -> None:
    hand_over(work, 1, 1, "child")
    facts = work.facts(1)
    act = work.ledger.cases.draft_request(PLAN, slot=1, amount=5, facts=facts)
    with pytest.raises(StatementSignatureError):
        work.ledger.cases.request(PLAN, act, signature=sign(1, work.message(act)), facts=facts, reference="r")
    work.ledger.cases.request(PLAN, act, signature=sign("child", work.message(act)), facts=facts, reference="r")


def test_a_key_that_somebody_has_is_no_new_key(work: Casework) -> None:
    with pytest.raises(DuplicateKey):
        hand_over(work, 1, 1, 2)
    with pytest.raises(KeyRule):
        hand_over(work, 1, 1, "eyes")
    hand_over(work, 1, 1, "child")
    with pytest.raises(DuplicateKey):
        work.ledger.enrol(PLAN, key_of("child"), digest("c"), deposit=1000, reference="join-child")
    with pytest.raises(UsageError):
        work.ledger.member_keys.hand_over(
            PLAN, 1, b"short", signature=bytes(64), acceptance=bytes(64), reference="short"
        )


def test_a_retry_of_a_handover_gets_the_first_answer(work: Casework) -> None:
    desk = work.ledger.member_keys
    message = desk.message(PLAN, Handover(1, key_of("child"), b"", b""))
    signed = {"signature": sign(1, message), "acceptance": sign("child", message)}
    first = desk.hand_over(PLAN, 1, key_of("child"), **signed, reference="handover")
    assert desk.hand_over(PLAN, 1, key_of("child"), **signed, reference="handover").height == first.height
