"""Institutions: registered once, with a key of their own and roles that do not judge one another; revoked; re-keyed."""

from __future__ import annotations

from typing import Any

import pytest

from mutualchain.block.entry import CHAIN as OF_CHAIN
from mutualchain.block.entry import Entry
from mutualchain.block.genesis import Genesis
from mutualchain.block.keys import ROTATION, key_change_entry
from mutualchain.canonical import decode, encode
from mutualchain.covenant.acts import Act, Registration, Replacement, Request, Revocation, chain_act_of
from mutualchain.covenant.institutions import APART, Registry
from mutualchain.covenant.sections import ROLES
from mutualchain.covenant.signing import verify_chain_act
from mutualchain.covenant.statements import act_message
from mutualchain.errors import (
    EntryError,
    InstitutionRule,
    InstitutionUnknown,
    RoleRule,
    StatementSignatureError,
)
from mutualchain.tlog import ed25519
from mutualchain.tlog.note import Signer

from .lives import CHAIN, SIGNATURE, changed, key_of, seed_of


def registration(name: str = "eyes", roles: tuple[str, ...] = ("investigator",), **values: Any) -> Registration:
    act = Registration(name, f"The {name}", key_of(name), roles, SIGNATURE)
    return changed(act, **values)


def registry(*acts: Act) -> Registry:
    made = Registry()
    for act in acts or (registration(),):
        made.check(act)
        made.apply(act)
    return made


@pytest.mark.parametrize(
    "act",
    [
        registration(),
        Revocation("eyes", "misconduct"),
        Replacement("eyes", key_of("new"), SIGNATURE, SIGNATURE),
    ],
)
def test_an_act_comes_back_from_its_entry(act: Act) -> None:
    assert chain_act_of(Entry.from_bytes(act.to_entry(OF_CHAIN).to_bytes())) == act


def test_entries_of_plans_and_other_kinds_are_no_act_of_the_chain() -> None:
    assert chain_act_of(registration().to_entry("demo")) is None
    assert chain_act_of(Entry(OF_CHAIN, "anchor", {})) is None


@pytest.mark.parametrize(
    "values",
    [
        {"roles": ()},
        {"roles": ("king",)},
        {"roles": ("volunteers", "charity")},
        {"roles": ("charity", "charity")},
        {"roles": "charity"},
        {"id": "No Name"},
        {"title": ""},
        {"key": b"short"},
        {"acceptance": b""},
    ],
)
def test_a_registration_that_makes_no_sense_does_not_parse(values: dict[str, Any]) -> None:
    body = registration().body() | values
    with pytest.raises(EntryError):
        chain_act_of(Entry(OF_CHAIN, "institution", body))


def test_who_is_registered_is_found_by_role() -> None:
    made = registry(registration(), registration("hands", ("charity", "volunteers")))
    assert made.in_role("hands", "volunteers").key == key_of("hands")
    with pytest.raises(RoleRule):
        made.in_role("eyes", "hospital", "charity")
    with pytest.raises(InstitutionUnknown):
        made.in_role("nobody", "hospital")


@pytest.mark.parametrize("pair", APART)
def test_roles_that_judge_one_another_are_apart(pair: tuple[str, str]) -> None:
    with pytest.raises(InstitutionRule) as caught:
        registry(registration(roles=tuple(sorted(pair))))
    assert caught.value.clause == "institutions.apart"


def test_other_roles_go_together() -> None:
    apart = {frozenset(pair) for pair in APART}
    pairs = [(one, other) for one in ROLES for other in ROLES if one < other and frozenset((one, other)) not in apart]
    assert len(pairs) == len(ROLES) * (len(ROLES) - 1) // 2 - len(APART)
    for number, pair in enumerate(pairs):
        registry(registration(f"i{number}", pair))


