"""Whose key an entry's signature needs, looked up in the state before the entry: members', institutions', new keys."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import CaseUnknown, KeyRule
from .acts import Act
from .cases import PlanView
from .institutions import Registry
from .statements import CaseMember, Institution, Key, Member, OldKey, Signed, act_message, signatures, verify_statement

__all__ = ["keys_of", "member_key", "verify_act", "verify_chain_act"]

Enrolled = Callable[[int], bytes]
"""The key with which a slot was enrolled, 32 bytes. Raises SlotUnknown."""


def member_key(book: PlanView, slot: int, time_ms: int, enrolled: Enrolled) -> bytes:
    """The key in force in ``slot`` for statements in a block of that time."""
    return book.life.keys.key_of(slot, time_ms) or enrolled(slot)


def verify_act(book: PlanView, chain: bytes, plan: str, act: Act, time_ms: int, enrolled: Enrolled) -> None:
    """Check every signature that an entry of a plan needs.

    Raises StatementSignatureError, and InstitutionUnknown, CaseUnknown, SlotUnknown, KeyRule for who is not there.
    """
    message = act_message(chain, plan, act)
    for key, signature in keys_of(book, act, time_ms, enrolled):
        verify_statement(key, signature, message)


def keys_of(book: PlanView, act: Act, time_ms: int, enrolled: Enrolled) -> list[tuple[bytes, bytes]]:
    """Every signature that an entry of a plan needs: (public key, signature).

    Raises InstitutionUnknown, CaseUnknown, SlotUnknown, KeyRule for who is not there.
    """
    return [(_key(book, item, time_ms, enrolled), item.signature) for item in signatures(act)]


def verify_chain_act(registry: Registry, chain: bytes, act: Act) -> None:
    """The same for an institution's entry. Raises StatementSignatureError, InstitutionUnknown."""
    message = act_message(chain, "", act)
    for item in signatures(act):
        key = registry.active(item.by.id).key if isinstance(item.by, Institution) else _named(item)
        verify_statement(key, item.signature, message)


def _named(item: Signed) -> bytes:
    assert isinstance(item.by, Key), "institutions' entries are signed by keys and institutions"
    return item.by.key


def _key(book: PlanView, item: Signed, time_ms: int, enrolled: Enrolled) -> bytes:
    by = item.by
    if isinstance(by, Institution):
        return book.registry.active(by.id).key
    if isinstance(by, Key):
        return by.key
    return member_key(book, _slot(book, by), time_ms, enrolled)


def _slot(book: PlanView, by: Member | CaseMember | OldKey) -> int:
    if isinstance(by, Member):
        return by.slot
    if isinstance(by, CaseMember):
        case = book.life.cases.get(by.case)
        if case is None:
            raise CaseUnknown("there is no such case in this plan", value=by.case)
        return case.slot
    slot = book.life.keys.slot_of(by.rekey)
    if slot is None:
        raise KeyRule("no such replacement was recorded", value=by.rekey)
    return slot
