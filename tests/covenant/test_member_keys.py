"""Members' keys: handed over at once, replaced after a delay in which the old key can object."""

from __future__ import annotations

import pytest

from mutualchain.canonical import decode, encode
from mutualchain.covenant.acts import Handover, Rekey, RekeyObjection, Request
from mutualchain.covenant.calendar import DAY_MS
from mutualchain.covenant.member_keys import MemberKeys
from mutualchain.errors import CaseUnknown, InstitutionUnknown, KeyRule, SlotUnknown, StatementSignatureError
from mutualchain.tlog import ed25519

from . import lives
from .lives import CHAIN, PLAN, SIGNATURE, FakePlan, changed, digest, key_of, seed_of

WEEK = 7 * DAY_MS


def handover(new: str, slot: int = 1) -> Handover:
    return Handover(slot, key_of(new), SIGNATURE, SIGNATURE)


def rekey(new: str, slot: int = 1, voucher: str = "eyes") -> Rekey:
    return Rekey(slot, key_of(new), voucher, SIGNATURE, SIGNATURE)


def test_a_handover_is_in_force_at_once() -> None:
    plan = FakePlan()
    assert plan.life.keys.key_of(1, plan.now) is None
    plan.do(handover("child"))
    assert plan.life.keys.key_of(1, plan.now) == key_of("child")
    assert plan.life.keys.key_of(2, plan.now) is None
    assert plan.life.keys.key_of(1, plan.now - 1) is None


def test_a_replacement_waits_a_week() -> None:
    plan = FakePlan()
    plan.do(rekey("new"))
    assert plan.life.keys.key_of(1, plan.now + WEEK - 1) is None
    assert plan.life.keys.key_of(1, plan.now + WEEK) == key_of("new")


def test_the_old_key_can_object_until_it_is_over() -> None:
    plan = FakePlan()
    name = plan.do(rekey("thief"))
    assert plan.life.slot_of(RekeyObjection(name, SIGNATURE)) == 1
    plan.wait(6)
    plan.do(RekeyObjection(name, SIGNATURE))
    assert plan.life.keys.key_of(1, plan.now + 10 * WEEK) is None
    with pytest.raises(KeyRule):
        plan.do(RekeyObjection(name, SIGNATURE))
    plan.do(rekey("rightful"))
    plan.wait(7)
    with pytest.raises(KeyRule):
        plan.do(RekeyObjection(plan.life.keys.changes[1][-1].entry, SIGNATURE))


def test_an_objection_that_comes_too_late_ends_nothing_even_if_it_is_recorded() -> None:
    plan = FakePlan()
    name = plan.do(rekey("new"))
    plan.wait(7)
    plan.force(RekeyObjection(name, SIGNATURE))
    plan.force(RekeyObjection(digest("none"), SIGNATURE))
    assert plan.life.keys.key_of(1, plan.now) == key_of("new")


def test_a_handover_meanwhile_ends_the_replacement() -> None:
    plan = FakePlan()
    plan.do(rekey("lost"))
    plan.do(handover("found"))
    assert plan.life.keys.key_of(1, plan.now + WEEK) == key_of("found")


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (rekey("first"), KeyRule),
        (handover("first"), KeyRule),
        (rekey("second"), KeyRule),
        (changed(rekey("x", 2), new_key=bytes(32)), KeyRule),
        (handover("eyes", 2), KeyRule),
        (changed(handover("x", 2), new_key=bytes([7]) * 32), KeyRule),
        (rekey("x", 99), SlotUnknown),
        (rekey("x", 2, "nobody"), InstitutionUnknown),
        (RekeyObjection(digest("none"), SIGNATURE), KeyRule),
    ],
)
def test_what_is_no_replacement_is_refused(act: Rekey | Handover | RekeyObjection, error: type[Exception]) -> None:
    plan = FakePlan()
    plan.registry.reserved.add(bytes([7]) * 32)
    plan.do(rekey("first"))
    with pytest.raises(error):
        plan.do(act)


def test_the_operator_can_vouch() -> None:
    plan = FakePlan()
    plan.do(changed(rekey("new", voucher=""), signature=b""))
    assert plan.life.keys.pending(1, plan.now) is not None


def test_other_acts_are_none_of_its_business() -> None:
    keys = MemberKeys()
    keys.check(Request(0, 1, bytes(32), 1, 0, SIGNATURE), 0)
    keys.apply(Request(0, 1, bytes(32), 1, 0, SIGNATURE), bytes(32), 0, 7)
    assert keys == MemberKeys()


def test_keys_come_back_from_their_value() -> None:
    plan = FakePlan()
    plan.do(handover("a"))
    plan.do(rekey("b"))
    plan.do(rekey("c", 2))
    assert MemberKeys.from_value(decode(encode(plan.life.keys.to_value()), max_size=10_000)) == plan.life.keys


# --- who has to sign ------------------------------------------------------------------------------


def enrolled(slot: int) -> bytes:
    return key_of(slot)


def verify(plan: FakePlan, act: object) -> None:
    from mutualchain.covenant.signing import verify_act

    verify_act(plan, CHAIN, PLAN, act, plan.now, enrolled)  # type: ignore[arg-type]


@pytest.mark.parametrize("act", lives.SIGNED, ids=lambda item: item[0].kind + str(len(item[1])))
def test_every_signature_that_an_entry_needs_is_checked(act: tuple[object, dict[str, object]]) -> None:
    from mutualchain.covenant.acts import Act
    from mutualchain.covenant.statements import act_message

    body, signers = act
    assert isinstance(body, Act)
    plan = FakePlan()
    plan.force(Request(1, 5, digest("facts"), 1, 0, SIGNATURE))
    plan.force(rekey("other", 3))
    message = act_message(CHAIN, PLAN, body)
    good = {name: ed25519.sign(seed_of(signer), message) for name, signer in signers.items()}
    verify(plan, changed(body, **good))
    for name in signers:
        with pytest.raises(StatementSignatureError):
            verify(plan, changed(body, **{**good, name: ed25519.sign(seed_of("somebody"), message)}))


def test_a_member_signs_with_the_key_in_force() -> None:
    from mutualchain.covenant.statements import act_message

    plan = FakePlan()
    plan.do(handover("child"))
    act = Request(1, 5, digest("facts"), 1, 0, SIGNATURE)
    message = act_message(CHAIN, PLAN, act)
    verify(plan, changed(act, signature=ed25519.sign(seed_of("child"), message)))
    with pytest.raises(StatementSignatureError):
        verify(plan, changed(act, signature=ed25519.sign(seed_of(1), message)))


def test_whoever_is_not_there_cannot_sign() -> None:
    from mutualchain.covenant.acts import CaseWithdrawal

    plan = FakePlan()
    with pytest.raises(CaseUnknown):
        verify(plan, CaseWithdrawal(digest("none"), SIGNATURE))
    with pytest.raises(KeyRule):
        verify(plan, RekeyObjection(digest("none"), SIGNATURE))
