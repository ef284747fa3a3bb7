"""What members and institutions sign, bound to chain and plan (SPEC.md section 7.6).

Signed is ``"mutualchain/statement/v1\\n" || canonical [chain, plan, statement]``. Statements of rows are
``["withdrawal", slot, seq, amount, reason, reference]``, ``["exit", slot, seq, reason]`` and
``["ballot", subject, slot, seq, vote]``. The statement of an entry is ``[kind, body]``, the body without the entry's
signatures; for entries of the chain itself (institutions) the plan is empty. Ed25519 strictly: ``tlog.ed25519``.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..canonical import encode
from ..errors import KeyFormatError, SignatureError, StatementSignatureError
from ..tlog import ed25519
from .acts import (
    Act,
    Advance,
    Appeal,
    Attestation,
    CaseWithdrawal,
    Handover,
    Objection,
    Registration,
    Rekey,
    RekeyObjection,
    Replacement,
    Request,
    Treasury,
)

__all__ = [
    "TAG",
    "CaseMember",
    "Institution",
    "Key",
    "Member",
    "OldKey",
    "Signed",
    "act_message",
    "ballot_message",
    "exit_message",
    "join_message",
    "signatures",
    "verify_statement",
    "withdrawal_message",
]

TAG = b"mutualchain/statement/v1\n"
"""How everything that is signed here begins."""


def withdrawal_message(
    chain: bytes, plan: str, slot: int, seq: int, amount: int, reference: bytes, reason: int = 0
) -> bytes:
    """What a member signs to withdraw ``amount`` minor units, for ``reason`` (the row's code).

    ``reference`` is the 32-byte reference hash.
    """
    return TAG + encode([chain, plan, ["withdrawal", slot, seq, amount, reason, reference]])


def exit_message(chain: bytes, plan: str, slot: int, seq: int, reason: int) -> bytes:
    """What a member signs to leave; ``reason`` is the row's reason code."""
    return TAG + encode([chain, plan, ["exit", slot, seq, reason]])


def ballot_message(chain: bytes, plan: str, subject: bytes, slot: int, seq: int, vote: int) -> bytes:
    """What a juror signs: ``vote`` 1 supports the subject (a case's name, or an amendment's entry hash), 0 does not."""
    return TAG + encode([chain, plan, ["ballot", subject, slot, seq, vote]])


def join_message(chain: bytes, plan: str, key: bytes, version: int, covenant: bytes, claims: bytes) -> bytes:
    """What a member signs to join under a covenant (its version and hash), with the root over her claims."""
    return TAG + encode([chain, plan, ["join", key, version, covenant, claims]])


def act_message(chain: bytes, plan: str, act: Act) -> bytes:
    """What whoever signs an entry signs: its kind and its body without the signatures."""
    return TAG + encode([chain, plan, [act.kind, act.unsigned()]])


@dataclass(frozen=True, slots=True)
class Member:
    """The key in force in a slot."""

    slot: int


@dataclass(frozen=True, slots=True)
class CaseMember:
    """The key in force in the slot of a case's member."""

    case: bytes


@dataclass(frozen=True, slots=True)
class OldKey:
    """The key in force in the slot of the replacement that an objection names."""

    rekey: bytes


@dataclass(frozen=True, slots=True)
class Institution:
    """An institution's key in force."""

    id: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key that the entry itself names."""

    key: bytes


Signer = Member | CaseMember | OldKey | Institution | Key


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that an entry carries, and whose it has to be."""

    by: Signer
    signature: bytes


def signatures(act: Act) -> tuple[Signed, ...]:
    """Every signature that ``act`` needs. One that is empty where somebody has to sign is returned too, and fails."""
    if isinstance(act, Request | Appeal):
        return (Signed(Member(act.slot), act.signature),)
    if isinstance(act, CaseWithdrawal):
        return (Signed(CaseMember(act.case), act.signature),)
    if isinstance(act, Attestation | Treasury):
        return (Signed(Institution(act.institution), act.signature),)
    if isinstance(act, Objection):
        by = Institution(act.by) if isinstance(act.by, str) else Member(act.by)
        return (Signed(by, act.signature),)
    if isinstance(act, Advance):
        return (Signed(Institution(act.funder), act.signature),) if act.funder else ()
    if isinstance(act, Handover):
        return Signed(Member(act.slot), act.signature), Signed(Key(act.new_key), act.acceptance)
    if isinstance(act, Rekey):
        voucher = (Signed(Institution(act.voucher), act.signature),) if act.voucher else ()
        return (*voucher, Signed(Key(act.new_key), act.acceptance))
    if isinstance(act, RekeyObjection):
        return (Signed(OldKey(act.rekey), act.signature),)
    if isinstance(act, Registration):
        return (Signed(Key(act.key), act.acceptance),)
    if isinstance(act, Replacement):
        return Signed(Institution(act.id), act.signature), Signed(Key(act.new_key), act.acceptance)
    return ()


def verify_statement(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Raises StatementSignatureError unless ``signature`` is that key's."""
    try:
        ed25519.verify(public_key, signature, message)
    except (KeyFormatError, SignatureError):
        raise StatementSignatureError("the statement is not signed by the key it needs", value=public_key) from None
