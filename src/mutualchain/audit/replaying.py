"""What every part of the replay of books shares: plans by how far they can be replayed, and the findings' door."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Executor
from typing import TypeAlias

from ..archive import layout
from ..archive.reading import Archive, SheetRef
from ..archive.replay import Replay, Snapshots
from ..errors import (
    COULD_NOT_CHECK,
    CaseUnknown,
    MutualchainError,
    NoticeRule,
    SheetProofError,
    SnapshotError,
    StoreCorrupt,
)
from ..sheet import params_hash
from .findings import Breach, Findings
from .members import Roll
from .sheets import SheetAudit
from .stored import StoredCopies

__all__ = ["Replaying"]

Said: TypeAlias = "dict[str, set[type[MutualchainError]]]"


class Replaying(Replay):
    """``public`` and ``unknown`` map plans to the reason why they are not replayed in full.

    ``lost`` has the hash and plan of every entry that could not be applied. ``absent`` has the places and schemas of
    sealed sheets whose rows are not here, ``present`` counts those whose rows are, and ``derived`` sheets of notices
    that are absent while what they say follows from their blocks' entries.
    """

    def __init__(
        self,
        archive: Archive,
        snapshots: Snapshots,
        times: list[int],
        sheets: SheetAudit,
        findings: Findings,
        stored: StoredCopies,
        executor: Executor | None,
    ) -> None:
        super().__init__(archive, {}, snapshots)
        self.rolls: dict[str, Roll] = {}
        self.public: dict[str, str] = {}
        self.unknown: dict[str, str] = {}
        self.lost: dict[bytes, str] = {}
        self.absent: list[tuple[str, str]] = []
        self.present = 0
        self.derived = 0
        self.statements = 0
        self.unread_keys = 0
        self.failed_collections = 0
        self._charges: dict[str, dict[int, SheetRef]] = {}
        self._times = times
        self._sheets = sheets
        self._findings = findings
        self._stored = stored
        self._executor = executor
        self._chain = b""
        self._said: Said = {}
        self._sealed_notices: Counter[str] = Counter()

    def roll(self, plan: str) -> Roll:
        """The keys of a plan's members."""
        return self.rolls.setdefault(plan, Roll(plan))

    def _report(self, errors: list[MutualchainError], place: str) -> None:
        """Report what is broken, but for what names a lost case or plan: that has its finding where it was lost."""
        for error in errors:
            lost = (isinstance(error, CaseUnknown | NoticeRule) and error.value in self.lost) or (
                isinstance(error, SnapshotError) and error.value in self.unknown
            )
            if not lost:  # and what is read here was signed, so it is a rule that is broken
                signed = None if error.exit_code == COULD_NOT_CHECK else Breach.RULE
                self._findings.add(error, place, breach=signed)

    def _give_up(self, plan: str, reason: str) -> None:
        self.unknown.setdefault(plan, reason)

    def _go_public(self, plan: str, reason: str) -> None:
        self.public.setdefault(plan, reason)

    def _params(self, ref: SheetRef, place: str) -> bytes | None:
        """What a sheet was made for, if it can be relied on; nothing for a sheet that is made for nothing."""
        data = self._stored.get(layout.params(ref.height, ref.index))
        wanted = ref.descriptor.params_hash
        if data is None:
            if wanted == params_hash(b""):
                return b""
            self._stored.counts[b"P"] += 1
            self._findings.add(StoreCorrupt("what the sheet was made for is missing from the store"), place)
            return None
        self._stored.counts[b"P"] += 1
        try:
            found = params_hash(data)
        except MutualchainError as error:
            self._findings.add(error, place)
            return None
        if found != wanted:
            wrong = SheetProofError("what the sheet was made for is not what it commits to")
            self._findings.add(wrong, place, expected=wanted, found=found)
            return None
        return data
