"""What members sign: withdrawals and exits, bound to chain, plan, slot and running number.

Signed is ``"mutualchain/statement/v1\\n" || canonical [chain, plan, statement]``, with statement
``["withdrawal", slot, seq, amount, reason, reference]`` or ``["exit", slot, seq, reason]``. Ed25519 strictly, as
``tlog.ed25519`` says.
"""

from __future__ import annotations

from ..canonical import encode
from ..errors import KeyFormatError, SignatureError, StatementSignatureError
from ..tlog import ed25519

__all__ = ["exit_message", "verify_statement", "withdrawal_message"]

_TAG = b"mutualchain/statement/v1\n"


def withdrawal_message(
    chain: bytes, plan: str, slot: int, seq: int, amount: int, reference: bytes, reason: int = 0
) -> bytes:
    """What a member signs to withdraw ``amount`` minor units, for ``reason`` (the row's code).

    ``reference`` is the 32-byte reference hash.
    """
    return _TAG + encode([chain, plan, ["withdrawal", slot, seq, amount, reason, reference]])


def exit_message(chain: bytes, plan: str, slot: int, seq: int, reason: int) -> bytes:
    """What a member signs to leave; ``reason`` is the row's reason code."""
    return _TAG + encode([chain, plan, ["exit", slot, seq, reason]])


def verify_statement(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Raises StatementSignatureError unless ``signature`` is the member's."""
    try:
        ed25519.verify(public_key, signature, message)
    except (KeyFormatError, SignatureError):
        raise StatementSignatureError("the statement is not signed by the member's key", value=public_key) from None
