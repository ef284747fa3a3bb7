"""A member: she keeps her receipts and a pin, and believes what her trust file lets her believe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mutualchain.errors import ProofError, QuorumError, RecordMismatch, RecordUnavailable
from mutualchain.record.receipt import Receipt, parse_receipt, verify_receipt
from mutualchain.tlog.merkle import verify_consistency

from ..ledger.world import ORIGIN
from .clockwork import Clockwork
from .invariants import Broken, Head, Invariants

if TYPE_CHECKING:
    from .house import House
    from .shadow import Shadow


@dataclass
class Member:
    """``face`` is the history that she is shown: everybody's, or one that was made for her."""

    clock: Clockwork
    truth: Invariants
    name: str
    face: House | Shadow
    receipts: dict[str, Receipt] = field(default_factory=dict)
    sure: dict[str, Receipt] = field(default_factory=dict)
    pin: Head | None = None
    deceived: bool = False

    def visit(self, *, honest: bool) -> None:
        """Look at the newest head. ``honest``: nobody in this world is out to show two histories."""
        shown = self.face.show(self.pin[0] if self.pin else 0)
        if shown is None:
            return
        note, proof = shown
        try:
            opened = self.truth.trust.open_checkpoint(note, ORIGIN)
        except QuorumError:
            raise Broken(f"{self.name} is shown as cosigned what has no quorum") from None
        if self.pin is not None and opened.size < self.pin[0]:
            self.clock.say(f"{self.name}: sees an older head, {opened.size}, and keeps her pin")
            return
        if self.pin is not None:
            try:
                verify_consistency(self.pin[0], opened.size, proof, self.pin[1], opened.root)
            except ProofError:
                if honest:
                    raise Broken(f"{self.name} sees two histories in an honest world") from None
                self.clock.say(f"{self.name}: sees that she is shown two histories")
                return
        self.pin = opened.size, opened.root
        self.clock.say(f"{self.name}: believes {opened.size} {opened.root.hex()[:8]}")
        self.truth.accepts(self.name, self.pin)

    def renew(self, house: House) -> None:
        """Get the quorum for a receipt that has none yet."""
        waiting = [name for name in self.receipts if name not in self.sure]
        if not waiting or house.ledger is None:
            return
        name = waiting[0]
        try:
            renewed = house.ledger.renew(self.receipts[name])
        except RecordUnavailable:
            return
        except RecordMismatch:
            if name in house.rows:
                raise Broken(f"the ledger does not know the row {name} any more") from None
            self.receipts.pop(name)
            return
        verified = verify_receipt(parse_receipt(renewed.to_bytes()), self.truth.trust)
        self.clock.say(f"{self.name}: has {name} under {verified.checkpoint.size} with the quorum")
        self.truth.accepts(self.name, (verified.checkpoint.size, verified.checkpoint.root))
        self.sure[name] = renewed

    def insist(self, house: House) -> None:
        """Every row that a quorum has seen is still there."""
        for name, receipt in self.sure.items():
            if house.ledger is not None and house.allowed and house.ledger.renew(receipt).block != receipt.block:
                raise Broken(f"{self.name}'s row {name} is not there any more")
