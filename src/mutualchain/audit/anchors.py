"""Checkpoints: the newest one, which the trust file judges, and those recorded on the chain as anchors.

Both are held against the roots that the replay computes. An anchor's log key is any of the trust file's, or the one
that genesis names, so that a log which changed its key since keeps its history; witnesses are the trust file's.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..block.anchor import anchored_note
from ..block.entry import Entry
from ..errors import (
    TAMPERED,
    AuditIncomplete,
    CheckpointError,
    KeyFormatError,
    KeyNotInForce,
    LinkError,
    LogRootMismatch,
    MutualchainError,
    NoteUnverified,
    QuorumError,
)
from ..tlog.merkle import root_from_nodes
from ..tlog.note import Verifier
from ..tlog.trust import Log, TrustedCheckpoint, TrustFile
from .findings import Breach, Findings
from .report import CheckedTo
from .stored import NodeTable

__all__ = ["Anchors", "SKEW_MS"]

SKEW_MS = 300_000
"""How far the operator's clock may lie from a witness's, in ms."""


@dataclass(slots=True)
class Anchors:
    """Checks checkpoints against the computed log. ``quorate`` counts anchors with the trust file's quorum."""

    trust: TrustFile
    nodes: NodeTable
    times: list[int]
    findings: Findings
    now_ms: int | None = None
    found: int = 0
    quorate: int = 0
    unknown: int = 0

    def newest(self, note: bytes | None, origin: str, size: int, *, shown: bool = True) -> CheckedTo | None:
        """The store's newest checkpoint against the whole log of ``size`` blocks.

        ``shown`` False: it is not what others are shown, so the trust file's quorum and age are not asked of it.
        """
        place = "checkpoint"
        if note is None:
            self.findings.add(AuditIncomplete("the store has no signed checkpoint"), place)
            return None
        try:
            opened = _without_quorum(self.trust).open_checkpoint(note)
        except MutualchainError as error:
            self.findings.add(error, place)
            return None
        try:
            trusted = self.trust.open_checkpoint(note, now_ms=self.now_ms) if shown else opened
            if shown and self.now_ms is not None:
                stated = self.times[opened.size - 1] if 0 < opened.size <= len(self.times) else None
                self.trust.check_age(trusted, self.now_ms, stated_ms=stated)
        except MutualchainError as error:
            self.findings.add(error, place)
        if origin and opened.origin != origin:
            wrong = CheckpointError("the checkpoint names another origin than genesis")
            self.findings.add(wrong, place, expected=origin, found=opened.origin, breach=Breach.DATA)
        if opened.size > size:
            short = LogRootMismatch(f"the checkpoint covers {opened.size} blocks and the store has {size}")
            self.findings.add(short, place, expected=opened.size, found=size)
        else:
            self._compare(opened, place)
        names = tuple(item.witness.name for item in opened.cosignatures)
        return CheckedTo(opened.origin, opened.size, opened.root, names)

    def recorded(self, entry: Entry, height: int, time_ms: int, place: str, origin: str, log_key: str) -> None:
        """An anchor in block ``height``: signed by the log, of blocks below, with their root."""
        self.found += 1
        try:
            note = anchored_note(entry)
            opened = _without_quorum(self.trust, log_key).open_checkpoint(note, origin or None)
        except NoteUnverified:
            self.unknown += 1
            return
        except MutualchainError as error:
            signed = isinstance(error, CheckpointError) or error.exit_code == TAMPERED
            self.findings.add(error, place, breach=Breach.RULE if signed else None)
            return
        try:
            self.trust.open_checkpoint(note, now_ms=self.now_ms)
            self.quorate += 1
        except (QuorumError, NoteUnverified, KeyNotInForce):
            pass  # counted, and stated with the limits
        if opened.size > height:
            wrong = LogRootMismatch(f"the anchor is of {opened.size} blocks where {height} lay below it")
            self.findings.add(wrong, place, expected=f"at most {height}", found=opened.size, breach=Breach.RULE)
            return
        self._compare(opened, place)
        self._times(opened, time_ms, place)

    def _compare(self, opened: TrustedCheckpoint, place: str) -> None:
        root = root_from_nodes(self.nodes.read, opened.size)
        if root != opened.root:
            wrong = LogRootMismatch(f"the first {opened.size} blocks have another root than the checkpoint states")
            self.findings.add(wrong, place, expected=opened.root, found=root)

    def _times(self, opened: TrustedCheckpoint, time_ms: int, place: str) -> None:
        """What witnesses cosigned existed by then, and what quotes their cosignatures came later."""
        last = self.times[opened.size - 1] if opened.size else 0
        for cosignature in opened.cosignatures:
            seen, name = cosignature.timestamp * 1000, cosignature.witness.name
            if last > seen + SKEW_MS:
                wrong = LinkError(f"block {opened.size - 1} states a time after the witness {name} had cosigned it")
                self.findings.add(wrong, place, expected=f"at most {seen}", found=last, breach=Breach.RULE)
            if time_ms < seen - SKEW_MS:
                wrong = LinkError(f"the block states a time before the cosignature of {name} that it quotes")
                self.findings.add(wrong, place, expected=f"at least {seen}", found=time_ms, breach=Breach.RULE)


def _without_quorum(trust: TrustFile, log_key: str = "") -> TrustFile:
    """The same logs and witnesses, asking for none of the latter; with one more log key, unless it is among them."""
    trust = trust.unconditional()
    logs = list(trust.logs)
    if log_key:
        try:
            key = Verifier.from_vkey(log_key)
        except KeyFormatError:
            key = None
        if key is not None and key.public_key not in {log.key.public_key for log in logs}:
            logs.append(Log(key))
    return TrustFile(tuple(logs), trust.witnesses)