@pytest.mark.parametrize(
    ("act", "clause"),
    [
        (registration(), "institutions"),
        (registration("other", key=key_of("eyes")), "institutions.apart"),
        (registration("other", key=bytes(32)), "institutions"),
        (registration("other", key=key_of("block")), "institutions.apart"),
        (registration("other", key=key_of("recovery")), "institutions.apart"),
        (registration("other", key=key_of("log")), "institutions.apart"),
        (registration("other", key=key_of("second block")), "institutions.apart"),
        (Replacement("eyes", key_of("eyes"), SIGNATURE, SIGNATURE), "institutions.apart"),
    ],
)
def test_a_name_and_a_key_are_used_once(act: Act, clause: str) -> None:
    made = registry()
    log = Signer.from_seed("a/b", seed_of("log")).vkey
    made.reserve(Genesis("a/b", log, key_of("block"), key_of("recovery")).to_entry())
    made.reserve(key_change_entry(ROTATION, key_of("second block"), SIGNATURE))
    with pytest.raises(InstitutionRule) as caught:
        made.check(act)
    assert caught.value.clause == clause


def test_an_institutions_key_becomes_no_block_key() -> None:
    made = registry()
    made.reserve(Entry("demo", ROTATION, {}))
    made.reserve(Entry(OF_CHAIN, "anchor", {}))
    with pytest.raises(InstitutionRule):
        made.check_own(key_change_entry(ROTATION, key_of("eyes"), SIGNATURE))
    made.check_own(key_change_entry(ROTATION, key_of("fresh"), SIGNATURE))
    made.reserve(key_change_entry(ROTATION, key_of("eyes"), SIGNATURE))
    assert key_of("eyes") in made.reserved


def test_whoever_is_revoked_is_unknown_from_then_on_and_never_comes_back() -> None:
    made = registry(registration(), Revocation("eyes", "misconduct"))
    for act in (Revocation("eyes", "resigned"), Replacement("eyes", key_of("x"), SIGNATURE, SIGNATURE)):
        with pytest.raises(InstitutionUnknown):
            made.check(act)
    with pytest.raises(InstitutionRule):
        made.check(registration("eyes", key=key_of("x")))


def test_a_replaced_key_is_in_force_at_once_and_the_old_one_never_again() -> None:
    made = registry(registration(), Replacement("eyes", key_of("new"), SIGNATURE, SIGNATURE))
    assert made.active("eyes").key == key_of("new")
    with pytest.raises(InstitutionRule):
        made.check(registration("other", key=key_of("eyes")))


def test_recorded_acts_about_nobody_change_nothing() -> None:
    made = registry()
    before = made.to_value()
    made.apply(Revocation("nobody", "resigned"))
    made.apply(Replacement("nobody", key_of("x"), SIGNATURE, SIGNATURE))
    made.check(Request(0, 1, bytes(32), 1, 0, SIGNATURE))
    made.apply(Request(0, 1, bytes(32), 1, 0, SIGNATURE))
    assert made.to_value() == before


def test_there_are_not_more_of_them_than_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mutualchain.covenant.institutions.MAX_INSTITUTIONS", 1)
    with pytest.raises(InstitutionRule):
        registry(registration(), registration("other"))


def test_a_registry_comes_back_from_its_value() -> None:
    made = registry(registration(), registration("hands", ("charity", "volunteers")), Revocation("eyes", "closed"))
    made.reserved.add(bytes(32))
    assert Registry.from_value(decode(encode(made.to_value()), max_size=10_000)) == made


# --- signatures ---------------------------------------------------------------------------------


def signed(act: Act, **signers: object) -> Any:
    message = act_message(CHAIN, "", act)
    return changed(act, **{name: ed25519.sign(seed_of(signer), message) for name, signer in signers.items()})


def test_new_keys_accept_and_old_keys_sign() -> None:
    made = registry()
    verify_chain_act(made, CHAIN, signed(registration("hands", ("charity",)), acceptance="hands"))
    verify_chain_act(made, CHAIN, Revocation("eyes", "closed"))
    replacement = Replacement("eyes", key_of("new"), SIGNATURE, SIGNATURE)
    verify_chain_act(made, CHAIN, signed(replacement, signature="eyes", acceptance="new"))
    for signers in ({"signature": "eyes"}, {"signature": "new", "acceptance": "new"}, {"acceptance": "new"}):
        with pytest.raises(StatementSignatureError):
            verify_chain_act(made, CHAIN, signed(replacement, **signers))
    with pytest.raises(StatementSignatureError):
        verify_chain_act(made, bytes(32), signed(registration("hands", ("charity",)), acceptance="hands"))
    with pytest.raises(InstitutionUnknown):
        verify_chain_act(made, CHAIN, changed(replacement, id="nobody"))
