"""The entries of a plan, typed; and what members sign."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutualchain.block.entry import CHAIN, Entry
from mutualchain.canonical import encode
from mutualchain.covenant import acts
from mutualchain.covenant.acts import (
    Act,
    Adoption,
    CaseApproval,
    Payout,
    RoundOpening,
    act_of,
    chain_act_of,
    unknown_entry,
)
from mutualchain.covenant.sections import ROLES
from mutualchain.covenant.statements import act_message, exit_message, verify_statement, withdrawal_message
from mutualchain.errors import (
    CanonicalError,
    CovenantError,
    EntryError,
    MutualchainError,
    RoundUnbalanced,
    StatementSignatureError,
    UnsupportedVersion,
)
from mutualchain.limits import MAX_ROWS, MAX_TOTAL
from mutualchain.tlog import ed25519
from tests.core.values import VALUES

from .covenants import covenants
from .test_document import DEMO
from .test_rounds import ROUND, TERMS

HASHES = st.binary(min_size=32, max_size=32)
SIGNATURES = st.binary(min_size=64, max_size=64)
AMOUNTS = st.integers(1, MAX_TOTAL)
SLOTS = st.integers(0, MAX_ROWS)
NAMES = st.from_regex("[a-z0-9][a-z0-9-]{0,63}", fullmatch=True)
DOCUMENTS = covenants().map(lambda covenant: covenant.to_bytes())
MAYBE = st.just(b"") | HASHES
COUNTS = st.integers(0, MAX_TOTAL)
BUILD: dict[type[Act], tuple[st.SearchStrategy[Any], ...]] = {
    acts.Adoption: (DOCUMENTS,),
    acts.Proposal: (DOCUMENTS,),
    acts.Amendment: (DOCUMENTS, st.integers(2, MAX_TOTAL), COUNTS, MAYBE),
    acts.RoundOpening: (TERMS,),
    acts.Fund: (st.sampled_from(acts.FUND_SOURCES), AMOUNTS, HASHES, MAYBE),
    acts.Treasury: (NAMES, COUNTS, COUNTS, SIGNATURES),
    acts.Request: (SLOTS, AMOUNTS, HASHES, AMOUNTS, st.integers(0, 255), SIGNATURES),
    acts.Attestation: (HASHES, NAMES, st.sampled_from(ROLES), st.integers(0, 1), MAYBE, SIGNATURES),
    acts.Disclosure: (HASHES, AMOUNTS, HASHES),
    acts.Objection: (HASHES, SLOTS | NAMES, HASHES, SIGNATURES),
    acts.Adjudication: (HASHES, COUNTS, COUNTS),
    acts.CaseApproval: (SLOTS, AMOUNTS, HASHES),
    acts.Approval: (HASHES, AMOUNTS),
    acts.Refusal: (HASHES, st.sampled_from(("aid.waiting", "cases.jury"))),
    acts.Restitution: (HASHES, COUNTS),
    acts.CaseWithdrawal: (HASHES, SIGNATURES),
    acts.Advance: (
        HASHES,
        AMOUNTS,
        st.sampled_from(acts.PAYEES[:3]),
        st.just("") | NAMES,
        HASHES,
        st.just(b"") | SIGNATURES,
    ),
    acts.Payout: (HASHES, AMOUNTS, st.sampled_from(acts.PAYEES), HASHES),
    acts.Void: (HASHES, st.sampled_from(acts.VOID_REASONS)),
    acts.Appeal: (SLOTS, HASHES, HASHES, SIGNATURES),
    acts.Sanction: (SLOTS, MAYBE, st.sampled_from(acts.SANCTION_REASONS), COUNTS),
    acts.Lift: (HASHES, st.sampled_from(acts.LIFT_REASONS)),
    acts.Handover: (SLOTS, HASHES, SIGNATURES, SIGNATURES),
    acts.Rekey: (SLOTS, HASHES, st.just("") | NAMES, SIGNATURES, st.just(b"") | SIGNATURES),
    acts.RekeyObjection: (HASHES, SIGNATURES),
    acts.Erasure: (SLOTS, MAYBE, st.sampled_from(acts.ERASURE_REASONS)),
    acts.ClosingNotice: (HASHES,),
    acts.ClosingStatement: (st.binary(max_size=100),),
}
OF_CHAIN: dict[type[Act], tuple[st.SearchStrategy[Any], ...]] = {
    acts.Registration: (
        NAMES,
        st.just("市第一医院"),
        HASHES,
        st.sets(st.sampled_from(ROLES), min_size=1).map(lambda roles: tuple(sorted(roles))),
        SIGNATURES,
    ),
    acts.Revocation: (NAMES, st.sampled_from(acts.REVOKED_FOR)),
    acts.Replacement: (NAMES, HASHES, SIGNATURES, SIGNATURES),
}
ACTS = st.one_of([st.builds(kind, *values) for kind, values in BUILD.items()])
CHAIN_ACTS = st.one_of([st.builds(kind, *values) for kind, values in OF_CHAIN.items()])
ADOPTION = Adoption(DEMO.to_bytes())
CASE = CaseApproval(3, 1_000, bytes(32))
OPENING = RoundOpening(ROUND)
PAYOUT = Payout(bytes(32), 500, "member", bytes(32))
AMENDMENT = acts.Amendment(DEMO.to_bytes(), 2, 0, b"")
OBJECTION = acts.Objection(bytes(32), 3, bytes(32), bytes(64))


@given(ACTS)
def test_an_act_comes_back_from_its_entry(act: Act) -> None:
    entry = Entry.from_bytes(act.to_entry("demo").to_bytes())
    assert act_of(entry) == act
    assert act_of(entry).to_entry("demo").to_bytes() == entry.to_bytes()


@given(ACTS, st.data(), VALUES)
def test_a_field_exchanged_for_any_value_is_read_as_it_is_written_or_refused(
    act: Act, data: st.DataObject, other: object
) -> None:
    entry = act.to_entry("demo")
    name = data.draw(st.sampled_from([*entry.body, "another"]))
    changed = Entry.from_bytes(Entry("demo", entry.kind, {**entry.body, name: other}).to_bytes())
    try:
        found = act_of(changed)
    except MutualchainError as error:
        error.diagnostics()
    else:
        assert found.to_entry("demo").to_bytes() == changed.to_bytes()


@given(CHAIN_ACTS, st.data(), VALUES)
def test_entries_of_the_chain_are_read_as_strictly(act: Act, data: st.DataObject, other: object) -> None:
    entry = Entry.from_bytes(act.to_entry(CHAIN).to_bytes())
    assert chain_act_of(entry) == act
    name = data.draw(st.sampled_from([*entry.body, "another"]))
    changed = Entry.from_bytes(Entry(CHAIN, entry.kind, {**entry.body, name: other}).to_bytes())
    try:
        found = chain_act_of(changed)
    except MutualchainError as error:
        error.diagnostics()
    else:
        assert found is not None
        assert found.to_entry(CHAIN).to_bytes() == changed.to_bytes()


def test_every_kind_is_tried() -> None:
    assert set(BUILD) == set(acts.ACTS.values())
    assert set(OF_CHAIN) == set(acts.CHAIN_ACTS.values())


@given(ACTS | CHAIN_ACTS)
def test_what_is_signed_is_the_body_without_its_signatures(act: Act) -> None:
    assert set(act.body()) - set(act.unsigned()) == set(act.SIGNED)
    assert act_message(bytes(32), "demo", act) == b"mutualchain/statement/v1\n" + encode(
        [bytes(32), "demo", [act.kind, act.unsigned()]]
    )


BAD: list[tuple[Act, dict[str, Any], type[MutualchainError]]] = [
    (ADOPTION, {"version": 0}, EntryError),
    (ADOPTION, {"version": 2}, EntryError),
    (ADOPTION, {"version": True}, EntryError),
    (ADOPTION, {"covenant": "x"}, EntryError),
    (ADOPTION, {"covenant": b""}, CanonicalError),
    (ADOPTION, {"covenant": b"\x80"}, UnsupportedVersion),
    (ADOPTION, {"covenant": b"\x90"}, CovenantError),
    (ADOPTION, {"more": 1}, EntryError),
    (CASE, {"slot": -1}, EntryError),
    (CASE, {"slot": MAX_ROWS + 1}, EntryError),
    (CASE, {"slot": False}, EntryError),
    (CASE, {"aid": 0}, EntryError),
    (CASE, {"aid": True}, EntryError),
    (CASE, {"aid": -5}, EntryError),
    (CASE, {"file_hash": bytes(31)}, EntryError),
    (CASE, {"file_hash": "x" * 32}, EntryError),
    (OPENING, {"terms": "x"}, EntryError),
    (OPENING, {"terms": b"\x90"}, RoundUnbalanced),
    (OPENING, {"more": 1}, EntryError),
    (PAYOUT, {"amount": 0}, EntryError),
    (PAYOUT, {"amount": True}, EntryError),
    (PAYOUT, {"amount": -1}, EntryError),
    (PAYOUT, {"payee": "friend"}, EntryError),
    (PAYOUT, {"payee": b"member"}, EntryError),
    (PAYOUT, {"payee": ("member",)}, EntryError),
    (PAYOUT, {"case": bytes(33)}, EntryError),
    (PAYOUT, {"reference": b""}, EntryError),
    (AMENDMENT, {"version": 1}, EntryError),
    (AMENDMENT, {"covenant": b"\x90"}, CovenantError),
    (AMENDMENT, {"proposal": bytes(31)}, EntryError),
    (acts.Proposal(DEMO.to_bytes()), {"covenant": b"\x90"}, CovenantError),
    (OBJECTION, {"by": "No Name"}, EntryError),
    (OBJECTION, {"by": -1}, EntryError),
    (OBJECTION, {"by": True}, EntryError),
    (OBJECTION, {"signature": b""}, EntryError),
]


@pytest.mark.parametrize(("act", "change", "error"), BAD)
def test_a_malformed_body_is_refused(act: Act, change: dict[str, Any], error: type[MutualchainError]) -> None:
    with pytest.raises(error):
        act_of(Entry("demo", act.kind, {**act.to_entry("demo").body, **change}))


@pytest.mark.parametrize("act", [ADOPTION, CASE, OPENING, PAYOUT], ids=lambda act: act.kind)
def test_a_body_that_lacks_a_field_is_refused(act: Act) -> None:
    body = act.to_entry("demo").body
    for name in body:
        with pytest.raises(EntryError):
            act_of(Entry("demo", act.kind, {other: body[other] for other in body if other != name}))


def test_an_unknown_kind_is_not_passed_over() -> None:
    with pytest.raises(UnsupportedVersion):
        act_of(Entry("demo", "of_the_future", {}))
    with pytest.raises(UnsupportedVersion):
        act_of(Entry(CHAIN, CASE.kind, CASE.to_entry("demo").body))


def test_a_kind_in_the_wrong_place_is_said_to_be_there() -> None:
    assert "of an unknown kind" in unknown_entry(Entry("demo", "of_the_future", {})).message
    assert "among a plan's entries" in unknown_entry(Entry("demo", "institution", {})).message
    assert "among the chain's own entries" in unknown_entry(Entry(CHAIN, "request", {})).message


def test_an_adoption_names_its_covenant_by_hash() -> None:
    assert ADOPTION.hash == AMENDMENT.hash == DEMO.hash


# --- statements ---------------------------------------------------------------------------------

SEED, CHAIN_ID, REFERENCE = bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 32
KEY = ed25519.public_key_of(SEED)
WITHDRAWAL: tuple[Any, ...] = (CHAIN_ID, "demo", 7, 2, 500, REFERENCE, 4)
LEAVING: tuple[Any, ...] = (CHAIN_ID, "demo", 7, 2, 1)


@pytest.mark.parametrize("message", [withdrawal_message(*WITHDRAWAL), exit_message(*LEAVING)])
def test_a_statement_signed_by_the_member_is_accepted(message: bytes) -> None:
    verify_statement(KEY, ed25519.sign(SEED, message), message)


def exchanged(items: tuple[Any, ...], at: int, other: object) -> Any:
    return (*items[:at], other, *items[at + 1 :])


def test_a_statement_is_bound_to_everything_in_it() -> None:
    others: tuple[Any, ...] = (bytes(32), "other", 8, 3, 501, bytes(32), 5)
    signature = ed25519.sign(SEED, withdrawal_message(*WITHDRAWAL))
    messages = [withdrawal_message(*exchanged(WITHDRAWAL, at, other)) for at, other in enumerate(others)]
    messages += [exit_message(*exchanged(LEAVING, at, other)) for at, other in enumerate(others[:5])]
    messages.append(exit_message(*LEAVING))
    assert len(set(messages)) == len(messages)
    for message in messages:
        with pytest.raises(StatementSignatureError):
            verify_statement(KEY, signature, message)


@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(63), b"\xff" * 64])
def test_a_signature_that_is_none_is_refused(signature: bytes) -> None:
    with pytest.raises(StatementSignatureError):
        verify_statement(KEY, signature, b"message")


@pytest.mark.parametrize("key", [b"", bytes(32), ed25519.public_key_of(bytes(32))])
def test_another_s_key_or_a_weak_one_is_refused(key: bytes) -> None:
    with pytest.raises(StatementSignatureError):
        verify_statement(key, ed25519.sign(SEED, b"message"), b"message")
