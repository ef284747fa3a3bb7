"""What a ledger does with its witnesses, and with the checkpoints that they have cosigned."""

from __future__ import annotations

from ..archive import layout
from ..archive.reading import Archive
from ..errors import MutualchainError, RecordUnavailable, ReferenceUnknown, UsageError
from ..record.receipt import Receipt
from ..record.renewal import renew_receipt
from ..witness.conversation import Gathered
from .core import Core, reference_key
from .gathering import Gathering, Witnesses
from .receipts import receipt_from_archive
from .references import recorded

__all__ = ["Witnessed"]


class Witnessed:
    """The part of :class:`mutualchain.Ledger` that deals with witnesses."""

    _core: Core
    _gathering: Gathering | None = None

    def _engage(self, witnesses: Witnesses | None, *, created: bool) -> None:
        """Begin to gather, and wait a moment for what they say to an opened ledger; without witnesses sign at once."""
        core = self._core
        if witnesses is None:
            with core.store.read() as reader:
                core.writer.forget_cosigned = Archive(reader).cosigned() is not None
            return
        gathering = self._gathering = Gathering(core, witnesses, created=created)
        if core.background:
            gathering.start()
            if not created and witnesses.wait > 0:
                gathering.until(lambda: gathering.machine.objection() is None, witnesses.wait)

    def checkpoint(self) -> bytes:
        """The newest checkpoint, signed over everything recorded, and stored: whoever reads the ledger sees it.

        Raises SignerFailed, StoreFull; LedgerUnconfirmed, WitnessAhead and WitnessConflict while witnesses object.
        """
        with self._core.turn:
            self._core.usable()
            self._core.writer.check_objection()
            self._core.flush()
            return self._core.writer.checkpoint or b""

    def cosigned(self) -> bytes | None:
        """The newest checkpoint that the witnesses' quorum has cosigned, with their cosignatures; None before one."""
        with self._core.turn:
            self._core.usable()
            self._core.flush()
            with self._core.read() as archive:
                return archive.cosigned()

    def confirm(self, timeout: float = 10.0) -> None:
        """Wait until the witnesses have confirmed that this copy of the ledger is the newest; then it may sign.

        Does nothing without witnesses, or when they have. Raises WitnessAhead and WitnessConflict where one stands
        against it, LedgerUnconfirmed where too few have answered within ``timeout`` seconds.
        """
        self._core.usable()
        if self._gathering is not None:
            self._gathering.confirm(timeout)

    def gather(self, timeout: float = 10.0, *, everyone: bool = False) -> Gathered:
        """Have the witnesses cosign what is recorded now; ``require()`` of the result asks for their quorum.

        Waits for the quorum (``everyone``: for an answer of all), for ``timeout`` seconds at most. In a ledger that
        works in the background this happens by itself, after every commit and hourly. Raises as :meth:`confirm`;
        UsageError without witnesses.
        """
        if self._gathering is None:
            raise UsageError("this ledger has no witnesses", hint="Open it with witnesses=Witnesses(trust_file).")
        self.confirm(timeout)
        self.checkpoint()
        return self._gathering.gather(timeout, everyone)

    @property
    def objection(self) -> MutualchainError | None:
        """Why nothing can be signed now; None where it can, and always without witnesses."""
        return self._core.writer.objection()

    def receipt(self, plan: str, reference: str | bytes) -> Receipt:
        """The receipt of what was recorded under a client's reference, under the newest checkpoint that covers it.

        That is one with the witnesses' cosignatures once they have it: so a member later gets the same receipt, with
        the quorum that her trust file asks for. Raises ReferenceUnknown.
        """
        name = reference_key(plan, reference)
        core = self._core
        with core.turn:
            core.usable()
            core.flush()
        with core.store.read() as reader:
            data = reader.get(layout.reference(name))
            if data is None:
                raise ReferenceUnknown("nothing was recorded under this reference", value=reference)
            found = recorded(plan, data, None)
            return receipt_from_archive(Archive(reader), core.chain, found.height, found.kind, found.number, found.row)

    def renew(self, receipt: Receipt) -> Receipt:
        """The same receipt under the newest cosigned checkpoint. Raises as :func:`renew_receipt`."""
        self._core.usable()
        with self._core.turn:
            self._core.flush()
        with self._core.read() as archive:
            if self._gathering is not None and archive.cosigned() is None:
                raise RecordUnavailable("the witnesses have not cosigned any checkpoint of this ledger yet")
            return renew_receipt(receipt, archive)
