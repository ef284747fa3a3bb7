"""``ledger.member_keys``: a membership handed over to another key, or a lost key replaced after a delay.

*Handover*: a guardian hands a membership to a child come of age; old and new key sign. *Replacement*: the new key
signs, an institution or the operator vouches; the old key can object until ``keys.rekey_days`` are over.
"""

from __future__ import annotations

from ..covenant.acts import Act, Handover, Rekey, RekeyObjection
from ..covenant.signing import member_key
from ..covenant.statements import act_message
from ..errors import DuplicateKey
from .arguments import octets, whole
from .core import Core
from .receipts import Acknowledgement
from .recording import enrolled_key, record_act

__all__ = ["MemberKeyChanges"]

Reference = str | bytes


class MemberKeyChanges:
    """The keys of members of all plans of a ledger."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def current(self, plan: str, slot: int) -> bytes:
        """The key with which statements of ``slot`` verify in the next block. Raises SlotUnknown."""
        whole(slot, "a slot", 2**32 - 1)
        core = self._core
        with core.turn:
            book = core.book(plan)
            now = max(core.clock(), book.now_ms)
            return member_key(book, slot, now, lambda slot: enrolled_key(core, plan, slot))

    def message(self, plan: str, act: Act) -> bytes:
        """What both keys, or the new key and the voucher, sign."""
        return act_message(self._core.chain, plan, act)

    def hand_over(
        self, plan: str, slot: int, new_key: bytes, *, signature: bytes, acceptance: bytes, reference: Reference
    ) -> Acknowledgement:
        """The membership passes to ``new_key`` at once: the old key signs, the new one accepts. Raises KeyRule."""
        return self._change(plan, Handover(slot, new_key, acceptance, signature), reference)

    def replace(
        self,
        plan: str,
        slot: int,
        new_key: bytes,
        *,
        acceptance: bytes,
        voucher: str = "",
        signature: bytes = b"",
        reference: Reference,
    ) -> Acknowledgement:
        """A lost key is replaced when the delay is over; ``voucher`` is an institution that signs, or the operator.

        ``digest`` of the result is what the old key objects to. Raises KeyRule, InstitutionUnknown.
        """
        return self._change(plan, Rekey(slot, new_key, voucher, acceptance, signature), reference)

    def object(self, plan: str, rekey: bytes, *, signature: bytes, reference: Reference) -> Acknowledgement:
        """The old key says that it is not lost: the replacement does not come. Raises KeyRule once it is in force."""
        return record_act(self._core, plan, RekeyObjection(rekey, signature), reference)

    def _change(self, plan: str, act: Handover | Rekey, reference: Reference) -> Acknowledgement:
        octets(act.new_key, "a public key")
        with self._core.turn:
            repeated = act.new_key in self._core.book(plan).life.keys.used
            if not repeated and self._core.index(plan).find(act.new_key) is not None:
                raise DuplicateKey("the public key is enrolled in this plan already", value=act.new_key)
            return record_act(self._core, plan, act, reference)
